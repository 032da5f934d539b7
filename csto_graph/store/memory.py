"""The graph in memory: Oxigraph, which answers, and rdflib, the second opinion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, Triple, parse

from ..names import PREFIXES, iri
from ..rdf.terms import from_rdflib, to_rdflib
from .engine import GRAPHS, Answer, Limits, Node, Term, answer_of, graph_name, kind_of

if TYPE_CHECKING:
    from mmap import mmap

    import rdflib

    from .lookup import Names
    from .proofs import Derivation

_TYPE = iri("rdf:type")
_PROOFS = PREFIXES["graph"] + "proofs"


class Oxigraph:
    """The embedded engine, in memory. It loads what is asked for and no more, where its source has an index.

    Args:
        source: N-Quads as `bundle.nquads` makes them: bytes, or the path of a file.
        proofs: Gives the graph of proofs as `proofs.nquads` makes it, when it is first needed.
    """

    def __init__(self, source: bytes | str, proofs: Callable[[], bytes | mmap] = bytes) -> None:
        self.nquads = source
        self._prove = proofs
        self._store = Store()
        self._loaded: set[tuple[int, int]] = set()

    def _open(self) -> BinaryIO:
        return open(self.nquads, "rb") if isinstance(self.nquads, str) else BytesIO(self.nquads)

    @cached_property
    def _sections(self) -> list[tuple[str, str, int, int]]:
        """Predicate, kind, start and length of each section of the source."""
        with self._open() as file:
            count = int(file.readline().rsplit(b" ", 1)[1])
            lines = [file.readline() for _ in range(count)]
            begin = file.tell()
        sections = []
        for line in lines:
            _, start, length, kind, predicate = line.decode().split(" ", 4)
            sections.append((predicate.rstrip(), kind, begin + int(start), int(length)))
        return sections

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
            (start, length)
            for predicate, kind, start, length in self._sections
            if (wanted is None or predicate in wanted or (predicate == _TYPE and iri(kind) in wanted))
            and (of_kind is None or predicate == _TYPE or kind in of_kind)
        } - self._loaded
        if missing:
            # Marked only when it is there: another thread may load it once more, but never ask without it.
            self._load(sorted(missing))
            self._loaded |= missing
        return self._store

    def _load(self, sections: Iterable[tuple[int, int]]) -> None:
        plain: list[bytes] = []
        blank: list[bytes] = []
        with self._open() as file:
            for start, length in sections:
                file.seek(start)
                block = file.read(length)
                (blank if b"_:" in block else plain).append(block)
        if plain:
            self._store.load(b"".join(plain), format=RdfFormat.N_QUADS)
        if blank:
            # Loading would give blank nodes new labels, and a list whose parts come one by one would fall apart.
            self._store.extend(parse(b"".join(blank), format=RdfFormat.N_QUADS))

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
        found = self.loaded(predicates, of_kind).quads_for_pattern(subject, predicate, value, graph)
        if kinds is None:
            return found
        wanted = set(kinds)  # more may have been loaded before than is asked for here
        return (quad for quad in found if kind_of(quad.subject) in wanted)

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """See `Engine.quads`."""
        if graph == _PROOFS:
            return parse(bytes(self._proofs), format=RdfFormat.N_QUADS)
        return self.match(None, None, None, NamedNode(graph) if graph else None)

    def names(self) -> Names | None:
        """See `Engine.names`; there are few enough to be read."""
        return None

    def count(self) -> int:
        """See `Engine.count`."""
        return len(self.loaded())

    def query(
        self, text: str, *, predicates: Iterable[str] | None = None, limits: Limits | None = None
    ) -> Answer:
        """See `Engine.query`; without limits it runs in this process."""
        if limits is not None:
            return self.foreign(text, limits=limits)
        return answer_of(self.loaded(predicates).query(text, use_default_graph_as_union=True))

    def foreign(self, text: str, *, limits: Limits) -> Answer:
        """See `Engine.foreign`; a worker loads the whole graph again."""
        from pathlib import Path

        from ..sandbox import parent

        graphs = [graph_name(name).value for name in GRAPHS]
        given = [Path(self.nquads)] if isinstance(self.nquads, str) else self.nquads
        return parent.query(given, text, limits=limits, graphs=graphs)

    def proof(self, statement: Triple) -> Derivation | None:
        """See `Engine.proof`."""
        from . import proofs

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
