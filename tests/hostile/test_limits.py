"""Limits that hold: in memory and on disk, on the command line and in Python, in threads and notebooks."""

from __future__ import annotations

import asyncio
import gc
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import corpus
import pyoxigraph as ox
import pytest
from conftest import Canary

import csto_graph as cg
from csto_graph import errors
from csto_graph.cli import main
from csto_graph.loading import view
from csto_graph.sandbox import child
from csto_graph.sandbox import parent as sandbox
from csto_graph.store import oxigraph as disk
from csto_graph.store.engine import Limits

LEAGUE = Path(__file__).parents[1] / "example.ttl"
PRODUCT = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l"
#: Queries over the league that take hours or hundreds of gigabytes.
HOGS = {
    "a product, counted": f"SELECT (COUNT(*) AS ?n) {{ {PRODUCT} }}",
    "a product, sorted": f"SELECT * {{ {PRODUCT} }} ORDER BY STR(?i) STR(?c)",
    "a product, joined to one text": f"SELECT (GROUP_CONCAT(STR(?c)) AS ?n) {{ {PRODUCT} }}",
    "a product, all rows": f"SELECT * {{ {PRODUCT} }}",
    "a product as a graph": f"CONSTRUCT {{ {PRODUCT} }} WHERE {{ {PRODUCT} }}",
    "a text that doubles": corpus.QUERIES_THAT_NEVER_END["text that doubles"],
}

GREEDY = ("a product, sorted", "a product, joined to one text", "a text that doubles")
SOON = Limits(seconds=0.6, memory=512 * 1024**2, answer=1024**2)
CAREFUL = Limits(seconds=60, memory=512 * 1024**2)
ALL = "SELECT ?s { ?s a coop:Claim }"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name the folder of the store, which most tests share."""
    return tmp_path_factory.mktemp("limits") / "cache"


@pytest.fixture(scope="module", params=["memory", "disk"])
def graph(request: pytest.FixtureRequest, cache: Path) -> Iterator[cg.KnowledgeGraph]:
    """Give the league, once in memory and once on disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSTO_GRAPH_CACHE", str(cache))
        if request.param == "disk":
            patch.setattr(view, "LARGE", 1)
        found = cg.load([LEAGUE], only=True, ontology=True)
        for reading in ("curated", "source"):
            assert isinstance(found.engine(reading), disk.Disk) == (request.param == "disk")
        yield found


@pytest.fixture(scope="module")
def started() -> Iterator[Collection[sandbox.Workers]]:
    """All that keep workers for the next query; a graph's wait until it is closed."""
    found: weakref.WeakSet[sandbox.Workers] = weakref.WeakSet()
    made = sandbox.Workers.__init__

    def noted(self: sandbox.Workers, *given: Any) -> None:
        found.add(self)
        made(self, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox.Workers, "__init__", noted)
        yield found


@pytest.fixture(autouse=True)
def spotless(
    started: Collection[sandbox.Workers], tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """At the end no new child is left, running or dead, and no file where temporary ones lie or in the cache.

    One from before may end meanwhile: that of a graph which a caught error holds until the garbage is collected.
    """
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    before, lying = children(), sorted(cache.rglob("*"))
    yield
    for workers in started:
        workers.close()
    assert children() <= before
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not lying or sorted(cache.rglob("*")) == lying


def children() -> set[int]:
    """The processes that this one has started and not waited for, where the system tells."""
    found = set()
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = place.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[1]) == os.getpid():
                found.add(int(place.parent.name))
    return found


def answers(graph: cg.KnowledgeGraph) -> bool:
    """Whether the graph answers the next question."""
    return len(graph.sparql(ALL).rows) > 3 and len(graph.run("timeline")) > 3


@pytest.mark.parametrize("name", HOGS)
def test_a_query_from_outside_ends_at_its_limit(graph: cg.KnowledgeGraph, name: str):
    """By time, memory or size, whichever it meets first; the graph answers the next question. With time enough it is
    the memory that is told."""
    with pytest.raises(errors.LimitReached) as caught:
        graph.sparql(HOGS[name], limits=SOON)
    assert caught.value.limit in ("0.6 s", "512 MiB", "1 MiB")
    assert caught.value.hint
    assert isinstance(caught.value, TimeoutError)
    assert answers(graph)
    if name in GREEDY:
        with pytest.raises(errors.LimitReached, match="256 MiB"):
            graph.sparql(HOGS[name], limits=Limits(seconds=60, memory=256 * 1024**2))


def test_every_door_of_python_takes_a_time(graph: cg.KnowledgeGraph):
    """The query of the project itself, one from outside, a selection; a time that is none is refused before."""
    hog = HOGS["a product, counted"]
    acts: list[Callable[[float], object]] = [
        lambda seconds: graph.sparql(hog, timeout=seconds),
        lambda seconds: graph.select(hog, timeout=seconds),
        lambda seconds: graph.engine().query(hog, limits=Limits(seconds=seconds)),
        lambda seconds: graph.run("timeline", timeout=seconds),
    ]
    for act in acts:
        with pytest.raises(errors.LimitReached, match=r"not done within 0\.001 s"):
            act(0.001)
        for none in (0.0, -1.0, float("nan"), float("inf")):
            with pytest.raises(errors.UsageError):
                act(none)


def test_a_canned_query_with_limits_gives_the_same_rows(graph: cg.KnowledgeGraph):
    """In both readings, with parameters; rows and bytes may be limited too."""
    for reading in ("curated", "source"):
        for name, values in (("timeline", {}), ("members", {"about": "organization:harbour-league"})):
            plain = graph.run(name, reading=reading, **values)
            assert len(plain)
            assert graph.run(name, reading=reading, timeout=60, **values) == plain
            assert graph.run(name, reading=reading, limits=Limits(rows=len(plain)), **values) == plain
            with pytest.raises(errors.LimitReached, match="more than"):
                graph.run(name, reading=reading, limits=Limits(rows=len(plain) - 1), **values)
    with pytest.raises(errors.LimitReached, match="too large"):
        graph.run("timeline", limits=Limits(answer=100))


def test_queries_of_the_user_are_stopped(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch):
    """A canned one of theirs, without being asked to and with a time of its own."""
    monkeypatch.setattr(view, "LARGE", 1)
    monkeypatch.setenv("CSTO_GRAPH_CACHE", str(cache))
    head = '# title = { en = "Hog" }\n# question = { en = "How many?" }\n# columns = { n = "integer" }\n'
    head = f"# /// query\n{head}# ///\n"
    (tmp_path / "hog.rq").write_text(head + HOGS["a product, counted"] + "\n", encoding="utf-8")
    graph = cg.load([LEAGUE], only=True, ontology=True, queries=tmp_path)
    with pytest.raises(errors.LimitReached, match=r"not done within 0\.5 s"):
        graph.run("hog", timeout=0.5)
    # Without a time of its own it has ten seconds, and two gigabytes.
    asked: list[Limits] = []
    monkeypatch.setattr(disk.Disk, "foreign", lambda self, text, *, limits: asked.append(limits) or ox)
    with suppress(AttributeError):
        graph.run("hog")
    assert asked == [Limits()]


def test_eight_threads_at_once_are_stopped_and_the_ninth_answers(graph: cg.KnowledgeGraph):
    """Each by its own limit; good questions in between are answered with the right rows."""
    hogs = [HOGS[name] for name in ("a product, counted", "a product, sorted")]
    rows = len(graph.sparql(ALL).rows)
    timeline = graph.run("timeline")

    def ask(at: int) -> object:
        if at % 3 == 2:
            return len(graph.sparql(ALL, timeout=60).rows), graph.run("timeline") == timeline
        try:
            return graph.sparql(hogs[at % 2], limits=SOON)
        except errors.LimitReached as error:
            return error.limit

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(12)))
    assert found[2::3] == [(rows, True)] * 4
    assert all(limit in ("0.6 s", "512 MiB") for at, limit in enumerate(found) if at % 3 != 2)


def test_an_event_loop_runs_on(graph: cg.KnowledgeGraph):
    """As in a notebook: asked inside a running loop, and from its threads while the loop does other things."""

    async def ask() -> tuple[int, list[object]]:
        with pytest.raises(errors.LimitReached):
            graph.sparql(HOGS["a product, counted"], timeout=0.3)
        waiting = [asyncio.to_thread(graph.sparql, HOGS["a product, sorted"], limits=SOON) for _ in range(2)]
        turns, both = 0, asyncio.gather(*waiting, return_exceptions=True)
        while not both.done():
            turns += 1
            await asyncio.sleep(0)
        return turns, list(await both)

    turns, ended = asyncio.run(ask())
    assert turns > 10
    assert all(isinstance(error, errors.LimitReached) for error in ended)
    assert answers(graph)


@pytest.mark.parametrize("text", ["ASK { ?s", "SELECT (<x:f>(1) AS ?x) {}", HOGS["a product, counted"], "ASK {}"])
def test_a_graph_takes_its_workers_with_it(text: str):
    """As soon as it is let go of, whatever went wrong: nothing waits for the garbage to be collected."""
    before, kg = children(), cg.load([LEAGUE], only=True, ontology=True)
    gc.disable()
    try:
        with suppress(errors.GraphError):
            kg.sparql(text, limits=SOON)
        del kg
        assert children() <= before
    finally:
        gc.enable()


def test_a_query_of_the_project_pays_for_no_worker(graph: cg.KnowledgeGraph, monkeypatch: pytest.MonkeyPatch):
    """Without limits it starts no process."""
    monkeypatch.setattr(subprocess, "Popen", None)
    assert len(graph.run("timeline"))


def test_exactly_so_many_rows_come_and_it_is_said_when_there_are_more(graph: cg.KnowledgeGraph):
    """Below, at and above the number there is; of tables and graphs; none; a truth value has no rows."""
    construct = "CONSTRUCT { ?s a coop:Statement } WHERE { ?s a coop:Claim }"
    whole = graph.sparql(ALL)
    count = len(whole.rows)
    assert count > 30
    assert not whole.cut
    for limit in (0, 1, count - 1, count, count + 1, 10**9):
        limits = Limits(rows=limit, cut=True)
        table, made = graph.sparql(ALL, limits=limits), graph.sparql(construct, limits=limits)
        assert (len(table.rows), table.cut) == (min(limit, count), limit < count)
        assert table.variables == ("s",)
        assert set(table.rows) <= set(whole.rows)
        assert (len(made.triples), made.cut) == (min(limit, count), limit < count)
    asked = graph.sparql("ASK { ?s ?p ?o }", limits=Limits(rows=0, cut=True))
    assert (asked.boolean, asked.cut) == (True, False)
    nothing = graph.sparql("SELECT ?x { ?x a coop:Nothing }", limits=Limits(rows=0, cut=True))
    assert (nothing.rows, nothing.cut) == ([], False)
    # What would never end gives its first rows.
    for name in ("a product, all rows", "a product as a graph"):
        found = graph.sparql(HOGS[name], limits=Limits(seconds=60, rows=1000, cut=True))
        assert (len(found.rows) + len(found.triples), found.cut) == (1000, True)


def test_rows_are_counted_whatever_stands_in_them():
    """Line ends, tabs and quotes in texts, no column at all, long values: a row is a row."""
    texts = ["a\nb\n", "\r\n", "\t", '"', "", "\u2028", "x" * 100_000, "\\n"]
    quads = [ox.Quad(ox.NamedNode(f"x:{at}"), ox.NamedNode("x:p"), ox.Literal(text)) for at, text in enumerate(texts)]
    data = ox.serialize(quads, format=ox.RdfFormat.N_QUADS)
    with closing(sandbox.Workers(data)) as workers:
        for limit in range(len(texts) + 1):
            limits = Limits(rows=limit, cut=True)
            table = workers.query("SELECT ?o { ?s <x:p> ?o } ORDER BY ?s", limits=limits)
            assert [row[0].value for row in table.rows] == texts[:limit]  # type: ignore[union-attr]
            assert table.cut == (limit < len(texts))
            assert len(workers.query("SELECT * { ?s <x:p> ?o }", limits=limits).rows) == limit
            assert len(workers.query("CONSTRUCT WHERE { ?s <x:p> ?o }", limits=limits).triples) == limit
            assert len(workers.query("SELECT (1 AS ?one) { ?s <x:p> ?o }", limits=limits).rows) == limit


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the command line in this process, on the graph in memory or on disk."""
    code = main.execute(["--data", str(LEAGUE), "--only", "--with-ontology", *words])
    return code, *capsys.readouterr()


def test_the_command_line_cuts_and_says_so(graph: cg.KnowledgeGraph, capsys: pytest.CaptureFixture[str]):
    """Of SPARQL the words are on standard error; exactly enough rows are no cut; graphs and truth values too."""
    count = len(graph.sparql(ALL).rows)
    for limit in (0, count - 1, count, count + 1):
        code, out, err = run(capsys, "sparql", ALL, "--limit", str(limit), "-f", "csv")
        assert (code, len(out.splitlines())) == (0, 1 + min(limit, count))
        assert err == (f"Cut at {limit}; there is more.\n" if limit < count else "")
    words = ("sparql", HOGS["a product as a graph"], "--limit", "7", "-f", "ntriples", "--timeout", "60")
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "Cut at 7; there is more.\n")
    assert 0 < len(out.splitlines()) <= 7
    assert run(capsys, "sparql", "ASK { ?s ?p ?o }", "--limit", "0", "-f", "json")[::2] == (0, "")


@pytest.mark.usefixtures("graph")
def test_the_command_line_stops(capsys: pytest.CaptureFixture[str]):
    """Status 4, one message with a hint, nothing on standard output: by time, of queries of both kinds."""
    for words in (
        ("sparql", HOGS["a product, counted"], "--timeout", "0.3"),
        ("sparql", HOGS["a product, sorted"], "--timeout", "0.3", "--limit", "3"),
        ("run", "timeline", "--timeout", "0.001"),
        ("timeline", "--timeout", "0.001"),
    ):
        code, out, err = run(capsys, *words)
        assert (code, out) == (4, "")
        assert err.startswith("error: The query: not done within 0.")
        assert err.count("\n") == 2
        assert "\nhint: " in err
    assert run(capsys, "timeline", "--timeout", "60", "-f", "csv") == run(capsys, "timeline", "-f", "csv")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_ends_with_its_parent(end: signal.Signals):
    """However the parent ends, nothing goes on computing until its time is up."""
    # No file is read, so that there is no other worker.
    words = [sys.executable, "-m", "csto_graph", "sparql", HOGS["a product, counted"]]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([*words, "--timeout", "500"], env=environment, stderr=subprocess.DEVNULL) as parent:
        try:
            worker = locked(parent.pid)
            watched = os.pidfd_open(worker)
            try:
                parent.send_signal(end)
                parent.wait(30)
                ended, _, _ = select.select([watched], [], [], 30)
                assert ended
            finally:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
                os.close(watched)
        finally:
            parent.kill()


def locked(parent: int) -> int:
    """The child of a process, whichever of its threads started it, that has given up its rights, once there is one."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        lists = Path(f"/proc/{parent}/task").glob("*/children")
        for number in [number for children in lists for number in children.read_text().split()]:
            with suppress(OSError):
                limits = " ".join(Path(f"/proc/{number}/limits").read_text().split())
                if "Max core file size 0 0" in limits and "Max open files 0 0" in limits:
                    return int(number)
    raise AssertionError("no worker was started")


GRAPH, LONG = ox.NamedNode("x:graph"), "a text that is long enough to be kept apart"
BITING = ("plain", "silent", "variable", "optional", "exists", "keyword as prefix", "two keywords in one")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> disk.Disk:
    """Make a store of a few statements, the folder as the worker gets it."""
    folder = tmp_path_factory.mktemp("stored")
    store = ox.Store(str(folder / "graph"))
    store.extend(ox.Quad(ox.NamedNode(f"x:{at}"), ox.NamedNode("x:p"), ox.NamedNode("x:o")) for at in range(9))
    store.flush()
    (folder / "manifest").write_text("{}", encoding="utf-8")
    return disk.Disk(str(folder), {})


@pytest.mark.parametrize("name", BITING)
def test_a_query_to_a_store_calls_nobody_even_without_the_gate(
    stored: disk.Disk, name: str, canary: Canary, monkeypatch: pytest.MonkeyPatch
):
    """The worker cannot open a socket, though it has opened the store."""
    monkeypatch.setattr(sandbox, "vet", corpus.Ungated)
    with suppress(errors.QueryError, SyntaxError):
        stored.foreign(corpus.QUERIES_THAT_CALL[name].format(url=canary.url), limits=CAREFUL)
    assert (Path(stored.folder) / "manifest").exists()  # a refusal is no damage


def test_a_worker_reads_every_file_of_a_store_and_writes_none(tmp_path: Path):
    """A store of so many files that the engine does not open all at once; what it needs later it still finds."""
    store = ox.Store(str(tmp_path / "graph"))
    for part in range(8):
        name = ox.NamedNode(f"x:p{part}")
        store.bulk_extend(ox.Quad(ox.NamedNode(f"x:{at}"), name, ox.Literal(f"{LONG} {at}"), GRAPH) for at in range(60))
    store.flush()
    del store
    files = sorted((tmp_path / "graph").iterdir())
    assert sum(path.suffix == ".sst" for path in files) > 16
    engine = disk.Disk(str(tmp_path), {})
    for pattern in ("?s ?p ?o", "GRAPH ?g { ?s ?p ?o }", f"GRAPH {GRAPH} {{ ?s ?p ?o }}"):
        counted = engine.foreign(f"SELECT (COUNT(*) AS ?n) (MAX(STR(?o)) AS ?m) {{ {pattern} }}", limits=CAREFUL)
        assert str(counted.rows[0][0]) == str(ox.Literal(480)), pattern
    for pattern, count in (("?s <x:p5> ?o", 60), ("<x:5> ?p ?o", 8), (f'?s ?p "{LONG} 5"', 8)):
        for whole in (pattern, f"GRAPH ?g {{ {pattern} }}"):
            assert len(engine.foreign(f"SELECT * {{ {whole} }}", limits=CAREFUL).rows) == count, whole
    assert sorted((tmp_path / "graph").iterdir()) == files


def test_where_sockets_cannot_be_forbidden_alone_no_file_can_be_opened(monkeypatch: pytest.MonkeyPatch):
    """On another machine, and where the system refuses the filter: the worker falls back on the stricter rule."""
    import ctypes
    import resource

    set_: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", lambda what, amount: set_.update({what: amount}))

    class Refusing:
        def prctl(self, *_: object) -> int:
            return 0

        def syscall(self, *_: object) -> int:
            return -1

    monkeypatch.setattr(ctypes, "CDLL", lambda _: Refusing())
    for machines in (child.MACHINES, {}):
        monkeypatch.setattr(child, "MACHINES", machines)
        child.lock(reads=True)
        assert set_.pop(resource.RLIMIT_NOFILE) == (0, 0)
    monkeypatch.setattr(child, "_refuse_system_calls", lambda: True)
    child.lock(reads=True)
    assert resource.RLIMIT_NOFILE not in set_
    child.lock()
    assert set_[resource.RLIMIT_NOFILE] == (0, 0)
