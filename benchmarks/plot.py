"""Growth as a picture: time over triples, both on logarithmic scales, as plain SVG.

    python -m benchmarks.plot [--json benchmarks/results.json] [--output benchmarks/growth.svg]

The same results give the same bytes. Colours follow the reader's light or dark setting.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from .measuring import RESULTS, ROOT, Results, read, seconds

PICTURE = ROOT / "benchmarks" / "growth.svg"
"""The picture that the README shows."""

TITLE = "Time by number of triples, on logarithmic scales"

_WIDTH, _HEIGHT = 860, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 250, 24, 46

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.grid { stroke: #d0d7de; stroke-width: 1 }
path.line { fill: none; stroke-width: 2 }
.c0 { stroke: #0969da; fill: #0969da } .c1 { stroke: #1a7f37; fill: #1a7f37 } .c2 { stroke: #9a6700; fill: #9a6700 }
.c3 { stroke: #cf222e; fill: #cf222e } .c4 { stroke: #8250df; fill: #8250df } .c5 { stroke: #57606a; fill: #57606a }
text[class] { stroke: none }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .grid { stroke: #373e47 }
  .c0 { stroke: #58a6ff; fill: #58a6ff } .c1 { stroke: #3fb950; fill: #3fb950 } .c2 { stroke: #d29922; fill: #d29922 }
  .c3 { stroke: #ff7b72; fill: #ff7b72 } .c4 { stroke: #bc8cff; fill: #bc8cff } .c5 { stroke: #9198a1; fill: #9198a1 }
}
"""


class Series(NamedTuple):
    """A line: its name, and seconds by number of triples."""

    name: str
    points: Sequence[tuple[int, float]]


@dataclass(frozen=True)
class _Scale:
    """Where a value lies between two ends, by its logarithm; the ends are whole powers of ten."""

    values: Sequence[float]
    start: float
    end: float

    @property
    def powers(self) -> range:
        return range(math.floor(math.log10(min(self.values))), math.ceil(math.log10(max(self.values))) + 1)

    def __call__(self, value: float) -> float:
        low, high = self.powers[0], max(self.powers[-1], self.powers[0] + 1)
        return self.start + (math.log10(value) - low) / (high - low) * (self.end - self.start)


def series(scale: Results) -> list[Series]:
    """The lines worth drawing, from the results of `scale`; work that was not measured has no point."""
    found = []
    for name, pick in _PICKS.items():
        points = [(record["triples"], pick(record)) for record in scale["sizes"]]
        kept = [(triples, taken) for triples, taken in points if taken]
        if kept:
            found.append(Series(name, kept))
    return found


def _part(name: str) -> Callable[[Results], float]:
    return lambda record: float(record[name]["seconds"]) if name in record else 0.0


_PICKS: Mapping[str, Callable[[Results], float]] = {
    "first command: read, close, store": _part("build"),
    "validate": _part("validate"),
    "export": _part("export"),
    "a look-up, whole process": lambda record: _middle(record["cold"]["seconds"]),
    "show, from Python": lambda record: float(record["warm"]["warm"]["show"]),
    "a look-up, from Python": lambda record: _middle(record["warm"]["warm"]),
}


def _middle(times: Mapping[str, float]) -> float:
    return statistics.median(taken for name, taken in times.items() if not name.endswith(", bundled"))


def draw(lines: Sequence[Series], title: str) -> str:
    """The picture of some lines.

    Args:
        lines: At most six, each with a point at least.
        title: For readers who do not see it.
    """
    across = _Scale([at for line in lines for at, _ in line.points], _LEFT, _WIDTH - _RIGHT)
    up = _Scale([taken for line in lines for _, taken in line.points], _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        *_grid(across, up),
        *(part for number, line in enumerate(lines) for part in _line(number, line, across, up)),
        *_names(lines, up),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _grid(across: _Scale, up: _Scale) -> list[str]:
    parts = []
    for power in up.powers:
        y = f"{up(10**power):.1f}"
        parts.append(f'<path class="grid" d="M{_LEFT} {y}H{_WIDTH - _RIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{float(y) + 4:.1f}" text-anchor="end">{seconds(10.0**power)}</text>')
    for power in across.powers:
        x = f"{across(10**power):.1f}"
        parts.append(f'<path class="grid" d="M{x} {_TOP}V{_HEIGHT - _BOTTOM}"/>')
        parts.append(f'<text x="{x}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{10**power:,}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    return [*parts, f'<text x="{middle:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">triples</text>']


def _line(number: int, line: Series, across: _Scale, up: _Scale) -> list[str]:
    places = [(f"{across(at):.1f}", f"{up(taken):.1f}") for at, taken in line.points]
    path = "M" + "L".join(f"{x} {y}" for x, y in places)
    dots = [f'<circle class="c{number}" cx="{x}" cy="{y}" r="3.5"/>' for x, y in places]
    return [f'<path class="c{number} line" d="{path}"/>', *dots]


def _names(lines: Sequence[Series], up: _Scale) -> list[str]:
    """The name of each line beside its end, pushed down where two would touch."""
    parts, lowest = [], 0.0
    for number, line in sorted(enumerate(lines), key=lambda pair: up(pair[1].points[-1][1])):
        y = max(up(line.points[-1][1]) + 4, lowest + 17)
        lowest = y
        parts.append(f'<text class="c{number}" x="{_WIDTH - _RIGHT + 12}" y="{y:.1f}">{escape(line.name)}</text>')
    return parts


def main() -> None:
    """Draw the growth that was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plot", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", type=Path, default=RESULTS, help="what was measured")
    parser.add_argument("--output", type=Path, default=PICTURE)
    given = parser.parse_args()
    results = read(given.json)
    if "scale" not in results:
        parser.error(f"{given.json} has no figures on growth; run python -m benchmarks.scale first.")
    given.output.write_text(draw(series(results["scale"]), TITLE), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
