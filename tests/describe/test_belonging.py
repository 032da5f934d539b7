"""What belongs to a thing is told with it: no answer denies what the graph knows of its events, signatures, drafts."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from pyoxigraph import NamedNode

import csto_graph as cg
from csto_graph.cli import main
from csto_graph.describe.render import thing_text
from csto_graph.describe.thing import Thing, thing_document
from csto_graph.names import curie, iri

# Written apart from the ontology's own axioms, over what is asserted alone.
PARTS = """(coop:concerns|coop:becomes|coop:occasion|dcterms:isPartOf|org:member|org:organization|
    org:originalOrganization|org:resultingOrganization|^coop:hasSignature|^coop:hasCoverage)*"""


def pairs(kg: cg.KnowledgeGraph, pattern: str) -> dict[str, set[str]]:
    """Thing to what a pattern joins it with, asked of the whole graph in plain SPARQL."""
    found = defaultdict(set)
    for thing, other in (
        kg.engine()
        .query(f"""
        PREFIX coop: <https://w3id.org/csto-un/ontology#> PREFIX org: <http://www.w3.org/ns/org#>
        PREFIX dcterms: <http://purl.org/dc/terms/> SELECT ?thing ?other WHERE {{ {pattern} }}""")
        .rows
    ):
        found[thing.value].add(other.value)
    return found


TOLD = "{ ?claim coop:about/" + PARTS + " ?thing } UNION { ?claim coop:value ?thing }"
ITSELF = "{ ?claim coop:source|coop:passage ?thing } UNION { ?claim a coop:Claim BIND(?claim AS ?thing) }"
CONFLICTS = f"{TOLD} UNION {ITSELF}"
TAKING_PART = (
    "?named coop:engages|coop:participant|coop:host|coop:place|coop:signer|org:member|org:organization ?thing . "
    "?claim coop:about/" + PARTS + " ?named"
)
SPEAKING = "?claim coop:source ?other ; coop:about/" + PARTS + " ?thing"
ANSWERS = {  # a question, its parameter, the column that denies nothing, and what must be there
    ("conflicts", "about", "conflict"):
        "?other coop:joins ?claim . { " + CONFLICTS + " UNION { " + TAKING_PART + " } "
        "UNION { ?thing coop:joins ?claim } }",
    ("stated-values", "about", "property"):
        "?conflict coop:joins ?claim . ?claim coop:passage ?p ; coop:property ?other ; coop:value ?v . "
        "{ " + TOLD + " }",
    ("support", "about", "claim"): TOLD.replace("?claim", "?other"),
    ("claims", "about", "claim"): TOLD.replace("?claim", "?other") + " UNION { ?other coop:source|^coop:joins ?thing }",
    ("sources", "about", "source"):
        "{ ?claim coop:source ?other . { " + TOLD + " } } UNION { ?other a coop:Source BIND(?other AS ?thing) } "
        "UNION { ?other a coop:Source ; dcterms:publisher ?thing }",
    ("contradictions", "about", "thing"):
        "?conflict coop:joins ?claim, ?one, ?two . ?one coop:about ?other ; coop:property ?p ; coop:value ?v ; "
        "coop:source ?s . ?two coop:about ?other ; coop:property ?p ; coop:value ?w ; coop:source ?t . "
        "FILTER(?v != ?w) FILTER NOT EXISTS { ?conflict coop:accepts/coop:value ?v } { " + TOLD + " }",
    ("events", "about", "event"):
        "?other a coop:Event . { ?other " + PARTS + " ?thing } UNION { ?thing coop:start|coop:end|^coop:place ?other }",
}  # fmt: skip


def things(kg: cg.KnowledgeGraph) -> list[str]:
    """Everything that claims, conflicts or statements of the domain are about."""
    wanted = "SELECT DISTINCT ?s WHERE { ?s a ?class FILTER(STRSTARTS(STR(?s), 'https://w3id.org/csto-un/id/')) }"
    found = sorted(row[0].value for row in kg.engine().query(wanted).rows)
    assert len(found) > 2_000
    return found


@pytest.mark.parametrize("question", ANSWERS, ids=lambda question: question[0])
def test_nothing_is_denied_of_any_thing(kg: cg.KnowledgeGraph, question: tuple[str, str, str]):
    """Each question gives just what plain SPARQL finds of a thing and of what belongs to it; each asks others,
    and the conflicts of all are asked below."""
    name, parameter, column = question
    known = pairs(kg, ANSWERS[question])
    asked = [thing for thing in things(kg) if name == "conflicts" or thing.split("/")[-2] not in ("claim", "passage")]
    for thing in asked[list(ANSWERS).index(question) :: 9]:
        answer = kg.engine().query(kg.queries[name].bind({parameter: thing}, kg))
        at = answer.variables.index(column)
        rows = {row[at].value for row in answer.rows if isinstance(row[at], NamedNode)}
        assert rows == {one for one in known[thing] if "/claim/" not in one or column != "source"}, curie(thing)


def test_a_thing_in_python_follows_what_belongs_to_it(kg: cg.KnowledgeGraph):
    """`conflicts` of every thing; `sources`, `supports` and `facts` of a resolution, whose events have them."""
    known = pairs(kg, "?other coop:joins ?claim . { " + CONFLICTS + " }")
    for thing in things(kg):
        if "/conflict/" not in thing:
            assert {one.iri for one in Thing(kg, thing).conflicts} == known[thing], curie(thing)
    act = kg["A/RES/71/12"]
    event = kg["event:adoption-a-res-71-12"]
    assert event in act.parts
    assert {source.iri for source in act.sources} == pairs(kg, SPEAKING)[act.iri]
    assert set(event.facts()) < set(act.facts())
    assert {fact.thing for fact in act.facts(parts=False)} == {act.iri}


def test_show_begins_with_a_briefing(kg: cg.KnowledgeGraph, capsys: pytest.CaptureFixture[str]):
    """Of every document at most fifteen lines before its other names and facts, in either language; no number in
    brackets without its source."""
    for name in kg.subjects(iri("rdf:type"), iri("coop:Document")):
        for language in ("en", "ru"):
            document = thing_document(kg, name, language)
            head = "".join(thing_text(document, language, 80)).splitlines()
            text = "".join(thing_text(document, language, 80, full=True))
            assert text.splitlines()[: len(head)] == head
            assert len(head) <= 15, name
            assert head[-1].endswith(("/", ")")) or "://" in head[-1] or " · " in head[-1], name  # nothing is cut off
            numbers = {int(found) for marks in re.findall(r"\[([\d, ]+)\]", text) for found in marks.split(", ")}
            assert all(f"    [{number}] " in text for number in numbers), name
    for words in (("show", "coop:date"), ("--lang", "ru", "show", "coop:Resolution")):
        assert main.execute(words) == 0
    told = capsys.readouterr().out
    assert "annotation property · coop:date\n  definition: When it happened" in told
    assert "класс · coop:Resolution\n  вид класса: принятый акт\n  определение: Официальный акт" in told
    assert main.execute(("show", "A/RES/71/12")) == 0
    head = " ".join(capsys.readouterr().out.partition("\n\n")[0].split())
    assert "adoption: 2016-11-21; session: 71; meeting: 48th plenary; " in head
    assert "disputed: ✓ 2016-11-21 (United Nations, civilshos.ru); ✗ 2016-11-18 (CSTO and its bodies); decided" in head


@pytest.mark.parametrize(("asked", "words"), [
    (["A/RES/71/12", "date"], ["2016-11-21", "disputed", "conflict:c01", "18 November 2016"]),
    (["A/RES/71/12", "votes"], ["manner of adoption — without a vote"]),
    (["General Assembly resolution of the 79th session on the SCO", "votes"], ["votes for", "votes against"]),
    (["UNODC protocol", "place"], ["Vienna"]),
    (["UNODC protocol", "signatories"], ["CSTO Secretariat"]),
    (["UNODC protocol", "стороны"], ["party — CSTO Secretariat"]),
    (["A/RES/71/12", "issued by", "Генеральной Ассамблеей"], ["issued by — United Nations General Assembly"]),
    (["A/RES/71/12", "заседание", "--lang", "ru"], ["заседание — 48-е пленарное", "сказано в [1, 2]"]),
    (["--not", "A/RES/71/12", "date", "2016-11-18"], ["A claim says so, but the conflict was decided otherwise"]),
])  # fmt: skip
def test_why_of_a_document_tells_its_events(capsys: pytest.CaptureFixture[str], asked: list[str], words: list[str]):
    """What a document itself has not is looked for in what belongs to it; the word may name several properties."""
    assert main.execute(("why", *asked)) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert [word for word in words if word not in told] == []
