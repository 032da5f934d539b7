"""Validation: the same results as pySHACL alone, findings with words and places, reports in four forms, and lint."""

# ruff: noqa: E501 (tables of cases are wide)

from __future__ import annotations

import difflib
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from test_shapes import SHAPES, _graph_of, cases, example, graph, parse

from benchmarks.validate import pyshacl_alone
from csto_graph import errors
from csto_graph.check import shacl, validation
from csto_graph.check.report import LEVELS, Report
from csto_graph.check.shacl import sh
from csto_graph.loading.locating import Locator
from csto_graph.names import BASE, PREFIXES, curie, iri
from csto_graph.store.engine import Limits

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

    return validation.validate(parse(things), parse(shapes), locate=locate)


def shape_with(select: str, prefix: str = "") -> str:
    return f"""{prefix}
    <https://x.example/shapes> sh:declare [ sh:prefix "coop" ; sh:namespace "https://w3id.org/csto-un/ontology#"^^xsd:anyURI ] .
    shape:S a sh:NodeShape ; sh:targetClass coop:Place ; sh:message "Wrong. Mend it."@en ;
      sh:sparql [ sh:prefixes <https://x.example/shapes> ; sh:select '''{select}''' ] ."""


# --------------------------------------------------------------------------------------------------- same results


def nowhere(focus: str, path: str | None) -> None:
    return None


def _narrowed(triples: list[ox.Triple], most: int) -> list[ox.Triple]:
    """The shapes, those with a query aimed at the nodes on which they fire and at a few others."""
    rules, data = validation._Shapes(SHAPES), shacl.Data(triples)
    fired = {(result.shape, result.focus) for result in validation._Queries(data, rules).results()}
    chance = random.Random(7)
    queried = [shape for shape, *_ in rules.queries]
    aims = {sh(f"target{name}") for name in ("Class", "Node", "SubjectsOf")}
    rest = [triple for triple in SHAPES if triple.subject not in queried or triple.predicate not in aims]
    for shape in queried:
        found = shacl.targets(rules, shape, data).values()
        nodes = [data.terms[node] for node in dict.fromkeys(node for nodes in found for node in nodes)]
        hit = [node for node in nodes if (shape, node) in fired]
        chosen = dict.fromkeys([*hit[:most], *chance.sample(nodes, min(most, len(nodes)))])
        rest += [ox.Triple(shape, sh("targetNode"), node) for node in chosen]
    return rest


def test_same_results_as_pyshacl_alone() -> None:
    """Severity, shape, focus, path, value and component are those of pySHACL for a broken instance of every shape.

    pySHACL takes a hundredth of a second for each node and query, so these are tried on some nodes only: all that
    fire, up to a number, and as many others.
    """
    triples = graph(_graph_of(broken=True))
    shapes = _narrowed(triples, 2)
    report = validation.validate(triples, shapes, locate=nowhere)
    mine = {
        (found.severity, found.shape, found.focus, found.path, str(found.value), iri(f"sh:{found.component}"))
        for found in report
    }
    assert mine == pyshacl_alone(triples, shapes)[1]
    assert len(mine) == len(report)
    assert {found.shape for found in report} == {iri(f"shape:{case.shape}") for case in cases()}


def _mutated(copies: int) -> list[ox.Triple]:
    """Copies of the example with names of their own, in which statements were dropped, altered and added."""
    chance = random.Random(11)
    values = [*(triple.object for triple in example()), *parse_terms(ODD)]
    names = [triple.predicate for triple in example() if triple.predicate.value != iri("coop:about")]
    broken: list[ox.Triple] = []
    for copy in range(copies):

        def own(term: Any, copy: int = copy) -> Any:
            mine = isinstance(term, ox.NamedNode) and term.value.startswith(f"{BASE}id/")
            return ox.NamedNode(f"{term.value}-{copy}") if mine else term

        for triple in example():
            thing, name, value = own(triple.subject), triple.predicate, own(triple.object)
            fate = chance.random()
            if 0.02 < fate < 0.04 and name.value != iri("coop:about"):
                value = own(chance.choice(values))
            if fate > 0.02:
                broken.append(ox.Triple(thing, name, value))
            if fate > 0.98:
                broken.append(ox.Triple(thing, chance.choice(names), own(chance.choice(values))))
    return broken


ODD = """"x", "x"@en, "x"@de, "", " a  b ", 0, -1, 7, "7"^^xsd:int, 1.5, "abc"^^xsd:integer, "2010-13-45"^^xsd:date,
"2010-01-01Z"^^xsd:date, "2010-01-01"^^xsd:date, "2010"^^xsd:gYear, "2010"^^xsd:gYearMonth, "0000"^^xsd:gYear,
"2010-01-01T00:00:00Z"^^xsd:dateTime, true, "1"^^xsd:boolean, "http://x y/"^^xsd:anyURI, _:b, place:nowhere, coop:Place"""


def parse_terms(text: str) -> list[Any]:
    return [triple.object for triple in parse(f"place:x coop:x {text} .")]


def test_both_engines_find_the_same_in_mutated_data() -> None:
    """Findings, their words and their order are the same with the core constraints on either engine.

    Both engines see odd literals, blank nodes, missing, altered and misplaced statements; all shapes of the project
    are evaluated by the fast engine.
    """
    triples = graph(_mutated(4))
    rules, data = validation._Shapes(SHAPES), shacl.Data(triples)
    assert shacl.validate(rules, data, rules.targeted)[1] == []
    fast, slow = (
        validation.validate(triples, SHAPES, locate=nowhere, engine=engine) for engine in ("fast", "pyshacl")
    )
    assert fast.to_json() == slow.to_json()
    assert len(fast) > 100
    assert len({found.component for found in fast}) >= 16
    assert len({found.shape for found in fast}) >= 60


def test_nothing_slow_is_loaded_for_the_project() -> None:
    """The bundled graph is checked without rdflib and pySHACL, which take longer to import than all the rest."""
    code = "import sys, csto_graph; csto_graph.load().validate(); print(sorted({'rdflib', 'pyshacl'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_only_shapes_with_something_unknown_go_to_pyshacl(monkeypatch: pytest.MonkeyPatch) -> None:
    """One such shape does not slow the others down, and is reported beside them as if all had gone there."""
    shapes = SOME + """
    shape:back a sh:PropertyShape ; sh:targetClass coop:Place ; sh:minCount 1 ;
      sh:path [ sh:inversePath ( coop:place coop:occasion ) ] ."""
    seen: list[Any] = []
    before = validation._by_pyshacl

    def watched(data: shacl.Data, rules: Any, asked: Any) -> Any:
        seen.extend(asked)
        return before(data, rules, asked)

    monkeypatch.setattr(validation, "_by_pyshacl", watched)
    fast = report(shapes)
    assert [curie(shape.value) for shape in seen] == ["shape:back"]
    assert fast.to_json() == validation.validate(parse(THINGS), parse(shapes), locate=nowhere, engine="pyshacl").to_json()
    assert sum(found.shape == iri("shape:back") for found in fast) == 2


def test_pyshacl_is_aimed_at_what_is_left() -> None:
    """It sees all shapes, for they may refer to each other, but targets only of those it is asked about, and no query."""
    text = SOME + shape_with("SELECT $this WHERE {}") + "coop:Place a owl:Class, sh:NodeShape ; sh:node shape:S ."
    rules = validation._Shapes(parse(text))
    asked = ox.NamedNode(iri("shape:Town"))
    kept = set(validation._aimed(rules, [asked]))
    gone = {(triple.subject, triple.predicate) for triple in rules.triples if triple not in kept}
    place, other, seat = (ox.NamedNode(iri(name)) for name in ("coop:Place", "shape:S", "shape:seat"))
    type_ = ox.NamedNode(iri("rdf:type"))
    assert gone == {(place, type_), (other, sh("targetClass")), (other, sh("sparql")), (seat, sh("targetClass"))}


def test_quads_and_doubles_count_once() -> None:
    """An iterator over quads will do; what stands in two graphs is one statement."""
    graphs = [ox.NamedNode(iri(f"graph:{name}")) for name in ("data", "derived")]
    quads = (ox.Quad(*triple, where) for where in graphs for triple in parse('place:a a coop:Place ; coop:seat "x" .'))
    shapes = SOME.replace("sh:minCount 1", "sh:maxCount 1")
    assert len(validation.validate(quads, parse(shapes), locate=nowhere)) == 0


def test_shapes_within_shapes_are_reported_under_their_name() -> None:
    """A property shape without an IRI is reported as the shape it is part of, with its own path and severity."""
    shapes = """
    shape:S a sh:NodeShape ; sh:targetClass coop:Place ; rdfs:label "s"@en ; sh:message "{focus} is amiss. Mend it."@en ;
      sh:property [ sh:path [ sh:inversePath coop:place ] ; sh:minCount 1 ; sh:severity sh:Warning ],
        [ sh:path coop:seat ; sh:minCount 1 ; sh:message "{focus} has no seat. Add one."@en ] ."""
    found = report(shapes, "place:a a coop:Place .")
    assert [(entry.severity, curie(entry.shape), entry.path, entry.problem()) for entry in found] == [
        ("violation", "shape:S", iri("coop:seat"), "place:a has no seat."),
        ("warning", "shape:S", "^coop:place", "place:a is amiss."),
    ]
    assert "sh:inversePath coop:place" in found.to_turtle()


def test_a_class_that_is_a_shape_aims_at_its_instances() -> None:
    """For core constraints and for queries, on both engines (SHACL 2.1.3.3)."""
    shapes = """
    coop:Place a owl:Class, sh:NodeShape ; sh:property [ sh:path coop:seat ; sh:minCount 1 ] ;
      sh:sparql [ sh:select "SELECT $this WHERE { $this ?p 'x'@en }" ] ."""
    for engine in ("fast", "pyshacl"):
        found = validation.validate(parse(THINGS), parse(shapes), locate=nowhere, engine=engine)
        assert [(entry.focus, entry.component) for entry in found] == [
            (iri("place:a"), "SPARQLConstraintComponent"), (iri("place:a"), "MinCountConstraintComponent"),
        ]  # fmt: skip


# ------------------------------------------------------------------------------------------------ queries together

JOINABLE = [
    "SELECT $this WHERE { $this coop:seat ?value }",
    "select distinct ?this ?value { ?this coop:seat ?value FILTER(STRLEN(STR($this)) > ?value) }",
    "SELECT $this ?value WHERE { { $this coop:seat ?value } UNION { ?value coop:seat $this } }",
    "SELECT $this ?value WHERE { ?value a coop:Place . OPTIONAL { $this coop:seat ?value } }",
    "SELECT $this WHERE { ?any a coop:Place FILTER NOT EXISTS { $this coop:seat ?x FILTER(?x != $this) } }",
    "SELECT $this WHERE { # MINUS {\n $this coop:seat ?x FILTER(STR(?x) != 'VALUES * }' && ?x != <https://x.example/?this*>) }",
]
SEVERED = [
    "SELECT $this WHERE { ?x a coop:Place . OPTIONAL { ?x coop:seat ?y FILTER(?y = $this) } FILTER(!BOUND(?y)) }",
    "SELECT $this WHERE { { ?x a coop:Place FILTER NOT EXISTS { $this coop:seat ?x } } UNION { $this coop:seat ?x } }",
    "SELECT $this WHERE { ?x a coop:Place FILTER EXISTS { { ?x a ?y FILTER(STR(?x) < STR($this)) } UNION { $this coop:seat ?x } } }",
    "SELECT $this WHERE { { SELECT $this ?x WHERE { $this coop:seat ?x } ORDER BY ?x LIMIT 1 } }",
    "SELECT $this WHERE { ?x a coop:Place MINUS { $this coop:seat ?y } }",
    "SELECT $this WHERE { $this coop:seat* ?x }",
    "SELECT $this WHERE { $this coop:seat? ?x }",
    "SELECT $this ?value WHERE { $this coop:seat ?value } ORDER BY ?value LIMIT 1",
    "SELECT (COUNT(?x) AS ?value) WHERE { $this coop:seat ?x }",
    "SELECT $this WHERE { $this coop:seat ?x } GROUP BY $this HAVING(COUNT(?x) > 1 && EXISTS { $this a ?y })",
    "SELECT $this WHERE { $this coop:seat ?x } GROUP BY $this HAVING EXISTS { $this a ?y }",
    "SELECT ?value WHERE { $this coop:seat ?value }",
    "PREFIX x: <https://x.example/> SELECT $this WHERE { $this coop:seat ?x }",
]


@pytest.mark.parametrize("select", JOINABLE)
def test_queries_are_asked_about_many_nodes_at_once(select: str) -> None:
    """Where $this stands only where it is seen from outside, the answers are those of one query a node."""
    assert validation._joinable(select) is not None
    data = "".join(f"place:p{at} a coop:Place ; coop:seat {at}, place:p{at // 2} .\n" for at in range(1, 9))
    store = ox.Store()
    store.extend(ox.Quad(*triple) for triple in parse(data))
    nodes = [ox.NamedNode(iri(f"place:p{at}")) for at in range(12)]
    together = set(validation._answers(store, select, PREFIXES, nodes))
    one_by_one = {
        answer
        for node in nodes
        for answer in validation._rows(
            store.query(select, prefixes=PREFIXES, substitutions={ox.Variable("this"): node}), node
        )
    }
    assert together == one_by_one != set()


@pytest.mark.parametrize("select", SEVERED)
def test_queries_that_may_differ_are_asked_one_by_one(select: str) -> None:
    """Where scope, count or order of answers could make a difference, each node has its own query."""
    assert validation._joinable(select) is None


def test_the_queries_of_the_project_are_asked_together() -> None:
    """All of them can be, and give the same as one by one."""
    queries = [query.text for query in validation._Shapes(SHAPES).queries]
    assert queries
    assert None not in map(validation._joinable, queries)


def test_together_and_one_by_one_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the broken instances, and with more focus nodes than go into one query."""
    rules, data = validation._Shapes(SHAPES), shacl.Data(graph(_graph_of(broken=True)))
    monkeypatch.setattr(validation, "_MOST_TOGETHER", 7)
    together = set(validation._Queries(data, rules).results())
    monkeypatch.setattr(validation, "_joinable", lambda text: None)
    assert set(validation._Queries(data, rules).results()) == together
    assert len(together) >= 15


# --------------------------------------------------------------------------------------------------------- words


def test_messages_are_filled_in_both_languages() -> None:
    """Label, name, path, value and nearest right name stand in the message, whose first sentence is the problem."""
    closed = next(finding for finding in report() if finding.severity == "violation")
    assert closed.problem() == "Amber (place:a) cannot have coop:seet 'x'@en."
    assert closed.remedy() == "Use coop:seat."
    assert closed.message("ru") == "Амбер (place:a): лишнее coop:seet 'x'@en. Возьмите coop:seat."
    assert closed.message("fr") == closed.message("en")


def test_a_missing_value_is_said_in_words() -> None:
    """Where the result has no value, the message says that nothing was found."""
    lacking = next(finding for finding in report() if finding.severity == "warning")
    assert (lacking.focus, lacking.value) == (iri("place:a"), None)
    assert "found nothing" in lacking.problem()
    assert "найдено ничего" in lacking.problem("ru")


def test_too_many_values_are_listed() -> None:
    """Where there are too many values, the message names them."""
    shapes = SOME.replace("sh:minCount 1", "sh:maxCount 1")
    found = report(shapes, 'place:b a coop:Place ; coop:seat "z", "y" .')
    assert "'y', 'z'" in next(iter(found)).problem()


def test_shape_without_message_still_speaks() -> None:
    """A user's shape without words gives a plain sentence."""
    found = report("shape:S a sh:NodeShape ; sh:targetClass coop:Place ; sh:nodeKind sh:Literal .")
    assert {finding.problem() for finding in found} == {"place:a does not meet shape:S.", "place:b does not meet shape:S."}


def test_paths_that_no_result_has_are_not_looked_at() -> None:
    """A shape that nothing uses may have a circular path; it has no results, and does no harm."""
    found = report(SOME + "shape:odd sh:path _:p . _:p sh:inversePath _:p .")
    assert len(found) == len(report())
    assert found.to_turtle() == report().to_turtle()


def test_blank_nodes_are_reported_not_crashed_on() -> None:
    """A blank node from a user's file can be the focus of core and SPARQL constraints."""
    shapes = SOME + shape_with("SELECT $this WHERE { $this a coop:Place }")
    found = report(shapes, 'place:c coop:seat [ a coop:Place ; coop:seet "x" ] .')
    assert any(finding.focus.startswith("_:") for finding in found)
    assert found.to_turtle()


# -------------------------------------------------------------------------------------------------------- places


def test_findings_carry_file_and_line() -> None:
    """The locator is asked for the thing and the property; its answer stands in the finding and in the text."""
    asked = []

    def locate(focus: str, path: str | None) -> tuple[str, int] | None:
        asked.append((curie(focus), path and curie(path)))
        return ("data/places.ttl", 7)

    found = validation.validate(parse(THINGS), parse(SOME), locate=locate)
    assert ("place:a", "coop:seet") in asked
    assert {finding.place for finding in found} == {"data/places.ttl:7"}
    assert "data/places.ttl:7: Amber" in found.to_text()


def test_a_rule_on_the_whole_graph_lies_where_the_name_is_used() -> None:
    """A name that nothing describes is located at the statement that uses it, not at the ontology."""
    used = "event:signing-memorandum-ferry coop:place place:milford ."
    places = {iri("event:signing-memorandum-ferry"): ("mine.ttl", 3)}
    found = validation.validate(
        graph([*example(), *parse(used)]), SHAPES, locate=lambda focus, path: places.get(focus)
    )
    finding = next(finding for finding in found if finding.shape == iri("shape:Described"))
    assert finding.place == "mine.ttl:3"
    assert "place:millford" in finding.remedy()


def test_near_names_are_found_among_many() -> None:
    """The nearest name is the one that comparing with every name gives, in a graph with thousands of them."""
    chance = random.Random(5)
    names = sorted({"place:" + "".join(chance.choices("abcdeiou-", k=chance.randrange(5, 14))) for _ in range(3000)})
    near = validation._Names(names)
    found = 0
    for name in chance.sample(names, 60):
        at = chance.randrange(7, len(name))
        wrong = name[:at] + chance.choice(["", "x", "xy"]) + name[at + 1 :]
        wanted = difflib.get_close_matches(wrong, [other for other in names if other != wrong], 1, 0.8)
        mine = near.near(wrong)
        assert bool(mine) == bool(wanted)
        found += mine == wanted
    assert found >= 57
    assert near.near("event:nothing-like-it") == []


def test_order_is_by_severity_then_place_and_does_not_depend_on_input_order() -> None:
    """The same graph in another order gives the same bytes in every form."""
    places = {f"p{number}": (f"f{number % 3}.ttl", 20 - number) for number in range(12)}
    names = [*places]
    text = "".join(f"place:{name} a coop:Place ; coop:seet 'x' .\n" for name in names)
    first = report(things=text, **places)
    order = [(LEVELS.index(found.severity), found.file, found.line) for found in first]
    assert order == sorted(order)
    assert len(order) == 2 * len(names)
    things, shapes = parse(text), parse(SOME)
    random.Random(1).shuffle(things)
    random.Random(2).shuffle(shapes)
    again = validation.validate(things, shapes, locate=lambda focus, path: places[focus.rsplit("/", 1)[1]])
    for form in ("to_text", "to_json", "to_sarif", "to_turtle"):
        assert getattr(again, form)() == getattr(first, form)()


# ------------------------------------------------------------------------------------------------------- reports


def test_levels_decide_what_conforms() -> None:
    """A warning alone is no violation, but fails where warnings are to fail."""
    found = report(things='place:a a coop:Place ; skos:prefLabel "A"@en .')
    assert found.conforms()
    assert not found.conforms("warning")
    assert found.counts() == {"violation": 0, "warning": 1, "info": 0}
    found.raise_if_invalid()
    with pytest.raises(errors.InvalidGraph) as caught:
        found.raise_if_invalid("warning")
    assert caught.value.report is found
    assert "lacks coop:seat" in caught.value.message
    assert caught.value.hint == "Add it."


def test_empty_report() -> None:
    """Nothing found is said so, and every form of the report is still well formed."""
    found = report(things='place:b a coop:Place ; coop:seat "y" .')
    assert len(found) == 0
    assert found.to_text() == "No findings.\n"
    assert found.to_text("ru") == "Замечаний нет.\n"
    assert json.loads(found.to_json())["conforms"] is True
    assert json.loads(found.to_sarif())["runs"][0]["results"] == []
    assert "sh:conforms true" in found.to_turtle()


def test_text_groups_by_shape() -> None:
    """Findings stand under their shape's label and number, with a sum at the end."""
    text = report(things=THINGS + 'place:c a coop:Place ; coop:seat "y" ; coop:set "x" .').to_text("ru")
    assert text.startswith("нарушение: город (shape:Town), 2\n")
    assert text.endswith("нарушение: 2, предупреждение: 1\n")


def test_json_shape() -> None:
    """The documented keys, and nothing else."""
    document = json.loads(report(a=("x.ttl", 2)).to_json())
    assert list(document) == ["format", "conforms", "counts", "findings"]
    assert document["format"] == "csto-graph/report/1"
    assert document["conforms"] is False
    assert document["findings"][0] == {
        "severity": "violation", "shape": iri("shape:Town"), "focus": iri("place:a"), "path": iri("coop:seet"),
        "value": "x", "component": "ClosedConstraintComponent", "file": "x.ttl", "line": 2,
        "message": {"en": "Amber (place:a) cannot have coop:seet 'x'@en.",
                    "ru": "Амбер (place:a): лишнее coop:seet 'x'@en."},
        "remedy": {"en": "Use coop:seat.", "ru": "Возьмите coop:seat."},
    }  # fmt: skip


def test_sarif_names_rules_levels_and_regions() -> None:
    """Each result points to its rule, has SARIF's level, and a region where the line is known."""
    run = json.loads(report(a=("data/my places.ttl", 2)).to_sarif())["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in rules} == {"shape:seat", "shape:Town"}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    first = run["results"][0]
    assert first["level"] == "error"
    place = first["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "data/my%20places.ttl"}, "region": {"startLine": 2}}
    unplaced = json.loads(report().to_sarif())["runs"][0]["results"][0]["locations"][0]
    assert unplaced == {"logicalLocations": [{"fullyQualifiedName": iri("place:a")}]}


def test_turtle_is_a_shacl_report() -> None:
    """Each result has what SHACL 3.6 asks for, messages keep their language, a complex path is written out."""
    shapes = SOME + """
    shape:named a sh:PropertyShape ; sh:targetClass coop:Place ; sh:path [ sh:inversePath coop:place ] ; sh:minCount 1 ;
      sh:message "Nobody meets in {focus}. Go."@en ."""
    found = report(shapes)
    triples = [quad.triple for quad in ox.parse(found.to_turtle().encode(), format=ox.RdfFormat.TURTLE)]

    def objects(subject: object, name: str) -> list[object]:
        return [triple.object for triple in triples if triple.subject == subject and triple.predicate.value == iri(f"sh:{name}")]

    (whole,) = [triple.subject for triple in triples if triple.object == ox.NamedNode(iri("sh:ValidationReport"))]
    assert objects(whole, "conforms") == [ox.Literal(False)]
    results = objects(whole, "result")
    assert len(results) == len(found) == 4
    for result in results:
        for name in ("focusNode", "resultSeverity", "sourceShape", "sourceConstraintComponent", "resultPath"):
            assert len(objects(result, name)) == 1
        assert len(objects(result, "resultMessage")) in (1, 2)
    inverse = [triple for triple in triples if triple.predicate.value == iri("sh:inversePath")]
    assert len({triple.subject for triple in inverse}) == 2


# ------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "select",
    [
        "SELECT $this WHERE { SERVICE <http://127.0.0.1:9/> { $this ?p ?o } }",
        "SELECT $this FROM <http://127.0.0.1:9/x> WHERE { $this ?p ?o }",
        "SELECT $this WHERE { $this ?p }",
        "DELETE WHERE { ?s ?p ?o }",
    ],
)
def test_queries_that_reach_out_are_refused(select: str) -> None:
    """SERVICE, FROM, updates and broken queries in shapes end as the project's own error before anything runs."""
    with pytest.raises(errors.InputError):
        report(shape_with(select))


@pytest.mark.parametrize(
    "shape",
    [
        "shape:S a sh:NodeShape ; sh:targetClass coop:Place ; sh:js [ sh:jsFunctionName 'f' ] .",
        "shape:S a sh:NodeShape ; sh:target [ sh:select 'SELECT ?this WHERE { ?this ?p ?o }' ] .",
        "shape:S a sh:NodeShape ; sh:targetClass coop:Place ; sh:rule [ sh:construct 'CONSTRUCT WHERE { ?s ?p ?o }' ] .",
        "shape:C a sh:ConstraintComponent ; sh:parameter [ sh:path coop:x ] ; sh:validator [ sh:ask 'ASK {}' ] .",
        "shape:S a sh:PropertyShape ; sh:targetClass coop:Place ; sh:path coop:seat ; sh:sparql [ sh:select 'SELECT $this WHERE {}' ] .",
        "[] a sh:NodeShape ; sh:targetClass coop:Place ; sh:sparql [ sh:select 'SELECT $this WHERE {}' ] .",
        "shape:S a sh:NodeShape ; sh:sparql [ sh:select 'SELECT $this WHERE {}' ; sh:prefixes [ sh:declare [ sh:prefix 'x' ] ] ] .",
        "shape:S sh:targetNode place:a ; sh:sparql [ sh:select 'SELECT $this WHERE {}' ; sh:prefixes [ sh:declare [ sh:prefix 'x' ; sh:namespace 'not an IRI' ] ] ] .",
    ],
)
def test_shapes_that_run_code_are_refused(shape: str) -> None:
    """Scripts, rules, SPARQL targets and custom components are refused, and so is a query where it is not evaluated."""
    with pytest.raises(errors.InputError):
        report(shape)


@pytest.mark.parametrize(
    "shape",
    [
        "shape:S a sh:NodeShape ; sh:targetClass coop:Place ; sh:property [ sh:minCount 1 ] .",
        "shape:S a sh:PropertyShape ; sh:targetClass coop:Place ; sh:path coop:seat ; sh:minCount 'one' .",
    ],
)
def test_broken_shapes_end_as_input_error(shape: str) -> None:
    """What pySHACL cannot load is the project's own error, not a traceback of its."""
    with pytest.raises(errors.InputError):
        report(shape)


def test_rdflib_stays_silent_about_ill_typed_literals(caplog: pytest.LogCaptureFixture) -> None:
    """A date that does not exist becomes a finding, not a log entry with a traceback."""
    report(things='place:a a coop:Place ; coop:seat "2010-13-45"^^xsd:date .')
    assert not caplog.records


def test_the_value_of_a_query_without_one_is_the_focus() -> None:
    """As SHACL 5.3.2 has it for node shapes."""
    found = report(shape_with("SELECT $this WHERE { $this coop:seat ?any }"))
    assert [finding.value for finding in found] == [ox.NamedNode(iri("place:b"))]


def test_deactivated_constraints_do_not_run() -> None:
    """sh:deactivated switches a SPARQL constraint off, as it does a core one."""
    text = shape_with("SELECT $this WHERE { $this a coop:Place }")
    assert len(report(text)) == 2
    assert len(report(text + " shape:S sh:deactivated true .")) == 0


def test_targets_of_every_kind_are_queried() -> None:
    """Class with subclasses, node, subjects of, objects of: each target leads to the query."""
    text = shape_with("SELECT $this WHERE {}").replace("sh:targetClass coop:Place", "{}")
    things = THINGS + "coop:Town rdfs:subClassOf coop:Place . place:c a coop:Town ; coop:seat place:d ."
    for target, count in [
        ("sh:targetClass coop:Place", 3), ("sh:targetNode place:x", 1), ("sh:targetSubjectsOf coop:seat", 2),
        ("sh:targetObjectsOf rdf:type", 2),
    ]:  # fmt: skip
        assert len(report(text.replace("{}", target, 1), things)) == count


ASKING = """shape:T a sh:NodeShape ; sh:sparql [ sh:select "SELECT $this WHERE { $this <https://x.example/p> ?v }" ] .
shape:S sh:targetNode <https://x.example/a> ; """
WITH_P = "<https://x.example/a> <https://x.example/p> 1 ; <https://x.example/to> <https://x.example/a> ."


@pytest.mark.parametrize(
    ("reached", "component"),
    [
        ("sh:node shape:T", "Node"),
        ("sh:and ( shape:T )", "And"),
        ("sh:or ( [ sh:nodeKind sh:Literal ] shape:T )", "Or"),
        ("sh:xone ( shape:T [ sh:nodeKind sh:Literal ] )", "Xone"),
        ("sh:not [ sh:not shape:T ]", "Not"),
        ("sh:property [ sh:path <https://x.example/to> ; sh:node shape:T ]", "Node"),
        ("sh:property [ sh:path <https://x.example/to> ; sh:qualifiedValueShape shape:T ; sh:qualifiedMinCount 1 ]", "QualifiedMinCount"),
    ],
)
def test_a_query_of_a_shape_within_another_is_asked(reached: str, component: str) -> None:
    """A node that the query of a shape finds does not conform to it, wherever that shape is referred to (SHACL 3.4.2)."""
    found = report(ASKING + reached + " .", WITH_P)
    assert [(curie(entry.shape), entry.component) for entry in found] == [("shape:S", f"{component}ConstraintComponent")]
    assert len(report(ASKING + reached + " .", WITH_P.replace("/p>", "/q>"))) == 0
    assert len(report(ASKING + reached + " . shape:T sh:deactivated true .", WITH_P)) == 0


def test_a_query_that_pyshacl_would_have_to_ask_is_refused() -> None:
    """Beside something only pySHACL evaluates, or in a circle, a shape with a query cannot be referred to."""
    for beside in ("sh:pattern 'a' ; sh:flags 'x' ; sh:node shape:T .", "sh:node shape:S, shape:T ."):
        with pytest.raises(errors.InputError, match=r"^shape:S refers to shape:T, .*\nGive shape:T a target"):
            report(ASKING + beside, WITH_P)
    assert len(report(ASKING + "sh:pattern 'a' ; sh:flags 'x' .", WITH_P)) == 0


def test_a_literal_is_asked_about_as_it_is() -> None:
    """The store writes numbers in its own way; the focus node keeps the form it has in the data."""
    shapes = shape_with("SELECT $this WHERE {}").replace("sh:targetClass coop:Place", 'sh:targetNode "007"^^xsd:integer')
    assert [entry.focus for entry in report(shapes)] == [str(ox.Literal("007", datatype=ox.NamedNode(iri("xsd:integer"))))]


def test_one_is_true() -> None:
    """sh:deactivated "1"^^xsd:boolean is the same value as true."""
    text = shape_with("SELECT $this WHERE { $this a coop:Place }")
    assert len(report(text + ' shape:S sh:deactivated "1"^^xsd:boolean .')) == 0


BROKEN = [
    ("sh:sparql [ sh:select 'SELECT ?v WHERE { ?s ?p ?v }' ]", "The query of shape:S: It does not give $this."),
    ("sh:sparql [ sh:select 'CONSTRUCT WHERE { ?s ?p ?v }' ]", "The query of shape:S: It does not give $this."),
    ("sh:sparql [ sh:select 'ASK { $this ?p ?v }' ]", "The query of shape:S: It does not give $this."),
    ("sh:sparql [ sh:select 'SELECT $this { $this ?p ?v FILTER(<https://x.example/f>(?v)) }' ]", "The query of shape:S: "),
    ("sh:sparql [ sh:select 'SELECT $this { $this ?p }' ]", "The query of shape:S: "),
    ("sh:sparql [ sh:select 'SELECT $this { $this zz:p ?v }' ]", "The query of shape:S: at 1:22 of it: The prefix 'zz:'"),
    ("sh:sparql [ sh:select 'SELECT $this { FILTER($this = $currentShape) }' ]", "The query of shape:S: $currentShape is not"),
    ("sh:sparql [ sh:select 'SELECT $this { GRAPH $shapesGraph { ?s ?p ?o } }' ]", "The query of shape:S: $shapesGraph is not"),
    ("sh:sparql 'SELECT $this WHERE { $this ?p ?o }'", "A value of sh:sparql at shape:S has no query"),
    ("sh:sparql [ sh:select 'SELECT $this {}', 'SELECT $this { }' ]", "A value of sh:sparql at shape:S has no query, or several"),
    ("sh:sparql [ sh:select 'SELECT $this {}' ] ; sh:path coop:seat", "sh:sparql stands at shape:S"),
    ("sh:rule []", "The shape shape:S uses sh:rule"),
    ("sh:minimumCount 5", "SHACL has no term sh:minimumCount; shape:S uses it."),
    ("sh:targetClas coop:State", "SHACL has no term sh:targetClas; shape:S uses it.\nDid you mean sh:targetClass?"),
    ("sh:sparql [ sh:select 'SELECT $this {' ]", "The query of shape:S: at 1:14 of it: This '{' is never closed."),
    ("sh:in [ rdf:first 1 ]", "The value of sh:in at shape:S is no well-formed list."),
    ("sh:path coop:seat ; sh:in 'x'", "The value of sh:in at shape:S is no well-formed list."),
    ("sh:or ( [ sh:and ( shape:S ) ] )", "The shapes cannot be used (shape:S): "),
    ("sh:property [ sh:path [ sh:inversePath 'x' ] ]", "The shapes cannot be used (shape:S): "),
]


@pytest.mark.parametrize(("said", "told"), BROKEN)
def test_what_is_wrong_with_own_shapes_is_told_with_shape_and_file(said: str, told: str) -> None:
    """One clear error, on the command line and from Python, for each way in which a shape can be no good."""
    own = parse(f"shape:S sh:targetNode place:a ; {said} .")
    with pytest.raises(errors.InputError) as caught:
        validation.validate(parse(THINGS), own, locate=nowhere, foreign={"mine.ttl": own})
    assert str(caught.value).startswith(f"mine.ttl: {told}")
    assert len(caught.value.message.splitlines()) == 1


def test_a_text_that_is_too_long_is_told_with_its_shape() -> None:
    """The limit of what is read before anything runs is one of a shape, too."""
    own = parse(shape_with("SELECT $this { $this ?p " + " " * 70_000 + "?o }"))
    with pytest.raises(errors.LimitReached, match=r"^mine.ttl: The query of shape:S: is longer than 64 KiB"):
        validation.validate(parse(THINGS), own, locate=nowhere, foreign={"mine.ttl": own})


def test_a_pipe_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To find where a thing stands, only regular files are looked into: a second reader of a pipe would wait for ever."""
    os.mkfifo(tmp_path / "a.ttl")
    (tmp_path / "b.ttl").write_text("<https://x.example/a>\n  a <https://x.example/B> .\n", encoding="utf-8")
    read, before = [], Path.read_text

    def reading(path: Path, **options: Any) -> str:
        read.append(path.name)
        return "" if path.name == "a.ttl" else before(path, **options)

    monkeypatch.setattr(Path, "read_text", reading)
    locator = Locator([str(tmp_path / name) for name in ("a.ttl", "b.ttl", "c.ttl")])
    assert locator.locate("https://x.example/a") == (str(tmp_path / "b.ttl"), 1)
    assert read == ["b.ttl"]


def test_own_shapes_find_what_they_would_find_as_the_projects() -> None:
    """In a child the answers are those in this process: for every form of query, and for IRIs, blank nodes and literals."""
    data = "".join(f"place:p{at} a coop:Place ; coop:seat {at}, place:p{at // 2}, _:b, '00{at}'^^xsd:integer .\n" for at in range(1, 6))
    data += "_:b a coop:Place ; coop:seat place:p1 , '1'@en-GB, 'a\\tb\\n' ."
    selects = [select for select in [*JOINABLE, *SEVERED] if "$this" in select.upper().partition("WHERE")[0].lower()]
    shapes = "".join(
        f"shape:S{at} a sh:NodeShape ; sh:targetClass coop:Place ; sh:targetObjectsOf coop:seat ; sh:sparql [ sh:select {json.dumps(select)} ;"
        f" sh:prefixes [ sh:declare [ sh:prefix 'coop' ; sh:namespace '{PREFIXES['coop']}' ] ] ] .\n"
        for at, select in enumerate(selects)
    ) + "shape:P sh:targetObjectsOf coop:seat ; sh:pattern '^.*p[12]$' ; sh:not [ sh:pattern 'A' ; sh:flags 'i' ] ."  # fmt: skip
    things, own = parse(data), parse(shapes)
    inside = validation.validate(things, own, locate=nowhere)
    outside = validation.validate(things, own, locate=nowhere, foreign={"mine.ttl": own})
    assert outside.to_json() == inside.to_json()
    assert len({entry.shape for entry in inside}) > 10


ENDLESS = [
    ("sh:sparql [ sh:select 'SELECT $this (COUNT(*) AS ?value) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o . ?p ?q ?r } GROUP BY $this' ]", "query"),
    ("sh:node shape:T . shape:T sh:sparql [ sh:select 'SELECT $this { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o . FILTER(?o = 7) }' ]", "query"),
    ("sh:property [ sh:path coop:seat ; sh:pattern '^(a+)+$' ]", "pattern"),
    ("sh:not [ sh:property [ sh:path coop:seat ; sh:pattern '^(A+)+$' ; sh:flags 'i' ] ]", "pattern"),
]


@pytest.mark.parametrize(("said", "what"), ENDLESS)
def test_what_never_ends_in_own_shapes_is_stopped(said: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query or a regular expression that takes for ever reaches a limit, which names the shape and the file."""
    monkeypatch.setattr(validation, "_limits", lambda size: Limits(seconds=1.0))
    many = "".join(f"place:p{at} coop:seat {at} . " for at in range(100))
    things, own = parse(many + f"place:a coop:seat '{'a' * 60}b' ."), parse(f"shape:S sh:targetNode place:a ; {said} .")
    with pytest.raises(errors.LimitReached, match=rf"^mine.ttl: The {what} of shape:[ST]: not done within 1 s\.\n"):
        validation.validate(things, own, locate=nowhere, foreign={"mine.ttl": own})


def test_only_what_the_project_says_is_trusted() -> None:
    """A text that own shapes bring is theirs even where the project has it, and where they add it to a shape of the project."""
    bundled = parse(shape_with("SELECT $this WHERE { $this a coop:Place }"))
    own = parse("shape:S sh:sparql [ sh:select 'SELECT $this {}' ; sh:order 1 ] ; sh:pattern 'a' .")
    rules = validation._Shapes([*bundled, *own], {"mine.ttl": own})
    assert [query.foreign for query in rules.queries] == [False, True]
    assert {pattern.value for pattern in rules.foreign_patterns} == {"a"}
    assert [query.foreign for query in validation._Shapes(bundled, {"mine.ttl": bundled}).queries] == [True]


# ----------------------------------------------------------------------------------------------------------- lint

GOOD = SOME + shape_with("SELECT $this WHERE { $this a coop:Place }").replace(
    'sh:message "Wrong. Mend it."@en', 'sh:severity sh:Info ; rdfs:label "s"@en, "с"@ru ;'
    ' sh:message "Wrong. Mend it."@en, "Плохо. Исправьте."@ru'
)  # fmt: skip
KNOWN = THINGS + "coop:Place a owl:Class . coop:seat a owl:DatatypeProperty ."


def test_lint_is_silent_on_good_shapes() -> None:
    """The fixture itself has no lint, so that each change below is what is found."""
    assert validation.lint(parse(GOOD), parse(KNOWN)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sh:minCount 1", "sh:mincount 1", "no term sh:mincount"),
        ("sh:severity sh:Warning", "sh:severity sh:Warn", "no term sh:Warn"),
        ("sh:targetClass coop:Place ; sh:closed", "sh:targetClass coop:Plaice ; sh:closed", "coop:Plaice of shape:Town finds nothing"),
        ("sh:targetClass coop:Place ; sh:path", "sh:targetSubjectsOf coop:chair ; sh:path", "finds nothing"),
        ("sh:targetClass coop:Place ; sh:path", "sh:targetObjectsOf coop:chair ; sh:path", "finds nothing"),
        ("sh:targetClass coop:Place ; sh:path", "sh:targetNode place:zzz ; sh:path", "finds nothing"),
        ("sh:path coop:seat", "sh:path coop:seet", "coop:seet is used in the shapes and described nowhere"),
        ("sh:severity sh:Warning ;", "", "one sh:severity"),
        (', "место"@ru', "", "one rdfs:label"),
        (', "{focus}: нет {path}, найдено {value}. Добавьте."@ru', "", "one sh:message"),
        (". Add it.", "", "no remedy"),
        ("lacks {path}", "lacks {pfad}", "unknown placeholder {pfad}"),
        ("sh:targetClass coop:Place ; sh:path", "sh:path", "has no target"),
        ("sh:closed true", "sh:closed true ; sh:property [ sh:path coop:seat ]", "has no IRI"),
        ("{ $this a coop:Place }", "{ $this a }", "does not parse"),
        ("sh:closed true", "sh:closed true ; sh:property shape:seet", "shape:seet is used in the shapes and described nowhere"),
    ],
)  # fmt: skip
def test_lint_says_what_passes_in_silence(old: str, new: str, said: str) -> None:
    """Each fault that SHACL would let pass is named in one line."""
    assert old in GOOD
    lines = validation.lint(parse(GOOD.replace(old, new, 1)), parse(KNOWN))
    assert any(said in line for line in lines), lines
