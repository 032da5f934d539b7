"""Errors as they go from one process to another."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from csto_graph import errors
from csto_graph.names import translated

EVERY = (
    errors.GraphError("No.", hint="Do."),
    errors.UsageError("No."),
    errors.UnknownName("query", "x", suggestions=["y", "z"], hint="Look."),
    errors.BadParameter("since", 3, "a date", suggestions=["2010"], hint="Look."),
    errors.InputError("No.", path="a.ttl", line=3, column=4, hint="Do."),
    errors.QueryError("No.", path="<query>", line=1),
    errors.OutputError("No.", path="a"),
    errors.ServerError("No.", address="http://e/", status=500),
    errors.LimitReached("No.", limit="2 s", hint="Wait."),
    errors.MissingExtra("pandas", "A table"),
    errors.Inconsistent("No.", [{"rule": "cax-dw"}]),
    errors.InvalidGraph("No.", {"conforms": False}),
    errors.BadParameter("since", lambda: 3, "a date"),
)


def test_every_error_is_tried() -> None:
    """A new class is to be added here."""
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.GraphError)}
    assert kinds == {type(error) for error in EVERY}


@pytest.mark.parametrize("error", EVERY, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling_and_copying(error: errors.GraphError) -> None:
    """With its class, words, hint and all that it holds, whatever its class asks for when it is made."""
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is type(error)
        assert str(other) == str(error)
        assert (other.args, other.__dict__, other.exit_code) == (error.args, error.__dict__, error.exit_code)


def fail(number: int) -> None:
    """Raise one of them, in another process."""
    raise EVERY[number]


def test_a_pool_of_processes_hands_errors_on() -> None:
    """It would wait for ever for one that cannot be made again."""
    number = EVERY.index(next(error for error in EVERY if isinstance(error, errors.LimitReached)))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = pool.submit(fail, number).exception(60)
    assert (type(found), str(found)) == (errors.LimitReached, str(EVERY[number]))


def test_several_errors_are_told_as_one() -> None:
    """Those of several files stay with the first; an error alone is its only one."""
    whole = errors.InputError("a\nb")
    assert whole.errors == (whole,)
    whole.several = EVERY[4:6]
    assert [str(error) for error in pickle.loads(pickle.dumps(whole)).errors] == [str(EVERY[4]), str(EVERY[5])]


@pytest.mark.parametrize("error", EVERY[4:6] + EVERY[8:9], ids=lambda error: type(error).__name__)
def test_an_error_goes_as_json(error: errors.GraphError) -> None:
    """What a worker tells is made into the same error; of what it may not tell nothing is believed."""
    found = errors.from_document(errors.document(error))
    assert (type(found), str(found), found.__dict__.items() >= {}.items()) == (type(error), str(error), True)
    told = {**errors.document(error), "message": "\x1b[2J", "line": "3", "path": ["\x9b"], "args": 1, "exit_code": 0}
    hostile = errors.from_document(told)
    assert hostile.message == "\\u001B[2J"
    assert hostile.exit_code == error.exit_code
    assert "\x9b" not in str(hostile.__dict__)
    for wrong in ("KeyboardInterrupt", "SystemExit", "", None):
        with pytest.raises(KeyError):
            errors.from_document({**told, "error": wrong})


def sentences() -> Iterator[tuple[str, str]]:
    """What commands say in whole sentences of some words, with ``7`` for what is put in, and where."""
    for path in Path(errors.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8")) if path.parent.name != "web" else ast.Module()
        texts = [(node, node.values) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
        parts = {id(part) for _, values in texts for part in values}
        parts |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        texts += [(node, [node]) for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        for node, values in texts:
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in values)
            if id(node) not in parts and re.fullmatch(r"['7]*[A-Za-z](\S+ ){3,}\S*[a-z7')\"][.?!]", text):
                yield text, f"{path.name}:{node.lineno}"


def test_what_is_said_is_said_in_russian() -> None:
    """Each message and each hint, whoever may meet it first."""
    found = [(text, place) for text, place in sentences() if not re.search("[а-я]", translated(text, "ru"))]
    assert {place.partition(":")[0] for _, place in found} <= {"closure.py", "graph.py", "turtle.py"}, found  # in parts
