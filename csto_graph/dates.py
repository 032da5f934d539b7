"""Dates of varying precision: the span of days each can mean, and its text form.

A date is an ``xsd:date``, ``xsd:gYearMonth`` or ``xsd:gYear`` without zone (XML Schema Part 2, 3.2.9 to 3.2.11),
in the years 1 to 9998. Everything compared anywhere is a half-open span of days, never the date itself, because
SPARQL engines disagree on how dates of unlike types compare.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

_FORM = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_TYPES = ("gYear", "gYearMonth", "date")
_XSD = "http://www.w3.org/2001/XMLSchema#"


class Span(NamedTuple):
    """Days ``start`` <= day < ``end``; either side is None where it is not known."""

    start: date | None
    end: date | None

    @property
    def day(self) -> date | None:
        """The one day meant, or None where the span is longer or open."""
        return self.start if self.start and self.end and (self.end - self.start).days == 1 else None

    def within(self, other: Span) -> bool:
        """Whether every day of this span lies in the other; both must be closed."""
        if self.start and self.end and other.start and other.end:
            return other.start <= self.start and self.end <= other.end
        return False


def parse(text: str) -> Span:
    """Read ``2010``, ``2010-03`` or ``2010-03-18`` as the span of days it means.

    >>> parse("2010-02")
    Span(start=datetime.date(2010, 2, 1), end=datetime.date(2010, 3, 1))

    Raises:
        ValueError: The text has another form or names no day of the calendar.
    """
    match = _FORM.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a year, a month or a day such as 2010, 2010-03 or 2010-03-18")
    year, month, day = (int(part) if part else None for part in match.groups())
    if not year or year > 9998:
        raise ValueError(f"{text!r}: the year must lie between 0001 and 9998")
    start = date(year, 1 if month is None else month, 1 if day is None else day)
    if day is not None:
        return Span(start, start + timedelta(days=1))
    month = month or 12
    return Span(start, date(year + month // 12, month % 12 + 1, 1))


def asked(text: str) -> Span:
    """As `parse`, and ``today`` is the present day in UTC: only who asks for it gets it.

    >>> asked("2010-02") == parse("2010-02"), asked("today").day == datetime.now(UTC).date()
    (True, True)

    Raises:
        ValueError: As `parse`.
    """
    return parse(datetime.now(UTC).date().isoformat() if text == "today" else text)


def span(lexical: str, datatype: str) -> Span | None:
    """The span of a literal, or None where its datatype is no date or its form does not fit the datatype.

    >>> span("2010", _XSD + "gYear") == parse("2010"), span("2010", _XSD + "date")
    (True, None)
    """
    try:
        return parse(lexical) if datatype == _XSD + _TYPES[lexical.count("-")] else None
    except (IndexError, ValueError):
        return None


def datatype(text: str) -> str:
    """The datatype IRI that fits a date text: ``2010`` is an xsd:gYear."""
    return _XSD + _TYPES[text.count("-")]


def moment(day: date) -> str:
    """The instant at which a day begins, as lexical form of an ``xsd:dateTime`` in UTC.

    >>> moment(date(2010, 3, 18))
    '2010-03-18T00:00:00Z'
    """
    return f"{day.isoformat()}T00:00:00Z"


def number(day: date) -> int:
    """Days since 1 January 1970."""
    return (day - date(1970, 1, 1)).days


def between(not_before: str | None, not_after: str | None) -> str:
    """Text of a date known only by its bounds, as in the Extended Date/Time Format.

    >>> between("2018-11", "2019"), between(None, "2019"), between("2019", "2019")
    ('[2018-11..2019]', '[..2019]', '2019')
    """
    return not_before if not_before and not_before == not_after else f"[{not_before or ''}..{not_after or ''}]"
