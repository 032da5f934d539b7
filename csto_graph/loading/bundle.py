"""Where ontology, data, shapes and queries lie, and what they come to together.

An installed package carries them under ``_bundle``, with the whole graph already closed; in a checkout they stand
beside the package and the graph is closed when it is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pyoxigraph import BlankNode, RdfFormat, Triple, parse

from .. import errors, files
from ..store import memory

ONTOLOGY_FILES = ("cooperation.ttl", "borrowed.ttl", "vocabularies.ttl")
"""What is reasoned with; shapes, alignments and the JSON-LD context are kept apart."""

CLOSED = "graph.nq"
"""The closed graph, made when the package is built."""

PROOFS = "proofs.nq"
"""How each of its derived statements was drawn."""

STATED = "stated.nq"
"""The same with each disputed value as the pinned source gives it."""


class Bundle:
    """The files of the project, wherever they lie.

    Attributes:
        root: Folder that holds ``ontology``, ``data`` and ``queries``.
    """

    def __init__(self, root: str) -> None:
        self.root = root

    @classmethod
    def default(cls) -> Bundle:
        """The files that came with the package, or in a checkout those beside it."""
        return cls(files.root())

    @property
    def queries(self) -> str:
        """Folder of the canned queries."""
        return os.path.join(self.root, "queries")

    @property
    def shapes(self) -> str:
        """File of the SHACL shapes."""
        return os.path.join(self.root, "ontology", "shapes.ttl")

    @property
    def context(self) -> str:
        """File of the JSON-LD context."""
        return os.path.join(self.root, "ontology", "context.jsonld")

    def context_for(self, format: str) -> dict[str, Any] | None:
        """The JSON-LD context of the project, where this format needs it."""
        if format != "jsonld":
            return None
        import json

        with open(self.context, encoding="utf-8") as file:
            return dict(json.load(file))

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The Turtle files that make the asserted graph, in a fixed order."""
        data = os.path.join(self.root, "data")
        found = (os.path.join(folder, name) for folder, _, names in os.walk(data) for name in names)
        return (*self.ontology, *sorted(path for path in found if path.endswith(".ttl")))

    @property
    def ontology(self) -> tuple[str, ...]:
        """Those of `files` that hold the ontology and the vocabularies."""
        return tuple(os.path.join(self.root, "ontology", name) for name in ONTOLOGY_FILES)

    def formatted(self) -> list[str]:
        """Those of `files` that are kept in canonical form; the ontology is ordered by hand, to be read from the top.

        Raises:
            errors.UsageError: They belong to an installed package.
        """
        if os.path.basename(self.root) == "_bundle":
            hint = "Name the files to format, or install the checkout in place: pip install -e ."
            raise errors.UsageError("The files of an installed package are left alone.", hint=hint)
        by_hand = ("cooperation.ttl", "borrowed.ttl")
        return [path for path in self.files if os.path.basename(path) not in by_hand]

    def triples(self) -> list[Triple]:
        """Everything asserted, in the order of the files.

        Raises:
            errors.InputError: A file cannot be read or parsed.
        """
        return [triple for path in self.files for triple in read_turtle(path)]

    def built(self, name: str) -> str | None:
        """A file made when the package was built (`CLOSED`, `PROOFS`, `STATED`), or None in a checkout."""
        path = os.path.join(self.root, name)
        return path if os.path.isfile(path) else None


def read_turtle(path: str) -> Iterator[Triple]:
    """The statements of one of the project's own Turtle files.

    Blank nodes are named after the file, in the order in which they come: the engine's own labels differ from run to
    run, and with them the built graph would.

    Raises:
        errors.InputError: With path, line and column.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise errors.InputError(f"cannot be read: {error.strerror}.", path=path) from error
    stem = os.path.splitext(os.path.basename(path))[0].replace(".", "-")
    known: dict[object, BlankNode] = {}

    def named(term: Any) -> Any:
        return known.setdefault(term, BlankNode(f"{stem}-{len(known)}")) if isinstance(term, BlankNode) else term

    try:
        for quad in parse(data, format=RdfFormat.TURTLE):
            yield Triple(named(quad.subject), quad.predicate, named(quad.object))
    except SyntaxError as error:
        raise errors.InputError(str(error.msg), path=path, line=error.lineno, column=error.offset) from error


def build(bundle: Bundle) -> dict[str, bytes]:
    """The files that the built package carries besides the sources: name to bytes of sorted N-Quads.

    Raises:
        errors.Inconsistent: The bundled data contradict each other.
    """
    from . import pipeline

    asserted = list(map(pipeline.texts, bundle.triples()))
    schema = {pipeline.texts(one) for path in bundle.ontology for one in read_turtle(path)}
    curated, stated = memory.Lines(), memory.Lines()
    pipeline.assemble(asserted, curated, schema=schema)
    pipeline.assemble(pipeline.as_stated(asserted), stated, schema=schema)
    return {CLOSED: curated.nquads(), PROOFS: curated.proofs(), STATED: stated.nquads()}
