"""The index over triples, terms of rdflib, and what literals mean: what is well-formed, what is equal, in Python."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyoxigraph as ox
import pytest

from csto_graph.rdf import terms
from csto_graph.rdf.terms import TripleIndex, list_members, to_rdflib


def test_index_of_a_graph():
    graph = ox.parse(b"@prefix : <urn:> . :a :p :c, :b ; :q 1 . :d :p :b .", format=ox.RdfFormat.TURTLE)
    index = TripleIndex(graph)
    a, b, c, d, p, q = (ox.NamedNode(f"urn:{name}") for name in "abcdpq")
    assert (index.objects(a, p), index.objects(d, q), index.objects(c, p)) == ([c, b], [], [])  # as they came
    assert (index.one(a, p), index.one(c, p)) == (b, None)
    assert index.subjects(p, b) == [a, d]
    index.add(c, p, b)
    assert index.subjects(p, b) == [a, d, c] == list(index)
    assert set(index.about(a)) == {p, q}
    assert list(index.pairs(p)) == [(a, c), (a, b), (d, b), (c, b)]


LIST = "@prefix : <urn:> . @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . :a :p "


@pytest.mark.parametrize(("text", "expected"), [
    ("()", []), ("(1 1)", ["1", "1"]), (":b . :b rdf:first 1 ; rdf:rest ()", ["1"]),
    (":b . :b rdf:first 1 ; rdf:rest :b", []), (":b . :b rdf:first 1, 2 ; rdf:rest ()", []), (":b", []),
    (":b . :b rdf:first 1", []),
])  # fmt: skip
def test_lists(text: str, expected: list[str]):
    index = TripleIndex(ox.parse(f"{LIST}{text} .".encode(), format=ox.RdfFormat.TURTLE))
    head = index.one(ox.NamedNode("urn:a"), ox.NamedNode("urn:p"))
    assert [member.value for member in list_members(index.objects, head)] == expected


def test_a_triple_is_no_term_of_rdflib():
    node = ox.NamedNode("urn:a")
    with pytest.raises(TypeError, match="no counterpart"):
        to_rdflib(ox.Triple(node, node, node))


XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.mark.parametrize(("lexical", "datatype", "expected"), [
    ("01", "xsd:integer", True), ("+1", "xsd:integer", True), ("1.0", "xsd:integer", False), ("", "xsd:integer", False),
    ("١", "xsd:integer", False), ("-0", "xsd:nonNegativeInteger", True), ("128", "xsd:byte", False),
    ("0", "xsd:positiveInteger", False), ("18446744073709551615", "xsd:unsignedLong", True),
    ("1.", "xsd:decimal", True), (".5", "xsd:decimal", True), ("1e3", "xsd:decimal", False),
    ("1e3", "xsd:double", True), ("INF", "xsd:float", True), ("inf", "xsd:float", False), ("NaN", "xsd:double", True),
    ("True", "xsd:boolean", False), ("0", "xsd:boolean", True),
    ("2010-03-18", "xsd:date", True), ("2010-03-18+03:00", "xsd:date", True),
    ("2011-02-29", "xsd:date", False), ("2010-03-18T00:00:00", "xsd:date", False), ("-0044-03-15", "xsd:date", None),
    ("10000-01-01", "xsd:date", None), ("0000-01-01", "xsd:date", None),
    ("2010-13", "xsd:gYearMonth", False), ("2010", "xsd:gYear", True), ("10", "xsd:gYear", False),
    ("02010", "xsd:gYear", False), ("12010", "xsd:gYear", None),
    ("2010-03-18T24:00:00", "xsd:dateTime", True), ("2010-03-18T24:00:01", "xsd:dateTime", False),
    ("2010-03-18T10:00:00", "xsd:dateTimeStamp", False), ("2010-03-18T10:00:00+14:00", "xsd:dateTimeStamp", True),
    ("P1Y", "xsd:duration", None), ("anything", "ex:unknown", None), ("é", "xsd:NCName", None),
    ("YWI=", "xsd:base64Binary", True), ("YWJ=", "xsd:base64Binary", False), ("0g", "xsd:hexBinary", False),
])  # fmt: skip
def test_lexical_spaces(lexical: str, datatype: str, expected: bool | None):
    assert terms.well_formed(lexical, datatype) is expected


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
            terms.python(lexical, XSD + datatype)
    else:
        found = terms.python(lexical, XSD + datatype)
        assert (type(found), found) == (type(value), value)
    assert terms.canonical(lexical, XSD + datatype) == canonical
