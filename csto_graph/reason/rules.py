"""The OWL 2 RL rules, which stand in ``rules.txt``, and the table of statements that they are drawn from.

The rules are those of OWL 2 Profiles, section 4.3, tables 4 to 9, under their names there, without what says nothing:
``eq-ref``, ``prp-ap``, ``cls-thing``, ``cls-nothing1``, ``scm-cls``, ``scm-op``, ``scm-dp`` and ``dt-type1``. Where
something does follow from one of these, the rule that draws it has a line of its own: two things that differ though
they are one, a list of different things that names one twice, restrictions with the same class and property.
The rules on datatypes (table 8) are no patterns; `closure` applies them itself.

In the table of statements a term is a small integer, its code; a statement is the number of its row.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from ..names import iri, packaged
from ..store.engine import Statement

#: A triple of names: ``?x`` is a variable, ``owl:Thing`` a CURIE, ``"1"`` a non-negative integer. The evaluator has
#: codes for what is no variable.
Pattern: TypeAlias = tuple[Any, ...]


class Rule(NamedTuple):
    """One rule: what must hold, and what then holds too.

    Attributes:
        name: As in OWL 2 Profiles; a rule may stand in several lines of one name.
        premises: Patterns. ``list:member`` joins a list to each of its members, ``list:again`` to those that stand
            in it more than once.
        conclusion: What follows; where it is empty, the graph contradicts itself.
        each: For a rule over all members of the list ``?list``: see `over`.
        differ: Two variables that must not stand for the same term. The rule says the same with the two exchanged.
        axioms: How many of the premises are axioms: few, and matched first. What stands behind them is about data,
            and its predicates are known once the axioms are.
        matched: The rows of the axioms matched so far, which are no longer among the premises.
    """

    name: str
    premises: tuple[Pattern, ...]
    conclusion: Pattern
    each: tuple[Pattern, ...]
    differ: Pattern
    axioms: int
    matched: tuple[int, ...] = ()

    def over(self, members: Sequence[Any]) -> Rule:
        """The rule for a list with these members (words), at least one: without ``each``.

        The patterns of ``each`` stand behind the axioms, for every ``?member`` once; there ``?here`` and ``?there``
        are variables of its own, ``?there`` being the ``?here`` of the next, from ``?first`` to ``?last``.

        >>> chain = next(rule for rule in RULES if rule.name == "prp-spo2")
        >>> chain.over(["ex:p", "ex:q"]).premises[1:]
        (('?first', 'ex:p', '?at1'), ('?at1', 'ex:q', '?last'))
        """
        places = ["?first", *(f"?at{at}" for at in range(1, len(members))), "?last"]
        names = [{"?member": member, "?here": here, "?there": there}
                 for member, (here, there) in zip(members, pairwise(places), strict=True)]  # fmt: skip
        each = (renamed(pattern, own) for own in names for pattern in self.each)
        axioms, data = self.premises[: self.axioms], self.premises[self.axioms :]
        return self._replace(premises=(*axioms, *each, *data), each=())

    @property
    def composes(self) -> bool:
        """Whether it says that a relation holds from a first to a third thing by way of a second.

        >>> [rule.name for rule in RULES if rule.composes]
        ['eq-trans', 'scm-sco', 'scm-spo']
        """
        match self.premises:
            case ((one, first, two), (middle, second, three)) if two == middle and first == second:
                variables = {word for word in (one, two, three) if isinstance(word, str)}
                return self.conclusion == (one, first, three) and len(variables) == 3 and not self.differ
        return False

    def bound(self, names: Mapping[Any, Any], *row: int) -> Rule:
        """The rule with other names for some of its words, and without its first axiom if the row of that is given."""
        premises = tuple([renamed(pattern, names) for pattern in self.premises[len(row) :]])
        each = tuple([renamed(pattern, names) for pattern in self.each])
        conclusion, differ = renamed(self.conclusion, names), renamed(self.differ, names)
        return Rule(self.name, premises, conclusion, each, differ, self.axioms - len(row), (*self.matched, *row))


def renamed(pattern: Pattern, names: Mapping[Any, Any]) -> Pattern:
    """The pattern with other names for some of its words.

    >>> renamed(("?x", "rdf:type", "?c"), {"?c": 7})
    ('?x', 'rdf:type', 7)
    """
    return tuple([names.get(word, word) for word in pattern])


def _read(line: str) -> Rule:
    name, _, text = line.partition(": ")
    body, _, head = text.partition(" -> ")
    axioms, _, data = body.rpartition("|")
    before, after = ([tuple(part.split()) for part in half.split(" . ") if part.strip()] for half in (axioms, data))
    premises = tuple(words for words in (*before, *after) if len(words) == 3 and "!=" not in words)
    each = tuple(words[1:] for words in after if words[0] == "each")
    differ = next((words[::2] for words in (*before, *after) if "!=" in words), ())
    fixed = sum("!=" not in words for words in before)
    return Rule(name, premises, tuple(head.split()) if head != "false" else (), each, differ, fixed)


#: Every rule the evaluator knows, in the order of the tables; the file beside this one has a line for each:
#: ``name: axiom . axiom | premise . premise -> conclusion``.
RULES: tuple[Rule, ...] = tuple(map(_read, packaged("reason/rules.txt").splitlines()))


#: Properties by which everything is related to itself; it is not said.
REFLEXIVE = (
    "owl:sameAs", "rdfs:subClassOf", "rdfs:subPropertyOf", "owl:equivalentClass", "owl:equivalentProperty",
)  # fmt: skip

#: Properties by which everything is related to ``owl:Thing``; it is not said.
OF_THING = ("rdf:type", "rdfs:subClassOf", "rdfs:domain", "rdfs:range")


# --- statements in columns ------------------------------------------------------------------------------------------

#: The key of a statement whose predicate is known: the code of its subject, shifted by so much, and of its value.
SHIFT = 32

MASK = (1 << SHIFT) - 1

#: Predicates that join a list to each of its members, and to those that stand in it more than once.
MEMBER, AGAIN = "list:member", "list:again"

_LIST_WORDS = ("rdf:first", "rdf:rest", "rdf:nil")
_PATTERNS = [pattern for rule in RULES for pattern in (*rule.premises, rule.conclusion, *rule.each)]
_CONSTANTS = [word for pattern in (*_PATTERNS, _LIST_WORDS) for word in pattern if word[0] != "?"]
#: The codes of the constants of rules, which are the same in every table.
CODES = {name: code for code, name in enumerate(dict.fromkeys(_CONSTANTS))}

#: The codes of the words that make a list.
LIST = tuple(CODES[name] for name in _LIST_WORDS)


def _written(name: str) -> str:
    """A constant of a rule as a term; `MEMBER` and `AGAIN` are none, so that no graph can have them."""
    if name.startswith('"'):
        return f"{name}^^<{iri('xsd:nonNegativeInteger')}>"
    return name if name in (MEMBER, AGAIN) else f"<{iri(name)}>"


#: The last step of a proof: the name of the rule, and the statements it was drawn from, in the order of the rule. An
#: axiom over a list is given by the statement that points to the list; a statement with an anonymous inverse property,
#: by the same with the named property and the ``owl:inverseOf`` statement.
Step: TypeAlias = tuple[str, tuple[Statement, ...]]

#: What a rule does with new rows of a relation.
Fire: TypeAlias = Callable[[Sequence[int]], None]


class Relation:
    """The statements with one predicate, and the rules that fire on them.

    Attributes:
        code: The predicate.
        ends: The columns of subjects and of values.
        rows: The statements, derived ones too.
        done: How many of the rows were met: the rules have fired on them.
        queued: Whether the others wait for that.
        index: The rows met by what they are looked up by; made when it is asked for.
        rules: What fires on every row.
        rules_at: What fires on the rows with one subject, and with one value.
    """

    def __init__(self, code: int, ends: tuple[list[int], list[int]]) -> None:
        self.code, self.ends = code, ends
        self.rows, self.done, self.queued = list[int](), 0, False
        self.index, self.rules = dict[int, dict[int, list[int]]](), list[Fire]()
        self.rules_at: tuple[dict[int, list[Fire]], dict[int, list[Fire]]] = {}, {}

    @cached_property
    def known(self) -> dict[int, int]:
        """All rows by key, of equal ones the first; to be kept up to date once it is made."""
        subjects, values = self.ends
        return {subjects[row] << SHIFT | values[row]: row for row in reversed(self.rows)}


class Columns:
    """The statements given, a row for each, in three columns; the derived ones are added to them later.

    Attributes:
        subjects, predicates, values: The columns.
        relations: By the code of the predicate.
        given: How many statements were given.
        terms, literal: Text of each code, and whether it can be no subject.
        unsaid: The derived rows that are about a literal, or say nothing.
        proofs: Of each derived statement its `source`, then the rows that the data premises of its rule matched.
        ends: Where in it each ends.
    """

    def __init__(self, statements: Iterable[Statement]) -> None:
        codes = {_written(name): code for name, code in CODES.items()}
        self.subjects, self.predicates, self.values = list[int](), list[int](), list[int]()
        self.relations: dict[int, Relation] = {}
        for row, (subject, predicate, value) in enumerate(statements):
            # Written out and not by a method: this runs for every term of every statement.
            self.subjects.append(codes.setdefault(subject, len(codes)))
            self.predicates.append(code := codes.setdefault(predicate, len(codes)))
            self.values.append(codes.setdefault(value, len(codes)))
            self.relation(code).rows.append(row)
        self.given = len(self.subjects)
        self.terms = list(codes)
        # Besides literals statements as terms, and words of ours.
        self.literal = bytes(text[:1] not in ("<", "_") or " " in text for text in self.terms)
        self.unsaid, self._sources = list[int](), list[tuple[str, tuple[int, ...]]]()
        self.proofs, self.ends = array("i"), array("q", [0])

    def relation(self, code: int) -> Relation:
        """The statements with this predicate."""
        if code not in self.relations:
            self.relations[code] = Relation(code, (self.subjects, self.values))
        return self.relations[code]

    def triple(self, row: int) -> tuple[int, int, int]:
        """The codes of a statement."""
        return self.subjects[row], self.predicates[row], self.values[row]

    # -- what is derived

    def source(self, rule: str, axioms: tuple[int, ...] = ()) -> int:
        """A number for where conclusions come from: a rule, and the rows of its axioms."""
        self._sources.append((rule, axioms))
        return len(self._sources) - 1

    def premises(self, source: int, match: Iterable[int]) -> tuple[str, tuple[int, ...]]:
        """A rule, and the rows of its premises: axioms, then what its data premises matched."""
        rule, axioms = self._sources[source]
        return rule, (*axioms, *match)

    def proof(self, row: int) -> tuple[str, tuple[int, ...]]:
        """The rule a derived statement was drawn by, and the rows of its premises."""
        at = row - self.given
        source, *match = self.proofs[self.ends[at] : self.ends[at + 1]]
        return self.premises(source, match)

    # -- what is told

    def hidden(self) -> frozenset[int]:
        """The derived rows that cannot be written: by an anonymous inverse, about a literal, or of a list."""
        unwritten = (relation.rows for code, relation in self.relations.items() if self.terms[code][0] != "<")
        return frozenset((*self.unsaid, *(row for rows in unwritten for row in rows if row >= self.given)))

    def statement(self, row: int) -> Statement:
        """The terms of a statement."""
        return self.terms[self.subjects[row]], self.terms[self.predicates[row]], self.terms[self.values[row]]

    def grounds(self, rows: Iterable[int], drawn: Container[int]) -> Iterator[Statement]:
        """The statements for rows, each once, in order; for one of the rows drawn, those it was drawn from."""
        met: set[int] = set()
        todo = list(rows)[::-1]
        while todo:
            if (row := todo.pop()) not in met:
                met.add(row)
                if row in drawn:
                    todo += self.proof(row)[1][::-1]
                else:
                    yield self.statement(row)
