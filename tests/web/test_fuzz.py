"""Whatever is asked by the published description of the server is answered: never with a mistake of its own."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from asking import Get, asking
from hypothesis import given, settings
from hypothesis import strategies as st

import csto_graph

CAMPAIGN = int(os.environ.get("CSTO_GRAPH_CAMPAIGN", "0"))
WORDS = """UN CSTO 2016 2016-13 true coop:Resolution A/RES/71/12 urn:x <a> .. en ru -1 date %00 javascript:1"""
TEXTS = st.one_of(
    st.sampled_from(["", "\x00", "9" * 30, "event:signing-protocol-unodc", *WORDS.split()]), st.text(max_size=30)
)
ACCEPTED = st.one_of(
    st.sampled_from(["*/*", "text/html", "text/turtle;q=0.3, application/ld+json", "a/b", "text/*;q=x", ",,;;", "/"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
)
WHOLE = [
    "ASK {}", "SELECT * { ?s a coop:State } LIMIT 3", "DESCRIBE <urn:x>", "SELECT", "ASK { FILTER(", "", "DROP ALL",
    "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT 2", "SELECT * { SERVICE <http://a/> {} }", "SELECT (1/0 AS ?x) {}",
    "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", "\\u0041SK {}",
]  # fmt: skip
TOKENS = """SELECT * { } ?s a coop:State FILTER ( ) ASK ' \" < > # \\ UNION OPTIONAL 1 . ; @en ^^ LIMIT"""
QUERIES = st.one_of(
    st.sampled_from(WHOLE), st.lists(st.sampled_from([*TOKENS.split(), "\n"]), max_size=20).map(" ".join)
)


@pytest.fixture(scope="module")
def get(kg: csto_graph.KnowledgeGraph) -> Get:
    return asking(kg)


@pytest.fixture(scope="module")
def operations(get: Get) -> list[tuple[str, dict[str, Any]]]:
    """Path and operation; every path is known to the router."""
    document = json.loads(get("/openapi.json").text)
    found = [(path, one["get"]) for path, one in document["paths"].items()]
    assert len(found) > 150
    return found


@settings(max_examples=CAMPAIGN or 100)
@given(data=st.data())
def test_requests_as_described(get: Get, operations: list[tuple[str, dict[str, Any]]], data: st.DataObject) -> None:
    path, operation = data.draw(st.sampled_from(operations))
    values = {}
    for one in operation["parameters"]:
        texts = st.sampled_from(one["schema"]["enum"]) if "enum" in one["schema"] else TEXTS
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", data.draw(st.sampled_from(["state", "x", "russia", "%2e%2e"])))
        elif one.get("required") or data.draw(st.booleans()):
            values[one["name"]] = data.draw(QUERIES if one["name"] == "query" else texts)
    answer = get(path, params=values, headers={"accept": data.draw(ACCEPTED)})
    assert str(answer.status_code) in {*operation["responses"], "403", "414"}
    assert "Traceback" not in answer.text
    if answer.status_code == 200 and "application/json" in operation["responses"].get("200", {}).get("content", {}):
        json.loads(answer.text)


@settings(max_examples=CAMPAIGN or 400)
@given(query=QUERIES, accept=ACCEPTED, format=st.one_of(st.none(), TEXTS), form=st.booleans())
def test_queries_of_any_kind(get: Get, query: str, accept: str, format: str | None, form: bool) -> None:
    asked = {"query": query, **({} if format is None else {"format": format})}
    method, place = ("POST", "data") if form else ("GET", "params")
    answer = get("/sparql", method, headers={"accept": accept}, **{place: asked})
    assert answer.status_code in (200, 400, 403, 404, 406, 503)
    assert "Traceback" not in answer.text
