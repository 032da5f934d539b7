"""The reasoner beside owlrl and reasonable: the same ontology and data, each in a process of its own, in turn.

    python -m benchmarks --only reasoner [--max 2000000]

The ontology is rich and made up: trees of classes and properties, inverse, transitive, symmetric and functional
properties, chains of two and three, domains and ranges, disjointness, restrictions of every kind. It leaves out
``owl:hasKey`` and ``owl:InverseFunctionalProperty``: owlrl 7.6 draws false conclusions from the first and reasonable
0.4 from the second, and their times would be those of other graphs. ``reasonable`` has no chains, cardinalities or
lists of individuals, finds no contradictions, and gives no proofs; it draws some conclusions on ``owl:Thing`` that
the others leave out or give besides. So the counts differ, and stand in the table.

Timed is the closure of a graph that is in memory, in the form its reasoner takes, until every conclusion is at hand;
ours with the proof of each. Seconds are of processor time, so that what else the machine does counts little; none
of the three uses more than one processor. Memory is the largest resident set of the whole process, input included,
as the system accounts it.
"""

from __future__ import annotations

import importlib.util
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .measuring import ROOT, Command, Results, Table, run, seconds, short

NAMESPACE = "http://example.org/"
SIZES = (2_000, 20_000, 200_000, 2_000_000)

#: Up to which size each is run: owlrl would take hours beyond, reasonable more memory than a small machine has.
LIMITS = {"csto_graph": 10**9, "owlrl": 20_000, "reasonable": 200_000}

_ROOTS = ("Agent", "Document", "Event", "Place", "Topic")


def ontology() -> str:
    """The ontology in Turtle, about 480 triples."""
    lines = [Path(__file__).with_name("reasoner.ttl").read_text("utf-8")]
    for root in _ROOTS:
        lines.append(f":{root} a owl:Class .")
        lines += [f":{root} owl:disjointWith :{other} ." for other in _ROOTS if root < other]
        for child in range(3):
            lines.append(f":{root}{child} a owl:Class ; rdfs:subClassOf :{root} .")
            lines += [f":{root}{child}{leaf} a owl:Class ; rdfs:subClassOf :{root}{child} ." for leaf in range(2)]
    for number in range(10):
        root, other = _ROOTS[number % 5], _ROOTS[(number * 2 + 1) % 5]
        lines += [
            f":link{number} a owl:ObjectProperty ; rdfs:domain :{root} ; rdfs:range :{other} .",
            f":link{number}a a owl:ObjectProperty ; rdfs:subPropertyOf :link{number} .",
            f":link{number}b a owl:ObjectProperty ; rdfs:subPropertyOf :link{number}a ; owl:inverseOf :back{number} .",
            f":Linked{number} owl:equivalentClass"
            f" [ a owl:Restriction ; owl:onProperty :link{number} ; owl:someValuesFrom :{other}0 ] .",
        ]
    return "\n".join(lines)


def data(size: int, seed: int = 0) -> Iterator[str]:
    """About so many triples in N-Triples, in units of a few things each that refer to units shortly before them."""
    dice = random.Random(seed)
    made, unit = 0, 0
    while made < size:
        lines = [f"{subject} {predicate} {value} ." for subject, predicate, value in _unit(unit, dice)]
        made += len(lines)
        unit += 1
        yield from lines


def _unit(unit: int, dice: random.Random) -> Iterator[tuple[str, str, str]]:
    kinds = ("agent", "paper", "event", "place")
    agent, paper, event, place = (_of(kind, unit) for kind in kinds)
    theme = dice.randint(unit // 20, unit // 10)
    topic = _of("topic", theme)
    for thing, kind in ((agent, f"Agent{unit % 3}"), (paper, f"Document{unit % 3}"), (place, f"Place{unit % 3}")):
        yield thing, _TYPE, _of(kind, unit % 2)
    yield event, _TYPE, _of("Event", unit % 3)
    yield event, _TYPE, _of("Held")
    yield topic, _TYPE, _of("Topic", theme % 3)
    yield paper, _of("author"), agent
    yield paper, _of("author"), _of("agent", unit - dice.randint(1, 50))
    yield paper, _of("about"), topic
    yield paper, _of("adoptedAt"), event
    yield event, _of("place"), place
    yield agent, _of("partner"), _of("partner", unit)
    yield _of("agent", unit - unit % 3), _of(f"link{unit % 10 // 5 * 5}b"), _of("paper", unit // 2)
    if unit % 8 > 1:  # trees of seven, three deep, so that what is transitive stays in bounds
        yield agent, _of("directlyPartOf"), _of("agent", unit - unit % 8 + unit % 8 // 2)
        yield place, _of("directlyWithin"), _of("place", unit - unit % 8 + unit % 8 // 2)
    if unit % 2:
        yield paper, _of("cites"), _of("paper", unit - dice.randint(1, 50))
    for thing, kind in zip((agent, paper, event, place), kinds, strict=True):
        yield thing, "<http://www.w3.org/2000/01/rdf-schema#label>", f'"{kind.title()} number {unit}"@en'
        yield thing, "<http://purl.org/dc/terms/identifier>", f'"{kind}:{unit}"'
    yield event, _of("date"), f'"{1990 + unit % 30}-{1 + unit % 12:02}-{1 + unit % 28:02}"^^{_XSD}date>'
    yield paper, _of("number"), f'"{unit}"^^{_XSD}integer>'


_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_XSD = "<http://www.w3.org/2001/XMLSchema#"


def _of(name: str, number: int | str = "") -> str:
    return f"<{NAMESPACE}{name}{number if isinstance(number, str) else max(number, 0)}>"


#: What each process runs: load, then close and count.
WORKERS = {
    "csto_graph": """
import pyoxigraph
from csto_graph.reason.closure import close
quads = pyoxigraph.parse(path=path, format=pyoxigraph.RdfFormat.N_TRIPLES)
given = [(str(quad.subject), str(quad.predicate), str(quad.object)) for quad in quads]
start = time.process_time()
closure = close(given)
told = [sum(1 for _ in closure.derived), len(closure.contradictions)]
""",
    "owlrl": """
import owlrl, rdflib
graph = rdflib.Graph().parse(path, format="nt")
given = len(graph)
start = time.process_time()
owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
told = [len(graph) - given, 0]
""",
    "reasonable": """
import reasonable
reasoner = reasonable.PyReasoner()
reasoner.load_file(path)
given = len(reasoner.get_base_triples())
start = time.process_time()
drawn = reasoner.reason()
told = [len(drawn) - given, 0]
""",
}


def measure(sizes: Sequence[int] = SIZES, runs: int = 3) -> list[dict[str, Any]]:
    """A row for each size and reasoner: ``triples``, ``reasoner``, ``seconds`` (median), ``mib`` (most), ``derived``.

    A reasoner that is not installed, or not run at a size, has no row.
    """
    names = [name for name in WORKERS if name == "csto_graph" or importlib.util.find_spec(name)]
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder, f"{size}.ttl")  # N-Triples is Turtle, too
            count = _write(path, size)
            found: dict[str, list[tuple[float, float, int]]] = {}
            for turn in range(runs):
                for name in names:
                    if size <= LIMITS[name] and not (turn and name == "owlrl" and size > min(SIZES)):
                        found.setdefault(name, []).append(_run(name, path))
            path.unlink()
            for name, turns in found.items():
                seconds, sizes_, derived = zip(*turns, strict=True)
                row = {"triples": count, "reasoner": name, "seconds": statistics.median(seconds), "mib": max(sizes_)}
                rows.append({**row, "derived": derived[0]})
    return rows


def _write(path: Path, size: int) -> int:
    """Ontology and data as N-Triples; returns how many triples."""
    import pyoxigraph

    axioms = pyoxigraph.parse(ontology().encode(), format=pyoxigraph.RdfFormat.TURTLE)
    lines = {f"{quad.triple.subject} {quad.triple.predicate} {quad.triple.object} .": None for quad in axioms}
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in (*lines, *data(size)):
            file.write(line + "\n")
    return len(lines) + sum(1 for _ in data(size))


def _run(name: str, path: Path) -> tuple[float, float, int]:
    """Seconds, MiB of the largest resident set, and how many statements were derived."""
    # Garbage is looked for as seldom as on the command line, for each of them.
    code = f"import gc, json, sys, time\ngc.set_threshold(100_000, 20, 20)\npath = sys.argv[1]\n{WORKERS[name]}"
    code += "print(json.dumps([time.process_time() - start, *told]))"
    taken = run(Command([sys.executable, "-c", code, str(path)], folder=ROOT))
    seconds, derived, contradictions = json.loads(taken.output.splitlines()[-1])
    if contradictions:
        raise SystemExit(f"{name} found {contradictions} contradictions where there are none")
    return seconds, taken.mebibytes, derived


def tables(rows: list[Results]) -> list[Table]:
    """``reasoner``: a row per size and reasoner; the first of a size is ours."""
    ours = {row["triples"]: row["seconds"] for row in rows if row["reasoner"] == "csto_graph"}
    cells = []
    for row in rows:
        name = "ours, with proofs" if row["reasoner"] == "csto_graph" else row["reasoner"]
        ratio, memory = short(row["seconds"] / ours[row["triples"]]), f"{row['mib']:,.0f} MiB"
        cells.append([f"{row['triples']:,}", name, seconds(row["seconds"]), ratio, memory, f"{row['derived']:,}"])
    columns = ["triples", "reasoner", "processor time", "to ours", "memory", "derived"]
    return [Table("reasoner", "Closure under OWL 2 RL of a rich made-up ontology and data", columns, cells, labels=2)]
