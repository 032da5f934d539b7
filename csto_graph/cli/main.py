"""The command line: a thin shell that knows no RDF.

Data go to standard output, words to standard error. Exit status: 0 done or yes, 1 an honest no, 2 wrong usage,
3 something cannot be read, parsed or written, 4 a limit was reached, 5 a package is missing, 70 a mistake of ours,
130 interrupted. A reader that goes away ends the command silently.

Only click and the standard library are imported at the start. The module of a verb is imported when the verb is
called, and imports what it needs at its own top.
"""

from __future__ import annotations

import gc

# A command is over before there is garbage worth looking for; while modules are loaded the search only costs time.
gc.set_threshold(100_000, 20, 20)

import os
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from .. import errors
from .._version import __version__
from . import progress
from .options import NAME, PATH, Group, Session, examples, items
from .progress import complain, deliver, tell

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMPLETION = "_CSTO_GRAPH_COMPLETE"
_INTERRUPTED = 130

VERBS = {
    "conflicts": ("verbs", "Where sources disagree, what was decided and why."),
    "export": ("data", "Write the graph, or a part of it."),
    "find": ("verbs", "Find things by name, symbol or misnomer."),
    "fmt": ("data", "Put Turtle files into canonical form."),
    "new": ("data", "Print Turtle for the next resolution, memorandum…"),
    "publish": ("data", "Load the graph into a server, in the place of what it has of it."),
    "queries": ("verbs", "List the canned queries, or explain one."),
    "run": ("queries", "Answer a canned query."),
    "show": ("verbs", "Tell what is known of one thing."),
    "sources": ("verbs", "List the sources; verify and cite texts of pinned ones."),
    "sparql": ("verbs", "Answer any SPARQL 1.1 query, read-only."),
    "schema": ("verbs", "Tell what SPARQL can ask of: classes and properties."),
    "stats": ("verbs", "Count what is inside."),
    "timeline": ("verbs", "What happened, in order."),
    "validate": ("data", "Check the graph by SHACL and the house rules."),
    "why": ("verbs", "Tell why the graph says so: the proof, the claims and the passages."),
}
"""The verbs: the module that holds each in its ``COMMANDS``, and a line for the list."""

_DOING = {"export": "export", "validate": "validation", "publish": "publication"}
"""What a verb does, where it says nothing more exact."""


class Verbs(Group):
    """The verbs; a name that is none of them may be a query's."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the verbs."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A verb or a canned query, or None."""
        if cmd_name in VERBS:
            command: click.Command = import_module(f".{VERBS[cmd_name][0]}", __package__).COMMANDS[cmd_name]
            return command
        if cmd_name in Session.of(ctx).query_names():
            from .queries import QueryCommand

            return QueryCommand(cmd_name)
        return None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """A verb or a canned query; an unknown name is refused with suggestions."""
        if not ctx.resilient_parsing and args[0] not in VERBS:
            names = Session.of(ctx).query_names()
            if args[0] not in names:
                from difflib import get_close_matches

                near = get_close_matches(args[0], dict.fromkeys((*VERBS, *names)), n=3, cutoff=0.6)
                hint = f"'{NAME} --help' lists the verbs."
                raise errors.UnknownName("verb or query", args[0], suggestions=near, hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs; none of their modules is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in VERBS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Verbs, and queries once something was typed; else options."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return items([*VERBS, *(Session.of(ctx).query_names() if incomplete else ())], incomplete)


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples("run instruments --partner UNODC", "show A/RES/71/12")
    + f'\n\n\b\nCompletion for bash: eval "$({_COMPLETION}=bash_source {NAME})"',
)
@click.option(
    "--data", multiple=True, type=PATH, metavar="PATH",
    help="Add RDF files of your own: a file, a folder or a pattern.",
)  # fmt: skip
@click.option("--queries", multiple=True, type=PATH, metavar="DIR", help="Add queries of your own: .rq files.")
@click.option("--shapes", multiple=True, type=PATH, metavar="PATH", help="Add SHACL shapes of your own.")
@click.option("--lang", type=click.Choice(["en", "ru"]), default="en", show_default=True, help="Language of labels.")
@click.option(
    "--reasoner", type=click.Choice(["rules", "owlrl", "none"]), default="rules", show_default=True,
    help="What draws the conclusions; none also takes data that contradict themselves.",
)  # fmt: skip
@click.option("--only", is_flag=True, help="Leave out all that is bundled: data, ontology and shapes.")
@click.option("--with-ontology", is_flag=True, help="With --only, keep the bundled ontology and shapes.")
@click.option("--own-shapes-only", is_flag=True, help="Check by your --shapes alone.")
@click.option("--base", metavar="IRI", help="Resolve relative IRIs in your files against this one.")
@click.option("--endpoint", metavar="URL", help="Ask a SPARQL endpoint where the graph was published.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name=NAME, message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, /, **_: Any) -> None:
    """Ask a sourced knowledge graph of how international organizations cooperate.

    The name of a canned query runs it; every answer leads to its source.
    """
    session = Session.of(context)
    progress.current().start(_DOING.get(context.invoked_subcommand or "", "query"))
    if context.invoked_subcommand is None:
        from .verbs import welcome

        deliver(welcome(session))


def main() -> NoReturn:
    """Run the command line and end the process."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    if _COMPLETION in os.environ:
        cli.main(prog_name=NAME)
    code = execute(sys.argv[1:])
    try:  # Else Python complains about a closed or full standard output once more at its end.
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if code == _INTERRUPTED:
        os._exit(code)  # The engine may still be at work in a thread; nobody waits for it.
    sys.exit(code)


def execute(arguments: Sequence[str]) -> int:
    """Run the command line; the exit status.

    >>> execute(["--version"])
    csto-graph 0.1.0
    0
    """
    try:
        try:
            with cli.make_context(NAME, list(arguments)) as context, closing(progress.current()):
                cli.invoke(context)
            code = 0
        except click.exceptions.Exit as end:
            code = end.exit_code
        progress.write("", flush=True)
        return code
    except (KeyboardInterrupt, click.Abort):
        tell("\nerror: interrupted.")
        return _INTERRUPTED
    except (progress.ReaderGoneError, BrokenPipeError):
        return 0
    except click.ClickException as error:
        where = getattr(error, "ctx", None)
        complain(error.format_message(), f"'{where.command_path} --help' tells more." if where else "")
        return 2 if isinstance(error, click.UsageError) else 3
    except errors.GraphError as error:
        if "--debug" in arguments:
            raise
        complain(error.message, error.hint)
        return error.exit_code
    except OSError as error:
        # Help is written by click itself.
        if "--debug" in arguments:
            raise
        complain(f"{error.filename or '<stdout>'}: cannot be used: {(error.strerror or str(error)).lower()}.")
        return 3
    except MemoryError:
        complain("Out of memory.")
        return 4
    except Exception as error:
        if "--debug" in arguments:
            raise
        words = str(error).split("\n", 1)[0][:200]
        message = f"A mistake in csto-graph: {type(error).__name__}: {words}"
        complain(message, "Run it again with --debug and report it.")
        return 70


if __name__ == "__main__":
    main()
