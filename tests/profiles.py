"""Is a graph in the part of OWL 2 that the project uses, all of which lies in the DL and in the RL profile?

A white list: what it does not name is refused, even where the profiles allow it, until somebody needs it and adds it.
Sources: OWL 2 Mapping to RDF Graphs, section 3 (what a graph must look like to be an ontology); OWL 2 Structural
Specification, sections 5.8 and 11 (declarations, simple properties, regular chains); OWL 2 Profiles, section 4.2 (RL).
Stricter than these in what the project asks of itself: classes have names, there are no anonymous individuals, each
individual is in a class, and lexical forms are right in annotations, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from csto_graph.names import PREFIXES, curie
from csto_graph.rdf.terms import well_formed

_RESERVED = tuple(PREFIXES[prefix] for prefix in ("rdf", "rdfs", "owl", "xsd"))
_KINDS = {
    "owl:Class": "class", "owl:ObjectProperty": "object property", "owl:DatatypeProperty": "data property",
    "owl:AnnotationProperty": "annotation property",
}  # fmt: skip
_DATATYPES = """
integer nonNegativeInteger nonPositiveInteger positiveInteger negativeInteger long int short byte unsignedLong
unsignedInt unsignedShort unsignedByte decimal float double string normalizedString token language Name NCName
NMTOKEN boolean hexBinary base64Binary anyURI dateTime dateTimeStamp
"""
_BUILT_IN = {
    "annotation property": {
        "rdfs:label", "rdfs:comment", "rdfs:seeAlso", "rdfs:isDefinedBy", "owl:versionInfo", "owl:deprecated",
    },
    "datatype": {"rdf:langString", *(f"xsd:{name}" for name in _DATATYPES.split())},
}  # fmt: skip
_OF_ANNOTATIONS = _BUILT_IN["datatype"] | {f"xsd:{name}" for name in ("date", "time", "gYear", "gYearMonth")}
_SIMPLE_ONLY = {f"owl:{name}Property" for name in ("Functional", "InverseFunctional", "Irreflexive", "Asymmetric")}
_CHARACTERISTICS = _SIMPLE_ONLY | {"owl:TransitiveProperty", "owl:SymmetricProperty"}
_PAIRS = {"rdfs:subClassOf": "class", "owl:disjointWith": "class", "owl:inverseOf": "object property"}


def violations(triples: Iterable[Triple]) -> list[str]:
    """What keeps the graph out of this part of OWL 2; empty where nothing does.

    Takes ontology and data together, since a property may be declared in one and used in the other. Each violation
    is ``kind: subject and reason``, sorted; what the kinds are, the tests show.
    """
    return _Checker(triples).run()


def _show(term: Any) -> str:
    return curie(term.value) if isinstance(term, NamedNode) else str(term)


def _reserved(term: Any) -> bool:
    return isinstance(term, NamedNode) and term.value.startswith(_RESERVED)


class _Checker:
    def __init__(self, triples: Iterable[Triple]) -> None:
        self.triples = list(dict.fromkeys(Triple(t.subject, t.predicate, t.object) for t in triples))
        self.found: set[str] = set()
        self.facts: dict[Any, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for triple in self.triples:
            self.facts[triple.subject][_show(triple.predicate)].append(triple.object)
        types = ((term, map(_show, facts.get("rdf:type", ()))) for term, facts in self.facts.items())
        declared = {term: {_KINDS[name] for name in names if name in _KINDS} for term, names in types}
        self.kinds = {term: kinds for term, kinds in declared.items() if kinds}
        self.named = {_show(term): kinds for term, kinds in self.kinds.items()}
        self.seen: list[Any] = []  # blank nodes that are part of an axiom, as often as they are
        self.chains: list[tuple[Any, list[Any]]] = []

    def run(self) -> list[str]:
        for term, kinds in self.kinds.items():
            if len(kinds - {"class"}) > 1:
                self.report("punning", f"{_show(term)} is {' and '.join(sorted(kinds))}")
            if _reserved(term) or isinstance(term, BlankNode):
                self.report("reserved vocabulary", f"{_show(term)} is declared {' and '.join(sorted(kinds))}")
        for subject, facts in list(self.facts.items()):
            if "owl:AllDisjointClasses" in map(_show, facts.get("rdf:type", ())):
                self.disjoint(subject, facts)
            for triple in ((name, value) for name, values in facts.items() for value in values):
                if isinstance(subject, NamedNode):
                    self.statement(subject, *triple)
        self.regular_and_simple()
        for node in (subject for subject in self.facts if isinstance(subject, BlankNode)):
            if self.seen.count(node) != 1:
                many = "is used twice" if node in self.seen else "belongs to no axiom"
                self.report("anonymous", f"a blank node with {', '.join(sorted(self.facts[node]))} {many}")
        heads = [term for term, facts in self.facts.items() if "owl:Ontology" in map(_show, facts.get("rdf:type", ()))]
        if len(heads) != 1 or len(self.facts[heads[0]].get("owl:versionIRI", ())) > 1:
            self.report("header", f"{len(heads)} ontologies, or several versions of one")
        return sorted(self.found)

    def report(self, kind: str, reason: str) -> None:
        self.found.add(f"{kind}: {reason}")

    def need(self, term: Any, kind: str, place: str) -> None:
        """Report a term that is not declared to be of the kind (typing constraints, section 5.8.1)."""
        known = isinstance(term, NamedNode) and _show(term) in _BUILT_IN.get(kind, ())
        if kind not in self.kinds.get(term, ()) and not known:
            self.report(f"no {kind}", f"{_show(term)} in {place}")

    def statement(self, subject: NamedNode, name: str, value: Any) -> None:
        if isinstance(value, Triple):
            self.report("malformed", f"a triple as value of {name}")
        elif name == "rdf:type":
            self.typed(subject, value)
        elif name in _PAIRS:
            self.need(subject, _PAIRS[name], name)
            self.need(value, _PAIRS[name], name)
        elif name == "rdfs:subPropertyOf":
            kind = next(iter(sorted(self.kinds.get(subject, ()))), "property")
            self.need(subject, kind, name)
            self.need(value, kind, name)
        elif name in ("rdfs:domain", "rdfs:range"):
            of_data = name == "rdfs:range" and "data property" in self.kinds.get(subject, ())
            self.need(value, "datatype" if of_data else "class", f"{name} of {_show(subject)}")
            if not self.kinds.get(subject, set()) & set(_KINDS.values()) - {"class"}:
                self.report("no property", f"{_show(subject)} in {name}")
        elif name == "owl:propertyChainAxiom":
            self.chains.append((subject, self.items(value, "object property", name)))
            self.need(subject, "object property", name)
        elif name == "owl:versionIRI" and isinstance(value, NamedNode):
            if "owl:Ontology" not in map(_show, self.facts[subject]["rdf:type"]):
                self.report("header", f"{name} of {_show(subject)}, which is no ontology")
        else:
            self.fact(subject, name, value)

    def typed(self, subject: NamedNode, value: Any) -> None:
        name = _show(value)
        if name in _CHARACTERISTICS:
            of_data = name == "owl:FunctionalProperty" and "data property" in self.kinds.get(subject, ())
            self.need(subject, "data property" if of_data else "object property", name)
        elif name not in _KINDS and name != "owl:Ontology":
            self.need(value, "class", f"type of {_show(subject)}")

    def fact(self, subject: NamedNode, name: str, value: Any) -> None:
        """What is said with a property."""
        kinds = self.named.get(name, set())
        if name in _BUILT_IN["annotation property"] or "annotation property" in kinds:
            if isinstance(value, BlankNode):
                self.report("anonymous", f"as value of {name}")
            elif isinstance(value, Literal):
                self.literal(value, name, _OF_ANNOTATIONS)
        elif "object property" in kinds:
            self.individual(subject, name)
            self.individual(value, name)
        elif "data property" in kinds:
            self.individual(subject, name)
            if isinstance(value, Literal):
                self.literal(value, name, _BUILT_IN["datatype"])
            else:
                self.report("no literal", f"{_show(value)} in {name}")
        else:
            self.report("no property", name)

    def individual(self, term: Any, place: str) -> None:
        if not isinstance(term, NamedNode) or _reserved(term) or not self.facts.get(term, {}).get("rdf:type"):
            self.report("no individual", f"{_show(term)} in {place}")

    def literal(self, value: Literal, place: str, known: set[str]) -> None:
        if _show(value.datatype) not in known:
            self.report("no datatype", f"{_show(value.datatype)} in {place}")
        elif well_formed(value.value, _show(value.datatype)) is False:
            self.report("lexical form", f"{value} in {place}")

    def disjoint(self, node: Any, facts: dict[str, list[Any]]) -> None:
        self.seen.append(node)
        shape = {name: len(values) for name, values in facts.items()}
        if not isinstance(node, BlankNode) or shape != {"rdf:type": 1, "owl:members": 1}:
            self.report("malformed", f"{_show(node)} is an owl:AllDisjointClasses with {', '.join(sorted(facts))}")
        for head in facts.get("owl:members", ()):
            self.items(head, "class", "owl:AllDisjointClasses")

    def items(self, head: Any, kind: str, place: str) -> list[Any]:
        """The members of a list, of which there are two at least, all of a kind."""
        items: list[Any] = []
        cell = head
        while _show(cell) != "rdf:nil":
            facts = self.facts.get(cell, {})
            shape = {name: len(values) for name, values in facts.items()}
            if not isinstance(cell, BlankNode) or cell in self.seen or shape != {"rdf:first": 1, "rdf:rest": 1}:
                self.report("malformed", f"the list in {place} after {len(items)} members")
                return items
            self.seen.append(cell)
            items += facts["rdf:first"]
            cell = facts["rdf:rest"][0]
        if len(items) < 2:
            self.report("malformed", f"the list in {place} has fewer than two members")
        for item in items:
            self.need(item, kind, place)
        return items

    def regular_and_simple(self) -> None:
        """Composite properties have no characteristic that asks for simple ones (section 11.1), and there is an order
        of the properties in which each chain leads upwards (section 11.2)."""
        above: dict[Any, set[Any]] = defaultdict(set)
        for triple in self.triples:
            if _show(triple.predicate) in ("rdfs:subPropertyOf", "owl:inverseOf"):
                above[triple.subject].add(triple.object)
                if _show(triple.predicate) == "owl:inverseOf":
                    above[triple.object].add(triple.subject)
        above = _closed(above)
        types = {term: set(map(_show, facts.get("rdf:type", ()))) for term, facts in self.facts.items()}
        made = [term for term in types if "owl:TransitiveProperty" in types[term]] + [term for term, _ in self.chains]
        for term in {over for one in made for over in {one} | above.get(one, set())}:
            if wrong := types.get(term, set()) & _SIMPLE_ONLY:
                self.report("not simple", f"{_show(term)} in {', '.join(sorted(wrong))}")
        less: dict[Any, set[Any]] = defaultdict(set)
        for target, items in self.chains:
            # A chain may begin, or end, with the property itself.
            ends = items == [target, target], items[:1] == [target], items[-1:] == [target]
            rest = [] if ends[0] else items[1:] if ends[1] else items[:-1] if ends[2] else items
            for item in rest:
                less[item].add(target)
        for small, greater in _closed(less).items():
            for great in greater:
                if small == great or small in above.get(great, set()):
                    self.report("irregular chain", f"{_show(great)} depends on itself through {_show(small)}")


def _closed(relation: dict[Any, set[Any]]) -> dict[Any, set[Any]]:
    """The transitive closure."""
    closed = {start: set(ends) for start, ends in relation.items()}
    for through, further in closed.items():
        for ends in closed.values():
            if through in ends:
                ends |= further
    return closed
