"""The next thing of a kind, as Turtle to be filled in and kept.

Nothing is known here of particular organizations: what a new thing looks like is learned from the latest one of its
line (a chain of ``coop:updates``) or class. The nodes that hang on this pattern, its coverage and its adoption or
signing, its claims and their source give the names, the classes and the files of the new ones.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pyoxigraph import Literal, NamedNode, Triple

from .. import dates, errors
from ..loading.inputs import locator
from ..names import PREFIXES, curie, iri, natural

if TYPE_CHECKING:
    from ..loading.view import GraphView

_LANGUAGES = ("en", "ru")
_ADDRESS = re.compile(r"""https?://(?:www\.)?([^/?#<>"{}|\\^`\s]+)[^<>"{}|\\^`\s]*""")
_SYMBOL = re.compile(r"[^\s/]+(?:/[^\s/]+)+")
_CONCLUDING = ("coop:Adoption", "coop:Signing", "coop:Approval", "coop:Submission")
_VOTES = ("coop:votesFor", "coop:votesAgainst", "coop:abstentions")


@dataclass(frozen=True, kw_only=True)
class TemplateOptions:
    """What is known of the new thing; None and () are left to the pattern, or missing.

    Attributes:
        kind: Name of a class in lower case with hyphens, such as ``joint-declaration``.
        name: Symbol, name of the other side, or label.
        date: Day, month or year of the adoption or signing.
        area: Names of areas.
        party: Names of sides.
        place: Name of a place.
        mode: Name of a manner of adoption.
        votes: Votes for, against and abstentions, with hyphens between.
        session: Session of the adopting body.
        meeting: Meeting of the session.
        like: Name of the thing to take as a pattern.
        label: Label in English.
        label_ru: Label in Russian.
        source_url: Address of the page that states it.
        publisher: Name of its publisher.
        statement: What the page states, in English.
        statement_ru: The same in Russian.
    """

    kind: str
    name: str
    date: str | None = None
    area: tuple[str, ...] = ()
    party: tuple[str, ...] = ()
    place: str | None = None
    mode: str | None = None
    votes: str | None = None
    session: int | None = None
    meeting: str | None = None
    like: str | None = None
    label: str | None = None
    label_ru: str | None = None
    source_url: str | None = None
    publisher: str | None = None
    statement: str | None = None
    statement_ru: str | None = None


class Draft(NamedTuple):
    """What is to be written.

    Attributes:
        triples: The statements, five blocks or so.
        remarks: For the reader: where each block goes and what is missing.
    """

    triples: list[Triple]
    remarks: list[str]


def draft(graph: GraphView, options: TemplateOptions) -> Draft:
    """The statements of the next thing of a kind.

    Raises:
        errors.UnknownName: There is no such kind, or no thing of a name that was given.
        errors.BadParameter: A date, votes or a name do not fit.
    """
    return _Drafting(graph, options).build()


def kinds(graph: GraphView) -> dict[str, str]:
    """Kinds that have a precedent: name to IRI of the class."""
    documents = set(graph.subjects(iri("rdf:type"), iri("coop:Document")))
    found = {kind.value for thing in documents for kind in _asserted(graph, thing, "rdf:type")}
    names = {kind: re.split(r"[#/]", kind)[-1] for kind in sorted(found)}
    return {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower(): kind for kind, name in names.items()}


def _asserted(graph: GraphView, thing: str, key: str) -> list[NamedNode | Literal]:
    """Values of a property (a CURIE) that were not derived."""
    found = [value for name, value, derived in graph.statements(thing) if name == iri(key) and not derived]
    return sorted(found, key=lambda value: natural(value.value))


def _local(node: str) -> str:
    return node.rsplit("/", 1)[-1]


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _parts(symbol: str) -> list[str]:
    """A symbol up to its first number, and from there: ``A/RES/`` and ``64/256``."""
    return re.split(r"(?=\d)", symbol, maxsplit=1) if re.search(r"\d", symbol) else [symbol, ""]


class _Drafting:
    """One draft in the making."""

    def __init__(self, graph: GraphView, options: TemplateOptions) -> None:
        known = kinds(graph)
        if options.kind not in known:
            near = get_close_matches(options.kind, known, n=3)
            raise errors.UnknownName("kind", options.kind, suggestions=near, hint=f"Kinds are {', '.join(known)}.")
        self._graph, self._options, self._class = graph, options, known[options.kind]
        self._symbol = options.name if _SYMBOL.fullmatch(options.name) else ""
        self._line = self._chosen_line()
        self._pattern = self._line[0]
        symbols = [self._symbol_of(member) for member in self._line if self._symbol_of(member)]
        if symbols and not self._symbol:
            raise errors.BadParameter("name", options.name, f"a symbol such as {symbols[0]}")
        end = self._day_after()
        if end and options.like is None and len(self._line) > 1 and end <= self._concluded(self._pattern):
            expected = f"later than that of {self._label_of(self._pattern, 'en')}, the latest of its line"
            raise errors.BadParameter("date", str(options.date), expected, hint="Or name the act with --like.")
        self._slug = _slug(options.name)
        if not self._slug:
            raise errors.BadParameter("name", options.name, "a name with Latin letters or digits")
        head = _local(self._pattern).split("-")[0]
        if not self._symbol and not self._slug.startswith(head):
            self._slug = f"{head}-{self._slug}"
        self._thing = self._beside(self._pattern)
        if graph.lookup.exists(self._thing):
            hint = f"{curie(self._thing)} is there already."
            raise errors.BadParameter("name", options.name, "a new name", hint=hint)
        self._locate = locator([*graph.files, *graph.bundle.files])
        self._triples: list[Triple] = []
        self._missing: list[str] = []
        self._places: list[str] = []

    def _day_after(self) -> str:
        """The instant at which the date that was given is over; '' if none was."""
        text = self._options.date
        try:
            end = dates.parse(text).end if text is not None else None
        except ValueError as error:
            raise errors.BadParameter("date", str(text), "a day, month or year such as 2026-11-18") from error
        return dates.moment(end) if end else ""

    # -- the pattern

    def _chosen_line(self) -> list[str]:
        """The thing to take as the pattern, and what it updates, directly or not, the latest first."""
        graph = self._graph

        def line(thing: str) -> list[str]:
            found = [thing]
            while (earlier := graph.value(found[-1], "coop:updates")) and earlier not in found:
                found.append(earlier)
            return found

        if self._options.like is not None:
            return line(graph.lookup.resolve(self._options.like, parameter="like"))
        things = graph.subjects(iri("rdf:type"), self._class)
        lines = [line(thing) for thing in things if not graph.subjects(iri("coop:updates"), thing)]
        start = _parts(self._symbol)[0]
        symbols = {thing: self._symbol_of(thing) for one in lines for thing in one}
        # A symbol that begins alike tells the line, and a line goes before a later thing that renews nothing.
        alike = [one for one in lines if any(symbols[it] and _parts(symbols[it])[0] == start for it in one)]
        longer = [one for one in alike if len(one) > 1 and self._symbol]
        return max(longer or alike or map(line, things), key=lambda one: (self._concluded(one[0]), natural(one[0])))

    def _symbol_of(self, thing: str) -> str:
        return self._graph.value(thing, "coop:symbol")

    def _label_of(self, thing: str, language: str) -> str:
        return min(self._names(thing, "skos:prefLabel", language), default="")

    def _event_of(self, thing: str) -> str | None:
        """The adoption or signing of a thing: the event named after it that concerns it."""
        concerning = self._graph.subjects(iri("coop:concerns"), thing)
        named = sorted((event for event in concerning if event.endswith(f"-{_local(thing)}")), key=natural)
        chosen = [event for kind in _CONCLUDING for event in named if iri(kind) in self._graph.types(event)]
        return next(iter([*chosen, *named]), None)

    def _concluded(self, thing: str) -> str:
        """When a thing was concluded, as an instant; '' where that is not known."""
        event = self._event_of(thing)
        return self._graph.value(event, "coop:earliest") if event else ""

    def _beside(self, node: str) -> str:
        """An IRI like that of a node named after the pattern."""
        return node.removesuffix(_local(node)) + _local(node).removesuffix(_local(self._pattern)) + self._slug

    # -- the statements

    def build(self) -> Draft:
        """The blocks, each after that of the pattern: the thing, coverage, event, source and claim."""
        self._instrument()
        coverage = self._coverage() if self._options.area or self._asserted("coop:hasCoverage") else None
        event = self._event()
        self._evidence([node for node in (coverage, event, self._thing) if node])
        return Draft(self._triples, [*self._places, *(f"missing: {word}" for word in self._missing)])

    def _asserted(self, key: str) -> list[NamedNode | Literal]:
        return _asserted(self._graph, self._pattern, key)

    def _add(self, subject: str, key: str, *values: NamedNode | Literal | str | None, wanted: str = "") -> None:
        """Add what there is; where that is nothing, say that it is missing, and which option gives it."""
        terms = [NamedNode(value) if isinstance(value, str) else value for value in values if value is not None]
        self._triples += [Triple(NamedNode(subject), NamedNode(iri(key)), term) for term in terms]
        if wanted and not terms:
            self._missing.append(f"{key} ({wanted})")

    def _goes(self, node: str, like: str | None, *, name: str = "") -> None:
        """Remember in which file a block goes: where its precedent stands, or beside that in a file of this name."""
        found = self._locate(like, None) if like else None
        path = "a file of your choice"
        if found:
            file = os.path.join(os.path.dirname(found[0]), f"{name}.ttl") if name else found[0]
            path = os.path.relpath(file, self._graph.bundle.root)
            path = file if path.startswith("..") else path
        self._places.append(f"{path}: {curie(node)}")

    def _resolved(self, text: str | None, parameter: str, of: str | None = None) -> str | None:
        """A thing by name; for a concept, a place or a publisher its slug will do."""
        if text is None:
            return None
        named = f"{PREFIXES[of.partition(':')[2].lower()]}{text}" if of else ""
        found = named and self._graph.lookup.exists(named)
        return named if found else self._graph.lookup.resolve(text, of=of, parameter=parameter)

    def _instrument(self) -> None:
        self._goes(self._thing, self._pattern)
        self._add(self._thing, "rdf:type", self._class)
        self._add(self._thing, "skos:prefLabel", *(Literal(self._labels[tag], language=tag) for tag in _LANGUAGES))
        if self._symbol:
            self._add(self._thing, "coop:symbol", Literal(self._symbol))
        elif self._symbol_of(self._pattern):
            self._missing.append("coop:symbol")
        for key in ("coop:kind", "coop:issuedBy"):
            self._add(self._thing, key, *self._asserted(key))
        if len(self._line) > 1:
            self._add(self._thing, "coop:updates", self._pattern)
        if self._asserted("coop:party"):
            self._add(self._thing, "coop:party", *self._parties)
            if len(self._parties) < 2:
                self._missing.append("coop:party (the other side, --party)")

    @cached_property
    def _parties(self) -> list[str]:
        """The sides given; else the side that most things of the class share, and the one that the name names."""
        graph = self._graph
        if self._options.party:
            return [graph.lookup.resolve(text, parameter="party") for text in self._options.party]
        others = graph.subjects(iri("rdf:type"), self._class)
        counts = Counter(side.value for other in others for side in _asserted(graph, other, "coop:party"))
        common = [max(counts, key=lambda side: (counts[side], side))] if counts else []
        named = [match.iri for match in graph.find(self._options.name, limit=1) if match.exact]
        return list(dict.fromkeys([*common, *named]))

    @cached_property
    def _labels(self) -> dict[str, str]:
        """Labels given, or made after those of the pattern."""
        options = self._options
        return {"en": options.label or self._label("en"), "ru": options.label_ru or self._label("ru")}

    def _label(self, language: str) -> str:
        """A label of the line with the new symbol, or one of the pattern with the name of the new side."""
        graph, mine = self._graph, _parts(self._symbol)[1]
        for member in self._line if self._symbol else ():
            number, label = _parts(self._symbol_of(member))[1], self._label_of(member, language)
            if number and number in label:
                # What follows the colon tells the subject again; without it the block stays short.
                label = label.replace(number, mine)
                return label.partition(":")[0] if mine in label.partition(":")[0] else label
        label, before = self._label_of(self._pattern, language), [one.value for one in self._asserted("coop:party")]
        new = next((side for side in self._parties if side not in before), None)
        for side in (side for side in before if side not in self._parties):
            for key in ("skos:prefLabel", "skos:altLabel"):
                if old := [name for tag in (language, "en") for name in self._names(side, key, tag) if name in label]:
                    called = min(self._names(new, key, language), key=len, default="") if new else self._options.name
                    return label.replace(max(old, key=len), called or graph.label(str(new), language))
        self._missing.append(f"a label in '{language}' (--label)")
        return self._options.name

    def _names(self, thing: str, key: str, language: str) -> list[str]:
        names = self._graph.objects(thing, iri(key))
        return [name.value for name in names if isinstance(name, Literal) and name.language == language]

    def _coverage(self) -> str:
        """The areas that the thing names."""
        like = next((node.value for node in self._asserted("coop:hasCoverage")), None)
        node = self._beside(like) if like else f"{PREFIXES['coverage']}{self._slug}"
        self._goes(node, like)
        self._add(self._thing, "coop:hasCoverage", node)
        self._add(node, "rdf:type", iri("coop:Coverage"))
        areas = [self._resolved(text, "area", "vocab:area") for text in self._options.area]
        self._add(node, "coop:area", *areas, wanted="--area")
        return node

    def _event(self) -> str | None:
        """The adoption or signing; what is wanted of it is what that of the pattern has."""
        graph, options, like = self._graph, self._options, self._event_of(self._pattern)
        if like is None:
            self._missing.append("an event: no precedent has one")
            return None
        node = self._beside(like)
        self._goes(node, like)
        self._add(node, "rdf:type", *_asserted(graph, like, "rdf:type"))
        self._add(node, "coop:concerns", self._thing)
        day = options.date and Literal(options.date, datatype=NamedNode(dates.datatype(options.date)))
        self._add(node, "coop:date", day, wanted="--date")
        self._add(node, "coop:place", self._resolved(options.place, "place", "coop:Place"))
        session = options.session or self._session()
        needed = "--session" if graph.objects(like, iri("coop:session")) else ""
        self._add(node, "coop:session", Literal(session) if session else None, wanted=needed)
        self._add(node, "coop:meeting", None if options.meeting is None else Literal(options.meeting))
        manner = self._resolved(options.mode, "mode", "vocab:vote")
        self._add(node, "coop:voteMode", manner, wanted="--mode" if graph.objects(like, iri("coop:voteMode")) else "")
        if options.votes is not None:
            counts = re.fullmatch(r"(\d{1,4})-(\d{1,4})-(\d{1,4})", options.votes)
            if not counts:
                raise errors.BadParameter("votes", options.votes, "votes for, against and abstentions, such as 67-8-69")
            alike = graph.subjects(iri("coop:voteMode"), manner) if manner else []
            if manner and not any(graph.objects(event, iri(_VOTES[0])) for event in alike):
                raise errors.BadParameter("votes", options.votes, f"for an act adopted '{options.mode}'")
            for key, votes in zip(_VOTES, counts.groups(), strict=True):
                self._add(node, key, Literal(int(votes)))
        return node

    def _session(self) -> int | None:
        """The first number of the symbol, where that is the session in the line before."""
        for member in self._line:
            event, first = self._event_of(member), re.search(r"\d+", self._symbol_of(member))
            if event and first and self._graph.value(event, "coop:session") == first[0]:
                mine = re.search(r"\d+", self._symbol)
                return int(mine[0]) if mine else None
        return None

    def _evidence(self, about: Iterable[str]) -> None:
        """The source, and a claim about these that rests on it."""
        options, graph = self._options, self._graph
        address = _ADDRESS.fullmatch(options.source_url or "")
        if options.source_url is not None and not address:
            raise errors.BadParameter(
                "source-url", options.source_url, "an address that begins with https:// or http://"
            )
        publisher = self._publisher(address[1].lower() if address else "")
        name = f"{_local(publisher) if publisher else 'page'}-{self._slug}"
        source, claim = f"{PREFIXES['source']}{name}", f"{PREFIXES['claim']}{name}"
        claims = [
            claim for member in self._line for node in (self._event_of(member), member) if node
            for claim in sorted(graph.subjects(iri("coop:about"), node), key=natural)
        ]  # fmt: skip
        # One that rests on a page, and on no passage of a text.
        like = next(
            (one for one in claims if graph.value(one, "coop:source") and not graph.value(one, "coop:passage")), ""
        )
        self._goes(source, graph.value(like, "coop:source") if like else None, name=name)
        self._add(source, "rdf:type", iri("coop:Source"))
        for tag in _LANGUAGES:
            voice, title = graph.label(publisher, tag) if publisher else "", self._symbol or self._labels[tag]
            self._add(source, "skos:prefLabel", Literal(f"{voice}: {title}" if voice else title, language=tag))
        stated = Literal(address[0], datatype=NamedNode(iri("xsd:anyURI"))) if address else None
        self._add(source, "coop:address", stated, wanted="--source-url")
        self._add(source, "dcterms:publisher", publisher, wanted="--publisher")
        self._goes(claim, like, name=name)
        self._add(claim, "rdf:type", iri("coop:Claim"))
        self._add(claim, "coop:about", *about)
        self._add(claim, "coop:source", source)
        for tag, given, flag in (("en", options.statement, ""), ("ru", options.statement_ru, "-ru")):
            self._add(claim, "coop:statement", Literal(given or self._said(tag), language=tag))
            if not given:
                self._missing.append(f"a statement in '{tag}' of your own (--statement{flag})")

    def _publisher(self, host: str) -> str | None:
        """The one given, or that of the sources at the same host."""
        graph = self._graph
        if self._options.publisher is not None:
            return self._resolved(self._options.publisher, "publisher", "coop:Publisher")
        for source in sorted(graph.subjects(iri("rdf:type"), iri("coop:Source"))) if host else ():
            publisher = graph.value(source, "dcterms:publisher")
            addresses = (_ADDRESS.match(value.value) for value in graph.objects(source, iri("coop:address")))
            if publisher and host in (address[1].lower() for address in addresses if address):
                return publisher
        return None

    def _said(self, language: str) -> str:
        """A statement for a start: what happened to the thing, and when."""
        like = self._event_of(self._pattern)
        kind = self._graph.label(_asserted(self._graph, like, "rdf:type")[0].value, language) if like else ""
        said = ", ".join(filter(None, (kind, self._options.date)))
        return f"{self._labels[language].split(':')[0]}: {said}."
