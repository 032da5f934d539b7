"""RDF/XML: a description per subject, an element per statement (RDF 1.1 XML Syntax)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

import pyoxigraph as ox

from .. import errors, names
from . import turtle

_STRING = ox.NamedNode(names.PREFIXES["xsd"] + "string")
_NAME_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# RDF 1.1 XML Syntax, section 5.1: these are syntax, not properties; rdf:li would be read back as rdf:_1.
_SYNTAX = frozenset(
    names.PREFIXES["rdf"] + local
    for local in ("RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "Description", "li",
                  "aboutEach", "aboutEachPrefix", "bagID")
)  # fmt: skip


@cache
def _ncname_end() -> re.Pattern[str]:
    """An XML name at the end of a text; made when first asked for, since compiling it takes long."""
    return re.compile(rf"[{_NAME_START}][{_NAME_START}\-.0-9\u00b7\u0300-\u036f\u203f\u2040]*\Z")


def checked(text: str, where: str) -> str:
    """Text for XML 1.0, in an element or a quoted attribute.

    Raises:
        OutputError: A character that XML 1.0 (section 2.2) cannot hold.
    """
    if found := _NOT_XML.search(text):
        raise errors.OutputError(
            f"XML cannot hold the character U+{ord(found[0]):04X} in {where}.", hint="Choose another format."
        )
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\r", "&#13;")):
        text = text.replace(character, entity)
    return text


def write(given: list[ox.Quad | ox.Triple]) -> Iterator[str]:
    """Statements in any order, each once; of quads the graph is left out.

    Raises:
        OutputError: A statement that XML cannot hold.
    """
    plain = turtle.statements(given)
    return _Xml(plain).chunks(plain)


def stream(given: Iterable[ox.Triple]) -> Iterator[str]:
    """Statements in the order in which they come, for a graph that is not held.

    Those that follow each other and have one subject come into one description.

    Raises:
        OutputError: A statement that XML cannot hold.
    """
    return _Passing().passing(given)


class _Xml:
    """Writes RDF/XML: one ``rdf:Description`` per subject, one element per statement."""

    def __init__(self, plain: Sequence[turtle.Statement]) -> None:
        self._labels = turtle.labels(plain)
        self._spaces = _namespaces({predicate.value for _, predicate, _ in plain})

    def chunks(self, plain: Iterable[turtle.Statement]) -> Iterator[str]:
        subjects: dict[turtle.Node, list[tuple[ox.NamedNode, turtle.Term]]] = {}
        for subject, predicate, value in plain:
            subjects.setdefault(subject, []).append((predicate, value))
        spaces = sorted((prefix, checked(namespace, "a namespace")) for namespace, prefix in self._spaces.items())
        declared = "".join(f'\n    xmlns:{prefix}="{namespace}"' for prefix, namespace in spaces)
        yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{declared}>\n'
        for subject in sorted(subjects, key=self._order):
            pairs = sorted(subjects[subject], key=lambda pair: (self._order(pair[0]), self._order(pair[1])))
            lines = "".join(self._said(subject, *pair) for pair in pairs)
            yield f"  <rdf:Description {self._reference('about', subject)}>\n{lines}  </rdf:Description>\n"
        yield "</rdf:RDF>\n"

    def _order(self, term: turtle.Term) -> tuple[Any, ...]:
        if isinstance(term, ox.NamedNode):
            return (0, names.natural(names.curie(term.value)))
        if isinstance(term, ox.Literal):
            return (1, term.language or "", names.natural(term.value), term.datatype.value)
        return (2, names.natural(self._labels[term]))

    def _label(self, node: ox.BlankNode) -> str:
        return self._labels[node]

    def _tag(self, namespace: str, local: str) -> tuple[str, str]:
        """The name of an element, and what it declares."""
        return f"{self._spaces[namespace]}:{local}", ""

    def _reference(self, attribute: str, term: turtle.Node) -> str:
        if isinstance(term, ox.BlankNode):
            return f'rdf:nodeID="{self._label(term)}"'
        turtle.bracketed(term.value)  # refuses what is no IRI
        where = f"the IRI {term.value!r}"
        return f'rdf:{attribute}="{checked(term.value, where)}"'

    def _said(self, subject: turtle.Node, predicate: ox.NamedNode, value: turtle.Term) -> str:
        tag, kind = self._tag(*_split(predicate.value))
        if not isinstance(value, ox.Literal):
            return f"    <{tag}{kind} {self._reference('resource', value)}/>\n"
        where = f"{names.curie(predicate.value)} of {subject}"
        if value.language:
            kind += f' xml:lang="{value.language}"'
        elif value.datatype != _STRING:
            turtle.bracketed(value.datatype.value)
            kind += f' rdf:datatype="{checked(value.datatype.value, where)}"'
        return f"    <{tag}{kind}>{checked(value.value, where)}</{tag}>\n"


class _Passing(_Xml):
    """Writes statements as they pass: elements whose namespace the project does not know declare it themselves."""

    def __init__(self) -> None:
        self._spaces = {namespace: prefix for prefix, namespace in names.PREFIXES.items()}

    def passing(self, given: Iterable[ox.Triple]) -> Iterator[str]:
        declared = "".join(f'\n    xmlns:{prefix}="{space}"' for space, prefix in sorted(self._spaces.items()))
        yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{declared}>\n'
        for subject, statements in groupby(given, attrgetter("subject")):
            yield f"  <rdf:Description {self._reference('about', subject)}>\n"
            for statement in statements:
                yield self._said(*statement)
            yield "  </rdf:Description>\n"
        yield "</rdf:RDF>\n"

    def _label(self, node: ox.BlankNode) -> str:
        return f"b{node.value}"  # a name in XML does not begin with a digit

    def _tag(self, namespace: str, local: str) -> tuple[str, str]:
        if namespace in self._spaces:
            return super()._tag(namespace, local)
        return f"p:{local}", f' xmlns:p="{checked(namespace, "a namespace")}"'


def _split(iri: str) -> tuple[str, str]:
    """Namespace and local name of a property, so that the local name is one of XML.

    Raises:
        OutputError: No such name is at its end (RDF 1.1 XML Syntax, section 5: not every property can be written).
    """
    short = names.curie(iri)
    local = short.partition(":")[2]
    if short == iri or not _ncname_end().fullmatch(local):
        found = _ncname_end().search(iri)
        local = found[0] if found else ""
    # Python's SAX reader, and so rdflib, cuts the name of an element at white space such as U+2028.
    if local in ("", iri) or iri in _SYNTAX or re.search(r"\s", iri):
        raise errors.OutputError(
            f"RDF/XML cannot hold the property <{iri}>: it is no XML name.", hint="Choose another format."
        )
    return iri[: len(iri) - len(local)], local


def _namespaces(predicates: Iterable[str]) -> dict[str, str]:
    """Namespace to prefix; namespaces the project has no prefix for are ``ns1``, ``ns2``… in order."""
    found = {_split(predicate)[0] for predicate in predicates} | {names.PREFIXES["rdf"]}
    known = {namespace: prefix for prefix, namespace in names.PREFIXES.items()}
    unknown = sorted(found - known.keys())
    return {ns: known[ns] for ns in found & known.keys()} | {ns: f"ns{i}" for i, ns in enumerate(unknown, 1)}
