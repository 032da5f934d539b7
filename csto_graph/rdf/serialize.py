"""N-Triples, N-Quads, TriG, RDF/XML and JSON-LD: statement after statement, in order.

The engine's own writer of RDF/XML is not used: it writes what XML cannot hold, a carriage return as it stands (which
every XML reader turns into a line feed) and an element without a name for a class such as ``urn:x/9``.

JSON-LD 1.1 is written compactly with a given context: one entity, one object. What a term of the context says (its
datatype, its language map) is used only where expanding it (JSON-LD 1.1 API, section 5) gives back exactly the
statement; everything else is written out with ``@id``, ``@value``, ``@type``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache, partial
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

import pyoxigraph as ox

from .. import errors, names
from . import turtle
from .terms import RDF_TYPE

_STRING, _INTEGER, _BOOLEAN = map(names.iri, ("xsd:string", "xsd:integer", "xsd:boolean"))
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: What a name in XML begins with (but for ``_`` and ``:``), as part of a pattern.
_LETTERS = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
# RDF 1.1 XML Syntax, section 5.1: these are syntax, not properties; rdf:li would be read back as rdf:_1.
_SYNTAX = (
    "RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "Description", "li", "aboutEach",
    "aboutEachPrefix", "bagID",
)  # fmt: skip


def as_ntriples(term: turtle.RdfTerm) -> str:
    r"""A term as N-Triples and SPARQL TSV have it; invisible characters as ``\uXXXX``.

    >>> print(as_ntriples(ox.Literal("a\tb\u202e", language="en")))
    "a\tb\u202E"@en

    Raises:
        OutputError: An IRI that is none.
    """
    iri = term.datatype if isinstance(term, ox.Literal) else term
    if isinstance(iri, ox.NamedNode):
        turtle.bracketed(iri.value)  # refuses what is no IRI
    return turtle.escape_unseen(str(term))


def write(quads: Iterable[ox.Quad | ox.Triple], format: str) -> Iterator[str]:
    """Statements in ``ntriples``, ``nquads``, ``trig`` or ``rdfxml``, each once, in the order of their lines.

    Blank nodes are named by what is said of them. Triples stand in the default graph, which TriG has first; where a
    format has no graphs, those of quads are left out.

    Raises:
        OutputError: A statement that the format cannot hold.
    """
    given = turtle.statements(quads, graphs=format in ("nquads", "trig"))
    labels = {node: ox.BlankNode(label) for node, label in turtle.labels(given).items()}
    text = cache(as_ntriples)
    named = [tuple(labels.get(part, part) for part in quad) for quad in given] if labels else given
    lines = sorted((" ".join(map(text, quad)) + " .\n", quad) for quad in named)
    if format in ("ntriples", "nquads"):
        return (line for line, _ in lines)
    if format == "rdfxml":
        return rdfxml(quad for _, quad in lines)
    ordered = sorted((quad for _, quad in lines), key=lambda quad: str(quad[3]) if len(quad) > 3 else "")
    iris = {part.value for quad in ordered for part in quad if isinstance(part, ox.NamedNode)}
    used = {curie.partition(":")[0] for iri in iris if (curie := names.curie(iri)) != iri}
    prefixes = {prefix: names.PREFIXES[prefix] for prefix in sorted(used)}
    # The engine would shorten these, too, with backslashes that not every reader knows.
    if any(names.curie(iri) == iri and iri.startswith(tuple(prefixes.values())) for iri in iris):
        prefixes = {}
    written = ox.serialize((ox.Quad(*quad) for quad in ordered), format=ox.RdfFormat.TRIG, prefixes=prefixes) or b""
    return iter([turtle.escape_unseen(written.decode().replace("\t", "    "))])


def _unfit(said: str) -> errors.OutputError:
    return errors.OutputError(said, hint="Choose another format.")


# --- RDF/XML ---------------------------------------------------------------------------------------------------------


def rdfxml(triples: Iterable[Iterable[Any]]) -> Iterator[str]:
    """RDF/XML of statements as they come: those that follow each other and have one subject are one description.

    Raises:
        OutputError: A statement that XML cannot hold.
    """
    spaces = {namespace: prefix for prefix, namespace in names.PREFIXES.items()}
    declared = "".join(f'\n    xmlns:{prefix}="{namespace}"' for prefix, namespace in names.PREFIXES.items())
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{declared}>\n'
    for subject, said in groupby(map(tuple, triples), lambda triple: triple[0]):
        yield f"  <rdf:Description {_reference('about', subject)}>\n"
        for _, predicate, value, *_ in said:
            namespace, local = _split(predicate.value)
            tag, where = f"{spaces.get(namespace, 'p')}:{local}", f"{names.curie(predicate.value)} of {subject}"
            kind = "" if namespace in spaces else f' xmlns:p="{xml_text(namespace, "a namespace")}"'
            if not isinstance(value, ox.Literal):
                yield f"    <{tag}{kind} {_reference('resource', value)}/>\n"
                continue
            if value.language:
                kind += f' xml:lang="{value.language}"'
            elif value.datatype.value != _STRING:
                kind += f" {_reference('datatype', value.datatype)}"
            yield f"    <{tag}{kind}>{xml_text(value.value, where)}</{tag}>\n"
        yield "  </rdf:Description>\n"
    yield "</rdf:RDF>\n"


def _reference(attribute: str, node: turtle.RdfNode) -> str:
    if isinstance(node, ox.BlankNode):
        # A name in XML does not begin with a digit; no two labels become one.
        return f'rdf:nodeID="{"x" if node.value[0] in "0123456789x" else ""}{node.value}"'
    turtle.bracketed(node.value)  # refuses what is no IRI
    return f'rdf:{attribute}="{xml_text(node.value, f"the IRI {node.value!r}")}"'


@lru_cache(10_000)
def _split(iri: str) -> tuple[str, str]:
    """Namespace and local name of a property, so that the local name is one of XML.

    Raises:
        OutputError: No such name is at its end (RDF 1.1 XML Syntax, section 5: not every property can be written).
    """
    found = re.search(rf"[{_LETTERS}_][{_LETTERS}_\-0-9\u00b7\u0300-\u036f\u203f\u2040.]*\Z", iri)
    # Python's SAX reader, and so rdflib, cuts the name of an element at white space such as U+2028.
    if not found or not found.start() or iri.removeprefix(names.PREFIXES["rdf"]) in _SYNTAX or re.search(r"\s", iri):
        raise _unfit(f"RDF/XML cannot hold the property <{iri}>: it is no XML name.")
    return iri[: found.start()], found[0]


def refuse_unfit(text: str, where: str) -> None:
    """Refuse a character that XML 1.0 (section 2.2) cannot hold.

    Raises:
        OutputError: There is one.
    """
    if found := _NOT_XML.search(text):
        raise _unfit(f"XML cannot hold the character U+{ord(found[0]):04X} in {where}.")


def xml_text(text: str, where: str) -> str:
    """Text for XML 1.0, in an element or a quoted attribute.

    >>> xml_text("a < b\\r", "a text")
    'a &lt; b&#13;'

    Raises:
        OutputError: A character that XML 1.0 (section 2.2) cannot hold.
    """
    refuse_unfit(text, where)
    return escape(text, {'"': "&quot;", "\r": "&#13;"})


# --- JSON-LD ---------------------------------------------------------------------------------------------------------


def jsonld(quads: Iterable[ox.Quad | ox.Triple], context: Mapping[str, Any] | None = None) -> str:
    """A graph as JSON-LD, one object for each subject, in order; lists stand where they are used.

    Args:
        quads: Statements; graphs are merged.
        context: A document that holds a context under ``@context``; it is embedded as it is. It may have prefixes of
            the project, and terms with an ``@id``, a ``@type`` and a language map. None: the project's prefixes alone.

    Raises:
        OutputError: An IRI would be read back as another one.
    """
    given = names.PREFIXES if context is None else context["@context"]
    written = _JsonLd(turtle.statements(quads), given)
    return names.to_json({"@context": given, "@graph": [written.node(subject) for subject in written.subjects]})


class _JsonLd:
    """A graph, and a context read backwards: from IRIs to the shortest text that means them.

    Attributes:
        subjects: Those that have an object each, in order.
    """

    def __init__(self, plain: list[tuple[Any, ...]], context: Mapping[str, Any]) -> None:
        self._shape, self._labels, self._context = turtle.BlankNodeLayout(plain), turtle.labels(plain), context
        self._terms: dict[str, tuple[str, str, bool]] = {}  # of an IRI: its name, its type, whether it maps languages
        for name, said in context.items():
            if isinstance(said, Mapping):
                term = name, names.iri(said.get("@type", "")), "@container" in said
                self._terms.setdefault(names.iri(said["@id"]), term)
        order = partial(turtle.term_key, short=names.curie, blank=self._labels.__getitem__)
        self.subjects = sorted({*self._shape.out} - self._shape.lists.keys(), key=order)

    def _reference(self, node: turtle.RdfNode) -> str:
        """The text for ``@id``.

        Raises:
            OutputError: It is no IRI, or would be taken for a prefixed name.
        """
        if isinstance(node, ox.BlankNode):
            return f"_:{self._labels[node]}"
        iri, short = node.value, names.curie(node.value)
        prefix = short.partition(":")[0]
        if short != iri and self._context.get(prefix) == names.PREFIXES[prefix]:
            return short
        turtle.bracketed(iri)  # refuses what is no IRI
        scheme, _, rest = iri.partition(":")
        if scheme in self._context and not rest.startswith("//"):
            raise _unfit(f"JSON-LD cannot hold the IRI <{iri}>: '{scheme}:' is a prefix of the context.")
        return iri

    def _value(self, term: turtle.RdfTerm, promised: str) -> object:
        """A value under a key whose values are taken to be of the type ``promised``."""
        if isinstance(term, ox.BlankNode) and term in self._shape.lists:
            return {"@list": [self._value(member, promised) for member in self._shape.lists[term]]}
        if not isinstance(term, ox.Literal):
            return self._reference(term) if promised == "@id" else {"@id": self._reference(term)}
        text, datatype = term.value, term.datatype.value
        if term.language:
            return {"@value": text, "@language": term.language}
        native = datatype in (_BOOLEAN, _INTEGER) and promised in ("", datatype) and turtle.is_canonical(text, datatype)
        # JSON's own number or truth value is read back as just this literal: integers of so many digits are the same
        # number to every reader (RFC 8259, section 6).
        if native and len(text) <= 15:
            return json.loads(text)
        if datatype == (promised or _STRING):
            return text
        return {"@value": text} if datatype == _STRING else {"@value": text, "@type": self._reference(term.datatype)}

    def node(self, subject: turtle.RdfNode) -> dict[str, Any]:
        """The object of a subject; one value stands without brackets."""
        found: dict[str, Any] = {"@id": self._reference(subject)}
        said = self._shape.out.about(subject)
        for predicate, values in turtle.ordered(said, names.curie, self._labels.__getitem__):
            # Under a key that is no term all is written out.
            key, promised, maps = self._terms.get(predicate.value, ("", "", False))
            short = self._reference(predicate)
            if key and not maps:
                short = key
            elif short in self._context:
                short = predicate.value
            for value in values:
                if predicate == RDF_TYPE and not isinstance(value, ox.Literal) and value not in self._shape.lists:
                    name = self._terms[value.value][0] if value.value in self._terms else self._reference(value)
                    found.setdefault("@type", []).append(name)
                elif maps and isinstance(value, ox.Literal) and value.language:
                    found.setdefault(key, {}).setdefault(value.language, []).append(value.value)
                else:
                    found.setdefault(short, []).append(self._value(value, promised if short == key else ""))
        return {key: _single(values) for key, values in found.items()}


def _single(value: Any) -> Any:
    """One value without its brackets, a language map's values likewise."""
    if isinstance(value, dict):
        return {key: _single(inner) for key, inner in sorted(value.items())}
    return value[0] if isinstance(value, list) and len(value) == 1 else value
