"""The user's own data, queries and shapes: files, folders, patterns; every fault told; candidates for conflicts."""

from __future__ import annotations

import contextlib
import glob
import gzip
import json
import os
import re
import socket
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import corpus
import pyoxigraph as ox
import pytest
from closing import HEAD
from conftest import Canary
from corpus import ENDINGS
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_turtle import iris, literals

import csto_graph as cg
from csto_graph import errors
from csto_graph.check import house
from csto_graph.cli import main
from csto_graph.loading import inputs, pipeline, view
from csto_graph.names import curie, iri
from csto_graph.sandbox import parent

ROOT = Path(__file__).parents[2]
LEAGUE = Path(__file__).parents[1] / "example.ttl"
#: Without the bundled data.
ALONE = ("--only", "--with-ontology")


def put(path: Path, content: bytes | str = b"<urn:a> <urn:p> 1 .\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


class Said(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Ask = Callable[..., Said]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run the command line in this process."""
    return lambda *arguments: Said(main.execute([str(argument) for argument in arguments]), *capsys.readouterr())


# --- what is named --------------------------------------------------------------------------------------------------


def triples(given: list[str], faulty: list[errors.GraphError] | None = None) -> list[ox.Triple]:
    """The statements of files, in their order."""
    return [pipeline.triple(one) for found in inputs.read(given, faulty=faulty).values() for one in found]


def test_a_folder_gives_its_rdf_files_sorted_and_no_others(tmp_path: Path):
    """Files below it too; hidden files and folders, other endings and the endings that say too little are left out."""
    wanted = ("B.TTL", "a/b.nq.gz", "a/z.rdf", "a.d/x.owl", "a.nt", "c.trig", "d.jsonld", "e e.ttl")
    for name in (*wanted, ".h.ttl", ".git/x.ttl", "README.md", "x.json", "x.xml", "x.ttl.bak", "x.csv", "y.gz"):
        put(tmp_path / name)
    (tmp_path / "folder.ttl").mkdir()
    assert inputs.files([str(tmp_path)], faulty=[]) == [str(tmp_path / name) for name in wanted]
    named = [str(tmp_path / name) for name in ("x.json", "x.xml")]
    assert inputs.files([named[0], str(tmp_path / "*.xml")], faulty=[]) == named


def test_a_file_is_read_once_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """By two names, through its folder, a pattern, a link to it or to its folder; the first name counts."""
    file = put(tmp_path / "data" / "a.ttl")
    (tmp_path / "data" / "b.ttl").symlink_to(file)
    (tmp_path / "data" / "c.ttl").hardlink_to(file)
    (tmp_path / "link").symlink_to(tmp_path / "data", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    named = ["data/../data/a.ttl", str(file), "data", "link", "data/*.ttl", "**/a.ttl", "./data/b.ttl"]
    assert inputs.files(named, faulty=[]) == ["data/../data/a.ttl"]
    assert len(triples(named)) == 1


def test_links_in_circles_are_walked_once(tmp_path: Path):
    """A link to the folder itself, to its parent, to a neighbour that links back; a link to itself is told."""
    one, two = put(tmp_path / "one" / "1.ttl"), put(tmp_path / "two" / "2.ttl")
    for at, to in (("one/self", "one"), ("one/up", "."), ("one/other", "two"), ("two/other", "one")):
        (tmp_path / at).symlink_to(tmp_path / to, target_is_directory=True)
    assert sorted(os.path.realpath(path) for path in inputs.files([str(tmp_path)], faulty=[])) == [str(one), str(two)]
    assert len(inputs.files([f"{tmp_path}/**/*.ttl"], faulty=[])) == 2
    (tmp_path / "two" / "x.ttl").symlink_to(tmp_path / "two" / "x.ttl")
    (tmp_path / "two" / "y.ttl").symlink_to(tmp_path / "nowhere")
    with pytest.raises(errors.InputError) as caught:
        triples([str(tmp_path)])
    assert [Path(error.path).name for error in caught.value.errors] == ["x.ttl", "y.ttl"]


@pytest.mark.parametrize("large", [0, 10**9], ids=["into a store", "into memory"])
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int):
    """A named pipe that nobody writes to, a socket, a device; by name, by a link and in a folder."""
    monkeypatch.setattr(view, "LARGE", large)
    os.mkfifo(tmp_path / "pipe.ttl")
    (tmp_path / "zero.ttl").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.ttl"))
        for path in (tmp_path, tmp_path / "pipe.ttl", Path("/dev/zero")):
            with pytest.raises(errors.InputError, match=r"is no regular file|No such device|says no format") as caught:
                cg.load(path, only=True)
            assert caught.value.path.startswith(str(path))


def test_names_of_every_sort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Spaces, quotes, marks of patterns, other scripts, bytes that are no UTF-8: a file that is there is no pattern."""
    monkeypatch.chdir(tmp_path)
    names = ["a b.ttl", "what?.ttl", "[x].ttl", "*.ttl", "'\"$.ttl", "Устав.ttl", "-.ttl", os.fsdecode(b"\xff\xfe.ttl")]
    for at, name in enumerate(names):
        put(tmp_path / name, f"<urn:a> <urn:p> {at} .")
        assert inputs.files([name], faulty=[]) == [name]
    assert [triple.object.value for triple in triples(names)] == list(map(str, range(len(names))))
    assert len(inputs.files([""" [[]*[]].ttl """.strip()], faulty=[])) == 1
    (tmp_path / "*.ttl").unlink()
    assert len(triples(["*.ttl"])) == len(triples(["."])) == len(names) - 1
    put(Path(names[-1]), "oops")
    with pytest.raises(errors.InputError) as caught:
        triples(["."])
    assert caught.value.path.isprintable()


NAMES = ("a.ttl", "ab.ttl", "b.nt", "a/a.ttl", "a/b/a.ttl", "a/b/c.nt", "b/a.ttl", "[a]/x.ttl", ".h/a.ttl", "b/.h.ttl")


@given(st.lists(st.sampled_from(("a", "b", "*", "?", "a*", "*b", "[ab]", "[!a]", "**", "..", ".")), max_size=4),
       st.sampled_from(("*.ttl", "a.ttl", "?.*", "*", "[ab].ttl")))  # fmt: skip
@settings(max_examples=150)
def test_patterns_mean_what_they_mean_to_python(tmp_path_factory: pytest.TempPathFactory, parts: list[str], last: str):
    """What a pattern fits is what the standard library finds, which is right where no links lead in circles."""
    folder = tmp_path_factory.getbasetemp() / "patterns" / "1" / "2" / "3" / "4"  # no way up leads out of it
    for name in () if folder.exists() else NAMES:
        put(folder / name)
    pattern = "/".join((str(folder), *parts, last))
    fitting = [Path(path) for path in glob.glob(pattern, recursive=True) if "/.h" not in path]
    below = [file for path in fitting for file in ([path] if path.is_file() else path.rglob("*.*"))]
    expected = {os.path.realpath(file) for file in below if file.is_file() and "/.h" not in str(file)}
    found = inputs.files([pattern], faulty=[])  # a name without signs stands for itself, there or not
    assert {os.path.realpath(file) for file in found if os.path.exists(file)} == expected


def test_what_names_nothing_is_told_with_a_way_out(tmp_path: Path):
    """An empty folder, one without RDF, a pattern that fits nothing, a missing file: all of them in one error."""
    (tmp_path / "empty").mkdir()
    put(tmp_path / "notes" / "README.md")
    given = [str(tmp_path / name) for name in ("empty", "notes", "*.ttl", "none.ttl", "no/**/x.nt")]
    with pytest.raises(errors.InputError) as caught:
        cg.load(given, only=True, ontology=True)
    told = caught.value.errors
    assert {error.path for error in told} == set(given)
    assert all(error.hint for error in told if error.path != given[3])
    assert ".jsonld" in caught.value.hint


def test_an_unreadable_file_is_told_beside_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without the right to read it, a file is an error with the reason; a folder too."""
    secret, below = str(put(tmp_path / "a.ttl")), str(put(tmp_path / "below" / "b.ttl").parent)
    put(tmp_path / "c.ttl")

    def denied(path: object, *rest: int, real: Any) -> object:
        if path in (secret, below):
            raise PermissionError(13, "Permission denied", path)
        return real(path, *rest)

    for name in ("open", "scandir"):
        monkeypatch.setattr(os, name, partial(denied, real=getattr(os, name)))
    faulty: list[errors.GraphError] = []
    assert len(triples([str(tmp_path)], faulty=faulty)) == 1
    assert {error.message for error in faulty} == {
        f"{secret}: cannot be read: Permission denied.", f"{below}: The folder cannot be listed: Permission denied.",
    }  # fmt: skip


# --- what is wrong in it --------------------------------------------------------------------------------------------

BROKEN = {
    "turtle": ("<urn:a> <urn:b> 1 .\n\n<urn:a> <urn:b> oops .\n", 3, 17),
    "trig": ("<urn:g> {\n <urn:a> <urn:b> 1 ;;; ] }\n", 2, 24),
    "ntriples": ("<urn:a> <urn:b> <urn:c> .\n<urn:a> <urn:b> .\n", 2, 17),
    "nquads": ("<urn:a> <urn:b> <urn:c> <urn:g> .\n\n<urn:a> 1 2 .\n", 3, 9),
    "jsonld": ('{"@id": "urn:a",\n "urn:b": }\n', 2, 11),
    "rdfxml": (f"<rdf:RDF {corpus._RDF}>\n<rdf:Description>\n</rdf:RDF>\n", 3, 3),
}


def test_every_fault_is_told_and_the_good_files_are_kept(tmp_path: Path):
    """In each format, plain and compressed: line and column of each; what stood before a mistake is not kept."""
    for format, (text, _, _) in BROKEN.items():
        put(tmp_path / f"{format}{ENDINGS[format]}", text)
        put(tmp_path / f"{format}-packed{ENDINGS[format]}.gz", gzip.compress(text.encode()))
    put(tmp_path / "middle.ttl", "<urn:middle> <urn:p> 1 .")
    put(tmp_path / "z.ttl", "<urn:last> <urn:p> 1 .")
    faulty: list[errors.GraphError] = []
    found = triples([str(tmp_path)], faulty=faulty)
    assert [triple.subject.value for triple in found] == ["urn:middle", "urn:last"]
    assert len(faulty) == 2 * len(BROKEN)
    for error in faulty:
        assert isinstance(error, errors.InputError)
        format = Path(error.path).name.split(".")[0].split("-")[0]
        assert (error.line, error.column) == BROKEN[format][1:]
        assert error.message.startswith(f"{error.path}:{error.line}:{error.column}: ")
    with pytest.raises(errors.InputError) as caught:
        cg.load(tmp_path, only=True, ontology=True)
    assert caught.value.message == "\n".join(error.message for error in faulty)
    assert [error.message for error in caught.value.errors] == [error.message for error in faulty]
    assert (caught.value.path, caught.value.line) == (faulty[0].path, faulty[0].line)  # type: ignore[attr-defined]
    wrong: list[errors.GraphError] = []
    assert inputs.readable([f"{tmp_path}/[nz]*"], wrong) == [str(tmp_path / "z.ttl")]
    assert len(wrong) == 4


def test_one_fault_is_told_as_it_is(tmp_path: Path):
    """A single error keeps its kind and its words, and holds itself; a limit that is reached stays one."""
    bad = put(tmp_path / "bad.ttl", "oops")
    bomb = put(tmp_path / "bomb.ttl.gz", gzip.compress(b"# bomb\n" * 4 * 1024**2))
    for given_, kinds in (
        ([bad, put(tmp_path / "good.ttl")], [errors.InputError]), ([bomb], [errors.LimitReached]),
        ([bomb, bad], [errors.LimitReached, errors.InputError]),
    ):  # fmt: skip
        with pytest.raises(kinds[0] if len(kinds) == 1 else errors.InputError) as caught:
            cg.load(given_, only=True, ontology=True)
        assert [type(error) for error in getattr(caught.value, "errors", [caught.value])] == kinds


CLAIM = HEAD + 'claim:mine a coop:Claim ; coop:about event:none ; coop:statement "x"@en .\n'


def test_validate_checks_the_good_files_and_tells_the_bad_ones(tmp_path: Path, ask: Ask, league: cg.KnowledgeGraph):
    """Findings of the readable files on standard output, faults on standard error, status 3; so with --data."""
    good, bad = put(tmp_path / "a" / "good.ttl", CLAIM), put(tmp_path / "a" / "bad.ttl", "\n\n oops")
    worse = put(tmp_path / "worse.nt", "<urn:a>")
    for line in (("validate", good, bad, worse), ("--data", tmp_path / "a", "validate", worse)):
        said = ask(*ALONE, *line, "-f", "json")
        assert said.code == 3
        assert '"https://w3id.org/csto-un/id/claim/mine"' in said.out
        assert str(good) in said.out
        assert f"error: {bad}:3:2: " in said.err
        assert f"\n{worse}:1:" in said.err
        assert str(good) not in said.err
    with pytest.raises(errors.InputError):
        league.validate([good, bad])
    problems: list[errors.GraphError] = []
    assert not league.validate([good, bad], problems=problems).conforms()
    assert [error.path for error in problems] == [str(bad)]  # type: ignore[attr-defined]


def test_what_comes_through_a_pipe_is_read(tmp_path: Path):
    """``--data -``: there is no ending, and no format to name."""
    words = [sys.executable, "-m", "csto_graph", "--data", "-", "--only", "sparql", "ASK { <urn:a> <urn:p> 1 }"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    text = "<urn:g> { <urn:a> <urn:p> 1 }"
    done = subprocess.run(words, input=text, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["true"], "")


def test_what_json_ld_would_drop_in_silence_is_told(tmp_path: Path):
    """Its algorithm leaves out keys without a context; a file of these that says nothing is a mistake."""
    file = put(tmp_path / "a.jsonld", '{"a": 1}')
    with pytest.raises(errors.InputError, match=re.escape(f"{file}: Nothing in it is a statement.")):
        cg.load([file], only=True, ontology=True)
    base = put(tmp_path / "b.jsonld", '{"@context": {"@base": "urn:x:"}, "@id": "a", "urn:p": 1}')
    assert len(cg.load([base], only=True, ontology=True).asserted) > 0


@pytest.mark.parametrize("format", sorted(ENDINGS))
def test_a_file_that_was_cut_short_is_told(tmp_path: Path, format: str):
    """Wherever it ends: statements are missing, if not half of one."""
    league = cg.load(LEAGUE, only=True, ontology=True)
    league.export(tmp_path / f"whole{ENDINGS[format]}")
    whole = (tmp_path / f"whole{ENDINGS[format]}").read_bytes().rstrip()
    between = {"rdfxml": b"</rdf:Description>", "jsonld": b"},"}.get(format, b'"')
    for length in (len(whole) // 3, len(whole) // 2, whole.index(between, len(whole) // 2) + len(between)):
        cut = put(tmp_path / f"cut{ENDINGS[format]}", whole[:length].rstrip(b" .\n"))
        with pytest.raises(errors.InputError, match=r"cut\.\w+:\d+"):
            cg.load([cut], only=True, ontology=True)


# --- limits and streams ---------------------------------------------------------------------------------------------


def test_limits_grow_with_what_was_named_and_not_otherwise():
    """A file of gigabytes may take minutes; one of a few bytes takes ten seconds at most, and no more than before."""
    for size in (0, 100, 64 * 1024):
        assert parent.grown(size).seconds < 10.1
        assert parent.grown(size).answer < 1.01 * parent.Limits().answer
    large = parent.grown(1_500_000_000)
    assert large.seconds > 600
    assert min(large.memory, large.answer, large.file) > 4_000_000_000
    assert parent.grown(10**15).seconds < 10**6


def test_a_small_hostile_file_dies_at_its_time(tmp_path: Path, children: list[subprocess.Popen[bytes]]):
    """The time that is given holds for what the child does; no process is left, nor where a stream is given up."""
    lines = "".join(f"<urn:{at}> <urn:p> 'text' .\n" for at in range(200_000))
    file = put(tmp_path / "a.ttl", lines)
    *_, (_, error, _) = parent.stream([file], limits=parent.Limits(seconds=0.1))
    assert str(error).startswith(f"{file}: not done within 0.1 s")
    with contextlib.closing(parent.stream([file])) as pieces:  # type: ignore[type-var]
        assert next(pieces)[1].endswith(b" .\n")  # type: ignore[union-attr]
    for _ in inputs.statements([str(file), str(file.with_name("none.ttl"))]):
        break
    assert len(children) == 3


def test_who_takes_a_file_slowly_is_not_charged_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Hours between two pieces do not count as the child's time."""
    real, passed = parent.time.monotonic, [0.0]
    monkeypatch.setattr(parent.time, "monotonic", lambda: real() + passed[0])
    file = put(tmp_path / "a.nt", "".join(f'<urn:{at}> <urn:p> "text" .\n' for at in range(200_000)))
    count = 0
    for _, piece, _ in parent.stream([file]):
        passed[0] += 3600
        count += piece.count(b"\n") if isinstance(piece, bytes) else 0
    assert count == 200_000


def test_statements_stream_and_tell_how_far_they_are(tmp_path: Path):
    """A file is never held: megabytes pass through little memory; progress rises to the whole, over several files."""
    lines = "".join(f'<urn:thing:{at}> <urn:p> "the text of number {at}, which is of some length"@en <urn:g> .\n'
                    for at in range(120_000))  # fmt: skip
    few = lines[: lines.index("<urn:thing:50>")]
    paths = [str(put(tmp_path / "a.nq", lines)), str(put(tmp_path / "b.nq.gz", gzip.compress(few.encode())))]
    told: list[tuple[int, int]] = []
    tracemalloc.start()
    try:
        stream = inputs.statements(paths, progress=lambda _, done, total: told.append((done, total)))
        first, found = next(stream), 1 + sum(len(statement) == 3 for statement in stream)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert first == ("<urn:thing:0>", "<urn:p>", '"the text of number 0, which is of some length"@en')
    assert found == 120_050
    assert peak < len(lines) / 2
    assert len(told) > 3
    assert told == sorted(told)
    assert told[-1] == (told[-1][1], sum(map(os.path.getsize, paths)))


def test_statements_of_a_broken_file_end_in_its_error(tmp_path: Path):
    """The others are looked at before; what came is known to be incomplete by the error."""
    bad = put(tmp_path / "bad.nt", "<urn:a> <urn:p> <urn:b> .\noops\n")
    worse, good = put(tmp_path / "c.nq", "oops"), put(tmp_path / "z.ttl")
    stream = inputs.statements([str(bad), str(worse), str(good)])
    taken = []
    with pytest.raises(errors.InputError) as caught:
        taken += [next(stream) for _ in range(9)]
    assert [error.path for error in caught.value.errors] == [str(bad), str(worse)]
    assert next(inputs.statements([str(good)]))[0] == "<urn:a>"


@given(st.lists(st.one_of(literals, iris), min_size=1, max_size=30), st.sampled_from([".nq", ".nt", ".ttl", ".trig"]))
@example([ox.Literal(f"a{end}b") for end in ("\n", "\r", "\x85", '" .\n', " <urn:g> .", '"@en <urn:g>', "\\")], ".nq")
@settings(max_examples=6, deadline=None)
def test_any_term_is_split_off_whole(tmp_path_factory: pytest.TempPathFactory, terms: list[ox.Term], ending: str):
    """Spaces, points, quotes, names of graphs in texts, every end of line: each term comes as the engine writes it."""
    graph = ox.NamedNode("urn:g") if ending in (".nq", ".trig") else ox.DefaultGraph()
    quads = [ox.Quad(ox.NamedNode(f"urn:{at}"), ox.NamedNode("urn:p"), term, graph) for at, term in enumerate(terms)]
    format = ox.RdfFormat.from_extension(ending[1:])
    given = quads if ending in (".nq", ".trig") else [quad.triple for quad in quads]
    file = put(tmp_path_factory.getbasetemp() / f"terms{ending}", ox.serialize(given, format=format) or b"")
    expected = [(f"<urn:{at}>", "<urn:p>", str(term)) for at, term in enumerate(terms)]
    assert sorted(inputs.statements([str(file)])) == sorted(expected)
    assert sorted(map(str, triples([str(file)]))) == sorted(map(str, (quad.triple for quad in quads)))


# --- every verb -----------------------------------------------------------------------------------------------------


def test_every_verb_takes_folders_and_patterns(tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch):
    """What --data names is asked, found, shown, counted and exported, with and without the bundled data."""
    for at, content in enumerate((LEAGUE.read_bytes(), b"<urn:a> <urn:p> 1 .")):
        put(tmp_path / "league" / f"{at}" / "part.ttl", content)
    monkeypatch.chdir(tmp_path)
    for data, *verb in (
        ("league/*/*.ttl", "find", "Harbour League", "-f", "csv"), ("**/part.ttl", "show", "Harbour League"),
        ("league", "instruments", "-f", "csv"), ("league", "export", "-f", "ntriples", "--what", "data"),
    ):  # fmt: skip
        said = ask("--data", data, *ALONE, *verb)
        assert said.code == 0
        assert "arbour" in said.out or "memorandum" in said.out
        assert "a-res-64-256" not in said.out
    both = ask("--data", "league", "find", "UNODC", "-f", "csv")
    assert "organization:unodc" in both.out
    assert ask("--data", "nowhere/*", "stats").code == 3


# --- own queries ----------------------------------------------------------------------------------------------------


def query(body: str, columns: str = 'state = "entity"', more: str = "") -> str:
    return (
        '# /// query\n# title = { en = "Mine" }\n# question = { en = "Which of mine?" }\n'
        f"# columns = {{ {columns} }}\n{more}# ///\n{body}\n"
    )


STATES = "SELECT ?state WHERE { ?state a owl:Class FILTER(STRSTARTS(STR(?state), STR(org:))) } ORDER BY ?state LIMIT 2"
NAMED = '# [params.name]\n# type = "string"\n# optional = true\n# help = { en = "a name" }\n'


USED = """\ufeff@prefix x: <urn:x:> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
x:a a x:Kind ; <http://www.w3.org/2000/01/rdf-schema#label> "Alpha" ;
    x:n "01"^^<urn:x:t>, 1, 01, "1"^^x:t ; x:l (2 02) .
x:b owl:sameAs x:a .
"""


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        (("find", "alpha", "--of", "urn:x:Kind"), 0, "urn:x:a"),  # used, never declared
        (("find", "alpha", "--of", "urn:x:Other"), 2, "urn:x:Other"),
        (
            ("show", "urn:x:a", "-f", "turtle"),
            0,
            r'\( 2 "02"\^\^xsd:integer \)(.|\n)*"01"\^\^xsd:integer, "01"\^\^<urn:x:t>, 1,',
        ),
        (("why", "urn:x:b", "owl:sameAs", "urn:x:a"), 0, r"\n.*asserted"),
        (("export", "--what", "shapes", "-f", "nt"), 0, "^<urn:x:S> (?!(.|\n)*csto)"),
        (("export", "--what", "shapes", "-f", "nt"), 0, "targetClass> <urn:x:Kind>"),
    ],
)
def test_what_own_files_say_is_told_as_they_say_it(
    line: tuple[str, ...], code: int, told: str, tmp_path: Path, ask: Ask
) -> None:
    """Classes in use, literals as written, what is no axiom, shapes of one's own; a byte-order mark is no fault."""
    data, shapes = put(tmp_path / "used.ttl", USED), put(tmp_path / "s.ttl", "<urn:x:S> sh:targetClass <urn:x:Kind> .")
    shapes.write_text("@prefix sh: <http://www.w3.org/ns/shacl#> . " + shapes.read_text())
    said = ask("--data", data, "--only", "--shapes", shapes, *line)
    assert said.code == code
    assert re.search(told, said.out + said.err)
    assert ask("fmt", "--check", data).code == 1


def test_own_queries_are_asked_like_the_others(tmp_path: Path, ask: Ask):
    """By verb, by bare name, from Python; listed, explained, completed; values are bound as terms."""
    body = "SELECT ?state WHERE { ?state a owl:Class ; rdfs:label ?l FILTER(STR(?l) = $name) } ORDER BY ?state"
    put(tmp_path / "mine.rq", query(STATES))
    put(tmp_path / "named.rq", query(body, more=NAMED))
    put(tmp_path / ".hidden.rq", "not a query")
    own = (*ALONE, "--queries", tmp_path)
    for words in (("run", "mine"), ("mine",)):
        assert ask(*own, *words, "-f", "csv").out == "state\nmembership\norganization\n"
    assert ask(*own, "named", "--name", "state", "-f", "csv").out == "state\nstate\n"
    assert ask(*own, "named", "--name", '") } #', "-f", "csv").out == "state\n"
    assert "mine" in ask(*own, "queries").out
    assert "Which of mine?" in ask(*own, "queries", "mine").out
    assert "Which of mine?" in ask(*own, "run", "mine", "--help").out
    assert "instruments" in ask(*own, "queries").out
    assert ask("mine").code == 2
    assert f"error: {tmp_path / 'none'}: " in ask("--queries", tmp_path / "none", "queries").err
    table = cg.load(only=True, ontology=True, queries=tmp_path).run("named", name="state")
    assert [row.state.label for row in table] == ["state"]
    with pytest.raises(errors.UnknownName) as caught:
        cg.load(only=True, ontology=True, queries=[tmp_path]).run("name")
    assert "named" in caught.value.suggestions
    context = main.cli.make_context("csto-graph", ["--queries", str(tmp_path), "ru"], resilient_parsing=True)
    assert "mine" in [item.value for item in main.cli.shell_complete(context, "mi")]


@pytest.mark.parametrize(
    ("name", "text", "line", "said"),
    [
        ("mine.rq", "# /// query\n# title = " + "[" * 5000 + "\n# ///\n", 2, "nested too deeply"),
        ("mine.rq", query("SELECT ?state WHERE {\n SERVICE <http://127.0.0.1:9/> { ?state ?p ?o } }"), 7, "SERVICE"),
        ("mine.rq", query("SELECT ?state\nFROM <http://127.0.0.1:9/>\nWHERE { ?state ?p ?o }"), 7, "FROM"),
        ("mine.rq", query(f"SELECT ?state {'{' * 200}{'}' * 200}"), 6, "deep"),
        ("mine.rq", query("SELECT ?state WHERE {\n\n ?state ?p }"), 8, "does not parse"),
        ("mine.rq", query("SELECT ?other WHERE { ?other a coop:State }"), None, "gives other; its header says state"),
        ("mine.rq", query("SELECT ?state { VALUES ?state { 'a\x1b[2J' } }"), None, "control character"),
        ("mine.rq", query(STATES).replace("Which", "\\\\u001b[2J"), None, "control character"),
        ("mine.rq", query(STATES) + "#" * 70_000, None, "longer than 64 KiB"),
        ("mine.rq", "\udcff", None, "not UTF-8"),
        ("instruments.rq", query(STATES), None, "another query named 'instruments'"),
        ("a\x1bb.rq", query(STATES), None, "named by"),
    ],
)
def test_a_query_that_is_broken_or_hostile_is_told_by_file_and_line(
    name: str, text: str, line: int | None, said: str, tmp_path: Path, ask: Ask, canary: Canary
):
    """No verb takes it; nothing is reached, nothing runs; the error names the file and, where there is one, a line."""
    text = text.replace("\\\\u", "\\u")
    put(tmp_path / name, text.replace("http://127.0.0.1:9/", canary.url).encode("utf-8", "surrogateescape"))
    told = ask(*ALONE, "--queries", tmp_path, "run", "mine")
    assert told.code in (2, 3)
    assert said in told.err
    assert told.err.replace("\n", "").isprintable()
    assert f"error: {tmp_path}/" in told.err
    assert line is None or f".rq:{line}" in told.err
    assert not told.out


def test_looking_at_own_queries_runs_none_of_them(tmp_path: Path, ask: Ask, canary: Canary):
    """Listing, explaining and checking a query that calls a server refuses it, and calls nobody."""
    calls = put(tmp_path / "calls.rq", query(f"ASK {{ SERVICE <{canary.url}> {{ ?state ?p ?o }} }}"))
    for line in (("queries",), ("queries", "calls"), ("queries", "--check", calls), ("calls", "--help")):
        said = ask(*ALONE, "--queries", tmp_path, *line)
        assert said.code in (1, 3)
        assert "calls.rq:6:" in said.out + said.err


# --- own shapes -----------------------------------------------------------------------------------------------------

SHAPE = f"""{HEAD}
shape:mine a sh:NodeShape ; sh:targetClass coop:Mechanism ; sh:severity sh:Violation ; rdfs:label "mine"@en ;
    sh:message "{{focus}}: has no own mark. Add coop:ownMark."@en ;
    sh:property [ sh:path coop:ownMark ; sh:minCount 1 ] .
"""


def test_own_shapes_are_heeded_besides_the_others(tmp_path: Path, ask: Ask):
    """A shape of the user's finds what ours do not; ours still find theirs; in any format, from a folder."""
    triples = ox.parse(SHAPE.encode(), ox.RdfFormat.TURTLE)
    put(tmp_path / "s" / "a.nt", ox.serialize((quad.triple for quad in triples), format=ox.RdfFormat.N_TRIPLES) or b"")
    league = cg.load(LEAGUE, only=True, ontology=True, shapes=tmp_path / "s")
    found = {curie(finding.focus).split(":")[0] for finding in league.validate()}
    assert found == {"mechanism"}
    assert cg.load(LEAGUE, only=True, ontology=True).validate().conforms()
    said = ask("--data", LEAGUE, *ALONE, "--shapes", tmp_path / "s", "validate", put(tmp_path / "c.ttl", CLAIM))
    assert said.code == 1
    assert "mechanism:" in said.out
    assert "claim:mine" in said.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n oops", "bad.ttl:2:2: "),
        (HEAD + "shape:x a sh:NodeShape ; sh:targetClass coop:State ; sh:sparql [ sh:select "
         "'SELECT $this { SERVICE <URL> { $this ?p ?o } }' ] .", "SERVICE"),
    ],
)  # fmt: skip
def test_broken_and_unsafe_shapes_are_refused(text: str, said: str, tmp_path: Path, ask: Ask, canary: Canary):
    """A mistake has its line, what reaches out is named; nothing is reached."""
    put(tmp_path / "bad.ttl", text.replace("URL", canary.url))
    told = ask(*ALONE, "--shapes", tmp_path / "bad.ttl", "validate")
    assert told.code == 3
    assert said in told.err
    assert "bad.ttl:" in told.err


# --- candidates -----------------------------------------------------------------------------------------------------

DATED = 'event:e a coop:Signing ; coop:date "2006-04-05"^^xsd:date .\n'
BARE = "event:e a coop:Signing .\n"
LOOSE = "event:e a coop:Signing ; coop:notBefore '2005'^^xsd:gYear ; coop:notAfter '2006'^^xsd:gYear .\n"
GENERAL = "claim:g a coop:Claim ; coop:about event:e .\n"


def claim(name: str, value: str, property: str = "date", more: str = "") -> str:
    value = f'"{value}"^^xsd:{("gYear", "gYearMonth", "date")[value.count("-")]}' if value[:1].isdigit() else value
    about = f"claim:{name} a coop:Claim ; coop:about event:e ; coop:property coop:{property}"
    return f"{about} ; coop:value {value} {more}.\n"


DAY, MONTH, LATER = claim("a", "2006-04-05"), claim("m", "2006-04"), claim("x", "2007")
TWO = claim("a", "event:p", "participant") + claim("b", "event:q", "participant")
LIMIT = "shape:own a sh:NodeShape ; {} ; sh:property [ sh:path coop:participant ; sh:maxCount {} ] ."
DECIDED = DATED + DAY + claim("b", "2007")
DECISION = "conflict:c07 a coop:Conflict ; coop:joins claim:a, claim:b ; coop:accepts claim:a .\n"
OPEN = DECISION.replace("accepts claim:a", "open true")


def sought(tmp_path: Path, *parts: str, shapes: str = "") -> list[house.Candidate]:
    """The candidates in a small graph."""
    file = put(tmp_path / "own.ttl", HEAD + "".join(parts))
    own = [put(tmp_path / "shapes.ttl", HEAD + shapes)] if shapes else []
    return cg.load(file, only=True, ontology=True, shapes=own).candidates()


def told(candidate: house.Candidate) -> str:
    """The claims that the block of a candidate joins, or those there are, and what it says beside."""
    joined = [triple.object.value for triple in candidate.triples if triple.predicate.value == iri("coop:joins")]
    claims = " ".join(sorted(curie(name).removeprefix("claim:") for name in joined or candidate.stated))
    said = {curie(triple.predicate.value): triple.object for triple in candidate.triples}
    words = [curie(said[name].value).partition(":")[2] for name in ("coop:kind", "coop:accepts") if name in said]
    words += ["open"] * (said.get("coop:open") == ox.Literal(True)) + ["known"] * candidate.known
    return f"{claims}: {' '.join(words)}".strip()


@pytest.mark.parametrize(
    ("text", "shapes", "expected"),
    [
        (DATED + DAY + MONTH + claim("y", "2006"), "", ""),
        (DATED + DAY + MONTH + claim("y", "2006") + claim("d", "2006-05") + claim("e", "2006-04-06"), "",
         "a d e m: date-conflict a"),
        (DATED + DAY + claim("c", "2006", "notBefore") + claim("d", "2007", "notAfter"), "", ""),
        (DATED + DAY + claim("x", "2006-05", "notBefore") + claim("y", "2006-03", "notAfter"), "",
         "a x y: date-conflict a"),
        (LOOSE + claim("a", "2005-07-01") + claim("b", "2004", "notBefore"), "", ""),
        (LOOSE + claim("a", "2007-01-01") + claim("b", "2005", "notBefore"), "", "a b: date-conflict b"),
        (BARE + claim("a", "2006") + claim("b", "2006-03") + claim("c", "2006-04"), "", "b c: date-conflict open"),
        (BARE + claim("a", "2006") + claim("b", "2006-03"), "", ""),
        (DATED + DAY + claim("b", "2006-04-07") + MONTH, "", "a b: date-conflict a"),
        (BARE + TWO, "", ""),
        (BARE + TWO, LIMIT.format("sh:targetClass coop:Signing", 2), ""),
        (BARE + TWO, LIMIT.format("sh:targetClass coop:Mechanism", 1), ""),
        (BARE + TWO, LIMIT.format("sh:targetClass coop:Signing", "1 ; sh:deactivated true"), ""),
        (BARE + TWO, LIMIT.format("sh:targetClass coop:Event", 1), "a b: statement-conflict open"),
        (BARE + TWO, "shape:own sh:targetNode event:e ; sh:path coop:participant ; sh:maxCount 1 .",
         "a b: statement-conflict open"),
        (BARE + TWO + "event:e coop:participant event:p .", LIMIT.format("sh:targetSubjectsOf coop:participant", 1),
         "a b: statement-conflict a"),
        (BARE + TWO + "coop:participant a owl:FunctionalProperty .\n", "", "a b: statement-conflict open"),
        (DATED + DAY + claim("b", "2007", more="; coop:kind kind:opinion "), "", ""),
        (DECIDED + DECISION + MONTH, "", ""),
        (DECIDED + DECISION + LATER + MONTH, "", "x: known"),
        (DECIDED.replace(DATED, BARE) + OPEN + LATER, "", "x: known"),
        (DECIDED.replace(DATED, BARE) + DECISION + MONTH, "", ""),
        (DECIDED.replace(DATED, BARE) + DECISION + LATER, "", "x: known"),
        (DATED + LATER, "", "x:"),
        (DATED + GENERAL + LATER, "", "g x: date-conflict open"),
    ],
    ids=[
        "a month agrees with its days and its year", "another month does not", "bounds that leave the date",
        "bounds that exclude it or each other", "loose bounds", "beyond loose bounds", "nothing stands",
        "nothing stands, and no two disagree", "who agrees with both sides takes no part", "two participants",
        "two are allowed", "one is, of another class", "one was", "one is", "one is, of this thing",
        "one is, of what has any", "one is, by the ontology", "an opinion", "decided",
        "decided, and one more", "left open",
        "decided, and nothing stands", "this, and one more", "a value without a claim",
        "a claim about the thing speaks for what stands",
    ],
)  # fmt: skip
def test_claims_that_disagree_are_candidates(text: str, shapes: str, expected: str, tmp_path: Path):
    """The claims that cannot all be right, where only one value can be; and what their block decides."""
    assert [told(one) for one in sought(tmp_path, text, shapes=shapes)] == [expected] * bool(expected)


def test_the_bundled_graphs_have_no_candidates(kg: cg.KnowledgeGraph, league: cg.KnowledgeGraph):
    """Whatever disagrees there was decided, or said to be open."""
    assert kg.candidates() == league.candidates() == []


def test_the_block_validates_where_it_is_pasted(tmp_path: Path, ask: Ask):
    """With a claim that disagrees the graph is invalid; with the block, its decision left as it is, it is valid."""
    bare = LEAGUE.read_text(encoding="utf-8")
    for name, known in (("accession-cliffland", False), ("signing-memorandum-ferry", True)):
        own = (
            HEAD + f"claim:mine a coop:Claim ; coop:about event:{name} ; coop:property coop:date ;\n"
            '  coop:value "1999-01-01"^^xsd:date ; coop:source source:river-gazette ;\n'
            '  coop:statement "Mine."@en, "Моё."@ru .\n'
        )
        folder = tmp_path / name
        put(folder / "league.ttl", bare)
        put(folder / "mine.ttl", own)
        said = ask("--data", folder, *ALONE, "conflicts", "--candidates")
        assert said.code == 0
        assert ("a coop:Conflict" not in said.out) == known
        assert said.err == "1 candidate.\n"
        assert f"# event:{name} (" in said.out
        put(folder / "block.ttl", said.out)
        assert ask("--data", folder, *ALONE, "validate").out == "No findings.\n"
    again = ask("--data", folder, *ALONE, "conflicts", "--candidates", "--fail-empty")
    assert (again.code, again.out, again.err) == (1, "", "0 candidates.\n")
    (folder / "block.ttl").unlink()
    assert ask("--data", folder, *ALONE, "validate").code == 1


def test_candidates_as_json_and_in_russian(tmp_path: Path, ask: Ask):
    """The same facts for programs; words in the language asked for; nothing of the user's can leave a comment; a new
    conflict follows the highest number."""
    label = 'event:e <http://www.w3.org/2004/02/skos/core#prefLabel> "A\\nB <x:y> <x:z> 1 ."@ru .\n'
    taken = "conflict:c41 coop:joins claim:z1, claim:z2 .\nconflict:other coop:joins claim:z1 .\n"
    file = put(tmp_path / "a.ttl", HEAD + DATED + label + DAY + LATER + taken)
    (found,) = json.loads(ask("--data", file, *ALONE, "conflicts", "--candidates", "-f", "json").out)["candidates"]
    assert [entry["value"] for entry in found["claims"]] == ["2006-04-05", "2007"]
    assert found["standing"] == ["2006-04-05"]
    assert "coop:accepts claim:a" in found["turtle"]
    russian = ask("--data", file, *ALONE, "--lang", "ru", "conflicts", "--candidates").out
    assert "стоит в данных" in russian
    assert "# event:e (A B <x:y> <x:z> 1 .), coop:date:" in russian
    graph = list(ox.parse(russian.encode(), ox.RdfFormat.TURTLE))
    assert {quad.subject.value for quad in graph} == {iri("conflict:c42")}
