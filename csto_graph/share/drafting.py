"""A draft in the making: the blocks that each new thing is made of, its evidence, and the files where they go."""

from __future__ import annotations

import os
import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pyoxigraph import Literal, NamedNode, Triple

from .. import errors, files
from ..check import sources
from ..check.candidates import Value
from ..describe.proof import resolve_properties
from ..loading.inputs import locator
from ..names import PREFIXES, curie, iri, natural
from ..rdf import terms, turtle

if TYPE_CHECKING:
    from ..loading.view import GraphView

LANGUAGES = {"en": "", "ru": "_ru"}  # to what the names of options for texts in it end with
DATES = ("coop:date", "coop:notBefore", "coop:notAfter")
_LINE = 88  # Two texts that are shorter together stand in one line of Turtle.
_NAMES = ("rdf:type", "skos:prefLabel", "skos:altLabel", "skos:hiddenLabel")


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
def kinds_table() -> dict[str, Any]:
    """What a thing of each kind holds: ``templates.toml``."""
    return tomllib.loads(Path(__file__).with_name("templates.toml").read_text(encoding="utf-8"))


def asserted(graph: GraphView, thing: str, key: str) -> list[Value]:
    """Values of a property (a CURIE) that were not derived."""
    found = [value for name, value, derived in graph.statements(thing) if name == iri(key) and not derived]
    return sorted(found, key=lambda value: natural(value.value))


def local(node: str) -> str:
    """The end of an IRI or CURIE.

    >>> local("organization:unodc"), local("https://example.org/a#b")
    ('unodc', 'b')
    """
    return re.split(r"[/#:]", node)[-1]


def slugged(text: str) -> str:
    """A text as the last part of an IRI of a thing.

    >>> slugged("Joint Déclaration, 2010")
    'joint-declaration-2010'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _tag(text: str) -> str:
    return "ru" if re.search("[а-яё]", text, re.IGNORECASE) else "en"


class Drafting:
    """One draft in the making: what the kinds share."""

    def __init__(self, graph: GraphView, name: str, given: Mapping[str, Any]) -> None:
        self._graph, self._name = graph, name
        self._option = given.get
        self._thing = self._class = ""
        self._locate = locator([*graph.files, *graph.bundle.files])
        self._triples: list[Triple] = []
        self._removed: list[Triple] = []
        self._remarks: list[str] = []
        self._missing: list[str] = []
        self._homes: dict[str, str] = {}

    def made(self, kind: str) -> Draft:
        """The draft of a thing of a kind."""
        self._build(kind, kinds_table()["kinds"].get(kind, {}))
        root = self._graph.bundle.root
        for node, path in self._homes.items():
            short = os.path.relpath(path, root) if path else "a file of your choice"
            self._remarks.append(f"{path if short.startswith('..') else short}: {curie(node)}")
        self._remarks += (f"missing: {word}" for word in dict.fromkeys(self._missing))
        return Draft(self._triples, self._removed, self._remarks, self._homes)

    def _build(self, kind: str, table: Mapping[str, Any]) -> None:
        """Make the blocks of a kind, of which the table tells this."""
        raise NotImplementedError

    # -- blocks

    def _add(self, subject: str, key: str, *values: Value | str | None, wanted: str = "") -> None:
        """Add what there is; where that is nothing, say that it is missing, and which option gives it."""
        terms = [NamedNode(value) if isinstance(value, str) else value for value in values if value is not None]
        self._triples += [Triple(NamedNode(subject), NamedNode(iri(key)), term) for term in terms]
        if wanted and not terms:
            self._missing.append(f"{key} ({wanted})")

    def _begin(self, node: str, like: str | None, *classes: Value | str) -> None:
        """Begin a block, in the file where its precedent stands."""
        self._goes(node, like)
        self._add(node, "rdf:type", *classes)

    def _goes(self, node: str, like: str | None, *, name: str = "") -> None:
        """Remember in which file a block goes: where its precedent stands, or beside that in a file of this name."""
        found = self._locate(like, None) if like else None
        path = self._homes.get(like or "") or (found[0] if found else "")
        self._homes[node] = os.path.join(os.path.dirname(path), f"{name}.ttl") if path and name else path

    def _fresh(self, kind: str, slug: str, *, numbered: bool = True) -> str:
        """An IRI that nothing has yet, numbered where the first ones are taken.

        Raises:
            errors.BadParameter: Nothing of the name can stand in an IRI, or it is taken and may not be numbered.
        """
        name = self._name
        if not slug:
            hint = "Give a label in English: --label."
            raise errors.BadParameter("name", name, "a name with Latin letters or digits", hint=hint)
        node = first = f"{PREFIXES[kind]}{slug}"
        number = 1
        while node in self._homes or self._graph.lookup.exists(node):
            if not numbered:
                raise errors.BadParameter("name", name, "a new name", hint=f"{curie(first)} is there already.")
            node = f"{first}-{(number := number + 1)}"
        return node

    # -- values

    def _resolved(self, text: str, parameter: str, of: str | None = None) -> str:
        """A thing by name; for a concept, a place or a publisher its slug will do."""
        named = f"{PREFIXES[of.partition(':')[2].lower()]}{text}" if of else ""
        return (
            named
            if named and self._graph.lookup.exists(named)
            else self._graph.lookup.resolve(text, of=of, parameter=parameter)
        )

    def _term(self, key: str, text: str, parameter: str) -> Value:
        """A text as the kind of value that the property (a CURIE) has in the graph."""
        sample = next((quad.object for quad in self._graph.engine().match(None, NamedNode(iri(key)), None)), None)
        if key in DATES:
            try:
                terms.days(text)
            except ValueError as error:
                raise errors.BadParameter(parameter, text, "a day, month or year such as 2026-11-18") from error
            return Literal(text, datatype=NamedNode(terms.date_type(text)))
        if not isinstance(sample, Literal):
            return NamedNode(self._resolved(text, parameter, kinds_table()["of"].get(key)))
        if sample.datatype.value == iri("xsd:integer") and not text.isdecimal():
            raise errors.BadParameter(parameter, text, "a whole number")
        return Literal(text, language=_tag(text)) if sample.language else Literal(text, datatype=sample.datatype)

    def _given(self, table: Mapping[str, Any], *, set: bool = True) -> list[tuple[str, Value]]:
        """Property (a CURIE) and value of each that was given: by an option that the table names, or with --set."""
        found: list[tuple[str, Value]] = []
        for option, key in table.get("options", {}).items():
            given = self._option(option)
            if option == "votes" and given is not None:
                counts = re.fullmatch(r"(\d{1,4})-(\d{1,4})-(\d{1,4})", given)
                if not counts:
                    raise errors.BadParameter("votes", given, "votes for, against and abstentions, such as 67-8-69")
                found += [(name, Literal(int(n))) for name, n in zip(key.split(), counts.groups(), strict=True)]
            else:
                texts = given if isinstance(given, tuple) else () if given is None else (given,)
                found += [(key, self._term(key, str(text), option)) for text in texts]
        for one in self._option("set", ()) if set else ():
            name, sign, text = one.partition("=")
            if not sign:
                raise errors.BadParameter("set", one, "PROPERTY=VALUE, such as frequency=biennial")
            key = curie(resolve_properties(self._graph, self._graph.engine(), NamedNode(self._thing), name)[0])
            found.append((key, self._term(key, text, name)))
        return found

    def _names(self, thing: str, key: str, language: str) -> list[str]:
        names = self._graph.objects(thing, iri(key))
        return [name.value for name in names if isinstance(name, Literal) and name.language == language]

    @cached_property
    def _labels(self) -> dict[str, str]:
        """Labels given, or the name, in the language of its letters."""
        told = {tag: self._option(f"label{end}") for tag, end in LANGUAGES.items()}
        told[_tag(self._name)] = told[_tag(self._name)] or self._name
        return {tag: label or self._lacking(tag) for tag, label in told.items()}

    def _lacking(self, language: str) -> str:
        """The name, in the place of a label, and a remark."""
        self._missing.append(f"a label in '{language}' (--label{LANGUAGES[language].replace('_', '-')})")
        return self._name

    def _label(self, thing: str) -> None:
        self._add(thing, "skos:prefLabel", *(Literal(text, language=tag) for tag, text in self._labels.items()))

    def _titled(self, language: str) -> str:
        """What sources and claims call the thing."""
        return self._labels[language]

    def _says(self, language: str) -> str:
        """A statement about the whole, for a start: what it is."""
        kind = next(self._graph.types(self._thing), None) or self._class
        return f"{self._titled(language)}: {self._graph.label(kind, language)}."

    # -- evidence

    def _source(self, slug: str) -> str:
        """The source: the one named, the one at this address, or a new one."""
        graph, given = self._graph, self._option("source_url")
        if known := self._option("source"):
            return self._resolved(known, "source", "coop:Source")
        if given is not None and not sources.host(given):
            raise errors.BadParameter("source-url", given, "an address that begins with https:// or http://")
        there, publisher = sources.at(graph, given) if given else (None, None)
        if there:
            return there
        if known := self._option("publisher"):
            publisher = self._resolved(known, "publisher", "coop:Publisher")
        name = f"{local(publisher) if publisher else 'page'}-{slug}"
        source = self._fresh("source", name)
        self._goes(source, min(graph.subjects(iri("rdf:type"), iri("coop:Source")), default=None), name=local(source))
        self._add(source, "rdf:type", iri("coop:Source"))
        number = local(source).removeprefix(name).strip("-")
        for tag in LANGUAGES:
            voice, title = graph.label(publisher, tag) if publisher else "", self._titled(tag)
            label = (f"{voice}: {title}" if voice else title) + f" ({number})" * bool(number)
            self._add(source, "skos:prefLabel", Literal(label, language=tag))
        address = Literal(given, datatype=NamedNode(iri("xsd:anyURI"))) if given else None
        self._add(source, "coop:address", address, wanted="--source-url")
        self._add(source, "dcterms:publisher", publisher, wanted="--publisher")
        return source

    def _claim(
        self, source: str, slug: str, about: Sequence[str], key: str = "", value: Value | None = None, *,
        own: bool = True,
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
        head = local(source)
        name = head if head.endswith(slug) else f"{head}-{slug}"
        claim = self._fresh("claim", f"{name}-{local(key).lower()}" if key else name)
        self._begin(claim, source, iri("coop:Claim"))
        self._add(claim, "coop:about", *about)
        self._add(claim, "coop:property", iri(key) if key else None)
        self._add(claim, "coop:value", value)
        self._add(claim, "coop:kind", None if key else iri("kind:general"))
        self._add(claim, "coop:source", source)
        said = self._stating(key, value) if value is not None else {tag: self._says(tag) for tag in LANGUAGES}
        self._texts(claim, "coop:statement", said, "statement" if own else "", "a statement in '{}' of your own")
        return claim

    def _texts(self, node: str, key: str, texts: Mapping[str, str], option: str, wanted: str) -> None:
        """Texts in each language: those given by an option, or others, and then a remark."""
        for tag, end in LANGUAGES.items():
            given = option and self._option(option + end)
            self._add(node, key, Literal(given or texts[tag], language=tag))
            if option and not given:
                self._missing.append(f"{wanted.format(tag)} (--{option}{end.replace('_', '-')})")

    def _stating(self, key: str, value: Value) -> dict[str, str]:
        """What a claim of one value says in each language, in so few words that both stand in one line."""
        said: dict[str, list[str]] = {}
        for tag in LANGUAGES:
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
        # Names, classes and links need no claims.
        free = {*map(iri, _NAMES), *(name for name, _ in self._graph.pairs("coop:isLink"))}
        stated = [triple for triple in self._triples if triple.predicate.value not in free]
        source = self._source(slug)
        worded = self._option("statement") or self._option("statement_ru")
        if worded or not stated:
            self._claim(source, slug, about)
        for triple in stated:
            subject, value = str(getattr(triple.subject, "value", "")), triple.object
            assert isinstance(value, NamedNode | Literal)
            self._claim(source, slug, [subject], curie(triple.predicate.value), value, own=False)
        if not worded:
            self._missing += [
                f"statements in '{tag}' in words of your own (--statement{end.replace('_', '-')})"
                for tag, end in LANGUAGES.items()
            ]
