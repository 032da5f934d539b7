"""Lines sorted in memory that does not grow with their number."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

IN_MEMORY = 64 * 1024**2
"""Bytes of lines that are held before they go to a file."""


class Sorter:
    """Takes lines in any order and gives them sorted, each once; what does not fit into memory goes to files.

    Attributes:
        end: What lines get in place of the full stop of N-Triples.
    """

    def __init__(self, folder: str) -> None:
        self.end = b" ."
        self._folder = folder
        self._lines: list[bytes] = []
        self._rest = b""
        self._size = 0
        self._files: list[str] = []

    def add(self, line: str) -> None:
        """Take one line, with its end."""
        self._lines.append(line[:-1].encode())
        self._size += len(line)
        if self._size > IN_MEMORY:
            self._spill()

    def write(self, data: bytes) -> int:
        """Take a piece of text, which may end within a line."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._lines += lines if self.end == b" ." else [line[:-2] + self.end for line in lines]
        self._size += len(data)
        if self._size > IN_MEMORY:
            self._spill()
        return len(data)

    def flush(self) -> None:
        """Nothing is held back that would have to be."""

    def _spill(self) -> None:
        path = os.path.join(self._folder, f"sorted-{len(self._files)}")
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
