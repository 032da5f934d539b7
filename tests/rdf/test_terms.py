"""The index over triples, and terms of rdflib."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from csto_graph.rdf.terms import TripleIndex, from_rdflib, list_members, to_rdflib


def test_index_of_a_graph():
    graph = ox.parse(b"@prefix : <urn:> . :a :p :c, :b ; :q 1 . :d :p :b .", format=ox.RdfFormat.TURTLE)
    index = TripleIndex(graph)
    a, b, c, d, p, q = (ox.NamedNode(f"urn:{name}") for name in "abcdpq")
    assert (index.objects(a, p), index.objects(d, q), index.objects(c, p)) == ([c, b], [], [])  # as they came
    assert (index.one(a, p), index.one(c, p)) == (b, None)
    assert index.subjects(p, b) == [a, d]
    index.add(c, p, b)
    assert index.subjects(p, b) == [a, d, c] == list(index)
    assert (a in index, b in index, set(index.about(a))) == (True, False, {p, q})
    assert list(index.pairs(p)) == [(a, c), (a, b), (d, b), (c, b)]
    assert len(list(index.triples())) == 5


LIST = "@prefix : <urn:> . @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . :a :p "


@pytest.mark.parametrize(("text", "expected"), [
    ("()", []), ("(1 1)", ["1", "1"]), (":b . :b rdf:first 1 ; rdf:rest ()", ["1"]),
    (":b . :b rdf:first 1 ; rdf:rest :b", None), (":b . :b rdf:first 1, 2 ; rdf:rest ()", None), (":b", None),
    (":b . :b rdf:first 1", None),
])  # fmt: skip
def test_lists(text: str, expected: list[str] | None):
    index = TripleIndex(ox.parse(f"{LIST}{text} .".encode(), format=ox.RdfFormat.TURTLE))
    head = index.one(ox.NamedNode("urn:a"), ox.NamedNode("urn:p"))
    if expected is None:
        with pytest.raises(ValueError, match="is no list"):
            list_members(index, head)
    else:
        assert [member.value for member in list_members(index, head)] == expected


def test_terms_of_rdflib_and_back():
    kind = ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")
    texts = (ox.Literal("x"), ox.Literal("x", language="en-gb"), ox.Literal("01", datatype=kind))
    for term in (kind, ox.BlankNode("b"), *texts):
        assert from_rdflib(to_rdflib(term)) == term
    with pytest.raises(TypeError, match="no counterpart"):
        to_rdflib(ox.Triple(ox.BlankNode("b"), kind, ox.BlankNode("b")))
