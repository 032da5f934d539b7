"""What the verbs share: what was said before the verb, and the kinds of options and arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
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

    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # Not generic before click 8.3.

NAME = "csto-graph"
PATH = click.Path(readable=False)
"""Of a file or folder; whether it can be read is seen, and told, where it is."""

Decorator: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Adds something to the function of a verb."""


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


# --- kinds of values ------------------------------------------------------------------------------------------------


def items(words: Iterable[str], start: str = "") -> list[CompletionItem]:
    """What a shell offers: the words that begin so."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(visible(word)) for word in words if word.startswith(start)]


class Word(ParamType):
    """A word, completed from those that are known; whether it is right is checked where it is used."""

    def __init__(self, name: str, known: Sequence[str] = ()) -> None:
        self.name = name
        self.known = known

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The known words that begin so."""
        return items(self.known, incomplete.lower())


class QueryName(ParamType):
    """The name of a canned query."""

    name = "query"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names that begin so."""
        return items(Session.of(ctx).query_names(), incomplete)


class ThingName(ParamType):
    """The name of a thing: completed from the graph.

    Args:
        of: Only things of this class.
        name: What it is called in the help.
    """

    def __init__(self, of: str | None = None, name: str = "thing") -> None:
        self.of = of
        self.name = name

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """CURIEs that begin so, or names in any language."""
        from click.shell_completion import CompletionItem

        with suppress(errors.GraphError):
            found = self._known(Session.of(ctx).graph, incomplete)
            return [CompletionItem(visible(word), help=visible(label)) for word, label in found]
        return []

    def _known(self, graph: KnowledgeGraph, incomplete: str) -> list[tuple[str, str]]:
        if ":" in incomplete:
            start = iri(incomplete)
            named = {str(getattr(quad.subject, "value", "")) for quad in graph.quads()}
            fitting = sorted((name for name in named if name.startswith(start)), key=natural)
            return [(curie(name), graph.label(name)) for name in fitting]
        found = graph.find(incomplete, of=self.of, limit=30)
        words = [match.text if match.text.startswith(incomplete) else curie(match.iri) for match in found]
        return [(word, graph.label(match.iri)) for word, match in zip(words, found, strict=True)]


# --- options that several verbs have --------------------------------------------------------------------------------


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


def format_option(*known: str, default: str | None = None) -> Decorator:
    """The option ``-f``; the first format is the default, unless another is named."""
    text = f"One of {', '.join(known)}. By default {default or known[0]}, or what the ending of -o means."
    return click.option("-f", "--format", "format", type=Word("format", known), metavar="FORMAT", help=text)


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
