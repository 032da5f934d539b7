"""Fixtures that several test files use."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from servers import Rogue as Canary
from servers import answer

import csto_graph
from csto_graph.loading import inputs, pipeline

# The same examples in every run: a change is judged by what it changed. `--hypothesis-seed` draws others.
settings.register_profile("project", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

# A shell's background job is born with interrupts ignored, and so would be every command that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Close the bundled graph once for all processes of a run, those of the command line among them."""
    if not hasattr(config, "workerinput"):
        pipeline.prepare(inputs.Bundle())


@pytest.fixture
def canary() -> Iterator[Canary]:
    """A server on loopback that nobody should call: at the end of the test nothing may have arrived."""
    with Canary(answer(b"", status=204)) as server:
        yield server
    assert server.requests == []


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Collect the processes started during a test; at its end each must have been waited for."""
    started: list[subprocess.Popen[bytes]] = []

    class Counted(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[call-overload]
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Counted)
    yield started
    assert all(child.returncode is not None for child in started)


@pytest.fixture(scope="session")
def kg() -> csto_graph.KnowledgeGraph:
    """Load the bundled graph once for all; nobody may change it."""
    return csto_graph.load()


@pytest.fixture(scope="session")
def league() -> csto_graph.KnowledgeGraph:
    """Load the graph of the organizations that do not exist, without the bundled data."""
    return csto_graph.load([Path(__file__).with_name("example.ttl")], only=True, ontology=True)
