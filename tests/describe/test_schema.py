"""What a graph is made of: counted right, short enough to be given to whoever writes a query."""

from __future__ import annotations

import pytest

import csto_graph
from csto_graph import errors
from csto_graph.describe import schema
from csto_graph.names import iri
from csto_graph.rdf import formats


def test_counts_are_those_of_plain_sparql(kg: csto_graph.KnowledgeGraph) -> None:
    found = schema.document(kg)
    assert len(found["classes"]) > 30
    shared = {use["property"]["curie"] for use in found["common"]}
    assert "skos:prefLabel" in shared
    for entry in found["classes"]:
        asked = f"SELECT ?p (COUNT(*) AS ?n) WHERE {{ GRAPH ?g {{ ?s a <{entry['class']['iri']}> }} ?s ?p ?o "
        asked += "FILTER (?g != graph:derived) } GROUP BY ?p"
        counts = {row["p"].curie: int(row["n"]) for row in kg.select(asked)}
        told = {use["property"]["curie"]: use["count"] for use in entry["properties"]}
        assert told == {key: count for key, count in counts.items() if key not in shared | {"rdf:type"}}


def test_a_class_shows_an_example_of_each_property(
    kg: csto_graph.KnowledgeGraph, league: csto_graph.KnowledgeGraph
) -> None:
    """Of users' data, too; what is no class there is told."""
    assert schema.document(league)["classes"]
    with pytest.raises(errors.UnknownName, match="coop:Nothing"):
        schema.document(league, iri("coop:Nothing"))
    found = schema.document(kg, iri("coop:Instrument"), "ru")
    (entry,) = found["classes"]
    assert entry["things"] == len(kg.select("SELECT ?x WHERE { ?x a coop:Instrument }"))
    issued = next(use for use in entry["properties"] if use["property"]["curie"] == "coop:issuedBy")
    assert not issued["derived"]
    assert issued["example"] in "".join(schema.text(found, "ru", markdown=True))


def test_the_whole_fits_into_a_prompt_and_its_partitions_are_void(kg: csto_graph.KnowledgeGraph) -> None:
    found = schema.document(kg)
    assert 5_000 < len("".join(schema.text(found, "en"))) < 14_000
    written = "".join(formats.write_graph(schema.partitions(found), "turtle"))
    about = next(use for use in found["classes"][0]["properties"] if use["property"]["curie"] == "coop:about")
    assert f"<http://rdfs.org/ns/void#triples> {about['count']}" in written
    assert written.count("<http://rdfs.org/ns/void#class>") == len(found["classes"])


def test_example_questions_have_answers(kg: csto_graph.KnowledgeGraph) -> None:
    examples = list(schema.examples(kg.bundle.queries))
    assert len(examples) >= 12
    for one in examples:
        assert set(one.question) == {"en", "ru"}
        assert len(kg.table(kg.sparql(one.text))) > 0, one.name
