"""What a graph rests on: the bundled files and the user's, and an engine over all that follows from them.

Small data are held in memory and closed when they are first asked; large ones are kept on disk (`disk`). The bundled
graph alone was closed when the package was built.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from pyoxigraph import Quad, Triple

from .. import errors
from ..store.engine import GRAPHS, Engine, graph_name
from ..store.memory import Oxigraph
from ..store.proofs import Derivation
from . import bundle as bundles

if TYPE_CHECKING:
    from mmap import mmap

    from ..reason.closure import Statement
    from .inputs import Progress
    from .locating import Locator

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
        only: Leave the bundled data out; the ontology and vocabularies stay.
        reasoner: As for `bundle.assemble`.
        progress: Is told of what takes long.
        faulty: Takes the error of each file that cannot be read, and the others are kept; without it they are raised.
        endpoint: Address of a SPARQL endpoint that holds the graph; then no file is read.

    Attributes:
        bundle: Where the files of the project lie.
        files: The user's files: those of folders and patterns, too, each once; those that cannot be read are left out.
        outside: Whether it is kept outside memory: on disk, or by a server.
    """

    def __init__(
        self,
        bundle: bundles.Bundle,
        files: Sequence[str] = (),
        *,
        only: bool = False,
        reasoner: str = "rules",
        progress: Progress = silent,
        faulty: list[errors.GraphError] | None = None,
        endpoint: str | None = None,
    ) -> None:
        self.bundle = bundle
        self.files: tuple[str, ...] = ()
        self.outside = endpoint is not None
        self._endpoint = endpoint
        if endpoint is not None and (files or only or reasoner != "rules"):
            hint = "Leave out the files, --only and --reasoner; 'csto-graph --data FILE publish' loads a server."
            raise errors.UsageError("The graph at an endpoint is asked as it is; nothing can be added.", hint=hint)
        self._own: list[Triple] = []
        self._only = only
        self._reasoner = reasoner
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
        self.outside = self._reasoner == "rules" and sum(map(_size, listed)) >= LARGE
        if self.outside:
            # What reads them into the store raises all errors at once, or there are none left.
            self.files = tuple(listed if faulty is None else inputs.sound(listed, wrong))
        else:
            found = inputs.read(listed, faulty=wrong)
            self.files, self._own = tuple(found), [triple for part in found.values() for triple in part]
        if wrong and faulty is None:
            raise inputs.together(wrong)

    @cached_property
    def asserted(self) -> Sequence[Triple]:
        """Every asserted statement, bundled and added."""
        if self.outside:
            engine = self.engine()
            return [quad.triple for name in GRAPHS[:-1] for quad in engine.quads(graph_name(name).value)]
        return [*self._bundled(), *self._own]

    def _locate(self, subject: str, predicate: str | None) -> tuple[str, int] | None:
        return self._locator.locate(subject, predicate)

    @cached_property
    def _locator(self) -> Locator:
        from .locating import Locator

        return Locator([*self.files, *self.bundle.files])

    def _bundled(self) -> Iterator[Triple]:
        files = self.bundle.ontology if self._only else self.bundle.files
        return (triple for path in files for triple in bundles.read_turtle(path))

    @cached_property
    def _assembled(self) -> tuple[list[Quad], dict[Triple, Derivation]]:
        return bundles.assemble(self.asserted, reasoner=self._reasoner, locate=self._locate)

    @cached_property
    def _as_stated(self) -> tuple[list[Quad], dict[Triple, Derivation]]:
        return bundles.assemble(bundles.as_stated(self.asserted), reasoner=self._reasoner, locate=self._locate)

    @property
    def derivations(self) -> dict[Triple, Derivation]:
        """Each derived statement with the rule and the premises it was first derived from.

        Of a graph on disk, too, all of them: `Engine.proof` gives a single one.
        """
        if not self.outside:
            return self._assembled[1]
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
        return self._on_disk(reading) if self.outside else self._in_memory(reading)

    def _in_memory(self, reading: str) -> Engine:
        built = self._built(bundles.STATED if reading == "source" else bundles.CLOSED)
        return Oxigraph(built or bundles.nquads(self._whole(reading)[0]), lambda: self._proofs(reading))

    def _whole(self, reading: str) -> tuple[list[Quad], dict[Triple, Derivation]]:
        return self._as_stated if reading == "source" else self._assembled

    def _built(self, name: str) -> str | None:
        """A file of the built package, where the graph is just the bundled one."""
        own = self.files or self._only or self._reasoner != "rules"
        return None if own else self.bundle.built(name)

    def _proofs(self, reading: str) -> bytes | mmap:
        from ..store import proofs

        built = self._built(bundles.PROOFS)
        if built is None or reading == "source":
            return proofs.nquads(self._whole(reading)[1])
        return proofs.opened(built)

    def _on_disk(self, reading: str) -> Engine:
        from ..store import disk
        from . import assembly

        def given() -> Iterable[Statement]:
            from . import inputs

            yield from assembly.statements(self._bundled())
            yield from inputs.statements(self.files, progress=self._progress)

        files = (*(self.bundle.ontology if self._only else self.bundle.files), *self.files)
        def write(sink: disk.Sink) -> None:
            statements = assembly.as_stated(given()) if reading == "source" else given()
            assembly.assemble(statements, sink, progress=self._progress, locate=self._locate)

        return disk.opened(disk.Recipe(reading, files, write), self._progress)


def _size(path: str) -> int:
    """Bytes of a file; a compressed one counts for about what it holds."""
    try:
        size = os.stat(path).st_size
    except (OSError, ValueError):
        return 0  # whoever reads it will say what is wrong
    return size * 10 if path.lower().endswith(".gz") else size
