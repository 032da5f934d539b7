"""The server from outside: what it answers to whom, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import httpx
import pytest
import rdflib
from pyoxigraph import NamedNode

import csto_graph
from csto_graph.names import BASE
from csto_graph.web.app import create_app

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
LINKED = "/id/instrument/a-res-71-12"
ASK = "ASK { ?s ?p ?o }"

Get = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def get(kg: csto_graph.KnowledgeGraph) -> Iterator[Get]:
    """Ask the application; redirects are not followed."""
    import anyio.from_thread

    app = create_app(kg)
    with anyio.from_thread.start_blocking_portal() as portal:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://localhost")

        def asked(path: str, method: str = "GET", **given: object) -> httpx.Response:
            async def request() -> httpx.Response:
                return await client.request(method, path, **given)  # type: ignore[arg-type]

            return portal.call(request)

        yield asked
        portal.call(client.aclose)


PAGES = [
    "/", "/search?q=UNODC", "/search?q=ОДКБ&lang=ru", "/questions", "/query/instruments.html?partner=UNODC",
    "/conflicts", "/sources", "/why?thing=CTED", "/timeline", "/timeline?since=2010&until=2012", "/map?party=CSTO",
    "/terms", "/about",
    "/compare?left=A/RES/64/256&right=A/RES/71/12", "/sparql", LINKED + ".html", "/vocab/area/crime.html",
    "/ontology.html", "/query/members.html?organization=CSTO", "/thing?iri=http://www.w3.org/ns/org%23Membership",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["en", "ru"])
def test_pages(get: Get, path: str, lang: str) -> None:
    answer = get(path, headers={**BROWSER, "accept-language": lang})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<html lang="{"ru" if "lang=ru" in path else lang}">' in answer.text
    assert len(answer.content) < 100_000
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
    assert "unsafe-inline" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("method", "given", "status", "media"),
    [
        ("GET", {"params": {"query": ASK}}, 200, "application/sparql-results+json"),
        ("GET", {"params": {"query": ASK}, "headers": {"accept": "application/sparql-results+xml"}}, 200,
         "application/sparql-results+xml"),
        ("GET", {"params": {"query": "SELECT * { ?s a coop:State }", "format": "csv"}}, 200, "text/csv; charset=utf-8"),
        ("GET", {"params": {"query": ASK}, "headers": {"accept": "image/png"}}, 406, ""),
        ("GET", {"params": {"query": "DESCRIBE organization:unodc"}}, 200, "text/turtle; charset=utf-8"),
        ("GET", {"params": {"query": "DESCRIBE organization:unodc"}, "headers": {"accept": "application/ld+json;q=0.9"},
                 }, 200, "application/ld+json; charset=utf-8"),
        ("POST", {"data": {"query": ASK}}, 200, "application/sparql-results+json"),
        ("POST", {"content": ASK, "headers": {"content-type": "application/sparql-query"}}, 200,
         "application/sparql-results+json"),
        ("POST", {"content": "x", "headers": {"content-type": "text/plain"}}, 415, ""),
        ("POST", {"data": {"update": "INSERT DATA { <urn:a> <urn:b> 1 }"}}, 403, ""),
        ("POST", {"content": "CLEAR ALL", "headers": {"content-type": "application/sparql-update"}}, 403, ""),
        ("POST", {"content": b"\xff", "headers": {"content-type": "application/sparql-query"}}, 400, ""),
        ("POST", {"content": "#" * 1_100_000, "headers": {"content-type": "application/sparql-query"}}, 413, ""),
        ("GET", {"params": {"query": "SELECT * { ?s"}}, 400, ""),
        ("GET", {"params": [("query", ASK), ("query", ASK)]}, 400, ""),
        ("GET", {"params": {"query": "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"}}, 403, ""),
        ("GET", {"params": {"query": "INSERT DATA { <urn:a> <urn:b> 1 }"}}, 403, ""),
        ("GET", {"params": {"query": "SELECT * FROM <http://example.org/g> { ?s ?p ?o }"}}, 400, ""),
        ("PUT", {}, 405, ""),
        ("GET", {"params": {"query": "#" * 20_000}}, 414, ""),
    ],
)  # fmt: skip
def test_protocol(get: Get, method: str, given: dict[str, object], status: int, media: str) -> None:
    answer = get("/sparql", method, **given)
    assert (answer.status_code, answer.headers["content-type"] if media else "") == (status, media)
    assert "Traceback" not in answer.text
    assert "/csto_graph/" not in answer.text


def test_labels_on_request(get: Get) -> None:
    answer = get("/sparql", params={"query": "SELECT ?s { ?s a coop:State } LIMIT 3", "labels": "ru"}).json()
    assert answer["head"]["vars"] == ["s", "sLabel"]
    assert {one["sLabel"]["xml:lang"] for one in answer["results"]["bindings"]} == {"ru"}


def test_a_dataset_of_the_request(get: Get) -> None:
    def count(**graphs: str) -> int:
        query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
        answer = get("/sparql", params={"query": query, **graphs})
        return int(answer.json()["results"]["bindings"][0]["n"]["value"])

    assert (
        0 < count(**{"default-graph-uri": f"{BASE}graph/data"}) < count(**{"default-graph-uri": f"{BASE}graph/claims"})
    )


def test_a_mistake_is_shown_in_its_place(get: Get) -> None:
    answer = get("/sparql", params={"query": "SELECT * {\n  ?s ?p }"})
    assert answer.status_code == 400
    assert "2:" in answer.text
    assert "^" in answer.text


@pytest.mark.parametrize(
    ("accept", "ending"),
    [
        ("text/html", ".html"), ("text/turtle", ".ttl"), ("application/ld+json", ".jsonld"),
        ("application/n-triples", ".nt"), ("application/rdf+xml", ".rdf"), ("application/json", ".json"),
        ("text/turtle;q=0.5, application/n-triples;q=0.9", ".nt"), ("*/*", ".html"),
    ],
)  # fmt: skip
def test_a_thing_answers_at_its_iri(get: Get, accept: str, ending: str) -> None:
    sent = get(LINKED, headers={"accept": accept})
    assert (sent.status_code, sent.headers["location"]) == (303, LINKED + ending)
    assert "Accept" in sent.headers["vary"]
    answer = get(LINKED + ending)
    assert answer.status_code == 200
    assert f'<{BASE}{LINKED[1:]}>; rel="canonical"' in answer.headers["link"]
    again = get(LINKED + ending, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = get(LINKED + ending, "HEAD")
    assert (head.status_code, head.headers["etag"], head.content) == (200, answer.headers["etag"], b"")


def test_what_is_not_there(get: Get) -> None:
    assert get("/id/instrument/nothing").status_code == 404
    assert get("/query/nothing.html").status_code == 404
    assert get("/thing?iri=not an iri").status_code == 404
    assert get(LINKED, headers={"accept": "image/png"}).status_code == 406
    assert get("/", headers={"host": "evil.example"}).status_code == 400


def test_rows_of_a_page_are_those_of_the_command_line(get: Get, kg: csto_graph.KnowledgeGraph) -> None:
    assert get("/query/instruments.json?partner=UNODC").text == kg.run("instruments", partner="UNODC").to_json()
    assert get("/query/instruments.csv?partner=UNODC").text == kg.run("instruments", partner="UNODC").to_csv()
    assert get("/query/instruments.csv?partner=Nobody").status_code == 404
    assert get("/query/instruments.html?since=never", headers=BROWSER).status_code == 400
    assert get("/query/instruments.html?timeout=1", headers=BROWSER).status_code == 404


def test_every_page_is_well_formed_and_escaped() -> None:
    label = '<http://www.w3.org/2000/01/rdf-schema#label> "<script>alert(1)</script>\\"\'&"'
    own = f"<urn:x> {label} ; <urn:p> <javascript:alert(1)> ."
    graph = csto_graph.load([_file(own)], only=True)
    app = create_app(graph)

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return await client.get("/thing?iri=urn:x", headers=BROWSER)

    import anyio

    answer = anyio.run(asked)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert 'href="javascript:' not in answer.text


def _file(text: str) -> str:
    import tempfile

    handle, path = tempfile.mkstemp(suffix=".ttl")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def test_no_iri_of_the_graph_is_dead(get: Get, kg: csto_graph.KnowledgeGraph) -> None:
    """Things, terms, concepts, queries, shapes, claims, passages, sources: each leads to a page."""
    named = {quad.subject.value for quad in kg.quads() if isinstance(quad.subject, NamedNode)}
    named |= {triple.subject.value for triple in kg.shapes if isinstance(triple.subject, NamedNode)}
    named |= {f"{BASE}query/{query.name}" for query in kg.queries}
    paths = sorted({name[len(BASE) - 1 :].partition("#")[0] for name in named if name.startswith(BASE)})
    assert len(paths) > 1_500
    dead = []
    for at, path in enumerate(paths):
        # Of claims, passages and sources, which are alike, one in forty is looked at; of the others each.
        if path.startswith(("/id/claim/", "/id/passage/", "/id/source/")) and at % 40:
            continue
        sent = get(path, headers=BROWSER)
        page = get(sent.headers.get("location", ""), headers=BROWSER) if at % 4 == 0 else None
        data = get(f"{path}.nt") if at % 40 == 0 else None
        if sent.status_code != 303 or any(one is not None and one.status_code != 200 for one in (page, data)):
            dead.append(path)
    assert dead == []


def test_data_are_checked_and_not_kept(get: Get) -> None:
    asked = {"data": {"text": f"<{BASE}id/instrument/zz> a <{BASE}ontology#Resolution> ."}, "headers": BROWSER}
    answer = get("/check", "POST", **asked)
    assert answer.status_code == 200
    assert "coop:issuedBy" in answer.text
    assert "/tmp" not in get("/check", "POST", files={"file": ("a.ttl", b"@prefix")}, headers=BROWSER).text
    assert get("/check", "POST", data={"text": "#" * 1_100_000}).status_code == 413


def test_the_endpoint_describes_itself(get: Get) -> None:
    answer = get("/sparql", headers={"accept": "text/turtle"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/turtle; charset=utf-8")
    graph = rdflib.Graph().parse(data=answer.text, format="turtle")
    service = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    void, shacl = rdflib.Namespace("http://rdfs.org/ns/void#"), rdflib.Namespace("http://www.w3.org/ns/shacl#")
    assert len(set(graph.subjects(rdflib.RDF.type, service.NamedGraph))) == 5
    assert len(set(graph.objects(None, void["class"]))) > 30
    assert set(graph.subjects(rdflib.RDF.type, shacl.SPARQLExecutable)) <= set(
        graph.subjects(rdflib.RDFS.comment, None)
    )
    assert len(set(graph.objects(None, shacl.prefix))) > 5


@pytest.mark.parametrize("path", ["/sitemap.xml", "/search.xml"])
def test_what_machines_read_is_well_formed(get: Get, path: str) -> None:
    answer = get(path)
    assert answer.headers["content-type"].startswith("application/xml")
    assert len(list(ElementTree.fromstring(answer.text).iter())) > 2


def test_the_graph_can_be_taken_whole(get: Get, kg: csto_graph.KnowledgeGraph) -> None:
    assert len(get("/graph.nt").text.splitlines()) == len({quad.triple for quad in kg.quads()})


def test_pictures_are_svg_with_links(get: Get) -> None:
    page = get("/timeline", headers=BROWSER).text
    picture = page[page.index("<svg") : page.index("</svg>") + 6]
    tree = ElementTree.fromstring(picture)
    assert len(list(tree.iter("a"))) > 80


def test_it_is_served_and_ends_when_told() -> None:
    command = [sys.executable, "-m", "csto_graph", "serve", "--port", "0", "--timeout", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = server.stderr.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address + "sparql?query=ASK%7B%7D") as answer:
            assert json.load(answer)["boolean"] is True
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) in (0, -signal.SIGTERM)
