"""Pages for people, each made of a document or of the rows of a canned query; and the same things as data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from pyoxigraph import NamedNode, Triple
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from .. import errors
from ..check import sources as sources_
from ..describe import claims, schema
from ..describe.thing import thing_document
from ..graph import KnowledgeGraph
from ..names import BASE, curie, iri
from ..rdf import formats
from ..share.export import export
from ..sparql.catalog import words_of
from ..sparql.results import Table
from ..store.engine import Limits
from ..text import to_json
from . import pictures
from .site import DATA, MEDIA_TYPES, ROWS, Site, href, media_type, redirect, status_of

_START = ("instruments", "resolutions", "stated-values", "chairs", "without-instrument", "votes")


def home(site: Site, request: Request) -> Response:
    """What there is, and where to begin."""
    graph, language = site.view(request), site.language(request)
    counts = [(graph.reference(name, language), count) for name, count in schema.sizes(graph).most_common(12)]
    queries = [graph.queries[name] for name in _START if name in graph.queries]
    starts = [(query, query.examples[0].args if query.examples else {}) for query in queries]
    return site.page(
        request, "home.html", counts=counts, starts=starts, words=words_of, searched=graph.searched(),
        picture=pictures.timeline(_spans(graph, graph.run("timeline"))) if "timeline" in graph.queries else None,
    )  # fmt: skip


def search(site: Site, request: Request) -> Response:
    """Things by any of their names; as JSON for whoever types."""
    graph, language = site.view(request), site.language(request)
    words = request.query_params.get("q", "")[:200]
    matches = graph.find(words, limit=30) if words.strip() else []
    found = []
    for match in matches:
        classes = list(graph.types(match.iri))
        kind = graph.label(classes[0], language) if classes else ""
        found.append({**graph.reference(match.iri, language), "class": kind, "name": match.text, "as": match.role})
    if request.url.path.endswith(".json"):
        return Response(to_json({"format": "csto-graph/search/1", "words": words, "found": [
            {**entry, "href": href(entry["iri"])} for entry in found
        ]}), media_type="application/json")  # fmt: skip
    near = graph.lookup.near(words) if words.strip() and not found else []
    return site.page(request, "search.html", words=words, found=found, near=near)


def thing_page(site: Site, request: Request, name: str) -> Response:
    """What is known of one thing."""
    if name in site.catalogue:
        return site.page(request, "statements.html", name=name, statements=site.catalogue[name], curie=curie)
    found = thing_document(site.view(request), name, site.language(request))
    numbers = {claim["curie"]: at for at, claim in enumerate(found["claims"], 1)}
    facts = [_grouped(found["facts"], derived) for derived in (False, True)]
    around = pictures.around(
        [entry["thing"] for entry in found["mentions"]],
        [{**fact["value"], "label": fact["value"]["text"]} for fact in found["facts"] if "iri" in fact["value"]],
    )  # fmt: skip
    return site.page(
        request, "thing.html", thing=found, numbers=numbers, stated=facts[0], derived=facts[1], around=around,
        year=_YEAR.search(site.graph.searched()["until"]) or [""],
    )  # fmt: skip


_YEAR = re.compile("[0-9]{4}")


def _grouped(facts: Sequence[Any], derived: bool) -> list[tuple[Any, list[Any]]]:
    """Facts under their properties."""
    found: dict[str, tuple[Any, list[Any]]] = {}
    for fact in facts:
        if fact["derived"] == derived:
            found.setdefault(fact["property"]["curie"], (fact["property"], []))[1].append(fact)
    return list(found.values())


def elsewhere(site: Site, request: Request) -> Response:
    """What is known of a thing whose IRI is none of the site's."""
    name = iri(request.query_params.get("iri", ""))
    if not _exists(site, name):
        return site.error(request, 404, site.word(request, "no-such-thing"), name)
    return thing_page(site, request, name)


def questions(site: Site, request: Request) -> Response:
    """The canned queries by what they are about."""
    language = site.language(request)
    tags: dict[str, list[Any]] = {}
    for query in site.graph.queries:
        tags.setdefault(query.tags[0] if query.tags else "", []).append(query)
    return site.page(request, "questions.html", tags=sorted(tags.items()), words=words_of, language=language)


def question(site: Site, request: Request) -> Response:
    """A canned query: its form, and the answer where it was asked; rows alone where the address ends so."""
    graph, language = site.view(request), site.language(request)
    name = request.path_params["name"]
    format = next((key for key, ending in ROWS.items() if name.endswith(ending)), "")
    name = name.removesuffix(ROWS.get(format, ".html"))
    if not format and not request.path_params["name"].endswith(".html"):
        return resource(site, request, "query/" + request.path_params["name"])
    if name not in graph.queries:
        return site.error(request, 404, site.word(request, "no-such-question"))
    query = graph.queries[name]
    given = {
        key: value for key, value in request.query_params.items()
        if value.strip() and (key in query.parameters or key not in ("lang", "reading", "ask"))
    }  # fmt: skip
    reading = request.query_params.get("reading", "curated")
    complete = all(not one.required or one.name in given for one in query.parameters.values())
    table, error = None, None
    if complete:
        try:
            table = graph.ask(query, query.bind(given, graph), reading=reading)
        except errors.GraphError as raised:
            error = raised
    if format:
        if table is None:
            wrong = error or errors.UsageError(site.word(request, "missing-values"))
            return site.error(request, status_of(wrong), wrong.message, wrong.hint)
        return site.rows(name, table.columns, list(table.cells()), format)
    return site.page(
        request, "question.html", 200 if error is None else status_of(error), q=query, words=words_of, given=given,
        table=table, error=error, reading=reading, rows=[] if table is None else list(table.cells()),
        choices=_choices(site, query, language),
    )  # fmt: skip


def _choices(site: Site, query: Any, language: str) -> dict[str, Sequence[Mapping[str, str]]]:
    """For each parameter with few values, these."""
    found: dict[str, Sequence[Mapping[str, str]]] = {}
    for key, parameter in query.parameters.items():
        if parameter.values:
            found[key] = [{"curie": value, "label": value} for value in parameter.values]
        elif parameter.type == "boolean":
            found[key] = [{"curie": value, "label": value} for value in ("true", "false")]
        elif parameter.type == "area":
            things = site.graph.subjects(iri("skos:inScheme"), iri("vocab:area"))
            entries = [site.graph.reference(name, language) for name in things]
            found[key] = sorted(entries, key=lambda entry: entry["label"])
    return found


def conflicts(site: Site, request: Request) -> Response:
    """Where sources disagree, both sides, the decision and the reason."""
    graph, language = site.view(request), site.language(request)
    table = graph.run("conflicts")
    found = claims.conflict_documents(graph, [row[0].iri for row in table], language)
    return site.page(request, "conflicts.html", conflicts=found)


def sources(site: Site, request: Request) -> Response:
    """What the graph rests on."""
    graph, language = site.view(request), site.language(request)
    listed = [dict(zip(sources_.COLUMNS, row, strict=True)) for row in sources_.listed(graph, language)]
    covers = [(curie(cover.source), sources_.shares(cover, language)) for cover in sources_.coverage(graph)]
    return site.page(request, "sources.html", sources=listed, covers=covers)


def why(site: Site, request: Request) -> Response:
    """Why the graph says so: a proof as a tree that opens."""
    given = request.query_params
    found = site.view(request).why(given.get("thing", ""), given.get("property") or None, given.get("value") or None)
    language = site.language(request)
    document = found.document(language)
    statements = {one["id"]: one for one in document["statements"]}
    numbers = {claim["curie"]: at for at, claim in enumerate(document["claims"], 1)}
    return site.page(request, "why.html", proof=document, statements=statements, numbers=numbers)


def timeline(site: Site, request: Request) -> Response:
    """What happened, in order, as a picture and as a table."""
    graph, given, table, error = _asked(site, request, "timeline")
    spans = _spans(graph, table or ())
    return site.page(
        request, "timeline.html", picture=pictures.timeline(spans), query_=graph.queries["timeline"], given=given,
        error=error, count=len(table or ()), words=words_of,
    )  # fmt: skip


def _spans(graph: KnowledgeGraph, rows: Iterable[Any]) -> list[pictures.TimelineEntry]:
    found = []
    for row in rows:
        event = row.event.iri
        bounds = [pictures.year_of(graph.value(event, name)) for name in ("coop:earliest", "coop:latest")]
        if known := [one for one in bounds if one is not None]:
            kind = graph.reference(next(graph.types(event), ""))
            found.append(
                pictures.TimelineEntry(_named(row.event), kind, str(row.date), known[0], known[-1], bool(row.disputed))
            )
    return found


def relations(site: Site, request: Request) -> Response:
    """Who agreed what with whom, as a picture and as a table."""
    graph, given, table, error = _asked(site, request, "parties")
    disputed = {row.instrument.iri for row in graph.run("instruments") if row.disputed} if table else set()
    pairs = [
        ({**_named(row.act), "note": str(row.date or ""), "disputed": row.act.iri in disputed}, _named(row.side))
        for row in table or ()
    ]
    return site.page(
        request, "map.html", picture=pictures.links(pairs), query_=graph.queries["parties"], given=given, error=error,
        count=len(table or ()), words=words_of,
    )  # fmt: skip


def _asked(
    site: Site, request: Request, name: str
) -> tuple[KnowledgeGraph, dict[str, str], Table | None, errors.GraphError | None]:
    """The rows of a query with the parameters that the request gives, or why there are none."""
    graph = site.view(request)
    given = {key: value for key, value in request.query_params.items() if key != "lang" and value.strip()}
    try:
        query = graph.queries[name]
        return graph, given, graph.ask(query, query.bind(given, graph)), None
    except errors.GraphError as error:
        return graph, given, None, error


def _named(thing: Any) -> dict[str, str]:
    return {"iri": thing.iri, "curie": thing.curie, "label": thing.label}


def compare(site: Site, request: Request) -> Response:
    """Two things side by side, property by property."""
    graph, language = site.view(request), site.language(request)
    given = [request.query_params.get(key, "") for key in ("left", "right")]
    sides, error = [], None
    try:
        sides = [thing_document(graph, graph.resolve(name), language) for name in given if name.strip()]
    except errors.GraphError as raised:
        error = raised
    properties: dict[str, Any] = {}
    for at, side in enumerate(sides):
        for fact in side["facts"]:
            row = properties.setdefault(fact["property"]["curie"], (fact["property"], [[], []]))
            row[1][at].append(fact["value"])
    return site.page(request, "compare.html", given=given, sides=sides, properties=properties.values(), error=error)


def terms(site: Site, request: Request) -> Response:
    """Every class and property with its definition."""
    graph, language = site.view(request), site.language(request)
    groups = []
    for kind in ("owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty"):
        found = [graph.reference(name, language) for name in graph.subjects(iri("rdf:type"), iri(kind))]
        told = [{**one, "definition": _text(graph, one["iri"], "skos:definition", language)} for one in found]
        groups.append((graph.label(iri(kind), language), sorted(told, key=lambda one: one["label"])))
    return site.page(request, "terms.html", groups=groups)


def _text(graph: KnowledgeGraph, thing: str, name: str, language: str) -> str:
    texts = {str(getattr(value, "language", "")): value.value for value in graph.objects(thing, iri(name))}
    return texts.get(language) or next(iter(texts.values()), "")


def about(site: Site, request: Request) -> Response:
    """What this is, how to cite it, where to report a mistake."""
    return site.page(request, "about.html", searched=site.graph.searched())


def download(site: Site, request: Request) -> Response:
    """The whole graph, as ``export`` writes it."""
    format = next(name for name, ending in DATA.items() if request.url.path.endswith(ending))
    return StreamingResponse(export(site.graph, format), media_type=MEDIA_TYPES[format])


def sitemap(site: Site, request: Request) -> Response:
    """The addresses of all pages, for search engines (https://www.sitemaps.org/protocol.html)."""
    graph = site.graph
    things = sorted({quad.subject.value for quad in graph.quads() if isinstance(quad.subject, NamedNode)})
    paths = [href(name) for name in things if name.startswith(BASE) and "#" not in name]
    paths += [f"/query/{query.name}.html" for query in graph.queries]
    return site.page(request, "sitemap.xml", paths=paths)


def search_description(site: Site, request: Request) -> Response:
    """How browsers search here (OpenSearch 1.1)."""
    return site.page(request, "search.xml")


def check(site: Site, request: Request, text: str = "") -> Response:
    """Where data are checked: the form, and what was found in a text."""
    report, error = None, None
    if text.strip():
        # The only copy is deleted before the answer leaves.
        with TemporaryDirectory() as folder:
            file = Path(folder, "data.ttl")
            file.write_text(text, encoding="utf-8")
            try:
                report = site.view(request).validate([str(file)], limits=Limits(seconds=20))
            except errors.GraphError as raised:
                error = raised.message.replace(f"{file}:", "").strip(), raised.hint
            own = [] if report is None else [one for one in report.findings if one.file == str(file)]
    return site.page(request, "check.html", text=text, report=report, error=error, own=own if text.strip() else [])


def editor(site: Site, request: Request) -> Response:
    """Where SPARQL is written."""
    examples = schema.examples(site.graph.bundle.queries)
    named = request.query_params.get("edit", "")
    text = next((one.text for one in examples if one.name == named), named)
    return site.page(request, "sparql.html", text=text, examples=examples)


# --- linked data: every IRI of the graph answers at its path, as a page or as data (303, Cool URIs)

_ENDINGS = {"html": ".html", "json": ".json", **DATA}
_TYPES = {"html": "text/html", "json": "application/json", **{name: MEDIA_TYPES[name] for name in DATA}}


def known(graph: KnowledgeGraph, thing: str) -> bool:
    """Whether anything is said of a thing, or with it."""
    node = NamedNode(thing)
    return any(graph.engine().match(node, None, None)) or any(graph.engine().match(None, None, node))


def data_of(site: Site, thing: str, format: str) -> Response:
    """The statements about a thing, and the claims that carry them, in one of the formats `DATA`."""
    graph = site.graph
    triples = []
    for name in (thing, *site.terms.get(thing, ())):
        triples += [Triple(NamedNode(name), NamedNode(key), value) for key, value, _ in graph.statements(name)]
        triples += site.catalogue.get(name, [])
    told = {NamedNode(name) for name in graph.subjects(iri("coop:about"), thing)}
    for claim in sorted(told, key=str):
        triples += [Triple(claim, NamedNode(key), value) for key, value, _ in graph.statements(claim.value)]
    text = "".join(formats.write_graph(triples, format, context=graph.bundle.context_for(format)))
    return Response(text, media_type=MEDIA_TYPES[format] + ("; charset=utf-8" if format != "rdfxml" else ""))


def resource(site: Site, request: Request, path: str | None = None) -> Response:
    """Answer an address below the base: 303 to page or data, or these themselves where it ends so."""
    path = path or request.path_params["path"]
    for name, ending in _ENDINGS.items():
        thing = BASE + path.removesuffix(ending)
        if path.endswith(ending) and _exists(site, thing):
            response = shown(site, request, thing, name)
            links = [
                f'<{quote("/" + path.removesuffix(ending) + other)}>; rel="alternate"; type="{_TYPES[key]}"'
                for key, other in _ENDINGS.items()
                if key != name
            ]
            response.headers["Link"] = ", ".join([f'<{thing}>; rel="canonical"', *links])
            return response
    thing = BASE + path
    if not _exists(site, thing):
        return site.error(request, 404, site.word(request, "no-such-thing"), thing)
    retired = site.graph.value(thing, "owl:deprecated") == "true"
    if retired:
        successor = site.graph.value(thing, "dcterms:isReplacedBy")
        return site.error(request, 410, site.word(request, "retired"), successor)
    best = media_type(request.headers.get("accept", ""), list(_TYPES.values()))
    if best is None:
        return site.error(request, 406, "This is given as: " + ", ".join(_TYPES.values()) + ".")
    name = next(key for key, value in _TYPES.items() if value == best)
    asked = f"?{request.url.query}" if request.url.query else ""
    return redirect(f"/{quote(path)}{_ENDINGS[name]}{asked}")


def shown(site: Site, request: Request, thing: str, format: str) -> Response:
    """The page, the JSON document or the data of a thing."""
    if format in DATA:
        return data_of(site, thing, format)
    language = site.language(request)
    if format == "json":
        return Response(to_json(thing_document(site.graph, thing, language)), media_type="application/json")
    return thing_page(site, request, thing)


def _exists(site: Site, thing: str) -> bool:
    try:
        return thing in site.catalogue or thing in site.terms or known(site.graph, thing)
    except ValueError:
        return False
