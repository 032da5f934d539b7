"""The application: routes, what holds for every answer, and the server."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import sys
import time
import warnings
import webbrowser
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .. import errors
from ..graph import KnowledgeGraph
from ..store.engine import GRAPHS
from . import linked, pages
from .site import DATA, MEDIA_TYPES, POLICY, ROWS, Settings, Site, media_type, status_of
from .sparql import SOLUTIONS, STATEMENTS, SparqlProtocol, description

_HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Link, Server-Timing"),
]
_PREFLIGHT = {"Access-Control-Allow-Headers": "*", "Access-Control-Max-Age": "86400"}
_LONGEST_ADDRESS, _LONGEST_HEAD = 16 * 1024, 32 * 1024
#: Seconds that a request may take to arrive, or to go on arriving.
_PATIENCE = 3.0
_LOG = logging.getLogger("csto_graph.web")


def create_app(
    graph: KnowledgeGraph, settings: Settings | None = None, *, warm: bool = False,
    log: Callable[[str], object] = _LOG.info,
) -> ASGIApp:  # fmt: skip
    """The application that serves a graph.

    Args:
        graph: What is served; it must not change.
        settings: How; by default as `Settings` has it.
        warm: Make ready, meanwhile, what the first requests would wait for.
        log: Is told each request that was answered: method, path, status, milliseconds.
    """
    settings = settings or Settings()
    site = Site(graph, settings)
    if warm:
        Thread(target=site.warm, daemon=True).start()

    def view(function: Callable[[Site, Request], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(site.cached, request, partial(function, site, request))

        return endpoint

    async def sparql(request: Request) -> Response:
        """What `SparqlProtocol` leaves: the editor, also with a query, and what the endpoint says of itself."""
        if not _browses(request.headers.get("accept", "")):
            return await view(description)(request)
        async with site.slot(request.client) if request.query_params.get("query") else nullcontext():
            return await view(pages.editor)(request)

    async def check(request: Request) -> Response:
        text = ""
        if request.method == "POST":
            length = request.headers.get("content-length", "")
            if not length.isdecimal():
                return site.error(request, 411, "Tell the length of the request.")
            if len(length) > 12 or int(length) > settings.body:
                return site.error(request, 413, f"A request may bring {settings.body} bytes.")
            async with request.form(max_files=1, max_fields=2, max_part_size=settings.body) as form:
                file = form.get("file")
                text = str(form.get("text", ""))
                if isinstance(file, UploadFile) and file.size:
                    text = (await file.read()).decode("utf-8", "replace")
        async with site.slot(request.client) if text.strip() else nullcontext():
            return await run_in_threadpool(pages.check, site, request, text)

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    async def failed(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if isinstance(error, errors.GraphError):
            return site.error(request, status_of(error), error.message, error.hint)
        if status == 500:
            _LOG.error("a mistake of ours", exc_info=error)
        words = {404: "no-such-page", 405: "no-such-method", 500: "our-mistake"}.get(status)
        told = site.word(request, words) if words else getattr(error, "detail", "")
        response = site.error(request, status, told)
        response.headers.update(getattr(error, "headers", None) or {})  # such as which methods are allowed
        return response

    routes = [
        Route("/", view(pages.home)),
        Route("/sparql", sparql, methods=["GET", "POST"]),
        *(Route(address + ending, view(page)) for address, page in _PAGES.items() for ending in ("", *ROWS.values())),
        *(Route(f"/why{ending}", view(pages.why)) for ending in ("", ".json", ".svg", ".ttl")),
        Route("/about", view(lambda site, request: site.page(request, "about.html"))),
        Route("/health", health),
        Route("/check", check, methods=["GET", "POST"]),
        Route("/check.json", check, methods=["POST"]),
        Route("/sitemap.xml", view(linked.sitemap)),
        Route("/search.xml", view(lambda site, request: site.page(request, "search.xml"))),
        Route("/openapi.json", view(linked.openapi)),
        Route("/feed.xml", view(linked.feed)),
        Route("/.well-known/void", view(description)),  # which tells of the named graphs, too
        *(Route(f"/graph/{one}", lambda _: RedirectResponse(f"{site.root}/.well-known/void", 303)) for one in GRAPHS),
        *(Route(f"/graph{ending}", view(linked.download)) for ending in DATA.values()),
        Mount("/static", StaticFiles(directory=Path(__file__).with_name("static"))),
        Route("/{path:path}", view(linked.resource)),
    ]
    pages_ = Starlette(
        routes=routes, middleware=[Middleware(GZipMiddleware, minimum_size=1_000)],
        exception_handlers=dict.fromkeys((HTTPException, errors.GraphError, Exception), failed),
    )  # fmt: skip
    return _guarded(site, pages_, SparqlProtocol(site), log)


#: Pages that show rows, which are given beside them.
_PAGES = {
    "/search": pages.search, "/questions": pages.questions, "/conflicts": pages.conflicts, "/sources": pages.sources,
    "/passages": pages.passages, "/timeline": pages.timeline, "/map": pages.relations, "/compare": pages.compare,
    "/terms": pages.terms, "/rules": pages.rules,
}  # fmt: skip


def _guarded(site: Site, pages: ASGIApp, endpoint: ASGIApp, log: Callable[[str], object]) -> ASGIApp:
    """Who may ask, and what holds for every answer: headers, the log. Queries go to the endpoint without detours."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await pages(scope, receive, send)
            return
        clock, status = time.perf_counter(), 0
        scope = {**scope, "headers": [pair for pair in scope["headers"] if not _UNZIPPED.search(b"%b:%b" % pair)]}
        if f"{scope['path']}/".startswith(f"{site.root}/"):
            scope = {**scope, "path": scope["path"].removeprefix(site.root) or "/"}

        async def headed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status, headers = message["status"], message["headers"]
                present = {name for name, _ in headers}
                headers += [pair for pair in _HEADERS if pair[0] not in present]
                if b"server-timing" not in present:
                    headers.append((b"server-timing", b"app;dur=%.1f" % ((time.perf_counter() - clock) * 1000)))
            await send(message)

        try:
            await (_refusal(site, scope) or (endpoint if _queries(scope) else pages))(scope, receive, headed)
        finally:
            # As they were sent, still escaped: nothing in them ends a line, or reaches a terminal.
            asked = b"?" + scope["query_string"] if site.settings.log_queries and scope["query_string"] else b""
            path, spent = (scope["raw_path"] + asked).decode("latin-1"), (time.perf_counter() - clock) * 1000
            log(f"{scope['method']} {path} {status} {spent:.1f} ms")

    return guard


def _refusal(site: Site, scope: Scope) -> Response | None:
    """What a request is told that goes no further."""
    headers, length = dict(scope["headers"]), sum(len(name) + len(value) for name, value in scope["headers"])
    name = re.sub(rb":\d*$", b"", headers.get(b"host", b"")).decode("latin-1").lower()
    if len(scope["path"]) + len(scope["query_string"]) > _LONGEST_ADDRESS:
        return PlainTextResponse("The address is too long; send the query by POST.\n", 414)
    if length > _LONGEST_HEAD:
        return PlainTextResponse("The head of the request is too long.\n", 431, {"Connection": "close"})
    if not {"*", name.strip("[]")} & {one.lower().strip("[]") for one in site.settings.hosts}:
        return PlainTextResponse("It is not called by this name.\n", 400)
    methods = "GET, HEAD" + ", POST" * scope["path"].startswith(("/sparql", "/check"))
    told = {"Allow": methods, "Access-Control-Allow-Methods": methods, **_PREFLIGHT}
    return Response(headers=told) if scope["method"] == "OPTIONS" else None


def _queries(scope: Scope) -> bool:
    """Whether a request is one of the SPARQL protocol, which the editor is not."""
    asked, posted, accept = scope["query_string"], scope["method"] == "POST", dict(scope["headers"]).get(b"accept", b"")
    if scope["path"] != "/sparql" or scope["method"] not in ("GET", "HEAD", "POST"):
        return False
    queried = posted or b"query=" in asked or b"update=" in asked
    return queried and (posted or b"format=" in asked or not _browses(accept.decode("latin-1")))


#: A header that refuses what the compression, which looks for the name alone, takes it to accept.
_UNZIPPED = re.compile(rb"^accept-encoding:(.*,)?\s*gzip\s*;\s*q=0(\.0*)?\s*(,|$)")


def _browses(accept: str) -> bool:
    """Whether a page is preferred to data."""
    return media_type(accept, (*(MEDIA_TYPES[one] for one in SOLUTIONS + STATEMENTS), "text/html")) == "text/html"


class ImpatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it; a request that does not arrive in time, or has too long a head, ends it."""

    _due: asyncio.TimerHandle | None = None
    _part, _size = "head", 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait with the first byte, or before it."""
        super().connection_made(transport)
        self._due = self.loop.call_later(_PATIENCE, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Wait for more only where the request is not whole, or was answered before; each piece gives new time."""
        if not self._size:  # letters of an address that nobody escaped
            line, end, rest = data.partition(b"\r\n")
            data = quote(line, safe=bytes(range(128))).encode() + end + rest
        self._size += len(data)
        if self._part == "whole":
            self._part = "head"  # which has the time of one however many its pieces are
        super().data_received(data)
        if self._part == "head" and self._size > _LONGEST_HEAD + _LONGEST_ADDRESS:
            self.transport.write(b"HTTP/1.1 431 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            self.transport.close()
        if self._due and self._part != "head":
            self._due.cancel()
            self._due = None
        answered = self.cycle is not None and self.cycle.response_complete
        if not self._due and (self._part != "whole" or answered) and not self.transport.is_closing():
            self._due = self.loop.call_later(_PATIENCE, self.transport.abort)

    def on_headers_complete(self) -> None:
        """A body may follow."""
        self._part = "body"
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The whole request is there."""
        self._part, self._size = "whole", 0
        super().on_message_complete()


def serve(
    graph: KnowledgeGraph, *, host: str, port: int, settings: Settings, announce: Callable[[str], None],
    browser: bool = False,
) -> None:  # fmt: skip
    """Serve a graph until the process is told to end.

    Args:
        graph: What is served.
        host: Address of this machine to listen at.
        port: Port; 0 takes a free one.
        settings: How it answers.
        announce: Is told the address when it can be reached.
        browser: Whether a browser is opened there.

    Raises:
        errors.UsageError: Nothing can listen there.
    """
    warnings.simplefilter("ignore", errors.DoubtWarning)  # whoever asked is not here
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).partition(" (while")[0]
        hint = "Name another with --port; 0 takes a free one."
        raise errors.UsageError(f"Nothing can listen at {host}:{port}: {reason}.", hint=hint) from error
    # What is accepted has it, too; else the body of an answer waits for the other side to confirm the head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"

    def log(line: str) -> None:
        with suppress(OSError, ValueError):  # it goes on where nobody reads that
            sys.stderr.write(f"{line}\n")

    config = uvicorn.Config(
        create_app(graph, settings, warm=True, log=log), access_log=False, server_header=False, date_header=True,
        log_level="warning", http=ImpatientProtocol, ws="none", lifespan="off", timeout_graceful_shutdown=4,
        timeout_keep_alive=5, limit_concurrency=500,
    )  # fmt: skip
    announce(address)
    if browser:
        webbrowser.open(address)
    with listener:
        uvicorn.Server(config).run(sockets=[listener])
