"""`KnowledgeGraph`: the one noun users hold. It asks, finds, shows, validates and exports."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple

from . import bundle as bundles
from . import errors
from .catalog import Catalog, Query, named
from .names import PREFIXES, curie, iri
from .results import Table
from .store import Answer, Engine, Limits, Oxigraph, Rdflib, graph_name, kind_of

if TYPE_CHECKING:
    import rdflib

    from .entity import Support, Thing
    from .lookup import Lookup, Match
    from .proofs import Derivation
    from .validation import Report

READINGS = ("curated", "source")
"""Curated: disputed values as decided. Source: as the pinned source gives them."""

_TYPE = PREFIXES["rdf"] + "type"
_COOP = PREFIXES["coop"]
_LABELS = tuple(iri(name) for name in ("skos:prefLabel", "rdfs:label"))


def load(
    data: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    *,
    only: bool = False,
    reasoner: str = "rules",
    language: str = "en",
) -> KnowledgeGraph:
    """Open the bundled graph, with files of your own added.

    Args:
        data: RDF files of any supported format; they are read in a worker process with limits.
        only: Leave the bundled data out; the ontology and vocabularies stay.
        reasoner: ``rules`` (the project's evaluator) or ``owlrl``.
        language: In which labels are given: ``en`` or ``ru``.

    Raises:
        errors.InputError: A file cannot be read or parsed.
        errors.Inconsistent: The statements contradict each other.
        errors.UnknownName: There is no such reasoner.
    """
    paths = [data] if isinstance(data, (str, os.PathLike)) else list(data)
    if reasoner not in ("rules", "owlrl"):
        raise errors.UnknownName("reasoner", reasoner, suggestions=("rules", "owlrl"))
    if language not in ("en", "ru"):
        raise errors.UnknownName("language", language, suggestions=("en", "ru"))
    return KnowledgeGraph(bundles.Bundle.default(), paths, only=only, reasoner=reasoner, language=language)


class KnowledgeGraph:
    """A graph of things, claims and sources, and the questions it can answer.

    Attributes:
        bundle: Where the files of the project lie.
        language: In which labels are given.
    """

    def __init__(
        self,
        bundle: bundles.Bundle,
        files: Sequence[str | os.PathLike[str]] = (),
        *,
        only: bool = False,
        reasoner: str = "rules",
        language: str = "en",
    ) -> None:
        self.bundle = bundle
        self.language = language
        self.files = tuple(os.fspath(path) for path in files)
        self._only = only
        self._reasoner = reasoner
        self._engines: dict[str, Engine] = {}
        self._lock = Lock()
        self._languages = dict.fromkeys((language, "en", "ru"))
        # Files are read at once, so that a mistake in them shows here and not in the first question.
        self._own = [triple for path in files for triple in _read(path)]
        if self._own or only:
            self.engine()

    # -- what it rests on

    @cached_property
    def asserted(self) -> list[Triple]:
        """Every asserted statement, bundled and added."""
        if not self._only:
            return [*self.bundle.triples(), *self._own]
        return [*(triple for path in self.bundle.ontology for triple in bundles.read_turtle(path)), *self._own]

    @cached_property
    def _assembled(self) -> tuple[list[Quad], dict[Triple, Derivation]]:
        return bundles.assemble(self.asserted, reasoner=self._reasoner)

    @property
    def derivations(self) -> dict[Triple, Derivation]:
        """Each derived statement with the rule and the premises it was first derived from."""
        return self._assembled[1]

    def engine(self, reading: str = "curated") -> Engine:
        """The engine that answers in a reading.

        Raises:
            errors.UnknownName: There is no such reading.
        """
        if reading not in READINGS:
            raise errors.UnknownName("reading", reading, suggestions=READINGS)
        with self._lock:
            if reading not in self._engines:
                self._engines[reading] = Oxigraph(self._closed(reading), self._proofs)
            return self._engines[reading]

    def _built(self, name: str) -> str | None:
        """A file of the built package, where the graph is just the bundled one."""
        own = self._own or self._only or self._reasoner != "rules"
        return None if own else self.bundle.built(name)

    def _closed(self, reading: str) -> str | bytes:
        built = self._built(bundles.CLOSED if reading == "curated" else bundles.STATED)
        if built:
            return built
        if reading == "curated":
            return bundles.nquads(self._assembled[0])
        return bundles.nquads(bundles.assemble(bundles.as_stated(self.asserted), reasoner=self._reasoner)[0])

    def _proofs(self) -> bytes:
        from . import proofs

        built = self._built(bundles.PROOFS)
        if built is None:
            return proofs.nquads(self.derivations)
        with open(built, "rb") as file:
            return file.read()

    @cached_property
    def queries(self) -> Catalog:
        """The canned queries."""
        return Catalog.read(self.bundle.queries)

    @cached_property
    def lookup(self) -> Lookup:
        """From words to things."""
        from .lookup import Lookup

        return Lookup(self.engine())

    @cached_property
    def graph(self) -> rdflib.Graph:
        """The whole graph for rdflib: the union of asserted, derived and claims, terms unchanged."""
        return Rdflib(self.engine().quads()).graph

    def quads(self) -> Iterator[Quad]:
        """Every statement with its named graph."""
        return self.engine().quads()

    # -- asking

    def run(self, name: str, /, *, reading: str = "curated", limits: Limits | None = None, **values: object) -> Table:
        """Answer a canned query.

        Args:
            name: Name of the query.
            reading: ``curated`` or ``source``.
            limits: With it, the query runs in a worker process under these limits.
            values: Its parameters.

        Raises:
            errors.UnknownName: No such query, parameter or thing.
            errors.BadParameter: A value does not fit.
            errors.LimitReached: A limit was given and reached.
        """
        query = self.queries[name]
        return self.ask(query, query.bind(values, self), reading=reading, limits=limits)

    def ask(self, query: Query, text: str, *, reading: str = "curated", limits: Limits | None = None) -> Table:
        """Answer a canned query that is already bound."""
        answer = self.engine(reading).query(text, predicates=named(text), limits=limits)
        table = Table(query.columns, answer.rows, label=self._short)
        if not len(table):
            table.searched = self.searched()
        return table

    def sparql(self, text: str, *, limits: Limits | None = None, reading: str = "curated") -> Answer:
        """Answer any SPARQL 1.1 query, read-only, in a worker process with limits; the project's prefixes are known.

        Raises:
            errors.QueryError: The text does not parse or asks for what is refused.
            errors.LimitReached: Time, memory or rows ran out.
        """
        return self.engine(reading).foreign(text, limits=limits or Limits())

    def select(
        self, text: str, values: Mapping[str, object] | None = None, *, timeout: float = 10.0, limit: int | None = None
    ) -> Table:
        """Answer a SELECT with ``$name`` bound to terms or Python values.

        Args:
            text: SPARQL; ``$name`` marks a value.
            values: Name to pyoxigraph term, Thing, bool, int, float, or str (a string, never an IRI).
            timeout: Seconds.
            limit: How many rows at most; more are an error.

        Raises:
            errors.QueryError: The text does not parse, or is no SELECT.
            errors.LimitReached: Time or rows ran out.
        """
        from .catalog import bind

        bound = bind(text, {name: _term(value) for name, value in (values or {}).items()})
        answer = self.sparql(bound, limits=Limits(seconds=timeout, rows=limit))
        if answer.kind != "solutions":
            raise errors.QueryError("This is not a SELECT query.", hint="Use sparql() for ASK, CONSTRUCT, DESCRIBE.")
        return Table(dict.fromkeys(answer.variables, "value"), answer.rows, label=self._short)

    def searched(self) -> dict[str, Any]:
        """Which sources an answer rests on: their number, and the latest date among those that are dated."""
        sources = set(self.subjects(_TYPE, f"{_COOP}Source"))
        dated = [value.value for name in sources for value in self.objects(name, f"{_COOP}earliest")]
        return {"sources": len(sources), "until": max(dated, default="")[:10]}

    # -- finding

    def iri(self, text: str) -> NamedNode:
        """A CURIE or IRI as a term.

        Raises:
            errors.UsageError: It is neither.
        """
        try:
            return NamedNode(iri(text))
        except ValueError as error:
            hint = "Write it as prefix:name or in full."
            raise errors.UsageError(f"{text!r} is no IRI: {error}.", hint=hint) from error

    def resolve(self, text: str, *, of: str | None = None, parameter: str = "thing") -> str:
        """IRI of the one thing that a text names; see `Lookup.resolve`."""
        return self.lookup.resolve(text, of=of, parameter=parameter)

    def find(self, words: str, *, of: str | None = None, limit: int = 20) -> list[Match]:
        """Things by identifier, acronym, label or misnomer, best first."""
        return self.lookup.find(words, of=of, limit=limit)

    def __getitem__(self, name: str) -> Thing:
        """The one thing of that IRI, CURIE, identifier or name.

        Raises:
            errors.UnknownName: There is none; with suggestions.
            errors.BadParameter: There are several.
        """
        from .entity import Thing

        if not isinstance(name, str):
            raise errors.UsageError(f"{name!r} is no name.", hint="Give an IRI, a CURIE, an identifier or a label.")
        return Thing(self, self.lookup.resolve(name))

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and bool(self.lookup.resolve(name))
        except errors.BadParameter:
            return True
        except errors.UnknownName:
            return False

    def label(self, name: str, language: str | None = None) -> str:
        """Label of a thing or term in a language, else in another one, else its CURIE."""
        for predicate in _LABELS:
            found: dict[str | None, str] = {}
            for value in self.objects(name, predicate):
                if isinstance(value, Literal):
                    found.setdefault(value.language, value.value)
            for wanted in dict.fromkeys((language or self.language, *self._languages)):
                if wanted in found:
                    return found[wanted]
        symbols = [value.value for value in self.objects(name, f"{_COOP}symbol")]
        return min(symbols, default=curie(name))

    def _short(self, name: str) -> str:
        """What stands for a thing in a table: its label, but the CURIE of a claim or passage, which has a sentence."""
        return curie(name) if kind_of(NamedNode(name)) in ("claim", "passage") else self.label(name)

    # -- the plain statements, for modules that show or check

    def objects(self, subject: str, predicate: str) -> list[NamedNode | Literal]:
        """Values of a property of a thing (IRIs)."""
        found = self.engine().match(NamedNode(subject), NamedNode(predicate), None)
        return list(dict.fromkeys(quad.object for quad in found if isinstance(quad.object, (NamedNode, Literal))))

    def subjects(self, predicate: str, value: str) -> list[str]:
        """Things that have a property with this IRI as value."""
        found = self.engine().match(None, NamedNode(predicate), NamedNode(value))
        return list(dict.fromkeys(quad.subject.value for quad in found if isinstance(quad.subject, NamedNode)))

    def statements(self, subject: str) -> Iterator[tuple[str, NamedNode | Literal, bool]]:
        """Property, value and whether it was derived, for each statement about a thing."""
        derived = graph_name("derived")
        for quad in self.engine().match(NamedNode(subject), None, None):
            if isinstance(quad.object, (NamedNode, Literal)):
                yield quad.predicate.value, quad.object, quad.graph_name == derived

    def pointing(self, value: str) -> Iterator[tuple[str, str]]:
        """Subject and property of each asserted statement of the domain whose value is a thing."""
        found = self.engine().match(None, None, NamedNode(value), graph_name("data"))
        named = {(quad.subject.value, quad.predicate.value) for quad in found if isinstance(quad.subject, NamedNode)}
        return iter(sorted(named))

    def types(self, name: str) -> Iterator[str]:
        """Classes of a thing, asserted ones first."""
        found = [(derived, value.value) for key, value, derived in self.statements(name) if key == _TYPE]
        return iter(dict.fromkeys(value for _, value in sorted(found)))

    def support(self, claim: str, language: str | None = None) -> Support:
        """What a claim says, where, and how it stands."""
        wanted = language or self.language
        statements = [value for value in self.objects(claim, f"{_COOP}statement") if isinstance(value, Literal)]
        spoken = sorted(statements, key=lambda value: (value.language != wanted, value.language or ""))

        def one(name: str) -> str:
            return min((value.value for value in self.objects(claim, f"{_COOP}{name}")), default="")

        opinion = iri("kind:opinion") in {value.value for value in self.objects(claim, f"{_COOP}kind")}
        text = spoken[0].value if spoken else curie(claim)
        from .entity import Support

        return Support(claim, text, one("source"), one("passage"), one("corroboration"), opinion)

    # -- checking and taking away

    def validate(self, files: Iterable[str | os.PathLike[str]] = (), *, language: str | None = None) -> Report:
        """Check the graph, with files added if any, by SHACL and the house rules.

        Raises:
            errors.InputError: A file cannot be read or parsed.
            errors.Inconsistent: The statements contradict each other.
        """
        from . import validation
        from .locating import Locator

        paths = [os.fspath(path) for path in files]
        checked = KnowledgeGraph(
            self.bundle, [*self.files, *paths], only=self._only, reasoner=self._reasoner, language=self.language
        )
        shapes = list(bundles.read_turtle(self.bundle.shapes))
        locator = Locator([*checked.files, *self.bundle.files])
        triples = dict.fromkeys(quad.triple for quad in checked.quads())
        return validation.validate(triples, shapes, locate=locator.locate)

    def export(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        what: str = "all",
        as_of: str | None = None,
        possible: bool = False,
    ) -> None:
        """Write the graph, or a part, to a file: whole or not at all.

        Args:
            path: The file; its ending names the format unless ``format`` does.
            format: See `formats`.
            what: One of `exporting.PARTS`.
            as_of: A day, month or year: what had happened and surely held by then.
            possible: With ``as_of``: also what may have happened or held.

        Raises:
            errors.UnknownName: No such format or part.
            errors.OutputError: The file cannot be written; an older one is untouched.
        """
        from pathlib import Path

        from . import exporting, files, formats

        chosen = format or formats.by_path(path, kind="graph").name
        files.write(Path(path), exporting.export(self, chosen, what=what, as_of=as_of, possible=possible))

    def __len__(self) -> int:
        return self.engine().count()

    def __repr__(self) -> str:
        return f"<KnowledgeGraph {len(self):,} statements · {len(self.queries)} queries>"


def _read(path: str | os.PathLike[str]) -> list[Triple]:
    """The statements of a file from outside; blank nodes keep apart from those of other files."""
    from pyoxigraph import parse

    from . import sandbox

    return [quad.triple for quad in parse(sandbox.read(os.fspath(path)), format=RdfFormat.N_QUADS)]


def _term(value: object) -> NamedNode | Literal:
    if isinstance(value, (NamedNode, Literal)):
        return value
    name = getattr(value, "iri", None)
    if isinstance(name, str):
        return NamedNode(name)
    if isinstance(value, (bool, int, float, str)):
        return Literal(value)
    raise errors.UsageError(f"{value!r} cannot be bound in a query.", hint="Give a term, a Thing, a number or a text.")
