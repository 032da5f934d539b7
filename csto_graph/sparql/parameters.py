"""Parameters of canned queries: their types, and how a value becomes the term that it is bound as.

A type is one line of `PARAMETER_TYPES`: whoever adds one adds it there, with a function that reads its values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from pyoxigraph import Literal, NamedNode

from .. import dates, errors, names

Bound: TypeAlias = NamedNode | Literal
"""What a parameter is bound to."""

_LONGEST_TEXT = 10_000
# The control characters that mean nothing in a text, and half a surrogate pair, which no UTF-8 can hold.
SENSELESS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]"
"""Characters that no text of a query or a parameter may have (a regular expression)."""
_NOT_IN_NAMES = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"


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


class CurieResolver:
    """A resolver without a graph, which knows IRIs and CURIEs only.

    >>> CurieResolver().resolve("coop:Resolution", of=None, parameter="class")
    'https://w3id.org/csto-un/ontology#Resolution'
    """

    def resolve(self, text: str, *, of: str | None, parameter: str) -> str:
        """See `Resolver.resolve`.

        Raises:
            errors.BadParameter: The text is neither.
        """
        iri = names.iri(text)
        if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", iri):
            raise errors.BadParameter(parameter, text, "a CURIE or an IRI")
        return iri


@dataclass(frozen=True)
class Parameter:
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

    >>> Parameter("until", "date", bound="end").term("2010-03", CurieResolver()).value
    '2010-04-01T00:00:00Z'
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

    @property
    def sample(self) -> object:
        """A value that fits, for trying out."""
        return self.values[0] if self.values else PARAMETER_TYPES[self.type].sample

    def term(self, value: object, resolver: Resolver) -> Bound:
        """The term a value is bound as.

        Args:
            value: A Python value of the type, or its text; for things also a node or anything with an ``iri``.
            resolver: Asked for the IRI of a thing.

        Raises:
            errors.BadParameter: The value does not fit the type.
            errors.UnknownName: From the resolver.
        """
        read = PARAMETER_TYPES[self.type].read
        try:
            return self._thing(value, resolver) if read is None else read(self, value)
        except ValueError as error:
            if isinstance(error, errors.GraphError):
                raise
            text = value if isinstance(value, str) else ""
            shown = text[:80] + "…" if len(text) > 80 else value
            raise errors.BadParameter(self.name, shown, str(error), suggestions=near(text, self.values)) from error

    def _thing(self, value: object, resolver: Resolver) -> NamedNode:
        text = value.value if isinstance(value, NamedNode) else getattr(value, "iri", value)
        if not isinstance(text, str) or not text.strip() or re.search(_NOT_IN_NAMES, text) or len(text) > _LONGEST_TEXT:
            raise ValueError("the name of a thing: an IRI, a CURIE, an identifier or a label")
        iri = resolver.resolve(text, of=self.of, parameter=self.name)
        try:
            return NamedNode(iri)
        except ValueError as error:
            raise ValueError("the name of a thing: no such IRI can exist") from error


# The readers take a value and give its term, or raise ValueError with words for what would fit.


def _string(parameter: Parameter, value: object) -> Literal:
    if not isinstance(value, str):
        raise ValueError("a text")
    if len(value) > _LONGEST_TEXT:
        raise ValueError(f"a text of at most {_LONGEST_TEXT:,} characters")
    if re.search(SENSELESS, value):
        raise ValueError("a text without control characters")
    return Literal(value)


def _integer(parameter: Parameter, value: object) -> Literal:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ValueError("a whole number of at most 18 digits")
    return Literal(int(text))


def _boolean(parameter: Parameter, value: object) -> Literal:
    text = str(value).casefold() if isinstance(value, bool | str) else ""
    if text not in ("true", "yes", "false", "no"):
        raise ValueError("true, false, yes or no")
    return Literal(text in ("true", "yes"))


def _date(parameter: Parameter, value: object) -> Literal:
    """The start, or the exclusive end, of a year, month or day (UTC), as xsd:dateTime."""
    text = f"{value:04d}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    try:
        span = dates.parse(text)
    except ValueError as error:
        raise ValueError("a date from 0001 to 9998: 2010, 2010-03 or 2010-03-18, in the calendar") from error
    day = span.start if parameter.bound == "start" else span.end
    assert day is not None
    return Literal(dates.moment(day), datatype=NamedNode(names.iri("xsd:dateTime")))


def _year(parameter: Parameter, value: object) -> Literal:
    text = f"{value:04d}" if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}", text) or text == "0000":
        raise ValueError("a year from 0001 to 9999")
    return Literal(int(text))


def _language(parameter: Parameter, value: object) -> Literal:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", value):
        raise ValueError("a language tag such as en or ru")
    if parameter.values and value.lower() not in parameter.values:
        raise ValueError(f"one of {', '.join(parameter.values)}")
    return Literal(value.lower())


def _choice(parameter: Parameter, value: object) -> Literal:
    if not isinstance(value, str) or value not in parameter.values:
        raise ValueError(f"one of {', '.join(parameter.values)}")
    return Literal(value)


@dataclass(frozen=True)
class ParameterType:
    """What is to be known of a type of parameters.

    Attributes:
        read: Makes a term of a value, or raises ValueError with words for what would fit; ``None`` where the value
            names a thing.
        datatype: CURIE of the datatype of the term; '' for a thing.
        sample: A value that fits.
        words: What a shell can offer to complete.
        of: CURIE of the class or concept scheme of the thing, unless the parameter has its own.
    """

    read: Callable[[Parameter, object], Literal] | None
    datatype: str = ""
    sample: object = "coop:sample"
    words: tuple[str, ...] = ()
    of: str | None = None


PARAMETER_TYPES: Mapping[str, ParameterType] = {
    "string": ParameterType(_string, "xsd:string", "a"),
    "integer": ParameterType(_integer, "xsd:integer", 1),
    "boolean": ParameterType(_boolean, "xsd:boolean", True, ("true", "false")),
    "date": ParameterType(_date, "xsd:dateTime", "2000"),
    "year": ParameterType(_year, "xsd:integer", 2000),
    "language": ParameterType(_language, "xsd:string", "en", ("en", "ru")),
    "choice": ParameterType(_choice, "xsd:string"),
    "entity": ParameterType(None),
    "class": ParameterType(None, of="owl:Class"),
    "area": ParameterType(None, of="vocab:area"),
}
"""Every type of parameters by its name in a header; those without a reader name things."""

def near(name: str, known: Iterable[str]) -> list[str]:
    """The known names that are most like a name, best first.

    >>> near("protcol", ["memorandum", "protocol"])
    ['protocol']
    """
    from difflib import get_close_matches

    return get_close_matches(name, list(known), n=3, cutoff=0.6)
