"""The child's side: read one request, give up all rights, do it, answer, end.

A request is one line of JSON, then the bytes of its parts::

    {"function": "csto_graph.sandbox.child:asking", "options": {…}, "parts": [1024], "what": "The query",
     "seconds": 10.0, "memory": 2147483648, "answer": 536870912, "waits": false, "reads": false}

The function gets the parts and the options, opens what it needs, and gives back the work: a function of the output,
called when nothing more can be opened. The answer goes to standard output as it is, and the process ends with status
0; an error goes to standard error as one JSON object (`errors.document`), with status 1. With status 0 the object, if
there is one, says what else there is to know. So whatever ends early is no answer.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
import re
import struct
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any, NamedTuple, NoReturn, cast

import pyoxigraph as ox

from ..errors import GraphError, InputError, LimitReached, QueryError, document
from ..sparql.text import QueryText
from ..text import excerpt
from . import Answering, Work, size_in_words
from .inputs import ENGINE_FORMATS, content_error, format_of


def main() -> NoReturn:
    """Do what standard input asks for; the process ends with this."""
    request = json.loads(sys.stdin.buffer.readline())
    parts = [sys.stdin.buffer.read(size) for size in request["parts"]]
    status, told = 0, None
    try:
        limit_time(request["seconds"], waits=request["waits"])
        if not request["reads"]:
            limit_memory(request["memory"])
        module, _, name = request["function"].partition(":")
        work: Work = getattr(importlib.import_module(module), name)(*parts, **request["options"])
        if request["reads"]:
            limit_memory(request["memory"])  # to open a store takes more than to read it
        lock(reads=request["reads"])
        with open(1, "wb", buffering=1024**2, closefd=False) as pipe:
            told = work(Answering(pipe, request["answer"], request["what"]))
    except GraphError as error:
        status, told = 1, document(error)
    except MemoryError:
        size = size_in_words(request["memory"])
        said = f"{request['what']}: it needs more memory than {size}."
        status, told = 1, document(LimitReached(said, limit=size, hint="Ask for less."))
    except RecursionError:
        said = f"{request['what']}: it is nested too deeply."
        status, told = 1, document(LimitReached(said, limit="nesting", hint="Ask for less."))
    except Exception as error:  # noqa: BLE001  (the last door of the process: what comes here is a mistake of ours)
        status, told = 1, document(_mistake(error, request["what"]))
    if told:
        os.write(2, json.dumps(told).encode())
    os._exit(status)


def _mistake(error: Exception, what: str) -> GraphError:
    """What is told of an exception that nobody expected."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    place = f" in {traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback else ""
    said = f"{what}: a mistake in csto-graph: {type(error).__name__}: {excerpt(str(error), 200)}"
    return GraphError(said, hint=f"Report it; it happened{place}.")


# ------------------------------------------------------------------------------------------------ queries


def asking(
    *nquads: bytes,
    text: str,
    prefixes: Mapping[str, str],
    union: bool,
    rows: int | None,
    cut: bool,
    files: Sequence[str] = (),
    store: str = "",
) -> Work:
    """Answer a query: a table as TSV, a graph as N-Triples, both of which keep every term; or ``true`` or ``false``.

    Args:
        nquads: The dataset, if it is given as such.
        text: The query.
        prefixes: Prefixes that it need not declare.
        union: Whether its default graph is the union of all.
        rows: Rows or triples that are allowed.
        cut: Whether to leave further ones out and say ``{"cut": true}``; else they are an error.
        files: Files that hold the dataset.
        store: The folder of a store that does.
    """
    given = [("nquads", content) for content in nquads]
    for file in files:
        try:
            with open(file, "rb") as opened:
                given.append((format_of(file) or "nquads", opened.read()))
        except OSError as error:
            raise InputError(f"The file cannot be read: {error.strerror}.", path=excerpt(file)) from None
    try:
        dataset = ox.Store.read_only(store) if store else ox.Store()
    except (OSError, RuntimeError) as error:
        raise InputError(f"The store: {excerpt(str(error))}.") from None

    def work(output: Answering) -> Mapping[str, Any] | None:
        for format, content in given:
            try:
                dataset.extend(ox.parse(content, ENGINE_FORMATS[format]))  # load() would rename blank nodes at random
            except (SyntaxError, ValueError) as error:
                raise content_error(error, "<dataset>", content) from None
        try:
            found = dataset.query(text, prefixes=dict(prefixes), use_default_graph_as_union=union)
            if isinstance(found, ox.QueryBoolean):
                output.write(b"true" if found else b"false")
                return None
            lines = _Rows(output, rows, cut=cut, header=isinstance(found, ox.QuerySolutions))
            format_ = ox.QueryResultsFormat.TSV if isinstance(found, ox.QuerySolutions) else ox.RdfFormat.N_TRIPLES
            cast("Any", found).serialize(cast("IO[bytes]", lines), format_)
        except _EnoughError:
            return {"cut": True}
        except (SyntaxError, ValueError, RuntimeError, OSError) as error:
            if isinstance(error, GraphError):
                raise
            raise query_error(error, text) from None
        return None

    return work


class _EnoughError(Exception):
    """Ends a query whose answer has as many rows as were wanted."""


class _Rows:
    """Lines to an output, each a row; those after so many are cut, or an error."""

    def __init__(self, output: Answering, rows: int | None, *, cut: bool, header: bool) -> None:
        self._output, self._rows, self._cut = output, rows, cut
        self._left = sys.maxsize if rows is None else rows + header

    def write(self, data: bytes) -> int:
        allowed, self._left = self._left, self._left - data.count(b"\n")
        # A line may come in pieces: the first one of a line too many is too much.
        if self._left >= 0 and (self._left > 0 or data.endswith(b"\n")):
            return self._output.write(data)
        if not self._cut:
            rows = f"{self._rows} row{'' if self._rows == 1 else 's'}"
            hint = "Narrow the query, or raise the limit."
            raise LimitReached(f"The query: it has more than {rows}.", limit=rows, hint=hint)
        if allowed > 0:  # the engine may try once more to write what it holds
            self._output.write(b"".join(line + b"\n" for line in data.split(b"\n")[:allowed]))
        raise _EnoughError

    def flush(self) -> None:
        """Nothing is held back."""


def query_error(error: Exception, text: str) -> GraphError:
    """What the engine has against a query, with its own reason and the place.

    >>> print(query_error(SyntaxError('error at 1:9: expected one of "}", Prefix not found'), "ASK { ?s x:y 1 }"))
    <query>:1:9: Prefix not found here, or shortly before: ASK { ?s x:y 1 }
    """
    said = str(error.args[0] if error.args else error)
    place = re.match(r"error at (\d+):(\d+): expected ", said)
    if place:
        line, column = int(place[1]), int(place[2])
        return QueryError(_reason(text, line, column, said[place.end() :]), path="<query>", line=line, column=column)
    if said.startswith("Corruption: "):
        return InputError(f"The store: {excerpt(said)}.")
    if isinstance(error, OSError):
        said = f"The query tried to reach a file or a server: {said}"
    elif "custom function" in said:
        said = said.replace("The custom function", "The function").replace("is not supported", "does not exist")
    return QueryError(excerpt(said).rstrip(".") + ".", path="<query>")


_UNTOLD = r"""\[(?:'(?:[^'\\]|\\.[^']*)'|[^\]'])*\]|"[^"]*"|\bone of\b"""


def _reason(text: str, line: int, column: int, expected: str) -> str:
    """What is wrong with a text where the engine could not go on: the sentence among what it expected, if any."""
    words = [part.strip() for part in re.sub(_UNTOLD, "", expected).split(",")]
    reason = next((part for part in words if re.fullmatch(r"[A-Z]\w* .*", part)), "") or _bound_again(text)
    lines = text.split("\n")
    here = lines[line - 1] if line <= len(lines) else ""
    # The engine tells the furthest place it looked at, which may lie a few words after the mistake.
    before, after = here[: column - 1].lstrip()[-40:], here[column - 1 :].rstrip()[:20]
    if not (before + after).strip():
        return f"{reason}." if reason else "The query does not parse: it ends too soon, or shortly before is a mistake."
    return f"{reason or 'The query does not parse'} here, or shortly before: {excerpt(before + after)}"


def _bound_again(text: str) -> str:
    """The reason, if it is this, that the engine never tells: BIND to a variable of its group (section 18.2.1)."""
    tokens = QueryText(text).tokens
    groups: list[int] = []
    for at, token in enumerate(tokens):
        if token.text == "{":
            groups.append(at)
        elif token.text == "}" and groups:
            groups.pop()
        elif token.word == "AS" and groups:
            bind = next((back for back in range(at, groups[-1], -1) if tokens[back].word == "BIND"), at)
            named = tokens[at + 1].text[1:] if at + 1 < len(tokens) else ""
            before = tokens[groups[-1] : bind] if bind < at else []
            if any(other.kind == "variable" and other.text[1:] == named for other in before):
                return f"BIND to ?{named}, which is already in scope,"
    return ""


# ------------------------------------------------------------------------------------------------ the lock


def limit_time(seconds: float, *, waits: bool) -> None:
    """Have the system end this process when it takes too long.

    Args:
        seconds: Of the processor; unless it waits, also by the clock.
        waits: Whether it may wait for who takes its answer; it ends with the pipe, or when its own time is up.
    """
    import resource
    import signal

    if not waits:
        _end_with_parent()
        # Where the system does not end this process with its parent, its own clock does.
        signal.setitimer(signal.ITIMER_REAL, min(seconds, 86400.0) + 1.0)
    processor = int(min(seconds, 86400)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor))


def limit_memory(memory: int) -> None:
    """Have the system refuse this process more than so many bytes of address space."""
    import resource

    try:
        most = resource.getrlimit(resource.RLIMIT_AS)[1]
        amount = memory if most == resource.RLIM_INFINITY else min(memory, most)
        resource.setrlimit(resource.RLIMIT_AS, (amount, amount))
    except (ValueError, OSError):
        # macOS knows the name and refuses the act; the deadline and the caps on sizes still hold there.
        if sys.platform != "darwin":
            raise


def lock(*, reads: bool = False) -> None:
    """Give up files, sockets, programs and writing; none can be had back.

    Args:
        reads: Whether files may still be opened to be read, for a store on disk, which opens some of its own only
            when it needs them. Only where the system can forbid sockets as such.
    """
    import resource

    if not (reads and _refuse_system_calls()):
        # Pipes already open go on working; no descriptor can be added to them.
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(what, (0, 0))


def _end_with_parent() -> None:
    """Have the system kill this process when the thread that started it ends; only Linux can."""
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        parent_death_signal, kill = 1, 9
        ctypes.CDLL(None).prctl(parent_death_signal, ctypes.c_ulong(kill))


class Machine(NamedTuple):
    """The numbers that Linux gives to a kind of processor, and to system calls on it.

    Attributes:
        audit: The kind, as a filter sees it (``AUDIT_ARCH_…``).
        seccomp: The call that sets a filter.
        refused: Calls that the filter refuses: every way to a socket, and to another program.
    """

    audit: int
    seccomp: int
    refused: Mapping[str, int]


MACHINES = {
    "x86_64": Machine(0xC000003E, 317, {"socket": 41, "execve": 59, "execveat": 322, "io_uring_setup": 425}),
    "aarch64": Machine(0xC00000B7, 277, {"socket": 198, "execve": 221, "execveat": 281, "io_uring_setup": 425}),
}


class _Step(NamedTuple):
    """One instruction of a filter (struct sock_filter): what to do, steps to skip if yes and if no, a value."""

    code: int
    yes: int
    no: int
    value: int


# BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_JMP|JGE|K, BPF_RET|K
_LOAD, _IS_EQUAL, _IS_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_OF_CALL, _KIND_OF_MACHINE = 0, 4  # where they stand in struct seccomp_data
_KILL, _ALLOW, _FAIL = 0x80000000, 0x7FFF0000, 0x00050000  # SECCOMP_RET_…; a failure has its errno in the low bits
_X32 = 0x40000000  # calls from here on are those of another interface of x86_64


def _filter(machine: Machine) -> list[_Step]:
    """The program that looks at each system call: fails those that are refused, allows all others."""
    refused = list(machine.refused.values())
    return [
        _Step(_LOAD, 0, 0, _KIND_OF_MACHINE),
        _Step(_IS_EQUAL, 1, 0, machine.audit),
        _Step(_RETURN, 0, 0, _KILL),
        _Step(_LOAD, 0, 0, _NUMBER_OF_CALL),
        _Step(_IS_AT_LEAST, len(refused) + 1, 0, _X32),
        *(_Step(_IS_EQUAL, len(refused) - at, 0, call) for at, call in enumerate(refused)),
        _Step(_RETURN, 0, 0, _ALLOW),
        _Step(_RETURN, 0, 0, _FAIL | errno.EACCES),
    ]


def _refuse_system_calls() -> bool:
    """Set the filter (seccomp of Linux) for all threads; whether the system took it."""
    machine = MACHINES.get(os.uname().machine)
    if sys.platform != "linux" or machine is None:
        return False
    try:
        import ctypes
    except ImportError:
        return False
    steps = _filter(machine)
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HP", len(steps), ctypes.addressof(code))
    library = ctypes.CDLL(None)
    no_new_privileges, set_filter, all_threads = 38, 1, 1
    zero = ctypes.c_ulong(0)
    if library.prctl(no_new_privileges, ctypes.c_ulong(1), zero, zero, zero):
        return False
    return not library.syscall(ctypes.c_long(machine.seccomp), set_filter, all_threads, program)
