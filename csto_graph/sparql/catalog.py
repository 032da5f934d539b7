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
    SELECT DISTINCT ?instrument ?date WHERE {
      ?instrument coop:engages $partner .  # if $partner
      ?instrument a coop:AgreedInstrument ; coop:edtf ?date .
    }
    ORDER BY STR(?date) ?instrument

**Parameters** stand in the text as ``$name`` (to SPARQL the same variable as ``?name``: 19.8, rule 108). `text.bind`
puts terms there, and is the only place of the project where a value enters a query.

**Conditions.** A line that ends in ``# if $name`` counts only where that optional parameter is given, and one that
ends in ``# unless $name`` only where it is not; a line that opens brackets takes all with it up to the line that
closes them (`text.specialise`). So a parameter that is not given takes its conditions away, and what is asked is a
plain query. Conditions on things are best patterns, or ``BIND($name AS ?variable)``, at the beginning of their group,
the most telling first: the engine then starts from the few things that have them, and the time of a look-up does not
grow with the graph. Patterns may double rows: write ``SELECT DISTINCT`` and ``COUNT(DISTINCT …)``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode, Triple

from .. import errors, files
from ..names import iri
from .parameters import PARAMETER_TYPES, SENSELESS, Bound, CurieResolver, Parameter, Resolver, near
from .results import COLUMN_TYPES
from .text import CONDITION, QueryText, bind, specialise, tokens, vet

if TYPE_CHECKING:
    from os import PathLike

_SUFFIX = ".rq"
_NAME = r"[\w-]{1,100}"
_LARGEST_FILE = 64 * 1024
_READINGS = ("curated", "source")


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
        r"""Read a query from its text.

        Args:
            text: Header and SPARQL.
            name: Name of the query.
            path: For messages.
            expected: The folder that ``expect`` paths start from.

        Raises:
            errors.InputError: The header is missing, is not TOML, or has an unknown key or a wrong type.

        >>> lines = ("# /// query", "# title = {}", "# question = {}", 'columns = { s = "entity" }', "# ///")
        >>> Query.parse("\n".join(lines), name="mine", path="mine.rq")
        Traceback (most recent call last):
        csto_graph.errors.InputError: mine.rq:4: A line of the header begins with '# '.
        The last one is '# ///'.
        """
        lines, body = _split(text, path)
        header = _Header(lines, path)
        top = header.table(header.content, _TOP, ("title", "question", "columns"))
        for column, kind in top["columns"].items():
            if kind not in COLUMN_TYPES:
                said = f"Column '{column}' has the unknown type '{kind}'."
                raise header.error(said, "columns", suggestions=near(kind, COLUMN_TYPES))
        return cls(
            name=name,
            title=top["title"],
            question=top["question"],
            tags=tuple(top["tags"]),
            columns=top["columns"],
            parameters={key: _parameter(header, key, value) for key, value in top["params"].items()},
            examples=tuple(_example(header, at, value, expected) for at, value in enumerate(top["examples"])),
            text=text,
            body=body,
            path=path,
            negative=top["negative"],
        )

    def terms(self, values: Mapping[str, object], resolver: Resolver) -> dict[str, Bound]:
        """The terms the parameters are bound to: what was given (``None`` is not), else the default.

        Raises:
            errors.UnknownName: No parameter has this name, or the resolver knows no such thing.
            errors.BadParameter: A value does not fit, or a required one is missing.
        """
        for name in values:
            if name not in self.parameters:
                hint = f"The parameters of '{self.name}' are: {', '.join(self.parameters) or 'none'}."
                raise errors.UnknownName("parameter", name, suggestions=near(name, self.parameters), hint=hint)
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
        """SPARQL ready to run: without the conditions on what was not given, and with terms for what was.

        Raises:
            errors.UnknownName: As `terms`.
            errors.BadParameter: As `terms`.
            errors.InputError: A condition is marked where it cannot be.
        """
        return self.bound(self.terms(values, resolver))

    def bound(self, terms: Mapping[str, Bound]) -> str:
        """As `bind`, with the terms already made."""
        try:
            # Lines of a foreign query keep their numbers, for errors that the engine finds in them.
            text = specialise(self.body, terms, keep_lines=self.foreign)
            used = {token.text[1:] for token in tokens(text) if token.kind == "variable"}
            return bind(text, {name: term for name, term in terms.items() if name in used})
        except errors.QueryError as error:
            raise self.placed(error) from None

    def placed(self, error: errors.QueryError) -> errors.InputError:
        """An error in the SPARQL text as one of the file, at its line there."""
        place = ":".join(str(part) for part in (error.path, error.line, error.column) if part)
        line = None if error.line is None else error.line + self.line_of(0) - 1
        message = error.message.removeprefix(f"{place}: ")
        return errors.InputError(message, path=self.path, line=line, column=error.column, hint=error.hint)

    def line_of(self, at: int) -> int:
        """The line of the file on which a position of the SPARQL stands."""
        return self.text.count("\n") - self.body.count("\n", at) + 1

    def fits(self, variables: Iterable[str]) -> None:
        """Check that an answer has the columns of the header.

        Raises:
            errors.InputError: It has others, or the query is no SELECT.
        """
        given, wanted = ", ".join(variables) or "no columns", ", ".join(self.columns)
        if given != wanted:
            said = f"The query gives {given}; its header says {wanted}."
            raise errors.InputError(said, path=self.path, hint="Name the same columns in SELECT and in the header.")

    def vetted(self) -> Query:
        """The query as one from outside, marked as such, when nothing in it is refused.

        Raises:
            errors.InputError: The SPARQL asks for what is refused, or the header could do harm to a terminal.
        """
        helps = (parameter.help for parameter in self.parameters.values())
        words = [word for texts in (self.title, self.question, self.negative, *helps) for word in texts.values()]
        if re.search(SENSELESS, self.text) or not all(map(str.isprintable, (*words, *self.tags, *self.columns))):
            raise errors.InputError("The file has a control character.", path=self.path, hint="Take it out.")
        try:
            vet(self.body)
        except errors.QueryError as error:
            raise self.placed(error) from None
        return replace(self, foreign=True)


def words_of(texts: Mapping[str, str], language: str) -> str:
    """A text of a header in the language, else in English, else in any.

    >>> words_of({"en": "acts", "ru": "акты"}, "ru"), words_of({"ru": "акты"}, "de")
    ('акты', 'акты')
    """
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


class Catalog:
    """The canned queries of a folder, and of folders from outside; each is read when first asked for.

    Iterating gives the queries in order of their names.

    Args:
        folder: The project's own ``.rq`` files, with the expected rows under ``expected/``.
        foreign: Folders whose queries are added; none may have the name of another.

    >>> from csto_graph.loading.bundle import Bundle
    >>> query = Catalog(Bundle.default().queries)["areas"]
    >>> query.parameters["document"].of, query.columns["area"]
    ('coop:Document', 'entity')
    >>> "$named_in" in query.body, "$named_in" in query.bound({})
    (True, False)
    """

    def __init__(self, folder: str | PathLike[str], foreign: Iterable[str | PathLike[str]] = ()) -> None:
        self._folder = os.fspath(folder)
        self._others = [os.fspath(other) for other in foreign]
        self._queries: dict[str, Query] = {}

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
                if not re.fullmatch(_NAME, name):
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
            # A name is never a path: nothing outside the folder can be opened through it.
            folder = self._foreign.get(name, self._folder)
            path = os.path.join(folder, name + _SUFFIX)
            if not re.fullmatch(_NAME, name) or not os.path.lexists(path):
                raise errors.UnknownName("query", name, suggestions=near(name, self.names))
            query = read_query(path)
            self._queries[name] = query.vetted() if name in self._foreign else query
        return self._queries[name]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[Query]:
        return (self[name] for name in self.names)

    def __len__(self) -> int:
        return len(self.names)

    def check(self, *, more: Iterable[Callable[[Query], Iterable[str]]] = ()) -> list[str]:
        """What is wrong in any query, and expected files that no example names.

        Args:
            more: Further rules, as for the function `check`.
        """
        found, known = [], set()
        for name in self.names:
            try:
                query = self[name]
            except errors.InputError as error:
                found.append(str(error))
                continue
            found += check(query, more=more)
            known |= {example.expected for example in query.examples}
        rows = (os.path.join(place, name) for place, _, files in os.walk(os.path.join(self._folder, "expected"))
                for name in files)  # fmt: skip
        return found + [f"{path}: no example names this file" for path in sorted(set(rows) - known)]


def read_query(path: str) -> Query:
    """The query of one file.

    Raises:
        errors.InputError: The file cannot be read, is none, no UTF-8 or too large, or its header is wrong.
    """
    try:
        text = files.read_text(path, most=_LARGEST_FILE)
    except errors.LimitReached:
        hint = "64 KiB are allowed."
        raise errors.InputError("The file is too large for a query.", path=path, hint=hint) from None
    if text.startswith("\ufeff"):
        raise errors.InputError("The file begins with a byte-order mark.", path=path, line=1, hint="Save it without.")
    folder, file_name = os.path.split(path)
    expected = os.path.join(folder, "expected")
    return Query.parse(text.replace("\r\n", "\n"), name=file_name.removesuffix(_SUFFIX), path=path, expected=expected)


def _listed(folder: str) -> list[str]:
    """Names of the queries in a folder; hidden files are none."""
    try:
        found = sorted(os.listdir(folder))
    except OSError as error:
        message = f"The folder cannot be listed: {error.strerror}."
        raise errors.InputError(message, path=folder, hint="Name a folder with .rq files.") from error
    return [name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX) and name[0] != "."]


# Headers -------------------------------------------------------------------------------------------------------------

# The keys of a table, each with the kind of its value (see `_KINDS`).
_TOP = {
    **dict.fromkeys(("title", "question", "columns", "negative"), "languages"),
    "tags": "texts",
    "params": "table",
    "examples": "tables",
}
_PARAMETER = {
    **dict.fromkeys(("type", "of", "bound"), "text"),
    "help": "languages",
    "optional": "boolean",
    "default": "scalar",
    "values": "texts",
}
_EXAMPLE = {"args": "table", **dict.fromkeys(("expect", "rows", "about", "reading"), "text")}


def _is_list(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


def _is_scalar(value: object) -> bool:
    from datetime import date

    return isinstance(value, str | int | date)


# Kind to words, to the test of a value, and to what stands for one that is not there.
_KINDS: Mapping[str, tuple[str, Callable[[Any], bool], Callable[[], Any]]] = {
    "text": ("a text", lambda value: isinstance(value, str), lambda: None),
    "boolean": ("true or false", lambda value: isinstance(value, bool), lambda: False),
    "scalar": ("one text, number, date or truth value", _is_scalar, lambda: None),
    "texts": ("a list of texts", lambda value: _is_list(value, str), list),
    "table": ("a table", lambda value: isinstance(value, dict), dict),
    "tables": ("a list of tables", lambda value: _is_list(value, dict), list),
    "languages": (
        "a table of texts", lambda value: isinstance(value, dict) and _is_list([*value.values()], str), dict,
    ),
}  # fmt: skip


def _split(text: str, path: str) -> tuple[list[str], str]:
    """The lines of TOML in the header, and the SPARQL after it."""
    lines = text.split("\n")
    if lines[0].rstrip() != "# /// query":
        raise errors.InputError("A query begins with the line '# /// query'.", path=path, line=1)
    for at, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "# ///":
            return [line[2:] for line in lines[1:at]], "\n".join(lines[at + 1 :])
        if line.rstrip() != "#" and not line.startswith("# "):
            said = "A line of the header begins with '# '."
            raise errors.InputError(said, path=path, line=at + 1, hint="The last one is '# ///'.")
    raise errors.InputError("The header is not closed by '# ///'.", path=path, line=len(lines))


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
            line, column = (int(match[1]), int(match[2]) + 2) if match else (len(lines), None)
            said = f"The header is not TOML: {message}."
            raise errors.InputError(said, path=path, line=line + 1, column=column) from error

    def error(self, message: str, *place: str | int, suggestions: Iterable[str] = ()) -> errors.InputError:
        """An error at the line where a key stands: ``("params", "until", "bound")``, ``("examples", 0, "args")``."""
        near = f"Did you mean {' or '.join(suggestions)}?" if suggestions else ""
        start, rest = 0, place
        if len(place) > 1 and place[0] == "params":
            start, rest = self._find(rf"\s*\[\s*params\s*\.\s*[\"']?{re.escape(str(place[1]))}\b", 0), place[2:]
        elif len(place) > 1 and isinstance(place[1], int):
            rest = place[2:]
            for _ in range(place[1] + 1):
                start = self._find(r"\s*\[\[\s*examples", start) + 1
            start -= 1
        at = self._find(rf"\s*\[*\s*[\"']?{re.escape(str(rest[0]))}\b", start) if rest else start
        return errors.InputError(message, path=self._path, line=at + 2, hint=near)

    def _find(self, pattern: str, start: int) -> int:
        """Position of the first line from `start` on that begins so; `start` itself where none does."""
        return next((at for at in range(start, len(self._lines)) if re.match(pattern, self._lines[at])), start)

    def table(
        self, value: Mapping[str, Any], keys: Mapping[str, str], needed: Iterable[str], *place: str | int
    ) -> dict[str, Any]:
        """The values of a table, complete with empty ones for what is missing and not needed."""
        for key, item in value.items():
            if key not in keys:
                raise self.error(f"The header has no key '{key}' here.", *place, key, suggestions=near(key, keys))
            words, fits, _ = _KINDS[keys[key]]
            if not fits(item):
                raise self.error(f"'{key}' must be {words}.", *place, key)
        for key in needed:
            if key not in value:
                raise self.error(f"The header needs the key '{key}' here.", *place)
        return {key: value[key] if key in value else _KINDS[kind][2]() for key, kind in keys.items()}


def _parameter(header: _Header, name: str, value: object) -> Parameter:
    place = ("params", name)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise header.error(f"'{name}' cannot be the name of a variable.", *place)
    if not isinstance(value, dict):
        raise header.error(f"Parameter '{name}' must be a table.", *place)
    given = header.table(value, _PARAMETER, ("type",), *place)
    kind = given["type"]
    if kind not in PARAMETER_TYPES:
        said = f"There is no parameter type '{kind}'."
        raise header.error(said, *place, "type", suggestions=near(kind, PARAMETER_TYPES))
    if given["optional"] and given["default"] is not None:
        raise header.error(f"Parameter '{name}' is optional and has a default.", *place, "default")
    if (kind == "choice" and not given["values"]) or (given["values"] and kind not in ("choice", "language")):
        raise header.error("'values' belongs to a choice or a language, and a choice needs it.", *place, "values")
    if given["of"] is not None and PARAMETER_TYPES[kind].read is not None:
        raise header.error(f"'of' does not belong to the type '{kind}'.", *place, "of")
    if given["bound"] is not None and (kind != "date" or given["bound"] not in ("start", "end")):
        raise header.error("'bound' belongs to a date and is 'start' or 'end'.", *place, "bound")
    given |= {"of": given["of"] or PARAMETER_TYPES[kind].of, "bound": given["bound"] or "start"}
    return Parameter(name, **given | {"values": tuple(given["values"])})


def _example(header: _Header, at: int, value: Mapping[str, Any], folder: str | None) -> Example:
    given = header.table(value, _EXAMPLE, ("args",), "examples", at)
    for name, argument in given["args"].items():
        if not _is_scalar(argument):
            raise header.error(f"Argument '{name}' must be {_KINDS['scalar'][0]}.", "examples", at, "args")
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


# Checks --------------------------------------------------------------------------------------------------------------


def check(query: Query, *, more: Iterable[Callable[[Query], Iterable[str]]] = ()) -> list[str]:
    r"""What is wrong with a query, as far as that shows without data; empty where nothing is.

    Args:
        query: The query.
        more: Further rules.

    Returns:
        One message per finding, ``path:line: what is wrong and what to do``.

    >>> head = ("# /// query", "# title = {}", "# question = {}", '# columns = { s = "entity" }', "# ///")
    >>> check(Query.parse("\n".join([*head, "SELECT ?s {", "?s a $class }"]), name="mine", path="mine.rq"))
    ['mine.rq:1: there is no example', 'mine.rq:7: $class is not declared; add [params.class]']
    """
    found = [*_example_findings(query), *_parameter_findings(query)]
    # Only a text whose parameters are right is worth asking the engine about.
    found = found or list(_engine_findings(query))
    path = query.path or query.name
    return [f"{path}:{line}: {message}" for line, message in sorted(found)] + [
        f"{path}: {message}" for rule in more for message in rule(query)
    ]


def _example_findings(query: Query) -> Iterator[tuple[int, str]]:
    """Examples and defaults: there are some, and they fit the parameters."""
    given = [("default", key, parameter.default) for key, parameter in query.parameters.items()]
    if not query.examples:
        yield 1, "there is no example"
    for at, example in enumerate(query.examples, 1):
        where = f"example {at}"
        if example.expected is not None and not os.path.isfile(example.expected):
            yield 1, f"{where}: the expected file {example.expected} does not exist"
        for key, parameter in query.parameters.items():
            if parameter.required and key not in example.args:
                yield 1, f"{where}: the parameter '{key}' is missing"
        for key in example.args.keys() - query.parameters.keys():
            yield 1, f"{where}: there is no parameter '{key}'"
        given += [(where, key, value) for key, value in example.args.items() if key in query.parameters]
    for where, key, value in given:
        # Things are looked up when the example is run; here is no graph to ask.
        if value is not None and PARAMETER_TYPES[query.parameters[key].type].read is not None:
            try:
                query.parameters[key].term(value, CurieResolver())
            except errors.BadParameter as error:
                yield 1, f"{where}: {error.message}"


def _parameter_findings(query: Query) -> Iterator[tuple[int, str]]:
    """Parameters are declared, used, written with a $, and where they are optional under a mark."""
    used: dict[str, int] = {}
    for token in tokens(query.body):
        if token.kind == "variable" and token.text[0] == "$":
            used.setdefault(token.text[1:], token.start)
        elif token.kind == "variable" and token.text[1:] in query.parameters:
            name = token.text[1:]
            yield query.line_of(token.start), f"the parameter '{name}' is written ?{name}; write ${name}"
        elif token.kind == "comment" and re.fullmatch(CONDITION, token.text):
            name = token.text.split("$")[1].strip()
            used.setdefault(name, token.start)
            if name in query.parameters and not query.parameters[name].optional:
                yield query.line_of(token.start), f"${name} is always given; only optional parameters have conditions"
    for name, start in used.items():
        if name not in query.parameters:
            yield query.line_of(start), f"${name} is not declared; add [params.{name}]"
    for name, parameter in query.parameters.items():
        if name not in used:
            yield 1, f"the parameter '{name}' is declared and not used"
        elif parameter.optional:
            try:
                rest = specialise(query.body, query.parameters.keys() - {name}, keep_lines=True)
            except errors.QueryError as error:
                placed = query.placed(error)
                yield placed.line or 1, placed.message.partition(": ")[2]
                return
            for token in tokens(rest):
                if token.text == f"${name}":
                    at = query.line_of(0) + rest.count("\n", 0, token.start)
                    yield at, f"${name} may be missing here; end the line with # if ${name}"


def _engine_findings(query: Query) -> Iterator[tuple[int, str]]:
    """Whether the engine reads the text, as it is, with no optional parameter and with all; and gives its columns."""
    from ..sandbox import parent
    from ..store.engine import Limits

    text = QueryText(query.body)
    start = text.tokens[text.at].start if text.form else 0
    if text.form != "SELECT":
        yield query.line_of(start), "a canned query is a SELECT"
        return
    terms = {key: parameter.term(parameter.sample, CurieResolver()) for key, parameter in query.parameters.items()}
    needed = {key: term for key, term in terms.items() if not query.parameters[key].optional}
    for asked in (query.body, query.bound(needed), query.bound(terms)):
        try:
            query.fits(parent.query(b"", asked, limits=Limits()).variables)
        except errors.QueryError as error:
            placed = query.placed(error)
            yield placed.line or 1, f"the query does not parse: {placed.message.partition(': ')[2]}"
            return
        except errors.InputError as error:
            yield query.line_of(start), error.message.removeprefix(f"{query.path}: ")
            return


# The catalogue as data -----------------------------------------------------------------------------------------------


def catalog_triples(catalog: Catalog) -> list[Triple]:
    """The catalogue in SHACL's own words, so that editors and endpoints find the queries without configuration.

    Each query is ``query:NAME``, a ``sh:SPARQLSelectExecutable`` (SHACL 5.2.1) with its text, prefixes, labels, tags
    and parameters (SHACL 6.2.1); no node is blank. The local name of a parameter's ``sh:path`` is the variable's name.
    Who asks without an optional parameter leaves out the lines that are marked with it.

    >>> from csto_graph.loading.bundle import Bundle
    >>> triples = catalog_triples(Catalog(Bundle.default().queries))
    >>> [triple.object.value for triple in triples if triple.predicate == NamedNode(iri("sh:parameter"))][0]
    'https://w3id.org/csto-un/query/areas#document'
    """
    found: list[Triple] = []

    def add(subject: str, predicate: str, *values: str | Bound) -> None:
        for value in values:
            term = NamedNode(iri(value)) if isinstance(value, str) else value
            found.append(Triple(NamedNode(iri(subject)), NamedNode(iri(predicate)), term))

    def in_languages(words: Mapping[str, str]) -> Iterator[Literal]:
        return (Literal(text, language=language) for language, text in words.items())

    for query in catalog:
        node = f"query:{query.name}"
        add(node, "rdf:type", "sh:SPARQLExecutable", "sh:SPARQLSelectExecutable")
        add(node, "rdfs:label", *in_languages(query.title))
        add(node, "rdfs:comment", *in_languages(query.question))
        add(node, "dcterms:subject", *(f"query:tag#{tag}" for tag in query.tags))
        add(node, "sh:prefixes", "query:prefixes")
        add(node, "sh:select", Literal(query.body))
        for parameter in query.parameters.values():
            own, datatype = f"{node}#{parameter.name}", PARAMETER_TYPES[parameter.type].datatype
            add(node, "sh:parameter", own)
            add(own, "rdf:type", "sh:Parameter")
            add(own, "sh:path", f"query:parameter#{parameter.name}")
            add(own, "sh:description", *in_languages(parameter.help))
            if datatype:
                add(own, "sh:datatype", datatype)
            elif parameter.of and not parameter.of.startswith("vocab:"):
                add(own, "sh:class", parameter.of)
            else:
                add(own, "sh:nodeKind", "sh:IRI")
            if not parameter.required:
                add(own, "sh:optional", Literal(True))
            if parameter.default is not None:
                add(own, "sh:defaultValue", parameter.term(parameter.default, CurieResolver()))
    for prefix, namespace in sorted({pair for query in catalog for pair in QueryText(query.body).declared.items()}):
        node = f"query:prefixes#{prefix}"
        add("query:prefixes", "sh:declare", node)
        add(node, "rdf:type", "sh:PrefixDeclaration")
        add(node, "sh:prefix", Literal(prefix))
        add(node, "sh:namespace", Literal(namespace, datatype=NamedNode(iri("xsd:anyURI"))))
    return found
