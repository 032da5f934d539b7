"""The server as a process: half requests, two lengths, a runaway, and the end of it."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote

import pytest

import csto_graph

CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
Server = tuple[subprocess.Popen[str], str, int]
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    command = [sys.executable, "-m", "csto_graph", "serve", "--port", "0", "--timeout", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = process.stderr.readline().strip()
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield process, address, int(address.rstrip("/").rpartition(":")[2])
        process.kill()


def ask(address: str, query: str) -> object:
    with urllib.request.urlopen(f"{address}sparql?query={quote(query)}", timeout=30) as answer:
        return json.load(answer)


def talk(port: int, *pieces: bytes) -> bytes:
    """What comes back for bytes, until the other side ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        for piece in pieces:
            one.sendall(piece)
        found = b""
        while some := one.recv(65536):
            found += some
    return found


def test_half_requests_lose_their_place(server: Server) -> None:
    """Many connections that never finish are ended, and meanwhile others are answered."""
    _, address, port = server
    head = b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
    halves = [b"", b"GET /health HT", head, head + b"Content-Length: 99\r\n\r\nASK"]
    open_ = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(40)]
    for at, one in enumerate(open_):
        one.sendall(halves[at % len(halves)])
    open_.append(late := socket.create_connection(("127.0.0.1", port), timeout=10))
    late.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n")
    assert late.recv(4096)
    late.sendall(b"ab")  # the body, when all was answered
    assert ask(address, "ASK {}") == {"head": {}, "boolean": True}
    for one in open_:
        with one, suppress(ConnectionResetError):
            while one.recv(4096):
                pass
    assert ask(address, "ASK {}") == {"head": {}, "boolean": True}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n" + CHUNKED, 400),
        (b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 400),
        (b"GET /%00%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        (b"GET /static/%2e%2e/app.py HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        ("GET /search?q=ОДКБ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode(), 200),
        (b"GET /sparql/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"\x16\x03\x01\x00\xa5", 400),
    ],
)  # fmt: skip
def test_what_no_client_sends_is_refused(server: Server, sent: bytes, status: int) -> None:
    answer = talk(server[2], sent)
    assert answer.startswith(b"HTTP/1.1 %d" % status)
    assert b"root:" not in answer
    assert b"csto_graph/" not in answer


GOOD = {
    "/health": b"ok", "/sparql?query=ASK%7B%7D": b'"boolean":true', "/query/drafts.csv": b"draft,",
    "/sparql?format=csv&query=" + quote("SELECT ?s { ?s a coop:State } LIMIT 3"): b"\r\n",
    "/id/organization/unodc.html": b"Drugs and Crime", "/id/organization/unodc.nt": b"<http", "/timeline.json": b"rows",
    "/compare.csv?left=UN&right=CSTO": b"property", "/search.json?q=UNODC": b"organization:unodc",
}  # fmt: skip
HOSTILE = [
    "/sparql?query=" + quote(text) for text in ("SELECT * {", "DROP ALL", "ASK { SERVICE <http://127.0.0.1:9/> {} }",
                                                "((((" * 500, "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }")
] + ["/query/drafts.csv?x=1", "/id/%00", "/why.json?thing=%F0%9F%98%80", "/" + "a" * 20_000]  # fmt: skip


@pytest.mark.skipif("CSTO_GRAPH_CAMPAIGN" not in os.environ, reason="only in a campaign: CSTO_GRAPH_CAMPAIGN=20000")
def test_a_soak(server: Server) -> None:
    """Many requests, one in ten hostile, one in a thousand a runaway: all good ones answered right, memory flat."""
    process, _, port = server
    many, kibibytes, wrong = int(os.environ["CSTO_GRAPH_CAMPAIGN"]) * 15, list[int](), list[str]()
    runaway = f"/sparql?query={quote(RUNAWAY)}"

    def some(which: int) -> None:
        draw = random.Random(which)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for at in range(many // 8):
            kind = draw.random()
            path = runaway if kind < 0.001 else draw.choice(HOSTILE if kind < 0.1 else list(GOOD))
            connection.request("GET", path)
            answer = connection.getresponse()
            body, status = answer.read(), answer.status
            right = status == 503 and answer.headers["Retry-After"] == "1" and path.startswith("/sparql")
            right |= status == 200 and GOOD[path] in body if path in GOOD else 400 <= status < 500
            if not right and path != runaway:
                wrong.append(f"{status} {path[:80]}")
            if which == 0 and at % (many // 80) == 0:
                kibibytes.append(int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[0]))
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(some, range(8)))
    assert wrong == []
    assert len(kibibytes) >= 10
    assert max(kibibytes[5:]) < 1.1 * max(kibibytes[:5])


def test_it_is_a_server_for_the_command_line(server: Server) -> None:
    """Which says what is not kept there: proofs, and the other reading; words are shown with what is in brackets."""
    far = csto_graph.load(endpoint=f"{server[1]}sparql")
    assert "its proof is not kept here" in far.why("CTED").to_text()
    with pytest.raises(csto_graph.errors.ServerError, match="'source' is not kept there"):
        far.run("drafts", reading="source")
    with pytest.raises(csto_graph.errors.ServerError, match="FROM <urn:none> is refused"):
        list(far.engine().query("SELECT * FROM <urn:none> { ?s ?p ?o }").rows)


def test_a_runaway_ends_at_its_limit_and_the_server_when_it_is_told(server: Server) -> None:
    """503 with when to come again, then the next is answered; with one running, SIGTERM ends it within five seconds."""
    process, address, port = server
    with pytest.raises(HTTPError) as told:
        ask(address, RUNAWAY)
    assert (told.value.code, told.value.headers["retry-after"]) == (503, "1")
    assert ask(address, "ASK {}") == {"head": {}, "boolean": True}
    told.value.close()
    for one in Path(f"/proc/{process.pid}/task").glob("*/children"):  # those that wait for queries
        for child in one.read_text().split():
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(ended := os.pidfd_open(int(child)), signal.SIGKILL)
                select.select([ended], [], [], 10)
    assert ask(address, "ASK {}") == {"head": {}, "boolean": True}
    running = socket.create_connection(("127.0.0.1", port))
    running.sendall(f"GET /sparql?query={quote(RUNAWAY)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) in (0, -signal.SIGTERM)
    running.close()
