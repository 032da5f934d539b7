"""What loading derives besides OWL: bounds of dates, labels from templates, support and corroboration of claims.

Each derived statement is kept with the rule that made it and the statements it rests on, as in `closure`.
The rules are the project's own: ``coop-bounds``, ``coop-interval``, ``coop-label``, ``coop-support``,
``coop-corroboration``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeAlias

from pyoxigraph import Literal, NamedNode

from .. import dates, errors
from ..names import PREFIXES, iri
from ..rdf.terms import TripleIndex

# Any term, whether it may stand as a subject or not: the data decide, and a checker cannot.
Term: TypeAlias = Any
_Facts: TypeAlias = TripleIndex[Any]

_TYPE = NamedNode(PREFIXES["rdf"] + "type")
_LABEL = NamedNode(PREFIXES["skos"] + "prefLabel")
_TERM_LABEL = NamedNode(PREFIXES["rdfs"] + "label")
_LANGUAGES = ("en", "ru")
_DATETIME = NamedNode(PREFIXES["xsd"] + "dateTime")
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


def _coop(name: str) -> NamedNode:
    return NamedNode(PREFIXES["coop"] + name)


_DATE, _NOT_BEFORE, _NOT_AFTER = _coop("date"), _coop("notBefore"), _coop("notAfter")
_EARLIEST, _LATEST, _DAY_NUMBER, _EDTF = _coop("earliest"), _coop("latest"), _coop("dayNumber"), _coop("edtf")
_START, _END = _coop("start"), _coop("end")
_ABOUT, _PROPERTY, _VALUE, _KIND = _coop("about"), _coop("property"), _coop("value"), _coop("kind")
_SOURCE, _PASSAGE, _RESTATES = _coop("source"), _coop("passage"), _coop("restates")
_JOINS, _ACCEPTS = _coop("joins"), _coop("accepts")
_HAS_SOURCE = NamedNode(PREFIXES["oa"] + "hasSource")
_PUBLISHER = NamedNode(PREFIXES["dcterms"] + "publisher")
_CLAIM, _CONFLICT = _coop("Claim"), _coop("Conflict")
_OPINION = NamedNode(iri("kind:opinion"))
_REPRINT = NamedNode(iri("kind:reprint"))
_TEMPLATE, _SYMBOL = _coop("labelTemplate"), _coop("symbol")
_SUPPORTED_BY, _DISPUTED_IN, _CORROBORATION = _coop("supportedBy"), _coop("disputedIn"), _coop("corroboration")
_INTERVAL = tuple(_coop(name) for name in ("possibleFrom", "certainFrom", "certainUntil", "possibleUntil"))
_MADE = (
    _LABEL, _EARLIEST, _LATEST, _DAY_NUMBER, _EDTF, _SUPPORTED_BY, _DISPUTED_IN, _CORROBORATION, *_INTERVAL,
)  # fmt: skip
_READ = (
    *_MADE, _TYPE, _TERM_LABEL, _DATE, _NOT_BEFORE, _NOT_AFTER, _START, _END, _ABOUT, _PROPERTY, _VALUE, _KIND,
    _SOURCE, _PASSAGE, _RESTATES, _JOINS, _ACCEPTS, _HAS_SOURCE, _PUBLISHER, _TEMPLATE, _SYMBOL,
)  # fmt: skip


MOST_VALUES, MOST_VALUES_EACH = 3_000_000, 1_000
"""How many values the rules look at: so many, and so many for each statement given."""


class Fact(NamedTuple):
    """A statement of pyoxigraph's terms, which it shares with others, as a `Triple` does not."""

    subject: Term
    predicate: NamedNode
    object: Term


def read_by(templates: Iterable[str]) -> frozenset[str]:
    """IRIs of the properties that the rules look at, given the texts of all label templates."""
    steps = {step for text in templates for path in _PLACEHOLDER.findall(text) for step in path.split("/")}
    return frozenset({name.value for name in _READ} | {iri(step.removeprefix("^")) for step in steps})


Step: TypeAlias = tuple[Fact, str, tuple[Fact, ...]]
"""A derived statement, the rule that made it, and the statements it rests on."""


def facts(triples: Iterable[Iterable[Term]]) -> Iterator[Step]:
    """Everything the project's own rules derive from asserted (and already inferred) statements.

    Args:
        triples: Subject, predicate and value of the statements, each once; those with a property outside `read_by`
            change nothing.

    Returns:
        New statements only, in a fixed order.

    Raises:
        errors.LimitReached: Templates or claims lead to far more values than there are statements.
    """
    index = _Bounded(triples)
    known = {(subject, name, value) for name in _MADE for subject, value in index.pairs(name)}
    for rule in (_bounds, _intervals, _labels, _support, _corroboration):
        for step in rule(index):
            # Whoever writes a text where a thing belongs is told by the shapes.
            if step[0] not in known and not isinstance(step[0].subject, Literal):
                known.add(step[0])
                index.add(*step[0])
                yield step


class _Bounded(TripleIndex[Any]):
    """An index that gives only so many values: a file of a few lines may have templates that multiply them."""

    def __init__(self, triples: Iterable[Iterable[Term]]) -> None:
        self._left = MOST_VALUES
        super().__init__(self._counted(triples))

    def _counted(self, triples: Iterable[Iterable[Term]]) -> Iterator[Iterable[Term]]:
        for triple in triples:
            self._left += MOST_VALUES_EACH
            yield triple

    def objects(self, subject: Term, predicate: Term) -> list[Term]:
        return self._taken(super().objects(subject, predicate))

    def subjects(self, predicate: Term, value: Term) -> list[Term]:
        return self._taken(super().subjects(predicate, value))

    def _taken(self, found: list[Term]) -> list[Term]:
        self._left -= 1 + len(found)
        if self._left < 0:
            told = "To derive labels and what supports claims, too many values would have to be looked at."
            hint = "Make the label templates (coop:labelTemplate) shorter, or fewer claims about one property."
            raise errors.LimitReached(told, limit="values", hint=hint)
        return found


def _time(day: date) -> Literal:
    return Literal(dates.moment(day), datatype=_DATETIME)


def _span(value: Term | None) -> dates.Span | None:
    return dates.span(value.value, value.datatype.value) if isinstance(value, Literal) else None


def _bounds(index: _Facts) -> Iterator[Step]:
    """Earliest, latest, day number and text of each dated thing, and of each claim whose value is a date."""
    for subject in index:
        dated = {}
        for name in (_DATE, _NOT_BEFORE, _NOT_AFTER, _VALUE):
            value = next((value for value in index.objects(subject, name) if _span(value)), None)
            if value is not None:
                dated[name] = value
        if _DATE not in dated and (_NOT_BEFORE in dated or _NOT_AFTER in dated):
            before, after = dated.get(_NOT_BEFORE), dated.get(_NOT_AFTER)
            first, last = _span(before), _span(after)
            span = dates.Span(first.start if first else None, last.end if last else None)
            text = dates.between(before and before.value, after and after.value)
            used = [name for name in (_NOT_BEFORE, _NOT_AFTER) if name in dated]
        elif dated:
            used = [_DATE if _DATE in dated else _VALUE]
            text = dated[used[0]].value
            span = dates.parse(text)
        else:
            continue
        premises = tuple(Fact(subject, name, dated[name]) for name in used)
        if span.start:
            yield Fact(subject, _EARLIEST, _time(span.start)), "coop-bounds", premises
        if span.end:
            yield Fact(subject, _LATEST, _time(span.end)), "coop-bounds", premises
        if span.day:
            yield Fact(subject, _DAY_NUMBER, Literal(dates.number(span.day))), "coop-bounds", premises
        yield Fact(subject, _EDTF, Literal(text)), "coop-bounds", premises


def _intervals(index: _Facts) -> Iterator[Step]:
    """When a membership may and when it surely begins and ends, from the events that bound it.

    The day of the ending event belongs to what comes after, so a membership that ends on a known day is surely
    over when that day begins.
    """
    for subject in index:
        start, end = (next(iter(index.objects(subject, name)), None) for name in (_START, _END))
        if start is None and end is None:
            continue
        begun, over = _event_span(index, start), _event_span(index, end)
        possible_from, certain_until = begun.start, over.start
        certain_from, possible_until = (span.end - timedelta(days=1) if span.end else None for span in (begun, over))
        if end is not None and certain_until is None:
            # It ended, nobody knows when: nothing is certain after its beginning.
            certain_until = certain_from or possible_from
        premises = [Fact(subject, name, event) for name, event in ((_START, start), (_END, end)) if event is not None]
        for event in (start, end):
            for name in (_EARLIEST, _LATEST, _EDTF):
                value = None if event is None else index.one(event, name)
                if value is not None:
                    premises.append(Fact(event, name, value))
        for name, day in zip(_INTERVAL, (possible_from, certain_from, certain_until, possible_until), strict=True):
            if day:
                yield Fact(subject, name, _time(day)), "coop-interval", tuple(premises)
        text = f"{_edtf(index, start)}/{_edtf(index, end)}"
        yield Fact(subject, _EDTF, Literal(text)), "coop-interval", tuple(premises)


def _event_span(index: _Facts, event: Term | None) -> dates.Span:
    """The days between the derived bounds of an event; open where there is none, or someone wrote another value."""
    days: list[date | None] = []
    for name in (_EARLIEST, _LATEST):
        moment = None if event is None else index.one(event, name)
        try:
            days.append(date.fromisoformat(moment.value[:10]) if isinstance(moment, Literal) else None)
        except ValueError:
            days.append(None)
    return dates.Span(*days)


def _edtf(index: _Facts, event: Term | None) -> str:
    if event is None:
        return ".."
    text = index.one(event, _EDTF)
    return text.value if isinstance(text, Literal) else ""


def _labels(index: _Facts) -> Iterator[Step]:
    """Labels of things that have none of their own, by the template of their class."""
    for subject in index:
        for kind in index.objects(subject, _TYPE):
            for template in index.objects(kind, _TEMPLATE):
                if not isinstance(template, Literal) or not template.language:
                    continue
                if any(_language(label) == template.language for label in index.objects(subject, _LABEL)):
                    continue
                used: list[Fact] = []
                text = _label(index, subject, template.language, 4, used)
                if text:
                    label = Literal(text, language=template.language)
                    yield Fact(subject, _LABEL, label), "coop-label", tuple(dict.fromkeys(used))


def _language(term: Term) -> str | None:
    return term.language if isinstance(term, Literal) else None


def _label(index: _Facts, subject: Term, language: str, depth: int, used: list[Fact]) -> str:
    """The label of a thing in a language: its own, or its class's template filled in; '' where there is none.

    The statements it was made of are added to ``used``.
    """
    if isinstance(subject, Literal):
        return str(subject.value)
    for name in (_LABEL, _TERM_LABEL):
        own = [label for label in index.objects(subject, name) if _language(label) == language]
        if own:
            label = min(own, key=lambda term: str(term.value))
            used.append(Fact(subject, name, label))
            return str(label.value)
    if depth:
        for kind in index.objects(subject, _TYPE):
            for template in index.objects(kind, _TEMPLATE):
                if isinstance(template, Literal) and template.language == language:
                    used += [Fact(subject, _TYPE, kind), Fact(kind, _TEMPLATE, template)]
                    return _fill(index, subject, template.value, language, depth - 1, used)
    symbol = index.one(subject, _SYMBOL)
    if not isinstance(symbol, Literal):
        return ""
    used.append(Fact(subject, _SYMBOL, symbol))
    return str(symbol.value)


def _fill(index: _Facts, subject: Term, template: str, language: str, depth: int, used: list[Fact]) -> str:
    def value(match: re.Match[str]) -> str:
        things: list[Term] = [subject]
        for step in match[1].split("/"):
            name = NamedNode(iri(step.removeprefix("^")))
            back = step.startswith("^")
            pairs = [
                (thing, found)
                for thing in things
                for found in (index.subjects(name, thing) if back else index.objects(thing, name))
                if _language(found) in (None, language)
            ]
            used.extend(Fact(found, name, thing) if back else Fact(thing, name, found) for thing, found in pairs)
            things = list(dict.fromkeys(found for _, found in pairs))
        texts = sorted({_label(index, found, language, depth, used) or _local(found) for found in things})
        return ", ".join(texts)

    text = _PLACEHOLDER.sub(value, template)
    # A placeholder without a value leaves its punctuation behind.
    text = re.sub(r"\s*[:,]\s*(?=[:,]|$)", "", text).strip(" :,")
    return text[:1].upper() + text[1:]


def _local(term: Term) -> str:
    """The end of an IRI, for a thing that has no name at all."""
    return re.split(r"[/#]", term.value)[-1] if isinstance(term, NamedNode) else str(term)


def _support(index: _Facts) -> Iterator[Step]:
    """A claim that is not an opinion supports what it is about; one in a conflict makes it disputed."""
    for claim in sorted(index.subjects(_TYPE, _CLAIM), key=str):
        if _OPINION in index.objects(claim, _KIND):
            continue
        for thing in index.objects(claim, _ABOUT):
            premise = Fact(claim, _ABOUT, thing)
            yield Fact(thing, _SUPPORTED_BY, claim), "coop-support", (premise,)
            for conflict in index.subjects(_JOINS, claim):
                joined = (premise, Fact(conflict, _JOINS, claim))
                yield Fact(thing, _DISPUTED_IN, conflict), "coop-support", joined


def _corroboration(index: _Facts) -> Iterator[Step]:
    """How each claim stands beside those of other publishers.

    Two claims agree when they give the same value, or dates of which one lies within the other; reprints do not
    count as a voice of their own; a claim is contradicted where a conflict joins it and is open, or was decided for a
    claim with which it does not agree.
    """
    claims = [claim for claim in sorted(index.subjects(_TYPE, _CLAIM), key=str) if not _is_opinion(index, claim)]
    voices = {claim: _voices(index, claim) for claim in claims}
    agreeing = _agreeing(index, claims)
    for claim in claims:
        partners = [other for other in agreeing[claim] if voices[other] - voices[claim]]
        right = {claim, *agreeing[claim]}
        lost = [c for c in index.subjects(_JOINS, claim) if right.isdisjoint(index.objects(c, _ACCEPTS))]
        if lost:
            slug, premises = "contradicted", [Fact(conflict, _JOINS, claim) for conflict in lost]
            premises += [Fact(one, _ACCEPTS, other) for one in lost for other in index.objects(one, _ACCEPTS)]
        elif partners:
            other = min(partners, key=str)
            slug, premises = "confirmed", [*_agreement(index, claim, other), *_said_by(index, claim, other)]
        else:
            slug, premises = "single-source", [Fact(claim, _TYPE, _CLAIM), *_said_by(index, claim)]
        verdict = NamedNode(iri(f"corroboration:{slug}"))
        yield Fact(claim, _CORROBORATION, verdict), "coop-corroboration", tuple(premises)


def _agreement(index: _Facts, claim: Term, other: Term) -> list[Fact]:
    """The statements by which two claims agree: that one restates the other, or the same topic and value."""
    for one, two in ((claim, other), (other, claim)):
        if two in index.objects(one, _RESTATES):
            return [Fact(one, _RESTATES, two)]
    facts = []
    for name in (_ABOUT, _PROPERTY):
        shared = [term for term in index.objects(claim, name) if term in index.objects(other, name)]
        facts += [Fact(one, name, term) for term in shared for one in (claim, other)]
    return facts + [Fact(one, _VALUE, value) for one in (claim, other) for value in index.objects(one, _VALUE)]


def _said_by(index: _Facts, *claims: Term) -> list[Fact]:
    """The statements that lead from claims to the publishers of their sources."""
    sources = [(claim, source) for claim in claims for source in index.objects(claim, _SOURCE)]
    return [
        *(Fact(claim, _SOURCE, source) for claim, source in sources),
        *(Fact(source, _KIND, _REPRINT) for _, source in sources if _REPRINT in index.objects(source, _KIND)),
        *(Fact(source, _PUBLISHER, name) for _, source in sources for name in index.objects(source, _PUBLISHER)),
    ]


def _is_opinion(index: _Facts, claim: Term) -> bool:
    return _OPINION in index.objects(claim, _KIND)


def _voices(index: _Facts, claim: Term) -> set[Term]:
    sources = [
        *index.objects(claim, _SOURCE),
        *(source for passage in index.objects(claim, _PASSAGE) for source in index.objects(passage, _HAS_SOURCE)),
    ]
    return {
        publisher
        for source in sources
        if _REPRINT not in index.objects(source, _KIND)
        for publisher in index.objects(source, _PUBLISHER)
    }


def _agreeing(index: _Facts, claims: list[Term]) -> dict[Term, list[Term]]:
    together: dict[Term, list[Term]] = defaultdict(list)
    alike: dict[tuple[Term, Term], list[Term]] = defaultdict(list)
    for claim in claims:
        for other in index.objects(claim, _RESTATES):
            together[claim].append(other)
            together[other].append(claim)
        for name in index.objects(claim, _PROPERTY):
            for thing in index.objects(claim, _ABOUT):
                alike[thing, name].append(claim)
    for group in alike.values():
        for claim in group:
            value = index.one(claim, _VALUE)
            together[claim].extend(
                other for other in group if other != claim and _agree(value, index.one(other, _VALUE))
            )
    known = set(claims)
    return defaultdict(list, {claim: [o for o in others if o in known] for claim, others in together.items()})


def _agree(one: Term | None, other: Term | None) -> bool:
    if one is None or other is None:
        return False
    if one == other:
        return True
    first, second = _span(one), _span(other)
    return bool(first and second and (first.within(second) or second.within(first)))
