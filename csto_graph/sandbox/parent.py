"""What came from outside runs in a child process with limits.

Texts and files that do not belong to the project are hostile until shown otherwise: a query may ask the engine to
call a server, a file of a few kilobytes may make it crash or never end, and the engine has no switch against either.
So each is handled by a fresh interpreter (`child`) that has loaded all it needs and then gives up the right to open
any file or socket, to use more than so much memory and time, and to write anywhere but into its answer; only for a
store on disk it may go on to read files, where the system can forbid sockets alone. The parent kills it at the
deadline. A crash, a hang or a flood ends as one of our errors.

The door::

    parse(data, "turtle", name="mine.ttl")      bytes of a file  -> N-Quads
    read("mine.ttl.gz")                         a file           -> N-Quads
    stream("mine.nq")                           a file           -> N-Quads, in pieces, however large it is
    query(nquads, "SELECT ...")                 a SPARQL text    -> Answer
    call("csto_graph.room:function", b"...")    any function of the package, on foreign data -> bytes
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
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from select import POLLIN, poll
from signal import SIGALRM, SIGXCPU, Signals
from typing import IO, Any, TypeVar, cast

import pyoxigraph as ox

from ..errors import GraphError, InputError, LimitReached, MissingExtra, UnknownName, UsageError, from_document
from ..names import PREFIXES
from ..sparql.text import vet
from ..store.engine import Answer, Limits
from ..text import excerpt
from . import size_in_words
from .inputs import FORMATS, LONG_TERM, LONGEST_TERM, SPLIT, TOO_LARGE, format_of

_T = TypeVar("_T")
_STDIN = "<stdin>"
_THE_QUERY = "The query"
_READING, _ASKING = "csto_graph.sandbox.inputs:reading", "csto_graph.sandbox.child:asking"
_MIB = 1024**2


# ---------------------------------------------------------------------------------------------------- the door


def parse(data: bytes, format: str, *, name: str, base: str | None = None, limits: Limits | None = None) -> bytes:
    """Turn the bytes of an RDF file into N-Quads; every literal keeps its form, language tag and datatype.

    Nothing passes through a store, which would rewrite numbers and language tags. Blank nodes are labelled in the
    order in which they come, with a part that depends on the content: the same bytes give the same labels, two files
    never share one.

    Args:
        data: The file, UTF-8, with or without one byte-order mark.
        format: A key of ``FORMATS``.
        name: What errors call the file.
        base: IRI against which relative ones are resolved; without it they are errors.
        limits: Time, memory and sizes.

    Raises:
        InputError: The content is wrong or refused; ``path`` is ``name``, with line and column where they are known.
        LimitReached: Time, memory or size ran out, or the parser crashed.
        UnknownName: There is no such format.
    """
    limits = limits or Limits()
    _check_format(format)
    if len(data) > limits.file:
        raise _too_large(name, limits.file)
    options = {"name": name, "format": format, "base": base or "", "address": "", "graphs": True, "most": limits.file}
    return _run(_READING, [data], options, limits, what=name)[0]


def read(
    source: str | Path, format: str | None = None, *, base: str | None = None, limits: Limits | None = None
) -> bytes:
    """Read an RDF file as N-Quads: see ``parse``.

    Args:
        source: A path, or ``-`` for standard input. Never an address: nothing is fetched. A file compressed with gzip
            is expanded.
        format: A key of ``FORMATS``; by default what the ending of the name means.
        base: As in ``stream``.
        limits: As in ``stream``.

    Raises:
        InputError: The file is missing, unreadable, empty, no file at all, or its content is wrong.
        LimitReached: As in ``parse``.
        UnknownName: There is no such format.
    """
    with stream(source, format, base=base, limits=limits) as pieces:
        return b"".join(pieces)


def stream(
    source: str | Path,
    format: str | None = None,
    *,
    base: str | None = None,
    limits: Limits | None = None,
    graphs: bool = True,
) -> Stream:
    """Start to read an RDF file; its statements come in pieces, so that a large one is never held as a whole.

    The child is at work when this returns, and waits where nobody takes what it has: several can be started ahead.
    JSON-LD and RDF/XML are held by the child as a whole, the other formats in pieces there too.

    Args:
        source: As in ``read``.
        format: As in ``read``.
        base: IRI against which relative ones are resolved; by default the file's own address (RFC 3986, section
            5.1.3), and `Stream.base` says so where it was needed.
        limits: Time (of the child, not what the caller does between the pieces), memory and sizes; ``file`` also caps
            what a compressed file expands to. By default those of ``Limits``, growing with the size of the file:
            whoever names a large file wants it read, and a small one has no reason to take long.
        graphs: Whether the names of graphs are kept; without them the lines are N-Triples.

    Raises:
        InputError: The file is missing, unreadable or no file at all. What is wrong inside is raised by the stream.
        LimitReached: The file is larger than allowed.
        UnknownName: There is no such format.
    """
    name = _STDIN if source == "-" else excerpt(str(source), 4096)
    if format is not None:
        _check_format(format)
    file = _opened(source, name, limits or Limits())
    try:
        size = os.fstat(file).st_size
        allowed = limits or _grown(size)
        if size > allowed.file:
            raise _too_large(name, allowed.file)
        address = "" if source == "-" else Path(os.path.abspath(source)).as_uri()
        options = {"format": format or _format_of(name), "base": base or "", "address": address, "graphs": graphs}
        return Stream(name, options, file, allowed)
    finally:
        os.close(file)


class Stream(Iterator[bytes]):
    """What a child reads from a file: an iterator of pieces of N-Quads, each of whole lines.

    Only what ended without an error was the whole file. It closes itself at the end and on errors, and where the
    ``with`` block is left before; then no process is left.

    Attributes:
        name: What errors call the file.
        size: Bytes of the file as it lies on disk.
        done: How many of these the child has come through.
        base: At the end, the file's own address where relative IRIs were resolved against it, else empty.
    """

    def __init__(self, name: str, options: Mapping[str, Any], file: int, limits: Limits) -> None:
        self.name, self.base = name, ""
        self.size, self.done = os.fstat(file).st_size, 0
        self._limits, self._left, self._rest = limits, limits.seconds, b""
        try:
            # The child has the same place in the file, so that this descriptor tells how far it has come.
            self._file = os.dup(file)
        except OSError as refused:
            raise _unstarted(name, refused) from None
        options = {**options, "name": name, "most": limits.file, "file": self._file}
        request = _request(_READING, [], options, limits, what=name, waits=True)
        try:
            self._child = _started(request, name, keep=(self._file,))
        except BaseException:
            os.close(self._file)
            raise
        self._open = True

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __next__(self) -> bytes:
        if not self._open:
            raise StopIteration
        try:
            while part := self._part():
                whole, end, rest = part.rpartition(b"\n")
                piece, self._rest = (self._rest + whole + end, rest) if end else (b"", self._rest + rest)
                if piece:
                    self.done = os.lseek(self._file, 0, os.SEEK_CUR)
                    return piece
            told = _ended(self._child.wait(10), self._error(), self._limits, self.name)
            self.base, self.done = str(told.get("base", "")), self.size
        except BaseException:
            self.close()
            raise
        self.close()
        raise StopIteration

    def close(self) -> None:
        """End the child, if it has not ended; harmless when repeated."""
        if self._open:
            self._open = False
            self._child.kill()
            for pipe in (self._child.stdout, self._child.stderr):
                cast("IO[bytes]", pipe).close()
            self._child.wait()
            os.close(self._file)

    def _part(self) -> bytes:
        """Bytes from the child, none at its end; only the waiting for them counts as its time."""
        pipe, waiting, clock = cast("IO[bytes]", self._child.stdout).fileno(), poll(), time.monotonic()
        waiting.register(pipe, POLLIN)
        ready = waiting.poll(max(self._left, 0.0) * 1000)
        self._left -= time.monotonic() - clock
        if not ready:
            raise _out_of_time(self.name, self._limits)
        return os.read(pipe, _MIB)

    def _error(self) -> bytes:
        return cast("IO[bytes]", self._child.stderr).read()


def query(
    dataset: bytes | Sequence[Path] | str,
    text: str,
    *,
    limits: Limits | None = None,
    graphs: Collection[str] = (),
    prefixes: Mapping[str, str] = PREFIXES,
) -> Answer:
    """Answer a SPARQL 1.1 query (SELECT, ASK, CONSTRUCT, DESCRIBE) that did not come from the project.

    The default graph is the union of all graphs, unless the query names its own with FROM (SPARQL 1.1, section 13.2).

    Args:
        dataset: N-Quads, or files of the project that hold it (by ending; N-Quads if unknown), or the folder of a
            store on disk.
        text: The query.
        limits: Time, memory and sizes.
        graphs: IRIs of the graphs that FROM and FROM NAMED may name.
        prefixes: Prefixes that the query need not declare.

    Returns:
        The whole answer; there is no cut-off one.

    Raises:
        QueryError: The text does not parse, is refused by `sparql.text.vet`, or calls a function that does not exist.
        LimitReached: Time, memory, size or rows ran out, or the engine crashed.
    """
    limits = limits or Limits()
    clock = time.monotonic()
    query = vet(text, graphs=graphs, prefixes=prefixes, most=limits.text)
    options: dict[str, Any] = {"text": query.once(), "prefixes": dict(prefixes), "union": not query.dataset}
    options |= {"rows": limits.rows, "cut": limits.cut}
    parts = [dataset] if isinstance(dataset, bytes) else []
    if isinstance(dataset, str):
        options["store"] = dataset
    elif not isinstance(dataset, bytes):
        options["files"] = [str(path) for path in dataset]
    body, told = _run(_ASKING, parts, options, limits, what=_THE_QUERY, reads=isinstance(dataset, str))
    cut = bool(told.get("cut"))
    try:
        if query.form == "SELECT":
            solutions = cast("ox.QuerySolutions", ox.parse_query_results(body, ox.QueryResultsFormat.TSV))
            names = tuple(variable.value for variable in solutions.variables)
            rows = [tuple(solution) for solution in _in_time(solutions, limits, clock)]
            return Answer("solutions", names, rows, cut=cut)
        if query.form == "ASK":
            return Answer("boolean", boolean=body == b"true")
        quads = _in_time(ox.parse(body, ox.RdfFormat.N_TRIPLES), limits, clock)
        return Answer("graph", triples=[quad.triple for quad in quads], cut=cut)
    except MemoryError:
        raise LimitReached(f"{_THE_QUERY}: {LONG_TERM}", limit=LONGEST_TERM) from None


def call(
    function: str,
    *parts: bytes,
    limits: Limits | None = None,
    what: str,
    libraries: Sequence[str] = (),
    reads: bool = False,
    **options: Any,
) -> bytes:
    """Run a function of the package on foreign data in a child with limits.

    The function gets the parts and the options, loads and opens what it needs, and gives back its work: a function of
    an output (`Answering`) to which it writes the answer. That is called when nothing more can be opened; where it
    raises one of our errors, so does this.

    Args:
        function: ``csto_graph.module:name``.
        parts: Bytes for it.
        limits: Time, memory and the size of the answer.
        what: Whose work it is, for errors: "The validation".
        libraries: Packages that it imports beside pyoxigraph.
        reads: Whether it may go on reading files, such as modules of a library, where the system can forbid sockets
            alone; else those of its modules are to be loaded before the work begins.
        options: What JSON can hold, for it.

    Raises:
        GraphError: As the function.
        LimitReached: A limit was reached, or the child crashed.
    """
    return _run(function, parts, options, limits or Limits(), what=what, libraries=libraries, reads=reads)[0]


# --------------------------------------------------------------------------------------------- files and bytes


def _check_format(format: str) -> None:
    if format not in FORMATS:
        raise UnknownName("input format", format, hint=f"Formats: {', '.join(FORMATS)}.")


def _format_of(name: str) -> str:
    if format := format_of(name):
        return format
    every = " ".join(ending for endings in FORMATS.values() for ending in endings)
    said = "Standard input has no format of its own." if name == _STDIN else "The ending of the name says no format."
    hint = f"Name the format ({', '.join(FORMATS)}), or use a file with one of {every}."
    raise InputError(said, path=name, hint=hint)


def _opened(source: str | Path, name: str, limits: Limits) -> int:
    """A descriptor of the file; standard input is first copied into one that has no name."""
    if source == "-":
        return _spooled(sys.stdin.buffer, name, limits.file)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", name):
        hint = f"Fetch it first, or write ./{name}."
        raise InputError("This is an address; only files are read.", path=name, hint=hint)
    try:
        # Without waiting: a pipe that nobody writes to would be waited for.
        file = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except FileNotFoundError:
        raise InputError("There is no such file.", path=name) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"The file cannot be read: {reason}.", path=name) from None
    mode = os.fstat(file).st_mode
    if stat.S_ISREG(mode):
        return file
    if stat.S_ISFIFO(mode) and name.startswith(("/dev/fd/", "/dev/stdin", "/proc/self/fd/")):
        os.set_blocking(file, True)  # one that the shell has opened: somebody writes to it
        with open(file, "rb") as opened:
            return _spooled(opened, name, limits.file)
    os.close(file)
    if stat.S_ISDIR(mode):
        raise InputError("This is a directory.", path=name, hint="Name the files in it.")
    hint = "Name a file; what a command writes is read with --data -."
    raise InputError("This is a pipe, a socket or a device, not a file.", path=name, hint=hint)


def _spooled(file: IO[bytes], name: str, most: int) -> int:
    try:
        with tempfile.TemporaryFile() as spool:
            while data := file.read(_MIB):
                most -= spool.write(data)
                if most < 0:
                    raise _too_large(name, most + spool.tell())
            spool.flush()
            return os.dup(spool.fileno())
    except GraphError:
        raise
    except OSError as error:
        hint = "It is kept in a temporary file; TMPDIR names the folder."
        raise InputError(f"It cannot be taken over: {error.strerror}.", path=name, hint=hint) from None


def _grown(size: int) -> Limits:
    """What reading a file of so many bytes may cost: the slowest machine and the tersest text, by a wide margin."""
    return Limits(
        seconds=min(Limits.seconds + size / (2 * _MIB), 86400.0),
        memory=Limits.memory + 4 * size,
        answer=Limits.answer + 20 * size,
        file=Limits.file + 100 * size,
    )


def _too_large(name: str, most: int) -> LimitReached:
    return LimitReached(f"{name}: {TOO_LARGE.format(size_in_words(most))}", limit=size_in_words(most), hint=SPLIT)


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


def _request(
    function: str,
    parts: Sequence[bytes],
    options: Mapping[str, Any],
    limits: Limits,
    *,
    what: str,
    waits: bool = False,
    reads: bool = False,
) -> bytes:
    """See `child`."""
    head = {
        "function": function, "options": options, "parts": [len(part) for part in parts], "what": what,
        "seconds": limits.seconds, "memory": limits.memory, "answer": limits.answer, "waits": waits, "reads": reads,
    }  # fmt: skip
    return b"".join([json.dumps(head).encode(), b"\n", *parts])


def _run(
    function: str,
    parts: Sequence[bytes],
    options: Mapping[str, Any],
    limits: Limits,
    *,
    what: str,
    libraries: Sequence[str] = (),
    reads: bool = False,
) -> tuple[bytes, Mapping[str, Any]]:
    """The answer of a fresh child, and what else it tells."""
    clock = time.monotonic()
    request = _request(function, parts, options, limits, what=what, reads=reads)
    with _started(b"", what, libraries=libraries) as child:
        try:
            answer, error = child.communicate(request, timeout=max(limits.seconds - (time.monotonic() - clock), 0.0))
        except subprocess.TimeoutExpired:
            raise _out_of_time(what, limits) from None
        finally:
            child.kill()  # harmless when it has ended; else no way out, an interrupt included, may leave it
    return answer, _ended(child.returncode, error, limits, what)


def _started(
    request: bytes, what: str, *, keep: Sequence[int] = (), libraries: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """A child; with a request, it has been given that and nothing will follow."""
    try:
        import resource
    except ImportError:
        error = MissingExtra("resource", "Reading what comes from outside in a process with limits")
        error.hint = "It is part of Python on Linux and macOS only; nothing is run without limits."
        raise error from None
    del resource
    if not sys.executable:
        raise UsageError("Python does not know its own program, so no process with limits can be started.")
    origins = [ox.__file__, *(spec.origin for spec in map(find_spec, libraries) if spec and spec.origin)]
    folders = dict.fromkeys(os.path.dirname(os.path.dirname(os.path.abspath(origin))) for origin in origins)
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    command = [sys.executable, "-I", "-S", "-X", "utf8", "-c", _START, package, *folders]
    environment = {key: os.environ[key] for key in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if key in os.environ}
    pipe = subprocess.PIPE
    try:
        child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, pass_fds=keep)
    except OSError as refused:
        raise _unstarted(what, refused) from None
    if request:
        # A child that has ended already is told apart by the answer that it does not give.
        with suppress(BrokenPipeError), cast("IO[bytes]", child.stdin) as given:
            given.write(request)
    return child


def _unstarted(what: str, error: OSError) -> LimitReached:
    said = f"{what}: the system gives no process with limits: {error.strerror}."
    return LimitReached(said, limit="processes and open files", hint="Close some, or raise the limits of the system.")


def _ended(status: int, told: bytes, limits: Limits, what: str) -> Mapping[str, Any]:
    """What a child tells that did its work.

    Raises:
        GraphError: What it tells that did not, or that it crashed.
    """
    # What libraries say stands before it.
    last = told[told.rfind(b"\n") + 1 :]
    try:
        document = json.loads(last) if last else {}
        if not status and isinstance(document, dict):
            return document
        error: GraphError | None = from_document(document) if status == 1 else None
    except (ValueError, KeyError, TypeError, RecursionError):
        error = None
    if error is not None:
        raise error
    if -status in (SIGXCPU, SIGALRM):
        raise _out_of_time(what, limits)
    size = size_in_words(limits.memory)
    sign = Signals(-status).name if status < 0 else f"status {status}"
    hint = "Ask for less; to sort values of mixed types, ORDER BY STR(...)." if what == _THE_QUERY else ""
    said = f"{what}: the engine gave up ({sign}); it needs more than {size} or is nested too deeply."
    raise LimitReached(said, limit=size, hint=hint)


def _out_of_time(what: str, limits: Limits) -> LimitReached:
    limit = f"{limits.seconds:g} s"
    return LimitReached(f"{what}: not done within {limit}.", limit=limit, hint="Ask for less, or allow more time.")


def _in_time(items: Iterable[_T], limits: Limits, clock: float) -> Iterator[_T]:
    """The parts of an answer; taking them over counts against the time of the query."""
    for number, item in enumerate(items):
        if number % 1024 == 0 and time.monotonic() - clock > limits.seconds:
            raise _out_of_time(_THE_QUERY, limits)
        yield item
