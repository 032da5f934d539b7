"""Queries of the user stay outside: whatever is cut out of their text runs in a worker with limits, too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Canary

import csto_graph as cg
from csto_graph import errors
from csto_graph.cli import main
from csto_graph.store import oxigraph

LEAGUE = Path(__file__).parents[1] / "example.ttl"
CALL = "SELECT ?n WHERE { SERVICE <ADDRESS> { ?s ?p ?o } }"
SIGNS = f"SELECT ?n WHERE {{ FILTER({'!' * 100_000}true) }}"
COUNTED = "SELECT (COUNT(?s) AS ?n) WHERE { ?s a coop:AgreedInstrument }"
HOSTILE = {
    "a call in a string": COUNTED.replace("{", f"{{ BIND('{CALL}' AS ?t)"),
    "a call in a projected string": f"SELECT (STRLEN('{CALL} ') AS ?n) WHERE {{ ?s a coop:AgreedInstrument }}",
    "a call in a long string": COUNTED.replace("{", f'{{ BIND("""}}\n{CALL}""" AS ?t)'),
    "a call in a comment": f"# {CALL}\n{COUNTED} # WHERE {{ }} {CALL}",
    "a call in an IRI": COUNTED.replace("{", "{ BIND(<x:SELECT/WHERE#SERVICE> AS ?t)"),
    "a call after the group": f"{COUNTED} HAVING(COUNT(?s) > 0 || '{CALL}' = '')",
    "a nest of signs in a string": COUNTED.replace("{", f"{{ BIND('{SIGNS[:30_000]}' AS ?t)"),
    "a brace in a string": COUNTED.replace("{", "{ BIND('} SELECT WHERE {' AS ?t)"),
    "small letters": COUNTED.replace("SELECT", "select").replace("WHERE", "where"),
    "no WHERE": COUNTED.replace("WHERE", ""),
    "graphs of its own": COUNTED.replace("WHERE", "FROM graph:data FROM graph:derived WHERE"),
    "a group within the projection": "SELECT (COUNT(?s) + IF(EXISTS { ?a a coop:Act }, 1, 0) * 0 AS ?n) "
    "WHERE { ?s a coop:AgreedInstrument }",
}
ENDLESS = """SELECT (1 AS ?n) WHERE {
  { ?s a coop:AgreedInstrument } UNION {
    ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l
    FILTER(STRLEN(CONCAT(STR(?a), STR(?d), STR(?g), STR(?j))) < 0) } } LIMIT 1"""


def put(folder: Path, name: str, body: str) -> None:
    """Write a query with one column of numbers."""
    head = '# title = { en = "Mine" }\n# question = { en = "How many?" }\n# columns = { n = "integer" }\n'
    (folder / f"{name}.rq").write_text(f"# /// query\n{head}# ///\n{body}\n", encoding="utf-8")


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no text of theirs into the engine of this process: all of them hold this word."""
    ask = oxigraph.Oxigraph.query

    def query(self: Any, text: str, **options: Any) -> Any:
        assert "AgreedInstrument" not in text or options.get("limits") is not None
        assert "?j ?k ?l" not in text
        return ask(self, text, **options)

    monkeypatch.setattr(oxigraph.Oxigraph, "query", query)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("case", HOSTILE)
def test_why_cuts_by_tokens_and_asks_the_worker(case: str, tmp_path: Path, canary: Canary):
    """A count leads to what was counted, whatever stands in strings, comments and IRIs; nobody is called."""
    put(tmp_path, "mine", HOSTILE[case].replace("ADDRESS", canary.url))
    kg = cg.load([LEAGUE], only=True, ontology=True, queries=tmp_path)
    found = kg.run("mine").why(0, "n")
    assert any("/id/instrument/" in name for name in found.about)


@pytest.mark.usefixtures("alone")
def test_why_holds_the_limits(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A row that comes at once, of a search that never ends and finds no more: its time holds for why, too."""
    put(tmp_path, "endless", ENDLESS)
    kg = cg.load([LEAGUE], only=True, ontology=True, queries=tmp_path)
    table = kg.run("endless", timeout=2)
    with pytest.raises(errors.LimitReached, match="2 s"):
        table.why(0, "n")
    line = ["--data", str(LEAGUE), "--only", "--with-ontology", "--queries", str(tmp_path)]
    line += ["endless", "--why", "n", "--timeout", "2"]
    capsys.readouterr()
    assert main.execute(line) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert "not done within 2 s" in said.err


def test_a_call_that_is_one_is_refused_before_anything(tmp_path: Path, canary: Canary):
    """Also where only the cut text would hold it, and in what a mark leaves out."""
    kg = cg.load([LEAGUE], only=True, ontology=True, queries=tmp_path)
    put(tmp_path, "mine", f"SELECT (1 AS ?n) WHERE {{\n SERVICE <{canary.url}> {{ ?s ?p ?o }}  # if $never\n}}")
    with pytest.raises(errors.InputError, match=r"mine\.rq:7:.*SERVICE is refused"):
        kg.run("mine")


#: Where the engine itself is called: behind `Engine.query` and `Engine.foreign`, and in the worker.
ENGINES = {"store/oxigraph.py", "sandbox/child.py"}
#: Modules that ask nothing but texts which stand in them as constants.
OWN = {"describe/schema.py", "loading/view.py"}


def test_one_function_leads_foreign_texts_to_an_engine():
    """Nobody but `KnowledgeGraph._answer` asks an engine what a file may hold, and that looks where it came from;
    the check of queries asks a worker."""
    package = Path(cg.__file__).parent
    found = set()
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).as_posix() not in ENGINES | OWN:
            calls = queries_in(ast.parse(path.read_text(encoding="utf-8")))
            found |= {f"{path.stem}:{function}:{call}" for function, call in calls}
    asking = {"graph:_answer:query", "graph:_answer:foreign", "graph:sparql:foreign"}
    assert found == asking | {"catalog:check:query"}
    # What `describe.schema.own_query` is given are constants, too.
    asking = {path.parent.name for path in package.rglob("*.py") if "own_query" in path.read_text("utf-8")}
    assert asking == {"describe"}


def queries_in(tree: ast.AST, function: str = "") -> Iterator[tuple[str, str]]:
    """Calls of ``engine.query``, ``store.query`` and ``engine.foreign`` in a module, each with its function."""
    for node in ast.iter_child_nodes(tree):
        inner = node.name if isinstance(node, ast.FunctionDef) else function
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            whose = ast.unparse(node.func.value)
            if node.func.attr in ("query", "foreign") and ("engine" in whose or "tore" in whose):
                yield inner, node.func.attr
        yield from queries_in(node, inner)
