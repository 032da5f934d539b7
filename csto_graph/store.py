"""The engines behind one small interface: they take a SPARQL text of the project's own and give terms.

Texts from outside go to `sandbox.query` instead, which answers in the same form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from .sandbox import Answer, Term

if TYPE_CHECKING:
    import rdflib


class Engine(Protocol):
    """Something that answers SPARQL over the union of its graphs."""

    def query(self, text: str) -> Answer:
        """Answer a trusted query."""


class Oxigraph:
    """The embedded engine, in memory. It loads what is asked for and no more, where its source has an index.

    Args:
        source: N-Quads as `bundle.nquads` makes them: bytes, or a file.
    """

    def __init__(self, source: bytes | Path) -> None:
        self.nquads = source
        self._store = Store()
        self._loaded: set[tuple[int, int]] = set()

    @cached_property
    def _data(self) -> bytes:
        return self.nquads.read_bytes() if isinstance(self.nquads, Path) else self.nquads

    @cached_property
    def _sections(self) -> list[tuple[str, str, int, int]]:
        """Predicate, kind, start and length of each section of the source."""
        head, _, rest = self._data.partition(b"\n")
        count = int(head.rsplit(b" ", 1)[1])
        lines = rest.split(b"\n", count)[:count]
        begin = len(head) + 1 + sum(len(line) + 1 for line in lines)
        sections = []
        for line in lines:
            _, start, length, kind, predicate = line.decode().split(" ", 4)
            sections.append((predicate, kind, begin + int(start), int(length)))
        return sections

    def loaded(self, predicates: Iterable[str] | None = None, kinds: Iterable[str] | None = None) -> Store:
        """The store, holding at least the statements with these predicates about things of these kinds.

        Args:
            predicates: IRIs; None means all.
            kinds: Prefixes as `bundle.kind_of` gives them; None means all.
        """
        wanted = None if predicates is None else set(predicates)
        of_kind = None if kinds is None else set(kinds)
        missing = [
            (start, length)
            for predicate, kind, start, length in self._sections
            if (start, length) not in self._loaded
            and (wanted is None or predicate in wanted)
            and (of_kind is None or kind in of_kind)
        ]
        if missing:
            data = b"".join(self._data[start : start + length] for start, length in missing)
            self._store.extend(parse(data, format=RdfFormat.N_QUADS))
            self._loaded.update(missing)
        return self._store

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """All quads, or those of one named graph (an IRI)."""
        return self.loaded().quads_for_pattern(None, None, None, NamedNode(graph) if graph else None)

    def query(self, text: str, *, predicates: Iterable[str] | None = None) -> Answer:
        """Answer a trusted query in this process.

        Args:
            text: SPARQL.
            predicates: Every predicate that the query's patterns name, if none is a variable; None loads all.
        """
        result = self.loaded(predicates).query(text, use_default_graph_as_union=True)
        if hasattr(result, "variables"):
            variables = tuple(variable.value for variable in result.variables)
            return Answer("solutions", variables, [tuple(row) for row in result])
        if isinstance(result, Iterator):
            return Answer("graph", triples=list(result))
        return Answer("boolean", boolean=bool(result))


class Rdflib:
    """rdflib as a second opinion and as the door to its world; slow, and imported only here."""

    def __init__(self, quads: Iterator[Quad]) -> None:
        self._quads = quads

    @cached_property
    def graph(self) -> rdflib.Graph:
        """The union of all graphs as one rdflib graph, every term unchanged."""
        import rdflib

        from .names import PREFIXES

        graph = rdflib.Graph()
        for prefix, namespace in PREFIXES.items():
            graph.bind(prefix, namespace, override=True, replace=True)
        for quad in self._quads:
            subject, predicate, value = (to_rdflib(term) for term in quad.triple)
            graph.add((subject, predicate, value))
        return graph

    def query(self, text: str) -> Answer:
        """Answer a trusted query in this process."""
        result = self.graph.query(text)
        if result.type == "SELECT":
            variables = tuple(str(variable) for variable in result.vars or ())
            rows = [tuple(_from_rdflib(row[name]) for name in variables) for row in result]  # type: ignore[index,call-overload]
            return Answer("solutions", variables, rows)
        return Answer("boolean", boolean=bool(result.askAnswer))


def to_rdflib(term: object) -> rdflib.term.Identifier:
    """A term for rdflib; the lexical form of a literal is kept, never normalized."""
    import rdflib
    from pyoxigraph import BlankNode, Literal

    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if not isinstance(term, Literal):
        raise TypeError(f"{term!r} has no counterpart in rdflib")
    if term.language:
        return rdflib.Literal(term.value, lang=term.language, normalize=False)
    plain = term.datatype.value == "http://www.w3.org/2001/XMLSchema#string"
    return rdflib.Literal(term.value, datatype=None if plain else rdflib.URIRef(term.datatype.value), normalize=False)


def _from_rdflib(term: object) -> Term | None:
    import rdflib
    from pyoxigraph import BlankNode, Literal

    if term is None:
        return None
    if isinstance(term, rdflib.Literal):
        if term.language:
            return Literal(str(term), language=term.language)
        return Literal(str(term), datatype=NamedNode(str(term.datatype))) if term.datatype else Literal(str(term))
    return BlankNode(str(term)) if isinstance(term, rdflib.BNode) else NamedNode(str(term))
