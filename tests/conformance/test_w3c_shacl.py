"""The W3C's SHACL test suite, the way a user validates: files named to `load`, and the report as Turtle.

The folder ``shacl`` of the suite (https://github.com/w3c/data-shapes, data-shapes-test-suite/tests) lies in the folder
that the environment variable CSTO_GRAPH_W3C names.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

import csto_graph as cg
from csto_graph import errors
from csto_graph.check.shapes import Shapes, sh
from csto_graph.rdf.terms import RDF_TYPE

FOLDER = Path(os.environ.get("CSTO_GRAPH_W3C", "")) / "shacl"
MF, SHT = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#", "http://www.w3.org/ns/shacl-test#"
#: Case to the reason why it comes out otherwise than the suite says.
EXCEPTIONS = {
    "uniqueLang-002": 'sh:uniqueLang "1"^^xsd:boolean is no literal true (SHACL 4.5.2); both engines take it for one',
}

pytestmark = pytest.mark.skipif(
    not (os.environ.get("CSTO_GRAPH_W3C") and FOLDER.is_dir()),
    reason="CSTO_GRAPH_W3C does not name a folder with the W3C's suite: its SHACL cases are not run",
)


def cases(part: str) -> Iterator[Any]:
    for path in sorted((FOLDER / part).glob("*/*.ttl")):
        if "Validate" in path.read_text(encoding="utf-8"):
            marks = [pytest.mark.xfail(reason=EXCEPTIONS[path.stem], strict=True)] if path.stem in EXCEPTIONS else []
            yield pytest.param(path, id=f"{path.parent.name}/{path.stem}", marks=marks)


def read(path: Path) -> Shapes:
    return Shapes(quad.triple for quad in ox.parse(path=str(path), base_iri=path.as_uri()))


def results(graph: Shapes) -> Counter[tuple[str, ...]]:
    """Each result of a report as text: a complex path as SPARQL writes it, a blank node as ``[]``."""
    names = ("focusNode", "resultPath", "value", "resultSeverity", "sourceConstraintComponent", "sourceShape")
    found: Counter[tuple[str, ...]] = Counter()
    for _, result in graph.uses("result"):
        values = [graph.one(result, sh(name)) for name in names]
        values[1] = values[1] and graph.path_text(values[1])
        found[tuple("[]" if isinstance(value, ox.BlankNode) else str(value) for value in values)] += 1
    return found


@pytest.mark.parametrize("path", [*cases("core"), *cases("sparql")])
def test_a_case_of_the_suite(path: Path, tmp_path: Path) -> None:
    """The results are those of the suite, each as often as it says; a failure is told as an error in the shapes."""
    case = read(path)
    (test,) = case.subjects(RDF_TYPE, ox.NamedNode(f"{SHT}Validate"))
    action = case.one(test, ox.NamedNode(f"{MF}action"))
    names = [case.one(action, ox.NamedNode(f"{SHT}{name}")).value for name in ("dataGraph", "shapesGraph")]
    given = []
    for name in names:
        source = Path(name.removeprefix("file://"))
        given.append(tmp_path / source.name)
        text = source.read_text(encoding="utf-8")
        given[-1].write_text(f"@base <{source.as_uri()}> .\n{text}", encoding="utf-8")
    expected = case.one(test, ox.NamedNode(f"{MF}result"))
    graph = cg.load(given[0], only=True, reasoner="none", shapes=given[1])
    if expected == ox.NamedNode(f"{SHT}Failure"):
        with pytest.raises(errors.InputError):
            graph.validate()
        return
    report = graph.validate()
    (tmp_path / "report.ttl").write_text(report.to_turtle(), encoding="utf-8")
    wanted = results(case)
    assert results(read(tmp_path / "report.ttl")) == wanted
    assert report.conforms("info") == (case.one(expected, sh("conforms")).value in ("true", "1"))
