"""Every canned query: its examples on four engines, on another organization, and with parameters in any combination.

All examples run on rdflib too, about half a minute; ``CSTO_GRAPH_QUICK=1`` leaves it at every third of them.
"""

from __future__ import annotations

import json
import os
import random
import re
import shlex
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from expected import compare
from pyoxigraph import NamedNode, RdfFormat, Store
from second import Rdflib

from csto_graph.graph import KnowledgeGraph
from csto_graph.loading.inputs import Bundle
from csto_graph.names import PREFIXES, curie, iri
from csto_graph.sparql.catalog import Catalog, Example, Parameter, Query
from csto_graph.sparql.results import Table
from csto_graph.sparql.text import QueryText, mentioned_iris, specialise
from csto_graph.store.engine import Answer
from csto_graph.store.oxigraph import Oxigraph

HERE = Path(__file__).parents[1]
CATALOG = Catalog(Bundle().queries)
EXAMPLES = [(query.name, at) for query in CATALOG for at in range(len(query.examples))]
ROWS = Path(Bundle().queries) / "expected"
QUICK = bool(os.environ.get("CSTO_GRAPH_QUICK"))
SEED = 20_161_121


IDS = [CATALOG[query].examples[at].expect.removesuffix(".csv") for query, at in EXAMPLES]


def cases(folder: Path) -> list[tuple[str, int, dict[str, Any], str]]:
    """Query, number, arguments and expected CSV of each block of the files of hand-written rows."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        blocks = path.read_text(encoding="utf-8").split("\n\n")
        for at, block in enumerate(blocks):
            head, rows = block.split("\n", 1)
            found.append((path.stem, at, json.loads(head.removeprefix("# ")), rows.rstrip("\n") + "\n"))
    return found


FICTIONAL = cases(HERE / "rows")
FICTIONAL_IDS = [f"{name}/{at}" for name, at, _, _ in FICTIONAL]


@pytest.fixture(scope="session")
def whole() -> Any:
    """Graph and reading to the engine of one graph that has loaded everything; rdflib's are made once each."""

    @cache
    def made(graph: KnowledgeGraph, reading: str) -> Rdflib:
        return Rdflib(graph.engine(reading).quads())

    return made


@pytest.fixture(scope="session")
def bare(kg: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The exported Turtle file in a fresh engine that knows nothing of the project."""
    path = tmp_path_factory.mktemp("export") / "graph.ttl"
    kg.export(path)
    store = Store()
    store.load(path=str(path), format=RdfFormat.TURTLE)
    return store


def expected(example: Example) -> str:
    """The expected rows as CSV."""
    return (ROWS / example.expect).read_text(encoding="utf-8")


def typed(query: Query, rows: Iterable[Any]) -> Table:
    """Rows as a table of the query's column types; labels do not matter here."""
    return Table(query.columns, [tuple(row) for row in rows], label=curie)


def test_nothing_is_wrong_in_the_catalogue() -> None:
    """Examples fit, conditions are marked, the engine reads every text; no expected file is missing or left over."""
    assert len(CATALOG) >= 30
    assert CATALOG.check() == []
    expected = [ROWS / example.expect for query in CATALOG for example in query.examples]
    assert sorted(expected) == sorted(path for path in ROWS.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", CATALOG.names)
def test_header_speaks_both_languages(name: str) -> None:
    """Title, question, help and what an empty answer means; names and tags are what people type."""
    query = CATALOG[name]
    texts = [query.title, query.question, *(parameter.help for parameter in query.parameters.values())]
    for words in (*texts, *filter(None, [query.negative])):
        assert all(words.get(language, "").strip() for language in ("en", "ru")), words
    assert all(len(title) <= 60 for title in query.title.values())
    assert all(question.endswith("?") for question in query.question.values())
    assert query.tags
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", word) for word in (name, *query.tags))
    assert name not in ("parameter", "prefixes")  # names of other nodes, where the catalogue is data


@pytest.mark.parametrize("name", CATALOG.names)
def test_text_reads_alike_on_every_engine(name: str) -> None:
    """What engines disagree on, or read from outside, or what would leave the order of rows or columns open."""
    query = CATALOG[name]
    text = QueryText(query.body)
    assert text.projection == [variable.value for variable in Store().query(query.body).variables]
    Store().query(text.solutions())
    assert not {"SERVICE", "FROM", "GRAPH", "BASE"} & {token.word for token in text.tokens}
    assert "\t" not in query.text
    prologue, body = text.tokens[: text.at], text.tokens[text.at :]
    assert not any(re.search(r"\\[uU]|^\\", token.text) for token in text.tokens if token.kind != "string")
    # Prefixes are those of the project, all in use; no IRI is written out.
    used = {token.text.partition(":")[0] for token in body if token.kind == "name"}
    assert text.declared == {prefix: PREFIXES[prefix] for prefix in used}
    assert len(prologue) == 3 * len(used)
    assert not [token.text for token in body if token.kind == "iri"]
    # No path goes on and on: the closure has those links. Only functions of SPARQL 1.1 are called, and casts.
    touching = [(one, after.text) for one, after in pairwise(body) if one.end == after.start]
    assert not [one for one, mark in touching if mark in "*+" and (one.kind == "name" or one.text == ")")]
    called = [one.text for one, mark in touching if mark == "(" and one.kind in ("name", "iri")]
    assert all(function.startswith("xsd:") for function in called)
    # Columns are named, counts and rows are without doubles, which conditions may bring, and the order is total.
    assert all(after.text == "DISTINCT" for one, after in zip(body, body[2:], strict=False) if one.word == "COUNT")
    assert body[1].word == "DISTINCT" or "GROUP" in {token.word for token in body}
    assert text.group is not None
    order = text.tokens[text.group[1] + 1 :]
    assert "ORDER" in [token.word for token in order]
    keys = order[[token.word for token in order].index("ORDER") :]
    for before, one in pairwise(keys):
        if one.kind == "variable" and query.columns.get(one.text[1:]) in ("date", "value"):
            assert before.text == "(", f"{one.text} mixes types and has no order: write STR()"


FILTERS = r"FILTER\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|FILTER (?:NOT )?EXISTS \{[^{}]*\}"
#: Parameters that leave nearly all in: what came after a day, what has nothing to do with somebody.
SPREAD = {"instruments": {"after"}, "without-instrument": {"about", "named_in"}}


@pytest.mark.parametrize("name", CATALOG.names)
def test_things_given_are_where_the_search_starts(name: str) -> None:
    """With one thing given, or those that must be, some pattern outside of filters names it; a class says little."""
    query = CATALOG[name]
    telling = {key for key, parameter in query.parameters.items() if parameter.type in ("entity", "area")}
    telling -= SPREAD.get(name, set())
    required = {key for key in telling if query.parameters[key].required}
    for given in [required] if required else [{key} for key in telling]:
        text = specialise(query.body, given)
        assert any(f"${key}" in re.sub(FILTERS, "", text) for key in given), given


@pytest.mark.parametrize("name", CATALOG.names)
def test_query_is_exercised(name: str) -> None:
    """Two examples at least, hand-written rows of which some are not empty, and each parameter is given somewhere."""
    query = CATALOG[name]
    assert len(query.examples) >= 2
    cases = [(args, rows) for other, _, args, rows in FICTIONAL if other == name]
    assert any(rows.count("\n") > 1 for _, rows in cases)
    given = {key for args in [*(one.args for one in query.examples), *(args for args, _ in cases)] for key in args}
    assert set(query.parameters) - given == set()


@pytest.mark.parametrize(("name", "at"), EXAMPLES, ids=IDS)
def test_example_as_users_ask_it(name: str, at: int, kg: KnowledgeGraph, bare: Store) -> None:
    """The embedded engine gives the expected rows with no more loaded than the query names, and with everything.
    Whoever takes the Turtle file away gets the same rows from it, without the project's code."""
    query, example = CATALOG[name], CATALOG[name].examples[at]
    text, loaded = query.bind(example.args, kg), kg.engine(example.reading)
    answers = [Oxigraph(loaded.nquads).query(text, predicates=mentioned_iris(text)), loaded.query(text)]
    found: list[Any] = [one.rows for one in answers]
    found += [bare.query(text)] if example.reading == "curated" else []
    for rows in found:
        assert compare(expected(example), typed(query, rows)) == []
    asked: dict[str, Any] = {"reading": example.reading, **example.args}
    assert compare(expected(example), kg.run(name, **asked)) == []


@pytest.mark.parametrize(("name", "at"), EXAMPLES, ids=IDS)
def test_example_on_rdflib(name: str, at: int, kg: KnowledgeGraph, whole: Any) -> None:
    """A second engine, written by others, gives the same typed rows in the same order."""
    if QUICK and EXAMPLES.index((name, at)) % 3:
        pytest.skip("CSTO_GRAPH_QUICK is set: every third example only")
    query, example = CATALOG[name], CATALOG[name].examples[at]
    answer: Answer = whole(kg, example.reading).query(query.bind(example.args, kg))
    assert compare(expected(example), typed(query, answer.rows)) == []


QUESTIONS = [
    tuple(part.strip() for part in line.split("|"))
    for line in Path(__file__).with_name("questions.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def test_there_are_enough_questions() -> None:
    """Forty at least, none twice, and none that an example asks already."""
    asked = {(query.name, *map(str, example.args.items())) for query in CATALOG for example in query.examples}
    commands = [command(text) for _, text, _ in QUESTIONS]
    assert len({question for question, *_ in QUESTIONS}) == len(QUESTIONS) >= 40
    assert {(name, *map(str, given.items())) for name, given in commands}.isdisjoint(asked)


def command(text: str) -> tuple[str, dict[str, str]]:
    """The query of a command line and its values."""
    name, *words = shlex.split(text)
    if words and not words[0].startswith("--"):
        words.insert(0, "--about")
    return name, {key[2:].replace("-", "_"): value for key, value in zip(words[::2], words[1::2], strict=True)}


@pytest.mark.parametrize(("question", "text", "words"), QUESTIONS, ids=[question for question, *_ in QUESTIONS])
def test_question_across_organizations(question: str, text: str, words: str, kg: KnowledgeGraph) -> None:
    """The answer says what it must, and not what it must not."""
    name, given = command(text)
    answer = kg.run(name, **given).to_csv()  # type: ignore[arg-type]
    for word in words.split("; "):
        assert (word.removeprefix("!") in answer) != word.startswith("!"), (question, word, answer)


@pytest.mark.parametrize(("name", "at", "args", "rows"), FICTIONAL, ids=FICTIONAL_IDS)
def test_rows_of_another_organization(
    name: str, at: int, args: dict[str, Any], rows: str, league: KnowledgeGraph, whole: Any
) -> None:
    """Queries know nothing of one organization: hand-written rows on invented data, on both engines."""
    query = CATALOG[name]
    assert compare(rows, league.run(name, **args)) == []
    answer: Answer = whole(league, "curated").query(query.bind(args, league))
    assert compare(rows, typed(query, answer.rows)) == []


PLAIN: dict[str, list[object]] = {
    "date": ["1992", "2004-12-02", "2006-07", "2010-03-18", "2012", "2016-11-21", "2018-11-08", "2019-01", "2024"],
    "boolean": [True, False],
    "language": ["en", "ru"],
    "string": ["", "the", "resolution", "S12", "wikidata", "coop:date", "A/", 'a "quoted" \\ word'],
    "integer": [0, 9, 71],
    "year": [2006, 2016],
}
#: With fewer instruments counted, more bodies are without one.
ENLARGING = {("without-instrument", "named_in")}

#: Columns that tell of the question, or count, and so may change where rows are fewer.
DEPENDENT = {"certainty", "claims", "instruments", "documents", "first", "latest", "disputed"}


def values(parameter: Parameter, graph: KnowledgeGraph) -> list[object]:
    """What a parameter may be given, from the graph, in a fixed order."""
    if parameter.type == "choice":
        return list(parameter.values)
    if parameter.type in PLAIN:
        return PLAIN[parameter.type]
    return things(parameter.of, graph)


@cache
def things(of: str | None, graph: KnowledgeGraph) -> list[object]:
    """The things of a class, or of the concepts of a scheme, or of any thing with a label."""
    labelled = of is None or of.startswith("vocab:")
    name, value = ("skos:prefLabel", None) if labelled else ("rdf:type", NamedNode(iri(of or "")))
    own = {None: PREFIXES["organization"].rsplit("/", 2)[0], "owl:Class": PREFIXES["coop"]}
    start = iri(of) + "/" if of and labelled else own.get(of, "")
    quads = graph.engine().loaded().quads_for_pattern(None, NamedNode(iri(name)), value, None)
    found = {quad.subject for quad in quads if isinstance(quad.subject, NamedNode)}
    return sorted((thing for thing in found if thing.value.startswith(start)), key=str)


def in_order(given: dict[str, object]) -> dict[str, object]:
    """The values without an end that lies before the beginning, which is refused."""
    if "since" in given and str(given.get("until", "9999")) <= str(given["since"]):
        return {key: value for key, value in given.items() if key != "until"}
    return given


@pytest.mark.parametrize("name", CATALOG.names)
def test_parameters_in_any_combination(name: str, kg: KnowledgeGraph) -> None:
    """Any subset of the optional parameters is answered; what narrows a question adds no row to its answer."""
    query = CATALOG[name]
    dice = random.Random(f"{SEED} {name}")
    optional = [key for key, parameter in query.parameters.items() if not parameter.required]
    narrowing = [key for key in optional if query.parameters[key].optional and (name, key) not in ENLARGING]
    for _ in range(16):
        fixed = {key: dice.choice(values(parameter, kg)) for key, parameter in query.parameters.items()
                 if key not in narrowing}  # fmt: skip
        given = {key: dice.choice(values(query.parameters[key], kg)) for key in narrowing if dice.random() < 0.4}
        given = in_order(given)
        broad, narrow = (answered(kg, query, chosen) for chosen in (fixed, fixed | given))
        assert narrow <= broad, (fixed, given)


@pytest.mark.parametrize("name", CATALOG.names)
def test_engines_agree_on_any_combination(name: str, league: KnowledgeGraph, whole: Any) -> None:
    """An unbound parameter means the same to both engines, whichever others are given."""
    query = CATALOG[name]
    dice = random.Random(f"{SEED} {name} again")
    for _ in range(3):
        given = {
            key: dice.choice(found)
            for key, parameter in query.parameters.items()
            if (parameter.required or dice.random() < 0.35) and (found := values(parameter, league))
        }
        text = query.bind(in_order(given), league)
        ours, theirs = (engine.query(text).rows for engine in (league.engine(), whole(league, "curated")))
        assert typed(query, ours) == typed(query, theirs), given


def answered(graph: KnowledgeGraph, query: Query, given: dict[str, object]) -> set[tuple[object, ...]]:
    """The rows of a query with these values, without cells that may change where rows are fewer."""
    rows = graph.engine().query(query.bind(given, graph)).rows
    assert len(rows) == len(set(rows)), "the same row twice"
    typed(query, rows[:20])
    kept = [at for at, column in enumerate(query.columns) if column not in DEPENDENT]
    return {tuple(row[at] for at in kept) for row in rows}


def test_no_certain_answer_without_the_whole_span(kg: KnowledgeGraph) -> None:
    """Of every dated answer within two dates: certain means that its span lies between them, possible that it may."""

    for first, end in (("2006-07-10", "2006-07-21"), ("2018-10-01", "2018-12-01"), ("2009-01-01", "2012-01-01")):
        table = kg.run("timeline", since=first, until=str(date.fromisoformat(end) - timedelta(days=1)))
        assert {row.certainty for row in table} >= {"possible"}
        for row in table:
            earliest, latest = (kg.value(row.event.iri, f"coop:{name}")[:10] for name in ("earliest", "latest"))
            latest = latest or "9999"
            assert earliest < end
            assert latest > first
            assert (row.certainty == "certain") == (earliest >= first and latest <= end)


def test_what_happened_did_so_by_the_last_day_of_which_a_source_tells(kg: KnowledgeGraph) -> None:
    """No event lies after what is known, and its upper bound has a rule that says so."""
    assert len(kg.run("timeline", since="2030")) == 0
    steps = kg.why("event:signing-memorandum-cis-iom", "coop:latest").steps
    assert next(iter(steps.values())).rule == "coop-told"


@pytest.mark.parametrize("name", ["office-holders", "chairs", "members"])
def test_what_has_not_ended_is_presumed_without_a_day_as_with_one(name: str, kg: KnowledgeGraph) -> None:
    """Certain without a day is what no later day makes presumed; what is planned to end shows it."""
    later = {str(row[0]) for row in kg.run(name, about="CSTO", as_of="2027") if row.certainty == "presumed"}
    found = {str(row[0]): row for row in kg.run(name, about="CSTO")}  # of several terms the last
    assert later == {who for who, row in found.items() if str(row.date).endswith("/..")}
    assert {found[who].certainty for who in later} == {"presumed"}
    assert all(row.certainty == "presumed" for row in found.values() if row.planned_end)
