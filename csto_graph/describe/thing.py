"""One thing with the claims that speak of it and the conflicts between these, as Python values and as JSON.

``csto-graph/thing/1``
    ``iri curie label``; ``classes`` (things, the most specific first); ``names`` (``alternative official misnomer``:
    lists of texts); ``briefing``: what a note begins with, ``label text`` and ``extra``, true of what may be left out;
    ``facts``: ``property``, ``value`` (``text`` and, for a thing, ``iri curie``), ``derived``,
    ``claims`` (CURIEs), ``parts`` (facts of a node that only joins others); ``mentions``: what points here,
    ``property``, ``thing``, ``parts``; ``claims``: ``curie statement number sentence opinion reading source``
    (``curie label address publisher date``), ``passage`` (its position, or its words where the text is known),
    ``corroboration``; ``conflicts``; ``cite``.

``csto-graph/conflict/1`` inside ``conflicts``
    ``curie label kind open rationale``; ``claims`` as above, each with ``accepted``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache
from html import escape
from typing import Any, NamedTuple, TypeAlias

from pyoxigraph import Literal, NamedNode, Triple

from .._version import __version__
from ..check import sources
from ..loading.view import GraphView, Support
from ..names import curie, iri, natural, packaged, word
from ..rdf.terms import grouped
from ..store.engine import Match, Term, graph_name
from .schema import in_words, own_iris

Document: TypeAlias = Mapping[str, Any]
Documents: TypeAlias = Sequence[Document]

# --- which claims speak of what -------------------------------------------------------------------------------------


class ClaimEntry(NamedTuple):
    """A claim about a thing: its IRI, property and value where it states one, and the conflicts that join it."""

    claim: str
    property: str
    value: Term | None
    conflicts: tuple[str, ...]


class ClaimIndex:
    """The claims behind things and statements. Each thing is asked for once.

    All that tells of a thing asks here which claims and conflicts are its own.

    Attributes:
        about: Gives the claims about a thing (an IRI), but for opinions unless these are wanted (``opinions=True``).
    """

    def __init__(self, view: GraphView) -> None:
        self._view = view
        self.about = cache(self._about)

    def _about(self, thing: str, *, opinions: bool = False) -> list[ClaimEntry]:
        """The claims about a thing, but for opinions unless these are wanted, in a fixed order."""
        return [
            ClaimEntry(claim, name, value, tuple(self._view.subjects("coop:joins", claim)))
            for claim in (self._view.subjects if opinions else self._claims)("coop:about", thing)
            for name in self._view.things(claim, "coop:property") or [""]
            for value in self._view.objects(claim, "coop:value") or (None,)
        ]

    def claims(self, thing: str) -> list[str]:
        """The claims about a thing alone, but for opinions."""
        return [entry.claim for entry in self.about(thing)]

    def belonging(self, thing: str) -> list[str]:
        """What belongs to a thing, directly or not: see ``coop:belongsTo`` in the ontology."""
        return [part for part in self._view.subjects("coop:belongsTo", thing) if part != thing]

    def conflicts(self, thing: str, *, named: bool = True) -> list[str]:
        """A conflict itself; those of a claim, a passage, a source; those about a thing or what belongs to it, or, if
        wanted, those that have it as a value."""
        text = f"""SELECT DISTINCT ?conflict WHERE {{
          {{ ?claim coop:about{"|coop:value" if named else ""}|coop:source|coop:passage $thing }}
          UNION {{ ?claim coop:about/coop:belongsTo $thing }}
          UNION {{ BIND($thing AS ?claim) }} UNION {{ BIND($thing AS ?conflict) }}
          ?conflict coop:joins ?claim
        }}"""
        return sorted(own_iris(self._view.engine(), text, thing=NamedNode(thing)), key=natural)

    def own(self, thing: str) -> list[str]:
        """The claims that a claim, a conflict or a passage is a record of."""
        itself = [thing] if self._view.objects(thing, "coop:statement") else []
        return self._view.things(thing, "coop:joins") or itself or self._view.subjects("coop:passage", thing)

    def known(self, thing: str) -> list[str]:
        """The claims through which a thing is known: about it; of its record; of this source or verdict; naming it."""
        about, having = self.claims(thing) or self.own(thing), self._view.subjects
        of_record = about or having("coop:source", thing) or having("coop:corroboration", thing)
        return of_record or self._claims("coop:value", thing)

    def stating(self, statement: Triple) -> list[ClaimEntry]:
        """The claims that state just this, but for opinions."""
        about = self.about(statement.subject.value) if isinstance(statement.subject, NamedNode) else []
        return [entry for entry in about if entry[1:3] == (statement.predicate.value, statement.object)]

    def evidence(self, statement: Triple, graph: str) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
        """What an asserted statement of a named graph (its short name) rests on.

        The claims that state exactly this; else those that speak of its subject without naming a value; else all
        that speak of the subject; else those that name the subject as a value.

        Returns:
            IRIs of the claims; what these speak of: exactly this ``statement``, the ``thing`` as a whole, something of
            which it is the value (``mention``), or they are the thing's own ``record``, '' where there are none; IRIs
            of the conflicts about it.
        """
        subject = statement.subject
        if not isinstance(subject, NamedNode):
            return (), "", ()
        if graph == "claims":
            return tuple(self.own(subject.value)), "record", ()
        about, exact = self.about(subject.value), self.stating(statement)
        here = [entry for entry in about if entry.property == statement.predicate.value]
        whole = [entry for entry in about if not entry.property]
        conflicts = {name for entry in (*here, *whole) for name in entry.conflicts}
        claims = [entry.claim for entry in exact or whole or about] or self._claims("coop:value", subject.value)
        speaks = "statement" if exact else "thing" if about else "mention" if claims else ""
        return tuple(dict.fromkeys(claims)), speaks, tuple(sorted(conflicts, key=natural))

    def _claims(self, name: str, value: str) -> list[str]:
        """The claims with this value, but for opinions."""
        opinion, view = iri("kind:opinion"), self._view
        return [claim for claim in view.subjects(name, value) if opinion not in view.things(claim, "coop:kind")]


# --- a thing ----------------------------------------------------------------------------------------------------------

_TOLD = tomllib.loads(packaged("describe/properties.toml"))

#: Properties (IRIs) that are told in places of their own, not as facts.
ASIDE = frozenset(map(iri, _TOLD["aside"]))

#: Properties (CURIEs) by which an event points to the thing that it happened to.
HAPPENS = frozenset(_TOLD["happens"])


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
    value: Term
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
        return sorted(self.view.objects(self.iri, name), key=lambda term: natural(str(term)))

    @property
    def parts(self) -> list[Thing]:
        """What belongs to it, directly or not: its events, signatures, coverage, provisions, drafts."""
        return [Thing(self.view, name) for name in self._index.belonging(self.iri)]

    def facts(self, language: str | None = None, *, parts: bool = True) -> list[Fact]:
        """What is said of it, and of its parts, by property; names, types and support have methods of their own.

        Of a text in several languages only the one asked for is told, where there is one; what is derived is left out
        where what is asserted says it in other words.
        """
        about, wanted = self._index.about(self.iri, opinions=True), language or self.view.language
        told, facts = list(self.view.statements(self.iri)), list[Fact]()
        asserted = {value.value for _, value, derived in told if not derived}
        spoken = {name for name, value, _ in told if isinstance(value, Literal) and value.language == wanted}
        for name, value, derived in told:
            foreign = isinstance(value, Literal) and value.language not in (None, wanted) and name in spoken
            if name not in ASIDE and not foreign and not (derived and value.value in asserted):
                claims = tuple(entry.claim for entry in about if entry[1:3] == (name, value))
                facts.append(Fact(name, value, in_words(self.view, value, wanted), derived, claims, self.iri))
        facts.sort(key=lambda fact: (fact.derived, natural(curie(fact.property)), natural(fact.text)))
        return [*facts, *(fact for part in self.parts if parts for fact in part.facts(language, parts=False))]

    def supports(self, language: str | None = None, *, parts: bool = True) -> list[Support]:
        """The claims about it, and about its parts, those of the pinned source first; opinions are marked."""
        things = [self.iri, *(self._index.belonging(self.iri) if parts else ())]
        claims = dict.fromkeys(entry.claim for thing in things for entry in self._index.about(thing, opinions=True))
        return sorted((self.view.support(claim, language) for claim in claims), key=lambda found: not found.passages)

    @property
    def sources(self) -> list[Thing]:
        """The sources that speak of it or of its parts, each once."""
        names = {support.source for support in self.supports() if support.source}
        return [Thing(self.view, name) for name in sorted(names, key=natural)]

    @property
    def conflicts(self) -> list[Thing]:
        """The conflicts about it or its parts; those of a claim, a passage, a source; and a conflict itself."""
        return [Thing(self.view, name) for name in self._index.conflicts(self.iri)]

    def incoming(self) -> Iterator[tuple[str, Thing]]:
        """Property and thing for each asserted statement of the domain that points here; claims are left out."""
        found = self.view.engine().match(None, None, NamedNode(self.iri), graph_name("data"))
        named = {(quad.predicate.value, quad.subject.value) for quad in found if isinstance(quad.subject, NamedNode)}
        ordered = sorted(named, key=lambda pair: (curie(pair[0]), natural(curie(pair[1]))))
        return ((name, Thing(self.view, thing)) for name, thing in ordered if name not in ASIDE)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing) and other.iri == self.iri

    def __hash__(self) -> int:
        return hash(self.iri)

    def __str__(self) -> str:
        return self.label()

    def __repr__(self) -> str:
        return f"<Thing {self.curie}: {self.label()}>"

    def _repr_html_(self) -> str:
        said = ((self.view.label(fact.property), fact.text) for fact in self.facts(parts=False))
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in said)
        return f"<table><caption>{escape(self.label())}</caption>{rows}</table>"


# --- claims and conflicts as JSON -------------------------------------------------------------------------------------


def claim_documents(view: GraphView, wanted: Iterable[str], language: str) -> list[dict[str, Any]]:
    """Claims (IRIs) in words, with source and passage; those of a pinned source first."""
    supports = [view.support(claim, language) for claim in wanted]
    supports.sort(key=lambda support: (not support.passages, natural(support.claim)))
    passages = [passage for support in supports for passage in support.passages]
    quotes = sources.quote(view, passages, language) if passages else {}
    places = {page: {
        "curie": curie(page), "label": view.label(page, language), "address": view.value(page, "coop:address"),
        "publisher": ", ".join(view.label(name, language) for name in view.things(page, "dcterms:publisher")),
        "date": ", ".join(sorted(value.value for value in view.objects(page, "coop:edtf"))),
    } for page in {found.source for found in supports} - {""}}  # fmt: skip
    return [{
        "curie": curie(found.claim), "statement": found.statement, "number": view.value(found.claim, "coop:number"),
        "sentence": view.value(found.claim, "coop:sentence"), "opinion": found.opinion,
        "reading": view.text(found.claim, "coop:reading", language), "source": places.get(found.source),
        "passage": "; ".join(filter(None, map(quotes.get, found.passages))),
        "corroboration": _verdict(view, found, language),
    } for found in supports]  # fmt: skip


def _verdict(view: GraphView, support: Support, language: str) -> str:
    """How a claim stands beside those of others; what no decision goes against is in dispute, not contradicted."""
    decisions = [view.things(one, "coop:accepts") for one in view.subjects("coop:joins", support.claim)]
    against = any(accepted and support.claim not in accepted for accepted in decisions)
    if support.corroboration == iri("corroboration:contradicted") and not against:
        return word("in-dispute", language)
    return view.label(support.corroboration, language) if support.corroboration else ""


def conflict_documents(view: GraphView, nodes: Sequence[str], language: str) -> list[dict[str, Any]]:
    """Conflicts (IRIs) with both sides, what was decided and why, each in the shape ``csto-graph/conflict/1``."""
    documents = []
    for node in nodes:
        accepted, kind = view.things(node, "coop:accepts"), view.value(node, "coop:kind")
        # A claim that states the accepted value is as right as the one that was named.
        right = {value for claim in accepted for value in view.objects(claim, "coop:value")}
        sides = claim_documents(view, view.things(node, "coop:joins"), language)
        for side in sides:
            values = view.objects(iri(side["curie"]), "coop:value")
            side["accepted"] = iri(side["curie"]) in accepted or not right.isdisjoint(values)
        documents.append({
            "format": "csto-graph/conflict/1", "curie": curie(node), "label": view.label(node, language),
            "kind": kind and view.label(kind, language), "open": not accepted,
            "rationale": view.text(node, "coop:rationale", language), "claims": sides,
        })  # fmt: skip
    return documents


def references(view: GraphView, thing: str) -> list[dict[str, str]]:
    """The claims about a thing in short: claim, number, sentence and source; opinions are left out."""
    told = {"number": "coop:number", "sentence": "coop:sentence", "source": "coop:source"}
    claims = dict.fromkeys(ClaimIndex(view).claims(thing))
    found = [{"claim": curie(one), **{key: curie(view.value(one, told[key])) for key in told}} for one in claims]
    return sorted(found, key=lambda entry: (not entry["number"], natural(entry["claim"])))


def addressed(term: object) -> dict[str, str]:
    """``iri`` and ``curie`` of a term that has them."""
    return {"iri": term.value, "curie": curie(term.value)} if isinstance(term, NamedNode) else {}


# --- a thing as JSON --------------------------------------------------------------------------------------------------


def thing_document(view: GraphView, name: str, language: str) -> dict[str, Any]:
    """All that the graph knows of a thing (an IRI), in the shape ``csto-graph/thing/1``; see the module."""
    thing, index = Thing(view, name), ClaimIndex(view)
    # A claim itself, those that a source states, and those that a conflict joins are told beside those about a thing.
    cited = {*index.own(name), *view.subjects("coop:source", name)}
    cited.update(support.claim for support in thing.supports(parts=False))
    facts = _facts(view, name, language, cited)
    mentions = [{
        "property": view.reference(key, language), "thing": view.reference(found.iri, language),
        "parts": _facts(view, found.iri, language, cited, of=name),
    } for key, found in thing.incoming()]  # fmt: skip
    claims = claim_documents(view, cited, language)
    conflicts = conflict_documents(view, index.conflicts(name), language)
    told = {"facts": facts, "mentions": mentions, "claims": claims, "conflicts": conflicts}
    known = {claim["source"]["curie"] for claim in claims if claim["source"]}
    counted = f" {word('citation', language, len(claims), len(known))}" if claims else ""
    kinds_of_names = {"alternative": "skos:altLabel", "official": "coop:officialTitle", "misnomer": "skos:hiddenLabel"}
    return {
        "format": "csto-graph/thing/1",
        **view.reference(name, language),
        "classes": [view.reference(kind, language) for kind in thing.types],
        "names": {kind: thing.names(key) for kind, key in kinds_of_names.items()},
        "briefing": [{"label": label, "text": text, "extra": extra}
                     for label, text, extra in _briefing(thing, told, language) if text],
        **told,
        "cite": f"{thing.label(language).rstrip('.')}. <{name}>. csto-graph {__version__}.{counted}",
    }  # fmt: skip


def _facts(view: GraphView, name: str, language: str, cited: set[str], of: str = "") -> list[dict[str, Any]]:
    """The facts about a thing, with those about what only joins others; ``cited`` takes their claims.

    Of what belongs to another (``of``) only a node without a name, or with a derived one, has facts that are told with
    it; the way back is none of them.
    """
    named = [derived for key, _, derived in view.statements(name) if key == iri("skos:prefLabel")]
    if of and not (named and all(named)):
        return []
    told = Thing(view, name).facts(language, parts=False)
    cited.update(claim for fact in told for claim in fact.claims)
    return [{
        "property": view.reference(fact.property, language), "value": {"text": fact.text, **addressed(fact.value)},
        "derived": fact.derived, "claims": list(map(curie, fact.claims)),
        "parts": _facts(view, fact.value.value, language, cited, name)
        if isinstance(fact.value, NamedNode) and not (of or fact.derived) else [],
    } for fact in told if not of or fact.value != NamedNode(of)]  # fmt: skip


# --- what a note begins with ----------------------------------------------------------------------------------------


def _briefing(thing: Thing, told: Document, language: str) -> Iterator[tuple[str, str, bool]]:
    """What a note begins with: label, text ('' where there is none) and whether it may be left out.

    Events, who signed, sides, areas, status; then whatever else is said of the thing; disputes, the best sources.
    """
    facts, mentions, claims = told["facts"], told["mentions"], told["claims"]
    view, unknown, kinds = thing.view, word("not-known", language), {curie(kind) for kind in thing.types}
    names = ("party", "area", "issuedBy", "date", "plannedEnd", "source")
    labels = {name: view.label(iri(f"coop:{name}"), language) for name in names}
    happened = dict.fromkeys((kind, text) for _, kind, text in sorted(_events(view, mentions, language)))
    for at, (kind, text) in enumerate([*happened][:4]):  # of more the first
        yield kind, text, at > 0
    if "coop:AgreedInstrument" in kinds:
        yield word("signed-by", language), _signatures(facts, language) or unknown, False
    within = [*facts, *(part for fact in facts for part in fact["parts"])]
    said = {name: _values(within, name, label=False) for name in names[:3]}
    yield labels["party"], said["party"], False
    yield labels["area"], said["area"] or unknown * ("coop:Instrument" in kinds), False
    yield word("status", language), _status(kinds, facts, mentions, language), False
    yield labels["issuedBy"], said["issuedBy"], True
    if "org:Membership" in kinds:
        yield labels["date"], _values(facts, "edtf", label=False), False
        yield labels["plannedEnd"], _values(facts, "plannedEnd", label=False), False
    yield labels["date"], unknown * ("coop:ActualEvent" in kinds and not thing.values("coop:edtf")), False
    for mention in mentions:
        if mention["property"]["curie"] == "org:member" and (role := _values(mention["parts"], "role", label=False)):
            held = (_values(mention["parts"], name, label=False) for name in _TOLD["roles"])
            yield role, ", ".join(filter(None, held)), True
    plain = [fact for fact in facts if not (fact["derived"] or fact["parts"])]
    for label, same in by_property(plain).items():
        yield label, "" if label in map(labels.get, said) else _values(same, ""), True
    yield word("alternative", language), "; ".join(thing.names()), True
    for conflict in told["conflicts"][:2]:
        yield word("disputed", language), _dispute(view, conflict, language), False
    cited = grouped((claim["source"]["curie"], claim["source"]) for claim in claims if claim["source"])

    def rank(source: str) -> tuple[bool, int]:
        """Who speaks for an organization or a state before others, and who is cited more before who is less."""
        relays, publishers = (view.objects(iri(source), iri(name)) for name in ("coop:relays", "dcterms:publisher"))
        speaks = any(view.objects(one.value, "coop:speaksFor") for one in publishers)
        return bool(relays) or not speaks, -len(cited[source])

    for at, name in enumerate(sorted(cited, key=rank)[:3], 1):
        text = " · ".join(filter(None, (cited[name][0][key] for key in ("publisher", "date", "address"))))
        more = f" ({word('and-more', language, len(cited) - 3)})" if at == 3 < len(cited) else ""
        yield labels["source"], text + more, False


def _values(entries: Documents, name: str, *, label: bool = True) -> str:
    """The values of a property (its local name; of all where that is ''), with its label unless it goes without."""
    fits = [entry for entry in entries if not name or entry["property"]["curie"].partition(":")[2] == name]
    texts = ", ".join(entry["value"]["text"] for entry in fits)
    alone = not (fits and label and name) or name in _TOLD["bare"]
    return texts if alone else f"{fits[0]['property']['label']}: {texts}"


def by_property(entries: Documents) -> dict[str, list[Document]]:
    """Facts or mentions of a document by the label of their property, in the order of the first of each."""
    return grouped((entry["property"]["label"], entry) for entry in entries)


def _events(view: GraphView, mentions: Documents, language: str) -> Iterator[tuple[tuple[bool, str], str, str]]:
    """What happened to a thing: what sorts it, what it was, and when, where and how."""
    for mention in mentions:
        event, parts = mention["thing"]["iri"], mention["parts"]
        if mention["property"]["curie"] not in HAPPENS or view.objects(event, "coop:realizedBy"):
            continue
        kind, when = next(view.types(event), ""), view.value(event, "coop:edtf")
        told = [when, *(_values(parts, name) for name in _TOLD["events"])]
        keys = (curie(kind), curie(view.value(event, "coop:voteMode")))
        wanted = [name for key in keys for name in _TOLD["wanted"].get(key, ()) if not _values(parts, name)]
        missing = [view.label(iri(f"coop:{name}"), language) for name in (*(() if when else ("date",)), *wanted)]
        text = "; ".join(filter(None, [*told, *(f"{name}: {word('not-known', language)}" for name in missing)]))
        named = [value.value for value in view.objects(event, "coop:kind")] or [kind]
        general = named[0] in (iri("coop:ActualEvent"), iri("coop:Occasion"))
        yield (not when, when), mention["thing"]["label"] if general else view.label(named[0], language), text


def _signatures(facts: Documents, language: str) -> str:
    """Who signed, in which capacity; of many, for whom."""
    found, signed = [], [fact for fact in facts if fact["property"]["curie"] == "coop:hasSignature"]
    for fact in signed:
        who, post, side = (_values(fact["parts"], name) for name in ("signer", "capacity", "onBehalfOf"))
        remark = side if len(signed) > 3 else post or side
        found.append(f"{who} ({remark})" if who and remark else who or side)
    return ", ".join(filter(None, found))


def _status(kinds: Set[str], facts: Documents, mentions: Documents, language: str) -> str:
    """How a document stands today, as far as is known; '' for other things."""
    if newer := [one["thing"]["label"] for one in mentions if one["property"]["curie"] == "coop:updates"]:
        return word("updated-by", language, ", ".join(newer))
    for kind, (name, then, otherwise) in _TOLD["states"].items():
        value = _values(facts, name, label=False)
        if kind in kinds and (key := then if value else otherwise):
            return word(key, language, value)
    return ""


def _dispute(view: GraphView, dispute: Document, language: str) -> str:
    """The values of a conflict with their publishers, and what was decided, in one line."""
    sides = grouped(
        ((not side["accepted"], in_words(view, value, language)), side["source"]["publisher"] if side["source"] else "")
        for side in dispute["claims"] for value in view.objects(iri(side["curie"]), "coop:value")
    )  # fmt: skip
    right, not_right = ("?", "?") if dispute["open"] else ("✓", "✗")
    told = [f"{not_right if wrong else right} {text} ({', '.join(sorted({*publishers}))})"
            for (wrong, text), publishers in sorted(sides.items())]  # fmt: skip
    return "; ".join([*(told or [dispute["label"]]), word("open" if dispute["open"] else "decided", language)])


# --- what words led to ------------------------------------------------------------------------------------------------

#: What `found_rows` tells of each thing.
FOUND = ("thing", "curie", "class", "name", "as")


def found_rows(view: GraphView, matches: Iterable[Match]) -> Iterator[tuple[object, ...]]:
    """The things that words led to (`GraphView.find`): class, the name that matched, and what this name is."""
    for match in matches:
        thing, kind = view.reference(match.iri), next(view.types(match.iri), None)
        yield thing, thing["curie"], kind and view.reference(kind), match.text, match.role
