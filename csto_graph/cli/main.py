"""The command line: a thin shell that knows no RDF; and what its verbs share.

A verb is a function under `verb`; the parser, the help and the completion read its options alike. Data go to standard
output or a file, words to standard error, and nothing that could steer a terminal reaches one. Exit status: 0 done or
yes, 1 an honest no, 2 wrong usage, 3 something cannot be read, parsed or written, 4 a limit was reached, 5 a package is
missing, 70 a mistake of ours, 130 interrupted. A reader that goes away ends the command silently.

Only click and the standard library are imported at the start. The module of a verb is imported when the verb is
called, and imports what it needs at its own top.
"""

from __future__ import annotations

import gc

# A command is over before there is garbage worth looking for; while modules are loaded the search only costs time.
gc.set_threshold(100_000, 20, 20)

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from functools import cached_property
from importlib import import_module
from inspect import cleandoc
from itertools import chain
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn, cast

import click

from .. import errors, files
from .._version import __version__
from ..names import curie, iri, natural, near, packaged, says, table, translated, visible, word

if TYPE_CHECKING:
    from ..describe.proof import Account
    from ..graph import KnowledgeGraph
    from ..sparql.catalog import Catalog

    # What a shell offers in the place of the beginning of a value.
    Completer = Callable[[click.Context, click.Parameter, str], list[str]]

NAME = "csto-graph"
LANGUAGES = ("en", "ru")
PLAIN_WIDTH = 100  # columns of a text that is not written to a terminal
PATH = click.Path(readable=False)  # of a file or folder; whether it can be read is seen, and told, where it is
_COMPLETION = "_CSTO_GRAPH_COMPLETE"


class Session:
    """What was said before the verb, and the graph it leads to.

    Args:
        given: The options of the program.

    Attributes:
        options: As `graph.load` takes them.
        lang: ``en`` or ``ru``.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.lang = str(given["language"] or spoken())
        self.options = {**given, "language": self.lang}

    @cached_property
    def graph(self) -> KnowledgeGraph:
        """The graph, loaded when first asked for."""
        return self.load()

    @property
    def called(self) -> str:
        """How a command line in the language of this one begins."""
        return NAME if self.lang == "en" else f"{NAME} --lang {self.lang}"

    def load(self, **other: Any) -> KnowledgeGraph:
        """The graph, with other options in the place of those that were given."""
        from .. import graph

        loaded = graph.load(**{**self.options, "progress": current(), **other})
        loaded.queries = self.catalog  # what was read for the options of a query is not read again
        tell("\n".join(f"note: {note}" for note in loaded.notes))
        return loaded

    @cached_property
    def catalog(self) -> Catalog:
        """The canned queries; no graph is loaded for them."""
        from ..loading.inputs import Bundle
        from ..sparql.catalog import Catalog

        return Catalog(Bundle().queries, self.options["queries"])


# --- what is said, and how far it is --------------------------------------------------------------------------------


class ProgressLine:
    """Tells on a terminal, in one line that is taken away again, what has been going on for longer than two seconds.

    It is a progress as `graph.load` takes it. Drawing is left to a thread: much of what takes long says nothing.
    """

    def __init__(self) -> None:
        self._rest, self._now, self._drawn = "", ("", 0, 0), 0
        self._over, self._line_is_free, self._threads = Event(), Lock(), list[Thread]()

    def __call__(self, what: str, done: int = 0, total: int = 0) -> None:
        """Tell of this phase; ``done`` of ``total`` pieces are ready, where these are known."""
        self._now = (what or self._rest, done, total)

    def start(self, what: str) -> None:
        """Tell of this (a phase or a verb), and of it again whenever nothing more exact is said."""
        self._rest, self._now = what, (what, 0, 0)
        if sys.stderr is not None and sys.stderr.isatty():
            self._threads = [Thread(target=self._draw, args=[spoken()], daemon=True)]
            self._threads[0].start()

    def close(self) -> None:
        """Take the line away for good; harmless where there is none."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def tell(self, words: str) -> None:
        """Write words in the place of the line, which comes back."""
        with self._line_is_free, suppress(OSError, ValueError):
            self._line("")
            print(visible(words, lines=True), file=sys.stderr, flush=True)  # noqa: T201

    def _draw(self, language: str) -> None:
        began, waiting = monotonic(), 2.0
        while not self._over.wait(waiting):
            waiting = 0.2
            what, done, total = self._now
            part = f"{done:,}" if done else "…"
            if total:
                done = min(done, total)
                part = f"[{'#' * (20 * done // total):.<20}] {100 * done // total} %"
            told = says("phases", what, language) or says("phases", "asking", language)
            with self._line_is_free:
                self._line(f"{told} {part} {monotonic() - began:.0f} s")
        self._line("")

    def _line(self, text: str) -> None:
        if text or self._drawn:
            with suppress(OSError, ValueError):
                print(f"\r{text.ljust(self._drawn)}", end="" if text else "\r", file=sys.stderr, flush=True)  # noqa: T201
            self._drawn = len(text)


def current() -> ProgressLine:
    """That of the command that runs; outside of one, one that draws nothing."""
    context = click.get_current_context(silent=True)
    found: ProgressLine = (context.meta if context else {}).setdefault(__name__, ProgressLine())
    return found


def to_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def spoken() -> str:
    """The language of the command that runs: the one asked for; else that of the terminal, and elsewhere English."""
    context = click.get_current_context(silent=True)
    if given := context and context.find_root().params.get("language"):
        return str(given)
    of_terminal = filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG")))
    return "ru" if to_terminal() and next(of_terminal, "").startswith("ru") else "en"


def tell(words: str, language: str = "") -> None:
    """Say something to the reader, beside the data, in that language or the one of the command."""
    if words and sys.stderr is not None:
        current().tell("\n".join(translated(line, language or spoken()) for line in words.split("\n")))


def tell_others(session: Session, text: str, of: str | None = None) -> None:
    """Say what else has the name that was given, if anything."""
    graph = session.graph
    if others := [curie(match.iri) for match in graph.lookup.others(text, of=of)[:4]]:
        taken = curie(graph.resolve(text, of=of))
        tell(word("others-fit", session.lang, taken, ", ".join(others)), session.lang)


# --- where answers go -----------------------------------------------------------------------------------------------


class Out:
    """Where data go, and in which format: what ``-o`` and ``-f`` mean.

    Args:
        path: A file; None or ``-`` is standard output.
        given: Name of the format, or None.
        language: Of the words in tables for people.

    Attributes:
        format: Name of the format, or '' until it is chosen `among` some.
        path: As given.
        width: Columns of a text.
    """

    def __init__(self, path: str | None = None, given: str | None = None, language: str = "en") -> None:
        self.path, self.format, self._given, self._language, self._room = path, "", given, language, None
        if to_terminal() and not path:
            from shutil import get_terminal_size

            self._room = get_terminal_size((PLAIN_WIDTH, 24)).columns
        self.width = self._room or PLAIN_WIDTH

    def among(self, known: Sequence[str]) -> Out:
        """Itself, for an answer that has these formats only, the default first.

        Raises:
            errors.UnknownName: What was given is none of them.
        """
        from ..rdf import formats

        self.format = formats.choose(self._given, self.path, known)
        return self

    def write(self, text: str | Iterable[str]) -> None:
        """Write data to the file, whole or not at all, or in chunks as they are made, visible where it is a terminal.

        Raises:
            errors.OutputError: The file cannot be written.
            OSError: Standard output is closed or full, or nobody reads it any more.
        """
        chunks = [text] if isinstance(text, str) else text
        if self.path is not None and self.path != "-":
            files.write(self.path, chunks)
            return
        for chunk in chunks:
            current().close()  # What is written may go to the same terminal, if only by way of a pager.
            if sys.stdout is None:
                raise OSError("It is closed")
            sys.stdout.write(visible(chunk, lines=True) if to_terminal() else chunk)
        print(end="", flush=True)  # noqa: T201  # and nothing where there is no output

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[Any]], words: Sequence[str] = (), *,
        below: Iterable[str] = (), undated: int = 0,
    ) -> None:  # fmt: skip
        """Write rows of cells.

        Args:
            columns: Their names.
            rows: A cell for each column, or None.
            words: The columns that hold fixed words; truth values are such anywhere.
            below: Lines under the table.
            undated: How many things without a date were left out.
        """
        from ..rdf import formats

        if self.format in ("table", "markdown", "sheet"):  # for people
            columns, rows = formats.in_words(columns, rows, words, self._language)
        self.write(chain(formats.write_table(columns, rows, self.format, width=self._room, undated=undated), below))

    def explain(self, found: Account) -> None:
        """Write a proof, or what lacks for one."""
        self.write(found.written(self.format, self._language, width=self.width))


# --- verbs ----------------------------------------------------------------------------------------------------------


class NothingError(errors.GraphError):
    """An honest no."""

    exit_code = 1


class Command(click.Command):
    """A verb. It refuses an option given twice (click would take the last one in silence); its help is visible.

    Args:
        name: As click takes it.
        formats: Of the answer, the default first: it has ``-f`` and ``-o``, and its function is given an `Out` as
            ``out``. Where there are none, it has ``-o`` only; with None, neither.
        help: As click takes it, and after ``Examples:`` a command line to a line, without the name of the program.
        more: As click takes it.
    """

    def __init__(self, name: str, formats: Sequence[str] | None = None, help: str | None = None, **more: Any) -> None:
        about, _, self.examples = cleandoc(help or "").partition("\n\nExamples:\n")
        super().__init__(name, help=about, **more)
        self.formats = formats
        if formats:
            default = "table for rows, turtle for a graph" if {"table", "turtle"} <= {*formats} else formats[0]
            text = f"One of {', '.join(formats)}. By default {default}, or what the ending of -o means."
            given = ["-f", "--format"]
            self.params.append(click.Option(given, shell_complete=words(formats), metavar="FORMAT", help=text))
        if formats is not None:
            self.params += declared("output")
        if not any("--lang" in parameter.opts for parameter in self.params):
            self.params += declared("lang")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; those of the program make the session."""
        if not ctx.resilient_parsing:
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            for at, one in enumerate(order):
                if isinstance(one, click.Option) and not (one.multiple or one.is_flag) and one in order[:at]:
                    raise click.UsageError(f"{', '.join(one.opts)} is given twice; give it once.", ctx)
        rest = super().parse_args(ctx, args)
        ctx.obj = ctx.obj or Session(ctx.params)
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """Call the function; a format that is none is refused before."""
        if self.formats is not None:
            given, known = ctx.params, self.formats
            if given.get("candidates"):
                known = ("turtle", "json")
            elif given.get("why") is not None:
                known = import_module("..describe.proof", __package__).FORMATS
            session, path = ctx.obj, given.pop("output", None)
            if path and not ctx.find_root().params["language"]:
                session.lang = session.options["language"] = "en"
            out = given["out"] = Out(path, given.pop("format", None), session.lang)
            if known:
                out.among(known)
        return super().invoke(ctx)

    def get_short_help_str(self, limit: int = 45) -> str:
        """The line for a list, which is not cut to its width."""
        return super().get_short_help_str(200)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, and what is said after them."""
        with formatter.section("Examples"):
            formatter.write("".join(f"  {NAME} {line.strip()}\n" for line in self.examples.splitlines()))
        if self.epilog:
            formatter.write(f"\n  {translated(self.epilog, spoken())}\n")  # on one line, to be copied

    def get_help(self, ctx: click.Context) -> str:
        """The help, made fit for a terminal: titles and questions may come from a file of others."""
        formatter = _Help(width=ctx.terminal_width, max_width=ctx.max_content_width)
        self.format_help(ctx, formatter)
        return visible(formatter.getvalue().rstrip("\n"), lines=True)


class _Help(click.HelpFormatter):
    """Writes a page of help in the language of the command."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, self._names(args), translated("Usage:", spoken()) + " ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(translated(heading, spoken()))

    def write_text(self, text: str) -> None:
        paragraphs = (" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
        super().write_text("\n\n".join(translated(paragraph, spoken()) for paragraph in paragraphs))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        told = [(self._names(first), translated(second, spoken())) for first, second in rows]
        super().write_dl(told, col_max, col_spacing)

    @staticmethod
    def _names(text: str) -> str:
        text = re.sub(r"(--[\w-]+)(, --[\w-]+)+", r"\1", text)  # an option is told under the first of its names
        return re.sub("[A-Z]{2,}", lambda name: translated(name[0], spoken()), text)


class Group(Command, click.Group):
    """A verb with verbs of its own."""


class Queries(Group):
    """The canned queries by their names, and before them the verbs of the program where it has some.

    Attributes:
        verbs: Name to the module that holds the verb, or '' for a query that is answered in words, and a line for the
            list; no module is imported for that.
    """

    verbs: Mapping[str, tuple[str, str]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of both."""
        return list(dict.fromkeys((*self.verbs, *ctx.obj.catalog.names)))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A verb or a canned query.

        Raises:
            errors.UnknownName: There is none of this name; with suggestions.
        """
        if module := self.verbs.get(cmd_name, ("", ""))[0]:
            return cast("Command", getattr(import_module(f".{module}", __package__), cmd_name))
        names = self.list_commands(ctx)
        if cmd_name in names:
            queries = import_module(".queries", __package__)
            return cast("Command", queries.query_command(ctx.obj, cmd_name, in_words=cmd_name in self.verbs))
        what, hint = "verb or query" if self.verbs else "query", f"'{ctx.command_path} --help' lists them."
        raise errors.UnknownName(what, cmd_name, suggestions=near(cmd_name, names), hint=hint)


def fronted(arguments: Sequence[str]) -> list[str]:
    """The arguments with each language that stands before ``--`` in front of all.

    >>> fronted(["show", "UN", "--lang", "ru"])
    ['--lang=ru', 'show', 'UN']
    """
    words, asked, forms = [*arguments], list[str](), [f"--lang={language}" for language in LANGUAGES]
    for at in reversed(range([*words, "--"].index("--"))):
        for size in (1, 2):
            if (form := "=".join(words[at : at + size])) in forms:
                del words[at : at + size]
                asked.insert(0, form)
    return asked + words


def verb(*, cls: type[Command] = Command, of: click.Group | None = None, **more: Any) -> Callable[[Any], Any]:
    """Makes a verb of a function that takes the session and the values of its options, `declared` under its name.

    What it returns is false where the answer is no; the status is then 1.

    Args:
        cls: `Command`, or `Group`.
        of: The verb whose verb it is, or None for one of the program.
        more: As `Command` takes it.
    """
    make = click.command if of is None else of.command
    return lambda run: make(cls=cls, params=declared(run.__name__), **more)(click.pass_obj(run))


# --- arguments, options, and their completion -----------------------------------------------------------------------

_TYPES: dict[str, Any] = {
    "path": PATH, "seconds": click.FloatRange(min=0, min_open=True), "language": click.Choice(LANGUAGES), "bool": bool,
}  # fmt: skip


def declared(verb: str) -> list[click.Parameter]:
    """The arguments and options of a verb, as ``verbs.toml`` declares them."""
    shared, found = table("shared", file="cli/verbs.toml"), list[click.Parameter]()
    for name, own in table(verb, file="cli/verbs.toml").items():
        given = {**shared.get(name, {}), **own}
        if (of := given.pop("of", None)) is not None:
            given["shell_complete"] = completer(of)
        if "type" in given:
            given["type"] = _TYPES[given["type"]]
        if choices := given.pop("choices", None):
            given |= {"type": click.Choice(choices), "default": choices[0], "show_default": True}
        if limits := given.pop("range", None):
            given["type"] = click.IntRange(*limits)
        found.append((click.Option if name.startswith("-") else click.Argument)(name.split(), **given))
    return found


def begun(words: Iterable[str], start: str = "") -> list[str]:
    """What a shell offers: the words that begin so."""
    return [visible(word) for word in words if word.startswith(start)]


def words(known: Iterable[str]) -> Completer:
    """Completes a word from those that are known; whether it is right is checked where it is used."""
    return lambda _, __, start: begun(known, start.lower())


def completer(of: str = "") -> Completer:
    """Completes the name of a thing from the graph: CURIEs and symbols that begin so, or names in any language.

    Args:
        of: Only things of this class, or of this scheme; classes and concepts are offered by their CURIEs. With
            ``rdf:Property``, properties of the thing that stands before, or of what belongs to it; with ``query``,
            canned queries.
    """
    scheme = of.startswith("vocab:")

    def completed(context: click.Context, _: click.Parameter, start: str) -> list[str]:
        if of == "query":
            return begun(context.obj.catalog.names, start)
        graph = context.obj.graph
        if of == "rdf:Property":
            from ..describe.schema import properties_of

            found = properties_of(graph, graph.resolve(context.params["thing"]))
            return begun(sorted({curie(name).removeprefix("coop:") for name in found}), start)
        if scheme or of == "owl:Class" or (of and not start):
            known = graph.subjects(iri("skos:inScheme" if scheme else "rdf:type"), iri(of))
        elif ":" in start:
            known = [str(getattr(quad.subject, "value", "")) for quad in graph.quads()]
        else:
            pairs = [pair for pair in graph.pairs("coop:symbol") if pair[1].startswith(start.upper())]
            symbols = (symbol for thing, symbol in pairs if not of or iri(of) in graph.types(thing))
            matches = graph.find(start, of=of or None, limit=30)
            names = (match.text if match.text.startswith(start) else curie(match.iri) for match in matches)
            return begun(dict.fromkeys([*sorted(symbols, key=natural), *names]))
        short = sorted({*map(curie, known)}, key=natural)
        return begun(one for one in short if any(word.startswith(start) for word in (one, *one.split(":"))))

    return completed


# --- the program ----------------------------------------------------------------------------------------------------

_TABLE = packaged("cli/verbs.txt").splitlines()[1:]
#: Name of a verb to the module that holds it, or '' for a query that is answered in words, and its line.
VERBS = {name: (module.strip("-"), line) for name, module, line in (row.split(maxsplit=2) for row in _TABLE)}


class Program(Queries):
    """All commands, of which the help lists the verbs."""

    verbs = VERBS

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of the verbs."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])


@click.group(
    cls=Program,
    params=declared("cli"),
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f'Completion for bash: eval "$({_COMPLETION}=bash_source {NAME})"',
)
@click.version_option(__version__, prog_name=NAME, message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, /, **_: Any) -> None:
    """Ask a sourced knowledge graph of how international organizations cooperate.

    The name of a canned query runs it; every answer leads to its source.

    Examples:
        run instruments --partner UNODC
        show A/RES/71/12
    """
    session = context.obj
    current().start(context.invoked_subcommand or "")
    if context.invoked_subcommand is None:
        inside = word("inside", session.lang, len(session.graph), len(session.catalog))
        lines = ("run instruments --partner UNODC", "show A/RES/71/12", "conflicts")
        tried = "".join(f"  {session.called} {line}\n" for line in lines)
        Out().write(f"{inside}\n\n{word('try', session.lang)}:\n{tried}")


def main() -> NoReturn:
    """Run the command line and end the process."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    if _COMPLETION in os.environ:
        with suppress(errors.GraphError):  # where nothing can be offered, nothing is
            cli.main(prog_name=NAME)
        sys.exit(0)
    code = execute(sys.argv[1:])
    with suppress(OSError):  # what could not be written was told
        print(end="", flush=True)  # noqa: T201
    os._exit(code)  # Nothing is left to do: taking all apart costs time, and an interrupted engine may be at work.


def execute(arguments: Sequence[str]) -> int:
    """Run the command line; the exit status.

    >>> execute(["--version"])
    csto-graph 0.1.0
    0
    """
    arguments = fronted(arguments)  # the language may stand after the verb, too
    language = next((one for one in LANGUAGES if f"--lang={one}" in arguments[:1]), spoken())
    try:
        code = 0
        with suppress(click.exceptions.Exit), cli.make_context(NAME, list(arguments)) as context, closing(current()):
            code = int(cli.invoke(context) is False)
        Out().write(())  # what click wrote is not yet on its way
        return code
    except (KeyboardInterrupt, click.Abort):
        tell("\nerror: interrupted.", language)
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:
        if "--debug" in arguments and not isinstance(error, click.UsageError):
            raise
        match error:
            case errors.GraphError():
                code, said, hint = error.exit_code, error.message, error.hint
            case click.UsageError():
                code, said = 2, error.format_message()
                hint = f"'{error.ctx.command_path} --help' tells more." if error.ctx else ""
            case OSError():
                said = f"{error.filename or '<stdout>'}: cannot be used: {(error.strerror or str(error)).lower()}."
                code, hint = 3, "" if error.filename else "Make room, or use -o FILE."
            case MemoryError():
                code, said, hint = 4, "Out of memory.", ""
            case _:
                words = str(error).split("\n", 1)[0][:200]
                code, said = 70, f"A mistake in {NAME}: {type(error).__name__}: {words}"
                hint = "Run it again with --debug and report it."
        tell(f"error: {said}" + (f"\nhint: {hint}" if hint else ""), language)
        return code
