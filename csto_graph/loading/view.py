"""A graph as it is read: what it rests on, and the labels, values and links of its things.

It is made of the bundled files and the user's, and answers through an engine over all that follows from them. Small
data are held in memory and closed when they are first asked; large ones are kept in a store on disk. The bundled graph
alone was closed when the package was built.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from functools import cache, cached_property, partial
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from .. import errors
from ..names import LABELS, curie, iri, natural, says
from ..rdf.terms import as_iri, node, rdflib_graph, reached
from ..sparql.catalog import Catalog
from ..store.engine import GRAPHS, Engine, Lookup, Match, Node, Statement, graph_name, kind_of, mapped
from ..store.oxigraph import Oxigraph, Sink, opened, written
from . import inputs
from .inputs import Bundle, Paths, Progress, silent

if TYPE_CHECKING:
    import rdflib

#: Curated: disputed values as decided. Source: as the pinned source gives them.
READINGS = ("curated", "source")

#: What draws conclusions: the evaluator, the package owlrl, or neither; rules of the project's go with its ontology.
REASONERS = ("rules", "owlrl", "none")

#: In which labels can be given.
LANGUAGES = ("en", "ru")

#: Bytes of the user's files from which on the graph is kept on disk.
LARGE = 1024**2


class Options(NamedTuple):
    """What was asked for when a graph was loaded; `graph.load` says what each means.

    Only a validation sets ``contradictions``: statements that contradict each other are closed all the same.
    """

    only: bool = False
    ontology: bool = False
    house_shapes: bool = True
    reasoner: str = "rules"
    contradictions: bool = False
    base: str | None = None
    language: str = "en"
    queries: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    endpoint: str | None = None


class Support(NamedTuple):
    """A claim behind a statement.

    Attributes:
        claim: IRI of the claim.
        statement: What it says, in the language asked for.
        source: IRI of the source, or '' where none is known.
        passages: IRIs of its passages.
        corroboration: IRI of the verdict, or '' (an opinion has none).
        opinion: Whether it is an opinion of its source.
    """

    claim: str
    statement: str
    source: str
    passages: tuple[str, ...]
    corroboration: str
    opinion: bool


class GraphView:
    """What a graph holds, without the questions that can be asked of it: `KnowledgeGraph` adds these.

    Args:
        bundle: Where the files of the project lie.
        files: Files, folders and patterns of the user's.
        options: What takes part, and how it is read.
        progress: Is told of what takes long.
        faulty: Takes the error of each file that cannot be read, and the others are kept; without it they are raised.

    Attributes:
        bundle: Where the files of the project lie.
        language: In which labels are given.
        reasoner: What draws conclusions.
        files: The user's files: those of folders and patterns, too, each once; those that cannot be read are left out.
        notes: What was decided while they were read, such as against what relative IRIs were resolved.

    Raises:
        errors.UnknownName: There is no such reasoner or language.
        errors.UsageError: The base is no absolute IRI, or something is added to an endpoint.
    """

    def __init__(
        self, bundle: Bundle, files: Paths, options: Options, *, progress: Progress = silent,
        faulty: list[errors.GraphError] | None = None,
    ) -> None:  # fmt: skip
        _check("reasoner", options.reasoner, REASONERS)
        _check("language", options.language, LANGUAGES)
        hint = "Write it in full, such as https://example.org/."
        _node(errors.text_of(options.base or "x:"), f"The base {options.base!r}", hint)
        named = inputs.paths(files)
        if options.endpoint is not None and (named or options.only or options.reasoner != "rules"):
            hint = "Leave out the files, --only and --reasoner; 'csto-graph --data FILE publish' loads a server."
            raise errors.UsageError("The graph at an endpoint is asked as it is; nothing can be added.", hint=hint)
        self.bundle, self.language, self.reasoner = bundle, options.language, options.reasoner
        self.files: tuple[str, ...] = ()
        self._options, self._progress = options, progress
        self._ontology = options.ontology or not options.only
        self._bundled = bundle.files if not options.only else bundle.ontology if options.ontology else ()
        self.notes: list[str] = []
        self._own: list[Statement] = []
        self._engines: dict[str, Engine] = {}
        self._lock = Lock()
        # Files are read at once, so that a mistake in them shows here and not in the first question.
        wrong: list[errors.GraphError] = [] if faulty is None else faulty
        listed = inputs.files(named, faulty=wrong)
        sizes = (inputs.size(file) * (10 if file.lower().endswith(".gz") else 1) for file in listed)
        # owlrl closes a graph in memory or not at all.
        self._large = options.reasoner != "owlrl" and bool(listed) and sum(sizes) >= LARGE
        if self._large:
            # What reads them into the store raises all errors at once, or there are none left.
            self.files = tuple(listed if faulty is None else inputs.readable(listed, wrong, base=options.base))
        elif listed:
            found = inputs.read(listed, faulty=wrong, base=options.base, notes=self.notes)
            self.files, self._own = tuple(found), [statement for part in found.values() for statement in part]
        if wrong and faulty is None:
            raise inputs.together(wrong)
        if named or options.only or options.endpoint is not None:
            self.engine()

    def in_language(self, language: str) -> Self:
        """The same graph with labels in another language; both answer from the same engines.

        Raises:
            errors.UnknownName: There are no labels in it.
        """
        _check("language", language, LANGUAGES)
        other = copy(self)
        other.language = language
        return other

    @cached_property
    def asserted(self) -> Sequence[Triple]:
        """Every asserted statement, bundled and added."""
        return [quad.triple for name in GRAPHS[:-1] for quad in self.engine().quads(graph_name(name).value)]

    def engine(self, reading: str = "curated") -> Engine:
        """The engine that answers in a reading.

        Raises:
            errors.UnknownName: There is no such reading.
            errors.Inconsistent: The statements contradict each other.
        """
        _check("reading", reading, READINGS)
        with self._lock:
            if reading not in self._engines:
                self._engines[reading] = self._made(reading)
            return self._engines[reading]

    def _made(self, reading: str) -> Engine:
        options = self._options
        if options.endpoint is not None:
            from ..store.endpoint import Endpoint

            return Endpoint(errors.text_of(options.endpoint), reading=reading)
        write = partial(self._write, reading)
        if self._large:
            # Where relative IRIs are resolved against the address of a file, another place makes another graph.
            bases = [options.base] if options.base else list(map(os.path.abspath, self.files))
            key = "\n".join((reading, options.reasoner, *["contradictions"] * options.contradictions, *bases))
            store = opened(key, [*self._bundled, *self.files], write, self._progress)
            self.notes = store.manifest["notes"]
            return store
        alone = not (self.files or options.only) and options.reasoner == "rules"
        built = self.bundle.built(inputs.STATED if reading == "source" else inputs.CLOSED) if alone else None
        if built and reading == "source":
            return Oxigraph(built, lambda: written(write)[1])
        if built:
            parts = (self.bundle.built(name) or os.devnull for name in (inputs.PROOFS, inputs.NAMES))
            return Oxigraph(built, *(partial(mapped, path) for path in parts))
        nquads, proofs = written(write)
        return Oxigraph(nquads, lambda: proofs)

    def _write(self, reading: str, sink: Sink) -> list[str]:
        """Write the whole graph to a sink; what is to be noted about the files."""
        from . import pipeline

        options, progress, own = self._options, self._progress, iter(self._own)
        if self._large:
            own = inputs.statements(self.files, progress=progress, base=options.base, notes=self.notes)
        given: Iterable[Statement] = chain(map(pipeline.texts, inputs.read_turtle(*self._bundled)), own)
        pipeline.assemble(
            pipeline.as_stated(given) if reading == "source" else given, sink,
            schema=frozenset(map(pipeline.texts, inputs.read_turtle(*self.bundle.ontology))),
            reasoner=options.reasoner, contradictions=options.contradictions, house=self._ontology, progress=progress,
            locate=inputs.locator([*self.files, *self._bundled]),
        )  # fmt: skip
        return self.notes

    @cached_property
    def queries(self) -> Catalog:
        """The canned queries, those of the user among them."""
        return Catalog(self.bundle.queries, self._options.queries)

    @cached_property
    def shapes(self) -> list[Triple]:
        """The SHACL shapes, those of the user among them.

        Raises:
            errors.InputError: Files cannot be read or parsed; ``errors`` holds each.
        """
        house = inputs.read_turtle(self.bundle.shapes) if self._ontology and self._options.house_shapes else ()
        return [*house, *(one for own in self._own_shapes.values() for one in own)]

    @cached_property
    def _own_shapes(self) -> dict[str, list[Triple]]:
        """The user's shapes by file."""
        from . import pipeline

        found = inputs.read(self._options.shapes, base=self._options.base)
        return {file: list(map(pipeline.triple, statements)) for file, statements in found.items()}

    @cached_property
    def lookup(self) -> Lookup:
        """From words to things."""
        return Lookup(self.engine())

    @cached_property
    def graph(self) -> rdflib.Graph:
        """The whole graph for rdflib: the union of asserted, derived and claims, terms unchanged."""
        return rdflib_graph(self.engine().quads())

    def quads(self) -> Iterator[Quad]:
        """Every statement with its named graph."""
        return self.engine().quads()

    def iri(self, text: str) -> NamedNode:
        """A CURIE or IRI as a term.

        Raises:
            errors.UsageError: It is neither.
        """
        return _node(iri(errors.text_of(text)), repr(text), "Write it as prefix:name or in full.")

    def resolve(self, text: str, *, of: str | None = None, parameter: str = "thing") -> str:
        """IRI of the one thing that a text names; see `Lookup.resolve`."""
        return self.lookup.resolve(errors.text_of(text), of=of, parameter=parameter)

    def find(self, words: str, *, of: str | None = None, limit: int = 20) -> list[Match]:
        """Things by identifier, acronym, label or misnomer, best first."""
        return self.lookup.find(errors.text_of(words), of=of, limit=limit)

    def searched(self) -> dict[str, Any]:
        """Which sources an answer rests on: their number, and the latest date among those that are dated."""
        sources = self.subjects("rdf:type", iri("coop:Source"))
        until = max((self.value(source, "coop:earliest") for source in sources), default="")
        return {"sources": len(sources), "until": until[:10]}

    def label(self, name: str, language: str | None = None) -> str:
        """Label of a thing or term in a language, else in another one or in none, else its CURIE."""
        labels = (self.text(name, predicate, language) for predicate in LABELS)
        told = next(filter(None, labels), "") or self.value(name, "coop:symbol")
        return told or says("terms", curie(name), language or self.language) or curie(name)

    def _short(self, name: str) -> str:
        """What stands for a thing in a table: its label, but the CURIE of a claim or passage, which has a sentence."""
        return curie(name) if kind_of(NamedNode(name)) in ("claim", "passage") else self.label(name)

    def objects(self, subject: str, predicate: str) -> list[NamedNode | Literal]:
        """Values of a property (IRI or CURIE) of a thing (IRI); a text in the place of a thing has none."""
        thing = as_iri(subject)
        found = self.engine().match(thing, node(predicate), None) if thing else ()
        return list(dict.fromkeys(quad.object for quad in found if isinstance(quad.object, (NamedNode, Literal))))

    def things(self, subject: str, predicate: str) -> list[str]:
        """The things that are values of a property (IRI or CURIE) of another, in a fixed order."""
        values = self.objects(subject, predicate)
        return sorted((value.value for value in values if isinstance(value, NamedNode)), key=natural)

    def value(self, subject: str, name: str) -> str:
        """The value of a property (a CURIE) as text: of several the first of the alphabet, of none ''."""
        return min((value.value for value in self.objects(subject, iri(name))), default="")

    def text(self, subject: str, name: str, language: str | None = None) -> str:
        """A text that is a value of a property (a CURIE): in a language, else in another one or in none; of none ''."""
        values = (value for value in reversed(self.objects(subject, iri(name))) if isinstance(value, Literal))
        found = {value.language or "": value.value for value in values}  # of several in one language the first
        wanted = (language or self.language, self.language, *LANGUAGES, *sorted(found))
        return next((found[tag] for tag in wanted if tag in found), "")

    def reference(self, thing: str, language: str | None = None) -> dict[str, str]:
        """``iri``, ``curie`` and ``label`` of a thing, as JSON documents name it."""
        return {"iri": thing, "curie": curie(thing), "label": self.label(thing, language)}

    def subjects(self, predicate: str, value: str) -> list[str]:
        """Things that have a property (IRI or CURIE) with this IRI as value, in a fixed order."""
        found = self.engine().match(None, node(predicate), NamedNode(value))
        return sorted({quad.subject.value for quad in found if isinstance(quad.subject, NamedNode)}, key=natural)

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """Thing and text of each statement with a property (a CURIE) that has a text as value."""
        found = self.engine().match(None, NamedNode(iri(name)), None)
        return [(quad.subject.value, quad.object.value) for quad in found
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal)]  # fmt: skip

    def statements(self, subject: str) -> Iterator[tuple[str, NamedNode | BlankNode | Literal, bool]]:
        """Property, value and whether it was derived, for each statement about a thing."""
        for quad in self.engine().match(NamedNode(subject), None, None):
            if not isinstance(quad.object, Triple):
                yield quad.predicate.value, quad.object, quad.graph_name == graph_name("derived")

    def description(self, thing: str) -> list[Triple]:
        """What is said of a thing, and of the nodes without a name that it leads to; literals as they were read."""
        said = cache(lambda one: [quad.triple for quad in self.engine().match(one, None, None)])
        first = list[Node]([NamedNode(thing)])
        nodes = reached(first, lambda one: [each.object for each in said(one) if isinstance(each.object, BlankNode)])
        return [each for one in nodes for each in said(one)]

    def types(self, name: str) -> Iterator[str]:
        """Classes of a thing, asserted ones first."""
        found = [(derived, value.value) for key, value, derived in self.statements(name)
                 if key == iri("rdf:type") and isinstance(value, NamedNode)]  # fmt: skip
        return iter(dict.fromkeys(value for _, value in sorted(found)))

    def support(self, claim: str, language: str | None = None) -> Support:
        """What a claim says, where, and how it stands."""
        text = self.text(claim, "coop:statement", language) or curie(claim)
        passages = tuple(sorted(value.value for value in self.objects(claim, iri("coop:passage"))))
        opinion = NamedNode(iri("kind:opinion")) in self.objects(claim, iri("coop:kind"))
        source, verdict = (self.value(claim, name) for name in ("coop:source", "coop:corroboration"))
        return Support(claim, text, source, passages, verdict, opinion)


def _check(kind: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise errors.UnknownName(kind, name, suggestions=known)


def _node(text: str, what: str, hint: str) -> NamedNode:
    try:
        return NamedNode(text)
    except ValueError as error:
        raise errors.UsageError(f"{what} is no IRI: {error}.", hint=hint) from error
