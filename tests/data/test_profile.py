"""The check of OWL 2 DL and RL lets a good ontology pass and rejects each kind of violation."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from profiles import violations
from test_data import triples

#: One of each thing that the check knows.
GOOD = Path(__file__).with_name("profile.ttl").read_text("utf-8")
#: What is added to the good ontology, and the one violation that must be found.
BAD: dict[str, tuple[str, str]] = tomllib.loads(Path(__file__).with_name("violations.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", BAD)
def test_good_ontology_passes_and_bad_is_rejected(name: str) -> None:
    """All that both profiles allow is allowed here; each violation added is reported with its kind and place."""
    assert violations(triples(GOOD)) == []
    added, expected = BAD[name]
    found = violations(triples(GOOD + added))
    assert any(violation.startswith(expected) for violation in found), found
