"""A hundred questions, half of them in Russian, half about documents, are answered by a command, a few by two."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

import csto_graph as cg
from csto_graph import graph
from csto_graph.cli import main

QUESTIONS = tomllib.loads(Path(__file__).with_name("hundred.toml").read_text(encoding="utf-8"))
# Where a source was published, and values that were decided against, are no answer.
ASIDE = re.compile(r"(?m)^ +(source|источник): .*$|✗ [^;]*;|(?s:^Sources$.*)|(?s:^Источники$.*)")


@pytest.fixture(scope="module")
def loaded() -> dict[str, cg.KnowledgeGraph]:
    """The graph in both languages, loaded once."""
    return {language: cg.load(language=language) for language in ("en", "ru")}


def test_each_is_a_question_of_its_own():
    """At least 95 need one command, the rest two."""
    needed = [len(one["ask"]) for one in QUESTIONS["question"]]
    assert (len(needed), max(needed)) == (100, 2)
    assert needed.count(1) >= 95


@pytest.mark.parametrize("one", QUESTIONS["question"], ids=range(1, 101))
def test_the_answer_is_there(
    one: dict[str, list[str]], loaded: dict[str, cg.KnowledgeGraph], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """All words expected stand in the answer, and none of those that would be wrong."""
    language = str(one.get("lang", "en"))
    monkeypatch.setattr(graph, "load", lambda **_: loaded[language])
    for line in one["ask"]:
        assert main.execute(["--lang", language, *shlex.split(line)]) in (0, 1), line
    said = "".join(capsys.readouterr())
    spoken = QUESTIONS["russian"] if language == "ru" else {}
    told, judged = " ".join(said.split()), ASIDE.sub("", said)
    assert [word for word in one["words"] if spoken.get(word, word) not in told] == []
    assert [word for word in one.get("never", []) if spoken.get(word, word) in judged] == []
