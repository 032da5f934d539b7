"""Validation by pyshifty and by pySHACL, the reference: the same statements, the same shapes, the same findings.

    python -m benchmarks --only validate [--max 200000]

The statements are those of `generate`, with about one in a hundred dropped, altered or added, and what follows from
them. Both run as users run them, from parsed statements to the report in words, each in a process with limits. That
both report the same focus node, path, component, value and severity is checked. With 200,000 statements pySHACL takes
half an hour.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from csto_graph.check import shacl
from csto_graph.check.shacl import Report
from csto_graph.loading import inputs, pipeline
from csto_graph.names import iri
from csto_graph.reason import closure, derive
from csto_graph.store.engine import Limits

from . import generate
from .measuring import say

#: How many of the statements of a closed graph are asserted, about.
SHARE = 0.6

#: Focus node, path, component, value, severity.
Result = tuple[str, str | None, str, str, str]


SIZES = (20_000, 200_000)


def measure(sizes: Sequence[int] = SIZES, seed: int = 0) -> list[dict[str, Any]]:
    """For each size statements, findings, seconds of both, ratio, and whether both found the same.

    Args:
        sizes: Statements of the closed graphs, about.
        seed: Of the data and of the faults in them.

    Raises:
        SystemExit: They find different faults, so that their times are not compared.
    """
    rows = [_row(size, seed) for size in sizes]
    if not all(row["same findings"] for row in rows):
        raise SystemExit("Ours and pySHACL find different faults.")
    return rows


def _row(size: int, seed: int) -> dict[str, Any]:
    whole = inputs.Bundle()
    say(f"making about {size:,} statements with faults")
    triples = faulty(whole, size, seed)
    shapes = list(inputs.read_turtle(whole.shapes))
    say("validating by pyshifty")
    check = partial(shacl.validate, triples, shapes, locate=lambda *_: None)
    timed = [_timed(check) for _ in range(3)]
    ours, report = statistics.median(taken for taken, _ in timed), timed[0][1]
    say(f"{ours:.2f} s; now pySHACL")
    day = Limits(seconds=86_400, memory=16 * 2**30)
    theirs, other = _timed(partial(check, engine="pyshacl", limits=day))
    return {
        "statements": len(triples), "findings": len(report), "ours, s": ours, "pySHACL, s": theirs,
        "ratio": theirs / ours, "same findings": results(report) == results(other),
    }  # fmt: skip


def faulty(whole: inputs.Bundle, size: int, seed: int = 0) -> list[ox.Triple]:
    """Made-up statements, one in a hundred of which is missing, altered or misplaced, with what follows from them."""
    with tempfile.TemporaryDirectory() as folder:
        made = generate.write(Path(folder, "data"), max(generate.LEAST, round(size * SHARE)), seed)
        given = [quad.triple for path in made.files for quad in ox.parse(path=str(path))]
    ontology = [triple for path in whole.ontology for triple in inputs.read_turtle(path)]
    asserted = list(dict.fromkeys([*ontology, *_harmed(given, random.Random(seed))]))
    closed = [*asserted, *map(pipeline.triple, closure.close(map(pipeline.texts, asserted)).derived)]
    return [*closed, *(ox.Triple(*fact) for fact, _, _ in derive.facts(closed))]


def _harmed(triples: Sequence[ox.Triple], chance: random.Random) -> list[ox.Triple]:
    """With faults; what claims are about stays, as it must be a thing for anything to follow from it."""
    about = ox.NamedNode(iri("coop:about"))
    kept: list[ox.Triple] = []
    for triple in triples:
        fate = 1.0 if triple.predicate == about else chance.random()
        if fate < 1 / 300:
            continue
        if fate < 2 / 300:
            triple = ox.Triple(triple.subject, triple.predicate, ox.Literal("wrong"))
        elif fate < 3 / 300:
            kept.append(ox.Triple(triple.subject, triple.predicate, chance.choice(triples).object))
        kept.append(triple)
    return kept


def results(report: Report) -> set[Result]:
    """What a report says, as a set: how often each is reported differs by the specification (SHACL 5.3.2)."""
    return {
        (str(found.result.focus), found.path, found.component, str(found.value), found.result.severity.value)
        for found in report
    }


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    done = work()
    return time.perf_counter() - start, done
