"""The registry, and the writers of graphs and tables."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_turtle import blanks, canonical, hostile_text, iris, lists, literals, statements

from csto_graph import errors, names
from csto_graph.rdf import formats, turtle
from csto_graph.rdf.terms import from_rdflib

COOP, XSD, RDF, SKOS = (names.PREFIXES[prefix] for prefix in ("coop", "xsd", "rdf", "skos"))
S, P = ox.NamedNode("urn:s"), ox.NamedNode(COOP + "p")
CONTEXT = {"@context": {
    "@version": 1.1, **names.PREFIXES, "Resolution": {"@id": "coop:Resolution"}, "symbol": {"@id": "coop:symbol"},
    "label": {"@id": "skos:prefLabel", "@container": "@language"},
    "title": {"@id": "coop:officialTitle", "@container": ["@language", "@set"]},
    "number": {"@id": "coop:9", "@type": "xsd:integer"}, "date": {"@id": "coop:x-", "@type": "xsd:date"},
    "part": {"@id": "coop:a.b", "@type": "@id"}, "concept": {"@id": "coop:list", "@type": "@id"},
}}  # fmt: skip
READERS = {
    "turtle": (ox.RdfFormat.TURTLE, "turtle"), "ntriples": (ox.RdfFormat.N_TRIPLES, "nt"),
    "nquads": (ox.RdfFormat.N_QUADS, "nquads"), "trig": (ox.RdfFormat.TRIG, "trig"),
    "rdfxml": (ox.RdfFormat.RDF_XML, "xml"), "jsonld": (ox.RdfFormat.JSON_LD, "json-ld"),
    "jsonld with terms": (ox.RdfFormat.JSON_LD, "json-ld"),
}  # fmt: skip


def written(triples: Any, name: str) -> str:
    format, _, terms = name.partition(" ")
    return "".join(formats.write_graph(triples, format, context=CONTEXT if terms else None))


def reread(text: str, name: str) -> list[ox.Quad]:
    return list(ox.parse(text.encode(), format=READERS[name][0]))


def by_rdflib(text: str, name: str) -> list[ox.Triple]:
    """The triples as rdflib reads them, lexical forms untouched."""
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of rdflib, within rdflib
            data = rdflib.Dataset(default_union=True)
            data.parse(data=text, format=READERS[name][1])
            return [ox.Triple(*map(from_rdflib, triple)) for triple in data.triples((None, None, None))]
    finally:
        rdflib.NORMALIZE_LITERALS = before


# --- the registry --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "output", "found"), [
    ("ttl", "x.csv", "turtle"), ("JSON-LD", None, "jsonld"), ("nt", "-", "ntriples"), ("xml", None, "rdfxml"),
    ("md", None, "markdown"), (None, "a/b.TTL", "turtle"), (None, Path("x.nq.gz"), "nquads"), (None, "-", "turtle"),
])  # fmt: skip
def test_names_aliases_and_endings(asked: str | None, output: str | Path | None, found: str):
    """One name and its usual others, in any case; else the file's ending says it; none stands for two formats."""
    assert formats.choose(asked, output, (*formats.GRAPHS, *formats.TABLES)) == found
    spellings = [spelling for one in formats.FORMATS for spelling in {one.name, *one.also}]
    assert len(set(spellings)) == len(spellings)


def test_unknown_names_and_endings_are_told():
    """A near miss is answered with the name meant; a table format is no graph format; endings that are known."""
    for name, known in (("turtel", formats.GRAPHS), ("csv", formats.GRAPHS), ("trig", formats.TABLES)):
        with pytest.raises(errors.UnknownName, match=f"Did you mean {known[0]}|Formats here: {known[0]}"):
            formats.choose(name, None, known)
    for path in ("x", "x.gz", "x.docx", ".ttl"):
        with pytest.raises(errors.UnknownName, match=r"\.jsonld"):
            formats.choose(None, path, formats.GRAPHS)
        assert formats.choose(None, path, ("text", "json")) == "text"


# --- graphs --------------------------------------------------------------------------------------------------------


def typed(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


SAMPLE = [
    ox.Triple(ox.NamedNode(names.PREFIXES["instrument"] + f"a-res-{n}"), ox.NamedNode(p), o)
    for n in (9, 64) for p, o in (
        (RDF + "type", ox.NamedNode(COOP + "Resolution")), (SKOS + "prefLabel", ox.Literal("Ответ <&>", language="ru")),
        (SKOS + "prefLabel", ox.Literal("Answer", language="en")), (COOP + "symbol", ox.Literal("A/RES/1")),
        (COOP + "9", ox.Literal(5)), (COOP + "x-", typed("2010-03-02", "date")),
        (COOP + "a.b", ox.NamedNode("http://example.org/x?a=1&b=2")),
    )
]  # fmt: skip


def test_statements_and_graphs_stand_in_order():
    """A line for each statement, once; TriG has the default graph first, then the others, each in that order."""
    quads = [ox.Quad(*t, g) for t in SAMPLE for g in (ox.DefaultGraph(), ox.NamedNode("urn:g"))]
    *lines, end = written(quads * 2, "ntriples").split("\n")
    assert (lines, len(lines), end) == (sorted(set(lines)), len(SAMPLE), "")
    assert written(quads, "nquads").count(" <urn:g> .\n") == len(SAMPLE)
    quads = [ox.Quad(S, P, o, g) for o in (S, P) for g in map(ox.NamedNode, ("urn:h", "urn:g"))]
    assert written([*quads, ox.Quad(S, P, P)], "trig") == (
        f"@prefix coop: <{COOP}> .\n<urn:s> coop:p coop:p .\n"
        "<urn:g> {\n    <urn:s> coop:p coop:p , <urn:s> .\n}\n<urn:h> {\n    <urn:s> coop:p coop:p , <urn:s> .\n}\n"
    )


def test_jsonld_is_compact_with_a_context_and_loses_nothing():
    """One entity, one object: types by name, language maps, native numbers where nothing is lost, coerced dates.

    Lexical forms that JSON would change, and values a term does not promise, are written out.
    """
    odd = [ox.Triple(S, ox.NamedNode(predicate), value) for predicate, value in (
        (COOP + "9", typed("05", "integer")), (COOP + "9", typed(str(2**53), "integer")),
        (COOP + "x-", ox.Literal("soon")), (COOP + "x-", S), (COOP + "x-", ox.Literal(5)),
        (COOP + "list", ox.NamedNode(COOP + "Resolution")), (COOP + "p", ox.Literal("x")),
        ("urn:unknown", typed("1.0", "decimal")), (SKOS + "prefLabel", ox.Literal("no language")),
    )]  # fmt: skip
    text = written([*odd, *SAMPLE], "jsonld with terms")
    document = json.loads(text)
    assert document["@context"] == CONTEXT["@context"]
    assert list(document["@graph"][0].items()) == [
        ("@id", "instrument:a-res-9"), ("@type", "Resolution"), ("label", {"en": "Answer", "ru": "Ответ <&>"}),
        ("symbol", "A/RES/1"), ("number", 5), ("part", "http://example.org/x?a=1&b=2"), ("date", "2010-03-02"),
    ]  # fmt: skip
    assert document["@graph"][2] == {
        "@id": "urn:s", "number": ["05", str(2**53)], "concept": "coop:Resolution", "coop:p": "x",
        "date": [{"@id": "urn:s"}, {"@value": "5", "@type": "xsd:integer"}, {"@value": "soon"}],
        "urn:unknown": {"@value": "1.0", "@type": "xsd:decimal"}, "skos:prefLabel": "no language",
    }  # fmt: skip
    assert canonical(reread(text, "jsonld")) == canonical(by_rdflib(text, "jsonld")) == canonical([*odd, *SAMPLE])


@pytest.mark.parametrize(("name", "triple", "words"), [
    *(("rdfxml", ox.Triple(S, ox.NamedNode(iri), S), iri) for iri in (
        "urn:x/1", "http://e.org/a/", RDF + "li", "http://e.org/a#9", "urn:a\u2028:b")),
    *(("rdfxml", ox.Triple(S, P, ox.Literal(f"a{char}")), f"U\\+{ord(char):04X} in coop:p of <urn:s>")
      for char in "\x00\x07\x0b\x1b\ufffe\uffff"),
    ("jsonld", ox.Triple(ox.NamedNode("coop:x"), P, S), "coop:x"),
])  # fmt: skip
def test_what_a_format_cannot_hold_is_refused(name: str, triple: ox.Triple, words: str):
    """A property that is no XML name, a character, an IRI that reads as a prefixed name: each is named."""
    with pytest.raises(errors.OutputError, match=words):
        written([triple], name)


def or_refused(triples: Any, name: str) -> str:
    try:
        return written(triples, name)
    except errors.OutputError:
        return ""


KINDS: list[dict[str, Any]] = [{}, {"language": "ru"}, {"datatype": ox.NamedNode("urn:t")}]
texts = hostile_text.map(lambda text: [ox.Triple(S, P, ox.Literal(text, **kind)) for kind in KINDS])


@pytest.mark.parametrize("name", READERS)
@given(triples=st.one_of(statements(), lists(), texts), order=st.randoms(use_true_random=False))
@settings(max_examples=70, deadline=None)
def test_every_format_comes_back(name: str, triples: list[ox.Triple], order: random.Random):
    """Term for term, by two readers, with hostile texts, blank nodes and lists, sound or damaged; or it is refused.

    Shuffled statements under other labels give the same bytes, and a file in canonical form stays as it is.
    """
    text = or_refused(triples, name)
    if text or name not in ("rdfxml", "turtle"):
        assert canonical(reread(text, name)) == canonical(by_rdflib(text, name)) == canonical(triples)
    terms = {term for triple in triples for term in triple}
    fresh = {term: ox.BlankNode() for term in terms if isinstance(term, ox.BlankNode)}
    shuffled = [ox.Triple(*(fresh.get(term, term) for term in triple)) for triple in triples]
    order.shuffle(shuffled)
    assert or_refused(shuffled, name) == text
    assert name != "turtle" or turtle.format(text) == text


# --- tables --------------------------------------------------------------------------------------------------------


def cell(term: Any, value: Any = None, text: str | None = None) -> formats.Cell:
    term = ox.Literal(term) if isinstance(term, str) else term
    return formats.Cell(term.value if text is None else text, term.value if value is None else value, term)


ROWS = [
    [cell("a|b\n<i>"), None],
    [cell(ox.Literal("漢Ａ", language="zh")), cell(ox.NamedNode("urn:x"), {"iri": "urn:x", "label": "Имя"}, "Имя")],
    [cell(ox.Literal(5), 5), cell(ox.BlankNode("node"))],
]


def table(name: str, rows: Any = ROWS, columns: Sequence[str] = ("first", "second"), width: int | None = None) -> str:
    return "".join(formats.write_table(columns, rows, name, width=width))


def test_tables_for_reading():
    """CJK takes two columns, Cyrillic one; an end of line is shown or written out, and steers nothing."""
    assert table("table") == (
        "┌─────────┬────────┐\n"
        "│ first   │ second │\n"
        "├─────────┼────────┤\n"
        "│ a|b↵<i> │        │\n"
        "│ 漢Ａ    │ Имя    │\n"
        "│ 5       │ node   │\n"
        "└─────────┴────────┘\n"
    )
    text = table("table", [[cell("\x1b[31mred\x07\u202e"), None]])
    assert "\x1b" not in text
    assert "\\u001B[31mred\\u0007\\u202E" in text
    endless = [[cell(text)] for text in ("http://x/" + "a" * 100_000, *"b" * 100)]
    assert len(table("table", endless, ["x"], width=80)) < 1_000_000  # no row is made as wide as another
    assert table("md").splitlines()[:3] == ["| first | second |", "| --- | --- |", "| a\\|b<br>&lt;i> |  |"]


WORDS = ("A/RES/64/256", "instrument:a-res-71-12", "2006-04-05", "[2019-01-01..2019-11-11]", "Организации", "<urn:x>",
         "2018-11-09/2019-07-26", "https://en.odkb-csto.org/" + "international_org/" * 6, "漢字漢字漢字")  # fmt: skip


@given(st.lists(st.tuples(*[st.lists(st.sampled_from(WORDS), min_size=1, max_size=12)] * 6), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_tables_fit_every_usual_terminal(texts: list[tuple[list[str], ...]]):
    """Every word is whole in any width, no line is wider but one of an address alone, and rows are told apart."""
    rows = [[cell(" ".join(words)) for words in row] for row in texts]
    columns = ["instrument", "kind", "date", "place", "certainty", "disputed"]
    for width in (80, 100, 120):
        text = table("table", rows, columns, width=width)
        assert Counter(re.findall(r"[^\s│]+", text)) >= Counter(word for row in texts for each in row for word in each)
        assert all(len(line) + len(re.findall("[漢字]", line)) <= width or line in WORDS for line in text.splitlines())
        told = text.count("├") if "│" in text else text.count("\n\n")
        assert told == len(rows) or len(text.splitlines()) == len(rows) + 4


@given(st.lists(st.lists(hostile_text, min_size=2, max_size=2), max_size=5))
def test_csv_comes_back(texts: list[list[str]]):
    """What a CSV reader reads is what was written (RFC 4180)."""
    text = table("csv", [[cell(t) for t in row] for row in texts])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["first", "second"], *texts]


@pytest.mark.parametrize(("text", "expected"), [
    ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"), ("+1+2", "'+1+2"), ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1", "'\t=1"), ("\r=1", "\"'\r=1\""), ("\n=1", "\"'\n=1\""), ("＝1", "'＝1"), ('="x"', '"\'=""x"""'),
    ("-5", "-5"), ("+7.25", "+7.25"), ("a=b", "a=b"), ("", '""'), ("A/RES/64/256", "A/RES/64/256"),
])  # fmt: skip
def test_csv_for_spreadsheets_has_no_formulas(text: str, expected: str):
    """A cell that a spreadsheet would run begins with an apostrophe; plain CSV has every text as it is.

    An empty cell alone on its line is quoted, so that readers do not skip it.
    """
    rows = [[cell(text)], [None]]
    assert table("sheet", rows, ["x"]) == f'x\n{expected}\n""\n'
    assert list(csv.reader(io.StringIO(table("csv", rows, ["x"]), newline=""))) == [["x"], [text], [""]]


RESULTS = {"tsv": ox.QueryResultsFormat.TSV, "srj": ox.QueryResultsFormat.JSON, "srx": ox.QueryResultsFormat.XML}


@pytest.mark.parametrize("name", RESULTS)
@example(rows=[(ox.Literal(" \n"), ox.Literal("\tx\r"))])
@given(rows=st.lists(st.tuples(st.one_of(iris, literals, blanks), st.one_of(st.none(), literals)), max_size=4))
@settings(max_examples=60, deadline=None)
def test_results_formats_come_back_as_terms(name: str, rows: list[tuple[Any, Any]]):
    """Another reader of the W3C formats sees the same terms and gaps; white space at the ends is there once."""
    try:
        text = table(name, [[None if term is None else cell(term) for term in row] for row in rows])
    except errors.OutputError:
        assert name == "srx"
        return
    found = [tuple(solution) for solution in ox.parse_query_results(text.encode(), format=RESULTS[name])]
    order: dict[Any, Any] = {}
    expected = [
        tuple(order.setdefault(t, ox.BlankNode(f"b{len(order)}")) if isinstance(t, ox.BlankNode) else t for t in row)
        for row in rows
    ]
    assert found == expected
    if name == "srx":
        nodes = [node.text or "" for node in ElementTree.fromstring(text).iter() if node.tag.endswith("literal")]
        assert nodes == [term.value for row in rows for term in row if isinstance(term, ox.Literal)]


def test_json_shape():
    """The documented shape: format, columns, rows; a gap is null; not-a-number is a text."""
    document = json.loads(table("json"))
    assert (document["format"], document["columns"]) == ("csto-graph/rows/1", ["first", "second"])
    assert document["rows"][0] == {"first": "a|b\n<i>", "second": None}
    assert document["rows"][1]["second"] == {"iri": "urn:x", "label": "Имя"}
    assert [json.loads(line) for line in table("jsonl").splitlines()] == document["rows"]
    endless = [[formats.Cell("NaN", float("nan")), formats.Cell("INF", float("inf"))]]
    assert json.loads(table("jsonl", endless)) == {"first": "NaN", "second": "INF"}


def test_tables_without_rows_and_answers_without_columns():
    """The empty table is still a table in every format, and an ASK answer one word or document."""
    assert json.loads(table("json", []))["rows"] == []
    assert "second" in table("table", [])
    for answer, word in ((True, "true"), (False, "false")):
        for name in formats.TABLES:
            assert isinstance(table(name, []) + table(name, [], []), str)
            text = "".join(formats.write_boolean(answer, name))
            if name in ("srj", "srx"):
                assert bool(ox.parse_query_results(text, format=RESULTS[name])) is answer
            else:
                assert text == f"{word}\n" or json.loads(text)["boolean"] is answer
