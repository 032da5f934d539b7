"""What is read: the files of the project, and the user's own data; and back from statements to files and lines.

An installed package carries the project's files under ``_bundle``, with the whole graph already closed; in a checkout
they stand beside the package, and the graph is closed when it is loaded, unless a build has closed just these files.

What the user names may be a file, a folder (all RDF files in it and below, sorted; hidden ones are left out) or a
pattern with ``*``, ``?``, ``[`` and ``**``. Each file is read once, however often it is named, in a child with limits,
which reads many. Blank nodes keep apart between files. The names of graphs in TriG, N-Quads and JSON-LD are
dropped: which graph a statement belongs to follows from what it is about. A file with an error does not keep the
others from being looked at: every fault is told.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from pyoxigraph import BlankNode, RdfFormat, Triple, parse

from .. import errors
from ..files import root
from ..names import visible

if TYPE_CHECKING:
    from ..store.engine import Statement

Paths: TypeAlias = "str | os.PathLike[str] | Iterable[str | os.PathLike[str]]"
"""One path or several; each may name a file, a folder or a pattern."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much (0 where that is not known)."""

Locate: TypeAlias = Callable[[str, str | None], tuple[str, int] | None]
"""Gives file and line of a thing, or of one of its properties, by their IRIs; None where not known."""

ENDINGS = (".ttl", ".trig", ".nt", ".nq", ".jsonld", ".rdf", ".owl")
"""What a file found in a folder must end in to be read, ``.gz`` after it or not: ``.json`` and ``.xml`` say too
little, such files must be named."""

CLOSED, PROOFS, STATED = "graph.nq", "proofs.nq", "stated.nq"
"""What is made when the package is built: the closed graph, how each of its derived statements was drawn, and the
graph with each disputed value as the pinned source gives it."""


def silent(what: str, done: int, total: int) -> None:
    """A progress that tells nobody."""


# ------------------------------------------------------------------------------------------- the project's files


class Bundle:
    """The files of the project, wherever they lie.

    Attributes:
        root: Folder that holds ``ontology``, ``data`` and ``queries``.
        queries: Folder of the canned queries.
        shapes: File of the SHACL shapes.
        context: File of the JSON-LD context.
        ontology: The files that are reasoned with; shapes, alignments and the JSON-LD context are kept apart.
    """

    def __init__(self, root: str) -> None:
        self.root, self.queries = root, os.path.join(root, "queries")
        self.shapes, self.context, *ontology = (
            os.path.join(root, "ontology", name)
            for name in ("shapes.ttl", "context.jsonld", "cooperation.ttl", "borrowed.ttl", "vocabularies.ttl")
        )
        self.ontology = tuple(ontology)

    @classmethod
    def default(cls) -> Bundle:
        """The files that came with the package, or in a checkout those beside it."""
        return cls(root())

    def context_for(self, format: str) -> dict[str, Any] | None:
        """The JSON-LD context of the project, where this format needs it."""
        if format != "jsonld":
            return None
        import json

        with open(self.context, encoding="utf-8") as file:
            return dict(json.load(file))

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The Turtle files that make the asserted graph, in a fixed order."""
        data = os.path.join(self.root, "data")
        found = (os.path.join(folder, name) for folder, _, names in os.walk(data) for name in names)
        return (*self.ontology, *sorted(path for path in found if path.endswith(".ttl")))

    def formatted(self) -> list[str]:
        """Those of `files` that are kept in canonical form; the ontology is ordered by hand, to be read from the top.

        Raises:
            errors.UsageError: They belong to an installed package.
        """
        if os.path.basename(self.root) == "_bundle":
            hint = "Name the files to format, or install the checkout in place: pip install -e ."
            raise errors.UsageError("The files of an installed package are left alone.", hint=hint)
        return [path for path in self.files if path not in self.ontology[:2]]

    def built(self, name: str) -> str | None:
        """A file made when the package was built (`CLOSED`, `PROOFS`, `STATED`), or None where there is none."""
        path = os.path.join(self.root if os.path.basename(self.root) == "_bundle" else self.prepared, name)
        return path if os.path.isfile(path) else None

    @cached_property
    def prepared(self) -> str:
        """The folder in a checkout for what is built of it, named after all that this is made of: data and code."""
        from hashlib import sha256

        package = os.path.join(self.root, "csto_graph")
        found = (os.path.join(folder, name) for folder, _, names in os.walk(package) for name in names)
        digest = sha256()
        for path in (*self.files, *sorted(path for path in found if path.endswith((".py", ".toml")))):
            with open(path, "rb") as file:
                data = file.read()
            digest.update(f"{os.path.relpath(path, self.root)} {len(data)} ".encode() + data)
        return os.path.join(self.root, ".built", f"graph-{digest.hexdigest()[:16]}")


def read_turtle(*paths: str) -> Iterator[Triple]:
    """The statements of Turtle files of the project's own.

    Blank nodes are named after the file, in the order in which they come: the engine's own labels differ from run to
    run, and with them the built graph would.

    Raises:
        errors.InputError: With path, line and column.
    """
    for path in paths:
        stem = os.path.splitext(os.path.basename(path))[0].replace(".", "-")
        known: dict[object, BlankNode] = {}

        def named(term: Any, stem: str = stem, known: dict[object, BlankNode] = known) -> Any:
            return known.setdefault(term, BlankNode(f"{stem}-{len(known)}")) if isinstance(term, BlankNode) else term

        try:
            with open(path, "rb") as file:
                data = file.read()
            for quad in parse(data, format=RdfFormat.TURTLE):
                yield Triple(named(quad.subject), quad.predicate, named(quad.object))
        except OSError as error:
            raise errors.InputError(f"cannot be read: {error.strerror}.", path=path) from error
        except SyntaxError as error:
            raise errors.InputError(str(error.msg), path=path, line=error.lineno, column=error.offset) from error


# ------------------------------------------------------------------------------------------- the user's files


def paths(given: Paths) -> list[str]:
    """What the user named, as a list: one path or several.

    Raises:
        errors.UsageError: One of them is no path.
    """
    listed = [given] if isinstance(given, (str, os.PathLike)) else given
    try:
        return [os.fsdecode(path) for path in listed]
    except TypeError as error:
        raise errors.UsageError(f"{error}.", hint="Give paths as text, or as pathlib.Path.") from None


def files(given: Iterable[str], *, faulty: list[errors.GraphError] | None = None) -> list[str]:
    """The files that paths, folders and patterns stand for: in the order given, those of a folder sorted, each once.

    Args:
        given: As `paths` gives them; ``-`` is standard input.
        faulty: Takes the error of each path that stands for nothing; without it they are raised together.

    Raises:
        errors.InputError: A path is missing, a pattern fits nothing, a folder holds no RDF file or cannot be listed.
    """
    wrong: list[errors.GraphError] = []
    found: dict[object, str] = {}
    for path in given:
        matches = [path]
        # A file may have the name of a pattern.
        if any(sign in path for sign in "*?[") and "\0" not in path and not os.path.lexists(path):
            matches = sorted(set(_matches(path)), key=_parts)
            if not matches:
                hint = "In a pattern * and ? stand for letters of one name, ** for folders; hidden files are left out."
                wrong.append(errors.InputError("Nothing fits this pattern.", path=visible(path), hint=hint))
        for match in matches:
            for file in _in_folder(match, wrong) if "\0" not in match and os.path.isdir(match) else [match]:
                about = _about(file)
                found.setdefault((about.st_dev, about.st_ino) if about else file, file)
    _raise(wrong, faulty)
    return list(found.values())


def read(
    given: Iterable[str], *, faulty: list[errors.GraphError] | None = None, base: str | None = None,
    notes: list[str] | None = None,
) -> dict[str, list[Statement]]:  # fmt: skip
    """The statements of each file, in order.

    Args:
        given: As in `files`.
        faulty: Takes the error of each file that cannot be read, whose statements are left out; without it they are
            raised together, when all files have been looked at.
        base: IRI against which relative ones are resolved; by default the address of each file.
        notes: Takes a sentence about each file for which its own address was used.

    Raises:
        errors.InputError: Files cannot be read or parsed; ``errors`` holds each of them.
        errors.LimitReached: One file needs too much time or memory, or crashes the parser.
    """
    wrong: list[errors.GraphError] = []
    found: dict[str, list[Statement]] = {}
    begun: dict[str, list[Statement]] = {}
    for file, piece, _ in _pieces(files(given, faulty=wrong), base, wrong, notes):
        if piece is None:
            found[file] = begun.get(file, [])
        else:
            begun.setdefault(file, []).extend(_split(piece))
    _raise(wrong, faulty)
    return found


def statements(
    given: Iterable[str], *, progress: Progress = silent, base: str | None = None, notes: list[str] | None = None
) -> Iterator[Statement]:
    """As `read`, one after the other, and nothing is held.

    Args:
        given: As in `files`.
        progress: Is told now and then how far the "reading" is, in bytes of the files on disk.
        base: As in `read`.
        notes: As in `read`.

    Raises:
        errors.InputError: As in `read`; only when all files have been looked at, so that what came before may be
            incomplete until the end is reached.
        errors.LimitReached: As in `read`.
    """
    wrong: list[errors.GraphError] = []
    listed = files(given, faulty=wrong)
    total = sum(map(size, listed))
    for _, piece, done in _pieces(listed, base, wrong, notes):
        if piece is not None:
            yield from _split(piece)
        progress("reading", done, total)
    _raise(wrong, None)


def readable(given: Iterable[str], faulty: list[errors.GraphError], *, base: str | None = None) -> list[str]:
    """As `files`, only those that can be read to the end; the error of each other one goes to ``faulty``.

    For who cannot take statements back that came before an error.
    """
    return [file for file, piece, _ in _pieces(files(given, faulty=faulty), base, faulty) if piece is None]


def _pieces(
    listed: Sequence[str], base: str | None, wrong: list[errors.GraphError], notes: list[str] | None = None
) -> Iterator[tuple[str, bytes | None, int]]:
    """What the files hold, as whole lines of N-Triples: the file, a piece, and how many bytes of all have been read.

    None stands for the end of a file that was read without an error.
    """
    from ..sandbox import parent

    for file, found, done in parent.stream(listed, base=base):
        if isinstance(found, errors.GraphError):
            wrong.append(found)
        elif isinstance(found, bytes):
            yield str(file), found, done
        else:
            if "base" in found and notes is not None:
                told = f"Relative IRIs in it are resolved against its own address, {found['base']}"
                notes.append(f"{visible(str(file))}: {told}; --base IRI names another one.")
            yield str(file), None, done


def _split(piece: bytes) -> Iterator[Statement]:
    """The statements of whole lines of N-Triples: neither subject nor predicate has a space, and " ." ends a line."""
    # Not splitlines(): texts may hold other ends of lines than this one.
    for line in piece.decode().split("\n"):
        if line:
            subject, predicate, value = line.split(" ", 2)
            yield subject, predicate, value[:-2]


def _about(file: str) -> os.stat_result | None:
    """What the system says about a file; None where whoever reads it will say what is wrong."""
    try:
        return os.stat(file)
    except (OSError, ValueError):
        return None


def size(file: str) -> int:
    """Bytes of a file, 0 where that is not known."""
    about = _about(file)
    return about.st_size if about else 0


def _raise(wrong: list[errors.GraphError], faulty: list[errors.GraphError] | None) -> None:
    """Hand the errors over, or raise them."""
    if faulty is not None:
        faulty += wrong
    elif wrong:
        raise together(wrong)


def together(wrong: Sequence[errors.GraphError]) -> errors.GraphError:
    """Several errors as one: the first as it is, each further one on a line of its own; ``errors`` holds each."""
    if len(wrong) == 1:
        return wrong[0]
    hints = dict.fromkeys(error.hint for error in wrong if error.hint)
    whole = errors.InputError("\n".join(error.message for error in wrong), hint=" ".join(hints), errors=wrong)
    if isinstance(first := wrong[0], errors.InputError):
        whole.path, whole.line, whole.column = first.path, first.line, first.column
    return whole


def _parts(path: str) -> list[str]:
    return path.split(os.sep)


def _in_folder(top: str, wrong: list[errors.GraphError]) -> list[str]:
    """The RDF files in a folder and below it, sorted."""
    before = len(wrong)
    named = (os.path.join(folder, name) for folder, names in _folders(top, wrong) for name in names)
    found = sorted((path for path in named if path.lower().removesuffix(".gz").endswith(ENDINGS)), key=_parts)
    if not found and len(wrong) == before:
        hint = f"Files are found by their ending: {' '.join(ENDINGS)}, also with .gz; name any other."
        wrong.append(errors.InputError("There is no RDF file in this folder.", path=visible(top), hint=hint))
    return found


def _folders(top: str, wrong: list[errors.GraphError]) -> Iterator[tuple[str, list[str]]]:
    """A folder and each one below it, with the names of its files; each once even where links lead in circles."""

    def refuse(error: OSError) -> None:
        words = f"The folder cannot be listed: {error.strerror}."
        wrong.append(errors.InputError(words, path=visible(str(error.filename))))

    seen = set()
    for folder, folders, names in os.walk(top, followlinks=True, onerror=refuse):
        about = os.stat(folder)
        known = (about.st_dev, about.st_ino) in seen
        seen.add((about.st_dev, about.st_ino))
        folders[:] = [] if known else sorted(name for name in folders if not name.startswith("."))
        if not known:
            yield folder, [name for name in names if not name.startswith(".")]


def _matches(pattern: str) -> list[str]:
    """The paths that fit a pattern; ``**`` is any number of folders, none included."""
    from glob import escape, glob

    head, stars, tail = f"/{pattern}".partition("/**/")
    if not stars:
        return glob(pattern)
    tops = glob(f"{head[1:]}/") if head else ["" if pattern.startswith("**") else "/"]
    below = (os.path.join(escape(folder), tail) for top in tops for folder, _ in _folders(top or os.curdir, []))
    return [path for one in below for path in _matches(one.removeprefix("./"))]


# ------------------------------------------------------------------------------------- places of statements


def locator(paths: Sequence[str]) -> Locate:
    """What finds the block of a subject, and the line of a property in it, in Turtle files.

    Args:
        paths: Files in order of preference, which are read when something is first sought. Files that are not Turtle,
            cannot be read, or cannot be read a second time (pipes), are passed over.
    """
    places: dict[str, list[tuple[int, str, int, dict[str, int]]]] = {}
    unread = dict(enumerate(paths))
    texts: dict[int, str] = {}  # read, and not yet taken apart

    def look(numbers: Iterable[int]) -> None:
        from ..rdf import turtle

        for number in numbers:
            for block in turtle.blocks(texts.pop(number)):
                place = (number, paths[number], block.first, dict(block.predicates))
                places.setdefault(block.subject, []).append(place)

    def locate(subject: str, predicate: str | None) -> tuple[str, int] | None:
        while unread:
            number, path = unread.popitem()
            if path.endswith((".ttl", ".trig")) and os.path.isfile(path):
                with suppress(OSError, UnicodeDecodeError), open(path, encoding="utf-8-sig") as file:
                    texts[number] = file.read()
        # To take a file apart costs far more than to look for a name in it; a prefix may stand for a part of a name.
        local = subject[max(map(subject.rfind, "/#:")) + 1 :]
        look([number for number, text in texts.items() if local in text])
        if subject not in places:
            look(list(texts))
        found = sorted(places.get(subject, []), key=lambda place: place[0])
        fitting = ((path, said[predicate]) for _, path, _, said in found if predicate in said)
        return next(fitting, found[0][1:3] if found else None)

    return locate
