r"""SPARQL as text: the one lexer, and all that is looked at, cut out of a query or put into it by its tokens.

Nothing here parses: the engine does. What is here knows words, strings, IRIs and comments apart (SPARQL 1.1, section
19.8), so that a ``SELECT`` in a string, or a brace in a comment, is never taken for one of the query's own.

>>> [(token.kind, token.text) for token in tokens("ASK { ?s ex:O\\'Brien 'a # b' } # c")][3:]
[('name', "ex:O\\'Brien"), ('string', "'a # b'"), ('mark', '}'), ('comment', '# c')]
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache, cached_property
from typing import NamedTuple, NoReturn

from pyoxigraph import Literal, NamedNode

from ..errors import LimitReached, QueryError, UnknownName
from ..names import PREFIXES
from ..text import excerpt

# What begins a name, and what goes on in one (productions 164 to 167); beyond ASCII all that is no space may, for the
# engine knows better. Sets of ASCII alone are compiled ten times as fast.
_LETTER, _CHARACTER = r"[^\x00-@\[-`{-\xa0]", r"[^\x00-/:-@\[-^`{-\xa0]"

# Quantifiers are possessive and a prefix has an end, so that no broken text is read again from each of its letters.
_TOKENS = rf"""
    (?P<comment>  \#[^\r\n]*+ )
  | (?P<string>   \"\"\"(?:\"{{0,2}}+(?:[^"\\]|\\.))*+\"\"\" | '''(?:'{{0,2}}+(?:[^'\\]|\\.))*+'''
                | "(?:[^"\\\r\n]|\\.)*+" | '(?:[^'\\\r\n]|\\.)*+' )
  | (?P<iri>      <[^<>"{{}}|^`\\\x00-\x20]*+> )
  | (?P<variable> [?$]{_CHARACTER}++ )
  | (?P<blank>    _:{_CHARACTER}(?:\.*(?:{_CHARACTER}|-))*+ )
  | (?P<name>     (?:{_LETTER}(?:(?:{_CHARACTER}|[.-]){{0,254}}(?:{_CHARACTER}|-))?)?
                  :(?:\.*(?:{_CHARACTER}|[:%-]|\\[_~.!$&'()*+,;=/?\#@%-]))*+ )
  | (?P<tag>      @[A-Za-z]+(?:-[A-Za-z0-9]+)*+ )
  | (?P<keyword>  {_LETTER}{_CHARACTER}*+ )
  | (?P<number>   (?:[0-9]++(?:\.[0-9]++)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)? )
  | (?P<mark>     [^ \t\r\n] )
"""
_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH")
_TRIPLE_FUNCTIONS = ("TRIPLE", "ISTRIPLE", "SUBJECT", "PREDICATE", "OBJECT")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_NESTED = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
# The engine reads by recursion; these stay an order of magnitude below what it was seen to survive.
_DEEPEST, _MOST_OPERATORS, _MOST_SIGNS = 100, 1000, 20


@cache
def _lexer() -> re.Pattern[str]:
    """Compiled when first needed."""
    return re.compile(_TOKENS, re.VERBOSE | re.DOTALL)


class Token(NamedTuple):
    """One token of a SPARQL text.

    Attributes:
        kind: ``iri``, ``name`` (prefixed), ``blank``, ``string``, ``tag`` (of a language), ``number``, ``variable``,
            ``keyword`` (also ``a``, ``true`` and the names of functions), ``comment``, or ``mark`` (one character).
        text: As it is written.
        start: Where it begins in the text.
    """

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends in the text."""
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        """A keyword in capitals; of any other token the empty text."""
        return self.text.upper() if self.kind == "keyword" else ""


_END = Token("", "", 0)
CONDITION = r"#\s*(?:if|unless) \$\w+\s*"
"""The mark of a condition on a parameter, a comment at the end of its line (a regular expression): see `specialise`."""


def tokens(text: str) -> Iterator[Token]:
    """The tokens of any text, comments among them; what is no SPARQL comes as marks.

    >>> [token.text for token in tokens("SELECT ?a{<b>ex:c 'd'@en}")]
    ['SELECT', '?a', '{', '<b>', 'ex:c', "'d'", '@en', '}']
    """
    return (Token(match.lastgroup or "", match[0], match.start()) for match in _lexer().finditer(text))


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
        prefixes: What prefixes mean that the query does not declare.

    Attributes:
        text: The query.
        tokens: Its tokens without comments.
        at: Index of the keyword of its form; the number of tokens where there is none.
        form: ``SELECT``, ``ASK``, ``CONSTRUCT`` or ``DESCRIBE``; empty where there is none.
        declared: The prefixes that it declares, each with its namespace.
        prefixes: All that it knows.

    >>> query = QueryText("PREFIX ex: <http://e/> SELECT ?s (COUNT(*) AS ?n) FROM ex:g { ?s ex:p 'SELECT' } LIMIT 1")
    >>> query.form, query.projection, query.dataset[0].graph
    ('SELECT', ['s', 'n'], 'http://e/g')
    >>> query.solutions()
    "PREFIX ex: <http://e/> SELECT * FROM ex:g { ?s ex:p 'SELECT' }"
    """

    def __init__(self, text: str, prefixes: Mapping[str, str] = PREFIXES) -> None:
        self.text = text
        self.tokens = [token for token in tokens(text) if token.kind != "comment"]
        self.at = next((at for at, token in enumerate(self.tokens) if token.word in _FORMS), len(self.tokens))
        self.form = self.tokens[self.at].word if self.at < len(self.tokens) else ""

        start = self.tokens[: self.at]
        parts = zip(start, start[1:], start[2:], strict=False)
        self.declared = {name.text[:-1]: space.text[1:-1] for word, name, space in parts if word.word == "PREFIX"}
        self.prefixes = {**prefixes, **self.declared}

    def iri(self, token: Token) -> str | None:
        """The IRI that a token stands for, a relative one as it is; None where it stands for none."""
        if token.kind == "iri":
            return token.text[1:-1]
        prefix, _, local = token.text.partition(":")
        if token.kind != "name" or prefix not in self.prefixes:
            return None
        return self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)

    def closing(self, at: int) -> int:
        """Index of the token that closes the bracket at an index; that of the last token where none does."""
        depth = 0
        for index in range(at, len(self.tokens)):
            depth += _NESTED.get(self.tokens[index].text, 0)
            if not depth:
                return index
        return len(self.tokens) - 1

    @cached_property
    def group(self) -> tuple[int, int] | None:
        """Indexes of the braces around the WHERE clause; None where there is none."""
        at = self._after_head
        while at < len(self.tokens) and self.tokens[at].text != "{":
            at += 1
        return (at, self.closing(at)) if at < len(self.tokens) else None

    @cached_property
    def _after_head(self) -> int:
        """Index of the token after the projection or template: FROM, WHERE or the brace of the group."""
        at = self.at + 1
        if self.form == "CONSTRUCT" and at < len(self.tokens) and self.tokens[at].text == "{":
            return self.closing(at) + 1
        while at < len(self.tokens) and self.tokens[at].word not in ("FROM", "WHERE") and self.tokens[at].text != "{":
            at = self.closing(at) + 1 if self.tokens[at].text == "(" else at + 1
        return at

    @property
    def projection(self) -> list[str]:
        """Names of the columns of a SELECT, in order; empty for ``*``."""
        depth, names = 0, []
        for at in range(self.at + 1, self._after_head):
            token = self.tokens[at]
            depth += _NESTED.get(token.text, 0)
            if token.kind == "variable" and (not depth or (depth == 1 and self.tokens[at - 1].word == "AS")):
                names.append(token.text[1:])
        return names

    @cached_property
    def dataset(self) -> list[DatasetClause]:
        """Its FROM clauses."""
        found = []
        for at, token in enumerate(self.tokens):
            if token.word == "FROM":
                named = at + 1 < len(self.tokens) and self.tokens[at + 1].word == "NAMED"
                graph = [*self.tokens[at + 1 + named : at + 2 + named], _END][0]
                found.append(DatasetClause(token.start, graph.end, named, self.iri(graph) or ""))
        return found

    def solutions(self, *, modifiers: bool = False) -> str:
        """The SELECT of all solutions of the WHERE clause, with every variable: nothing grouped or left out.

        Args:
            modifiers: Whether what follows the clause (ORDER BY, LIMIT …) stays; of a query that groups nothing.
        """
        if self.group is None:
            return f"{self.text[: self.tokens[self.at].start] if self.form else self.text}SELECT * {{}}"
        begin, end = self.tokens[self._after_head].start, self.tokens[self.group[1]].end
        after = self.tokens[self.group[1] + 1 :]
        # A last VALUES is no modifier: the clause is joined with it (section 10.2.2).
        values = next((token.start for token in after if token.word == "VALUES"), len(self.text))
        rest = self.text[end:] if modifiers else " " * (values < len(self.text)) + self.text[values:]
        return f"{self.text[: self.tokens[self.at].start]}SELECT * {self.text[begin:end]}{rest}"

    def once(self) -> str:
        """The query with no column named twice, which the grammar allows (rule 9) and engines refuse.

        >>> QueryText("SELECT ?s ?s { ?s ?p ?o }").once()
        'SELECT ?s    { ?s ?p ?o }'
        """
        text, depth = self.text, 0
        named: set[str] | None = None
        for token in self.tokens:
            depth += _NESTED.get(token.text, 0) if named is not None else 0
            if token.word == "SELECT":
                named, depth = set(), 0
            elif token.text == "{" or token.word in ("FROM", "WHERE"):
                named = None
            elif named is not None and not depth and token.kind == "variable":
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
    query = QueryText(text)
    found = {query.iri(token) for token in query.tokens[query.at :]} - {None}
    pairs = zip(query.tokens[query.at :], query.tokens[query.at + 1 :], strict=False)
    typed = False
    for token, after in pairs:
        # After `a` come classes with commas between them, up to the end of the list of objects.
        typed = token.text == "a" or (typed and token.text not in (".", ";", "{", "}"))
        if typed and after.kind == "variable":
            found.add(PREFIXES["rdf"] + "type")
    return frozenset(iri for iri in found if iri is not None)


def solutions_query(text: str) -> str:
    """The query for every solution behind the rows of a query: see `QueryText.solutions`.

    >>> solutions_query("select (COUNT(?s) AS ?n) where { ?s ?p 'where { ' } GROUP BY ?p VALUES ?p { <x:p> }")
    "SELECT * where { ?s ?p 'where { ' } VALUES ?p { <x:p> }"
    """
    return QueryText(text).solutions()


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
    used: dict[str, None] = {}
    pieces, end = [], 0
    for token in tokens(text) if terms else ():
        # "?c<$a&&?b>2" is an IRI to the grammar and two comparisons to some engines; "://" stands in IRIs only.
        if token.kind == "iri" and "://" not in token.text and any(f"${name}" in token.text for name in terms):
            _refuse(text, token.start, f"'{token.text}' reads as an IRI.", "Put spaces around < and > that compare.")
        if token.kind == "variable" and token.text[0] == "$":
            used[token.text[1:]] = None
            if token.text[1:] in terms:
                pieces += [text[end : token.start], str(terms[token.text[1:]])]
                end = token.end
    for name in terms:
        if name not in used:
            from difflib import get_close_matches

            raise UnknownName("parameter", name, suggestions=get_close_matches(name, used))
    return "".join(pieces) + text[end:]


def specialise(text: str, given: Collection[str], *, keep_lines: bool = False) -> str:
    """Leave out the conditions on parameters that are not given.

    A line that ends in ``# if $name`` counts only where that parameter is given; one that ends in ``# unless $name``
    only where it is not. Where such a line opens brackets, all lines up to the one that closes them belong to it.

    Args:
        text: SPARQL with ``$name`` tokens.
        given: Names of the parameters that are given.
        keep_lines: Whether what is left out stays as empty lines, so that lines keep their numbers.

    Raises:
        QueryError: A marked passage closes a bracket that it does not open, or the other way round.

    >>> text = '''ASK { ?act a coop:Treaty .
    ...   ?act coop:party $party .  # if $party
    ...   FILTER EXISTS {  # if $date
    ...     ?act coop:date $date
    ...   }
    ... }'''
    >>> print(specialise(text, {"party"}))
    ASK { ?act a coop:Treaty .
      ?act coop:party $party .
    }
    """
    lines = text.split("\n")
    depth, lowest = [0] * len(lines), [0] * len(lines)
    marks: dict[int, Token] = {}
    line = start = 0
    for token in tokens(text):
        line, start = line + text.count("\n", start, token.start), token.start
        if token.kind == "comment" and re.fullmatch(CONDITION, token.text):
            marks[line] = token
        elif token.kind == "mark":
            depth[line] += _NESTED.get(token.text, 0)
            lowest[line] = min(lowest[line], depth[line])
    kept: list[str] = []
    at = 0
    while at < len(lines):
        end = at + 1
        if at in marks:
            begin = text.rfind("\n", 0, marks[at].start) + 1
            lines[at] = text[begin : marks[at].start].rstrip()
            opened = depth[at]
            while opened > 0 and end < len(lines):
                opened += depth[end]
                end += 1
            if opened or lowest[at]:
                _refuse(text, begin, "What is marked here does not close the brackets that it opens.", "Move the mark.")
            word, name = marks[at].text[1:].split()
            if (name[1:] in given) == (word == "unless"):
                kept += [""] * (end - at) if keep_lines else []
                at = end
                continue
        kept.append(lines[at])
        at += 1
    return "\n".join(kept)


# ------------------------------------------------------------------------------------------------ what is refused


def vet(
    text: str, *, graphs: Collection[str] = (), prefixes: Mapping[str, str] = PREFIXES, most: int = 64 * 1024
) -> QueryText:
    """Look at a text from outside before anything runs, and refuse what is no harmless query.

    Refused are updates, calls of SERVICE, FROM of anything but ``graphs``, escapes that spell keywords or delimiters,
    triple terms, what is too long or nested too deeply, and text that two readers may divide into words differently.
    This gives the clear message; what holds is that the worker cannot open a socket.

    Args:
        text: The query.
        graphs: IRIs of the graphs that FROM and FROM NAMED may name.
        prefixes: Prefixes that the query need not declare.
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
        said = f"The query is longer than {most // 1024} KiB."
        hint = "Put long lists into a file and query it with --data."
        raise LimitReached(said, limit=f"{most // 1024} KiB", hint=hint)
    query = QueryText(text, prefixes)
    _check_characters(text)
    # A text without this word calls nobody, whichever way it is read.
    if "service" in text.casefold():
        _check_calls(query)
    _check_nesting(query)
    _check_start(query)
    _check_names(query)
    for clause in query.dataset:
        if clause.graph not in graphs:
            shown = excerpt(text[clause.start : clause.end].split(None, 1)[-1])
            hint = f"Graphs: {', '.join(sorted(graphs))}." if graphs else "Leave FROM out: every graph is asked."
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
        if token.kind == "string":
            if after and after in "\"'":
                _refuse(text, token.end, "A quotation mark right after a string.", "Escape it, or put a space between.")
            for found in re.finditer(_ESCAPES, token.text):
                code = int(found[1] or found[2] or "0", 16)
                # Some readers expand these before they look for the end of the string, some after.
                if not found[3] and (code < 0x20 or code in _DELIMITERS or code > 0x10FFFF):
                    said = f"The escape {excerpt(found[0])} is not understood in the same way by all readers."
                    _refuse(text, at + found.start(), said, "Write the character itself, or \\\" \\' \\\\ \\n \\r \\t.")
        if token.text in _NO_TOKENS:
            _refuse(text, at, *_NO_TOKENS[token.text])
        if token.kind == "mark" and token.text + after in ("<<", "{|"):
            said = "Triples within triples (SPARQL 1.2, RDF-star) are not understood."
            _refuse(text, at, said, "Put a space after < if it is a comparison.")
        if token.kind not in ("string", "comment", "iri"):
            for place, character in enumerate(token.text):
                if not character.isprintable() and character not in "\u200c\u200d":
                    said = f"The invisible character U+{ord(character):04X}."
                    _refuse(text, at + place, said, "Put a plain space there.")


_ESCAPES = r"""(?s)\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([tbnrf"'\\])|.)"""
_DELIMITERS = (0x22, 0x27, 0x5C, *range(0xD800, 0xE000))
_NO_TOKENS = {
    **dict.fromkeys("\"'", ("A string that does not end.", "A text of several lines needs three quotation marks.")),
    "\\": (
        "An escape outside a string: write the character itself.",
        "Keywords, names and IRIs with \\u are refused, as readers differ on them.",
    ),
}


def _check_nesting(query: QueryText) -> None:
    """Refuse brackets that do not fit, and what is nested deeper than the engine survives."""
    opened: list[Token] = []
    operators = signs = 0
    for token in query.tokens:
        mark = token.text if token.kind == "mark" else "\0"
        signs = signs + 1 if mark in "!+-^" else 0
        operators += mark in "!+-*/|&^=<>"
        if signs > _MOST_SIGNS or operators > _MOST_OPERATORS:
            hint = f"At most {_MOST_OPERATORS}, and {_MOST_SIGNS} in a row."
            _refuse(query.text, token.start, "Too many operators.", hint)
        if mark == ";" and not opened:
            hint = "Take out the ; and what follows."
            _refuse(query.text, token.start, "A query ends here; only one is answered.", hint)
        if mark in _CLOSING:
            opened.append(token)
        elif mark in _NESTED and (not opened or _CLOSING[opened.pop().text] != mark):
            _refuse(query.text, token.start, f"This '{mark}' closes nothing.")
        if len(opened) > _DEEPEST:
            _refuse(query.text, token.start, f"Brackets are nested more than {_DEEPEST} deep.", "Flatten the query.")
    if opened:
        _refuse(query.text, opened[-1].start, f"This '{opened[-1].text}' is never closed.")


def _check_start(query: QueryText) -> None:
    """Refuse what is no query after its prologue."""
    at = 0
    while at < len(query.tokens) and query.tokens[at].word in ("PREFIX", "BASE"):
        at += 3 if query.tokens[at].word == "PREFIX" else 2
    first = query.tokens[at] if at < len(query.tokens) else Token("", "", len(query.text))
    if first.word in _UPDATES:
        said = f"{first.word} is refused: the graph is only read."
        _refuse(query.text, first.start, said, "Change the data files instead.")
    if first.word not in _FORMS:
        said = "A query begins with SELECT, ASK, CONSTRUCT or DESCRIBE." if first.text else "There is no query."
        _refuse(query.text, first.start, said)


def _check_names(query: QueryText) -> None:
    """Refuse names that mean no IRI, and words of SPARQL 1.2."""
    before = _END
    for token, after in zip(query.tokens, [*query.tokens[1:], _END], strict=True):
        if token.kind == "name":
            prefix = token.text.partition(":")[0]
            if prefix not in query.prefixes and before.text == "<" and before.end == token.start:
                hint = "Write %20 for a space; where it is a comparison, put a space after <."
                _refuse(query.text, before.start, 'No IRI has a space, or one of <>"{}|^`\\, in it.', hint)
            if prefix not in query.prefixes:
                hint = f"Begin the query with PREFIX {excerpt(prefix)}: <...>."
                _refuse(query.text, token.start, f"The prefix '{excerpt(prefix)}:' is not declared.", hint)
            iri = query.iri(token) or ""
            try:
                # Of a name that makes no IRI some engines read the prefix alone, and a keyword after it.
                NamedNode(iri if ":" in iri else f"x:{iri}")
            except ValueError:
                _refuse(query.text, token.start, f"{excerpt(token.text)} makes no IRI.", "Write it out to see why.")
        if token.word in _TRIPLE_FUNCTIONS and after.text == "(":
            _refuse(query.text, token.start, f"{token.word} is no function of SPARQL 1.1.")
        if token.word.startswith("FROM") and token.word != "FROM":
            _refuse(query.text, token.start, f"{excerpt(token.text)} is no keyword.", "Put a space after FROM.")
        before = token


def _check_calls(query: QueryText) -> None:
    """Refuse SERVICE as a call, also where only an engine without limits between words reads one."""
    opened = [""]
    before = _END
    for token, after in zip(query.tokens, [*query.tokens[1:], _END], strict=True):
        if "SERVICE" in token.word:
            _refuse(query.text, token.start, "SERVICE is refused: a query calls no other server.", "Take it out.")
        # `trueservice:x { }` may be read as a truth value and a call; only that of a graph is a name before a group.
        called = token.kind == "name" and "service" in token.text.partition(":")[0].casefold() and after.text == "{"
        if called and before.word not in ("GRAPH", "FROM", "NAMED"):
            _refuse(query.text, token.start, "This can be read as SERVICE.", "Put a dot after it.")
        # Within parentheses `?a<b>` may be an IRI or two comparisons; with // after a scheme only an IRI.
        compared = token.kind == "iri" and opened[-1] == "(" and (before.kind != "mark" or before.text in ")]")
        if compared and re.match(r"(?i)<(?![\w+.-]+://).*(?:['#]|service)", token.text):
            hint = "Put a space after < for a comparison; give the IRI a prefix."
            _refuse(query.text, token.start, "This can be read as an IRI or as a comparison.", hint)
        if token.text in _CLOSING:
            opened.append(token.text)
        elif token.text in _NESTED and len(opened) > 1:
            opened.pop()
        before = token
