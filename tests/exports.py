"""Exports read back, to compare them."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

import csto_graph as cg
from csto_graph.share import export as exporting

READERS = {
    "turtle": ox.RdfFormat.TURTLE,
    "jsonld": ox.RdfFormat.JSON_LD,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "rdfxml": ox.RdfFormat.RDF_XML,
}


def text(graph: cg.KnowledgeGraph, name: str, **options: object) -> str:
    return "".join(exporting.export(graph, name, **options))  # type: ignore[arg-type]


def canonical(quads: Iterable[ox.Quad]) -> set[str]:
    """Statements as text, blank nodes named by what is said of them."""
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(map(str, dataset))


def plain(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    return [ox.Quad(*quad.triple) for quad in quads]
