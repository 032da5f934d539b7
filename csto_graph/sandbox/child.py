"""The child's side: read one request, give up all rights, do it, answer, end; or answer queries until none come.

A request is one line of JSON, then the bytes of its parts::

    {"function": "csto_graph.sandbox.child:checking", "options": {…}, "parts": [1024], "what": "The query",
     "seconds": 10.0, "memory": 2147483648}

The function gets the parts and the options, opens what it needs, and gives back the work: a function of the output,
called when nothing more can be opened. The answer goes to standard output in pieces, each after its length in four
bytes, and after a piece of no length goes one JSON object, also after its length: an error (`errors.document`), or what
else there is to know. So whatever ends early is no answer.
"""

from __future__ import annotations

import ctypes
import errno
import importlib
import json
import os
import re
import resource
import signal
import struct
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from importlib.util import find_spec, module_from_spec
from traceback import walk_tb
from typing import IO, Any, NoReturn

import pyoxigraph as ox

from ..errors import GraphError, InputError, LimitReached, MissingExtra, QueryError, document
from ..names import PREFIXES, excerpt
from ..sparql.text import bind
from .inputs import Work, size_in_words


def main() -> NoReturn:
    """Do what standard input asks for; the process ends with this."""
    request = json.loads(sys.stdin.buffer.readline())
    parts = [sys.stdin.buffer.read(size) for size in request["parts"]]
    what, memory = request["what"], request["memory"]
    with open(1, "wb", closefd=False) as file:
        output = Pieces(file)
        try:
            end_with_parent()
            limit(resource.RLIMIT_CPU, int(min(request["seconds"], 86400)) + 1)
            module, _, name = request["function"].partition(":")
            work: Work = getattr(importlib.import_module(module), name)(*parts, **request["options"])
            limit(resource.RLIMIT_AS, memory)  # to load engines and open a store takes more than what follows
            lock(reads=bool(request["options"].get("store")))
            told = work(output) or {}
        except Exception as error:  # noqa: BLE001  (the last door of the process)
            told = failure(error, what, memory)
        output.end(told)
    os._exit(0)


class Pieces:
    """A file whose content goes out in pieces, each after its length; what is written waits a moment for more."""

    def __init__(self, output: IO[bytes]) -> None:
        self._output, self._held, self._sent = output, bytearray(), 0.0

    def write(self, data: bytes) -> int:
        """Take some of the content."""
        self._held += data
        if len(self._held) > _PIECE or time.monotonic() - self._sent > _MOMENT:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Send what was held back."""
        if self._held:
            self._output.write(len(self._held).to_bytes(4, "big"))
            self._output.write(self._held)
            self._output.flush()
            self._held.clear()
        self._sent = time.monotonic()

    def end(self, told: Mapping[str, Any]) -> None:
        """Send the rest, and what there is to know."""
        self.flush()
        said = json.dumps(told).encode()
        self._output.write(bytes(4) + len(said).to_bytes(4, "big") + said)
        self._output.flush()


_PIECE, _MOMENT = 64 * 1024, 0.1


def failure(error: Exception, what: str, memory: int) -> dict[str, Any]:
    """What is told of an error; one that is none of ours, nor of the system's limits, is a mistake of ours."""
    if isinstance(error, (MemoryError, RecursionError)):
        size = size_in_words(memory)
        said = f"{what}: it needs more memory than {size}, is nested too deeply, or has a value that is too long."
        error = LimitReached(said, limit=size, hint="Ask for less.")
    if not isinstance(error, GraphError):
        *_, (frame, line) = walk_tb(error.__traceback__)
        said = f"{what}: a mistake in csto-graph: {type(error).__name__}: {excerpt(str(error), 200)}"
        error = GraphError(said, hint=f"Report it; it happened in {frame.f_code.co_filename}:{line}.")
    return document(error)


# ------------------------------------------------------------------------------------------------ queries


def serving(*nquads: bytes, memory: int, store: str = "") -> Work:
    """Answer queries about a dataset, one after the other, as long as any come on standard input.

    A query is a line of JSON: ``text``; ``union``, whether its default graph is the union of all; ``seconds``;
    ``rows`` or triples that are allowed, and ``cut``, whether further ones are left out (``{"cut": true}`` is told
    then) instead of being an error; ``format``.

    Args:
        nquads: The dataset, if it is given as such.
        memory: Bytes that this process may have, for the words of an error.
        store: The folder of a store that holds it.
    """
    try:
        dataset = ox.Store.read_only(store) if store else ox.Store()
    except (OSError, RuntimeError) as error:
        raise InputError(f"The store: {excerpt(str(error))}.") from None

    def work(output: Pieces) -> None:
        for part in nquads:
            dataset.extend(ox.parse(part, ox.RdfFormat.N_QUADS))  # load() would rename blank nodes at random
        for line in sys.stdin.buffer:
            request = json.loads(line)
            # Whoever asked ends this process in time; where it cannot, the system does.
            signal.setitimer(signal.ITIMER_REAL, request["seconds"] + 1.0)
            try:
                told = answer(dataset, request, output)
            except Exception as error:  # noqa: BLE001  (each query has its own errors)
                told = failure(error, "The query", memory)
            output.end(told)
            signal.setitimer(signal.ITIMER_REAL, 0.0)

    return work


def answer(dataset: ox.Store, request: Mapping[str, Any], output: Pieces) -> dict[str, Any]:
    """Answer a query: a table as TSV, a graph as N-Triples, both of which keep every term; or ``true`` or ``false``.

    With a ``format`` (``json``, ``xml``, ``csv`` or ``tsv``) rows and truth values are written in that one, by the
    engine and in pieces.
    """
    text, rows = request["text"], request["rows"]
    try:
        found: Any = dataset.query(text, prefixes=PREFIXES, use_default_graph_as_union=request["union"])
        if request["format"] and not isinstance(found, ox.QueryTriples):
            found.serialize(output, ox.QueryResultsFormat.from_extension(request["format"]))
            return {}
        if isinstance(found, ox.QueryBoolean):
            output.write(b"true" if found else b"false")
            return {}
        lines = (f"{triple} .\n" for triple in found)
        if isinstance(found, ox.QuerySolutions):
            output.write("\t".join(map(str, found.variables)).encode() + b"\n")
            lines = ("\t".join("" if term is None else str(term) for term in row) + "\n" for row in found)
        for number, line in enumerate(lines):
            if number == rows:
                if request["cut"]:
                    return {"cut": True}
                said = f"{rows} row{'' if rows == 1 else 's'}"
                hint = "Narrow the query, or raise the limit."
                raise LimitReached(f"The query: it has more than {said}.", limit=said, hint=hint)
            output.write(line.encode())
    except (SyntaxError, ValueError, RuntimeError, OSError) as error:
        raise (error if isinstance(error, GraphError) else query_error(error, text)) from None
    return {}


def query_error(error: Exception, text: str) -> GraphError:
    """What the engine has against a query, with its own reason and the place.

    >>> print(query_error(SyntaxError('error at 1:9: expected one of "}", Prefix not found'), "ASK { ?s x:y 1 }"))
    <query>:1:9: Prefix not found here, or shortly before: ASK { ?s x:y 1 }
    """
    said = str(error.args[0] if error.args else error)
    place = re.match(r"error at (\d+):(\d+): expected ", said)
    if said.startswith("Corruption: "):
        return InputError(f"The store: {excerpt(said)}.")
    if not place:
        return QueryError(excerpt(said).rstrip(".") + ".", path="<query>")
    line, column = int(place[1]), int(place[2])
    # Of what the engine expected, the reason is the sentence.
    expected = [part.strip() for part in re.sub(_TOKENS, "", said[place.end() :]).split(",")]
    reason = next((part for part in expected if re.fullmatch(r"[A-Z]\w* .*", part)), "")
    here = [*text.split("\n"), ""][line - 1]
    # The engine tells the furthest place it looked at, which may lie a few words after the mistake.
    around = here[: column - 1].lstrip()[-40:] + here[column - 1 :].rstrip()[:20]
    if around.strip():
        said = f"{reason or 'The query does not parse'} here, or shortly before: {excerpt(around)}"
    else:
        said = f"{reason or 'The query does not parse: it ends too soon, or shortly before is a mistake'}."
    return QueryError(said, path="<query>", line=line, column=column)


_TOKENS = r"""\[(?:'(?:[^'\\]|\\.[^']*)'|[^\]'])*\]|"[^"]*"|\bone of\b"""


# ------------------------------------------------------------------------------------------------ validation

_EXAMPLE = b"""
PREFIX sh: <http://www.w3.org/ns/shacl#>
<http://a/s> sh:targetNode <http://a/n> ; <http://a/most> 2 ; sh:sparql [ sh:message "{?value}" ;
  sh:select "SELECT $this ?value { $this ?p ?value FILTER(regex(str(?value), '.')) }" ] .
<http://a/c> a sh:ConstraintComponent ; sh:parameter [ sh:path <http://a/most> ] ;
  sh:validator [ a sh:SPARQLAskValidator ; sh:message "{$most}" ; sh:ask "ASK { FILTER(1 > 2) }" ] ;
  sh:propertyValidator [ a sh:SPARQLSelectValidator ; sh:select "SELECT $this { $this $PATH ?v }" ] .
"""
"""Shapes that use what an engine would load when it is first needed."""


def checking(data: bytes, shapes: bytes, shapes_of_shapes: bytes, patterns: bytes, *, engine: str) -> Work:
    """Look at shapes, then validate: an engine is given statements, never addresses, and gives back a report.

    Args:
        data: The statements, as N-Triples.
        shapes: The shapes, as N-Triples.
        shapes_of_shapes: Shapes that the shapes have to meet, as N-Triples; empty where they are trusted.
        patterns: Statements of N-Triples: a node, ``flags:`` and the flags, a regular expression.
        engine: ``pyshifty`` or ``pyshacl``.

    Returns:
        Work that writes a line and what it announces: ``report`` a SHACL report as N-Triples, ``malformed`` one about
        the shapes, ``pattern`` the node of one that does not parse, ``refused`` the engine's words.
    """
    _import_pyshifty()
    if engine == "pyshacl":
        _by_pyshacl(b"<http://a/n> <http://a/p> 1 .", _EXAMPLE)
    _is_pattern(ox.Literal("a"), ox.NamedNode("flags:i"))

    def work(output: Pieces) -> None:
        for quad in ox.parse(patterns, ox.RdfFormat.N_TRIPLES):
            if not _is_pattern(quad.object, quad.predicate):
                output.write(f"pattern\n{quad.subject}".encode())
                return
        try:
            conforms, report = _by_pyshifty(shapes, shapes_of_shapes) if shapes_of_shapes else (True, b"")
            if conforms and engine == "pyshacl":
                report = _by_pyshacl(data, shapes)
            elif conforms:
                report = _by_pyshifty(data, shapes)[1]
            output.write((b"report\n" if conforms else b"malformed\n") + report)
        except ValueError as error:
            output.write(f"refused\n{error}".encode("utf-8", "replace"))

    return work


def _import_pyshifty() -> None:
    """Import the engine without its own door, which brings what fetches addresses: neither needed nor wanted."""
    found = find_spec("shifty")
    if found is None:
        raise MissingExtra("pyshifty", "Validation")
    sys.modules["shifty"] = module_from_spec(found)
    import shifty._shifty  # noqa: F401


def _is_pattern(pattern: Any, flags: Any) -> bool:
    """Whether the engines can read a regular expression (SPARQL 1.1, 17.4.3.14); flags are an IRI's last part."""
    unescaped = re.sub(r"\\.", "", pattern.value, flags=re.DOTALL)
    if re.search(r"\[[^\]]*(?:\[(?!:)|&&|--|~~)", unescaped):
        return False  # Classes subtracted and nested; the engines read them, and marks that mean nothing, differently.
    values = {"pattern": ox.Literal(pattern.value), "flags": ox.Literal(flags.value.partition(":")[2])}
    found: Any = ox.Store().query(bind("SELECT (REGEX('', $pattern, $flags) AS ?found) {}", values))
    return next(found)["found"] is not None


def _by_pyshifty(data: bytes, shapes: bytes) -> tuple[bool, bytes]:
    from shifty._shifty import PreparedValidator

    result = PreparedValidator(shapes, None, "ntriples", None).validate_w3c(
        data, None, "ntriples", graph_mode="data", run_infer=False, minimum_severity="info", sort_results=False
    )
    return result.conforms, result._report_ntriples.encode()


def _by_pyshacl(data: bytes, shapes: bytes) -> bytes:
    import pyshacl
    import rdflib

    try:
        _, report, said = pyshacl.validate(
            _rdflib_graph(data), shacl_graph=_rdflib_graph(shapes), inference="none", inplace=True, meta_shacl=False,
            advanced=False, js=False, do_owl_imports=False,
        )  # fmt: skip
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # it raises what its libraries do, and not all values compare
        raise ValueError(str(error)) from error
    if not isinstance(report, rdflib.Graph):
        raise ValueError(said)
    return report.serialize(format="nt", encoding="utf-8")


def _rdflib_graph(turtle: bytes) -> Any:
    import rdflib

    from ..rdf.terms import to_rdflib

    graph = rdflib.Graph(bind_namespaces="none")
    for quad in ox.parse(turtle, ox.RdfFormat.TURTLE):
        graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    return graph


# ------------------------------------------------------------------------------------------------ the lock


def limit(what: int, most: int) -> None:
    """Have the system refuse this process more than so much of something (``resource.RLIMIT_…``)."""
    if what == resource.RLIMIT_AS and sys.platform == "darwin":
        return  # macOS knows the name and refuses the act; the deadline and the caps on sizes still hold there
    before = resource.getrlimit(what)[1]
    amount = most if before == resource.RLIM_INFINITY else min(most, before)
    resource.setrlimit(what, (amount, amount))


def lock(*, reads: bool = False) -> None:
    """Give up files, sockets, programs and writing; none can be had back.

    Args:
        reads: Whether files may still be opened to be read, for a store on disk, which opens some of its own only
            when it needs them. Only where the system can forbid sockets as such.
    """
    if not (reads and _refuse_system_calls()):
        limit(resource.RLIMIT_NOFILE, 0)  # Pipes already open go on working; no descriptor can be added to them.
    limit(resource.RLIMIT_FSIZE, 0)
    limit(resource.RLIMIT_CORE, 0)


def end_with_parent() -> None:
    """Have the system kill this process when the thread that started it ends; only Linux can."""
    if sys.platform == "linux":
        parent_death_signal, kill = 1, 9
        ctypes.CDLL(None).prctl(parent_death_signal, ctypes.c_ulong(kill))


MACHINES = {
    "x86_64": (0xC000003E, 317, {"socket": 41, "execve": 59, "execveat": 322, "io_uring_setup": 425}),
    "aarch64": (0xC00000B7, 277, {"socket": 198, "execve": 221, "execveat": 281, "io_uring_setup": 425}),
}
"""The numbers that Linux gives to a kind of processor (``AUDIT_ARCH_…``), to the call that sets a filter, and to those
that the filter refuses: every way to a socket, and to another program."""

# BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_JMP|JGE|K, BPF_RET|K
_LOAD, _IS_EQUAL, _IS_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_OF_CALL, _KIND_OF_MACHINE = 0, 4  # where they stand in struct seccomp_data
_KILL, _ALLOW, _FAIL = 0x80000000, 0x7FFF0000, 0x00050000  # SECCOMP_RET_…; a failure has its errno in the low bits
_X32 = 0x40000000  # calls from here on are those of another interface of x86_64


def _filter(machine: int, refused: Collection[int]) -> Iterator[tuple[int, int, int, int]]:
    """The program that looks at each system call: fails those that are refused, allows all others.

    Each step (struct sock_filter) is what to do, how many steps to skip if yes and if no, and a value.
    """
    yield _LOAD, 0, 0, _KIND_OF_MACHINE
    yield _IS_EQUAL, 1, 0, machine
    yield _RETURN, 0, 0, _KILL
    yield _LOAD, 0, 0, _NUMBER_OF_CALL
    yield _IS_AT_LEAST, len(refused) + 1, 0, _X32
    for at, call in enumerate(refused):
        yield _IS_EQUAL, len(refused) - at, 0, call
    yield _RETURN, 0, 0, _ALLOW
    yield _RETURN, 0, 0, _FAIL | errno.EACCES


def _refuse_system_calls() -> bool:
    """Set the filter (seccomp of Linux) for all threads; whether the system took it."""
    if sys.platform != "linux" or os.uname().machine not in MACHINES:
        return False
    machine, seccomp, refused = MACHINES[os.uname().machine]
    steps = [struct.pack("HBBI", *step) for step in _filter(machine, refused.values())]
    code = ctypes.create_string_buffer(b"".join(steps))
    program = struct.pack("HP", len(steps), ctypes.addressof(code))
    library = ctypes.CDLL(None)
    no_new_privileges, set_filter, all_threads = 38, 1, 1
    zero = ctypes.c_ulong(0)
    if library.prctl(no_new_privileges, ctypes.c_ulong(1), zero, zero, zero):
        return False
    return not library.syscall(ctypes.c_long(seccomp), set_filter, all_threads, program)
