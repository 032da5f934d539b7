"""The check of OWL 2 DL and RL lets a good ontology pass and rejects each kind of violation."""

from __future__ import annotations

import re
import tomllib
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

BAD: dict[str, tuple[str, str]] = tomllib.loads(Path(__file__).with_name("violations.toml").read_text("utf-8"))
"""What is added to the good ontology, and the one violation that must be found."""


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


LEXICAL: dict[str, list[list[str]]] = tomllib.loads(Path(__file__).with_name("lexical.toml").read_text("utf-8"))


@pytest.mark.parametrize("datatype", LEXICAL)
def test_lexical_forms(datatype: str) -> None:
    """The lexical spaces of the XML Schema datatypes."""
    (right, wrong), node = LEXICAL[datatype], NamedNode(iri(f"xsd:{datatype}"))
    assert [text for text in right if not well_formed(Literal(text, datatype=node))] == []
    assert [text for text in wrong if well_formed(Literal(text, datatype=node))] == []
