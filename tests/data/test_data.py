"""The data: every fact of the pinned page, every conflict, and nothing without a source.

The facts are those of ``facts.csv``, written from the list of facts that the project started from. Where the folder
that ``CSTO_GRAPH_SOURCES`` names has it beside it (``../domain/ledger.json``), the graph is compared with that too.
"""

from __future__ import annotations

import csv
import json
import os
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

import csto_graph as cg
from csto_graph.check import sources
from csto_graph.loading import inputs, pipeline
from csto_graph.names import BASE, PREFIXES, curie, iri
from csto_graph.rdf import turtle
from csto_graph.store.engine import graph_name

ROOT = Path(__file__).parents[2]
PAGE = iri("source:about-csto-cooperation-with-the-un")
DATA = sorted((ROOT / "data").rglob("*.ttl"))
LISTED = list(csv.DictReader((ROOT / "tests/facts.csv").read_text("utf-8").splitlines()))


HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())


def node(name: str) -> NamedNode:
    return NamedNode(iri(name))


def triples(text: str) -> list[Triple]:
    return [quad.triple for quad in parse((HEAD + text).encode(), RdfFormat.TURTLE)]


@cache
def graph() -> cg.KnowledgeGraph:
    return cg.load()


@cache
def asserted() -> tuple[Triple, ...]:
    return tuple(graph().asserted)


@cache
def part(name: str) -> tuple[Triple, ...]:
    """One of the asserted graphs: ``data`` is the domain."""
    return tuple(quad.triple for quad in graph().engine().quads(graph_name(name).value))


@cache
def closed() -> frozenset[Triple]:
    """Everything, derived statements included."""
    return frozenset(quad.triple for quad in graph().quads())


@cache
def facts() -> dict[Any, dict[str, list[Any]]]:
    """Subject to property (a CURIE) to values."""
    found: dict[Any, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for triple in asserted():
        found[triple.subject][curie(triple.predicate.value)].append(triple.object)
    return found


def of_class(name: str) -> list[NamedNode]:
    return [t.subject for t in asserted() if t.predicate == node("rdf:type") and t.object == node(name)]


def is_opinion(claim: NamedNode) -> bool:
    return node("kind:opinion") in facts()[claim]["coop:kind"]


@cache
def claims() -> list[NamedNode]:
    return of_class("coop:Claim")


@cache
def by_number() -> dict[str, list[NamedNode]]:
    """Number of a fact to the claims from the pinned page that state it."""
    found: dict[str, list[NamedNode]] = defaultdict(list)
    for claim in claims():
        for number in facts()[claim]["coop:number"]:
            found[number.value].append(claim)
    return found


def valued(claim: NamedNode) -> Iterator[tuple[Any, Any, Any]]:
    """Subject, property and value that a claim states."""
    return product(*(facts()[claim][f"coop:{part}"] for part in ("about", "property", "value")))


def test_all_facts_are_there() -> None:
    """115 facts, numbered without a gap, of which 24 are opinions and four garbled; no other number in the graph."""
    assert [row["number"] for row in LISTED] == sorted(by_number()) == [f"F{at:03}" for at in range(1, 116)]
    assert [sum(row[kind] == "1" for row in LISTED) for kind in ("opinion", "garbled")] == [24, 4]


@pytest.mark.parametrize("row", LISTED, ids=lambda row: row["number"])
def test_fact(row: dict[str, str]) -> None:
    """The claim of a fact: its sentence, its passage in the page, its kind, and what it states of what."""
    found = by_number()[row["number"]]
    assert found
    stated = set()
    for claim in found:
        told = facts()[claim]
        assert [value.value for value in told["coop:sentence"]] == [row["sentence"]]
        assert {NamedNode(PAGE)} == {facts()[passage]["oa:hasSource"][0] for passage in told["coop:passage"]}
        assert is_opinion(claim) == (row["opinion"] == "1")
        stated |= set(valued(claim))
    garbled = [claim for claim in found if node("kind:garbled") in facts()[claim]["coop:kind"]]
    assert bool(garbled) == (row["garbled"] == "1")
    if row["subject"]:
        (wanted,) = triples(f"{row['subject']} {row['property']} {row['value']} .")
        assert tuple(wanted) in stated


def test_opinions_are_claimed_and_never_asserted() -> None:
    """What the author merely thinks states no value, supports nothing and is accepted nowhere."""
    opinions = {claim for claim in claims() if is_opinion(claim)}
    assert len(opinions) >= 24
    assert not [claim for claim in opinions if facts()[claim]["coop:value"] or facts()[claim]["coop:property"]]
    bearing = {node("coop:supportedBy"), node("coop:accepts")}
    assert not [t for t in closed() if t.predicate in bearing and t.object in opinions]
    assert not [t for t in part("data") if t.object in opinions]
    assert not [t for t in closed() if t.predicate == node("coop:corroboration") and t.subject in opinions]


@cache
def ledger() -> list[dict[str, str]]:
    """The list of facts that the graph was made from, where it is at hand."""
    path = Path(os.environ.get(sources.FOLDER, "")).parent / "domain/ledger.json"
    if sources.FOLDER not in os.environ or not path.is_file():
        pytest.skip(f"no domain/ledger.json beside {sources.FOLDER}: the graph was compared with tests/facts.csv only")
    found: list[dict[str, str]] = json.loads(path.read_text("utf-8"))
    return found


def test_quotations_of_the_ledger_lie_in_the_passages() -> None:
    """The words that each fact was read from lie within the passages of its claims."""
    quoted = {entry["id"]: entry["quote"] for entry in ledger()}
    text = sources.known_texts(graph()).get(PAGE)
    if text is None:
        pytest.skip("the verified text of the page is not at hand: quotations were not compared")
    for number, quote in quoted.items():
        passages = [passage for claim in by_number()[number] for passage in facts()[claim]["coop:passage"]]
        selectors = [facts()[passage]["oa:hasSelector"][0] for passage in passages]
        spans = [tuple(int(facts()[one][f"oa:{end}"][0].value) for end in ("start", "end")) for one in selectors]
        covered = {place for start, end in spans for place in range(start, end)}
        places = [match.start() for match in re.finditer(re.escape(quote), text)]
        assert any(covered.issuperset(range(at, at + len(quote))) for at in places), number


#: Conflict: kind, thing, property, the values that were stated, the accepted one first; "" where it is open.
CONFLICTS: dict[str, tuple[str, str, str, list[str]]] = tomllib.loads(
    Path(__file__).with_name("conflicts.toml").read_text("utf-8")
)


def test_all_conflicts_are_there() -> None:
    """Those listed, and no other."""
    assert sorted(curie(name.value) for name in of_class("coop:Conflict")) == [f"conflict:{name}" for name in CONFLICTS]


@pytest.mark.parametrize("name", CONFLICTS)
def test_conflict(name: str) -> None:
    """Kind, decision or open, every value stated, the accepted one first."""
    kind, thing, about, values = CONFLICTS[name]
    told = facts()[node(f"conflict:{name}")]
    assert told["coop:kind"] == [node(f"kind:{kind}")]
    joined = told["coop:joins"]
    is_open = bool(values) and values[0] == ""
    assert [value.value for value in told["coop:open"]] == (["true"] if is_open else [])
    assert len(told["coop:accepts"]) == (0 if is_open else 1)
    if thing:
        said = [(*topic, curie(value.value)) for claim in joined for *topic, value in valued(claim)]
        stated = {value for *topic, value in said if topic == [node(thing), node(about)]}
        assert stated == set(values) - {""}
        if not is_open:
            (accepted,) = told["coop:accepts"]
            assert [curie(value.value) for *_, value in valued(accepted)] == values[:1]


def test_page_as_stated_differs_in_disputed_values_only() -> None:
    """The reading of the source has exactly the values that the page gives where it was overruled or left open."""
    given = set(asserted())
    stated = set(map(pipeline.triple, pipeline.as_stated(map(pipeline.texts, given))))
    values = {
        "c01": "2016-11-18", "c02": "2006-03-05", "c03": "2016-09-19", "c04": "place:new-york",
        "c05": "organization:iom", "c06": "kind:memorandum-of-cooperation", "c07": "kind:working-visit",
        "c10": "frequency:biennial", "c11": "organization:un-secretariat",
    }  # fmt: skip
    expected = {(CONFLICTS[name][1], CONFLICTS[name][2], value) for name, value in values.items()}
    new = {tuple(curie(part.value) for part in triple) for triple in stated - given}
    # What the page alone says, and is not believed: there was an occasion.
    alone = ("event:signing-protocol-iom", "coop:occasion", "event:summit-refugees-migrants-2016")
    assert new == expected | {alone}
    gone = {tuple(curie(part.value) for part in triple)[:2] for triple in given - stated}
    assert gone == {row[:2] for row in expected}
    assert len(given - stated) == len(expected)


NAMES = {"rdf:type", "skos:prefLabel", "skos:altLabel", "skos:hiddenLabel"}


def test_every_value_has_a_claim_of_its_own() -> None:
    """For each asserted statement, names, classes and links apart, a claim, no opinion, states just this value."""
    links = {t.subject for t in asserted() if t.predicate == node("coop:isLink")}
    assert len(links) == 7
    exact = {said for claim in claims() if not is_opinion(claim) for said in valued(claim)}
    exempt = {*NAMES, "owl:deprecated", "dcterms:isReplacedBy"}
    checked = [t for t in part("data") if curie(t.predicate.value) not in exempt and t.predicate not in links]
    assert len(checked) > 1700
    assert [str(t) for t in checked if (t.subject, t.predicate, t.object) not in exact] == []


# Values that were only remembered, with no page to show them.
REMEMBERED = [
    "I-39775", "I-32307", "2235", "1894", "73/331", "75/276", "77/13", "79/18", "70/296", "2003-12-26", "2003-04-28",
    "2019-07-25", "2021-04", "Q1253", "319 (IV)", "428 (V)",
]  # fmt: skip


@pytest.mark.parametrize("value", REMEMBERED)
def test_nothing_from_memory(value: str) -> None:
    """What no page shows stands nowhere: not as a value, not in words, not in a name."""
    pattern = re.compile(rf"(?<![\w-]){re.escape(value)}(?![\w-])")
    slug = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")
    for triple in [*part("data"), *part("claims")]:
        if isinstance(triple.object, Literal) and triple.predicate != node("coop:address"):
            assert not pattern.search(triple.object.value), str(triple)
        assert not re.search(rf"a-res-{slug}(?!\d)", triple.subject.value), str(triple)


#: A question on the CSTO to a day to who is told, and how surely.
DAYS: dict[str, dict[str, dict[str, str]]] = tomllib.loads(Path(__file__).with_name("days.toml").read_text("utf-8"))


@pytest.mark.parametrize(("ask", "day"), [(ask, day) for ask, days in DAYS.items() for day in days])
def test_on_a_day(ask: str, day: str) -> None:
    """Six members, then seven with Uzbekistan, and six again from the day of the suspension, presumed where no evidence
    reaches; one chair, and a hand-over day belongs to the new one. Where no page gives that day, nobody surely chairs;
    where the hand-over was only announced, the chair is presumed until the next evidence.
    """
    name, _, status = ask.partition(" ")
    rows = graph().run(name, about="CSTO", as_of=day, **({"status": status} if status else {}))
    assert {curie(row[0].iri).removeprefix("state:"): row.certainty for row in rows} == DAYS[ask][day]


def test_related_organizations_and_observers_are_no_parts_or_members() -> None:
    """IOM is linked to the UN by a membership with that role, by no path of bodies; the CSTO in the General Assembly,
    and Uzbekistan when suspended, never come out as members.
    """
    iom = node("organization:iom")
    parts = ("org:subOrganizationOf", "org:transitiveSubOrganizationOf", "dcterms:isPartOf")
    assert facts()[iom]["rdf:type"] == [node("coop:RelatedOrganization")]
    assert not [t for t in closed() if iom in (t.subject, t.object) and t.predicate in map(node, parts)]
    protocol = (node("instrument:protocol-iom"), node("organization:un"))
    assert not [t for t in closed() if (t.subject, t.object) == protocol or t.predicate == node("org:memberOf")]
    roles = {"related-iom-un": "related-organization", "observer-csto-unga": "observer",
             "suspended-uzbekistan-csto": "suspended-member"}  # fmt: skip
    for name, role in roles.items():
        assert facts()[node(f"membership:{name}")]["org:role"] == [node(f"role:{role}")]


@pytest.mark.parametrize("path", [*DATA, ROOT / "ontology/vocabularies.ttl"], ids=lambda path: path.stem)
def test_file_is_canonical(path: Path) -> None:
    """One subject, one block, sorted: what ``fmt`` writes, so that a change shows as what it is."""
    text = path.read_bytes().decode("utf-8")
    assert turtle.format(text, path=str(path)) == text


def test_a_source_stands_first_in_its_own_file_before_its_claims() -> None:
    """Where a page is described, and what it states, is found by the name of the source alone."""
    files = sorted((ROOT / "data" / "sources").glob("*.ttl"))
    assert len(files) == len([*of_class("coop:Source"), *of_class("coop:PinnedSource")])
    for path in files:
        subjects = [curie(triple.subject.value) for triple in inputs.read_turtle(str(path))]  # type: ignore[union-attr]
        assert subjects[0] == f"source:{path.stem}"
        pinned = any(name.startswith("passage:") for name in subjects)
        assert {name for name in subjects if name.startswith("claim:")}
        own = re.compile(rf"claim:{re.escape(path.stem)}(-.+)?")
        assert pinned or all(own.fullmatch(name) for name in subjects[1:] if name != subjects[0]), path


def test_every_thing_has_a_name_and_stands_in_one_file() -> None:
    """What is described can be cited, and is described in one place."""
    assert len(DATA) >= 10
    places: dict[str, set[str]] = defaultdict(set)
    for path in [*DATA, ROOT / "ontology/vocabularies.ttl"]:
        for triple in inputs.read_turtle(str(path)):
            assert isinstance(triple.subject, NamedNode)
            places[triple.subject.value].add(path.name)
    assert {name: sorted(files) for name, files in places.items() if len(files) > 1} == {}


def test_slugs_are_plain() -> None:
    """Lower-case ASCII, each under the kind of its class."""
    plain = re.compile(rf"{re.escape(BASE)}(id/[a-z]+|vocab(/[a-z]+)?)/[a-z0-9]+(-[a-z0-9]+)*")
    subjects = {t.subject.value for t in asserted() if isinstance(t.subject, NamedNode)}
    ours = [name for name in subjects if name.startswith((f"{BASE}id/", f"{BASE}vocab/"))]
    assert [name for name in ours if not plain.fullmatch(name)] == []
