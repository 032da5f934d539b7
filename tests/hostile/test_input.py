"""Files that are wrong, hostile or in the way: one clear error with the place, nothing written, nobody called."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import corpus
import pytest
from conftest import Canary
from corpus import ENDINGS

import csto_graph as cg
from csto_graph import errors
from csto_graph.cli import main


def file(folder: Path, data: bytes | str, name: str = "mine.ttl") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def refused(path: Path | str) -> errors.GraphError:
    """The error of loading a file, after a look that it is ours, has the name and a status."""
    with pytest.raises(errors.GraphError) as caught:
        cg.load(path, only=True, ontology=True)
    error = caught.value
    assert isinstance(error, (errors.InputError, errors.LimitReached))
    assert error.exit_code in (3, 4)
    assert "Traceback" not in str(error)
    assert str(error).isprintable() or "\n" in str(error)
    if isinstance(error, errors.InputError):
        assert error.path == str(path)
    return error


@pytest.mark.parametrize("name", [name for name in corpus.FILES_THAT_FAIL if name != "relative IRI"])
def test_hostile_files_end_in_our_error(name: str, tmp_path: Path, canary: Canary):
    """Entities, remote contexts, smuggled terms, wrong encodings: our error, and nobody on the net is asked."""
    format, content = corpus.FILES_THAT_FAIL[name]
    path = file(tmp_path, corpus.filled(content, canary.url), f"mine{ENDINGS[format]}")
    assert len(refused(path).message) < 500


def test_a_hundred_megabytes_on_one_line(tmp_path: Path):
    """One endless line is an error in bounded time and memory."""
    path = file(tmp_path, b"<urn:a> <urn:b> '" + b"x" * 100_000_000)
    assert len(str(refused(path))) < 2_000


FORKER = """
import os, sys
import csto_graph as cg
league = cg.load(sys.argv[1], only=True, ontology=True)
league.engine().loaded()
while True:
    child = os.fork()
    if not child:
        for number in range(1000):
            league.export(sys.argv[2], what=("data", "ontology")[number % 2])
        os._exit(0)
    print(child, flush=True)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    print("killed", flush=True)
    if not sys.stdin.readline():
        break
"""


def test_killed_while_writing_the_file_is_old_or_new(tmp_path: Path, league: cg.KnowledgeGraph):
    """At fifty moments a writer is killed; what stands in the file is one export or the other, whole."""
    texts = []
    for what in ("data", "ontology"):
        league.export(tmp_path / f"{what}.nq", what=what)
        texts.append((tmp_path / f"{what}.nq").read_bytes())
    target = file(tmp_path, texts[1], "target.nq")
    chance = random.Random(5)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    script = [sys.executable, "-c", FORKER, str(Path(__file__).parents[1] / "example.ttl"), str(target)]
    seen = set()
    # One process makes the writers: starting an interpreter fifty times would be most of the work.
    with subprocess.Popen(script, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as forker:
        assert forker.stdin is not None
        assert forker.stdout is not None
        for number in range(500):
            if number >= 50 and len(seen) == 2:
                break
            child = int(forker.stdout.readline())
            threading.Event().wait(chance.uniform(0, 0.2))
            os.kill(child, signal.SIGKILL)
            assert forker.stdout.readline() == "killed\n"
            found = target.read_bytes()
            assert found in texts, f"a torn file of {len(found)} bytes"
            seen.add(texts.index(found))
            forker.stdin.write("\n")
            forker.stdin.flush()
        forker.stdin.close()
    assert seen == {0, 1}


MISPLACED = """
PREFIX coop: <https://w3id.org/csto-un/ontology#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX x: <urn:x:>
x:o a coop:InternationalOrganization, "type" ; skos:prefLabel <urn:no-text> ; coop:supportedBy "claim" ; coop:date x:d .
x:e a coop:Signing ; coop:date "2020-13-45", [] ; coop:signatory "somebody" ; coop:place "Town" .
x:c a coop:Claim ; coop:about "nothing", x:o ; coop:property "date" ; coop:value <urn:v>, [] ; coop:source "s", [] ;
  coop:statement <urn:no-text>, "S 5"@en ; coop:passage "p", [] ; coop:heldOn [] ; coop:sentence [] .
x:s a coop:PinnedSource ; coop:address 5 ; coop:length "long" ; coop:digest 5 .
x:p a coop:Passage ; <http://www.w3.org/ns/oa#hasSource> x:s ; <http://www.w3.org/ns/oa#start> 0 .
x:u coop:concerns x:o . x:f a <http://www.w3.org/2002/07/owl#FunctionalProperty> .
x:l a coop:Claim ; coop:about "nothing" ; coop:property x:f ; coop:value "l" .
x:k a coop:Conflict ; coop:between "c", x:c ; coop:decision "open" ; coop:kind 5 .
"""


@pytest.mark.parametrize("words", [
    "validate", "sources", "stats", "conflicts", "conflicts --candidates", "timeline", "show urn:x:o -f json --full",
    *(f"{verb} urn:x:{name}" for verb in ("show", "why") for name in "ocesk"), "export --as-of 2020",
])  # fmt: skip
def test_texts_in_the_place_of_things(words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """And the other way round: all of it can be shown, and is found by who validates it; none is a mistake of ours."""
    given = ["--data", str(file(tmp_path, MISPLACED)), "--only", "--with-ontology", "--reasoner", "none"]
    assert main.execute([*given, *words.split()]) == (words == "validate")
    assert "mistake" not in capsys.readouterr().err
