"""Verbs that check data, put them in order, make new ones and take them elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import unified_diff
from typing import Any

import click

from .. import errors
from ..loading.bundle import Bundle
from ..loading.inputs import together
from ..rdf import formats, turtle, turtle_files
from ..share import export as export_
from ..share import templates
from ..text import visible
from .options import PATH, Command, Destination, Session, examples, output_option, pass_session, things, writes
from .progress import deliver, tell


@click.command(cls=Command, epilog=examples("validate", "validate -f sarif -o findings.sarif"))
@click.argument("files", nargs=-1, type=PATH)
@writes("text", "json", "sarif", "turtle")
@click.option("--fail-on", type=click.Choice(["violation", "warning", "info"]), default="violation", show_default=True,
              help="End with status 1 at this level or worse.")  # fmt: skip
@click.option("--engine", type=click.Choice(["pyshifty", "pyshacl"]), default="pyshifty", show_default=True,
              help="pyshacl is the reference, and slower by far.")  # fmt: skip
@pass_session
def validate(session: Session, files: tuple[str, ...], fail_on: Any, engine: str, out: Destination) -> None:
    """Check the graph by SHACL and the house rules.

    Files, folders and patterns that are named are checked together with it. One that cannot be read is told with line
    and column and ends in status 3; the others are checked. Statements that contradict each other are checked all the
    same, and the contradiction is told last.
    """
    given, faulty = (*session.data, *files), list[errors.GraphError]()
    contradictions: list[errors.Inconsistent] = []
    if given:
        report = session.load(()).validate(
            given, language=session.lang, faulty=faulty, contradictions=contradictions, engine=engine
        )
    else:
        report = session.graph.validate(language=session.lang, engine=engine)
    for warning in report.warnings:
        tell(f"warning: {visible(warning)}")
    if out.format == "json":
        text = report.to_json()
    elif out.format == "sarif":
        text = report.to_sarif(session.lang)
    else:
        text = report.to_turtle() if out.format == "turtle" else report.to_text(session.lang)
    out.write([text])
    if out.format != "text" or out.path:
        tell(", ".join(f"{level}: {count}" for level, count in report.counts().items()))
    if faulty:
        # What can be read was checked and is told; this is told last, and decides the status.
        raise together(faulty)
    if contradictions:
        raise contradictions[0]
    if not report.conforms(fail_on):
        raise click.exceptions.Exit(1)


@click.command(cls=Command, epilog=examples("fmt --check", "fmt --diff"))
@click.argument("files", nargs=-1, type=PATH)
@click.option("--check", is_flag=True, help="Change nothing; list files that would change and end with status 1.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
def fmt(files: tuple[str, ...], check: bool, diff: bool) -> None:
    """Put Turtle files into canonical form.

    By default those of the data and vocabularies in a checkout.
    """
    paths = list(files) or Bundle.default().formatted()
    changed = []
    for path in paths:
        before, after = turtle_files.formatted(path)
        if before != after:
            changed.append(path)
            if diff:
                lines = unified_diff(before.splitlines(), after.splitlines(), path, path, lineterm="")
                deliver(f"{line}\n" for line in lines)
            elif check:
                deliver([f"{path}\n"])
            else:
                deliver([after], path)
    verb = "would change" if check or diff else "changed"
    tell(f"{len(paths)} files, {len(changed)} {verb}.")
    if check and changed:
        raise click.exceptions.Exit(1)


@click.command(
    cls=Command,
    epilog=examples(
        "new resolution A/RES/81/9 --date 2026-11-18 --area peacekeeping --mode recorded-vote --votes 67-8-69",
        "new memorandum UNDP --date 2027-03 --place Moscow --area disasters",
    ),
)
@click.argument("kind")
@click.argument("name", metavar="SYMBOL|NAME")
@click.option("--date", metavar="DATE", help="Day, month or year of the adoption or signing.")
@click.option("--area", multiple=True, shell_complete=things("vocab:area"), metavar="AREA", help="An area it names.")
@click.option(
    "--party", multiple=True, shell_complete=things(), metavar="THING", help="A side of an agreed instrument."
)
@click.option("--place", shell_complete=things("coop:Place"), metavar="PLACE", help="Where it happened.")
@click.option("--mode", metavar="MODE", help="How it was adopted, such as without-a-vote.")
@click.option("--votes", metavar="FOR-AGAINST-ABSTAINED", help="Votes, such as 67-8-69.")
@click.option("--session", "session_", type=click.IntRange(min=1), metavar="N", help="Session of the adopting body.")
@click.option("--meeting", metavar="TEXT", help="Meeting of the session.")
@click.option("--like", shell_complete=things(), metavar="THING", help="The thing to take as a pattern.")
@click.option("--label", metavar="TEXT", help="Its label in English.")
@click.option("--label-ru", metavar="TEXT", help="Its label in Russian.")
@click.option("--source-url", metavar="URL", help="Page that states it.")
@click.option("--publisher", shell_complete=things("coop:Publisher"), metavar="THING",
              help="Publisher of the page.")  # fmt: skip
@click.option("--statement", metavar="TEXT", help="What the page states, in your words, in English.")
@click.option("--statement-ru", metavar="TEXT", help="The same in Russian.")
@output_option
@pass_session
def new(session: Session, /, kind: str, name: str, session_: int | None, output: str | None, **given: Any) -> None:
    """Print Turtle for the next resolution, memorandum…

    What is not given is taken over from the latest thing of the same line or class.
    """
    draft = templates.draft(session.graph, templates.TemplateOptions(kind=kind, name=name, session=session_, **given))
    deliver([turtle.write(draft.triples)], output)
    for line in draft.remarks:
        tell(line)


@click.command(cls=Command, epilog=examples("export -f turtle --what ontology", "export --as-of 2013 -o graph.jsonld"))
@writes(*formats.GRAPHS)
@click.option("--what", default="all", show_default=True, metavar="PART",
              help="One of all, data, ontology, claims, derived, shapes, queries.")  # fmt: skip
@click.option("--as-of", metavar="DATE", help="Only what had happened and surely held by then.")
@click.option("--possible", is_flag=True, help="With --as-of: also what may have happened or held.")
@pass_session
def export(session: Session, what: str, as_of: str | None, possible: bool, out: Destination) -> None:
    """Write the graph, or a part of it."""
    if possible and as_of is None:
        raise click.UsageError("--possible goes with --as-of.")
    out.write(export_.export(session.graph, out.format, what=what, as_of=as_of, possible=possible))


@click.command(
    cls=Command,
    epilog=examples(
        "publish --endpoint https://example.org/query --dry-run",
        "publish --endpoint https://example.org/query --store https://example.org/store",
    ),
)
@click.option("--endpoint", metavar="URL", help="Where the server answers SPARQL queries.")
@click.option("--store", metavar="URL", help="Its address for the Graph Store Protocol. By default guessed and said.")
@click.option("--dry-run", is_flag=True, help="Write nothing; count what would change.")
@click.option("--statements", is_flag=True, help="With --dry-run: list the statements that would change.")
@writes(*formats.TABLES, "diff")
@pass_session
def publish(
    session: Session, endpoint: str | None, store: str | None, dry_run: bool, statements: bool, out: Destination
) -> None:
    """Load the graph into a server, in the place of what it has of it.

    Only the named graphs of the project are replaced. Afterwards they are read back and compared. A name and password
    are taken from CSTO_GRAPH_USER and CSTO_GRAPH_PASSWORD, a token from CSTO_GRAPH_TOKEN, or from a netrc file.
    """
    from ..share.publish import Publication  # and with it what speaks HTTP

    address = endpoint or session.endpoint
    if address is None:
        raise click.UsageError("Name the server: --endpoint URL.")
    if (statements or out.format == "diff") and not dry_run:
        raise click.UsageError("--statements and -f diff go with --dry-run.")
    session.endpoint = None
    publication = Publication(session.graph, address, store)
    if store is None:
        tell(f"The graph store is taken to be {publication.store}; --store names another.")
    if out.format == "diff":
        out.write(f"{sign} {line}\n" for _, sign, line in publication.difference())
        return
    if statements:
        out.write_values(["graph", "change", "statement"], publication.difference())
        return
    columns = ["graph", "state", "before", "after", *(["added", "removed"] if dry_run else [])]
    changes = publication.changes() if dry_run else publication.publish(lambda graph: tell(f"Writing {graph}"))
    out.write_values(columns, ([getattr(change, column) for column in columns] for change in changes))


COMMANDS: Mapping[str, click.Command] = {
    "validate": validate, "fmt": fmt, "new": new, "export": export, "publish": publish
}  # fmt: skip
