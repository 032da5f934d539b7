"""What loading derives besides OWL: bounds of dates, labels from templates, support and corroboration of claims.

Each derived statement is kept with the rule that made it and the statements it rests on, as in `closure`.
The rules are the project's own: ``coop-bounds``, ``coop-session``, ``coop-interval``, ``coop-known``,
``coop-told``, ``coop-event-date``, ``coop-label``, ``coop-name``, ``coop-support``, ``coop-corroboration``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from functools import cache, cached_property
from itertools import product
from typing import Any, NamedTuple, TypeAlias

from pyoxigraph import Literal, NamedNode

from .. import errors
from ..names import iri
from ..rdf.terms import TripleIndex, days, days_of, moment, node

# Any term, whether it may stand as a subject or not: the data decide, and a checker cannot.
Term: TypeAlias = Any

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_TEMPLATES = "rdf:type/coop:labelTemplate"
_ENDS = ("coop:notBefore", "coop:notAfter")
_STATES = frozenset(map(iri, ("org:member", "org:organization", "org:role", "coop:capacity")))
_DATED = {  # property of a document to the class of its events, and to what it takes over from one, the first there is
    f"coop:{name}{end}": (kind, taken)
    for kind, name in (("Adoption", "adopted"), ("Signing", "signed"), ("EntryIntoForce", "enteredIntoForce"))
    for end, *taken in (("On", "coop:date", "coop:edtf"), ("NotBefore", "coop:earliest"), ("Before", "coop:latest"))
}
#: What the rules look at, and what they make, first.
_READ = (
    "skos:prefLabel", "rdfs:label", "coop:earliest", "coop:latest", "coop:dayNumber", "coop:edtf", "coop:supportedBy",
    "coop:disputedIn", "coop:corroboration", "coop:knownOn", "coop:plannedEnd", "coop:possibleFrom",
    "coop:certainFrom", "coop:certainUntil", "coop:possibleUntil", "coop:presumedFrom", "coop:presumedUntil", *_DATED,
    "rdf:type", "coop:date", *_ENDS, "coop:start", "coop:end", "coop:about", "coop:property", "coop:value", "coop:kind",
    "coop:source", "coop:passage", "coop:restates", "coop:joins", "coop:accepts", "oa:hasSource", "dcterms:publisher",
    "coop:labelTemplate", "coop:symbol", "coop:concerns", "coop:heldOn", "coop:relays", "coop:signer", "coop:signedAt",
    "coop:capacity", "org:member", "coop:session", "coop:issuedBy", "coop:host",
)  # fmt: skip

#: How many values the rules look at: so many, and so many for each statement given.
MOST_VALUES, MOST_VALUES_EACH = 3_000_000, 1_000


class Fact(NamedTuple):
    """A statement of pyoxigraph's terms, which it shares with others, as a `Triple` does not."""

    subject: Term
    predicate: NamedNode
    object: Term


#: A derived statement, the rule that made it, and the statements it rests on.
Step: TypeAlias = tuple[Fact, str, tuple[Fact, ...]]


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
    known = cache(lambda predicate: set(graph.pairs(predicate)))  # of a property that is made: subjects and values
    for rule in (_bounds, _intervals, _told_of, _event_dates, _labels, _names, _support, _corroboration):
        for step in rule(graph):
            subject, predicate, value = step[0]
            # Whoever writes a text where a thing belongs is told by the shapes.
            if (subject, value) not in known(predicate) and not isinstance(subject, Literal):
                known(predicate).add((subject, value))
                graph.add(*step[0])
                yield step


class _Graph(TripleIndex[Any]):
    """An index that gives only so many values: a file of a few lines may have templates that multiply them."""

    def __init__(self, triples: Iterable[Iterable[Term]]) -> None:
        super().__init__(triples)
        given = sum(len(values) for subject in self for values in self.about(subject).values())
        self._left = MOST_VALUES + MOST_VALUES_EACH * given

    def said(self, thing: Term, name: str, value: Term | None = None) -> list[Fact]:
        """The statements about a thing by a property, or only that with a value: a term, or its CURIE.

        With ``^`` before the name it is those that lead to the thing.
        """
        wanted, by = node(value) if isinstance(value, str) else value, node(name.removeprefix("^"))
        if name.startswith("^"):
            return [Fact(each, by, thing) for each in self.taken(self.subjects(by, thing))]
        return [Fact(thing, by, each) for each in self.taken(self.objects(thing, by)) if wanted in (None, each)]

    def first(self, subject: Term, name: str) -> Fact | None:
        """The one of the statements by a property whose value is the first by its text."""
        return min(self.said(subject, name), key=lambda fact: str(fact.object), default=None)

    def ways(self, thing: Term, path: str) -> list[tuple[tuple[Fact, ...], Term]]:
        """The ways along a path, each with the thing that it leads to.

        The path is of properties with ``/`` between them, ``^`` before one to go backwards.
        """
        found: list[tuple[tuple[Fact, ...], Term]] = [((), thing)]
        for name in path.split("/"):
            end = 0 if name.startswith("^") else 2
            found = [((*way, fact), fact[end]) for way, thing in found for fact in self.said(thing, name)]
        return found

    @cached_property
    def agreeing(self) -> dict[Term, dict[Term, bool]]:
        """Claim to the others that give the same value (true), or a date of which one lies within the other's.

        The claims are those that are no opinions, in order.
        """
        claims = (fact.subject for fact in self.said(node("coop:Claim"), "^rdf:type"))
        meant = (claim for claim in claims if not self.said(claim, "coop:kind", "kind:opinion"))
        together: dict[Term, dict[Term, bool]] = {claim: {} for claim in sorted(meant, key=str)}
        alike: dict[tuple[Term, Term], list[Any]] = defaultdict(list)
        for claim, others in together.items():
            value = self.first(claim, "coop:value")
            for restates in self.said(claim, "coop:restates"):
                if restates.object in together and not (value and self.said(restates.object, "coop:value")):
                    others[restates.object] = together[restates.object][claim] = True
            if value:
                for name, about in product(self.said(claim, "coop:property"), self.said(claim, "coop:about")):
                    alike[about.object, name.object].append((claim, value.object, days_of(value.object)))
        for group in alike.values():
            for claim, value, span in group:
                for other, told, around in self.taken(group):
                    near = span and around and (span.within(around) or around.within(span))
                    if other != claim and (value == told or near):
                        together[claim][other] = value == told
        return together

    def lost(self, claim: Term) -> dict[Fact, list[Fact]]:
        """The conflicts in which a claim did not win, each with what it accepts: nothing while it is open."""
        right = {claim, *self.agreeing[claim]}
        joined = {fact: self.said(fact.subject, "coop:accepts") for fact in self.said(claim, "^coop:joins")}
        return {fact: told for fact, told in joined.items() if right.isdisjoint(each.object for each in told)}

    def taken(self, found: list[Term]) -> list[Term]:
        self._left -= 1 + len(found)
        if self._left < 0:
            told = "To derive labels and what supports claims, too many values would have to be looked at."
            hint = "Make the label templates (coop:labelTemplate) shorter, or fewer claims about one property."
            raise errors.LimitReached(told, limit="values", hint=hint)
        return found


# --- dates and times --------------------------------------------------------------------------------------------------


def _made(subject: Term, values: Mapping[str, Term], why: Iterable[Fact], rule: str = "coop-known") -> Iterator[Step]:
    """Statements with values of properties of ours, of a day the moment at which it begins, as far as there are any."""
    for name, value in values.items():
        shown = Literal(moment(value), datatype=node("xsd:dateTime")) if isinstance(value, date) else value
        if shown:
            yield Fact(subject, node(f"coop:{name}"), shown), rule, tuple(why)


def _bounds(graph: _Graph) -> Iterator[Step]:
    """Earliest, latest, day number and text of each dated thing, and of each claim whose value is a date.

    An adoption that is not dated lies within the session of the body that issued the act.
    """

    def dated(thing: Term, *names: str) -> list[Fact]:
        found = ([fact for fact in graph.said(thing, name) if days_of(fact.object)] for name in names)
        return [facts[0] for facts in found if facts]

    for subject in graph:
        rule, place = "coop-bounds", list[Fact]()
        premises = dated(subject, "coop:date") or dated(subject, *_ENDS) or dated(subject, "coop:value")
        if not premises and (place := _session(graph, subject)):
            rule, premises = "coop-session", dated(place[0].subject, *_ENDS)
        if not premises:
            continue
        # A date is both bounds of itself.
        texts = [next((fact.object.value for fact in premises if fact.predicate != node(other)), "")
                 for other in reversed(_ENDS)]  # fmt: skip
        first, last = (days(text) if text else None for text in texts)
        start, end = first and first.start, last and last.end
        number = Literal((start - date(1970, 1, 1)).days) if start and end and (end - start).days == 1 else None
        # A date known only by its bounds is written as in the Extended Date/Time Format.
        text = texts[0] if texts[0] == texts[1] else f"[{texts[0]}..{texts[1]}]"
        made = {"earliest": start, "latest": end, "dayNumber": number, "edtf": Literal(text)}
        yield from _made(subject, made, (*premises, *place), rule)


def _session(graph: _Graph, event: Term) -> list[Fact]:
    """Why an adoption lies within a session of the body that issued the act; none where no such session is told of."""
    for number in graph.said(event, "coop:session") if graph.said(event, "rdf:type", "coop:Adoption") else ():
        for (concerns, issued, host), session in graph.ways(event, "coop:concerns/coop:issuedBy/^coop:host"):
            kind = graph.said(session, "coop:kind", "kind:session")
            if kind and (same := graph.said(session, "coop:session", number.object)):
                return [host, *kind, *same, number, concerns, issued]
    return []


class _Bound:
    """The event with which a state begins or ends: its first day, its last day, and its text.

    Where it was only planned, no actual one is known.
    """

    def __init__(self, graph: _Graph, event: Term | None, *why: Fact) -> None:
        first, over, text = told = [graph.first(event, name) for name in ("coop:earliest", "coop:latest", "coop:edtf")]
        planned, after = _planned(graph, event), _day(over)
        self.first, self.last = _day(first), after - timedelta(days=1) if after and after > date.min else None
        self.text = text.object.value if text and isinstance(text.object, Literal) else "" if event else ".."
        self.planned, self.premises = bool(planned), (*why, *planned, *filter(None, told))


def _intervals(graph: _Graph) -> Iterator[Step]:
    """When a membership may, surely, and as far as is known, begin and end: from its events and its evidence.

    The day of the ending event belongs to what comes after, so a membership that ends on a known day is surely
    over when that day begins. One without an end is certain up to the last day for which there is evidence; after it,
    and where its beginning was only planned, it is presumed until its planned end.
    """
    for subject in graph:
        found = [graph.said(subject, name)[:1] for name in ("coop:start", "coop:end")]
        if not any(found) and not graph.said(subject, "rdf:type", "org:Membership"):
            continue
        start, end = (_Bound(graph, facts[0].object if facts else None, *facts) for facts in found)
        told = tuple(dict.fromkeys((*start.premises, *end.premises)))
        over = bool(found[1]) and not end.planned
        made = {"edtf": Literal(f"{start.text}/{end.text}") if told else None,
                "possibleFrom": start.first, "certainFrom": None if start.planned else start.last}  # fmt: skip
        if over:
            # If it ended nobody knows when, nothing is certain after its beginning.
            sure = end.first or (None if start.planned else start.last or start.first)
            made |= {"possibleUntil": end.last, "certainUntil": sure}
        yield from _made(subject, made, told, "coop-interval")
        if not over or start.planned:
            yield from _known(graph, subject, start, end, over)


def _known(graph: _Graph, subject: Term, start: _Bound, end: _Bound, over: bool) -> Iterator[Step]:
    """How far evidence reaches of a state whose beginning was planned, or that has no end but a planned one."""
    since = start.last or start.first or date.min
    held = [] if start.planned else [(start.last, tuple[Fact, ...]())]
    held += [(_day(why[-1]), why) for why in _evidence(graph, subject)]
    evidence = sorted(((day, str(why), why) for day, why in held if day and day >= since), key=lambda told: told[:2])
    (first, _, seen), (latest, _, told) = (evidence[0], evidence[-1]) if evidence else ((None, "", ()),) * 2
    if start.planned or not start.last:
        yield from _made(subject, {"certainFrom": first}, (*start.premises, *seen))
    begun, why = (start.last, start.premises) if start.last else (first, seen)
    yield from _made(subject, {"presumedFrom": begun}, why)
    if over:
        yield from _made(subject, {"presumedUntil": end.first}, (*start.premises, *end.premises))
        return
    yield from _made(subject, {"knownOn": latest and Literal(latest.isoformat())}, (*start.premises, *told))
    known = graph.first(subject, "coop:knownOn")  # which may be asserted, too
    last = _day(known)
    if known and last and last < date.max:
        yield from _made(subject, {"certainUntil": last + timedelta(days=1)}, (known,))
    terms = (_Bound(graph, fact.subject, fact, *term) for fact in sorted(graph.said(subject, "^coop:concerns"), key=str)
             if (term := graph.said(fact.subject, "coop:kind", "kind:planned-end-of-term")))  # fmt: skip
    plan = end if end.planned else next(terms, None)
    # Whoever is in office after the planned end was not held to it.
    if plan and (last or date.min) <= (plan.last or date.max):
        ends = {"plannedEnd": Literal(plan.text), "presumedUntil": plan.first, "possibleUntil": plan.last}
        yield from _made(subject, ends, plan.premises)


def _evidence(graph: _Graph, subject: Term) -> Iterator[tuple[Fact, ...]]:
    """The statements by which there is evidence that a state held; the last of them tells on which day.

    For each claim that stands and states it, that is the day for which it does so (``coop:heldOn``), or the date of
    its source, or of an actual event of which it speaks, too; further the dates of actual events that presuppose it,
    such as an extension, or a signing in the capacity.
    """
    for about in graph.said(subject, "^coop:about"):
        if about.subject in graph.agreeing and not any(graph.lost(about.subject).values()):
            yield from ((about, *why) for why in _stated_days(graph, about.subject))
    bounds = [fact.object for name in ("coop:start", "coop:end") for fact in graph.said(subject, name)]
    for (concerns, told), _ in graph.ways(subject, "^coop:concerns/coop:earliest"):
        if concerns.subject not in bounds and not _planned(graph, concerns.subject):
            yield concerns, told
    for (capacity, used, *when), _ in graph.ways(subject, "coop:capacity/^coop:capacity/coop:signedAt/coop:earliest"):
        for member in graph.said(subject, "org:member"):
            for signer in graph.said(used.subject, "coop:signer", member.object):
                yield capacity, used, member, signer, *when


def _stated_days(graph: _Graph, claim: Term) -> list[tuple[Fact, ...]]:
    """The statements by which a claim about a state is evidence of it; the last of them tells for which day."""
    if held := graph.said(claim, "coop:heldOn"):
        return [(fact,) for fact in held if days_of(fact.object)]
    states = [fact for fact in graph.said(claim, "coop:property") if fact.object.value in _STATES]
    dated = graph.ways(claim, "coop:source/coop:earliest") or graph.ways(claim, "coop:about/coop:earliest")
    return [(*states, *way) for way, _ in dated if states and not _planned(graph, way[0].object)]


def _planned(graph: _Graph, event: Term) -> list[Fact]:
    return graph.said(event, "rdf:type", "coop:PlannedEvent")


def _day(told: Fact | None) -> date | None:
    """The day of a bound, or the first of a month or year; None where someone wrote another value."""
    with suppress(ValueError):
        if told and isinstance(told.object, Literal):
            return date.fromisoformat(f"{told.object.value}-01-01"[:10])
    return None


def _told_of(graph: _Graph) -> Iterator[Step]:
    """An actual event of which only a beginning is known took place by the latest day of which a source tells."""
    sources = (Fact(claim, node("coop:source"), source) for claim, source in graph.pairs(node("coop:source")))
    dated = ((_day(latest) or date.min, str(way), way, latest) for way in sources
             if (latest := graph.first(way.object, "coop:latest")))  # fmt: skip
    last, _, *told = max(dated, key=lambda found: found[:2], default=(date.min, ""))
    for event in graph.said(node("coop:ActualEvent"), "^rdf:type"):
        begun = None if graph.said(event.subject, "coop:latest") else graph.first(event.subject, "coop:earliest")
        if begun and (_day(begun) or date.max) < last:
            yield from _made(event.subject, {"latest": last}, (event, begun, *told), "coop-told")


def _event_dates(graph: _Graph) -> Iterator[Step]:
    """When a document was adopted, signed, came into force: the dates of its events, which planned ones never are.

    Where only bounds are known, the readable form is the text of them.
    """
    for name, (kind, taken) in _DATED.items():
        for typed in graph.said(node(f"coop:{kind}"), "^rdf:type"):
            dates = next(filter(None, (graph.said(typed.subject, each) for each in taken)), [])
            for told, concerns in product(dates, graph.said(typed.subject, "coop:concerns")):
                yield Fact(concerns.object, node(name), told.object), "coop-event-date", (typed, concerns, told)


# --- labels -----------------------------------------------------------------------------------------------------------


def _labels(graph: _Graph) -> Iterator[Step]:
    """Labels of things that have none of their own, by the template of their class."""
    for subject in graph:
        for _, template in graph.ways(subject, _TEMPLATES):
            language = _language(template)
            if language and all(_language(fact.object) != language for fact in graph.said(subject, "skos:prefLabel")):
                used: list[Fact] = []
                if text := _label(graph, subject, language, 4, used):
                    label = Literal(text, language=language)
                    yield Fact(subject, node("skos:prefLabel"), label), "coop-label", tuple(dict.fromkeys(used))


def _names(graph: _Graph) -> Iterator[Step]:
    """The preferred label as the one that all the world asks for; other names are no labels, and misnomers least."""
    for subject, value in list(graph.pairs(node("skos:prefLabel"))):
        if isinstance(value, Literal):
            preferred = Fact(subject, node("skos:prefLabel"), value)
            yield Fact(subject, node("rdfs:label"), value), "coop-name", (preferred,)


def _language(term: Term) -> str | None:
    return term.language if isinstance(term, Literal) else None


def _label(graph: _Graph, subject: Term, language: str, depth: int, used: list[Fact]) -> str:
    """The label of a thing in a language: its own, or its class's template filled in; '' where there is none.

    The statements it was made of are added to ``used``.
    """
    if isinstance(subject, Literal):
        return str(subject.value)

    def own(name: str, spoken: str | None) -> str:
        """The first of its texts of a property that are in a language."""
        said = [fact for fact in graph.said(subject, name) if isinstance(fact.object, Literal)]
        found = {fact.object.value: fact for fact in said if fact.object.language == spoken}
        used.extend(found[text] for text in sorted(found)[:1])
        return min(found, default="")

    def filled(match: re.Match[str]) -> str:
        """What a path in braces leads to."""
        ways = [(way, end) for way, end in graph.ways(subject, match[1]) if _language(end) in (None, language)]
        used.extend(fact for facts in zip(*(way for way, _ in ways), strict=True) for fact in facts)
        labels = {end: _label(graph, end, language, depth - 1, used) for _, end in ways}
        # A thing that has no name at all goes by the end of its IRI.
        return ", ".join(sorted({label or re.split("[/#]", str(one).strip("<>"))[-1] for one, label in labels.items()}))

    if text := own("skos:prefLabel", language) or own("rdfs:label", language):
        return text
    for way, template in graph.ways(subject, _TEMPLATES) if depth else ():
        if _language(template) == language:
            used += way
            # A placeholder without a value leaves its punctuation behind.
            text = re.sub(r"\s*[:,]\s*(?=[:,]|$)", "", _PLACEHOLDER.sub(filled, template.value)).strip(" :,")
            return text[:1].upper() + text[1:]
    return own("coop:symbol", None)


# --- claims -----------------------------------------------------------------------------------------------------------


def _support(graph: _Graph) -> Iterator[Step]:
    """A claim supports what it is about; one in a conflict makes it disputed."""
    for claim in graph.agreeing:
        for about in graph.said(claim, "coop:about"):
            yield Fact(about.object, node("coop:supportedBy"), claim), "coop-support", (about,)
            for joins in graph.said(claim, "^coop:joins"):
                yield Fact(about.object, node("coop:disputedIn"), joins.subject), "coop-support", (about, joins)


def _corroboration(graph: _Graph) -> Iterator[Step]:
    """How each claim stands beside those of other publishers.

    It is confirmed where an independent publisher states the same value, as precisely; a date is consistent with one
    that lies within it. A page that reprints or relays a text has no voice of its own. A claim is contradicted where a
    conflict joins it and is open, or was decided for a claim that does not fit it.
    """
    ways = {claim: graph.ways(claim, "coop:source") or graph.ways(claim, "coop:passage/oa:hasSource")
            for claim in graph.agreeing}  # fmt: skip
    sources = {claim: dict.fromkeys(source for _, source in found) for claim, found in ways.items()}
    voices = {claim: {name for source in found for name in _publishers(graph, source)[0]}
              for claim, found in sources.items()}  # fmt: skip
    for claim, own in voices.items():
        others = graph.agreeing[claim]
        independent = [other for other in others if voices[other] - own]
        repeated = [other for other, same in others.items()
                    if same and own & voices[other] and sources[claim].keys() != sources[other].keys()]  # fmt: skip
        other = min(independent or repeated, key=lambda other: (not others[other], str(other)), default=None)
        told = [claim, other] if other else [claim]
        if lost := graph.lost(claim):
            slug, told, premises = "contradicted", [], [*lost, *(fact for found in lost.values() for fact in found)]
        elif other:
            slug = "single-publisher" if not independent else "confirmed" if others[other] else "consistent"
            premises = _agreement(graph, claim, other)
        else:
            slug, premises = "single-source", graph.said(claim, "rdf:type", "coop:Claim")
        premises += [fact for each in told for way, _ in ways[each] for fact in way]
        premises += dict.fromkeys(fact for each in told for one in sources[each] for fact in _publishers(graph, one)[1])
        verdict = Fact(claim, node("coop:corroboration"), node(f"corroboration:{slug}"))
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


def _publishers(graph: _Graph, source: Term) -> tuple[set[Term], list[Fact]]:
    """Whose text a source gives, and the statements that tell it.

    That is its publisher's; of a page that relays a text, who is named there (a source stands for its publisher); of
    a reprint that names nobody, no one's.
    """
    if relays := graph.said(source, "coop:relays"):
        told = [fact for relay in relays for fact in graph.said(relay.object, "dcterms:publisher")]
        themselves = {relay.object for relay in relays} - {fact.subject for fact in told}
        return {fact.object for fact in told} | themselves, [*relays, *told]
    reprint, own = graph.said(source, "coop:kind", "kind:reprint"), graph.said(source, "dcterms:publisher")
    return {fact.object for fact in own if not reprint}, [*reprint, *own]
