"""The check of OWL 2 DL and RL lets a good ontology pass and rejects each kind of violation."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from profiles import violations
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from csto_graph.names import PREFIXES, iri

HEAD = "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in ("rdf", "rdfs", "owl", "xsd"))
HEAD += "PREFIX : <http://example.org/>\n"

# One of each thing that the check knows.
GOOD = """
<http://example.org/> a owl:Ontology ; owl:versionIRI <http://example.org/1> ; owl:versionInfo "1" .
:note a owl:AnnotationProperty . :date a owl:AnnotationProperty ; rdfs:subPropertyOf :note ; rdfs:domain :Event .
:Organ a owl:Class ; rdfs:label "organ"@en ; rdfs:comment "x" ; rdfs:subClassOf :Agent .
:Agent a owl:Class . :Person a owl:Class ; owl:disjointWith :Organ . :Event a owl:Class . :Other a owl:Class .
:part a owl:ObjectProperty , owl:TransitiveProperty ; rdfs:domain :Agent ; rdfs:range :Agent .
:direct a owl:ObjectProperty , owl:AsymmetricProperty , owl:IrreflexiveProperty , owl:FunctionalProperty ;
    rdfs:subPropertyOf :part .
:made a owl:ObjectProperty . :of a owl:ObjectProperty ; owl:inverseOf :has . :has a owl:ObjectProperty .
:near a owl:ObjectProperty , owl:SymmetricProperty . :by a owl:ObjectProperty .
:reaches a owl:ObjectProperty ; owl:propertyChainAxiom ( :reaches :part ) , ( :made :near :by ) .
:number a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:integer ; rdfs:subPropertyOf :value .
:value a owl:DatatypeProperty ; rdfs:domain :Agent .
[] a owl:AllDisjointClasses ; owl:members ( :Event :Agent :Other ) .
:a a :Organ ; :part :b ; :made :b ; :number 7 ; :date "2010-03"^^xsd:gYearMonth ; :note <http://else.org/> .
:b a :Agent ; :note "x"@ru .
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
    expected = {expected.partition(":")[0] for _, expected in BAD.values()}
    missing = {kind for kind in reported if not any(other.startswith(kind.partition(":")[0]) for other in expected)}
    assert not missing
    assert len(reported) > 8


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
