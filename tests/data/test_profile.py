"""The check of OWL 2 DL and RL lets a good ontology pass and rejects each kind of violation."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from profiles import violations
from pyoxigraph import NamedNode
from test_data import triples

from csto_graph.names import iri

GOOD = Path(__file__).with_name("profile.ttl").read_text("utf-8")
"""One of each thing that the check knows."""
BAD: dict[str, tuple[str, str]] = tomllib.loads(Path(__file__).with_name("violations.toml").read_text("utf-8"))
"""What is added to the good ontology, and the one violation that must be found."""


@pytest.mark.parametrize("name", BAD)
def test_good_ontology_passes_and_bad_is_rejected(name: str) -> None:
    """All that both profiles allow is allowed here; each violation added is reported with its kind and place."""
    assert violations(triples(GOOD)) == []
    added, expected = BAD[name]
    found = violations(triples(GOOD + added))
    assert any(violation.startswith(expected) for violation in found), found


def test_every_declaration_is_needed() -> None:
    """Without the declaration of any one property or class in use, the good ontology fails."""
    good = triples(GOOD)
    names = ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")
    kinds = [NamedNode(iri(f"owl:{name}")) for name in names]
    dropped = [triple for triple in good if triple.object in kinds and isinstance(triple.subject, NamedNode)]
    assert len(dropped) > 15
    for declaration in dropped:
        assert violations([triple for triple in good if triple != declaration]), declaration
