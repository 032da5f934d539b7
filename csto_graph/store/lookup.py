"""From words to things: by identifier, acronym, label and misnomer, in that order, in any language."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Quad

from .. import errors
from ..names import KINDS, LABELS, PREFIXES, SCHEMES, curie, iri, natural
from .engine import Engine, Index, Name, kind_of, name_lines

ROLES = {
    PREFIXES["coop"] + "symbol": "identifier",
    PREFIXES["dcterms"] + "identifier": "identifier",
    PREFIXES["skos"] + "altLabel": "acronym",
    **dict.fromkeys(LABELS, "label"),
    PREFIXES["coop"] + "officialTitle": "label",
    PREFIXES["skos"] + "hiddenLabel": "misnomer",
}
"""Properties that give names, with the role each gives; of an alternative label it is told by its form."""

_TYPE, _IN_SCHEME, _LABEL = iri("rdf:type"), iri("skos:inScheme"), iri("skos:prefLabel")
NAMED = frozenset({*PREFIXES, "-"}) - {"claim", "passage"}
"""Kinds of things that are found by name."""
_RANK = {"identifier": 0, "acronym": 1, "label": 2, "alternative": 2, "misnomer": 3}
_ACRONYM = re.compile(r"(?=.*[^\W\d_].*[^\W\d_])[^\W_a-zа-яё][^\sa-zа-яё]*(?:[ -][^\sa-zа-яё]+)?")
_NOTHING = re.compile(r"[\W_]+", re.UNICODE)
# Among equal matches the things people ask for stand before the nodes that join them.
_ORDER = ("organization", "state", "instrument", "person", "document", "place", "post", "mechanism", "provision",
          "event", *SCHEMES, *KINDS)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Match:
    """A thing that words led to.

    Attributes:
        iri: The thing.
        text: The name that matched.
        role: What this name is: ``identifier``, ``acronym``, ``label``, ``alternative`` (another name) or
            ``misnomer`` (known for searching only: a mistake of some source, or a spelling).
        exact: Whether the whole name matched.
    """

    iri: str
    text: str
    role: str
    exact: bool


def normal(text: str) -> str:
    """Case, accents, ё and punctuation taken away, so that names compare as people write them."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return _NOTHING.sub(" ", plain).strip()


def named(thing: str, text: str, role: str) -> Name:
    """A name of a thing, ready to be found."""
    use = "alternative" if role == "acronym" and not _ACRONYM.fullmatch(text) else role
    return normal(text), thing, text, use


class Lookup:
    """The names of things, read when first asked.

    Claims and passages are left out; they are found by what they say.

    Args:
        engine: Where the names are.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @cached_property
    def _names(self) -> Index:
        return self._engine.names() or self._listed(NAMED)

    def _names_of(self, of: str | None) -> Index:
        """The names that can be those of a class: where they have to be read one by one, no others."""
        if of is None:
            return self._names
        things = (quad.subject for quad in self._members(None, of))
        return self._engine.names() or self._listed(NAMED.intersection(map(kind_of, things)))

    def _listed(self, kinds: frozenset[str]) -> Index:
        """The names of things of these kinds, read from the graph."""
        found: set[str] = set()
        for predicate, role in ROLES.items():
            for quad in self._engine.match(None, NamedNode(predicate), None, kinds=kinds):
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                    found.update(name_lines(named(quad.subject.value, quad.object.value, role)))
        return Index(b"".join(sorted(line.encode() for line in found)))

    def _members(self, thing: NamedNode | None, of: str) -> Iterator[Quad]:
        """The statements that things, or this one, belong to a class or scheme."""
        predicate = _IN_SCHEME if of.startswith("vocab:") else _TYPE
        return self._engine.match(thing, NamedNode(predicate), NamedNode(iri(of)))

    def find(self, words: str, *, of: str | None = None, limit: int = 20) -> list[Match]:
        """Things by name, best first: whole names before parts of names, identifiers before acronyms and so on.

        Args:
            words: What to look for; an IRI or CURIE finds just that thing.
            of: CURIE of a class (or concept scheme) that the things must belong to.
            limit: How many at most.
        """
        named = self._address(words)
        if named is not None:
            fits = self.exists(named) and (of is None or self._belongs(named, of))
            return [Match(named, words.strip(), "identifier", True)] if fits else []
        wanted = normal(words)
        if not wanted:
            return []
        best: dict[str, tuple[tuple[object, ...], Match]] = {}
        for score, form_role, match in self._scored(wanted):
            order = (score, _RANK[form_role], *_by_kind(match.iri))
            if match.iri not in best or order < best[match.iri][0]:
                best[match.iri] = (order, match)
        ordered = [match for _, match in sorted(best.values(), key=lambda pair: pair[0])]
        return [match for match in ordered if of is None or self._belongs(match.iri, of)][:limit]

    def _scored(self, wanted: str) -> Iterator[tuple[float, str, Match]]:
        tokens = wanted.split()
        for form, thing, text, role in self._names.having(tokens):
            if form == wanted:
                yield 0, role, Match(thing, text, role, True)
            elif role == "identifier":
                if f" {form} ".endswith(f" {wanted} "):
                    yield 1, role, Match(thing, text, role, False)
            elif f" {form}".startswith(f" {wanted} "):
                yield 2, role, Match(thing, text, role, False)
            elif all(f" {token}" in f" {form}" for token in tokens):
                yield 3 + len(form) / 10_000, role, Match(thing, text, role, False)

    def near(self, words: str, *, of: str | None = None, limit: int = 3) -> list[str]:
        """Names much like the words, for suggestions."""
        import difflib

        found = [match.text for match in self.find(words, of=of, limit=limit)]
        if not found and "://" not in words:
            wanted = normal(words.split(":")[-1])
            forms = difflib.get_close_matches(wanted, self._names.forms(wanted), n=12, cutoff=0.6)
            pairs = [(thing, text) for form in forms for _, thing, text, _ in self._names.exact(form)]
            found = [text for thing, text in pairs if of is None or self._belongs(thing, of)]
        return list(dict.fromkeys(found))[:limit]

    def resolve(self, text: str, *, of: str | None = None, parameter: str = "thing") -> str:
        """The one thing that a text names: an IRI, a CURIE, an identifier (or its end), or a whole name.

        Raises:
            errors.UnknownName: Nothing has this name; with suggestions.
            errors.BadParameter: Several things have it equally; with their CURIEs.
        """
        named = self._address(text)
        if named is not None:
            if not self.exists(named) or (of and not self._belongs(named, of)):
                raise self._unknown(text, of)
            return named
        tiers: dict[tuple[int, int], set[str]] = defaultdict(set)
        wanted = normal(text)
        names = self._names_of(of)
        for _, thing, _, role in names.exact(wanted):
            tiers[0, _RANK[role]].add(thing)
        if not tiers and wanted:
            for form, thing, _, role in names.having(wanted.split()):
                if role == "identifier" and form.endswith(f" {wanted}"):
                    tiers[1, 0].add(thing)
        for _, things in sorted(tiers.items()):
            fitting = sorted((thing for thing in things if of is None or self._belongs(thing, of)), key=_by_kind)
            if len(fitting) == 1:
                return fitting[0]
            if fitting:
                return self._choose(text, fitting, parameter)
        raise self._unknown(text, of)

    def _unknown(self, text: str, of: str | None) -> errors.UnknownName:
        near = self.near(text, of=of)
        empty = not near and not self._engine.count()
        hint = "The graph that is asked is empty; 'csto-graph publish' loads it into a server." if empty else ""
        return errors.UnknownName(_kind(of), text, suggestions=near, hint=hint)

    def _choose(self, text: str, things: list[str], parameter: str) -> str:
        """Among equals, the one thing of the kind people ask for; several of one kind are left to the reader."""
        first = _ORDER.index(_slug(things[0])) if _slug(things[0]) in _ORDER else len(_ORDER)
        alike = [thing for thing in things if _slug(thing) == _slug(things[0])]
        if len(alike) == 1 and first < len(_ORDER):
            return things[0]
        raise errors.BadParameter(
            parameter, text, "the name of one thing only", suggestions=[curie(thing) for thing in things[:5]]
        )

    def _address(self, text: str) -> str | None:
        """The IRI that a text is, short or in full; None for words."""
        plain = text.strip()
        named = iri(plain)
        if named != plain or "://" in plain:
            return named
        return plain if ":" in plain and self.exists(plain) else None

    def exists(self, thing: str) -> bool:
        """Whether any statement is about an IRI, or has it as value."""
        try:
            node = NamedNode(thing)
        except ValueError:
            return False
        # Nearly everything has a label; only for what has none is the rest worth loading.
        return any(
            next(iter(self._engine.match(node, NamedNode(name) if name else None, None)), None)
            for name in (_LABEL, _TYPE, None)
        ) or any(True for _ in self._engine.match(None, None, node))

    def _belongs(self, thing: str, of: str) -> bool:
        return next(self._members(NamedNode(thing), of), None) is not None


def _kind(of: str | None) -> str:
    if of is None:
        return "thing"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", of.partition(":")[2]).lower()
    return words if not of.startswith("vocab:") else f"{words} concept"


def _slug(thing: str) -> str:
    return kind_of(NamedNode(thing))


def _by_kind(thing: str) -> tuple[int, list[tuple[int, int, str, str]]]:
    kind = _slug(thing)
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), natural(curie(thing)))
