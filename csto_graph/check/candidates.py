"""Claims that cannot all be right and that no conflict joins yet, each with the block that would decide them.

A property holds one value where a shape says ``sh:maxCount 1`` of the thing, or the ontology calls it functional; of
others two values are no contradiction. ``coop:date``, ``coop:notBefore`` and ``coop:notAfter`` are one matter: when.
Two dates agree where one lies within the other, bounds where they overlap; opinions count for nothing.

Where a value stands in the data, the claims that give another one are candidates, beside those that give it; else all
that disagree among each other. A conflict about the same matter is added to; a new one accepts the claim whose value
stands, since that is what the graph says today, and is open where none does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pyoxigraph import Literal, NamedNode, Triple

from ..names import PREFIXES, curie, excerpt, iri, natural, word
from ..rdf import terms
from ..rdf.terms import RDF_TYPE
from ..store.engine import graph_name
from .shapes import Shapes, sh

if TYPE_CHECKING:
    from datetime import date

    from ..loading.view import GraphView
    from ..store.engine import Engine

Value: TypeAlias = "NamedNode | Literal"

_COOP = PREFIXES["coop"]
_DATE, _NOT_BEFORE, _NOT_AFTER = (f"{_COOP}{name}" for name in ("date", "notBefore", "notAfter"))
_MATTERS = {_NOT_BEFORE: _DATE, _NOT_AFTER: _DATE}  # Bounds of a date are about the date.
_KINDS = {_DATE: "date", f"{_COOP}place": "place", iri("org:role"): "role"}  # Of conflicts; else about a statement.


class Candidate(NamedTuple):
    """A matter on which claims disagree.

    Attributes:
        thing: IRI of the thing.
        property: IRI of the property.
        standing: Its values in the data, asserted.
        stated: IRI of each claim concerned to the value that it gives (None: it is about the thing in general), those
            that fit what stands first.
        conflict: IRI of the conflict, new or to be added to; None where there is nothing to join.
        known: Whether that conflict is there already.
        triples: The statements that make it, or add to it.
    """

    thing: str
    property: str
    standing: tuple[Value, ...]
    stated: Mapping[str, Value | None]
    conflict: str | None
    known: bool
    triples: tuple[Triple, ...]


class Said(NamedTuple):
    """A value of a property.

    Attributes:
        property: IRI.
        value: A value of it.
    """

    property: str
    value: Value


class _Claim(NamedTuple):
    """A claim that gives a value: its IRI, what it says, the conflicts that join it, and whether one accepts it."""

    name: str
    said: Said
    conflicts: list[str]
    accepted: bool


def find(graph: GraphView) -> list[Candidate]:
    """What is to be decided in a graph, in order of thing and property.

    >>> import csto_graph as cg
    >>> find(cg.load())
    []
    """
    engine = graph.engine()
    topics, general, conflicts = _claims(engine)
    matters = {matter for _, matter in topics}
    standing: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for name in sorted(matters | ({_NOT_BEFORE, _NOT_AFTER} if _DATE in matters else set())):
        for thing, values in _asserted(engine, name).items():
            standing[thing, _MATTERS.get(name, name)] += [Said(name, value) for value in values]
    numbered = (re.fullmatch(r"conflict:c([0-9]{1,9})", curie(name)) for name in conflicts)
    numbers = count(max((int(match[1]) for match in numbered if match), default=0) + 1)
    limited = sorted(_single_valued(graph, topics), key=lambda topic: (natural(topic[0]), natural(topic[1])))
    found = [_candidate(topic, topics[topic], standing[topic], general[topic[0]], numbers) for topic in limited]
    return [candidate for candidate in found if candidate is not None]


# ------------------------------------------------------------------------------------------------- what is read


def _asserted(engine: Engine, name: str) -> dict[str, list[Value]]:
    """Subject to the asserted values of a property, in order of their text; blank nodes are passed over."""
    derived = graph_name("derived")
    found: dict[str, list[Value]] = defaultdict(list)
    for quad in engine.match(None, NamedNode(name), None):
        subject, value = quad.subject, quad.object
        if quad.graph_name != derived and isinstance(subject, NamedNode) and isinstance(value, (NamedNode, Literal)):
            found[subject.value].append(value)
    return {subject: sorted(values, key=str) for subject, values in found.items()}


def _claims(engine: Engine) -> tuple[dict[tuple[str, str], list[_Claim]], dict[str, list[str]], Iterable[str]]:
    """Thing and property to the claims about them, thing to those about it in general, and all conflicts, by name.

    Opinions are left out.
    """
    about, kinds, properties, values, joins, accepts = (
        _asserted(engine, f"{_COOP}{name}") for name in ("about", "kind", "property", "value", "joins", "accepts")
    )
    conflicts: dict[str, list[str]] = defaultdict(list)
    for conflict in sorted(joins, key=natural):
        for joined in joins[conflict]:
            conflicts[joined.value].append(conflict)
    accepted = {value.value for claims in accepts.values() for value in claims}
    topics: dict[tuple[str, str], list[_Claim]] = defaultdict(list)
    general: dict[str, list[str]] = defaultdict(list)
    for name in sorted(about, key=natural):
        if NamedNode(iri("kind:opinion")) in kinds.get(name, ()):
            continue
        for thing in about[name]:
            if name not in properties:
                general[thing.value].append(name)
            elif name in values:
                said = Said(properties[name][0].value, values[name][0])
                claim = _Claim(name, said, conflicts[name], name in accepted)
                topics[thing.value, _MATTERS.get(said.property, said.property)].append(claim)
    return topics, general, joins


def _single_valued(graph: GraphView, topics: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the things and properties where there may be one value: by ``sh:maxCount 1`` (SHACL 4.2.2) with the
    targets of SHACL 2.1.3, or as the property is an ``owl:FunctionalProperty`` (OWL 2 Profiles, prp-fp)."""
    rules, engine = Shapes(graph.shapes), graph.engine()
    things: dict[str, set[str]] = defaultdict(set)
    for thing, matter in topics:
        things[matter].add(thing)

    def instances(kind: Any) -> set[str]:
        found = engine.match(None, RDF_TYPE, kind)
        return {quad.subject.value for quad in found if isinstance(quad.subject, NamedNode)}

    everywhere = instances(NamedNode(iri("owl:FunctionalProperty")))
    limited: dict[str, set[str]] = defaultdict(set)
    for shape, most in rules.uses("maxCount"):
        path = rules.one(shape, sh("path"))
        if most.value != "1" or not isinstance(path, NamedNode) or path.value not in things:
            continue
        if Literal(True) in rules.objects(shape, sh("deactivated")):
            continue
        for holder in (shape, *(one for name in ("property", "node") for one in rules.index.subjects(sh(name), shape))):
            if path in rules.objects(holder, sh("targetSubjectsOf")):
                everywhere.add(path.value)
            limited[path.value] |= {node.value for node in rules.objects(holder, sh("targetNode"))}
            limited[path.value].update(*map(instances, rules.objects(holder, sh("targetClass"))))
    return {
        (thing, matter) for matter, several in things.items()
        for thing in (several if matter in everywhere else several & limited[matter])
    }  # fmt: skip


# ---------------------------------------------------------------------------------------------- what is decided


def _candidate(
    topic: tuple[str, str], claims: list[_Claim], standing: list[Said], general: list[str], numbers: Iterator[int]
) -> Candidate | None:
    """What the claims about one property of a thing leave to be decided; None where nothing is.

    Args:
        topic: IRIs of the thing and the property.
        claims: The claims about it.
        standing: What the data say of it.
        general: IRIs of the claims about the thing in general.
        numbers: Of new conflicts.
    """
    # Where a value stands, who denies it dissents; else who contradicts what was accepted, or any other claim.
    rivals = [claim.said for claim in claims if claim.accepted and claim.conflicts] or [claim.said for claim in claims]
    dissent = [
        claim for claim in claims
        if not claim.conflicts and not (_fits(claim.said, standing) if standing else _agrees(claim.said, rivals))
    ]  # fmt: skip
    if not dissent:
        return None
    fitting = [claim for claim in claims if standing and claim not in dissent and _fits(claim.said, standing)]
    known = sorted({conflict for claim in claims for conflict in claim.conflicts}, key=natural)
    stated: dict[str, Value | None] = {claim.name: claim.said.value for claim in fitting}
    if standing and not fitting and not known:
        stated = dict.fromkeys(general)
    stated |= {claim.name: claim.said.value for claim in dissent}
    conflict = None
    statements: list[tuple[str, Value]] = []
    if known:
        conflict = known[0]
        statements = [("coop:joins", NamedNode(claim.name)) for claim in dissent]
    elif len(stated) > 1:
        conflict = f"{PREFIXES['conflict']}c{next(numbers):02d}"
        # What agrees with both sides, such as a month with two of its days, takes no part in the dispute.
        against = [claim.said for claim in dissent]
        neutral = {claim.name for claim in fitting if _agrees(claim.said, against)}
        joined = [name for name in stated if name not in neutral]
        accepted = next((claim.name for claim in fitting if claim.said in standing), None)
        statements = [
            ("rdf:type", NamedNode(f"{_COOP}Conflict")),
            ("coop:kind", NamedNode(conflict_kind(topic[1]))),
            *(("coop:joins", NamedNode(name)) for name in (joined if len(joined) > 1 else stated)),
            ("coop:accepts", NamedNode(accepted)) if accepted else ("coop:open", Literal(True)),
            *(("coop:rationale", Literal(word("rationale", tag), language=tag)) for tag in ("en", "ru")),
        ]
    triples = tuple(Triple(NamedNode(str(conflict)), NamedNode(iri(name)), value) for name, value in statements)
    return Candidate(*topic, tuple(said.value for said in standing), stated, conflict, bool(known), triples)


def _fits(said: Said, standing: Sequence[Said]) -> bool:
    """Whether a claim agrees with what stands: of dates and bounds with each, of other values with one."""
    return (all if _bounds(said) else any)(agree(said, stands) for stands in standing)


def _agrees(said: Said, others: Iterable[Said]) -> bool:
    """Whether something can be right beside all of the others."""
    return all(agree(said, other) for other in others)


def rivals(graph: GraphView, thing: str, properties: Collection[str], new: Said) -> list[str]:
    """The claims about a thing that do not go with a new value in the place of those of some properties.

    Where no claim names a value, those about the thing as a whole; opinions are left out.
    """
    whole: list[str] = []
    found: list[str] = []
    for claim in sorted(graph.subjects(iri("coop:about"), thing), key=natural):
        name = graph.value(claim, "coop:property")
        values = [Said(name, value) for value in graph.objects(claim, iri("coop:value"))]
        if iri("kind:opinion") in (node.value for node in graph.objects(claim, iri("coop:kind"))):
            continue
        if not name:
            whole.append(claim)
        elif name in properties and (name != new.property or not _agrees(new, values)):
            # A bound goes where a date comes, and who gave it is no longer followed.
            found.append(claim)
    return found or whole


def conflict_kind(property: str) -> str:
    """The kind of a conflict about a property, both as IRIs."""
    return iri(f"kind:{_KINDS.get(_MATTERS.get(property, property), 'statement')}-conflict")


def agree(one: Said, other: Said) -> bool:
    """Whether two values, each of a property, can both be right.

    Dates agree where one lies within the other, a date and a bound where they overlap, anything else if it is the same.

    >>> year, day = (Literal(text, datatype=NamedNode(terms.date_type(text))) for text in ("2016", "2016-11-21"))
    >>> agree(Said(_DATE, year), Said(_DATE, day))
    True
    """
    first, second = _bounds(one), _bounds(other)
    if not first or not second:
        return one.value == other.value
    (start, end), (begin, until) = first, second
    if one.property == other.property == _DATE:
        mine, theirs = terms.Span(start, end), terms.Span(begin, until)
        return mine.within(theirs) or theirs.within(mine)
    return not ((end and begin and end <= begin) or (until and start and until <= start))


def _bounds(said: Said) -> tuple[date | None, date | None] | None:
    """First day that a date allows and the day after the last, None where it does not say; None for another value."""
    value = said.value
    span = terms.days_of(value.value, value.datatype.value) if isinstance(value, Literal) else None
    if span is None:
        return None
    return None if said.property == _NOT_AFTER else span.start, None if said.property == _NOT_BEFORE else span.end


# ------------------------------------------------------------------------------------------------------- words


def document(graph: GraphView, found: Iterable[Candidate], language: str = "en") -> dict[str, Any]:
    """Candidates as JSON: ``{"format": "csto-graph/candidates/1", "candidates": […]}``.

    Each has thing and property (iri, curie, label), standing (texts), claims (claim, value or null, source, statement),
    conflict (CURIE or null), known, and turtle: the block.
    """
    from ..rdf import turtle

    entries = []
    for candidate in found:
        claims = []
        for claim, value in candidate.stated.items():
            support = graph.support(claim, language)
            claims.append({
                "claim": curie(claim), "value": None if value is None else _short(value),
                "source": curie(support.source), "statement": support.statement,
            })  # fmt: skip
        thing, prop = (graph.reference(name, language) for name in (candidate.thing, candidate.property))
        entries.append({
            "thing": thing, "property": prop, "standing": list(map(_short, candidate.standing)), "claims": claims,
            "conflict": candidate.conflict and curie(candidate.conflict), "known": candidate.known,
            "turtle": turtle.write(candidate.triples) if candidate.triples else "",
        })  # fmt: skip
    return {"format": "csto-graph/candidates/1", "candidates": entries}


def text(graph: GraphView, found: Iterable[Candidate], language: str = "en") -> str:
    """The blocks as Turtle to be pasted, with what is at stake in comments above each."""
    from ..rdf import turtle

    comments: dict[str, list[str]] = defaultdict(list)
    triples: list[Triple] = []
    for candidate in found:
        label = excerpt(" ".join(graph.label(candidate.thing, language).split()), 100)
        lines = [f"# {curie(candidate.thing)} ({label}), {curie(candidate.property)}:"]
        for value in dict.fromkeys([*candidate.standing, *candidate.stated.values()]):
            who = [word("stands", language)] if value in candidate.standing else []
            who += [curie(claim) for claim, stated in candidate.stated.items() if stated == value]
            lines.append(f"#   {word('general', language) if value is None else _short(value)}: {', '.join(who)}")
        to_do = "unclaimed" if candidate.conflict is None else "adding" if candidate.known else "deciding"
        comments[candidate.conflict or ""] += [*lines, f"# {word(to_do, language)}"]
        triples += candidate.triples
    above = {conflict: "\n".join(lines) for conflict, lines in comments.items()}
    return turtle.write(triples, header=above.pop("", ""), comments=above)


def _short(value: Value) -> str:
    return excerpt(" ".join(value.value.split()), 100) if isinstance(value, Literal) else curie(value.value)
