"""The OWL 2 RL rules, as data, and the evaluator that runs them and keeps the proof of every statement.

The rules are those of OWL 2 Profiles, section 4.3, tables 4 to 9, under their names there, without what says nothing:
``eq-ref``, ``prp-ap``, ``cls-thing``, ``cls-nothing1``, ``scm-cls``, ``scm-op``, ``scm-dp`` and ``dt-type1``. Where
something does follow from one of these, the rule that draws it has a line of its own: two things that differ though
they are one, a list of different things that names one twice, restrictions with the same class and property.
Of the rules on literals, ``dt-type2`` serves the axioms that ask for the members of a datatype; a conclusion that
makes two literals the same whose values differ (``dt-diff``), or puts one in a datatype that does not hold it
(``dt-not-type``), is a contradiction under the rule that drew it; ``dt-eq`` is left out: a value written in two ways
is two terms here. What is not sure of a value counts as unknown, and nothing is drawn from it.
A conclusion with a literal as its subject cannot be written in RDF. It is drawn where more can follow, and shown
neither among the conclusions nor in a proof, where what it was drawn from takes its place.
No conclusion is drawn that relates a thing to itself by one of the reflexive properties, or makes something a member
or a subclass of ``owl:Thing``; nor what follows from such a conclusion alone: where ``owl:Thing`` is given a
superclass or a key, is a part of an intersection or a union, or is disjoint with a class or its complement. The
profile allows it in none of these places; as the class of a restriction, where it does, rules of their own serve it.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter, deque
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

from pyoxigraph import Literal, NamedNode, Quad, Triple

from .. import errors
from ..names import PREFIXES, iri
from ..store.proofs import Derivation

Pattern = tuple[str, str, str]
"""A triple of names: ``?x`` is a variable, ``owl:Thing`` a CURIE, ``"1"`` a non-negative integer."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what must hold, and what then holds too.

    Attributes:
        name: As in OWL 2 Profiles; a rule may stand in several lines of one name.
        premises: Patterns. ``list:member`` joins a list to each of its members, ``list:again`` to those that stand
            in it more than once.
        conclusions: What follows; where it is empty, the graph contradicts itself.
        each: For a rule over all members of the list ``?list``: patterns repeated for every ``?member`` after the
            premises, where ``?here`` and ``?there`` are variables of their own for each member, ``?there`` being the
            ``?here`` of the next. The conclusions can name the ends: ``?first`` and ``?last``.
        after: Patterns that follow those.
        differ: Two variables that must not stand for the same term. The rule says the same with the two exchanged.
        axioms: How many of the premises are axioms: few, and matched first. What stands behind them is about data,
            and its predicates are known once the axioms are.
    """

    name: str
    premises: tuple[Pattern, ...]
    conclusions: tuple[Pattern, ...]
    each: tuple[Pattern, ...] = ()
    after: tuple[Pattern, ...] = ()
    differ: tuple[str, str] | None = None
    axioms: int = 0


# One rule a line: name: axiom . axiom | premise . premise -> conclusion . conclusion
_TABLE = """
eq-sym: ?x owl:sameAs ?y -> ?y owl:sameAs ?x
eq-trans: ?x owl:sameAs ?y . ?y owl:sameAs ?z -> ?x owl:sameAs ?z
eq-rep-s: ?s owl:sameAs ?s2 | ?s ?p ?o -> ?s2 ?p ?o
eq-rep-p: ?p owl:sameAs ?p2 | ?s ?p ?o -> ?s ?p2 ?o
eq-rep-o: ?o owl:sameAs ?o2 | ?s ?p ?o -> ?s ?p ?o2
eq-diff1: ?x owl:differentFrom ?y . ?x owl:sameAs ?y -> false
eq-diff1: ?x owl:differentFrom ?x -> false
eq-diff2: ?x rdf:type owl:AllDifferent . ?x owl:members ?l . ?l list:member ?y . ?y owl:sameAs ?z . ?l list:member ?z . ?y != ?z | -> false
eq-diff2: ?x rdf:type owl:AllDifferent . ?x owl:members ?l . ?l list:again ?y | -> false
eq-diff3: ?x rdf:type owl:AllDifferent . ?x owl:distinctMembers ?l . ?l list:member ?y . ?y owl:sameAs ?z . ?l list:member ?z . ?y != ?z | -> false
eq-diff3: ?x rdf:type owl:AllDifferent . ?x owl:distinctMembers ?l . ?l list:again ?y | -> false
prp-dom: ?p rdfs:domain ?c | ?x ?p ?y -> ?x rdf:type ?c
prp-rng: ?p rdfs:range ?c | ?x ?p ?y -> ?y rdf:type ?c
prp-fp: ?p rdf:type owl:FunctionalProperty | ?x ?p ?y . ?x ?p ?z . ?y != ?z -> ?y owl:sameAs ?z
prp-ifp: ?p rdf:type owl:InverseFunctionalProperty | ?x ?p ?z . ?y ?p ?z . ?x != ?y -> ?x owl:sameAs ?y
prp-irp: ?p rdf:type owl:IrreflexiveProperty | ?x ?p ?x -> false
prp-symp: ?p rdf:type owl:SymmetricProperty | ?x ?p ?y -> ?y ?p ?x
prp-asyp: ?p rdf:type owl:AsymmetricProperty | ?x ?p ?y . ?y ?p ?x -> false
prp-trp: ?p rdf:type owl:TransitiveProperty | ?x ?p ?y . ?y ?p ?z -> ?x ?p ?z
prp-spo1: ?p rdfs:subPropertyOf ?q | ?x ?p ?y -> ?x ?q ?y
prp-spo2: ?p owl:propertyChainAxiom ?list | each ?here ?member ?there -> ?first ?p ?last
prp-eqp1: ?p owl:equivalentProperty ?q | ?x ?p ?y -> ?x ?q ?y
prp-eqp2: ?p owl:equivalentProperty ?q | ?x ?q ?y -> ?x ?p ?y
prp-pdw: ?p owl:propertyDisjointWith ?q | ?x ?p ?y . ?x ?q ?y -> false
prp-adp: ?a rdf:type owl:AllDisjointProperties . ?a owl:members ?l . ?l list:member ?p . ?l list:member ?q | ?x ?p ?y . ?x ?q ?y . ?p != ?q -> false
prp-adp: ?a rdf:type owl:AllDisjointProperties . ?a owl:members ?l . ?l list:again ?p | ?x ?p ?y -> false
prp-inv1: ?p owl:inverseOf ?q | ?x ?p ?y -> ?y ?q ?x
prp-inv2: ?p owl:inverseOf ?q | ?x ?q ?y -> ?y ?p ?x
prp-key: ?c owl:hasKey ?list | ?x rdf:type ?c . each ?x ?member ?here . each ?y ?member ?here . ?y rdf:type ?c . ?x != ?y -> ?x owl:sameAs ?y
prp-npa1: ?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . ?n owl:targetIndividual ?y | ?x ?p ?y -> false
prp-npa2: ?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . ?n owl:targetValue ?y | ?x ?p ?y -> false
cls-nothing2: ?x rdf:type owl:Nothing -> false
cls-int1: ?c owl:intersectionOf ?list | each ?x rdf:type ?member -> ?x rdf:type ?c
cls-int2: ?c owl:intersectionOf ?l . ?l list:member ?d | ?x rdf:type ?c -> ?x rdf:type ?d
cls-uni: ?c owl:unionOf ?l . ?l list:member ?d | ?x rdf:type ?d -> ?x rdf:type ?c
cls-com: ?c owl:complementOf ?d | ?x rdf:type ?c . ?x rdf:type ?d -> false
cls-svf1: ?c owl:someValuesFrom ?d . ?c owl:onProperty ?p | ?x ?p ?y . ?y rdf:type ?d -> ?x rdf:type ?c
cls-svf2: ?c owl:someValuesFrom owl:Thing . ?c owl:onProperty ?p | ?x ?p ?y -> ?x rdf:type ?c
cls-avf: ?c owl:allValuesFrom ?d . ?c owl:onProperty ?p | ?x rdf:type ?c . ?x ?p ?y -> ?y rdf:type ?d
cls-hv1: ?c owl:hasValue ?y . ?c owl:onProperty ?p | ?x rdf:type ?c -> ?x ?p ?y
cls-hv2: ?c owl:hasValue ?y . ?c owl:onProperty ?p | ?x ?p ?y -> ?x rdf:type ?c
cls-maxc1: ?c owl:maxCardinality "0" . ?c owl:onProperty ?p | ?x rdf:type ?c . ?x ?p ?y -> false
cls-maxc2: ?c owl:maxCardinality "1" . ?c owl:onProperty ?p | ?x rdf:type ?c . ?x ?p ?y . ?x ?p ?z . ?y != ?z -> ?y owl:sameAs ?z
cls-maxqc1: ?c owl:maxQualifiedCardinality "0" . ?c owl:onProperty ?p . ?c owl:onClass ?d | ?x rdf:type ?c . ?x ?p ?y . ?y rdf:type ?d -> false
cls-maxqc2: ?c owl:maxQualifiedCardinality "0" . ?c owl:onProperty ?p . ?c owl:onClass owl:Thing | ?x rdf:type ?c . ?x ?p ?y -> false
cls-maxqc3: ?c owl:maxQualifiedCardinality "1" . ?c owl:onProperty ?p . ?c owl:onClass ?d | ?x rdf:type ?c . ?x ?p ?y . ?y rdf:type ?d . ?x ?p ?z . ?z rdf:type ?d . ?y != ?z -> ?y owl:sameAs ?z
cls-maxqc4: ?c owl:maxQualifiedCardinality "1" . ?c owl:onProperty ?p . ?c owl:onClass owl:Thing | ?x rdf:type ?c . ?x ?p ?y . ?x ?p ?z . ?y != ?z -> ?y owl:sameAs ?z
cls-oo: ?c owl:oneOf ?l . ?l list:member ?x | -> ?x rdf:type ?c
cax-sco: ?c rdfs:subClassOf ?d | ?x rdf:type ?c -> ?x rdf:type ?d
cax-eqc1: ?c owl:equivalentClass ?d | ?x rdf:type ?c -> ?x rdf:type ?d
cax-eqc2: ?c owl:equivalentClass ?d | ?x rdf:type ?d -> ?x rdf:type ?c
cax-dw: ?c owl:disjointWith ?d | ?x rdf:type ?c . ?x rdf:type ?d -> false
cax-adc: ?a rdf:type owl:AllDisjointClasses . ?a owl:members ?l . ?l list:member ?c | ?x rdf:type ?c . ?x rdf:type ?d . ?l list:member ?d . ?c != ?d -> false
cax-adc: ?a rdf:type owl:AllDisjointClasses . ?a owl:members ?l . ?l list:again ?c | ?x rdf:type ?c -> false
scm-sco: ?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?e -> ?c rdfs:subClassOf ?e
scm-eqc1: ?c owl:equivalentClass ?d -> ?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?c
scm-eqc2: ?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?c -> ?c owl:equivalentClass ?d
scm-spo: ?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?r -> ?p rdfs:subPropertyOf ?r
scm-eqp1: ?p owl:equivalentProperty ?q -> ?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?p
scm-eqp2: ?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?p -> ?p owl:equivalentProperty ?q
scm-dom1: ?p rdfs:domain ?c . ?c rdfs:subClassOf ?d -> ?p rdfs:domain ?d
scm-dom2: ?q rdfs:domain ?c . ?p rdfs:subPropertyOf ?q -> ?p rdfs:domain ?c
scm-rng1: ?p rdfs:range ?c . ?c rdfs:subClassOf ?d -> ?p rdfs:range ?d
scm-rng2: ?q rdfs:range ?c . ?p rdfs:subPropertyOf ?q -> ?p rdfs:range ?c
scm-hv: ?c owl:hasValue ?i . ?c owl:onProperty ?p . ?p rdfs:subPropertyOf ?q . ?d owl:onProperty ?q . ?d owl:hasValue ?i -> ?c rdfs:subClassOf ?d
scm-hv: ?c owl:hasValue ?i . ?c owl:onProperty ?p . ?d owl:hasValue ?i . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-svf1: ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?y rdfs:subClassOf ?z . ?d owl:someValuesFrom ?z . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-svf1: ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:someValuesFrom ?y . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-svf1: ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:someValuesFrom owl:Thing . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-svf2: ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?p rdfs:subPropertyOf ?q . ?d owl:onProperty ?q . ?d owl:someValuesFrom ?y -> ?c rdfs:subClassOf ?d
scm-avf1: ?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?y rdfs:subClassOf ?z . ?d owl:allValuesFrom ?z . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-avf1: ?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:allValuesFrom ?y . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-avf2: ?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?p rdfs:subPropertyOf ?q . ?d owl:onProperty ?q . ?d owl:allValuesFrom ?y -> ?d rdfs:subClassOf ?c
scm-int: ?c owl:intersectionOf ?l . ?l list:member ?d | -> ?c rdfs:subClassOf ?d
scm-uni: ?c owl:unionOf ?l . ?l list:member ?d | -> ?d rdfs:subClassOf ?c
"""  # noqa: E501


def _read(line: str) -> Rule:
    name, _, text = line.partition(": ")
    body, _, head = text.partition(" -> ")
    axioms, bar, data = body.partition(" |") if "|" in body else ("", "", body)
    premises: list[Pattern] = []
    each: list[Pattern] = []
    after: list[Pattern] = []
    differ: tuple[str, str] | None = None
    for part in f"{axioms} . {data}".split(" . "):
        words = part.split()
        if not words:
            continue
        if words[0] == "each":
            each.append((words[1], words[2], words[3]))
        elif words[1] == "!=":
            differ = (words[0], words[2])
        else:
            (after if each else premises).append((words[0], words[1], words[2]))
    heads = [] if head == "false" else [part.split() for part in head.split(" . ")]
    conclusions = tuple((subject, predicate, value) for subject, predicate, value in heads)
    fixed = sum(1 for part in axioms.split(" . ") if bar and "!=" not in part)
    return Rule(name, tuple(premises), conclusions, tuple(each), tuple(after), differ, fixed)


RULES: tuple[Rule, ...] = tuple(_read(line) for line in _TABLE.strip().splitlines())
"""Every rule the evaluator knows, in the order of the tables."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Statements that cannot all be true; the attributes are those of `proofs.Derivation`."""

    rule: str
    premises: tuple[Triple, ...]


@dataclass
class Closure:
    """What follows from a graph.

    Attributes:
        derived: The statements that were not asserted, in the order in which they were found, each with the first
            derivation found; so every premise is asserted or stands earlier, and no proof is circular.
        contradictions: What cannot be true; empty for a consistent graph.
    """

    derived: Mapping[Triple, Derivation] = field(default_factory=dict)
    contradictions: list[Contradiction] = field(default_factory=list)

    def grounds(self, premises: Iterable[Triple]) -> Iterator[Triple]:
        """The asserted statements that premises rest on, each once, in the order of the proof."""
        return _grounds(premises, lambda triple: drawn.premises if (drawn := self.derived.get(triple)) else None)


_S = TypeVar("_S")


def _grounds(premises: Iterable[_S], proof: Callable[[_S], Sequence[_S] | None]) -> Iterator[_S]:
    met: set[_S] = set()
    todo = list(premises)[::-1]
    while todo:
        statement = todo.pop()
        if statement in met:
            continue
        met.add(statement)
        further = proof(statement)
        if further is None:
            yield statement
        else:
            todo += further[::-1]


Statement: TypeAlias = tuple[str, str, str]
"""Subject, predicate and value in N-Triples form: ``<http://…>``, ``_:b1``, ``"text"@en``."""


@dataclass
class TermClosure:
    """As `Closure`, for a graph given as text.

    Attributes:
        derived: Each statement with the name of the rule and the premises.
        contradictions: Rule and premises of each.
    """

    derived: Mapping[Statement, tuple[str, tuple[Statement, ...]]]
    contradictions: list[tuple[str, tuple[Statement, ...]]]

    def grounds(self, premises: Iterable[Statement]) -> Iterator[Statement]:
        """As `Closure.grounds`."""
        return _grounds(premises, lambda statement: drawn[1] if (drawn := self.derived.get(statement)) else None)


def close(triples: Iterable[Triple | Quad]) -> Closure:
    """Draw every conclusion of `RULES` from the triples (of quads, the graph name is ignored).

    The result depends on the triples and their order alone. Lists are read as asserted, also where it is only derived
    that an axiom points to one; one that is malformed (branching, cyclic, without end) gives no conclusions. Never
    raises for a contradiction: the caller decides.
    """
    given = _Given(((triple.subject, triple.predicate, triple.object) for triple in triples), _term)
    derived = _Derived(_Engine(given), Triple, Derivation)
    return Closure(derived, [Contradiction(*found) for found in derived.contradictions()])


def close_terms(statements: Iterable[Statement]) -> TermClosure:
    """As `close`, for graphs of millions of statements: terms are texts and proofs are decoded as they are read.

    Args:
        statements: Read once, one after the other. A term must be written in one way only, as pyoxigraph writes it.
    """
    derived = _Derived(_Engine(_Given(statements, _text)), _statement, _pair)
    return TermClosure(derived, list(derived.contradictions()))


def _statement(subject: str, predicate: str, value: str) -> Statement:
    return subject, predicate, value


def _pair(rule: str, premises: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    return rule, premises


def _text(name: str) -> str:
    """A constant of a rule in N-Triples form; what belongs to lists is no term, so that no graph can have it."""
    if name.startswith('"'):
        return f"{name}^^<{iri('xsd:nonNegativeInteger')}>"
    return name if name in (_MEMBER, _AGAIN) else f"<{iri(name)}>"


def _term(name: str) -> Any:
    """A constant of a rule as a term, or the text of one that is none."""
    if name.startswith('"'):
        return Literal(name.strip('"'), datatype=NamedNode(iri("xsd:nonNegativeInteger")))
    return name if name in (_MEMBER, _AGAIN) else NamedNode(iri(name))


_MEMBER, _AGAIN = "list:member", "list:again"
_LIST_PROPERTIES = (
    "owl:propertyChainAxiom", "owl:intersectionOf", "owl:unionOf", "owl:oneOf", "owl:hasKey", "owl:members",
    "owl:distinctMembers",
)  # fmt: skip

_EXCLUDING = ("owl:disjointWith", "owl:complementOf")
_ASKING = (*_EXCLUDING, "owl:someValuesFrom", "owl:onClass")


@dataclass(frozen=True, slots=True)
class _Clause:
    """A rule with at most one conclusion and without ``each``; ``#7`` is the term with the code 7."""

    name: str
    axioms: tuple[Pattern, ...]
    data: tuple[Pattern, ...]
    conclusion: Pattern | None
    differ: tuple[str, str] | None

    def constants(self) -> Iterator[str]:
        """The words that are no variables."""
        patterns = (*self.axioms, *self.data, *([self.conclusion] if self.conclusion else ()))
        return (word for pattern in patterns for word in pattern if not word.startswith("?"))


def _clauses(rule: Rule, lists: Mapping[int, list[int]]) -> Iterator[_Clause]:
    """One for each conclusion and, for a rule over the members of a list, for every list there is."""
    axioms, data = rule.premises[: rule.axioms], rule.premises[rule.axioms :]
    for conclusion in rule.conclusions or (None,):
        if not rule.each:
            yield _Clause(rule.name, axioms, data, conclusion, rule.differ)
            continue
        for head, items in lists.items():
            ends = {"?list": f"#{head}", "?first": "?at0", "?last": f"?at{len(items)}"}
            repeated = tuple(_renamed(pattern, names) for names in _members(items) for pattern in rule.each)
            fixed = tuple(_renamed(pattern, ends) for pattern in axioms)
            last = _renamed(conclusion, ends) if conclusion else None
            yield _Clause(rule.name, fixed, (*data, *repeated, *rule.after), last, rule.differ)


def _members(items: list[int]) -> Iterator[dict[str, str]]:
    for place, item in enumerate(items):
        yield {"?member": f"#{item}", "?here": f"?at{place}", "?there": f"?at{place + 1}"}


def _renamed(pattern: Pattern, names: Mapping[str, str]) -> Pattern:
    subject, predicate, value = (names.get(word, word) for word in pattern)
    return subject, predicate, value


# Inside the evaluator a term is a small integer, its code, and a statement the number under which it was taken up.
# A match is one such number or, where a rule has several data premises, a tuple of them, the one met last in front.
_Match: TypeAlias = Any
_Getter: TypeAlias = Callable[[_Match], int]
_Hear: TypeAlias = Callable[[Sequence[int]], None]
_Bound: TypeAlias = Mapping[str, int]
_Draw: TypeAlias = Callable[[Sequence[_Match]], None]
_LookUp: TypeAlias = Callable[[_Match], Sequence[int]]
_Same: TypeAlias = Callable[[_Match], int] | None
_Step: TypeAlias = tuple[_LookUp, _Same]
_Plan: TypeAlias = tuple[_Step, list[_Step], _Draw]

_SHIFT = 32  # a statement of a known predicate is one integer: the code of its subject, shifted, and of its value
_MASK = (1 << _SHIFT) - 1
_SUBJECT, _VALUE = 0, 1
_CHUNK = 4000  # how many rows are met at once; more would need more memory for their matches


class _Relation:
    """The statements with one predicate, and what waits for them."""

    __slots__ = ("always", "code", "done", "heard", "known", "met", "queued", "rows", "waiting")

    def __init__(self, code: int) -> None:
        self.code = code
        self.rows: list[int] = []
        self.done = 0  # how many of the rows were met
        self.heard = False  # whether anyone wants to meet them
        self.queued = False
        self.known: dict[int, int] | None = None  # all rows, by subject and value
        self.met: list[dict[int, list[int]] | None] = [None, None]  # the rows met, by subject and by value
        self.always: list[_Hear] = []
        self.waiting: tuple[dict[int, list[_Hear]], dict[int, list[_Hear]]] = ({}, {})  # for a subject, for a value

    def close(self) -> None:
        """Let go of what is only needed while more may come."""
        self.met = [None, None]
        self.always.clear()
        self.waiting = {}, {}


class _Given:
    """The statements in columns, a row for each, and by predicate; the derived ones are added to them later."""

    def __init__(self, statements: Iterable[tuple[Any, Any, Any]], constant: Callable[[str], Any]) -> None:
        self._constant = constant
        self.codes: dict[Any, int] = {}
        self.subjects: list[int] = []
        self.predicates: list[int] = []
        self.values: list[int] = []
        self.relations: dict[int, _Relation] = {}
        self._firsts: dict[int, dict[int, None]] = {}
        self._rests: dict[int, dict[int, None]] = {}
        self._load(statements)
        self.lists = self._lists()
        self.asked = self._asked()
        self._spell_out()
        self.count = len(self.subjects)

    def _load(self, statements: Iterable[tuple[Any, Any, Any]]) -> None:
        codes, relations = self.codes, self.relations
        subjects, predicates, values = self.subjects, self.predicates, self.values
        for row, (subject, predicate, value) in enumerate(statements):
            # Written out and not by a method: this runs for every term of every statement.
            subjects.append(codes.setdefault(subject, len(codes)))
            predicates.append(code := codes.setdefault(predicate, len(codes)))
            values.append(codes.setdefault(value, len(codes)))
            if code not in relations:
                relations[code] = _Relation(code)
            relations[code].rows.append(row)

    def code(self, name: str) -> int:
        """The code of a word of a rule that is no variable."""
        return int(name[1:]) if name.startswith("#") else self.codes.setdefault(self._constant(name), len(self.codes))

    def relation(self, code: int) -> _Relation:
        """The statements with this predicate."""
        if code not in self.relations:
            self.relations[code] = _Relation(code)
        return self.relations[code]

    def known(self, relation: _Relation) -> dict[int, int]:
        """The rows of a relation by subject and value; of equal ones the first."""
        if relation.known is None:
            subjects, values = self.subjects, self.values
            relation.known = {subjects[row] << _SHIFT | values[row]: row for row in reversed(relation.rows)}
        return relation.known

    def _pairs(self, name: str) -> Iterator[tuple[int, int]]:
        for row in self.relation(self.code(name)).rows:
            yield self.subjects[row], self.values[row]

    def _lists(self) -> dict[int, list[int]]:
        """The well-formed lists that axioms point to: head to members, empty ones left out."""
        for found, name in ((self._firsts, "rdf:first"), (self._rests, "rdf:rest")):
            for cell, value in self._pairs(name):
                found.setdefault(cell, {})[value] = None
        heads = dict.fromkeys(value for name in _LIST_PROPERTIES for _, value in self._pairs(name))
        return {head: items for head in heads if (items := self.members(head))}

    def members(self, head: int) -> list[int]:
        """Those of a list as asserted; none of one that is empty or malformed."""
        items: list[int] = []
        cells: dict[int, None] = {}
        cell = head
        while cell not in cells and len(self._firsts.get(cell, ())) == 1 and len(self._rests.get(cell, ())) == 1:
            cells[cell] = None
            items += self._firsts[cell]
            (cell,) = self._rests[cell]
        return items if cell == self.code("rdf:nil") else []

    def _spell_out(self) -> None:
        """Add what is not written as statements: the members of lists, the types of literals."""
        for head, items in self.lists.items():
            for name, item in _spelt(items):
                self._add(head, name, item)
        for literal, datatype in self._typed():
            self._add(literal, "rdf:type", datatype)

    def _add(self, subject: int, name: str, value: int) -> None:
        relation = self.relation(self.code(name))
        relation.rows.append(len(self.subjects))
        self.subjects.append(subject)
        self.predicates.append(relation.code)
        self.values.append(value)

    def _asked(self) -> set[int]:
        """The classes of which something follows for what is in them, though it be a literal, by the axioms asserted.

        They are found backwards: most graphs say only in which datatypes their literals are, and from that, nothing.
        """
        inside: dict[int, list[int]] = {}
        for narrow, wide in (*self._pairs("rdfs:subClassOf"), *self._pairs("owl:equivalentClass")):
            inside.setdefault(wide, []).append(narrow)
        for one, other in self._pairs("owl:equivalentClass"):
            inside.setdefault(one, []).append(other)
        for whole, head in (*self._pairs("owl:unionOf"), *self._pairs("owl:intersectionOf")):
            inside.setdefault(whole, []).extend(self.lists.get(head, ()))
        todo = [self.code("owl:Nothing"), *(value for name in _ASKING for _, value in self._pairs(name))]
        todo += (one for name in _EXCLUDING for one, _ in self._pairs(name))
        todo += (item for _, head in self._pairs("owl:members") for item in self.lists.get(head, ()))
        found: set[int] = set()
        while todo:
            code = todo.pop()
            if code not in found:
                found.add(code)
                todo += inside.get(code, ())
        return found

    def _typed(self) -> list[tuple[int, int]]:
        """Each literal with the datatypes that surely hold it, of those that axioms ask for (``dt-type2``)."""
        wanted = {code: name for name in _SPACES if (code := self.code(name)) in self.asked}
        if not wanted:
            return []
        literals = [(code, text) for term, code in self.codes.items() if (text := str(term)).startswith('"')]
        return [(code, kind) for code, text in literals for kind, name in wanted.items() if _holds(text, name)]


def _spelt(items: Sequence[int]) -> Iterator[tuple[str, int]]:
    """What a list says of its members."""
    for item, times in Counter(items).items():
        yield _MEMBER, item
        if times > 1:
            yield _AGAIN, item


_REFLEXIVE = (
    "owl:sameAs", "rdfs:subClassOf", "rdfs:subPropertyOf", "owl:equivalentClass", "owl:equivalentProperty",
)  # fmt: skip
_OF_THING = ("rdf:type", "rdfs:subClassOf", "rdfs:domain", "rdfs:range")


class _Engine:
    """Semi-naive evaluation: a statement, once met, starts a match at each premise that it fits.

    The axioms of a rule are matched one after the other, each match waiting for the next axiom. A match of all of them
    leaves a rule whose predicates are known, and each premise of that waits at the relation of its predicate. The
    statement that fits looks up the other premises among the statements met before, so that a set of premises is found
    when the last of them is met. No partial match of data is kept: only the statements, by what they are looked up
    by, and a few numbers for each proof. A relation that no rule waits for is not met at all.
    """

    def __init__(self, given: _Given) -> None:
        self.given = given
        self._subjects, self._predicates, self._values = given.subjects, given.predicates, given.values
        self._columns = given.subjects, given.values
        self._everything = _Relation(-1)  # for a premise whose predicate may be any
        self._early: deque[_Relation] = deque()
        self._late: deque[_Relation] = deque()
        self._fresh: list[tuple[_Clause, _Bound, tuple[int, ...]]] = []
        self._said: set[tuple[int | str, ...]] = set()  # the rules about data that wait, in words and codes
        self._sources: list[tuple[str, tuple[int, ...], list[int]]] = []  # rule, axioms, place of each data premise
        self._proofs = array("i")  # of each derived statement: its source, then its match
        self._begins = array("q")  # where in it
        self._unsaid: list[int] = []  # those of which the subject is a literal
        self.contradictions: dict[tuple[str, frozenset[tuple[int, int, int]]], tuple[int, ...]] = {}
        self._reflexive = frozenset(given.code(name) for name in _REFLEXIVE)
        self._of_thing = frozenset(given.code(name) for name in _OF_THING)
        self._static = frozenset(given.code(name) for name in (_MEMBER, _AGAIN))
        self._thing, self._same_as, self._type = map(given.code, ("owl:Thing", "owl:sameAs", "rdf:type"))
        starts = [self._start(clause) for rule in RULES for clause in _clauses(rule, given.lists)]
        self._axioms = {bound[predicate] for clause, bound, _ in starts for _, predicate, _ in clause.axioms}
        self._axioms.discard(self._type)
        self.terms = list(given.codes)  # no rule makes a new term
        self.kinds = bytes(map(_kind, self.terms))
        self._run(starts)

    def _start(self, clause: _Clause) -> tuple[_Clause, _Bound, tuple[int, ...]]:
        return clause, {word: self.given.code(word) for word in clause.constants()}, ()

    def _learn(self, rows: Sequence[int]) -> None:
        """Read the lists of axioms that were derived: the members are taken up as conclusions that need no premise."""
        for head in dict.fromkeys(self._values[row] for row in rows):
            items = () if head in self.given.lists else self.given.members(head)
            if not items:
                continue
            self.given.lists[head] = items
            self._sources.append(("", (), []))
            for name, item in _spelt(items):
                relation = self.given.relation(self.given.code(name))
                known = self.given.known(relation)
                self._conclude(relation, known, head << _SHIFT | item, len(self._sources) - 1, ())
            clauses = (clause for rule in RULES if rule.each for clause in _clauses(rule, {head: items}))
            self._fresh.extend(map(self._start, clauses))

    def _run(self, starts: Sequence[tuple[_Clause, _Bound, tuple[int, ...]]]) -> None:
        """Meet every statement that a rule waits for, and every conclusion, until nothing is new."""
        self._fresh.extend(reversed(starts))
        self._settle()
        for name in _LIST_PROPERTIES:
            relation = self.given.relation(self.given.code(name))
            relation.always.append(self._learn)
            self._attend(relation)
        while self._early or self._late:  # axioms first, so that data is met when its rules are there
            self._meet((self._early or self._late).popleft())
        for relation in (*self.given.relations.values(), self._everything):
            relation.close()
        self._said.clear()

    def _meet(self, relation: _Relation) -> None:
        """Let what waits at a relation hear of its new rows, of which there may come more meanwhile."""
        while relation.done < len(relation.rows):
            rows = relation.rows[relation.done : relation.done + _CHUNK]
            relation.done += len(rows)
            for index, column in zip(relation.met, self._columns, strict=True):
                if index is not None:
                    _filed(index, column, rows)
            for hear in relation.always:
                hear(rows)
            for waiting, column in zip(relation.waiting, self._columns, strict=True):
                if waiting:
                    for code, fitting in _filed({}, column, rows).items():
                        for hear in waiting.get(code, ()):
                            hear(fitting)
            self._settle()
        relation.queued = False

    def _settle(self) -> None:
        """Take the new matches of axioms one premise on. A stack, and not while hearers are told: it adds hearers."""
        while self._fresh:
            clause, bound, axioms = self._fresh.pop()
            if len(axioms) < len(clause.axioms):
                self._await(clause, bound, axioms)
            else:
                self._watch(clause, bound, axioms)

    def _await(self, clause: _Clause, bound: _Bound, axioms: tuple[int, ...]) -> None:
        """Wait for the next axiom of a rule."""
        pattern = clause.axioms[len(axioms)]

        def hear(rows: Sequence[int]) -> None:
            for row in rows:
                match = dict(bound)
                pairs = zip(pattern, self.triple(row), strict=True)
                if all(match.setdefault(word, term) == term for word, term in pairs):
                    self._fresh.append((clause, match, (*axioms, row)))

        self._listen(self._relation(pattern, bound), pattern, bound, hear)

    def _watch(self, clause: _Clause, bound: _Bound, axioms: tuple[int, ...]) -> None:
        """Let each data premise of a rule whose axioms are matched wait for what fits it."""
        if clause.differ and bound.get(clause.differ[0], -1) == bound.get(clause.differ[1], -2):
            return
        if not clause.data:
            self._drawing(clause, bound, axioms, [], {})([()])
        # Several axioms may say one thing: what is equivalent is a subclass, too.
        patterns = (*clause.data, clause.conclusion or (clause.name,), clause.differ or ())
        said = tuple(bound.get(word, word) for pattern in patterns for word in pattern)
        if said in self._said:
            return
        self._said.add(said)
        for place, pattern in enumerate(clause.data):
            relation = self._relation(pattern, bound)
            # Lists do not change; and of a rule that says the same with two variables exchanged, half is enough.
            if relation.code in self._static or (clause.differ and clause.differ[1] in pattern):
                continue
            if len(clause.data) == 1:
                hear = self._drawing(clause, bound, axioms, [0], self._of_row(pattern))
            else:
                hear = self._joining(clause, bound, axioms, place)
            self._listen(relation, pattern, bound, self._checked(pattern, bound, hear))

    def _relation(self, pattern: Pattern, bound: _Bound) -> _Relation:
        return self.given.relation(bound[pattern[1]]) if pattern[1] in bound else self._everything

    def _listen(self, relation: _Relation, pattern: Pattern, bound: _Bound, hear: _Hear) -> None:
        """Tell of the rows of a relation that fit a pattern at one of its ends: those met already, and those to come.

        Where the pattern says both ends, the hearer has to look at the value itself.
        """
        told: Sequence[int] = relation.rows[: relation.done]
        waiting = relation.always
        for end, word in ((_SUBJECT, pattern[0]), (_VALUE, pattern[2])):
            if word in bound:
                told = self._met(relation, end).get(bound[word], ()) if relation.done else ()
                waiting = relation.waiting[end].setdefault(bound[word], [])
                break
        waiting.append(hear)
        self._attend(relation)
        if told:
            hear(tuple(told))

    def _attend(self, relation: _Relation) -> None:
        """See to it that the rows of a relation are met."""
        if not relation.heard:
            relation.heard = True
            if relation is self._everything:
                relation.rows = list(range(len(self._subjects)))
            self._queue(relation)

    def _queue(self, relation: _Relation) -> None:
        relation.queued = True
        (self._early if relation.code in self._axioms else self._late).append(relation)

    def _met(self, relation: _Relation, end: int) -> dict[int, list[int]]:
        """The rows of a relation met so far by one of their ends; kept up to date from the first call on."""
        index = relation.met[end]
        if index is None:
            index = relation.met[end] = _filed({}, self._columns[end], relation.rows[: relation.done])
            self._attend(relation)
        return index

    def _of_row(self, pattern: Pattern) -> dict[str, _Getter]:
        """How to get the variables of a pattern from the row that fits it."""
        columns = self._subjects, self._predicates, self._values
        return {word: column.__getitem__ for word, column in zip(pattern, columns, strict=True)}

    def _of_match(self, pattern: Pattern, place: int) -> dict[str, _Getter]:
        """The same from a match in which that row has a place."""
        columns = self._subjects, self._predicates, self._values
        return {word: _cell(column, place) for word, column in zip(pattern, columns, strict=True)}

    def _checked(self, pattern: Pattern, bound: _Bound, hear: _Hear) -> _Hear:
        """A hearer that hears only of what fits at both ends, where being told by one is not enough."""
        subjects, values = self._columns
        if pattern[0] in bound and pattern[2] in bound:
            value = bound[pattern[2]]
            return lambda rows: hear([row for row in rows if values[row] == value])
        if pattern[0] == pattern[2]:
            return lambda rows: hear([row for row in rows if subjects[row] == values[row]])
        return hear

    def _joining(self, clause: _Clause, bound: _Bound, axioms: tuple[int, ...], place: int) -> _Hear:
        """A hearer for one of several data premises: it looks up the others. How, is decided when it first hears."""
        plan: _Plan | None = None
        key, known = self._known_before(clause, bound, place)

        def hear(rows: Sequence[int]) -> None:
            nonlocal plan
            if key is not None:
                rows = [row for row in rows if key(row) not in known]
            if rows and plan is None:
                plan = self._plan(clause, bound, axioms, place)
            if rows and plan is not None:
                (first, same), steps, draw = plan
                matches: list[_Match] = [(row, other) for row in rows for other in first(row)]
                matches = _distinct(matches, same) if same else matches
                for look_up, same in steps:
                    longer = ((*match, other) for match in matches for other in look_up(match))
                    matches = _distinct(longer, same) if same else list(longer)
                draw(matches)

        return hear

    def _known_before(
        self, clause: _Clause, bound: _Bound, place: int
    ) -> tuple[Callable[[int], int] | None, Mapping[int, int]]:
        """What the row at a place says would follow, if it says that; if it is known, there is nothing to look up."""
        columns = self._of_row(clause.data[place])
        if clause.conclusion is None or not all(word in bound or word in columns for word in clause.conclusion):
            return None, {}
        subject, value = (_getter(clause.conclusion[at], bound, columns) for at in (0, 2))
        known = self.given.known(self._relation(clause.conclusion, bound))
        return (lambda row: subject(row) << _SHIFT | value(row)), known

    def _plan(self, clause: _Clause, bound: _Bound, axioms: tuple[int, ...], place: int) -> _Plan:
        """How to look up the premises beside the one at a place, one after the other, and what to do with a match."""
        # The first look-up starts from the row that was met, the next ones from a match of several rows.
        row, columns = self._of_row(clause.data[place]), self._of_match(clause.data[place], 0)
        places = [place]
        steps: list[_Step] = []
        left = [other for other in range(len(clause.data)) if other != place]

        def ends(other: int) -> int:
            return sum(word in bound or word in columns for word in clause.data[other][::2])

        while left:
            # One of which both ends are known is one look-up and one statement at most; one is always known.
            other = next((other for other in left if ends(other) == 2), -1)
            if other < 0:
                other = next(other for other in left if ends(other))
            left.remove(other)
            look_up = self._look_up(clause.data[other], bound, columns if steps else row)
            columns = self._of_match(clause.data[other], len(places)) | columns
            steps.append((look_up, _same(clause, bound, left, columns)))
            places.append(other)
        order = sorted(range(len(places)), key=places.__getitem__)
        return steps[0], steps[1:], self._drawing(clause, bound, axioms, order, columns)

    def _look_up(self, pattern: Pattern, bound: _Bound, columns: Mapping[str, _Getter]) -> _LookUp:
        """What finds the rows that fit a pattern of which one end is known or both."""
        relation = self._relation(pattern, bound)
        subject, value = (
            _getter(word, bound, columns) if word in bound or word in columns else None for word in pattern[::2]
        )
        if subject and value:
            return _exactly(self.given.known(relation), subject, value)
        end, get = (_SUBJECT, subject) if subject else (_VALUE, value)
        assert get is not None
        met = self._met(relation, end)
        return lambda match: met.get(get(match), ())

    def _drawing(
        self, clause: _Clause, bound: _Bound, axioms: tuple[int, ...], order: list[int], columns: Mapping[str, _Getter]
    ) -> _Draw:
        """What draws the conclusion of a rule from a match; the order is the place of each data premise in it."""
        source = len(self._sources)
        self._sources.append((clause.name, axioms, order))
        draw = self._contradicting(source)
        if clause.conclusion is not None:
            draw = self._concluding(clause.conclusion, bound, source, columns)
        if clause.differ is None or all(word in bound for word in clause.differ):
            return draw
        one, other = (_getter(word, bound, columns) for word in clause.differ)
        return lambda matches: draw([match for match in matches if one(match) != other(match)])

    def _contradicting(self, source: int) -> _Draw:
        def draw(matches: Sequence[_Match]) -> None:
            for match in matches:
                self._contradict(source, match)

        return draw

    def _concluding(self, conclusion: Pattern, bound: _Bound, source: int, columns: Mapping[str, _Getter]) -> _Draw:
        subject, predicate, value = (_getter(word, bound, columns) for word in conclusion)
        conclude, given = self._conclude, self.given
        if conclusion[1] not in bound:

            def draw_any(matches: Sequence[_Match]) -> None:
                for match in matches:
                    relation = given.relation(predicate(match))
                    known = given.known(relation)
                    key = subject(match) << _SHIFT | value(match)
                    if key not in known and relation.code not in self._static:
                        conclude(relation, known, key, source, match)

            return draw_any
        relation = given.relation(bound[conclusion[1]])
        known = given.known(relation)

        def draw(matches: Sequence[_Match]) -> None:
            for match in matches:
                key = subject(match) << _SHIFT | value(match)
                if key not in known:
                    conclude(relation, known, key, source, match)

        return draw

    def _conclude(self, relation: _Relation, known: dict[int, int], key: int, source: int, match: _Match) -> None:
        """Take up a statement that is new, unless it says nothing."""
        subject, value, code = key >> _SHIFT, key & _MASK, relation.code
        if (value == self._thing and code in self._of_thing) or (subject == value and code in self._reflexive):
            return
        row = len(self._subjects)
        if self.kinds[subject] == _OTHER:
            if self._clash(subject, code, value):
                self._contradict(source, match)
                return
            if self._settled(code, value):
                return
            self._unsaid.append(row)
        self._subjects.append(subject)
        self._predicates.append(code)
        self._values.append(value)
        self._begins.append(len(self._proofs))
        self._proofs.append(source)
        self._proofs.extend(match if isinstance(match, tuple) else (match,))
        known[key] = row
        relation.rows.append(row)
        if relation.heard and not relation.queued:
            self._queue(relation)
        if self._everything.heard:
            self._everything.rows.append(row)
            if not self._everything.queued:
                self._queue(self._everything)

    def _clash(self, subject: int, predicate: int, value: int) -> bool:
        """Whether a conclusion on a literal cannot be (``dt-diff``, ``dt-not-type``); what is not sure can."""
        literal, other = str(self.terms[subject]), str(self.terms[value])
        if predicate == self._same_as:
            return _unequal(literal, other)
        return predicate == self._type and _holds(literal, _NAMES.get(other, "")) is False

    def _settled(self, predicate: int, value: int) -> bool:
        """Whether nothing more is drawn from such a conclusion on a literal: it is another, or in a datatype of which
        no axiom speaks.
        """
        if predicate == self._same_as:
            return self.kinds[value] == _OTHER
        return predicate == self._type and value not in self.given.asked and _is_datatype(str(self.terms[value]))

    def _contradict(self, source: int, match: _Match) -> None:
        premises = self._premises(source, match if isinstance(match, tuple) else (match,))
        self.contradictions.setdefault((self._sources[source][0], frozenset(map(self.triple, premises))), premises)

    # -- what came out

    def triple(self, row: int) -> tuple[int, int, int]:
        """The codes of a statement."""
        return self._subjects[row], self._predicates[row], self._values[row]

    def proof(self, row: int) -> tuple[str, tuple[int, ...]]:
        """The rule a derived statement was drawn by, and the rows of its premises in the order of the rule."""
        at = row - self.given.count
        end = self._begins[at + 1] if at + 1 < len(self._begins) else len(self._proofs)
        source, *match = self._proofs[self._begins[at] : end]
        return self._sources[source][0], self._premises(source, match)

    def _premises(self, source: int, match: Sequence[int]) -> tuple[int, ...]:
        _, axioms, order = self._sources[source]
        return (*axioms, *(match[place] for place in order))

    def hidden(self, row: int) -> bool:
        """Whether a statement cannot be written: by an anonymous inverse, about a literal, or of a list."""
        return self.kinds[self._predicates[row]] != _NAMED or self.kinds[self._subjects[row]] == _OTHER

    def hidden_rows(self) -> frozenset[int]:
        """Those derived that are `hidden`."""
        relations = (relation for code, relation in self.given.relations.items() if self.kinds[code] != _NAMED)
        rows = (row for relation in relations for row in relation.rows if row >= self.given.count)
        return frozenset((*self._unsaid, *rows))


def _filed(index: dict[int, list[int]], column: Sequence[int], rows: Iterable[int]) -> dict[int, list[int]]:
    """The index with the rows in it, by their codes in a column."""
    for row in rows:
        index.setdefault(column[row], []).append(row)
    return index


def _always(code: int) -> _Getter:
    return lambda match: code


def _cell(column: list[int], place: int) -> _Getter:
    return lambda match: column[match[place]]


def _same(clause: _Clause, bound: _Bound, left: Sequence[int], columns: Mapping[str, _Getter]) -> _Same:
    """What matches have in common that come to the same, because the rest of the rule reads the same two things of
    them: one is enough, or a chain or a key would be followed along every path and not from every end to every other.
    """
    if len(clause.data) == 2 or clause.conclusion is None:
        return None
    rest = (*(clause.data[place] for place in left), clause.conclusion, clause.differ or ())
    read = dict.fromkeys(word for pattern in rest for word in pattern if word in columns and word not in bound)
    if len(read) != 2 or len(read) == len(columns.keys() - bound.keys()):
        return None
    one, other = (columns[word] for word in read)
    return lambda match: one(match) << _SHIFT | other(match)


def _distinct(matches: Iterable[_Match], same: Callable[[_Match], int]) -> list[_Match]:
    """Of matches that come to the same the first."""
    found: dict[int, _Match] = {}
    for match in matches:
        found.setdefault(same(match), match)
    return list(found.values())


def _getter(word: str, bound: _Bound, columns: Mapping[str, _Getter]) -> _Getter:
    return _always(bound[word]) if word in bound else columns[word]


def _exactly(known: Mapping[int, int], subject: _Getter, value: _Getter) -> _LookUp:
    def look_up(match: _Match) -> tuple[int, ...]:
        row = known.get(subject(match) << _SHIFT | value(match))
        return () if row is None else (row,)

    return look_up


class _Derived(Mapping[Any, Any]):
    """The derived statements of an engine in order, each with its derivation, both made when they are asked for."""

    def __init__(
        self, engine: _Engine, statement: Callable[[Any, Any, Any], Any], derivation: Callable[[str, Any], Any]
    ) -> None:
        self._engine = engine
        self._given = engine.given
        self._statement = statement
        self._derivation = derivation
        self._rows = range(engine.given.count, len(engine.given.subjects))
        self._hidden = engine.hidden_rows()

    def __len__(self) -> int:
        return len(self._rows) - len(self._hidden)

    def __iter__(self) -> Iterator[Any]:
        return (self._shown(row) for row in self._rows if row not in self._hidden)

    def __contains__(self, statement: object) -> bool:
        return self._row(statement) is not None

    def __getitem__(self, statement: Any) -> Any:
        row = self._row(statement)
        if row is None:
            raise KeyError(statement)
        return self._proof(row)

    def _row(self, statement: Any) -> int | None:
        subject, predicate, value = (self._given.codes.get(term, -1) for term in statement)
        relation = self._given.relations.get(predicate)
        if relation is None or subject < 0 or value < 0:
            return None
        row = self._given.known(relation).get(subject << _SHIFT | value, -1)
        return row if row in self._rows and row not in self._hidden else None

    def items(self) -> ItemsView[Any, Any]:
        """Statements and derivations, without looking each up."""
        return _Items(self)

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """What `items` goes through."""
        return ((self._shown(row), self._proof(row)) for row in self._rows if row not in self._hidden)

    def contradictions(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """The rule and the premises of each."""
        for (rule, _), rows in self._engine.contradictions.items():
            yield rule, self._premises(rows)

    def _shown(self, row: int) -> Any:
        return self._statement(*map(self._engine.terms.__getitem__, self._engine.triple(row)))

    def _proof(self, row: int) -> Any:
        rule, rows = self._engine.proof(row)
        return self._derivation(rule, self._premises(rows))

    def _premises(self, rows: Iterable[int]) -> tuple[Any, ...]:
        """Statements for rows; for one that cannot be written, those it was drawn from."""
        found: dict[int, None] = {}
        opened: set[int] = set()
        todo = list(rows)[::-1]
        while todo:
            row = todo.pop()
            if row in self._rows and row in self._hidden:
                todo += () if row in opened else self._engine.proof(row)[1][::-1]
                opened.add(row)
            elif not self._engine.hidden(row):
                found[row] = None
        return tuple(map(self._shown, found))


class _Items(ItemsView[Any, Any]):
    _mapping: _Derived

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return self._mapping.pairs()


_NAMED, _BLANK, _OTHER = range(3)
"""Kinds of terms. Only named ones can be a predicate, and not the others a subject."""


def _kind(term: Any) -> int:
    text = term if isinstance(term, str) else str(term)
    if text[:1] not in ("<", "_") or " " in text:  # a literal, a statement as a term, a word of ours
        return _OTHER
    return _NAMED if text[0] == "<" else _BLANK


# Each datatype of OWL 2 RL that a literal can have, by what its values are of: those of two families are never equal.
_WHOLE = {
    "xsd:integer": (None, None), "xsd:nonNegativeInteger": (0, None), "xsd:positiveInteger": (1, None),
    "xsd:nonPositiveInteger": (None, 0), "xsd:negativeInteger": (None, -1),
    "xsd:long": (-(2**63), 2**63 - 1), "xsd:int": (-(2**31), 2**31 - 1), "xsd:short": (-(2**15), 2**15 - 1),
    "xsd:byte": (-128, 127), "xsd:unsignedLong": (0, 2**64 - 1), "xsd:unsignedInt": (0, 2**32 - 1),
    "xsd:unsignedShort": (0, 2**16 - 1), "xsd:unsignedByte": (0, 255),
}  # fmt: skip
_TOKEN = r"(?:[^\t\n\r ]+(?: [^\t\n\r ]+)*)?"
_TEXTS = {
    "xsd:string": r"(?s:.*)",
    "xsd:normalizedString": r"[^\t\n\r]*",
    "xsd:token": _TOKEN,
    "xsd:language": r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*",
    "xsd:NMTOKEN": r"[\w.:-]+",
    "xsd:Name": r"[A-Za-z_:][\w.:-]*",
    "xsd:NCName": r"[A-Za-z_][\w.-]*",
}
_FAMILIES = {
    **dict.fromkeys((*_WHOLE, "xsd:decimal"), "number"),
    **dict.fromkeys(_TEXTS, "text"),
    "rdf:langString": "tagged",
    **{f"xsd:{name}": name for name in ("boolean", "double", "float", "dateTime", "anyURI", "hexBinary")},
    "xsd:dateTimeStamp": "dateTime",
    "xsd:base64Binary": "base64Binary",
    "rdf:XMLLiteral": "XMLLiteral",
}
_SPACES = {
    **{name: frozenset((family,)) for name, family in _FAMILIES.items()},
    "rdf:PlainLiteral": frozenset(("text", "tagged")),
    "rdfs:Literal": frozenset(_FAMILIES.values()),
}
"""The families that have values in a datatype."""
_NAMES = {f"<{iri(name)}>": name for name in _SPACES}
_LITERAL = re.compile(r'"(.*)"(?:@([A-Za-z0-9-]+)|\^\^(<[^>]*>))?', re.DOTALL)
_ESCAPED = re.compile(r"\\(?:u([0-9A-F]{4})|(.))", re.DOTALL)
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}
_REAL = r"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|INF)|NaN"
_DECIMAL = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_FORMS = {
    name: re.compile(form, re.ASCII)
    for name, form in {
        **dict.fromkeys(_WHOLE, r"[+-]?\d+"),
        **_TEXTS,
        "xsd:decimal": _DECIMAL,
        "xsd:boolean": "true|false|1|0",
        "xsd:double": _REAL,
        "xsd:float": _REAL,
        "xsd:anyURI": _TOKEN,
        "xsd:hexBinary": "(?:[0-9A-Fa-f]{2})*",
        "xsd:base64Binary": (
            "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"  # no bit too many
        ),
    }.items()
}
"""How a literal of each datatype is written; not of those of which that is not decided here, or in `_moment`."""
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:(Z)|([+-])(\d\d):(\d\d))?", re.ASCII)
_Value: TypeAlias = tuple[str, Any]
"""A family and what is the same of equal values in it."""


def _is_datatype(name: str) -> bool:
    return name in _NAMES or name.startswith(_XSD)


_XSD = "<" + PREFIXES["xsd"]


def _parts(literal: str) -> tuple[str, str, str]:
    """Lexical form, datatype (empty if it is none of ours) and language of a literal in N-Triples form."""
    match = _LITERAL.fullmatch(literal)
    if match is None:
        return "", "", ""
    lexical = _ESCAPED.sub(_unescaped, match[1]) if "\\" in match[1] else match[1]
    if match[2]:
        return lexical, "rdf:langString", match[2].lower()
    return lexical, _NAMES.get(match[3], "") if match[3] else "xsd:string", ""


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _CONTROLS.get(match[2], match[2])


def _unequal(one: str, other: str) -> bool:
    """Whether two literals surely have different values (``dt-diff``): what is not sure counts as equal.

    Not sure is whether a time without zone is one with a zone, and of times with zones whether those of one moment
    are one value; or whether two numbers of single precision are one where they differ by a millionth or less.
    """
    left, right = _value(*_parts(one)), _value(*_parts(other))
    if left is None or right is None:
        return False
    if left[0] != right[0]:
        return {left[0], right[0]} != {"dateTime", "dateTimeStamp"}
    if left[0] == "float" and "NaN" not in (left[1], right[1]):
        return not math.isclose(left[1], right[1], rel_tol=1e-6, abs_tol=1e-37)
    return bool(left[1] != right[1])


def _value(lexical: str, kind: str, language: str) -> _Value | None:
    """The value of a literal, or None where it has none or that is not decided here."""
    family = _FAMILIES.get(kind, "")
    if family == "dateTime":
        return _moment(lexical, kind)
    if family == "tagged":
        return family, (lexical, language)
    if not _fits(lexical, kind):
        return None
    if family == "number":
        number = Decimal(lexical)
        return (family, number) if _within(number, kind) else None
    if family in ("double", "float"):
        return _real(lexical, family)
    if family == "boolean":
        return family, lexical in ("true", "1")
    return family, lexical.upper() if family == "hexBinary" else lexical


def _fits(lexical: str, kind: str) -> bool | None:
    """Whether a text is written as literals of a datatype are, or None where that is not decided here."""
    if kind not in _FORMS or (kind in ("xsd:NMTOKEN", "xsd:Name", "xsd:NCName") and not lexical.isascii()):
        return None
    return bool(_FORMS[kind].fullmatch(lexical))


def _within(value: Decimal, kind: str) -> bool:
    if kind not in _WHOLE:
        return True
    least, most = _WHOLE[kind]
    whole = value == value.to_integral_value()
    return whole and (least is None or value >= least) and (most is None or value <= most)


def _real(lexical: str, family: str) -> _Value:
    if lexical == "NaN":
        return family, lexical
    number = float(lexical)
    # Beyond the largest number of single precision all are infinite.
    return family, math.copysign(math.inf, number) if family == "float" and abs(number) > 3.4e38 else number


def _moment(lexical: str, kind: str) -> _Value | None:
    """Seconds and their fraction, by Greenwich where there is a time zone; only of years with four digits."""
    match = _MOMENT.fullmatch(lexical)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    fraction = (match[7] or "").rstrip("0")
    offset = int(match[9] + "1") * (60 * int(match[10]) + int(match[11])) if match[9] else 0
    zoned = bool(match[8] or match[9])
    try:
        days = date(year, month, day).toordinal()
    except ValueError:
        return None
    midnight = (hour, minute, second, fraction) == (24, 0, 0, "")
    if not (hour < 24 or midnight) or max(minute, second) > 59 or abs(offset) > 840 or int(match[11] or 0) > 59:
        return None
    if kind == "xsd:dateTimeStamp" and not zoned:
        return None
    seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
    return "dateTimeStamp" if zoned else "dateTime", (seconds, fraction)


def _holds(literal: str, datatype: str) -> bool | None:
    """Whether a datatype has the value of a literal in it, or None where that is not decided here.

    Not decided is what is of no datatype of ours, or has no value in its own: but that of a number or a truth value
    is then in no datatype at all.
    """
    lexical, kind, language = _parts(literal)
    family = _FAMILIES.get(kind)
    if family is None or datatype not in _SPACES:
        return None
    if family not in _SPACES[datatype]:
        return False
    value = _value(lexical, kind, language)
    if value is None:
        return False if family in ("number", "boolean", "double", "float") and datatype != "rdfs:Literal" else None
    if datatype in _TEXTS:
        return _fits(lexical, datatype)
    if family == "number":
        return _within(value[1], datatype)
    return datatype != "xsd:dateTimeStamp" or value[0] == "dateTimeStamp"


_OWLRL = "http://www.daml.org/2002/03/agents/agent-ont#"
"""Where owlrl puts the contradictions it finds, as triples among the others."""
_BUILT_IN = tuple(PREFIXES[prefix] for prefix in ("rdf", "rdfs", "owl", "xsd"))
_THING = NamedNode(iri("owl:Thing"))


def is_noise(triple: Triple) -> bool:
    """Whether a conclusion says nothing: reflexive, about ``owl:Thing``, or about OWL's own terms and datatypes."""
    subject, predicate, value = triple.subject, triple.predicate.value, triple.object
    if subject == value:
        return predicate in map(iri, _REFLEXIVE)
    if value == _THING:
        return predicate in map(iri, _OF_THING)
    if isinstance(subject, NamedNode):
        return subject.value.startswith(_BUILT_IN)
    return value == NamedNode(_OWLRL + "ErrorMessage")


def close_with_owlrl(triples: Iterable[Triple | Quad]) -> Closure:
    """The closure as the package owlrl draws it, less its noise; see `close` for ours.

    It gives no proofs: each derivation has the rule ``owlrl`` and no premises; a contradiction, the rule ``owlrl: ``
    and its message. Left out are the same empty statements that `close` does not draw, and what owlrl adds on
    datatypes and on the vocabulary of OWL itself. Its results differ from `close` where it departs from the profile:
    `owl:hasKey` is applied without the last property, so that one key makes all members of the class the same;
    `owl:AllDifferent` and `owl:AllDisjointProperties` pass over the last member.

    Raises:
        errors.InputError: A list of the graph runs in a circle.
    """
    import owlrl
    import rdflib

    from ..rdf.terms import from_rdflib

    graph = rdflib.Graph()
    asserted: dict[Triple, None] = {}
    for triple in triples:
        plain = Triple(triple.subject, triple.predicate, triple.object)
        asserted[plain] = None
        if not isinstance(triple.object, Triple):
            graph.add((_to_rdflib(plain.subject), _to_rdflib(plain.predicate), _to_rdflib(plain.object)))
    try:
        owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, improved_datatypes=False).expand(graph)
    except ValueError as error:  # of a list without end
        hint = "Mend the list, or let the reasoner 'rules' draw the conclusions: it passes over such lists."
        raise errors.InputError(f"The reasoner owlrl cannot read a list of the graph: {error}.", hint=hint) from error
    result = Closure()
    found: list[Triple] = []
    for subject, predicate, value in graph:
        if isinstance(subject, rdflib.Literal) or not isinstance(predicate, rdflib.URIRef):
            continue
        if predicate == rdflib.URIRef(_OWLRL + "error"):
            result.contradictions.append(Contradiction(f"owlrl: {value}", ()))
            continue
        triple = Triple(from_rdflib(subject), from_rdflib(predicate), from_rdflib(value))
        if triple not in asserted and not is_noise(triple):
            found.append(triple)
    result.contradictions.sort(key=lambda contradiction: contradiction.rule)
    result.derived = {triple: Derivation("owlrl", ()) for triple in sorted(found, key=str)}
    return result


def _to_rdflib(term: Any) -> Any:
    """As `store.to_rdflib`, but that owlrl has to be told the datatype of a plain text."""
    import rdflib

    from ..rdf.terms import to_rdflib

    if isinstance(term, Literal) and not term.language:
        return rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value), normalize=False)
    return to_rdflib(term)
