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

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from ..errors import LimitReached, ServerError
from ..names import BASE, PREFIXES, excerpt
from ..sparql.text import QueryText, vet
from . import engine
from .engine import GRAPH_IRIS, PROOFS, Answer, Derivation, Index, Limits, Node, Term, kind_of
from .http import Server

#: End of the names of the graphs that differ in the reading of the source; they sort as the others do.
TWIN = "-as-stated"

#: What stands for the twins in an answer.
_CURATED = {NamedNode(name + TWIN): NamedNode(name) for name in (*GRAPH_IRIS, PROOFS)}

#: Beginning of the IRIs that stand for blank nodes.
GENID = f"{BASE}genid/"

_PATIENT = Limits(seconds=60.0)
_BNODE = re.compile(rb'("type"\s*:\s*"bnode"\s*,\s*"value"\s*:\s*")([^"]*)')
_JSON = "application/sparql-results+json"
_TRIPLES = "application/n-triples"
#: How a graph of the dataset is given (SPARQL 1.1 Protocol, section 2.1.4).
_DEFAULT, _NAMED = "default-graph-uri", "named-graph-uri"
_BETWEEN = "Does something between change the answers of the server?"
_ELSEWHERE = "Is this the address for SPARQL? It often ends in /sparql or /query."
_HALF_WAY = "The server may have stopped half-way; ask again, or for less."
_AT_ONCE = 100  # things that are asked about together


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

    Attributes:
        address: Where it is.

    Raises:
        errors.UsageError: This is no such address.
    """

    def __init__(self, address: str, *, reading: str = "curated") -> None:
        self._server = Server(address)
        self.address = self._server.address
        self._stated = reading == "source"
        self._held: dict[tuple[Node, NamedNode | None], list[Quad]] = {}
        self._together: dict[Node, list[Node]] = {}
        self._names: dict[frozenset[str], Index] = {}  # by the kinds of what they name
        self._filled = False  # whether the server is known to hold any of the graphs

    def query(self, text: str, *, predicates: Iterable[str] | None = None, limits: Limits | None = None) -> Answer:
        """See `engine.Engine.query`; without limits, a minute is waited.

        Raises:
            errors.LimitReached: A limit was reached, or the server gave up.
            errors.ServerError: The server cannot be reached, refuses, answers nonsense, or cuts the answer.
        """
        return self._checked(QueryText(text), limits or _PATIENT)

    def foreign(self, text: str, *, limits: Limits) -> Answer:
        """See `engine.Engine.foreign`; the text is looked at by `text.vet`, and FROM in it holds.

        Raises:
            errors.QueryError: The text is refused before it is sent.
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`; also where the server does not understand the text.
        """
        return self._checked(_completed(vet(text, most=limits.text), self._graphs if self._stated else {}), limits)

    def _checked(self, query: QueryText, limits: Limits) -> Answer:
        """A whole answer, or an error."""
        dataset = [(kind, self._graphs[name]) for kind in (_DEFAULT, _NAMED) for name in GRAPH_IRIS]
        own = [(_NAMED if clause.named else _DEFAULT, clause.graph) for clause in query.dataset]
        answer = self._asked(query, limits, [] if own else dataset)
        count = len(answer.triples or answer.rows)
        if limits.rows is not None and count > limits.rows:
            raise engine.too_many(limits.rows)
        if answer.cut and query.form in ("SELECT", "CONSTRUCT"):
            rows, given = query, count
            if query.form == "CONSTRUCT":  # Its triples are as whole as the rows from which they are made.
                rows = QueryText(query.solutions(modifiers=True))
                given = len(self._asked(rows, limits, [] if own else dataset).rows)
            if given != (total := self._total(rows, own or dataset, limits)):
                raise self._incomplete(given, total)
        if not (count or answer.boolean or self._filled):
            # An empty answer says something only where there is a graph.
            if not self._holds(*GRAPH_IRIS):
                hint = f"Load them first: csto-graph --endpoint {self.address} publish"
                raise self._error("this server holds none of the project's graphs.", hint)
            self._filled = True
        self._note(answer.rows or answer.triples)
        return answer._replace(cut=False)

    def _asked(self, query: QueryText, limits: Limits, dataset: list[tuple[str, str]]) -> Answer:
        """What the server gives, of the kind and with the columns asked for; marked as cut where it may be so."""
        graph = query.form in ("CONSTRUCT", "DESCRIBE")
        name, *kinds = ("N-Triples", _TRIPLES, "text/plain") if graph else ("JSON", _JSON, "application/json")
        reply = self._server.ask(
            "POST", body=urlencode([("query", query.text), *dataset]).encode(), accept=kinds[0],
            kind="application/x-www-form-urlencoded", seconds=limits.seconds, most=limits.answer,
        )  # fmt: skip
        if reply.kind not in kinds:
            raise self._error(f"the answer is {excerpt(reply.kind) or 'of no kind'}, not {name}.", _ELSEWHERE)
        if graph and not reply.complete:
            raise self._error("the answer has no end that could be recognized.", _HALF_WAY)
        try:
            answer = _graph(reply.body) if graph else self._table(reply.body, query)
        except SyntaxError as error:
            why = f"not as SPARQL has it, or breaks off ({excerpt(str(error.msg))})"
            said = f"the answer is {f'no N-Triples in line {error.lineno}' if graph else why}."
            raise self._error(said, _HALF_WAY) from None
        except MemoryError:
            raise LimitReached(f"{self.address}: one value is longer than 16 MiB.", limit="16 MiB") from None
        count = len(answer.triples or answer.rows)
        # Some servers say that they have a limit, and limits are large or round numbers.
        cut = "x-sparql-maxrows" in reply.headers or count >= 1000 or (count >= 100 and count % 100 == 0)
        return answer._replace(cut=cut)

    def _total(self, query: QueryText, dataset: list[tuple[str, str]], limits: Limits = _PATIENT) -> int:
        """How many rows a SELECT has at the server; without its FROM clauses, which cannot stand there."""
        text, start = query.text, query.tokens[query.at].start
        for clause in reversed(query.dataset):
            text = text[: clause.start] + text[clause.end :]
        counting = f"{text[:start]}SELECT (COUNT(*) AS ?n) WHERE {{ {{ {text[start:]}\n}} }}"
        try:
            ((cell,),) = self._asked(QueryText(counting), limits, dataset).rows
            return int(cell.value) if isinstance(cell, Literal) else 0
        except ValueError:
            raise self._error("the server cannot count.", "") from None

    def _table(self, body: bytes, query: QueryText) -> Answer:
        """Rows, or yes or no, of the JSON of SPARQL 1.1 Query Results; the columns in the order of the query."""

        def term(given: Any) -> Any:
            if isinstance(given, Literal) and given.datatype.value == PREFIXES["xsd"] + "boolean":
                return Literal({"1": "true", "0": "false"}.get(given.value, given.value), datatype=given.datatype)
            return _CURATED[given] if self._stated and given in _CURATED else _unskolem(given)

        # Some servers give blank nodes labels that are none.
        body = _BNODE.sub(lambda found: found[1] + b"x" + found[2].hex().encode(), body)
        answer = engine.answer_of(ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON))
        if answer.kind != {"SELECT": "solutions", "ASK": "boolean"}.get(query.form):
            given = "rows" if answer.kind == "solutions" else "a truth value"
            raise self._error(f"to {query.form} the server answers with {given}.", _ELSEWHERE)
        there, wanted = answer.variables, tuple(dict.fromkeys(query.projection))
        known = set(wanted or (token.text[1:] for token in query.tokens if token.kind == "variable"))
        if not known.issuperset(there) or (wanted and len(there) != len(wanted)):
            shown, asked = (excerpt(", ".join(f"?{name}" for name in names), 200) for names in (there, wanted))
            has = f"{shown or 'none'}{asked and f', not {asked}'}"
            raise self._error(f"the answer has other columns than the query asks for: {has}.")
        order = [there.index(name) for name in wanted or there]
        rows = [tuple(term(row[at]) for at in order) for row in answer.rows]
        return answer._replace(variables=wanted or there, rows=rows or answer.rows)

    def _incomplete(self, given: int, total: int | None) -> ServerError:
        said = f"the server gives {given:,} of {total:,} rows and says nothing of the rest."
        return self._error(said, "Ask for less, or have the server's own limit on rows raised.")

    def _error(self, said: str, hint: str = _BETWEEN) -> ServerError:
        return ServerError(said, address=self.address, hint=hint)

    # -- the dataset

    def _holds(self, *graphs: str) -> bool:
        """Whether there is anything in named graphs."""
        query = QueryText(f"ASK {{ VALUES ?g {{ {_iris(*graphs)} }} GRAPH ?g {{ ?s ?p ?o }} }}")
        return bool(self._asked(query, _PATIENT, [(_NAMED, graph) for graph in graphs]).boolean)

    @cached_property
    def _graphs(self) -> dict[str, str]:
        """The graphs of the reading: name in the project to name at the server."""
        names = [*GRAPH_IRIS, PROOFS]
        try:
            return {name: name + TWIN if self._stated and self._holds(name + TWIN) else name for name in names}
        except ServerError as error:
            if error.status != 400:
                raise
            raise self._error("the reading 'source' is not kept there.", "Leave out --reading.") from None

    # -- single statements

    def match(
        self, subject: Node | None, predicate: NamedNode | None, value: Term | None, graph: NamedNode | None = None
    ) -> Iterator[Quad]:
        """See `engine.Engine.match`; in a fixed order.

        Raises:
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`.
        """
        found = self._about(subject, predicate) if subject else self._found((), predicate, value, graph)
        return (quad for quad in found if value in (None, quad.object) and graph in (None, quad.graph_name))

    def _about(self, subject: Node, predicate: NamedNode | None) -> list[Quad]:
        """What is said of a thing; what the last answers named beside it is asked for with it."""
        read = None if (subject, None) in self._held else predicate
        if (subject, read) not in self._held:
            beside = (one for one in self._together.get(subject, ()) if (one, predicate) not in self._held)
            things = list(dict.fromkeys((subject, *beside)))[: _AT_ONCE if predicate else _AT_ONCE // 5]
            found = self._found(things, predicate)
            self._held |= {(one, predicate): [] for one in things}
            for quad in found:
                self._made(self._held.__getitem__, (quad.subject, predicate)).append(quad)
        return [quad for quad in self._held[subject, read] if predicate in (None, quad.predicate)]

    def _note(self, rows: Iterable[Iterable[Term | None]]) -> None:
        """Remember what stood together: the labels of all of it will be wanted."""
        named = list(dict.fromkeys(cell for row in rows for cell in row if isinstance(cell, (NamedNode, BlankNode))))
        if len(self._together) + len(self._held) >= 100_000:
            self._together.clear()
            self._held.clear()
        for start in range(0, len(named), _AT_ONCE):
            group = named[start : start + _AT_ONCE]
            self._together |= dict.fromkeys(group, group)

    def _found(
        self, subjects: Iterable[Node], predicate: NamedNode | None, value: Term | None = None,
        graph: NamedNode | None = None, kinds: frozenset[str] = engine.NAMED,
    ) -> list[Quad]:  # fmt: skip
        """Ask for the statements that fit, of things of some kinds; perhaps for some more."""
        graphs = [self._graphs[name] for name in ([graph.value] if graph else GRAPH_IRIS)]
        these = " ".join(str(skolem(one)) for one in subjects)
        where = f"VALUES ?s {{ {these} }} " if these else ""
        where += f"VALUES ?g {{ {_iris(*graphs)} }} GRAPH ?g {{ ?s {predicate or '?p'} {skolem(value) or '?o'} }}"
        if "-" not in kinds:
            tests = [f'STRSTARTS(STR(?s), "{PREFIXES[kind]}")' for kind in sorted(kinds.intersection(PREFIXES))]
            where += f" FILTER({' || '.join(tests) or 'false'})"
        rows = self._rows(where, graphs)
        quads = {self._made(Quad, row["s"], predicate or row["p"], value or row["o"], row["g"]) for row in rows}
        kept = sorted(quads, key=str)
        self._note(quad.triple for quad in kept)
        return kept

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """See `engine.Engine.quads`; they are counted before.

        Raises:
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`.
        """
        for name in GRAPH_IRIS if graph is None else [graph]:
            there = self._graphs.get(name, name)
            for row in self._rows(f"GRAPH {_iris(there)} {{ ?s ?p ?o }}", [there], counted=True):
                yield self._made(Quad, row["s"], row["p"], row["o"], NamedNode(name))

    def _rows(self, where: str, graphs: list[str], part: str = "", counted: bool = False) -> Iterator[dict[str, Any]]:
        """All rows of a pattern, where one answer does not hold them, in parts.

        A part are the rows the digest of whose terms begins alike: any engine can tell these, needs no order for it,
        and none of them grows beyond its limits.

        Args:
            where: The pattern, of some of the variables ``?s ?p ?o ?g``.
            graphs: The graphs that it names.
            part: First hexadecimal digits of the digest.
            counted: Whether they are counted before, as parts are; else only where they may have been cut.
        """
        names = [name for name in "spog" if f"?{name} " in where]
        texts = ", ".join(f'IF(isBlank(?{name}), "", STR(?{name})), " "' for name in names)
        these = where + (f' FILTER(STRSTARTS(MD5(CONCAT({texts})), "{part}"))' if part else "")
        query, dataset = QueryText(f"SELECT ?{' ?'.join(names)} WHERE {{ {these} }}"), [(_NAMED, one) for one in graphs]
        total = self._total(query, dataset) if part or counted else None
        if total is None or total <= 100_000:
            answer = self._asked(query, _PATIENT, dataset)
            if total is None and answer.cut:
                total = self._total(query, dataset)
            if total in (None, len(answer.rows)):
                yield from (dict(zip(names, row, strict=True)) for row in answer.rows)
                return
            if len(part) == 4:  # it is one of 65,536
                raise self._incomplete(len(answer.rows), total)
        for digit in "0123456789abcdef":
            yield from self._rows(where, graphs, part + digit)

    def _made(self, make: Callable[..., Any], *terms: Any) -> Any:
        """What terms of an answer make, if they make it."""
        try:
            return make(*terms)
        except (TypeError, ValueError, SyntaxError, KeyError):
            raise self._error("the answer holds no statements of the kind asked for.") from None

    # -- the rest of the contract

    def proof(self, statement: Triple) -> Derivation | None:
        """See `engine.Engine.proof`.

        Raises:
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`.
        """
        graph = self._graphs[PROOFS]
        where = f"GRAPH {_iris(graph)} {{ {engine.statement_name(*statement)} {_iris(engine.PROOF)} ?o }}"
        rows = self._rows(where, [])  # a server that has no such graph may refuse one that is named beforehand
        return next((self._made(engine.derivation, row["o"]) for row in rows), None)

    def names(self, of: str | None = None) -> Index:
        """See `engine.Engine.names`; of a class those of the kinds of its members are read.

        Raises:
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`.
        """
        known = (kind_of(quad.subject) for quad in engine.members(self, of)) if of else engine.NAMED
        kinds = engine.NAMED.intersection(known)
        if kinds not in self._names:
            named = (one for name in engine.ROLES for one in self._found((), NamedNode(name), kinds=kinds))
            self._names[kinds] = Index(engine.names_of(named))
        return self._names[kinds]

    def count(self) -> int:
        """See `engine.Engine.count`.

        Raises:
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`.
        """
        graphs = [self._graphs[name] for name in GRAPH_IRIS]
        query = QueryText(f"SELECT * WHERE {{ VALUES ?g {{ {_iris(*graphs)} }} GRAPH ?g {{ ?s ?p ?o }} }}")
        return self._total(query, [(_NAMED, graph) for graph in graphs])


# -------------------------------------------------------------------------------------------- texts of queries


def _iris(*names: str) -> str:
    """IRIs as they stand in a query; what is none raises ValueError, and so nothing else gets in."""
    return " ".join(str(NamedNode(name)) for name in names)


def _completed(query: QueryText, graphs: dict[str, str]) -> QueryText:
    """The query with the project's prefixes declared that it uses, and its graphs under the names given here."""
    names = (token.text.partition(":")[0] for token in query.tokens if token.kind == "name")
    missing = dict.fromkeys(name for name in names if name in PREFIXES and name not in query.declared)
    text = query.text
    for token in reversed(query.tokens):
        if other := graphs.get(query.iri(token) or ""):
            text = f"{text[: token.start]}<{other}>{text[token.end :]}"
    # On one line with the beginning, so that the server counts lines as the reader does.
    return QueryText("".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}> " for prefix in missing) + text)


def _graph(body: bytes) -> Answer:
    """The triples of N-Triples."""
    found = (quad.triple for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES))
    return Answer("graph", triples=[Triple(_unskolem(s), p, _unskolem(o)) for s, p, o in found])
