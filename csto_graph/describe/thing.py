"""One thing: its names, facts, dates, sources and neighbours, in words and as JSON.

``csto-graph/thing/1``
    ``iri curie label``; ``classes`` (things, the most specific first); ``names`` (``alternative official misnomer``:
    lists of texts); ``briefing``: what a note begins with, ``label text`` and ``extra``, true of what may be left out;
    ``facts``: ``property``, ``value`` (``text`` and, for a thing, ``iri curie``), ``derived``,
    ``claims`` (CURIEs), ``parts`` (facts of a node that only joins others); ``mentions``: what points here,
    ``property``, ``thing``, ``parts``; ``claims``: ``curie statement number sentence opinion reading source``
    (``curie label address publisher date``), ``passage`` (its position, or its words where the text is known),
    ``corroboration``; ``conflicts`` (`claims`); ``cite``.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pyoxigraph import Literal, NamedNode

from .._version import __version__
from ..loading.view import GraphView, Support
from ..names import PREFIXES, curie, filled, iri, natural, visible, word
from ..store.lookup import Match
from .claims import MOST, ClaimIndex, claim_documents, conflict_documents, evidence_text

_NAME = iri("skos:prefLabel")
_MOST = 12  # things that point here with one property, in a text; JSON has them all
# Names and the machinery behind dates and support are shown in their own places, not as facts.
_ASIDE = frozenset(
    iri(name)
    for name in (
        "rdf:type", "skos:prefLabel", "skos:altLabel", "skos:hiddenLabel", "skos:inScheme", "rdfs:label",
        "skos:definition", "rdfs:isDefinedBy", "coop:supportedBy", "coop:disputedIn", "coop:earliest", "coop:latest",
        "coop:dayNumber", "coop:possibleFrom", "coop:certainFrom", "coop:certainUntil", "coop:possibleUntil",
        "coop:presumedFrom", "coop:presumedUntil",
        *(f"coop:{name}{end}" for name in ("adopted", "signed", "enteredIntoForce") for end in ("NotBefore", "Before")),
        "coop:officialTitle", "coop:labelTemplate", "coop:about", "coop:belongsTo", "coop:comprises",
    )
)  # fmt: skip


class Fact(NamedTuple):
    """One statement about a thing.

    Attributes:
        property: IRI of the property.
        value: The value as a term.
        text: The value for people, in the language asked for.
        derived: Whether it was derived rather than asserted.
        claims: IRIs of the claims that state exactly this value.
        thing: IRI of the thing of which it is said: the one asked about, or what belongs to it.
    """

    property: str
    value: NamedNode | Literal
    text: str
    derived: bool
    claims: tuple[str, ...]
    thing: str


class Thing:
    """A thing of the graph; two are equal when their IRIs are.

    Attributes:
        iri: The full IRI.
        curie: The short form.
        view: The graph.
    """

    def __init__(self, view: GraphView, name: str) -> None:
        self.view = view
        self.iri = name
        self.curie = curie(name)
        self._index = ClaimIndex(view)

    def label(self, language: str | None = None) -> str:
        """Its name in a language (by default the graph's), else in English, else its CURIE."""
        return self.view.label(self.iri, language)

    @property
    def types(self) -> list[str]:
        """IRIs of its classes, most specific (asserted) first."""
        return list(self.view.types(self.iri))

    def names(self, kind: str = "skos:altLabel") -> list[str]:
        """Other names: ``skos:altLabel``, ``skos:hiddenLabel`` or ``coop:officialTitle``."""
        return sorted(value.value for value in self.values(kind) if isinstance(value, Literal))

    def values(self, name: str) -> list[NamedNode | Literal]:
        """Values of one property, given as CURIE or IRI, in a fixed order."""
        return sorted(self.view.objects(self.iri, iri(name)), key=lambda term: natural(str(term)))

    @property
    def parts(self) -> list[Thing]:
        """What belongs to it, directly or not: its events, signatures, coverage, provisions, drafts."""
        return [Thing(self.view, name) for name in self._index.belonging(self.iri)]

    def facts(self, language: str | None = None, *, parts: bool = True) -> list[Fact]:
        """What is said of it, and of its parts, by property; names, types and support have methods of their own."""
        claims: dict[tuple[str, object], list[str]] = {}
        for entry in self._index.about(self.iri, opinions=True):
            claims.setdefault((entry.property, entry.value), []).append(entry.claim)
        told = [found for found in self.view.statements(self.iri) if found[0] not in _ASIDE]
        asserted = {(name, value) for name, value, derived in told if not derived}
        facts = []
        for name, value, derived in told:
            if not (derived and (name, value) in asserted):
                text = self.view.label(value.value, language) if isinstance(value, NamedNode) else value.value
                facts.append(Fact(name, value, text, derived, tuple(claims.get((name, value), ())), self.iri))
        facts.sort(key=lambda fact: (fact.derived, natural(curie(fact.property)), natural(fact.text)))
        return [*facts, *(fact for part in self.parts if parts for fact in part.facts(language, parts=False))]

    def supports(self, language: str | None = None, *, parts: bool = True) -> list[Support]:
        """The claims about it, and about its parts, those of the pinned source first; opinions are marked."""
        things = [self.iri, *(self._index.belonging(self.iri) if parts else ())]
        claims = dict.fromkeys(entry.claim for thing in things for entry in self._index.about(thing, opinions=True))
        return sorted((self.view.support(claim, language) for claim in claims), key=lambda found: not found.passage)

    @property
    def sources(self) -> list[Thing]:
        """The sources that speak of it or of its parts, each once."""
        names = {support.source for support in self.supports() if support.source}
        return [Thing(self.view, name) for name in sorted(names, key=natural)]

    @property
    def conflicts(self) -> list[Thing]:
        """The conflicts about it or its parts; those of a claim, a passage, a source; and a conflict itself."""
        return [Thing(self.view, name) for name in self._index.conflicts(self.iri)]

    def incoming(self, language: str | None = None) -> Iterator[tuple[str, Thing]]:
        """Property and thing for each asserted statement that points here; claims are left out."""
        return ((name, Thing(self.view, found)) for found, name in self.view.pointing(self.iri) if name not in _ASIDE)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing) and other.iri == self.iri

    def __hash__(self) -> int:
        return hash(self.iri)

    def __str__(self) -> str:
        return self.label()

    def __repr__(self) -> str:
        return f"<Thing {self.curie}: {self.label()}>"

    def _repr_html_(self) -> str:
        import html

        rows = "".join(
            f"<tr><th>{html.escape(self.view.label(fact.property))}</th><td>{html.escape(fact.text)}</td></tr>"
            for fact in self.facts(parts=False)
        )
        return f"<table><caption>{html.escape(self.label())}</caption>{rows}</table>"


# --- as JSON --------------------------------------------------------------------------------------------------------


def thing_document(view: GraphView, name: str, language: str) -> dict[str, Any]:
    """All that the graph knows of a thing (an IRI), in the shape ``csto-graph/thing/1``; see the module."""
    thing = Thing(view, name)
    # A claim itself, those that a source states, and those that a conflict joins are told beside those about a thing.
    cited = {name} if view.objects(name, iri("coop:statement")) else set()
    cited.update(value.value for value in view.objects(name, iri("coop:joins")))
    cited.update(view.subjects(iri("coop:source"), name), (support.claim for support in thing.supports(parts=False)))
    facts = _facts(thing, language, cited)
    for fact in facts:
        if not fact["derived"]:
            fact["parts"] = _parts(thing, fact["value"].get("iri", ""), language, cited)
    incoming = [(curie(key), natural(found.curie), key, found.iri) for key, found in thing.incoming()]
    mentions = [
        {
            "property": view.reference(key, language), "thing": view.reference(subject, language),
            "parts": _parts(thing, subject, language, cited),
        }
        for _, _, key, subject in sorted(incoming)
    ]  # fmt: skip
    claims = claim_documents(view, cited, language)
    sources = {claim["source"]["curie"] for claim in claims if claim["source"]}
    conflicts = conflict_documents(view, [found.iri for found in thing.conflicts], language)
    counted = f" {word('citation', language, len(claims), len(sources))}" if claims else ""
    kinds_of_names = {"alternative": "skos:altLabel", "official": "coop:officialTitle", "misnomer": "skos:hiddenLabel"}
    return {
        "format": "csto-graph/thing/1",
        **view.reference(name, language),
        "classes": [view.reference(kind, language) for kind in thing.types if not kind.startswith(PREFIXES["owl"])],
        "names": {kind: thing.names(key) for kind, key in kinds_of_names.items()},
        "briefing": _briefing(thing, facts, mentions, claims, conflicts, language),
        "facts": facts, "mentions": mentions, "claims": claims,
        "conflicts": conflicts,
        "cite": f"{thing.label(language).rstrip('.')}. <{name}>. csto-graph {__version__}.{counted}",
    }  # fmt: skip


_OF_EVENTS = ("place", "occasion", "session", "meeting", "agendaItem", "voteMode", "votesFor", "votesAgainst",
              "abstentions", "votedAgainst", "introducedBy", "sponsor", "decidedBy", "basis")  # fmt: skip
_BARE = frozenset({"place", "occasion", "voteMode", "", *("signer", "capacity", "onBehalfOf", "organization")})
# What is not known of an event is told, too: of any of a class, or of one with a value.
_HAPPENS = {"coop:concerns", "org:resultingOrganization", "org:originalOrganization"}
_WANTED = {"coop:Adoption": ("voteMode",), "coop:Signing": ("place",), "vote:recorded-vote": ("votesFor",)}
_OF_THINGS = ("party", "issuedBy", "area")
_ROLES = ("capacity", "organization", "edtf")
_HEAD = 15  # lines of a briefing in a text
_SOME = 4  # events, roles and facts of a briefing


def _briefing(
    thing: Thing, facts: Sequence[Mapping[str, Any]], mentions: Sequence[Mapping[str, Any]],
    claims: Sequence[Mapping[str, Any]], conflicts: Sequence[Mapping[str, Any]], language: str,
) -> list[dict[str, Any]]:  # fmt: skip
    """What a note begins with, a line each: events, who signed, status, sides and areas, or whatever else is said of
    the thing (``extra``); disputes, the sources with most claims."""
    view, unknown = thing.view, word("not-known", language)
    happened = dict.fromkeys((kind, text) for _, kind, text in sorted(_events(view, mentions, language)))
    entries = [(kind, text, at > 1) for at, (kind, text) in enumerate([*happened][:_SOME])]
    if iri("coop:AgreedInstrument") in thing.types:
        entries.append((word("signed-by", language), _signatures(facts, language) or unknown, False))
    if status := _status(thing, facts, mentions, language):
        entries.append((word("status", language), status, False))
    within = [*facts, *(part for fact in facts for part in fact["parts"])]
    for name in _OF_THINGS:
        text = _values(within, name, label=False)
        if text or (name == "area" and iri("coop:Instrument") in thing.types):
            entries.append((view.label(iri(f"coop:{name}"), language), text or unknown, True))
    if iri("coop:ActualEvent") in thing.types and not thing.values("coop:edtf"):
        entries.append((view.label(iri("coop:date"), language), unknown, False))
    for mention in mentions:
        if mention["property"]["curie"] == "org:member" and (role := _values(mention["parts"], "role", label=False)):
            held = [_values(mention["parts"], name, label=False) for name in _ROLES]
            entries.append((role, ", ".join(filter(None, held)), True))
    told = {label for label, *_ in entries}
    plain = [fact for fact in facts if not (fact["derived"] or fact["parts"]) and "label" in fact["property"]]
    rest = {label: _values(same, "") for label, same in _by_property(plain).items() if label not in told}
    entries += [(label, text, True) for label, text in rest.items()]
    names = [name for kind in ("skos:altLabel", "skos:hiddenLabel") for name in thing.names(kind)]
    entries += [(word("alternative", language), "; ".join(names), True)] if names else []
    entries += [(word("disputed", language), _dispute(view, one, language), False) for one in conflicts[:2]]
    cited = Counter(claim["source"]["curie"] for claim in claims if claim["source"])
    known = {claim["source"]["curie"]: claim["source"] for claim in claims if claim["source"]}
    for at, (name, _) in enumerate(cited.most_common(3), 1):
        text = " · ".join(filter(None, (known[name][key] for key in ("publisher", "date", "address"))))
        more = f" ({word('and-more', language, len(cited) - 3)})" if at == 3 < len(cited) else ""
        entries.append((view.label(iri("coop:source"), language), text + more, False))
    return [{"label": label, "text": text, "extra": extra} for label, text, extra in entries]


def _values(entries: Sequence[Mapping[str, Any]], name: str, *, label: bool = True) -> str:
    """The values of a property (its local name; of all where that is ''), with its label unless it goes without."""
    fits = [entry for entry in entries if not name or entry["property"]["curie"].partition(":")[2] == name]
    texts = ", ".join(entry["value"]["text"] for entry in fits)
    return f"{fits[0]['property']['label']}: {texts}" if fits and label and name not in _BARE else texts


def _events(
    view: GraphView, mentions: Sequence[Mapping[str, Any]], language: str
) -> Iterator[tuple[tuple[bool, str], str, str]]:
    """What happened to a thing: what sorts it, what it was, and when, where and how."""
    for mention in mentions:
        event = mention["thing"]["iri"]
        types = list(view.types(event))
        if mention["property"]["curie"] not in _HAPPENS or view.objects(event, iri("coop:realizedBy")):
            continue
        kind, mode = types[0], view.value(event, "coop:voteMode")
        told = [_values(mention["parts"], name) for name in _OF_EVENTS]
        wanted = [name for key in (kind, mode) for name in _WANTED.get(curie(key), ())]
        missing = [view.label(iri(f"coop:{name}"), language) for name in wanted if not _values(mention["parts"], name)]
        when = view.value(event, "coop:edtf")
        missing = [*([] if when else [view.label(iri("coop:date"), language)]), *missing]
        text = "; ".join(filter(None, [when, *told, *(f"{name}: {word('not-known', language)}" for name in missing)]))
        named = [value.value for value in view.objects(event, iri("coop:kind"))] or [kind]
        general = named[0] in (iri("coop:ActualEvent"), iri("coop:Occasion"))
        yield (not when, when), mention["thing"]["label"] if general else view.label(named[0], language), text


def _signatures(facts: Sequence[Mapping[str, Any]], language: str) -> str:
    """Who signed, in which capacity; of many, for whom."""
    found, signed = [], [fact for fact in facts if fact["property"]["curie"] == "coop:hasSignature"]
    for fact in signed:
        who, post, side = (_values(fact["parts"], name) for name in ("signer", "capacity", "onBehalfOf"))
        remark = side if len(signed) > 3 else post or side
        found.append(f"{who} ({remark})" if who and remark else who or side)
    return ", ".join(filter(None, found))


def _status(
    thing: Thing, facts: Sequence[Mapping[str, Any]], mentions: Sequence[Mapping[str, Any]], language: str
) -> str:
    """How a document stands today, as far as is known; '' for other things."""
    kinds = {curie(kind) for kind in thing.types}
    newer = [mention["thing"]["label"] for mention in mentions if mention["property"]["curie"] == "coop:updates"]
    if newer:
        return word("updated-by", language, ", ".join(newer))
    if "coop:AdoptedAct" in kinds and thing.values("coop:updates"):
        return word("latest", language)
    if "coop:AgreedInstrument" in kinds:
        begun = ", ".join(value.value for value in thing.values("coop:enteredIntoForceOn"))
        return word("in-force", language, begun) if begun else word("no-force", language)
    if "coop:Draft" in kinds:
        became = _values(facts, "becomes", label=False)
        return word("became", language, became) if became else word("pending", language)
    return ""


def _dispute(view: GraphView, dispute: Mapping[str, Any], language: str) -> str:
    """The values of a conflict with their publishers, and what was decided, in one line."""
    sides: dict[tuple[bool, str], set[str]] = {}
    for side in dispute["claims"]:
        for value in view.objects(iri(side["curie"]), iri("coop:value")):
            text = view.label(value.value, language) if isinstance(value, NamedNode) else value.value
            publisher = side["source"]["publisher"] if side["source"] else ""
            sides.setdefault((not side["accepted"], text), set()).add(publisher)
    state = word("open" if dispute["open"] else "decided", language)
    heads = {(True, False): "✗", (True, True): "?", (False, False): "✓"}
    told = [
        f"{heads[wrong, dispute['open']]} {text} ({', '.join(sorted(publishers))})"
        for (wrong, text), publishers in sorted(sides.items())
    ]
    return "; ".join([*(told or [dispute["label"]]), state])


def _facts(thing: Thing, language: str, cited: set[str]) -> list[dict[str, Any]]:
    """The facts about a thing, without the parts of what they name; ``cited`` takes their claims."""
    found = thing.facts(language, parts=False)
    # A derived statement that an asserted one already makes in other words would only be noise.
    asserted = {fact.value.value for fact in found if not fact.derived}
    kept = [fact for fact in found if not (fact.derived and fact.value.value in asserted)]
    # Of a text in several languages only the one asked for is told, where there is one.
    spoken = {fact.property for fact in kept if isinstance(fact.value, Literal) and fact.value.language == language}
    facts: list[dict[str, Any]] = []
    for fact in kept:
        value = {"text": fact.text}
        if isinstance(fact.value, NamedNode):
            value |= {"iri": fact.value.value, "curie": curie(fact.value.value)}
        elif fact.value.language not in (None, language) and fact.property in spoken:
            continue
        cited.update(fact.claims)
        facts.append({
            "property": thing.view.reference(fact.property, language), "value": value, "derived": fact.derived,
            "claims": [curie(claim) for claim in fact.claims], "parts": [],
        })  # fmt: skip
    return facts


def _parts(thing: Thing, node: str, language: str, cited: set[str]) -> list[dict[str, Any]]:
    """What is said of a node that has no name but a derived one, other than the way back to the thing."""
    named = [derived for key, _, derived in thing.view.statements(node) if key == _NAME] if node else []
    facts = _facts(Thing(thing.view, node), language, cited) if named and all(named) else []
    return [fact for fact in facts if fact["value"].get("iri") != thing.iri]


# --- as rows --------------------------------------------------------------------------------------------------------

FOUND = ("thing", "curie", "class", "name", "as")
"""What `found_rows` tells of each thing."""


def found_rows(view: GraphView, matches: Iterable[Match]) -> list[tuple[object, ...]]:
    """The things that words led to (`GraphView.find`): class, the name that matched, and what this name is."""
    rows = list[tuple[object, ...]]()
    for match in matches:
        thing, kind = view.reference(match.iri), next(view.types(match.iri), None)
        rows.append((thing, thing["curie"], kind and view.reference(kind), match.text, match.role))
    return rows


# --- as text --------------------------------------------------------------------------------------------------------


def thing_text(document: Mapping[str, Any], language: str, width: int, *, full: bool = False) -> Iterator[str]:
    """A thing of the shape ``csto-graph/thing/1`` for a terminal of so many columns: the briefing, or all of it."""
    kinds = ", ".join(kind["label"] for kind in document["classes"][:1])
    head = [filled(document["label"], width), filled(" · ".join(filter(None, (kinds, document["curie"]))), width)]
    told, lines = list(document["briefing"]), 4
    while lines > 1 and sum(text.count("\n") for text in (*head, *(_entry(one, width, lines) for one in told))) > _HEAD:
        if extra := [one for one in told if one["extra"]]:
            told.remove(extra[-1])
        else:
            lines -= 1
    yield from (*head, *(_entry(one, width, lines) for one in told))
    if not full:
        return
    yield "\n"
    for kind, names in document["names"].items():
        if names:
            yield filled("; ".join(names), width, f"  {word(kind, language)}: ")
    numbers = {claim["curie"]: number for number, claim in enumerate(document["claims"][:MOST], 1)}
    events = [mention for mention in document["mentions"] if mention["property"]["curie"] in _HAPPENS]
    others = [mention for mention in document["mentions"] if mention not in events]
    yield from _mentions_text("events", events, numbers, language, width)
    if facts := [fact for fact in document["facts"] if not fact["derived"]]:
        yield f"\n{word('facts', language)}\n"
        yield from _facts_text(facts, numbers, width, indent=2)
    yield from _mentions_text("mentions", others, numbers, language, width)
    if facts := [fact for fact in document["facts"] if fact["derived"]]:
        yield f"\n{word('follows', language)}\n"
        yield from _facts_text(facts, numbers, width, indent=2)
    yield from evidence_text({**document, "claims": []}, language, width)
    yield from evidence_text({**document, "conflicts": []}, language, width)
    yield f"\n{word('cite', language)}\n"
    yield filled(document["cite"], width, "  ")


def _entry(entry: Mapping[str, Any], width: int, lines: int) -> str:
    """An entry of a briefing: an address is not broken, words take so many lines at most, or two where others can."""
    head, text = f"  {entry['label']}: ", entry["text"]
    lines = min(lines, 2) if entry["extra"] else lines
    short = textwrap.shorten(text, max(lines * width - len(head) - 12 * lines, 20), placeholder=" …")
    return f"{head}{text}\n" if "://" in text else filled(short, width, head, "    ")


def _mentions_text(
    title: str, mentions: Sequence[Mapping[str, Any]], numbers: Mapping[str, int], language: str, width: int
) -> Iterator[str]:
    """What points to a thing, by property."""
    yield f"\n{word(title, language)}\n" if mentions else ""
    for label, same in _by_property(mentions).items():
        for mention in same[:_MOST]:
            thing = mention["thing"]
            yield filled(f"{thing['label']} ({thing['curie']}: {label})", width, "  ", "    ")
            yield from _facts_text(mention["parts"], numbers, width, indent=6)
        if len(same) > _MOST:
            yield f"  … {word('and-more', language, len(same) - _MOST)}: {visible(label)}\n"


def _facts_text(
    facts: Sequence[Mapping[str, Any]], numbers: Mapping[str, int], width: int, *, indent: int
) -> Iterator[str]:
    """Facts by property, each property once, with the numbers of their claims."""
    groups = _by_property(facts)
    room = min(max(map(len, groups), default=0), 24)
    for label, members in groups.items():
        head = " " * indent + visible(label).ljust(room) + "  "
        texts = []
        for fact in members:
            marks = sorted(numbers[claim] for claim in fact["claims"] if claim in numbers)
            texts.append(fact["value"]["text"] + (f" [{', '.join(map(str, marks))}]" if marks else ""))
        if any(fact["parts"] for fact in members):
            for fact, text in zip(members, texts, strict=True):
                yield filled(text, width, head)
                yield from _facts_text(fact["parts"], numbers, width, indent=indent + 4)
        else:
            yield filled("; ".join(texts), width, head, " " * (indent + room + 2))


def _by_property(entries: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Entries by the label of their property, in the order of the first of each."""
    labels = dict.fromkeys(entry["property"]["label"] for entry in entries)
    return {label: [entry for entry in entries if entry["property"]["label"] == label] for label in labels}
