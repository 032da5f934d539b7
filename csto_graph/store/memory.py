"""The graph in memory: Oxigraph, which answers, over sorted lines of N-Quads; and rdflib, the second opinion.

The engine keeps numbers, truth values, dates and durations by their value: of ``"01"^^xsd:integer`` it remembers 1, and
``"5"^^xsd:int`` and ``5`` are one term for it. RDF 1.1 Concepts, section 3.3, says that they are different terms. So a
store answers SPARQL, and which statements there are is read from the lines, the one copy whose terms are exactly as
they were read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from pyoxigraph import Literal, NamedNode, Quad, QueryBoolean, QuerySolutions, RdfFormat, Store, Triple, parse

from ..names import PREFIXES, curie, iri
from ..rdf.terms import to_rdflib
from .engine import (
    GRAPHS,
    PROOFS,
    Answer,
    Derivation,
    Index,
    Limits,
    Node,
    Statement,
    Term,
    derivation,
    graph_name,
    kind_of,
    mapped,
    span,
    statement_name,
)

if TYPE_CHECKING:
    from mmap import mmap

    import rdflib

    from ..sandbox.workers import Workers

_TYPE = iri("rdf:type")
_TYPE_TEXT = f"<{_TYPE}>"
_PREFERRED, _LABEL_TEXT, _REPEATED = iri("skos:prefLabel"), f"<{iri('rdfs:label')}>", "~"
_GRAPHS = [graph_name(name).value for name in GRAPHS]
_XSD, _STRING = PREFIXES["xsd"], PREFIXES["xsd"] + "string"

INDEX = "# csto-graph index"
"""First words of a file that begins with an index."""


def may_differ(term: object) -> bool:
    """Whether a term out of the engine's store may have been written in another way."""
    return isinstance(term, Literal) and term.datatype.value.startswith(_XSD) and term.datatype.value != _STRING


def parsed(lines: Iterator[bytes]) -> Iterator[Quad]:
    """The quads of lines of N-Quads, of which few are held at a time.

    >>> [quad.object.value for quad in parsed(iter([b"<urn:a> <urn:b> 'c' .\\n".replace(b"'", b'"')]))]
    ['c']
    """
    while some := b"".join(islice(lines, 1000)):
        yield from parse(some, format=RdfFormat.N_QUADS)


class Verbatim:
    """Finds the statements for which the engine's store keeps a quad.

    Args:
        lines: All statements, sorted, or in sections that are.
    """

    def __init__(self, lines: bytes | mmap) -> None:
        self._lines = lines
        # Values of one property of one thing come one after the other, or thing by thing in turn.
        self._group = lru_cache(maxsize=1024)(self._parsed)

    def of(self, quad: Quad, start: int = 0, end: int | None = None) -> list[Quad]:
        """The statements that are this one by value; see `span` for the other arguments.

        Raises:
            ValueError: There is none: the lines are not those of the store.
        """
        group = self._group(quad.subject, quad.predicate, quad.graph_name, start, end)
        found = group.get(None) or group.get(quad.object)
        if not found:
            raise ValueError("A statement of the store has no line")
        return found

    def _parsed(
        self, subject: object, predicate: object, graph: object, start: int, end: int | None
    ) -> dict[object, list[Quad]]:
        """The statements by what the store keeps of their value; under None, where there is one alone."""
        begin, stop = span(self._lines, f"{subject} {predicate} ".encode(), start, end)
        quads = parse(self._lines[begin:stop], format=RdfFormat.N_QUADS)
        found = [quad for quad in quads if quad.graph_name == graph and may_differ(quad.object)]
        if len(found) == 1:
            return {None: found}
        store = Store()
        store.extend(Quad(NamedNode(f"urn:{at}"), quad.predicate, quad.object) for at, quad in enumerate(found))
        group: dict[object, list[Quad]] = defaultdict(list)
        for kept in store:
            group[kept.object].append(found[int(kept.subject.value.removeprefix("urn:"))])
        return group


class Lines:
    """The sink of a graph in memory: takes quads and proofs as they are made, and gives both as sorted N-Quads."""

    def __init__(self) -> None:
        self._sections: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._proofs: set[str] = set()
        self._kinds: dict[str, str] = {}

    def quad(self, statement: Statement, graph: str) -> None:
        """Take a statement, its terms and its graph in N-Triples form."""
        subject, predicate, value = statement
        # Of types it matters which one, of everything else whose it is. A user's file may have a text for a type.
        if predicate == _TYPE_TEXT and value.startswith("<"):
            kind = curie(value[1:-1])
        else:
            if subject not in self._kinds:
                self._kinds[subject] = kind_of(NamedNode(subject[1:-1]) if subject.startswith("<") else None)
            kind = self._kinds[subject]
        # A label that only repeats the preferred one lies apart, so that who looks for names need not read both.
        if predicate == _LABEL_TEXT and "^^" not in value:
            known = self._sections.get((_PREFERRED, kind), ())
            if any(f"{subject} <{_PREFERRED}> {value} <{name}> .\n" in known for name in _GRAPHS):
                kind = _REPEATED + kind
        self._sections[predicate[1:-1], kind].add(f"{subject} {predicate} {value} {graph} .\n")

    def proof(self, line: str) -> None:
        """Take a quad of the graph of proofs."""
        self._proofs.add(line)

    def name(self, name: tuple[str, str, str, str]) -> None:
        """Names are few enough to be read from the graph when they are asked for."""

    def nquads(self) -> bytes:
        """The quads, with an index in comments at the head.

        The lines stand in sections by predicate and by the kind of their subject (types: by the class), each sorted,
        and the index says where a section lies. So an engine can load just what a query names: a pattern with a
        constant predicate can match nothing outside the sections of that predicate.
        """
        index, body, start = [], [], 0
        for (predicate, kind), found in sorted(self._sections.items()):
            block = b"".join(sorted(line.encode() for line in found))
            index.append(f"# {start} {len(block)} {len(found)} {kind} {predicate}\n".encode())
            body.append(block)
            start += len(block)
        return b"".join([f"{INDEX} {len(index)}\n".encode(), *index, *body])

    def proofs(self) -> bytes:
        """The graph of proofs."""
        return b"".join(sorted(line.encode() for line in self._proofs))


class _Section(NamedTuple):
    """Statements of one predicate about things of one kind: where they lie, and how many there are."""

    predicate: str
    kind: str
    start: int
    end: int
    size: int


def interruptible(store: Store, text: str) -> Answer:
    """Ask the engine, which answers at one stretch, in a thread, so that an interrupt is heard meanwhile."""
    from threading import Thread

    found: list[Answer | BaseException] = []

    def ask() -> None:
        try:
            result = store.query(text, use_default_graph_as_union=True)
            if isinstance(result, QuerySolutions):
                variables = tuple(variable.value for variable in result.variables)
                found.append(Answer("solutions", variables, [tuple(row) for row in result]))
            elif isinstance(result, QueryBoolean):
                found.append(Answer("boolean", boolean=bool(result)))
            else:
                found.append(Answer("graph", triples=list(result)))
        except BaseException as error:  # noqa: BLE001  (it is raised again where it is waited for)
            # The frames that it passed hold things of the engine, which must not outlive this thread.
            found.append(error.with_traceback(None))

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join()
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]


class Oxigraph:
    """The embedded engine, in memory. It loads what is asked for and no more.

    Args:
        source: N-Quads as `Lines.nquads` makes them: bytes, or the path of a file.
        prove: Gives the graph of proofs as `Lines.proofs` makes it, when it is first needed.
    """

    _by_lines = True  # whether lines alone are quick enough for what is said of one thing

    def __init__(self, source: bytes | str, prove: Callable[[], bytes | mmap] = bytes) -> None:
        self.nquads = source
        self._prove = prove
        self._held: set[_Section] = set()

    @cached_property
    def _lines(self) -> bytes | mmap:
        return mapped(self.nquads) if isinstance(self.nquads, str) else self.nquads

    @cached_property
    def _given(self) -> bytes | str:
        """What a worker loads: lines, or the folder of a store."""
        return bytes(self._lines)

    @cached_property
    def _store(self) -> Store:
        return Store()

    @cached_property
    def _verbatim(self) -> Verbatim:
        return Verbatim(self._lines)

    @cached_property
    def _proofs(self) -> bytes | mmap:
        return self._prove()

    def _reading(self) -> AbstractContextManager[None]:
        """What takes care of errors while the store is read."""
        return nullcontext()

    @cached_property
    def _sections(self) -> dict[str, list[_Section]]:
        """Where everything lies, by property; of types by the class as well."""
        head = self._lines.find(b"\n") + 1
        count = int(self._lines[:head].rsplit(b" ", 1)[1])
        index, end = [], head
        for _ in range(count):
            start, end = end, self._lines.find(b"\n", end) + 1
            index.append(self._lines[start:end].decode().rstrip("\n").split(" ", 5)[1:])
        sections: dict[str, list[_Section]] = defaultdict(list)
        for at, length, size, kind, predicate in index:
            section = _Section(predicate, kind, end + int(at), end + int(at) + int(length), int(size))
            sections[predicate].append(section)
            if predicate == _TYPE:
                sections[iri(kind)].append(section)
        return sections

    def loaded(self, predicates: Iterable[str] | None = None, kinds: Iterable[str] | None = None) -> Store:
        """The store, holding at least the statements with these predicates about things of these kinds.

        Args:
            predicates: IRIs; None means all. With rdf:type all types are loaded, without it those of the classes that
                stand among these IRIs.
            kinds: Prefixes as `kind_of` gives them; None means all. Types are loaded for every kind.
        """
        named = self._sections if predicates is None else set(predicates)
        of_kind = None if kinds is None else {*kinds}
        missing = {
            section for name in named for section in self._sections.get(name, ())
            if of_kind is None or section.predicate == _TYPE or section.kind in of_kind
        } - self._held  # fmt: skip
        if missing:
            blocks = [self._lines[section.start : section.end] for section in sorted(missing)]
            self._store.load(b"".join(b for b in blocks if b"_:" not in b), format=RdfFormat.N_QUADS)
            # Loading would give blank nodes new labels, and a list whose parts come one by one would fall apart.
            self._store.extend(parse(b"".join(b for b in blocks if b"_:" in b), format=RdfFormat.N_QUADS))
            # Marked only when it is there: another thread may load it once more, but never ask without it.
            self._held |= missing
        return self._store

    def _written(self, quad: Quad) -> list[Quad]:
        key = (quad.predicate.value, kind_of(quad.subject))
        found = (section for section in self._sections.get(key[0], ()) if section[:2] == key)
        return [one for section in found for one in self._verbatim.of(quad, section.start, section.end)]

    def _said(self, subject: Node, predicate: NamedNode, kinds: Container[str]) -> Iterator[Quad]:
        """What is said of a thing with a property, out of the lines: for that nothing need be loaded."""
        for section in self._sections.get(predicate.value, ()):
            if section.kind in kinds:
                start, end = span(self._lines, f"{subject} {predicate} ".encode(), section.start, section.end)
                yield from parse(self._lines[start:end], format=RdfFormat.N_QUADS)

    def query(self, text: str, *, predicates: Iterable[str] | None = None, limits: Limits | None = None) -> Answer:
        """See `Engine.query`; without limits it runs in this process."""
        if limits is not None:
            return self.foreign(text, limits=limits)
        with self._reading():
            return interruptible(self.loaded(predicates), text)

    def foreign(self, text: str, *, limits: Limits) -> Answer:
        """See `Engine.foreign`; a worker loads the graph again, or opens the store."""
        with self._reading():
            return self._workers.query(text, limits=limits, graphs=_GRAPHS)

    def stream(self, text: str, format: str, *, limits: Limits) -> tuple[str, Generator[bytes | dict[str, object]]]:
        """Answer a query from outside piece by piece: see `Workers.stream`."""
        with self._reading():
            return self._workers.stream(text, format, limits=limits, graphs=_GRAPHS)

    @cached_property
    def _workers(self) -> Workers:
        from ..sandbox.workers import Workers

        return Workers(self._given)

    def match(
        self,
        subject: Node | None,
        predicate: NamedNode | None,
        value: Term | None,
        graph: NamedNode | None = None,
        *,
        kinds: Iterable[str] | None = None,
    ) -> Iterator[Quad]:
        """See `Engine.match`."""
        wanted = None if kinds is None else set(kinds)
        predicates: tuple[str, ...] | None = None
        if predicate is not None:
            # Of types only those of the class that is asked for.
            typed = predicate.value == _TYPE and isinstance(value, NamedNode)
            predicates = (value.value if typed and isinstance(value, NamedNode) else predicate.value,)
        with self._reading():
            own = kind_of(subject)
            if self._by_lines and subject and predicate and predicate.value != _TYPE:
                fitting = wanted is None or own in wanted
                for quad in self._said(subject, predicate, (own, _REPEATED + own)) if fitting else ():
                    if value in (None, quad.object) and graph in (None, quad.graph_name):
                        yield quad
                return
            store = self.loaded(predicates, wanted if subject is None else (own, _REPEATED + own))
            for quad in store.quads_for_pattern(subject, predicate, value, graph):
                # More kinds may have been loaded before than are asked for here.
                if wanted is not None and kind_of(quad.subject) not in wanted:
                    continue
                if may_differ(quad.object):
                    yield from (one for one in self._written(quad) if value is None or one.object == value)
                else:
                    yield quad

    def proof(self, statement: Triple) -> Derivation | None:
        """See `Engine.proof`: a binary search."""
        with self._reading():
            start, end = span(self._proofs, f"{statement_name(*statement)} ".encode())
            found = parse(self._proofs[start:end], format=RdfFormat.N_QUADS)
            return next((derivation(quad.object) for quad in found), None)

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """See `Engine.quads`."""
        found = parse(bytes(self._proofs if graph == PROOFS else self._lines), format=RdfFormat.N_QUADS)
        return (quad for quad in found if graph in (None, PROOFS, quad.graph_name.value))

    def names(self) -> Index | None:
        """See `Engine.names`; there are few enough to be read."""
        return None

    def count(self) -> int:
        """See `Engine.count`."""
        return sum(one.size for name, found in self._sections.items() for one in found if one.predicate == name)


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
