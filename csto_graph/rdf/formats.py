"""Every format that is written: the one registry, the doors to the writers of graphs, and the writers of tables.

What is written depends on the statements or rows alone: not on hash seed, time zone, locale or run. UTF-8, ``\\n``.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any, NamedTuple, TypeAlias

import pyoxigraph as ox

from .. import errors, names
from ..names import shown, visible


class Format(NamedTuple):
    """A format by its names.

    Attributes:
        name: The one name the project uses.
        media_type: As registered with IANA where it is.
        kind: ``graph`` (triples), ``dataset`` (triples in named graphs) or ``table`` (rows).
        extensions: Endings of file names, with the dot; the usual one first.
        aliases: Further names that are understood.
    """

    name: str
    media_type: str
    kind: str
    extensions: tuple[str, ...]
    aliases: tuple[str, ...] = ()


FORMATS = (
    Format("turtle", "text/turtle", "graph", (".ttl", ".turtle"), ("ttl",)),
    Format("jsonld", "application/ld+json", "graph", (".jsonld", ".json-ld"), ("json-ld",)),
    Format("ntriples", "application/n-triples", "graph", (".nt",), ("nt", "n-triples")),
    Format("nquads", "application/n-quads", "dataset", (".nq",), ("nq", "n-quads")),
    Format("trig", "application/trig", "dataset", (".trig",)),
    Format("rdfxml", "application/rdf+xml", "graph", (".rdf", ".xml", ".owl"), ("xml", "rdf", "rdf-xml")),
    Format("table", "text/plain", "table", (".txt",), ("text", "txt")),
    Format("csv", "text/csv", "table", (".csv",)),
    Format("sheet", "text/csv", "table", (), ("spreadsheet", "csv-safe")),
    Format("tsv", "text/tab-separated-values", "table", (".tsv",)),
    Format("json", "application/json", "table", (".json",)),
    Format("jsonl", "application/jsonl", "table", (".jsonl", ".ndjson"), ("ndjson",)),
    Format("markdown", "text/markdown", "table", (".md", ".markdown"), ("md",)),
    Format("srj", "application/sparql-results+json", "table", (".srj",), ("sparql-json",)),
    Format("srx", "application/sparql-results+xml", "table", (".srx",), ("sparql-xml",)),
)
"""All formats; graphs first. A new one has its line here, its writer in `write_graph` or in `write_table`."""

TABLES = tuple(known.name for known in FORMATS if known.kind == "table")
"""Names of the formats for rows."""

GRAPHS = tuple(known.name for known in FORMATS if known.kind != "table")
"""Names of the formats for statements."""


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


TableRow: TypeAlias = Sequence[Any]
"""A `Cell` or its like for each column, or None where it is unbound."""


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
    if given is not None:
        asked = given.strip().lower()
        meant = [asked, *(one.name for one in FORMATS if asked in one.aliases)]
    else:
        ending = os.path.splitext(os.fspath(output or "").lower().removesuffix(".gz"))[1]
        meant = [ending[1:], *(one.name for one in FORMATS if ending in one.extensions)]
        meant += ["text"] if known[0] == "text" else []
    for name in meant:
        if name in known:
            return name
    if given is not None:
        hint = f"Formats here: {', '.join(known)}."
        raise errors.UnknownName("format", given, suggestions=names.near(meant[0], known), hint=hint)
    endings = ", ".join(one.extensions[0] for one in FORMATS if one.name in known and one.extensions)
    hint = f"Name the format, or end in {endings}."
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
        context: JSON-LD context document to write with; None stands for the project's prefixes.

    Raises:
        UnknownName: No such format.
        OutputError: A statement that the format cannot hold; the message says which.
    """
    from . import serialize, turtle

    chosen = choose(format, None, GRAPHS)
    if chosen == "turtle":
        return iter([turtle.write(quads)])
    return serialize.jsonld(quads, context) if chosen == "jsonld" else serialize.write(quads, chosen)


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
    writers: dict[str, Callable[[Sequence[str], Iterable[TableRow]], Iterator[str]]] = {
        "table": partial(_box, width=width), "csv": _csv, "sheet": partial(_csv, inert=True), "tsv": _tsv,
        "json": partial(_json, undated=undated), "jsonl": _jsonl, "markdown": _markdown, "srj": _srj, "srx": _srx,
    }  # fmt: skip
    return writers[choose(format, None, TABLES)](columns, rows)


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
    columns: Sequence[str], rows: Iterable[TableRow], fixed: Iterable[str], language: str
) -> tuple[list[str], Iterable[TableRow]]:
    """A table for people: names of columns, and fixed words of cells, in a language.

    Args:
        columns: Names of the columns.
        rows: Cells in the order of the columns.
        fixed: The columns that hold fixed words; truth values are such anywhere.
        language: ``en`` or ``ru``.
    """
    if language == "en":
        return list(columns), rows
    words = [name in fixed for name in columns]
    told = (
        [
            Cell(shown(cell.text, language), cell.value, cell.term)
            if cell and (word or isinstance(cell.value, bool)) else cell
            for cell, word in zip(row, words, strict=True)
        ]
        for row in rows
    )  # fmt: skip
    return [shown(name, language, "columns") for name in columns], told


def write_boolean(answer: bool, format: str) -> Iterator[str]:
    r"""The answer to an ASK query, in a table format.

    >>> list(write_boolean(True, "csv"))
    ['true\n']

    Raises:
        UnknownName: No such format.
    """
    word = "true" if answer else "false"
    texts = {
        "json": f'{{"format": "csto-graph/boolean/1", "boolean": {word}}}\n',
        "srj": f'{{"head": {{}}, "boolean": {word}}}\n',
        "srx": f"{_SRX_START}  <head/>\n  <boolean>{word}</boolean>\n</sparql>\n",
    }
    return iter([texts.get(choose(format, None, TABLES), f"{word}\n")])


# --- for people ------------------------------------------------------------------------------------------------------

_LONGEST_KEPT = 300
_LONGEST_WORD = 24  # a date, a pair of dates, most words: they are broken nowhere


def _texts(rows: Iterable[TableRow]) -> Iterator[list[str]]:
    return (["" if cell is None else cell.text for cell in row] for row in rows)


def _width(text: str) -> int:
    """Columns that a text takes in a terminal (Unicode Standard Annex 11: ambiguous counts as narrow)."""
    if text.isascii():
        return len(text)
    seen = [c for c in text if not unicodedata.combining(c) and unicodedata.category(c) not in ("Mn", "Me", "Cf")]
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in seen)


def _kept(word: str) -> bool:
    """Whether a word is a symbol (A/RES/64/256), a CURIE or an address, of a length that one can have."""
    return len(word) <= _LONGEST_KEPT and any(mark in word for mark in "/:#@")


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` columns, broken between words.

    A word that is a symbol, a CURIE or an address is never broken; another one is where it fits into no line.
    """
    lines: list[str] = []
    for word in text.split(" "):
        if lines and _width(joined := f"{lines[-1]} {word}") <= width:
            lines[-1] = joined
            continue
        while _width(word) > width and not _kept(word):
            end = 1
            while _width(word[: end + 1]) <= width:
                end += 1
            lines.append(word[:end])
            word = word[end:]
        lines.append(word)
    return lines


def _blocks(table: Sequence[Sequence[str]], width: int) -> Iterator[list[str]]:
    """The rows of a table, below its heads, as lines: a column to a line, what is empty left out."""
    heads = table[0]
    room = max(map(_width, heads)) + 2
    for row in table[1:]:
        lines = []
        for head, text in zip(heads, row, strict=True):
            left = max(width - room, _LONGEST_WORD)
            for part in _wrapped(text, left) if text else ():
                lines += [head + " " * (room - _width(head)) + part] if _width(part) <= left else [head, part]
                head = ""
        yield [*filter(None, lines), ""]


def _box(columns: Sequence[str], rows: Iterable[TableRow], *, width: int | None) -> Iterator[str]:
    """A table in a frame; where that does not fit, or takes more lines, each row is a block."""
    if not columns:
        return
    table = [list(map(visible, row)) for row in (columns, *_texts(rows))]
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    room = sum(widths) if width is None else width - 3 * len(widths) - 1
    blocks = list[list[str]]()
    if sum(widths) > room:
        # Cut, the widest first, until they fit; none below its longest word.
        least = [
            max(_width(word) if _kept(word) else min(_width(word), _LONGEST_WORD)
                for text in column for word in text.split(" "))
            for column in zip(*table, strict=True)
        ]  # fmt: skip
        whole, cap = widths, max(widths)
        while sum(widths) > room and widths != least:
            cap -= 1
            widths = [max(low, min(wide, cap)) for low, wide in zip(least, whole, strict=True)]
        blocks = list(_blocks(table, width or 0))
    wrapped = [[_wrapped(text, room) for text, room in zip(row, widths, strict=True)] for row in table]
    if blocks and (sum(widths) > room or sum(max(map(len, row)) for row in wrapped[1:]) > sum(map(len, blocks))):
        yield from ("\n".join((*lines, "")) for lines in blocks)
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


def _markdown(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    def field(text: str) -> str:
        text = re.sub(r"([\\`*|\[\]])", r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;")
        return re.sub("\r\n|[\r\n]", "<br>", text)

    yield f"| {' | '.join(map(field, columns))} |\n"
    yield f"|{' --- |' * len(columns)}\n"
    for texts in _texts(rows):
        yield f"| {' | '.join(map(field, texts))} |\n"


# --- for programs ----------------------------------------------------------------------------------------------------

_FORMULA = "(?![+-]?[0-9]+(?:\\.[0-9]+)?\\Z)[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]"
"""What a spreadsheet takes for the beginning of a formula; a number is none."""
_STRING = ox.NamedNode(names.PREFIXES["xsd"] + "string")
_SRX_START = '<?xml version="1.0" encoding="UTF-8"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">\n'


def _csv(columns: Sequence[str], rows: Iterable[TableRow], *, inert: bool = False) -> Iterator[str]:
    def field(text: str) -> str:
        if inert and re.match(_FORMULA, text):
            text = f"'{text}"
        doubled = text.replace('"', '""')
        return f'"{doubled}"' if re.search('[",\r\n]|^[ \t]|[ \t]$', text) else text

    yield ",".join(map(field, columns)) + "\n"
    for texts in _texts(rows):
        yield (",".join(map(field, texts)) or '""' * len(columns)) + "\n"


def _terms(rows: Iterable[TableRow]) -> Iterator[list[Any]]:
    """Rows of terms: a text that came from no engine is a plain literal, and blank nodes are named in their order.

    Raises:
        OutputError: A triple term of RDF 1.2.
    """
    labels: dict[ox.BlankNode, ox.BlankNode] = {}
    for row in rows:
        terms: list[Any] = [cell and (ox.Literal(cell.text) if cell.term is None else cell.term) for cell in row]
        for at, term in enumerate(terms):
            if isinstance(term, ox.BlankNode):  # an engine's own labels differ from run to run
                terms[at] = labels.setdefault(term, ox.BlankNode(f"b{len(labels)}"))
            elif isinstance(term, ox.Triple):
                raise errors.OutputError(f"{term} is not a term of RDF 1.1.", hint="Ask for its parts.")
        yield terms


def _tsv(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    from .serialize import as_ntriples

    yield "\t".join(f"?{name}" for name in columns) + "\n"
    for terms in _terms(rows):
        yield "\t".join("" if term is None else as_ntriples(term) for term in terms) + "\n"


def _dumps(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _array(head: str, items: Iterable[str], end: str) -> Iterator[str]:
    """JSON around an array, an item to a line."""
    body = ",\n  ".join(items)
    yield f"{head}\n  {body}\n {end}\n" if body else f"{head}{end}\n"


def _objects(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    def plain(cell: Cell | None) -> object:
        if cell is None:
            return None
        endless = isinstance(cell.value, float) and cell.value - cell.value != 0  # NaN and infinity: not in JSON
        return cell.text if endless else cell.value

    return (_dumps(dict(zip(columns, map(plain, row), strict=True))) for row in rows)


def _json(columns: Sequence[str], rows: Iterable[TableRow], undated: int = 0) -> Iterator[str]:
    head = f'{{"format": "csto-graph/rows/1",\n "columns": {_dumps(list(columns))},\n '
    head += f'"undated": {undated},\n "rows": [' if undated else '"rows": ['
    return _array(head, _objects(columns, rows), "]}")


def _jsonl(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    return (f"{line}\n" for line in _objects(columns, rows))


def _srj(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    def binding(term: Any) -> dict[str, object]:
        if not isinstance(term, ox.Literal):
            return {"type": "uri" if isinstance(term, ox.NamedNode) else "bnode", "value": term.value}
        kind = {} if term.datatype == _STRING else {"datatype": term.datatype.value}
        return {"type": "literal", **({"xml:lang": term.language} if term.language else kind), "value": term.value}

    def solution(terms: Sequence[Any]) -> str:
        bound = zip(columns, terms, strict=True)
        return _dumps({name: binding(term) for name, term in bound if term is not None})

    head = f'{{"head": {{"vars": {_dumps(list(columns))}}},\n "results": {{"bindings": ['
    return _array(head, map(solution, _terms(rows)), "]}}")


def _srx(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    from .serialize import xml_text

    def referred(match: re.Match[str]) -> str:
        return "".join(f"&#{ord(character)};" for character in match[0])

    def binding(name: str, term: Any) -> str:
        where, kind = f"column {name}", ""
        # Some readers trim; white space at the ends is safe as a character reference.
        text = re.sub(r"^[ \t\n]+|[ \t\n]+\Z", referred, xml_text(term.value, where))
        if not isinstance(term, ox.Literal):
            tag = "uri" if isinstance(term, ox.NamedNode) else "bnode"
            return f"<{tag}>{text}</{tag}>"
        if term.language:
            kind = f' xml:lang="{term.language}"'
        elif term.datatype != _STRING:
            kind = f' datatype="{xml_text(term.datatype.value, where)}"'
        return f"<literal{kind}>{text}</literal>"

    heads = [xml_text(name, "a column's name") for name in columns]
    variables = "".join(f'    <variable name="{name}"/>\n' for name in heads)
    yield f"{_SRX_START}  <head>\n{variables}  </head>\n  <results>\n"
    for terms in _terms(rows):
        bound = ((name, term) for name, term in zip(heads, terms, strict=True) if term is not None)
        parts = (f'<binding name="{name}">{binding(name, term)}</binding>' for name, term in bound)
        yield f"    <result>{''.join(parts)}</result>\n"
    yield "  </results>\n</sparql>\n"
