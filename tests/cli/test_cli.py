"""The command line: what it prints where, how it ends, and that every example in its help runs."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import csto_graph
from csto_graph import errors, graph
from csto_graph.cli import main
from csto_graph.loading.bundle import Bundle
from csto_graph.sparql.catalog import Catalog

ROOT = Path(csto_graph.__file__).resolve().parent.parent
QUERIES = Catalog(Bundle.default().queries).names
PAGE = "A page that nobody published.\nHere are the words as they stand, and here other words.\n"
OWN = f"""
@prefix coop: <https://w3id.org/csto-un/ontology#> .
@prefix source: <https://w3id.org/csto-un/id/source/> .
@prefix publisher: <https://w3id.org/csto-un/id/publisher/> .
@prefix passage: <https://w3id.org/csto-un/id/passage/> .
@prefix claim: <https://w3id.org/csto-un/id/claim/> .
@prefix organization: <https://w3id.org/csto-un/id/organization/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
source:made-up a coop:PinnedSource ; skos:prefLabel "Made-up page"@en, "Выдуманная страница"@ru ;
    coop:digest "{hashlib.sha256(PAGE.encode()).hexdigest()}" ; coop:length {len(PAGE)} ;
    dcterms:publisher publisher:un .
passage:made-up-0-29 a coop:Passage ; oa:hasSource source:made-up ; oa:start 0 ; oa:end 29 ;
    coop:digest "{hashlib.sha256(PAGE[:29].encode()).hexdigest()}" .
claim:made-up a coop:Claim ; coop:passage passage:made-up-0-29 ; coop:about organization:un ;
    coop:statement "It speaks of the UN."@en, "Речь об ООН."@ru .
"""


class Said(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Ask = Callable[..., Said]


@pytest.fixture(autouse=True)
def _without_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed is the same whether or not this machine has the texts of the sources."""
    monkeypatch.delenv("CSTO_GRAPH_SOURCES", raising=False)


@pytest.fixture(scope="module")
def loaded() -> dict[Any, csto_graph.KnowledgeGraph]:
    """Graphs by what they were loaded with, so that each is closed once only."""
    return {}


@pytest.fixture
def ask(
    loaded: dict[Any, csto_graph.KnowledgeGraph], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ask:
    """Run the command line in this process."""
    real = graph.load

    def load(data: Sequence[str] = (), **options: Any) -> csto_graph.KnowledgeGraph:
        language = options.pop("language", "en")
        options.pop("progress")  # a new one each time
        if not all(Path(path).is_file() for path in data):
            return real(data, language=language, **options)
        key = (*(Path(path).read_bytes() for path in data), *options.items())
        if key not in loaded:
            loaded[key] = real(data, **options)
        known = loaded[key]
        known.language = language
        return known

    monkeypatch.setattr(graph, "load", load)

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        code = main.execute(list(arguments))
        return Said(code, *capsys.readouterr())

    return run


def process(*arguments: str, code: str = "", **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the command line, or some code, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    start = [sys.executable, "-c", code] if code else [sys.executable, "-m", "csto_graph"]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run([*start, *arguments], env=environment, check=False, timeout=60, **options)


# --- help -----------------------------------------------------------------------------------------------------------

VERBS = [
    (), ("run",), *((verb,) for verb in main.VERBS if verb not in ("run", "publish", "serve")), ("sources", "verify"),
    ("sources", "cite"),
]  # fmt: skip
# The examples of `publish` need a server: test_publishing runs them.


def examples(text: str) -> list[list[str]]:
    """The command lines under 'Examples:' in a help text."""
    _, _, after = text.partition("Examples:")
    return [shlex.split(line)[1:] for line in after.splitlines() if line.strip().startswith("csto-graph ")]


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_examples_of_verbs_run(
    verb: tuple[str, ...], ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every help ends in two examples, and each of them does what it promises."""
    monkeypatch.chdir(tmp_path)
    for name in ("page.txt", "about-csto-cooperation-with-the-un.txt"):
        Path(name).write_text(PAGE, encoding="utf-8")
    Path("own.ttl").write_text(OWN, encoding="utf-8")
    help_text = ask(*verb, "--help")
    assert (help_text.code, help_text.err) == (0, "")
    lines = examples(help_text.out)
    assert len(lines) == 2
    for line in lines:
        before = ["--data", "own.ttl"] if line[0] == "sources" else []
        said = ask(*before, *line)
        assert said.code in ((0, 1) if line[0] == "validate" else (0,)), said
        assert said.out or "-o" in line or line[0] == "fmt"
        assert "error" not in said.err


@pytest.mark.parametrize("name", QUERIES)
def test_examples_of_queries_run(name: str, ask: Ask) -> None:
    """The help of a query gives its question and two examples; they run, and an empty answer says what was searched."""
    said = ask("run", name, "--help")
    lines = examples(said.out)
    assert said.code == 0
    assert "?" in said.out
    query = Catalog(Bundle.default().queries)[name]
    if not query.examples and any(parameter.required for parameter in query.parameters.values()):
        pytest.skip("no example in its header to make a command of")
    assert len(lines) == 2
    for line in lines:
        answer = ask(*line)
        assert answer.code == 0, answer
        assert answer.out or "Searched" in answer.err


def test_help_follows_the_language(ask: Ask) -> None:
    """Question and parameters of a query are told in Russian where that was asked for."""
    assert "Какие акты" in ask("--lang", "ru", "run", "instruments", "--help").out


def test_the_list_of_verbs_is_that_of_their_modules() -> None:
    """What is listed without importing a verb's module is what stands there."""
    context = main.cli.make_context("csto-graph", [], resilient_parsing=True)
    for name, (_, told) in main.VERBS.items():
        if name in QUERIES:
            continue
        command = main.cli.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str(200).rstrip("….") == told.rstrip("….")


def test_help_loads_no_engine() -> None:
    """Help answers before any engine is imported."""
    code = "import sys; from csto_graph.cli import main; main.execute(['--help'])\n"
    code += "print([name for name in ('rdflib', 'pyoxigraph', 'pyshacl', 'owlrl', 'json') if name in sys.modules])"
    ended = process(code=code)
    assert ended.stdout.decode().splitlines()[-1] == "[]"


# --- canned queries -------------------------------------------------------------------------------------------------


def rows(text: str) -> list[dict[str, str]]:
    """The rows of a CSV text."""
    return list(csv.DictReader(io.StringIO(text)))


def test_run_answers(ask: Ask) -> None:
    """A parameter is an option; the answer is a table on standard output, and nothing is said beside it."""
    said = ask("run", "instruments", "--partner", "UNODC", "-f", "csv")
    assert (said.code, said.err) == (0, "")
    assert [(row["date"], row["place"]) for row in rows(said.out)] == [("2006-04-05", "Vienna")]


def test_bare_query_name_runs_it(ask: Ask) -> None:
    """A query's name alone is a verb."""
    assert ask("instruments", "-f", "csv") == ask("run", "instruments", "-f", "csv")


def test_reading_of_the_source(ask: Ask) -> None:
    """In the source's reading the disputed date is the source's."""
    said = ask("instruments", "--partner", "UNODC", "--reading", "source", "-f", "csv")
    assert rows(said.out)[0]["date"] == "2006-03-05"


def test_labels_follow_the_language(ask: Ask) -> None:
    """Labels are Russian where that was asked for."""
    assert rows(ask("--lang", "ru", "instruments", "--partner", "UNODC", "-f", "csv").out)[0]["place"] == "Вена"


def test_ids_instead_of_labels(ask: Ask) -> None:
    """Identifiers stand in the place of labels and can be asked for again."""
    said = ask("instruments", "--partner", "UNODC", "--ids", "-f", "csv")
    assert rows(said.out)[0]["instrument"] == "instrument:protocol-unodc"


def test_sources_of_cells(ask: Ask) -> None:
    """A column names the claims behind each thing: by number and sentence, or by page."""
    said = ask("instruments", "--partner", "UNODC", "--sources", "-f", "json")
    (row,) = json.loads(said.out)["rows"]
    claims = {entry["claim"] for entry in row["sources"]["instrument"]}
    assert claims >= {"claim:f104", "claim:un-unis-unodc-protocol-protocol-unodc"}
    text = ask("instruments", "--partner", "UNODC", "--sources", "-f", "csv")
    assert re.search(r"claim:f104 \(S\d\d\), .*source:un-unis-unodc-protocol", rows(text.out)[0]["sources"])


def test_limit_cuts_with_a_notice(ask: Ask) -> None:
    """Fewer rows than there are is said."""
    whole = rows(ask("instruments", "-f", "csv").out)
    said = ask("instruments", "-f", "csv", "--limit", "2")
    assert rows(said.out) == whole[:2]
    assert said.err == f"2 of {len(whole)} rows.\n"
    assert ask("instruments", "-f", "csv", "--limit", str(len(whole))).err == ""


def test_timeout_runs_in_a_worker(ask: Ask) -> None:
    """With a time limit the answer is the same."""
    assert ask("instruments", "-f", "csv", "--timeout", "30") == ask("instruments", "-f", "csv")


def test_empty_answer(ask: Ask) -> None:
    """Nothing found says what that means and what was searched, in the language asked for; it fails only on demand."""
    said = ask("instruments", "--since", "2090")
    assert (said.code, said.out) == (0, "")
    assert re.search(r"^No such instrument .* Searched: \d+ sources, the latest of \d{4}-\d\d-\d\d\.$", said.err)
    assert "Источников просмотрено" in ask("--lang", "ru", "instruments", "--since", "2090").err
    assert ask("instruments", "--since", "2090", "--fail-empty").code == 1
    assert rows(ask("instruments", "--since", "2090", "-f", "csv").out) == []


def test_show_gives_the_bound_text(ask: Ask) -> None:
    """The SPARQL text is printed with its values in place, and runs as it stands."""
    shown = ask("instruments", "--partner", "UNODC", "--show")
    assert "<https://w3id.org/csto-un/id/organization/unodc>" in shown.out
    again = ask("sparql", shown.out, "-f", "csv")
    assert rows(again.out)[0]["date"] == "2006-04-05"


def test_language_of_texts_follows(ask: Ask) -> None:
    """A query with a language gives its texts in that of the session, unless told otherwise."""
    russian = rows(ask("--lang", "ru", "run", "conflicts", "-f", "csv").out)[0]["rationale"]
    english = rows(ask("--lang", "ru", "run", "conflicts", "--language", "en", "-f", "csv").out)[0]["rationale"]
    assert re.search("[а-я]", russian)
    assert not re.search("[а-я]", english)


def test_queries_lists_and_explains(ask: Ask) -> None:
    """The list holds every query; one of them is told with parameters, columns, examples and text."""
    listed = ask("queries")
    assert all(re.search(rf"^  {name} ", listed.out, re.MULTILINE) for name in QUERIES)
    assert {row["name"] for row in rows(ask("queries", "-f", "csv").out)} == set(QUERIES)
    assert all("time" in row["tags"] for row in rows(ask("queries", "--tag", "time", "-f", "csv").out))
    document = json.loads(ask("queries", "instruments", "-f", "json").out)
    assert document["format"] == "csto-graph/query/1"
    assert "partner" in {parameter["name"] for parameter in document["parameters"]}
    assert "--partner entity" in ask("queries", "instruments").out


def test_queries_check_says_what_is_wrong(ask: Ask, tmp_path: Path) -> None:
    """The findings are printed and fail the command, for one's own file too; the bundled ones pass."""
    assert ask("queries", "--check").code == 0
    assert ask("queries", "--check", "instruments").code == 0
    good = (Path(__file__).parents[2] / "queries" / "instruments.rq").read_text(encoding="utf-8")
    own = tmp_path / "instruments.rq"
    for wrong, told in (("$none", "$none has no value here"), ("coop:AgreedInstrumentt", "described nowhere")):
        own.write_text(good.replace("coop:AgreedInstrument", wrong), encoding="utf-8")
        said = ask("queries", "--check", str(own))
        assert said.code == 1
        assert told in said.out


def test_a_query_file_to_check_is_a_text_from_outside(ask: Ask, tmp_path: Path) -> None:
    """What would reach out or overwhelm the parser is refused before anything reads it, with its line."""
    good = (Path(__file__).parents[2] / "queries" / "members.rq").read_text(encoding="utf-8")
    own = tmp_path / "mine.rq"
    deep = "{" * 3000 + "}" * 3000
    for more, told in (("SERVICE <http://127.0.0.1:9/> { ?x ?y ?z }", "SERVICE"), (deep, "nested")):
        own.write_text(good.replace("WHERE {", f"WHERE {{ {more}", 1), encoding="utf-8")
        said = ask("queries", "--check", str(own))
        assert (said.code, said.out) == (3, "")
        assert told in said.err
        assert str(own) in said.err


# --- friendly answers -----------------------------------------------------------------------------------------------


def test_timeline_in_words(ask: Ask) -> None:
    """One line per event, with date, place and dispute; the table formats give the query's rows."""
    said = ask("timeline", "--since", "2006-04", "--until", "2006-04")
    lines = [line for line in said.out.splitlines() if line.startswith("2006-04-05")]
    assert len(lines) == 1
    assert re.search(r"Vienna\s*\(disputed\)", said.out)
    assert rows(ask("timeline", "-f", "csv").out) == rows(ask("run", "timeline", "-f", "csv").out)


def test_conflicts_in_words(ask: Ask) -> None:
    """Both sides, the decision and the reason stand together; what agrees with the accepted claim is marked so."""
    said = ask("conflicts", "--about", "event:signing-protocol-unodc")
    assert said.code == 0
    assert re.search(r"– .*5 March 2006", said.out)
    assert re.search(r"✓ (?:.|\n)*5 April 2006", said.out)
    assert (said.out.count("✓"), said.out.count("–")) >= (2, 1)
    assert "why: " in said.out
    assert "F107" in said.out


def test_show_in_words(ask: Ask) -> None:
    """Names, facts with claims, what points here with its date, sources, how to cite; nothing wider than asked."""
    said = ask("show", "A/RES/71/12")
    assert said.code == 0
    for words in ("Resolution 71/12", "instrument:a-res-71-12", "2016-11-21", "F089 S28", "characters 6853 to 6885"):
        assert words in said.out
    assert re.search(r"symbol +A/RES/71/12 \[\d+\]", said.out)
    assert all(len(line) <= 100 for line in said.out.splitlines() if "://" not in line)
    assert "Сведения" in ask("--lang", "ru", "show", "A/RES/71/12").out


def test_show_tells_the_conflict(ask: Ask) -> None:
    """A disputed thing is shown with the dispute."""
    assert re.search(r"Where sources disagree\n(.|\n)*conflict:c02", ask("show", "event:signing-protocol-unodc").out)


def test_show_of_a_claim_and_a_source(ask: Ask) -> None:
    """A claim is shown with its passage, a source with what it states, a conflict with both sides."""
    assert "F045 S17; characters 3766 to 3797" in ask("show", "claim:f045").out
    assert "[1] " in ask("show", "source:un-unis-unodc-protocol").out
    assert "F089 S28" in ask("show", "conflict:c01").out


def test_show_as_data(ask: Ask) -> None:
    """The JSON holds what the text tells; Turtle and JSON-LD hold the statements."""
    document = json.loads(ask("show", "UNODC", "-f", "json").out)
    assert (document["format"], document["curie"]) == ("csto-graph/thing/1", "organization:unodc")
    cited = {claim for fact in document["facts"] for claim in fact["claims"]}
    assert cited
    assert cited <= {claim["curie"] for claim in document["claims"]}
    assert "organization:unodc a " in ask("show", "UNODC", "-f", "turtle").out
    assert json.loads(ask("show", "UNODC", "-f", "jsonld").out)


THINGS = (
    "claim:f045", "source:un-unis-unodc-protocol", "conflict:c01", "area:peacekeeping", "coop:Resolution",
    "passage:6853-6885", "membership:chair-kazakhstan-2017", "post:csto-secretary-general",
)  # fmt: skip


@pytest.mark.parametrize("name", THINGS)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_everything_can_be_shown(ask: Ask, name: str, language: str) -> None:
    """Things of every sort can be told in both languages."""
    said = ask("--lang", language, "show", name)
    assert (said.code, said.err) == (0, "")
    assert name in said.out


def test_words_of_a_passage_where_the_text_is_known(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a verified text at hand the words are shown, without it the position."""
    own = tmp_path / "own.ttl"
    own.write_text(OWN, encoding="utf-8")
    (tmp_path / "page.txt").write_text(PAGE, encoding="utf-8")
    monkeypatch.delenv("CSTO_GRAPH_SOURCES", raising=False)
    assert "characters 0 to 29" in ask("--data", str(own), "show", "organization:un").out
    monkeypatch.setenv("CSTO_GRAPH_SOURCES", str(tmp_path))
    assert "“A page that nobody published.”" in ask("--data", str(own), "show", "organization:un").out


def test_find(ask: Ask) -> None:
    """Hits come with class and the name that matched; none is an honest no with suggestions."""
    said = ask("find", "UNCCD", "CTC", "-f", "csv")
    assert rows(said.out)[0]["curie"] == "organization:cted"
    nothing = ask("find", "Bordyuza")
    assert (nothing.code, nothing.out) == (1, "")
    assert "Bordyuzha" in nothing.err
    narrowed = rows(ask("find", "UNODC", "--of", "coop:Protocol", "-f", "csv").out)
    assert [row["curie"] for row in narrowed] == ["instrument:protocol-unodc"]


def test_welcome(ask: Ask) -> None:
    """Without a verb it says what is inside and three things to try, which run."""
    said = ask()
    assert said.code == 0
    lines = re.findall(r"^  csto-graph (.*)$", said.out, re.MULTILINE)
    assert len(lines) == 3
    assert all(ask(*shlex.split(line)).code == 0 for line in lines)
    assert ask("--version").out == f"csto-graph {csto_graph.__version__}\n"


def test_stats_add_up(ask: Ask) -> None:
    """The statements of the graphs are all statements; there are as many labels in Russian as in English."""
    told = rows(ask("stats", "-f", "csv").out)
    total = sum(int(row["count"]) for row in told if row["group"] == "graph")
    assert ask().out.startswith(f"{total:,} statements")
    labels = {row["what"]: row["count"] for row in told if row["group"] == "labels"}
    assert labels["en"] == labels["ru"]


def test_sources(ask: Ask, tmp_path: Path) -> None:
    """Sources are listed with claims; passages are verified, and new ones cited."""
    own, page = tmp_path / "own.ttl", tmp_path / "page.txt"
    own.write_text(OWN, encoding="utf-8")
    page.write_text(PAGE, encoding="utf-8")
    listed = ask("--data", str(own), "sources", "-f", "csv")
    assert int(next(row for row in rows(listed.out) if row["curie"] == "source:made-up")["claims"]) == 1
    assert re.search(r"source:made-up: 33\.72 % \(29\) in claims", listed.err)
    assert ask("--data", str(own), "sources", "verify", str(page)).err == "1 found, 0 moved, 0 missing.\n"
    page.write_text("…" + PAGE, encoding="utf-8")
    named = ("--data", str(own), "sources", "verify", str(page), "--source", "source:made-up")
    assert ask(*named).err == "0 found, 1 moved, 0 missing.\n"
    page.write_text("Another text.", encoding="utf-8")
    assert ask(*named).code == 1
    assert ask(*named[:-1], "source:un-unis-unodc-protocol").code == 2
    assert ask("--data", str(own), "sources", "cite", str(page), "text").code == 2
    page.write_text(PAGE, encoding="utf-8")
    start = PAGE.index("words as")
    assert f"oa:start {start}" in ask("--data", str(own), "sources", "cite", str(page), "words  as they").out


# --- SPARQL ---------------------------------------------------------------------------------------------------------


def test_sparql_from_everywhere(ask: Ask, tmp_path: Path) -> None:
    """An argument, a file and standard input give the same rows; a closed standard input is told."""
    text = "SELECT ?x WHERE { ?x a coop:Memorandum } ORDER BY ?x"
    file = tmp_path / "memoranda.rq"
    file.write_text(text, encoding="utf-8")
    said = ask("sparql", text, "--ids", "-f", "csv")
    assert "instrument:memorandum-cted" in said.out
    assert said == ask("sparql", str(file), "--ids", "-f", "csv")
    with file.open("rb") as opened:
        for given in ({"input": text.encode()}, {"stdin": opened}):
            assert process("sparql", "-", "--ids", "-f", "csv", **given).stdout.decode() == said.out
    closed = f"{shlex.quote(sys.executable)} -m csto_graph sparql - <&-"
    ended = subprocess.run(["sh", "-c", closed], cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert ended.returncode == 3
    assert ended.stderr.startswith(b"error: /dev/stdin: cannot be read")
    assert ask("sparql", text, "--limit", "1").err == "Cut at 1; there is more.\n"


def test_sparql_forms(ask: Ask) -> None:
    """ASK gives a truth value, CONSTRUCT and DESCRIBE a graph; a format of the other kind is refused."""
    assert ask("sparql", "ASK { ?x a coop:Memorandum }").out == "true\n"
    assert "organization:unodc a " in ask("sparql", "DESCRIBE organization:unodc").out
    triples = ask("sparql", "CONSTRUCT { ?x a ?c } WHERE { ?x a ?c . ?x a coop:Protocol }", "-f", "nt").out
    assert triples.count(" .\n") >= 4
    refused = ask("sparql", "ASK { ?x a coop:Memorandum }", "-f", "turtle")
    assert refused.code == 2
    assert "table" in refused.err


def test_sparql_stops(ask: Ask) -> None:
    """What takes too long ends with the limit's own status."""
    said = ask("sparql", "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", "--timeout", "0.7")
    assert (said.code, said.out) == (4, "")


# --- mistakes -------------------------------------------------------------------------------------------------------

FILES = {
    "broken.ttl": b"<http://a/> a .\n",
    "broken.trig": b"{ <http://a/> a }\n <",
    "broken.jsonld": b'{"@id": ',
    "remote.jsonld": b'{"@context": "https://example.org/c", "@id": "http://a/", "name": "x"}',
    "latin.ttl": '<http://a/> <http://b/> "é" .'.encode("latin-1"),
    "binary.ttl": bytes(range(256)),
    "entities.rdf": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hosts">]>'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
    "unknown.xyz": b"x",
    "broken.rq": b"SELECT * WHERE {",
    "latin.rq": "ASK { ?é ?b ?c }".encode("latin-1"),
    "long.rq": b"#" * (2 * 1024 * 1024),
}
MISTAKES: list[tuple[str, int, str]] = [
    ("nope", 2, "There is no verb or query 'nope'"),
    ("instrumens", 2, "Did you mean instruments"),
    ("run instrumens", 2, "Did you mean instruments"),
    ("run ../../etc/passwd", 2, "There is no query"),
    ("run instruments --partnr UNODC", 2, "--partner"),
    ("run instruments --partner UNDOC", 2, "Did you mean UNODC"),
    ("run instruments --since 2010-13-45", 2, "'since': '2010-13-45' is not a date"),
    ("run instruments --partner UNODC --partner CTED", 2, "--partner is given twice"),
    ("run instruments -f csv --format json", 2, "--format is given twice"),
    ("--lang en --lang ru stats", 2, "--lang is given twice"),
    ("--lang fr stats", 2, "fr"),
    ("run instruments -f exel", 2, "There is no format 'exel'"),
    ("run instruments -f turtle", 2, "There is no format 'turtle'"),
    ("run instruments -o out.xyz", 2, "out.xyz"),
    ("run instruments --limit -1", 2, "--limit"),
    ("run instruments --timeout 0", 2, "--timeout"),
    ("run instruments --reading both", 2, "--reading"),
    ("show UNDOC", 2, "Did you mean UNODC"),
    ("show organization:nowhere", 2, "There is no thing"),
    ("find", 2, "WORDS"),
    ("find UNODC --of coop:Nothing", 2, "coop:Nothing"),
    ("queries nope", 2, "There is no query 'nope'"),
    ("queries --tag nope", 2, "There is no tag 'nope'"),
    ("export --what everything", 2, "everything"),
    ("export --as-of 2013-02-30", 2, "2013-02-30"),
    ("export --possible", 2, "--as-of"),
    ("new sonnet X", 2, "There is no kind 'sonnet'"),
    ("new resolution A/RES/71/12", 2, "there already"),
    ("new resolution A/RES/81/9 --date 2026-02-30", 2, "2026-02-30"),
    ("new resolution A/RES/81/9 --votes 1-2", 2, "67-8-69"),
    ("new resolution A/RES/81/9 --source-url nowhere", 2, "nowhere"),
    ("new resolution A/RES/81/9 --area nowhere", 2, "nowhere"),
    ("sparql 'SELECT * WHERE {'", 3, ""),
    ("sparql 'INSERT DATA { <http://a/> a <http://b/> }'", 3, ""),
    ("sparql 'SELECT * { SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } }'", 3, "SERVICE"),
    ("sparql missing.rq", 3, "missing.rq: cannot be read"),
    ("sparql broken.rq", 3, ""),
    ("sparql latin.rq", 3, "latin.rq:1: is not UTF-8"),
    ("queries --check pipe.rq", 3, "pipe.rq: is no regular file"),
    ("sparql long.rq", 4, "long.rq"),
    ("sparql folder", 3, "folder: cannot be read"),
    ("sparql pipe.rq", 3, "pipe.rq: is no regular file"),
    ("--data missing.ttl stats", 3, "missing.ttl"),
    ("--data broken.ttl stats", 3, "broken.ttl:1"),
    ("--data broken.trig stats", 3, "broken.trig"),
    ("--data broken.jsonld stats", 3, "broken.jsonld"),
    ("--data remote.jsonld stats", 3, "remote.jsonld"),
    ("--data latin.ttl stats", 3, "latin.ttl"),
    ("--data binary.ttl stats", 3, "binary.ttl"),
    ("--data entities.rdf stats", 3, "entities.rdf"),
    ("--data folder stats", 3, "folder"),
    ("--data unknown.xyz stats", 3, "unknown.xyz"),
    ("validate missing.ttl", 3, "missing.ttl"),
    ("validate -f exel", 2, "exel"),
    ("fmt missing.ttl", 3, "missing.ttl"),
    ("fmt broken.ttl", 3, "broken.ttl:1"),
    ("fmt latin.ttl", 3, "latin.ttl:1"),
    ("sources verify missing.txt", 3, "missing.txt"),
    ("sources verify latin.rq", 3, "latin.rq"),
    ("instruments -o missing/out.csv", 3, "missing/out.csv"),
    ("instruments -o folder -f csv", 3, "folder"),
]


@pytest.mark.parametrize(("line", "code", "words"), MISTAKES, ids=[line for line, _, _ in MISTAKES])
def test_mistakes(line: str, code: int, words: str, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear message that names what is wrong, the promised status, no traceback, no data, nothing written."""
    monkeypatch.chdir(tmp_path)
    for name, data in FILES.items():
        Path(name).write_bytes(data)
    Path("folder").mkdir()
    os.mkfifo("pipe.rq")
    said = ask(*shlex.split(line))
    assert (said.code, said.out) == (code, ""), said
    assert said.err.startswith("error: ")
    assert words in said.err
    assert "Traceback" not in said.err
    assert said.err.count("error: ") == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == FILES


def test_mistakes_of_ours_are_told_shortly(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug ends with status 70 and one line, and with the traceback where that was asked for."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the wheel came off\nmore")

    monkeypatch.setattr(graph, "load", fail)
    said = ask("stats")
    assert (said.code, said.out) == (70, "")
    assert "RuntimeError: the wheel came off\nhint: " in said.err
    with pytest.raises(RuntimeError):
        ask("--debug", "stats")


@pytest.mark.parametrize(
    ("raised", "code"),
    [(KeyboardInterrupt(), 130), (MemoryError(), 4), (errors.MissingExtra("x", "That"), 5),
     (errors.Inconsistent("Contradiction.", []), 1), (TimeoutError("late"), 3)],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_statuses(raised: BaseException, code: int, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way to end has its status and says so."""

    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(graph, "load", fail)
    said = ask("stats")
    assert said.code == code
    assert "error: " in said.err


# --- files ----------------------------------------------------------------------------------------------------------


def test_output_to_a_file(ask: Ask, tmp_path: Path) -> None:
    """The ending names the format; standard output stays empty."""
    path = tmp_path / "rows.csv"
    assert ask("instruments", "-o", str(path)) == (0, "", "")
    assert path.read_text(encoding="utf-8") == ask("instruments", "-f", "csv").out
    graph_file = tmp_path / "ontology.jsonld"
    assert ask("export", "--what", "ontology", "-o", str(graph_file)).code == 0
    assert json.loads(graph_file.read_text(encoding="utf-8"))


def test_a_failure_leaves_the_old_file(ask: Ask, tmp_path: Path) -> None:
    """What cannot be made does not take away what was there."""
    path = tmp_path / "rows.csv"
    path.write_text("old", encoding="utf-8")
    assert ask("instruments", "--partner", "UNDOC", "-o", str(path)).code == 2
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_fmt(ask: Ask, tmp_path: Path) -> None:
    """A file is put in order in place; check and diff change nothing; the second time there is nothing to do."""
    path = tmp_path / "own.ttl"
    path.write_text(OWN, encoding="utf-8")
    check = ask("fmt", "--check", str(path))
    assert (check.code, check.out) == (1, f"{path}\n")
    diff = ask("fmt", "--diff", str(path))
    assert diff.code == 0
    assert diff.out.startswith(f"--- {path}\n")
    assert path.read_text(encoding="utf-8") == OWN
    assert ask("fmt", str(path)).code == 0
    assert path.read_text(encoding="utf-8") != OWN
    assert ask("fmt", "--check", str(path)) == (0, "", "1 files, 0 would change.\n")


def test_validate(ask: Ask, tmp_path: Path) -> None:
    """A file that breaks a rule is reported with its place; the level decides about the status."""
    path = tmp_path / "wrong.ttl"
    path.write_text(OWN + "claim:lonely a coop:Claim .\n", encoding="utf-8")
    said = ask("validate", str(path), "-f", "json")
    document = json.loads(said.out)
    assert said.code == 1
    assert any(f["file"] == str(path) and f["focus"].endswith("claim/lonely") for f in document["findings"])
    assert re.fullmatch(r"violation: \d+, warning: \d+, info: \d+\n", said.err)


# --- terminals ------------------------------------------------------------------------------------------------------

EVIL = "red\x1b[31m\u202egnirts\x9b2J"
EVIL_DATA = """
@prefix x: <urn:x:> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
x:thing a x:Kind ; skos:prefLabel "red\\u001B[31m\\u202Egnirts\\u009B2J"@en ; x:note "a\\u001Bb" .
x:Kind a <http://www.w3.org/2002/07/owl#Class> .
"""


@pytest.mark.parametrize(
    "line",
    ["find red", "find red -f csv", "show x:thing", "show x:thing -f json", "why x:thing", "show x:thing -f turtle",
     "sparql 'SELECT ?o { ?s <urn:x:note> ?o }' -f tsv", "sparql 'CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }' -f ntriples",
     "export -f jsonld", f"show '{EVIL}'", f"'{EVIL}'", f"run '{EVIL}'", f"find {EVIL[:-3]}xx", f"stats -f '{EVIL}'",
     f"--lang '{EVIL}' stats", f"stats '--{EVIL}'", f"--data '{EVIL}' stats", f"stats -o '/nowhere/{EVIL}'",
     f"sparql 'SELECT {EVIL}'", "find red -f markdown", "find red -f json"],
)  # fmt: skip
def test_nothing_steers_the_terminal(line: str, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels, values, arguments and suggestions reach it with control characters and marks of direction spelt out."""
    data = tmp_path / "evil.ttl"
    data.write_text(EVIL_DATA, encoding="utf-8")
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
    words = [word.replace("x:", "urn:x:") if word.startswith("x:") else word for word in shlex.split(line)]
    said = ask("--data", str(data), "--only", *words)
    assert said.code in (0, 1, 2, 3)
    assert re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", said.out + said.err) is None
    assert re.search(r"u\+?00[19]B|u202E", said.out + said.err, re.IGNORECASE)


def test_data_for_a_program_stay_as_they_are(ask: Ask, tmp_path: Path) -> None:
    """Where standard output is no terminal, a value comes out as it went in."""
    data = tmp_path / "evil.ttl"
    data.write_text(EVIL_DATA, encoding="utf-8")
    text = "SELECT ?o { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?o }"
    said = ask("--data", str(data), "--only", "sparql", text, "-f", "csv")
    assert [row["o"] for row in rows(said.out)] == [EVIL]


# --- the next one ---------------------------------------------------------------------------------------------------

NEW = (
    "new resolution A/RES/81/9 --date 2026-11-18 --area peacekeeping --area counter-terrorism --mode recorded-vote "
    "--votes 67-8-69 --source-url https://docs.un.org/en/A/RES/81/9 --publisher un "
    "--statement 'The Assembly adopted it by 67 to 8.' --statement-ru 'Ассамблея приняла её: 67 против 8.'"
)


def test_new_resolution(ask: Ask, tmp_path: Path) -> None:
    """The blocks of the next resolution are at most 25 lines, and with them it stands in the answers and is valid."""
    said = ask(*shlex.split(NEW))
    assert said.code == 0
    lines = [line for line in said.out.splitlines() if line and not line.startswith("@prefix")]
    assert len(lines) <= 25
    assert re.search(r"data/instruments\.ttl: instrument:a-res-81-9\n", said.err)
    assert re.search(r"data/events\.ttl: event:adoption-a-res-81-9\n", said.err)
    assert "data/sources/un-a-res-81-9.ttl: source:un-a-res-81-9\n" in said.err
    assert "data/sources/un-a-res-81-9.ttl: claim:un-a-res-81-9\n" in said.err
    assert "missing" not in said.err
    path = tmp_path / "next.ttl"
    path.write_text(said.out, encoding="utf-8")
    assert ask("fmt", "--check", str(path)).code == 0

    def asked(*line: str) -> list[dict[str, str]]:
        return rows(ask("--data", str(path), "run", *line, "--ids", "-f", "csv").out)

    acts = asked("resolutions", "--since", "2026")
    assert [(row["act"], row["date"]) for row in acts] == [("instrument:a-res-81-9", "2026-11-18")]
    assert "instrument:cooperation-resolution-79" in str(asked("line", "--instrument", "A/RES/81/9"))
    assert {"area:peacekeeping", "area:counter-terrorism"} <= {
        value for row in asked("areas", "--document", "A/RES/81/9") for value in row.values()
    }
    votes = [row for row in asked("votes") if "instrument:a-res-81-9" in row.values()]
    assert {"67", "8", "69"} <= set(votes[0].values())
    report = json.loads(ask("validate", str(path), "-f", "json").out)
    assert [f for f in report["findings"] if f["file"] == str(path) and f["severity"] == "violation"] == []


def test_new_says_what_is_missing(ask: Ask) -> None:
    """What was not given is named, with the option that gives it."""
    said = ask("new", "resolution", "A/RES/81/9")
    for option in ("--date", "--area", "--mode", "--source-url", "--publisher", "--statement", "--statement-ru"):
        assert f"({option})" in said.err
    assert "coop:updates instrument:cooperation-resolution-79" in said.out
    missing = ask("new", "decision", "A/RES/81/9").err.splitlines()
    assert missing.count("missing: a label in 'en' (--label)") == 1
    assert len(missing) == len(set(missing))


def test_new_memorandum(ask: Ask) -> None:
    """A memorandum with another side is labelled after its precedent, with that side's name in both languages."""
    said = ask("new", "memorandum", "UNDP", "--date", "2027-03", "--place", "Moscow", "--area", "disasters")
    assert said.code == 0
    assert "instrument:memorandum-undp a coop:Memorandum" in said.out
    assert "coop:party organization:csto-secretariat, organization:undp" in said.out
    assert re.search(r'and UNDP"@en', said.out)
    assert "ПРООН" in said.out
    assert "coop:Signing" in said.out


def test_new_follows_a_named_pattern(ask: Ask) -> None:
    """Another thing can be taken as the pattern."""
    said = ask("new", "resolution", "A/RES/81/10", "--like", "A/RES/71/291")
    assert "kind:founding-resolution" in said.out
    assert "coop:updates" not in said.out


def test_new_prefers_a_line_to_a_later_loner(ask: Ask, tmp_path: Path) -> None:
    """A later resolution that renews nothing is not taken as the pattern of the next one in a line."""
    path = tmp_path / "loner.ttl"
    loner = ask("new", "resolution", "A/RES/81/10", "--like", "A/RES/71/291", "--date", "2027")
    path.write_text(loner.out, encoding="utf-8")
    said = ask("--data", str(path), "new", "resolution", "A/RES/82/9")
    assert "coop:updates instrument:cooperation-resolution-79" in said.out


# --- completion -----------------------------------------------------------------------------------------------------


def completed(*words: str) -> list[str]:
    """What the shell would offer after these words, the last being incomplete."""
    from click.shell_completion import ShellComplete

    offers = ShellComplete(main.cli, {}, "csto-graph", "_X").get_completions(list(words[:-1]), words[-1])
    return [offer.value for offer in offers]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("va",), {"validate"}),
        (("instrum",), {"instruments", "instruments-per-year"}),
        (("run", "instruments-"), {"instruments-per-year"}),
        (("queries", "instruments-"), {"instruments-per-year"}),
        (("run", "instruments", "--par"), {"--party", "--partner"}),
        (("timeline", "--ab"), {"--about"}),
        (("instruments", "--partner", "UNOD"), {"UNODC"}),
        (("show", "organization:unod"), {"organization:unodc"}),
        (("instruments", "-f", "cs"), {"csv"}),
        (("instruments", "--reading", "s"), {"source"}),
        (("conflicts", "--undecided", "t"), {"true"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_completion(words: tuple[str, ...], expected: set[str], ask: Ask) -> None:
    """Verbs, queries, options, things, formats and values are completed."""
    assert expected <= set(completed(*words))
    assert all(offer.lower().startswith(words[-1].lower()) for offer in completed(*words) if ":" not in offer)


# --- the process ----------------------------------------------------------------------------------------------------


def test_bytes_do_not_depend_on_the_machine(ask: Ask) -> None:
    """Locale, hash seed and time zone change no byte; Russian text is UTF-8; nothing is coloured."""
    expected = ask("--lang", "ru", "show", "A/RES/71/12").out.encode()
    environment = {"LC_ALL": "C", "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "NO_COLOR": "1", "PYTHONUTF8": "0"}
    ended = process("--lang", "ru", "show", "A/RES/71/12", env=environment)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, expected, b"")
    assert b"\x1b" not in ended.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("line", ["--help", "queries -f csv"])
def test_full_disk(line: str) -> None:
    """A disk without room is told and fails, also for help."""
    with open("/dev/full", "wb") as full:
        ended = process(*line.split(), stdout=full)
    assert ended.returncode == 3
    assert ended.stderr.startswith(b"error: <stdout>: cannot be ")
    assert b"Traceback" not in ended.stderr
    assert b"Exception ignored" not in ended.stderr


@pytest.mark.parametrize("line", ["--help", "queries -f json"])
def test_closed_pipe(line: str) -> None:
    """A reader that went away ends the command in silence."""
    read, write = os.pipe()
    os.close(read)
    try:
        ended = process(*line.split(), stdout=write)
    finally:
        os.close(write)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_closed_output() -> None:
    """Without a standard output there is a message, not a crash."""
    command = f"{shlex.quote(sys.executable)} -m csto_graph queries -f csv >&-"
    ended = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert ended.returncode == 3
    assert ended.stderr.startswith(b"error: <stdout>")


def test_interruption() -> None:
    """An interrupt ends a running command with 130 and without a traceback."""
    start = [sys.executable, "-m", "csto_graph", "sparql", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(start, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe) as running:
        assert running.stdin is not None
        # More than a pipe holds: when all is written, the command has begun to read, and waits for the end.
        running.stdin.write(b"#" * 200_000)
        running.stdin.flush()
        running.send_signal(signal.SIGINT)
        running.wait(60)
        out, err = running.communicate()
    assert (running.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    assert b"interrupted" in err


def test_unreadable_argument_bytes() -> None:
    """Bytes that are no UTF-8 on the command line are shown, not fatal."""
    start: list[Any] = [sys.executable, "-m", "csto_graph", b"caf\xe9"]
    ended = subprocess.run(start, cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert b"There is no verb or query" in ended.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("resolution", "hello world"), "a symbol such as"),
        (("resolution", "A/RES/90/1", "--date", "2015-01-01"), "later than that of"),
        (("resolution", "A/RES/90/1", "--votes", "5-1-0", "--mode", "without-a-vote"), "is not for an act adopted"),
    ],
)
def test_new_refuses_what_contradicts_the_line(ask: Ask, words: tuple[str, ...], told: str) -> None:
    """No block is made of a name, a date or votes that cannot be."""
    said = ask("new", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
