"""The next thing of a kind, as Turtle to be filled in and kept, or put into the file where it belongs.

Nothing is known here of particular organizations: what a new document looks like is learned from the latest one of its
line (a chain of ``coop:updates``) or class. The nodes that hang on this pattern, its coverage and its adoption or
signing, give the names, the classes and the files of the new ones. What a thing of another kind holds stands in
``templates.toml`` and in the shapes. Each comes with its source and with claims that rest on it: one about the whole,
and one for each value that matters. A correction is a claim of another value, this value in the place of the old one,
and the conflict in which it was decided so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode, Triple

from .. import errors
from ..check import candidates
from ..check.candidates import Said, Value, agree
from ..check.shapes import Shapes, sh
from ..names import PREFIXES, curie, iri, natural
from ..rdf import terms
from .drafting import DATES, LANGUAGES, Draft, Drafting, asserted, kinds_table, local, slugged

if TYPE_CHECKING:
    from ..loading.view import GraphView

_CONCLUDING = ("coop:Adoption", "coop:Signing", "coop:Approval", "coop:Submission")


def draft(graph: GraphView, kind: str, name: str, given: Mapping[str, Any] = MappingProxyType({})) -> Draft:
    """The statements of a new thing of a kind.

    Args:
        graph: The one that it is made for.
        kind: Name of a class of documents in lower case with hyphens, such as ``joint-declaration``, or one of the
            kinds in ``templates.toml``.
        name: Symbol, name of the other side, or label; of a claim or correction, what it is about.
        given: What is known besides: names of the options of ``new``, with underscores, to text or texts (``type`` is
            that of ``--class``). What is missing, None or empty is left to the pattern.

    Raises:
        errors.UnknownName: There is no such kind, or no thing of a name that was given.
        errors.BadParameter: A date, votes, a symbol or a name do not fit.
    """
    making = {"source": _NewSource, "claim": _NewClaim, "correction": _NewCorrection}
    of = making.get(kind, _NewThing if kind in kinds_table()["kinds"] else _NewDocument)
    return of(graph, name, given).made(kind)


class _NewThing(Drafting):
    """What the table tells all of."""

    def _build(self, kind: str, table: Mapping[str, Any]) -> None:
        graph, name, wider = self._graph, self._option("type"), iri(table["class"])
        kind_of = (
            graph.lookup.resolve(name, of="owl:Class", parameter="class") if name else iri(table.get("default", wider))
        )
        above = {kind_of, *(node.value for node in graph.objects(kind_of, iri("rdfs:subClassOf")))}
        if wider not in above:
            raise errors.BadParameter("class", name, f"a kind of {graph.label(wider)}")
        slug = slugged(self._option("label") or self._name)
        self._class, self._thing = kind_of, self._fresh(table.get("prefix", kind), slug, numbered=False)
        self._begin(self._thing, min(graph.subjects(iri("rdf:type"), wider), default=None), kind_of)
        self._label(self._thing)
        given = self._given(table)
        for key, term in given:
            self._add(self._thing, key, term)
        flags = {key: f"--{option}" for option, key in table.get("options", {}).items()}
        for key in sorted(self._needed(above) - {key for key, _ in given} - {"skos:prefLabel"}):
            self._missing.append(f"{key} ({flags.get(key, f'--set {local(key)}=…')})")
        if table.get("claimed", True):
            self._evidence(slug, [self._thing])

    def _needed(self, classes: set[str]) -> set[str]:
        """The properties (CURIEs) that the shapes ask of each thing in these classes."""
        rules = Shapes(self._graph.shapes)
        shapes = [shape for kind in classes for shape in rules.index.subjects(sh("targetClass"), NamedNode(kind))]
        shapes += [part for shape in shapes for part in rules.objects(shape, sh("property"))]
        asked = [one for one in shapes if getattr(rules.one(one, sh("minCount")), "value", "0") != "0"]
        return {curie(name.value) for one in asked if isinstance(name := rules.one(one, sh("path")), NamedNode)}


class _NewSource(Drafting):
    """A source alone."""

    def _build(self, kind: str, table: Mapping[str, Any]) -> None:
        self._thing = self._source(slugged(self._option("label") or self._name))
        if not self._triples:
            expected = "the address of a new source"
            hint = f"{curie(self._thing)} has it already."
            raise errors.BadParameter("source-url", self._option("source_url"), expected, hint=hint)
        for key, term in self._given(table):
            self._add(self._thing, key, term)


class _NewClaim(Drafting):
    """What a source states of a thing that is there: in the whole, or values of it, which must not be other ones."""

    def _build(self, kind: str, table: Mapping[str, Any]) -> None:
        self._thing = self._graph.lookup.resolve(self._name, parameter="name")
        slug, given = local(self._thing), self._given(table)
        source = self._source(slug)
        for key, term in given:
            self._state(source, Said(iri(key), term), *self._holder(key))
        if not given:
            self._claim(source, slug, [self._thing])

    def _titled(self, language: str) -> str:
        return self._graph.label(self._thing, language)

    def _state(self, source: str, new: Said, holder: str, old: list[Said]) -> None:
        """A claim of one value, and the value itself where there is none yet."""
        key, term = new
        if old and not any(agree(one, new) for one in old):
            if not self._many(key):
                expected = f"what the graph has: {self._shown(*old)}"
                hint = f"'csto-graph new correction {curie(self._thing)}' puts it in its place."
                raise errors.BadParameter(local(key), self._shown(new), expected, hint=hint)
            old = []
        if not old:
            self._goes(holder, holder)
            self._add(holder, key, term)
        self._claim(source, local(holder), [holder], key, term)

    def _shown(self, *said: Said) -> str:
        graph = self._graph
        return ", ".join(graph.label(term.value) if isinstance(term, NamedNode) else term.value for _, term in said)

    def _holder(self, key: str) -> tuple[str, list[Said]]:
        """The node that has values of a property: the thing, or what belongs to it; and what is asserted there."""
        graph = self._graph
        parts = sorted((node.value for node in graph.objects(self._thing, iri("coop:comprises"))), key=natural)
        concluding = [one for kind in _CONCLUDING for one in parts if iri(kind) in graph.types(one)]
        for node in (self._thing, *concluding, *parts):
            names = DATES if key in DATES else (key,)
            found = [Said(iri(name), value) for name in names for value in asserted(graph, node, name)]
            if found:
                return node, found
        return self._thing, []

    def _many(self, key: str) -> bool:
        """Whether things may have several values of a property: some have."""
        quads = self._graph.engine().match(None, NamedNode(iri(key)), None)
        return max(Counter(quad.subject for quad in quads).values(), default=0) > 1


class _NewCorrection(_NewClaim):
    """Another value in the place of that which the graph has, with the claim behind it and the decision."""

    def _build(self, kind: str, table: Mapping[str, Any]) -> None:
        super()._build(kind, table)
        if not self._removed:
            hint = "Give the right value: --date, --place, --set PROPERTY=VALUE."
            raise errors.UsageError("Nothing is corrected.", hint=hint)

    def _state(self, source: str, new: Said, holder: str, old: list[Said]) -> None:
        graph, (key, term) = self._graph, new
        if not old or term in (value for _, value in old):
            told = f"{curie(holder)} has {'this' if old else 'no'} value of {curie(key)}."
            raise errors.UsageError(told, hint=f"'csto-graph new claim {curie(self._thing)}' adds a source.")
        if len({name for name, _ in old}) < len(old):
            told = f"{curie(holder)} has several values of {curie(key)}: {self._shown(*old)}."
            raise errors.UsageError(told, hint="Edit its file.")
        self._goes(holder, holder)
        self._remove(holder, old)
        self._remarks += [f"in the place of: {curie(said.property)} {self._shown(said)}" for said in old]
        self._add(holder, key, term)
        claim = self._claim(source, local(holder), [holder], key, term)
        rivals = candidates.rivals(graph, holder, {name for name, _ in old}, new)
        if rivals:
            joined = [one for rival in rivals for one in graph.subjects(iri("coop:joins"), rival)]
            self._decide(claim, rivals, joined[0] if joined else None, f"{local(holder)}-{local(key).lower()}", key)

    def _decide(self, claim: str, rivals: list[str], known: str | None, slug: str, key: str) -> None:
        """The conflict of the claim with its rivals, a new one or the one that is there, decided in its favour."""
        graph = self._graph
        if known:
            conflict = known
            self._goes(conflict, conflict)
            # The earlier decision goes, and with it the reason.
            for name in ("coop:accepts", "coop:open", "coop:rationale"):
                self._remove(conflict, [Said(name, value) for value in asserted(graph, conflict, name)])
        else:
            conflict = self._fresh("conflict", slug)
            like = min(graph.subjects(iri("rdf:type"), iri("coop:Conflict")), default=None)
            self._begin(conflict, like, iri("coop:Conflict"))
            self._add(conflict, "coop:kind", candidates.conflict_kind(key))
        self._add(conflict, "coop:joins", claim, *rivals)
        self._add(conflict, "coop:accepts", claim)
        texts = [one.object for one in self._triples if one.subject == NamedNode(claim)]
        said = {text.language: text.value for text in texts if isinstance(text, Literal) and text.language}
        self._texts(conflict, "coop:rationale", said, "rationale", "a reason in '{}'")

    def _remove(self, subject: str, said: Iterable[Said]) -> None:
        self._removed += [Triple(NamedNode(subject), NamedNode(iri(name)), value) for name, value in said]


class _NewDocument(Drafting):
    """The next document of its line or class: names, classes and files come from the latest one of these."""

    def _build(self, kind: str, table: Mapping[str, Any]) -> None:
        self._class = self._document_class(kind)
        self._symbol = self._right_symbol()
        self._line = self._chosen_line()
        self._pattern = self._line[0]
        symbol = next(filter(None, map(self._symbol_of, self._line)), "")
        if symbol and not self._symbol:
            raise errors.BadParameter("name", self._name, f"a symbol such as {symbol}")
        head, slug = local(self._pattern).split("-")[0], slugged(self._symbol or self._name)
        self._slug = f"{head}-{slug}" if slug and not self._symbol and not slug.startswith(head) else slug
        prefix = curie(self._pattern).partition(":")[0]
        self._thing = self._fresh(prefix if prefix in PREFIXES else "instrument", self._slug, numbered=False)
        self._remarks.append(f"made like {curie(self._pattern)} (--like names another)")
        self._instrument()
        parts = [self._coverage(), self._event(), self._thing]
        self._evidence(self._slug, [node for node in parts if node])

    def _document_class(self, kind: str) -> str:
        """The class of documents that has the name of the kind, and a precedent."""
        graph = self._graph
        documents = set(graph.subjects(iri("rdf:type"), iri("coop:Document")))
        found = sorted({node.value for thing in documents for node in asserted(graph, thing, "rdf:type")})
        known = {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", local(one)).lower(): one for one in found}
        if kind not in known:
            every = [*known, *kinds_table()["kinds"]]
            hint = f"Kinds are {', '.join(every)}."
            raise errors.UnknownName("kind", kind, suggestions=get_close_matches(kind, every, n=3), hint=hint)
        return known[kind]

    # -- the pattern

    def _right_symbol(self) -> str:
        """The symbol as those of its class are written; '' where the name is none.

        Raises:
            errors.BadParameter: It is part of one, or written as none of them is.
        """
        graph, name = self._graph, self._name.strip()

        def forms(kind: str) -> dict[str, str]:
            """Each number as 9 is what symbols of a class have in common."""
            found = filter(None, map(self._symbol_of, graph.subjects(iri("rdf:type"), kind)))
            return {symbol: re.sub(r"\d+", "9", symbol) for symbol in found}

        symbols = forms(self._class)
        known = set((symbols or forms(iri("coop:Document"))).values())
        starts = [start for start, _ in Counter(_parts(symbol)[0] for symbol in symbols).most_common()]
        words = (name, name.split(" ")[-1]) if re.search(r"\d", name) else ()
        for word in (re.sub(r"(?<!\d)0+(?=\d)", "", word.upper()) for word in words):
            for symbol in (word, *(start + word for start in starts)):
                if re.sub(r"\d+", "9", symbol) in known:
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

        if like := self._option("like"):
            return line(graph.lookup.resolve(like, parameter="like"))
        things = graph.subjects(iri("rdf:type"), self._class)
        lines = [line(thing) for thing in things if not graph.subjects(iri("coop:updates"), thing)]
        start = _parts(self._symbol)[0]

        def fitting(one: list[str]) -> tuple[object, ...]:
            # A symbol that begins alike tells the line, and a line goes before a later thing that renews nothing.
            alike = bool(self._symbol) and start in (_parts(self._symbol_of(it))[0] for it in one)
            return alike, alike and len(one) > 1, self._concluded(one[0]), natural(one[0])

        return max(lines or map(line, things), key=fitting)

    def _symbol_of(self, thing: str) -> str:
        return self._graph.value(thing, "coop:symbol")

    def _event_of(self, thing: str) -> str | None:
        """The adoption or signing of a thing: the event named after it that concerns it."""
        concerning = self._graph.subjects(iri("coop:concerns"), thing)
        named = sorted((event for event in concerning if event.endswith(f"-{local(thing)}")), key=natural)
        chosen = [event for kind in _CONCLUDING for event in named if iri(kind) in self._graph.types(event)]
        return next(iter([*chosen, *named]), None)

    def _concluded(self, thing: str) -> str:
        """When a thing was concluded, as an instant; '' where that is not known."""
        event = self._event_of(thing)
        return self._graph.value(event, "coop:earliest") if event else ""

    def _beside(self, node: str) -> str:
        """An IRI like that of a node named after the pattern."""
        return node.removesuffix(local(node)) + local(node).removesuffix(local(self._pattern)) + self._slug

    def asserted(self, key: str) -> list[Value]:
        return asserted(self._graph, self._pattern, key)

    # -- the blocks

    def _instrument(self) -> None:
        self._begin(self._thing, self._pattern, self._class)
        self._label(self._thing)
        self._add(self._thing, "coop:symbol", Literal(self._symbol) if self._symbol else None)
        for key in ("coop:kind", "coop:issuedBy"):
            self._add(self._thing, key, *self.asserted(key))
        if len(self._line) > 1:
            self._add(self._thing, "coop:updates", self._pattern)
        if self.asserted("coop:party"):
            self._add(self._thing, "coop:party", *self._parties)
            if len(self._parties) < 2:
                self._missing.append("coop:party (each side, --party)")
        for key, term in self._given({}):
            self._add(self._thing, key, term)

    def _coverage(self) -> str | None:
        """The areas that the thing names."""
        like = next((node.value for node in self.asserted("coop:hasCoverage")), None)
        if not self._option("area"):
            self._missing += ["coop:area (--area)"] if like else []
            return None
        node = self._beside(like) if like else f"{PREFIXES['coverage']}{self._slug}"
        self._begin(node, like or self._thing, iri("coop:Coverage"))
        self._add(self._thing, "coop:hasCoverage", node)
        for key, term in self._given(kinds_table()["coverage"], set=False):
            self._add(node, key, term)
        return node

    def _event(self) -> str | None:
        """The adoption or signing; what is wanted of it is what that of the pattern has."""
        graph, table, like = self._graph, kinds_table()["concluding"], self._event_of(self._pattern)
        if like is None:
            self._missing.append("an event: no precedent has one")
            return None
        node = self._beside(like)
        self._begin(node, like, *asserted(graph, like, "rdf:type"))
        self._add(node, "coop:concerns", self._thing)
        given = dict(self._given(table, set=False))
        self._refuse_date(given.get("coop:date"))
        if self._option("session") is None and (session := self._session()):
            given["coop:session"] = Literal(session)
        manner = given.get("coop:voteMode")
        if manner and "coop:votesFor" in given:
            alike = graph.subjects(iri("coop:voteMode"), manner.value)
            if not any(graph.objects(event, iri("coop:votesFor")) for event in alike):
                expected = f"for an act adopted '{self._option('mode')}'"
                raise errors.BadParameter("votes", self._option("votes"), expected)
        for key, term in given.items():
            self._add(node, key, term)
        for option in ("date", "session", "mode"):
            key = table["options"][option]
            if key not in given and (option == "date" or asserted(graph, like, key)):
                self._missing.append(f"{key} (--{option})")
        return node

    def _refuse_date(self, date: Value | None) -> None:
        """Stop where the next of a line is given a date that is not later than that of the pattern."""
        graph = self._graph
        if date is None or len(self._line) == 1 or self._option("like") is not None:
            return
        end = terms.days(date.value).end
        if end and terms.moment(end) <= self._concluded(self._pattern):
            expected = f"later than that of {graph.label(self._pattern, 'en')}, the latest of its line"
            raise errors.BadParameter("date", date.value, expected, hint="Or name the act with --like.")

    def _session(self) -> int | None:
        """The first number of the symbol, where that is the session in the line before."""
        for member in self._line:
            event, first = self._event_of(member), re.search(r"\d+", self._symbol_of(member))
            if event and first and self._graph.value(event, "coop:session") == first[0]:
                mine = re.search(r"\d+", self._symbol)
                return int(mine[0]) if mine else None
        return None

    # -- words

    @cached_property
    def _parties(self) -> list[str]:
        """The sides given; else the side that all things of the class share, and the one that the name names."""
        graph = self._graph
        if given := self._option("party"):
            return [graph.lookup.resolve(text, parameter="party") for text in given]
        others = graph.subjects(iri("rdf:type"), self._class)
        counts = Counter(side.value for other in others for side in asserted(graph, other, "coop:party"))
        common = [side for side, count in counts.items() if count == len(others)]
        named = [match.iri for match in graph.find(self._name, limit=1) if match.exact]
        return list(dict.fromkeys([*common, *named]))

    @cached_property
    def _labels(self) -> dict[str, str]:
        """Labels given, or made after those of the pattern."""
        given = {tag: self._option(f"label{end}") for tag, end in LANGUAGES.items()}
        return {tag: label or self._label_like(tag) for tag, label in given.items()}

    def _label_like(self, language: str) -> str:
        """A label of the line with the new symbol, or one of the pattern with the name of the new side."""
        graph, mine = self._graph, _parts(self._symbol)[1]
        for member in self._line if self._symbol else ():
            number, label = _parts(self._symbol_of(member))[1], graph.label(member, language)
            if number and number in label:
                label = label.replace(number, mine)
                # What follows the colon tells the subject again; without it the block stays short.
                return label.partition(":")[0] if mine in label.partition(":")[0] else label
        label, before = graph.label(self._pattern, language), [one.value for one in self.asserted("coop:party")]
        new = next((side for side in self._parties if side not in before), None)
        gone = [side for side in before if side not in self._parties]
        for side in gone if len(gone) == 1 and not re.search(r"\d", label) else ():
            for key in ("skos:prefLabel", "skos:altLabel"):
                names = (rf"\b{re.escape(name)}\b" for tag in (language, "en") for name in self._names(side, key, tag))
                if old := [name for name in names if re.search(name, label)]:
                    called = min(self._names(new, key, language), key=len, default="") if new else self._name
                    called = called or graph.label(str(new), language)
                    return re.sub(max(old, key=len), called.replace("\\", r"\\"), label, count=1)
        if len(self._parties) > 1:
            known = [sorted(self._names(side, "skos:altLabel", language)) for side in self._parties]
            sides = [min(one, key=len, default=graph.label(side, language))
                     for one, side in zip(known, self._parties, strict=True)]  # fmt: skip
            return f"{graph.label(self._class, language).capitalize()}: {', '.join(sides)}"
        return self._lacking(language)

    def _titled(self, language: str) -> str:
        return self._symbol or self._labels[language]

    def _says(self, language: str) -> str:
        """What happened to the thing, and when."""
        like = self._event_of(self._pattern)
        kind = self._graph.label(asserted(self._graph, like, "rdf:type")[0].value, language) if like else ""
        said = ", ".join(filter(None, (kind, self._option("date"))))
        return f"{self._labels[language].split(':')[0]}: {said}."


def _parts(symbol: str) -> list[str]:
    """A symbol up to its first number, and from there: ``A/RES/`` and ``64/256``."""
    return re.split(r"(?=\d)", symbol, maxsplit=1) if re.search(r"\d", symbol) else [symbol, ""]
