"""What came from outside runs in a child process with limits.

Texts and files that do not belong to the project are hostile until shown otherwise: a query may ask the engine to
call a server, a file of a few kilobytes may make it crash or never end, and the engine has no switch against either.
So each is handled by a fresh interpreter that has loaded all it needs and then gives up the right to open any file or
socket, to use more than so much memory and time, and to write anywhere but into its answer; only for a store on disk
it may go on to read files, where the system can forbid sockets alone. The parent kills it at the deadline. A crash, a
hang or a flood ends as one of our errors.

The door::

    parse(data, "turtle", name="mine.ttl")      bytes of a file  -> N-Quads
    read("mine.ttl.gz")                         a file           -> N-Quads
    stream("mine.nq")                           a file           -> N-Quads, in pieces, however large it is
    query(nquads, "SELECT ...")                 a SPARQL text    -> Answer
    series(ntriples, "SELECT ...", nodes)       a SPARQL text    -> what it answers about each of many things
    search("^a+$", texts)                       a regular expression -> which texts it fits
    gate("SELECT ...")                          only the look at a SPARQL text, before anything runs
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from typing import IO, TYPE_CHECKING, NoReturn, TypeVar, cast

import pyoxigraph as ox

from ..errors import InputError, LimitReached, MissingExtra, QueryError, UnknownName, UsageError
from ..names import PREFIXES
from ..sparql.text import vet
from ..store.engine import Answer, Limits
from ..text import excerpt

if TYPE_CHECKING:
    import codecs
    from pathlib import Path
    from subprocess import CompletedProcess

_T = TypeVar("_T")
_STDIN = "<stdin>"
_QUERY = "<query>"
_THE_QUERY = "The query"
_LONGEST_TERM = "16 MiB"  # the engine's own, not to be changed
_LONG_TERM = f"one value is longer than {_LONGEST_TERM}."

_DEEPEST_JSON = 500  # brackets within each other
_KIB, _MIB, _GIB = 1024, 1024**2, 1024**3

FORMATS: dict[str, tuple[str, ...]] = {
    "turtle": (".ttl",),
    "trig": (".trig",),
    "ntriples": (".nt",),
    "nquads": (".nq",),
    "jsonld": (".jsonld", ".json"),
    "rdfxml": (".rdf", ".xml", ".owl"),
}
"""Formats that can be read, each with the endings of file names that mean it."""

_ENGINE_FORMATS = {
    "turtle": ox.RdfFormat.TURTLE,
    "trig": ox.RdfFormat.TRIG,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "nquads": ox.RdfFormat.N_QUADS,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
}


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
    clock = time.monotonic()
    _known(format)
    if len(data) > limits.file:
        raise _too_large(name, limits.file)
    reply = _work(["parse", name, format, base or "", "graphs", str(limits.file), data], limits, clock, what=name)
    return b"".join(reply.data)


def read(
    source: str | Path, format: str | None = None, *, base: str | None = None, limits: Limits | None = None
) -> bytes:
    """Read an RDF file as N-Quads: see ``parse``.

    Args:
        source: A path, or ``-`` for standard input. Never an address: nothing is fetched. A file compressed with gzip
            is expanded.
        format: A key of ``FORMATS``; by default what the ending of the name means.
        base: As in ``parse``.
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
        base: As in ``parse``.
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
        _known(format)
    file = _opened(source, name, limits or Limits())
    try:
        size = os.fstat(file).st_size
        allowed = limits or _grown(size)
        if size > allowed.file:
            raise _too_large(name, allowed.file)
        return Stream(name, [format or _format_of(name), base or "", "graphs" if graphs else ""], file, allowed)
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
    """

    def __init__(self, name: str, fields: Sequence[str], file: int, limits: Limits) -> None:
        import subprocess

        _require_limits()
        self.name = name
        self.size, self.done = os.fstat(file).st_size, 0
        self._limits, self._left = limits, limits.seconds
        try:
            self._child = subprocess.Popen(
                _command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=_environment(), pass_fds=(file,),
            )  # fmt: skip
        except OSError as error:
            raise _unstarted(name, error) from None
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._pipe = self._child.stdout.fileno()
        self._pieces = self._read()
        # A child that has ended already is told apart by the answer that it does not give.
        with suppress(BrokenPipeError), self._child.stdin as request:
            request.write(_request(["file", name, *fields, str(limits.file), str(file)], limits))

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """End the child, if it has not ended; harmless when repeated."""
        self._child.kill()
        assert self._child.stdout is not None
        self._child.stdout.close()
        self._child.wait()

    def _read(self) -> Iterator[bytes]:
        try:
            while True:
                head = self._taken(9)
                tag, body = chr(head[0]), self._taken(int.from_bytes(head[1:], "big"))
                if tag == "D":
                    yield body
                elif tag == "P":
                    self.done = int(body)
                elif tag == "E":
                    _raise(str(body, "utf-8").split("\0"), self._limits, self.name)
                else:
                    self.done = self.size
                    return
        finally:
            self.close()

    def _taken(self, count: int) -> bytes:
        """So many bytes from the child; only the waiting for them counts as its time."""
        from select import POLLIN, poll

        waiting = poll()
        waiting.register(self._pipe, POLLIN)
        parts = []
        while count:
            clock = time.monotonic()
            ready = waiting.poll(max(self._left, 0.0) * 1000)
            self._left -= time.monotonic() - clock
            if not ready:
                raise _out_of_time(self.name, self._limits)
            part = os.read(self._pipe, min(count, _MIB))
            if not part:
                # It has closed the pipe by ending; should it not have, it is ended by what follows.
                raise _crashed(self._child.wait(10), self._limits, self.name)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def query(
    nquads: bytes | Sequence[Path] | str,
    text: str,
    *,
    limits: Limits | None = None,
    graphs: Collection[str] = (),
    prefixes: Mapping[str, str] = PREFIXES,
) -> Answer:
    """Answer a SPARQL 1.1 query (SELECT, ASK, CONSTRUCT, DESCRIBE) that did not come from the project.

    The default graph is the union of all graphs, unless the query names its own with FROM (SPARQL 1.1, section 13.2).

    Args:
        nquads: The dataset as N-Quads, or files of the project that hold it (by ending; N-Quads if unknown), or the
            folder of a store on disk.
        text: The query.
        limits: Time, memory and sizes.
        graphs: IRIs of the graphs that FROM and FROM NAMED may name.
        prefixes: Prefixes that the query need not declare.

    Returns:
        The whole answer; there is no cut-off one.

    Raises:
        QueryError: The text does not parse, is refused by ``gate``, or calls a function that does not exist.
        LimitReached: Time, memory, size or rows ran out, or the engine crashed.
    """
    limits = limits or Limits()
    clock = time.monotonic()
    text = text.removeprefix("\ufeff")
    named = bool(vet(text, graphs=graphs, prefixes=prefixes, most=limits.text).dataset)
    fields: list[str | bytes] = ["query", _QUERY, text, "" if named else "union", str(len(prefixes))]
    for prefix, namespace in prefixes.items():
        fields += [prefix, namespace]
    if isinstance(nquads, bytes):
        fields += ["bytes", nquads]
    else:
        fields += ["store", nquads] if isinstance(nquads, str) else ["paths", *(str(path) for path in nquads)]
    return _answer(_work(fields, limits, clock, what=_THE_QUERY), limits, clock)


def series(
    ntriples: bytes,
    text: str,
    nodes: Sequence[ox.NamedNode | ox.BlankNode | ox.Literal],
    *,
    limits: Limits,
    prefixes: Mapping[str, str] = PREFIXES,
) -> list[Answer]:
    """Answer a SELECT that did not come from the project about many things, each put in for ``$this`` (SHACL 5.3.1).

    Args:
        ntriples: The graph; its blank nodes keep their labels.
        text: The query.
        nodes: The things.
        limits: Of all answers together.
        prefixes: Prefixes that the query need not declare.

    Returns:
        What it answers about each, in their order.

    Raises:
        QueryError: As in `query`, or the query does not give ``$this``.
        LimitReached: As in `query`.
    """
    clock = time.monotonic()
    vet(text, prefixes=prefixes, most=limits.text)
    wanted = ox.serialize((ox.Triple(_THIS, _THIS, node) for node in nodes), format=ox.RdfFormat.N_TRIPLES)
    declared = [part for pair in prefixes.items() for part in pair]
    reply = _work(["series", _QUERY, text, ntriples, wanted or b"", *declared], limits, clock, what=_THE_QUERY)
    return [_table(bytes(body), limits, clock) for body in reply.data]


def search(
    pattern: str, texts: Sequence[str], *, ignore_case: bool = False, limits: Limits | None = None
) -> list[bool]:
    """Whether a regular expression (Python's) that did not come from the project fits somewhere in each text.

    Raises:
        LimitReached: Time or memory ran out: some expressions take time that doubles with each letter of a text.
    """
    limits = limits or Limits()
    fields = ["search", "", pattern, "i" if ignore_case else "", *texts]
    reply = _work(fields, limits, time.monotonic(), what="The pattern")
    return [found == 1 for body in reply.data for found in body]


_THIS = ox.NamedNode("urn:x:this")


def gate(text: str, *, graphs: Collection[str] = (), prefixes: Mapping[str, str] = PREFIXES) -> None:
    """Refuse a SPARQL text that is no harmless query: see `sparql.text.vet`."""
    vet(text, graphs=graphs, prefixes=prefixes)


# --------------------------------------------------------------------------------------------- files and bytes


def _known(format: str) -> None:
    if format not in FORMATS:
        raise UnknownName("input format", format, hint=f"Formats: {', '.join(FORMATS)}.")


def _format_of(name: str) -> str:
    ending = os.path.splitext(name.lower().removesuffix(".gz"))[1]
    for format, endings in FORMATS.items():
        if ending in endings:
            return format
    every = " ".join(ending for endings in FORMATS.values() for ending in endings)
    said = "Standard input has no format of its own." if name == _STDIN else "The ending of the name says no format."
    raise InputError(
        said, path=name, hint=f"Name the format ({', '.join(FORMATS)}), or use a file with one of {every}."
    )


def _opened(source: str | Path, name: str, limits: Limits) -> int:
    """A descriptor of the file; what is no regular one is first copied into one that has no name."""
    import stat

    if source == "-":
        return _spooled(sys.stdin.buffer, name, limits.file)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", name):
        raise InputError(
            "This is an address; only files are read.", path=name, hint=f"Fetch it first, or write ./{name}."
        )
    try:
        mode = os.stat(source).st_mode
        if stat.S_ISDIR(mode):
            raise InputError("This is a directory.", path=name, hint="Name the files in it.")
        if stat.S_ISFIFO(mode):
            with open(source, "rb") as file:
                return _spooled(file, name, limits.file)
        if not stat.S_ISREG(mode):
            raise InputError("This is a device, not a file.", path=name)
        return os.open(source, os.O_RDONLY)
    except FileNotFoundError:
        raise InputError("There is no such file.", path=name) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"The file cannot be read: {reason}.", path=name) from None


def _spooled(file: IO[bytes], name: str, most: int) -> int:
    import tempfile

    with tempfile.TemporaryFile() as spool:
        while data := file.read(_MIB):
            most -= spool.write(data)
            if most < 0:
                raise _too_large(name, most + spool.tell())
        spool.flush()
        return os.dup(spool.fileno())


def _grown(size: int) -> Limits:
    """What reading a file of so many bytes may cost: the slowest machine and the tersest text, by a wide margin."""
    return Limits(
        seconds=min(Limits.seconds + size / (2 * _MIB), 86400.0),
        memory=Limits.memory + 4 * size,
        answer=Limits.answer + 20 * size,
        file=Limits.file + 100 * size,
    )


def _too_large(name: str, most: int) -> LimitReached:
    return LimitReached(f"{name}: {_TOO_LARGE.format(_size(most))}", limit=_size(most), hint=_SPLIT)


_TOO_LARGE, _SPLIT = "The file is larger than {}.", "Split it."

# Raw control characters have no place in any of the formats, and XML could not carry them on.
_CONTROL_BYTES = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20)])
_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"


def _place(data: bytes, offset: int) -> tuple[int, int]:
    """Line and column, counted from 1 in characters, of a byte."""
    start = data.rfind(b"\n", 0, offset) + 1
    return data.count(b"\n", 0, offset) + 1, len(data[start:offset].decode("utf-8", "replace")) + 1


def _size(count: int) -> str:
    for unit, name in ((_GIB, "GiB"), (_MIB, "MiB"), (_KIB, "KiB")):
        if count >= unit:
            return f"{count / unit:.4g} {name}"
    return f"{count} bytes"


# ---------------------------------------------------------------------------------------- the parent's side

# The child is told where things lie: -I keeps environment and current folder out, -S the site files. It makes an empty
# package of our name, so that this module is loaded without all that the package's own door brings along.
_START = """
import sys, types
package = types.ModuleType("csto_graph")
package.__path__ = [sys.argv[1]]
sys.modules["csto_graph"] = package
sys.path.append(sys.argv[2])
from csto_graph.sandbox.parent import _child
_child()
"""


@dataclass(frozen=True)
class _Reply:
    head: list[str]
    data: list[memoryview]


def _work(fields: Sequence[str | bytes], limits: Limits, clock: float, *, what: str) -> _Reply:
    """Send a request to a fresh child, wait for its answer or the deadline, and say what went wrong."""
    import subprocess

    _require_limits()
    left = limits.seconds - (time.monotonic() - clock)
    try:
        # run() kills and reaps the child on every way out, an interrupt included.
        ended = subprocess.run(
            _command(), input=_request(fields, limits), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=max(left, 0.0), env=_environment(), check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _out_of_time(what, limits) from None
    except OSError as error:
        raise _unstarted(what, error) from None
    return _understood(ended, limits, what)


def _command() -> list[str]:
    here, engine = (os.path.dirname(os.path.dirname(os.path.abspath(file))) for file in (__file__, ox.__file__))
    return [sys.executable, "-I", "-S", "-X", "utf8", "-c", _START, here, engine]


def _environment() -> dict[str, str]:
    return {key: os.environ[key] for key in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if key in os.environ}


_CUT = "cut"


def _request(fields: Sequence[str | bytes], limits: Limits) -> bytes:
    rows = f"{-1 if limits.rows is None else limits.rows}{_CUT if limits.cut else ''}"
    numbers = [repr(limits.seconds), str(limits.memory), rows]
    return b"".join(map(_frame, [*numbers, str(limits.answer), *fields]))


def _require_limits() -> None:
    try:
        import resource
    except ImportError:
        error = MissingExtra("resource", "Reading what comes from outside in a process with limits")
        error.hint = "It is part of Python on Linux and macOS only; nothing is run without limits."
        raise error from None
    del resource
    if not sys.executable:
        raise UsageError("Python does not know its own program, so no process with limits can be started.")


def _unstarted(what: str, error: OSError) -> LimitReached:
    said = f"{what}: the system gives no process with limits: {error.strerror}."
    return LimitReached(said, limit="processes and open files", hint="Close some, or raise the limits of the system.")


def _out_of_time(what: str, limits: Limits) -> LimitReached:
    limit = f"{limits.seconds:g} s"
    return LimitReached(f"{what}: not done within {limit}.", limit=limit, hint="Ask for less, or allow more time.")


def _understood(ended: CompletedProcess[bytes], limits: Limits, what: str) -> _Reply:
    reply, final = _Reply([], []), ""
    told: list[str] = []
    view, at = memoryview(ended.stdout), 0
    while at + 9 <= len(view):
        tag, end = chr(view[at]), at + 9 + int.from_bytes(view[at + 1 : at + 9], "big")
        if end > len(view):
            break
        body = view[at + 9 : end]
        if tag == "D":
            reply.data.append(body)
        elif tag == "H":
            reply.head.extend(str(body, "utf-8").split("\0"))
        else:
            final = tag
            told = str(body, "utf-8").split("\0")
        at = end
    if final == "Z" and at == len(view):
        return reply
    if final == "E":
        _raise(told, limits, what)
    raise _crashed(ended.returncode, limits, what)


def _raise(told: list[str], limits: Limits, what: str) -> NoReturn:
    kind, name, line, column, message, hint = told
    if kind == "limit":
        limit = {"memory": _size(limits.memory), "answer": _size(limits.answer)}.get(name, name)
        raise LimitReached(f"{what}: {message}", limit=limit, hint=hint)
    error = QueryError if kind == "query" else InputError
    place = int(line) if line else None, int(column) if column else None
    raise error(message, path=name, line=place[0], column=place[1], hint=hint)


def _crashed(status: int, limits: Limits, what: str) -> LimitReached:
    import signal

    if -status in (signal.SIGXCPU, signal.SIGALRM):
        return _out_of_time(what, limits)
    said = signal.Signals(-status).name if status < 0 else f"status {status}"
    return LimitReached(
        f"{what}: the engine gave up ({said}); it needs more than {_size(limits.memory)} or is nested too deeply.",
        limit=_size(limits.memory),
        hint="Ask for less; to sort values of mixed types, ORDER BY STR(...)." if what == _THE_QUERY else "",
    )


def _answer(reply: _Reply, limits: Limits, clock: float) -> Answer:
    kind, *rest = reply.head
    if kind == "boolean":
        return Answer("boolean", boolean=rest[0] == "true")
    body = b"".join(reply.data)
    if kind == "solutions":
        return _table(body, limits, clock, cut=_CUT in rest)
    try:
        quads = _in_time(ox.parse(body, ox.RdfFormat.N_TRIPLES), limits, clock)
        return Answer("graph", triples=[quad.triple for quad in quads], cut=_CUT in rest)
    except MemoryError:
        raise _too_long() from None


def _table(body: bytes, limits: Limits, clock: float, *, cut: bool = False) -> Answer:
    try:
        solutions = cast("ox.QuerySolutions", ox.parse_query_results(body, ox.QueryResultsFormat.TSV))
        names = tuple(variable.value for variable in solutions.variables)
        rows = [tuple(solution) for solution in _in_time(solutions, limits, clock)]
        return Answer("solutions", names, rows, cut=cut)
    except MemoryError:
        raise _too_long() from None


def _too_long() -> LimitReached:
    return LimitReached(f"{_THE_QUERY}: {_LONG_TERM}", limit=_LONGEST_TERM)


def _in_time(items: Iterable[_T], limits: Limits, clock: float) -> Iterator[_T]:
    """The parts of an answer; taking them over counts against the time of the query."""
    for number, item in enumerate(items):
        if number % 1024 == 0 and time.monotonic() - clock > limits.seconds:
            raise _out_of_time(_THE_QUERY, limits)
        yield item


def _frame(body: str | bytes) -> bytes:
    body = body if isinstance(body, bytes) else body.encode("utf-8", "surrogateescape")
    return len(body).to_bytes(8, "big") + body


# ------------------------------------------------------------------------------------------ the child's side


class _RefusedError(Exception):
    """Ends the child's work with an error for the parent: kind, name, line, column, message, hint."""

    def __init__(self, kind: str, name: str, line: object, column: object, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.told = [kind, name, str(line or ""), str(column or ""), message, hint]


class _EnoughError(Exception):
    """Ends a query whose answer has as many rows as were wanted."""


class _Output:
    """Bytes to the parent in frames, counted; so are lines, which are rows of a table or triples."""

    def __init__(self, pipe: IO[bytes], size: int) -> None:
        self._pipe, self._left = pipe, size
        self._rows = 0
        self._lines: int | None = None
        self._cut = False

    def limit_rows(self, rows: int, *, header: int, cut: bool) -> None:
        """Allow so many lines after a number of lines that are not rows; what comes after them is cut, or an error."""
        self._rows, self._lines, self._cut = rows, rows + header, cut

    def write(self, data: bytes) -> int:
        self._left -= len(data)
        if self._left < 0:
            raise _RefusedError("limit", "answer", "", "", "the answer is too large.", "Ask for less.")
        if self._lines is not None:
            allowed = self._lines
            self._lines -= data.count(b"\n")
            # A line may come in pieces: the first one of a line too many is too much.
            more = self._lines < 0 or (self._lines == 0 and not data.endswith(b"\n"))
            if more and self._cut:
                # The engine may try once more to write what it holds.
                if allowed > 0:
                    self.send(b"D", b"".join(line + b"\n" for line in data.split(b"\n")[:allowed]))
                raise _EnoughError
            if more:
                rows = f"{self._rows} row{'' if self._rows == 1 else 's'}"
                hint = "Narrow the query, or raise the limit."
                raise _RefusedError("limit", rows, "", "", f"it has more than {rows}.", hint)
        self.send(b"D", data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back here; the pipe's own buffer goes out at the end."""

    def send(self, tag: bytes, body: bytes) -> None:
        self._pipe.write(tag + _frame(body))


def _child() -> NoReturn:
    """Read one request, give up all rights, do it, answer, end."""
    pipe = sys.stdin.buffer
    fields = []
    while head := pipe.read(8):
        fields.append(pipe.read(int.from_bytes(head, "big")))
    seconds, memory, rows, answer, kind, name, *rest = fields
    output = _Output(sys.stdout.buffer, int(answer))
    try:
        store, stored = ox.Store(), False
        if kind == b"query":
            store, stored, rest = _with_files(rest)
        file = _given(kind, rest)
        _warm()
        # A file may be taken over slowly, with the child waiting; it ends with the pipe, or when its own time is up.
        _lock(float(seconds), int(memory), alarm=kind != b"file", reading=stored)
        if kind == b"series":
            _series(rest, output)
        elif kind == b"search":
            _search(rest, output)
        elif file is None:
            _query(store, rest, rows.decode(), output)
        else:
            _parse(name.decode("utf-8", "replace"), [field.decode() for field in rest[:4]], file, output)
        output.send(b"Z", b"")
    except _RefusedError as refused:
        output.send(b"E", "\0".join(part.replace("\0", "") for part in refused.told).encode("utf-8", "replace"))
    except MemoryError:
        output.send(b"E", b"limit\0memory\0\0\0it needs too much memory.\0Ask for less.")
    sys.stdout.buffer.flush()
    os._exit(0)


def _given(kind: bytes, fields: list[bytes]) -> IO[bytes] | None:
    """The file to be parsed, if any: an open descriptor, or the bytes themselves."""
    import io

    if kind == b"file":
        return open(int(fields[4]), "rb")
    return io.BytesIO(fields[4]) if kind == b"parse" else None


def _with_files(fields: list[bytes]) -> tuple[ox.Store, bool, list[bytes]]:
    """The store that a query is asked of, whether it lies on disk, and the request with files in place of names."""
    at = 3 + 2 * int(fields[2])
    if fields[at] == b"store":
        folder = fields[at + 1].decode("utf-8", "surrogateescape")
        try:
            return ox.Store.read_only(folder), True, fields[:at]
        except (OSError, RuntimeError) as error:
            raise _RefusedError("content", "", "", "", f"The store: {excerpt(str(error))}.") from None
    if fields[at] == b"bytes":
        return ox.Store(), False, [*fields[:at], b"nquads", fields[at + 1]]
    whole = fields[:at]
    for path in fields[at + 1 :]:
        name = path.decode("utf-8", "surrogateescape")
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            said = f"The file cannot be read: {error.strerror}."
            raise _RefusedError("content", excerpt(name), "", "", said) from None
        ending = os.path.splitext(name)[1]
        format = next((format for format, endings in FORMATS.items() if ending in endings), "nquads")
        whole += [format.encode(), content]
    return ox.Store(), False, whole


def _warm() -> None:
    """Use once what is used later: after the lock nothing can be loaded any more."""
    import gzip  # noqa: F401
    import hashlib
    import io
    import xml.parsers.expat  # noqa: F401  (tells the line of a mistake in XML)

    hashlib.sha256(b"").hexdigest()
    store = ox.Store()
    store.extend(ox.parse(b'<a:b> <a:b> "c"@en .\n', ox.RdfFormat.N_QUADS))
    nowhere = _Output(io.BytesIO(), _MIB)
    for text in ("SELECT * { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }", "ASK {}"):
        _send_answer(store.query(text), 1, nowhere)
    ox.serialize(store, format=ox.RdfFormat.N_QUADS)


def _lock(seconds: float, memory: int, *, alarm: bool = True, reading: bool = False) -> None:
    """Give up files, sockets, writing, memory and time; none can be had back.

    Args:
        seconds: Of the processor; with ``alarm`` also by the clock.
        memory: Bytes of address space.
        alarm: Whether waiting counts as well.
        reading: Whether files may still be opened to be read, for a store on disk, which opens some of its own only
            when it needs them. Only where the system can forbid sockets as such.
    """
    import resource
    import signal

    if alarm:
        _end_with_parent()
    if not (reading and _without_sockets()):
        # Pipes already open go on working; no descriptor can be added to them.
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    for what, amount in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, int(min(seconds, 86400)) + 1),
    ):
        resource.setrlimit(what, (amount, amount))
    try:
        most = resource.getrlimit(resource.RLIMIT_AS)[1]
        amount = memory if most == resource.RLIM_INFINITY else min(memory, most)
        resource.setrlimit(resource.RLIMIT_AS, (amount, amount))
    except (ValueError, OSError):
        # macOS knows the name and refuses the act; the deadline and the caps on sizes still hold there.
        if sys.platform != "darwin":
            raise
    if alarm:
        # Where the system does not end this process with its parent, its own clock does.
        signal.setitimer(signal.ITIMER_REAL, min(seconds, 86400.0) + 1.0)


def _end_with_parent() -> None:
    """Have the system kill this process when the thread that started it ends; only Linux can."""
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        parent_death_signal, kill = 1, 9
        ctypes.CDLL(None).prctl(parent_death_signal, ctypes.c_ulong(kill))


# Of each machine: its number (AUDIT_ARCH), those of the system calls seccomp and socket.
_CALLS = {"x86_64": (0xC000003E, 317, 41), "aarch64": (0xC00000B7, 277, 198)}
_IO_URING_SETUP = 425  # would be another way to a socket


def _without_sockets() -> bool:
    """Forbid sockets to all threads by a filter of system calls (seccomp of Linux); whether the system took it."""
    import struct

    machine = _CALLS.get(os.uname().machine)
    if sys.platform != "linux" or machine is None:
        return False
    try:
        import ctypes
    except ImportError:
        return False
    number, seccomp, socket = machine
    load, equal, more, end = 0x20, 0x15, 0x35, 0x06
    steps = (
        (load, 0, 0, 4), (equal, 1, 0, number), (end, 0, 0, 0x80000000),  # a call of another machine ends the process
        (load, 0, 0, 0), (more, 3, 0, 0x40000000), (equal, 2, 0, socket), (equal, 1, 0, _IO_URING_SETUP),
        (end, 0, 0, 0x7FFF0000), (end, 0, 0, 0x00050000 | 13),  # allowed, or EACCES
    )  # fmt: skip
    rules = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HP", len(steps), ctypes.addressof(rules))
    library = ctypes.CDLL(None)
    no_new_privileges, set_filter, all_threads = 38, 1, 1
    zero = ctypes.c_ulong(0)
    refused = library.prctl(no_new_privileges, ctypes.c_ulong(1), zero, zero, zero)
    return not (refused or library.syscall(ctypes.c_long(seccomp), set_filter, all_threads, program))


_WITH_GRAPHS = ("trig", "nquads", "jsonld")


class _Lines:
    """Whole lines to the parent in frames of a mebibyte, each with how far the file was read."""

    def __init__(self, output: _Output, file: IO[bytes]) -> None:
        self._output, self._file = output, file
        self._parts: list[bytes] = []
        self._held = 0

    def write(self, data: bytes) -> int:
        self._parts.append(data)
        self._held += len(data)
        if self._held >= _MIB:
            whole, end, rest = b"".join(self._parts).rpartition(b"\n")
            self._parts, self._held = [rest], len(rest)
            self._output.send(b"P", str(self._file.tell()).encode())
            self._output.write(whole + end)
        return len(data)

    def flush(self) -> None:
        """Nothing goes out before it is enough."""

    def close(self) -> None:
        self._output.write(b"".join(self._parts))


def _parse(name: str, fields: list[str], file: IO[bytes], output: _Output) -> None:
    format, base, graphs, most = fields
    text = _unpacked(file, name)
    start, mark, plain = _looked_through(text, name, _most(file, text, int(most)))
    text.seek(start)
    # These two are looked at as a whole before the engine may see them.
    data = text.read() if format in ("rdfxml", "jsonld") else b""
    if format == "jsonld":
        # The algorithm of JSON-LD drops a relative IRI in silence; with this base it shows.
        base = base or _NO_BASE
    if format == "rdfxml":
        _check_xml(data, name)
    if format == "jsonld":
        _check_depth(data, name)
    quads: Iterator[ox.Quad] = ox.parse(data or text, _ENGINE_FORMATS[format], base_iri=base or None)
    if format == "jsonld":
        quads = _said(quads, name)
    lines = _Lines(output, file)
    # Lines without a byte that could begin anything to be refused or renamed are taken as the engine gives them.
    found = quads if plain and format in ("ntriples", "nquads") else _plain(quads, name, mark)
    try:
        if graphs or format not in _WITH_GRAPHS:
            ox.serialize(found, cast("IO[bytes]", lines), ox.RdfFormat.N_QUADS)
        else:
            triples = map(attrgetter("triple"), found)
            ox.serialize(triples, cast("IO[bytes]", lines), ox.RdfFormat.N_TRIPLES)
    except MemoryError as error:
        if "buffer" not in str(error):
            raise
        raise _RefusedError("limit", _LONGEST_TERM, "", "", _LONG_TERM) from None
    except (SyntaxError, ValueError, RuntimeError, OSError) as error:
        raise _content_error(error, name, data) from None
    lines.close()


_NO_BASE = "relative-iri://file/"


def _said(quads: Iterator[ox.Quad], name: str) -> Iterator[ox.Quad]:
    """What JSON-LD says; refused is what it would say nothing of."""
    nothing = True
    for quad in quads:
        nothing = False
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
            if isinstance(term, ox.NamedNode) and term.value.startswith(_NO_BASE):
                shown = excerpt(term.value.removeprefix(_NO_BASE))
                said = f"A relative IRI, '{shown}', and nothing to resolve it against."
                hint = "Write the IRI out, or give the context an @base."
                raise _RefusedError("content", name, "", "", said, hint)
        yield quad
    if nothing:
        said = "Nothing in it is a statement."
        raise _RefusedError("content", name, "", "", said, "In JSON-LD the @context says what keys mean; look at it.")


def _unpacked(file: IO[bytes], name: str) -> IO[bytes]:
    """The file, expanded where it is compressed with gzip."""
    head = file.read(2)
    file.seek(0)
    if head != b"\x1f\x8b":
        if head and name.lower().endswith(".gz"):
            raise _RefusedError("content", name, "", "", "The name says gzip, the content is something else.")
        return file
    import gzip

    return cast("IO[bytes]", gzip.GzipFile(fileobj=file))


def _most(file: IO[bytes], text: IO[bytes], most: int) -> int:
    """How many bytes the text may have: a file that grows more than a hundredfold is no text anybody wrote."""
    if text is file:
        return most
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return min(most, max(100 * size, 16 * _MIB))


_WARY, _ESCAPED, _NO_CHARACTER = (b"_:", b"<<", b"--"), (b"\\u", b"\\U", b"\\b", b"\\f"), (b"\xef\xbf",)


def _is_plain(lines: bytes) -> bool:
    """Whether lines hold no blank node, no term of RDF 1.2 and no character, or escape, that no text may have."""
    escapes = _ESCAPED if b"\\" in lines else ()
    characters = () if lines.isascii() else _NO_CHARACTER
    return not any(sign in lines for sign in (*_WARY, *escapes, *characters))


def _looked_through(file: IO[bytes], name: str, most: int) -> tuple[int, str, bool]:
    """Read a text once and refuse what is none; where it begins, a mark of its content, whether it `_is_plain`."""
    import codecs
    import hashlib
    import zlib

    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    size, blank, plain, tail = 0, True, True, b""
    try:
        head = file.read(4)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head == b"\x00\x00\xfe\xff":
            raise _RefusedError("content", name, 1, "", "The file is UTF-16 or UTF-32.", "Save it as UTF-8.")
        start = 3 if head.startswith(b"\xef\xbb\xbf") else 0
        file.seek(start)
        while data := file.read(_MIB):
            _check_piece(data, decoder, file, start, size, name)
            digest.update(data)
            size += len(data)
            if size > most:
                raise _RefusedError("limit", _size(most), "", "", _TOO_LARGE.format(_size(most)), _SPLIT)
            blank = blank and not data.strip()
            tail += data
            plain = plain and _is_plain(tail)
            tail = data[-1:]
    except (OSError, EOFError, zlib.error) as error:
        raise _RefusedError("content", name, "", "", f"The compressed file is damaged: {error}.") from None
    if blank:
        raise _RefusedError("content", name, "", "", "The file is empty.", "A graph without statements says nothing.")
    _check_piece(b"", decoder, file, start, size, name)
    return start, digest.hexdigest()[:24], plain


def _check_piece(
    data: bytes, decoder: codecs.IncrementalDecoder, file: IO[bytes], start: int, at: int, name: str
) -> None:
    """Refuse a piece of a text, from a byte on, that is not UTF-8; an empty one is its end."""
    if len(data.translate(None, _CONTROL_BYTES)) != len(data):
        first = next(place for place, byte in enumerate(data) if byte in _CONTROL_BYTES)
        said = f"Control character U+{data[first]:04X}: this is no text in UTF-8."
        where = _counted(file, start, at + first)
        raise _RefusedError("content", name, *where, said, "Is it a binary file, or UTF-16?")
    kept = len(decoder.getstate()[0])
    try:
        decoder.decode(data, final=not data)
    except UnicodeDecodeError as error:
        said = f"Byte 0x{error.object[error.start]:02X} is not UTF-8."
        where = _counted(file, start, at - kept + error.start)
        raise _RefusedError("content", name, *where, said, "Save the file as UTF-8.") from None


def _counted(file: IO[bytes], start: int, offset: int) -> tuple[int, int]:
    """Line and column, counted from 1 in characters, of a byte of a text of any size that begins somewhere."""
    line = column = 1
    file.seek(start)
    while offset and (data := file.read(min(offset, _MIB))):
        offset -= len(data)
        ends = data.count(b"\n")
        rest = data[data.rfind(b"\n") + 1 :]
        # Bytes that continue a character begin with the bits 10.
        line, column = line + ends, (1 if ends else column) + len(rest.translate(None, _CONTINUING))
    return line, column


_CONTINUING = bytes(range(0x80, 0xC0))


def _check_depth(data: bytes, name: str) -> None:
    """Refuse JSON nested deeper than any document is: the engine works long on it, and then crashes."""
    depth = 0
    for match in re.finditer(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]+|[\]}]+', data, re.DOTALL):
        first, length = data[match.start()], match.end() - match.start()
        depth += {0x22: 0, 0x5B: length, 0x7B: length}.get(first, -length)
        if depth > _DEEPEST_JSON:
            line, column = _place(data, match.start())
            raise _RefusedError("content", name, line, column, f"Nested deeper than {_DEEPEST_JSON} levels.")


def _plain(quads: Iterator[ox.Quad], name: str, mark: str) -> Iterator[ox.Quad]:
    """The quads, blank nodes renamed; refuses what RDF 1.1, or a text, cannot hold."""
    control = re.compile(_CONTROL)
    nodes: dict[str, ox.BlankNode] = {}

    def renamed(node: ox.BlankNode) -> ox.BlankNode:
        return nodes.setdefault(node.value, ox.BlankNode(f"b{mark}x{len(nodes)}"))

    for quad in quads:
        object = quad.object
        if isinstance(object, ox.Literal):
            if object.direction is not None:
                said = "A text with a base direction (RDF 1.2) is not understood."
                raise _RefusedError("content", name, "", "", said)
            if not object.value.isprintable() and (found := control.search(object.value)):
                what, sign = excerpt(quad.predicate.value), f"U+{ord(found[0]):04X}"
                said = f"A value of <{what}> holds the control character {sign}."
                raise _RefusedError("content", name, "", "", said, "It is written as an escape; take it out.")
        elif isinstance(object, ox.Triple):
            said = f"A triple as a value of <{excerpt(quad.predicate.value)}> (RDF 1.2, RDF-star) is not understood."
            raise _RefusedError("content", name, "", "", said, "Describe the statement with a node of its own.")
        elif isinstance(object, ox.BlankNode):
            quad = ox.Quad(quad.subject, quad.predicate, renamed(object), quad.graph_name)
        if isinstance(quad.subject, ox.BlankNode):
            quad = ox.Quad(renamed(quad.subject), quad.predicate, quad.object, quad.graph_name)
        if isinstance(quad.graph_name, ox.BlankNode):
            quad = ox.Quad(quad.subject, quad.predicate, quad.object, renamed(quad.graph_name))
        yield quad


_XML_REFUSED = (
    (rb"(?i)<!ENTITY", "Entities are not expanded.", "Write the IRIs out, or bring the file as Turtle."),
    (rb"(?i)<!DOCTYPE[^>\[]*\s(?:SYSTEM|PUBLIC)\s", "A document type from elsewhere is not fetched.",
     "Take the <!DOCTYPE ...> out."),
)  # fmt: skip
_XML_ENCODING = rb"(?i)<\?xml[^>]*\sencoding\s*=\s*[\"']([^\"'>]*)"


def _check_xml(data: bytes, name: str) -> None:
    """Refuse entities and external document types before the parser sees them (it expands without bound)."""
    for pattern, said, hint in _XML_REFUSED:
        if found := re.search(pattern, data):
            raise _RefusedError("content", name, *_place(data, found.start()), said, hint)
    declared = re.match(_XML_ENCODING, data.lstrip())
    if declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        said = f"The file declares the encoding {excerpt(declared[1].decode('latin-1'))}; only UTF-8 is read."
        raise _RefusedError("content", name, 1, 1, said, "Save it as UTF-8.")
    # The engine takes a document that was cut short between two elements for a whole one.
    line, column, said = _xml_fault(data)
    if said:
        raise _RefusedError("content", name, line, column, f"This is no well-formed XML: {said}.")


def _content_error(error: Exception, name: str, data: bytes) -> _RefusedError:
    line, column = getattr(error, "lineno", None), getattr(error, "offset", None)
    said = re.sub(r"^Parser error at line \d+ (?:between columns \d+ and|column) \d+: ", "", str(error.args[0]))
    said = re.sub(r"^Parser error between line .*? and line .*?: ", "", said)
    hint = ""
    if "LoadDocumentCallback" in said:
        if found := re.search(rb'"@(?:context|import)"\s*:\s*\[?\s*"', data):
            line, column = _place(data, found.start())
        said, hint = "The context lies at an address; nothing is fetched.", "Put the context itself into the file."
    elif "No scheme found" in said:
        said, hint = "A relative IRI, and nothing to resolve it against.", "Write the IRI out, or give the file a base."
    return _RefusedError("content", name, line, column, excerpt(said).rstrip(".") + ".", hint)


def _xml_fault(data: bytes) -> tuple[int, int, str]:
    """Line, column and words of what makes XML not well-formed; no words where it is."""
    from xml.parsers import expat

    try:
        expat.ParserCreate().Parse(data, True)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        return error.lineno, error.offset + 1, "it ends too soon" if said == "no element found" else said
    return 0, 0, ""


def _query(store: ox.Store, fields: list[bytes], rows: str, output: _Output) -> None:
    text, union, count, *rest = fields
    at = 2 * int(count)
    prefixes = {rest[i].decode(): rest[i + 1].decode() for i in range(0, at, 2)}
    for i in range(at, len(rest), 2):
        try:
            # load() would rename blank nodes at random
            store.extend(ox.parse(rest[i + 1], _ENGINE_FORMATS[rest[i].decode()]))
        except (SyntaxError, ValueError) as error:
            raise _content_error(error, "<dataset>", rest[i + 1]) from None
    source = text.decode("utf-8")
    try:
        found = store.query(source, prefixes=prefixes, use_default_graph_as_union=bool(union))
        _send_answer(found, int(rows.removesuffix(_CUT)), output, cut=rows.endswith(_CUT))
    except _EnoughError:
        output.send(b"H", _CUT.encode())
    except (SyntaxError, ValueError, RuntimeError, OSError) as error:
        raise _query_error(error, source) from None


def _series(fields: list[bytes], output: _Output) -> None:
    """Each answer goes in a frame of its own."""
    text, ntriples, wanted, *declared = fields
    source = text.decode("utf-8")
    names = [part.decode("utf-8") for part in declared]
    prefixes = dict(zip(names[::2], names[1::2], strict=True))
    this = ox.Variable("this")
    try:
        found = ox.Store().query(source, prefixes=prefixes)
        if not isinstance(found, ox.QuerySolutions) or this not in found.variables:
            hint = "Begin it with SELECT $this, and ?value where a value is at fault."
            raise _RefusedError("query", _QUERY, "", "", "It does not give $this.", hint)
        store = ox.Store()
        store.extend(ox.parse(ntriples, ox.RdfFormat.N_TRIPLES))
        for quad in ox.parse(wanted, ox.RdfFormat.N_TRIPLES):
            found = store.query(source, prefixes=prefixes, substitutions={this: quad.object})
            output.write(cast("ox.QuerySolutions", found).serialize(format=ox.QueryResultsFormat.TSV) or b"")
    except (SyntaxError, ValueError, RuntimeError, OSError) as error:
        raise _query_error(error, source) from None


def _search(fields: list[bytes], output: _Output) -> None:
    pattern, flag, *texts = (field.decode("utf-8", "surrogateescape") for field in fields)
    search = re.compile(pattern, re.IGNORECASE if flag else 0).search
    output.write(bytes(search(text) is not None for text in texts))


def _send_answer(
    found: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples, rows: int, output: _Output, *, cut: bool = False
) -> None:
    """Tables go as TSV and graphs as N-Triples: both keep every term as it is, and have one line per row."""
    if isinstance(found, ox.QueryBoolean):
        output.send(b"H", b"boolean\0true" if found else b"boolean\0false")
        return
    table = isinstance(found, ox.QuerySolutions)
    output.send(b"H", b"solutions" if table else b"graph")
    if rows >= 0:
        output.limit_rows(rows, header=int(table), cut=cut)
    to = cast("IO[bytes]", output)
    if isinstance(found, ox.QuerySolutions):
        found.serialize(to, ox.QueryResultsFormat.TSV)
    else:
        found.serialize(to, ox.RdfFormat.N_TRIPLES)


def _query_error(error: Exception, text: str) -> _RefusedError:
    said = str(error.args[0] if error.args else error)
    place = re.match(r"error at (\d+):(\d+): expected ", said)
    if place:
        line, column = int(place[1]), int(place[2])
        return _RefusedError("query", _QUERY, line, column, _near(text, line, column))
    if said.startswith("Corruption: "):
        return _RefusedError("content", "", "", "", f"The store: {excerpt(said)}.")
    if isinstance(error, OSError):
        said = f"The query tried to reach a file or a server: {said}"
    elif "custom function" in said:
        said = said.replace("The custom function", "The function").replace("is not supported", "does not exist")
    return _RefusedError("query", _QUERY, "", "", excerpt(said).rstrip(".") + ".")


def _near(text: str, line: int, column: int) -> str:
    """The engine tells the furthest place it looked at, which may lie a few words after the mistake."""
    lines = text.split("\n")
    here = lines[line - 1] if line <= len(lines) else ""
    before, after = here[: column - 1].lstrip()[-40:], here[column - 1 :].rstrip()[:20]
    if not (before or after).strip():
        return "The query does not parse: it ends too soon, or shortly before there is a mistake."
    return f"The query does not parse here, or shortly before: {excerpt(before)}{excerpt(after)}"
