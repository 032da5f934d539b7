"""N-Triples, N-Quads, TriG and RDF/XML: statement after statement, in order.

The engine's own writer of RDF/XML is not used: it writes what XML cannot hold, a carriage return as it stands (which
every XML reader turns into a line feed) and an element without a name for a class such as ``urn:x/9``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

import pyoxigraph as ox

from .. import errors, names
from . import turtle

_STRING = ox.NamedNode(names.PREFIXES["xsd"] + "string")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# RDF 1.1 XML Syntax, section 5.1: these are syntax, not properties; rdf:li would be read back as rdf:_1.
_SYNTAX = frozenset(
    names.PREFIXES["rdf"] + local
    for local in ("RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "Description", "li",
                  "aboutEach", "aboutEachPrefix", "bagID")
)  # fmt: skip


def as_ntriples(term: turtle.RdfTerm) -> str:
    r"""A term as N-Triples and SPARQL TSV have it; invisible characters as ``\uXXXX``.

    >>> print(as_ntriples(ox.Literal("a\tb\u202e", language="en")))
    "a\tb\u202E"@en

    Raises:
        OutputError: An IRI that is none.
    """
    for iri in (term, term.datatype if isinstance(term, ox.Literal) else None):
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
    if format == "rdfxml":
        return _rdfxml([quad for _, quad in lines])
    return _trig([quad for _, quad in lines]) if format == "trig" else (line for line, _ in lines)


def _trig(quads: list[Any]) -> Iterator[str]:
    quads.sort(key=lambda quad: str(quad[3]) if len(quad) > 3 else "")
    iris = {part.value for quad in quads for part in quad if isinstance(part, ox.NamedNode)}
    short = {iri: names.curie(iri) for iri in iris}
    used = {curie.partition(":")[0] for iri, curie in short.items() if curie != iri}
    prefixes = {prefix: names.PREFIXES[prefix] for prefix in sorted(used)}
    # The engine would shorten these, too, with backslashes that not every reader knows.
    if any(curie == iri and iri.startswith(tuple(prefixes.values())) for iri, curie in short.items()):
        prefixes = {}
    written = ox.serialize((ox.Quad(*quad) for quad in quads), format=ox.RdfFormat.TRIG, prefixes=prefixes) or b""
    yield turtle.escape_unseen(written.decode().replace("\t", "    "))


# --- RDF/XML ---------------------------------------------------------------------------------------------------------


def _rdfxml(triples: list[Any]) -> Iterator[str]:
    known = {namespace: prefix for prefix, namespace in names.PREFIXES.items()}
    found = {_split(predicate.value)[0] for _, predicate, _ in triples} | {names.PREFIXES["rdf"]}
    unknown = {namespace: f"ns{at}" for at, namespace in enumerate(sorted(found - known.keys()), 1)}
    return rdfxml_stream(triples, {namespace: known[namespace] for namespace in found & known.keys()} | unknown)


def rdfxml_stream(triples: Iterable[Iterable[Any]], spaces: Mapping[str, str] | None = None) -> Iterator[str]:
    """RDF/XML of statements as they come: a description for each subject, an element for each statement.

    For a graph that is not held; a subject may then have several descriptions.

    Args:
        triples: Statements; those that follow each other and have one subject come into one description.
        spaces: Namespaces to declare, with their prefixes; by default those of the project. An element of any other
            namespace declares it itself.

    Raises:
        OutputError: A statement that XML cannot hold.
    """
    if spaces is None:
        spaces = {namespace: prefix for prefix, namespace in names.PREFIXES.items()}
    declared = "".join(
        f'\n    xmlns:{prefix}="{xml_text(namespace, "a namespace")}"'
        for namespace, prefix in sorted(spaces.items(), key=lambda pair: pair[1])
    )
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
            elif value.datatype != _STRING:
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
    found = re.search(rf"[{turtle.LETTERS}_][{turtle.NAME}.]*\Z", iri)
    local = found[0] if found else iri
    # Python's SAX reader, and so rdflib, cuts the name of an element at white space such as U+2028.
    if local == iri or iri in _SYNTAX or re.search(r"\s", iri):
        raise errors.OutputError(
            f"RDF/XML cannot hold the property <{iri}>: it is no XML name.", hint="Choose another format."
        )
    return iri[: -len(local)], local


def xml_text(text: str, where: str) -> str:
    """Text for XML 1.0, in an element or a quoted attribute.

    >>> xml_text("a < b\\r", "a text")
    'a &lt; b&#13;'

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
