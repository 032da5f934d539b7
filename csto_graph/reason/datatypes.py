"""Which values a literal has, as far as OWL 2 RL draws anything from it: terms are texts in N-Triples form."""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from ..names import PREFIXES, iri

# Each datatype of OWL 2 RL that a literal can have, by what its values are of: those of two families are never equal.
_WHOLE = {
    "xsd:integer": (None, None), "xsd:nonNegativeInteger": (0, None), "xsd:positiveInteger": (1, None),
    "xsd:nonPositiveInteger": (None, 0), "xsd:negativeInteger": (None, -1),
    "xsd:long": (-(2**63), 2**63 - 1), "xsd:int": (-(2**31), 2**31 - 1), "xsd:short": (-(2**15), 2**15 - 1),
    "xsd:byte": (-128, 127), "xsd:unsignedLong": (0, 2**64 - 1), "xsd:unsignedInt": (0, 2**32 - 1),
    "xsd:unsignedShort": (0, 2**16 - 1), "xsd:unsignedByte": (0, 255),
}  # fmt: skip
_TOKEN = r"(?:[^\t\n\r ]+(?: [^\t\n\r ]+)*)?"
_TEXTS = {
    "xsd:string": r"(?s:.*)",
    "xsd:normalizedString": r"[^\t\n\r]*",
    "xsd:token": _TOKEN,
    "xsd:language": r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*",
    "xsd:NMTOKEN": r"[\w.:-]+",
    "xsd:Name": r"[A-Za-z_:][\w.:-]*",
    "xsd:NCName": r"[A-Za-z_][\w.-]*",
}
_FAMILIES = {
    **dict.fromkeys((*_WHOLE, "xsd:decimal"), "number"),
    **dict.fromkeys(_TEXTS, "text"),
    "rdf:langString": "tagged",
    **{f"xsd:{name}": name for name in ("boolean", "double", "float", "dateTime", "anyURI", "hexBinary")},
    "xsd:dateTimeStamp": "dateTime",
    "xsd:base64Binary": "base64Binary",
    "rdf:XMLLiteral": "XMLLiteral",
}
SPACES = {
    **{name: frozenset((family,)) for name, family in _FAMILIES.items()},
    "rdf:PlainLiteral": frozenset(("text", "tagged")),
    "rdfs:Literal": frozenset(_FAMILIES.values()),
}
"""The families that have values in a datatype."""
NAMES = {f"<{iri(name)}>": name for name in SPACES}
_LITERAL = re.compile(r'"(.*)"(?:@([A-Za-z0-9-]+)|\^\^(<[^>]*>))?', re.DOTALL)
_ESCAPED = re.compile(r"\\(?:u([0-9A-F]{4})|(.))", re.DOTALL)
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}
_REAL = r"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|INF)|NaN"
_DECIMAL = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_FORMS = {
    name: re.compile(form, re.ASCII)
    for name, form in {
        **dict.fromkeys(_WHOLE, r"[+-]?\d+"),
        **_TEXTS,
        "xsd:decimal": _DECIMAL,
        "xsd:boolean": "true|false|1|0",
        "xsd:double": _REAL,
        "xsd:float": _REAL,
        "xsd:anyURI": _TOKEN,
        "xsd:hexBinary": "(?:[0-9A-Fa-f]{2})*",
        "xsd:base64Binary": (
            "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"  # no bit too many
        ),
    }.items()
}
"""How a literal of each datatype is written; not of those of which that is not decided here, or in `_moment`."""
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:(Z)|([+-])(\d\d):(\d\d))?", re.ASCII)
_Value: TypeAlias = tuple[str, Any]
"""A family and what is the same of equal values in it."""


def is_datatype(name: str) -> bool:
    """Whether a term is the name of a datatype that OWL 2 knows, or of XML Schema."""
    return name in NAMES or name.startswith(_XSD)


_XSD = "<" + PREFIXES["xsd"]


def _parts(literal: str) -> tuple[str, str, str]:
    """Lexical form, datatype (empty if it is none of ours) and language of a literal in N-Triples form."""
    match = _LITERAL.fullmatch(literal)
    if match is None:
        return "", "", ""
    lexical = _ESCAPED.sub(_unescaped, match[1]) if "\\" in match[1] else match[1]
    if match[2]:
        return lexical, "rdf:langString", match[2].lower()
    return lexical, NAMES.get(match[3], "") if match[3] else "xsd:string", ""


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _CONTROLS.get(match[2], match[2])


def unequal(one: str, other: str) -> bool:
    """Whether two literals surely have different values (``dt-diff``): what is not sure counts as equal.

    Not sure is whether a time without zone is one with a zone, and of times with zones whether those of one moment
    are one value; or whether two numbers of single precision are one where they differ by a millionth or less.
    """
    left, right = _value(*_parts(one)), _value(*_parts(other))
    if left is None or right is None:
        return False
    if left[0] != right[0]:
        return {left[0], right[0]} != {"dateTime", "dateTimeStamp"}
    if left[0] == "float" and "NaN" not in (left[1], right[1]):
        return not math.isclose(left[1], right[1], rel_tol=1e-6, abs_tol=1e-37)
    return bool(left[1] != right[1])


def _value(lexical: str, kind: str, language: str) -> _Value | None:
    """The value of a literal, or None where it has none or that is not decided here."""
    family = _FAMILIES.get(kind, "")
    if family == "dateTime":
        return _moment(lexical, kind)
    if family == "tagged":
        return family, (lexical, language)
    if not _fits(lexical, kind):
        return None
    if family == "number":
        number = Decimal(lexical)
        return (family, number) if _within(number, kind) else None
    if family in ("double", "float"):
        return _real(lexical, family)
    if family == "boolean":
        return family, lexical in ("true", "1")
    return family, lexical.upper() if family == "hexBinary" else lexical


def _fits(lexical: str, kind: str) -> bool | None:
    """Whether a text is written as literals of a datatype are, or None where that is not decided here."""
    if kind not in _FORMS or (kind in ("xsd:NMTOKEN", "xsd:Name", "xsd:NCName") and not lexical.isascii()):
        return None
    return bool(_FORMS[kind].fullmatch(lexical))


def _within(value: Decimal, kind: str) -> bool:
    if kind not in _WHOLE:
        return True
    least, most = _WHOLE[kind]
    whole = value == value.to_integral_value()
    return whole and (least is None or value >= least) and (most is None or value <= most)


def _real(lexical: str, family: str) -> _Value:
    if lexical == "NaN":
        return family, lexical
    number = float(lexical)
    # Beyond the largest number of single precision all are infinite.
    return family, math.copysign(math.inf, number) if family == "float" and abs(number) > 3.4e38 else number


def _moment(lexical: str, kind: str) -> _Value | None:
    """Seconds and their fraction, by Greenwich where there is a time zone; only of years with four digits."""
    match = _MOMENT.fullmatch(lexical)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    fraction = (match[7] or "").rstrip("0")
    offset = int(match[9] + "1") * (60 * int(match[10]) + int(match[11])) if match[9] else 0
    zoned = bool(match[8] or match[9])
    try:
        days = date(year, month, day).toordinal()
    except ValueError:
        return None
    midnight = (hour, minute, second, fraction) == (24, 0, 0, "")
    if not (hour < 24 or midnight) or max(minute, second) > 59 or abs(offset) > 840 or int(match[11] or 0) > 59:
        return None
    if kind == "xsd:dateTimeStamp" and not zoned:
        return None
    seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
    return "dateTimeStamp" if zoned else "dateTime", (seconds, fraction)


def holds(literal: str, datatype: str) -> bool | None:
    """Whether a datatype has the value of a literal in it, or None where that is not decided here.

    Not decided is what is of no datatype of ours, or has no value in its own: but that of a number or a truth value
    is then in no datatype at all.
    """
    lexical, kind, language = _parts(literal)
    family = _FAMILIES.get(kind)
    if family is None or datatype not in SPACES:
        return None
    if family not in SPACES[datatype]:
        return False
    value = _value(lexical, kind, language)
    if value is None:
        return False if family in ("number", "boolean", "double", "float") and datatype != "rdfs:Literal" else None
    if datatype in _TEXTS:
        return _fits(lexical, datatype)
    if family == "number":
        return _within(value[1], datatype)
    return datatype != "xsd:dateTimeStamp" or value[0] == "dateTimeStamp"


def ill_typed(literal: str) -> bool:
    """Whether the text of a literal is surely none of its datatype: of numbers and truth values.

    >>> ill_typed('"12"^^<http://www.w3.org/2001/XMLSchema#byte>')
    False
    >>> ill_typed('"1200"^^<http://www.w3.org/2001/XMLSchema#byte>')
    True
    """
    lexical, _, datatype = literal[1:].rpartition('"^^')
    name = NAMES.get(datatype, "")
    if _FAMILIES.get(name) not in ("number", "boolean", "double", "float"):
        return False
    if not _FORMS[name].fullmatch(lexical):
        return True
    return name in _WHOLE and _WHOLE[name] != (None, None) and not _within(Decimal(lexical), name)
