"""The server from outside: what it answers to whom, and what it refuses."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import os
import re
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import pytest
import rdflib
from asking import Get, asking
from pyoxigraph import NamedNode

import csto_graph
from csto_graph.cli import main
from csto_graph.names import BASE
from csto_graph.store.engine import GRAPHS
from csto_graph.web.linked import redirect_rules
from csto_graph.web.site import Settings, Site

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
LINKED = "/id/instrument/a-res-71-12"
ASK = "ASK { ?s ?p ?o }"
SRJ, SRX = "application/sparql-results+json", "application/sparql-results+xml"
LD, CSV = "application/ld+json", "text/csv; charset=utf-8"
FORM = {"content-type": "application/x-www-form-urlencoded; charset=iso-8859-1"}


@pytest.fixture(scope="module")
def get(kg: csto_graph.KnowledgeGraph) -> Get:
    """Ask the application that serves the bundled graph."""
    return asking(kg)


PAGES = [
    "/", "/search?q=UNODC", "/search?q=ОДКБ&lang=ru", "/questions", "/query/instruments.html?partner=UNODC",
    "/conflicts", "/sources", "/why?thing=CTED", "/timeline", "/timeline?since=2010&until=2012", "/map?party=CSTO",
    "/terms", "/about", "/rules", "/query/sources.html", "/query/memberships.html",
    "/compare?left=A/RES/64/256&right=A/RES/71/12", "/compare?left=CSTO&right=SCO", "/sparql", "/passages",
    "/why?thing=event:signing-protocol-unodc&property=date&value=2006-03-05",
    "/why?query=instruments&cell=1:date&partner=UNODC",
    "/query/documents-per-kind.html", "/query/claims.html?page=3", LINKED + ".html", "/vocab/area/crime.html",
    "/ontology.html", "/query/members.html?about=CSTO", "/thing.html?iri=http://www.w3.org/ns/org%23Membership",
    "/id/organization/csto.html", "/shape/issuedBy.html", "/thing.html?iri=coop:date", "/query/drafts.html?page=99",
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
    assert path == "/sparql" or "unsafe-inline" not in answer.headers["content-security-policy"]
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    pictures = map(ElementTree.fromstring, re.findall("<svg.*?</svg>", answer.text, re.DOTALL))
    assert sum(len(picture.findall(".//a")) for picture in pictures) > (80 if path == "/timeline" else -1)
    inside = re.findall(r' href="(/[^"]*)"', answer.text.partition("<main")[2])
    assert [link for link in inside if link.partition("?")[0].endswith(".html") and "lang=" not in link] == []
    for link in (html.unescape(link) for link in inside[:: len(inside) // 3 + 1]):
        assert get(link, headers=BROWSER).status_code == 200, link


@pytest.mark.parametrize(
    ("method", "given", "status", "media"),
    [
        ("GET", {"params": {"query": ASK}}, 200, SRJ),
        ("GET", {"params": {"query": ASK}, "headers": {"accept": "application/sparql-results+xml"}}, 200, SRX),
        ("GET", {"params": {"query": "SELECT * { ?s a coop:State }", "format": "csv"}}, 200, CSV),
        ("GET", {"params": {"query": ASK, "format": "application/sparql-results xml"}}, 200, SRX),
        ("GET", {"params": {"query": "DESCRIBE <urn:x>", "format": f"{LD},application/x-json+ld"}}, 200, LD),
        ("GET", {"params": {"query": "DESCRIBE <urn:x>", "format": "json"}}, 200, LD),
        ("GET", {"params": {"query": ASK}, "headers": {"accept": "image/png"}}, 406, ""),
        ("GET", {"params": {"query": ASK}, "headers": {"accept": "text/html;q=.1, text/csv;v=1"}}, 200, CSV),
        ("GET", {"params": {"query": ASK}, "headers": {"accept": "*;q=.2"}}, 200, SRJ),
        ("GET", {"params": {"query": "DESCRIBE <urn:x> #", "default-graph-uri": "urn:none"}}, 400, ""),
        ("GET", {"params": {"query": ASK, "labels": "de"}}, 400, ""),
        ("POST", {"content": "query=ASK%7B%7D%23%E9", "headers": FORM}, 400, ""),
        ("GET", {"params": {"query": ASK, "format": "n3"}}, 406, ""),
        ("GET", {"params": {"query": "DESCRIBE organization:unodc"}}, 200, "text/turtle; charset=utf-8"),
        ("GET", {"params": {"query": "DESCRIBE <urn:x>"}, "headers": {"accept": f"{LD};q=0.9"}}, 200, LD),
        ("POST", {"data": {"query": ASK}}, 200, SRJ),
        ("POST", {"content": ASK, "headers": {"content-type": "application/sparql-query"}}, 200, SRJ),
        ("POST", {"content": "x", "headers": {"content-type": "text/plain"}}, 415, ""),
        ("POST", {"data": {"update": "INSERT DATA { <urn:a> <urn:b> 1 }"}}, 403, ""),
        ("POST", {"content": "CLEAR ALL", "headers": {"content-type": "application/sparql-update"}}, 403, ""),
        ("POST", {"content": b"\xff", "headers": {"content-type": "application/sparql-query"}}, 400, ""),
        ("POST", {"content": "#" * 1_100_000, "headers": {"content-type": "application/sparql-query"}}, 413, ""),
        ("GET", {"params": {"query": "SELECT * {\n  ?s ?p }"}}, 400, ""),
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
    assert "\\n" not in str(given) or re.search(r"2:\d+: .*\^", answer.text, re.DOTALL)
    assert status != 405 or set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_labels_on_request(get: Get) -> None:
    asked = {"query": "SELECT ?s { VALUES ?s { state:armenia <urn:x> } }", "labels": "ru"}
    answer = get("/sparql", params=asked).json()
    assert answer["head"]["vars"] == ["s", "sLabel"]
    assert [one["sLabel"].get("xml:lang") for one in answer["results"]["bindings"]] == ["ru", None]
    assert get("/sparql", params={**asked, "format": "csv"}).text.splitlines()[1] == f"{BASE}id/state/armenia,Армения"


def test_a_dataset_of_the_request(get: Get) -> None:
    asked = {"query": "SELECT * { ?s ?p ?o }", "format": "csv"}
    graphs = [{"default-graph-uri": f"{BASE}graph/{name}"} for name in ("data", "claims")]
    counts = [len(get("/sparql", params={**asked, **graph}).text.splitlines()) for graph in graphs]
    assert 1 < counts[0] < counts[1]


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


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/id/instrument/nothing", "*/*", 404), ("/query/nothing.html", "*/*", 404), ("/thing?iri=not an iri", "", 404),
        (LINKED, "image/png", 406), ("/query/instruments.csv?partner=Nobody", "*/*", 404),
        ("/query/instruments.html?since=never", "text/html", 400), ("/query/instruments.html?timeout=1", "*/*", 404),
        ("/compare?left=CSTO&right=Nobody", "text/html", 404),
    ],
)  # fmt: skip
def test_what_is_not_there(get: Get, path: str, accept: str, status: int) -> None:
    assert get(path, headers={"accept": accept}).status_code == status
    assert get(path, headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/query/drafts.json", "run drafts"), ("/timeline.json?since=2016", "timeline --since 2016"),
        ("/map.json?party=CSTO", "run parties --party CSTO"), ("/conflicts.json?lang=ru", "--lang ru conflicts"),
        ("/sources.json", "sources"), ("/questions.json", "queries"), ("/search.json?q=UNODC", "find UNODC --limit 30"),
        ("/why.json?thing=CTED", "why CTED"),
        ("/why.json?thing=event:signing-protocol-unodc&property=date&value=2006-03-05",
         "why --not event:signing-protocol-unodc date 2006-03-05"),
        ("/why.json?query=instruments&cell=1:date&partner=UNODC", "run instruments --partner UNODC --why 1:date"),
    ],
)  # fmt: skip
def test_json_beside_a_page_is_that_of_the_command_line(
    get: Get, kg: csto_graph.KnowledgeGraph, path: str, words: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(csto_graph.graph, "load", lambda **given: kg.in_language(given["language"]))
    main.execute([*words.split(), "-f", "json"])
    answer = get(path)
    assert (answer.status_code, json.loads(answer.text)) == (200, json.loads(capsys.readouterr().out))


@pytest.mark.parametrize(
    "page",
    ["search?q=UN", "questions", "conflicts", "sources", "timeline?class=coop:Signing", "map",
     "compare?left=CSTO&right=SCO", "terms", "rules", "passages", "query/drafts"],
)  # fmt: skip
def test_rows_beside_a_page_are_the_same_in_each_format(get: Get, page: str) -> None:
    path, _, asked = page.partition("?")
    given = [get(f"/{path}.{ending}?{asked}") for ending in ("csv", "json", "md")]
    assert [one.headers["content-type"].partition(";")[0] for one in given] == [
        "text/csv", "application/json", "text/markdown",
    ]  # fmt: skip
    rows = json.loads(given[1].text)["rows"]
    assert len(list(csv.reader(io.StringIO(given[0].text)))) - 1 == len(rows) > 3
    assert len(given[2].text.strip().splitlines()) - 2 == len(rows)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/ontology.html", ['id="Signing"']), ("/thing.ttl?iri=coop:Signing", ["coop:Signing a"]),
        ("/thing.html?iri=coop:Signing", ["Sides sign an agreed instrument.", "Uses in the graph: 39", "subClassOf"]),
        *((f"/shape/issuedBy.{way}", ["sh:or ( [ sh:class org:Organization ]"]) for way in ("ttl", "html")),
        ("/shape/votesCounted.html?lang=ru", ["‹предмет›: ‹свойство› — ‹значение›, но голоса"]),
        ("/rules?lang=en&page=2", ["‹property›"]), (f"{LINKED}.html?version=0.0.1", ["You asked for version 0.0.1"]),
        (f"{LINKED}.bib", ["@misc{instrument-a-res-71-12,\n  title = {Resolution 71/12"]),
        (f"{LINKED}.ris", ["ER  - \r\n"]),
        ("/query/parties.html?since=1950&until=1951&lang=en", ["known. Without this there may be some: since, until."]),
    ],
)  # fmt: skip
def test_what_is_told_where(get: Get, path: str, words: list[str]) -> None:
    """A term has its place in its document, and a page; shapes are whole; a thing can be cited, with its version."""
    told = get(path, headers=BROWSER).text
    assert [one for one in words if one not in told] == []


def test_shapes_are_told_in_words_with_a_thing_that_each_checks(get: Get) -> None:
    rows = {row["shape"]["curie"]: row for row in get("/rules.json?lang=ru").json()["rows"]}
    told = rows["shape:votesCounted"]
    assert (told["message"].partition(":")[0], rows["shape:Signing"]["definition"][:7]) == ("{focus}", "Стороны")
    assert told["example"]["curie"].startswith("event:adoption")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/query/instruments.html?partner=nobody", "Не найдено (предмет): «nobody»"),
        ("/conflicts?about=nobody", "Возможно, имелось в виду"), ("/timeline?since=20x", "нужно: дата"),
        ("/compare?left=nobody&right=CSTO", "Не найдено (предмет)"), ("/sparql?query=SELECT", "Запрос не разбирается"),
        ("/sparql?query=SELECT * { ?s", "нигде не закрыто"), ("/sparql?query=CLEAR ALL", "граф только читается"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_the_language_of_the_page(get: Get, path: str, words: str) -> None:
    page = get(path, headers={**BROWSER, "accept-language": "ru"}).text
    assert words in html.unescape(page.partition('role="alert"')[2].partition("</p")[0])


def test_a_page_tells_search_engines_what_it_is_about(get: Get) -> None:
    page = get(f"{LINKED}.html", headers=BROWSER).text
    told = json.loads(page.partition('<script type="application/ld+json">')[2].partition("</script>")[0])
    assert (told["@type"], told["@id"]) == ("Legislation", BASE + LINKED[1:])


def test_two_organizations_side_by_side(get: Get) -> None:
    rows = {row["property"]: row for row in get("/compare.json?left=CSTO&right=SCO").json()["rows"]}
    assert all(rows["← party"][side] for side in ("left", "right"))


@pytest.mark.parametrize(
    ("path", "found", "last"),
    [("/feed.xml", ".//item/title", "0.1.0"), ("/sitemap.xml", "{*}url/{*}loc", "html"), ("/search.xml", "*", "")],
)
def test_what_machines_read_is_well_formed(get: Get, path: str, found: str, last: str) -> None:
    answer = get(path)
    assert answer.headers["content-type"].startswith("application/xml")
    assert (ElementTree.fromstring(answer.text).findall(found)[-1].text or "").endswith(last)


def test_it_is_served_below_a_path_and_found_from_w3id(kg: csto_graph.KnowledgeGraph) -> None:
    """Links stay below the base, and each kind of IRI is led there by the rules."""
    base = "https://graph.example/un"
    get = asking(kg, Settings(hosts=("Graph.example", "::1"), base=base))
    hosts = {"GRAPH.example:80": 200, "[::1]": 200, "un.example": 400}
    assert {host: get(f"https://{host}/un").status_code for host in hosts} == hosts
    pattern, target = re.findall(r"^RewriteRule (\S+) (\S+) \[R=302,NE,L\]$", redirect_rules(base), re.MULTILINE)[0]
    for name in ("id/state/russia", "ontology", "vocab/area/crime", "query/chairs", "shape/issuedBy", ""):
        address = re.sub(pattern, target.replace("$1", r"\1"), name)
        sent = get(address, headers=BROWSER)
        sent = sent if sent.status_code == 200 else get("https://graph.example" + sent.headers["location"])
        assert sent.status_code == 200
        links = re.findall(r' (?:href|action|src)="(/[^"]*)"', sent.text)
        assert [link for link in links if not link.startswith("/un/")] == []
        assert len(links) > 10 or not name.startswith("id")


def test_every_page_is_well_formed_and_escaped(tmp_path: Path) -> None:
    label = '<http://www.w3.org/2000/01/rdf-schema#label> "<script>alert(1)</script>\\"\'&"'
    many = "".join(f"<urn:s{at}> <urn:q> <urn:x> . <urn:x> <urn:r> <urn:o{at}> . " for at in range(2_000))
    (tmp_path / "a.ttl").write_text(f"<urn:x> {label} ; <urn:p> <javascript:alert(1)> . {many}", "utf-8")
    get = asking(csto_graph.load([tmp_path], only=True))
    answer = get("/thing.html?iri=urn:x", headers=BROWSER)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert 'href="javascript:' not in answer.text
    assert "<javascript:alert(1)>" in get("/thing.ttl?iri=urn:x").text
    assert (len(answer.text) < 100_000, "+ 1800: " in answer.text, "+ 1900: " in answer.text) == (True, True, True)
    own = "".join(get(path, headers=BROWSER).text for path in ("/", "/about", "/search"))
    assert [words for words in ("United Nations", "A/RES") if words in own] == []
    for path in ("/terms", "/rules", "/passages", "/sources"):
        assert "The graph has none." in get(path, headers=BROWSER).text


def test_no_iri_of_the_graph_is_dead(get: Get, kg: csto_graph.KnowledgeGraph) -> None:
    """Things, terms, concepts, queries, shapes, claims, passages, sources: each leads to a page and to data.

    Of each kind three are asked for, of the others it is seen that they exist; CSTO_GRAPH_CAMPAIGN asks for each.
    """
    named = {quad.subject.value for quad in kg.quads() if isinstance(quad.subject, NamedNode)}
    named |= {triple.subject.value for triple in kg.shapes if isinstance(triple.subject, NamedNode)}
    named |= {f"{BASE}query/{query.name}" for query in kg.queries}
    assert {get(f"/graph/{name}").headers.get("location") for name in GRAPHS} == {"/.well-known/void"}
    site, kinds, dead = Site(kg), defaultdict[str, list[str]](list), []
    for path in sorted({name[len(BASE) - 1 :].partition("#")[0] for name in named if name.startswith(BASE)}):
        kinds[path.rpartition("/")[0]].append(path)
        if not site.exists(BASE + path[1:]):
            dead.append(path)
    assert len(kinds) > 15
    for paths in kinds.values():
        for path in paths if "CSTO_GRAPH_CAMPAIGN" in os.environ else paths[:: len(paths) // 3 + 1]:
            sent = get(path, headers=BROWSER)
            followed = [get(address, headers=BROWSER) for address in (sent.headers.get("location", ""), f"{path}.nt")]
            if [sent.status_code, *(one.status_code for one in followed)] != [303, 200, 200]:
                dead.append(path)
    assert dead == []


def test_a_retired_name_leads_to_its_successor(tmp_path: Path) -> None:
    """410 with the successor, as a link for browsers and as a header for others; its data say the same."""
    old, new = f"{BASE}id/state/old", f"{BASE}id/state/new"
    about = "<http://www.w3.org/2002/07/owl#deprecated> true ; <http://purl.org/dc/terms/isReplacedBy>"
    (tmp_path / "a.ttl").write_text(f"<{old}> {about} <{new}> .", "utf-8")
    get = asking(csto_graph.load([tmp_path], only=True))
    for path in ("/id/state/old", "/id/state/old.html"):
        gone = get(path, headers=BROWSER)
        assert (gone.status_code, gone.headers["link"].partition(",")[0].count(new)) == (410, path.endswith("old"))
        assert '<a href="/id/state/new.html?lang=en">' in gone.text
    assert new in get("/id/state/old").text
    assert new in get("/id/state/old.nt").text


def test_data_are_checked_and_not_kept(get: Get) -> None:
    asked = {"data": {"text": f"<{BASE}id/instrument/zz> a <{BASE}ontology#Resolution> ."}, "headers": BROWSER}
    answer = get("/check", "POST", **asked)
    assert answer.status_code == 200
    assert "coop:issuedBy" in answer.text
    assert "/tmp" not in get("/check", "POST", files={"file": ("a.ttl", b"@prefix")}, headers=BROWSER).text
    assert get("/check", "POST", data={"text": "#" * 1_100_000}).status_code == 413
    assert get("/check.json", "POST", **asked).json()["conforms"] is False
    assert get("/check.json", "POST", data={"text": "@prefix"}).status_code == 400
    assert get("/check.json").status_code == 404
    assert "Paste Turtle" in get("/check", "POST", data={"text": " "}, headers=BROWSER).text.partition("alert")[2]
    russian = get("/check?lang=ru", "POST", **asked).text.partition("</form>")[2]
    assert ("нарушение" in russian, "violation" in russian) == (True, False)
    assert "boundary" in get("/check", "POST", content=b"x", headers={"content-type": "multipart/form-data"}).text


def test_the_endpoint_describes_itself(get: Get) -> None:
    answer = get("/sparql", headers={"accept": "text/turtle"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/turtle; charset=utf-8")
    graph = rdflib.Graph().parse(data=answer.text, format="turtle")
    service = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    void, shacl = rdflib.Namespace("http://rdfs.org/ns/void#"), rdflib.Namespace("http://www.w3.org/ns/shacl#")
    examples = set(graph.subjects(rdflib.RDF.type, shacl.SPARQLExecutable))
    assert len(set(graph.subjects(rdflib.RDF.type, service.NamedGraph))) == 5
    assert len(set(graph.objects(None, void["class"]))) > 30
    assert len(examples) > 30
    assert examples <= set(graph.subjects(rdflib.RDFS.comment, None))
    assert len(set(graph.objects(None, shacl.prefix))) > 5


def test_the_graph_can_be_taken_whole(get: Get, kg: csto_graph.KnowledgeGraph) -> None:
    """Once: it has a validator, which is another one for each format."""
    answer = get("/graph.nt", headers={"accept-encoding": "br, gzip;q=0.0"})
    assert "content-encoding" not in answer.headers
    assert len(answer.text.splitlines()) == len({quad.triple for quad in kg.quads()})
    tags = {"if-none-match": f"{answer.headers['etag']}, {get('/query/claims.csv').headers['etag']}"}
    paths = ("/graph.nt", "/query/claims.csv", "/graph.ttl")
    assert [get(path, headers=tags).status_code for path in paths] == [304, 304, 200]


def test_the_editor_is_what_was_written_down() -> None:
    """Where npm has made the bundle, it has this digest."""
    web = Path(csto_graph.__file__).with_name("web")
    bundle = web / "static" / "editor.js"
    if not bundle.exists():
        pytest.skip("there is no bundle: it is made where npm is at hand, by installing the package")
    assert hashlib.sha256(bundle.read_bytes()).hexdigest() == (web / "editor" / "editor.sha256").read_text().strip()
