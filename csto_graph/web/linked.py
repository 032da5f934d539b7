"""Linked data: every IRI of the graph answers at its path, as a page or as data; and what machines read of the site."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pyoxigraph import NamedNode, Triple
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from .. import __version__
from ..describe.thing import thing_document
from ..names import BASE, iri, to_json, words_of
from ..rdf import formats
from ..share.export import export
from ..sparql.catalog import PARAMETER_TYPES, Parameter, Query
from . import pages
from .site import DATA, LANGUAGES, MEDIA_TYPES, ROWS, Site, href, media_type

_TYPES = {"html": "text/html", "json": "application/json", **{name: MEDIA_TYPES[name] for name in DATA},
          "bibtex": "application/x-bibtex", "ris": "application/x-research-info-systems"}  # fmt: skip
_ENDINGS = {"html": ".html", "json": ".json", **DATA, "bibtex": ".bib", "ris": ".ris"}


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


def resource(site: Site, request: Request) -> Response:
    """Answer an address below the base: 303 to page or data, or these themselves where it ends so."""
    path = request.url.path[1:]
    for name, ending in _ENDINGS.items():
        short = path.removesuffix(ending)
        if path.endswith(ending) and site.exists(BASE + short):
            response = retired(site, request, BASE + short) if name == "html" else None
            response = response or shown(site, request, BASE + short, name)
            links = [
                f'<{quote(f"{site.root}/{short}{other}")}>; rel="alternate"; type="{_TYPES[key]}"'
                for key, other in _ENDINGS.items()
                if key != name
            ]
            response.headers["Link"] = ", ".join([f'<{BASE}{quote(short)}>; rel="canonical"', *links])
            return response
    if not site.exists(BASE + path):
        return site.error(request, 404, site.word(request, "no-such-thing"), BASE + path)
    if gone := retired(site, request, BASE + path):
        return gone
    best = media_type(request.headers.get("accept", ""), tuple(_TYPES.values()))
    if best is None:
        return site.error(request, 406, "This is given as: " + ", ".join(_TYPES.values()) + ".")
    name = next(key for key, value in _TYPES.items() if value == best)
    asked = f"?{request.url.query}" if request.url.query else ""
    address = f"{site.root}/{quote(path)}{_ENDINGS[name]}{asked}"
    return RedirectResponse(address, 303, headers={"Vary": "Accept, Accept-Language"})


def retired(site: Site, request: Request, thing: str) -> Response | None:
    """410, with the address of the successor, where a thing is deprecated."""
    if site.graph.value(thing, "owl:deprecated") != "true":
        return None
    successor = site.graph.value(thing, "dcterms:isReplacedBy")
    response = site.error(request, 410, site.word(request, "retired"), link=successor)
    if successor:
        response.headers["Link"] = f'<{quote(successor, safe=":/#?&=%")}>; rel="successor-version"'
    return response


def shown(site: Site, request: Request, thing: str, format: str) -> Response:
    """The page, the JSON document, the data or the citation of a thing."""
    if format in DATA:
        return data_of(site, thing, format)
    if format == "html":
        return pages.thing_page(site, request, thing)
    document = thing_document(site.view(request), thing, site.language(request))
    year = site.graph.searched()["until"][:4]
    text = to_json(document) if format == "json" else pages.citation(document, year, format)
    return Response(text, headers={"Vary": "Accept-Language"}, media_type=_TYPES[format])


def query_or_rows(site: Site, request: Request) -> Response:
    """A canned query as a page or as rows; otherwise its IRI or the statements about it."""
    name = request.path_params["name"]
    short = next((name.removesuffix(one) for one in (".html", *ROWS.values()) if name.endswith(one)), "")
    return pages.question(site, request, short) if short in site.graph.queries else resource(site, request)


def download(site: Site, request: Request) -> Response:
    """The whole graph, as ``export`` writes it."""
    format = next(name for name, ending in DATA.items() if request.url.path.endswith(ending))
    pieces = iter(export(site.graph, format))
    blocks = iter(lambda: "".join(islice(pieces, 500)), "")
    return StreamingResponse(blocks, media_type=MEDIA_TYPES[format])


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


def feed(site: Site, request: Request) -> Response:
    """What changed from version to version, as RSS 2.0; the versions have no dates, and so have its entries."""
    try:
        text = Path(site.graph.bundle.root, "CHANGELOG.md").read_text(encoding="utf-8")
    except OSError:
        text = ""
    parts = (part.partition("\n") for part in text.split("\n## ")[1:])
    versions = [
        (name.strip(), [" ".join(one.split()) for one in re.split(r"^- ", told, flags=re.MULTILINE) if one.strip()])
        for name, _, told in parts
    ]
    return site.page(request, "feed.xml", versions=versions)


def redirect_rules(base: str) -> str:
    """Rules that lead from https://w3id.org/csto-un/ to a server, for the file ``.htaccess`` there.

    The server negotiates media types itself, and the part after ``#`` stays with the client.

    >>> print(redirect_rules("https://example.org/un").splitlines()[-1])
    RewriteRule ^(.*)$ https://example.org/un/$1 [R=302,NE,L]
    """
    return (
        f"# {BASE}: the graph as csto-graph serves it.\nOptions +FollowSymLinks -MultiViews\nRewriteEngine on\n"
        f"RewriteRule ^(.*)$ {base}/$1 [R=302,NE,L]\n"
    )


# --- OpenAPI

_THING = "IRI, CURIE, identifier or name of a thing"
_PAGES = {
    "/search": {"q": "words"}, "/questions": {}, "/sources": {}, "/passages": {"source": _THING}, "/terms": {},
    "/compare": {"left": _THING, "right": _THING},
}  # fmt: skip
_ASKED = {"/timeline": "timeline", "/map": "parties", "/conflicts": "conflicts"}
_WHY = {"thing": _THING, "property": "a property", "value": "a value of it", "not": "1: why it does not hold"}
_SPARQL = {
    "query": "SPARQL 1.1, read-only", "default-graph-uri": "a named graph", "named-graph-uri": "a named graph",
    "format": "a media type or its short name", "labels": "en or ru: labels beside things",
}  # fmt: skip


def openapi(site: Site, request: Request) -> Response:
    """What the server answers, from the catalogue, as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0) has it."""
    language, queries = site.language(request), site.graph.queries
    paths: dict[str, Any] = {
        "/health": {"get": _operation("Whether the server answers", [], ["text/plain"])},
        "/sparql": {
            "get": _operation("SPARQL 1.1 Protocol", _texts(_SPARQL),
                              ["application/sparql-results+json", "text/turtle"]),
        },
        "/why.json": {"get": _operation("Why, or why not", _texts(_WHY), ["application/json"])},
        "/id/{kind}/{name}": {"get": _operation("A thing: 303 to a page or data", [_path("kind"), _path("name")], [])},
    }  # fmt: skip
    for name, media in ((ending, MEDIA_TYPES[key]) for key, ending in ROWS.items()):
        for path, given in _PAGES.items():
            paths[f"{path}{name}"] = {"get": _operation(path[1:], _texts(given), [media])}
        for path, query in [*_ASKED.items(), *((f"/query/{one}", one) for one in queries.names)]:
            paths[f"{path}{name}"] = {"get": _asked(queries[query], language, media)}
    told = {
        "openapi": "3.1.0", "info": {"title": site.word(request, "site"), "version": __version__},
        "servers": [{"url": site.origin(request)}], "paths": paths,
    }  # fmt: skip
    return Response(to_json(told), headers={"Vary": "Accept-Language"}, media_type="application/json")


def _asked(query: Query, language: str, media: str) -> dict[str, Any]:
    parameters = [_parameter(one, language) for one in query.parameters.values()]
    parameters.append({**_text("reading", "whose value of a dispute"), "schema": {"enum": ["curated", "source"]}})
    return _operation(words_of(query.question, language), parameters, [media])


def _parameter(one: Parameter, language: str) -> dict[str, Any]:
    kind = PARAMETER_TYPES[one.type]
    schema: dict[str, Any] = {"type": "string", "pattern": f"^{kind.pattern}$"}
    if one.type in ("entity", "class", "area", "string", "choice"):
        schema = {"type": "string", "maxLength": 10_000, **({"enum": list(one.values)} if one.values else {})}
    return {**_text(one.name, words_of(one.help, language)), "required": one.required, "schema": schema}


def _operation(summary: str, parameters: list[dict[str, Any]], media: list[str]) -> dict[str, Any]:
    refused = {str(status): {"description": words} for status, words in (
        (400, "a value does not fit"), (404, "no such thing"), (406, "not given so"), (410, "retired"),
        (429, "too many of one client"), (503, "a limit was reached"),
    )}  # fmt: skip
    content: dict[str, Any] = {name: {} for name in media}
    done: dict[str, Any] = {"200": {"description": "the answer", "content": content}}
    done = done if media else {"303": {"description": "there"}}
    language = {**_text("lang", "of labels and words"), "schema": {"enum": list(LANGUAGES)}}
    return {"summary": summary, "parameters": [*parameters, language], "responses": {**done, **refused}}


def _text(name: str, help: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": help, "schema": {"type": "string", "maxLength": 10_000}}


def _path(name: str) -> dict[str, Any]:
    return {**_text(name, ""), "in": "path", "required": True}


def _texts(given: dict[str, str]) -> list[dict[str, Any]]:
    return [_text(name, help) for name, help in given.items()]
