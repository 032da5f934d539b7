"""What loading derives besides OWL: bounds of dates, labels from templates, support and corroboration of claims.

Each derived statement is kept with the rule that made it and the statements it rests on, as in `closure`.
The rules are the project's own: ``coop-bounds``, ``coop-session``, ``coop-interval``, ``coop-known``,
``coop-event-date``, ``coop-label``, ``coop-name``, ``coop-support``, ``coop-corroboration``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cache, cached_property
from typing import Any, NamedTuple, TypeAlias

from pyoxigraph import Literal, NamedNode

from .. import errors
from ..names import iri
from ..rdf import terms
from ..rdf.terms import TripleIndex

# Any term, whether it may stand as a subject or not: the data decide, and a checker cannot.
Term: TypeAlias = Any

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_INTERVAL = (
    "coop:possibleFrom", "coop:certainFrom", "coop:certainUntil", "coop:possibleUntil",
    "coop:presumedFrom", "coop:presumedUntil",
)  # fmt: skip
_STATES = frozenset(map(iri, ("org:member", "org:organization", "org:role", "coop:capacity")))
_DATED = {  # property of a document to the class of its events, and to what it takes over from one
    f"coop:{name}{end}": (kind, taken)
    for kind, name in (("Adoption", "adopted"), ("Signing", "signed"), ("EntryIntoForce", "enteredIntoForce"))
    for end, taken in (("On", "coop:date"), ("NotBefore", "coop:earliest"), ("Before", "coop:latest"))
}
_MADE = (
    "skos:prefLabel", "rdfs:label", "coop:earliest", "coop:latest", "coop:dayNumber", "coop:edtf", "coop:supportedBy",
    "coop:disputedIn", "coop:corroboration", "coop:knownOn", *_INTERVAL, *_DATED,
)  # fmt: skip
_READ = (
    *_MADE, "rdf:type", "coop:date", "coop:notBefore", "coop:notAfter", "coop:start", "coop:end",
    "coop:about", "coop:property", "coop:value", "coop:kind", "coop:source", "coop:passage", "coop:restates",
    "coop:joins", "coop:accepts", "oa:hasSource", "dcterms:publisher", "coop:labelTemplate", "coop:symbol",
    "coop:concerns", "coop:heldOn", "coop:relays", "coop:signer", "coop:signedAt", "coop:capacity", "org:member",
    "coop:session", "coop:issuedBy", "coop:host",
)  # fmt: skip

MOST_VALUES, MOST_VALUES_EACH = 3_000_000, 1_000
"""How many values the rules look at: so many, and so many for each statement given."""


class Fact(NamedTuple):
    """A statement of pyoxigraph's terms, which it shares with others, as a `Triple` does not."""

    subject: Term
    predicate: NamedNode
    object: Term


Step: TypeAlias = tuple[Fact, str, tuple[Fact, ...]]
"""A derived statement, the rule that made it, and the statements it rests on."""


def read_by(templates: Iterable[str]) -> frozenset[str]:
    """IRIs of the properties that the rules look at, given the texts of all label templates."""
    steps = {step for text in templates for path in _PLACEHOLDER.findall(text) for step in path.split("/")}
    return frozenset(map(iri, (*_READ, *(step.removeprefix("^") for step in steps))))


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
    graph = _Graph(triples)
    known = {(subject, _node(name), value) for name in _MADE for subject, value in graph.pairs(_node(name))}
    for rule in (_bounds, _intervals, _event_dates, _labels, _names, _support, _corroboration):
        for step in rule(graph):
            # Whoever writes a text where a thing belongs is told by the shapes.
            if step[0] not in known and not isinstance(step[0].subject, Literal):
                known.add(step[0])
                graph.add(*step[0])
                yield step


@cache
def _node(name: str) -> NamedNode:
    return NamedNode(iri(name))


class _Graph(TripleIndex[Any]):
    """An index that gives only so many values: a file of a few lines may have templates that multiply them."""

    def __init__(self, triples: Iterable[Iterable[Term]]) -> None:
        super().__init__(triples)
        given = sum(len(values) for subject in self for values in self.about(subject).values())
        self._left = MOST_VALUES + MOST_VALUES_EACH * given

    def said(self, subject: Term, name: str, value: Term | None = None) -> list[Fact]:
        """The statements about a thing by a property, or only that with a value."""
        found = [Fact(subject, _node(name), each) for each in self.taken(self.objects(subject, _node(name)))]
        return found if value is None else [fact for fact in found if fact.object == value]

    def to(self, name: str, value: Term) -> list[Fact]:
        """The statements by a property that lead to a thing."""
        return [Fact(each, _node(name), value) for each in self.taken(self.subjects(_node(name), value))]

    def first(self, subject: Term, name: str) -> list[Fact]:
        """The one of the statements by a property whose value is the first by its text, where there is one."""
        return sorted(self.said(subject, name), key=lambda fact: str(fact.object))[:1]

    @cached_property
    def claims(self) -> list[Term]:
        """The claims that are no opinions, in order."""
        claims = (fact.subject for fact in self.to("rdf:type", _node("coop:Claim")))
        return sorted((claim for claim in claims if not self.said(claim, "coop:kind", _node("kind:opinion"))), key=str)

    @cached_property
    def agreeing(self) -> dict[Term, dict[Term, bool]]:
        """Claim to the others that fit it, each with whether it states the very same."""
        return _agreeing(self)

    def lost(self, claim: Term) -> dict[Fact, list[Fact]]:
        """The conflicts in which a claim did not win, each with what it accepts: nothing while it is open."""
        right = {claim, *self.agreeing[claim]}
        joined = {fact: self.said(fact.subject, "coop:accepts") for fact in self.to("coop:joins", claim)}
        return {fact: told for fact, told in joined.items() if right.isdisjoint(each.object for each in told)}

    def taken(self, found: list[Term]) -> list[Term]:
        self._left -= 1 + len(found)
        if self._left < 0:
            told = "To derive labels and what supports claims, too many values would have to be looked at."
            hint = "Make the label templates (coop:labelTemplate) shorter, or fewer claims about one property."
            raise errors.LimitReached(told, limit="values", hint=hint)
        return found


def _time(day: date) -> Literal:
    return Literal(terms.moment(day), datatype=_node("xsd:dateTime"))


def _span(value: Term) -> terms.Span | None:
    return terms.days_of(value.value, value.datatype.value) if isinstance(value, Literal) else None


def _bounds(graph: _Graph) -> Iterator[Step]:
    """Earliest, latest, day number and text of each dated thing, and of each claim whose value is a date."""
    ends = ("coop:notBefore", "coop:notAfter")
    for subject in graph:
        dated = {
            name: fact for name in ("coop:date", *ends, "coop:value")
            for fact in reversed(graph.said(subject, name)) if _span(fact.object)
        }  # fmt: skip
        rule, place = "coop-bounds", list[Fact]()
        if not dated and (place := _session(graph, subject)):
            found = [graph.said(place[0].subject, name)[:1] for name in ends]
            rule, dated = "coop-session", {name: fact[0] for name, fact in zip(ends, found, strict=True) if fact}
        premises = [dated[name] for name in ends if name in dated]
        if premises and "coop:date" not in dated:
            texts = [dated[name].object.value if name in dated else None for name in ends]
            first, last = (terms.days(text) if text else terms.Span(None, None) for text in texts)
            span, text = terms.Span(first.start, last.end), terms.between(*texts)
        elif dated:
            premises = [dated.get("coop:date") or dated["coop:value"]]
            text = premises[0].object.value
            span = terms.days(text)
        else:
            continue
        made = {
            "coop:earliest": span.start and _time(span.start),
            "coop:latest": span.end and _time(span.end),
            "coop:dayNumber": span.day and Literal((span.day - date(1970, 1, 1)).days),
            "coop:edtf": Literal(text),
        }
        for name, value in made.items():
            if value:
                yield Fact(subject, _node(name), value), rule, (*premises, *place)


def _session(graph: _Graph, event: Term) -> list[Fact]:
    """Why an adoption lies within a session of the body that issued the act; none where no such session is told of."""
    for number in graph.said(event, "coop:session") if graph.said(event, "rdf:type", _node("coop:Adoption")) else ():
        for concerns in graph.said(event, "coop:concerns"):
            for issued in graph.said(concerns.object, "coop:issuedBy"):
                for host in graph.to("coop:host", issued.object):
                    kind = graph.said(host.subject, "coop:kind", _node("kind:session"))
                    if kind and (same := graph.said(host.subject, "coop:session", number.object)):
                        return [host, *kind, *same, number, concerns, issued]
    return []


class _Bound(NamedTuple):
    """The event with which a state begins or ends: its first day, its last day, and its text.

    Where it was only planned, no actual one is known.
    """

    first: date | None
    last: date | None
    text: str
    planned: bool
    premises: tuple[Fact, ...]


def _bound(graph: _Graph, found: list[Fact]) -> _Bound:
    told = [[bound for event in found for bound in graph.first(event.object, name)] for name in _BOUNDS]
    first, over = (_day(bound[0].object) if bound else None for bound in told[:2])
    text = told[2][0].object.value if told[2] and isinstance(told[2][0].object, Literal) else "" if found else ".."
    planned = [fact for event in found for fact in _planned(graph, event.object)]
    premises = (*found, *planned, *(fact for bound in told for fact in bound))
    return _Bound(first, over and over - timedelta(days=1), text, bool(planned), premises)


def _intervals(graph: _Graph) -> Iterator[Step]:
    """When a membership may, surely, and as far as is known, begin and end: from its events and its evidence.

    The day of the ending event belongs to what comes after, so a membership that ends on a known day is surely
    over when that day begins. One without an end is certain up to the last day for which there is evidence; after it,
    and where its beginning was only planned, it is presumed until its planned end.
    """
    for subject in graph:
        found = [graph.said(subject, name)[:1] for name in ("coop:start", "coop:end")]
        if found == [[], []] and not graph.said(subject, "rdf:type", _node("org:Membership")):
            continue
        start, end = (_bound(graph, facts) for facts in found)
        told = tuple(dict.fromkeys((*start.premises, *end.premises)))
        if told:
            yield Fact(subject, _node("coop:edtf"), Literal(f"{start.text}/{end.text}")), "coop-interval", told
        is_open = not found[1] or end.planned
        days = {"possibleFrom": start.first, "possibleUntil": None if is_open else end.last}
        days["certainUntil"] = None if is_open else end.first
        if not start.planned:
            days["certainFrom"] = start.last
            if not is_open and end.first is None:
                # It ended, nobody knows when: nothing is certain after its beginning.
                days["certainUntil"] = start.last or start.first
        yield from _told(subject, days, told, "coop-interval")
        if is_open or start.planned:
            yield from _known(graph, subject, start, end, is_open)


def _known(graph: _Graph, subject: Term, start: _Bound, end: _Bound, is_open: bool) -> Iterator[Step]:
    """How far evidence reaches of a state whose beginning was planned, or that has no end but a planned one."""
    evidence = sorted(_evidence(graph, subject, start), key=lambda pair: (pair[0], str(pair[1])))
    if evidence and (start.planned or not start.last):
        first, why = evidence[0]
        yield Fact(subject, _node("coop:certainFrom"), _time(first)), "coop-known", (*start.premises, *why)
    begun = start.last or (evidence[0][0] if evidence else None)
    why = start.premises if start.last or not evidence else evidence[0][1]
    yield from _told(subject, {"presumedFrom": begun}, why)
    if not is_open:
        yield from _told(subject, {"presumedUntil": end.first}, (*start.premises, *end.premises))
        return
    if evidence:
        latest, why = evidence[-1]
        held = Fact(subject, _node("coop:knownOn"), Literal(latest.isoformat()))
        yield held, "coop-known", (*start.premises, *why)
    known = graph.first(subject, "coop:knownOn")
    last = _day(known[0].object) if known else None
    if last and last < date.max:
        yield from _told(subject, {"certainUntil": last + timedelta(days=1)}, tuple(known))
    plans = [end] if end.planned else []
    for fact in sorted(graph.to("coop:concerns", subject), key=str):
        if term := graph.said(fact.subject, "coop:kind", _node("kind:planned-end-of-term")):
            bound = _bound(graph, [Fact(subject, fact.predicate, fact.subject)])
            plans.append(bound._replace(premises=(fact, *term, *bound.premises[1:])))
    for plan in plans[:1]:
        # Whoever is in office after the planned end was not held to it.
        if not (last and plan.last and last > plan.last):
            until = {"presumedUntil": plan.first, "possibleUntil": plan.last}
            yield from _told(subject, until, plan.premises)


def _told(
    subject: Term, days: dict[str, date | None], premises: tuple[Fact, ...], rule: str = "coop-known"
) -> Iterator[Step]:
    for name, day in days.items():
        if day:
            yield Fact(subject, _node(f"coop:{name}"), _time(day)), rule, premises


def _evidence(graph: _Graph, subject: Term, start: _Bound) -> Iterator[tuple[date, tuple[Fact, ...]]]:
    """Days from its beginning on for which there is evidence that a state held, each with the statements that tell it.

    They are the day of its actual beginning; for each claim that stands and states it, the day for which it does so
    (``coop:heldOn``), or the date of its source, or of an actual event of which it speaks, too; and the dates of
    actual events that presuppose it, such as an extension, or a signing in the capacity.
    """
    since = start.last or start.first or date.min
    if start.last and not start.planned:
        yield start.last, ()
    for about in graph.to("coop:about", subject):
        claim = about.subject
        if claim in graph.agreeing and not any(graph.lost(claim).values()):
            for day, why in _evidence_days(graph, claim):
                if day >= since:
                    yield day, (about, *why)
    bounds = [fact.object for name in ("coop:start", "coop:end") for fact in graph.said(subject, name)]
    for concerns in graph.to("coop:concerns", subject):
        if concerns.subject not in bounds and not _planned(graph, concerns.subject):
            for told in graph.first(concerns.subject, "coop:earliest"):
                if (when := _day(told.object)) and when >= since:
                    yield when, (concerns, told)
    for capacity in graph.said(subject, "coop:capacity"):
        for used in graph.to("coop:capacity", capacity.object):
            for member in graph.said(subject, "org:member"):
                for signer in graph.said(used.subject, "coop:signer", member.object):
                    for at in graph.said(used.subject, "coop:signedAt"):
                        for day, why in _days(graph, at):
                            if day >= since:
                                yield day, (capacity, used, member, signer, *why)


def _evidence_days(graph: _Graph, claim: Term) -> list[tuple[date, tuple[Fact, ...]]]:
    """The days for which a claim about a state is evidence of it."""
    if held := graph.said(claim, "coop:heldOn"):
        spans = [(fact, _span(fact.object)) for fact in held]
        return [(span.start, (fact,)) for fact, span in spans if span and span.start]
    states = [fact for fact in graph.said(claim, "coop:property") if fact.object.value in _STATES]
    dated = [found for source in graph.said(claim, "coop:source") for found in _days(graph, source)]
    if not dated:
        events = (fact for fact in graph.said(claim, "coop:about") if not _planned(graph, fact.object))
        dated = [found for event in events for found in _days(graph, event)]
    return [(day, (*states, *why)) for day, why in dated if states]


def _days(graph: _Graph, fact: Fact) -> list[tuple[date, tuple[Fact, ...]]]:
    """The first day of the thing that a statement leads to, where it is dated."""
    told = graph.first(fact.object, "coop:earliest")
    return [(day, (fact, *told)) for each in told if (day := _day(each.object))]


def _planned(graph: _Graph, event: Term) -> list[Fact]:
    return graph.said(event, "rdf:type", _node("coop:PlannedEvent"))


_BOUNDS = ("coop:earliest", "coop:latest", "coop:edtf")


def _day(moment: Term) -> date | None:
    """The day of a bound; None where someone wrote another value."""
    try:
        return date.fromisoformat(moment.value[:10]) if isinstance(moment, Literal) else None
    except ValueError:
        return None


def _event_dates(graph: _Graph) -> Iterator[Step]:
    """When a document was adopted, signed, came into force: the dates of its events, which planned ones never are.

    Where only bounds are known, the readable form is the text of them.
    """
    for name, (kind, taken) in _DATED.items():
        for typed in graph.to("rdf:type", _node(f"coop:{kind}")):
            event = typed.subject
            readable = graph.said(event, "coop:edtf") if name.endswith("On") else []
            for told in graph.said(event, taken) or readable:
                for concerns in graph.said(event, "coop:concerns"):
                    yield Fact(concerns.object, _node(name), told.object), "coop-event-date", (typed, concerns, told)


def _labels(graph: _Graph) -> Iterator[Step]:
    """Labels of things that have none of their own, by the template of their class."""
    for subject in graph:
        for _, template in _templates(graph, subject):
            language = _language(template.object)
            if language and all(_language(fact.object) != language for fact in graph.said(subject, "skos:prefLabel")):
                used: list[Fact] = []
                if text := _label(graph, subject, language, 4, used):
                    label = Literal(text, language=language)
                    yield Fact(subject, _node("skos:prefLabel"), label), "coop-label", tuple(dict.fromkeys(used))


def _names(graph: _Graph) -> Iterator[Step]:
    """The preferred label as the one that all the world asks for; other names are no labels, and misnomers least."""
    for subject, value in list(graph.pairs(_node("skos:prefLabel"))):
        if isinstance(value, Literal):
            preferred = Fact(subject, _node("skos:prefLabel"), value)
            yield Fact(subject, _node("rdfs:label"), value), "coop-name", (preferred,)


def _templates(graph: _Graph, subject: Term) -> Iterator[tuple[Fact, Fact]]:
    """The templates of the classes of a thing: that it is in the class, and what the template is."""
    for kind in graph.said(subject, "rdf:type"):
        for template in graph.said(kind.object, "coop:labelTemplate"):
            yield kind, template


def _language(term: Term) -> str | None:
    return term.language if isinstance(term, Literal) else None


def _label(graph: _Graph, subject: Term, language: str, depth: int, used: list[Fact]) -> str:
    """The label of a thing in a language: its own, or its class's template filled in; '' where there is none.

    The statements it was made of are added to ``used``.
    """
    if isinstance(subject, Literal):
        return str(subject.value)
    for name in ("skos:prefLabel", "rdfs:label"):
        own = [fact for fact in graph.said(subject, name) if _language(fact.object) == language]
        if own:
            used.append(min(own, key=lambda fact: str(fact.object.value)))
            return str(used[-1].object.value)
    for kind, template in _templates(graph, subject) if depth else ():
        if _language(template.object) == language:
            used += [kind, template]
            return _filled(graph, subject, template.object.value, language, depth - 1, used)
    symbols = [fact for fact in graph.first(subject, "coop:symbol") if isinstance(fact.object, Literal)]
    used += symbols
    return str(symbols[0].object.value) if symbols else ""


def _filled(graph: _Graph, subject: Term, template: str, language: str, depth: int, used: list[Fact]) -> str:
    """A template with what each path in braces leads to."""

    def value(match: re.Match[str]) -> str:
        things: list[Term] = [subject]
        for step in match[1].split("/"):
            name = step.removeprefix("^")
            if name == step:
                ways = [(fact, fact.object) for thing in things for fact in graph.said(thing, name)]
            else:
                ways = [(fact, fact.subject) for thing in things for fact in graph.to(name, thing)]
            pairs = [(fact, found) for fact, found in ways if _language(found) in (None, language)]
            used.extend(fact for fact, _ in pairs)
            things = list(dict.fromkeys(found for _, found in pairs))
        return ", ".join(sorted({_label(graph, found, language, depth, used) or _local(found) for found in things}))

    text = _PLACEHOLDER.sub(value, template)
    # A placeholder without a value leaves its punctuation behind.
    text = re.sub(r"\s*[:,]\s*(?=[:,]|$)", "", text).strip(" :,")
    return text[:1].upper() + text[1:]


def _local(term: Term) -> str:
    """The end of an IRI, for a thing that has no name at all."""
    return re.split(r"[/#]", term.value)[-1] if isinstance(term, NamedNode) else str(term)


def _support(graph: _Graph) -> Iterator[Step]:
    """A claim supports what it is about; one in a conflict makes it disputed."""
    for claim in graph.claims:
        for about in graph.said(claim, "coop:about"):
            thing = about.object
            yield Fact(thing, _node("coop:supportedBy"), claim), "coop-support", (about,)
            for joins in graph.to("coop:joins", claim):
                yield Fact(thing, _node("coop:disputedIn"), joins.subject), "coop-support", (about, joins)


def _corroboration(graph: _Graph) -> Iterator[Step]:
    """How each claim stands beside those of other publishers.

    It is confirmed where an independent publisher states the same value, as precisely; a date is consistent with one
    that lies within it. A page that reprints or relays a text has no voice of its own. A claim is contradicted where a
    conflict joins it and is open, or was decided for a claim that does not fit it.
    """
    voices = {claim: _voices(graph, claim) for claim in graph.claims}
    sources = {claim: {way.object for way in graph.said(claim, "coop:source")} for claim in graph.claims}
    for claim in graph.claims:
        others = graph.agreeing[claim]
        independent = sorted((other for other in others if voices[other] - voices[claim]), key=str)
        repeated = [
            other for other, same in others.items()
            if same and voices[claim] & voices[other] and sources[claim] != sources[other]
        ]  # fmt: skip
        partners = [other for other in independent if others[other]] or independent
        if lost := graph.lost(claim):
            slug, premises = "contradicted", [*lost, *(accepts for told in lost.values() for accepts in told)]
        elif partners:
            slug = "confirmed" if others[partners[0]] else "consistent"
            premises = [*_agreement(graph, claim, partners[0]), *_said_by(graph, claim, partners[0])]
        elif repeated:
            other = min(repeated, key=str)
            slug, premises = "single-publisher", [*_agreement(graph, claim, other), *_said_by(graph, claim, other)]
        else:
            typed = graph.said(claim, "rdf:type", _node("coop:Claim"))
            slug, premises = "single-source", [*typed, *_said_by(graph, claim)]
        verdict = Fact(claim, _node("coop:corroboration"), _node(f"corroboration:{slug}"))
        yield verdict, "coop-corroboration", tuple(premises)


def _agreement(graph: _Graph, claim: Term, other: Term) -> list[Fact]:
    """The statements by which two claims agree: that one restates the other, or the same topic and value."""
    if restated := graph.said(claim, "coop:restates", other) or graph.said(other, "coop:restates", claim):
        return restated
    shared = [
        same for name in ("coop:about", "coop:property") for fact in graph.said(claim, name)
        for twin in graph.said(other, name, fact.object) for same in (fact, twin)
    ]  # fmt: skip
    return [*shared, *graph.said(claim, "coop:value"), *graph.said(other, "coop:value")]


def _said_by(graph: _Graph, *claims: Term) -> list[Fact]:
    """The statements that lead from claims to the publishers whose texts their sources are."""
    ways = [way for claim in claims for way in graph.said(claim, "coop:source")]
    return [*ways, *dict.fromkeys(fact for way in ways for fact in _publishers(graph, way.object)[1])]


def _voices(graph: _Graph, claim: Term) -> set[Term]:
    """The publishers of the sources of a claim, named or by way of a passage."""
    ways = graph.said(claim, "coop:source")
    ways += [way for fact in graph.said(claim, "coop:passage") for way in graph.said(fact.object, "oa:hasSource")]
    return {name for way in ways for name in _publishers(graph, way.object)[0]}


def _publishers(graph: _Graph, source: Term) -> tuple[list[Term], list[Fact]]:
    """Whose text a source gives, and the statements that tell it.

    That is its publisher's; of a page that relays a text, who is named there (a source stands for its publisher); of
    a reprint that names nobody, no one's.
    """
    relays, own = graph.said(source, "coop:relays"), graph.said(source, "dcterms:publisher")
    if relays:
        named = [(graph.said(fact.object, "dcterms:publisher"), fact.object) for fact in relays]
        names = [name for told, other in named for name in ([fact.object for fact in told] or [other])]
        return names, [*relays, *(fact for told, _ in named for fact in told)]
    reprint = graph.said(source, "coop:kind", _node("kind:reprint"))
    return [] if reprint else [fact.object for fact in own], [*reprint, *own]


def _agreeing(graph: _Graph) -> dict[Term, dict[Term, bool]]:
    """Claim to the others that give the same value, or a date of which one lies within the other's."""
    together: dict[Term, dict[Term, bool]] = {claim: {} for claim in graph.claims}
    alike: dict[tuple[Term, Term], list[tuple[Term, Term]]] = defaultdict(list)
    for claim in graph.claims:
        values = graph.first(claim, "coop:value")
        for restates in graph.said(claim, "coop:restates"):
            if restates.object in together and not (values and graph.said(restates.object, "coop:value")):
                together[claim][restates.object] = together[restates.object][claim] = True
        for name in graph.said(claim, "coop:property") if values else ():
            for about in graph.said(claim, "coop:about"):
                alike[about.object, name.object].append((claim, values[0].object))
    for group in alike.values():
        for claim, value in group:
            for other, told in graph.taken(group):
                if other != claim and (value == told or _fit(value, told)):
                    together[claim][other] = value == told
    return together


def _fit(one: Term, other: Term) -> bool:
    first, second = _span(one), _span(other)
    return bool(first and second and (first.within(second) or second.within(first)))
