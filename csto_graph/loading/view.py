"""A graph as it is read: the labels, values and links of its things, for whatever shows, checks or shares them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode, Quad, Triple

from .. import errors
from ..names import LABELS, PREFIXES, curie, iri
from ..sparql.catalog import Catalog
from ..sparql.text import mentioned_iris
from ..store.engine import Engine, graph_name, kind_of
from ..store.memory import Rdflib
from . import bundle as bundles
from . import inputs
from .dataset import Dataset, Options
from .inputs import Paths, silent

if TYPE_CHECKING:
    import rdflib

    from ..store.lookup import Lookup, Match
    from ..store.proofs import Derivation
    from .inputs import Progress

_TYPE = PREFIXES["rdf"] + "type"
_COOP = PREFIXES["coop"]
_SEARCHED = """
PREFIX coop: <https://w3id.org/csto-un/ontology#>
SELECT (COUNT(DISTINCT ?source) AS ?count) (MAX(COALESCE(STR(?moment), "")) AS ?until) WHERE {
  ?source a coop:Source . OPTIONAL { ?source coop:earliest ?moment }
}
"""


@dataclass(frozen=True, slots=True)
class Support:
    """A claim behind a statement.

    Attributes:
        claim: IRI of the claim.
        statement: What it says, in the language asked for.
        source: IRI of the source, or '' where none is known.
        passage: IRI of the passage, or ''.
        corroboration: IRI of the verdict, or '' (an opinion has none).
        opinion: Whether it is an opinion of its source.
    """

    claim: str
    statement: str
    source: str
    passage: str
    corroboration: str
    opinion: bool


class GraphView:
    """What a graph holds, without the questions that can be asked of it: `KnowledgeGraph` adds these.

    Attributes:
        bundle: Where the files of the project lie.
        language: In which labels are given.
    """

    def __init__(
        self,
        bundle: bundles.Bundle,
        files: Paths = (),
        options: Options = Options(),  # noqa: B008  (it is frozen)
        *,
        progress: Progress = silent,
        faulty: list[errors.GraphError] | None = None,
    ) -> None:
        self.bundle = bundle
        self.language = options.language
        self._languages = dict.fromkeys((self.language, "en", "ru"))
        self._options = options
        self._dataset = Dataset(bundle, inputs.paths(files), options, progress=progress, faulty=faulty)

    @property
    def files(self) -> tuple[str, ...]:
        """The user's files."""
        return self._dataset.files

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided while the user's files were read, such as against what relative IRIs were resolved."""
        return self._dataset.notes

    @property
    def asserted(self) -> Sequence[Triple]:
        """Every asserted statement, bundled and added."""
        return self._dataset.asserted

    @property
    def derivations(self) -> dict[Triple, Derivation]:
        """Each derived statement with the rule and the premises it was first derived from."""
        return self._dataset.derivations

    def engine(self, reading: str = "curated") -> Engine:
        """The engine that answers in a reading.

        Raises:
            errors.UnknownName: There is no such reading.
        """
        return self._dataset.engine(reading)

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
        ours = self._dataset.ontology and self._options.house_shapes
        house = bundles.read_turtle(self.bundle.shapes) if ours else ()
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
        from ..store.lookup import Lookup

        return Lookup(self.engine())

    @cached_property
    def graph(self) -> rdflib.Graph:
        """The whole graph for rdflib: the union of asserted, derived and claims, terms unchanged."""
        return Rdflib(self.engine().quads()).graph

    def quads(self) -> Iterator[Quad]:
        """Every statement with its named graph."""
        return self.engine().quads()

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

    def searched(self) -> dict[str, Any]:
        """Which sources an answer rests on: their number, and the latest date among those that are dated."""
        (row,) = self.engine().query(_SEARCHED, predicates=mentioned_iris(_SEARCHED)).rows
        count, until = (value.value if isinstance(value, Literal) else "" for value in row)
        return {"sources": int(count), "until": until[:10]}

    def label(self, name: str, language: str | None = None) -> str:
        """Label of a thing or term in a language, else in another one or in none, else its CURIE."""
        for predicate in LABELS:
            found: dict[str | None, str] = {}
            for value in self.objects(name, predicate):
                if isinstance(value, Literal):
                    found.setdefault(value.language, value.value)
            others = sorted(filter(None, found))
            for wanted in dict.fromkeys((language or self.language, *self._languages, None, *others)):
                if wanted in found:
                    return found[wanted]
        symbols = [value.value for value in self.objects(name, f"{_COOP}symbol")]
        return min(symbols, default=curie(name))

    def _short(self, name: str) -> str:
        """What stands for a thing in a table: its label, but the CURIE of a claim or passage, which has a sentence."""
        return curie(name) if kind_of(NamedNode(name)) in ("claim", "passage") else self.label(name)

    def objects(self, subject: str, predicate: str) -> list[NamedNode | Literal]:
        """Values of a property of a thing (IRIs)."""
        found = self.engine().match(NamedNode(subject), NamedNode(predicate), None)
        return list(dict.fromkeys(quad.object for quad in found if isinstance(quad.object, (NamedNode, Literal))))

    def value(self, subject: str, name: str) -> str:
        """The value of a property (a CURIE) as text: of several the first of the alphabet, of none ''."""
        return min((value.value for value in self.objects(subject, iri(name))), default="")

    def reference(self, thing: str, language: str | None = None) -> dict[str, str]:
        """``iri``, ``curie`` and ``label`` of a thing, as JSON documents name it."""
        return {"iri": thing, "curie": curie(thing), "label": self.label(thing, language)}

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

        opinion = iri("kind:opinion") in {value.value for value in self.objects(claim, f"{_COOP}kind")}
        text = spoken[0].value if spoken else curie(claim)
        source, passage = self.value(claim, "coop:source"), self.value(claim, "coop:passage")
        return Support(claim, text, source, passage, self.value(claim, "coop:corroboration"), opinion)
