"""The verbs: they ask SPARQL, things, proofs and sources, check data, make new ones, and take the graph elsewhere."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterable
from typing import Any

import click
from pyoxigraph import Literal, NamedNode, Triple

from .. import errors, files
from ..check import sources as sources_
from ..describe import proof, render
from ..describe import schema as schema_
from ..describe.thing import ASIDE, FOUND, found_rows, thing_document
from ..files import read_text
from ..loading import inputs
from ..names import curie, iri, to_json, word
from ..rdf import formats, turtle
from ..store.engine import Limits
from .main import Group, NothingError, Out, Session, tell, tell_others, verb
from .queries import cell_of

# --- SPARQL ---------------------------------------------------------------------------------------------------------


@verb(formats=(*formats.TABLES, *formats.GRAPHS))
def sparql(
    session: Session, text: str, limit: int | None, timeout: float, ids: bool, why: str | None, out: Out
) -> None:
    """Answer any SPARQL 1.1 query, read-only.

    The project's prefixes are known. The query is the argument itself, a file of that name, or standard input (-).

    Examples:
        sparql "SELECT ?x WHERE { ?x a coop:Memorandum }"
        sparql "DESCRIBE organization:unodc" -f jsonld
    """
    graph = session.graph
    named = text == "-" or text.endswith((".rq", ".sparql")) or os.path.exists(text[:1000])
    if named and not set(text) & set("{}\n"):
        text = files.read_text("/dev/stdin" if text == "-" else text, most=1024**2).removeprefix("\ufeff")
    with warnings.catch_warnings(record=True, action="always", category=errors.DoubtWarning) as doubts:
        answer = graph.sparql(text, limits=Limits(seconds=timeout, rows=limit, cut=True))
    tell("\n".join(str(doubt.message) for doubt in doubts))
    table = graph.table(answer, label=curie if ids else None)
    if why is not None:
        out.explain(table.why(*cell_of(why, table.columns, session.lang)))
    elif answer.kind == "graph":
        _write_graph(session, answer.triples, out.among(formats.GRAPHS))
    elif answer.kind == "boolean":
        out.among(formats.TABLES).write(formats.write_boolean(bool(answer.boolean), out.format))
    else:
        out.among(formats.TABLES).table(table.columns, table.cells)
    if answer.cut:
        tell(f"Cut at {limit}; there is more.")


def _write_graph(session: Session, triples: Iterable[Triple], out: Out) -> None:
    out.write(formats.write_graph(triples, out.format, context=session.graph.bundle.context_for(out.format)))


# --- things ---------------------------------------------------------------------------------------------------------


@verb(formats=formats.TABLES)
def find(session: Session, words: tuple[str, ...], of: str | None, limit: int, out: Out) -> None:
    """Find things by name, symbol or misnomer.

    Identifiers come first, then acronyms, labels and misnomers, in any language.

    Examples:
        find UNODC
        find memorandum --of coop:Memorandum
    """
    graph, text = session.graph, " ".join(words)
    kind = of and curie(graph.resolve(of, of="owl:Class", parameter="of"))
    found = graph.find(text, of=kind, limit=limit)
    if not found:
        hint = errors.meant(graph.lookup.near(text, of=kind))
        hint = hint or "Fewer words, or others, may find it, in English or Russian."
        raise NothingError(f"Nothing is called '{text}'.", hint=hint)
    out.table(FOUND, formats.plain_cells(found_rows(graph, found)), ["as"])


@verb(formats=("text", "json", "turtle", "jsonld"))
def show(session: Session, words: tuple[str, ...], full: bool, out: Out) -> None:
    """Tell what is known of one thing.

    In one screen for a note: what it is, when and where, who signed, its status, what is disputed, the best sources.

    Examples:
        show A/RES/71/12 --full
        --lang ru show UNODC -f json
    """
    graph, language = session.graph, session.lang
    thing = graph[" ".join(words)].iri
    tell_others(session, " ".join(words))
    if out.format in formats.GRAPHS:
        _write_graph(session, graph.description(thing), out)
        return
    document = thing_document(graph, thing, language)
    full = full or curie(thing).partition(":")[0] in ("claim", "conflict", "passage")  # they are what they say
    text = render.thing_text(document, language, out.width, full=full)
    out.write(to_json(document) if out.format == "json" else text)
    if out.format == "text" and not full:
        tell(word("show-all", language, render.searched_text(graph.searched(), language)))


@verb(formats=proof.FORMATS)
def why(
    session: Session, thing: str, property: str | None, value: str | None, absent: bool, reading: str, out: Out
) -> bool:
    """Tell why the graph says so: the proof, the claims and the passages.

    Of a thing each statement in short; of a PROPERTY each value, of a VALUE that one with its whole proof. Status 1
    where it does not hold; with --not, where it does.

    Examples:
        why UNODC org:transitiveSubOrganizationOf
        why --not event:signing-protocol-unodc date 2006-03-05
    """
    graph = session.graph
    tell_others(session, thing)
    if absent and (property is None or value is None):
        raise click.UsageError("--not goes with THING PROPERTY VALUE.")
    if absent and not (lack := graph.why_not(thing, str(property), value, reading=reading)).holds:
        out.among(proof.FORMATS[:2]).explain(lack)
        return True
    found = graph.why(thing, property, value, reading=reading)
    if not found:
        asked = " ".join(filter(None, (thing, property, value)))
        hint = "'csto-graph why --not THING PROPERTY VALUE' tells what is missing."
        if value is None:
            known = sorted({graph.label(name) for name in schema_.properties_of(graph, found.thing) - ASIDE})
            hint = f"What is known of it: {', '.join(known)}." if known else ""
        tell(render.searched_text(graph.searched(), session.lang))
        raise NothingError(f"Nothing in the graph says '{asked}'.", hint=hint)
    out.explain(found)
    if absent:
        tell("It holds.")
    return not absent


@verb(formats=schema_.FORMATS)
def schema(session: Session, class_: str | None, examples: bool, out: Out) -> None:
    """Tell what SPARQL can ask of: classes and properties.

    Counted in the graph, and short enough for a prompt. Of a CLASS each property has an example. As turtle they are
    partitions of VoID.

    Examples:
        schema
        schema coop:Resolution -f markdown
    """
    graph = session.graph
    if examples and class_:
        raise click.UsageError("--examples goes without CLASS.")
    if examples:
        found = schema_.examples(graph.bundle.queries)
        out.among(["text"]).write(f"# {one.question[session.lang]}\n{one.text}\n" for one in found)
        return
    name = class_ and (iri(class_) if ":" in class_ else graph.resolve(class_, of="owl:Class", parameter="class"))
    document = schema_.document(graph, name, session.lang)
    text = schema_.text(document, session.lang, markdown=out.format == "markdown")
    if out.format == "turtle":
        _write_graph(session, schema_.partitions(document), out)
    else:
        out.write(to_json(document) if out.format == "json" else text)


@verb(formats=formats.TABLES)
def stats(session: Session, out: Out) -> None:
    """Count what is inside.

    Examples:
        stats
        stats -f json
    """
    graph, label = session.graph, NamedNode(iri("skos:prefLabel"))
    graphs = Counter(curie(getattr(quad.graph_name, "value", "")) for quad in graph.quads())
    names = (quad.object for quad in graph.engine().match(None, label, None))
    labels = Counter(name.language or "" for name in names if isinstance(name, Literal))
    rows: list[tuple[object, ...]] = [("graph", *one) for one in sorted(graphs.items())]
    largest_first = sorted(schema_.sizes(graph).items(), key=lambda pair: (-pair[1], pair[0]))
    rows += [("class", graph.reference(name), count) for name, count in largest_first]
    rows += [("labels", *one) for one in sorted(labels.items())]
    out.table(["group", "what", "count"], formats.plain_cells(rows), ["group"])


# --- sources --------------------------------------------------------------------------------------------------------


@verb(cls=Group, invoke_without_command=True, formats=formats.TABLES)
def sources(session: Session, out: Out) -> None:
    """List the sources; verify and cite texts of pinned ones.

    Examples:
        sources
        sources -f csv -o sources.csv
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    out.table(sources_.COLUMNS, formats.plain_cells(sources_.listed(session.graph, session.lang)))
    for cover in sources_.coverage(session.graph):
        tell(f"{curie(cover.source)}: " + sources_.shares(cover, session.lang))


@verb(of=sources, formats=formats.TABLES)
def verify(session: Session, file: str, source: str | None, out: Out) -> bool:
    """Find each passage of a pinned source in a text you have: found, moved or missing.

    Examples:
        sources verify about-csto-cooperation-with-the-un.txt
        sources verify page.txt -f csv
    """
    named = source and session.graph.resolve(source, of="coop:PinnedSource", parameter="source")
    checks = sources_.verify(session.graph, files.read_text(file), named)
    rows = ((curie(one.passage.iri), one.passage.role, one.state, one.passage.start, one.start) for one in checks)
    out.table(["passage", "role", "state", "expected", "found"], formats.plain_cells(rows), ["state"])
    counts = Counter(check.state for check in checks)
    tell(", ".join(f"{counts[state]} {state}" for state in ("found", "moved", "missing")) + ".")
    return not counts["missing"]


@verb(of=sources, formats=())
def cite(session: Session, file: str, words: tuple[str, ...], source: str | None, out: Out) -> None:
    """Print the Turtle of a new passage: where the words stand in the text of a pinned source.

    Examples:
        sources cite page.txt "words as they stand"
        sources cite page.txt "other words" -o passage.ttl
    """
    named = source and session.graph.resolve(source, of="coop:PinnedSource", parameter="source")
    out.write(turtle.write(sources_.cite(session.graph, files.read_text(file), " ".join(words), named)))


# --- data -----------------------------------------------------------------------------------------------------------


@verb(formats=("text", "json", "sarif", "turtle"))
def validate(session: Session, files: tuple[str, ...], fail_on: Any, engine: str, out: Out) -> bool:
    """Check the graph by SHACL and the house rules.

    Files, folders and patterns that are named are checked together with it. One that cannot be read is told with line
    and column and ends in status 3; the others are checked. Statements that contradict each other are checked all the
    same, and the contradiction is told.

    Examples:
        validate
        validate -f sarif -o findings.sarif
    """
    given, problems = (*session.options["data"], *files), list[errors.GraphError]()
    report = session.load(data=()).validate(given, problems=problems, engine=engine)
    for warning in report.warnings:
        tell(f"warning: {warning}")
    write = getattr(report, f"to_{out.format}")
    out.write(write(session.lang) if out.format in ("text", "sarif") else write())
    if out.format != "text" or out.path:
        tell(", ".join(f"{level}: {count}" for level, count in report.counts().items()))
    if any(finding.shape == iri("shape:Supported") for finding in report):
        tell(word("taken-over", session.lang), session.lang)
    if problems:
        raise inputs.together(problems)  # they are told last, and decide the status
    return report.conforms(fail_on)


@verb()
def fmt(_: Session, files: tuple[str, ...], check: bool) -> bool:
    """Put Turtle files into canonical form.

    By default those of the data and vocabularies in a checkout.

    Examples:
        fmt --check
        fmt own.ttl
    """
    paths, changed = files or inputs.Bundle().formatted(), 0
    for path in paths:
        before = read_text(path, most=1024**3)
        if (after := turtle.format(before, path=path)) != before:
            changed += 1
            Out(None if check else path).write(f"{path}\n" if check else after)
    tell(f"{len(paths)} files, {changed} {'would change' if check else 'changed'}.")
    return not (check and changed)


@verb(formats=())
def new(session: Session, /, kind: str, name: str, write: str | None, out: Out, **given: Any) -> None:
    """Make the next resolution, memorandum, body, person, claim…

    Printed as Turtle, or with --write put where it belongs. What is not given is taken over from the latest document
    of the same line or class. KIND may also be organization, body, person, post, place, mechanism, event, publisher,
    source; or claim or correction, whose NAME is what they are about.

    Examples:
        new resolution A/RES/81/9 --date 2026-11-18 --area peacekeeping --mode recorded-vote --votes 67-8-69
        new correction A/RES/71/12 --date 2016-11-19 --source-url https://press.un.org/en/2016/x --publisher un
    """
    from ..share import templates  # and with it what checks

    root, data = inputs.Bundle().root, session.options["data"]
    folder = write or next(iter(data), "" if root.endswith("_bundle") else root)
    if write is not None and not folder:
        raise click.UsageError("Name a folder: --write FOLDER.")
    # What stands in the folder, or the file, is known, too.
    more = bool(write) and os.path.exists(folder) and not os.path.samefile(folder, root)
    graph = session.load(data=(*data, folder)) if more and inputs.files([folder], faulty=[]) else session.graph
    draft = templates.draft(graph, kind, name, given)
    if write is None:
        out.write(turtle.write(draft.triples))
        near = {node: path.removeprefix(os.path.join(root, "")) for node, path in draft.homes.items()}
        places = [f"{path or 'a file of your choice'}: {curie(node)}" for node, path in near.items()]
    else:
        places = templates.write(graph, draft, folder)
    tell("\n".join([*draft.remarks, *places]))


@verb(formats=formats.GRAPHS)
def export(session: Session, what: str, as_of: str | None, possible: bool, out: Out) -> None:
    """Write the graph, or a part of it.

    Examples:
        export -f turtle --what ontology
        export --as-of 2013 -o graph.jsonld
    """
    if possible and as_of is None:
        raise click.UsageError("--possible goes with --as-of.")
    from ..share.export import export as exported  # and with it what speaks HTTP

    out.write(exported(session.graph, out.format, what=what, as_of=as_of, possible=possible))


@verb(formats=formats.TABLES)
def publish(session: Session, endpoint: str | None, store: str | None, dry_run: bool, out: Out) -> None:
    """Load the graph into a server, in the place of what it has of it.

    Only the named graphs of the project are replaced. Afterwards they are read back and compared. A name and password
    are taken from CSTO_GRAPH_USER and CSTO_GRAPH_PASSWORD, a token from CSTO_GRAPH_TOKEN.

    Examples:
        publish --endpoint https://example.org/query --dry-run
        publish --endpoint https://example.org/query --store https://example.org/store
    """
    from ..share import export

    address = endpoint or session.options["endpoint"]
    if address is None:
        raise click.UsageError("Name the server: --endpoint URL.")
    graph = session.load(endpoint=None)
    if store is None:
        store = export.store_of(address)
        tell(f"The graph store is taken to be {store}; --store names another.")
    changes = export.publish(graph, address, store, lambda name: tell(f"Writing {name}"), dry_run=dry_run)
    out.table(export.Change._fields, formats.plain_cells(changes), ["state"])


@verb()
def serve(
    session: Session, host: str, port: int, names: tuple[str, ...], base: str, redirects: bool, browser: bool,
    timeout: float, log_queries: bool,
) -> None:  # fmt: skip
    """Serve the graph on the web: SPARQL, linked data, pages.

    Read-only. It listens on this machine alone unless another --host is named, and ends with SIGTERM or Ctrl-C.

    Examples:
        serve
        serve --port 8080 --open
    """
    try:
        from ..web.app import serve as run
        from ..web.linked import redirect_rules
        from ..web.site import Settings, public
    except ImportError:
        raise errors.MissingExtra("csto-graph[web]", "The server") from None
    address, name = public(base) if base else ("", "")
    if redirects and not address:
        raise click.UsageError("--redirects goes with --base URL.")
    if redirects:
        Out().write(redirect_rules(address))
        return
    hosts = tuple(dict.fromkeys(filter(None, (*Settings.hosts, host, name, *names))))
    settings = Settings(hosts=hosts, base=address, seconds=timeout, log_queries=log_queries)
    run(session.graph, host=host, port=port, settings=settings, announce=tell, browser=browser)
