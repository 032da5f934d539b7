"""Export of graphs that are too large to be held: sorted on disk, written by the engine as they pass.

The statements come in the order of their N-Triples lines, so that the same graph gives the same bytes; memory does
not grow with the graph. What `formats.write_graph` writes of the same statements is the same graph, laid out for
reading.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, cast

from pyoxigraph import RdfFormat, parse, serialize

from . import errors
from .names import PREFIXES

if TYPE_CHECKING:
    from .disk import Disk

_FORMATS = {
    "turtle": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "ntriples": RdfFormat.N_TRIPLES,
    "nquads": RdfFormat.N_QUADS,
    "jsonld": RdfFormat.JSON_LD,
    "rdfxml": RdfFormat.RDF_XML,
}
_IN_MEMORY = 64 * 1024**2
_CHUNK = 1 << 20


def export(engine: Disk, format: str, graphs: Iterable[str]) -> Iterator[str]:
    """Some of the named graphs (IRIs) in a format, in chunks.

    Raises:
        errors.OutputError: There is no room for the temporary files, or the format cannot hold a statement.
    """
    import tempfile

    plain = format not in ("nquads", "trig")
    try:
        with tempfile.TemporaryDirectory(prefix="csto-graph-") as folder:
            sorter = _Sorter(folder)
            for graph in graphs:
                sorter.end = b" ." if plain else f" <{graph}> .".encode()
                engine.dump(graph, sorter)
            path = os.path.join(folder, "out")
            with open(path, "wb") as file:
                _write(sorter.lines(), file, format)
            yield from _chunks(path)
    except (OSError, ValueError) as error:
        if isinstance(error, errors.GraphError):
            raise
        raise errors.OutputError(f"cannot be exported: {error}.", path=tempfile.gettempdir()) from error


def _write(lines: Iterator[bytes], file: IO[bytes], format: str) -> None:
    if format in ("ntriples", "nquads"):
        file.writelines(lines)
        return
    quads = parse(cast("IO[bytes]", _Reader(lines)), format=RdfFormat.N_QUADS)
    prefixes = {prefix: namespace for prefix, namespace in PREFIXES.items() if format != "rdfxml"}
    if format == "trig":
        serialize(quads, file, _FORMATS[format], prefixes=prefixes)
    else:
        serialize((quad.triple for quad in quads), file, _FORMATS[format], prefixes=prefixes)


def _chunks(path: str) -> Iterator[str]:
    with open(path, encoding="utf-8", newline="") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


class _Reader:
    """Lines as a file to read from."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._left = b""

    def read(self, most: int = -1) -> bytes:
        while len(self._left) < most:
            line = next(self._lines, b"")
            if not line:
                break
            self._left += line
        given, self._left = self._left[:most], self._left[most:]
        return given


class _Sorter:
    """Takes lines in any order and gives them sorted, each once; what does not fit into memory goes to files.

    Attributes:
        end: What lines get in place of the full stop of N-Triples.
    """

    def __init__(self, folder: str) -> None:
        self.end = b" ."
        self._folder = folder
        self._lines: list[bytes] = []
        self._rest = b""
        self._size = 0
        self._files: list[str] = []

    def write(self, data: bytes) -> int:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._lines += lines if self.end == b" ." else [line[:-2] + self.end for line in lines]
        self._size += len(data)
        if self._size > _IN_MEMORY:
            self._spill()
        return len(data)

    def flush(self) -> None:
        """Nothing is held back that would have to be."""

    def _spill(self) -> None:
        path = os.path.join(self._folder, f"sorted-{len(self._files)}")
        with open(path, "wb") as file:
            file.writelines(line + b"\n" for line in sorted(self._lines))
        self._files.append(path)
        self._lines, self._size = [], 0

    def lines(self) -> Iterator[bytes]:
        """All lines, with their ends."""
        import heapq
        from contextlib import ExitStack

        with ExitStack() as stack:
            parts: list[Iterable[bytes]] = [stack.enter_context(open(path, "rb")) for path in self._files]
            parts.append(line + b"\n" for line in sorted(self._lines))
            before = b""
            for line in heapq.merge(*parts):
                if line != before:
                    yield line
                before = line
