"""The next thing of a kind, as Turtle to be filled in and kept, or put into the file where it belongs.

Nothing is known here of particular organizations: what a new document looks like is learned from the latest one of its
line (a chain of ``coop:updates``) or class. The nodes that hang on this pattern, its coverage and its adoption or
signing, give the names, the classes and the files of the new ones. What a thing of another kind holds stands in
``templates.toml`` and in the shapes. Each comes with its source and with claims that rest on it: one for each value
that matters, and one about the whole where the reader worded it. A correction is a claim of another value, this value
in the place of the old one, and the conflict in which it was decided so.
"""

from __future__ import annotations

import os
import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, count
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from .. import errors, files
from ..check import house, sources
from ..check.house import Said, Value
from ..check.shapes import Shapes, sh
from ..describe.schema import in_words, resolve_properties
from ..loading.inputs import locator
from ..loading.view import GraphView
from ..names import PREFIXES, curie, iri, kebab, local, natural, near, packaged
from ..rdf import terms, turtle
from ..rdf.terms import described, reached, texts

#: What can be given of each kind, and means what.
TABLES: dict[str, Any] = tomllib.loads(packaged("share/templates.toml"))

_LANGUAGES = {"en": "", "ru": "_ru"}  # to what the names of options for texts in it end with
_DATES = ("coop:date", "coop:notBefore", "coop:notAfter")
_CONCLUDING = ("coop:Adoption", "coop:Signing", "coop:Approval", "coop:Submission")  # the first two conclude most
_UNCLAIMED = ("rdf:type", "skos:prefLabel", "skos:altLabel", "skos:hiddenLabel")
_WORDED = "a statement in '{}' of your own"
_LATIN = str.maketrans("АВЕКМНОРСТХ", "ABEKMHOPCTX")  # Cyrillic letters that look like these


def draft(graph: GraphView, kind: str, name: str, given: Mapping[str, Any]) -> Draft:
    """The statements of a new thing of a kind.

    Args:
        graph: The one that it is made for.
        kind: Name of a class of documents in lower case with hyphens, such as ``joint-declaration``, or one of the
            kinds in ``templates.toml``.
        name: Symbol, name of the other side, or label; of a claim or correction, what it is about.
        given: What is known besides: names of the options of ``new``, with underscores, to text or texts. What is
            missing, None or empty is left to the pattern.

    Raises:
        errors.UnknownName: There is no such kind, or no thing of a name that was given.
        errors.BadParameter: Votes, a date, a symbol or a name do not fit.
        errors.UsageError: A correction corrects nothing, or the kind has no use for what was given.
    """
    table, made = TABLES["kinds"].get(kind), Draft(graph, name, given)
    if not table:
        made.document(kind)
    elif kind == "source":
        made.source_alone(table)
    elif kind in ("claim", "correction"):
        made.statements(table, correcting=kind == "correction")
    else:
        made.thing(kind, table)
    if left := [name for name, value in given.items() if value not in (None, "", ()) and name not in made.asked]:
        hint = "Leave it out, or give a property with --set PROPERTY=VALUE."
        raise errors.UsageError(f"'new {kind}' has no use for --{left[0].replace('_', '-')} here.", hint=hint)
    made.remarks += (f"missing: {word}" for word in dict.fromkeys(made.missing))
    return made


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
        OSError: A folder cannot be made; nothing was written.
    """
    data, mine = (os.path.join(os.path.realpath(path), "") for path in (f"{graph.bundle.root}/data", folder))
    base = os.path.join(mine, "data") if os.path.isdir(os.path.join(mine, "data")) else mine
    changes = defaultdict[str, tuple[list[Triple], list[Triple]]](lambda: ([], []))
    for replaced, triples in enumerate((made.triples, made.removed)):
        for triple in triples:
            subject = str(getattr(triple.subject, "value", ""))
            home = os.path.realpath(made.homes[subject] or "new.ttl")
            inside = home.removeprefix(data) if home.startswith(data) else os.path.basename(home)
            path = folder if folder.endswith(".ttl") else home if home.startswith(mine) else os.path.join(base, inside)
            if replaced and os.path.realpath(path) != home:
                hint = "Correct it in a checkout, installed in place: pip install -e ."
                raise errors.UsageError(f"{curie(subject)} stands in {home}, and not below {folder}.", hint=hint)
            changes[path][replaced].append(triple)
    texts = {
        path: turtle.format(files.read_text(path) if os.path.exists(path) else "", path=path, add=add, drop=drop)
        for path, (add, drop) in sorted(changes.items())
    }
    for path in texts:  # before anything is written
        os.makedirs(os.path.dirname(path) or os.curdir, exist_ok=True)
    for path, text in texts.items():
        files.write(path, [text])
    return list(texts)


def _asserted(graph: GraphView, thing: str, key: str) -> list[Value]:
    """Values of a property (a CURIE) that were not derived."""
    stated = (value for name, value, derived in graph.statements(thing) if name == iri(key) and not derived)
    found = [value for value in stated if isinstance(value, (NamedNode, Literal))]
    return sorted(found, key=lambda value: natural(value.value))


def _slug(text: str) -> str:
    """A text as the last part of an IRI of a thing; '' where Latin letters are not all that it has."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    # Of at most 80 letters: it is the name of a file, too.
    return "" if _tag(text) == "ru" else re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80].strip("-")


def _tag(text: str) -> str:
    return "ru" if re.search("[а-яё]", text, re.IGNORECASE) else "en"


def _parts(symbol: str) -> tuple[str, str, str]:
    """A symbol up to its first number, from there, and the number: ``A/RES/``, ``64/256`` and ``64``."""
    head, number, _ = re.split(r"(\d+|$)", symbol, maxsplit=1)
    return head, symbol.removeprefix(head), number


class Draft:
    """What is to be written, and how it is made.

    Attributes:
        node: IRI of what it is about.
        kind: IRI of its class.
        source: IRI of the source that its claims rest on.
        title: Language to what sources and claims call it.
        triples: The statements.
        removed: Statements in whose place they stand.
        remarks: For the reader: where each block goes, what it replaces and what is missing.
        homes: Subject to the file where its block goes; '' where nothing like it stands in a file.
    """

    def __init__(self, graph: GraphView, name: str, given: Mapping[str, Any]) -> None:
        self.graph, self.name, self.asked, self._given = graph, name, set[str](), given
        self.node, self.kind, self.source, self.title = "", "", "", dict[str, str]()
        self.triples, self.removed = list[Triple](), list[Triple]()
        self.remarks, self.missing, self.homes = list[str](), list[str](), dict[str, str]()
        self._locate = locator([*graph.files, *graph.bundle.files])

    def option(self, name: str, other: Any = None) -> Any:
        """What was given for an option, which is then known to be of use."""
        self.asked.add(name)
        return self._given.get(name, other)

    # -- the kinds

    def thing(self, kind: str, table: Mapping[str, Any]) -> None:
        """A thing of which the table and the shapes tell all."""
        graph, name, wider = self.graph, self.option("class"), iri(table["class"])
        kind_of = graph.resolve(name, of="owl:Class", parameter="class") if name else iri(table.get("default", wider))
        above = {kind_of, *graph.things(kind_of, "rdfs:subClassOf")}
        if wider not in above:
            raise errors.BadParameter("class", name, f"a kind of {graph.label(wider)}")
        self.kind, slug = kind_of, _slug(self.option("label") or self.name)
        self.node = self.fresh(table.get("prefix", kind), slug, self.name, table["class"])
        self.title, given = self.labels({}), self.given(table)
        self.add(self.node, given)
        self.block(self.node, wider, {"rdf:type": [kind_of], "skos:prefLabel": texts(self.title)})
        flags = {key: option for option, key in table.get("options", {}).items()}
        rules = Shapes(graph.shapes)
        shapes = [shape for one in above for shape in rules.subjects(sh("targetClass"), NamedNode(one))]
        shapes += [part for shape in shapes for part in rules.objects(shape, sh("property"))]
        asked = [one for one in shapes if getattr(rules.one(one, sh("minCount")), "value", "0") != "0"]
        needed = {curie(path.value) for one in asked if isinstance(path := rules.one(one, sh("path")), NamedNode)}
        for key in sorted(needed - {key for key, _ in given} - {"skos:prefLabel"}):
            self.lack(key, flags.get(key, f"set {local(key)}=…"))
        if table.get("claimed", True):
            self.evidence(slug)

    def source_alone(self, table: Mapping[str, Any]) -> None:
        """A source without a claim."""
        self.title = self.labels({})
        self.rest_on(_slug(self.option("label") or self.name))
        self.node = self.source
        if not self.triples:
            hint = f"{curie(self.node)} has it already."
            raise errors.BadParameter("source-url", self.option("source_url"), "the address of a new source", hint=hint)
        self.add(self.node, self.given(table))

    def statements(self, table: Mapping[str, Any], *, correcting: bool) -> None:
        """What a source states of a thing that is there: in the whole, or values of it, which correct it or fit."""
        graph = self.graph
        self.node = graph.resolve(self.name, parameter="name")
        self.kind = next(graph.types(self.node), "")
        self.title = {tag: graph.label(self.node, tag) for tag in _LANGUAGES}
        given = self.given(table)
        if correcting and not given:
            hint = "Give the right value: --date, --place, --set PROPERTY=VALUE."
            raise errors.UsageError("Nothing is corrected.", hint=hint)
        self.rest_on(local(self.node))
        if not given:
            self.claim(local(self.node), [self.node], self.whole())
        for key, term in given:
            holder, old = self.holder(key)
            new, values = Said(iri(key), term), [value for _, value in old]
            names = {name for name, _ in old}  # of a date known by its bounds both
            fits = any(house.agree(one, new) for one in old)
            # Where some have several values, another one is no contradiction.
            holders = Counter(quad.subject for quad in graph.engine().match(None, NamedNode(iri(key)), None))
            if correcting and (term in values or not 0 < len(old) == len(names)):
                has = "no value" if not old else "this value" if term in values else "several values"
                hint = f"'csto-graph new claim {curie(self.node)}' adds a source; of several values edit the file."
                raise errors.UsageError(f"{curie(holder)} has {has} of {curie(key)}.", hint=hint)
            if old and not correcting and not fits and max(holders.values(), default=0) < 2:
                hint = f"'csto-graph new correction {curie(self.node)}' puts it in its place."
                said = f"what the graph has: {self.shown(old)}"
                raise errors.BadParameter(local(key), self.shown([new]), said, hint=hint)
            if correcting or not fits:
                self.block(holder, holder, {key: [term]})
            words = self.worded("statement", _WORDED, self.stating(key, term))
            claim = self.claim(local(holder), [holder], words, key, term)
            if correcting:
                self.removed += [Triple(NamedNode(holder), NamedNode(name), value) for name, value in old]
                self.remarks += [f"in the place of: {curie(said.property)} {self.shown([said])}" for said in old]
                if rivals := house.rivals(graph, holder, names, new):
                    self.decide(claim, rivals, holder, key, term)

    def decide(self, claim: str, rivals: Sequence[str], holder: str, key: str, value: Value) -> None:
        """Let a claim be accepted beside others about a value: in the conflict that joins one of them, or a new one."""
        graph, like = self.graph, iri("coop:Conflict")
        decided = house.decision(iri(key), [claim, *rivals], claim)
        joined = [one for rival in rivals for one in graph.subjects("coop:joins", rival)]
        conflict = joined[0] if joined else self.fresh("conflict", f"{local(holder)}-{local(key).lower()}")
        if joined:
            like, decided = conflict, {name: decided[name] for name in ("coop:joins", "coop:accepts")}
            # The earlier decision goes, and with it the reason.
            gone = {name: _asserted(graph, conflict, name) for name in ("coop:accepts", "coop:open", "coop:rationale")}
            self.removed += described(conflict, gone)
            self.remarks.append(f"in the place of: {curie(conflict)}: the decision and its reason")
        reason = self.worded("rationale", "a reason in '{}'", self.stating(key, value))
        self.block(conflict, like, {**decided, "coop:rationale": texts(reason)})

    def holder(self, key: str) -> tuple[str, list[Said]]:
        """The node that has values of a property: the thing, or what belongs to it; and what is asserted there."""
        graph, names = self.graph, _DATES if key in _DATES else (key,)
        nodes = (self.node, *self.concluding(graph.things(self.node, "coop:comprises")))
        for node in nodes:
            if found := [Said(iri(name), value) for name in names for value in _asserted(graph, node, name)]:
                return node, found
        # Nothing here has one yet: it belongs where things of the same class have theirs.
        having = (quad.subject for quad in graph.engine().match(None, NamedNode(iri(key)), None))
        things = {thing.value for thing in having if isinstance(thing, NamedNode)}
        kinds = {kind for thing in things for kind in _asserted(graph, thing, "rdf:type")}
        return next((one for one in nodes if not kinds.isdisjoint(_asserted(graph, one, "rdf:type"))), self.node), []

    def concluding(self, things: Sequence[str]) -> list[str]:
        """Things in their order, but those first that conclude a document."""
        first = (one for kind in _CONCLUDING for one in things if iri(kind) in self.graph.types(one))
        return list(dict.fromkeys(chain(first, things)))

    def shown(self, said: Iterable[Said]) -> str:
        """Values in words."""
        return ", ".join(self.graph.label(v.value) if isinstance(v, NamedNode) else v.value for _, v in said)

    # -- blocks

    def add(self, subject: str, given: Iterable[tuple[str, Value]]) -> None:
        """Add values, each with its property (a CURIE)."""
        self.triples += [Triple(NamedNode(subject), NamedNode(iri(key)), value) for key, value in given]

    def lack(self, what: str, option: str) -> None:
        """Say that something is missing, and which option gives it."""
        self.missing.append(f"{what} (--{option.replace('_', '-')})")

    def block(self, node: str, like: str, said: Mapping[str, Iterable[Any]], *, file: str = "") -> None:
        """A block, where its precedent (or the first in a class) stands, or beside it in a file of that name.

        Args:
            node: IRI of the subject.
            like: IRI of the precedent, or of the class.
            said: CURIE of each property to its values.
            file: Name of the file, without its ending.
        """
        like = min(self.graph.subjects(iri("rdf:type"), like), default=like)
        found = self._locate(like, None)
        path = self.homes.get(like) or (found[0] if found else "")
        self.homes[node] = os.path.join(os.path.dirname(path), f"{file}.ttl") if path and file else path
        self.triples += described(node, said)

    def fresh(self, kind: str, slug: str, name: str = "", of: str = "") -> str:
        """An IRI that nothing has yet, numbered where the first ones are taken.

        Args:
            kind: The prefix.
            slug: The last part.
            name: What nothing in a class may be called yet; then the IRI is not numbered.
            of: The class (a CURIE).

        Raises:
            errors.BadParameter: Nothing of the name can stand in an IRI, or there is such a thing already.
        """
        if not slug:
            hint = "Give a label in English: --label."
            raise errors.BadParameter("name", self.name, "a name with Latin letters or digits", hint=hint)
        first = f"{PREFIXES[kind]}{slug}"
        there = [match.iri for match in self.graph.find(name, of=of, limit=1) if match.exact] if name else []
        names = chain([first], (f"{first}-{number}" for number in count(2)))
        node = next(one for one in names if not (one in self.homes or self.graph.lookup.exists(one)))
        if name and (there or node != first):
            hint = f"{curie([*there, first][0])} is there already."
            raise errors.BadParameter("name", self.name, "a new name", hint=hint)
        return node

    # -- values

    def resolved(self, text: str, parameter: str, of: str | None = None) -> str:
        """A thing by name; for a concept, a place or a publisher its slug will do."""
        if of and self.graph.lookup.exists(named := f"{PREFIXES[of.partition(':')[2].lower()]}{text}"):
            return named
        try:
            return self.graph.resolve(text, of=of, parameter=parameter)
        except errors.UnknownName as error:
            kinds = (kind for kind, table in TABLES["kinds"].items() if of and table.get("class") == of)
            error.hint += f" 'csto-graph new {next(kinds, 'KIND')} NAME' makes what is missing."
            raise

    def term(self, key: str, text: str, parameter: str) -> Value:
        """A text as the kind of value that the property (a CURIE) has in the graph."""
        if key in _DATES:
            try:
                return terms.dated(text)
            except ValueError as error:
                raise errors.BadParameter(parameter, text, "a day, month or year such as 2026-11-18") from error
        sample = next((quad.object for quad in self.graph.engine().match(None, NamedNode(iri(key)), None)), None)
        if not isinstance(sample, Literal):
            return NamedNode(self.resolved(text, parameter, TABLES["of"].get(key)))
        if sample.datatype.value == iri("xsd:integer") and not text.isdecimal():
            raise errors.BadParameter(parameter, text, "a whole number")
        return Literal(text, language=_tag(text)) if sample.language else Literal(text, datatype=sample.datatype)

    def given(self, table: Mapping[str, Any], *, more: bool = True) -> list[tuple[str, Value]]:
        """Property (a CURIE) and value of each that was given: by an option of the table, or (more) with --set."""
        found: list[tuple[str, Value]] = []
        for option, keys in table.get("options", {}).items():
            given = self.option(option)
            for text in given if isinstance(given, tuple) else () if given is None else (str(given),):
                parts = text.split("-") if " " in keys else [text]
                if len(parts) != len(keys.split()):
                    raise errors.BadParameter(option, text, "votes for, against and abstentions, such as 67-8-69")
                found += [(key, self.term(key, part, option)) for key, part in zip(keys.split(), parts, strict=True)]
        for one in self.option("set", ()) if more else ():
            name, sign, text = one.partition("=")
            if not sign:
                raise errors.BadParameter("set", one, "PROPERTY=VALUE, such as frequency=biennial")
            key = curie(resolve_properties(self.graph, self.graph.engine(), NamedNode(self.node), name)[0])
            found.append((key, self.term(key, text, name)))
        return found

    # -- words

    def worded(self, option: str, wanted: str, words: Mapping[str, str], sure: Collection[str] = ()) -> dict[str, str]:
        """Texts in each language: those given by an option, or others, which are missing where they are not sure."""
        for tag, end in _LANGUAGES.items():
            if not self.option(option + end) and tag not in sure:
                self.lack(wanted.format(tag), option + end)
        return {tag: self.option(option + end) or words[tag] for tag, end in _LANGUAGES.items()}

    def labels(self, made: Mapping[str, str]) -> dict[str, str]:
        """Labels given, else made, else the name, which is missing but in the language of its letters."""
        sure = [tag for tag, label in made.items() if label] if made else [_tag(self.name)]
        return self.worded("label", "a label in '{}'", {tag: made.get(tag) or self.name for tag in _LANGUAGES}, sure)

    def whole(self) -> dict[str, str]:
        """What a claim of no value says in each language: the reader's words, or what kind of thing it is about."""
        kinds = {tag: f"{title}: {self.graph.label(self.kind, tag)}." for tag, title in self.title.items()}
        return self.worded("statement", _WORDED, kinds)

    def stating(self, key: str, value: Value) -> dict[str, str]:
        """What a claim of one value says in each language, in so few words that both stand in one line."""
        said = []
        for tag, title in self.title.items():
            name, short = self.graph.label(iri(key), tag), in_words(self.graph, value, tag)
            # A longer name is told by the shortest that there is.
            if isinstance(value, NamedNode) and len(short) > 20:
                also = chain(*(_asserted(self.graph, value.value, key) for key in ("skos:altLabel", "coop:symbol")))
                names = [one.value for one in also if getattr(one, "language", "") in (tag, None)]
                short = min([short, *names], key=lambda text: (len(text), text))
            said.append((f"{title}: {name} — {short}", f"{name} — {short}", f"{name} — {local(value.value)}"))
        pairs = list(zip(*said, strict=True))
        # Two texts that are shorter together stand in one line of Turtle.
        best = next((pair for pair in pairs if sum(map(len, pair)) < 86), pairs[-1])
        return {tag: f"{text}." for tag, text in zip(self.title, best, strict=True)}

    # -- evidence

    def rest_on(self, slug: str) -> None:
        """Take the source that was named, the one at the address, or a new one."""
        graph, given = self.graph, self.option("source_url")
        there, publisher = sources.at(graph, given) if given else (None, None)
        if named := self.option("publisher"):
            publisher = self.resolved(named, "publisher", "coop:Publisher")
        if known := self.option("source"):
            there = self.resolved(known, "source", "coop:Source")
        elif given is not None and not sources.host(given):
            raise errors.BadParameter("source-url", given, "an address that begins with https:// or http://")
        if there:
            self.source = there
            return
        name = f"{local(publisher) if publisher else 'page'}-{slug}"
        self.source = self.fresh("source", name)
        number = local(self.source).removeprefix(name).strip("-")
        heads = {tag: f"{graph.label(publisher, tag)}: " if publisher else "" for tag in self.title}
        labels = {
            tag: heads[tag] + title.removeprefix(heads[tag]) + f" ({number})" * bool(number)
            for tag, title in self.title.items()
        }
        self.block(self.source, iri("coop:Source"), {
            "rdf:type": ["coop:Source"], "skos:prefLabel": texts(labels),
            "dcterms:publisher": [publisher] if publisher else [],
            "coop:address": [Literal(given, datatype=NamedNode(iri("xsd:anyURI")))] if given else [],
        }, file=local(self.source))  # fmt: skip
        if not given:
            self.lack("the page", "source_url")
        if not publisher:
            self.lack("who published it", "publisher")

    def claim(self, slug: str, about: Sequence[str], said: Mapping[str, str], key: str = "", value: Any = None) -> str:
        """A claim about things that rests on the source, and is called after it and the slug.

        It is about a value of a property (a CURIE), or about the whole, and says so in words by language.
        """
        head = local(self.source)
        name = head if head.endswith(slug) else f"{head}-{slug}"
        claim = self.fresh("claim", f"{name}-{local(key).lower()}" if key else name)
        self.block(claim, self.source, {
            "rdf:type": ["coop:Claim"], "coop:about": about,
            **({"coop:property": [key], "coop:value": [value]} if key else {"coop:kind": ["kind:general"]}),
            "coop:source": [self.source], "coop:statement": texts(said),
        })  # fmt: skip
        return claim

    def evidence(self, slug: str) -> None:
        """The source, a claim for each value, and one about the whole where that is all or the reader worded it."""
        about = list(self.homes)
        # Names, classes and links need no claims.
        free = {*map(iri, _UNCLAIMED), *(name for name, _ in self.graph.pairs("coop:isLink"))}
        stated = [triple for triple in self.triples if triple.predicate.value not in free]
        self.rest_on(slug)
        whole = self.whole()
        if self.option("statement") or self.option("statement_ru") or not stated:
            self.claim(slug, about, whole)
        for subject, name, value in stated:
            key = curie(name.value)
            self.claim(slug, [subject.value], self.stating(key, value), key, value)

    # -- the next document of its line or class: names, classes and files come from the latest one of these

    def document(self, kind: str) -> None:
        """A document, what it covers, and its adoption or signing."""
        graph = self.graph
        documents = graph.subjects("rdf:type", iri("coop:Document"))
        found = sorted({node.value for thing in documents for node in _asserted(graph, thing, "rdf:type")})
        classes = {kebab(one): one for one in found}
        if kind not in classes:
            every = [*classes, *TABLES["kinds"]]
            hint = f"Kinds are {', '.join(every)}."
            raise errors.UnknownName("kind", kind, suggestions=near(kind, every), hint=hint)
        self.kind = classes[kind]
        alike = graph.subjects("rdf:type", self.kind)
        symbols = [*filter(None, map(self.symbol_of, alike))]
        symbol = self.right_symbol(symbols, documents)
        line, sure = self.chosen_line(symbol, alike)
        pattern = line[0]
        known = next(filter(None, map(self.symbol_of, line)), "")
        if known and not symbol:
            like = max((known, *symbols), key=lambda one: _parts(one)[0] == _parts(self.name.upper())[0])
            raise errors.BadParameter("name", self.name, f"a symbol such as {like}")
        slug = _slug(symbol or self.name) or _slug(self.option("label") or "")
        head = local(pattern).split("-")[0]
        slug = f"{head}-{slug}" if slug and not symbol and not slug.startswith(head) else slug
        prefix = curie(pattern).partition(":")[0]
        prefix = prefix if prefix in PREFIXES else "instrument"
        self.node = self.fresh(prefix, slug, symbol or self.name, "coop:Document")
        self.remarks.append(f"made like {curie(pattern)} (--like names another)")
        # Some of a class may have sides, and its latest one none.
        sides = any(_asserted(graph, one, "coop:party") for one in alike)
        parties = [self.resolved(text, "party") for text in self.option("party") or ()] if sides else []
        labels = self.labels({tag: self.label_like(symbol, line, tag) for tag in _LANGUAGES})
        self.title = dict.fromkeys(_LANGUAGES, symbol) if symbol else labels
        given = self.given({})
        instead = {key for key, _ in given}

        def has(key: str) -> list[Value]:
            return [] if key in instead else _asserted(graph, pattern, key)

        if has("coop:party"):
            parties = parties or [match.iri for match in graph.find(self.name, limit=1) if match.exact]
        self.block(self.node, pattern, {
            "rdf:type": [self.kind], "skos:prefLabel": texts(labels),
            "coop:symbol": [Literal(symbol)] if symbol else [],
            "coop:kind": has("coop:kind"), "coop:issuedBy": has("coop:issuedBy"),
            "coop:updates": [pattern] if sure and len(line) > 1 else [],
            "coop:party": parties,
        })  # fmt: skip
        if has("coop:party") and len(parties) < 2:
            self.lack("coop:party: each side", "party")
        self.add(self.node, given)
        self.coverage(pattern, slug)
        self.event(symbol, line, slug)
        self.evidence(slug)

    def right_symbol(self, symbols: Sequence[str], documents: Iterable[str]) -> str:
        """The symbol as those of its class, or of all documents, are written; '' where the name is none."""
        known = {re.sub(r"\d+", "9", symbol) for symbol in symbols or map(self.symbol_of, documents)}
        starts = [start for start, _ in Counter(_parts(symbol)[0] for symbol in symbols).most_common()]
        words = (self.name.strip(), self.name.strip().split(" ")[-1])
        rights = (re.sub(r"(?<!\d)0+(?=\d)", "", word.upper().translate(_LATIN)) for word in words)
        made = (start + right for right in rights if re.search(r"\d", right) for start in ("", *starts))
        return next((symbol for symbol in made if re.sub(r"\d+", "9", symbol) in known), "")

    def chosen_line(self, symbol: str, alike: Iterable[str]) -> tuple[list[str], bool]:
        """The thing to take as the pattern and what it updates, latest first; whether it is sure.

        Args:
            symbol: Of the new document, or ''.
            alike: Those of its class.
        """

        def line(thing: str) -> list[str]:
            return list(reached([thing], lambda one: filter(None, [self.graph.value(one, "coop:updates")])))

        def fitting(one: list[str]) -> tuple[object, ...]:
            # A symbol that begins alike tells the line, and a line goes before a later thing that renews nothing, as
            # does what was adopted or signed before what was only approved.
            begins = bool(symbol) and _parts(symbol)[0] in (_parts(self.symbol_of(it))[0] for it in one)
            event = self.event_of(one[0])
            concluded = bool(event) and any(iri(kind) in self.graph.types(event) for kind in _CONCLUDING[:2])
            when = self.graph.value(event, "coop:earliest")
            return begins, begins and len(one) > 1, concluded, when, len(one), natural(one[0])

        if like := self.option("like"):
            return line(self.graph.resolve(like, parameter="like")), True
        lines = list(map(line, alike))
        found = max(lines, key=fitting)
        sure = len(found) < 2 or len({one[-1] for one in lines if len(one) > 1}) < 2
        if not sure:
            self.lack("coop:updates", "like")  # which line it goes on, only the reader knows
        return found, sure

    def symbol_of(self, thing: str) -> str:
        """The symbol of a document, or ''."""
        return self.graph.value(thing, "coop:symbol")

    def event_of(self, thing: str) -> str:
        """The adoption or signing of a thing: the event named after it that concerns it; '' where there is none."""
        named = [event for event in self.graph.subjects("coop:concerns", thing) if event.endswith(f"-{local(thing)}")]
        return next(iter(self.concluding(named)), "")

    def label_like(self, symbol: str, line: Iterable[str], language: str) -> str:
        """A label of the line with the new symbol, '' where there is none."""
        mine = _parts(symbol)[1]
        for member in line if symbol else ():
            number, label = _parts(self.symbol_of(member))[1], self.graph.label(member, language)
            if number and number in label:
                label = label.replace(number, mine)
                # What follows the colon tells the subject again; without it the block stays short.
                return label.partition(":")[0] if mine in label.partition(":")[0] else label
        return ""

    def coverage(self, pattern: str, slug: str) -> None:
        """The node of the areas that it names, if any."""
        like, node = _asserted(self.graph, pattern, "coop:hasCoverage"), f"{PREFIXES['coverage']}{slug}"
        if self.option("area"):
            self.block(node, like[0].value if like else self.node, {"rdf:type": ["coop:Coverage"]})
            self.triples += described(self.node, {"coop:hasCoverage": [node]})
            self.add(node, self.given(TABLES["coverage"], more=False))
        elif like:
            self.lack("coop:area", "area")

    def event(self, symbol: str, line: Sequence[str], slug: str) -> None:
        """Its adoption or signing; what is wanted of it is what that of the pattern has."""
        graph, table, like = self.graph, TABLES["concluding"], self.event_of(line[0])
        if not like:
            self.missing.append("an event: no precedent has one")
            return
        node = like.removesuffix(local(line[0])) + slug
        self.block(node, like, {"rdf:type": _asserted(graph, like, "rdf:type"), "coop:concerns": [self.node]})
        given = dict(self.given(table, more=False))
        # Where a symbol of the line begins with its session, this one does.
        begun = ((_parts(self.symbol_of(one))[2], graph.value(self.event_of(one), "coop:session")) for one in line)
        if symbol and any(number and number == session for number, session in begun):
            given.setdefault("coop:session", Literal(int(_parts(symbol)[2])))
        self.add(node, given.items())
        for option in ("date", "session", "mode"):
            key = table["options"][option]
            if key not in given and (option == "date" or _asserted(graph, like, key)):
                self.lack(key, option)
