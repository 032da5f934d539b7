"""Values of literals: what is well-formed, what is equal, what Python makes of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from csto_graph.rdf import literals

XSD = "http://www.w3.org/2001/XMLSchema#"


def text(lexical: str, datatype: str) -> str:
    return f'"{lexical}"^^<{XSD}{datatype}>'


@pytest.mark.parametrize(("lexical", "datatype", "expected"), [
    ("01", "xsd:integer", True), ("+1", "xsd:integer", True), ("1.0", "xsd:integer", False), ("", "xsd:integer", False),
    ("١", "xsd:integer", False), ("-0", "xsd:nonNegativeInteger", True), ("128", "xsd:byte", False),
    ("0", "xsd:positiveInteger", False), ("18446744073709551615", "xsd:unsignedLong", True),
    ("1.", "xsd:decimal", True), (".5", "xsd:decimal", True), ("1e3", "xsd:decimal", False),
    ("1e3", "xsd:double", True), ("INF", "xsd:float", True), ("inf", "xsd:float", False), ("NaN", "xsd:double", True),
    ("True", "xsd:boolean", False), ("0", "xsd:boolean", True),
    ("2010-03-18", "xsd:date", True), ("2010-03-18+03:00", "xsd:date", True), ("2010-3-18", "xsd:date", False),
    ("2011-02-29", "xsd:date", False), ("2010-03-18T00:00:00", "xsd:date", False), ("-0044-03-15", "xsd:date", None),
    ("10000-01-01", "xsd:date", None), ("0000-01-01", "xsd:date", None),
    ("2010-13", "xsd:gYearMonth", False), ("2010", "xsd:gYear", True), ("10", "xsd:gYear", False),
    ("2010-03-18T24:00:00", "xsd:dateTime", True), ("2010-03-18T24:00:01", "xsd:dateTime", False),
    ("2010-03-18T10:00:00", "xsd:dateTimeStamp", False), ("2010-03-18T10:00:00+14:00", "xsd:dateTimeStamp", True),
    ("P1Y", "xsd:duration", None), ("anything", "ex:unknown", None), ("é", "xsd:NCName", None),
    ("YWI=", "xsd:base64Binary", True), ("YWJ=", "xsd:base64Binary", False), ("0g", "xsd:hexBinary", False),
])  # fmt: skip
def test_lexical_spaces(lexical: str, datatype: str, expected: bool | None):
    assert literals.well_formed(lexical, datatype) is expected


@pytest.mark.parametrize(("one", "other", "expected"), [
    (text("5", "int"), text("05", "nonNegativeInteger"), False),
    (text("5", "int"), text("5.0", "decimal"), False),
    (text("5", "int"), text("5", "double"), True),
    (text("2010-03-18", "date"), text("2010-03-19", "date"), True),
    (text("2010-03-18", "date"), text("2010-03-18Z", "date"), False),  # it may be that day's span
    (text("2010-03-18Z", "date"), text("2010-03-18+00:00", "date"), False),
    (text("2010", "gYear"), text("2011", "gYear"), True),
    (text("2010-01-01T00:00:00Z", "dateTime"), text("2010-01-01T01:00:00+01:00", "dateTime"), False),
    (text("2010-01-01T24:00:00", "dateTime"), text("2010-01-02T00:00:00", "dateTime"), False),
    (text("x", "int"), text("y", "int"), False),  # neither has a value
    ('"a"@en', '"a"@EN', False), ('"a"@en', '"a"', True), (r'"\u00E9"', '"é"', False),
])  # fmt: skip
def test_what_surely_differs(one: str, other: str, expected: bool):
    assert literals.unequal(one, other) is literals.unequal(other, one) is expected


@pytest.mark.parametrize(("lexical", "datatype", "value", "canonical"), [
    ("-007", "integer", -7, "-7"), ("255", "unsignedByte", 255, "255"), ("-0", "integer", 0, "0"),
    ("01.50", "decimal", Decimal("1.50"), "1.5"), ("100", "decimal", Decimal(100), "100"),
    ("-0.0", "decimal", Decimal(0), "0"), ("1." + "3" * 40, "decimal", Decimal("1." + "3" * 40), "1." + "3" * 40),
    ("1E3", "double", 1000.0, "1000.0"), ("1e999", "double", "1e999", "1e999"), ("NaN", "float", "NaN", "NaN"),
    ("0", "boolean", False, "false"), ("2010-03-18", "date", date(2010, 3, 18), "2010-03-18"),
    ("2010-03-18Z", "date", "2010-03-18Z", "2010-03-18Z"), ("2010-03", "gYearMonth", "2010-03", "2010-03"),
    (" 1", "string", " 1", " 1"), ("P1Y", "duration", "P1Y", "P1Y"),
    *((lexical, datatype, None, lexical) for lexical, datatype in (
        ("x", "integer"), ("1" * 5000, "integer"), ("256", "unsignedByte"), ("yes", "boolean"),
        ("2010-02-30", "date"))),
])  # fmt: skip
def test_python_values_and_one_text_for_each(lexical: str, datatype: str, value: object, canonical: str):
    if value is None:
        with pytest.raises(ValueError, match=r"datatype|digits|day"):
            literals.python(lexical, XSD + datatype)
    else:
        found = literals.python(lexical, XSD + datatype)
        assert (type(found), found) == (type(value), value)
    assert literals.canonical(lexical, XSD + datatype) == canonical
