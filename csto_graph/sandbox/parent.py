"""What came from outside runs in a child process with limits.

Texts and files that do not belong to the project are hostile until shown otherwise: a query may ask the engine to
call a server, a file of a few kilobytes may make it crash or never end, and the engine has no switch against either.
So each is handled by a fresh interpreter (`child`) that has loaded all it needs and then gives up the right to open
any file or socket, to use more than so much memory and time, and to write anywhere but into its answer; only for a
store on disk it may go on to read files, where the system can forbid sockets alone. The parent kills it at the
deadline. A crash, a hang or a flood ends as one of our errors.

The door::

    stream("mine.nq.gz")                        a file           -> N-Triples, in pieces, however large it is
    Workers(nquads).query("SELECT ...")         a SPARQL text    -> Answer (`workers`)
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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from importlib.util import find_spec
from pathlib import Path
from select import POLLIN, poll
from signal import Signals
from typing import IO, Any, cast

import pyoxigraph as ox

from ..errors import GraphError, InputError, LimitReached, from_document
from ..store.engine import Limits
from ..text import excerpt
from .inputs import ENDINGS, ending_of, size_in_words, too_large

_MIB = 1024**2
_THE_QUERY = "The query"


def stream(
    source: str | Path, ending: str | None = None, *, base: str | None = None, limits: Limits | None = None
) -> Stream:
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

    Raises:
        InputError: The file is missing, unreadable or no file at all. What is wrong inside is raised by the stream.
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
    file = _opened(source, name, limits or Limits())
    allowed = limits or grown(os.fstat(file).st_size)
    options = {
        "file": file, "name": name, "ending": chosen, "base": base or "", "most": allowed.file,
        "address": "" if source == "-" else Path(os.path.abspath(source)).as_uri(),
    }  # fmt: skip
    return Stream("csto_graph.sandbox.inputs:reading", options, allowed, what=name, file=file)


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
    with closing(Stream(function, options, limits or Limits(), what=what, parts=parts, libraries=libraries)) as pieces:
        return b"".join(pieces)


# ------------------------------------------------------------------------------------------------------- files


def _opened(source: str | Path, name: str, limits: Limits) -> int:
    """A descriptor of the file; standard input is first copied into one that has no name."""
    if source == "-":
        return _spooled(sys.stdin.buffer, name, limits.file)
    try:
        # Without waiting: a pipe that nobody writes to would be waited for.
        file = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
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
    hint = "Name a file; what a command writes is read with --data -."
    raise InputError("This is a directory, a pipe, a socket or a device, not a file.", path=name, hint=hint)


def _spooled(file: IO[bytes], name: str, most: int) -> int:
    try:
        with tempfile.TemporaryFile() as spool:
            while data := file.read(_MIB):
                spool.write(data)
                if spool.tell() > most:
                    raise too_large(name, most)
            spool.flush()
            return os.dup(spool.fileno())
    except OSError as error:
        hint = "It is kept in a temporary file; TMPDIR names the folder."
        short = InputError(f"It cannot be taken over: {error.strerror}.", path=name, hint=hint)
        raise (error if isinstance(error, GraphError) else short) from None


def grown(size: int) -> Limits:
    """What reading a file of so many bytes may cost: the slowest machine and the tersest text, by a wide margin."""
    return Limits(
        seconds=min(Limits.seconds + size / (2 * _MIB), 86400.0),
        memory=Limits.memory + 4 * size,
        answer=Limits.answer + 20 * size,
        file=Limits.file + 100 * size,
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


class Stream(Iterator[bytes]):
    """The answer of a fresh child, in pieces that end with lines.

    Only what ended without an error was the whole answer. It closes itself at the end and on errors; whoever
    leaves it before closes it. Then no process is left.

    Args:
        function: What the child calls: see `call`.
        options: What JSON can hold, for it.
        limits: Time, memory and the size of the answer.
        what: Whose work it is, for errors.
        parts: Bytes for the function.
        libraries: Packages that it imports beside pyoxigraph.
        file: A descriptor that it is given, and which is closed with the stream.

    Attributes:
        name: Whose work it is.
        size: Bytes of the file as it lies on disk.
        done: How many of these the child has come through.
        told: At the end, what else the child has to tell.

    Raises:
        LimitReached: The system gives no process.
    """

    def __init__(
        self, function: str, options: Mapping[str, Any], limits: Limits, what: str, parts: Sequence[bytes] = (),
        libraries: Sequence[str] = (), file: int | None = None,
    ) -> None:  # fmt: skip
        clock = time.monotonic()
        self.name, self.told, self.done = what, dict[str, Any](), 0
        self._file, self.size = file, 0 if file is None else os.fstat(file).st_size
        head = {
            "function": function, "options": options, "parts": [len(part) for part in parts], "what": what,
            "seconds": limits.seconds, "memory": limits.memory,
        }  # fmt: skip
        with ExitStack() as acts:
            if file is not None:
                acts.callback(os.close, file)
            self._child = started(what, libraries, file)
            self._pipe = cast("IO[bytes]", self._child.stdout)
            for act in (self._child.wait, self._pipe.close, self._child.kill):  # done from the last to the first
                acts.callback(act)
            # A child that has ended already is told apart by the answer that it does not give.
            with suppress(BrokenPipeError), cast("IO[bytes]", self._child.stdin) as given:
                given.write(b"".join([json.dumps(head).encode(), b"\n", *parts]))
            self._closing = acts.pop_all()
        self._limits, self._left = limits, limits.seconds - (time.monotonic() - clock)
        self._room, self._rest = limits.answer, b""

    def close(self) -> None:
        """End the child, if it has not ended; harmless when repeated."""
        self._closing.close()

    def __next__(self) -> bytes:
        if self._pipe.closed:
            raise StopIteration
        try:
            while part := self._part():
                # What stands after the last end of a line may be what the child tells at its end.
                piece, end, rest = (self._rest + part).rpartition(b"\n")
                self._rest = end + rest
                self._room -= len(part)
                if self._room < 0:
                    limit = size_in_words(self._limits.answer)
                    raise LimitReached(f"{self.name}: the answer is too large.", limit=limit, hint="Ask for less.")
                if piece:
                    if self._file is not None:
                        # The child has the same place in the file.
                        self.done = os.lseek(self._file, 0, os.SEEK_CUR)
                    return piece
            self.told, self.done = self._ended(), self.size
        except BaseException:
            self.close()
            raise
        self.close()
        raise StopIteration

    def _part(self) -> bytes:
        """Bytes from the child, none at its end; only the waiting for them counts as its time."""
        waiting, clock = poll(), time.monotonic()
        waiting.register(self._pipe, POLLIN)
        ready = waiting.poll(max(self._left, 0.0) * 1000)
        self._left -= time.monotonic() - clock
        if not ready:
            raise out_of_time(self.name, self._limits)
        return os.read(self._pipe.fileno(), _MIB)

    def _ended(self) -> dict[str, Any]:
        """What a child tells that did its work; the error of one that did not, or crashed, is raised."""
        status = self._child.wait(10)
        error = None
        if status == 0:
            with suppress(ValueError, KeyError, TypeError, RecursionError):
                told = dict(json.loads(self._rest))
                if "error" not in told:
                    return told
                error = from_document(told)
        if error is not None:
            raise error
        raise crashed(status, self.name, self._limits.memory)


def started(what: str, libraries: Sequence[str] = (), file: int | None = None) -> subprocess.Popen[bytes]:
    """A child that waits for its request.

    Raises:
        LimitReached: The system gives no process.
    """
    origins = [ox.__file__, *(spec.origin for spec in map(find_spec, libraries) if spec and spec.origin)]
    folders = dict.fromkeys(os.path.dirname(os.path.dirname(os.path.abspath(origin))) for origin in origins)
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-X", "utf8", "-c", _START, package, *folders],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ},
            pass_fds=() if file is None else (file,),
        )  # fmt: skip
    except OSError as refused:
        said = f"{what}: the system gives no process with limits: {refused.strerror}."
        hint = "Close some, or raise the limits of the system."
        raise LimitReached(said, limit="processes and open files", hint=hint) from None


def crashed(status: int, what: str, memory: int, hint: str = "") -> LimitReached:
    """The error of a child that ended without an answer."""
    size = size_in_words(memory)
    sign = Signals(-status).name if status < 0 else f"status {status}"
    said = f"{what}: the engine gave up ({sign}); it needs more than {size} or is nested too deeply."
    return LimitReached(said, limit=size, hint=hint)


def out_of_time(what: str, limits: Limits) -> LimitReached:
    """The error of what takes too long."""
    limit = f"{limits.seconds:g} s"
    return LimitReached(f"{what}: not done within {limit}.", limit=limit, hint="Ask for less, or allow more time.")
