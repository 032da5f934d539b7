"""The child's side of validation: a SHACL engine is given statements, never addresses, and gives back a report."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from ..errors import MissingExtra
from ..sparql.text import bind
from . import Answering, Work

if TYPE_CHECKING:
    import rdflib

_EXAMPLE = b"""
PREFIX sh: <http://www.w3.org/ns/shacl#>
<http://a/s> sh:targetNode <http://a/n> ; <http://a/most> 2 ; sh:sparql [ sh:message "{?value}" ;
  sh:select "SELECT $this ?value { $this ?p ?value FILTER(regex(str(?value), '.')) }" ] .
<http://a/c> a sh:ConstraintComponent ; sh:parameter [ sh:path <http://a/most> ] ;
  sh:validator [ a sh:SPARQLAskValidator ; sh:message "{$most}" ; sh:ask "ASK { FILTER(1 > 2) }" ] ;
  sh:propertyValidator [ a sh:SPARQLSelectValidator ; sh:select "SELECT $this { $this $PATH ?v }" ] .
"""
"""Shapes that use what an engine would load when it is first needed."""


def checking(data: bytes, shapes: bytes, shapes_of_shapes: bytes, patterns: bytes, *, engine: str) -> Work:
    """Look at shapes, then validate.

    Args:
        data: The statements, as N-Triples.
        shapes: The shapes, as N-Triples.
        shapes_of_shapes: Shapes that the shapes have to meet, as N-Triples; empty where they are trusted.
        patterns: Statements of N-Triples: a node, ``flags:`` and the flags, a regular expression.
        engine: ``pyshifty`` or ``pyshacl``.

    Returns:
        Work that writes a line and what it announces: ``report`` a SHACL report as N-Triples, ``malformed`` one about
        the shapes, ``pattern`` the node of one that does not parse, ``refused`` the engine's words.
    """
    _import_pyshifty()
    if engine == "pyshacl":
        _by_pyshacl(b'<http://a/n> <http://a/p> "1" .', _ntriples(_parsed(_EXAMPLE, ox.RdfFormat.TURTLE)))
    _is_pattern(ox.Literal("a"), ox.NamedNode("flags:i"))

    def work(output: Answering) -> None:
        for quad in ox.parse(patterns, ox.RdfFormat.N_TRIPLES):
            if not _is_pattern(quad.object, quad.predicate):
                output.write(f"pattern\n{quad.subject}".encode())
                return
        try:
            conforms, report = _by_pyshifty(shapes, shapes_of_shapes) if shapes_of_shapes else (True, b"")
            if conforms and engine == "pyshacl":
                report = _by_pyshacl(data, shapes)
            elif conforms:
                report = _by_pyshifty(data, shapes)[1]
            output.write((b"report\n" if conforms else b"malformed\n") + report)
        except ValueError as error:
            output.write(f"refused\n{error}".encode("utf-8", "replace"))

    return work


def _import_pyshifty() -> None:
    """Import the engine without its own door, which brings what fetches addresses: neither needed nor wanted."""
    found = find_spec("shifty")
    if found is None or found.submodule_search_locations is None:
        raise MissingExtra("pyshifty", "Validation")
    package = ModuleType("shifty")
    package.__path__ = list(found.submodule_search_locations)
    sys.modules["shifty"] = package
    import shifty._shifty  # noqa: F401


def _is_pattern(pattern: Any, flags: Any) -> bool:
    """Whether the engines can read a regular expression (SPARQL 1.1, 17.4.3.14); flags are an IRI's last part."""
    unescaped = re.sub(r"\\.", "", pattern.value, flags=re.DOTALL)
    if re.search(r"\[[^\]]*(?:\[(?!:)|&&|--|~~)", unescaped):
        return False  # Classes subtracted and nested; the engines read them, and marks that mean nothing, differently.
    values = {"pattern": ox.Literal(pattern.value), "flags": ox.Literal(flags.value.partition(":")[2])}
    found: Any = ox.Store().query(bind("SELECT (REGEX('', $pattern, $flags) AS ?found) {}", values))
    return next(found)["found"] is not None


def _by_pyshifty(data: bytes, shapes: bytes) -> tuple[bool, bytes]:
    from shifty._shifty import PreparedValidator

    result = PreparedValidator(shapes, None, "ntriples", None).validate_w3c(
        data, None, "ntriples", graph_mode="data", run_infer=False, minimum_severity="info", sort_results=False
    )
    return result.conforms, result._report_ntriples.encode()


def _by_pyshacl(data: bytes, shapes: bytes) -> bytes:
    import pyshacl
    import rdflib

    from ..rdf.terms import from_rdflib

    try:
        _, report, said = pyshacl.validate(
            _rdflib_graph(data), shacl_graph=_rdflib_graph(shapes), inference="none", inplace=True, meta_shacl=False,
            advanced=False, js=False, do_owl_imports=False,
        )  # fmt: skip
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # it raises what its libraries do, and not all values compare
        raise ValueError(str(error)) from error
    if not isinstance(report, rdflib.Graph):
        raise ValueError(said)
    return _ntriples(ox.Triple(*map(from_rdflib, triple)) for triple in report)


def _rdflib_graph(lines: bytes) -> rdflib.Graph:
    import rdflib

    from ..rdf.terms import to_rdflib

    graph = rdflib.Graph(bind_namespaces="none")
    for triple in _parsed(lines, ox.RdfFormat.N_TRIPLES):
        graph.add((to_rdflib(triple.subject), to_rdflib(triple.predicate), to_rdflib(triple.object)))
    return graph


def _ntriples(triples: Iterable[ox.Triple]) -> bytes:
    return ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""


def _parsed(lines: bytes, format: ox.RdfFormat) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(lines, format)]
