"""Typed rows: what a query answers, as Python values, tables and expected files.

A solution is a sequence of terms (``None`` where a variable is unbound). `Table` turns each into a `Row` of
Python values by the types of its columns:

=====================  ============================================================================================
``integer year``       `int`
``decimal boolean``    `decimal.Decimal`, `bool` (and `float` for a double in a ``value`` column)
``date``               `datetime.date` for a full day; else the EDTF text: ``2003-12``, ``2018-11-09/2019-07-26``
``entity class area``  `Entity`
``string language``    `str`
``choice``             `str`
``value``              whichever of these the term itself calls for
=====================  ============================================================================================

A term that does not fit its column comes out as ``value`` would give it: an answer is shown, not hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any

from pyoxigraph import Literal, NamedNode

from .. import errors, names
from ..rdf.formats import Cell, write_table
from ..rdf.terms import days, python
from ..store.engine import Term

#: Every type of columns, with the datatype by which a literal in it is read (`rdf.terms.python`): ``None`` is its
#: own. An IRI is an `Entity` in any column.
COLUMN_TYPES: Mapping[str, str | None] = {
    **dict.fromkeys(("string", "language", "choice", "entity", "class", "area"), "xsd:string"),
    "integer": "xsd:integer", "year": "xsd:integer", "decimal": "xsd:decimal", "boolean": "xsd:boolean",
    "date": "xsd:date", "value": None,
}  # fmt: skip

_SHOWN_ROWS = 100
#: The datatype in a data frame for values of a type, or for those of a column.
_DATATYPES = {
    "bool": "boolean", "int": "Int64", "float": "Float64", "Decimal": "Float64",
    "boolean": "boolean", "integer": "Int64", "year": "Int64", "decimal": "Float64",
}  # fmt: skip


def _bounds(cell: Cell | None) -> list[Cell | None]:
    """The first and the last day that a date can be."""
    text = cell.text.strip("[]") if cell else ".."
    ends = text.split("/" if "/" in text else "..", 1)
    with suppress(ValueError, OverflowError):
        first, last = (days(end) if end.strip(".") else None for end in (ends[0], ends[-1]))
        # The last day of an interval belongs to what follows.
        final = last and last.end - timedelta(days=2 if "/" in text else 1)
        return [Cell(str(day), str(day)) if day else None for day in (first and first.start, final)]
    return [None, None]


class Entity:
    """A thing in an answer; two are equal when their IRIs are.

    Attributes:
        iri: The full IRI.
        label: Its name in the language asked for.
        curie: The short form, or the IRI where no prefix fits.

    >>> str(Entity("http://example.org/a", "An example", "http://example.org/a"))
    'An example'
    """

    __slots__ = ("curie", "iri", "label")  # not by the module of data classes, which each start would wait for

    def __init__(self, iri: str, label: str, curie: str) -> None:
        self.iri, self.label, self.curie = iri, label, curie

    def __eq__(self, other: object) -> bool:
        return self.iri == other.iri if isinstance(other, Entity) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.iri)

    def __repr__(self) -> str:
        return f"Entity(iri={self.iri!r}, label={self.label!r}, curie={self.curie!r})"

    def __str__(self) -> str:
        return self.label


class Row(SimpleNamespace):
    """One answer: ``row.date``, ``row["date"]`` and ``row[1]`` are the same value.

    >>> row = Row(act="A/RES/64/256", date=2010)
    >>> row.date == row["date"] == row[1], [*row]
    (True, ['A/RES/64/256', 2010])
    """

    def __getitem__(self, key: int | slice | str) -> Any:
        """Value by column name or position.

        Raises:
            errors.UnknownName: No column has this name.
        """
        if not isinstance(key, str):
            return tuple(self)[key]
        if key not in vars(self):
            raise errors.UnknownName("column", key, hint=f"The columns are {', '.join(vars(self))}.")
        return vars(self)[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(vars(self).values())

    def __len__(self) -> int:
        return len(vars(self))

    def __hash__(self) -> int:  # type: ignore[override]  # none is changed once it is made
        return hash(tuple(vars(self).items()))


class Table:
    """The rows of one answer, in the order of the query.

    Attributes:
        columns: Names of the columns.
        types: Their types, one of `COLUMN_TYPES` each.
        rows: The answers.
        cells: Rows for the writers of `formats`; an unbound cell is ``None``.
        searched: For an empty answer: which sources were searched, and up to when. Set by the graph.
        narrowed: For an empty answer: the parameters that were given and without which there may be rows; likewise.
        count_undated: Counts the things without a date that a filter by time has left out, by asking once more. Set by
            the graph; see `undated`.
        explain: Explains a cell, given its row (column to term) and its column. Set by the graph; see `why`.

    >>> table = Table({"year": "year", "sure": "boolean"}, [(Literal(2010), None), (Literal("MMX"), Literal(True))])
    >>> table[0].year, table[0].sure, table[1].year, table[1].sure
    (2010, None, 'MMX', True)
    >>> print(table.to_csv(), end="")
    year,sure
    2010,
    MMX,true
    """

    def __init__(
        self,
        columns: Mapping[str, str],
        solutions: Iterable[Sequence[Term | None]],
        *,
        label: Callable[[str], str] = names.curie,
    ) -> None:
        """Type the solutions.

        Args:
            columns: Column name to type, in order; ``value`` where nothing is known about it.
            solutions: One sequence of terms per row, as many as there are columns.
            label: IRI to label.
        """
        self.columns = tuple(columns)
        self.types = tuple(columns.values())
        self.searched: Mapping[str, Any] | None = None
        self.narrowed: Sequence[str] = ()
        self.count_undated: Callable[[], int] = int
        self.explain: Callable[[Mapping[str, Term | None], str], Any] | None = None
        thing = cache(lambda iri: Entity(iri, label(iri), names.curie(iri)))

        def read(term: Term | None, kind: str) -> tuple[Any, Cell | None]:
            """The Python value of a term in a column of a type, and the cell."""
            if term is None:
                return None, None
            if isinstance(term, NamedNode):
                one = thing(term.value)
                return one, Cell(one.label, {"iri": one.iri, "curie": one.curie, "label": one.label}, term)
            text = term.value if isinstance(term, Literal) else str(term)
            value: Any = text
            if isinstance(term, Literal):
                with suppress(ValueError):
                    value = python(text, COLUMN_TYPES[kind] or term.datatype.value)
            return value, Cell(text, value if isinstance(value, bool | int) else text, term)

        rows = [[read(*pair) for pair in zip(solution, self.types, strict=True)] for solution in solutions]
        self.rows = tuple(Row(**{name: value for name, (value, _) in zip(columns, row, strict=True)}) for row in rows)
        self.cells = tuple(tuple(cell for _, cell in row) for row in rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> Row:
        return self.rows[index]

    def __eq__(self, other: object) -> bool:
        mine = (self.columns, self.types, self.rows)
        return isinstance(other, Table) and mine == (other.columns, other.types, other.rows)

    def terms(self, index: int) -> tuple[Term | None, ...]:
        """The terms of one row, as the engine gave them."""
        return tuple(cell.term if cell is not None else None for cell in self.cells[index])

    def why(self, row: int | Row, column: str) -> Any:
        """Why a cell says so: an `Explanation` as `proof.explain_cell` makes it.

        Args:
            row: A row of this table, or its position.
            column: Name of the column.

        Raises:
            errors.UnknownName: There is no such column.
            errors.UsageError: There is no such row, nothing to explain in this cell, or no graph behind the table.
        """
        if self.explain is None:
            raise errors.UsageError("This table came from no graph.", hint="Ask with run(): its tables can say why.")
        try:
            terms = self.terms(row if isinstance(row, int) else self.rows.index(row))
        except (ValueError, IndexError) as error:
            raise errors.UsageError("There is no such row in this table.", hint=f"It has {self._count()}.") from error
        return self.explain(dict(zip(self.columns, terms, strict=True)), column)

    def to_csv(self) -> str:
        """The table as CSV for people: labels for things, empty for unbound."""
        return "".join(write_table(self.columns, self.cells, "csv"))

    def to_json(self) -> str:
        """The table as JSON of the shape ``csto-graph/rows/1``."""
        return "".join(write_table(self.columns, self.cells, "json", undated=self.undated))

    def spread(self) -> tuple[list[str], list[tuple[Cell | None, ...]]]:
        """Columns and cells in which nothing is two things: for data frames and spreadsheets.

        Beside a column ``x`` with things stands ``x_iri``; beside one of dates ``x_earliest`` and ``x_latest``, the
        first and the last day that it can be (none where it has no bound, or is no date).

        >>> columns, [cells] = Table({"day": "date"}, [(Literal("2010-03"),)]).spread()
        >>> columns, [cell.text for cell in cells]
        (['day', 'day_earliest', 'day_latest'], ['2010-03', '2010-03-01', '2010-03-31'])
        """
        spread = list[tuple[str, list[Cell | None]]]()
        for name, kind, *cells in zip(self.columns, self.types, *self.cells, strict=True):
            spread.append((name, cells))
            things = [cell.value if cell and isinstance(cell.value, dict) else None for cell in cells]
            if kind in ("entity", "class", "area") or any(things):
                spread.append((f"{name}_iri", [Cell(one["iri"], one["iri"]) if one else None for one in things]))
            elif kind == "date":
                bounds = [_bounds(cell) for cell in cells]
                for at, end in enumerate(("earliest", "latest")):
                    spread.append((f"{name}_{end}", [pair[at] for pair in bounds]))
        return [name for name, _ in spread], [tuple(cells[at] for _, cells in spread) for at in range(len(self))]

    def to_pandas(self) -> Any:
        """The table as a ``pandas.DataFrame``: texts, numbers and truth values, with the columns that `spread` adds.

        A thing is its label, a date its text; earliest and latest days can be sorted and compared (``datetime64``).
        What is unbound is missing in a type that has that (``Int64``, ``boolean``, ``string``).

        Raises:
            errors.MissingExtra: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise errors.MissingExtra("pandas", "A data frame") from error
        columns, rows = self.spread()
        frame, declared = {}, dict(zip(self.columns, self.types, strict=True))
        for name, *cells in zip(columns, *rows, strict=True):
            values: list[Any] = [cell and cell.text for cell in cells]
            kind = "string" if name.endswith("_iri") else "datetime64[s]"
            if name in declared:
                kinds = {type(row[name]).__name__ for row in self.rows if row[name] is not None} or {declared[name]}
                kind = _DATATYPES.get(kinds.pop(), "string") if len(kinds) == 1 else "string"
                values = values if kind == "string" else [row[name] for row in self.rows]
            frame[name] = pandas.Series(values, dtype=kind)
        return pandas.DataFrame(frame)

    @cached_property
    def undated(self) -> int:
        """How many things without a date a filter by time has left out; asked when it is first read."""
        return self.count_undated()

    def _count(self) -> str:
        return f"{len(self)} row" + ("" if len(self) == 1 else "s")

    def __repr__(self) -> str:
        first = f"; first: {self.rows[0]!r}" if self.rows else ""
        return f"<Table {self._count()}: {', '.join(self.columns)}{first}>"

    def _repr_html_(self) -> str:
        """The first rows for a notebook; text is escaped, and only web addresses become links."""
        from html import escape

        def cell_html(cell: Cell | None) -> str:
            text = "" if cell is None else escape(cell.text)
            address = cell.term.value if cell is not None and isinstance(cell.term, NamedNode) else ""
            # Any other scheme (javascript:, data:) would run in the reader's notebook.
            web = address.startswith(("http://", "https://"))
            return f'<td><a href="{escape(address)}">{text}</a></td>' if web else f"<td>{text}</td>"

        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(f"<tr>{''.join(map(cell_html, cells))}</tr>" for cells in self.cells[:_SHOWN_ROWS])
        rest = len(self) - _SHOWN_ROWS
        caption = f"<caption>and {rest} more</caption>" if rest > 0 else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
