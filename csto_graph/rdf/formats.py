"""Every format that is written: the one registry, the doors to the writers of graphs, and the writers of tables.

What is written depends on the statements or rows alone: not on hash seed, time zone, locale or run. UTF-8, ``\\n``.
"""

from __future__ import annotations

import io
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any, NamedTuple, TypeAlias

import pyoxigraph as ox

from .. import errors, names
from .terms import relabelled


class Format(NamedTuple):
    """A format by its names.

    Attributes:
        name: The one name the project uses.
        media_type: As registered with IANA where it is.
        also: Further names, which are endings of files, too; the usual one first.
    """

    name: str
    media_type: str
    also: tuple[str, ...]


_GRAPHS = (
    Format("turtle", "text/turtle", ("ttl",)),
    Format("jsonld", "application/ld+json", ("jsonld", "json-ld")),
    Format("ntriples", "application/n-triples", ("nt", "n-triples")),
    Format("nquads", "application/n-quads", ("nq", "n-quads")),
    Format("trig", "application/trig", ("trig",)),
    Format("rdfxml", "application/rdf+xml", ("rdf", "xml", "owl", "rdf-xml")),
)
_TABLES = (
    Format("table", "text/plain", ("txt", "text")),
    Format("csv", "text/csv", ("csv",)),
    Format("sheet", "text/csv", ("sheet", "csv-safe", "spreadsheet")),
    Format("tsv", "text/tab-separated-values", ("tsv",)),
    Format("json", "application/json", ("json",)),
    Format("jsonl", "application/jsonl", ("jsonl", "ndjson")),
    Format("markdown", "text/markdown", ("md",)),
    Format("srj", "application/sparql-results+json", ("srj", "sparql-json")),
    Format("srx", "application/sparql-results+xml", ("srx", "sparql-xml")),
)
#: All formats; graphs first. A new one has its line here, its writer in `write_graph` or in `write_table`.
FORMATS = (*_GRAPHS, *_TABLES)

#: Names of the formats for statements, of which N-Quads and TriG have named graphs, and for rows.
GRAPHS, TABLES = ([one.name for one in kind] for kind in (_GRAPHS, _TABLES))


class Cell(NamedTuple):
    """One value of a row.

    Attributes:
        text: For people: a label, a number, a date as text.
        value: A value that JSON can hold; a thing is ``{"iri", "curie", "label"}``.
        term: As the engine gave it, or None where it came from no engine.
    """

    text: str
    value: Any
    term: Any = None


#: A `Cell` or its like for each column, or None where it is unbound.
TableRow: TypeAlias = Sequence[Any]


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
    if given is None and output in (None, "-"):
        return known[0]
    ending = os.path.splitext(os.fspath(output or "").lower().removesuffix(".gz"))[1]
    asked = ending[1:] if given is None else given.strip().lower()
    meant = [asked, *(one.name for one in FORMATS if asked in one.also)]
    meant += ["text"] if given is None and known[0] == "text" else []
    if name := next(filter(known.__contains__, meant), ""):
        return name
    if given is not None:
        hint = f"Formats here: {', '.join(known)}."
        raise errors.UnknownName("format", given, suggestions=names.near(asked, known), hint=hint)
    hint = f"Name the format, or end in .{', .'.join(one.also[0] for one in FORMATS if one.name in known)}."
    raise errors.UnknownName("format for the file", os.fspath(output or ""), hint=hint)


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
        context: JSON-LD context document to write with (see `serialize.jsonld`).

    Raises:
        UnknownName: No such format.
        OutputError: A statement that the format cannot hold; the message says which.
    """
    from . import serialize, turtle

    chosen = choose(format, None, GRAPHS)
    if chosen == "turtle":
        return iter([turtle.write(quads)])
    return iter([serialize.jsonld(quads, context)]) if chosen == "jsonld" else serialize.write(quads, chosen)


def write_table(
    columns: Sequence[str], rows: Iterable[TableRow], format: str, *, width: int | None = None, undated: int = 0
) -> Iterator[str]:
    r"""Rows as text, in chunks.

    ``table``, ``csv``, ``sheet`` and ``markdown`` show texts, ``json`` and ``jsonl`` values, ``tsv``, ``srj`` and
    ``srx`` terms (SPARQL 1.1 Query Results CSV and TSV; JSON; XML). ``csv`` gives the texts as they are, for programs;
    ``sheet`` is CSV for spreadsheets, in which an apostrophe stands before what would be taken for a formula. An
    unbound cell is empty, or ``null``, or left out.

    >>> "".join(write_table(["a", "b"], [[Cell("=1", 1), None]], "sheet"))
    "a,b\n'=1,\n"

    Args:
        columns: Names of the columns.
        rows: Cells in the order of the columns; None is unbound.
        format: Name of a table format.
        width: Columns of the terminal, for ``table``: longer texts are broken over lines between words, or each row
            becomes a block; only what is longer than a line, as an address, is wider. None: as wide as needed.
        undated: How many things without a date were left out; ``json`` tells it.

    Raises:
        UnknownName: No such format.
        OutputError: ``srx``: a character that XML cannot hold.
    """
    texts = chain([columns], (["" if cell is None else cell.text for cell in row] for row in rows))
    # None of these begins before it is asked for its first chunk.
    return {
        "table": _box(texts, width), "csv": _csv(texts), "sheet": _csv(texts, inert=True), "markdown": _markdown(texts),
        "json": _json(columns, rows, undated), "jsonl": _jsonl(columns, rows), "tsv": _tsv(columns, rows),
        "srj": _w3c(_tsv(columns, rows), "srj"), "srx": _w3c(_tsv(columns, rows), "srx"),
    }[choose(format, None, TABLES)]  # fmt: skip


def plain_cells(rows: Iterable[Iterable[object]]) -> list[list[Cell | None]]:
    """Rows of plain values as cells; None and '' are empty, and things are ``{"iri", "curie", "label"}``.

    >>> plain_cells([["a", None, {"iri": "urn:x", "curie": "urn:x", "label": "X"}]])[0][2].text
    'X'
    """

    def cell(value: object) -> Cell | None:
        text = str(value["label"] if isinstance(value, dict) else value)
        return None if value is None or value == "" else Cell(text, value)

    return [list(map(cell, row)) for row in rows]


def in_words(
    columns: Sequence[str], rows: Iterable[TableRow], fixed: Sequence[str], language: str
) -> tuple[list[str], Iterable[TableRow]]:
    """A table for people: names of columns, and fixed words of cells, in a language.

    Args:
        columns: Names of the columns.
        rows: Cells in the order of the columns.
        fixed: The columns that hold fixed words; truth values are such anywhere.
        language: ``en`` or ``ru``.
    """

    def told(cell: Any, name: str) -> Any:
        fixed_word = cell and (name in fixed or isinstance(cell.value, bool))
        return cell._replace(text=names.shown(cell.text, language)) if fixed_word else cell

    rows = ([told(*pair) for pair in zip(row, columns, strict=True)] for row in rows)
    return [names.shown(name, language, "columns") for name in columns], rows


def write_boolean(answer: bool, format: str) -> Iterator[str]:
    r"""The answer to an ASK query, in a table format.

    >>> list(write_boolean(True, "csv"))
    ['true\n']

    Raises:
        UnknownName: No such format.
    """
    word, chosen = "true" if answer else "false", choose(format, None, TABLES)
    if chosen in ("srj", "srx"):
        return _w3c([word], chosen)
    return iter([f'{{"format": "csto-graph/boolean/1", "boolean": {word}}}\n' if chosen == "json" else f"{word}\n"])


# --- for people ------------------------------------------------------------------------------------------------------


def _width(text: str) -> int:
    """Columns that a text takes in a terminal (Unicode Standard Annex 11: ambiguous counts as narrow)."""
    if text.isascii():
        return len(text)
    seen = [c for c in text if not unicodedata.combining(c) and unicodedata.category(c) not in ("Mn", "Me", "Cf")]
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in seen)


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` columns, broken between words; a word that is longer has a line."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and _width(joined := f"{lines[-1]} {word}") <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def _blocks(table: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """The rows of a table, below its heads, as lines: a column to a line, what is empty left out, an empty line."""
    heads = table[0]
    room = max(map(_width, heads)) + 2
    left = max(width - room, 24)  # columns for the values, at least for a pair of dates and most words
    for row in table[1:]:
        for head, text in zip(heads, row, strict=True):
            for part in _wrapped(text, left) if text else ():
                padded = head + " " * (room - _width(head)) + part
                yield from [padded] if _width(part) <= left else filter(None, (head, part))
                head = ""
        yield ""


def _box(rows: Iterable[Sequence[str]], width: int | None) -> Iterator[str]:
    """A table in a frame, below its heads; where that does not fit, or takes more lines, each row is a block."""
    table = [list(map(names.visible, row)) for row in rows]
    columns = list(zip(*table, strict=True))
    if not columns:
        return
    widths = whole = [max(map(_width, column)) for column in columns]
    room = sum(whole) if width is None else width - 3 * len(whole) - 1
    blocks = list[str]()
    if width is not None and sum(whole) > room:  # cut, the widest first, until they fit; none below its longest word
        blocks = list(_blocks(table, width))
        sizes = [(max(map(_width, " ".join(column).split(" "))), max(map(_width, column))) for column in columns]
        shrunk = ([max(low, min(wide, cap)) for low, wide in sizes] for cap in range(room, -1, -1))
        widths = next((each for each in shrunk if sum(each) <= room), whole)
    wrapped = [[_wrapped(text, room) for text, room in zip(row, widths, strict=True)] for row in table]
    if blocks and (sum(widths) > room or sum(max(map(len, row)) for row in wrapped[1:]) > len(blocks)):
        yield from (f"{line}\n" for line in blocks)
        return
    apart = any(len(lines) > 1 for row in wrapped[1:] for lines in row)  # else each row is one line

    def rule(left: str, cross: str, right: str) -> str:
        return left + cross.join("─" * (room + 2) for room in widths) + right + "\n"

    yield rule("┌", "┬", "┐")
    for number, row in enumerate(wrapped):
        for parts in zip_longest(*row, fillvalue=""):
            padded = (part + " " * (room - _width(part)) for part, room in zip(parts, widths, strict=True))
            yield f"│ {' │ '.join(padded)} │\n"
        if number == 0 or (apart and number < len(wrapped) - 1):
            yield rule("├", "┼", "┤")
    yield rule("└", "┴", "┘")


def _markdown(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    def field(text: str) -> str:
        text = re.sub(r"([\\`*|\[\]])", r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;")
        return re.sub("\r\n|[\r\n]", "<br>", text)

    for at, row in enumerate(rows):
        yield f"| {' | '.join(map(field, row))} |\n"
        yield "" if at else f"|{' --- |' * len(row)}\n"


# --- for programs ----------------------------------------------------------------------------------------------------

#: What a spreadsheet takes for the beginning of a formula; a number is none.
_FORMULA = "(?![+-]?[0-9]+(?:\\.[0-9]+)?\\Z)[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]"


def _csv(rows: Iterable[Sequence[str]], *, inert: bool = False) -> Iterator[str]:
    import csv

    for row in rows:
        text = io.StringIO(newline="")
        csv.writer(text).writerow([f"'{field}" if inert and re.match(_FORMULA, field) else field for field in row])
        yield text.getvalue().removesuffix("\r\n") + "\n"


def _tsv(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    """A text that came from no engine is a plain literal, and blank nodes are named in their order.

    Raises:
        OutputError: A triple term of RDF 1.2.
    """
    from .serialize import as_ntriples

    label = relabelled("b")  # an engine's own labels differ from run to run

    def field(cell: Cell | None) -> str:
        if cell is None:
            return ""
        if isinstance(cell.term, ox.Triple):
            raise errors.OutputError(f"{cell.term} is not a term of RDF 1.1.", hint="Ask for its parts.")
        return as_ntriples(ox.Literal(cell.text) if cell.term is None else label(cell.term))

    yield "\t".join(f"?{name}" for name in columns) + "\n"
    yield from ("\t".join(map(field, row)) + "\n" for row in rows)


def _w3c(tsv: Iterable[str], format: str) -> Iterator[str]:
    """An answer in TSV as JSON or XML by the engine."""
    from .serialize import refuse_unfit

    answer = ox.parse_query_results("".join(tsv).encode(), ox.QueryResultsFormat.TSV)
    text = (answer.serialize(format=ox.QueryResultsFormat.from_extension(format)) or b"").decode()
    if format == "srx":
        refuse_unfit(text, "an answer")
        # Readers trim, and make one end of line of another: such white space is safe as a character reference.
        text = re.sub(r"(?<=>)[ \t\n]+|[ \t\n]+(?=<)|\r", lambda match: "".join(f"&#{ord(c)};" for c in match[0]), text)
    yield f"{text}\n"


def _jsonl(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    import json

    def plain(cell: Cell | None) -> object:
        endless = cell and isinstance(cell.value, float) and cell.value - cell.value != 0  # NaN, infinity: not in JSON
        return cell and (cell.text if endless else cell.value)

    for row in rows:
        yield json.dumps(dict(zip(columns, map(plain, row), strict=True)), ensure_ascii=False) + "\n"


def _json(columns: Sequence[str], rows: Iterable[TableRow], undated: int) -> Iterator[str]:
    import json

    body = ",\n  ".join(line.rstrip("\n") for line in _jsonl(columns, rows))
    yield f'{{"format": "csto-graph/rows/1",\n "columns": {json.dumps(list(columns), ensure_ascii=False)},\n '
    yield f'"undated": {undated},\n ' if undated else ""
    yield f'"rows": [\n  {body}\n ]}}\n' if body else '"rows": []}\n'
