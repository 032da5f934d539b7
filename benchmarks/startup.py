"""How soon the command line answers: whole processes beside an import of rdflib and a plain rdflib script."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .measuring import ROOT, Command, Results, Table, installed, interleaved, tool

#: What `instruments` asks, over the files as they are; without inference, so the peer has less to do.
QUESTION = """
PREFIX coop: <https://w3id.org/csto-un/ontology#>
SELECT DISTINCT ?instrument ?date ?place WHERE {
  ?instrument coop:party ?party .
  ?event coop:concerns ?instrument ; a coop:Signing ; coop:date ?date .
  OPTIONAL { ?event coop:place ?place }
} ORDER BY STR(?date)
"""

#: What a shell sets when the reader presses tab after ``csto-graph ru``.
COMPLETION = {"_CSTO_GRAPH_COMPLETE": "bash_complete", "COMP_WORDS": "csto-graph ru", "COMP_CWORD": "1"}

PLAIN = f"""
import pathlib, rdflib
graph = rdflib.Graph()
for path in sorted(pathlib.Path({str(ROOT)!r}).glob("data/**/*.ttl")):
    graph.parse(path, format="turtle")
for row in graph.query({QUESTION!r}):
    print(*row)
"""


def measure(runs: int, python: Path | None = None) -> Results:
    """Seconds and MiB of each command, medians of so many interleaved runs.

    Args:
        runs: How many are counted.
        python: Of an environment that has the package; a fresh one is made where none is given.
    """
    with tempfile.TemporaryDirectory() as folder:
        python = python or installed(Path(folder))
        own = tool(python)
        support = ["support", "--about", "event:signing-protocol-unodc", "-f", "json"]
        commands = {
            "`run instruments`": Command([own, "run", "instruments"]),
            "`run members --about CSTO --as-of 2010-03-18`": Command(
                [own, "run", "members", "--about", "CSTO", "--as-of", "2010-03-18"]
            ),
            "`run support --about …` (looks through every claim)": Command([own, "run", *support]),
            "`--help`": Command([own, "--help"]),
            "completion of a verb": Command([own], COMPLETION),
            "import rdflib": Command([str(python), "-c", "import rdflib"]),
            "a plain rdflib script": Command([str(python), "-c", PLAIN]),
        }
        taken = interleaved(commands, runs)
    figures = {name: {"seconds": one.seconds, "mebibytes": one.mebibytes} for name, one in taken.items()}
    return {"runs": runs, "commands": figures}


def tables(found: Results) -> list[Table]:
    """``startup``: a row per command, with its ratios to the two peers."""
    commands: dict[str, dict[str, float]] = found["commands"]
    base, plain = commands["import rdflib"], commands["a plain rdflib script"]
    rows = []
    for name, one in commands.items():
        time, more = one["seconds"], one["mebibytes"] - base["mebibytes"]
        ratio, times = f"{time / base['seconds']:.2f}", f"{plain['seconds'] / time:.1f} times as long"
        rows.append([name, f"{time * 1000:.0f}", ratio, times, f"{round(more):+d} MiB"])
    columns = ["whole process", "ms", "to `import rdflib`", "a plain rdflib script takes", "beside `import rdflib`"]
    return [Table("startup", f"Whole processes, medians of {found['runs']} interleaved runs", columns, rows)]
