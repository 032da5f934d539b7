"""Graphs on disk: the same answers as in memory; stores that are whole or not there, whatever happens meanwhile."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import closing
import pytest
from pyoxigraph import Quad

import csto_graph as cg
from csto_graph import _version, errors
from csto_graph.cli import main
from csto_graph.loading import inputs, view
from csto_graph.names import normal
from csto_graph.reason import derive
from csto_graph.store import oxigraph as disk
from csto_graph.store.engine import Engine, graph_name
from csto_graph.store.oxigraph import Oxigraph

HERE = Path(__file__).parents[1]
LEAGUE = HERE / "example.ttl"
READINGS = ("curated", "source")
PREFIXES = """
@prefix ex: <https://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
#: Lists, a restriction and a thing without a name: what follows rests on statements about blank nodes.
LISTS = (
    PREFIXES
    + """
ex:grandparent a owl:ObjectProperty ; owl:propertyChainAxiom ( ex:parent ex:parent ) .
ex:parent a owl:ObjectProperty .
ex:Person owl:equivalentClass [ owl:unionOf ( ex:Woman ex:Man ) ] .
ex:Parent owl:equivalentClass [ a owl:Restriction ; owl:onProperty ex:child ; owl:someValuesFrom ex:Person ] .
[] a owl:AllDifferent ; owl:members ( ex:a ex:b ex:c ) .
ex:a ex:parent ex:b ; a ex:Woman .
ex:c rdfs:label "third" .
ex:b ex:parent ex:c ; ex:child [ a ex:Man ; rdfs:label "unnamed" ] .
"""
)

CONTRADICTORY = PREFIXES + "ex:a a ex:C, ex:D . ex:C owl:disjointWith ex:D .\n"


class Pair(NamedTuple):
    """The same graph in memory and on disk."""

    memory: cg.KnowledgeGraph
    disk: cg.KnowledgeGraph


class Built(NamedTuple):
    """The stores that most tests only read, and where they are."""

    cache: Path
    pairs: dict[str, Pair]
    data: dict[str, list[Path]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build a few stores, in both readings."""
    folder = tmp_path_factory.mktemp("built")
    lists = folder / "lists.ttl"
    lists.write_text(LISTS, encoding="utf-8")
    data = {"league": [LEAGUE], "lists": [lists]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSTO_GRAPH_CACHE", str(folder / "cache"))
        memory = {name: cg.load(files, only=True, ontology=True) for name, files in data.items()}
        patch.setattr(view, "LARGE", 1)
        large = {name: cg.load(files, only=True, ontology=True) for name, files in data.items()}
        for graph in (large["league"], large["lists"]):
            graph.engine("source")
    return Built(folder / "cache", {name: Pair(memory[name], large[name]) for name in data}, data)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a cache that is not there yet, and keep every graph with files of its own on disk."""
    monkeypatch.setattr(view, "LARGE", 1)
    monkeypatch.setenv("CSTO_GRAPH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the folders of stores that would be built; what is put there passes for a whole one."""
    found: list[str] = []

    def build(folder: str, *_: object) -> None:
        found.append(os.path.basename(folder))
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        Path(folder, "manifest").write_text('{"quads": 0, "files": {}, "notes": []}', encoding="utf-8")

    monkeypatch.setattr(disk, "_build", build)
    return found


def on_disk(graph: cg.KnowledgeGraph, reading: str = "curated") -> disk.Disk:
    engine = graph.engine(reading)
    assert isinstance(engine, disk.Disk)
    return engine


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def listed(folder: Path) -> set[str]:
    """What lies in a cache."""
    return set(os.listdir(folder)) if folder.exists() else set()


def named(engine: Engine, graph: str) -> set[Quad]:
    return set(engine.quads(graph_name(graph).value))


CASES = [("league", "curated"), ("league", "source"), ("lists", "curated"), ("lists", "source")]


@pytest.mark.parametrize(("name", "reading"), CASES)
def test_all_that_is_held_and_matched_is_the_same(built: Built, name: str, reading: str):
    """And blank nodes keep their labels: conclusions from lists and nodes without names can be explained."""
    pair, about = built.pairs[name], "https://example.org/"
    closing.assert_alike(pair.memory.engine(reading), pair.disk.engine(reading), 40, 2000)
    if (name, reading) == ("lists", "curated"):
        assert set(pair.disk.asserted) == set(pair.memory.asserted)
        assert any("_:" in str(quad.object) for quad in named(pair.disk.engine(), "proofs"))
        assert pair.disk.why(f"{about}a", f"{about}grandparent", f"{about}c")
        assert pair.disk.why(f"{about}a", "rdf:type", f"{about}Person")


def test_canned_queries_give_the_same_rows(built: Built):
    """Every query with every set of parameters for which rows were written by hand, in the reading it names."""
    count = 0
    for path in (HERE / "rows").glob("*.csv"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                given = {"reading": "curated", **json.loads(line.removeprefix("# "))}
                here, there = (graph.run(path.stem, **given) for graph in built.pairs["league"])
                assert there == here, line
                count += len(here)
    assert count > 100


def test_names_lead_to_the_same_things(built: Built):
    """Find, resolve and suggestions: whole names, parts, beginnings of words, mistakes, both languages, classes."""
    for memory, large in (built.pairs["league"],):
        names = sorted(set(large.engine().names().having([""])))
        words = {text for _, _, text, _ in names[::9]} | {text[:5] for _, _, text, _ in names[::31]}
        words |= {f"{text}x" for _, _, text, _ in names[::149]}
        words |= {"a", "of", "о", "\U0010ffff", "'", '"; DROP TABLE names', "%", "_", "the league", "RU/R/7/12", "7/12"}
        for text in sorted(words):
            assert memory.find(text, limit=5) == large.find(text, limit=5), text
        for text in sorted(words)[::4]:
            for of in (None, "coop:Organization", "vocab:area"):
                one, other = resolved(memory, text, of), resolved(large, text, of)
                assert one[:2] == other[:2], (text, of)
                # Among many names only those are like a mistaken one that begin as it does.
                more = {*other[2]} - {*one[2], *memory.lookup.near(text, of=of, limit=99)}
                assert all(normal(name)[:2] == normal(text)[:2] for name in more), (text, of)


def resolved(graph: cg.KnowledgeGraph, text: str, of: str | None) -> tuple[str, list[str], list[str]]:
    """The thing that a text names, or what is said instead; suggestions that must be the same, and that need not."""
    try:
        return graph.resolve(text, of=of), [], []
    except errors.UnknownName as error:
        return error.message, [], error.suggestions
    except errors.BadParameter as error:
        return error.message, error.suggestions, []


def test_the_same_data_make_the_same_store_whatever_the_seed_of_hashes(tmp_path: Path):
    """Two builds in processes with other hash seeds: the same name, lines and names; lines are sorted, each once."""
    lists = put(tmp_path / "lists.ttl", LISTS)
    found = []
    for seed in ("1", "2"):
        cache = tmp_path / seed
        out = tmp_path / f"out-{seed}.csv"
        said = command(cache, "", "--data", lists, "--data", LEAGUE, "--only", "stats", "-o", out, seed=seed)
        assert (said.returncode, said.stderr) == (0, "")
        (store,) = listed(cache)
        found.append((store, *((cache / store / name).read_bytes() for name in ("names", "quads", "proofs"))))
    assert found[0] == found[1]
    for lines in found[0][2:]:
        assert isinstance(lines, bytes)
        assert b"_:" in lines
        assert lines.splitlines() == sorted(set(lines.splitlines()))


def key(*files: Path, **options: object) -> str:
    """The name of the store of some files."""
    reading = str(options.pop("reading", "curated"))
    return os.path.basename(on_disk(cg.load(files, **options), reading).folder)  # type: ignore[arg-type]


def test_a_second_opening_builds_and_writes_nothing(built: Built, cache: Path, monkeypatch: pytest.MonkeyPatch):
    """Neither the files nor a store are made or changed, by opening or by asking, in either reading."""
    shutil.copytree(built.cache, cache)
    for reading in READINGS:
        key(LEAGUE, only=True, ontology=True, reading=reading)
    monkeypatch.setattr(disk, "_build", None)
    monkeypatch.setattr(inputs, "statements", None)

    def state() -> dict[str, tuple[int, int]]:
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in cache.rglob("*")}

    before = state()
    graph = cg.load([LEAGUE], only=True, ontology=True)
    assert len(graph.run("timeline"))
    assert len(graph.run("timeline", reading="source"))
    assert graph.find("League")
    assert graph.sparql("SELECT * { ?s ?p ?o } LIMIT 3").rows
    assert state() == before


@pytest.mark.usefixtures("cache")
def test_what_a_store_is_made_of_names_it(tmp_path: Path, builds: list[str]):
    """Content, format, order, the bundled data, reading and base make another store; another place, with a base,
    does not."""
    one, two = put(tmp_path / "one.ttl", "<x:a> <x:p> 1 ."), put(tmp_path / "two.ttl", "<x:a> <x:p> 2 .")
    copy = put(tmp_path / "deep" / "er" / "copy.TTL", one.read_bytes())
    other = put(tmp_path / "one.nt", one.read_bytes())
    found = [key(one), key(two), key(one, two), key(two, one), key(other)]
    found += [key(one, only=True, ontology=True), key(one, only=True), key(one, reading="source")]
    found += [key(one, reasoner="none"), key(one, base="urn:x:"), key(copy)]
    assert len(set(found)) == len(found)
    count = len(builds)
    assert key(copy, base="urn:x:") == key(one, base="urn:x:")
    assert key(one) == found[0]
    assert len(builds) == count


@pytest.mark.usefixtures("cache")
def test_changed_code_and_changed_files_make_another_store(
    tmp_path: Path, builds: list[str], monkeypatch: pytest.MonkeyPatch
):
    """A changed module as well as another version; a file of the same size with an old time of change; a large file,
    which is not read at each start, by its state, once its clock must have moved on."""
    file = put(tmp_path / "one.ttl", "<x:a> <x:p> 1 .")
    package = tmp_path / "package"
    shutil.copytree(Path(disk.__file__).parent.parent, package, ignore=shutil.ignore_patterns("_*"))
    monkeypatch.setattr(disk, "__file__", str(package / "store" / "disk.py"))
    found = [key(file)]
    for module in ("reason/closure", "names"):
        with open(package / f"{module}.py", "a", encoding="utf-8") as source:
            source.write("# changed\n")
        found.append(key(file))
    old = file.stat()
    put(file, "<x:a> <x:p> 2 .")
    os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (old.st_size, old.st_mtime_ns)
    found.append(key(file))
    monkeypatch.setattr(_version, "__version__", "0.0.0.test")
    found.append(key(file))
    monkeypatch.setattr(disk, "_LARGE", 1)
    monkeypatch.setattr(disk, "_digest_of", None)
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    found.append(key(file))
    assert 1 < max(waited) <= 2
    assert key(file) == found[-1]
    put(file, "<x:a> <x:p> 3 .")
    assert len({*found, key(file)}) == len(builds) == 7


@pytest.mark.parametrize("after", ["reading", "closing"])
def test_a_file_that_changes_while_it_is_read_makes_no_store(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
):
    """What was read is not what the digest was made of: it is told, and nothing of it is kept."""
    file = put(tmp_path / "one.ttl", "<x:a> <x:p> 1 .")
    owner, name = {"reading": (inputs, "statements"), "closing": (derive, "facts")}[after]
    real = getattr(owner, name)

    def changed(*args: object, **options: object) -> object:
        put(file, "<x:a> <x:p> 2 .")
        return real(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, changed)
        with pytest.raises(errors.InputError, match=r"one\.ttl: was changed while it was read") as told:
            cg.load([file], only=True, ontology=True)
    assert "Ask again" in told.value.hint
    assert listed(cache) == set()
    graph = cg.load([file], only=True, ontology=True)
    assert [str(row.o) for row in graph.select("SELECT ?o { <x:a> <x:p> ?o }")] == ["2"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def store_of(built: Built, cache: Path, name: str = "league") -> Path:
    """A copy of a store, of which anything may be done."""
    folder = on_disk(built.pairs[name].disk).folder
    shutil.copytree(folder, cache / os.path.basename(folder))
    return cache / os.path.basename(folder)


def flip(path: Path, step: int = 700) -> None:
    """Change bytes all over a file, and not its size."""
    content = bytearray(path.read_bytes())
    for at in range(len(content) // 3, len(content), step):
        content[at] ^= 0x15
    path.write_bytes(content)


NONE = ("", "[]", "{}", "garbage", '{"files": 1}', '{"files": {"x": "y"}}', "null", "\0")


@pytest.mark.parametrize("harm", [cut, None, Path.unlink, flip, *NONE], ids=range(4 + len(NONE)))
def test_a_store_with_a_damaged_file_is_built_anew(
    built: Built, cache: Path, builds: list[str], harm: Callable[[Path], None] | str | None
):
    """Each file counts, the tables of both stores, the names, the manifest, which may be any text; the engine would
    not notice all of it."""
    whole = store_of(built, cache)
    assert key(LEAGUE, only=True, ontology=True) == whole.name
    assert builds == []
    for path in [path for path in whole.rglob("*") if path.is_file() and path.stat().st_size]:
        if (path.name == "manifest" and harm is None) or (path.name != "manifest" and isinstance(harm, str)):
            continue
        shutil.rmtree(whole)
        store_of(built, cache)
        harm(path) if callable(harm) else put(path, path.read_bytes() + b"garbage" if harm is None else harm)
        assert key(LEAGUE, only=True, ontology=True) == whole.name
        assert builds == [whole.name], path
        builds.clear()


def test_a_damaged_store_is_replaced_by_a_whole_one(built: Built, cache: Path):
    """Really built anew, in its place, with the same rows; what was strewn about is gone."""
    whole = store_of(built, cache, "lists")
    cut(max(whole.glob("graph/*.sst"), key=lambda path: path.stat().st_size))
    put(whole / "stray", "x")
    graph = cg.load(built.data["lists"], only=True, ontology=True)
    assert set(graph.quads()) == set(built.pairs["lists"].memory.quads())
    assert listed(cache) == {whole.name}
    assert not (whole / "stray").exists()


def test_a_copy_of_a_store_is_as_good(built: Built, cache: Path, builds: list[str], monkeypatch: pytest.MonkeyPatch):
    """Files that were copied or touched hold what they held: they are looked through, and nothing is built."""
    whole = store_of(built, cache)
    os.utime(whole / "quads")
    real, read = disk._digest_of, []
    monkeypatch.setattr(disk, "_digest_of", lambda path: read.append(path) or real(path))
    for some in (True, False):  # Once.
        assert key(LEAGUE, only=True, ontology=True) == whole.name
        assert any(path.startswith(str(whole)) for path in read) is some
        read.clear()
    assert builds == []
    assert on_disk(cg.load([LEAGUE], only=True, ontology=True)).count() == on_disk(built.pairs["league"].disk).count()


EVERYTHING = "SELECT * { ?s ?p ?o }"


def read_proofs(graph: cg.KnowledgeGraph) -> None:
    for quad in named(graph.engine(), "derived"):
        graph.engine().proof(quad.triple)


def other_letters(path: Path) -> None:
    """Text shows no damage: one letter for another would go out with an export."""
    path.write_bytes(path.read_bytes().replace(b"Harbour", b"Barbour", 1).replace(b"\thttp", b" http"))


@pytest.mark.parametrize(
    ("files", "harm", "read"),
    [
        ("proofs", lambda path: flip(path, 200), read_proofs),
        ("proofs", lambda path: flip(path, 200), lambda graph: named(graph.engine(), "proofs")),
        ("quads", other_letters, lambda graph: list(graph.quads())),
        ("names", other_letters, lambda graph: graph.find("League")),
        ("graph/*.sst", lambda path: flip(path, 1), lambda graph: graph.sparql(EVERYTHING)),
        ("graph/*.sst", flip, lambda graph: graph.sparql(EVERYTHING)),
        ("graph/*.sst", flip, lambda graph: graph.engine().query(EVERYTHING)),
    ],
)  # fmt: skip
def test_damage_is_told_before_anything_wrong_is_given(
    built: Built, cache: Path, files: str, harm: Callable[[Path], None], read: Callable[[cg.KnowledgeGraph], object]
):
    """Whatever is read, in this process or a worker; the next one who loads the graph gets a new store."""
    whole = store_of(built, cache)
    graph = cg.load([LEAGUE], only=True, ontology=True)
    for found in whole.glob(files):
        harm(found)
    with pytest.raises(errors.InputError, match="The store cannot be read") as caught:
        read(graph)
    assert caught.value.message.startswith(f"{whole}: ")
    assert caught.value.hint == "Load the graph again: it is built anew."
    assert not disk._whole(str(whole))


START = """
import os, signal, sys
sys.path.insert(0, {package!r})
from csto_graph.cli import main
from csto_graph import files
from csto_graph.store import engine, oxigraph as disk
from csto_graph.loading import view, pipeline
from csto_graph.reason import derive
view.LARGE = 1

def at(owner, name, act, nth=1, after=False):
    '''Do something before, or after, a function is called for the nth time.'''
    real, calls = getattr(owner, name), []
    def called(*args, **options):
        calls.append(name)
        if not after and len(calls) == nth:
            act()
        found = real(*args, **options)
        if after and len(calls) == nth:
            act()
        return found
    setattr(owner, name, called)

def send(number):
    return lambda: os.kill(os.getpid(), number)

def limited(size):
    import resource
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

{code}
sys.argv[1:] = {arguments!r}
main.main()
"""


def arguments(cache: Path, code: str, given: tuple[object, ...], seed: str) -> dict[str, object]:
    """How to run the command line in a process of its own, with every graph on disk."""
    package = str(Path(cg.__file__).parents[1])
    source = START.format(package=package, code=code, arguments=[str(word) for word in given])
    environment = {**os.environ, "CSTO_GRAPH_CACHE": str(cache), "PYTHONHASHSEED": seed}
    return {"args": [sys.executable, "-c", source], "env": environment, "text": True, "encoding": "utf-8"}


def command(cache: Path, code: str, *given: object, seed: str = "0") -> subprocess.CompletedProcess[str]:
    options = arguments(cache, code, given, seed)
    return subprocess.run(capture_output=True, check=False, timeout=200, **options)  # type: ignore[call-overload, no-any-return]


POINTS = {
    "while statements are written": "at(files.Sorter, 'add', {}, 20)",
    "while conclusions are drawn": "at(derive, 'facts', {})",
    "when the names are written": "at(engine, 'name_lines', {})",
    "while the store is filled": "at(disk, 'parse', {})",
    "before the manifest": "at(os, 'walk', {}, 2)",
    "before it is moved to its place": "at(os, 'rename', {})",
}


def test_a_build_that_is_killed_leaves_no_store(tmp_path: Path):
    """At any point: what lies there passes for nothing, and the next build takes it away."""
    cache, lists = tmp_path / "cache", put(tmp_path / "lists.ttl", LISTS)
    for point, code in POINTS.items():
        ended = command(cache, code.format("send(signal.SIGKILL)"), "--data", lists, "--only", "stats")
        assert ended.returncode == -9, point
        assert [name.startswith(".building-") for name in listed(cache)] == [True], point
        assert ended.stdout == ""
    put(cache / f".building-{os.getpid()}-alive" / "x", "x")
    ended = command(cache, "", "--data", lists, "--only", "stats")
    assert (ended.returncode, ended.stderr) == (0, "")
    (store,) = listed(cache) - {f".building-{os.getpid()}-alive"}
    assert disk._whole(str(cache / store))
    mended = command(cache, "at(disk, '_build', send(signal.SIGKILL))", "--data", lists, "--only", "stats")
    assert (mended.returncode, mended.stdout) == (0, ended.stdout)


HINT = "\nhint: Make room, or name another folder with the environment variable CSTO_GRAPH_CACHE.\n"
#: An interrupt, and a disk that is full, at once, while statements are written, names, the store, the manifest.
ENDS = [
    *((code.format("send(signal.SIGINT)"), 130, "\nerror: interrupted.\n", "") for code in POINTS.values()),
    *((code, 3, "error: CACHE: cannot be written: ", HINT) for code in (
        "limited(0)()", "limited(2_000)()", "at(engine, 'name_lines', limited(10))", "at(disk, '_told', limited(0))",
        "at(disk, 'parse', limited(2_000), after=True)", "at(os, 'walk', limited(10), 2)",
    )),
]  # fmt: skip


@pytest.mark.parametrize(("code", "status", "begin", "end"), ENDS, ids=range(len(ENDS)))
def test_a_build_that_cannot_go_on_leaves_nothing(tmp_path: Path, code: str, status: int, begin: str, end: str):
    """It ends at once with a status and a message, which has the reason and two ways out; the cache is empty."""
    ended = command(tmp_path / "cache", code, "--data", put(tmp_path / "lists.ttl", LISTS), "--only", "stats")
    assert (ended.returncode, ended.stdout) == (status, "")
    assert ended.stderr.startswith(begin.replace("CACHE", str(tmp_path / "cache")))
    assert ended.stderr.endswith(end)
    assert "Errno" not in ended.stderr
    assert listed(tmp_path / "cache") == set()


def test_an_interrupt_ends_a_query_at_once(built: Built):
    """While the engine is at work on one of the project's own, which nothing can stop but the end of the process."""
    code = """
real = disk.interruptible
def asked(store, text):
    from threading import Timer
    Timer(0.2, send(signal.SIGINT)).start()
    return real(store, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
disk.interruptible = asked
"""
    ended = command(built.cache, code, "--data", LEAGUE, "--only", "--with-ontology", "run", "timeline")
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "\nerror: interrupted.\n")


def test_two_processes_may_build_the_same_store_at_once(tmp_path: Path):
    """Both have it ready at the same moment; one takes the place, both answer, nothing is left over."""
    cache, lists = tmp_path / "cache", put(tmp_path / "lists.ttl", LISTS)
    code = """
def meet():
    print("ready", file=sys.stderr, flush=True)
    sys.stdin.readline()
at(os, "walk", meet, 2)
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    given = arguments(cache, code, ("--data", lists, "--only", "stats", "-f", "csv"), "0")
    both = [subprocess.Popen(**given, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    try:
        for process in both:
            assert process.stderr.readline() == "ready\n"
        assert len(listed(cache)) == 2
        for process in both:
            process.stdin.write("\n")
            process.stdin.flush()
        said = [process.communicate() for process in both]
    finally:
        for process in both:
            process.kill()
            process.communicate()
    assert said[0] == said[1]
    assert [process.returncode for process in both] == [0, 0]
    assert len(list(csv.reader(io.StringIO(said[0][0])))) == 5  # two graphs, two classes
    (store,) = listed(cache)
    assert disk._whole(str(cache / store))


@pytest.mark.parametrize("where", ["file", "file/below", "/proc/self/none", ""])
def test_a_cache_that_cannot_be_written_is_told(
    tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """A file, below one, a system folder, the home of a user who may write nothing there: status 3, and a way out."""
    monkeypatch.setattr(view, "LARGE", 1)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    put(tmp_path / "file", "x")
    place = where if where.startswith("/") else str(tmp_path / where)
    monkeypatch.setenv("CSTO_GRAPH_CACHE", place if where else "")
    monkeypatch.setenv("HOME", "/proc/self/none")
    before = sorted(os.listdir(tmp_path))
    assert main.execute(["--data", str(LEAGUE), "--only", "--with-ontology", "stats"]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    home = place if where else "/proc/self/none/.cache/csto-graph"
    assert said.err.startswith(f"error: {home}: cannot be written: ")
    assert said.err.endswith(", or name another folder with the environment variable CSTO_GRAPH_CACHE.\n")
    assert sorted(os.listdir(tmp_path)) == before


def test_contradictory_data_are_told_as_in_memory_and_leave_no_store(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Status 1 with rule, statements and sources, word for word. So does a file with a mistake, with status 3."""
    file = put(tmp_path / "a.ttl", CONTRADICTORY)
    said = []
    for large in (1, 10**9):
        monkeypatch.setattr(view, "LARGE", large)
        for given in (["--data", str(file)], ["--data", str(LEAGUE), "--data", str(file), "--with-ontology"]):
            assert main.execute([*given, "--only", "stats"]) == 1
            said.append(capsys.readouterr())
    assert said[:2] == said[2:]
    assert "under rule cax-dw" in said[0].err
    assert "Sources: " in said[0].err
    monkeypatch.setattr(view, "LARGE", 1)
    for content, place in (("<x:a> <x:p> .", ":1:13: "), (PREFIXES + "<x:a> <x:p> 1\n<x:b> <x:p> 2 .", ":7:")):
        put(file, content)
        assert main.execute(["--data", str(file), "--data", str(LEAGUE), "--only", "stats"]) == 3
        assert f"{file}{place}" in capsys.readouterr().err
    assert listed(cache) == set()


def test_owlrl_closes_in_memory_whatever_the_size(cache: Path, tmp_path: Path):
    """It needs all statements as terms; who asks for it gets it, and no store."""
    lists = put(tmp_path / "lists.ttl", LISTS)
    graph = cg.load([lists], only=True, reasoner="owlrl")
    assert isinstance(graph.engine(), Oxigraph)
    assert not cache.exists()
    assert set(closing.derivations(graph)) >= set(closing.derivations(cg.load([lists], only=True)))


@pytest.mark.parametrize("place", ["cache", "store"])
def test_a_store_that_others_may_write_is_not_believed(built: Built, cache: Path, place: str):
    """It is told, with a way out, and neither read nor replaced; a folder with the sticky bit may be shared."""
    whole = store_of(built, cache)
    folder = cache if place == "cache" else whole
    for mode in (0o777, 0o770, 0o702):
        folder.chmod(mode)
        with pytest.raises(errors.InputError, match="a store in it is not believed") as caught:
            cg.load([LEAGUE], only=True, ontology=True)
        assert caught.value.path == str(folder)
        assert "CSTO_GRAPH_CACHE" in caught.value.hint
    folder.chmod(0o700)
    cache.chmod(0o1777)
    assert on_disk(cg.load([LEAGUE], only=True, ontology=True)).count() == built.pairs["league"].disk.engine().count()


SHORT = """
import resource
def short():
    resource.setrlimit(resource.RLIMIT_NOFILE, ({most}, {most}))
at(disk, {where!r}, short)
"""


@pytest.mark.parametrize(("most", "where"), [(4, "opened"), (9, "opened"), (40, "opened"), (4, "Disk"), (9, "Disk")])
def test_a_passing_shortage_destroys_no_store(built: Built, cache: Path, most: int, where: str):
    """With few open files the answer is right or one clear message; the store is whole, and the same as before."""
    pytest.importorskip("resource", reason="this system knows no such limit")
    whole = store_of(built, cache)
    before = {path: path.stat().st_ino for path in whole.rglob("*") if path.name != "manifest"}
    code = SHORT.format(most=most, where=where)
    ended = command(cache, code, "--data", LEAGUE, "--only", "--with-ontology", "run", "timeline")
    assert ended.returncode in (0, 3), ended.stderr
    assert ended.returncode == 0 or ended.stderr.startswith("error: ")
    assert "Traceback" not in ended.stderr
    assert {path: path.stat().st_ino for path in whole.rglob("*") if path.name != "manifest"} == before
    assert disk._whole(str(whole))
