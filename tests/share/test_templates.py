"""What `new` makes is put into the right files and checks clean; what it corrects; one finding for a fault."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from exports import EXPECTED
from pyoxigraph import Literal

import csto_graph as cg
from csto_graph.names import curie, iri
from csto_graph.rdf import turtle
from csto_graph.share.templates import draft, write

SAID = {"publisher": "csto", "statement": "It is so.", "statement_ru": "Это так."}
#: What else than the whole of this, and an address, is of use for a kind.
OF_USE = {
    "correction": {**SAID, "rationale": "It decides.", "rationale_ru": "Она решает."},
    "source": {"publisher": "csto"}, "publisher": {},
}  # fmt: skip


def _options(given: Mapping[str, object]) -> dict[str, object]:
    """What the command line gives: several values as a tuple."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


def made(graph: cg.KnowledgeGraph, kind: str, folder: Path, **given: object) -> list[str]:
    """Write one; what it lacks, and the files, relative to the folder."""
    page = {"source_url": f"https://odkb-csto.org/{kind}"} if kind != "publisher" else {}
    told = {**OF_USE.get(kind, SAID), **page, **_options(given)}
    found = draft(graph, kind, str(told.pop("name")), told)
    paths = write(graph, found, str(folder))
    assert all(turtle.format(text := Path(path).read_text("utf-8"), path=str(path)) == text for path in paths)
    missing = [line for line in found.remarks if line.startswith("missing")]
    return [*missing, *(str(Path(path).relative_to(folder)) for path in paths)]


def test_what_is_made_is_clean_and_one_fault_is_one_finding(kg: cg.KnowledgeGraph, tmp_path: Path) -> None:
    """Each kind, in a folder of the user's own: nothing but that what was made alone is not referred to yet. Of faults
    in it nothing is told that only follows from them; the user's files come first."""
    files = {kind: made(kg, kind, tmp_path, **given) for kind, given in EXPECTED["made"].items()}
    assert files["body"] == ["organizations.ttl", "sources/csto-lake-board.ttl"]
    assert files["person"] == ["people.ttl", "sources/csto-lev-ozerov.ttl"]
    assert files["publisher"] == ["publishers.ttl"]
    assert files["claim"] == ["sources/csto-a-res-71-12.ttl"]
    assert "instruments.ttl" in files["resolution"]
    report = kg.validate(tmp_path)
    alone = ("person:lev-ozerov", "place:lakeside", "post:lake-warden", "publisher:lake-news", "source:csto-on-lakes")
    assert sorted((curie(one.shape), curie(one.focus)) for one in report) == [("shape:Unused", name) for name in alone]
    mine = cg.load(data=tmp_path)
    assert mine["A/RES/81/9"].label()
    assert "organization:lake-board" in str(mine.select("SELECT ?b { ?b org:subOrganizationOf organization:csto }"))
    for old, new, _ in EXPECTED["templates"]["faults"]:
        holding = [path for path in tmp_path.rglob("*.ttl") if old in path.read_text(encoding="utf-8")]
        assert holding, old
        text = holding[0].read_text(encoding="utf-8")
        holding[0].write_text(text.replace(old, new, 1), encoding="utf-8")
    report = kg.validate(tmp_path)
    found = sorted(re.split("/", finding.shape)[-1] for finding in report.at_least())
    assert found == sorted(shape for *_, shape in EXPECTED["templates"]["faults"]), report.to_text()
    assert all(finding.file and finding.file.startswith(str(tmp_path)) for finding in report)


@pytest.mark.parametrize("kind", ["resolution", "memorandum", "event", "mechanism"])
def test_each_value_has_a_claim_and_the_blocks_are_short(kg: cg.KnowledgeGraph, kind: str) -> None:
    """A claim takes at most six lines, all the rest 25; without words of the editor's none is about the whole."""
    told = {"source_url": f"https://odkb-csto.org/{kind}", "publisher": "csto", **_options(EXPECTED["made"][kind])}
    found = draft(kg, kind, str(told.pop("name")), told)
    blocks = [block.splitlines() for block in turtle.write(found.triples).split("\n\n")[1:]]
    claims = [block for block in blocks if block[0].startswith("claim:")]
    assert len(claims) > 2
    assert max(map(len, claims)) <= 6
    assert sum(len(block) for block in blocks if block not in claims) <= 25
    assert len([one for one in found.triples if one.predicate.value == iri("coop:value")]) == len(claims)


@pytest.fixture
def checkout(tmp_path: Path, kg: cg.KnowledgeGraph) -> Path:
    """A copy of the data, all sources in one file: each file is read in a process of its own."""
    shutil.copytree(Path(kg.bundle.root, "data"), tmp_path / "data")
    sources = sorted((tmp_path / "data/sources").iterdir())
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    for path in sources:
        path.unlink()
    (tmp_path / "data/sources/all.ttl").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_correction_is_claim_value_and_decision(checkout: Path) -> None:
    """One value each, in the place of the old one; with the conflict that was there, or a new one; it checks clean."""
    before = cg.load(data=checkout, only=True, ontology=True)
    for number, (name, given, *_) in enumerate(EXPECTED["templates"]["corrected"]):
        assert made(before, "correction", checkout, **given, name=name, source_url=f"https://odkb-csto.org/{number}")
    after = cg.load(data=checkout, only=True, ontology=True)
    for _, _, holder, key, conflict in EXPECTED["templates"]["corrected"]:
        (value,) = after.objects(iri(holder), iri(key))
        claims = [one for one in after.subjects(iri("coop:about"), iri(holder)) if "source:csto-" in curie(
            after.value(one, "coop:source")) and value in after.objects(one, iri("coop:value"))]  # fmt: skip
        accepting = [curie(one) for claim in claims for one in after.subjects(iri("coop:accepts"), claim)]
        assert accepting == [conflict or accepting[0]]
        kinds = {curie(kind.value) for kind in after.objects(iri(accepting[0]), iri("coop:kind"))}
        assert conflict or kinds == {f"kind:{'date' if key == 'coop:date' else 'statement'}-conflict"}
        assert Literal("It decides.", language="en") in after.objects(iri(accepting[0]), iri("coop:rationale"))
    report = after.validate()
    assert report.conforms("violation"), report.to_text()


def test_what_is_bundled_is_not_corrected_from_elsewhere(kg: cg.KnowledgeGraph, tmp_path: Path) -> None:
    with pytest.raises(cg.errors.UsageError, match="not below"):
        made(kg, "correction", tmp_path, name="A/RES/71/12", date="2016-11-22")
    assert not list(tmp_path.rglob("*.ttl"))
