"""The SPARQL 1.1 Protocol, for queries alone (https://www.w3.org/TR/sparql11-protocol/)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import parse_qsl

from pyoxigraph import Literal, NamedNode, Triple
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from .. import errors
from ..describe import schema
from ..names import iri
from ..rdf import formats
from ..share.export import catalog_triples
from ..sparql.text import QueryText
from ..store.engine import Answer, Limits
from ..store.oxigraph import Oxigraph
from .pages import explained
from .site import MEDIA_TYPES, Refused, Site, media_type, status_of

SOLUTIONS = ("srj", "srx", "csv", "tsv")
"""Formats of rows and truth values; the first is the default."""

STATEMENTS = ("turtle", "ntriples", "jsonld", "rdfxml")
"""Formats of graphs; the first is the default."""

_EXTENSIONS = {"srj": "json", "srx": "xml", "csv": "csv", "tsv": "tsv"}
_ALIASES = {"json": "srj", "xml": "srx"}
_UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD")
_READ_ONLY = "This endpoint is read-only."
_DATASET = ("default-graph-uri", "named-graph-uri")


class Protocol:
    """The endpoint of a site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __call__(self, request: Request) -> Response:
        """Answer a request, or say why not."""
        try:
            given = await self._given(request)
            return await run_in_threadpool(self._answered, request, given)
        except Refused as refused:
            return self._site.refused(request, refused)
        except errors.GraphError as error:
            return self._site.refused(request, Refused(status_of(error), error.message, error.hint))

    async def _given(self, request: Request) -> list[tuple[str, str]]:
        """The parameters of a request, wherever they stand (section 2.1).

        Raises:
            Refused: It brings too much, or what the protocol does not know.
        """
        pairs = request.query_params.multi_items()
        if request.method == "POST":
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            body = bytearray()
            async for chunk in request.stream():
                body += chunk
                if len(body) > self._site.settings.body:
                    raise Refused(413, f"A request may bring {self._site.settings.body} bytes.")
            try:
                text = body.decode("utf-8")
            except UnicodeDecodeError:
                raise Refused(400, "The body is not UTF-8.") from None
            if kind == "application/sparql-query":
                pairs = [*pairs, ("query", text)]
            elif kind == "application/x-www-form-urlencoded":
                pairs = [*pairs, *parse_qsl(text, keep_blank_values=True, errors="strict")]
            elif kind == "application/sparql-update":
                raise Refused(403, _READ_ONLY)
            else:
                hint = "Send application/sparql-query or application/x-www-form-urlencoded."
                raise Refused(415, f"What is a body of type {kind or 'no type'}?", hint)
        if any(key == "update" for key, _ in pairs):
            raise Refused(403, _READ_ONLY)
        if sum(key == "query" for key, _ in pairs) != 1:
            raise Refused(400, "Give one query, no more and no less.")
        return pairs

    def _answered(self, request: Request, given: list[tuple[str, str]]) -> Response:
        asked = dict(given)
        query = QueryText(asked["query"])
        if not query.form and any(token.word in _UPDATES for token in query.tokens):
            raise Refused(403, _READ_ONLY)
        known = SOLUTIONS if query.form in ("SELECT", "ASK") else STATEMENTS
        format = self._format(request, asked.get("format", ""), known)
        graphs = {key: [value for name, value in given if name == key] for key in _DATASET}
        if any(graphs.values()):
            text = with_dataset(query, graphs["default-graph-uri"], graphs["named-graph-uri"])
        else:
            text = asked["query"]
        client = self._site.slots.take(request)
        clock = time.perf_counter()
        media = MEDIA_TYPES[format] + ("; charset=utf-8" if format not in ("srj", "srx", "rdfxml") else "")
        try:
            body = self._pieces(text, format, asked.get("labels", ""))
            # What is wrong from the start has a status of its own; what fails later breaks the transfer.
            first: bytes | str = next(body, b"")
            spent = time.perf_counter() - clock
        except BaseException as error:
            self._site.slots.give(client)
            if isinstance(error, errors.QueryError):
                status = 403 if "SERVICE" in str(error) else 400
                raise Refused(status, *explained(error, asked["query"])) from None
            raise
        headers = {"Server-Timing": f"query;dur={spent * 1000:.1f}", "Vary": "Accept"}
        stream = self._rest(first, body, client)
        next(stream)  # begun, so that it gives the place back even if nobody reads it
        return StreamingResponse(stream, 200, headers, media)

    def _pieces(self, text: str, format: str, labels: str) -> Iterator[bytes | str]:
        """The answer to a query, in pieces."""
        settings, graph = self._site.settings, self._site.graph
        engine = graph.engine()
        limits = Limits(seconds=settings.seconds, answer=settings.answer)
        if format in SOLUTIONS and not labels and isinstance(engine, Oxigraph):
            _, pieces = engine.stream(text, _EXTENSIONS[format], limits=limits)
            with closing(pieces):
                yield from (piece for piece in pieces if isinstance(piece, bytes))
            return
        answer = graph.sparql(text, limits=limits)
        if answer.kind == "boolean":
            yield from formats.write_boolean(bool(answer.boolean), format)
        elif answer.kind == "graph":
            yield from formats.write_graph(answer.triples, format, context=graph.bundle.context_for(format))
        else:
            yield from self._labelled(answer, format, labels)

    def _labelled(self, answer: Answer, format: str, language: str) -> Iterator[str]:
        """Rows with a column ``xLabel`` beside each column ``x`` in which things stand."""
        graph = self._site.graph
        columns = list(answer.variables)
        things = [at for at, _ in enumerate(columns) if any(isinstance(row[at], NamedNode) for row in answer.rows)]
        if not language:
            things = []
        rows = [
            (*row, *(_label(graph.label(one.value, language), language) if (one := row[at]) and
                     isinstance(one, NamedNode) else None for at in things))
            for row in answer.rows
        ]  # fmt: skip
        wide = Answer("solutions", (*columns, *(f"{columns[at]}Label" for at in things)), rows)
        table = graph.table(wide)
        yield from formats.write_table(table.columns, list(table.cells()), format)

    def _rest(self, first: bytes | str, body: Iterator[bytes | str], client: str) -> Iterator[bytes | str]:
        try:
            yield b""
            yield first
            yield from body
        finally:
            self._site.slots.give(client)

    def _format(self, request: Request, named: str, known: tuple[str, ...]) -> str:
        """The format that was named, or the best that is accepted.

        Raises:
            Refused: There is none.
        """
        types = {MEDIA_TYPES[name]: name for name in known}
        named = _ALIASES.get(named, named) if known is SOLUTIONS else named
        if named:
            try:
                return types.get(named) or formats.choose(named, None, known)
            except errors.UnknownName as error:
                raise Refused(406, error.message, error.hint) from None
        accept = request.headers.get("accept", "")
        offered = {**types, **({"application/json": "srj", "application/xml": "srx"} if known is SOLUTIONS else {})}
        best = media_type(accept, list(offered))
        if best is None:
            raise Refused(406, "This answer is given as: " + ", ".join(types) + ".")
        return offered[best]


def description(site: Site, request: Request) -> Response:
    """What the endpoint is and holds: Service Description, VoID partitions, the canned queries as examples.

    It follows https://www.w3.org/TR/sparql11-service-description/ and what editors read to need no configuration:
    ``void:classPartition``, ``sh:SPARQLExecutable`` with ``rdfs:comment``, ``sh:declare``.
    """
    graph, origin = site.graph, site.origin(request)
    name = site.chosen(request, {MEDIA_TYPES[one]: one for one in STATEMENTS})
    if name is None:
        return site.error(request, 406, "This is given as: " + ", ".join(MEDIA_TYPES[one] for one in STATEMENTS) + ".")
    service, dataset = NamedNode(f"{origin}/sparql"), NamedNode(f"{origin}/.well-known/void#dataset")
    default = NamedNode(f"{origin}/.well-known/void#default")
    triples: list[Triple] = []

    def said(subject: Any, name: str, *values: Any) -> None:
        triples.extend(Triple(subject, NamedNode(iri(name)), value) for value in values)

    said(service, "rdf:type", NamedNode(_SD + "Service"))
    said(service, _SD + "endpoint", service)
    said(service, _SD + "supportedLanguage", NamedNode(_SD + "SPARQL11Query"))
    said(service, _SD + "feature", NamedNode(_SD + "UnionDefaultGraph"))
    said(service, _SD + "resultFormat", *(NamedNode(_W3C_FORMAT + one) for one in _W3C_FORMATS))
    said(service, _SD + "defaultDataset", dataset)
    said(dataset, "rdf:type", NamedNode(_SD + "Dataset"))
    said(dataset, _SD + "defaultGraph", default)
    said(default, "rdf:type", NamedNode(_SD + "Graph"))
    for place in sorted({quad.graph_name.value for quad in graph.quads() if isinstance(quad.graph_name, NamedNode)}):
        node = NamedNode(f"{origin}/.well-known/void#{place.rpartition('/')[2]}")
        said(dataset, _SD + "namedGraph", node)
        said(node, "rdf:type", NamedNode(_SD + "NamedGraph"))
        said(node, _SD + "name", NamedNode(place))
    said(dataset, _VOID + "sparqlEndpoint", service)
    for example in schema.examples(graph.bundle.queries):
        node = NamedNode(f"{origin}/.well-known/void#{example.name}")
        said(node, "rdf:type", NamedNode(iri("sh:SPARQLExecutable")), NamedNode(iri("sh:SPARQLSelectExecutable")))
        said(node, "rdfs:comment", *(Literal(words, language=tag) for tag, words in example.question.items()))
        said(node, "sh:select", Literal(example.text))
        said(node, "sh:prefixes", NamedNode(iri("query:prefixes")))
    triples += [*schema.partitions(schema.document(graph), dataset), *catalog_triples(graph.queries)]
    text = "".join(formats.write_graph(triples, name, context=graph.bundle.context_for(name)))
    return Response(text, headers={"Vary": "Accept"}, media_type=MEDIA_TYPES[name])


_SD, _VOID = "http://www.w3.org/ns/sparql-service-description#", "http://rdfs.org/ns/void#"
_W3C_FORMAT = "http://www.w3.org/ns/formats/"
_W3C_FORMATS = (
    "SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV", "Turtle", "N-Triples",
    "JSON-LD", "RDF_XML",
)  # fmt: skip


def _label(text: str, language: str) -> Literal:
    return Literal(text, language=language)


def with_dataset(query: QueryText, default: list[str], named: list[str]) -> str:
    """A query whose dataset is that of the request, which goes before its own (section 2.1.4).

    >>> with_dataset(QueryText("SELECT * { ?s ?p ?o }"), ["urn:g"], [])
    'SELECT * FROM <urn:g> { ?s ?p ?o }'
    """
    text = query.text
    for clause in reversed(query.dataset):
        text = text[: clause.start] + text[clause.end :]
    query = QueryText(text)
    clauses = "".join([f"FROM <{one}> " for one in default] + [f"FROM NAMED <{one}> " for one in named])
    at = next(
        (token.start for token in query.tokens[query.at :] if token.text == "{" or token.word == "WHERE"), len(text)
    )
    return text[:at] + clauses + text[at:]
