"""rdflib as a second opinion on a query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyoxigraph import Quad, Triple

from csto_graph.rdf.terms import from_rdflib, rdflib_graph
from csto_graph.store.engine import Answer


class Rdflib:
    """Answers queries on the union of the graphs, as an engine does."""

    def __init__(self, quads: Iterable[Quad]) -> None:
        self.graph = rdflib_graph(quads)

    def query(self, text: str) -> Answer:
        result: Any = self.graph.query(text)
        if result.type == "SELECT":
            rows = [tuple(None if one is None else from_rdflib(one) for one in row) for row in result]
            return Answer("solutions", tuple(map(str, result.vars)), rows)
        if result.type == "ASK":
            return Answer("boolean", boolean=bool(result.askAnswer))
        return Answer("graph", triples=[Triple(*map(from_rdflib, triple)) for triple in result])
