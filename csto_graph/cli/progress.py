"""What a command says: data on standard output or in a file, words on standard error, and the progress of long work.

Nothing that could steer a terminal reaches one: what is said there is made visible first.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from threading import Event, Lock, Thread
from time import monotonic

import click

from .. import files
from ..text import visible
from ..words import translated

PLAIN_WIDTH = 100  # columns of a text that is not written to a terminal

_PHASES = {
    "digests": "Looking at the files",
    "reading": "Reading",
    "statements": "Statements",
    "closure": "Drawing conclusions",
    "derivation": "Deriving dates, labels and support",
    "store": "Building the store",
    "validate": "Validating",
    "validation": "Validating",
    "export": "Exporting",
    "publish": "Comparing with the server",
}


class ProgressLine:
    """Tells on a terminal, in one line that is taken away again, what has been going on for longer than two seconds.

    It is a progress as `graph.load` takes it. Drawing is left to a thread: much of what takes long says nothing.
    """

    def __init__(self) -> None:
        self._rest = self._what = ""
        self._language = "en"
        self._done = self._total = self._drawn = 0
        self._over, self._line_is_free = Event(), Lock()
        self._thread: Thread | None = None

    def __call__(self, what: str, done: int = 0, total: int = 0) -> None:
        """Tell of this phase; ``done`` of ``total`` pieces are ready, where these are known."""
        self._what, self._done, self._total = what or self._rest, done, total

    def start(self, what: str) -> None:
        """Tell of this (a phase or a verb), and of it again whenever nothing more exact is said."""
        self._rest, self._what, self._language = what, what, spoken()
        if sys.stderr is not None and sys.stderr.isatty():
            self._thread = Thread(target=self._draw, daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Take the line away for good; harmless where there is none."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def tell(self, words: str) -> None:
        """Write words in the place of the line, which comes back."""
        with self._line_is_free, suppress(OSError, ValueError):
            self._line("")
            print(visible(words, lines=True), file=sys.stderr, flush=True)  # noqa: T201

    def _draw(self) -> None:
        began, waiting = monotonic(), 2.0
        while not self._over.wait(waiting):
            waiting = 0.2
            with self._line_is_free:
                what = translated(_PHASES.get(self._what, "Asking"), self._language)
                self._line(f"{what} {share(self._done, self._total)} {monotonic() - began:.0f} s")
        self._line("")

    def _line(self, text: str) -> None:
        if text or self._drawn:
            with suppress(OSError, ValueError):
                print(f"\r{text.ljust(self._drawn)}", end="" if text else "\r", file=sys.stderr, flush=True)  # noqa: T201
            self._drawn = len(text)


def share(done: int, total: int) -> str:
    """How much is done, as a bar, or as a number where the whole is not known; never more than the whole.

    >>> share(5, 10), share(1234, 0)
    ('[##########..........] 50 %', '1,234')
    """
    if not total:
        return f"{done:,}" if done else "…"
    done = min(done, total)
    full = 20 * done // total
    return f"[{'#' * full}{'.' * (20 - full)}] {100 * done // total} %"


def current() -> ProgressLine:
    """That of the command that runs; outside of one, one that draws nothing."""
    context = click.get_current_context(silent=True)
    found: ProgressLine = (context.meta if context else {}).setdefault(__name__, ProgressLine())
    return found


def width() -> int | None:
    """Columns of the terminal, or None where the output goes elsewhere."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size((PLAIN_WIDTH, 24)).columns


def spoken() -> str:
    """The language of the command that runs: the one asked for; else that of the terminal, and elsewhere English."""
    context = click.get_current_context(silent=True)
    if given := context and context.find_root().params.get("language"):
        return str(given)
    if sys.stdout is None or not sys.stdout.isatty():
        return "en"
    of_terminal = filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG")))
    return "ru" if next(of_terminal, "").startswith("ru") else "en"


def deliver(chunks: Iterable[str], output: str | None = None) -> None:
    """Write data to a file, whole or not at all, or to standard output, made visible where that is a terminal.

    Args:
        chunks: The data.
        output: Name of the file; None or ``-`` for standard output.

    Raises:
        errors.OutputError: The file cannot be written.
        OSError: Standard output is closed or full, or nobody reads it any more.
    """
    if output is not None and output != "-":
        files.write(output, chunks)
        return
    for chunk in chunks:
        current().close()  # What is written may go to the same terminal, if only by way of a pager.
        if sys.stdout is None:
            raise OSError("It is closed")
        sys.stdout.write(visible(chunk, lines=True) if sys.stdout.isatty() else chunk)
    if sys.stdout is not None:
        sys.stdout.flush()


def tell(words: str, language: str = "") -> None:
    """Say something to the reader, beside the data, in that language or the one of the command."""
    if words and sys.stderr is not None:
        current().tell("\n".join(translated(line, language or spoken()) for line in words.split("\n")))
