"""What came from outside runs in a child process with limits.

Texts and files that do not belong to the project are hostile until shown otherwise: a query may ask the engine to
call a server, a file of a few kilobytes may make it crash or never end, and the engine has no switch against either.
So each is handled by a fresh interpreter (`child`) that has loaded all it needs and then gives up the right to open
any file or socket, to use more than so much memory and time, and to write anywhere but into its answer; only for a
store on disk it may go on to read files, where the system can forbid sockets alone. The parent kills it at the
deadline. A crash, a hang or a flood ends as one of our errors.

The door::

    stream("mine.nq.gz")                        a file           -> N-Triples, in pieces, however large it is
    Workers(nquads).query("SELECT ...")         a SPARQL text    -> Answer
    call("csto_graph.room:function", b"...")    any function of the package, on foreign data -> bytes

All are a `Child`: a process with its pipes, which answers in pieces, each after its length. Those of `Workers` hold a
dataset and answer one query after another: to start one takes as long as to load the dataset; then a query costs little
beyond its own work. One that reaches a limit is ended, and whoever asks next has another.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from importlib.util import find_spec
from io import BufferedReader
from pathlib import Path
from select import POLLIN, poll
from signal import SIGALRM, Signals
from threading import Lock
from typing import IO, Any, cast

import pyoxigraph as ox

from .. import files
from ..errors import GraphError, InputError, LimitReached, from_document
from ..names import excerpt
from ..sparql.text import vet
from ..store.engine import Answer, Limits
from .inputs import ENDINGS, LONGEST_TERM, ending_of, size_in_words, too_large

_MIB = 1024**2


def stream(
    source: str | Path, ending: str | None = None, *, base: str | None = None, limits: Limits | None = None
) -> Child:
    """Turn an RDF file into N-Triples; every literal keeps its form, language tag and datatype.

    Nothing passes through a store, which would rewrite numbers and language tags. Names of graphs are dropped. Blank
    nodes are labelled in the order in which they come, with a part that depends on where the file lies: two files
    never share a label, and reading one again gives the same.

    Args:
        source: A path, or ``-`` for standard input. Never an address: nothing is fetched. A file compressed with gzip
            is expanded.
        ending: A key of ``ENDINGS``; by default that of the name.
        base: IRI against which relative ones are resolved; by default the file's own address (RFC 3986, section
            5.1.3), and ``told["base"]`` says so where it was needed.
        limits: Time (of the child, not what the caller does between the pieces), memory and sizes; ``file`` also caps
            what a compressed file expands to. By default those of ``Limits``, growing with the size of the file:
            whoever names a large file wants it read, and a small one has no reason to take long.

    Returns:
        A child whose pieces end with lines; its ``told`` has more to say at the end.

    Raises:
        InputError: The file is missing, unreadable or no file at all. What is wrong inside is raised by the pieces.
        LimitReached: The file is larger than allowed.
    """
    name = "<stdin>" if source == "-" else excerpt(str(source), 4096)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", name):
        hint = f"Fetch it first, or write ./{name}."
        raise InputError("This is an address; only files are read.", path=name, hint=hint)
    chosen = ending or (".trig" if source == "-" else ending_of(str(source)))
    if chosen not in ENDINGS:
        hint = f"Use a file with one of {' '.join(ENDINGS)}."
        raise InputError("The ending of the name says no format.", path=name, hint=hint)
    file = _opened(source, name, (limits or Limits()).file)
    allowed = limits or grown(os.fstat(file.fileno()).st_size)
    options = {
        "file": file.fileno(), "name": name, "ending": chosen, "base": base or "", "most": allowed.file,
        "address": "" if source == "-" else Path(os.path.abspath(source)).as_uri(),
    }  # fmt: skip
    return Child("csto_graph.sandbox.inputs:reading", options, allowed, what=name, file=file)


def call(
    function: str, *parts: bytes, limits: Limits | None = None, what: str, libraries: Sequence[str] = (), **options: Any
) -> bytes:
    """Run a function of the package on foreign data in a child with limits.

    The function gets the parts and the options, loads and opens what it needs, and gives back its work: a function of
    a file to which it writes the answer. That is called when nothing more can be opened; where it raises one of our
    errors, so does this.

    Args:
        function: ``csto_graph.module:name``.
        parts: Bytes for it.
        limits: Time, memory and the size of the answer.
        what: Whose work it is, for errors: "The validation".
        libraries: Packages that it imports beside pyoxigraph.
        options: What JSON can hold, for it.

    Raises:
        GraphError: As the function.
        LimitReached: A limit was reached, or the child crashed.
    """
    return b"".join(Child(function, options, limits or Limits(), what=what, parts=parts, libraries=libraries))


# ------------------------------------------------------------------------------------------------------- files


def _opened(source: str | Path, name: str, most: int) -> IO[bytes]:
    """The file, open; what comes through a pipe is first copied into one that has no name."""
    if source == "-":
        return _spooled(cast("BufferedReader", sys.stdin.buffer), name, most)
    file = files.opened(source, name)
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    with file:
        return _spooled(file, name, most)


def _spooled(pipe: BufferedReader, name: str, most: int) -> IO[bytes]:
    try:
        with ExitStack() as failing:
            spool = cast("IO[bytes]", failing.enter_context(tempfile.TemporaryFile()))
            while data := pipe.read1(_MIB):  # see `files.read_text`
                spool.write(data)
                if spool.tell() > most:
                    raise too_large(name, most)
            spool.flush()
            failing.pop_all()
            return spool
    except OSError as error:
        hint = "It is kept in a temporary file; TMPDIR names the folder."
        short = InputError(f"It cannot be taken over: {error.strerror}.", path=name, hint=hint)
        raise (error if isinstance(error, GraphError) else short) from None


def grown(size: int) -> Limits:
    """What reading a file of so many bytes may cost: the slowest machine and the tersest text, by a wide margin."""
    usual = Limits()
    return Limits(
        seconds=min(usual.seconds + size / (2 * _MIB), 86400.0),
        memory=usual.memory + 4 * size,
        answer=usual.answer + 20 * size,
        file=usual.file + 100 * size,
    )


# ---------------------------------------------------------------------------------------- the child, from outside

# The child is told where things lie: -I keeps environment and current folder out, -S the site files. It makes an empty
# package of our name, so that its module is loaded without all that the package's own door brings along.
_START = """
import sys, types
package = types.ModuleType("csto_graph")
package.__path__ = [sys.argv[1]]
sys.modules["csto_graph"] = package
sys.path += sys.argv[2:]
from csto_graph.sandbox.child import main
main()
"""


class Child:
    """A fresh process, which does what `call` says. It ends with this object, or with an error.

    As an iterator it gives the one answer of a child that is asked once, in pieces that end with lines; whoever leaves
    them before the end closes it. Then no process is left.

    Args:
        function: What the child calls: see `call`.
        options: What JSON can hold, for it.
        limits: Time, memory and the size of the answer.
        what: Whose work it is, for errors.
        parts: Bytes for the function.
        libraries: Packages that it imports beside pyoxigraph.
        file: An open file that it is given, and which is closed with it.

    Attributes:
        name: Whose work it is.
        limits: Those it was started with.
        size: Bytes of the file as it lies on disk.
        done: How many of these the child has come through.
        answers: How many answers have ended.
        told: After an answer, what else the child has to tell.

    Raises:
        LimitReached: The system gives no process.
    """

    def __init__(
        self, function: str, options: Mapping[str, Any], limits: Limits, what: str, parts: Sequence[bytes] = (),
        libraries: Sequence[str] = (), file: IO[bytes] | None = None,
    ) -> None:  # fmt: skip
        clock = time.monotonic()
        self.name, self.limits, self.told, self.done, self.answers = what, limits, dict[str, Any](), 0, 0
        self._file, self.size = file, os.fstat(file.fileno()).st_size if file else 0
        head = {
            "function": function, "options": options, "parts": [len(part) for part in parts], "what": what,
            "seconds": limits.seconds, "memory": limits.memory,
        }  # fmt: skip
        origins = [ox.__file__, *(spec.origin for spec in map(find_spec, libraries) if spec and spec.origin)]
        folders = dict.fromkeys(os.path.dirname(os.path.dirname(os.path.abspath(origin))) for origin in origins)
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", "-c", _START, package, *folders],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ},
                pass_fds=(file.fileno(),) if file else (),
            )  # fmt: skip
        except OSError as refused:
            if file:
                file.close()
            said = f"{what}: the system gives no process with limits: {refused.strerror}."
            hint = "Close some, or raise the limits of the system."
            raise LimitReached(said, limit="processes and open files", hint=hint) from None
        self._given, self._pipe = cast("IO[bytes]", self._child.stdin), cast("IO[bytes]", self._child.stdout)
        self.send(head, *parts)
        self._left = limits.seconds - (time.monotonic() - clock)

    def close(self) -> None:
        """End the child, if it has not ended; harmless when repeated."""
        with suppress(OSError), self._child:  # which closes the pipes and waits
            self._child.kill()
        if self._file:
            self._file.close()

    def send(self, request: Mapping[str, Any], *parts: bytes) -> None:
        """Write a request, and what belongs to it."""
        try:
            # A child that has ended already is told apart by the answer that it does not give.
            with suppress(BrokenPipeError):
                self._given.write(b"".join([json.dumps(request).encode(), b"\n", *parts]))
                self._given.flush()
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        with closing(self):
            for piece in self.answer(self.limits, self._left):
                whole, end, rest = (rest + piece).rpartition(b"\n")
                if self._file:
                    self.done = os.lseek(self._file.fileno(), 0, os.SEEK_CUR)  # the child has the same place in it
                if end:
                    yield whole + end
            self.done = self.size
            if rest:
                yield rest

    def answer(self, limits: Limits, left: float, hint: str = "") -> Iterator[bytes]:
        """The pieces of an answer; only what ended without an error was the whole one.

        Args:
            limits: For the size of the answer, and for errors.
            left: Seconds that are left; only the waiting for the child counts.
            hint: What to do where the child crashes.

        Raises:
            GraphError: As the function.
            LimitReached: A limit was reached, or the child crashed.
        """
        waiting, room = poll(), limits.answer
        waiting.register(self._pipe, POLLIN)

        def read(size: int) -> bytes:
            nonlocal left
            found = bytearray()
            while len(found) < size:
                clock = time.monotonic()
                ready = waiting.poll(max(left, 0.0) * 1000)
                left -= time.monotonic() - clock
                if not ready:
                    raise out_of_time(self.name, limits)
                part = os.read(self._pipe.fileno(), min(size - len(found), _MIB))
                if not part:
                    raise self._crashed(limits, hint)
                found += part
            return bytes(found)

        while size := int.from_bytes(read(4), "big"):
            room -= size
            if room < 0:
                limit = size_in_words(limits.answer)
                raise LimitReached(f"{self.name}: the answer is too large.", limit=limit, hint="Ask for less.")
            yield read(size)
        size = int.from_bytes(read(4), "big")
        try:
            self.told = dict(json.loads(read(min(size, _MIB))))
            error = from_document(self.told) if "error" in self.told else None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._crashed(limits, hint) from None
        self.answers += 1
        if error is not None:
            raise error

    def _crashed(self, limits: Limits, hint: str) -> LimitReached:
        """The error of a child that ended without an answer."""
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(1)
        self._child.kill()
        status = self._child.wait()
        if status == -SIGALRM:  # its own clock
            return out_of_time(self.name, limits)
        size = size_in_words(self.limits.memory)
        sign = Signals(-status).name if status < 0 else f"status {status}"
        said = f"{self.name}: the engine gave up ({sign}); it needs more than {size} or is nested too deeply."
        return LimitReached(said, limit=size, hint=hint)


def out_of_time(what: str, limits: Limits) -> LimitReached:
    """The error of what takes too long."""
    limit = f"{limits.seconds:g} s"
    return LimitReached(f"{what}: not done within {limit}.", limit=limit, hint="Ask for less, or allow more time.")


# ----------------------------------------------------------------------------------------------- queries

_THE_QUERY = "The query"
_SORTING = "Ask for less; to sort values of mixed types, ORDER BY STR(...)."
_MOST_IDLE, _MOST_QUERIES = 4, 1_000
"""How many workers are kept for the next query, and how many queries one answers before it is replaced."""


class Workers:
    """The workers of one dataset. They are started when they are needed, and end with this object or the process.

    Args:
        dataset: N-Quads, or the folder of a store on disk.

    >>> workers = Workers(b"<urn:a> <urn:b> <urn:c> .")
    >>> workers.query("SELECT ?s { ?s ?p ?o }").rows, workers.query("ASK { <urn:x> ?p ?o }").boolean
    ([(<NamedNode value=urn:a>,)], False)
    >>> workers.close()
    """

    def __init__(self, dataset: bytes | str) -> None:
        self._dataset, self._lock, self._idle = dataset, Lock(), list[Child]()
        # The system ends a child with the thread that started it, and this one lives as long as its workers may.
        self._starter = ThreadPoolExecutor(1)
        self._end = weakref.finalize(self, _end, self._idle)

    def close(self) -> None:
        """End those that are idle; harmless when repeated, and others are started if they are needed."""
        _end(self._idle)

    def query(self, text: str, *, limits: Limits | None = None, graphs: Collection[str] = ()) -> Answer:
        """Answer a SPARQL 1.1 query (SELECT, ASK, CONSTRUCT, DESCRIBE) that did not come from the project.

        The default graph is the union of all, unless the query names its own with FROM (SPARQL 1.1, section 13.2).
        The project's prefixes are known.

        Args:
            text: The query.
            limits: Time, memory and sizes.
            graphs: IRIs of the graphs that FROM and FROM NAMED may name.

        Returns:
            The whole answer, unless the limits ask for one that is cut.

        Raises:
            QueryError: The text does not parse, is refused by `sparql.text.vet`, or calls a function that does not
                exist.
            LimitReached: Time, memory, size or rows ran out, or the engine crashed.
        """
        limits = limits or Limits()
        until = time.monotonic() + limits.seconds

        def in_time(items: Iterable[Any]) -> Iterator[Any]:
            """The parts of an answer; taking them over counts as well."""
            for number, item in enumerate(items):
                if number % 1024 == 0 and time.monotonic() > until:
                    raise out_of_time(_THE_QUERY, limits)
                yield item

        form, pieces = self.stream(text, "", limits=limits, graphs=graphs)
        *parts, told = cast("Generator[Any]", pieces)
        body, cut = b"".join(parts), bool(told.get("cut"))
        try:
            if form == "SELECT":
                solutions = cast("ox.QuerySolutions", ox.parse_query_results(body, ox.QueryResultsFormat.TSV))
                names = tuple(variable.value for variable in solutions.variables)
                return Answer("solutions", names, [tuple(solution) for solution in in_time(solutions)], cut=cut)
            if form == "ASK":
                return Answer("boolean", boolean=body == b"true")
            quads = in_time(ox.parse(body, ox.RdfFormat.N_TRIPLES))
            return Answer("graph", triples=[quad.triple for quad in quads], cut=cut)
        except MemoryError:
            said = f"{_THE_QUERY}: one value is longer than {LONGEST_TERM}."
            raise LimitReached(said, limit=LONGEST_TERM) from None

    def stream(
        self, text: str, format: str, *, limits: Limits, graphs: Collection[str] = ()
    ) -> tuple[str, Generator[bytes | dict[str, object]]]:
        """Answer a query piece by piece.

        Args:
            text: The query.
            format: ``json``, ``xml``, ``csv`` or ``tsv`` for rows and truth values as the standards have them;
                graphs are N-Triples, and so are they with no format TSV, ``true`` and ``false``.
            limits: As `query`.
            graphs: As `query`.

        Returns:
            The form of the query, and its answer in pieces; the last one is what else there is to know. Only what
            ended without an error was the whole answer. Whoever leaves it before closes it.

        Raises:
            QueryError: As `query`; what only the engine finds is raised by the pieces.
        """
        query = vet(text, graphs=graphs, most=limits.text)
        request = {
            "text": query.once(), "union": not query.dataset, "rows": limits.rows, "cut": limits.cut,
            "seconds": limits.seconds, "format": format,
        }  # fmt: skip

        def pieces() -> Generator[bytes | dict[str, object]]:
            clock = time.monotonic()
            with self._worker(limits.memory) as worker:
                worker.send(request)
                yield from worker.answer(limits, limits.seconds - (time.monotonic() - clock), _SORTING)
                yield worker.told

        return query.form, pieces()

    @contextmanager
    def _worker(self, memory: int) -> Iterator[Child]:
        """A worker with so much memory, which is kept afterwards if it is still fit."""
        with self._lock:
            worker = next((one for one in self._idle if one.limits.memory == memory), None)
            if worker:
                self._idle.remove(worker)
        worker = worker or self._starter.submit(self._started, memory).result()
        fit = False
        try:
            yield worker
            fit = True
        except GraphError as error:
            fit = not isinstance(error, LimitReached)  # of one whose memory ran out nobody knows what it still has
            raise
        finally:
            with self._lock:
                kept = fit and worker.answers < _MOST_QUERIES and len(self._idle) < _MOST_IDLE
                if kept:
                    self._idle.append(worker)
            if not kept:
                worker.close()

    def _started(self, memory: int) -> Child:
        data = self._dataset
        parts, store = ([data], "") if isinstance(data, bytes) else ([], data)
        limits, options = Limits(seconds=86400, memory=memory), {"memory": memory, "store": store}
        return Child("csto_graph.sandbox.child:serving", options, limits, what=_THE_QUERY, parts=parts)


def _end(workers: list[Child]) -> None:
    with suppress(IndexError):  # several may end them at once
        while True:
            workers.pop().close()
