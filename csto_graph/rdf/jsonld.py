"""JSON-LD 1.1, written compactly with a given context: one entity, one object.

What a term of the context says (its datatype, its language map) is used only where expanding it (JSON-LD 1.1 API,
section 5) gives back exactly the statement; everything else is written out with ``@id``, ``@value``, ``@type``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from .. import errors, names
from . import turtle

_XSD = names.PREFIXES["xsd"]
_STRING, _INTEGER, _BOOLEAN = _XSD + "string", _XSD + "integer", _XSD + "boolean"
_TYPE = names.PREFIXES["rdf"] + "type"
_SAFE = 2**53 - 1  # RFC 8259, section 6: integers up to here are the same number to every reader
_HOLDERS = frozenset({"@language", "@set"})


def write(quads: Iterable[ox.Quad | ox.Triple], context: Mapping[str, Any] | None = None) -> Iterator[str]:
    """A graph as JSON-LD, in chunks.

    Args:
        quads: Statements; graphs are merged.
        context: A context, or a document that holds one under ``@context``; it is embedded as it is. None makes one
            of the project's prefixes in use.

    Raises:
        OutputError: The context lies elsewhere, or an IRI would be read back as another one.
    """
    plain = turtle.statements(quads)
    known = _Context(names.PREFIXES if context is None else _embedded(context))
    nodes = [_json(node) for node in _Nodes(plain, known)]
    used = {prefix: names.PREFIXES[prefix] for prefix in sorted(known.used)} if context is None else known.source
    start = f'{{\n  "@context": {_json(used)},\n  "@graph": ['
    return iter([start, *_joined(nodes), "\n  ]\n}\n" if nodes else "]\n}\n"])


def _joined(nodes: Sequence[str]) -> Iterator[str]:
    return (f"{',' if index else ''}\n    {node}" for index, node in enumerate(nodes))


def _json(value: object) -> str:
    """JSON over several lines, for two levels below the top."""
    import json

    depth = 4 if isinstance(value, dict) and "@id" in value else 2
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return turtle.escape_unseen(text).replace("\n", "\n" + " " * depth)


def _embedded(context: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = context.get("@context", context)
    if not isinstance(inner, Mapping) or "@import" in inner:
        raise errors.OutputError(
            "The JSON-LD context must be one object, not an address or a list.", hint="Give the context itself."
        )
    return inner


# --- the context ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Term:
    """A term of the context; ``type`` is an IRI, ``@id``, ``@vocab`` or empty."""

    name: str
    type: str = ""
    maps_languages: bool = False
    plain_strings: bool = True


class _Context:
    """A context read backwards: from IRIs to the shortest text that means them."""

    def __init__(self, source: Mapping[str, Any]) -> None:
        self.source = source
        self.used: set[str] = set()
        self._vocab = str(source.get("@vocab") or "")
        self._prefixes: dict[str, str] = {}
        self._terms: dict[str, list[_Term]] = {}
        self._names: dict[str, str] = {}
        for name in source:
            if not name.startswith("@") and (iri := self._expanded(name)):
                self._define(name, iri)
        self._longest = sorted(((ns, prefix) for prefix, ns in self._prefixes.items()), key=lambda p: (-len(p[0]), p))

    def _define(self, name: str, iri: str) -> None:
        said = self.source[name]
        simple = isinstance(said, str)
        if (simple and iri[-1:] in ":/?#[]@") or (isinstance(said, Mapping) and said.get("@prefix") is True):
            self._prefixes[name] = iri
            return
        if iri.startswith("@"):
            return
        details: Mapping[str, Any] = {} if simple else said
        if {"@reverse", "@context"} & details.keys():
            return
        self._names.setdefault(iri, name)
        held = details.get("@container") or []
        containers = {held} if isinstance(held, str) else set(held)
        kind = details.get("@type", "")
        kind = "" if kind == "@none" else kind if kind in ("", "@id", "@vocab", "@json") else self._expanded_iri(kind)
        if containers - _HOLDERS or kind == "@json" or {"@index", "@nest"} & details.keys():
            return
        speaks = details.get("@language", self.source.get("@language")) is not None
        directed = details.get("@direction", self.source.get("@direction")) is not None
        term = _Term(name, kind, "@language" in containers, not (speaks or directed))
        self._terms.setdefault(iri, []).append(term)

    def _expanded(self, name: str, seen: frozenset[str] = frozenset()) -> str:
        """The IRI of a term's definition; empty where it has none."""
        if name in seen:
            return ""
        said = self.source[name]
        target = said.get("@id", name) if isinstance(said, Mapping) else said
        if not isinstance(target, str):
            return ""
        return self._expanded_iri(target, seen | {name})

    def _expanded_iri(self, value: str, seen: frozenset[str] = frozenset()) -> str:
        if value.startswith("@"):
            return value
        if value in self.source and value not in seen:
            return self._expanded(value, seen)
        prefix, colon, rest = value.partition(":")
        if colon and prefix in self.source and prefix not in seen and not rest.startswith("//"):
            return self._expanded(prefix, seen) + rest
        return value if colon else self._vocab + value if self._vocab else ""

    def terms(self, iri: str) -> list[_Term]:
        """Terms that stand for a property and can hold a value of it."""
        return self._terms.get(iri, [])

    def reference(self, iri: str) -> str:
        """The text for ``@id``.

        Raises:
            OutputError: The whole IRI would be taken for a prefixed name.
        """
        for namespace, prefix in self._longest:
            rest = iri[len(namespace) :]
            if iri.startswith(namespace) and rest and not rest.startswith("//"):
                self.used.add(prefix)
                return f"{prefix}:{rest}"
        turtle.bracketed(iri)  # refuses what is no IRI
        scheme, _, rest = iri.partition(":")
        if scheme in self._prefixes and not rest.startswith("//"):
            raise errors.OutputError(
                f"JSON-LD cannot hold the IRI <{iri}>: '{scheme}:' is a prefix of the context.",
                hint="Choose another format.",
            )
        return iri

    def name(self, iri: str) -> str:
        """The text for a class or property: a term that promises nothing else, a prefixed name, or the IRI."""
        if self._vocab and iri.startswith(self._vocab):
            rest = iri[len(self._vocab) :]
            if rest and rest not in self.source and ":" not in rest and not rest.startswith("@"):
                return rest
        short = self.reference(iri)
        return iri if short in self.source else short

    def type(self, iri: str) -> str:
        """The text for a value that is looked up among the terms, as ``@type`` is."""
        return self._names.get(iri) or self.name(iri)


# --- the objects ---------------------------------------------------------------------------------------------------


class _Nodes:
    """The objects of a graph, in order of their subjects."""

    def __init__(self, plain: Sequence[turtle.Statement], context: _Context) -> None:
        self._context = context
        self._shape = turtle.Shape(plain)
        self._lists = self._shape.lists
        self._labels = turtle.labels(plain)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        subjects = (subject for subject in self._shape.out if subject not in self._shape.cells)
        return (self._node(subject) for subject in sorted(subjects, key=self._order))

    def _order(self, term: turtle.Term) -> tuple[Any, ...]:
        if isinstance(term, ox.NamedNode):
            return (0, names.natural(names.curie(term.value)))
        if isinstance(term, ox.Literal):
            return (1, term.language or "", names.natural(term.value), term.datatype.value)
        if term in self._lists:
            return (3, [self._order(member) for member in self._lists[term]])
        return (2, names.natural(self._labels[term]))

    def _node(self, subject: turtle.Node) -> dict[str, Any]:
        said = self._shape.out[subject]
        node: dict[str, Any] = {"@id": self._reference(subject)}
        for predicate in sorted(said, key=lambda p: turtle.predicate_key(p.value)):
            for value in sorted(said[predicate], key=self._order):
                if predicate.value == _TYPE and not isinstance(value, ox.Literal) and value not in self._lists:
                    node.setdefault("@type", []).append(self._class(value))
                else:
                    self._add(node, predicate.value, value)
        return {key: _single(value) for key, value in node.items()}

    def _add(self, node: dict[str, Any], predicate: str, value: turtle.Term) -> None:
        terms = self._context.terms(predicate)
        language = value.language if isinstance(value, ox.Literal) else None
        if language and (found := next((term for term in terms if term.maps_languages), None)):
            assert isinstance(value, ox.Literal)  # nothing else has a language
            node.setdefault(found.name, {}).setdefault(language, []).append(value.value)
            return
        term = self._chosen([term for term in terms if not term.maps_languages], value)
        key = term.name if term else self._context.name(predicate)
        node.setdefault(key, []).append(self._value(value, term or _Term("", plain_strings=self._speechless())))

    def _speechless(self) -> bool:
        source = self._context.source
        return source.get("@language") is None and source.get("@direction") is None

    def _chosen(self, terms: list[_Term], value: turtle.Term) -> _Term | None:
        """The term whose promise fits best: just this type, else none, else any."""
        wanted = (value.datatype.value,) if isinstance(value, ox.Literal) else ("@id", "@vocab")
        ranked = sorted(terms, key=lambda term: 0 if term.type in wanted else 2 if term.type else 1)
        return ranked[0] if ranked else None

    def _value(self, value: turtle.Term, term: _Term) -> object:
        """The value as it stands under a key that promises what the term does."""
        if isinstance(value, ox.Literal):
            return self._literal(value, term)
        if value in self._lists:
            assert isinstance(value, ox.BlankNode)  # only blank nodes are cells
            return {"@list": [self._value(member, term) for member in self._lists[value]]}
        if term.type == "@id":
            return self._reference(value)
        if term.type == "@vocab":
            return self._class(value)
        return {"@id": self._reference(value)}

    def _literal(self, literal: ox.Literal, term: _Term) -> object:
        text, datatype = literal.value, literal.datatype.value
        if literal.language:
            return {"@value": text, "@language": literal.language}
        if term.type in ("", datatype) and _is_native(text, datatype):
            return text == "true" if datatype == _BOOLEAN else int(text)
        if term.type == datatype:
            return text
        if datatype == _STRING:
            return text if not term.type and term.plain_strings else {"@value": text}
        return {"@value": text, "@type": self._context.type(datatype)}

    def _reference(self, node: turtle.Node) -> str:
        return self._context.reference(node.value) if isinstance(node, ox.NamedNode) else f"_:{self._labels[node]}"

    def _class(self, node: turtle.Node) -> str:
        return self._context.type(node.value) if isinstance(node, ox.NamedNode) else f"_:{self._labels[node]}"


def _is_native(text: str, datatype: str) -> bool:
    """Whether JSON's own number or truth value is read back as just this literal."""
    if datatype == _BOOLEAN:
        return text in ("true", "false")
    canonical = datatype == _INTEGER and turtle.is_canonical(text, datatype) and len(text) <= 17
    return canonical and abs(int(text)) <= _SAFE


def _single(value: object) -> object:
    """One value without its brackets, a language map's values likewise."""
    if isinstance(value, dict):
        return {key: _single(inner) for key, inner in sorted(value.items())} if "@id" not in value else value
    return value[0] if isinstance(value, list) and len(value) == 1 else value
