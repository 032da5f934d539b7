"""The embedded engine, Oxigraph: in memory, and on disk for data too large to be read and closed anew by each command.

Oxigraph keeps numbers, truth values, dates and durations by their value: of ``"01"^^xsd:integer`` it remembers 1, and
``"5"^^xsd:int`` and ``5`` are one term for it. RDF 1.1 Concepts, section 3.3, says that they are different terms. So
its store answers SPARQL, and which statements there are is read from sorted lines of N-Quads, the one copy whose terms
are exactly as they were read.

A store on disk is built once and kept in a folder of its own, named after the digest of all that went into it (of a
file of more than eight megabytes: after its size, place and times)::

    CACHE/4f0c…/graph       the quads, as Oxigraph keeps them
               /quads       the same, sorted lines of N-Quads
               /proofs      the graph of proofs, sorted lines of N-Quads
               /names       names, sorted by their words, for `engine.Lookup`
               /manifest    the files above with their states and digests, written last

It is built beside its place and moved there when it is whole. What does not agree with its manifest is built anew.
The cache is the folder that ``CSTO_GRAPH_CACHE`` names, else ``csto-graph`` in the user's folder for caches. Nothing
in it is needed: it may be deleted at any time.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache, cached_property, partial
from io import BytesIO
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from .. import _version, errors, files
from ..names import PREFIXES, curie, iri
from . import engine
from .engine import PROOFS, Answer, Limits, Node, Statement, Term, kind_of, mapped, span

if TYPE_CHECKING:
    from mmap import mmap

    from ..loading.inputs import Progress
    from ..sandbox.parent import Workers

_TYPE = iri("rdf:type")

#: First words of a file that begins with an index.
INDEX = "# csto-graph index"

#: The graph of proofs in N-Triples form.
PROVED = f"<{PROOFS}>"

#: Where the parts of a graph go: takes a statement and the graph in which it stands, in N-Triples form.
Sink: TypeAlias = Callable[[Statement, str], None]


#: Gives sorted lines when they are needed.
Given: TypeAlias = Callable[[], "bytes | mmap"]


def parsed(lines: Iterator[bytes]) -> Iterator[Quad]:
    """The quads of lines of N-Quads, of which few are held at a time.

    >>> [quad.object.value for quad in parsed(iter([b"<urn:a> <urn:b> 'c' .\\n".replace(b"'", b'"')]))]
    ['c']
    """
    while some := b"".join(islice(lines, 1000)):
        yield from parse(some, format=RdfFormat.N_QUADS)


def written(write: Callable[[Sink], object]) -> tuple[bytes, bytes]:
    """A graph in memory: its quads and its proofs, as sorted N-Quads.

    The quads stand in sections by predicate and by the kind of their subject (types: by the class), each sorted. An
    index in a comment at the head says of each section in turn predicate, kind and length. So an engine can load just
    what a query names: a pattern with a constant predicate can match nothing outside the sections of that predicate.

    Args:
        write: Writes the graph to a sink.
    """
    sections: dict[tuple[str, str], set[bytes]] = defaultdict(set)
    proofs = set[bytes]()

    def take(statement: Statement, graph: str) -> None:
        subject, predicate, value = statement
        line = f"{subject} {predicate} {value} {graph} .\n".encode()
        if graph == PROVED:
            proofs.add(line)
        # Of types it matters which one, of everything else whose it is. A user's file may have a text for a type.
        elif (name := predicate[1:-1]) == _TYPE and value.startswith("<"):
            sections[name, curie(value[1:-1])].add(line)
        else:
            sections[name, kind_of(NamedNode(subject[1:-1]) if subject.startswith("<") else None)].add(line)

    write(take)
    texts = [(*key, b"".join(sorted(lines))) for key, lines in sorted(sections.items())]
    head = f"{INDEX}{''.join(f' {predicate} {kind} {len(text)}' for predicate, kind, text in texts)}\n"
    return b"".join([head.encode(), *(text for _, _, text in texts)]), b"".join(sorted(proofs))


class _Section(NamedTuple):
    """Where the statements of one predicate about things of one kind lie."""

    predicate: str
    kind: str
    start: int
    end: int


def _may_differ(quad: Quad) -> bool:
    """Whether the value of a statement out of a store may have been written in another way."""
    datatype = quad.object.datatype.value if isinstance(quad.object, Literal) else ""
    return datatype.startswith(PREFIXES["xsd"]) and datatype != PREFIXES["xsd"] + "string"


def interruptible(store: Store, text: str) -> Answer:
    """Ask the engine, which answers at one stretch, in a thread, so that an interrupt is heard meanwhile."""
    from threading import Thread

    found, failed = list[Answer](), list[BaseException]()

    def ask() -> None:
        try:
            found.append(engine.answer_of(store.query(text, use_default_graph_as_union=True)))
        except BaseException as error:  # noqa: BLE001  (it is raised again where it is waited for)
            # The frames that it passed hold things of the engine, which must not outlive this thread.
            failed.append(error.with_traceback(None))

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed.pop()  # This frame must not hold it: they would keep each other.
    return found[0]


class Oxigraph:
    """The embedded engine, in memory. It loads what is asked for and no more.

    Args:
        source: N-Quads as `written` makes them: bytes, or the path of a file.
        prove: Gives the graph of proofs as `written` makes it, when it is first needed.
        called: Gives the names of things, as `engine.names_of` makes them; by default they are read.
    """

    folder = ""  # of the store, where it lies on disk

    def __init__(self, source: bytes | str, prove: Given = bytes, called: Given | None = None) -> None:
        self.nquads = source
        self._proofs, self._called = cache(prove), called
        self._there, self._whole = set[_Section](), False

    @cached_property
    def _lines(self) -> bytes | mmap:
        return mapped(self.nquads) if isinstance(self.nquads, str) else self.nquads

    @cached_property
    def _store(self) -> Store:
        return Store.read_only(f"{self.folder}/{_GRAPH}") if self.folder else Store()

    def _reading(self) -> AbstractContextManager[None]:
        """What takes care of errors while the store is read."""
        return nullcontext()

    @cached_property
    def _sections(self) -> dict[str, list[_Section]]:
        """Where everything lies, by property; of types by the class as well."""
        end = self._lines.find(b"\n") + 1
        words = iter(self._lines[len(INDEX) : end].decode().split())
        sections: dict[str, list[_Section]] = defaultdict(list)
        for predicate, kind, length in zip(words, words, words, strict=True):
            start, end = end, end + int(length)
            sections[predicate].append(section := _Section(predicate, kind, start, end))
            if predicate == _TYPE:
                sections[iri(kind)].append(section)
        return sections

    def loaded(self, predicates: Iterable[str] | None = None, kind: str | None = None) -> Store:
        """The store, holding at least the statements with these predicates about things of this kind.

        Args:
            predicates: IRIs; None means all. With rdf:type all types are loaded, without it those of the classes that
                stand among these IRIs.
            kind: As `kind_of` gives it; None means all. Types are loaded for every kind.
        """
        if self._whole:
            return self._store
        named = self._sections if predicates is None else set(predicates)
        there = (one for name in named for one in self._sections.get(name, ()))
        missing = {one for one in there if kind in (None, one.kind) or one.predicate == _TYPE} - self._there
        if missing:
            lines, parts = memoryview(self._lines), defaultdict[bool, list[memoryview]](list)
            for one in sorted(missing):
                blank = self._lines.find(b"_:", one.start, one.end) >= 0
                parts[blank].append(lines[one.start : one.end])
            # The lines were written here; what an IRI may have in it need not be looked at again.
            self._store.load(b"".join(parts[False]), format=RdfFormat.N_QUADS, lenient=True)
            # Loading would give blank nodes new labels, and a list whose parts come one by one would fall apart.
            self._store.extend(parse(b"".join(parts[True]), format=RdfFormat.N_QUADS))
            # Marked only when it is there: another thread may load it once more, but never ask without it.
            self._there |= missing
        self._whole = predicates is None and kind is None
        return self._store

    def _said(self, subject: Node, predicate: NamedNode) -> Iterator[Quad]:
        """What is said of a thing with a property, out of the lines: for that nothing need be loaded."""
        sections, kind = () if self.folder else self._sections.get(predicate.value, ()), kind_of(subject)
        places = [(one.start, one.end) for one in sections if one.kind == kind]
        for place in [(0, len(self._lines))] if self.folder else places:
            start, end = span(self._lines, f"{subject} {predicate} ".encode(), *place)
            yield from parse(self._lines[start:end], format=RdfFormat.N_QUADS)

    def _held(self, subject: Node | None, predicate: NamedNode | None, value: Term | None) -> Iterator[Quad]:
        """The statements that fit, out of the store; what it may have rewritten is given as it was read."""
        # Of types only those of the class that is asked for.
        named = value if predicate and predicate.value == _TYPE and isinstance(value, NamedNode) else predicate
        store, told = self.loaded(named and (named.value,), subject and kind_of(subject)), set[Any]()
        for quad in store.quads_for_pattern(subject, predicate, value, None):
            if not _may_differ(quad):
                yield quad
            elif (place := (quad.subject, quad.predicate)) not in told:
                told.add(place)  # what is said of a thing with a property is told once, with all its values
                said = [one for one in self._said(*place) if _may_differ(one)]  # type: ignore[arg-type]
                if quad.graph_name not in {one.graph_name for one in said}:
                    raise ValueError("A statement of the store has no line")
                yield from said

    def query(self, text: str, *, predicates: Iterable[str] | None = None, limits: Limits | None = None) -> Answer:
        """See `Engine.query`; without limits it runs in this process."""
        if limits is not None:
            return self.foreign(text, limits=limits)
        with self._reading():
            return interruptible(self.loaded(predicates), text)

    def foreign(self, text: str, *, limits: Limits) -> Answer:
        """See `Engine.foreign`; a worker loads the graph again, or opens the store."""
        with self._reading():
            return self.workers.query(text, limits=limits)

    @cached_property
    def workers(self) -> Workers:
        """The processes that answer queries from outside."""
        from ..sandbox.parent import Workers

        return Workers(f"{self.folder}/{_GRAPH}" if self.folder else bytes(self._lines))

    def match(
        self, subject: Node | None, predicate: NamedNode | None, value: Term | None, graph: NamedNode | None = None
    ) -> Iterator[Quad]:
        """See `Engine.match`."""
        with self._reading():
            if not self._whole and subject and predicate and predicate.value != _TYPE:
                found = self._said(subject, predicate)
            else:
                found = self._held(subject, predicate, value)
            yield from (one for one in found if value in (None, one.object) and graph in (None, one.graph_name))

    def proof(self, statement: Triple) -> engine.Derivation | None:
        """See `Engine.proof`: a binary search."""
        with self._reading():
            start, end = span(proofs := self._proofs(), f"{engine.statement_name(*statement)} ".encode())
            found = parse(proofs[start:end], format=RdfFormat.N_QUADS)
            return next((engine.derivation(quad.object) for quad in found), None)

    def lines(self, proofs: bool = False) -> Iterator[bytes]:
        """Every quad but those of proofs, or those of proofs, as a line of N-Quads."""
        return iter(BytesIO(self._proofs() if proofs else self._lines))

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """See `Engine.quads`."""
        end = b"\n" if graph is None else f" <{graph}> .\n".encode()
        return parsed(line for line in self.lines(graph == PROOFS) if line.endswith(end))

    def ntriples(self) -> bytes:
        """Every statement as a line of N-Triples, among comments."""
        return re.sub(rb" <[^ <>]*> \.\n", b" .\n", bytes(self._lines))

    @cached_property
    def _names(self) -> bytes | mmap:
        """The names of things, which are read out of the lines where they are not given."""
        if self._called:
            return self._called()
        places = chain.from_iterable(self._sections.get(name, ()) for name in engine.ROLES)
        lines = b"".join(self._lines[one.start : one.end] for one in places if one.kind in engine.NAMED)
        return engine.names_of(parse(lines, format=RdfFormat.N_QUADS))

    def names(self, of: str | None = None) -> engine.Index:
        """See `Engine.names`: all there are."""
        with self._reading():
            return engine.Index(self._names, self._reading)

    def count(self) -> int:
        """See `Engine.count`."""
        return bytes(self._lines).count(b"\n") - 1  # without the head


# --- on disk ---------------------------------------------------------------------------------------------------------

_GRAPH, _QUADS, _PROOFS, _NAMES, _MANIFEST = "graph", "quads", "proofs", "names", "manifest"
_DRAFT = ".building-"
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)  # of a manifest that is none
_ELSEWHERE = "name another folder with the environment variable CSTO_GRAPH_CACHE."


class Disk(Oxigraph):
    """An engine over a store that `opened` gave; see `store.Engine`.

    Args:
        folder: Where it lies.
        manifest: What it says of itself.

    Attributes:
        folder: Where it lies.
        manifest: The number of its ``quads``, the ``notes`` taken while the data were read, and its ``files``.
    """

    def __init__(self, folder: str, manifest: Mapping[str, Any]) -> None:
        super().__init__(f"{folder}/{_QUADS}", *(partial(mapped, f"{folder}/{name}") for name in (_PROOFS, _NAMES)))
        self.folder, self.manifest = folder, manifest
        self._whole = True  # and so it is asked for everything: it finds damage, lines do not show it

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

    def lines(self, proofs: bool = False) -> Iterator[bytes]:
        """As in memory, sorted.

        Raises:
            errors.InputError: They are not what was written.
        """
        name = _PROOFS if proofs else _QUADS
        with self._reading(), open(f"{self.folder}/{name}", "rb") as file:
            # All are looked at before one is given: a line of text shows no damage.
            if _digest_of(file.name) != self.manifest["files"][name][1]:
                raise ValueError("Its lines are not those that were written")
            yield from file

    def count(self) -> int:
        """See `Engine.count`."""
        return int(self.manifest["quads"])


# --- finding --------------------------------------------------------------------------------------------------------


def opened(key: str, paths: Sequence[str], write: Callable[[Sink], Sequence[str]], progress: Progress) -> Disk:
    """The store of a graph: the one that is there, if it is whole, else built now.

    Args:
        key: What else decides about the graph, beside the content of its files: the reading.
        paths: Of the files that are read.
        write: Writes the graph to a sink, and gives what is to be noted; is called only when the store has to be built.
        progress: Is told what is being done, and at the end that nothing is any more ("").

    Raises:
        errors.InputError: A file cannot be read.
        errors.Inconsistent: The statements contradict each other.
        errors.OutputError: The cache cannot be written.
    """
    try:
        states = {path: _state(path) for path in paths}
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        cache = os.environ.get("CSTO_GRAPH_CACHE") or os.path.join(base, "csto-graph")
        folder = os.path.join(cache, _key(key, paths, progress))
        if not (manifest := _whole(folder)):
            _build(folder, states, write, progress)
            if not (manifest := _whole(folder)):
                raise errors.OutputError("cannot be written: another process changes it.", path=folder)
    except errors.GraphError:
        raise  # some are errors of the system, too
    except OSError as error:
        raise errors.InputError(f"cannot be read: {error.strerror}.", path=str(error.filename)) from error
    finally:
        progress("", 0, 0)
    return Disk(folder, manifest)


def _key(key: str, given: Sequence[str], progress: Progress) -> str:
    """The digest of a key, of this package, and of files: of their content, of large ones of their states."""
    from hashlib import sha256

    from pyoxigraph import __version__ as version

    whole = sha256("\n".join((_version.__version__, version, key)).encode())
    paths = [*files.below(os.path.dirname(os.path.dirname(__file__)), ".py", ".toml", ".txt"), *given]
    for number, path in enumerate(paths):
        progress("digests", number, len(paths))
        with files.opened(path) as file:  # A pipe is refused, and not waited for.
            about = os.fstat(file.fileno())
        age = time.time() - about.st_ctime
        if (large := about.st_size >= _LARGE) and 0 <= age < _TICK:
            time.sleep(_TICK - age)  # One that is changed again within a tick of the clock would keep its state.
        # The ending says the format: the same bytes may be another graph, or none, in another one.
        _, _, ending = os.path.basename(path).lower().partition(".")
        whole.update(f"\n{_state(path) if large else _digest_of(path)} {ending}".encode())
    return whole.hexdigest()[:32]


#: Bytes from which on a file is known by its state, so that it is not read at each start.
_LARGE = 8 * 1024**2
_TICK = 2.0  # seconds, of the coarsest clock of a file system


def _digest_of(path: str) -> str:
    from hashlib import file_digest

    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _state(path: str) -> str:
    """What changes when a file does; as git does it, so that a large file is not read again at every start."""
    found = os.stat(path)
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def _whole(folder: str, *, thorough: bool = False) -> dict[str, Any] | None:
    """The manifest of a store that is there with all its files, none of them changed since it was built.

    The engine would not always say: of a list of tables it takes what it can read, and in a table it may look for what
    is no longer there until memory ends. Files are read where their states have changed, or all.

    Raises:
        errors.InputError: The store or the cache belongs to others, or they may write there: they may have put there
            what they like.
        OSError: It may be there, but cannot be looked at.
    """
    import json

    path = os.path.join(folder, _MANIFEST)
    try:
        for place in (os.path.dirname(folder), folder):
            about = os.stat(place)
            # In a folder with the sticky bit others can add, but not replace.
            sticky = place != folder and about.st_mode & stat.S_ISVTX
            if (about.st_mode & 0o022 and not sticky) or about.st_uid not in (0, os.geteuid()):
                hint = f"Take from others the right to write there (chmod go-w), or {_ELSEWHERE}"
                words = "Others may write to this folder: a store in it is not believed."
                raise errors.InputError(words, path=place, hint=hint)
        with open(path, encoding="utf-8") as file:
            manifest = dict(json.load(file))
        before = manifest["files"]
        now = {name: [_state(f"{folder}/{name}"), digest] for name, (_, digest) in before.items()}
        suspect = [name for name in now if thorough or now[name] != before[name]]
        if any(_digest_of(f"{folder}/{name}") != before[name][1] for name in suspect):
            return None
        if now != before:  # A copy, say: it need not be read again.
            with suppress(errors.OutputError):
                files.write(path, [json.dumps(manifest | {"files": now}, indent=0)])
        return manifest
    except (FileNotFoundError, NotADirectoryError, *_UNREADABLE):
        return None


# --- building -------------------------------------------------------------------------------------------------------


def _build(folder: str, states: Mapping[str, str], write: Callable[[Sink], Sequence[str]], progress: Progress) -> None:
    """Build a store beside its place and move it there, unless a file is no longer what its digest was made of."""
    import shutil
    import tempfile
    from glob import escape, glob

    home = os.path.dirname(folder)
    try:
        os.makedirs(home, mode=0o700, exist_ok=True)
        for older in glob(f"{escape(home)}/{_DRAFT}*"):
            with suppress(ValueError, OSError):
                try:
                    os.kill(int(older.rsplit(_DRAFT)[1].split("-")[0]), 0)
                except ProcessLookupError:  # it was killed
                    shutil.rmtree(older, ignore_errors=True)
        name = f"{_DRAFT}{os.getpid()}-"
        with tempfile.TemporaryDirectory(prefix=name, dir=home, ignore_cleanup_errors=True) as draft:
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
    except errors.GraphError:
        raise
    except OSError as error:
        words, hint = error.strerror or str(error), f"Make room, or {_ELSEWHERE}"
        raise errors.OutputError(f"cannot be written: {words}.", path=home, hint=hint) from error


def _fill(draft: str, write: Callable[[Sink], Sequence[str]], progress: Progress) -> None:
    """Make the files of a store: sorted lines, of them the engine's own store, and last the manifest."""
    import json

    quads, proofs, names = (files.Sorter(draft) for _ in range(3))

    def take(statement: Statement, graph: str) -> None:
        (proofs if graph == PROVED else quads).add(f"{' '.join(statement)} {graph} .\n")

    notes = list(write(take))
    count, _ = quads.write(_QUADS), proofs.write(_PROOFS)
    store = Store(os.path.join(draft, _GRAPH))
    store.bulk_extend(_told(os.path.join(draft, _QUADS), count, names, progress))
    names.write(_NAMES)
    store.optimize()
    store.flush()
    del store
    found = {os.path.relpath(path, draft): (_state(path), _digest_of(path)) for path in files.below(draft, "")}
    with open(os.path.join(draft, _MANIFEST), "w", encoding="utf-8") as manifest:
        json.dump({"quads": count, "notes": notes, "files": found}, manifest, indent=0)


def _told(path: str, size: int, names: files.Sorter, progress: Progress) -> Iterator[Quad]:
    """The quads of a file, whose names are taken, and how far they are. Through Python interrupts pass, and labels of
    blank nodes stay."""
    for number, quad in enumerate(parse(path=path, format=RdfFormat.N_QUADS)):
        if number % 10_000 == 0:
            progress("store", number, size)
        for line in engine.name_lines(quad):
            names.add(line)
        yield quad
