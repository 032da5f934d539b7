"""The SPARQL 1.1 Protocol, for queries alone (https://www.w3.org/TR/sparql11-protocol/)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache, partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pyoxigraph import Literal, NamedNode, RdfFormat, parse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .. import errors
from ..describe import schema
from ..graph import KnowledgeGraph
from ..names import LABELS
from ..rdf import formats
from ..sandbox.parent import THE_QUERY, Workers, out_of_time, vetted
from ..share.export import catalog_triples
from ..sparql.text import QueryText
from ..store.engine import Answer
from ..store.oxigraph import Oxigraph
from .pages import explained
from .site import LANGUAGES, MEDIA_TYPES, Refused, Site, media_type, status_of

#: Formats of rows and truth values; the first is the default.
SOLUTIONS = ("srj", "srx", "csv", "tsv")

#: Formats of graphs; the first is the default.
STATEMENTS = ("turtle", "ntriples", "jsonld", "rdfxml")

_ALIASES = {"json": ("srj", "jsonld"), "xml": ("srx",), "n3": ("turtle",)}
_QUERY, _UPDATE = "application/sparql-query", "application/sparql-update"
_FORM = "application/x-www-form-urlencoded"
_TYPES = {
    name: (MEDIA_TYPES[name] + "; charset=utf-8" * MEDIA_TYPES[name].startswith("text/")).encode()
    for name in (*SOLUTIONS, *STATEMENTS)
}


class SparqlProtocol:
    """The endpoint of a site, as an ASGI application of its own, which does no more for a query than it must."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or say why not."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        text, begun = "", False

        async def put(format: str, block: bytes | str, last: bool, seconds: float) -> None:
            """Send a block of an answer; the head goes before the first."""
            nonlocal begun
            body = block.encode() if isinstance(block, str) else block
            if not begun:
                begun, head = True, [
                    (b"content-type", _TYPES[format]), (b"vary", b"Accept"),
                    (b"server-timing", b"query;dur=%.1f" % (seconds * 1000)),
                ]  # fmt: skip
                if last:
                    head.append((b"content-length", b"%d" % len(body)))
                await send({"type": "http.response.start", "status": 200, "headers": head})
            await send({"type": "http.response.body", "body": body, "more_body": not last})

        try:
            given = await self._given(scope, headers, receive)
            asked = dict(given)
            if self._site.settings.log_queries:
                scope["query_string"] = urlencode(given).encode()  # which the log shows
            text = _with_dataset(asked["query"], given)
            limits, engine = self._site.limits, self._site.graph.engine()
            own = engine if isinstance(engine, Oxigraph) else None
            form, request = vetted(text, limits) if own else (QueryText(text).form, {})
            format = _format(form, asked.get("format", ""), headers.get("accept", ""))
            async with self._site.slot(scope["client"]):
                if format not in SOLUTIONS or asked.get("labels") or own is None:
                    clock = time.perf_counter()
                    body = await run_in_threadpool(self._written, text, format, asked.get("labels", ""))
                    await put(format, body, True, time.perf_counter() - clock)
                    return
                await self._streamed(own.workers, {**request, "format": format}, partial(put, format))
        except errors.GraphError as error:
            if begun:
                return  # which breaks the transfer
            if isinstance(error, errors.QueryError):
                refused = any(words in error.message for words in ("SERVICE is refused", "the graph is only read"))
                error = Refused(403 if refused else 400, *explained(error, text, self._site.language(Request(scope))))
            told = self._site.error(Request(scope), status_of(error), error.message, error.hint)
            await told(scope, receive, send)

    async def _given(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> list[tuple[str, str]]:
        """The parameters of a request, wherever they stand (section 2.1).

        Raises:
            Refused: It brings too much, or what the protocol does not know.
        """
        kind, body = "", bytearray()
        if scope["method"] == "POST":
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            too_much = Refused(413, f"A request may bring {self._site.settings.body} bytes.")
            if int(headers.get("content-length", "0")) > self._site.settings.body:
                raise too_much
            async for piece in Request(scope, receive).stream():
                body += piece
                if len(body) > self._site.settings.body:
                    raise too_much
            if kind not in (_QUERY, _FORM, _UPDATE):
                raise Refused(415, f"What is a body of type {kind or 'no type'}?", f"Send {_QUERY} or {_FORM}.")
        try:
            forms = [scope["query_string"].decode(), *([body.decode()] if kind == _FORM else [])]
            pairs = [one for text in forms for one in parse_qsl(text, keep_blank_values=True, errors="strict")]
            if kind == _QUERY:
                pairs.append(("query", body.decode()))
        except UnicodeDecodeError:
            raise Refused(400, "The request is not UTF-8.") from None
        if kind == _UPDATE or any(key == "update" for key, _ in pairs):
            raise Refused(403, "This endpoint is read-only.")
        if sum(key == "query" for key, _ in pairs) != 1:
            raise Refused(400, "Give one query, no more and no less.")
        if others := {text for key, text in pairs if key == "labels"}.difference(LANGUAGES, [""]):
            raise Refused(400, f"There are no labels in {min(others)!r}.", f"Languages: {', '.join(LANGUAGES)}.")
        return pairs

    def _written(self, text: str, format: str, labels: str) -> str:
        """The whole answer to a query as a text."""
        graph = self._site.graph
        answer = graph.sparql(text, limits=self._site.limits)
        if answer.kind == "boolean":
            return "".join(formats.write_boolean(bool(answer.boolean), format))
        if answer.kind == "graph":
            return "".join(formats.write_graph(answer.triples, format, context=graph.bundle.context_for(format)))
        table = graph.table(_labelled(graph, answer, labels) if labels else answer, label=str)
        return "".join(formats.write_table(table.columns, table.cells, format))

    async def _streamed(
        self, workers: Workers, request: Mapping[str, Any], put: Callable[[bytes, bool, float], Awaitable[None]]
    ) -> None:
        """Have a worker answer, and pass on what it writes, as it is and as soon as it comes.

        What is wrong from the start is raised before anything is put; only what ends without an error was whole.
        """
        loop, limits, blocks, spent = asyncio.get_running_loop(), self._site.limits, list[bytes](), 0.0
        if (worker := workers.idle(limits.memory)) is None:  # which no query is blamed for
            worker = await asyncio.wrap_future(workers.started(limits.memory))
        try:
            for piece in worker.talk(request, THE_QUERY, limits):
                if piece is not None:
                    blocks.append(piece)
                    continue
                if blocks:
                    await put(b"".join(blocks), False, spent)
                    blocks.clear()
                begin, ready = loop.time(), asyncio.Event()
                loop.add_reader(worker.fileno(), ready.set)
                try:
                    async with asyncio.timeout(limits.seconds - spent):
                        await ready.wait()
                except TimeoutError:
                    raise out_of_time(THE_QUERY, limits) from None
                finally:
                    loop.remove_reader(worker.fileno())
                spent += loop.time() - begin
            await put(b"".join(blocks), True, spent)
        finally:
            if worker.fit:
                workers.give(worker)
            else:  # to end it takes a moment, to start another one more
                loop.run_in_executor(None, workers.give, worker)
                loop.run_in_executor(None, self._site.spare)


def _labelled(graph: KnowledgeGraph, answer: Answer, language: str) -> Answer:
    """Rows with a column ``xLabel`` beside each column ``x`` in which things stand."""
    columns = answer.variables
    things = [at for at, _ in enumerate(columns) if any(isinstance(row[at], NamedNode) for row in answer.rows)]

    def label(name: str) -> Literal:
        found = Literal(text := graph.label(name, language), language=language)
        return found if any(found in graph.objects(name, one) for one in LABELS) else Literal(text)

    told: dict[object, Literal] = {
        term: label(term.value) for row in answer.rows for term in row if isinstance(term, NamedNode)
    }
    rows = [(*row, *(told.get(row[at]) for at in things)) for row in answer.rows]
    return Answer("solutions", (*columns, *(f"{columns[at]}Label" for at in things)), rows)


@lru_cache(1024)
def _format(form: str, named: str, accept: str) -> str:
    """The format that was named, or the best that is accepted.

    Raises:
        Refused: There is none.
    """
    known = SOLUTIONS if form in ("SELECT", "ASK") else STATEMENTS
    types = {MEDIA_TYPES[name]: name for name in known}
    if "/" in named:  # media types; a plus that was not escaped came as a space
        named, accept = "", named.replace(" ", "+")
    if named:
        try:
            meant = [one for one in _ALIASES.get(named.lower(), ()) if one in known]
            return formats.choose((meant or [named])[0], None, known)
        except errors.UnknownName as error:
            raise Refused(406, error.message, error.hint) from None
    offered = {**types, **({"application/json": "srj", "application/xml": "srx"} if known is SOLUTIONS else {})}
    best = media_type(accept, tuple(offered))
    if best is None:
        raise Refused(406, "This answer is given as: " + ", ".join(types) + ".")
    return offered[best]


def description(site: Site, request: Request) -> Response:
    """What the endpoint is and holds: Service Description, VoID partitions, the canned queries as examples.

    It follows https://www.w3.org/TR/sparql11-service-description/ and what editors read to need no configuration:
    ``void:classPartition``, ``sh:SPARQLExecutable`` with ``rdfs:comment``, ``sh:declare``.
    """
    graph, given = site.graph, request.query_params.get("format", "")
    format = _format("DESCRIBE", given, request.headers.get("accept", ""))
    graphs = sorted({quad.graph_name.value for quad in graph.quads() if isinstance(quad.graph_name, NamedNode)})
    examples = schema.examples(graph.bundle.queries)
    text = site.page(request, "service.ttl", graphs=graphs, examples=examples, literal=Literal).body
    triples = [quad.triple for quad in parse(bytes(text), RdfFormat.TURTLE)]
    dataset = NamedNode(f"{site.origin(request)}/.well-known/void#dataset")
    triples += [*schema.partitions(schema.document(graph), dataset), *catalog_triples(graph.queries)]
    body = "".join(formats.write_graph(triples, format, context=graph.bundle.context_for(format)))
    return Response(body, headers={"Vary": "Accept"}, media_type=MEDIA_TYPES[format])


def _with_dataset(text: str, given: list[tuple[str, str]]) -> str:
    """A query whose dataset is that of the request, which goes before its own (section 2.1.4).

    >>> _with_dataset("ASK{ ?s ?p ?o }", [("default-graph-uri", "urn:g")])
    'ASK FROM <urn:g> { ?s ?p ?o }'
    """
    kinds = {"default-graph-uri": "FROM", "named-graph-uri": "FROM NAMED"}
    clauses = "".join(f" {kinds[key]} <{value}>" for key, value in sorted(given) if key in kinds)
    if not clauses:
        return text
    for clause in reversed(QueryText(text).dataset):
        text = text[: clause.start] + text[clause.end :]
    query = QueryText(text)
    before = query.tokens[: query.body]
    at = before[-1].end if before else 0  # and not after a comment
    return f"{text[:at]}{clauses} {text[at:].lstrip()}"
