"""What takes long: the export of graphs that are not held, and the line that tells how far something is."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from exports import READERS, Lines, canonical, plain, text
from hypothesis import given
from hypothesis import strategies as st

import csto_graph as cg
from csto_graph import errors, files
from csto_graph.loading import view
from csto_graph.share import export as exporting
from csto_graph.store import oxigraph as disk
from csto_graph.store.engine import GRAPHS, graph_name

LEAGUE = Path(__file__).parents[1] / "example.ttl"

Command = Callable[..., subprocess.CompletedProcess[str]]
PARTS = ("all", "data", "ontology", "claims", "derived")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name the folder of the store of the league."""
    return tmp_path_factory.mktemp("streaming") / "cache"


@pytest.fixture(scope="module")
def stored(cache: Path) -> cg.KnowledgeGraph:
    """Build the league on disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSTO_GRAPH_CACHE", str(cache))
        patch.setattr(view, "LARGE", 1)
        return cg.load([LEAGUE], only=True, ontology=True)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the folder of temporary files; at the end nothing is in it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", READERS)
@pytest.mark.usefixtures("temporary")
def test_every_part_in_every_format_is_that_of_memory(league: cg.KnowledgeGraph, stored: cg.KnowledgeGraph, name: str):
    """Term for term, and by graph where the format knows graphs; also what is the same for any data, and of a day."""
    for part in PARTS:
        found = list(ox.parse(text(stored, name, what=part), format=READERS[name]))
        chosen = list(exporting.chosen(league, part))
        assert len(chosen) > 100
        assert canonical(found) == canonical(chosen if name in ("nquads", "trig") else plain(chosen)), part
    for options in ({"what": "shapes"}, {"what": "queries"}, {"as_of": "2005"}):
        one, other = (ox.parse(text(graph, name, **options), format=READERS[name]) for graph in (league, stored))
        assert canonical(one) == canonical(other), options


def line(subject: int, value: str) -> bytes:
    return f'<x:{subject}> <x:p> "{value}" .\n'.encode()


@given(st.lists(st.text("abc\u00e9<>_: .", min_size=1, max_size=5)), st.integers(1, 40))
def test_lines_that_were_put_aside_come_together_in_order(given: list[str], most: int):
    """Sorted by their bytes, each once, whatever fits into memory."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "IN_MEMORY", most)
        one, other = files.Sorter(folder), files.Sorter(folder)
        for text in given:
            one.add(f"{text}\n")
            other.add("x\n")
        assert (one.write("one"), other.write("other")) == (len({*given}), len(given[:1]))
        assert Path(folder, "one").read_bytes() == b"".join(sorted({f"{text}\n".encode() for text in given}))
        assert Path(folder, "other").read_bytes() == b"x\n" * len(given[:1])


def test_the_order_is_that_of_the_lines(stored: cg.KnowledgeGraph):
    """N-Triples and N-Quads are sorted, each line once, also where the same statement stands in several graphs."""
    for name in ("ntriples", "nquads"):
        lines = text(stored, name).encode().splitlines(keepends=True)
        assert lines == sorted(set(lines))
        assert all(found.endswith(b" .\n") for found in lines)
    names = [graph_name(graph).value for graph in GRAPHS[:3]]
    engine = Lines(dict.fromkeys([*names, "x:other"], b"".join(line(at, "v") for at in range(500))))
    for name, reader in READERS.items():
        found = list(ox.parse("".join(exporting.streamed(engine, name, names)), format=reader))
        assert len(found) == (1500 if name in ("nquads", "trig") else 500), name


def test_what_xml_cannot_hold_is_told_and_nothing_is_left(temporary: Path):
    """As in memory: a property whose name is none in XML, a character that no text in XML may have."""
    for statement, said in (
        ('<x:a> <http://example.org/1> "v" .', "cannot hold the property <http://example.org/1>"),
        (r'<x:a> <x:p> "a\u0001b" .', r"cannot hold the character U\+0001"),
        ('<x:a> <x:p> "a\ufffeb" .', r"cannot hold the character U\+FFFE"),
    ):
        engine = Lines({"x:g": line(1, "a") + statement.encode() + b"\n" + line(2, "b")})
        with pytest.raises(errors.OutputError, match=said):
            list(exporting.streamed(engine, "rdfxml", ["x:g"]))


def test_memory_does_not_grow_with_the_graph(monkeypatch: pytest.MonkeyPatch, temporary: Path):
    """Eight times the statements take about the same."""
    monkeypatch.setattr(exporting, "_CHUNK", 10_000)
    monkeypatch.setattr(exporting, "_LINES", 100)

    class Many(disk.Disk):
        def lines(self) -> Iterator[bytes]:
            for at in range(int(self.folder)):
                yield f'<x:{at:06}> <x:p> "some words of a text" <x:g> .\n'.encode()

    def peak(count: int, name: str) -> int:
        engine = Many(str(count), {})
        tracemalloc.start()
        try:
            chunks = sum(len(chunk) for chunk in exporting.streamed(engine, name, ["x:g"]))
            assert chunks > 10 * count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    for name in ("ntriples", "turtle"):
        assert peak(80_000, name) < 1.5 * peak(10_000, name)


START = """
import os, signal, sys
sys.path.insert(0, {package!r})
from csto_graph.cli import main
from csto_graph.share import export
from csto_graph.store import oxigraph as disk
from csto_graph.loading import view
view.LARGE = 1

def at(owner, name, act, nth=1):
    '''Do something before a function is called for the nth time.'''
    real, calls = getattr(owner, name), []
    def called(*args, **options):
        calls.append(name)
        if len(calls) == nth:
            act()
        return real(*args, **options)
    setattr(owner, name, called)

def send(number):
    return lambda: os.kill(os.getpid(), number)

def limited(size):
    import resource
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

{code}
sys.argv[1:] = ["--data", {data!r}, "--only", "--with-ontology", *{arguments!r}]
main.main()
"""


def source(code: str, *arguments: object) -> list[str]:
    package = str(Path(cg.__file__).parents[1])
    given = [str(word) for word in arguments]
    return [sys.executable, "-c", START.format(package=package, code=code, data=str(LEAGUE), arguments=given)]


@pytest.fixture
def command(stored: cg.KnowledgeGraph, cache: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command line in a process of its own on the league on disk."""
    monkeypatch.setenv("CSTO_GRAPH_CACHE", str(cache))

    def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        words = source(code, *arguments)
        return subprocess.run(words, capture_output=True, check=False, text=True, encoding="utf-8", timeout=200)

    return run


@pytest.mark.parametrize("code", ["at(disk, '_digest_of', {})", "at(export, 'parsed', {})", "at(os, 'fsync', {})"])
def test_an_interrupt_leaves_no_file(command: Command, code: str, tmp_path: Path):
    """Status 130, one line; neither a temporary file nor half of the one wanted, and an older one is untouched."""
    (tmp_path / "out.ttl").write_text("old", encoding="utf-8")
    ended = command(code.format("send(signal.SIGINT)"), "export", "-o", tmp_path / "out.ttl")
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "\nerror: interrupted.\n")
    assert (tmp_path / "out.ttl").read_text(encoding="utf-8") == "old"
    assert sorted(os.listdir(tmp_path)) == ["out.ttl", "temporary"]


def test_a_full_disk_is_told(command: Command):
    """Status 3, and nothing is left."""
    ended = command("limited(300_000)()", "export", "-f", "trig")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("error: The temporary file cannot be written: ")
    assert "TMPDIR" in ended.stderr
    assert (ended.stderr.count("Errno"), ended.stderr.count("error: ")) == (0, 1)


@pytest.mark.usefixtures("command")
def test_a_reader_that_goes_away_is_no_error():
    """It reads a little and closes the pipe: status 0, no words, no file left."""
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(source("", "export", "-f", "nquads"), **pipes) as child:
        assert child.stdout.read(100)
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 0


QUICK = """
import threading
class Impatient(threading.Event):
    '''Waits as long as it is told, but for a hundredth of a second where that is two.'''
    def wait(self, timeout=None):
        return super().wait(0.01 if timeout == 2.0 else timeout)
threading.Event = Impatient
"""
DRAWN = """
import time
def until_drawn(act):
    '''Do something, and hold on until the line was drawn.'''
    drawn = threading.Event()
    real = main.ProgressLine._line
    def line(self, text):
        real(self, text)
        drawn.set()
    main.ProgressLine._line = line
    def run(*args, **options):
        drawn.wait(20)
        return act(*args, **options)
    return run
"""


def on_terminal(code: str, *arguments: object, **variables: str) -> tuple[int, bytes, bytes]:
    """Status, standard output and what the terminal on standard error got."""
    ours, theirs = pty.openpty()
    started, seen = {"stdin": subprocess.DEVNULL, "stderr": theirs, "env": {**os.environ, **variables}}, b""
    with open(ours, "rb", buffering=0), tempfile.TemporaryFile() as out:
        child = subprocess.Popen(source(code, *arguments), stdout=out, **started)  # type: ignore[call-overload]
        os.close(theirs)
        with suppress(OSError):  # what Linux gives at the end of a terminal
            while data := os.read(ours, 65536):
                seen += data
        status = child.wait()
        out.seek(0)
        return status, out.read(), seen


def screen(written: bytes) -> list[str]:
    """What a reader sees in the end."""
    lines = []
    for line in written.decode("utf-8").replace("\r\n", "\n").split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return lines


BUILT = """
from csto_graph.store import oxigraph as disk
disk._told = until_drawn(disk._told)
real = main.ProgressLine.__call__
def told(self, what, done=0, total=0):
    real(self, what or "", 3 if what else done, 8 if what else total)
main.ProgressLine.__call__ = told
"""
BUILDING = r"\r(Looking at the files|Reading|Statements|Drawing|Deriving|Building)[^\r]*\[#######\.{13}\] 37 % \d+ s"
FAILED = """
def fail(self, *args, **options):
    from csto_graph import errors
    raise errors.LimitReached("The query: not done within 3 s.", limit="3 s", hint="Ask for less.")
disk.Disk.foreign = until_drawn(fail)
"""
LONG = {
    "query": ("run timeline -f csv", "disk.Disk.query = until_drawn(disk.Disk.query)", "Asking", 0, [""]),
    "sparql": ("sparql 'SELECT ?s { ?s a coop:Claim } ORDER BY ?s' -f csv",
               "disk.Disk.foreign = until_drawn(disk.Disk.foreign)", "Asking", 0, [""]),
    "export": ("export -f nquads -o {out}", "disk.Disk.lines = until_drawn(disk.Disk.lines)", "Exporting", 0, [""]),
    "building": ("stats -f csv", BUILT, BUILDING, 0, [""]),
    "error": ("sparql 'ASK {}'", FAILED, "Asking", 4,
              ["error: The query: not done within 3 s.", "hint: Ask for less.", ""]),
    "interrupt": ("run timeline", "disk.Disk.query = until_drawn(lambda *_, **__: send(signal.SIGINT)())", "Asking",
                  130, ["", "error: interrupted.", ""]),
}  # fmt: skip


@pytest.mark.parametrize("long", LONG)
def test_what_takes_long_is_told_and_the_line_taken_away(
    cache: Path, stored: cg.KnowledgeGraph, tmp_path: Path, long: str
):  # fmt: skip
    """On a terminal a line is drawn: what is done, and how much of it; in the end, or before an error, it is gone, and
    what is quick has none; data are the same as without, byte for byte."""
    (line, act, told, status, left), results = LONG[long], []
    for code in (QUICK + DRAWN + act, "") if status == 0 else (QUICK + DRAWN + act,):
        out = tmp_path / f"out-{len(results)}"
        place = tmp_path / "cache" if long == "building" else cache
        words = shlex.split(line.replace("{out}", str(out)))
        ended, data, seen = on_terminal(code, *words, CSTO_GRAPH_CACHE=str(place))
        assert (ended, screen(seen)) == (status, left)
        assert bool(re.search(told, seen.decode())) == bool(code)
        results.append((data, out.read_bytes() if out.exists() else b""))
    assert len(set(results)) == 1
    assert any(results[0]) == (status == 0)


def test_nothing_is_drawn_where_nobody_looks(command: Command):
    """Standard error is a pipe, or closed: no line, no thread, the same rows."""
    code = QUICK + "main.ProgressLine._draw = property(lambda self: 1 / 0)\n"
    said = command(code, "run", "timeline", "-f", "csv")
    assert (said.returncode, said.stderr) == (0, "")
    closed = command(f"{code}\nos.close(2); sys.stderr = None", "run", "timeline", "-f", "csv")
    assert (closed.returncode, closed.stdout) == (0, said.stdout)
