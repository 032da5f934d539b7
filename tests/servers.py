"""Servers for tests, on loopback: a real one for SPARQL, one that misbehaves as told, and one that cuts answers off."""

from __future__ import annotations

import json
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pyoxigraph as ox

JSON = "application/sparql-results+json"
EMPTY = b'{"head": {"vars": ["x"]}, "results": {"bindings": []}}'
YES = b'{"head": {}, "boolean": true}'


def program() -> str | None:
    """The real server's program, installed beside Python or on the path."""
    beside = Path(sys.executable).with_name("oxigraph")
    return str(beside) if beside.is_file() else shutil.which("oxigraph")


@contextmanager
def oxigraph(*options: str) -> Iterator[str]:
    """Run an Oxigraph server in memory and give its address, without a path."""
    found = program()
    assert found is not None
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = [found, "serve", "--bind", f"127.0.0.1:{port}", *options]
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert child.stderr is not None
        said = b""
        while b"Listening" not in said:
            line = child.stderr.readline()
            assert line, said
            said += line
        threading.Thread(target=child.stderr.read, daemon=True).start()
        yield f"http://127.0.0.1:{port}"
    finally:
        child.kill()
        child.wait()
        if child.stderr is not None:
            child.stderr.close()


@dataclass(frozen=True)
class Request:
    """What a server was asked; names of headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> list[tuple[str, str]]:
        """The fields of a form."""
        return parse_qsl(self.body.decode())


#: Bytes to send, or what does something with the connection and says whether that ends it.
Script = bytes | Callable[[socket.socket, Request], object]


def answer(body: bytes = EMPTY, kind: str = JSON, status: int = 200, **headers: str) -> bytes:
    """A whole answer; underscores in the names of headers stand for hyphens."""
    lines = [f"HTTP/1.1 {status} Told", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def reset(connection: socket.socket, _: Request) -> bool:
    """Break the connection off as a server does that dies."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return True


class Rogue:
    """A server that does to one request after the other what its scripts say; the last one is for all that follow.

    Attributes:
        url: Its address, with a path.
        requests: What it was asked.
    """

    def __init__(self, *scripts: Script, context: Any = None) -> None:
        self._scripts = list(scripts)
        self._context = context
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.02)
        self.port = self._socket.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}/sparql"
        self.requests: list[Request] = []
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._listen)]

    def __enter__(self) -> Rogue:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError):
                connection, _ = self._socket.accept()
                self._connections.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(None)
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as file:
                while request := _read(file):
                    self.requests.append(request)
                    script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
                    if not isinstance(script, bytes):
                        if script(connection, request):
                            return
                    else:
                        connection.sendall(script)
                        if b"Content-Length" not in script:
                            return

    def drip(self, head: bytes, drop: bytes = b" ") -> Script:
        """A script that says something, and goes on for ever, a little at a time."""

        def script(connection: socket.socket, _: Request) -> None:
            connection.sendall(head)
            while not self._over.wait(0.02):
                connection.sendall(drop)

        return script


def _read(file: Any) -> Request | None:
    if file.peek(1)[:1] == b"\x16":
        return Request("HELLO", "", {}, b"")  # of a client that means to speak in secret
    start = file.readline()
    if not start:
        return None
    method, path, _ = start.decode("latin-1").split(" ", 2)
    headers = {}
    while line := file.readline().strip():
        name, _, value = line.decode("latin-1").partition(": ")
        headers[name.lower()] = value
    return Request(method, path, headers, file.read(int(headers.get("content-length", 0))))


def capped(store: ox.Store, most: int, told: list[str] | None = None) -> Script:
    """A script that answers queries out of a store, but never gives more rows than so many, and does not say so."""

    def script(connection: socket.socket, request: Request) -> None:
        fields = request.form
        text = dict(fields)["query"]
        if told is not None:
            told.append(text)
        default, named = (
            [ox.NamedNode(value) for name, value in fields if name == kind] or None
            for kind in ("default-graph-uri", "named-graph-uri")
        )
        found: Any = store.query(text, default_graph=default, named_graphs=named)
        document = json.loads(found.serialize(format=ox.QueryResultsFormat.JSON))
        if "results" in document:
            document["results"]["bindings"] = document["results"]["bindings"][:most]
        connection.sendall(answer(json.dumps(document).encode()))

    return script
