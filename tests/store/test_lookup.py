"""From words to things: what people type, in any case, language and spelling, and what finds nothing."""

from __future__ import annotations

import csv
import tracemalloc
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import csto_graph as cg
from csto_graph import errors
from csto_graph.loading import view
from csto_graph.names import curie, iri, normal
from csto_graph.store import engine as lookup
from csto_graph.store.oxigraph import Oxigraph

LOOKUPS = list(csv.DictReader((Path(__file__).parents[1] / "find.csv").read_text(encoding="utf-8").splitlines()))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> cg.KnowledgeGraph:
    """A graph of names alone, made so that each rule of order decides once."""
    path = tmp_path_factory.mktemp("names") / "names.ttl"
    path.write_text(
        """
        @prefix coop: <https://w3id.org/csto-un/ontology#> .
        @prefix event: <https://w3id.org/csto-un/id/event/> .
        @prefix instrument: <https://w3id.org/csto-un/id/instrument/> .
        @prefix organization: <https://w3id.org/csto-un/id/organization/> .
        @prefix person: <https://w3id.org/csto-un/id/person/> .
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        @prefix prov: <http://www.w3.org/ns/prov#> .
        instrument:identified a coop:Resolution ; coop:symbol "QX/12/7" ; skos:prefLabel "Paper of the crane"@en .
        instrument:other-end a coop:Resolution ; coop:symbol "QZ/112/7" ; skos:prefLabel "Paper of the heron"@en .
        instrument:twin-a a coop:Resolution ; coop:symbol "QX/9/9" ; skos:prefLabel "Twin"@en .
        instrument:twin-b a coop:Resolution ; coop:symbol "QY/9/9" ; skos:prefLabel "Twin"@en .
        organization:acronym a coop:Body ; skos:prefLabel "Body of cranes"@en ; skos:altLabel "Crane"@en .
        organization:label a coop:Body ; skos:prefLabel "Crane"@en, "Журавль"@ru .
        organization:misnomer a coop:Body ; skos:prefLabel "House of herons"@en ; skos:hiddenLabel "Crane"@en .
        organization:start a coop:Body ; skos:prefLabel "Crane lovers"@en .
        organization:middle a coop:Body ; skos:prefLabel "Lovers of the crane"@en, "Ёлка"@ru .
        organization:shared a coop:Body ; skos:prefLabel "Bittern"@en .
        person:shared a prov:Person ; skos:prefLabel "Bittern"@en .
        event:shared a coop:Event ; skos:prefLabel "Bittern"@en .
        """,
        encoding="utf-8",
    )
    return cg.load(path, only=True, ontology=True)


def found(graph: cg.KnowledgeGraph, words: str, **options: object) -> list[str]:
    return [curie(match.iri) for match in graph.find(words, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("  The  United Nations ", "the united nations"), ("ЧЁРНЫЕ", "черные"), ("черные", "черные"),
        ("Kéréně", "kerene"), ("A/RES/64/256", "a res 64 256"), ("«ОДКБ»", "одкб"), ("UN_CTED", "un cted"),
        ("Straße", "strasse"), ("ﬁre", "fire"), ("…", ""), ("", ""), ("Й", "й"), ("№ 5", "no 5"), ("２０１０", "2010"),
        ("İ", "i"), ("Глава XIV, I", "глава 14 i"), ("ẞß", "ssss"), ("A/b, В-г", "a b в г"),
    ],
)  # fmt: skip
def test_normal_form(written: str, form: str):
    """Case, accents, ё, punctuation, width, ligatures and composition do not matter; twice changes nothing."""
    assert normal(written) == normal(form) == form
    for way in ("NFC", "NFD"):
        assert normal(unicodedata.normalize(way, written)) == form


def test_order_is_acronym_label_misnomer_then_parts(names: cg.KnowledgeGraph):
    """Whole names first, by role; then names that begin so; then those that hold the words, the shorter first."""
    assert found(names, "crane") == [
        "organization:acronym", "organization:label", "organization:misnomer", "organization:start",
        "organization:middle", "instrument:identified",
    ]  # fmt: skip
    roles = [(match.role, match.exact) for match in names.find("crane")]
    assert roles[:4] == [("alternative", True), ("label", True), ("misnomer", True), ("label", False)]
    assert found(names, "crane", limit=2) == ["organization:acronym", "organization:label"]
    assert found(names, "crane", limit=0) == []


def test_whom_a_text_names(names: cg.KnowledgeGraph):
    """``12/7`` is the end of one symbol and not of ``112/7``; a beginning is none. Two of one kind with one name or
    ending are both named in the error; an organization comes before a person before an event, unless told otherwise."""
    assert found(names, "12/7")[0] == "instrument:identified"
    assert "instrument:other-end" not in found(names, "12/7")
    assert names["12/7"].curie == names["qx 12 7"].curie == "instrument:identified"
    assert found(names, "QX/12") == []
    with pytest.raises(errors.UnknownName):
        names["QX/12"]
    for words in ("Twin", "9/9"):
        with pytest.raises(errors.BadParameter) as caught:
            names.resolve(words, parameter="act")
        assert caught.value.suggestions == ["instrument:twin-a", "instrument:twin-b"]
        assert (caught.value.parameter, caught.value.exit_code) == ("act", 2)
    assert names["bittern"].curie == "organization:shared"
    assert curie(names.resolve("bittern", of="prov:Person")) == "person:shared"
    assert found(names, "bittern") == ["organization:shared", "person:shared", "event:shared"]
    assert found(names, "bittern", of="coop:Event") == ["event:shared"]


def test_a_class_or_scheme_narrows(kg: cg.KnowledgeGraph):
    """``of`` takes a class, also an inferred one, or a concept scheme; addresses are held to it too."""
    assert curie(kg.resolve("UNODC", of="coop:Body")) == "organization:unodc"
    assert found(kg, "UNODC", of="coop:Protocol") == ["instrument:protocol-unodc"]
    assert {name.partition(":")[0] for name in found(kg, "terrorism", of="vocab:area")} == {"area"}
    for text in ("UNODC", "organization:unodc", iri("organization:unodc")):
        assert "organization:unodc" not in found(kg, text, of="coop:Instrument")
        with pytest.raises(errors.UnknownName, match="no instrument"):
            kg.resolve(text, of="coop:Instrument")
    with pytest.raises(errors.UnknownName, match="concept"):
        kg.resolve("UNODC", of="vocab:area")


def test_a_long_text_is_not_tried_in_all_ways(kg: cg.KnowledgeGraph):
    """Its words have hundreds of thousands of parts: whoever types it would fill the memory with them."""
    kg.find("what is read once")
    tracemalloc.start()
    try:
        assert kg.find(" ".join(f"resolution{at}" for at in range(600))) == []
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_addresses_find_just_their_thing(kg: cg.KnowledgeGraph):
    """IRI and CURIE, with spaces around, find that thing or nothing; so do words without letters."""
    for text in ("organization:unodc", iri("organization:unodc"), "  organization:unodc\n"):
        assert found(kg, text) == ["organization:unodc"]
        assert kg[text].curie == "organization:unodc"
    for text in ("organization:nothing", "https://example.org/", "urn:nothing", "http://a b>", "", " ", "…", "xyzzyq"):
        assert found(kg, text) == []
        with pytest.raises(errors.UnknownName):
            kg[text]


WORDS = [
    ("64/256", "instrument:a-res-64-256"), ("a/res/64/256", "instrument:a-res-64-256"),
    ("UNCCD CTC", "organization:cted"), ("МОМ", "organization:iom"), ("ОДКБ", "organization:csto"),
    ("csto", "organization:csto"), ("управление оон по наркотикам и преступности", "organization:unodc"),
    ("Ban Ki-moon", "person:ban-ki-moon"), ("ban ki moon", "person:ban-ki-moon"), ("United Nations", "organization:un"),
    ("GA", "organization:unga"), ("РФ", "state:russia"), ("ИДКТК", "organization:cted"),
    ("ЮНОДК", "organization:unodc"), ("в ГА", "organization:unga"),
    *((words, "organization:unodc") for words in ("unodc", "UNODC", "ＵＮＯＤＣ", " unodc ", "U\u0301NODC")),
]  # fmt: skip


@pytest.mark.parametrize(("words", "expected"), WORDS + [(row["words"], row["expected"]) for row in LOOKUPS])
def test_what_people_type(kg: cg.KnowledgeGraph, words: str, expected: str):
    """Acronyms, symbols and their ends, misnomers, labels, in any case, width and spelling: the right thing first."""
    assert len({row["words"] for row in LOOKUPS}) == len(LOOKUPS) >= 200  # a list that lost its rows must not pass
    assert (found(kg, words)[0], kg[words].curie) == (expected, expected)


@pytest.mark.parametrize("words", ["joint declaration", "совместной декларации"])
def test_the_instance_comes_before_its_kind_and_the_others_are_told(kg: cg.KnowledgeGraph, words: str):
    """The kind itself, and the other declaration, are named; a name of one thing only names no others."""
    assert kg[words].curie == "instrument:joint-declaration-2010"
    others = {curie(match.iri) for match in kg.lookup.others(words)}
    assert others >= {"kind:joint-declaration", "instrument:joint-declaration-sco-2010"}
    assert kg.lookup.others("UNODC") == []


def test_claims_and_passages_have_no_place_among_names(kg: cg.KnowledgeGraph):
    """Whatever was loaded before, words lead to things and not to what is said of them."""
    engine = Oxigraph(kg.engine().nquads)
    before = [curie(match.iri) for match in lookup.Lookup(engine).find("resolution", limit=500)]
    engine.loaded()
    after = [curie(match.iri) for match in lookup.Lookup(engine).find("resolution", limit=500)]
    assert after == before == found(kg, "resolution", limit=500)
    assert len(before) > 10
    assert not [name for name in before if name.startswith(("claim:", "passage:"))]


@pytest.mark.parametrize(
    ("wrong", "suggested"),
    [
        ("UNDOC", "UNODC"), ("organization:undoc", "UNODC"), ("A/RES/64/265", "A/RES/64/256"),
        ("Untied Nations", "United Nations"), ("Guterrez", "António Guterres"), ("резолюция 7/12", "71/12"),
        ("Масадиков", "Таалатбек Масадыков"), ("terorism", "countering terrorism"),
        ("Организация Обединенных Нации", "Организация Объединённых Наций"),
    ],
)  # fmt: skip
def test_a_near_miss_is_answered_with_names(kg: cg.KnowledgeGraph, wrong: str, suggested: str | None):
    """The error has what was probably meant; part of a name that fits several is none."""
    with pytest.raises(errors.UnknownName) as caught:
        kg[wrong]
    assert caught.value.name == wrong
    assert len(caught.value.suggestions) <= 3
    assert suggested is None or any(suggested.casefold() in name.casefold() for name in caught.value.suggestions)
    for name in kg.lookup.near(wrong, of="org:Organization"):
        assert kg.resolve(name, of="org:Organization")


@settings(max_examples=100, deadline=None)
@given(st.one_of(texts, st.text("/:.#<>{}|^`\\ abcА\n\0\ud800", max_size=12), st.text(max_size=8)))
@example("")
@example(":")
@example("://")
@example("coop:")
@example("coop:\\")
@example("https://w3id.org/csto-un/id/organization/<>")
@example("\ud800")
@example("urn:\ud800")
@example("a" * 20_000)
@example("*(")
def test_any_text_finds_or_is_refused(text: str):
    """No text crashes: it finds things, or is unknown or ambiguous in our own words."""
    graph = _shared()
    matches = graph.find(text, limit=3)
    assert all(graph.lookup.exists(match.iri) for match in matches)
    try:
        name = graph.resolve(text)
    except (errors.UnknownName, errors.BadParameter):
        return
    assert graph.lookup.exists(name)
    assert matches[0].iri == name or len(matches) == 3


def _shared(made: list[cg.KnowledgeGraph] = []) -> cg.KnowledgeGraph:  # noqa: B006
    """Hypothesis takes no fixture of one session without a warning; the small graph is made once."""
    if not made:
        made.append(cg.load((Path(__file__).parents[1] / "example.ttl"), only=True, ontology=True))
    return made[0]


@pytest.mark.parametrize("large", [False, True])
def test_names_of_other_vocabularies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool):
    """FOAF, Dublin Core, schema.org and RDFS give names, in any language or none: to find by and to show."""
    monkeypatch.setenv("CSTO_GRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(view, "LARGE", 0 if large else 10**9)
    given = {
        "http://xmlns.com/foaf/0.1/name": '"Ann\\tExample"', "http://purl.org/dc/terms/title": '"Ein Titel"@de',
        "https://schema.org/name": '"Nom"@fr', "http://schema.org/name": '"名前"@ja',
        "http://www.w3.org/2000/01/rdf-schema#label": '"Plain"',
    }  # fmt: skip
    file = tmp_path / "a.nt"
    file.write_text("".join(f"<urn:{at}> <{name}> {text} .\n" for at, (name, text) in enumerate(given.items())))
    own = cg.load(file, only=True)
    for at, name in enumerate(("Ann\tExample", "Ein Titel", "Nom", "名前", "Plain")):
        assert [(match.iri, match.text) for match in own.find(name)] == [(f"urn:{at}", name)]
        assert own.resolve(name.casefold()) == f"urn:{at}"
        assert own.label(f"urn:{at}") == name
