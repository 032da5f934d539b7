"""One thing: its names, facts, dates, sources and neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from ..loading.view import GraphView, Support
from ..names import PREFIXES, curie, iri, natural

_COOP = PREFIXES["coop"]
# Names and the machinery behind dates and support are shown in their own places, not as facts.
_ASIDE = frozenset(
    iri(name)
    for name in (
        "rdf:type", "skos:prefLabel", "skos:altLabel", "skos:hiddenLabel", "skos:inScheme", "rdfs:label",
        "skos:definition", "rdfs:isDefinedBy", "coop:supportedBy", "coop:disputedIn", "coop:earliest", "coop:latest",
        "coop:dayNumber", "coop:possibleFrom", "coop:certainFrom", "coop:certainUntil", "coop:possibleUntil",
        "coop:officialTitle", "coop:labelTemplate", "coop:about",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement about a thing.

    Attributes:
        property: IRI of the property.
        value: The value as a term.
        text: The value for people, in the language asked for.
        derived: Whether it was derived rather than asserted.
        claims: IRIs of the claims that state exactly this value.
    """

    property: str
    value: NamedNode | Literal
    text: str
    derived: bool
    claims: tuple[str, ...]


class Thing:
    """A thing of the graph; two are equal when their IRIs are.

    Attributes:
        iri: The full IRI.
        curie: The short form.
    """

    def __init__(self, graph: GraphView, name: str) -> None:
        self._graph = graph
        self.iri = name
        self.curie = curie(name)

    def label(self, language: str | None = None) -> str:
        """Its name in a language (by default the graph's), else in English, else its CURIE."""
        return self._graph.label(self.iri, language)

    @property
    def types(self) -> list[str]:
        """IRIs of its classes, most specific (asserted) first."""
        return list(self._graph.types(self.iri))

    def names(self, kind: str = "skos:altLabel") -> list[str]:
        """Other names: ``skos:altLabel``, ``skos:hiddenLabel`` or ``coop:officialTitle``."""
        return sorted(value.value for value in self.values(kind) if isinstance(value, Literal))

    def values(self, name: str) -> list[NamedNode | Literal]:
        """Values of one property, given as CURIE or IRI, in a fixed order."""
        found = self._graph.objects(self.iri, iri(name))
        return sorted(dict.fromkeys(found), key=lambda term: natural(str(term)))

    def facts(self, language: str | None = None) -> list[Fact]:
        """What is said of it, by property; names, types and support are left to their own methods."""
        claims = self._stated()
        found = []
        for name, value, derived in self._graph.statements(self.iri):
            if name in _ASIDE:
                continue
            text = self._graph.label(value.value, language) if isinstance(value, NamedNode) else value.value
            found.append(Fact(name, value, text, derived, tuple(claims.get((name, str(value)), ()))))
        known = {(fact.property, str(fact.value)) for fact in found if not fact.derived}
        kept = [fact for fact in found if not (fact.derived and (fact.property, str(fact.value)) in known)]
        return sorted(kept, key=lambda fact: (fact.derived, natural(curie(fact.property)), natural(fact.text)))

    def _stated(self) -> dict[tuple[str, str], list[str]]:
        stated: dict[tuple[str, str], list[str]] = {}
        for claim in self._graph.subjects(f"{_COOP}about", self.iri):
            for name in self._graph.objects(claim, f"{_COOP}property"):
                for value in self._graph.objects(claim, f"{_COOP}value"):
                    if isinstance(name, NamedNode):
                        stated.setdefault((name.value, str(value)), []).append(claim)
        return {key: sorted(claims, key=natural) for key, claims in stated.items()}

    def supports(self, language: str | None = None) -> list[Support]:
        """The claims about it, those of the pinned source first; opinions are marked."""
        claims = sorted(set(self._graph.subjects(f"{_COOP}about", self.iri)), key=natural)
        found = [self._graph.support(claim, language) for claim in claims]
        return sorted(found, key=lambda support: (not support.passage, natural(support.claim)))

    @property
    def sources(self) -> list[Thing]:
        """The sources that speak of it, each once."""
        names = dict.fromkeys(support.source for support in self.supports() if support.source)
        return [Thing(self._graph, name) for name in sorted(names, key=natural)]

    @property
    def conflicts(self) -> list[Thing]:
        """The conflicts in which a claim about it takes part."""
        found = {
            conflict
            for claim in self._graph.subjects(f"{_COOP}about", self.iri)
            for conflict in self._graph.subjects(f"{_COOP}joins", claim)
        }
        return [Thing(self._graph, name) for name in sorted(found, key=natural)]

    def incoming(self, language: str | None = None) -> Iterator[tuple[str, Thing]]:
        """Property and thing for each asserted statement that points here; claims are left out."""
        seen = set()
        for subject, name in self._graph.pointing(self.iri):
            pair = (name, subject)
            if pair not in seen and name not in _ASIDE:
                seen.add(pair)
                yield name, Thing(self._graph, subject)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing) and other.iri == self.iri

    def __hash__(self) -> int:
        return hash(self.iri)

    def __str__(self) -> str:
        return self.label()

    def __repr__(self) -> str:
        return f"<Thing {self.curie}: {self.label()}>"

    def _repr_html_(self) -> str:
        import html

        rows = "".join(
            f"<tr><th>{html.escape(self._graph.label(fact.property))}</th><td>{html.escape(fact.text)}</td></tr>"
            for fact in self.facts()
        )
        return f"<table><caption>{html.escape(self.label())}</caption>{rows}</table>"
