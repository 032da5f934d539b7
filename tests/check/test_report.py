"""Findings in words of both languages with their places, and reports for people, programs and code hosts."""

# ruff: noqa: E501 (tables of cases are wide)

from __future__ import annotations

import json
import random
from pathlib import Path

import pyoxigraph as ox
import pytest
from closing import turtle
from test_shapes import SHAPES, example, graph

from csto_graph import errors, load
from csto_graph.check import shacl
from csto_graph.check.shacl import LEVELS, Report
from csto_graph.check.shapes import Shapes, sh
from csto_graph.names import iri
from csto_graph.rdf import turtle as writer
from csto_graph.rdf.terms import RDF_TYPE

SOME = """
shape:Town a sh:NodeShape ; rdfs:label "town"@en, "город"@ru ; sh:severity sh:Violation ;
  sh:message "{focus} cannot have {path} {value}. Use {nearest}."@en, "{focus}: лишнее {path} {value}. Возьмите {nearest}."@ru ;
  sh:targetClass coop:Place ; sh:closed true ; sh:ignoredProperties ( rdf:type skos:prefLabel coop:seat ) .
shape:seat a sh:PropertyShape ; rdfs:label "seat"@en, "место"@ru ; sh:severity sh:Warning ;
  sh:message "{focus} lacks {path}, found {value}. Add it."@en, "{focus}: нет {path}, найдено {value}. Добавьте."@ru ;
  sh:targetClass coop:Place ; sh:path coop:seat ; sh:minCount 1 .
"""
THINGS = """
place:a a coop:Place ; skos:prefLabel "Amber"@en, "Амбер"@ru ; coop:seet "x"@en .
place:b a coop:Place ; coop:seat "y" .
"""


def report(shapes: str = SOME, things: str = THINGS, **places: tuple[str, int]) -> Report:
    def locate(focus: str, path: str | None) -> tuple[str, int] | None:
        return places.get(focus.rsplit("/", 1)[1])

    return shacl.validate(turtle(things), turtle(shapes), locate=locate)


def test_messages_are_filled_in_both_languages() -> None:
    """Label, name, path, value and nearest right name stand in the message, whose first sentence is the problem; that
    there is no value, or too many, is said in words."""
    closed, lacking = report()
    assert closed.problem() == "Amber (place:a) cannot have coop:seet 'x'@en."
    assert closed.remedy() == "Use coop:seat."
    assert closed.message("ru") == "Амбер (place:a): лишнее coop:seet 'x'@en. Возьмите coop:seat."
    assert closed.message("fr") == closed.message("en")
    assert (lacking.focus, lacking.value) == (iri("place:a"), None)
    assert "found nothing" in lacking.problem()
    assert "найдено ничего" in lacking.problem("ru")
    many = report(SOME.replace("sh:minCount 1", "sh:maxCount 1"), 'place:b a coop:Place ; coop:seat "z", "y" .')
    assert "'y', 'z'" in next(iter(many)).problem()


def test_a_message_that_names_nobody_is_told_with_whom_it_is_about() -> None:
    """Once: before the words, if they do not name it."""
    silent = SOME.replace("{focus} lacks", "Something lacks")
    assert "\n  place:a: Something lacks coop:seat" in report(silent).to_text()
    assert "\n  Amber (place:a) lacks coop:seat" in report().to_text()


def test_quads_and_doubles_count_once() -> None:
    """An iterator over quads will do; what stands in two graphs is one statement."""
    graphs = [ox.NamedNode(iri(f"graph:{name}")) for name in ("data", "derived")]
    quads = (ox.Quad(*triple, where) for where in graphs for triple in turtle('place:a a coop:Place ; coop:seat "x" .'))
    shapes = SOME.replace("sh:minCount 1", "sh:maxCount 1")
    assert len(shacl.validate(quads, turtle(shapes), locate=lambda focus, path: None)) == 0


def test_a_rule_on_the_whole_graph_lies_where_the_name_is_used() -> None:
    """A name that nothing describes is located at the statement that uses it, not at the ontology."""
    used = "event:signing-memorandum-ferry coop:place place:milford ."
    places = {iri("event:signing-memorandum-ferry"): ("mine.ttl", 3)}
    found = shacl.validate(graph([*example(), *turtle(used)]), SHAPES, locate=lambda focus, path: places.get(focus))
    finding = next(finding for finding in found if finding.shape == iri("shape:Described"))
    assert finding.place == "mine.ttl:3"
    assert "place:millford" in finding.remedy()


def test_order_is_by_severity_then_place_and_does_not_depend_on_input_order() -> None:
    """The same graph in another order gives the same bytes in every form."""
    places = {f"p{number}": (f"f{number % 3}.ttl", 20 - number) for number in range(12)}
    names = [*places]
    text = "".join(f"place:{name} a coop:Place ; coop:seet 'x' .\n" for name in names)
    first = report(things=text, **places)
    order = [(LEVELS.index(found.severity), found.file, found.line) for found in first]
    assert order == sorted(order)
    assert len(order) == 2 * len(names)
    things, shapes = turtle(text), turtle(SOME)
    random.Random(1).shuffle(things)
    random.Random(2).shuffle(shapes)
    again = shacl.validate(things, shapes, locate=lambda focus, path: places[focus.rsplit("/", 1)[1]])
    for form in ("to_text", "to_json", "to_sarif", "to_turtle"):
        assert getattr(again, form)() == getattr(first, form)()


def test_levels_decide_what_conforms() -> None:
    """A warning alone is no violation, but fails where warnings are to fail; nothing is said so in every form."""
    found = report(things='place:a a coop:Place ; skos:prefLabel "A"@en .')
    assert (found.conforms(), found.conforms("warning")) == (True, False)
    assert found.counts() == {"violation": 0, "warning": 1, "info": 0}
    found.raise_if_invalid()
    with pytest.raises(errors.InvalidGraph, match="lacks coop:seat") as caught:
        found.raise_if_invalid("warning")
    assert (caught.value.report, caught.value.hint) == (found, "Add it.")
    found = report(things='place:b a coop:Place ; coop:seat "y" .')
    assert (found.to_text(), found.to_text("ru")) == ("No findings.\n", "Замечаний нет.\n")
    assert json.loads(found.to_json())["conforms"] is True
    assert json.loads(found.to_sarif())["runs"][0]["results"] == []
    assert "sh:conforms true" in found.to_turtle()
    things = THINGS + 'place:c a coop:Place ; coop:seat "y" ; coop:set "x" .'
    text = report(things=things).to_text("ru")
    titles = {'"city"@en': "city (shape:Town)", '"Stadt"@de': "Stadt (shape:Town)", "shape:T": "shape:Town"}
    for label, title in titles.items():
        other = report(SOME.replace('"town"@en, "город"@ru', label), things).to_text("ru")
        assert other.startswith(f"нарушение: {title}, 2\n")
    assert text.startswith("нарушение: город (shape:Town), 2\n")
    assert text.endswith("нарушение: 2, предупреждение: 1\n")


def test_documents_have_the_keys_that_are_promised() -> None:
    """JSON the documented keys and nothing else; SARIF rules, its levels, and regions where lines are known; Turtle
    what SHACL 3.6 asks for, with each complex path written out."""
    document = json.loads(report(a=("x.ttl", 2)).to_json())
    assert list(document) == ["format", "conforms", "counts", "warnings", "findings"]
    assert (document["format"], document["conforms"]) == ("csto-graph/report/1", False)
    assert document["findings"][0] == {
        "severity": "violation", "shape": iri("shape:Town"), "focus": iri("place:a"), "path": iri("coop:seet"),
        "value": "x", "component": "ClosedConstraintComponent", "file": "x.ttl", "line": 2,
        "message": {"en": "Amber (place:a) cannot have coop:seet 'x'@en.",
                    "ru": "Амбер (place:a): лишнее coop:seet 'x'@en."},
        "remedy": {"en": "Use coop:seat.", "ru": "Возьмите coop:seat."},
    }  # fmt: skip
    run = json.loads(report(a=("data/my places.ttl", 2)).to_sarif())["runs"][0]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {"shape:seat", "shape:Town"}
    assert {one["ruleId"]: one["level"] for one in run["results"]} == {"shape:seat": "warning", "shape:Town": "error"}
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "data/my%20places.ttl"}, "region": {"startLine": 2}}
    unplaced = json.loads(report().to_sarif())["runs"][0]["results"][0]["locations"][0]
    assert unplaced == {"logicalLocations": [{"fullyQualifiedName": iri("place:a")}]}
    inverse = "shape:i sh:targetClass coop:Place ; sh:path [ sh:inversePath coop:place ] ; sh:minCount 1 ."
    found = report(SOME + inverse)
    graph = Shapes(quad.triple for quad in ox.parse(found.to_turtle(), format=ox.RdfFormat.TURTLE))
    ((whole, conforms),) = graph.uses("conforms")
    assert (graph.objects(whole, RDF_TYPE), conforms) == ([sh("ValidationReport")], ox.Literal(False))
    assert len(graph.uses("result")) == len(found) == 4
    for _, result in graph.uses("result"):
        for name in ("focusNode", "resultSeverity", "sourceShape", "sourceConstraintComponent", "resultPath"):
            assert len(graph.objects(result, sh(name))) == 1
        assert len(graph.objects(result, sh("resultMessage"))) == 2
    assert len(graph.uses("inversePath")) == 2


def test_a_near_name_is_suggested_among_many() -> None:
    """The nearest name of thousands is suggested for one that nothing describes, and none where none is near."""
    chance = random.Random(5)
    names = ["millford", *("".join(chance.choices("abcdeiou", k=chance.randrange(5, 14))) for _ in range(3000))]
    shapes = """shape:S a sh:PropertyShape ; sh:targetSubjectsOf coop:place ; sh:path coop:place ; sh:class coop:Place ;
      sh:message "{value} is wrong. Use {nearest}."@en ."""
    things = "event:a coop:place place:milford, place:zzzzzz ."
    things += "".join(f"place:{name} a coop:Place . " for name in names)
    assert [found.message() for found in report(shapes, things)] == [
        "place:milford is wrong. Use place:millford.", "place:zzzzzz is wrong. Use another name.",
    ]  # fmt: skip


def test_a_wrong_value_that_is_a_contradiction_too_is_told_once(tmp_path: Path) -> None:
    """A plain text where an address belongs breaks the shape and the range; the finding is the one word about it."""
    text = writer.write(turtle('source:x a coop:Source ; coop:address "https://x.example/" .'))
    (tmp_path / "x.ttl").write_text(text, encoding="utf-8")
    problems: list[errors.GraphError] = []
    found = load(only=True, ontology=True).validate([tmp_path / "x.ttl"], problems=problems)
    assert iri("shape:address") in {finding.shape for finding in found.at_least("violation")}
    assert problems == []
