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
from functools import cache, cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from pyoxigraph import RdfFormat, Triple, parse

from .. import errors
from ..files import below, read_text, root
from ..names import local, visible
from ..rdf.terms import grouped, relabelled

if TYPE_CHECKING:
    from ..store.engine import Statement

#: One path or several; each may name a file, a folder or a pattern.
Paths: TypeAlias = "str | os.PathLike[str] | Iterable[str | os.PathLike[str]]"

#: Told what is being done, how much of it is done, and of how much (0 where that is not known).
Progress: TypeAlias = Callable[[str, int, int], None]

#: Gives file and line of a thing, or of one of its properties, by their IRIs; None where not known.
Locate: TypeAlias = Callable[[str, str | None], tuple[str, int] | None]

#: What a file found in a folder must end in to be read, ``.gz`` after it or not: ``.json`` and ``.xml`` say too
#: little, such files must be named.
ENDINGS = (".ttl", ".trig", ".nt", ".nq", ".jsonld", ".rdf", ".owl")

#: What is made when the package is built: the closed graph, how each of its derived statements was drawn, the names of
#: its things, and the graph with each disputed value as the pinned source gives it.
CLOSED, PROOFS, NAMES, STATED = "graph.nq", "proofs.nq", "names", "stated.nq"


def silent(what: str, done: int, total: int) -> None:
    """A progress that tells nobody."""


# ------------------------------------------------------------------------------------------- the project's files


class Bundle:
    """The files of the project, wherever they lie.

    Args:
        folder: As `root`; by default that of the files that came with the package, or in a checkout of those beside it.

    Attributes:
        root: Folder that holds ``ontology``, ``data`` and ``queries``.
        queries: Folder of the canned queries.
        shapes: File of the SHACL shapes.
        context: File of the JSON-LD context.
        ontology: The files that are reasoned with; shapes, alignments and the JSON-LD context are kept apart.
    """

    def __init__(self, folder: str = "") -> None:
        self.root = folder or root()
        self.queries = os.path.join(self.root, "queries")
        place = partial(os.path.join, self.root, "ontology")
        self.shapes, self.context = place("shapes.ttl"), place("context.jsonld")
        self.ontology = tuple(map(place, ("cooperation.ttl", "borrowed.ttl", "vocabularies.ttl")))

    def context_for(self, format: str) -> dict[str, Any] | None:
        """The JSON-LD context of the project, where this format needs it."""
        import json

        return dict(json.loads(read_text(self.context))) if format == "jsonld" else None

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The Turtle files that make the asserted graph, in a fixed order."""
        return (*self.ontology, *below(os.path.join(self.root, "data"), ".ttl"))

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
        """A file made when the package was built, such as `CLOSED`, or None where there is none."""
        path = os.path.join(self.root if os.path.basename(self.root) == "_bundle" else self.prepared, name)
        return path if os.path.isfile(path) else None

    @cached_property
    def prepared(self) -> str:
        """The folder in a checkout for what is built of it, named after all that this is made of: data and code."""
        from hashlib import sha256

        digest = sha256()
        for path in (*self.files, *below(os.path.join(self.root, "csto_graph"), ".py", ".toml", ".txt")):
            data = read_text(path).encode()
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
        label = relabelled(f"{stem}-")
        try:
            for quad in parse(read_text(path), format=RdfFormat.TURTLE):
                yield Triple(label(quad.subject), quad.predicate, label(quad.object))
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


def files(given: Iterable[str], *, faulty: list[errors.GraphError]) -> list[str]:
    """The files that paths, folders and patterns stand for: in the order given, those of a folder sorted, each once.

    Args:
        given: As `paths` gives them; ``-`` is standard input.
        faulty: Takes the errors: a pattern fits nothing, a folder holds no RDF file or cannot be listed.
    """
    found: dict[object, str] = {}
    for path in given:
        matches = [path]
        # A file may have the name of a pattern.
        if any(sign in path for sign in "*?[") and "\0" not in path and not os.path.lexists(path):
            matches = sorted(set(_matches(path)), key=_names)
            if not matches:
                hint = "In a pattern * and ? stand for letters of one name, ** for folders; hidden files are left out."
                faulty.append(errors.InputError("Nothing fits this pattern.", path=visible(path), hint=hint))
        for match in matches:
            for file in _in_folder(match, faulty) if os.path.isdir(match) else [match]:
                identity: object = file
                with suppress(OSError, ValueError):  # whoever reads it will say what is wrong
                    identity = os.stat(file)[1:3]  # inode and device
                found.setdefault(identity, file)
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
    found = grouped(_parts(given, faulty, base, notes))
    return {file: list(chain(*filter(None, parts))) for file, parts in found.items() if parts[-1] is None}


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
    for _, part in _parts(given, None, base, notes, progress):
        yield from part or ()


def readable(given: Iterable[str], faulty: list[errors.GraphError], *, base: str | None = None) -> list[str]:
    """As `files`, only those that can be read to the end; the error of each other one goes to ``faulty``.

    For who cannot take statements back that came before an error.
    """
    return [file for file, part in _parts(given, faulty, base) if part is None]


def _parts(
    given: Iterable[str], faulty: list[errors.GraphError] | None, base: str | None, notes: list[str] | None = None,
    progress: Progress = silent,
) -> Iterator[tuple[str, list[Statement] | None]]:  # fmt: skip
    """What the files hold, part by part; None stands for the end of a file that was read without an error."""
    from ..sandbox import parent

    wrong: list[errors.GraphError] = []
    listed = files(given, faulty=wrong)
    total = sum(map(size, listed))
    for name, found, done in parent.stream(listed, base=base):
        file = str(name)
        if isinstance(found, errors.GraphError):
            wrong.append(found)
        elif isinstance(found, bytes):
            # Whole lines of N-Triples: neither subject nor predicate has a space, and " ." ends a line. Not
            # splitlines(): texts may hold other ends of lines than this one.
            rows = (line.split(" ", 2) for line in found.decode().split("\n") if line)
            yield file, [(subject, predicate, value[:-2]) for subject, predicate, value in rows]
        else:
            if "base" in found and notes is not None:
                told = f"Relative IRIs in it are resolved against its own address, {found['base']}"
                notes.append(f"{visible(file)}: {told}; --base IRI names another one.")
            yield file, None
        progress("reading", done, total)
    if faulty is not None:
        faulty += wrong
    elif wrong:
        raise together(wrong)


def size(file: str) -> int:
    """Bytes of a file, 0 where that is not known."""
    with suppress(OSError, ValueError):
        return os.path.getsize(file)
    return 0


def together(wrong: Sequence[errors.GraphError]) -> errors.GraphError:
    """Several errors as one: the first as it is, each further one on a line of its own; ``errors`` holds each."""
    if len(wrong) == 1:
        return wrong[0]
    hints = dict.fromkeys(error.hint for error in wrong if error.hint)
    whole = errors.InputError("\n".join(error.message for error in wrong), hint=" ".join(hints))
    whole.several = tuple(wrong)
    if isinstance(first := wrong[0], errors.InputError):
        whole.path, whole.line, whole.column = first.path, first.line, first.column
    return whole


def _names(path: str) -> list[str]:
    return path.split(os.sep)


def _in_folder(top: str, wrong: list[errors.GraphError]) -> list[str]:
    """The RDF files in a folder and below it, sorted."""
    before = len(wrong)
    named = (os.path.join(folder, name) for folder, names in _folders(top, wrong) for name in names)
    found = sorted((path for path in named if path.lower().removesuffix(".gz").endswith(ENDINGS)), key=_names)
    if not found and len(wrong) == before:
        hint = f"Files are found by their ending: {' '.join(ENDINGS)}, also with .gz; name any other."
        wrong.append(errors.InputError("There is no RDF file in this folder.", path=visible(top), hint=hint))
    return found


def _folders(top: str, wrong: list[errors.GraphError]) -> Iterator[tuple[str, list[str]]]:
    """A folder and each one below it, with the names of its files; each once even where links lead in circles."""

    def refuse(error: OSError) -> None:
        words = f"The folder cannot be listed: {error.strerror}."
        wrong.append(errors.InputError(words, path=visible(str(error.filename))))

    seen = set[object]()
    for folder, folders, names in os.walk(top, followlinks=True, onerror=refuse):
        identity = os.stat(folder)[1:3]  # inode and device
        folders[:] = [] if identity in seen else sorted(name for name in folders if not name.startswith("."))
        if identity not in seen:
            yield folder, [name for name in names if not name.startswith(".")]
        seen.add(identity)


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

    @cache
    def text(path: str) -> str:
        if path.endswith((".ttl", ".trig")) and os.path.isfile(path):
            with suppress(OSError, UnicodeDecodeError), open(path, encoding="utf-8-sig") as file:
                return file.read()
        return ""

    @cache
    def blocks(path: str) -> dict[str, list[tuple[int, dict[str, int]]]]:
        from ..rdf import turtle

        return turtle.blocks(text(path))

    @cache
    def about(subject: str) -> list[tuple[str, int, dict[str, int]]]:
        # To take a file apart costs far more than to look for a name in it; a prefix may stand for a part of a name.
        likely = [path for path in paths if local(subject) in text(path)]
        found = [(path, *block) for path in likely for block in blocks(path).get(subject, ())]
        return found or [(path, *block) for path in paths for block in blocks(path).get(subject, ())]

    def locate(subject: str, predicate: str | None) -> tuple[str, int] | None:
        found = about(subject)
        fitting = ((path, said[predicate]) for path, _, said in found if predicate in said)
        return next(fitting, found[0][:2] if found else None)

    return locate
