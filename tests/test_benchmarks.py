"""The benchmarks: graphs that are exact, repeatable, valid and answer every question; figures told as they are."""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse

import csto_graph as cg
from benchmarks import generate, measuring, peers, readme, scale
from csto_graph.check import shacl
from csto_graph.loading import inputs
from csto_graph.names import curie


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> generate.Made:
    return generate.write(tmp_path_factory.mktemp("made") / "graph", generate.LEAST)


@pytest.fixture(scope="module")
def small(made: generate.Made) -> cg.KnowledgeGraph:
    """The smallest graph, loaded without the bundled data; loading it shows that it is consistent under OWL 2 RL."""
    return cg.load(made.files, only=True, ontology=True)


@given(triples=st.integers(generate.LEAST, 6_000), seed=st.integers(0, 10**6))
def test_the_triples_are_counted(tmp_path_factory: pytest.TempPathFactory, triples: int, seed: int) -> None:
    """As many different statements as are told stand in the files: what was asked for, and less than a unit more."""
    written = generate.write(tmp_path_factory.mktemp("exact") / "graph", triples, seed)
    told = [quad.triple for path in written.files for quad in parse(path.read_bytes(), format=RdfFormat.TURTLE)]
    assert len(set(told)) == len(told) == written.counts["triples"]
    assert triples <= written.counts["triples"] < triples + 2_000


def test_the_same_size_and_seed_give_the_same_bytes(tmp_path: Path, made: generate.Made) -> None:
    """Two runs differ in no byte, and another seed gives another graph under the same names."""
    again = generate.write(tmp_path / "again", generate.LEAST)
    other = generate.write(tmp_path / "other", generate.LEAST, seed=1)
    first = made.files[0].read_bytes()
    assert [path.name for path in made.files] == [path.name for path in again.files] == ["part-001.ttl"]
    assert again.files[0].read_bytes() == first
    assert other.files[0].read_bytes() != first
    assert generate.NAMED["acronym"].encode() in other.files[0].read_bytes()
    # A unit does not depend on how many follow, so that a question means the same at every size.
    larger = generate.write(tmp_path / "larger", 6_000).files[0].read_text("utf-8")
    assert larger.split("\n\n")[:50] == first.decode().split("\n\n")[:50]


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    """Parts of an older graph never mix with a new one, and a graph too small for one of everything is refused."""
    (tmp_path / "part-001.ttl").write_text("", "utf-8")
    with pytest.raises(ValueError, match="is not empty"):
        generate.write(tmp_path, generate.LEAST)
    with pytest.raises(ValueError, match="at least 1600"):
        generate.write(tmp_path / "new", 1_599)
    assert not (tmp_path / "new").exists()


def test_nothing_is_found_wrong_with_it(small: cg.KnowledgeGraph, made: generate.Made) -> None:
    """Not one finding, not even a note, under all the shapes; and the shapes do look at it."""
    assert small.validate().findings == []
    shapes = list(inputs.read_turtle(small.bundle.shapes))
    broken = [quad.triple for quad in small.quads() if curie(quad.predicate.value) != "coop:issuedBy"]
    wrong = {curie(finding.shape) for finding in shacl.validate(broken, shapes, locate=lambda *_: None).findings}
    assert "shape:issuer" in wrong


def test_every_canned_query_finds_rows(small: cg.KnowledgeGraph) -> None:
    """There is a question for each canned query, and none of them finds nothing."""
    assert set(generate.QUESTIONS) == {query.name for query in small.queries}
    empty = [name for name, values in generate.QUESTIONS.items() if not len(small.run(name, **values))]
    assert empty == []
    assert curie(small[generate.NAMED["acronym"]].iri) == f"organization:{generate.NAMED['slug']}"


def test_answers_do_not_grow_with_the_graph(small: cg.KnowledgeGraph, tmp_path: Path) -> None:
    """What is not a sweep asks for one thing: as many rows in a graph ten times as large; a sweep finds more."""
    large = cg.load(generate.write(tmp_path / "large", 20_000).files, only=True, ontology=True)
    assert large.validate().findings == []  # with each of the eight kinds of unit
    kinds = Counter(quad.object.value for quad in large.quads() if curie(quad.predicate.value) == "rdf:type")
    planned = {line.split()[2] for line in generate.PLAN.split("\n") if line[:1] not in ("", " ")}
    assert planned <= {curie(kind) for kind in kinds}
    for name, values in generate.QUESTIONS.items():
        few, many = (len(graph.run(name, **values)) for graph in (small, large))
        if name in generate.SWEEPS:
            assert many > few
        else:
            # The smallest graph has further claims about its one unit.
            assert many <= few, name


def test_proportions_are_those_of_the_bundled_data(tmp_path: Path) -> None:
    """Classes that are common there have the same share of the made-up graph, to within three quarters."""
    whole = inputs.Bundle()
    paths = [path for path in whole.files if path not in whole.ontology]
    triples = [triple for path in paths for triple in inputs.read_turtle(path)]
    real = Counter(curie(triple.object.value) for triple in triples if curie(triple.predicate.value) == "rdf:type")
    written = generate.write(tmp_path / "shape", 40_000)
    for kind, count in real.items():
        if count >= 20:
            share = written.counts.get(kind, 0) * len(triples) / 40_000
            assert count / 1.75 < share < count * 1.75, kind


def python(*words: str) -> measuring.Command:
    return measuring.Command([sys.executable, "-c", *words])


def test_a_process_is_measured_to_its_end() -> None:
    """Time, memory and output of a whole process, not of the one that measures; several take turns."""
    taken = measuring.interleaved({"one": python("print(1)"), "two": python("print(2)")}, 2, warm=0)
    assert {name: one.output for name, one in taken.items()} == {"one": "1\n", "two": "2\n"}
    small = measuring.run(python("print('ä')"))
    large = measuring.run(python("data = bytearray(64 * 2**20); print(len(data))"))
    assert small.output == "ä\n"
    assert 0 < small.seconds < measuring.PATIENCE
    assert large.mebibytes - small.mebibytes > 48


def test_a_process_that_fails_stops_the_benchmark() -> None:
    """A figure of work that was not done is worth nothing; what the process said is shown."""
    for code, said in (
        ("raise SystemExit('no such thing')", "no such thing"), ("import os; os.kill(os.getpid(), 9)", "ended with -9"),
    ):  # fmt: skip
        with pytest.raises(SystemExit, match=said):
            measuring.run(python(code))
    with pytest.raises(SystemExit, match="took more than"):
        measuring.run(python("while True: pass"), patience=0.1)


def test_the_readme_shows_the_figures_that_are_kept() -> None:
    """What the page says was measured is what stands beside it."""
    text = (measuring.ROOT / "benchmarks" / "README.md").read_text("utf-8")
    kept = {table.name: table.markdown() for table in readme.tables(measuring.read(measuring.RESULTS))}
    assert readme.filled(text, kept) == text


def test_unlike_answers_are_not_compared() -> None:
    """A look-up that finds nothing, or another number of rows in a larger graph, stops the benchmark."""
    for numbers, said in (((3, 3), None), ((3, 4), "not the same"), ((0,), "not the same")):
        records = [{"warm": {"rows": dict.fromkeys(generate.QUESTIONS, rows)}} for rows in numbers]
        with pytest.raises(SystemExit, match=said) if said else nullcontext():
            scale._check(records)
    for rows, said in ((["b"], "theirs and ours differ"), ([], "finds nothing")):
        with pytest.raises(SystemExit, match=said):
            peers._same("areas", {"ours": rows and ["a"], "theirs": rows})


def test_engines_are_asked_alike(small: cg.KnowledgeGraph, made: generate.Made, tmp_path: Path) -> None:
    """The project's engine and rdflib, each in a process of its own, give the same rows and a time per question."""
    closed, questions = tmp_path / "closed.nt", tmp_path / "questions.json"
    small.export(closed)
    names = ("areas", "signatures", "wholes")
    texts = {name: small.queries[name].bind(generate.QUESTIONS[name], small) for name in names}
    questions.write_text(json.dumps(texts), "utf-8")
    script = str(measuring.ROOT / "benchmarks" / "asking.py")
    found = []
    for engine, path in (("ours", made.files[0]), ("rdflib", closed)):
        words = [sys.executable, "-P", script, engine, str(path), str(questions), "1"]
        command = measuring.Command(words, {"PYTHONPATH": str(measuring.ROOT)})
        found.append(json.loads(measuring.run(command).output))
    assert found[0]["rows"] == found[1]["rows"]
    assert all(found[0]["rows"][name] for name in names)
    assert all(one["seconds"].keys() == texts.keys() and one["load"] > 0 for one in found)
