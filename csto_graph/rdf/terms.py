"""Terms as rdflib has them, and back: the lexical form of a literal is never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, Literal, NamedNode

if TYPE_CHECKING:
    import rdflib


def to_rdflib(term: object) -> rdflib.term.Identifier:
    """A term for rdflib; the lexical form of a literal is kept, never normalized."""
    import rdflib
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if not isinstance(term, Literal):
        raise TypeError(f"{term!r} has no counterpart in rdflib")
    if term.language:
        return rdflib.Literal(term.value, lang=term.language, normalize=False)
    plain = term.datatype.value == "http://www.w3.org/2001/XMLSchema#string"
    return rdflib.Literal(term.value, datatype=None if plain else rdflib.URIRef(term.datatype.value), normalize=False)


def from_rdflib(term: object) -> Any:
    """A term of rdflib's as the engine has it; None stays None."""
    import rdflib
    if term is None:
        return None
    if isinstance(term, rdflib.Literal):
        if term.language:
            return Literal(str(term), language=term.language)
        return Literal(str(term), datatype=NamedNode(str(term.datatype))) if term.datatype else Literal(str(term))
    return BlankNode(str(term)) if isinstance(term, rdflib.BNode) else NamedNode(str(term))
