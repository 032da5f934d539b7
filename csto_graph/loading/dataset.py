"""What a graph rests on: the bundled files and the user's, and an engine over all that follows from them.

Small data are held in memory and closed when they are first asked; large ones are kept on disk (`disk`). The bundled
graph alone was closed when the package was built.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode, Triple

from .. import errors
from ..store.engine import GRAPHS, Engine, Statement, graph_name
from ..store.lines import opened
from ..store.memory import Lines, Oxigraph
from ..store.proofs import Derivation
from . import bundle as bundles
from . import inputs
from .inputs import Progress, silent

if TYPE_CHECKING:
    from .locating import Locator
    from .pipeline import Sink

READINGS = ("curated", "source")
"""Curated: disputed values as decided. Source: as the pinned source gives them."""

REASONERS = ("rules", "owlrl", "none")
"""What draws conclusions: the project's evaluator, the package owlrl, or nothing but the project's own rules."""

LANGUAGES = ("en", "ru")
"""In which labels can be given."""

LARGE = 1024**2
"""Bytes of the user's files from which on the graph is kept on disk."""


@dataclass(frozen=True)
class Options:
    """What was asked for when a graph was loaded; `graph.load` says what each means.

    Only a validation sets ``contradictions``: statements that contradict each other are closed all the same.

    Raises:
        errors.UnknownName: There is no such reasoner or language.
        errors.UsageError: The base is no absolute IRI, or something is added to an endpoint.
    """

    only: bool = False
    ontology: bool = False
    house_shapes: bool = True
    reasoner: str = "rules"
    contradictions: bool = False
    base: str | None = None
    language: str = "en"
    queries: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    endpoint: str | None = None

    def __post_init__(self) -> None:
        for kind, name, known in (("reasoner", self.reasoner, REASONERS), ("language", self.language, LANGUAGES)):
            if name not in known:
                raise errors.UnknownName(kind, name, suggestions=known)
        if self.base is not None:
            try:
                NamedNode(self.base)
            except ValueError as error:
                hint = "Write it in full, such as https://example.org/."
                raise errors.UsageError(f"The base {self.base!r} is no IRI: {error}.", hint=hint) from error
        if self.endpoint is not None and (self.only or self.reasoner != "rules"):
            raise _nothing_added()


def _nothing_added() -> errors.UsageError:
    hint = "Leave out the files, --only and --reasoner; 'csto-graph --data FILE publish' loads a server."
    return errors.UsageError("The graph at an endpoint is asked as it is; nothing can be added.", hint=hint)


class Dataset:
    """Asserted statements, what follows from them, and the engines that answer.

    Args:
        bundle: Where the files of the project lie.
        files: Files, folders and patterns of the user's, as `inputs.files` takes them.
        options: What takes part, and how it is read.
        progress: Is told of what takes long.
        faulty: Takes the error of each file that cannot be read, and the others are kept; without it they are raised.

    Attributes:
        files: The user's files: those of folders and patterns, too, each once; those that cannot be read are left out.
        outside: Whether it is kept outside memory: on disk, or by a server.
        ontology: Whether the ontology takes part.

    Raises:
        errors.UsageError: Files are given beside an endpoint.
    """

    def __init__(
        self,
        bundle: bundles.Bundle,
        files: Sequence[str] = (),
        options: Options = Options(),
        *,
        progress: Progress = silent,
        faulty: list[errors.GraphError] | None = None,
    ) -> None:
        self.files: tuple[str, ...] = ()
        self.outside = options.endpoint is not None
        self.ontology = options.ontology or not options.only
        if files and self.outside:
            raise _nothing_added()
        self._bundle = bundle
        self._options = options
        self._bundled = bundle.files if not options.only else bundle.ontology if options.ontology else ()
        self._own: list[Statement] = []
        self._notes: list[str] = []
        self._progress = progress
        self._engines: dict[str, Engine] = {}
        self._lock = Lock()
        # Files are read at once, so that a mistake in them shows here and not in the first question.
        if files:
            self._take(files, faulty)
        if files or options.only or self.outside:
            self.engine()

    def _take(self, files: Sequence[str], faulty: list[errors.GraphError] | None) -> None:
        wrong: list[errors.GraphError] = [] if faulty is None else faulty
        base = self._options.base
        listed = inputs.files(files, faulty=wrong)
        # owlrl closes a graph in memory or not at all.
        self.outside = self._options.reasoner != "owlrl" and sum(map(_size, listed)) >= LARGE
        if self.outside:
            # What reads them into the store raises all errors at once, or there are none left.
            self.files = tuple(listed if faulty is None else inputs.readable(listed, wrong, base=base))
        else:
            found = inputs.read(listed, faulty=wrong, base=base, notes=self._notes)
            self.files, self._own = tuple(found), [statement for part in found.values() for statement in part]
        if wrong and faulty is None:
            raise inputs.together(wrong)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided while the files were read."""
        return tuple(self._notes)

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
        options = self._options
        if options.endpoint is not None:
            from ..store.endpoint import Endpoint

            return Endpoint(options.endpoint, reading=reading)
        if self.outside:
            from ..store import disk

            # Where relative IRIs are resolved against the address of a file, another place makes another graph.
            bases = [options.base] if options.base else [inputs.address(file) or "" for file in self.files]
            key = "\n".join((reading, options.reasoner, *["contradictions"] * options.contradictions, *bases))
            recipe = disk.Recipe(key, (*self._bundled, *self.files), lambda sink: self._write(reading, sink))
            store = disk.opened(recipe, self._progress)
            self._notes = list(store.notes)
            return store
        built = self._bundle.built(bundles.STATED if reading == "source" else bundles.CLOSED)
        if not built or self.files or options.only or options.reasoner != "rules":
            lines = self._lines(reading)
            return Oxigraph(lines.nquads(), lines.proofs)
        if reading == "source":
            return Oxigraph(built, lambda: self._lines(reading).proofs())
        return Oxigraph(built, lambda: opened(self._bundle.built(bundles.PROOFS) or os.devnull))

    def _lines(self, reading: str) -> Lines:
        lines = Lines()
        self._write(reading, lines)
        return lines

    def _write(self, reading: str, sink: Sink) -> Sequence[str]:
        """Write the whole graph to a sink; what is to be noted about the files."""
        from . import pipeline

        given = pipeline.as_stated(self._statements()) if reading == "source" else self._statements()
        schema = {pipeline.texts(one) for path in self._bundle.ontology for one in bundles.read_turtle(path)}
        pipeline.assemble(
            given, sink, schema=schema, reasoner=self._options.reasoner, contradictions=self._options.contradictions,
            progress=self._progress, locate=self._locate,
        )  # fmt: skip
        return self._notes

    def _statements(self) -> Iterator[Statement]:
        from . import pipeline

        for path in self._bundled:
            yield from map(pipeline.texts, bundles.read_turtle(path))
        if self.outside:
            base = self._options.base
            yield from inputs.statements(self.files, progress=self._progress, base=base, notes=self._notes)
        yield from self._own

    def _locate(self, subject: str, predicate: str | None) -> tuple[str, int] | None:
        return self._locator.locate(subject, predicate)

    @cached_property
    def _locator(self) -> Locator:
        from .locating import Locator

        return Locator([*self.files, *self._bundled])


def _size(path: str) -> int:
    """Bytes of a file; a compressed one counts for about what it holds."""
    try:
        size = os.stat(path).st_size
    except (OSError, ValueError):
        return 0  # whoever reads it will say what is wrong
    return size * 10 if path.lower().endswith(".gz") else size
