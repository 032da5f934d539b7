"""The engines behind one small interface, `Engine`: embedded in memory here, on disk in `disk`, a server in `endpoint`.

They take a SPARQL text of the project's own, or one from outside, and give terms. A text from outside, and any text
with limits, runs in a worker process that is ended when they are reached (`sandbox`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Triple,
)

from ..errors import UsageError
from ..names import PREFIXES, curie
from .lines import may_differ

if TYPE_CHECKING:
    from .lines import Index
    from .proofs import Derivation

GRAPHS = ("ontology", "vocabulary", "data", "claims", "derived")
"""The named graphs, all but the last asserted; queries read their union. The graph of proofs stands apart."""

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple
"""What a cell of an answer, or a part of a statement, can be."""

Statement: TypeAlias = tuple[str, str, str]
"""A statement as its three terms in N-Triples form, each term written as the engine writes it."""


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

    def names(self) -> Index | None:
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


def as_written(
    quads: Iterable[Quad], written: Callable[[Quad], list[Quad]], value: Term | None, kinds: Iterable[str] | None
) -> Iterator[Quad]:
    """Quads of the engine's store with their terms as they were read.

    Args:
        quads: What the store found.
        written: Gives the statements for which the store keeps a quad.
        value: Only statements with this very object.
        kinds: Only subjects of these kinds.
    """
    wanted = None if kinds is None else set(kinds)
    for quad in quads:
        if wanted is not None and kind_of(quad.subject) not in wanted:
            continue
        if may_differ(quad.object):
            yield from (one for one in written(quad) if value is None or one.object == value)
        else:
            yield quad


def answer_of(result: QuerySolutions | QueryBoolean | QueryTriples) -> Answer:
    """What the engine gave, as an `Answer`."""
    if isinstance(result, QuerySolutions):
        variables = tuple(variable.value for variable in result.variables)
        return Answer("solutions", variables, [tuple(row) for row in result])
    if isinstance(result, QueryBoolean):
        return Answer("boolean", boolean=bool(result))
    return Answer("graph", triples=list(result))


def interruptible(work: Callable[[], Answer]) -> Answer:
    """Do work that the engine does at one stretch, in a thread of its own, so that an interrupt is heard meanwhile."""
    from threading import Thread

    done: list[Answer] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # noqa: BLE001  (it is raised again where it is waited for)
            # The frames that it passed hold things of the engine, which must not outlive this thread.
            failed.append(error.with_traceback(None))

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]
