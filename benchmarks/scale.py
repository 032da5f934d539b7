"""What growth costs: graphs of 1,600 to 10,000,000 triples, loaded, asked, checked and written out.

    python -m benchmarks --only scale [--max 200000] [--json FILE]

For each size a made-up graph (`generate`) is written and given to the installed command line with ``--data FOLDER
--only``. The first command over it reads, closes and, where the graph is large, builds the store on disk; *cold*
figures are whole processes after that, each of `generate.QUESTIONS` once or more; *warm* ones are calls from Python on
a graph that is open. A question must give the same number of rows at every size above the smallest, or the run stops.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from . import generate
from .measuring import Command, Results, Table, Taken, installed, run, say, seconds, short, tool

SIZES = (generate.LEAST, 20_000, 200_000, 2_000_000, 10_000_000)

#: Seconds for the repetitions of cold questions at one size.
_BUDGET = 60.0

_READ = """
import json, sys, time
from csto_graph.loading import inputs
start = time.perf_counter()
count = sum(1 for _ in inputs.statements(sys.argv[1:]))
print(json.dumps([time.perf_counter() - start, count]))
"""

_WARM = """
import json, statistics, sys, time
import csto_graph as cg
from csto_graph.describe.thing import thing_document
folder, questions, named, runs = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3]), int(sys.argv[4])
def timed(call):
    start = time.perf_counter()
    value = call()
    return time.perf_counter() - start, value
opened, kg = timed(lambda: cg.load([folder], only=True, ontology=True))
found = {"open": opened, "first": {}, "warm": {}, "rows": {}}
def measure(name, call):
    found["first"][name], value = timed(call)
    taken = []
    while len(taken) < runs and (len(taken) < 3 or sum(taken) < 2):
        taken.append(timed(call)[0])
    found["warm"][name] = statistics.median(taken)
    return value
for name, values in questions.items():
    found["rows"][name] = len(measure(name, lambda: kg.run(name, **values)))
measure("find", lambda: kg.find(named["name"]))
measure("show", lambda: thing_document(kg, kg[named["acronym"]].iri, "en"))
measure("why", lambda: repr(kg.why("event:" + named["slug"] + "-signing", "coop:date")))
print(json.dumps(found))
"""


def measure(largest: int = 200_000, validated: int = 200_000, runs: int = 5, python: Path | None = None) -> Results:
    """Measure every size up to the largest.

    Args:
        largest: Triples of the largest graph.
        validated: Triples of the largest graph that is validated.
        runs: Repetitions of cold questions, fewer where they take long.
        python: Of an environment that has the package; a fresh one is made where none is given.

    Returns:
        ``sizes``: for each size a record, see `_size`.
    """
    with tempfile.TemporaryDirectory() as folder:
        python = python or installed(Path(folder))
        found: list[Results] = []
        for size in SIZES:
            if size <= largest:
                found.append(_size(python, Path(folder, str(size)), size, validated, runs))
                _check(found[1:])
        return {"sizes": found}


def _check(found: list[Results]) -> None:
    """Stop where a look-up finds nothing, or not what it found in a smaller graph.

    The smallest graph is left out: it has further claims about its one unit, to be of the right size.
    """
    for name in _LOOKUPS:
        rows = {record["warm"]["rows"][name] for record in found}
        if len(rows) > 1 or 0 in rows:
            raise SystemExit(f"'{name}' gives {sorted(rows)} rows: what is compared is not the same.")


_LOOKUPS = [name for name in generate.QUESTIONS if name not in generate.SWEEPS]


def _size(python: Path, folder: Path, size: int, validated: int, runs: int) -> Results:
    """Everything about one size; times in seconds, memory in MiB."""
    say(f"{size:,} triples")
    data, cache = folder / "data", folder / "cache"
    made = generate.write(data, size)
    base = [tool(python), "--data", str(data), "--only", "--with-ontology"]
    environment = {"CSTO_GRAPH_CACHE": str(cache)}

    def command(*words: str) -> Taken:
        return run(Command([*base, *words], environment))

    found: Results = {"triples": made.counts["triples"], "bytes": sum(path.stat().st_size for path in made.files)}
    reading = run(Command([str(python), "-c", _READ, *map(str, made.files)], environment))
    found["read"] = {"seconds": json.loads(reading.output)[0], "mebibytes": reading.mebibytes}
    slug = generate.NAMED["slug"]
    first = command("run", "names", "--about", f"organization:{slug}", "-f", "csv")
    found["build"] = {"seconds": first.seconds, "mebibytes": first.mebibytes}
    found["store"] = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file()) if cache.exists() else 0
    found["cold"] = _cold(command, runs)
    warm = run(Command([str(python), "-c", _WARM, str(data), json.dumps(generate.QUESTIONS),
                        json.dumps(generate.NAMED), str(max(runs, 9))], environment))  # fmt: skip
    found["warm"] = json.loads(warm.output) | {"mebibytes": warm.mebibytes}
    if size <= validated:
        checked = command("validate", "-f", "json")
        found["validate"] = {"seconds": checked.seconds, "mebibytes": checked.mebibytes}
    written = command("export", "-f", "nquads", "-o", str(folder / "export.nq"))
    found["export"] = {
        "seconds": written.seconds, "mebibytes": written.mebibytes, "bytes": (folder / "export.nq").stat().st_size,
    }  # fmt: skip
    return found


def _cold(command: Callable[..., Taken], runs: int) -> Results:
    """Whole processes: each canned question, find, show and why."""
    slug = generate.NAMED["slug"]
    asked = {
        name: ["run", name, *(f"--{key.replace('_', '-')}={value}" for key, value in values.items()), "-f", "csv"]
        for name, values in generate.QUESTIONS.items()
    }
    asked["find"] = ["find", generate.NAMED["name"], "-f", "csv"]
    asked["show"] = ["show", generate.NAMED["acronym"]]
    asked["why"] = ["why", f"event:{slug}-signing", "coop:date"]
    taken: dict[str, list[float]] = {name: [] for name in asked}
    memory: dict[str, float] = {}
    for turn in range(runs):
        if turn and sum(map(sum, taken.values())) * (turn + 1) / turn > _BUDGET:
            break
        for name, words in asked.items():
            one = command(*words)
            taken[name].append(one.seconds)
            memory[name] = max(one.mebibytes, memory.get(name, 0))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    return {"runs": len(taken["find"]), "seconds": medians, "mebibytes": memory}


# ------------------------------------------------------------------------------------------------------------- tables


def tables(found: Results) -> list[Table]:
    """``scale``: a row per kind of work, a column per size."""
    sizes: list[Results] = found["sizes"]
    columns = ["triples", *(f"{record['triples']:,}" for record in sizes)]
    rows = [[label, *(write(record) for record in sizes)] for label, write in _ROWS.items()]
    title = "A made-up graph in the shape of the real one; whole processes unless it says warm"
    return [Table("scale", title, columns, rows)]


def _rate(record: Results, part: str) -> str:
    return f"{short(record['triples'] / record[part]['seconds'] / 1000)}k/s"


def _spent(record: Results, part: str) -> str:
    if part not in record:
        return "–"
    return f"{seconds(record[part]['seconds'])}, {record[part]['mebibytes']:.0f} MiB"


def _middle(times: Mapping[str, float]) -> str:
    chosen = sorted(times[name] for name in _LOOKUPS if name in times)
    return f"{seconds(statistics.median(chosen))} ({seconds(chosen[-1])})"


def _memory(taken: Mapping[str, float]) -> str:
    return f"{max(taken[name] for name in generate.QUESTIONS if name in taken):.0f} MiB"


_ROWS: Mapping[str, Callable[[Results], str]] = {
    "read: files to statements": lambda record: _rate(record, "read"),
    "first command: read, close, store, ask": lambda record: _spent(record, "build"),
    "the same, triples per second": lambda record: _rate(record, "build"),
    "store on disk": lambda record: f"{record['store'] / 2**20:,.0f} MiB" if record["store"] else "in memory",
    "a canned look-up, cold: median (slowest)": lambda record: _middle(record["cold"]["seconds"]),
    "memory of a cold look-up": lambda record: _memory(record["cold"]["mebibytes"]),
    "a canned look-up, warm: median (slowest)": lambda record: _middle(record["warm"]["warm"]),
    "`find`, cold": lambda record: seconds(record["cold"]["seconds"]["find"]),
    "`show`, cold": lambda record: seconds(record["cold"]["seconds"]["show"]),
    "`why`, cold": lambda record: seconds(record["cold"]["seconds"]["why"]),
    "`find`, warm": lambda record: seconds(record["warm"]["warm"]["find"]),
    "`show`, warm": lambda record: seconds(record["warm"]["warm"]["show"]),
    "`why`, warm": lambda record: seconds(record["warm"]["warm"]["why"]),
    "`validate`": lambda record: _spent(record, "validate"),
    "`export`": lambda record: _spent(record, "export"),
}
