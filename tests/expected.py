"""Expected rows: CSV with CURIEs for things, and an empty cell where nothing is bound."""

from __future__ import annotations

import csv
import io

from pyoxigraph import NamedNode

from csto_graph.names import curie, iri
from csto_graph.rdf.formats import Cell
from csto_graph.rdf.terms import python
from csto_graph.sparql.results import COLUMN_TYPES, Table


def plain(table: Table) -> list[list[str]]:
    """The header and the rows of a table, as they stand in a file of expected rows."""
    return [list(table.columns), *([text_of(cell) for cell in cells] for cells in table.cells)]


def text_of(cell: Cell | None) -> str:
    if cell is None:
        return ""
    return curie(cell.term.value) if isinstance(cell.term, NamedNode) else cell.text


def compare(expected: str, table: Table) -> list[str]:
    """The rows that are expected and missing, or there and unexpected, in order; values count, not their spelling."""
    lines = [line for line in csv.reader(io.StringIO(expected, newline=""), strict=True) if line]
    if lines[:1] != [list(table.columns)]:
        return [f"the columns are {', '.join(table.columns)}"]
    wanted, got = ([tuple(map(value, line, table.types)) for line in rows[1:]] for rows in (lines, plain(table)))
    differing = [at for at in range(max(len(wanted), len(got))) if wanted[at : at + 1] != got[at : at + 1]]
    return [f"row {at + 1}: expected {wanted[at : at + 1]}, got {got[at : at + 1]}" for at in differing[:10]]


def value(text: str, kind: str) -> object:
    """What a cell means in a column of a type."""
    if kind in ("entity", "class", "area"):
        return iri(text)
    try:
        return python(text, COLUMN_TYPES[kind] or "") if text else ""
    except ValueError:
        return text
