"""The graph in memory: Oxigraph, which answers, and rdflib, the second opinion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, Triple, parse

from ..names import PREFIXES, curie, iri
from ..rdf.terms import from_rdflib, to_rdflib
from . import lines, proofs
from .engine import (
    GRAPHS,
    Answer,
    Limits,
    Node,
    Statement,
    Term,
    answer_of,
    as_written,
    graph_name,
    interruptible,
    kind_of,
)

if TYPE_CHECKING:
    from mmap import mmap

    import rdflib

    from .proofs import Derivation

_TYPE = iri("rdf:type")
_TYPE_TEXT = f"<{_TYPE}>"
_PROOFS = PREFIXES["graph"] + "proofs"

INDEX = "# csto-graph index"
"""First words of a file that begins with an index."""


class Lines:
    """The sink of a graph in memory: takes quads and proofs as they are made, and gives both as sorted N-Quads."""

    def __init__(self) -> None:
        self._sections: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._proofs: set[str] = set()
        self._kinds: dict[str, str] = {}

    def quad(self, statement: Statement, graph: str) -> None:
        """Take a statement, its terms and its graph in N-Triples form."""
        subject, predicate, value = statement
        # Of types it matters which one, of everything else whose it is. A user's file may have a text for a type.
        if predicate == _TYPE_TEXT and value.startswith("<"):
            kind = curie(value[1:-1])
        else:
            if subject not in self._kinds:
                self._kinds[subject] = kind_of(NamedNode(subject[1:-1]) if subject.startswith("<") else None)
            kind = self._kinds[subject]
        self._sections[predicate[1:-1], kind].add(f"{subject} {predicate} {value} {graph} .\n")

    def proof(self, line: str) -> None:
        """Take a quad of the graph of proofs."""
        self._proofs.add(line)

    def name(self, name: tuple[str, str, str, str]) -> None:
        """Names are few enough to be read from the graph when they are asked for."""

    def nquads(self) -> bytes:
        """The quads, with an index in comments at the head.

        The lines stand in sections by predicate and by the kind of their subject (types: by the class), each sorted,
        and the index says where a section lies. So an engine can load just what a query names: a pattern with a
        constant predicate can match nothing outside the sections of that predicate.
        """
        index, body, start = [], [], 0
        for (predicate, kind), found in sorted(self._sections.items()):
            block = b"".join(sorted(line.encode() for line in found))
            index.append(f"# {start} {len(block)} {len(found)} {kind} {predicate}\n".encode())
            body.append(block)
            start += len(block)
        return b"".join([f"{INDEX} {len(index)}\n".encode(), *index, *body])

    def proofs(self) -> bytes:
        """The graph of proofs."""
        return b"".join(sorted(line.encode() for line in self._proofs))


class _Section(NamedTuple):
    """Statements of one predicate about things of one kind: where they lie, and how many there are."""

    predicate: str
    kind: str
    start: int
    end: int
    size: int


class Oxigraph:
    """The embedded engine, in memory. It loads what is asked for and no more.

    Args:
        source: N-Quads as `Lines.nquads` makes them: bytes, or the path of a file.
        prove: Gives the graph of proofs as `Lines.proofs` makes it, when it is first needed.
    """

    def __init__(self, source: bytes | str, prove: Callable[[], bytes | mmap] = bytes) -> None:
        self.nquads = source
        self._prove = prove
        self._store = Store()
        self._loaded: set[_Section] = set()

    @cached_property
    def _lines(self) -> bytes | mmap:
        return lines.opened(self.nquads) if isinstance(self.nquads, str) else self.nquads

    @cached_property
    def _sections(self) -> list[_Section]:
        head = self._lines.find(b"\n") + 1
        count = int(self._lines[:head].rsplit(b" ", 1)[1])
        sections, start, end = [], head, head
        for _ in range(count):
            start, end = end, self._lines.find(b"\n", end) + 1
            _, at, length, size, kind, predicate = self._lines[start:end].decode().rstrip("\n").split(" ", 5)
            sections.append(_Section(predicate, kind, int(at), int(at) + int(length), int(size)))
        return [section._replace(start=end + section.start, end=end + section.end) for section in sections]

    def loaded(self, predicates: Iterable[str] | None = None, kinds: Iterable[str] | None = None) -> Store:
        """The store, holding at least the statements with these predicates about things of these kinds.

        Args:
            predicates: IRIs; None means all. With rdf:type all types are loaded, without it those of the classes that
                stand among these IRIs.
            kinds: Prefixes as `kind_of` gives them; None means all. Types are loaded for every kind.
        """
        wanted = None if predicates is None else set(predicates)
        of_kind = None if kinds is None else set(kinds)
        missing = {
            section
            for section in self._sections
            if (wanted is None or section.predicate in wanted
                or (section.predicate == _TYPE and iri(section.kind) in wanted))
            and (of_kind is None or section.predicate == _TYPE or section.kind in of_kind)
        } - self._loaded  # fmt: skip
        if missing:
            blocks = [self._lines[section.start : section.end] for section in sorted(missing)]
            self._store.load(b"".join(b for b in blocks if b"_:" not in b), format=RdfFormat.N_QUADS)
            # Loading would give blank nodes new labels, and a list whose parts come one by one would fall apart.
            self._store.extend(parse(b"".join(b for b in blocks if b"_:" in b), format=RdfFormat.N_QUADS))
            # Marked only when it is there: another thread may load it once more, but never ask without it.
            self._loaded |= missing
        return self._store

    def match(
        self,
        subject: Node | None,
        predicate: NamedNode | None,
        value: Term | None,
        graph: NamedNode | None = None,
        *,
        kinds: Iterable[str] | None = None,
    ) -> Iterator[Quad]:
        """See `Engine.match`; only the sections that can hold such statements are loaded."""
        of_kind = (kind_of(subject),) if subject is not None else kinds
        predicates: tuple[str, ...] | None = None
        if predicate is not None:
            # Of types only those of the class that is asked for.
            typed = predicate.value == _TYPE and isinstance(value, NamedNode)
            predicates = (value.value if typed and isinstance(value, NamedNode) else predicate.value,)
        quads = self.loaded(predicates, of_kind).quads_for_pattern(subject, predicate, value, graph)
        # More kinds may have been loaded before than are asked for here.
        yield from as_written(quads, self._as_written, value, kinds)

    def _as_written(self, quad: Quad) -> list[Quad]:
        key = (quad.predicate.value, kind_of(quad.subject))
        found = (section for section in self._sections if section[:2] == key)
        return [one for section in found for one in self._verbatim.of(quad, section.start, section.end)]

    @cached_property
    def _verbatim(self) -> lines.Verbatim:
        return lines.Verbatim(self._lines)

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """See `Engine.quads`."""
        source = self._proofs if graph == _PROOFS else self._lines
        found = parse(bytes(source), format=RdfFormat.N_QUADS)
        if graph is None or graph == _PROOFS:
            return found
        wanted = NamedNode(graph)
        return (quad for quad in found if quad.graph_name == wanted)

    def names(self) -> lines.Index | None:
        """See `Engine.names`; there are few enough to be read."""
        return None

    def count(self) -> int:
        """See `Engine.count`."""
        return sum(section.size for section in self._sections)

    def query(
        self, text: str, *, predicates: Iterable[str] | None = None, limits: Limits | None = None
    ) -> Answer:
        """See `Engine.query`; without limits it runs in this process."""
        if limits is not None:
            return self.foreign(text, limits=limits)
        store = self.loaded(predicates)
        return interruptible(lambda: answer_of(store.query(text, use_default_graph_as_union=True)))

    def foreign(self, text: str, *, limits: Limits) -> Answer:
        """See `Engine.foreign`; a worker loads the whole graph again."""
        from pathlib import Path

        from ..sandbox import parent

        graphs = [graph_name(name).value for name in GRAPHS]
        given = [Path(self.nquads)] if isinstance(self.nquads, str) else self.nquads
        return parent.query(given, text, limits=limits, graphs=graphs)

    def proof(self, statement: Triple) -> Derivation | None:
        """See `Engine.proof`."""
        return proofs.look(self._proofs, statement)

    @cached_property
    def _proofs(self) -> bytes | mmap:
        return self._prove()


class Rdflib:
    """rdflib as a second opinion and as the door to its world; slow, and imported only here."""

    def __init__(self, quads: Iterator[Quad]) -> None:
        self._quads = quads

    @cached_property
    def graph(self) -> rdflib.Graph:
        """The union of all graphs as one rdflib graph, every term unchanged."""
        import rdflib

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
            rows = [tuple(from_rdflib(row[name]) for name in variables) for row in result]  # type: ignore[index,call-overload]
            return Answer("solutions", variables, rows)
        if result.type == "ASK":
            return Answer("boolean", boolean=bool(result.askAnswer))
        built = [tuple(from_rdflib(term) for term in triple) for triple in result]  # type: ignore[union-attr]
        return Answer("graph", triples=[Triple(*triple) for triple in built])
