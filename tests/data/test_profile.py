"""The check of OWL 2 DL and RL lets a good ontology pass and rejects each kind of violation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from profiles import violations, well_formed
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from csto_graph.names import PREFIXES, iri

HEAD = "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in ("rdf", "rdfs", "owl", "xsd"))
HEAD += "PREFIX : <http://example.org/>\n"

# One of each thing that both profiles allow.
GOOD = """
<http://example.org/> a owl:Ontology ; owl:versionIRI <http://example.org/1> ; owl:versionInfo "1" .
:note a owl:AnnotationProperty . :date a owl:AnnotationProperty ; rdfs:subPropertyOf :note ; rdfs:domain :Event .
:Organ a owl:Class ; rdfs:label "organ"@en ; rdfs:comment "x" ; rdfs:subClassOf :Agent .
:Agent a owl:Class . :Person a owl:Class ; owl:disjointWith :Organ . :Event a owl:Class . :Other a owl:Class .
:part a owl:ObjectProperty , owl:TransitiveProperty ; rdfs:domain :Agent ; rdfs:range :Agent .
:direct a owl:ObjectProperty , owl:AsymmetricProperty , owl:IrreflexiveProperty , owl:FunctionalProperty ;
    rdfs:subPropertyOf :part ; owl:propertyDisjointWith :made .
:made a owl:ObjectProperty . :of a owl:ObjectProperty ; owl:inverseOf :has . :has a owl:ObjectProperty .
:near a owl:ObjectProperty , owl:SymmetricProperty ; owl:equivalentProperty :by . :by a owl:ObjectProperty .
:reaches a owl:ObjectProperty ; owl:propertyChainAxiom ( :reaches :part ) , ( [ owl:inverseOf :made ] :near ) .
:number a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:integer ; rdfs:subPropertyOf :value .
:value a owl:DatatypeProperty ; rdfs:domain :Agent .
[] a owl:AllDisjointClasses ; owl:members ( :Event :Agent :Other ) .
[] a owl:AllDisjointProperties ; owl:members ( :made :has ) .
[] a owl:AllDifferent ; owl:distinctMembers ( :a :b ) .
[] a owl:NegativePropertyAssertion ; owl:sourceIndividual :a ; owl:assertionProperty :made ; owl:targetIndividual :b .
[] a owl:NegativePropertyAssertion ; owl:sourceIndividual :a ; owl:assertionProperty :number ; owl:targetValue 9 .
[] a owl:Axiom ; owl:annotatedSource :a ; owl:annotatedProperty :part ; owl:annotatedTarget :b ; :note "seen" .
:Organ owl:hasKey ( :number :made ) ; owl:equivalentClass
    [ a owl:Restriction ; owl:onProperty :part ; owl:hasValue :b ] .
[ a owl:Class ; owl:unionOf ( [ a owl:Restriction ; owl:onProperty :part ; owl:someValuesFrom owl:Thing ]
    [ a owl:Class ; owl:oneOf ( :a :b ) ] :Organ ) ] rdfs:subClassOf :Agent .
[ a owl:Restriction ; owl:onProperty [ owl:inverseOf :made ] ; owl:someValuesFrom :Event ] rdfs:subClassOf
    [ a owl:Class ; owl:intersectionOf ( :Other [ a owl:Class ; owl:complementOf :Agent ] ) ] .
:Agent rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :made ; owl:allValuesFrom :Event ] ,
    [ a owl:Restriction ; owl:onProperty :value ; owl:allValuesFrom xsd:integer ] ,
    [ a owl:Restriction ; owl:onProperty :made ; owl:maxCardinality "1"^^xsd:nonNegativeInteger ] ,
    [ a owl:Restriction ; owl:onProperty :has ; owl:maxQualifiedCardinality "0"^^xsd:nonNegativeInteger ;
        owl:onClass :Event ] .
:a a :Organ , owl:NamedIndividual ; :part :b ; :number 7 ; :date "2010-03"^^xsd:gYearMonth ; :note <http://else.org/> .
:b a :Agent ; owl:differentFrom :a ; :note "x"@ru . :c a :Person ; owl:sameAs :d . :d a owl:Nothing .
"""

SUPER = ":Agent rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :made ; {} ] ."
SUB = "[ a owl:Restriction ; owl:onProperty :made ; {} ] rdfs:subClassOf :Agent ."
N = '"{}"^^xsd:nonNegativeInteger'

# What is added to the good ontology (or, before "=>", taken from it) and the one violation that must be found.
BAD: dict[str, tuple[str, str]] = {
    # declarations
    "undeclared property": (":a :unheard :b .", "undeclared property: http://example.org/unheard"),
    "undeclared class": (":x a :Unheard .", "undeclared class: http://example.org/Unheard in type of"),
    "undeclared class in an axiom": (":Organ rdfs:subClassOf :Unheard .", "undeclared class: "),
    "undeclared object property": (":unheard rdfs:domain :Agent .", "undeclared object property: "),
    "undeclared property in a list": (":has owl:propertyChainAxiom ( :unheard :by ) .", "undeclared object property: "),
    "data property in a chain": (":has owl:propertyChainAxiom ( :number :by ) .", "undeclared object property: "),
    "undeclared data property": (":value owl:equivalentProperty :unheard .", "undeclared data property: "),
    "undeclared annotation property": (":note rdfs:subPropertyOf :unheard .", "undeclared annotation property: "),
    "undeclared datatype": (':a :note "x"^^:unheard .', "undeclared datatype: http://example.org/unheard"),
    "individual in no class": (":a :made :nobody .", "individual without a class: http://example.org/nobody"),
    "anonymous individual": (":a :made [ a :Event ] .", "anonymous individual: in http://example.org/made"),
    "anonymous subject": ("[] a :Event .", "anonymous individual: "),
    "anonymous annotation": (":a :note [] .", "anonymous individual: as value of"),
    "anonymous note": ("[] :note 'x' .", "anonymous individual: http://example.org/note"),
    # punning
    "object and data property": (":made a owl:DatatypeProperty .", "punning: http://example.org/made is data"),
    "object and annotation property": (":made a owl:AnnotationProperty .", "punning: http://example.org/made is annot"),
    "data and annotation property": (":note a owl:DatatypeProperty .", "punning: http://example.org/note is ann"),
    "class and datatype": (":Agent a rdfs:Datatype .", "punning: http://example.org/Agent is class and datatype"),
    # reserved vocabulary
    "new word of OWL": (":a owl:knows :b .", "reserved vocabulary: owl:knows as a property"),
    "reification": (":a rdf:subject :b .", "reserved vocabulary: rdf:subject as a property"),
    "new type of OWL": (":a a rdf:Statement .", "reserved vocabulary: rdf:Statement as a type"),
    "class of RDFS": (":X a rdfs:Class .", "reserved vocabulary: rdfs:Class as a type"),
    "declared anew": ("rdf:value a owl:DatatypeProperty .", "reserved vocabulary: rdf:value is declared"),
    "built-in as another kind": ("rdfs:label a owl:DatatypeProperty .", "reserved vocabulary: rdfs:label is declared"),
    "reserved individual": (":a :made rdf:nil .", "reserved vocabulary: rdf:nil as an individual"),
    "top property": ("owl:topObjectProperty rdfs:domain :Agent .", "reserved vocabulary: owl:topObjectProperty"),
    "class of RDFS above": (":Agent rdfs:subClassOf rdfs:Resource .", "reserved vocabulary: rdfs:Resource as class"),
    # literals and datatypes
    "literal for a thing": (":a :made 'b' .", 'literal: "b" as an individual'),
    "literal for a class": (":a a 'Agent' .", 'literal: "Agent" as a class'),
    "thing for a literal": (":a :value :b .", "no literal: http://example.org/b in"),
    "date in a data property": (":a :value '2010-01-01'^^xsd:date .", "datatype: xsd:date in http://example.org/value"),
    "year as a range": (":value rdfs:range xsd:gYear .", "datatype: xsd:gYear in rdfs:range of"),
    "real as a range": (":value rdfs:range owl:real .", "datatype: owl:real in rdfs:range of"),
    "data range that is made": (":value rdfs:range [ a rdfs:Datatype ; owl:oneOf ( 1 ) ] .", "datatype: a data range"),
    "datatype of one's own": (":Size a rdfs:Datatype .", "datatype: http://example.org/Size is none"),
    "class as a range": (":value rdfs:range :Agent .", "datatype: http://example.org/Agent in rdfs:range of"),
    "lexical form": (":a :value 'seven'^^xsd:integer .", 'lexical form: "seven"^^'),
    "lexical form of a note": (":a :date '2010-13'^^xsd:gYearMonth .", 'lexical form: "2010-13"^^'),
    # global restrictions
    "transitive and functional": (":part a owl:FunctionalProperty .", "not simple: http://example.org/part in "),
    "transitive and inverse functional": (":part a owl:InverseFunctionalProperty .", "not simple: "),
    "transitive and asymmetric": (":part a owl:AsymmetricProperty .", "not simple: http://example.org/part in "),
    "transitive and irreflexive": (":part a owl:IrreflexiveProperty .", "not simple: http://example.org/part in "),
    "chain and disjoint": (":reaches owl:propertyDisjointWith :by .", "not simple: http://example.org/reaches in "),
    "above a transitive one": (
        ":part rdfs:subPropertyOf :wide . :wide a owl:ObjectProperty , owl:FunctionalProperty .", "not simple: "
    ),
    "inverse of a transitive one": (
        ":whole a owl:ObjectProperty , owl:IrreflexiveProperty ; owl:inverseOf :part .", "not simple: "
    ),
    "inverse of a chain, anonymous": (
        ":wide a owl:ObjectProperty , owl:FunctionalProperty . [ owl:inverseOf :part ] rdfs:subPropertyOf :wide .",
        "not simple: http://example.org/wide",
    ),
    "chain among all disjoint": (
        "[] a owl:AllDisjointProperties ; owl:members ( :reaches :has ) .", "not simple: http://example.org/reaches in "
    ),
    "transitive and counted": (
        f":Agent rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :part ; owl:maxCardinality {N.format(1)} ] .",
        "not simple: http://example.org/part in owl:maxCardinality",
    ),
    "chain through itself": (":has owl:propertyChainAxiom ( :by :has :near ) .", "irregular chain: "),
    "chain through its inverse": (":has owl:propertyChainAxiom ( [ owl:inverseOf :has ] :by ) .", "irregular chain: "),
    "chains through each other": (
        ":has owl:propertyChainAxiom ( :by :made ) . :made owl:propertyChainAxiom ( :by :has ) .", "irregular chain: "
    ),
    "chain through what it is part of": (
        ":has rdfs:subPropertyOf :x . :x a owl:ObjectProperty . :has owl:propertyChainAxiom ( :x :by ) .",
        "irregular chain: ",
    ),
    # the grammar of RL
    "some on the right": (SUPER.format("owl:someValuesFrom :Event"), "not in RL: owl:someValuesFrom as superclass"),
    "all on the left": (SUB.format("owl:allValuesFrom :Event"), "not in RL: owl:allValuesFrom as subclass"),
    "counted on the left": (SUB.format(f"owl:maxCardinality {N.format(1)}"), "not in RL: owl:maxCardinality as sub"),
    "at least": (SUPER.format(f"owl:minCardinality {N.format(1)}"), "not in RL: owl:minCardinality"),
    "exactly": (SUPER.format(f"owl:cardinality {N.format(1)}"), "not in RL: owl:cardinality"),
    "at least of a class": (
        SUPER.format(f"owl:minQualifiedCardinality {N.format(1)} ; owl:onClass :Event"), "not in RL: owl:minQualified"
    ),
    "at most two": (SUPER.format(f"owl:maxCardinality {N.format(2)}"), "not in RL: owl:maxCardinality 2"),
    "itself": (SUPER.format("owl:hasSelf true"), "not in RL: owl:hasSelf as superclass"),
    "union on the right": (
        ":Agent rdfs:subClassOf [ a owl:Class ; owl:unionOf ( :Organ :Other ) ] .", "not in RL: owl:unionOf as super"
    ),
    "union as a domain": (
        ":made rdfs:domain [ a owl:Class ; owl:unionOf ( :Organ :Other ) ] .", "not in RL: owl:unionOf as super"
    ),
    "union as an equivalent": (
        ":Agent owl:equivalentClass [ a owl:Class ; owl:unionOf ( :Organ :Other ) ] .", "not in RL: owl:unionOf as e"
    ),
    "list of things on the right": (
        ":Agent rdfs:subClassOf [ a owl:Class ; owl:oneOf ( :a :b ) ] .", "not in RL: owl:oneOf as superclass"
    ),
    "complement on the left": (
        "[ a owl:Class ; owl:complementOf :Organ ] rdfs:subClassOf :Agent .", "not in RL: owl:complementOf as subclass"
    ),
    "some in an equivalent": (
        ":Agent owl:equivalentClass [ a owl:Restriction ; owl:onProperty :made ; owl:someValuesFrom :Event ] .",
        "not in RL: owl:someValuesFrom as equivalentclass",
    ),
    "complement in an intersection on the left": (
        "[ a owl:Class ; owl:intersectionOf ( :Organ [ a owl:Class ; owl:complementOf :Other ] ) ]"
        "rdfs:subClassOf :Agent .",
        "not in RL: owl:complementOf as subclass",
    ),
    "union in the filler of all": (
        SUPER.format("owl:allValuesFrom [ a owl:Class ; owl:unionOf ( :Event :Other ) ]"), "not in RL: owl:unionOf"
    ),
    "reflexive": (":made a owl:ReflexiveProperty .", "not in RL: http://example.org/made is reflexive"),
    "disjoint union": (":Agent owl:disjointUnionOf ( :Organ :Other ) .", "not in RL: owl:disjointUnionOf"),
    "Thing above": (":Agent rdfs:subClassOf owl:Thing .", "owl:Thing: rdfs:subClassOf of http://example.org/Agent"),
    "Thing as a type": (":a a owl:Thing .", "owl:Thing: http://example.org/a is said to be one"),
    "Thing as a domain": (":made rdfs:domain owl:Thing .", "owl:Thing: rdfs:domain of"),
    # form
    "list without end": (
        ":has owl:propertyChainAxiom _:l . _:l rdf:first :by ; rdf:rest _:m .", "malformed list: after 1 members"
    ),
    "list that goes round": (
        ":Agent owl:hasKey _:l . _:l rdf:first :by ; rdf:rest _:l .", "malformed list: after 1 members"
    ),
    "list with two firsts": (
        ":Agent owl:hasKey _:l . _:l rdf:first :by , :has ; rdf:rest rdf:nil .", "malformed list: after 0 members"
    ),
    "list with a name": (
        ":Agent owl:hasKey :l . :l rdf:first :by ; rdf:rest rdf:nil .", "malformed list: after 0 members"
    ),
    "list with more in a cell": (
        ":Agent owl:hasKey _:l . _:l rdf:first :by ; rdf:rest rdf:nil ; :note 'x' .", "malformed list: a cell has"
    ),
    "list of nobody": ("_:l rdf:first :by ; rdf:rest rdf:nil .", "malformed: rdf:first belongs to no axiom"),
    "restriction of nobody": (
        "[] a owl:Restriction ; owl:onProperty :by ; owl:hasValue :a .", "malformed: owl:hasValue belongs to no axiom"
    ),
    "restriction without a type": (
        ":Agent rdfs:subClassOf [ owl:onProperty :made ; owl:hasValue :b ] .", "malformed: a restriction in"
    ),
    "restriction twice filled": (SUPER.format("owl:hasValue :b , :c"), "malformed: a restriction in"),
    "restriction unfilled": (SUPER.format(":note 'x'"), "malformed: a restriction in"),
    "count that is no count": (SUPER.format("owl:maxCardinality 1"), "malformed: owl:maxCardinality"),
    "count without a class": (
        SUPER.format(f"owl:maxQualifiedCardinality {N.format(1)}"), "malformed: owl:maxQualifiedCardinality with 0"
    ),
    "class without a type": (
        "[ owl:unionOf ( :Organ :Other ) ] rdfs:subClassOf :Agent .", "malformed: an anonymous class in"
    ),
    "class of nothing": (":Agent rdfs:subClassOf [ a owl:Class ] .", "malformed: an anonymous class in"),
    "union of one": (
        "[ a owl:Class ; owl:unionOf ( :Organ ) ] rdfs:subClassOf :Agent .", "malformed: owl:unionOf of 1"
    ),
    "named union": (":Agent owl:intersectionOf ( :Organ :Other ) .", "malformed: owl:intersectionOf on the named"),
    "class used twice": (
        ":Agent rdfs:subClassOf _:r . :Organ rdfs:subClassOf _:r . _:r a owl:Restriction ; owl:onProperty :by ;"
        "owl:hasValue :b .", "malformed: a blank node with",
    ),
    "class in two axioms": (
        "_:r rdfs:subClassOf :Agent , :Organ . _:r a owl:Class ; owl:unionOf ( :Organ :Other ) .",
        "malformed: a blank node with",
    ),
    "chain of one": (":has owl:propertyChainAxiom ( :by ) .", "malformed: a chain of"),
    "inverse of an inverse": (
        ":has owl:propertyChainAxiom ( :by [ owl:inverseOf [ owl:inverseOf :made ] ] ) .", "malformed: an inverse of"
    ),
    "property without a name": (":has rdfs:subPropertyOf [] .", "malformed: a blank node in rdfs:subPropertyOf"),
    "disjointness with a name": (
        ":d1 a owl:AllDisjointClasses ; owl:members ( :Event :Person ) .", "malformed: http://example.org/d1 is an"
    ),
    "disjointness of one": ("[] a owl:AllDisjointClasses ; owl:members ( :Event ) .", "malformed: an owl:AllDisjoint"),
    "disjointness of none": ("[] a owl:AllDisjointClasses .", "malformed: an owl:AllDisjointClasses has 0 lists"),
    "negation of nothing": (
        "[] a owl:NegativePropertyAssertion ; owl:sourceIndividual :a .", "malformed: an owl:NegativePropertyAssertion"
    ),
    "annotated triple that is not there": (
        "[] a owl:Axiom ; owl:annotatedSource :a ; owl:annotatedProperty :made ; owl:annotatedTarget :b .",
        "malformed: an owl:Axiom annotates",
    ),
    "annotation of no triple": ("[] a owl:Axiom ; owl:annotatedSource :a .", "malformed: an owl:Axiom without"),
    "equivalent annotation properties": (":note owl:equivalentProperty :date .", "malformed: owl:equivalentProperty b"),
    "annotation domain that is a class made": (
        ":note rdfs:domain [ a owl:Class ; owl:unionOf ( :Event :Agent ) ] .", "malformed: rdfs:domain of the ann"
    ),
    "declared blank node": ("[] a owl:ObjectProperty .", "malformed: a blank node is declared object property"),
    # header
    "two ontologies": ("<http://example.org/two> a owl:Ontology .", "header: 2 ontologies"),
    "two versions": ("<http://example.org/> owl:versionIRI <http://example.org/2> .", "header: version of"),
    "version of no ontology": (":a owl:versionIRI <http://example.org/2> .", "header: owl:versionIRI of"),
    "version in words": ("<http://example.org/> owl:imports 'this' .", "header: owl:imports is no IRI"),
}  # fmt: skip


def triples(text: str) -> list[Triple]:
    return [quad.triple for quad in parse((HEAD + text).encode(), RdfFormat.TURTLE)]


def test_good_ontology_passes() -> None:
    """Everything that both profiles allow is allowed here."""
    assert violations(triples(GOOD)) == []


@pytest.mark.parametrize("name", BAD)
def test_bad_is_rejected(name: str) -> None:
    """Each violation, added to the good ontology, is reported with its kind and place."""
    added, expected = BAD[name]
    found = violations(triples(GOOD + added))
    assert any(violation.startswith(expected) for violation in found), found


def test_every_kind_of_report_has_a_fixture() -> None:
    """No kind that the check can report goes unseen."""
    source = (Path(__file__).parents[1] / "profiles.py").read_text(encoding="utf-8")
    reported = {kind.partition("{")[0].strip() for kind in re.findall(r'report\(\s*f?"([^"]+)"', source)}
    expected = {expected.partition(":")[0] for _, expected in BAD.values()} | {"owl"}
    missing = {kind for kind in reported if not any(other.startswith(kind.partition(":")[0]) for other in expected)}
    assert not missing
    assert len(reported) > 15


def test_every_declaration_is_needed() -> None:
    """Without the declaration of any one property or class in use, the good ontology fails."""
    good = triples(GOOD)
    names = ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")
    kinds = [NamedNode(iri(f"owl:{name}")) for name in names]
    dropped = [triple for triple in good if triple.object in kinds and isinstance(triple.subject, NamedNode)]
    assert len(dropped) > 15
    for declaration in dropped:
        assert violations([triple for triple in good if triple != declaration]), declaration


def test_a_triple_about_a_triple_is_rejected() -> None:
    """RDF 1.2 triple terms are in neither profile."""
    quoted = triples(":a :made :b .")[0]
    found = violations([*triples(GOOD), Triple(quoted.subject, NamedNode("http://example.org/note"), quoted)])
    assert found == ["malformed: a triple as value of http://example.org/note"]


@pytest.mark.parametrize(
    ("datatype", "right", "wrong"),
    [
        ("integer", ["0", "-7", "+07"], ["", "1.0", "1e3", "٣", " 1"]),
        ("byte", ["127", "-128"], ["128"]),
        ("positiveInteger", ["1"], ["0"]),
        ("decimal", ["1", ".5", "-1."], ["1e3", "."]),
        ("double", ["1e3", "INF", "NaN"], ["inf", "1e"]),
        ("boolean", ["true", "0"], ["True", "yes"]),
        ("date", ["2010-03-18", "2012-02-29Z"], ["2010-3-18", "2010-02-30", "2011-02-29", "18.03.2010"]),
        ("gYearMonth", ["2010-03"], ["2010-13", "2010-03-18"]),
        ("gYear", ["2010", "-0044"], ["10", "02010"]),
        ("dateTime", ["2010-03-18T00:00:00Z", "2010-03-18T24:00:00"], ["2010-03-18", "2010-03-18T25:00:00Z"]),
        ("dateTimeStamp", ["2010-03-18T00:00:00Z"], ["2010-03-18T00:00:00"]),
        ("duration", ["P2Y", "PT1.5S"], ["P", "2Y", "P1YT"]),
        ("language", ["en", "ru-RU"], ["e n", "russianlang"]),
        ("anyURI", ["https://example.org/a?b#c"], ["a b", "<a>"]),
        ("hexBinary", ["", "0aFF"], ["0"]),
        ("base64Binary", ["", "YQ=="], ["YQ="]),
        ("token", ["a b"], [" a", "a  b"]),
        ("NCName", ["a-b"], ["a:b", "1a"]),
    ],
)
def test_lexical_forms(datatype: str, right: list[str], wrong: list[str]) -> None:
    """The lexical spaces of the XML Schema datatypes."""
    node = NamedNode(iri(f"xsd:{datatype}"))
    assert [text for text in right if not well_formed(Literal(text, datatype=node))] == []
    assert [text for text in wrong if well_formed(Literal(text, datatype=node))] == []
