"""Exports read back, to compare them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from corpus import ENDINGS

import csto_graph as cg
from csto_graph.share import export as exporting
from csto_graph.store.oxigraph import Disk

EXPECTED = tomllib.loads(Path(__file__).with_name("share").joinpath("expected.toml").read_text(encoding="utf-8"))
READERS: dict[str, Any] = {name: ox.RdfFormat.from_extension(ending[1:]) for name, ending in ENDINGS.items()}


def members(names: Iterable[str]) -> set[str]:
    """A set of names, in which one in capitals stands for a set, and one with a minus is taken out."""
    found = set[str]()
    for name in names:
        found |= members(EXPECTED["sets"][name]) if name.isupper() else {name}
    return {name for name in found if name[0] != "-" and f"-{name}" not in found}


def text(graph: cg.KnowledgeGraph, name: str, **options: object) -> str:
    return "".join(exporting.export(graph, name, **options))  # type: ignore[arg-type]


def canonical(quads: Iterable[ox.Quad]) -> set[str]:
    """Statements as text, blank nodes named by what is said of them."""
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(map(str, dataset))


def plain(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    return [ox.Quad(*quad.triple) for quad in quads]


class Lines(Disk):
    """A store that gives what it is given: N-Triples by graph."""

    def __init__(self, graphs: dict[str, bytes]) -> None:
        super().__init__("", {})
        self.graphs = graphs

    def lines(self) -> Iterator[bytes]:
        yield from sorted(
            line.removesuffix(b" .\n") + f" <{graph}> .\n".encode()
            for graph, data in self.graphs.items()
            for line in data.splitlines(keepends=True)
        )
