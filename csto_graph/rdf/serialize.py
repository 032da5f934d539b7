"""N-Triples, N-Quads, TriG and RDF/XML: statement after statement, in order.

The engine's own writer of RDF/XML is not used: it writes what XML cannot hold, a carriage return as it stands (which
every XML reader turns into a line feed) and an element without a name for a class such as ``urn:x/9``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import groupby
from typing import Any

import pyoxigraph as ox

from .. import errors, names
from . import turtle

_STRING = ox.NamedNode(names.PREFIXES["xsd"] + "string")


def term(node: turtle.RdfTerm) -> str:
    r"""A term as N-Triples and SPARQL TSV have it; invisible characters as ``\uXXXX``.

    >>> print(term(ox.Literal("a\tb\u202e", language="en")))
    "a\tb\u202E"@en

    Raises:
        OutputError: An IRI that is none.
    """
    for iri in (node, node.datatype if isinstance(node, ox.Literal) else None):
        if isinstance(iri, ox.NamedNode):
            turtle.bracketed(iri.value)  # refuses what is no IRI
    return turtle.escape_unseen(str(node))


def _named(quads: Iterable[ox.Quad | ox.Triple], *, graphs: bool) -> list[tuple[Any, ...]]:
    """Statements with their graph (None: the default one), each once, blank nodes named by what is said of them."""
    found: dict[tuple[Any, ...], None] = {}
    for quad in quads:
        graph = quad.graph_name if graphs and isinstance(quad, ox.Quad) else None
        named = None if isinstance(graph, ox.DefaultGraph) else graph
        found |= dict.fromkeys((*plain, named) for plain in turtle.statements([quad]))
    given = list(found)
    labels = {node: ox.BlankNode(label) for node, label in turtle.labels(given).items()}
    return [tuple(labels.get(part, part) for part in quad) for quad in given] if labels else given


def _lines(quads: Iterable[tuple[Any, ...]]) -> list[tuple[str, tuple[Any, ...]]]:
    """Each statement as a line, sorted, and the statement."""
    known: dict[Any, str] = {}

    def text(part: turtle.RdfTerm) -> str:
        if part not in known:
            known[part] = term(part)
        return known[part]

    return sorted((" ".join(text(part) for part in quad if part is not None) + " .\n", quad) for quad in quads)


def ntriples(quads: Iterable[ox.Quad | ox.Triple]) -> Iterator[str]:
    """Triples, each once; of quads the graph is left out."""
    return (line for line, _ in _lines(_named(quads, graphs=False)))


def nquads(quads: Iterable[ox.Quad | ox.Triple]) -> Iterator[str]:
    """Quads, each once; triples stand in the default graph."""
    return (line for line, _ in _lines(_named(quads, graphs=True)))


def trig(quads: Iterable[ox.Quad | ox.Triple]) -> Iterator[str]:
    """Quads, graph by graph, in the order of their lines in N-Quads; triples stand in the default graph."""
    lines = _lines(_named(quads, graphs=True))
    in_order = sorted(lines, key=lambda one: "" if one[1][3] is None else str(one[1][3]))
    iris = {part.value for _, quad in lines for part in quad if isinstance(part, ox.NamedNode)}
    short = {iri: names.curie(iri) for iri in iris}
    used = {curie.partition(":")[0] for iri, curie in short.items() if curie != iri}
    prefixes = {prefix: names.PREFIXES[prefix] for prefix in sorted(used)}
    # The engine would shorten these, too, with backslashes that not every reader knows.
    if any(curie == iri and iri.startswith(tuple(prefixes.values())) for iri, curie in short.items()):
        prefixes = {}
    made = (ox.Quad(s, p, o, ox.DefaultGraph() if g is None else g) for _, (s, p, o, g) in in_order)
    written = ox.serialize(made, format=ox.RdfFormat.TRIG, prefixes=prefixes) or b""
    return iter([turtle.escape_unseen(written.decode().replace("\t", "    "))])


# --- RDF/XML ---------------------------------------------------------------------------------------------------------

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


def rdfxml(quads: Iterable[ox.Quad | ox.Triple]) -> Iterator[str]:
    """A description for each subject, an element for each statement (RDF 1.1 XML Syntax), in the order of the lines.

    Raises:
        OutputError: A statement that XML cannot hold.
    """
    triples = [triple for _, triple in _lines(_named(quads, graphs=False))]
    known = {namespace: prefix for prefix, namespace in names.PREFIXES.items()}
    found = {_split(predicate.value)[0] for _, predicate, _, _ in triples} | {names.PREFIXES["rdf"]}
    unknown = {namespace: f"ns{at}" for at, namespace in enumerate(sorted(found - known.keys()), 1)}
    return rdfxml_stream(triples, {namespace: known[namespace] for namespace in found & known.keys()} | unknown)


def rdfxml_stream(triples: Iterable[Iterable[Any]], spaces: Mapping[str, str] | None = None) -> Iterator[str]:
    """As `rdfxml`, of statements as they come, for a graph that is not held; a subject may have several descriptions.

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
            yield _element(subject, predicate, value, spaces)
        yield "  </rdf:Description>\n"
    yield "</rdf:RDF>\n"


def _reference(attribute: str, node: turtle.RdfNode) -> str:
    if isinstance(node, ox.BlankNode):
        # A name in XML does not begin with a digit; no two labels become one.
        return f'rdf:nodeID="{"x" if node.value[0] in "0123456789x" else ""}{node.value}"'
    turtle.bracketed(node.value)  # refuses what is no IRI
    return f'rdf:{attribute}="{xml_text(node.value, f"the IRI {node.value!r}")}"'


def _element(subject: turtle.RdfNode, predicate: ox.NamedNode, value: turtle.RdfTerm, spaces: Mapping[str, str]) -> str:
    """A statement as an element of its subject's description."""
    namespace, local = _split(predicate.value)
    tag, kind = f"{spaces.get(namespace, 'p')}:{local}", ""
    if namespace not in spaces:
        kind = f' xmlns:p="{xml_text(namespace, "a namespace")}"'
    if not isinstance(value, ox.Literal):
        return f"    <{tag}{kind} {_reference('resource', value)}/>\n"
    where = f"{names.curie(predicate.value)} of {subject}"
    if value.language:
        kind += f' xml:lang="{value.language}"'
    elif value.datatype != _STRING:
        turtle.bracketed(value.datatype.value)
        kind += f' rdf:datatype="{xml_text(value.datatype.value, where)}"'
    return f"    <{tag}{kind}>{xml_text(value.value, where)}</{tag}>\n"


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
