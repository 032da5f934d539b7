"""What the built package carries, and the index by which an engine loads only what a query names."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pyoxigraph as ox
import pytest
from closing import nquads, turtle

import csto_graph as cg
from csto_graph import errors
from csto_graph.loading import inputs, pipeline, view
from csto_graph.names import PREFIXES, iri
from csto_graph.store import engine, oxigraph
from csto_graph.store.oxigraph import Oxigraph

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel once, with the tools that are installed; the network is not asked."""
    folder = tmp_path_factory.mktemp("wheel")
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed: the wheel was not built and not looked at")
    if importlib.util.find_spec("build"):
        how = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    else:
        how = ["-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    done = subprocess.run([sys.executable, *how], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel into a folder, as an installation would."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_carries_all_and_no_more(wheel: Path):
    """Ontology, data and queries, the closed graphs, what changed, the mark of typing; no tests, bytecode or caches."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        inside = {name.removeprefix("csto_graph/_bundle/") for name in names if name.startswith("csto_graph/_bundle/")}
    expected = {
        path.relative_to(ROOT).as_posix()
        for folder in ("ontology", "data", "queries") for path in (ROOT / folder).rglob("*") if path.is_file()
    }  # fmt: skip
    assert len(expected) > 50
    assert inside == expected | {inputs.CLOSED, inputs.PROOFS, inputs.NAMES, inputs.STATED, "CHANGELOG.md"}
    files = (path for path in (ROOT / "csto_graph").rglob("*.*") if path.is_file() and path.suffix != ".pyc")
    modules = {path.relative_to(ROOT).as_posix() for path in files} - {"csto_graph/py.typed"}
    package = {name for name in names if name.startswith("csto_graph/") and "_bundle" not in name}
    assert package == modules | {"csto_graph/py.typed"}
    others = {name.split("/")[0] for name in names} - {"csto_graph"}
    assert [name.endswith(".dist-info") for name in others] == [True]


def test_what_is_built_counts_for_these_files_alone(tmp_path: Path):
    """In a checkout: another statement, or another line of code, closes the graph anew; a failure leaves nothing."""
    for folder in ("ontology", "data", "csto_graph"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    folders = [inputs.Bundle(str(tmp_path)).prepared]
    assert Path(folders[0]).name == Path(inputs.Bundle(str(ROOT)).prepared).name
    Path(folders[0]).mkdir(parents=True)
    Path(folders[0], inputs.CLOSED).touch()
    assert inputs.Bundle(str(tmp_path)).built(inputs.CLOSED)
    for name in ("data/people.ttl", "csto_graph/dates.py"):
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        bundle = inputs.Bundle(str(tmp_path))
        assert bundle.built(inputs.CLOSED) is None
        folders.append(bundle.prepared)
    assert len(set(folders)) == 3
    wrong = f"@prefix coop: <{PREFIXES['coop']}> . <urn:x> a coop:PlannedEvent , coop:Adoption ."
    (tmp_path / "data" / "wrong.ttl").write_text(wrong, encoding="utf-8")
    with pytest.raises(errors.Inconsistent):
        pipeline.prepare(inputs.Bundle(str(tmp_path)))
    assert os.listdir(tmp_path / ".built") == [Path(folders[0]).name]


def test_the_closed_graphs_are_not_stale(installed: Path):
    """What was closed at building is what the files beside it come to now, byte for byte."""
    folder = installed / "csto_graph" / "_bundle"
    built = pipeline.build(inputs.Bundle(str(folder)))
    assert set(built) == {inputs.CLOSED, inputs.PROOFS, inputs.NAMES, inputs.STATED}
    for name, data in built.items():
        assert (folder / name).read_bytes() == data, f"{name} is stale: build again"


SCRIPT = """
import sys, warnings
warnings.simplefilter("error")
import csto_graph as cg
kg = cg.load()
assert kg.bundle.built("graph.nq").endswith("graph.nq") and "_bundle" in kg.bundle.root, kg.bundle.root
(row,) = kg.run("instruments", about="CSTO", partner="UNODC")
(stated,) = kg.run("instruments", about="CSTO", partner="UNODC", reading="source")
print(row.date, stated.date, len(kg), "csto_graph.reason.closure" in sys.modules)
"""


def test_an_installed_package_answers_from_any_folder(installed: Path, tmp_path: Path, kg: cg.KnowledgeGraph):
    """From an empty folder, without closing anything and without leaving a file open."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", SCRIPT], cwd=tmp_path, env={"PYTHONPATH": str(installed)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["2006-04-05", "2006-03-05", str(len(kg)), "False"]
    assert "ResourceWarning" not in done.stderr
    assert list(tmp_path.iterdir()) == []


# --- the index -----------------------------------------------------------------------------------------------------


def test_all_sections_together_are_the_file(kg: cg.KnowledgeGraph):
    """Loading everything equals parsing the whole text, comments and all."""
    data = kg.engine().nquads
    data = data if isinstance(data, bytes) else Path(data).read_bytes()
    whole = ox.Dataset(ox.parse(data, format=ox.RdfFormat.N_QUADS))
    loaded = ox.Dataset(Oxigraph(data).loaded())
    for part in (whole, loaded):
        part.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    assert whole == loaded
    assert len(whole) == len(kg)


def test_quads_repeat_nothing_and_order_does_not_show():
    """The same quads in any order and number give the same bytes."""
    quads = [
        ox.Quad(ox.NamedNode(f"urn:{n % 5}"), ox.NamedNode(f"urn:p{n % 3}"), ox.Literal(str(n))) for n in range(30)
    ]
    assert nquads(quads) == nquads([*reversed(quads), *quads])
    assert nquads([]) == f"{oxigraph.INDEX}\n".encode()
    assert len(Oxigraph(nquads([])).loaded()) == 0


def test_kinds_are_prefixes_of_ours():
    """Whatever has no prefix of ours is of no kind."""
    odd = ("urn:organization:x", "https://w3id.org/csto-un/id/organization/a/b", "http://example.org/x")
    kinds = [engine.kind_of(ox.NamedNode(iri(name))) for name in ("organization:unodc", "coop:Claim", *odd)]
    assert kinds == ["organization", "coop", "-", "-", "-"]
    assert engine.kind_of(ox.BlankNode("organization")) == "-"


# --- sorting and reading --------------------------------------------------------------------------------------------


def test_each_statement_stands_in_the_graph_of_its_subject(kg: cg.KnowledgeGraph):
    """Claims, concepts, terms and things are told apart by their type alone."""
    graphs: dict[str, set[str]] = {}
    for quad in kg.quads():
        if isinstance(quad.subject, ox.NamedNode):
            graphs.setdefault(quad.graph_name.value.rpartition("/")[2], set()).add(engine.kind_of(quad.subject))
    assert set(graphs) == set(engine.GRAPHS)
    assert {"claim", "conflict", "source", "passage", "publisher"} <= graphs["claims"]
    assert {"area", "role", "kind"} <= graphs["vocabulary"]
    assert "coop" in graphs["ontology"]
    assert not graphs["data"] & {"claim", "area", "coop", "passage"}


def test_a_file_that_cannot_be_read_or_parsed_is_named(tmp_path: Path):
    """The project's own files, when damaged, say where."""
    broken = tmp_path / "broken.ttl"
    broken.write_text(f"@prefix coop: <{PREFIXES['coop']}> .\n\ncoop:a coop:b .\n", encoding="utf-8")
    with pytest.raises(errors.InputError) as caught:
        list(inputs.read_turtle(str(broken)))
    assert (caught.value.path, caught.value.line) == (str(broken), 3)
    with pytest.raises(errors.InputError, match="cannot be read"):
        list(inputs.read_turtle(str(tmp_path / "none.ttl")))


# --- contradictions ------------------------------------------------------------------------------------------------


def contradiction(text: str) -> errors.Inconsistent:
    """The error for some Turtle."""
    with pytest.raises(errors.Inconsistent) as told:
        pipeline.assembled(turtle(f"PREFIX : <urn:t:> {text}"))
    return told.value


def test_a_contradiction_tells_what_was_asserted():
    """Not only what cannot be, which no file says, but the statements it follows from, and the sources of these; where
    the statements that clash stand in a file as they are, they are enough; of a long proof a dozen is told."""
    error = contradiction(
        """_:i owl:inverseOf :p ; rdfs:domain owl:Nothing . :q rdfs:subPropertyOf :p . :a :q :b . :c :q :d .
        :claim a coop:Claim ; coop:about :a ; coop:source :page ."""
    )
    first, second = error.findings
    assert (error.exit_code, first["rule"]) == (1, "cls-nothing2")
    assert "rule cls-nothing2:" in str(error)
    assert "Sources: urn:t:page" in str(error)
    assert first["statements"] == ["urn:t:b rdf:type owl:Nothing ."]
    domain, inverse, *rest = first["asserted"]
    assert inverse.endswith(" owl:inverseOf urn:t:p .")
    assert domain.endswith(" rdfs:domain owl:Nothing .")
    assert rest == ["urn:t:q rdfs:subPropertyOf urn:t:p .", "urn:t:a urn:t:q urn:t:b ."]
    assert (first["claims"], first["sources"]) == (["urn:t:claim"], ["urn:t:page"])
    assert second["asserted"][-1] == "urn:t:c urn:t:q urn:t:d ."
    assert all(f"    {line}\n" in str(error) for line in first["asserted"])
    assert "… and 1 more contradiction.\n" in str(error)

    error = contradiction(":C owl:disjointWith :D . :a a :C , :D .")
    assert error.findings[0]["asserted"] == error.findings[0]["statements"]
    assert "asserted" not in str(error)
    assert str(error).count("urn:t:a rdf:type urn:t:C .") == 1

    steps = " ".join(f":C{n} owl:intersectionOf (:C{n + 1}) ." for n in range(20))
    error = contradiction(f"{steps} :C20 rdfs:subClassOf owl:Nothing . :a a :C0 .")
    assert [len(finding["asserted"]) for finding in error.findings] == [12]
    assert str(error).count("\n    urn:t:") == 12
    assert "\n    … and 10 more.\n" in str(error)


@pytest.mark.parametrize("large", [1, 10**9], ids=["into a store", "into memory"])
def test_a_contradiction_says_where_its_statements_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int):
    """File and line of each, in memory and on the way to a store; of what stands in no Turtle file, nothing."""
    monkeypatch.setenv("CSTO_GRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(view, "LARGE", large)
    one, two = tmp_path / "one.ttl", tmp_path / "two.nt"
    head = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in ("rdfs", "owl"))
    one.write_text(f"{head}@prefix : <urn:t:> .\n:A owl:disjointWith :B .\n:p rdfs:domain :B .\n\n:a a :A .\n")
    two.write_text("<urn:t:b> <urn:t:p> <urn:t:c> .\n<urn:t:b> <http://www.w3.org/2002/07/owl#sameAs> <urn:t:a> .\n")
    with pytest.raises(errors.Inconsistent) as told:
        cg.load([one, two], only=True, ontology=True)
    places = dict(zip(told.value.findings[0]["asserted"], told.value.findings[0]["places"], strict=True))
    assert places.pop("urn:t:b owl:sameAs urn:t:a .") == ""
    assert places["urn:t:A owl:disjointWith urn:t:B ."] == f"{one}:4"
    assert places["urn:t:a rdf:type urn:t:A ."] == f"{one}:7"
    assert f"urn:t:p rdfs:domain urn:t:B .  ({one}:5)" in str(told.value)
