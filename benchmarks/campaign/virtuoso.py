"""A second real server: the graph is published to Virtuoso, and everything asked there is compared.

    python -m benchmarks.campaign.virtuoso [--queries]

Virtuoso (Debian: ``apt-get install virtuoso-opensource-7``) is started on loopback, with a configuration and a folder
of its own, and stopped by its process id. Compared with the embedded engine are all canned queries with all their
examples in both readings, every statement and proof, single patterns, ``find``, ``show``, ``why`` and texts from
outside, where an answer has 10,000 rows at most; with ``--queries`` the canned queries alone, without that bound.
Status 0: all equal. 1: something differs, and is printed. 5: there is no Virtuoso here.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import csto_graph as cg
from csto_graph.describe.thing import thing_document
from csto_graph.names import to_json
from csto_graph.share.export import publish
from csto_graph.sparql.text import QueryText
from csto_graph.store.endpoint import Endpoint
from csto_graph.store.engine import PROOFS, graph_name

INI = Path(__file__).with_name("virtuoso.ini").read_text("utf-8")

THINGS = ("UNODC", "A/RES/71/12", "CTED", "event:signing-protocol-unodc", "claim:f043", "coop:Resolution")
WORDS = ("UNCCD CTC", "КТУ", "64/256", "memorandum")
TEXTS = (
    "SELECT ?who WHERE { ?who a coop:State } ORDER BY ?who",
    "SELECT (COUNT(*) AS ?n) FROM graph:data WHERE { ?s ?p ?o }",
    "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    "ASK { organization:unodc a org:Organization }",
    "ASK { organization:unodc a coop:State }",
    "CONSTRUCT { ?s org:member ?o } WHERE { ?s org:member ?o }",
)


@contextmanager
def virtuoso(rows: int) -> Iterator[str]:
    """A running server without data, that gives so many rows at most; its address, without a path. Its one user is
    ``dba``, with the password ``dba``.

    Raises:
        SystemExit: It is not installed, or does not start.
    """
    program = shutil.which("virtuoso-t")
    if program is None:
        print("skipped: virtuoso-t is not installed (Debian: virtuoso-opensource-7)")
        raise SystemExit(5)
    with tempfile.TemporaryDirectory(prefix="virtuoso-") as folder:
        with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
            sql, web = one.getsockname()[1], other.getsockname()[1]
        Path(folder, "virtuoso.ini").write_text(INI.format(folder=folder, sql=sql, web=web, rows=rows), "utf-8")
        words = [program, "+configfile", f"{folder}/virtuoso.ini", "+foreground"]
        child = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait(child, web)
            yield f"http://127.0.0.1:{web}"
        finally:
            child.kill()
            child.wait()


def _wait(child: subprocess.Popen[bytes], port: int) -> None:
    """Wait until it answers, a minute at most."""
    for _ in range(600):
        if child.poll() is not None:
            break
        try:
            Endpoint(f"http://127.0.0.1:{port}/sparql")._asked(QueryText("ASK { }"), cg.Limits(seconds=2), [])
        except cg.errors.GraphError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("virtuoso-t does not start")


class Comparison:
    """What is asked here and there: how much, and what differs."""

    def __init__(self) -> None:
        self.count, self.differences = 0, list[str]()

    def equal(self, what: str, here: Callable[[], Any], there: Callable[[], Any]) -> None:
        """Compare two answers; an error of the server is a difference."""
        self.count += 1
        try:
            said = "" if here() == there() else "differs"
        except cg.errors.GraphError as error:
            said = str(error)
        if said:
            self.differences.append(f"{what}: {said}")
            print(f"  {what}: {said}", flush=True)


def compare(near: cg.KnowledgeGraph, far: cg.KnowledgeGraph, *, queries: bool) -> Comparison:
    """Ask both everything, or the canned queries alone."""
    found = Comparison()
    for query in near.queries:
        for at, example in enumerate(query.examples):
            text = query.bind(example.args, near)
            engines = [graph.engine(example.reading) for graph in (near, far)]
            here, there = (lambda engine=engine, text=text: engine.query(text).rows for engine in engines)
            found.equal(f"{query.name}/{at} ({example.reading})", here, there)
    if queries:
        return found
    for reading in ("curated", "source"):
        for graph in (None, PROOFS):
            here, there = (kg.engine(reading) for kg in (near, far))
            asked = (lambda one=one, graph=graph: set(one.quads(graph)) for one in (here, there))
            found.equal(f"statements ({reading}, {graph or 'all graphs'})", *asked)
        for text in TEXTS:
            here, there = (_sparql(kg, reading, text) for kg in (near, far))
            found.equal(f"{text} ({reading})", here, there)
    for quad in sorted(near.engine().quads(graph_name("derived").value), key=str)[::400]:
        here, there = (_pattern(kg, quad) for kg in (near, far))
        found.equal(f"patterns and proof of {quad.triple}", here, there)
    for words in WORDS:
        found.equal(f"find {words}", *(lambda kg=kg, words=words: kg.find(words) for kg in (near, far)))
    for name in THINGS:
        shown = (lambda kg=kg, name=name: to_json(thing_document(kg, kg[name].iri, "en")) for kg in (near, far))
        found.equal(f"show {name}", *shown)
        found.equal(f"why {name}", *(lambda kg=kg, name=name: kg.why(name).to_json() for kg in (near, far)))
    return found


def _sparql(kg: cg.KnowledgeGraph, reading: str, text: str) -> Callable[[], Any]:
    def ask() -> Any:
        answer = kg.sparql(text, reading=reading, limits=cg.Limits(seconds=60))
        return answer.rows, answer.boolean, set(answer.triples)

    return ask


def _pattern(kg: cg.KnowledgeGraph, quad: Any) -> Callable[[], Any]:
    engine = kg.engine()
    return lambda: (
        set(engine.match(quad.subject, None, None)),
        set(engine.match(quad.subject, quad.predicate, None)),
        set(engine.match(None, quad.predicate, quad.object)),
        set(engine.match(None, quad.predicate, None, quad.graph_name, kinds=("event", "-"))),
        engine.proof(quad.triple),
    )


def main() -> None:
    """Publish, compare, publish again, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.campaign.virtuoso", description=__doc__.split("\n")[0])
    parser.add_argument("--queries", action="store_true", help="publish once, and compare the canned queries alone")
    queries = parser.parse_args().queries
    os.environ["CSTO_GRAPH_USER"] = os.environ["CSTO_GRAPH_PASSWORD"] = "dba"
    near = cg.load()
    with virtuoso(1_000_000 if queries else 10_000) as address:
        start = time.perf_counter()
        changes = publish(near, f"{address}/sparql")
        print(f"published {sum(change.after for change in changes):,} statements in {len(changes)} graphs, "
              f"{time.perf_counter() - start:.0f} s")  # fmt: skip
        again = [] if queries else publish(near, f"{address}/sparql")
        if any(change.state != "same" for change in again):
            print("  published again, something changed")
            sys.exit(1)
        start = time.perf_counter()
        found = compare(near, cg.load(endpoint=f"{address}/sparql"), queries=queries)
    print(f"{found.count} comparisons, {len(found.differences)} differ, {time.perf_counter() - start:.0f} s")
    sys.exit(1 if found.differences else 0)


if __name__ == "__main__":
    main()
