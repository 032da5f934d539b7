"""Rows as text: a table for reading, CSV, TSV, JSON, JSON Lines, Markdown, and the SPARQL results formats."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import pyoxigraph as ox

from .. import errors, names

if TYPE_CHECKING:
    from . import turtle

_STRING = ox.NamedNode(names.PREFIXES["xsd"] + "string")


class Cell(Protocol):
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


Row: TypeAlias = Sequence[Cell | None]


def write(columns: Sequence[str], rows: Iterable[Row], format: str, *, width: int | None = None) -> Iterator[str]:
    """Rows as text, in chunks.

    ``table``, ``csv`` and ``markdown`` show texts, ``json`` and ``jsonl`` values, ``tsv``, ``srj`` and ``srx`` terms
    (SPARQL 1.1 Query Results CSV and TSV; JSON; XML). An unbound cell is empty, or ``null``, or left out.

    Args:
        columns: Names of the columns.
        rows: Cells in the order of the columns; None is unbound.
        format: Name of a table format in `formats`.
        width: Columns of the terminal, for ``table``: longer texts are broken over lines. None: as wide as needed.

    Raises:
        UnknownName: No such format.
        OutputError: ``srx``: a character that XML cannot hold.
    """
    writers: dict[str, Callable[[Sequence[str], Iterable[Row]], Iterator[str]]] = {
        "table": lambda heads, body: _box(heads, body, width),
        "csv": _csv, "tsv": _tsv, "json": _json, "jsonl": _jsonl, "markdown": _markdown, "srj": _srj, "srx": _srx,
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
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def _visible(text: str) -> str:
    """The text with what could steer a terminal made visible."""

    def shown(match: re.Match[str]) -> str:
        code = ord(match[0])
        return {10: "↵", 9: " "}.get(code, f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")

    return _CONTROLS.sub(shown, text)


def _columns_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _width(text: str) -> int:
    """Columns that a text takes in a terminal (Unicode Standard Annex 11: ambiguous counts as narrow)."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def _broken(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` columns, broken at spaces where there are any."""
    lines, line, taken = [], "", 0
    for character in text:
        room = _columns_of(character)
        if taken + room > width and line:
            head, space, tail = line.rpartition(" ")
            line, rest = (head, tail) if space and head and character != " " else (line, "")
            lines.append(line)
            line, taken = rest, _width(rest)
            if character == " " and not line:
                continue
        line, taken = line + character, taken + room
    return [*lines, line]


def _box(columns: Sequence[str], rows: Iterable[Row], width: int | None) -> Iterator[str]:
    table = [[_visible(name) for name in columns]]
    table += [["" if cell is None else _visible(cell.text) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    if width is not None:
        widths = _shrunk(widths, width - 3 * len(widths) - 1)

    def rule(left: str, cross: str, right: str) -> str:
        return left + cross.join("─" * (room + 2) for room in widths) + right + "\n"

    def lines(row: Sequence[str]) -> Iterator[str]:
        broken = [_broken(text, room) for text, room in zip(row, widths, strict=True)]
        for index in range(max(map(len, broken))):
            parts = [column[index] if index < len(column) else "" for column in broken]
            padded = (part + " " * (room - _width(part)) for part, room in zip(parts, widths, strict=True))
            yield f"│ {' │ '.join(padded)} │\n"

    if not columns:
        return
    yield rule("┌", "┬", "┐")
    for index, row in enumerate(table):
        yield from lines(row)
        if index == 0:
            yield rule("├", "┼", "┤")
    yield rule("└", "┴", "┘")


def _shrunk(widths: list[int], room: int) -> list[int]:
    """Widths cut, the widest first, until they fit; none below eight, nor above what it was."""
    cap = max(widths, default=0)
    while cap > 8 and sum(min(width, cap) for width in widths) > room:
        cap -= 1
    return [min(width, cap) for width in widths]


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    def field(text: str) -> str:
        doubled = text.replace('"', '""')
        return f'"{doubled}"' if re.search('[",\r\n]|^[ \t]|[ \t]$', text) else text

    yield ",".join(map(field, columns)) + "\n"
    for row in rows:
        line = ",".join("" if cell is None else field(cell.text) for cell in row)
        yield (line or '""' if len(columns) == 1 else line) + "\n"


class _BlankLabels(dict[ox.BlankNode, str]):
    """Labels in the order of asking; an engine's own differ from run to run."""

    def __missing__(self, node: ox.BlankNode) -> str:
        return self.setdefault(node, f"b{len(self)}")


def _tsv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    from . import lines, turtle

    labels = _BlankLabels()

    def field(cell: Cell | None) -> str:
        if cell is None:
            return ""
        term = _term(cell)
        if isinstance(term, ox.Literal):
            return lines.literal(term, turtle.bracketed)
        return turtle.bracketed(term.value) if isinstance(term, ox.NamedNode) else f"_:{labels[term]}"

    yield "\t".join(f"?{name}" for name in columns) + "\n"
    for row in rows:
        yield "\t".join(map(field, row)) + "\n"


def _dumps(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _object(columns: Sequence[str], row: Row) -> str:
    def plain(cell: Cell | None) -> object:
        if cell is None:
            return None
        endless = isinstance(cell.value, float) and cell.value - cell.value != 0  # NaN and infinity: not in JSON
        return cell.text if endless else cell.value

    return _dumps({name: plain(cell) for name, cell in zip(columns, row, strict=True)})


def _json(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    yield f'{{"format": "csto-graph/rows/1",\n "columns": {_dumps(list(columns))},\n "rows": ['
    separator = "\n  "
    for row in rows:
        yield separator + _object(columns, row)
        separator = ",\n  "
    yield "]}\n" if separator == "\n  " else "\n ]}\n"


def _jsonl(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    return (_object(columns, row) + "\n" for row in rows)


def _markdown(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    def field(text: str) -> str:
        text = re.sub(r"([\\`*|\[\]])", r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;")
        return re.sub("\r\n|[\r\n]", "<br>", text)

    yield f"| {' | '.join(map(field, columns))} |\n"
    yield f"|{' --- |' * len(columns)}\n"
    for row in rows:
        yield f"| {' | '.join('' if cell is None else field(cell.text) for cell in row)} |\n"


def _srj(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    labels = _BlankLabels()

    def binding(term: turtle.Term) -> dict[str, object]:
        if isinstance(term, ox.NamedNode):
            return {"type": "uri", "value": term.value}
        if isinstance(term, ox.BlankNode):
            return {"type": "bnode", "value": labels[term]}
        if term.language:
            return {"type": "literal", "xml:lang": term.language, "value": term.value}
        kind = {} if term.datatype == _STRING else {"datatype": term.datatype.value}
        return {"type": "literal", **kind, "value": term.value}

    yield f'{{"head": {{"vars": {_dumps(list(columns))}}},\n "results": {{"bindings": ['
    separator = "\n  "
    for row in rows:
        bound = ((name, cell) for name, cell in zip(columns, row, strict=True) if cell is not None)
        yield separator + _dumps({name: binding(_term(cell)) for name, cell in bound})
        separator = ",\n  "
    yield "]}}\n" if separator == "\n  " else "\n ]}}\n"


def _term(cell: Cell) -> turtle.Term:
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


def _srx(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    from .rdfxml import checked

    labels = _BlankLabels()

    def binding(name: str, term: turtle.Term) -> str:
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
