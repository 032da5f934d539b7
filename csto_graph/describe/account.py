"""Things and answers in words, and their JSON.

Every JSON document has a ``format``; a change of shape changes its number.

``csto-graph/rows/1`` (`formats`)
    ``columns``, ``rows``: one object per row; a thing is ``{"iri", "curie", "label"}``. Written for every answer that
    is a table: queries, look-ups, lists, counts.
``csto-graph/thing/1``
    One thing: ``iri curie label``; ``classes`` (things, the most specific first); ``names`` (``alternative official
    misnomer``: lists of texts); ``facts``: ``property``, ``value`` (``text`` and, for a thing, ``iri curie``),
    ``derived``, ``claims`` (CURIEs), ``parts`` (facts of a node that only joins others); ``mentions``: what points
    here, ``property``, ``thing``, ``parts``; ``claims``: ``curie statement number sentence opinion reading source``
    (``curie label address``), ``passage`` (its position, or its words where the text is known), ``corroboration``;
    ``conflicts``; ``cite``.
``csto-graph/conflict/1`` inside ``conflicts``
    ``curie label kind open rationale``; ``claims`` as above, each with ``accepted``.
``csto-graph/query/1``
    ``name title question tags columns parameters examples sparql``.
``csto-graph/report/1``
    Findings (`validation`).
``csto-graph/proof/1``, ``csto-graph/absence/1``
    Why something is said, or is not (`explanation`, `absence`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..names import PREFIXES, curie, iri, natural
from ..sparql.catalog import words_of

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from ..check.sources import Coverage
    from ..loading.view import GraphView
    from ..sparql.catalog import Query
    from ..sparql.results import Row, Table
    from .thing import Fact, Thing

_MOST_CLAIMS = 60  # Claims shown in a text, likewise.
_MOST = 12  # Neighbours shown per property in a text; JSON has them all.

_WORDS = {
    "and more": ("and {} more", "и ещё {}"),
    "alternative": ("also", "также"),
    "cite": ("How to cite", "Как ссылаться"),
    "claims": ("Sources", "Источники"),
    "conflicts": ("Where sources disagree", "Где источники расходятся"),
    "decided": ("decided", "решено"),
    "disputed": ("disputed", "спорно"),
    "facts": ("Facts", "Сведения"),
    "follows": ("Follows from these", "Следует из этого"),
    "mentions": ("Points here", "Указывает сюда"),
    "misnomer": ("found under", "ищут как"),
    "official": ("officially", "официально"),
    "open": ("open", "открыто"),
    "opinion": ("opinion", "мнение"),
    "parameters": ("Parameters", "Параметры"),
    "columns": ("Columns", "Столбцы"),
    "examples": ("Examples", "Примеры"),
    "possible": ("possibly", "возможно"),
    "reading": ("read as", "прочтено как"),
    "searched": (
        "Searched: {sources} sources, the latest of {until}.",
        "Источников просмотрено: {sources}, последний — {until}.",
    ),
    "undated": ("Searched: {sources} sources.", "Источников просмотрено: {sources}."),
    "uncited": ("no source", "без источника"),
    "why": ("why", "почему"),
}  # fmt: skip


def say(word: str, language: str) -> str:
    """One of the fixed words of the command line in English or Russian."""
    english, russian = _WORDS[word]
    return russian if language.startswith("ru") else english


def plain(text: str) -> str:
    """A text on one line, with what is unseen or could steer a terminal made visible."""
    from ..rdf import turtle

    return turtle.escape_unseen(" ".join(text.split()) if "\n" in text or "\t" in text else text)


def dumps(document: Mapping[str, Any]) -> str:
    """A JSON document as it is written."""
    import json

    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that came from no engine: what `formats.Cell` asks for.

    Attributes:
        text: For people.
        value: As JSON has it.
        term: Always None.
    """

    text: str
    value: Any
    term: Any = None


def cells(values: Iterable[object]) -> list[Cell | None]:
    """A row of plain values; None is an empty cell, and things are ``{"iri", "curie", "label"}``."""

    def cell(value: object) -> Cell | None:
        if value is None or value == "":
            return None
        return Cell(str(value["label"]) if isinstance(value, dict) else str(value), value)

    return [cell(value) for value in values]


# --- one thing ------------------------------------------------------------------------------------------------------


def name(graph: GraphView, thing: str, language: str) -> dict[str, str]:
    """IRI, CURIE and label of a thing."""
    return {"iri": thing, "curie": curie(thing), "label": graph.label(thing, language)}


class _Account:
    """Collects what is known of one thing."""

    def __init__(self, graph: GraphView, thing: Thing, language: str) -> None:
        self._graph = graph
        self._thing = thing
        self._language = language
        self._cited: dict[str, None] = {}

    def document(self) -> dict[str, Any]:
        thing, language = self._thing, self._language
        supports = thing.supports(language)
        self._cited = dict.fromkeys([*(support.claim for support in supports), *self._own_claims()])
        facts, mentions = self._facts(thing, deep=True), self._mentions()
        return {
            "format": "csto-graph/thing/1",
            **name(self._graph, thing.iri, language),
            "classes": [name(self._graph, kind, language) for kind in self._classes()],
            "names": {
                "alternative": thing.names("skos:altLabel"),
                "official": thing.names("coop:officialTitle"),
                "misnomer": thing.names("skos:hiddenLabel"),
            },
            "facts": facts,
            "mentions": mentions,
            "claims": claims(self._graph, self._cited, language),
            "conflicts": [conflict(self._graph, found.iri, language) for found in thing.conflicts],
            "cite": self._citation(),
        }

    def _own_claims(self) -> list[str]:
        """A claim itself, those that a source states, and those that a conflict joins."""
        graph, node = self._graph, self._thing.iri
        itself = [node] if graph.objects(node, iri("coop:statement")) else []
        joined = [value.value for value in graph.objects(node, iri("coop:joins"))]
        return [*itself, *joined, *graph.subjects(iri("coop:source"), node)]

    def _classes(self) -> list[str]:
        """Asserted classes first, without those that say nothing more."""
        return [kind for kind in self._thing.types if not kind.startswith(PREFIXES["owl"])]

    def _facts(self, thing: Thing, *, deep: bool) -> list[dict[str, Any]]:
        found = thing.facts(self._language)
        asserted = {fact.value.value for fact in found if not fact.derived}
        # A derived statement that an asserted one already makes in other words would only be noise.
        kept = [fact for fact in found if not (fact.derived and fact.value.value in asserted)]
        spoken = [fact for fact in kept if self._wanted(fact, kept)]
        return [self._fact(fact, deep=deep) for fact in spoken]

    def _wanted(self, fact: Fact, all_facts: Sequence[Fact]) -> bool:
        """Of a text in several languages only the one asked for, where there is one."""
        language = getattr(fact.value, "language", None)
        if not language or language == self._language:
            return True
        return not any(
            other.property == fact.property and getattr(other.value, "language", None) == self._language
            for other in all_facts
        )

    def _fact(self, fact: Fact, *, deep: bool) -> dict[str, Any]:
        self._cited |= dict.fromkeys(fact.claims)
        target = "" if hasattr(fact.value, "datatype") else fact.value.value
        value = {"text": fact.text, **({"iri": target, "curie": curie(target)} if target else {})}
        return {
            "property": name(self._graph, fact.property, self._language),
            "value": value,
            "derived": fact.derived,
            "claims": [curie(claim) for claim in fact.claims],
            "parts": self._parts(target) if deep and target and not fact.derived else [],
        }

    def _parts(self, node: str) -> list[dict[str, Any]]:
        """What is said of a node that has no name of its own, other than the way back."""
        if not self._joins(node):
            return []
        facts = self._facts(type(self._thing)(self._graph, node), deep=False)
        return [fact for fact in facts if fact["value"].get("iri") != self._thing.iri]

    def _joins(self, node: str) -> bool:
        named = [derived for key, _, derived in self._graph.statements(node) if key == iri("skos:prefLabel")]
        return bool(named) and all(named)

    def _mentions(self) -> list[dict[str, Any]]:
        language = self._language
        found = [(key, subject.iri) for key, subject in self._thing.incoming(language)]
        return [
            {
                "property": name(self._graph, key, language),
                "thing": name(self._graph, subject, language),
                "parts": self._parts(subject),
            }
            for key, subject in sorted(found, key=lambda pair: (curie(pair[0]), natural(curie(pair[1]))))
        ]

    def _citation(self) -> str:
        from .._version import __version__

        label, russian = self._thing.label(self._language).rstrip("."), self._language == "ru"
        sources = {self._graph.support(claim).source for claim in self._cited} - {""}
        rests = "Утверждений: {}, источников: {}." if russian else "Claims: {}, sources: {}."
        counted = f" {rests.format(len(self._cited), len(sources))}" if self._cited else ""
        return f"{label}. <{self._thing.iri}>. csto-graph {__version__}.{counted}"


def account(graph: GraphView, thing: Thing, language: str) -> dict[str, Any]:
    """All that the graph knows of a thing, in the shape ``csto-graph/thing/1``."""
    return _Account(graph, thing, language).document()


def claims(
    graph: GraphView, wanted: Iterable[str], language: str, quotes: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Claims in words, with source and passage; those of a pinned source first.

    Args:
        graph: The graph.
        wanted: IRIs of the claims.
        language: Of the words.
        quotes: How passages are shown, where that is known already: see `sources.quote`.
    """
    supports = [graph.support(claim, language) for claim in wanted]
    supports.sort(key=lambda support: (not support.passage, natural(support.claim)))
    if quotes is None:
        quotes = _quotes(graph, [support.claim for support in supports])
    return [
        {
            "curie": curie(support.claim),
            "statement": support.statement,
            "number": _one(graph, support.claim, "coop:number"),
            "sentence": _one(graph, support.claim, "coop:sentence"),
            "opinion": support.opinion,
            "reading": _spoken(graph, support.claim, "coop:reading", language),
            "source": _source(graph, support.source, language) if support.source else None,
            "passage": _placed(quotes.get(support.passage, ""), language),
            "corroboration": graph.label(support.corroboration, language) if support.corroboration else "",
        }
        for support in supports
    ]


def _quotes(graph: GraphView, wanted: Iterable[str]) -> dict[str, str]:
    """How the passages of claims are shown."""
    from ..check import sources

    passages = [value.value for claim in wanted for value in graph.objects(claim, iri("coop:passage"))]
    return sources.quote(graph, passages) if passages else {}


def _placed(shown: str, language: str) -> str:
    """A passage's position in the language asked for; its words, where they are known, stay as they are."""
    place = re.fullmatch(r"characters (\d+) to (\d+)", shown)
    return f"знаки {place[1]}–{place[2]}" if place and language == "ru" else shown


def _source(graph: GraphView, source: str, language: str) -> dict[str, str]:
    return {
        "curie": curie(source),
        "label": graph.label(source, language),
        "address": _one(graph, source, "coop:address"),
    }


def _one(graph: GraphView, subject: str, key: str) -> str:
    return min((value.value for value in graph.objects(subject, iri(key))), default="")


def _spoken(graph: GraphView, subject: str, key: str, language: str) -> str:
    """A text in the language asked for, else in any."""
    found = graph.objects(subject, iri(key))
    return min(
        ((getattr(value, "language", None) != language, value.value) for value in found), default=(True, "")
    )[1]


def conflict(
    graph: GraphView, node: str, language: str, quotes: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A conflict with both sides, what was decided and why, in the shape ``csto-graph/conflict/1``."""
    decided = {value.value for value in graph.objects(node, iri("coop:accepts"))}
    # A claim that states the accepted value is as right as the one that was named.
    right = {value for claim in decided for value in graph.objects(claim, iri("coop:value"))}
    joined = sorted({value.value for value in graph.objects(node, iri("coop:joins"))}, key=natural)
    sides = claims(graph, joined, language, quotes)
    for side in sides:
        claim = iri(side["curie"])
        side["accepted"] = claim in decided or not right.isdisjoint(graph.objects(claim, iri("coop:value")))
    kinds = graph.objects(node, iri("coop:kind"))
    return {
        "format": "csto-graph/conflict/1",
        "curie": curie(node),
        "label": graph.label(node, language),
        "kind": graph.label(kinds[0].value, language) if kinds else "",
        "open": not decided,
        "rationale": _spoken(graph, node, "coop:rationale", language),
        "claims": sides,
    }


def statements(graph: GraphView, thing: str) -> list[Triple]:
    """What is said of a thing, asserted and derived, for the writers of graphs."""
    from pyoxigraph import NamedNode, Triple

    return [Triple(NamedNode(thing), NamedNode(key), value) for key, value, _ in graph.statements(thing)]


# --- sources --------------------------------------------------------------------------------------------------------

SOURCE_COLUMNS = ("source", "curie", "publisher", "date", "claims", "address")
"""What `source_rows` gives."""


def source_rows(graph: GraphView, language: str) -> list[tuple[object, ...]]:
    """Each source with publisher, date, number of claims and address; pinned ones first."""
    from ..check import sources

    pinned = set(sources.pinned(graph))
    found = sorted(set(graph.subjects(iri("rdf:type"), iri("coop:Source"))), key=natural)
    rows: list[tuple[object, ...]] = []
    for source in sorted(found, key=lambda source: source not in pinned):
        publishers = graph.objects(source, iri("dcterms:publisher"))
        publisher = name(graph, publishers[0].value, language) if publishers else None
        stated = len(graph.subjects(iri("coop:source"), source))
        date, address = _one(graph, source, "coop:date"), _one(graph, source, "coop:address")
        rows.append((name(graph, source, language), curie(source), publisher, date, stated, address))
    return rows


def shares(cover: Coverage, language: str) -> str:
    """How much of a pinned source is in claims, in furniture and connective words, and in neither: exact shares."""

    def share(part: int) -> str:
        return f"{100 * part / cover.length:.2f} % ({part})" if cover.length else "–"

    parts = [share(part) for part in (cover.claims, cover.furniture, cover.open)]
    words = "{0} в утверждениях, {1} в прочем тексте, {2} не учтено" if language == "ru" else (
        "{0} in claims, {1} in furniture, {2} unaccounted for")  # fmt: skip
    return words.format(*parts) + "."


# --- as text --------------------------------------------------------------------------------------------------------


def _filled(head: str, text: str, width: int, *, hang: int | None = None) -> str:
    """A paragraph behind a head, wrapped, with its further lines under the text."""
    from textwrap import TextWrapper

    wrapper = TextWrapper(
        width=max(width, 30),
        initial_indent=head,
        subsequent_indent=" " * (len(head) if hang is None else hang),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return (wrapper.fill(plain(text)) or head.rstrip()) + "\n"


def text(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """A thing of the shape ``csto-graph/thing/1`` for reading in a terminal."""
    yield _filled("", document["label"], width)
    kinds = ", ".join(kind["label"] for kind in document["classes"][:1])
    yield _filled("", " · ".join(filter(None, (kinds, document["curie"], f"<{document['iri']}>"))), width)
    for kind in ("alternative", "official", "misnomer"):
        if found := document["names"][kind]:
            yield _filled(f"  {say(kind, language)}: ", "; ".join(found), width)
    numbers = {claim["curie"]: number for number, claim in enumerate(document["claims"], 1)}
    asserted = [fact for fact in document["facts"] if not fact["derived"]]
    derived = [fact for fact in document["facts"] if fact["derived"]]
    for title, facts in (("facts", asserted), ("follows", derived)):
        if facts:
            yield f"\n{say(title, language)}\n"
            yield from _facts_text(facts, numbers, width, indent=2)
    yield from _mentions_text(document["mentions"], numbers, language, width)
    yield from evidence_text(document, language, width)
    yield f"\n{say('cite', language)}\n"
    yield _filled("  ", document["cite"], width)


def evidence_text(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """The numbered ``claims`` and the ``conflicts`` of a document."""
    if document["claims"]:
        yield f"\n{say('claims', language)}\n"
        shown = document["claims"][:_MOST_CLAIMS]
        heads = [f"[{number}] " for number in range(1, len(shown) + 1)]
        yield from _claims_text(shown, heads, language, width, indent=2)
        if rest := len(document["claims"]) - len(shown):
            yield f"  … {say('and more', language).format(rest)}\n"
    if document["conflicts"]:
        yield f"\n{say('conflicts', language)}\n"
        for found in document["conflicts"]:
            yield from conflict_text(found, language, width, indent=2)


def _facts_text(
    facts: Sequence[Mapping[str, Any]], numbers: Mapping[str, int], width: int, *, indent: int
) -> Iterator[str]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for fact in facts:
        groups.setdefault(fact["property"]["label"], []).append(fact)
    room = min(max(map(len, groups), default=0), 24)
    for label, members in groups.items():
        head = " " * indent + plain(label).ljust(room) + "  "
        if any(fact["parts"] for fact in members):
            for fact in members:
                yield _filled(head, _value_text(fact, numbers), width)
                yield from _facts_text(fact["parts"], numbers, width, indent=indent + 4)
        else:
            values = "; ".join(_value_text(fact, numbers) for fact in members)
            yield _filled(head, values, width, hang=indent + room + 2)


def _value_text(fact: Mapping[str, Any], numbers: Mapping[str, int]) -> str:
    marks = sorted(numbers[claim] for claim in fact["claims"] if claim in numbers)
    return f"{fact['value']['text']} [{', '.join(map(str, marks))}]" if marks else str(fact["value"]["text"])


def _mentions_text(
    mentions: Sequence[Mapping[str, Any]], numbers: Mapping[str, int], language: str, width: int
) -> Iterator[str]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for mention in mentions:
        groups.setdefault(mention["property"]["label"], []).append(mention)
    if groups:
        yield f"\n{say('mentions', language)}\n"
    for label, members in groups.items():
        for mention in members[:_MOST]:
            thing = mention["thing"]
            yield _filled("  ", f"{thing['label']} ({thing['curie']}: {label})", width, hang=4)
            yield from _facts_text(mention["parts"], numbers, width, indent=6)
        if len(members) > _MOST:
            yield f"  … {say('and more', language).format(len(members) - _MOST)}: {label}\n"


def _claims_text(
    found: Sequence[Mapping[str, Any]], heads: Sequence[str], language: str, width: int, *, indent: int
) -> Iterator[str]:
    """Claims under their sources, each source once in a row."""
    before: object = object()
    for claim, head in zip(found, heads, strict=True):
        source = claim["source"]
        if source != before:
            keys = ("label", "publisher", "date", "address")
            words = [source.get(key, "") for key in keys] if source else [say("uncited", language)]
            yield _filled(" " * indent, " · ".join(filter(None, words)), width, hang=indent + 2)
            before = source
        place = " ".join(filter(None, (claim["number"], claim["sentence"])))
        opinion = say("opinion", language) if claim["opinion"] else ""
        reading = f"{say('reading', language)}: {claim['reading']}" if claim["reading"] else ""
        remarks = "; ".join(filter(None, (place, claim["passage"], claim["corroboration"], opinion)))
        told = " ".join(filter(None, (claim["statement"], reading, f"({remarks})" if remarks else "")))
        yield _filled(" " * (indent + 2) + head, told, width)


def conflict_text(found: Mapping[str, Any], language: str, width: int, *, indent: int = 0) -> Iterator[str]:
    """A conflict for reading: both sides, the decision and the reason."""
    pad = " " * indent
    decision = say("open" if found["open"] else "decided", language)
    yield _filled(pad, f"{found['label']} ({found['curie']}): {decision}", width, hang=indent + 2)
    heads = ["✓ " if claim["accepted"] else "– " for claim in found["claims"]]
    yield from _claims_text(found["claims"], heads, language, width, indent=indent + 2)
    if found["rationale"]:
        yield _filled(f"{pad}  {say('why', language)}: ", found["rationale"], width)


# --- answers --------------------------------------------------------------------------------------------------------


def timeline(graph: GraphView, rows: Sequence[Row], language: str, width: int) -> Iterator[str]:
    """The rows of the timeline as lines: date, event, place, and whether it is only possible or disputed."""
    room = max((len(str(row["date"] or "")) for row in rows), default=0)
    for row in rows:
        marks = [say("possible", language)] if row["certainty"] == "possible" else []
        marks += [say("disputed", language)] if row["disputed"] else []
        place = f" — {row['place']}" if row["place"] else ""
        remark = f" ({', '.join(marks)})" if marks else ""
        date = str(row["date"] or "").ljust(room) + "  " * bool(room)
        yield _filled(date, f"{row['event']}{place}{remark}", width)


def conflicts(graph: GraphView, rows: Sequence[Row], language: str, width: int) -> Iterator[str]:
    """Each conflict of the rows with both sides, decision and reason."""
    nodes = list(dict.fromkeys(row["conflict"].iri for row in rows))
    quotes = _quotes(graph, [value.value for node in nodes for value in graph.objects(node, iri("coop:joins"))])
    for at, node in enumerate(nodes):
        if at:
            yield "\n"
        yield from conflict_text(conflict(graph, node, language, quotes), language, width)


def searched(table: Table, negative: str, language: str) -> str:
    """What an empty answer means and what was searched."""
    told = table.searched or {}
    if not told:
        return negative
    return f"{negative} {say('searched' if told.get('until') else 'undated', language).format(**told)}".strip()


def references(graph: GraphView, thing: str) -> list[dict[str, str]]:
    """The claims about a thing in short: claim, number, sentence and source; opinions are left out."""
    found = []
    for claim in sorted(set(graph.subjects(iri("coop:about"), thing)), key=natural):
        support = graph.support(claim)
        if not support.opinion:
            number, sentence = _one(graph, claim, "coop:number"), _one(graph, claim, "coop:sentence")
            source = curie(support.source) if support.source else ""
            found.append({"claim": curie(claim), "number": number, "sentence": sentence, "source": source})
    return sorted(found, key=lambda entry: (not entry["number"], natural(entry["claim"])))


def references_text(found: Iterable[Mapping[str, str]]) -> str:
    """References for one cell: claims of the pinned source with their sentence, then sources; `show` takes each."""
    words = (
        f"{entry['claim']} ({entry['sentence']})" if entry["sentence"] else entry["source"] for entry in found
    )
    return ", ".join(dict.fromkeys(filter(None, words)))


# --- queries --------------------------------------------------------------------------------------------------------


def command(query: Query, args: Mapping[str, object]) -> str:
    """The command line that asks a query with these arguments."""
    import shlex

    words = [word for key, value in args.items() for word in (f"--{key.replace('_', '-')}", _argument(value))]
    return shlex.join(["csto-graph", "run", query.name, *words])


def _argument(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def commands(query: Query) -> list[str]:
    """Two command lines to try, from the examples of the header."""
    lines = list(dict.fromkeys(command(query, example.args) for example in query.examples))
    if not any(parameter.required for parameter in query.parameters.values()):
        lines.append(command(query, {}))
    more = [f"{line} -f csv" for line in lines]
    return list(dict.fromkeys([*lines, *more]))[:2]


def query_document(query: Query) -> dict[str, Any]:
    """A query in the shape ``csto-graph/query/1``."""
    parameters = [
        {
            "name": key,
            "type": parameter.type,
            "required": parameter.required,
            "default": None if parameter.default is None else _argument(parameter.default),
            "of": parameter.of,
            "values": list(parameter.values),
            "help": dict(parameter.help),
        }
        for key, parameter in query.parameters.items()
    ]
    examples = [{key: _argument(value) for key, value in example.args.items()} for example in query.examples]
    return {
        "format": "csto-graph/query/1",
        "name": query.name,
        "title": dict(query.title),
        "question": dict(query.question),
        "tags": list(query.tags),
        "columns": dict(query.columns),
        "parameters": parameters,
        "examples": examples,
        "sparql": query.body,
    }


def query_text(query: Query, language: str, width: int) -> Iterator[str]:
    """A query for reading: question, parameters, columns, examples and its SPARQL."""
    yield _filled("", f"{query.name}: {words_of(query.title, language)}", width)
    yield _filled("", words_of(query.question, language), width)
    if query.parameters:
        yield f"\n{say('parameters', language)}\n"
    heads = {key: f"--{key.replace('_', '-')} {parameter.type}" for key, parameter in query.parameters.items()}
    room = max(map(len, heads.values()), default=0)
    for key, parameter in query.parameters.items():
        default = "" if parameter.default is None else f" [{_argument(parameter.default)}]"
        yield _filled(f"  {heads[key]:<{room}}  ", words_of(parameter.help, language) + default, width)
    yield f"\n{say('columns', language)}\n"
    yield _filled("  ", ", ".join(f"{key} ({kind})" for key, kind in query.columns.items()), width)
    yield f"\n{say('examples', language)}\n"
    yield from (f"  {line}\n" for line in commands(query))
    yield f"\nSPARQL\n{query.body.strip()}\n"


def query_list(queries: Sequence[Query], language: str, width: int) -> Iterator[str]:
    """Queries by their first tag, one line each."""
    groups: dict[str, list[Query]] = {}
    for query in queries:
        groups.setdefault(query.tags[0] if query.tags else "", []).append(query)
    room = max((len(query.name) for query in queries), default=0)
    for at, tag in enumerate(sorted(groups)):
        yield f"{'' if at == 0 else chr(10)}{tag}\n"
        for query in groups[tag]:
            yield _filled(f"  {query.name:<{room}}  ", words_of(query.question, language), width)


# --- counts ---------------------------------------------------------------------------------------------------------


def stats(graph: GraphView, language: str) -> list[tuple[str, object, int]]:
    """What is inside: group, thing or word, and number, in a fixed order."""
    from collections import Counter

    from pyoxigraph import Literal, NamedNode

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
    rows += [("class", name(graph, key, language), ours[key]) for key in most]
    rows += [("labels", key, labels[key]) for key in sorted(labels)]
    rows += [("corroboration", name(graph, key, language), verdicts[key]) for key in sorted(verdicts)]
    return rows
