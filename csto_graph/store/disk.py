"""The graph on disk, for data too large to be read and closed anew by each command.

A store is built once and kept in a folder of its own, named after the digest of all that went into it::

    CACHE/4f0c…/graph       the quads, as Oxigraph keeps them
               /quads       the same, sorted lines of N-Quads
               /proofs      the graph of proofs, sorted lines of N-Quads
               /names       names, sorted by their words, for `lookup`
               /manifest    the files above with their states and digests, written last

It is built beside its place and moved there when it is whole. What does not agree with its manifest is built anew.
The cache is the folder that ``CSTO_GRAPH_CACHE`` names, else ``csto-graph`` in the user's folder for caches. Nothing
in it is needed: it may be deleted at any time.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyoxigraph import Quad, RdfFormat, Store, parse

from .. import errors
from ..files import write as write_text
from .engine import PROOFS, Index, Name, Statement, mapped, name_lines
from .memory import Oxigraph, parsed

if TYPE_CHECKING:
    from mmap import mmap

    from ..loading.inputs import Progress

IN_MEMORY = 32 * 1024**2
"""Bytes of lines that a `Sorter` holds before they go to a file."""

_GRAPH, _QUADS, _PROOFS, _NAMES, _MANIFEST = "graph", "quads", "proofs", "names", "manifest"
_DRAFT = ".building-"
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)  # of a manifest that is none
_ELSEWHERE = "name another folder with the environment variable CSTO_GRAPH_CACHE."


class Disk(Oxigraph):
    """An engine over a store that `opened` gave; see `store.Engine`."""

    _by_lines = False  # the store finds damage, lines do not show it

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._given = os.path.join(folder, _GRAPH)

    @cached_property
    def _store(self) -> Store:
        return Store.read_only(os.path.join(self.folder, _GRAPH))

    @cached_property
    def _lines(self) -> bytes | mmap:
        return mapped(os.path.join(self.folder, _QUADS))

    @cached_property
    def _proofs(self) -> bytes | mmap:
        return mapped(os.path.join(self.folder, _PROOFS))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Tell what goes wrong while the store is read; where it is damaged it is built anew by the next command."""
        try:
            yield
        # The engine raises a RuntimeError where a checksum is wrong.
        except (OSError, RuntimeError, SyntaxError, errors.InputError, *_UNREADABLE) as error:
            if isinstance(error, errors.GraphError) and type(error) is not errors.InputError:
                raise  # What is wrong with a query, or a limit, is no matter of the store.
            hint = "Try again: the store is whole, but something was short, such as memory or open files."
            with suppress(errors.InputError, OSError):  # Where damage cannot be seen, there is none.
                if not _whole(self.folder, thorough=True):
                    hint = "Load the graph again: it is built anew."
                    os.unlink(os.path.join(self.folder, _MANIFEST))
            words = getattr(error, "message", str(error)).split("\n", 1)[0].rstrip(".")
            raise errors.InputError(f"The store cannot be read: {words}.", path=self.folder, hint=hint) from None

    def loaded(self, predicates: Iterable[str] | None = None, kinds: Iterable[str] | None = None) -> Store:
        """The store, which holds everything."""
        return self._store

    def _written(self, quad: Quad) -> list[Quad]:
        return self._verbatim.of(quad)

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """See `Engine.quads`."""
        end = f" <{graph}> .\n".encode() if graph and graph != PROOFS else b"\n"
        lines = self._read(_PROOFS) if graph == PROOFS else self.lines()
        return parsed(line for line in lines if line.endswith(end))

    def lines(self) -> Iterator[bytes]:
        """Every quad but those of proofs as a line of N-Quads, sorted.

        Raises:
            errors.InputError: They are not what was written.
        """
        return self._read(_QUADS)

    def _read(self, name: str) -> Iterator[bytes]:
        path = os.path.join(self.folder, name)
        with self._reading():
            # All are looked at before one is given: a line of text shows no damage.
            if _digest_of(path) != _manifest(self.folder)["files"][name][1]:
                raise ValueError("Its lines are not those that were written")
            with open(path, "rb") as file:
                yield from file

    def count(self) -> int:
        """See `Engine.count`."""
        with self._reading():
            return int(_manifest(self.folder)["quads"])

    @property
    def notes(self) -> list[str]:
        """What was noted while the files were read."""
        with self._reading():
            return [str(note) for note in _manifest(self.folder)["notes"]]

    def names(self) -> Index:
        """See `Engine.names`."""
        with self._reading():
            return Index(mapped(os.path.join(self.folder, _NAMES)), self._reading)


# --- finding --------------------------------------------------------------------------------------------------------


def cache() -> str:
    """The folder of the stores; it need not exist."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("CSTO_GRAPH_CACHE") or os.path.join(base, "csto-graph")


def opened(key: str, files: Sequence[str], write: Callable[[Parts], Sequence[str]], progress: Progress) -> Disk:
    """The store of a graph: the one that is there, if it is whole, else built now.

    Args:
        key: What else decides about the graph, beside the content of its files: the reading.
        files: Paths of the files that are read.
        write: Writes the graph to a sink, and gives what is to be noted; is called only when the store has to be built.
        progress: Is told what is being done, and at the end that nothing is any more ("").

    Raises:
        errors.InputError: A file cannot be read.
        errors.Inconsistent: The statements contradict each other.
        errors.OutputError: The cache cannot be written.
    """
    try:
        states = {path: _state(path) for path in files}
        folder = os.path.join(cache(), _key(key, files, progress))
        if not _whole(folder):
            _build(folder, states, write, progress)
    except OSError as error:
        if isinstance(error, errors.GraphError):
            raise
        raise errors.InputError(f"cannot be read: {error.strerror}.", path=str(error.filename)) from error
    finally:
        progress("", 0, 0)
    return Disk(folder)


def _key(key: str, files: Sequence[str], progress: Progress) -> str:
    """The digest of a key, of this package, and of the content of files."""
    from glob import glob
    from hashlib import sha256

    from pyoxigraph import __version__ as engine

    from .._version import __version__

    whole, remembered = sha256("\n".join((__version__, engine, key)).encode()), _remembered()
    known = dict(remembered)
    package = os.path.dirname(os.path.dirname(__file__))
    paths = [*sorted(glob(os.path.join(package, "**", "*.py"), recursive=True)), *files]
    for number, path in enumerate(paths):
        progress("digests", number, len(paths))
        # The ending says the format: the same bytes may be another graph, or none, in another one.
        name = path.lower()
        ending = name.removeprefix(os.path.splitext(name.removesuffix(".gz"))[0])
        state = _state(path)
        digest = known.get(state) or _digest_of(path)
        # One that was written just now may change without its times changing.
        if os.path.getsize(path) >= _LARGE and int(state.split()[-1]) < time.time_ns() - 2 * 10**9:
            known[state] = digest
        whole.update(f"\n{digest}{ending}".encode())
    if known != remembered:
        _remember(known)
    return whole.hexdigest()[:32]


_DIGESTS, _LARGE, _MOST_DIGESTS = "digests", 8 * 1024**2, 1000
"""The file in the cache that keeps digests of large files by their states, so that they are not read at each start."""


def _remembered() -> dict[str, str]:
    path = os.path.join(cache(), _DIGESTS)
    with suppress(OSError, ValueError, errors.GraphError), open(path, encoding="utf-8") as file:
        _believed(path)
        return dict(line.rstrip("\n").split("\t") for line in file)
    return {}


def _remember(known: Mapping[str, str]) -> None:
    # Only a shortcut: where it cannot be written, the files are read again next time.
    with suppress(OSError, errors.GraphError):
        os.makedirs(cache(), mode=0o700, exist_ok=True)
        lines = [f"{state}\t{digest}\n" for state, digest in known.items()]
        write_text(os.path.join(cache(), _DIGESTS), lines[-_MOST_DIGESTS:])


def _digest_of(path: str) -> str:
    from hashlib import file_digest

    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _state(path: str) -> str:
    """What changes when a file does; as git does it, so that a large file is not read again at every start."""
    found = os.stat(path)
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def _whole(folder: str, *, thorough: bool = False) -> bool:
    """Whether the store is there with all its files, none of them changed since it was built.

    The engine would not always say: of a list of tables it takes what it can read, and in a table it may look for what
    is no longer there until memory ends. Files are read where their states have changed, or all.

    Raises:
        errors.InputError: It may be there, but cannot be looked at, or others may have put there what they like.
    """
    try:
        _believed(folder)
        manifest = _manifest(folder)
        now = {}
        for name, (state, digest) in manifest["files"].items():
            path = os.path.join(folder, name)
            now[name] = _state(path), digest
            if (thorough or now[name][0] != state) and _digest_of(path) != digest:
                return False
        if any(found[0] != manifest["files"][name][0] for name, found in now.items()):
            # A copy, or a file that was only touched: it need not be looked through again the next time.
            with suppress(OSError):
                _write_manifest(folder, manifest | {"files": now})
        return True
    except (FileNotFoundError, NotADirectoryError, *_UNREADABLE):
        return False
    except OSError as error:
        if isinstance(error, errors.GraphError):
            raise
        raise errors.InputError(f"The store cannot be read: {error.strerror}.", path=folder) from error


def _believed(folder: str) -> None:
    """Refuse a store that others than the user and the system can have written.

    Raises:
        errors.InputError: The store or the cache belongs to others, or they may write there.
    """
    for place in (os.path.dirname(folder), folder):
        about = os.stat(place)
        # In a folder with the sticky bit others can add, but not replace.
        open_to_others = about.st_mode & 0o022 and not (place != folder and about.st_mode & stat.S_ISVTX)
        if open_to_others or about.st_uid not in (0, os.geteuid()):
            hint = f"Take from others the right to write there (chmod go-w), or {_ELSEWHERE}"
            words = "Others may write to this folder: a store in it is not believed."
            raise errors.InputError(words, path=place, hint=hint)


def _manifest(folder: str) -> dict[str, Any]:
    import json

    with open(os.path.join(folder, _MANIFEST), encoding="utf-8") as file:
        found = json.load(file)
    return dict(found)


def _write_manifest(folder: str, content: Mapping[str, object]) -> None:
    """Write the manifest, whole or not at all."""
    import json

    path = os.path.join(folder, _MANIFEST)
    with open(f"{path}-{os.getpid()}", "w", encoding="utf-8") as file:
        json.dump(content, file, indent=0)
    os.replace(f"{path}-{os.getpid()}", path)


# --- building -------------------------------------------------------------------------------------------------------


def _build(folder: str, states: Mapping[str, str], write: Callable[[Parts], Sequence[str]], progress: Progress) -> None:
    """Build a store beside its place and move it there, unless a file is no longer what its digest was made of."""
    import shutil
    import tempfile

    home = os.path.dirname(folder)
    try:
        os.makedirs(home, mode=0o700, exist_ok=True)
        _sweep(home)
        draft = tempfile.mkdtemp(prefix=f"{_DRAFT}{os.getpid()}-", dir=home)
        try:
            _fill(draft, write, progress)
            for path, state in states.items():
                if not os.path.exists(path) or _state(path) != state:
                    hint = "Ask again when it is whole."
                    raise errors.InputError("was changed while it was read.", path=path, hint=hint)
            if os.path.isdir(folder) and not _whole(folder):
                shutil.rmtree(folder)
            # Another process may have been quicker: what it built is the same.
            with suppress(OSError):
                os.rename(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        if isinstance(error, errors.GraphError):
            raise
        words, hint = error.strerror or str(error), f"Make room, or {_ELSEWHERE}"
        raise errors.OutputError(f"cannot be written: {words}.", path=home, hint=hint) from error
    if not _whole(folder):
        raise errors.OutputError("cannot be written: another process changes it.", path=folder)


def _sweep(home: str) -> None:
    """Remove what builds that were killed left behind."""
    import shutil

    for name in os.listdir(home):
        if name.startswith(_DRAFT):
            with suppress(ValueError, OSError):
                try:
                    os.kill(int(name.removeprefix(_DRAFT).split("-")[0]), 0)
                except ProcessLookupError:
                    shutil.rmtree(os.path.join(home, name), ignore_errors=True)


def _fill(draft: str, write: Callable[[Parts], Sequence[str]], progress: Progress) -> None:
    import tempfile

    with tempfile.TemporaryDirectory(dir=draft) as folder:
        parts = Parts(folder)
        notes = list(write(parts))
        counts = {}
        for name, sorter in parts.sorters.items():
            with open(os.path.join(draft, name), "wb") as file:
                counts[name] = sum(1 for line in sorter.lines() if file.write(line))
    _load(draft, counts[_QUADS], progress)
    paths = sorted(os.path.join(place, name) for place, _, names in os.walk(draft) for name in names)
    files = {os.path.relpath(path, draft): (_state(path), _digest_of(path)) for path in paths}
    _write_manifest(draft, {"quads": counts[_QUADS], "notes": notes, "files": files})


def _load(draft: str, size: int, progress: Progress) -> None:
    """Make the engine's own store from the lines."""

    def told() -> Iterator[Quad]:
        # That the quads pass through Python lets an interrupt through, too, and blank nodes keep their labels.
        for number, quad in enumerate(parse(path=os.path.join(draft, _QUADS), format=RdfFormat.N_QUADS)):
            if number % 10_000 == 0:
                progress("store", number, size)
            yield quad

    store = Store(os.path.join(draft, _GRAPH))
    store.bulk_extend(told())
    store.optimize()
    store.flush()


class Parts:
    """The sink of a graph on disk: takes its parts as they are made, and gives them sorted.

    Args:
        folder: For lines that memory has no room for.
    """

    def __init__(self, folder: str) -> None:
        self.sorters = {name: Sorter(folder, name) for name in (_QUADS, _PROOFS, _NAMES)}

    def quad(self, statement: Statement, graph: str) -> None:
        """Take a statement, its terms and its graph in N-Triples form."""
        subject, predicate, value = statement
        self.sorters[_QUADS].add(f"{subject} {predicate} {value} {graph} .\n")

    def proof(self, line: str) -> None:
        """Take a quad of the graph of proofs."""
        self.sorters[_PROOFS].add(line)

    def name(self, name: Name) -> None:
        """Take a name of a thing, as `lookup.named` makes it."""
        for line in name_lines(name):
            self.sorters[_NAMES].add(line)


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
        self._lines.append(line.encode())
        self._size += len(line)
        if self._size > IN_MEMORY:
            path = f"{self._path}-{len(self._files)}"
            with open(path, "wb") as file:
                file.writelines(sorted(self._lines))
            self._files.append(path)
            self._lines, self._size = [], 0

    def lines(self) -> Iterator[bytes]:
        """All lines."""
        import heapq
        from contextlib import ExitStack
        from itertools import groupby

        with ExitStack() as stack:
            parts: list[Iterable[bytes]] = [stack.enter_context(open(path, "rb")) for path in self._files]
            yield from (line for line, _ in groupby(heapq.merge(*parts, sorted(self._lines))))
