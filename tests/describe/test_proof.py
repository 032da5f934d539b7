"""Why the graph says so, and why not: every proof is checked step by step by code other than the evaluator's."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import closing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions, RdfFormat, Store, Triple, parse

import csto_graph as cg
from csto_graph import errors, graph
from csto_graph import words as vocabulary
from csto_graph.cli import main
from csto_graph.describe import absence, proof
from csto_graph.describe.claims import ClaimIndex
from csto_graph.describe.proof import Explanation
from csto_graph.loading import pipeline
from csto_graph.names import PREFIXES, curie, iri
from csto_graph.reason.rules import RULES, Pattern, Rule
from csto_graph.store.engine import Derivation, graph_name, statement_name

HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
GRAPHS = pytest.mark.parametrize("name", ["kg", "league"])


def node(name: str) -> NamedNode:
    return NamedNode(iri(name))


def shown(triple: Triple) -> str:
    return pipeline.show_triple(triple)


def graphs(kg: cg.KnowledgeGraph) -> dict[str, list[Triple]]:
    """The statements of each named graph, by its short name."""
    found: dict[str, list[Triple]] = defaultdict(list)
    for quad in kg.quads():
        assert isinstance(quad.graph_name, NamedNode)
        found[curie(quad.graph_name.value).removeprefix("graph:")].append(quad.triple)
    return found


# --- each step, by other code ----------------------------------------------------------------------------------------


@cache
def text_of(rule: Rule, length: int) -> str:
    """A rule as a SELECT of its conclusions, one row for each; lists of a rule with ``each`` have this length."""

    def word(text: str) -> str:
        if text.startswith('"'):
            return f"{text}^^xsd:nonNegativeInteger"
        return text

    def pattern(words: Pattern, names: dict[str, str]) -> str:
        subject, predicate, value = (word(names.get(text, text)) for text in words)
        return f"{subject} {'rdf:rest*/rdf:first' if predicate == 'list:member' else predicate} {value} ."

    ends = {"?first": "?at0", "?last": f"?at{length}"}
    lines = [pattern(words, ends) for words in rule.premises]
    for place in range(length if rule.each else 0):
        names = {"?member": f"?m{place}", "?here": f"?at{place}", "?there": f"?at{place + 1}"}
        lines.append(f"?list {'rdf:rest/' * place}rdf:first ?m{place} .")
        lines += [pattern(words, names) for words in rule.each]
    if rule.each:
        lines.append(f"?list {'/'.join(['rdf:rest'] * length)} rdf:nil .")
    lines += [pattern(words, ends) for words in rule.after]
    if rule.differ:
        lines.append(f"FILTER({rule.differ[0]} != {rule.differ[1]})")
    heads = []
    for head in rule.conclusions:
        parts = (word(ends.get(text, text)) for text in head)
        binds = " ".join(f"BIND({part} AS ?head_{name})" for part, name in zip(parts, "spo", strict=True))
        heads.append(f"{{ {' '.join(lines)} {binds} }}")
    return f"{HEAD}SELECT ?head_s ?head_p ?head_o WHERE {{ {' UNION '.join(heads)} }}"


def drawn(name: str, premises: Iterable[Triple], cells: Iterable[Triple]) -> Iterator[tuple[Any, ...]]:
    """What a rule of OWL draws from these statements alone, and the lists, by SPARQL."""
    store = Store()
    there = [*premises, *cells]
    store.extend(Quad(*triple) for triple in there)
    lengths = {1 + sum(cell.predicate == node("rdf:rest") for cell in cells)} if cells else {1}
    for rule in RULES:
        if rule.name != name or not rule.conclusions:
            continue
        for length in range(1, max(lengths) + 1) if rule.each else (1,):
            rows = store.query(text_of(rule, length))
            assert isinstance(rows, QuerySolutions)
            yield from (tuple(row) for row in rows)


def cells_of(triples: Iterable[Triple]) -> dict[Any, list[Triple]]:
    """Head of each list to all its cells."""
    first = {triple.subject: triple for triple in triples if triple.predicate == node("rdf:first")}
    rest = {triple.subject: triple for triple in triples if triple.predicate == node("rdf:rest")}
    found: dict[Any, list[Triple]] = {}
    for head in first:
        cell: Any = head
        found[head] = []
        while cell in first and cell in rest:
            found[head] += [first[cell], rest[cell]]
            cell = rest[cell].object
    return found


def owl_step_is_right(statement: Triple, step: Derivation, lists: dict[Any, list[Triple]]) -> bool:
    cells = [cell for premise in step.premises for cell in lists.get(premise.object, ())]
    wanted = (statement.subject, statement.predicate, statement.object)
    return any(row == wanted for row in drawn(step.rule, step.premises, cells))


def acyclic(derived: dict[Triple, Derivation], asserted: set[Triple]) -> bool:
    """Whether all can be drawn one after the other, premises first, from what is asserted."""
    waiting = {statement: set(step.premises) - asserted for statement, step in derived.items()}
    needed_by: dict[Triple, list[Triple]] = defaultdict(list)
    for statement, premises in waiting.items():
        for premise in premises:
            needed_by[premise].append(statement)
    ready = [statement for statement, premises in waiting.items() if not premises]
    done = 0
    while ready:
        statement = ready.pop()
        done += 1
        for user in needed_by[statement]:
            waiting[user].discard(statement)
            if not waiting[user]:
                ready.append(user)
    return done == len(derived)


@GRAPHS
def test_every_derived_statement_has_a_proof_that_ends_in_asserted_ones(name: str, request: pytest.FixtureRequest):
    """Not one derived statement without proof, no premise from nowhere, no circle; and the engine gives the same."""
    kg = request.getfixturevalue(name)
    there = graphs(kg)
    asserted = {triple for graph, triples in there.items() if graph != "derived" for triple in triples}
    assert len(there["derived"]) > 100
    assert set(kg.derivations) == set(there["derived"])
    assert asserted.isdisjoint(there["derived"])
    for step in kg.derivations.values():
        assert step.premises, "a step without premises"
        assert all(premise in asserted or premise in kg.derivations for premise in step.premises)
    assert acyclic(dict(kg.derivations), asserted)
    for statement in there["derived"][::7]:
        assert kg.engine().proof(statement) == kg.derivations[statement]
    for statement in list(asserted)[::97]:
        assert kg.engine().proof(statement) is None


@GRAPHS
def test_every_step_of_owl_is_right(name: str, request: pytest.FixtureRequest):
    """Each premise set, alone in a store of its own, gives the conclusion by the rule written as SPARQL."""
    kg = request.getfixturevalue(name)
    lists = cells_of(kg.asserted)
    rules = {rule.name for rule in RULES}
    steps = [(triple, step) for triple, step in kg.derivations.items() if step.rule in rules]
    assert len({step.rule for _, step in steps}) > 4
    for triple, step in steps:
        assert owl_step_is_right(triple, step, lists), (shown(triple), step)


def test_a_wrong_step_is_seen(kg: cg.KnowledgeGraph):
    """The check itself: with one premise less, or another conclusion, it says no."""
    lists = cells_of(kg.asserted)
    rules = {rule.name for rule in RULES}
    checked = 0
    for triple, step in kg.derivations.items():
        if step.rule not in rules:
            continue
        for gone in step.premises:
            rest = tuple(premise for premise in step.premises if premise != gone)
            assert not owl_step_is_right(triple, Derivation(step.rule, rest), lists)
        other = Triple(triple.subject, triple.predicate, node("organization:nobody"))
        assert not owl_step_is_right(other, step, lists)
        checked += 1
        if checked == 60:
            break
    assert checked == 60


CLASSES, PROPERTIES, THINGS = "CDE", "pqr", "abcd"
_AXIOMS = st.one_of(
    st.builds("{} rdfs:subClassOf {}".format, *[st.sampled_from([f"ex:{c}" for c in CLASSES])] * 2),
    st.builds("{} owl:equivalentClass {}".format, *[st.sampled_from([f"ex:{c}" for c in CLASSES])] * 2),
    st.builds("{} rdfs:subPropertyOf {}".format, *[st.sampled_from([f"ex:{p}" for p in PROPERTIES])] * 2),
    st.builds("{} owl:inverseOf {}".format, *[st.sampled_from([f"ex:{p}" for p in PROPERTIES])] * 2),
    st.builds(
        "{} a owl:{}Property".format, st.sampled_from([f"ex:{p}" for p in PROPERTIES]),
        st.sampled_from(["Transitive", "Symmetric", "Functional", "InverseFunctional"]),
    ),
    st.builds(
        "{} rdfs:{} {}".format, st.sampled_from([f"ex:{p}" for p in PROPERTIES]), st.sampled_from(["domain", "range"]),
        st.sampled_from([f"ex:{c}" for c in CLASSES]),
    ),
    st.builds(
        "{} owl:propertyChainAxiom ({})".format, st.sampled_from([f"ex:{p}" for p in PROPERTIES]),
        st.lists(st.sampled_from([f"ex:{p}" for p in PROPERTIES]), min_size=1, max_size=3).map(" ".join),
    ),
    st.builds(
        "{} owl:{} ({})".format, st.sampled_from([f"ex:{c}" for c in CLASSES]),
        st.sampled_from(["unionOf", "intersectionOf"]),
        st.lists(st.sampled_from([f"ex:{c}" for c in CLASSES]), min_size=1, max_size=3).map(" ".join),
    ),
    st.builds(
        "ex:{} owl:equivalentClass [ owl:onProperty ex:{} ; owl:{} ex:{} ]".format, st.sampled_from(CLASSES),
        st.sampled_from(PROPERTIES), st.sampled_from(["someValuesFrom", "allValuesFrom"]), st.sampled_from(CLASSES),
    ),
)  # fmt: skip
_FACTS = st.one_of(
    st.builds("ex:{} ex:{} ex:{}".format, *map(st.sampled_from, (THINGS, PROPERTIES, THINGS))),
    st.builds("ex:{} a ex:{}".format, st.sampled_from(THINGS), st.sampled_from(CLASSES)),
)
_GENERATED = st.tuples(st.lists(_AXIOMS, max_size=6), st.lists(_FACTS, min_size=1, max_size=8))


def triples(text: str) -> list[Triple]:
    """Statements in Turtle; blank nodes are named by the order in which they come."""
    known: dict[Any, BlankNode] = {}

    def plain(term: Any) -> Any:
        return known.setdefault(term, BlankNode(f"b{len(known)}")) if isinstance(term, BlankNode) else term

    found = parse(f"{HEAD}PREFIX ex: <http://example.org/>\n{text}".encode(), RdfFormat.TURTLE)
    return [Triple(plain(quad.subject), quad.predicate, plain(quad.object)) for quad in found]


@settings(max_examples=150)
@given(_GENERATED)
def test_every_step_is_right_in_any_graph(made: tuple[list[str], list[str]]):
    """Axioms and facts at random: each step alone is right, and there is no circle."""
    asserted = list(dict.fromkeys(triples(" .\n".join([*made[0], *made[1]]) + " .")))
    closure = closing.close(asserted)
    lists = cells_of(asserted)
    for triple, step in closure.derived.items():
        assert owl_step_is_right(triple, step, lists), (shown(triple), step)
    assert acyclic(dict(closure.derived), set(asserted))


# --- the project's own rules, computed again --------------------------------------------------------------------------


class Facts:
    """Statements by subject and property, and nothing clever."""

    def __init__(self, given: Iterable[Triple]) -> None:
        self.values: dict[tuple[Any, str], list[Any]] = defaultdict(list)
        self.bearers: dict[tuple[str, Any], list[Any]] = defaultdict(list)
        for triple in given:
            self.values[triple.subject, curie(triple.predicate.value)].append(triple.object)
            self.bearers[curie(triple.predicate.value), triple.object].append(triple.subject)

    def of(self, subject: Any, name: str) -> list[Any]:
        return self.values.get((subject, name), [])

    def with_value(self, name: str, value: Any) -> list[Any]:
        return self.bearers.get((name, value), [])


def days(value: Any) -> tuple[date, date] | None:
    """First day and the day after the last of a year, a month or a day, as its datatype says."""
    kind = curie(value.datatype.value) if isinstance(value, Literal) else ""
    if kind == "xsd:date":
        first = date.fromisoformat(value.value)
        return first, first + timedelta(days=1)
    if kind == "xsd:gYearMonth":
        year, month = map(int, value.value.split("-"))
        return date(year, month, 1), date(year + (month == 12), month % 12 + 1, 1)
    if kind == "xsd:gYear":
        return date(int(value.value), 1, 1), date(int(value.value) + 1, 1, 1)
    return None


def bounds(facts: Facts, subject: Any) -> dict[str, str]:
    """What a date, or its bounds, or a claim's value say of a thing."""
    spans = {
        name: next(((days(value), value.value) for value in facts.of(subject, f"coop:{name}") if days(value)), None)
        for name in ("date", "notBefore", "notAfter", "value")
    }
    if spans["date"]:
        ((first, end), text) = spans["date"]
    elif spans["notBefore"] or spans["notAfter"]:
        before, after = spans["notBefore"], spans["notAfter"]
        first, end = before and before[0][0], after and after[0][1]
        text = f"[{before[1] if before else ''}..{after[1] if after else ''}]"
    elif spans["value"]:
        ((first, end), text) = spans["value"]
    else:
        return {}
    found = {"coop:edtf": text}
    if first:
        found["coop:earliest"] = f"{first}T00:00:00Z"
    if end:
        found["coop:latest"] = f"{end}T00:00:00Z"
    if first and end and end - first == timedelta(days=1):
        found["coop:dayNumber"] = str((first - date(1970, 1, 1)).days)
    return found


def interval(facts: Facts, subject: Any) -> dict[str, str]:
    """When something may and surely does hold, from the events at its ends and the bounds of these."""

    def moment(event: Any, name: str) -> date | None:
        found = facts.of(event, f"coop:{name}")
        return date.fromisoformat(min(term.value for term in found)[:10]) if found else None

    start, end = (next(iter(facts.of(subject, f"coop:{name}")), None) for name in ("start", "end"))
    day = timedelta(days=1)
    found: dict[str, date | None] = {}
    if start is not None:
        latest = moment(start, "latest")
        found["possibleFrom"], found["certainFrom"] = moment(start, "earliest"), latest and latest - day
    if end is not None:
        latest = moment(end, "latest")
        found["possibleUntil"] = latest and latest - day
        found["certainUntil"] = moment(end, "earliest") or found.get("certainFrom") or found.get("possibleFrom")
    texts = [".." if event is None else min((t.value for t in facts.of(event, "coop:edtf")), default="")
             for event in (start, end)]  # fmt: skip
    kept = {f"coop:{name}": f"{value}T00:00:00Z" for name, value in found.items() if value}
    return {**kept, "coop:edtf": "/".join(texts)}


def spoken(facts: Facts, thing: Any, language: str) -> str:
    """A name of a thing: its own, or made by the template of its class, or its symbol, or the end of its IRI."""
    if isinstance(thing, Literal):
        return str(thing.value)
    for name in ("skos:prefLabel", "rdfs:label"):
        if own := sorted(term.value for term in facts.of(thing, name) if term.language == language):
            return str(own[0])
    for made in templated(facts, thing, language):
        return made
    return str(next((term.value for term in facts.of(thing, "coop:symbol")), re.split("[/#]", thing.value)[-1]))


def templated(facts: Facts, thing: Any, language: str) -> Iterator[str]:
    """The labels that the templates of a thing's classes make, with empty places where nothing is known."""

    def gap(match: re.Match[str]) -> str:
        things = [thing]
        for step in match[1].split("/"):
            ways = (facts.with_value(step[1:], t) if step[0] == "^" else facts.of(t, step) for t in things)
            things = [found for way in ways for found in way]
        said = [t for t in things if not (isinstance(t, Literal) and t.language not in (None, language))]
        return ", ".join(sorted({spoken(facts, t, language) for t in said}))

    for kind in facts.of(thing, "rdf:type"):
        for template in facts.of(kind, "coop:labelTemplate"):
            if template.language == language:
                yield re.sub(r"\{(.+?)\}", gap, template.value)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def disagree(facts: Facts, claim: Any, other: Any) -> bool:
    def value(one: Any) -> Any:
        return next(iter(sorted(facts.of(one, "coop:value"), key=str)), None)

    def span(one: Any) -> Any:
        return days(value(one)) if value(one) is not None else None

    if value(claim) is None or value(other) is None:
        return True
    if value(claim) == value(other):
        return False
    first, second = span(claim), span(other)
    if not first or not second:
        return True
    nested = (first[0] >= second[0] and first[1] <= second[1]) or (second[0] >= first[0] and second[1] <= first[1])
    return not nested


def voices(facts: Facts, claim: Any) -> set[Any]:
    places = facts.of(claim, "coop:source") + [
        source for passage in facts.of(claim, "coop:passage") for source in facts.of(passage, "oa:hasSource")
    ]
    return {
        publisher
        for place in places
        if node("kind:reprint") not in facts.of(place, "coop:kind")
        for publisher in facts.of(place, "dcterms:publisher")
    }


def verdict(facts: Facts, claim: Any) -> str:
    """How a claim stands, from all claims."""

    def topics(one: Any) -> set[tuple[Any, Any]]:
        return {(thing, name) for thing in facts.of(one, "coop:about") for name in facts.of(one, "coop:property")}

    restated = {*facts.of(claim, "coop:restates"), *facts.with_value("coop:restates", claim)}
    alike = {
        other
        for thing in facts.of(claim, "coop:about")
        for other in facts.with_value("coop:about", thing)
        if other != claim and topics(other) & topics(claim) and not disagree(facts, claim, other)
    }
    partners = {o for o in restated | alike if node("kind:opinion") not in facts.of(o, "coop:kind")}
    for conflict in facts.with_value("coop:joins", claim):
        if not ({claim} | partners) & set(facts.of(conflict, "coop:accepts")):
            return "corroboration:contradicted"
    if any(voices(facts, other) - voices(facts, claim) for other in partners):
        return "corroboration:confirmed"
    return "corroboration:single-source"


@GRAPHS
def test_every_step_of_the_project_is_right(name: str, request: pytest.FixtureRequest):
    """Bounds, intervals, labels, support and verdicts, computed again in another way from the premises alone."""
    kg = request.getfixturevalue(name)
    checked: dict[str, int] = defaultdict(int)
    for triple, step in kg.derivations.items():
        if not step.rule.startswith("coop-"):
            continue
        checked[step.rule] += 1
        alone = Facts(step.premises)
        subject, key, value = triple.subject, curie(triple.predicate.value), triple.object
        if step.rule == "coop-bounds":
            right = bounds(alone, subject).get(key) == value.value
        elif step.rule == "coop-interval":
            assert {premise.subject for premise in step.premises} >= {subject}
            right = interval(alone, subject).get(key) == value.value
        elif step.rule == "coop-label":
            made = templated(alone, subject, value.language)
            right = words(value.value) in map(words, made)
        elif step.rule == "coop-support" and key == "coop:supportedBy":
            right = subject in alone.of(value, "coop:about")
        elif step.rule == "coop-support":
            right = any(subject in alone.of(claim, "coop:about") for claim in alone.of(value, "coop:joins"))
        else:
            right = verdict(alone, subject) == curie(value.value)
        assert right, (shown(triple), [shown(premise) for premise in step.premises])
    assert set(checked) == {"coop-bounds", "coop-interval", "coop-label", "coop-support", "coop-corroboration"}


# --- down to the sources ----------------------------------------------------------------------------------------------

UNCITED = {"organization:ohchr", "organization:undp"}
"""Things of which no claim speaks: readers ask for them by name, and the answer is that no source names them."""

PLACELESS = {"source:opensanctions", "source:public-files-on-github"}
"""Sources of the bundled data that have no address; some identifiers rest on nothing else."""


@GRAPHS
def test_every_asserted_domain_statement_reaches_a_source(name: str, request: pytest.FixtureRequest):
    """Each rests on a claim with a passage or with a page that has an address; the few that do not are named."""
    kg = request.getfixturevalue(name)
    index = ClaimIndex(kg)
    bare: set[str] = set()
    places: set[str] = set()
    reached = 0
    speaks: dict[str, int] = defaultdict(int)
    for triple in graphs(kg)["data"]:
        evidence = index.evidence(triple, "data")
        speaks[evidence.speaks] += 1
        sourced = sum(ends_in_a_source(kg, claim) for claim in evidence.claims)
        reached += sourced
        if not sourced and not evidence.claims:
            bare.add(curie(triple.subject.value))
        elif not sourced:
            places |= {curie(v.value) for claim in evidence.claims for v in kg.objects(claim, iri("coop:source"))}
    assert bare == (UNCITED if name == "kg" else set())
    assert places == (PLACELESS if name == "kg" else set())
    assert reached > 100
    assert speaks["statement"] > 0
    assert speaks["thing"] > 0


@cache
def ends_in_a_source(kg: cg.KnowledgeGraph, claim: str) -> bool:
    if kg.objects(claim, iri("coop:passage")):
        return True
    pages = [value.value for value in kg.objects(claim, iri("coop:source"))]
    return any(kg.objects(page, iri("coop:address")) for page in pages)


@GRAPHS
def test_explanations_end_in_what_is_asserted(name: str, request: pytest.FixtureRequest):
    """Of statements drawn by each rule: whole, with leaves that are asserted or axioms, and premises that are told."""
    kg = request.getfixturevalue(name)
    by_rule: dict[str, list[Triple]] = defaultdict(list)
    for triple, step in kg.derivations.items():
        by_rule[step.rule].append(triple)
    for triples_ in by_rule.values():
        for triple in triples_[:: max(1, len(triples_) // 12)]:
            found = Explanation(kg, [triple])
            assert found.complete
            assert found.roots == (triple,)
            for step in found.steps.values():
                if step.reason == "derived":
                    assert vocabulary.rule_says(step.rule, "en")
                    assert step.premises
                    assert all(premise in found.steps for premise in step.premises)
                else:
                    assert step.reason in ("asserted", "axiom")
                    assert not step.premises


# --- evidence, in a small graph ---------------------------------------------------------------------------------------

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
ex:note a owl:AnnotationProperty ; rdfs:label "note"@en .
ex:host a owl:ObjectProperty ; rdfs:label "host"@en .
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> cg.KnowledgeGraph:
    """A graph in which each kind of evidence, and each lack of it, stands once."""
    path = tmp_path_factory.mktemp("own") / "own.ttl"
    path.write_text(f"{HEAD}PREFIX ex: <http://example.org/>\n{OWN}", encoding="utf-8")
    return cg.load(path, only=True, ontology=True)


EX = "http://example.org/"


@pytest.mark.parametrize(
    ("thing", "name", "value", "speaks", "claims"),
    [
        ("part", "org:subOrganizationOf", "Whole", "statement", ["claim:a"]),
        ("part", "skos:altLabel", "Bit", "thing", ["claim:b"]),
        ("meeting", "coop:date", "2011-03", "statement", ["claim:c"]),
        ("meeting", "rdf:type", "coop:Event", "thing", ["claim:c", "claim:d", "claim:e"]),
        ("named", "rdf:type", "prov:Person", "mention", ["claim:e"]),
        ("silent", "rdf:type", "coop:Place", "", []),
        ("leaf", "rdf:type", "coop:Body", "", []),
    ],
)
def test_what_the_claims_speak_of(
    own: cg.KnowledgeGraph, thing: str, name: str, value: str, speaks: str, claims: list[str]
):
    """Exactly this; else the thing as a whole, without its values if there are claims without; else a mention; else
    nothing. An opinion supports nothing."""
    found = own.why(EX + thing, name, value)
    (step,) = found.steps.values()
    assert (step.reason, step.speaks, [curie(claim) for claim in step.claims]) == ("asserted", speaks, claims)


def test_the_conflict_is_told_with_the_decision(own: cg.KnowledgeGraph):
    """On the disputed property, and there alone; with both sides, what was accepted and why."""
    (told,) = own.why(EX + "meeting", "date").document()["conflicts"]
    assert (told["curie"], told["open"], told["rationale"]) == ("conflict:k", False, "The page is the minutes.")
    assert {side["curie"]: side["accepted"] for side in told["claims"]} == {"claim:c": True, "claim:d": False}
    assert own.why(EX + "meeting", "note", "y").document()["conflicts"] == []


def test_a_record_explains_itself(own: cg.KnowledgeGraph):
    """Statements about a claim, a conflict or a source rest on the claims that these are about."""
    for thing, name, claims in (
        ("claim:a", "coop:value", ["claim:a"]),
        ("conflict:k", "coop:kind", ["claim:c", "claim:d"]),
        ("source:page", "dcterms:publisher", []),
    ):
        (step,) = own.why(thing, name).steps.values()
        assert (step.graph, step.speaks, [curie(claim) for claim in step.claims]) == ("claims", "record", claims)


# --- as it is given ---------------------------------------------------------------------------------------------------

TREE = """\
Leaf "quoted" & <marked> — sub-organization of, directly or not — Whole
│ follows by prp-trp: a transitive property that joins two things by way of a third joins these two, too
├─ sub-organization of, directly or not — is — transitive property
│    the ontology says so
├─ Leaf "quoted" & <marked> — sub-organization of, directly or not — Part
│  │ follows by prp-spo1: what a property joins, the wider property joins, too
│  ├─ sub-organization of — is a case of — sub-organization of, directly or not
│  │    the ontology says so
│  └─ Leaf "quoted" & <marked> — sub-organization of — Part
│       asserted; no claim speaks of it
└─ Part — sub-organization of, directly or not — Whole
   │ follows by prp-spo1: what a property joins, the wider property joins, too
   ├─ sub-organization of — is a case of — sub-organization of, directly or not (see above)
   └─ Part — sub-organization of — Whole
        asserted; stated in [1]

Sources
  Minutes · First press · 2012 · https://page.example/
    [1] The part is of the whole. (only this source)
"""


def test_a_proof_as_a_tree(own: cg.KnowledgeGraph):
    """Every premise once, under its conclusion, down to claims with publisher, date and address."""
    assert own.why(EX + "leaf", "org:transitiveSubOrganizationOf", "whole").to_text(width=110) == TREE


def test_a_proof_in_russian(own: cg.KnowledgeGraph):
    """All of our words are Russian: in a graph with Russian labels no Latin letter is left but names and addresses."""
    text = own.why(EX + "part", "org:transitiveSubOrganizationOf").to_text("ru")
    assert "Часть — часть организации, прямо или нет — Целое" in text
    assert "утверждается; сказано в [1]" in text
    plain = re.sub(r"https?://\S+|prp-spo1|Minutes|First press", "", text)
    assert re.findall(r"[A-Za-z]{3,}", plain) == []


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_trees_keep_to_the_width(kg: cg.KnowledgeGraph, width: int):
    """Lines are as long as the terminal is wide, or hold one word that is longer."""
    text = kg.why("instrument:protocol-unodc", "engages").to_text(width=width)
    tree, _, _ = text.partition("\nSources\n")
    for line in tree.splitlines():
        assert len(line) <= width or " " not in line.strip("│├└─ ")


def test_each_statement_of_a_thing_in_one_line(own: cg.KnowledgeGraph):
    """A thing alone: every statement, why in short, no proof; and all claims about it."""
    found = own.why(EX + "part")
    assert all(not step.premises for step in found.steps.values())
    lines = found.to_text(width=200).splitlines()
    assert lines[0] == "Part (http://example.org/part)"
    assert "  sub-organization of — Whole ← asserted; stated in [1]" in lines
    start = "  sub-organization of, directly or not — Whole ← follows by prp-spo1"
    assert any(line.startswith(start) for line in lines)
    said = {(key, str(value)) for key, value, _ in own.statements(EX + "part")}
    books = {iri("coop:supportedBy"), iri("coop:disputedIn")}
    assert {(r.predicate.value, str(r.object)) for r in found.roots} == {p for p in said if p[0] not in books}
    assert {curie(claim) for claim in found.claims} == {"claim:a", "claim:b"}


def test_the_document(own: cg.KnowledgeGraph):
    """The JSON has the shape that is documented, and every reference in it leads somewhere."""
    document = json.loads(own.why(EX + "leaf", "org:transitiveSubOrganizationOf", "whole").to_json("ru"))
    keys = "format thing property value holds complete computed roots about statements claims conflicts"
    assert list(document) == keys.split()
    assert document["format"] == "csto-graph/proof/1"
    known = {found["id"]: found for found in document["statements"]}
    assert len(known) == len(document["statements"]) == 7
    for found in known.values():
        keys = "id subject property value graph reason rule says premises speaks claims conflicts defined"
        assert list(found) == keys.split()
        assert set(found["premises"]) <= set(known)
        (triple,) = parse(f"{found['subject']['term']} {found['property']['term']} {found['value']['term']} .".encode(),
                          RdfFormat.N_TRIPLES)  # fmt: skip
        assert curie(statement_name(*triple.triple).value) == found["id"]
    assert set(document["roots"]) <= set(known)
    cited = {claim for found in known.values() for claim in found["claims"]}
    assert cited == {claim["curie"] for claim in document["claims"]}
    assert document["claims"][0]["source"] == {
        "curie": "source:page", "label": "Minutes", "address": "https://page.example/",
        "publisher": "First press", "date": "2012",
    }  # fmt: skip


def test_provenance_in_turtle(own: cg.KnowledgeGraph):
    """PROV-O that parses, says again what was put in, and leads from the statement to the page."""
    found = own.why(EX + "leaf", "org:transitiveSubOrganizationOf", "whole")
    read = {quad.triple for quad in parse(found.to_turtle().encode(), RdfFormat.TURTLE)}
    assert read == set(found.triples())
    facts = Facts(read)
    top = statement_name(*found.roots[0])
    ways, seen = [top], set()
    while ways:
        at = ways.pop()
        seen.add(at)
        for name in ("prov:wasDerivedFrom", "prov:hadPrimarySource", "prov:wasQuotedFrom"):
            ways += [term for term in facts.of(at, name) if term not in seen]
    assert node("source:page") in seen
    for statement, step in found.steps.items():
        name = statement_name(*statement)
        assert facts.of(name, "rdf:object") == [statement.object]
        assert set(facts.of(name, "prov:wasDerivedFrom")) >= {statement_name(*premise) for premise in step.premises}
        for act in facts.of(name, "prov:wasGeneratedBy"):
            assert [term.value for term in facts.of(act, "rdfs:label")] == [step.rule]


def test_the_provenance_has_pages_and_conflicts(own: cg.KnowledgeGraph):
    """Sources with label, address, date and publisher, and the conflict with both sides and its decision: as the graph
    has them, read by other code without loss."""
    import rdflib
    from rdflib.compare import isomorphic

    found = own.why(EX + "meeting", "date")
    facts = Facts(found.triples())
    page, conflict, lost = node("source:page"), node("conflict:k"), node("claim:d")
    assert [term.value for term in facts.of(page, "skos:prefLabel")] == ["Minutes"]
    assert [term.value for term in facts.of(page, "coop:address")] == ["https://page.example/"]
    assert [term.value for term in facts.of(page, "coop:date")] == ["2012"]
    (publisher,) = facts.of(page, "dcterms:publisher")
    assert [term.value for term in facts.of(publisher, "skos:prefLabel")] == ["First press"]
    assert set(facts.of(conflict, "coop:joins")) == {node("claim:c"), lost}
    assert facts.of(conflict, "coop:accepts") == [node("claim:c")]
    assert {term.language for term in facts.of(conflict, "coop:rationale")} == {"en", "ru"}
    assert [term.value for term in facts.of(lost, "coop:value")] == ["2011-05"]
    assert facts.of(lost, "prov:hadPrimarySource") == [node("source:other")]
    assert facts.of(node("source:other"), "coop:address")
    there = {quad.triple for quad in own.quads()}
    names = ("coop:", "dcterms:", "skos:")
    assert {t for t in found.triples() if curie(t.predicate.value).startswith(names)} <= there
    read = rdflib.Graph().parse(data=found.to_turtle(), format="turtle")
    assert len(read) == len(set(found.triples()))
    assert isomorphic(read, rdflib.Graph().parse(data=read.serialize(format="turtle"), format="turtle"))


def test_a_passage_is_quoted(kg: cg.KnowledgeGraph):
    """A claim with a passage was quoted from its source, one without has it as primary source."""
    found = Facts(kg.why("instrument:protocol-unodc", "coop:kind", "kind:protocol-of-cooperation").triples())
    quoted = {curie(term.value) for term, name in found.values if name == "prov:wasQuotedFrom"}
    rest = {curie(term.value) for term, name in found.values if name == "prov:hadPrimarySource"}
    assert {claim for claim in quoted if claim.startswith("claim:f")}
    assert rest
    assert quoted.isdisjoint(rest)


def test_written_by_format(own: cg.KnowledgeGraph):
    """One door for every format; another is refused with those that are there."""
    found = own.why(EX + "part", "org:subOrganizationOf")
    starts = {"text": "Part — ", "json": '{\n  "format"', "turtle": "@prefix", "svg": "<svg "}
    assert set(starts) == set(proof.FORMATS)
    for format, start in starts.items():
        assert found.written(format).startswith(start)
        assert found.written(format) == own.why(EX + "part", "org:subOrganizationOf").written(format)
    with pytest.raises(errors.UnknownName, match="pdf"):
        found.written("pdf")
    assert str(found) == found.to_text()
    assert repr(found) == "<Explanation http://example.org/part: 1 statement, 1 claims>"
    assert found._repr_svg_() == found.to_svg()


def test_every_rule_is_put_into_words():
    """Each rule of the evaluator and of the project, in English and in Russian, and neither left empty."""
    own = {"coop-bounds", "coop-interval", "coop-label", "coop-support", "coop-corroboration", "owlrl"}
    wanted = {rule.name for rule in RULES} | own
    assert wanted <= set(vocabulary.table("rules"))
    for rule in wanted:
        english, russian = vocabulary.table("rules")[rule]
        assert re.fullmatch(r"[^а-яё]{20,}[^.\s]", english, re.IGNORECASE), rule
        assert re.search(r"[а-яё]{5}", russian), rule
        assert not re.search(r"[a-z]{4}", russian.replace("owlrl", "")), rule
    assert vocabulary.rule_says("no-such-rule", "en") == ""


@pytest.mark.parametrize(
    ("number", "english", "russian"),
    [(1, "way", "такой путь"), (2, "ways", "таких пути"), (4, "ways", "таких пути"), (5, "ways", "таких путей"),
     (11, "ways", "таких путей"), (12, "ways", "таких путей"), (14, "ways", "таких путей"), (21, "ways", "такой путь"),
     (22, "ways", "таких пути"), (111, "ways", "таких путей")],
)  # fmt: skip
def test_numbers_go_with_their_words(number: int, english: str, russian: str):
    """One way, two ways; in Russian three forms, by the last digits."""
    assert vocabulary.counted("more-ways", number, "en") == f"and {number} more such {english}"
    assert vocabulary.counted("more-ways", number, "ru") == f"и ещё {number} {russian}"


VOICES = """
ex:post a coop:Post ; ex:held ex:ann , ex:bob , ex:cid ; ex:first ex:ann ; skos:prefLabel "Post"@en .
ex:held a owl:ObjectProperty ; rdfs:label "held by"@en .
ex:first a owl:ObjectProperty , owl:FunctionalProperty ; rdfs:label "first held by"@en .
claim:a1 a coop:Claim ; coop:about ex:post ; coop:property ex:held ; coop:value ex:ann ; coop:source source:a .
claim:a2 a coop:Claim ; coop:about ex:post ; coop:property ex:held ; coop:value ex:ann ; coop:source source:b .
claim:b1 a coop:Claim ; coop:about ex:post ; coop:property ex:held ; coop:value ex:bob ; coop:source source:a .
claim:b2 a coop:Claim ; coop:about ex:post ; coop:property ex:held ; coop:value ex:bob ; coop:source source:a .
claim:c1 a coop:Claim ; coop:about ex:post ; coop:property ex:held ; coop:value ex:cid ; coop:source source:c .
claim:c2 a coop:Claim ; coop:about ex:post ; coop:property ex:held ; coop:value ex:cid ; coop:source source:d .
claim:e1 a coop:Claim ; coop:about ex:post ; coop:property ex:held ; coop:value ex:eve ; coop:source source:a .
conflict:v a coop:Conflict ; coop:joins claim:b1 , claim:e1 ; coop:accepts claim:b1 .
source:a a coop:Source ; dcterms:publisher publisher:one . source:b a coop:Source ; dcterms:publisher publisher:one .
source:c a coop:Source . source:d a coop:Source .
publisher:one a coop:Publisher ; skos:prefLabel "One"@en .
"""


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> cg.KnowledgeGraph:
    """Values stated by two sources of one publisher, twice by one source, and by sources of publishers not known."""
    path = tmp_path_factory.mktemp("voices") / "voices.ttl"
    path.write_text(f"{HEAD}PREFIX ex: <http://example.org/>\n{VOICES}", encoding="utf-8")
    return cg.load(path, only=True, ontology=True)


def test_several_sources_of_one_publisher(post: cg.KnowledgeGraph):
    """Where two sources of one publisher state the same, neither is the only source; elsewhere it is as before."""
    for language, publisher, source in (
        ("en", "only this publisher", "only this source"), ("ru", "только этот издатель", "только этот источник"),
    ):  # fmt: skip
        told = {"claim:a1": publisher, "claim:a2": publisher}
        told |= dict.fromkeys([f"claim:{name}{at}" for name in "bc" for at in (1, 2)], source)
        for document in (
            post.why(EX + "post", "held by").document(language),
            post.why_not(EX + "post", "held by", NamedNode(EX + "dan")).document(language),
        ):  # fmt: skip
            assert {claim["curie"]: claim["corroboration"] for claim in document["claims"]} == told
    assert "(only this publisher)" in post.why(EX + "post", "held by", EX + "ann").to_text()


def test_another_value_excludes_only_where_the_graph_says_so(post: cg.KnowledgeGraph):
    """Said instead: where the property has one value, or a conflict joins the two; else the others are only said."""
    text = post.why_not(EX + "post", "held by", NamedNode(EX + "dan")).to_text()
    assert "\n\nSaid\n  http://example.org/ann [" in text
    assert "Said instead" not in text
    text = post.why_not(EX + "post", "first held by", NamedNode(EX + "dan")).to_text("ru")
    assert "\n\nВместо этого сказано\n  http://example.org/ann\n" in text
    decided = post.why_not(EX + "post", "held by", NamedNode(EX + "eve"))
    assert {o["value"]["label"][-3:]: o["excludes"] for o in decided.document()["instead"]} == {
        "ann": False, "bob": True, "cid": False,
    }  # fmt: skip
    text = decided.to_text()
    assert text.index("Said instead\n  http://example.org/bob") < text.index("\n\nSaid\n  http://example.org/ann")


def test_what_the_graph_does_not_say_is_not_called_false(own: cg.KnowledgeGraph):
    """English and Russian say the same: not that it is wrong, but that the graph does not say so."""
    found = own.why_not(EX + "part", "org:subOrganizationOf", EX + "leaf")
    assert "The graph does not say so." in found.to_text()
    assert "Граф этого не утверждает." in found.to_text("ru")


def test_the_class_of_a_thing_is_asked_for_in_the_words_shown(own: cg.KnowledgeGraph):
    """``is`` stands in every proof, ``a`` in every Turtle file; and so for the other words for terms of RDF and OWL."""
    for words_ in ("is", "a", "относится к классу", "rdf:type", "type"):
        found = own.why(EX + "part", words_)
        assert found.property == iri("rdf:type")
        assert found.holds
    assert own.why(EX + "part", "a", "coop:Body").holds
    assert own.why(EX + "part", "label").property == iri("skos:prefLabel")  # of two with these words the one it has
    assert own.why(EX + "part", "also called", "Bit").property == iri("skos:altLabel")
    assert own.why(EX + "part", "иначе", "Bit").holds
    assert own.why_not(EX + "part", "differs from", EX + "leaf").statement.predicate == node("owl:differentFrom")
    with pytest.raises(errors.UnknownName, match="property 'nothing'"):
        own.why(EX + "part", "nothing")  # the words for a class are not those of a property


# --- large and strange proofs -----------------------------------------------------------------------------------------


class Endless:
    """An engine in which each statement is derived from the next one, so many times; the last may lead back."""

    def __init__(self, length: int, *, circle: bool = False) -> None:
        self.length, self.circle = length, circle

    def at(self, place: int) -> Triple:
        return Triple(NamedNode(f"{EX}{place}"), NamedNode(EX + "p"), Literal("text"))

    def match(self, subject: Any, predicate: Any, value: Any, graph: Any = None, **_: Any) -> Iterator[Quad]:
        if isinstance(subject, NamedNode) and predicate == NamedNode(EX + "p"):
            place = int(subject.value.removeprefix(EX))
            last = place == self.length and not self.circle
            yield Quad(*self.at(place), graph_name("data" if last else "derived"))

    def proof(self, statement: Triple) -> Derivation:
        place = int(statement.subject.value.removeprefix(EX))
        return Derivation("prp-trp", (self.at(0 if place == self.length else place + 1),))

    def query(self, text: str, **_: Any) -> cg.Answer:
        return cg.Answer("solutions")


class Stub:
    """As much of a graph as an explanation asks for."""

    language = "en"

    def __init__(self, engine: Endless) -> None:
        self._engine = engine

    def engine(self, reading: str = "curated") -> Any:
        return self._engine

    def label(self, name: str, language: str | None = None) -> str:
        return curie(name)

    def objects(self, subject: str, predicate: str) -> list[Any]:
        return []

    subjects = objects


def endless(length: int, *, circle: bool = False) -> Explanation:
    engine = Endless(length, circle=circle)
    return Explanation(Stub(engine), [engine.at(0)])  # type: ignore[arg-type]


def test_a_deep_proof_goes_on_below():
    """Deeper than the page is wide: the tree goes on in another, and every statement is explained once."""
    found = endless(200)
    assert found.complete
    text = found.to_text(width=60)
    assert max(map(len, text.splitlines())) <= 60
    assert text.count("asserted; no claim speaks of it") == 1
    assert text.count("follows by prp-trp") == 200
    marks = re.findall(r"\((\d+): continued below\)", text)
    assert marks == [str(number) for number in range(1, len(marks) + 1)]
    assert re.findall(r"^\((\d+)\) ", text, re.MULTILINE) == marks
    assert found.to_svg().count("<g ") < 300


def test_an_endless_proof_is_cut_and_says_so():
    """However long the proof, so many statements and no more; in every form, without a crash."""
    found = endless(100_000)
    assert not found.complete
    assert len(found.steps) == proof.MOST + 1
    assert found.to_text().endswith("Not all is shown: the proof is longer.\n")
    assert json.loads(found.to_json())["complete"] is False
    assert len(list(found.triples())) > proof.MOST
    assert len(found.to_svg()) < 500_000


def test_a_circle_is_no_trap():
    """A store that gives circular proofs makes nothing endless: what was told is not told again."""
    found = endless(5, circle=True)
    assert len(found.steps) == 6
    assert found.to_text().count("(see above)") == 1


def test_asserted_wins_over_derived():
    """A store may hold a statement both ways; it is told as asserted, whatever order the store gives."""

    class Both(Endless):
        def match(self, subject: Any, predicate: Any, value: Any, graph: Any = None, **_: Any) -> Iterator[Quad]:
            if predicate == NamedNode(EX + "p"):
                yield from (Quad(*self.at(0), graph_name(name)) for name in ("derived", "data", "derived"))

    engine = Both(3)
    (step,) = Explanation(Stub(engine), [engine.at(0)]).steps.values()  # type: ignore[arg-type]
    assert (step.reason, step.premises) == ("asserted", ())


# --- why not ----------------------------------------------------------------------------------------------------------


def ways(found: absence.Absence) -> list[tuple[str, int]]:
    return [(attempt.rule, attempt.missing) for attempt in found.attempts]


def test_a_value_that_was_decided_against(own: cg.KnowledgeGraph):
    """A claim says so: the claim, what is said instead, the conflict and the reason are told."""
    found = own.why_not(EX + "meeting", "date", "2011-05")
    assert found.statement.object == Literal("2011-05", datatype=node("xsd:gYearMonth"))
    assert not found.holds
    text = found.to_text(width=90)
    for part in (
        "The graph does not say so.", "A claim says so, but the conflict was decided otherwise. [2]", "2011-03 [1]",
        "It met in May.", "why: The page is the minutes.", "Searched: 2 sources, the latest of 2012-01-01.",
    ):  # fmt: skip
        assert part in text
    document = json.loads(found.to_json())
    assert document["format"] == "csto-graph/absence/1"
    assert document["stated"] == ["claim:d"]
    assert [(o["value"]["label"], o["claims"]) for o in document["instead"]] == [("2011-03", ["claim:c"])]
    assert document["searched"] == {"sources": 2, "until": "2012-01-01"}


def test_the_missing_premise_is_named(own: cg.KnowledgeGraph):
    """The rule that is nearest comes first, with what holds and the one thing that does not."""
    found = own.why_not(EX + "whole", "org:transitiveSubOrganizationOf", EX + "leaf")
    first = found.attempts[0]
    assert [(shown_premise(p), p.holds) for p in first.premises] == [
        ("org:subOrganizationOf rdfs:subPropertyOf org:transitiveSubOrganizationOf", True),
        (f"{EX}whole org:subOrganizationOf {EX}leaf", False),
    ]
    assert first.missing == 1
    missing = [attempt.missing for attempt in found.attempts]
    assert missing == sorted(missing)
    assert "✗ Whole — sub-organization of — Leaf" in found.to_text()


def shown_premise(premise: absence.Premise) -> str:
    parts = (premise.subject, premise.predicate, premise.value)
    return " ".join("*" if term is None else pipeline.show_term(term) for term in parts)


def test_what_holds_is_not_missing(own: cg.KnowledgeGraph):
    """Asked why not of what does hold, it says that it holds, and offers no way to it."""
    found = own.why_not(EX + "leaf", "org:transitiveSubOrganizationOf", "Whole")
    assert found.holds
    assert not found
    assert found.attempts == ()
    assert "This holds." in found.to_text()


def test_nothing_speaks_of_it(own: cg.KnowledgeGraph):
    """No rule near, no claim, no other value: said so, with what was searched."""
    found = own.why_not(EX + "silent", "owl:sameAs", EX + "named")
    assert (found.attempts, found.instead, found.stated) == ((), (), ())
    assert "Nothing speaks of it." in found.to_text()
    assert "Об этом ничего не сказано." in found.to_text("ru")


@settings(max_examples=120)
@given(_GENERATED, st.sampled_from(THINGS), st.sampled_from([*PROPERTIES, "C", "D"]), st.sampled_from(THINGS))
def test_with_what_is_missing_it_follows(made: tuple[list[str], list[str]], one: str, name: str, two: str):
    """In any graph: add the one thing said to be missing, and the statement does follow."""
    asserted = list(dict.fromkeys(triples(" .\n".join([*made[0], *made[1]]) + " .")))
    closure = closing.close(asserted)
    ex = f"{EX}{{}}".format
    kind = NamedNode(iri("rdf:type"))
    statement = (
        Triple(NamedNode(ex(one)), NamedNode(ex(name)), NamedNode(ex(two)))
        if name in PROPERTIES
        else Triple(NamedNode(ex(one)), kind, NamedNode(ex(name)))
    )
    if statement in closure.derived or statement in asserted:
        return
    engine = _Plain([*asserted, *closure.derived])
    found, _ = absence.nearest(engine, statement)  # type: ignore[arg-type]
    for attempt in found:
        lacking = [p for p in attempt.premises if not p.holds]
        assert lacking
        for premise in attempt.premises:
            if premise.predicate != NamedNode(iri("rdfs:member")):
                fits: Any = engine.match(premise.subject, premise.predicate, premise.value)
                assert premise.holds == any(True for _ in fits)
        assert attempt.premises[0].holds
        parts: list[Any] = [lacking[0].subject, lacking[0].predicate, lacking[0].value]
        if len(lacking) == 1 and None not in parts:
            extra = Triple(*parts)
            assert statement in closing.close([*asserted, extra]).derived, (attempt, shown(statement))


class _Plain:
    """An engine of plain triples."""

    def __init__(self, given: Iterable[Triple]) -> None:
        self._store = Store()
        self._store.extend(Quad(*triple, graph_name("data")) for triple in given)

    def match(self, subject: Any, predicate: Any, value: Any, graph: Any = None, **_: Any) -> Iterator[Quad]:
        return self._store.quads_for_pattern(subject, predicate, value, graph)


def test_hostile_data_do_not_make_the_search_endless(tmp_path: Path):
    """A thing with thousands of neighbours in a transitive property: the search ends, with few ways shown."""
    lines = [f"ex:a ex:near ex:m{n} . ex:m{n} ex:other ex:b ." for n in range(3_000)]
    made = closing.close(triples("ex:near a owl:TransitiveProperty . " + " ".join(lines)))
    engine = _Plain([*triples("ex:near a owl:TransitiveProperty . " + " ".join(lines)), *made.derived])
    statement = Triple(NamedNode(EX + "a"), NamedNode(EX + "near"), NamedNode(EX + "z"))
    found, more = absence.nearest(engine, statement)  # type: ignore[arg-type]
    assert [attempt.missing for attempt in found] == [1, 1]
    assert 0 < more < 100


def test_the_search_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """After so many matches no more is asked; what was found by then is told, and nothing unasked is called missing."""

    class Counting(_Plain):
        asked = 0

        def match(self, subject: Any, predicate: Any, value: Any, graph: Any = None, **_: Any) -> Iterator[Quad]:
            self.asked += 1
            return super().match(subject, predicate, value, graph)

    text = "ex:p a owl:TransitiveProperty . ex:q rdfs:subPropertyOf ex:p . ex:a ex:p ex:b , ex:d ; ex:q ex:d ."
    statement = Triple(NamedNode(EX + "a"), NamedNode(EX + "p"), NamedNode(EX + "c"))
    free = Counting(triples(text))
    assert absence.nearest(free, statement)[0]  # type: ignore[arg-type]
    assert 10 < free.asked < 200
    for work in range(free.asked):
        monkeypatch.setattr(absence, "_WORK", work)
        bound, plain = Counting(triples(text)), _Plain(triples(text))
        for attempt in absence.nearest(bound, statement)[0]:  # type: ignore[arg-type]
            for premise in attempt.premises:
                fits: Any = plain.match(premise.subject, premise.predicate, premise.value)
                assert premise.holds == any(True for _ in fits)
        assert bound.asked == work


# --- what people ask --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["org:subOrganizationOf", iri("org:subOrganizationOf"), "sub-organization of",
                                  "часть организации", "subOrganizationOf", " Sub-Organization  OF "])  # fmt: skip
@pytest.mark.parametrize("value", ["Whole", "целое", EX + "whole", f"<{EX}whole>"])
def test_names_of_properties_and_things(own: cg.KnowledgeGraph, name: str, value: str):
    """A CURIE, an IRI, a local name or a label in any language; the value by any of its names."""
    (root,) = own.why(EX + "part", name, value).roots
    assert root.object == NamedNode(EX + "whole")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("y", '"y"'), ('"y"', '"y"'), ("x@ru", '"x"@ru'), ('"x"@en', '"x"@en'),
        (Literal("x", language="ru"), '"x"@ru'), ("x@de", None), ("z", None), ("", None),
    ],
)  # fmt: skip
def test_literals_as_people_write_them(own: cg.KnowledgeGraph, value: object, expected: str | None):
    """With or without quotes, language and datatype; what is no value explains nothing and is false."""
    found = own.why(EX + "meeting", "note", value)
    assert [str(root.object) for root in found.roots] == ([expected] if expected else [])
    assert bool(found) == found.holds == bool(expected)


@pytest.mark.parametrize("value", ["2011-03", "2011-03^^xsd:gYearMonth", f'"2011-03"^^<{iri("xsd:gYearMonth")}>'])
def test_dates_as_people_write_them(own: cg.KnowledgeGraph, value: str):
    """A date by its text alone, or with its datatype, short or in full."""
    assert own.why(EX + "meeting", "coop:date", value).holds
    assert own.why_not(EX + "meeting", "coop:date", value).holds


def test_an_ambiguous_value_is_asked_back(own: cg.KnowledgeGraph):
    """One text, two languages: both are named, as they can be given."""
    with pytest.raises(errors.BadParameter) as caught:
        own.why(EX + "meeting", "note", "x")
    assert caught.value.suggestions == ['"x"@en', '"x"@ru']
    for form in caught.value.suggestions:
        assert own.why(EX + "meeting", "note", form).holds


def test_unknown_names_are_answered_with_near_ones(own: cg.KnowledgeGraph):
    """Thing, property and value that are not there: each its own message."""
    with pytest.raises(errors.UnknownName, match="thing 'Hole'"):
        own.why("Hole")
    with pytest.raises(errors.UnknownName) as caught:
        own.why(EX + "part", "subOrganisationOf")
    assert caught.value.suggestions[0] == "org:subOrganizationOf"
    with pytest.raises(errors.UnknownName):
        own.why(EX + "part", "ex:none")
    with pytest.raises(errors.UsageError, match="without a property"):
        own.why(EX + "part", None, "Whole")
    with pytest.raises(errors.UnknownName, match="nobody"):
        own.why_not(EX + "part", "org:subOrganizationOf", "nobody")
    with pytest.raises(errors.UnknownName, match="reading"):
        own.why(EX + "part", reading="other")
    with pytest.raises(errors.BadParameter, match="a literal"):
        own.why_not(EX + "meeting", "note", "x^^nothing")


@settings(max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.text('"@^<>\\x en-', max_size=8))
def test_any_text_is_a_value_or_refused(text: str, odd: str):
    """No text crashes: it is a value, or none, or refused in our own words."""
    graph = _shared()
    for value in (text, odd, f'"{text}"@en', f"{odd}^^xsd:date"):
        try:
            assert graph.why("organization:harbour-league", "skos:prefLabel", value).holds in (True, False)
            assert graph.why_not("organization:harbour-league", "skos:altLabel", value).statement
        except (errors.BadParameter, errors.UnknownName):
            continue


@cache
def _shared() -> cg.KnowledgeGraph:
    """Hypothesis takes no fixture of one session without a warning; the small graph is made once."""
    return cg.load((Path(__file__).parents[1] / "example.ttl"), only=True, ontology=True)


@settings(max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=10), st.sampled_from(["", "@en", "^^xsd:token"]))
def test_a_literal_survives_being_written_and_read(text: str, tail: str):
    """What a term's Turtle form says is read back as that term."""
    term = proof.literal(f'"{text}"{tail}')
    assert term is not None
    assert term.value == text
    assert (term.language or "") == (tail[1:] if tail.startswith("@") else "")


# --- data of users ----------------------------------------------------------------------------------------------------

USERS = """
ex:x ex:knows ex:y . ex:a ex:z ex:b . ex:near a owl:SymmetricProperty . ex:far owl:inverseOf ex:close .
ex:deep rdfs:subPropertyOf ex:deeper . ex:wide rdfs:domain ex:Place . ex:some owl:onProperty ex:limited .
ex:p1 foaf:name "Ann" . ex:p2 dcterms:title "Das Buch"@de . ex:p3 schema:name "Shop"@fr . ex:p4 rdfs:label "Plain" .
"""


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> cg.KnowledgeGraph:
    """Statements in vocabularies that the project does not know."""
    path = tmp_path_factory.mktemp("users") / "users.ttl"
    foaf = "PREFIX foaf: <http://xmlns.com/foaf/0.1/>\n"
    path.write_text(f"{HEAD}{foaf}PREFIX ex: <{EX}>\n{USERS}", encoding="utf-8")
    return cg.load(path, only=True)


@pytest.mark.parametrize("name", ["knows", "z", "near", "far", "close", "deep", "deeper", "wide", "limited"])
def test_any_property_in_use_or_in_an_axiom_is_known(users: cg.KnowledgeGraph, name: str):
    """Also where no statement of this thing has it; what is no property at all is still refused."""
    assert users.why_not(EX + "a", EX + name, EX + "y").statement.predicate == NamedNode(EX + name)
    for wrong in (EX + "none", EX + "Place", EX + "x", "no such", "a b:c"):
        with pytest.raises(errors.UnknownName, match="property"):
            users.why_not(EX + "a", wrong, EX + "y")


def test_a_property_is_known_by_its_local_name(users: cg.KnowledgeGraph):
    """Of properties that others have, too."""
    assert users.why_not(EX + "a", "knows", EX + "y").statement.predicate == NamedNode(EX + "knows")


def test_a_thing_that_is_only_a_value_is_known(users: cg.KnowledgeGraph):
    """On either side of the question; and what stands nowhere is not."""
    for thing, value in ((EX + "b", EX + "x"), (EX + "x", EX + "b"), (EX + "y", EX + "b")):
        found = users.why_not(thing, EX + "knows", value)
        assert (found.holds, found.statement.object) == (False, NamedNode(value))
    with pytest.raises(errors.UnknownName, match="thing"):
        users.why_not(EX + "nowhere", EX + "knows", EX + "y")


@pytest.mark.parametrize(("thing", "label"), [("p1", "Ann"), ("p2", "Das Buch"), ("p3", "Shop"), ("p4", "Plain")])
def test_names_in_the_vocabularies_of_users(users: cg.KnowledgeGraph, thing: str, label: str):
    """In any language or in none: told in a text, and understood in a question."""
    assert users.why(label).to_text().startswith(f"{label} ({EX}{thing})")


def test_a_chain_a_thousand_links_deep(tmp_path: Path):
    """In every form, from the evaluator's own proof: no recursion gives out."""
    path = tmp_path / "chain.ttl"
    links = " ".join(f"ex:n{at + 1} ex:before ex:n{at} ." for at in range(1_000))
    axiom = "ex:mark owl:propertyChainAxiom (ex:before ex:mark) . ex:n0 ex:mark ex:v ."
    path.write_text(f"{HEAD}PREFIX ex: <{EX}>\n{axiom} {links}", encoding="utf-8")
    found = cg.load(path, only=True).why(EX + "n1000", EX + "mark", EX + "v")
    assert found.complete
    assert len(found.steps) == 2_002
    assert found.to_text().count("follows by prp-spo2") == 1_000
    assert len(json.loads(found.to_json())["statements"]) == 2_002
    assert found.to_turtle()
    assert found.to_svg().endswith("</svg>\n")


# --- from a cell ------------------------------------------------------------------------------------------------------


def test_every_cell_of_every_answer_leads_to_a_claim(kg: cg.KnowledgeGraph):
    """One step from each cell of the first row of every example; what cannot lead there is named."""
    bare, cells = set(), 0
    for query in kg.queries:
        for example in query.examples:
            table = kg.run(query.name, reading=example.reading, **example.args)
            for column, term in zip(table.columns, table.terms(0) if len(table) else (), strict=len(table) > 0):
                if term is None:
                    continue
                cells += 1
                if not table.why(0, column).claims:
                    bare.add((query.name, column))
    assert cells > 300
    # Of sources the record itself is the evidence; two organizations are listed because nothing is known of them.
    assert bare <= {
        ("sources", "publisher"), ("sources", "date"), ("compare-areas", "near"),
        ("without-instrument", "organization"),
    }  # fmt: skip


def test_a_cell_is_tied_to_the_thing_of_its_row(kg: cg.KnowledgeGraph):
    """A date belongs to the event that concerns the instrument; both statements are explained."""
    table = kg.run("instruments", partner="UNODC")
    told = {shown(root) for root in table.why(0, "date").roots}
    assert told == {
        "event:signing-protocol-unodc coop:concerns instrument:protocol-unodc .",
        'event:signing-protocol-unodc coop:edtf "2006-04-05" .',
    }
    assert "instrument:protocol-unodc coop:kind kind:protocol-of-cooperation ." in {
        shown(root) for root in table.why(table[0], "kind").roots
    }
    first = table.why(0, "instrument")
    assert (first.roots, first.about) == ((), (iri("instrument:protocol-unodc"),))
    assert first.claims


def test_the_shorter_way_is_enough(kg: cg.KnowledgeGraph):
    """A signing in Vienna ties the place to the protocol; that a side of it has its seat there does not matter."""
    roots = kg.run("instruments", partner="UNODC").why(0, "place").roots
    assert {curie(root.predicate.value) for root in roots} == {"coop:concerns", "coop:place"}


def test_a_cell_in_the_reading_of_the_source(kg: cg.KnowledgeGraph):
    """The date that the page gives is explained by what the page says."""
    table = kg.run("instruments", partner="UNODC", reading="source")
    found = table.why(0, "date")
    assert any(triple.object == Literal("2006-03-05", datatype=node("xsd:date")) for triple in found.steps)
    assert iri("claim:f107") in found.claims


def test_cells_that_cannot_be_explained(kg: cg.KnowledgeGraph):
    """No such column or row, an empty cell, a table from nowhere: each says so."""
    table = kg.run("instruments", partner="UNODC")
    with pytest.raises(errors.UnknownName, match="column 'nothing'"):
        table.why(0, "nothing")
    with pytest.raises(errors.UsageError, match="no such row"):
        table.why(1, "date")
    with pytest.raises(errors.UsageError, match="no such row"):
        table.why(kg.run("resolutions")[0], "instrument")
    with pytest.raises(errors.UsageError, match="came from no graph"):
        cg.Table({"a": "value"}, [[Literal("x")]]).why(0, "a")
    empty = kg.select("SELECT ?a ?b WHERE { BIND(1 AS ?a) }")
    with pytest.raises(errors.UsageError, match="empty"):
        empty.why(0, "b")
    with pytest.raises(errors.UsageError, match="names no thing"):
        empty.why(0, "a")


def test_a_cell_that_was_computed(kg: cg.KnowledgeGraph):
    """It says so, and from what; a conflict about that comes first, as where a disputed statement is explained."""
    table = kg.run("instruments", partner="UNODC")
    (conflict,) = kg.why("event:signing-protocol-unodc", "date").document()["conflicts"]
    for column, value in (("disputed", "true"), ("certainty", "certain")):
        found = table.why(0, column)
        assert found.computed == column
        assert found.document()["computed"] == column
        assert found.document()["conflicts"] == [conflict]
        lines = found.to_text().splitlines()
        assert lines[:3] == [
            f"{column} — {value}", "  The query computes it from what is known of:",
            "    Protocol of cooperation between the CSTO Secretariat and UNODC (instrument:protocol-unodc)",
        ]  # fmt: skip
        assert lines.index("Where sources disagree") < lines.index("Sources")
        assert lines.count("Sources") == 1
        assert "  Запрос вычисляет это из сведений о предметах:" in found.to_text("ru")
    for column in ("instrument", "kind", "date", "place"):
        assert table.why(0, column).computed == ""
        assert "The query computes" not in table.why(0, column).to_text()


@pytest.mark.parametrize("reading", ["curated", "source"])
@pytest.mark.parametrize("name", ["instruments", "timeline"])
def test_what_is_called_disputed_leads_to_the_dispute(kg: cg.KnowledgeGraph, name: str, reading: str):
    """Of every row: the conflict is told where the answer says that there is one, and none where it says no."""
    table = kg.run(name, reading=reading)
    told = [(row.disputed, bool(table.why(at, "disputed").conflicts)) for at, row in enumerate(table)]
    assert all(disputed == has for disputed, has in told)
    assert {disputed for disputed, _ in told} == {True, False}


def test_a_conflict_in_a_row_is_told(kg: cg.KnowledgeGraph):
    """Of a computed cell of a conflict itself, or of a claim that it joins."""
    conflicts = kg.run("conflicts")
    assert iri("conflict:c02") in {name for at in range(len(conflicts)) for name in conflicts.why(at, "open").conflicts}
    claims = kg.select("SELECT ?it ?n WHERE { BIND(claim:f107 AS ?it) BIND(7 AS ?n) }")
    assert [curie(name) for name in claims.why(0, "n").conflicts] == ["conflict:c02"]


def test_an_empty_cell_leads_on(kg: cg.KnowledgeGraph):
    """The hint names the thing of the row, and what it says to ask has an answer."""
    table = kg.select("SELECT ?area ?it ?b WHERE { VALUES (?area ?it) { (area:crime instrument:csto-charter) } }")
    with pytest.raises(errors.UsageError) as caught:
        table.why(0, "b")
    assert "'csto-graph why instrument:csto-charter'" in caught.value.hint
    assert kg.why("instrument:csto-charter")
    odd = kg.select("SELECT ?it ?b WHERE { BIND(<http://example.org/it's> AS ?it) }")
    with pytest.raises(errors.UsageError) as caught:
        odd.why(0, "b")
    (words_,) = re.findall("why (.+)' tells", caught.value.hint)
    assert shlex.split(words_) == ["http://example.org/it's"]
    with pytest.raises(errors.UsageError) as caught:
        kg.select("SELECT ?a ?b WHERE { BIND(1 AS ?a) }").why(0, "b")
    assert "why" not in caught.value.hint


def test_a_cell_of_a_row_without_things_leads_to_what_was_counted(kg: cg.KnowledgeGraph):
    """A count leads to the things counted, of just that row; a difference to the two things compared."""
    table = kg.run("instruments-per-year", party="CSTO Secretariat")
    years = {row.year: set(table.why(row, "instruments").about) for row in table}
    for row in table:
        counted = {name for name in years[row.year] if "/id/instrument/" in name}
        assert len(counted) == row.instruments
    assert len(set.union(*years.values())) > len(years[2006]) > 0
    first, second = "event:signing-protocol-unodc", "event:signing-memorandum-cted"
    days = kg.run("days-between", first=first, second=second).why(0, "days")
    assert set(days.about) == {iri(first), iri(second)}
    assert days.claims


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _without_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told is the same whether or not this machine has the texts of the sources."""
    monkeypatch.delenv("CSTO_GRAPH_SOURCES", raising=False)


@pytest.fixture
def command(kg: cg.KnowledgeGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command line find the graph loaded."""

    def load(*_: object, language: str = "en", **__: object) -> cg.KnowledgeGraph:
        found = copy.copy(kg)
        found.language = language
        return found

    monkeypatch.setattr(graph, "load", load)


def run(*args: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main.execute(args)
    return code, out.getvalue(), err.getvalue()


@pytest.mark.usefixtures("command")
def test_the_command_explains(tmp_path: Path):
    """Text by default, other formats by name or by the file's ending; the same as from Python."""
    asked = ("why", "instrument:protocol-unodc", "engages", "United Nations")
    code, text, err = run(*asked)
    assert (code, err) == (0, "")
    assert "└─ Protocol of cooperation between the CSTO Secretariat and UNODC — party" in text
    code, russian, _ = run("--lang", "ru", *asked)
    assert code == 0
    assert "следует по правилу prp-spo2: цепочка свойств складывается в одно свойство" in russian
    for ending, start in (("json", '{\n  "format": "csto-graph/proof/1"'), ("ttl", "@prefix claim:"), ("svg", "<svg ")):
        path = tmp_path / f"proof.{ending}"
        assert run(*asked, "-o", str(path)) == (0, "", "")
        assert path.read_text(encoding="utf-8").startswith(start)
    assert run(*asked, "-f", "TURTLE")[1] == (tmp_path / "proof.ttl").read_text(encoding="utf-8")


@pytest.mark.usefixtures("command")
def test_the_command_ends_as_the_answer_is():
    """0: it holds, or with --not it does not; 1: the other way round; 2: asked wrongly."""
    signing = ("event:signing-protocol-unodc", "date")
    code, out, err = run("why", *signing, "2006-03-05")
    assert (code, out) == (1, "")
    assert "Nothing in the graph says 'event:signing-protocol-unodc date 2006-03-05'." in err
    assert "why --not" in err
    code, out, err = run("why", "--not", *signing, "2006-03-05")
    assert (code, err) == (0, "")
    assert "A claim says so, but the conflict was decided otherwise." in out
    assert run("why", *signing, "2006-04-05")[0] == 0
    code, out, err = run("why", "--not", *signing, "2006-04-05")
    assert (code, err) == (1, "It holds.\n")
    assert "asserted; stated in [1, 2, 3]; disputed" in out
    assert run("why", "--reading", "source", *signing, "2006-03-05")[0] == 0
    for wrong, words in (
        (("why", "--not", *signing), "--not goes with"), (("why", "Nobody at all"), "There is no thing"),
        (("why", *signing, "-f", "csv"), "There is no format 'csv'"),
        (("why", "--not", *signing, "2006", "-f", "svg"), "There is no format 'svg'"),
    ):  # fmt: skip
        code, out, err = run(*wrong)
        assert (code, out) == (2, ""), wrong
        assert words in err


@pytest.mark.usefixtures("command")
def test_a_cell_from_the_command_line():
    """``--why COLUMN`` or ``ROW:COLUMN`` on any query, in every format."""
    query = ("instruments", "--partner", "UNODC")
    code, out, err = run(*query, "--why", "kind")
    assert (code, err) == (0, "")
    assert out.startswith("Protocol of cooperation between the CSTO Secretariat and UNODC — kind — protocol of")
    assert run("run", *query, "--why", "1:kind")[1] == out
    assert json.loads(run(*query, "--why", "kind", "-f", "json")[1])["format"] == "csto-graph/proof/1"
    for wrong, words in (
        ("2:kind", "no such row"), ("nothing", "no column 'nothing'"), ("0:kind", "is not a column"), ("x:y", "is not"),
    ):  # fmt: skip
        code, out, err = run(*query, "--why", wrong)
        assert (code, out) == (2, ""), wrong
        assert words in err


@pytest.mark.usefixtures("command")
def test_a_cell_of_any_query_from_the_command_line():
    """The same for SPARQL of the user's own; without rows, as for ASK and CONSTRUCT, there is no cell."""
    query = "SELECT ?symbol ?it { ?it coop:symbol ?symbol } ORDER BY ?symbol"
    code, out, err = run("sparql", query, "--why", "2:symbol", "--limit", "2")
    assert (code, err) == (0, "")
    row = run("sparql", query, "-f", "csv")[1].splitlines()[2]
    symbol, label = row.split(",", 1)
    assert " ".join(out.split()).startswith(f"{label} — symbol — {symbol}")
    document = json.loads(run("sparql", query, "--why", "symbol", "-f", "json")[1])
    assert document["format"] == "csto-graph/proof/1"
    for asked, cell, words in (
        (query, "kind", "no column 'kind'"), (query, "0:it", "is not a column"), ("ASK {}", "it", "no such row"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "s", "no such row"),
    ):  # fmt: skip
        code, out, err = run("sparql", asked, "--why", cell)
        assert (code, out) == (2, ""), asked
        assert words in err
    assert run("sparql", query, "--why", "it", "-f", "csv")[0] == 2
