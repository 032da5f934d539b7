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

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import repeat
from time import monotonic
from typing import Any, NamedTuple, TypeAlias

from pyoxigraph import RdfFormat, parse

from .. import errors
from ..names import PREFIXES, iri
from ..rdf.terms import NAMES, SPACES, from_rdflib, holds, ill_typed, to_rdflib, unequal
from ..store.engine import Statement
from . import rules
from .rules import MASK, RULES, SHIFT, Columns, Fire, Relation, Rule, Step

MOST_CONTRADICTIONS = 1_000
"""With so many found, the evaluation ends; what was derived is then not all."""


class Closure(NamedTuple):
    """What follows from a graph.

    Attributes:
        derived: The statements that were not asserted, in the order in which they were found; to be read once.
        steps: Each with the first step found; so every premise is asserted or stands earlier, and no proof is
            circular. To be read once, too.
        contradictions: Statements that cannot all be true, with the rule before them, and behind them the asserted
            statements that they rest on, in the order of the proof; none for a consistent graph.
    """

    derived: Iterable[Statement]
    steps: Iterable[tuple[Statement, Step]]
    contradictions: Sequence[tuple[str, tuple[Statement, ...], Iterable[Statement]]]


def close(statements: Iterable[Statement], *, seconds: float | None = None, most: int | None = None) -> Closure:
    """Draw every conclusion of `RULES` from the statements.

    The result depends on the statements and their order alone. Lists are read as asserted, also where it is only
    derived that an axiom points to one; one that is malformed (branching, cyclic, without end) gives no conclusions.
    Never raises for a contradiction: the caller decides. Proofs are decoded as they are read.

    Args:
        statements: Read once, one after the other. A term must be written in one way only, as pyoxigraph writes it.
        seconds: How long the evaluation may take; by default a minute and a second for 10,000 statements given.
        most: How many statements may be derived; by default 2,500,000 and ten for each given.

    Raises:
        errors.LimitReached: It took longer, or more was derived.

    >>> same = "<http://www.w3.org/2002/07/owl#sameAs>"
    >>> closure = close([("<urn:a>", same, "<urn:b>")])
    >>> dict(closure.steps)[("<urn:b>", same, "<urn:a>")]
    ('eq-sym', (('<urn:a>', '<http://www.w3.org/2002/07/owl#sameAs>', '<urn:b>'),))
    """
    evaluator = _Evaluator(Columns(statements), seconds, most)
    table, hidden = evaluator.table, evaluator.table.hidden()
    table.relations.clear()  # only needed while more may come; rules hold much
    drawn = range(table.given, len(table.subjects))

    def rows() -> Iterator[int]:
        return (row for row in drawn if row not in hidden)

    def shown(used: Sequence[int]) -> tuple[Statement, ...]:
        return tuple(table.grounds(used, hidden))

    steps = ((table.statement(row), (rule, shown(used))) for row in rows() for rule, used in [table.proof(row)])
    found = [(rule, shown(used), table.grounds(used, drawn)) for (rule, _), used in evaluator.contradictions.items()]
    return Closure(map(table.statement, rows()), steps, found)


# Rules that are not joined as they are written, but by classes of equal things.
_BY_CLASSES = ("eq-sym", "eq-trans", "eq-rep-s", "eq-rep-p", "eq-rep-o")
# Rules whose axiom composes: following its steps comes to the same as following every composed one.
_BY_STEPS = ("cax-sco", "prp-spo1")
# Rules whose axiom, where it is derived, has been taken apart into two of the axioms above.
_BY_HALVES = ("cax-eqc1", "cax-eqc2", "prp-eqp1", "prp-eqp2")

_Match: TypeAlias = tuple[int, ...]  # the rows that fit the premises of a rule, in the order they were looked up
_Getter: TypeAlias = Callable[[_Match], int]
_Stage: TypeAlias = Callable[[list[_Match]], list[_Match]]
_Words: TypeAlias = tuple[Any, ...]  # of a pattern: variables (text) and codes (integers)

_XSD = "<" + PREFIXES["xsd"]
_CHUNK = 4000  # how many rows are met at once
_BATCH = 100  # how many of them are joined at once: more would need more memory for their matches


class _Enough(Exception):
    """So many contradictions that no more are wanted."""


class _Evaluator:
    """Fires the rules until nothing new comes.

    The axioms of a rule are matched one after the other, each match waiting for the next axiom. A match of all of them
    leaves a rule whose predicates are known, and each premise of that waits at the relation of its predicate. The
    statement that fits looks up the other premises among the statements met before. No partial match of data is kept:
    only the statements, by what they are looked up by, and a few numbers for each proof.
    """

    def __init__(self, table: Columns, seconds: float | None, most: int | None) -> None:
        self.table = table
        self._ends = table.subjects, table.values
        self._most = 2_500_000 + 10 * table.given if most is None else most
        self._seconds = 60 + table.given / 10_000 if seconds is None else seconds
        self._stop = monotonic() + self._seconds
        self._early: deque[Relation] = deque()  # relations to be met: those of axioms
        self._late: deque[Relation] = deque()  # and the others
        self._said: set[tuple[_Words, ...]] = set()  # the rules that are ready
        self._composed = bytearray(table.given)  # of each row, whether its parts are in the same relation, and earlier
        self._classes: dict[int, list[int]] = {}  # things that are the same as others: each with all of its class
        self._lists: dict[int, list[int]] = {}  # those read: head to members
        self.contradictions: dict[tuple[str, frozenset[tuple[int, int, int]]], _Match] = {}
        # Relations of which some conclusions are not drawn, and those that do not change.
        unsaid = rules.REFLEXIVE, rules.OF_THING, (rules.MEMBER, rules.AGAIN)
        self._reflexive, self._of_thing, self._static = (
            frozenset(table.names[name] for name in each) for each in unsaid
        )
        self._gaps = self._reflexive | self._of_thing
        self._thing, self._same_as, self._type = (table.names[name] for name in ("owl:Thing", "owl:sameAs", "rdf:type"))
        axioms = {table.names[name] for rule in RULES for _, name, _ in rule.premises[: rule.axioms]}
        self._axioms = axioms - {self._type}
        # To be taken one axiom further.
        self._matched = [rule.bound(table.names) for rule in reversed(RULES) if rule.name not in _BY_CLASSES]
        # Datatypes of which no axiom has asked for the members (dt-type2) so far.
        known = {table.codes.get(text, -1): name for text, name in NAMES.items()}
        self._datatypes = {code: name for code, name in known.items() if name in SPACES and code >= 0}
        self._literals = [(code, text) for code, text in enumerate(table.terms) if text.startswith('"')]
        with suppress(_Enough):
            self._run()

    # -- meeting statements

    def _run(self) -> None:
        """Meet every statement that a rule waits for, and every conclusion, until nothing is new."""
        # The first statement with each literal whose text is none of its datatype (dt-not-type).
        wrong = {code for code, text in self._literals if ill_typed(text)}
        source, rows = self.table.source("dt-not-type", (), (0,)), enumerate(self.table.values if wrong else ())
        firsts = {value: row for row, value in reversed(list(rows)) if value in wrong}
        for row in sorted(firsts.values()):
            self._contradict(source, (row,))
        self._advance()
        self._equalities = [self.table.source(name, (), range(2 if name != "eq-sym" else 1)) for name in _BY_CLASSES]
        self._wait(("?one", self._same_as, "?other"), self._merge)
        while self._early or self._late:  # axioms first, so that data is met when its rules are there
            self._meet((self._early or self._late).popleft())

    def _queue(self, relation: Relation) -> None:
        """See to it that the rows of a relation are met, now and those to come."""
        if not relation.queued:
            relation.queued = True
            (self._early if relation.code in self._axioms else self._late).append(relation)

    def _meet(self, relation: Relation) -> None:
        """Fire the rules that wait at a relation on its new rows, of which there may come more meanwhile."""
        while relation.done < len(relation.rows):
            rows = relation.rows[relation.done : relation.done + _CHUNK]
            relation.done += len(rows)
            for index, column in zip(relation.index, self._ends, strict=True):
                if index is not None:
                    _file(index, column, rows)
            for fire in relation.rules:
                self._check_time()
                fire(rows)
            for waiting, column in zip(relation.rules_at, self._ends, strict=True):
                if waiting:
                    for code, fitting in _file({}, column, rows).items():
                        for fire in waiting.get(code, ()):
                            fire(fitting)
            if self._classes:
                self._replace(rows)
            self._advance()
        relation.queued = False

    def _met(self, relation: Relation, end: int) -> dict[int, list[int]]:
        """The rows of a relation met so far by one of their ends; kept up to date from the first call on."""
        index = relation.index[end]
        if index is None:
            index = relation.index[end] = _file({}, self._ends[end], relation.rows[: relation.done])
            self._queue(relation)
        return index

    def _check_time(self) -> None:
        if monotonic() > self._stop:
            raise self._limit(f"{self._seconds:,.0f} s", "takes longer than")

    def _limit(self, limit: str, what: str) -> errors.LimitReached:
        told = f"To draw what follows from these {self.table.given:,} statements {what} {limit}."
        hint = "Leave out the axioms that multiply them, or ask without conclusions: --reasoner none."
        return errors.LimitReached(told, limit=limit, hint=hint)

    # -- matching axioms

    def _advance(self) -> None:
        """Take the new matches of axioms one premise on. A stack, and not while rules fire: it adds rules."""
        while self._matched:
            rule = self._matched.pop()
            if rule.axioms:
                self._wait(rule.premises[0], partial(self._match_axiom, rule))
            elif not rule.each:
                self._make_ready(rule)
            elif items := self._members(self.table.values[rule.matched[0]]):
                self._make_ready(rule.over(items))

    def _match_axiom(self, rule: Rule, rows: Sequence[int]) -> None:
        by_steps, by_halves = rule.name in _BY_STEPS, rule.name in _BY_HALVES
        for row in rows:
            if not (by_steps and self._composed[row]) and not (by_halves and row >= self.table.given):
                names = dict(zip(rule.premises[0], self.table.triple(row), strict=True))
                self._matched.append(rule.bound(names, row))

    def _wait(self, pattern: _Words, fire: Fire) -> None:
        """Fire on the rows that fit a pattern of known predicate: on those met already, and on those to come."""
        subject, predicate, value = pattern
        relation = self.table.relation(predicate)
        subjects, values = self._ends
        narrowed = fire
        if isinstance(subject, int) and isinstance(value, int):
            narrowed = lambda rows: fire([row for row in rows if values[row] == value])  # noqa: E731
        elif subject == value:
            narrowed = lambda rows: fire([row for row in rows if subjects[row] == values[row]])  # noqa: E731
        met: Sequence[int] = relation.rows[: relation.done]
        waiting = relation.rules
        for end, word in enumerate((subject, value)):
            if isinstance(word, int):
                met = self._met(relation, end).get(word, ()) if relation.done else ()
                waiting = relation.rules_at[end].setdefault(word, [])
                break
        waiting.append(narrowed)
        self._queue(relation)
        if met:
            narrowed(tuple(met))
        if predicate in self._static:
            self._members(subject)
        elif predicate == self._type and value in self._datatypes:  # dt-type2
            name = self._datatypes.pop(value)
            self._state(relation, ((code, value) for code, text in self._literals if holds(text, name)))

    def _members(self, head: int) -> list[int]:
        """The members of a list; when it is first read, they are taken up as statements."""
        if head not in self._lists:
            items = self._lists[head] = self.table.members(head)
            again = [item for item, times in Counter(items).items() if times > 1]
            for name, told in ((rules.MEMBER, items), (rules.AGAIN, again)):
                self._state(self.table.relation(self.table.names[name]), ((head, item) for item in told))
        return self._lists[head]

    def _state(self, relation: Relation, pairs: Iterable[tuple[int, int]]) -> None:
        """Take up what needs no premise, and is not shown."""
        source = self.table.source("", (), ())
        for one, other in pairs:
            self._conclude(relation, one << SHIFT | other, source, ())

    # -- joining data

    def _make_ready(self, rule: Rule) -> None:
        """Let each data premise of a rule whose axioms are matched wait for what fits it."""
        data, differ = rule.premises, rule.differ
        said = (*data, rule.conclusion or (rule.name,), differ)
        if (differ and differ[0] == differ[1]) or (data and said in self._said):  # several axioms may say one thing
            return
        self._said.add(said)
        if not data:
            self._draw(rule, (), {})([()])
        elif _composes(rule):
            self._wait(data[0], self._compose(rule))
        else:
            for place, pattern in enumerate(data):
                # Lists do not change; and of a rule that says the same with two variables exchanged, half is enough.
                if pattern[1] not in self._static and not (differ and differ[1] in pattern):
                    single = len(data) == 1 and rule.conclusion
                    self._wait(pattern, self._rename(rule) if single else self._join(rule, place))

    def _compose(self, rule: Rule) -> Fire:
        """What a rule does that composes a relation with itself: join its rows with the steps among them."""
        subjects, values = self._ends
        relation = self.table.relation(rule.conclusion[1])
        composed, known, ending = self._composed, self.table.known(relation), self._met(relation, 1)
        source = self.table.source(rule.name, rule.matched, (0, 1))
        steps: dict[int, list[int]] = {}
        gaps = self._gaps | {self._thing}  # what is said by way of these is not said step by step

        def fire(rows: Sequence[int]) -> None:
            fresh = [row for row in rows if not composed[row]]
            _file(steps, subjects, fresh)
            pairs = [(row, step) for row in rows for step in steps.get(values[row], ())]
            pairs += [(row, step) for step in fresh for row in ending.get(subjects[step], ())]
            for row, step in pairs:
                key = subjects[row] << SHIFT | values[step]
                if key not in known:
                    self._conclude(relation, key, source, (row, step), subjects[step] not in gaps)

        return fire

    def _rename(self, rule: Rule) -> Fire:
        """What a rule with one data premise does: no look-up, the conclusion is made of the row."""
        ((one, _, other),) = rule.premises
        subject, predicate, value = rule.conclusion
        source = self.table.source(rule.name, rule.matched, (0,))
        relation = self.table.relation(predicate)
        known, composed = self.table.known(relation), self._composed
        columns = dict(zip((one, other), self._ends, strict=True))
        starts, ends = columns.get(subject), columns.get(value)
        # Where both ends are handed on, so is how the statement is composed.
        handed = {one, other} == {subject, value} and len(columns) == 2 and predicate not in self._gaps

        def fire(rows: Sequence[int]) -> None:
            firsts = [starts[row] for row in rows] if starts is not None else repeat(subject, len(rows))
            lasts = [ends[row] for row in rows] if ends is not None else repeat(value, len(rows))
            for row, first, last in zip(rows, firsts, lasts, strict=True):
                if (key := first << SHIFT | last) not in known:
                    self._conclude(relation, key, source, (row,), composed[row] if handed else 0)

        return fire

    def _join(self, rule: Rule, place: int) -> Fire:
        """What a rule does with the rows that fit one of its data premises: look up the others, draw the conclusion.

        How to look them up is decided when it first fires.
        """
        columns = self._columns(rule.premises[place], 0)
        known: Mapping[int, int] = {}
        if rule.conclusion and all(isinstance(word, int) or word in columns for word in rule.conclusion):
            # The row alone says what would follow; if that is known, there is nothing to look up.
            known = self.table.known(self.table.relation(rule.conclusion[1]))
            start, end = (_getter(word, columns) for word in rule.conclusion[::2])
        stages: list[_Stage] = []

        def fire(rows: Sequence[int]) -> None:
            matches: list[_Match] = [(row,) for row in rows]
            if known:
                matches = [match for match in matches if start(match) << SHIFT | end(match) not in known]
            if matches and not stages:
                stages.extend(self._plan(rule, place))
            for first in range(0, len(matches), _BATCH):
                found = matches[first : first + _BATCH]
                for stage in stages:
                    found = stage(found)

        return fire

    def _plan(self, rule: Rule, place: int) -> Iterator[_Stage]:
        """How to look up the premises beside the one at a place, one after the other, and to draw the conclusion."""
        columns = self._columns(rule.premises[place], 0)
        order = [place]
        left = [other for other in range(len(rule.premises)) if other != place]
        while left:
            # One of which both ends are known is one look-up and one statement at most; one is always known.
            given = [sum(isinstance(word, int) or word in columns for word in rule.premises[at][::2]) for at in left]
            at = left.pop(given.index(2) if 2 in given else given.index(1))
            look = self._look_up(rule.premises[at], columns)
            columns = self._columns(rule.premises[at], len(order)) | columns
            order.append(at)
            read = {word for at in left for word in rule.premises[at]} | {*rule.conclusion, *rule.differ}
            needed = [columns[word] for word in columns if word in read]
            distinct = rule.conclusion and len(rule.premises) > 2 and len(needed) < len(columns)
            yield _distinct(look, needed) if distinct else look
        yield self._draw(rule, sorted(range(len(order)), key=order.__getitem__), columns)

    def _columns(self, pattern: _Words, place: int) -> dict[str, _Getter]:
        """How to get the variables of a pattern from a match in which the row that fits it has a place."""

        def cell(column: list[int]) -> _Getter:
            return lambda match: column[match[place]]

        ends = zip(pattern[::2], self._ends, strict=True)
        return {word: cell(column) for word, column in ends if not isinstance(word, int)}

    def _look_up(self, pattern: _Words, columns: Mapping[str, _Getter]) -> _Stage:
        """What makes matches longer by the rows that fit a pattern of which one end is known or both."""
        relation = self.table.relation(pattern[1])
        ends = {end: _getter(word, columns) for end, word in enumerate(pattern[::2])
                if isinstance(word, int) or word in columns}  # fmt: skip
        if len(ends) == 2:
            known, start, end = self.table.known(relation), ends[0], ends[1]
            return lambda matches: [
                (*match, row) for match in matches if (row := known.get(start(match) << SHIFT | end(match))) is not None
            ]
        ((side, get),) = ends.items()
        met = self._met(relation, side)
        return lambda matches: [(*match, row) for match in matches for row in met.get(get(match), ())]

    def _draw(self, rule: Rule, order: Sequence[int], columns: Mapping[str, _Getter]) -> _Stage:
        """What draws the conclusion of a rule from matches; the order is the place of each data premise in one."""
        source = self.table.source(rule.name, rule.matched, order)
        differ = [_getter(word, columns) for word in rule.differ]
        if rule.conclusion:
            relation = self.table.relation(rule.conclusion[1])
            known = self.table.known(relation)
            start, end = (_getter(word, columns) for word in rule.conclusion[::2])

        def draw(matches: list[_Match]) -> list[_Match]:
            if len(matches) > _CHUNK:
                self._check_time()
            for match in matches:
                if differ and differ[0](match) == differ[1](match):
                    continue
                if not rule.conclusion:
                    self._contradict(source, match)
                elif (key := start(match) << SHIFT | end(match)) not in known:
                    self._conclude(relation, key, source, match)
            return []

        return draw

    # -- equal things

    def _merge(self, rows: Sequence[int]) -> None:
        """Make one class of two for each statement that a thing of one is the same as a thing of the other."""
        relation = self.table.relation(self._same_as)
        known, symmetric = self.table.known(relation), self._equalities[0]
        for row in rows:
            one, other = self.table.subjects[row], self.table.values[row]
            ours, theirs = self._classes.get(one) or [one], self._classes.get(other) or [other]
            if ours is theirs or one == other:
                continue
            if not self._classes:  # from now on all statements are met
                for each in list(self.table.relations.values()):
                    self._queue(each)
            if len(ours) < len(theirs) or self.table.literal[ours[0]]:
                one, other, ours, theirs = other, one, theirs, ours
                self._conclude(relation, one << SHIFT | other, symmetric, (row,))
            # The first of a class is no literal (but of one alone), so that its equations can be written.
            first, second = ours[0], theirs[0]
            self._equate(first, one, other)
            self._equate(first, other, second)
            for new in theirs:
                self._equate(first, second, new)
                for old in ours:
                    self._equate(old, first, new)
                    if (both := known.get(old << SHIFT | new)) is not None:
                        self._conclude(relation, new << SHIFT | old, symmetric, (both,))
            added = list(theirs)
            ours += theirs
            self._classes.update(dict.fromkeys((first, *added), ours))
            self._replace_met(second, [first])
            self._replace_met(first, added)

    def _equate(self, one: int, middle: int, other: int) -> None:
        """Take up that two things are the same because both are the same as a third."""
        if one != middle != other:
            relation = self.table.relation(self._same_as)
            known = self.table.known(relation)
            steps = known[one << SHIFT | middle], known[middle << SHIFT | other]
            self._conclude(relation, one << SHIFT | other, self._equalities[1], steps)

    def _replace(self, rows: Iterable[int]) -> None:
        """Say of the first of a class what rows say of another, and of the others what they say of the first."""
        for row in rows:
            for place, term in enumerate(self.table.triple(row)):
                if names := self._classes.get(term):
                    self._say_again(row, place, names[1:] if term == names[0] else names[:1])

    def _replace_met(self, term: int, names: Sequence[int]) -> None:
        """Say what the rows met say of a term of its other names, too."""
        self._check_time()
        for relation in list(self.table.relations.values()):
            for place, end in ((0, 0), (2, 1)):
                for row in self._met(relation, end).get(term, ()):
                    self._say_again(row, place, names)
        if term in self.table.relations:
            relation = self.table.relations[term]
            for row in relation.rows[: relation.done]:
                self._say_again(row, 1, names)

    def _say_again(self, row: int, place: int, names: Sequence[int]) -> None:
        triple = self.table.triple(row)
        if triple[1] in self._static or (triple[1] == self._same_as and place != 1):
            return
        same = self.table.known(self.table.relation(self._same_as))
        for name in names:
            subject, predicate, value = (name if at == place else term for at, term in enumerate(triple))
            match = same[triple[place] << SHIFT | name], row
            source, key = self._equalities[2 + place], subject << SHIFT | value
            self._conclude(self.table.relation(predicate), key, source, match, self._composed[row], empty=True)

    # -- conclusions

    def _conclude(
        self, relation: Relation, key: int, source: int, match: _Match, composed: int = 0, empty: bool = False
    ) -> None:
        """Take up a statement, if it is new; one that says nothing only if that is asked for, so that more follows."""
        table, subject, value, code = self.table, key >> SHIFT, key & MASK, relation.code
        row, known = len(table.subjects), table.known(relation)
        if key in known:
            return
        if (value == self._thing and code in self._of_thing) or (subject == value and code in self._reflexive):
            if not empty:
                return
            table.unsaid.append(row)
        elif table.literal[subject]:
            literal, other = table.terms[subject], table.terms[value]
            if code == self._same_as and table.literal[value]:
                if unequal(literal, other):  # dt-diff
                    self._contradict(source, match)
                return
            if code == self._type and holds(literal, NAMES.get(other, "")) is False:  # dt-not-type
                self._contradict(source, match)
                return
            if code == self._type and value not in relation.rules_at[1] and (other in NAMES or other.startswith(_XSD)):
                return  # a datatype whose members nobody asks for
            table.unsaid.append(row)
        if row >= self._most + table.given:
            raise self._limit(f"{self._most:,} statements", "gives more than")
        relation.rows.append(row)
        table.subjects.append(subject)
        table.predicates.append(code)
        table.values.append(value)
        table.begins.append(len(table.proofs))
        table.proofs.append(source)
        table.proofs.extend(match)
        self._composed.append(composed)
        known[key] = row
        if not relation.queued:
            self._queue(relation)

    def _contradict(self, source: int, match: _Match) -> None:
        rule, premises = self.table.premises(source, match)
        self.contradictions.setdefault((rule, frozenset(map(self.table.triple, premises))), premises)
        if len(self.contradictions) >= MOST_CONTRADICTIONS:
            raise _Enough


def _file(index: dict[int, list[int]], column: Sequence[int], rows: Iterable[int]) -> dict[int, list[int]]:
    """The index with the rows in it, by their codes in a column."""
    for row in rows:
        index.setdefault(column[row], []).append(row)
    return index


def _composes(rule: Rule) -> bool:
    """Whether a rule says that a relation holds from a first to a third thing by way of a second."""
    if len(rule.premises) != 2 or not rule.conclusion or rule.differ:
        return False
    (one, first, two), (middle, second, three) = rule.premises
    free = len({one, two, three}) == 3 and not any(isinstance(word, int) for word in (one, two, three))
    return free and two == middle and first == second and rule.conclusion == (one, first, three)


def _getter(word: Any, columns: Mapping[str, _Getter]) -> _Getter:
    return (lambda match: word) if isinstance(word, int) else columns[word]


def _distinct(look: _Stage, needed: Sequence[_Getter]) -> _Stage:
    """Of matches which the rest of a rule cannot tell apart the first: a chain or a key is followed from end to end,
    not along every path.
    """

    def first(matches: list[_Match]) -> list[_Match]:
        return [*{tuple(get(match) for get in needed): match for match in reversed(look(matches))}.values()][::-1]

    return first


# -- a second opinion

# Where owlrl puts the contradictions it finds, as triples among the others.
_ERROR = "http://www.daml.org/2002/03/agents/agent-ont#error"
_MESSAGE = "<http://www.daml.org/2002/03/agents/agent-ont#ErrorMessage>"
_BUILT_IN = tuple(f"<{PREFIXES[prefix]}" for prefix in ("rdf", "rdfs", "owl", "xsd"))


def is_noise(statement: Statement) -> bool:
    """Whether a conclusion says nothing: reflexive, about ``owl:Thing``, or about OWL's own terms and datatypes.

    >>> is_noise(("<urn:a>", "<http://www.w3.org/2002/07/owl#sameAs>", "<urn:a>"))
    True
    """
    subject, predicate, value = statement
    if subject == value or value == f"<{iri('owl:Thing')}>":
        return predicate in (f"<{iri(name)}>" for name in (rules.REFLEXIVE if subject == value else rules.OF_THING))
    return subject.startswith(_BUILT_IN) or value == _MESSAGE


def close_with_owlrl(statements: Iterable[Statement]) -> Closure:
    """The closure as the package owlrl draws it, less its noise; see `close` for ours.

    It gives no proofs: each step has the rule ``owlrl`` and no premises; a contradiction, the rule ``owlrl: `` and its
    message. Left out are the same empty statements that ours does not draw, and what owlrl adds on datatypes and on
    the vocabulary of OWL itself. Its results differ from ours where it departs from the profile: `owl:hasKey` is
    applied without the last property, so that one key makes all members of the class the same; `owl:AllDifferent` and
    `owl:AllDisjointProperties` pass over the last member.

    Raises:
        errors.InputError: A list of the graph runs in a circle.
    """
    import owlrl
    import rdflib

    graph = rdflib.Graph()
    asserted = dict.fromkeys(statements)
    lines = "".join(f"{subject} {predicate} {value} .\n" for subject, predicate, value in asserted if value[:2] != "<<")
    for quad in parse(lines, format=RdfFormat.N_TRIPLES):
        subject, predicate, value = (to_rdflib(term) for term in quad.triple)
        if isinstance(value, rdflib.Literal) and not (value.datatype or value.language):
            value = rdflib.Literal(value, datatype=rdflib.XSD.string)  # owlrl has to be told
        graph.add((subject, predicate, value))
    try:
        owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, improved_datatypes=False).expand(graph)
    except ValueError as error:  # of a list without end
        hint = "Mend the list, or let the reasoner 'rules' draw the conclusions: it passes over such lists."
        raise errors.InputError(f"The reasoner owlrl cannot read a list of the graph: {error}.", hint=hint) from error
    contradictions: list[tuple[str, tuple[Statement, ...], Iterable[Statement]]] = []
    derived: list[Statement] = []
    for parts in graph:
        one, name, other = (str(from_rdflib(part)) for part in parts)
        statement = one, name, other
        if str(parts[1]) == _ERROR:
            contradictions.append((f"owlrl: {parts[2]}", (), ()))
        elif one[0] != '"' and name[0] == "<" and statement not in asserted and not is_noise(statement):
            derived.append(statement)
    derived.sort()
    steps: Iterable[tuple[Statement, Step]] = [(statement, ("owlrl", ())) for statement in derived]
    return Closure(derived, steps, sorted(contradictions, key=lambda found: found[0]))
