"""The closure of a few triples, with terms: what `csto_graph.reason` gives as texts; and the sink of a few quads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from pyoxigraph import Quad, RdfFormat, Triple, parse

import csto_graph
from csto_graph.loading.pipeline import texts, triple
from csto_graph.names import PREFIXES
from csto_graph.reason import closure, derive
from csto_graph.reason.rules import Step
from csto_graph.store.engine import GRAPHS, Derivation, Engine, Statement, graph_name
from csto_graph.store.oxigraph import Sink, written

OWN = {"x": "https://x.example/", "": "http://example.org/"}
HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in {**PREFIXES, **OWN}.items())


def turtle(text: str) -> list[Triple]:
    """The statements of some Turtle with the project's prefixes, ``x:`` and ``:``."""
    return [quad.triple for quad in parse((HEAD + text).encode(), RdfFormat.TURTLE)]


@dataclass
class Closure:
    """As `closure.Closure`; a contradiction is a derivation of nothing."""

    derived: dict[Triple, Derivation]
    contradictions: list[Derivation]
    #: What each contradiction rests on.
    grounds: list[list[Triple]]


def close(triples: Iterable[Triple | Quad]) -> Closure:
    """The closure by the rules."""
    return _read(closure.close(statements(triples)))


def close_with_owlrl(triples: Iterable[Triple]) -> Closure:
    """The closure by the package owlrl."""
    return _read(closure.close_with_owlrl(statements(triples)))


def is_noise(made: Triple) -> bool:
    """Whether a conclusion says nothing."""
    return closure.is_noise(texts(made))


def statements(triples: Iterable[Triple | Quad]) -> list[Statement]:
    """Triples as texts."""
    return [(str(one.subject), str(one.predicate), str(one.object)) for one in triples]


def nquads(quads: Iterable[Quad]) -> bytes:
    """Quads as the graph in memory is kept."""
    given = list(quads)

    def write(sink: Sink) -> None:
        for quad, statement in zip(given, statements(given), strict=True):
            sink(statement, str(quad.graph_name))

    return written(write)[0]


def derived(triples: Iterable[Triple]) -> dict[Triple, Derivation]:
    """What the project's own rules derive."""
    steps = derive.facts((one.subject, one.predicate, one.object) for one in triples)
    return {Triple(*fact): Derivation(rule, tuple(Triple(*premise) for premise in used)) for fact, rule, used in steps}


@cache
def derivations(graph: csto_graph.KnowledgeGraph) -> dict[Triple, Derivation]:
    """Each derived statement of a graph, with how it was drawn."""
    engine = graph.engine()
    derived = (quad.triple for quad in engine.quads(graph_name("derived").value))
    return {triple: drawn for triple in derived if (drawn := engine.proof(triple))}


def _read(made: closure.Closure) -> Closure:
    def derivation(step: Step) -> Derivation:
        return Derivation(step[0], tuple(map(triple, step[1])))

    derived = {triple(statement): derivation(step) for statement, step in made.steps}
    contradictions = [derivation((rule, premises)) for rule, premises, _ in made.contradictions]
    return Closure(derived, contradictions, [list(map(triple, grounds)) for _, _, grounds in made.contradictions])


def assert_alike(here: Engine, there: Engine, patterns: int, proofs: int) -> None:
    """Two engines hold the same quads and proofs, each of a derived statement and of no other; whatever of a pattern is
    given or left open, they find the same. So many patterns and proofs are tried, from all over the graph."""
    quads = {name: set(here.quads(graph_name(name).value)) for name in (*GRAPHS, "proofs")}
    for name, found in quads.items():
        assert set(there.quads(graph_name(name).value)) == found, name
    everything = sorted(here.quads(), key=str)
    assert there.count() == here.count() == len(everything) == len(list(there.quads()))
    for quad in sorted(quads["derived"], key=str)[:: len(quads["derived"]) // proofs + 1]:
        assert there.proof(quad.triple) == here.proof(quad.triple) is not None
    for at, quad in enumerate(everything[:: len(everything) // patterns + 1]):
        assert quad.graph_name == graph_name("derived") or there.proof(quad.triple) is None
        for mask in (1, 2, 3, 5, 6, 9, 10, 12, 15):
            given: Any = [part if mask >> at & 1 else None for at, part in enumerate((*quad.triple, quad.graph_name))]
            assert set(there.match(*given)) == set(here.match(*given)), given
