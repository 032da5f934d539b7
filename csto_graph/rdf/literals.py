"""What literals mean: the one reader of values of XML Schema's datatypes (XML Schema 1.1 Part 2).

`python` gives what Python calculates with; `value` what two literals have in common that mean the same, which is what
reasoning and comparing need. Datatypes go by CURIE here, such as ``xsd:byte``; `NAMES` has the names of texts.
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from ..names import PREFIXES, iri

if TYPE_CHECKING:
    from decimal import Decimal

WHOLE: dict[str, tuple[int | None, int | None]] = {
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
_REAL = r"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|INF)|NaN"
_ZONE = r"(?:Z|[+-]\d\d:\d\d)?"
_FORMS = {
    **dict.fromkeys(WHOLE, r"[+-]?\d+"),
    **_TEXTS,
    "xsd:decimal": r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)",
    "xsd:boolean": "true|false|1|0",
    "xsd:double": _REAL,
    "xsd:float": _REAL,
    "xsd:anyURI": _TOKEN,
    "xsd:hexBinary": "(?:[0-9A-Fa-f]{2})*",
    "xsd:base64Binary": (
        "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"  # no bit too many
    ),
    "xsd:gYear": rf"-?\d{{4,}}{_ZONE}",
    "xsd:gYearMonth": rf"-?\d{{4,}}-\d\d{_ZONE}",
    "xsd:date": rf"-?\d{{4,}}-\d\d-\d\d{_ZONE}",
    "xsd:dateTime": rf"-?\d{{4,}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?{_ZONE}",
    "xsd:dateTimeStamp": r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)",
}
"""How a literal of each datatype is written; not of those of which that is not decided here. Compiled when first used:
a start from cold needs few."""
_MOMENT = re.compile(
    r"(?!0000)(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?)?)?)?(?:(Z)|([+-])(\d\d):(\d\d))?",
    re.ASCII,
)
_SPACE_OF = {
    **dict.fromkeys((*WHOLE, "xsd:decimal"), "number"),
    **dict.fromkeys(_TEXTS, "text"),
    "rdf:langString": "tagged",
    "rdf:XMLLiteral": "XMLLiteral",
    **{f"xsd:{name}": name for name in ("boolean", "double", "float", "anyURI", "hexBinary", "base64Binary")},
    **{f"xsd:{name}": name for name in ("dateTime", "date", "gYearMonth", "gYear")},
    "xsd:dateTimeStamp": "dateTime",
}
"""Each datatype by what its values are of: those of two spaces are never equal."""
_MOMENTS = frozenset(("dateTime", "date", "gYearMonth", "gYear"))
_CHECKED = frozenset(("number", "boolean", "double", "float"))
SPACES = {
    **{name: frozenset((space,)) for name, space in _SPACE_OF.items() if space not in _MOMENTS - {"dateTime"}},
    "rdf:PlainLiteral": frozenset(("text", "tagged")),
    "rdfs:Literal": frozenset(_SPACE_OF.values()),
}
"""Of each datatype of OWL 2 RL (OWL 2 Profiles, 4.2.1) the spaces that have values in it."""
NAMES = {f"<{iri(name)}>": name for name in (*_SPACE_OF, *SPACES)}
"""A datatype's IRI in angle brackets to its CURIE."""

_XSD = "<" + PREFIXES["xsd"]
_LITERAL = re.compile(r'"(.*)"(?:@([A-Za-z0-9-]+)|\^\^(<[^>]*>))?', re.DOTALL)
_ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}
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
    match = _LITERAL.fullmatch(literal)
    if match is None:
        return "", "", ""
    lexical = _ESCAPED.sub(_unescaped, match[1]) if "\\" in match[1] else match[1]
    if match[2]:
        return lexical, "rdf:langString", match[2].lower()
    return lexical, NAMES.get(match[3], "") if match[3] else "xsd:string", ""


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _CONTROLS.get(match[3], match[3])


def well_formed(lexical: str, datatype: str) -> bool | None:
    """Whether a text is in the lexical space of a datatype; None where that is not decided here.

    >>> well_formed("256", "xsd:byte"), well_formed("2010-02-30", "xsd:date"), well_formed("x", "xsd:duration")
    (False, False, None)
    """
    if datatype not in _FORMS or (datatype in ("xsd:NMTOKEN", "xsd:Name", "xsd:NCName") and not lexical.isascii()):
        return None
    if not re.fullmatch(_FORMS[datatype], lexical, re.ASCII):
        return False
    if datatype in WHOLE:
        return WHOLE[datatype] == (None, None) or _within(_decimal(lexical), datatype)
    if _SPACE_OF[datatype] in _MOMENTS and _MOMENT.fullmatch(lexical):
        return _moment(lexical, datatype) is not None
    return True if _SPACE_OF[datatype] not in _MOMENTS else None


def value(lexical: str, datatype: str, language: str = "") -> LiteralValue | None:
    """The value of a literal, or None where it has none or that is not decided here.

    >>> value("01", "xsd:byte") == value("1.0", "xsd:decimal"), value("2010-02-30", "xsd:date")
    (True, None)
    """
    space = _SPACE_OF.get(datatype, "")
    if space == "tagged":
        return LiteralValue(space, (lexical, language))
    if datatype not in _FORMS or not well_formed(lexical, datatype):
        return None
    if space in _MOMENTS:
        return _moment(lexical, datatype)
    if space == "number":
        return LiteralValue(space, _decimal(lexical))
    if space == "boolean":
        return LiteralValue(space, lexical in ("true", "1"))
    if space not in ("double", "float"):
        return LiteralValue(space, lexical.upper() if space == "hexBinary" else lexical)
    if lexical == "NaN":
        return LiteralValue(space, lexical)
    number = float(lexical)
    # Beyond the largest number of single precision all are infinite.
    return LiteralValue(space, math.copysign(math.inf, number) if space == "float" and abs(number) > 3.4e38 else number)


def _decimal(lexical: str) -> Decimal:
    from decimal import Decimal  # takes long to import, and few graphs need it

    return Decimal(lexical)


def _within(number: Decimal, datatype: str) -> bool:
    """Whether a datatype of numbers has a number in it."""
    if datatype not in WHOLE:
        return True
    least, most = WHOLE[datatype]
    whole = number == number.to_integral_value()
    return whole and (least is None or number >= least) and (most is None or number <= most)


def _moment(lexical: str, datatype: str) -> LiteralValue | None:
    """When a moment, day, month or year begins: seconds and their fraction, by Greenwich where there is a time zone.

    Only of years with four digits; times with a zone and without are of two spaces, as which is first is not sure.
    """
    match = _MOMENT.fullmatch(lexical)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or at > 0) for at, part in enumerate(match.groups()[:6]))
    if match[4] is None:
        hour = minute = second = 0
    fraction = (match[7] or "").rstrip("0")
    offset = int(match[9] + "1") * (60 * int(match[10]) + int(match[11])) if match[9] else 0
    try:
        days = date(year, month, day).toordinal()
    except ValueError:
        return None
    midnight = (hour, minute, second, fraction) == (24, 0, 0, "")
    if not (hour < 24 or midnight) or max(minute, second) > 59 or abs(offset) > 840 or int(match[11] or 0) > 59:
        return None
    seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
    space = _SPACE_OF[datatype]
    return LiteralValue(f"{space}Stamp" if match[8] or match[9] else space, (seconds, fraction))


def unequal(one: str, other: str) -> bool:
    """Whether two literals in N-Triples form surely have different values: what is not sure counts as equal.

    Not sure is whether a time without zone is one with a zone, and of times with zones whether those of one moment
    are one value; or whether two numbers of single precision are one where they differ by a millionth or less.

    >>> unequal('"1"', '"01"'), unequal('"1.0"^^<http://www.w3.org/2001/XMLSchema#decimal>', '"a"^^<urn:unknown>')
    (True, False)
    """
    left, right = value(*parts(one)), value(*parts(other))
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
    found = value(lexical, own, language)
    if found is None:
        return False if space in _CHECKED and datatype != "rdfs:Literal" else None
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
    return _SPACE_OF.get(name) in _CHECKED and not well_formed(lexical, name)


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
    space = _SPACE_OF.get(name, "")
    if space not in _CHECKED and name != "xsd:date":
        return lexical
    if len(lexical) > _DIGITS or well_formed(lexical, name) is False:
        raise ValueError(f"{lexical[:40]!r} is not of the datatype {name}")
    if name == "xsd:date":
        return date.fromisoformat(lexical) if len(lexical) == 10 and lexical[0] != "-" else lexical
    if name in WHOLE:
        return int(lexical)
    if space == "boolean":
        return lexical in ("true", "1")
    if space == "number":
        return _decimal(lexical)
    # Infinities and NaN stay text: JSON has no word for them.
    return float(lexical) if math.isfinite(float(lexical)) else lexical


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
    whole, _, fraction = format(found, "f").partition(".")
    return f"{whole}.{fraction}".rstrip("0").rstrip(".") if found else "0"
