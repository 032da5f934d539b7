"""Files: those of the project and the user's; what is text, no larger than allowed, and written whole; sorted lines."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from io import BufferedRandom, BufferedReader
from itertools import groupby

from . import errors

_OPEN_FILES = ("/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")


def root() -> str:
    """The folder that holds ``ontology``, ``data`` and ``queries``: in the installed package, or in a checkout.

    >>> sorted(name for name in os.listdir(root()) if name in ("ontology", "data", "queries"))
    ['data', 'ontology', 'queries']
    """
    here = os.path.dirname(os.path.realpath(__file__))
    inside = os.path.join(here, "_bundle")
    return inside if os.path.isdir(inside) else os.path.dirname(here)


def below(top: str, *endings: str) -> list[str]:
    """The paths of all files in a folder, and in those below it, whose names end so; sorted."""
    found = (os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names)
    return sorted(path for path in found if path.endswith(endings))


def opened(path: str | os.PathLike[str], name: str = "") -> BufferedReader:
    """A file, open to be read: a regular one, or one that the process has open already (``/dev/stdin``, ``/dev/fd/3``).

    Args:
        path: Where it lies.
        name: What errors call it; by default the path.

    Raises:
        errors.InputError: It is missing or unreadable, or a pipe or device, which would be waited for.
    """
    name = name or os.fspath(path)
    try:
        file = open(path, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK))  # noqa: SIM115
    except (OSError, ValueError) as error:
        raise errors.InputError(f"cannot be read: {getattr(error, 'strerror', error)}.", path=name) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode) and not name.startswith(_OPEN_FILES):
        file.close()
        hint = "Save what it gives to a file, or send it through a pipe of the shell."
        raise errors.InputError("is no regular file and is not waited for.", path=name, hint=hint)
    os.set_blocking(file.fileno(), True)
    return file


def read_text(path: str | os.PathLike[str], *, most: int = 16 * 1024**2) -> str:
    """The text of a file as it stands, with its line ends.

    Args:
        path: As in `opened`.
        most: Bytes that it may have.

    Raises:
        errors.InputError: As `opened`, or it is not UTF-8.
        errors.LimitReached: It is larger.
    """
    name, data = os.fspath(path), bytearray()
    try:
        with opened(path) as file:
            # One read at a time: an interrupt is heard between two, and would be lost among those of a long read.
            while len(data) <= most and (piece := file.read1(1024**2)):
                data += piece
    except OSError as error:
        raise errors.InputError(f"cannot be read: {error.strerror}.", path=name) from error
    if len(data) > most:
        limit = f"{most // 1024**2} MiB"
        raise errors.LimitReached(f"{name} is larger than {limit}.", limit=limit, hint="Is it the right file?")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise errors.InputError("is not UTF-8.", path=name, line=line, hint="Save it as UTF-8.") from error


def write(path: str | os.PathLike[str], chunks: Iterable[str]) -> None:
    """Write a file whole or not at all: what stood there stays until the new text is on disk.

    A temporary file in the same folder takes the text and then the name, and both are on disk when this returns. The
    permissions of an existing file are kept, a symbolic link is followed, and what is no regular file
    (``/dev/stdout``, a pipe) is written directly.

    Args:
        path: The file.
        chunks: Its text; errors of the package that making it raises pass through.

    Raises:
        errors.OutputError: The file cannot be written; nothing has changed.
    """
    temporary = ""
    try:
        mode = os.stat(path).st_mode if os.path.exists(path) else 0
        if mode and (not stat.S_ISREG(mode) or str(path).startswith(_OPEN_FILES)):
            with open(path, "a", encoding="utf-8", newline="") as file:
                file.writelines(chunks)
            return
        if mode and not os.access(path, os.W_OK):
            raise PermissionError("Permission denied")
        target = os.path.realpath(path)
        temporary = os.path.join(os.path.dirname(target), f".{os.getpid()}-{os.urandom(4).hex()}.tmp")
        with open(temporary, "x", encoding="utf-8", newline="") as file:  # the umask decides who may read a new one
            file.writelines(chunks)
            file.flush()
            if mode:
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
            os.fsync(file.fileno())
        os.replace(temporary, target)
        with suppress(OSError), ExitStack() as after:  # not all can make a new name in a folder last through a crash
            folder = os.open(os.path.dirname(target), os.O_RDONLY)
            after.callback(os.close, folder)
            os.fsync(folder)
    except errors.GraphError:
        raise  # of what makes the text; some are errors of the system, too
    except UnicodeEncodeError as error:
        raise errors.OutputError("a lone surrogate is not text.", path=str(path)) from error
    except (OSError, ValueError) as error:
        said = f"{getattr(error, 'strerror', None) or error}".lower()
        hint = "Make the folder, or room in it, or choose another place."
        raise errors.OutputError(f"cannot be written: {said}.", path=str(path), hint=hint) from error
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


#: Bytes of lines that a `Sorter` holds before they go to a file.
IN_MEMORY = 32 * 1024**2


class Sorter:
    """Takes lines in any order and writes them sorted, each once; what does not fit into memory goes to files.

    Args:
        folder: Where the files are put; they have no names, and go with this object.
    """

    def __init__(self, folder: str) -> None:
        self._folder, self._size = folder, 0
        self._lines, self._files = list[bytes](), list[BufferedRandom]()

    def add(self, line: str) -> None:
        """Take one line, with its end."""
        self._lines.append(line.encode())
        self._size += len(line)
        if self._size > IN_MEMORY:
            from tempfile import TemporaryFile

            file = TemporaryFile(dir=self._folder)  # noqa: SIM115
            file.writelines(sorted(self._lines))
            file.seek(0)
            self._files.append(file)
            self._lines, self._size = [], 0

    def write(self, name: str) -> int:
        """Write all lines to a file of the folder; how many they are."""
        from heapq import merge

        with open(os.path.join(self._folder, name), "wb") as whole, ExitStack() as stack:
            parts = map(stack.enter_context, self._files)
            lines = (line for line, _ in groupby(merge(*parts, sorted(self._lines))))
            return sum(1 for line in lines if whole.write(line))
