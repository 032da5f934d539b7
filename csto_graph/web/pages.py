"""Pages for people, each made of a document or of the rows of a canned query; the same rows as data beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response

from .. import __version__, errors
from ..check import sources as sources_
from ..check.shapes import Shapes
from ..describe import schema
from ..describe.thing import FOUND, conflict_documents, found_rows, thing_document
from ..graph import KnowledgeGraph
from ..names import PREFIXES, iri, shown, translated
from ..rdf import formats
from ..sparql.catalog import LISTED, Query
from ..sparql.results import Entity, Table
from ..store.engine import Answer, Limits
from . import pictures
from .site import POLICY, ROWS_A_PAGE, Site, status_of, wanted

_START = ("instruments", "resolutions", "stated-values", "chairs", "without-instrument", "votes")


def home(site: Site, request: Request) -> Response:
    """What there is, and where to begin."""
    graph, language = site.view(request), site.language(request)
    sizes = schema.sizes(graph).most_common()
    told = [one for one in sizes if any(graph.objects(one[0], iri("skos:definition")))]  # not what only joins others
    counts = [(graph.reference(name, language), count) for name, count in (told or sizes)[:12]]
    starts = [(query, query.examples[0].args) for query in map(graph.queries.__getitem__, _START)]
    picture = pictures.timeline(_spans(graph, _asked(site, request, "instruments", {}).table))
    return site.page(request, "home.html", counts=counts, starts=starts, picture=picture)


def search(site: Site, request: Request) -> Response:
    """Things by any of their names."""
    graph = site.view(request)
    text = request.query_params.get("q", "")[:200].strip()
    rows = list(found_rows(graph, graph.find(text, limit=30) if text else []))
    if format := wanted(request):
        return site.rows(request, "search", FOUND, formats.plain_cells(rows), format, ["as"])
    found = [dict(zip(FOUND, row, strict=True)) for row in rows]
    near = graph.lookup.near(text) if text and not found else []
    return site.page(request, "search.html", text=text, found=found, near=near, data="/search")


def thing_page(site: Site, request: Request, name: str) -> Response:
    """What is known of one thing."""
    graph, language = site.view(request), site.language(request)
    found = thing_document(graph, name, language)
    numbers = {claim["curie"]: at for at, claim in enumerate(found["claims"], 1)}
    around = pictures.around(
        [entry["thing"] for entry in found["mentions"]],
        [{**fact["value"], "label": fact["value"]["text"]} for fact in found["facts"] if "iri" in fact["value"]],
    )  # fmt: skip
    year = graph.searched()["until"][:4]
    return site.page(
        request, "thing.html", thing=found, numbers=numbers, around=around,
        path_up=_path_up(graph, name, language), definition=graph.text(name, "skos:definition", language),
        terms=_described(graph, site.terms.get(name, ()), language), use=_use(graph, name, language),
        bibtex=citation(found, year, "bibtex"), ris=citation(found, year, "ris"), summary=summary(found),
    )  # fmt: skip


def _described(graph: KnowledgeGraph, names: Iterable[str], language: str) -> list[tuple[dict[str, str], str]]:
    """Terms with their definitions, by their labels."""
    found = [(graph.reference(name, language), graph.text(name, "skos:definition", language)) for name in names]
    return sorted(found, key=lambda one: one[0]["label"])


def _use(graph: KnowledgeGraph, name: str, language: str) -> dict[str, Any]:
    """How many things a class has, or how many statements a property makes, and one of them; nothing of others."""
    node, match = NamedNode(name), graph.engine().match
    found = {quad.triple for quad in (*match(None, NamedNode(iri("rdf:type")), node), *match(None, node, None))}
    if not found:
        return {}
    one = min(found, key=str)
    thing, value = (graph.reference(str(end.value), language) if isinstance(end, NamedNode)
                    else {"text": str(getattr(end, "value", end))} for end in (one.subject, one.object))  # fmt: skip
    return {"count": len(found), "thing": thing, "value": value if one.predicate == node else None}


_UP = ("org:subOrganizationOf", "skos:broader", "rdfs:subClassOf", "rdfs:subPropertyOf")


def _path_up(graph: KnowledgeGraph, name: str, language: str) -> list[dict[str, str]]:
    """What a thing is within, the widest first: organizations, concepts, terms."""
    found: list[str] = []
    while len(found) < 12:
        stated = {key: value.value for key, value, derived in graph.statements(name) if not derived}
        name = next((stated[iri(key)] for key in _UP if ":" in stated.get(iri(key), "")), "")
        if not name or name in found:
            break
        found.insert(0, name)
    return [graph.reference(one, language) for one in found]


# --- canned queries


class Asked(NamedTuple):
    """A canned query, the parameters and the reading with which it was asked, its rows, or why there are none."""

    query: Query
    given: Mapping[str, str]
    reading: str
    table: Table | None
    error: errors.GraphError | None

    @property
    def fixed(self) -> list[str]:
        """The columns that hold fixed words."""
        return [name for name, kind in self.query.columns.items() if kind == "choice"]


def _asked(site: Site, request: Request, name: str, values: Mapping[str, str] | None = None) -> Asked:
    """A canned query with the parameters of a request, or with these.

    Raises:
        errors.UnknownName: There is no such query.
    """
    graph = site.view(request)
    query = graph.queries[name]
    if values is None:
        others = ("lang", "version", "reading", "page", "query", "cell")
        values = {key: text for key, text in request.query_params.items() if key not in others}
    given = {key: text for key, text in values.items() if text.strip()}
    reading = request.query_params.get("reading") or "curated"
    if any(one.required and one.name not in given for one in query.parameters.values()):
        return Asked(query, given, reading, None, None)
    # The language of the texts follows that of the page unless the query is told otherwise.
    spoken = {
        key: site.language(request) for key, one in query.parameters.items()
        if one.type == "language" and one.default is not None
    }  # fmt: skip
    try:
        return Asked(query, given, reading, graph.ask(query, {**spoken, **given}, reading=reading), None)
    except errors.GraphError as error:
        return Asked(query, given, reading, None, error)


def _rows(site: Site, request: Request, asked: Asked, format: str) -> Response:
    """The rows of a canned query as a file."""
    if asked.table is None:
        raise asked.error or errors.UsageError(site.word(request, "missing-values"))
    name, table = asked.query.name, asked.table
    return site.rows(request, name, table.columns, table.cells, format, asked.fixed, table.undated)


def _first(request: Request, count: int) -> int:
    """How many rows come before those of the page that is asked for by its number; behind the last page is none."""
    page = request.query_params.get("page", "")
    number = int(page[:6]) if page.isdecimal() else 1
    return min(max(number - 1, 0), max(count - 1, 0) // ROWS_A_PAGE) * ROWS_A_PAGE


def _choices(site: Site, request: Request, query: Query) -> dict[str, Sequence[Mapping[str, str]]]:
    """For each parameter with few values, these."""
    graph, language = site.view(request), site.language(request)
    found: dict[str, Sequence[Mapping[str, str]]] = {}
    for key, parameter in query.parameters.items():
        things: Iterable[str] = ()
        if values := parameter.values or (("true", "false") if parameter.type == "boolean" else ()):
            found[key] = [{"curie": value, "label": shown(value, language)} for value in values]
        elif parameter.type == "language":
            found[key] = [{"curie": "en", "label": "English"}, {"curie": "ru", "label": "Русский"}]
        elif parameter.type == "area":
            things = graph.subjects(iri("skos:inScheme"), iri("vocab:area"))
        elif parameter.type == "class":
            things = schema.sizes(graph)
        if things:
            found[key] = sorted((graph.reference(name, language) for name in things), key=lambda one: one["label"])
    return found


def questions(site: Site, request: Request) -> Response:
    """The canned queries by what they are about."""
    if format := wanted(request):
        rows = site.graph.queries.listed(site.language(request))
        return site.rows(request, "questions", LISTED, formats.plain_cells(rows), format)
    tags = [("".join(query.tags[:1]), query) for query in site.graph.queries]
    return site.page(request, "questions.html", tags=tags, data="/questions")


def _answered(
    site: Site, request: Request, name: str, address: str, template: str, more: Callable[[Asked], Mapping[str, Any]]
) -> Response:  # fmt: skip
    """A canned query: its form, the rows of a page of the answer, and more; all rows where the address ends so."""
    asked, language = _asked(site, request, name), site.language(request)
    if format := wanted(request):
        return _rows(site, request, asked, format)
    table = asked.table or Table({}, [])
    first = _first(request, len(table))
    part = table.cells[first : first + ROWS_A_PAGE]
    columns, cells = formats.in_words(table.columns, part, asked.fixed, language)
    answer = {
        **asked._asdict(), "first": first, "columns": columns, "rows": list(cells), "count": len(table),
        "choices": _choices(site, request, asked.query),
    }  # fmt: skip
    return site.page(request, template, status_of(asked.error), answer=answer, data=address, **more(asked))


def question(site: Site, request: Request, name: str) -> Response:
    """Any canned query."""
    return _answered(
        site, request, name, f"/query/{name}", "question.html",
        lambda asked: {"picture": _picture(site.view(request), asked.table)},
    )  # fmt: skip


def _picture(graph: KnowledgeGraph, table: Table | None) -> Mapping[str, Any]:
    """A ``timeline`` where rows have dates, ``bars`` where they have counts; nothing for others."""
    if table is None or not 1 < len(table) <= 3 * ROWS_A_PAGE:
        return {}
    if "date" in table.types and "entity" in table.types:
        return {"timeline": pictures.timeline(_spans(graph, table))}
    if table.types.count("integer") == 1 and table.types[0] != "integer":
        at = table.types.index("integer")
        rows = [(row[0].text if row[0] else "–", row[at]) for row in table.cells]
        return {"bars": pictures.bars([(text, cell.value) for text, cell in rows if cell])}
    return {}


def _spans(graph: KnowledgeGraph, table: Table | None) -> list[pictures.TimelineEntry]:
    """The first thing of each row at its first date, in the band of its class."""
    if table is None or "date" not in table.types:
        return []
    when = table.columns[table.types.index("date")]
    columns, rows = table.spread()
    found, kinds = [], dict[str, dict[str, str]]()
    for row in rows:
        cells = dict(zip(columns, row, strict=True))
        thing = next((cell.value for cell in row if cell and isinstance(cell.value, dict)), None)
        ends = [cells[f"{when}_{end}"] for end in ("earliest", "latest")]
        known = [year for end, after in zip(ends, (0, 1), strict=True) if end
                 and (year := pictures.year_of(end.text, after)) is not None]  # fmt: skip
        if thing is None or not known:
            continue
        if thing["iri"] not in kinds:
            kinds[thing["iri"]] = graph.reference(next(graph.types(thing["iri"]), ""))
        disputed = cells.get("disputed")
        told = cells[when]
        found.append(pictures.TimelineEntry(
            thing, kinds[thing["iri"]], told.text if told else "", known[0], known[-1],
            bool(disputed and disputed.value is True),
        ))  # fmt: skip
    return found


def timeline(site: Site, request: Request) -> Response:
    """What happened, in order, as a picture and as a table."""
    return _answered(
        site, request, "timeline", "/timeline", "timeline.html",
        lambda asked: {"picture": pictures.timeline(_spans(site.view(request), asked.table))},
    )  # fmt: skip


def relations(site: Site, request: Request) -> Response:
    """Who agreed what with whom, as a picture and as a table."""

    def picture(asked: Asked) -> Mapping[str, Any]:
        named = site.view(request).reference
        every = _asked(site, request, "instruments", {}).table or ()
        disputed = {row.instrument.iri for row in every if row.disputed}
        return {"picture": pictures.links(
            ({**named(one), "note": str(row.date or ""), "disputed": one in disputed}, named(row.side.iri))
            for row in asked.table or () if (one := row.act.iri)
        )}  # fmt: skip

    return _answered(site, request, "parties", "/map", "map.html", picture)


def conflicts(site: Site, request: Request) -> Response:
    """Where sources disagree, both sides, the decision and the reason."""
    return _answered(
        site, request, "conflicts", "/conflicts", "conflicts.html",
        lambda asked: {"conflicts": conflict_documents(
            site.view(request), list(dict.fromkeys(row[0].iri for row in asked.table or ())), site.language(request)
        )},
    )  # fmt: skip


# --- sources, proofs, comparisons, terms


def sources(site: Site, request: Request) -> Response:
    """What the graph rests on; of pinned sources each passage, with what is claimed of it."""
    graph, language = site.view(request), site.language(request)
    rows = list(sources_.listed(graph, language))
    if format := wanted(request):
        return site.rows(request, "sources", sources_.COLUMNS, formats.plain_cells(rows), format)
    first = _first(request, len(rows))
    listed = [dict(zip(sources_.COLUMNS, row, strict=True)) for row in rows[first : first + ROWS_A_PAGE]]
    covers = [(graph.reference(one.source), sources_.shares(one, language)) for one in sources_.coverage(graph)]
    return site.page(
        request, "sources.html", sources=listed, covers=covers, first=first, count=len(rows), data="/sources"
    )


def passages(site: Site, request: Request) -> Response:
    """A pinned source sentence by sentence: its passages in their order, and the claims made of each."""
    graph, language = site.view(request), site.language(request)
    named = request.query_params.get("source") or next(iter(sources_.pinned(graph)), "")
    source = named and graph.resolve(named, of="coop:PinnedSource", parameter="source")
    found = [one for one in sources_.passages(graph, source) if source]
    words = sources_.quote(graph, [one.iri for one in found], language)
    rows = [
        (graph.reference(one.iri, language), one.start, one.end, one.role, words[one.iri],
         [graph.support(claim, language).statement for claim in sorted(graph.subjects(iri("coop:passage"), one.iri))])
        for one in found
    ]  # fmt: skip
    if format := wanted(request):
        cells = [[*formats.plain_cells([row[:-1]])[0], formats.Cell(" ".join(row[-1]), row[-1])] for row in rows]
        columns = ("passage", "start", "end", "kind", "text", "claims")
        return site.rows(request, "passages", columns, cells, format, ["kind"])
    return site.page(request, "passages.html", rows=rows, source=source and graph.reference(source), data="/passages")


def why(site: Site, request: Request) -> Response:
    """Why the graph says so, or why not: of a thing, a property, a statement, or a cell of an answer."""
    graph, language, given = site.view(request), site.language(request), request.query_params
    asked = {key: given.get(key, "").strip() for key in ("thing", "property", "value")}
    found: Any = None
    if given.get("query"):
        row, _, column = given.get("cell", "").partition(":")
        answered = _asked(site, request, given["query"])
        if answered.table is None:
            return _rows(site, request, answered, "")
        found = answered.table.why(int(row) - 1 if row.isdecimal() and int(row) else 10**9, column)
    elif asked["thing"]:
        found = graph.why(asked["thing"], asked["property"] or None, asked["value"] or None)
        if asked["property"] and asked["value"] and (given.get("not") or not found):
            found = graph.why_not(*asked.values())
    ending = request.url.path.rpartition("/why")[2].lstrip(".")
    if ending:
        if found is None:
            return site.error(request, 400, site.word(request, "missing-values"))
        format = {"ttl": "turtle"}.get(ending, ending)
        media = {"json": "application/json", "svg": "image/svg+xml", "turtle": "text/turtle"}[format]
        return Response(found.written(format, language), media_type=media)
    document = found.document(language) if found is not None else {"claims": [], "conflicts": []}
    statements = {one["id"]: one for one in document.get("statements", ())}
    numbers = {claim["curie"]: at for at, claim in enumerate(document["claims"], 1)}
    return site.page(
        request, "why.html", 200 if found is None or found else 404, proof=document, statements=statements,
        numbers=numbers, asked=asked, absent="attempts" in document,
    )  # fmt: skip


def compare(site: Site, request: Request) -> Response:
    """Two things side by side, property by property: documents, organizations or whatever else."""
    graph, language = site.view(request), site.language(request)
    given = [request.query_params.get(key, "").strip() for key in ("left", "right")]
    sides, error = [], None
    try:
        sides = [thing_document(graph, graph.resolve(name), language) for name in given if name]
    except errors.GraphError as raised:
        error = raised
    rows: dict[str, tuple[Any, list[dict[str, Any]], list[dict[str, Any]]]] = {}
    for at, side in enumerate(sides):
        for key, name, value in _told(side):
            values = rows.setdefault(key, (name, [], []))[at + 1]
            if value["text"] not in [other["text"] for other in values]:
                values.append(value)
    ordered = sorted(rows.values(), key=lambda row: not (row[1] and row[2]))
    if format := wanted(request):
        if len(sides) < 2:
            raise error or errors.UsageError(site.word(request, "missing-values"))
        cells = [
            [formats.Cell(name, name), *(formats.Cell("; ".join(v["text"] for v in one), one) for one in values)]
            for name, *values in ordered
        ]
        return site.rows(request, "compare", ("property", "left", "right"), cells, format)
    return site.page(
        request, "compare.html", status_of(error), given=given, sides=sides,
        rows=ordered, error=error, data="/compare" if len(sides) == 2 else "",
    )  # fmt: skip


def _told(document: Mapping[str, Any]) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """Each fact of a thing and of what only joins others, and each thing that leads to it: key, property, value."""
    for fact in document["facts"]:
        for one in fact["parts"] or [fact]:
            yield one["property"]["curie"], one["property"]["label"], one["value"]
    for mention in document["mentions"]:
        key, label, thing = mention["property"]["curie"], mention["property"]["label"], mention["thing"]
        if key == "coop:concerns":  # what happened to a document tells when and where
            for part in mention["parts"]:
                yield part["property"]["curie"], part["property"]["label"], part["value"]
        yield f"^{key}", f"← {label}", {**thing, "text": thing["label"]}


def terms(site: Site, request: Request) -> Response:
    """Every class, property and shape with its definition."""
    graph, language = site.view(request), site.language(request)
    kinds = ("owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty")
    groups = [(kind, _described(graph, graph.subjects(iri("rdf:type"), iri(kind)), language)) for kind in kinds]
    if format := wanted(request):
        rows = [(one, one["curie"], kind, definition) for kind, members in groups for one, definition in members]
        columns = ("term", "curie", "kind", "definition")
        return site.rows(request, "terms", columns, formats.plain_cells(rows), format)
    return site.page(request, "terms.html", groups=groups, data="/terms")


def rules(site: Site, request: Request) -> Response:
    """Every shape that has a name, with what is said where data break it, and a thing that it is about."""
    told = Shapes(site.graph.shapes).listed(site.view(request), site.language(request))
    if format := wanted(request):
        rows = formats.plain_cells(one.values() for one in told)
        return site.rows(request, "rules", ("shape", "message", "definition", "example"), rows, format)
    first = _first(request, len(told))
    part = told[first : first + ROWS_A_PAGE]
    return site.page(request, "rules.html", rules=part, first=first, count=len(told), data="/rules")


def check(site: Site, request: Request, text: str = "") -> Response:
    """Where data are checked: the form, and what was found in a text."""
    report, own, error = None, [], (site.word(request, "check-lead"), "") if request.method == "POST" else None
    if text.strip():
        error = None
        # The only copy is deleted before the answer leaves.
        with TemporaryDirectory() as folder:
            file = Path(folder, "data.ttl")
            file.write_text(text, encoding="utf-8")
            try:
                report = site.view(request).validate([str(file)], limits=Limits(seconds=20))
                own = [one for one in report.findings if one.file == str(file)]
            except errors.GraphError as raised:
                error = raised.message.replace(f"{file}:", "").strip(), raised.hint
    if request.url.path.endswith(".json"):
        if error:
            return site.error(request, 400, *error)
        return Response(report.to_json() if report else "", media_type="application/json")
    return site.page(request, "check.html", 400 if error else 200, text=text, report=report, error=error, own=own)


def editor(site: Site, request: Request) -> Response:
    """Where SPARQL is written; with a query, what it answers, for people. The address is the link to share."""
    graph, language, given = site.view(request), site.language(request), request.query_params
    examples = list(schema.examples(graph.bundle.queries))
    named, status = given.get("query") or given.get("edit", ""), 200
    values: dict[str, Any] = {
        "text": next((one.text for one in examples if one.name == named), named), "examples": examples,
        "error": ("", ""), "answer": None, "graph": "", "table": None, "picture": {}, "prefixes": PREFIXES,
        "bundle": _BUNDLE.exists(), "place": None,
    }  # fmt: skip
    if given.get("query"):
        try:
            limits = Limits(seconds=site.settings.seconds, rows=SHOWN_ROWS, cut=True)
            values["answer"] = answer = graph.sparql(values["text"], limits=limits)
            if answer.kind == "graph":
                values["graph"] = "".join(formats.write_graph(answer.triples, "turtle"))
            elif answer.kind == "solutions":
                values["table"] = table = _typed(graph, answer)
                values["picture"] = _picture(graph, table)
        except errors.GraphError as error:
            status, values["error"] = status_of(error), explained(error, values["text"], language)
            if isinstance(error, errors.QueryError) and error.line:
                values["place"] = error.line, error.column or 1
    response = site.page(request, "sparql.html", status, **values)
    if values["bundle"]:  # which sets styles of its own; scripts stay as they are
        response.headers["Content-Security-Policy"] = POLICY.replace(
            "style-src 'self'", "style-src 'self' 'unsafe-inline'"
        )
    return response


_BUNDLE = Path(__file__).with_name("static") / "editor.js"
#: How many rows of a query the editor shows; the endpoint gives all.
SHOWN_ROWS = 500


def _typed(graph: KnowledgeGraph, answer: Answer) -> Table:
    """The rows of an answer, each column with the type that its values have in common."""
    table = graph.table(answer)
    types = {}
    for at, name in enumerate(answer.variables):
        kinds = {
            "entity" if isinstance(value, Entity) else "integer" if type(value) is int
            else "date" if isinstance(value, date) else "value" for row in table if (value := row[at]) is not None
        }  # fmt: skip
        types[name] = kinds.pop() if len(kinds) == 1 else "value"
    return Table(types, answer.rows, label=graph.label)


def explained(error: errors.GraphError, text: str, language: str) -> tuple[str, str]:
    """What is wrong with a query, and where it is known the line with a mark below the place; then what to do."""
    lines, (message, hint) = text.splitlines(), (translated(one, language) for one in (error.message, error.hint))
    if not isinstance(error, errors.QueryError) or error.line is None or not 0 < error.line <= len(lines):
        return message, hint
    mark = " " * ((error.column or 1) - 1) + "^"
    return f"{message}\n{lines[error.line - 1]}\n{mark}", hint


# --- a thing as others take it over

_TEX = {**{mark: f"\\{mark}" for mark in "&%$#_"}, "{": "(", "}": ")", "\\": "/", "~": " ", "^": " "}


def citation(document: Mapping[str, Any], year: str, format: str) -> str:
    r"""A thing (of the shape ``csto-graph/thing/1``) as an entry of BibTeX or, where the format is ``ris``, of RIS.

    >>> thing = {"curie": "a:b", "iri": "https://ex.org/b", "label": "R & D {x}"}
    >>> print(citation(thing, "2026", "bibtex").splitlines()[1])
      title = {R \& D (x)},
    """
    title, edition = " ".join(document["label"].split()), f"csto-graph {__version__}"
    if format == "ris":
        told = {"TY": "DATA", "TI": title, "PY": year, "ET": edition, "UR": document["iri"]}
        return "".join(f"{key}  - {value}\r\n" for key, value in told.items() if value) + "ER  - \r\n"
    title = "".join(_TEX.get(mark, mark) for mark in title)
    fields = {"title": title, "howpublished": edition, "year": year, "url": document["iri"]}
    inside = "".join(f"  {key} = {{{value}}},\n" for key, value in fields.items() if value)
    return f"@misc{{{re.sub('[^A-Za-z0-9]+', '-', document['curie'])},\n{inside}}}\n"


def summary(document: Mapping[str, Any]) -> str:
    """The briefing of a thing in a line, without its sources; else its class."""
    told = [f"{one['label']}: {one['text']}" for one in document["briefing"] if "://" not in one["text"]]
    kinds = ", ".join(one["label"] for one in document["classes"][:1])
    return " · ".join(filter(None, [kinds, *told]))[:300]
