"""The graph at a store: replaced by the SPARQL 1.1 Graph Store Protocol, and read back to see that it is there.

What is written are the named graphs of the project, that of the proofs, and for the reading of the source the twins of
those that differ there (`endpoint.twin`); a twin that is no longer needed is deleted. No other graph is touched. One
graph after the other is replaced: the protocol knows no way to replace several at once. A graph that is there already
is left alone.

Blank nodes become IRIs, so that they are the same in every graph and every answer; see `endpoint`.

What is there is read by the endpoint, in pages that are counted: some stores cut off what they give by the Graph Store
Protocol. Statements are compared as values: ``"01"^^xsd:integer`` may come back as ``"1"``, a language tag in lower
case.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from hashlib import sha256
from typing import IO, TYPE_CHECKING, NamedTuple, TypeAlias

from pyoxigraph import Literal, Quad

from ..errors import GraphError, ServerError, UsageError
from ..rdf.literals import canonical
from ..store.endpoint import Endpoint, skolem, twin
from ..store.engine import GRAPHS, PROOFS, graph_name
from ..store.http import Server, split
from ..text import excerpt

if TYPE_CHECKING:
    from ..loading.view import GraphView

SECONDS = 600.0
"""How long a single request of a publication may take."""

_Reader: TypeAlias = Callable[[], Iterable[Quad]]

# Port and path of the endpoint, and the path of the store that belongs to it.
_STORES = (
    (r"8182", r"/sparql/?", r"/sparql/gsp/"),  # Neptune
    (r"5820", r"/([^/]+)/query", r"/\1"),  # Stardog
    (r".*", r"/query", r"/store"),  # Oxigraph
    (r".*", r"(.*/repositories/[^/]+)/?", r"\1/rdf-graphs/service"),  # GraphDB, RDF4J
    (r".*", r"/sparql/?", r"/sparql-graph-crud-auth"),  # Virtuoso
    (r".*", r"(/.+)/(?:query|sparql)/?", r"\1/data"),  # Fuseki
)


def store_of(address: str) -> str:
    """The address of the graph store that most likely belongs to an endpoint.

    Raises:
        errors.UsageError: The endpoint's address is none, or of no form that is known.
    """
    parts = split(address)
    for port, path, store in _STORES:
        if re.fullmatch(port, str(parts.port or "")) and re.fullmatch(path, parts.path):
            found = re.sub(f"^(?:{path})$", store, parts.path)
            return parts._replace(path=found, query="", fragment="").geturl()
    said = "From the address of the endpoint nobody can tell that of its graph store."
    raise UsageError(said, hint="Name it: --store URL.")


class Change(NamedTuple):
    """What publishing does, or did, to one graph of a store.

    Attributes:
        graph: IRI of the graph.
        state: ``same`` (it was there already), ``new``, ``replaced``, ``deleted``.
        before: How many statements it had.
        after: How many it has.
        added: How many of these are new; None where they were not compared one by one.
        removed: How many of the earlier ones are gone; or None.
    """

    graph: str
    state: str
    before: int
    after: int
    added: int | None = None
    removed: int | None = None


class Publication:
    """The graph, ready for a store.

    Args:
        graph: What is published.
        endpoint: Address where queries are answered.
        store: Address of the graph store; by default what `store_of` says.

    Raises:
        errors.UsageError: An address is none, or the store's cannot be told.
    """

    def __init__(self, graph: GraphView, endpoint: str, store: str | None = None) -> None:
        self._endpoint = Endpoint(endpoint)
        self._server = Server(store or store_of(endpoint))
        self._engines = {"curated": graph.engine(), "source": graph.engine("source")}

    @property
    def store(self) -> str:
        """Address of the graph store."""
        return self._server.address

    def changes(self) -> Iterator[Change]:
        """What `publish` would do, graph by graph; nothing is written.

        Raises:
            errors.LimitReached: The server takes too long.
            errors.ServerError: It cannot be reached, refuses, or gives what makes no sense.
        """
        for graph, old, new in self._compared():
            if old or new:
                state = _state(len(old), len(new), same=old == new)
                yield Change(graph, state, len(old), len(new), len(new - old), len(old - new))

    def difference(self) -> Iterator[tuple[str, str, str]]:
        """What `publish` would change, statement by statement: graph, ``+`` or ``-``, and a line of N-Triples.

        Raises:
            errors.LimitReached: As `changes`.
            errors.ServerError: As `changes`.
        """
        for graph, old, new in self._compared():
            for line in sorted(old ^ new):
                yield graph, "+" if line in new else "-", line

    def _compared(self) -> Iterator[tuple[str, set[str], set[str]]]:
        """Each graph with the lines that are at the store, and those of ours."""
        for graph, quads in self._graphs():
            yield graph, set(map(_line, self._endpoint.quads(graph))), set(map(_line, quads()))

    def publish(self, tell: Callable[[str], None] = lambda _: None) -> list[Change]:
        """Replace the graphs, one after the other, and see each time that what was written is there.

        It can be repeated: what is there already stays.

        Args:
            tell: Told the IRI of each graph before it is written.

        Raises:
            errors.LimitReached: As `changes`; the hint says which graphs are new.
            errors.ServerError: As `changes`, and where the store holds something else than was written.
        """
        done: list[Change] = []
        plan = list(self._graphs())
        written = ""

        def writing(graph: str) -> None:
            nonlocal written
            tell(graph)
            written = graph

        try:
            for graph, quads in plan:
                done.append(self._replaced(graph, quads, writing))
        except GraphError as error:
            names = [graph for graph, _ in plan]
            unsure = names[len(done)] == written
            standing = {
                "As it should be": names[: len(done)], "Not sure": [written] if unsure else [],
                "As before": names[len(done) + unsure :],
            }  # fmt: skip
            said = [f"{how}: {', '.join(which)}." for how, which in standing.items() if which]
            said.append("Publish again; what is done already is left alone.")
            error.hint = " ".join(filter(None, (error.hint, *(said if written else ["Nothing was written."]))))
            raise
        return [change for change in done if change.before or change.after]

    def _graphs(self) -> Iterator[tuple[str, _Reader]]:
        """Name at the store and statements of each graph; a twin that is not needed has none."""
        names = [*(graph_name(name).value for name in GRAPHS), PROOFS]
        for name in names:
            yield name, partial(self._engines["curated"].quads, name)
        for name in names:
            curated, stated = (partial(engine.quads, name) for engine in self._engines.values())
            yield twin(name), stated if _digest(curated())[0] != _digest(stated())[0] else tuple

    def _replaced(self, graph: str, quads: _Reader, writing: Callable[[str], None]) -> Change:
        """Put a graph in the place of what is there, or delete it (SPARQL 1.1 Graph Store Protocol, 5.3 and 5.4)."""
        before = _digest(self._endpoint.quads(graph))
        with tempfile.TemporaryFile() as file:
            after = _digest(quads(), file)
            if before != after:
                writing(graph)
                put = after[1] > 0
                with self._server.ask(
                    "PUT" if put else "DELETE", more={"graph": graph}, body=file if put else None, seconds=SECONDS,
                    kind="application/n-triples" if put else "", welcome=() if put else (404,),
                ) as reply:  # fmt: skip
                    reply.whole(1 << 20)
                self._verify(graph, quads, after)
        return Change(graph, _state(before[1], after[1], same=before == after), before[1], after[1])

    def _verify(self, graph: str, quads: _Reader, wanted: tuple[int, int]) -> None:
        """See that a graph is there.

        Raises:
            errors.ServerError: The store holds something else.
        """
        given = _digest(self._endpoint.quads(graph))
        if given == wanted:
            return
        ours, theirs = (set(map(_line, found)) for found in (quads(), self._endpoint.quads(graph)))
        said = f"<{graph}> holds {given[1]:,} statements after {wanted[1]:,} were written"
        for what, lines in (("missing", ours - theirs), ("not ours", theirs - ours)):
            said += f"; {len(lines):,} {what}, such as {excerpt(min(lines), 200)}" if lines else ""
        hint = f"Does {self._server.address} write to the store that is asked at {self._endpoint.address}?"
        raise ServerError(f"{said}.", address=self._server.address, hint=hint)


def _state(before: int, after: int, *, same: bool) -> str:
    return "same" if same else "deleted" if not after else "replaced" if before else "new"


def _digest(quads: Iterable[Quad], file: IO[bytes] | None = None) -> tuple[int, int]:
    """A sum over the digests of the statements, whatever their order, and their number; written to a file if given."""
    total = count = 0
    for quad in quads:
        total += int.from_bytes(sha256(_line(quad).encode()).digest(), "big")
        count += 1
        if file is not None:
            file.write(f"{skolem(quad.subject)} {quad.predicate} {skolem(quad.object)} .\n".encode())
    return total % (1 << 256), count


def _line(quad: Quad) -> str:
    """A statement as N-Triples, the same for every way to write its value; tags of languages have but one here."""
    value = skolem(quad.object)
    if isinstance(value, Literal) and not value.language:
        value = Literal(canonical(value.value, value.datatype.value), datatype=value.datatype)
    return f"{skolem(quad.subject)} {quad.predicate} {value} ."
