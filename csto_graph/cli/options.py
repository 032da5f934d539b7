"""What the verbs share: what was said before the verb, and the kinds of options and arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from .. import errors, paths
from ..names import curie, iri, natural
from ..text import visible
from .progress import PLAIN_WIDTH, current, deliver, tell, width

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ..graph import KnowledgeGraph
    from ..sparql.catalog import Catalog

NAME = "csto-graph"
PATH = click.Path(readable=False)
"""Of a file or folder; whether it can be read is seen, and told, where it is."""

Decorator: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Adds something to the function of a verb."""

Completer: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"
"""What a shell offers in the place of the beginning of a value."""


@dataclass
class Session:
    """What was said before the verb, and the graph it leads to.

    Attributes:
        data: Files of the user.
        lang: ``en`` or ``ru``.
        only: Whether all that is bundled stays out.
        with_ontology: Whether the bundled ontology, vocabularies and shapes take part nevertheless.
        own_shapes_only: Whether the bundled shapes stay out.
        reasoner: ``rules``, ``owlrl`` or ``none``.
        base: IRI against which relative ones in the files are resolved.
        queries: Folders with queries of the user.
        shapes: SHACL files of the user.
        endpoint: Address of a SPARQL endpoint that is asked instead of the bundled graph.
    """

    data: tuple[str, ...] = ()
    lang: str = "en"
    only: bool = False
    with_ontology: bool = False
    own_shapes_only: bool = False
    reasoner: str = "rules"
    base: str | None = None
    queries: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    endpoint: str | None = None

    @classmethod
    def of(cls, context: click.Context) -> Session:
        """The session of a context, made of the options when it is first asked for: also while completing."""
        root = context.find_root()
        if root.obj is None:
            given = root.params
            root.obj = cls(**{field.name: given[field.name] for field in fields(cls) if given.get(field.name)})
        assert isinstance(root.obj, cls)
        return root.obj

    @cached_property
    def graph(self) -> KnowledgeGraph:
        """The graph, loaded when first asked for."""
        return self.load(self.data)

    def load(self, data: tuple[str, ...]) -> KnowledgeGraph:
        """The graph with these files of the user."""
        from .. import graph

        loaded = graph.load(
            data, only=self.only, ontology=self.with_ontology, house_shapes=not self.own_shapes_only,
            reasoner=self.reasoner, base=self.base, language=self.lang, queries=self.queries, shapes=self.shapes,
            progress=current(), endpoint=self.endpoint,
        )  # fmt: skip
        loaded.queries = self.catalog  # what was read for the options of a query is not read again
        for note in loaded.notes:
            tell(f"note: {note}")
        return loaded

    @cached_property
    def catalog(self) -> Catalog:
        """The canned queries; no graph is loaded for them."""
        from ..loading.bundle import Bundle
        from ..sparql.catalog import Catalog

        return Catalog(Bundle.default().queries, self.queries)

    def query_names(self) -> tuple[str, ...]:
        """Names of the canned queries; none is read, unless there are folders of the user."""
        return self.catalog.names if self.queries else paths.query_names()


pass_session = click.make_pass_decorator(Session)
"""Gives the session to a verb, as its first argument."""


class NothingError(errors.GraphError):
    """An honest no."""

    exit_code = 1


# --- commands -------------------------------------------------------------------------------------------------------


class Command(click.Command):
    """A verb. It refuses an option given twice (click would take the last one in silence); its help is visible."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments."""
        if not ctx.resilient_parsing:
            refuse_repetition(self, ctx, args)
        return super().parse_args(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        """The help, made fit for a terminal: titles and questions may come from a file of others."""
        return visible(super().get_help(ctx), lines=True)


class Group(Command, click.Group):
    """A verb with verbs of its own."""

    command_class = Command


def refuse_repetition(command: click.Command, ctx: click.Context, args: Sequence[str]) -> None:
    """Refuse an option that is given twice.

    Raises:
        click.UsageError: One is.
    """
    _, _, order = command.make_parser(ctx).parse_args(args=list(args))
    seen: set[int] = set()
    for parameter in order:
        if isinstance(parameter, click.Option) and not parameter.multiple and not parameter.is_flag:
            if id(parameter) in seen:
                raise click.UsageError(f"{parameter.opts[-1]} is given twice; give it once.", ctx)
            seen.add(id(parameter))


def examples(*lines: str) -> str:
    """The end of a help text: command lines to try, without the name of the program."""
    return "\b\nExamples:\n" + "\n".join(f"  {NAME} {line}" for line in lines)


# --- completion -----------------------------------------------------------------------------------------------------


def items(words: Iterable[str], start: str = "") -> list[CompletionItem]:
    """What a shell offers: the words that begin so."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(visible(word)) for word in words if word.startswith(start)]


def words(known: Iterable[str]) -> Completer:
    """Completes a word from those that are known; whether it is right is checked where it is used."""
    return lambda _, __, start: items(known, start.lower())


def query_names(context: click.Context, _: click.Parameter, start: str) -> list[CompletionItem]:
    """Completes the name of a canned query."""
    return items(Session.of(context).query_names(), start)


def things(of: str | None = None) -> Completer:
    """Completes the name of a thing from the graph: CURIEs that begin so, or names in any language.

    Args:
        of: Only things of this class.
    """

    def completed(context: click.Context, _: click.Parameter, start: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        try:
            graph = Session.of(context).graph
            if ":" in start:
                named = {str(getattr(quad.subject, "value", "")) for quad in graph.quads()}
                fitting = sorted((name for name in named if name.startswith(iri(start))), key=natural)
                found = [(curie(name), name) for name in fitting]
            else:
                matches = graph.find(start, of=of, limit=30)
                found = [(m.text if m.text.startswith(start) else curie(m.iri), m.iri) for m in matches]
            return [CompletionItem(visible(word), help=visible(graph.label(name))) for word, name in found]
        except errors.GraphError:
            return []

    return completed


# --- options that several verbs have --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlainCell:
    """A cell that came from no engine: what `tables.TableCell` asks for.

    Attributes:
        text: For people.
        value: As JSON has it.
        term: Always None.
    """

    text: str
    value: Any
    term: None = None

    @classmethod
    def of(cls, value: object) -> PlainCell:
        """The cell of a value; a thing is shown by its label."""
        return cls(str(value["label"] if isinstance(value, dict) else value), value)


@dataclass(frozen=True)
class Destination:
    """Where data go, and in which format.

    Attributes:
        format: Name of the format.
        path: A file; None or ``-`` is standard output.
    """

    format: str
    path: str | None = None

    @classmethod
    def of(cls, format: str | None, path: str | None, known: Sequence[str]) -> Destination:
        """What ``-f`` and ``-o`` mean.

        Raises:
            errors.UnknownName: None of the formats.
        """
        from ..rdf import formats

        return cls(formats.choose(format, path, known), path)

    @property
    def width(self) -> int:
        """Columns of a text."""
        return (None if self.path else width()) or PLAIN_WIDTH

    def write(self, chunks: Iterable[str]) -> None:
        """Write data, whole or not at all."""
        deliver(chunks, self.path)

    def write_table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write rows, where the format is one for tables."""
        from ..rdf import formats

        room = None if self.path else width()
        deliver(formats.write_table(columns, rows, self.format, width=room), self.path)

    def write_values(self, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
        """Write rows of plain values; None and '' are empty, and things are ``{"iri", "curie", "label"}``."""
        cells = [
            [None if value is None or value == "" else PlainCell.of(value) for value in row] for row in rows
        ]  # fmt: skip
        self.write_table(columns, cells)


def format_option(*known: str, default: str | None = None) -> Decorator:
    """The option ``-f``; the first format is the default, unless another is named."""
    text = f"One of {', '.join(known)}. By default {default or known[0]}, or what the ending of -o means."
    return click.option("-f", "--format", "format", shell_complete=words(known), metavar="FORMAT", help=text)


output_option: Decorator = click.option(
    "-o", "--output", type=PATH, metavar="FILE", help="Write to this file, whole or not at all."
)


def writes(*known: str) -> Decorator:
    """The options ``-f`` and ``-o``, given to the verb as an `Destination` named ``out``.

    Args:
        known: The formats; the first is the default.
    """

    def decorated(verb: Callable[..., None]) -> Callable[..., None]:
        @wraps(verb)
        def called(*args: Any, format: str | None, output: str | None, **given: Any) -> None:
            verb(*args, out=Destination.of(format, output, known), **given)

        return format_option(*known)(output_option(called))

    return decorated


def timeout_option(default: float | None = None) -> Decorator:
    """The option ``--timeout``."""
    return click.option(
        "--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", default=default,
        show_default=default is not None, help="Stop after so many seconds.",
    )  # fmt: skip


limit_option: Decorator = click.option(
    "--limit", type=click.IntRange(min=0), metavar="N", help="Show at most so many rows."
)
reading_option: Decorator = click.option(
    "--reading", type=click.Choice(["curated", "source"]), default="curated", show_default=True,
    help="Disputed values as decided, or as the pinned source gives them.",
)  # fmt: skip
ids_option: Decorator = click.option("--ids", is_flag=True, help="Short identifiers instead of labels.")
why_option: Decorator = click.option(
    "--why", metavar="[ROW:]COLUMN",
    help="Explain one cell instead; -f is then text, json, turtle or svg. Rows count from 1.",
)  # fmt: skip
