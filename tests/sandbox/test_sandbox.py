"""Hostile texts and files: refused, stopped or answered, and nobody called, nothing left behind."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from contextlib import closing, nullcontext, suppress
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

import corpus
import pyoxigraph as ox
import pytest
from conftest import Canary
from hypothesis import given, settings
from hypothesis import strategies as st

from csto_graph.errors import GraphError, InputError, LimitReached, QueryError, UsageError
from csto_graph.names import PREFIXES, iri
from csto_graph.sandbox import child, parent
from csto_graph.sandbox.parent import Limits, Workers, stream
from csto_graph.store.engine import Answer

DATA = f"""<x:a> <x:p> "text"@en <{iri("graph:data")}> .
<x:a> <x:q> _:b <{iri("graph:claims")}> .
<x:a> <x:n> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .
""".encode()
SOON = Limits(seconds=1.0)


def read(source: str | Path, ending: str | None = None, told: dict[str, Any] | None = None, **options: Any) -> bytes:
    """Give all that a file says, and what else there is to know of it."""
    *pieces, (_, last, _) = stream([source], ending, **options)
    if isinstance(last, GraphError):
        raise last
    assert isinstance(last, dict)
    (told if told is not None else {}).update(last)
    return b"".join(piece for _, piece, _ in pieces if isinstance(piece, bytes))


def query(dataset: bytes, text: str, **options: Any) -> Answer:
    """Answer one query by a worker of its own."""
    with closing(Workers(dataset)) as workers:
        return workers.query(text, **options)


def call(function: str) -> None:
    """Have a child of its own do what takes nothing."""
    limits = Limits()
    with closing(parent.Child(f"csto_graph.sandbox.{function}", {}, "The search", memory=limits.memory)) as worker:
        list(worker.ask({}, "The search", limits, time.monotonic()))


def parse(content: bytes, format: str = "turtle", **options: Any) -> bytes:
    """Give all that a text says, as a file of its own."""
    with tempfile.NamedTemporaryFile(suffix=corpus.ENDINGS[format]) as file:
        file.write(content)
        file.flush()
        return read(file.name, **options)


def test_each_kind_of_answer_comes_back_as_the_engine_gave_it() -> None:
    """SELECT, ASK, CONSTRUCT and DESCRIBE, with unbound cells, blank nodes, language tags and several graphs."""
    found = query(DATA, "SELECT ?p ?none ?o { ?s ?p ?o } ORDER BY ?p")
    assert (found.kind, found.variables, found.boolean, found.triples) == ("solutions", ("p", "none", "o"), None, ())
    assert found.rows == [
        (ox.NamedNode("x:n"), None, ox.Literal("1", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer"))),
        (ox.NamedNode("x:p"), None, ox.Literal("text", language="en")),
        (ox.NamedNode("x:q"), None, ox.BlankNode("b")),
    ]
    assert query(DATA, "ASK { <x:a> <x:p> 'text'@en }").boolean is True
    assert query(DATA, "ASK { <x:a> <x:p> 'text' }").boolean is False
    triple = ox.Triple(ox.NamedNode("x:a"), ox.NamedNode("x:q"), ox.BlankNode("b"))
    graph = query(DATA, "CONSTRUCT WHERE { ?s <x:q> ?o }")
    assert (graph.kind, graph.triples) == ("graph", [triple])
    assert len(query(DATA, "DESCRIBE <x:a>").triples) == 3
    # One solution without bindings is a row; no solution is none.
    for text, rows in (("SELECT * {}", [()]), ("SELECT ?x {}", [(None,)]), ("SELECT ?x { ?x <x:none> ?y }", [])):
        assert query(DATA, text).rows == rows


literals = st.builds(
    ox.Literal,
    st.text(st.characters(codec="utf-8")),
    datatype=st.sampled_from(
        [ox.NamedNode(f"http://www.w3.org/2001/XMLSchema#{name}") for name in ("string", "date", "gYear", "token")]
        + [ox.NamedNode("x:own")]
    ),
)


@given(st.lists(literals, min_size=80, max_size=160))
@settings(max_examples=4, deadline=None)
def test_every_literal_survives_the_way_through_the_child(values: list[ox.Literal]) -> None:
    """Quotes, tabs, line ends, NUL, any script and any lexical form come back unchanged from a query."""
    quads = [ox.Quad(ox.NamedNode(f"x:{n}"), ox.NamedNode("x:p"), value) for n, value in enumerate(values)]
    found = query(ox.serialize(quads, format=ox.RdfFormat.N_QUADS), "SELECT ?s ?o { ?s <x:p> ?o }")
    assert {str(subject): value for subject, value in found.rows} == {str(quad.subject): quad.object for quad in quads}


def test_a_query_calls_nobody_even_without_the_gate(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child cannot open a socket or a file, whatever the text says and whoever reads it. The corpus bites: outside
    of it the engine calls the server for the forms that only it understands."""
    monkeypatch.setattr(parent, "vet", corpus.Ungated)
    biting = set()
    with closing(Workers(DATA)) as team:
        for name, text in corpus.QUERIES_THAT_CALL.items():
            with suppress(QueryError, SyntaxError):
                team.query(text.format(url=canary.url))
            assert canary.requests == [], name
            with suppress(SyntaxError, OSError, ValueError, RuntimeError):
                found = ox.Store().query(text.format(url=canary.url))
                ox.QueryBoolean if isinstance(found, ox.QueryBoolean) else list(found)
            if canary.requests:
                biting.add(name)
                canary.requests.clear()
    assert {"plain", "keyword as prefix", "two keywords in one", "bad escape", "bad code point"} <= biting


def test_what_is_harmless_is_answered() -> None:
    """What only looks harmful; just below the limits on depth and operators; what the grammar allows (a column named
    twice is one, rule 9); the union of all graphs, unless FROM names some."""
    columns = {
        "SELECT ?s ?s { ?s ?p ?o }": ("s",), "SELECT DISTINCT ?s ?p ?s FROM graph:data { ?s ?p ?o }": ("s", "p"),
        "SELECT ?s { { SELECT ?s ?s { ?s ?p ?o } } }": ("s",),
        "SELECT (COUNT(*) AS ?n) ?p ?p { ?s ?p ?o } GROUP BY ?p": ("n", "p"),
    }  # fmt: skip
    deep = (
        f"SELECT ({'IF(true,' * 99}1{',1)' * 99} AS ?x) {{}}", f"SELECT * {'{' * 100}{'}' * 100}",
        f"ASK {{ FILTER({'(' * 98}true{')' * 98}) }}", f"SELECT (1{'+1' * 999} AS ?x) {{}}",
        f"ASK {{ FILTER({'!' * 20}true) }}",
    )  # fmt: skip
    named = "SELECT * FROM NAMED y:data FROM y:claims { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
    counts = {
        "SELECT * { ?s ?p ?o }": 3, "SELECT * FROM graph:data { ?s ?p ?o }": 1,
        f"PREFIX y: <{PREFIXES['graph']}> {named}": 2, "SELECT * FROM graph:derived { ?s ?p ?o }": 0,
    }  # fmt: skip
    with closing(Workers(DATA)) as team:
        assert {team.query(text).kind for text in (*corpus.DECOYS, *deep)} == {"solutions", "boolean", "graph"}
        for text, names in columns.items():
            assert team.query(text).variables == names, text
        for text, count in counts.items():
            assert len(team.query(text).rows) == count, text


@pytest.mark.parametrize("name", corpus.QUERIES_THAT_NEVER_END)
def test_a_query_without_end_is_stopped(name: str, children: list[subprocess.Popen[bytes]]) -> None:
    """Products, paths, sorts, regular expressions, doubling texts: an error, and no process is left."""
    with pytest.raises(LimitReached) as caught:
        query(corpus.clique(), corpus.QUERIES_THAT_NEVER_END[name], limits=SOON)
    assert caught.value.limit in ("1 s", "2 GiB")
    assert len(children) == 1


def test_what_the_engine_alone_decides() -> None:
    """Against the specification; when the engine changes, this notices, and the README is to be changed, too."""
    for text, cells in (
        ("SELECT (SUM(?v) AS ?x) { VALUES ?v { 123456789012345678901234567890 1 } }", [(None,)]),
        ("SELECT (REPLACE('abra', 'a*', 'x') AS ?c) {}", [(ox.Literal("xbxrx"),)]),
        ("SELECT (STR(COUNT(?x)) AS ?x) { ?s <x:p> ?x }", [(ox.Literal("1"),)]),
    ):
        assert query(DATA, text).rows == cells, text


def test_limits_that_are_none_are_refused() -> None:
    """As a wrong request, before anything starts; a memory of -1 would be no limit to the system. Other kinds of
    numbers are taken."""
    times = [{"seconds": seconds} for seconds in (0, -1, float("nan"), float("inf"), 1e300, "soon", None)]
    for wrong in (*times, {"memory": -1}, {"memory": None}, {"memory": 2**63}, {"rows": -1}, {"rows": "3"}):
        for make in (Limits, Limits()._replace):
            with pytest.raises(UsageError, match="is no limit"):
                make(**wrong)  # type: ignore[arg-type]
    for seconds in (Fraction(1, 2), Decimal("0.5"), True, "5"):
        assert Limits(seconds=seconds).seconds == float(seconds)  # type: ignore[arg-type]


def test_sizes_have_limits() -> None:
    """Bytes of an answer and of a text, what one value may have to be read again, rows, which come all or not at all,
    and memory: the engine's process ends, not ours."""
    doubled = " ".join(f"BIND(CONCAT(?v{n}, ?v{n}) AS ?v{n + 1})" for n in range(28))
    start, long = f'{{ BIND("x" AS ?v0) {doubled} }}', f"ASK {{ ?s ?p '{'ж' * 40_000}' }}"
    for text, limits, said in (
        ("SELECT * { ?s ?p ?o }", Limits(answer=20), "the answer is too large"),
        (f"SELECT ?v25 {start}", Limits(seconds=60), "longer than 16 MiB"),
        (f"SELECT (STRLEN(?v28) AS ?n) {start}", Limits(seconds=60, memory=256 * 2**20), "needs more than 256 MiB"),
        ("SELECT * { ?s ?p ?o }", Limits(rows=2), "more than 2 rows"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", Limits(rows=2), "more than 2 rows"),
        (long, Limits(), "longer than 64 KiB"),
    ):
        with pytest.raises(LimitReached, match=said) as caught:
            query(DATA, text, limits=limits)
        assert caught.value.limit in ("20 bytes", "16 MiB", "256 MiB", "2 rows", "64 KiB")
    assert query(DATA, long, limits=Limits(text=100_000)).boolean is False
    assert len(query(DATA, "SELECT * { ?s ?p ?o }", limits=Limits(rows=3)).rows) == 3
    assert query(DATA, "ASK {}", limits=Limits(rows=0)).boolean is True


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("SELECT * {\n  ?s ?p }", 2, 10, "does not parse here, or shortly before: ?s ?p }"),
        ("SELECT * { ?s ?p ?o } ORDER BY\n", 2, 1, "does not parse: it ends too soon, or shortly before is"),
        ("SELECT (<x:f>(1) AS ?x) {}", None, None, "The custom function <x:f> is not supported"),
        ("SELECT ?n { ?s <x:p> ?n } GROUP BY ?s", 1, 38, "The SELECT contains a variable that is unbound"),
        ("SELECT * {} GROUP BY ?s", 1, 24, "SELECT * is not authorized with GROUP BY"),
        ("SELECT (1 AS ?a) (2 AS ?a) {}", 1, 30, "Duplicated variable name in SELECT"),
    ],
)
def test_a_wrong_query_says_where_and_what(text: str, line: int | None, column: int | None, said: str) -> None:
    """What only the engine finds has its own reason and the place; what is seen before is tried in tests/sparql."""
    with pytest.raises(QueryError, match=re.escape(said)) as caught:
        query(DATA, text)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    ("name", "line", "column", "said"),
    [
        ("billion laughs", 1, None, "Its entities expand beyond measure"),
        ("external entity", 1, None, "What e means lies elsewhere; nothing is fetched"),
        ("external type", 1, None, "What x means lies elsewhere"),
        ("no encoding", 1, None, "Its encoding is not known here"),
        ("remote context", None, None, "The context lies at an address; nothing is fetched"),
        ("smuggled", 1, None, "IRI"),
        ("triple term", None, None, "RDF 1.2"),
        ("direction", None, None, "RDF 1.2"),
        ("Latin-1", 1, 17, "Save the file as UTF-8"),
        ("UTF-16", 1, 1, "Save the file as UTF-8"),
    ],
)
def test_a_refused_file_says_where_and_what(name: str, line: int | None, column: int | None, said: str) -> None:
    """The message names the cause, not what the parser stumbled over after it."""
    format, content = corpus.FILES_THAT_FAIL[name]
    with pytest.raises(InputError, match=re.escape(said)) as caught:
        parse(corpus.filled(content, "http://127.0.0.1:9/"), format)
    assert caught.value.path.endswith(corpus.ENDINGS[format])
    assert caught.value.line == line
    assert column is None or caught.value.column == column


def test_line_and_column_count_characters() -> None:
    """After letters of two bytes, and after line separators that end no line, the place is still right."""
    for text in ("<x:a> <x:b> 'žž' .\n  'ž\u2028' foo .", "<x:a> <x:b> 'žž' .\r\n  <x:a> foo ."):
        with pytest.raises(InputError, match=r"\.ttl:2:\d+: ") as caught:
            parse(text.encode())
        assert caught.value.line == 2
    with pytest.raises(InputError, match="This is no UTF-8") as caught:
        parse(b"<x:a> <x:b>\n'" + "ž".encode() * 600 + b"\xff' .")
    assert (caught.value.line, caught.value.column) == (2, 602)


RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="x:"'
XML, XSD = "http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral", "http://www.w3.org/2001/XMLSchema#"
ENTITIES = '<!DOCTYPE rdf:RDF [<!ENTITY x "x:"> <!ENTITY two "&x;&x;"> <!ENTITY % p "<!ENTITY y \'y\'>"> %p; ]>'


def xml(body: str, encoding: str = "utf-8") -> tuple[str, bytes]:
    """A file of RDF/XML that says something of a thing."""
    head = f'<?xml version="1.0" encoding="{encoding}"?>{ENTITIES}<rdf:RDF {RDF} xml:lang="en">'
    return "a.rdf", f'{head}<rdf:Description rdf:about="x:a">{body}</rdf:Description></rdf:RDF>'.encode(encoding)


READ: list[tuple[tuple[str, bytes], str]] = [
    # Empty documents; control characters in strings (Turtle, rule 22); what JSON-LD says nothing of by keywords.
    *(((name, content), "") for name, content in (
        ("e.ttl", b""), ("e.nq", b" \n\t"), ("e.ttl.gz", b""), ("e.jsonld", b"{}"),
        ("e.jsonld", b'{"@context": {"p": "x:p"}, "@id": "x:a"}'),
    )),
    (("a.ttl", b'<x:a> <x:p> "\x08\x00\x1b\\u0007\xef\xbf\xbf" .'), r'"\b\u0000\u001B\u0007\uFFFF"'),
    (("a.jsonld", b'{"@id": "x:a", "x:p": "\\u0008\\u0000"}'), r'"\b\u0000"'),
    (("a.ttl", "# \u2028\n<x:a> <x:p> '\u202e' .".encode()), '"\u202e"'),
    # Nothing is put into a normal form but language tags, which RDF 1.1 compares without case.
    *((("a.nt", f'<x:a> <x:p> "{form}"^^<{XSD}{kind}> .'.encode()), f'"{form}"^^<{XSD}{kind}>') for form, kind in (
        ("01", "integer"), ("1.50", "decimal"), ("yes", "boolean"), ("2020-05-05+02:00", "date"), ("P12M", "duration"),
        ("A A = =", "base64Binary"), ("1E999999999", "decimal"),
    )),
    (("a.nt", f'<x:a> <x:p> "\\r\\n\\t"^^<{XSD}string> .'.encode()), r'"\r\n\t"'),
    (("a.ttl", b'<x:a> <x:p> "x"@en-GB .'), '"x"@en-gb'),
    # Internal entities, a language taken back, text beside comments, XML literals in exclusive canonical form.
    (xml('<x:p rdf:resource="&x;b"/>'), "<x:b>"), (xml("<x:p>&two;&amp;&y;</x:p>"), '"x:x:&y"@en'),
    (xml('<x:p xml:lang="">n</x:p>'), '"n"'), (xml("<x:p xml:lang=''>n</x:p>"), '"n"'),
    (xml("<x:p>a<!-- no -->b</x:p>"), '"ab"@en'), (xml("<x:p>a<!-- no --> <!-- no -->b</x:p>"), '"a b"@en'),
    (xml("<x:p>a<?no no?>b</x:p>"), '"ab"@en'), (xml("<x:p>a<![CDATA[<b>]]>c</x:p>"), '"a<b>c"@en'),
    (xml("<!-- <x:p>no</x:p> --><x:p>n</x:p>"), '"n"@en'),
    (xml('<x:p rdf:parseType="Literal"><b xmlns="http://x">x</b></x:p>'), f'"<b xmlns=\\"http://x\\">x</b>"^^<{XML}>'),
    (xml('<x:p rdf:parseType="Literal">a<b x:y="1"/>&lt;<!--c--></x:p>'),
     f'"a<b xmlns:x=\\"x:\\" x:y=\\"1\\"></b>&lt;<!--c-->"^^<{XML}>'),
    (xml("<x:p rdf:parseType='Literal'><a xmlns='u:1'><b xmlns=''/></a></x:p>"),
     f'"<a xmlns=\\"u:1\\"><b xmlns=\\"\\"></b></a>"^^<{XML}>'),
    (xml(f'<x:p rdf:datatype="{XSD}integer">01<!-- --></x:p>'), f'"01"^^<{XSD}integer>'),
    # Its own encoding, as declared, or as its first bytes tell.
    *((xml(f"<x:p>{letter}</x:p>", encoding), f'"{letter}"@en') for letter, encoding in (
        ("ж", "utf-8"), ("ж", "utf-16"), ("é", "iso-8859-1"), ("ж", "windows-1251"), ("ж", "koi8-r"), ("e", "us-ascii"),
    )),
]  # fmt: skip


def test_what_the_specifications_allow_is_read_as_written(tmp_path: Path) -> None:
    """All in one go, as one child reads them."""
    paths = [tmp_path / f"{at}-{name}" for at, ((name, _), _) in enumerate(READ)]
    for path, ((_, content), _) in zip(paths, READ, strict=True):
        path.write_bytes(content)
    found = dict.fromkeys(paths, "")
    for path, piece, _ in stream(paths):
        assert not isinstance(piece, GraphError), piece
        found[Path(path)] += piece.decode() if isinstance(piece, bytes) else ""
    assert list(found.values()) == [f"<x:a> <x:p> {value} .\n" if value else "" for _, value in READ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.ttl", b"<x:a> <x:p> [] . <> <x:p> <../b#c> , [] ."),
        ("a.ttl", b"@base <./> . <x:a> <x:p> [] . <a.ttl> <x:p> <../b#c> , [] ."),
        ("a.jsonld", b'[{"@id": "x:a", "x:p": {}}, {"@id": "", "x:p": [{"@id": "../b#c"}, {}]}]'),
        ("a.rdf", f'<rdf:RDF {RDF}><!-- c --><rdf:Description rdf:about="x:a" x:p=""/><?b c?> '.encode() + b"""
            <rdf:Description rdf:about=""><x:p rdf:resource="../b#c"/><x:p rdf:parseType="Resource"/></rdf:Description>
            <rdf:Description rdf:about="x:a" x:l="a" xml:lang=""/></rdf:RDF>"""),
    ],
)  # fmt: skip
def test_relative_names_have_the_address_of_the_file(
    name: str, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a fallback, which is told; a base that is given counts first; from a pipe there is none."""
    (tmp_path / name).write_bytes(content)
    for base, told in (("http://h/d/a.x", ""), (None, (tmp_path / name).as_uri())):
        own_base: dict[str, Any] = {}
        lines = read(tmp_path / name, base=base, told=own_base).decode().split("\n")[:-1]
        own, folder = (base or told, "http://h" if base else tmp_path.parent.as_uri())
        own = own.replace("a.x", "a.ttl") if content.startswith(b"@base") and base else own
        assert own_base.get("base", "") == told
        assert f"<{own}> <x:p> <{folder}/b#c> ." in lines
        assert sum(line.startswith("<x:a> <x:p> ") for line in lines) == 1
        assert len(set(lines)) == len(lines) == (4 if b"x:l" in content else 3)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    with pytest.raises(InputError, match=r"relative IRI.*\n.*--base"):
        read("-", Path(name).suffix)
    (tmp_path / "a.nq").write_bytes(b"<a> <x:p> <x:o> .")
    with pytest.raises(InputError, match=r"relative IRI.*\n.*N-Quads have no base"):
        read(tmp_path / "a.nq", base="http://h/")


def test_blank_nodes_get_labels_of_their_file(tmp_path: Path) -> None:
    """The same file gives the same labels, run after run; another one never shares any, with the same bytes either."""
    for name in ("a.ttl", "b.ttl"):
        (tmp_path / name).write_bytes(b"_:a <x:p> [ <x:q> _:a ] .")
    labels = [re.findall(rb"_:\w+", read(tmp_path / name)) for name in ("a.ttl", "a.ttl", "b.ttl")]
    assert labels[0] == labels[1]
    assert len(set(labels[0])) == 2
    assert not set(labels[0]) & set(labels[2])
    assert parse(b"_:g { _:a <x:p> _:g }", "trig").split()[0::2].count(b".") == 0


@pytest.mark.parametrize("ending", parent.ENDINGS)
def test_a_valid_file_of_each_format_is_read(ending: str, tmp_path: Path) -> None:
    """By each ending, with a mark at its start, compressed: always the statements that the engine reads itself."""
    engine = ox.RdfFormat.from_extension(ending[1:].replace("owl", "rdf"))
    format = {"json": "jsonld", "xml": "rdfxml", "owl": "rdfxml"}.get(ending[1:])
    content = corpus.VALID_FILES[format or next(key for key, value in corpus.ENDINGS.items() if value == ending)]
    expected = ox.Dataset(ox.Quad(*quad.triple) for quad in ox.parse(content, engine))
    expected.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    for name, data in (
        (f"a{ending}", content), (f"B{ending.upper()}", b"\xef\xbb\xbf" + content),
        (f"c{ending}.gz", gzip.compress(content)),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(data)
        found = ox.Dataset(ox.parse(read(tmp_path / name), ox.RdfFormat.N_QUADS))
        found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
        assert found == expected
        assert len(found) > 1


MANY = """
import io, json, os, sys, tempfile
sys.path[:0] = json.loads(sys.argv[1])
import corpus
from csto_graph.sandbox.child import failure, ntriples
for format, data in corpus.mutants(500):
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        ending = corpus.ENDINGS[format]
        told = {}
        try:
            ntriples(io.BytesIO(), file=file.fileno(), name="/m", ending=ending, base="", address="x:m", most=2**30)
        except Exception as error:
            told = failure(error, "/m", 2**30)
    print(json.dumps(told))
"""


def test_mutated_files_are_read_or_refused() -> None:
    """Five hundred damaged files over the six formats, of which a few have a child each: read, or an error of ours."""
    places = ((corpus.__file__, 0), (parent.__file__, 2), (ox.__file__, 1))
    paths = [str(Path(place).parents[up]) for place, up in places]
    child = [sys.executable, "-I", "-S", "-c", MANY, json.dumps(paths)]
    ended = subprocess.run(child, capture_output=True, text=True, check=True)
    outcomes = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(outcomes) == 500
    refused = [told for told in outcomes if told]
    assert 200 < len(refused) < 480
    assert {told["error"] for told in refused} <= {"InputError", "LimitReached"}
    assert all(told["message"].startswith("/m") and told["message"].isprintable() for told in refused)
    for (format, data), told in zip(corpus.mutants(25), outcomes, strict=False):
        with pytest.raises((InputError, LimitReached)) if told else nullcontext():
            parse(data, format)


def test_what_is_no_readable_file_is_said_plainly(tmp_path: Path) -> None:
    """Missing, a folder, a device, a pipe or socket (nobody waits), no known ending, a name with NUL; an address
    (R-12), of which nothing is fetched."""
    (tmp_path / "a.txt").write_bytes(b"x")
    (tmp_path / "none").write_bytes(b"x")
    os.mkfifo(tmp_path / "fifo.ttl")
    (tmp_path / "below.ttl").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.ttl"))
    for name, said in (
        ("missing.ttl", "cannot be read: No such file"), ("below.ttl", "directory"), ("s.ttl", "cannot be read"),
        ("fifo.ttl", "no regular file and is not waited for"), ("a.txt", "says no format"), ("none", "says no format"),
        ("a.txt/x.ttl", "cannot be read"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=said) as caught:
            read(tmp_path / name)
        assert caught.value.path == str(tmp_path / name)
    addresses = ("http://127.0.0.1/x.ttl", "https://example.org/x.ttl", "file:///etc/hostname", "data:text/turtle,x",
                 "ftp://h/x.ttl", Path("http://127.0.0.1/x.ttl"))  # fmt: skip
    for name, said in (
        ("/dev/zero", "format"), ("a\0b.ttl", "cannot be read"), ("x" * 5000 + ".ttl", "cannot be read"),
        ("a\x1b[2Jb.ttl", r"a\\u001B\[2Jb"), *((name, "This is an address") for name in addresses),
    ):  # fmt: skip
        with pytest.raises(InputError, match=said):
            read(name)


def test_a_damaged_or_huge_archive_is_an_error(tmp_path: Path) -> None:
    """Cut off, not gzip at all, or expanding beyond the limit, or more than a hundredfold, or by a long prefix."""
    good = gzip.compress(b"<x:a> <x:b> 1 ." * 1000)
    for name, content in (("cut.ttl.gz", good[:-9]), ("bad.ttl.gz", good[:20] + b"x" * 40), ("not.ttl.gz", b"<x:a>")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=r"damaged|something else"):
            read(tmp_path / name)
    (tmp_path / "bomb.nt.gz").write_bytes(gzip.compress(b"#" * 50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(LimitReached, match="larger than 1 MiB"):
            read(tmp_path / "bomb.nt.gz", limits=Limits(file=2**20))
        assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    finally:
        tracemalloc.stop()
    (tmp_path / "bomb.ttl.gz").write_bytes(gzip.compress(b"# bomb\n" * 4 * 1024**2))
    with pytest.raises(LimitReached, match="16 MiB"):
        read(tmp_path / "bomb.ttl.gz")
    text = b"@prefix a: <http://example.org/" + b"x" * 100_000 + b"> . " + b"a:b a:b a:b ." * 200
    with pytest.raises(LimitReached, match="too large"):
        parse(text, limits=Limits(answer=2**20))
    (tmp_path / "long.nt").write_bytes(b"#" * 2000)
    with pytest.raises(LimitReached, match="larger than 1 KiB"):
        read(tmp_path / "long.nt", limits=Limits(file=1024))


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash is standard input; what has no ending to go by is TriG, if nobody says otherwise; a flood is an error."""
    for ending, limits in ((None, None), (".nt", None), (None, Limits(file=9))):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"<x:a> <x:b> <x:c> .")))
        if limits is None:
            assert read("-", ending) == b"<x:a> <x:b> <x:c> .\n"
        else:
            with pytest.raises(LimitReached, match="<stdin>: The file is larger than 9 bytes"):
                read("-", limits=limits)


def test_a_passing_shortage_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No descriptor left, no room for what comes through a pipe: one clear error, and nothing stays open."""
    (tmp_path / "a.ttl").write_bytes(b"<x:a> <x:b> 1 .")

    def refuse(number: int) -> Callable[..., NoReturn]:
        def refused(*_: object, **__: object) -> NoReturn:
            raise OSError(number, os.strerror(number))

        return refused

    for owner, name, number, said in (
        (os, "open", errno.EMFILE, "cannot be read: Too many open files"),
        (subprocess, "Popen", errno.EAGAIN, "no process with limits: Resource temporarily"),
    ):
        before = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, refuse(number))
            with pytest.raises((InputError, LimitReached), match=said):
                read(tmp_path / "a.ttl")
        assert (len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0) == before
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"<x:a> <x:b> <x:c> .")))
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse(errno.ENOSPC))
    with pytest.raises(InputError, match="cannot be taken over: No space left"):
        read("-")


def test_one_child_reads_many_files(tmp_path: Path, children: list[subprocess.Popen[bytes]]) -> None:
    """In the order given; a faulty one is told, one that kills the child too, and those after it are read by another;
    one that would take long to look at costs its neighbours nothing."""
    for at in range(40):
        (tmp_path / f"{at:02}.ttl").write_text(f"<x:a> <x:p> {at} .", encoding="utf-8")
    (tmp_path / "07.ttl").write_text("oops", encoding="utf-8")
    (tmp_path / "20.ttl").write_bytes(corpus.filled(corpus.FILES_THAT_FAIL["deep triple terms"][1], ""))
    (tmp_path / "31.ttl").write_bytes(corpus.FILES_THAT_FAIL["declarations without end"][1])
    paths = sorted([*tmp_path.iterdir(), tmp_path / "10-none.ttl"])
    found = {path: last for path, last, _ in stream(paths)}
    assert list(found) == paths
    wrong = {Path(path).name: str(last) for path, last in found.items() if isinstance(last, GraphError)}
    assert list(wrong) == ["07.ttl", "10-none.ttl", "20.ttl", "31.ttl"]
    assert "07.ttl:1:1: oops is not" in wrong["07.ttl"]
    assert "20.ttl: the engine gave up" in wrong["20.ttl"]
    assert len(children) == 3


def test_an_interrupt_leaves_no_child(children: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks the waiting, the child is killed and reaped before the exception goes on."""

    def interrupted(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    for owner, name in ((parent, "poll"), (parent.json, "dumps")):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, interrupted)
            with pytest.raises(KeyboardInterrupt):
                query(b"", corpus.QUERIES_THAT_NEVER_END["cross product, counted"])
    assert len(children) == 2


def test_the_child_works_from_any_folder_and_reads_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the current folder nor Python's variables decide what it loads."""
    (tmp_path / "pyoxigraph.py").write_text("raise SystemExit(9)", encoding="utf-8")
    (tmp_path / "re.py").write_text("raise SystemExit(9)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "re.py"))
    assert query(DATA, "ASK {}").boolean is True


@pytest.mark.parametrize("reads", [False, True])
def test_the_child_has_given_up_its_rights(reads: bool, tmp_path: Path) -> None:
    """No file, no socket and no pipe can be opened, in no thread; for a store files can be read, and nothing else."""
    if reads and (os.uname().machine not in child.MACHINES or not sys.platform.startswith("linux")):
        pytest.skip("this system cannot forbid sockets alone; the worker cannot open files there either")
    code = f"""
import os, resource, socket, sys, threading
sys.path[:0] = {[str(Path(place).parents[1]) for place in (parent.__file__, ox.__file__)]!r}
from csto_graph.sandbox.child import limit, lock
def act(what):
    try:
        what()
        print("done")
    except OSError as error:
        print(error.errno)
locked = threading.Event()
before = threading.Thread(target=lambda: (locked.wait(), act(socket.socket)))
before.start()
limit(resource.RLIMIT_AS, 2**30)
lock(reads={reads})
locked.set()
before.join()
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
    act(lambda: socket.socket(family))
new = {str(tmp_path / "new")!r}
for what in (lambda: open("/dev/null").read(1), os.pipe, lambda: open(new, "w").write("x" * 9999)):
    act(what)
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 0, resource.getrlimit(resource.RLIMIT_AS)[0] <= 2**30)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    acts = ["13"] * 4 + ["done", "done", "27"] if reads else ["24"] * 7
    assert ended.stdout.split() == [*acts, str(not reads), "True"]


@pytest.mark.parametrize(
    ("told", "end"),
    [
        (b"", 0), (b"{}", 9), (b"panicked", 0), (b'{"error": ', 0), (b'{"error": "NoSuch"}', 0), (b"[1]", 0),
        (b"[" * 99_999, 0), (b'{"error": "LimitReached", "message": "x", "hint": ""}', 9),
    ],
)  # fmt: skip
def test_an_answer_cut_short_is_no_answer(told: bytes, end: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the child dies, or ends without a word, what came is thrown away, whatever it may have said besides."""
    whole = b"?s\n<x:a>\n" + child.END + told + b"\n"
    for sent in (whole, whole[:-1], whole[:9]):
        monkeypatch.setattr(parent, "_START", f"import os; os.write(1, {sent!r}); os.kill(os.getpid(), {end})")
        if told != b"{}" or sent != whole:
            with pytest.raises(
                LimitReached, match="^x$" if b"Limit" in told and sent == whole else "SIGKILL" if end else "status 0"
            ):
                call("child:checking")
            with pytest.raises(LimitReached):
                query(DATA, "SELECT * { ?s ?p ?o }")
    # Whatever runs there, no more is taken from it than an answer may have.
    monkeypatch.setattr(parent, "_START", "import os\nwhile True: os.write(1, b'x' * 65536)")
    with pytest.raises(LimitReached, match="the answer is too large"):
        query(DATA, "SELECT * { ?s ?p ?o }", limits=Limits(answer=2**20))


def test_a_worker_answers_one_query_after_another(children: list[subprocess.Popen[bytes]]) -> None:
    """Errors leave it fit; what reaches a limit ends it, and the next query has another."""
    with closing(Workers(DATA)) as team:
        assert team.query("ASK { <x:a> ?p ?o }").boolean is True
        with pytest.raises(QueryError, match="<query>:1:"):
            team.query("SELECT (<x:nothing>(1) AS ?x) {} oops")
        with pytest.raises(QueryError, match=r"does not exist|not supported"):
            team.query("SELECT (<x:nothing>(1) AS ?x) {}")
        assert len(children) == 1
        with pytest.raises(LimitReached, match=r"not done within 0\.3 s"):
            team.query(corpus.QUERIES_THAT_NEVER_END["cross product, counted"], limits=Limits(seconds=0.3))
        assert children[0].returncode is not None
        assert len(team.query("SELECT * { ?s ?p ?o }").rows) == 3
        assert len(children) == 2
        for memory in (2**30, 2**31) * 2:  # each limit finds the one that has it
            assert team.query("ASK {}", limits=Limits(memory=memory)).boolean is True
        assert len(children) == 3


def test_an_answer_comes_piece_by_piece() -> None:
    """The first rows do not wait for the last; whoever leaves early ends the work."""
    wide = " ".join(f"VALUES ?v{at} {{1 2 3 4 5 6 7 8 9}}" for at in range(8))
    limits = Limits(seconds=60)
    with closing(Workers(b"")) as team:
        worker = team.started(limits.memory).result()
        asked = {**parent.vetted(f"SELECT * {{ {wide} }}", limits)[1], "format": "json"}
        assert next(worker.ask(asked, "The query", limits, time.monotonic())).startswith(b'{"head"')
        team.give(worker)
        assert team.idle(limits.memory) is None


def test_a_mistake_of_ours_is_told_as_one() -> None:
    """It asks for no more memory or time, and says where it happened."""
    for function, said in (
        ("child:nothing", "AttributeError"), ("child:checking", "TypeError"), ("no:one", "ModuleNot"),
    ):  # fmt: skip
        with pytest.raises(GraphError, match=f"The search: a mistake in csto-graph: {said}") as caught:
            call(function)
        assert (type(caught.value), caught.value.exit_code) == (GraphError, 70)
        assert re.search(r"Report it; it happened in .+:\d+\.", caught.value.hint)
