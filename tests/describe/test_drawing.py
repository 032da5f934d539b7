"""Proofs as SVG: well formed whatever the text, nothing drawn over anything else, the same bytes for the same proof."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

import csto_graph as cg
from csto_graph.describe.render import KINDS, Box, drawing

SVG = "{http://www.w3.org/2000/svg}"
texts = st.one_of(st.text(max_size=60), st.text("ab <>&\"'\0\x1f\ud800\u202e\ufffe\n—wiШ中", max_size=400))
kinds = st.sampled_from([*KINDS, "unheard-of"])
links = st.one_of(
    texts, st.sampled_from(["javascript:x()", " https://a.example/", "data:text/html,x", "//a.example/", "https://"]),
    texts.map(lambda text: f'https://a.example/" onload="x()<{text}'), texts.map(lambda text: f"https://a.example/{text}"),
)  # fmt: skip


def drawn(*boxes: Box, title: str = "t", description: str = "d") -> ElementTree.Element:
    return ElementTree.fromstring(drawing(boxes, title=title, description=description).encode("utf-8"))


def rectangles(root: ElementTree.Element) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of each box."""
    boxes = ([float(rect.get(name, "nan")) for name in ("x", "y", "width", "height")]
             for rect in root.iter(f"{SVG}rect") if rect.get("class") == "box")  # fmt: skip
    return [(left, top, left + width, top + height) for left, top, width, height in boxes]


def told(root: ElementTree.Element) -> list[tuple[str, str]]:
    """Kind and whole text of each box."""
    return [(group.get("class", ""), group.findtext(f"{SVG}title") or "") for group in root.iter(f"{SVG}g")]


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(-3, 1), texts, texts, kinds, links), max_size=8), texts, texts)
def test_any_proof_is_drawn_well(given: list[tuple[int, str, str, str, str]], title: str, description: str) -> None:
    """Well-formed XML with a box for each, inside the sheet, none over another; each but those at the left edge hangs
    on one that stands further left and above. Nothing in a text can run, fetch or lead anywhere but to a whole address
    of the web; lines of text stand within their box."""
    boxes, depth = list[Box](), -1
    for step, *parts in given:
        depth = max(depth + step, 0)
        boxes.append(Box(depth, *parts))
    root = drawn(*boxes, title=title, description=description)
    found, width, height = rectangles(root), float(root.get("width", "0")), float(root.get("height", "0"))
    assert len(found) == len(boxes)
    for left, top, right, bottom in found:
        assert 0 < left < right < width
        assert 0 < top < bottom < height
    assert all(above[3] < below[1] for above, below in pairwise(found))
    ties = [re.findall(r"[\d.]+", path.get("d", "")) for path in root.iter(f"{SVG}path")]
    assert len(ties) == sum(box.depth > 0 for box in boxes)
    for (x, y, middle, end), box in zip(ties, [box for box in found if box[0] > 20], strict=True):
        assert (float(end), float(middle)) == (box[0], (box[1] + box[3]) / 2)
        assert any(above[0] < float(x) < box[0] and above[3] == float(y) for above in found)
    known = ["svg", "title", "desc", "style", "rect", "g", "text", "path", "a"]
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= set(known)
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]
    for anchor in root.iter(f"{SVG}a"):
        assert re.match(r"https?://\S+$", anchor.get("href", ""))
        assert not set(anchor.get("href", "")) & set("\u202e\0\ufffe<>\"'")
    for group in root.iter(f"{SVG}g"):
        lines = list(group.iter(f"{SVG}text"))
        assert 1 <= len(lines) <= 10
        assert all(len(line.text or "") <= 58 for line in lines)


def test_it_leads_to_addresses_and_can_be_heard_and_read_at_night() -> None:
    """An address as it is, escaped, around its box alone. Title and description for those who cannot see it, whole
    texts in the boxes, colours for dark pages."""
    for link in ("https://a.example/x?y=1&z=2", "HTTP://a.example/%20", "https://пример.рф/"):
        (found,) = drawn(Box(0, "page", link=link), Box(1, "none")).iter(f"{SVG}a")
        assert (found.attrib, [text for _, text in told(found)]) == ({"href": link}, ["page"])
    long = "word " * 80
    root = drawn(Box(0, long.strip(), "note", "claim"), title="What", description="All of it")
    assert root.get("role") == "img"
    named = {element.get("id"): element.text for element in root if element.get("id")}
    assert [named[name] for name in str(root.get("aria-labelledby")).split()] == ["What", "All of it"]
    assert told(root) == [("claim", f"{long.strip()} · note")]
    lines = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert (lines[-2][-1], lines[-1]) == ("…", "note")
    assert "prefers-color-scheme:dark" in (root.findtext(f"{SVG}style") or "")


def test_a_proof_as_a_drawing(kg: cg.KnowledgeGraph) -> None:
    """Axioms and statements, each opened once, what was told before marked; each claim once, a link to its page; the
    conflict in words, with the decision and the claims that lost. Of what was computed the conflict comes first."""
    found = kg.why("instrument:protocol-unodc", "engages", "United Nations")
    root = ElementTree.fromstring(found.to_svg())
    kinds, titles = zip(*told(root), strict=True)
    assert len([kind for kind in kinds if kind in ("asserted", "axiom", "derived")]) == len(found.steps) == 12
    assert (kinds.count("plain"), kinds.count("claim")) == (1, len(found.claims))
    assert titles[0].endswith("follows by prp-spo2: a chain of properties adds up to one property")
    assert any("F107 S34" in title for title in titles)
    title = "Protocol of cooperation between the CSTO Secretariat and UNODC — engages — United Nations"
    assert root.findtext(f"{SVG}title") == title
    assert "Протокол о сотрудничестве" in found.to_svg("ru")
    assert found.to_svg() == kg.why("instrument:protocol-unodc", "engages", "UN").to_svg()
    found = kg.why("event:signing-protocol-unodc", "date")
    root = ElementTree.fromstring(found.to_svg())
    kinds, titles = zip(*told(root), strict=True)
    assert kinds == ("asserted", "claim", "claim", "claim", "conflict", "claim")
    assert titles[-2].startswith("Where sources disagree: Date: Signing of Protocol")
    assert "decided ✓ [1, 2, 3]; why: The UN released the news" in titles[-2]
    assert titles[-1].startswith("– The protocol with UNODC was signed on 5 March 2006.")
    addresses = [link.get("href", "") for link in root.iter(f"{SVG}a")]
    assert {claim["source"]["address"] for claim in found.document()["claims"]} < set(addresses)
    assert "why: The UN released" in (root.findtext(f"{SVG}desc") or "")
    computed = ElementTree.fromstring(kg.run("instruments", partner="UNODC").why(0, "disputed").to_svg())
    assert [kind for kind, _ in told(computed)][:2] == ["conflict", "claim"]
    assert computed.findtext(f"{SVG}title") == "disputed — true"
