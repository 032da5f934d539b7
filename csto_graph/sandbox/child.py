"""The child's side: take in what is given, give up all rights, and do what is asked, as long as anything is.

What is given is one line of JSON, then the bytes of its parts; each thing asked is a line of JSON of its own::

    {"function": "csto_graph.sandbox.child:serving", "options": {}, "parts": [1024], "memory": 2147483648}
    {"what": "The query", "seconds": 10.0, "text": "ASK {}", …}

The function gets the parts and the options, opens what it needs, and gives back the work: a function of the output and
of what is asked, called when nothing more can be opened. An answer goes to standard output as text in UTF-8, and after
it a byte that is none there, `END`, and one line of JSON: an error (`errors.document`), or what else there is to know.
So whatever ends early is no answer.

Three kinds of work are here: queries about a dataset, a validation, and RDF files that may be anything, which become
N-Triples. For these the engine parses, and its errors are told; RDF/XML is first written again without what the engine
gets wrong. Refused is what the engine would accept or be silent about. Nothing passes through a store, which would
rewrite numbers.
"""

from __future__ import annotations

import codecs
import ctypes
import encodings
import errno
import gzip
import json
import os
import re
import resource
import signal
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from importlib.util import find_spec, module_from_spec
from io import BufferedReader, BufferedWriter, FileIO
from itertools import islice
from pkgutil import iter_modules, resolve_name
from traceback import walk_tb
from typing import IO, Any, NoReturn, TypeAlias, cast
from xml.etree.ElementTree import canonicalize
from xml.parsers import expat

import pyoxigraph as ox

from ..errors import GraphError, InputError, LimitReached, QueryError, document
from ..names import PREFIXES, excerpt
from ..rdf.terms import TripleIndex, node, relabelled, to_rdflib
from ..sparql.text import bind
from ..store.engine import too_many

MIB = 1024**2
#: What stands between an answer and what is told of it.
END = b"\xff"


class Output(BufferedWriter):
    """A file for answers: what is written waits for more, but only for a moment."""

    _sent = 0.0

    def write(self, data: Any, /) -> int:
        """Take a part of an answer."""
        size = super().write(data)
        if time.monotonic() - self._sent > 0.1:
            self.flush()
            self._sent = time.monotonic()
        return size


#: What is done when nothing more can be opened: it writes the answer, and gives what else there is to know.
Work: TypeAlias = Callable[[Output, dict[str, Any]], dict[str, Any] | None]


def main() -> NoReturn:
    """Do what standard input asks for; the process ends with this."""
    given = json.loads(sys.stdin.buffer.readline())
    parts = [sys.stdin.buffer.read(size) for size in given["parts"]]
    if sys.platform == "linux":  # which alone can end this process when the thread that started it ends
        ctypes.CDLL(None).prctl(1, ctypes.c_ulong(signal.SIGKILL))  # PR_SET_PDEATHSIG
    work: Work | None = None
    output = Output(FileIO(1, "w"), 64 * 1024)
    for asked in map(json.loads, sys.stdin.buffer):
        what = asked.pop("what")
        # Whoever asked ends this process in time; where it cannot, the system does, by the time of its processor.
        signal.setitimer(signal.ITIMER_PROF, min(asked.pop("seconds"), 86400) + 1.0)
        try:
            if work is None:
                made = resolve_name(given["function"])(*parts, **given["options"])
                limit(resource.RLIMIT_AS, given["memory"])  # to load engines takes more than what follows
                lock(reads="store" in given["options"])
                work = made
            told = work(output, asked) or {}
        except Exception as error:  # noqa: BLE001  (the last door of the process)
            told = failure(error, what, given["memory"])
        output.write(END + json.dumps(told).encode() + b"\n")
        output.flush()
    os._exit(0)


def size_in_words(count: int) -> str:
    """A number of bytes for people.

    >>> size_in_words(1536), size_in_words(20)
    ('1.5 KiB', '20 bytes')
    """
    for unit, name in ((1024**3, "GiB"), (MIB, "MiB"), (1024, "KiB")):
        if count >= unit:
            return f"{count / unit:.4g} {name}"
    return f"{count} bytes"


def too_large(name: str, most: int) -> LimitReached:
    """The error for a file that is larger than so many bytes."""
    size = size_in_words(most)
    return LimitReached(f"{name}: The file is larger than {size}.", limit=size, hint="Split it.")


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


def serving(*nquads: bytes, store: str = "") -> Work:
    """Answer queries about a dataset.

    Args:
        nquads: The dataset, if it is given as such.
        store: The folder of a store that holds it.

    Returns:
        Work that takes a query: ``text``, which need not declare the project's prefixes; ``union``, whether its default
        graph is the union of all; ``rows`` or triples that are allowed, and ``cut``, whether further ones are left out
        (``{"cut": true}`` is told then) instead of being an error; ``format``: ``json``, ``xml``, ``csv`` or ``tsv``,
        in which rows and truth values are written. Without one, rows are TSV, as graphs are N-Triples, both of which
        keep every term, and a truth value is told (``{"boolean": true}``).
    """
    try:
        dataset = ox.Store.read_only(store) if store else ox.Store()
    except (OSError, RuntimeError) as error:
        raise InputError(f"The store: {excerpt(str(error))}.") from None
    left = list(nquads)

    def work(output: Output, asked: dict[str, Any]) -> dict[str, Any] | None:
        while left:
            dataset.extend(ox.parse(left.pop(), ox.RdfFormat.N_QUADS))  # load() would rename blank nodes at random
        text, format, rows = asked["text"], asked["format"], asked["rows"]
        # To know them all takes the engine longer than a small query.
        known = {prefix: namespace for prefix, namespace in PREFIXES.items() if f"{prefix}:" in text}
        try:
            found: Any = dataset.query(text, prefixes=known, use_default_graph_as_union=asked["union"])
            if format and not isinstance(found, ox.QueryTriples):
                found.serialize(output, ox.QueryResultsFormat.from_extension(format))
                return None
            if isinstance(found, ox.QueryBoolean):
                return {"boolean": bool(found)}
            lines = (f"{triple} .\n" for triple in found)
            if isinstance(found, ox.QuerySolutions):
                output.write("\t".join(map(str, found.variables)).encode() + b"\n")
                lines = ("\t".join("" if term is None else str(term) for term in row) + "\n" for row in found)
            for number, line in enumerate(lines):
                if number == rows:
                    if asked["cut"]:
                        return {"cut": True}
                    raise too_many(rows)
                output.write(line.encode())
        except (SyntaxError, ValueError, RuntimeError, OSError) as error:
            raise (error if isinstance(error, GraphError) else query_error(error, text)) from None
        return None

    return work


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
    said = f"{reason or 'The query does not parse'} here, or shortly before: {excerpt(around)}"
    if not around.strip():
        said = f"{reason or 'The query does not parse: it ends too soon, or shortly before is a mistake'}."
    return QueryError(said, path="<query>", line=line, column=column)


_TOKENS = r"""\[(?:'(?:[^'\\]|\\.[^']*)'|[^\]'])*\]|"[^"]*"|\bone of\b"""


# ------------------------------------------------------------------------------------------------ validation


def checking(data: bytes, shapes: bytes, shapes_of_shapes: bytes, *, engine: str) -> Work:
    """Look at shapes, then validate: an engine is given statements, never addresses, and gives back a report.

    Args:
        data: The statements, as N-Triples.
        shapes: The shapes, as N-Triples.
        shapes_of_shapes: Shapes that the shapes have to meet, as Turtle; empty where they are trusted.
        engine: ``pyshifty`` or ``pyshacl``.

    Returns:
        Work that writes a line and what it announces: ``report`` a SHACL report as N-Triples, ``malformed`` one about
        the shapes, ``pattern`` the node of one that does not parse, ``refused`` the engine's words.
    """
    # Without its own door, which brings what fetches addresses: neither needed nor wanted.
    sys.modules["shifty"] = module_from_spec(cast("Any", find_spec("shifty")))
    from shifty._shifty import PreparedValidator

    # What rdflib would load when it first needs it.
    late = ("pyshacl", "rdflib.plugins.serializers.nt", "rdflib.plugins.stores.memory")
    for module in late if engine == "pyshacl" else ():
        resolve_name(module)

    def by_pyshifty(data: bytes, shapes: bytes) -> tuple[bool, bytes]:
        result = PreparedValidator(shapes, None, "turtle", None).validate_w3c(
            data, None, "ntriples", graph_mode="data", run_infer=False, minimum_severity="info", sort_results=False
        )
        return result.conforms, result._report_ntriples.encode()

    def work(output: Output, _: object) -> None:
        said = TripleIndex[Any](ox.parse(shapes if shapes_of_shapes else b"", ox.RdfFormat.N_TRIPLES))
        for shape, pattern in said.pairs(node("sh:pattern")):
            flags = getattr(said.one(shape, node("sh:flags")), "value", "")
            if isinstance(pattern, ox.Literal) and not _is_pattern(pattern.value, flags):
                output.write(f"pattern\n{shape}".encode())
                return
        try:
            conforms, report = by_pyshifty(shapes, shapes_of_shapes) if shapes_of_shapes else (True, b"")
            if conforms:
                report = _by_pyshacl(data, shapes) if engine == "pyshacl" else by_pyshifty(data, shapes)[1]
            output.write((b"report\n" if conforms else b"malformed\n") + report)
        except ValueError as error:
            output.write(f"refused\n{error}".encode("utf-8", "replace"))

    return work


def _is_pattern(pattern: str, flags: str) -> bool:
    """Whether the engines can read a regular expression (SPARQL 1.1, 17.4.3.14)."""
    unescaped = re.sub(r"\\.", "", pattern, flags=re.DOTALL)
    if re.search(r"\[[^\]]*(?:\[(?!:)|&&|--|~~)", unescaped):
        return False  # Classes subtracted and nested; the engines read them, and marks that mean nothing, differently.
    values = {"pattern": ox.Literal(pattern), "flags": ox.Literal(flags)}
    found: Any = ox.Store().query(bind("SELECT (REGEX('', $pattern, $flags) AS ?found) {}", values))
    return next(found)["found"] is not None


def _by_pyshacl(data: bytes, shapes: bytes) -> bytes:
    import pyshacl
    import rdflib

    given = rdflib.Graph(bind_namespaces="none"), rdflib.Graph(bind_namespaces="none")
    for graph, text in zip(given, (data, shapes), strict=True):
        for subject, predicate, value, _ in ox.parse(text, ox.RdfFormat.TURTLE):
            graph.add((to_rdflib(subject), to_rdflib(predicate), to_rdflib(value)))
    try:
        _, report, said = pyshacl.validate(
            given[0], shacl_graph=given[1], inplace=True, advanced=False, js=False, do_owl_imports=False
        )
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # it raises what its libraries do, and not all values compare
        raise ValueError(str(error)) from error
    if not isinstance(report, rdflib.Graph):
        raise ValueError(said)
    return report.serialize(format="nt", encoding="utf-8")


# ------------------------------------------------------------------------------------------------ files


_NO_SCHEME = "No scheme found"
_NO_BASE = "relative-iri://file/"  # the algorithm of JSON-LD drops a relative IRI in silence; with this base it shows
_NO_LANGUAGE = "x-csto-none"  # stands for a language that is taken back, which the engine does not know


def reading(*, xml: bool) -> Work:
    """Read RDF files: see `ntriples`.

    Args:
        xml: Whether there is RDF/XML among them, which may declare an encoding.
    """
    from xml.sax import saxutils  # noqa: F401  (which takes long, and no other child needs it)

    for module in iter_modules(encodings.__path__) if xml else ():  # while they can still be loaded
        with suppress(LookupError):
            codecs.lookup(module.name)
    return lambda output, asked: ntriples(output, **asked)


def ntriples(
    output: Any, *, file: int, name: str, ending: str, base: str, address: str, most: int
) -> dict[str, str]:  # fmt: skip
    """Write a file as N-Triples; names of graphs are dropped.

    Args:
        output: Takes them.
        file: An open descriptor.
        name: What errors call the file.
        ending: What its name ends in, which says the format.
        base: IRI against which relative ones are resolved; empty for none.
        address: The file's own, taken where there are relative IRIs and no base; then ``{"base": …}`` says so.
        most: Bytes that the file may have when it is expanded.
    """
    format = cast("ox.RdfFormat", ox.RdfFormat.from_extension(ending[1:].replace("owl", "rdf")))
    mark = sha256((address or name).encode("utf-8", "replace")).hexdigest()[:24]  # no other file has it
    told: dict[str, str] = {}

    def triples(base: str) -> Iterator[ox.Triple]:
        source: Any = _Text(open(file, "rb", closefd=False), name, most)  # noqa: SIM115
        labelled = relabelled(f"b{mark}x")
        if format == ox.RdfFormat.RDF_XML:
            source = _plain_xml(source, name)
        elif format == ox.RdfFormat.JSON_LD:
            source, base = b"".join(iter(source.read, b"")), base or _NO_BASE
        triple: Any = None
        for quad in ox.parse(source, format, base_iri=base or None):
            triple, subject, value = quad.triple, quad.subject, quad.object
            if isinstance(value, ox.Literal):
                if value.language and value.direction is not None:
                    raise ValueError("A text with a base direction (RDF 1.2) is not understood")
                if value.language == _NO_LANGUAGE:
                    triple = ox.Triple(subject, quad.predicate, ox.Literal(value.value))
            elif isinstance(value, ox.Triple):
                raise ValueError(f"A triple as a value of <{quad.predicate.value}> (RDF 1.2) is not understood")
            for term in triple if base == _NO_BASE else ():
                if isinstance(term, ox.NamedNode) and term.value.startswith(_NO_BASE):
                    raise ValueError(f"{_NO_SCHEME} in {term.value.removeprefix(_NO_BASE)}")
            if isinstance(subject, ox.BlankNode) or isinstance(value, ox.BlankNode):
                triple = ox.Triple(labelled(subject), quad.predicate, labelled(triple.object))
            yield triple
        if triple is None and format == ox.RdfFormat.JSON_LD and _has_words(json.loads(source)):
            hint = "In JSON-LD the @context says what keys mean; look at it."
            raise InputError("Nothing in it is a statement.", path=name, hint=hint)

    def resolved() -> Iterator[ox.Triple]:
        count = 0
        try:
            for triple in triples(base):
                yield triple
                count += 1
        except (SyntaxError, ValueError) as error:
            if base or not address or _NO_SCHEME not in str(error):
                raise
            told["base"] = address
            # The same text gives the same statements; those before are out already.
            yield from islice(triples(address), count, None)

    try:
        ox.serialize(resolved(), output, ox.RdfFormat.N_TRIPLES)
    except (SyntaxError, ValueError, RuntimeError, OSError, EOFError, zlib.error) as error:
        raise (error if isinstance(error, GraphError) else _content_error(error, name)) from None
    return told


def _has_words(value: object) -> bool:
    """Whether a JSON value has a key that is no keyword of JSON-LD, outside of contexts."""
    if isinstance(value, dict):
        return any(key[:1] != "@" or (key != "@context" and _has_words(value[key])) for key in value)
    return isinstance(value, list) and any(map(_has_words, value))


class _Text:
    """The text of a file from its start, expanded where it is compressed, without a byte-order mark.

    It ends in an error where there are more bytes than are allowed. A file that grows more than a hundredfold is no
    text that anybody wrote.

    Args:
        source: The file.
        name: What errors call it.
        most: Bytes that it may have when it is expanded.
    """

    def __init__(self, source: BufferedReader, name: str, most: int) -> None:
        size = source.seek(0, os.SEEK_END)
        source.seek(0)
        packed = source.peek(2)[:2] == b"\x1f\x8b" or name.lower().endswith(".gz")
        self._file = gzip.GzipFile(fileobj=source) if packed else source
        if self._file.read(3) != codecs.BOM_UTF8:
            self._file.seek(0)
        self._name, self._most = name, min(most, max(100 * size, 16 * MIB)) if packed else most

    def read(self, size: int = MIB) -> bytes:
        """Some bytes, none at the end."""
        data = self._file.read(size)
        if self._file.tell() > self._most:
            raise too_large(self._name, self._most)
        return data


def _content_error(error: Exception, name: str) -> InputError:
    """What the engine has against a text, in our words where its own do not help."""
    said = re.sub(r"^Parser error (?:at|between) line .*?\d+: ", "", str(error.args[0]))
    hint = ""
    if "LoadDocumentCallback" in said:
        said, hint = "The context lies at an address; nothing is fetched.", "Put the context itself into the file."
    elif "UTF-8" in said:
        said, hint = "This is no UTF-8.", "Save the file as UTF-8."
    elif _NO_SCHEME in said:
        said = "A relative IRI, and nothing to resolve it against."
        lines = name.lower().removesuffix(".gz").endswith((".nt", ".nq"))
        ways = "; N-Triples and N-Quads have no base." if lines else ", give the file a base, or name one with --base."
        hint = f"Write the IRI out{ways}"
    elif said.startswith("Not a gzipped file"):
        said = "The name says gzip, the content is something else."
    elif isinstance(error, (gzip.BadGzipFile, EOFError, zlib.error)):
        said = f"The compressed file is damaged: {said}"
    line, column = getattr(error, "lineno", None), getattr(error, "offset", None)
    return InputError(excerpt(said).rstrip(".") + ".", path=name, line=line, column=column, hint=hint)


# --------------------------------------------------------------------------------------------- RDF/XML


def _plain_xml(source: _Text, file: str) -> bytes:
    """RDF/XML written again without what the engine gets wrong; refused is what is not well-formed, or lies elsewhere.

    The engine expands entities without bound, divides a text at comments, instructions and CDATA sections, knows no
    language that is taken back, has its own form of XML literals, and takes a document that was cut short for a whole
    one. So there are no such things in what it gets, and an XML literal is a text in exclusive canonical form (RDF 1.1
    XML Syntax, section 7.2.17). What is written may be ten times as long as what was read, and 256 KiB: the bound of
    expat lies far higher, and older ones have none.
    """
    from xml.sax.saxutils import escape, quoteattr

    parts: list[str] = []
    namespaces: list[dict[str, str]] = [{}]  # of each open element, by the attributes that declare them
    size = literal = begin = 0  # characters; how many elements are open around an XML literal, how many parts before it
    parser = expat.ParserCreate()

    def refuse(said: str, hint: str) -> NoReturn:
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        raise InputError(said, path=file, line=line, column=column, hint=hint)

    def declared(name: str, lies: object) -> None:
        if lies:
            refuse(f"What {excerpt(name)} means lies elsewhere; nothing is fetched.", "Write it into the file.")

    def write(part: str) -> None:
        nonlocal size
        parts.append(part)
        size += len(part)
        if size > 256 * 1024 + 10 * parser.CurrentByteIndex:
            refuse("Its entities expand beyond measure.", "Write what they mean.")

    def characters(text: str) -> None:
        write(escape(text).replace("\r", "&#13;"))

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal literal, begin
        known = namespaces[-1] | {name: value for name, value in attributes.items() if name.startswith("xmlns")}
        namespaces.append(known)
        part, begins = f"<{tag}", False
        for name, value in attributes.items():
            if name == "xml:lang" and not literal:
                value = value or _NO_LANGUAGE
            elif name.endswith(":parseType") and value not in ("Resource", "Collection") and not literal:
                prefix = name.partition(":")[0]
                if known.get(f"xmlns:{prefix}") == PREFIXES["rdf"]:
                    begins, name, value = True, f"{prefix}:datatype", f"{PREFIXES['rdf']}XMLLiteral"
            part += f" {name}={quoteattr(value)}"
        write(f"{part}>")
        if begins:
            literal, begin = len(namespaces), len(parts)

    def end(tag: str) -> None:
        nonlocal literal
        if literal == len(namespaces):
            # An element around it has the namespaces that hold there, and one of its own, so that none shows in it.
            held = "".join(f" {name}={quoteattr(value)}" for name, value in namespaces[-1].items())
            around = f"<around-:x xmlns:around-='urn:x:around'{held}>{''.join(parts[begin:])}</around-:x>"
            whole = canonicalize(around, with_comments=True)
            literal, parts[begin:] = 0, []
            characters(whole.partition(">")[2].rpartition("<")[0])
        namespaces.pop()
        write(f"</{tag}>")

    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)  # else what they declare is empty, unsaid
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    parser.CommentHandler = lambda text: write(f"<!--{text}-->" if literal else "")
    parser.ProcessingInstructionHandler = lambda target, data: write(f"<?{target} {data}?>" if literal else "")
    parser.StartDoctypeDeclHandler = lambda name, system, public, _: declared(name, system or public)
    parser.EntityDeclHandler = lambda name, _, value, *__: declared(name, value is None)
    try:
        parser.ParseFile(cast("IO[bytes]", source))
    except expat.ExpatError as error:
        said = f"This is no well-formed XML: {expat.ErrorString(error.code)}."
        raise InputError(said, path=file, line=error.lineno, column=error.offset + 1) from None
    except (LookupError, ValueError):  # of what is no encoding of text, or one with several bytes to a letter
        raise InputError("Its encoding is not known here.", path=file, line=1, hint="Save the file as UTF-8.") from None
    return "".join(parts).encode()


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


#: The numbers that Linux gives to a kind of processor (``AUDIT_ARCH_…``), to the call that sets a filter, and to those
#: that the filter refuses: every way to a socket, and to another program.
MACHINES = {
    "x86_64": (0xC000003E, 317, {"socket": 41, "execve": 59, "execveat": 322, "io_uring_setup": 425}),
    "aarch64": (0xC00000B7, 277, {"socket": 198, "execve": 221, "execveat": 281, "io_uring_setup": 425}),
}

# BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_JMP|JGE|K, BPF_RET|K
_LOAD, _IS_EQUAL, _IS_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_OF_CALL, _KIND_OF_MACHINE = 0, 4  # where they stand in struct seccomp_data
_KILL, _ALLOW, _FAIL = 0x80000000, 0x7FFF0000, 0x00050000  # SECCOMP_RET_…; a failure has its errno in the low bits
_X32 = 0x40000000  # calls from here on are those of another interface of x86_64


def _refuse_system_calls() -> bool:
    """Set the filter (seccomp of Linux) for all threads; whether the system took it.

    It looks at each system call: fails those that are refused, allows all others. Each of its steps (struct
    sock_filter) is what to do, how many steps to skip if yes and if no, and a value.
    """
    if sys.platform != "linux" or os.uname().machine not in MACHINES:
        return False
    machine, seccomp, refused = MACHINES[os.uname().machine]
    program = [
        (_LOAD, 0, 0, _KIND_OF_MACHINE),
        (_IS_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_OF_CALL),
        (_IS_AT_LEAST, len(refused) + 1, 0, _X32),
        *((_IS_EQUAL, len(refused) - at, 0, call) for at, call in enumerate(refused.values())),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _FAIL | errno.EACCES),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    filter = struct.pack("HP", len(program), ctypes.addressof(code))
    library, zero = ctypes.CDLL(None), ctypes.c_ulong(0)
    no_new_privileges, set_filter, all_threads = 38, 1, 1
    if library.prctl(no_new_privileges, ctypes.c_ulong(1), zero, zero, zero):
        return False
    return not library.syscall(ctypes.c_long(seccomp), set_filter, all_threads, filter)
