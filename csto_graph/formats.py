"""Every format that is written: one registry, the writers, and the way a file comes to stand on disk.

What is written depends on the statements or rows alone: not on hash seed, time zone, locale or run. UTF-8, ``\\n``.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import pyoxigraph as ox

from . import errors, names, turtle

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


# --- graphs --------------------------------------------------------------------------------------------------------


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
    from . import jsonld

    chosen = by_name(format, kind="graph").name
    writers: dict[str, Callable[[list[ox.Quad | ox.Triple]], Iterator[str]]] = {
        "turtle": lambda given: iter([turtle.write(given)]),
        "trig": lambda given: iter([turtle.write_trig(map(_quad, given))]),
        "ntriples": _ntriples,
        "nquads": _nquads,
        "rdfxml": _rdfxml,
        "jsonld": lambda given: jsonld.write(given, context),
    }
    return writers[chosen](list(quads))


def _quad(statement: ox.Quad | ox.Triple) -> ox.Quad:
    return statement if isinstance(statement, ox.Quad) else ox.Quad(*statement)


def _ntriples(given: list[ox.Quad | ox.Triple]) -> Iterator[str]:
    return _lines([(*statement, None) for statement in turtle.statements(given)])


def _nquads(given: list[ox.Quad | ox.Triple]) -> Iterator[str]:
    quads: dict[tuple[Any, ...], None] = {}
    for statement in given:
        graph = statement.graph_name if isinstance(statement, ox.Quad) else None
        named = None if isinstance(graph, ox.DefaultGraph) else graph
        quads |= dict.fromkeys((*plain, named) for plain in turtle.statements([statement]))
    return _lines(list(quads))


def _lines(quads: list[tuple[Any, ...]]) -> Iterator[str]:
    labels = turtle.labels(quads)
    known: dict[str, str] = {}

    def bracketed(iri: str) -> str:
        if iri not in known:
            known[iri] = turtle.bracketed(iri)
        return known[iri]

    def text(term: turtle.Term) -> str:
        if isinstance(term, ox.NamedNode):
            return bracketed(term.value)
        return f"_:{labels[term]}" if isinstance(term, ox.BlankNode) else _literal(term, bracketed)

    written = {" ".join(text(term) for term in quad if term is not None) for quad in quads}
    return (f"{line} .\n" for line in sorted(written))


def _literal(literal: ox.Literal, name: Callable[[str], str]) -> str:
    """A literal as N-Triples and SPARQL TSV have it."""
    quoted = turtle.quoted(literal.value)
    if literal.language:
        return f"{quoted}@{literal.language}"
    return quoted if literal.datatype == _STRING else f"{quoted}^^{name(literal.datatype.value)}"


_STRING = ox.NamedNode(names.PREFIXES["xsd"] + "string")

# --- RDF/XML -------------------------------------------------------------------------------------------------------

_NAME_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NCNAME_END = re.compile(rf"[{_NAME_START}][{_NAME_START}\-.0-9\u00b7\u0300-\u036f\u203f\u2040]*\Z")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# RDF 1.1 XML Syntax, section 5.1: these are syntax, not properties; rdf:li would be read back as rdf:_1.
_SYNTAX = frozenset(
    names.PREFIXES["rdf"] + local
    for local in ("RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "Description", "li",
                  "aboutEach", "aboutEachPrefix", "bagID")
)  # fmt: skip


def _xml(text: str, where: str) -> str:
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


def _rdfxml(given: list[ox.Quad | ox.Triple]) -> Iterator[str]:
    plain = turtle.statements(given)
    return _Xml(plain).chunks(plain)


class _Xml:
    """Writes RDF/XML: one ``rdf:Description`` per subject, one element per statement."""

    def __init__(self, plain: Sequence[turtle.Statement]) -> None:
        self._labels = turtle.labels(plain)
        self._spaces = _namespaces({predicate.value for _, predicate, _ in plain})

    def chunks(self, plain: Iterable[turtle.Statement]) -> Iterator[str]:
        subjects: dict[turtle.Node, list[tuple[ox.NamedNode, turtle.Term]]] = {}
        for subject, predicate, value in plain:
            subjects.setdefault(subject, []).append((predicate, value))
        spaces = sorted((prefix, _xml(namespace, "a namespace")) for namespace, prefix in self._spaces.items())
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

    def _reference(self, attribute: str, term: turtle.Node) -> str:
        if isinstance(term, ox.BlankNode):
            return f'rdf:nodeID="{self._labels[term]}"'
        turtle.bracketed(term.value)  # refuses what is no IRI
        where = f"the IRI {term.value!r}"
        return f'rdf:{attribute}="{_xml(term.value, where)}"'

    def _said(self, subject: turtle.Node, predicate: ox.NamedNode, value: turtle.Term) -> str:
        namespace, local = _split(predicate.value)
        tag = f"{self._spaces[namespace]}:{local}"
        if not isinstance(value, ox.Literal):
            return f"    <{tag} {self._reference('resource', value)}/>\n"
        where = f"{names.curie(predicate.value)} of {subject}"
        kind = ""
        if value.language:
            kind = f' xml:lang="{value.language}"'
        elif value.datatype != _STRING:
            turtle.bracketed(value.datatype.value)
            kind = f' rdf:datatype="{_xml(value.datatype.value, where)}"'
        return f"    <{tag}{kind}>{_xml(value.value, where)}</{tag}>\n"


def _split(iri: str) -> tuple[str, str]:
    """Namespace and local name of a property, so that the local name is one of XML.

    Raises:
        OutputError: No such name is at its end (RDF 1.1 XML Syntax, section 5: not every property can be written).
    """
    short = names.curie(iri)
    local = short.partition(":")[2]
    if short == iri or not _NCNAME_END.fullmatch(local):
        found = _NCNAME_END.search(iri)
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


# --- tables --------------------------------------------------------------------------------------------------------


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


def write_table(columns: Sequence[str], rows: Iterable[Row], format: str, *, width: int | None = None) -> Iterator[str]:
    """Rows as text, in chunks.

    ``table``, ``csv`` and ``markdown`` show texts, ``json`` and ``jsonl`` values, ``tsv``, ``srj`` and ``srx`` terms
    (SPARQL 1.1 Query Results CSV and TSV; JSON; XML). An unbound cell is empty, or ``null``, or left out.

    Args:
        columns: Names of the columns.
        rows: Cells in the order of the columns; None is unbound.
        format: Name of a table format.
        width: Columns of the terminal, for ``table``: longer texts are broken over lines. None: as wide as needed.

    Raises:
        UnknownName: No such format.
        OutputError: ``srx``: a character that XML cannot hold.
    """
    chosen = by_name(format, kind="table").name
    writers: dict[str, Callable[[Sequence[str], Iterable[Row]], Iterator[str]]] = {
        "table": lambda heads, body: _box(heads, body, width),
        "csv": _csv, "tsv": _tsv, "json": _json, "jsonl": _jsonl, "markdown": _markdown, "srj": _srj, "srx": _srx,
    }  # fmt: skip
    return writers[chosen](columns, rows)


def write_boolean(answer: bool, format: str) -> Iterator[str]:
    """The answer to an ASK query, in a table format.

    Raises:
        UnknownName: No such format.
    """
    chosen, word = by_name(format, kind="table").name, "true" if answer else "false"
    texts = {
        "json": f'{{"format": "csto-graph/boolean/1", "boolean": {word}}}\n',
        "srj": f'{{"head": {{}}, "boolean": {word}}}\n',
        "srx": f"{_SRX_START}  <head/>\n  <boolean>{word}</boolean>\n</sparql>\n",
    }
    return iter([texts.get(chosen, f"{word}\n")])


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
    labels = _BlankLabels()

    def field(cell: Cell | None) -> str:
        if cell is None:
            return ""
        term = _term(cell)
        if isinstance(term, ox.Literal):
            return _literal(term, turtle.bracketed)
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
    labels = _BlankLabels()

    def binding(name: str, term: turtle.Term) -> str:
        where = f"column {name}"
        if isinstance(term, ox.BlankNode):
            return f"<bnode>{labels[term]}</bnode>"
        # Some readers trim; white space at the ends is safe as a character reference.
        text = re.sub(r"^[ \t\n]+|[ \t\n]+\Z", _referred, _xml(term.value, where))
        if isinstance(term, ox.NamedNode):
            return f"<uri>{text}</uri>"
        kind = "" if term.datatype == _STRING else f' datatype="{_xml(term.datatype.value, where)}"'
        if term.language:
            kind = f' xml:lang="{term.language}"'
        return f"<literal{kind}>{text}</literal>"

    named = {name: _xml(name, "a column's name") for name in columns}
    heads = "".join(f'    <variable name="{name}"/>\n' for name in named.values())
    yield f"{_SRX_START}  <head>\n{heads}  </head>\n  <results>\n"
    for row in rows:
        bound = ((name, _term(cell)) for name, cell in zip(columns, row, strict=True) if cell is not None)
        parts = (f'<binding name="{named[name]}">{binding(name, term)}</binding>' for name, term in bound)
        yield f"    <result>{''.join(parts)}</result>\n"
    yield "  </results>\n</sparql>\n"


# --- files ---------------------------------------------------------------------------------------------------------

_WHY = {
    errno.ENOENT: ("the folder does not exist.", "Make the folder first."),
    errno.ENOTDIR: ("a part of its path is not a folder.", "Choose another path."),
    errno.EISDIR: ("it is a folder.", "Name a file in it."),
    errno.EACCES: ("permission denied.", "Choose another place."),
    errno.EPERM: ("permission denied.", "Choose another place."),
    errno.EROFS: ("the disk is read-only.", "Choose another place."),
    errno.ENOSPC: ("the disk is full.", "Make room, or choose another place."),
    errno.EDQUOT: ("your share of the disk is full.", "Make room, or choose another place."),
    errno.EFBIG: ("the file would be larger than allowed.", "Choose another place."),
    errno.ENAMETOOLONG: ("the name is too long.", "Choose a shorter one."),
    errno.EPIPE: ("the reader has gone away.", ""),
}


def _refused(path: Path, error: OSError) -> errors.OutputError:
    words, hint = _WHY.get(error.errno or 0, (f"{error.strerror or error}.", ""))
    return errors.OutputError(f"cannot be written: {words}", path=str(path), hint=hint)


def write_file(path: Path, chunks: Iterable[str]) -> None:
    """Write a file whole or not at all: what stood there stays until the new text is on disk.

    A temporary file in the same folder takes the text and then the name. The permissions of an existing file are
    kept, a symbolic link is followed, and what is no regular file (``/dev/stdout``, a pipe) is written directly.

    Raises:
        OutputError: The file cannot be written; nothing has changed.
    """
    try:
        before = os.stat(path)
    except FileNotFoundError:
        before = None
    except (OSError, ValueError) as error:
        raise _refused(path, error if isinstance(error, OSError) else OSError(0, str(error))) from error
    if before is not None and stat.S_ISDIR(before.st_mode):
        raise _refused(path, OSError(errno.EISDIR, ""))
    if before is not None and (not stat.S_ISREG(before.st_mode) or str(path).startswith(_OPEN_FILES)):
        _write_through(path, chunks)
        return
    if before is not None and not os.access(path, os.W_OK):
        raise _refused(path, OSError(errno.EACCES, ""))
    _replace(path, chunks, None if before is None else stat.S_IMODE(before.st_mode))


_OPEN_FILES = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")


def _write_through(path: Path, chunks: Iterable[str]) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    except OSError as error:
        raise _refused(path, error) from error
    try:
        _pour(descriptor, path, chunks)
    finally:
        os.close(descriptor)


def _pour(descriptor: int, path: Path, chunks: Iterable[str]) -> None:
    """Write all chunks; their own errors pass through as they are."""
    for chunk in chunks:
        try:
            rest = memoryview(chunk.encode("utf-8"))
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except UnicodeEncodeError as error:
            raise errors.OutputError("a lone surrogate is not text.", path=str(path)) from error
        except OSError as error:
            raise _refused(path, error) from error


def _replace(path: Path, chunks: Iterable[str], mode: int | None) -> None:
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    try:
        temporary, descriptor = _temporary(folder)
    except OSError as error:
        raise _refused(path, error) from error
    try:
        try:
            _pour(descriptor, path, chunks)
            if mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, target)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError):
            raise _refused(path, error) from error
        raise
    _sync_folder(folder)


def _temporary(folder: str) -> tuple[str, int]:
    """A new hidden file: its path and descriptor; the process's umask decides who may read it."""
    number = 0
    while True:
        path = os.path.join(folder, f".{os.getpid()}-{number}.tmp")
        try:
            return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except FileExistsError:
            number += 1


def _sync_folder(folder: str) -> None:
    """Make the new name last through a crash, where the file system knows how."""
    from contextlib import suppress

    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
