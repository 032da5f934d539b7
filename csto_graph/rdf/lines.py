"""N-Triples and N-Quads: one statement a line, sorted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyoxigraph as ox

from .. import names
from . import turtle


def ntriples(given: list[ox.Quad | ox.Triple]) -> Iterator[str]:
    """Triples, each once; of quads the graph is left out."""
    return _lines([(*statement, None) for statement in turtle.statements(given)])


def nquads(given: list[ox.Quad | ox.Triple]) -> Iterator[str]:
    """Quads, each once; triples stand in the default graph."""
    quads: dict[tuple[Any, ...], None] = {}
    for statement in given:
        graph = statement.graph_name if isinstance(statement, ox.Quad) else None
        named = None if isinstance(graph, ox.DefaultGraph) else graph
        quads |= dict.fromkeys((*plain, named) for plain in turtle.statements([statement]))
    return _lines(list(quads))


def _lines(quads: list[tuple[Any, ...]]) -> Iterator[str]:
    labels = turtle.labels(quads)
    known: dict[str, str] = {}

    def bracketed(iri: str) -> str:
        if iri not in known:
            known[iri] = turtle.bracketed(iri)
        return known[iri]

    def text(term: turtle.Term) -> str:
        if isinstance(term, ox.NamedNode):
            return bracketed(term.value)
        return f"_:{labels[term]}" if isinstance(term, ox.BlankNode) else literal(term, bracketed)

    written = {" ".join(text(term) for term in quad if term is not None) for quad in quads}
    return (f"{line} .\n" for line in sorted(written))


def literal(literal: ox.Literal, name: Callable[[str], str]) -> str:
    """A literal as N-Triples and SPARQL TSV have it."""
    quoted = turtle.quoted(literal.value)
    if literal.language:
        return f"{quoted}@{literal.language}"
    return quoted if literal.datatype == _STRING else f"{quoted}^^{name(literal.datatype.value)}"


_STRING = ox.NamedNode(names.PREFIXES["xsd"] + "string")
