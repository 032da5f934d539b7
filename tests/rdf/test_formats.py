"""The registry, and the writers of graphs and tables."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from test_turtle import blanks, canonical, hostile_text, iris, lists, literals, statements

from csto_graph import errors, names
from csto_graph.rdf import formats

COOP, XSD, RDF, SKOS = (names.PREFIXES[prefix] for prefix in ("coop", "xsd", "rdf", "skos"))
S, P = ox.NamedNode("urn:s"), ox.NamedNode(COOP + "p")

CONTEXT = {
    "@context": {
        "@version": 1.1,
        **names.PREFIXES,
        "Resolution": "coop:Resolution",
        "label": {"@id": "skos:prefLabel", "@container": "@language"},
        "title": {"@id": "coop:officialTitle", "@container": ["@language", "@set"]},
        "symbol": "coop:symbol",
        "number": {"@id": "coop:9", "@type": "xsd:integer"},
        "date": {"@id": "coop:x-", "@type": "xsd:date"},
        "part": {"@id": "coop:a.b", "@type": "@id"},
        "concept": {"@id": "coop:list", "@type": "@vocab"},
    }
}


def written(triples, name: str, **options: Any) -> str:
    return "".join(formats.write_graph(triples, name, **options))


READERS = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}
RDFLIB = {
    "turtle": "turtle",
    "ntriples": "nt",
    "nquads": "nquads",
    "trig": "trig",
    "rdfxml": "xml",
    "jsonld": "json-ld",
}


def reread(text: str, name: str) -> list[ox.Quad]:
    return list(ox.parse(text.encode(), format=READERS[name]))


def by_rdflib(text: str, name: str) -> list[ox.Triple]:
    """The triples as rdflib reads them, lexical forms untouched."""
    import rdflib

    def term(node: Any) -> Any:
        if isinstance(node, rdflib.BNode):
            return ox.BlankNode(f"x{''.join(c for c in node if c.isalnum())}")
        if isinstance(node, rdflib.URIRef):
            return ox.NamedNode(str(node))
        if node.language:
            return ox.Literal(str(node), language=node.language)
        return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype or XSD + "string")))

    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of rdflib, within rdflib
            data = rdflib.Dataset(default_union=True)
            data.parse(data=text, format=RDFLIB[name])
            return [ox.Triple(*map(term, triple)) for triple in data.triples((None, None, None))]
    finally:
        rdflib.NORMALIZE_LITERALS = before


# --- the registry --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("ttl", "turtle"),
        ("JSON-LD", "jsonld"),
        ("nt", "ntriples"),
        ("nq", "nquads"),
        ("xml", "rdfxml"),
        ("md", "markdown"),
    ],
)
def test_names_and_aliases(asked: str, found: str):
    """A format has one name and understands its usual others, in any case."""
    assert formats.choose(asked, "x.csv", (*formats.GRAPHS, *formats.TABLES)) == found


def test_names_are_unambiguous():
    """No name, alias or ending stands for two formats."""
    spellings = [s for f in formats.FORMATS for s in (f.name, *f.aliases)]
    endings = [e for f in formats.FORMATS for e in f.extensions]
    assert len(set(spellings)) == len(spellings)
    assert len(set(endings)) == len(endings)


def test_unknown_names_get_suggestions():
    """A near miss is answered with the name meant; a table format is no graph format."""
    with pytest.raises(errors.UnknownName) as caught:
        formats.choose("turtel", None, formats.GRAPHS)
    assert caught.value.suggestions[0] == "turtle"
    with pytest.raises(errors.UnknownName, match="turtle"):
        formats.choose("csv", None, formats.GRAPHS)
    with pytest.raises(errors.UnknownName):
        formats.choose("trig", None, formats.TABLES)


def test_formats_by_the_ending_of_a_file():
    """Endings in any case, compressed or not; an unknown one lists those known."""
    assert formats.choose(None, "a/b.TTL", formats.GRAPHS) == "turtle"
    assert formats.choose(None, Path("x.nq.gz"), formats.GRAPHS) == "nquads"
    for path in ("x", "x.gz", "x.docx", ".ttl"):
        with pytest.raises(errors.UnknownName, match=r"\.jsonld"):
            formats.choose(None, path, formats.GRAPHS)


# --- graphs --------------------------------------------------------------------------------------------------------

SAMPLE = [
    ox.Triple(ox.NamedNode(names.PREFIXES["instrument"] + f"a-res-{n}"), ox.NamedNode(p), o)
    for n in (9, 64)
    for p, o in [
        (RDF + "type", ox.NamedNode(COOP + "Resolution")),
        (SKOS + "prefLabel", ox.Literal("Ответ <&>", language="ru")),
        (SKOS + "prefLabel", ox.Literal("Answer", language="en")),
        (COOP + "symbol", ox.Literal("A/RES/1")),
        (COOP + "9", ox.Literal(5)),
        (COOP + "x-", ox.Literal("2010-03-02", datatype=ox.NamedNode(XSD + "date"))),
        (COOP + "a.b", ox.NamedNode("http://example.org/x?a=1&b=2")),
    ]
]


def test_ntriples_are_sorted_lines_once_each():
    """Repetitions and graphs melt into one line per statement; N-Quads keep the graphs."""
    quads = [ox.Quad(*t, g) for t in SAMPLE for g in (ox.DefaultGraph(), ox.NamedNode("urn:g"))]
    lines = written(quads * 2, "nt").split("\n")
    assert lines[-1] == ""
    assert lines[:-1] == sorted(set(lines[:-1]))
    assert len(lines) - 1 == len(SAMPLE)
    assert written(quads, "nq").count(" <urn:g> .\n") == len(SAMPLE)


def test_trig_keeps_its_graphs_together():
    """The default graph first, then the others, each in the order of its lines."""
    quads = [ox.Quad(S, P, o, g) for o in (S, P) for g in map(ox.NamedNode, ("urn:h", "urn:g"))]
    text = written([*quads, ox.Quad(S, P, P)], "trig")
    assert text == (
        f"@prefix coop: <{COOP}> .\n<urn:s> coop:p coop:p .\n"
        "<urn:g> {\n    <urn:s> coop:p coop:p , <urn:s> .\n}\n<urn:h> {\n    <urn:s> coop:p coop:p , <urn:s> .\n}\n"
    )


def test_jsonld_is_compact_with_a_context():
    """One entity, one object: types by name, language maps, native numbers where nothing is lost, coerced dates."""
    document = json.loads(written(SAMPLE, "jsonld", context=CONTEXT))
    assert document["@context"] == CONTEXT["@context"]
    assert document["@graph"][0] == {
        "@id": "instrument:a-res-9",
        "@type": "Resolution",
        "label": {"en": "Answer", "ru": "Ответ <&>"},
        "symbol": "A/RES/1",
        "number": 5,
        "part": "http://example.org/x?a=1&b=2",
        "date": "2010-03-02",
    }
    assert list(document["@graph"][0])[:3] == ["@id", "@type", "label"]
    assert written(SAMPLE, "jsonld", context=CONTEXT["@context"]) == written(SAMPLE, "jsonld", context=CONTEXT)


def test_jsonld_loses_nothing_the_context_does_not_know():
    """Lexical forms that JSON would change, and values a term does not promise, are written out."""
    odd = [
        ox.Triple(S, ox.NamedNode(COOP + "9"), ox.Literal("05", datatype=ox.NamedNode(XSD + "integer"))),
        ox.Triple(S, ox.NamedNode(COOP + "9"), ox.Literal(str(2**53), datatype=ox.NamedNode(XSD + "integer"))),
        ox.Triple(S, ox.NamedNode(COOP + "x-"), ox.Literal("soon")),
        ox.Triple(S, ox.NamedNode(COOP + "x-"), S),
        ox.Triple(S, ox.NamedNode(COOP + "x-"), ox.Literal(5)),
        ox.Triple(S, ox.NamedNode(COOP + "list"), ox.NamedNode(COOP + "Resolution")),
        ox.Triple(S, P, ox.Literal("x")),
        ox.Triple(S, ox.NamedNode("urn:unknown"), ox.Literal("1.0", datatype=ox.NamedNode(XSD + "decimal"))),
        ox.Triple(S, ox.NamedNode(SKOS + "prefLabel"), ox.Literal("no language")),
    ]
    text = written(odd, "jsonld", context=CONTEXT)
    node = json.loads(text)["@graph"][0]
    assert node["number"] == ["05", str(2**53)]
    assert node["date"] == [{"@id": "urn:s"}, {"@value": "5", "@type": "xsd:integer"}, {"@value": "soon"}]
    assert node["concept"] == "Resolution"
    assert node["coop:p"] == "x"
    assert node["urn:unknown"] == {"@value": "1.0", "@type": "xsd:decimal"}
    assert node["skos:prefLabel"] == "no language"
    assert canonical(reread(text, "jsonld")) == canonical(odd)
    assert canonical(by_rdflib(text, "jsonld")) == canonical(odd)


@pytest.mark.parametrize("context", [
    {"@context": "http://127.0.0.1/c"}, {"@context": ["http://127.0.0.1/c"]}, {"@import": "c"}, {"@vocab": COOP},
    {"@language": "en"}, {"p": {"@reverse": "urn:r"}}, {"p": {"@id": "urn:p", "@container": "@list"}},
    {"p": {"@id": "urn:p", "@language": "en"}}, {"p": 5}, {"a:b": "urn:p"},
])  # fmt: skip
def test_jsonld_takes_plain_contexts_only(context: dict[str, Any]):
    """An address is refused, so what is written can be read without a network; so is what could change a statement."""
    with pytest.raises(errors.OutputError, match="context"):
        written(SAMPLE, "jsonld", context=context)


def test_jsonld_refuses_an_iri_that_reads_as_a_prefixed_name():
    """``<coop:x>`` as a whole IRI has no spelling under a context with that prefix."""
    with pytest.raises(errors.OutputError, match="coop:x"):
        written([ox.Triple(ox.NamedNode("coop:x"), P, S)], "jsonld", context=CONTEXT)


@pytest.mark.parametrize("predicate", ["urn:x/1", "http://e.org/a/", RDF + "li", "http://e.org/a#9", "urn:a\u2028:b"])
def test_rdfxml_refuses_what_is_no_element(predicate: str):
    """A property without an XML name at its end is named in the message."""
    with pytest.raises(errors.OutputError) as caught:
        written([ox.Triple(S, ox.NamedNode(predicate), S)], "rdfxml")
    assert predicate in str(caught.value)


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x0b", "\x1b", "\ufffe", "\uffff"])
def test_rdfxml_refuses_characters_that_xml_cannot_hold(character: str):
    """The message names the statement and the character."""
    with pytest.raises(errors.OutputError, match=f"U\\+{ord(character):04X} in coop:p of <urn:s>"):
        written([ox.Triple(S, P, ox.Literal(f"a{character}"))], "rdfxml")


EXAMPLES = 60
any_statements = st.one_of(statements(), lists())


@pytest.mark.parametrize("name", READERS)
@given(triples=any_statements)
@settings(max_examples=EXAMPLES, deadline=None)
def test_oxigraph_reads_every_format_back(name: str, triples: list[ox.Triple]):
    """Term for term, with hostile literals, blank nodes and lists; or the writer refuses."""
    try:
        text = written(triples, name)
    except errors.OutputError:
        assume(False)
    assert canonical(reread(text, name)) == canonical(triples)


@given(triples=any_statements)
@settings(max_examples=100, deadline=None)
def test_oxigraph_reads_jsonld_with_a_context_back(triples: list[ox.Triple]):
    """Coercions, language maps, lists and terms that must not be used: nothing changes a term."""
    assert canonical(reread(written(triples, "jsonld", context=CONTEXT), "jsonld")) == canonical(triples)


@pytest.mark.parametrize("name", READERS)
@given(triples=st.one_of(statements(blank=False), lists()))
@settings(max_examples=40, deadline=None)
def test_rdflib_reads_every_format_back(name: str, triples: list[ox.Triple]):
    """The second reader sees the same terms."""
    options = {"context": CONTEXT} if name == "jsonld" else {}
    try:
        text = written(triples, name, **options)
    except errors.OutputError:
        assume(False)
    assert canonical(by_rdflib(text, name)) == canonical(triples)


@pytest.mark.parametrize("name", ["rdfxml", "jsonld"])
@given(value=hostile_text)
@settings(max_examples=60, deadline=None)
def test_hostile_texts_one_by_one(name: str, value: str):
    """Each text as it is, with a language, and with a datatype."""
    kinds: list[dict[str, Any]] = [{}, {"language": "ru"}, {"datatype": ox.NamedNode("urn:t")}]
    triples = [ox.Triple(S, P, ox.Literal(value, **kind)) for kind in kinds]
    try:
        text = written(triples, name)
    except errors.OutputError:
        assert name == "rdfxml"
        return
    assert canonical(reread(text, name)) == canonical(triples) == canonical(by_rdflib(text, name))


@pytest.mark.parametrize("name", READERS)
@given(triples=any_statements, order=st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_order_and_labels_of_the_input_do_not_show(name: str, triples: list[ox.Triple], order: random.Random):
    """Shuffled statements under other labels give the same bytes."""
    fresh: dict[str, ox.BlankNode] = {}

    def renamed(term: Any) -> Any:
        return fresh.setdefault(term.value, ox.BlankNode()) if isinstance(term, ox.BlankNode) else term

    shuffled = [ox.Triple(renamed(t.subject), t.predicate, renamed(t.object)) for t in triples]
    order.shuffle(shuffled)
    try:
        text = written(triples, name)
    except errors.OutputError:
        with pytest.raises(errors.OutputError):
            written(shuffled, name)
        return
    assert written(shuffled, name) == text


def test_bytes_do_not_depend_on_seed_locale_or_zone():
    """Processes with other hash seeds, locales and zones write the same bytes in all formats."""
    code = (
        "import sys, pyoxigraph as ox; from csto_graph.rdf import formats\n"
        "quads = set(ox.parse(sys.stdin.buffer.read(), format=ox.RdfFormat.N_QUADS))\n"
        "for name in ('turtle', 'trig', 'nt', 'nq', 'rdfxml', 'jsonld'):\n"
        "    sys.stdout.buffer.write(''.join(formats.write_graph(quads, name)).encode())\n"
    )
    bank = "".join(f"_:a{i} <urn:p:q> _:a{(i + 1) % 6} .\n_:a{i} <urn:p:q> <urn:x{i % 2}> .\n" for i in range(6))
    sample = [triple for triple in SAMPLE if triple.predicate.value != COOP + "9"]  # no name in XML
    seen = set()
    for seed, zone, local in (("0", "UTC", "C"), ("1", "Asia/Tokyo", "C.UTF-8"), ("77", "America/Lima", "POSIX")):
        variables = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": local, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", code], input=(written(sample, "nq") + bank).encode(),
            capture_output=True, check=True, env={**os.environ, **variables},
        )  # fmt: skip
        seen.add(done.stdout)
    assert len(seen) == 1
    assert len(seen.pop()) > 2000


# --- tables --------------------------------------------------------------------------------------------------------


@dataclass
class Cell:
    text: str
    term: Any
    value: Any


def cell(term: Any, text: str | None = None, value: Any = None) -> Cell:
    return Cell(term.value if text is None else text, term, term.value if value is None else value)


ROWS = [
    [cell(ox.Literal("a|b\n<i>")), None],
    [cell(ox.Literal("漢Ａ", language="zh")), cell(ox.NamedNode("urn:x"), "Имя", {"iri": "urn:x", "label": "Имя"})],
    [cell(ox.Literal(5), value=5), cell(ox.BlankNode("node"))],
]


def table(name: str, rows: Any = ROWS, columns: Any = ("first", "second"), **options: Any) -> str:
    return "".join(formats.write_table(columns, rows, name, **options))


def test_box_is_aligned_for_wide_and_narrow_scripts():
    """CJK takes two columns, Cyrillic one; an end of line is shown and not obeyed."""
    assert table("table") == (
        "┌─────────┬────────┐\n"
        "│ first   │ second │\n"
        "├─────────┼────────┤\n"
        "│ a|b↵<i> │        │\n"
        "│ 漢Ａ    │ Имя    │\n"
        "│ 5       │ node   │\n"
        "└─────────┴────────┘\n"
    )


def test_box_breaks_long_texts_between_words():
    """No line is wider than asked, no character is lost but the spaces at breaks, and rows are told apart."""
    long = "seven words stand here, and areallylongonethatfitsnowhere 漢字漢字漢字漢字"
    rows = [[cell(ox.Literal(long)), cell(ox.Literal("short"))], [cell(ox.Literal("x")), None]]
    text = table("table", rows, width=40)
    assert {sum(2 if c in "漢字" else 1 for c in line) for line in text.splitlines()} == {40}
    body = text.split("\n")[3:-4]
    assert "".join(line.split("│")[1] for line in body).replace(" ", "") == long.replace(" ", "")
    assert "│ seven words stand here, and" in body[0]
    assert text.count("├") == 2  # below the heads, and between the rows
    assert table("table").count("├") == 1


@pytest.mark.parametrize("kept", [
    "A/RES/64/256", "instrument:a-res-64-256", "https://example.org/" + "a" * 60, "<urn:x>", "desk@example.org",
])  # fmt: skip
def test_box_keeps_symbols_and_addresses_whole(kept: str):
    """Whatever the width: who copies one from a terminal has it whole."""
    text = table("table", [[cell(ox.Literal(f"as said in {kept} long ago")), cell(ox.Literal("word " * 20))]], width=30)
    assert kept in text
    assert len(set(map(len, text.splitlines()))) == 1


def test_box_of_a_hostile_address_has_an_end():
    """An address of a million characters does not make every row as wide."""
    rows = [[cell(ox.Literal(text))] for text in ("http://x/" + "a" * 100_000, *"b" * 100)]
    text = table("table", rows, ["x"], width=80)
    assert len(text) < 1_000_000


def test_box_does_not_steer_the_terminal():
    """Escape sequences and direction marks are shown as what they are."""
    text = table("table", [[cell(ox.Literal("\x1b[31mred\x07\u202e")), None]])
    assert "\x1b" not in text
    assert "\\u001B[31mred\\u0007\\u202E" in text


@given(st.lists(st.lists(hostile_text, min_size=2, max_size=2), max_size=5))
@settings(max_examples=100, deadline=None)
def test_csv_comes_back(texts: list[list[str]]):
    """What a CSV reader reads is what was written (RFC 4180)."""
    text = table("csv", [[cell(ox.Literal(t)) for t in row] for row in texts])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["first", "second"], *texts]


def test_csv_of_one_empty_column_keeps_its_rows():
    """An empty cell alone on its line is quoted, so that readers do not skip it."""
    assert table("csv", [[None], [cell(ox.Literal(""))]], ["x"]) == 'x\n""\n""\n'


@pytest.mark.parametrize(("text", "expected"), [
    ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"), ("+1+2", "'+1+2"), ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1", "'\t=1"), ("\r=1", "\"'\r=1\""), ("\n=1", "\"'\n=1\""), ("＝1", "'＝1"), ('="x"', '"\'=""x"""'),
    ("-5", "-5"), ("+7.25", "+7.25"), ("a=b", "a=b"), ("", '""'), ("A/RES/64/256", "A/RES/64/256"),
])  # fmt: skip
def test_csv_for_spreadsheets_has_no_formulas(text: str, expected: str):
    """A cell that a spreadsheet would run begins with an apostrophe; plain CSV has every text as it is."""
    rows = [[cell(ox.Literal(text))]]
    assert table("sheet", rows, ["x"]) == f"x\n{expected}\n"
    assert list(csv.reader(io.StringIO(table("csv", rows, ["x"]), newline=""))) == [["x"], [text]]


RESULTS = {
    "tsv": ox.QueryResultsFormat.TSV,
    "srj": ox.QueryResultsFormat.JSON,
    "srx": ox.QueryResultsFormat.XML,
}


@pytest.mark.parametrize("name", RESULTS)
@example(rows=[(ox.Literal(" \n"), ox.Literal("\tx\r"))])
@given(rows=st.lists(st.tuples(st.one_of(iris, literals, blanks), st.one_of(st.none(), literals)), max_size=4))
@settings(max_examples=60, deadline=None)
def test_results_formats_come_back_as_terms(name: str, rows: list[tuple[Any, Any]]):
    """Another reader of the W3C formats sees the same terms and the same gaps."""
    try:
        text = table(name, [[None if term is None else cell(term) for term in row] for row in rows])
    except errors.OutputError:
        assert name == "srx"
        assume(False)
    found = [tuple(solution) for solution in ox.parse_query_results(text.encode(), format=RESULTS[name])]
    order: dict[Any, Any] = {}
    expected = [
        tuple(order.setdefault(t, ox.BlankNode(f"b{len(order)}")) if isinstance(t, ox.BlankNode) else t for t in row)
        for row in rows
    ]
    assert found == expected


def test_white_space_at_the_ends_of_a_text_is_there_once():
    """A plain XML reader sees the text as it is."""
    tree = ElementTree.fromstring(table("srx", [[cell(ox.Literal(" \n")), cell(ox.Literal(" x\t"))]]))
    assert [node.text for node in tree.iter() if node.tag.endswith("literal")] == [" \n", " x\t"]


def test_json_shape():
    """The documented shape: format, columns, rows; a gap is null; not-a-number is a text."""
    document = json.loads(table("json"))
    assert document["format"] == "csto-graph/rows/1"
    assert document["columns"] == ["first", "second"]
    assert document["rows"][0] == {"first": "a|b\n<i>", "second": None}
    assert document["rows"][1]["second"] == {"iri": "urn:x", "label": "Имя"}
    assert json.loads(table("json", []))["rows"] == []
    assert [json.loads(line) for line in table("jsonl").splitlines()] == document["rows"]
    endless = [[Cell("NaN", None, float("nan")), Cell("INF", None, float("inf"))]]
    assert json.loads(table("jsonl", endless)) == {"first": "NaN", "second": "INF"}


def test_markdown_cells_stay_cells():
    """Bars, brackets and line ends in a text do not end the cell or become markup."""
    assert table("md").splitlines()[:3] == ["| first | second |", "| --- | --- |", "| a\\|b<br>&lt;i> |  |"]


def test_tables_without_rows_and_answers_without_columns():
    """The empty table is still a table in every format."""
    for known in formats.FORMATS:
        if known.kind == "table":
            assert isinstance(table(known.name, []), str)
            table(known.name, [], [])
    assert "second" in table("table", [])


@pytest.mark.parametrize("answer", [True, False])
def test_yes_and_no(answer: bool):
    """An ASK answer in every table format, read back where there is a reader."""
    word = "true" if answer else "false"
    for name in ("table", "csv", "tsv", "markdown", "jsonl"):
        assert "".join(formats.write_boolean(answer, name)) == f"{word}\n"
    assert json.loads("".join(formats.write_boolean(answer, "json")))["boolean"] is answer
    for name in ("srj", "srx"):
        text = "".join(formats.write_boolean(answer, name))
        assert bool(ox.parse_query_results(text, format=RESULTS[name])) is answer
    assert ElementTree.fromstring(text) is not None
