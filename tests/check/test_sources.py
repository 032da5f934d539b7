"""Passages: positions and digests that whoever has the text can check, and no text in the graph.

A fictional text shows every case. Where ``CSTO_GRAPH_SOURCES`` names a folder with the real one, that is checked too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from closing import HEAD
from pyoxigraph import NamedNode

import csto_graph as cg
from csto_graph.check import sources
from csto_graph.names import iri
from csto_graph.rdf import turtle

PAGE = iri("source:about-csto-cooperation-with-the-un")
REPORT, DIARY = iri("source:lake-report"), iri("source:lake-diary")

ICE = "Ice again.\n"
TEXT = (
    "Lake Union: a report\n\n"
    "The Union and the Ferry Board met in Port Née on 3 May 2031.\n"
    "They agreed a pact on ice, and a pact on fog 🌫.\n"
    "Back to top\n"
)
CLAIMED = ["The Union and the Ferry Board met", "on 3 May 2031.", "agreed a pact on ice", "a pact on fog 🌫."]
REST = {"Back to top": "furniture", "They ": "connective", "in Port Née": "connective", ", and ": "connective"}


def span(part: str) -> tuple[int, int]:
    start = TEXT.index(part)
    return start, start + len(part)


def passage(start: int, end: int, source: str = "lake-report", text: str = TEXT, more: str = "") -> str:
    return (
        f"selector:{start}-{end} a oa:TextPositionSelector ; oa:start {start} ; oa:end {end} .\n"
        f"passage:{source}-{start}-{end} a coop:Passage ; oa:hasSource source:{source} ; "
        f'oa:hasSelector selector:{start}-{end} ; coop:digest "{sources.digest(text[start:end])}" {more}.\n'
    )


def claim(start: int, end: int) -> str:
    return (
        f"claim:at-{start} a coop:Claim ; coop:about source:lake-report ; "
        f'coop:passage passage:lake-report-{start}-{end} ; coop:statement "s"@en, "s"@ru .\n'
    )


def described() -> str:
    """The statements about the fictional text, and about a shorter one."""
    lines = [HEAD, passage(0, 3, "lake-diary", ICE)]
    for name, text in (("lake-report", TEXT), ("lake-diary", ICE)):
        lines.append(f'source:{name} a coop:PinnedSource ; coop:digest "{sources.digest(text)}" ; '
                     f'coop:length {len(text)} ; skos:prefLabel "{name}"@en, "{name}"@ru .\n')  # fmt: skip
    lines += [passage(*span(part)) + claim(*span(part)) for part in CLAIMED]
    lines += [passage(*span(part), more=f"; coop:kind kind:{kind} ") for part, kind in REST.items()]
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


def test_the_page_is_covered_whole(kg: cg.KnowledgeGraph) -> None:
    """Every code point lies in a claim's passage or in listed furniture; each passage is a half-open range with a
    SHA-256, and two at one place would be one thing under two names."""
    (whole,) = sources.coverage(kg)
    assert sources.shares(whole, "en").count("%") == 3
    assert (whole.source, whole.length, whole.open) == (PAGE, 8951, 0)
    assert whole.claims + whole.furniture == 8951
    assert whole.claims > 0.9 * 8951
    found = sources.passages(kg, PAGE)
    assert len({(each.start, each.end) for each in found}) == len(found) > 100
    assert found == sorted(found, key=lambda each: (each.start, each.end))


def test_coverage_counts_code_points_once(lake: cg.KnowledgeGraph, graph_of: Maker) -> None:
    """Claims go before the rest, two over the same words count once; what is in neither is open."""
    claimed, rest = sum(map(len, CLAIMED)), sum(map(len, REST))
    by_name = {each.source: each for each in sources.coverage(lake)}
    assert by_name[DIARY] == sources.Coverage(DIARY, 11, 0, 3, 8)
    assert by_name[REPORT] == sources.Coverage(REPORT, len(TEXT), claimed, rest, len(TEXT) - claimed - rest)
    start, end = span(CLAIMED[0])
    more = passage(start, end + 5, more="; coop:kind kind:furniture ") + claim(start, end).replace("at-", "again-")
    again = {each.source: each for each in sources.coverage(graph_of(described() + more))}[REPORT]
    assert again == by_name[REPORT]._replace(furniture=rest + 1, open=by_name[REPORT].open - 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(TEXT, ["found"] * 8), ("Printed on Monday\n" + TEXT, ["moved"] * 8),
     (TEXT.replace("3 May 2031", "4 May 2031"), [*["found"] * 2, "missing", *["found"] * 5]),
     (TEXT.replace("3 May", "13 May"), ["found", "found", "missing", *["moved"] * 5])],
    ids=["unchanged", "shifted", "changed", "longer"],
)  # fmt: skip
def test_what_became_of_each_passage(lake: cg.KnowledgeGraph, text: str, expected: list[str]) -> None:
    """At its place, elsewhere by as much as the text was shifted, or gone, without place and words."""
    checks = sources.verify(lake, text)
    assert [check.state for check in checks] == expected
    assert {check.text for check in checks if check.text} >= {*CLAIMED, *REST} - {"on 3 May 2031."}
    for check in checks:
        if check.state == "missing":
            assert (check.start, check.text, check.passage.start) == (None, "", span("on 3 May 2031.")[0])
        else:
            shift = len(text) - len(TEXT) if check.state == "moved" else 0
            assert check.start == check.passage.start + shift


def test_the_source_is_told_by_its_text(lake: cg.KnowledgeGraph, graph_of: Maker) -> None:
    """Without a name, the source whose digest or passages fit is taken; with one, that; without any it is an error."""
    assert {check.passage.source for check in sources.verify(lake, ICE)} == {DIARY}
    assert {check.passage.source for check in sources.verify(lake, "! " + TEXT)} == {REPORT}
    assert [check.state for check in sources.verify(lake, ICE, REPORT)] == ["missing"] * 8
    with pytest.raises(cg.errors.UsageError, match="no pinned source"):
        sources.verify(graph_of(HEAD + 'source:x a coop:Source ; skos:prefLabel "x"@en .'), TEXT)


def test_the_real_page(kg: cg.KnowledgeGraph) -> None:
    """Each passage stands at its place; the words of one lead to its own IRI; and none of more than seven stands in the
    graph, official titles apart."""
    page, passages = sources.known_texts(kg).get(PAGE), sources.passages(kg, PAGE)
    if page is None:
        pytest.skip(f"{sources.FOLDER} names no folder with the text of the page: passages were not compared with it")
    assert sources.digest(page) == min(value.value for value in kg.objects(PAGE, iri("coop:digest")))
    checks = sources.verify(kg, page)
    assert [check.state for check in checks] == ["found"] * len(passages)
    assert all(check.text == page[check.passage.start : check.passage.end] for check in checks)
    one = max(passages, key=lambda each: each.end - each.start)
    made = {triple.subject.value for triple in sources.cite(kg, page, page[one.start : one.end])}
    assert made == {one.iri, one.iri.replace("/passage/", "/selector/")}
    official = {quad.object.value for quad in kg.quads() if quad.predicate.value == iri("coop:officialTitle")}
    literals = {quad.object.value for quad in kg.quads() if hasattr(quad.object, "language")} - official
    joined = "\n".join(" ".join(value.split()).casefold() for value in literals)
    texts = {each.iri: " ".join(page[each.start : each.end].split()).casefold() for each in passages}
    assert [name for name, words in texts.items() if len(words.split()) > 7 and words in joined] == []


@pytest.mark.parametrize(
    ("words", "cited"),
    [("pact on ice, and",) * 2, (" 2031.  They\tagreed ", "2031.\nThey agreed"), ("🌫.\nBack",) * 2],
)
def test_cited_words_come_back(lake: cg.KnowledgeGraph, graph_of: Maker, words: str, cited: str) -> None:
    """What cite gives, put into the data, is a passage that verify finds, with these words as they stand in the text:
    white space may differ, positions are code points, not bytes and not UTF-16 units."""
    again = graph_of(described() + turtle.write(sources.cite(lake, TEXT, words)))
    (check,) = (each for each in sources.verify(again, TEXT) if each.text == cited)
    assert (check.state, check.passage.source) == ("found", REPORT)
    assert (check.passage.start, check.passage.end) == span(cited)


def test_which_passage_and_source_is_meant(lake: cg.KnowledgeGraph, graph_of: Maker) -> None:
    """Where another source has a passage of that name, the new one is named after its source; a source that is named
    must be the one whose text it is."""
    taken = graph_of(described() + passage(0, 4, "lake-diary", ICE).replace("passage:lake-diary-0-4", "passage:0-4"))
    for graph, name in ((lake, "passage:0-4"), (taken, "passage:lake-report-0-4")):
        cited = {triple.subject for triple in sources.cite(graph, TEXT, "Lake", REPORT)}
        assert cited == {NamedNode(iri(name)), NamedNode(iri("selector:0-4"))}
    with pytest.raises(cg.errors.UsageError, match="SHA-256 differs"):
        sources.cite(lake, TEXT, "Ferry Board", DIARY)


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [(TEXT, "a treaty on ice", "do not stand"), (TEXT, "pact on", r"2 places: \d+, \d+"), (TEXT, " \n", "No words"),
     (TEXT, "", "No words"), (TEXT, "a pact o[nm] ice", "do not stand"), ("", "Lake Union", "SHA-256 differs"),
     (TEXT + " ", "Lake Union", "SHA-256 differs")],
)  # fmt: skip
def test_cite_refuses(lake: cg.KnowledgeGraph, text: str, words: str, message: str) -> None:
    """One clear message with what to do; words are words, never a pattern."""
    with pytest.raises(cg.errors.UsageError, match=message) as caught:
        sources.cite(lake, text, words)
    assert caught.value.hint


def test_texts_that_are_known(lake: cg.KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text is known by its digest, under any file name; a passage is shown by its words on one line then, else by its
    position; what is no text, or no passage, is passed over."""
    start, end = span(CLAIMED[0])
    name = iri(f"passage:lake-report-{start}-{end}")
    monkeypatch.delenv(sources.FOLDER, raising=False)
    assert sources.known_texts(lake) == {}
    monkeypatch.setenv(sources.FOLDER, str(tmp_path))
    (tmp_path / "changed.txt").write_text(TEXT + "!", encoding="utf-8")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder").mkdir()
    assert sources.known_texts(lake) == {}
    assert sources.known_texts(lake, altered=True) == {REPORT: TEXT + "!"}
    assert sources.quote(lake, [name]) == {name: f"characters {start} to {end}"}
    (tmp_path / "any-name").write_bytes(TEXT.encode())
    assert sources.known_texts(lake) == {REPORT: TEXT}
    assert sources.quote(lake, [name, iri("passage:0-1")]) == {name: f"“{CLAIMED[0]}”"}
    monkeypatch.setenv(sources.FOLDER, str(tmp_path / "none"))
    assert sources.known_texts(lake) == {}
