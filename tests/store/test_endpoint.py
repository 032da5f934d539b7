"""A server as an engine: equal to the embedded one where it is sound, one clear message where it is not."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from closing import assert_alike
from servers import EMPTY, JSON, YES, Rogue, answer, capped, oxigraph, program, reset

import csto_graph as cg
from csto_graph import errors
from csto_graph.cli import main
from csto_graph.describe.thing import thing_document
from csto_graph.loading.inputs import Bundle
from csto_graph.names import PREFIXES, iri
from csto_graph.sparql.catalog import Catalog
from csto_graph.store import http
from csto_graph.store.endpoint import TWIN, Endpoint, skolem
from csto_graph.store.engine import GRAPHS, PROOFS, Limits, graph_name
from csto_graph.store.http import Server

CATALOG = Catalog(Bundle().queries)
EXAMPLES = [(query.name, at) for query in CATALOG for at in range(len(query.examples))]
SOON = Limits(seconds=0.2)
ASK = "ASK { ?s ?p ?o }"
SELECT = "SELECT ?x WHERE { ?x ?y ?z }"


@pytest.fixture(scope="session")
def published(kg: cg.KnowledgeGraph) -> Iterator[str]:
    """Address of a real server that holds the graph, and one of others, which must show in no answer."""
    if program() is None:
        pytest.skip("the program 'oxigraph' is not installed (pip install oxigraph): no real server to compare with")
    state = ox.NamedNode(iri("coop:State"))
    graphs = {"urn:other": {ox.Triple(ox.NamedNode("urn:strange"), ox.NamedNode(iri("rdf:type")), state)}}
    for reading in ("curated", "source"):
        for name in [*(graph_name(name).value for name in GRAPHS), PROOFS]:
            found = {ox.Triple(*map(skolem, quad.triple)) for quad in kg.engine(reading).quads(name)}
            if found != graphs.get(name):
                graphs[name + TWIN if reading == "source" else name] = found
    with oxigraph() as address:
        store = Server(f"{address}/store")
        for name, found in graphs.items():
            lines = "".join(f"{triple} .\n" for triple in found).encode()
            store.ask("PUT", more={"graph": name}, body=lines, kind="application/n-triples", seconds=60)
        yield f"{address}/query"


@pytest.fixture(scope="session")
def far(published: str) -> cg.KnowledgeGraph:
    """The graph as that server has it."""
    return cg.load(endpoint=published)


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials but those that a test gives."""
    for name in ("CSTO_GRAPH_TOKEN", "CSTO_GRAPH_USER", "CSTO_GRAPH_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("name", "at"), EXAMPLES, ids=[f"{name}/{at}" for name, at in EXAMPLES])
def test_example_on_a_server(name: str, at: int, kg: cg.KnowledgeGraph, far: cg.KnowledgeGraph) -> None:
    """Every example of every canned query gives the same terms in the same order, in its reading."""
    query, example = CATALOG[name], CATALOG[name].examples[at]
    text = query.bind(example.args, kg)
    here, there = (graph.engine(example.reading).query(text) for graph in (kg, far))
    assert there.variables == here.variables
    assert there.rows == here.rows


def test_a_server_without_the_graph_is_told() -> None:
    """A name is unknown there because everything is; the hint says what to do."""
    with Rogue(capped(ox.Store(), 10)) as rogue, pytest.raises(errors.UnknownName) as caught:
        cg.load(endpoint=rogue.url).run("instruments", partner="UNODC")
    assert "The graph that is asked is empty; 'csto-graph publish' loads it" in caught.value.hint


def test_answers_find_show_and_why_are_equal(kg: cg.KnowledgeGraph, far: cg.KnowledgeGraph) -> None:
    """The same tables with labels and types, the same things by the same names, the same account of each, the same
    proofs down to claims and passages."""
    for question, reading, args in (
        ("instruments", "curated", {"partner": "UNODC"}), ("instruments", "source", {"partner": "UNODC"}),
        ("instruments", "curated", {"about": "OCHA"}), ("conflicts", "curated", {"language": "ru"}),
    ):  # fmt: skip
        here, there = (graph.run(question, reading=reading, **args) for graph in (kg, far))
        assert there == here
        assert (there.to_json(), there.searched) == (here.to_json(), here.searched)
    for words in ("UNCCD CTC", "КТУ", "64/256", "memorandum", "nothing of the kind"):
        assert far.find(words) == kg.find(words)
    for name in ("A/RES/71/12", "UNODC", "event:signing-protocol-unodc", "coop:Resolution"):
        here, there = (thing_document(graph, graph[name].iri, "en") for graph in (kg, far))
        assert list(there.items()) == list(here.items())
    for name, of in (("UNODC", None), ("A/RES/71/12", "coop:coversArea")):
        for reading in ("curated", "source"):
            here, there = (graph.why(name, of, reading=reading).to_json() for graph in (kg, far))
            assert here == there
            assert "derived" in here


@pytest.mark.parametrize("reading", ["curated", "source"])
def test_all_that_is_held_and_matched_is_equal(reading: str, kg: cg.KnowledgeGraph, far: cg.KnowledgeGraph) -> None:
    """Asked for everything, the server gives every statement in its graph, blank nodes included, and every proof."""
    assert_alike(kg.engine(reading), far.engine(reading), 12, 15)


TEXTS = (
    "SELECT ?who WHERE { ?who a coop:State } ORDER BY ?who",
    "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    "SELECT (COUNT(*) AS ?n) FROM graph:data WHERE { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) FROM NAMED <https://w3id.org/csto-un/graph/claims> WHERE { GRAPH ?g { ?s ?p ?o } }",
    "SELECT (COUNT(*) AS ?n) WHERE { GRAPH graph:data { ?s ?p ?o } }",
    "ASK { organization:unodc a org:Organization }",
    "ASK { organization:unodc a coop:State }",
    "CONSTRUCT { ?s org:member ?o } WHERE { ?s org:member ?o }",
    "# a comment with SELECT\nPREFIX o: <http://www.w3.org/ns/org#>\nSELECT ?m WHERE { ?m a o:Membership } ORDER BY ?m",
    'SELECT ("graph:data" AS ?text) WHERE { }',
)


@pytest.mark.parametrize("reading", ["curated", "source"])
@pytest.mark.parametrize("text", TEXTS)
def test_texts_from_outside_are_answered_alike(
    text: str, reading: str, kg: cg.KnowledgeGraph, far: cg.KnowledgeGraph
) -> None:
    """Prefixes are known, FROM holds, and the graphs have one name in both readings."""
    here, there = (graph.sparql(text, reading=reading) for graph in (kg, far))
    assert (there.kind, there.variables, there.boolean) == (here.kind, here.variables, here.boolean)
    assert there.rows == here.rows
    assert set(there.triples) == set(here.triples)


def test_the_command_line_asks_the_server(published: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With --endpoint every verb prints the same bytes as without."""
    for words in (
        ["instruments", "--partner", "UNODC", "--reading", "source"],
        ["--lang", "ru", "show", "UNODC", "-f", "json"],
        ["sparql", "SELECT ?who WHERE { ?who a coop:State } ORDER BY ?who LIMIT 3", "-f", "csv"],
    ):
        said = []
        for start in ([], ["--endpoint", published]):
            assert main.execute([*start, *words]) == 0
            said.append(capsys.readouterr().out)
        assert said[0] == said[1]


@pytest.fixture(scope="module")
def large() -> ox.Store:
    """A store with more statements than some servers give."""
    store = ox.Store()
    graphs = [graph_name(name) for name in ("data", "derived")]
    label = ox.NamedNode(iri("skos:prefLabel"))
    for number in range(1300):
        thing = ox.NamedNode(f"{PREFIXES['event']}e{number}")
        store.add(ox.Quad(thing, label, ox.Literal(f"Label {number}", language="en"), graphs[number % 2]))
        store.add(ox.Quad(thing, ox.NamedNode("urn:p"), ox.NamedNode(f"urn:{number % 3}"), graphs[0]))
    return store


def test_what_is_read_for_showing_is_read_in_parts(large: ox.Store) -> None:
    """A server that gives 400 rows and no word of the others still gives all."""
    with Rogue(capped(large, 400)) as rogue:
        engine = Endpoint(rogue.url)
        assert set(engine.quads()) == set(large)
        label = ox.NamedNode(iri("skos:prefLabel"))
        assert set(engine.match(None, label, None)) == set(large.quads_for_pattern(None, label, None, None))
        assert engine.count() == len(large)


def test_a_cut_answer_is_an_error(large: ox.Store) -> None:
    """Rows that do not come are counted at the server; the message gives both numbers; more than wanted is one, too."""
    for text, count in (
        ("SELECT ?s ?o WHERE { ?s skos:prefLabel ?o } ORDER BY ?s", 1300),
        ("SELECT ?s ?o FROM graph:data WHERE { ?s <urn:p> ?o }", 1300),
        ("SELECT ?s WHERE { ?s skos:prefLabel ?o } LIMIT 900", 900),
    ):
        with Rogue(capped(large, 400)) as rogue, pytest.raises(errors.ServerError, match=f"400 of {count:,} rows"):
            Endpoint(rogue.url).foreign(text, limits=Limits())
        with Rogue(capped(large, 2000)) as rogue:
            assert len(Endpoint(rogue.url).foreign(text, limits=Limits()).rows) == count
    refused(capped(large, 10**6), kind=errors.LimitReached, says="more than 12 rows", limits=Limits(rows=12))


def test_a_server_that_tells_of_its_limit_is_believed() -> None:
    """One with a header on the most rows is asked for the number even where few came."""
    few, count = cell('{"type": "uri", "value": "urn:a"}'), cell('{"type": "literal", "value": "7"}')
    with Rogue(answer(few, X_SPARQL_MaxRows="1"), answer(count.replace(b'"x"', b'"n"'))) as rogue:
        with pytest.raises(errors.ServerError, match="1 of 7 rows"):
            Endpoint(rogue.url).query(SELECT)
        assert "COUNT(*)" in dict(rogue.requests[1].form)["query"]


def test_triples_that_are_cut_off_are_noticed(large: ox.Store) -> None:
    """A CONSTRUCT is as whole as the rows from which it is made."""
    lines = b"".join(f"<urn:{n}> <urn:p> <urn:o> .\n".encode() for n in range(1000))
    triples = answer(lines, kind="application/n-triples")
    with Rogue(triples, capped(large, 1000)) as rogue:
        with pytest.raises(errors.ServerError, match="1,000 of 1,300 rows"):
            Endpoint(rogue.url).foreign("CONSTRUCT { ?s <urn:p> <urn:o> } WHERE { ?s <urn:p> ?o }", limits=Limits())
        assert "SELECT *" in dict(rogue.requests[1].form)["query"]


def test_an_empty_server_is_no_honest_no() -> None:
    """Where none of the graphs is there, 'nothing found' would be a lie; a server that has one is asked that once."""
    assert "publish" in refused(capped(ox.Store(), 10), says="none of the project's graphs").hint
    with Rogue(answer(), answer(YES), answer()) as rogue:
        engine = Endpoint(rogue.url)
        assert [engine.query(SELECT).rows for _ in range(3)] == [[]] * 3
        assert len(rogue.requests) == 4


def refused(
    *scripts: Any, text: str = SELECT, kind: type[errors.GraphError] = errors.ServerError, says: str = "",
    requests: int | None = None, limits: Limits | None = None,
) -> errors.GraphError:  # fmt: skip
    """The error of a question to a server that does as it is told: with a hint, a status, nothing for a terminal."""
    with Rogue(*scripts) as rogue, pytest.raises(kind, match=says) as caught:
        Endpoint(rogue.url).query(text, limits=limits)
    assert requests in (None, len(rogue.requests))
    assert kind is errors.LimitReached or caught.value.message.startswith(rogue.url)
    assert caught.value.exit_code == (4 if kind is errors.LimitReached else 3)
    assert len(caught.value.message) < 500
    assert "\x1b" not in str(caught.value)
    return caught.value


def cell(content: str, name: str = "x") -> bytes:
    """A table with one column and one row."""
    return b'{"head": {"vars": ["x"]}, "results": {"bindings": [{"%s": %s}]}}' % (name.encode(), content.encode())


def table(names: list[str], *rows: str) -> bytes:
    """A table of one row, in which some names have an IRI."""
    found = {name: {"type": "uri", "value": "urn:a"} for name in rows}
    return json.dumps({"head": {"vars": names}, "results": {"bindings": [found]}}).encode()


LINE, TRIPLES = b"<urn:a> <urn:b> <urn:c> .\n", b"HTTP/1.1 200 OK\r\nContent-Type: application/n-triples\r\n"
CONSTRUCT = "CONSTRUCT WHERE { ?s ?p ?o }"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n" % JSON.encode()
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BREAKS = "breaks off|closed the connection"
TWO = "SELECT ?x ?y WHERE { ?x ?p ?y }"
BROKEN: list[tuple[bytes, str, str]] = [
    # what is no whole table
    *((answer(body), SELECT, "the answer is") for body in (
        b"", b"{", EMPTY[:-1], EMPTY + b"x", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"head": {}}',
        b'{"head": {"vars": ["x"]}, "results": {}}', b'{"head": {"vars": ["x"]}, "results": {"bindings": [1]}}',
        b'{"boolean": "yes"}', b'{"head": {"vars": 3}, "results": {"bindings": []}}', cell('"v"'),
        cell('{"type": "uri", "value": "no iri"}'), cell('{"type": "odd", "value": "v"}'),
        cell('{"type": "literal", "value": 3}'), cell('{"type": "literal"}'),
        cell('{"type": "literal", "value": "v", "xml:lang": "?"}'),
    )),
    # an answer that breaks off, however it counts what it sends
    (HEAD + b"Content-Length: 900\r\n\r\n" + EMPTY[:5], SELECT, BREAKS),
    *((CHUNKED + more + EMPTY[:5], SELECT, BREAKS) for more in (
        b"800\r\n", b"5\r\n", b"no number\r\n", b"-5\r\n", b"ffffffffffffffff\r\n", b"\r\n",
    )),
    # triples that break off, in a line or between two; or end with the connection, which may be all or some
    *((answer(body, kind="application/n-triples"), CONSTRUCT, "is no N-Triples in line")
      for body in (b"<urn:a> <urn:b>", LINE + b"<urn:a", b"{}", b"a b c .")),
    (TRIPLES + b"Connection: close\r\n\r\n" + LINE, CONSTRUCT, "has no end"),
    (TRIPLES + b"Content-Length: 900\r\n\r\n" + LINE, CONSTRUCT, "the answer breaks off"),
    # what nobody asked for: compression (a few bytes can stand for gigabytes), pages, another kind of answer
    *((answer(EMPTY, Content_Encoding=coding), SELECT, "a compression that was not asked for")
      for coding in ("gzip", "br", "nonsense")),
    *((answer(b"<html>Sign in</html>", kind=kind), SELECT, "not JSON")
      for kind in ("text/html", "application/sparql-results+xml", "", "text/plain\x1b[31m")),
    (answer(YES), SELECT, "the server answers with a truth value"),
    (answer(table(["x"], "x")), ASK, "the server answers with rows"),
    # other columns than those asked for
    (answer(table(["x"], "x")), TWO, r"columns .*: \?x, not \?x, \?y"),
    (answer(table(["x", "y"], "x")), SELECT, r"\?x, \?y, not \?x"),
    (answer(table(["X"], "X")), SELECT, r"\?X, not \?x"),
    (answer(table([])), SELECT, "none, not"), (answer(table([f"v{at}" for at in range(999)])), SELECT, r"…, not \?x"),
    (answer(table(["x", "x"], "x")), SELECT, r"\?x is declared twice"),
    (answer(table(["y"], "y")), "SELECT (STR(?y) AS ?x) { ?x ?p ?y }", r"\?y, not \?x"),
    (answer(table(["x", "p", "z"], "x")), "SELECT * WHERE { ?x ?p ?y }", r"\?z"),
    (answer(table(["x"], "y")), SELECT, "not as SPARQL"),
    (answer(table(["x\x1b[31m"])), SELECT, r"Invalid variable name .*001B"),
    # something that does not speak HTTP
    *((words, SELECT, "not as HTTP") for words in (
        b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: %s\r\n\r\n" % (b"a" * 70_000),
    )),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "text", "said"), BROKEN, ids=[f"{at}" for at in range(len(BROKEN))])
def test_what_is_no_answer(sent: bytes, text: str, said: str) -> None:
    """Whatever is no whole answer to the question is an error with the address, and nothing of it is given."""

    def script(connection: socket.socket, _: Any) -> bool:
        connection.sendall(sent)
        return True

    refused(script, text=text, says=said, requests=3 if said == "not as HTTP" else 1)


LITERAL, NODE = {"type": "literal", "value": "x"}, {"type": "uri", "value": iri("organization:unodc")}


ODD = ({"s": LITERAL}, {"p": LITERAL}, {"g": LITERAL}, {"o": None}, {"s": {**NODE, "value": "x:y"}})


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_rows_that_are_no_statements(odd: dict[str, Any]) -> None:
    """Whatever stands in the place of a subject, a property or a graph; another subject than the one asked about; a
    proof that is none. The server is asked for rows of its own graph, and gives what it likes."""

    def script(connection: socket.socket, request: Any) -> None:
        names = re.findall(r"\?(\w+)", dict(request.form)["query"].partition(" WHERE")[0])
        row = {name: cell for name in names if (cell := {**dict.fromkeys("spog", NODE), **odd}[name])}
        connection.sendall(answer(json.dumps({"head": {"vars": names}, "results": {"bindings": [row]}}).encode()))

    with Rogue(script) as rogue:
        engine, node = Endpoint(rogue.url), ox.NamedNode(NODE["value"])
        for ask in (lambda: list(engine.match(node, None, None)), lambda: engine.proof(ox.Triple(node, node, node))):
            with pytest.raises(errors.ServerError, match="no statements of the kind asked for"):
                ask()


ENDLESS = {
    "1xx": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "headers": (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
    "a header": (b"HTTP/1.1 200 OK\r\nX: ", b"b"), "a chunk's size": (CHUNKED, b"0"),
    "a chunk's extension": (CHUNKED + b"5;", b"x"), "trailers": (CHUNKED + b"0\r\n", b"X: y\r\n"),
    "a trailer": (CHUNKED + b"0\r\nX", b"y"), "a body": (HEAD + b"Content-Length: 99999999999999999999\r\n\r\n", b" "),
}  # fmt: skip


@pytest.mark.parametrize("what", ENDLESS)
def test_what_has_no_end(what: str) -> None:
    """Sent as fast as can be: it ends at a limit of size or time, and little of it is kept."""
    start, more = ENDLESS[what]

    def script(connection: socket.socket, _: Any) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(more * 4096)

    with Rogue(script) as rogue, pytest.raises((errors.ServerError, errors.LimitReached)):
        Endpoint(rogue.url).query(SELECT, limits=Limits(seconds=0.2, answer=10**6))
    assert len(rogue.requests) in (1, 3)  # what has no head is asked for again


HANGS = (b"", b"HTTP/1.1 20", b"HTTP/1.1 200 OK\r\nX-Long: ", HEAD + b"Content-Length: 999999\r\n\r\n",
         CHUNKED + b"fffff\r\n")  # fmt: skip


@pytest.mark.parametrize("start", HANGS)
def test_a_server_that_takes_too_long(start: bytes) -> None:
    """One deadline holds for the whole answer, however steadily it drips, and whoever opened the connection before."""
    for first in ([], [answer(YES)]):
        rogue = Rogue(*first, b"")
        rogue._scripts[-1] = rogue.drip(start, b"1" if start else b"")
        with rogue:
            engine = Endpoint(rogue.url)
            if first:
                assert engine.query(ASK, limits=Limits(seconds=1000)).boolean is True
            with pytest.raises(errors.LimitReached, match=r"no whole answer within 0.2 s") as told:
                engine.query(SELECT, limits=SOON)
        assert told.value.exit_code == 4
        assert len(rogue.requests) == 1 + len(first)


def test_a_server_that_does_not_listen() -> None:
    """What is sent is taken slowly or not at all, or the secret greeting drips: the deadline holds there, too."""
    for scheme, greeting in (("http", b""), ("https", b"\x16\x03\x03\x40\x00")):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            over = threading.Event()

            def slow(listening: Any = listening, greeting: bytes = greeting, over: Any = over) -> None:
                connection, _ = listening.accept()
                with connection, suppress(OSError):
                    connection.sendall(greeting)
                    while not over.wait(0.02):
                        connection.recv(1000)
                        connection.sendall(greeting[:1])

            thread = threading.Thread(target=slow)
            thread.start()
            server = Server(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}/")
            try:
                with pytest.raises(errors.LimitReached):
                    server.ask("PUT", body=b"x" * 50_000_000, seconds=0.3)
            finally:
                over.set()
                thread.join()


def test_a_server_that_never_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting, too, ends at the deadline: the queue of those who wait to be accepted is full. It is one deadline for
    all the addresses that a name has, and a silent one leaves time for the next."""
    with socket.socket() as busy, ExitStack() as stack, Rogue(answer(YES)) as rogue:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(busy.getsockname())
        silent, speaking = (socket.getaddrinfo("127.0.0.1", at)[:1] for at in (busy.getsockname()[1], rogue.port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: silent * 20)
        begin = time.monotonic()
        with pytest.raises(errors.LimitReached, match=r"0.2 s"):
            Endpoint("http://many.example/sparql").query(SELECT, limits=SOON)
        assert time.monotonic() - begin < 2
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: silent + speaking)
        assert Endpoint("http://two.example/sparql").query(ASK, limits=Limits(seconds=1)).boolean is True


def test_a_deadline_is_that_of_its_own_request_alone() -> None:
    """A connection that was given back is another request's, whatever becomes of the one before."""

    def late(connection: socket.socket, _: Any) -> None:
        threading.Event().wait(0.4)
        connection.sendall(answer(YES))

    with Rogue(answer(YES), late) as rogue:
        server = Server(rogue.url)
        assert server.ask("GET", seconds=0.2).body == YES
        assert server.ask("GET", seconds=60).body == YES
        assert len(rogue._connections) == 1


LONG = "x" * 17_000_000


@pytest.mark.parametrize(("sent", "text", "said"), [
    (answer(b" " * 200_000), SELECT, "larger than 1,000 bytes"),
    (answer(cell(f'{{"type": "literal", "value": "{LONG}"}}')), SELECT, "one value is longer than 16 MiB"),
    (answer(f'<urn:a> <urn:b> "{LONG}" .'.encode(), kind="application/n-triples"), CONSTRUCT, "longer than 16 MiB"),
    (answer(table(["x"], "x"), status=206), SELECT, "answers 206 .partial content"),
    (answer(table(["x"], "x"), X_SQL_State="S1TAT"), SELECT, "answers 206 .partial content"),
], ids=range(5))  # fmt: skip
def test_an_answer_that_is_too_large(sent: bytes, text: str, said: str) -> None:
    """It is not read to its end, nor taken for the whole where the server's own limit has cut it off."""
    limits = Limits(answer=1000 if "1,000" in said else 10**8)
    refused(sent, text=text, kind=errors.LimitReached, says=said, limits=limits)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 408, 413, 429, 500, 502, 503, 504, 599])
def test_a_server_that_refuses(status: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Its first words are told, without tags and control characters; the exit status is as designed."""
    kind = errors.LimitReached if status in (408, 504) else errors.ServerError
    body = b"<html><head><title>x</title></head><body><h1>No \x1b[31m luck</h1> at line 1\xff" + b"y" * 9999
    with Rogue(answer(body, kind="text/html", status=status)) as rogue:
        assert main.execute(["--endpoint", rogue.url, "instruments"]) == (4 if status in (408, 504) else 3)
        with pytest.raises(kind) as told:
            Endpoint(rogue.url).query(SELECT)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"error: {rogue.url}: ")
    assert f"answers {status}" in told.value.message
    assert "No \\u001B[31m luck at line 1" in told.value.message
    assert len(told.value.message) < 500


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that nobody listens at, a name that no server has."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(errors.ServerError, match="nobody answers") as told:
        Endpoint(f"http://127.0.0.1:{port}/sparql").query(SELECT)
    assert "running" in told.value.hint

    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(errors.ServerError, match="no server of that name"):
        Endpoint("https://sparql.invalid/").query(SELECT)


def test_what_can_be_tried_again_is() -> None:
    """A connection that ends before any answer is tried three times in all; then the message is clear."""
    with Rogue(reset, reset, answer(YES)) as rogue:
        assert Endpoint(rogue.url).query(ASK).boolean is True
        assert len(rogue.requests) == 3
    for script in (reset, b""):
        refused(script, text=ASK, says="closed the connection", requests=3)


def test_connections_are_kept_and_replaced() -> None:
    """Requests share a connection; one that was closed meanwhile is replaced without a word."""
    ports = []

    def once(connection: socket.socket, _: Any) -> None:
        ports.append(connection.getpeername()[1])
        connection.sendall(answer(YES))

    def last(connection: socket.socket, request: Any) -> None:
        once(connection, request)
        connection.shutdown(socket.SHUT_RDWR)

    with Rogue(once, once, last, reset, once) as rogue:
        engine = Endpoint(rogue.url)
        for _ in range(4):
            assert engine.query(ASK).boolean is True
    assert ports[0] == ports[1] == ports[2] != ports[3]


def test_redirections_are_followed() -> None:
    """The form is sent again to the new place; 303 says that the answer is to be fetched; a circle ends."""
    for status in (301, 302, 307, 308):
        with Rogue(answer(YES)) as new, Rogue(answer(b"", status=status, Location=new.url + "2")) as old:
            assert Endpoint(old.url).query(ASK).boolean is True
        (request,) = new.requests
        assert (request.method, request.path, dict(request.form)["query"]) == ("POST", "/sparql2", ASK)
    with Rogue(answer(b"", status=303, Location="/result?id=1"), answer(YES)) as rogue:
        assert Endpoint(rogue.url).query(ASK).boolean is True
    last = rogue.requests[1]
    assert (last.method, last.path, last.body) == ("GET", "/result?id=1", b"")
    refused(answer(b"", status=307, Location="/sparql"), text=ASK, says="too many redirections", requests=6)


def test_a_redirection_to_no_address() -> None:
    """Only addresses of servers are followed."""
    for place in ("file:///etc/passwd", "javascript:alert(1)", "http://u:p@x/", "ftp://x/y", "http://[::1", "/a\x01b"):
        refused(answer(b"", status=307, Location=place), text=ASK, says="redirection to no address", requests=1)


def test_a_redirection_is_never_less_safe() -> None:
    """From https to http nothing is sent; what is written is written where it was meant to be."""
    with pytest.raises(Exception, match="from https to http"):
        http.redirected("https://a.example/q", "http://a.example/q")
    with Rogue(answer(YES)) as other:
        for method, status in (("PUT", 307), ("DELETE", 303)):
            away, said = answer(b"", status=status, Location=other.url), f"answers {status}"
            with Rogue(away) as rogue, pytest.raises(errors.ServerError, match=said):
                Server(rogue.url).ask(method, body=b"x", seconds=5)
    assert other.requests == []


SECRET = "s3cret-Ж"


def asks(scheme: str) -> bytes:
    """Ask for credentials."""
    return answer(f"who? {SECRET}".encode(), kind="text/plain; charset=utf-8", status=401, WWW_Authenticate=scheme)


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name and password, in the environment."""
    monkeypatch.setenv("CSTO_GRAPH_USER", "me")
    monkeypatch.setenv("CSTO_GRAPH_PASSWORD", SECRET)


@pytest.mark.usefixtures("secret")
def test_credentials_are_sent_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before, and then with every request to that server; a token before name and password."""
    for asked, sent in (
        (asks('Basic realm="x"'), "Basic bWU6czNjcmV0LdCW"), (answer(b"", status=403), "Bearer t0ken"),
    ):  # fmt: skip
        with Rogue(asked, answer(YES)) as rogue:
            engine = Endpoint(rogue.url)
            assert engine.query(ASK).boolean is True
            assert engine.query(ASK).boolean is True
            assert not {word for word in (SECRET, "t0ken") if word in repr(engine) + repr(engine._server)}
        assert [request.headers.get("authorization") for request in rogue.requests] == [None, sent, sent]
        monkeypatch.setenv("CSTO_GRAPH_TOKEN", "t0ken")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_answers_a_challenge(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password itself does not travel; the answer is the one of RFC 7616, also with the next nonce."""
    monkeypatch.setenv("CSTO_GRAPH_USER", "Mufasa")
    monkeypatch.setenv("CSTO_GRAPH_PASSWORD", "Circle of Life")
    first = f'Digest realm="a, \\"b", nonce="n0nce", qop="auth", algorithm={algorithm}, opaque="o"'
    with Rogue(asks(first), answer(YES), asks(first.replace("n0nce", "n1")), answer(YES)) as rogue:
        engine = Endpoint(rogue.url)
        assert engine.query(ASK).boolean is True
        assert engine.query(ASK).boolean is True
    make = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]

    def hashed(*parts: str) -> str:
        return make(":".join(parts).encode()).hexdigest()

    for request, nonce in ((rogue.requests[1], "n0nce"), (rogue.requests[3], "n1")):
        said = dict(re.findall(r'(\w+)="?([^",\\]*)', request.headers["authorization"]))
        assert (said["username"], said["uri"], said["nonce"], said["opaque"]) == ("Mufasa", "/sparql", nonce, "o")
        wanted = hashed(
            hashed("Mufasa", 'a, "b', "Circle of Life"), nonce, said["nc"], said["cnonce"], "auth",
            hashed("POST", "/sparql"),
        )  # fmt: skip
        assert said["response"] == wanted


@pytest.mark.usefixtures("secret")
def test_wrong_credentials_are_told_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the message nor a traceback shows them, even where the server repeats them; without any the message says
    how to give them; in an address, which all see who list processes, they are refused."""
    with Rogue(asks('Basic realm="x"')) as rogue:
        assert main.execute(["--endpoint", rogue.url, "instruments"]) == 3
        assert len(rogue.requests) == 2
        said = capsys.readouterr().err
        assert "401" in said
        assert "does not take" in said
        assert "s3cret" not in said
        with pytest.raises(errors.ServerError) as told:
            main.execute(["--debug", "--endpoint", rogue.url, "instruments"])
    assert "s3cret" not in "".join(__import__("traceback").format_exception(told.value))
    for address in ("http://me:s3cret@localhost/sparql", "https://s3cret@x/", "http://:s3cret@x/"):
        assert main.execute(["--endpoint", address, "instruments"]) == 2
        said = capsys.readouterr().err
        assert "s3cret" not in said
        assert "CSTO_GRAPH_PASSWORD" in said
    monkeypatch.delenv("CSTO_GRAPH_PASSWORD")
    assert "CSTO_GRAPH_USER" in refused(asks("Basic"), says="401").hint


@pytest.mark.usefixtures("secret")
def test_a_password_does_not_travel_in_the_clear() -> None:
    """Over http it is sent to this machine only; as a digest anywhere."""
    for address in ("http://example.org/sparql", "http://192.0.2.1/", "http://127.0.0.1.example.org/", "http://[::2]/"):
        with pytest.raises(errors.UsageError, match="travel over http"):
            http.signer(address, ["Basic realm=x"])
        assert http.signer(address, ['Digest realm="x", nonce="y"']) is not None
    for address in ("https://example.org/sparql", "http://localhost:3/", "http://[::1]/", "http://127.9.9.9/"):
        assert http.signer(address, ["Basic realm=x"]) is not None


@pytest.mark.usefixtures("secret")
def test_credentials_go_to_no_other_host() -> None:
    """Neither when redirected there nor when that host asks for them."""
    with Rogue(asks("Basic")) as other:
        away = answer(b"", status=307, Location=other.url)
        with Rogue(asks("Basic"), away) as rogue, pytest.raises(errors.ServerError, match="401"):
            Endpoint(rogue.url).query(ASK)
        with Rogue(away) as first, pytest.raises(errors.ServerError, match="401"):
            Endpoint(first.url).query(ASK)
        assert [request.headers.get("authorization") for request in other.requests] == [None, None]
        assert rogue.requests[1].headers["authorization"].startswith("Basic ")


def test_what_is_no_address(tmp_path: Path) -> None:
    """It is said before anything is sent; files beside an endpoint are refused rather than left out."""
    for address in (
        "", "sparql", "localhost:7878/query", "ftp://x/", "file:///etc/passwd", "http://", "http://x:99999/",
        "http://x:0/", "http://[::1/", "http://x/\n", "http://x y/", "https:///sparql", "http://" + "a" * 70 + ".org/",
        "http://\udcff/",
    ):  # fmt: skip
        with pytest.raises(errors.UsageError) as told:
            cg.load(endpoint=address)
        assert told.value.exit_code == 2
        assert told.value.hint
    for options in ({"data": [tmp_path / "x.ttl"]}, {"only": True}, {"reasoner": "owlrl"}):
        with pytest.raises(errors.UsageError, match="nothing can be added"):
            cg.load(endpoint="http://127.0.0.1:1/", **options)  # type: ignore[arg-type]


def test_the_address_that_is_given_is_called(monkeypatch: pytest.MonkeyPatch, canary: Any) -> None:
    """A query part stays, letters beyond ASCII are escaped; no proxy is used, whatever the environment says."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, canary.url)
    with Rogue(answer(YES)) as rogue:
        assert Endpoint(rogue.url + "/äb?repo=1#x").query(ASK).boolean is True
    assert rogue.requests[0].path == "/sparql/%C3%A4b?repo=1"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine that nobody vouches for, with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("the program 'openssl' is not installed: no certificate can be made")
    path = tmp_path_factory.mktemp("certificate") / "own.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path),
             "-out", str(path)]  # fmt: skip
    subprocess.run(words, check=True, capture_output=True)
    if "CERTIFICATE" not in path.read_text(encoding="ascii"):
        pytest.skip("this openssl does not write key and certificate to one file")
    return path


def test_certificates(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is not trusted is refused; SSL_CERT_FILE makes it trusted; http is not taken for https."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Rogue(answer(YES), context=context) as rogue:
        with pytest.raises(errors.ServerError, match="certificate of the server is not trusted") as told:
            Endpoint(rogue.url).query(ASK)
        assert "SSL_CERT_FILE" in told.value.hint
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert Endpoint(rogue.url).query(ASK).boolean is True
    plain, said = b"HTTP/1.1 400 Bad Request\r\n\r\n", "no secure connection"
    with Rogue(plain) as rogue, pytest.raises(errors.ServerError, match=said):
        Endpoint(rogue.url.replace("http:", "https:")).query(ASK)


def test_texts_that_are_refused_are_not_sent(canary: Any) -> None:
    """What the embedded engine refuses, no server gets to see."""
    for text in (
        "SELECT * WHERE { SERVICE <http://x/> { ?s ?p ?o } }", "DROP ALL", "SELECT * WHERE { ?s nowhere:p ?o }",
        "SELECT * FROM <http://x/> WHERE { ?s ?p ?o }", "SELECT * { \\u0053 }",
    ):  # fmt: skip
        with pytest.raises(errors.QueryError):
            Endpoint(canary.url).foreign(text, limits=Limits())


def test_what_a_request_looks_like() -> None:
    """A form with the text and the graphs of the project as its dataset (SPARQL 1.1 Protocol, 2.1.2 and 2.1.4)."""
    with Rogue(answer(YES)) as rogue:
        Endpoint(rogue.url).query(ASK)
        Endpoint(rogue.url).foreign("ASK FROM graph:data { ?s a coop:State }", limits=Limits())
    own, foreign = rogue.requests
    assert (own.method, own.headers["content-type"]) == ("POST", "application/x-www-form-urlencoded")
    assert own.headers["accept"] == JSON
    graphs = [graph_name(name).value for name in GRAPHS]
    wanted = [(kind, name) for kind in ("default-graph-uri", "named-graph-uri") for name in graphs]
    assert own.form == [("query", ASK), *wanted]
    (field,) = foreign.form
    assert field[1].startswith("PREFIX graph: <")
    assert field[1].endswith("ASK FROM graph:data { ?s a coop:State }")


def test_words_around_a_query_do_not_mislead(large: ox.Store) -> None:
    """Strings, comments and names are told from keywords, so that counting and completing keep the meaning."""
    own = 'PREFIX s: <urn:> SELECT ("FROM <y>" AS ?x) ?s FROM <urn:g> WHERE { ?s ?SELECT ?from } ORDER BY ?s # {'
    construct = 'CONSTRUCT { ?s skos:note "}" } WHERE { { ?s skos:prefLabel ?o } } LIMIT 300'
    told: list[str] = []
    script = capped(large, 10**6, told)
    with Rogue(answer(EMPTY.replace(b'"x"', b'"x", "s"'), X_SPARQL_MaxRows="9"), script) as rogue:
        assert Endpoint(rogue.url).query("# FROM <x>\n" + own).rows == []
        assert told[0].startswith("# FROM <x>\nPREFIX s: <urn:> SELECT (COUNT(*) AS ?n) WHERE { { SELECT (")
        assert "FROM <urn:g>" not in told[0]
    told.clear()
    lines = b"".join(f'<urn:{n}> <urn:p> "}}" .\n'.encode() for n in range(300))
    with Rogue(answer(lines, kind="application/n-triples"), script) as rogue:
        assert len(Endpoint(rogue.url).foreign(construct, limits=Limits()).triples) == 300
    assert told[0].endswith("SELECT * WHERE { { ?s skos:prefLabel ?o } } LIMIT 300")


def test_columns_and_values_have_one_form() -> None:
    """Columns come in the order asked for, one that is asked for twice once; a server may say 1 for true, and the old
    word for a typed literal is understood."""
    with Rogue(answer(table(["y", "x"], "x", "y").replace(b"urn:a", b"urn:b", 1))) as rogue:
        given = Endpoint(rogue.url).query("SELECT ?x ?y ?x WHERE { ?x ?p ?y }")
        assert (given.variables, sorted(map(str, given.rows[0]))) == (("x", "y"), ["<urn:a>", "<urn:b>"])
        assert Endpoint(rogue.url).query("SELECT * WHERE { ?x ?p ?y }").variables == ("y", "x")
    body = cell(f'{{"type": "typed-literal", "datatype": "{PREFIXES["xsd"]}boolean", "value": "1"}}')
    with Rogue(answer(body)) as rogue:
        assert Endpoint(rogue.url).query(SELECT).rows == [(ox.Literal(True),)]


def test_what_was_read_of_a_thing_is_not_asked_for_again(published: str) -> None:
    """The labels of an answer come together, in one request for all of them."""
    graph = cg.load(endpoint=published)
    engine = graph.engine()
    assert isinstance(engine, Endpoint)
    asked: list[str] = []
    real = engine._asked

    def counted(text: str, *args: Any, **options: Any) -> Any:
        asked.append(text)
        return real(text, *args, **options)

    engine._asked = counted  # type: ignore[method-assign]
    table = graph.run("instruments")
    assert len(table) > 10
    assert len(asked) <= 4
    before = len(asked)
    assert graph.run("instruments") == table
    assert len(asked) == before + 1
