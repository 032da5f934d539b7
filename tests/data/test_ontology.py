"""The ontology: in its profile, consistent, told in two languages, used, and with no axiom that earns nothing."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
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


# --------------------------------------------------------------------------------------------- profile and consistency


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


def test_blank_nodes_only_hold_lists_and_disjointness() -> None:
    """Everything else has a name; a blank node in a definition would be a class nobody can ask for."""
    kinds: dict[BlankNode, set[str]] = defaultdict(set)
    for triple in schema():
        if isinstance(triple.subject, BlankNode):
            kinds[triple.subject].add(curie(triple.predicate.value))
    assert set(map(frozenset, kinds.values())) == {frozenset({"rdf:first", "rdf:rest"}),
                                                   frozenset({"rdf:type", "owl:members"})}  # fmt: skip
    assert not [t for t in asserted() if isinstance(t.subject, BlankNode) and t not in schema()]


# ------------------------------------------------------------------------------------------------------ told and used


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
        told = values(term, predicate, triples)
        assert sorted(str(value.language) for value in told) == list(LANGUAGES), predicate
        assert all(value.value.strip() == value.value and value.value for value in told)
        russian = {value.language: value.value for value in told}["ru"]
        assert re.search("[а-яё]", russian, re.IGNORECASE) or russian == "EDTF", russian
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


# ----------------------------------------------------------------------------------------- what each axiom is there for

CLASSES, PROPERTIES, CHAIN = "rdfs:subClassOf", "rdfs:subPropertyOf", "owl:propertyChainAxiom"
LOST: dict[str, tuple[str, dict[str, object], str]] = tomllib.loads(
    Path(__file__).with_name("axioms.toml").read_text("utf-8")
)
"""Axiom: a question, its parameters, and a thing in a row that the answer loses without the axiom."""


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


# --------------------------------------------------------------------------------------------------- what is excluded


@cache
def exclusions() -> dict[str, tuple[str, Triple, list[tuple[NamedNode, NamedNode]]]]:
    """Each disjointness: its rule, its axiom, and the pairs of classes that it keeps apart."""
    found: dict[str, tuple[str, Triple, list[tuple[NamedNode, NamedNode]]]] = {}
    for triple in schema():
        if triple.predicate == node("owl:members"):
            kept = members(triple.object)
            name = f"{curie(kept[0].value)} and {len(kept) - 1} more"
            found[name] = ("cax-adc", triple, list(combinations(kept, 2)))
        elif triple.predicate == node("owl:disjointWith"):
            found[shown(triple)] = ("cax-dw", triple, [(triple.subject, triple.object)])
    return found


def test_each_disjointness_catches_each_pair() -> None:
    """A thing in two classes kept apart is reported by the right rule and axiom, and by no other one."""
    assert len(exclusions()) >= 7
    cases = {
        f"x:{number}-{curie(pair[0].value)}-{curie(pair[1].value)}": (rule, axiom, pair)
        for number, (rule, axiom, pairs) in enumerate(exclusions().values()) for pair in pairs
    }  # fmt: skip
    broken = [Triple(NamedNode(name), TYPE, kind) for name, (_, _, pair) in cases.items() for kind in pair]
    found: dict[str, set[tuple[str, Triple]]] = defaultdict(set)
    for clash in closing.close([*schema(), *broken]).contradictions:
        for subject in {premise.subject.value for premise in clash.premises if isinstance(premise.subject, NamedNode)}:
            found[subject] |= {(clash.rule, premise) for premise in clash.premises}
    for name, (rule, axiom, _) in cases.items():
        assert {each for each, _ in found[name]} == {rule}, name
        assert axiom in {premise for _, premise in found[name]}, name


@pytest.mark.parametrize("name", exclusions())
def test_each_disjointness_is_needed(name: str) -> None:
    """Without the axiom, none of its pairs is caught by anything else."""
    _, axiom, pairs = exclusions()[name]
    things = [NamedNode(f"http://example.org/{number}") for number in range(len(pairs))]
    broken = [Triple(thing, TYPE, kind) for thing, pair in zip(things, pairs, strict=True) for kind in pair]
    kept = [triple for triple in schema() if triple != axiom]
    assert closing.close([*schema(), *broken]).contradictions
    assert closing.close([*kept, *broken]).contradictions == []


def test_subclasses_are_excluded_too() -> None:
    """A planned adoption is never an adoption, a mission never a place: the clash is found through the hierarchy."""
    x = NamedNode("http://example.org/x")
    for first, second, rule in (
        ("coop:PlannedEvent", "coop:Adoption", "cax-dw"), ("coop:StateMission", "coop:Place", "cax-adc"),
        ("coop:RelatedOrganization", "coop:SecretariatUnit", "cax-adc"), ("coop:Resolution", "coop:Treaty", "cax-adc"),
    ):  # fmt: skip
        found = closing.close([*schema(), Triple(x, TYPE, node(first)), Triple(x, TYPE, node(second))])
        assert {clash.rule for clash in found.contradictions} == {rule}, (first, second)


def test_the_terms_of_others_may_be_used_as_others_use_them() -> None:
    """A person, post or organization that is a concept, too, and other legal uses of ORG, PROV and SKOS, contradict
    nothing: what excludes each other is this ontology's own."""
    own = {term for _, _, pairs in exclusions().values() for pair in pairs for term in pair}
    assert {name for name in own if not name.value.startswith(PREFIXES["coop"])} == set()
    x = NamedNode("http://example.org/x")
    legal = ("prov:Person", "skos:Concept", "org:Organization", "org:Post", "org:Membership")
    assert closing.close([*schema(), *(Triple(x, TYPE, node(name)) for name in legal)]).contradictions == []


def test_each_characteristic_catches_its_fixture() -> None:
    """Two acts that update each other, or one that updates itself, contradict the ontology; only by that axiom."""
    kinds = {"owl:AsymmetricProperty": ("prp-asyp", "ab ba"), "owl:IrreflexiveProperty": ("prp-irp", "aa")}
    found = [t for t in asserted() if t.predicate == TYPE and t.object in map(node, kinds)]
    assert len(found) == 2
    for axiom in found:
        rule, links = kinds[curie(axiom.object.value)]
        broken = [Triple(NamedNode(f"x:{one}"), axiom.subject, NamedNode(f"x:{two}")) for one, two in links.split()]
        for kept, caught in ((schema(), True), ([t for t in schema() if t != axiom], False)):
            rules = {clash.rule for clash in closing.close([*kept, *broken]).contradictions}
            assert (rule in rules) == caught, curie(axiom.object.value)


# ------------------------------------------------------------------------------------------------------------ the text


def test_ontology_reads_by_theme() -> None:
    """Sections with headings; each block canonical; a class stands before the classes that specialize it."""
    text = (ROOT / "ontology/cooperation.ttl").read_text("utf-8")
    headings = re.findall(r"(?m)^# --- (.+)$", text)
    assert len(headings) > 10
    assert len(headings) == len(set(headings))
    place = {block.subject: block.first for block in turtle.blocks(text)}
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
