"""The graph at a store: replaced whole, seen to be there, nothing else touched, and a failure says where it stopped."""

from __future__ import annotations

import json
import random
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyoxigraph as ox
import pytest
from exports import EXPECTED
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Rogue, answer, oxigraph, program

import csto_graph as cg
from csto_graph import errors
from csto_graph.cli import main
from csto_graph.names import PREFIXES
from csto_graph.share.export import fingerprint, publish, store_of
from csto_graph.store.endpoint import GENID, TWIN, Endpoint
from csto_graph.store.engine import GRAPHS, PROOFS, graph_name
from csto_graph.store.http import Server

NAMES = [*(graph_name(name).value for name in GRAPHS), PROOFS]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A real server without anything in it."""
    if program() is None:
        pytest.skip("the program 'oxigraph' is not installed (pip install oxigraph): no real server to publish to")
    with oxigraph() as found:
        yield found


@pytest.fixture
def server(address: str) -> Server:
    """The store of that server, emptied."""
    store = Server(f"{address}/store")
    for name in [*NAMES, *(name + TWIN for name in NAMES), "urn:other"]:
        store.ask("DELETE", more={"graph": name}, seconds=5)
    return store


def put(server: Server, graph: str, lines: str) -> None:
    """Write a graph past the code that is tested."""
    server.ask("PUT", more={"graph": graph}, body=lines.encode(), kind="text/turtle", seconds=5)


def passing(server: Server, change: Callable[[str], str] = str) -> Callable[[Any, Any], None]:
    """A store before that one, which writes there what it is sent, changed or not."""

    def passed(connection: Any, request: Any) -> None:
        put(server, unquote(request.path.partition("graph=")[2]), change(request.body.decode()))
        connection.sendall(answer(b"", status=204))

    return passed


def held(server: Server, graph: str) -> str:
    """What a graph holds, read past the code that is tested."""
    asked = {"accept": "application/n-triples", "seconds": 5, "most": 10**8}
    try:
        return server.ask("GET", more={"graph": graph}, **asked).body.decode()
    except errors.ServerError as error:
        if error.status != 404:
            raise
        return ""


@pytest.fixture(scope="module")
def small() -> cg.KnowledgeGraph:
    """A graph with few statements, both readings of which differ."""
    return cg.load(Path(__file__).with_name("disputed.ttl"), only=True, ontology=True)


def states(changes: Any) -> dict[str, str]:
    """Last part of a graph's name to what happened to it."""
    return {change.graph.rsplit("/", 1)[1]: change.state for change in changes}


NEW = {
    "ontology": "new", "vocabulary": "new", "data": "new", "claims": "new", "derived": "new", "proofs": "new",
    "data-as-stated": "new", "derived-as-stated": "new", "proofs-as-stated": "new",
}  # fmt: skip


def test_what_is_published_is_there(address: str, server: Server, small: cg.KnowledgeGraph) -> None:
    """Every graph, both readings, blank nodes included; a second time nothing is written."""
    put(server, "urn:other", "<urn:a> <urn:b> <urn:c> .")
    told: list[str] = []
    assert states(publish(small, f"{address}/query", tell=told.append)) == NEW
    assert [name.rsplit("/", 1)[1] for name in told] == list(NEW)
    for reading in ("curated", "source"):
        here, there = small.engine(reading), Endpoint(f"{address}/query", reading=reading)
        assert fingerprint(there.quads()) == fingerprint(here.quads())
        assert there.count() == here.count()
    assert "2020-05-06" in held(server, NAMES[2] + TWIN)
    assert "2020-05-06" not in held(server, NAMES[2])
    told.clear()
    again = publish(small, f"{address}/query", tell=told.append)
    assert states(again) == dict.fromkeys(NEW, "same")
    assert all(change.before == change.after > 0 for change in again)
    assert told == []
    assert held(server, "urn:other") == "<urn:a> <urn:b> <urn:c> .\n"


def test_only_what_differs_is_replaced(
    address: str, server: Server, small: cg.KnowledgeGraph, league: cg.KnowledgeGraph
) -> None:
    """An older state is replaced, what is no longer there goes, and twins that nobody needs are deleted."""
    publish(small, f"{address}/query")
    stated = held(server, NAMES[2] + TWIN)
    assert stated
    put(server, NAMES[1] + TWIN, "<urn:a> <urn:b> <urn:c> .")
    preview = publish(league, f"{address}/query", dry_run=True)
    assert held(server, NAMES[2] + TWIN) == stated  # nothing was written
    changes = publish(league, f"{address}/query")
    assert changes == preview
    wanted = {"vocabulary": "same", "data": "replaced", "vocabulary-as-stated": "deleted"}
    assert wanted.items() <= states(changes).items()
    assert held(server, NAMES[1] + TWIN) == ""
    there = Endpoint(f"{address}/query")
    assert set(there.quads()) == set(league.engine().quads())


def test_the_command(
    address: str, server: Server, small: cg.KnowledgeGraph, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What is guessed is said; a dry run writes nothing; the formats hold the same; the examples of its help run."""
    monkeypatch.setattr("csto_graph.graph.load", lambda *_, **__: small)
    start = ["publish", "--endpoint", f"{address}/query"]
    assert main.execute([*start, "--dry-run", "-f", "json"]) == 0
    said = capsys.readouterr()
    assert f"{address}/store" in said.err
    rows = json.loads(said.out)["rows"]
    assert {row["state"] for row in rows} == {"new"}
    assert held(server, NAMES[2]) == ""
    assert main.execute(["publish", "--help"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.strip().startswith("csto-graph ")]
    assert len(lines) == 2
    for line in lines:
        assert main.execute(shlex.split(line.replace("https://example.org", address))[1:]) == 0
        said = capsys.readouterr()
        assert said.out.count("new") == len(NEW)
        assert ("taken to be" in said.err) == ("--dry-run" in line)
    assert held(server, NAMES[2])


def test_where_the_store_is() -> None:
    """The usual places of the usual servers; anywhere else it has to be named."""
    assert {address: store_of(address) for address in EXPECTED["stores"]} == EXPECTED["stores"]
    with pytest.raises(errors.UsageError, match="graph store"):
        store_of("https://h/elsewhere")


def test_a_store_that_holds_something_else(address: str, server: Server, small: cg.KnowledgeGraph) -> None:
    """What was written is read back where questions are answered: another store is noticed, and a changed statement,
    however many there are."""
    changed = passing(server, lambda text: text.partition("\n")[2] + "<urn:a> <urn:b> <urn:c> .")
    wanted = len(list(small.engine().quads(NAMES[0])))
    for act, count in ((answer(b"", status=204), 0), (changed, wanted)):
        with Rogue(act) as rogue, pytest.raises(errors.ServerError) as told:
            publish(small, f"{address}/query", rogue.url)
        assert f"<{NAMES[0]}> holds {count:,} statements that are not the {wanted:,}" in told.value.message
        assert f"write to the store that is asked at {address}/query" in told.value.hint
        assert f"Not sure: {NAMES[0]}. As before: {NAMES[1]}, " in told.value.hint
        (request,) = rogue.requests
        assert (request.method, request.headers["content-type"]) == ("PUT", "application/n-triples")
        assert request.path == "/sparql?graph=https%3A%2F%2Fw3id.org%2Fcsto-un%2Fgraph%2Fontology"


def test_a_server_that_cannot_be_read_is_not_written_to(small: cg.KnowledgeGraph) -> None:
    """Before anything is replaced, what is there is read; where that fails nothing was written, and it is said."""
    with Rogue(answer(b"<html>", kind="text/html")) as rogue, pytest.raises(errors.ServerError) as told:
        publish(small, rogue.url, rogue.url)
    assert told.value.hint.endswith("Nothing was written.")
    assert "PUT" not in {request.method for request in rogue.requests}


@pytest.mark.parametrize(("status", "kind"), [(500, errors.ServerError), (504, errors.LimitReached)])
def test_a_failure_says_what_is_new_and_what_is_old(
    status: int, kind: type[errors.GraphError], address: str, server: Server, small: cg.KnowledgeGraph
) -> None:
    """After two graphs the store fails: which are new, which is not sure, which are old; going on finishes it."""
    passed = passing(server)
    with Rogue(passed, passed, answer(b"disk full", status=status)) as rogue, pytest.raises(kind) as told:
        publish(small, f"{address}/query", rogue.url)
    hint = told.value.hint
    assert f"As it should be: {NAMES[0]}, {NAMES[1]}." in hint
    assert f"Not sure: {NAMES[2]}." in hint
    assert f"As before: {NAMES[3]}, {NAMES[4]}" in hint
    assert "disk full" in told.value.message
    assert states(publish(small, f"{address}/query")) == {
        name: "same" if name in ("ontology", "vocabulary") else "new" for name in NEW
    }


def test_a_store_that_asks_who_we_are(
    address: str, server: Server, small: cg.KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole graph is sent again with the password, once; the length stands in the headers."""
    monkeypatch.setenv("CSTO_GRAPH_USER", "me")
    monkeypatch.setenv("CSTO_GRAPH_PASSWORD", "secret")
    asks = answer(b"", status=401, WWW_Authenticate='Basic realm="x"')
    with Rogue(asks, passing(server), answer(b"", status=403)) as rogue, pytest.raises(errors.ServerError, match="403"):
        publish(small, f"{address}/query", rogue.url)
    first, second, third = rogue.requests
    assert first.body == second.body != b""
    assert "authorization" not in first.headers
    assert second.headers["authorization"] == third.headers["authorization"] == "Basic bWU6c2VjcmV0"
    assert int(second.headers["content-length"]) == len(second.body)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("'01'^^x:integer", "'+1'^^x:integer", True), ("'1'^^x:boolean", "'true'^^x:boolean", True),
        ("'1.0E3'^^x:double", "'1000.0'^^x:double", True), ("'a'^^x:string", "'a'", True),
        ("'a'@en-GB", "'a'@en-gb", True), ("_:b1", f"<{GENID}b1>", True), ("'1'^^x:integer", "'1'^^x:decimal", False),
        ("'x'^^x:integer", "'y'^^x:integer", False), ("'a'@en", "'a'@ru", False), ("'a'", "<urn:a>", False),
        ("'A'^^x:string", "'a'", False),
    ],
)  # fmt: skip
def test_values_however_they_are_written(one: str, other: str, alike: bool) -> None:
    """A store may give back another form of the same value, but not another value or type."""
    start = f"@prefix x: <{PREFIXES['xsd']}> . <urn:s> <urn:p> "
    first, second = (ox.parse(f"{start}{value} .", format=ox.RdfFormat.TURTLE) for value in (one, other))
    assert (fingerprint(first) == fingerprint(second)) == alike


@settings(max_examples=50)
@given(st.sets(st.tuples(st.integers(0, 5), st.text(max_size=4)), min_size=1), st.randoms(use_true_random=False))
def test_a_digest_tells_sets_of_statements_apart(pairs: set[tuple[int, str]], chance: random.Random) -> None:
    """The order does not matter, each statement does."""
    quads = [ox.Quad(ox.NamedNode(f"urn:{n}"), ox.NamedNode("urn:p"), ox.Literal(text)) for n, text in sorted(pairs)]
    whole = fingerprint(quads)
    mixed = quads[:]
    chance.shuffle(mixed)
    assert fingerprint(mixed) == whole
    assert fingerprint(mixed[1:]) != whole
    assert fingerprint([*mixed[1:], ox.Quad(mixed[0].subject, mixed[0].predicate, ox.NamedNode("urn:o"))]) != whole
