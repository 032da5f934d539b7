"""What the server answers, as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0), from the catalogue."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .. import __version__
from ..names import to_json, words_of
from ..sparql.catalog import PARAMETER_TYPES, Parameter, Query
from .site import LANGUAGES, MEDIA_TYPES, ROWS, Site

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


def document(site: Site, request: Request) -> Response:
    """The document; each canned query has its parameters, with help and types."""
    language, queries = site.language(request), site.graph.queries
    paths: dict[str, Any] = {
        "/health": {"get": _operation("Whether the server answers", [], ["text/plain"])},
        "/sparql": {
            "get": _operation("SPARQL 1.1 Protocol", [_text(*pair) for pair in _SPARQL.items()],
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


def _texts(given: dict[str, str]) -> list[dict[str, Any]]:
    return [_text(name, help) for name, help in given.items()]


def _text(name: str, help: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": help, "schema": {"type": "string", "maxLength": 10_000}}


def _path(name: str) -> dict[str, Any]:
    return {**_text(name, ""), "in": "path", "required": True}
