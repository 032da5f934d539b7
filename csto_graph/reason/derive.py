"""What loading derives besides OWL: bounds of dates, labels from templates, support and corroboration of claims.

Each derived statement is kept with the rule that made it and the statements it rests on, as in `closure`.
The rules are the project's own: ``coop-bounds``, ``coop-interval``, ``coop-event-date``, ``coop-label``, ``coop-name``,
``coop-support``, ``coop-corroboration``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from pyoxigraph import Literal, NamedNode

from .. import dates, errors
from ..names import iri
from ..rdf.terms import TripleIndex

# Any term, whether it may stand as a subject or not: the data decide, and a checker cannot.
Term: TypeAlias = Any

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_INTERVAL = ("coop:possibleFrom", "coop:certainFrom", "coop:certainUntil", "coop:possibleUntil")
_DATED = {  # property of a document to the class of its events, and to what it takes over from one
    f"coop:{name}{end}": (kind, taken)
    for kind, name in (("Adoption", "adopted"), ("Signing", "signed"), ("EntryIntoForce", "enteredIntoForce"))
    for end, taken in (("On", "coop:date"), ("NotBefore", "coop:earliest"), ("Before", "coop:latest"))
}
_MADE = (
    "skos:prefLabel", "rdfs:label", "coop:earliest", "coop:latest", "coop:dayNumber", "coop:edtf", "coop:supportedBy",
    "coop:disputedIn", "coop:corroboration", *_INTERVAL, *_DATED,
)  # fmt: skip
_READ = (
    *_MADE, "rdf:type", "coop:date", "coop:notBefore", "coop:notAfter", "coop:start", "coop:end",
    "coop:about", "coop:property", "coop:value", "coop:kind", "coop:source", "coop:passage", "coop:restates",
    "coop:joins", "coop:accepts", "oa:hasSource", "dcterms:publisher", "coop:labelTemplate", "coop:symbol",
    "coop:concerns",
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
        found = [Fact(subject, _node(name), each) for each in self._taken(self.objects(subject, _node(name)))]
        return found if value is None else [fact for fact in found if fact.object == value]

    def to(self, name: str, value: Term) -> list[Fact]:
        """The statements by a property that lead to a thing."""
        return [Fact(each, _node(name), value) for each in self._taken(self.subjects(_node(name), value))]

    def first(self, subject: Term, name: str) -> list[Fact]:
        """The one of the statements by a property whose value is the first by its text, where there is one."""
        return sorted(self.said(subject, name), key=lambda fact: str(fact.object))[:1]

    def _taken(self, found: list[Term]) -> list[Term]:
        self._left -= 1 + len(found)
        if self._left < 0:
            told = "To derive labels and what supports claims, too many values would have to be looked at."
            hint = "Make the label templates (coop:labelTemplate) shorter, or fewer claims about one property."
            raise errors.LimitReached(told, limit="values", hint=hint)
        return found


def _time(day: date) -> Literal:
    return Literal(dates.moment(day), datatype=_node("xsd:dateTime"))


def _span(value: Term) -> dates.Span | None:
    return dates.span(value.value, value.datatype.value) if isinstance(value, Literal) else None


def _bounds(graph: _Graph) -> Iterator[Step]:
    """Earliest, latest, day number and text of each dated thing, and of each claim whose value is a date."""
    ends = ("coop:notBefore", "coop:notAfter")
    for subject in graph:
        dated = {
            name: fact for name in ("coop:date", *ends, "coop:value")
            for fact in reversed(graph.said(subject, name)) if _span(fact.object)
        }  # fmt: skip
        premises = [dated[name] for name in ends if name in dated]
        if premises and "coop:date" not in dated:
            texts = [dated[name].object.value if name in dated else None for name in ends]
            first, last = (dates.parse(text) if text else dates.Span(None, None) for text in texts)
            span, text = dates.Span(first.start, last.end), dates.between(*texts)
        elif dated:
            premises = [dated.get("coop:date") or dated["coop:value"]]
            text = premises[0].object.value
            span = dates.parse(text)
        else:
            continue
        made = {
            "coop:earliest": span.start and _time(span.start),
            "coop:latest": span.end and _time(span.end),
            "coop:dayNumber": span.day and Literal(dates.number(span.day)),
            "coop:edtf": Literal(text),
        }
        for name, value in made.items():
            if value:
                yield Fact(subject, _node(name), value), "coop-bounds", tuple(premises)


def _intervals(graph: _Graph) -> Iterator[Step]:
    """When a membership may and when it surely begins and ends, from the events that bound it.

    The day of the ending event belongs to what comes after, so a membership that ends on a known day is surely
    over when that day begins.
    """
    for subject in graph:
        events = [graph.said(subject, name)[:1] for name in ("coop:start", "coop:end")]
        if events == [[], []]:
            continue
        premises = [fact for found in events for fact in found]
        days: list[date | None] = []
        texts: list[str] = []
        for found in events:
            told = [[bound for event in found for bound in graph.first(event.object, name)] for name in _BOUNDS]
            premises += [fact for bound in told for fact in bound]
            days += [_day(bound[0].object) if bound else None for bound in told[:2]]
            text = told[2][0].object if told[2] else None
            texts.append(text.value if isinstance(text, Literal) else "" if found else "..")
        possible_from, begun, certain_until, over = days
        certain_from, possible_until = (day - timedelta(days=1) if day else None for day in (begun, over))
        if events[1] and certain_until is None:
            # It ended, nobody knows when: nothing is certain after its beginning.
            certain_until = certain_from or possible_from
        for name, day in zip(_INTERVAL, (possible_from, certain_from, certain_until, possible_until), strict=True):
            if day:
                yield Fact(subject, _node(name), _time(day)), "coop-interval", tuple(premises)
        yield Fact(subject, _node("coop:edtf"), Literal("/".join(texts))), "coop-interval", tuple(premises)


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


def _claims(graph: _Graph) -> list[Term]:
    """The claims that are no opinions, in order."""
    claims = (fact.subject for fact in graph.to("rdf:type", _node("coop:Claim")))
    return sorted((claim for claim in claims if not graph.said(claim, "coop:kind", _node("kind:opinion"))), key=str)


def _support(graph: _Graph) -> Iterator[Step]:
    """A claim supports what it is about; one in a conflict makes it disputed."""
    for claim in _claims(graph):
        for about in graph.said(claim, "coop:about"):
            thing = about.object
            yield Fact(thing, _node("coop:supportedBy"), claim), "coop-support", (about,)
            for joins in graph.to("coop:joins", claim):
                yield Fact(thing, _node("coop:disputedIn"), joins.subject), "coop-support", (about, joins)


def _corroboration(graph: _Graph) -> Iterator[Step]:
    """How each claim stands beside those of other publishers.

    Two claims agree when they give the same value, or dates of which one lies within the other; reprints do not
    count as a voice of their own; a claim is contradicted where a conflict joins it and is open, or was decided for a
    claim with which it does not agree.
    """
    claims = _claims(graph)
    voices = {claim: _voices(graph, claim) for claim in claims}
    agreeing = _agreeing(graph, claims)
    for claim in claims:
        partners = [other for other in agreeing[claim] if voices[other] - voices[claim]]
        right = {claim, *agreeing[claim]}
        joined = {fact: graph.said(fact.subject, "coop:accepts") for fact in graph.to("coop:joins", claim)}
        lost = {fact: told for fact, told in joined.items() if right.isdisjoint(each.object for each in told)}
        if lost:
            slug, premises = "contradicted", [*lost, *(accepts for told in lost.values() for accepts in told)]
        elif partners:
            other = min(partners, key=str)
            slug, premises = "confirmed", [*_agreement(graph, claim, other), *_said_by(graph, claim, other)]
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
    """The statements that lead from claims to the publishers of their sources."""
    sources = [fact for claim in claims for fact in graph.said(claim, "coop:source")]
    reprints = [fact for source in sources for fact in graph.said(source.object, "coop:kind", _node("kind:reprint"))]
    return [*sources, *reprints, *(name for fact in sources for name in graph.said(fact.object, "dcterms:publisher"))]


def _voices(graph: _Graph, claim: Term) -> set[Term]:
    """The publishers of the sources of a claim, named or by way of a passage, that are no reprints."""
    ways = graph.said(claim, "coop:source")
    ways += [way for fact in graph.said(claim, "coop:passage") for way in graph.said(fact.object, "oa:hasSource")]
    sources = [way.object for way in ways if not graph.said(way.object, "coop:kind", _node("kind:reprint"))]
    return {fact.object for source in sources for fact in graph.said(source, "dcterms:publisher")}


def _agreeing(graph: _Graph, claims: list[Term]) -> dict[Term, list[Term]]:
    """Claim to the others that agree with it."""
    known = set(claims)
    together: dict[Term, list[Term]] = defaultdict(list)
    alike: dict[tuple[Term, Term], list[tuple[Term, Term]]] = defaultdict(list)
    for claim in claims:
        for restates in graph.said(claim, "coop:restates"):
            if restates.object in known:
                together[claim].append(restates.object)
                together[restates.object].append(claim)
        values = graph.first(claim, "coop:value")
        for name in graph.said(claim, "coop:property") if values else ():
            for about in graph.said(claim, "coop:about"):
                alike[about.object, name.object].append((claim, values[0].object))
    for group in alike.values():
        for claim, value in group:
            together[claim] += [other for other, told in graph._taken(group) if other != claim and _agree(value, told)]
    return together


def _agree(one: Term, other: Term) -> bool:
    first, second = _span(one), _span(other)
    return one == other or bool(first and second and (first.within(second) or second.within(first)))
