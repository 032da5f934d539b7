"""What literals mean: the one reader of values of XML Schema's datatypes (XML Schema 1.1 Part 2).

`python` gives what Python calculates with; `read` what two literals have in common that mean the same, which is what
reasoning and comparing need. Datatypes go by CURIE here, such as ``xsd:byte``; `NAMES` has the names of texts.
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import pyoxigraph as ox

from ..names import PREFIXES, iri

if TYPE_CHECKING:
    from decimal import Decimal

_WHOLE: dict[str, tuple[int | None, int | None]] = {
    "xsd:integer": (None, None), "xsd:nonNegativeInteger": (0, None), "xsd:positiveInteger": (1, None),
    "xsd:nonPositiveInteger": (None, 0), "xsd:negativeInteger": (None, -1),
    "xsd:long": (-(2**63), 2**63 - 1), "xsd:int": (-(2**31), 2**31 - 1), "xsd:short": (-(2**15), 2**15 - 1),
    "xsd:byte": (-128, 127), "xsd:unsignedLong": (0, 2**64 - 1), "xsd:unsignedInt": (0, 2**32 - 1),
    "xsd:unsignedShort": (0, 2**16 - 1), "xsd:unsignedByte": (0, 255),
}  # fmt: skip
"""The datatypes of whole numbers, with their least and their greatest (3.4.13 to 3.4.25)."""
_TOKEN = r"(?:[^\t\n\r ]+(?: [^\t\n\r ]+)*)?"
_TEXTS = {
    "xsd:string": r"(?s:.*)", "xsd:normalizedString": r"[^\t\n\r]*", "xsd:token": _TOKEN,
    "xsd:language": r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*", "xsd:NMTOKEN": r"[\w.:-]+",
    "xsd:Name": r"[A-Za-z_:][\w.:-]*", "xsd:NCName": r"[A-Za-z_][\w.-]*",
}  # fmt: skip
_B64 = "[A-Za-z0-9+/]"
_REAL = r"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|INF)|NaN"
_FORMS = {
    **dict.fromkeys(_WHOLE, r"[+-]?\d+"), "xsd:decimal": r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)",
    **_TEXTS, "xsd:boolean": "true|false|1|0", "xsd:double": _REAL, "xsd:float": _REAL, "xsd:anyURI": _TOKEN,
    "xsd:hexBinary": "(?:[0-9A-Fa-f]{2})*",
    "xsd:base64Binary": f"(?:(?:{_B64} ?){{4}})*(?:{_B64} ?{_B64} ?[AEIMQUYcgkosw048] ?=|{_B64} ?[AQgw] ?= ?=)?",
}  # fmt: skip
"""How a literal is written, but for times. Compiled when first used: a start from cold needs few."""
_OPAQUE = ("rdf:XMLLiteral",)
"""Of which nothing is decided."""
_TIMES = {"xsd:gYear": 1, "xsd:gYearMonth": 2, "xsd:date": 3, "xsd:dateTime": 6, "xsd:dateTimeStamp": 6}
"""How many parts a time has, from the year to the second."""
_TIME = (
    r"(-?\d{4,})(?:-(\d\d)(?:-(\d\d)(?:T([01]\d|2[0-4]):([0-5]\d):([0-5]\d)(?:\.(\d+))?)?)?)?"
    r"(Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))?"
)
_SPACE_OF = {
    **{name: name.partition(":")[2] for name in (*_FORMS, *_TIMES, *_OPAQUE)},
    **dict.fromkeys((*_WHOLE, "xsd:decimal"), "number"),
    **dict.fromkeys(_TEXTS, "text"),
    "rdf:langString": "tagged",
    "xsd:dateTimeStamp": "dateTime",
}
"""Each datatype by what its values are of: those of two spaces are never equal."""
_CHECKED = frozenset(("number", "boolean", "double", "float"))
SPACES = {
    **{name: frozenset((space,)) for name, space in _SPACE_OF.items() if _TIMES.get(name, 6) == 6},
    "rdf:PlainLiteral": frozenset(("text", "tagged")),
    "rdfs:Literal": frozenset(_SPACE_OF.values()),
}
"""Of each datatype of OWL 2 RL (OWL 2 Profiles, 4.2.1) the spaces that have values in it."""
NAMES = {f"<{iri(name)}>": name for name in (*_SPACE_OF, *SPACES)}
"""A datatype's IRI in angle brackets to its CURIE."""

_XSD = "<" + PREFIXES["xsd"]
_DIGITS = 4_000  # Python refuses to make a number of more (CVE-2020-10735)


class LiteralValue(NamedTuple):
    """What a literal means: a space of values, and what is the same of equal values in it (and orders them)."""

    space: str
    key: Any


def is_datatype(name: str) -> bool:
    """Whether an IRI in angle brackets is a datatype that OWL 2 knows, or one of XML Schema.

    >>> is_datatype("<http://www.w3.org/2001/XMLSchema#duration>"), is_datatype("<http://example.org/Stone>")
    (True, False)
    """
    return name in NAMES or name.startswith(_XSD)


def parts(literal: str) -> tuple[str, str, str]:
    r"""Lexical form, datatype and language of a literal in N-Triples form; an unknown datatype is ''.

    >>> parts(r'"a\tb"@EN'), parts('"1"^^<http://www.w3.org/2001/XMLSchema#byte>')
    (('a\tb', 'rdf:langString', 'en'), ('1', 'xsd:byte', ''))
    """
    term: Any = next(ox.parse(f"<a:> <a:> {literal} .", format=ox.RdfFormat.N_TRIPLES)).object
    return term.value, NAMES.get(str(term.datatype), ""), term.language or ""


def read(lexical: str, datatype: str, language: str = "") -> LiteralValue | None:
    """The value of a literal; None where that is not decided here.

    >>> read("01", "xsd:byte") == read("1.0", "xsd:decimal"), read("P1Y", "xsd:duration")
    (True, None)

    Raises:
        ValueError: The text is not in the lexical space of the datatype.
    """
    if datatype == "rdf:langString":
        return LiteralValue("tagged", (lexical, language))
    if datatype in _TIMES:
        return _time(lexical, datatype)
    if datatype not in _FORMS or (datatype in ("xsd:NMTOKEN", "xsd:Name", "xsd:NCName") and not lexical.isascii()):
        return None
    space, key = _SPACE_OF[datatype], lexical  # type: str, Any
    if not re.fullmatch(_FORMS[datatype], lexical, re.ASCII):
        raise ValueError(f"{lexical!r} is not of the datatype {datatype}")
    if space == "number":
        from decimal import Decimal  # takes long to import, and few graphs need it

        key = int(lexical) if datatype in _WHOLE and len(lexical) <= _DIGITS else Decimal(lexical)
        if not _within(key, datatype):
            raise ValueError(f"{lexical!r} is not of the datatype {datatype}")
    elif space == "boolean":
        key = lexical in ("true", "1")
    elif space == "hexBinary":
        key = lexical.upper()
    elif space == "base64Binary":
        key = lexical.replace(" ", "")
    elif space in ("double", "float") and lexical != "NaN":
        key = float(lexical)
        if space == "float" and abs(key) > 3.4e38:  # the largest of single precision
            key = math.copysign(math.inf, key)
    return LiteralValue(space, key)


def _time(lexical: str, datatype: str) -> LiteralValue | None:
    """When a moment, day, month or year begins: seconds and their fraction, by Greenwich where there is a time zone.

    Only of the years 1 to 9999; times with a zone and without are of two spaces, as which is first is not sure.

    Raises:
        ValueError: The text is none of the datatype, or no day of the calendar.
    """
    match = re.fullmatch(_TIME, lexical, re.ASCII)
    if match is None or sum(map(bool, match.groups()[:6])) != _TIMES[datatype]:
        raise ValueError(f"{lexical!r} is not of the datatype {datatype}")
    zone = match[8] or ""
    if datatype == "xsd:dateTimeStamp" and not zone:
        raise ValueError(f"{lexical!r} is not of the datatype {datatype}")
    if len(match[1]) != 4 or match[1] == "0000":
        return None
    year, month, day, hour, minute, second = (int(part or 0 < at < 3) for at, part in enumerate(match.groups()[:6]))
    fraction = (match[7] or "").rstrip("0")
    if hour == 24 and (minute, second, fraction) != (0, 0, ""):
        raise ValueError(f"{lexical!r} is not of the datatype {datatype}")
    offset = int(f"{zone[0]}1") * (60 * int(zone[1:3]) + int(zone[4:])) if len(zone) > 1 else 0
    seconds = ((date(year, month, day).toordinal() * 24 + hour) * 60 + minute - offset) * 60 + second
    return LiteralValue(_SPACE_OF[datatype] + ("Stamp" if zone else ""), (seconds, fraction))


def _within(number: Decimal | int, datatype: str) -> bool:
    """Whether a datatype of numbers has a number in it."""
    least, most = _WHOLE.get(datatype, (None, None))
    whole = datatype not in _WHOLE or number == int(number)
    return whole and (least is None or number >= least) and (most is None or number <= most)


def well_formed(lexical: str, datatype: str) -> bool | None:
    """Whether a text is in the lexical space of a datatype; None where that is not decided here.

    >>> well_formed("256", "xsd:byte"), well_formed("2010-02-30", "xsd:date"), well_formed("x", "xsd:duration")
    (False, False, None)
    """
    try:
        return True if read(lexical, datatype) else None
    except ValueError:
        return False


def unequal(one: str, other: str) -> bool:
    """Whether two literals in N-Triples form surely have different values: what is not sure counts as equal.

    Not sure is whether a time without zone is one with a zone, and of times with zones whether those of one moment
    are one value; or whether two numbers of single precision are one where they differ by a millionth or less.

    >>> unequal('"1"', '"01"'), unequal('"1.0"^^<http://www.w3.org/2001/XMLSchema#decimal>', '"a"^^<urn:unknown>')
    (True, False)
    """
    try:
        left, right = read(*parts(one)), read(*parts(other))
    except ValueError:
        return False
    if left is None or right is None:
        return False
    if left.space != right.space:
        return left.space.removesuffix("Stamp") != right.space.removesuffix("Stamp")
    if left.space == "float" and "NaN" not in (left.key, right.key):
        return not math.isclose(left.key, right.key, rel_tol=1e-6, abs_tol=1e-37)
    return bool(left.key != right.key)


def holds(literal: str, datatype: str) -> bool | None:
    """Whether a datatype (its CURIE) has the value of a literal (in N-Triples form) in it; None: not decided here.

    Not decided is what is of no datatype of ours, or has no value in its own: but that of a number or a truth value
    is then in no datatype at all.

    >>> holds('"12"^^<http://www.w3.org/2001/XMLSchema#integer>', "xsd:byte"), holds('"12"', "xsd:byte")
    (True, False)
    """
    lexical, own, language = parts(literal)
    space = _SPACE_OF.get(own)
    if space is None or datatype not in SPACES:
        return None
    if space not in SPACES[datatype]:
        return False
    try:
        found = read(lexical, own, language)
    except ValueError:
        return False if space in _CHECKED and datatype != "rdfs:Literal" else None
    if found is None:
        return None
    if datatype in _TEXTS:
        return well_formed(lexical, datatype)
    if space == "number" and datatype != "rdfs:Literal":
        return _within(found.key, datatype)
    return datatype != "xsd:dateTimeStamp" or found.space == "dateTimeStamp"


def ill_typed(literal: str) -> bool:
    """Whether the text of a literal (in N-Triples form) is surely none of its datatype: of numbers and truth values.

    >>> ill_typed('"12"^^<http://www.w3.org/2001/XMLSchema#byte>')
    False
    >>> ill_typed('"1200"^^<http://www.w3.org/2001/XMLSchema#byte>')
    True
    """
    lexical, _, datatype = literal[1:].rpartition('"^^')
    name = NAMES.get(datatype, "")
    return _SPACE_OF.get(name) in _CHECKED and well_formed(lexical, name) is False


def python(lexical: str, datatype: str) -> int | Decimal | float | bool | date | str:
    """A literal as a Python value: a whole or decimal number, a float, a truth value, a full day, else its text.

    >>> python("007", "xsd:integer"), python("1", "xsd:boolean"), python("2010-03-18", "xsd:date")
    (7, True, datetime.date(2010, 3, 18))
    >>> python("2010-03", "xsd:gYearMonth"), python("INF", "xsd:double")
    ('2010-03', 'INF')

    Args:
        lexical: The lexical form.
        datatype: CURIE of the datatype, or its IRI.

    Raises:
        ValueError: The text is none of the datatype, or a number of more than 4,000 digits.
    """
    name = NAMES.get(f"<{datatype}>", datatype)
    if name != "xsd:date" and _SPACE_OF.get(name) not in _CHECKED:
        return lexical
    if len(lexical) > _DIGITS:
        raise ValueError(f"{lexical[:40]}… has too many digits")
    found = read(lexical, name)
    if found is None or found.key in ("NaN", math.inf, -math.inf):
        return lexical  # JSON has no word for what is not a number, or infinite
    if name == "xsd:date":
        return date.fromisoformat(lexical) if len(lexical) == 10 else lexical
    return found.key  # type: ignore[no-any-return]


def canonical(lexical: str, datatype: str) -> str:
    """One text for all literals of a number or truth value with the same value; any other text as it is.

    >>> canonical("01.50", "xsd:decimal"), canonical("1", "xsd:boolean"), canonical("x", "xsd:integer")
    ('1.5', 'true', 'x')
    """
    try:
        found = python(lexical, datatype)
    except ValueError:
        return lexical
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, int | float):
        return repr(found)
    if isinstance(found, str | date):
        return lexical
    text = format(found, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if found else "0"
