"""Sorted lines of N-Quads: the one copy of a graph whose terms are exactly as they were read.

The engine keeps numbers, truth values, dates and durations by their value: of ``"01"^^xsd:integer`` it remembers 1, and
``"5"^^xsd:int`` and ``5`` are one term for it. RDF 1.1 Concepts, section 3.3, says that they are different terms. So a
store answers SPARQL, and which statements there are is read here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from ..names import PREFIXES

if TYPE_CHECKING:
    from mmap import mmap

IN_MEMORY = 32 * 1024**2
"""Bytes of lines that a `Sorter` holds before they go to a file."""

_XSD, _STRING = PREFIXES["xsd"], PREFIXES["xsd"] + "string"
_ANY = NamedNode("urn:x:any")
_MOST_NEAR = 5000  # names of a file among which similar ones are sought

Name: TypeAlias = tuple[str, str, str, str]
"""A name of a thing: its normal form, the thing's IRI, the name as it is written, and its role."""


def opened(path: str) -> bytes | mmap:
    """The lines of a file, of which only what is looked at is read.

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
    bounds = []
    for beyond in (False, True):
        low, high = start, limit
        while low < high:
            line = max(low, lines.rfind(b"\n", low, (low + high) // 2) + 1)
            head = lines[line : line + len(prefix)]
            if head < prefix or (beyond and head == prefix):
                low = lines.find(b"\n", line) + 1
            else:
                high = line
        bounds.append(low)
    return bounds[0], bounds[1]


def canonical(literals: Iterable[Literal]) -> dict[Literal, Literal]:
    """Each literal with the one that the engine's store keeps for it.

    >>> number = Literal("01", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer"))
    >>> canonical([number])[number].value
    '1'
    """
    listed = list(dict.fromkeys(literals))
    store = Store()
    store.extend(Quad(NamedNode(f"urn:x:{at}"), _ANY, literal) for at, literal in enumerate(listed))
    kept = {int(quad.subject.value[len("urn:x:"):]): quad.object for quad in store}
    return {literal: kept[at] for at, literal in enumerate(listed)}


def may_differ(term: object) -> bool:
    """Whether a term out of the engine's store may have been written in another way."""
    return isinstance(term, Literal) and term.datatype.value.startswith(_XSD) and term.datatype.value != _STRING


class Verbatim:
    """Finds the statements for which the engine's store keeps a quad.

    Args:
        lines: All statements, sorted, or in sections that are.
    """

    def __init__(self, lines: bytes | mmap) -> None:
        self._lines = lines
        # Values of one property of one thing come one after the other, or thing by thing in turn.
        self._group = lru_cache(maxsize=1024)(self._parsed)

    def of(self, quad: Quad, start: int = 0, end: int | None = None) -> list[Quad]:
        """The statements that are this one by value; see `span` for the other arguments.

        Raises:
            ValueError: There is none: the lines are not those of the store.
        """
        group = self._group(quad.subject, quad.predicate, quad.graph_name, start, end)
        found = group.get(None) or group.get(quad.object)
        if not found:
            raise ValueError("A statement of the store has no line")
        return found

    def _parsed(
        self, subject: object, predicate: object, graph: object, start: int, end: int | None
    ) -> dict[object, list[Quad]]:
        """The statements by what the store keeps of their value; under None, where there is one alone."""
        begin, stop = span(self._lines, f"{subject} {predicate} ".encode(), start, end)
        found = [
            quad
            for quad in parse(self._lines[begin:stop], format=RdfFormat.N_QUADS)
            if quad.graph_name == graph and may_differ(quad.object)
        ]
        if len(found) == 1:
            return {None: found}
        kept = canonical(quad.object for quad in found if isinstance(quad.object, Literal))
        group: dict[object, list[Quad]] = {}
        for quad in found:
            group.setdefault(kept[quad.object], []).append(quad)
        return group


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
        from contextlib import ExitStack

        with ExitStack() as stack:
            parts: list[Iterable[bytes]] = [stack.enter_context(open(path, "rb")) for path in self._files]
            before = b""
            for line in heapq.merge(*parts, sorted(self._lines)):
                if line != before:
                    yield line
                before = line


class Reader:
    """Lines as a file to read from."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._left = b""

    def read(self, most: int = -1) -> bytes:
        """At most so many bytes; none at the end."""
        taken, size = [self._left], len(self._left)
        while size < most and (line := next(self._lines, b"")):
            taken.append(line)
            size += len(line)
        whole = b"".join(taken)
        given, self._left = whole[:most], whole[most:]
        return given


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

    def __init__(
        self, lines: bytes | mmap, reading: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
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
