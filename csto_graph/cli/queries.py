"""Canned queries as commands: their parameters are options, their answers tables; and what is told of them."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from .. import errors
from ..names import BASE, curie, filled, iri, shown, to_json, visible, word, words_of
from ..rdf import formats
from ..sparql.catalog import LISTED, PARAMETER_TYPES, SUBJECTS, Parameter, Query, check, read_query
from ..sparql.results import Entity, Row
from ..sparql.text import mentioned_iris
from . import main
from .main import Command, Out, Session, tell, verb

_OWN, _WORDS = "own_", "words_"  # begin the names of a query's own parameters, as options and without
_ANSWER = "Answer a canned query.\n\nExamples:\nrun instruments --partner UNODC\nrun areas -f csv"
run = main.Queries("run", no_args_is_help=False, help=_ANSWER)


def query_command(session: Session, name: str, *, in_words: bool) -> Command:
    """A canned query as a command.

    Args:
        session: What was said before it.
        name: Name of the query.
        in_words: Whether it has the format ``text``, which is then the default.

    Raises:
        errors.UnknownName: There is no such query.
        errors.InputError: Its file cannot be read or its header is wrong.
    """
    query, language = session.catalog[name], session.lang
    own = [_option(parameter, language) for parameter in query.parameters.values()]
    # What a question is about needs no option; of two things each is one word, else all words are its name.
    named = [query.parameters[key] for key in SUBJECTS if key in query.parameters]
    given = [
        click.Argument([_WORDS + one.name], nargs=-1 if len(named) == 1 else 1, required=False,
                       metavar=f"[{one.name.upper()}]", shell_complete=_completer(one))
        for one in named
    ]  # fmt: skip
    taken = {option for parameter in own for option in parameter.opts}
    shared = [one for one in main.declared("run") if not taken & {*one.opts}]
    # Two command lines to try, from the examples of the header.
    call = [name] if in_words else ["run", name]
    lines = [] if any(parameter.required for parameter in query.parameters.values()) else [" ".join(call)]
    for example in reversed(query.examples):
        words = [word for key, value in example.args.items() for word in (_flag(key), _argument(value))]
        lines.insert(0, shlex.join([*call, *words]))
    lines = list(dict.fromkeys([*lines, *(f"{line} -f csv" for line in lines)]))[:2]
    return Command(
        name,
        callback=lambda **given: _ask(session, query, **given),
        params=[*given, *(main.declared(name) if in_words else []), *own, *shared],
        formats=(*(["text"] if in_words else []), *formats.TABLES),
        help="\n".join([words_of(query.question, language), "", "Examples:", *lines]),
        short_help=words_of(query.title, language),
    )


def _option(parameter: Parameter, language: str) -> click.Option:
    """A parameter of a query as an option, which is taken under its other names, too.

    Its help says what it is for, what tells a class from a kind, and its default.
    """
    chosen = click.Choice(parameter.values) if parameter.type == "choice" else None
    told = {"owl:Class": "by-class", "vocab:kind": "by-kind"}.get(parameter.of or "")
    text = words_of(parameter.help, language) + (f": {word(told, language)}" if told else "")
    if parameter.default is not None:
        text += f" [{_argument(parameter.default)}]"
    return click.Option(
        [*map(_flag, (parameter.name, *parameter.also)), _OWN + parameter.name], help=text, type=chosen,
        metavar=None if chosen else parameter.type.upper(), shell_complete=_completer(parameter),
        required=parameter.required and parameter.name not in SUBJECTS,
    )  # fmt: skip


def _completer(parameter: Parameter) -> main.Completer | None:
    kind = PARAMETER_TYPES[parameter.type]
    return main.completer(parameter.of or "") if kind.read is None else main.words(kind.words) if kind.words else None


def _ask(
    session: Session, query: Query, /, *, out: Out, limit: int | None = None, timeout: float | None = None,
    reading: str = "curated", ids: bool = False, sources: bool = False, iris: bool = False, fail_empty: bool = False,
    show: bool = False, why: str | None = None, candidates: bool = False, **own: Any,
) -> bool:  # fmt: skip
    """Ask a query with these values of its own parameters, and write the answer as the options say."""
    graph, language = session.graph, session.lang
    if candidates:
        if any((limit, timeout, ids, sources, iris, show, why, *own.values())) or reading != "curated":
            raise click.UsageError("--candidates goes with -f, -o and --fail-empty only.")
        return _write_candidates(session, out) or not fail_empty
    given = {key.removeprefix(_OWN): value for key, value in own.items() if key.startswith(_OWN) and value is not None}
    # The language of the texts follows that of the labels unless the query is told otherwise.
    spoken = [key for key, one in query.parameters.items() if one.type == "language" and one.default is not None]
    values: dict[str, Any] = {**dict.fromkeys(spoken, language), **given}
    for name in SUBJECTS:  # they may stand without their option, too
        if said := own.get(_WORDS + name):
            if name in values:
                raise click.UsageError(f"{_flag(name)} is given twice; give it once.")
            values[name] = said if isinstance(said, str) else " ".join(said)
    if show:
        out.write(query.bind(values, graph.lookup).strip() + "\n")
        return True
    cell = None if why is None else cell_of(why, query.columns, language)  # refused before the query is asked
    table = graph.run(query.name, reading=reading, timeout=timeout, **values)
    if cell is not None:
        out.explain(table.why(*cell))
        return True
    answer, for_people = list(table)[:limit], out.format in ("text", "table")
    if out.format == "text" and not (ids or sources or iris):
        told = {"timeline": _timeline, "conflicts": _conflicts}[query.name]
        out.write(told(session, answer, out.width))
    elif len(table) or not for_people:
        below = list[str]()
        if for_people:
            out.among(formats.TABLES)
            below += dict.fromkeys(_other_values(session, answer, reading, out.width))
            below += _presumed(session, answer, out.width)
        columns, cells = table.spread() if iris else (list(table.columns), table.cells)
        rows: list[list[Any]] = [list(row) for row in cells[:limit]]
        if ids:
            rows = [[one._replace(text=one.value["curie"]) if _is_thing(one) else one for one in row] for row in rows]
        if sources:
            below += _add_sources(session, columns, rows, out)
        fixed = [name for name, kind in query.columns.items() if kind == "choice"]
        out.table(columns, rows, fixed, below=below, undated=table.undated)
    for key, parameter in query.parameters.items():
        if key in values and PARAMETER_TYPES[parameter.type].read is None:
            main.tell_others(session, values[key], parameter.of)
    if table.undated:
        tell(word("left-out" if table.undated > 1 else "left-out-one", language, table.undated))
    if limit is not None and limit < len(table):
        tell(f"{limit} of {len(table)} rows.")
    if not len(table):
        from ..describe.render import searched_text

        searched = searched_text(table.searched, language) if table.searched else ""
        wider = word("narrowed", language, ", ".join(map(_flag, table.narrowed))) if table.narrowed else ""
        tell(" ".join(filter(None, (words_of(query.negative, language), wider, searched))))
    return len(table) > 0 or not fail_empty


def _is_thing(cell: Any) -> bool:
    return bool(cell) and isinstance(cell.value, dict)


def _add_sources(session: Session, columns: list[str], rows: Iterable[list[Any]], out: Out) -> Iterator[str]:
    """Give the rows a column with what supports their things: numbers for people, else claims.

    Yields:
        Lines to stand under the table: each number with publisher, title and address of the source.
    """
    from ..describe.render import references_text
    from ..describe.thing import references

    graph, numbers = session.graph, dict[str, int]()
    for row in rows:
        pairs = ((columns[at], references(graph, cell.value["iri"])) for at, cell in enumerate(row) if _is_thing(cell))
        found = {column: entries for column, entries in pairs if entries}
        text = "; ".join(f"{column}: {references_text(entries)}" for column, entries in found.items())
        if out.format == "table":
            named = dict.fromkeys(entry["source"] for entries in found.values() for entry in entries)
            text = ", ".join(str(numbers.setdefault(name, len(numbers) + 1)) for name in named)
        row.append(formats.Cell(text, found))
    columns.append("claims" if "sources" in columns else "sources")
    for name, number in numbers.items():
        told = (*_publishers(session, iri(name)), graph.label(iri(name)), graph.value(iri(name), "coop:address"))
        yield filled(" · ".join(filter(None, told)), out.width, f"[{number}] ")


def _publishers(session: Session, source: str) -> list[str]:
    graph = session.graph
    return sorted(graph.label(one.value) for one in graph.objects(source, iri("dcterms:publisher")))


def _other_values(session: Session, rows: Iterable[Row], reading: str, width: int) -> Iterator[str]:
    """For each disputed row a line: the other values, who says each, and the command that tells why."""
    graph, language = session.graph, session.lang
    for row in rows:
        things = [value.iri for value in row if isinstance(value, Entity)]
        if not getattr(row, "disputed", False) or not things:
            continue
        here = {str(getattr(value, "iri", value)) for value in row}
        others = defaultdict[tuple[str, str, str], set[str]](set)
        parts = (things[0], *sorted(one.value for one in graph.objects(things[0], iri("coop:comprises"))))
        disputes = [(part, one.value) for part in parts for one in graph.objects(part, iri("coop:disputedIn"))]
        for part, conflict in disputes:
            accepted = graph.objects(conflict, iri("coop:accepts")) if reading == "curated" else []
            right = (here | {graph.value(claim.value, "coop:value") for claim in accepted}) - {""}
            for claim in graph.objects(conflict, iri("coop:joins")):
                value = graph.value(claim.value, "coop:value")
                if claim in accepted or value in right:
                    continue
                if value or graph.value(claim.value, "coop:corroboration") == iri("corroboration:contradicted"):
                    name, source = (graph.value(claim.value, key) for key in ("coop:property", "coop:source"))
                    told = graph.label(value) if ":" in value else value
                    told = told or word("quoted", language, graph.support(claim.value, language).statement)
                    others[part, name, told].update(_publishers(session, source))
        if not others:
            continue
        told_of, names = ({key[at] for key in others} for at in (0, 1))
        part = min(told_of) if len(told_of) == 1 else things[0]
        asked = curie(min(names)).removeprefix("coop:") if len(told_of) == len(names) == 1 else ""
        command = f"{session.called} why {curie(part)} {asked}".strip().replace(" ", "\xa0")  # stays on one line
        said = (
            word("said-by", language, f"{name and graph.label(name)} {told}".strip(), ", ".join(sorted(who)))
            for (_, name, told), who in sorted(others.items())
        )
        line = word("other-value", language, graph.label(things[0]), "; ".join(said), command)
        yield filled(line, width, "", "  ").replace("\xa0", " ")


def _presumed(session: Session, rows: Iterable[Row], width: int) -> Iterator[str]:
    """Up to when evidence reaches of what the rows presume, where they have a column for it."""
    known = {str(row.known_on or "") for row in rows if hasattr(row, "known_on") and row.certainty == "presumed"}
    if days := sorted(known - {""}):
        yield filled(word("known-on", session.lang, " … ".join(dict.fromkeys((days[0], days[-1])))), width)
    if "" in known:
        yield filled(word("only-planned", session.lang), width)


def cell_of(text: str, columns: Iterable[str], language: str = "en") -> tuple[int, str]:
    """The row, counted from 0, and the column that ``[ROW:]COLUMN`` names, also as it is shown in the language.

    >>> cell_of("2:date", ["date"]), cell_of("дата", ["date"], "ru")
    ((1, 'date'), (0, 'date'))

    Raises:
        errors.BadParameter: The row is no number.
    """
    row, _, column = text.rpartition(":")
    if not (row or "1").isdecimal() or int(row or 1) < 1:
        raise errors.BadParameter("why", text, "a column, or a row's number and a column, such as 2:date")
    named = {shown(name, language, "columns"): name for name in columns}
    return int(row or 1) - 1, named.get(column, column)


# --- queries that are answered in words -----------------------------------------------------------------------------


def _timeline(session: Session, rows: Sequence[Row], width: int) -> Iterator[str]:
    """The rows of the timeline as lines: date, event, place, and whether it is only possible or disputed."""
    room = max((len(str(row["date"] or "")) for row in rows), default=0)
    for row in rows:
        remarks = [word("possible", session.lang)] if row["certainty"] == "possible" else []
        remarks += [word("disputed", session.lang)] if row["disputed"] else []
        place = f" — {row['place']}" if row["place"] else ""
        remark = f" ({', '.join(remarks)})" if remarks else ""
        date = str(row["date"] or "").ljust(room) + "  " * bool(room)
        yield filled(f"{row['event']}{place}{remark}", width, date)


def _conflicts(session: Session, rows: Sequence[Row], width: int) -> Iterator[str]:
    """Each conflict of the rows with both sides, decision and reason."""
    from ..describe.render import conflicts_text
    from ..describe.thing import conflict_documents

    conflicts = list(dict.fromkeys(row["conflict"].iri for row in rows))
    return conflicts_text(conflict_documents(session.graph, conflicts, session.lang), session.lang, width)


def _write_candidates(session: Session, out: Out) -> bool:
    """Conflicts that nobody has written down yet; whether there are any."""
    from ..check import house

    found = session.graph.candidates()
    if out.format == "json":
        out.write(to_json(house.candidates_document(session.graph, found, session.lang)))
    elif found:
        out.write(house.candidates_text(session.graph, found, session.lang))
    tell(f"{len(found)} candidate{'' if len(found) == 1 else 's'}.")
    return bool(found)


# --- queries explained ----------------------------------------------------------------------------------------------


@verb(formats=("text", *formats.TABLES))
def queries(session: Session, name: str | None, house_rules: bool, out: Out) -> bool:
    """List the canned queries, or explain one.

    Examples:
        queries
        queries instruments
    """
    catalog, language = session.catalog, session.lang
    if house_rules:
        return _check(session, name)
    if name is not None:
        out, query, command = out.among(["text"]), catalog[name], query_command(session, name, in_words=False)
        with click.Context(command, click.get_current_context().find_root(), info_name=f"run {name}") as context:
            told = command.get_help(context)
        columns = filled(", ".join(f"{key} ({kind})" for key, kind in query.columns.items()), out.width, "  ")
        out.write(
            f"{name}: {words_of(query.title, language)}\n\n{told}\n\n{word('columns', language)}\n{columns}"
            f"\nSPARQL\n{visible(query.body.strip(), lines=True)}\n"
        )
    elif out.format == "text":  # by their first tag
        groups, room = defaultdict[str, list[str]](list), max(map(len, catalog.names))
        for name, _, question, tags in catalog.listed(language):
            groups[tags.partition(",")[0]].append(filled(question, out.width, f"  {name:<{room}}  "))
        parts = (f"{shown(visible(tag), language)}\n{''.join(lines)}" for tag, lines in sorted(groups.items()))
        out.write("\n".join(parts))
    else:
        out.table(LISTED, formats.plain_cells(catalog.listed(language)))
    return True


def _check(session: Session, name: str | None) -> bool:
    """Check all queries, one of them, or a file; whether nothing is wrong."""

    def undescribed(query: Query) -> Iterator[str]:
        for term in sorted(mentioned_iris(query.body)):
            if term.startswith(BASE) and not term.endswith(("/", "#")) and not session.graph.lookup.exists(term):
                yield f"{curie(term)} is described nowhere; check its spelling"

    if name is None:
        findings, said = session.catalog.check(more=(undescribed,)), f"{len(session.catalog)} queries"
    else:
        query = read_query(name).vetted() if name.endswith(".rq") else session.catalog[name]
        findings, said = check(query, more=(undescribed,)), "1 query"
    Out().write(f"{finding}\n" for finding in findings)
    tell(f"{said}, {len(findings)} findings.")
    return not findings


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _argument(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
