"""The next thing of a kind, as Turtle to be filled in and kept, or put into the file where it belongs.

Nothing is known here of particular organizations: what a new document looks like is learned from the latest one of its
line (a chain of ``coop:updates``) or class. The nodes that hang on this pattern, its coverage and its adoption or
signing, give the names, the classes and the files of the new ones. What a thing of another kind holds stands in
``templates.toml`` and in the shapes. Each comes with its source and with claims that rest on it: one about the whole,
and one for each value that matters. A correction is a claim of another value, this value in the place of the old one,
and the conflict in which it was decided so.
"""

from __future__ import annotations

import os
import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pyoxigraph import Literal, NamedNode, Triple

from .. import dates, errors, files
from ..describe.proof import resolve_properties
from ..loading.inputs import locator
from ..names import PREFIXES, curie, iri, natural
from ..rdf import turtle
from ..rdf.terms import TripleIndex

if TYPE_CHECKING:
    from ..loading.view import GraphView

_LANGUAGES = {"en": "--label", "ru": "--label-ru"}
_ADDRESS = re.compile(r"""https?://(?:www\.)?([^/?#<>"{}|\\^`\s]+)[^<>"{}|\\^`\s]*""")
_CONCLUDING = ("coop:Adoption", "coop:Signing", "coop:Approval", "coop:Submission")
_VOTES = ("coop:votesFor", "coop:votesAgainst", "coop:abstentions")
_DATES = ("coop:date", "coop:notBefore", "coop:notAfter")
_LINE = 88  # Two texts that are shorter together stand in one line of Turtle.
_NAMES = ("rdf:type", "skos:prefLabel", "skos:altLabel", "skos:hiddenLabel")


@dataclass(frozen=True, kw_only=True)
class TemplateOptions:
    """What is known of the new thing; None and () are left to the pattern, or missing.

    Attributes:
        kind: Name of a class of documents in lower case with hyphens, such as ``joint-declaration``, or one of the
            kinds in ``templates.toml``.
        name: Symbol, name of the other side, or label; of a claim or correction, what it is about.
        date: Day, month or year: of the adoption or signing, of the event, of the page.
        area: Names of areas.
        party: Names of sides, or of those who take part.
        of: Name of what a body is part of, or an event is about.
        type: Name of a narrower class.
        set: Further values, such as ``frequency=biennial``.
        place: Name of a place.
        mode: Name of a manner of adoption.
        votes: Votes for, against and abstentions, with hyphens between.
        session: Session of the adopting body.
        meeting: Meeting of the session.
        like: Name of the thing to take as a pattern.
        label: Label in English.
        label_ru: Label in Russian.
        source: Name of a source that is there already.
        source_url: Address of the page that states it.
        publisher: Name of its publisher.
        statement: What the page states, in English.
        statement_ru: The same in Russian.
        rationale: Why a correction was decided so, in English.
        rationale_ru: The same in Russian.
    """

    kind: str
    name: str
    date: str | None = None
    area: tuple[str, ...] = ()
    party: tuple[str, ...] = ()
    of: str | None = None
    type: str | None = None
    set: tuple[str, ...] = ()
    place: str | None = None
    mode: str | None = None
    votes: str | None = None
    session: int | None = None
    meeting: str | None = None
    like: str | None = None
    label: str | None = None
    label_ru: str | None = None
    source: str | None = None
    source_url: str | None = None
    publisher: str | None = None
    statement: str | None = None
    statement_ru: str | None = None
    rationale: str | None = None
    rationale_ru: str | None = None


class Draft(NamedTuple):
    """What is to be written.

    Attributes:
        triples: The statements.
        removed: Statements in whose place they stand.
        remarks: For the reader: where each block goes, what it replaces and what is missing.
        homes: Subject to the file where its block goes; '' where nothing like it stands in a file.
    """

    triples: list[Triple]
    removed: list[Triple]
    remarks: list[str]
    homes: dict[str, str]


def draft(graph: GraphView, options: TemplateOptions) -> Draft:
    """The statements of a new thing of a kind.

    Raises:
        errors.UnknownName: There is no such kind, or no thing of a name that was given.
        errors.BadParameter: A date, votes, a symbol or a name do not fit.
    """
    making = {"source": _NewSource, "claim": _NewClaim, "correction": _NewCorrection}
    listed = options.kind in _table()["kinds"]
    return (making.get(options.kind, _NewThing) if listed else _NewDocument)(graph, options).made()


def write(graph: GraphView, made: Draft, folder: str) -> list[str]:
    """Put a draft into the files of a folder where it belongs, in canonical form, and take out what it replaces.

    Args:
        graph: The one that it was made for.
        made: The draft.
        folder: A checkout, a folder of the user's own with files as in ``data`` there, or a single Turtle file.

    Returns:
        The files that were written.

    Raises:
        errors.UsageError: What is to be replaced stands elsewhere.
        errors.GraphError: A file cannot be read, is no Turtle, or cannot be written.
    """
    data = os.path.join(os.path.realpath(graph.bundle.root), "data", "")
    mine = os.path.join(os.path.realpath(folder), "")
    inner = os.path.join(mine, "data")
    base = inner if os.path.isdir(inner) else mine

    def place(subject: str) -> str:
        home = os.path.realpath(made.homes[subject] or "new.ttl")
        if folder.endswith(".ttl") or home.startswith(mine):
            return folder if folder.endswith(".ttl") else home
        return os.path.join(base, home.removeprefix(data) if home.startswith(data) else os.path.basename(home))

    changes = defaultdict[str, tuple[list[Triple], list[Triple]]](lambda: ([], []))
    for at, triples in enumerate((made.triples, made.removed)):
        for triple in triples:
            subject = str(getattr(triple.subject, "value", ""))
            path, home = place(subject), made.homes[subject]
            if at and os.path.realpath(path) != os.path.realpath(home):
                hint = "Correct it in a checkout, installed in place: pip install -e ."
                raise errors.UsageError(f"{curie(subject)} stands in {home}, and not below {folder}.", hint=hint)
            changes[path][at].append(triple)
    texts = {
        path: turtle.format(files.read_text(path) if os.path.exists(path) else "", path=path, add=add, drop=drop)
        for path, (add, drop) in sorted(changes.items())
    }
    for path, text in texts.items():
        os.makedirs(os.path.dirname(path) or os.curdir, exist_ok=True)
        files.write(path, [text])
    return list(texts)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def kinds(graph: GraphView) -> dict[str, str]:
    """Kinds of documents that have a precedent: name to IRI of the class."""
    documents = set(graph.subjects(iri("rdf:type"), iri("coop:Document")))
    found = {kind.value for thing in documents for kind in _asserted(graph, thing, "rdf:type")}
    names = {kind: re.split(r"[#/]", kind)[-1] for kind in sorted(found)}
    return {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower(): kind for kind, name in names.items()}


def _asserted(graph: GraphView, thing: str, key: str) -> list[NamedNode | Literal]:
    """Values of a property (a CURIE) that were not derived."""
    found = [value for name, value, derived in graph.statements(thing) if name == iri(key) and not derived]
    return sorted(found, key=lambda value: natural(value.value))


def _local(node: str) -> str:
    return re.split(r"[/#:]", node)[-1]


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _parts(symbol: str) -> list[str]:
    """A symbol up to its first number, and from there: ``A/RES/`` and ``64/256``."""
    return re.split(r"(?=\d)", symbol, maxsplit=1) if re.search(r"\d", symbol) else [symbol, ""]


def _form(symbol: str) -> str:
    """A symbol with each number as 9, as those of a kind have it in common."""
    return re.sub(r"\d+", "9", symbol)


def _tag(text: str) -> str:
    return "ru" if re.search("[а-яё]", text, re.IGNORECASE) else "en"


def _agree(one: NamedNode | Literal, other: NamedNode | Literal) -> bool:
    """Whether two values are the same, or dates of which one is only more precise."""
    first, second = (
        dates.span(term.value, term.datatype.value) if isinstance(term, Literal) else None for term in (one, other)
    )
    return one == other or bool(first and second and (first.within(second) or second.within(first)))


class _Drafting:
    """One draft in the making: what the kinds share."""

    def __init__(self, graph: GraphView, options: TemplateOptions) -> None:
        self._graph, self._options = graph, options
        self._thing = self._kind = ""
        self._locate = locator([*graph.files, *graph.bundle.files])
        self._triples: list[Triple] = []
        self._removed: list[Triple] = []
        self._missing: list[str] = []
        self._places: list[str] = []
        self._homes: dict[str, str] = {}
        self._properties: dict[str, Any] = _table()["kinds"].get(options.kind, {})

    def made(self) -> Draft:
        """The draft."""
        self._build()
        missing = (f"missing: {word}" for word in dict.fromkeys(self._missing))
        return Draft(self._triples, self._removed, [*self._places, *missing], self._homes)

    def _build(self) -> None:
        raise NotImplementedError

    # -- blocks

    def _add(self, subject: str, key: str, *values: NamedNode | Literal | str | None, wanted: str = "") -> None:
        """Add what there is; where that is nothing, say that it is missing, and which option gives it."""
        terms = [NamedNode(value) if isinstance(value, str) else value for value in values if value is not None]
        self._triples += [Triple(NamedNode(subject), NamedNode(iri(key)), term) for term in terms]
        if wanted and not terms:
            self._missing.append(f"{key} ({wanted})")

    def _goes(self, node: str, like: str | None, *, name: str = "") -> None:
        """Remember in which file a block goes: where its precedent stands, or beside that in a file of this name."""
        found = self._locate(like, None) if like else None
        path = self._homes.get(like or "") or (found[0] if found else "")
        path = os.path.join(os.path.dirname(path), f"{name}.ttl") if path and name else path
        short = os.path.relpath(path, self._graph.bundle.root) if path else "a file of your choice"
        if node not in self._homes:
            self._places.append(f"{path if short.startswith('..') else short}: {curie(node)}")
        self._homes[node] = path

    def _fresh(self, kind: str, slug: str) -> str:
        """An IRI that nothing has yet, numbered where the first ones are taken.

        Raises:
            errors.BadParameter: Nothing of the name can stand in an IRI.
        """
        if not slug:
            hint = "Give a label in English: --label."
            raise errors.BadParameter("name", self._options.name, "a name with Latin letters or digits", hint=hint)
        node = first = f"{PREFIXES[kind]}{slug}"
        number = 1
        while node in self._homes or self._graph.lookup.exists(node):
            node = f"{first}-{(number := number + 1)}"
        return node

    def _new(self, kind: str, slug: str) -> str:
        """The IRI of the new thing.

        Raises:
            errors.BadParameter: It is taken, or cannot be made.
        """
        node = self._fresh(kind, slug)
        if node != (wanted := f"{PREFIXES[kind]}{slug}"):
            hint = f"{curie(wanted)} is there already."
            raise errors.BadParameter("name", self._options.name, "a new name", hint=hint)
        return node

    # -- values

    def _resolved(self, text: str | None, parameter: str, of: str | None = None) -> str | None:
        """A thing by name; for a concept, a place or a publisher its slug will do."""
        if text is None:
            return None
        named = f"{PREFIXES[of.partition(':')[2].lower()]}{text}" if of else ""
        found = named and self._graph.lookup.exists(named)
        return named if found else self._graph.lookup.resolve(text, of=of, parameter=parameter)

    def _term(self, key: str, text: str, parameter: str) -> NamedNode | Literal:
        """A text as the kind of value that the property (a CURIE) has in the graph."""
        sample = next((quad.object for quad in self._graph.engine().match(None, NamedNode(iri(key)), None)), None)
        if not isinstance(sample, Literal):
            return NamedNode(str(self._resolved(text, parameter, _table()["of"].get(key))))
        if key in _DATES:
            self._day_after(text, parameter)
            return Literal(text, datatype=NamedNode(dates.datatype(text)))
        if sample.datatype.value == iri("xsd:integer") and not text.isdecimal():
            raise errors.BadParameter(parameter, text, "a whole number")
        return Literal(text, language=_tag(text)) if sample.language else Literal(text, datatype=sample.datatype)

    def _day_after(self, text: str | None, parameter: str = "date") -> str:
        """The instant at which a date is over; '' if none was given."""
        try:
            end = dates.parse(text).end if text is not None else None
        except ValueError as error:
            raise errors.BadParameter(parameter, str(text), "a day, month or year such as 2026-11-18") from error
        return dates.moment(end) if end else ""

    def _given(self) -> Iterator[tuple[str, NamedNode | Literal]]:
        """Property (a CURIE) and value of each that was given, by an option of the kind or with --set."""
        graph, told = self._graph, self._options
        for option, key in self._properties.items():
            given = getattr(told, option, None)
            for text in given if isinstance(given, tuple) else (given,) if given is not None else ():
                yield key, self._term(key, str(text), option)
        for one in told.set:
            name, sign, text = one.partition("=")
            if not sign:
                raise errors.BadParameter("set", one, "PROPERTY=VALUE, such as frequency=biennial")
            key = curie(resolve_properties(graph, graph.engine(), NamedNode(self._thing), name)[0])
            yield key, self._term(key, text, name)

    def _names(self, thing: str, key: str, language: str) -> list[str]:
        names = self._graph.objects(thing, iri(key))
        return [name.value for name in names if isinstance(name, Literal) and name.language == language]

    @cached_property
    def _labels(self) -> dict[str, str]:
        """Labels given, or the name, in the language of its letters."""
        options = self._options
        told = {"en": options.label, "ru": options.label_ru}
        told[_tag(options.name)] = told[_tag(options.name)] or options.name
        self._missing += [f"a label in '{tag}' ({flag})" for tag, flag in _LANGUAGES.items() if not told[tag]]
        return {tag: label or options.name for tag, label in told.items()}

    def _titled(self, language: str) -> str:
        """What sources and claims call the thing."""
        return self._labels[language]

    def _says(self, language: str) -> str:
        """A statement about the whole, for a start: what it is."""
        kind = next(self._graph.types(self._thing), None) or self._kind
        return f"{self._titled(language)}: {self._graph.label(kind, language)}."

    # -- evidence

    def _source(self, slug: str) -> str:
        """The source: the one named, the one at this address, or a new one."""
        options, graph = self._options, self._graph
        if options.source is not None:
            return str(self._resolved(options.source, "source", "coop:Source"))
        address = _ADDRESS.fullmatch(options.source_url or "")
        if options.source_url is not None and not address:
            expected = "an address that begins with https:// or http://"
            raise errors.BadParameter("source-url", options.source_url, expected)
        stated = Literal(address[0], datatype=NamedNode(iri("xsd:anyURI"))) if address else None
        for quad in graph.engine().match(None, NamedNode(iri("coop:address")), stated) if stated else ():
            return str(getattr(quad.subject, "value", ""))
        publisher = self._publisher(address[1].lower() if address else "")
        name = f"{_local(publisher) if publisher else 'page'}-{slug}"
        source = self._fresh("source", name)
        self._goes(source, min(graph.subjects(iri("rdf:type"), iri("coop:Source")), default=None), name=_local(source))
        self._add(source, "rdf:type", iri("coop:Source"))
        number = _local(source).removeprefix(name).strip("-")
        for tag in _LANGUAGES:
            voice, title = graph.label(publisher, tag) if publisher else "", self._titled(tag)
            label = (f"{voice}: {title}" if voice else title) + f" ({number})" * bool(number)
            self._add(source, "skos:prefLabel", Literal(label, language=tag))
        self._add(source, "coop:address", stated, wanted="--source-url")
        self._add(source, "dcterms:publisher", publisher, wanted="--publisher")
        return source

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

    def _claim(
        self, source: str, slug: str, about: Sequence[str], key: str = "", value: NamedNode | Literal | None = None,
        *, own: bool = True,
    ) -> str:  # fmt: skip
        """A claim about things that rests on a source: of a value, or of the whole.

        Args:
            source: IRI of the source.
            slug: What follows the name of the source in its own.
            about: IRIs of the things.
            key: CURIE of the property.
            value: Its value.
            own: Whether it says what the reader said that the page states.
        """
        options = self._options
        head = _local(source)
        name = head if head.endswith(slug) else f"{head}-{slug}"
        claim = self._fresh("claim", f"{name}-{_local(key).lower()}" if key else name)
        self._goes(claim, source)
        self._add(claim, "rdf:type", iri("coop:Claim"))
        self._add(claim, "coop:about", *about)
        self._add(claim, "coop:property", iri(key) if key else None)
        self._add(claim, "coop:value", value)
        self._add(claim, "coop:kind", None if key else iri("kind:general"))
        self._add(claim, "coop:source", source)
        said = self._stating(key, value) if value is not None else {tag: self._says(tag) for tag in _LANGUAGES}
        for tag, given, flag in (("en", options.statement, ""), ("ru", options.statement_ru, "-ru")):
            self._add(claim, "coop:statement", Literal((own and given) or said[tag], language=tag))
            if own and not given:
                self._missing.append(f"a statement in '{tag}' of your own (--statement{flag})")
        return claim

    def _stating(self, key: str, value: NamedNode | Literal) -> dict[str, str]:
        """What a claim of one value says in each language, in so few words that both stand in one line."""
        said: dict[str, list[str]] = {}
        for tag in _LANGUAGES:
            name, names, title = self._graph.label(iri(key), tag), [value.value], f"{self._titled(tag)}: "
            if isinstance(value, NamedNode):
                names = [self._graph.label(value.value, tag), *self._names(value.value, "skos:altLabel", tag)]
            short = min(names, key=lambda text: (len(text), text))
            said[tag] = [f"{title}{name} — {short}.", f"{title}{short}.", f"{name} — {short}.", f"{title}{name}."]
        pairs = list(zip(*said.values(), strict=True))
        best = next((pair for pair in pairs if sum(map(len, pair)) < _LINE), pairs[-1])
        return dict(zip(said, best, strict=True))

    def _evidence(self, slug: str, about: Sequence[str]) -> None:
        """The source, a claim for each value, and one about the whole where that is all or the reader worded it."""
        options, stated = self._options, [triple for triple in self._triples if self._needs_claim(triple.predicate)]
        source = self._source(slug)
        worded = options.statement or options.statement_ru
        if worded or not stated:
            self._claim(source, slug, about)
        for triple in stated:
            subject, value = str(getattr(triple.subject, "value", "")), triple.object
            assert isinstance(value, NamedNode | Literal)
            self._claim(source, slug, [subject], curie(triple.predicate.value), value, own=False)
        if not worded:
            self._missing += [f"statements in '{tag}' in words of your own" for tag in _LANGUAGES]

    def _needs_claim(self, key: NamedNode) -> bool:
        """Whether statements of a property need claims: not names, classes and links."""
        return curie(key.value) not in _NAMES and not self._graph.objects(key.value, iri("coop:isLink"))


class _NewThing(_Drafting):
    """What the table tells all of."""

    def _build(self) -> None:
        graph, told, name = self._graph, self._properties, self._options.type
        wider = iri(told["class"])
        kind = iri(told.get("default", wider))
        kind = self._kind = graph.lookup.resolve(name, of="owl:Class", parameter="class") if name else kind
        above = {kind, *(node.value for node in graph.objects(kind, iri("rdfs:subClassOf")))}
        if wider not in above:
            raise errors.BadParameter("class", name, f"a kind of {graph.label(wider)}")
        slug = _slug(self._options.label or self._options.name)
        self._thing = self._new(told.get("prefix", self._options.kind), slug)
        self._goes(self._thing, min(graph.subjects(iri("rdf:type"), wider), default=None))
        self._add(self._thing, "rdf:type", kind)
        self._add(self._thing, "skos:prefLabel", *(Literal(self._labels[tag], language=tag) for tag in _LANGUAGES))
        given = list(self._given())
        for key, term in given:
            self._add(self._thing, key, term)
        flags = {key: f"--{option}" for option, key in told.items() if option in self._options.__dict__}
        for key in sorted(self._needed(above) - {key for key, _ in given} - {"skos:prefLabel"}):
            self._missing.append(f"{key} ({flags.get(key, f'--set {_local(key)}=…')})")
        if told.get("claimed", True):
            self._evidence(slug, [self._thing])

    def _needed(self, classes: set[str]) -> set[str]:
        """The properties (CURIEs) that the shapes ask of each thing in these classes."""
        rules = TripleIndex[Any]((triple.subject, triple.predicate, triple.object) for triple in self._graph.shapes)
        target, inner, path, least = (
            NamedNode(iri(f"sh:{name}")) for name in ("targetClass", "property", "path", "minCount")
        )
        shapes = [shape for kind in classes for shape in rules.subjects(target, NamedNode(kind))]
        shapes += [part for shape in shapes for part in rules.objects(shape, inner)]
        asked = {rules.one(shape, path) for shape in shapes if getattr(rules.one(shape, least), "value", "0") != "0"}
        return {curie(name.value) for name in asked if isinstance(name, NamedNode)}


class _NewSource(_Drafting):
    """A source alone."""

    def _build(self) -> None:
        self._thing = self._source(_slug(self._options.label or self._options.name))
        if not self._triples:
            expected = "the address of a new source"
            hint = f"{curie(self._thing)} has it already."
            raise errors.BadParameter("source-url", self._options.source_url, expected, hint=hint)
        for key, term in self._given():
            self._add(self._thing, key, term)


class _NewClaim(_Drafting):
    """What a source states of a thing that is there: in the whole, or values of it, which must not be other ones."""

    def _build(self) -> None:
        self._thing = self._graph.lookup.resolve(self._options.name, parameter="name")
        slug, given = _local(self._thing), list(self._given())
        source = self._source(slug)
        for key, term in given:
            self._stated(source, key, term)
        if not given:
            self._claim(source, slug, [self._thing])

    def _titled(self, language: str) -> str:
        return self._graph.label(self._thing, language)

    def _stated(self, source: str, key: str, term: NamedNode | Literal) -> None:
        """A claim of one value, and the value itself where there is none yet."""
        holder, old = self._holder(key)
        if old and not any(_agree(value, term) for _, value in old):
            if not self._many(key):
                told = ", ".join(self._shown(value) for _, value in old)
                hint = f"'csto-graph new correction {curie(self._thing)}' puts it in its place."
                raise errors.BadParameter(_local(key), self._shown(term), f"what the graph has: {told}", hint=hint)
            old = []
        if not old:
            self._goes(holder, holder)
            self._add(holder, key, term)
        self._claim(source, _local(holder), [holder], key, term)

    def _shown(self, term: Any) -> str:
        return self._graph.label(term.value) if isinstance(term, NamedNode) else str(term.value)

    def _holder(self, key: str) -> tuple[str, list[tuple[str, NamedNode | Literal]]]:
        """The node that has values of a property: the thing, or what belongs to it; and what is asserted there."""
        graph = self._graph
        parts = sorted((node.value for node in graph.objects(self._thing, iri("coop:comprises"))), key=natural)
        concluding = [one for kind in _CONCLUDING for one in parts if iri(kind) in graph.types(one)]
        for node in (self._thing, *concluding, *parts):
            names = _DATES if key in _DATES else (key,)
            found = [(name, value) for name in names for value in _asserted(graph, node, name)]
            if found:
                return node, found
        return self._thing, []

    def _many(self, key: str) -> bool:
        """Whether things may have several values of a property: some have."""
        quads = self._graph.engine().match(None, NamedNode(iri(key)), None)
        return max(Counter(quad.subject for quad in quads).values(), default=0) > 1


class _NewCorrection(_NewClaim):
    """Another value in the place of that which the graph has, with the claim behind it and the decision."""

    def _build(self) -> None:
        super()._build()
        if not self._removed:
            hint = "Give the right value: --date, --place, --set PROPERTY=VALUE."
            raise errors.UsageError("Nothing is corrected.", hint=hint)

    def _stated(self, source: str, key: str, term: NamedNode | Literal) -> None:
        graph, options = self._graph, self._options
        holder, old = self._holder(key)
        if not old or term in (value for _, value in old):
            told = f"{curie(holder)} has {'this' if old else 'no'} value of {key}."
            raise errors.UsageError(told, hint=f"'csto-graph new claim {curie(self._thing)}' adds a source.")
        if len({name for name, _ in old}) < len(old):
            shown = ", ".join(self._shown(value) for _, value in old)
            raise errors.UsageError(f"{curie(holder)} has several values of {key}: {shown}.", hint="Edit its file.")
        self._goes(holder, holder)
        self._remove(holder, old)
        self._places += [f"in the place of: {name} {self._shown(value)}" for name, value in old]
        self._add(holder, key, term)
        claim = self._claim(source, _local(holder), [holder], key, term)
        rivals = self._rivals(holder, {name for name, _ in old}, term)
        joined = [one for rival in rivals for one in graph.subjects(iri("coop:joins"), rival)]
        if not rivals:
            return
        conflict = joined[0] if joined else self._fresh("conflict", f"{_local(holder)}-{_local(key).lower()}")
        known = graph.subjects(iri("rdf:type"), iri("coop:Conflict"))
        self._goes(conflict, conflict if joined else min(known, default=None))
        self._add(conflict, "coop:joins", claim, *rivals)
        self._add(conflict, "coop:accepts", claim)
        reasons = {"en": options.rationale, "ru": options.rationale_ru}
        if joined:
            # The earlier decision goes, and with it the reason.
            gone = ("coop:accepts", "coop:open", "coop:rationale")
            self._remove(conflict, [(name, value) for name in gone for value in _asserted(graph, conflict, name)])
        else:
            self._add(conflict, "rdf:type", iri("coop:Conflict"))
            self._add(conflict, "coop:kind", self._sort(key))
        said = [t.object for t in self._triples if t.subject == NamedNode(claim) and isinstance(t.object, Literal)]
        for tag, flag in zip(reasons, ("", "-ru"), strict=True):
            default = next(text.value for text in said if text.language == tag)
            self._add(conflict, "coop:rationale", Literal(reasons[tag] or default, language=tag))
            if not reasons[tag]:
                self._missing.append(f"a reason in '{tag}' (--rationale{flag})")

    def _remove(self, subject: str, said: Iterable[tuple[str, NamedNode | Literal]]) -> None:
        self._removed += [Triple(NamedNode(subject), NamedNode(iri(name)), value) for name, value in said]

    def _rivals(self, holder: str, keys: set[str], term: NamedNode | Literal) -> list[str]:
        """The claims that cannot be right with the new value, or those about the whole where none names a value."""
        graph, whole = self._graph, []
        found = []
        for claim in sorted(graph.subjects(iri("coop:about"), holder), key=natural):
            properties = {curie(node.value) for node in graph.objects(claim, iri("coop:property"))}
            values = graph.objects(claim, iri("coop:value"))
            if iri("kind:opinion") in (node.value for node in graph.objects(claim, iri("coop:kind"))):
                continue
            if not properties:
                whole.append(claim)
            elif properties & keys and any(not _agree(value, term) for value in values):
                found.append(claim)
        return found or whole

    def _sort(self, key: str) -> str:
        """The kind of conflict that claims of this property are in elsewhere."""
        graph = self._graph
        claims = graph.subjects(iri("coop:property"), iri(key))
        conflicts = (one for claim in claims for one in graph.subjects(iri("coop:joins"), claim))
        counts = Counter(node.value for one in conflicts for node in graph.objects(one, iri("coop:kind")))
        return max(counts, key=lambda kind: (counts[kind], kind), default=iri("kind:statement-conflict"))


class _NewDocument(_Drafting):
    """The next document of its line or class."""

    def __init__(self, graph: GraphView, options: TemplateOptions) -> None:
        super().__init__(graph, options)
        known = kinds(graph)
        if options.kind not in known:
            every = [*known, *_table()["kinds"]]
            near = get_close_matches(options.kind, every, n=3)
            raise errors.UnknownName("kind", options.kind, suggestions=near, hint=f"Kinds are {', '.join(every)}.")
        self._class = known[options.kind]
        self._symbol = self._right_symbol()
        self._line = self._chosen_line()
        self._pattern = self._line[0]
        symbols = [self._symbol_of(member) for member in self._line if self._symbol_of(member)]
        if symbols and not self._symbol:
            raise errors.BadParameter("name", options.name, f"a symbol such as {symbols[0]}")
        end = self._day_after(options.date)
        if end and options.like is None and len(self._line) > 1 and end <= self._concluded(self._pattern):
            expected = f"later than that of {self._label_of(self._pattern, 'en')}, the latest of its line"
            raise errors.BadParameter("date", str(options.date), expected, hint="Or name the act with --like.")
        self._slug = _slug(self._symbol or options.name)
        head = _local(self._pattern).split("-")[0]
        if self._slug and not self._symbol and not self._slug.startswith(head):
            self._slug = f"{head}-{self._slug}"
        kind = curie(self._pattern).partition(":")[0]
        self._thing = self._new(kind if kind in PREFIXES else "instrument", self._slug)

    # -- the pattern

    def _right_symbol(self) -> str:
        """The symbol as those of its class are written; '' where the name is none.

        Raises:
            errors.BadParameter: It is part of one, or written as none of them is.
        """
        graph, name = self._graph, self._options.name.strip()
        things = graph.subjects(iri("rdf:type"), self._class)
        symbols = [symbol for thing in things if (symbol := self._symbol_of(thing))]
        starts = [start for start, _ in Counter(_parts(symbol)[0] for symbol in symbols).most_common()]
        forms = set(map(_form, symbols)) or {
            _form(self._symbol_of(thing)) for thing in graph.subjects(iri("rdf:type"), iri("coop:Document"))
        }
        words = (name, name.split(" ")[-1]) if re.search(r"\d", name) else ()
        for word in (re.sub(r"(?<!\d)0+(?=\d)", "", word.upper()) for word in words):
            for symbol in (word, *(start + word for start in starts)):
                if _form(symbol) in forms:
                    return symbol
        if "/" in name:
            alike = [symbol for symbol in symbols if symbol.startswith(starts[0])]
            raise errors.BadParameter("name", name, f"a symbol such as {max(alike or ['A/RES/64/256'], key=natural)}")
        return ""

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

    def _build(self) -> None:
        """The blocks, each after that of the pattern: the thing, coverage, event, source and claims."""
        self._places.append(f"made like {curie(self._pattern)} (--like names another)")
        self._instrument()
        for key, term in self._given():
            self._add(self._thing, key, term)
        coverage = self._coverage() if self._options.area else None
        if not coverage and self._asserted("coop:hasCoverage"):
            self._missing.append("coop:area (--area)")
        event = self._event()
        self._evidence(self._slug, [node for node in (coverage, event, self._thing) if node])

    def _asserted(self, key: str) -> list[NamedNode | Literal]:
        return _asserted(self._graph, self._pattern, key)

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
                names = (rf"\b{re.escape(name)}\b" for tag in (language, "en") for name in self._names(side, key, tag))
                if old := [name for name in names if re.search(name, label)]:
                    called = min(self._names(new, key, language), key=len, default="") if new else self._options.name
                    called = called or graph.label(str(new), language)
                    return re.sub(max(old, key=len), called.replace("\\", r"\\"), label, count=1)
        self._missing.append(f"a label in '{language}' (--label)")
        return self._options.name

    def _coverage(self) -> str:
        """The areas that the thing names."""
        like = next((node.value for node in self._asserted("coop:hasCoverage")), None)
        node = self._beside(like) if like else f"{PREFIXES['coverage']}{self._slug}"
        self._goes(node, like or self._thing)
        self._add(self._thing, "coop:hasCoverage", node)
        self._add(node, "rdf:type", iri("coop:Coverage"))
        areas = [self._resolved(text, "area", "vocab:area") for text in self._options.area]
        self._add(node, "coop:area", *areas)
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

    def _titled(self, language: str) -> str:
        return self._symbol or self._labels[language]

    def _says(self, language: str) -> str:
        """What happened to the thing, and when."""
        like = self._event_of(self._pattern)
        kind = self._graph.label(_asserted(self._graph, like, "rdf:type")[0].value, language) if like else ""
        said = ", ".join(filter(None, (kind, self._options.date)))
        return f"{self._labels[language].split(':')[0]}: {said}."
