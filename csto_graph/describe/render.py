"""Proofs for people: as trees in a terminal, and as plain SVG 1.1, drawn from left to right.

Both are made from the document of `proof` (``csto-graph/proof/1``), so whoever has the JSON can make them again, and
the same document gives the same bytes. A drawing has no script, no font of its own, and fetches nothing; a link leads
out only where the reader follows it, and is written as SVG 2 has it. Colours follow the reader's preference for light
or dark. Every box is an element with a title, so that a screen reader and a pointer find the whole text where a box
shows it shortened.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import accumulate
from typing import Any

from ..names import filled, word
from .claims import MOST, evidence_text

_CLAIMS_NAMED = 6  # numbers behind one statement; more are counted


# --- in words -------------------------------------------------------------------------------------------------------


def sentence(statement: Mapping[str, Any]) -> str:
    """A statement of a document as one line.

    >>> sentence({"subject": {"label": "UNODC"}, "property": {"label": "is"}, "value": {"label": "body"}})
    'UNODC — is — body'
    """
    return " — ".join(statement[part]["label"] for part in ("subject", "property", "value"))


def reason(statement: Mapping[str, Any], numbers: Mapping[str, int], language: str) -> str:
    """Why one statement of a document stands in the graph, in one line, with the `numbered` claims."""
    kind = statement["reason"]
    if kind == "derived":
        rule = f"{word('derived', language)} {statement['rule']}: {statement['says']}"
        return rule if statement["rule"] else word("unproved", language)
    if kind == "axiom":
        where = f" (<{statement['defined']}>)" if statement["defined"] else ""
        return word("vocabulary" if statement["graph"] == "vocabulary" else "axiom", language) + where
    if kind == "unknown":
        return word("unknown", language)
    speaks = statement["speaks"] or ("record" if statement["graph"] == "claims" else "nobody")
    parts = [word("asserted", language), f"{word(speaks, language)}{marks(statement['claims'], numbers)}"]
    return "; ".join([*parts, *([word("disputed", language)] if statement["conflicts"] else [])])


def marks(claims: Sequence[str], numbers: Mapping[str, int]) -> str:
    """The numbers of claims (CURIEs) behind a statement, the first few of them; '' where there are no claims.

    >>> marks(["claim:b", "claim:a"], {"claim:a": 1, "claim:b": 2})
    ' [1, 2]'
    """
    found = sorted(numbers[claim] for claim in claims if claim in numbers)[:_CLAIMS_NAMED]
    rest = len(claims) - len(found)
    return f" [{', '.join(map(str, found))}{f' … +{rest}' if rest else ''}]" if claims else ""


def numbered(document: Mapping[str, Any]) -> dict[str, int]:
    """The number of each claim (a CURIE) that the texts of a document print."""
    return {claim["curie"]: number for number, claim in enumerate(document["claims"][:MOST], 1)}


def proof_text(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """The shape ``csto-graph/proof/1`` for a terminal of so many columns: trees, then claims and conflicts.

    Of a thing there is a line for each statement. Of a cell that was computed the conflicts come first: they are what
    its value may hang on.
    """
    numbers, known = numbered(document), {found["id"]: found for found in document["statements"]}
    pad = "    " if document["computed"] else ""
    if document["computed"]:
        yield filled(f"{document['computed']} — {document['value']['label']}", width, "", "  ")
        yield filled(word("computed", language), width, "  ")
    for thing in document["about"]:
        yield filled(f"{thing['label']} ({thing['curie']})", width, pad, f"{pad}  ")
    if not document["about"]:
        yield from _trees(document["roots"], known, numbers, language, width)
    for root in document["roots"] if document["about"] else ():
        told = f"{known[root]['property']['label']} — {known[root]['value']['label']}"
        yield filled(f"{told} ← {reason(known[root], numbers, language)}", width, "  ", "      ")
    if not document["complete"]:
        yield f"\n{word('incomplete', language)}\n"
    if document["computed"]:
        yield from evidence_text({**document, "claims": []}, language, width)
        document = {**document, "conflicts": []}
    yield from evidence_text(document, language, width)


def _trees(
    roots: Sequence[str], known: Mapping[str, Mapping[str, Any]], numbers: Mapping[str, int], language: str, width: int
) -> Iterator[str]:
    """Each root as a tree, every statement explained once; what is too deep for the width goes on in a further tree."""
    shown: set[str] = set()
    later: dict[str, int] = {}  # statement to its number among those that were put off
    waiting = list(reversed(roots))
    stack: list[tuple[str, str, str]] = []  # no recursion: a proof can be as deep as the data are long
    while True:
        if not stack:
            put_off = next((name for name in later if name not in shown), "")
            if not (put_off or waiting):
                return
            yield "\n" if shown else ""
            stack.append((put_off, f"({later[put_off]}) ", "") if put_off else (waiting.pop(), "", ""))
        name, head, rest = stack.pop()
        premises, remark = known[name]["premises"], ""
        if name in shown:
            remark = f" ({word('see', language)})"
        elif premises and len(rest) > width // 2:
            remark = f" ({later.setdefault(name, len(later) + 1)}: {word('below', language)})"
        yield filled(sentence(known[name]) + remark, width, head, rest)
        if remark:
            continue
        shown.add(name)
        inner = rest + ("│ " if premises else "  ")
        yield filled(reason(known[name], numbers, language), width, inner, inner)
        if premises:
            stack.append((premises[-1], f"{rest}└─ ", f"{rest}   "))
            stack += [(premise, f"{rest}├─ ", f"{rest}│  ") for premise in reversed(premises[:-1])]


# --- as a drawing ---------------------------------------------------------------------------------------------------

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
_BOXES = 240  # statements of one drawing
_BEHIND = 3  # claims drawn behind one statement
_SIDES = 12  # claims drawn behind one conflict
_DEEP = 40  # columns
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


class Box:
    """A box and what hangs on it.

    Args:
        text: What it says.
        note: A remark under it, in smaller letters; may be empty.
        kind: One of `KINDS`.
        children: Boxes to its right, from top to bottom.
        link: Address that the box leads to; one that is not of the web (``http``, ``https``) is left out.
    """

    def __init__(
        self, text: str, note: str = "", kind: str = "plain", children: Sequence[Box] = (), link: str = ""
    ) -> None:
        self.whole = " · ".join(filter(None, (text, note)))
        self.lines = wrapped(text)
        self.notes = wrapped(note, _LETTERS + 6) if note else []
        self.kind = kind if kind in KINDS else "plain"
        self.children = children
        self.link = link if _ADDRESS.fullmatch(link) and not _UNFIT.search(link) else ""
        self.height = _LINE * (len(self.lines) + len(self.notes)) + 2 * _PAD
        self.below = sum(child.room for child in children)
        # A box that is higher than all its children pushes them down, so that no two boxes of a column meet.
        self.room: float = max(self.height + _SPACE, self.below)


def tree(roots: Sequence[Box], *, title: str, description: str) -> str:
    """Draw trees under each other, each box beside the middle of its children.

    >>> tree([Box("a", children=[Box("b")])], title="t", description="d").count("<rect class=")
    3

    Args:
        roots: The boxes at the left edge.
        title: What the drawing is, for those who cannot see it.
        description: The same at length.

    Returns:
        An SVG document.
    """
    links: list[str] = []
    boxes: list[str] = []
    width, height = _WIDTH + 2 * _MARGIN, 2.0 * _MARGIN

    def place(box: Box, left: int, top: float) -> float:
        """Draw a box and all that hangs on it into the room below a height; the middle of the box."""
        nonlocal width, height
        here = len(boxes)
        boxes.append("")  # a box is told before its children, and drawn when it is known where they are
        start, middles = top + (box.room - box.below) / 2, []
        for child in box.children:
            middles.append(place(child, left + _WIDTH + _GAP, start))
            start += child.room
        lowest = top + box.room - _SPACE - box.height
        beside = (middles[0] + middles[-1] - box.height) / 2 if middles else top
        at = min(max(beside, top), lowest)
        middle = at + box.height / 2
        edge, half = left + _WIDTH, left + _WIDTH + _GAP / 2
        for end in middles:
            links.append(
                f'<path class="link" d="M{edge} {middle:.1f}C{half:.1f} {middle:.1f} {half:.1f} {end:.1f}'
                f' {edge + _GAP} {end:.1f}"/>\n'
            )
        boxes[here] = _drawn(box, left, at)
        width, height = max(width, edge + _MARGIN), max(height, at + box.height + _MARGIN)
        return middle

    top = float(_MARGIN)
    for root in roots:
        place(root, _MARGIN, top)
        top += root.room
    size = f'width="{width}" height="{round(height)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {round(height)}"'
        ' role="img" aria-labelledby="title description">\n'
        f'<title id="title">{_escaped(title)}</title>\n<desc id="description">{_escaped(description)}</desc>\n'
        f'<style>{_STYLE}</style>\n<rect class="sheet" {size}/>\n{"".join(links)}{"".join(boxes)}</svg>\n'
    )


def _drawn(box: Box, left: int, top: float) -> str:
    lines: list[str] = []
    for at, line in enumerate((*box.lines, *box.notes)):
        note = ' class="note"' if at >= len(box.lines) else ""
        bottom = top + _PAD + 12 + at * _LINE
        lines.append(f'<text{note} x="{left + _PAD}" y="{bottom:.1f}">{_escaped(line)}</text>')
    drawn = (
        f'<g class="{box.kind}"><title>{_escaped(box.whole)}</title>'
        f'<rect class="box" x="{left}" y="{top:.1f}" width="{_WIDTH}" height="{box.height}" rx="7"/>'
        f"{''.join(lines)}</g>"
    )
    return f'<a href="{_escaped(box.link)}">{drawn}</a>\n' if box.link else f"{drawn}\n"


def wrapped(text: str, room: int = _LETTERS) -> list[str]:
    """A text in lines that fit a box; long words are broken, and of too many lines the last ends in an ellipsis.

    >>> wrapped("one two three", 8)
    ['one two', 'three']
    """
    lines: list[str] = []
    rest = " ".join(text.split())
    while rest and len(lines) < _LINES:
        fits = bisect_right(list(accumulate(map(_letter, rest[: 2 * room]))), room)
        end = len(rest) if fits == len(rest) else max(rest.rfind(" ", 1, fits + 1), 0) or fits
        lines.append(rest[:end])
        rest = rest[end:].lstrip()
    return [*lines[:-1], f"{lines[-1]}…"] if rest else lines or [""]


def _letter(char: str) -> float:
    """The width of a letter, a middle one being 1; fonts differ, so it is rather too much than too little."""
    if char in _NARROW:
        return 0.62
    if char in _WIDE or char.isupper():
        return 1.32
    return 1.9 if ord(char) >= 0x2E80 else 1.0


def _escaped(text: str) -> str:
    """A text for XML 1.0; characters that do not fit become U+FFFD."""
    return escape(_UNFIT.sub("\ufffd", text))


def proof_drawing(document: Mapping[str, Any], language: str) -> str:
    """An explanation of the shape ``csto-graph/proof/1`` as SVG: from each statement to its claims and axioms.

    Each statement is opened once, each claim and each conflict drawn once: a conflict hangs on the first statement
    that is disputed in it; of a cell without statements it comes first. A claim is a link to the page it comes from.
    """
    known = {found["id"]: found for found in document["statements"]}
    stated = {claim["curie"]: claim for claim in document["claims"]}
    disputes = {found["curie"]: found for found in document["conflicts"]}
    numbers = numbered(document)
    shown: set[str] = set()

    def new(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        undrawn = [entry for entry in found if entry["curie"] not in shown]
        shown.update(entry["curie"] for entry in undrawn)
        return undrawn

    def statement(name: str, depth: int) -> Box:
        """A statement with what it rests on to its right."""
        found = known[name]
        kind, opened = found["reason"], name in shown
        shown.add(name)
        if opened or len(shown) > _BOXES or depth > _DEEP:
            return Box(sentence(found), word("see", language), "plain") if opened else Box(sentence(found), "…", kind)
        behind = [statement(premise, depth + 1) for premise in found["premises"]]
        cited = sorted((claim for claim in found["claims"] if claim in stated), key=numbers.__getitem__)
        behind += claims([stated[claim] for claim in cited[:_BEHIND]])
        behind += conflicts([disputes[conflict] for conflict in found["conflicts"]])
        return Box(sentence(found), reason(found, numbers, language), kind, behind)

    def claims(found: Sequence[Mapping[str, Any]]) -> list[Box]:
        """A claim with its number, or its side of a conflict; its words, passage and source, with the address."""
        boxes = []
        for claim in new(found):
            source = claim["source"] or {"label": "", "date": "", "address": ""}
            place = " ".join(filter(None, (claim["number"], claim["sentence"], claim["passage"])))
            note = " · ".join(filter(None, (source["label"], source["date"], place, source["address"])))
            side = ("✓" if claim["accepted"] else "–") if "accepted" in claim else ""
            number = f"[{numbers[claim['curie']]}]" if claim["curie"] in numbers else ""
            text = " ".join(filter(None, (side, number, claim["statement"])))
            boxes.append(Box(text, note, "claim", link=source["address"]))
        return boxes

    def decision(conflict: Mapping[str, Any]) -> tuple[str, str]:
        """What a conflict is about; and what was decided, by which claims, and why."""
        right = [claim["curie"] for claim in conflict["claims"] if claim["accepted"] and claim["curie"] in numbers]
        state = word("open" if conflict["open"] else "decided", language)
        state += f" ✓{marks(right, numbers)}" if right else ""
        why = f"{word('why', language)}: {conflict['rationale']}" if conflict["rationale"] else ""
        return f"{word('conflicts', language)}: {conflict['label']}", "; ".join(filter(None, (state, why)))

    def conflicts(found: Sequence[Mapping[str, Any]]) -> list[Box]:
        """Conflicts, with the claims on either side that were not drawn yet."""
        return [Box(*decision(one), "conflict", claims(one["claims"][:_SIDES])) for one in new(found)]

    roots = [statement(root, 0) for root in document["roots"]]
    boxes = [*roots, *conflicts(document["conflicts"]), *([] if roots else claims(document["claims"][:_BOXES]))]
    asked = [document.get(key, "") for key in ("computed", "thing", "property", "value")]
    asked = [part["label"] if isinstance(part, dict) else part for part in asked]
    title = " — ".join(filter(None, asked)) or (sentence(known[document["roots"][0]]) if roots else "")
    told = [f"{sentence(found)}: {reason(found, numbers, language)}" for found in document["statements"][:_BOXES]]
    told += [" — ".join(filter(None, decision(found))) for found in document["conflicts"][:_BOXES]]
    return tree(boxes, title=title, description="; ".join(told) or title)
