"""Documents of `thing` and `proof` for people: in words for a terminal, and proofs as plain SVG 1.1.

All is made from the documents, so whoever has the JSON can make it again, and the same document gives the same bytes.
A drawing goes from top to bottom, has no script, no font of its own, and fetches nothing; a link leads out only where
the reader follows it, and is written as SVG 2 has it. Colours follow the reader's preference for light or dark. Every
box is an element with a title, so that a screen reader and a pointer find the whole text where a box shows it
shortened.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import chain, groupby, islice
from typing import NamedTuple

from ..names import filled, packaged, visible, word
from .thing import HAPPENS, Document, Documents, by_property

_MOST = 60  # claims shown in a text; JSON has them all
_POINTING = 12  # things shown that point to another with one property


# --- claims and conflicts -------------------------------------------------------------------------------------------


def numbered(document: Document) -> dict[str, int]:
    """The number of each claim (a CURIE) that the texts of a document print."""
    return {claim["curie"]: number for number, claim in enumerate(document["claims"][:_MOST], 1)}


def marks(claims: Sequence[str], numbers: Mapping[str, int]) -> str:
    """The numbers of claims (CURIEs) behind a statement, the first few of them; '' where there are no claims.

    >>> marks(["claim:b", "claim:a"], {"claim:a": 1, "claim:b": 2})
    ' [1, 2]'
    """
    found = sorted(numbers[claim] for claim in claims if claim in numbers)[:6]  # more are counted
    rest = len(claims) - len(found)
    return f" [{', '.join(map(str, found))}{f' … +{rest}' if rest else ''}]" if claims else ""


def evidence_text(document: Document, language: str, width: int, *keys: str) -> Iterator[str]:
    """The numbered ``claims`` and the ``conflicts`` of a document, in this order, for a terminal of so many columns."""
    numbers, left = numbered(document), len(document["claims"][_MOST:])
    claims = _claims_text(document["claims"][:_MOST], numbers, language, width, "  ")
    more = [f"  … {word('and-more', language, left)}\n"] if left else []
    conflicts = conflicts_text(document["conflicts"], language, width, "  ")
    sections = {"claims": chain(claims, more), "conflicts": conflicts}
    yield from (_section(key, language, sections[key]) for key in keys)


def conflicts_text(conflicts: Iterable[Document], language: str, width: int, pad: str = "") -> Iterator[str]:
    """Conflicts (`conflict_documents`) with both sides, decision and reason, for a terminal of so many columns."""
    for at, found in enumerate(conflicts):
        decision = word("open" if found["open"] else "decided", language)
        yield "\n" if at and not pad else ""
        yield filled(f"{found['label']} ({found['curie']}): {decision}", width, pad, f"{pad}  ")
        yield from _claims_text(found["claims"], {}, language, width, f"{pad}  ")
        if found["rationale"]:
            yield filled(found["rationale"], width, f"{pad}  {word('why', language)}: ")


def _side(claim: Document, numbers: Mapping[str, int]) -> str:
    """What stands before a claim: of a conflict whether it is right, else its number."""
    return ("✓" if claim["accepted"] else "–") if "accepted" in claim else f"[{numbers[claim['curie']]}]"


def _claims_text(claims: Documents, numbers: Mapping[str, int], language: str, width: int, pad: str) -> Iterator[str]:
    """Claims under their sources, each source once in a row."""
    for source, same in groupby(claims, key=lambda claim: claim["source"]):
        words = map((source or {}).get, ("label", "publisher", "date", "address"))
        yield filled(_joined(" · ", words) or word("uncited", language), width, pad, f"{pad}  ")
        for claim in same:
            place = _joined(" ", (claim["number"], claim["sentence"]))
            opinion = word("opinion", language) if claim["opinion"] else ""
            reading = f"{word('reading', language)}: {claim['reading']}" if claim["reading"] else ""
            remarks = _joined("; ", (place, claim["passage"], claim["corroboration"], opinion))
            told = _joined(" ", (claim["statement"], reading, remarks and f"({remarks})"))
            yield filled(told, width, f"{pad}  {_side(claim, numbers)} ")


def _joined(between: str, texts: Iterable[str]) -> str:
    return between.join(filter(None, texts))


def _section(key: str, language: str, lines: Iterable[str]) -> str:
    """Lines under a word of the project, if there are any."""
    below = "".join(lines)
    return f"\n{word(key, language)}\n{below}" if below else ""


def references_text(found: Iterable[Mapping[str, str]]) -> str:
    """References for one cell: claims of the pinned source with their sentence, then sources; `show` takes each.

    >>> references_text([{"claim": "claim:a", "sentence": "s3", "source": ""}, {"sentence": "", "source": "source:b"}])
    'claim:a (s3), source:b'
    """
    words = (f"{entry['claim']} ({entry['sentence']})" if entry["sentence"] else entry["source"] for entry in found)
    return _joined(", ", dict.fromkeys(words))


def searched_text(searched: Document, language: str) -> str:
    """What was searched (`GraphView.searched`), as a sentence.

    >>> searched_text({"sources": 2, "until": "2012-01-01"}, "en"), searched_text({"sources": 0, "until": ""}, "en")
    ('Searched: 2 sources, the latest of 2012-01-01.', 'Searched: 0 sources.')
    """
    return word("searched" if searched["until"] else "undated", language, searched["sources"], searched["until"])


# --- a thing --------------------------------------------------------------------------------------------------------


def thing_text(document: Document, language: str, width: int, *, full: bool = False) -> Iterator[str]:
    """A thing of the shape ``csto-graph/thing/1`` for a terminal of so many columns: the briefing, or all of it.

    A briefing has at most fifteen lines: what is extra goes first, then all is shortened.
    """
    kinds = ", ".join(kind["label"] for kind in document["classes"][:1])
    head = filled(document["label"], width) + filled(_joined(" · ", (kinds, document["curie"])), width)
    told, most = list(document["briefing"]), 2

    def briefing() -> list[str]:
        """Its lines: an address is not broken; words take so many, those in several parts two more."""
        lines = head.splitlines()
        for entry in told:
            label, text = f"  {entry['label']}: ", visible(entry["text"])
            room = textwrap.TextWrapper(
                max(width, len(label) + 20), initial_indent=label, subsequent_indent="    ", placeholder=" …",
                max_lines=max(most + 2 * ("; " in text and not entry["extra"]), 1), break_long_words=False,
            )  # fmt: skip
            lines += [label + text] if "://" in text else room.wrap(text)
        return lines

    while most >= 0 and len(briefing()) > 15:
        if extra := [one for one in told if one["extra"]]:
            told.remove(extra[-1])
        else:
            most -= 1
    yield from (f"{line}\n" for line in briefing())
    if not full:
        return
    yield "\n" if any(document["names"].values()) else ""
    for kind, names in document["names"].items():
        yield filled("; ".join(names), width, f"  {word(kind, language)}: ") if names else ""
    numbers, facts, mentions = numbered(document), document["facts"], document["mentions"]
    events = [one for one in mentions if one["property"]["curie"] in HAPPENS]
    others = [one for one in mentions if one["property"]["curie"] not in HAPPENS]
    yield _section("events", language, _mentions_text(events, numbers, language, width))
    yield _section("facts", language, _facts_text([one for one in facts if not one["derived"]], numbers, width))
    yield _section("mentions", language, _mentions_text(others, numbers, language, width))
    yield _section("follows", language, _facts_text([one for one in facts if one["derived"]], numbers, width))
    yield from evidence_text(document, language, width, "conflicts", "claims")
    yield _section("cite", language, [filled(document["cite"], width, "  ")])


def _mentions_text(mentions: Documents, numbers: Mapping[str, int], language: str, width: int) -> Iterator[str]:
    """What points to a thing, by property."""
    for label, same in by_property(mentions).items():
        for mention in same[:_POINTING]:
            thing = mention["thing"]
            yield filled(f"{thing['label']} ({thing['curie']}: {label})", width, "  ", "    ")
            yield from _facts_text(mention["parts"], numbers, width, " " * 6)
        if len(same) > _POINTING:
            yield f"  … {word('and-more', language, len(same) - _POINTING)}: {visible(label)}\n"


def _facts_text(facts: Documents, numbers: Mapping[str, int], width: int, pad: str = "  ") -> Iterator[str]:
    """Facts by property, with the numbers of their claims; below what only joins others, what it joins."""
    for label, same in by_property(facts).items():
        apart = any(fact["parts"] for fact in same)
        for group in [[fact] for fact in same] if apart else [same]:
            texts = "; ".join(fact["value"]["text"] + marks(fact["claims"], numbers) for fact in group)
            yield filled(f"{label}: {texts}", width, pad, f"{pad}    ")
            yield from _facts_text(group[0]["parts"], numbers, width, f"{pad}    ")


# --- why, and why not -----------------------------------------------------------------------------------------------


def sentence(statement: Document, language: str = "en") -> str:
    """A statement of a document as one line, with a word where a part is not known.

    >>> sentence({"subject": {"label": "UNODC"}, "property": {"label": "is"}, "value": None})
    'UNODC — is — anything'
    """
    parts = (statement[key] for key in ("subject", "property", "value"))
    return " — ".join(part["label"] if part else word("anything", language) for part in parts)


def reason(statement: Document, numbers: Mapping[str, int], language: str) -> str:
    """Why one statement of a document stands in the graph, in one line, with the `numbered` claims."""
    kind, graph = statement["reason"], statement["graph"]
    if statement["rule"]:
        return f"{word('derived', language)} {statement['rule']}: {statement['says']}"
    if kind in ("derived", "unknown"):
        return word("unproved" if kind == "derived" else kind, language)
    if kind == "axiom":
        where = f" (<{statement['defined']}>)" if statement["defined"] else ""
        return word("vocabulary" if graph == "vocabulary" else "axiom", language) + where
    told = word(statement["speaks"] or ("record" if graph == "claims" else "nobody"), language)
    told += marks(statement["claims"], numbers)
    return _joined("; ", (word("asserted", language), told, statement["conflicts"] and word("disputed", language)))


def proof_text(document: Document, language: str, width: int) -> Iterator[str]:
    """The shape ``csto-graph/proof/1`` for a terminal of so many columns: trees, then claims and conflicts.

    Of a thing there is a line for each statement. Of a cell that was computed the conflicts come first: they are what
    its value may hang on.
    """
    numbers, known = numbered(document), {found["id"]: found for found in document["statements"]}
    computed, about = document["computed"], document["about"]
    if computed:
        yield filled(f"{computed} — {document['value']['label']}", width, "", "  ")
        yield filled(word("computed", language), width, "  ")
    pad = "    " if computed else ""
    for thing in about:
        yield filled(f"{thing['label']} ({thing['curie']})", width, pad, f"{pad}  ")
    for head, rest, found, remark in () if about else _walked(document, language, width // 2):
        yield "\n" if found["id"] != document["roots"][0] and not rest else ""
        yield filled(sentence(found) + (remark and f" ({remark})"), width, head, rest)
        inner = rest + ("│ " if found["premises"] else "  ")
        yield "" if remark else filled(reason(found, numbers, language), width, inner, inner)
    for root in document["roots"] if about else ():
        told = f"{known[root]['property']['label']} — {known[root]['value']['label']}"
        yield filled(f"{told} ← {reason(known[root], numbers, language)}", width, "  ", "      ")
    if not document["complete"]:
        yield f"\n{word('incomplete', language)}\n"
    order = ("conflicts", "claims") if computed else ("claims", "conflicts")
    yield from evidence_text(document, language, width, *order)


def _walked(document: Document, language: str, room: int) -> Iterator[tuple[str, str, Document, str]]:
    """The statements of a proof, premises below conclusions: what stands before the first line of each and before the
    others, the statement, and a remark where it is explained in another place.

    Every statement is explained once; what stands further to the right than there is room goes on at the left edge.
    """
    known, shown = {found["id"]: found for found in document["statements"]}, set[str]()
    later: dict[str, int] = {}  # statement to its number among those that were put off
    stack = [(root, "", "") for root in reversed(document["roots"])]
    while stack := stack or [(name, f"({at}) ", "") for name, at in later.items() if name not in shown][:1]:
        name, head, rest = stack.pop()
        premises, remark = known[name]["premises"], ""
        if name in shown:
            remark = word("see", language)
        elif premises and len(rest) > room:
            remark = f"{later.setdefault(name, len(later) + 1)}: {word('below', language)}"
        yield head, rest, known[name], remark
        if not remark:
            shown.add(name)
            stack += [(premise, f"{rest}└─ ", f"{rest}   ") for premise in premises[-1:]]
            stack += [(premise, f"{rest}├─ ", f"{rest}│  ") for premise in reversed(premises[:-1])]


def absence_text(document: Document, language: str, width: int) -> Iterator[str]:
    """The shape ``csto-graph/absence/1`` for a terminal of so many columns."""
    yield filled(sentence(document), width)
    yield filled(word("holds" if document["holds"] else "no", language), width, "  ")
    if document["holds"]:
        return
    numbers, lines = numbered(document), dict[str, list[str]](instead=[], said=[], nearest=[])
    if document["stated"]:
        # In the reading of the source what was decided for does not hold, either.
        right = {side["curie"] for one in document["conflicts"] for side in one["claims"] if side["accepted"]}
        overruled = document["conflicts"] and right.isdisjoint(document["stated"])
        words = word("overruled" if overruled else "stated", language)
        yield filled(words + marks(document["stated"], numbers), width, "  ")
    for other in document["instead"]:
        of = "" if other["subject"] == document["subject"] else f"{other['subject']['label']}: "
        told = of + other["value"]["label"] + marks(other["claims"], numbers)
        lines["instead" if other["excludes"] else "said"].append(filled(told, width, "  ", "    "))
    for attempt in document["attempts"]:
        lines["nearest"].append(filled(f"{attempt['rule']}: {attempt['says']}", width, "  ", "    "))
        for premise in attempt["premises"]:
            mark, remark = ("✓", "") if premise["holds"] else ("✗", f" ({word('missing', language)})")
            lines["nearest"].append(filled(sentence(premise, language) + remark, width, f"    {mark} "))
    yield from (_section(key, language, below) for key, below in lines.items())
    yield "" if any(lines.values()) or document["stated"] else f"\n{word('nothing', language)}\n"
    yield from evidence_text(document, language, width, "claims", "conflicts")
    yield f"\n{searched_text(document['searched'], language)}\n"


# --- as a drawing ---------------------------------------------------------------------------------------------------

#: What a box can stand for; each has a colour.
KINDS = ("asserted", "axiom", "derived", "claim", "conflict", "plain")

_WIDTH, _LINE, _PAD = 480, 16, 9  # of a box; height of a line; around the text
_STEP, _SPACE, _MARGIN = 32, 12, 20  # to the right with each level; between boxes; around all
_LETTERS = 58  # in a line of a box; of wide ones fewer
_BOXES, _DEEP = 240, 40  # of a drawing
_ADDRESS = re.compile(r"https?://[^\s<>\"'`{}|\\^]+", re.IGNORECASE)
# All but what XML 1.0 allows (production 2); the characters that turn the direction of writing are kept out too.
_UNFIT = re.compile("[^\t\n\r\x20-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Box(NamedTuple):
    """A box of a drawing.

    Attributes:
        depth: How far to the right it stands; it hangs on the last box before it that stands further left.
        text: What it says.
        note: A remark under it, in smaller letters; may be empty.
        kind: One of `KINDS`.
        link: Address that the box leads to; one that is not of the web (``http``, ``https``) is left out.
    """

    depth: int
    text: str
    note: str = ""
    kind: str = "plain"
    link: str = ""


def drawing(boxes: Iterable[Box], *, title: str, description: str) -> str:
    """Draw boxes under each other, each to the right of the one that it hangs on.

    >>> drawing([Box(0, "a"), Box(1, "b")], title="t", description="d").count("<path")
    1

    Args:
        boxes: From top to bottom.
        title: What the drawing is, for those who cannot see it.
        description: The same at length.

    Returns:
        An SVG document.
    """
    links, drawn, bottoms = list[str](), list[str](), dict[int, int]()
    top = width = _MARGIN
    for depth, text, note, kind, link in boxes:
        marked = [(line, "") for line in wrapped(text)] + [(line, ' class="note"') for line in wrapped(note) if note]
        left, height = _MARGIN + _STEP * depth, _LINE * len(marked) + 2 * _PAD
        if depth:
            elbow = f"M{left - _STEP // 2} {bottoms[depth - 1]}V{top + height / 2}H{left}"
            links.append(f'<path class="link" d="{elbow}"/>\n')
        box = f'<g class="{kind if kind in KINDS else "plain"}"><title>{_escaped(_joined(" · ", (text, note)))}</title>'
        box += f'<rect class="box" x="{left}" y="{top}" width="{_WIDTH}" height="{height}" rx="7"/>'
        for at, (line, mark) in enumerate(marked):
            box += f'<text{mark} x="{left + _PAD}" y="{top + _PAD + 12 + at * _LINE}">{_escaped(line)}</text>'
        fits = _ADDRESS.fullmatch(link) and not _UNFIT.search(link)
        drawn.append(f'<a href="{_escaped(link)}">{box}</g></a>\n' if fits else f"{box}</g>\n")
        bottoms[depth], width = top + height, max(width, left + _WIDTH + _MARGIN)
        top += height + _SPACE
    size = f'width="{width}" height="{top + _MARGIN - _SPACE}"'
    style = packaged("describe/proof.css")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {top + _MARGIN - _SPACE}"'
        ' role="img" aria-labelledby="title description">\n'
        f'<title id="title">{_escaped(title)}</title>\n<desc id="description">{_escaped(description)}</desc>\n'
        f'<style>\n{style}</style>\n<rect class="sheet" {size}/>\n{"".join(links)}{"".join(drawn)}</svg>\n'
    )


def wrapped(text: str) -> list[str]:
    """A text in lines that fit a box; long words are broken, and of too many lines the last ends in an ellipsis."""
    wide = sum(char.isupper() or ord(char) >= 0x2E80 for char in text) > len(text) / 3
    return textwrap.wrap(text, _LETTERS // 2 if wide else _LETTERS, max_lines=5, placeholder="…") or [""]


def _escaped(text: str) -> str:
    """A text for XML 1.0; characters that do not fit become U+FFFD."""
    return escape(_UNFIT.sub("\ufffd", text))


def proof_drawing(document: Document, language: str) -> str:
    """An explanation of the shape ``csto-graph/proof/1`` as SVG: statements, each above what it was drawn from; claims,
    each a link to the page that it comes from; conflicts, which come first where something was computed.
    """
    numbers = numbered(document)

    def claim_box(depth: int, claim: Document) -> Box:
        """A claim with its number, or its side of a conflict; its words, passage and source, with the address."""
        source = claim["source"] or {"label": "", "date": "", "address": ""}
        place = _joined(" ", (claim["number"], claim["sentence"], claim["passage"]))
        note = _joined(" · ", (source["label"], source["date"], place, source["address"]))
        return Box(depth, f"{_side(claim, numbers)} {claim['statement']}", note, "claim", source["address"])

    drawn = list[Box]()
    for _, rest, found, remark in islice(_walked(document, language, 3 * _DEEP), _BOXES):
        kind = "plain" if remark else found["reason"]
        drawn.append(Box(len(rest) // 3, sentence(found), remark or reason(found, numbers, language), kind))
    claims, conflicts = [claim_box(0, claim) for claim in document["claims"][: len(numbers)]], list[Box]()
    for conflict in document["conflicts"]:
        right = [claim["curie"] for claim in conflict["claims"] if claim["accepted"] and claim["curie"] in numbers]
        state = word("open" if conflict["open"] else "decided", language) + f" ✓{marks(right, numbers)}" * bool(right)
        why = f"{word('why', language)}: {conflict['rationale']}" if conflict["rationale"] else ""
        title = f"{word('conflicts', language)}: {conflict['label']}"
        conflicts.append(Box(0, title, _joined("; ", (state, why)), "conflict"))
        conflicts += [claim_box(1, side) for side in conflict["claims"] if side["curie"] not in numbers]
    drawn += (*conflicts, *claims) if document["computed"] else (*claims, *conflicts)
    if not document["complete"] or len(drawn) > _BOXES:
        drawn[_BOXES:] = [Box(0, word("incomplete", language))]
    told = [f"{box.text}: {box.note}" for box in drawn if box.kind != "claim"]
    asked = [document.get(key, "") for key in ("computed", "thing", "property", "value")]
    title = _joined(" — ", (part["label"] if isinstance(part, dict) else part for part in asked))
    return drawing(drawn, title=title or drawn[0].text, description="; ".join(told) or title)
