"""The server beside rdflib-endpoint and Oxigraph's own, and what its pages and limits take: one run of some minutes.

    python -m benchmarks.web [--seconds 2] [--json FILE]

It needs the extra ``benchmark``. All three servers hold the bundled graph and run at once, and each is asked in turn;
the one that asks is a single process with eight connections, which takes a part of the machine from all alike. Ours has
its limits, its workers and its log on, the others have none.
"""

from __future__ import annotations

import argparse
import http.client
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
from pathlib import Path
from urllib.parse import quote

import csto_graph as cg

from .measuring import RESULTS, Results, Table, keep, say, seconds, short

QUESTIONS = {
    "a look-up by subject": "SELECT ?p ?o { <%s> ?p ?o }",
    "all instruments, OPTIONAL date and place": """
        PREFIX coop: <https://w3id.org/csto-un/ontology#>
        SELECT ?instrument ?date ?place WHERE {
          ?instrument a coop:Instrument .
          OPTIONAL { ?event coop:concerns ?instrument ; coop:date ?date . OPTIONAL { ?event coop:place ?place } }
        }""",
}
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
LIMIT = 2.0
CONNECTIONS, ROUNDS = 8, 5
ASKED = ["/query/instruments.html?partner=UNODC", "/query/members.html?about=CSTO", "/query/documents-per-kind.html",
         "/query/chairs.html", "/query/votes.html", "/query/stated-values.html"]  # fmt: skip
SEEN = ["/", "/id/organization/unodc.html", "/id/instrument/a-res-71-12.html", "/timeline", "/map", "/conflicts",
        "/sources", "/terms", "/questions", *ASKED]  # fmt: skip


@contextmanager
def served(name: str, *words: str, port: int, path: str) -> Iterator[tuple[str, int, str]]:
    """A server in a process of its own, when it answers: its name, port and the path of its endpoint."""
    with tempfile.TemporaryFile() as said, subprocess.Popen(words, stdout=said, stderr=said) as process:
        try:
            for _ in range(600):
                try:
                    if get(port, f"{path}?query=ASK%7B%7D")[1] == 200:
                        break
                except OSError:
                    time.sleep(0.1)
                if process.poll() is not None:
                    said.seek(0)
                    raise SystemExit(f"{name} ended:\n{said.read().decode(errors='replace')[-2000:]}")
            yield name, port, path
        finally:
            process.terminate()


def get(port: int, path: str, accept: str = "application/sparql-results+json") -> tuple[float, int, bytes]:
    """Ask once: seconds, status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        clock = time.perf_counter()
        connection.request("GET", path, headers={"Accept": accept, "Host": "localhost"})
        answer = connection.getresponse()
        body = answer.read()
        return time.perf_counter() - clock, answer.status, body
    finally:
        connection.close()


def load(port: int, requests: Sequence[bytes], patience: float) -> list[float]:
    """Ask over eight connections for so many seconds, each anew as soon as it is answered; the seconds of each answer.

    Raises:
        SystemExit: An answer was none, or not 200.
    """
    taken: list[float] = []
    with selectors.DefaultSelector() as selector, ExitStack() as open_:
        held, begun = dict[socket.socket, bytearray](), dict[socket.socket, float]()
        for at in range(CONNECTIONS):
            one = open_.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            selector.register(one, selectors.EVENT_READ)
            held[one], begun[one] = bytearray(), time.perf_counter()
            one.sendall(requests[at % len(requests)])
        end, sent = time.perf_counter() + patience, CONNECTIONS
        while held:
            for key, _ in selector.select():
                one: socket.socket = key.fileobj  # type: ignore[assignment, no-redef]
                body = held[one]
                body += one.recv(262_144)
                head, whole, rest = body.partition(b"\r\n\r\n")
                if not body or (whole and b" 200 " not in head[:16]):
                    raise SystemExit(f"Port {port}: {bytes(body[:300])!r}")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                if not whole or not (len(rest) >= int(length) if length else rest.endswith(b"0\r\n\r\n")):
                    continue
                now = time.perf_counter()
                taken.append(now - begun[one])
                if now < end:
                    held[one], begun[one] = bytearray(), now
                    one.sendall(requests[sent % len(requests)])
                    sent += 1
                else:
                    selector.unregister(one)
                    del held[one]
    return taken


def throughput(servers: Sequence[tuple[str, int, str]], things: Sequence[str], patience: float) -> list[Results]:
    """Requests a second of each server for each question, and how long one waits: medians of several rounds."""
    found: list[Results] = []
    for title, text in QUESTIONS.items():
        texts = [text.replace("%s", thing) for thing in things] if "%s" in text else [text]
        sizes = {name: [_rows(port, path, one) for one in texts[:5]] for name, port, path in servers}
        if len({str(one) for one in sizes.values()}) > 1:
            raise SystemExit(f"They answer differently, so that they are not compared: {sizes}")
        rounds: dict[str, list[list[float]]] = {name: [] for name, _, _ in servers}
        for _ in range(ROUNDS + 1):
            for name, port, path in servers:
                head = "HTTP/1.1\r\nHost: localhost\r\nAccept: application/sparql-results+json\r\n\r\n"
                requests = [f"GET {path}?query={quote(one)} {head}".encode() for one in texts]
                clock = time.perf_counter()
                taken = load(port, requests, patience)
                rounds[name].append([len(taken) / (time.perf_counter() - clock), *_percentiles(taken)])
        for name, measured in rounds.items():
            rate, half, most = (statistics.median(one) for one in zip(*measured[1:], strict=True))
            found.append({"task": title, "by": name, "rate": rate, "p50": half, "p99": most})
    return found


def _rows(port: int, path: str, text: str) -> int:
    return len(json.loads(get(port, f"{path}?query={quote(text)}")[2])["results"]["bindings"])


def _percentiles(taken: Sequence[float]) -> tuple[float, float]:
    return statistics.median(taken), statistics.quantiles(taken, n=100)[98]


def pages(port: int, things: Sequence[str]) -> list[Results]:
    """The first and the second time that pages are asked for, and what the largest weighs."""
    kinds = {"an entity page": [f"{thing[len(cg.names.BASE) - 1 :]}.html" for thing in things[:20]],
             "a canned-query page": ASKED}  # fmt: skip
    found = []
    for name, paths in kinds.items():
        first, again = ([get(port, path, "text/html")[0] for path in paths] for _ in range(2))
        found.append(_fact(f"{name}, the first time: median (slowest)", first, 0.05))
        found.append(_fact(f"{name}, again: median (slowest)", again, 0.008))
    bodies = [get(port, path, "text/html")[2] for path in SEEN]
    marks = [max(body.count(mark) for body in bodies) for mark in (b'rel="stylesheet"', b"<script src")]
    most = f"{max(map(len, bodies)) / 1000:.0f} kB, {marks[0]} style, {marks[1]} script"
    return [*found, {"what": "the largest of 15 pages", "found": most, "wanted": "100 kB, 1, 1"}]


def paint(port: int) -> list[Results]:
    """When a browser shows something, first contentful paint; nothing where there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        return []
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for path in (*SEEN[:4], *SEEN[:4]):
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{port}{path}")
            script = "performance.getEntriesByName('first-contentful-paint').map(one => one.startTime)[0]"
            while not (painted := page.evaluate(script)):
                page.wait_for_timeout(10)
            taken.append(painted / 1000)
            page.close()
        browser.close()
    return [_fact("first paint in headless Chromium: median (slowest)", taken, 0.3)]


def limits(port: int) -> list[Results]:
    """How long after its limit a runaway query is ended, and how long the next one takes; 1 and 4 runaways at once."""
    found = []
    for many in (1, 4):
        late, after = [], []
        for _ in range(3):
            with ThreadPoolExecutor(many) as pool:
                ended = list(pool.map(get, [port] * many, [f"/sparql?query={quote(RUNAWAY)}"] * many))
            after.append(get(port, "/sparql?query=ASK%7B%7D")[0])
            if {status for _, status, _ in ended} != {503}:
                raise SystemExit(f"A runaway is answered with {[status for _, status, _ in ended]}.")
            late += [taken - LIMIT for taken, _, _ in ended]
        name = "a runaway" if many == 1 else f"{many} runaways at once"
        found.append(_fact(f"503 for {name}, after the limit: median (slowest)", late, 0.1))
        found.append(_fact(f"the next answer after {name}: median (slowest)", after, 0.02))
    return found


def python(graph: cg.KnowledgeGraph) -> list[Results]:
    """What a time limit costs in Python: the same query with one and without."""
    text = "SELECT ?s ?label { ?s a coop:State ; skos:prefLabel ?label }"
    own, engine = "PREFIX coop: <{coop}> PREFIX skos: <{skos}> ".format(**cg.names.PREFIXES) + text, graph.engine()
    pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "`kg.sparql(…, timeout=5)`": (lambda: graph.sparql(own, timeout=5), lambda: engine.query(own)),
        "`kg.run('instruments', timeout=5)`": (
            lambda: graph.run("instruments", partner="UNODC", timeout=5),
            lambda: graph.run("instruments", partner="UNODC"),
        ),
    }  # fmt: skip
    found = []
    for name, (limited, free) in pairs.items():
        beyond = []
        for _ in range(101):
            times = [time.perf_counter()]
            for call in (limited, free):
                call()
                times.append(time.perf_counter())
            beyond.append((times[1] - times[0]) - (times[2] - times[1]))
        found.append({"what": f"{name} beyond the query: median", "found": seconds(statistics.median(beyond[1:])),
                      "wanted": seconds(0.003)})  # fmt: skip
    return found


def _fact(what: str, taken: Sequence[float], wanted: float) -> Results:
    return {"what": what, "found": f"{seconds(statistics.median(taken))} ({seconds(max(taken))})",
            "wanted": seconds(wanted)}  # fmt: skip


def measure(patience: float = 2.0) -> Results:
    """Everything, with so many seconds for each round, question and server."""
    graph, start = cg.load(), os.getloadavg()[0]
    here = Path(sys.executable).parent
    things = sorted(graph.subjects(cg.names.iri("rdf:type"), cg.names.iri("coop:Instrument")))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        file, store, ports = f"{folder}/graph.nt", f"{folder}/store", [_free() for _ in range(3)]
        graph.export(Path(file))
        oxigraph = str(here / "oxigraph")
        subprocess.run([oxigraph, "load", "-l", store, "-f", file], check=True, capture_output=True)
        own = [sys.executable, "-m", "csto_graph", "serve", "--timeout", str(LIMIT), "--port", str(ports[0])]
        native = [oxigraph, "serve-read-only", "-l", store, "-b", f"127.0.0.1:{ports[1]}"]
        other = [str(here / "rdflib-endpoint"), "serve", file, "--host", "127.0.0.1", "--port", str(ports[2])]
        say("web: three servers")
        servers = [
            stack.enter_context(served("ours", *own, port=ports[0], path="/sparql")),
            stack.enter_context(served("oxigraph serve-read-only", *native, port=ports[1], path="/query")),
            stack.enter_context(served("rdflib-endpoint", *other, port=ports[2], path="/")),
        ]
        time.sleep(5)  # what ours makes ready meanwhile is ready
        say("web: pages")
        facts = [*pages(ports[0], things), *paint(ports[0]), *limits(ports[0]), *python(graph)]
        say("web: throughput")
        rates = throughput(servers, things, patience)
    return {"rates": rates, "facts": facts, "load": [start, os.getloadavg()[0]]}


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def tables(found: Results) -> list[Table]:
    """``web-rates``: a row per question and server; ``web``: what else was measured, beside what is wanted."""
    rows, ours = [], dict[str, float]()
    for one in found["rates"]:
        base = ours.setdefault(one["task"], one["rate"])
        task, ratio = one["task"] if one["rate"] == base else "", f"{base / one['rate']:.2f}"
        rows.append([task, one["by"], short(one["rate"]), ratio, seconds(one["p50"]), seconds(one["p99"])])
    columns = ["eight connections", "by", "a second", "ours to it", "p50", "p99"]
    facts = [[one["what"], one["found"], one["wanted"]] for one in found["facts"]]
    title = "Requests a second, load of the machine before and after {:.1f} and {:.1f}".format(*found["load"])
    return [
        Table("web-rates", title, columns, rows, labels=2),
        Table("web", "Pages and limits", ["", "measured", "wanted"], facts),
    ]


def main() -> None:
    """Measure, keep what was found, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.web", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round, question and server")
    parser.add_argument("--json", type=Path, default=RESULTS, help="where the figures go")
    given = parser.parse_args()
    found = measure(given.seconds)
    keep(given.json, "web", found)
    print("\n".join(table.text() for table in tables(found)))


if __name__ == "__main__":
    main()
