"""A sourced knowledge graph of how international organizations cooperate, and the tool that asks it.

>>> import csto_graph as cg
>>> kg = cg.load()
>>> table = kg.run("instruments", partner="UNODC")

A map for whoever comes to the code. Rooms stand in layers, each of which knows only itself and those before it, and no
two modules import each other: ``names``, ``errors``, ``files``; ``rdf`` (the lexer, terms, literals, dates,
serializations); ``sparql`` (texts, canned queries, typed rows), ``store`` (the engines behind one protocol: Oxigraph in
memory and on disk, a server; names of things), ``sandbox`` (processes with limits), ``reason`` (OWL 2 RL with proofs),
``loading`` (from files to a graph); ``describe``, ``check``, ``share``; ``graph``, the facade; ``web``, the server;
``cli``.

*A query*, ``csto-graph instruments --partner UNODC``: ``cli.main`` finds the verb and imports its module alone,
``cli.queries`` makes options of the parameters that ``sparql.catalog`` reads from ``queries/instruments.rq``.
``graph.KnowledgeGraph.run`` has the query bind the values as terms (``loading.view`` and ``store.engine`` resolve
names, ``sparql.text`` puts the terms into the text),
``store.oxigraph`` loads the statements whose predicates the text names and answers, ``sparql.results`` types the rows,
``rdf.formats`` writes them. A text that did not come from the project goes by
``Engine.foreign`` to ``sandbox.parent``, and runs in ``sandbox.child``.

*A validation*, ``csto-graph validate mine.ttl``: ``loading.inputs`` has the file parsed in a process with limits
(``sandbox.child``), ``loading.pipeline`` assembles what is asserted, what ``reason.closure`` and ``reason.derive``
draw from it, and how; ``check.shacl`` starts processes with limits (``sandbox.child``), ``check.shapes`` looks at the
shapes before these check by them, ``check.house`` applies meanwhile what no shape can say; the report is completed, and
each finding said with file, line and remedy.

*A why*, ``csto-graph why CTED transitiveSubOrganizationOf``: ``describe.schema`` says which property is meant,
``describe.proof`` asks the engine for each statement of it, how it was drawn (the graph of proofs, written by the
pipeline), and so on down to what was asserted; ``describe.thing`` gives the claims, passages and conflicts behind that;
``describe.render`` tells it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import errors
from ._version import __version__ as __version__

if TYPE_CHECKING:
    from .describe.thing import Fact, Thing
    from .graph import KnowledgeGraph, load
    from .loading.view import Support
    from .sparql.results import Entity, Row, Table
    from .store.engine import Answer, Limits

# Each name is sought here when it is first used, so that the command line can answer --help without an engine.
_HOMES = ("graph", "store.engine", "sparql.results", "loading.view", "describe.thing")

__all__ = ["Answer", "Entity", "Fact", "KnowledgeGraph", "Limits", "Row", "Support", "Table", "Thing", "errors", "load"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = (import_module(f".{home}", __name__) for home in _HOMES)
    return next(getattr(home, name) for home in homes if hasattr(home, name))


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
