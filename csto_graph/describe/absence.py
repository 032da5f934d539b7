"""Why the graph does not say so: what a statement lacks to follow, and what is said instead.

Each rule whose conclusion could be the statement is read backwards: its premises are matched in their order, and one
that nothing fits is noted as missing. A rule counts as near where its first premise, the axiom, holds; the fewest
missing premises come first.

The JSON document, ``csto-graph/absence/1``:
    ``subject property value`` (as in ``csto-graph/proof/1``); ``holds``; ``attempts``: ``rule says missing`` (how many)
    and ``premises`` (``subject property value``, null for anything, and ``holds``); ``more``, how many further ways
    of these rules were left out; ``instead``: the other values, each with ``value``, ``claims`` (CURIEs) and
    ``excludes`` (whether this value and the one asked for cannot both stand, as far as the graph says so);
    ``stated``: claims (CURIEs) that state just this; ``claims`` and ``conflicts`` in full; ``searched``: the number of
    ``sources``, and ``until``, the day of the latest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from pyoxigraph import Literal, NamedNode, Triple

from .. import errors
from ..loading.view import GraphView
from ..names import counted, curie, filled, iri, natural, rule_says, word
from ..rdf import terms
from ..reason.rules import RULES, Pattern, Rule
from ..store.engine import Engine, Term
from .claims import ClaimIndex, evidence_documents, evidence_text, searched_text
from .proof import Account, fitting, literal, members, resolve_properties, said, standing
from .render import marks, numbered, sentence

FORMATS = ("text", "json")
"""In which the lack of a statement is explained."""

_WORK = 2_000  # matches in one search; the data may be hostile, or far away
_MET = 4_096  # matches of one premise looked at
_WIDE = 32  # of these the ones tried, and partial matches kept
_EACH = 2  # ways shown of one rule
_ALL = 6  # ways shown of all rules
_LIST = 64  # members of a list

_Bindings = dict[str, Term]


class Premise(NamedTuple):
    """A premise as far as it is known.

    Attributes:
        subject: The subject, or None for anything.
        predicate: The property, or None for any.
        value: The value, or None for anything.
        holds: Whether a statement in the graph fits; the parts are then those of the first that does.
    """

    subject: Term | None
    predicate: Term | None
    value: Term | None
    holds: bool


class Attempt(NamedTuple):
    """One way in which a rule could have drawn the conclusion.

    Attributes:
        rule: Name of the rule.
        premises: What it asks for, in its order.
    """

    rule: str
    premises: tuple[Premise, ...]

    @property
    def missing(self) -> int:
        """How many premises do not hold."""
        return sum(not premise.holds for premise in self.premises)


def absence_text(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """The shape ``csto-graph/absence/1`` for a terminal of so many columns."""
    yield filled(sentence(document), width)
    yield filled(word("holds" if document["holds"] else "no", language), width, "  ")
    if document["holds"]:
        return
    numbers = numbered(document)
    if document["stated"]:
        words = word("overruled" if document["conflicts"] else "stated", language)
        yield filled(words + marks(document["stated"], numbers), width, "  ")
    for head, excludes in (("instead", True), ("said", False)):
        if others := [other for other in document["instead"] if other["excludes"] == excludes]:
            yield f"\n{word(head, language)}\n"
        for other in others:
            yield filled(other["value"]["label"] + marks(other["claims"], numbers), width, "  ", "    ")
    if document["attempts"]:
        yield f"\n{word('nearest', language)}\n"
    for attempt in document["attempts"]:
        yield filled(f"{attempt['rule']}: {attempt['says']}", width, "  ", "    ")
        for premise in attempt["premises"]:
            parts = (premise[key] for key in ("subject", "property", "value"))
            text = " — ".join(part["label"] if part else word("anything", language) for part in parts)
            missing = "" if premise["holds"] else f" ({word('missing', language)})"
            yield filled(text + missing, width, "    ✗ " if missing else "    ✓ ")
    if document["more"]:
        yield f"  … {counted('more-ways', document['more'], language)}\n"
    if not (document["attempts"] or document["instead"] or document["stated"]):
        yield f"\n{word('nothing', language)}\n"
    yield from evidence_text(document, language, width)
    yield f"\n{searched_text(document['searched'], language)}\n"


class Absence(Account):
    """What is known about a statement that does not hold.

    Attributes:
        statement: The statement.
        holds: Whether it holds after all.
        attempts: The nearest ways to it, those with the fewest missing premises first.
        more: How many further ways of these rules there are.
        instead: The statements with other values of the property.
        stated: IRIs of the claims that state just this.
        conflicts: IRIs of the conflicts about this property of the thing.
        searched: See `GraphView.searched`.
    """

    formats, _text = FORMATS, staticmethod(absence_text)

    def __init__(self, view: GraphView, statement: Triple, *, reading: str = "curated") -> None:
        super().__init__(view, reading)
        self.statement = statement
        self.holds = bool(standing(self._engine, statement))
        self.searched = view.searched()
        self.attempts, self.more = ((), 0) if self.holds else nearest(self._engine, statement)
        node = statement.subject if isinstance(statement.subject, NamedNode) else None
        about = self._index.about(node.value) if node else []
        self._stated = [entry for entry in about if entry.property == statement.predicate.value]
        self.stated = tuple(dict.fromkeys(entry.claim for entry in self._stated if entry.value == statement.object))
        self.conflicts = tuple(sorted({name for entry in self._stated for name in entry.conflicts}, key=natural))
        others = {quad.triple for quad in self._engine.match(node, statement.predicate, None)} - {statement}
        self.instead = tuple(sorted(others, key=lambda triple: natural(str(triple.object))))

    def document(self, language: str | None = None) -> dict[str, Any]:
        """The answer in the shape ``csto-graph/absence/1``; see the module."""
        language = language or self._view.language
        attempts = [
            {
                "rule": attempt.rule, "says": rule_says(attempt.rule, language), "missing": attempt.missing,
                "premises": [{**self._parts(found[:3], language), "holds": found.holds} for found in attempt.premises],
            }
            for attempt in self.attempts
        ]  # fmt: skip
        functional = Triple(self.statement.predicate, _constant("rdf:type"), _constant("owl:FunctionalProperty"))
        single, asked = bool(standing(self._engine, functional)), self._disputes(self.statement.object)
        instead: list[dict[str, Any]] = [
            {
                "value": self._term(triple.object, language),
                "claims": [curie(entry.claim) for entry in self._stated if entry.value == triple.object],
                "excludes": single or not asked.isdisjoint(self._disputes(triple.object)),
            }
            for triple in self.instead
        ]
        claims = dict.fromkeys((*self.stated, *(iri(name) for other in instead for name in other["claims"])))
        return {
            "format": "csto-graph/absence/1",
            **self._parts(self.statement, language),
            "holds": self.holds, "attempts": attempts, "more": self.more, "instead": instead,
            "stated": list(map(curie, self.stated)),
            **evidence_documents(self._view, claims, self.conflicts, language),
            "searched": dict(self.searched),
        }  # fmt: skip

    def _disputes(self, value: Term) -> set[str]:
        """The conflicts of the claims that state a value."""
        return {name for entry in self._stated if entry.value == value for name in entry.conflicts}

    def __bool__(self) -> bool:
        return not self.holds

    def __repr__(self) -> str:
        state = "holds" if self.holds else f"{len(self.attempts)} ways, {len(self.instead)} other values"
        return f"<Absence {curie(self.statement.predicate.value)}: {state}>"


# --- what was asked -------------------------------------------------------------------------------------------------


def explain_absence(view: GraphView, thing: str, property: str, value: object, *, reading: str = "curated") -> Absence:
    """Explain why a statement does not hold.

    Args:
        view: The view.
        thing: IRI, CURIE, identifier or name of a thing.
        property: CURIE, IRI or name of a property.
        value: As for `proof.explain`; a text that names no value there is read as the property's other values
            are: the name of a thing, or a literal of their kind.
        reading: ``curated`` or ``source``.

    Raises:
        errors.UnknownName: There is no such thing or property, or the value should be a thing and is none.
        errors.BadParameter: Several have that name.
    """
    subject = NamedNode(view.resolve(thing))
    engine = view.engine(reading)
    names = resolve_properties(view, engine, subject, property)
    here = list(dict.fromkeys(said(engine, subject, names)))
    if found := fitting(view, here, value):
        return Absence(view, found[0], reading=reading)
    if len(names) > 1:
        raise errors.BadParameter("property", property, "the name of one property", suggestions=list(map(curie, names)))
    name = NamedNode(names[0])
    term = _term(view, engine, name, value)
    bearers = [triple.subject for triple in here if isinstance(triple.subject, NamedNode)] or [subject]
    index, asked = ClaimIndex(view), (name.value, term)
    told = [one for one in bearers if asked in {entry[1:3] for entry in index.about(one.value)}]
    return Absence(view, Triple((told or bearers)[0], name, term), reading=reading)


def _term(view: GraphView, engine: Engine, name: NamedNode, value: object) -> NamedNode | Literal:
    """A value as the property's values are; where it has none, a thing that is called so, else a text."""
    if isinstance(value, (NamedNode, Literal)):
        return value
    text = str(getattr(value, "iri", value))
    if (written := literal(text)) is not None:
        return written
    others = [quad.object for quad in islice(engine.match(None, name, None), _MET)]
    like = next((other for other in others if isinstance(other, Literal)), None)
    if not (others and isinstance(others[0], Literal)):
        try:
            return NamedNode(view.resolve(text, parameter="value"))
        except errors.UnknownName:
            if others and (like is None or "://" in text):
                raise
    if like is None:
        return Literal(text)
    if not like.language and terms.days_of(like.value, like.datatype.value):
        try:
            terms.days(text)
        except ValueError:
            return Literal(text)
        return Literal(text, datatype=NamedNode(terms.date_type(text)))  # as precise as the text is
    return Literal(text, language=like.language) if like.language else Literal(text, datatype=like.datatype)


# --- rules read backwards -------------------------------------------------------------------------------------------


def nearest(engine: Engine, statement: Triple) -> tuple[tuple[Attempt, ...], int]:
    """The nearest ways to a statement, and how many more there are of the rules shown."""
    search = _Search(engine)
    order: dict[str, int] = {}
    found: dict[Attempt, None] = {}
    for rule in RULES:
        order.setdefault(rule.name, len(order))
        bindings = _unified(rule.conclusion, statement, {}) if rule.conclusion else None
        for premises in search.ways(rule, bindings) if bindings is not None else ():
            attempt = Attempt(rule.name, premises)
            circular = any(premise[:3] == tuple(statement) for premise in premises)
            if premises and premises[0].holds and attempt.missing and not circular:
                found[attempt] = None
    counts: Counter[str] = Counter()
    shown: list[Attempt] = []
    for attempt in sorted(found, key=lambda one: (one.missing, order[one.rule], str(one.premises))):
        counts[attempt.rule] += 1
        if counts[attempt.rule] <= _EACH and len(shown) < _ALL:
            shown.append(attempt)
    return tuple(shown), sum(counts[rule] for rule in {attempt.rule for attempt in shown}) - len(shown)


class _Search:
    """Matches the premises of rules, until so much work is done; then nothing more is found."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._left = _WORK

    def ways(self, rule: Rule, bindings: _Bindings) -> Iterator[tuple[Premise, ...]]:
        """The best ways to meet all premises; of a rule over the members of a list, for each list it leads to."""
        if not rule.each:
            yield from (premises for premises, _ in self._joined(rule.premises, bindings, gaps=True))
            return
        for _, bound in self._joined(rule.premises[: rule.axioms], bindings, gaps=False):
            known = {f"?m{at}": item for at, item in enumerate(members(self._engine, bound["?list"], _LIST))}
            if known:
                whole = rule.over(list(known))
                yield from (found for found, _ in self._joined(whole.premises, bound | known, gaps=True))

    def _joined(
        self, patterns: Iterable[Pattern], bindings: _Bindings, *, gaps: bool
    ) -> list[tuple[tuple[Premise, ...], _Bindings]]:
        """The best ways to meet patterns one after the other; with gaps, what nothing fits is missing."""
        partial: list[tuple[tuple[Premise, ...], _Bindings]] = [((), bindings)]
        for pattern in patterns:
            grown: list[tuple[tuple[Premise, ...], _Bindings]] = []
            for premises, bound in partial:
                found = self._matches(pattern, bound)
                if gaps and not found:
                    found = [(Premise(*_terms(pattern, bound), holds=False), bound)]
                grown += [((*premises, premise), more) for premise, more in found]
            if self._left <= 0:
                return []  # what was not looked for is not missing
            grown.sort(key=lambda way: sum(not premise.holds for premise in way[0]))
            partial = grown[:_WIDE]
        return partial

    def _matches(self, pattern: Pattern, bindings: _Bindings) -> list[tuple[Premise, _Bindings]]:
        """Statements that fit a pattern, in a fixed order, each with what it binds."""
        if self._left <= 0:
            return []
        self._left -= 1
        subject, predicate, value = _terms(pattern, bindings)
        fitting: Iterable[tuple[Any, Any, Any]] = ()
        if pattern[1] == "list:member":
            items = members(self._engine, subject, _LIST) if subject is not None else ()
            fitting = ((subject, predicate, item) for item in items if value in (None, item))
        elif not isinstance(subject, Literal):
            quads = islice(self._engine.match(subject, predicate, value), _MET)
            fitting = ((quad.subject, quad.predicate, quad.object) for quad in quads)
        found = [(Premise(*terms, holds=True), more) for terms in fitting
                 if (more := _unified(pattern, terms, bindings)) is not None]  # fmt: skip
        return sorted(found, key=lambda pair: str(pair[0]))[:_WIDE]


@cache
def _constant(part: str) -> Any:
    """A CURIE or a number in quotes, as rules write them."""
    if part.startswith('"'):
        return Literal(part.strip('"'), datatype=NamedNode(iri("xsd:nonNegativeInteger")))
    return NamedNode(iri("rdfs:member" if part == "list:member" else part))


def _terms(pattern: Pattern, bindings: _Bindings) -> tuple[Any, Any, Any]:
    """The terms of a pattern as far as they are known."""
    subject, predicate, value = (bindings.get(part) if part.startswith("?") else _constant(part) for part in pattern)
    return subject, predicate, value


def _unified(pattern: Pattern, terms: Iterable[Term], bindings: _Bindings) -> _Bindings | None:
    """What variables stand for, those bound before too, if a pattern is to be this; None where it cannot be."""
    bound = dict(bindings)
    for part, term in zip(pattern, terms, strict=True):
        if (bound.setdefault(part, term) if part.startswith("?") else _constant(part)) != term:
            return None
    return bound
