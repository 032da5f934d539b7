"""Proofs as plain SVG 1.1: trees drawn from left to right, the same bytes for the same document.

No script, no font of its own, nothing fetched; a link leads out only where the reader follows it, and is written as
SVG 2 has it. Colours follow the reader's preference for light or dark. Every box is
an element with a title, so that a screen reader and a pointer find the whole text where a box shows it shortened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..words import word
from .proof_text import marks, numbered, reason, sentence

KINDS = ("asserted", "axiom", "derived", "claim", "conflict", "plain")
"""What a box can stand for; each has a colour."""

_WIDTH = 276  # of a box
_GAP = 56  # between columns
_LINE = 16  # height of a line
_PAD = 9
_SPACE = 14  # between boxes
_MARGIN = 20
_LETTERS = 32  # letters of middle width that fit in a line of a box
_LINES = 5  # lines of a text in a box
_WIDE = frozenset("mwMWQOGЖШЩЮФМжшщюфмЫы@%—…")
_NARROW = frozenset("iljtfrI.,;:'|!()[] ")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`{}|\\^]+", re.IGNORECASE)
# All but what XML 1.0 allows (production 2); the characters that turn the direction of writing are kept out too.
_UNFIT = re.compile("[^\t\n\r\x20-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_STYLE = """
.sheet{fill:#fff}.link{fill:none;stroke:#8a94a3;stroke-width:1.4}.box{stroke-width:1.4}
text{font:13px system-ui,sans-serif;fill:#1b2230}.note{font-size:11px;fill:#4d5868}.head{font-weight:600}
.asserted .box{fill:#e9f5ec;stroke:#3d8b57}.axiom .box{fill:#f1ecfa;stroke:#7a5cb8}
.derived .box{fill:#e8f0fb;stroke:#3a6fb7}.claim .box{fill:#fdf5e2;stroke:#b3862a}
.conflict .box{fill:#fcebe8;stroke:#b4503f}a .note{text-decoration:underline}
.plain .box{fill:#f3f4f6;stroke:#7b8492;stroke-dasharray:4 3}
@media(prefers-color-scheme:dark){
.sheet{fill:#14181f}.link{stroke:#6b7686}text{fill:#e8ecf2}.note{fill:#aab4c2}
.asserted .box{fill:#183323;stroke:#58b378}.axiom .box{fill:#2a2140;stroke:#a98be6}
.derived .box{fill:#16294a;stroke:#6ea3ea}.claim .box{fill:#3a2e12;stroke:#d9ac4d}
.conflict .box{fill:#3d1d18;stroke:#e38a79}
.plain .box{fill:#232933;stroke:#8a94a3}}
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A box and what hangs on it.

    Attributes:
        text: What it says.
        note: A remark under it, in smaller letters; may be empty.
        kind: One of `KINDS`.
        children: Boxes to its right, from top to bottom.
        link: Address that the box leads to; one that is not of the web (``http``, ``https``) is left out.
    """

    text: str
    note: str = ""
    kind: str = "plain"
    children: tuple[Box, ...] = ()
    link: str = ""


@dataclass(slots=True)
class _Placed:
    """A box with its lines and its place."""

    box: Box
    column: int
    lines: list[str]
    notes: list[str]
    children: list[_Placed] = field(default_factory=list)
    room: float = 0  # height of it and all that hangs on it
    begins: float = 0  # where that room begins
    top: float = 0

    @property
    def height(self) -> int:
        return _LINE * (len(self.lines) + len(self.notes)) + 2 * _PAD

    @property
    def left(self) -> int:
        return _MARGIN + self.column * (_WIDTH + _GAP)

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def tree(roots: Sequence[Box], *, title: str, description: str) -> str:
    """Draw trees under each other.

    Args:
        roots: The boxes at the left edge.
        title: What the drawing is, for those who cannot see it.
        description: The same at length.

    Returns:
        An SVG document.
    """
    nodes: list[_Placed] = []
    bottom = float(_MARGIN)
    for root in roots:
        placed = _laid_out(root)
        bottom = _stacked(placed, bottom)
        nodes += placed
    width = max((node.left + _WIDTH for node in nodes), default=_WIDTH) + _MARGIN
    height = round(max((node.top + node.height for node in nodes), default=bottom) + _MARGIN)
    body = [*(line for node in nodes for line in _links(node)), *(_drawn(node) for node in nodes)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        ' role="img" aria-labelledby="title description">\n'
        f'<title id="title">{_escaped(title)}</title>\n<desc id="description">{_escaped(description)}</desc>\n'
        f'<style>{_STYLE}</style>\n<rect class="sheet" width="{width}" height="{height}"/>\n'
        + "".join(f"{line}\n" for line in body)
        + "</svg>\n"
    )


def _laid_out(root: Box) -> list[_Placed]:
    """The boxes of a tree, parents before their children. A stack and no recursion: a tree may be deep."""
    nodes: list[_Placed] = []
    todo: list[tuple[Box, _Placed | None]] = [(root, None)]
    while todo:
        box, parent = todo.pop()
        notes = wrapped(box.note, _LETTERS + 6) if box.note else []
        node = _Placed(box, parent.column + 1 if parent else 0, wrapped(box.text), notes)
        nodes.append(node)
        if parent:
            parent.children.append(node)
        todo += [(child, node) for child in reversed(box.children)]
    return nodes


def _stacked(nodes: Sequence[_Placed], top: float) -> float:
    """Put leaves under each other and each parent beside the middle of its children; where the next may begin.

    A parent that is higher than all its children pushes them down, so that no two boxes of a column meet.
    """
    for node in reversed(nodes):
        node.room = max(node.height + _SPACE, sum(child.room for child in node.children))
    nodes[0].begins = top
    for node in nodes:
        at = node.begins + (node.room - sum(child.room for child in node.children)) / 2
        for child in node.children:
            child.begins = at
            at += child.room
    for node in reversed(nodes):
        lowest = node.begins + node.room - _SPACE - node.height
        node.top = (node.begins + lowest) / 2
        if node.children:
            middle = (node.children[0].middle + node.children[-1].middle) / 2
            node.top = min(max(middle - node.height / 2, node.begins), lowest)
    return top + nodes[0].room


def _links(node: _Placed) -> Iterator[str]:
    start = node.left + _WIDTH
    for child in node.children:
        half = start + _GAP / 2
        yield (
            f'<path class="link" d="M{start} {node.middle:.1f}C{half:.1f} {node.middle:.1f} {half:.1f}'
            f' {child.middle:.1f} {child.left} {child.middle:.1f}"/>'
        )


def _drawn(node: _Placed) -> str:
    kind = node.box.kind if node.box.kind in KINDS else "plain"
    whole = " · ".join(filter(None, (node.box.text, node.box.note)))
    at = node.top + _PAD + 12
    spans = []
    for place, line in enumerate((*node.lines, *node.notes)):
        note = ' class="note"' if place >= len(node.lines) else ""
        spans.append(f'<text{note} x="{node.left + _PAD}" y="{at + place * _LINE:.1f}">{_escaped(line)}</text>')
    drawn = (
        f'<g class="{kind}"><title>{_escaped(whole)}</title>'
        f'<rect class="box" x="{node.left}" y="{node.top:.1f}" width="{_WIDTH}" height="{node.height}" rx="7"/>'
        f"{''.join(spans)}</g>"
    )
    link = node.box.link
    sound = _ADDRESS.fullmatch(link) and not _UNFIT.search(link)
    return f'<a href="{_escaped(link)}">{drawn}</a>' if sound else drawn


# --- text -----------------------------------------------------------------------------------------------------------


def _measure(text: str) -> float:
    """The width of a text in letters of middle width; fonts differ, so it is rather too much than too little."""
    return sum(map(_letter, text))


def _letter(char: str) -> float:
    if char in _NARROW:
        return 0.62
    if char in _WIDE or char.isupper():
        return 1.32
    return 1.9 if ord(char) >= 0x2E80 else 1.0


def wrapped(text: str, room: int = _LETTERS) -> list[str]:
    """A text in lines that fit a box; long words are broken, and of too many lines the last ends in an ellipsis."""
    lines, line = [], ""
    for whole in " ".join(text.split()).split(" "):
        for piece in _pieces(whole, room):
            joined = f"{line} {piece}" if line else piece
            if _measure(joined) > room and line:
                lines.append(line)
                line = piece
            else:
                line = joined
    lines.append(line)
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], f"{lines[_LINES - 1]}…"]
    return lines


def _pieces(word: str, room: int) -> Iterator[str]:
    """A word, or its parts where it is longer than a line."""
    piece = ""
    for char in word:
        if _measure(piece + char) > room - 1:
            yield piece
            piece = ""
        piece += char
    yield piece


def _escaped(text: str) -> str:
    """A text for XML 1.0; characters that do not fit become U+FFFD."""
    plain = _UNFIT.sub("\ufffd", text)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


# --- a proof as a tree of boxes -------------------------------------------------------------------------------------

_BOXES = 240  # boxes of one drawing
_BEHIND = 3  # claims drawn behind one statement
_SIDES = 12  # claims drawn behind one conflict
_DEEP = 40  # columns


def proof_drawing(document: Mapping[str, Any], language: str) -> str:
    """An explanation of the shape ``csto-graph/proof/1`` as SVG: from each statement to its claims and axioms.

    A conflict hangs on the first statement that is disputed in it; of a cell without statements it comes first. A claim
    is a link to the page it was taken from.
    """
    painter = _Painter(document, language)
    roots = [painter.box(root) for root in document["roots"]]
    conflicts = painter.conflicts(document["conflicts"])
    claims = [] if roots else painter.claims(document["claims"][:_BOXES])
    first = sentence(painter.known[document["roots"][0]]) if roots else ""
    asked = [document[key]["label"] if isinstance(document.get(key), dict) else str(document.get(key, ""))
             for key in ("computed", "thing", "property", "value")]  # fmt: skip
    title = " — ".join(filter(None, asked)) or first
    told = [f"{sentence(found)}: {painter.reason(found)}" for found in document["statements"][:_BOXES]]
    told += [" — ".join(filter(None, painter.decision(found))) for found in document["conflicts"][:_BOXES]]
    return tree([*roots, *conflicts, *claims], title=title, description="; ".join(told) or title)


class _Painter:
    """Makes boxes of statements, each opened once, and of claims, each drawn once."""

    def __init__(self, document: Mapping[str, Any], language: str) -> None:
        self.known: Mapping[str, Mapping[str, Any]] = {found["id"]: found for found in document["statements"]}
        self._claims = {claim["curie"]: claim for claim in document["claims"]}
        self._conflicts = {found["curie"]: found for found in document["conflicts"]}
        self._numbers = numbered(document)
        self._language = language
        self._shown: set[str] = set()

    def reason(self, statement: Mapping[str, Any]) -> str:
        return reason(statement, self._numbers, self._language)

    def box(self, name: str, depth: int = 0) -> Box:
        """A statement with what it rests on to its right."""
        statement = self.known[name]
        kind = statement["reason"] if statement["reason"] in ("asserted", "axiom", "derived") else "plain"
        if name in self._shown:
            return Box(sentence(statement), word("see", self._language), "plain")
        self._shown.add(name)
        if len(self._shown) > _BOXES or depth > _DEEP:
            return Box(sentence(statement), "…", kind)
        behind = [self.box(premise, depth + 1) for premise in statement["premises"]]
        known = sorted((claim for claim in statement["claims"] if claim in self._claims), key=self._numbers.__getitem__)
        behind += self.claims([self._claims[claim] for claim in known[:_BEHIND]])
        behind += self.conflicts([self._conflicts[found] for found in statement["conflicts"]])
        return Box(sentence(statement), self.reason(statement), kind, tuple(behind))

    def claims(self, found: Sequence[Mapping[str, Any]]) -> list[Box]:
        """Those of some claims that were not drawn yet."""
        return [self._claim(claim) for claim in self._new(found)]

    def conflicts(self, found: Sequence[Mapping[str, Any]]) -> list[Box]:
        """Those of some conflicts that were not drawn yet, with the claims on either side that were not."""
        return [
            Box(*self.decision(conflict), "conflict", tuple(self.claims(conflict["claims"][:_SIDES])))
            for conflict in self._new(found)
        ]

    def _new(self, found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        new = [entry for entry in found if entry["curie"] not in self._shown]
        self._shown.update(entry["curie"] for entry in new)
        return new

    def decision(self, conflict: Mapping[str, Any]) -> tuple[str, str]:
        """What a conflict is about; and what was decided, by which claims, and why."""
        right = [claim["curie"] for claim in conflict["claims"] if claim["accepted"]]
        state = word("open" if conflict["open"] else "decided", self._language)
        why = f"{word('why', self._language)}: {conflict['rationale']}" if conflict["rationale"] else ""
        numbers = marks([claim for claim in right if claim in self._numbers], self._numbers)
        return (
            f"{word('conflicts', self._language)}: {conflict['label']}",
            "; ".join(filter(None, (f"{state}{' ✓' * bool(numbers)}{numbers}", why))),
        )

    def _claim(self, claim: Mapping[str, Any]) -> Box:
        """A claim with its number, or its side of a conflict; its words, passage and source, with the address."""
        source = claim["source"] or {}
        place = " ".join(filter(None, (claim["number"], claim["sentence"], claim["passage"])))
        link = source.get("address", "")
        note = " · ".join(filter(None, (source.get("label", ""), source.get("date", ""), place, link)))
        side = ("✓" if claim["accepted"] else "–") if "accepted" in claim else ""
        number = f"[{self._numbers[claim['curie']]}]" if claim["curie"] in self._numbers else ""
        return Box(" ".join(filter(None, (side, number, claim["statement"]))), note, "claim", link=link)
