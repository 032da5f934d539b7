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
from ..names import PREFIXES
from ..text import excerpt

Work: TypeAlias = "Callable[[IO[bytes]], dict[str, Any] | None]"
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
    with suppress(LookupError, OSError, EOFError, zlib.error):
        declared = re.search(rb"""<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)""", _Text(source, name, most).read())
        codecs.lookup(declared[1].decode() if declared else "utf-8")  # while its module can still be loaded
    mark = sha256((address or name).encode("utf-8", "replace")).hexdigest()[:24]

    def parsed(base: str) -> Iterator[ox.Triple]:
        return _triples(_Text(source, name, most), format, base, mark, name)

    def work(output: IO[bytes]) -> dict[str, str]:
        told: dict[str, str] = {}

        def triples() -> Iterator[ox.Triple]:
            count = 0
            try:
                for triple in parsed(base):
                    yield triple
                    count += 1
            except (SyntaxError, ValueError) as error:
                if base or not address or _NO_SCHEME not in str(error):
                    raise
                told["base"] = address
                # The same text gives the same statements; those before are out already.
                yield from islice(parsed(address), count, None)

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
    """

    def __init__(self, source: IO[bytes], name: str, most: int) -> None:
        size = source.seek(0, os.SEEK_END)
        source.seek(0)
        packed = source.read(2) == b"\x1f\x8b"
        if size and not packed and name.lower().endswith(".gz"):
            raise InputError("The name says gzip, the content is something else.", path=name)
        source.seek(0)
        self._file = cast("IO[bytes]", gzip.GzipFile(fileobj=source)) if packed else source
        self._name, self._most = name, min(most, max(100 * size, 16 * _MIB)) if packed else most
        self._left = self._most
        self._head = self._file.read(3).removeprefix(codecs.BOM_UTF8)

    def read(self, size: int = _MIB) -> bytes:
        """Some bytes, none at the end."""
        data, self._head = self._head + self._file.read(size - len(self._head)), b""
        self._left -= len(data)
        if self._left < 0:
            raise too_large(self._name, self._most)
        return data


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
        source: Any = _PlainXml(text, name).whole() if format == ox.RdfFormat.RDF_XML else text
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
    hint = "Save the file as UTF-8." if "UTF-8" in said else ""
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


class _PlainXml:
    """RDF/XML written again without what the engine gets wrong; refused is what is not well-formed, or lies elsewhere.

    The engine expands entities without bound, divides a text at comments, instructions and CDATA sections, knows no
    language that is taken back, has its own form of XML literals, and takes a document that was cut short for a whole
    one. So there are no such things in what it gets, and an XML literal is a text in exclusive canonical form (RDF 1.1
    XML Syntax, section 7.2.17).
    """

    def __init__(self, text: _Text, name: str) -> None:
        self._text, self._name = text, name
        self._parts: list[str] = []
        self._size = 0
        self._namespaces: list[dict[str, str]] = [{}]  # of each open element, by the attributes that declare them
        self._literal = self._begin = 0  # how many elements are open around an XML literal, how many parts before it
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.CommentHandler = lambda text: self._within_literal(f"<!--{text}-->")
        parser.ProcessingInstructionHandler = lambda target, data: self._within_literal(f"<?{target} {data}?>")
        parser.StartDoctypeDeclHandler = lambda name, system, public, _: self._elsewhere(name, system or public)
        parser.EntityDeclHandler = lambda name, _, value, *__: self._elsewhere(name, value is None)

    def whole(self) -> bytes:
        """The document, in UTF-8."""
        try:
            self._parser.ParseFile(cast("IO[bytes]", self._text))
        except expat.ExpatError as error:
            said = f"This is no well-formed XML: {expat.ErrorString(error.code)}."
            raise InputError(said, path=self._name, line=error.lineno, column=error.offset + 1) from None
        return "".join(self._parts).encode()

    def _refuse(self, said: str, hint: str) -> NoReturn:
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        raise InputError(said, path=self._name, line=line, column=column, hint=hint)

    def _elsewhere(self, name: str, lies: object) -> None:
        if lies:
            self._refuse(f"What {excerpt(name)} means lies elsewhere; nothing is fetched.", "Write it into the file.")

    def _write(self, part: str) -> None:
        self._parts.append(part)
        self._size += len(part)
        if self._size > 256 * 1024 + 10 * self._parser.CurrentByteIndex:
            self._refuse("Its entities expand beyond measure.", "Write what they mean.")

    def _within_literal(self, part: str) -> None:
        if self._literal:
            self._write(part)

    def _characters(self, text: str) -> None:
        self._write(escape(text).replace("\r", "&#13;"))

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        namespaces, part, literal = self._namespaces[-1], f"<{tag}", False
        for name, value in attributes.items():
            if name.startswith("xmlns"):
                namespaces = {**namespaces, name: value}
        for name, value in attributes.items():
            if name == "xml:lang" and not self._literal:
                value = value or _NO_LANGUAGE
            elif name.endswith(":parseType") and value not in ("Resource", "Collection") and not self._literal:
                prefix = name.partition(":")[0]
                if namespaces.get(f"xmlns:{prefix}") == PREFIXES["rdf"]:
                    literal, name, value = True, f"{prefix}:datatype", f"{PREFIXES['rdf']}XMLLiteral"
            part += f" {name}={quoteattr(value)}"
        self._namespaces.append(namespaces)
        self._write(f"{part}>")
        if literal:
            self._literal, self._begin = len(self._namespaces), len(self._parts)

    def _end(self, tag: str) -> None:
        if self._literal == len(self._namespaces):
            # An element around it has the namespaces that hold there, and one of its own, so that none shows in it.
            declared = "".join(f" {name}={quoteattr(value)}" for name, value in self._namespaces[-1].items())
            inner = "".join(self._parts[self._begin :])
            around = f"<around-:x xmlns:around-='urn:x:around'{declared}>{inner}</around-:x>"
            whole = canonicalize(around, with_comments=True)
            self._literal, self._parts[self._begin :] = 0, []
            self._characters(whole.partition(">")[2].rpartition("<")[0])
        self._namespaces.pop()
        self._write(f"</{tag}>")
