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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, Triple, parse

from .. import errors
from . import lines, proofs
from .engine import (
    GRAPHS,
    Answer,
    Limits,
    Node,
    Statement,
    Term,
    answer_of,
    as_written,
    graph_name,
    interruptible,
)
from .lines import Index, name_lines

if TYPE_CHECKING:
    from mmap import mmap

    from ..loading.inputs import Progress
    from .proofs import Derivation

_BROKEN = (OSError, RuntimeError)  # the engine raises the second one where a checksum is wrong
_GARBLED = (*_BROKEN, SyntaxError, ValueError)
_MAKERS = (
    "sandbox", "store", "loading", "reason", "rdf", "sparql/text.py", "text.py", "files.py", "dates.py", "names.py",
)  # fmt: skip
"""The code that a store depends on, besides the files it is made of: modules, and folders of them."""
_GRAPH, _QUADS, _PROOFS, _NAMES, _MANIFEST = "graph", "quads", "proofs", "names", "manifest"


class Disk:
    """An engine over a store that `opened` gave; see `store.Engine`."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    @cached_property
    def _graph(self) -> Store:
        with self._read():
            return Store.read_only(os.path.join(self.folder, _GRAPH))

    @cached_property
    def _proofs(self) -> bytes | mmap:
        with self._read():
            return lines.opened(os.path.join(self.folder, _PROOFS))

    @cached_property
    def _verbatim(self) -> lines.Verbatim:
        with self._read():
            return lines.Verbatim(lines.opened(os.path.join(self.folder, _QUADS)))

    @contextmanager
    def _read(self, wrong: tuple[type[Exception], ...] = _BROKEN) -> Iterator[None]:
        """Tell what goes wrong while the store is read; where it is damaged it is built anew by the next command."""
        try:
            yield
        except wrong as error:
            hint = "Try again: the store is whole, but something was short, such as memory or open files."
            if _damaged(self.folder):
                hint = "Load the graph again: it is built anew."
                with suppress(OSError):
                    os.unlink(os.path.join(self.folder, _MANIFEST))
            words = getattr(error, "message", str(error)).split("\n", 1)[0].rstrip(".")
            raise errors.InputError(f"The store cannot be read: {words}.", path=self.folder, hint=hint) from None

    def query(self, text: str, *, predicates: Iterable[str] | None = None, limits: Limits | None = None) -> Answer:
        """See `Engine.query`; without limits it runs in this process."""
        if limits is not None:
            return self.foreign(text, limits=limits)
        with self._read():
            return interruptible(lambda: answer_of(self._graph.query(text, use_default_graph_as_union=True)))

    def foreign(self, text: str, *, limits: Limits) -> Answer:
        """See `Engine.foreign`; a worker opens the store."""
        from ..sandbox import parent

        graphs = [graph_name(name).value for name in GRAPHS]
        try:
            return parent.query(os.path.join(self.folder, _GRAPH), text, limits=limits, graphs=graphs)
        except errors.QueryError:
            raise
        except errors.InputError:
            with self._read((errors.InputError,)):
                raise

    def match(
        self,
        subject: Node | None,
        predicate: NamedNode | None,
        value: Term | None,
        graph: NamedNode | None = None,
        *,
        kinds: Iterable[str] | None = None,
    ) -> Iterator[Quad]:
        """See `Engine.match`."""
        with self._read(_GARBLED):
            quads = self._graph.quads_for_pattern(subject, predicate, value, graph)
            yield from as_written(quads, lambda quad: self._verbatim.of(quad), value, kinds)

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """See `Engine.quads`."""
        if graph == graph_name("proofs").value:
            return self._parsed(_PROOFS)
        end = f" <{graph}> .\n".encode() if graph else b"\n"
        return (quad for line in self.lines() if line.endswith(end) for quad in parse(line, format=RdfFormat.N_QUADS))

    def _parsed(self, name: str) -> Iterator[Quad]:
        with self._read(_GARBLED):
            yield from parse(path=os.path.join(self.folder, name), format=RdfFormat.N_QUADS)

    def lines(self) -> Iterator[bytes]:
        """Every quad but those of proofs as a line of N-Quads, sorted.

        Raises:
            errors.InputError: They are not what was written.
        """
        path = os.path.join(self.folder, _QUADS)
        with self._read((OSError, ValueError, LookupError, TypeError, errors.InputError)):
            # All are looked at before one is given: a line of text shows no damage.
            if _digest_of(path) != _manifest(self.folder)["files"][_QUADS][1]:
                raise ValueError("Its lines are not those that were written")
            with open(path, "rb") as file:
                yield from file

    def count(self) -> int:
        """See `Engine.count`."""
        with self._read((OSError, ValueError, LookupError, TypeError)):
            return int(_manifest(self.folder)["quads"])

    @property
    def notes(self) -> list[str]:
        """What was noted while the files were read."""
        with self._read((OSError, ValueError, LookupError, TypeError)):
            return [str(note) for note in _manifest(self.folder)["notes"]]

    def proof(self, statement: Triple) -> Derivation | None:
        """See `Engine.proof`."""
        with self._read(_GARBLED):
            return proofs.look(self._proofs, statement)

    def names(self) -> Index:
        """See `Engine.names`."""
        with self._read():
            return Index(lines.opened(os.path.join(self.folder, _NAMES)), lambda: self._read(_GARBLED))


# --- finding and building -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """What a store is made of.

    Attributes:
        key: What else decides about the graph, beside the content of its files: the reading.
        files: Files that are read, by path.
        write: Writes the graph to a sink, and gives what is to be noted; is called only when the store has to be built.
    """

    key: str
    files: Sequence[str]
    write: Callable[[Parts], Sequence[str]]


def cache() -> str:
    """The folder of the stores; it need not exist."""
    named = os.environ.get("CSTO_GRAPH_CACHE")
    if named:
        return named
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "csto-graph")


def opened(recipe: Recipe, progress: Progress) -> Disk:
    """The store that a recipe makes: the one that is there, if it is whole, else built now.

    Raises:
        errors.InputError: A file cannot be read.
        errors.Inconsistent: The statements contradict each other.
        errors.OutputError: The cache cannot be written.

    At its end the progress is told that nothing is being done any more ("").
    """
    try:
        states = {path: _state(path) for path in (*_makers(), *recipe.files)}
        folder = os.path.join(cache(), _digest(recipe.key, states, progress))
        if not _whole(folder):
            _build(recipe, folder, progress, states)
    except OSError as error:
        if isinstance(error, errors.GraphError):
            raise
        raise errors.InputError(f"cannot be read: {error.strerror}.", path=str(error.filename)) from error
    finally:
        progress("", 0, 0)
    return Disk(folder)


def _whole(folder: str) -> bool:
    """Whether the store is there with all its files, none of them changed since it was built.

    The engine would not always say: of a list of tables it takes what it can read, and in a table it may look for what
    is no longer there until memory ends.

    Raises:
        errors.InputError: It may be there, but cannot be looked at, or others may have put there what they like.
    """
    try:
        _believed(folder)
        files = _manifest(folder)["files"]
        states = {name: _state(os.path.join(folder, name)) for name in files}
        moved = [name for name, (state, _) in files.items() if state != states[name]]
        if any(_digest_of(os.path.join(folder, name)) != files[name][1] for name in moved):
            return False
        if moved:
            # A copy, or a file that was only touched: it need not be looked through again the next time.
            with suppress(OSError):
                _write_manifest(folder, {name: (states[name], digest) for name, (_, digest) in files.items()})
        return True
    except (FileNotFoundError, NotADirectoryError, ValueError, LookupError, TypeError, AttributeError):
        return False
    except OSError as error:
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
            hint = "Take from others the right to write there (chmod go-w), or name another folder with the environment"
            words = "Others may write to this folder: a store in it is not believed."
            raise errors.InputError(words, path=place, hint=f"{hint} variable CSTO_GRAPH_CACHE.")


def _damaged(folder: str) -> bool:
    """Whether a file of the store is not what was written; where that cannot be seen, it is not."""
    try:
        files = _manifest(folder)["files"]
        return any(_digest_of(os.path.join(folder, name)) != digest for name, (_, digest) in files.items())
    except OSError as error:
        return isinstance(error, (FileNotFoundError, NotADirectoryError))
    except (ValueError, LookupError, TypeError, AttributeError):
        return True


def _write_manifest(folder: str, files: Mapping[str, tuple[str, str]], **more: object) -> None:
    """Write the manifest, whole or not at all; what else an older one says stays."""
    import json

    path = os.path.join(folder, _MANIFEST)
    content = (_manifest(folder) if os.path.exists(path) else {}) | more | {"files": files}
    draft = f"{path}-{os.getpid()}"
    with open(draft, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=0)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def _manifest(folder: str) -> dict[str, Any]:
    import json

    with open(os.path.join(folder, _MANIFEST), encoding="utf-8") as file:
        found = json.load(file)
    return dict(found)


def _digest(key: str, states: Mapping[str, str], progress: Progress) -> str:
    """The digest of the key of a recipe and of the content of files, by path with their states."""
    from hashlib import sha256

    from pyoxigraph import __version__ as engine

    from .._version import __version__

    whole = sha256("\n".join((__version__, engine, key)).encode())
    known = _known_digests()
    fresh: dict[str, str] = {}
    for number, (path, state) in enumerate(states.items()):
        digest = known.get(state) or fresh.get(state)
        if digest is None:
            progress("digests", number, len(states))
            digest = fresh[state] = _digest_of(path)
        whole.update(f"\n{digest}{_ending(path)}".encode())
    _remember(known, fresh)
    return whole.hexdigest()[:32]


def _makers() -> Iterator[str]:
    package = os.path.dirname(os.path.dirname(__file__))
    for path in (os.path.join(package, name) for name in _MAKERS):
        if os.path.isdir(path):
            yield from sorted(os.path.join(path, name) for name in os.listdir(path) if name.endswith(".py"))
        else:
            yield path


def _ending(path: str) -> str:
    """What says the format: the same bytes may be another graph, or none, in another one."""
    name = path.lower()
    return name.removeprefix(os.path.splitext(name.removesuffix(".gz"))[0])


def _digest_of(path: str) -> str:
    from hashlib import file_digest

    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _state(path: str) -> str:
    """What changes when a file does; as git does it, so that a large file is not read again at every start."""
    found = os.stat(path)
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


_DIGESTS = "digests"
_MOST_DIGESTS = 1000


def _known_digests() -> dict[str, str]:
    with suppress(OSError, ValueError), open(os.path.join(cache(), _DIGESTS), encoding="utf-8") as file:
        return dict(line.rstrip("\n").split("\t") for line in file)
    return {}


def _remember(known: dict[str, str], fresh: dict[str, str]) -> None:
    """Keep the digests of files that were not written just now: such a file may change without its times changing."""
    import time

    before = time.time_ns() - 2 * 10**9
    settled = {state: digest for state, digest in fresh.items() if int(state.split()[-1]) < before}
    if not settled:
        return
    kept = list((known | settled).items())[-_MOST_DIGESTS:]
    # Only a shortcut: where it cannot be written, the files are read again next time.
    with suppress(OSError):
        os.makedirs(cache(), mode=0o700, exist_ok=True)
        draft = os.path.join(cache(), f"{_DRAFT}{os.getpid()}-{_DIGESTS}")
        try:
            with open(draft, "w", encoding="utf-8") as file:
                file.writelines(f"{state}\t{digest}\n" for state, digest in kept)
            os.replace(draft, os.path.join(cache(), _DIGESTS))
        finally:
            os.unlink(draft)  # which fails when all went well


_DRAFT = ".building-"


def _build(recipe: Recipe, folder: str, progress: Progress, states: Mapping[str, str]) -> None:
    """Build a store beside its place and move it there, unless a file is no longer what its digest was made of."""
    import shutil
    import tempfile

    home = os.path.dirname(folder)
    try:
        os.makedirs(home, mode=0o700, exist_ok=True)
        _sweep(home)
        draft = tempfile.mkdtemp(prefix=f"{_DRAFT}{os.getpid()}-", dir=home)
    except OSError as error:
        hint = "Name another folder with the environment variable CSTO_GRAPH_CACHE."
        raise errors.OutputError(f"cannot be written: {error.strerror}.", path=home, hint=hint) from error
    try:
        _fill(recipe, draft, progress)
        for path in recipe.files:
            if not os.path.exists(path) or _state(path) != states[path]:
                raise errors.InputError("was changed while it was read.", path=path, hint="Ask again when it is whole.")
        if os.path.isdir(folder) and not _whole(folder):
            shutil.rmtree(folder)
        # Another process may have been quicker: what it built is the same.
        with suppress(OSError):
            os.rename(draft, folder)
    except OSError as error:
        if isinstance(error, errors.GraphError):
            raise
        hint = "Make room, or name another folder with the environment variable CSTO_GRAPH_CACHE."
        words = error.strerror or str(error)
        raise errors.OutputError(f"cannot be written: {words}.", path=home, hint=hint) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    if not _whole(folder):
        raise errors.OutputError("cannot be written: another process changes it.", path=folder)


def _sweep(home: str) -> None:
    """Remove what builds that were killed left behind."""
    import shutil

    for name in os.listdir(home):
        if not name.startswith(_DRAFT):
            continue
        with suppress(ValueError, OSError):
            owner = int(name.removeprefix(_DRAFT).split("-")[0])
            try:
                os.kill(owner, 0)
            except ProcessLookupError:
                shutil.rmtree(os.path.join(home, name), ignore_errors=True)
                os.unlink(os.path.join(home, name))  # where it is a file


def _fill(recipe: Recipe, draft: str, progress: Progress) -> None:
    import tempfile

    with tempfile.TemporaryDirectory(dir=draft) as folder:
        parts = Parts(folder)
        notes = list(recipe.write(parts))
        counts = {name: _put(os.path.join(draft, name), sorter.lines()) for name, sorter in parts.sorters.items()}
    _load(draft, progress)
    paths = sorted(os.path.join(place, name) for place, _, names in os.walk(draft) for name in names)
    files = {os.path.relpath(path, draft): (_state(path), _digest_of(path)) for path in paths}
    _write_manifest(draft, files, quads=counts[_QUADS], notes=notes)


class Parts:
    """The sink of a graph on disk: takes its parts as they are made, and gives them sorted.

    Args:
        folder: For lines that memory has no room for.
    """

    def __init__(self, folder: str) -> None:
        self.sorters = {name: lines.Sorter(folder, name) for name in (_QUADS, _PROOFS, _NAMES)}

    def quad(self, statement: Statement, graph: str) -> None:
        """Take a statement, its terms and its graph in N-Triples form."""
        subject, predicate, value = statement
        self.sorters[_QUADS].add(f"{subject} {predicate} {value} {graph} .\n")

    def proof(self, line: str) -> None:
        """Take a quad of the graph of proofs."""
        self.sorters[_PROOFS].add(line)

    def name(self, name: lines.Name) -> None:
        """Take a name of a thing, as `lookup.named` makes it."""
        for line in name_lines(name):
            self.sorters[_NAMES].add(line)


def _put(path: str, lines: Iterable[bytes]) -> int:
    """Write lines to a file; how many."""
    count = 0
    with open(path, "wb") as file:
        for line in lines:
            file.write(line)
            count += 1
    return count


def _load(draft: str, progress: Progress) -> None:
    """Make the engine's own store from the lines."""
    store = Store(os.path.join(draft, _GRAPH))
    blank: list[bytes] = []
    path = os.path.join(draft, _QUADS)

    def plain(every: Iterable[bytes]) -> Iterator[bytes]:
        for line in every:
            if b"_:" in line:
                blank.append(line)
            else:
                yield line

    with open(path, "rb") as file:
        plain_lines = plain(_told(file, os.stat(path).st_size, progress))
        store.bulk_load(lines.Reader(plain_lines), format=RdfFormat.N_QUADS)  # type: ignore[arg-type]
    # bulk_load gives blank nodes new labels, and the proofs would not know them.
    if blank:
        store.bulk_extend(parse(b"".join(blank), format=RdfFormat.N_QUADS))
    store.optimize()
    store.flush()


def _told(lines: Iterable[bytes], size: int, progress: Progress) -> Iterator[bytes]:
    """The lines, while it is told how far they are; that they pass through Python lets an interrupt through, too."""
    done = 0
    for number, line in enumerate(lines):
        if number % 10_000 == 0:
            progress("store", done, size)
        done += len(line)
        yield line
