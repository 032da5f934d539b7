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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pyoxigraph import Literal, NamedNode, Triple

from .. import dates
from ..names import PREFIXES, curie, iri, natural
from ..store.engine import graph_name

if TYPE_CHECKING:
    from datetime import date

    from ..graph import KnowledgeGraph

Value: TypeAlias = "NamedNode | Literal"
_Topic: TypeAlias = tuple[str, str]  # a thing and a property

_COOP, _SH = PREFIXES["coop"], PREFIXES["sh"]
_DATE, _NOT_BEFORE, _NOT_AFTER = (f"{_COOP}{name}" for name in ("date", "notBefore", "notAfter"))
_TYPE, _OPINION = iri("rdf:type"), iri("kind:opinion")
_KINDS = {_DATE: "kind:date-conflict"}
_ANY_KIND = "kind:statement-conflict"
_REASON = {
    "en": "To be written: which claim is right, and why.",
    "ru": "Вписать: какое утверждение верно и почему.",
}
_WORDS = {
    "stands": {"en": "stands in the data", "ru": "стоит в данных"},
    "rests": {"en": "in general", "ru": "в целом"},
    "add": {
        "en": "There is a conflict about this; what follows adds to it. Its decision stays.",
        "ru": "Такое расхождение уже есть; следующее дополняет его. Решение остаётся прежним.",
    },
    "decide": {
        "en": "Accept one claim and write its value on the thing; or coop:open true, and none of the values there.",
        "ru": "Примите одно утверждение и запишите его значение у вещи; либо coop:open true, и там ни одного из них.",
    },
    "alone": {
        "en": "No claim gives the value that stands. Write one, then this can be a conflict; or correct the value.",
        "ru": "Стоящее значение ничем не подтверждено. Добавьте утверждение о нём или исправьте значение.",
    },
}


@dataclass(frozen=True, slots=True)
class Candidate:
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


def find(graph: KnowledgeGraph) -> list[Candidate]:
    """What is to be decided in a graph, in order of thing and property."""
    return list(_Search(graph).candidates())


# --------------------------------------------------------------------------------------------------- agreement


class _Span(NamedTuple):
    """When, as far as a value says it; ``whole`` where both ends are meant, as in a date."""

    start: date | None
    end: date | None
    whole: bool


def _span(name: str, value: Value | None) -> _Span | None:
    found = dates.span(value.value, value.datatype.value) if isinstance(value, Literal) else None
    if found is None:
        return None
    start, end = (None if name == _NOT_AFTER else found.start), (None if name == _NOT_BEFORE else found.end)
    return _Span(start, end, name == _DATE)


def _compatible(one: _Span, other: _Span) -> bool:
    if one.whole and other.whole:
        first, second = dates.Span(*one[:2]), dates.Span(*other[:2])
        return first.within(second) or second.within(first)
    early, late = (one, other) if _starts(one) <= _starts(other) else (other, one)
    return early.end is None or late.start is None or late.start < early.end


def _starts(span: _Span) -> str:
    return span.start.isoformat() if span.start else ""


def _agree(one: tuple[str, Value | None], other: tuple[str, Value | None]) -> bool:
    """Whether two values, each of a property, can both be right."""
    first, second = _span(*one), _span(*other)
    if first and second:
        return _compatible(first, second)
    return one[1] == other[1]


# ------------------------------------------------------------------------------------------------------ search


class _Search:
    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph
        self._engine = graph.engine()
        self._derived = graph_name("derived")
        self._new = 0

    def _pairs(self, name: str) -> Iterator[tuple[str, Value]]:
        """Subject and value of each asserted statement with a property; blank nodes are passed over."""
        for quad in self._engine.match(None, NamedNode(iri(name)), None):
            subject, value = quad.subject, quad.object
            if quad.graph_name == self._derived or not isinstance(subject, NamedNode):
                continue
            if isinstance(value, (NamedNode, Literal)):
                yield subject.value, value

    def _of(self, name: str) -> dict[str, list[str]]:
        """Subject to its values, which are things."""
        found: dict[str, list[str]] = defaultdict(list)
        for subject, value in self._pairs(name):
            found[subject].append(value.value)
        return found

    @cached_property
    def _about(self) -> dict[str, list[str]]:
        """Claim to what it is about; opinions are left out."""
        opinions = {name for name, kinds in self._of("coop:kind").items() if _OPINION in kinds}
        return {claim: things for claim, things in self._of("coop:about").items() if claim not in opinions}

    @cached_property
    def _property(self) -> dict[str, str]:
        return {claim: min(names) for claim, names in self._of("coop:property").items()}

    @cached_property
    def _value(self) -> dict[str, Value]:
        found = sorted(self._pairs("coop:value"), key=lambda pair: str(pair[1]), reverse=True)
        return dict(found)

    @cached_property
    def _conflicts(self) -> dict[str, list[str]]:
        """Claim to the conflicts that join it."""
        found: dict[str, list[str]] = defaultdict(list)
        for conflict, claims in self._of("coop:joins").items():
            for claim in claims:
                found[claim].append(conflict)
        return found

    @cached_property
    def _accepted(self) -> dict[str, list[str]]:
        return self._of("coop:accepts")

    @cached_property
    def _general(self) -> dict[str, list[str]]:
        """Thing to the claims about it that name no property, and so support whatever is said of it."""
        found: dict[str, list[str]] = defaultdict(list)
        for claim, things in self._about.items():
            for thing in things if claim not in self._property else ():
                found[thing].append(claim)
        return found

    def candidates(self) -> Iterator[Candidate]:
        topics: dict[_Topic, list[str]] = defaultdict(list)
        for claim, things in self._about.items():
            if claim in self._property and claim in self._value:
                name = self._property[claim]
                matter = _DATE if name in (_NOT_BEFORE, _NOT_AFTER) else name
                for thing in things:
                    topics[thing, matter].append(claim)
        single = _Single(self._graph, {name for _, name in topics})
        standing = self._standing({name for _, name in topics})
        for topic in sorted(topics, key=lambda topic: (natural(topic[0]), natural(topic[1]))):
            if single.holds(*topic):
                found = self._candidate(topic, sorted(topics[topic], key=natural), standing.get(topic, []))
                if found:
                    yield found

    def _standing(self, names: set[str]) -> dict[_Topic, list[tuple[str, Value]]]:
        """Thing and matter to the properties and values that the data have."""
        found: dict[_Topic, list[tuple[str, Value]]] = defaultdict(list)
        for matter in sorted(names):
            for name in (_DATE, _NOT_BEFORE, _NOT_AFTER) if matter == _DATE else (matter,):
                for thing, value in self._pairs(name):
                    found[thing, matter].append((name, value))
        return found

    def _candidate(self, topic: _Topic, claims: list[str], standing: list[tuple[str, Value]]) -> Candidate | None:
        free = [claim for claim in claims if not self._conflicts.get(claim)]
        dissent = [claim for claim in free if self._dissents(claim, claims, standing)]
        if not dissent:
            return None
        known = sorted({conflict for claim in claims for conflict in self._conflicts.get(claim, ())}, key=natural)
        fitting = [claim for claim in claims if claim not in dissent and standing and self._fits(claim, standing)]
        if not known and standing and not fitting:
            fitting = sorted(self._general.get(topic[0], ()), key=natural)
        stated = {claim: self._value.get(claim) for claim in [*fitting, *dissent]}
        values = tuple(value for _, value in standing)
        if not known and len(stated) < 2:
            return Candidate(*topic, values, stated, None, False, ())
        conflict = known[0] if known else self._next()
        triples = [Triple(NamedNode(conflict), NamedNode(f"{_COOP}joins"), NamedNode(claim)) for claim in dissent]
        if not known:
            exact = [claim for claim in fitting if (self._property.get(claim), self._value.get(claim)) in standing]
            # What agrees with both sides, such as a month with two of its days, takes no part in the dispute.
            rivals = [claim for claim in fitting if claim not in self._property or self._disputes(claim, dissent)]
            joined = [*rivals, *dissent] if rivals or len(dissent) > 1 else list(stated)
            triples = list(_block(conflict, self._kind(topic[1]), joined, exact[0] if exact else None))
        return Candidate(*topic, values, stated, conflict, bool(known), tuple(triples))

    def _said(self, claim: str) -> tuple[str, Value | None]:
        return self._property[claim], self._value.get(claim)

    def _fits(self, claim: str, standing: list[tuple[str, Value]]) -> bool:
        """Whether a claim agrees with what stands: of bounds with each, of other values with one."""
        said = [_agree(self._said(claim), value) for value in standing]
        return all(said) if _span(*self._said(claim)) else any(said)

    def _disputes(self, claim: str, others: list[str]) -> bool:
        return not all(_agree(self._said(claim), self._said(other)) for other in others)

    def _dissents(self, claim: str, claims: list[str], standing: list[tuple[str, Value]]) -> bool:
        if standing:
            return not self._fits(claim, standing)
        about = {conflict for other in claims for conflict in self._conflicts.get(other, ())}
        decided = {right for conflict in about for right in self._accepted.get(conflict, ())}
        rivals = [other for other in claims if other in decided] or claims
        return self._disputes(claim, rivals)

    def _kind(self, matter: str) -> str:
        """The kind that conflicts about the same property have; the commonest, else a general one."""
        kinds = self._of("coop:kind")
        used = [
            kind
            for claim, conflicts in self._conflicts.items()
            if self._property.get(claim) == matter
            for conflict in conflicts
            for kind in kinds.get(conflict, ())
        ]
        common = sorted(set(used), key=lambda kind: (-used.count(kind), kind))
        return common[0] if common else iri(_KINDS.get(matter, _ANY_KIND))

    def _next(self) -> str:
        """The next free name of a conflict: c01, c02…"""
        if not self._new:
            names = {name.removeprefix(PREFIXES["conflict"]) for names in self._conflicts.values() for name in names}
            self._new = max((int(name[1:]) for name in names if re.fullmatch(r"c[0-9]{1,9}", name)), default=0)
        self._new += 1
        return f"{PREFIXES['conflict']}c{self._new:02d}"


def _block(conflict: str, kind: str, claims: Iterable[str], accepted: str | None) -> Iterator[Triple]:
    node = NamedNode(conflict)

    def coop(name: str, value: Value) -> Triple:
        return Triple(node, NamedNode(f"{_COOP}{name}"), value)

    yield Triple(node, NamedNode(_TYPE), NamedNode(f"{_COOP}Conflict"))
    yield coop("kind", NamedNode(kind))
    yield from (coop("joins", NamedNode(claim)) for claim in claims)
    yield coop("accepts", NamedNode(accepted)) if accepted else coop("open", Literal(True))
    yield from (coop("rationale", Literal(text, language=tag)) for tag, text in _REASON.items())


class _Single:
    """Which property of which thing holds one value at most: by ``sh:maxCount`` (SHACL 4.2.2) with the targets of
    SHACL 2.1.3, or as an ``owl:FunctionalProperty`` (OWL 2 Profiles, prp-fp)."""

    def __init__(self, graph: KnowledgeGraph, names: set[str]) -> None:
        self._engine = graph.engine()
        self._facts: dict[tuple[Any, str], list[Any]] = defaultdict(list)
        self._users: dict[Any, list[Any]] = defaultdict(list)
        for triple in graph.shapes:
            name = triple.predicate.value.removeprefix(_SH)
            self._facts[triple.subject, name].append(triple.object)
            if name in ("property", "node"):
                self._users[triple.object].append(triple.subject)
        functional = self._engine.match(None, NamedNode(_TYPE), NamedNode(iri("owl:FunctionalProperty")))
        self._all = {quad.subject.value for quad in functional if isinstance(quad.subject, NamedNode)} & names
        self._some: dict[str, set[str]] = defaultdict(set)
        for shape, path in self._limited(names):
            for holder in (shape, *self._users.get(shape, ())):
                self._take(holder, path)

    def _limited(self, names: set[str]) -> Iterator[tuple[Any, str]]:
        """The shapes that allow one value of a property at most, with the property."""
        for (shape, key), values in list(self._facts.items()):
            if key == "maxCount" and any(value.value == "1" for value in values if isinstance(value, Literal)):
                off = Literal(True) in self._facts.get((shape, "deactivated"), ())
                for path in self._facts.get((shape, "path"), ()):
                    if isinstance(path, NamedNode) and path.value in names and not off:
                        yield shape, path.value

    def _take(self, holder: Any, path: str) -> None:
        """Note what a property is limited for, by the targets of a shape."""
        if NamedNode(path) in self._facts.get((holder, "targetSubjectsOf"), ()):
            self._all.add(path)
        for target in self._facts.get((holder, "targetClass"), ()):
            found = self._engine.match(None, NamedNode(_TYPE), target)
            self._some[path] |= {quad.subject.value for quad in found if isinstance(quad.subject, NamedNode)}
        nodes = self._facts.get((holder, "targetNode"), ())
        self._some[path] |= {node.value for node in nodes if isinstance(node, NamedNode)}

    def holds(self, thing: str, name: str) -> bool:
        return name in self._all or thing in self._some.get(name, ())


# ------------------------------------------------------------------------------------------------------- words


def document(graph: KnowledgeGraph, found: Iterable[Candidate], language: str = "en") -> dict[str, Any]:
    """Candidates as JSON: ``{"format": "csto-graph/candidates/1", "candidates": […]}``.

    Each has thing and property (iri, curie, label), standing (texts), claims (claim, value or null, source, statement),
    conflict (CURIE or null), known, and turtle: the block.
    """
    from ..rdf import turtle

    entries = []
    for candidate in found:
        supports = {claim: graph.support(claim, language) for claim in candidate.stated}
        entries.append({
            "thing": _named(graph, candidate.thing, language),
            "property": _named(graph, candidate.property, language),
            "standing": [_short(value) for value in candidate.standing],
            "claims": [
                {
                    "claim": curie(claim),
                    "value": None if value is None else _short(value),
                    "source": curie(supports[claim].source),
                    "statement": supports[claim].statement,
                }
                for claim, value in candidate.stated.items()
            ],
            "conflict": candidate.conflict and curie(candidate.conflict),
            "known": candidate.known,
            "turtle": turtle.write(candidate.triples) if candidate.triples else "",
        })  # fmt: skip
    return {"format": "csto-graph/candidates/1", "candidates": entries}


def text(graph: KnowledgeGraph, found: Iterable[Candidate], language: str = "en") -> str:
    """The blocks as Turtle to be pasted, with what is at stake in comments above each."""
    from ..rdf import turtle

    comments: dict[str, str] = {}
    loose: list[str] = []
    triples: list[Triple] = []
    for candidate in found:
        lines = "\n".join(_lines(graph, candidate, language))
        if candidate.conflict is None:
            loose.append(lines)
            continue
        triples += candidate.triples
        before = comments.get(candidate.conflict)
        comments[candidate.conflict] = f"{before}\n{lines}" if before else lines
    return turtle.write(triples, header="\n".join(loose), comments=comments)


def _named(graph: KnowledgeGraph, name: str, language: str) -> dict[str, str]:
    return {"iri": name, "curie": curie(name), "label": graph.label(name, language)}


def _lines(graph: KnowledgeGraph, candidate: Candidate, language: str) -> Iterator[str]:
    label = _flat(graph.label(candidate.thing, language))
    yield f"# {curie(candidate.thing)} ({label}), {curie(candidate.property)}:"
    given = dict.fromkeys([*candidate.standing, *candidate.stated.values()])
    for value in given:
        claims = [curie(claim) for claim, stated in candidate.stated.items() if stated == value]
        stands = [_WORDS["stands"][language]] if value in candidate.standing else []
        shown = _WORDS["rests"][language] if value is None else _short(value)
        yield f"#   {shown}: {', '.join([*stands, *claims])}"
    word = "alone" if candidate.conflict is None else "add" if candidate.known else "decide"
    yield f"# {_WORDS[word][language]}"


def _short(value: Value) -> str:
    return _flat(value.value) if isinstance(value, Literal) else curie(value.value)


def _flat(text: str) -> str:
    from ..sandbox.parent import visible

    return visible(" ".join(text.split()), 100)
