"""The same questions put to others: rdflib with owlrl and pySHACL, oxrdflib, and the Oxigraph tool.

    python -m benchmarks --only peers [--runs 9] [--json FILE]

Each task is done by every peer that can do it, in turn, after their answers were found to be the same term by term.
What a peer is spared (inference, labels, limits) is said in its row. The peers are installed from PyPI into a fresh
environment of their own, so that they slow nobody's imports but theirs.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from . import generate
from .measuring import ROOT, Command, Results, Table, Taken, installed, interleaved, run, say, seconds, tool

PACKAGES = ("oxrdflib", "oxigraph")

_Row: TypeAlias = dict[str, Any]

#: What one would write in an afternoon: load, close, ask and check.
_SCRIPT = """
import json, pathlib, sys
import owlrl, rdflib
rdflib.NORMALIZE_LITERALS = False
task, question, folders, shapes = sys.argv[1], sys.argv[2], sys.argv[3].split(":"), sys.argv[4]
graph = rdflib.Graph()
for folder in folders:
    for path in sorted(pathlib.Path(folder).rglob("*.ttl")):
        if path.name not in ("shapes.ttl", "alignments.ttl"):
            graph.parse(path, format="turtle")
if task != "load":
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
print(json.dumps(sorted([term.n3() for term in row] for row in graph.query(question))))
if task == "validate":
    import pyshacl
    conforms, found, text = pyshacl.validate(graph, shacl_graph=rdflib.Graph().parse(shapes), inference="none")
"""

_BOUND = """
import json, sys
import csto_graph as cg
kg = cg.load([sys.argv[1]], only=True, ontology=True) if sys.argv[1] else cg.load()
asked = json.loads(sys.argv[2])
print(json.dumps({name: kg.queries[name].bind(values, kg) for name, values in asked.items()}))
"""

_BUNDLED = {"instruments": {"partner": "UNODC"}, "members": {"about": "CSTO", "as_of": "2010-03-18"}}

#: A question to a file or a store; the identifier is oxrdflib's name for the default graph of a store.
_ASKED = """
import json, sys, rdflib
rdflib.NORMALIZE_LITERALS = False
_, kind, path, question = sys.argv
graph = rdflib.Graph(store=kind, identifier=rdflib.URIRef("urn:x-rdflib:default"))
graph.open(path) if kind == "Oxigraph" else graph.parse(path, format="nt")
print(json.dumps(sorted([term.n3() if term is not None else "" for term in row] for row in graph.query(question))))
"""

_STRING = "http://www.w3.org/2001/XMLSchema#string"


class _Place:
    """Where the peers are installed and what they share."""

    def __init__(self, folder: Path, python: Path | None) -> None:
        self.folder = folder
        self.python = python or installed(folder, *PACKAGES)
        self.tool = tool(self.python)
        self.oxigraph = str(self.python.parent / "oxigraph")

    def script(self, text: str, *words: object) -> Command:
        return self._command(str(self.python), "-c", text, *map(str, words))

    def own(self, *words: str) -> Command:
        return self._command(self.tool, *words)

    def _command(self, *words: str) -> Command:
        return Command(words, {"CSTO_GRAPH_CACHE": str(self.folder / "cache")})

    def bound(self, data: Path | None, asked: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """The SPARQL of canned questions, with their parameters put in."""
        told = run(self.script(_BOUND, data or "", json.dumps({name: dict(values) for name, values in asked.items()})))
        return dict(json.loads(told.output))

    def asking(self, engine: str, target: object, questions: Path) -> Command:
        """`asking`, in the environment of the peers and without sight of the checkout."""
        script = ROOT / "benchmarks" / "asking.py"
        return self._command(str(self.python), "-P", str(script), engine, str(target), str(questions), "5")


def measure(runs: int = 9, size: int = 20_000, large: int = 200_000, python: Path | None = None) -> Results:
    """Do every task with every peer.

    Args:
        runs: Counted runs of quick commands; slow ones are run three times.
        size: Triples of the graph that is asked in one process .
        large: Triples of the graph that is kept in a store on disk.
        python: Of an environment that has the package and `PACKAGES`; a fresh one is made where none is given.

    Returns:
        ``rows``: task, engine and seconds each; the first of a task is ours.
    """
    with tempfile.TemporaryDirectory() as folder:
        say("peers: a fresh environment")
        place = _Place(Path(folder), python)
        rows: list[_Row] = []
        for task in (_closing, _bundled, _storing, _inside):
            say(f"peers: {task.__name__.strip('_')}")
            rows += task(place, runs, large if task is _storing else size)
    return {"rows": rows, "runs": runs}


# ------------------------------------------------------------------------------------------------------------- tasks


def _closing(place: _Place, runs: int, size: int) -> list[_Row]:
    """Files to an answer that needs inference, and to findings, in one process each."""
    data = _made(place, generate.LEAST)
    question = {"wholes": generate.QUESTIONS["wholes"]}
    text = place.bound(data, question)["wholes"]
    base = ["--data", str(data), "--only", "--with-ontology"]
    asked = ["run", "wholes", "--about", question["wholes"]["about"], "-f", "srj"]
    others = [text, f"{data}:{ROOT / 'ontology'}", ROOT / "ontology" / "shapes.ttl"]
    names = {"close": "rdflib + owlrl", "validate": "rdflib + owlrl + pySHACL"}
    commands = {"ours": place.own(*base, *asked), "ours, validated": place.own(*base, "validate", "-f", "json")}
    commands |= {name: place.script(_SCRIPT, task, *others) for task, name in names.items()}
    taken = interleaved(commands, min(runs, 3), warm=0)
    _same("wholes", {name: _bindings(one) for name, one in taken.items() if name != "ours, validated"})
    label = f"load {generate.LEAST:,} triples, close, "
    return [
        _row(f"{label}ask", "ours, with proofs, labels and bounds of dates", taken["ours"]),
        _row(f"{label}ask", "rdflib + owlrl", taken["rdflib + owlrl"]),
        _row(f"{label}validate", "ours", taken["ours, validated"]),
        _row(f"{label}validate", "rdflib + owlrl + pySHACL", taken["rdflib + owlrl + pySHACL"]),
    ]


def _bundled(place: _Place, runs: int, size: int) -> list[_Row]:
    """A question to the graph that comes with the package, in a process of its own."""
    text = place.bound(None, _BUNDLED)["instruments"]
    closed, store = place.folder / "bundled.nt", place.folder / "bundled"
    run(place.own("export", "-f", "ntriples", "-o", str(closed)))
    run(Command([place.oxigraph, "load", "--location", str(store), "--file", str(closed)]))
    native = [place.oxigraph, "query", "--location", str(store), "--query", text, "--results-format", "json"]
    commands = {
        "ours, from the wheel": place.own("run", "instruments", "--partner", "UNODC", "-f", "srj"),
        "the Oxigraph tool, a store made before, SPARQL ready": Command(native),
        "oxrdflib script, the same store": place.script(_ASKED, "Oxigraph", store, text),
        "rdflib script, N-Triples of the closed graph": place.script(_ASKED, "default", closed, text),
    }
    taken = interleaved(commands, runs)
    _same("instruments", {name: _bindings(one) for name, one in taken.items()})
    return [_row("one question to the bundled graph, whole process", name, one) for name, one in taken.items()]


def _storing(place: _Place, runs: int, size: int) -> list[_Row]:
    """A graph too large to be read anew by each command: the store built once, then asked by whole processes."""
    data = _made(place, size)
    base = ["--data", str(data), "--only", "--with-ontology"]
    values = generate.QUESTIONS["parties"]
    asked = [*base, "run", "parties", "--about", values["about"], "-f", "srj"]
    first = run(place.own(*asked))
    text = place.bound(data, {"parties": values})["parties"]
    closed, store = place.folder / "large.nt", place.folder / "large"
    run(place.own(*base, "export", "-f", "ntriples", "-o", str(closed)))
    load = run(Command([place.oxigraph, "load", "--location", str(store), "--file", str(closed)]))
    native = [place.oxigraph, "query", "--location", str(store), "--query", text, "--results-format", "json"]
    commands = {
        "ours": place.own(*asked),
        "the Oxigraph tool, SPARQL ready": Command(native),
        "oxrdflib script": place.script(_ASKED, "Oxigraph", store, text),
    }
    taken = interleaved(commands, runs)
    _same("parties", {name: _bindings(one) for name, one in taken.items()})
    build, ask = f"build a store of {size:,} triples", f"one question to a store of {size:,} triples, whole process"
    return [
        _row(build, "ours: read, close with proofs, index names, store, ask", first),
        _row(build, "the Oxigraph tool: store what was closed before", load),
        *(_row(ask, name, one) for name, one in taken.items()),
    ]


def _inside(place: _Place, runs: int, size: int) -> list[_Row]:
    """All canned questions in one process, as SPARQL, parameters bound before."""
    data, closed, questions = _ready(place, size)
    commands = {"ours": place.asking("ours", data / "part-001.ttl", questions)}
    names = {"rdflib": "rdflib", "rdflib, texts parsed before": "prepared", "oxrdflib": "oxrdflib"}
    commands |= {name: place.asking(engine, closed, questions) for name, engine in names.items()}
    return _asked(f"{len(generate.QUESTIONS)} questions to {size:,} triples, in one process", commands)


# ------------------------------------------------------------------------------------------------------------ helpers


def _made(place: _Place, size: int) -> Path:
    folder = place.folder / f"made-{size}"
    return folder if folder.exists() else generate.write(folder, size).files[0].parent


def _ready(place: _Place, size: int) -> tuple[Path, Path, Path]:
    """Made-up data, the same closed as N-Triples, and the SPARQL of all questions."""
    data = _made(place, size)
    closed, questions = place.folder / f"closed-{size}.nt", place.folder / f"questions-{size}.json"
    if not questions.exists():
        run(place.own("--data", str(data), "--only", "--with-ontology", "export", "-f", "ntriples", "-o", str(closed)))
        questions.write_text(json.dumps(place.bound(data, generate.QUESTIONS)), "utf-8")
    return data, closed, questions


def _asked(task: str, commands: Mapping[str, Command]) -> list[_Row]:
    """Three rounds of `asking`; the time of an engine is the geometric mean of the medians of its questions."""
    rounds: dict[str, list[Results]] = {name: [] for name in commands}
    for _ in range(3):
        for name, command in commands.items():
            rounds[name].append(json.loads(run(command).output))
    for question in generate.QUESTIONS:
        _same(question, {name: found[0]["rows"][question] for name, found in rounds.items()})
    return [
        {"task": task, "engine": name, "seconds": statistics.geometric_mean(
            statistics.median(one["seconds"][question] for one in found) for question in generate.QUESTIONS)}
        for name, found in rounds.items()
    ]  # fmt: skip


def _same(question: str, answers: Mapping[str, Any]) -> None:
    """Stop where peers answer differently, or nothing: times of unlike work are not compared."""
    first, *rest = answers.items()
    if not first[1]:
        raise SystemExit(f"'{question}' finds nothing; there is nothing to compare.")
    for name, rows in rest:
        if rows != first[1]:
            raise SystemExit(f"'{question}': {name} and {first[0]} differ.\n{str(rows)[:500]}\n{str(first[1])[:500]}")


def _bindings(taken: Taken) -> list[list[str]]:
    """The rows that a process printed, as sorted N-Triples terms or as a SPARQL result in JSON."""
    document = json.loads(taken.output)
    if isinstance(document, list):
        # Some write the datatype of every string.
        return [[cell.removesuffix(f"^^<{_STRING}>") for cell in row] for row in document]
    names = document["head"]["vars"]
    return sorted([_term(row.get(name)) for name in names] for row in document["results"]["bindings"])


def _term(cell: Mapping[str, str] | None) -> str:
    if cell is None:
        return ""
    if cell["type"] == "uri":
        return f"<{cell['value']}>"
    text = json.dumps(cell["value"], ensure_ascii=False)
    if "xml:lang" in cell:
        return f"{text}@{cell['xml:lang']}"
    datatype = cell.get("datatype", "").removesuffix(_STRING)
    return f"{text}^^<{datatype}>" if datatype else text


def _row(task: str, engine: str, taken: Taken) -> _Row:
    return {"task": task, "engine": engine, "seconds": taken.seconds, "mebibytes": taken.mebibytes}


# ------------------------------------------------------------------------------------------------------------- tables


def tables(found: Results) -> list[Table]:
    """``peers``: a row per task and engine; the first of a task is ours, and the others have their ratio to it."""
    rows: list[list[str]] = []
    ours: dict[str, float] = {}
    for row in found["rows"]:
        first = row["task"] not in ours
        base = ours.setdefault(row["task"], row["seconds"])
        memory = f"{row['mebibytes']:.0f} MiB" if "mebibytes" in row else ""
        task = row["task"] if first else ""
        rows.append([task, row["engine"], seconds(row["seconds"]), _ratio(row["seconds"] / base), memory])
    title = "Side by side, in turn, medians (of many questions: the geometric mean of their medians)"
    return [Table("peers", title, ["task", "by", "time", "to ours", "memory"], rows, labels=2)]


def _ratio(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
