"""SPARQL as text: all that is looked at, cut out of a query or put into it by its tokens (`rdf.terms.tokens`).

Nothing here parses: the engine does. What is here knows words, strings, IRIs and comments apart (SPARQL 1.1, section
19.8), so that a ``SELECT`` in a string, or a brace in a comment, is never taken for one of the query's own.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Collection, Mapping
from itertools import groupby, islice, pairwise, zip_longest
from typing import NamedTuple, NoReturn

from pyoxigraph import Literal, NamedNode

from ..errors import LimitReached, QueryError, UnknownName
from ..names import PREFIXES, curie, excerpt, near
from ..rdf.terms import NESTED, Token, as_iri, iri_of, tokens
from ..store.engine import GRAPH_IRIS

_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
# The engine reads by recursion; these stay an order of magnitude below what it was seen to survive.
_DEEPEST, _MOST_OPERATORS, _MOST_SIGNS = 100, 1000, 20


_END = Token("", "", 0)
#: The mark of a condition on a parameter, a comment at the end of its line (a regular expression with groups for the
#: word and the name): see `specialise`.
CONDITION = r"#\s*(if|unless) \$(\w+)\s*"


class DatasetClause(NamedTuple):
    """A FROM clause: where it stands in the text, whether it is FROM NAMED, and the IRI of its graph."""

    start: int
    end: int
    named: bool
    graph: str


class QueryText:
    """A query as its tokens tell it.

    Args:
        text: The query.

    Attributes:
        text: The query.
        tokens: Its tokens without comments.
        at: Index of the keyword of its form; the number of tokens where there is none.
        form: ``SELECT``, ``ASK``, ``CONSTRUCT`` or ``DESCRIBE``; empty where there is none.
        declared: The prefixes that it declares, each with its namespace.
        prefixes: All that it knows, those of the project among them.
        dataset: Its FROM clauses.
        projection: Names of the columns of a SELECT, in order; empty for ``*``.
        body: Index of the token after the projection or template: FROM, WHERE or the brace of the group.
        group: Indexes of the braces around the WHERE clause; None where there is none.

    >>> query = QueryText("PREFIX ex: <http://e/> SELECT ?s (COUNT(*) AS ?n) FROM ex:g { ?s ex:p 'SELECT' } LIMIT 1")
    >>> query.form, query.projection, query.dataset[0].graph
    ('SELECT', ['s', 'n'], 'http://e/g')
    >>> query.solutions()
    "PREFIX ex: <http://e/> SELECT * FROM ex:g { ?s ex:p 'SELECT' }"
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [token for token in tokens(text) if token.kind != "comment"]
        self.at = next((at for at, token in enumerate(self.tokens) if token.word in _FORMS), len(self.tokens))
        self.form = [*self.tokens, _END][self.at].word

        self._base, self.declared, self.prefixes = "", dict[str, str](), {**PREFIXES}
        self.dataset: list[DatasetClause] = []
        following = zip_longest(self.tokens, self.tokens[1:], self.tokens[2:], fillvalue=_END)
        for at, (token, second, third) in enumerate(following):
            if token.word == "BASE" and at < self.at:
                self._base = self.iri(second) or ""
            elif token.word == "PREFIX" and at < self.at:
                self.declared[second.text[:-1]] = self.prefixes[second.text[:-1]] = self.iri(third) or ""
            elif token.word.startswith("FROM"):
                graph = third if second.word == "NAMED" else second
                clause = DatasetClause(token.start, graph.end, graph is third, self.iri(graph) or "")
                self.dataset += [clause] if graph.text else []

        outside = [at for at in range(self.at + 1, len(self.tokens)) if not self.tokens[at].depth]
        groups = [at for at in outside if self.tokens[at].text == "{"]
        if self.form == "CONSTRUCT" and groups[:1] == [self.at + 1]:
            outside, groups = outside[1:], groups[1:]  # without the template
        bodies = (at for at in outside if at in groups[:1] or self.tokens[at].word in ("FROM", "WHERE"))
        self.body = next(bodies, len(self.tokens))
        ends = (at - 1 for at in [*outside, len(self.tokens)] if at > groups[0])
        self.group = (groups[0], next(ends)) if groups else None
        self.projection = [
            token.text[1:] for before, token in pairwise(self.tokens[self.at : self.body])
            if token.kind == "variable" and (not token.depth or (token.depth == 1 and before.word == "AS"))
        ]  # fmt: skip

    def iri(self, token: Token) -> str | None:
        """The IRI that a token stands for, under the BASE of the query; None where it stands for none."""
        return iri_of(token, self.prefixes, self._base)

    def solutions(self, *, modifiers: bool = False) -> str:
        """The SELECT of all solutions of the WHERE clause, with every variable: nothing grouped or left out.

        Args:
            modifiers: Whether what follows the clause (ORDER BY, LIMIT …) stays; of a query that groups nothing.
        """
        select = f"{self.text[: self.tokens[self.at].start] if self.form else self.text}SELECT * "
        if self.group is None:
            return f"{select}{{}}"
        end = self.tokens[self.group[1]].end
        # A last VALUES is no modifier: the clause is joined with it (section 10.2.2).
        values = (f" {self.text[one.start :]}" for one in self.tokens[self.group[1] + 1 :] if one.word == "VALUES")
        rest = self.text[end:] if modifiers else next(values, "")
        return select + self.text[self.tokens[self.body].start : end] + rest

    def once(self) -> str:
        """The query with no column named twice, which the grammar allows (rule 9) and engines refuse.

        >>> QueryText("SELECT ?s ?s { ?s ?p ?o }").once()
        'SELECT ?s    { ?s ?p ?o }'
        """
        text, named, depth = self.text, set[str](), -1
        for token in self.tokens:
            if token.word in ("SELECT", "FROM", "WHERE") or token.text == "{":
                named, depth = set(), token.depth if token.word == "SELECT" else -1
            elif token.kind == "variable" and token.depth == depth:
                if token.text[1:] in named:
                    text = text[: token.start] + " " * len(token.text) + text[token.end :]
                named.add(token.text[1:])
        return text


def mentioned_iris(text: str) -> frozenset[str]:
    """The IRIs that a query names, beside those of its prologue; with ``a``, or a class that is a variable, rdf:type.

    >>> sorted(mentioned_iris("PREFIX ex: <http://e/> ASK { ?s a ex:C ; ex:p 'ex:q' }"))
    ['http://e/C', 'http://e/p']
    >>> sorted(mentioned_iris("ASK { ?s a ?class }"))
    ['http://www.w3.org/1999/02/22-rdf-syntax-ns#type']
    """
    query, found, typed = QueryText(text), set[str](), False
    for token in query.tokens[query.at :]:
        if iri := query.iri(token):
            found.add(iri)
        elif typed and token.kind == "variable":
            found.add(PREFIXES["rdf"] + "type")
        # After `a` come classes with commas between them, up to the end of the list of objects.
        typed = token.text == "a" or (typed and token.text not in (".", ";", "{", "}"))
    return frozenset(found)


def bind(text: str, terms: Mapping[str, NamedNode | Literal]) -> str:
    r"""Put terms in the place of the ``$name`` tokens of a SPARQL text.

    Strings, IRIs and comments are left alone; ``?name`` is too. Each term stands in its N-Triples form, which SPARQL
    reads back unchanged; the result must not be bound a second time.

    Raises:
        UnknownName: A term has a name that the text does not use.
        QueryError: ``<$name>`` could be read as an IRI or as comparisons.

    >>> bind("ASK { ?s ?p $v , '$v' }", {"v": Literal("it's")})
    'ASK { ?s ?p "it\'s" , \'$v\' }'
    """
    found = list(tokens(text)) if terms else []
    for token in reversed(found):
        # "?c<$a&&?b>2" is an IRI to the grammar and two comparisons to some engines; "://" stands in IRIs only.
        if token.kind == "iri" and "://" not in token.text and any(f"${name}" in token.text for name in terms):
            _refuse(text, token.start, f"'{token.text}' reads as an IRI.", "Put spaces around < and > that compare.")
        if token.text[0] == "$" and token.text[1:] in terms:
            text = f"{text[: token.start]}{terms[token.text[1:]]}{text[token.end :]}"
    used = {token.text[1:] for token in found if token.text[0] == "$"}
    if unused := [name for name in terms if name not in used]:
        raise UnknownName("parameter", unused[0], suggestions=near(unused[0], used))
    return text


def specialise(text: str, given: Collection[str]) -> str:
    """Leave out the conditions on parameters that are not given.

    A line that ends in ``# if $name`` counts only where that parameter is given; one that ends in ``# unless $name``
    only where it is not. Where such a line opens brackets, all lines up to the one that closes them belong to it. What
    is left out stays as empty lines, so that lines keep their numbers.

    Args:
        text: SPARQL with ``$name`` tokens.
        given: Names of the parameters that are given.

    Raises:
        QueryError: A marked passage closes a bracket that it does not open, or the other way round.

    >>> text = '''ASK { ?act a coop:Treaty .
    ...   ?act coop:party $party .  # if $party
    ...   FILTER EXISTS {  # if $date
    ...     ?act coop:date $date
    ...   }
    ... }'''
    >>> specialise(text, {"party"}).split("\\n")
    ['ASK { ?act a coop:Treaty .', '  ?act coop:party $party .', '', '', '', '}']
    """
    lines, starts = text.split("\n"), [0, *(found.end() for found in re.finditer("\n", text))]
    words = {at: list(group) for at, group in groupby(tokens(text), lambda token: bisect(starts, token.start) - 1)}
    after = {at: group[-1].depth + NESTED.get(group[-1].text, 0) for at, group in words.items()}
    for number, (at, group) in enumerate(words.items()):
        depth, last = group[0].depth, group[-1]
        mark = last.kind == "comment" and re.fullmatch(CONDITION, last.text)
        if not mark or not lines[at]:  # or within what is left out already
            continue
        end = next((line for line in islice(after, number, None) if after[line] <= depth), None)
        if end is None or after[end] < depth or min(token.depth for token in group) < depth:
            said = "What is marked here does not close the brackets that it opens."
            _refuse(text, starts[at], said, "Move the mark.")
        if (mark[2] in given) == (mark[1] == "unless"):
            lines[at : end + 1] = [""] * (end + 1 - at)
        else:
            lines[at] = text[starts[at] : last.start].rstrip()
    return "\n".join(lines)


# ------------------------------------------------------------------------------------------------ what is refused

# Unicode escapes that every reader understands alike: of no control character, delimiter or half of a character. Some
# readers expand the others before they look for the end of the string, some after.
_PLAIN = r"(?!00[01]|002[27]|005[Cc]|[Dd][89A-Fa-f])[0-9A-Fa-f]{4}"
_ESCAPE = rf"""\\(?:[tbnrf"'\\]|u{_PLAIN}|U0000{_PLAIN}|U00(?:0[1-9A-Fa-f]|10)[0-9A-Fa-f]{{4}})"""


def vet(text: str, *, most: int = 64 * 1024) -> QueryText:
    """Look at a text from outside before anything runs, and refuse what is no harmless query.

    Refused are updates, calls of SERVICE, FROM of anything but the project's graphs, escapes that spell keywords or
    delimiters, triple terms, what is too long or nested too deeply, and text that two readers may divide into words
    differently.
    This gives the clear message; what holds is that the worker cannot open a socket.

    Args:
        text: The query.
        most: Bytes that it may have.

    Raises:
        QueryError: With line and column.
        LimitReached: The text is too long.

    >>> vet("PREFIX webservice: <http://e/> SELECT ?n { ?s webservice:name ?n }").form
    'SELECT'
    >>> vet("ASK { SERVICE <http://e/> { ?s ?p ?o } }")
    Traceback (most recent call last):
    csto_graph.errors.QueryError: <query>:1:7: SERVICE is refused: a query calls no other server.
    Take it out.
    """
    text = text.removeprefix("\ufeff")
    if re.search("[\ud800-\udfff]", text):
        raise QueryError("The query is not text in UTF-8.", path="<query>", hint="Half a surrogate pair is none.")
    if len(text.encode()) > most:
        limit, hint = f"{most // 1024} KiB", "Put long lists into a file and query it with --data."
        raise LimitReached(f"The query is longer than {limit}.", limit=limit, hint=hint)
    query = QueryText(text)
    _check_characters(text)
    _check_words(query)
    prologue = ("PREFIX", "BASE")
    rest = (token for token in query.tokens if token.word not in prologue and token.kind not in ("iri", "name"))
    first = next(rest, Token("", "", len(text)))
    if first.word in _UPDATES:
        said = f"{first.word} is refused: the graph is only read."
        _refuse(text, first.start, said, "Change the data files instead.")
    if first.word not in _FORMS:
        said = "A query begins with SELECT, ASK, CONSTRUCT or DESCRIBE." if first.text else "There is no query."
        _refuse(text, first.start, said)
    for clause in query.dataset:
        if clause.graph not in GRAPH_IRIS:
            shown = excerpt(text[clause.start : clause.end].split(None, 1)[-1])
            hint = f"Graphs: {', '.join(map(curie, GRAPH_IRIS))}; without FROM all are asked."
            _refuse(text, clause.start, f"FROM {shown} is refused: no such graph is loaded.", hint)
    return query


def _refuse(text: str, at: int, said: str, hint: str = "") -> NoReturn:
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    raise QueryError(said, path="<query>", line=line, column=column, hint=hint)


def _check_characters(text: str) -> None:
    """Refuse what readers divide into words differently, and marks that begin nothing."""
    for token in tokens(text):
        at, after = token.start, text[token.end : token.end + 1]
        if token.kind == "comment" and re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x85\u2028\u2029]", token.text):
            _refuse(text, at, "A comment with a control character or an unusual end of line.", "Take it out.")
        if token.kind == "string" and after and after in "\"'":
            _refuse(text, token.end, "A quotation mark right after a string.", "Escape it, or put a space between.")
        if token.kind == "string" and (odd := re.match(rf"(?s)(?:[^\\]|{_ESCAPE})*+(\\.)", token.text)):
            said = f"The escape {odd[1]} is not understood in the same way by all readers."
            _refuse(text, at + odd.start(1), said, "Write the character itself, or \\\" \\' \\\\ \\n \\r \\t.")
        if token.text in ("'", '"'):
            _refuse(text, at, "A string that does not end.", "A text of several lines needs three quotation marks.")
        if "\\" in token.text and token.kind in ("iri", "mark"):
            hint = "Keywords, names and IRIs with \\u are refused, as readers differ on them."
            _refuse(text, at, "An escape outside a string: write the character itself.", hint)
        if token.kind == "mark" and token.text + after in ("<<", "{|"):
            said = "Triples within triples (SPARQL 1.2, RDF-star) are not understood."
            _refuse(text, at, said, "Put a space after < if it is a comparison.")
        for place, character in enumerate(token.text if token.kind not in ("string", "comment", "iri") else ""):
            if not character.isprintable() and character not in "\u200c\u200d":
                said = f"The invisible character U+{ord(character):04X}."
                _refuse(text, at + place, said, "Put a plain space there.")


def _check_words(query: QueryText) -> None:
    """Refuse calls, names that mean no IRI, brackets that do not fit, and more of them than the engine survives."""
    opened: list[Token] = []
    operators = signs = 0
    # A text without this word calls nobody, whichever way it is read.
    calls = "service" in query.text.casefold()
    for before, token, after in zip([_END, *query.tokens], query.tokens, [*query.tokens[1:], _END], strict=False):
        mark = token.text if token.kind == "mark" else "\0"
        said = hint = ""
        signs = signs + 1 if mark in "!+-^" else 0
        operators += mark in "!+-*/|&^=<>"
        if calls and "SERVICE" in token.word:
            said, hint = "SERVICE is refused: a query calls no other server.", "Take it out."
        elif signs > _MOST_SIGNS or operators > _MOST_OPERATORS:
            said, hint = "Too many operators.", f"At most {_MOST_OPERATORS}, and {_MOST_SIGNS} in a row."
        elif mark == ";" and not opened:
            said, hint = "A query ends here; only one is answered.", "Take out the ; and what follows."
        elif mark in NESTED and mark not in _CLOSING and (not opened or _CLOSING[opened.pop().text] != mark):
            said = f"This '{mark}' closes nothing."
        elif token.depth >= _DEEPEST and mark in _CLOSING:
            said, hint = f"Brackets are nested more than {_DEEPEST} deep.", "Flatten the query."
        elif token.word in ("TRIPLE", "ISTRIPLE", "SUBJECT", "PREDICATE", "OBJECT") and after.text == "(":
            said = f"{token.word} is no function of SPARQL 1.1."
        elif token.kind == "iri" and calls and opened and opened[-1].text == "(":
            # Within parentheses `?a<b>` may be an IRI or two comparisons; with // after a scheme only an IRI.
            left = before.kind != "mark" or before.text in ")]"
            if left and re.match(r"(?i)<(?![\w+.-]+://).*(?:['#]|service)", token.text):
                said = "This can be read as an IRI or as a comparison."
                hint = "Put a space after < for a comparison; give the IRI a prefix."
        elif token.kind == "name":
            prefix = token.text.partition(":")[0]
            called = calls and "service" in prefix.casefold() and after.text == "{"
            # `trueservice:x { }` may be read as a truth value and a call; only a graph has a name before a group.
            if called and before.word not in ("GRAPH", "FROM", "NAMED"):
                said, hint = "This can be read as SERVICE.", "Put a dot after it."
            elif prefix not in query.prefixes and before.text == "<" and before.end == token.start:
                said, token = 'No IRI has a space, or one of <>"{}|^`\\, in it.', before
                hint = "Write %20 for a space; where it is a comparison, put a space after <."
            elif prefix not in query.prefixes:
                said = f"The prefix '{excerpt(prefix)}:' is not declared."
                hint = f"Begin the query with PREFIX {excerpt(prefix)}: <...>."
            elif not as_iri(iri if ":" in (iri := query.iri(token) or "") else f"x:{iri}"):
                # Of what makes no IRI some engines read the prefix alone, and a keyword after it.
                said, hint = f"{excerpt(token.text)} makes no IRI.", "Write it out to see why."
        if said:
            _refuse(query.text, token.start, said, hint)
        if mark in _CLOSING:
            opened.append(token)
    if opened:
        _refuse(query.text, opened[-1].start, f"This '{opened[-1].text}' is never closed.")
