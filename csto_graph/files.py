"""Files of the user: read when they are text and no larger than allowed, written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from . import errors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_WHY = {
    errno.ENOENT: ("the folder does not exist.", "Make the folder first."),
    errno.ENOTDIR: ("a part of its path is not a folder.", "Choose another path."),
    errno.EISDIR: ("it is a folder.", "Name a file in it."),
    errno.EACCES: ("permission denied.", "Choose another place."),
    errno.EPERM: ("permission denied.", "Choose another place."),
    errno.EROFS: ("the disk is read-only.", "Choose another place."),
    errno.ENOSPC: ("the disk is full.", "Make room, or choose another place."),
    errno.EDQUOT: ("your share of the disk is full.", "Make room, or choose another place."),
    errno.EFBIG: ("the file would be larger than allowed.", "Choose another place."),
    errno.ENAMETOOLONG: ("the name is too long.", "Choose a shorter one."),
    errno.EPIPE: ("the reader has gone away.", ""),
}


_OPEN_FILES = ("/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")


def read_text(path: str | os.PathLike[str], *, most: int = 16 * 1024**2) -> str:
    """The text of a file as it stands, with its line ends.

    Args:
        path: A regular file, or one that the process has open already (``/dev/stdin``, ``/dev/fd/3``).
        most: Bytes that it may have.

    Raises:
        errors.InputError: It is missing or unreadable, a pipe or device, which would be waited for, or not UTF-8.
        errors.LimitReached: It is larger.
    """
    name = os.fspath(path)
    try:
        with open(name, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode) and not name.startswith(_OPEN_FILES):
                hint = "Save what it gives to a file."
                raise errors.InputError("is no regular file and is not waited for.", path=name, hint=hint)
            os.set_blocking(file.fileno(), True)
            data = bytearray()
            while len(data) <= most and (piece := file.read1()):  # An interrupt is heard between two pieces.
                data += piece
    except (OSError, ValueError) as error:
        raise errors.InputError(f"cannot be read: {getattr(error, 'strerror', error)}.", path=name) from error
    if len(data) > most:
        limit = f"{most // 1024**2} MiB"
        raise errors.LimitReached(f"{name} is larger than {limit}.", limit=limit, hint="Is it the right file?")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise errors.InputError("is not UTF-8.", path=name, line=line, hint="Save it as UTF-8.") from error


def _refused(path: Path, error: OSError) -> errors.OutputError:
    words, hint = _WHY.get(error.errno or 0, (f"{error.strerror or error}.", ""))
    return errors.OutputError(f"cannot be written: {words}", path=str(path), hint=hint)


def write(path: Path, chunks: Iterable[str]) -> None:
    """Write a file whole or not at all: what stood there stays until the new text is on disk.

    A temporary file in the same folder takes the text and then the name. The permissions of an existing file are
    kept, a symbolic link is followed, and what is no regular file (``/dev/stdout``, a pipe) is written directly.

    Raises:
        OutputError: The file cannot be written; nothing has changed.
    """
    try:
        before = os.stat(path)
    except FileNotFoundError:
        before = None
    except (OSError, ValueError) as error:
        raise _refused(path, error if isinstance(error, OSError) else OSError(0, str(error))) from error
    if before is not None and stat.S_ISDIR(before.st_mode):
        raise _refused(path, OSError(errno.EISDIR, ""))
    if before is not None and (not stat.S_ISREG(before.st_mode) or str(path).startswith(_OPEN_FILES)):
        _write_through(path, chunks)
        return
    if before is not None and not os.access(path, os.W_OK):
        raise _refused(path, OSError(errno.EACCES, ""))
    _replace(path, chunks, None if before is None else stat.S_IMODE(before.st_mode))


def _write_through(path: Path, chunks: Iterable[str]) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    except OSError as error:
        raise _refused(path, error) from error
    try:
        _pour(descriptor, path, chunks)
    finally:
        os.close(descriptor)


def _pour(descriptor: int, path: Path, chunks: Iterable[str]) -> None:
    """Write all chunks; their own errors pass through as they are."""
    for chunk in chunks:
        try:
            rest = memoryview(chunk.encode("utf-8"))
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except UnicodeEncodeError as error:
            raise errors.OutputError("a lone surrogate is not text.", path=str(path)) from error
        except OSError as error:
            raise _refused(path, error) from error


def _replace(path: Path, chunks: Iterable[str], mode: int | None) -> None:
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    try:
        temporary, descriptor = _temporary(folder)
    except OSError as error:
        raise _refused(path, error) from error
    try:
        try:
            _pour(descriptor, path, chunks)
            if mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, target)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError):
            raise _refused(path, error) from error
        raise
    _sync_folder(folder)


def _temporary(folder: str) -> tuple[str, int]:
    """A new hidden file: its path and descriptor; the process's umask decides who may read it."""
    number = 0
    while True:
        path = os.path.join(folder, f".{os.getpid()}-{number}.tmp")
        try:
            return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except FileExistsError:
            number += 1


def _sync_folder(folder: str) -> None:
    """Make the new name last through a crash, where the file system knows how."""
    from contextlib import suppress

    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
