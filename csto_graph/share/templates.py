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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, Triple

from .. import dates, errors
from ..names import PREFIXES, curie, iri, natural

if TYPE_CHECKING:
    from ..loading.inputs import Locator
    from ..loading.view import GraphView

_LANGUAGES = ("en", "ru")
_LABEL_ROOM = 100  # Characters that the labels of a block may take together to stand on one line.
_SYMBOL = re.compile(r"[^\s/]+(?:/[^\s/]+)+")
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


@dataclass(frozen=True)
class Draft:
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
    found = {kind.value for thing in documents for kind in _Precedent(graph, thing).asserted("rdf:type")}
    names = {kind: re.split(r"[#/]", kind)[-1] for kind in sorted(found)}
    return {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower(): kind for kind, name in names.items()}


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


class _Precedent:
    """The thing to learn from, and what hangs on it."""

    def __init__(self, graph: GraphView, thing: str) -> None:
        self.graph = graph
        self.thing = thing
        self.slug = thing.rsplit("/", 1)[-1]

    def values(self, key: str) -> list[NamedNode | Literal]:
        found = self.graph.objects(self.thing, iri(key))
        return sorted(found, key=lambda value: natural(value.value))

    def asserted(self, key: str) -> list[NamedNode | Literal]:
        """Values that were not derived."""
        said = self.graph.statements(self.thing)
        found = [value for name, value, derived in said if name == iri(key) and not derived]
        return sorted(found, key=lambda value: natural(value.value))

    @cached_property
    def event(self) -> str | None:
        """The adoption or signing of the thing: the event named after it that concerns it."""
        concerning = self.graph.subjects(iri("coop:concerns"), self.thing)
        names = [event for event in concerning if event.endswith(f"-{self.slug}")]
        for kind in ("coop:Adoption", "coop:Signing", "coop:Approval", "coop:Submission"):
            for event in sorted(names, key=natural):
                if iri(kind) in self.graph.types(event):
                    return event
        return min(names, default=None)

    @property
    def date(self) -> str:
        """When it was concluded, as an instant; '' where that is not known."""
        found = self.graph.objects(self.event, iri("coop:earliest")) if self.event else []
        return min((value.value for value in found), default="")

    @property
    def symbol(self) -> str:
        """Its symbol, or ''."""
        return min((value.value for value in self.values("coop:symbol")), default="")

    def label(self, language: str) -> str:
        """Its label in one language, or ''."""
        labels = self.values("skos:prefLabel")
        return min((v.value for v in labels if isinstance(v, Literal) and v.language == language), default="")


class _Drafting:
    """One draft in the making."""

    def __init__(self, graph: GraphView, options: TemplateOptions) -> None:
        known = kinds(graph)
        if options.kind not in known:
            near = get_close_matches(options.kind, known, n=3)
            raise errors.UnknownName("kind", options.kind, suggestions=near, hint=f"Kinds are {', '.join(known)}.")
        self._graph = graph
        self._options = options
        self._class = known[options.kind]
        self._symbol = options.name if _SYMBOL.fullmatch(options.name) else ""
        self._precedent = self._chosen_precedent()
        self._check()
        self._slug = self._named()
        self._thing = self._beside(self._precedent.thing, self._slug)
        self._triples: list[Triple] = []
        self._missing: list[str] = []
        self._places: list[str] = []
        if graph.lookup.exists(self._thing):
            hint = f"{curie(self._thing)} is there already."
            raise errors.BadParameter("name", options.name, "a new name", hint=hint)

    def _check(self) -> None:
        """The name is a symbol where those of its line are, and the date follows theirs."""
        symbols = [member.symbol for member in self._line(self._precedent) if member.symbol]
        if symbols and not self._symbol:
            raise errors.BadParameter("name", self._options.name, f"a symbol such as {symbols[0]}")
        if self._options.date and self._options.like is None and self._precedent.values("coop:updates"):
            end = _span(self._options.date).end
            if end is not None and dates.moment(end) <= self._precedent.date:
                expected = f"later than that of {self._precedent.label('en')}, the latest of its line"
                raise errors.BadParameter("date", self._options.date, expected, hint="Or name the act with --like.")

    # -- the pattern

    def _chosen_precedent(self) -> _Precedent:
        graph = self._graph
        if self._options.like is not None:
            return _Precedent(graph, graph.lookup.resolve(self._options.like, parameter="like"))
        things = sorted(graph.subjects(iri("rdf:type"), self._class), key=natural)
        members = [_Precedent(graph, thing) for thing in things]
        lines = [self._line(member) for member in members if not graph.subjects(iri("coop:updates"), member.thing)]
        fitting = [line for line in lines if len(line) > 1 and self._fits(line)] if self._symbol else []
        pool = [line[0] for line in fitting] or [line[0] for line in lines if self._fits(line)] or members
        return max(pool, key=lambda member: (member.date, natural(member.thing)))

    def _line(self, head: _Precedent) -> list[_Precedent]:
        """A thing and what it updates, directly or not, the latest first."""
        line, seen = [head], {head.thing}
        while earlier := [value for value in line[-1].values("coop:updates") if value.value not in seen]:
            line.append(_Precedent(self._graph, earlier[0].value))
            seen.add(earlier[0].value)
        return line

    def _fits(self, line: Sequence[_Precedent]) -> bool:
        """Whether a thing of the line has a symbol that begins like the new one."""
        start = self._start(self._symbol)
        return any(member.symbol and self._start(member.symbol) == start for member in line)

    def _start(self, symbol: str) -> str:
        """A symbol up to its first number: ``A/RES/`` of ``A/RES/64/256``."""
        return re.split(r"\d", symbol, maxsplit=1)[0]

    def _namesake(self) -> _Precedent:
        """The latest thing of the line that has a symbol in its label, for the pattern of labels."""
        line = self._line(self._precedent)
        told = [member for member in line if member.symbol and self._number(member.symbol) in member.label("en")]
        return next((member for member in told if self._symbol), self._precedent)

    def _number(self, symbol: str) -> str:
        """What follows the beginning of a symbol: ``64/256``."""
        return symbol[len(self._start(symbol)) :]

    def _named(self) -> str:
        """The slug of the new thing, made like that of the pattern."""
        if self._symbol:
            return _slug(self._symbol)
        name = _slug(self._options.name)
        head = self._precedent.slug.split("-")[0]
        if not name:
            raise errors.BadParameter("name", self._options.name, "a name with Latin letters or digits")
        return name if name.startswith(head) else f"{head}-{name}"

    def _beside(self, node: str, slug: str) -> str:
        """An IRI like that of a node named after the pattern."""
        start, _, local = node.rpartition("/")
        own = self._precedent.slug
        return f"{start}/{local[: -len(own)]}{slug}" if local.endswith(own) else f"{start}/{slug}"

    # -- the statements

    def build(self) -> Draft:
        self._instrument()
        coverage = self._coverage() if self._options.area or self._precedent.asserted("coop:hasCoverage") else None
        event = self._event()
        source = self._source()
        self._claim(source, [node for node in (coverage, event, self._thing) if node])
        return Draft(self._triples, [*self._places, *(f"missing: {word}" for word in self._missing)])

    def _add(self, subject: str, key: str, *values: NamedNode | Literal | str) -> None:
        for value in values:
            term = NamedNode(value) if isinstance(value, str) else value
            self._triples.append(Triple(NamedNode(subject), NamedNode(iri(key)), term))

    def _add_wanted(self, subject: str, key: str, value: Literal | str | None, option: str) -> None:
        """Add a value; where there is none, say which option gives it."""
        if value is None:
            self._missing.append(f"{key} ({option})")
        else:
            self._add(subject, key, value)

    def _goes(self, node: str, like: str | None, *, name: str = "") -> None:
        """Remember in which file a block goes: where its precedent stands, or beside that in a file of this name."""
        found = self._locator.locate(like) if like else None
        path = "a file of your choice"
        if found:
            file = os.path.join(os.path.dirname(found[0]), f"{name}.ttl") if name else found[0]
            path = os.path.relpath(file, self._graph.bundle.root)
            path = file if path.startswith("..") else path
        self._places.append(f"{path}: {curie(node)}")

    @cached_property
    def _locator(self) -> Locator:
        from ..loading.inputs import Locator

        return Locator([*self._graph.files, *self._graph.bundle.files])

    def _resolved(self, text: str, parameter: str, of: str | None = None) -> str:
        """A thing by name; for a concept, a place or a publisher its slug will do."""
        if of:
            named = f"{PREFIXES[of.partition(':')[2].lower()]}{text}"
            if self._graph.lookup.exists(named):
                return named
        return self._graph.lookup.resolve(text, of=of, parameter=parameter)

    def _instrument(self) -> None:
        pattern = self._precedent
        self._goes(self._thing, pattern.thing)
        self._add(self._thing, "rdf:type", self._class)
        self._add(self._thing, "skos:prefLabel", *(Literal(self._labels[tag], language=tag) for tag in _LANGUAGES))
        if self._symbol:
            self._add(self._thing, "coop:symbol", Literal(self._symbol))
        elif pattern.symbol:
            self._missing.append("coop:symbol")
        self._add(self._thing, "coop:kind", *pattern.asserted("coop:kind"))
        self._add(self._thing, "coop:issuedBy", *pattern.asserted("coop:issuedBy"))
        if len(self._line(pattern)) > 1:
            self._add(self._thing, "coop:updates", pattern.thing)
        if pattern.asserted("coop:party"):
            sides = self._parties()
            self._add(self._thing, "coop:party", *sides)
            if len(sides) < 2:
                self._missing.append("coop:party (the other side, --party)")

    def _parties(self) -> list[str]:
        """The sides given; else the side that most things of the class share, and the one that the name names."""
        if self._options.party:
            return [self._resolved(text, "party") for text in self._options.party]
        others = [_Precedent(self._graph, thing) for thing in self._graph.subjects(iri("rdf:type"), self._class)]
        counts = Counter(side.value for other in others for side in other.asserted("coop:party"))
        common = [max(counts, key=lambda side: (counts[side], side))] if counts else []
        named = [match.iri for match in self._graph.find(self._options.name, limit=1) if match.exact]
        return list(dict.fromkeys([*common, *named]))

    @cached_property
    def _labels(self) -> dict[str, str]:
        """Labels given, or made after those of the pattern."""
        given = {"en": self._options.label, "ru": self._options.label_ru}
        made = {tag: given[tag] or self._label(tag) for tag in _LANGUAGES}
        if self._symbol and sum(map(len, made.values())) > _LABEL_ROOM - len('""@en, ""@ru'):
            # What follows the colon tells the subject again; without it the block stays short.
            short = {tag: given[tag] or made[tag].split(":")[0] for tag in _LANGUAGES}
            if all(self._number(self._symbol) in short[tag] or given[tag] for tag in _LANGUAGES):
                return short
        return made

    def _label(self, language: str) -> str:
        namesake = self._namesake()
        label = namesake.label(language)
        if self._symbol and namesake.symbol:
            return label.replace(self._number(namesake.symbol), self._number(self._symbol))
        for old, new in self._renamings(language):
            if old and old in label:
                return label.replace(old, new)
        self._missing.append(f"a label in '{language}' (--label)")
        return self._options.name

    def _renamings(self, language: str) -> Iterator[tuple[str, str]]:
        """Names of the sides of the pattern, and what stands for them in the new thing."""
        graph = self._graph
        old = {value.value for value in self._precedent.asserted("coop:party")}
        new = [side for side in self._parties() if side not in old]
        for side in self._precedent.asserted("coop:party"):
            if side.value in self._parties():
                continue
            names = [graph.objects(side.value, iri(key)) for key in ("skos:prefLabel", "skos:altLabel")]
            for at, texts in enumerate(names):
                for text in sorted((v for v in texts if isinstance(v, Literal)), key=lambda v: -len(v.value)):
                    if text.language in (language, "en"):
                        yield text.value, self._called(new, language, short=bool(at))

    def _called(self, things: Sequence[str], language: str, *, short: bool) -> str:
        if not things:
            return self._options.name
        names = self._graph.objects(things[0], iri("skos:altLabel")) if short else []
        found = [v.value for v in names if isinstance(v, Literal) and v.language == language]
        return min(found, key=len, default="") or self._graph.label(things[0], language)

    def _coverage(self) -> str:
        """The areas that the thing names."""
        like = next((node.value for node in self._precedent.asserted("coop:hasCoverage")), None)
        node = self._beside(like, self._slug) if like else f"{PREFIXES['coverage']}{self._slug}"
        self._goes(node, like)
        self._add(self._thing, "coop:hasCoverage", node)
        self._add(node, "rdf:type", iri("coop:Coverage"))
        areas = [self._resolved(text, "area", "vocab:area") for text in self._options.area]
        self._add(node, "coop:area", *areas)
        if not areas:
            self._missing.append("coop:area (--area)")
        return node

    def _event(self) -> str | None:
        options, like = self._options, self._precedent.event
        if like is None:
            self._missing.append("an event: no precedent has one")
            return None
        node = self._beside(like, self._slug)
        self._goes(node, like)
        self._add(node, "rdf:type", *_Precedent(self._graph, like).asserted("rdf:type"))
        self._add(node, "coop:concerns", self._thing)
        date = None if options.date is None else _date(options.date)
        self._add_wanted(node, "coop:date", date, "--date")
        if options.place is not None:
            self._add(node, "coop:place", self._resolved(options.place, "place", "coop:Place"))
        self._proceedings(node, like)
        return node

    def _proceedings(self, node: str, like: str) -> None:
        """Session, meeting, manner and votes of an adoption."""
        options = self._options
        session = options.session or self._session(like)
        if session:
            self._add(node, "coop:session", Literal(session))
        if options.meeting is not None:
            self._add(node, "coop:meeting", Literal(options.meeting))
        manner = None if options.mode is None else self._resolved(options.mode, "mode", "vocab:vote")
        if manner is not None:
            self._add(node, "coop:voteMode", manner)
        elif self._graph.objects(like, iri("coop:voteMode")):
            self._missing.append("coop:voteMode (--mode)")
        if options.votes is not None:
            counts = re.fullmatch(r"(\d{1,4})-(\d{1,4})-(\d{1,4})", options.votes)
            if not counts:
                raise errors.BadParameter("votes", options.votes, "votes for, against and abstentions, such as 67-8-69")
            alike = self._graph.subjects(iri("coop:voteMode"), manner) if manner else []
            if manner and not any(self._graph.objects(event, iri(_VOTES[0])) for event in alike):
                raise errors.BadParameter("votes", options.votes, f"for an act adopted '{options.mode}'")
            for key, count in zip(_VOTES, counts.groups(), strict=True):
                self._add(node, key, Literal(int(count)))

    def _session(self, like: str) -> int | None:
        """The first number of the symbol, where that is the session in the line before."""
        if not self._graph.objects(like, iri("coop:session")):
            return None
        for member in self._line(self._precedent):
            first = re.search(r"\d+", member.symbol)
            told = self._graph.objects(member.event, iri("coop:session")) if member.event else []
            if first and {value.value for value in told} == {first[0]}:
                mine = re.search(r"\d+", self._symbol)
                return int(mine[0]) if mine else None
        self._missing.append("coop:session (--session)")
        return None

    def _source(self) -> str:
        options = self._options
        publisher = self._publisher()
        start = publisher.rsplit("/", 1)[-1] if publisher else "page"
        node = f"{PREFIXES['source']}{start}-{self._slug}"
        self._goes(node, self._evidence[1], name=f"{start}-{self._slug}")
        self._add(node, "rdf:type", iri("coop:Source"))
        for tag in _LANGUAGES:
            title = self._symbol or self._labels[tag]
            voice = self._graph.label(publisher, tag) if publisher else ""
            self._add(node, "skos:prefLabel", Literal(f"{voice}: {title}" if voice else title, language=tag))
        address = None if options.source_url is None else _address(options.source_url)
        self._add_wanted(node, "coop:address", address, "--source-url")
        self._add_wanted(node, "dcterms:publisher", publisher, "--publisher")
        return node

    def _publisher(self) -> str | None:
        """The one given, or that of the sources at the same host."""
        if self._options.publisher is not None:
            return self._resolved(self._options.publisher, "publisher", "coop:Publisher")
        host = _host(self._options.source_url or "")
        for source in sorted(self._graph.subjects(iri("rdf:type"), iri("coop:Source"))) if host else ():
            addresses = [value.value for value in self._graph.objects(source, iri("coop:address"))]
            publishers = self._graph.objects(source, iri("dcterms:publisher"))
            if publishers and host in map(_host, addresses):
                return publishers[0].value
        return None

    @cached_property
    def _evidence(self) -> tuple[str | None, str | None]:
        """A claim about the pattern that rests on a page, and its source."""
        for member in self._line(self._precedent):
            for node in filter(None, (member.event, member.thing)):
                for claim in sorted(self._graph.subjects(iri("coop:about"), node), key=natural):
                    told = self._graph.support(claim)
                    if told.source and not told.passage:
                        return claim, told.source
        return None, None

    def _claim(self, source: str, about: Iterable[str]) -> None:
        # As its source is called after publisher and subject, a claim is after its source and its own subject.
        name = source.rsplit("/", 1)[-1]
        node = PREFIXES["claim"] + (name if name.endswith(self._slug) else f"{name}-{self._slug}")
        self._goes(node, self._evidence[0], name=name)
        self._add(node, "rdf:type", iri("coop:Claim"))
        self._add(node, "coop:about", *about)
        self._add(node, "coop:source", source)
        given = {"en": self._options.statement, "ru": self._options.statement_ru}
        for tag in _LANGUAGES:
            self._add(node, "coop:statement", Literal(given[tag] or self._said(tag), language=tag))
            if not given[tag]:
                flag = "--statement" if tag == "en" else f"--statement-{tag}"
                self._missing.append(f"a statement in '{tag}' of your own ({flag})")

    def _said(self, language: str) -> str:
        """A statement for a start: what happened to the thing, and when."""
        like = self._precedent.event
        kind = _Precedent(self._graph, like).asserted("rdf:type")[0].value if like else ""
        kind = self._graph.label(kind, language) if kind else ""
        named = self._labels[language].split(":")[0]
        return f"{named}: {kind}{', ' if kind and self._options.date else ''}{self._options.date or ''}."


def _span(text: str) -> dates.Span:
    try:
        return dates.parse(text)
    except ValueError as error:
        raise errors.BadParameter("date", text, "a day, month or year such as 2026-11-18") from error


def _date(text: str) -> Literal:
    _span(text)
    return Literal(text, datatype=NamedNode(dates.datatype(text)))


def _address(text: str) -> Literal:
    try:
        NamedNode(text)
    except ValueError as error:
        raise errors.BadParameter("source-url", text, "an address") from error
    if not _host(text):
        raise errors.BadParameter("source-url", text, "an address that begins with https:// or http://")
    return Literal(text, datatype=NamedNode(iri("xsd:anyURI")))


def _host(address: str) -> str:
    match = re.match(r"https?://(?:www\.)?([^/?#]+)", address)
    return match[1].lower() if match else ""
