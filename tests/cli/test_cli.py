"""The command line: what it prints where, how it ends, and that every example in its help runs."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import csto_graph
from csto_graph import errors, graph
from csto_graph.cli import main
from csto_graph.loading.inputs import Bundle
from csto_graph.sparql.catalog import Catalog

ROOT = Path(csto_graph.__file__).resolve().parent.parent
LINES = tomllib.loads(Path(__file__).with_name("lines.toml").read_text(encoding="utf-8"))
CATALOG = Catalog(Bundle().queries)
PAGE, OWN = ((Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("page.txt", "own.ttl"))
EVIL_DATA = Path(__file__).with_name("evil.ttl")


class Said(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Ask = Callable[..., Said]


@pytest.fixture(scope="module")
def loaded() -> dict[Any, csto_graph.KnowledgeGraph]:
    """Graphs by what they were loaded with, so that each is closed once only."""
    return {}


@pytest.fixture
def ask(
    loaded: dict[Any, csto_graph.KnowledgeGraph], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ask:
    """Run a command line, or its words, in this process and without the texts of the sources."""
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
    monkeypatch.delenv("CSTO_GRAPH_SOURCES", raising=False)

    def run(*words: str) -> Said:
        capsys.readouterr()
        code = main.execute(shlex.split(words[0]) if len(words) == 1 else words)
        return Said(code, *capsys.readouterr())

    return run


def process(*arguments: str, code: str = "", **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the command line, or some code, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    start = [sys.executable, "-c", code] if code else [sys.executable, "-m", "csto_graph"]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run([*start, *arguments], env=environment, check=False, timeout=60, **options)


def rows(text: str) -> list[dict[str, str]]:
    """The rows of a CSV text."""
    return list(csv.DictReader(io.StringIO(text)))


# The examples of these need a server, or are one: tests of their own run them.
VERBS = ["", *(verb for verb in main.VERBS if verb not in ("publish", "serve")), "sources verify", "sources cite"]


@pytest.mark.parametrize("verb", [*VERBS, *(f"run {name}" for name in CATALOG.names)])
def test_two_examples_of_each_help_run(verb: str, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each does what it promises; an empty answer says what was searched."""
    monkeypatch.chdir(tmp_path)
    for name in ("page.txt", "about-csto-cooperation-with-the-un.txt"):
        Path(name).write_text(PAGE, encoding="utf-8")
    Path("own.ttl").write_text(OWN, encoding="utf-8")
    helped = ask(f"{verb} --help")
    assert (helped.code, helped.err) == (0, "")
    _, _, after = helped.out.partition("Examples:")
    lines = [line.strip() for line in after.splitlines() if line.strip().startswith("csto-graph ")]
    if verb.startswith("run "):
        assert "?" in helped.out
        query = CATALOG[verb.removeprefix("run ")]
        if not query.examples and any(parameter.required for parameter in query.parameters.values()):
            pytest.skip("no example in its header to make a command of")
    assert len(lines) == 2
    for line in lines:
        said = ask(line.replace("csto-graph", "--data own.ttl" if "sources" in verb else "", 1))
        assert said.code in ((0, 1) if verb == "validate" else (0,)), said
        assert said.out or "-o" in line or verb == "fmt" or "Searched" in said.err
        assert "error" not in said.err


def test_the_list_of_verbs_is_that_of_their_modules() -> None:
    """What is listed without importing a verb's module is what stands there."""
    context = main.cli.make_context("csto-graph", [], resilient_parsing=True)
    for name, (module, told) in main.VERBS.items():
        command = main.cli.get_command(context, name)
        assert command is not None
        assert not module or command.get_short_help_str(200).rstrip("….") == told.rstrip("….")


def test_help_loads_no_engine() -> None:
    """Help answers before any engine is imported."""
    code = "import sys; from csto_graph.cli import main; main.execute(['--help'])\n"
    code += "print([name for name in ('rdflib', 'pyoxigraph', 'pyshacl', 'owlrl', 'json') if name in sys.modules])"
    assert process(code=code).stdout.decode().splitlines()[-1] == "[]"


ENGLISH = re.compile(r"\b[A-Za-z]?[a-z]{2,} [a-z]{2,}\b(?! [^|]*\])")


def english(text: str) -> list[str]:
    """Where two English words follow each other, but for what is quoted or typed as it stands."""
    plain = re.sub(r"«[^»]*»|'[^']*'|csto-graph.*|-f \w+|(?m:^ {0,2}-.*?  )|: Resolution .*", "", text)
    return ENGLISH.findall(plain)


@pytest.mark.parametrize("verb", [*VERBS, "publish", "serve", "run instruments", "run"])
def test_help_in_russian(verb: str, ask: Ask) -> None:
    """Nothing in it is English but what is typed; the language may stand before or after the verb."""
    said = ask(f"--lang ru {verb} --help")
    assert said == ask(f"{verb} --lang=ru --help")
    assert said.out.startswith("Вызов: ")
    assert english(said.out) == []


@pytest.mark.parametrize(("line", "expected"), LINES["spoken"], ids=str)
def test_tables_in_russian(line: str, expected: str, ask: Ask) -> None:
    """Names of columns and fixed words are Russian for people, and stay for programs."""
    assert re.search(expected, ask(f"{line} --lang ru").out)


def test_the_language_is_that_of_the_terminal(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the environment chooses it; a file or pipe is English unless asked, and twice is refused."""
    for name, language in (("LC_ALL", ""), ("LC_MESSAGES", "ru_RU.UTF-8"), ("LANG", "en_GB.UTF-8")):
        monkeypatch.setenv(name, language)
    line, path = "instruments --partner UNODC -f table", tmp_path / "rows.txt"
    piped = ask(line).out
    assert english(piped)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
    assert "достоверность" in ask(line).out
    assert ask(f"{line} --lang en").out.split()[1:] != ask(line).out.split()[1:]
    assert "ошибка: " in ask("show nonesuch").err
    ask(f"{line} -o {path}")
    assert path.read_text(encoding="utf-8") == piped
    ask(f"{line} -o {path} --lang ru")
    assert "достоверность" in path.read_text(encoding="utf-8")
    assert ask("--lang ru stats --lang en").err.startswith("ошибка: --lang дано дважды")


@pytest.mark.parametrize(("line", "code", "out", "err"), LINES["answers"], ids=lambda value: str(value)[:60])
def test_answers(line: str, code: int, out: str, err: str, ask: Ask) -> None:
    """What a command answers, in which status it ends, and what it says beside."""
    said = ask(line)
    assert said.code == code, said
    assert re.search(out, said.out), said
    assert re.search(err, said.err), said


def test_rows_are_the_same_by_each_way(ask: Ask) -> None:
    """By the query's bare name, in a worker with limits, cut with a notice, and as the SPARQL that is shown."""
    whole = ask("run instruments -f csv")
    assert ask("instruments -f csv") == ask("instruments -f csv --timeout 30") == whole
    count = len(rows(whole.out))
    cut = ask("instruments -f csv --limit 2")
    assert (rows(cut.out), cut.err) == (rows(whole.out)[:2], f"2 of {count} rows.\n")
    assert ask(f"instruments -f csv --limit {count}").err == ""
    shown = ask("instruments CSTO --partner UNODC --show").out
    assert "<https://w3id.org/csto-un/id/organization/unodc>" in shown
    assert rows(ask("sparql", shown, "-f", "csv").out)[0]["date"] == "2006-04-05"


def test_data_for_programs(ask: Ask) -> None:
    """The documents in JSON hold what the texts tell."""
    (row,) = json.loads(ask("instruments CSTO --partner UNODC --sources -f json").out)["rows"]
    claims = {entry["claim"] for entry in row["sources"]["instrument"]}
    assert claims >= {"claim:f104", "claim:un-unis-unodc-protocol-protocol-unodc"}
    assert {row["name"] for row in rows(ask("queries -f csv").out)} == set(CATALOG.names)
    thing = json.loads(ask("show UNODC -f json").out)
    assert (thing["format"], thing["curie"]) == ("csto-graph/thing/1", "organization:unodc")
    cited = {claim for fact in thing["facts"] for claim in fact["claims"]}
    assert cited
    assert cited <= {claim["curie"] for claim in thing["claims"]}
    assert all(len(line) <= 100 for line in ask("show A/RES/71/12 --full").out.splitlines() if "://" not in line)


def test_what_is_inside_adds_up(ask: Ask) -> None:
    """Without a verb the whole is told, with three things to try, which run; each label has both languages."""
    told = rows(ask("stats -f csv").out)
    total = sum(int(row["count"]) for row in told if row["group"] == "graph")
    labels = {row["what"]: row["count"] for row in told if row["group"] == "labels"}
    assert labels["en"] == labels["ru"]
    said = ask("")
    assert said.out.startswith(f"{total:,} statements")
    lines = re.findall(r"^  csto-graph (.*)$", said.out, re.MULTILINE)
    assert [ask(line).code for line in lines] == [0, 0, 0]


def test_queries_check_says_what_is_wrong(ask: Ask, tmp_path: Path) -> None:
    """The findings in one's own file fail the command; it is a text from outside: what would reach out is refused."""
    folder, own = ROOT / "queries", tmp_path / "instruments.rq"
    good = (folder / "instruments.rq").read_text(encoding="utf-8")
    for wrong, told in (("$none", "$none has no value here"), ("coop:AgreedInstrumentt", "described nowhere")):
        own.write_text(good.replace("coop:AgreedInstrument", wrong), encoding="utf-8")
        said = ask(f"queries --check {own}")
        assert said.code == 1
        assert told in said.out
    good = (folder / "members.rq").read_text(encoding="utf-8")
    deep = "{" * 3000 + "}" * 3000
    for more, told in (("SERVICE <http://127.0.0.1:9/> { ?x ?y ?z }", "SERVICE"), (deep, "nested")):
        own.write_text(good.replace("WHERE {", f"WHERE {{ {more}", 1), encoding="utf-8")
        said = ask(f"queries --check {own}")
        assert (said.code, said.out) == (3, "")
        assert told in said.err
        assert str(own) in said.err


def test_sources(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources are listed with claims; passages are verified, new ones cited, and shown where the text is at hand."""
    page, start = tmp_path / "page.txt", f"--data {Path(__file__).with_name('own.ttl')}"
    page.write_text(PAGE, encoding="utf-8")
    listed = ask(f"{start} sources -f csv")
    assert int(next(row for row in rows(listed.out) if row["curie"] == "source:made-up")["claims"]) == 1
    assert re.search(r"source:made-up: 33\.72 % \(29\) in claims", listed.err)
    assert ask(f"{start} sources verify {page}").err == "1 found, 0 moved, 0 missing.\n"
    cited = ask(f"{start} sources cite {page} 'words  as they'").out
    assert f"oa:start {PAGE.index('words as')}" in cited
    assert "characters 0 to 29" in ask(f"{start} show organization:un --full").out
    monkeypatch.setenv("CSTO_GRAPH_SOURCES", str(tmp_path))
    assert "“A page that nobody published.”" in ask(f"{start} show organization:un --full").out
    page.write_text("…" + PAGE, encoding="utf-8")
    assert ask(f"{start} sources verify {page} --source source:made-up").err == "0 found, 1 moved, 0 missing.\n"
    page.write_text("Another text.", encoding="utf-8")
    assert ask(f"{start} sources verify {page} --source source:made-up").code == 1
    assert ask(f"{start} sources verify {page} --source source:un-unis-unodc-protocol").code == 2
    assert ask(f"{start} sources cite {page} text").code == 2


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
    ended = shell("sparql - <&-")
    assert ended.returncode == 3
    assert ended.stderr.startswith(b"error: /dev/stdin: cannot be read")


def shell(line: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command line with redirections."""
    line = f"{shlex.quote(sys.executable)} -m csto_graph {line}"
    return subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, check=False, timeout=60)


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


@pytest.mark.parametrize(("line", "code", "words"), LINES["mistakes"], ids=lambda value: str(value)[:60])
def test_mistakes(line: str, code: int, words: str, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear message that names what is wrong, the promised status, no traceback, no data, nothing written."""
    monkeypatch.chdir(tmp_path)
    for name, data in FILES.items():
        Path(name).write_bytes(data)
    Path("folder").mkdir()
    os.mkfifo("pipe.rq")
    said = ask(line)
    assert (said.code, said.out) == (code, ""), said
    assert said.err.startswith("error: ")
    assert words in said.err
    assert said.err.count("error: ") == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == FILES
    said = ask(f"--lang ru {line}")
    assert said.err.startswith("ошибка: ")
    assert english(said.err) == []


@pytest.mark.parametrize(
    ("raised", "code", "told"),
    [(KeyboardInterrupt(), 130, "interrupted"), (MemoryError(), 4, "memory"), (errors.MissingExtra("x", "T"), 5, "'x'"),
     (errors.Inconsistent("Contradiction.", []), 1, "Contradiction."), (TimeoutError("late"), 3, "late"),
     (RuntimeError("the wheel came off\nmore"), 70, "RuntimeError: the wheel came off\nhint: ")],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_statuses(raised: BaseException, code: int, told: str, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way to end has its status and says so; a bug has its traceback where that was asked for."""

    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(graph, "load", fail)
    said = ask("stats")
    assert (said.code, said.out) == (code, "")
    assert "error: " in said.err
    assert told in said.err
    if code == 70:
        with pytest.raises(RuntimeError):
            ask("--debug stats")


def test_output_to_a_file(ask: Ask, tmp_path: Path) -> None:
    """The ending names the format; standard output stays empty; what cannot be made leaves what was there."""
    path = tmp_path / "rows.csv"
    assert ask(f"instruments -o {path}") == (0, "", "")
    text = path.read_text(encoding="utf-8")
    assert text == ask("instruments -f csv").out
    assert ask(f"instruments --partner UNDOC -o {path}").code == 2
    assert path.read_text(encoding="utf-8") == text
    assert ask(f"export --what ontology -o {tmp_path / 'ontology.jsonld'}").code == 0
    assert json.loads((tmp_path / "ontology.jsonld").read_text(encoding="utf-8"))
    assert {path.name for path in tmp_path.iterdir()} == {"rows.csv", "ontology.jsonld"}
    # Where nothing is a terminal, a value comes out as it went in.
    said = ask(f"--data {EVIL_DATA} --only sparql 'SELECT ?o {{ ?s skos:prefLabel ?o }}' -f csv")
    assert [row["o"] for row in rows(said.out)] == [EVIL]


def test_fmt(ask: Ask, tmp_path: Path) -> None:
    """A file is put in order in place; check changes nothing; the second time there is nothing to do."""
    path = tmp_path / "own.ttl"
    path.write_text(OWN, encoding="utf-8")
    assert ask(f"fmt --check {path}")[:2] == (1, f"{path}\n")
    assert path.read_text(encoding="utf-8") == OWN
    assert ask(f"fmt {path}").code == 0
    assert path.read_text(encoding="utf-8") != OWN
    assert ask(f"fmt --check {path}") == (0, "", "1 files, 0 would change.\n")


def test_what_is_asserted_checks_clean_when_it_is_read_again(ask: Ask, tmp_path: Path) -> None:
    """Derived statements would need claims of their own: of an export of the whole that is said once."""
    start = f"--data {ROOT / 'tests/example.ttl'} --only --with-ontology"
    found = {}
    for what in ("all", "asserted"):
        path = tmp_path / f"{what}.ttl"
        assert ask(f"{start} export --what {what} -o {path}").code == 0
        said = ask(f"--data {path} --only --with-ontology validate -f json")
        found[what] = {(one["shape"], one["focus"]) for one in json.loads(said.out)["findings"]}
        assert ("export --what asserted" in said.err) == (what == "all")
        assert re.search(r"^violation: \d+, warning: \d+, info: \d+$", said.err, re.MULTILINE)
        assert said.code == (what == "all")
    before = json.loads(ask(f"{start} validate -f json").out)["findings"]
    assert found["asserted"] == {(one["shape"], one["focus"]) for one in before}
    assert len(found["all"]) > len(before)


EVIL = "red\x1b[31m\u202egnirts\x9b2J"


@pytest.mark.parametrize("line", LINES["steering"])
def test_nothing_steers_the_terminal(line: str, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels, values, arguments and suggestions reach it with control characters and marks of direction spelt out."""
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
    line = line.replace("{evil}", EVIL).replace("{near}", f"{EVIL[:-3]}xx")
    words = [word.replace("x:", "urn:x:") if word.startswith("x:") else word for word in shlex.split(line)]
    said = ask("--data", str(EVIL_DATA), "--only", *words)
    assert said.code in (0, 1, 2, 3)
    assert re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", said.out + said.err) is None
    assert re.search(r"u\+?00[19]B|u202E", said.out + said.err, re.IGNORECASE)


NEW = (
    "new resolution A/RES/81/9 --date 2026-11-18 --area peacekeeping --area counter-terrorism --mode recorded-vote "
    "--like instrument:cooperation-resolution-79 --votes 67-8-69 --publisher un "
    "--source-url https://docs.un.org/en/A/RES/81/9 "
    "--statement 'The Assembly adopted it by 67 to 8.' --statement-ru 'Ассамблея приняла её: 67 против 8.'"
)


def test_new_resolution(ask: Ask, tmp_path: Path) -> None:
    """The next resolution, as printed, stands in the answers."""
    said = ask(NEW)
    assert said.code == 0
    of_source = ("source:un-a-res-81-9", "claim:un-a-res-81-9")
    places = {"instruments": ["instrument:a-res-81-9"], "events": ["event:adoption-a-res-81-9"]}
    for file, things in {**places, "sources/un-a-res-81-9": of_source}.items():
        assert all(f"data/{file}.ttl: {thing}\n" in said.err for thing in things)
    assert "missing" not in said.err
    path = tmp_path / "next.ttl"
    path.write_text(said.out, encoding="utf-8")

    def asked(line: str) -> list[dict[str, str]]:
        return rows(ask(f"--data {path} run {line} --ids -f csv").out)

    acts = asked("resolutions --since 2026")
    assert [(row["act"], row["date"]) for row in acts] == [("instrument:a-res-81-9", "2026-11-18")]
    assert "instrument:cooperation-resolution-" in str(asked("line A/RES/81/9"))
    areas = {value for row in asked("areas A/RES/81/9") for value in row.values()}
    assert {"area:peacekeeping", "area:counter-terrorism"} <= areas
    votes = [row for row in asked("votes") if "instrument:a-res-81-9" in row.values()]
    assert {"67", "8", "69"} <= set(votes[0].values())


def test_new_prefers_a_line_to_a_later_loner(ask: Ask, tmp_path: Path) -> None:
    """A later resolution that renews nothing is not taken as the pattern of the next one in a line."""
    path = tmp_path / "loner.ttl"
    path.write_text(ask("new resolution A/RES/81/10 --like A/RES/71/291 --date 2027").out, encoding="utf-8")
    said = ask(f"--data {path} new resolution A/RES/82/9")
    assert "made like instrument:cooperation-resolution-" in said.err


@pytest.mark.parametrize(("line", "expected"), LINES["completed"], ids=str)
def test_completion(line: str, expected: str, ask: Ask) -> None:
    """Verbs, queries, options, things, formats and values are completed."""
    from click.shell_completion import ShellComplete

    *before, last = line.split()
    offers = ShellComplete(main.cli, {}, "csto-graph", "_X").get_completions(before, last)
    values = [offer.value for offer in offers]
    assert {*expected.split()} <= {*values}
    assert all(value.lower().startswith(last.lower()) for value in values if ":" not in value)


def test_bytes_do_not_depend_on_the_machine(ask: Ask) -> None:
    """Locale, hash seed and time zone change no byte; Russian text is UTF-8; nothing is coloured."""
    expected = ask("--lang ru show A/RES/71/12 --full").out.encode()
    environment = {"LC_ALL": "C", "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "NO_COLOR": "1", "PYTHONUTF8": "0"}
    ended = process("--lang", "ru", "show", "A/RES/71/12", "--full", env=environment)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, expected, b"")
    assert b"\x1b" not in ended.stdout


@pytest.mark.parametrize("line", ["--help", "queries -f csv"])
def test_full_disk_and_closed_pipe(line: str) -> None:
    """A disk without room is told and fails, also for help; a reader that went away ends the command in silence."""
    if os.path.exists("/dev/full"):
        with open("/dev/full", "wb") as full:
            ended = process(*line.split(), stdout=full)
        assert ended.returncode == 3
        assert re.fullmatch(rb"error: <stdout>: cannot be (?s:(?!Traceback|Exception ignored).)*", ended.stderr)
    read, write = os.pipe()
    os.close(read)
    try:
        ended = process(*line.split(), stdout=write)
    finally:
        os.close(write)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_closed_output_and_unreadable_arguments() -> None:
    """Without a standard output there is a message, not a crash; bytes that are no UTF-8 are shown, not fatal."""
    ended = shell("queries -f csv >&-")
    assert ended.returncode == 3
    assert ended.stderr.startswith(b"error: <stdout>")
    ended = process(os.fsdecode(b"caf\xe9"))
    assert ended.returncode == 2
    assert b"There is no verb or query" in ended.stderr


def test_completion_that_cannot_be_offered_is_silent() -> None:
    """Neither a traceback nor words appear in the middle of a line."""
    asked = {"_CSTO_GRAPH_COMPLETE": "bash_complete", "COMP_WORDS": "csto-graph --queries none inst", "COMP_CWORD": "3"}
    ended = process(env=asked)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
