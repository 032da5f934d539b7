"""Every format that is written: the one registry, and the doors to the writers.

What is written depends on the statements or rows alone: not on hash seed, time zone, locale or run. UTF-8, ``\\n``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    Format("tsv", "text/tab-separated-values", (".tsv",), "table", "SPARQL TSV"),
    Format("json", "application/json", (".json",), "table", "JSON"),
    Format("jsonl", "application/jsonl", (".jsonl", ".ndjson"), "table", "JSON Lines", ("ndjson",)),
    Format("markdown", "text/markdown", (".md", ".markdown"), "table", "Markdown", ("md",)),
    Format("srj", "application/sparql-results+json", (".srj",), "table", "SPARQL results in JSON", ("sparql-json",)),
    Format("srx", "application/sparql-results+xml", (".srx",), "table", "SPARQL results in XML", ("sparql-xml",)),
)
"""All formats; graphs and datasets first."""


def _of_kind(kind: Kind | None) -> list[Format]:
    wanted = {None: {"graph", "dataset", "table"}, "graph": {"graph", "dataset"}}.get(kind, {kind})
    return [known for known in FORMATS if known.kind in wanted]


def by_name(name: str, *, kind: Kind | None = None) -> Format:
    """The format of a name or alias, in any case.

    Args:
        name: Such as ``turtle`` or ``ttl``.
        kind: ``table``; ``dataset``; or ``graph``, which takes in the dataset formats. None: all.

    Raises:
        UnknownName: No such format of this kind; with suggestions.
    """
    known = _of_kind(kind)
    asked = name.strip().lower()
    for candidate in known:
        if asked == candidate.name or asked in candidate.aliases:
            return candidate
    from difflib import get_close_matches

    spellings = {spelling: c.name for c in known for spelling in (c.name, *c.aliases)}
    near = dict.fromkeys(spellings[match] for match in get_close_matches(asked, spellings, n=3))
    raise errors.UnknownName(
        "format", name, suggestions=list(near), hint=f"Formats: {', '.join(c.name for c in known)}."
    )


def by_path(path: str | os.PathLike[str], *, kind: Kind | None = None) -> Format:
    """The format that a file's ending stands for; ``.gz`` is looked through.

    Raises:
        UnknownName: The ending stands for none; with the endings that do.
    """
    name = os.fspath(path).lower().removesuffix(".gz")
    ending = os.path.splitext(name)[1]
    known = _of_kind(kind)
    for candidate in known:
        if ending in candidate.extensions:
            return candidate
    endings = ", ".join(c.extensions[0] for c in known)
    raise errors.UnknownName("format for the file", os.fspath(path), hint=f"Name the format, or end in {endings}.")


def write_graph(
    quads: Iterable[ox.Quad | ox.Triple], format: str, *, context: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """A graph as text, in chunks; the same statements give the same bytes.

    Formats for graphs hold the triples of all named graphs together; N-Quads and TriG keep the graphs apart.
    Blank nodes are named ``b0``, ``b1``… by what is said of them.

    Args:
        quads: Statements in any order; repetitions are dropped.
        format: Name of a graph or dataset format.
        context: JSON-LD context document to write with; None makes one of the prefixes in use.

    Raises:
        UnknownName: No such format.
        OutputError: A statement that the format cannot hold; the message says which.
    """
    from . import jsonld, lines, rdfxml, turtle

    chosen = by_name(format, kind="graph").name
    writers: dict[str, Callable[[list[ox.Quad | ox.Triple]], Iterator[str]]] = {
        "turtle": lambda given: iter([turtle.write(given)]),
        "trig": lambda given: iter([turtle.write_trig(map(_quad, given))]),
        "ntriples": lines.ntriples,
        "nquads": lines.nquads,
        "rdfxml": rdfxml.write,
        "jsonld": lambda given: jsonld.write(given, context),
    }
    return writers[chosen](list(quads))


def _quad(statement: ox.Quad | ox.Triple) -> ox.Quad:
    return statement if isinstance(statement, ox.Quad) else ox.Quad(*statement)


def write_table(
    columns: Sequence[str], rows: Iterable[tables.Row], format: str, *, width: int | None = None
) -> Iterator[str]:
    """Rows as text, in chunks: see `tables.write`.

    Raises:
        UnknownName: No such format.
        OutputError: ``srx``: a character that XML cannot hold.
    """
    from . import tables

    return tables.write(columns, rows, by_name(format, kind="table").name, width=width)


def write_boolean(answer: bool, format: str) -> Iterator[str]:
    """The answer to an ASK query, in a table format.

    Raises:
        UnknownName: No such format.
    """
    from . import tables

    return tables.write_answer(answer, by_name(format, kind="table").name)


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
    endings = ", ".join(one.extensions[0] for one in FORMATS if one.name in known)
    raise errors.UnknownName("format for the file", os.fspath(output), hint=f"Name the format, or end in {endings}.")
