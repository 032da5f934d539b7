"""Lines sorted in memory that does not grow with their number."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

IN_MEMORY = 32 * 1024**2
"""Bytes of lines that are held before they go to a file."""


class Sorter:
    """Takes lines in any order and gives them sorted, each once; what does not fit into memory goes to files.

    Args:
        folder: Where the files are put.
        name: What their names begin with.
    """

    def __init__(self, folder: str, name: str) -> None:
        self._path = os.path.join(folder, name)
        self._lines: list[bytes] = []
        self._size = 0
        self._files: list[str] = []

    def add(self, line: str) -> None:
        """Take one line, with its end."""
        self._lines.append(line[:-1].encode())
        self._size += len(line)
        if self._size > IN_MEMORY:
            self._spill()

    def _spill(self) -> None:
        path = f"{self._path}-{len(self._files)}"
        with open(path, "wb") as file:
            file.writelines(line + b"\n" for line in sorted(self._lines))
        self._files.append(path)
        self._lines, self._size = [], 0

    def lines(self) -> Iterator[bytes]:
        """All lines, with their ends."""
        import heapq
        from contextlib import ExitStack

        with ExitStack() as stack:
            parts: list[Iterable[bytes]] = [stack.enter_context(open(path, "rb")) for path in self._files]
            parts.append(line + b"\n" for line in sorted(self._lines))
            before = b""
            for line in heapq.merge(*parts):
                if line != before:
                    yield line
                before = line


class Reader:
    """Lines as a file to read from."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._left = b""

    def read(self, most: int = -1) -> bytes:
        """At most so many bytes; none at the end."""
        taken, size = [self._left], len(self._left)
        while size < most and (line := next(self._lines, b"")):
            taken.append(line)
            size += len(line)
        whole = b"".join(taken)
        given, self._left = whole[:most], whole[most:]
        return given
