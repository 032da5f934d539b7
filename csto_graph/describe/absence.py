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

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from .. import dates, errors
from ..loading.view import GraphView
from ..names import curie, iri, natural
from ..reason.rules import RULES, Pattern, Rule, renamed
from ..store.engine import Engine, Term
from ..text import to_json
from ..words import rule_says
from .claims import ClaimIndex, evidence_documents
from .proof import fitting, resolve_property, standing
from .proof_text import Terms, absence_text, members

FORMATS = ("text", "json")
"""In which the lack of a statement is explained."""

_WORK = 2_000  # matches in one search; the data may be hostile, or far away
_MET = 4_096  # matches of one premise looked at
_WIDE = 32  # of these the ones tried, and partial matches kept
_EACH = 2  # ways shown of one rule
_ALL = 6  # ways shown of all rules
_LIST = 64  # members of a list

# Of the project's own rules those whose conclusions are patterns; the others compute what they conclude.
_OWN = (
    Rule("coop-support", (("?c", "rdf:type", "coop:Claim"), ("?c", "coop:about", "?x")),
         (("?x", "coop:supportedBy", "?c"),)),
    Rule("coop-support", (("?c", "coop:about", "?x"), ("?k", "coop:joins", "?c")), (("?x", "coop:disputedIn", "?k"),)),
)  # fmt: skip

_Bindings = dict[str, Term]


@dataclass(frozen=True, slots=True)
class Premise:
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


@dataclass(frozen=True, slots=True)
class Attempt:
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


class Absence:
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

    def __init__(self, view: GraphView, statement: Triple, *, reading: str = "curated") -> None:
        self._view = view
        self._engine = view.engine(reading)
        self.statement = statement
        self.holds = bool(standing(self._engine, statement))
        self.searched = view.searched()
        self.attempts, self.more = ((), 0) if self.holds else _nearest(self._engine, statement)
        subject, predicate = statement.subject, statement.predicate
        node = subject if isinstance(subject, NamedNode) else None
        about = ClaimIndex(self._engine).about(node.value) if node else []
        self._stated = [entry for entry in about if entry.property == predicate.value]
        self.stated = tuple(dict.fromkeys(entry.claim for entry in self._stated if entry.value == statement.object))
        self.conflicts = tuple(sorted({name for entry in self._stated for name in entry.conflicts}, key=natural))
        others = {quad.triple for quad in self._engine.match(node, predicate, None)} - {statement}
        self.instead = tuple(sorted(others, key=lambda triple: natural(str(triple.object))))
        functional = Triple(predicate, NamedNode(iri("rdf:type")), NamedNode(iri("owl:FunctionalProperty")))
        self._functional = bool(standing(self._engine, functional))

    def document(self, language: str | None = None) -> dict[str, Any]:
        """The answer in the shape ``csto-graph/absence/1``; see the module."""
        language = language or self._view.language
        terms = Terms(self._view, self._engine, language)

        def parts(subject: object, predicate: object, value: object) -> dict[str, Any]:
            given = {"subject": subject, "property": predicate, "value": value}
            return {key: None if term is None else terms(term) for key, term in given.items()}

        attempts = [
            {
                "rule": attempt.rule,
                "says": rule_says(attempt.rule, language),
                "missing": attempt.missing,
                "premises": [
                    {**parts(found.subject, found.predicate, found.value), "holds": found.holds}
                    for found in attempt.premises
                ],
            }
            for attempt in self.attempts
        ]
        instead: list[dict[str, Any]] = [
            {
                "value": terms(triple.object),
                "claims": [curie(entry.claim) for entry in self._stated if entry.value == triple.object],
                "excludes": self._excludes(triple.object),
            }
            for triple in self.instead
        ]
        alike = [list(map(curie, self.stated)), *(other["claims"] for other in instead)]
        claims = dict.fromkeys(iri(name) for group in alike for name in group)
        return {
            "format": "csto-graph/absence/1",
            **parts(*self.statement),
            "holds": self.holds,
            "attempts": attempts,
            "more": self.more,
            "instead": instead,
            "stated": alike[0],
            **evidence_documents(self._view, claims, self.conflicts, alike, language),
            "searched": dict(self.searched),
        }

    def _excludes(self, value: Term) -> bool:
        """Whether a value leaves no room for the one asked for: the property has one, or a conflict joins the two."""
        asked, other = (
            {name for entry in self._stated if entry.value == one for name in entry.conflicts}
            for one in (self.statement.object, value)
        )
        return self._functional or not asked.isdisjoint(other)

    def written(self, format: str, language: str | None = None, *, width: int = 100) -> str:
        """The answer in one of `FORMATS`, a text in so many columns where words allow it.

        Raises:
            errors.UnknownName: There is no such format.
        """
        if format == "text":
            return self.to_text(language, width=width)
        if format == "json":
            return self.to_json(language)
        raise errors.UnknownName("format", format, hint=f"Formats here: {', '.join(FORMATS)}.")

    def to_text(self, language: str | None = None, *, width: int = 100) -> str:
        """The answer in words."""
        return "".join(absence_text(self.document(language), language or self._view.language, width))

    def to_json(self, language: str | None = None) -> str:
        """The document as text."""
        return to_json(self.document(language))

    def __bool__(self) -> bool:
        return not self.holds

    def __repr__(self) -> str:
        state = "holds" if self.holds else f"{len(self.attempts)} ways, {len(self.instead)} other values"
        return f"<Absence {curie(self.statement.predicate.value)}: {state}>"

    def __str__(self) -> str:
        return self.to_text()


def explain_absence(
    view: GraphView, thing: str, property: str, value: object, *, reading: str = "curated"
) -> Absence:
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
    name = NamedNode(resolve_property(view, engine, subject, property))
    standing_here = [quad.triple for quad in engine.match(subject, name, None)]
    found = fitting(view, list(dict.fromkeys(standing_here)), value)
    term = found[0].object if found else _term(view, engine, name, value)
    return Absence(view, Triple(subject, name, term), reading=reading)


def _term(view: GraphView, engine: Engine, name: NamedNode, value: object) -> NamedNode | Literal:
    """A value as the property's values are; where it has none, as its range says, else as the text looks."""
    if isinstance(value, (NamedNode, Literal)):
        return value
    text = str(getattr(value, "iri", value))
    written = _written(text)
    if written is not None:
        return written
    pattern = next((quad.object for quad in engine.match(None, name, None)), None)
    if isinstance(pattern, Literal):
        return _alike(text, pattern)
    ranges = [quad.object.value for quad in engine.match(name, NamedNode(iri("rdfs:range")), None)
              if isinstance(quad.object, NamedNode)]  # fmt: skip
    literal = next((kind for kind in sorted(ranges) if kind.startswith(iri("xsd:"))), None)
    if pattern is None and literal:
        return Literal(text, datatype=NamedNode(literal))
    try:
        return NamedNode(view.resolve(text, parameter="value"))
    except errors.UnknownName:
        if pattern is None:
            return Literal(text)
        some = (quad.object for quad in islice(engine.match(None, name, None), _MET))
        other = next((one for one in some if isinstance(one, Literal)), None)
        if other is None or "://" in text:
            raise
        return _alike(text, other)


def _written(text: str) -> Literal | None:
    """The literal that a text in Turtle's form is: in quotes, or with its datatype or language; else None."""
    match = re.fullmatch(r"(.*?)(?:@([a-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)|\^\^<?([^\s<>]+)>?)?", text, re.DOTALL)
    assert match is not None  # every part may be empty
    body, language, datatype = match.groups()
    quoted = len(body) > 1 and body[0] == body[-1] == '"'
    if not (quoted or language or datatype):
        return None
    body = body[1:-1] if quoted else body
    try:
        return Literal(body, language=language, datatype=NamedNode(iri(datatype)) if datatype else None)
    except ValueError as error:
        raise errors.BadParameter("value", text, f"a literal: {error}", hint='Write it as "text"@en.') from error


def _alike(text: str, pattern: Literal) -> Literal:
    """A literal of the kind of another; of a date, as precise as the text is."""
    if pattern.language:
        return Literal(text, language=pattern.language)
    if dates.span(pattern.value, pattern.datatype.value):
        try:
            dates.parse(text)
        except ValueError:
            return Literal(text)
        return Literal(text, datatype=NamedNode(dates.datatype(text)))
    return Literal(text, datatype=pattern.datatype)


# --- rules read backwards -------------------------------------------------------------------------------------------


def _nearest(engine: Engine, statement: Triple) -> tuple[tuple[Attempt, ...], int]:
    """The nearest ways to a statement, and how many more there are of the rules shown."""
    search = _Search(engine, statement)
    order = {rule.name: place for place, rule in reversed(list(enumerate((*RULES, *_OWN))))}
    found = dict.fromkeys(attempt for rule in (*RULES, *_OWN) for attempt in search.tried(rule))
    ordered = sorted(found, key=lambda attempt: (attempt.missing, order[attempt.rule], str(attempt.premises)))
    counts: Counter[str] = Counter()
    shown: list[Attempt] = []
    for attempt in ordered:
        counts[attempt.rule] += 1
        if counts[attempt.rule] <= _EACH and len(shown) < _ALL:
            shown.append(attempt)
    rules = {attempt.rule for attempt in shown}
    return tuple(shown), sum(counts[rule] for rule in rules) - len(shown)


class _Search:
    """Matches the premises of rules whose conclusion is one statement."""

    def __init__(self, engine: Engine, statement: Triple) -> None:
        self._engine = engine
        self._statement = statement
        self._left = _WORK

    def tried(self, rule: Rule) -> Iterator[Attempt]:
        """The ways of one rule in which the first premise holds and something is missing."""
        for conclusion in rule.conclusions:
            bindings = _unified(conclusion, self._statement, {})
            if bindings is None:
                continue
            for patterns, bound in self._expanded(rule, bindings):
                for premises in self._joined(patterns, bound):
                    attempt = Attempt(rule.name, premises)
                    asked = [(premise.subject, premise.predicate, premise.value) for premise in premises]
                    circular = tuple(self._statement) in asked
                    if premises and premises[0].holds and attempt.missing and not circular:
                        yield attempt

    def _expanded(self, rule: Rule, bindings: _Bindings) -> Iterator[tuple[list[Pattern], _Bindings]]:
        """A rule over the members of a list, for each list that its axioms lead to."""
        if not rule.each:
            yield [*rule.premises, *rule.after], bindings
            return
        for bound in self._bound(rule.premises, bindings):
            items = list(members(self._engine, bound["?list"], _LIST)) if "?list" in bound else []
            patterns, known = list(rule.premises), dict(bound)
            for place, item in enumerate(items):
                names = {"?member": f"?m{place}", "?here": f"?at{place}", "?there": f"?at{place + 1}"}
                patterns += [renamed(pattern, names) for pattern in rule.each]
                known[f"?m{place}"] = item
            for end, name in (("?first", "?at0"), ("?last", f"?at{len(items)}")):
                if end in known:
                    known[name] = known.pop(end)
            if items:
                yield [*patterns, *rule.after], known

    def _bound(self, patterns: Sequence[Pattern], bindings: _Bindings) -> list[_Bindings]:
        """All bindings under which some patterns hold."""
        found = [bindings]
        for pattern in patterns:
            found = [more for bound in found for _, more in self._matches(pattern, bound)][:_WIDE]
        return found

    def _joined(self, patterns: Sequence[Pattern], bindings: _Bindings) -> list[tuple[Premise, ...]]:
        """The best ways to meet patterns one after the other; what nothing fits is missing."""
        partial: list[tuple[tuple[Premise, ...], _Bindings]] = [((), bindings)]
        for pattern in patterns:
            grown: list[tuple[tuple[Premise, ...], _Bindings]] = []
            for premises, bound in partial:
                found = self._matches(pattern, bound)
                grown += [((*premises, premise), more) for premise, more in found]
                if not found:
                    grown.append(((*premises, Premise(*_wanted(pattern, bound), holds=False)), bound))
            if self._left <= 0:
                return []  # what was not looked for is not missing
            grown.sort(key=lambda pair: sum(not premise.holds for premise in pair[0]))
            partial = grown[:_WIDE]
        return [premises for premises, _ in partial]

    def _matches(self, pattern: Pattern, bindings: _Bindings) -> list[tuple[Premise, _Bindings]]:
        """Statements that fit a pattern, in a fixed order, each with what it binds."""
        if self._left <= 0:
            return []
        self._left -= 1
        subject, predicate, value = _wanted(pattern, bindings)
        fitting: Iterable[tuple[Any, Any, Any]] = ()
        if pattern[1] == "list:member":
            items = members(self._engine, subject, _LIST) if subject is not None else ()
            fitting = ((subject, _constant(pattern[1]), item) for item in items if value in (None, item))
        elif not isinstance(subject, Literal):
            quads = islice(self._engine.match(subject, predicate, value), _MET)
            fitting = ((quad.subject, quad.predicate, quad.object) for quad in quads)
        found = [(Premise(*terms, holds=True), more) for terms in fitting
                 if (more := _unified(pattern, terms, bindings)) is not None]  # fmt: skip
        return sorted(found, key=lambda pair: str(pair[0]))[:_WIDE]


@cache
def _constant(word: str) -> Term:
    """A CURIE or a number in quotes, as rules write them."""
    if word.startswith('"'):
        return Literal(word.strip('"'), datatype=NamedNode(iri("xsd:nonNegativeInteger")))
    return NamedNode(iri("rdfs:member" if word == "list:member" else word))


def _wanted(pattern: Pattern, bindings: _Bindings) -> tuple[Any, Any, Any]:
    """The terms of a pattern as far as they are known."""
    subject, predicate, value = (bindings.get(word) if word.startswith("?") else _constant(word) for word in pattern)
    return subject, predicate, value


def _unified(pattern: Pattern, terms: Iterable[Term], bindings: _Bindings) -> _Bindings | None:
    """What variables stand for, those bound before too, if a pattern is to be this; None where it cannot be."""
    bound = dict(bindings)
    for word, term in zip(pattern, terms, strict=True):
        if (bound.setdefault(word, term) if word.startswith("?") else _constant(word)) != term:
            return None
    return bound
