"""The ontology: in its profile, consistent, told in two languages, used, and with no axiom that earns nothing."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from itertools import combinations
from pathlib import Path

import closing
import profiles
import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store, Triple
from test_data import ROOT, asserted, graph, node

import csto_graph as cg
from csto_graph.loading import inputs, pipeline
from csto_graph.names import PREFIXES, curie, iri
from csto_graph.rdf import turtle
from csto_graph.store.engine import PROOF, kind_of

ONTOLOGY = PREFIXES["coop"].removesuffix("#")
LANGUAGES = ("en", "ru")
ALIGNMENTS = ROOT / "ontology/alignments.ttl"
PUBLISHED = Path(__file__).with_name("published.ttl")


TYPE, FIRST, REST, NIL = (node(f"rdf:{name}") for name in ("type", "first", "rest", "nil"))


@cache
def closure() -> closing.Closure:
    return closing.close(asserted())


@cache
def quads() -> tuple[Quad, ...]:
    return tuple(pipeline.assembled(asserted()))


@cache
def read(name: str) -> tuple[Triple, ...]:
    return tuple(inputs.read_turtle(str(ROOT / "ontology" / name)))


@cache
def schema() -> tuple[Triple, ...]:
    """Ontology and borrowed terms, without the vocabularies, under the blank nodes of `asserted`."""
    named = {t.subject for name in ("cooperation.ttl", "borrowed.ttl") for t in read(name)}
    return tuple(t for t in asserted() if t.subject in named or isinstance(t.subject, BlankNode))


@cache
def terms(name: str) -> tuple[NamedNode, ...]:
    """The terms that a file declares, without the header."""
    kinds = {node(f"owl:{kind}") for kind in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")}
    return tuple(dict.fromkeys(t.subject for t in read(name) if t.predicate == TYPE and t.object in kinds))


def values(subject: NamedNode, predicate: str, triples: tuple[Triple, ...]) -> list[Literal | NamedNode]:
    return [t.object for t in triples if t.subject == subject and t.predicate == node(predicate)]


def members(head: BlankNode | NamedNode) -> list[NamedNode]:
    facts = {(t.subject, t.predicate): t.object for t in schema() if t.predicate in (FIRST, REST)}
    found = []
    while head != NIL:
        found.append(facts[head, FIRST])
        head = facts[head, REST]
    return found


def shown(axiom: Triple) -> str:
    """An axiom as the tables below name it."""
    value = axiom.object
    text = curie(value.value) if isinstance(value, NamedNode) else " o ".join(curie(m.value) for m in members(value))
    return f"{curie(axiom.subject.value)} {curie(axiom.predicate.value).partition(':')[2]} {text}"


def test_ontology_and_data_are_in_both_profiles() -> None:
    """OWL 2 DL and OWL 2 RL, ontology, vocabularies and data together; a date in a data property would be seen. No rule
    finds a contradiction, and there was something to conclude."""
    assert closure().contradictions == []
    assert len(closure().derived) > 500
    assert len(asserted()) > 10_000
    assert profiles.violations(asserted()) == []
    bad = Triple(node("event:x"), node("coop:symbol"), Literal("2010-03-18", datatype=node("xsd:date")))
    assert any("xsd:date" in found for found in profiles.violations([*asserted(), bad]))


def test_closure_is_that_of_owlrl() -> None:
    """The evaluator and the package owlrl draw the same conclusions from the graph; of what its sources say, and of its
    texts, from a part, which has no other axioms than the rest."""
    told = {"claim", "conflict", "passage", "publisher", "source"}
    things = sorted({t.subject for t in asserted() if kind_of(t.subject) in told}, key=str)[::25]
    some = [t for t in asserted() if kind_of(t.subject) not in told or t.subject in things]
    texts = [t for t in some if isinstance(t.object, Literal)]
    left_out = set(texts) - set(texts[::10])
    part = [t for t in some if t not in left_out]
    ours, theirs = closing.close(part), closing.close_with_owlrl(part)
    assert len(ours.derived) > 1500
    assert theirs.contradictions == []
    assert set(ours.derived) == set(theirs.derived)


WRONG = """
post:president-of-armenia org:postIn state:armenia
membership:chair-armenia-2008 org:organization organization:sco
organization:csto owl:differentFrom organization:sco
event:signing-protocol-unodc org:resultingOrganization role:member
membership:chair-armenia-2008 org:role organization:csto
area:emergencies skos:related area:disasters
vocab:role skos:broader role:member
document:draft-73 rdf:type prov:Activity
"""


def test_the_published_vocabularies_are_not_contradicted_and_what_does_is_caught() -> None:
    """Nothing contradicts what ORG, PROV, SKOS and Web Annotation say of their terms, nor the alignments. The ontology
    alone takes each of the above; beside the published axioms, each has its part in a contradiction."""
    published = [t for path in (PUBLISHED, ALIGNMENTS) for t in inputs.read_turtle(str(path))]
    found = closing.close([*asserted(), *published])
    assert found.contradictions == []
    assert Triple(node("organization:un"), TYPE, node("org:FormalOrganization")) in found.derived
    wrong = [Triple(*map(node, line.split())) for line in WRONG.strip().splitlines()]
    assert closing.close([*asserted(), *wrong]).contradictions == []
    found = closing.close([*asserted(), *published, *wrong])
    blamed = {ground for grounds in found.grounds for ground in grounds}
    assert [shown(triple) for triple in wrong if triple not in blamed] == []


def test_header_is_complete() -> None:
    """Title and description in both languages, licence, creator, and a version with an IRI of its own."""
    header = NamedNode(ONTOLOGY)
    triples = read("cooperation.ttl")
    for predicate in ("dcterms:title", "dcterms:description"):
        assert sorted(str(value.language) for value in values(header, predicate, triples)) == list(LANGUAGES)
    for predicate in ("dcterms:license", "dcterms:creator", "vann:preferredNamespacePrefix"):
        assert len(values(header, predicate, triples)) == 1, predicate
    (version,), (name,) = values(header, "owl:versionInfo", triples), values(header, "owl:versionIRI", triples)
    assert version.value == cg.__version__
    assert name.value == f"{ONTOLOGY}/{version.value}" != ONTOLOGY
    assert not [t for t in asserted() if t.predicate == node("owl:imports")]


@pytest.mark.parametrize("term", terms("cooperation.ttl"), ids=lambda term: curie(term.value))
def test_term_is_told_in_both_languages(term: NamedNode) -> None:
    """One label and one definition, a sentence, in each language; and the ontology that defines it."""
    triples = read("cooperation.ttl")
    assert term.value.startswith(PREFIXES["coop"])
    for predicate in ("rdfs:label", "skos:definition"):
        assert sorted(str(value.language) for value in values(term, predicate, triples)) == list(LANGUAGES), predicate
    assert all(text.value.endswith(".") for text in values(term, "skos:definition", triples))
    assert values(term, "rdfs:isDefinedBy", triples) == [NamedNode(ONTOLOGY)]


def test_labels_tell_terms_apart() -> None:
    """No two classes, and no two properties, of ours share a label in a language."""
    seen: dict[tuple[bool, str | None, str], list[str]] = defaultdict(list)
    for term in terms("cooperation.ttl"):
        for label in values(term, "rdfs:label", read("cooperation.ttl")):
            is_class = curie(term.value)[5].isupper()
            seen[is_class, label.language, label.value].append(curie(term.value))
    assert {key: names for key, names in seen.items() if len(names) > 1} == {}


def used_in_data() -> set[str]:
    """Predicates, and classes with a member, in the whole graph: asserted, derived and vocabularies."""
    classes = {quad.object.value for quad in quads() if quad.predicate == TYPE and isinstance(quad.object, NamedNode)}
    return {quad.predicate.value for quad in quads()} | classes


@cache
def used_in_questions() -> frozenset[str]:
    """Every term that a canned query or a shape names."""
    files = [*sorted((ROOT / "queries").glob("*.rq")), ROOT / "ontology/shapes.ttl"]
    assert len(files) > 30
    text = "\n".join(path.read_text("utf-8") for path in files)
    return frozenset(iri(name) for name in re.findall(r"\b[a-z]+:[A-Za-z]+\b", text))


def test_terms_are_used_and_declared() -> None:
    """By the data, and by a query or a shape: what nobody asks for or checks is not kept, nor a borrowed term that is
    in no use. Label templates and proofs are read by the code, dates of documents are for whoever writes SPARQL; what
    is in use is declared.
    """
    own = {term.value for term in terms("cooperation.ttl")}
    elsewhere = {iri("coop:labelTemplate"), PROOF, *(name for name in own if re.search("(On|NotBefore|Before)$", name))}
    borrowed = {term.value for term in terms("borrowed.ttl")}
    assert len(borrowed) > 20
    builtin = tuple(PREFIXES[prefix] for prefix in ("rdf", "rdfs", "owl"))
    wrong = [
        own - used_in_data() - {PROOF, iri("coop:presumedOn")}, own - used_in_questions() - elsewhere,
        borrowed - used_in_data() - used_in_questions(),
        {name for name in used_in_data() - own - borrowed if not name.startswith(builtin)},
    ]  # fmt: skip
    assert [sorted(map(curie, names)) for names in wrong] == [[], [], [], []]


CLASSES, PROPERTIES, CHAIN = "rdfs:subClassOf", "rdfs:subPropertyOf", "owl:propertyChainAxiom"
#: Axiom: a question, its parameters, and a thing in a row that the answer loses without the axiom.
LOST: dict[str, tuple[str, dict[str, object], str]] = tomllib.loads(
    Path(__file__).with_name("axioms.toml").read_text("utf-8")
)


@cache
def axioms() -> dict[str, Triple]:
    """Every axiom from which something can follow, found in the graph, not listed by hand."""
    inferring = {node(CLASSES), node(PROPERTIES), node(CHAIN)}
    inferring |= {node(f"owl:{name}") for name in ("inverseOf", "equivalentClass", "equivalentProperty", "sameAs")}
    kinds = {"Transitive", "Symmetric", "Functional", "InverseFunctional", "Reflexive"}
    found = [t for t in asserted() if t.predicate in inferring]
    found += [t for t in asserted() if t.predicate == TYPE and t.object in {node(f"owl:{k}Property") for k in kinds}]
    return {shown(axiom): axiom for axiom in found}


@cache
def store() -> Store:
    held = Store()
    held.extend(quads())
    return held


@pytest.mark.parametrize("axiom", LOST)
def test_without_the_axiom_a_row_is_lost(axiom: str) -> None:
    """Close the graph without the axiom and ask again: the named row is gone. Each axiom names what it is for."""
    assert sorted(axioms()) == sorted(LOST)
    name, arguments, cell = LOST[axiom]
    text = graph().queries[name].bind(arguments, graph())

    def rows() -> set[tuple[str, ...]]:
        found = store().query(text, use_default_graph_as_union=True)
        return {tuple(pipeline.show_term(cell) for cell in row if cell is not None) for row in found}

    before = rows()
    less = closing.close(triple for triple in asserted() if triple != axioms()[axiom])
    gone = [axioms()[axiom], *(triple for triple in closure().derived if triple not in less.derived)]
    taken = [quad for t in gone for quad in store().quads_for_pattern(t.subject, t.predicate, t.object, None)]
    try:
        for quad in taken:
            store().remove(quad)
        lost = before - rows()
    finally:
        store().extend(taken)
    assert any(cell in row for row in lost), (
        f"Without “{axiom}” the answer to {name} {arguments} should lose the row of {cell}; it loses {lost}"
    )
    assert rows() == before


def test_each_domain_gives_a_thing_its_class() -> None:
    """Whatever has the property is in the class, by this axiom alone; and all that has it here was in it before."""
    domains = [triple for triple in asserted() if triple.predicate == node("rdfs:domain")]
    assert len(domains) > 20
    x = NamedNode("http://example.org/x")
    for axiom in domains:
        said, typed = Triple(x, axiom.subject, x), Triple(x, TYPE, axiom.object)
        assert typed in closing.close([*schema(), said]).derived, shown(axiom)
        assert typed not in closing.close([*(t for t in schema() if t != axiom), said]).derived, shown(axiom)
    less = closing.close(t for t in asserted() if t not in domains).derived
    assert {t.predicate for t in closure().derived.keys() - less.keys()} <= {node("rdfs:domain")}


def test_ranges_are_told_for_plain_values_and_hold() -> None:
    """All values have the type; that of another thing is for the shapes: by a range it would be made, not checked."""
    ranges = {triple.subject: triple.object for triple in asserted() if triple.predicate == node("rdfs:range")}
    assert len(ranges) > 20
    assert all(kind.value.startswith(PREFIXES["xsd"]) for kind in ranges.values())
    assert [str(q) for q in quads() if q.predicate in ranges and q.object.datatype != ranges[q.predicate]] == []


def in_both(pairs: Iterable[tuple[NamedNode, NamedNode]]) -> list[Triple]:
    """For each pair of classes a thing that is in both."""
    return [Triple(NamedNode(f"x:{at}"), TYPE, kind) for at, pair in enumerate(pairs) for kind in pair]


def linked(name: NamedNode, pairs: str) -> list[Triple]:
    return [Triple(NamedNode(f"x:{one}"), name, NamedNode(f"x:{two}")) for one, two in pairs.split()]


@cache
def exclusions() -> dict[str, tuple[str, Triple, list[Triple]]]:
    """Each axiom that excludes something, by the first of it: the rule, the axiom, and what all is excluded."""
    found = []
    for axiom in schema():
        subject, predicate, value = axiom
        if predicate == node("owl:members"):
            found.append(("cax-adc", axiom, in_both(combinations(members(value), 2))))
        elif predicate == node("owl:disjointWith"):
            found.append(("cax-dw", axiom, in_both([(subject, value)])))
        elif value == node("owl:AsymmetricProperty"):
            found.append(("prp-asyp", axiom, linked(subject, "ab ba")))
        elif value == node("owl:IrreflexiveProperty"):
            found.append(("prp-irp", axiom, linked(subject, "aa")))
    return {f"{rule} {shown(broken[0])}": (rule, axiom, broken) for rule, axiom, broken in found}


@pytest.mark.parametrize("name", exclusions())
def test_each_exclusion_catches_what_it_excludes(name: str) -> None:
    """Each two classes kept apart, acts that update themselves or each other: by this axiom, and by it alone."""
    rule, axiom, broken = exclusions()[name]
    clashes = [clash for clash in closing.close([*schema(), *broken]).contradictions if axiom in clash.premises]
    assert {clash.rule for clash in clashes} == {rule}
    assert {premise for clash in clashes for premise in clash.premises} >= set(broken)
    less = closing.close([*(triple for triple in schema() if triple != axiom), *broken]).contradictions
    assert rule not in {clash.rule for clash in less} <= {"prp-asyp"}  # what updates itself is no different update


def test_the_terms_of_others_may_be_used_as_others_use_them() -> None:
    """A person, post or organization that is a concept, too, and other legal uses of ORG, PROV and SKOS, contradict
    nothing: what excludes each other is this ontology's own."""
    assert len(exclusions()) >= 9
    own = {told.object for *_, broken in exclusions().values() for told in broken if told.predicate == TYPE}
    assert {name for name in own if not name.value.startswith(PREFIXES["coop"])} == set()
    x = NamedNode("http://example.org/x")
    legal = ("prov:Person", "skos:Concept", "org:Organization", "org:Post", "org:Membership")
    assert closing.close([*schema(), *(Triple(x, TYPE, node(name)) for name in legal)]).contradictions == []


def test_ontology_reads_by_theme() -> None:
    """Sections with headings; each block canonical; a class stands before the classes that specialize it."""
    text = (ROOT / "ontology/cooperation.ttl").read_text("utf-8")
    headings = re.findall(r"(?m)^# --- (.+)$", text)
    assert len(headings) > 10
    assert len(headings) == len(set(headings))
    place = {subject: found[-1][0] for subject, found in turtle.blocks(text).items()}
    assert len(place) >= len(terms("cooperation.ttl"))
    for triple in read("cooperation.ttl"):
        if triple.predicate == node(CLASSES) and triple.object.value in place:
            assert place[triple.object.value] < place[triple.subject.value], shown(triple)


def test_alignments_are_never_part_of_the_graph() -> None:
    """From terms of ours to known vocabularies, by terms of RDFS; canonical; and for readers only."""
    links = list(inputs.read_turtle(str(ALIGNMENTS)))
    assert len(links) > 30
    ours = set(terms("cooperation.ttl"))
    others = tuple(PREFIXES[prefix] for prefix in ("eli", "schema", "undo", "prov", "org", "oa"))
    for link in links:
        assert link.subject in ours
        assert link.predicate in {node("rdfs:seeAlso"), node(CLASSES), node(PROPERTIES)}
        assert link.object.value.startswith(others)
    assert turtle.format(ALIGNMENTS.read_text("utf-8")) == ALIGNMENTS.read_text("utf-8")
    assert str(ALIGNMENTS) not in graph().bundle.files
    assert not set(links) & set(asserted())
