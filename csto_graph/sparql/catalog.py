"""Canned queries: one file each, with typed parameters that are bound as terms.

A query is ``NAME.rq``: a block of TOML in comments, then SPARQL 1.1 that any engine runs::

    # /// query
    # title    = { en = "Agreed instruments", ru = "…" }
    # question = { en = "Which instruments were agreed with whom?", ru = "…?" }
    # columns  = { instrument = "entity", date = "date" }
    # [params.partner]
    # type     = "entity"
    # optional = true
    # help     = { en = "one side of the instrument", ru = "…" }
    # [[examples]]
    # args     = { partner = "UNODC" }
    # expect   = "instruments/unodc.csv"
    # ///
    PREFIX coop: <https://w3id.org/csto-un/ontology#>
    SELECT ?instrument ?date WHERE { … $partner … } ORDER BY …

``$name`` and ``?name`` are the same variable to SPARQL (19.8, rule 108), so a parameter that is not given stays an
unbound variable and the text stays valid. `bind` is the only place of the project where a value enters a query, and
`focus` sees to it that the search starts from the values that are given.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from pyoxigraph import Literal, NamedNode

from .. import errors, names
from .results import THINGS
from .results import TYPES as COLUMN_TYPES
from .tokens import tokeniser

if TYPE_CHECKING:
    from os import PathLike

Term: TypeAlias = NamedNode | Literal
"""What a parameter is bound to."""

TYPES = ("string", "integer", "boolean", "date", "year", "language", "choice", "entity", "class", "area")
"""The closed list of parameter types."""

_XSD = names.PREFIXES["xsd"]
_SUFFIX = ".rq"
_LONGEST_TEXT = 10_000
_OF = {"class": "owl:Class", "area": "vocab:area"}
KEBAB = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"

# The control characters that mean nothing in a text, and half a surrogate pair, which no UTF-8 can hold.
_SENSELESS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]"
_NOT_IN_NAMES = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
_DATE = r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?"
_INTEGER = r"[+-]?[0-9]{1,18}"
_YEAR = r"[0-9]{4}"
_LANGUAGE = r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*"


class Resolver(Protocol):
    """What turns a label, an identifier or a CURIE into an IRI; the graph has one."""

    def resolve(self, text: str, *, of: str | None, parameter: str) -> str:
        """The IRI that the text means.

        Args:
            text: An IRI, a CURIE, an identifier or a label.
            of: CURIE of the class, or of the concept scheme (``vocab:area``), that the thing must belong to.
            parameter: Name of the parameter, for the message.

        Raises:
            errors.UnknownName: Nothing has this name; with suggestions.
            errors.BadParameter: The name fits several things, or one of another class.
        """
        ...


# Parameters ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parameter:
    """One parameter of a canned query.

    Attributes:
        name: Without the ``$``.
        type: One of `TYPES`.
        help: Language to one line of help.
        optional: Whether it may be left unbound.
        default: The value taken when none is given, or ``None``.
        of: CURIE of the class or concept scheme a thing must belong to, or ``None`` for any.
        values: What a ``choice`` chooses from.
        bound: Which end of its span a date stands for: ``start``, or ``end`` (exclusive).
    """

    name: str
    type: str
    help: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    default: object = None
    of: str | None = None
    values: tuple[str, ...] = ()
    bound: str = "start"

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return not self.optional and self.default is None

    def term(self, value: object, resolver: Resolver) -> Term:
        """The term a value is bound as.

        Args:
            value: A Python value of the type, or its text; for things also a node or anything with an ``iri``.
            resolver: Asked for the IRI of a thing.

        Raises:
            errors.BadParameter: The value does not fit the type.
            errors.UnknownName: From the resolver.
        """
        if self.type in THINGS:
            return self._thing(value, resolver)
        return _MAKERS[self.type](self, value)

    def refused(self, value: object, expected: str, suggestions: Iterable[str] = ()) -> errors.BadParameter:
        """The error for a value that does not fit."""
        shown = value[:80] + "…" if isinstance(value, str) and len(value) > 80 else value
        return errors.BadParameter(self.name, shown, expected, suggestions=list(suggestions))

    def _thing(self, value: object, resolver: Resolver) -> NamedNode:
        text = value.value if isinstance(value, NamedNode) else getattr(value, "iri", value)
        if not isinstance(text, str) or not text.strip() or re.search(_NOT_IN_NAMES, text) or len(text) > _LONGEST_TEXT:
            raise self.refused(value, "the name of a thing: an IRI, a CURIE, an identifier or a label")
        iri = resolver.resolve(text, of=self.of, parameter=self.name)
        try:
            return NamedNode(iri)
        except ValueError as error:
            raise self.refused(value, "the name of a thing: no such IRI can exist") from error


def _string(parameter: Parameter, value: object) -> Literal:
    if not isinstance(value, str):
        raise parameter.refused(value, "a text")
    if len(value) > _LONGEST_TEXT:
        raise parameter.refused(value, f"a text of at most {_LONGEST_TEXT:,} characters")
    if re.search(_SENSELESS, value):
        raise parameter.refused(value, "a text without control characters")
    return Literal(value)


def _integer(parameter: Parameter, value: object) -> Literal:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(_INTEGER, text):
        raise parameter.refused(value, "a whole number of at most 18 digits")
    return Literal(int(text))


def _boolean(parameter: Parameter, value: object) -> Literal:
    text = value.casefold() if isinstance(value, str) else value
    for answer, words in ((True, (True, "true", "yes")), (False, (False, "false", "no"))):
        if any(text is word or (isinstance(text, str) and text == word) for word in words):
            return Literal(answer)
    raise parameter.refused(value, "true, false, yes or no")


def _year(parameter: Parameter, value: object) -> Literal:
    text = f"{value:04d}" if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(_YEAR, text) or text == "0000":
        raise parameter.refused(value, "a year from 0001 to 9999")
    return Literal(int(text))


def _language(parameter: Parameter, value: object) -> Literal:
    if not isinstance(value, str) or not re.fullmatch(_LANGUAGE, value):
        raise parameter.refused(value, "a language tag such as en or ru")
    if parameter.values and value.lower() not in parameter.values:
        raise parameter.refused(value, f"one of {', '.join(parameter.values)}")
    return Literal(value.lower())


def _choice(parameter: Parameter, value: object) -> Literal:
    if not isinstance(value, str) or value not in parameter.values:
        near = _near(value, parameter.values) if isinstance(value, str) else []
        raise parameter.refused(value, f"one of {', '.join(parameter.values)}", near)
    return Literal(value)


def _date(parameter: Parameter, value: object) -> Literal:
    """The start, or the exclusive end, of a year, month or day (UTC), as xsd:dateTime."""
    from datetime import date

    text = str(value) if isinstance(value, date | int) and not isinstance(value, bool) else value
    match = re.fullmatch(_DATE, text) if isinstance(text, str) else None
    try:
        if match is None:
            raise ValueError(value)
        year, month, day = (int(part) if part else None for part in match.groups())
        assert year is not None
        start = date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError as error:
        raise parameter.refused(value, "a date: 2010, 2010-03 or 2010-03-18, in the calendar") from error
    first = (start.year, start.month, start.day) if parameter.bound == "start" else _after(start, month, day)
    return Literal("{:04d}-{:02d}-{:02d}T00:00:00Z".format(*first), datatype=NamedNode(_XSD + "dateTime"))


def _after(start: Any, month: int | None, day: int | None) -> tuple[int, int, int]:
    """Year, month and day after the span that starts here; the year may be 10000, which `date` cannot hold."""
    if month is None or (start.month, day) == (12, None) or (start.month, start.day) == (12, 31):
        return (start.year + 1, 1, 1)
    if day is None:
        return (start.year, start.month + 1, 1)
    following = start.fromordinal(start.toordinal() + 1)
    return (following.year, following.month, following.day)


_MAKERS: dict[str, Callable[[Parameter, object], Literal]] = {
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "year": _year,
    "language": _language,
    "choice": _choice,
}


# Binding -------------------------------------------------------------------------------------------------------------


def bind(text: str, terms: Mapping[str, Term]) -> str:
    """Put terms in the place of the ``$name`` tokens of a SPARQL text.

    Strings, IRIs and comments are left alone; ``?name`` is too. Each term stands in its N-Triples form, which SPARQL
    reads back unchanged; the result must not be bound a second time.

    Raises:
        errors.UnknownName: A term has a name that the text does not use.
        errors.QueryError: ``<$name>`` could be read as an IRI or as comparisons.
    """
    if not terms:
        return text
    used: set[str] = set()

    def replaced(match: re.Match[str]) -> str:
        token = match[0]
        # "?c<$a&&?b>2" is an IRI to the grammar and two comparisons to some engines; "://" stands in IRIs only.
        if match.lastgroup == "iri" and "://" not in token and any(f"${name}" in token for name in terms):
            line = text.count("\n", 0, match.start()) + 1
            raise errors.QueryError(
                f"'{token}' reads as an IRI.", line=line, hint="Put spaces around < and > where they compare."
            )
        if token[0] != "$" or token[1:] not in terms:
            return token
        used.add(token[1:])
        return str(terms[token[1:]])

    bound = tokeniser().sub(replaced, text)
    for name in terms:
        if name not in used:
            raise errors.UnknownName("parameter", name, suggestions=_near(name, _parameters(text)))
    return bound


_CONDITION = re.compile(
    r"FILTER\((?:!COALESCE\(\$(\w+) = \$\1, false\)(?: \|\| |(?=\)))|COALESCE\(\$(\w+) = \$\2, false\)(?=\)))"
)
_EXISTS = re.compile(r"EXISTS \{((?:[^{}]|\{[^{}]*\})*)\}\s*")
_REMARK = re.compile(r"^\s*#.*", re.MULTILINE)


class Condition(NamedTuple):
    """A condition on an optional parameter: where it stands in the text, and whether at the head of a group.

    One that is positive is nothing but that the parameter is given.
    """

    parameter: str
    text: str
    start: int
    end: int
    head: bool
    positive: bool

    @property
    def pattern(self) -> str | None:
        """The pattern that it becomes; None where it becomes none."""
        found = _EXISTS.fullmatch(self.text) if self.head else None
        return found and found[1].strip(" \n.") + " ."

    @property
    def same(self) -> str | None:
        """The variable that is to have the value of the parameter, where the search may start from it."""
        found = re.fullmatch(rf"\?(\w+) = \${self.parameter}", self.text) if self.head else None
        return found and found[1]


def focus(text: str, terms: Mapping[str, Term]) -> str:
    """Take the conditions on optional parameters out of a SPARQL text, so that the search starts from what is given.

    A query says of an optional parameter ``FILTER(!COALESCE($p = $p, false) || CONDITION)``; an engine would go through
    everything and test each. Where ``$p`` is not given the condition is left out; where it is, it stands alone. At the
    head of a group, before its patterns, it becomes one of them: ``EXISTS { PATTERN }`` the pattern, ``?x = $p`` the
    only row of ``VALUES ?x``, where ``$p`` is an IRI (two literals may be equal and not the same). The engine then
    finds the few things that have it, best where what tells most stands first. ``FILTER(!COALESCE($p = $p, false))``
    alone marks what is asked only where ``$p`` is not given, ``FILTER(COALESCE($p = $p, false))`` only where it is.

    No row changes by this as long as each variable of the condition stands in a required pattern of that group, or
    nowhere else, and rows that come twice are dropped (SPARQL 1.1, 18.2.2 and 8.1); `conventions` sees to both.

    Args:
        text: SPARQL with ``$name`` tokens.
        terms: What the parameters that are given will be bound to.
    """
    parts: list[str] = []
    at = 0
    for condition in conditions(text):
        before, at = text[at : condition.start], condition.end
        if (condition.parameter in terms) is not condition.positive:
            parts += before, _wanted(condition, terms.get(condition.parameter))
        else:
            whole = text[at : at + 1] == "\n"
            parts.append(before.rstrip(" ") if whole else before)
            at += whole
    return "".join(parts) + text[at:]


def conditions(text: str) -> Iterator[Condition]:
    """The conditions on optional parameters, in order; one within another is a part of that."""
    at, head = 0, False
    for match in _CONDITION.finditer(text):
        if match.start() < at:
            continue
        bare = _REMARK.sub("", text[at : match.start()]).rstrip()
        head = bare.endswith("{") or (head and not bare)
        end = _closing(text, match.end())
        at = end + 1
        yield Condition(match[1] or match[2], text[match.end() : end], match.start(), at, head, match[1] is None)


def _wanted(condition: Condition, term: Term | None) -> str:
    """A condition that counts: a pattern at the head of a group, elsewhere a filter, which may let nothing through."""
    if condition.pattern is not None:
        return condition.pattern
    if condition.same is not None and isinstance(term, NamedNode):
        return f"VALUES ?{condition.same} {{ ${condition.parameter} }}"
    # rdflib takes FILTER(false) for no filter.
    return f"FILTER({condition.text or '!true'})"


def _closing(text: str, start: int) -> int:
    """Where the parenthesis closes that is open at the start."""
    depth = 1
    for match in tokeniser().finditer(text, start):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if not depth:
            return match.start()
    return len(text)


def _parameters(text: str) -> list[str]:
    """Names of the ``$name`` tokens, in order of first use."""
    found = (match[0] for match in tokeniser().finditer(text) if match.lastgroup == "variable")
    return list(dict.fromkeys(token[1:] for token in found if token[0] == "$"))


def _near(name: str, known: Iterable[str]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(name, list(known), n=3, cutoff=0.6)


# Queries -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Example:
    """One question that the query is known to answer.

    Attributes:
        args: Parameter name to value, as in the header.
        expected: The file of the expected rows, or ``None`` where they stand in the header.
        rows: The expected rows as CSV, or ``None`` where they stand in a file.
        about: What the example shows, in words; may be empty.
        reading: ``curated``, or ``source`` where the question is what the pinned source says.
    """

    args: Mapping[str, object]
    expected: str | None = None
    rows: str | None = None
    about: str = ""
    reading: str = "curated"


@dataclass(frozen=True)
class Query:
    """A canned query.

    Attributes:
        name: Name of the file without ``.rq``.
        title: Language to title.
        question: Language to the question it answers.
        tags: What it is about, one word each.
        columns: Column name to type, in the order of the projection.
        parameters: Name to parameter, in the order of the header.
        examples: Arguments with the rows they must give.
        text: The whole file.
        body: The SPARQL alone.
        path: Where the file lies, for messages.
        negative: Language to what an empty answer means; may be empty.
        foreign: Whether it came from outside the project; then it runs only in a worker with limits.
    """

    name: str
    title: Mapping[str, str]
    question: Mapping[str, str]
    tags: tuple[str, ...]
    columns: Mapping[str, str]
    parameters: Mapping[str, Parameter]
    examples: tuple[Example, ...]
    text: str = field(repr=False)
    body: str = field(repr=False)
    path: str
    negative: Mapping[str, str] = field(default_factory=dict)
    foreign: bool = False

    @classmethod
    def parse(cls, text: str, *, name: str, path: str = "", expected: str | None = None) -> Query:
        """Read a query from its text.

        Args:
            text: Header and SPARQL.
            name: Name of the query.
            path: For messages.
            expected: The folder that ``expect`` paths start from.

        Raises:
            errors.InputError: The header is missing, is not TOML, or has an unknown key or a wrong type.
        """
        lines, body = _split(text, path)
        header = _Header(lines, path)
        top = header.table(header.content, _TOP)
        parameters = {key: _parameter(header, key, value) for key, value in top["params"].items()}
        return cls(
            name=name,
            title=top["title"],
            question=top["question"],
            tags=tuple(top["tags"]),
            columns=_columns(header, top["columns"]),
            parameters=parameters,
            examples=tuple(_example(header, at, value, expected) for at, value in enumerate(top["examples"])),
            text=text,
            body=body,
            path=path,
            negative=top["negative"],
        )

    def terms(self, values: Mapping[str, object], resolver: Resolver) -> dict[str, Term]:
        """The terms the parameters are bound to: what was given (``None`` is not), else the default.

        Raises:
            errors.UnknownName: No parameter has this name, or the resolver knows no such thing.
            errors.BadParameter: A value does not fit, or a required one is missing.
        """
        for name in values:
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise errors.UnknownName(
                    "parameter",
                    name,
                    suggestions=_near(name, self.parameters),
                    hint=f"The parameters of '{self.name}' are: {known}.",
                )
        terms = {}
        for name, parameter in self.parameters.items():
            given = values.get(name)
            value = parameter.default if given is None else given
            if value is not None:
                terms[name] = parameter.term(value, resolver)
            elif parameter.required:
                raise errors.BadParameter(name, None, f"a value, and '{self.name}' needs one ({parameter.type})")
        since, until = terms.get("since"), terms.get("until")
        # Both are instants in one form, so that text order is time order (XML Schema part 2, 3.2.7.2).
        if since and until and until.value <= since.value:
            raise errors.BadParameter("until", values.get("until"), f"later than 'since' ({values.get('since')})")
        return terms

    def bind(self, values: Mapping[str, object], resolver: Resolver) -> str:
        """SPARQL ready to run; an optional parameter that was not given stays an unbound variable.

        Raises:
            errors.UnknownName: As `terms`.
            errors.BadParameter: As `terms`.
        """
        terms = self.terms(values, resolver)
        return bind(self.body if self.foreign else focus(self.body, terms), terms)

    def placed(self, error: errors.QueryError) -> errors.InputError:
        """An error in the SPARQL text as one of the file, at its line there."""
        place = ":".join(str(part) for part in (error.path, error.line, error.column) if part)
        line = None if error.line is None else error.line + self.text.count("\n") - self.body.count("\n")
        message = error.message.removeprefix(f"{place}: ")
        return errors.InputError(message, path=self.path, line=line, column=error.column, hint=error.hint)

    def fits(self, variables: Iterable[str]) -> None:
        """Check that an answer has the columns of the header.

        Raises:
            errors.InputError: It has others, or the query is no SELECT.
        """
        given, wanted = ", ".join(variables) or "no columns", ", ".join(self.columns)
        if given != wanted:
            said = f"The query gives {given}; its header says {wanted}."
            raise errors.InputError(said, path=self.path, hint="Name the same columns in SELECT and in the header.")


_NAME = re.compile(r"<([^<>\s]*)>|[a-z][a-z0-9-]*:[A-Za-z_][\w.-]*")
_VARIABLE_CLASS = r"\ba\s+[^;.{}]*\?"


def named(text: str) -> frozenset[str]:
    """The IRIs that a bound query names: all its predicates and classes, since house rules let none be a variable.

    A class may be one (``?thing a ?type``); then rdf:type is among the names, and stands for every class.
    """
    found = {names.iri(match[1] or match[0]) for match in _NAME.finditer(text)}
    return frozenset(found | {names.iri("rdf:type")} if re.search(_VARIABLE_CLASS, text) else found)


def behind(text: str) -> str:
    """The query for every solution behind the rows of a bound query: nothing grouped, counted or left out of sight.

    The house rules give every query of the catalogue this form: one SELECT clause, WHERE, one group in braces.
    """
    start, body = text.index("SELECT"), text.index("WHERE")
    return f"{text[:start]}SELECT * {text[body : text.rindex('}') + 1]}"


def words_of(texts: Mapping[str, str], language: str) -> str:
    """A text of a header in the language, else in English, else in any."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


class Catalog:
    """The canned queries of a folder, and of folders from outside; each is read when first asked for.

    Iterating gives the queries in order of their names.
    """

    def __init__(self, folder: str | PathLike[str], foreign: Iterable[str | PathLike[str]] = ()) -> None:
        self._folder = os.fspath(folder)
        self._others = [os.fspath(other) for other in foreign]
        self._queries: dict[str, Query] = {}

    @classmethod
    def read(cls, folder: str | PathLike[str], foreign: Iterable[str | PathLike[str]] = ()) -> Catalog:
        """The catalogue of a folder of ``.rq`` files, with the expected rows under ``expected/``.

        Args:
            folder: The project's own.
            foreign: Folders whose queries are added; none may have the name of another.
        """
        return cls(folder, foreign)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the queries, sorted; no file is opened.

        Raises:
            errors.InputError: A folder cannot be listed, or two queries have the same name.
        """
        return tuple(sorted([*_listed(self._folder), *self._foreign]))

    @cached_property
    def _foreign(self) -> Mapping[str, str]:
        """Name of each query from outside to its folder."""
        found: dict[str, str] = {}
        for folder in self._others:
            for name in _listed(folder):
                path = os.path.join(folder, name + _SUFFIX)
                if not re.fullmatch(_NAME_OF_QUERY, name):
                    said = "A query is named by up to 100 letters, digits, - and _."
                    raise errors.InputError(said, path=ascii(path)[1:-1], hint="Rename the file.")
                if name in found or os.path.exists(os.path.join(self._folder, name + _SUFFIX)):
                    said = f"There is another query named '{name}'."
                    raise errors.InputError(said, path=path, hint="Rename the file: a name means one question.")
                found[name] = folder
        return found

    def __getitem__(self, name: str) -> Query:
        """One query; the others are not read.

        Raises:
            errors.UnknownName: There is none of this name; with suggestions.
            errors.InputError: Its file cannot be read or its header is wrong.
        """
        if name not in self._queries:
            self._queries[name] = self._load(name)
        return self._queries[name]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[Query]:
        return (self[name] for name in self.names)

    def __len__(self) -> int:
        return len(self.names)

    def _load(self, name: str) -> Query:
        folder = self._foreign.get(name, self._folder)
        path = os.path.join(folder, name + _SUFFIX)
        data = None
        try:
            # A name is never a path: nothing outside the folder can be opened through it.
            if re.fullmatch(_NAME_OF_QUERY, name):
                with open(path, "rb") as file:
                    data = file.read(_LARGEST_FILE + 1)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise errors.InputError(f"The query cannot be read: {error.strerror}.", path=path) from error
        if data is None:
            raise errors.UnknownName("query", name, suggestions=_near(name, self.names))
        if len(data) > _LARGEST_FILE:
            raise errors.InputError("The file is too large for a query.", path=path, hint="64 KiB are allowed.")
        query = Query.parse(_decoded(data, path), name=name, path=path, expected=os.path.join(folder, "expected"))
        return looked_at(query) if name in self._foreign else query

    def check(self, *, more: Iterable[Callable[[Query], Iterable[str]]] = ()) -> list[str]:
        """What breaks the house rules in any query, and expected files that no example names.

        Args:
            more: Further rules, as for `conventions.check`.
        """
        from .conventions import check

        found, known = [], set()
        for name in self.names:
            try:
                query = self[name]
            except errors.InputError as error:
                found.append(str(error))
                continue
            found += check(query, more=more)
            known |= {example.expected for example in query.examples}
        stray = [path for path in _files(os.path.join(self._folder, "expected")) if path not in known]
        return found + [f"{path}: no example names this file" for path in sorted(stray)]


_NAME_OF_QUERY = r"[\w-]{1,100}"
_LARGEST_FILE = 64 * 1024


def _listed(folder: str) -> list[str]:
    """Names of the queries in a folder; hidden files are none."""
    try:
        found = sorted(os.listdir(folder))
    except OSError as error:
        message = f"The folder cannot be listed: {error.strerror}."
        raise errors.InputError(message, path=folder, hint="Name a folder with .rq files.") from error
    return [name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX) and name[0] != "."]


def looked_at(query: Query) -> Query:
    """A query from outside, marked as such, when nothing in it is refused.

    Raises:
        errors.InputError: The SPARQL asks for what is refused, or the header could do harm to a terminal.
    """
    from ..sandbox import parent

    helps = (parameter.help for parameter in query.parameters.values())
    words = [word for texts in (query.title, query.question, query.negative, *helps) for word in texts.values()]
    if re.search(_SENSELESS, query.text) or not all(map(str.isprintable, (*words, *query.tags, *query.columns))):
        raise errors.InputError("The file has a control character.", path=query.path, hint="Take it out.")
    try:
        parent.gate(query.body)
    except errors.QueryError as error:
        raise query.placed(error) from None
    return replace(query, foreign=True)


def _files(folder: str) -> Iterator[str]:
    for place, _, files in os.walk(folder):
        yield from (os.path.join(place, name) for name in files)


def _decoded(data: bytes, path: str) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise errors.InputError("The file is not UTF-8.", path=path, line=line, hint="Save it as UTF-8.") from error
    if text.startswith("\ufeff"):
        raise errors.InputError("The file begins with a byte-order mark.", path=path, line=1, hint="Save it without.")
    return text.replace("\r\n", "\n")


# Headers -------------------------------------------------------------------------------------------------------------

_OPENING, _CLOSING = "# /// query", "# ///"

_Kinds: TypeAlias = Mapping[str, tuple[str, bool]]

# Key to kind of value and whether it must be there; the rest of what a good header needs is a house rule.
_TOP: _Kinds = {
    "title": ("languages", True),
    "question": ("languages", True),
    "tags": ("texts", False),
    "columns": ("languages", True),
    "negative": ("languages", False),
    "params": ("table", False),
    "examples": ("tables", False),
}
_PARAMETER: _Kinds = {
    "type": ("text", True),
    "help": ("languages", False),
    "optional": ("boolean", False),
    "default": ("scalar", False),
    "of": ("text", False),
    "values": ("texts", False),
    "bound": ("text", False),
}
_EXAMPLE: _Kinds = {
    "args": ("table", True),
    "expect": ("text", False),
    "rows": ("text", False),
    "about": ("text", False),
    "reading": ("text", False),
}
_READINGS = ("curated", "source")
_EMPTY: Mapping[str, Callable[[], Any]] = {"languages": dict, "table": dict, "texts": list, "tables": list}
_IN_WORDS = {
    "languages": "a table of texts",
    "text": "a text",
    "texts": "a list of texts",
    "boolean": "true or false",
    "scalar": "one text, number, date or truth value",
    "table": "a table",
    "tables": "a list of tables",
}


def _is(value: object, kind: str) -> bool:
    """Whether a TOML value is of a kind."""
    from datetime import date

    match kind:
        case "text":
            return isinstance(value, str)
        case "texts":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case "languages":
            return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
        case "boolean":
            return isinstance(value, bool)
        case "scalar":
            return isinstance(value, str | int | date)
        case "table":
            return isinstance(value, dict)
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _split(text: str, path: str) -> tuple[list[str], str]:
    """The lines of TOML in the header, and the SPARQL after it."""
    lines = text.split("\n")
    if lines[0].rstrip() != _OPENING:
        raise errors.InputError(f"A query begins with the line '{_OPENING}'.", path=path, line=1)
    for at, line in enumerate(lines[1:], start=1):
        if line.rstrip() == _CLOSING:
            return [line[2:] for line in lines[1:at]], "\n".join(lines[at + 1 :])
        if line.rstrip() != "#" and not line.startswith("# "):
            raise errors.InputError(
                "A line of the header begins with '# '.", path=path, line=at + 1, hint=f"The last one is '{_CLOSING}'."
            )
    raise errors.InputError(f"The header is not closed by '{_CLOSING}'.", path=path, line=len(lines))


class _Header:
    """The TOML of one header, with the lines to blame."""

    def __init__(self, lines: list[str], path: str) -> None:
        import tomllib

        self._lines = lines
        self._path = path
        try:
            self.content = tomllib.loads("\n".join(lines))
        except RecursionError:
            raise errors.InputError("The header is nested too deeply.", path=path, line=2) from None
        except tomllib.TOMLDecodeError as error:
            message, _, place = str(error).partition(" (at ")
            match = re.match(r"line (\d+), column (\d+)", place)
            line, column = (int(match[1]), int(match[2])) if match else (len(lines), -1)
            raise errors.InputError(
                f"The header is not TOML: {message}.", path=path, line=line + 1, column=column + 2 if match else None
            ) from error

    def error(self, message: str, *place: str | int, suggestions: Iterable[str] = ()) -> errors.InputError:
        """An error at the line where a key stands: ``("params", "until", "bound")``, ``("examples", 0, "args")``."""
        near = f"Did you mean {' or '.join(suggestions)}?" if suggestions else ""
        return errors.InputError(message, path=self._path, line=self._line(place), hint=near)

    def _line(self, place: tuple[str | int, ...]) -> int:
        start, rest = 0, place
        if len(place) > 1 and place[0] == "params":
            start, rest = self._find(rf"\s*\[\s*params\s*\.\s*[\"']?{re.escape(str(place[1]))}\b", 0), place[2:]
        elif len(place) > 1 and isinstance(place[1], int):
            rest = place[2:]
            for _ in range(place[1] + 1):
                start = self._find(r"\s*\[\[\s*examples", start) + 1
            start -= 1
        at = self._find(rf"\s*\[*\s*[\"']?{re.escape(str(rest[0]))}\b", start) if rest else start
        return at + 2

    def _find(self, pattern: str, start: int) -> int:
        """Position of the first line from `start` on that begins so; `start` itself where none does."""
        return next((at for at in range(start, len(self._lines)) if re.match(pattern, self._lines[at])), start)

    def table(self, value: Mapping[str, Any], kinds: _Kinds, *place: str | int) -> dict[str, Any]:
        """The values of a table, complete with empty ones for what may be missing."""
        for key, item in value.items():
            if key not in kinds:
                raise self.error(f"The header has no key '{key}' here.", *place, key, suggestions=_near(key, kinds))
            if not _is(item, kinds[key][0]):
                raise self.error(f"'{key}' must be {_IN_WORDS[kinds[key][0]]}.", *place, key)
        for key, (_, needed) in kinds.items():
            if needed and key not in value:
                raise self.error(f"The header needs the key '{key}' here.", *place)
        return {key: value.get(key, _EMPTY.get(kind, lambda: None)()) for key, (kind, _) in kinds.items()}


def _columns(header: _Header, columns: Mapping[str, str]) -> Mapping[str, str]:
    for name, kind in columns.items():
        if kind not in COLUMN_TYPES:
            near = _near(kind, COLUMN_TYPES)
            raise header.error(f"Column '{name}' has the unknown type '{kind}'.", "columns", suggestions=near)
    return columns


def _parameter(header: _Header, name: str, value: object) -> Parameter:
    place = ("params", name)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise header.error(f"'{name}' cannot be the name of a variable.", *place)
    if not isinstance(value, dict):
        raise header.error(f"Parameter '{name}' must be a table.", *place)
    given = header.table(value, _PARAMETER, *place)
    kind = given["type"]
    if kind not in TYPES:
        raise header.error(f"There is no parameter type '{kind}'.", *place, "type", suggestions=_near(kind, TYPES))
    if given["optional"] and given["default"] is not None:
        raise header.error(f"Parameter '{name}' is optional and has a default.", *place, "default")
    if (kind == "choice" and not given["values"]) or (given["values"] and kind not in ("choice", "language")):
        raise header.error("'values' belongs to a choice or a language, and a choice needs it.", *place, "values")
    if given["of"] is not None and kind not in THINGS:
        raise header.error(f"'of' does not belong to the type '{kind}'.", *place, "of")
    if given["bound"] is not None and (kind != "date" or given["bound"] not in ("start", "end")):
        raise header.error("'bound' belongs to a date and is 'start' or 'end'.", *place, "bound")
    return Parameter(
        name=name,
        type=kind,
        help=given["help"],
        optional=bool(given["optional"]),
        default=given["default"],
        of=given["of"] or _OF.get(kind),
        values=tuple(given["values"]),
        bound=given["bound"] or "start",
    )


def _example(header: _Header, at: int, value: Mapping[str, Any], folder: str | None) -> Example:
    given = header.table(value, _EXAMPLE, "examples", at)
    for name, argument in given["args"].items():
        if not _is(argument, "scalar"):
            raise header.error(f"Argument '{name}' must be {_IN_WORDS['scalar']}.", "examples", at, "args")
    expect, rows = given["expect"], given["rows"]
    if (expect is None) == (rows is None):
        raise header.error("An example has either 'expect' or 'rows'.", "examples", at)
    if expect is not None and not re.fullmatch(r"[\w-]+(?:/[\w-]+)*\.csv", expect):
        raise header.error(f"'{expect}' is not a path such as 'name/case.csv'.", "examples", at, "expect")
    reading = given["reading"] or _READINGS[0]
    if reading not in _READINGS:
        raise header.error(f"'reading' is one of {', '.join(_READINGS)}.", "examples", at, "reading")
    expected = os.path.join(folder, *expect.split("/")) if folder is not None and expect is not None else None
    return Example(given["args"], expected, rows, given["about"] or "", reading)
