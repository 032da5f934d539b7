"""Is a graph in OWL 2 DL and in OWL 2 RL? A check of our own, over triples.

Sources: OWL 2 Mapping to RDF Graphs, section 3 (what a graph must look like to be an ontology); OWL 2 Structural
Specification, sections 5.8 and 11 (declarations, simple properties, regular chains); OWL 2 Profiles, section 4.2 (RL).
Stricter than these in what the project asks of itself: no anonymous individuals, each individual in a class, and a
right lexical form in annotations too. ``owl:hasKey`` and the like are in the profiles and so pass here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from csto_graph.names import PREFIXES, curie


def _names(prefix: str, text: str) -> dict[str, str]:
    return {PREFIXES[prefix] + name: f"{prefix}:{name}" for name in text.split()}


_RESERVED = tuple(PREFIXES[prefix] for prefix in ("rdf", "rdfs", "owl", "xsd"))
_ANNOTATIONS = _names("rdfs", "label comment seeAlso isDefinedBy") | _names(
    "owl", "versionInfo deprecated priorVersion backwardCompatibleWith incompatibleWith"
)
_INTEGERS = (
    "integer nonNegativeInteger nonPositiveInteger positiveInteger negativeInteger long int short byte "
    "unsignedLong unsignedInt unsignedShort unsignedByte"
)
_RL_DATATYPES = (
    _names("rdf", "PlainLiteral XMLLiteral langString")
    | _names("rdfs", "Literal")
    | _names("xsd", _INTEGERS + " decimal float double string normalizedString token language Name NCName NMTOKEN")
    | _names("xsd", "boolean hexBinary base64Binary anyURI dateTime dateTimeStamp")
)
_OTHER_DATATYPES = _names("xsd", "date time gYear gYearMonth gMonth gMonthDay gDay duration") | _names("rdf", "HTML")
_KINDS = {
    "owl:Class": "class",
    "rdfs:Datatype": "datatype",
    "owl:ObjectProperty": "object property",
    "owl:DatatypeProperty": "data property",
    "owl:AnnotationProperty": "annotation property",
    "owl:NamedIndividual": "individual",
}
_SIMPLE_ONLY = {
    "owl:FunctionalProperty", "owl:InverseFunctionalProperty", "owl:IrreflexiveProperty", "owl:AsymmetricProperty"
}  # fmt: skip
_CHARACTERISTICS = _SIMPLE_ONLY | {"owl:TransitiveProperty", "owl:SymmetricProperty", "owl:ReflexiveProperty"}
_AXIOM_NODES = {
    "owl:AllDisjointClasses", "owl:AllDisjointProperties", "owl:AllDifferent", "owl:NegativePropertyAssertion",
    "owl:Axiom", "owl:Annotation",
}  # fmt: skip
_CONSTRUCTORS = {"owl:intersectionOf", "owl:unionOf", "owl:complementOf", "owl:oneOf"}
_FILLERS = {
    "owl:someValuesFrom", "owl:allValuesFrom", "owl:hasValue", "owl:hasSelf", "owl:minCardinality",
    "owl:maxCardinality", "owl:cardinality", "owl:minQualifiedCardinality", "owl:maxQualifiedCardinality",
    "owl:qualifiedCardinality",
}  # fmt: skip
_PARTS = _CONSTRUCTORS | _FILLERS | {"owl:onProperty", "owl:onClass", "owl:onDataRange", "rdf:first", "rdf:rest"}
_NODE_PARTS = {
    "owl:members", "owl:distinctMembers", "owl:sourceIndividual", "owl:assertionProperty", "owl:targetIndividual",
    "owl:targetValue", "owl:annotatedSource", "owl:annotatedProperty", "owl:annotatedTarget",
}  # fmt: skip
# What an anonymous class or inverse can be the subject of, besides the triples that make it.
_OUTER = {
    "rdfs:subClassOf", "owl:equivalentClass", "owl:disjointWith", "rdfs:subPropertyOf", "owl:equivalentProperty",
    "owl:propertyDisjointWith", "rdfs:domain", "rdfs:range", "owl:hasKey",
}  # fmt: skip
_NOT_RL = {
    "owl:hasSelf", "owl:minCardinality", "owl:cardinality", "owl:minQualifiedCardinality", "owl:qualifiedCardinality"
}  # fmt: skip

_BOUNDS = {
    "nonNegativeInteger": (0, None), "nonPositiveInteger": (None, 0), "positiveInteger": (1, None),
    "negativeInteger": (None, -1), "long": (-(2**63), 2**63 - 1), "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1), "byte": (-128, 127), "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1), "unsignedShort": (0, 2**16 - 1), "unsignedByte": (0, 255), "integer": (None, None),
}  # fmt: skip
_ZONE = r"(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)"
_TIME = r"(([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?|24:00:00(\.0+)?)"
_YEAR, _MONTH, _DAY = r"-?([1-9]\d{3,}|0\d{3})", r"(0[1-9]|1[0-2])", r"(0[1-9]|[12]\d|3[01])"
_FLOAT = r"([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?INF|NaN)"
_FORMS = {
    "decimal": r"[+-]?(\d+(\.\d*)?|\.\d+)", "float": _FLOAT, "double": _FLOAT, "boolean": "true|false|0|1",
    "hexBinary": r"([0-9A-Fa-f]{2})*", "base64Binary": r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "anyURI": r"[^\s<>\"{}|\\^`]*",
    "language": r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*", "normalizedString": r"[^\t\n\r]*",
    "token": r"(\S+( \S+)*)?", "NMTOKEN": r"[\w.:-]+", "Name": r"[^\W\d][\w.:-]*|[_:][\w.:-]*",
    "NCName": r"[^\W\d][\w.-]*|_[\w.-]*", "dateTime": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}?",
    "dateTimeStamp": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}", "date": f"{_YEAR}-{_MONTH}-{_DAY}{_ZONE}?",
    "time": f"{_TIME}{_ZONE}?", "gYear": f"{_YEAR}{_ZONE}?", "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}?",
    "gMonth": f"--{_MONTH}{_ZONE}?", "gMonthDay": f"--{_MONTH}-{_DAY}{_ZONE}?", "gDay": f"---{_DAY}{_ZONE}?",
    "duration": r"-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?",
}  # fmt: skip


def well_formed(literal: Literal) -> bool:
    """Whether the text is in the lexical space of the datatype (XML Schema Datatypes, part 2)."""
    name = literal.datatype.value.removeprefix(PREFIXES["xsd"])
    text = literal.value
    if name in _BOUNDS:
        least, most = _BOUNDS[name]
        if not re.fullmatch(r"[+-]?\d{1,400}", text, re.ASCII):
            return False
        return (least is None or int(text) >= least) and (most is None or int(text) <= most)
    if name in _FORMS and not re.fullmatch(_FORMS[name], text):
        return False
    if name in ("date", "dateTime", "dateTimeStamp") and re.match(r"\d{4}-", text) and not text.startswith("0000"):
        try:
            date.fromisoformat(text[:10])
        except ValueError:
            return False
    return True


def violations(triples: Iterable[Triple]) -> list[str]:
    """What keeps the graph out of OWL 2 DL or OWL 2 RL; empty where nothing does.

    Takes ontology and data together, since a property may be declared in one and used in the other. Each violation
    is ``kind: subject and reason``, sorted; what the kinds are, the tests show.
    """
    return _Checker(triples).run()


def _show(term: Any) -> str:
    if isinstance(term, NamedNode):
        return curie(term.value)
    return f"_:{term.value}" if isinstance(term, BlankNode) else str(term)


def _reserved(term: Any) -> bool:
    return isinstance(term, NamedNode) and term.value.startswith(_RESERVED)


class _Checker:
    def __init__(self, triples: Iterable[Triple]) -> None:
        self.triples = list(dict.fromkeys(Triple(t.subject, t.predicate, t.object) for t in triples))
        self.found: set[str] = set()
        self.facts: dict[Any, dict[str, list[Any]]] = {}  # subject -> predicate as CURIE -> values
        self.uses: dict[Any, int] = {}  # in how many axioms or expressions a blank node stands
        for triple in self.triples:
            self.facts.setdefault(triple.subject, {}).setdefault(_show(triple.predicate), []).append(triple.object)
            outer = triple.subject if _show(triple.predicate) in _OUTER else None
            for term in (outer, triple.object):
                if isinstance(term, BlankNode):
                    self.uses[term] = self.uses.get(term, 0) + 1
        self.kinds: dict[Any, set[str]] = {}
        for triple in self.triples:
            if triple.predicate.value == PREFIXES["rdf"] + "type" and _show(triple.object) in _KINDS:
                self.kinds.setdefault(triple.subject, set()).add(_KINDS[_show(triple.object)])
        self.seen: set[Any] = set()  # blank nodes that are part of an axiom
        self.chains: list[tuple[Any, list[Any]]] = []
        self.needs_simple: list[tuple[Any, str]] = []

    def run(self) -> list[str]:
        self.punning()
        for triple in self.triples:
            self.triple(triple.subject, triple.predicate, triple.object)
        self.headers()
        self.global_restrictions()
        for subject in self.facts:
            if isinstance(subject, BlankNode) and subject not in self.seen:
                parts = sorted(set(self.facts[subject]) & _PARTS)
                if parts:
                    self.report("malformed", f"{parts[0]} belongs to no axiom")
                else:
                    self.report("anonymous individual", ", ".join(sorted(self.facts[subject])))
        for node, count in self.uses.items():
            if count > 1 and node in self.seen:
                parts = ", ".join(sorted(self.facts.get(node, {})))
                self.report("malformed", f"a blank node with {parts} is used twice")
        return sorted(self.found)

    def report(self, kind: str, reason: str) -> None:
        self.found.add(f"{kind}: {reason}")

    # --- names -------------------------------------------------------------------------------------------------------

    def kind(self, term: Any, kind: str) -> bool:
        built_in = {"annotation property": _ANNOTATIONS, "datatype": _RL_DATATYPES}.get(kind, {})
        return kind in self.kinds.get(term, ()) or (isinstance(term, NamedNode) and term.value in built_in)

    def need(self, term: Any, kind: str, place: str) -> bool:
        """Report a term that is not declared to be of the kind (typing constraints, section 5.8.1)."""
        if self.kind(term, kind):
            return True
        if _reserved(term):
            self.report("reserved vocabulary", f"{_show(term)} as {kind} in {place}")
        else:
            self.report(f"undeclared {kind}", f"{_show(term)} in {place}")
        return False

    def is_data(self, term: Any) -> bool:
        return self.kind(term, "data property")

    def punning(self) -> None:
        for term, kinds in self.kinds.items():
            for group in ({"object property", "data property", "annotation property"}, {"class", "datatype"}):
                if len(kinds & group) > 1:
                    self.report("punning", f"{_show(term)} is {' and '.join(sorted(kinds & group))}")
            if isinstance(term, BlankNode) and kinds - {"class", "datatype"}:
                self.report("malformed", f"a blank node is declared {' and '.join(sorted(kinds))}")
            if _reserved(term) and not all(self.is_built_in(term, kind) for kind in kinds):
                self.report("reserved vocabulary", f"{_show(term)} is declared {' and '.join(sorted(kinds))}")
            if "datatype" in kinds and not _reserved(term):
                self.report("datatype", f"{_show(term)} is none of those that RL knows")

    def is_built_in(self, term: NamedNode, kind: str) -> bool:
        known = {"class": {"owl:Thing", "owl:Nothing"}, "annotation property": set(_ANNOTATIONS.values())}
        return curie(term.value) in known.get(kind, set()) or (kind == "datatype" and term.value in _RL_DATATYPES)

    def headers(self) -> None:
        heads = [term for term, facts in self.facts.items() if _is_a("owl:Ontology", facts)]
        if len(heads) > 1:
            self.report("header", f"{len(heads)} ontologies in one")
        for subject, facts in self.facts.items():
            for predicate in {"owl:versionIRI", "owl:imports"} & set(facts):
                if subject not in heads:
                    self.report("header", f"{predicate} of {_show(subject)}, which is no ontology")
                if not all(isinstance(value, NamedNode) for value in facts[predicate]):
                    self.report("header", f"{predicate} is no IRI")
            versions = facts.get("owl:versionIRI", [])
            if len(versions) > 1 or subject in versions:
                self.report("header", f"version of {_show(subject)}: {', '.join(map(_show, versions))}")

    # --- one triple --------------------------------------------------------------------------------------------------

    def triple(self, subject: Any, predicate: NamedNode, value: Any) -> None:
        name = _show(predicate)
        if isinstance(value, Triple):
            self.report("malformed", f"a triple as value of {name}")
        elif name == "rdf:type":
            self.typed(subject, value)
        elif name in _AXIOMS:
            _AXIOMS[name](self, subject, name, value)
        elif name in _PARTS | _NODE_PARTS | {"owl:versionIRI", "owl:imports"}:
            if isinstance(subject, NamedNode) and name in _PARTS:
                self.report("malformed", f"{name} on the named {_show(subject)}")
        elif name == "owl:disjointUnionOf" or name == "owl:onProperties":
            self.report("not in RL", f"{name} on {_show(subject)}")
            if name == "owl:disjointUnionOf":
                self.items(value)
        elif self.kind(predicate, "annotation property"):
            self.annotation(subject, name, value)
        elif self.kind(predicate, "object property"):
            self.individual(subject, name)
            self.individual(value, name)
        elif self.kind(predicate, "data property"):
            self.individual(subject, name)
            self.data_value(value, name)
        elif _reserved(predicate):
            self.report("reserved vocabulary", f"{name} as a property")
        else:
            self.report("undeclared property", name)

    def typed(self, subject: Any, value: Any) -> None:
        name = _show(value)
        if name in _CHARACTERISTICS:
            self.characteristic(subject, name)
        elif name in _AXIOM_NODES:
            self.axiom_node(subject, name)
        elif name in _KINDS or name in ("owl:Ontology", "owl:Restriction"):
            pass
        elif name == "owl:Thing":
            self.report("owl:Thing", f"{_show(subject)} is said to be one")
        elif _reserved(value) and name != "owl:Nothing":
            self.report("reserved vocabulary", f"{name} as a type")
        else:
            self.individual(subject, "rdf:type")
            self.class_expression(value, "super", f"type of {_show(subject)}")

    def annotation(self, subject: Any, name: str, value: Any) -> None:
        if isinstance(value, Literal):
            known = value.datatype.value in _RL_DATATYPES or value.datatype.value in _OTHER_DATATYPES
            if not known and not self.kind(value.datatype, "datatype"):
                self.report("undeclared datatype", f"{_show(value.datatype)} in {name}")
            self.lexical(value, name)
        elif isinstance(value, BlankNode):
            self.report("anonymous individual", f"as value of {name}")

    def individual(self, term: Any, place: str) -> None:
        if isinstance(term, Literal):
            self.report("literal", f"{_show(term)} as an individual in {place}")
        elif isinstance(term, BlankNode):
            self.report("anonymous individual", f"in {place}")
        elif _reserved(term):
            self.report("reserved vocabulary", f"{_show(term)} as an individual in {place}")
        elif not self.facts.get(term, {}).get("rdf:type"):
            self.report("individual without a class", f"{_show(term)} in {place}")

    def data_value(self, value: Any, place: str) -> None:
        if not isinstance(value, Literal):
            self.report("no literal", f"{_show(value)} in {place}")
            return
        self.datatype(value.datatype, place)
        self.lexical(value, place)

    def lexical(self, value: Literal, place: str) -> None:
        if not well_formed(value):
            self.report("lexical form", f"{_show(value)} in {place}")

    def datatype(self, term: Any, place: str) -> None:
        if isinstance(term, BlankNode):
            self.seen.add(term)
            self.report("datatype", f"a data range in {place} is no named datatype")
        elif not isinstance(term, NamedNode) or term.value not in _RL_DATATYPES:
            self.report("datatype", f"{_show(term)} in {place} is none of those that RL knows")

    # --- axioms ------------------------------------------------------------------------------------------------------

    def sub_class(self, subject: Any, name: str, value: Any) -> None:
        self.class_expression(subject, "sub", name)
        self.class_expression(value, "super", f"{name} of {_show(subject)}")

    def equivalent_class(self, subject: Any, name: str, value: Any) -> None:
        if self.kind(subject, "datatype"):
            self.datatype(value, name)
            return
        self.class_expression(subject, "equivalent", name)
        self.class_expression(value, "equivalent", f"{name} of {_show(subject)}")

    def disjoint_class(self, subject: Any, name: str, value: Any) -> None:
        self.class_expression(subject, "sub", name)
        self.class_expression(value, "sub", f"{name} of {_show(subject)}")

    def property_pair(self, subject: Any, name: str, value: Any) -> None:
        """subPropertyOf, equivalentProperty, propertyDisjointWith: two properties of one kind."""
        for kind in ("data property", "annotation property"):
            if self.kind(subject, kind) or self.kind(value, kind):
                if kind == "annotation property" and name != "rdfs:subPropertyOf":
                    self.report("malformed", f"{name} between annotation properties")
                self.need(subject, kind, name)
                self.need(value, kind, name)
                return
        for term in (subject, value):
            self.object_property(term, name)
            if name == "owl:propertyDisjointWith":
                self.needs_simple.append((term, name))

    def inverse(self, subject: Any, name: str, value: Any) -> None:
        if isinstance(subject, NamedNode):
            self.object_property(subject, name)
        self.object_property(value, name)

    def domain_or_range(self, subject: Any, name: str, value: Any) -> None:
        if self.kind(subject, "annotation property"):
            if not isinstance(value, NamedNode):
                self.report("malformed", f"{name} of the annotation property {_show(subject)} is no IRI")
        elif name == "rdfs:range" and self.is_data(subject):
            self.datatype(value, f"rdfs:range of {_show(subject)}")
        else:
            if not self.is_data(subject):
                self.object_property(subject, name)
            self.class_expression(value, "super", f"{name} of {_show(subject)}")

    def chain(self, subject: Any, name: str, value: Any) -> None:
        self.object_property(subject, name)
        items = self.items(value)
        if len(items) < 2:
            self.report("malformed", f"a chain of {_show(subject)} has fewer than two members")
        for item in items:
            self.object_property(item, name)
        self.chains.append((subject, items))

    def key(self, subject: Any, name: str, value: Any) -> None:
        self.class_expression(subject, "sub", name)
        for item in self.items(value):
            if not self.is_data(item):
                self.object_property(item, name)

    def same(self, subject: Any, name: str, value: Any) -> None:
        self.individual(subject, name)
        self.individual(value, name)

    def characteristic(self, subject: Any, name: str) -> None:
        if name == "owl:ReflexiveProperty":
            self.report("not in RL", f"{_show(subject)} is reflexive")
        if name == "owl:FunctionalProperty" and self.is_data(subject):
            return
        self.object_property(subject, name)
        if name in _SIMPLE_ONLY:
            self.needs_simple.append((subject, name))

    def axiom_node(self, node: Any, name: str) -> None:
        facts = self.facts[node]
        if not isinstance(node, BlankNode):
            self.report("malformed", f"{_show(node)} is an {name} and no blank node")
        self.seen.add(node)
        if name in ("owl:Axiom", "owl:Annotation"):
            self.annotated(facts, name)
        elif name == "owl:NegativePropertyAssertion":
            self.negative(facts, name)
        else:
            heads = facts.get("owl:members", []) + facts.get("owl:distinctMembers", [])
            if len(heads) != 1:
                self.report("malformed", f"an {name} has {len(heads)} lists of members")
            for head in heads:
                self.members(self.items(head), name)

    def members(self, items: list[Any], name: str) -> None:
        if len(items) < 2:
            self.report("malformed", f"an {name} has fewer than two members")
        data = any(self.is_data(item) for item in items)
        for item in items:
            if name == "owl:AllDisjointClasses":
                self.class_expression(item, "sub", name)
            elif name == "owl:AllDifferent":
                self.individual(item, name)
            elif data:
                self.need(item, "data property", name)
            else:
                self.object_property(item, name)
                self.needs_simple.append((item, name))

    def annotated(self, facts: dict[str, list[Any]], name: str) -> None:
        parts = [facts.get(f"owl:annotated{part}", []) for part in ("Source", "Property", "Target")]
        if [len(part) for part in parts] != [1, 1, 1]:
            self.report("malformed", f"an {name} without exactly one source, property and target")
        elif name == "owl:Axiom" and parts[2][0] not in self.facts.get(parts[0][0], {}).get(_show(parts[1][0]), []):
            self.report("malformed", f"an owl:Axiom annotates a triple on {_show(parts[0][0])} that is not there")

    def negative(self, facts: dict[str, list[Any]], name: str) -> None:
        source, target = facts.get("owl:sourceIndividual", []), facts.get("owl:targetIndividual", [])
        properties, values = facts.get("owl:assertionProperty", []), facts.get("owl:targetValue", [])
        if (len(source), len(properties), len(target) + len(values)) != (1, 1, 1):
            self.report("malformed", f"an {name} without exactly one source, property and target")
        for term in source + target:
            self.individual(term, name)
        for term in properties:
            if values:
                self.need(term, "data property", name)
            else:
                self.object_property(term, name)
        for value in values:
            self.data_value(value, name)

    # --- expressions -------------------------------------------------------------------------------------------------

    def object_property(self, term: Any, place: str) -> None:
        if not isinstance(term, BlankNode):
            self.need(term, "object property", place)
            return
        self.seen.add(term)
        facts = self.facts.get(term, {})
        if set(facts) - _OUTER - {"rdf:type"} != {"owl:inverseOf"} or len(facts["owl:inverseOf"]) != 1:
            self.report("malformed", f"a blank node in {place} is no inverse of a property")
        elif isinstance(facts["owl:inverseOf"][0], BlankNode):
            self.report("malformed", f"an inverse of an inverse in {place}")

    def items(self, head: Any) -> list[Any]:
        """The members of a list; what is malformed is reported and ends it."""
        items: list[Any] = []
        cell, visited = head, set()
        while _show(cell) != "rdf:nil":
            facts = self.facts.get(cell, {})
            parts = [facts.get("rdf:first", []), facts.get("rdf:rest", [])]
            if not isinstance(cell, BlankNode) or cell in visited or [len(part) for part in parts] != [1, 1]:
                self.report("malformed list", f"after {len(items)} members ({', '.join(map(_show, items))})")
                return items
            visited.add(cell)
            self.seen.add(cell)
            if extra := set(facts) - {"rdf:first", "rdf:rest"}:
                self.report("malformed list", f"a cell has {', '.join(sorted(extra))}")
            items += parts[0]
            cell = parts[1][0]
        return items

    def class_expression(self, term: Any, side: str, place: str) -> None:
        """Check the RL grammar for one side: sub, super or equivalent (Profiles, section 4.2.3)."""
        if isinstance(term, Literal):
            self.report("literal", f"{_show(term)} as a class in {place}")
        elif _show(term) == "owl:Thing":
            self.report("owl:Thing", place)
        elif isinstance(term, NamedNode):
            if _show(term) != "owl:Nothing":
                self.need(term, "class", place)
        elif term not in self.seen:
            self.seen.add(term)
            facts = {name: values for name, values in self.facts.get(term, {}).items() if name not in _OUTER}
            types = set(map(_show, facts.get("rdf:type", ())))
            if "owl:onProperty" in facts:
                if types != {"owl:Restriction"}:
                    self.report("malformed", f"a restriction in {place} is not typed owl:Restriction")
                self.restriction(facts, side, place)
            else:
                if types != {"owl:Class"}:
                    self.report("malformed", f"an anonymous class in {place} is not typed owl:Class")
                self.boolean(facts, side, place)

    def boolean(self, facts: dict[str, list[Any]], side: str, place: str) -> None:
        made = [(name, value) for name in _CONSTRUCTORS for value in facts.get(name, ())]
        said = sorted(set(facts) - {"rdf:type"})
        if len(made) != 1 or not _CONSTRUCTORS.issuperset(said):
            self.report("malformed", f"an anonymous class in {place} made by {', '.join(said) or 'nothing'}")
            return
        name, value = made[0]
        allowed = {
            "owl:intersectionOf": True,
            "owl:unionOf": side == "sub",
            "owl:oneOf": side == "sub",
            "owl:complementOf": side == "super",
        }
        if not allowed[name]:
            self.report("not in RL", f"{name} as {side}class in {place}")
        if name == "owl:complementOf":
            self.class_expression(value, "sub", place)
            return
        items = self.items(value)
        if len(items) < (1 if name == "owl:oneOf" else 2):
            self.report("malformed", f"{name} of {len(items)} in {place}")
        for item in items:
            if name == "owl:oneOf":
                self.individual(item, f"owl:oneOf in {place}")
            else:
                self.class_expression(item, side, place)

    def restriction(self, facts: dict[str, list[Any]], side: str, place: str) -> None:
        made = [(name, value) for name in sorted(_FILLERS) for value in facts.get(name, ())]
        extra = set(facts) - _FILLERS - {"rdf:type", "owl:onProperty", "owl:onClass", "owl:onDataRange"}
        if len(made) != 1 or len(facts["owl:onProperty"]) != 1 or extra:
            self.report("malformed", f"a restriction in {place} has {', '.join(sorted(facts))}")
            return
        name, value = made[0]
        on = facts["owl:onProperty"][0]
        data = self.is_data(on)
        if not data:
            self.object_property(on, f"a restriction in {place}")
            if name == "owl:hasSelf" or name.lower().endswith("cardinality"):
                self.needs_simple.append((on, name))
        allowed = {"owl:someValuesFrom": side == "sub", "owl:hasValue": True, "owl:allValuesFrom": side == "super"}
        if not allowed.get(name, side == "super" and name not in _NOT_RL):
            self.report("not in RL", f"{name} as {side}class in {place}")
        if name == "owl:hasValue":
            self.data_value(value, place) if data else self.individual(value, place)
        elif name in ("owl:someValuesFrom", "owl:allValuesFrom"):
            self.filler(value, data, "sub" if name == "owl:someValuesFrom" else "super", place)
        elif name != "owl:hasSelf":
            self.cardinality(facts, name, value, data, place)

    def filler(self, value: Any, data: bool, side: str, place: str) -> None:
        if data:
            self.datatype(value, place)
        elif side == "super" or _show(value) != "owl:Thing":
            self.class_expression(value, side, place)

    def cardinality(self, facts: dict[str, list[Any]], name: str, value: Any, data: bool, place: str) -> None:
        number = isinstance(value, Literal) and _show(value.datatype) == "xsd:nonNegativeInteger"
        if not number or not well_formed(value):
            self.report("malformed", f"{name} {_show(value)} in {place}")
        elif name not in _NOT_RL and int(value.value) > 1:
            self.report("not in RL", f"{name} {value.value} in {place}")
        fillers = facts.get("owl:onDataRange" if data else "owl:onClass", [])
        if len(fillers) != ("ualified" in name):
            self.report("malformed", f"{name} with {len(fillers)} classes in {place}")
        for filler in fillers:
            self.filler(filler, data, "sub", place)

    # --- the whole ---------------------------------------------------------------------------------------------------

    def named(self, term: Any) -> Any:
        """The property itself, of an inverse too: the conditions on both are the same."""
        inverse = self.facts.get(term, {}).get("owl:inverseOf", []) if isinstance(term, BlankNode) else []
        return inverse[0] if inverse else term

    def hierarchy(self) -> dict[Any, set[Any]]:
        """Property to the properties above it, itself included (section 11.1)."""
        above: dict[Any, set[Any]] = {}
        for triple in self.triples:
            name = _show(triple.predicate)
            if name in ("rdfs:subPropertyOf", "owl:equivalentProperty", "owl:inverseOf"):
                below, over = self.named(triple.subject), self.named(triple.object)
                above.setdefault(below, set()).add(over)
                if name != "rdfs:subPropertyOf":
                    above.setdefault(over, set()).add(below)
        return _closed(above)

    def global_restrictions(self) -> None:
        above = self.hierarchy()
        made = [subject for subject, facts in self.facts.items() if _is_a("owl:TransitiveProperty", facts)]
        made += [subject for subject, _ in self.chains]
        composite = {over for term in made for over in {self.named(term)} | above.get(self.named(term), set())}
        for term, name in self.needs_simple:
            if self.named(term) in composite:
                self.report("not simple", f"{_show(self.named(term))} in {name}")
        self.regular(above)

    def regular(self, above: dict[Any, set[Any]]) -> None:
        """Whether the properties can be put in an order that makes every chain regular (section 11.2)."""
        less: dict[Any, set[Any]] = {}
        for target, items in self.chains:
            if items == [target, target]:
                continue
            rest = items[1:] if items[:1] == [target] else items[:-1] if items[-1:] == [target] else items
            for item in rest:
                less.setdefault(self.named(item), set()).add(self.named(target))
        for small, greater in _closed(less).items():
            for great in greater:
                if small == great or small in above.get(great, set()):
                    self.report("irregular chain", f"{_show(great)} depends on itself through {_show(small)}")


def _is_a(name: str, facts: dict[str, list[Any]]) -> bool:
    return name in map(_show, facts.get("rdf:type", ()))


def _closed(relation: dict[Any, set[Any]]) -> dict[Any, set[Any]]:
    closed = {}
    for start in relation:
        todo, reached = list(relation[start]), set()
        while todo:
            term = todo.pop()
            if term not in reached:
                reached.add(term)
                todo += relation.get(term, ())
        closed[start] = reached
    return closed


_AXIOMS: dict[str, Callable[[_Checker, Any, str, Any], None]] = {
    "rdfs:subClassOf": _Checker.sub_class,
    "owl:equivalentClass": _Checker.equivalent_class,
    "owl:disjointWith": _Checker.disjoint_class,
    "rdfs:subPropertyOf": _Checker.property_pair,
    "owl:equivalentProperty": _Checker.property_pair,
    "owl:propertyDisjointWith": _Checker.property_pair,
    "owl:inverseOf": _Checker.inverse,
    "rdfs:domain": _Checker.domain_or_range,
    "rdfs:range": _Checker.domain_or_range,
    "owl:propertyChainAxiom": _Checker.chain,
    "owl:hasKey": _Checker.key,
    "owl:sameAs": _Checker.same,
    "owl:differentFrom": _Checker.same,
}
