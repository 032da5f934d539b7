"""A SPARQL 1.1 endpoint as an engine: the same questions, the same typed rows, whoever wrote the server.

What is asked goes out by the SPARQL 1.1 Protocol as a form (section 2.1.2: one common server never answers the direct
kind), with the project's named graphs as its dataset, so that other graphs at the server and the proofs stay out. In
the reading of the source, a graph has a twin (``graph:data-as-stated`` beside ``graph:data``) where the two differ.

Servers change what they give, and cut it off without a word. A truth value that comes as ``1`` is told as ``true``,
and no more is rewritten. Rows are counted at the server where an answer could be one that was cut; what the engine
itself reads for looking up and showing is then asked for in parts.

A blank node has no name that outlives an answer, so `publishing` loads IRIs in their place (RDF 1.1, section 3.5), and
here they are blank nodes again.

An engine keeps what it has read of single things for as long as it lives: load the graph again to see changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from ..errors import LimitReached, ServerError
from ..names import BASE, PREFIXES
from . import proofs
from .engine import GRAPHS, Answer, Limits, Node, Term, graph_name, kind_of
from .http import Reply, Server

if TYPE_CHECKING:
    from .lookup import Names
    from .proofs import Derivation

TWIN = "-as-stated"
"""End of the names of the graphs that differ in the reading of the source; they sort as the others do."""

NAMED = f"{BASE}genid/"
"""Beginning of the IRIs that stand for blank nodes."""

_PATIENT = Limits(seconds=60.0)
_XSD = PREFIXES["xsd"]
_FORM = "application/x-www-form-urlencoded"
_TABLE = "application/sparql-results+json"
_TRIPLES = "application/n-triples"
_AT_ONCE = 100  # things that are asked about together
_PAGE = 5_000
_MOST_ROWS = 100_000
_DEEPEST = 4
_HELD = 100_000

_Row = tuple[Term | None, ...]


def twin(graph: str) -> str:
    """The IRI of a graph in the reading of the source, where that differs."""
    return graph + TWIN


def named(term: Term | None) -> Any:
    """A term as it stands at a server: a blank node has a name there."""
    from urllib.parse import quote

    return NamedNode(NAMED + quote(term.value, safe="")) if isinstance(term, BlankNode) else term


def _unnamed(name: str) -> NamedNode | BlankNode:
    from urllib.parse import unquote

    return BlankNode(unquote(name.removeprefix(NAMED))) if name.startswith(NAMED) else NamedNode(name)


class Endpoint:
    """The engine at an address; see `store.Engine`.

    Args:
        address: Where SPARQL queries are answered; see `transport.Server`.
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
        """See `store.Engine.query`; without limits, a minute is waited.

        Raises:
            errors.LimitReached: A limit was reached, or the server gave up.
            errors.ServerError: The server cannot be reached, refuses, answers nonsense, or cuts the answer.
        """
        return self._checked(_Text(text), limits or _PATIENT, self._dataset())

    def foreign(self, text: str, *, limits: Limits) -> Answer:
        """See `store.Engine.foreign`; the text is looked at by `sandbox.gate`, and FROM in it holds.

        Raises:
            errors.QueryError: The text is refused before it is sent.
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`; also where the server does not understand the text.
        """
        from ..sandbox.parent import gate

        gate(text, graphs=[graph_name(name).value for name in GRAPHS])
        read = _Text(text).complete(self._graphs if self._stated else {})
        dataset = [] if read.dataset else self._dataset()
        return self._checked(read, limits, dataset)

    def _checked(self, text: _Text, limits: Limits, dataset: list[tuple[str, str]]) -> Answer:
        """A whole answer, or an error."""
        graph = text.form in ("CONSTRUCT", "DESCRIBE")
        answer, suspect = self._asked(text.text, limits, dataset, graph=graph)
        if {"SELECT": "solutions", "ASK": "boolean"}.get(text.form, answer.kind) != answer.kind:
            said = f"to {text.form} the server answers with {'rows' if answer.rows else 'a truth value'}."
            raise ServerError(said, address=self.address, hint="Is this the address where it answers SPARQL queries?")
        count = len(answer.triples if answer.kind == "graph" else answer.rows)
        if limits.rows is not None and count > limits.rows:
            limit = f"{limits.rows} row{'' if limits.rows == 1 else 's'}"
            said = f"The query: it has more than {limit}."
            raise LimitReached(said, limit=limit, hint="Ask for fewer, or raise the limit.")
        if suspect and text.form in ("SELECT", "CONSTRUCT"):
            rows = text.rows() if text.form == "CONSTRUCT" else text
            within = rows.dataset or dataset
            given = len(self._asked(rows.text, limits, dataset)[0].rows) if text.form == "CONSTRUCT" else count
            self._require(given, self._count(rows.counted(), limits, within))
        if not count and not answer.boolean:
            self._require_graphs()
        self._note(answer)
        return answer

    def _asked(
        self, text: str, limits: Limits, dataset: list[tuple[str, str]], *, graph: bool = False
    ) -> tuple[Answer, bool]:
        """What the server gives, and whether it may have cut it off."""
        from urllib.parse import urlencode

        body = urlencode([("query", text), *dataset]).encode()
        accept = _TRIPLES if graph else _TABLE
        with self._server.ask("POST", body=body, kind=_FORM, accept=accept, seconds=limits.seconds) as reply:
            if graph:
                triples = _triples(reply, limits.answer)
                return Answer("graph", triples=triples), _suspect(len(triples), reply)
            answer = _Reader(reply, self._known).answer(limits.answer)
            return answer, _suspect(len(answer.rows), reply)

    def _count(self, text: str, limits: Limits, dataset: list[tuple[str, str]]) -> int:
        rows = self._asked(text, limits, dataset)[0].rows
        try:
            (cell,) = rows[0]
            return int(cell.value) if isinstance(cell, Literal) else 0
        except (IndexError, ValueError):
            raise ServerError("the server cannot count.", address=self.address) from None

    def _require(self, given: int, total: int) -> None:
        if given != total:
            said = f"the server gives {given:,} of {total:,} rows and says nothing of the rest."
            hint = "Ask for less, or have the server's own limit on rows raised."
            raise ServerError(said, address=self.address, hint=hint)

    def _require_graphs(self) -> None:
        """An empty answer says something only where there is a graph."""
        if not self._loaded:
            said = "this server holds none of the project's graphs."
            hint = f"Load them first: csto-graph --endpoint {self.address} publish"
            raise ServerError(said, address=self.address, hint=hint)

    @cached_property
    def _loaded(self) -> bool:
        return any(self._holds(graph_name(name).value) for name in GRAPHS)

    def _holds(self, graph: str) -> bool:
        """Whether there is anything in a named graph."""
        text = f"ASK {{ GRAPH {_names(graph)} {{ ?s ?p ?o }} }}"
        return bool(self._asked(text, _PATIENT, [("named-graph-uri", graph)])[0].boolean)

    # -- the dataset

    @cached_property
    def _graphs(self) -> dict[str, str]:
        """The graphs of the reading: name in the project to name at the server."""
        names = [*(graph_name(name).value for name in GRAPHS), proofs.GRAPH]
        graphs = {name: twin(name) if self._stated and self._holds(twin(name)) else name for name in names}
        self._known = {there: name for name, there in graphs.items() if there != name}
        return graphs

    def _dataset(self) -> list[tuple[str, str]]:
        kinds = ("default-graph-uri", "named-graph-uri")
        return [(kind, graph) for kind in kinds for name, graph in self._graphs.items() if name != proofs.GRAPH]

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
        """See `store.Engine.match`; in a fixed order.

        Raises:
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`.
        """
        wanted = None if kinds is None else frozenset(kinds)
        found = self._matching(subject, predicate, value, graph, wanted)
        return (
            quad for quad in found
            if (graph is None or quad.graph_name == graph) and (wanted is None or kind_of(quad.subject) in wanted)
        )  # fmt: skip

    def _matching(
        self,
        subject: Node | None,
        predicate: NamedNode | None,
        value: Term | None,
        graph: NamedNode | None,
        kinds: frozenset[str] | None,
    ) -> list[Quad]:
        if subject is not None:
            about = self._about(named(subject).value, predicate.value if predicate else "")
            return [quad for quad in about if value is None or quad.object == value]
        if value is None or graph is not None:
            return self._found(None, predicate, value, graph, kinds)
        key = "", predicate.value if predicate else "", str(value)
        found = self._held.get(key)
        if found is None:
            found = self._found(None, predicate, value, None, None)
            self._hold(key, found)
        return found

    def _about(self, subject: str, predicate: str) -> list[Quad]:
        """What is said of a thing; what the last answers named beside it is asked for with it."""
        if (subject, "", "") in self._held:
            everything = self._held[subject, "", ""]
            return [quad for quad in everything if not predicate or quad.predicate.value == predicate]
        if (subject, predicate, "") not in self._held:
            group = self._together.get(subject, [subject])
            most = _AT_ONCE if predicate else _AT_ONCE // 5
            names = [name for name in group if (name, predicate, "") not in self._held][:most]
            names = names if subject in names else [subject, *names[1:]]
            asked = NamedNode(predicate) if predicate else None
            found: dict[str, list[Quad]] = {name: [] for name in names}
            for quad in self._found(names, asked, None, None, None):
                found[named(quad.subject).value].append(quad)
            for name, quads in found.items():
                self._hold((name, predicate, ""), quads)
            return found[subject]
        return self._held[subject, predicate, ""]

    def _hold(self, key: tuple[str, str, str], quads: list[Quad]) -> None:
        if len(self._held) >= _HELD:
            self._held.clear()
        self._held[key] = quads

    def _note(self, answer: Answer) -> None:
        """Remember what stood together: the labels of all of it will be wanted."""
        cells = (cell for row in (answer.rows or answer.triples) for cell in row)
        names = list(dict.fromkeys(named(cell).value for cell in cells if isinstance(cell, (NamedNode, BlankNode))))
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
        graphs = [self._graphs[graph.value]] if graph else [self._graphs[graph_name(name).value] for name in GRAPHS]
        values = f"VALUES ?s {{ {_names(*subjects)} }} " if subjects else ""
        parts = "?s", str(predicate or "?p"), str(named(value) or "?o")
        where = f"{values}{_within(graphs)} GRAPH ?g {{ {' '.join(parts)} }}{_of_kinds(kinds)}"
        names = ["s", *(["p"] if predicate is None else []), *(["o"] if value is None else []), "g"]
        quads: dict[Quad, None] = {}
        for row in self._rows(where, names, graphs):
            given = dict(zip(names, row, strict=True))
            terms: Any = given["s"], predicate or given["p"], value or given["o"], given["g"]
            quads[Quad(*terms)] = None
        kept = sorted(quads, key=str)
        self._note(Answer("graph", triples=[quad.triple for quad in kept]))
        return kept

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """See `store.Engine.quads`; read in pages, each counted before.

        Raises:
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`.
        """
        for name in [graph_name(name).value for name in GRAPHS] if graph is None else [graph]:
            there = self._graphs.get(name, name)
            for predicates, count in self._pages(there):
                chosen = f"VALUES ?p {{ {_names(*predicates)} }}"
                rows = self._rows(f"{chosen} GRAPH {_names(there)} {{ ?s ?p ?o }}", ["s", "p", "o"], [there], count)
                yield from sorted((_quad(row, name) for row in rows), key=str)

    def _pages(self, graph: str) -> Iterator[tuple[list[str], int]]:
        """Predicates of a graph that together make a page, with the number of their statements."""
        whole = f"GRAPH {_names(graph)} {{ ?s ?p ?o }}"
        text = f"SELECT ?p (COUNT(*) AS ?n) WHERE {{ {whole} }} GROUP BY ?p"
        answer, suspect = self._asked(text, _PATIENT, [("named-graph-uri", graph)])
        counts = sorted((str(name.value), int(count.value)) for name, count in answer.rows)  # type: ignore[union-attr]
        if suspect:
            self._require(sum(count for _, count in counts), self._total(whole, [graph]))
        page: list[str] = []
        size = 0
        for name, count in counts:
            if page and size + count > _PAGE:
                yield page, size
                page, size = [], 0
            page, size = [*page, name], size + count
        if page:
            yield page, size

    # -- rows that are never cut off

    def _rows(
        self, where: str, names: list[str], graphs: list[str], total: int | None = None, part: str = ""
    ) -> list[_Row]:
        """All rows of a pattern, where one answer does not hold them, in parts.

        A part are the rows the digest of whose terms begins alike: any engine can tell these, needs no order for it,
        and none of them grows beyond its limits.
        """
        dataset = [("named-graph-uri", graph) for graph in graphs]
        asked = f"{where}{_part(names, part)}"
        if total is None or total <= _MOST_ROWS:
            text = f"SELECT {' '.join(f'?{name}' for name in names)} WHERE {{ {asked} }}"
            answer, suspect = self._asked(text, _PATIENT, dataset)
            if total is None and suspect:
                total = self._total(asked, graphs)
            if total is None or len(answer.rows) == total:
                return answer.rows
            if len(part) == _DEEPEST:
                self._require(len(answer.rows), total)
        found = []
        for more in (f"{part}{digit}" for digit in "0123456789abcdef"):
            count = self._total(f"{where}{_part(names, more)}", graphs) if total > _MOST_ROWS else None
            found += self._rows(where, names, graphs, count, more)
        return found

    def _total(self, where: str, graphs: list[str]) -> int:
        text = f"SELECT (COUNT(*) AS ?n) WHERE {{ {where} }}"
        return self._count(text, _PATIENT, [("named-graph-uri", graph) for graph in graphs])

    # -- the rest of the contract

    def proof(self, statement: Triple) -> Derivation | None:
        """See `store.Engine.proof`.

        Raises:
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`.
        """
        graph = self._graphs[proofs.GRAPH]
        where = f"GRAPH {_names(graph)} {{ {proofs.name(statement)} {_names(proofs.PROPERTY)} ?text }}"
        rows = self._rows(where, ["text"], [graph])
        return proofs.of(rows[0][0]) if rows else None

    def names(self) -> Names | None:
        """See `store.Engine.names`; they are read."""
        return None

    def count(self) -> int:
        """See `store.Engine.count`.

        Raises:
            errors.LimitReached: As `query`.
            errors.ServerError: As `query`.
        """
        graphs = [self._graphs[graph_name(name).value] for name in GRAPHS]
        return self._total(f"{_within(graphs)} GRAPH ?g {{ ?s ?p ?o }}", graphs)


def _quad(row: Sequence[Any], graph: str) -> Quad:
    return Quad(row[0], row[1], row[2], NamedNode(graph))


def _names(*names: str) -> str:
    """IRIs as they stand in a query; what is none raises ValueError, and so nothing else gets in."""
    return " ".join(str(NamedNode(name)) for name in names)


def _within(graphs: Iterable[str]) -> str:
    return f"VALUES ?g {{ {_names(*graphs)} }}"


def _part(names: Sequence[str], part: str) -> str:
    """A condition that holds for one part of the rows."""
    texts = ", ".join(f'IF(isBlank(?{name}), "", STR(?{name})), " "' for name in names)
    return f' FILTER(STRSTARTS(MD5(CONCAT({texts})), "{part}"))' if part else ""


def _of_kinds(kinds: frozenset[str] | None) -> str:
    """A condition that holds for subjects of these kinds, as `store.kind_of` gives them."""
    if kinds is None:
        return ""
    rest = "-" in kinds  # what has no prefix: then those with another are the ones to name
    listed = sorted(set(PREFIXES) - kinds if rest else kinds & set(PREFIXES))
    spaces = "|".join(PREFIXES[prefix].replace(".", "[.]") for prefix in listed)
    if not listed:
        return "" if rest else " FILTER(false)"
    return f' FILTER({"!" if rest else ""}REGEX(STR(?s), "^({spaces})[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?$"))'


def _suspect(count: int, reply: Reply) -> bool:
    """Whether an answer may have been cut off: some servers say so, and limits are large or round numbers."""
    return "x-sparql-maxrows" in reply.headers or count >= 1000 or (count >= 100 and count % 100 == 0)


# -------------------------------------------------------------------------------------------- texts of queries


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


class _Text:
    """A SPARQL query as far as needed to complete, count and check it (SPARQL 1.1, section 19.8).

    Attributes:
        text: The query.
        form: ``SELECT``, ``ASK``, ``CONSTRUCT`` or ``DESCRIBE``; ``''`` where there is none.
    """

    def __init__(self, text: str) -> None:
        from ..sparql.tokens import tokeniser

        self.text = text
        found = (_Token(match.lastgroup or "", match[0], *match.span()) for match in tokeniser().finditer(text))
        self._tokens = [token for token in found if token.kind != "comment"]
        self._at = next((at for at, token in enumerate(self._tokens) if _word(token) in _FORMS), len(self._tokens))
        self.form = _word(self._tokens[self._at]) if self._at < len(self._tokens) else ""

    @cached_property
    def _declared(self) -> dict[str, str]:
        start = self._tokens[: self._at]
        return {
            name.text[:-1]: space.text[1:-1]
            for word, name, space in zip(start, start[1:], start[2:], strict=False)
            if _word(word) == "PREFIX"
        }

    def complete(self, graphs: dict[str, str]) -> _Text:
        """The query with the project's prefixes declared that it uses, and its graphs under the names given here."""
        pieces, end = [], 0
        missing: dict[str, None] = {}
        for token in self._tokens:
            if token.kind == "name" and (prefix := token.text.partition(":")[0]) not in self._declared:
                missing |= {prefix: None} if prefix in PREFIXES else {}
            other = graphs.get(self._iri(token) or "")
            if other:
                pieces += [self.text[end : token.start], f"<{other}>"]
                end = token.end
        # On one line with the beginning, so that the server counts lines as the reader does.
        known = "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}> " for prefix in missing)
        return _Text(known + "".join([*pieces, self.text[end:]]))

    def _iri(self, token: _Token) -> str | None:
        if token.kind == "iri":
            return token.text[1:-1]
        prefix, _, local = token.text.partition(":")
        space = self._declared.get(prefix) or PREFIXES.get(prefix)
        return space + local if token.kind == "name" and space else None

    @cached_property
    def _froms(self) -> list[tuple[int, int, str, str]]:
        """Start, end, kind and graph of each FROM clause."""
        found = []
        for at, token in enumerate(self._tokens):
            if _word(token) == "FROM" and at + 2 < len(self._tokens):
                named = _word(self._tokens[at + 1]) == "NAMED"
                graph = self._tokens[at + 1 + named]
                kind = "named-graph-uri" if named else "default-graph-uri"
                found.append((token.start, graph.end, kind, self._iri(graph) or ""))
        return found

    @property
    def dataset(self) -> list[tuple[str, str]]:
        """What the FROM clauses say, as parameters of the protocol (SPARQL 1.1 Protocol, section 2.1.4)."""
        return [(kind, graph) for _, _, kind, graph in self._froms]

    def counted(self) -> str:
        """A query for the number of rows of this SELECT; without its FROM clauses, which cannot stand there."""
        start = self._tokens[self._at].start
        body, end = [], start
        for first, last, _, _ in self._froms:
            body.append(self.text[end:first])
            end = last
        body.append(self.text[end:])
        return f"{self.text[:start]}SELECT (COUNT(*) AS ?n) WHERE {{ {{ {''.join(body)}\n}} }}"

    def rows(self) -> _Text:
        """The SELECT of the solutions from which this CONSTRUCT makes its triples."""
        rest = self._tokens[self._at + 1 :]
        end = self._tokens[self._at].end
        if rest and rest[0].text == "{":
            depth = 0
            for token in rest:
                depth += {"{": 1, "}": -1}.get(token.text, 0)
                if not depth:
                    end = token.end
                    break
        return _Text(f"{self.text[: self._tokens[self._at].start]}SELECT * {self.text[end:]}")


_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")


def _word(token: _Token) -> str:
    return token.text.upper() if token.kind == "word" else ""


# ------------------------------------------------------------------------------------------------- answers


def _triples(reply: Reply, most: int) -> list[Triple]:
    """The triples of an answer in N-Triples."""
    if reply.kind not in (_TRIPLES, "text/plain"):
        raise _wrong(reply, f"is {_kind(reply)}, not N-Triples")
    if not reply.complete:
        raise _wrong(reply, "has no end that could be recognized")
    try:
        found = [quad.triple for quad in parse(reply.whole(most), format=RdfFormat.N_TRIPLES)]
    except SyntaxError as error:
        raise _wrong(reply, f"is no N-Triples in line {error.lineno}") from None
    return [Triple(_told(triple.subject), triple.predicate, _told(triple.object)) for triple in found]


def _told(term: Any) -> Any:
    return _unnamed(term.value) if isinstance(term, NamedNode) else term


def _kind(reply: Reply) -> str:
    from ..text import excerpt

    return excerpt(reply.kind) or "of no kind"


def _wrong(reply: Reply, said: str) -> ServerError:
    hint = "Is this the address for SPARQL? It often ends in /sparql or /query." if "html" in reply.kind else ""
    hint = hint or "The server may have stopped half-way; ask again, or for less."
    return ServerError(f"the answer {said}.", address=reply.address, hint=hint)


class _Reader:
    """An answer in the JSON of SPARQL 1.1 Query Results, as terms.

    Args:
        reply: The answer.
        names: Graphs at the server, and what the project calls them.
    """

    def __init__(self, reply: Reply, names: dict[str, str]) -> None:
        self._reply = reply
        self._names = names

    def answer(self, most: int) -> Answer:
        """Rows, or yes or no.

        Raises:
            errors.ServerError: It is something else, or broken.
            errors.LimitReached: It is larger than allowed, or too late.
        """
        document = self._document(most)
        try:
            if "boolean" in document:
                if not isinstance(document["boolean"], bool):
                    raise TypeError
                return Answer("boolean", boolean=document["boolean"])
            names = tuple(str(name) for name in document["head"]["vars"])
            found = document["results"]["bindings"]
            rows = [tuple(self._term(row[name]) if name in row else None for name in names) for row in found]
            return Answer("solutions", names, rows)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise _wrong(self._reply, "is not as SPARQL has it") from None

    def _document(self, most: int) -> Any:
        import json

        if self._reply.kind not in (_TABLE, "application/json"):
            raise _wrong(self._reply, f"is {_kind(self._reply)}, not JSON")
        try:
            document = json.loads(self._reply.whole(most).decode("utf-8"))
        except (ValueError, RecursionError):
            raise _wrong(self._reply, "is broken JSON, or breaks off") from None
        if not isinstance(document, dict):
            raise _wrong(self._reply, "is not as SPARQL has it")
        return document

    def _term(self, given: dict[str, Any]) -> Term:
        """A term (SPARQL 1.1 Query Results JSON, section 3.2.2); ``typed-literal`` is its form before 2013."""
        kind, value = given["type"], given["value"]
        if not isinstance(value, str):
            raise TypeError(value)
        if kind == "uri":
            return _unnamed(self._names.get(value, value))
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
