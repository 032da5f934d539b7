"""The engines behind one small interface, `Engine`: embedded in `oxigraph`, a server in `endpoint`.

They take a SPARQL text of the project's own, or one from outside, and give terms. A text from outside, and any text
with limits, runs in a worker process that is ended when they are reached (`sandbox`).

Every derived statement has a name made from a digest of itself, and one quad says how it was drawn::

    statement:0a1b… coop:proof "prp-inv1\n<…> <…> <…> .\n<…> <…> <…> ." graph:proofs

So a proof is one look-up, in sorted lines or behind a server. Names of things lie in sorted lines, too: see `Index`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from itertools import groupby, islice
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from ..errors import UsageError
from ..names import PREFIXES, curie

if TYPE_CHECKING:
    from mmap import mmap

GRAPHS = ("ontology", "vocabulary", "data", "claims", "derived")
"""The named graphs, all but the last asserted; queries read their union. The graph of proofs stands apart."""

PARTS: Mapping[str, tuple[str, ...]] = {
    "all": GRAPHS, "asserted": GRAPHS[:-1], "data": ("data",), "ontology": ("ontology", "vocabulary"),
    "claims": ("claims",), "derived": ("derived",), "shapes": (), "queries": (),
}  # fmt: skip
"""What can be taken away, and its named graphs: ``all`` is what every canned query needs, ``asserted`` what can be read
again as one's own."""

PROOFS = PREFIXES["graph"] + "proofs"
"""The named graph of proofs. Queries do not see it."""

PROOF = PREFIXES["coop"] + "proof"
"""Joins the name of a derived statement to the text of its derivation."""

Node: TypeAlias = NamedNode | BlankNode

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple
"""What a cell of an answer, or a part of a statement, can be."""

Statement: TypeAlias = tuple[str, str, str]
"""A statement as its three terms in N-Triples form, each term written as the engine writes it."""


class _Limits(NamedTuple):
    seconds: float
    memory: int
    rows: int | None
    cut: bool
    answer: int
    text: int
    file: int


class Limits(_Limits):
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

    __slots__ = ()

    def __new__(
        cls, seconds: float = 10.0, memory: int = 2 * 1024**3, rows: int | None = None, cut: bool = False,
        answer: int = 512 * 1024**2, text: int = 64 * 1024, file: int = 1024**3,
    ) -> Self:  # fmt: skip
        """Limits, after a look at them."""
        try:
            time = float(seconds)  # other kinds of numbers are taken
        except (TypeError, ValueError):
            time = 0.0
        if not 0 < time < 10**6:
            raise UsageError(f"A time limit of {seconds} seconds is no limit.", hint="Give seconds, such as 10.")
        if not isinstance(memory, int) or memory <= 0:
            raise UsageError(f"A memory limit of {memory} bytes is no limit.", hint="Give a whole number.")
        return super().__new__(cls, time, memory, rows, cut, answer, text, file)


class Answer(NamedTuple):
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
    rows: Sequence[tuple[Term | None, ...]] = ()
    boolean: bool | None = None
    triples: Sequence[Triple] = ()
    cut: bool = False


class Engine(Protocol):
    """What answers questions about one graph, wherever it lies."""

    def query(self, text: str, *, predicates: Iterable[str] | None = None, limits: Limits | None = None) -> Answer:
        """Answer a query of the project's own.

        Args:
            text: SPARQL, with everything bound and every prefix declared.
            predicates: IRIs; the query matches no statements but those with one of these properties (of rdf:type,
                with one of these classes). None where that is not known.
            limits: With them, the work is stopped where one is reached.

        Raises:
            errors.LimitReached: A limit was reached.
        """

    def foreign(self, text: str, *, limits: Limits) -> Answer:
        """Answer a query from outside: read-only, with limits; the project's prefixes are known.

        Raises:
            errors.QueryError: The text does not parse, or asks for what is refused.
            errors.LimitReached: A limit was reached.
        """

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

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """All quads, or those of one named graph (an IRI), which may be that of the proofs."""

    def proof(self, statement: Triple) -> Derivation | None:
        """How a derived statement was drawn; None for any other."""

    def names(self) -> Index | None:
        """An index of the names of things; None where there is none and they are to be read."""

    def count(self) -> int:
        """How many quads there are."""


def graph_name(name: str) -> NamedNode:
    """The IRI of one of `GRAPHS`."""
    return NamedNode(PREFIXES["graph"] + name)


def kind_of(subject: object) -> str:
    """The kind of a thing as its CURIE's prefix tells it; ``-`` for anything else."""
    prefix, colon, _ = curie(subject.value).partition(":") if isinstance(subject, NamedNode) else ("", "", "")
    return prefix if colon and prefix in PREFIXES else "-"


# --- proofs ---------------------------------------------------------------------------------------------------------


class Derivation(NamedTuple):
    """The last step of a proof.

    Attributes:
        rule: Name in OWL 2 Profiles, or ``owlrl`` where that package drew the conclusion and gave no reason.
        premises: The statements it was drawn from: asserted, or derived earlier. An axiom over a list is given by
            the triple that points to the list; a statement with an anonymous inverse property, by the same
            statement with the named property and the ``owl:inverseOf`` triple.
    """

    rule: str
    premises: tuple[Triple, ...]


def statement_name(subject: object, predicate: object, value: object) -> NamedNode:
    """The name of a statement: ``statement:`` and 32 hexadecimal digits of the SHA-256 of its N-Triples line.

    >>> curie(statement_name("<urn:a>", "<urn:b>", '"c"').value)
    'statement:0a08cc9e685ae13550e973f38dd39621'
    """
    from hashlib import sha256

    digest = sha256(f"{subject} {predicate} {value}".encode()).hexdigest()[:32]
    return NamedNode(f"{PREFIXES['statement']}{digest}")


def derivation(value: object) -> Derivation:
    """The derivation that a value of `PROOF` holds: the rule, then one line of N-Triples per premise.

    Raises:
        ValueError: It is not a text.
    """
    if not isinstance(value, Literal):
        raise ValueError("A proof is not a text.")
    rule, _, premises = value.value.partition("\n")
    # The parser keeps the labels of blank nodes, as long as it is not told to rename them.
    return Derivation(rule, tuple(quad.triple for quad in parse(premises, format=RdfFormat.N_TRIPLES)))


# --- sorted lines ---------------------------------------------------------------------------------------------------


def mapped(path: str) -> bytes | mmap:
    """The bytes of a file, of which only what is looked at is read.

    Raises:
        OSError: The file cannot be read.
    """
    import mmap

    with open(path, "rb") as file:
        # A map of nothing is refused.
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if os.fstat(file.fileno()).st_size else b""


def span(lines: bytes | mmap, prefix: bytes, start: int = 0, end: int | None = None) -> tuple[int, int]:
    r"""Where the lines stand that begin with a prefix: two binary searches.

    Args:
        lines: Sorted between ``start`` and ``end``, which lie at beginnings of lines.
        prefix: Bytes.
        start: Where the search begins.
        end: Where it ends; by default the end of all.

    >>> span(b"a 1\nb 2\nb 3\nc 4\n", b"b ")
    (4, 12)
    """
    limit = len(lines) if end is None else end

    def bound(low: int, high: int, beyond: bool) -> int:
        while low < high:
            line = max(low, lines.rfind(b"\n", low, (low + high) // 2) + 1)
            head = lines[line : line + len(prefix)]
            if head < prefix or (beyond and head == prefix):
                low = lines.find(b"\n", line) + 1
            else:
                high = line
        return low

    begin = bound(start, limit, False)
    near = min(lines.find(b"\n", begin + 500) + 1 or limit, limit)  # mostly the end is not far
    far = near < limit and lines[near : near + len(prefix)] == prefix
    return begin, bound(near, limit, True) if far else bound(begin, near, True)


IN_MEMORY = 32 * 1024**2
"""Bytes of lines that a `Sorter` holds before they go to a file."""


class Sorter:
    """Takes lines in any order and gives them sorted, each once; what does not fit into memory goes to files.

    Args:
        folder: Where the files are put.
        name: What their names begin with.
    """

    def __init__(self, folder: str, name: str) -> None:
        self._path = os.path.join(folder, name)
        self._lines: list[bytes] = []
        self._size = 0
        self._files: list[str] = []

    def add(self, line: str) -> None:
        """Take one line, with its end."""
        self._lines.append(line.encode())
        self._size += len(line)
        if self._size > IN_MEMORY:
            path = f"{self._path}-{len(self._files)}"
            with open(path, "wb") as file:
                file.writelines(sorted(self._lines))
            self._files.append(path)
            self._lines, self._size = [], 0

    def lines(self) -> Iterator[bytes]:
        """All lines."""
        import heapq

        with ExitStack() as stack:
            parts: list[Iterable[bytes]] = [stack.enter_context(open(path, "rb")) for path in self._files]
            yield from (line for line, _ in groupby(heapq.merge(*parts, sorted(self._lines))))


_MOST_NEAR = 5000  # names of a file among which similar ones are sought

Name: TypeAlias = tuple[str, str, str, str]
"""A name of a thing: its normal form, the thing's IRI, the name as it is written, and its role."""


def name_lines(name: Name) -> Iterator[str]:
    r"""A name as lines, one for each of its words, that are sorted and searched by `Index`.

    >>> list(name_lines(("a b", "urn:x", "A, B", "label")))
    ['a\ta b\turn:x\tlabel\tA, B\n', 'b\ta b\turn:x\tlabel\tA, B\n']
    """
    form, thing, text, role = name
    written = text.encode("unicode_escape").decode()  # without tabs and ends of lines
    for word in dict.fromkeys(form.split()):
        yield f"{word}\t{form}\t{thing}\t{role}\t{written}\n"


class Index:
    """Names by their words, so that finding one does not read all.

    Args:
        lines: What `name_lines` gives for all names, sorted.
        reading: Gives what takes care of errors while the lines are read.
    """

    def __init__(self, lines: bytes | mmap, reading: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        self._lines = lines
        self._reading = reading

    def _between(self, start: int, end: int) -> Iterator[Name]:
        with self._reading():
            while start < end:
                after = self._lines.find(b"\n", start) + 1
                _, form, thing, role, text = self._lines[start:after].decode().split("\t")
                yield form, thing, text[:-1].encode().decode("unicode_escape"), role
                start = after

    def exact(self, form: str) -> list[Name]:
        """The names with just this form."""
        word = form.partition(" ")[0]
        return list(self._between(*span(self._lines, f"{word}\t{form}\t".encode()))) if word else []

    def having(self, words: Sequence[str]) -> list[Name]:
        """The names that have, for the rarest of these, a word that begins so."""
        spans = [span(self._lines, word.encode()) for word in words]
        start, end = min(spans, key=lambda found: found[1] - found[0])
        return sorted(set(self._between(start, end)))

    def forms(self, near: str) -> list[str]:
        """Forms among which those much like this one are sought: all in memory, of a file those that begin alike."""
        head, most = ("", None) if isinstance(self._lines, bytes) else (near[:2], _MOST_NEAR)
        names = islice(self._between(*span(self._lines, head.encode())), most)
        return sorted({form for form, *_ in names if form.startswith(head)})
