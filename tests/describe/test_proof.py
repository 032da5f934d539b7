"""Every proof is checked step by step by code other than the evaluator's, down to the sources."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import closing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions, RdfFormat, Store, Triple, parse

import csto_graph as cg
from csto_graph import words as vocabulary
from csto_graph.describe.claims import ClaimIndex
from csto_graph.describe.proof import Explanation
from csto_graph.loading import pipeline
from csto_graph.names import PREFIXES, curie, iri
from csto_graph.reason.rules import RULES, Pattern, Rule
from csto_graph.store.engine import Derivation

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
GENERATED = st.tuples(st.lists(_AXIOMS, max_size=6), st.lists(_FACTS, min_size=1, max_size=8))


def triples(text: str) -> list[Triple]:
    """Statements in Turtle; blank nodes are named by the order in which they come."""
    known: dict[Any, BlankNode] = {}

    def plain(term: Any) -> Any:
        return known.setdefault(term, BlankNode(f"b{len(known)}")) if isinstance(term, BlankNode) else term

    found = parse(f"{HEAD}PREFIX ex: <http://example.org/>\n{text}".encode(), RdfFormat.TURTLE)
    return [Triple(plain(quad.subject), quad.predicate, plain(quad.object)) for quad in found]


@settings(max_examples=150)
@given(GENERATED)
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
