"""Puts the measured figures into the README, or says whether they are there.

    python -m benchmarks.readme [--check] [--json benchmarks/results.json] [--readme README.md]

A table stands between the lines ``<!-- figures:NAME -->`` and ``<!-- end -->``; its name is that of a
`measuring.Table`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from .figures import tables
from .measuring import RESULTS, ROOT, read

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
    """Write the README anew, or with ``--check`` only say whether it would change: then the exit code is 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readme", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="change nothing; say whether something would change")
    parser.add_argument("--json", type=Path, default=RESULTS, help="what was measured")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
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
