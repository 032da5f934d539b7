"""The Python interface: loading, asking, finding, showing, validating and taking away."""

from __future__ import annotations

import datetime
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import closing
import pyoxigraph as ox
import pytest

import csto_graph as cg
from csto_graph import errors
from csto_graph.loading import view
from csto_graph.names import PREFIXES, curie, iri
from csto_graph.rdf.terms import to_rdflib

TURTLE = "".join(f"@prefix {name}: <{namespace}> .\n" for name, namespace in PREFIXES.items())


def written(folder: Path, body: str, name: str = "mine.ttl") -> Path:
    path = folder / name
    path.write_text(TURTLE + body, encoding="utf-8", newline="\n")
    return path


def rows(table: cg.Table) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in table]


@pytest.fixture(params=["memory", "disk"])
def size(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the user's data count as small, or as large."""
    monkeypatch.setenv("CSTO_GRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(view, "LARGE", 0 if request.param == "disk" else 10**9)


def test_the_package_exports_what_it_names():
    assert cg.__all__ == sorted(cg.__all__)
    assert set(cg.__all__) <= set(dir(cg))
    assert all(getattr(cg, name) is not None for name in cg.__all__)
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        cg.nothing_of_the_kind  # noqa: B018


def test_only_means_only(tmp_path: Path):
    """Nothing of ours takes part, in statements, conclusions, counts, names and shapes, unless it is asked for."""
    path = written(tmp_path, "<urn:s> a skos:ConceptScheme ; dcterms:title 't' ; skos:prefLabel 's' .")
    shapes = written(tmp_path, "<urn:S> a sh:NodeShape ; sh:targetClass skos:ConceptScheme ;"
                     " sh:property [ sh:path dcterms:title ; sh:minCount 1 ] .", "shapes.ttl")  # fmt: skip
    own = cg.load(path, only=True, shapes=shapes)
    assert own.files == cg.load(str(path), only=True).files == (str(path),)
    assert {quad.subject.value for quad in own.quads()} == {"urn:s"}
    assert len(own) == len(own.asserted) == 3
    assert (closing.derivations(own), own.find("resolution"), "coop:Resolution" in own) == ({}, [], False)
    assert not any(own.validate().counts().values())
    with_ours = cg.load(path, only=True, ontology=True, shapes=shapes)
    assert not with_ours.validate().conforms()  # our own schemes have no dcterms:title
    assert len(with_ours) > 1000
    assert cg.load(path, only=True, ontology=True, shapes=shapes, house_shapes=False).shapes == own.shapes
    for house, way in ((True, "add those of the project: --with-ontology"), (False, "take --own-shapes-only out")):
        with pytest.raises(errors.UsageError, match="no shapes to check by") as told:
            cg.load(path, only=house, house_shapes=house).validate()
        assert way in told.value.hint


def test_a_canned_query_without_its_vocabulary_says_so(tmp_path: Path, league: cg.KnowledgeGraph):
    """It names the option; with it, or where the data bring the terms along, the rows are what they were."""
    with pytest.raises(errors.UsageError, match=r"'instruments' asks in terms that are not declared here") as told:
        cg.load(written(tmp_path, "<urn:s> a coop:Resolution ."), only=True).run("instruments")
    assert "--with-ontology" in told.value.hint
    league.export(tmp_path / "whole.ttl")
    again = cg.load(tmp_path / "whole.ttl", only=True)
    assert rows(again.run("instruments")) == rows(league.run("instruments"))
    assert league["Harbour League"].curie == "organization:harbour-league"
    with pytest.raises(errors.UnknownName):
        league["organization:unodc"]
    members = {row.who.curie for row in league.run("members", about="HL", as_of="2006")}
    assert members == {"state:cliffland", "state:moorland", "state:tideland"}


@pytest.mark.usefixtures("size")
def test_contradictory_data_can_be_asked_checked_and_taken_away(tmp_path: Path):
    """With the reasoner ``none`` nothing is concluded by OWL, and nothing is refused."""
    path = written(tmp_path, "<urn:A> owl:disjointWith <urn:B> . <urn:a> a <urn:A> , <urn:B> .")
    with pytest.raises(errors.Inconsistent) as told:
        cg.load(path, only=True)
    assert "--reasoner none" in told.value.hint
    own = cg.load(path, only=True, ontology=True, reasoner="none")
    assert own.sparql("ASK { <urn:a> a <urn:A> , <urn:B> }").boolean
    assert "cax-sco" not in {step.rule for step in closing.derivations(own).values()}
    own.validate()
    own.export(tmp_path / "out.nt", what="data")
    assert (tmp_path / "out.nt").read_text().count("<urn:a> ") == 2


def test_a_value_that_is_not_there_may_be_a_literal(tmp_path: Path):
    """Also of a property whose values are things and literals; an IRI that nothing has stays an unknown thing."""
    own = cg.load(written(tmp_path, "<urn:a> <urn:p> <urn:b> , 5 , 't' ."), only=True)
    for text in ("6", "zz"):
        assert not own.why_not("urn:a", "urn:p", text).holds
    with pytest.raises(errors.UnknownName):
        own.why_not("urn:a", "urn:p", "http://x.example/none")


@pytest.mark.usefixtures("size")
def test_what_contradicts_itself_is_validated_all_the_same(tmp_path: Path):
    """Every time, with what follows from it; the contradiction is handed over, or raised where nobody takes it."""
    text = "<urn:a> a coop:Source ; dcterms:date 'abc'^^xsd:date . <urn:b> a skos:Concept , owl:Nothing ."
    path = written(tmp_path, text)
    (tmp_path / "broken.ttl").write_text("<urn:a> <urn:b> .")
    shapes = written(tmp_path, "<urn:S> sh:targetSubjectsOf dcterms:date ;"
                     " sh:property [ sh:path dcterms:date ; sh:datatype xsd:date ] .", "shapes.ttl")  # fmt: skip
    graph = cg.load(only=True, shapes=[str(shapes)])
    with pytest.raises(errors.Inconsistent):
        graph.validate(path)
    for _ in range(2):
        problems: list[errors.GraphError] = []
        report = graph.validate([path, tmp_path / "broken.ttl"], problems=problems)
        assert [finding.component for finding in report.findings] == ["DatatypeConstraintComponent"]
        assert [type(problem) for problem in problems] == [errors.Inconsistent, errors.InputError]
        assert "dt-not-type" in str(problems[0]) or "cls-nothing2" in str(problems[0])
        with pytest.raises(errors.Inconsistent):
            cg.load(path, only=True)


@pytest.mark.usefixtures("size")
def test_relative_iris_are_resolved(tmp_path: Path):
    """Against the base that is given, else against the address of the file, which is then noted, every time."""
    files = {
        "a b.ttl": "<> a owl:Ontology . <#me> foaf:name 'N' .",
        "c.jsonld": '{"@id": "#me", "http://xmlns.com/foaf/0.1/name": "N"}',
        "d.rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:f="http://xmlns.com/foaf/0.1/">'
        '<rdf:Description rdf:about="#me"><f:name>N</f:name></rdf:Description></rdf:RDF>',
    }
    prefixes = "PREFIX owl: <http://www.w3.org/2002/07/owl#> PREFIX foaf: <http://xmlns.com/foaf/0.1/>\n"
    for name, text in files.items():
        file = tmp_path / name
        file.write_text(prefixes + text if name.endswith("ttl") else text, encoding="utf-8")
        based = cg.load(file, only=True, base="https://example.org/x/y")
        assert "https://example.org/x/y#me" in based
        assert based.notes == []
        for _ in range(2):
            by_itself = cg.load(file, only=True)
            assert f"{file.as_uri()}#me" in by_itself
            (note,) = by_itself.notes
            assert note.startswith(f"{file}: Relative IRIs in it are resolved against its own address")


def test_labels_come_in_the_language_of_the_graph(kg: cg.KnowledgeGraph):
    """The language is a choice of the graph, and of each call."""
    russian = cg.load(language="ru")
    assert russian["UNODC"].label().startswith("Управление")
    assert russian["UNODC"].label("en") == kg["UNODC"].label() == "United Nations Office on Drugs and Crime"
    assert kg["UNODC"].label("ru") == russian["UNODC"].label()
    assert kg.label("urn:nothing") == "urn:nothing"
    assert russian.run("members", about="CSTO", as_of="2013")[0].who.label == "Армения"


def test_a_type_that_is_a_text_or_a_blank_node_does_no_harm(tmp_path: Path):
    """The index of what is loaded when stays sound whatever a file of a user has for a type."""
    body = '<urn:a> a "two words\\nand a line" , _:b , <urn:c> ; <urn:p> "kept" .\n_:b a <urn:c> .'
    own = cg.load(written(tmp_path, body), only=True, ontology=True)
    assert own.objects("urn:a", "urn:p") == [ox.Literal("kept")]
    kinds = {str(term) for term in own.objects("urn:a", iri("rdf:type"))}
    assert kinds == {str(ox.Literal("two words\nand a line")), "<urn:c>"}
    assert own["urn:a"].iri == "urn:a"


def test_run_gives_rows_of_python_values(kg: cg.KnowledgeGraph):
    """Who, what, when, where, as values and not as terms."""
    table = kg.run("instruments", about="CSTO", partner="UNODC")
    (row,) = table
    assert row.instrument.curie == "instrument:protocol-unodc"
    assert row.date == row["date"] == datetime.date(2006, 4, 5)
    assert row.place.label == "Vienna"
    assert row.disputed is True
    assert "5 March" not in repr(table)
    assert "<table" in table._repr_html_()
    (stated,) = kg.run("instruments", about="CSTO", partner="UNODC", reading="source")
    assert stated.date == datetime.date(2006, 3, 5)
    assert rows(kg.run("instruments", party="SCO")) == rows(kg.run("instruments", about="SCO")) != []
    none = kg.run("instruments", partner="UNDP")
    assert len(none) == 0
    assert none.searched["sources"] > 80
    assert none.searched["until"] >= "2024"


def test_select_binds_terms_and_python_values(kg: cg.KnowledgeGraph):
    """The fourth example of the design, and every kind of value once."""
    table = kg.select("SELECT ?s WHERE { ?s a $class }", {"class": kg.iri("coop:Protocol")}, timeout=20.0)
    assert {row.s.curie for row in table} >= {"instrument:protocol-unodc", "instrument:protocol-iom"}
    values = {
        "a": True, "b": 7, "c": 0.5, "d": "organization:unodc", "e": ox.Literal("слово", language="ru"),
        "f": kg.iri("coop:Claim"), "g": kg["UNODC"],
    }  # fmt: skip
    chosen = " ".join(f"(${name} AS ?{name}_)" for name in values)
    (row,) = kg.select(f"SELECT {chosen} WHERE {{}}", values)
    assert [row.a_, row.b_, str(row.c_), row.d_, row.e_] == [True, 7, "0.5", "organization:unodc", "слово"]
    assert [row.f_.curie, row.g_.curie] == ["coop:Claim", "organization:unodc"]


REFUSED: list[tuple[Any, type[errors.GraphError], str]] = [
    (lambda _: cg.load(reasoner="magic"), errors.UnknownName, "Did you mean rules or owlrl or none"),
    (lambda _: cg.load(base="here"), errors.UsageError, "is no IRI"),
    (lambda _: cg.load([3]), errors.UsageError, "as text"),  # type: ignore[list-item]
    (lambda kg: kg.run("members", about="CSTO", reading="mine"), errors.UnknownName, "curated or source"),
    (lambda kg: kg.run("instruments", about="SCO", party="CIS"), errors.UsageError, "another name of 'about'"),
    (lambda kg: kg.run("timeline", since="2018", until="2010"), errors.BadParameter, "later than 'since'"),
    (lambda kg: kg.run("conflicts", language="fr"), errors.BadParameter, "one of en, ru"),
    (lambda kg: kg[5], errors.UsageError, "5 is no text"),
    (lambda _: cg.load(endpoint=3), errors.UsageError, "3 is no text"),  # type: ignore[arg-type]
    *(
        (lambda kg, door=door: getattr(kg, door)(b"x"), errors.UsageError, "is no text")
        for door in ("sparql", "select", "run", "find", "why", "iri", "resolve")
    ),
    (lambda kg: kg.iri("no iri"), errors.UsageError, "no IRI"),
    (lambda kg: kg.select("ASK { }"), errors.QueryError, "SELECT"),
    (lambda kg: kg.select("SELECT ?v { BIND($v AS ?v) }", {"v": object()}), errors.UsageError, "bound"),
    (lambda kg: kg.select("SELECT ?s { ?s ?p ?o }", limit=10), errors.LimitReached, "10"),
    (lambda kg: kg.export("d.csv"), errors.UnknownName, "format"),
    (lambda kg: kg.validate("mine.ttl"), errors.InputError, "mine.ttl:2:"),
]


@pytest.mark.parametrize(("ask", "kind", "said"), REFUSED)
def test_what_cannot_be_done_is_said(
    kg: cg.KnowledgeGraph, ask: Any, kind: type[errors.GraphError], said: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """Names, formats, values, queries and files that are none: an error that names them, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    Path("mine.ttl").write_text("@prefix x: <urn:x:> .\nx:a ;; broken", encoding="utf-8")
    with pytest.raises(kind, match=said):
        ask(kg)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.ttl"]
    assert ("UNODC" in kg, "nobody at all" in kg, 5 in kg) == (True, False, False)


def test_threads_get_the_rows_of_one(kg: cg.KnowledgeGraph):
    """Eight threads ask one fresh graph at once; each gets what one alone gets."""
    csto = {"about": "CSTO"}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("instruments", {"partner": "UNODC"}), ("members", {**csto, "as_of": "2010-03-18"}), ("chairs", csto),
        ("resolutions", {}), ("conflicts", {}), ("line", {"about": "A/RES/71/12"}), ("timeline", {}),
    ]  # fmt: skip
    expected = [rows(kg.run(name, **values)) for name, values in asked]
    for seed in range(3):
        fresh = cg.load()
        order = random.Random(seed).sample(range(len(asked)), len(asked)) * 2
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda at, graph=fresh: rows(graph.run(asked[at][0], **asked[at][1])), order))
        assert found == [expected[at] for at in order]


def test_a_thing_tells_its_facts(kg: cg.KnowledgeGraph):
    """Names, types, values, facts with their claims, and what was derived marked as such."""
    thing = kg["instrument:protocol-unodc"]
    assert str(thing) == thing.label() == kg.label(thing.iri)
    assert thing.types[0] == iri("coop:Protocol")
    assert iri("coop:AgreedInstrument") in thing.types
    facts = {(curie(fact.property), fact.value): fact for fact in thing.facts()}
    party = facts["coop:party", kg.iri("organization:unodc")]
    assert party.text == "United Nations Office on Drugs and Crime"
    assert not party.derived
    assert {iri("coop:Claim") in kg.types(claim) for claim in party.claims} == {True}
    assert any(fact.derived for fact in thing.facts())
    own = thing.facts(parts=False)
    assert own == sorted(own, key=lambda fact: fact.derived) == thing.facts()[: len(own)]
    assert {fact.text for fact in thing.facts("ru")} != {fact.text for fact in thing.facts()}
    assert kg["UNODC"].names("skos:altLabel")
    assert kg["CTED"].names("skos:hiddenLabel")
    found = [(curie(name), other.curie) for name, other in thing.incoming()]
    assert ("coop:concerns", "event:signing-protocol-unodc") in found
    assert len(found) == len(set(found))
    assert not any(name.startswith("claim:") for _, name in found)


def test_a_thing_leads_to_its_sources(kg: cg.KnowledgeGraph):
    """One step from the statement to the claim, one more to source and passage."""
    signing = kg["event:signing-protocol-unodc"]
    supports = signing.supports()
    assert supports[0].passages
    assert all(support.statement and support.source for support in supports)
    assert all(curie(one.corroboration).startswith("corroboration:") for one in supports if not one.opinion)
    assert not {support.statement for support in signing.supports("ru")} & {support.statement for support in supports}
    assert {source.curie for source in signing.sources} == {curie(support.source) for support in supports}
    assert {iri("coop:Conflict") in conflict.types for conflict in signing.conflicts} == {True}


def test_things_and_graphs_show_themselves(kg: cg.KnowledgeGraph, tmp_path: Path):
    """What a notebook shows is true, short and safe."""
    thing = kg["UNODC"]
    assert repr(thing) == "<Thing organization:unodc: United Nations Office on Drugs and Crime>"
    assert len({thing, kg["unodc"], kg["organization:unodc"]}) == 1
    assert thing != "organization:unodc"
    assert repr(kg) == f"<KnowledgeGraph {len(kg):,} statements · {len(kg.queries)} queries>"
    assert len(kg) == len(list(kg.quads())) > 20_000
    hostile = '<urn:x:1> a coop:Memorandum ; skos:prefLabel "<script>alert(1)</script>"@en ; coop:wording "<b>&" .'
    shown = cg.load(written(tmp_path, hostile), only=True, ontology=True)["urn:x:1"]._repr_html_()
    assert ("<script>" in shown, "<b>" in shown, "&lt;script&gt;" in shown) == (False, False, True)


def test_the_rdflib_graph_holds_the_same_terms(league: cg.KnowledgeGraph):
    """``graph`` is the union of all named graphs for rdflib, every literal as it was written."""
    expected = {tuple(to_rdflib(term) for term in quad.triple) for quad in league.quads()}
    assert set(league.graph) == expected


def test_partial_loading_equals_full_loading(kg: cg.KnowledgeGraph):
    """For every property: the values, subjects and labels that a graph gives which has loaded only that one."""
    chance = random.Random(7)
    by_predicate: dict[str, list[ox.Quad]] = {}
    for quad in kg.quads():
        if isinstance(quad.subject, ox.NamedNode):
            by_predicate.setdefault(quad.predicate.value, []).append(quad)
    for predicate, stated in sorted(by_predicate.items()):
        fresh = cg.load()
        fresh._engines["curated"] = type(kg.engine())(kg.engine().nquads)
        for quad in chance.sample(stated, min(3, len(stated))):
            subject = quad.subject.value
            assert set(fresh.objects(subject, predicate)) == set(kg.objects(subject, predicate))
            assert quad.object in fresh.objects(subject, predicate) or isinstance(quad.object, ox.BlankNode)
            if isinstance(quad.object, ox.NamedNode):
                found, wanted = (sorted(one.subjects(predicate, quad.object.value)) for one in (fresh, kg))
                assert found == wanted
            assert fresh.label(subject) == kg.label(subject)


def test_things_without_a_label_go_by_symbol_or_slug(tmp_path: Path) -> None:
    body = """
        instrument:ml-1 a coop:Resolution ; coop:symbol "ML/R/1" .
        event:a a coop:Adoption ; coop:concerns instrument:ml-1 ; coop:date "2019"^^xsd:gYear .
        event:b a coop:Signing ; coop:concerns instrument:ml-2 ; coop:date "2020"^^xsd:gYear .
    """
    league = cg.load(written(tmp_path, body), only=True, ontology=True)
    assert [str(row.event) for row in league.run("timeline")] == ["Adoption of ML/R/1", "Signing of ml-2"]
    assert league.label("https://w3id.org/csto-un/id/instrument/ml-1") == "ML/R/1"
