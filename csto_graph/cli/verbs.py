"""Verbs that ask: things, proofs, sources, answers to SPARQL and to the queries that have a verb of their own."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from pyoxigraph import Literal, NamedNode, Triple

from .. import errors, files
from ..check import sources as sources_
from ..describe import absence, claims, proof
from ..describe import schema as schema_
from ..describe.thing import thing_document, thing_text
from ..names import BASE, PREFIXES, curie, iri
from ..rdf import formats, turtle
from ..sparql.catalog import Query, check, read_query, words_of
from ..sparql.text import mentioned_iris
from ..store.engine import Limits
from ..text import filled, to_json
from ..words import word
from . import options
from .options import PATH, Command, Destination, Group, NothingError, Session, examples, pass_session, things, writes
from .progress import deliver, tell
from .queries import QueryCommand, cell_of, explain, query_document, query_list, query_text

if TYPE_CHECKING:
    from ..graph import KnowledgeGraph
    from ..sparql.results import Row

_LONGEST = 1024 * 1024  # bytes of a query


# --- queries --------------------------------------------------------------------------------------------------------


@click.command(cls=Command, epilog=examples("queries --tag time", "queries instruments"))
@click.argument("name", required=False, shell_complete=options.query_names)
@click.option("--tag", help="Only queries with this tag.")
@click.option("--check", is_flag=True, help="Check the query files by the house rules; status 1 where one is broken.")
@writes("text", *formats.TABLES)
@pass_session
def queries(session: Session, name: str | None, tag: str | None, check: bool, out: Destination) -> None:
    """List the canned queries, or explain one."""
    if check:
        _check_queries(session, name)
        return
    language = session.lang
    if name is not None:
        query = session.catalog[name]
        if out.format not in ("text", "json"):
            raise errors.UnknownName("format", out.format, hint="One query is shown as text or json.")
        document = [to_json(query_document(query))]
        out.write(document if out.format == "json" else query_text(query, language, out.width))
        return
    found = [query for query in session.catalog if tag is None or tag in query.tags]
    if not found:
        tags = sorted({word for query in session.catalog for word in query.tags})
        raise errors.UnknownName("tag", str(tag), hint=f"Tags are {', '.join(tags)}.")
    if out.format == "text":
        out.write(query_list(found, language, out.width))
        return
    rows = (
        (query.name, words_of(query.title, language), words_of(query.question, language), ", ".join(query.tags))
        for query in found
    )
    out.write_values(["name", "title", "question", "tags"], rows)


def _check_queries(session: Session, name: str | None) -> None:
    """Check all queries, one of them, or a file."""

    def undescribed(query: Query) -> Iterator[str]:
        for term in sorted(mentioned_iris(query.body)):
            if term.startswith(BASE) and not term.endswith(("/", "#")) and not session.graph.lookup.exists(term):
                yield f"{curie(term)} is described nowhere; check its spelling"

    if name is None:
        findings, count = session.catalog.check(more=(undescribed,)), len(session.catalog)
    else:
        query = read_query(name).vetted() if name.endswith(".rq") else session.catalog[name]
        findings, count = check(query, more=(undescribed,)), 1
    deliver(f"{finding}\n" for finding in findings)
    tell(f"{count} {'query' if count == 1 else 'queries'}, {len(findings)} findings.")
    if findings:
        raise click.exceptions.Exit(1)


def _timeline(_: KnowledgeGraph, rows: Sequence[Row], language: str, width: int) -> Iterator[str]:
    """The rows of the timeline as lines: date, event, place, and whether it is only possible or disputed."""
    room = max((len(str(row["date"] or "")) for row in rows), default=0)
    for row in rows:
        remarks = [word("possible", language)] if row["certainty"] == "possible" else []
        remarks += [word("disputed", language)] if row["disputed"] else []
        place = f" — {row['place']}" if row["place"] else ""
        remark = f" ({', '.join(remarks)})" if remarks else ""
        date = str(row["date"] or "").ljust(room) + "  " * bool(room)
        yield filled(f"{row['event']}{place}{remark}", width, date)


def _conflicts(graph: KnowledgeGraph, rows: Sequence[Row], language: str, width: int) -> Iterator[str]:
    """Each conflict of the rows with both sides, decision and reason."""
    return claims.conflicts_text(graph, list(dict.fromkeys(row["conflict"].iri for row in rows)), language, width)


timeline = QueryCommand("timeline", teller=_timeline, short_help="What happened, in order.")


class ConflictsCommand(QueryCommand):
    """The query of conflicts, and those that nobody has written down yet."""

    def ask(self, /, *, candidates: bool = False, **given: Any) -> None:
        """Ask the query, or look for candidates."""
        if not candidates:
            super().ask(**given)
            return
        from ..check import candidates as candidates_

        session = Session.of(click.get_current_context())
        out = Destination.of(given.get("format"), given.get("output"), ("turtle", "json"))
        found = candidates_.find(session.graph)
        if out.format == "json":
            out.write([to_json(candidates_.document(session.graph, found, session.lang))])
        elif found:
            out.write([candidates_.text(session.graph, found, session.lang)])
        tell(f"{len(found)} candidate{'' if len(found) == 1 else 's'}.")
        if not found and given.get("fail_empty"):
            raise click.exceptions.Exit(1)


conflicts = ConflictsCommand(
    "conflicts",
    teller=_conflicts,
    more=[click.Option(["--candidates"], is_flag=True, help=(
        "Claims that disagree and that no conflict joins, as blocks to decide them; -f is then turtle or json."
    ))],
    short_help="Where sources disagree, what was decided and why.",
)  # fmt: skip


# --- SPARQL ---------------------------------------------------------------------------------------------------------


@click.command(
    cls=Command,
    epilog=examples('sparql "SELECT ?x WHERE { ?x a coop:Memorandum }"',
                    'sparql "DESCRIBE organization:unodc" -f jsonld'),
)  # fmt: skip
@click.argument("text", metavar="TEXT|FILE|-")
@options.format_option(*formats.TABLES, *formats.GRAPHS, default="table for rows, turtle for a graph")
@options.output_option
@options.limit_option
@options.timeout_option(10.0)
@options.ids_option
@options.why_option
@pass_session
def sparql(
    session: Session, text: str, format: str | None, output: str | None, limit: int | None, timeout: float, ids: bool,
    why: str | None,
) -> None:  # fmt: skip
    """Answer any SPARQL 1.1 query, read-only.

    The project's prefixes are known. The query is the argument itself, a file of that name, or standard input (-).
    """
    cell = None if why is None else cell_of(why)
    # A name that is none is refused before the work.
    out = Destination.of(format, output, proof.FORMATS if cell else (*formats.TABLES, *formats.GRAPHS))
    answer = session.graph.sparql(_query_text(text), limits=Limits(seconds=timeout, rows=limit, cut=True))
    if cell:
        explain(session.graph.table(answer).why(*cell), session, out)
        return
    try:
        out = Destination.of(format, output, formats.GRAPHS if answer.kind == "graph" else formats.TABLES)
    except errors.UnknownName as error:
        what = "a graph" if answer.kind == "graph" else "a table or a truth value"
        hint = f"It is {what}. {error.hint}"
        raise errors.UnknownName("such format for this answer:", error.name, hint=hint) from None
    if answer.kind == "boolean":
        out.write(formats.write_boolean(bool(answer.boolean), out.format))
    elif answer.kind == "graph":
        out.write(formats.write_graph(answer.triples, out.format, context=session.graph.bundle.context_for(out.format)))
    else:
        table = session.graph.table(answer, label=curie if ids else None)
        out.write_table(table.columns, table.cells())
    if answer.cut:
        tell(f"Cut at {limit}; there is more.")


def _query_text(text: str) -> str:
    """The query itself, or what a file or standard input holds.

    Raises:
        errors.InputError: The file cannot be read or is not UTF-8.
        errors.LimitReached: It is too long.
    """
    if len(text) > 1000 or set(text) & set("{}\n"):
        return text
    if text != "-" and not os.path.exists(text) and not text.endswith((".rq", ".sparql")):
        return text
    return files.read_text("/dev/stdin" if text == "-" else text, most=_LONGEST).removeprefix("\ufeff")


# --- things ---------------------------------------------------------------------------------------------------------


@click.command(cls=Command, epilog=examples("find UNODC", "find memorandum --of coop:Memorandum"))
@click.argument("words", nargs=-1, required=True, shell_complete=things())
@click.option("--of", metavar="CLASS", shell_complete=things("owl:Class"), help="Only things of this class.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="How many.")
@writes(*formats.TABLES)
@pass_session
def find(session: Session, words: tuple[str, ...], of: str | None, limit: int, out: Destination) -> None:
    """Find things by name, symbol or misnomer.

    Identifiers come first, then acronyms, labels and misnomers, in any language.
    """
    graph, text = session.graph, " ".join(words)
    kind = None if of is None else curie(graph.lookup.resolve(of, of="owl:Class", parameter="of"))
    found = graph.find(text, of=kind, limit=limit)
    if not found:
        near = graph.lookup.near(text, of=kind)
        raise NothingError(f"Nothing is called '{text}'.", hint=f"Did you mean {' or '.join(near)}?" if near else "")
    rows = []
    for match in found:
        classes = list(graph.types(match.iri))
        class_ = graph.reference(classes[0], session.lang) if classes else None
        thing = graph.reference(match.iri, session.lang)
        rows.append((thing, thing["curie"], class_, match.text, match.role))
    out.write_values(["thing", "curie", "class", "name", "as"], rows)


@click.command(cls=Command, epilog=examples("show A/RES/71/12", "--lang ru show UNODC -f json"))
@click.argument("words", metavar="THING", nargs=-1, required=True, shell_complete=things())
@writes("text", "json", "turtle", "jsonld")
@pass_session
def show(session: Session, words: tuple[str, ...], out: Destination) -> None:
    """Tell what is known of one thing.

    Names, facts, dates, the claims and passages behind each, conflicts, what points to it, how to cite it.
    """
    graph = session.graph
    thing = graph[" ".join(words)]
    if out.format in ("turtle", "jsonld"):
        node = graph.iri(thing.iri)
        triples = [Triple(node, graph.iri(key), value) for key, value, _ in graph.statements(thing.iri)]
        out.write(formats.write_graph(triples, out.format, context=session.graph.bundle.context_for(out.format)))
        return
    document = thing_document(graph, thing.iri, session.lang)
    out.write([to_json(document)] if out.format == "json" else thing_text(document, session.lang, out.width))


@click.command(
    cls=Command,
    epilog=examples("why UNODC org:transitiveSubOrganizationOf",
                    "why --not event:signing-protocol-unodc date 2006-03-05"),
)  # fmt: skip
@click.argument("thing", shell_complete=things())
@click.argument("property", required=False, shell_complete=things("owl:ObjectProperty"))
@click.argument("value", required=False)
@click.option("--not", "absent", is_flag=True, help="Why it does not hold: what is missing, what is said instead.")
@options.reading_option
@writes(*proof.FORMATS)
@pass_session
def why(
    session: Session, thing: str, property: str | None, value: str | None, absent: bool, reading: str, out: Destination
) -> None:
    """Tell why the graph says so: the proof, the claims and the passages.

    Of a thing each statement in short; of a PROPERTY each value, of a VALUE that one with its whole proof. Status 1
    where it does not hold; with --not, where it does.
    """
    graph = session.graph
    if absent and (property is None or value is None):
        raise click.UsageError("--not goes with THING PROPERTY VALUE.")
    if absent:
        out = Destination.of(out.format, out.path, absence.FORMATS)
        lack = graph.why_not(thing, str(property), str(value), reading=reading)
        if not lack.holds:
            explain(lack, session, out)
            return
    found = graph.why(thing, property, value, reading=reading)
    if not found:
        asked = " ".join(filter(None, (thing, property, value)))
        hint = "'csto-graph why --not THING PROPERTY VALUE' tells what is missing."
        raise NothingError(f"Nothing in the graph says '{asked}'.", hint=hint)
    explain(found, session, out)
    if absent:
        tell("It holds.")
        raise click.exceptions.Exit(1)


@click.command(cls=Command, epilog=examples("stats", "stats -f json"))
@writes(*formats.TABLES)
@pass_session
def stats(session: Session, out: Destination) -> None:
    """Count what is inside."""
    out.write_values(["group", "what", "count"], _counts(session.graph, session.lang))


def _counts(graph: KnowledgeGraph, language: str) -> list[tuple[str, object, int]]:
    """What is inside: group, thing or word, and number, in a fixed order."""
    classes, graphs, labels, verdicts = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    kind, preferred, verdict = iri("rdf:type"), iri("skos:prefLabel"), iri("coop:corroboration")
    for quad in graph.quads():
        key, value = quad.predicate.value, quad.object
        place = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
        graphs[place] += 1
        if isinstance(value, Literal) and key == preferred:
            labels[value.language or ""] += 1
        elif isinstance(value, NamedNode) and key == kind and place != iri("graph:derived"):
            classes[value.value] += 1
        elif isinstance(value, NamedNode) and key == verdict:
            verdicts[value.value] += 1
    schema = tuple(PREFIXES[prefix] for prefix in ("owl", "rdfs", "rdf"))
    ours = {key: count for key, count in classes.items() if not key.startswith(schema)}
    rows: list[tuple[str, object, int]] = [("graph", curie(key), graphs[key]) for key in sorted(graphs)]
    most = sorted(ours, key=lambda key: (-ours[key], key))
    rows += [("class", graph.reference(key, language), ours[key]) for key in most]
    rows += [("labels", key, labels[key]) for key in sorted(labels)]
    return rows + [("corroboration", graph.reference(key, language), verdicts[key]) for key in sorted(verdicts)]


@click.command(cls=Command, epilog=examples("schema", "schema coop:Resolution -f markdown"))
@click.argument("class_", metavar="CLASS", required=False, shell_complete=things("owl:Class"))
@writes(*schema_.FORMATS)
@pass_session
def schema(session: Session, class_: str | None, out: Destination) -> None:
    """Tell what SPARQL can ask of: classes and properties.

    Counted in the graph, and short enough for a prompt. Of a CLASS each property has an example. As turtle they are
    partitions of VoID.
    """
    graph = session.graph
    name = class_ and (iri(class_) if ":" in class_ else graph.resolve(class_, of="owl:Class", parameter="class"))
    found = schema_.document(graph, name, session.lang)
    if out.format == "json":
        out.write([to_json(found)])
    elif out.format == "turtle":
        out.write(formats.write_graph(schema_.partitions(found), out.format))
    else:
        out.write(schema_.text(found, session.lang, markdown=out.format == "markdown"))


def welcome(session: Session) -> Iterator[str]:
    """What is inside, and what to try: where no verb was given."""
    rows = _counts(session.graph, session.lang)
    total = sum(count for group, _, count in rows if group == "graph")
    classes = [(value, count) for group, value, count in rows if group == "class" and isinstance(value, dict)]
    yield word("inside", session.lang, total, len(session.catalog)) + "\n\n"
    for value, count in classes[:12]:
        yield f"  {count:>6}  {value['label']}\n"
    rest = sum(count for _, count in classes[12:])
    yield f"  {rest:>6}  {word('others', session.lang)}\n\n{word('try', session.lang)}:\n"
    for line in ("run instruments --partner UNODC", "show A/RES/71/12", "conflicts"):
        yield f"  csto-graph {line}\n"


# --- sources --------------------------------------------------------------------------------------------------------

_source_option = click.option(
    "--source", shell_complete=things("coop:PinnedSource"), metavar="SOURCE",
    help="Its source; by default the one that fits.",
)  # fmt: skip


@click.group(cls=Group, invoke_without_command=True, epilog=examples("sources", "sources -f csv -o sources.csv"))
@writes(*formats.TABLES)
@click.pass_context
def sources(context: click.Context, out: Destination) -> None:
    """List the sources; verify and cite texts of pinned ones."""
    if context.invoked_subcommand is not None:
        return
    session = Session.of(context)
    out.write_values(sources_.COLUMNS, sources_.listed(session.graph, session.lang))
    for cover in sources_.coverage(session.graph):
        tell(f"{curie(cover.source)}: " + sources_.shares(cover, session.lang))


def _source(session: Session, given: str | None) -> str | None:
    """The pinned source that was named."""
    return given and session.graph.lookup.resolve(given, of="coop:PinnedSource", parameter="source")


@sources.command(epilog=examples("sources verify about-csto-cooperation-with-the-un.txt",
                                 "sources verify page.txt -f csv"))  # fmt: skip
@click.argument("file", type=PATH)
@_source_option
@writes(*formats.TABLES)
@pass_session
def verify(session: Session, file: str, source: str | None, out: Destination) -> None:
    """Find each passage of a pinned source in a text you have: found, moved or missing."""
    checks = sources_.verify(session.graph, files.read_text(file), _source(session, source))
    rows = (
        (curie(check.passage.iri), check.passage.role, check.state, check.passage.start, check.start)
        for check in checks
    )
    out.write_values(["passage", "role", "state", "expected", "found"], rows)
    counts = {state: sum(check.state == state for check in checks) for state in ("found", "moved", "missing")}
    tell(", ".join(f"{count} {state}" for state, count in counts.items()) + ".")
    if counts["missing"]:
        raise click.exceptions.Exit(1)


@sources.command(epilog=examples('sources cite page.txt "words as they stand"',
                                 'sources cite page.txt "other words" -o passage.ttl'))  # fmt: skip
@click.argument("file", type=PATH)
@click.argument("words", nargs=-1, required=True)
@_source_option
@options.output_option
@pass_session
def cite(session: Session, file: str, words: tuple[str, ...], source: str | None, output: str | None) -> None:
    """Print the Turtle of a new passage: where the words stand in the text of a pinned source."""
    triples = sources_.cite(session.graph, files.read_text(file), " ".join(words), _source(session, source))
    deliver([turtle.write(triples)], output)


COMMANDS: Mapping[str, click.Command] = {
    "queries": queries, "timeline": timeline, "conflicts": conflicts, "sparql": sparql, "find": find, "show": show,
    "why": why, "schema": schema, "stats": stats, "sources": sources,
}  # fmt: skip
