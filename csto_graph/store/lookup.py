"""From words to things: by identifier, acronym, label and misnomer, in that order, in any language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

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


class Match(NamedTuple):
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
        self._read: dict[frozenset[str], Index] = {}

    def _names(self, of: str | None = None) -> Index:
        """The names that can be those of a class: where they have to be read from the graph, few others."""
        if (kept := self._engine.names()) is not None:
            return kept
        kinds = NAMED
        if of is not None:
            kinds = NAMED.intersection(kind_of(quad.subject) for quad in self._members(None, of))
        if kinds not in self._read:
            found: set[str] = set()
            for predicate, role in ROLES.items():
                for quad in self._engine.match(None, NamedNode(predicate), None, kinds=kinds):
                    if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                        found.update(name_lines(named(quad.subject.value, quad.object.value, role)))
            self._read[kinds] = Index(b"".join(sorted(line.encode() for line in found)))
        return self._read[kinds]

    def _members(self, thing: NamedNode | None, of: str) -> Iterator[Quad]:
        """The statements that things, or this one, belong to a class or scheme."""
        predicate = _IN_SCHEME if of.startswith("vocab:") else _TYPE
        return self._engine.match(thing, NamedNode(predicate), NamedNode(iri(of)))

    def _belongs(self, thing: str, of: str | None) -> bool:
        return of is None or next(self._members(NamedNode(thing), of), None) is not None

    def find(self, words: str, *, of: str | None = None, limit: int = 20) -> list[Match]:
        """Things by name, best first: whole names before parts of names, identifiers before acronyms and so on.

        Args:
            words: What to look for; an IRI or CURIE finds just that thing.
            of: CURIE of a class (or concept scheme) that the things must belong to.
            limit: How many at most.
        """
        address = self._address(words)
        if address is not None:
            fits = self.exists(address) and self._belongs(address, of)
            return [Match(address, words.strip(), "identifier", True)] if fits else []
        wanted = normal(words)
        tokens = wanted.split()
        found: list[tuple[tuple[object, ...], Match]] = []
        for form, thing, text, role in self._names().having(tokens) if tokens else ():
            if form == wanted:
                score = 0.0
            elif role == "identifier":
                if not form.endswith(f" {wanted}"):
                    continue
                score = 1
            elif form.startswith(f"{wanted} "):
                score = 2
            elif all(f" {token}" in f" {form}" for token in tokens):
                score = 3 + len(form) / 10_000
            else:
                continue
            found.append(((score, _RANK[role], *_by_kind(thing)), Match(thing, text, role, form == wanted)))
        best: dict[str, Match] = {}
        for _, match in sorted(found, key=lambda pair: pair[0]):
            best.setdefault(match.iri, match)
        return [match for match in best.values() if self._belongs(match.iri, of)][:limit]

    def near(self, words: str, *, of: str | None = None, limit: int = 3) -> list[str]:
        """Names much like the words, for suggestions."""
        import difflib

        found = [match.text for match in self.find(words, of=of, limit=limit)]
        if not found and "://" not in words:
            names, wanted = self._names(), normal(words.split(":")[-1])
            forms = difflib.get_close_matches(wanted, names.forms(wanted), n=12, cutoff=0.6)
            pairs = [(thing, text) for form in forms for _, thing, text, _ in names.exact(form)]
            found = [text for thing, text in pairs if self._belongs(thing, of)]
        return list(dict.fromkeys(found))[:limit]

    def resolve(self, text: str, *, of: str | None = None, parameter: str = "thing") -> str:
        """The one thing that a text names: an IRI, a CURIE, an identifier (or its end), or a whole name.

        Among equals it is the one thing of the kind people ask for; several of one kind are left to the reader.

        Raises:
            errors.UnknownName: Nothing has this name; with suggestions.
            errors.BadParameter: Several things have it equally; with their CURIEs.
        """
        address = self._address(text)
        if address is not None and self.exists(address) and self._belongs(address, of):
            return address
        wanted = normal(text)
        if address is None and wanted:
            names = self._names(of)
            found = {(_RANK[role], thing) for _, thing, _, role in names.exact(wanted)} or {
                (0, thing)
                for form, thing, _, role in names.having(wanted.split())
                if role == "identifier" and form.endswith(f" {wanted}")
            }
            for rank in sorted({rank for rank, _ in found}):
                alike = (thing for at, thing in found if at == rank and self._belongs(thing, of))
                fitting = sorted(alike, key=_by_kind)
                kinds = [_by_kind(thing)[0] for thing in fitting]
                if len(fitting) == 1 or (fitting and kinds[0] < len(_ORDER) and kinds.count(kinds[0]) == 1):
                    return fitting[0]
                if fitting:
                    curies = [curie(thing) for thing in fitting[:5]]
                    raise errors.BadParameter(parameter, text, "the name of one thing only", suggestions=curies)
        near = self.near(text, of=of)
        empty = not near and not self._engine.count()
        hint = "The graph that is asked is empty; 'csto-graph publish' loads it into a server." if empty else ""
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", (of or ":thing").partition(":")[2]).lower()
        kind += " concept" if of and of.startswith("vocab:") else ""
        raise errors.UnknownName(kind, text, suggestions=near, hint=hint)

    def _address(self, text: str) -> str | None:
        """The IRI that a text is, short or in full; None for words."""
        plain = text.strip()
        full = iri(plain)
        if full != plain or "://" in plain:
            return full
        return plain if ":" in plain and self.exists(plain) else None

    def exists(self, thing: str) -> bool:
        """Whether any statement is about an IRI, or has it as value."""
        try:
            node = NamedNode(thing)
        except ValueError:
            return False
        # Nearly everything has a label; only for what has none is the rest worth loading.
        about = ((node, NamedNode(_LABEL), None), (node, NamedNode(_TYPE), None), (node, None, None))
        return any(next(self._engine.match(*pattern), None) for pattern in (*about, (None, None, node)))


def _by_kind(thing: str) -> tuple[int, list[tuple[int, int, str, str]]]:
    """The place of a thing among equal matches: by its kind, then by its CURIE."""
    kind = kind_of(NamedNode(thing))
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), natural(curie(thing)))
