"""Every example in a docstring of the package runs and gives what it shows."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import csto_graph

PACKAGE = Path(csto_graph.__file__).parent
MODULES = sorted(
    ".".join(("csto_graph", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if path.name != "__main__.py" and "_bundle" not in path.parts
)


WITH_EXAMPLES = [name for name in MODULES if ">>>" in Path(import_module(name).__file__ or "").read_text("utf-8")]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_give_what_they_show(name: str):
    outcome = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert outcome.attempted
    assert outcome.failed == 0
