"""The command line: a thin shell that knows no RDF.

Data go to standard output, words to standard error. Exit status: 0 done or yes, 1 an honest no, 2 wrong usage,
3 something cannot be read, parsed or written, 4 a limit was reached, 5 a package is missing, 70 a mistake of ours,
130 interrupted. A reader that goes away ends the command silently.

Only click and the standard library are imported at the start; everything else in the command that needs it.
"""

from __future__ import annotations

import gc

# A command is over before there is garbage worth looking for; while modules are loaded the search only costs time.
gc.set_threshold(100_000, 20, 20)

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from .. import __version__, errors

if TYPE_CHECKING:
    from threading import Event

    from click.shell_completion import CompletionItem

    from ..describe.absence import Absence
    from ..describe.proof import Explanation
    from ..graph import KnowledgeGraph
    from ..sparql.catalog import Catalog, Parameter, Query
    from ..sparql.results import Row, Table
    from ..store.engine import Limits

_NAME = "csto-graph"
_COMPLETION = "_CSTO_GRAPH_COMPLETE"
_PLAIN_WIDTH = 100
_TABLES = ("table", "csv", "tsv", "json", "jsonl", "markdown", "srj", "srx")
_GRAPHS = ("turtle", "jsonld", "ntriples", "nquads", "trig", "rdfxml")

if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]
else:
    _ParamType = click.ParamType  # Not generic before click 8.3.

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Teller = Callable[["KnowledgeGraph", "Sequence[Row]", str, int], Iterator[str]]


# --- the session ----------------------------------------------------------------------------------------------------


@dataclass
class _Session:
    """What was said before the verb, and the graph it leads to.

    Attributes:
        data: Files of the user.
        language: ``en`` or ``ru``.
        only: Whether the bundled data stay out.
        reasoner: ``rules`` or ``owlrl``.
        folders: Folders with queries of the user.
        shapes: SHACL files of the user.
        endpoint: Address of a SPARQL endpoint that is asked instead of the bundled graph.
    """

    data: tuple[str, ...] = ()
    language: str = "en"
    only: bool = False
    reasoner: str = "rules"
    folders: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    endpoint: str | None = None

    @cached_property
    def bar(self) -> _Bar:
        """What tells the reader of things that take long."""
        return _Bar()

    @classmethod
    def of(cls, context: click.Context) -> _Session:
        """The session of a context; while completing, when no callback has run, made from the options."""
        root = context.find_root()
        if not isinstance(root.obj, cls):
            given = root.params
            root.obj = cls(
                tuple(given.get("data") or ()),
                given.get("lang") or "en",
                bool(given.get("only")),
                given.get("reasoner") or "rules",
                tuple(given.get("queries") or ()),
                tuple(given.get("shapes") or ()),
                given.get("endpoint"),
            )
        return root.obj

    @cached_property
    def graph(self) -> KnowledgeGraph:
        """The graph, loaded when first asked for."""
        return self.load(self.data)

    def load(self, data: tuple[str, ...]) -> KnowledgeGraph:
        """The graph with these files of the user."""
        from .. import graph

        return graph.load(
            data, only=self.only, reasoner=self.reasoner, language=self.language, queries=self.folders,
            shapes=self.shapes, progress=self.bar, endpoint=self.endpoint,
        )  # fmt: skip

    @cached_property
    def queries(self) -> Catalog:
        """The canned queries; no graph is loaded for them."""
        from ..loading.bundle import Bundle
        from ..sparql.catalog import Catalog

        return Catalog.read(Bundle.default().queries, self.folders)


_pass = click.make_pass_decorator(_Session)


# --- streams --------------------------------------------------------------------------------------------------------


class _ReaderGoneError(Exception):
    """Nobody reads standard output any more."""


def _out(chunks: Iterable[str]) -> None:
    """Write data to standard output."""
    for chunk in chunks:
        _bar().close()  # What is written may go to the same terminal, if only by way of a pager.
        _write(chunk)
    _write("", flush=True)


def _write(text: str, *, flush: bool = False) -> None:
    if sys.stdout is None:
        raise errors.OutputError("cannot be written: it is closed.", path="<stdout>")
    try:
        sys.stdout.write(text)
        if flush:
            sys.stdout.flush()
    except BrokenPipeError as error:
        raise _ReaderGoneError from error
    except OSError as error:
        message = f"cannot be written: {(error.strerror or str(error)).lower()}."
        raise errors.OutputError(message, path="<stdout>", hint="Make room, or use -o FILE.") from error


def _deliver(chunks: Iterable[str], output: str | None) -> None:
    """Write data to a file, whole or not at all, or to standard output."""
    if output is None or output == "-":
        _out(chunks)
        return
    from pathlib import Path

    from .. import files

    files.write(Path(output), chunks)


def _tell(words: str) -> None:
    """Say something to the reader, beside the data."""
    if words and sys.stderr is not None:
        with _bar().aside(), suppress(OSError, ValueError):
            print(words, file=sys.stderr, flush=True)  # noqa: T201


def _complain(message: str, hint: str = "") -> None:
    _tell(f"error: {message}" + (f"\nhint: {hint}" if hint else ""))


def _width() -> int | None:
    """Columns of the terminal, or None where the output goes elsewhere."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    with suppress(OSError, ValueError):
        return int(os.environ.get("COLUMNS", "")) or _PLAIN_WIDTH
    with suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stdout.fileno()).columns or _PLAIN_WIDTH
    return _PLAIN_WIDTH


class _Bar:
    """Tells on a terminal, in one line that is taken away again, what has been going on for longer than two seconds.

    It is a progress as `graph.load` takes it. Drawing is left to a thread: much of what takes long says nothing.
    """

    def __init__(self) -> None:
        self._rest, self._what, self._done, self._total = "", "", 0, 0
        self._drawn = 0
        self._over: Event | None = None
        self._line_is_free: Any = nullcontext()

    def __call__(self, what: str, done: int = 0, total: int = 0) -> None:
        self._what, self._done, self._total = what or self._rest, done, total

    def start(self, what: str) -> None:
        """Tell of this, and of it again whenever nothing more exact is said."""
        self._rest = self._what = what
        if sys.stderr is not None and sys.stderr.isatty():
            from threading import Event, Lock, Thread

            self._over, self._line_is_free = Event(), Lock()
            self._thread = Thread(target=self._draw, args=(self._over,), daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Take the line away for good; harmless where there is none."""
        if self._over is not None:
            self._over.set()
            self._thread.join()
            self._over = None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the line away while something else is written there."""
        with self._line_is_free:
            self._line("")
            yield

    def _draw(self, over: Event) -> None:
        from time import monotonic

        began = monotonic()
        waiting = 2.0
        while not over.wait(waiting):
            waiting = 0.2
            with self._line_is_free:
                self._line(f"{_PHASES[self._what]} {self._share()} {monotonic() - began:.0f} s")
        self._line("")

    def _share(self) -> str:
        if self._total:
            done = min(self._done, self._total)
            full = 20 * done // self._total
            return f"[{'#' * full}{'.' * (20 - full)}] {100 * done // self._total} %"
        return f"{self._done:,}" if self._done else "…"

    def _line(self, text: str) -> None:
        if not text and not self._drawn:
            return
        with suppress(OSError, ValueError):
            sys.stderr.write(f"\r{text.ljust(self._drawn)}" + ("" if text else "\r"))
            sys.stderr.flush()
        self._drawn = len(text)


def _bar() -> _Bar:
    """That of the session; outside of one, one that draws nothing."""
    context = click.get_current_context(silent=True)
    return _Session.of(context).bar if context else _Bar()


_PHASES = {
    "digests": "Looking at the files",
    "reading": "Reading",
    "statements": "Statements",
    "closure": "Drawing conclusions",
    "derivation": "Deriving dates, labels and support",
    "store": "Building the store",
    "validation": "Validating",
    "export": "Exporting",
    "query": "Asking",
    "publication": "Comparing with the server",
}
_DOING = {"export": "export", "validate": "validation", "publish": "publication"}
"""What a verb does, where it says nothing more exact."""


# --- building blocks of commands ------------------------------------------------------------------------------------


_PATH = click.Path(readable=False)
"""Whether it can be read is seen, and told, where it is."""


class _Once:
    """A command that refuses an option given twice; click would take the last one in silence."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            _refuse_repetition(self, ctx, args)  # type: ignore[arg-type]
        return super().parse_args(ctx, args)  # type: ignore[misc, no-any-return]


def _refuse_repetition(command: click.Command, ctx: click.Context, args: list[str]) -> None:
    _, _, order = command.make_parser(ctx).parse_args(args=list(args))
    seen: set[int] = set()
    for parameter in order:
        if isinstance(parameter, click.Option) and not parameter.multiple and not parameter.is_flag:
            if id(parameter) in seen:
                raise click.UsageError(f"{parameter.opts[-1]} is given twice; give it once.", ctx)
            seen.add(id(parameter))


class _Command(_Once, click.Command):
    """A verb."""


class _Group(_Once, click.Group):
    """A verb with verbs of its own."""

    command_class = _Command


def _examples(*lines: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def _items(words: Iterable[str], start: str = "") -> list[CompletionItem]:
    """What a shell offers: the words that begin so."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(word) for word in words if word.startswith(start)]


class _Format(_ParamType):
    """The name of a format; which ones there are is the registry's knowledge."""

    name = "format"

    def __init__(self, *known: str) -> None:
        self.known = known

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return _items(self.known, incomplete.lower())


def _format_option(*known: str, default: str | None = None) -> Callable[[_Function], _Function]:
    first = default or known[0]
    text = f"One of {', '.join(known)}. By default {first}, or what the ending of -o means."
    return click.option("-f", "--format", "format", type=_Format(*known), metavar="FORMAT", help=text)


def _output_option() -> Callable[[_Function], _Function]:
    text = "Write to this file, whole or not at all."
    return click.option("-o", "--output", type=_PATH, metavar="FILE", help=text)


def _chosen(given: str | None, output: str | None, known: Sequence[str], kind: Any) -> str:
    """The format that was named, or that the file's ending means, or the first one.

    Raises:
        errors.UnknownName: There is no such format here.
    """
    from ..rdf import formats

    if given is not None and given.lower() in known:
        return given.lower()
    if given is not None:
        try:
            name = formats.by_name(given, kind=kind).name
        except errors.UnknownName as error:
            raise errors.UnknownName(
                "format", given, suggestions=error.suggestions, hint=f"Formats here: {', '.join(known)}."
            ) from error
        if name in known:
            return name
        raise errors.UnknownName("format", given, hint=f"Formats here: {', '.join(known)}.")
    if output is None or output == "-":
        return known[0]
    name = formats.by_path(output, kind=kind).name
    return "text" if name == "table" and "table" not in known else name


class _Thing(_ParamType):
    """The name of a thing: completed from the graph."""

    name = "thing"

    def __init__(self, of: str | None = None, name: str = "thing") -> None:
        self.of = of
        self.name = name

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        with suppress(errors.GraphError):
            return [CompletionItem(word, help=help_) for word, help_ in self._known(_Session.of(ctx).graph, incomplete)]
        return []

    def _known(self, graph: KnowledgeGraph, incomplete: str) -> list[tuple[str, str]]:
        from ..names import curie, iri, natural

        start = iri(incomplete)
        if ":" in incomplete:
            named = {str(getattr(quad.subject, "value", "")) for quad in graph.quads()}
            fitting = sorted((name for name in named if name.startswith(start)), key=natural)
            return [(curie(name), graph.label(name)) for name in fitting]
        found = graph.find(incomplete, of=self.of, limit=30)
        words = [match.text if match.text.startswith(incomplete) else curie(match.iri) for match in found]
        return [(word, graph.label(match.iri)) for word, match in zip(words, found, strict=True)]


class _Value(_ParamType):
    """A value that the query's own header checks."""

    def __init__(self, name: str, known: tuple[str, ...] = ()) -> None:
        self.name = name
        self.known = known

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return _items(self.known, incomplete)


def _query_names(ctx: click.Context) -> tuple[str, ...]:
    session = _Session.of(ctx)
    if session.folders:
        return session.queries.names
    from ..paths import query_names

    return query_names()


class _QueryName(_ParamType):
    """The name of a canned query."""

    name = "query"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return _items(_query_names(ctx), incomplete)


# --- canned queries -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wishes:
    """How an answer is wanted: the options that all queries share."""

    format: str | None
    output: str | None
    limit: int | None
    timeout: float | None
    reading: str
    ids: bool
    sources: bool
    fail_empty: bool
    show: bool
    why: str | None

    @property
    def limits(self) -> Limits | None:
        """Limits of a worker, where a time was given."""
        if self.timeout is None:
            return None
        from ..store.engine import Limits

        return Limits(seconds=self.timeout)


def _shared_options(telling: bool) -> list[click.Option]:
    known = ("text", *_TABLES) if telling else _TABLES
    formats = f"One of {', '.join(known)}. By default {known[0]}, or what the ending of -o means."
    return [
        click.Option(["-f", "--format", "format"], type=_Format(*known), metavar="FORMAT", help=formats),
        click.Option(
            ["-o", "--output"], type=_PATH, metavar="FILE", help="Write to this file, whole or not at all."
        ),
        click.Option(["--limit"], type=click.IntRange(min=0), metavar="N", help="Show at most so many rows."),
        click.Option(
            ["--timeout"], type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
            help="Stop after so many seconds.",
        ),
        click.Option(
            ["--reading"], type=click.Choice(["curated", "source"]), default="curated", show_default=True,
            help="Disputed values as decided, or as the pinned source gives them.",
        ),
        click.Option(["--ids"], is_flag=True, help="Short identifiers instead of labels."),
        click.Option(["--sources"], is_flag=True, help="Add a column with the claims behind each thing."),
        click.Option(["--fail-empty"], is_flag=True, help="End with status 1 where nothing is found."),
        click.Option(["--show"], is_flag=True, help="Print the SPARQL text instead of running it."),
        click.Option(["--why"], metavar=_CELL, help=_WHY),
    ]  # fmt: skip


_CELL = "[ROW:]COLUMN"
_WHY = "Explain one cell instead; -f is then text, json, turtle or svg. Rows count from 1."


class _QueryCommand(_Command):
    """A canned query as a command; its header is read when options or help are asked for.

    Args:
        name: Name of the query.
        tell: Makes a text of the rows; such a verb has the format ``text``, and it is the default.
        short: One line for lists.
    """

    def __init__(self, name: str, *, tell: str | None = None, short: str = "") -> None:
        super().__init__(name, callback=self._ask, short_help=short or None)
        self._tell = tell
        self._options: dict[str, list[click.Parameter]] = {}

    def _query(self, ctx: click.Context) -> Query:
        assert self.name is not None
        return _Session.of(ctx).queries[self.name]

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        language = _Session.of(ctx).language
        if language not in self._options:
            own = [_option(parameter, language) for parameter in self._query(ctx).parameters.values()]
            taken = {option for parameter in own for option in parameter.opts}
            shared = [option for option in _shared_options(self._tell is not None) if not taken & set(option.opts)]
            self._options[language] = [*own, *shared]
        help_option = self.get_help_option(ctx)
        return [*self._options[language], *([help_option] if help_option else [])]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from ..sparql.catalog import words_of

        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(words_of(self._query(ctx).question, _Session.of(ctx).language))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from ..describe.account import commands

        lines = commands(self._query(ctx))
        if self._tell is not None:
            lines = [line.replace(f"{_NAME} run ", f"{_NAME} ") for line in lines]
        formatter.write("\nExamples:\n" + "".join(f"  {line}\n" for line in lines))

    def get_short_help_str(self, limit: int = 45) -> str:
        if self.short_help:
            return self.short_help
        from ..sparql.catalog import words_of

        context = click.get_current_context(silent=True)
        return words_of(self._query(context).title, _Session.of(context).language) if context else ""

    def _ask(self, /, **given: Any) -> None:
        context = click.get_current_context()
        session = _Session.of(context)
        query = self._query(context)
        values = {key.removeprefix(_OWN): value for key, value in given.items() if key.startswith(_OWN)}
        values = {key: value for key, value in values.items() if value is not None}
        # The language of the texts follows that of the labels unless the query is told otherwise.
        for key, parameter in query.parameters.items():
            if parameter.type == "language" and key not in values and parameter.default is not None:
                values[key] = session.language
        wishes = _Wishes(**{key: given.get(key, value) for key, value in _DEFAULTS.items()})
        _answer(session, query, values, wishes, self._tell)


class _ConflictsCommand(_QueryCommand):
    """The query of conflicts, and those that nobody has written down yet."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        text = "Claims that disagree and that no conflict joins, as blocks to decide them; -f is then turtle or json."
        return [click.Option(["--candidates"], is_flag=True, help=text), *super().get_params(ctx)]

    def _ask(self, /, candidates: bool = False, **given: Any) -> None:
        if not candidates:
            super()._ask(**given)
            return
        session = _Session.of(click.get_current_context())
        chosen = _chosen(given.get("format"), given.get("output"), ("turtle", "json"), None)
        from ..check import candidates as module
        from ..describe import account

        found = module.find(session.graph)
        if chosen == "json":
            _deliver([account.dumps(module.document(session.graph, found, session.language))], given.get("output"))
        elif found:
            _deliver([module.text(session.graph, found, session.language)], given.get("output"))
        _tell(f"{len(found)} candidate{'' if len(found) == 1 else 's'}.")
        if not found and given.get("fail_empty"):
            raise click.exceptions.Exit(1)


_OWN = "own_"
_DEFAULTS: dict[str, Any] = {
    "format": None, "output": None, "limit": None, "timeout": None, "reading": "curated", "ids": False,
    "sources": False, "fail_empty": False, "show": False, "why": None,
}  # fmt: skip


def _option(parameter: Parameter, language: str) -> click.Option:
    """A parameter of a query as an option of a command."""
    from ..sparql.catalog import words_of

    kind: _ParamType
    if parameter.type == "choice":
        kind = click.Choice(list(parameter.values))
    elif parameter.type in ("entity", "class", "area"):
        of = parameter.of or {"class": "owl:Class", "area": "vocab:area"}.get(parameter.type)
        kind = _Thing(of, parameter.type)
    else:
        kind = _Value(parameter.type, {"boolean": ("true", "false"), "language": ("en", "ru")}.get(parameter.type, ()))
    text = words_of(parameter.help, language)
    if parameter.default is not None:
        text += f" [{str(parameter.default).lower() if isinstance(parameter.default, bool) else parameter.default}]"
    return click.Option(
        [f"--{parameter.name.replace('_', '-')}", _OWN + parameter.name],
        type=kind,
        metavar=None if parameter.type == "choice" else parameter.type.upper(),
        required=parameter.required,
        help=text,
    )


class _Resolver:
    """Names of things, from a graph that is loaded only where a name has to be looked up."""

    def __init__(self, session: _Session) -> None:
        self._session = session

    def resolve(self, text: str, *, of: str | None, parameter: str) -> str:
        return self._session.graph.lookup.resolve(text, of=of, parameter=parameter)


def _answer(session: _Session, query: Query, values: Mapping[str, Any], wishes: _Wishes, tell: str | None) -> None:
    if wishes.show:
        _deliver([query.bind(values, _Resolver(session)).strip() + "\n"], wishes.output)
        return
    if wishes.why is not None:
        _answer_why(session, query, values, wishes)
        return
    known = ("text", *_TABLES) if tell else _TABLES
    chosen = _chosen(wishes.format, wishes.output, known, "table")
    if chosen == "text" and (wishes.ids or wishes.sources):
        chosen = "table"
    graph = session.graph
    table = graph.run(query.name, reading=wishes.reading, limits=wishes.limits, **values)
    count = len(table) if wishes.limit is None else min(wishes.limit, len(table))
    if chosen == "text" and tell:
        from ..describe import account

        rows = list(table)[:count]
        _deliver(getattr(account, tell)(session.graph, rows, session.language, _width() or _PLAIN_WIDTH), wishes.output)
    elif len(table) or chosen != "table":
        columns, rows_ = _rows(session.graph, table, wishes)
        _write_table(columns, rows_[:count], chosen, wishes.output)
    _cut(count, len(table))
    if not len(table):
        from ..describe import account
        from ..sparql.catalog import words_of

        _tell(account.searched(table, words_of(query.negative, session.language), session.language))
        if wishes.fail_empty:
            raise click.exceptions.Exit(1)


def _answer_why(session: _Session, query: Query, values: Mapping[str, Any], wishes: _Wishes) -> None:
    """Explain one cell of an answer instead of giving the answer."""
    cell = _Cell.of(str(wishes.why), wishes.format, wishes.output)
    table = session.graph.run(query.name, reading=wishes.reading, limits=wishes.limits, **values)
    cell.explain(table, session, wishes.output)


@dataclass(frozen=True)
class _Cell:
    """A cell of an answer to explain, and the format wanted."""

    row: int
    column: str
    format: str

    @classmethod
    def of(cls, text: str, format: str | None, output: str | None) -> _Cell:
        """What ``[ROW:]COLUMN`` names; looked at before the work that leads to it."""
        from ..describe import proof

        chosen = _proof_format(format, output, proof.FORMATS)
        row, _, column = text.rpartition(":")
        if not (row or "1").isdecimal() or int(row or 1) < 1:
            raise errors.BadParameter("why", text, "a column, or a row's number and a column, such as 2:date")
        return cls(int(row or 1) - 1, column, chosen)

    def explain(self, table: Table, session: _Session, output: str | None) -> None:
        _explain(table.why(self.row, self.column), self.format, session, output)


def _cut(count: int, total: int) -> None:
    if count < total:
        _tell(f"{count} of {total} rows.")


def _rows(graph: KnowledgeGraph, table: Table, wishes: _Wishes) -> tuple[list[str], list[list[Any]]]:
    """The columns and cells to write, with identifiers or references where these are wanted."""
    columns = list(table.columns)
    rows: list[list[Any]] = [list(row) for row in table.cells()]
    if not (wishes.sources or wishes.ids):
        return columns, rows
    from ..describe import account

    if wishes.sources:
        columns.append("sources" if "sources" not in columns else "claims")
        rows = [[*row, _references(graph, table.columns, row)] for row in rows]
    if wishes.ids:
        rows = [
            [
                account.Cell(cell.value["curie"], cell.value, cell.term)
                if cell is not None and isinstance(cell.value, dict) and "curie" in cell.value
                else cell
                for cell in row
            ]
            for row in rows
        ]
    return columns, rows


def _references(graph: KnowledgeGraph, columns: Sequence[str], row: Sequence[Any]) -> Any:
    from ..describe import account

    found = {
        column: account.references(graph, cell.value["iri"])
        for column, cell in zip(columns, row, strict=True)
        if cell is not None and isinstance(cell.value, dict) and "iri" in cell.value
    }
    found = {column: entries for column, entries in found.items() if entries}
    text = "; ".join(f"{column}: {account.references_text(entries)}" for column, entries in found.items())
    return account.Cell(text, found)


def _write_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], chosen: str, output: str | None) -> None:
    from ..rdf import formats

    _deliver(formats.write_table(columns, rows, chosen, width=None if output else _width()), output)


# --- the top --------------------------------------------------------------------------------------------------------


class _Verbs(_Group):
    """The verbs; a name that is none of them may be a query's."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        verb = self.commands.get(cmd_name)
        return verb or (_QueryCommand(cmd_name) if cmd_name in _query_names(ctx) else None)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            from difflib import get_close_matches

            near = get_close_matches(args[0], [*self.commands, *_query_names(ctx)], n=3, cutoff=0.6)
            raise errors.UnknownName(
                "verb or query", args[0], suggestions=near, hint=f"'{_NAME} --help' lists the verbs."
            )
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        verbs = super().shell_complete(ctx, incomplete)
        known = {item.value for item in verbs}
        more = [item for item in _items(_query_names(ctx), incomplete) if incomplete and item.value not in known]
        return [*verbs, *more]


class _Queries(_Group):
    """The canned queries as commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_query_names(ctx))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _QueryCommand(cmd_name) if cmd_name in _query_names(ctx) else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if not ctx.resilient_parsing:
            _ = _Session.of(ctx).queries[args[0]]  # An unknown name is refused with suggestions.
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        if not incomplete.startswith("-"):
            return _items(_query_names(ctx), incomplete)
        return super().shell_complete(ctx, incomplete)


@click.group(
    cls=_Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_examples(f"{_NAME} run instruments --partner UNODC", f"{_NAME} show A/RES/71/12")
    + f'\n\n\b\nCompletion for bash: eval "$({_COMPLETION}=bash_source {_NAME})"',
)
@click.option(
    "--data", multiple=True, type=_PATH, metavar="PATH",
    help="Add RDF files of your own: a file, a folder or a pattern.",
)  # fmt: skip
@click.option("--queries", multiple=True, type=_PATH, metavar="DIR", help="Add queries of your own: .rq files.")
@click.option("--shapes", multiple=True, type=_PATH, metavar="PATH", help="Add SHACL shapes of your own.")
@click.option("--lang", type=click.Choice(["en", "ru"]), default="en", show_default=True, help="Language of labels.")
@click.option(
    "--reasoner", type=click.Choice(["rules", "owlrl"]), default="rules", show_default=True,
    help="What draws the conclusions.",
)  # fmt: skip
@click.option("--only", is_flag=True, help="Leave the bundled data out; the ontology stays.")
@click.option("--endpoint", metavar="URL", help="Ask a SPARQL endpoint where the graph was published.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name=_NAME, message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, /, **_: Any) -> None:
    """Ask a sourced knowledge graph of how international organizations cooperate.

    The name of a canned query runs it; every answer leads to its source.
    """
    session = _Session.of(context)
    session.bar.start(_DOING.get(context.invoked_subcommand or "", "query"))
    if context.invoked_subcommand is None:
        _out(_welcome(session))


def _welcome(session: _Session) -> Iterator[str]:
    from ..describe import account

    graph = session.graph
    rows = account.stats(graph, session.language)
    total = sum(count for group, _, count in rows if group == "graph")
    classes = [(value, count) for group, value, count in rows if group == "class" and isinstance(value, dict)]
    russian = session.language == "ru"
    yield (f"В графе {total} положений и {len(session.queries)} готовых запросов.\n\n" if russian
           else f"{total:,} statements and {len(session.queries)} canned queries.\n\n")  # fmt: skip
    for value, count in classes[:12]:
        yield f"  {count:>6}  {value['label']}\n"
    rest = sum(count for _, count in classes[12:])
    yield f"  {rest:>6}  {'прочее' if russian else 'others'}\n\n{'Попробуйте' if russian else 'Try'}:\n"
    for line in ("run instruments --partner UNODC", "show A/RES/71/12", "conflicts"):
        yield f"  {_NAME} {line}\n"


@cli.group(cls=_Queries, epilog=_examples(f"{_NAME} run instruments --partner UNODC", f"{_NAME} run areas -f csv"))
def run() -> None:
    """Answer a canned query."""


cli.add_command(_QueryCommand("timeline", tell="timeline", short="What happened, in order."))
_DISPUTES = "Where sources disagree, what was decided and why."
cli.add_command(_ConflictsCommand("conflicts", tell="conflicts", short=_DISPUTES))


@cli.command(epilog=_examples(f"{_NAME} queries --tag time", f"{_NAME} queries instruments"))
@click.argument("name", required=False, type=_QueryName())
@click.option("--tag", help="Only queries with this tag.")
@click.option("--check", is_flag=True, help="Check the query files by the house rules; status 1 where one is broken.")
@_format_option("text", *_TABLES)
@_output_option()
@_pass
def queries(
    session: _Session, name: str | None, tag: str | None, check: bool, format: str | None, output: str | None
) -> None:
    """List the canned queries, or explain one."""
    from ..describe import account
    from ..sparql.catalog import words_of

    if check:
        _check_queries(session, name)
        return
    chosen = _chosen(format, output, ("text", *_TABLES), "table")
    width = _width() or _PLAIN_WIDTH
    if name is not None:
        query = session.queries[name]
        if chosen not in ("text", "json"):
            raise errors.UnknownName("format", chosen, hint="One query is shown as text or json.")
        document = [account.dumps(account.query_document(query))]
        _deliver(document if chosen == "json" else account.query_text(query, session.language, width), output)
        return
    found = [query for query in session.queries if tag is None or tag in query.tags]
    if not found:
        tags = sorted({word for query in session.queries for word in query.tags})
        raise errors.UnknownName("tag", str(tag), hint=f"Tags are {', '.join(tags)}.")
    if chosen == "text":
        _deliver(account.query_list(found, session.language, width), output)
        return
    rows = [
        account.cells((
            query.name,
            words_of(query.title, session.language),
            words_of(query.question, session.language),
            ", ".join(query.tags),
        ))
        for query in found
    ]  # fmt: skip
    _write_table(["name", "title", "question", "tags"], rows, chosen, output)


def _check_queries(session: _Session, name: str | None) -> None:
    catalog = session.queries

    def undescribed(query: Query) -> Iterator[str]:
        from ..names import BASE, curie
        from ..sparql.catalog import named

        for term in sorted(named(query.body)):
            if term.startswith(BASE) and not term.endswith(("/", "#")) and not session.graph.lookup.exists(term):
                yield f"{curie(term)} is described nowhere; check its spelling"

    more = (undescribed,)
    if name is None:
        findings, count = catalog.check(more=more), len(catalog)
    else:
        from ..sparql.catalog import Catalog, looked_at
        from ..sparql.conventions import check

        if name.endswith(".rq"):
            query = looked_at(Catalog.read(os.path.dirname(name) or ".")[os.path.basename(name).removesuffix(".rq")])
        else:
            query = catalog[name]
        findings, count = check(query, more=more), 1
    _out(f"{finding}\n" for finding in findings)
    _tell(f"{count} {'query' if count == 1 else 'queries'}, {len(findings)} findings.")
    if findings:
        raise click.exceptions.Exit(1)


# --- SPARQL ---------------------------------------------------------------------------------------------------------


@cli.command(
    epilog=_examples(
        'csto-graph sparql "SELECT ?x WHERE { ?x a coop:Memorandum }"',
        f'{_NAME} sparql "DESCRIBE organization:unodc" -f jsonld',
    )
)
@click.argument("text", metavar="TEXT|FILE|-")
@_format_option(*_TABLES, *_GRAPHS, default="table for rows, turtle for a graph")
@_output_option()
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="Show at most so many rows.")
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), default=10.0, show_default=True, metavar="SECONDS",
    help="Stop after so many seconds.",
)  # fmt: skip
@click.option("--ids", is_flag=True, help="Short identifiers instead of labels.")
@click.option("--why", metavar=_CELL, help=_WHY)
@_pass
def sparql(
    session: _Session, text: str, format: str | None, output: str | None, limit: int | None, timeout: float, ids: bool,
    why: str | None,
) -> None:  # fmt: skip
    """Answer any SPARQL 1.1 query, read-only.

    The project's prefixes are known. The query is the argument itself, a file of that name, or standard input (-).
    """
    from ..rdf import formats
    from ..store.engine import Limits

    cell = None if why is None else _Cell.of(why, format, output)
    asked = None if cell else _asked_format(format, output)
    wanted = _query_text(text)
    answer = session.graph.sparql(wanted, limits=Limits(seconds=timeout, rows=limit, cut=True))
    if cell:
        cell.explain(session.graph.table(answer), session, output)
        return
    kind = "graph" if answer.kind == "graph" else "table"
    chosen = asked or ("turtle" if kind == "graph" else "table")
    if (chosen in _GRAPHS) != (kind == "graph"):
        known = _GRAPHS if kind == "graph" else _TABLES
        what = "a graph" if kind == "graph" else "a table or a truth value"
        raise errors.UnknownName("such format for this answer:", chosen, hint=f"It is {what}: {', '.join(known)}.")
    if answer.kind == "boolean":
        _deliver(formats.write_boolean(bool(answer.boolean), chosen), output)
    elif kind == "graph":
        _deliver(formats.write_graph(answer.triples, chosen, context=_context(session, chosen)), output)
    else:
        from ..names import curie

        table = session.graph.table(answer, label=curie if ids else None)
        _write_table(table.columns, table.cells(), chosen, output)
    if answer.cut:
        _tell(f"Cut at {limit}; there is more.")


def _asked_format(format: str | None, output: str | None) -> str | None:
    """The format asked for by name or ending, graph or table; None where neither says."""
    if format is None and output in (None, "-"):
        return None
    return _chosen(format, output, (*_TABLES, *_GRAPHS), None)


def _context(session: _Session, chosen: str) -> Any:
    """The JSON-LD context of the project, where it is needed."""
    if chosen != "jsonld":
        return None
    import json

    with open(session.graph.bundle.context, encoding="utf-8") as file:
        return json.load(file)


def _query_text(text: str) -> str:
    """The query itself, or what a file or standard input holds.

    Raises:
        errors.InputError: The file cannot be read or is not UTF-8.
    """
    looks = len(text) < 1000 and not set(text) & set("{}\n")
    if text != "-" and not (looks and (os.path.exists(text) or text.endswith((".rq", ".sparql")))):
        return text
    name = "<stdin>" if text == "-" else text
    try:
        if text == "-":
            data = sys.stdin.buffer.read(_LONGEST + 1)
        else:
            with open(text, "rb") as file:
                data = file.read(_LONGEST + 1)
    except OSError as error:
        raise errors.InputError(f"cannot be read: {error.strerror}.", path=name) from error
    if len(data) > _LONGEST:
        raise errors.LimitReached(f"{name} is too long for a query.", limit="1 MiB", hint="Give a SPARQL query.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise errors.InputError("is not UTF-8.", path=name, line=line, hint="Save it as UTF-8.") from error


_LONGEST = 1024 * 1024


# --- things ---------------------------------------------------------------------------------------------------------


@cli.command(epilog=_examples(f"{_NAME} find UNODC", f"{_NAME} find memorandum --of coop:Memorandum"))
@click.argument("words", nargs=-1, required=True, type=_Thing())
@click.option("--of", metavar="CLASS", type=_Thing("owl:Class", "class"), help="Only things of this class.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="How many.")
@_format_option(*_TABLES)
@_output_option()
@_pass
def find(
    session: _Session, words: tuple[str, ...], of: str | None, limit: int, format: str | None, output: str | None
) -> None:
    """Find things by name, symbol or misnomer.

    Identifiers come first, then acronyms, labels and misnomers, in any language.
    """
    from ..describe import account
    from ..names import curie

    graph, text = session.graph, " ".join(words)
    chosen = _chosen(format, output, _TABLES, "table")
    kind = None if of is None else curie(graph.lookup.resolve(of, of="owl:Class", parameter="of"))
    found = graph.find(text, of=kind, limit=limit)
    if not found:
        near = graph.lookup.near(text, of=kind)
        raise _NothingError(f"Nothing is called '{text}'.", f"Did you mean {' or '.join(near)}?" if near else "")
    rows = []
    for match in found:
        classes = list(graph.types(match.iri))
        class_ = account.name(graph, classes[0], session.language) if classes else None
        thing = account.name(graph, match.iri, session.language)
        rows.append(account.cells((thing, thing["curie"], class_, match.text, match.role)))
    _write_table(["thing", "curie", "class", "name", "as"], rows, chosen, output)


class _NothingError(errors.GraphError):
    """An honest no."""

    exit_code = 1

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint=hint)


@cli.command(epilog=_examples(f"{_NAME} show A/RES/71/12", f"{_NAME} --lang ru show UNODC -f json"))
@click.argument("words", metavar="THING", nargs=-1, required=True, type=_Thing())
@_format_option("text", "json", "turtle", "jsonld")
@_output_option()
@_pass
def show(session: _Session, words: tuple[str, ...], format: str | None, output: str | None) -> None:
    """Tell what is known of one thing.

    Names, facts, dates, the claims and passages behind each, conflicts, what points to it, how to cite it.
    """
    from ..describe import account

    known = ("text", "json", "turtle", "jsonld")
    chosen = _chosen(format, output, known, None)
    graph = session.graph
    thing = graph[" ".join(words)]
    if chosen in ("turtle", "jsonld"):
        from ..rdf import formats

        triples = account.statements(graph, thing.iri)
        _deliver(formats.write_graph(triples, chosen, context=_context(session, chosen)), output)
        return
    document = account.account(graph, thing, session.language)
    if chosen == "json":
        _deliver([account.dumps(document)], output)
    else:
        _deliver(account.text(document, session.language, _width() or _PLAIN_WIDTH), output)


@cli.command(
    epilog=_examples(
        f"{_NAME} why UNODC org:transitiveSubOrganizationOf",
        f"{_NAME} why --not event:signing-protocol-unodc date 2006-03-05",
    )
)
@click.argument("thing", type=_Thing())
@click.argument("property", required=False, type=_Thing("owl:ObjectProperty", "property"))
@click.argument("value", required=False)
@click.option("--not", "absent", is_flag=True, help="Why it does not hold: what is missing, what is said instead.")
@click.option(
    "--reading", type=click.Choice(["curated", "source"]), default="curated", show_default=True,
    help="Disputed values as decided, or as the pinned source gives them.",
)  # fmt: skip
@_format_option("text", "json", "turtle", "svg")
@_output_option()
@_pass
def why(
    session: _Session, thing: str, property: str | None, value: str | None, absent: bool, reading: str,
    format: str | None, output: str | None,
) -> None:  # fmt: skip
    """Tell why the graph says so: the proof, the claims and the passages.

    Of a thing each statement in short; of a PROPERTY each value, of a VALUE that one with its whole proof. Status 1
    where it does not hold; with --not, where it does.
    """
    graph = session.graph
    if absent and (property is None or value is None):
        raise click.UsageError("--not goes with THING PROPERTY VALUE.")
    from ..describe import absence, proof

    chosen = _proof_format(format, output, absence.FORMATS if absent else proof.FORMATS)
    if absent:
        lack = graph.why_not(thing, str(property), str(value), reading=reading)
        if not lack.holds:
            _explain(lack, chosen, session, output)
            return
    found = graph.why(thing, property, value, reading=reading)
    if not found:
        asked = " ".join(filter(None, (thing, property, value)))
        hint = f"'{_NAME} why --not THING PROPERTY VALUE' tells what is missing."
        raise _NothingError(f"Nothing in the graph says '{asked}'.", hint)
    _explain(found, chosen, session, output)
    if absent:
        _tell("It holds.")
        raise click.exceptions.Exit(1)


def _proof_format(format: str | None, output: str | None, known: Sequence[str]) -> str:
    """The format of a proof that was named, or that the file's ending means."""
    ending = os.path.splitext(output or "")[1].lower()
    guessed = {".json": "json", ".ttl": "turtle", ".svg": "svg"}.get(ending, "text")
    chosen = (format or guessed).lower()
    if chosen not in known:
        raise errors.UnknownName("format", chosen, hint=f"Formats here: {', '.join(known)}.")
    return chosen


def _explain(found: Explanation | Absence, chosen: str, session: _Session, output: str | None) -> None:
    width = (None if output else _width()) or _PLAIN_WIDTH
    _deliver([found.written(chosen, session.language, width=width)], output)


# --- sources --------------------------------------------------------------------------------------------------------


@cli.group(
    cls=_Group,
    invoke_without_command=True,
    epilog=_examples(f"{_NAME} sources", f"{_NAME} sources -f csv -o sources.csv"),
)
@_format_option(*_TABLES)
@_output_option()
@click.pass_context
def sources(context: click.Context, format: str | None, output: str | None) -> None:
    """List the sources; verify and cite texts of pinned ones."""
    if context.invoked_subcommand is not None:
        return
    from ..describe import account
    from ..names import curie

    session = _Session.of(context)
    graph = session.graph
    chosen = _chosen(format, output, _TABLES, "table")
    rows = [account.cells(row) for row in account.source_rows(graph, session.language)]
    _write_table(account.SOURCE_COLUMNS, rows, chosen, output)
    from ..check.sources import coverage

    for cover in coverage(graph):
        _tell(f"{curie(cover.source)}: " + account.shares(cover, session.language))


def _source_option() -> Callable[[_Function], _Function]:
    kind = _Thing("coop:PinnedSource", "source")
    return click.option("--source", type=kind, metavar="SOURCE", help="Its source; by default the one that fits.")


def _source(session: _Session, given: str | None) -> str | None:
    """The pinned source that was named."""
    return given and session.graph.lookup.resolve(given, of="coop:PinnedSource", parameter="source")


@sources.command(epilog=_examples(f"{_NAME} sources verify about-csto-cooperation-with-the-un.txt",
                                  f"{_NAME} sources verify page.txt -f csv"))  # fmt: skip
@click.argument("file", type=_PATH)
@_source_option()
@_format_option(*_TABLES)
@_output_option()
@_pass
def verify(session: _Session, file: str, source: str | None, format: str | None, output: str | None) -> None:
    """Find each passage of a pinned source in a text you have: found, moved or missing."""
    from ..check import sources as module
    from ..describe import account
    from ..names import curie

    chosen = _chosen(format, output, _TABLES, "table")
    checks = module.verify(session.graph, module.read_text(file), _source(session, source))
    rows = [
        account.cells((curie(check.passage.iri), check.passage.role, check.state, check.passage.start, check.start))
        for check in checks
    ]
    _write_table(["passage", "role", "state", "expected", "found"], rows, chosen, output)
    counts = {state: sum(check.state == state for check in checks) for state in ("found", "moved", "missing")}
    _tell(", ".join(f"{count} {state}" for state, count in counts.items()) + ".")
    if counts["missing"]:
        raise click.exceptions.Exit(1)


@sources.command(epilog=_examples(f'{_NAME} sources cite page.txt "words as they stand"',
                                  f'{_NAME} sources cite page.txt "other words" -o passage.ttl'))  # fmt: skip
@click.argument("file", type=_PATH)
@click.argument("words", nargs=-1, required=True)
@_source_option()
@_output_option()
@_pass
def cite(session: _Session, file: str, words: tuple[str, ...], source: str | None, output: str | None) -> None:
    """Print the Turtle of a new passage: where the words stand in the text of a pinned source."""
    from ..check import sources as module
    from ..rdf import turtle

    triples = module.cite(session.graph, module.read_text(file), " ".join(words), _source(session, source))
    _deliver([turtle.write(triples)], output)


# --- checking and taking away ---------------------------------------------------------------------------------------


@cli.command(epilog=_examples(f"{_NAME} validate", f"{_NAME} validate -f sarif -o findings.sarif"))
@click.argument("files", nargs=-1, type=_PATH)
@click.option("-f", "--format", "format", type=_Format("text", "json", "sarif", "turtle"), metavar="FORMAT",
              help="One of text, json, sarif, turtle.")  # fmt: skip
@click.option("--fail-on", type=click.Choice(["violation", "warning", "info"]), default="violation", show_default=True,
              help="End with status 1 at this level or worse.")  # fmt: skip
@_output_option()
@_pass
def validate(session: _Session, files: tuple[str, ...], format: str | None, fail_on: Any, output: str | None) -> None:
    """Check the graph by SHACL and the house rules.

    Files, folders and patterns that are named are checked together with it. One that cannot be read is told with line
    and column and ends in status 3; the others are checked.
    """
    known = ("text", "json", "sarif", "turtle")
    ending = os.path.splitext(output or "")[1].lower()
    guessed = {".json": "json", ".sarif": "sarif", ".ttl": "turtle"}.get(ending, "text")
    chosen = (format or guessed).lower()
    if chosen not in known:
        raise errors.UnknownName("format", chosen, hint=f"Formats here: {', '.join(known)}.")
    given, faulty = (*session.data, *files), list[errors.GraphError]()
    if given:
        report = session.load(()).validate(given, language=session.language, faulty=faulty)
    else:
        report = session.graph.validate(language=session.language)
    makers: dict[str, Callable[[], str]] = {
        "text": lambda: report.to_text(session.language),
        "json": report.to_json,
        "sarif": lambda: report.to_sarif(session.language),
        "turtle": report.to_turtle,
    }
    _deliver([makers[chosen]()], output)
    if chosen != "text" or output:
        _tell(", ".join(f"{level}: {count}" for level, count in report.counts().items()))
    if faulty:
        from ..loading.inputs import together

        # What can be read was checked and is told; this is told last, and decides the status.
        raise together(faulty)
    if not report.conforms(fail_on):
        raise click.exceptions.Exit(1)


@cli.command(
    epilog=_examples(f"{_NAME} export -f turtle --what ontology", f"{_NAME} export --as-of 2013 -o graph.jsonld")
)
@_format_option(*_GRAPHS)
@_output_option()
@click.option("--what", default="all", show_default=True, metavar="PART",
              help="One of all, data, ontology, claims, derived, shapes, queries.")  # fmt: skip
@click.option("--as-of", metavar="DATE", help="Only what had happened and surely held by then.")
@click.option("--possible", is_flag=True, help="With --as-of: also what may have happened or held.")
@_pass
def export(
    session: _Session, format: str | None, output: str | None, what: str, as_of: str | None, possible: bool
) -> None:
    """Write the graph, or a part of it."""
    from ..share import export as exporting

    if possible and as_of is None:
        raise click.UsageError("--possible goes with --as-of.")
    chosen = _chosen(format, output, _GRAPHS, "graph")
    graph = session.graph
    _deliver(exporting.export(graph, chosen, what=what, as_of=as_of, possible=possible), output)


@cli.command(epilog=_examples(f"{_NAME} fmt --check", f"{_NAME} fmt --diff"))
@click.argument("files", nargs=-1, type=_PATH)
@click.option("--check", is_flag=True, help="Change nothing; list files that would change and end with status 1.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
@_pass
def fmt(session: _Session, files: tuple[str, ...], check: bool, diff: bool) -> None:
    """Put Turtle files into canonical form.

    By default those of the data and vocabularies in a checkout.
    """
    from ..share import templates

    paths = list(files) or templates.canonical_files()
    changed = []
    for path in paths:
        before, after = templates.canonical(path)
        if before != after:
            changed.append(path)
            if diff:
                _out(_difference(path, before, after))
            elif check:
                _out([f"{path}\n"])
            else:
                _deliver([after], path)
    verb = "would change" if check or diff else "changed"
    _tell(f"{len(paths)} files, {len(changed)} {verb}.")
    if check and changed:
        raise click.exceptions.Exit(1)


def _difference(path: str, before: str, after: str) -> Iterator[str]:
    from difflib import unified_diff

    for line in unified_diff(before.splitlines(), after.splitlines(), path, path, lineterm=""):
        yield f"{line}\n"


@cli.command(epilog=_examples(f"{_NAME} stats", f"{_NAME} stats -f json"))
@_format_option(*_TABLES)
@_output_option()
@_pass
def stats(session: _Session, format: str | None, output: str | None) -> None:
    """Count what is inside."""
    from ..describe import account

    chosen = _chosen(format, output, _TABLES, "table")
    rows = [account.cells(row) for row in account.stats(session.graph, session.language)]
    _write_table(["group", "what", "count"], rows, chosen, output)


@cli.command(
    epilog=_examples(
        f"{_NAME} publish --endpoint https://example.org/query --dry-run",
        f"{_NAME} publish --endpoint https://example.org/query --store https://example.org/store",
    )
)
@click.option("--endpoint", metavar="URL", help="Where the server answers SPARQL queries.")
@click.option("--store", metavar="URL", help="Its address for the Graph Store Protocol. By default guessed and said.")
@click.option("--dry-run", is_flag=True, help="Write nothing; count what would change.")
@click.option("--statements", is_flag=True, help="With --dry-run: list the statements that would change.")
@_format_option(*_TABLES, "diff", default="table")
@_output_option()
@_pass
def publish(
    session: _Session, endpoint: str | None, store: str | None, dry_run: bool, statements: bool, format: str | None,
    output: str | None,
) -> None:  # fmt: skip
    """Load the graph into a server, in the place of what it has of it.

    Only the named graphs of the project are replaced. Afterwards they are read back and compared. A name and password
    are taken from CSTO_GRAPH_USER and CSTO_GRAPH_PASSWORD, a token from CSTO_GRAPH_TOKEN, or from a netrc file.
    """
    from ..describe import account
    from ..share.publish import Publication

    address = endpoint or session.endpoint
    if address is None:
        raise click.UsageError("Name the server: --endpoint URL.")
    chosen = "diff" if format == "diff" else _chosen(format, output, _TABLES, "table")
    if (statements or chosen == "diff") and not dry_run:
        raise click.UsageError("--statements and -f diff go with --dry-run.")
    session.endpoint = None
    publication = Publication(session.graph, address, store)
    if store is None:
        _tell(f"The graph store is taken to be {publication.store}; --store names another.")
    if chosen == "diff":
        _deliver((f"{sign} {line}\n" for _, sign, line in publication.difference()), output)
    elif statements:
        _write_table(["graph", "change", "statement"], map(account.cells, publication.difference()), chosen, output)
    else:
        changes = publication.changes() if dry_run else publication.publish(lambda graph: _tell(f"Writing {graph}"))
        columns = ["graph", "state", "before", "after", *(["added", "removed"] if dry_run else [])]
        rows = [account.cells(getattr(change, name) for name in columns) for change in changes]
        _write_table(columns, rows, chosen, output)


# --- new ------------------------------------------------------------------------------------------------------------


@cli.command(
    epilog=_examples(
        f"{_NAME} new resolution A/RES/81/9 --date 2026-11-18 --area peacekeeping --mode recorded-vote --votes 67-8-69",
        f"{_NAME} new memorandum UNDP --date 2027-03 --place Moscow --area disasters",
    )
)
@click.argument("kind")
@click.argument("name", metavar="SYMBOL|NAME")
@click.option("--date", metavar="DATE", help="Day, month or year of the adoption or signing.")
@click.option("--area", multiple=True, type=_Thing("vocab:area", "area"), metavar="AREA", help="An area it names.")
@click.option("--party", multiple=True, type=_Thing(), metavar="THING", help="A side of an agreed instrument.")
@click.option("--place", type=_Thing("coop:Place", "place"), metavar="PLACE", help="Where it happened.")
@click.option("--mode", metavar="MODE", help="How it was adopted, such as without-a-vote.")
@click.option("--votes", metavar="FOR-AGAINST-ABSTAINED", help="Votes, such as 67-8-69.")
@click.option("--session", "session_", type=click.IntRange(min=1), metavar="N", help="Session of the adopting body.")
@click.option("--meeting", metavar="TEXT", help="Meeting of the session.")
@click.option("--like", type=_Thing(), metavar="THING", help="The thing to take as a pattern.")
@click.option("--label", metavar="TEXT", help="Its label in English.")
@click.option("--label-ru", metavar="TEXT", help="Its label in Russian.")
@click.option("--source-url", metavar="URL", help="Page that states it.")
@click.option("--publisher", type=_Thing("coop:Publisher", "publisher"), metavar="THING", help="Publisher of the page.")
@click.option("--statement", metavar="TEXT", help="What the page states, in your words, in English.")
@click.option("--statement-ru", metavar="TEXT", help="The same in Russian.")
@_output_option()
@_pass
def new(session: _Session, /, kind: str, name: str, session_: int | None, output: str | None, **given: Any) -> None:
    """Print Turtle for the next resolution, memorandum…

    What is not given is taken over from the latest thing of the same line or class.
    """
    from ..rdf import turtle
    from ..share import templates

    wishes = templates.Wishes(kind=kind, name=name, session=session_, **given)
    draft = templates.draft(session.graph, wishes)
    _deliver([turtle.write(draft.triples)], output)
    for line in draft.remarks:
        _tell(line)


# --- running --------------------------------------------------------------------------------------------------------


def main() -> NoReturn:
    """Run the command line and end the process."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    if _COMPLETION in os.environ:
        cli.main(prog_name=_NAME)
    code = execute(sys.argv[1:])
    _leave_quietly()
    if code == _INTERRUPTED:
        os._exit(code)  # The engine may still be at work in a thread; nobody waits for it.
    sys.exit(code)


_INTERRUPTED = 130


def execute(arguments: Sequence[str]) -> int:
    """Run the command line; the exit status."""
    try:
        return _executed(list(arguments))
    except (KeyboardInterrupt, click.Abort):
        _tell("\nerror: interrupted.")
        return _INTERRUPTED
    except (_ReaderGoneError, BrokenPipeError):
        return 0
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"'{context.command_path} --help' tells more." if context else ""
        _complain(error.format_message(), hint)
        return 2 if isinstance(error, click.UsageError) else 3
    except errors.GraphError as error:
        if "--debug" in arguments:
            raise
        _complain(error.message, error.hint)
        return error.exit_code
    except MemoryError:
        _complain("Out of memory.")
        return 4
    except Exception as error:
        if "--debug" in arguments:
            raise
        words = str(error).split("\n", 1)[0][:200]
        message = f"A mistake in csto-graph: {type(error).__name__}: {words}"
        _complain(message, "Run it again with --debug and report it.")
        return 70


def _executed(arguments: list[str]) -> int:
    try:
        with cli.make_context(_NAME, arguments) as context, closing(_Session.of(context).bar):
            cli.invoke(context)
        code = 0
    except click.exceptions.Exit as end:
        code = end.exit_code
    except (errors.GraphError, BrokenPipeError):
        raise  # Running out of time is an OSError to Python, and not meant below.
    except OSError as error:
        # Help is written by click itself.
        why = (error.strerror or str(error)).lower()
        raise errors.OutputError(f"cannot be used: {why}.", path=str(error.filename or "<stdout>")) from error
    _write("", flush=True)
    return code


def _leave_quietly() -> None:
    """Keep Python from complaining about a closed or full standard output once more at its end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
