"""A sourced knowledge graph of how international organizations cooperate, and the tool that asks it.

>>> import csto_graph as cg
>>> kg = cg.load()
>>> table = kg.run("instruments", partner="UNODC")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors as errors
    from .entity import Fact as Fact
    from .entity import Support as Support
    from .entity import Thing as Thing
    from .graph import KnowledgeGraph as KnowledgeGraph
    from .graph import load as load
    from .results import Entity as Entity
    from .results import Row as Row
    from .results import Table as Table
    from .store import Answer as Answer
    from .store import Limits as Limits

__version__ = "0.1.0"

# Each name is fetched when it is first used, so that the command line can answer --help without an engine.
_HOME = {
    "Answer": "store", "Entity": "results", "Fact": "entity", "KnowledgeGraph": "graph", "Limits": "store",
    "Row": "results", "Support": "entity", "Table": "results", "Thing": "entity", "errors": "", "load": "graph",
}  # fmt: skip

__all__ = ["Answer", "Entity", "Fact", "KnowledgeGraph", "Limits", "Row", "Support", "Table", "Thing", "errors", "load"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(f".{_HOME[name] or name}", __name__)
    return getattr(home, name) if _HOME[name] else home


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
