"""Canned queries as commands: their parameters are options, their answers tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from .. import errors
from ..rdf import formats
from ..sparql.catalog import Query, words_of
from ..sparql.parameters import PARAMETER_TYPES, Parameter
from ..store.engine import Limits
from ..text import filled, visible
from ..words import word
from . import options
from .options import NAME, Command, Destination, Group, PlainCell, Session
from .progress import deliver, tell

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ..describe.absence import Absence
    from ..describe.proof import Explanation
    from ..graph import KnowledgeGraph
    from ..sparql.results import Row, Table

Teller = Callable[["KnowledgeGraph", "Sequence[Row]", str, int], Iterator[str]]
"""Makes a text of rows, in a language and a width."""

_OWN = "own_"  # begins the names of a query's own parameters


def shared_options(known: Sequence[str]) -> list[click.Parameter]:
    """The options that all queries share: see `QueryCommand.ask`."""

    @click.command()
    @options.format_option(*known)
    @options.output_option
    @options.limit_option
    @options.timeout_option()
    @options.reading_option
    @options.ids_option
    @click.option("--sources", is_flag=True, help="Add a column with the claims behind each thing.")
    @click.option("--fail-empty", is_flag=True, help="End with status 1 where nothing is found.")
    @click.option("--show", is_flag=True, help="Print the SPARQL text instead of running it.")
    @options.why_option
    def shared() -> None:
        """Only its options are used."""

    return shared.params


def query_option(parameter: Parameter, language: str) -> click.Option:
    """A parameter of a query as an option of a command."""
    names = [f"--{parameter.name.replace('_', '-')}", _OWN + parameter.name]
    text = _help(parameter, language)
    if parameter.type == "choice":
        return click.Option(names, type=click.Choice(list(parameter.values)), required=parameter.required, help=text)
    kind = PARAMETER_TYPES[parameter.type]
    completer = options.things(parameter.of) if kind.read is None else options.words(kind.words)
    return click.Option(
        names, metavar=parameter.type.upper(), shell_complete=completer, required=parameter.required, help=text
    )


class QueryCommand(Command):
    """A canned query as a command; its header is read when options or help are asked for.

    Args:
        name: Name of the query.
        teller: Makes a text of the rows; such a verb has the format ``text``, and it is the default.
        more: Options besides those of the query.
        short_help: One line for lists; by default the title of the query.
    """

    def __init__(
        self, name: str, *, teller: Teller | None = None, more: Sequence[click.Option] = (), short_help: str = ""
    ) -> None:
        super().__init__(name, callback=self.ask, short_help=short_help or None)
        self._teller = teller
        self._more = more
        self._made: dict[str, list[click.Parameter]] = {}

    def query(self, ctx: click.Context) -> Query:
        """The query itself."""
        assert self.name is not None
        return Session.of(ctx).catalog[self.name]

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The query's own options, those that all queries share unless one of its own is called so, and help."""
        language = Session.of(ctx).lang
        if language not in self._made:
            own = [query_option(parameter, language) for parameter in self.query(ctx).parameters.values()]
            taken = {option for parameter in own for option in parameter.opts}
            shared = shared_options(("text", *formats.TABLES) if self._teller else formats.TABLES)
            free = [option for option in shared if not taken & set(option.opts)]
            self._made[language] = [*self._more, *own, *free]
        help_option = self.get_help_option(ctx)
        return [*self._made[language], *([help_option] if help_option else [])]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The question."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(words_of(self.query(ctx).question, Session.of(ctx).lang))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Two command lines to try."""
        lines = commands(self.query(ctx))
        if self._teller is not None:
            lines = [line.replace(f"{NAME} run ", f"{NAME} ") for line in lines]
        formatter.write("\nExamples:\n" + "".join(f"  {line}\n" for line in lines))

    def get_short_help_str(self, limit: int = 45) -> str:
        """One line for lists."""
        context = click.get_current_context(silent=True)
        if self.short_help or context is None:
            return self.short_help or ""
        return words_of(self.query(context).title, Session.of(context).lang)

    def ask(
        self, /, *, format: str | None = None, output: str | None = None, limit: int | None = None,
        timeout: float | None = None, reading: str = "curated", ids: bool = False, sources: bool = False,
        fail_empty: bool = False, show: bool = False, why: str | None = None, **own: Any,
    ) -> None:  # fmt: skip
        """Ask the query with these values of its own parameters, and write the answer as the options say."""
        context = click.get_current_context()
        session, query = Session.of(context), self.query(context)
        values = {key.removeprefix(_OWN): value for key, value in own.items() if value is not None}
        # The language of the texts follows that of the labels unless the query is told otherwise.
        for key, parameter in query.parameters.items():
            if parameter.type == "language" and key not in values and parameter.default is not None:
                values[key] = session.lang
        if show:
            deliver([query.bind(values, session.graph.lookup).strip() + "\n"], output)
            return
        cell = None if why is None else cell_of(why)
        known: Sequence[str] = ("text", *formats.TABLES) if self._teller else formats.TABLES
        if cell:
            from ..describe import proof

            known = proof.FORMATS
        out = Destination.of(format, output, known)
        limits = None if timeout is None else Limits(seconds=timeout)
        table = session.graph.run(query.name, reading=reading, limits=limits, **values)
        if cell:
            explain(table.why(*cell), session, out)
            return
        if self._teller and out.format == "text" and not (ids or sources):
            out.write(self._teller(session.graph, list(table)[:limit], session.lang, out.width))
        elif len(table) or out.format not in ("text", "table"):
            columns, rows = _decorated(session.graph, table, ids=ids, sources=sources)
            out.write_table(columns, rows[:limit])
        if limit is not None and limit < len(table):
            tell(f"{limit} of {len(table)} rows.")
        if not len(table):
            from ..describe.proof_text import searched_text

            searched = searched_text(table.searched, session.lang) if table.searched else ""
            tell(f"{words_of(query.negative, session.lang)} {searched}".strip())
            if fail_empty:
                raise click.exceptions.Exit(1)


def _decorated(graph: KnowledgeGraph, table: Table, *, ids: bool, sources: bool) -> tuple[list[str], list[list[Any]]]:
    """The columns and cells to write, with references and identifiers where these are wanted."""
    columns = list(table.columns)
    rows: list[list[Any]] = [list(row) for row in table.cells()]
    if not (sources or ids):
        return columns, rows
    from ..describe.claims import references, references_text

    for row in rows:
        things = {
            at: cell.value
            for at, cell in enumerate(row)
            if cell is not None and isinstance(cell.value, dict) and "iri" in cell.value
        }
        for at, thing in things.items() if ids else ():
            row[at] = replace(row[at], text=thing["curie"])
        if sources:
            found = {columns[at]: references(graph, thing["iri"]) for at, thing in things.items()}
            found = {column: entries for column, entries in found.items() if entries}
            text = "; ".join(f"{column}: {references_text(entries)}" for column, entries in found.items())
            row.append(PlainCell(text, found))
    if sources:
        columns.append("claims" if "sources" in columns else "sources")
    return columns, rows


def cell_of(text: str) -> tuple[int, str]:
    """The row, counted from 0, and the column that ``[ROW:]COLUMN`` names.

    >>> cell_of("2:date"), cell_of("date")
    ((1, 'date'), (0, 'date'))

    Raises:
        errors.BadParameter: The row is no number.
    """
    row, _, column = text.rpartition(":")
    if not (row or "1").isdecimal() or int(row or 1) < 1:
        raise errors.BadParameter("why", text, "a column, or a row's number and a column, such as 2:date")
    return int(row or 1) - 1, column


def explain(found: Explanation | Absence, session: Session, out: Destination) -> None:
    """Write a proof, or what lacks for one."""
    out.write([found.written(out.format, session.lang, width=out.width)])


# --- a query explained ----------------------------------------------------------------------------------------------


def commands(query: Query) -> list[str]:
    """Two command lines to try, from the examples of the header."""
    import shlex

    given = [example.args for example in query.examples]
    if not any(parameter.required for parameter in query.parameters.values()):
        given.append({})
    lines = []
    for args in given:
        words = [word for key, value in args.items() for word in (f"--{key.replace('_', '-')}", _argument(value))]
        lines.append(shlex.join([NAME, "run", query.name, *words]))
    return list(dict.fromkeys([*lines, *(f"{line} -f csv" for line in lines)]))[:2]


def _help(parameter: Parameter, language: str) -> str:
    """What a parameter is for, and its default."""
    default = "" if parameter.default is None else f" [{_argument(parameter.default)}]"
    return words_of(parameter.help, language) + default


def _argument(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def query_document(query: Query) -> dict[str, Any]:
    """A query as JSON, in the shape ``csto-graph/query/1``: see the keys."""
    parameters = [
        {
            "name": key,
            "type": parameter.type,
            "required": parameter.required,
            "default": None if parameter.default is None else _argument(parameter.default),
            "of": parameter.of,
            "values": list(parameter.values),
            "help": dict(parameter.help),
        }
        for key, parameter in query.parameters.items()
    ]
    return {
        "format": "csto-graph/query/1",
        "name": query.name,
        "title": dict(query.title),
        "question": dict(query.question),
        "tags": list(query.tags),
        "columns": dict(query.columns),
        "parameters": parameters,
        "examples": [{key: _argument(value) for key, value in example.args.items()} for example in query.examples],
        "sparql": query.body,
    }


def query_text(query: Query, language: str, width: int) -> Iterator[str]:
    """A query for reading: question, parameters, columns, examples and its SPARQL."""
    yield filled(f"{query.name}: {words_of(query.title, language)}", width)
    yield filled(words_of(query.question, language), width)
    if query.parameters:
        yield f"\n{word('parameters', language)}\n"
    heads = {key: f"--{key.replace('_', '-')} {parameter.type}" for key, parameter in query.parameters.items()}
    room = max(map(len, heads.values()), default=0)
    for key, parameter in query.parameters.items():
        yield filled(_help(parameter, language), width, f"  {heads[key]:<{room}}  ")
    yield f"\n{word('columns', language)}\n"
    yield filled(", ".join(f"{key} ({kind})" for key, kind in query.columns.items()), width, "  ")
    yield f"\n{word('examples', language)}\n"
    yield from (f"  {line}\n" for line in commands(query))
    yield f"\nSPARQL\n{visible(query.body.strip(), lines=True)}\n"


def query_list(queries: Sequence[Query], language: str, width: int) -> Iterator[str]:
    """Queries by their first tag, one line each."""
    groups: dict[str, list[Query]] = {}
    for query in queries:
        groups.setdefault(query.tags[0] if query.tags else "", []).append(query)
    room = max((len(query.name) for query in queries), default=0)
    for at, tag in enumerate(sorted(groups)):
        yield f"\n{visible(tag)}\n" if at else f"{visible(tag)}\n"
        for query in groups[tag]:
            yield filled(words_of(query.question, language), width, f"  {query.name:<{room}}  ")


class Queries(Group):
    """The canned queries as commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(Session.of(ctx).query_names())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them, or None."""
        return QueryCommand(cmd_name) if cmd_name in Session.of(ctx).query_names() else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """One of them; an unknown name is refused with suggestions."""
        if not ctx.resilient_parsing:
            _ = Session.of(ctx).catalog[args[0]]
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names that begin so."""
        if not incomplete.startswith("-"):
            return options.items(Session.of(ctx).query_names(), incomplete)
        return super().shell_complete(ctx, incomplete)


@click.group(cls=Queries, epilog=options.examples("run instruments --partner UNODC", "run areas -f csv"))
def run() -> None:
    """Answer a canned query."""


COMMANDS: Mapping[str, click.Command] = {"run": run}
