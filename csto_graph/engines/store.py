"""The engines behind one small interface, `Engine`: embedded in memory here, on disk in `disk`, a server in `endpoint`.

They take a SPARQL text of the project's own, or one from outside, and give terms. A text from outside, and any text
with limits, runs in a worker process that is ended when they are reached (`sandbox`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeAlias

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from ..errors import UsageError
from ..names import PREFIXES, curie, iri

if TYPE_CHECKING:
    from mmap import mmap

    import rdflib

    from ..asking.lookup import Names
    from .proofs import Derivation

GRAPHS = ("ontology", "vocabulary", "data", "claims", "derived")
"""The named graphs, all but the last asserted; queries read their union. The graph of proofs stands apart."""

_TYPE = iri("rdf:type")
_PROOFS = PREFIXES["graph"] + "proofs"

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple
"""What a cell of an answer, or a part of a statement, can be."""


@dataclass(frozen=True)
class Limits:
    """What one piece of hostile work may cost.

    Attributes:
        seconds: From the call to the answer, start of the child and loading of the graph included.
        memory: Address space of the child, in bytes. Where the system knows no such limit, only the others hold.
        rows: Rows (or triples) of an answer; None is no limit of its own. More rows are an error.
        cut: Leave further rows out instead, and stop when there are enough; the answer says so.
        answer: Bytes of an answer, or of the N-Quads made from a file.
        text: Bytes of a SPARQL text.
        file: Bytes of a file, after it is expanded.

    Raises:
        errors.UsageError: The time is not a positive number of seconds, less than a million, or the memory none of
            bytes.
    """

    seconds: float = 10.0
    memory: int = 2 * 1024**3
    rows: int | None = None
    cut: bool = False
    answer: int = 512 * 1024**2
    text: int = 64 * 1024
    file: int = 1 * 1024**3

    def __post_init__(self) -> None:
        try:
            seconds = float(self.seconds)
        except (TypeError, ValueError):
            seconds = 0.0
        if not 0 < seconds < 10**6:
            raise UsageError(f"A time limit of {self.seconds} seconds is no limit.", hint="Give seconds, such as 10.")
        if not isinstance(self.memory, int) or self.memory <= 0:
            raise UsageError(f"A memory limit of {self.memory} bytes is no limit.", hint="Give a whole number.")
        # Other kinds of numbers are taken, and written like this one.
        object.__setattr__(self, "seconds", seconds)


@dataclass(frozen=True)
class Answer:
    """What a query gave, as the engine's own terms.

    Attributes:
        kind: ``solutions`` (SELECT), ``boolean`` (ASK) or ``graph`` (CONSTRUCT, DESCRIBE).
        variables: Names of the columns of solutions, in the order of the query, without ``?``.
        rows: One tuple per solution, aligned with ``variables``; None where nothing is bound.
        boolean: The answer to ASK, else None.
        triples: The triples of a graph, in the order in which they came.
        cut: Whether there are more rows or triples, which were left out.
    """

    kind: str
    variables: tuple[str, ...] = ()
    rows: list[tuple[Term | None, ...]] = field(default_factory=list)
    boolean: bool | None = None
    triples: list[Triple] = field(default_factory=list)
    cut: bool = False


Node: TypeAlias = NamedNode | BlankNode


class Engine(Protocol):
    """What answers questions about one graph, wherever it lies."""

    def query(
        self, text: str, *, predicates: Iterable[str] | None = None, limits: Limits | None = None
    ) -> Answer:
        """Answer a query of the project's own.

        Args:
            text: SPARQL, with everything bound and every prefix declared.
            predicates: IRIs; the query matches no statements but those with one of these properties (of rdf:type,
                with one of these classes). None where that is not known.
            limits: With them, the work is stopped where one is reached.

        Raises:
            errors.LimitReached: A limit was reached.
        """
        ...

    def foreign(self, text: str, *, limits: Limits) -> Answer:
        """Answer a query from outside: read-only, with limits; the project's prefixes are known.

        Raises:
            errors.QueryError: The text does not parse, or asks for what is refused.
            errors.LimitReached: A limit was reached.
        """
        ...

    def match(
        self,
        subject: Node | None,
        predicate: NamedNode | None,
        value: Term | None,
        graph: NamedNode | None = None,
        *,
        kinds: Iterable[str] | None = None,
    ) -> Iterator[Quad]:
        """The quads that fit; None fits everything.

        Args:
            subject: The subject wanted.
            predicate: The property wanted.
            value: The object wanted.
            graph: One of the named graphs.
            kinds: Only subjects of these kinds, as `kind_of` gives them.
        """
        ...

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """All quads, or those of one named graph (an IRI), which may be that of the proofs."""
        ...

    def proof(self, statement: Triple) -> Derivation | None:
        """How a derived statement was drawn; None for any other."""
        ...

    def names(self) -> Names | None:
        """An index of the names of things; None where there is none and they are to be read."""
        ...

    def count(self) -> int:
        """How many quads there are."""
        ...


def graph_name(name: str) -> NamedNode:
    """The IRI of one of `GRAPHS`."""
    return NamedNode(PREFIXES["graph"] + name)


def kind_of(subject: object) -> str:
    """The kind of a thing as its CURIE's prefix tells it; ``-`` for anything else."""
    prefix, colon, _ = curie(subject.value).partition(":") if isinstance(subject, NamedNode) else ("", "", "")
    return prefix if colon and prefix in PREFIXES else "-"


def answer_of(result: QuerySolutions | QueryBoolean | QueryTriples) -> Answer:
    """What the engine gave, as an `Answer`."""
    if isinstance(result, QuerySolutions):
        variables = tuple(variable.value for variable in result.variables)
        return Answer("solutions", variables, [tuple(row) for row in result])
    if isinstance(result, QueryBoolean):
        return Answer("boolean", boolean=bool(result))
    return Answer("graph", triples=list(result))


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

        from . import sandbox

        graphs = [graph_name(name).value for name in GRAPHS]
        given = [Path(self.nquads)] if isinstance(self.nquads, str) else self.nquads
        return sandbox.query(given, text, limits=limits, graphs=graphs)

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

        from ..names import PREFIXES

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


def to_rdflib(term: object) -> rdflib.term.Identifier:
    """A term for rdflib; the lexical form of a literal is kept, never normalized."""
    import rdflib
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


def from_rdflib(term: object) -> Any:
    """A term of rdflib's as the engine has it; None stays None."""
    import rdflib
    if term is None:
        return None
    if isinstance(term, rdflib.Literal):
        if term.language:
            return Literal(str(term), language=term.language)
        return Literal(str(term), datatype=NamedNode(str(term.datatype))) if term.datatype else Literal(str(term))
    return BlankNode(str(term)) if isinstance(term, rdflib.BNode) else NamedNode(str(term))
