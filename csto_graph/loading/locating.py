"""Where a statement stands: file and line, for findings a person can act on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

Locate: TypeAlias = Callable[[str, str | None], tuple[str, int] | None]
"""Gives file and line of a thing, or of one of its properties, by their IRIs; None where not known."""


class Locator:
    """Finds the block of a subject, and the line of a property in it, in Turtle files.

    Args:
        paths: Files in order of preference. Files that are not Turtle, cannot be read, or cannot be read a second time
            (pipes), are passed over.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = list(paths)

    @cached_property
    def _places(self) -> dict[str, list[tuple[str, int, dict[str, int]]]]:
        from ..rdf import turtle_files

        places: dict[str, list[tuple[str, int, dict[str, int]]]] = {}
        for path in self._paths:
            if not (path.endswith((".ttl", ".trig")) and os.path.isfile(path)):
                continue
            try:
                text = Path(path).read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError):
                continue
            for block in turtle_files.blocks(text):
                places.setdefault(block.subject, []).append((path, block.first, dict(block.predicates)))
        return places

    def locate(self, subject: str, predicate: str | None = None) -> tuple[str, int] | None:
        """File and line of a statement about a subject; its first line where the property does not stand there."""
        found = self._places.get(subject, [])
        for path, _, predicates in found:
            if predicate in predicates:
                return path, predicates[predicate]
        return (found[0][0], found[0][1]) if found else None
