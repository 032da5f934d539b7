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
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

from pyoxigraph import Literal, NamedNode, Triple

from .. import dates
from ..names import PREFIXES, curie, iri, natural
from ..store.engine import graph_name

if TYPE_CHECKING:
    from datetime import date

    from ..loading.view import GraphView
    from ..store.engine import Engine

Value: TypeAlias = "NamedNode | Literal"

_COOP, _SH = PREFIXES["coop"], PREFIXES["sh"]
_DATE, _NOT_BEFORE, _NOT_AFTER = (f"{_COOP}{name}" for name in ("date", "notBefore", "notAfter"))
_TYPE, _OPINION = iri("rdf:type"), iri("kind:opinion")
_TRUE = Literal(True)
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


def find(graph: GraphView) -> list[Candidate]:
    """What is to be decided in a graph, in order of thing and property.

    >>> import csto_graph as cg
    >>> find(cg.load())
    []
    """
    engine = graph.engine()
    claims = _claims(engine)
    topics: dict[tuple[str, str], list[_Claim]] = defaultdict(list)
    general: dict[str, list[_Claim]] = defaultdict(list)
    for claim in claims:
        for thing in claim.about:
            if not claim.property:
                general[thing].append(claim)
            elif claim.value is not None:
                topics[thing, _matter(claim.property)].append(claim)
    standing: dict[tuple[str, str], list[tuple[str, Value]]] = defaultdict(list)
    matters = {matter for _, matter in topics}
    for name in sorted(matters | ({_NOT_BEFORE, _NOT_AFTER} if _DATE in matters else set())):
        for thing, value in _asserted(engine, name):
            standing[thing, _matter(name)].append((name, value))
    limited = _limited_to_one(graph, matters)
    numbers = count(_last_number(engine) + 1)
    candidates = (
        _candidate(thing, matter, topics[thing, matter], standing.get((thing, matter), []), general, claims, numbers)
        for thing, matter in sorted(topics, key=lambda topic: (natural(topic[0]), natural(topic[1])))
        if thing in limited.get(matter, ())
    )
    return [candidate for candidate in candidates if candidate is not None]


# ------------------------------------------------------------------------------------------------- what is read


@dataclass(frozen=True, slots=True)
class _Claim:
    """A claim that is no opinion, as far as it matters here; every name is an IRI."""

    name: str
    about: tuple[str, ...]
    property: str
    value: Value | None
    conflicts: tuple[str, ...]
    kinds: tuple[str, ...]  # of those conflicts
    accepted: bool


def _asserted(engine: Engine, name: str) -> Iterator[tuple[str, Value]]:
    """Subject and value of each asserted statement with a property; blank nodes are passed over."""
    derived = graph_name("derived")
    for quad in engine.match(None, NamedNode(name), None):
        subject, value = quad.subject, quad.object
        if quad.graph_name != derived and isinstance(subject, NamedNode) and isinstance(value, (NamedNode, Literal)):
            yield subject.value, value


def _claims(engine: Engine) -> list[_Claim]:
    """Every claim that is about something, in order of its name."""
    values: dict[str, dict[str, list[Value]]] = {}
    for name in ("kind", "about", "property", "value", "joins", "accepts"):
        found: dict[str, list[Value]] = defaultdict(list)
        for subject, value in _asserted(engine, f"{_COOP}{name}"):
            found[subject].append(value)
        values[name] = {subject: sorted(several, key=str) for subject, several in found.items()}
    kinds, accepted = values["kind"], {value.value for several in values["accepts"].values() for value in several}
    conflicts: dict[str, list[str]] = defaultdict(list)
    for conflict, joined in values["joins"].items():
        for value in joined:
            conflicts[value.value].append(conflict)
    claims = []
    for name in sorted(values["about"], key=natural):
        if any(kind.value == _OPINION for kind in kinds.get(name, ())):
            continue
        joining = tuple(sorted(conflicts[name], key=natural))
        claims.append(_Claim(
            name, tuple(thing.value for thing in values["about"][name]),
            min((named.value for named in values["property"].get(name, ())), default=""),
            min(values["value"].get(name, ()), key=str, default=None), joining,
            tuple(kind.value for conflict in joining for kind in kinds.get(conflict, ())), name in accepted,
        ))  # fmt: skip
    return claims


def _last_number(engine: Engine) -> int:
    """The highest number among conflicts called c01, c02…; 0 where there is none."""
    names = {name.removeprefix(PREFIXES["conflict"]) for name, _ in _asserted(engine, f"{_COOP}joins")}
    return max((int(name[1:]) for name in names if re.fullmatch(r"c[0-9]{1,9}", name)), default=0)


def _limited_to_one(graph: GraphView, names: set[str]) -> dict[str, Container[str]]:
    """Property to the things that may have one value of it: by ``sh:maxCount 1`` (SHACL 4.2.2) with the targets of
    SHACL 2.1.3, or as an ``owl:FunctionalProperty`` (OWL 2 Profiles, prp-fp)."""
    engine = graph.engine()
    facts: dict[tuple[object, str], list[Any]] = defaultdict(list)
    holders: dict[object, list[object]] = defaultdict(list)
    for triple in graph.shapes:
        name = triple.predicate.value.removeprefix(_SH)
        facts[triple.subject, name].append(triple.object)
        if name in ("property", "node"):
            holders[triple.object].append(triple.subject)

    def instances(kind: Value) -> set[str]:
        found = engine.match(None, NamedNode(_TYPE), kind)
        return {quad.subject.value for quad in found if isinstance(quad.subject, NamedNode)}

    limited: dict[str, set[str]] = defaultdict(set)
    everywhere = instances(NamedNode(iri("owl:FunctionalProperty"))) & names
    for shape, name in list(facts):
        one = name == "maxCount" and any(value.value == "1" for value in facts[shape, name])
        if not one or Literal(True) in facts.get((shape, "deactivated"), ()):
            continue
        for path in (path.value for path in facts.get((shape, "path"), ()) if isinstance(path, NamedNode)):
            for holder in (shape, *holders.get(shape, ())):
                if NamedNode(path) in facts.get((holder, "targetSubjectsOf"), ()):
                    everywhere.add(path)
                for kind in facts.get((holder, "targetClass"), ()) if path in names else ():
                    limited[path] |= instances(kind)
                limited[path] |= {node.value for node in facts.get((holder, "targetNode"), ())}
    return {**limited, **dict.fromkeys(everywhere, _Everything())}


class _Everything:
    """Holds whatever is asked for."""

    def __contains__(self, thing: object) -> bool:
        return True


# ---------------------------------------------------------------------------------------------- what is decided


def _candidate(
    thing: str,
    matter: str,
    claims: list[_Claim],
    standing: list[tuple[str, Value]],
    general: Mapping[str, list[_Claim]],
    all_claims: list[_Claim],
    numbers: Iterator[int],
) -> Candidate | None:
    """What the claims about one property of a thing leave to be decided; None where nothing is."""
    decided = [claim for claim in claims if claim.accepted and claim.conflicts]
    # Where a value stands, who denies it dissents; else who contradicts what was accepted, or any other claim.
    dissent = [
        claim for claim in claims if not claim.conflicts
        and (not _fits(claim, standing) if standing else _contradicts(claim, decided or claims))
    ]  # fmt: skip
    if not dissent:
        return None
    fitting = [claim for claim in claims if standing and claim not in dissent and _fits(claim, standing)]
    known = sorted({conflict for claim in claims for conflict in claim.conflicts}, key=natural)
    if standing and not fitting and not known:
        fitting = general.get(thing, [])
    stated = {claim.name: claim.value for claim in [*fitting, *dissent]}
    values = tuple(value for _, value in standing)
    if known:
        triples = [_statement(known[0], "joins", NamedNode(claim.name)) for claim in dissent]
        return Candidate(thing, matter, values, stated, known[0], True, tuple(triples))
    if len(stated) < 2:
        return Candidate(thing, matter, values, stated, None, False, ())
    # What agrees with both sides, such as a month with two of its days, takes no part in the dispute.
    rivals = [claim.name for claim in fitting if not claim.property or _contradicts(claim, dissent)]
    joined = [*rivals, *(claim.name for claim in dissent)] if rivals or len(dissent) > 1 else list(stated)
    accepted = next((claim.name for claim in fitting if (claim.property, claim.value) in standing), None)
    used = Counter(kind for claim in all_claims if claim.property == matter for kind in claim.kinds)
    usual = min(used, key=lambda kind: (-used[kind], kind), default=iri(_KINDS.get(matter, _ANY_KIND)))
    conflict = f"{PREFIXES['conflict']}c{next(numbers):02d}"
    triples = [
        Triple(NamedNode(conflict), NamedNode(_TYPE), NamedNode(f"{_COOP}Conflict")),
        _statement(conflict, "kind", NamedNode(usual)),
        *(_statement(conflict, "joins", NamedNode(name)) for name in joined),
        _statement(conflict, "accepts", NamedNode(accepted)) if accepted else _statement(conflict, "open", _TRUE),
        *(_statement(conflict, "rationale", Literal(text, language=tag)) for tag, text in _REASON.items()),
    ]
    return Candidate(thing, matter, values, stated, conflict, False, tuple(triples))


def _statement(conflict: str, name: str, value: Value) -> Triple:
    return Triple(NamedNode(conflict), NamedNode(f"{_COOP}{name}"), value)


def _matter(name: str) -> str:
    """The property that another one is about, too: bounds of a date are about the date."""
    return _DATE if name in (_NOT_BEFORE, _NOT_AFTER) else name


def _contradicts(claim: _Claim, others: Iterable[_Claim]) -> bool:
    return not all(_agree(claim.property, claim.value, other.property, other.value) for other in others)


def _fits(claim: _Claim, standing: list[tuple[str, Value]]) -> bool:
    """Whether a claim agrees with what stands: of bounds with each, of other values with one."""
    agreeing = [_agree(claim.property, claim.value, *stands) for stands in standing]
    return all(agreeing) if _bounds(claim.property, claim.value) else any(agreeing)


def _bounds(name: str, value: Value | None) -> tuple[date | None, date | None] | None:
    """First day that a date allows and the day after the last, None where it does not say; None for another value."""
    span = dates.span(value.value, value.datatype.value) if isinstance(value, Literal) else None
    if span is None:
        return None
    return None if name == _NOT_AFTER else span.start, None if name == _NOT_BEFORE else span.end


def _agree(name: str, value: Value | None, other: str, another: Value | None) -> bool:
    """Whether two values, each of a property, can both be right.

    Dates agree where one lies within the other, a date and a bound where they overlap, anything else if it is the same.
    """
    first, second = _bounds(name, value), _bounds(other, another)
    if not first or not second:
        return value == another
    (start, end), (begin, until) = first, second
    if name == other == _DATE:
        one, two = dates.Span(start, end), dates.Span(begin, until)
        return one.within(two) or two.within(one)
    return not ((end and begin and end <= begin) or (until and start and until <= start))


# ------------------------------------------------------------------------------------------------------- words


def document(graph: GraphView, found: Iterable[Candidate], language: str = "en") -> dict[str, Any]:
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


def text(graph: GraphView, found: Iterable[Candidate], language: str = "en") -> str:
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


def _named(graph: GraphView, name: str, language: str) -> dict[str, str]:
    return {"iri": name, "curie": curie(name), "label": graph.label(name, language)}


def _lines(graph: GraphView, candidate: Candidate, language: str) -> Iterator[str]:
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
    from ..text import excerpt

    return excerpt(" ".join(text.split()), 100)
