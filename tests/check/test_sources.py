"""Passages: positions and digests that whoever has the text can check, and no text in the graph.

A fictional text shows every case. Where ``CSTO_GRAPH_SOURCES`` names a folder with the real one, that is checked too.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

import csto_graph as cg
from csto_graph.check import sources
from csto_graph.names import PREFIXES, iri
from csto_graph.rdf import turtle

PAGE = iri("source:about-csto-cooperation-with-the-un")
REPORT, DIARY = iri("source:lake-report"), iri("source:lake-diary")
HEAD = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())

TEXT = (
    "Lake Union: a report\n\n"
    "The Union and the Ferry Board met in Port Née on 3 May 2031.\n"
    "They agreed a pact on ice, and a pact on fog 🌫.\n"
    "Back to top\n"
)
CLAIMED = ["The Union and the Ferry Board met", "on 3 May 2031.", "agreed a pact on ice", "a pact on fog 🌫."]
FURNITURE = ["Back to top"]
JOINING = ["They ", "in Port Née", ", and "]


def span(part: str, text: str = TEXT) -> tuple[int, int]:
    start = text.index(part)
    return start, start + len(part)


def passage(start: int, end: int, source: str, text: str, more: str = "") -> str:
    return (
        f"passage:{source}-{start}-{end} a coop:Passage ; oa:hasSource source:{source} ; oa:start {start} ; "
        f"oa:end {end} ; "
        f'coop:digest "{sources.digest(text[start:end])}" {more}.\n'
    )


def pinned(name: str, text: str) -> str:
    return (
        f'source:{name} a coop:PinnedSource ; coop:digest "{sources.digest(text)}" ; coop:length {len(text)} ; '
        f'skos:prefLabel "{name}"@en, "{name}"@ru .\n'
    )


def described() -> str:
    """The statements about the fictional text, and about a shorter one."""
    lines = [HEAD, pinned("lake-report", TEXT), pinned("lake-diary", "Ice again.\n")]
    for part in CLAIMED:
        start, end = span(part)
        lines.append(passage(start, end, "lake-report", TEXT))
        lines.append(
            f"claim:at-{start} a coop:Claim ; coop:about source:lake-report ; "
            f"coop:passage passage:lake-report-{start}-{end} ; "
            f'coop:statement "s"@en, "s"@ru .\n'
        )
    for part, kind in [*((part, "furniture") for part in FURNITURE), *((part, "connective") for part in JOINING)]:
        lines.append(passage(*span(part), "lake-report", TEXT, f"; coop:kind kind:{kind} "))
    lines.append(passage(0, 3, "lake-diary", "Ice again.\n"))
    return "".join(lines)


Maker = Callable[[str], cg.KnowledgeGraph]


@pytest.fixture(scope="module")
def graph_of(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Make a graph of the ontology and these statements alone."""

    def make(text: str) -> cg.KnowledgeGraph:
        path = tmp_path_factory.mktemp("lake") / "lake.ttl"
        path.write_text(text, encoding="utf-8")
        return cg.load(path, only=True, ontology=True)

    return make


@pytest.fixture(scope="module")
def lake(graph_of: Maker) -> cg.KnowledgeGraph:
    return graph_of(described())


@pytest.fixture(scope="module")
def real() -> cg.KnowledgeGraph:
    return cg.load()


@pytest.fixture
def page(real: cg.KnowledgeGraph) -> str:
    """The text of the pinned page, where it is at hand."""
    if not os.environ.get(sources.FOLDER):
        pytest.skip(f"{sources.FOLDER} is not set: the passages were not compared with the text of the page")
    text = sources.known_texts(real).get(PAGE)
    if text is None:
        pytest.skip(f"no text with the digest of the page in the folder that {sources.FOLDER} names")
    return text


# ----------------------------------------------------------------------------------------------------------- coverage


def test_page_is_covered_whole(real: cg.KnowledgeGraph, capsys: pytest.CaptureFixture[str]) -> None:
    """Every code point of each pinned source lies in a claim's passage or in listed furniture; the shares are shown."""
    found = sources.coverage(real)
    assert [each.source for each in found] == [PAGE]
    for each in found:
        with capsys.disabled():
            shares = [f"{100 * part / each.length:.2f} %" for part in (each.claims, each.furniture, each.open)]
            name = each.source.rpartition("/")[2]
            print(f"\n{name}: claims {shares[0]}, furniture and connectives {shares[1]}, open {shares[2]}")  # noqa: T201
        assert each.claims + each.furniture == each.length == 8951
        assert each.open == 0
        assert each.claims > 0.9 * each.length


def test_page_passages_are_well_formed(real: cg.KnowledgeGraph) -> None:
    """Each is a half-open range within the page, with a SHA-256, used by a claim or of a listed kind."""
    found = sources.passages(real, PAGE)
    assert len(found) > 100
    assert found == sorted(found, key=lambda each: (each.start, each.end))
    for each in found:
        assert 0 <= each.start < each.end <= 8951
        assert len(each.digest) == 64
        assert set(each.digest) <= set("0123456789abcdef")
        assert each.role in ("claim", "furniture", "connective"), each.iri
    # An IRI is a position: two passages at one place would be one thing under two names.
    assert len({(each.start, each.end) for each in found}) == len(found)


def test_coverage_of_the_fiction(lake: cg.KnowledgeGraph) -> None:
    """Counted in code points, overlaps once, claims before the rest; what is in neither is open."""
    by_name = {each.source: each for each in sources.coverage(lake)}
    claimed = sum(map(len, CLAIMED))
    rest = sum(map(len, [*FURNITURE, *JOINING]))
    assert by_name[REPORT] == sources.Coverage(REPORT, len(TEXT), claimed, rest, len(TEXT) - claimed - rest)
    assert by_name[DIARY] == sources.Coverage(DIARY, 11, 0, 3, 8)


def test_overlaps_count_once(graph_of: Maker) -> None:
    """Two claims over the same words, and furniture beneath a claim, do not add up to more than there is."""
    start, end = span(CLAIMED[0])
    extra = passage(start, end + 5, "lake-report", TEXT, "; coop:kind kind:furniture ")
    extra += "claim:again a coop:Claim ; coop:about source:lake-report ; coop:passage " + (
        f"passage:lake-report-{start}-{end} ; coop:statement 's'@en, 's'@ru .\n"
    )
    plain, more = (sources.coverage(graph_of(described() + each)) for each in ("", extra))
    report = {each.source: each for each in plain}[REPORT]
    assert {each.source: each for each in more}[REPORT] == report._replace(furniture=report.furniture + 1, open=report.open - 1
    )


# ------------------------------------------------------------------------------------------------------------- verify


def states(checks: list[sources.Check]) -> Counter[str]:
    return Counter(check.state for check in checks)


def test_unchanged_text_is_found(lake: cg.KnowledgeGraph) -> None:
    """Every passage stands at its place and is shown as it stands there."""
    checks = sources.verify(lake, TEXT)
    assert states(checks) == {"found": 8}
    assert {check.text for check in checks} == {*CLAIMED, *FURNITURE, *JOINING}
    assert all(check.start == check.passage.start for check in checks)


def test_shifted_text_is_moved(lake: cg.KnowledgeGraph) -> None:
    """A line before the text moves every passage by its length; none is lost."""
    line = "Printed on Monday\n"
    checks = sources.verify(lake, line + TEXT)
    assert states(checks) == {"moved": 8}
    assert all(check.start == check.passage.start + len(line) for check in checks)
    assert {check.text for check in checks} == {*CLAIMED, *FURNITURE, *JOINING}


def test_changed_clause_is_missing(lake: cg.KnowledgeGraph) -> None:
    """One character else and the clause is gone, the rest stays; it has no place and no text."""
    checks = sources.verify(lake, TEXT.replace("3 May 2031", "4 May 2031"))
    assert states(checks) == {"found": 7, "missing": 1}
    (lost,) = (check for check in checks if check.state == "missing")
    assert (lost.start, lost.text, lost.passage.start) == (None, "", span("on 3 May 2031.")[0])


def test_changed_length_splits_found_and_moved(lake: cg.KnowledgeGraph) -> None:
    """A longer word in the middle: before it found, itself missing, after it moved."""
    checks = sources.verify(lake, TEXT.replace("3 May", "13 May"))
    assert [check.state for check in checks] == ["found", "found", "missing", *["moved"] * 5]


@pytest.mark.parametrize("text", ["", "x", TEXT[:40], TEXT.replace("\n", "\r\n").upper()])
def test_other_texts_are_survived(lake: cg.KnowledgeGraph, text: str) -> None:
    """Empty, short, cut or foreign texts give verdicts, never an error; what is not there is missing."""
    checks = sources.verify(lake, text, REPORT)
    assert len(checks) == 8
    assert all((check.state == "missing") == (check.start is None) for check in checks)
    assert all(text[check.start :].startswith(check.text) for check in checks if check.start is not None)
    assert not text or states(checks)["missing"] > 0


def test_source_is_told_by_its_text(lake: cg.KnowledgeGraph) -> None:
    """Without a name, the source whose digest or passages fit is taken; with one, that."""
    assert {check.passage.source for check in sources.verify(lake, "Ice again.\n")} == {DIARY}
    assert {check.passage.source for check in sources.verify(lake, "! " + TEXT)} == {REPORT}
    assert states(sources.verify(lake, "Ice again.\n", REPORT)) == {"missing": 8}


def test_nothing_to_verify(graph_of: Maker) -> None:
    """Without a pinned source the request makes no sense."""
    empty = graph_of(HEAD + 'source:x a coop:Source ; skos:prefLabel "x"@en .')
    with pytest.raises(cg.errors.UsageError, match="no pinned source"):
        sources.verify(empty, TEXT)


def test_page_is_found_whole(real: cg.KnowledgeGraph, page: str) -> None:
    """With the real text: digest and length of the page, and each passage at its place."""
    assert sources.digest(page) == min(value.value for value in real.objects(PAGE, iri("coop:digest")))
    checks = sources.verify(real, page)
    assert states(checks) == {"found": len(sources.passages(real, PAGE))}
    assert all(check.text == page[check.passage.start : check.passage.end] for check in checks)


def test_page_moved_and_changed(real: cg.KnowledgeGraph, page: str) -> None:
    """With the real text: a line before it moves all passages; a changed clause is missing, and only where it stood."""
    moved = sources.verify(real, "A line of ours\n" + page, PAGE)
    assert "missing" not in states(moved)
    assert states(moved)["moved"] >= 0.9 * len(moved)
    first = max(sources.passages(real, PAGE), key=lambda each: each.end - each.start)
    cut = page[: first.start] + "#" * (first.end - first.start) + page[first.end :]
    broken = {check.passage.iri: check.state for check in sources.verify(real, cut, PAGE)}
    assert broken[first.iri] == "missing"
    for check in sources.passages(real, PAGE):
        if check.end <= first.start or check.start >= first.end:
            assert broken[check.iri] == "found"


# --------------------------------------------------------------------------------------------------------------- cite


def test_cited_words_come_back(lake: cg.KnowledgeGraph, graph_of: Maker) -> None:
    """What cite prints, put into the data, is a passage that verify finds, with exactly those words."""
    made = sources.cite(lake, TEXT, "pact on ice, and")
    again = graph_of(described() + turtle.write(made))
    (check,) = (each for each in sources.verify(again, TEXT) if each.text == "pact on ice, and")
    assert check.state == "found"
    assert check.passage.source == REPORT
    assert (check.passage.start, check.passage.end) == span("pact on ice, and")


def test_white_space_may_differ(lake: cg.KnowledgeGraph) -> None:
    """Words copied from a screen have other line ends; the passage is what stands in the text."""
    made = {triple.predicate.value: triple.object.value for triple in sources.cite(lake, TEXT, " 2031.  They\tagreed ")}
    start, end = span("2031.\nThey agreed")
    assert (int(made[iri("oa:start")]), int(made[iri("oa:end")])) == (start, end)
    assert made[iri("coop:digest")] == sources.digest(TEXT[start:end])


def test_characters_beyond_the_basic_plane_count_once(lake: cg.KnowledgeGraph) -> None:
    """Positions are code points, not bytes and not UTF-16 units."""
    made = {triple.predicate.value: triple.object.value for triple in sources.cite(lake, TEXT, "🌫.\nBack")}
    assert int(made[iri("oa:end")]) - int(made[iri("oa:start")]) == 7


def test_place_taken_by_another_source(lake: cg.KnowledgeGraph, graph_of: Maker) -> None:
    """Where another source has a passage of that name already, the new one is named after its source."""
    taken = graph_of(
        described() + passage(0, 4, "lake-diary", "Ice again.\n").replace("passage:lake-diary-0-4", "passage:0-4")
    )
    assert {triple.subject for triple in sources.cite(lake, TEXT, "Lake")} == {NamedNode(iri("passage:0-4"))}
    assert {triple.subject for triple in sources.cite(taken, TEXT, "Lake")} == {
        NamedNode(iri("passage:lake-report-0-4"))
    }


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        (TEXT, "a treaty on ice", "do not stand"),
        (TEXT, "pact on", r"2 places: \d+, \d+"),
        (TEXT, " \n", "No words"),
        (TEXT, "", "No words"),
        (TEXT, "a pact o[nm] ice", "do not stand"),
        (TEXT + " ", "Lake Union", "SHA-256 differs"),
        ("", "Lake Union", "SHA-256 differs"),
    ],
    ids=["absent", "twice", "blank", "empty", "pattern", "changed-text", "empty-text"],
)
def test_cite_refuses(lake: cg.KnowledgeGraph, text: str, words: str, message: str) -> None:
    """One clear message with what to do; words are words, never a pattern."""
    with pytest.raises(cg.errors.UsageError, match=message) as caught:
        sources.cite(lake, text, words)
    assert caught.value.hint


def test_cite_of_a_named_source(lake: cg.KnowledgeGraph) -> None:
    """A source that is named must be the one whose text it is."""
    assert sources.cite(lake, TEXT, "Ferry Board", REPORT)
    with pytest.raises(cg.errors.UsageError, match="SHA-256 differs"):
        sources.cite(lake, TEXT, "Ferry Board", DIARY)


def test_page_can_be_cited(real: cg.KnowledgeGraph, page: str) -> None:
    """With the real text: the words of a passage lead to that passage's own IRI."""
    checked = 0
    for each in sources.passages(real, PAGE)[::20]:
        words = page[each.start : each.end]
        if page.count(words) == 1 and words == words.strip():
            assert {triple.subject.value for triple in sources.cite(real, page, words)} == {each.iri}
            checked += 1
    assert checked > 3


# ----------------------------------------------------------------------------------------------------- texts and files


def test_known_texts(lake: cg.KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a text whose digest is that of a pinned source is known, under any file name; the rest is passed over."""
    monkeypatch.delenv(sources.FOLDER, raising=False)
    assert sources.known_texts(lake) == {}
    monkeypatch.setenv(sources.FOLDER, str(tmp_path))
    assert sources.known_texts(lake) == {}
    (tmp_path / "changed.txt").write_text(TEXT + "!", encoding="utf-8")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder").mkdir()
    assert sources.known_texts(lake) == {}
    (tmp_path / "any-name").write_bytes(TEXT.encode())
    assert sources.known_texts(lake) == {REPORT: TEXT}
    monkeypatch.setenv(sources.FOLDER, str(tmp_path / "none"))
    assert sources.known_texts(lake) == {}


def test_quote(lake: cg.KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words on one line where the text is known and verified, else the position; nothing for other names."""
    start, end = span(CLAIMED[0])
    name = iri(f"passage:lake-report-{start}-{end}")
    monkeypatch.delenv(sources.FOLDER, raising=False)
    assert sources.quote(lake, [name]) == {name: f"characters {start} to {end}"}
    (tmp_path / "report.txt").write_bytes(TEXT.encode())
    monkeypatch.setenv(sources.FOLDER, str(tmp_path))
    assert sources.quote(lake, [name, iri("passage:0-1")]) == {name: f"“{CLAIMED[0]}”"}


def test_graph_holds_no_text(real: cg.KnowledgeGraph, page: str) -> None:
    """No passage of more than seven words stands in the graph in the page's own words, official titles apart."""
    official = {quad.object.value for quad in real.quads() if quad.predicate.value == iri("coop:officialTitle")}
    literals = {quad.object.value for quad in real.quads() if hasattr(quad.object, "language")} - official
    joined = "\n".join(" ".join(value.split()).casefold() for value in literals)
    copied = [
        each.iri for each in sources.passages(real, PAGE)
        if len((words := " ".join(page[each.start : each.end].split()).casefold()).split()) > 7 and words in joined
    ]  # fmt: skip
    assert copied == []
