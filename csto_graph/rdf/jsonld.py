"""JSON-LD 1.1, written compactly with a given context: one entity, one object.

What a term of the context says (its datatype, its language map) is used only where expanding it (JSON-LD 1.1 API,
section 5) gives back exactly the statement; everything else is written out with ``@id``, ``@value``, ``@type``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import pyoxigraph as ox

from .. import errors, names
from . import turtle
from .terms import RDF_TYPE

_XSD = names.PREFIXES["xsd"]
_STRING, _INTEGER, _BOOLEAN = _XSD + "string", _XSD + "integer", _XSD + "boolean"
_SAFE = 2**53 - 1  # RFC 8259, section 6: integers up to here are the same number to every reader


def write(quads: Iterable[ox.Quad | ox.Triple], context: Mapping[str, Any] | None = None) -> Iterator[str]:
    """A graph as JSON-LD, in chunks, one object for each subject, in order.

    Args:
        quads: Statements; graphs are merged.
        context: A context, or a document that holds one under ``@context``; it is embedded as it is. It may have
            prefixes, and terms with an ``@id``, a ``@type`` and a language map. None stands for the project's prefixes.

    Raises:
        OutputError: The context lies elsewhere, or an IRI would be read back as another one.
    """
    given = names.PREFIXES if context is None else context.get("@context", context)
    if not isinstance(given, Mapping):
        hint = "Give the context itself."
        raise errors.OutputError("The JSON-LD context must be one object, not an address or a list.", hint=hint)
    nodes = [_json(node) for node in _objects(turtle.statements(quads), _Context(given))]
    yield f'{{\n  "@context": {_json(given)},\n  "@graph": ['
    for number, node in enumerate(nodes):
        yield f"{',' if number else ''}\n    {node}"
    yield "\n  ]\n}\n" if nodes else "]\n}\n"


def _json(value: Mapping[str, Any]) -> str:
    """JSON over several lines, for a place two levels below the top (an object) or one (the context)."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return turtle.escape_unseen(text).replace("\n", "\n" + " " * (4 if "@id" in value else 2))


class _Term(NamedTuple):
    """A term of the context; ``type`` is an IRI, ``@id``, ``@vocab`` or empty."""

    name: str
    type: str = ""
    maps_languages: bool = False


class _Context:
    """A context read backwards: from IRIs to the shortest text that means them.

    Attributes:
        terms: IRI to the term that stands for it.
    """

    def __init__(self, source: Mapping[str, Any]) -> None:
        self._source = source
        self._prefixes = {name: iri for name, iri in source.items() if isinstance(iri, str) and iri[-1:] in ("/", "#")}
        self._longest = sorted(self._prefixes.items(), key=lambda pair: (-len(pair[1]), pair[1], pair[0]))
        self.terms: dict[str, _Term] = {}
        for name, said in source.items():
            if name not in self._prefixes and name != "@version":
                details = {"@id": said} if isinstance(said, str) else said
                term = _Term(name, self._expanded(details.get("@type", "")), "@container" in details)
                self.terms.setdefault(self._expanded(details["@id"]), term)

    def _expanded(self, text: str) -> str:
        prefix, _, local = text.partition(":")
        return self._prefixes[prefix] + local if prefix in self._prefixes else text

    def reference(self, iri: str) -> str:
        """The text for ``@id``.

        Raises:
            OutputError: It is no IRI, or would be taken for a prefixed name.
        """
        for prefix, namespace in self._longest:
            rest = iri[len(namespace) :]
            if iri.startswith(namespace) and rest and not rest.startswith("//"):
                return f"{prefix}:{rest}"
        turtle.bracketed(iri)  # refuses what is no IRI
        scheme, _, rest = iri.partition(":")
        if scheme in self._prefixes and not rest.startswith("//"):
            raise errors.OutputError(
                f"JSON-LD cannot hold the IRI <{iri}>: '{scheme}:' is a prefix of the context.",
                hint="Choose another format.",
            )
        return iri

    def key(self, iri: str) -> str:
        """The text for a property whose values are all written out: no term, which might promise something."""
        short = self.reference(iri)
        return iri if short in self._source else short

    def type(self, iri: str) -> str:
        """The text for a class or a datatype, which is looked up among the terms."""
        return self.terms[iri].name if iri in self.terms else self.reference(iri)


def _objects(plain: list[turtle.PlainTriple], context: _Context) -> Iterator[dict[str, Any]]:
    """The object of each subject, in order; lists are written where they are used."""
    shape = turtle.BlankNodeLayout(plain)
    labels = turtle.labels(plain)

    def order(term: turtle.RdfTerm) -> tuple[Any, ...]:
        if isinstance(term, ox.BlankNode) and term in shape.lists:
            return (3, [order(member) for member in shape.lists[term]])
        return turtle.term_key(term, names.curie, lambda node: labels[node])

    def reference(node: turtle.RdfNode, *, vocabulary: bool = False) -> str:
        if isinstance(node, ox.BlankNode):
            return f"_:{labels[node]}"
        return context.type(node.value) if vocabulary else context.reference(node.value)

    def value_of(term: turtle.RdfTerm, promised: str) -> object:
        """A value under a key whose values are taken to be of the type ``promised``."""
        if isinstance(term, ox.Literal):
            return _literal(term, promised, context)
        if isinstance(term, ox.BlankNode) and term in shape.lists:
            return {"@list": [value_of(member, promised) for member in shape.lists[term]]}
        if promised in ("@id", "@vocab"):
            return reference(term, vocabulary=promised == "@vocab")
        return {"@id": reference(term)}

    for subject in sorted((one for one in shape.out if one not in shape.cells), key=order):
        node: dict[str, Any] = {"@id": reference(subject)}
        for predicate in sorted(shape.out[subject], key=lambda p: turtle.predicate_key(p.value)):
            term = context.terms.get(predicate.value)
            for value in sorted(shape.out[subject][predicate], key=order):
                if predicate == RDF_TYPE and not isinstance(value, ox.Literal) and value not in shape.lists:
                    node.setdefault("@type", []).append(reference(value, vocabulary=True))
                elif term and term.maps_languages and isinstance(value, ox.Literal) and value.language:
                    node.setdefault(term.name, {}).setdefault(value.language, []).append(value.value)
                elif term and not term.maps_languages:
                    node.setdefault(term.name, []).append(value_of(value, term.type))
                else:
                    node.setdefault(context.key(predicate.value), []).append(value_of(value, ""))
        yield {key: _single(values) for key, values in node.items()}


def _literal(literal: ox.Literal, promised: str, context: _Context) -> object:
    text, datatype = literal.value, literal.datatype.value
    if literal.language:
        return {"@value": text, "@language": literal.language}
    native = datatype in (_BOOLEAN, _INTEGER) and promised in ("", datatype) and turtle.is_canonical(text, datatype)
    if native and (datatype == _BOOLEAN or (len(text) <= 17 and abs(int(text)) <= _SAFE)):
        return json.loads(text)  # JSON's own number or truth value is read back as just this literal
    if promised == datatype or (datatype == _STRING and not promised):
        return text
    return {"@value": text} if datatype == _STRING else {"@value": text, "@type": context.type(datatype)}


def _single(value: Any) -> Any:
    """One value without its brackets, a language map's values likewise."""
    if isinstance(value, dict):
        return {key: _single(inner) for key, inner in sorted(value.items())}
    return value[0] if isinstance(value, list) and len(value) == 1 else value
