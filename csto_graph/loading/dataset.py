"""What a graph rests on: the bundled files and the user's, and an engine over all that follows from them.

Small data are held in memory and closed when they are first asked; large ones are kept on disk (`disk`). The bundled
graph alone was closed when the package was built.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from pyoxigraph import Triple

from .. import errors
from ..store.engine import GRAPHS, Engine, Statement, graph_name
from ..store.lines import opened
from ..store.memory import Lines, Oxigraph
from ..store.proofs import Derivation
from . import bundle as bundles

if TYPE_CHECKING:
    from .inputs import Progress
    from .locating import Locator
    from .pipeline import Sink

READINGS = ("curated", "source")
"""Curated: disputed values as decided. Source: as the pinned source gives them."""

LARGE = 1024**2
"""Bytes of the user's files from which on the graph is kept on disk."""


def silent(what: str, done: int, total: int) -> None:
    """A progress that tells nobody."""


class Dataset:
    """Asserted statements, what follows from them, and the engines that answer.

    Args:
        bundle: Where the files of the project lie.
        files: Files, folders and patterns of the user's, as `inputs.files` takes them.
        only: Leave out everything bundled.
        ontology: With ``only``, keep the ontology and the vocabularies.
        reasoner: One of `pipeline.REASONERS`.
        base: IRI against which relative ones in the user's files are resolved; by default the address of each file.
        progress: Is told of what takes long.
        faulty: Takes the error of each file that cannot be read, and the others are kept; without it they are raised.
        endpoint: Address of a SPARQL endpoint that holds the graph; then no file is read.

    Attributes:
        bundle: Where the files of the project lie.
        files: The user's files: those of folders and patterns, too, each once; those that cannot be read are left out.
        outside: Whether it is kept outside memory: on disk, or by a server.
        ontology: Whether the ontology takes part.
    """

    def __init__(
        self,
        bundle: bundles.Bundle,
        files: Sequence[str] = (),
        *,
        only: bool = False,
        ontology: bool = False,
        reasoner: str = "rules",
        base: str | None = None,
        progress: Progress = silent,
        faulty: list[errors.GraphError] | None = None,
        endpoint: str | None = None,
    ) -> None:
        self.bundle = bundle
        self.files: tuple[str, ...] = ()
        self.outside = endpoint is not None
        self.ontology = ontology or not only
        self._endpoint = endpoint
        if endpoint is not None and (files or only or reasoner != "rules"):
            hint = "Leave out the files, --only and --reasoner; 'csto-graph --data FILE publish' loads a server."
            raise errors.UsageError("The graph at an endpoint is asked as it is; nothing can be added.", hint=hint)
        self._bundled_files = bundle.files if not only else bundle.ontology if ontology else ()
        self._is_bundle = not (files or only or reasoner != "rules")
        self._own: list[Statement] = []
        self._reasoner = reasoner
        self._base = base
        self._progress = progress
        self._engines: dict[str, Engine] = {}
        self._lock = Lock()
        # Files are read at once, so that a mistake in them shows here and not in the first question.
        if files:
            self._take(files, faulty)
        if files or only or endpoint is not None:
            self.engine()

    def _take(self, files: Sequence[str], faulty: list[errors.GraphError] | None) -> None:
        from . import inputs

        wrong: list[errors.GraphError] = [] if faulty is None else faulty
        listed = inputs.files(files, faulty=wrong)
        # owlrl closes a graph in memory or not at all.
        self.outside = self._reasoner != "owlrl" and sum(map(_size, listed)) >= LARGE
        if self.outside:
            # What reads them into the store raises all errors at once, or there are none left.
            self.files = tuple(listed if faulty is None else inputs.readable(listed, wrong, base=self._base))
        else:
            found = inputs.read(listed, faulty=wrong, base=self._base)
            self.files, self._own = tuple(found), [statement for part in found.values() for statement in part]
        if wrong and faulty is None:
            raise inputs.together(wrong)

    @cached_property
    def asserted(self) -> Sequence[Triple]:
        """Every asserted statement, bundled and added."""
        engine = self.engine()
        return [quad.triple for name in GRAPHS[:-1] for quad in engine.quads(graph_name(name).value)]

    @property
    def derivations(self) -> dict[Triple, Derivation]:
        """Each derived statement with its derivation, all of them: `Engine.proof` gives a single one."""
        engine = self.engine()
        derived = (quad.triple for quad in engine.quads(graph_name("derived").value))
        return {triple: drawn for triple in derived if (drawn := engine.proof(triple))}

    def engine(self, reading: str = "curated") -> Engine:
        """The engine that answers in a reading.

        Raises:
            errors.UnknownName: There is no such reading.
            errors.Inconsistent: The statements contradict each other.
        """
        if reading not in READINGS:
            raise errors.UnknownName("reading", reading, suggestions=READINGS)
        with self._lock:
            if reading not in self._engines:
                self._engines[reading] = self._made(reading)
            return self._engines[reading]

    def _made(self, reading: str) -> Engine:
        if self._endpoint is not None:
            from ..store.endpoint import Endpoint

            return Endpoint(self._endpoint, reading=reading)
        if self.outside:
            from ..store import disk

            key = "\n".join((reading, self._reasoner, self._base or ""))
            files = (*self._bundled_files, *self.files)
            return disk.opened(disk.Recipe(key, files, lambda sink: self._write(reading, sink)), self._progress)
        built = self.bundle.built(bundles.STATED if reading == "source" else bundles.CLOSED)
        if not built or not self._is_bundle:
            lines = self._lines(reading)
            return Oxigraph(lines.nquads(), lines.proofs)
        if reading == "source":
            return Oxigraph(built, lambda: self._lines(reading).proofs())
        return Oxigraph(built, lambda: opened(self.bundle.built(bundles.PROOFS) or os.devnull))

    def _lines(self, reading: str) -> Lines:
        lines = Lines()
        self._write(reading, lines)
        return lines

    def _write(self, reading: str, sink: Sink) -> None:
        """Write the whole graph to a sink."""
        from . import pipeline

        given = pipeline.as_stated(self._statements()) if reading == "source" else self._statements()
        pipeline.assemble(given, sink, reasoner=self._reasoner, progress=self._progress, locate=self._locate)

    def _statements(self) -> Iterator[Statement]:
        from . import inputs, pipeline

        for path in self._bundled_files:
            yield from map(pipeline.texts, bundles.read_turtle(path))
        if self.outside:
            yield from inputs.statements(self.files, progress=self._progress, base=self._base)
        yield from self._own

    def _locate(self, subject: str, predicate: str | None) -> tuple[str, int] | None:
        return self._locator.locate(subject, predicate)

    @cached_property
    def _locator(self) -> Locator:
        from .locating import Locator

        return Locator([*self.files, *self.bundle.files])


def _size(path: str) -> int:
    """Bytes of a file; a compressed one counts for about what it holds."""
    try:
        size = os.stat(path).st_size
    except (OSError, ValueError):
        return 0  # whoever reads it will say what is wrong
    return size * 10 if path.lower().endswith(".gz") else size
