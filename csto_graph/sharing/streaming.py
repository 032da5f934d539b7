"""Export of graphs that are too large to be held: sorted on disk, written by the engine as they pass.

The statements come in the order of their N-Triples lines, so that the same graph gives the same bytes; memory does
not grow with the graph. What `formats.write_graph` writes of the same statements is the same graph, laid out for
reading. RDF/XML is written by the project, as the engine's own leaves in what XML cannot hold.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, cast

from pyoxigraph import RdfFormat, parse, serialize

from .. import errors
from ..engines.sorting import Sorter
from ..names import PREFIXES

if TYPE_CHECKING:
    from ..engines.disk import Disk

_FORMATS = {"turtle": RdfFormat.TURTLE, "trig": RdfFormat.TRIG, "jsonld": RdfFormat.JSON_LD}
_CHUNK = 1 << 20


def export(engine: Disk, format: str, graphs: Iterable[str]) -> Iterator[str]:
    """Some of the named graphs (IRIs) in a format, in chunks.

    Raises:
        errors.OutputError: There is no room for the temporary files, or the format cannot hold a statement.
        errors.InputError: The store is damaged.
    """
    import tempfile

    plain = format not in ("nquads", "trig")
    try:
        with tempfile.TemporaryDirectory(prefix="csto-graph-") as folder:
            sorter = Sorter(folder)
            for graph in graphs:
                sorter.end = b" ." if plain else f" <{graph}> .".encode()
                engine.dump(graph, sorter)
            path = os.path.join(folder, "out")
            with open(path, "wb") as file:
                _write(sorter.lines(), file, format)
            yield from _chunks(path)
    except OSError as error:
        hint = "Make room, or name another folder with the environment variable TMPDIR."
        words = f"The temporary file cannot be written: {error.strerror or error}."
        raise errors.OutputError(words, path=str(error.filename or ""), hint=hint) from error


def _write(lines: Iterator[bytes], file: IO[bytes], format: str) -> None:
    if format in ("ntriples", "nquads"):
        file.writelines(lines)
        return
    quads = parse(cast("IO[bytes]", _Reader(lines)), format=RdfFormat.N_QUADS)
    if format == "rdfxml":
        from ..formats import rdfxml

        file.writelines(chunk.encode() for chunk in rdfxml.stream(quad.triple for quad in quads))
    elif format == "trig":
        serialize(quads, file, _FORMATS[format], prefixes=PREFIXES)
    else:
        serialize((quad.triple for quad in quads), file, _FORMATS[format], prefixes=PREFIXES)


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
