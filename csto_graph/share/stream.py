"""Export of graphs that are too large to be held: lines that are sorted already, written on as they pass.

The statements come in the order of their N-Triples lines, so that the same graph gives the same bytes; memory does
not grow with the graph. What `formats.write_graph` writes of the same statements is the same graph, laid out for
reading. RDF/XML is written by the project, as the engine's own leaves in what XML cannot hold.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from typing import IO, TYPE_CHECKING, cast

from pyoxigraph import RdfFormat, parse, serialize

from .. import errors
from ..names import PREFIXES
from ..store.lines import Reader

if TYPE_CHECKING:
    from ..store.disk import Disk

_FORMATS = {"turtle": RdfFormat.TURTLE, "trig": RdfFormat.TRIG, "jsonld": RdfFormat.JSON_LD}
_CHUNK = 1 << 20
_LINES = 5_000


def export(engine: Disk, format: str, graphs: Collection[str]) -> Iterator[str]:
    """Some of the named graphs (IRIs) in a format, in chunks.

    Raises:
        errors.OutputError: There is no room for the temporary files, or the format cannot hold a statement.
        errors.InputError: The store is damaged.
    """
    ends = tuple(f" <{graph}> .\n".encode() for graph in graphs)
    lines: Iterator[bytes] = (line for line in engine.lines() if line.endswith(ends))
    if format not in ("nquads", "trig"):
        lines = _each_once(line[: line.rindex(b" <")] + b" .\n" for line in lines)
    return _in_pieces(lines) if format in ("nquads", "ntriples") else _by_way_of_a_file(lines, format)


def _each_once(lines: Iterable[bytes]) -> Iterator[bytes]:
    """A statement in several graphs is several lines beside each other."""
    before = b""
    for line in lines:
        if line != before:
            yield line
        before = line


def _in_pieces(lines: Iterator[bytes]) -> Iterator[str]:
    from itertools import islice

    while piece := b"".join(islice(lines, _LINES)):
        yield piece.decode()


def _by_way_of_a_file(lines: Iterator[bytes], format: str) -> Iterator[str]:
    """What the engine writes to a file only, or what may turn out not to fit the format."""
    import tempfile

    try:
        with tempfile.TemporaryDirectory(prefix="csto-graph-") as folder:
            path = os.path.join(folder, "out")
            with open(path, "wb") as file:
                _write(lines, file, format)
            yield from _chunks(path)
    except OSError as error:
        hint = "Make room, or name another folder with the environment variable TMPDIR."
        words = f"The temporary file cannot be written: {error.strerror or error}."
        raise errors.OutputError(words, path=str(error.filename or ""), hint=hint) from error


def _write(lines: Iterator[bytes], file: IO[bytes], format: str) -> None:
    quads = parse(cast("IO[bytes]", Reader(lines)), format=RdfFormat.N_QUADS)
    if format == "rdfxml":
        from ..rdf import rdfxml

        file.writelines(chunk.encode() for chunk in rdfxml.stream(quad.triple for quad in quads))
    elif format == "trig":
        serialize(quads, file, _FORMATS[format], prefixes=PREFIXES)
    else:
        serialize((quad.triple for quad in quads), file, _FORMATS[format], prefixes=PREFIXES)


def _chunks(path: str) -> Iterator[str]:
    with open(path, encoding="utf-8", newline="") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
