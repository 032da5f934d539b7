"""Everything shown in the README is run: commands with their output, the Python block, the shell lines."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from csto_graph.cli import main
from csto_graph.names import PREFIXES

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text(encoding="utf-8")
UPDATE = "CSTO_GRAPH_UPDATE_README"


@pytest.fixture(autouse=True)
def _without_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed is the same whether or not this machine has the texts of the sources."""
    monkeypatch.delenv("CSTO_GRAPH_SOURCES", raising=False)


def blocks(language: str, text: str = TEXT) -> list[str]:
    """The bodies of the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def output(command: str) -> str:
    """What a command of the project prints on standard output; it must succeed."""
    words = shlex.split(command, comments=True)
    assert words[0] == "csto-graph"
    said, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
        status = main.execute(words[1:])
    assert status == 0, (command, told.getvalue())
    return said.getvalue()


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each ``$`` line of a console block with the output below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def test_console_blocks_show_what_the_commands_print() -> None:
    """Every command of a console block prints exactly what the README shows below it."""
    found = [pair for block in blocks("console") for pair in commands(block)]
    assert len(found) >= 5
    if os.environ.get(UPDATE):
        text = TEXT
        for block in blocks("console"):
            new = "".join(f"$ {command}\n{output(command)}" for command, _ in commands(block))
            text = text.replace(f"```console\n{block}```", f"```console\n{new}```")
        README.write_text(text, encoding="utf-8", newline="\n")
        pytest.skip(f"{UPDATE} is set: the README was rewritten from the commands' output")
    for command, shown in found:
        assert output(command) == shown, command


def test_shell_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every `csto-graph` line of the shell blocks runs, in an empty folder with a small file of one's own."""
    monkeypatch.chdir(tmp_path)
    head = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in ("place", "coop", "skos"))
    place = 'place:nowhere a coop:Place ;\n    skos:prefLabel "Nowhere"@en, "Нигде"@ru .\n'
    Path("mine.ttl").write_text(head + place, encoding="utf-8")
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("csto-graph ")]
    assert len(lines) >= 5
    for line in lines:
        output(line)
    assert {path.name for path in tmp_path.iterdir()} >= {"graph.ttl", "data.jsonld", "then.ttl"}


def test_python_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The Python block runs as it stands and says something."""
    monkeypatch.chdir(tmp_path)
    (block,) = blocks("python")
    exec(compile(block, "README.md", "exec"), {})
    assert "2006-04-05" in capsys.readouterr().out
    assert Path("graph.jsonld").stat().st_size > 0


def test_the_two_commands_stand_first() -> None:
    """The first two shell blocks are one line each: one asks a question, the other runs pytest."""
    first, second = blocks("sh")[:2]
    assert first.count("\n") == second.count("\n") == 1
    assert "csto-graph run" in first
    assert "pytest" in second
