"""An RDF file from outside, read in a child: from bytes that may be anything to N-Quads.

The engine parses all formats but what it gets wrong of RDF/XML, which rdflib does (text around comments, an empty
``xml:lang``, XML literals, other encodings). Before, the text is looked through for what the engine would accept, crash
on or be silent about. Nothing passes through a store, which would rewrite numbers.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import json
import os
import re
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from operator import attrgetter
from typing import IO, Any, cast
from xml.parsers import expat

import pyoxigraph as ox

from ..errors import GraphError, InputError, LimitReached
from ..text import excerpt
from . import Answering, Work, size_in_words

FORMATS: dict[str, tuple[str, ...]] = {
    "turtle": (".ttl",),
    "trig": (".trig",),
    "ntriples": (".nt",),
    "nquads": (".nq",),
    "jsonld": (".jsonld", ".json"),
    "rdfxml": (".rdf", ".xml", ".owl"),
}
"""Formats that can be read, each with the endings of file names that mean it."""

ENGINE_FORMATS = {
    "turtle": ox.RdfFormat.TURTLE,
    "trig": ox.RdfFormat.TRIG,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "nquads": ox.RdfFormat.N_QUADS,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
}
_WITH_GRAPHS = ("trig", "nquads", "jsonld")
_KIB, _MIB = 1024, 1024**2
_DEEPEST_JSON = 500  # brackets within each other
TOO_LARGE, SPLIT = "The file is larger than {}.", "Split it."
LONGEST_TERM = "16 MiB"  # the engine's own, not to be changed
LONG_TERM = f"one value is longer than {LONGEST_TERM}."

_Quads = Iterator[ox.Quad]


def format_of(name: str) -> str | None:
    """The format that the ending of a file's name means; None where it means none.

    >>> format_of("MINE.TTL.gz"), format_of("notes.txt")
    ('turtle', None)
    """
    ending = os.path.splitext(name.lower().removesuffix(".gz"))[1]
    return next((format for format, endings in FORMATS.items() if ending in endings), None)


def reading(
    *content: bytes, name: str, format: str, base: str, address: str, graphs: bool, most: int, file: int = -1
) -> Work:
    """Read a file as N-Quads, or as N-Triples.

    Args:
        content: The file, if it is given as such.
        name: What errors call it.
        format: A key of `FORMATS`.
        base: IRI against which relative ones are resolved; empty for none.
        address: The file's own, taken where there are relative IRIs and no base; then ``{"base": …}`` says so.
        graphs: Whether the names of graphs are kept.
        most: Bytes that the file may have when it is expanded.
        file: An open descriptor, if it is given as such.
    """
    packed = io.BytesIO(content[0]) if content else cast("IO[bytes]", open(file, "rb"))  # noqa: SIM115
    text = _unpacked(packed, name)
    most = _allowed(packed, text, most)
    if format == "rdfxml":
        # What reads it, and in which encoding, is to be known while modules can still be loaded.
        data = text.read(most + 1)
        if len(data) > most:
            raise _too_large(name, most)
        by_rdflib = _reader_of_xml(data, name)
        mark = hashlib.sha256(data).hexdigest()[:24]

        def parse_xml(base: str) -> _Quads:
            _check_xml(data, name)
            return by_rdflib(data, base) if by_rdflib else ox.parse(data, ox.RdfFormat.RDF_XML, base_iri=base or None)

        return lambda output: _write(output, parse_xml, data, name, base, address, graphs=False, mark=mark)

    def work(output: Answering) -> dict[str, str]:
        start, mark, plain = _looked_through(text, name, most)
        text.seek(start)
        # JSON is looked at as a whole before the engine may see it.
        data = text.read() if format == "jsonld" else b""

        def parse(base: str) -> _Quads:
            if format == "jsonld":
                _check_depth(data, name)
                return _with_words(ox.parse(data, ox.RdfFormat.JSON_LD, base_iri=base or _NO_BASE), data, name)
            text.seek(start)
            return ox.parse(text, ENGINE_FORMATS[format], base_iri=base or None)

        plain = plain and format in ("ntriples", "nquads")
        named = graphs and format in _WITH_GRAPHS
        return _write(output, parse, data, name, base, address, graphs=named, mark="" if plain else mark)

    return work


def _write(
    output: Answering,
    parse: Callable[[str], _Quads],
    data: bytes,
    name: str,
    base: str,
    address: str,
    *,
    graphs: bool,
    mark: str,
) -> dict[str, str]:
    """Write what a text says; on the first relative IRI begin again with the file's address, and say so."""
    told: dict[str, str] = {}

    def quads() -> _Quads:
        count = 0
        try:
            for quad in _renamed(parse(base), mark):
                yield quad
                count += 1
        except (SyntaxError, ValueError) as error:
            if base or not address or _NO_SCHEME not in str(error):
                raise
            told["base"] = address
            # The same text gives the same statements; those before are out already.
            yield from islice(_renamed(parse(address), mark), count, None)

    try:
        to = cast("IO[bytes]", output)
        if graphs:
            ox.serialize(quads(), to, ox.RdfFormat.N_QUADS)
        else:
            ox.serialize(map(attrgetter("triple"), quads()), to, ox.RdfFormat.N_TRIPLES)
    except GraphError:
        raise
    except MemoryError as error:
        if "buffer" not in str(error):
            raise
        raise LimitReached(f"{name}: {LONG_TERM}", limit=LONGEST_TERM) from None
    except (SyntaxError, ValueError, RuntimeError, OSError) as error:
        raise content_error(error, name, data) from None
    return told


def _renamed(quads: _Quads, mark: str) -> _Quads:
    """The quads, blank nodes labelled in their order with a part of the content; refuses what RDF 1.1 does not have.

    Args:
        quads: As parsed.
        mark: The part; without one there is nothing to rename or refuse.
    """
    nodes: dict[str, ox.BlankNode] = {}

    def renamed(node: Any) -> Any:
        if not isinstance(node, ox.BlankNode):
            return node
        return nodes.setdefault(node.value, ox.BlankNode(f"b{mark}x{len(nodes)}"))

    for quad in quads:
        value = quad.object
        if mark and isinstance(value, ox.Literal) and value.direction is not None:
            raise ValueError("A text with a base direction (RDF 1.2) is not understood")
        if mark and isinstance(value, ox.Triple):
            raise ValueError(f"A triple as a value of <{quad.predicate.value}> (RDF 1.2, RDF-star) is not understood")
        blank = mark and isinstance(value, ox.BlankNode) | isinstance(quad.subject, ox.BlankNode)
        if blank or (mark and isinstance(quad.graph_name, ox.BlankNode)):
            quad = ox.Quad(renamed(quad.subject), quad.predicate, renamed(value), renamed(quad.graph_name))
        yield quad


# --------------------------------------------------------------------------------------------- any text


def _unpacked(file: IO[bytes], name: str) -> IO[bytes]:
    """The file, expanded where it is compressed with gzip."""
    head = file.read(2)
    file.seek(0)
    if head == b"\x1f\x8b":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    if head and name.lower().endswith(".gz"):
        raise InputError("The name says gzip, the content is something else.", path=name)
    return file


def _allowed(file: IO[bytes], text: IO[bytes], most: int) -> int:
    """How many bytes the text may have: a file that grows more than a hundredfold is no text anybody wrote."""
    if text is file:
        return most
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return min(most, max(100 * size, 16 * _MIB))


def _too_large(name: str, most: int) -> LimitReached:
    return LimitReached(f"{name}: {TOO_LARGE.format(size_in_words(most))}", limit=size_in_words(most), hint=SPLIT)


def _looked_through(file: IO[bytes], name: str, most: int) -> tuple[int, str, bool]:
    """Read a text once: where it begins, a mark of its content, whether no node or term of it needs a look."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    size, plain, tail = 0, True, b""
    try:
        head = file.read(4)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head == b"\x00\x00\xfe\xff":
            raise InputError("The file is UTF-16 or UTF-32.", path=name, line=1, hint="Save it as UTF-8.")
        start = 3 if head.startswith(b"\xef\xbb\xbf") else 0
        file.seek(start)
        while data := file.read(_MIB):
            _check_utf8(decoder, data, file, start, size, name)
            digest.update(data)
            size += len(data)
            if size > most:
                raise _too_large(name, most)
            tail += data
            plain = plain and not any(sign in tail for sign in (b"_:", b"<<", b"--"))
            tail = data[-1:]
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, GraphError):
            raise
        raise InputError(f"The compressed file is damaged: {error}.", path=name) from None
    _check_utf8(decoder, b"", file, start, size, name)
    return start, digest.hexdigest()[:24], plain


def _check_utf8(
    decoder: codecs.IncrementalDecoder, data: bytes, file: IO[bytes], start: int, at: int, name: str
) -> None:
    """Refuse a piece of a text, from a byte on, that is not UTF-8; an empty one is its end."""
    kept = len(decoder.getstate()[0])
    try:
        decoder.decode(data, final=not data)
    except UnicodeDecodeError as error:
        said = f"Byte 0x{error.object[error.start]:02X} is not UTF-8."
        line, column = _counted(file, start, at - kept + error.start)
        raise InputError(said, path=name, line=line, column=column, hint="Save the file as UTF-8.") from None


def _counted(file: IO[bytes], start: int, offset: int) -> tuple[int, int]:
    """Line and column, counted from 1 in characters, of a byte of a text of any size that begins somewhere."""
    line = column = 1
    file.seek(start)
    while offset and (data := file.read(min(offset, _MIB))):
        offset -= len(data)
        ends = data.count(b"\n")
        rest = data[data.rfind(b"\n") + 1 :]
        # Bytes that continue a character begin with the bits 10.
        line, column = line + ends, (1 if ends else column) + len(rest.translate(None, bytes(range(0x80, 0xC0))))
    return line, column


def _place(data: bytes, offset: int) -> tuple[int, int]:
    """Line and column, counted from 1 in characters, of a byte."""
    return _counted(io.BytesIO(data), 0, offset)


def content_error(error: Exception, name: str, data: bytes) -> InputError:
    """What the engine has against a text, in our words where its own do not help."""
    line, column = getattr(error, "lineno", None), getattr(error, "offset", None)
    said = re.sub(r"^Parser error (?:at|between) line .*?\d+: ", "", str(error.args[0]))
    hint = ""
    if "LoadDocumentCallback" in said:
        if found := re.search(rb'"@(?:context|import)"\s*:\s*\[?\s*"', data):
            line, column = _place(data, found.start())
        said, hint = "The context lies at an address; nothing is fetched.", "Put the context itself into the file."
    elif _NO_SCHEME in said:
        said = "A relative IRI, and nothing to resolve it against."
        hint = "Write the IRI out, give the file a base, or name one with --base."
    return InputError(excerpt(said).rstrip(".") + ".", path=name, line=line, column=column, hint=hint)


_NO_SCHEME = "No scheme found"


# --------------------------------------------------------------------------------------------- JSON-LD

# The algorithm of JSON-LD drops a relative IRI in silence; with this base it shows.
_NO_BASE = "relative-iri://file/"


def _with_words(quads: _Quads, data: bytes, name: str) -> _Quads:
    """What JSON-LD says; refused is what has words and says nothing."""
    nothing = True
    for quad in quads:
        nothing = False
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
            if isinstance(term, ox.NamedNode) and term.value.startswith(_NO_BASE):
                raise ValueError(f"{_NO_SCHEME} in {term.value.removeprefix(_NO_BASE)}")
        yield quad
    if nothing and _has_words(json.loads(data)):
        hint = "In JSON-LD the @context says what keys mean; look at it."
        raise InputError("Nothing in it is a statement.", path=name, hint=hint)


def _has_words(value: object) -> bool:
    """Whether a JSON value has a key that is no keyword of JSON-LD, outside of contexts."""
    if isinstance(value, list):
        return any(map(_has_words, value))
    if not isinstance(value, dict):
        return False
    return any(not key.startswith("@") or (key != "@context" and _has_words(value[key])) for key in value)


def _check_depth(data: bytes, name: str) -> None:
    """Refuse JSON nested deeper than any document is: the engine works long on it, and then crashes."""
    depth = 0
    for match in re.finditer(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]+|[\]}]+', data, re.DOTALL):
        first, length = data[match.start()], match.end() - match.start()
        depth += {0x22: 0, 0x5B: length, 0x7B: length}.get(first, -length)
        if depth > _DEEPEST_JSON:
            line, column = _place(data, match.start())
            raise InputError(f"Nested deeper than {_DEEPEST_JSON} levels.", path=name, line=line, column=column)


# --------------------------------------------------------------------------------------------- RDF/XML

# What the engine gets wrong: entities (it expands them without bound), text beside comments, instructions and CDATA,
# a language that is taken back, XML literals.
_NOT_FOR_THE_ENGINE = rb"""(?x)
    <!ENTITY | <!\[CDATA | [^\s>]\s*<[!?] | (?:--|\?)>\s*[^\s<] | xml:lang\s*=\s*(?:""|'')
    | parseType\s*=\s*["'](?!Resource|Collection)"""
_ENCODING = rb"""<\?xml[^>]*\sencoding\s*=\s*["']([^"'>]*)"""


def _reader_of_xml(data: bytes, name: str) -> Callable[[bytes, str], _Quads] | None:
    """rdflib's reader, where the engine's own would not do."""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<"))
    declared = re.match(_ENCODING, data.removeprefix(b"\xef\xbb\xbf").lstrip(), re.IGNORECASE)
    encoding = declared[1].decode("latin-1").lower() if declared else "utf-8"
    try:
        codecs.lookup("utf-16" if wide else encoding)
    except (LookupError, ValueError):
        hint = "Save it as UTF-8."
        said = f"The file declares the encoding {excerpt(encoding)}, which is not known."
        raise InputError(said, path=name, line=1, column=1, hint=hint) from None
    if not wide and encoding == "utf-8" and not re.search(_NOT_FOR_THE_ENGINE, data):
        return None
    from .rdfxml import quads

    return quads


def _check_xml(data: bytes, name: str) -> None:
    """Refuse what is no well-formed XML, what lies elsewhere, and entities that expand beyond measure."""
    parser = expat.ParserCreate()
    left = 10 * len(data) + 256 * _KIB

    def refuse(said: str, hint: str) -> None:
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        raise InputError(said, path=name, line=line, column=column, hint=hint)

    def doctype(_: str, system: str | None, public: str | None, *__: object) -> None:
        if system or public:
            refuse("A document type from elsewhere is not fetched.", "Take the <!DOCTYPE ...> out.")

    def entity(name: str, _: object, value: str | None, *__: object) -> None:
        if value is None:
            refuse(f"The entity {excerpt(name)} lies elsewhere; nothing is fetched.", "Write what it means.")

    def count(text: str, attributes: dict[str, str] | None = None) -> None:
        nonlocal left
        left -= len(text) + sum(map(len, (attributes or {}).values()))
        if left < 0:
            refuse("Its entities expand beyond measure.", "Write what they mean.")

    parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = doctype, entity
    if b"<!ENTITY" in data.replace(b"\x00", b""):
        parser.CharacterDataHandler, parser.StartElementHandler = count, count
    try:
        # The engine takes a document that was cut short between two elements for a whole one.
        parser.Parse(data, True)
    except expat.ExpatError as error:
        said = {
            "no element found": "it ends too soon",
            "limit on input amplification factor (from DTD and entities) breached": "its entities have no measure",
        }.get(expat.ErrorString(error.code), expat.ErrorString(error.code))
        said = f"This is no well-formed XML: {said}."
        raise InputError(said, path=name, line=error.lineno, column=error.offset + 1) from None
