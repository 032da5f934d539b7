"""Typed rows, tables, expected files."""

from __future__ import annotations

import copy
import csv
import datetime
import io
import json
import re
import sys
from decimal import Decimal

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode

from csto_graph import errors, names
from csto_graph.sparql.results import COLUMN_TYPES, Entity, Table

XSD = names.PREFIXES["xsd"]
UNODC = NamedNode(names.iri("organization:unodc"))
LABELS = {UNODC.value: "UN Office on Drugs and Crime"}
COLUMNS = {"side": "entity", "date": "date", "count": "integer", "sure": "boolean", "words": "string"}
ROWS = [
    (UNODC, Literal("2006-04-05"), Literal(3), Literal(True), Literal('a "b", c\nd')),
    (None, Literal("2018-11-09/2019-07-26"), Literal(12), Literal(False), Literal("да", language="ru")),
]


def typed(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + datatype))


@pytest.fixture
def table() -> Table:
    return Table(COLUMNS, ROWS, label=LABELS.__getitem__)


@pytest.mark.parametrize(("kind", "term", "value"), [
    ("integer", Literal(-3), -3), ("integer", typed("+007", "long"), 7), ("integer", Literal("x"), "x"),
    ("integer", typed("9" * 5000, "integer"), "9" * 5000), ("integer", typed("٣", "integer"), "٣"),
    ("year", Literal(2010), 2010), ("boolean", typed("0", "boolean"), False),
    ("boolean", typed("yes", "boolean"), "yes"), ("decimal", typed("1.50", "decimal"), Decimal("1.5")),
    ("decimal", typed("NaN", "decimal"), "NaN"), ("date", Literal("2010-03-18"), datetime.date(2010, 3, 18)),
    ("date", Literal("2010-03"), "2010-03"), ("date", Literal("2002"), "2002"),
    ("date", Literal("../2016-11-22"), "../2016-11-22"), ("date", Literal("2008-09-05/.."), "2008-09-05/.."),
    ("date", Literal("2010-02-30"), "2010-02-30"), ("string", Literal("12"), "12"),
    ("string", Literal("да", language="ru"), "да"), ("value", Literal(5), 5), ("value", Literal("5"), "5"),
    ("value", typed("5", "short"), 5), ("value", Literal(True), True), ("value", BlankNode("b0"), "_:b0"),
    ("value", typed("2010-03-18", "date"), datetime.date(2010, 3, 18)),
    ("value", typed("2010-03-18Z", "date"), "2010-03-18Z"), ("value", typed("2010-03", "gYearMonth"), "2010-03"),
    ("value", Literal("x", datatype=NamedNode("http://example.org/integer")), "x"),
    ("value", typed("1.5e0", "double"), 1.5), ("value", typed("INF", "double"), "INF"),
    ("value", typed("x", "double"), "x"), ("entity", None, None), ("entity", Literal("no thing"), "no thing"),
    ("string", NamedNode("http://example.org/"), Entity("http://example.org/", "", "")),
    *((kind, Literal("abc"), "abc") for kind in COLUMN_TYPES),
])  # fmt: skip
def test_term_becomes_the_value_of_its_column(kind: str, term: object, value: object) -> None:
    """Each column type gives its Python values, and shows as it is what does not fit."""
    got = Table({"x": kind}, [(term,)])[0].x
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize("kind", ["entity", "class", "area", "value"])
def test_thing_has_iri_label_and_curie(kind: str) -> None:
    """A thing reads as its label and is what its IRI says; its label is asked for once, for a look-up has its cost."""
    asked: list[str] = []
    table = Table({"a": kind, "b": "value"}, [(UNODC, UNODC)] * 3, label=lambda iri: asked.append(iri) or "a label")
    thing = table[0].a
    assert (thing.iri, thing.curie, str(thing), asked) == (UNODC.value, "organization:unodc", "a label", [UNODC.value])
    assert thing == Entity(UNODC.value, "another label", "")
    assert thing != Entity("http://example.org/", thing.label, thing.curie)


def test_row_is_read_by_name_and_position(table: Table) -> None:
    """Attribute, name, index, slice and unpacking agree, for a column named like a method of sequences too."""
    row = table[0]
    assert row.count == row["count"] == row[2] == [*row][2] == 3
    assert (row[-1], row[1:3]) == ('a "b", c\nd', (datetime.date(2006, 4, 5), 3))
    assert (len(row), "count" in dir(row), hasattr(row, "nope")) == (5, True, False)
    assert len({row, copy.deepcopy(row), table[1]}) == 2
    assert repr(table[1]).startswith("Row(side=None, date='2018-11-09/2019-07-26', count=12")
    with pytest.raises(errors.UnknownName, match="The columns are side, date"):
        row["nope"]
    with pytest.raises(IndexError):
        row[5]


def test_table_is_a_sequence_of_rows(table: Table) -> None:
    """Length, iteration, index, truth, equality and terms."""
    assert (len(table), [row.count for row in table], bool(Table(COLUMNS, []))) == (2, [3, 12], False)
    assert (table.columns, table.types) == (tuple(COLUMNS), tuple(COLUMNS.values()))
    assert [table.terms(at) for at in (0, 1)] == ROWS
    assert table == Table(COLUMNS, ROWS)
    assert table not in (Table(COLUMNS, ROWS[::-1]), Table(COLUMNS | {"words": "choice"}, ROWS), ROWS)
    assert repr(table).startswith("<Table 2 rows: side, date, count, sure, words; first: Row(side=Entity(")
    assert repr(Table({"x": "year"}, [])) == "<Table 0 rows: x>"


def test_tables_are_of_values_and_as_wide_as_their_columns() -> None:
    """Two spellings of a number are one; a cell too few is never shifted."""
    assert Table({"x": "integer"}, [(typed("07", "integer"),)]) == Table({"x": "integer"}, [(typed("7", "int"),)])
    with pytest.raises(ValueError, match="zip"):
        Table({"a": "string", "b": "string"}, [(Literal("x"),)])


def test_cells_serve_the_writers(table: Table) -> None:
    """A cell has a text for people, a value for JSON and its term."""
    first, second = table.cells
    assert [cell.text for cell in first] == [LABELS[UNODC.value], "2006-04-05", "3", "true", 'a "b", c\nd']
    assert first[0].value == {"iri": UNODC.value, "curie": "organization:unodc", "label": LABELS[UNODC.value]}
    assert [cell.value for cell in first[1:]] == ["2006-04-05", 3, True, 'a "b", c\nd']
    assert (second[0], second[1].value) == (None, "2018-11-09/2019-07-26")
    lines = list(csv.reader(io.StringIO(table.to_csv(), newline="")))
    assert lines[:2] == [list(COLUMNS), [cell.text for cell in first]]
    data = json.loads(table.to_json())
    assert (data["format"], data["columns"]) == ("csto-graph/rows/1", list(COLUMNS))
    assert (data["rows"][0]["count"], data["rows"][0]["side"]["curie"]) == (3, "organization:unodc")


def test_html_is_escaped_links_only_to_the_web_and_says_what_it_leaves_out() -> None:
    """Nothing from the data becomes markup, and no scheme that runs becomes a link."""
    hostile = "<script>alert(1)</script>\"'&"
    web = NamedNode("https://example.org/?a=1&b='2'")
    running = [NamedNode("javascript:alert(document.domain)"), NamedNode("data:x,y")]
    rows = [(Literal(hostile), web), *((None, address) for address in running)]
    html = Table({"a": "string", "<b>": "entity"}, rows, label=lambda iri: f"<i>{iri}</i>")._repr_html_()
    assert not re.search("<script|<i>", html)
    assert "<th>&lt;b&gt;</th>" in html
    assert '<a href="https://example.org/?a=1&amp;b=&#x27;2&#x27;">' in html
    assert (html.count("<a href="), html.count("<td></td>")) == (1, 2)
    html = Table({"n": "integer"}, [(Literal(n),) for n in range(130)])._repr_html_()
    assert (html.count("<tr>"), "and 30 more" in html) == (101, True)


def test_pandas_gets_columns_of_one_type(table: Table) -> None:
    """Labels and dates as text, IRIs and bounds beside them, numbers and truth values as such, gaps as missing."""
    pandas = pytest.importorskip("pandas")
    frame = table.to_pandas()
    assert list(frame) == [
        "side", "side_iri", "date", "date_earliest", "date_latest", "count", "sure", "words",
    ]  # fmt: skip
    assert list(frame.isna().sum()) == [1, 1, 0, 0, 0, 0, 0, 0]
    assert list(frame.side.dropna()) == [LABELS[UNODC.value]]
    assert frame.groupby("side")["count"].sum().to_dict() == {LABELS[UNODC.value]: 3}
    assert len(frame[frame.side == LABELS[UNODC.value]]) == len(frame[frame.side_iri == UNODC.value]) == 1
    assert len(frame[frame.date_latest < "2018-01-01"]) == len(frame[frame.sure]) == 1
    assert list(frame.sort_values("date_earliest", ascending=False)["count"]) == [12, 3]
    assert [str(day)[:10] for day in frame.date_latest] == ["2006-04-05", "2019-07-25"]
    back = pandas.read_csv(io.StringIO(frame.to_csv(index=False)), parse_dates=["date_earliest", "date_latest"])
    assert back.astype(dict(frame.dtypes)).equals(frame)
    assert list(Table(COLUMNS, []).to_pandas().dtypes) == list(frame.dtypes)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("2012-02", "2012-02-01", "2012-02-29"), ("0001", "0001-01-01", "0001-12-31"),
     ("[..2016-11-22]", "", "2016-11-22"), ("[2019-01-01..2019-11-11]", "2019-01-01", "2019-11-11"),
     ("2008-09-05/..", "2008-09-05", ""), ("2017-11-30/2018-11", "2017-11-30", "2018-11-29"), ("1 May", "", ""),
     ("0001-01-01/0001-01-01", "", "")],
)  # fmt: skip
def test_bounds_of_dates_can_be_sorted(text: str, first: str, last: str) -> None:
    """The first and the last day of a date, also far from today; what has no bound is missing."""
    pandas = pytest.importorskip("pandas")
    row = Table({"date": "date"}, [(Literal(text),)]).to_pandas().iloc[0]
    assert ["" if pandas.isna(day) else str(day)[:10] for day in row[1:]] == [first, last]


def test_pandas_is_asked_for(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the message says what to install."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(errors.MissingExtra, match="pip install pandas"):
        table.to_pandas()
