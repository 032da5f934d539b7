"""The OWL 2 RL rules, as data, and the evaluator that runs them and keeps the proof of every statement.

The rules are those of OWL 2 Profiles, section 4.3, tables 4 to 9, under their names there, without what says nothing:
``eq-ref`` (but that a thing differs from itself is found, by ``eq-diff1``), ``prp-ap``, ``cls-thing``,
``cls-nothing1``, ``scm-cls``, ``scm-op``, ``scm-dp`` and the rules on literals (``dt-*``). For the same reason no
conclusion is drawn that has a literal as its subject, relates a thing to itself by one of the reflexive properties, or
makes something a member or a subclass of ``owl:Thing``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from operator import itemgetter
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from csto_graph.names import PREFIXES, iri

Pattern = tuple[str, str, str]
"""A triple of names: ``?x`` is a variable, ``owl:Thing`` a CURIE, ``"1"`` a non-negative integer."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what must hold, and what then holds too.

    Attributes:
        name: As in OWL 2 Profiles.
        premises: Patterns matched in this order. ``list:member`` joins a list to each of its members.
        conclusions: What follows; where it is empty, the graph contradicts itself.
        each: For a rule over all members of the list ``?list``: patterns repeated for every ``?member`` after the
            premises, where ``?here`` and ``?there`` are variables of their own for each member, ``?there`` being the
            ``?here`` of the next. The conclusions can name the ends: ``?first`` and ``?last``.
        after: Patterns matched after those.
        differ: Two variables that must not stand for the same term.
    """

    name: str
    premises: tuple[Pattern, ...]
    conclusions: tuple[Pattern, ...]
    each: tuple[Pattern, ...] = ()
    after: tuple[Pattern, ...] = ()
    differ: tuple[str, str] | None = None


# One rule a line: name: premise . premise -> conclusion . conclusion. Premises are ordered so that each shares a
# variable with those before it and the axiom, of which there are few, comes before the data, of which there is much.
_TABLE = """
eq-sym: ?x owl:sameAs ?y -> ?y owl:sameAs ?x
eq-trans: ?x owl:sameAs ?y . ?y owl:sameAs ?z -> ?x owl:sameAs ?z
eq-rep-s: ?s owl:sameAs ?s2 . ?s ?p ?o -> ?s2 ?p ?o
eq-rep-p: ?p owl:sameAs ?p2 . ?s ?p ?o -> ?s ?p2 ?o
eq-rep-o: ?o owl:sameAs ?o2 . ?s ?p ?o -> ?s ?p ?o2
eq-diff1: ?x owl:differentFrom ?y . ?x owl:sameAs ?y -> false
eq-diff1: ?x owl:differentFrom ?x -> false
eq-diff2: ?x rdf:type owl:AllDifferent . ?x owl:members ?l . ?l list:member ?y . ?y owl:sameAs ?z . ?l list:member ?z . ?y != ?z -> false
eq-diff3: ?x rdf:type owl:AllDifferent . ?x owl:distinctMembers ?l . ?l list:member ?y . ?y owl:sameAs ?z . ?l list:member ?z . ?y != ?z -> false
prp-dom: ?p rdfs:domain ?c . ?x ?p ?y -> ?x rdf:type ?c
prp-rng: ?p rdfs:range ?c . ?x ?p ?y -> ?y rdf:type ?c
prp-fp: ?p rdf:type owl:FunctionalProperty . ?x ?p ?y . ?x ?p ?z -> ?y owl:sameAs ?z
prp-ifp: ?p rdf:type owl:InverseFunctionalProperty . ?x ?p ?z . ?y ?p ?z -> ?x owl:sameAs ?y
prp-irp: ?p rdf:type owl:IrreflexiveProperty . ?x ?p ?x -> false
prp-symp: ?p rdf:type owl:SymmetricProperty . ?x ?p ?y -> ?y ?p ?x
prp-asyp: ?p rdf:type owl:AsymmetricProperty . ?x ?p ?y . ?y ?p ?x -> false
prp-trp: ?p rdf:type owl:TransitiveProperty . ?x ?p ?y . ?y ?p ?z -> ?x ?p ?z
prp-spo1: ?p rdfs:subPropertyOf ?q . ?x ?p ?y -> ?x ?q ?y
prp-spo2: ?p owl:propertyChainAxiom ?list . each ?here ?member ?there -> ?first ?p ?last
prp-eqp1: ?p owl:equivalentProperty ?q . ?x ?p ?y -> ?x ?q ?y
prp-eqp2: ?p owl:equivalentProperty ?q . ?x ?q ?y -> ?x ?p ?y
prp-pdw: ?p owl:propertyDisjointWith ?q . ?x ?p ?y . ?x ?q ?y -> false
prp-adp: ?a rdf:type owl:AllDisjointProperties . ?a owl:members ?l . ?l list:member ?p . ?x ?p ?y . ?x ?q ?y . ?l list:member ?q . ?p != ?q -> false
prp-inv1: ?p owl:inverseOf ?q . ?x ?p ?y -> ?y ?q ?x
prp-inv2: ?p owl:inverseOf ?q . ?x ?q ?y -> ?y ?p ?x
prp-key: ?c owl:hasKey ?list . ?x rdf:type ?c . each ?x ?member ?here . each ?y ?member ?here . ?y rdf:type ?c . ?x != ?y -> ?x owl:sameAs ?y
prp-npa1: ?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . ?n owl:targetIndividual ?y . ?x ?p ?y -> false
prp-npa2: ?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . ?n owl:targetValue ?y . ?x ?p ?y -> false
cls-nothing2: ?x rdf:type owl:Nothing -> false
cls-int1: ?c owl:intersectionOf ?list . each ?x rdf:type ?member -> ?x rdf:type ?c
cls-int2: ?c owl:intersectionOf ?l . ?l list:member ?d . ?x rdf:type ?c -> ?x rdf:type ?d
cls-uni: ?c owl:unionOf ?l . ?l list:member ?d . ?x rdf:type ?d -> ?x rdf:type ?c
cls-com: ?c owl:complementOf ?d . ?x rdf:type ?c . ?x rdf:type ?d -> false
cls-svf1: ?c owl:someValuesFrom ?d . ?c owl:onProperty ?p . ?x ?p ?y . ?y rdf:type ?d -> ?x rdf:type ?c
cls-svf2: ?c owl:someValuesFrom owl:Thing . ?c owl:onProperty ?p . ?x ?p ?y -> ?x rdf:type ?c
cls-avf: ?c owl:allValuesFrom ?d . ?c owl:onProperty ?p . ?x rdf:type ?c . ?x ?p ?y -> ?y rdf:type ?d
cls-hv1: ?c owl:hasValue ?y . ?c owl:onProperty ?p . ?x rdf:type ?c -> ?x ?p ?y
cls-hv2: ?c owl:hasValue ?y . ?c owl:onProperty ?p . ?x ?p ?y -> ?x rdf:type ?c
cls-maxc1: ?c owl:maxCardinality "0" . ?c owl:onProperty ?p . ?x rdf:type ?c . ?x ?p ?y -> false
cls-maxc2: ?c owl:maxCardinality "1" . ?c owl:onProperty ?p . ?x rdf:type ?c . ?x ?p ?y . ?x ?p ?z -> ?y owl:sameAs ?z
cls-maxqc1: ?c owl:maxQualifiedCardinality "0" . ?c owl:onProperty ?p . ?c owl:onClass ?d . ?x rdf:type ?c . ?x ?p ?y . ?y rdf:type ?d -> false
cls-maxqc2: ?c owl:maxQualifiedCardinality "0" . ?c owl:onProperty ?p . ?c owl:onClass owl:Thing . ?x rdf:type ?c . ?x ?p ?y -> false
cls-maxqc3: ?c owl:maxQualifiedCardinality "1" . ?c owl:onProperty ?p . ?c owl:onClass ?d . ?x rdf:type ?c . ?x ?p ?y . ?y rdf:type ?d . ?x ?p ?z . ?z rdf:type ?d -> ?y owl:sameAs ?z
cls-maxqc4: ?c owl:maxQualifiedCardinality "1" . ?c owl:onProperty ?p . ?c owl:onClass owl:Thing . ?x rdf:type ?c . ?x ?p ?y . ?x ?p ?z -> ?y owl:sameAs ?z
cls-oo: ?c owl:oneOf ?l . ?l list:member ?x -> ?x rdf:type ?c
cax-sco: ?c rdfs:subClassOf ?d . ?x rdf:type ?c -> ?x rdf:type ?d
cax-eqc1: ?c owl:equivalentClass ?d . ?x rdf:type ?c -> ?x rdf:type ?d
cax-eqc2: ?c owl:equivalentClass ?d . ?x rdf:type ?d -> ?x rdf:type ?c
cax-dw: ?c owl:disjointWith ?d . ?x rdf:type ?c . ?x rdf:type ?d -> false
cax-adc: ?a rdf:type owl:AllDisjointClasses . ?a owl:members ?l . ?l list:member ?c . ?x rdf:type ?c . ?x rdf:type ?d . ?l list:member ?d . ?c != ?d -> false
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
scm-svf1: ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?y rdfs:subClassOf ?z . ?d owl:someValuesFrom ?z . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-svf2: ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?p rdfs:subPropertyOf ?q . ?d owl:onProperty ?q . ?d owl:someValuesFrom ?y -> ?c rdfs:subClassOf ?d
scm-avf1: ?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?y rdfs:subClassOf ?z . ?d owl:allValuesFrom ?z . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-avf2: ?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?p rdfs:subPropertyOf ?q . ?d owl:onProperty ?q . ?d owl:allValuesFrom ?y -> ?d rdfs:subClassOf ?c
scm-int: ?c owl:intersectionOf ?l . ?l list:member ?d -> ?c rdfs:subClassOf ?d
scm-uni: ?c owl:unionOf ?l . ?l list:member ?d -> ?d rdfs:subClassOf ?c
"""  # noqa: E501


def _read(line: str) -> Rule:
    name, _, text = line.partition(": ")
    body, _, head = text.partition(" -> ")
    premises: list[Pattern] = []
    each: list[Pattern] = []
    after: list[Pattern] = []
    differ: tuple[str, str] | None = None
    for part in body.split(" . "):
        words = part.split()
        if words[0] == "each":
            each.append((words[1], words[2], words[3]))
        elif words[1] == "!=":
            differ = (words[0], words[2])
        else:
            (after if each else premises).append((words[0], words[1], words[2]))
    heads = [] if head == "false" else [part.split() for part in head.split(" . ")]
    conclusions = tuple((subject, predicate, value) for subject, predicate, value in heads)
    return Rule(name, tuple(premises), conclusions, tuple(each), tuple(after), differ)


RULES: tuple[Rule, ...] = tuple(_read(line) for line in _TABLE.strip().splitlines())
"""Every rule the evaluator knows, in the order of the tables."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """The last step of a proof.

    Attributes:
        rule: Name in OWL 2 Profiles, or ``owlrl`` where that package drew the conclusion and gave no reason.
        premises: The statements it was drawn from: asserted, or derived earlier. An axiom over a list is given by
            the triple that points to the list; a statement with an anonymous inverse property, by the same
            statement with the named property and the ``owl:inverseOf`` triple.
    """

    rule: str
    premises: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Statements that cannot all be true; the attributes are those of `Derivation`."""

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

    derived: dict[Triple, Derivation] = field(default_factory=dict)
    contradictions: list[Contradiction] = field(default_factory=list)


def close(triples: Iterable[Triple | Quad]) -> Closure:
    """Draw every conclusion of `RULES` from the triples (of quads, the graph name is ignored).

    The result depends on the triples and their order alone. Lists are read as asserted; one that is malformed
    (branching, cyclic, without end) gives no conclusions. Never raises for a contradiction: the caller decides.
    """
    terms = _Terms()
    asserted = list(dict.fromkeys(terms.triple(triple) for triple in triples))
    engine = _Engine(terms)
    lists = _lists(terms, asserted)
    for rule in RULES:
        for plain in _expanded(rule, lists):
            engine.add_rule(plain, terms)
    member = terms.name("list:member")
    engine.run([(head, member, item) for head, items in lists.items() for item in dict.fromkeys(items)], asserted)
    return engine.closure()


# Inside the evaluator a term is a small integer, a triple three of them.
_Code = tuple[int, int, int]


class _Terms:
    """Terms to integers and back."""

    def __init__(self) -> None:
        self.codes: dict[Any, int] = {}
        self._names: dict[str, int] = {}

    def code(self, term: Any) -> int:
        return self.codes.setdefault(term, len(self.codes))

    def triple(self, triple: Triple | Quad) -> _Code:
        codes = self.codes
        # Written out and not by code(): this runs for every term of every triple.
        return (
            codes.setdefault(triple.subject, len(codes)),
            codes.setdefault(triple.predicate, len(codes)),
            codes.setdefault(triple.object, len(codes)),
        )

    def name(self, name: str) -> int:
        """The code of a constant in a rule: a CURIE, a number in quotes, or ``#7`` for the code 7 itself."""
        if name not in self._names:
            if name.startswith("#"):
                return int(name[1:])
            if name.startswith('"'):
                term: Any = Literal(name.strip('"'), datatype=NamedNode(iri("xsd:nonNegativeInteger")))
            elif name == "list:member":
                term = name  # a text and no IRI: no triple from outside can have it
            else:
                term = NamedNode(iri(name))
            self._names[name] = self.code(term)
        return self._names[name]


_LIST_PROPERTIES = (
    "owl:propertyChainAxiom", "owl:intersectionOf", "owl:unionOf", "owl:oneOf", "owl:hasKey", "owl:members",
    "owl:distinctMembers",
)  # fmt: skip


def _lists(terms: _Terms, asserted: list[_Code]) -> dict[int, list[int]]:
    """The well-formed lists that axioms point to: head to members, empty ones left out."""
    first, rest, nil = terms.name("rdf:first"), terms.name("rdf:rest"), terms.name("rdf:nil")
    users = {terms.name(name) for name in _LIST_PROPERTIES}
    firsts: dict[int, list[int]] = {}
    rests: dict[int, list[int]] = {}
    heads: dict[int, None] = {}
    for subject, predicate, value in asserted:
        if predicate == first:
            firsts.setdefault(subject, []).append(value)
        elif predicate == rest:
            rests.setdefault(subject, []).append(value)
        elif predicate in users:
            heads[value] = None
    lists: dict[int, list[int]] = {}
    for head in heads:
        items: list[int] = []
        cells: dict[int, None] = {}
        cell = head
        while cell not in cells and len(firsts.get(cell, ())) == 1 and len(rests.get(cell, ())) == 1:
            cells[cell] = None
            items += firsts[cell]
            cell = rests[cell][0]
        if cell == nil and items:
            lists[head] = items
    return lists


def _expanded(rule: Rule, lists: dict[int, list[int]]) -> Iterator[Rule]:
    """A rule over the members of a list, as one rule without ``each`` for every list there is."""
    if not rule.each:
        yield rule
        return
    for head, items in lists.items():
        patterns: list[Pattern] = []
        for place, item in enumerate(items):
            names = {"?member": f"#{item}", "?here": f"?at{place}", "?there": f"?at{place + 1}"}
            patterns += [_renamed(pattern, names) for pattern in rule.each]
        ends = {"?list": f"#{head}", "?first": "?at0", "?last": f"?at{len(items)}"}
        premises = [_renamed(pattern, ends) for pattern in rule.premises]
        conclusions = [_renamed(pattern, ends) for pattern in rule.conclusions]
        yield Rule(rule.name, (*premises, *patterns, *rule.after), tuple(conclusions), differ=rule.differ)


def _renamed(pattern: Pattern, names: dict[str, str]) -> Pattern:
    subject, predicate, value = (names.get(word, word) for word in pattern)
    return subject, predicate, value


class _Index:
    """The triples met and the partial matches waiting, by the positions that a pattern binds."""

    __slots__ = ("key", "met", "waiting")

    def __init__(self, positions: tuple[int, ...]) -> None:
        # Of one position a key is the code itself, of more a tuple: so itemgetter gives it, here and in _Step.
        self.key: Callable[[Any], Any] = itemgetter(*positions)
        self.met: dict[Any, list[_Code]] = {}
        self.waiting: dict[Any, list[_Partial]] = {}


class _Step:
    """One premise of a rule, and what comes after it.

    A partial match is one flat tuple: the constants of the rule, then the triples matched so far, three codes each.
    So each variable and constant is a place in that tuple, and the premises of a conclusion can be cut out of it.
    """

    __slots__ = ("conclusions", "differ", "following", "index", "key", "rule", "same", "start")

    def __init__(self, rule: str, start: int) -> None:
        self.rule = rule
        self.start = start  # where the triples begin
        self.index: _Index
        self.key: Callable[[Any], Any]
        self.same: tuple[int, int] | None = None
        self.differ: tuple[int, int] | None = None
        self.following: _Step | None = None
        self.conclusions: list[Callable[[Any], _Code]] = []


_Partial = tuple[_Step, tuple[int, ...]]

_REFLEXIVE = (
    "owl:sameAs", "rdfs:subClassOf", "rdfs:subPropertyOf", "owl:equivalentClass", "owl:equivalentProperty",
)  # fmt: skip
_OF_THING = ("rdf:type", "rdfs:subClassOf", "rdfs:domain", "rdfs:range")


class _Engine:
    """Semi-naive evaluation: each partial match meets each triple that fits its next premise exactly once.

    A partial match waits under the constants of its next premise; a new triple looks there, and a new partial match
    looks at the triples already met under the same constants.
    """

    def __init__(self, terms: _Terms) -> None:
        self._terms = terms
        self._indexes: dict[tuple[int, ...], _Index] = {}
        self._back: list[Any] = []
        self._start: list[_Partial] = []
        self._queue: list[_Code] = []
        self._met = 0
        self._active: list[tuple[Callable[[Any], Any], dict[Any, list[_Code]], dict[Any, list[_Partial]]]] = []
        self._known: dict[_Code, _Partial | None] = {}
        self._false: dict[tuple[str, frozenset[_Code]], _Partial] = {}
        self._member = terms.name("list:member")
        self._same_as = terms.name("owl:sameAs")
        self._reflexive = frozenset(terms.name(name) for name in _REFLEXIVE)
        self._thing = terms.name("owl:Thing")
        self._of_thing = frozenset(terms.name(name) for name in _OF_THING)
        self._literals: frozenset[int] = frozenset()

    def add_rule(self, rule: Rule, terms: _Terms) -> None:
        """Turn the patterns of a rule without ``each`` into a chain of steps."""
        patterns = rule.premises
        words = (word for pattern in (*patterns, *rule.conclusions) for word in pattern)
        constants = list(dict.fromkeys(word for word in words if not word.startswith("?")))
        places = {word: place for place, word in enumerate(constants)}
        previous: _Step | None = None
        for number, pattern in enumerate(patterns):
            step = _Step(rule.name, len(constants))
            bound = tuple(position for position in range(3) if pattern[position] in places)
            step.index = self._indexes.setdefault(bound, _Index(bound))
            step.key = itemgetter(*(places[pattern[position]] for position in bound))
            if pattern[0] == pattern[2] and 0 not in bound:
                step.same = (0, 2)
            for position in range(3):
                places.setdefault(pattern[position], len(constants) + 3 * number + position)
            if previous:
                previous.following = step
            else:
                self._start.append((step, tuple(terms.name(word) for word in constants)))
            previous = step
        assert previous is not None
        previous.differ = (places[rule.differ[0]], places[rule.differ[1]]) if rule.differ else None
        previous.conclusions = [itemgetter(*(places[word] for word in pattern)) for pattern in rule.conclusions]

    def run(self, lists: list[_Code], asserted: list[_Code]) -> None:
        """Meet the members of lists, then the triples, then every conclusion, until nothing is new."""
        self._back = list(self._terms.codes)  # no rule makes a new term
        self._literals = frozenset(
            code for code, term in enumerate(self._back) if not isinstance(term, (NamedNode, BlankNode, str))
        )
        self._known = dict.fromkeys(asserted)
        self._queue = [*lists, *asserted]
        self._advance(self._start)
        for number, triple in enumerate(self._queue):  # which grows while it is walked
            self._met = number
            for key_of, met, waiting in self._active:  # and this may, too
                key = key_of(triple)
                if key in met:
                    met[key].append(triple)
                else:
                    met[key] = [triple]
                if key in waiting:
                    fresh: list[_Partial] = []
                    for step, match in waiting[key]:
                        self._meet(step, match, triple, fresh)
                    self._advance(fresh)

    def _advance(self, fresh: list[_Partial]) -> None:
        """Let new partial matches wait, and meet what is there already. A stack: lists may be long."""
        while fresh:
            step, match = partial = fresh.pop()
            key = step.key(match)
            index = step.index
            if not index.waiting:
                self._activate(index)
            if key in index.waiting:
                index.waiting[key].append(partial)
            else:
                index.waiting[key] = [partial]
            for triple in index.met.get(key, ()):
                self._meet(step, match, triple, fresh)

    def _activate(self, index: _Index) -> None:
        """Begin to keep an index, since something waits there; the triple at hand is still to come to it."""
        self._active.append((index.key, index.met, index.waiting))
        for triple in self._queue[: self._met]:
            index.met.setdefault(index.key(triple), []).append(triple)

    def _meet(self, step: _Step, match: tuple[int, ...], triple: _Code, fresh: list[_Partial]) -> None:
        if step.same and triple[0] != triple[2]:
            return
        match += triple
        if step.following:
            fresh.append((step.following, match))
        elif step.differ and match[step.differ[0]] == match[step.differ[1]]:
            return
        elif step.conclusions:
            for conclusion in step.conclusions:
                self._conclude(conclusion(match), step, match)
        else:
            self._contradict(step, match)

    def _conclude(self, triple: _Code, step: _Step, match: tuple[int, ...]) -> None:
        if triple in self._known:
            return
        subject, predicate, value = triple
        if subject in self._literals:
            if predicate == self._same_as and _unequal(self._back[subject], self._back[value]):
                self._contradict(step, match)
            return
        if predicate == self._member:
            return
        if subject == value and predicate in self._reflexive:
            return
        if value == self._thing and predicate in self._of_thing:
            return
        self._known[triple] = (step, match)
        self._queue.append(triple)

    def _contradict(self, step: _Step, match: tuple[int, ...]) -> None:
        self._false.setdefault((step.rule, frozenset(_premises(step, match))), (step, match))

    def closure(self) -> Closure:
        """Back from codes to terms."""
        terms = self._back
        hidden = frozenset(code for code, term in enumerate(terms) if not isinstance(term, NamedNode))
        made: dict[_Code, Triple] = {}

        def shown(step: _Step, match: tuple[int, ...]) -> Iterator[Triple]:
            todo = list(reversed(_premises(step, match)))
            opened: set[_Code] = set()
            while todo:
                code = todo.pop()
                origin = self._known.get(code)
                if code[1] not in hidden:
                    if code not in made:
                        made[code] = Triple(terms[code[0]], terms[code[1]], terms[code[2]])
                    yield made[code]
                elif origin and code not in opened:  # by an anonymous inverse, which cannot be a triple's predicate
                    opened.add(code)
                    todo += reversed(_premises(*origin))

        def premises(step: _Step, match: tuple[int, ...]) -> tuple[Triple, ...]:
            return tuple(dict.fromkeys(shown(step, match)))

        result = Closure()
        for code, origin in self._known.items():
            if origin and code[1] not in hidden:
                if code not in made:
                    made[code] = Triple(terms[code[0]], terms[code[1]], terms[code[2]])
                result.derived[made[code]] = Derivation(origin[0].rule, premises(*origin))
        for step, match in self._false.values():
            result.contradictions.append(Contradiction(step.rule, premises(step, match)))
        return result


def _premises(step: _Step, match: tuple[int, ...]) -> list[_Code]:
    return [(match[at], match[at + 1], match[at + 2]) for at in range(step.start, len(match), 3)]


_TEXT = frozenset(iri(name) for name in ("xsd:string", "rdf:langString"))
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\dZ", re.ASCII)
_EXACT = frozenset(
    iri(f"xsd:{name}")
    for name in (
        "decimal", "integer", "nonNegativeInteger", "nonPositiveInteger", "positiveInteger", "negativeInteger", "long",
        "int", "short", "byte", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte",
    )
)  # fmt: skip


def _unequal(one: Any, other: Any) -> bool:
    """Whether two literals surely have different values (``dt-diff``): what is not sure counts as equal."""
    values = _value(one), _value(other)
    return None not in values and values[0] != values[1]


def _value(literal: Any) -> tuple[object, ...] | None:
    """What two literals of equal value have in common, or None where that is not decided here."""
    if not isinstance(literal, Literal):
        return None
    kind = literal.datatype.value
    if kind in _TEXT:
        return "text", literal.value, (literal.language or "").lower()
    if kind in _EXACT and _NUMBER.fullmatch(literal.value):
        return "number", Decimal(literal.value)
    if kind == iri("xsd:boolean") and literal.value in ("true", "false", "1", "0"):
        return "truth", literal.value in ("true", "1")
    if kind == iri("xsd:dateTime") and _MOMENT.fullmatch(literal.value):
        return "moment", literal.value
    return None


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
    """
    import owlrl
    import rdflib

    graph = rdflib.Graph()
    asserted: dict[Triple, None] = {}
    for triple in triples:
        plain = Triple(triple.subject, triple.predicate, triple.object)
        asserted[plain] = None
        if not isinstance(triple.object, Triple):
            graph.add((_to_rdflib(plain.subject), _to_rdflib(plain.predicate), _to_rdflib(plain.object)))
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, improved_datatypes=False).expand(graph)
    result = Closure()
    found: list[Triple] = []
    for subject, predicate, value in graph:
        if isinstance(subject, rdflib.Literal) or not isinstance(predicate, rdflib.URIRef):
            continue
        if predicate == rdflib.URIRef(_OWLRL + "error"):
            result.contradictions.append(Contradiction(f"owlrl: {value}", ()))
            continue
        triple = Triple(_from_rdflib(subject), _from_rdflib(predicate), _from_rdflib(value))
        if triple not in asserted and not is_noise(triple):
            found.append(triple)
    result.contradictions.sort(key=lambda contradiction: contradiction.rule)
    result.derived = {triple: Derivation("owlrl", ()) for triple in sorted(found, key=str)}
    return result


def _to_rdflib(term: Any) -> Any:
    import rdflib

    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    # By default rdflib rewrites dates, booleans and numbers.
    datatype = None if term.language else rdflib.URIRef(term.datatype.value)
    return rdflib.Literal(term.value, lang=term.language, datatype=datatype, normalize=False)


def _from_rdflib(term: Any) -> Any:
    import rdflib

    if isinstance(term, rdflib.URIRef):
        return NamedNode(str(term))
    if isinstance(term, rdflib.BNode):
        return BlankNode(str(term))
    if term.language:
        return Literal(str(term), language=term.language)
    return Literal(str(term), datatype=NamedNode(str(term.datatype)) if term.datatype else None)
