"""Edits of the data that contradict their claims, each other or themselves are told where they stand."""

from __future__ import annotations

import os
import re
import tomllib
from functools import partial
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple
from test_data import triples

from csto_graph.check import house, shacl, sources
from csto_graph.check.shacl import Finding
from csto_graph.graph import KnowledgeGraph
from csto_graph.loading import inputs, pipeline
from csto_graph.names import curie, iri
from csto_graph.store.engine import graph_name

EDITS: dict[str, tuple[str, str, str, str]] = tomllib.loads(Path(__file__).with_name("edits.toml").read_text("utf-8"))


def matches(known: Triple, wanted: Triple) -> bool:
    """Whether a statement is the one to be taken away; ``@`` stands for any text in its language."""
    free = isinstance(wanted.object, Literal) and wanted.object.value == "@"
    ends = [one.object.language if free and isinstance(one.object, Literal) else one.object for one in (known, wanted)]
    return (known.subject, known.predicate, ends[0]) == (wanted.subject, wanted.predicate, ends[1])


@pytest.fixture(scope="module")
def found(kg: KnowledgeGraph) -> dict[tuple[str, str], Finding]:
    """Thing and rule to the finding, in a copy with all the edits."""
    known = list(kg.asserted)
    for name, (old, new, *_) in EDITS.items():
        for wanted in triples(old):
            gone = [one for one in known if matches(one, wanted)]
            assert gone, f"{name}: nothing to take away"
            known = [one for one in known if one not in gone]
        known += triples(new)
    ontology = {quad.triple for quad in kg.quads() if quad.graph_name == graph_name("ontology")}
    report = shacl.validate(
        pipeline.assembled(known, ontology), kg.shapes, locate=inputs.locator(kg.bundle.files),
        house=partial(house.results, texts=sources.known_texts(kg)),
    )  # fmt: skip
    return {(curie(one.focus), re.split("/", one.shape)[-1]): one for one in report}


@pytest.mark.parametrize("name", EDITS)
def test_edit_is_noticed(name: str, found: dict[tuple[str, str], Finding]) -> None:
    """A violation or warning at the thing, with what to do about it in both languages."""
    *_, thing, rule = EDITS[name]
    textual = rule in ("DigestOfPassage", "ValueInPassage") or name.startswith("next sentence")
    if textual and not os.environ.get(sources.FOLDER):
        pytest.skip(f"{sources.FOLDER} is not set: passages were not compared")
    finding = found[thing, rule]
    assert finding.severity in ("violation", "warning")
    assert all(map(finding.remedy, ("en", "ru")))
    assert finding.file or NamedNode(iri(thing)) in {one.subject for one in triples(EDITS[name][1])}
