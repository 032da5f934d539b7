"""An RDF file from outside, read in a child: from bytes that may be anything to N-Triples.

The engine parses, and its errors are told; RDF/XML is first written again without what the engine gets wrong. Refused
is what the engine would accept or be silent about. Nothing passes through a store, which would rewrite numbers.
"""

from __future__ import annotations

import codecs
import gzip
import json
import os
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from typing import IO, Any, NoReturn, TypeAlias, cast
from xml.etree.ElementTree import canonicalize
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

import pyoxigraph as ox

from ..errors import GraphError, InputError, LimitReached
from ..names import PREFIXES, excerpt

Work: TypeAlias = "Callable[[Any], dict[str, Any] | None]"
"""What is left to do when nothing more can be opened: it writes the answer, and gives what else there is to know."""

ENDINGS = (".ttl", ".trig", ".nt", ".nq", ".jsonld", ".json", ".rdf", ".xml", ".owl")
"""What the name of a file may end in; it says the format."""

LONGEST_TERM = "16 MiB"  # the engine's own, not to be changed
_MIB = 1024**2
_NO_SCHEME = "No scheme found"
_NO_LANGUAGE = "x-csto-none"  # stands for a language that is taken back, which the engine does not know


def ending_of(name: str) -> str:
    """The ending of a file's name, without that of gzip.

    >>> ending_of("MINE.TTL.gz")
    '.ttl'
    """
    return os.path.splitext(name.lower().removesuffix(".gz"))[1]


def size_in_words(count: int) -> str:
    """A number of bytes for people.

    >>> size_in_words(1536), size_in_words(20)
    ('1.5 KiB', '20 bytes')
    """
    for unit, name in ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
        if count >= unit:
            return f"{count / unit:.4g} {name}"
    return f"{count} bytes"


def too_large(name: str, most: int) -> LimitReached:
    """The error for a file that is larger than so many bytes."""
    size = size_in_words(most)
    return LimitReached(f"{name}: The file is larger than {size}.", limit=size, hint="Split it.")


def reading(*, file: int, name: str, ending: str, base: str, address: str, most: int) -> Work:
    """Read a file as N-Triples; names of graphs are dropped.

    Args:
        file: An open descriptor.
        name: What errors call the file.
        ending: One of `ENDINGS`.
        base: IRI against which relative ones are resolved; empty for none.
        address: The file's own, taken where there are relative IRIs and no base; then ``{"base": …}`` says so.
        most: Bytes that the file may have when it is expanded.
    """
    format = cast("ox.RdfFormat", ox.RdfFormat.from_extension(ending[1:].replace("owl", "rdf")))
    source = open(file, "rb")  # noqa: SIM115
    if format == ox.RdfFormat.RDF_XML:
        with suppress(LookupError, OSError, EOFError, zlib.error):
            declared = re.search(rb"""<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)""", _Text(source, name, most).read())
            codecs.lookup(declared[1].decode() if declared else "utf-8")  # while its module can still be loaded
    mark = sha256((address or name).encode("utf-8", "replace")).hexdigest()[:24]
    told: dict[str, str] = {}

    def text() -> _Text:
        return _Text(source, name, most, utf8=format != ox.RdfFormat.RDF_XML)  # which has its own encoding

    def triples() -> Iterator[ox.Triple]:
        count = 0
        try:
            for triple in _triples(text(), format, base, mark, name):
                yield triple
                count += 1
        except (SyntaxError, ValueError) as error:
            if base or not address or _NO_SCHEME not in str(error):
                raise
            told["base"] = address
            # The same text gives the same statements; those before are out already.
            yield from islice(_triples(text(), format, address, mark, name), count, None)

    def work(output: Any) -> dict[str, str]:
        try:
            ox.serialize(triples(), output, ox.RdfFormat.N_TRIPLES)
        except (SyntaxError, ValueError, RuntimeError, OSError, EOFError, zlib.error) as error:
            raise (error if isinstance(error, GraphError) else _content_error(error, name)) from None
        return told

    return work


class _Text:
    """The text of a file from its start, expanded where it is compressed, without a byte-order mark.

    It ends in an error where there are more bytes than are allowed. A file that grows more than a hundredfold is no
    text that anybody wrote.

    Args:
        source: The file.
        name: What errors call it.
        most: Bytes that it may have when it is expanded.
        utf8: Whether the first bytes that are no UTF-8 are an error; the engine passes over those in comments.
    """

    def __init__(self, source: IO[bytes], name: str, most: int, utf8: bool = False) -> None:
        size = source.seek(0, os.SEEK_END)
        source.seek(0)
        packed = source.read(2) == b"\x1f\x8b"
        if size and not packed and name.lower().endswith(".gz"):
            raise InputError("The name says gzip, the content is something else.", path=name)
        source.seek(0)
        self._file = cast("IO[bytes]", gzip.GzipFile(fileobj=source)) if packed else source
        self._name, self._most = name, min(most, max(100 * size, 16 * _MIB)) if packed else most
        self._left, self._line, self._column = self._most, 0, 0  # whole lines so far, characters after them
        self._decode = codecs.getincrementaldecoder("utf-8")().decode if utf8 else None
        self._head = self._file.read(3).removeprefix(codecs.BOM_UTF8)

    def read(self, size: int = _MIB) -> bytes:
        """Some bytes, none at the end."""
        data, self._head = self._head + self._file.read(size - len(self._head)), b""
        self._left -= len(data)
        if self._left < 0:
            raise too_large(self._name, self._most)
        try:
            self._count(self._decode(data, not data) if self._decode else "")
        except UnicodeDecodeError as error:
            self._count(error.object[: error.start].decode())
            line, column, hint = self._line + 1, self._column + 1, "Save the file as UTF-8."
            raise InputError("This is no UTF-8.", path=self._name, line=line, column=column, hint=hint) from None
        return data

    def _count(self, text: str) -> None:
        self._line += text.count("\n")
        self._column = len(text) - text.rfind("\n") - 1 + ("\n" not in text) * self._column


def _triples(text: _Text, format: ox.RdfFormat, base: str, mark: str, name: str) -> Iterator[ox.Triple]:
    """What a text says; its blank nodes are numbered as they come.

    Args:
        text: The text.
        format: Its format.
        base: IRI against which relative ones are resolved; empty for none, then they are errors.
        mark: What labels of blank nodes have in common, and no other file's have.
        name: What errors call the file.
    """
    nodes: dict[ox.BlankNode, ox.BlankNode] = {}

    def labelled(term: Any) -> Any:
        blank = isinstance(term, ox.BlankNode)
        return nodes.setdefault(term, ox.BlankNode(f"b{mark}x{len(nodes)}")) if blank else term

    quads: Iterator[ox.Quad]
    if format == ox.RdfFormat.JSON_LD:
        quads = _told_in_json(b"".join(iter(text.read, b"")), base, name)
    else:
        source: Any = _plain_xml(text, name) if format == ox.RdfFormat.RDF_XML else text
        quads = ox.parse(source, format, base_iri=base or None)
    for quad in quads:
        triple, subject, value = quad.triple, quad.subject, quad.object
        if isinstance(value, ox.Literal):
            if value.language and value.direction is not None:
                raise ValueError("A text with a base direction (RDF 1.2) is not understood")
            if value.language == _NO_LANGUAGE:
                triple = ox.Triple(subject, quad.predicate, ox.Literal(value.value))
        elif isinstance(value, ox.Triple):
            raise ValueError(f"A triple as a value of <{quad.predicate.value}> (RDF 1.2) is not understood")
        if isinstance(subject, ox.BlankNode) or isinstance(value, ox.BlankNode):
            triple = ox.Triple(labelled(subject), quad.predicate, labelled(triple.object))
        yield triple


def _content_error(error: Exception, name: str) -> InputError:
    """What the engine has against a text, in our words where its own do not help."""
    said = re.sub(r"^Parser error (?:at|between) line .*?\d+: ", "", str(error.args[0]))
    hint = ""
    if "LoadDocumentCallback" in said:
        said, hint = "The context lies at an address; nothing is fetched.", "Put the context itself into the file."
    elif _NO_SCHEME in said:
        said = "A relative IRI, and nothing to resolve it against."
        hint = "Write the IRI out, give the file a base, or name one with --base."
    elif isinstance(error, (gzip.BadGzipFile, EOFError, zlib.error)):
        said = f"The compressed file is damaged: {said}"
    line, column = getattr(error, "lineno", None), getattr(error, "offset", None)
    return InputError(excerpt(said).rstrip(".") + ".", path=name, line=line, column=column, hint=hint)


# --------------------------------------------------------------------------------------------- JSON-LD

# The algorithm of JSON-LD drops a relative IRI in silence; with this base it shows.
_NO_BASE = "relative-iri://file/"


def _told_in_json(data: bytes, base: str, name: str) -> Iterator[ox.Quad]:
    """What JSON-LD says; refused is what has words and says nothing."""
    nothing = True
    for quad in ox.parse(data, ox.RdfFormat.JSON_LD, base_iri=base or _NO_BASE):
        nothing = False
        for term in quad.triple:
            if isinstance(term, ox.NamedNode) and term.value.startswith(_NO_BASE):
                raise ValueError(f"{_NO_SCHEME} in {term.value.removeprefix(_NO_BASE)}")
        yield quad
    if nothing and _has_words(json.loads(data)):
        hint = "In JSON-LD the @context says what keys mean; look at it."
        raise InputError("Nothing in it is a statement.", path=name, hint=hint)


def _has_words(value: object) -> bool:
    """Whether a JSON value has a key that is no keyword of JSON-LD, outside of contexts."""
    if isinstance(value, dict):
        return any(key[:1] != "@" or (key != "@context" and _has_words(value[key])) for key in value)
    return isinstance(value, list) and any(map(_has_words, value))


# --------------------------------------------------------------------------------------------- RDF/XML


def _plain_xml(source: _Text, file: str) -> bytes:
    """RDF/XML written again without what the engine gets wrong; refused is what is not well-formed, or lies elsewhere.

    The engine expands entities without bound, divides a text at comments, instructions and CDATA sections, knows no
    language that is taken back, has its own form of XML literals, and takes a document that was cut short for a whole
    one. So there are no such things in what it gets, and an XML literal is a text in exclusive canonical form (RDF 1.1
    XML Syntax, section 7.2.17).
    """
    parts: list[str] = []
    namespaces: list[dict[str, str]] = [{}]  # of each open element, by the attributes that declare them
    size = literal = begin = 0  # characters; how many elements are open around an XML literal, how many parts before it
    parser = expat.ParserCreate()

    def refuse(said: str, hint: str) -> NoReturn:
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        raise InputError(said, path=file, line=line, column=column, hint=hint)

    def declared(name: str, lies: object) -> None:
        if lies:
            refuse(f"What {excerpt(name)} means lies elsewhere; nothing is fetched.", "Write it into the file.")

    def write(part: str, only_in_literal: bool = False) -> None:
        nonlocal size
        if only_in_literal and not literal:
            return
        parts.append(part)
        size += len(part)
        if size > 256 * 1024 + 10 * parser.CurrentByteIndex:
            refuse("Its entities expand beyond measure.", "Write what they mean.")

    def characters(text: str) -> None:
        write(escape(text).replace("\r", "&#13;"))

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal literal, begin
        known = namespaces[-1] | {name: value for name, value in attributes.items() if name.startswith("xmlns")}
        namespaces.append(known)
        part, begins = f"<{tag}", False
        for name, value in attributes.items():
            if name == "xml:lang" and not literal:
                value = value or _NO_LANGUAGE
            elif name.endswith(":parseType") and value not in ("Resource", "Collection") and not literal:
                prefix = name.partition(":")[0]
                if known.get(f"xmlns:{prefix}") == PREFIXES["rdf"]:
                    begins, name, value = True, f"{prefix}:datatype", f"{PREFIXES['rdf']}XMLLiteral"
            part += f" {name}={quoteattr(value)}"
        write(f"{part}>")
        if begins:
            literal, begin = len(namespaces), len(parts)

    def end(tag: str) -> None:
        nonlocal literal
        if literal == len(namespaces):
            # An element around it has the namespaces that hold there, and one of its own, so that none shows in it.
            held = "".join(f" {name}={quoteattr(value)}" for name, value in namespaces[-1].items())
            around = f"<around-:x xmlns:around-='urn:x:around'{held}>{''.join(parts[begin:])}</around-:x>"
            whole = canonicalize(around, with_comments=True)
            literal, parts[begin:] = 0, []
            characters(whole.partition(">")[2].rpartition("<")[0])
        namespaces.pop()
        write(f"</{tag}>")

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    parser.CommentHandler = lambda text: write(f"<!--{text}-->", True)
    parser.ProcessingInstructionHandler = lambda target, data: write(f"<?{target} {data}?>", True)
    parser.StartDoctypeDeclHandler = lambda name, system, public, _: declared(name, system or public)
    parser.EntityDeclHandler = lambda name, _, value, *__: declared(name, value is None)
    try:
        parser.ParseFile(cast("IO[bytes]", source))
    except expat.ExpatError as error:
        said = f"This is no well-formed XML: {expat.ErrorString(error.code)}."
        raise InputError(said, path=file, line=error.lineno, column=error.offset + 1) from None
    return "".join(parts).encode()
