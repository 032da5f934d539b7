"""Ask the web application in this process."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import httpx

import csto_graph
from csto_graph.web.app import create_app
from csto_graph.web.site import Settings

Get = Callable[..., httpx.Response]


def asking(graph: csto_graph.KnowledgeGraph, settings: Settings | None = None) -> Get:
    """Ask an application, in this process; redirects are not followed."""
    transport = httpx.ASGITransport(create_app(graph, settings), raise_app_exceptions=False)

    def asked(path: str, method: str = "GET", **given: object) -> httpx.Response:
        async def request() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(method, path, **given)  # type: ignore[arg-type]

        return anyio.run(request)

    return asked
