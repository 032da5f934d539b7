"""The core of SHACL: each component by hand, and the same results as pySHACL on shapes and data that are made up."""

# ruff: noqa: E501 (tables of cases are wide)

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyshacl.errors import ReportableRuntimeError

from benchmarks.validate import pyshacl_alone
from csto_graph import errors
from csto_graph.check import shacl, validation
from csto_graph.names import PREFIXES, iri

HEAD = "".join(f"@prefix {prefix}: <{name}> .\n" for prefix, name in {**PREFIXES, "x": "https://x.example/"}.items())


def parse(text: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse((HEAD + text).encode(), format=ox.RdfFormat.TURTLE)]


def fast(shapes: str, data: str) -> tuple[list[shacl.Result], list[object]]:
    rules = validation._Shapes(parse(shapes))
    results, unknown = shacl.validate(rules, shacl.Data(parse(data)), rules.targeted)
    return results, list(unknown)


# --------------------------------------------------------------------------------------------------- by component

COMPONENTS = """
# constraint | values of x:p that are right | values that are wrong | how many results | component
sh:class x:A | x:a, x:sub | x:b, "x", [] | 3 | Class
sh:datatype xsd:integer | 1, "+7"^^xsd:integer, "007"^^xsd:integer | 1.0, "1", "x"^^xsd:integer, "1"^^xsd:int, x:a | 5 | Datatype
sh:datatype xsd:date | "2010-01-02"^^xsd:date, "2010-01-02Z"^^xsd:date | "2010-02-30"^^xsd:date, "2010"^^xsd:date | 2 | Datatype
sh:datatype xsd:gYear | "2010"^^xsd:gYear, "ten"^^xsd:gYear | "2010", 2010 | 2 | Datatype
sh:datatype xsd:gYearMonth | "2010-05"^^xsd:gYearMonth | "2010-05"^^xsd:gYear | 1 | Datatype
sh:datatype xsd:dateTime | "2010-01-02T00:00:00Z"^^xsd:dateTime, "2010-01-02T00:00:00.5"^^xsd:dateTime | "2010-01-02T25:00:00Z"^^xsd:dateTime | 1 | Datatype
sh:datatype xsd:boolean | true, "1"^^xsd:boolean | "yes"^^xsd:boolean, "true" | 2 | Datatype
sh:datatype xsd:string | "x", "" | "x"@en, x:a | 2 | Datatype
sh:datatype rdf:langString | "x"@en | "x" | 1 | Datatype
sh:datatype x:own | "x"^^x:own | "x" | 1 | Datatype
sh:nodeKind sh:IRI | x:a | "x", [] | 2 | NodeKind
sh:nodeKind sh:BlankNode | [] | "x", x:a | 2 | NodeKind
sh:nodeKind sh:Literal | "x" | [], x:a | 2 | NodeKind
sh:nodeKind sh:BlankNodeOrIRI | [], x:a | "x" | 1 | NodeKind
sh:nodeKind sh:BlankNodeOrLiteral | [], "x" | x:a | 1 | NodeKind
sh:nodeKind sh:IRIOrLiteral | x:a, "x" | [] | 1 | NodeKind
sh:minCount 2 | 1, 2 | 1 | 1 | MinCount
sh:maxCount 1 | 1 | 1, 2 | 1 | MaxCount
sh:minExclusive 2 | 3, 2.5 | 2, 1, "3", x:a | 4 | MinExclusive
sh:minInclusive 2 | 2, 3e0 | 1, "abc"^^xsd:integer | 2 | MinInclusive
sh:maxExclusive "2010-01-02T00:00:00Z"^^xsd:dateTime | "2010-01-01T23:59:59Z"^^xsd:dateTime | "2010-01-02T00:00:00Z"^^xsd:dateTime, 1 | 2 | MaxExclusive
sh:maxInclusive "2010-01-02"^^xsd:date | "2010-01-02"^^xsd:date | "2010-01-03"^^xsd:date | 1 | MaxInclusive
sh:minLength 2 | "xy", x:a, 10 | "x", [] | 2 | MinLength
sh:minLength 0 | "", x:a | "", [] | 1 | MinLength
sh:maxLength 2 | "xy", "" | "xyz", [], x:a | 3 | MaxLength
sh:pattern "^a+$" | "a", "aa"@en | "b", "ba", [], x:a | 4 | Pattern
sh:pattern "^A" ; sh:flags "i" | "a" | "b" | 1 | Pattern
sh:languageIn ( "en" "ru" ) | "x"@en, "x"@ru, "x"@en-GB | "x", "x"@de, x:a | 3 | LanguageIn
sh:languageIn ( "*" ) | "x"@de | "x" | 1 | LanguageIn
sh:uniqueLang true | "x"@en, "x"@ru, "x", "y" | "x"@en, "y"@EN, "x"@ru, "y"@ru | 2 | UniqueLang
sh:equals x:q | 5, 6 | 5, 7 | 2 | Equals
sh:disjoint x:q | 7 | 5, 7 | 1 | Disjoint
sh:lessThan x:q | 4 | 5, "4", [] | 5 | LessThan
sh:lessThanOrEquals x:q | 5, 4.5 | 6 | 1 | LessThanOrEquals
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
    """The wrong values give the results of the specification, the right ones none; pySHACL is not asked.

    That a literal is well-formed is asked of the datatypes of SPARQL only, and xsd:gYear is none of them.
    """
    constraint, right, wrong, count, component = (part.strip() for part in line.split("|"))
    shape = f"shape:S a sh:PropertyShape ; sh:targetNode x:right, x:wrong ; sh:path x:p ; {constraint} ."
    for values, wanted in ((right, 0), (wrong, int(count))):
        if values:
            results, unknown = fast(shape.replace("x:right, " if wanted else ", x:wrong", ""), f"{AROUND} x:right x:p {values} . x:wrong x:p {values} .")
            assert not unknown
            assert [result.component for result in results] == [f"{component}ConstraintComponent"] * wanted


PATHS = [
    ("x:p", "x:b x:c"),
    ("[ sh:inversePath x:p ]", "x:z"),
    ("( x:p x:p )", "x:c x:d"),
    ("[ sh:alternativePath ( x:p x:q ) ]", "x:b x:c x:e"),
    ("[ sh:zeroOrMorePath x:p ]", "x:a x:b x:c x:d"),
    ("[ sh:oneOrMorePath x:p ]", "x:a x:b x:c x:d"),
    ("[ sh:zeroOrOnePath x:p ]", "x:a x:b x:c"),
    ("( [ sh:zeroOrMorePath x:p ] x:q )", "x:e x:b"),
    ("[ sh:alternativePath ( x:q ( x:p [ sh:inversePath x:p ] ) ) ]", "x:e x:a x:b"),
]


@pytest.mark.parametrize(("path", "wanted"), PATHS)
def test_each_kind_of_path(path: str, wanted: str) -> None:
    """A path leads to the nodes that the specification says, each once; cycles end."""
    data = "x:z x:p x:a . x:a x:p x:b, x:c ; x:q x:e, x:b . x:b x:p x:d, x:c . x:c x:p x:d . x:d x:p x:a ."
    data = data.replace("x:d x:p x:a .", "x:d x:p x:a ." if "MorePath x:p ]" in path and "(" not in path else "")
    results, unknown = fast(f"shape:S sh:targetNode x:a ; sh:path {path} ; sh:in ( x:none ) .", data)
    assert not unknown
    assert Counter(result.value.value for result in results) == Counter(
        f"https://x.example/{name[2:]}" for name in wanted.split()
    )


def test_closed_shapes_name_property_and_value() -> None:
    """sh:closed has the property of its own as path; the type rdfs:Resource is always allowed."""
    shape = "shape:S sh:targetNode x:a ; sh:closed true ; sh:ignoredProperties ( x:i ) ; sh:property [ sh:path x:p ] ."
    results, unknown = fast(shape, "x:a x:p 1 ; x:i 2 ; x:q 3, 4 ; a rdfs:Resource, x:A .")
    assert not unknown
    found = {(result.path.value, str(result.value)) for result in results if result.path is not None}
    integer = "^^<http://www.w3.org/2001/XMLSchema#integer>"
    assert found == {
        ("https://x.example/q", f'"3"{integer}'),
        ("https://x.example/q", f'"4"{integer}'),
        (iri("rdf:type"), "<https://x.example/A>"),
    }


def test_disjoint_qualified_shapes_count_a_value_once() -> None:
    """A value that meets the qualified shape of a sibling too is not counted (SHACL 4.7.3)."""
    one, other = (
        f"[ sh:path x:p ; sh:qualifiedValueShape [ sh:class x:{name} ] ; sh:qualifiedValueShapesDisjoint true ; sh:qualifiedMinCount 1 ]"
        for name in "AB"
    )
    shapes = f"shape:S sh:targetNode x:hand ; sh:property {one}, {other} ."
    both = "x:hand x:p x:a . x:a a x:A, x:B ."
    assert len(fast(shapes, both)[0]) == 2
    assert len(fast(shapes.replace("Disjoint true", "Disjoint false"), both)[0]) == 0


@pytest.mark.parametrize(
    "shape",
    [
        "sh:path [ sh:inversePath ( x:p x:q ) ] ; sh:minCount 1",
        "sh:path ( x:p ) ; sh:minCount 1",
        "sh:path [ sh:alternativePath ( x:p ) ] ; sh:minCount 1",
        "sh:path x:p, x:q ; sh:minCount 1",
        "sh:path 'p' ; sh:minCount 1",
        "sh:path [ x:along x:p ] ; sh:minCount 1",
        "sh:path x:p ; sh:minCount 1, 2",
        "sh:path x:p ; sh:minCount 'one'",
        "sh:path x:p ; sh:minCount -1",
        "sh:path x:p ; sh:pattern '('",
        "sh:path x:p ; sh:pattern 'a' ; sh:flags 'x'",
        "sh:path x:p ; sh:flags 'i'",
        "sh:path x:p ; sh:datatype rdfs:Literal",
        "sh:path x:p ; sh:nodeKind sh:Anything",
        "sh:path x:p ; sh:languageIn ( 'en-GB' )",
        "sh:path x:p ; sh:in [ rdf:first 1 ]",
        "sh:path x:p ; sh:in [ rdf:first 1, 2 ; rdf:rest () ]",
        "sh:path x:p ; sh:or ()",
        "sh:path x:p ; sh:minInclusive x:a",
        "sh:path x:p ; sh:uniqueLang 'yes'",
        "sh:path x:p ; sh:lessThan 'q'",
        "sh:path x:p ; sh:qualifiedMinCount 1",
        "sh:path x:p ; sh:qualifiedValueShape [ sh:class x:A ]",
        "sh:path x:p ; sh:node [ sh:path x:q ]",
        "sh:path x:p ; sh:property [ sh:minCount 1 ]",
        "sh:path x:p ; sh:not 'x'",
        "sh:path x:p ; sh:minimum 1",
        "sh:minCount 1",
        "sh:ignoredProperties ( x:p )",
        "sh:node shape:S",
        "a sh:PropertyShape ; sh:class x:A",
        "a sh:NodeShape ; sh:path x:p ; sh:class x:A",
    ],
)
def test_what_is_not_known_is_left_to_pyshacl(shape: str) -> None:
    """A shape with an unknown term, a form that is not well-formed or that the engines read in two ways is not judged."""
    results, unknown = fast(f"shape:S sh:targetNode x:a ; {shape} .", "x:a x:p 1 .")
    assert unknown == [ox.NamedNode(iri("shape:S"))]
    assert not results


def test_deep_and_circular_input_ends() -> None:
    """Shapes nested deeply go to pySHACL; long chains, cycles and long lists in the data or the shapes are walked."""
    deep = "sh:not [ " * 40 + "sh:class x:A" + " ]" * 40
    assert fast(f"shape:S sh:targetNode x:a ; {deep} .", "x:a x:p 1 .")[1]
    chain = "".join(f"x:n{at} x:p x:n{at + 1} . " for at in range(5000)) + "x:n5000 x:p x:n0 ."
    many = "shape:S sh:targetNode x:n0 ; sh:path [ sh:oneOrMorePath x:p ] ; sh:maxCount 5000 ."
    assert len(fast(many, chain)[0]) == 1
    long = " ".join(map(str, range(5000)))
    assert len(fast(f"shape:S sh:targetNode x:a ; sh:path x:p ; sh:in ( {long} ) .", "x:a x:p 4999, 5000 .")[0]) == 1
    circle = "shape:S sh:targetNode x:a ; sh:path x:p ; sh:in _:l . _:l rdf:first 1 ; rdf:rest _:l ."
    assert fast(circle, "x:a x:p 1 .")[1]


def test_blank_nodes_do_not_compare() -> None:
    """They give a result, where pySHACL gives up on the whole graph."""
    results, unknown = fast("shape:S sh:targetNode x:a ; sh:path x:p ; sh:lessThan x:q .", "x:a x:p [] ; x:q 1 .")
    assert (len(results), unknown) == (1, [])


# -------------------------------------------------------------------------------------------------- made-up shapes

NAMES = ["x:a", "x:b", "x:c", "x:A", "_:n"]
PROPERTIES = ["x:p", "x:q", "x:r"]
LITERALS = """
1 | 2 | "2"^^xsd:integer | "+2"^^xsd:integer | "007"^^xsd:integer | "abc"^^xsd:integer | " 1"^^xsd:integer | "-0"^^xsd:integer
"123456789012345678901"^^xsd:integer | "٣"^^xsd:integer | 1.5 | 2.0 | 2e0 | "NaN"^^xsd:double | "1"^^xsd:int | "INF"^^xsd:float
"one" | "one two" | "" | "1" | "A"@en | "B"@en | "A"@ru | "c"@en-gb | "a\\nb\\n" | "\\u00a0" | "z"^^x:own | "http://x/y"^^xsd:anyURI
true | false | "1"^^xsd:boolean | "yes"^^xsd:boolean | "P1D"^^xsd:duration | "10:00:00"^^xsd:time
"2010-01-02"^^xsd:date | "2010-01-02Z"^^xsd:date | "2010-13-45"^^xsd:date | "2011-01-02"^^xsd:date
"2010"^^xsd:gYear | "2011"^^xsd:gYear | "0000"^^xsd:gYear | "2010-05"^^xsd:gYearMonth | "2010-5"^^xsd:gYearMonth
"2010-01-02T00:00:00Z"^^xsd:dateTime | "2011-01-02T00:00:00Z"^^xsd:dateTime | "2010-01-02T00:00:00"^^xsd:dateTime
"2010-01-02T01:00:00+02:00"^^xsd:dateTime | "2010-01-02T25:00:00Z"^^xsd:dateTime | "2010-01-02T24:00:00Z"^^xsd:dateTime
""".strip().replace("\n", " | ").split(" | ")
DATATYPES = ["integer", "string", "date", "gYear", "gYearMonth", "dateTime", "boolean", "decimal", "double", "anyURI", "time", "int"]
PATTERNS = ['"^a"', '"b$"', '"^[0-9]+$"', '"example"', r'"^\\S+( \\S+)*$"', '"^$"', '"A" ; sh:flags "i"']
KINDS = ["IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral"]


class Maker:
    """Makes shapes and data from a source of chance.

    No text is asked to have 0 characters at least: for blank nodes pySHACL reads SHACL 4.4.1 otherwise than it stands.

    Args:
        chance: Decides.
        named: Node shapes to refer to now and then.
    """

    def __init__(self, chance: random.Random, named: Sequence[str] = ()) -> None:
        self.chance = chance
        self.named = named

    def one(self, *choices: str) -> str:
        return self.chance.choice(choices)

    def data(self) -> str:
        lines = [f"{self.one(*NAMES)} a {self.one('x:A', 'x:B', 'x:C', 'rdfs:Resource')} ." for _ in range(5)]
        lines.append(f"x:C rdfs:subClassOf {self.one('x:A', 'x:B')} .")
        for _ in range(18):
            value = self.one(*NAMES) if self.chance.random() < 0.35 else self.one(*LITERALS)
            lines.append(f"{self.one(*NAMES)} {self.one(*PROPERTIES)} {value} .")
        return "\n".join(lines)

    def path(self, depth: int = 0) -> str:
        simple = self.one(*PROPERTIES)
        if depth > 1 or self.chance.random() < 0.6:
            return simple
        first, second = self.path(depth + 1), self.path(depth + 1)
        mark = self.one("zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath")
        return self.one(
            f"[ sh:inversePath {simple} ]", f"( {first} {second} )",
            f"[ sh:alternativePath ( {first} {second} ) ]", f"[ sh:{mark} {first} ]",
        )  # fmt: skip

    def constraint(self, of_property: bool, depth: int) -> str:
        one, number = self.one, str(self.chance.randrange(3))
        terms = " ".join(one(*NAMES[:4], *LITERALS) for _ in range(3))
        flat = [
            f"sh:class {one('x:A', 'x:B')}", f"sh:datatype {one('rdf:langString', 'x:own', *map('xsd:{}'.format, DATATYPES))}",
            f"sh:nodeKind sh:{one(*KINDS)}", f"sh:{one('minInclusive', 'maxInclusive', 'minExclusive', 'maxExclusive')} {one(*LITERALS)}",
            f"sh:minLength {int(number) + 1}", f"sh:maxLength {number}", f"sh:pattern {one(*PATTERNS)}", f"sh:in ( {terms} )",
            "sh:languageIn ( " + one('"en"', '"ru" "EN"', '"*"') + " )", f"sh:hasValue {one(*NAMES[:4], *LITERALS)}",
            f"sh:{one('equals', 'disjoint')} {one(*PROPERTIES)}", f"sh:closed true ; sh:ignoredProperties ( {one(*PROPERTIES)} rdf:type )",
        ]  # fmt: skip
        counted = [
            f"sh:{one('minCount', 'maxCount')} {number}", f"sh:uniqueLang {one('true', 'false')}",
            f"sh:{one('lessThan', 'lessThanOrEquals')} {one(*PROPERTIES)}",
        ]  # fmt: skip
        if depth > 1 or self.chance.random() < 0.6:
            return one(*flat, *(counted * 2 if of_property else ()))
        inner, node = f"[ {self.shape(one('', 'p') == 'p', depth + 1)} ]", f"[ {self.shape(False, depth + 1)} ]"
        if self.named and self.chance.random() < 0.7:
            inner, node = one(*self.named), one(*self.named)
        nested = [f"sh:node {node}", f"sh:not {inner}", f"sh:{one('and', 'or', 'xone')} ( {inner} {node} )",
                  f"sh:property [ {self.shape(True, depth + 1)} ]"]  # fmt: skip
        qualified = f"sh:qualifiedValueShape {inner} ; sh:{one('qualifiedMinCount', 'qualifiedMaxCount')} {number}"
        return one(*nested, *([qualified] if of_property else ()))

    def shape(self, of_property: bool, depth: int = 0) -> str:
        made = {text.split()[0]: text for text in (self.constraint(of_property, depth) for _ in range(2))}
        extra = [one for one in ("sh:deactivated true", "sh:severity sh:Info") if self.chance.random() < 0.05]
        return " ; ".join([*([f"sh:path {self.path()}"] if of_property else ()), *made.values(), *extra])

    def shapes(self) -> str:
        aims = ["sh:targetClass x:A", "sh:targetSubjectsOf x:p", "sh:targetObjectsOf x:q", "sh:targetNode x:a, 'one', x:z"]
        return "\n".join(f"shape:S{at} {self.one(*aims)} ; {self.shape(self.one('', 'p') == 'p')} ." for at in range(3))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_same_findings_as_pyshacl_on_made_up_shapes(seed: int) -> None:
    """Whatever the shapes and the data, both engines find the same, in the same words and order."""
    maker = Maker(random.Random(seed))
    shapes, data = parse(maker.shapes()), parse(maker.data())
    try:
        slow = validation.validate(data, shapes, locate=lambda focus, path: None, engine="pyshacl")
    except (errors.InputError, DeprecationWarning):
        return  # It gives up, or takes no answer for yes, where values do not compare.
    found = validation.validate(data, shapes, locate=lambda focus, path: None)
    assert found.to_json() == slow.to_json()


QUERIES = """
shape:Q0 a sh:NodeShape ; sh:sparql [ sh:select "SELECT $this WHERE { $this <https://x.example/p> ?any }" ] .
shape:Q1 a sh:NodeShape ; sh:nodeKind sh:IRI ; sh:node shape:Q0 ;
  sh:sparql [ sh:select "SELECT $this (COUNT(?any) AS ?value) WHERE { ?any ?how $this } GROUP BY $this HAVING(COUNT(?any) > 1)" ] .
shape:Q2 a sh:NodeShape ; sh:targetClass x:B ; sh:not shape:Q1 ;
  sh:sparql [ sh:select "SELECT $this WHERE { $this ?how ?any FILTER(ISLITERAL(?any)) }" ] .
"""


def _alike(found: Iterable[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """Results as both engines write them: a shape without an IRI, a blank node and a literal have names of their own."""
    bare = re.compile(r'_:|"(?=.*")|"[^"]*$', re.DOTALL)
    return {
        (level, bare.sub("", focus).replace("\\n", "\n"), path, str(value), component)
        for level, _, focus, path, value, component in found
    }


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_queries_of_shapes_within_shapes_find_the_same_as_pyshacl(seed: int) -> None:
    """However a shape with a query is reached (sh:node, sh:and, sh:not, …), it says whether a node conforms."""
    maker = Maker(random.Random(seed), ["shape:Q0", "shape:Q1", "shape:Q2"])
    shapes, data = parse(QUERIES + maker.shapes()), parse(maker.data())
    try:
        with shacl.quiet():
            theirs = pyshacl_alone(data, shapes)[1]
    except (ReportableRuntimeError, DeprecationWarning, TypeError):
        return  # As above.
    mine = [
        (found.severity, found.shape, found.focus, found.path, found.value, iri(f"sh:{found.component}"))
        for found in validation.validate(data, shapes, locate=lambda focus, path: None)
    ]
    assert _alike(mine) == _alike(theirs)


def test_made_up_shapes_are_evaluated_here() -> None:
    """What the property test makes is known to the fast engine, and fires: the comparison is one of two engines."""
    known = fired = 0
    for seed in range(60):
        maker = Maker(random.Random(seed))
        results, unknown = fast(maker.shapes(), maker.data())
        known += 3 - len(unknown)
        fired += bool(results)
    assert known == 180
    assert fired > 50
