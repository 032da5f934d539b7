"""Trees as SVG: well formed whatever the text, nothing drawn over anything else, the same bytes for the same tree."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import csto_graph as cg
from csto_graph.describe import render
from csto_graph.describe.render import Box, tree

SVG = "{http://www.w3.org/2000/svg}"
texts = st.one_of(st.text(max_size=60), st.text("ab <>&\"'\0\x1f\ud800\u202e\ufffe\n—wi", max_size=40))


def boxes(depth: int) -> st.SearchStrategy[Box]:
    below = st.lists(boxes(depth - 1), max_size=3) if depth else st.just([])
    return st.builds(Box, texts, texts, st.sampled_from([*render.KINDS, "unheard-of"]), below)


def drawn(*roots: Box, title: str = "t", description: str = "d") -> ElementTree.Element:
    return ElementTree.fromstring(tree(roots, title=title, description=description).encode("utf-8"))


def rectangles(root: ElementTree.Element) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of each box."""
    found = []
    for rect in root.iter(f"{SVG}rect"):
        if rect.get("class") == "box":
            left, top, width, height = (float(rect.get(name, "nan")) for name in ("x", "y", "width", "height"))
            found.append((left, top, left + width, top + height))
    return found


def told(root: ElementTree.Element) -> list[tuple[str, str]]:
    """Kind and whole text of each box."""
    return [(group.get("class", ""), group.findtext(f"{SVG}title") or "") for group in root.iter(f"{SVG}g")]


def count(box: Box) -> int:
    return 1 + sum(map(count, box.children))


@settings(max_examples=150)
@given(st.lists(boxes(3), max_size=3), texts, texts)
def test_any_tree_is_drawn_well(roots: list[Box], title: str, description: str) -> None:
    """Well-formed XML with a box for each node, inside the sheet, no two over each other, children to the right."""
    root = drawn(*roots, title=title, description=description)
    found = rectangles(root)
    assert len(found) == sum(map(count, roots))
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    for left, top, right, bottom in found:
        assert 0 < left < right < width
        assert 0 < top < bottom < height
    for one, two in combinations(found, 2):
        assert one[2] < two[0] or two[2] < one[0] or one[3] < two[1] or two[3] < one[1]
    assert len(list(root.iter(f"{SVG}path"))) == len(found) - len(roots)
    again = drawn(*roots, title=title, description=description)
    assert ElementTree.tostring(root) == ElementTree.tostring(again)


def test_links_join_a_box_to_its_children() -> None:
    """Each line begins at the right edge of a box and ends at the left edge of another, at half their height."""
    root = drawn(Box("a", children=(Box("b"), Box("c " * 60))))
    first, *others = rectangles(root)
    ends = [tuple(map(float, re.findall(r"-?[\d.]+", path.get("d", "")))) for path in root.iter(f"{SVG}path")]
    assert len(ends) == 2
    for numbers, box in zip(ends, others, strict=True):
        assert numbers[:2] == pytest.approx((first[2], (first[1] + first[3]) / 2), abs=0.06)
        assert numbers[-2:] == pytest.approx((box[0], (box[1] + box[3]) / 2), abs=0.06)


def test_it_can_be_heard_and_read_at_night() -> None:
    """Title and description for those who cannot see it, whole texts in the boxes, colours for dark pages."""
    long = "word " * 80
    root = drawn(Box(long.strip(), "note", "claim"), title="What", description="All of it")
    assert root.get("role") == "img"
    named = {element.get("id"): element.text for element in root if element.get("id")}
    assert [named[name] for name in str(root.get("aria-labelledby")).split()] == ["What", "All of it"]
    assert told(root) == [("claim", f"{long.strip()} · note")]
    lines = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert (lines[-2][-1], lines[-1]) == ("…", "note")
    assert "prefers-color-scheme:dark" in (root.findtext(f"{SVG}style") or "")


@given(texts)
def test_nothing_in_a_text_can_run_or_fetch(text: str) -> None:
    """However a text is made, the drawing has no script, no link, no handler and no address but its namespace."""
    payload = f'</text><script>x()</script><image href="http://example.org/"/>{text}" onload="x()'
    root = drawn(Box(payload, payload), title=payload, description=payload)
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds == {"svg", "title", "desc", "style", "rect", "g", "text"}
    names = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in names if name.startswith("on") or "href" in name]


@pytest.mark.parametrize("link", ["https://a.example/x?y=1&z=2", "HTTP://a.example/%20", "https://пример.рф/"])
def test_a_box_leads_to_an_address(link: str) -> None:
    """The address as it is, escaped, around that box alone."""
    root = drawn(Box("page", link=link, children=(Box("none"),)))
    (found,) = root.iter(f"{SVG}a")
    assert found.attrib == {"href": link}
    assert [text for _, text in told(found)] == ["page"]
    assert len(rectangles(root)) == 2


@given(st.one_of(
    texts,
    st.sampled_from(["javascript:x()", " https://a.example/", "data:text/html,x", "//a.example/", "file:///x", "https://"]),
    texts.map(lambda text: f'https://a.example/" onload="x()<{text}'), texts.map(lambda text: f"https://a.example/{text}"),
))  # fmt: skip
def test_no_other_link_is_drawn(link: str) -> None:
    """Only whole addresses of the web, and nothing that stands in one can become more than an address."""
    root = drawn(Box("page", link=link))
    for found in root.iter(f"{SVG}a"):
        assert found.attrib == {"href": link}
        assert re.match(r"https?://\S+$", link)
        assert not set(link) & set("\u202e\0\ufffe<>\"'")
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]


@settings(max_examples=150)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), max_size=120), st.integers(8, 60))
def test_lines_fit_and_lose_nothing(text: str, room: int) -> None:
    """There are at most five, none much longer than the box, and together they are the text, unless it is too long and
    says so."""
    lines = render.wrapped(text, room)
    assert len(lines) <= 5
    assert all(len(line) <= room / 0.62 + 1 for line in lines)
    whole = "".join(lines).replace(" ", "")
    assert whole == text or text.startswith(whole[:-1])
    assert whole == text or whole.endswith("…")
    assert all(len(line) <= room / 1.3 for line in render.wrapped("ШW" * 60, room)[:-1])


def test_a_wide_tree() -> None:
    """A thousand children are drawn."""
    assert len(told(drawn(Box("node", children=[Box(str(number)) for number in range(1_000)])))) == 1_001


@pytest.fixture(autouse=True)
def _without_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told is the same whether or not this machine has the texts of the sources."""
    monkeypatch.delenv("CSTO_GRAPH_SOURCES", raising=False)


def test_a_proof_as_a_drawing(kg: cg.KnowledgeGraph) -> None:
    """From the statement to axioms, claims and sources; what was told before is marked; each statement opened once."""
    found = kg.why("instrument:protocol-unodc", "engages", "United Nations")
    root = ElementTree.fromstring(found.to_svg())
    kinds, titles = zip(*told(root), strict=True)
    assert len([kind for kind in kinds if kind in ("asserted", "axiom", "derived")]) == len(found.steps) == 12
    assert (kinds.count("plain"), kinds.count("claim")) == (1, 5)
    assert titles[0].endswith("follows by prp-spo2: a chain of properties adds up to one property")
    assert any("characters 8138 to 8221" in title for title in titles)
    title = "Protocol of cooperation between the CSTO Secretariat and UNODC — engages — United Nations"
    assert root.findtext(f"{SVG}title") == title
    assert "Протокол о сотрудничестве" in found.to_svg("ru")
    assert found.to_svg() == kg.why("instrument:protocol-unodc", "engages", "UN").to_svg()


def test_claims_as_a_drawing(kg: cg.KnowledgeGraph) -> None:
    """Several statements of a thing rest on the same claims; each claim has one box, and the numbers refer to it. Of a
    cell without statements the claims are the drawing; of one that was computed the conflict comes first."""
    found = kg.why("UNODC")
    claims = [text for kind, text in told(ElementTree.fromstring(found.to_svg())) if kind == "claim"]
    assert len(claims) == len(set(claims)) == len(found.claims)
    row = kg.run("instruments", partner="UNODC")
    root = ElementTree.fromstring(row.why(0, "disputed").to_svg())
    kinds = [kind for kind, _ in told(root)]
    assert kinds[0] == "conflict"
    assert set(kinds[1:]) == {"claim"}
    assert root.findtext(f"{SVG}title") == "disputed — true"
    drawing = ElementTree.fromstring(row.why(0, "instrument").to_svg())
    assert {kind for kind, _ in told(drawing)} == {"claim", "conflict"}


def test_a_conflict_as_a_drawing(kg: cg.KnowledgeGraph) -> None:
    """It hangs on the statement in words, the decision and the claims that lost; each claim is a link to its page."""
    found = kg.why("event:signing-protocol-unodc", "date")
    root = ElementTree.fromstring(found.to_svg())
    kinds, titles = zip(*told(root), strict=True)
    assert kinds == ("asserted", "claim", "claim", "claim", "conflict", "claim")
    assert titles[-2].startswith("Where sources disagree: Date: Signing of Protocol")
    assert "decided ✓ [1, 2, 3]; why: The UN released the news" in titles[-2]
    assert titles[-1].startswith("– The protocol with UNODC was signed on 5 March 2006.")
    links = [link.get("href", "") for link in root.iter(f"{SVG}a")]
    assert len(links) == 4
    assert {claim["source"]["address"] for claim in found.document()["claims"]} < set(links)
    assert all(any(link in title for title in titles) for link in links)
    assert "why: The UN released" in (root.findtext(f"{SVG}desc") or "")
    assert "Где источники расходятся: Дата" in found.to_svg("ru")
