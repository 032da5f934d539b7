"""House rules for canned queries, and the catalogue as data.

A query that keeps the rules runs on any SPARQL 1.1 engine with the same rows: its columns are named, its order is
total, every predicate is a constant, and nothing in it reaches outside the graph.

Its time does not grow with the graph, only with its rows, where the engine never has to go through all things of a
kind. No rule can see to that; what does is: conditions on things stand at the head of their group, the most telling
first (`catalog.focus`); an ``OPTIONAL``, and each branch of a ``UNION``, begins with one pattern that meets what is
known already, and ``FILTER EXISTS`` tests the class, for engines like to start from it; that filter stands in braces
with its pattern, apart from any ``OPTIONAL``, or Virtuoso loses rows; within ``EXISTS`` stands one pattern; and a
sub-select finds the things before anything is told of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from pyoxigraph import Literal, NamedNode

from .. import errors, names
from .catalog import KEBAB, Catalog, Parameter, Query, Term, bind, conditions, focus
from .results import THINGS
from .tokens import tokeniser

if TYPE_CHECKING:
    from pyoxigraph import Triple

_LANGUAGES = ("en", "ru")
_LONGEST_TITLE = 60
_RESERVED = ("parameter", "prefixes")
_REFUSED = frozenset(
    {"SERVICE", "FROM", "GRAPH", "BASE", "INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD"}
)
_MIXED = frozenset({"date", "value"})
_SAMPLES: Mapping[str, object] = {
    "string": "a",
    "integer": 1,
    "boolean": True,
    "date": "2000",
    "year": 2000,
    "language": "en",
    **dict.fromkeys(THINGS, "coop:sample"),
}


class _Token(NamedTuple):
    """A token of the SPARQL text: its group in `tokens.tokeniser`, its text, its line in the file."""

    kind: str
    text: str
    line: int


_Finding: TypeAlias = tuple[int, str]
_Rule: TypeAlias = Callable[[Query, Sequence[_Token]], Iterator[_Finding]]


class _Curies:
    """A resolver without a graph: CURIEs and IRIs only."""

    def resolve(self, text: str, *, of: str | None, parameter: str) -> str:
        iri = names.iri(text)
        if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", iri):
            raise errors.BadParameter(parameter, text, "a CURIE or an IRI")
        return iri


def check(query: Query, *, more: Iterable[Callable[[Query], Iterable[str]]] = ()) -> list[str]:
    """What breaks the house rules for queries; empty where nothing does.

    Args:
        query: The query.
        more: Further rules, such as those that run the query (a total order shows only in the rows).

    Returns:
        One message per finding, ``path:line: what is wrong and what to do``.
    """
    first = query.text.count("\n", 0, len(query.text) - len(query.body)) + 1
    tokens = [
        _Token(match.lastgroup or "", match[0], first + query.body.count("\n", 0, match.start()))
        for match in tokeniser().finditer(query.body)
        if match.lastgroup != "comment"
    ]
    found = [finding for rule in _RULES for finding in rule(query, tokens)]
    # The engine has no way to parse without running; only a text that passed the rules above may come so far.
    found = found or list(_parses(query, first))
    messages = [f"{query.path or query.name}:{line}: {message}" for line, message in sorted(found)]
    return messages + [f"{query.path or query.name}: {message}" for rule in more for message in rule(query)]


def _has_good_name(query: Query, tokens: Sequence[_Token]) -> Iterator[_Finding]:
    if not re.fullmatch(KEBAB, query.name) or query.name in _RESERVED:
        yield 1, f"the name '{query.name}' is not in kebab-case, or is reserved"
    for tag in query.tags:
        if not re.fullmatch(KEBAB, tag):
            yield 1, f"the tag '{tag}' is not in kebab-case"


def _has_whole_header(query: Query, tokens: Sequence[_Token]) -> Iterator[_Finding]:
    texts = {"title": query.title, "question": query.question}
    texts |= {f"help of '{name}'": parameter.help for name, parameter in query.parameters.items()}
    texts |= {"negative": query.negative} if query.negative else {}
    for what, words in texts.items():
        for language in _LANGUAGES:
            if not words.get(language, "").strip():
                yield 1, f"the {what} is missing in '{language}'"
    for language, title in query.title.items():
        if len(title) > _LONGEST_TITLE:
            yield 1, f"the title in '{language}' is longer than {_LONGEST_TITLE} characters"
    for language, question in query.question.items():
        if not question.endswith("?"):
            yield 1, f"the question in '{language}' does not end in '?'"
    if not query.tags:
        yield 1, "there are no tags"


def _has_examples(query: Query, tokens: Sequence[_Token]) -> Iterator[_Finding]:
    if not query.examples:
        yield 1, "there is no example"
    for at, example in enumerate(query.examples, 1):
        if example.expected is not None and not os.path.isfile(example.expected):
            yield 1, f"example {at}: the expected file {example.expected} does not exist"
        missing = [name for name, parameter in query.parameters.items() if parameter.required]
        for name in [name for name in example.args if name not in query.parameters]:
            yield 1, f"example {at}: there is no parameter '{name}'"
        for name in [name for name in missing if name not in example.args]:
            yield 1, f"example {at}: the parameter '{name}' is missing"
        for name, value in example.args.items():
            # Things are looked up when the example is run; here is no graph to ask.
            if name in query.parameters and query.parameters[name].type not in THINGS:
                yield from _fits(query.parameters[name], value, f"example {at}")


def _has_good_defaults(query: Query, tokens: Sequence[_Token]) -> Iterator[_Finding]:
    for parameter in query.parameters.values():
        if parameter.default is not None:
            yield from _fits(parameter, parameter.default, "default")


def _fits(parameter: Parameter, value: object, where: str) -> Iterator[_Finding]:
    try:
        parameter.term(value, _Curies())
    except errors.BadParameter as error:
        yield 1, f"{where}: {error.message}"


def _has_plain_text(query: Query, tokens: Sequence[_Token]) -> Iterator[_Finding]:
    for at, line in enumerate(query.text.split("\n"), 1):
        if "\t" in line:
            yield at, "a TAB, which engines read in different ways; write spaces"
    for token in tokens:
        if token.kind != "string" and re.search(r"\\[uU]|^\\", token.text):
            yield token.line, "an escape outside of a string, which engines read in different ways"


def _uses_what_it_declares(query: Query, tokens: Sequence[_Token]) -> Iterator[_Finding]:
    used: dict[str, int] = {}
    for token in tokens:
        if token.kind == "variable":
            name = token.text[1:]
            if token.text[0] == "$":
                used.setdefault(name, token.line)
            elif name in query.parameters:
                yield token.line, f"the parameter '{name}' is written ?{name}; write ${name}"
    for name, line in used.items():
        if name not in query.parameters:
            yield line, f"${name} is not declared; add [params.{name}]"
    for name in query.parameters:
        if name not in used:
            yield 1, f"the parameter '{name}' is declared and not used"


def _uses_allowed_words(query: Query, tokens: Sequence[_Token]) -> Iterator[_Finding]:
    forms = [token for token in tokens if token.kind == "word" and token.text.upper() in _FORMS]
    if not forms or forms[0].text.upper() != "SELECT":
        yield (forms[0].line if forms else 1), "a canned query is a SELECT"
    words = ["", ""]
    for token in tokens:
        word = token.text.upper()
        if token.kind == "word" and word in _REFUSED:
            yield token.line, f"{word} is not allowed in a canned query"
        if word == "*" and (words[1] == "SELECT" or (words[0] == "SELECT" and words[1] in ("DISTINCT", "REDUCED"))):
            yield token.line, "SELECT * gives its columns in no fixed order; name them"
        words = [words[1], word]


_FORMS = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})


def _pairs(tokens: Sequence[_Token]) -> Iterator[tuple[_Token, _Token]]:
    """Each token with the one that follows it."""
    return zip(tokens, [*tokens[1:], _Token("mark", "", 0)], strict=True)


def _uses_no_long_paths(query: Query, tokens: Sequence[_Token]) -> Iterator[_Finding]:
    for token, inside in _places(tokens):
        if token.kind == "mark" and (token.text == "?" or (token.text in "*+" and inside == "pattern")):
            yield token.line, f"the path operator '{token.text}'; ask the transitive property of the closure"


def _uses_no_functions(query: Query, tokens: Sequence[_Token]) -> Iterator[_Finding]:
    places = [inside for _, inside in _places(tokens)]
    for at, (token, following) in enumerate(_pairs(tokens)):
        previous = tokens[at - 1].text.upper() if at else ""
        called = following.text == "(" and (places[at] == "expression" or previous in _CALLING)
        if called and token.kind in ("name", "iri") and not token.text.startswith("xsd:"):
            yield token.line, f"{token.text} is a function of one engine; use those of SPARQL 1.1"


_CALLING = frozenset({"FILTER", "HAVING", "BY"})


def _places(tokens: Sequence[_Token]) -> Iterator[tuple[_Token, str]]:
    """Each token with where it stands: in a graph ``pattern`` (where * and + make paths) or in an ``expression``."""
    stack = ["expression"]
    previous = _Token("mark", "", 0)
    for token in tokens:
        yield token, stack[-1]
        if token.text == "{":
            stack.append("pattern")
        elif token.text in ("(", "["):
            # A parenthesis after a word (FILTER, BIND, COUNT, …) holds an expression; in a pattern others hold a path
            # or a list, and `a` is no word but a predicate.
            worded = previous.kind == "word" and previous.text != "a"
            stack.append("expression" if token.text == "(" and worded else stack[-1])
        elif token.text in ("}", ")", "]") and len(stack) > 1:
            stack.pop()
        previous = token


def _projects_its_columns(query: Query, tokens: Sequence[_Token]) -> Iterator[_Finding]:
    projection, line = _projection(tokens)
    if projection != list(query.columns):
        wanted, given = ", ".join(query.columns), ", ".join(projection)
        yield line, f"the columns are {wanted}; the query projects {given}"


def _projection(tokens: Sequence[_Token]) -> tuple[list[str], int]:
    """Names of the projected variables, in order, and the line of the outermost SELECT."""
    found: list[str] = []
    depth, line, began = 0, 1, False
    previous = ""
    for token in tokens:
        if not began:
            began, line = token.kind == "word" and token.text.upper() == "SELECT", token.line
            continue
        if token.text == "{" and depth == 0:
            break
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.kind == "variable" and (depth == 0 or (depth == 1 and previous == "AS")):
            found.append(token.text[1:])
        previous = token.text.upper()
    return found, line


def _orders_its_rows(query: Query, tokens: Sequence[_Token]) -> Iterator[_Finding]:
    keys = _order(tokens)
    if not keys:
        yield 1, "there is no ORDER BY at the end; rows need a total order"
    for at, token in enumerate(keys):
        wrapped = at > 1 and keys[at - 2].text.upper() in ("STR", "BOUND")
        if token.kind == "variable" and not wrapped and query.columns.get(token.text[1:]) in _MIXED:
            yield (
                token.line,
                f"ORDER BY {token.text}: a column of dates or of mixed values has no order; use ?earliest or STR()",
            )


def _order(tokens: Sequence[_Token]) -> list[_Token]:
    """The tokens of the outermost ORDER BY and what follows it."""
    keys: list[_Token] = []
    depth, open_ = 0, False
    for token, following in _pairs(tokens):
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        word = token.text.upper() if token.kind == "word" else ""
        if word == "ORDER" and depth == 0 and following.text.upper() == "BY":
            open_ = True
        elif open_ and word != "BY":
            keys.append(token)
    return keys


def _uses_project_prefixes(query: Query, tokens: Sequence[_Token]) -> Iterator[_Finding]:
    declared: dict[str, int] = {}
    used: dict[str, int] = {}
    before = ["", ""]
    for token in tokens:
        if token.kind == "name" and before[1] == "PREFIX":
            declared[token.text.removesuffix(":")] = token.line
        elif token.kind == "name":
            used.setdefault(token.text.partition(":")[0], token.line)
        elif token.kind == "iri" and before[0] == "PREFIX":
            prefix = before[1].removesuffix(":").lower()
            if names.PREFIXES.get(prefix) != token.text[1:-1]:
                yield token.line, f"'{prefix}:' is not a prefix of the project, or means another namespace"
        elif token.kind == "iri":
            yield token.line, f"{token.text}: write IRIs as prefixed names"
        before = [before[1], token.text.upper()]
    for prefix in declared.keys() - used.keys():
        yield declared[prefix], f"the prefix '{prefix}:' is declared and not used"
    for prefix in used.keys() - declared.keys():
        yield used[prefix], f"the prefix '{prefix}:' is used and not declared"


def _parses(query: Query, first: int) -> Iterator[_Finding]:
    """Whether the engine reads the text, as it is and with every parameter bound."""
    from pyoxigraph import Store

    samples = {
        name: parameter.term(parameter.values[0] if parameter.values else _SAMPLES[parameter.type], _Curies())
        for name, parameter in query.parameters.items()
    }
    texts = (query.body, focus(query.body, {}), focus(query.body, samples))
    for text in (*texts[:2], bind(texts[0], samples), bind(texts[2], samples)):
        try:
            Store().query(text)
        except (SyntaxError, ValueError, RuntimeError) as error:
            message = str(error).split("\n", 1)[0][:200]
            place = re.search(r"\bat (\d+):\d+", message)
            yield first + int(place[1]) - 1 if place else 1, f"the query does not parse: {message}"
            return


def _starts_soundly(query: Query, tokens: Sequence[_Token]) -> Iterator[_Finding]:
    """What `catalog.focus` needs, so that a condition which becomes a pattern changes no row."""
    joined = [found for found in conditions(query.body) if found.pattern is not None or found.same is not None]
    first = query.text.count("\n", 0, len(query.text) - len(query.body)) + 1
    for condition in joined:
        line = first + query.body.count("\n", 0, condition.start)
        required = set(_required(query.body[condition.end :]))
        used = _variables(condition.text) - set(query.parameters)
        # A pattern may have variables of its own; a row of values must meet the variable that it is for.
        others = used if condition.same else _variables(query.body[: condition.start] + query.body[condition.end :])
        for name in sorted(used & others - required):
            yield line, (
                f"?{name} in the condition on ${condition.parameter} stands in no required pattern of the group; "
                "put the condition after the patterns, or name what is its own otherwise"
            )
    if joined and not _drops_doubles(tokens):
        yield first, "a condition at the head of a group may double rows; write SELECT DISTINCT, or COUNT(DISTINCT …)"


def _variables(text: str) -> set[str]:
    return {match[0][1:] for match in tokeniser().finditer(text) if match.lastgroup == "variable"}


def _required(text: str) -> Iterator[str]:
    """Variables of the patterns of a group that stand in it itself: not in braces, nor in an expression."""
    braces = brackets = 0
    for match in tokeniser().finditer(text):
        braces += {"{": 1, "}": -1}.get(match[0], 0)
        brackets += {"(": 1, ")": -1}.get(match[0], 0)
        if braces < 0:
            return
        if match.lastgroup == "variable" and not braces and not brackets:
            yield match[0][1:]


def _drops_doubles(tokens: Sequence[_Token]) -> bool:
    """Whether the answer is the same when a solution comes twice."""
    words = [token.text.upper() for token in tokens]
    first = words[words.index("SELECT") + 1]
    counted = [after for word, after in zip(words, words[2:], strict=False) if word in _COUNTING]
    return first == "DISTINCT" or ("GROUP" in words and set(counted) <= {"DISTINCT"})


_COUNTING = frozenset({"COUNT", "SUM", "AVG", "SAMPLE", "GROUP_CONCAT"})

_RULES: tuple[_Rule, ...] = (
    _has_good_name,
    _has_whole_header,
    _has_examples,
    _has_good_defaults,
    _has_plain_text,
    _uses_what_it_declares,
    _uses_allowed_words,
    _uses_no_long_paths,
    _uses_no_functions,
    _projects_its_columns,
    _orders_its_rows,
    _uses_project_prefixes,
    _starts_soundly,
)


# The catalogue as data -----------------------------------------------------------------------------------------------

_DECLARATION = re.compile(r"^\s*PREFIX\s+([\w.-]+):\s*<([^>]*)>", re.IGNORECASE | re.MULTILINE)
_DATATYPES = {
    "string": "xsd:string",
    "integer": "xsd:integer",
    "boolean": "xsd:boolean",
    "date": "xsd:dateTime",
    "year": "xsd:integer",
    "language": "xsd:string",
    "choice": "xsd:string",
}


def triples(catalog: Catalog) -> list[Triple]:
    """The catalogue in SHACL's own words, so that editors and endpoints find the queries without configuration.

    Each query is ``query:NAME``, a ``sh:SPARQLSelectExecutable`` (SHACL 5.2.1) with its text, prefixes, labels, tags
    and parameters (SHACL 6.2.1); no node is blank. The local name of a parameter's ``sh:path`` is the variable's name.
    """
    found = [triple for query in catalog for triple in _query_triples(query)]
    declared = {prefix: namespace for query in catalog for prefix, namespace in _DECLARATION.findall(query.body)}
    for prefix, namespace in sorted(declared.items()):
        node = f"query:prefixes#{prefix}"
        found += [
            _triple("query:prefixes", "sh:declare", _node(node)),
            _triple(node, "rdf:type", _node("sh:PrefixDeclaration")),
            _triple(node, "sh:prefix", Literal(prefix)),
            _triple(node, "sh:namespace", Literal(namespace, datatype=NamedNode(names.PREFIXES["xsd"] + "anyURI"))),
        ]
    return found


def _query_triples(query: Query) -> Iterator[Triple]:
    node = f"query:{query.name}"
    for kind in ("sh:SPARQLExecutable", "sh:SPARQLSelectExecutable"):
        yield _triple(node, "rdf:type", _node(kind))
    yield from _worded(node, "rdfs:label", query.title)
    yield from _worded(node, "rdfs:comment", query.question)
    for tag in query.tags:
        yield _triple(node, "dcterms:subject", _node(f"query:tag#{tag}"))
    yield _triple(node, "sh:prefixes", _node("query:prefixes"))
    yield _triple(node, "sh:select", Literal(query.body))
    for parameter in query.parameters.values():
        own = f"{node}#{parameter.name}"
        yield _triple(node, "sh:parameter", _node(own))
        yield from _parameter_triples(own, parameter)


def _parameter_triples(node: str, parameter: Parameter) -> Iterator[Triple]:
    yield _triple(node, "rdf:type", _node("sh:Parameter"))
    yield _triple(node, "sh:path", _node(f"query:parameter#{parameter.name}"))
    yield from _worded(node, "sh:description", parameter.help)
    if parameter.type in _DATATYPES:
        yield _triple(node, "sh:datatype", _node(_DATATYPES[parameter.type]))
    elif parameter.of and not parameter.of.startswith("vocab:"):
        yield _triple(node, "sh:class", _node(parameter.of))
    else:
        yield _triple(node, "sh:nodeKind", _node("sh:IRI"))
    if not parameter.required:
        yield _triple(node, "sh:optional", Literal(True))
    if parameter.default is not None:
        yield _triple(node, "sh:defaultValue", parameter.term(parameter.default, _Curies()))


def _worded(subject: str, predicate: str, words: Mapping[str, str]) -> Iterator[Triple]:
    return (_triple(subject, predicate, Literal(text, language=language)) for language, text in words.items())


def _node(curie: str) -> NamedNode:
    return NamedNode(names.iri(curie))


def _triple(subject: str, predicate: str, value: Term) -> Triple:
    from pyoxigraph import Triple

    return Triple(_node(subject), _node(predicate), value)
