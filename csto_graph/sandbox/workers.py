"""Children that hold a dataset and answer one query from outside after another.

To start one takes as long as to load the dataset; then a query costs little beyond its own work. One that reaches a
limit is ended, and another takes its place when it is needed; whoever asks next notices nothing.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Collection, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from threading import Lock
from typing import Any, cast

import pyoxigraph as ox

from ..errors import GraphError, LimitReached
from ..sparql.text import vet
from ..store.engine import Answer, Limits
from .inputs import LONGEST_TERM
from .parent import Child, out_of_time

_THE_QUERY = "The query"
_SORTING = "Ask for less; to sort values of mixed types, ORDER BY STR(...)."
_MOST_IDLE, _MOST_QUERIES = 4, 1_000
"""How many workers are kept for the next query, and how many queries one answers before it is replaced."""


class Workers:
    """The workers of one dataset. They are started when they are needed, and end with this object or the process.

    Args:
        dataset: N-Quads, or the folder of a store on disk.

    >>> workers = Workers(b"<urn:a> <urn:b> <urn:c> .")
    >>> workers.query("SELECT ?s { ?s ?p ?o }").rows, workers.query("ASK { <urn:x> ?p ?o }").boolean
    ([(<NamedNode value=urn:a>,)], False)
    >>> workers.close()
    """

    def __init__(self, dataset: bytes | str) -> None:
        self._dataset, self._lock, self._queries = dataset, Lock(), 0
        self._idle: list[Child] = []
        # The system ends a child with the thread that started it, and this one lives as long as its workers may.
        self._starter = ThreadPoolExecutor(1)
        self._end = weakref.finalize(self, _end, self._idle)

    def close(self) -> None:
        """End those that are idle; harmless when repeated, and others are started if they are needed."""
        self._starter.submit(self._end_idle).result()  # after what is being started

    def _end_idle(self) -> None:
        with self._lock:
            _end(self._idle)

    def query(self, text: str, *, limits: Limits | None = None, graphs: Collection[str] = ()) -> Answer:
        """Answer a SPARQL 1.1 query (SELECT, ASK, CONSTRUCT, DESCRIBE) that did not come from the project.

        The default graph is the union of all, unless the query names its own with FROM (SPARQL 1.1, section 13.2).
        The project's prefixes are known.

        Args:
            text: The query.
            limits: Time, memory and sizes.
            graphs: IRIs of the graphs that FROM and FROM NAMED may name.

        Returns:
            The whole answer, unless the limits ask for one that is cut.

        Raises:
            QueryError: The text does not parse, is refused by `sparql.text.vet`, or calls a function that does not
                exist.
            LimitReached: Time, memory, size or rows ran out, or the engine crashed.
        """
        limits = limits or Limits()
        until = time.monotonic() + limits.seconds

        def in_time(items: Iterable[Any]) -> Iterator[Any]:
            """The parts of an answer; taking them over counts as well."""
            for number, item in enumerate(items):
                if number % 1024 == 0 and time.monotonic() > until:
                    raise out_of_time(_THE_QUERY, limits)
                yield item

        form, pieces = self.stream(text, "", limits=limits, graphs=graphs)
        *parts, told = cast("Generator[Any]", pieces)
        body, cut = b"".join(parts), bool(told.get("cut"))
        try:
            if form == "SELECT":
                solutions = cast("ox.QuerySolutions", ox.parse_query_results(body, ox.QueryResultsFormat.TSV))
                names = tuple(variable.value for variable in solutions.variables)
                return Answer("solutions", names, [tuple(solution) for solution in in_time(solutions)], cut=cut)
            if form == "ASK":
                return Answer("boolean", boolean=body == b"true")
            quads = in_time(ox.parse(body, ox.RdfFormat.N_TRIPLES))
            return Answer("graph", triples=[quad.triple for quad in quads], cut=cut)
        except MemoryError:
            said = f"{_THE_QUERY}: one value is longer than {LONGEST_TERM}."
            raise LimitReached(said, limit=LONGEST_TERM) from None

    def stream(
        self, text: str, format: str, *, limits: Limits, graphs: Collection[str] = ()
    ) -> tuple[str, Generator[bytes | dict[str, object]]]:
        """Answer a query piece by piece.

        Args:
            text: The query.
            format: ``json``, ``xml``, ``csv`` or ``tsv`` for rows and truth values as the standards have them;
                graphs are N-Triples, and so are they with no format TSV, ``true`` and ``false``.
            limits: As `query`.
            graphs: As `query`.

        Returns:
            The form of the query, and its answer in pieces; the last one is what else there is to know. Only what
            ended without an error was the whole answer. Whoever leaves it before closes it.

        Raises:
            QueryError: As `query`; what only the engine finds is raised by the pieces.
        """
        query = vet(text, graphs=graphs, most=limits.text)
        request = {
            "text": query.once(), "union": not query.dataset, "rows": limits.rows, "cut": limits.cut,
            "seconds": limits.seconds, "format": format,
        }  # fmt: skip

        def pieces() -> Generator[bytes | dict[str, object]]:
            clock = time.monotonic()
            with self._worker(limits.memory) as worker:
                worker.send(request)
                yield from worker.answer(limits, limits.seconds - (time.monotonic() - clock), _SORTING)
                yield worker.told

        return query.form, pieces()

    @contextmanager
    def _worker(self, memory: int) -> Iterator[Child]:
        """A worker with so much memory, which is kept afterwards if it is still fit."""
        with self._lock:
            self._queries += 1
            worker = next((one for one in self._idle if one.limits.memory == memory), None)
            if worker:
                self._idle.remove(worker)
        worker = worker or self._starter.submit(self._started, memory).result()
        fit = False
        try:
            yield worker
            fit = True
        except GraphError as error:
            fit = not isinstance(error, LimitReached)  # of one whose memory ran out nobody knows what it still has
            raise
        finally:
            with self._lock:
                kept = fit and worker.answers < _MOST_QUERIES and len(self._idle) < _MOST_IDLE
                if kept:
                    self._idle.append(worker)
            if not kept:
                worker.close()
                if self._queries > 1:  # whoever asks again will ask once more, and shall not wait
                    self._starter.submit(self._prepare, memory)

    def _started(self, memory: int) -> Child:
        data = self._dataset
        parts, store = ([data], "") if isinstance(data, bytes) else ([], data)
        limits, options = Limits(seconds=86400, memory=memory), {"memory": memory, "store": store}
        return Child("csto_graph.sandbox.child:serving", options, limits, what=_THE_QUERY, parts=parts)

    def _prepare(self, memory: int) -> None:
        """Have a worker wait, if none does."""
        if not self._idle:
            with suppress(LimitReached):
                self._idle.append(self._started(memory))


def query(dataset: bytes | str, text: str, *, limits: Limits | None = None, graphs: Collection[str] = ()) -> Answer:
    """Answer one query by a worker of its own: see `Workers.query`."""
    with closing(Workers(dataset)) as workers:
        return workers.query(text, limits=limits, graphs=graphs)


def _end(workers: list[Child]) -> None:
    while workers:
        workers.pop().close()
