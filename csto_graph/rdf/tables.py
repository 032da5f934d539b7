"""Rows as text: a table for reading, CSV, TSV, JSON, JSON Lines, Markdown, and the SPARQL results formats."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import pyoxigraph as ox

from .. import errors, names
from ..text import visible

if TYPE_CHECKING:
    from . import turtle

_STRING = ox.NamedNode(names.PREFIXES["xsd"] + "string")


class TableCell(Protocol):
    """One value of a row.

    Attributes:
        text: For people.
        term: As the engine gave it, or None where it came from no engine.
        value: As JSON has it.
    """

    @property
    def text(self) -> str:
        """For people."""

    @property
    def term(self) -> Any:
        """A pyoxigraph term, or None."""

    @property
    def value(self) -> Any:
        """As JSON has it."""


TableRow: TypeAlias = Sequence[TableCell | None]


def write(columns: Sequence[str], rows: Iterable[TableRow], format: str, *, width: int | None = None) -> Iterator[str]:
    """Rows as text, in chunks.

    ``table``, ``csv``, ``sheet`` and ``markdown`` show texts, ``json`` and ``jsonl`` values, ``tsv``, ``srj`` and
    ``srx`` terms (SPARQL 1.1 Query Results CSV and TSV; JSON; XML). ``csv`` gives the texts as they are, for programs;
    ``sheet`` is CSV for spreadsheets, in which an apostrophe stands before what would be taken for a formula. An
    unbound cell is empty, or ``null``, or left out.

    Args:
        columns: Names of the columns.
        rows: Cells in the order of the columns; None is unbound.
        format: Name of a table format in `formats`.
        width: Columns of the terminal, for ``table``: longer texts are broken over lines. None: as wide as needed.

    Raises:
        UnknownName: No such format.
        OutputError: ``srx``: a character that XML cannot hold.
    """
    writers: dict[str, Callable[[Sequence[str], Iterable[TableRow]], Iterator[str]]] = {
        "table": lambda heads, body: _box(heads, body, width),
        "csv": _csv, "sheet": lambda heads, body: _csv(heads, body, _inert), "tsv": _tsv,
        "json": _json, "jsonl": _jsonl, "markdown": _markdown, "srj": _srj, "srx": _srx,
    }  # fmt: skip
    return writers[format](columns, rows)


def write_answer(answer: bool, format: str) -> Iterator[str]:
    """The answer to an ASK query, in a table format.

    Raises:
        UnknownName: No such format.
    """
    word = "true" if answer else "false"
    texts = {
        "json": f'{{"format": "csto-graph/boolean/1", "boolean": {word}}}\n',
        "srj": f'{{"head": {{}}, "boolean": {word}}}\n',
        "srx": f"{_SRX_START}  <head/>\n  <boolean>{word}</boolean>\n</sparql>\n",
    }
    return iter([texts.get(format, f"{word}\n")])


_SRX_START = '<?xml version="1.0" encoding="UTF-8"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">\n'


def _columns_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _width(text: str) -> int:
    """Columns that a text takes in a terminal (Unicode Standard Annex 11: ambiguous counts as narrow)."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` columns, broken between words.

    A word that is a symbol, a CURIE or an address is never broken; another one is where it fits into no line.
    """
    lines: list[str] = []
    line, taken = "", 0
    for number, word in enumerate(text.split(" ")):
        wide = _width(word)
        if number and taken + 1 + wide <= width:
            line, taken = f"{line} {word}", taken + 1 + wide
            continue
        if number:
            lines.append(line)
        line, taken = word, wide
        while taken > width and not _kept(line):
            end, filled = 0, 0
            while filled + _columns_of(line[end]) <= width or not end:
                filled, end = filled + _columns_of(line[end]), end + 1
            lines.append(line[:end])
            line = line[end:]
            taken = _width(line)
    return [*lines, line]


def _kept(word: str) -> bool:
    """Whether a word is a symbol (A/RES/64/256), a CURIE or an address, of a length that one can have."""
    return len(word) <= _LONGEST_KEPT and any(mark in word for mark in "/:#@")


_LONGEST_KEPT = 300
_NARROWEST = 8


def _box(columns: Sequence[str], rows: Iterable[TableRow], width: int | None) -> Iterator[str]:
    if not columns:
        return
    table = [[visible(name) for name in columns]]
    table += [["" if cell is None else visible(cell.text) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    if width is not None and sum(widths) + 3 * len(widths) + 1 > width:
        widths = _shrunk(table, widths, width - 3 * len(widths) - 1)
    wrapped = [[_wrapped(text, room) for text, room in zip(row, widths, strict=True)] for row in table]
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


def _shrunk(table: Sequence[Sequence[str]], widths: list[int], room: int) -> list[int]:
    """Widths cut, the widest first, until they fit; none below its longest word that is kept whole."""
    least = [
        max([min(wide, _NARROWEST), *(_width(word) for text in column for word in text.split(" ") if _kept(word))])
        for wide, column in zip(widths, zip(*table, strict=True), strict=True)
    ]
    cap = max(widths)
    while cap > _NARROWEST and sum(max(low, min(wide, cap)) for low, wide in zip(least, widths, strict=True)) > room:
        cap -= 1
    return [max(low, min(wide, cap)) for low, wide in zip(least, widths, strict=True)]


def _csv(columns: Sequence[str], rows: Iterable[TableRow], escape: Callable[[str], str] = str) -> Iterator[str]:
    def field(text: str) -> str:
        text = escape(text)
        doubled = text.replace('"', '""')
        return f'"{doubled}"' if re.search('[",\r\n]|^[ \t]|[ \t]$', text) else text

    yield ",".join(map(field, columns)) + "\n"
    for row in rows:
        line = ",".join("" if cell is None else field(cell.text) for cell in row)
        yield (line or '""' if len(columns) == 1 else line) + "\n"


def _inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe stands before what could begin one.

    >>> _inert("=1+1"), _inert("-5"), _inert("A/RES/64/256")
    ("'=1+1", '-5', 'A/RES/64/256')
    """
    begins = text[:1] in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20" and text != ""
    return f"'{text}" if begins and not re.fullmatch(r"[+-]?[0-9]+(?:\.[0-9]+)?", text) else text


class _BlankLabels(dict[ox.BlankNode, str]):
    """Labels in the order of asking; an engine's own differ from run to run."""

    def __missing__(self, node: ox.BlankNode) -> str:
        return self.setdefault(node, f"b{len(self)}")


def _tsv(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    from .serialize import term

    labels = _BlankLabels()

    def field(cell: TableCell | None) -> str:
        if cell is None:
            return ""
        found = _term(cell)
        return f"_:{labels[found]}" if isinstance(found, ox.BlankNode) else term(found)

    yield "\t".join(f"?{name}" for name in columns) + "\n"
    for row in rows:
        yield "\t".join(map(field, row)) + "\n"


def _dumps(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _object(columns: Sequence[str], row: TableRow) -> str:
    def plain(cell: TableCell | None) -> object:
        if cell is None:
            return None
        endless = isinstance(cell.value, float) and cell.value - cell.value != 0  # NaN and infinity: not in JSON
        return cell.text if endless else cell.value

    return _dumps({name: plain(cell) for name, cell in zip(columns, row, strict=True)})


def _array(head: str, items: Iterable[str], end: str) -> Iterator[str]:
    """JSON around an array, an item to a line."""
    yield head
    separator = "\n  "
    for item in items:
        yield separator + item
        separator = ",\n  "
    yield f"{end}\n" if separator == "\n  " else f"\n {end}\n"


def _json(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    head = f'{{"format": "csto-graph/rows/1",\n "columns": {_dumps(list(columns))},\n "rows": ['
    return _array(head, (_object(columns, row) for row in rows), "]}")


def _jsonl(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    return (_object(columns, row) + "\n" for row in rows)


def _markdown(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    def field(text: str) -> str:
        text = re.sub(r"([\\`*|\[\]])", r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;")
        return re.sub("\r\n|[\r\n]", "<br>", text)

    yield f"| {' | '.join(map(field, columns))} |\n"
    yield f"|{' --- |' * len(columns)}\n"
    for row in rows:
        yield f"| {' | '.join('' if cell is None else field(cell.text) for cell in row)} |\n"


def _srj(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    labels = _BlankLabels()

    def binding(term: turtle.RdfTerm) -> dict[str, object]:
        if isinstance(term, ox.NamedNode):
            return {"type": "uri", "value": term.value}
        if isinstance(term, ox.BlankNode):
            return {"type": "bnode", "value": labels[term]}
        if term.language:
            return {"type": "literal", "xml:lang": term.language, "value": term.value}
        kind = {} if term.datatype == _STRING else {"datatype": term.datatype.value}
        return {"type": "literal", **kind, "value": term.value}

    def solution(row: TableRow) -> str:
        bound = ((name, cell) for name, cell in zip(columns, row, strict=True) if cell is not None)
        return _dumps({name: binding(_term(cell)) for name, cell in bound})

    head = f'{{"head": {{"vars": {_dumps(list(columns))}}},\n "results": {{"bindings": ['
    return _array(head, map(solution, rows), "]}}")


def _term(cell: TableCell) -> turtle.RdfTerm:
    """The cell's term; a text that came from no engine is a plain literal.

    Raises:
        OutputError: A triple term of RDF 1.2.
    """
    term = ox.Literal(cell.text) if cell.term is None else cell.term
    if isinstance(term, ox.NamedNode | ox.BlankNode | ox.Literal):
        return term
    raise errors.OutputError(f"{term} is not a term of RDF 1.1.", hint="Ask for its parts.")


def _referred(match: re.Match[str]) -> str:
    return "".join(f"&#{ord(character)};" for character in match[0])


def _srx(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    from .serialize import xml_text as checked

    labels = _BlankLabels()

    def binding(name: str, term: turtle.RdfTerm) -> str:
        where = f"column {name}"
        if isinstance(term, ox.BlankNode):
            return f"<bnode>{labels[term]}</bnode>"
        # Some readers trim; white space at the ends is safe as a character reference.
        text = re.sub(r"^[ \t\n]+|[ \t\n]+\Z", _referred, checked(term.value, where))
        if isinstance(term, ox.NamedNode):
            return f"<uri>{text}</uri>"
        kind = "" if term.datatype == _STRING else f' datatype="{checked(term.datatype.value, where)}"'
        if term.language:
            kind = f' xml:lang="{term.language}"'
        return f"<literal{kind}>{text}</literal>"

    named = {name: checked(name, "a column's name") for name in columns}
    heads = "".join(f'    <variable name="{name}"/>\n' for name in named.values())
    yield f"{_SRX_START}  <head>\n{heads}  </head>\n  <results>\n"
    for row in rows:
        bound = ((name, _term(cell)) for name, cell in zip(columns, row, strict=True) if cell is not None)
        parts = (f'<binding name="{named[name]}">{binding(name, term)}</binding>' for name, term in bound)
        yield f"    <result>{''.join(parts)}</result>\n"
    yield "  </results>\n</sparql>\n"
