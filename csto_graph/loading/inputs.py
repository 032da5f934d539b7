"""The user's own data: from paths, folders and patterns to statements, and back to files and lines.

What is named may be a file, a folder (all RDF files in it and below, sorted; hidden ones are left out) or a pattern
with ``*``, ``?``, ``[`` and ``**``. Each file is read once, however often it is named, in a child with limits; two are
at work at a time. Blank nodes keep apart between files. The names of graphs in TriG, N-Quads and JSON-LD are dropped:
which graph a statement belongs to follows from what it is about.

A file with an error does not keep the others from being looked at: every fault is told.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from .. import errors
from ..text import visible

if TYPE_CHECKING:
    from ..sandbox.parent import Stream
    from ..store.engine import Statement

Paths: TypeAlias = "str | os.PathLike[str] | Iterable[str | os.PathLike[str]]"
"""One path or several; each may name a file, a folder or a pattern."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much (0 where that is not known)."""

Locate: TypeAlias = Callable[[str, str | None], tuple[str, int] | None]
"""Gives file and line of a thing, or of one of its properties, by their IRIs; None where not known."""

ENDINGS = (".ttl", ".trig", ".nt", ".nq", ".jsonld", ".rdf", ".owl")
"""What a file found in a folder must end in to be read, ``.gz`` after it or not: ``.json`` and ``.xml`` say too
little, such files must be named."""

_AHEAD = 2  # children at work at a time; each also needs the one who takes what they have


def silent(what: str, done: int, total: int) -> None:
    """A progress that tells nobody."""


def paths(given: Paths) -> list[str]:
    """What the user named, as a list: one path or several.

    Raises:
        errors.UsageError: One of them is no path.
    """
    listed = [given] if isinstance(given, (str, os.PathLike)) else list(given)
    try:
        found = [os.fspath(path) for path in listed]
    except TypeError as error:
        raise errors.UsageError(f"{error}.", hint="Give paths as text, or as pathlib.Path.") from None
    return [os.fsdecode(path) for path in found]


def files(given: Iterable[str], *, faulty: list[errors.GraphError] | None = None) -> list[str]:
    """The files that paths, folders and patterns stand for: in the order given, those of a folder sorted, each once.

    Args:
        given: As `paths` gives them; ``-`` is standard input.
        faulty: Takes the error of each path that stands for nothing; without it they are raised together.

    Raises:
        errors.InputError: A path is missing, a pattern fits nothing, a folder holds no RDF file or cannot be listed.
    """
    wrong: list[errors.GraphError] = []
    found: dict[object, str] = {}
    for path in given:
        try:
            for file in _meant(path, wrong):
                if _is_special(file):
                    hint = "Name a file; what a command writes is read with --data -."
                    words = "This is a pipe, a socket or a device, not a file."
                    wrong.append(errors.InputError(words, path=visible(file), hint=hint))
                else:
                    found.setdefault(_identity(file), file)
        except errors.GraphError as error:
            wrong.append(error)
    _raise(wrong, faulty)
    return list(found.values())


def _is_special(file: str) -> bool:
    """Whether reading a file might wait for ever: a named pipe, a socket, a device. What the shell opened is read."""
    if file == "-" or file.startswith(("/dev/fd/", "/dev/stdin", "/proc/self/fd/")):
        return False
    try:
        mode = os.stat(file).st_mode
    except (OSError, ValueError):
        return False  # whoever reads it will say what is wrong
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def read(
    given: Iterable[str],
    *,
    faulty: list[errors.GraphError] | None = None,
    base: str | None = None,
    notes: list[str] | None = None,
) -> dict[str, list[Statement]]:
    """The statements of each file, in order.

    Args:
        given: As in `files`.
        faulty: Takes the error of each file that cannot be read, whose statements are left out; without it they are
            raised together, when all files have been looked at.
        base: IRI against which relative ones are resolved; by default the address of each file.
        notes: Takes a sentence about each file for which its own address was used.

    Raises:
        errors.InputError: Files cannot be read or parsed; ``errors`` holds each of them.
        errors.LimitReached: One file needs too much time or memory, or crashes the parser.
    """
    wrong: list[errors.GraphError] = []
    found: dict[str, list[Statement]] = {}
    partial: dict[str, list[Statement]] = {}
    for file, piece, _ in _pieces(files(given, faulty=wrong), base, wrong, notes):
        if piece is None:
            found[file] = partial.pop(file, [])
        else:
            partial.setdefault(file, []).extend(_split(piece))
    _raise(wrong, faulty)
    return found


def statements(
    given: Iterable[str],
    *,
    progress: Progress | None = None,
    base: str | None = None,
    notes: list[str] | None = None,
) -> Iterator[Statement]:
    """As `read`, one after the other, and nothing is held.

    Args:
        given: As in `files`.
        progress: Is told now and then how far the "reading" is, in bytes of the files on disk.
        base: As in `read`.
        notes: As in `read`.

    Raises:
        errors.InputError: As in `read`; only when all files have been looked at, so that what came before may be
            incomplete until the end is reached.
        errors.LimitReached: As in `read`.
    """
    wrong: list[errors.GraphError] = []
    listed = files(given, faulty=wrong)
    total = sum(map(_size, listed))
    for _, piece, done in _pieces(listed, base, wrong, notes):
        if piece is not None:
            yield from _split(piece)
        if progress:
            progress("reading", done, total)
    _raise(wrong, None)


def readable(given: Iterable[str], faulty: list[errors.GraphError], *, base: str | None = None) -> list[str]:
    """As `files`, only those that can be read to the end; the error of each other one goes to ``faulty``.

    For who cannot take statements back that came before an error.
    """
    return [file for file, piece, _ in _pieces(files(given, faulty=faulty), base, faulty) if piece is None]


def _pieces(
    listed: Sequence[str], base: str | None, wrong: list[errors.GraphError], notes: list[str] | None = None
) -> Iterator[tuple[str, bytes | None, int]]:
    """What the files hold, as whole lines of N-Triples: the file, a piece, and how many bytes of all have been read.

    None stands for the end of a file that was read without an error; the next one is being read meanwhile.
    """
    from ..sandbox import parent

    waiting = deque(listed)
    started: deque[tuple[str, Stream]] = deque()
    before = 0
    try:
        while waiting or started:
            while waiting and len(started) < _AHEAD:
                file = waiting.popleft()
                try:
                    # What comes through a pipe has no ending; Turtle and N-Triples are TriG, too.
                    ending = ".trig" if file == "-" else None
                    started.append((file, parent.stream(file, ending, base=base)))
                except errors.GraphError as error:
                    wrong.append(error)
            if started:
                file, stream = started[0]
                try:
                    for piece in stream:
                        yield file, piece, before + stream.done
                    if stream.told.get("base") and notes is not None:
                        told = f"Relative IRIs in it are resolved against its own address, {stream.told['base']}"
                        notes.append(f"{stream.name}: {told}; --base IRI names another one.")
                    yield file, None, before + stream.size
                except errors.GraphError as error:
                    wrong.append(error)
                before += stream.size
                started.popleft()[1].close()
    finally:
        for _, stream in started:
            stream.close()


def address(file: str) -> str | None:
    """The IRI of a file, against which relative ones in it are resolved; of what comes through a pipe there is none."""
    from pathlib import Path

    try:
        return None if file == "-" else Path(os.path.abspath(file)).as_uri()
    except ValueError:
        return None


def _split(piece: bytes) -> Iterator[Statement]:
    """The statements of whole lines of N-Triples: neither subject nor predicate has a space, and " ." ends a line."""
    # Not splitlines(): texts may hold other ends of lines than this one.
    for line in piece.decode().split("\n"):
        if line:
            subject, predicate, value = line.split(" ", 2)
            yield subject, predicate, value[:-2]


def _size(file: str) -> int:
    try:
        return os.stat(file).st_size
    except (OSError, ValueError):
        return 0


def _raise(wrong: list[errors.GraphError], faulty: list[errors.GraphError] | None) -> None:
    """Hand the errors over, or raise them."""
    if faulty is not None:
        faulty += wrong
    elif wrong:
        raise together(wrong)


def together(wrong: Sequence[errors.GraphError]) -> errors.GraphError:
    """Several errors as one: the first as it is, each further one on a line of its own; ``errors`` holds each."""
    if len(wrong) == 1:
        return wrong[0]
    hints = dict.fromkeys(error.hint for error in wrong if error.hint)
    whole = errors.InputError("\n".join(error.message for error in wrong), hint=" ".join(hints))
    whole.errors = tuple(wrong)
    first = wrong[0]
    if isinstance(first, errors.InputError):
        whole.path, whole.line, whole.column = first.path, first.line, first.column
    return whole


# ------------------------------------------------------------------------------------- folders and patterns


def _identity(file: str) -> object:
    """What is the same for two names of one file."""
    try:
        about = os.stat(file)
    except (OSError, ValueError):
        return file
    return about.st_dev, about.st_ino


def _meant(path: str, wrong: list[errors.GraphError]) -> list[str]:
    """The files that a path, a folder or a pattern stands for."""
    if path == "-" or not _is_pattern(path):
        return _in_folder(path, wrong) if _is_folder(path) else [path]
    matches = sorted(set(_matches(path)), key=_parts)
    if not matches:
        hint = "In a pattern * and ? stand for letters of one name, ** for folders; hidden files are left out."
        raise errors.InputError("Nothing fits this pattern.", path=visible(path), hint=hint)
    return [file for match in matches for file in (_in_folder(match, wrong) if _is_folder(match) else [match])]


def _is_pattern(path: str) -> bool:
    """Whether a path is a pattern that the shell did not expand; a file may have such a name."""
    return any(sign in path for sign in "*?[") and "\0" not in path and not os.path.lexists(path)


def _is_folder(path: str) -> bool:
    return "\0" not in path and os.path.isdir(path)


def _parts(path: str) -> list[str]:
    return path.split(os.sep)


def _in_folder(top: str, wrong: list[errors.GraphError]) -> list[str]:
    """The RDF files in a folder and below it, sorted."""
    before = len(wrong)
    named = (os.path.join(folder, name) for folder, names in _folders(top, wrong) for name in names)
    found = sorted((path for path in named if path.lower().removesuffix(".gz").endswith(ENDINGS)), key=_parts)
    if not found and len(wrong) == before:
        hint = f"Files are found by their ending: {' '.join(ENDINGS)}, also with .gz; name any other."
        raise errors.InputError("There is no RDF file in this folder.", path=visible(top), hint=hint)
    return found


def _folders(top: str, wrong: list[errors.GraphError]) -> Iterator[tuple[str, list[str]]]:
    """A folder and each one below it, with the names of its files; each once even where links lead in circles."""

    def refuse(error: OSError) -> None:
        words = f"The folder cannot be listed: {error.strerror}."
        wrong.append(errors.InputError(words, path=visible(str(error.filename))))

    seen: set[object] = set()
    for folder, folders, names in os.walk(top, followlinks=True, onerror=refuse):
        known = _identity(folder) in seen
        seen.add(_identity(folder))
        folders[:] = [] if known else sorted(name for name in folders if not name.startswith("."))
        if not known:
            yield folder, [name for name in names if not name.startswith(".")]


def _matches(pattern: str) -> Iterator[str]:
    """The paths that fit a pattern; ``**`` is any number of folders, none included."""
    import re
    from glob import escape, glob

    found = re.search(r"(^|/)\*\*(/|$)", pattern)
    if not found:
        yield from glob(pattern)
        return
    head, tail = pattern[: found.start()], pattern[found.end() :]
    for top in glob(head) if head else [found[1]]:
        for folder, _ in _folders(top or os.curdir, []):
            below = folder if top else os.path.relpath(folder).removeprefix(os.curdir)
            if tail:
                yield from _matches(os.path.join(escape(below), tail))
            elif below:
                yield below


# ------------------------------------------------------------------------------------- places of statements


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
        from pathlib import Path

        from ..rdf import turtle

        places: dict[str, list[tuple[str, int, dict[str, int]]]] = {}
        for path in self._paths:
            if not (path.endswith((".ttl", ".trig")) and os.path.isfile(path)):
                continue
            try:
                text = Path(path).read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError):
                continue
            for block in turtle.blocks(text):
                places.setdefault(block.subject, []).append((path, block.first, dict(block.predicates)))
        return places

    def locate(self, subject: str, predicate: str | None = None) -> tuple[str, int] | None:
        """File and line of a statement about a subject; its first line where the property does not stand there."""
        found = self._places.get(subject, [])
        for path, _, predicates in found:
            if predicate in predicates:
                return path, predicates[predicate]
        return (found[0][0], found[0][1]) if found else None
