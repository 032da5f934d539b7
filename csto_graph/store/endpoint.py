"""A SPARQL 1.1 endpoint as an engine: the same questions, the same typed rows, whoever wrote the server.

What is asked goes out by the SPARQL 1.1 Protocol as a form (section 2.1.2: one common server never answers the direct
kind), with the project's named graphs as its dataset, so that other graphs at the server and the proofs stay out. In
the reading of the source, a graph has a twin (``graph:data-as-stated`` beside ``graph:data``) where the two differ.

Servers change what they give, and cut it off without a word. A truth value that comes as ``1`` is told as ``true``,
and no more is rewritten. The columns of an answer are compared with those asked for. Rows are counted at the server
where an answer could be one that was cut; what the engine itself reads for looking up and showing is then asked for
in parts.

A blank node has no name that outlives an answer, so `publish` loads IRIs in their place (RDF 1.1, section 3.5), and
here they are blank nodes again.

An engine keeps what it has read of single things for as long as it lives: load the graph again to see changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote, urlencode

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from ..errors import LimitReached, ServerError
from ..names import BASE, PREFIXES
from ..sparql.text import QueryText, vet
from ..text import excerpt
from .engine import (
    GRAPHS,
    PROOF,
    PROOFS,
    Answer,
    Derivation,
    Index,
    Limits,
    Node,
    Term,
    derivation,
    graph_name,
    kind_of,
    statement_name,
)
from .http import Reply, Server

TWIN = "-as-stated"
"""End of the names of the graphs that differ in the reading of the source; they sort as the others do."""

GENID = f"{BASE}genid/"
"""Beginning of the IRIs that stand for blank nodes."""

_PATIENT = Limits(seconds=60.0)
_XSD = PREFIXES["xsd"]
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/sparql-results+json"
_TRIPLES = "application/n-triples"
_NAMES = [graph_name(name).value for name in GRAPHS]
_AT_ONCE = 100  # things that are asked about together
_PAGE = 5_000
_MOST_ROWS = 100_000
_DEEPEST = 4
_HELD = 100_000


def twin(graph: str) -> str:
    """The IRI of a graph in the reading of the source, where that differs.

    >>> twin("https://example.org/graph/data")
    'https://example.org/graph/data-as-stated'
    """
    return graph + TWIN


def skolem(term: Term | None) -> Any:
    """A term as it stands at a server: an IRI in the place of a blank node.

    >>> skolem(BlankNode("b1"))
    <NamedNode value=https://w3id.org/csto-un/genid/b1>
    """
    return NamedNode(GENID + quote(term.value, safe="")) if isinstance(term, BlankNode) else term


def _unskolem(term: Any) -> Any:
    """A term as the project has it: `skolem` undone."""
    if isinstance(term, NamedNode) and term.value.startswith(GENID):
        return BlankNode(unquote(term.value.removeprefix(GENID)))
    return term


class Endpoint:
    """The engine at an address; see `engine.Engine`.

    Args:
        address: Where SPARQL queries are answered; see `http.Server`.
        reading: ``curated`` or ``source``.

    Raises:
        errors.UsageError: This is no such address.
    """

    def __init__(self, address: str, *, reading: str = "curated") -> None:
        self._server = Server(address)
        self._stated = reading == "source"
        self._held: dict[tuple[str, str, str], list[Quad]] = {}
        self._together: dict[str, list[str]] = {}
        self._known: dict[str, str] = {}  # graphs at the server, and what the project calls them

    @property
    def address(self) -> str:
        """Where it is."""
        return self._server.address

    def __repr__(self) -> str:
        return f"<Endpoint {self.address}>"

    def close(self) -> None:
        """Close the connections; the next question opens new ones."""
        self._server.close()

    # -- asking

    def query(self, text: str, *, predicates: Iterable[str] | None = None, limits: Limits | None = None) -> Answer:
        """See `engine.Engine.query`; without limits, a minute is waited.

        Raises:
            errors.LimitReached: A limit was reached, or the server gave up.
            errors.ServerError: The server cannot be reached, refuses, answers nonsense, or cuts the answer.
        """
        return self._checked(QueryText(text), limits or _PATIENT, self._dataset())

    def foreign(self, text: str, *, limits: Limits) -> Answer:
        """See `engine.Engine.foreign`; the text is looked at by `text.vet`, and FROM in it holds.

        Raises:
            errors.QueryError: The text is refused before it is sent.
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`; also where the server does not understand the text.
        """
        query = _completed(vet(text, graphs=_NAMES, most=limits.text), self._graphs if self._stated else {})
        return self._checked(query, limits, [] if query.dataset else self._dataset())

    def _checked(self, query: QueryText, limits: Limits, dataset: list[tuple[str, str]]) -> Answer:
        """A whole answer, or an error."""
        answer, suspect = self._asked(query, limits, dataset)
        count = len(answer.triples if answer.kind == "graph" else answer.rows)
        if limits.rows is not None and count > limits.rows:
            limit = f"{limits.rows} row{'' if limits.rows == 1 else 's'}"
            said = f"The query: it has more than {limit}."
            raise LimitReached(said, limit=limit, hint="Ask for fewer, or raise the limit.")
        if suspect and query.form in ("SELECT", "CONSTRUCT"):
            rows, given = query, count
            if query.form == "CONSTRUCT":  # Its triples are as whole as the rows from which they are made.
                rows = QueryText(query.solutions(modifiers=True))
                given = len(self._asked(rows, limits, dataset)[0].rows)
            within = [(_parameter(clause.named), clause.graph) for clause in query.dataset]
            self._require(given, self._count(_counting(rows), limits, within or dataset))
        if not count and not answer.boolean and not self._loaded:
            # An empty answer says something only where there is a graph.
            said = "this server holds none of the project's graphs."
            hint = f"Load them first: csto-graph --endpoint {self.address} publish"
            raise ServerError(said, address=self.address, hint=hint)
        self._note(answer)
        return answer

    def _asked(self, query: QueryText, limits: Limits, dataset: list[tuple[str, str]]) -> tuple[Answer, bool]:
        """What the server gives, of the kind and with the columns asked for, and whether it may have cut it off."""
        graph = query.form in ("CONSTRUCT", "DESCRIBE")
        body = urlencode([("query", query.text), *dataset]).encode()
        accept = _TRIPLES if graph else _JSON
        with self._server.ask("POST", body=body, kind=_FORM, accept=accept, seconds=limits.seconds) as reply:
            if graph:
                answer = Answer("graph", triples=_triples(reply, limits.answer))
            else:
                answer = _with_columns(query, _table(reply, limits.answer, self._known), self.address)
            count = len(answer.triples if graph else answer.rows)
            # Some servers say that they have a limit, and limits are large or round numbers.
            suspect = "x-sparql-maxrows" in reply.headers or count >= 1000 or (count >= 100 and count % 100 == 0)
        return answer, suspect

    def _count(self, text: str, limits: Limits, dataset: list[tuple[str, str]]) -> int:
        rows = self._asked(QueryText(text), limits, dataset)[0].rows
        try:
            (cell,) = rows[0]
            return int(cell.value) if isinstance(cell, Literal) else 0
        except (IndexError, ValueError):
            raise ServerError("the server cannot count.", address=self.address) from None

    def _require(self, given: int, total: int) -> None:
        """Raise a ServerError unless all the rows that there are were given."""
        if given != total:
            said = f"the server gives {given:,} of {total:,} rows and says nothing of the rest."
            hint = "Ask for less, or have the server's own limit on rows raised."
            raise ServerError(said, address=self.address, hint=hint)

    # -- the dataset

    @cached_property
    def _loaded(self) -> bool:
        return any(map(self._holds, _NAMES))

    def _holds(self, graph: str) -> bool:
        """Whether there is anything in a named graph."""
        query = QueryText(f"ASK {{ GRAPH {_iris(graph)} {{ ?s ?p ?o }} }}")
        return bool(self._asked(query, _PATIENT, _named_graphs(graph))[0].boolean)

    @cached_property
    def _graphs(self) -> dict[str, str]:
        """The graphs of the reading: name in the project to name at the server."""
        names = [*_NAMES, PROOFS]
        graphs = {name: twin(name) if self._stated and self._holds(twin(name)) else name for name in names}
        self._known = {there: name for name, there in graphs.items() if there != name}
        return graphs

    def _dataset(self) -> list[tuple[str, str]]:
        return [(_parameter(named), self._graphs[name]) for named in (False, True) for name in _NAMES]

    # -- single statements

    def match(
        self,
        subject: Node | None,
        predicate: NamedNode | None,
        value: Term | None,
        graph: NamedNode | None = None,
        *,
        kinds: Iterable[str] | None = None,
    ) -> Iterator[Quad]:
        """See `engine.Engine.match`; in a fixed order.

        Raises:
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`.
        """
        wanted = None if kinds is None else frozenset(kinds)
        key = "", predicate.value if predicate else "", str(value)
        if subject is not None:
            found = self._about(skolem(subject).value, key[1])
        elif value is None or graph is not None:
            found = self._found(None, predicate, value, graph, wanted)
        elif key in self._held:
            found = self._held[key]
        else:
            found = self._hold(key, self._found(None, predicate, value, None, None))
        return (
            quad for quad in found
            if (value is None or quad.object == value) and (graph is None or quad.graph_name == graph)
            and (wanted is None or kind_of(quad.subject) in wanted)
        )  # fmt: skip

    def _about(self, subject: str, predicate: str) -> list[Quad]:
        """What is said of a thing; what the last answers named beside it is asked for with it."""
        if (everything := self._held.get((subject, "", ""))) is not None:
            return [quad for quad in everything if not predicate or quad.predicate.value == predicate]
        if (subject, predicate, "") not in self._held:
            most = _AT_ONCE if predicate else _AT_ONCE // 5
            names = [name for name in self._together.get(subject, ()) if (name, predicate, "") not in self._held]
            names = [subject, *(name for name in names if name != subject)][:most]
            found: dict[str, list[Quad]] = {name: [] for name in names}
            for quad in self._found(names, NamedNode(predicate) if predicate else None, None, None, None):
                found[skolem(quad.subject).value].append(quad)
            for name, quads in found.items():
                self._hold((name, predicate, ""), quads)
            return found[subject]
        return self._held[subject, predicate, ""]

    def _hold(self, key: tuple[str, str, str], quads: list[Quad]) -> list[Quad]:
        if len(self._held) >= _HELD:
            self._held.clear()
        self._held[key] = quads
        return quads

    def _note(self, answer: Answer) -> None:
        """Remember what stood together: the labels of all of it will be wanted."""
        cells = (cell for row in (answer.rows or answer.triples) for cell in row)
        names = list(dict.fromkeys(skolem(cell).value for cell in cells if isinstance(cell, (NamedNode, BlankNode))))
        if len(self._together) >= _HELD:
            self._together.clear()
        for start in range(0, len(names), _AT_ONCE):
            group = names[start : start + _AT_ONCE]
            self._together |= dict.fromkeys(group, group)

    def _found(
        self,
        subjects: Sequence[str] | None,
        predicate: NamedNode | None,
        value: Term | None,
        graph: NamedNode | None,
        kinds: frozenset[str] | None,
    ) -> list[Quad]:
        """Ask for the statements that fit."""
        graphs = [self._graphs[name] for name in ([graph.value] if graph else _NAMES)]
        values = f"VALUES ?s {{ {_iris(*subjects)} }} " if subjects else ""
        pattern = f"?s {predicate or '?p'} {skolem(value) or '?o'}"
        where = f"{values}VALUES ?g {{ {_iris(*graphs)} }} GRAPH ?g {{ {pattern} }}{_of_kinds(kinds)}"
        names = ["s", *(["p"] if predicate is None else []), *(["o"] if value is None else []), "g"]
        quads: dict[Quad, None] = {}
        for row in self._rows(where, names, graphs):
            given: dict[str, Any] = dict(zip(names, row, strict=True))
            quads[Quad(given["s"], predicate or given["p"], value or given["o"], given["g"])] = None
        kept = sorted(quads, key=str)
        self._note(Answer("graph", triples=[quad.triple for quad in kept]))
        return kept

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """See `engine.Engine.quads`; read in pages of whole predicates, each counted before.

        Raises:
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`.
        """
        for name in _NAMES if graph is None else [graph]:
            there = self._graphs.get(name, name)
            whole = f"GRAPH {_iris(there)} {{ ?s ?p ?o }}"
            text = f"SELECT ?p (COUNT(*) AS ?n) WHERE {{ {whole} }} GROUP BY ?p"
            answer, suspect = self._asked(QueryText(text), _PATIENT, _named_graphs(there))
            found: Any = answer.rows
            counts = sorted((str(key.value), int(count.value)) for key, count in found)
            if suspect:
                self._require(sum(count for _, count in counts), self._total(whole, [there]))
            while counts:
                page, size = [counts[0][0]], counts.pop(0)[1]
                while counts and size + counts[0][1] <= _PAGE:
                    page.append(counts[0][0])
                    size += counts.pop(0)[1]
                found = self._rows(f"VALUES ?p {{ {_iris(*page)} }} {whole}", ["s", "p", "o"], [there], size)
                yield from sorted((Quad(s, p, o, NamedNode(name)) for s, p, o in found), key=str)

    # -- rows that are never cut off

    def _rows(
        self, where: str, names: list[str], graphs: list[str], total: int | None = None, part: str = ""
    ) -> list[tuple[Term | None, ...]]:
        """All rows of a pattern, where one answer does not hold them, in parts.

        A part are the rows the digest of whose terms begins alike: any engine can tell these, needs no order for it,
        and none of them grows beyond its limits.

        Args:
            where: The pattern.
            names: The columns.
            graphs: The graphs that it names.
            total: How many rows there are, where that is known.
            part: First hexadecimal digits of the digest.
        """

        def condition(part: str) -> str:
            texts = ", ".join(f'IF(isBlank(?{name}), "", STR(?{name})), " "' for name in names)
            return f' FILTER(STRSTARTS(MD5(CONCAT({texts})), "{part}"))' if part else ""

        if total is None or total <= _MOST_ROWS:
            query = QueryText(f"SELECT ?{' ?'.join(names)} WHERE {{ {where}{condition(part)} }}")
            answer, suspect = self._asked(query, _PATIENT, _named_graphs(*graphs))
            if total is None and suspect:
                total = self._total(f"{where}{condition(part)}", graphs)
            if total is None or len(answer.rows) == total:
                return answer.rows
            if len(part) == _DEEPEST:
                self._require(len(answer.rows), total)
        found = []
        for more in (f"{part}{digit}" for digit in "0123456789abcdef"):
            count = self._total(f"{where}{condition(more)}", graphs) if total > _MOST_ROWS else None
            found += self._rows(where, names, graphs, count, more)
        return found

    def _total(self, where: str, graphs: list[str]) -> int:
        return self._count(f"SELECT (COUNT(*) AS ?n) WHERE {{ {where} }}", _PATIENT, _named_graphs(*graphs))

    # -- the rest of the contract

    def proof(self, statement: Triple) -> Derivation | None:
        """See `engine.Engine.proof`.

        Raises:
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`.
        """
        graph = self._graphs[PROOFS]
        where = f"GRAPH {_iris(graph)} {{ {statement_name(*statement)} {_iris(PROOF)} ?text }}"
        rows = self._rows(where, ["text"], [graph])
        return derivation(rows[0][0]) if rows else None

    def names(self) -> Index | None:
        """See `engine.Engine.names`; they are read."""
        return None

    def count(self) -> int:
        """See `engine.Engine.count`.

        Raises:
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`.
        """
        graphs = [self._graphs[name] for name in _NAMES]
        return self._total(f"VALUES ?g {{ {_iris(*graphs)} }} GRAPH ?g {{ ?s ?p ?o }}", graphs)


# -------------------------------------------------------------------------------------------- texts of queries


def _iris(*names: str) -> str:
    """IRIs as they stand in a query; what is none raises ValueError, and so nothing else gets in."""
    return " ".join(str(NamedNode(name)) for name in names)


def _parameter(named: bool) -> str:
    """How a graph of the dataset is given (SPARQL 1.1 Protocol, section 2.1.4)."""
    return "named-graph-uri" if named else "default-graph-uri"


def _named_graphs(*graphs: str) -> list[tuple[str, str]]:
    return [(_parameter(True), graph) for graph in graphs]


def _of_kinds(kinds: frozenset[str] | None) -> str:
    """A condition that holds for subjects of these kinds, as `engine.kind_of` gives them."""
    if kinds is None:
        return ""
    rest = "-" in kinds  # what has no prefix: then those with another are the ones to name
    listed = sorted(set(PREFIXES) - kinds if rest else kinds & set(PREFIXES))
    if not listed:
        return "" if rest else " FILTER(false)"
    spaces = "|".join(PREFIXES[prefix].replace(".", "[.]") for prefix in listed)
    return f' FILTER({"!" if rest else ""}REGEX(STR(?s), "^({spaces})[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?$"))'


def _completed(query: QueryText, graphs: dict[str, str]) -> QueryText:
    """The query with the project's prefixes declared that it uses, and its graphs under the names given here."""
    pieces, end = [], 0
    missing: dict[str, None] = {}
    for token in query.tokens:
        prefix = token.text.partition(":")[0]
        if token.kind == "name" and prefix not in query.declared and prefix in PREFIXES:
            missing[prefix] = None
        if other := graphs.get(query.iri(token) or ""):
            pieces += [query.text[end : token.start], f"<{other}>"]
            end = token.end
    # On one line with the beginning, so that the server counts lines as the reader does.
    known = "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}> " for prefix in missing)
    return QueryText(known + "".join([*pieces, query.text[end:]]))


def _counting(query: QueryText) -> str:
    """A query for the number of rows of a SELECT; without its FROM clauses, which cannot stand there."""
    start = end = query.tokens[query.at].start
    body = []
    for clause in query.dataset:
        body.append(query.text[end : clause.start])
        end = clause.end
    inner = "".join([*body, query.text[end:]])
    return f"{query.text[:start]}SELECT (COUNT(*) AS ?n) WHERE {{ {{ {inner}\n}} }}"


# ------------------------------------------------------------------------------------------------- answers


def _with_columns(query: QueryText, answer: Answer, address: str) -> Answer:
    """An answer of the kind that the query asks for, with its columns in their order, or a ServerError."""
    if {"SELECT": "solutions", "ASK": "boolean"}.get(query.form, answer.kind) != answer.kind:
        given = "rows" if answer.kind == "solutions" else "a truth value"
        said = f"to {query.form} the server answers with {given}."
        raise ServerError(said, address=address, hint="Is this the address where it answers SPARQL queries?")
    wanted = tuple(dict.fromkeys(query.projection))
    if answer.kind == "boolean" or answer.variables == wanted:
        return answer
    known = wanted or tuple(token.text[1:] for token in query.tokens if token.kind == "variable")
    given_ = set(answer.variables)
    if not given_ <= set(known) or (wanted and given_ != set(wanted)) or len(given_) != len(answer.variables):
        shown = ", ".join(f"?{name}" for name in answer.variables) or "none"
        asked = f", not {', '.join(f'?{name}' for name in wanted)}" if wanted else ""
        said = f"the answer has other columns than the query asks for: {excerpt(shown)}{asked}."
        raise ServerError(said, address=address, hint="Does something between change the answers of the server?")
    if not wanted:
        return answer
    order = [answer.variables.index(name) for name in wanted]
    return Answer(answer.kind, wanted, [tuple(row[at] for at in order) for row in answer.rows])


def _table(reply: Reply, most: int, known: dict[str, str]) -> Answer:
    """Rows, or yes or no, in the JSON of SPARQL 1.1 Query Results.

    Args:
        reply: The answer.
        most: Bytes that it may have.
        known: Graphs at the server, and what the project calls them.

    Raises:
        errors.ServerError: It is something else, or broken.
        errors.LimitReached: It is larger than allowed, or too late.
    """
    if reply.kind not in (_JSON, "application/json"):
        raise _wrong(reply, f"is {excerpt(reply.kind) or 'of no kind'}, not JSON")
    try:
        document = json.loads(reply.whole(most).decode("utf-8"))
    except (ValueError, RecursionError):
        raise _wrong(reply, "is broken JSON, or breaks off") from None
    try:
        if "boolean" in document:
            if not isinstance(document["boolean"], bool):
                raise TypeError
            return Answer("boolean", boolean=document["boolean"])
        names = tuple(str(name) for name in document["head"]["vars"])
        rows = []
        for row in document["results"]["bindings"]:
            if not row.keys() <= set(names):
                raise KeyError
            rows.append(tuple(_term(row[name], known) if name in row else None for name in names))
        return Answer("solutions", names, rows)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _wrong(reply, "is not as SPARQL has it") from None


def _term(given: dict[str, Any], known: dict[str, str]) -> Term:
    """A term (SPARQL 1.1 Query Results JSON, section 3.2.2); ``typed-literal`` is its form before 2013."""
    kind, value = given["type"], given["value"]
    if not isinstance(value, str):
        raise TypeError(value)
    if kind == "uri":
        found: Term = _unskolem(NamedNode(known.get(value, value)))
        return found
    if kind == "bnode":
        return BlankNode(f"x{value.encode().hex()}")  # any text may be its label
    if kind not in ("literal", "typed-literal"):
        raise ValueError(kind)
    if given.get("xml:lang"):
        return Literal(value, language=given["xml:lang"])
    datatype = given.get("datatype") or f"{_XSD}string"
    if datatype == f"{_XSD}boolean":
        value = {"1": "true", "0": "false"}.get(value, value)
    return Literal(value, datatype=NamedNode(datatype))


def _triples(reply: Reply, most: int) -> list[Triple]:
    """The triples of an answer in N-Triples; raises as `_table`."""
    if reply.kind not in (_TRIPLES, "text/plain"):
        raise _wrong(reply, f"is {excerpt(reply.kind) or 'of no kind'}, not N-Triples")
    if not reply.complete:
        raise _wrong(reply, "has no end that could be recognized")
    try:
        found = [quad.triple for quad in parse(reply.whole(most), format=RdfFormat.N_TRIPLES)]
    except SyntaxError as error:
        raise _wrong(reply, f"is no N-Triples in line {error.lineno}") from None
    return [Triple(_unskolem(triple.subject), triple.predicate, _unskolem(triple.object)) for triple in found]


def _wrong(reply: Reply, said: str) -> ServerError:
    hint = "Is this the address for SPARQL? It often ends in /sparql or /query." if "html" in reply.kind else ""
    hint = hint or "The server may have stopped half-way; ask again, or for less."
    return ServerError(f"the answer {said}.", address=reply.address, hint=hint)
