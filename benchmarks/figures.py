"""The parts of the benchmarks, and the tables that come of their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from . import peers, scale, startup
from .measuring import Results, Table, plain, seconds, short

_Part: TypeAlias = Callable[[Path, int, int], Any]


def _reasoner(python: Path, runs: int, largest: int) -> Any:
    from . import reasoner

    return reasoner.measure([size for size in reasoner.SIZES if size <= largest])


def _validate(python: Path, runs: int, largest: int) -> Any:
    from . import validate

    rows = [row for size in (20_000, 200_000) if size <= largest for row in validate.measure(size)]
    if not all(row["same findings"] for row in rows):
        raise SystemExit("Ours and pySHACL find different faults; their times are not compared.")
    return rows


PARTS: Mapping[str, _Part] = {
    "startup": lambda python, runs, largest: startup.measure(runs, python),
    "reasoner": _reasoner,
    "validate": _validate,
    "peers": lambda python, runs, largest: peers.measure(runs),
    "scale": lambda python, runs, largest: scale.measure(largest, min(largest, 200_000), 5, python),
}
"""Each part takes a Python that has the package, a number of runs, and the triples of the largest graph."""


def _closure(rows: list[Results]) -> list[Table]:
    """``reasoner``: a row per size and reasoner; the first of a size is ours."""
    ours = {row["triples"]: row["seconds"] for row in rows if row["reasoner"] == "csto_graph"}
    cells = [
        [
            f"{row['triples']:,}",
            "ours, with proofs" if row["reasoner"] == "csto_graph" else row["reasoner"],
            seconds(row["seconds"]),
            short(row["seconds"] / ours[row["triples"]]),
            f"{row['mib']:,.0f} MiB",
            f"{row['derived']:,}",
        ]
        for row in rows
    ]
    columns = ["triples", "reasoner", "processor time", "to ours", "memory", "derived"]
    return [Table("reasoner", "Closure under OWL 2 RL of a rich made-up ontology and data", columns, cells, labels=2)]


_TABLES: Mapping[str, Callable[[Any], list[Table]]] = {
    "startup": startup.tables,
    "reasoner": _closure,
    "validate": lambda rows: [plain("validate", "Validation with all shapes", rows)],
    "peers": peers.tables,
    "scale": scale.tables,
}


def tables(results: Results) -> list[Table]:
    """The tables of every part that has results, in a fixed order."""
    return [table for name, make in _TABLES.items() if name in results for table in make(results[name])]
