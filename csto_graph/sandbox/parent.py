"""What came from outside runs in a child process with limits.

Texts and files that do not belong to the project are hostile until shown otherwise: a query may ask the engine to
call a server, a file of a few kilobytes may make it crash or never end, and the engine has no switch against either.
So each is handled by a fresh interpreter (`child`) that has loaded all it needs and then gives up the right to open
any file or socket, to use more than so much memory and time, and to write anywhere but into its answer; only for a
store on disk it may go on to read files, where the system can forbid sockets alone. The parent kills it at the
deadline. A crash, a hang or a flood ends as one of our errors.

The door::

    stream(["mine.nq.gz", "more.ttl"])          files            -> N-Triples, in pieces, however large they are
    Workers(nquads).query("SELECT ...")         a SPARQL text    -> Answer
    Child("csto_graph.room:function", {...})    any function of the package, on foreign data

All are a `Child`: a process with its pipes, which is asked one thing after another and answers in pieces. To start one
takes longer than most files and queries do, so one reads many files, and those of `Workers` hold a dataset. One that
reaches a limit is ended; the next file or query has another.
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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from select import POLLIN, poll
from signal import SIGPROF, Signals
from typing import IO, Any, cast

import pyoxigraph as ox

from .. import files
from ..errors import GraphError, InputError, LimitReached, from_document
from ..names import excerpt
from ..sparql.text import vet
from ..store.engine import Answer, Limits
from .child import END, MIB, size_in_words, too_large

_XML = (".rdf", ".xml", ".owl")
#: What the name of a file may end in; it says the format.
ENDINGS = (".ttl", ".trig", ".nt", ".nq", ".jsonld", ".json", *_XML)

_MOST_FILES, _MOST_TOGETHER = 32, 16 * MIB  # that one child reads


# ------------------------------------------------------------------------------------------------------- files


def stream(
    sources: Iterable[str | Path], ending: str | None = None, *, base: str | None = None, limits: Limits | None = None
) -> Iterator[tuple[str | Path, bytes | dict[str, Any] | GraphError, int]]:
    """Turn RDF files into N-Triples; every literal keeps its form, language tag and datatype.

    Nothing passes through a store, which would rewrite numbers and language tags. Names of graphs are dropped. Blank
    nodes are labelled in the order in which they come, with a part that depends on where the file lies: two files
    never share a label, and reading one again gives the same.

    Args:
        sources: Paths, or ``-`` for standard input. Never addresses: nothing is fetched. A file compressed with gzip
            is expanded.
        ending: One of ``ENDINGS``; by default that of the name.
        base: IRI against which relative ones are resolved; by default the file's own address (RFC 3986, section
            5.1.3).
        limits: For each file: time (of the child, not what the caller does between the pieces), memory and sizes;
            ``file`` also caps what a compressed file expands to. By default those of ``Limits``, growing with the
            size of the file: whoever names a large file wants it read, and a small one has no reason to take long.

    Returns:
        A file, what there is of it, and how many bytes of all files have been read. Of each there are pieces that end
        with lines, and last what else there is to know (``{"base": …}`` where its own address was needed), or the
        error that keeps it from being read: an InputError, or LimitReached where it needs too much or crashes the
        engine. Whoever leaves before the end closes it; then no process is left.
    """
    waiting, before = [*sources][::-1], 0  # the next is the last
    while waiting:
        with ExitStack() as stack:
            together: list[tuple[str | Path, dict[str, Any] | GraphError, int]] = []
            while waiting and len(together) < _MOST_FILES and sum(size for *_, size in together) < _MOST_TOGETHER:
                try:
                    opened = _opened(waiting[-1], ending, base, limits, stack)
                    together.append((waiting.pop(), opened, os.fstat(opened["file"]).st_size))
                except GraphError as error:
                    together.append((waiting.pop(), error, 0))
            child: Child | None = None
            for at, (source, asked, size) in enumerate(together):
                clock, rest = time.monotonic(), b""
                try:
                    if isinstance(asked, GraphError):
                        raise asked
                    if child is None:
                        memory = (limits or grown(sum(size for *_, size in together[at:]))).memory
                        left = {one["file"]: one["ending"] for _, one, _ in together[at:] if isinstance(one, dict)}
                        options = {"xml": not {*_XML}.isdisjoint(left.values())}
                        function = "csto_graph.sandbox.child:reading"
                        child = Child(function, options, asked["name"], memory=memory, files=[*left])
                        stack.callback(child.close)
                    for piece in child.ask(asked, asked["name"], limits or grown(size), clock):
                        whole, end, rest = (rest + piece).rpartition(b"\n")
                        # The child has the same place in the file.
                        yield source, whole + end, before + os.lseek(asked["file"], 0, os.SEEK_CUR)
                    found: dict[str, Any] | GraphError = child.told
                except GraphError as error:
                    found = error
                    if child and not child.fit:
                        child.close()
                        child = None
                before += size
                yield source, found, before


def _opened(
    source: str | Path, ending: str | None, base: str | None, limits: Limits | None, stack: ExitStack
) -> dict[str, Any]:
    """What a child is asked of a file, which is open until the stack closes it; what comes through a pipe is first
    copied into one without a name."""
    name = "<stdin>" if source == "-" else excerpt(str(source), 4096)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", name):
        hint = f"Fetch it first, or write ./{name}."
        raise InputError("This is an address; only files are read.", path=name, hint=hint)
    chosen = ending or (".trig" if source == "-" else os.path.splitext(str(source).lower().removesuffix(".gz"))[1])
    if chosen not in ENDINGS:
        hint = f"Use a file with one of {' '.join(ENDINGS)}."
        raise InputError("The ending of the name says no format.", path=name, hint=hint)
    file: Any = sys.stdin.buffer if source == "-" else stack.enter_context(files.opened(source, name))
    if source == "-" or not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        most, pipe = (limits or Limits()).file, file
        try:
            file = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
            while file.tell() <= most and (data := pipe.read1(MIB)):  # see `files.read_text`
                file.write(data)
            file.flush()
        except OSError as error:
            hint = "It is kept in a temporary file; TMPDIR names the folder."
            raise InputError(f"It cannot be taken over: {error.strerror}.", path=name, hint=hint) from None
        if file.tell() > most:
            raise too_large(name, most)
    most = (limits or grown(os.fstat(file.fileno()).st_size)).file
    address = "" if source == "-" else Path(os.path.abspath(source)).as_uri()
    return {
        "file": file.fileno(), "name": name, "ending": chosen, "base": base or "", "address": address, "most": most,
    }  # fmt: skip


def grown(size: int) -> Limits:
    """What reading a file of so many bytes may cost: the slowest machine and the tersest text, by a wide margin."""
    usual = Limits()
    seconds = min(usual.seconds + size / (2 * MIB), 86400.0)
    return Limits(seconds, usual.memory + 4 * size, answer=usual.answer + 20 * size, file=usual.file + 100 * size)


# ---------------------------------------------------------------------------------------- the child, from outside


# The child is told where things lie: -I keeps environment and current folder out, -S the site files.
_START = """
import sys
sys.path += sys.argv[1:]
from csto_graph.sandbox.child import main
main()
"""


class Child:
    """A fresh process, which makes ready what a function gives it to do, and does it when it is asked.

    The function gets the parts and the options, loads and opens what it needs, and gives back its work: a function of
    a file to which it writes the answer. That is called when nothing more can be opened; where it raises one of our
    errors, so does `ask`.

    Args:
        function: ``csto_graph.module:name``.
        options: What JSON can hold, for it.
        what: Whose work it is, for errors: "The validation".
        memory: Bytes that it may have.
        hint: What to do where the child crashes.
        parts: Bytes for the function; None where they are given later.
        libraries: Packages that it imports beside pyoxigraph.
        files: Open descriptors that it is given.

    Attributes:
        close: Ends the child, if it has not ended; harmless when repeated. It ends with this object, too.
        memory: Bytes that it may have.
        fit: Whether it can be asked again.
        told: After an answer, what else the child has to tell.

    Raises:
        LimitReached: The system gives no process.
    """

    def __init__(
        self, function: str, options: Mapping[str, Any], what: str, *, memory: int, hint: str = "",
        parts: Sequence[bytes] | None = (), libraries: Sequence[str] = (), files: Sequence[int] = (),
    ) -> None:  # fmt: skip
        self.memory, self._hint, self.fit, self.told = memory, hint, False, dict[str, Any]()
        self._made = {"function": function, "options": options, "memory": memory}
        found = (spec.origin for spec in map(find_spec, libraries) if spec and spec.origin)
        origins = [os.path.dirname(__file__), ox.__file__, *found]
        folders = dict.fromkeys(os.path.dirname(os.path.dirname(os.path.abspath(origin))) for origin in origins)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", "-c", _START, *folders],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=files,
                env={name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ},
            )  # fmt: skip
        except OSError as refused:
            said = f"{what}: the system gives no process with limits: {refused.strerror}."
            hint = "Close some, or raise the limits of the system."
            raise LimitReached(said, limit="processes and open files", hint=hint) from None
        self.close = weakref.finalize(self, _ended, self._process)
        if parts is not None:
            self.give(*parts)

    def give(self, *parts: bytes) -> None:
        """Give the function the bytes that it takes: once, before anything is asked."""
        self._send({**self._made, "parts": [len(part) for part in parts]}, *parts)

    def _send(self, line: Mapping[str, Any], *parts: bytes) -> None:
        given = cast("IO[bytes]", self._process.stdin)
        try:
            # A child that has ended already is told apart by the answer that it does not give.
            with suppress(BrokenPipeError):
                given.writelines((json.dumps(line).encode(), b"\n", *parts))
                given.flush()
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """The pipe out of which answers come."""
        return cast("IO[bytes]", self._process.stdout).fileno()

    def ask(self, asked: Mapping[str, Any], what: str, limits: Limits, since: float) -> Iterator[bytes]:
        """The pieces of an answer; only what ended without an error was the whole one. The child is asked at once.

        Args:
            asked: What the work takes.
            what: Whose work it is, for errors.
            limits: Time and the size of the answer.
            since: When the time began; from now on only the waiting for the child counts.

        Raises:
            GraphError: As the function.
            LimitReached: A limit was reached, or the child crashed.
        """
        left = limits.seconds - (time.monotonic() - since)
        return self._waited(self.talk(asked, what, limits), what, limits, left)

    def _waited(self, pieces: Iterator[bytes | None], what: str, limits: Limits, left: float) -> Iterator[bytes]:
        waiting = poll()
        waiting.register(self, POLLIN)
        for piece in pieces:
            if piece is not None:
                yield piece
                continue
            clock = time.monotonic()
            if not waiting.poll(max(left, 0.0) * 1000):
                raise out_of_time(what, limits)
            left -= time.monotonic() - clock

    def talk(self, asked: Mapping[str, Any], what: str, limits: Limits) -> Iterator[bytes | None]:
        """As `ask`, but None comes where the pipe (`fileno`) has to be waited for, which is left to the caller."""
        self.fit = False
        self._send({**asked, "what": what, "seconds": limits.seconds})
        return self._pieces(what, limits)

    def _pieces(self, what: str, limits: Limits) -> Iterator[bytes | None]:
        room, mark, told = limits.answer, b"", b""
        while not told.endswith(b"\n"):
            yield None
            if not (data := os.read(self.fileno(), MIB)):
                raise self._crashed(what, limits)
            piece, mark, rest = (b"", mark, data) if mark else data.partition(END)
            room, told = room - len(piece), told + rest
            if room < 0 or len(told) > MIB:
                limit = size_in_words(limits.answer)
                raise LimitReached(f"{what}: the answer is too large.", limit=limit, hint="Ask for less.")
            if piece:
                yield piece
        try:
            self.told = dict(json.loads(told))
            errors = [from_document(self.told)] if "error" in self.told else []
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._crashed(what, limits) from None
        # Of one whose memory ran out nobody knows what it still has.
        self.fit = not (errors and isinstance(errors[0], LimitReached))
        if errors:
            raise errors.pop()  # none that this frame holds: they would keep each other, and the graph

    def _crashed(self, what: str, limits: Limits) -> LimitReached:
        """The error of a child that ended without an answer."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._process.kill()
        status = self._process.wait()
        if status == -SIGPROF:  # its own clock
            return out_of_time(what, limits)
        size = size_in_words(self.memory)
        sign = Signals(-status).name if status < 0 else f"status {status}"
        said = f"{what}: the engine gave up ({sign}); it needs more than {size} or is nested too deeply."
        return LimitReached(said, limit=size, hint=self._hint)


def _ended(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError), process:  # which closes the pipes and waits
        process.kill()


def out_of_time(what: str, limits: Limits) -> LimitReached:
    """The error of what takes too long."""
    limit = f"{limits.seconds:g} s"
    return LimitReached(f"{what}: not done within {limit}.", limit=limit, hint="Ask for less, or allow more time.")


# ----------------------------------------------------------------------------------------------- queries

THE_QUERY = "The query"
_SORTING = "Ask for less; to sort values of mixed types, ORDER BY STR(...)."
_MOST_IDLE = 6  # workers that are kept for the next query


@lru_cache(128)
def vetted(text: str, limits: Limits) -> tuple[str, Mapping[str, Any]]:
    """A query as a worker is asked it: see `Workers.query`.

    Returns:
        Its form, and what a worker takes, but for the ``format``.

    Raises:
        QueryError: It is refused.
    """
    query = vet(text, most=limits.text)
    return query.form, {"text": query.once(), "union": not query.dataset, "rows": limits.rows, "cut": limits.cut}


class Workers:
    """The workers of one dataset. They are started when they are needed, and end with this object or the process.

    One answers any number of queries: over 5,000 mixed ones its memory did not grow by 2 %.

    Args:
        dataset: N-Quads, or the folder of a store on disk.

    >>> workers = Workers(b"<urn:a> <urn:b> <urn:c> .")
    >>> workers.query("SELECT ?s { ?s ?p ?o }").rows, workers.query("ASK { <urn:x> ?p ?o }").boolean
    ([(<NamedNode value=urn:a>,)], False)
    >>> workers.close()
    """

    def __init__(self, dataset: bytes | str) -> None:
        parts, options = ([dataset], {}) if isinstance(dataset, bytes) else ([], {"store": dataset})
        function = "csto_graph.sandbox.child:serving"
        self._child = partial(Child, function, options, THE_QUERY, hint=_SORTING, parts=parts)
        self._workers = list[Child]()
        # The system ends a child with the thread that started it, and this one lives as long as its workers may.
        self._starter = ThreadPoolExecutor(1)

    def close(self) -> None:
        """End those that are idle; harmless when repeated, and others are started if they are needed."""
        self._workers.clear()

    def query(self, text: str, *, limits: Limits | None = None) -> Answer:
        """Answer a SPARQL 1.1 query (SELECT, ASK, CONSTRUCT, DESCRIBE) that did not come from the project.

        The default graph is the union of all, unless the query names its own with FROM (SPARQL 1.1, section 13.2).
        The project's prefixes are known.

        Args:
            text: The query.
            limits: Time, memory and sizes.

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
                    raise out_of_time(THE_QUERY, limits)
                yield item

        form, asked = vetted(text, limits)
        worker = self.idle(limits.memory) or self.started(limits.memory).result()
        try:
            body = b"".join(worker.ask({**asked, "format": ""}, THE_QUERY, limits, until - limits.seconds))
            told = worker.told
        finally:
            self.give(worker)
        cut = bool(told.get("cut"))
        try:
            if form == "SELECT":
                solutions = cast("ox.QuerySolutions", ox.parse_query_results(body, ox.QueryResultsFormat.TSV))
                names = tuple(variable.value for variable in solutions.variables)
                return Answer("solutions", names, [tuple(solution) for solution in in_time(solutions)], cut=cut)
            if form == "ASK":
                return Answer("boolean", boolean=told["boolean"])
            quads = in_time(ox.parse(body, ox.RdfFormat.N_TRIPLES))
            return Answer("graph", triples=[quad.triple for quad in quads], cut=cut)
        except MemoryError:  # a limit of the engine's own, not to be changed
            raise LimitReached(f"{THE_QUERY}: one value is longer than 16 MiB.", limit="16 MiB") from None

    def idle(self, memory: int) -> Child | None:
        """A worker with so much memory that waits for a query, and is to be given back; None where there is none."""
        for worker in [one for one in self._workers[::-1] if one.memory == memory]:
            with suppress(ValueError):  # several may take one at once
                self._workers.remove(worker)
                if worker._process.poll() is None:  # no query is blamed for what happened to it since the last one
                    return worker
                worker.close()
        return None

    def started(self, memory: int) -> Future[Child]:
        """A new worker with so much memory, when its process is there; it is to be given back."""
        return self._starter.submit(self._child, memory=memory)

    def give(self, worker: Child) -> None:
        """Take a worker back, which is kept for the next query or ended; of too many the one that waited longest is."""
        if worker.fit:
            self._workers.append(worker)
            if len(self._workers) <= _MOST_IDLE:
                return
            worker = self._workers.pop(0)
        worker.close()
