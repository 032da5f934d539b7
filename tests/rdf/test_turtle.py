"""Canonical Turtle: order, layout, round trip, comments, and where things stand."""

from __future__ import annotations

import random
from itertools import chain

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csto_graph import errors, names
from csto_graph.rdf import turtle

COOP = names.PREFIXES["coop"]
XSD = names.PREFIXES["xsd"]
RDF = names.PREFIXES["rdf"]

MARKS = "\"'\\\n\r\t #<>&;.,[](){}@^`%:\u2028\u2029\u0085\u200e\u200f\u202e\u2066\ufeff\x07\x1b\x7f🙂漢"
hostile_text = st.text(
    st.one_of(st.sampled_from(MARKS), st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), max_size=20
)
iris = st.sampled_from([
    *(COOP + local for local in ("symbol", "a.b", "x-", "9", "x/y", "")), RDF + "type",
    "urn:x:y", "http://example.org/a/b#c?", "http://example.org/é漢", "http://example.org/\u2028x",
    *(names.PREFIXES["instrument"] + local for local in ("a-res-9", "a-res-64", "a~b", "a.", "%20", "а")),
]).map(ox.NamedNode)  # fmt: skip
NUMBERS = ["1", "01", "+1", "-0", "0", "-5", "1.0", "1.50", ".5", "-0.5", "1e5", "NaN", "true", "1 "]
KINDS = [XSD + kind for kind in ("integer", "decimal", "boolean", "double", "gYear", "date")] + ["urn:t"]
literals = st.one_of(
    hostile_text.map(ox.Literal),
    st.builds(lambda text, tag: ox.Literal(text, language=tag), hostile_text,
              st.sampled_from(["en", "ru", "zh-hant", "en-gb"])),
    st.builds(lambda text, kind: ox.Literal(text, datatype=ox.NamedNode(kind)),
              st.one_of(hostile_text, st.sampled_from(NUMBERS), st.integers(-(10**30), 10**30).map(str)),
              st.sampled_from(KINDS)),
)  # fmt: skip
blanks = st.sampled_from([ox.BlankNode(f"n{i}") for i in range(4)])


def statements(*, blank: bool = True):
    """Sets of triples; with blank nodes or without."""
    nodes = st.one_of(iris, blanks) if blank else iris
    return st.lists(st.builds(ox.Triple, nodes, iris, st.one_of(nodes, literals)), max_size=12)


@st.composite
def lists(draw):
    """A graph with an RDF list, sound or damaged in one place."""
    members = draw(st.lists(st.one_of(iris, literals, blanks), max_size=4))
    cells: list[ox.NamedNode | ox.BlankNode] = [ox.BlankNode(f"c{i}") for i in range(len(members))]
    cells.append(ox.NamedNode(RDF + "nil"))
    triples = [ox.Triple(ox.NamedNode("urn:s"), ox.NamedNode(COOP + "list"), cells[0])]
    for index, member in enumerate(members):
        triples.append(ox.Triple(cells[index], ox.NamedNode(RDF + "first"), member))
        triples.append(ox.Triple(cells[index], ox.NamedNode(RDF + "rest"), cells[index + 1]))
    if draw(st.booleans()):
        triples.append(ox.Triple(draw(st.sampled_from(cells)), draw(iris), draw(st.sampled_from(cells))))
    return triples + draw(statements())


def canonical(quads) -> frozenset[ox.Quad]:
    """The statements with blank nodes named by RDFC-1.0, an order that is not ours."""
    data = ox.Dataset(q if isinstance(q, ox.Quad) else ox.Quad(*q) for q in quads)
    data.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return frozenset(data)


def parsed(text: str) -> list[ox.Quad]:
    return list(ox.parse(text, format=ox.RdfFormat.TURTLE))


SAMPLE = """# What this file holds.
@prefix ex: <http://example.org/> .
@prefix instrument: <https://w3id.org/csto-un/id/instrument/> .
PREFIX coop: <https://w3id.org/csto-un/ontology#>
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix unused: <http://example.org/unused/> .

instrument:a-res-71-12 coop:symbol "A/RES/71/12" ; coop:area ex:b , ex:a10, ex:a9 ;
  skos:prefLabel "Второй"@ru, "Second"@en ; a coop:Resolution .
# The first one,
# as it came.
instrument:a-res-9-1 a coop:Resolution .
ex:o a owl:Ontology .
ex:lists coop:members ( 1 "two" [ coop:count 3 ] ) , () ; coop:part [ coop:name "x" ; a coop:Part ] .
"""
EXPECTED = """# What this file holds.

@prefix coop: <https://w3id.org/csto-un/ontology#> .
@prefix ex: <http://example.org/> .
@prefix instrument: <https://w3id.org/csto-un/id/instrument/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

ex:o a owl:Ontology .

ex:lists
    coop:members (), ( 1 "two" [ coop:count 3 ] ) ;
    coop:part [ a coop:Part ; coop:name "x" ] .

# The first one,
# as it came.
instrument:a-res-9-1 a coop:Resolution .

instrument:a-res-71-12 a coop:Resolution ;
    skos:prefLabel "Second"@en, "Второй"@ru ;
    coop:symbol "A/RES/71/12" ;
    coop:area ex:a9, ex:a10, ex:b .
"""


def test_canonical_form_of_a_whole_file():
    """Header, used prefixes, ontology first, natural order, labels first, lists and nodes in place, comments kept."""
    assert turtle.format(SAMPLE) == EXPECTED
    assert turtle.format(EXPECTED) == EXPECTED


@pytest.mark.parametrize(("text", "expected"), [
    (f'<urn:s> <urn:p> "{"x" * 40}", "{"y" * 61}" .',
     f'<urn:s>\n    <urn:p>\n        "{"x" * 40}",\n        "{"y" * 61}" .\n'),
    (f'<urn:s> <urn:p> [ <urn:a> "{"x" * 60}" ; <urn:b> "{"y" * 60}" ; <urn:q> "a\\nb\\"" ] .',
     f'<urn:s>\n    <urn:p> [\n        <urn:a> "{"x" * 60}" ;\n        <urn:b> "{"y" * 60}" ;\n'
     '        <urn:q> """a\nb\\""""\n    ] .\n'),
    ("@prefix ex: <http://e.org/> . ex:a\\~b a ex:T .",
     "@prefix ex: <http://e.org/> .\n\n<http://e.org/a~b> a ex:T .\n"),
    ("@prefix ex: <http://e.org/> . @prefix coop: <http://other.org/> . ex:s ex:p coop:o .",
     "@prefix ex: <http://e.org/> .\n\nex:s\n    ex:p <http://other.org/o> .\n"),
    ("# head\n\n# one\n<urn:s> <urn:p> 1 .\n# two\n<urn:s> <urn:q> '# no comment' .\n",
     '# head\n\n# one\n# two\n<urn:s>\n    <urn:p> 1 ;\n    <urn:q> "# no comment" .\n'),
    ("# only\n\n\n# this", "# only\n\n# this\n"), ("", ""),
])  # fmt: skip
def test_layout_prefixes_and_comments(text: str, expected: str):
    """A line is broken only where it would be longer than 120 characters; nested nodes are indented, and a text of
    lines keeps them. A user's prefix shortens what the project's do not, and never redefines one. Every comment of a
    subject is kept together."""
    assert turtle.format(text) == expected
    fits = turtle.format(f'<urn:s> <urn:p> "{"x" * 40}", "{"y" * 60}" .')
    assert max(map(len, fits.split("\n"))) == 120


@pytest.mark.parametrize(("literal", "written"), [
    (ox.Literal(5), "5"), (ox.Literal(-5), "-5"), (ox.Literal(True), "true"),
    *((ox.Literal(lexical, datatype=ox.NamedNode(XSD + kind)), f'"{lexical}"^^xsd:{kind}') for lexical, kind in (
        ("05", "integer"), ("+5", "integer"), ("-0", "integer"), ("1.50", "decimal"), ("1", "decimal"),
        ("1", "boolean"), ("1e0", "double"))),
    (ox.Literal("1.5", datatype=ox.NamedNode(XSD + "decimal")), "1.5"), (ox.Literal('\n"""'), '"""\n\\"\\"\\""""'),
    (ox.Literal("5\n", datatype=ox.NamedNode(XSD + "integer")), '"""5\n"""^^xsd:integer'),
    (ox.Literal("a\u202eb\u2028c\ufeff\x1b"), '"a\\u202Eb\\u2028c\\uFEFF\\u001B"'),
])  # fmt: skip
def test_literals(literal: ox.Literal, written: str):
    """Numbers are short only in their canonical form; what turns or hides text cannot do so before a reviewer."""
    text = turtle.write([ox.Triple(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), literal)])
    assert f"<urn:p> {written} ." in text
    assert parsed(text)[0].object == literal


def test_symmetry_does_not_show():
    """Nodes that look alike are told apart one at a time, so that a circle reads the same wherever it was begun."""
    ring = [(ox.BlankNode(), ox.BlankNode()) for _ in range(5)]
    triples = [
        ox.Triple(node, ox.NamedNode("urn:next"), other)
        for index, pair in enumerate(ring)
        for node, other in ((pair[0], ring[index - 1][0]), (pair[0], pair[1]), (pair[1], pair[0]))
    ]
    order = random.Random(1)
    assert len({turtle.write(order.sample(triples, len(triples))) for _ in range(20)}) == 1


@pytest.mark.parametrize("text", [
    "<urn:s> <urn:p> " + "[ <urn:p> " * 3000 + "1" + "]" * 3000 + " .",
    "<urn:s> <urn:p> " + "(" * 3000 + ")" * 3000 + " .",
    "<urn:s> <urn:p> (" + " [] 1 " * 3000 + ") .",
    "".join(f"_:a{i} <urn:p> _:a{j} .\n" for i in range(20) for j in range(20) if i != j),
    "_:h <urn:q> _:i . _:i <urn:q> ( 1 _:m 2 ) . _:m <urn:q> _:h .",
    f"_:h <{RDF}first> _:m ; <{RDF}rest> ( {'1 ' * 3000} ) . _:m <urn:q> _:h .",
], ids=["deep", "deep list", "long list", "clique", "circle through a list", "long list in a circle"])  # fmt: skip
def test_files_made_to_exhaust(text: str):
    """Depth, length and symmetry neither exhaust the stack nor change the form from run to run."""
    first = turtle.format(text)
    assert turtle.format(text) == turtle.format(first) == first
    assert len(set(parsed(first))) == len(set(parsed(text)))


@pytest.mark.parametrize(("text", "line", "column"), [
    *((text, line, None) for text, line in (
        ("<urn:s> # here\n <urn:p> 1 .", 1), ("<urn:s> <urn:p> 1 ; # here\n <urn:q> 2 .", 1),
        ("<urn:s> <urn:p>\n# here\n 1 .", 2), ("<urn:s> <urn:p> 1 . # here", 1), ("@prefix e: <urn:e> . # here\n", 1),
        ("<urn:s> <urn:p> 1 .\n# here\n\n<urn:t> <urn:p> 1 .", 2), ("[] <urn:p> 1 .\n # here\n<urn:t> <urn:p> 1 .", 2),
        ("<urn:s> <urn:p> 1 .\n# here\n", 2), ("<urn:a> <urn:p> 1 .\n# here\n[] <urn:p> 1 .", 2),
        ("<urn:s> <urn:p> [\n# here\n<urn:q> 1 ] .", 2), ("<urn:a> <urn:p> 1,\n# here\n2 . <urn:b> <urn:p> 1 .", 2),
    )),
    ("@prefix x: <urn:x> .\nx:a x:b \"\n\" .", 2, 10), ("<urn:s> <urn:p> y:o .", 1, None), ("<s> <urn:p> 1 .", 1, None),
    ("<urn:s> <urn:p> 1", 1, None), ("<urn:s> <urn:p> \ud800 .", 1, None),
    ('<urn:s> <urn:p> "1"^^<urn:x\\u003E\\u0020.> .', 1, None),
])  # fmt: skip
def test_what_is_refused_is_told_with_its_place(text: str, line: int, column: int | None):
    """Of a comment that cannot be kept the remedy; the parser's place becomes ours; no escaped bracket smuggles."""
    with pytest.raises(errors.InputError) as caught:
        turtle.format(text, path="x.ttl")
    assert (caught.value.path, caught.value.line) == ("x.ttl", line)
    assert column in (None, caught.value.column)
    assert "subject" in caught.value.hint if "# here" in text else "Parser error" not in str(caught.value)


def test_what_is_not_written():
    """A triple term or a direction of RDF 1.2; an IRI, let through by a lenient parser, that smuggles statements in."""
    with pytest.raises(errors.InputError, match=r"RDF 1\.2"):
        turtle.format("<urn:s> <urn:p> <<( <urn:s> <urn:p> 1 )>> .")
    with pytest.raises(errors.OutputError, match=r"RDF 1\.2"):
        turtle.write(parsed('<urn:s> <urn:p> "x"@ar--rtl .'))
    with pytest.raises(errors.OutputError, match="not a valid IRI"):
        turtle.write(ox.parse("<urn:s> <urn:p> <urn:x\\u003E> .", format=ox.RdfFormat.TURTLE, lenient=True))


BLOCKS = (
    "@prefix e: <urn:e:> . # e:no e:no 1 .\n"
    "@prefix : <urn:d:>.\n"
    "e:a a e:T ;\n"
    "    e:p \"x ; e:no 1 . \\\" \", 'y\\' . e:no',\n"
    '        "" ;\n'
    '    e:q """a\n'
    '"" ; e:no 1 . # no comment """,\n'
    "        '''b' ''\n"
    " . ''' ;\n"
    '    e:r.s [ e:no 1 ; e:no ( e:x "]" ) ] , ( 1 [ ] 2.5 .5e1 -1.e3 ) ; ; <urn:full#x> true .\n'
    ":b\\~c :p%20:x.y :o.z. :c :p 1.\n"
    "[ e:in 1 ] e:out 2 .\n( 1 2 ) e:list 3 ; e:more 4 .\n[] e:plain 1 .\n"
    "_:n.1 e:blank 1.\nBASE <http://h.org/a/b>\nprefix r: <c/>\n"
    "<../up> r:p 'x'@en-GB , \"5\"^^e:t .\n"
    "@base <http://i.org/> .\n"
    "<\\u0061> a <x> .\n"
)


def test_blocks_of_every_construct():
    """Strings of four kinds, comments, nesting, escapes, numbers, directives of both kinds, bases."""
    parsed(BLOCKS)  # it is valid
    blocks = turtle.blocks(BLOCKS)
    assert [(of, first, list(said.items())) for of, found in blocks.items() for first, said in found] == [
        ("urn:e:a", 3, [(RDF + "type", 3), ("urn:e:p", 4), ("urn:e:q", 6), ("urn:e:r.s", 10), ("urn:full#x", 10)]),
        ("urn:d:b~c", 11, [("urn:d:p%20:x.y", 11)]), ("urn:d:c", 11, [("urn:d:p", 11)]),
        ("", 12, [("urn:e:out", 12)]), ("", 13, [("urn:e:list", 13), ("urn:e:more", 13)]),
        ("", 14, [("urn:e:plain", 14)]), ("_:n.1", 15, [("urn:e:blank", 15)]),
        ("http://h.org/up", 18, [("http://h.org/a/c/p", 18)]), ("http://i.org/a", 20, [(RDF + "type", 20)]),
    ]  # fmt: skip


BROKEN = st.one_of(st.text(max_size=80), st.text("<>\"'[]();.,#@:\\ \nab1^_", max_size=80))


@given(statements(blank=False), BROKEN, st.integers(0, len(BLOCKS)))
@settings(max_examples=150, deadline=None)
def test_blocks_agree_with_the_parser_and_never_fail(triples: list[ox.Triple], text: str, at: int):
    """Every subject and predicate that the parser sees is found, and no other; of broken text, what was seen."""
    found = turtle.blocks(turtle.write(triples))
    seen = {(of, predicate) for of, blocks in found.items() for _, said in blocks for predicate in said}
    assert seen == {(t.subject.value, t.predicate.value) for t in triples}
    for written in (turtle.write(triples), BLOCKS[:at] + text):
        for first, said in chain.from_iterable(turtle.blocks(written).values()):
            assert all(1 <= line <= written.count("\n") + 1 for line in (first, *said.values()))
