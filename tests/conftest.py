"""Fixtures that several test files use."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Canary:
    """A server on loopback that nobody should call.

    Attributes:
        url: Its address, ending in a slash.
        requests: Method and path of each request that came.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.requests: list[str] = []


@pytest.fixture
def canary() -> Iterator[Canary]:
    """Give the address of a logging server; at the end of the test nothing may have arrived."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def _log(self) -> None:
            heard.append(f"{self.command} {self.path}")
            self.send_response(204)
            self.end_headers()

        do_GET = do_POST = do_HEAD = do_PUT = do_OPTIONS = _log  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Keep the screen clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        bird = Canary(server.server_port)
        bird.requests = heard
        try:
            yield bird
        finally:
            server.shutdown()
            thread.join()
    assert heard == []
