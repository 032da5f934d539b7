"""Statements in columns: what the evaluator in `closure` works on.

A term is a small integer, its code; a statement is the number of its row.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from ..names import iri
from ..rdf.literals import SPACES, holds
from ..store.engine import Statement

SHIFT = 32
"""The key of a statement whose predicate is known: the code of its subject, shifted by so much, and of its value."""

MASK = (1 << SHIFT) - 1

MEMBER, AGAIN = "list:member", "list:again"
"""Predicates that join a list to each of its members, and to those that stand in it more than once."""

LIST_PROPERTIES = (
    "owl:propertyChainAxiom", "owl:intersectionOf", "owl:unionOf", "owl:oneOf", "owl:hasKey", "owl:members",
    "owl:distinctMembers",
)  # fmt: skip
_CLASS_AXIOMS = (
    "rdfs:subClassOf", "owl:equivalentClass", "owl:disjointWith", "owl:complementOf", "owl:someValuesFrom",
    "owl:onClass",
)  # fmt: skip

Step: TypeAlias = tuple[str, tuple[Statement, ...]]
"""The last step of a proof: the name of the rule, and the statements it was drawn from, in the order of the rule. An
axiom over a list is given by the statement that points to the list; a statement with an anonymous inverse property, by
the same with the named property and the ``owl:inverseOf`` statement."""

Fire: TypeAlias = Callable[[Sequence[int]], None]
"""What a rule does with new rows of a relation."""


class Relation:
    """The statements with one predicate, and the rules that fire on them.

    Attributes:
        code: The predicate.
        rows: The statements, derived ones too.
        done: How many of the rows were met: the rules have fired on them.
        active: Whether the rows are to be met at all.
        queued: Whether it waits for that.
        known: All rows by key, of equal ones the first; None until `Table.known` has made it.
        index: The rows met by subject and by value; None until it is asked for.
        rules: What fires on every row.
        rules_at: What fires on the rows with one subject, and with one value.
    """

    __slots__ = ("active", "code", "done", "index", "known", "queued", "rows", "rules", "rules_at")

    def __init__(self, code: int) -> None:
        self.code = code
        self.rows: list[int] = []
        self.done = 0
        self.active = self.queued = False
        self.known: dict[int, int] | None = None
        self.close()

    def close(self) -> None:
        """Let go of what is only needed while more may come."""
        self.index: list[dict[int, list[int]] | None] = [None, None]
        self.rules: list[Fire] = []
        self.rules_at: tuple[dict[int, list[Fire]], dict[int, list[Fire]]] = ({}, {})


class Table:
    """The statements given, a row for each, in three columns; the derived ones are added to them later.

    Behind the statements given stand those that are not written as such: what well-formed lists say of their members
    (`MEMBER`, `AGAIN`), and the datatypes of literals where an axiom asks for the members of one (``dt-type2``).

    Attributes:
        codes: Term to code.
        subjects, predicates, values: The columns.
        relations: By the code of the predicate.
        given: How many statements were given.
        count: How many rows there are before anything is derived.
        lists: The well-formed lists that axioms point to: head to members, empty ones left out.
        asked: The classes that axioms name, so that something may follow for what is in them, though it be a literal.
        terms, literal: Text of each code, and whether it can be no subject, once `name_terms` was called.
        unsaid: The derived rows that are about a literal, or say nothing.
    """

    def __init__(self, statements: Iterable[Statement]) -> None:
        codes: dict[str, int] = {}
        self.codes = codes
        self.subjects: list[int] = []
        self.predicates: list[int] = []
        self.values: list[int] = []
        self.relations: dict[int, Relation] = {}
        for row, (subject, predicate, value) in enumerate(statements):
            # Written out and not by a method: this runs for every term of every statement.
            self.subjects.append(codes.setdefault(subject, len(codes)))
            self.predicates.append(code := codes.setdefault(predicate, len(codes)))
            self.values.append(codes.setdefault(value, len(codes)))
            if code not in self.relations:
                self.relations[code] = Relation(code)
            self.relations[code].rows.append(row)
        self.given = len(self.subjects)
        self._cells: dict[int, tuple[set[int], set[int]]] = {}
        for place, name in enumerate(("rdf:first", "rdf:rest")):
            for cell, item in self.pairs(name):
                self._cells.setdefault(cell, (set(), set()))[place].add(item)
        heads = dict.fromkeys(head for name in LIST_PROPERTIES for _, head in self.pairs(name))
        self.lists = {head: items for head in heads if (items := self.members(head))}
        self.asked = {term for name in _CLASS_AXIOMS for pair in self.pairs(name) for term in pair}
        self.asked |= {self.code("owl:Nothing"), *(item for items in self.lists.values() for item in items)}
        added = [(head, name, item) for head, items in self.lists.items() for name, item in spelt(items)]
        wanted = {code: name for name in SPACES if (code := self.code(name)) in self.asked}
        texts = list(self.literals()) if wanted else []
        for kind, name in wanted.items():
            added += [(code, "rdf:type", kind) for code, text in texts if holds(text, name)]
        for one, name, other in added:
            relation = self.relation(self.code(name))
            relation.rows.append(len(self.subjects))
            self.subjects.append(one)
            self.predicates.append(relation.code)
            self.values.append(other)
        self.count = len(self.subjects)
        self.terms: list[str] = []
        self.literal = b""
        self.unsaid: list[int] = []
        self._sources: list[tuple[str, tuple[int, ...], Sequence[int]]] = []
        self._proofs = array("i")  # of each derived statement: its source, then its match
        self._begins = array("q")  # where in it

    def code(self, name: str) -> int:
        """The code of a constant of a rule: a CURIE, an integer in quotes, ``#7`` for the code 7."""
        if name.startswith("#"):
            return int(name[1:])
        if name.startswith('"'):
            name = f"{name}^^<{iri('xsd:nonNegativeInteger')}>"
        elif name not in (MEMBER, AGAIN):  # these are no terms, so that no graph can have them
            name = f"<{iri(name)}>"
        return self.codes.setdefault(name, len(self.codes))

    def literals(self) -> Iterator[tuple[int, str]]:
        """The literals, code and text."""
        return ((code, text) for text, code in self.codes.items() if text.startswith('"'))

    def relation(self, code: int) -> Relation:
        """The statements with this predicate."""
        if code not in self.relations:
            self.relations[code] = Relation(code)
        return self.relations[code]

    def known(self, relation: Relation) -> dict[int, int]:
        """The rows of a relation by key; of equal ones the first."""
        if relation.known is None:
            subjects, values = self.subjects, self.values
            relation.known = {subjects[row] << SHIFT | values[row]: row for row in reversed(relation.rows)}
        return relation.known

    def triple(self, row: int) -> tuple[int, int, int]:
        """The codes of a statement."""
        return self.subjects[row], self.predicates[row], self.values[row]

    def pairs(self, name: str) -> Iterator[tuple[int, int]]:
        """Subject and value of each statement with a predicate, given by CURIE."""
        for row in self.relation(self.code(name)).rows:
            yield self.subjects[row], self.values[row]

    def members(self, head: int) -> list[int]:
        """Those of a list as given; none of one that is empty or malformed (branching, cyclic, without end)."""
        items: list[int] = []
        met: set[int] = set()
        cell = head
        while cell in self._cells and cell not in met:
            firsts, rests = self._cells[cell]
            if len(firsts) != 1 or len(rests) != 1:
                return []
            met.add(cell)
            items += firsts
            (cell,) = rests
        return items if cell == self.code("rdf:nil") else []

    # -- what is derived

    def name_terms(self) -> None:
        """Note the text of each term, and what can be no subject: from now on there are no new ones."""
        self.terms = list(self.codes)
        # Besides literals statements as terms, and words of ours.
        self.literal = bytes(text[:1] not in ("<", "_") or " " in text for text in self.terms)

    def source(self, rule: str, axioms: tuple[int, ...], order: Sequence[int]) -> int:
        """A number for where conclusions come from: rule, rows of its axioms, place of each data premise in a match."""
        self._sources.append((rule, axioms, order))
        return len(self._sources) - 1

    def add(self, relation: Relation, subject: int, value: int, source: int, match: Sequence[int]) -> None:
        """Take up a derived statement, with the rows that the data premises of its rule matched."""
        relation.rows.append(len(self.subjects))
        self.subjects.append(subject)
        self.predicates.append(relation.code)
        self.values.append(value)
        self._begins.append(len(self._proofs))
        self._proofs.append(source)
        self._proofs.extend(match)

    def premises(self, source: int, match: Sequence[int]) -> tuple[str, tuple[int, ...]]:
        """A rule, and the rows of its premises in its order."""
        rule, axioms, order = self._sources[source]
        return rule, (*axioms, *(match[place] for place in order))

    def proof(self, row: int) -> tuple[str, tuple[int, ...]]:
        """The rule a derived statement was drawn by, and the rows of its premises."""
        at = row - self.count
        end = self._begins[at + 1] if at + 1 < len(self._begins) else len(self._proofs)
        source, *match = self._proofs[self._begins[at] : end]
        return self.premises(source, match)


def spelt(items: Sequence[int]) -> Iterator[tuple[str, int]]:
    """What a list says of its members.

    >>> list(spelt([7, 8, 7]))
    [('list:member', 7), ('list:again', 7), ('list:member', 8)]
    """
    for item, times in Counter(items).items():
        yield MEMBER, item
        if times > 1:
            yield AGAIN, item


class Derived(Mapping[Statement, Step]):
    """The derived statements in order, each with its step, both made when they are asked for."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows = range(table.count, len(table.subjects))
        # What cannot be written: by an anonymous inverse, about a literal, or of a list.
        unwritten = (relation.rows for code, relation in table.relations.items() if table.terms[code][0] != "<")
        derived = (row for rows in unwritten for row in rows if row >= table.count)
        self._hidden = frozenset((*range(table.given, table.count), *table.unsaid, *derived))

    def __len__(self) -> int:
        return len(self._rows) - len(self._hidden) + self._table.count - self._table.given

    def __iter__(self) -> Iterator[Statement]:
        return (self._statement(row) for row in self._rows if row not in self._hidden)

    def __getitem__(self, statement: Statement) -> Step:
        subject, predicate, value = (self._table.codes.get(term, -1) for term in statement)
        relation = self._table.relations.get(predicate)
        row = -1
        if relation and subject >= 0 and value >= 0:
            row = self._table.known(relation).get(subject << SHIFT | value, -1)
        if row not in self._rows or row in self._hidden:
            raise KeyError(statement)
        return self._step(row)

    def _statement(self, row: int) -> Statement:
        terms, table = self._table.terms, self._table
        return terms[table.subjects[row]], terms[table.predicates[row]], terms[table.values[row]]

    def _step(self, row: int) -> Step:
        rule, rows = self._table.proof(row)
        return rule, self.shown(rows)

    def shown(self, rows: Iterable[int]) -> tuple[Statement, ...]:
        """Statements for rows; for one that cannot be written, those it was drawn from."""
        found = dict.fromkeys(rows)
        if not self._hidden.isdisjoint(found):
            todo, found, opened = list(found)[::-1], {}, set[int]()
            while todo:
                row = todo.pop()
                if row not in self._hidden:
                    found[row] = None
                elif row in self._rows and row not in opened:
                    todo += self._table.proof(row)[1][::-1]
                    opened.add(row)
        return tuple(map(self._statement, found))
