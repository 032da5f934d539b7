"""The parts of the benchmarks; puts their figures into benchmarks/README.md, or says whether they are there.

    python -m benchmarks.readme [--check] [--json benchmarks/results.json] [--readme benchmarks/README.md]

A table stands between the lines ``<!-- figures:NAME -->`` and ``<!-- end -->``; its name is that of a
`measuring.Table`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import peers, reasoner, scale, startup, validate, web
from .measuring import RESULTS, ROOT, Results, Table, plain, read

#: Each part takes a Python that has the package, a number of runs, and the triples of the largest graph; its tables.
PARTS: Mapping[str, tuple[Callable[[Path, int, int], Any], Callable[[Any], list[Table]]]] = {
    "startup": (lambda python, runs, largest: startup.measure(runs, python), startup.tables),
    "reasoner": (lambda python, runs, largest: reasoner.measure([one for one in reasoner.SIZES if one <= largest]),
                 reasoner.tables),
    "validate": (lambda python, runs, largest: validate.measure([one for one in validate.SIZES if one <= largest]),
                 lambda rows: [plain("validate", "Validation with all shapes", rows)]),
    "peers": (lambda python, runs, largest: peers.measure(runs), peers.tables),
    "scale": (lambda python, runs, largest: scale.measure(largest, min(largest, 200_000), 5, python), scale.tables),
    "web": (lambda python, runs, largest: web.measure(), web.tables),
}  # fmt: skip


def tables(results: Results) -> list[Table]:
    """The tables of every part that has results, in a fixed order."""
    return [table for name, (_, make) in PARTS.items() if name in results for table in make(results[name])]


_PLACE = re.compile(r"(<!-- figures:([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def filled(text: str, figures: Mapping[str, str]) -> str:
    """A text with its tables as they should be.

    Args:
        text: With markers.
        figures: Name to Markdown; a place without figures stays as it is.

    Raises:
        ValueError: A place is not ended.
    """
    if text.count("<!-- figures:") != len(_PLACE.findall(text)):
        raise ValueError("a table begins with '<!-- figures:NAME -->' and does not end with '<!-- end -->'.")
    return _PLACE.sub(lambda place: place[1] + figures.get(place[2], place[3].strip("\n") + "\n") + place[4], text)


def main() -> int:
    """Write that page anew, or with ``--check`` only say whether it would change: then the exit code is 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readme", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="change nothing; say whether something would change")
    parser.add_argument("--json", type=Path, default=RESULTS, help="what was measured")
    parser.add_argument("--readme", type=Path, default=ROOT / "benchmarks" / "README.md")
    given = parser.parse_args()
    before = given.readme.read_text("utf-8")
    try:
        after = filled(before, {table.name: table.markdown() for table in tables(read(given.json))})
    except ValueError as error:
        parser.error(f"{given.readme}: {error}")
    if before == after:
        return 0
    if given.check:
        print(f"{given.readme} does not show the figures of {given.json}; run python -m benchmarks.readme.")
        return 1
    given.readme.write_text(after, "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
