"""Everything that can go wrong, as one tree.

::

    GraphError                  .hint  .exit_code
    ├── UsageError              2   the request itself is wrong (also ValueError)
    │   ├── UnknownName         2   a query, thing, format or verb that is not there; .name .suggestions
    │   └── BadParameter        2   a value that does not fit; .parameter .value .expected .suggestions
    ├── InputError              3   a file or text cannot be read or parsed; .path .line .column
    │   └── QueryError          3   a SPARQL text does not parse or is refused; .line .column
    ├── OutputError             3   a file cannot be written; .path
    ├── ServerError             3   a server is not reached, refuses or answers nonsense; .address .status
    ├── LimitReached            4   time, memory or size ran out (also TimeoutError); .limit
    ├── MissingExtra            5   an optional package is not installed; .package
    ├── Inconsistent            1   the graph contradicts itself; .findings
    └── InvalidGraph            1   validation found something; .report

Every error says what happened, where, and (in ``hint``) what to do next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copyreg import __newobj__  # type: ignore[attr-defined]
from datetime import date
from typing import Any

from .names import visible


class GraphError(Exception):
    """Root of all errors of this package.

    Attributes:
        message: What happened and where, without the hint.
        hint: What the reader can do next; may be empty.
        exit_code: Status the command line ends with.
        path: Name of the file that it is about, or ``<stdin>`` and the like; else empty.
        line: Line in it, counted from 1, or None where it is not known.
        column: Column, counted from 1, or None where it is not known.
        address: Address of the server that it is about, without credentials; else empty.
        status: Status of its answer (HTTP), or None where there was none or the status was not the matter.
        limit: The limit that was reached, in words ("2 s", "64 KiB"); else empty.
    """

    exit_code = 70

    def __init__(
        self, message: str, *, hint: str = "", path: str = "", line: int | None = None, column: int | None = None,
        address: str = "", status: int | None = None, limit: str = "",
    ) -> None:  # fmt: skip
        place = ":".join(str(part) for part in (address or path or None, line, column) if part is not None)
        self.message = f"{place}: {message}" if place else message
        super().__init__(self.message)
        self.hint, self.path, self.line, self.column = hint, path, line, column
        self.address, self.status, self.limit = address, status, limit

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are made from what an error holds, whatever its class asks for when it is made."""
        return __newobj__, (type(self),), {"args": self.args, **self.__dict__}


class UsageError(GraphError, ValueError):
    """The request itself is wrong."""

    exit_code = 2


def meant(suggestions: Sequence[str], hint: str = "") -> str:
    """The question whether one of these was meant, if there are any, and a further hint.

    >>> meant(["a", "b"]), meant([], "Look again.")
    ('Did you mean a or b?', 'Look again.')
    """
    return " ".join(filter(None, (f"Did you mean {' or '.join(suggestions)}?" if suggestions else "", hint)))


class UnknownName(UsageError):
    """A query, thing, format or other name that does not exist.

    Attributes:
        name: What was asked for.
        suggestions: The nearest names that do exist, best first.
    """

    def __init__(self, kind: str, name: str, *, suggestions: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(f"There is no {kind} '{name}'.", hint=meant(suggestions, hint))
        self.name, self.suggestions = name, list(suggestions)


class BadParameter(UsageError):
    """A parameter's value does not fit its type.

    Attributes:
        parameter: Name of the parameter.
        value: The value as given, or as Python shows it where that is no text, number or date.
        expected: What would fit, in words; without a value, what needs one.
        suggestions: Nearest values that would fit, best first.
    """

    def __init__(
        self, parameter: str, value: object, expected: str, *, suggestions: Sequence[str] = (), hint: str = ""
    ) -> None:
        said = f" is missing; '{expected}' needs it" if value is None else f": {value!r} is not {expected}"
        super().__init__(f"Parameter '{parameter}'{said}.", hint=meant(suggestions, hint))
        # What cannot go from one process to another is told as it is shown.
        self.value = value if isinstance(value, str | int | float | date | None) else repr(value)
        self.parameter, self.expected, self.suggestions = parameter, expected, list(suggestions)


class InputError(GraphError):
    """A file or text from outside cannot be read or parsed.

    Attributes:
        several: Where several files have errors, each of them; the place is that of the first.
    """

    exit_code = 3
    several: tuple[GraphError, ...] = ()

    @property
    def errors(self) -> tuple[GraphError, ...]:
        """Each error of several files; else this one alone."""
        return self.several or (self,)


class QueryError(InputError):
    """A SPARQL text does not parse, or asks for what is refused."""


class OutputError(GraphError):
    """A file cannot be written; what stood there before is untouched."""

    exit_code = 3


class ServerError(GraphError):
    """A server cannot be reached, refuses, or answers what makes no sense."""

    exit_code = 3


class LimitReached(GraphError, TimeoutError):
    """Time, memory or size ran out before the work was done."""

    exit_code = 4


class MissingExtra(GraphError):
    """An optional package is needed and not installed."""

    exit_code = 5

    def __init__(self, package: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package '{package}'.", hint=f"pip install {package}")
        self.package = package


class Inconsistent(GraphError):
    """The graph contradicts itself.

    Attributes:
        findings: One entry per contradiction: rule, statements, the first dozen of the asserted statements that these
            rest on with their places (file and line, where known), claims, sources.
    """

    exit_code = 1

    def __init__(self, message: str, findings: Sequence[Any], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.findings = list(findings)


class InvalidGraph(GraphError):
    """Validation found something at or above the level asked for."""

    exit_code = 1

    def __init__(self, message: str, report: Any, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.report = report


# ------------------------------------------------------------------------------------- from one process to another


def document(error: GraphError) -> dict[str, Any]:
    """An error as a JSON object; its class is its name, and what only Python could hold is left out.

    >>> document(InputError("No.", path="a.ttl", line=3))["message"]
    'a.ttl:3: No.'
    """
    sent = {key: getattr(error, key) for key in ("message", "hint", "path", "line", "column", "limit")}
    return {"error": type(error).__name__, **sent}


def from_document(document: Mapping[str, Any]) -> GraphError:
    """The error that a JSON object tells; the object may come from where nothing can be trusted.

    Raises:
        KeyError: It tells none.

    >>> from_document({"error": "LimitReached", "message": "Too long.", "hint": "", "limit": "2 s"}).exit_code
    4
    """
    known = (InputError, QueryError, LimitReached, UsageError, GraphError)
    kind: type[GraphError] = {kind.__name__: kind for kind in known}[document["error"]]
    error = kind(visible(str(document["message"]), lines=True))  # the place stands in it
    vars(error).update({key: visible(str(document.get(key, ""))) for key in ("hint", "path", "limit")})
    vars(error).update({key: document.get(key) for key in ("line", "column") if isinstance(document.get(key), int)})
    return error


class DoubtWarning(UserWarning):
    """A query names what the graph does not hold, or found nothing: what may be wrong with it."""


def text_of(value: object) -> str:
    """A text as it was given, or the IRI of a thing or of a term.

    Raises:
        UsageError: It is neither.
    """
    text = getattr(value, "iri", getattr(value, "value", value))
    if not isinstance(text, str):
        raise UsageError(f"{value!r} is no text.", hint="Give a text, or a thing where one is asked for.")
    return text
