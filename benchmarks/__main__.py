"""How fast and how large: every part, each beside its peers, in one run.

    python -m benchmarks [--only PART]... [--runs 11] [--max 200000] [--json FILE]

The package is built as a wheel and installed into a fresh environment outside the checkout, as a user has it.
Figures are medians; each ratio is taken between medians of commands that were run in turn, so that a machine whose
speed drifts slows both alike. Memory is the largest resident set of a process, as the system accounts it.
The results go to a file, from which ``python -m benchmarks.readme`` makes the tables of benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from . import readme
from .measuring import RESULTS, installed, keep, say


def main() -> None:
    """Run what was asked for, keep what was found and print one table per part."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", choices=list(readme.PARTS), action="append", help="just this part, or these")
    parser.add_argument("--runs", type=int, default=11, help="counted runs of each command (at least 9)")
    parser.add_argument("--max", type=int, default=200_000, help="triples of the largest graph")
    parser.add_argument("--json", type=Path, default=RESULTS, help="where the figures go")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        say("the wheel, in a fresh environment")
        python = installed(Path(folder))
        for name in given.only or readme.PARTS:
            say(name)
            found = readme.PARTS[name][0](python, max(given.runs, 9), given.max)
            keep(given.json, name, found)
            print("\n".join(table.text() for table in readme.tables({name: found})))


if __name__ == "__main__":
    main()
