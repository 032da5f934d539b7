"""One engine, one file, the same questions: run by `peers` in an environment that has the engine.

    python -P asking.py ENGINE FILE QUESTIONS RUNS

``QUESTIONS`` is a JSON file of SPARQL texts by name. Prints JSON: seconds to ``load`` the file, the median seconds of
each question, and its rows as sorted N-Triples terms, for comparison.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

_Rows: TypeAlias = list[list[str]]
_Ask: TypeAlias = Callable[[str], Iterable[Iterable[Any]]]

_STRING = "^^<http://www.w3.org/2001/XMLSchema#string>"


def _term(term: Any) -> str:
    """A term of either library as N-Triples has it; '' where nothing is bound."""
    if term is None:
        return ""
    return (str(term.n3()) if hasattr(term, "n3") else str(term)).removesuffix(_STRING)


def _ours(path: str) -> _Ask:
    """The package itself, with its own reading of the asserted data and its own closure."""
    import csto_graph

    engine = csto_graph.load([path], only=True, ontology=True).engine()
    return lambda text: engine.query(text).rows


def _rdflib(path: str, *, store: str = "default", prepare: Callable[[str], Any] = str) -> _Ask:
    """rdflib; ``prepare`` makes of each text, before the clock starts, what is asked."""
    import rdflib

    rdflib.NORMALIZE_LITERALS = False
    graph = rdflib.Graph(store=store)
    graph.parse(path, format="nt")
    known: dict[str, Any] = {}

    def ask(text: str) -> Any:
        if text not in known:
            known[text] = prepare(text)
        return graph.query(known[text])

    return ask


def _prepared(path: str) -> _Ask:
    from rdflib.plugins.sparql import prepareQuery

    return _rdflib(path, prepare=prepareQuery)


def _oxrdflib(path: str) -> _Ask:
    return _rdflib(path, store="Oxigraph")


ENGINES: dict[str, Callable[[str], _Ask]] = {
    "ours": _ours, "rdflib": _rdflib, "prepared": _prepared, "oxrdflib": _oxrdflib,
}  # fmt: skip


def main() -> None:
    """Load, ask everything once for the rows, then for the time."""
    engine, path, questions, runs = sys.argv[1:]
    with open(questions, encoding="utf-8") as file:
        texts: dict[str, str] = json.load(file)
    start = time.perf_counter()
    ask = ENGINES[engine](path)
    found: dict[str, Any] = {"load": time.perf_counter() - start, "rows": {}, "seconds": {}}
    for name, text in texts.items():
        found["rows"][name] = sorted([_term(term) for term in row] for row in ask(text))
        taken: list[float] = []
        while len(taken) < int(runs) and (not taken or sum(taken) < 0.5):
            start = time.perf_counter()
            for _ in ask(text):
                pass
            taken.append(time.perf_counter() - start)
        found["seconds"][name] = statistics.median(taken)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
