"""The two engines behind one interface: the same answers, every term unchanged."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from closing import nquads
from second import Rdflib

import csto_graph as cg
from csto_graph.loading import view
from csto_graph.names import PREFIXES, iri
from csto_graph.rdf.terms import from_rdflib, to_rdflib
from csto_graph.store.oxigraph import Oxigraph

XSD = PREFIXES["xsd"]


def test_the_union_counts_a_statement_once():
    """A statement in two named graphs is one row and one triple of the union."""
    triple = ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal("o")
    quads = [ox.Quad(*triple, ox.NamedNode(f"urn:g{number}")) for number in (1, 2)]
    engine = Oxigraph(nquads(quads))
    assert len(engine.query("SELECT DISTINCT ?s WHERE { ?s <urn:p> ?o }").rows) == 1
    assert engine.query("CONSTRUCT WHERE { ?s <urn:p> ?o }").triples == [ox.Triple(*triple)]
    assert engine.query("ASK { <urn:s> ?p 'o' }").boolean is True
    assert len(Rdflib(iter(quads)).graph) == 1
    assert list(engine.quads("urn:g1")) == [quads[0]]


def test_only_what_is_named_is_loaded(league: cg.KnowledgeGraph):
    """With predicates named the store holds these and the types of named classes, and grows as more is asked."""
    engine = Oxigraph(league.engine().nquads)
    assert len(engine.loaded(())) == 0
    engine.loaded((iri("coop:symbol"), iri("coop:Resolution")))
    held = {quad.predicate.value for quad in engine._store}
    assert held == {iri("coop:symbol"), iri("rdf:type")}
    assert {quad.object.value for quad in engine._store if quad.predicate.value == iri("rdf:type")} == {
        iri("coop:Resolution")
    }
    assert len(engine.loaded()) == len(league)


#: Forms and datatypes of which several are one value.
UNUSUAL = [
    *(("5", name) for name in ("int", "integer", "nonNegativeInteger", "unsignedByte", "decimal", "float")),
    ("01", "integer"), ("+1", "integer"), ("1", "integer"), ("1.50", "decimal"), ("1.5", "decimal"), ("1", "boolean"),
    ("true", "boolean"), ("1.0", "float"), ("1.0E0", "double"), ("2020-01-01T00:00:00.0Z", "dateTime"),
    ("2020-01-01T00:00:00Z", "dateTime"), ("2020-01-01T00:00:00+00:00", "dateTime"), ("P12M", "duration"),
    ("P1Y", "duration"), ("2020-01-01Z", "date"), ("2020-01-01+00:00", "date"), ("abc", "integer"), ("-0", "integer"),
    ("yes", "boolean"), ("2020-W19-2", "date"), ("A A = =", "base64Binary"), ("2020-05-05+02:00", "date"),
    ("2010-13-45", "date"), ("1E999999999", "decimal"), ("24:00:00", "time"), ("2010", "gYear"), ("", "integer"),
]  # fmt: skip


@pytest.mark.parametrize("large", [False, True])
def test_no_literal_is_rewritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool):
    """In memory and on disk all statements come back as they were read, one by one and together, by every door."""
    monkeypatch.setenv("CSTO_GRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(view, "LARGE", 0 if large else 10**9)
    thing, name = ox.NamedNode("urn:a"), ox.NamedNode("urn:v")
    given = {ox.Literal(form, datatype=ox.NamedNode(XSD + kind)) for form, kind in UNUSUAL}
    file = tmp_path / "a.ttl"
    file.write_text("".join(f"<urn:a> <urn:v> {literal} .\n" for literal in sorted(given, key=str)), encoding="utf-8")
    kg = cg.load(file, only=True, reasoner="none")
    engine = kg.engine()
    for pattern in ((thing, name, None), (thing, None, None), (None, name, None)):
        assert {quad.object for quad in engine.match(*pattern)} == given
    for literal in given:
        for node in (thing, None):
            assert [quad.object for quad in engine.match(node, name, literal)] == [literal]
    assert set(kg.objects("urn:a", "urn:v")) == given
    assert {quad.object for quad in kg.quads() if quad.subject == thing} == given
    assert {triple.object for triple in kg.asserted if triple.subject == thing} == given
    assert {from_rdflib(value) for value in kg.graph.objects(to_rdflib(thing))} == given
    for format in ("nt", "ttl", "jsonld", "rdf"):
        kg.export(tmp_path / f"out.{format}", what="data")
        found = ox.parse(path=str(tmp_path / f"out.{format}"))
        assert {quad.object for quad in found if quad.subject == thing} == given, format
    assert engine.count() == len(list(kg.quads()))


def test_sparql_sees_values():
    """The engine answers by value: what is written in two ways is one there."""
    node = ox.NamedNode("urn:a")
    written = [ox.Literal(form, datatype=ox.NamedNode(XSD + kind)) for form, kind in (("5", "int"), ("05", "integer"))]
    engine = Oxigraph(nquads(ox.Quad(node, node, literal, node) for literal in written))
    assert engine.query("SELECT ?o { ?s ?p ?o }").rows == [(ox.Literal(5),)]
    assert engine.count() == 2
