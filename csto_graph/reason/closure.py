"""What follows from a graph by the OWL 2 RL rules, with the proof of each statement.

The evaluation is semi-naive: a statement that is met joins with those met before it, so that a set of premises is
found when the last of them is met. Two kinds of rules have a way of their own, or their cost would be cubic:

- What composes a relation with itself (a transitive property, ``scm-sco``, ``scm-spo``, a chain of twice the same
  property) joins each statement with the steps only, those that are not composed themselves. A statement that is
  drawn from a composed one by a renaming (a superproperty, an inverse, another name of a thing) counts as composed
  too: its parts are there as well, and earlier.
- The rules on ``owl:sameAs`` (``eq-sym``, ``eq-trans``, ``eq-rep-s``, ``eq-rep-p``, ``eq-rep-o``) keep classes of
  equal things. The first of a class stands for it: what is said of another is said of the first, and what is said of
  the first of all others.

Of the rules on literals, ``dt-type2`` serves the axioms that ask for the members of a datatype, and ``dt-not-type``
finds literals without a value. A conclusion that makes two literals the same whose values differ (``dt-diff``), or
puts one in a datatype that does not hold it, is a contradiction under the rule that drew it; ``dt-eq`` is left out: a
value written in two ways is two terms here. What is not sure of a value counts as unknown, and nothing is drawn from
it. A conclusion with a literal as its subject cannot be written in RDF. It is drawn where more can follow, and shown
neither among the conclusions nor in a proof, where what it was drawn from takes its place.

No conclusion is drawn that relates a thing to itself by one of the reflexive properties, or makes something a member
or a subclass of ``owl:Thing``; nor what follows from such a conclusion alone: where ``owl:Thing`` is given a
superclass or a key, is a part of an intersection or a union, or is disjoint with a class or its complement. The
profile allows it in none of these places; as the class of a restriction, where it does, rules of their own serve it.
"""

from __future__ import annotations

from array import array
from collections import Counter, deque
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeAlias, TypeVar

from pyoxigraph import Literal, NamedNode, Quad, Triple

from .. import errors
from ..names import PREFIXES, iri
from ..store.proofs import Derivation
from .datatypes import NAMES, SPACES, holds, ill_typed, is_datatype, unequal
from .rules import RULES, Pattern, Rule

Statement: TypeAlias = tuple[str, str, str]
"""Subject, predicate and value in N-Triples form: ``<http://…>``, ``_:b1``, ``"text"@en``."""

MOST_CONTRADICTIONS = 1_000
"""With so many found, the evaluation ends; what was derived is then not all."""


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

    Raises:
        errors.LimitReached: As for `close_terms`.
    """
    table = _Table(((triple.subject, triple.predicate, triple.object) for triple in triples), _term)
    derived = _Derived(_Evaluator(table), Triple, Derivation)
    return Closure(derived, [Contradiction(*found) for found in derived.contradictions()])


def close_terms(
    statements: Iterable[Statement], *, seconds: float | None = None, most: int | None = None
) -> TermClosure:
    """As `close`, for graphs of millions of statements: terms are texts and proofs are decoded as they are read.

    Args:
        statements: Read once, one after the other. A term must be written in one way only, as pyoxigraph writes it.
        seconds: How long the evaluation may take; by default a minute and a second for 10,000 statements given.
        most: How many statements may be derived; by default 2,500,000 and ten for each given.

    Raises:
        errors.LimitReached: It took longer, or more was derived.
    """
    derived = _Derived(_Evaluator(_Table(statements, _text), seconds, most), _statement, _pair)
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
_REFLEXIVE = (
    "owl:sameAs", "rdfs:subClassOf", "rdfs:subPropertyOf", "owl:equivalentClass", "owl:equivalentProperty",
)  # fmt: skip
_OF_THING = ("rdf:type", "rdfs:subClassOf", "rdfs:domain", "rdfs:range")

# Rules that are not joined as they are written, but by classes of equal things.
_BY_CLASSES = ("eq-sym", "eq-trans", "eq-rep-s", "eq-rep-p", "eq-rep-o")
# Rules whose axiom composes: following its steps comes to the same as following every composed one.
_BY_STEPS = ("cax-sco", "prp-spo1")
# Rules whose axiom, where it is derived, has been taken apart into two of the axioms above.
_BY_HALVES = ("cax-eqc1", "cax-eqc2", "prp-eqp1", "prp-eqp2")


# Inside the evaluator a term is a small integer, its code, and a statement the number of its row.
_Match: TypeAlias = tuple[int, ...]  # the rows that fit the premises of a rule, in the order they were looked up
_Getter: TypeAlias = Callable[[_Match], int]
_Fire: TypeAlias = Callable[[Sequence[int]], None]  # what a rule does with new rows of a relation
_Step: TypeAlias = Callable[[list[_Match]], list[_Match]]
_Binding: TypeAlias = Mapping[str, int]

_SHIFT = 32  # a statement of a known predicate is one integer: the code of its subject, shifted, and of its value
_MASK = (1 << _SHIFT) - 1
_SUBJECT, _VALUE = 0, 1
_CHUNK = 4000  # how many rows are met at once
_BATCH = 100  # how many of them are joined at once: more would need more memory for their matches
_NAMED, _BLANK, _OTHER = range(3)  # kinds of terms; only named ones can be a predicate, and not the others a subject


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
            repeated = []
            for place, item in enumerate(items):
                names = {"?member": f"#{item}", "?here": f"?at{place}", "?there": f"?at{place + 1}"}
                repeated += [_renamed(pattern, names) for pattern in rule.each]
            ends = {"?list": f"#{head}", "?first": "?at0", "?last": f"?at{len(items)}"}
            fixed = tuple(_renamed(pattern, ends) for pattern in axioms)
            last = _renamed(conclusion, ends) if conclusion else None
            yield _Clause(rule.name, fixed, (*data, *repeated, *rule.after), last, rule.differ)


def _renamed(pattern: Pattern, names: Mapping[str, str]) -> Pattern:
    subject, predicate, value = (names.get(word, word) for word in pattern)
    return subject, predicate, value


class _Relation:
    """The statements with one predicate, and the rules that fire on them."""

    __slots__ = ("active", "code", "done", "index", "known", "queued", "rows", "rules", "rules_at")

    def __init__(self, code: int) -> None:
        self.code = code
        self.rows: list[int] = []
        self.done = 0  # how many of the rows were met
        self.active = False  # whether its rows are to be met at all
        self.queued = False
        self.known: dict[int, int] | None = None  # all rows, by subject and value
        self.index: list[dict[int, list[int]] | None] = [None, None]  # the rows met, by subject and by value
        self.rules: list[_Fire] = []
        self.rules_at: tuple[dict[int, list[_Fire]], dict[int, list[_Fire]]] = ({}, {})  # for one subject, one value

    def close(self) -> None:
        """Let go of what is only needed while more may come."""
        self.index = [None, None]
        self.rules.clear()
        self.rules_at = {}, {}


class _Table:
    """The statements in columns, a row for each, and by predicate; the derived ones are added to them later."""

    def __init__(self, statements: Iterable[tuple[Any, Any, Any]], constant: Callable[[str], Any]) -> None:
        self._constant = constant
        self.codes: dict[Any, int] = {}
        self.subjects: list[int] = []
        self.predicates: list[int] = []
        self.values: list[int] = []
        self.relations: dict[int, _Relation] = {}
        self._load(statements)
        self.asserted = len(self.subjects)
        self._cells: dict[int, tuple[set[int], set[int]]] = {}
        for place, name in enumerate(("rdf:first", "rdf:rest")):
            for cell, value in self.pairs(name):
                self._cells.setdefault(cell, (set(), set()))[place].add(value)
        heads = dict.fromkeys(value for name in _LIST_PROPERTIES for _, value in self.pairs(name))
        self.lists = {head: items for head in heads if (items := self.members(head))}
        self.asked = self._asked()
        # What is not written as statements: the members of lists, the types of literals.
        for head, items in self.lists.items():
            for name, item in spelt(items):
                self._add(head, name, item)
        wanted = {code: name for name in SPACES if (code := self.code(name)) in self.asked}
        for code, text in list(self.literals()) if wanted else ():
            for kind, name in wanted.items():
                if holds(text, name):
                    self._add(code, "rdf:type", kind)
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

    def _add(self, subject: int, name: str, value: int) -> None:
        relation = self.relation(self.code(name))
        relation.rows.append(len(self.subjects))
        self.subjects.append(subject)
        self.predicates.append(relation.code)
        self.values.append(value)

    def code(self, name: str) -> int:
        """The code of a word of a rule that is no variable."""
        return int(name[1:]) if name.startswith("#") else self.codes.setdefault(self._constant(name), len(self.codes))

    def literals(self) -> Iterator[tuple[int, str]]:
        """The literals in the data, code and text."""
        return ((code, text) for term, code in self.codes.items() if (text := str(term)).startswith('"'))

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

    def triple(self, row: int) -> tuple[int, int, int]:
        """The codes of a statement."""
        return self.subjects[row], self.predicates[row], self.values[row]

    def pairs(self, name: str) -> Iterator[tuple[int, int]]:
        """Subject and value of each statement with a predicate."""
        for row in self.relation(self.code(name)).rows:
            yield self.subjects[row], self.values[row]

    def members(self, head: int) -> list[int]:
        """Those of a list as asserted; none of one that is empty or malformed."""
        items: list[int] = []
        cells: set[int] = set()
        cell = head
        while cell in self._cells and cell not in cells:
            firsts, rests = self._cells[cell]
            if len(firsts) != 1 or len(rests) != 1:
                return []
            cells.add(cell)
            items += firsts
            (cell,) = rests
        return items if cell == self.code("rdf:nil") else []

    def _asked(self) -> set[int]:
        """The classes of which something follows for what is in them, though it be a literal, by the axioms asserted.

        They are found backwards: most graphs say only in which datatypes their literals are, and from that, nothing.
        """
        inside: dict[int, list[int]] = {}
        for narrow, wide in (*self.pairs("rdfs:subClassOf"), *self.pairs("owl:equivalentClass")):
            inside.setdefault(wide, []).append(narrow)
        for one, other in self.pairs("owl:equivalentClass"):
            inside.setdefault(one, []).append(other)
        for whole, head in (*self.pairs("owl:unionOf"), *self.pairs("owl:intersectionOf")):
            inside.setdefault(whole, []).extend(self.lists.get(head, ()))
        todo = [self.code("owl:Nothing"), *(value for name in _ASKING for _, value in self.pairs(name))]
        todo += (one for name in _EXCLUDING for one, _ in self.pairs(name))
        todo += (item for _, head in self.pairs("owl:members") for item in self.lists.get(head, ()))
        found: set[int] = set()
        while todo:
            code = todo.pop()
            if code not in found:
                found.add(code)
                todo += inside.get(code, ())
        return found


def spelt(items: Sequence[int]) -> Iterator[tuple[str, int]]:
    """What a list says of its members."""
    for item, times in Counter(items).items():
        yield _MEMBER, item
        if times > 1:
            yield _AGAIN, item


class _Enough(Exception):
    """So many contradictions that no more are wanted."""


class _Evaluator:
    """Fires the rules until nothing new comes.

    The axioms of a rule are matched one after the other, each match waiting for the next axiom. A match of all of them
    leaves a rule whose predicates are known, and each premise of that waits at the relation of its predicate. The
    statement that fits looks up the other premises among the statements met before. No partial match of data is kept:
    only the statements, by what they are looked up by, and a few numbers for each proof. A relation that no rule waits
    for is not met at all.
    """

    def __init__(self, table: _Table, seconds: float | None = None, most: int | None = None) -> None:
        self.table = table
        self._subjects, self._values = table.subjects, table.values
        self._columns = table.subjects, table.values
        self._most = 2_500_000 + 10 * table.count if most is None else most
        self._seconds = 60 + table.count / 10_000 if seconds is None else seconds
        self._end = monotonic() + self._seconds
        self._early: deque[_Relation] = deque()
        self._late: deque[_Relation] = deque()
        self._matched: list[tuple[_Clause, _Binding, tuple[int, ...]]] = []  # axioms so far, to be taken further
        self._said: set[tuple[int | str, ...]] = set()  # the rules about data that wait, in words and codes
        self._sources: list[tuple[str, tuple[int, ...], list[int]]] = []  # rule, axioms, place of each data premise
        self._proofs = array("i")  # of each derived statement: its source, then its match
        self._begins = array("q")  # where in it
        self._composed = bytearray(table.count)  # of each row, whether its parts are in the same relation, and earlier
        self._unsaid: list[int] = []  # rows about a literal, or that say nothing
        self._classes: dict[int, list[int]] = {}  # things that are the same as others: each with all of its class
        self.contradictions: dict[tuple[str, frozenset[tuple[int, int, int]]], tuple[int, ...]] = {}
        self._reflexive = frozenset(map(table.code, _REFLEXIVE))
        self._of_thing = frozenset(map(table.code, _OF_THING))
        self._static = frozenset(map(table.code, (_MEMBER, _AGAIN)))
        self._thing, self._same_as, self._type = map(table.code, ("owl:Thing", "owl:sameAs", "rdf:type"))
        self._leaving_out = self._reflexive | self._of_thing  # relations of which some conclusions are not drawn
        rules = [rule for rule in RULES if rule.name not in _BY_CLASSES]
        starts = [self._start(clause) for rule in rules for clause in _clauses(rule, table.lists)]
        self._axioms = {bound[predicate] for clause, bound, _ in starts for _, predicate, _ in clause.axioms}
        self._axioms = (self._axioms | {self._same_as}) - {self._type}
        self.terms = list(table.codes)  # no rule makes a new term
        self.kinds = bytes(map(_kind, self.terms))
        with suppress(_Enough):
            self._run(starts)
        for relation in table.relations.values():
            relation.close()
        self._said.clear()

    # -- meeting statements

    def _run(self, starts: Sequence[tuple[_Clause, _Binding, tuple[int, ...]]]) -> None:
        """Meet every statement that a rule waits for, and every conclusion, until nothing is new."""
        self._ill_typed()
        self._matched.extend(reversed(starts))
        self._advance()
        for name in _LIST_PROPERTIES:
            self._watch(self.table.relation(self.table.code(name)), self._read_lists)
        self._equalities = [self._source(name, 1 + (name != "eq-sym")) for name in _BY_CLASSES]
        self._watch(self.table.relation(self._same_as), self._merge)
        while self._early or self._late:  # axioms first, so that data is met when its rules are there
            self._meet((self._early or self._late).popleft())

    def _watch(self, relation: _Relation, fire: _Fire) -> None:
        relation.rules.append(fire)
        self._activate(relation)

    def _activate(self, relation: _Relation) -> None:
        """See to it that the rows of a relation are met."""
        if not relation.active:
            relation.active = True
            self._queue(relation)

    def _queue(self, relation: _Relation) -> None:
        relation.queued = True
        (self._early if relation.code in self._axioms else self._late).append(relation)

    def _meet(self, relation: _Relation) -> None:
        """Fire the rules that wait at a relation on its new rows, of which there may come more meanwhile."""
        while relation.done < len(relation.rows):
            rows = relation.rows[relation.done : relation.done + _CHUNK]
            relation.done += len(rows)
            for index, column in zip(relation.index, self._columns, strict=True):
                if index is not None:
                    _file(index, column, rows)
            for fire in relation.rules:
                self._check()
                fire(rows)
            for waiting, column in zip(relation.rules_at, self._columns, strict=True):
                if waiting:
                    for code, fitting in _file({}, column, rows).items():
                        for fire in waiting.get(code, ()):
                            fire(fitting)
            if self._classes:
                self._replace(rows)
            self._advance()
        relation.queued = False

    def _check(self) -> None:
        if monotonic() > self._end:
            raise self._limit(f"{self._seconds:,.0f} s", "took longer than")

    def _limit(self, limit: str, what: str) -> errors.LimitReached:
        told = f"Drawing what follows from these {self.table.asserted:,} statements {what} {limit}."
        return errors.LimitReached(told, limit=limit, hint="Take out the axioms that multiply, or draw no conclusions.")

    def _met(self, relation: _Relation, end: int) -> dict[int, list[int]]:
        """The rows of a relation met so far by one of their ends; kept up to date from the first call on."""
        index = relation.index[end]
        if index is None:
            index = relation.index[end] = _file({}, self._columns[end], relation.rows[: relation.done])
            self._activate(relation)
        return index

    # -- matching axioms

    def _start(self, clause: _Clause) -> tuple[_Clause, _Binding, tuple[int, ...]]:
        return clause, {word: self.table.code(word) for word in clause.constants()}, ()

    def _advance(self) -> None:
        """Take the new matches of axioms one premise on. A stack, and not while rules fire: it adds rules."""
        while self._matched:
            clause, bound, axioms = self._matched.pop()
            if len(axioms) == len(clause.axioms):
                self._await_data(clause, bound, axioms)
            else:
                pattern = clause.axioms[len(axioms)]
                self._wait(self.table.relation(bound[pattern[1]]), pattern, bound, self._axiom(clause, bound, axioms))

    def _axiom(self, clause: _Clause, bound: _Binding, axioms: tuple[int, ...]) -> _Fire:
        """What matches the next axiom of a rule."""
        pattern = clause.axioms[len(axioms)]
        by_steps, by_halves = clause.name in _BY_STEPS, clause.name in _BY_HALVES

        def fire(rows: Sequence[int]) -> None:
            for row in rows:
                if (by_steps and self._composed[row]) or (by_halves and row >= self.table.count):
                    continue
                match = dict(bound)
                pairs = zip(pattern, self.table.triple(row), strict=True)
                if all(match.setdefault(word, term) == term for word, term in pairs):
                    self._matched.append((clause, match, (*axioms, row)))

        return fire

    def _wait(self, relation: _Relation, pattern: Pattern, bound: _Binding, fire: _Fire) -> None:
        """Fire on the rows of a relation that fit a pattern: on those met already, and on those to come."""
        subject, _, value = pattern
        if (subject in bound and value in bound) or subject == value:
            fire = self._at_both_ends(fire, bound.get(value))
        met: Sequence[int] = relation.rows[: relation.done]
        waiting = relation.rules
        for end, word in ((_SUBJECT, subject), (_VALUE, value)):
            if word in bound:
                met = self._met(relation, end).get(bound[word], ()) if relation.done else ()
                waiting = relation.rules_at[end].setdefault(bound[word], [])
                break
        waiting.append(fire)
        self._activate(relation)
        if met:
            fire(tuple(met))

    def _at_both_ends(self, fire: _Fire, wanted: int | None) -> _Fire:
        """Fire only on the rows with a value, or with their subject as value."""
        subjects, values = self._columns
        if wanted is None:
            return lambda rows: fire([row for row in rows if subjects[row] == values[row]])
        return lambda rows: fire([row for row in rows if values[row] == wanted])

    def _read_lists(self, rows: Sequence[int]) -> None:
        """Read the lists of axioms that were derived: the members are taken up as conclusions that need no premise."""
        for head in dict.fromkeys(self._values[row] for row in rows):
            items = () if head in self.table.lists else self.table.members(head)
            if not items:
                continue
            self.table.lists[head] = items
            source = self._source("", 0)
            for name, item in spelt(items):
                relation = self.table.relation(self.table.code(name))
                key = head << _SHIFT | item
                if key not in self.table.known(relation):
                    self._conclude(relation, key, source, ())
            clauses = (clause for rule in RULES if rule.each for clause in _clauses(rule, {head: items}))
            self._matched.extend(map(self._start, clauses))

    # -- joining data

    def _await_data(self, clause: _Clause, bound: _Binding, axioms: tuple[int, ...]) -> None:
        """Let each data premise of a rule whose axioms are matched wait for what fits it."""
        if clause.differ and bound.get(clause.differ[0], -1) == bound.get(clause.differ[1], -2):
            return
        # Several axioms may say one thing.
        patterns = (*clause.data, clause.conclusion or (clause.name,), clause.differ or ())
        said = tuple(bound.get(word, word) for pattern in patterns for word in pattern)
        if clause.data and said in self._said:
            return
        self._said.add(said)
        if not clause.data:
            self._draw(clause, bound, axioms, [], {})([()])
            return
        relations = [self.table.relation(bound[predicate]) for _, predicate, _ in clause.data]
        if self._composes(clause, bound):
            self._watch(relations[0], self._compose(relations[0], self._source(clause.name, 2, axioms)))
            return
        for place, (relation, pattern) in enumerate(zip(relations, clause.data, strict=True)):
            # Lists do not change; and of a rule that says the same with two variables exchanged, half is enough.
            if relation.code in self._static or (clause.differ and clause.differ[1] in pattern):
                continue
            single = len(clause.data) == 1 and clause.conclusion is not None
            fire = self._rename(clause, bound, axioms) if single else self._join(clause, bound, axioms, place)
            self._wait(relation, pattern, bound, fire)

    def _source(self, rule: str, premises: int, axioms: tuple[int, ...] = (), order: list[int] | None = None) -> int:
        """Note where conclusions come from: rule, axioms, and which row of a match is which premise."""
        self._sources.append((rule, axioms, list(range(premises)) if order is None else order))
        return len(self._sources) - 1

    def _composes(self, clause: _Clause, bound: _Binding) -> bool:
        """Whether a rule says that a relation holds from a first to a third thing by way of a second."""
        if len(clause.data) != 2 or clause.conclusion is None or clause.differ:
            return False
        (one, first, two), (middle, second, three) = clause.data
        free = {one, two, three}
        if not (two == middle and bound[first] == bound[second] and len(free) == 3 and free.isdisjoint(bound)):
            return False
        subject, predicate, value = clause.conclusion
        return (subject, bound[predicate], value) == (one, bound[first], three)

    def _compose(self, relation: _Relation, source: int) -> _Fire:
        subjects, values = self._columns
        composed, known = self._composed, self.table.known(relation)
        ending = self._met(relation, _VALUE)
        steps: dict[int, list[int]] = {}
        gaps = self._leaving_out | {self._thing}  # what is said by way of these is not said step by step

        def fire(rows: Sequence[int]) -> None:
            fresh = [row for row in rows if not composed[row]]
            _file(steps, subjects, fresh)
            pairs = [(row, step) for row in rows for step in steps.get(values[row], ())]
            pairs += [(row, step) for step in fresh for row in ending.get(subjects[step], ())]
            for row, step in pairs:
                key = subjects[row] << _SHIFT | values[step]
                if key not in known:
                    self._conclude(relation, key, source, (row, step), subjects[step] not in gaps)

        return fire

    def _rename(self, clause: _Clause, bound: _Binding, axioms: tuple[int, ...]) -> _Fire:
        """What a rule with one data premise does: no look-up, the conclusion is made of the row."""
        assert clause.conclusion is not None
        (pattern,) = clause.data
        subject, predicate, value = clause.conclusion
        source = self._source(clause.name, 1, axioms)
        relation = self.table.relation(bound[predicate])
        known, conclude = self.table.known(relation), self._conclude
        columns = {pattern[0]: self._subjects, pattern[2]: self._values}
        starts, ends = columns.get(subject, self._subjects), columns.get(value, self._values)
        composed = self._composed
        # Where both ends are handed on, so is how the statement is composed.
        handed = len({subject, value, *bound}) == len(bound) + 2 and relation.code not in self._leaving_out

        def fire(rows: Sequence[int]) -> None:
            if subject in bound:
                start = bound[subject] << _SHIFT
                keys = [start | ends[row] for row in rows]
            elif value in bound:
                end = bound[value]
                keys = [starts[row] << _SHIFT | end for row in rows]
            else:
                keys = [starts[row] << _SHIFT | ends[row] for row in rows]
            for row, key in zip(rows, keys, strict=True):
                if key not in known:
                    conclude(relation, key, source, (row,), composed[row] if handed else 0)

        return fire

    def _join(self, clause: _Clause, bound: _Binding, axioms: tuple[int, ...], place: int) -> _Fire:
        """What a rule does with the rows that fit one of its data premises: look up the others, draw the conclusion.

        How to look them up is decided when it first fires.
        """
        row_ends = self._ends(clause.data[place], 0)
        known: Mapping[int, int] = {}
        ends: list[_Getter] = []
        if clause.conclusion and all(word in bound or word in row_ends for word in clause.conclusion[::2]):
            # The row alone says what would follow; if that is known, there is nothing to look up.
            known = self.table.known(self.table.relation(bound[clause.conclusion[1]]))
            ends = [_getter(word, bound, row_ends) for word in clause.conclusion[::2]]
        steps: list[_Step] = []
        draw = None

        def fire(rows: Sequence[int]) -> None:
            nonlocal draw
            matches: list[_Match] = [(row,) for row in rows]
            if ends:
                subject, value = ends
                matches = [match for match in matches if subject(match) << _SHIFT | value(match) not in known]
            if matches and draw is None:
                draw = self._plan(clause, bound, axioms, place, steps)
            if matches and draw is not None:
                for start in range(0, len(matches), _BATCH):
                    found = matches[start : start + _BATCH]
                    for step in steps:
                        found = step(found)
                    draw(found)

        return fire

    def _plan(
        self, clause: _Clause, bound: _Binding, axioms: tuple[int, ...], place: int, steps: list[_Step]
    ) -> Callable[[list[_Match]], None]:
        """Fill in the steps that look up the premises beside the one at a place; what draws the conclusion."""
        columns = self._ends(clause.data[place], 0)
        order = [place]
        left = [other for other in range(len(clause.data)) if other != place]

        def given(other: int) -> int:
            return sum(word in bound or word in columns for word in clause.data[other][::2])

        while left:
            # One of which both ends are known is one look-up and one statement at most; one is always known.
            other = next((other for other in left if given(other) == 2), -1)
            if other < 0:
                other = next(other for other in left if given(other))
            left.remove(other)
            step = self._look_up(clause.data[other], bound, columns)
            columns = self._ends(clause.data[other], len(order)) | columns
            order.append(other)
            read = (*(clause.data[rest] for rest in left), clause.conclusion or (), clause.differ or ())
            needed = {word for pattern in read for word in pattern if word in columns and word not in bound}
            if clause.conclusion and len(clause.data) > 2 and len(needed) < len(columns.keys() - bound.keys()):
                step = _distinct(step, [columns[word] for word in sorted(needed)])
            steps.append(step)
        return self._draw(clause, bound, axioms, sorted(range(len(order)), key=order.__getitem__), columns)

    def _ends(self, pattern: Pattern, place: int) -> dict[str, _Getter]:
        """How to get the words of a pattern from a match in which the row that fits it has a place."""
        return {pattern[0]: _cell(self._subjects, place), pattern[2]: _cell(self._values, place)}

    def _look_up(self, pattern: Pattern, bound: _Binding, columns: Mapping[str, _Getter]) -> _Step:
        """What makes matches longer by the rows that fit a pattern of which one end is known or both."""
        relation = self.table.relation(bound[pattern[1]])
        subject, value = (
            _getter(word, bound, columns) if word in bound or word in columns else None for word in pattern[::2]
        )
        if subject and value:
            known = self.table.known(relation)
            return lambda matches: [
                (*match, row)
                for match in matches
                if (row := known.get(subject(match) << _SHIFT | value(match))) is not None
            ]
        end, get = (_SUBJECT, subject) if subject else (_VALUE, value)
        assert get is not None
        met = self._met(relation, end)
        return lambda matches: [(*match, row) for match in matches for row in met.get(get(match), ())]

    def _draw(
        self, clause: _Clause, bound: _Binding, axioms: tuple[int, ...], order: list[int], columns: dict[str, _Getter]
    ) -> Callable[[list[_Match]], None]:
        """What draws the conclusion of a rule from matches; the order is the place of each data premise in one."""
        source = self._source(clause.name, 0, axioms, order)
        differ = [_getter(word, bound, columns) for word in clause.differ or ()]
        if clause.conclusion is None:
            relation, known, ends = None, {}, []
        else:
            relation = self.table.relation(bound[clause.conclusion[1]])
            known = self.table.known(relation)
            ends = [_getter(word, bound, columns) for word in clause.conclusion[::2]]

        def draw(matches: list[_Match]) -> None:
            if len(matches) > _CHUNK:
                self._check()
            for match in matches:
                if differ and differ[0](match) == differ[1](match):
                    continue
                if relation is None:
                    self._contradict(source, match)
                else:
                    key = ends[0](match) << _SHIFT | ends[1](match)
                    if key not in known:
                        self._conclude(relation, key, source, match)

        return draw

    # -- equal things

    def _merge(self, rows: Sequence[int]) -> None:
        """Make one class of two for each statement that a thing of one is the same as a thing of the other."""
        sym, trans = self._equalities[:2]
        known = self.table.known(self.table.relation(self._same_as))
        for row in rows:
            one, other = self._subjects[row], self._values[row]
            ours, theirs = self._classes.get(one) or [one], self._classes.get(other) or [other]
            if ours is theirs or one == other:
                continue
            if not self._classes:  # from now on all statements are met
                for relation in list(self.table.relations.values()):
                    self._activate(relation)
            if len(ours) < len(theirs) or self.kinds[ours[0]] == _OTHER:
                one, other, ours, theirs = other, one, theirs, ours
                row = self._equate(one, other, sym, row)
            # The first of a class is no literal (but of one alone), so that its equations can be written.
            first, second = ours[0], theirs[0]
            if first != one:
                row = self._equate(first, other, trans, known[first << _SHIFT | one], row)
            if second != other:
                row = self._equate(first, second, trans, row, known[other << _SHIFT | second])
            for new in theirs:
                if new != second:
                    self._equate(first, new, trans, row, known[second << _SHIFT | new])
                for old in ours:
                    if old != first:
                        self._equate(old, new, trans, known[old << _SHIFT | first], known[first << _SHIFT | new])
                    if (both := known.get(old << _SHIFT | new)) is not None:
                        self._equate(new, old, sym, both)
            added = list(theirs)
            ours += theirs
            self._classes.update(dict.fromkeys((first, *added), ours))
            self._replace_met(second, [first])
            self._replace_met(first, added)

    def _equate(self, one: int, other: int, source: int, *premises: int) -> int:
        """Take up that two things are the same, unless it is known; its row, or -1 where two literals are meant."""
        relation = self.table.relation(self._same_as)
        known, key = self.table.known(relation), one << _SHIFT | other
        if key not in known:
            self._conclude(relation, key, source, premises)
        return known.get(key, -1)

    def _replace(self, rows: Iterable[int]) -> None:
        """Say of the first of a class what rows say of another, and of the others what they say of the first."""
        for row in rows:
            for place, term in enumerate(self.table.triple(row)):
                if names := self._classes.get(term):
                    self._say_again(row, place, names[1:] if term == names[0] else names[:1])

    def _replace_met(self, term: int, names: Sequence[int]) -> None:
        """Say what the rows met say of a term of its other names, too."""
        for relation in list(self.table.relations.values()):
            for place, end in ((0, _SUBJECT), (2, _VALUE)):
                for row in self._met(relation, end).get(term, ()):
                    self._say_again(row, place, names)
        if term in self.table.relations:
            relation = self.table.relations[term]
            for row in relation.rows[: relation.done]:
                self._say_again(row, 1, names)

    def _say_again(self, row: int, place: int, names: Sequence[int]) -> None:
        triple = self.table.triple(row)
        known = self.table.known(self.table.relation(self._same_as))
        if triple[1] in self._static or (triple[1] == self._same_as and place != 1):
            return
        source = self._equalities[2 + place]
        for name in names:
            subject, predicate, value = (name if at == place else term for at, term in enumerate(triple))
            relation, key = self.table.relation(predicate), subject << _SHIFT | value
            if key not in self.table.known(relation):
                same = known[triple[place] << _SHIFT | name]
                self._conclude(relation, key, source, (same, row), self._composed[row], empty=True)

    # -- conclusions

    def _conclude(
        self, relation: _Relation, key: int, source: int, match: _Match, composed: int = 0, empty: bool = False
    ) -> None:
        """Take up a statement that is new, unless it says nothing."""
        subject, value, code, known = key >> _SHIFT, key & _MASK, relation.code, relation.known
        assert known is not None  # whoever calls has looked there
        row = len(self._subjects)
        if (value == self._thing and code in self._of_thing) or (subject == value and code in self._reflexive):
            if not empty:
                return
            self._unsaid.append(row)
        elif self.kinds[subject] == _OTHER:
            if self._clash(subject, code, value):
                self._contradict(source, match)
                return
            if self._settled(code, value):
                return
            self._unsaid.append(row)
        if row >= self._most + self.table.count:
            raise self._limit(f"{self._most:,} statements", "gave more than")
        self._subjects.append(subject)
        self.table.predicates.append(code)
        self._values.append(value)
        self._composed.append(composed)
        self._begins.append(len(self._proofs))
        self._proofs.append(source)
        self._proofs.extend(match)
        known[key] = row
        relation.rows.append(row)
        if not relation.queued and (relation.active or self._classes):
            relation.active = True
            self._queue(relation)

    def _clash(self, subject: int, predicate: int, value: int) -> bool:
        """Whether a conclusion on a literal cannot be (``dt-diff``, ``dt-not-type``); what is not sure can."""
        literal, other = str(self.terms[subject]), str(self.terms[value])
        if predicate == self._same_as:
            return unequal(literal, other)
        return predicate == self._type and holds(literal, NAMES.get(other, "")) is False

    def _settled(self, predicate: int, value: int) -> bool:
        """Whether nothing more is drawn from such a conclusion on a literal: it is another, or in a datatype of which
        no axiom speaks.
        """
        if predicate == self._same_as:
            return self.kinds[value] == _OTHER
        return predicate == self._type and value not in self.table.asked and is_datatype(str(self.terms[value]))

    def _ill_typed(self) -> None:
        """Contradict the first statement with each literal whose text is none of its datatype (``dt-not-type``)."""
        wrong = {code for code, text in self.table.literals() if ill_typed(text)}
        source = self._source("dt-not-type", 1)
        for row in range(self.table.asserted if wrong else 0):
            if self._values[row] in wrong:
                wrong.discard(self._values[row])
                self._contradict(source, (row,))

    def _contradict(self, source: int, match: _Match) -> None:
        rule, premises = self._sources[source][0], self._premises(source, match)
        self.contradictions.setdefault((rule, frozenset(map(self.table.triple, premises))), premises)
        if len(self.contradictions) >= MOST_CONTRADICTIONS:
            raise _Enough

    # -- what came out

    def proof(self, row: int) -> tuple[str, tuple[int, ...]]:
        """The rule a derived statement was drawn by, and the rows of its premises in the order of the rule."""
        at = row - self.table.count
        end = self._begins[at + 1] if at + 1 < len(self._begins) else len(self._proofs)
        source, *match = self._proofs[self._begins[at] : end]
        return self._sources[source][0], self._premises(source, match)

    def _premises(self, source: int, match: Sequence[int]) -> tuple[int, ...]:
        _, axioms, order = self._sources[source]
        return (*axioms, *(match[place] for place in order))

    def hidden(self, row: int) -> bool:
        """Whether a statement cannot be written: by an anonymous inverse, about a literal, or of a list."""
        return self.kinds[self.table.predicates[row]] != _NAMED or self.kinds[self._subjects[row]] == _OTHER

    def hidden_rows(self) -> frozenset[int]:
        """Those derived that are `hidden`, or say nothing."""
        relations = (relation for code, relation in self.table.relations.items() if self.kinds[code] != _NAMED)
        rows = (row for relation in relations for row in relation.rows if row >= self.table.count)
        return frozenset((*self._unsaid, *rows))


def _kind(term: Any) -> int:
    text = term if isinstance(term, str) else str(term)
    if text[:1] not in ("<", "_") or " " in text:  # a literal, a statement as a term, a word of ours
        return _OTHER
    return _NAMED if text[0] == "<" else _BLANK


def _file(index: dict[int, list[int]], column: Sequence[int], rows: Iterable[int]) -> dict[int, list[int]]:
    """The index with the rows in it, by their codes in a column."""
    for row in rows:
        index.setdefault(column[row], []).append(row)
    return index


def _cell(column: list[int], place: int) -> _Getter:
    return lambda match: column[match[place]]


def _getter(word: str, bound: _Binding, columns: Mapping[str, _Getter]) -> _Getter:
    if word not in bound:
        return columns[word]
    code = bound[word]
    return lambda match: code


def _distinct(step: _Step, needed: Sequence[_Getter]) -> _Step:
    """A step that of matches which the rest of a rule cannot tell apart keeps the first: a chain or a key is followed
    from end to end, not along every path.
    """

    def first(matches: list[_Match]) -> list[_Match]:
        found: dict[tuple[int, ...], _Match] = {}
        for match in step(matches):
            found.setdefault(tuple(get(match) for get in needed), match)
        return list(found.values())

    return first


class _Derived(Mapping[Any, Any]):
    """The derived statements of an evaluator in order, each with its derivation, both made when they are asked for."""

    def __init__(
        self, evaluator: _Evaluator, statement: Callable[[Any, Any, Any], Any], derivation: Callable[[str, Any], Any]
    ) -> None:
        self._evaluator = evaluator
        self._table = evaluator.table
        self._statement = statement
        self._derivation = derivation
        self._rows = range(evaluator.table.count, len(evaluator.table.subjects))
        self._hidden = evaluator.hidden_rows()

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
        subject, predicate, value = (self._table.codes.get(term, -1) for term in statement)
        relation = self._table.relations.get(predicate)
        if relation is None or subject < 0 or value < 0:
            return None
        row = self._table.known(relation).get(subject << _SHIFT | value, -1)
        return row if row in self._rows and row not in self._hidden else None

    def items(self) -> ItemsView[Any, Any]:
        """Statements and derivations, without looking each up."""
        return _Items(self)

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """What `items` goes through."""
        return ((self._shown(row), self._proof(row)) for row in self._rows if row not in self._hidden)

    def contradictions(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """The rule and the premises of each."""
        for (rule, _), rows in self._evaluator.contradictions.items():
            yield rule, self._premises(rows)

    def _shown(self, row: int) -> Any:
        return self._statement(*map(self._evaluator.terms.__getitem__, self._table.triple(row)))

    def _proof(self, row: int) -> Any:
        rule, rows = self._evaluator.proof(row)
        return self._derivation(rule, self._premises(rows))

    def _premises(self, rows: Iterable[int]) -> tuple[Any, ...]:
        """Statements for rows; for one that cannot be written, those it was drawn from."""
        found: dict[int, None] = {}
        opened: set[int] = set()
        todo = list(rows)[::-1]
        while todo:
            row = todo.pop()
            if row in self._rows and row in self._hidden:
                todo += () if row in opened else self._evaluator.proof(row)[1][::-1]
                opened.add(row)
            elif not self._evaluator.hidden(row):
                found[row] = None
        return tuple(map(self._shown, found))


class _Items(ItemsView[Any, Any]):
    _mapping: _Derived

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return self._mapping.pairs()


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
