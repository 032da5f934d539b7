"""Every format that is written: the one registry, and the doors to the writers.

What is written depends on the statements or rows alone: not on hash seed, time zone, locale or run. UTF-8, ``\\n``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pyoxigraph as ox

from .. import errors

if TYPE_CHECKING:
    from . import tables

Kind: TypeAlias = Literal["graph", "dataset", "table"]


@dataclass(frozen=True)
class Format:
    """A format by its names.

    Attributes:
        name: The one name the project uses.
        media_type: As registered with IANA where it is.
        extensions: Endings of file names, with the dot; the usual one first.
        kind: ``graph`` (triples), ``dataset`` (triples in named graphs) or ``table`` (rows).
        label: For people.
        aliases: Further names that are understood.
    """

    name: str
    media_type: str
    extensions: tuple[str, ...]
    kind: Kind
    label: str
    aliases: tuple[str, ...] = ()


FORMATS = (
    Format("turtle", "text/turtle", (".ttl", ".turtle"), "graph", "Turtle", ("ttl",)),
    Format("jsonld", "application/ld+json", (".jsonld", ".json-ld"), "graph", "JSON-LD", ("json-ld",)),
    Format("ntriples", "application/n-triples", (".nt",), "graph", "N-Triples", ("nt", "n-triples")),
    Format("nquads", "application/n-quads", (".nq",), "dataset", "N-Quads", ("nq", "n-quads")),
    Format("trig", "application/trig", (".trig",), "dataset", "TriG"),
    Format("rdfxml", "application/rdf+xml", (".rdf", ".xml", ".owl"), "graph", "RDF/XML", ("xml", "rdf", "rdf-xml")),
    Format("table", "text/plain", (".txt",), "table", "table for reading", ("text", "txt")),
    Format("csv", "text/csv", (".csv",), "table", "CSV"),
    Format("sheet", "text/csv", (), "table", "CSV for spreadsheets, without formulas", ("spreadsheet", "csv-safe")),
    Format("tsv", "text/tab-separated-values", (".tsv",), "table", "SPARQL TSV"),
    Format("json", "application/json", (".json",), "table", "JSON"),
    Format("jsonl", "application/jsonl", (".jsonl", ".ndjson"), "table", "JSON Lines", ("ndjson",)),
    Format("markdown", "text/markdown", (".md", ".markdown"), "table", "Markdown", ("md",)),
    Format("srj", "application/sparql-results+json", (".srj",), "table", "SPARQL results in JSON", ("sparql-json",)),
    Format("srx", "application/sparql-results+xml", (".srx",), "table", "SPARQL results in XML", ("sparql-xml",)),
)
"""All formats; graphs first. A new one has its line here, its writer in `write_graph` or in `tables.write`."""


TABLES = tuple(known.name for known in FORMATS if known.kind == "table")
"""Names of the formats for rows."""

GRAPHS = tuple(known.name for known in FORMATS if known.kind != "table")
"""Names of the formats for statements."""


def choose(given: str | None, output: str | os.PathLike[str] | None, known: Sequence[str]) -> str:
    """The format to write: the one that was named, or that the file's ending means, or the first.

    >>> choose("ttl", None, GRAPHS), choose(None, "rows.csv", TABLES), choose(None, None, TABLES)
    ('turtle', 'csv', 'table')

    Args:
        given: Name or alias, in any case.
        output: The file that is written; None or ``-`` for standard output.
        known: The formats there are; also such as are not in the registry. Where ``text`` is the first, a file with
            another ending is text.

    Raises:
        errors.UnknownName: The name or the ending stands for none of these.
    """
    if given is not None:
        asked = given.strip().lower()
        registered = [one.name for one in FORMATS if asked == one.name or asked in one.aliases]
        for name in (asked, *registered):
            if name in known:
                return name
        from difflib import get_close_matches

        near = get_close_matches(asked, known)
        raise errors.UnknownName("format", given, suggestions=near, hint=f"Formats here: {', '.join(known)}.")
    if output is None or output == "-":
        return known[0]
    ending = os.path.splitext(os.fspath(output).lower().removesuffix(".gz"))[1]
    for name in (ending[1:], *(one.name for one in FORMATS if ending in one.extensions)):
        if name in known:
            return name
    if known[0] == "text":
        return "text"
    endings = ", ".join(one.extensions[0] for one in FORMATS if one.name in known and one.extensions)
    raise errors.UnknownName("format for the file", os.fspath(output), hint=f"Name the format, or end in {endings}.")


def write_graph(
    quads: Iterable[ox.Quad | ox.Triple], format: str, *, context: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """A graph as text, in chunks; the same statements give the same bytes.

    Formats for graphs hold the triples of all named graphs together; N-Quads and TriG keep the graphs apart.
    Blank nodes are named ``b0``, ``b1``… by what is said of them.

    >>> node = ox.NamedNode("urn:a")
    >>> "".join(write_graph([ox.Triple(node, node, ox.Literal("x"))], "nt"))
    '<urn:a> <urn:a> "x" .\\n'

    Args:
        quads: Statements in any order; repetitions are dropped.
        format: Name of a graph or dataset format.
        context: JSON-LD context document to write with; None makes one of the prefixes in use.

    Raises:
        UnknownName: No such format.
        OutputError: A statement that the format cannot hold; the message says which.
    """
    from . import jsonld, serialize, turtle

    chosen = choose(format, None, GRAPHS)
    if chosen == "turtle":
        return iter([turtle.write(quads)])
    if chosen == "jsonld":
        return jsonld.write(quads, context)
    return {
        "ntriples": serialize.ntriples, "nquads": serialize.nquads, "trig": serialize.trig, "rdfxml": serialize.rdfxml
    }[chosen](quads)  # fmt: skip


def write_table(
    columns: Sequence[str], rows: Iterable[tables.TableRow], format: str, *, width: int | None = None
) -> Iterator[str]:
    """Rows as text, in chunks: see `tables.write`.

    Raises:
        UnknownName: No such format.
        OutputError: ``srx``: a character that XML cannot hold.
    """
    from . import tables

    return tables.write(columns, rows, choose(format, None, TABLES), width=width)


def write_boolean(answer: bool, format: str) -> Iterator[str]:
    """The answer to an ASK query, in a table format.

    Raises:
        UnknownName: No such format.
    """
    from . import tables

    return tables.write_answer(answer, choose(format, None, TABLES))
