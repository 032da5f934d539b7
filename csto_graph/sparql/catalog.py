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
from contextlib import suppress
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from pyoxigraph import Literal, NamedNode

from .. import errors, files
from ..names import excerpt, iri, near, words_of
from ..rdf.terms import as_iri, days_asked, moment, tokens
from .results import COLUMN_TYPES
from .text import CONDITION, bind, specialise, vet

if TYPE_CHECKING:
    from os import PathLike

    from ..sandbox.parent import Workers

#: What a parameter is bound to.
Bound: TypeAlias = NamedNode | Literal

#: What a question is about, in every query, and the second where there are two.
SUBJECTS = ("about", "other")
# The control characters that mean nothing in a text, and half a surrogate pair, which no UTF-8 can hold.
SENSELESS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff"
_TEXT = rf"[^{SENSELESS}]{{0,10000}}"


# Parameters ----------------------------------------------------------------------------------------------------------


class ParameterType(NamedTuple):
    """What is to be known of a type of parameters.

    Attributes:
        read: Makes a term of a text, or raises ValueError; ``None`` where the value names a thing.
        pattern: What the texts look like (a regular expression).
        fitting: What would fit, in words.
        datatype: CURIE of the datatype of the term; '' for a thing.
        sample: A value that fits.
        words: What a shell can offer to complete.
        of: CURIE of the class or concept scheme of the thing, unless the parameter has its own.
    """

    read: Callable[[str], Literal] | None
    pattern: str = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]{1,10000}"
    fitting: str = "the name of a thing: an IRI, a CURIE, an identifier or a label"
    datatype: str = ""
    sample: str = "coop:sample"
    words: tuple[str, ...] = ()
    of: str | None = None


def _moment(text: str, end: bool = False) -> Literal:
    """The start, or the exclusive end, of a year, month or day (UTC), as xsd:dateTime."""
    span = days_asked(text)
    return Literal(moment(span.end if end else span.start), datatype=NamedNode(iri("xsd:dateTime")))


_FREE = (Literal, _TEXT, "a text of at most 10,000 characters, without control characters", "xsd:string", "a")
_A_DATE = "a date from 0001 to 9998: 2010, 2010-03 or 2010-03-18, in the calendar, or today"
_WHOLE = ParameterType(
    lambda text: Literal(int(text)), "[+-]?[0-9]{1,18}", "a whole number of at most 18 digits", "xsd:integer", "1"
)
#: Every type of parameters by its name in a header: whoever adds one adds it here.
PARAMETER_TYPES: Mapping[str, ParameterType] = {
    "string": ParameterType(*_FREE),
    "integer": _WHOLE,
    "boolean": ParameterType(
        lambda text: Literal(text.casefold() in ("true", "yes", "да")), "(?i:true|yes|да|false|no|нет)",
        "true, false, yes or no", "xsd:boolean", "true", ("true", "false"),
    ),
    "date": ParameterType(_moment, "[0-9-]+|today|сегодня", _A_DATE, "xsd:dateTime", "2000"),
    "year": _WHOLE._replace(pattern="(?!0000)[0-9]{4}", fitting="a year from 0001 to 9999", sample="2000"),
    "language": ParameterType(
        lambda text: Literal(text.lower()), "[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", "a language tag such as en or ru",
        "xsd:string", "en", ("en", "ru"),
    ),
    "choice": ParameterType(*_FREE),
    "entity": ParameterType(None),
    "class": ParameterType(None, of="owl:Class"),
    "area": ParameterType(None, of="vocab:area"),
}  # fmt: skip


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


class Parameter(NamedTuple):
    """One parameter of a canned query.

    Attributes:
        name: Without the ``$``.
        type: A key of `PARAMETER_TYPES`.
        help: Language to one line of help.
        optional: Whether it may be left out.
        default: The value taken when none is given, or ``None``.
        of: CURIE of the class or concept scheme a thing must belong to, or ``None`` for any.
        values: What a ``choice`` (or a ``language``) chooses from.
        bound: Which end of its span a date stands for: ``start``, or ``end`` (exclusive).
        also: Other names under which it may be given.

    >>> Parameter("until", "date", bound="end").term("2010-03").value
    '2010-04-01T00:00:00Z'
    """

    name: str
    type: str
    help: Mapping[str, str] = {}
    optional: bool = False
    default: object = None
    of: str | None = None
    values: tuple[str, ...] = ()
    bound: str = "start"
    also: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return not self.optional and self.default is None

    @property
    def sample(self) -> str:
        """A value that fits, for trying out."""
        return self.values[0] if self.values else PARAMETER_TYPES[self.type].sample

    def term(self, value: object, resolver: Resolver | None = None) -> Bound:
        """The term a value is bound as.

        Args:
            value: A Python value of the type, or its text; for things also a node or anything with an ``iri``.
            resolver: Asked for the IRI of a thing; without one, only IRIs and CURIEs are known.

        Raises:
            errors.BadParameter: The value does not fit the type.
            errors.UnknownName: From the resolver.
        """
        kind = PARAMETER_TYPES[self.type]
        if kind.read is None:
            value = value.value if isinstance(value, NamedNode) else getattr(value, "iri", value)
        text = f"{value:04d}" if type(value) is int else str(value)
        fits = isinstance(value, str) or kind.datatype not in ("", "xsd:string")
        found: Bound | None = None
        if fits and re.fullmatch(kind.pattern, text):
            if kind.read is not None:
                with suppress(ValueError):
                    found = _moment(text, end=True) if self.bound == "end" else kind.read(text)
            elif text.strip():
                known = resolver.resolve(text, of=self.of, parameter=self.name) if resolver is not None else iri(text)
                found = as_iri(known)
        if found is not None and (not self.values or found.value in self.values):
            return found
        fitting = f"one of {', '.join(self.values)}" if self.values else kind.fitting
        shown = text[:80] + "…" if len(text) > 80 else value
        raise errors.BadParameter(self.name, shown, fitting, suggestions=near(text, self.values))


# Queries -------------------------------------------------------------------------------------------------------------


class Example(NamedTuple):
    """One question that the query is known to answer.

    Attributes:
        args: Parameter name to value, as in the header.
        expect: The file of the expected rows, from the folder ``expected`` beside the query; may be empty.
        about: What the example shows, in words; may be empty.
        reading: ``curated``, or ``source`` where the question is what the pinned source says.
    """

    args: Mapping[str, object]
    expect: str = ""
    about: str = ""
    reading: str = "curated"


class Query(NamedTuple):
    """A canned query.

    Attributes:
        name: Name of the file without ``.rq``.
        text: The whole file.
        numbered: The SPARQL, after as many empty lines as the header has: lines have their numbers in the file.
        path: Where the file lies, for messages.
        title: Language to title.
        question: Language to the question it answers.
        columns: Column name to type, in the order of the projection.
        parameters: Name to parameter, in the order of the header.
        examples: Arguments with the rows they must give.
        tags: What it is about, one word each.
        negative: Language to what an empty answer means; may be empty.
        foreign: Whether it came from outside the project; then it runs only in a worker with limits.
    """

    name: str
    text: str
    numbered: str
    path: str
    title: Mapping[str, str]
    question: Mapping[str, str]
    columns: Mapping[str, str]
    parameters: Mapping[str, Parameter]
    examples: tuple[Example, ...]
    tags: tuple[str, ...] = ()
    negative: Mapping[str, str] = {}
    foreign: bool = False

    @classmethod
    def parse(cls, text: str, *, name: str, path: str = "") -> Query:
        r"""Read a query from its text.

        Args:
            text: Header and SPARQL.
            name: Name of the query.
            path: For messages.

        Raises:
            errors.InputError: The header is missing, is not TOML, or has an unknown key or a wrong type.

        >>> lines = ("# /// query", "# title = {}", "# question = {}", 'columns = { s = "entity" }', "# ///")
        >>> Query.parse("\n".join(lines), name="mine", path="mine.rq")
        Traceback (most recent call last):
        csto_graph.errors.InputError: mine.rq:4: A line of the header begins with '# ', and the last one is '# ///'.
        """
        header = _Header(text, path)
        top = header.table(header.content, _TOP)
        for kind in top["columns"].values():
            header.one_of(kind, COLUMN_TYPES, "column type", "", "columns")
        taken = {"help", "format", "output", "reading", "timeout", "limits"}  # what every query is told by these names
        parameters = {key: _parameter(header, key, one, taken) for key, one in top.pop("params", {}).items()}
        examples = []
        for at, value in enumerate(top.pop("examples", ())):
            example = Example(**header.table(value, _EXAMPLE, place := f"examples.{at}"))
            header.one_of(example.reading, ("curated", "source"), "reading", place, "reading")
            examples.append(example)
        return cls(name, text, header.numbered, path, **top, parameters=parameters, examples=tuple(examples))

    @property
    def body(self) -> str:
        """The SPARQL alone."""
        return self.numbered.lstrip("\n")

    def named(self, values: Mapping[str, object]) -> dict[str, object]:
        """The values, but for ``None``, by the first names of their parameters.

        Raises:
            errors.UsageError: One parameter is given under two names.
        """
        also = {other: name for name, parameter in self.parameters.items() for other in parameter.also}
        found: dict[str, object] = {}
        for name, value in values.items():
            if value is not None and found.setdefault(also.get(name, name), value) is not value:
                raise errors.UsageError(f"'{name}' is another name of '{also.get(name, name)}'. Give one of them.")
        return found

    def terms(self, values: Mapping[str, object], resolver: Resolver | None = None) -> dict[str, Bound]:
        """The terms the parameters are bound to: what was given (``None`` is not), else the default.

        Raises:
            errors.UsageError: As `named`.
            errors.UnknownName: No parameter has this name, or the resolver knows no such thing.
            errors.BadParameter: A value does not fit, or a required one is missing.
        """
        values = self.named(values)
        for name in values:
            if name not in self.parameters:
                hint = f"The parameters of '{self.name}' are: {', '.join(self.parameters) or 'none'}."
                raise errors.UnknownName("parameter", name, suggestions=near(name, self.parameters), hint=hint)
        terms = {}
        for name, parameter in self.parameters.items():
            value = values.get(name, parameter.default)
            if value is not None:
                terms[name] = parameter.term(value, resolver)
            elif parameter.required:
                raise errors.BadParameter(name, None, self.name, hint=words_of(parameter.help, "en").capitalize() + ".")
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
            text = specialise(self.numbered, terms)
            used = {token.text[1:]: token.start for token in tokens(text) if token.text[0] == "$"}
            if missing := [name for name in used if name not in terms]:
                said = f"${missing[0]} has no value here: declare it, or end the line with # if ${missing[0]}"
                raise errors.QueryError(said, line=text.count("\n", 0, used[missing[0]]) + 1)
            return bind(text, {name: term for name, term in terms.items() if name in used})
        except errors.QueryError as error:
            raise self.placed(error) from None

    def placed(self, error: errors.GraphError) -> errors.InputError:
        """An error in the text as one of the file."""
        place = ":".join(str(part) for part in (error.path, error.line, error.column) if part)
        message = error.message.removeprefix(f"{place}: ")
        return errors.InputError(message, path=self.path, line=error.line, column=error.column, hint=error.hint)

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
        texts = [self.title, self.question, self.negative, *(one.help for one in self.parameters.values())]
        words = [*self.tags, *self.columns, *(word for text in texts for word in text.values())]
        if re.search(f"[{SENSELESS}]", self.text) or not all(map(str.isprintable, words)):
            raise errors.InputError("The file has a control character.", path=self.path, hint="Take it out.")
        try:
            vet(self.numbered)
        except (errors.QueryError, errors.LimitReached) as error:
            raise self.placed(error) from None
        return self._replace(foreign=True)


#: What else may be asked of a query when it is checked: gives one message per finding.
Rule: TypeAlias = Callable[[Query], Iterable[str]]

#: What `Catalog.listed` tells of each query.
LISTED = ("name", "title", "question", "tags")


class Catalog:
    """The canned queries of a folder, and of folders from outside; each is read when first asked for.

    Iterating gives the queries in order of their names.

    Args:
        folder: The project's own ``.rq`` files.
        foreign: Folders whose queries are added; none may have the name of another.

    >>> from csto_graph.loading.inputs import Bundle
    >>> query = Catalog(Bundle().queries)["areas"]
    >>> query.parameters["about"].of, query.columns["area"]
    ('coop:Document', 'entity')
    >>> "$named_in" in query.body, "$named_in" in query.bound({})
    (True, False)
    """

    def __init__(self, folder: str | PathLike[str], foreign: Iterable[str | PathLike[str]] = ()) -> None:
        self._folders = [os.fspath(each) for each in (folder, *foreign)]
        self._queries: dict[str, Query] = {}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Name of each query to its file, sorted; no file is opened, and hidden ones are none.

        Raises:
            errors.InputError: A folder cannot be listed, or two queries have the same name.
        """
        found: dict[str, str] = {}
        for folder in self._folders:
            try:
                listed = sorted(name for name in os.listdir(folder) if name.endswith(".rq") and name[0] != ".")
            except OSError as error:
                said = f"The folder cannot be listed: {error.strerror}."
                raise errors.InputError(said, path=folder, hint="Name a folder with .rq files.") from error
            for name, path in ((file.removesuffix(".rq"), os.path.join(folder, file)) for file in listed):
                if name in found or not re.fullmatch(r"[\w-]{1,100}", name):
                    said = "A query is named by up to 100 letters, digits, - and _."
                    said = f"There is another query named '{name}'." if name in found else said
                    raise errors.InputError(said, path=ascii(path)[1:-1], hint="Rename the file.")
                found[name] = path
        return dict(sorted(found.items()))

    def __getitem__(self, name: str) -> Query:
        """One query; the others are not read.

        Raises:
            errors.UnknownName: There is none of this name; with suggestions.
            errors.InputError: Its file cannot be read or its header is wrong.
        """
        if name not in self._queries:
            # A name is never a path: nothing outside the folders can be opened through it.
            if name not in self.names:
                raise errors.UnknownName("query", name, suggestions=near(name, self.names))
            query = read_query(self.names[name])
            own = os.path.dirname(query.path) == self._folders[0]
            self._queries[name] = query if own else query.vetted()
        return self._queries[name]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[Query]:
        return (self[name] for name in self.names)

    def __len__(self) -> int:
        return len(self.names)

    def listed(self, language: str) -> list[tuple[str, str, str, str]]:
        """The queries as rows of the columns `LISTED`."""
        return [
            (query.name, words_of(query.title, language), words_of(query.question, language), ", ".join(query.tags))
            for query in self
        ]

    def check(self, *, more: Iterable[Rule] = ()) -> list[str]:
        """What is wrong in any query, and which cannot be read: see the function `check`."""
        from ..sandbox.parent import Workers

        found, engine = list[str](), Workers(b"")
        for name in self.names:
            try:
                found += check(self[name], engine=engine, more=more)
            except (errors.InputError, errors.LimitReached) as error:
                found.append(str(error))
        return found


def read_query(path: str) -> Query:
    """The query of one file.

    Raises:
        errors.InputError: The file cannot be read, is none or no UTF-8, or its header is wrong.
        errors.LimitReached: It is larger than 1 MiB.
    """
    text = files.read_text(path, most=1024**2).replace("\r\n", "\n")
    return Query.parse(text, name=os.path.basename(path).removesuffix(".rq"), path=path)


# Headers -------------------------------------------------------------------------------------------------------------

_SCALAR = (str, int, date)
# What a value is, in words, to its type and the type of what is in it.
_KINDS: Mapping[str, tuple[Any, Any]] = {
    "a text": (str, str), "true or false": (bool, bool), "one text, number, date or truth value": (_SCALAR, _SCALAR),
    "a list of texts": (list, str), "a list of tables": (list, dict),
    "a table of texts": (dict, str), "a table of tables": (dict, dict),
    "a table of texts, numbers, dates and truth values": (dict, _SCALAR),
}  # fmt: skip
# The keys of a table, each with what its value is.
_TOP = dict.fromkeys(("title", "question", "columns", "negative"), "a table of texts")
_TOP |= {"tags": "a list of texts", "params": "a table of tables", "examples": "a list of tables"}
_PARAMETER = {**dict.fromkeys(("type", "of", "bound"), "a text"), "help": "a table of texts"}
_PARAMETER |= {"optional": "true or false", "default": "one text, number, date or truth value"}
_PARAMETER |= dict.fromkeys(("values", "also"), "a list of texts")
_EXAMPLE = dict.fromkeys(("expect", "about", "reading"), "a text")
_EXAMPLE |= {"args": "a table of texts, numbers, dates and truth values"}
_NEEDED = ("title", "question", "columns", "type", "args")


class _Header:
    """The TOML of one header, with the lines to blame, and the SPARQL after it."""

    def __init__(self, text: str, path: str) -> None:
        import tomllib

        lines = text.split("\n")
        if lines[0].rstrip() != "# /// query":
            raise errors.InputError("A query begins with the line '# /// query'.", path=path, line=1)
        # Up to the first line that does not belong to the header, which closes it.
        rest = (at for at, line in enumerate(lines) if line.rstrip() == "# ///" or not f"{line} ".startswith("# "))
        end = next(rest, len(lines) - 1)
        if lines[end].rstrip() != "# ///":
            said = "A line of the header begins with '# ', and the last one is '# ///'."
            raise errors.InputError(said, path=path, line=end + 1)
        self.numbered = "\n" * (end + 1) + "\n".join(lines[end + 1 :])
        self._lines, self._path = [line[2:] for line in lines[:end]], path
        try:
            self.content = tomllib.loads("\n".join(self._lines[1:]))
        except RecursionError:
            raise errors.InputError("The header is nested too deeply.", path=path, line=2) from None
        except tomllib.TOMLDecodeError as error:
            message, _, place = str(error).partition(" (at line ")
            line = int(place.partition(",")[0] or end - 1) + 1
            raise errors.InputError(f"The header is not TOML: {message}.", path=path, line=line) from error

    def error(self, message: str, section: str, key: str = "", hint: str = "") -> errors.InputError:
        """An error at the line of a key in a section, ``params.until`` or ``examples.0``, or where that begins."""
        name, _, number = section.partition(".") if section.startswith("examples") else (section, "", "0")
        heads = [at for at, line in enumerate(self._lines) if re.sub(r"[\s\"']", "", line).strip("[]") == name]
        begin = heads[int(number)] if section and heads else 1
        keys = (at for at in range(begin, len(self._lines)) if re.match(rf"\s*[\"']?{key}\b", self._lines[at]))
        line = next(keys, begin) if re.fullmatch(r"[\w-]+", key) else begin
        return errors.InputError(excerpt(message, 300), path=self._path, line=line + 1, hint=hint)

    def one_of(self, word: str, known: Iterable[str], what: str, section: str, key: str) -> None:
        """Refuse a word that is none of those known."""
        if word not in known:
            hint = errors.meant(near(word, known) or [*known])
            raise self.error(f"There is no {what} '{word}'.", section, key, hint)

    def table(self, value: Mapping[str, Any], keys: Mapping[str, str], section: str = "") -> dict[str, Any]:
        """A table, all of whose values are of their kinds; of its keys those in _NEEDED are there."""
        for key, item in value.items():
            self.one_of(key, keys, "key", section, key)
            whole, kinds = _KINDS[keys[key]]
            parts = item.values() if isinstance(item, dict) else item if isinstance(item, list) else [item]
            if not isinstance(item, whole) or not all(isinstance(part, kinds) for part in parts):
                raise self.error(f"'{key}' must be {keys[key]}.", section, key)
        if missing := [key for key in _NEEDED if key in keys and key not in value]:
            raise self.error(f"The header needs the key '{missing[0]}' here.", section)
        return {key: tuple(item) if isinstance(item, list) else item for key, item in value.items()}


def _parameter(header: _Header, name: str, value: Mapping[str, Any], taken: set[str]) -> Parameter:
    """A parameter; the names under which it is given are added to those that are taken."""
    place = f"params.{name}"
    given = header.table(value, _PARAMETER, place)
    for one in (name, *given.get("also", ())):
        if one in taken or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", one):
            said = "means something else already" if one in taken else "cannot be the name of a variable"
            raise header.error(f"'{one}' {said}.", place, "" if one == name else "also", "Choose another name.")
        taken.add(one)
    kind, values = given["type"], given.get("values")
    header.one_of(kind, PARAMETER_TYPES, "parameter type", place, "type")
    if given.get("optional") and "default" in given:
        raise header.error(f"Parameter '{name}' is optional and has a default.", place, "default")
    if (kind == "choice" and not values) or (values and kind not in ("choice", "language")):
        raise header.error("'values' belongs to a choice or a language, and a choice needs it.", place, "values")
    if "of" in given and PARAMETER_TYPES[kind].read is not None:
        raise header.error(f"'of' does not belong to the type '{kind}'.", place, "of")
    if "bound" in given and (kind != "date" or given["bound"] not in ("start", "end")):
        raise header.error("'bound' belongs to a date and is 'start' or 'end'.", place, "bound")
    return Parameter(name, **{"of": PARAMETER_TYPES[kind].of, **given})


# Checks --------------------------------------------------------------------------------------------------------------


def check(query: Query, *, engine: Workers | None = None, more: Iterable[Rule] = ()) -> list[str]:
    r"""What is wrong with a query, as far as that shows without data; empty where nothing is.

    Args:
        query: The query.
        engine: The process that reads its text; by default one of its own.
        more: Further rules.

    Returns:
        One message per finding, ``path:line: what is wrong and what to do``.

    >>> head = ("# /// query", "# title = {}", "# question = {}", '# columns = { s = "entity" }', "# ///")
    >>> check(Query.parse("\n".join([*head, "SELECT ?s {", "?s a $class }"]), name="mine", path="mine.rq"))
    ['mine.rq:1: there is no example']
    """
    from ..sandbox.parent import Workers

    # Examples fit the parameters; these are used, written with a $, and those that have marks are optional.
    found = [] if query.examples else [(1, "there is no example")]
    for at, example in enumerate(query.examples, 1):
        # Things are looked up when the example is run; here is no graph to ask.
        things = {key for key, one in query.parameters.items() if PARAMETER_TYPES[one.type].read is None}
        try:
            query.terms({key: "coop:sample" if key in things else value for key, value in example.args.items()})
        except errors.UsageError as error:
            found.append((1, f"example {at}: {error.message}"))
    unused = dict(query.parameters)
    for token in tokens(query.numbered):
        mark = token.kind == "comment" and re.fullmatch(CONDITION, token.text)
        name = mark[2] if mark else token.text[1:]
        parameter, line = query.parameters.get(name), query.numbered.count("\n", 0, token.start) + 1
        if mark or token.text[0] == "$":
            unused.pop(name, None)
        if mark and not (parameter and parameter.optional):
            found.append((line, f"${name} is no optional parameter; only these have conditions"))
        elif token.text[0] == "?" and parameter:
            found.append((line, f"the parameter '{name}' is written ?{name}; write ${name}"))
    found += [(1, f"the parameter '{name}' is declared and not used") for name in unused]
    # Then each optional parameter may be missing, and the engine reads the text and gives its columns.
    engine = engine or Workers(b"")
    optional = [name for name, one in query.parameters.items() if one.optional]
    for missing in ((), *((name,) for name in optional), optional) if not found else ():
        given = {name: one.term(one.sample) for name, one in query.parameters.items() if name not in missing}
        try:
            asked = query.bound(given)
            if len(missing) in (0, len(optional)):
                query.fits(engine.query(asked).variables)
        except errors.InputError as error:
            placed = query.placed(error) if isinstance(error, errors.QueryError) else error
            found.append((placed.line or 1, placed.message.partition(": ")[2]))
            break
    said = [f"{line}: {message}" for line, message in sorted(found)]
    said += [f" {message}" for rule in more for message in rule(query)]
    return [f"{query.path or query.name}:{message}" for message in said]
