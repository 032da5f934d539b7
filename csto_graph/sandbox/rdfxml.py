"""RDF/XML by rdflib, for the texts that the engine gets wrong; loaded in the child, and only for these."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import C14NWriterTarget
from xml.sax import SAXParseException, expatreader, handler
from xml.sax.xmlreader import InputSource

import pyoxigraph as ox
import rdflib
from rdflib.exceptions import ParserError
from rdflib.plugins.parsers.rdfxml import RDFXMLHandler

from ..rdf.terms import from_rdflib

# It would rewrite values, and report those that it does not understand.
rdflib.NORMALIZE_LITERALS = False
logging.disable()


class _Triples:
    """What the reader takes for a graph: the triples in their order."""

    def __init__(self) -> None:
        self.found: list[tuple[Any, ...]] = []
        self.add = self.found.append

    def bind(self, *_: object, **__: object) -> None:
        """Prefixes are not kept."""


class _Handler(RDFXMLHandler):  # type: ignore[misc, unused-ignore]
    """The reader of rdflib, with XML literals in exclusive canonical form (RDF 1.1 XML Syntax, section 7.2.17)."""

    def __init__(self, triples: _Triples) -> None:
        super().__init__(triples)  # type: ignore[arg-type]
        self._literal: C14NWriterTarget | None = None
        self._parts: list[str] = []

    def property_element_start(self, name: Any, qname: Any, attrs: Any) -> None:
        super().property_element_start(name, qname, attrs)
        if self.current.char == self.literal_element_char:
            self._parts = []
            self._literal = C14NWriterTarget(self._parts.append, with_comments=True)
            for namespace, prefix in self._current_context.items():
                self._literal.start_ns(prefix or "", namespace)
            self._literal.start("x", {})  # text needs an element around it

    def property_element_end(self, name: Any, qname: Any) -> None:
        if self._literal is not None:
            self._literal.end("x")
            text = "".join(self._parts).removeprefix("<x>").removesuffix("</x>")
            self.current.object = rdflib.Literal(text, datatype=rdflib.RDF.XMLLiteral)
            self._literal = None
        super().property_element_end(name, qname)

    def startPrefixMapping(self, prefix: str | None, namespace: str) -> None:  # noqa: N802 (a name of SAX)
        super().startPrefixMapping(prefix, namespace)
        if self._literal is not None:
            self._literal.start_ns(prefix or "", namespace or "")

    def literal_element_start(self, name: Any, qname: Any, attrs: Any) -> None:
        self.next.start, self.next.end = self.literal_element_start, self.literal_element_end
        self.next.char = self.current.char = self.literal_element_char
        assert self._literal is not None
        self._literal.start(_tag(name), {_tag(key): value for key, value in attrs.items()})

    def literal_element_char(self, data: str) -> None:
        assert self._literal is not None
        self._literal.data(data)

    def literal_element_end(self, name: Any, qname: Any) -> None:
        assert self._literal is not None
        self._literal.end(_tag(name))

    def comment(self, text: str) -> None:
        """A comment is a part of an XML literal, and of nothing else."""
        if self._literal is not None:
            self._literal.comment(text)

    startCDATA = endCDATA = startDTD = endDTD = lambda *_: None  # noqa: N815 (of SAX; nothing is to be done)


def _tag(name: tuple[str | None, str]) -> str:
    return f"{{{name[0]}}}{name[1]}" if name[0] else name[1]


def quads(data: bytes, base: str) -> Iterator[ox.Quad]:
    """The statements of a document, which has been found well-formed.

    Args:
        data: The document, in its own encoding.
        base: IRI against which relative ones are resolved; empty for none, then they are errors.

    Raises:
        SyntaxError: It is no RDF/XML.
        ValueError: An IRI is none.
    """
    source = InputSource(base)
    source.setPublicId(base)
    source.setByteStream(io.BytesIO(data))
    triples = _Triples()
    reader: Any = expatreader.create_parser()
    target = _Handler(triples)
    reader.setFeature(handler.feature_namespaces, True)
    reader.setContentHandler(target)
    reader.setProperty(handler.property_lexical_handler, target)
    try:
        reader.parse(source)
    except (ParserError, SAXParseException, AttributeError, KeyError, TypeError) as error:
        said = str(error).split(": ", 1)[-1] if isinstance(error, ParserError) else "it is no RDF/XML"
        raise SyntaxError(said, (None, reader.getLineNumber(), reader.getColumnNumber() + 1, None)) from None
    return (ox.Quad(*map(from_rdflib, triple)) for triple in triples.found)
