"""A sourced knowledge graph of how international organizations cooperate, and the tool that asks it.

>>> import csto_graph as cg
>>> kg = cg.load()
>>> table = kg.run("instruments", partner="UNODC")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__ as __version__

if TYPE_CHECKING:
    from . import errors
    from .describe.thing import Fact as Fact
    from .describe.thing import Thing as Thing
    from .graph import KnowledgeGraph as KnowledgeGraph
    from .graph import load as load
    from .loading.view import Support as Support
    from .sparql.results import Entity as Entity
    from .sparql.results import Row as Row
    from .sparql.results import Table as Table
    from .store.engine import Answer as Answer
    from .store.engine import Limits as Limits

# Each name is fetched when it is first used, so that the command line can answer --help without an engine.
_HOME = {
    "errors": "errors",
    **dict.fromkeys(("KnowledgeGraph", "load"), "graph"),
    **dict.fromkeys(("Answer", "Limits"), "store.engine"),
    **dict.fromkeys(("Fact", "Thing"), "describe.thing"),
    "Support": "loading.view",
    **dict.fromkeys(("Entity", "Row", "Table"), "sparql.results"),
}

__all__ = ["Answer", "Entity", "Fact", "KnowledgeGraph", "Limits", "Row", "Support", "Table", "Thing", "errors", "load"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(f".{_HOME[name]}", __name__)
    return home if name == _HOME[name] else getattr(home, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
