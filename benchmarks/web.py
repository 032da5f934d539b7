"""The server beside rdflib-endpoint and Oxigraph's own, and what its pages and limits take: one run of three minutes.

    python -m benchmarks.web

It needs the extra ``benchmark``. All three servers hold the bundled graph and run at once, and each is asked in turn;
the one that asks is a single process with eight connections, which takes a part of the machine from all alike. Ours has
its limits, its workers and its log on, the others have none.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import csto_graph as cg
from csto_graph.names import BASE, PREFIXES, iri

from .measuring import RESULTS, Results, Table, keep, say, seconds, short

QUESTIONS = {
    "a look-up by subject": "SELECT ?p ?o { <%s> ?p ?o }",
    "all instruments, OPTIONAL date and place": """PREFIX coop: <https://w3id.org/csto-un/ontology#>
        SELECT ?instrument ?date ?place { ?instrument a coop:Instrument .
        OPTIONAL { ?event coop:concerns ?instrument ; coop:date ?date . OPTIONAL { ?event coop:place ?place } } }""",
}
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
#: Seconds that a query may take.
LIMIT = 2.0
CONNECTIONS, ROUNDS, PATIENCE = 8, 5, 2.0
ASKED = ["/query/instruments.html?partner=UNODC", "/query/members.html?about=CSTO", "/query/chairs.html?about=CSTO",
         "/query/documents-per-kind.html", "/query/votes.html", "/query/stated-values.html"]  # fmt: skip
SEEN = ["/", "/id/organization/unodc.html", "/id/instrument/a-res-71-12.html", "/timeline", "/map", "/conflicts",
        "/sources", "/terms", "/questions", *ASKED]  # fmt: skip


def get(port: int, path: str, accept: str = "application/sparql-results+json") -> tuple[float, int, bytes]:
    """Ask once: seconds, status and body."""
    clock, connection = time.perf_counter(), HTTPConnection("localhost", port, timeout=60)
    connection.request("GET", path, headers={"Accept": accept})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return time.perf_counter() - clock, answer.status, body


@contextmanager
def served(*words: str, port: int, path: str) -> Iterator[tuple[int, str]]:
    """A server in a process of its own, when it answers: its port and the path of its endpoint."""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                try:
                    get(port, f"{path}?query=ASK%7B%7D")
                    break
                except OSError:
                    time.sleep(0.1)
            else:
                raise SystemExit(f"{words[0]} does not answer.")
            yield port, path
        finally:
            process.terminate()


def load(port: int, requests: Sequence[bytes]) -> list[float]:
    """Ask over eight connections for a while, each anew as soon as it is answered; the seconds that each answer took.

    Raises:
        SystemExit: An answer was none, or not 200.
    """
    taken: list[float] = []
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        held, begun = dict[socket.socket, bytearray](), dict[socket.socket, float]()
        end, sent = time.perf_counter() + PATIENCE, 0

        def ask(one: socket.socket) -> None:
            nonlocal sent
            held[one], begun[one] = bytearray(), time.perf_counter()
            one.sendall(requests[sent % len(requests)])
            sent += 1

        for _ in range(CONNECTIONS):
            one = stack.enter_context(socket.create_connection(("localhost", port), timeout=60))
            selector.register(one, selectors.EVENT_READ)
            ask(one)
        while held:
            for key, _ in selector.select():
                one = key.fileobj  # type: ignore[assignment]
                held[one] += one.recv(262_144)
                head, whole, rest = held[one].partition(b"\r\n\r\n")
                if not held[one] or (whole and b" 200 " not in head[:16]):
                    raise SystemExit(f"Port {port}: {bytes(head)!r}")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                if whole and (len(rest) >= int(length) if length else rest.endswith(b"0\r\n\r\n")):
                    taken.append(time.perf_counter() - begun[one])
                    if time.perf_counter() < end:
                        ask(one)
                    else:
                        selector.unregister(one)
                        del held[one]
    return taken


def rates(servers: dict[str, tuple[int, str]], things: Sequence[str]) -> list[Results]:
    """Requests a second of each server for each question, and how long one waits: medians of several rounds."""
    found: list[Results] = []
    head = "HTTP/1.1\r\nHost: localhost\r\nAccept: application/sparql-results+json\r\n\r\n"
    for title, text in QUESTIONS.items():
        paths = [f"?query={quote(text.replace('%s', thing))}" for thing in (things if "%s" in text else things[:1])]
        answers = {name: json.loads(get(port, path + paths[0])[2]) for name, (port, path) in servers.items()}
        if len({len(one["results"]["bindings"]) for one in answers.values()}) > 1:
            raise SystemExit(f"'{title}': the servers differ, so that they are not compared.")
        rounds: dict[str, list[tuple[float, float, float]]] = {name: [] for name in servers}
        for _ in range(ROUNDS + 1):
            for name, (port, path) in servers.items():
                clock, taken = time.perf_counter(), load(port, [f"GET {path}{one} {head}".encode() for one in paths])
                rate = len(taken) / (time.perf_counter() - clock)
                rounds[name].append((rate, statistics.median(taken), statistics.quantiles(taken, n=100)[98]))
        for name, measured in rounds.items():
            rate, half, most = (statistics.median(one) for one in zip(*measured[1:], strict=True))
            found.append({"task": title, "by": name, "rate": rate, "p50": half, "p99": most})
    return found


def pages(port: int, things: Sequence[str]) -> Iterator[Results]:
    """The first and the second time that pages are asked for, what the largest weighs, when a browser shows them."""
    kinds = {"an entity page": [f"/{thing[len(BASE) :]}.html" for thing in things[:20]], "a canned query": ASKED}
    for name, paths in kinds.items():
        for turn, wanted in (("the first time", 0.05), ("again", 0.008)):
            yield _fact(f"{name}, {turn}", [get(port, path, "text/html")[0] for path in paths], wanted)
    bodies = [get(port, path, "text/html")[2] for path in SEEN]
    marks = [max(body.count(mark) for body in bodies) for mark in (b'rel="stylesheet"', b"<script src")]
    most = f"{max(map(len, bodies)) / 1000:.0f} kB, {marks[0]} style, {marks[1]} script"
    yield {"what": f"the largest of {len(SEEN)} pages", "found": most, "wanted": "100 kB, 1, 1"}
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return
    from playwright.sync_api import sync_playwright

    taken: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for path in SEEN[:5] * 3:
            page = browser.new_page()
            page.goto(f"http://localhost:{port}{path}")
            while not (painted := page.evaluate("performance.getEntriesByType('paint').map(one => one.startTime)")):
                page.wait_for_timeout(10)
            taken.append(max(painted) / 1000)
            page.close()
        browser.close()
    yield _fact("first contentful paint in headless Chromium", taken, 0.3)


def limits(port: int) -> Iterator[Results]:
    """How long after its limit a runaway query is ended, and how long the next answer takes."""
    for many in (1, 4):
        late, after = [], []
        for _ in range(4):
            with ThreadPoolExecutor(many) as pool:
                ended = list(pool.map(get, [port] * many, [f"/sparql?query={quote(RUNAWAY)}"] * many))
            after.append(get(port, "/sparql?query=ASK%7B%7D")[0])
            if {status for _, status, _ in ended} != {503}:
                raise SystemExit(f"A runaway is answered with {[status for _, status, _ in ended]}.")
            late += [taken - LIMIT for taken, _, _ in ended]
            time.sleep(2)
        yield _fact(f"503 for runaways, {many} at once, after the limit", late, 0.1)
        yield _fact("the next answer", after, 0.02)


def python(graph: cg.KnowledgeGraph) -> Iterator[Results]:
    """What a time limit costs in Python: the same query with one and without."""
    text = "PREFIX coop: <{coop}> PREFIX skos: <{skos}> SELECT * {{ ?s a coop:State ; skos:prefLabel ?l }}"
    own, engine = text.format(**PREFIXES), graph.engine()
    pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "sparql(…": (lambda: graph.sparql(own, timeout=5), lambda: engine.query(own)),
        "run('drafts'": (lambda: graph.run("drafts", timeout=5), lambda: graph.run("drafts")),
    }
    for name, calls in pairs.items():
        beyond = []
        for _ in range(101):
            times = [time.perf_counter()]
            for call in calls:
                call()
                times.append(time.perf_counter())
            beyond.append((times[1] - times[0]) - (times[2] - times[1]))
        yield _fact(f"`kg.{name}, timeout=5)` beyond the query", beyond[1:], 0.003)


def _fact(what: str, taken: Sequence[float], wanted: float) -> Results:
    told = f"{seconds(statistics.median(taken))} ({seconds(max(taken))})"
    return {"what": what, "found": told, "wanted": seconds(wanted)}


def measure() -> Results:
    """Everything: ``rates``, ``facts``, and the ``load`` of the machine before and after."""
    graph, start, here = cg.load(), os.getloadavg()[0], Path(sys.executable).parent
    things, ports = sorted(graph.subjects(iri("rdf:type"), iri("coop:Instrument"))), list[str]()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        file, store = f"{folder}/graph.nt", f"{folder}/store"
        graph.export(Path(file))
        subprocess.run([here / "oxigraph", "load", "-l", store, "-f", file], check=True, capture_output=True)
        for _ in range(3):
            ports.append(str(stack.enter_context(socket.create_server(("localhost", 0))).getsockname()[1]))
        stack.close()
        commands = {
            "ours": ("/sparql", sys.executable, "-m", "csto_graph", "serve", "--timeout", str(LIMIT), "--port"),
            "oxigraph": ("/query", str(here / "oxigraph"), "serve-read-only", "-l", store, "-b"),
            "rdflib-endpoint": ("/", str(here / "rdflib-endpoint"), "serve", file, "--port"),
        }
        servers = {}
        for port, (name, (path, *words)) in zip(ports, commands.items(), strict=True):
            words.append(f"127.0.0.1:{port}" if name == "oxigraph" else port)
            servers[name] = stack.enter_context(served(*words, port=int(port), path=path))
        time.sleep(5)  # what ours makes ready meanwhile is ready
        say("web: pages and limits")
        own = servers["ours"][0]
        facts = [*pages(own, things), *limits(own), *python(graph)]
        say("web: requests a second")
        return {"rates": rates(servers, things), "facts": facts, "load": [start, os.getloadavg()[0]]}


def tables(found: Results) -> list[Table]:
    """``web-rates``: a row per question and server; ``web``: what else was measured, beside what is wanted."""
    rows, ours = [], dict[str, float]()
    for one in found["rates"]:
        task = "" if one["task"] in ours else one["task"]
        ratio = ours.setdefault(one["task"], one["rate"]) / one["rate"]
        rows.append([task, one["by"], short(one["rate"]), f"{ratio:.2f}", seconds(one["p50"]), seconds(one["p99"])])
    title = "Requests a second; load of the machine before and after: {:.1f}, {:.1f}".format(*found["load"])
    facts = [[one["what"], one["found"], one["wanted"]] for one in found["facts"]]
    return [
        Table("web-rates", title, ["8 connections", "by", "a second", "ours to it", "p50", "p99"], rows, labels=2),
        Table("web", "Pages and limits: medians, and the slowest", ["", "measured", "wanted"], facts),
    ]


if __name__ == "__main__":
    keep(RESULTS, "web", measure())
    print("\n".join(table.text() for table in tables(json.loads(RESULTS.read_text("utf-8"))["web"])))
