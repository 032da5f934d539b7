"""What loading derives besides OWL: bounds of dates, labels from templates, support and corroboration of claims.

Each derived statement is kept with the rule that made it and the statements it rests on, as in `inference`.
The rules are the project's own: ``coop-bounds``, ``coop-interval``, ``coop-label``, ``coop-support``,
``coop-corroboration``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, TypeAlias

from pyoxigraph import Literal, NamedNode, Triple

from . import dates
from .names import PREFIXES, iri
from .proofs import Derivation

# Any term, whether it may stand as a subject or not: the data decide, and a checker cannot.
Term: TypeAlias = Any

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


class _Index:
    """The statements by subject and predicate, and back from object; order as given."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.forward: dict[Term, dict[NamedNode, list[Term]]] = defaultdict(lambda: defaultdict(list))
        self.backward: dict[tuple[NamedNode, Term], list[Term]] = defaultdict(list)
        for triple in triples:
            self.add(triple)

    def add(self, triple: Triple) -> None:
        self.forward[triple.subject][triple.predicate].append(triple.object)
        self.backward[triple.predicate, triple.object].append(triple.subject)

    def objects(self, subject: Term, predicate: NamedNode) -> list[Term]:
        return self.forward[subject].get(predicate, []) if subject in self.forward else []

    def subjects(self, predicate: NamedNode, value: Term) -> list[Term]:
        return self.backward.get((predicate, value), [])

    def one(self, subject: Term, predicate: NamedNode) -> Term | None:
        return next(iter(sorted(self.objects(subject, predicate), key=str)), None)


def derive(triples: Iterable[Triple]) -> dict[Triple, Derivation]:
    """Everything the project's own rules derive from asserted (and already inferred) statements.

    Args:
        triples: The statements, each once.

    Returns:
        New statements only, in a fixed order, each with its derivation.
    """
    given = list(triples)
    known = set(given)
    index = _Index(given)
    derived: dict[Triple, Derivation] = {}
    for rule in (_bounds, _intervals, _labels, _support, _corroboration):
        for triple, derivation in rule(index):
            if triple not in known:
                known.add(triple)
                index.add(triple)
                derived[triple] = derivation
    return derived


_Step = Iterator[tuple[Triple, Derivation]]


def _time(day: object) -> Literal:
    return Literal(str(day), datatype=_DATETIME)


def _span(value: Term | None) -> dates.Span | None:
    return dates.span(value.value, value.datatype.value) if isinstance(value, Literal) else None


def _facts(subject: Term, span: dates.Span) -> list[tuple[NamedNode, Literal]]:
    facts = []
    if span.start:
        facts.append((_EARLIEST, _time(dates.moment(span.start))))
    if span.end:
        facts.append((_LATEST, _time(dates.moment(span.end))))
    if span.day:
        facts.append((_DAY_NUMBER, Literal(dates.number(span.day))))
    return facts


def _bounds(index: _Index) -> _Step:
    """Earliest, latest, day number and text of each dated thing, and of each claim whose value is a date."""
    for subject, facts in list(index.forward.items()):
        day, before, after = (
            next((value for value in facts.get(name, ()) if _span(value)), None)
            for name in (_DATE, _NOT_BEFORE, _NOT_AFTER)
        )
        stated = next((value for value in facts.get(_VALUE, ()) if _span(value)), None)
        if isinstance(day, Literal):
            premises: tuple[Triple, ...] = (Triple(subject, _DATE, day),)
            span, text = _span(day), day.value
        elif before or after:
            first, last = _span(before), _span(after)
            span = dates.Span(first.start if first else None, last.end if last else None)
            text = dates.between(*(value.value if isinstance(value, Literal) else None for value in (before, after)))
            pairs = ((_NOT_BEFORE, before), (_NOT_AFTER, after))
            premises = tuple(Triple(subject, name, value) for name, value in pairs if value)
        elif isinstance(stated, Literal):
            premises = (Triple(subject, _VALUE, stated),)
            span, text = _span(stated), stated.value
        else:
            continue
        if span:
            for predicate, value in [*_facts(subject, span), (_EDTF, Literal(text))]:
                yield Triple(subject, predicate, value), Derivation("coop-bounds", premises)


def _intervals(index: _Index) -> _Step:
    """When a membership may and when it surely begins and ends, from the events that bound it.

    The day of the ending event belongs to what comes after, so a membership that ends on a known day is surely
    over when that day begins.
    """
    last = timedelta(days=1)
    for subject, facts in list(index.forward.items()):
        start, end = (next(iter(facts.get(name, ())), None) for name in (_START, _END))
        if start is None and end is None:
            continue
        begun, over = (_event_span(index, event) for event in (start, end))
        bounds = {
            "possibleFrom": begun.start if begun else None,
            "certainFrom": begun.end - last if begun and begun.end else None,
            "certainUntil": over.start if over else None,
            "possibleUntil": over.end - last if over and over.end else None,
        }
        if end is not None and bounds["certainUntil"] is None:
            # It ended, nobody knows when: nothing is certain after its beginning.
            bounds["certainUntil"] = bounds["certainFrom"] or bounds["possibleFrom"]
        premises = tuple(
            Triple(subject, name, event) for name, event in ((_START, start), (_END, end)) if event is not None
        )
        for name, day in bounds.items():
            if day:
                yield Triple(subject, _coop(name), _time(dates.moment(day))), Derivation("coop-interval", premises)
        text = "/".join(_edtf(index, event) for event in (start, end))
        yield Triple(subject, _EDTF, Literal(text)), Derivation("coop-interval", premises)


def _event_span(index: _Index, event: Term | None) -> dates.Span | None:
    if event is None:
        return None
    return dates.Span(_day(index.one(event, _EARLIEST)), _day(index.one(event, _LATEST)))


def _day(moment: Term | None) -> date | None:
    """The day of a derived bound; None where someone wrote another value there."""
    try:
        return date.fromisoformat(moment.value[:10]) if isinstance(moment, Literal) else None
    except ValueError:
        return None


def _edtf(index: _Index, event: Term | None) -> str:
    if event is None:
        return ".."
    text = index.one(event, _EDTF)
    return text.value if isinstance(text, Literal) else ""


def _labels(index: _Index) -> _Step:
    """Labels of things that have none of their own, by the template of their class."""
    template_of = _coop("labelTemplate")
    for subject, facts in list(index.forward.items()):
        for kind in facts.get(_TYPE, ()):
            for template in index.objects(kind, template_of):
                if not isinstance(template, Literal) or not template.language:
                    continue
                if any(_language(label) == template.language for label in facts.get(_LABEL, ())):
                    continue
                text = _label(index, subject, template.language, 4)
                if text:
                    premises = (Triple(subject, _TYPE, kind), Triple(kind, template_of, template))
                    label = Literal(text, language=template.language)
                    yield Triple(subject, _LABEL, label), Derivation("coop-label", premises)


def _language(term: Term) -> str | None:
    return term.language if isinstance(term, Literal) else None


def _label(index: _Index, subject: Term, language: str, depth: int) -> str:
    """The label of a thing in a language: its own, or its class's template filled in; '' where there is none."""
    if isinstance(subject, Literal):
        return str(subject.value)
    for name in (_LABEL, _TERM_LABEL):
        own: list[str] = [label.value for label in index.objects(subject, name) if _language(label) == language]
        if own:
            return min(own)
    if depth:
        for kind in index.objects(subject, _TYPE):
            for template in index.objects(kind, _coop("labelTemplate")):
                if isinstance(template, Literal) and template.language == language:
                    return _fill(index, subject, template.value, language, depth - 1)
    symbol = index.one(subject, _coop("symbol"))
    return str(symbol.value) if isinstance(symbol, Literal) else ""


def _fill(index: _Index, subject: Term, template: str, language: str, depth: int) -> str:
    def value(match: re.Match[str]) -> str:
        things: list[Term] = [subject]
        for step in match[1].split("/"):
            name = NamedNode(iri(step.removeprefix("^")))
            follow = index.subjects if step.startswith("^") else None
            things = [
                found for thing in things for found in (follow(name, thing) if follow else index.objects(thing, name))
            ]
        spoken = [found for found in things if _language(found) in (None, language)]
        texts = sorted({_label(index, found, language, depth) or _local(found) for found in spoken})
        return ", ".join(texts)

    text = _PLACEHOLDER.sub(value, template)
    # A placeholder without a value leaves its punctuation behind.
    text = re.sub(r"\s*[:,]\s*(?=[:,]|$)", "", text).strip(" :,")
    return text[:1].upper() + text[1:]


def _local(term: Term) -> str:
    """The end of an IRI, for a thing that has no name at all."""
    return re.split(r"[/#]", term.value)[-1] if isinstance(term, NamedNode) else str(term)


def _support(index: _Index) -> _Step:
    """A claim that is not an opinion supports what it is about; one in a conflict makes it disputed."""
    for claim in sorted(index.subjects(_TYPE, _CLAIM), key=str):
        if _OPINION in index.objects(claim, _KIND):
            continue
        for thing in index.objects(claim, _ABOUT):
            premise = Triple(claim, _ABOUT, thing)
            yield Triple(thing, _coop("supportedBy"), claim), Derivation("coop-support", (premise,))
            for conflict in index.subjects(_JOINS, claim):
                joined = (premise, Triple(conflict, _JOINS, claim))
                yield Triple(thing, _coop("disputedIn"), conflict), Derivation("coop-support", joined)


def _corroboration(index: _Index) -> _Step:
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
            slug, premises = "contradicted", [Triple(conflict, _JOINS, claim) for conflict in lost]
        elif partners:
            slug, premises = "confirmed", [Triple(other, _TYPE, _CLAIM) for other in partners]
        else:
            slug, premises = "single-source", [Triple(claim, _TYPE, _CLAIM)]
        verdict = NamedNode(iri(f"corroboration:{slug}"))
        yield Triple(claim, _coop("corroboration"), verdict), Derivation("coop-corroboration", tuple(premises))


def _is_opinion(index: _Index, claim: Term) -> bool:
    return _OPINION in index.objects(claim, _KIND)


def _voices(index: _Index, claim: Term) -> set[Term]:
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


def _agreeing(index: _Index, claims: list[Term]) -> dict[Term, list[Term]]:
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
