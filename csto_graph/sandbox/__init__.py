"""What came from outside runs in a child process with limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, Any, TypeAlias

from ..errors import LimitReached

Work: TypeAlias = "Callable[[Answering], Mapping[str, Any] | None]"
"""What is left to do when nothing more can be opened; it gives what there is to know beside the answer."""


class Answering:
    """Where the answer goes: bytes, counted.

    Args:
        pipe: What takes the bytes.
        most: Bytes that the answer may have.
        what: Whose answer it is, for the error.
    """

    def __init__(self, pipe: IO[bytes], most: int, what: str) -> None:
        self._pipe, self._left, self._what = pipe, most, what
        self._most = most

    def write(self, data: bytes) -> int:
        """Take a piece of the answer.

        Raises:
            LimitReached: It is too large.
        """
        self._left -= len(data)
        if self._left < 0:
            limit = size_in_words(self._most)
            raise LimitReached(f"{self._what}: the answer is too large.", limit=limit, hint="Ask for less.")
        return self._pipe.write(data)

    def flush(self) -> None:
        """Send what is held back."""
        self._pipe.flush()


def size_in_words(count: int) -> str:
    """A number of bytes for people.

    >>> size_in_words(1536), size_in_words(20)
    ('1.5 KiB', '20 bytes')
    """
    for unit, name in ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
        if count >= unit:
            return f"{count / unit:.4g} {name}"
    return f"{count} bytes"
