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
from typing import Any, NoReturn

import click

from .. import errors
from .._version import __version__
from .options import LANGUAGES, NAME, PATH, Session, Verbs, choice, current, deliver, fronted, spoken, tell

_COMPLETION = "_CSTO_GRAPH_COMPLETE"

VERBS = {
    "conflicts": ("", "Where sources disagree, what was decided and why."),
    "export": ("verbs", "Write the graph, or a part of it."),
    "find": ("verbs", "Find things by name, symbol or misnomer."),
    "fmt": ("verbs", "Put Turtle files into canonical form."),
    "new": ("verbs", "Make the next resolution, memorandum, body, person, claim…"),
    "publish": ("verbs", "Load the graph into a server, in the place of what it has of it."),
    "queries": ("queries", "List the canned queries, or explain one."),
    "run": ("queries", "Answer a canned query."),
    "serve": ("verbs", "Serve the graph on the web: SPARQL, linked data, pages."),
    "show": ("verbs", "Tell what is known of one thing."),
    "sources": ("verbs", "List the sources; verify and cite texts of pinned ones."),
    "sparql": ("verbs", "Answer any SPARQL 1.1 query, read-only."),
    "schema": ("verbs", "Tell what SPARQL can ask of: classes and properties."),
    "stats": ("verbs", "Count what is inside."),
    "timeline": ("", "What happened, in order."),
    "validate": ("verbs", "Check the graph by SHACL and the house rules."),
    "why": ("verbs", "Tell why the graph says so: the proof, the claims and the passages."),
}


@click.group(
    cls=Verbs,
    verbs=VERBS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f'\b\nCompletion for bash: eval "$({_COMPLETION}=bash_source {NAME})"',
    params=[
        click.Option(["--lang", "language"], type=click.Choice(LANGUAGES), default=spoken, is_eager=True,
                     help="Language of words and labels; by default that of the terminal, else English."),
        choice("--reasoner", of=("rules", "owlrl", "none"),
               help="What draws the conclusions; none also takes data that contradict themselves."),
    ],
)  # fmt: skip
@click.option("--data", multiple=True, type=PATH, metavar="PATH", help="Add RDF files: one, a folder or a pattern.")
@click.option("--queries", multiple=True, type=PATH, metavar="DIR", help="Add queries of your own: .rq files.")
@click.option("--shapes", multiple=True, type=PATH, metavar="PATH", help="Add SHACL shapes of your own.")
@click.option("--only", is_flag=True, help="Leave out all that is bundled: data, ontology and shapes.")
@click.option("--with-ontology", "ontology", is_flag=True, help="With --only, keep the bundled ontology and shapes.")
@click.option("--own-shapes-only", is_flag=True, help="Check by your --shapes alone.")
@click.option("--base", metavar="IRI", help="Resolve relative IRIs in your files against this one.")
@click.option("--endpoint", metavar="URL", help="Ask a SPARQL endpoint where the graph was published.")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name=NAME, message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, /, **_: Any) -> None:
    """Ask a sourced knowledge graph of how international organizations cooperate.

    The name of a canned query runs it; every answer leads to its source.

    Examples:
        run instruments --partner UNODC
        show A/RES/71/12
    """
    session = Session.of(context)
    current().start(context.invoked_subcommand or "")
    if context.invoked_subcommand is None:
        deliver(import_module(".verbs", __package__).welcome(session))


def main() -> NoReturn:
    """Run the command line and end the process."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    if _COMPLETION in os.environ:
        cli.main(prog_name=NAME)
    code = execute(sys.argv[1:])
    with suppress(OSError):  # what could not be written was told
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    os._exit(code)  # Nothing is left to do: taking all apart costs time, and an interrupted engine may be at work.


def execute(arguments: Sequence[str]) -> int:
    """Run the command line; the exit status.

    >>> execute(["--version"])
    csto-graph 0.1.0
    0
    """
    asked = fronted(arguments)[:1]
    language = asked[0].removeprefix("--lang=") if asked and asked[0].startswith("--lang=") else spoken()
    try:
        try:
            with cli.make_context(NAME, list(arguments)) as context, closing(current()):
                cli.invoke(context)
            code = 0
        except click.exceptions.Exit as end:
            code = end.exit_code
        deliver(())  # what click wrote is not yet on its way
        return code
    except (KeyboardInterrupt, click.Abort):
        tell("\nerror: interrupted.", language)
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:
        if "--debug" in arguments and not isinstance(error, click.ClickException):
            raise
        code, message, hint = _told(error)
        tell(f"error: {message}" + (f"\nhint: {hint}" if hint else ""), language)
        return code


def _told(error: Exception) -> tuple[int, str, str]:
    """The exit status for an error, what went wrong, and what to do."""
    if isinstance(error, errors.GraphError):
        return error.exit_code, error.message, error.hint
    if isinstance(error, click.ClickException):
        where = getattr(error, "ctx", None)
        hint = f"'{where.command_path} --help' tells more." if where else ""
        return 2 if isinstance(error, click.UsageError) else 3, error.format_message(), hint
    if isinstance(error, OSError):
        words = (error.strerror or str(error)).lower()
        return 3, f"{error.filename or '<stdout>'}: cannot be used: {words}.", "Make room, or use -o FILE."
    if isinstance(error, MemoryError):
        return 4, "Out of memory.", ""
    words = str(error).split("\n", 1)[0][:200]
    return 70, f"A mistake in {NAME}: {type(error).__name__}: {words}", "Run it again with --debug and report it."
