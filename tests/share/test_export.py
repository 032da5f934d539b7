"""Taking the graph away: every format, every part, every day; the same bytes everywhere, nothing left dangling."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from xml.parsers import expat

import pyoxigraph as ox
import pytest
import rdflib
from exports import EXPECTED, READERS, Lines, canonical, members, plain, text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import csto_graph as cg
from csto_graph import errors
from csto_graph.loading import pipeline
from csto_graph.names import BASE, PREFIXES, curie, iri
from csto_graph.rdf import formats
from csto_graph.rdf.terms import to_rdflib
from csto_graph.share import export as exporting
from csto_graph.store.engine import PARTS, graph_name

GRAPHS = list(READERS)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("part", PARTS)
def test_every_part_in_every_format_comes_back(league: cg.KnowledgeGraph, part: str, monkeypatch):
    """Oxigraph reads what was chosen term for term; N-Quads and TriG keep the names of the graphs. rdflib agrees, with
    its rewriting of literals switched off; blank nodes are only counted there."""
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
    monkeypatch.setattr(rdflib.term, "NORMALIZE_LITERALS", False, raising=False)
    assert set(formats.GRAPHS) == set(GRAPHS)  # A format that joins the registry must join these tests.
    chosen = set(exporting.chosen(league, part))
    assert len(chosen) > 100

    def named(quad: Iterable[object]) -> tuple[object, ...]:
        return tuple(None if isinstance(term, rdflib.BNode) else term for term in quad)

    for name, second in zip(GRAPHS, ("turtle", "trig", "nt", "nquads", "json-ld", "xml"), strict=True):
        written, keeps = text(league, name, what=part), name in ("nquads", "trig")
        wanted = chosen if keeps else set(plain(chosen))
        assert canonical(ox.parse(written, format=READERS[name])) == canonical(wanted), name
        read = rdflib.Dataset()
        read.parse(data=written, format=second)
        told = Counter(named(map(to_rdflib, [*quad][: 3 + keeps])) for quad in wanted)
        assert Counter(named(quad[: 3 + keeps]) for quad in read.quads()) == told, name


def test_parts_are_disjoint_and_make_the_whole(league: cg.KnowledgeGraph):
    """``all`` is data, ontology, claims and derived; shapes and queries stand outside."""
    parts = {part: set(exporting.chosen(league, part)) for part in PARTS}
    inside = [parts[part] for part in ("data", "ontology", "claims", "derived")]
    assert set().union(*inside) == parts["all"]
    assert sum(map(len, inside)) == len(parts["all"])
    assert parts["asserted"] == parts["all"] - parts["derived"]
    assert not parts["all"] & (parts["shapes"] | parts["queries"])
    about = {part: {curie(str(quad.subject)[1:-1]).partition(":")[0] for quad in parts[part]} for part in parts}
    assert about["data"].isdisjoint({"claim", "source", "passage", "selector", "conflict", "coop", "area"})
    assert about["claims"] <= {"claim", "source", "passage", "selector", "conflict", "publisher", "document"}
    assert {"query", "shape"} <= about["queries"] | about["shapes"]


OWN = """@prefix ex: <http://ex.org/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix coop: <https://w3id.org/csto-un/ontology#> .
ex:a ex:p ( 1 2 "01"^^xsd:integer ), () . ex:coll a skos:OrderedCollection ; skos:memberList ( ex:c1 ( ex:c2 ) ) .
ex:c1 a skos:Concept ; skos:inScheme ex:s . ex:s a skos:ConceptScheme . ex:C a owl:Class ; rdfs:subClassOf ex:D ,
  [ a owl:Restriction ; owl:onProperty ex:p ; owl:minCardinality "1"^^xsd:nonNegativeInteger ] .
coop:Organization rdfs:subClassOf ex:Group . ex:bag ex:q [ ex:r [] ] , _:b . _:b ex:r _:b .
"""


@pytest.mark.parametrize("only", [True, False])
def test_lists_axioms_and_concepts_of_a_file_are_its_data(tmp_path: Path, only: bool):
    """Whatever their vocabulary: the part named data has all that a user's file says, the ontology nothing of it."""
    (tmp_path / "own.ttl").write_text(OWN)
    kg = cg.load(str(tmp_path / "own.ttl"), only=only)
    for name in GRAPHS:
        found = plain(ox.parse(text(kg, name, what="data"), format=READERS[name]))
        if only:
            assert canonical(found) == canonical(ox.parse(OWN, format=ox.RdfFormat.TURTLE)), name
        assert sum("http://ex.org/" in str(quad) for quad in found) >= 14
    assert "http://ex.org/" not in text(kg, "ntriples", what="ontology")


OWL, XSD = PREFIXES["owl"], PREFIXES["xsd"]
THINGS = [f"http://ex.org/{name}" for name in ("a", "b/c#d", "x.", "é", "a'b(c)", "p%20q")]
THINGS += ["urn:x:1", f"{BASE}id/event/e"]
CLASSES = [f"{OWL}Class", f"{OWL}Restriction", iri("skos:Concept"), iri("rdf:List"), iri("coop:Claim"), "urn:x:9"]
HOSTILE = ['"', "\\", "\t\r\n", "]]>", "&amp;", "\u202e", "'''", '"""', " x ", "{}", "\u2028", "ё\u0301", "@en"]
HOSTILE += ["</rdf:RDF>&lt;", '" .\n<urn:x> <urn:y> "', '"""\\']
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cs"])
TEXTS = st.one_of(st.text(LETTERS, max_size=6), st.sampled_from(HOSTILE))
LEXICAL = ["01", "1.50", "1", "-0", "INF", "2020-01-01T24:00:00Z", "P12M", "no value", ""]
TYPES = [ox.NamedNode(f"{XSD}{name}") for name in ("integer", "int", "decimal", "boolean", "dateTime", "duration")]
LITERALS = st.one_of(
    TEXTS.map(ox.Literal),
    st.builds(lambda text, tag: ox.Literal(text, language=tag), TEXTS, st.sampled_from(["en", "zh-hant-tw"])),
    st.builds(lambda text, kind: ox.Literal(text, datatype=kind), st.sampled_from(LEXICAL), st.sampled_from(TYPES)),
)
NODES = st.one_of(st.sampled_from(THINGS).map(ox.NamedNode), st.sampled_from("bcd").map(ox.BlankNode))
KEYS = st.sampled_from([*THINGS, *map(iri, ("rdf:type", "rdf:first", "rdf:rest"))]).map(ox.NamedNode)
VALUES = st.one_of(NODES, LITERALS, st.sampled_from([*CLASSES, iri("rdf:nil")]).map(ox.NamedNode))
STATEMENTS = st.builds(ox.Triple, NODES, KEYS, VALUES)


@given(st.lists(STATEMENTS, min_size=1, max_size=8))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_comes_back_from_any_format(tmp_path: Path, triples: list[ox.Triple]):
    """What was read, exported in any format that can hold it, from memory or as it passes, is isomorphic when it is
    read again: quotes, backslashes, line ends, markup, any script."""
    path = tmp_path / "own.nt"
    path.write_bytes(ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")
    expected = canonical(ox.parse(path.read_bytes(), format=ox.RdfFormat.N_TRIPLES))
    kg = cg.load(str(path), only=True, reasoner="none")
    kept = {quad for quad in kg.quads() if quad.graph_name in list(map(graph_name, ("data", "claims")))}
    assert canonical(plain(kept)) == expected
    lines = Lines({"x:g": path.read_bytes()})
    for name in GRAPHS:
        for write in (partial(formats.write_graph, kept), lambda name: exporting.streamed(lines, name, ["x:g"])):
            try:
                found = "".join(write(name))
            except errors.OutputError:
                assert name == "rdfxml"
                continue
            assert canonical(plain(ox.parse(found, format=READERS[name]))) == expected, name
            assert name != "rdfxml" or expat.ParserCreate().Parse(found.encode(), True) == 1


SCRIPT = """
import hashlib, sys
import csto_graph as cg
from csto_graph.rdf import formats
from csto_graph.share.export import export
from csto_graph.store.engine import PARTS
league = cg.load(sys.argv[1], only=True, ontology=True)
for part in PARTS:
    for name in formats.GRAPHS:
        text = "".join(export(league, name, what=part))
        print(part, name, hashlib.sha256(text.encode()).hexdigest())
print(hashlib.sha256("".join(export(league, "trig", as_of="2012-12")).encode()).hexdigest())
"""


def test_bytes_do_not_depend_on_seed_zone_locale_or_run():
    """Every format and part in three processes that differ in all three; the digests are the same."""
    script = [sys.executable, "-c", SCRIPT, str(Path(__file__).parents[1] / "example.ttl")]
    places = (
        {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Bishkek", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONHASHSEED": "random", "TZ": "America/New_York", "LC_ALL": "POSIX"},
    )
    root = str(Path(__file__).parents[2])
    running = [
        subprocess.Popen(script, env={**os.environ, "PYTHONPATH": root, **place}, stdout=subprocess.PIPE, text=True)
        for place in places
    ]
    told = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(told[0].splitlines()) == len(PARTS) * len(GRAPHS) + 1
    assert told[0] == told[1] == told[2]


def test_jsonld_is_compact_one_thing_one_object(kg: cg.KnowledgeGraph):
    """The context of the project is embedded; names are short, languages are maps, each thing stands once."""
    document = json.loads(text(kg, "jsonld", what="data"))
    context = json.loads(Path(kg.bundle.context).read_text(encoding="utf-8"))["@context"]
    assert document["@context"] == context
    name, kind = ("id", "type") if "id" in document["@graph"][0] else ("@id", "@type")
    things = {thing[name]: thing for thing in document["@graph"]}
    assert len(things) == len(document["@graph"])
    protocol = things["instrument:protocol-unodc"]
    assert (protocol[kind], set(protocol["prefLabel"])) == ("Protocol", {"en", "ru"})
    assert sorted(protocol["party"]) == ["organization:csto-secretariat", "organization:unodc"]
    assert not [thing for thing in things.values() if "http" in f"{thing[name]} {thing[kind]}"]
    # No property or class of data, claims or derived statements is written in full.
    for part in ("data", "claims", "derived"):
        keys = {key for thing in json.loads(text(kg, "jsonld", what=part))["@graph"] for key in thing}
        assert not [key for key in keys if key.startswith(("http", "urn"))], part


@cache
def whole(graph: cg.KnowledgeGraph) -> set[ox.Triple]:
    return {quad.triple for quad in graph.quads()}


class Day:
    """The graph as of a day, for questions."""

    def __init__(self, graph: cg.KnowledgeGraph, as_of: str, *, possible: bool = False) -> None:
        self.kept = exporting.until(graph.asserted, whole(graph), as_of, possible=possible)
        self.things = {triple.subject.value for triple in self.kept if isinstance(triple.subject, ox.NamedNode)}

    def of_kind(self, kind: str) -> set[str]:
        return {curie(name).removeprefix(f"{kind}:") for name in self.things if curie(name).startswith(f"{kind}:")}

    def values(self, subject: str, name: str) -> set[str]:
        return {
            curie(triple.object.value) for triple in self.kept
            if triple.subject.value == iri(subject) and triple.predicate.value == iri(name)
        }  # fmt: skip

    def with_role(self, role: str, organization: str) -> set[str]:
        """Who has a role in an organization."""
        return {
            who for name in self.of_kind("membership")
            for who in self.values(f"membership:{name}", "org:member")
            if self.values(f"membership:{name}", "org:role") == {f"role:{role}"}
            and self.values(f"membership:{name}", "org:organization") == {organization}
        }  # fmt: skip


@pytest.mark.parametrize(("day", "states", "chairs", "acts"), EXPECTED["export"]["stood"], ids=str)
def test_how_things_stood(kg: cg.KnowledgeGraph, day: str, states: list[str], chairs: list[str], acts: list[str]):
    """Members, chair and concluded instruments on days that matter, and on the day before."""
    found = Day(kg, day)
    assert found.with_role("member", "organization:csto") == members(states)
    assert found.with_role("chair", "organization:csto") == members(chairs)
    # When the Council set up CTED is known only through the body it set up.
    concluded = found.of_kind("instrument") & members(["OF_CSTO"])
    assert concluded - {"s-res-1535"} == members(acts) - {"s-res-1535"}


def test_roles_stay_with_their_intervals(kg: cg.KnowledgeGraph):
    """What may have been is asked for; an observer is no member, nor is one suspended; bodies come with the event
    that made them, the first of several."""
    for day, possible, role, organization, who in EXPECTED["export"]["roles"]:
        there = Day(kg, day, possible=possible).with_role(role, f"organization:{organization}")
        assert there == members(who), (day, role)
    early, late = Day(kg, "2010-03-18").things, Day(kg, "2019-06").things
    made_later = {iri(name) for name in ("organization:unoct", "organization:dpo", "post:unoct-head")}
    assert made_later.isdisjoint(early)
    assert made_later <= late
    assert iri("organization:dpko") in early
    assert iri("organization:unodc") in Day(kg, "2001-09").things


@pytest.mark.parametrize(("day", "possible", "there", "absent"), EXPECTED["export"]["league"])
def test_the_league_by_hand(league: cg.KnowledgeGraph, day: str, possible: bool, there: list[str], absent: list[str]):
    """Days of organizations that do not exist, with years, months, bounds and drafts."""
    day_of = Day(league, day, possible=possible)
    found = day_of.of_kind("membership") | day_of.of_kind("instrument") | day_of.of_kind("document")
    assert members(there) <= found
    assert members(absent).isdisjoint(found)
    if day in ("2001-05-10", "2012-12-19"):
        assert members(there) == found


DAYS = ("1992-05-15", "2001-09", "2004-12-02", "2010-03-18", "2016", "2021-09-15")


def test_what_happened_stays_happened_and_nothing_dangles(kg: cg.KnowledgeGraph):
    """Events, instruments and bodies only grow from day to day; the possible holds the certain. Every thing of ours
    that is pointed to is described, every node has its parts, every thing its support."""
    certain, possible = ([Day(kg, day, possible=possible) for day in DAYS] for possible in (False, True))
    for earlier, later in (*pairwise(certain), *pairwise(possible)):
        for kind in ("event", "instrument", "document", "organization", "signature", "coverage", "provision"):
            assert earlier.of_kind(kind) <= later.of_kind(kind)
    assert all(sure.things <= perhaps.things for sure, perhaps in zip(certain, possible, strict=True))
    claimed, ours = _claimed(kg.asserted), (f"{BASE}id/", f"{BASE}vocab/")
    needed = {"coop:signer", "coop:capacity", "coop:onBehalfOf", "org:member", "org:organization", "org:role",
              "org:postIn", "org:resultingOrganization", "coop:party", "coop:issuedBy", "coop:source", "coop:passage",
              "coop:property", "coop:value", "oa:hasSource", "oa:hasSelector", "dcterms:publisher", "coop:start",
              "dcterms:isPartOf", "coop:area", "coop:updates", "rdf:type"}  # fmt: skip
    for day, found in zip(DAYS * 2, certain + possible, strict=True):
        nodes = {triple.object.value for triple in found.kept if isinstance(triple.object, ox.NamedNode)}
        assert {name for name in nodes if name.startswith(ours)} <= found.things, day
        lost = set(kg.asserted) - set(found.kept)
        assert not [one for one in lost if one.subject.value in found.things and curie(one.predicate.value) in needed]
        assert (claimed & found.things) == _claimed(found.kept), day


def _claimed(asserted: Iterable[ox.Triple]) -> set[str]:
    return {triple.object.value for triple in asserted if triple.predicate.value == iri("coop:about")}


def test_no_claim_of_what_came_later(kg: cg.KnowledgeGraph):
    """No claim that is kept speaks of a thing that came later, unless something else rests on it alone."""
    assert iri("claim:un-sgsm13520-ban-in-moscow-unrcca") not in Day(kg, "2004-12-02").things
    found = Day(kg, "2012-12-19")
    assert iri("claim:un-sgsm13520-ban-in-moscow-unrcca") in found.things
    gone = set(kg.subjects(iri("rdf:type"), iri("coop:Event"))) - found.things
    assert len(gone) > 20
    speaking = {claim for event in gone for claim in kg.subjects(iri("coop:about"), event)} & found.things
    alone = _claimed(kg.asserted) & found.things
    for claim in speaking:
        about = {str(value.value) for value in kg.objects(claim, iri("coop:about"))} & alone
        assert any(len(set(kg.subjects(iri("coop:about"), name)) & found.things) == 1 for name in about), claim


def test_the_graph_of_a_day_is_closed_and_consistent(kg: cg.KnowledgeGraph):
    """The export is reasoned anew: no derived statement speaks of what was left out; it loads and answers."""
    exported = text(kg, "nquads", as_of="2010-03-18")
    quads = list(ox.parse(exported, format=ox.RdfFormat.N_QUADS))
    assert len(quads) > 10_000
    assert not any("id/organization/unoct>" in str(quad) for quad in quads)
    derived = {quad.triple for quad in quads if quad.graph_name == graph_name("derived")}
    plain = [quad.triple for quad in quads if quad.graph_name != graph_name("derived")]
    again = {quad.triple for quad in pipeline.assembled(plain) if quad.graph_name == graph_name("derived")}
    named = {triple for triple in derived if not isinstance(triple.subject, ox.BlankNode)}
    assert named == {triple for triple in again if not isinstance(triple.subject, ox.BlankNode)}
    assert text(kg, "nquads", as_of="2010-03-18") == exported


def test_what_is_presumed_is_kept_and_marked(kg: cg.KnowledgeGraph):
    """Beyond its evidence a state stays with the day for which it is presumed; up to it, it bears no mark."""
    member, term = iri("membership:member-armenia-csto"), iri("membership:secretary-general-masadykov-2026")
    for day, marked in (("2025-11-27", set()), ("2026-06-30", {member, term}), ("2030-01-01", {member})):
        kept = exporting.until(kg.asserted, whole(kg), day)
        marks = {one.subject.value: one.object.value for one in kept if curie(one.predicate.value) == "coop:presumedOn"}
        assert {name for name in (member, term) if name in marks} == marked
        assert set(marks.values()) == {day}
        assert member in {one.subject.value for one in kept}
        assert (term in {one.subject.value for one in kept}) == (term in marked)
