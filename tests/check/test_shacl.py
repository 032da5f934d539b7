"""SHACL: each component by hand, both engines on made-up shapes and data, what is wrong with shapes, and the report."""

# ruff: noqa: E501 (tables of cases are wide)

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from closing import HEAD, turtle
from test_shapes import SHAPES, _graph_of, cases, graph

import csto_graph as cg
from benchmarks.validate import results as as_set
from csto_graph import errors
from csto_graph.check import shacl
from csto_graph.check.shacl import Report
from csto_graph.check.shapes import Shapes, sh
from csto_graph.names import curie, iri
from csto_graph.store.engine import Limits


def nowhere(focus: str, path: str | None) -> None:
    return None


def foreign(shapes: str, data: str = "x:a x:p 1 .", **options: Any) -> Report:
    """As shapes of a file that is not the project's."""
    own = turtle(shapes)
    return shacl.validate(turtle(data), own, locate=nowhere, foreign={"mine.ttl": own}, **options)


# --------------------------------------------------------------------------------------------------- by component

COMPONENTS = """
# constraint | values of x:p that are right | values that are wrong | how many results | component
sh:class x:A | x:a, x:sub | x:b, "x", [] | 3 | Class
sh:datatype xsd:integer | 1, "+7"^^xsd:integer, "007"^^xsd:integer | 1.0, "1", "x"^^xsd:integer, "1"^^xsd:int, x:a | 5 | Datatype
sh:datatype xsd:date | "2010-01-02"^^xsd:date, "2010-01-02Z"^^xsd:date | "2010-02-30"^^xsd:date, "2010"^^xsd:date | 2 | Datatype
sh:datatype xsd:gYear | "2010"^^xsd:gYear, "ten"^^xsd:gYear | "2010", 2010 | 2 | Datatype
sh:datatype xsd:string | "x", "" | "x"@en, x:a | 2 | Datatype
sh:datatype rdf:langString | "x"@en | "x" | 1 | Datatype
sh:nodeKind sh:IRI | x:a | "x", [] | 2 | NodeKind
sh:nodeKind sh:BlankNodeOrLiteral | [], "x" | x:a | 1 | NodeKind
sh:minCount 2 | 1, 2 | 1 | 1 | MinCount
sh:maxCount 1 | 1 | 1, 2 | 1 | MaxCount
sh:minExclusive 2 | 3, 2.5 | 2, 1, "3", x:a | 4 | MinExclusive
sh:minInclusive 2 | 2, 3e0 | 1, "abc"^^xsd:integer | 2 | MinInclusive
sh:maxExclusive "2010-01-02T00:00:00Z"^^xsd:dateTime | "2010-01-01T23:59:59Z"^^xsd:dateTime | "2010-01-02T00:00:00Z"^^xsd:dateTime, 1 | 2 | MaxExclusive
sh:maxInclusive "2010-01-02"^^xsd:date | "2010-01-02"^^xsd:date | "2010-01-03"^^xsd:date | 1 | MaxInclusive
sh:minLength 2 | "xy", x:a, 10 | "x", [] | 2 | MinLength
sh:maxLength 2 | "xy", "" | "xyz", [], x:a | 3 | MaxLength
sh:pattern "^a+$" | "a", "aa"@en | "b", "ba", [], x:a | 4 | Pattern
sh:pattern "^A" ; sh:flags "i" | "a" | "b" | 1 | Pattern
sh:languageIn ( "en" "ru" ) | "x"@en, "x"@ru, "x"@en-GB | "x", "x"@de, x:a | 3 | LanguageIn
sh:uniqueLang true | "x"@en, "x"@ru, "x", "y" | "x"@en, "y"@EN, "x"@ru, "y"@ru | 2 | UniqueLang
sh:equals x:q | 5, 6 | 5, 7 | 2 | Equals
sh:disjoint x:q | 7 | 5, 7 | 1 | Disjoint
sh:lessThan x:q | 4 | 5, "4", [] | 5 | LessThan
sh:lessThanOrEquals x:instant | "2010-01-02T00:00:00+02:00"^^xsd:dateTime | "2010-01-02T24:00:00Z"^^xsd:dateTime, "now"^^xsd:dateTime | 2 | LessThanOrEquals
sh:hasValue 1 | 1, 2 | 2, "1" | 1 | HasValue
sh:in ( 1 x:a "x"@en ) | 1, x:a, "x"@en | "01"^^xsd:integer, "x", x:b | 3 | In
sh:node [ sh:property [ sh:path x:q ; sh:minCount 1 ] ] | x:a | x:b, "x" | 2 | Node
sh:not [ sh:class x:A ] | x:b | x:a | 1 | Not
sh:and ( [ sh:class x:A ] [ sh:nodeKind sh:IRI ] ) | x:a | x:b | 1 | And
sh:or ( [ sh:class x:A ] [ sh:datatype xsd:string ] ) | x:a, "x" | x:b, 1 | 2 | Or
sh:xone ( [ sh:class x:A ] [ sh:nodeKind sh:IRI ] ) | x:b | x:a, "x" | 2 | Xone
sh:qualifiedValueShape [ sh:class x:A ] ; sh:qualifiedMinCount 1 | x:a, "x" | x:b | 1 | QualifiedMinCount
sh:qualifiedValueShape [ sh:class x:A ] ; sh:qualifiedMaxCount 1 | x:a, "x" | x:a, x:sub | 1 | QualifiedMaxCount
sh:minCount 3 ; sh:deactivated true | 1 | | 0 | MinCount
"""

AROUND = """
x:a a x:A ; x:q 1 . x:sub a x:Sub . x:Sub rdfs:subClassOf x:Lower . x:Lower rdfs:subClassOf x:A . x:b a x:B .
x:right x:q 5, 6 ; x:instant "2010-01-02T00:00:00Z"^^xsd:dateTime . x:wrong x:q 5, 6 ; x:instant "2010-01-02T00:00:00Z"^^xsd:dateTime .
"""


@pytest.mark.parametrize("line", COMPONENTS.strip().splitlines()[1:])
def test_each_component(line: str) -> None:
    """The wrong values give the results of the specification, the right ones none; and a default message in words."""
    constraint, right, wrong, count, component = (part.strip() for part in line.split("|"))
    shape = f"shape:S a sh:PropertyShape ; sh:targetNode x:wrong ; sh:path x:p ; {constraint} . shape:R a sh:PropertyShape ; sh:targetNode x:right ; sh:path x:p ; {constraint} ."
    data = AROUND + f"x:right x:p {right} . " + (f"x:wrong x:p {wrong} . " if wrong else "")
    found = foreign(shape, data)
    assert [finding.component for finding in found] == [f"{component}ConstraintComponent"] * int(count)
    for finding in found:
        assert curie(finding.shape) == "shape:S"
        for language in ("en", "ru"):
            said = finding.problem(language)
            assert "shape:S" in said
            assert f"sh:{constraint.split()[0].removeprefix('sh:')[:3]}" in said
            assert "{" not in said
            assert finding.remedy(language)


FOUND_WORDS = [
    ("x:p ; sh:uniqueLang true", "'a'@en, 'b'@en, 'c'@de, 'd'", "x:p must have one value in each language, found 'a'@en, 'b'@en (", "x:p — одно значение на каждом языке, найдено: 'a'@en, 'b'@en ("),
    ("x:p ; sh:maxCount 2", "1, 2, 3, 4, 5, 6, 7", "found '1', '2', '3', '4', '5', '6', … (", "найдено: '1', '2', '3', '4', '5', '6', … ("),
    ("[ sh:inversePath x:p ] ; sh:minCount 2", "x:wrong", "^x:p must have at least 2 value(s), found fewer (", "^x:p — значений не меньше 2, найдено: меньше ("),
    ("[ sh:zeroOrMorePath x:p ] ; sh:maxCount 1", "1", "x:p* must have at most 1 value(s), found more (", "x:p* — значений не больше 1, найдено: больше ("),
    ("x:p ; sh:datatype xsd:int", "5", "a well-formed xsd:int, found '5' (xsd:integer) (", "найдено: '5' (xsd:integer) ("),
    ("x:p ; sh:in ()", "1", "x:p must be one of (), found '1' (", "x:p — одно из (), найдено: '1' ("),
    ("x:p ; sh:pattern '^a$'", "'a\\n'", "must fit the pattern '^a$', found 'a↵' (", "найдено: 'a↵' ("),
    ("x:p ; sh:or ( [ sh:minCount 2 ; sh:path x:q ; sh:message 'q' ] x:B )", "1", "must meet one of ((sh:path x:q; sh:minCount 2), x:B), found '1' (shape:S, sh:or ((…), x:B))", "из ((sh:path x:q; sh:minCount 2), x:B)"),
    ("[ sh:zeroOrOnePath [ sh:oneOrMorePath x:p ] ] ; sh:nodeKind sh:IRI", "1", "(x:p+)? must be of the kind", "(x:p+)? должно быть"),
    ("( [ sh:zeroOrOnePath x:p ] [ sh:inversePath [ sh:inversePath x:q ] ] ) ; sh:minCount 1", "1", "x:p?/^(^x:q) must have", "x:p?/^(^x:q) — значений"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "values", "english", "russian"), FOUND_WORDS)
def test_default_words_show_what_is_at_fault(said: str, values: str, english: str, russian: str) -> None:
    """Of many values the first, of languages those that are doubled, of a long condition its parts by their names; a
    path reads as SPARQL would have it; and nothing is said to be missing that nobody looked for."""
    shapes = f"shape:S sh:targetNode x:wrong ; sh:path {said} . x:B a sh:NodeShape ; sh:class x:A ."
    (finding,) = foreign(shapes, f"x:wrong x:p {values} .")
    for language, words in (("en", english), ("ru", russian)):
        assert words in finding.problem(language).replace("https://x.example/", "x:")


PATHS = [
    ("x:p", "x:b x:c"),
    ("[ sh:inversePath x:p ]", "x:z"),
    ("[ sh:alternativePath ( x:p x:q ) ]", "x:b x:c x:e"),
    ("[ sh:zeroOrMorePath x:p ]", "x:a x:b x:c x:d"),
    ("[ sh:oneOrMorePath x:p ]", "x:a x:b x:c x:d"),
    ("( [ sh:zeroOrMorePath x:p ] x:q )", "x:e x:b"),
    ("[ sh:alternativePath ( x:q ( x:p [ sh:inversePath x:p ] ) ) ]", "x:e x:a x:b"),
]


@pytest.mark.parametrize(("path", "wanted"), PATHS)
def test_each_kind_of_path(path: str, wanted: str) -> None:
    """A path leads to the nodes that the specification says, each once, and is written out in the report."""
    back = "x:d x:p x:a ." if "MorePath x:p ]" in path and "(" not in path else ""
    data = f"x:z x:p x:a . x:a x:p x:b, x:c ; x:q x:e, x:b . x:b x:p x:d, x:c . x:c x:p x:d . {back}"
    shapes = f"shape:S sh:targetNode x:a ; sh:path {path} ; sh:in ( x:none ) ."
    found = foreign(shapes, data)
    assert {finding.value.value for finding in found} == {f"https://x.example/{name[2:]}" for name in wanted.split()}
    assert len(found) == len(wanted.split())
    written = [(Shapes(turtle(text)), name) for text, name in ((shapes, "path"), (found.to_turtle(), "resultPath"))]
    paths = [(graph, path) for graph, name in written for _, path in graph.uses(name)]
    assert len(paths) == 1 + len(found)
    told = {(graph.path_text(path), len(graph.path_statements(path))) for graph, path in paths}
    assert len(told) == 1


# ------------------------------------------------------------------------------------------------- both engines


def test_same_results_as_pyshacl_on_the_projects_shapes() -> None:
    """Focus, path, component, value and severity are those of pySHACL for broken instances of every shape.

    pySHACL takes a hundredth of a second for each node and constraint, so it is given some nodes of each shape: two
    that do not meet it, and another one; a shape on the graph as a whole looks at a small one.
    """
    triples = graph(_graph_of(broken=True))
    whole = shacl.validate(triples, SHAPES, locate=nowhere)
    assert {finding.shape for finding in whole} == {iri(f"shape:{case.shape}") for case in cases()}
    targets = {sh(f"target{name}") for name in ("Class", "SubjectsOf", "ObjectsOf")}
    nodes = sorted({triple.subject for triple in triples if isinstance(triple.subject, ox.NamedNode)}, key=str)
    shapes = [triple for triple in SHAPES if triple.predicate not in targets | {sh("targetNode")}]
    for shape in sorted({triple.subject for triple in SHAPES if triple.predicate in targets}, key=str):
        hit = dict.fromkeys(one.result.focus for one in whole if one.shape == shape.value)
        chosen = dict.fromkeys([*list(hit)[:2], random.Random(str(shape)).choice(nodes)])
        shapes += [ox.Triple(shape, sh("targetNode"), node) for node in chosen]
    small = graph(turtle("place:a a coop:Place ; coop:nothing 1 ; dcterms:isPartOf place:b ."))
    general = [triple for triple in SHAPES if triple.predicate not in targets]
    for data, rules, least in ((triples, shapes, 150), (small, general, 2)):
        fast, slow = (shacl.validate(data, rules, locate=nowhere, engine=engine) for engine in shacl.ENGINES)
        assert as_set(fast) == as_set(slow)
        assert len(as_set(fast)) >= least


# ------------------------------------------------------------------------------------------ messages and results


def texts(report: Report) -> list[str]:
    """The messages of the report as Turtle, as they stand there."""
    return sorted(
        str(triple.object) for triple in turtle(report.to_turtle()) if triple.predicate == sh("resultMessage")
    )


S = "shape:S a sh:NodeShape ; sh:targetNode x:a ; "


BOUND = "sh:select 'SELECT $this ?value ?max ?other { $this <https://x.example/p> ?value . BIND(3 AS ?max) FILTER(?value > ?max) }'"
MESSAGES = [
    (BOUND + ' ; sh:message "{$this} has {?value} not {?max}, {?other}"@en, "{?value}!"@de-AT, "plain"', ['"5!"@de-at', '"https://x.example/a has 5 not 3, {?other}"@en', '"plain"']),
    ("sh:select 'SELECT $this ?message { BIND(\"from the query\" AS ?message) }' ; sh:message 'mine'", ['"from the query"']),
    ("sh:select 'SELECT $this {}'", ['"of the shape"@fr']),
    ("sh:select 'SELECT $this ?message {}' ; sh:message '{?message}'", ['"{?message}"']),
    ("sh:select 'SELECT $this {}' ; sh:message '\\u0041{$this}{?this}'", ['"Ahttps://x.example/ahttps://x.example/a"']),
]  # fmt: skip


@pytest.mark.parametrize(("said", "messages"), MESSAGES)
def test_which_message_a_query_gives(said: str, messages: list[str]) -> None:
    """That which it binds, else those of the constraint, else that of the shape; IRIs without brackets, unbound
    variables as they stand, each message in its language (SHACL 5.3.2)."""
    found = foreign(S + f"sh:message 'of the shape'@fr ; sh:sparql [ {said} ] .", 'x:a x:p 5, "<b>" .')
    assert texts(found) == messages
    (constraint,) = [triple for triple in turtle(found.to_turtle()) if triple.predicate == sh("sourceConstraint")]
    assert isinstance(constraint.object, ox.BlankNode)


def test_messages_are_as_written() -> None:
    """Users' messages are not cut into sentences, not filled in and keep their tags; severity and shape are exact."""
    shapes = """shape:S a sh:NodeShape ; sh:targetNode x:a ; sh:property [ sh:path x:p ; sh:datatype xsd:string ;
      sh:severity x:Grave ; sh:message "Bad. See {value} http://x.y" , "kein"@de-AT ] ."""
    found = foreign(shapes)
    assert texts(found) == ['"Bad. See {value} http://x.y"', '"kein"@de-at']
    (finding,) = found
    assert (finding.severity, finding.result.severity.value) == ("violation", "https://x.example/Grave")
    assert isinstance(finding.result.shape, ox.BlankNode)
    assert (curie(finding.shape), finding.remedy()) == ("shape:S", "")
    assert json.loads(found.to_json())["findings"][0]["message"] == {"": "Bad. See {value} http://x.y", "de-at": "kein"}


COMPONENT = """x:Longest a sh:ConstraintComponent ; sh:parameter [ sh:path x:longest ] ; sh:validator [ a sh:SPARQLAskValidator ;
  sh:message "{?value} is longer than {$longest}"@en, "zu lang: {?value}"@de ; sh:ask "ASK { FILTER(STRLEN(STR($value)) <= $longest) }" ] .
"""


def test_components_of_users() -> None:
    """A component of one's own is evaluated, its templates filled; the messages of a shape go before them (SHACL 2.1.5)."""
    found = foreign(COMPONENT + S + "sh:property [ sh:path x:p ; x:longest 2 ] .", "x:a x:p 123, 45 .")
    assert texts(found) == ['"123 is longer than 2"@en', '"zu lang: 123"@de']
    assert [finding.component for finding in found] == ["https://x.example/Longest"]
    shapes = COMPONENT + S + "sh:property [ sh:path x:p ; x:longest 2 ; sh:message 'no' ] ."
    assert texts(foreign(shapes, "x:a x:p 123 .")) == ['"no"']
    silent = COMPONENT.replace("sh:message", "x:said") + S + "sh:property [ sh:path x:p ; x:longest 2 ] ."
    assert "x.example/Longest" in next(iter(foreign(silent, "x:a x:p 123 ."))).problem()


QUERY = "sh:sparql [ sh:select \"SELECT $this ?value WHERE { $this $PATH ?value FILTER(LANG(?value)='fr') }\" ]"
NUMBERS = 'x:a x:p "5"^^xsd:nonNegativeInteger, 5, "-5"^^xsd:nonNegativeInteger, "05"^^xsd:nonNegativeInteger .'
TEXTS = 'x:a x:v "Äb", "1b" ; x:w "abc", "zz" ; x:u "abc\\n" ; x:t "A" .'
KINDS = "sh:sparql [ sh:select 'SELECT $this ?value {{ $this <https://x.example/p> ?value FILTER(?value {}) }}' ]"
IMPORTS = """sh:sparql [ sh:prefixes x:O ; sh:select "SELECT $this ?value { $this ex:p ?value }" ] .
  x:O owl:imports x:P . x:P sh:declare [ sh:prefix "ex" ; sh:namespace "https://x.example/"^^xsd:anyURI ]"""
FOUND = {
    # $PATH is put in (SHACL 5.3.1), on a shape with and without a name, for simple and complex paths.
    "a query on a property": (f"sh:property [ sh:path x:l ; {QUERY} ]", 'x:a x:l "x"@fr, "y"@en .', ["x"]),
    "on a shape with a name": (f"sh:property x:P . x:P sh:path [ sh:alternativePath ( x:l x:m ) ] ; {QUERY}", 'x:a x:l "x"@fr, "y"@en .', ["x"]),
    # sh:prefixes may name an ontology that imports the one with the declarations (SHACL 5.2.1).
    "prefixes that are imported": (IMPORTS, "x:a x:p 1 .", ["1"]),
    # Patterns are those of SPARQL 1.1, 17.4.3.14: classes of Unicode, the flag x, $ at the very end of a text.
    "a class of Unicode": ('sh:property [ sh:path x:v ; sh:pattern "^\\\\p{L}" ]', TEXTS, ["1b"]),
    "flag x": ('sh:property [ sh:path x:w ; sh:pattern "^a b c$" ; sh:flags "x" ]', TEXTS, ["zz"]),
    "end of a text": ('sh:property [ sh:path x:u ; sh:pattern "^abc$" ]', TEXTS, ["abc\n"]),
    "flag i": ('sh:property [ sh:path x:t ; sh:pattern "a" ; sh:flags "i" ]', TEXTS, []),
    "flag s": ('sh:property [ sh:path x:u ; sh:pattern "^ABC.$" ; sh:flags "is" ]', TEXTS, []),
    "a class by name": ('sh:property [ sh:path x:v ; sh:pattern "[[:digit:]]" ]', TEXTS, ["Äb"]),
    # The engine takes != between values of two kinds for an error, against SPARQL 1.1, 17.4.1.7; NOT IN is right.
    "unequal": (KINDS.format("!= <https://x.example/b>"), "x:a x:p 'text', 5, x:b, x:c .", ["https://x.example/c"]),
    "not in": (KINDS.format("NOT IN (<https://x.example/b>)"), "x:a x:p 'text', 5, x:b, x:c .", ["5", "https://x.example/c", "text"]),
    # Terms are checked as they were parsed: derived types stay, and ill-typed ones are told (RDF 1.1 Concepts 3.3).
    "datatypes": ("sh:property [ sh:path x:p ; sh:datatype xsd:nonNegativeInteger ]", NUMBERS, ["-5", "5"]),
    # Three solutions are three results, and values reported by two constraints are two; none are merged.
    "each result": ("sh:sparql [ sh:select 'SELECT $this { ?a ?b ?c }' ] ; sh:property [ sh:path x:p ; sh:class x:A ], [ sh:path x:p ; sh:class x:A ]", "x:a x:p x:b . x:c x:p 1, 2 .", ["https://x.example/a"] * 3 + ["https://x.example/b"] * 2),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_which_values_are_reported(name: str) -> None:
    """Those that the specifications say, as often as they say, as they were parsed."""
    shapes, data, values = FOUND[name]
    assert sorted((one.value or one.result.focus).value for one in foreign(f"{S}{shapes} .", data)) == values


def test_literals_and_blank_nodes_as_focus() -> None:
    """They are reported, by queries, too, and stand in the report as Turtle as they stand in the data."""
    shapes = "shape:S sh:targetObjectsOf x:p ; sh:nodeKind sh:IRI ; sh:sparql [ sh:select 'SELECT $this { $this ?p ?o }' ] ."  # fmt: skip
    found = foreign(shapes, 'x:a x:p "01"^^xsd:byte, "x"@en, [ x:q 1 ] .')
    focus = [triple.object for triple in turtle(found.to_turtle()) if triple.predicate == sh("focusNode")]
    literals = {term for term in focus if isinstance(term, ox.Literal)}
    assert literals == {ox.Literal("01", datatype=ox.NamedNode(iri("xsd:byte"))), ox.Literal("x", language="en")}
    assert len(focus) == 4


def test_a_blank_node_that_a_query_is_asked_about_is_itself() -> None:
    """And stays one for what is asked of its form, in a class that is a shape, too; texts that look like it stay."""
    shapes = f"""x:T a rdfs:Class, sh:NodeShape ; sh:nodeKind sh:IRI ; sh:property [ sh:path x:q ; sh:nodeKind sh:BlankNode ] ;
      {KINDS.format("IN (1, 3)")} . shape:U sh:targetObjectsOf x:p ; sh:hasValue " _:b ." ."""
    data = '_:a a x:T ; x:p 1 . _:b a x:T ; x:q _:c, x:a ; x:p "_:c <x:d>" . _:c x:p " _:b .", 5 . x:a a x:T ; x:p 3 .'
    told = [{(*one.result[:3], one.component) for one in foreign(shapes, data, engine=name)} for name in shacl.ENGINES]
    assert told[0] == told[1]
    assert [sum(one[3].startswith(kind) for one in told[0]) for kind in ("SPARQL", "NodeKind", "HasValue")] == [2, 3, 4]


# -------------------------------------------------------------------------------------------- what is wrong with shapes

BROKEN = [
    ("sh:property [ sh:path x:p ; sh:minCount 'x' ]", "sh:minCount at shape:S is not well-formed: 'x'."),
    ("sh:closed 'yes'", "sh:closed at shape:S is not well-formed: 'yes'."),
    ("sh:node x:Missing", "sh:node at shape:S names https://x.example/Missing, which is no shape here."),
    ("sh:in _:l . _:l rdf:first 1 ; rdf:rest _:l", "sh:in at shape:S is not well-formed"),
    ("sh:nodeKind sh:Anything", "sh:nodeKind at shape:S is not well-formed: sh:Anything."),
    ("sh:property [ sh:path x:p, x:q ]", "shape:S has 2 values of sh:path."),
    ("sh:property [ sh:path x:p ; sh:minCount 18446744073709551616 ]", "sh:minCount at shape:S is more than an engine"),
    ("sh:property [ sh:path [ sh:inversePath ( x:p ) ] ]", "sh:path at shape:S is not well-formed"),
    ("sh:property [ sh:path 'p' ]", "sh:path at shape:S is not well-formed: 'p'."),
    ("sh:property [ sh:minCount 1 ]", "shape:S has 0 values of sh:path."),
    ("sh:sparql []", "sh:sparql at shape:S has no query, or several"),
    ("sh:sparql [ sh:select 'SELECT $this {}', 'SELECT $this { }' ]", "sh:sparql at shape:S has no query, or several"),
    ("sh:sparql [ sh:select 'SELECT $this { $this zz:p ?v }' ]", "The shapes cannot be used (shape:S): invalid SPARQL query: error at 1:"),
    ("sh:sparql [ sh:select 'DELETE WHERE { ?s ?p ?o }' ]", "The shapes cannot be used (shape:S): "),
    ("sh:sparql [ sh:select 'SELECT $this { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }' ]", "The shapes cannot be used (shape:S): SHACL-SPARQL queries must not contain SERVICE."),
    ("sh:sparql [ sh:select 'SELECT $this { ?s ?p ?o MINUS { ?s ?p ?o } }' ]", "The shapes cannot be used (shape:S): SHACL-SPARQL queries must not contain MINUS."),
    ("sh:sparql [ sh:prefixes x:O ; sh:select 'SELECT $this { $this e:p ?v }' ] . x:O owl:imports x:P ; sh:declare [ sh:prefix 'e' ; sh:namespace 'https://x.example/' ] . x:P owl:imports x:O ; sh:declare [ sh:prefix 'e' ; sh:namespace 'urn:' ]", "The prefix 'e:' of the query of shape:S stands for two namespaces (SHACL 5.2.1)."),
    ("sh:sparql [ sh:select 'SELECT $this FROM <file:///etc/passwd> { $this ?p ?o }' ]", "The query of shape:S names a dataset with FROM"),
    ("sh:pattern '(?=a)b'", "sh:pattern at shape:S cannot be read: '(?=a)b'."),
    ("sh:pattern '^\\\\i\\\\c*$'", "sh:pattern at shape:S cannot be read"),
    ("sh:pattern '[a&&b]'", "sh:pattern at shape:S cannot be read"),
    ("sh:pattern '(a{1000}){1000}'", "sh:pattern at shape:S cannot be read"),
    ("sh:pattern 'a' ; sh:flags 'z'", "sh:pattern at shape:S cannot be read: 'a' with the flags 'z'."),
    ("sh:property [ sh:path x:p ; sh:or ( [ sh:pattern '\\\\b(?!x)' ] [ sh:class x:A ] ) ]", "sh:pattern at shape:S cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "told"), BROKEN)
def test_what_is_wrong_with_shapes_is_told_with_shape_and_file(said: str, told: str) -> None:
    """One clear error of one line for each way in which a shape can be no good; nothing conforms in silence."""
    with pytest.raises(errors.InputError) as caught:
        foreign(S + said + " .")
    assert str(caught.value).startswith(f"mine.ttl: {told}")
    assert len(caught.value.message.splitlines()) == 1
    assert caught.value.exit_code == 3


WARNED = [
    ("sh:property [ sh:path x:p ;\n sh:minLenght 4 ]", 2, "SHACL has no term sh:minLenght; it says nothing. Did you mean sh:minLength?"),
    ("sh:severity sh:Warn", 2, "SHACL has no term sh:Warn"),
    ("sh:singleLine true", 2, "SHACL has no term sh:singleLine; it says nothing."),
    ("\n sh:js [ sh:jsFunctionName 'f' ]", 2, "sh:js: scripts are not run."),
    ("\n\n sh:rule [ a sh:TripleRule ]", 2, "sh:rule: rules are not run."),
    ("sh:target [ sh:select 'SELECT (<x:q> AS ?this) {}' ]", 2, "sh:target: SPARQL targets are not run."),
    ("sh:entailment <http://www.w3.org/ns/entailment/RDFS>", 2, "sh:entailment: regimes of entailment are not run."),
]  # fmt: skip


@pytest.mark.parametrize(("said", "line", "told"), WARNED)
def test_what_passes_in_silence_is_warned_of(said: str, line: int, told: str, tmp_path: Path) -> None:
    """With file and line; the shapes are used all the same."""
    own, data = tmp_path / "own.ttl", tmp_path / "data.ttl"
    head = HEAD.replace("\n", " ")
    own.write_text(f"{head}\n{S} {said} ; sh:nodeKind sh:Literal .\n", encoding="utf-8")
    data.write_text(f"{head} x:a x:p 1 .\n", encoding="utf-8")
    report = cg.load(data, only=True, shapes=own).validate()
    assert [entry for entry in report.warnings if told in entry] == [report.warnings[0]]
    assert report.warnings[0].startswith(f"{own}:{line}: {told}")
    assert "Did you mean" in told or "Did you mean sh:in?" not in report.warnings[0]
    assert len(report) == 1
    assert json.loads(report.to_json())["warnings"] == list(report.warnings)


def test_what_an_engine_refuses_is_told_of_the_shape_that_it_names() -> None:
    """The last one; what only looks like a name is none."""
    shapes = turtle("x:A sh:path x:p . x:B sh:path x:p .")
    one, other = (triple.subject for triple in shapes)
    for words, name in ((f"<x> <y|z> {{{other}, 1}}", other), (f"{other} ({one})", one), ("<x>", None)):
        said = Shapes(shapes).refused(words).message
        assert f"cannot be used{f' ({name.value})' if name else ''}: " in said


def test_shapes_that_are_aimed_at_nothing_are_told() -> None:
    """A class that is a shape is its own target; without any, that nothing is found says nothing."""
    for aim, told in (("", ["mine.ttl: No shape has a target; nothing is checked."]), ("a owl:Class ; ", [])):
        assert list(foreign(f"x:A {aim} sh:property [ sh:path x:p ; sh:maxCount 0 ] .").warnings) == told


# ------------------------------------------------------------------------------------------------------- limits

CHAIN = "".join(f"x:n{at} x:next x:n{at + 1} . " for at in range(60_000))
ENDLESS = [
    pytest.param("sh:property [ sh:path _:p ; sh:minCount 1 ] . _:p sh:inversePath _:p", "x:a x:p 1 .", id="a path in a circle"),
    pytest.param("sh:property [ sh:path _:p0 ; sh:minCount 1 ] . " + " ".join(f"_:p{at} sh:alternativePath ( _:p{at + 1} _:p{at + 1} ) ." for at in range(40)) + " _:p40 sh:inversePath x:p", "x:a x:p 1 .", id="a path of 2^40 steps"),
    pytest.param("sh:sparql [ sh:select 'SELECT $this (COUNT(*) AS ?value) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o } GROUP BY $this' ]", "".join(f"x:a x:p {at} . " for at in range(300)), id="cross product"),
    pytest.param(f"{'sh:node [ ' * 5_000} sh:class x:A {'] ' * 5_000}", "x:a x:p 1 .", id="5,000 nested shapes"),
    pytest.param("sh:node x:R . x:R sh:property [ sh:path x:next ; sh:node x:R ]", CHAIN + "x:a x:next x:n0 .", id="recursion over a long chain"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "data"), ENDLESS)
def test_what_never_ends_or_crashes_reaches_a_limit(said: str, data: str) -> None:
    """An engine that takes too long, or dies, is one error; this process and its next validation go on."""
    with pytest.raises(errors.LimitReached, match=r"^The validation: ") as caught:
        foreign(S + said + " .", data, limits=Limits(seconds=4.0, memory=2**30))
    assert caught.value.exit_code == 4
    assert len(foreign(S + "sh:nodeKind sh:Literal .")) == 1


def test_an_interrupt_is_heard_while_engines_are_at_work() -> None:
    """Whoever interrupts does not wait for a process that never ends."""

    def interrupted(*_: object) -> list[shacl.Result]:
        raise KeyboardInterrupt

    said, data = ENDLESS[2].values
    with pytest.raises(KeyboardInterrupt):
        foreign(S + said + " .", data, house=interrupted, limits=Limits(seconds=900.0))


def test_patterns_that_freeze_others_end() -> None:
    """Nested repetitions take time that grows with the text alone, on the engine that runs by default."""
    shapes = S + "sh:property [ sh:path x:p ; sh:pattern '^(a+)+$' ] ; sh:not [ sh:property [ sh:path x:p ; sh:pattern '^(A+)+$' ; sh:flags 'i' ] ] ."  # fmt: skip
    assert len(foreign(shapes, f"x:a x:p '{'a' * 60}b' .")) == 1
    with pytest.raises(errors.LimitReached):
        foreign(shapes, f"x:a x:p '{'a' * 60}b' .", engine="pyshacl", limits=Limits(seconds=4.0))


def test_the_reference_runs_where_it_is_asked_for() -> None:
    """By name alone; nothing of it is loaded here, nor for the default engine."""
    code = "import sys, csto_graph; csto_graph.load().validate(); print(sorted({'rdflib', 'pyshacl', 'shifty'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
    with pytest.raises(errors.UnknownName, match="There is no SHACL engine 'fast'"):
        foreign(S + "sh:closed true .", engine="fast")
    found = [foreign(COMPONENT + S + "x:longest 2 ; sh:message 'm'@en .", engine=engine) for engine in shacl.ENGINES]
    assert found[0].to_json() == found[1].to_json()
    assert len(found[0]) == 1
