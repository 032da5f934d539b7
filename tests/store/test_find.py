"""Look-ups that people make, with the thing each must lead to; and what happens where there is none."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import csto_graph as cg
from csto_graph import errors
from csto_graph.names import curie

LOOKUPS = list(csv.DictReader((Path(__file__).parents[1] / "find.csv").read_text(encoding="utf-8").splitlines()))


@pytest.fixture(scope="module")
def kg() -> cg.KnowledgeGraph:
    """Load the bundled graph once."""
    return cg.load()


def test_there_are_enough_look_ups() -> None:
    """At least sixty, none twice, in both languages: a list that lost its rows must not pass."""
    assert len(LOOKUPS) >= 60
    assert len({row["words"] for row in LOOKUPS}) == len(LOOKUPS)
    assert {row["language"] for row in LOOKUPS} == {"en", "ru"}


@pytest.mark.parametrize("row", LOOKUPS, ids=lambda row: row["words"])
def test_first_hit(kg: cg.KnowledgeGraph, row: dict[str, str]) -> None:
    """Acronyms, symbols, misnomers, ё and е, case, accents and labels in both languages find the right thing first."""
    found = [curie(match.iri) for match in kg.find(row["words"], limit=3)]
    assert found[:1] == [row["expected"]]


@pytest.mark.parametrize("spelling", ["unodc", "UNODC", "ＵＮＯＤＣ", " unodc ", "U\u0301NODC"])
def test_spelling_does_not_matter(kg: cg.KnowledgeGraph, spelling: str) -> None:
    """Case, width, space and accents are no part of a name."""
    assert curie(kg.find(spelling)[0].iri) == "organization:unodc"


def test_class_narrows(kg: cg.KnowledgeGraph) -> None:
    """A class leaves only its things, and does not change their order."""
    found = [curie(match.iri) for match in kg.find("UNODC", of="coop:Protocol")]
    assert found == ["instrument:protocol-unodc"]


@pytest.mark.parametrize("words", ["", "   ", "…", "xyzzyq", "organization:nowhere", "https://example.org/no"])
def test_nothing(kg: cg.KnowledgeGraph, words: str) -> None:
    """Words without letters, and names of nothing, find nothing and break nothing."""
    assert kg.find(words) == []


def test_near_misses_are_suggested(kg: cg.KnowledgeGraph) -> None:
    """A slip of the fingers is answered with the names that exist."""
    with pytest.raises(errors.UnknownName) as caught:
        kg["UNDOC"]
    assert "UNODC" in caught.value.suggestions


def test_several_of_one_kind_are_left_to_the_reader(kg: cg.KnowledgeGraph) -> None:
    """Where a name is a thing's of the kind people ask for and a publisher's too, the thing is meant."""
    assert kg["United Nations"].curie == "organization:un"
