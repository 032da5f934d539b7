"""Why, why not, and why a cell says so: what is told, in every form, of small graphs and of the bundle."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

import closing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse
from test_data import HEAD, node
from test_proof import GENERATED, PROPERTIES, THINGS, shown, triples

import csto_graph as cg
from csto_graph import errors, graph
from csto_graph import names as vocabulary
from csto_graph.cli import main
from csto_graph.describe import proof
from csto_graph.describe.schema import standing
from csto_graph.loading import pipeline
from csto_graph.names import curie, iri
from csto_graph.reason.rules import RULES
from csto_graph.store.engine import Derivation, graph_name, statement_name

EX = "http://example.org/"
MONTH = f'"2011-03"^^<{iri("xsd:gYearMonth")}>'
OWN = """
ex:whole a coop:InternationalOrganization ; skos:prefLabel "Whole"@en, "Целое"@ru .
ex:part a coop:Body ; org:subOrganizationOf ex:whole ; skos:prefLabel "Part"@en, "Часть"@ru ; skos:altLabel "Bit"@en .
ex:leaf a coop:Body ; org:subOrganizationOf ex:part ; skos:prefLabel "Leaf \\"quoted\\" & <marked>"@en .
ex:named a prov:Person ; skos:prefLabel "Named"@en .
ex:silent a coop:Place ; skos:prefLabel "Silent"@en .
ex:meeting a coop:Event ; coop:date "2011-03"^^xsd:gYearMonth ; skos:prefLabel "Meeting"@en ;
    ex:note "x"@en, "x"@ru, "y" .
claim:a a coop:Claim ; coop:about ex:part ; coop:property org:subOrganizationOf ; coop:value ex:whole ;
    coop:source source:page ; coop:statement "The part is of the whole."@en, "Часть входит в целое."@ru .
claim:b a coop:Claim ; coop:about ex:part ; coop:source source:page ; coop:statement "There is a part."@en .
claim:c a coop:Claim ; coop:about ex:meeting ; coop:property coop:date ; coop:value "2011-03"^^xsd:gYearMonth ;
    coop:source source:page ; coop:statement "It met in March."@en .
claim:d a coop:Claim ; coop:about ex:meeting ; coop:property coop:date ; coop:value "2011-05"^^xsd:gYearMonth ;
    coop:source source:other ; coop:statement "It met in May."@en .
claim:e a coop:Claim ; coop:about ex:meeting ; coop:property ex:host ; coop:value ex:named ;
    coop:source source:page ; coop:statement "Named was the host."@en .
claim:f a coop:Claim ; coop:about ex:leaf ; coop:kind kind:opinion ; coop:source source:page ;
    coop:statement "The leaf is beautiful."@en .
conflict:k a coop:Conflict ; coop:joins claim:c, claim:d ; coop:accepts claim:c ; coop:kind kind:date-conflict ;
    coop:rationale "The page is the minutes."@en, "Страница — протокол."@ru .
source:page a coop:Source ; skos:prefLabel "Minutes"@en ; coop:address "https://page.example/"^^xsd:anyURI ;
    coop:date "2012"^^xsd:gYear ; dcterms:publisher publisher:one .
source:other a coop:Source ; skos:prefLabel "Hearsay"@en ; coop:address "https://other.example/"^^xsd:anyURI ;
    dcterms:publisher publisher:two .
publisher:one a coop:Publisher ; skos:prefLabel "First press"@en .
publisher:two a coop:Publisher ; skos:prefLabel "Second press"@en .
ex:note a owl:AnnotationProperty ; rdfs:label "note"@en . ex:host a owl:ObjectProperty ; rdfs:label "host"@en .
ex:post a coop:Post ; ex:held ex:ann , ex:bob , ex:cid ; ex:first ex:ann ; skos:prefLabel "Post"@en .
ex:held a owl:ObjectProperty ; rdfs:label "held by"@en .
ex:first a owl:ObjectProperty , owl:FunctionalProperty ; rdfs:label "first held by"@en .
claim:p a coop:Claim ; coop:about ex:post ; coop:property ex:held ; coop:value ex:ann ; coop:source source:page .
claim:q a coop:Claim ; coop:about ex:post ; coop:property ex:held ; coop:value ex:bob ; coop:source source:page .
claim:r a coop:Claim ; coop:about ex:post ; coop:property ex:held ; coop:value ex:eve ; coop:source source:page .
conflict:v a coop:Conflict ; coop:joins claim:q , claim:r ; coop:accepts claim:q .
"""
USERS = """
ex:x ex:knows ex:y . ex:a ex:z ex:b . ex:near a owl:SymmetricProperty . ex:far owl:inverseOf ex:close .
ex:deep rdfs:subPropertyOf ex:deeper . ex:wide rdfs:domain ex:Place . ex:some owl:onProperty ex:limited .
ex:p1 foaf:name "Ann" . ex:p2 dcterms:title "Das Buch"@de . ex:p3 schema:name "Shop"@fr . ex:p4 rdfs:label "Plain" .
"""


Run: TypeAlias = Callable[..., tuple[int, str, str]]


def loaded(folder: Path, text: str, *, ontology: bool = False) -> cg.KnowledgeGraph:
    path = folder / "some.ttl"
    head = f"{HEAD}PREFIX foaf: <http://xmlns.com/foaf/0.1/>\nPREFIX ex: <{EX}>\n"
    path.write_text(f"{head}{text}", encoding="utf-8")
    return cg.load(path, only=True, ontology=ontology)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> cg.KnowledgeGraph:
    """A graph in which each kind of evidence, and each lack of it, stands once."""
    return loaded(tmp_path_factory.mktemp("own"), OWN, ontology=True)


@pytest.fixture(autouse=True)
def _without_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told is the same whether or not this machine has the texts of the sources."""
    monkeypatch.delenv("CSTO_GRAPH_SOURCES", raising=False)


def test_a_thing_shows_its_lists_and_what_has_no_name(tmp_path: Path) -> None:
    kg = loaded(tmp_path, 'ex:a foaf:name "Ann" ; ex:all ( 1 ex:b ) ; ex:at [ ex:town "Bern" ] . ex:b foaf:name "B" .')
    assert [fact.text for fact in kg["Ann"].facts()] == ["(1, B)", f"[{EX}town Bern]", "Ann"]


# --- evidence ---------------------------------------------------------------------------------------------------------


SPEAKS = """
ex:part org:subOrganizationOf Whole statement claim:a | ex:part skos:altLabel Bit thing claim:b
ex:meeting coop:date 2011-03 statement claim:c | ex:meeting rdf:type coop:Event thing claim:c claim:d claim:e
ex:named rdf:type prov:Person mention claim:e | ex:silent rdf:type coop:Place - | ex:leaf rdf:type coop:Body -
claim:a coop:value - record claim:a | conflict:k coop:kind - record claim:c claim:d
source:page dcterms:publisher - record
"""


def test_what_the_claims_speak_of(own: cg.KnowledgeGraph):
    """Exactly this; else the thing as a whole, without its values if there are claims without; else a mention; else
    nothing; of a record the claims that it is about. An opinion supports nothing."""
    for line in re.split(r"[|\n]", SPEAKS.strip()):
        thing, name, value, speaks, *claims = line.split()
        (step,) = own.why(thing.replace("ex:", EX), name, None if value == "-" else value).steps.values()
        found = (step.reason, step.speaks or "-", [curie(claim) for claim in step.claims])
        assert found == ("asserted", speaks, claims), line


def test_the_conflict_is_told_with_the_decision(own: cg.KnowledgeGraph):
    """On the disputed property, and there alone; with both sides, what was accepted and why; of a side of it, too."""
    (told,) = own.why(EX + "meeting", "date").document()["conflicts"]
    assert (told["curie"], told["open"], told["rationale"]) == ("conflict:k", False, "The page is the minutes.")
    assert {side["curie"]: side["accepted"] for side in told["claims"]} == {"claim:c": True, "claim:d": False}
    assert own.why(EX + "meeting", "note", "y").document()["conflicts"] == []
    for thing in ("claim:d", "conflict:k", EX + "meeting"):
        assert own.why(thing).document()["conflicts"] == [told]
        assert [one.curie for one in own[thing].conflicts] == ["conflict:k"]


# --- as it is given ---------------------------------------------------------------------------------------------------


def test_a_proof_in_russian(own: cg.KnowledgeGraph):
    """All of our words are Russian: in a graph with Russian labels no Latin letter is left but names and addresses."""
    text = own.why(EX + "part", "org:transitiveSubOrganizationOf").to_text("ru")
    assert "Часть — часть организации, прямо или нет — Целое" in text
    assert "утверждается; сказано в [1]" in text
    assert re.findall(r"[A-Za-z]{3,}", re.sub(r"https?://\S+|prp-spo1|Minutes|First press", "", text)) == []
    text = own.why(EX + "leaf", "org:transitiveSubOrganizationOf", "whole").to_text(width=110)
    assert (
        '\n│  └─ Leaf "quoted" & <marked> — sub-organization of — Part\n│       asserted; no claim speaks of it\n└─'
        in text
    )


def test_each_statement_of_a_thing_in_one_line(own: cg.KnowledgeGraph, kg: cg.KnowledgeGraph):
    """A thing alone: every statement, why in short, no proof; and all claims about it. Lines are as long as the
    terminal is wide, or hold one word that is longer."""
    found = own.why(EX + "part")
    assert all(not step.premises for step in found.steps.values())
    lines = found.to_text(width=200).splitlines()
    assert lines[0] == "Part (http://example.org/part)"
    assert "  sub-organization of — Whole ← asserted; stated in [1]" in lines
    start = "  sub-organization of, directly or not — Whole ← follows by prp-spo1"
    assert any(line.startswith(start) for line in lines)
    assert {curie(claim) for claim in found.claims} == {"claim:a", "claim:b"}
    for width in (40, 60, 80, 120):
        tree, _, _ = kg.why("instrument:protocol-unodc", "engages").to_text(width=width).partition("\nSources\n")
        assert all(len(line) <= width or " " not in line.strip("│├└─ ") for line in tree.splitlines())


def test_the_document(own: cg.KnowledgeGraph):
    """The JSON has the shape that is documented, and every reference in it leads somewhere."""
    document = json.loads(own.why(EX + "leaf", "org:transitiveSubOrganizationOf", "whole").to_json("ru"))
    keys = "format thing property value holds complete computed roots about statements claims conflicts"
    assert (list(document), document["format"]) == (keys.split(), "csto-graph/proof/1")
    known = {found["id"]: found for found in document["statements"]}
    assert len(known) == len(document["statements"]) == 7
    keys = "id subject property value graph reason rule says premises speaks claims conflicts defined"
    for found in known.values():
        assert (list(found), {*found["premises"], *document["roots"]} <= set(known)) == (keys.split(), True)
        line = " ".join(found[part]["term"] for part in ("subject", "property", "value"))
        (quad,) = parse(f"{line} .".encode(), RdfFormat.N_TRIPLES)
        assert curie(statement_name(*quad.triple).value) == found["id"]
    cited = {claim for found in known.values() for claim in found["claims"]}
    assert cited == {claim["curie"] for claim in document["claims"]}
    assert document["claims"][0]["source"] == {
        "curie": "source:page", "label": "Minutes", "address": "https://page.example/", "publisher": "First press",
        "date": "2012",
    }  # fmt: skip


def indexed(given: Iterable[Triple]) -> dict[tuple[Any, str], list[Any]]:
    """Subject and property (a CURIE) to the values."""
    found = defaultdict[tuple[Any, str], list[Any]](list)
    for triple in given:
        found[triple.subject, curie(triple.predicate.value)].append(triple.object)
    return found


def test_provenance_in_turtle(own: cg.KnowledgeGraph, kg: cg.KnowledgeGraph):
    """PROV-O that parses, says again what was put in, and leads from the statement to the page. Claims, sources,
    publishers, and the conflict with both sides, are just as the graph has them; what has a passage was quoted."""
    found = own.why(EX + "leaf", "org:transitiveSubOrganizationOf", "whole")
    read = {quad.triple for quad in parse(found.to_turtle().encode(), RdfFormat.TURTLE)}
    assert read == set(found.triples())
    facts, ways, seen = indexed(read), [statement_name(*found.roots[0])], set()
    while ways:
        seen.add(at := ways.pop())
        for name in ("prov:wasDerivedFrom", "prov:hadPrimarySource", "prov:wasQuotedFrom"):
            ways += [term for term in facts[at, name] if term not in seen]
    assert node("source:page") in seen
    for statement, step in found.steps.items():
        name = statement_name(*statement)
        assert facts[name, "rdf:object"] == [statement.object]
        assert set(facts[name, "prov:wasDerivedFrom"]) >= {statement_name(*premise) for premise in step.premises}
        for act in facts[name, "prov:wasGeneratedBy"]:
            assert [term.value for term in facts[act, "rdfs:label"]] == [step.rule]
    told, there = set(own.why(EX + "meeting", "date").triples()), {quad.triple for quad in own.quads()}
    for name in ("source:page", "source:other", "publisher:one", "conflict:k", "claim:c", "claim:d"):
        assert set() < {triple for triple in there if triple.subject == node(name)} <= told
    assert {t for t in told if curie(t.predicate.value).startswith(("coop:", "dcterms:", "skos:"))} <= there
    assert indexed(told)[node("claim:d"), "prov:hadPrimarySource"] == [node("source:other")]
    facts = indexed(kg.why("instrument:protocol-unodc", "coop:kind", "kind:protocol-of-cooperation").triples())
    quoted, rest = ({curie(term.value) for term, verb in facts if verb == name}
                    for name in ("prov:wasQuotedFrom", "prov:hadPrimarySource"))  # fmt: skip
    assert any(claim.startswith("claim:f") for claim in quoted)
    assert rest - quoted == rest != set()


def test_written_by_format(own: cg.KnowledgeGraph):
    """One door for every format; another is refused with those that are there."""
    found, absent = own.why(EX + "part", "org:subOrganizationOf"), own.why_not(EX + "part", "coop:date", "2001")
    for format, start in {"text": "Part — ", "json": '{\n  "format"', "turtle": "@prefix", "svg": "<svg "}.items():
        assert found.written(format).startswith(start)
    for refused in (found, absent):
        with pytest.raises(errors.UnknownName, match="pdf"):
            refused.written("pdf")
        assert str(refused) == refused.to_text() == refused.written("text")


def test_every_rule_is_put_into_words():
    """Each rule of the evaluator and of the project, in English and in Russian, and neither left empty."""
    ours = ("bounds", "session", "interval", "known", "label", "name", "support", "corroboration")
    for rule in {*(rule.name for rule in RULES), *(f"coop-{name}" for name in ours), "owlrl"}:
        english, russian = vocabulary.table("rules")[rule]
        assert re.fullmatch(r"[^а-яё]{20,}[^.\s]", english, re.IGNORECASE), rule
        assert re.search(r"[а-яё]{5}", russian), rule
        assert not re.search(r"[a-z]{4}", russian.replace("owlrl", "")), rule


# --- large and strange proofs -----------------------------------------------------------------------------------------


def test_long_proofs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A thousand links deep, in every form, from the evaluator's own proof: no recursion gives out. Deeper than the
    page is wide, the tree goes on in another, and every statement is explained once. However long the proof, so many
    statements and no more."""
    links = " ".join(f"ex:n{at + 1} ex:before ex:n{at} ." for at in range(1_000))
    axiom = "ex:mark owl:propertyChainAxiom (ex:before ex:mark) . ex:n0 ex:mark ex:v ."
    graph, asked = loaded(tmp_path, f"{axiom} {links}"), (EX + "n1000", EX + "mark", EX + "v")
    found = graph.why(*asked)
    assert found.complete
    assert len(found.steps) == len(json.loads(found.to_json())["statements"]) == 2_002
    text = found.to_text(width=60)
    assert max(map(len, text.splitlines())) <= 60
    assert text.count("follows by prp-spo2") == 1_000
    marks = re.findall(r"\((\d+): continued below\)", " ".join(text.split()))
    assert marks == [str(number) for number in range(1, len(marks) + 1)] != []
    assert re.findall(r"^\((\d+)\) ", text, re.MULTILINE) == marks
    assert found.to_turtle()
    assert len(found.to_svg()) < 500_000
    monkeypatch.setattr(proof, "MOST", 100)
    found = graph.why(*asked)
    assert (found.complete, 100 < len(found.steps) < 105) == (False, True)
    assert found.to_text().endswith("Not all is shown: the proof is longer.\n")
    assert json.loads(found.to_json())["complete"] is False


def test_circles_and_statements_that_stand_twice(own: cg.KnowledgeGraph, monkeypatch: pytest.MonkeyPatch):
    """What a store proves in a circle is not told again. What stands both ways is told as asserted, in any order."""
    whole, part = (own.why(EX + "leaf", "org:transitiveSubOrganizationOf", name).roots[0] for name in ("whole", "part"))
    monkeypatch.setattr(own.engine(), "proof", lambda one: Derivation("prp-trp", (part if one == whole else whole,)))
    found = own.why(EX + "leaf", "org:transitiveSubOrganizationOf", "whole")
    assert (len(found.steps), found.to_text().count("(see above)")) == (2, 1)
    quads = [Quad(*whole, graph_name(name)) for name in ("derived", "data", "derived")]
    assert standing(SimpleNamespace(match=lambda *_: iter(quads)), whole) == "data"  # type: ignore[arg-type]


# --- why not ----------------------------------------------------------------------------------------------------------


def test_a_value_that_was_decided_against(own: cg.KnowledgeGraph):
    """A claim says so: the claim, what is said instead, the conflict and the reason are told."""
    found = own.why_not(EX + "meeting", "date", "2011-05")
    assert (str(found.statement.object), found.holds) == (MONTH.replace("03", "05"), False)
    text = found.to_text(width=90)
    for part in (
        "The graph does not say so.", "A claim says so, but the conflict was decided otherwise. [2]", "2011-03 [1]",
        "It met in May.", "why: The page is the minutes.", "Searched: 2 sources, the latest of 2012-01-01.",
    ):  # fmt: skip
        assert part in text
    document = json.loads(found.to_json())
    assert (document["format"], document["stated"]) == ("csto-graph/absence/1", ["claim:d"])
    assert [(o["value"]["label"], o["claims"]) for o in document["instead"]] == [("2011-03", ["claim:c"])]
    assert document["searched"] == {"sources": 2, "until": "2012-01-01"}


def test_the_missing_premise_is_named(own: cg.KnowledgeGraph):
    """The rule that is nearest comes first, with what holds and the one thing that does not. What the graph does not
    say is not called false, in either language."""
    found = own.why_not(EX + "whole", "org:transitiveSubOrganizationOf", EX + "leaf")
    first = found.attempts[0]
    assert [(" ".join(map(pipeline.show_term, premise[:3])), premise.holds) for premise in first.premises] == [
        ("org:subOrganizationOf rdfs:subPropertyOf org:transitiveSubOrganizationOf", True),
        (f"{EX}whole org:subOrganizationOf {EX}leaf", False),
    ]
    missing = [attempt.missing for attempt in found.attempts]
    assert missing == sorted(missing)
    assert missing[0] == 1
    assert re.search("The graph does not say so.(.|\n)*✗ Whole — sub-organization of — Leaf", found.to_text())
    assert "Граф этого не утверждает." in found.to_text("ru")


def test_another_value_excludes_only_where_the_graph_says_so(own: cg.KnowledgeGraph):
    """Said instead: where the property has one value, or a conflict joins the two; else the others are only said."""
    text = own.why_not(EX + "post", "held by", NamedNode(EX + "dan")).to_text()
    assert ("\n\nSaid\n  http://example.org/ann [" in text, "Said instead" in text) == (True, False)
    text = own.why_not(EX + "post", "first held by", NamedNode(EX + "dan")).to_text("ru")
    assert "\n\nВместо этого сказано\n  http://example.org/ann\n" in text
    decided = own.why_not(EX + "post", "held by", NamedNode(EX + "eve"))
    excludes = {other["value"]["label"][-3:]: other["excludes"] for other in decided.document()["instead"]}
    assert excludes == {"ann": False, "bob": True, "cid": False}
    text = decided.to_text()
    assert text.index("Said instead\n  http://example.org/bob") < text.index("\n\nSaid\n  http://example.org/ann")


def test_what_holds_is_not_missing_and_what_nothing_speaks_of_is_said(own: cg.KnowledgeGraph):
    """What does hold is said to, with no way to it; of the other there is no rule near, no claim, no other value."""
    found = own.why_not(EX + "leaf", "org:transitiveSubOrganizationOf", "Whole")
    assert (found.holds, bool(found), found.attempts) == (True, False, ())
    assert "This holds." in found.to_text()
    found = own.why_not(EX + "silent", "owl:differentFrom", EX + "named")
    assert (found.attempts, found.instead, found.stated) == ((), (), ())
    assert "Nothing speaks of it." in found.to_text()
    assert "Об этом ничего не сказано." in found.to_text("ru")


class Plain:
    """An engine of plain triples that counts how often it is asked."""

    def __init__(self, given: Iterable[Triple]) -> None:
        self.asked, self._store = 0, Store()
        self._store.extend(Quad(*triple) for triple in given)

    def match(self, *wanted: Any) -> Iterator[Quad]:
        self.asked += 1
        return self._store.quads_for_pattern(*wanted, None)

    def nearest(self, statement: Triple) -> tuple[proof.Attempt, ...]:
        """The ways found, in each of which just that is said to hold which does, and all but the first may lack."""
        found = proof.nearest(self, statement)  # type: ignore[arg-type]
        for attempt in found:
            told = [premise for premise in attempt.premises if premise.predicate != NamedNode(iri("rdfs:member"))]
            holds = [any(True for _ in self._store.quads_for_pattern(*premise[:3], None)) for premise in told]  # type: ignore
            assert holds == [premise.holds for premise in told]
            assert attempt.premises[0].holds
            assert attempt.missing > 0
        return found


@settings(max_examples=120)
@given(GENERATED, st.sampled_from(THINGS), st.sampled_from([*PROPERTIES, "C", "D"]), st.sampled_from(THINGS))
def test_with_what_is_missing_it_follows(made: tuple[list[str], list[str]], one: str, name: str, two: str):
    """In any graph: add the one thing said to be missing, and the statement does follow."""
    asserted = list(dict.fromkeys(triples(" .\n".join([*made[0], *made[1]]) + " .")))
    derived = closing.close(asserted).derived
    parts = (one, name, two) if name in PROPERTIES else (one, iri("rdf:type"), name)
    statement = Triple(*(NamedNode(part if ":" in part else EX + part) for part in parts))
    if statement in derived or statement in asserted:
        return
    engine = Plain([*asserted, *derived])
    for attempt in engine.nearest(statement):
        (lacking, *others) = [premise for premise in attempt.premises if not premise.holds]
        if not others and not {None, node("rdfs:member")} & set(lacking[:3]):  # a list is not made longer
            extra: Any = lacking[:3]
            assert statement in closing.close([*asserted, Triple(*extra)]).derived, (attempt, shown(statement))


def test_hostile_data_do_not_make_the_search_endless():
    """A thing with thousands of neighbours in a transitive property: the search ends, with few ways shown."""
    lines = " ".join(f"ex:a ex:near ex:m{n} . ex:m{n} ex:other ex:b ." for n in range(3_000))
    given = triples(f"ex:near a owl:TransitiveProperty . {lines}")
    statement = Triple(NamedNode(EX + "a"), NamedNode(EX + "near"), NamedNode(EX + "z"))
    found = Plain([*given, *closing.close(given).derived]).nearest(statement)
    assert [attempt.missing for attempt in found] == [1, 1]


def test_the_search_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """After so many matches no more is asked; what was found by then is told, and nothing unasked is called missing."""
    given = triples("ex:p a owl:TransitiveProperty . ex:q rdfs:subPropertyOf ex:p . ex:a ex:p ex:b, ex:d ; ex:q ex:d .")
    statement = Triple(NamedNode(EX + "a"), NamedNode(EX + "p"), NamedNode(EX + "c"))
    free = Plain(given)
    assert free.nearest(statement)
    assert 10 < free.asked < 200
    for work in range(free.asked):
        monkeypatch.setattr(proof, "_WORK", work)
        bound = Plain(given)
        bound.nearest(statement)
        assert bound.asked == work


# --- what people ask --------------------------------------------------------------------------------------------------


def test_names_of_properties_and_things(own: cg.KnowledgeGraph):
    """A CURIE, an IRI, a local name or a label in any language; the value by any of its names. Words for terms of RDF
    and OWL as proofs show them, and ``a`` as Turtle has it; those of a class are none of a property."""
    part = EX + "part"
    names = ("org:subOrganizationOf", iri("org:subOrganizationOf"), "sub-organization of", "часть организации",
             "subOrganizationOf", " Sub-Organization  OF ")  # fmt: skip
    for name, value in product(names, ("Whole", "целое", EX + "whole", f"<{EX}whole>")):
        assert [root.object for root in own.why(part, name, value).roots] == [NamedNode(EX + "whole")]
    for words in ("is", "a", "относится к классу", "rdf:type", "type"):
        found = own.why(part, words, "coop:Body")
        assert (found.property, found.holds) == (iri("rdf:type"), True)
    assert own.why(part, "label").property == iri("skos:prefLabel")  # of two with these words the one it has
    assert own.why(part, "also called", "Bit").property == iri("skos:altLabel")
    assert own.why(part, "иначе", "Bit").holds
    assert own.why_not(part, "differs from", EX + "leaf").statement.predicate == node("owl:differentFrom")


@pytest.mark.parametrize(("name", "value", "expected"), [
    ("note", "y", '"y"'), ("note", '"y"', '"y"'), ("note", "x@ru", '"x"@ru'), ("note", '"x"@en', '"x"@en'),
    ("note", Literal("x", language="ru"), '"x"@ru'), ("note", "x@de", None), ("note", "z", None), ("note", "", None),
    ("date", "2011-03", MONTH), ("date", "2011-03^^xsd:gYearMonth", MONTH), ("date", MONTH, MONTH),
    ("date", "2011-04", None),
])  # fmt: skip
def test_literals_as_people_write_them(own: cg.KnowledgeGraph, name: str, value: object, expected: str | None):
    """With or without quotes, language and datatype; what is no value explains nothing and is false."""
    found = own.why(EX + "meeting", name, value)
    assert [str(root.object) for root in found.roots] == ([expected] if expected else [])
    assert bool(found) == found.holds == own.why_not(EX + "meeting", name, value).holds == bool(expected)


def test_what_is_unknown_or_ambiguous_is_asked_back(own: cg.KnowledgeGraph):
    """Thing, property and value that are not there: each its own message; of what fits several, each as it can be
    given."""
    part, meeting = EX + "part", EX + "meeting"
    for ask, kind, words, suggestions in (
        (lambda: own.why(part, "subOrganisationOf"), errors.UnknownName, "property", ["org:subOrganizationOf"]),
        (lambda: own.why(part, "nothing"), errors.UnknownName, "property 'nothing'", []),
        (lambda: own.why("Hole"), errors.UnknownName, "thing 'Hole'", None),
        (lambda: own.why(part, "ex:none"), errors.UnknownName, "property", None),
        (lambda: own.why(part, None, "Whole"), errors.UsageError, "without a property", None),
        (lambda: own.why_not(part, "org:subOrganizationOf", "nobody"), errors.UnknownName, "nobody", None),
        (lambda: own.why(part, reading="other"), errors.UnknownName, "reading", None),
        (lambda: own.why_not(meeting, "note", "x^^nothing"), errors.BadParameter, "a literal", None),
        (lambda: own.why(meeting, "note", "x"), errors.BadParameter, "one value", ['"x"@en', '"x"@ru']),
    ):  # fmt: skip
        with pytest.raises(kind, match=words) as caught:
            ask()
        assert suggestions is None or getattr(caught.value, "suggestions", [])[: len(suggestions)] == suggestions
    assert all(own.why(meeting, "note", form).holds for form in ('"x"@en', '"x"@ru'))


@settings(max_examples=100)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.text('"@^<>\\x en-', max_size=8),
    st.sampled_from(["", "@en", "^^xsd:token"]),
)  # fmt: skip
def test_any_text_is_a_value_or_refused(own: cg.KnowledgeGraph, text: str, odd: str, tail: str):
    """No text crashes: it is a value, or none, or refused in our own words. What a literal's Turtle form says is read
    as that literal."""
    for value in (text, odd, f'"{text}"@en', f"{odd}^^xsd:date"):
        with contextlib.suppress(errors.BadParameter, errors.UnknownName):
            assert own.why(EX + "part", "skos:prefLabel", value).holds in (True, False)
            assert own.why_not(EX + "part", "skos:altLabel", value).statement
    term = own.why_not(EX + "part", "skos:altLabel", f'"{text}"{tail}').statement.object
    assert isinstance(term, Literal)
    assert (term.value, term.language or "") == (text, tail[1:] if tail.startswith("@") else "")


def test_data_of_users(tmp_path: Path):
    """In vocabularies that the project does not know: any property in use or in an axiom is known, also where no
    statement of this thing has it, and by its local name; a thing that is only a value, on either side; labels in any
    language or in none, told and understood. What is no property or stands nowhere is refused."""
    users = loaded(tmp_path, USERS)
    for name in ("knows", "z", "near", "far", "close", "deep", "deeper", "wide", "limited"):
        assert users.why_not(EX + "a", EX + name, EX + "y").statement.predicate == NamedNode(EX + name)
    for wrong in (EX + "none", EX + "Place", EX + "x", "no such", "a b:c"):
        with pytest.raises(errors.UnknownName, match="property"):
            users.why_not(EX + "a", wrong, EX + "y")
    for thing, value in ((EX + "b", EX + "x"), (EX + "x", EX + "b"), (EX + "y", EX + "b")):
        found = users.why_not(thing, "knows", value)
        assert (found.holds, found.statement) == (False, Triple(*map(NamedNode, (thing, EX + "knows", value))))
    with pytest.raises(errors.UnknownName, match="thing"):
        users.why_not(EX + "nowhere", EX + "knows", EX + "y")
    for thing, label in (("p1", "Ann"), ("p2", "Das Buch"), ("p3", "Shop"), ("p4", "Plain")):
        assert users.why(label).to_text().startswith(f"{label} ({EX}{thing})")


# --- from a cell ------------------------------------------------------------------------------------------------------


def test_every_cell_of_every_answer_leads_to_a_claim(kg: cg.KnowledgeGraph):
    """One step from each cell of the first row of every example; what cannot lead there is named."""
    bare, cells = set(), 0
    for query in kg.queries:
        for example in query.examples:
            table = kg.run(query.name, reading=example.reading, **example.args)
            for column, term in zip(table.columns, table.terms(0) if len(table) else (), strict=len(table) > 0):
                if term is not None:
                    cells += 1
                    bare |= set() if table.why(0, column).claims else {(query.name, column)}
    assert cells > 300
    # Of sources the record itself is the evidence; two organizations are listed because nothing is known of them; no
    # claim speaks of a class.
    assert bare <= {
        ("sources", "publisher"), ("sources", "date"), ("compare-areas", "near"),
        ("without-instrument", "organization"), ("documents-per-kind", "kind"), ("documents-per-kind", "documents"),
    }  # fmt: skip


def test_a_cell_is_tied_to_the_thing_of_its_row(kg: cg.KnowledgeGraph):
    """A date belongs to the event that concerns the instrument; both statements are explained. A signing in Vienna ties
    the place to the protocol; that a side of it has its seat there does not matter. In the reading of the source its
    date is explained by what the page says."""
    table = kg.run("instruments", partner="UNODC")
    assert {shown(root) for root in table.why(0, "date").roots} == {
        "event:signing-protocol-unodc coop:concerns instrument:protocol-unodc .",
        'event:signing-protocol-unodc coop:edtf "2006-04-05" .',
    }
    kinds = {shown(root) for root in table.why(table[0], "kind").roots}
    assert "instrument:protocol-unodc coop:kind kind:protocol-of-cooperation ." in kinds
    places = {curie(root.predicate.value) for root in table.why(0, "place").roots}
    assert places == {"coop:concerns", "coop:place"}
    first = table.why(0, "instrument")
    assert (first.roots, first.about) == ((), (iri("instrument:protocol-unodc"),))
    assert first.claims
    found = kg.run("instruments", partner="UNODC", reading="source").why(0, "date")
    assert any(triple.object == Literal("2006-03-05", datatype=node("xsd:date")) for triple in found.steps)
    assert iri("claim:f107") in found.claims


def test_cells_that_cannot_be_explained(kg: cg.KnowledgeGraph):
    """No such column or row, an empty cell, a table from nowhere: each says so. Where its row names a thing, the hint
    names that as a shell takes it."""
    table, empty = kg.run("instruments", partner="UNODC"), kg.select("SELECT ?a ?b WHERE { BIND(1 AS ?a) }")
    quoted = kg.select(f"SELECT ?it ?b WHERE {{ BIND(<{EX}it's> AS ?it) }}")
    for ask, words in (
        (lambda: table.why(0, "nothing"), "column 'nothing'"), (lambda: table.why(len(table), "date"), "no such row"),
        (lambda: table.why(kg.run("resolutions")[0], "instrument"), "no such row"),
        (lambda: cg.Table({"a": "value"}, [[Literal("x")]]).why(0, "a"), "came from no graph"),
        (lambda: empty.why(0, "b"), "empty.*choose another cell"), (lambda: empty.why(0, "a"), "names no thing"),
        (lambda: quoted.why(0, "b"), re.escape(f"why {shlex.quote(EX + 'it' + chr(39) + 's')}' tells")),
    ):  # fmt: skip
        with pytest.raises(errors.UsageError, match=f"(?s){words}"):
            ask()


def test_a_cell_that_was_computed(kg: cg.KnowledgeGraph):
    """It says so, and from what; a conflict about that comes first, as where a disputed statement is explained."""
    table = kg.run("instruments", partner="UNODC")
    (conflict,) = kg.why("event:signing-protocol-unodc", "date").document()["conflicts"]
    of = "    Protocol of cooperation between the CSTO Secretariat and UNODC (instrument:protocol-unodc)"
    for column, value in (("disputed", "true"), ("certainty", "certain")):
        found = table.why(0, column)
        assert (found.computed, found.document()["conflicts"]) == (column, [conflict])
        lines = found.to_text().splitlines()
        assert lines[:3] == [f"{column} — {value}", "  The query computes it from what is known of:", of]
        assert lines.index("Where sources disagree") < lines.index("Sources")
    assert [table.why(0, column).computed for column in ("instrument", "kind", "date", "place")] == [""] * 4


@pytest.mark.parametrize("reading", ["curated", "source"])
@pytest.mark.parametrize("name", ["instruments", "timeline"])
def test_what_is_called_disputed_leads_to_the_dispute(kg: cg.KnowledgeGraph, name: str, reading: str):
    """Of every row: the conflict is told where the answer says that there is one, and none where it says no."""
    table = kg.run(name, reading=reading)
    told = {(row.disputed, bool(table.why(at, "disputed").conflicts)) for at, row in enumerate(table)}
    assert told == {(True, True), (False, False)}


def test_a_cell_of_a_row_without_things_leads_to_what_was_counted(kg: cg.KnowledgeGraph):
    """A count leads to the things counted, of just that row; a difference to the two things compared."""
    table = kg.run("instruments-per-year", about="CSTO Secretariat")
    years = {row.year: set(table.why(row, "instruments").about) for row in table}
    assert all(sum("/id/instrument/" in name for name in years[row.year]) == row.instruments for row in table)
    assert len(set.union(*years.values())) > len(years[2006]) > 0
    first, second = "event:signing-protocol-unodc", "event:signing-memorandum-cted"
    days = kg.run("days-between", about=first, other=second).why(0, "days")
    assert (set(days.about), bool(days.claims)) == ({iri(first), iri(second)}, True)


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(kg: cg.KnowledgeGraph, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line with the graph loaded: its status, what it gave and what it said."""
    monkeypatch.setattr(graph, "load", lambda language="en", **_: kg.in_language(language))

    def executed(*args: str) -> tuple[int, str, str]:
        code = main.execute(args)
        return code, *capsys.readouterr()

    return executed


def test_the_command_explains(run: Run, tmp_path: Path):
    """Text by default, other formats by name or by the file's ending. Status 0: it holds, or with --not it does not; 1:
    the other way round."""
    asked = ("why", "instrument:protocol-unodc", "engages", "United Nations")
    code, text, err = run(*asked)
    assert (code, err) == (0, "")
    assert "└─ Protocol of cooperation between the CSTO Secretariat and UNODC — party" in text
    assert "по правилу prp-spo2: цепочка свойств складывается в одно свойство" in run("--lang", "ru", *asked)[1]
    for ending, start in (("json", '{\n  "format": "csto-graph/proof/1"'), ("ttl", "@prefix claim:"), ("svg", "<svg ")):
        assert run(*asked, "-o", str(path := tmp_path / f"proof.{ending}")) == (0, "", "")
        assert path.read_text(encoding="utf-8").startswith(start)
    assert run(*asked, "-f", "TURTLE")[1] == (tmp_path / "proof.ttl").read_text(encoding="utf-8")
    signing = ("event:signing-protocol-unodc", "date")
    for asked, status, words in (
        (("why", *signing, "2006-03-05"), 1, "in the graph says 'event:signing-protocol-unodc date 2006-03-05'."),
        (("why", *signing, "2006-03-05"), 1, "why --not"),
        (("why", "--not", *signing, "2006-03-05"), 0, "A claim says so, but the conflict was decided otherwise."),
        (("why", "--not", *signing, "2006-04-05"), 1, "It holds.\n"),
        (("why", "--not", *signing, "2006-04-05"), 1, "asserted; stated in [1, 2, 3]; disputed"),
    ):
        code, out, err = run(*asked)
        assert (code, words in out + err) == (status, True), asked
    assert run("why", "--reading", "source", *signing, "2006-03-05")[0] == 0


def test_why_not_denies_nothing_of_what_belongs_to_a_thing(run: Run):
    """What a claim says of an event is told of its document, with what was decided; of several things that have the
    property, each value is said with its thing. Where nothing is known no list of it is begun."""
    out = run("why", "--not", "instrument:protocol-iom", "occasion", "event:summit-refugees-migrants-2016")[1]
    assert "A claim says so, but the conflict was decided otherwise." in out
    out = " ".join(run("why", "--not", "Kazakhstan", "role", "observer")[1].split())
    assert "Said chair [" in out
    assert "Kazakhstan: member, Shanghai Cooperation Organization, 2001-06-15/..: member [" in out
    assert run("why", "Vienna", "place")[2].endswith("says 'Vienna place'.\n")
    assert "является связью: да" in run("--lang", "ru", "show", "dcterms:isPartOf")[1]


def test_a_cell_from_the_command_line(run: Run):
    """``--why COLUMN`` or ``ROW:COLUMN`` on any query, canned or the user's own, in every format."""
    query = ("instruments", "--partner", "UNODC")
    code, out, err = run(*query, "--why", "kind")
    assert (code, err, out[:70]) == (0, "", "Protocol of cooperation between the CSTO Secretariat and UNODC — kind ")
    assert run("run", *query, "--why", "1:kind")[1] == out
    text = "SELECT ?symbol ?it { ?it coop:symbol ?symbol } ORDER BY ?symbol"
    code, out, _ = run("sparql", text, "--why", "2:symbol", "--limit", "2")
    assert code == 0
    symbol, label = run("sparql", text, "-f", "csv")[1].splitlines()[2].split(",", 1)
    assert " ".join(out.split()).startswith(f"{label} — symbol — {symbol}")
    for cell in ((*query, "--why", "kind"), ("sparql", text, "--why", "symbol")):
        assert json.loads(run(*cell, "-f", "json")[1])["format"] == "csto-graph/proof/1"


def test_what_was_asked_wrongly(run: Run):
    """Each ends with status 2, nothing on standard output, and the reason."""
    signing, query = ("event:signing-protocol-unodc", "date"), ("instruments", "--partner", "UNODC")
    symbols = ("sparql", "SELECT ?symbol ?it { ?it coop:symbol ?symbol } ORDER BY ?symbol")
    for wrong, words in (
        (("why", "--not", *signing), "--not goes with"), (("why", "Nobody at all"), "There is no thing"),
        (("why", *signing, "-f", "csv"), "There is no format 'csv'"),
        (("why", "--not", *signing, "2006", "-f", "svg"), "There is no format 'svg'"),
        ((*query, "--why", "9:kind"), "no such row"), ((*query, "--why", "nothing"), "no column 'nothing'"),
        ((*query, "--why", "0:kind"), "is not a column"), ((*query, "--why", "x:y"), "is not"),
        ((*symbols, "--why", "kind"), "no column 'kind'"), ((*symbols, "--why", "it", "-f", "csv"), "csv"),
        (("sparql", "ASK {}", "--why", "it"), "no such row"),
        (("sparql", "CONSTRUCT WHERE { ?s ?p ?o }", "--why", "s"), "no such row"),
    ):  # fmt: skip
        code, out, err = run(*wrong)
        assert (code, out) == (2, ""), wrong
        assert words in err
