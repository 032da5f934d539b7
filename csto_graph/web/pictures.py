"""Where the marks of a picture stand; the templates draw them, so that every text in them is escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

WIDTH, MARGIN, LANE, HEAD = 1000, 24, 22, 34


class TimelineEntry(NamedTuple):
    """Something that happened: a thing and its class (``iri``, ``label``), in whose band it stands; its date as people
    read it; years with their fractions between which it may have happened; whether sources disagree about it."""

    thing: Mapping[str, str]
    kind: Mapping[str, str]
    date: str
    earliest: float
    latest: float
    disputed: bool


def year_of(day: str, after: int = 0) -> float | None:
    """A day as a year with its fraction, or so many days after it; None where it is none of our calendar.

    >>> year_of("2010-07-02"), year_of("2010-12-31", 1), year_of("")
    (2010.4986301369863, 2011.0, None)
    """
    try:
        moment = date.fromisoformat(day) + timedelta(days=after)
        return moment.year + (moment - date(moment.year, 1, 1)).days / (date(moment.year, 12, 31).timetuple().tm_yday)
    except (ValueError, OverflowError):
        return None


def timeline(spans: Sequence[TimelineEntry]) -> dict[str, Any]:
    """Bands of marks over an axis of years.

    Args:
        spans: What to draw, in any order.

    Returns:
        ``width``, ``height``, ``ticks`` (year and position) and ``bands`` (``label``, top edge ``y``, ``height`` and
        ``marks``: the ``span``, its left edge ``x``, ``width``, 0 for a point, and middle line ``y``).
    """
    first = int(min((one.earliest for one in spans), default=0))
    last = int(max((one.latest for one in spans), default=0)) + 1
    scale = (WIDTH - 2 * MARGIN) / max(last - first, 1)
    kinds: dict[str, list[TimelineEntry]] = {}
    for one in sorted(spans, key=lambda span: (span.earliest, span.latest, span.thing["iri"])):
        kinds.setdefault(one.kind["label"], []).append(one)
    bands, y = [], HEAD
    for label, found in sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0])):
        marks, free = [], [0.0]
        for one in found:
            x, right = MARGIN + (one.earliest - first) * scale, MARGIN + (one.latest - first) * scale
            lane = next((at for at, edge in enumerate(free) if edge <= x), len(free))
            free[lane : lane + 1] = [max(right, x + 12) + 2]
            width = right - x if right - x > 10 else 0.0
            marks.append({"span": one, "x": round(x, 1), "width": round(width, 1), "y": y + 38 + lane * LANE})
        bands.append({"label": label, "y": y, "height": 34 + len(free) * LANE, "marks": marks})
        y += 34 + len(free) * LANE
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 500, 10_000) if (last - first) / step <= 14)
    ticks = [
        (year, round(MARGIN + (year - first) * scale, 1)) for year in range(-(-first // step) * step, last + 1, step)
    ]
    return {"width": WIDTH, "height": y, "ticks": ticks, "bands": bands}


def bars(rows: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """A bar for each label, the longest as wide as there is room.

    >>> bars([("2010", 2), ("2011", 4)])["bars"]
    [('2010', 2, 320.0, 18), ('2011', 4, 640.0, 44)]

    Returns:
        ``height`` and ``bars`` (label, number, width, middle line).
    """
    most = max((number for _, number in rows), default=1) or 1
    placed = [
        (label, number, round(640 * max(number, 0) / most, 1), 18 + at * 26) for at, (label, number) in enumerate(rows)
    ]
    return {"height": len(rows) * 26 + 10, "bars": placed}


def links(pairs: Iterable[tuple[Mapping[str, Any], Mapping[str, str]]]) -> dict[str, Any]:
    """Two columns of things with lines between those that belong together.

    Args:
        pairs: A thing on the left (with ``iri``, ``label``, ``note``, ``disputed``) and one on the right.

    Returns:
        ``height``, ``left`` and ``right`` (thing, position, and on the right how many lines end there), ``lines``.
    """
    pairs = list(pairs)
    left = {one["iri"]: one for one, _ in pairs}
    counts = Counter(other["iri"] for _, other in pairs)
    right = {other["iri"]: other for _, other in pairs}
    order = sorted(right, key=lambda name: (-counts[name], right[name]["label"]))
    # A thing on the left stands near those that it belongs to, so that fewer lines cross.
    ranks = {name: at for at, name in enumerate(order)}
    near: dict[str, list[int]] = {}
    for one, other in pairs:
        near.setdefault(one["iri"], []).append(ranks[other["iri"]])
    left = {name: left[name] for name in sorted(left, key=lambda name: sum(near[name]) / len(near[name]))}
    height = max(len(left), len(right), 1) * 30 + 20
    places = {name: round(20 + (at + 0.5) * (height - 40) / len(left)) for at, name in enumerate(left)}
    ends = {name: round(20 + (at + 0.5) * (height - 40) / len(order)) for at, name in enumerate(order)}
    return {
        "height": height,
        "left": [(left[name], places[name]) for name in left],
        "right": [(right[name], ends[name], counts[name]) for name in order],
        "lines": [(places[one["iri"]], ends[other["iri"]], one["disputed"]) for one, other in pairs],
    }


def around(before: Sequence[Mapping[str, str]], after: Sequence[Mapping[str, str]], most: int = 9) -> dict[str, Any]:
    """A thing in the middle, what leads to it on its left, what it leads to on its right.

    Args:
        before: Things with ``iri`` and ``label``.
        after: As ``before``.
        most: How many on either side; further ones are counted.

    Returns:
        ``height``, ``middle``, ``left`` and ``right`` (thing and position), ``more`` (how many are left out).
    """
    sides = [list({one["iri"]: one for one in side}.values()) for side in (before, after)]
    height = max(*(min(len(side), most) for side in sides), 1) * 26 + 20
    placed = [
        [(one, round(10 + (at + 0.5) * (height - 20) / min(len(side), most))) for at, one in enumerate(side[:most])]
        for side in sides
    ]
    more = sum(max(len(side) - most, 0) for side in sides)
    return {"height": height, "middle": height // 2, "left": placed[0], "right": placed[1], "more": more}
