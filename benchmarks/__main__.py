"""How fast and how large: whole processes and the reasoner, beside rdflib and owlrl, interleaved in one run.

    python -m benchmarks [--runs 11] [--only startup|reasoner]

The package is built as a wheel and installed into a fresh environment outside the checkout, as a user has it.
Figures are medians; each ratio is taken between medians of commands that were run in turn, so that a machine whose
speed drifts slows both alike. Memory is the largest resident set of the process, as the system accounts it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

QUESTION = """
PREFIX coop: <https://w3id.org/csto-un/ontology#>
SELECT DISTINCT ?instrument ?date ?place WHERE {
  ?instrument coop:party ?party .
  ?event coop:concerns ?instrument ; a coop:Signing ; coop:date ?date .
  OPTIONAL { ?event coop:place ?place }
} ORDER BY STR(?date)
"""
"""What `instruments` asks, over the files as they are; without inference, so the peer has less to do."""

COMPLETION = {"_CSTO_GRAPH_COMPLETE": "bash_complete", "COMP_WORDS": "csto-graph ru", "COMP_CWORD": "1"}
"""What a shell sets when the reader presses tab after ``csto-graph ru``."""

PLAIN = f"""
import pathlib, rdflib
graph = rdflib.Graph()
for path in sorted(pathlib.Path({str(ROOT)!r}).glob("data/*.ttl")):
    graph.parse(path, format="turtle")
for row in graph.query({QUESTION!r}):
    print(*row)
"""


def main() -> None:
    """Run what was asked for and print one table per part."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=11, help="counted runs of each command (at least 9)")
    parser.add_argument("--only", choices=sorted(PARTS), help="just this part")
    given = parser.parse_args()
    for name, part in PARTS.items():
        if given.only in (None, name):
            part(max(given.runs, 9))


def startup(runs: int) -> None:
    """Whole processes: a canned query, help and completion, beside an import of rdflib and a plain script."""
    with tempfile.TemporaryDirectory() as folder:
        python = _installed(Path(folder))
        tool = str(python.parent / "csto-graph")
        empty = Path(folder, "empty")
        empty.mkdir()
        commands = {
            "import rdflib": ([str(python), "-c", "import rdflib"], {}),
            "plain rdflib script": ([str(python), "-c", PLAIN], {}),
            "run instruments": ([tool, "run", "instruments"], {}),
            "run members": ([tool, "run", "members", "--organization", "CSTO", "--as-of", "2010-03-18"], {}),
            "run support": ([tool, "run", "support", "--thing", "event:signing-protocol-unodc", "-f", "json"], {}),
            "--help": ([tool, "--help"], {}),
            "completion": ([tool], COMPLETION),
        }
        times, memory = _measure(commands, runs, empty)
    base, plain = times["import rdflib"], times["plain rdflib script"]
    print(f"\nWhole processes, medians of {runs} interleaved runs")
    print(f"{'':22} {'ms':>8} {'/ import rdflib':>16} {'plain script /':>15} {'MiB':>7} {'- import rdflib':>16}")
    for name, taken in times.items():
        extra = memory[name] - memory["import rdflib"]
        print(f"{name:22} {taken:8.1f} {taken / base:16.2f} {plain / taken:15.1f} {memory[name]:7.1f} {extra:+16.1f}")


def _installed(folder: Path) -> Path:
    """An environment with the package installed from its wheel; returns its Python."""
    environment = folder / "env"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    pip = [str(python), "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", str(folder), str(ROOT)], check=True)
    subprocess.run([*pip, "install", *(str(path) for path in folder.glob("*.whl"))], check=True)
    return python


def _measure(
    commands: dict[str, tuple[list[str], dict[str, str]]], runs: int, folder: Path
) -> tuple[dict[str, float], dict[str, float]]:
    """Median milliseconds and largest resident MiB of each command; the first round is not counted."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    sizes: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, (words, extra) in commands.items():
            start = time.perf_counter()
            child = subprocess.Popen(
                words, cwd=folder, env={**os.environ, **extra}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
            assert child.stderr is not None
            said = child.stderr.read()
            _, status, usage = os.wait4(child.pid, 0)
            taken = time.perf_counter() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            child.stderr.close()
            if child.returncode:
                raise SystemExit(f"{name} ended with {child.returncode}: {said.decode(errors='replace')}")
            if turn:
                times[name].append(taken * 1000)
                sizes[name].append(usage.ru_maxrss / 1024)
    return (
        {name: statistics.median(values) for name, values in times.items()},
        {name: max(values) for name, values in sizes.items()},
    )


REASON = """
import json, sys, time
from csto_graph import bundle, inference
triples = bundle.Bundle.default().triples()
close = {"rules": inference.close, "owlrl": inference.close_with_owlrl}[sys.argv[1]]
close(triples[:50])
start = time.perf_counter()
closure = close(triples)
print(json.dumps([time.perf_counter() - start, len(triples), len(closure.derived)]))
"""


def reasoner(runs: int) -> None:
    """The project's evaluator beside owlrl, over the graph as it is; owlrl three times only, it is slow."""
    taken: dict[str, list[float]] = {"rules": [], "owlrl": []}
    found: dict[str, list[int]] = {}
    for turn in range(runs):
        for name in ("rules", "owlrl") if turn < 3 else ("rules",):
            words = [sys.executable, "-c", REASON, name]
            ended = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
            seconds, *found[name] = json.loads(ended.stdout)
            taken[name].append(seconds)
    rules, owlrl = (statistics.median(taken[name]) for name in ("rules", "owlrl"))
    print(f"\nClosure of the graph as it is ({found['rules'][0]} triples), medians")
    print(f"{'':22} {'s':>8} {'derived':>8}")
    print(f"{'rules':22} {rules:8.3f} {found['rules'][1]:8}")
    print(f"{'owlrl':22} {owlrl:8.3f} {found['owlrl'][1]:8}")
    print(f"{'owlrl / rules':22} {owlrl / rules:8.0f}")


PARTS: dict[str, Callable[[int], None]] = {"startup": startup, "reasoner": reasoner}

if __name__ == "__main__":
    main()
