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

import re
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property, partial
from itertools import chain, filterfalse, repeat
from time import monotonic
from typing import Any, NamedTuple, TypeAlias

from pyoxigraph import RdfFormat, parse

from .. import errors
from ..names import PREFIXES, iri
from ..rdf import terms
from ..rdf.terms import NAMES, SPACES, TripleIndex, from_rdflib, holds, ill_typed, list_members, rdflib_graph, unequal
from ..store.engine import Statement
from . import rules
from .rules import CODES, LIST, MASK, RULES, SHIFT, Columns, Fire, Pattern, Relation, Rule, Step

#: With so many found, the evaluation ends; what was derived is then not all.
MOST_CONTRADICTIONS = 1_000


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

    def step(row: int) -> tuple[Statement, Step]:
        rule, used = table.proof(row)
        return table.statement(row), (rule, tuple(table.grounds(used, hidden)))

    shown = partial(filterfalse, hidden.__contains__, drawn)
    found = [(rule, tuple(table.grounds(used, hidden)), table.grounds(used, drawn))
             for (rule, _), used in evaluator.contradictions.items()]  # fmt: skip
    return Closure(map(table.statement, shown()), map(step, shown()), found)


# Rules that are not joined as they are written, but by classes of equal things.
_BY_CLASSES = ("eq-sym", "eq-trans", "eq-rep-s", "eq-rep-p", "eq-rep-o")

_Match: TypeAlias = tuple[int, ...]  # the rows that fit the data premises of a rule
_Drawn: TypeAlias = tuple[int, _Match, int]
_Matches: TypeAlias = dict[int, Sequence[int]]  # of each premise the rows, one for each match

# The codes of what has a meaning of its own here.
_TYPE, _SAME_AS, _THING = (CODES[name] for name in ("rdf:type", "owl:sameAs", "owl:Thing"))
_REFLEXIVE, _OF_THING = ({CODES[name] for name in names} for names in (rules.REFLEXIVE, rules.OF_THING))
_STATIC = CODES[rules.MEMBER], CODES[rules.AGAIN]
_GAPS = _REFLEXIVE | _OF_THING | {_THING}  # of which some conclusions are not drawn, or from which not
_AXIOMS = {CODES[name] for rule in RULES for _, name, _ in rule.premises[: rule.axioms]} - {_TYPE}
_JOINED = [rule.bound(CODES) for rule in reversed(RULES) if rule.name not in _BY_CLASSES]

_STEPS, _BOTH = 2, 3  # what rows are looked up by, besides subject (0) and value (1): steps by subject, both ends
_CHUNK = 4000  # how many rows are met at once
_BATCH = 500  # how many of them are joined at once: more would need more memory for their matches


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
        self.ends = table.subjects, table.values
        self._most = 2_500_000 + 10 * table.given if most is None else most
        self._seconds = 60 + table.given / 10_000 if seconds is None else seconds
        self._stop = monotonic() + self._seconds
        self._early, self._late = deque[Relation](), deque[Relation]()  # to be met: those of axioms, and the others
        self._said: set[tuple[Pattern, ...]] = set()  # the rules that are ready
        self.composed = bytearray(table.given)  # of each row, whether its parts are in the same relation, and earlier
        self._classes: dict[int, list[int]] = {}  # things that are the same as others: each with all of its class
        self._lists: dict[int, list[int]] = {}  # those read: head to members
        self._cells = TripleIndex(table.triple(row) for word in LIST[:2] for row in table.relation(word).rows)
        self.contradictions: dict[tuple[str, frozenset[tuple[int, int, int]]], _Match] = {}
        self._matched = [*_JOINED]  # rules to be taken one axiom further
        self._equalities = [*map(table.source, _BY_CLASSES)]
        # The datatypes of which no axiom has asked for the members (dt-type2) so far.
        self._datatypes = {code: NAMES[text] for code, text in enumerate(table.terms) if NAMES.get(text) in SPACES}
        self._literals = [(code, text) for code, text in enumerate(table.terms) if text.startswith('"')]
        with suppress(_Enough):
            self._run()

    # -- meeting statements

    def _run(self) -> None:
        """Meet every statement that a rule waits for, and every conclusion, until nothing is new."""
        # The first statement with each literal whose text is none of its datatype (dt-not-type).
        wrong, source = {code for code, text in self._literals if ill_typed(text)}, self.table.source("dt-not-type")
        for row, value in enumerate(self.table.values if wrong else ()):
            if value in wrong:
                wrong.remove(value)
                self.contradict(source, (row,))
        self._advance()
        self._wait(("?one", _SAME_AS, "?other"), self._merge)
        while self._early or self._late:  # axioms first, so that data is met when its rules are there
            self._meet((self._early or self._late).popleft())

    def _queue(self, relation: Relation) -> None:
        """See to it that the rows of a relation are met, now and those to come."""
        if not relation.queued:
            relation.queued = True
            (self._early if relation.code in _AXIOMS else self._late).append(relation)

    def _meet(self, relation: Relation) -> None:
        """Fire the rules that wait at a relation on its new rows, of which there may come more meanwhile."""
        while relation.done < len(relation.rows):
            self.check_time()
            rows = relation.rows[relation.done : relation.done + _CHUNK]
            relation.done += len(rows)
            for by, index in relation.index.items():
                self._file(index, by, rows)
            for fire in relation.rules:
                fire(rows)
            for end, waiting in enumerate(relation.rules_at):
                for code, fitting in self._file({}, end, rows).items() if waiting else ():
                    for fire in waiting.get(code, ()):
                        fire(fitting)
            for row in rows if self._classes else ():
                for term in self.table.triple(row):
                    # What is said of the first of a class goes to all others, what is said of another to the first.
                    if names := self._classes.get(term):
                        self._replace([row], term, names[1:] if term == names[0] else names[:1])
            self._advance()
        relation.queued = False

    def met(self, relation: Relation, by: int) -> dict[int, list[int]]:
        """The rows of a relation met so far, by what they are looked up by; kept up to date from the first call on."""
        if by not in relation.index:
            relation.index[by] = self._file({}, by, relation.rows[: relation.done])
            self._queue(relation)
        return relation.index[by]

    def _file(self, index: dict[int, list[int]], by: int, rows: Iterable[int]) -> dict[int, list[int]]:
        """The index with the rows in it."""
        column = self.ends[by % 2]
        for row in rows if by != _STEPS else (row for row in rows if not self.composed[row]):
            index.setdefault(column[row], []).append(row)
        return index

    def check_time(self) -> None:
        """Give up when the time is over."""
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
        """Take up the matches of a rule's first axiom, but for those that say no more than others."""
        # This axiom composes: following its steps comes to the same as following every composed one.
        by_steps = rule.name in ("cax-sco", "prp-spo1")
        # This one, where it is derived, has been taken apart into two of those.
        by_halves = rule.name in ("cax-eqc1", "cax-eqc2", "prp-eqp1", "prp-eqp2")
        for row in rows:
            if not (by_steps and self.composed[row]) and not (by_halves and row >= self.table.given):
                names = dict(zip(rule.premises[0], self.table.triple(row), strict=True))
                self._matched.append(rule.bound(names, row))

    def _wait(self, pattern: Pattern, fire: Fire) -> None:
        """Fire on the rows that fit a pattern of known predicate: on those met already, and on those to come."""
        subject, predicate, value = pattern
        relation = self.table.relation(predicate)
        subjects, values = self.ends
        narrowed, fixed = fire, isinstance(subject, int) and isinstance(value, int)
        if fixed or subject == value:
            narrowed = lambda rows: fire([row for row in rows if values[row] == (value if fixed else subjects[row])])  # noqa: E731
        met: Sequence[int] = relation.rows[: relation.done]
        waiting = relation.rules
        for end, word in enumerate((subject, value)):
            if isinstance(word, int):
                met = self.met(relation, end).get(word, ()) if relation.done else ()
                waiting = relation.rules_at[end].setdefault(word, [])
                break
        waiting.append(narrowed)
        self._queue(relation)
        if met:
            narrowed(tuple(met))
        if predicate in _STATIC:
            self._members(subject)
        elif predicate == _TYPE and value in self._datatypes:  # dt-type2
            name = self._datatypes.pop(value)
            self._state(relation, ((code, value) for code, text in self._literals if holds(text, name)))

    def _members(self, head: int) -> list[int]:
        """The members of a list; when it is first read, they are taken up as statements."""
        if head not in self._lists:
            items = self._lists[head] = list_members(self._cells.objects, head, LIST)
            again = [item for item, times in Counter(items).items() if times > 1]
            for name, told in ((rules.MEMBER, items), (rules.AGAIN, again)):
                self._state(self.table.relation(CODES[name]), ((head, item) for item in told))
        return self._lists[head]

    def _state(self, relation: Relation, pairs: Iterable[tuple[int, int]]) -> None:
        """Take up what needs no premise, and is not shown."""
        self.conclude(relation, self.table.source(""), ((one << SHIFT | other, (), 0) for one, other in pairs))

    def _make_ready(self, rule: Rule) -> None:
        """Let each data premise of a rule whose axioms are matched wait for what fits it."""
        data, conclusion, differ = rule.premises, rule.conclusion, rule.differ
        said = (*data, conclusion or (rule.name,), differ)
        if (differ and differ[0] == differ[1]) or (data and said in self._said):  # several axioms may say one thing
            return
        self._said.add(said)
        source = self.table.source(rule.name, rule.matched)
        for place, pattern in enumerate(data):
            # Lists do not change; and of a rule that says the same with two variables exchanged, half is enough.
            if pattern[1] not in _STATIC and not (differ and differ[1] in pattern):
                self._wait(pattern, _Join(self, rule, place, source))
        if not data and conclusion:
            self.conclude(self.table.relation(conclusion[1]), source, [(conclusion[0] << SHIFT | conclusion[2], (), 0)])
        elif not data:
            self.contradict(source, ())

    # -- equal things

    def _merge(self, rows: Sequence[int]) -> None:
        """Make one class of two for each statement that a thing of one is the same as a thing of the other."""
        relation = self.table.relation(_SAME_AS)
        known, (symmetric, transitive, *_) = relation.known, self._equalities

        def equate(one: int, middle: int, other: int) -> None:
            if one != middle != other:
                steps = known[one << SHIFT | middle], known[middle << SHIFT | other]
                self.conclude(relation, transitive, [(one << SHIFT | other, steps, 0)])

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
                self.conclude(relation, symmetric, [(one << SHIFT | other, (row,), 0)])
            # The first of a class is no literal (but of one alone), so that its equations can be written.
            first, second = ours[0], theirs[0]
            equate(first, one, other)
            equate(first, other, second)
            for new in theirs:
                equate(first, second, new)
                for old in ours:
                    equate(old, first, new)
                    if (both := known.get(old << SHIFT | new)) is not None:
                        self.conclude(relation, symmetric, [(new << SHIFT | old, (both,), 0)])
            ours += theirs
            self._classes.update(dict.fromkeys((first, *theirs), ours))
            self._replace_met(second, [first])
            self._replace_met(first, theirs)

    def _replace_met(self, term: int, names: Sequence[int]) -> None:
        """Say what the rows met say of a term of its other names, too."""
        self.check_time()
        relations = self.table.relations
        rows = [row for each in relations.values() for end in (0, 1) for row in self.met(each, end).get(term, ())]
        if term in relations:
            rows += relations[term].rows[: relations[term].done]
        self._replace(rows, term, names)

    def _replace(self, rows: Iterable[int], term: int, names: Sequence[int]) -> None:
        """Say what rows say of a term of its other names, too."""
        same = self.table.relation(_SAME_AS).known
        for row in rows:
            triple = self.table.triple(row)
            for place, word in enumerate(triple):
                if word != term or triple[1] in _STATIC or (triple[1] == _SAME_AS and place != 1):
                    continue
                for name in names:
                    subject, predicate, value = (name if at == place else word for at, word in enumerate(triple))
                    drawn = subject << SHIFT | value, (same[term << SHIFT | name], row), self.composed[row]
                    self.conclude(self.table.relation(predicate), self._equalities[2 + place], [drawn], empty=True)

    # -- conclusions

    def conclude(self, relation: Relation, source: int, drawn: Iterable[_Drawn], empty: bool = False) -> None:
        """Take up what is new of statements; what says nothing only if that is asked for, so that more follows.

        Args:
            relation: Those of their predicate.
            source: What they were drawn by.
            drawn: Of each the key, the rows that the data premises matched, and whether it is composed.
            empty: Whether to take up what says nothing.
        """
        table, known, code, asked = self.table, relation.known, relation.code, relation.rules_at[1]
        nameless, reflexive, typing = code in _OF_THING, code in _REFLEXIVE, code == _TYPE
        subjects, literals, thing, most = table.subjects, table.literal, _THING, self._most + table.given
        for key, match, composed in drawn:
            if key in known:
                continue
            subject, value, row = key >> SHIFT, key & MASK, len(subjects)
            if (nameless and value == thing) or (reflexive and subject == value):
                if not empty:
                    continue
                table.unsaid.append(row)
            elif literals[subject]:
                literal, other = table.terms[subject], table.terms[value]
                same = code == _SAME_AS and literals[value]
                # dt-diff, dt-not-type
                if (same and unequal(literal, other)) or (typing and holds(literal, NAMES.get(other, "")) is False):
                    self.contradict(source, match)
                    continue
                # Two literals stay two; and nobody may ask for the members of a datatype.
                if same or (typing and value not in asked and other in NAMES):
                    continue
                table.unsaid.append(row)
            if row >= most:
                raise self._limit(f"{self._most:,} statements", "gives more than")
            relation.rows.append(row)
            subjects.append(subject)
            table.predicates.append(code)
            table.values.append(value)
            table.proofs.extend((source, *match))
            table.ends.append(len(table.proofs))
            self.composed.append(composed)
            known[key] = row
            if not relation.queued:
                self._queue(relation)

    def contradict(self, source: int, match: _Match) -> None:
        rule, premises = self.table.premises(source, match)
        self.contradictions.setdefault((rule, frozenset(map(self.table.triple, premises))), premises)
        if len(self.contradictions) >= MOST_CONTRADICTIONS:
            raise _Enough


class _Join:
    """What a rule does with rows that fit one of its data premises: look up the others, and draw the conclusion.

    Matches stand in columns, for each premise the rows that fit it. Of those which the rest of the rule cannot tell
    apart the first is kept: a chain or a key is followed from end to end, not along every path.
    """

    def __init__(self, evaluator: _Evaluator, rule: Rule, place: int, source: int) -> None:
        self._evaluator, self._rule, self._place, self._source = evaluator, rule, place, source
        self._composes = rule.composes
        ends = enumerate(rule.premises[place][::2])
        # Of each variable the premise, and the end of it, to read it from.
        self._where = {word: (place, end) for end, word in ends if isinstance(word, str)}
        variables = {word for word in rule.conclusion if isinstance(word, str)}
        self._told = rule.conclusion and len(rule.premises) > 1 and variables <= self._where.keys()

    def __call__(self, rows: Sequence[int]) -> None:
        """Fire on the rows."""
        evaluator, conclusion, data = self._evaluator, self._rule.conclusion, self._rule.premises
        if self._composes and self._place:
            rows = [row for row in rows if not evaluator.composed[row]]
        for first in range(0, len(rows), _BATCH):
            evaluator.check_time()
            found = self._look_up({self._place: rows[first : first + _BATCH]})
            if not found[self._place]:
                continue
            matches = zip(*(found[at] for at in range(len(data))), strict=True)
            if not conclusion:
                for match in matches:
                    evaluator.contradict(self._source, match)
                continue
            composed: Iterable[int] = repeat(0)
            if self._composes:
                composed = [middle not in _GAPS for middle in self._read(found, data[1][0])]
            elif len(data) == 1 and conclusion[1] not in _GAPS and {*data[0][::2]} == {*conclusion[::2]}:
                composed = [evaluator.composed[row] for row in found[0]]  # both ends are handed on, and that with them
            drawn = zip(self._keys(found, conclusion), matches, composed, strict=False)
            evaluator.conclude(evaluator.table.relation(conclusion[1]), self._source, drawn)

    @cached_property
    def _looks(self) -> list[tuple[int, int, list[str]]]:
        """How to look up the other premises, one after the other: which, by what, and what then tells matches apart."""
        rule, data, where, looks = self._rule, self._rule.premises, self._where, list[tuple[int, int, list[str]]]()
        left = [at for at in range(len(data)) if at != self._place]

        def known(at: int) -> list[int]:
            return [end for end, word in enumerate(data[at][::2]) if isinstance(word, int) or word in where]

        while left:
            # One of which both ends are known is one look-up and one statement at most; one is always known.
            at = max(left, key=lambda at: len(known(at)))
            ends = known(at)
            by = _BOTH if len(ends) == 2 else _STEPS if at and self._composes else ends[0]
            left.remove(at)
            where |= {word: (at, end) for end, word in enumerate(data[at][::2]) if end not in ends}
            read = {word for other in left for word in data[other]} | {*rule.conclusion, *rule.differ}
            needed = [word for word in where if word in read]
            distinct = rule.conclusion and len(data) > 2 and len(needed) < len(where)
            looks.append((at, by, needed if distinct else []))
        return looks

    def _look_up(self, found: _Matches) -> _Matches:
        """The matches with what fits the other premises."""
        if self._told:  # the rows alone say what would follow; where that is known, there is nothing to look up
            conclusion = self._rule.conclusion
            known, keys = self._evaluator.table.relation(conclusion[1]).known, self._keys(found, conclusion)
            found = _kept(found, [number for number, key in enumerate(keys) if key not in known])
        for at, by, needed in self._looks if found[self._place] else ():
            pattern = self._rule.premises[at]
            other = self._evaluator.table.relation(pattern[1])
            if by == _BOTH:
                fitting = map(other.known.get, self._keys(found, pattern))
                lists: list[Sequence[int]] = [() if row is None else (row,) for row in fitting]
            else:
                index = self._evaluator.met(other, by)
                lists = [index.get(code, ()) for code in self._read(found, pattern[::2][by % 2])]
            numbers = [number for number, rows in enumerate(lists) for _ in rows]
            found = _kept(found, numbers) | {at: [*chain.from_iterable(lists)]}
            if needed:
                told = reversed([*enumerate(zip(*(self._read(found, word) for word in needed), strict=True))])
                found = _kept(found, [*{key: number for number, key in told}.values()][::-1])
        if self._rule.differ:
            both = zip(*(self._read(found, word) for word in self._rule.differ), strict=True)
            found = _kept(found, [number for number, (one, other) in enumerate(both) if one != other])
        return found

    def _read(self, found: _Matches, word: Any) -> Iterable[int]:
        """What a word stands for in each match."""
        if isinstance(word, int):
            return repeat(word, len(found[self._place]))
        at, end = self._where[word]
        column = self._evaluator.ends[end]
        return [column[row] for row in found[at]]

    def _keys(self, found: _Matches, pattern: Pattern) -> list[int]:
        """The key of what a pattern comes to in each match."""
        subjects, values = self._read(found, pattern[0]), self._read(found, pattern[2])
        return [subject << SHIFT | value for subject, value in zip(subjects, values, strict=True)]


def _kept(found: _Matches, numbers: Sequence[int]) -> _Matches:
    """Some of the matches."""
    return {at: [rows[number] for number in numbers] for at, rows in found.items()}


# -- a second opinion

# The words by which owlrl tells of contradictions, as triples among the others.
_ONT = "http://www.daml.org/2002/03/agents/agent-ont#"
_BUILT_IN = tuple(f"<{PREFIXES[prefix]}" for prefix in ("rdf", "rdfs", "owl", "xsd"))


def is_noise(statement: Statement) -> bool:
    """Whether a conclusion says nothing: reflexive, about ``owl:Thing``, or about OWL's own terms and datatypes.

    >>> is_noise(("<urn:a>", "<http://www.w3.org/2002/07/owl#sameAs>", "<urn:a>"))
    True
    """
    subject, predicate, value = statement
    if subject == value or value == f"<{iri('owl:Thing')}>":
        return predicate in (f"<{iri(name)}>" for name in (rules.REFLEXIVE if subject == value else rules.OF_THING))
    return subject.startswith(_BUILT_IN) or predicate == f"<{_ONT}error>" or value == f"<{_ONT}ErrorMessage>"


def close_with_owlrl(statements: Iterable[Statement]) -> Closure:
    """The closure as the package owlrl draws it, less its noise; see `close` for ours.

    It gives no proofs: each step has the rule ``owlrl`` and no premises; a contradiction, the rule ``owlrl: `` and its
    message. Left out are the same empty statements that ours does not draw, and what owlrl adds on datatypes and on
    the vocabulary of OWL itself. Its results differ from ours where it departs from the profile: `owl:hasKey` is
    applied without the last property, so that one key makes all members of the class the same; `owl:AllDifferent` and
    `owl:AllDisjointProperties` pass over the last member. Literals that rdflib makes no value of, such as a day before
    the year 1, are contradictions to it; here they are where they are not as their datatype has them.

    Raises:
        errors.InputError: A list of the graph runs in a circle.
    """
    import logging

    import owlrl
    import rdflib

    log = logging.getLogger("rdflib.term")  # where rdflib tells of each such literal, with a traceback
    asserted = dict.fromkeys(statements)
    lines = "".join(f"{subject} {predicate} {value} .\n" for subject, predicate, value in asserted if value[:2] != "<<")
    before, log.disabled = log.disabled, True
    try:
        graph = rdflib_graph(parse(lines, format=RdfFormat.N_TRIPLES))
        for triple in list(graph):
            if isinstance(triple[2], rdflib.Literal) and not (triple[2].datatype or triple[2].language):
                graph.remove(triple)
                graph.add((*triple[:2], rdflib.Literal(triple[2], datatype=rdflib.XSD.string)))  # owlrl has to be told
        owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, improved_datatypes=False).expand(graph)
    except ValueError as error:  # of a list without end
        hint = "Mend the list, or let the reasoner 'rules' draw the conclusions: it passes over such lists."
        raise errors.InputError(f"The reasoner owlrl cannot read a list of the graph: {error}.", hint=hint) from error
    finally:
        log.disabled = before

    def founded(message: str) -> bool:
        told = re.fullmatch(r"Lexical value .*? '(.*)' does not match .*\((.*)\)", message, re.DOTALL)
        return not told or terms.well_formed(told[1], NAMES.get(f"<{told[2]}>", "")) is False

    messages = sorted(filter(founded, map(str, graph.objects(None, rdflib.URIRef(_ONT + "error")))))
    drawn: Iterable[Any] = (tuple(str(from_rdflib(part)) for part in parts) for parts in graph)
    kept = (one for one in drawn if one[0][0] != '"' and one[1][0] == "<" and one not in asserted and not is_noise(one))
    derived: list[Statement] = sorted(kept)
    steps = ((statement, ("owlrl", ())) for statement in derived)
    return Closure(derived, steps, [(f"owlrl: {message}", (), ()) for message in messages])
