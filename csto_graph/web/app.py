"""The application: routes, and what holds for every answer."""

from __future__ import annotations

import logging
import socket
import time
import warnings
import webbrowser
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import errors
from ..graph import KnowledgeGraph
from . import linked, openapi, pages
from .connections import ImpatientProtocol
from .site import DATA, POLICY, ROWS, Refused, Settings, Site, media_type, status_of
from .sparql import Protocol, description

_HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"cross-origin-opener-policy": b"same-origin",
}
_LONGEST_ADDRESS, _LONGEST_HEAD = 16 * 1024, 32 * 1024
_LOG = logging.getLogger("csto_graph.web")

View = Callable[[Site, Request], Response]


def create_app(graph: KnowledgeGraph, settings: Settings | None = None, *, warm: bool = False) -> Starlette:
    """The application that serves a graph.

    Args:
        graph: What is served; it must not change.
        settings: How; by default as `Settings` has it.
        warm: Make ready, meanwhile, what the first requests would wait for.
    """
    settings = settings or Settings()
    site = Site(graph, settings)
    if warm:
        Thread(target=site.warm, daemon=True).start()
    protocol = Protocol(site)

    def view(function: View, *, cache: bool = True) -> Callable[[Request], Awaitable[Response]]:
        def answered(request: Request) -> Response:
            try:
                return site.cached(request, lambda: function(site, request)) if cache else function(site, request)
            except errors.GraphError as error:
                return site.refused(request, Refused(status_of(error), error.message, error.hint))
            except Refused as refused:
                return site.refused(request, refused)

        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(answered, request)

        return endpoint

    async def sparql(request: Request) -> Response:
        if request.method != "POST" and not {"query", "update"} & set(request.query_params):
            best = media_type(request.headers.get("accept", ""), ["text/turtle", "text/html"])
            return await view(pages.editor if best == "text/html" else description)(request)
        page = request.method == "GET" and "format" not in request.query_params
        if (
            page
            and media_type(
                request.headers.get("accept", ""), ["application/sparql-results+json", "text/turtle", "text/html"]
            )
            == "text/html"
        ):
            return await view(pages.editor)(request)
        return await protocol(request)

    async def check(request: Request) -> Response:
        text = ""
        if request.method == "POST":
            length = request.headers.get("content-length", "")
            if not length:
                return site.error(request, 411, "Tell the length of the request.")
            if not length.isdecimal() or len(length) > 12 or int(length) > settings.body:
                return site.error(request, 413, f"A request may bring {settings.body} bytes.")
            async with request.form(max_files=1, max_fields=2, max_part_size=settings.body) as form:
                file = form.get("file")
                text = str(form.get("text", ""))
                if isinstance(file, UploadFile) and file.size:
                    text = (await file.read()).decode("utf-8", "replace")
        return await run_in_threadpool(pages.check, site, request, text)

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    async def failed(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 500:
            _LOG.error("a mistake of ours", exc_info=error)
        words = {404: "no-such-page", 405: "no-such-method"}.get(status, "our-mistake")
        return site.error(request, status, site.word(request, words))

    routes = [
        Route("/", view(pages.home)),
        Route("/sparql", sparql, methods=["GET", "POST"]),
        *(Route(address + ending, view(page)) for address, page in _PAGES.items() for ending in ("", *ROWS.values())),
        *(Route(f"/why{ending}", view(pages.why)) for ending in ("", ".json", ".svg", ".ttl")),
        Route("/about", view(pages.about)),
        Route("/thing", view(pages.elsewhere)),
        Route("/health", health),
        *(Route(address, check, methods=["GET", "POST"]) for address in ("/check", "/check.json")),
        Route("/sitemap.xml", view(linked.sitemap)),
        Route("/search.xml", view(linked.search_description)),
        Route("/openapi.json", view(openapi.document)),
        Route("/feed.xml", view(linked.feed)),
        Route("/.well-known/void", view(description)),
        *(Route(f"/graph{ending}", view(linked.download, cache=False)) for ending in DATA.values()),
        Mount("/static", StaticFiles(directory=Path(__file__).with_name("static"))),
        Route("/query/{name}", view(linked.query_or_rows)),
        Route("/{path:path}", view(linked.resource)),
    ]
    middleware = [
        Middleware(Guard, log_queries=settings.log_queries, root=site.root),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.hosts), www_redirect=False),
        Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET", "POST"], allow_headers=["*"],
                   expose_headers=["ETag", "Link", "Server-Timing"], max_age=86_400),
        Middleware(Compressed, minimum_size=1_000),
    ]  # fmt: skip
    return Starlette(
        routes=routes, middleware=middleware, exception_handlers={HTTPException: failed, Exception: failed}
    )


_PAGES = {
    "/search": pages.search, "/questions": pages.questions, "/conflicts": pages.conflicts, "/sources": pages.sources,
    "/passages": pages.passages, "/timeline": pages.timeline, "/map": pages.relations, "/compare": pages.compare,
    "/terms": pages.terms,
}  # fmt: skip
"""Pages that show rows, which are given beside them."""


class Compressed(GZipMiddleware):
    """Compresses pages and files, but not the answers of the endpoint, whose first row would wait for others."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        to = self.app if scope["type"] != "http" or scope["path"] == "/sparql" else super().__call__
        await to(scope, receive, send)


class Guard:
    """Headers that every answer has, the log, and addresses that are too long."""

    def __init__(self, app: ASGIApp, *, log_queries: bool, root: str) -> None:
        self._app, self._log_queries, self._root = app, log_queries, root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        clock, status = time.perf_counter(), 0
        if self._root and scope["path"].startswith(f"{self._root}/"):
            scope = {**scope, "path": scope["path"].removeprefix(self._root)}

        async def headed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                spent = (time.perf_counter() - clock) * 1000
                present = {name for name, _ in message["headers"]}
                message["headers"] += [(name, value) for name, value in _HEADERS.items() if name not in present]
                if b"server-timing" not in present:
                    message["headers"] += [(b"server-timing", f"app;dur={spent:.1f}".encode())]
            await send(message)

        try:
            names = {name for name, _ in scope["headers"]}
            if len(scope["path"]) + len(scope["query_string"]) > _LONGEST_ADDRESS:
                await PlainTextResponse("The address is too long; send the query by POST.\n", 414)(
                    scope, receive, headed
                )
            elif sum(len(name) + len(value) for name, value in scope["headers"]) > _LONGEST_HEAD:
                refused = PlainTextResponse("The head of the request is too long.\n", 431, {"Connection": "close"})
                await refused(scope, receive, headed)
            elif {b"content-length", b"transfer-encoding"} <= names:
                # Two servers in a row could disagree about where the request ends.
                refused = PlainTextResponse("A length or chunks, not both.\n", 400, {"Connection": "close"})
                await refused(scope, receive, headed)
            else:
                await self._app(scope, receive, headed)
        finally:
            asked: Any = scope["query_string"].decode("latin-1") if self._log_queries else ""
            spent = (time.perf_counter() - clock) * 1000
            _LOG.info("%s %s%s %s %.1f ms", scope["method"], scope["path"], f"?{asked}" if asked else "", status, spent)


_PATIENCE = 4
"""Seconds that running requests have when the server is told to end."""


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
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # What is accepted has it, too; else the body of an answer waits for the other side to confirm the head.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        hint = "Name another with --port; 0 takes a free one."
        raise errors.UsageError(f"Nothing can listen at {host}:{port}: {reason}.", hint=hint) from error
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listener.getsockname()[1]}/"
    logging.getLogger("csto_graph.web").setLevel(logging.INFO)
    config = uvicorn.Config(
        create_app(graph, settings, warm=True), access_log=False, server_header=False, date_header=True,
        log_level="warning",
        http=ImpatientProtocol, ws="none", lifespan="off", timeout_graceful_shutdown=_PATIENCE, timeout_keep_alive=5,
        limit_concurrency=500,
        h11_max_incomplete_event_size=32 * 1024,
    )  # fmt: skip
    announce(address)
    if browser:
        webbrowser.open(address)
    with listener:
        uvicorn.Server(config).run(sockets=[listener])
