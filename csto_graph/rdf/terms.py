"""Terms and triples: the one index over triples, and terms as rdflib has them, the lexical form never changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from ..names import PREFIXES

if TYPE_CHECKING:
    import rdflib

RDF_TYPE, RDF_FIRST, RDF_REST, RDF_NIL = (
    NamedNode(PREFIXES["rdf"] + name) for name in ("type", "first", "rest", "nil")
)
"""The terms of RDF that say what something is, and make a list (RDF Schema 1.1, 5.2)."""

T = TypeVar("T")


class TripleIndex(Generic[T]):
    """Triples by subject and property, and back by property and value; everything in the order it was given.

    The terms may be of any hashable kind: pyoxigraph's, texts, numbers. Repetitions are kept: give each triple once.

    >>> index = TripleIndex([("a", "knows", "b"), ("a", "knows", "c"), ("b", "knows", "c")])
    >>> index.objects("a", "knows"), index.subjects("knows", "c"), index.one("c", "knows")
    (['b', 'c'], ['a', 'b'], None)

    Args:
        triples: Triples, or quads, whose graph is left out.
    """

    def __init__(self, triples: Iterable[Iterable[T]] = ()) -> None:
        self._about: dict[T, dict[T, list[T]]] = {}
        self._subjects: dict[T, dict[T, list[T]]] = {}  # by property and value, made when first asked for
        for subject, predicate, value, *_ in triples:
            self.add(subject, predicate, value)

    def add(self, subject: T, predicate: T, value: T) -> None:
        """Take in a further triple."""
        self._about.setdefault(subject, {}).setdefault(predicate, []).append(value)
        if predicate in self._subjects:
            self._subjects[predicate].setdefault(value, []).append(subject)

    def __iter__(self) -> Iterator[T]:
        """The subjects, each once; safe against what is added meanwhile."""
        return iter(list(self._about))

    def __contains__(self, subject: object) -> bool:
        return subject in self._about

    def about(self, subject: T) -> Mapping[T, list[T]]:
        """Property to values, of one thing."""
        return self._about.get(subject, {})

    def objects(self, subject: T, predicate: T) -> list[T]:
        """The values of a property of a thing."""
        return self._about.get(subject, {}).get(predicate, [])

    def one(self, subject: T, predicate: T) -> T | None:
        """The value of a property; of several the first by its text, None where there is none."""
        values = self.objects(subject, predicate)
        return min(values, key=str) if len(values) > 1 else values[0] if values else None

    def subjects(self, predicate: T, value: T) -> list[T]:
        """The things that have a value of a property."""
        if predicate not in self._subjects:
            self._subjects[predicate] = {}
            for subject, found in self.pairs(predicate):
                self._subjects[predicate].setdefault(found, []).append(subject)
        return self._subjects[predicate].get(value, [])

    def pairs(self, predicate: T) -> Iterator[tuple[T, T]]:
        """Subject and value of every triple with a property."""
        return ((subject, value) for subject, said in self._about.items() for value in said.get(predicate, ()))

    def triples(self) -> Iterator[tuple[T, T, T]]:
        """Every triple, by subject."""
        said = ((subject, *pair) for subject, about in self._about.items() for pair in about.items())
        return ((subject, predicate, value) for subject, predicate, values in said for value in values)


def list_members(index: TripleIndex[Any], head: Any) -> list[Any]:
    """The members of an RDF list in an index of pyoxigraph's terms.

    >>> a, b = BlankNode("a"), NamedNode("urn:b")
    >>> list_members(TripleIndex([(a, RDF_FIRST, b), (a, RDF_REST, RDF_NIL)]), a)
    [<NamedNode value=urn:b>]

    Raises:
        ValueError: It is no list: a cell has not just one first and one rest, or the list runs in a circle.
    """
    members: list[Any] = []
    seen: set[Any] = set()
    while head != RDF_NIL:
        first, rest = index.objects(head, RDF_FIRST), index.objects(head, RDF_REST)
        if head in seen or len(first) != 1 or len(rest) != 1:
            raise ValueError(f"{head} is no list.")
        seen.add(head)
        members += first
        head = rest[0]
    return members


def to_rdflib(term: object) -> rdflib.term.Identifier:
    """A term for rdflib; the lexical form of a literal is kept, never normalized.

    >>> to_rdflib(NamedNode("urn:a")), to_rdflib(Literal("01", datatype=NamedNode(PREFIXES["xsd"] + "integer"))).n3()
    (rdflib.term.URIRef('urn:a'), '"01"^^<http://www.w3.org/2001/XMLSchema#integer>')

    Raises:
        TypeError: A triple as a term (RDF 1.2).
    """
    import rdflib

    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if not isinstance(term, Literal):
        raise TypeError(f"{term!r} has no counterpart in rdflib")
    plain = term.language or term.datatype.value == PREFIXES["xsd"] + "string"
    kind = None if plain else rdflib.URIRef(term.datatype.value)
    return rdflib.Literal(term.value, lang=term.language, datatype=kind, normalize=False)


def from_rdflib(term: object) -> Any:
    """A term of rdflib's as the engine has it; None stays None.

    >>> from_rdflib(None), from_rdflib(to_rdflib(Literal("x", language="en")))
    (None, <Literal value=x language=en>)
    """
    import rdflib

    if term is None:
        return None
    if isinstance(term, rdflib.Literal):
        kind = NamedNode(str(term.datatype)) if term.datatype else None
        return Literal(str(term), language=term.language, datatype=kind)
    return BlankNode(str(term)) if isinstance(term, rdflib.BNode) else NamedNode(str(term))


def rdflib_graph(quads: Iterable[Quad]) -> rdflib.Graph:
    """The union of all graphs as one graph of rdflib's, every term unchanged: the door to its world; slow.

    >>> len(rdflib_graph([Quad(NamedNode("urn:a"), NamedNode("urn:b"), NamedNode("urn:c"))]))
    1
    """
    import rdflib

    graph = rdflib.Graph()
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace, override=True, replace=True)
    for quad in quads:
        subject, predicate, value = (to_rdflib(term) for term in quad.triple)
        graph.add((subject, predicate, value))
    return graph
