"""The whole graph of many statements, one line after another: what is asserted, what follows, and how.

What `bundle.assemble` does for the small graphs that are held as terms, for those that are too large for it: terms
stay texts, and nothing is kept that has been written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from ..names import PREFIXES
from ..reason import closure as inference
from ..reason import derive
from ..reason.closure import Statement
from ..store import lookup, proofs
from ..store.engine import GRAPHS, graph_name, kind_of
from . import bundle

if TYPE_CHECKING:
    from ..store.disk import Sink
    from .inputs import Progress
    from .locating import Locate

_RDF_TYPE = f"<{PREFIXES['rdf']}type>"
_RDF_FIRST = f"<{PREFIXES['rdf']}first>"
_TEMPLATE = f"<{PREFIXES['coop']}labelTemplate>"
_PROOF, _PROOFS = f"<{proofs.PROPERTY}>", f"<{proofs.GRAPH}>"
_JOINS, _ABOUT, _PROPERTY = (f"<{PREFIXES['coop']}{name}>" for name in ("joins", "about", "property"))
_DISPUTE = {_ABOUT, _PROPERTY, *(f"<{PREFIXES['coop']}{name}>" for name in ("passage", "value"))}
_SOURCES = {f"<{PREFIXES['coop']}{name}>" for name in ("about", "value", "source", "passage")}
_ROLES = {f"<{name}>": role for name, role in lookup.ROLES.items()}
_STEP = 100_000


def statements(triples: Iterable[Triple | derive.Fact]) -> Iterator[Statement]:
    """Statements as texts."""
    for triple in triples:
        yield str(triple.subject), str(triple.predicate), str(triple.object)


def as_stated(given: Iterable[Statement]) -> list[Statement]:
    """What `bundle.as_stated` gives: only the statements that a dispute is about are looked at."""
    found = list(given)
    joined = {value for _, name, value in found if name == _JOINS}
    topics: dict[str, tuple[set[str], set[str]]] = {}
    for subject, name, value in found:
        if name in (_ABOUT, _PROPERTY) and subject in joined:
            topics.setdefault(subject, (set(), set()))[name == _PROPERTY].add(value)
    places = {(thing, name) for things, names in topics.values() for thing in things for name in names}
    disputed = [
        (subject, name, value)
        for subject, name, value in found
        if name == _JOINS or (name in _DISPUTE and subject in joined) or (subject, name) in places
    ]
    stated = set(statements(bundle.as_stated(_triple(statement) for statement in disputed)))
    gone = set(disputed) - stated
    return [*(statement for statement in found if statement not in gone), *sorted(stated - set(disputed))]


def assemble(
    given: Iterable[Statement], sink: Sink, *, progress: Progress, locate: Locate | None = None
) -> None:
    """Write the whole graph of these statements to a sink.

    Raises:
        errors.Inconsistent: They contradict each other under OWL 2 RL.
    """
    asserted = _shared(given, progress)
    writer = _Writer(asserted, sink)
    for statement in asserted:
        writer.asserted(statement)
    progress("closure", 0, 0)
    closure = _closure(asserted, locate)
    del asserted
    for statement, (rule, premises) in closure:
        writer.derived(statement, rule, premises)
    progress("derivation", 0, 0)
    for fact, rule, grounds in derive.facts(writer.relevant()):
        (statement,) = statements([fact])
        writer.derived(statement, rule, tuple(statements(grounds)))


def _shared(given: Iterable[Statement], progress: Progress) -> list[Statement]:
    """The statements, each once, with one text for each term however often it stands there."""
    texts: dict[str, str] = {}
    share = texts.setdefault
    found: dict[Statement, None] = {}
    for number, (subject, predicate, value) in enumerate(given):
        if number % _STEP == 0:
            progress("statements", number, 0)
        found[share(subject, subject), share(predicate, predicate), share(value, value)] = None
    return list(found)


def _closure(
    asserted: list[Statement], locate: Locate | None
) -> Iterable[tuple[Statement, tuple[str, tuple[Statement, ...]]]]:
    closure = inference.close_terms(asserted)
    if closure.contradictions:
        told = (
            (inference.Contradiction(rule, tuple(map(_triple, premises))), map(_triple, closure.grounds(premises)))
            for rule, premises in closure.contradictions
        )
        sources = (_triple(statement) for statement in asserted if statement[1] in _SOURCES)
        raise bundle.inconsistent(told, sources, locate)
    return closure.derived.items()


def _triple(statement: Statement) -> Triple:
    return Triple(*(_parsed(term) for term in statement))


class _Writer:
    """Sorts statements into their graphs and keeps what the project's own rules read."""

    def __init__(self, asserted: list[Statement], sink: Sink) -> None:
        self._sink = sink
        self._terms: dict[str, Any] = {}
        self._relevant: list[derive.Fact] = []
        self._graphs = {name: str(graph_name(name)) for name in GRAPHS}
        templates = [value for _, predicate, value in asserted if predicate == _TEMPLATE]
        self._read = {f"<{name}>" for name in derive.read_by(templates)}
        self._places = self._sorted(asserted)

    def _sorted(self, asserted: list[Statement]) -> dict[str, str]:
        """Subject to graph, where that is not the one of data."""
        kinds: dict[str, set[str]] = {}
        for subject, predicate, value in asserted:
            if predicate == _RDF_TYPE and value.startswith("<"):
                kind = value[1:-1]
            elif predicate == _RDF_FIRST:
                kind = f"{PREFIXES['rdf']}List"
            else:
                continue
            if bundle.graph_of((kind,)) != "data":
                kinds.setdefault(subject, set()).add(kind)
        return {subject: bundle.graph_of(found) for subject, found in kinds.items()}

    def asserted(self, statement: Statement) -> None:
        """Write a statement into the graph of its subject."""
        self._write(statement, self._graphs[self._places.get(statement[0], "data")])

    def derived(self, statement: Statement, rule: str, premises: tuple[Statement, ...]) -> None:
        """Write a derived statement, and how it was drawn."""
        self._write(statement, self._graphs["derived"])
        text = "\n".join((rule, *(f"{subject} {name} {value} ." for subject, name, value in premises)))
        self._sink.proof(f"<{proofs.name_of(*statement)}> {_PROOF} {Literal(text)} {_PROOFS} .\n")

    def _write(self, statement: Statement, graph: str) -> None:
        subject, predicate, value = statement
        self._sink.quad(f"{subject} {predicate} {value} {graph} .\n")
        if predicate in self._read:
            term = self._term
            self._relevant.append(derive.Fact(term(subject), term(predicate), term(value)))
        if predicate in _ROLES:
            thing, text = self._term(subject), self._term(value)
            if isinstance(thing, NamedNode) and isinstance(text, Literal) and kind_of(thing) in lookup.NAMED:
                self._sink.name(lookup.named(thing.value, text.value, _ROLES[predicate]))

    def relevant(self) -> Iterator[derive.Fact]:
        """What the project's own rules read; each is given once and not kept."""
        self._relevant.reverse()
        while self._relevant:
            yield self._relevant.pop()

    def _term(self, text: str) -> Any:
        if text not in self._terms:
            self._terms[text] = _parsed(text)
        return self._terms[text]


def _parsed(text: str) -> Any:
    if text.startswith("<"):
        return NamedNode(text[1:-1]) if "\\" not in text else _by_engine(text)
    return BlankNode(text[2:]) if text.startswith("_:") else _by_engine(text)


def _by_engine(text: str) -> Any:
    quads = parse(f"<urn:x> <urn:x> {text} .", format=RdfFormat.N_TRIPLES)
    return next(iter(quads)).object
