"""Linked data: every IRI of the graph answers at its path, as a page or as data; and what machines read of the site."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from .. import __version__
from ..check.shapes import Shapes
from ..describe.thing import thing_document
from ..names import BASE, curie, iri, to_json, words_of
from ..rdf import formats
from ..share.export import export
from ..sparql.catalog import PARAMETER_TYPES, Parameter
from . import pages
from .site import DATA, LANGUAGES, MEDIA_TYPES, ROWS, Site, href, media_type

_TYPES = {"html": "text/html", "json": "application/json", **{name: MEDIA_TYPES[name] for name in DATA},
          "bibtex": "application/x-bibtex", "ris": "application/x-research-info-systems"}  # fmt: skip
_ENDINGS = {"html": ".html", "json": ".json", **DATA, "bibtex": ".bib", "ris": ".ris"}


def _data(site: Site, thing: str, format: str) -> str:
    """The statements about a thing, about what has no name in them, and the claims that carry them."""
    graph, found = site.graph, dict[Triple, None]()
    claims = sorted(set(graph.subjects(iri("coop:about"), thing)))
    nodes: list[NamedNode | BlankNode] = [NamedNode(name) for name in (thing, *site.terms.get(thing, ()), *claims)]
    for node in nodes:  # which grows
        told = [quad.triple for quad in graph.engine().match(node, None, None)]
        told += site.catalogue.get(node.value, [])
        nodes += {one.object for one in told if isinstance(one.object, BlankNode)}.difference(nodes)
        found |= dict.fromkeys(told)
    return "".join(formats.write_graph(found, format, context=graph.bundle.context_for(format)))


def _given(site: Site, request: Request, thing: str, name: str) -> Response:
    """A thing as a page or as data, with links to the others; ``name`` is one of those of `_TYPES`."""
    if name in DATA:
        response = Response(_data(site, thing, name), media_type=_TYPES[name])
    elif name != "html":
        document = thing_document(site.view(request), thing, site.language(request))
        year = site.graph.searched()["until"][:4]
        text = to_json(document) if name == "json" else pages.citation(document, year, name)
        response = Response(text, headers={"Vary": "Accept-Language"}, media_type=_TYPES[name])
    elif gone := retired(site, request, thing):
        response = gone
    elif thing in site.catalogue:
        told = [(one.predicate.value, one.object) for one in site.catalogue[thing]]
        values = [(key, value.value) for key, value in told if isinstance(value, NamedNode | Literal)]
        rules = Shapes(site.graph.shapes)
        shape = NamedNode(thing) in rules and rules.told(site.view(request), thing, site.language(request))
        response = site.page(
            request, "statements.html", name=thing, curie=curie, values=values, turtle=_data(site, thing, "turtle"),
            shape=shape,
        )  # fmt: skip
    else:
        response = pages.thing_page(site, request, thing)
    links = [
        f'<{site.root}{href(thing, other)}>; rel="alternate"; type="{_TYPES[key]}"'
        for key, other in _ENDINGS.items()
        if key != name
    ]
    response.headers["Link"] = ", ".join([f'<{quote(thing, safe=":/#?&=%")}>; rel="canonical"', *links])
    return response


def resource(site: Site, request: Request) -> Response:
    """Answer an address below the base: 303 to page or data, or these or the rows of a query where it ends so.

    Things whose IRIs are no addresses of the site, as terms in their documents are not, answer at ``/thing?iri=``.
    """
    path, elsewhere = request.url.path[1:], iri(request.query_params.get("iri", ""))
    folder, _, name = path.partition("/")
    asked = next((name.removesuffix(one) for one in (".html", *ROWS.values()) if name.endswith(one)), "")
    if folder == "query" and asked in site.graph.queries:
        return pages.question(site, request, asked)
    for name, ending in _ENDINGS.items():
        short = path.removesuffix(ending)
        thing = elsewhere if short == "thing" else BASE + short
        if path.endswith(ending) and site.exists(thing):
            return _given(site, request, thing, name)
    thing = elsewhere if path == "thing" else BASE + path
    if not site.exists(thing):
        return site.error(request, 404, site.word(request, "no-such-thing"), thing)
    if gone := retired(site, request, thing):
        return gone
    best = media_type(request.headers.get("accept", ""), tuple(_TYPES.values()))
    if best is None:
        return site.error(request, 406, "This is given as: " + ", ".join(_TYPES.values()) + ".")
    name = next(key for key, value in _TYPES.items() if value == best)
    query = f"?{request.url.query}" if request.url.query else ""
    address = f"{site.root}/{quote(path)}{_ENDINGS[name]}{query}"
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


def download(site: Site, request: Request) -> Response:
    """The whole graph, as ``export`` writes it."""
    format = next(name for name, ending in DATA.items() if request.url.path.endswith(ending))
    pieces, headers = iter(export(site.graph, format)), {"ETag": f'"{site.digest}-{__version__}-{format}"'}
    return StreamingResponse(iter(lambda: "".join(islice(pieces, 500)), ""), 200, headers, MEDIA_TYPES[format])


def sitemap(site: Site, request: Request) -> Response:
    """The addresses of all pages, for search engines (https://www.sitemaps.org/protocol.html)."""
    graph = site.graph
    things = sorted({quad.subject.value for quad in graph.quads() if isinstance(quad.subject, NamedNode)})
    paths = [href(name) for name in things if name.startswith(BASE) and "#" not in name]
    return site.page(request, "sitemap.xml", paths=[*paths, *(f"/query/{name}.html" for name in graph.queries.names)])


def feed(site: Site, request: Request) -> Response:
    """What changed from version to version, as RSS 2.0; the versions have no dates, and so have its entries."""
    file = Path(site.graph.bundle.root, "CHANGELOG.md")
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
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


_ASKED = {"/timeline": "timeline", "/map": "parties", "/conflicts": "conflicts"}


def openapi(site: Site, request: Request) -> Response:
    """What the server answers, from the catalogue, as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0) has it."""
    language, queries = site.language(request), site.graph.queries
    reading = ("reading", "whose value of a dispute", {"enum": ["curated", "source"]})
    told = {query.name: [(one.name, words_of(one.help, language), _schema(one), one.required)
                         for one in query.parameters.values()] for query in queries}  # fmt: skip
    paths = [*_ASKED.items(), *((f"/query/{one}", one) for one in queries.names)]
    asked = [(path, words_of(queries[name].question, language), [*told[name], reading]) for path, name in paths]
    rows = [(ending, MEDIA_TYPES[name]) for name, ending in ROWS.items()]
    return site.page(request, "openapi.json", asked=asked, rows=rows, languages=LANGUAGES)


def _schema(one: Parameter) -> dict[str, Any]:
    empty = "" if one.required else "?"  # what is empty counts as not given
    if one.values:
        return {"enum": [*one.values, *([""] if empty else [])]}
    if one.type in ("entity", "class", "area", "string", "choice"):
        return {"type": "string", "minLength": int(one.required), "maxLength": 2_000}
    return {"type": "string", "pattern": f"^({PARAMETER_TYPES[one.type].pattern.replace('?i:', '')}){empty}$"}
