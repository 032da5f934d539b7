"""Every proof is checked step by step by code other than the evaluator's, down to the sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import Any

import closing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Quad, QuerySolutions, RdfFormat, Store, Triple, parse
from test_data import HEAD, node

import csto_graph as cg
from csto_graph.describe.thing import ClaimIndex
from csto_graph.loading import pipeline
from csto_graph.names import curie, iri
from csto_graph.reason.rules import RULES, Pattern, Rule
from csto_graph.store import engine
from csto_graph.store.engine import Derivation, graph_name


@pytest.fixture(params=["kg", "league"])
def each(request: pytest.FixtureRequest) -> cg.KnowledgeGraph:
    return request.getfixturevalue(request.param)


def shown(triple: Triple) -> str:
    return " ".join(map(pipeline.show_term, triple)) + " ."


def graphs(kg: cg.KnowledgeGraph) -> dict[str, list[Triple]]:
    """The statements of each named graph, by its short name."""
    return {name: [quad.triple for quad in kg.engine().quads(graph_name(name).value)] for name in engine.GRAPHS}


# --- each step, by other code ----------------------------------------------------------------------------------------


@cache
def text_of(rule: Rule, length: int) -> str:
    """A rule as a SELECT of its conclusions; lists of a rule with ``each`` have this length."""

    def word(text: str) -> str:
        return f"{text}^^xsd:nonNegativeInteger" if text.startswith('"') else text

    def pattern(words: Pattern) -> str:
        subject, predicate, value = map(word, words)
        return f"{subject} {'rdf:rest*/rdf:first' if predicate == 'list:member' else predicate} {value} ."

    lines = []
    if rule.each:
        lines = [f"?list {'rdf:rest/' * place}rdf:first ?m{place} ." for place in range(length)]
        lines.append(f"?list {'/'.join(['rdf:rest'] * length)} rdf:nil .")
        rule = rule.over([f"?m{place}" for place in range(length)])
    lines += map(pattern, rule.premises)
    if rule.differ:
        lines.append(f"FILTER({rule.differ[0]} != {rule.differ[1]})")
    lines += [f"BIND({word(text)} AS ?head_{name})" for text, name in zip(rule.conclusion, "spo", strict=True)]
    return f"{HEAD}SELECT ?head_s ?head_p ?head_o WHERE {{ {' '.join(lines)} }}"


def drawn(name: str, premises: Iterable[Triple], cells: Iterable[Triple]) -> Iterator[tuple[Any, ...]]:
    """What a rule of OWL draws from these statements alone, and the lists, by SPARQL."""
    store, cells = Store(), list(cells)
    store.extend(Quad(*triple) for triple in [*premises, *cells])
    longest = 1 + sum(cell.predicate == node("rdf:rest") for cell in cells)
    for rule in [rule for rule in RULES if rule.name == name and rule.conclusion]:
        for length in range(1, longest + 1) if rule.each else (1,):
            rows = store.query(text_of(rule, length))
            assert isinstance(rows, QuerySolutions)
            yield from (tuple(row) for row in rows)


def cells_of(triples: Iterable[Triple]) -> dict[Any, list[Triple]]:
    """Head of each list to all its cells."""
    first, rest = ({triple.subject: triple for triple in triples if triple.predicate == node(f"rdf:{name}")}
                   for name in ("first", "rest"))  # fmt: skip
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
    return tuple(statement) in drawn(step.rule, step.premises, cells)


def acyclic(derived: dict[Triple, Derivation], asserted: set[Triple]) -> bool:
    """Whether all can be drawn one after the other, premises first, from what is asserted."""
    order = TopologicalSorter({statement: set(step.premises) - asserted for statement, step in derived.items()})
    try:
        return set(order.static_order()) == set(derived)
    except CycleError:
        return False


def test_every_derived_statement_has_a_proof_that_ends_in_asserted_ones(each: cg.KnowledgeGraph):
    """Not one derived statement without proof, no premise from nowhere, no circle; and the engine gives the same."""
    there = graphs(each)
    asserted = set(each.asserted)
    assert len(there["derived"]) > 100
    assert set(closing.derivations(each)) == set(there["derived"])
    assert asserted.isdisjoint(there["derived"])
    for step in closing.derivations(each).values():
        assert step.premises, "a step without premises"
        assert all(premise in asserted or premise in closing.derivations(each) for premise in step.premises)
    assert acyclic(closing.derivations(each), asserted)
    for statement in there["derived"][::7]:
        assert each.engine().proof(statement) == closing.derivations(each)[statement]
    for statement in list(asserted)[::97]:
        assert each.engine().proof(statement) is None


def test_every_step_of_owl_is_right(each: cg.KnowledgeGraph):
    """Each premise set, alone in a store of its own, gives the conclusion by the rule written as SPARQL."""
    lists = cells_of(each.asserted)
    rules = {rule.name for rule in RULES}
    steps = [(triple, step) for triple, step in closing.derivations(each).items() if step.rule in rules]
    assert len({step.rule for _, step in steps}) > 4
    for triple, step in steps:
        assert owl_step_is_right(triple, step, lists), (shown(triple), step)


def test_a_wrong_step_is_seen(kg: cg.KnowledgeGraph):
    """The check itself: with one premise less, or another conclusion, it says no."""
    lists, rules = cells_of(kg.asserted), {rule.name for rule in RULES}
    steps = [(triple, step) for triple, step in closing.derivations(kg).items() if step.rule in rules][:60]
    assert len(steps) == 60
    for triple, step in steps:
        for gone in step.premises:
            rest = tuple(premise for premise in step.premises if premise != gone)
            assert not owl_step_is_right(triple, Derivation(step.rule, rest), lists)
        other = Triple(triple.subject, triple.predicate, node("organization:nobody"))
        assert not owl_step_is_right(other, step, lists)


PROPERTIES, THINGS = "pqr", "abcd"
_AXIOMS = """
C rdfs:subClassOf C | C owl:equivalentClass C | P rdfs:subPropertyOf P | P owl:inverseOf P
P a owl:TransitiveProperty | P a owl:SymmetricProperty | P a owl:FunctionalProperty | P a owl:InverseFunctionalProperty
P rdfs:domain C | P rdfs:range C | P owl:propertyChainAxiom (P) | P owl:propertyChainAxiom (P P)
P owl:propertyChainAxiom (P P P) | C owl:unionOf (C C) | C owl:intersectionOf (C C) | C owl:intersectionOf (C C C)
C owl:equivalentClass [ owl:onProperty P ; owl:someValuesFrom C ]
C owl:equivalentClass [ owl:onProperty P ; owl:allValuesFrom C ]
"""
_NAMES = {"C": "CDE", "P": PROPERTIES, "X": THINGS}


@st.composite
def _filled(draw: st.DrawFn, patterns: list[str]) -> str:
    """One of some patterns, with names in the places of its letters."""
    words = draw(st.sampled_from(patterns)).split(" ")
    bare = [(word.strip("()"), word) for word in words]
    return " ".join(
        word.replace(name, f"ex:{draw(st.sampled_from(_NAMES[name]))}") if name in _NAMES else word
        for name, word in bare
    )


GENERATED = st.tuples(
    st.lists(_filled([one.strip() for line in _AXIOMS.strip().splitlines() for one in line.split("|")]), max_size=6),
    st.lists(_filled(["X P X", "X a C"]), min_size=1, max_size=8),
)


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


# --- the project's own rules ------------------------------------------------------------------------------------------


def test_every_step_of_the_project_follows_from_its_premises(each: cg.KnowledgeGraph):
    """Bounds, intervals, labels, support and verdicts: each is drawn by its rule from these alone, and from what kind
    of things they speak of."""
    kinds: dict[Any, list[Triple]] = defaultdict(list)
    for triple in each.asserted:
        if triple.predicate == node("rdf:type"):
            kinds[triple.subject].append(triple)
    checked: dict[str, int] = defaultdict(int)
    for triple, step in closing.derivations(each).items():
        if step.rule.startswith("coop-"):
            checked[step.rule] += 1
            typed = [kind for premise in step.premises for term in premise for kind in kinds[term]]
            again = closing.derived([*step.premises, *typed]).get(triple)
            assert again, (shown(triple), list(map(shown, step.premises)))
            assert again.rule == step.rule
    ours = ("bounds", "event-date", "interval", "known", "session", "label", "name", "support", "corroboration")
    assert set(checked) - {"coop-told"} | {"coop-session"} == {f"coop-{rule}" for rule in ours}


# --- down to the sources ----------------------------------------------------------------------------------------------

#: Things of which no claim speaks: readers ask for them by name, and no source names them; or a post is retired.
UNCITED = {"organization:ohchr", "organization:undp", "post:unoct-under-secretary-general"}

#: Sources of the bundled data that have no address; some identifiers and one meeting rest on nothing else.
PLACELESS = {"source:opensanctions", "source:public-files-on-github", "source:csto-news-list-2025"}


def test_every_asserted_domain_statement_reaches_a_source(each: cg.KnowledgeGraph):
    """Each rests on a claim with a passage or with a page that has an address; the few that do not are named."""
    index, bare, places, reached, speaks = ClaimIndex(each), set[str](), set[str](), 0, set[str]()
    for triple in graphs(each)["data"]:
        claims, kind, _ = index.evidence(triple, "data")
        speaks.add(kind)
        if any(ends_in_a_source(each, claim) for claim in claims):
            reached += 1
        elif claims:
            places |= {curie(value.value) for claim in claims for value in each.objects(claim, iri("coop:source"))}
        else:
            bare.add(curie(triple.subject.value))
    assert bare == (set() if each.files else UNCITED)
    assert places == (set() if each.files else PLACELESS)
    assert reached > 100
    assert speaks >= {"statement", "thing"}


@cache
def ends_in_a_source(kg: cg.KnowledgeGraph, claim: str) -> bool:
    if kg.objects(claim, iri("coop:passage")):
        return True
    pages = [value.value for value in kg.objects(claim, iri("coop:source"))]
    return any(kg.objects(page, iri("coop:address")) for page in pages)
