"""The evaluator on the W3C's OWL 2 test cases for the RL profile where several rules, or none, have to do with them.

A case with an identifier of that suite stands for what it tests; the graphs are written from the semantic condition
that the identifier names, in words of our own, and blank nodes of a conclusion are given names. Cases with plain names
are added.
"""

from __future__ import annotations

import pytest
from closing import Closure, close, turtle


def cases(table: str) -> dict[str, str]:
    """The lines of a table, ``name: text``; an indented one goes on with the line before."""
    lines = table.strip().replace("\n    ", " ").splitlines()
    return {name: text for name, _, text in (line.partition(": ") for line in lines)}


def pairs(table: str) -> dict[str, tuple[str, str]]:
    """The same of premises and conclusions, ``name: premise => conclusion``."""
    return {name: (text.split(" => ")[0], text.split(" => ")[1]) for name, text in cases(table).items()}


ENTAILED = pairs("""
rdfbased-sem-eqdis-sameas-subst: :don owl:sameAs :tanais . :feeds owl:sameAs :fills . :sea owl:sameAs :azov . :don
    :feeds :sea . => :tanais :fills :azov .
rdfbased-sem-char-inversefunc-data: :code a owl:InverseFunctionalProperty . :don :code 'RU-1' . :tanais :code 'RU-1' .
    => :don owl:sameAs :tanais .
rdfbased-sem-key-def: :River owl:hasKey (:name :mouth) . :a a :River ; :name 'Don' ; :mouth :azov . :b a :River ;
    :mouth :azov ; :name 'Don' . => :a owl:sameAs :b .
rdfbased-sem-bool-union-inst-comp: :Water owl:unionOf (:River :Lake) . :elton a :Lake . :don a :River . => :elton a
    :Water . :don a :Water .
rdfbased-sem-enum-inst-included: :Ocean owl:oneOf (:arctic :pacific) . => :arctic a :Ocean . :pacific a :Ocean .
rdfbased-sem-restrict-maxqcr-inst-obj-one: :R owl:onProperty :feeds ; owl:maxQualifiedCardinality
    "1"^^xsd:nonNegativeInteger ; owl:onClass :Sea . :don a :R ; :feeds :a , :b , :c . :a a :Sea . :b a :Sea . => :a
    owl:sameAs :b .
New-Feature-ObjectPropertyChain-BJP-003: :p owl:propertyChainAxiom (:p :q) . :a :p :b . :b :q :c . => :a :p :c .
WebOnt-sameAs-001: :p a owl:FunctionalProperty . :a :p :b , :c . :d :q :b . => :d :q :c .
bnode2somevaluesfrom: :R owl:onProperty :p ; owl:someValuesFrom owl:Thing . :a :p [] . => :a a :R .
""")

CONTRADICTIONS = cases("""
asymmetric with itself: :feeds a owl:AsymmetricProperty . :a :feeds :a .
New-Feature-DisjointDataProperties-001: :name owl:propertyDisjointWith :address . :p :name 'Here' ; :address 'Here' .
value outside the range: :age rdfs:range xsd:integer . :p :age 'young' .
literal in nothing: :R owl:onProperty :p ; owl:allValuesFrom owl:Nothing . :a a :R ; :p 'v' .
range of nothing: :p rdfs:range owl:Nothing . :a :p 'v' .
literal in disjoint classes: :p rdfs:range :C , :D . :C owl:disjointWith :D . :a :p 'v' .
literal outside its datatype: :p rdfs:range :C . :C owl:complementOf xsd:string . :a :p 'v' .
literal in a class of other values: :p rdfs:range :C . :C rdfs:subClassOf xsd:integer . :a :p 'v' .
functionality-clash: :age a owl:FunctionalProperty . :p :age 18 , 19 .
functional and different: :p a owl:FunctionalProperty . :a :p :b , :c . [] a owl:AllDifferent ; owl:members (:b :c) .
""")

# What follows in the RDF-based semantics and is not drawn, with the reason.
# No rule has the conclusion of the first: the rules are complete for facts, not for axioms. The last four are noise.
NOT_DRAWN = pairs("""
chain2trans1: :p owl:propertyChainAxiom (:p :p) . => :p a owl:TransitiveProperty .
WebOnt-differentFrom-001: :a owl:differentFrom :b . => :b owl:differentFrom :a .
WebOnt-disjointWith-001: :A owl:disjointWith :B . :a a :A . :b a :B . => :a owl:differentFrom :b .
owl2-rl-rules-fp-differentFrom: :p a owl:FunctionalProperty . :a :p :c . :b :p :d . :c owl:differentFrom :d . => :a
    owl:differentFrom :b .
owl2-rl-rules-ifp-differentFrom: :p a owl:InverseFunctionalProperty . :a :p :c . :b :p :d . :a owl:differentFrom :b .
    => :c owl:differentFrom :d .
symmetric superproperty: :p a owl:SymmetricProperty ; rdfs:subPropertyOf :q . => :q a owl:SymmetricProperty .
rdfbased-sem-eqdis-eqclass-rflxv: :C a owl:Class . => :C owl:equivalentClass :C .
rdfbased-sem-eqdis-sameas-rflxv: :a :p :b . => :a owl:sameAs :a .
rdfbased-sem-class-thing-type: :a :p :b . => owl:Thing a owl:Class .
rdfbased-sem-prop-label-type: :a rdfs:label 'a' . => rdfs:label a owl:AnnotationProperty .
""")

# What must not be drawn: the converse of an entailment, and what looks like one.
NOT_ENTAILED = pairs("""
subclass converse: :River rdfs:subClassOf :Water . :azov a :Water . => :azov a :River .
domain of superproperty: :feeds rdfs:domain :River ; rdfs:subPropertyOf :joins . :a :joins :b . => :a a :River .
some is not all: :R owl:onProperty :feeds ; owl:someValuesFrom :Sea . :don a :R ; :feeds :azov . => :azov a :Sea .
all does not classify: :R owl:onProperty :feeds ; owl:allValuesFrom :Sea . :don :feeds :azov . :azov a :Sea . => :don
    a :R .
union does not choose: :Water owl:unionOf (:River :Lake) . :x a :Water . => :x a :River .
functional is not inverse: :mouth a owl:FunctionalProperty . :don :mouth :azov . :kuban :mouth :azov . => :don
    owl:sameAs :kuban .
key of another class: :River owl:hasKey (:name) . :a a :River ; :name 'Don' . :b a :Town ; :name 'Don' . => :a
    owl:sameAs :b .
key half: :River owl:hasKey (:name :mouth) . :a a :River ; :name 'Don' . :b a :River ; :name 'Don' . => :a owl:sameAs
    :b .
inverse of is not symmetric: :feeds owl:inverseOf :fedBy . :a :feeds :b . => :b :feeds :a .
chain backwards: :drains owl:propertyChainAxiom (:p :q) . :a :q :b . :b :p :c . => :a :drains :c .
max two: :R owl:onProperty :p ; owl:maxCardinality "2"^^xsd:nonNegativeInteger . :x a :R ; :p :a , :b . => :a
    owl:sameAs :b .
""")


def drawn(closure: Closure, text: str) -> list[bool]:
    return [triple in closure.derived for triple in turtle(text)]


@pytest.mark.parametrize("case", ENTAILED)
def test_positive_entailment(case: str) -> None:
    """Every statement of the conclusion is derived, and the graph is consistent."""
    premise, conclusion = ENTAILED[case]
    closure = close(turtle(premise))
    assert drawn(closure, conclusion)
    assert all(drawn(closure, conclusion))
    assert not closure.contradictions


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_inconsistency(case: str) -> None:
    """The contradiction is found, and each of the statements is needed for it."""
    triples = turtle(CONTRADICTIONS[case])
    assert close(triples).contradictions
    for missing in triples:
        assert not close([triple for triple in triples if triple != missing]).contradictions, missing


@pytest.mark.parametrize("case", {**NOT_DRAWN, **NOT_ENTAILED})
def test_negative_entailment(case: str) -> None:
    """What does not follow, and what the rules leave out, is not derived, and no contradiction is made up."""
    premise, conclusion = {**NOT_DRAWN, **NOT_ENTAILED}[case]
    closure = close(turtle(premise))
    assert not any(drawn(closure, conclusion))
    assert not closure.contradictions
