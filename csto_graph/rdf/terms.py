"""Terms: the words of Turtle and SPARQL, what literals and dates mean, the one index over triples, rdflib's terms.

`tokens` is the one lexer. `python` gives what Python calculates with; `read` what two literals have in common that
mean the same, which is what reasoning and comparing need (XML Schema 1.1 Part 2). Datatypes go by CURIE here, such as
``xsd:byte``; `NAMES` has the names of texts.

A date is an ``xsd:date``, ``xsd:gYearMonth`` or ``xsd:gYear`` without zone, in the years 1 to 9998. Everything
compared anywhere is a half-open span of days, never the date itself, because SPARQL engines disagree on how dates of
unlike types compare.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from ..names import PREFIXES, curie, iri

if TYPE_CHECKING:
    from decimal import Decimal

    import rdflib


@cache
def node(name: str) -> NamedNode:
    """The term of a CURIE, or of an IRI in full, of which there are few.

    >>> node("org:memberOf")
    <NamedNode value=http://www.w3.org/ns/org#memberOf>
    """
    return NamedNode(iri(name))


#: The terms of RDF that say what something is, and make a list (RDF Schema 1.1, 5.2).
RDF_TYPE, RDF_FIRST, RDF_REST, RDF_NIL = map(node, ("rdf:type", "rdf:first", "rdf:rest", "rdf:nil"))
LIST_WORDS: tuple[Any, ...] = (RDF_FIRST, RDF_REST, RDF_NIL)


# --- words -----------------------------------------------------------------------------------------------------------

# What begins a name, and what goes on in one (productions 164 to 167); beyond ASCII all that is no space may, for the
# engine knows better. Sets of ASCII alone are compiled ten times as fast.
_LETTER, _CHARACTER = r"[^\x00-@\[-`{-\xa0]", r"[^\x00-/:-@\[-^`{-\xa0]"

# Quantifiers are possessive and a prefix has an end, so that no broken text is read again from each of its letters.
_LEXER = re.compile(rf"""
    (?P<comment>  \#[^\r\n]*+ )
  | (?P<string>   \"\"\"(?:\"{{0,2}}+(?:[^"\\]|\\.))*+\"\"\" | '''(?:'{{0,2}}+(?:[^'\\]|\\.))*+'''
                | "(?:[^"\\\r\n]|\\.)*+" | '(?:[^'\\\r\n]|\\.)*+' )
  | (?P<iri>      <(?:[^<>"{{}}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*+> )
  | (?P<variable> [?$]{_CHARACTER}++ )
  | (?P<blank>    _:{_CHARACTER}(?:\.*(?:{_CHARACTER}|-))*+ )
  | (?P<name>     (?:{_LETTER}(?:(?:{_CHARACTER}|[.-]){{0,254}}(?:{_CHARACTER}|-))?)?
                  :(?:\.*(?:{_CHARACTER}|[:%-]|\\[_~.!$&'()*+,;=/?\#@%-]))*+ )
  | (?P<tag>      @[A-Za-z]+(?:-[A-Za-z0-9]+)*+ )
  | (?P<keyword>  {_LETTER}{_CHARACTER}*+ )
  | (?P<number>   (?:[0-9]++(?:\.[0-9]++|\.(?=[eE][+-]?[0-9]))?|\.[0-9]++)(?:[eE][+-]?[0-9]++)? )
  | (?P<mark>     [^ \t\r\n] )
""", re.VERBOSE | re.DOTALL)  # fmt: skip
#: What each bracket does to the depth of what follows.
NESTED = {**dict.fromkeys("([{", 1), **dict.fromkeys(")]}", -1)}


class Token(NamedTuple):
    """One token of a text in SPARQL or Turtle.

    Attributes:
        kind: ``iri``, ``name`` (prefixed), ``blank``, ``string``, ``tag`` (of a language), ``number``, ``variable``,
            ``keyword`` (also ``a``, ``true`` and the names of functions), ``comment``, or ``mark`` (one character).
        text: As it is written.
        start: Where it begins in the text.
        depth: How many brackets are open before it.
    """

    kind: str
    text: str
    start: int
    depth: int = 0

    @property
    def end(self) -> int:
        """Where it ends in the text."""
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        """A keyword in capitals; of any other token the empty text."""
        return self.text.upper() if self.kind == "keyword" else ""


def tokens(text: str) -> Iterator[Token]:
    """The tokens of any text, comments among them; what is no SPARQL comes as marks.

    >>> [token.text for token in tokens("SELECT ?a{<b>ex:c 'd'@en}")]
    ['SELECT', '?a', '{', '<b>', 'ex:c', "'d'", '@en', '}']
    """
    depth = 0
    for match in _LEXER.finditer(text):
        yield Token(match.lastgroup or "", match[0], match.start(), depth)
        depth += NESTED.get(match[0], 0)


def iri_of(token: Token, prefixes: Mapping[str, str], base: str = "") -> str | None:
    """The IRI that a token stands for, without a base a relative one as it is; None where it stands for none.

    >>> [iri_of(token, {"ex": "http://e/"}) for token in tokens(r"<a> ex:b\\,c no:b")]
    ['a', 'http://e/b,c', None]
    >>> [iri_of(token, {}, "http://e/b/") for token in tokens(r"<../\\u0061>")]
    ['http://e/a']
    """
    if token.kind == "iri":
        if base or "\\" in token.text:  # the parser itself resolves what is relative or escaped
            with suppress(SyntaxError, ValueError):
                said = parse(f"<urn:x> {token.text} 1 .", RdfFormat.TURTLE, base_iri=base or None)
                return str(next(said).predicate.value)
        return token.text[1:-1]
    prefix, _, local = token.text.partition(":")
    known = token.kind == "name" and prefix in prefixes
    return prefixes[prefix] + re.sub(r"\\(.)", r"\1", local) if known else None


def as_iri(text: str) -> NamedNode | None:
    """The IRI that a text is, as a term; None of what is none.

    >>> as_iri("urn:a"), as_iri("a b")
    (<NamedNode value=urn:a>, None)
    """
    with suppress(ValueError):
        return NamedNode(text)
    return None


# --- triples ---------------------------------------------------------------------------------------------------------

T = TypeVar("T")


def grouped(pairs: Iterable[tuple[Any, T]]) -> dict[Any, list[T]]:
    """What belongs to each key, in the order in which it comes.

    >>> grouped([("a", 1), ("b", 2), ("a", 3)])
    {'a': [1, 3], 'b': [2]}
    """
    groups: dict[Any, list[T]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


class TripleIndex(Generic[T]):
    """Triples by subject and property, and back by property and value; everything in the order it was given.

    The terms may be of any hashable kind: pyoxigraph's, texts, numbers. Repetitions are kept: give each triple once.

    >>> index = TripleIndex([("a", "knows", "b"), ("a", "knows", "c"), ("b", "knows", "c")])
    >>> index.objects("a", "knows"), index.subjects("knows", "c"), index.one("c", "knows")
    (['b', 'c'], ['a', 'b'], None)

    Args:
        triples: Triples, or quads, whose graph is left out.
    """

    def __init__(self, triples: Iterable[Iterable[T]] = ()) -> None:
        self._about: dict[T, dict[T, list[T]]] = {}
        self._subjects: dict[T, dict[T, list[T]]] = {}  # by property and value, made when first asked for
        for subject, predicate, value, *_ in triples:
            self.add(subject, predicate, value)

    def add(self, subject: T, predicate: T, value: T) -> None:
        """Take in a further triple."""
        self._about.setdefault(subject, {}).setdefault(predicate, []).append(value)
        if predicate in self._subjects:
            self._subjects[predicate].setdefault(value, []).append(subject)

    def __iter__(self) -> Iterator[T]:
        """The subjects, each once; safe against what is added meanwhile."""
        return iter(list(self._about))

    def about(self, subject: T) -> Mapping[T, list[T]]:
        """Property to values, of one thing."""
        return self._about.get(subject, {})

    def objects(self, subject: T, predicate: T) -> list[T]:
        """The values of a property of a thing."""
        return self._about.get(subject, {}).get(predicate, [])

    def one(self, subject: T, predicate: T) -> T | None:
        """The value of a property; of several the first by its text, None where there is none."""
        return min(self.objects(subject, predicate), key=str, default=None)

    def subjects(self, predicate: T, value: T) -> list[T]:
        """The things that have a value of a property."""
        if predicate not in self._subjects:
            self._subjects[predicate] = grouped((found, subject) for subject, found in self.pairs(predicate))
        return self._subjects[predicate].get(value, [])

    def pairs(self, predicate: T) -> Iterator[tuple[T, T]]:
        """Subject and value of every triple with a property."""
        return ((subject, value) for subject, said in self._about.items() for value in said.get(predicate, ()))


def reached(start: Iterable[T], steps: Callable[[T], Iterable[T]]) -> Iterator[T]:
    """Some things, and what is reached from them in any number of steps, each once, the nearest first.

    >>> list(reached([6], lambda number: [number // 2, number - 1] if number else []))
    [6, 3, 5, 1, 2, 4, 0]

    Args:
        start: The things.
        steps: Gives what is reached from one of them in one step.
    """
    seen, waiting = set[T](), list(start)
    for here in waiting:  # which grows
        if here not in seen:
            seen.add(here)
            yield here
            waiting += steps(here)


def list_members(
    values: Callable[[T, T], Iterable[T]], head: T, words: tuple[T, ...] = LIST_WORDS, most: int | None = None
) -> list[T]:
    """The members of an RDF list; none of what is no list: a cell without just one first and rest, or a circle.

    >>> a, b = BlankNode("a"), NamedNode("urn:b")
    >>> list_members(TripleIndex([(a, RDF_FIRST, b), (a, RDF_REST, RDF_NIL)]).objects, a)
    [<NamedNode value=urn:b>]

    Args:
        values: Gives the values of a property of a node.
        head: The first cell.
        words: What stands for ``rdf:first``, ``rdf:rest`` and ``rdf:nil``.
        most: After so many no more are looked for.
    """
    first, rest, nil = words
    members: dict[T, T] = {}  # by their cells
    while head != nil and len(members) != most:
        firsts, rests = {*values(head, first)}, {*values(head, rest)}
        if head in members or len(firsts) != 1 or len(rests) != 1:
            return []
        (members[head],) = firsts
        (head,) = rests
    return [*members.values()]


def to_rdflib(term: object) -> rdflib.term.Identifier:
    """A term for rdflib; the lexical form of a literal is kept, never normalized.

    >>> to_rdflib(NamedNode("urn:a")), to_rdflib(Literal("01", datatype=NamedNode(PREFIXES["xsd"] + "integer"))).n3()
    (rdflib.term.URIRef('urn:a'), '"01"^^<http://www.w3.org/2001/XMLSchema#integer>')

    Raises:
        TypeError: A triple as a term (RDF 1.2).
    """
    import rdflib

    if isinstance(term, NamedNode | BlankNode):
        return rdflib.URIRef(term.value) if isinstance(term, NamedNode) else rdflib.BNode(term.value)
    if not isinstance(term, Literal):
        raise TypeError(f"{term!r} has no counterpart in rdflib")
    plain = term.language or term.datatype.value == PREFIXES["xsd"] + "string"
    kind = None if plain else rdflib.URIRef(term.datatype.value)
    return rdflib.Literal(term.value, lang=term.language, datatype=kind, normalize=False)


def from_rdflib(term: object) -> Any:
    """A term of rdflib's as the engine has it.

    >>> from_rdflib(to_rdflib(Literal("x", language="en")))
    <Literal value=x language=en>
    """
    import rdflib

    if isinstance(term, rdflib.Literal):
        kind = NamedNode(str(term.datatype)) if term.datatype else None
        return Literal(str(term), language=term.language, datatype=kind)
    return BlankNode(str(term)) if isinstance(term, rdflib.BNode) else NamedNode(str(term))


def rdflib_graph(quads: Iterable[Quad]) -> rdflib.Graph:
    """The union of all graphs as one graph of rdflib's, every term unchanged: the door to its world; slow.

    >>> len(rdflib_graph([Quad(NamedNode("urn:a"), NamedNode("urn:b"), NamedNode("urn:c"))]))
    1
    """
    import rdflib

    graph = rdflib.Graph()
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace, override=True, replace=True)
    graph += ((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)) for quad in quads)
    return graph


def relabelled(start: str) -> Callable[[Any], Any]:
    """A function that names blank nodes in the order in which they come, and leaves other terms as they are.

    >>> list(map(relabelled("b"), (BlankNode("y"), BlankNode("x"), BlankNode("y"), NamedNode("urn:a"))))
    [<BlankNode value=b0>, <BlankNode value=b1>, <BlankNode value=b0>, <NamedNode value=urn:a>]

    Args:
        start: What stands before the number of each.
    """
    nodes: dict[BlankNode, BlankNode] = {}

    def label(term: Any) -> Any:
        return nodes.setdefault(term, BlankNode(f"{start}{len(nodes)}")) if isinstance(term, BlankNode) else term

    return label


def texts(words: Mapping[str, str]) -> list[Literal]:
    """Words by language as literals.

    >>> texts({"en": "acts", "ru": "акты"})
    [<Literal value=acts language=en>, <Literal value=акты language=ru>]
    """
    return [Literal(text, language=language) for language, text in words.items()]


def described(subject: str, said: Mapping[str, Iterable[Any]]) -> list[Triple]:
    """The statements about a thing.

    >>> described("org:Role", {"rdfs:label": [Literal("role")]})[0].predicate
    <NamedNode value=http://www.w3.org/2000/01/rdf-schema#label>

    Args:
        subject: Its CURIE or IRI.
        said: CURIE of each property to its values: terms, or CURIEs and IRIs.
    """
    return [
        Triple(node(subject), node(name), node(value) if isinstance(value, str) else value)
        for name, values in said.items() for value in values
    ]  # fmt: skip


# --- literals --------------------------------------------------------------------------------------------------------

_DIGITS = 25  # no bound has so many
_MANY = 10**_DIGITS
#: The datatypes of whole numbers, with what the first digits of one may be (3.4.13 to 3.4.25).
_WHOLE = {
    "xsd:integer": range(-_MANY, _MANY), "xsd:nonNegativeInteger": range(_MANY), "xsd:positiveInteger": range(1, _MANY),
    "xsd:nonPositiveInteger": range(-_MANY, 1), "xsd:negativeInteger": range(-_MANY, 0),
    "xsd:long": range(-(2**63), 2**63), "xsd:int": range(-(2**31), 2**31), "xsd:short": range(-(2**15), 2**15),
    "xsd:byte": range(-128, 128), "xsd:unsignedLong": range(2**64), "xsd:unsignedInt": range(2**32),
    "xsd:unsignedShort": range(2**16), "xsd:unsignedByte": range(256),
}  # fmt: skip
_REAL = r"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|INF)|NaN"
_TOKEN, _B64 = r"(?:[^\t\n\r ]+(?: [^\t\n\r ]+)*)?", "[A-Za-z0-9+/]"
_BASE64 = f"(?:(?:{_B64} ?){{4}})*(?:{_B64} ?{_B64} ?[AEIMQUYcgkosw048] ?=|{_B64} ?[AQgw] ?= ?=)?"
_YEAR, _ZONE = r"-?(?:[1-9]\d{3,}|0\d{3})", r"(Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))"
_MOMENT = rf"({_YEAR}-\d\d-\d\dT(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?|24:00:00(?:\.0+)?))"
_DATES = {"xsd:gYear": f"({_YEAR})", "xsd:gYearMonth": rf"({_YEAR}-\d\d)", "xsd:date": rf"({_YEAR}-\d\d-\d\d)"}
#: Each space of values with its datatypes, and how a literal of them is written. Values of two spaces are never equal.
#:
#: A number has groups for its sign, whole digits and fraction; a time for itself and its zone; '' is no pattern.
#: Compiled when first used: a start from cold needs few.
_SPELLED: dict[str, dict[str, str]] = {
    "number": {
        **dict.fromkeys(_WHOLE, r"(?:\+|(-)?)(?=\d)0*+(\d*)()"),
        "xsd:decimal": r"(?:\+|(-)?)(?=\.?\d)0*+(\d*)(?:\.(\d*))?",
    },
    "text": {
        "xsd:string": r"(?s:.*)", "xsd:normalizedString": r"[^\t\n\r]*", "xsd:token": _TOKEN,
        "xsd:language": r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*", "xsd:NMTOKEN": r"[\w.:-]+",
        "xsd:Name": r"[A-Za-z_:][\w.:-]*", "xsd:NCName": r"[A-Za-z_][\w.-]*",
    },
    "boolean": {"xsd:boolean": "true|false|1|0"}, "double": {"xsd:double": _REAL}, "float": {"xsd:float": _REAL},
    "anyURI": {"xsd:anyURI": _TOKEN}, "base64Binary": {"xsd:base64Binary": _BASE64},
    "hexBinary": {"xsd:hexBinary": "(?:[0-9A-Fa-f]{2})*"},
    **{name: {name: f"{form}{_ZONE}?"} for name, form in _DATES.items()},
    "dateTime": {"xsd:dateTime": f"{_MOMENT}{_ZONE}?", "xsd:dateTimeStamp": _MOMENT + _ZONE},
    "tagged": {"rdf:langString": ""}, "XMLLiteral": {"rdf:XMLLiteral": ""},
}  # fmt: skip
_FORMS = {name: form for forms in _SPELLED.values() for name, form in forms.items()}
_SPACE_OF = {name: space for space, forms in _SPELLED.items() for name in forms}
_CHECKED = frozenset(("number", "boolean", "double", "float"))
#: Of each datatype of OWL 2 RL (OWL 2 Profiles, 4.2.1) the spaces that have values in it.
SPACES = {name: {space} for name, space in _SPACE_OF.items() if name not in _DATES}
SPACES |= {"rdf:PlainLiteral": {"text", "tagged"}, "rdfs:Literal": {*_SPACE_OF.values()}}
#: A datatype's IRI in angle brackets to its CURIE.
NAMES = {f"<{iri(name)}>": name for name in (*_SPACE_OF, *SPACES)}


def parts(literal: str) -> tuple[str, str, str]:
    r"""Lexical form, datatype and language of a literal in N-Triples form; an unknown datatype is ''.

    >>> parts(r'"a\tb"@EN'), parts('"1"^^<http://www.w3.org/2001/XMLSchema#byte>')
    (('a\tb', 'rdf:langString', 'en'), ('1', 'xsd:byte', ''))
    """
    term: Any = next(parse(f"<a:> <a:> {literal} .", format=RdfFormat.N_TRIPLES)).object
    return term.value, NAMES.get(str(term.datatype), ""), term.language or ""


def read(lexical: str, datatype: str, language: str = "") -> tuple[str, Any] | None:
    """The value of a literal; None where that is not decided here.

    It is a space of values, and what is the same of equal values in it (and orders them).

    >>> read("01", "xsd:byte") == read("1.0", "xsd:decimal"), read("P1Y", "xsd:duration")
    (True, None)

    Raises:
        ValueError: The text is not in the lexical space of the datatype.
    """
    if datatype == "rdf:langString":
        return "tagged", (lexical, language)
    if not _FORMS.get(datatype) or (datatype in ("xsd:NMTOKEN", "xsd:Name", "xsd:NCName") and not lexical.isascii()):
        return None
    space, key = _SPACE_OF[datatype], lexical  # type: str, Any
    match = re.fullmatch(_FORMS[datatype], lexical, re.ASCII)
    if match and space == "number":
        sign, whole, fraction = match.groups("")
        number = f"{whole or 0}.{fraction.rstrip('0')}".rstrip(".")
        key = number if number == "0" else sign + number
    if not match or (datatype in _WHOLE and int(key[:_DIGITS]) not in _WHOLE[datatype]):
        raise ValueError(f"{lexical!r} is not of the datatype {datatype}")
    if space in ("dateTime", *_DATES):
        return _time(space, *match.groups(""))
    if space == "boolean":
        key = lexical in ("true", "1")
    elif space in ("hexBinary", "base64Binary"):
        key = lexical.upper() if space == "hexBinary" else lexical.replace(" ", "")
    elif space in ("double", "float") and lexical != "NaN":
        from array import array  # few graphs need it

        key = array(space[0], [float(lexical)])[0]  # in the precision of the datatype
    return space, key


def _time(space: str, text: str, zone: str) -> tuple[str, Any] | None:
    """When a moment, day, month or year begins, since the year 1, by Greenwich where there is a time zone.

    Only of the years 1 to 9999; times with a zone and without are of two spaces, as which is first is not sure.

    Raises:
        ValueError: It is no day of the calendar.
    """
    if not re.match(r"(?!0000)\d{4}(?!\d)", text):
        return None
    start = datetime.fromisoformat(f"{text}-01-01"[:10] + (text[10:].replace("T24", "T00") or "T00:00") + zone)
    since = start.replace(tzinfo=None) - datetime.min + timedelta("T24" in text) - (start.utcoffset() or timedelta())
    return space + ("Stamp" if zone else ""), since


def well_formed(lexical: str, datatype: str) -> bool | None:
    """Whether a text is in the lexical space of a datatype; None where that is not decided here.

    >>> well_formed("256", "xsd:byte"), well_formed("2010-02-30", "xsd:date"), well_formed("x", "xsd:duration")
    (False, False, None)
    """
    with suppress(ValueError):
        return True if read(lexical, datatype) else None
    return False


def unequal(one: str, other: str) -> bool:
    """Whether two literals in N-Triples form surely have different values: what is not sure counts as equal.

    Not sure is whether a time without zone is one with a zone, and of times with zones whether those of one moment
    are one value.

    >>> unequal('"1"', '"01"'), unequal('"1.0"^^<http://www.w3.org/2001/XMLSchema#decimal>', '"a"^^<urn:unknown>')
    (True, False)
    """
    with suppress(ValueError):
        left, right = read(*parts(one)), read(*parts(other))
        if left and right:
            same = left[0].removesuffix("Stamp") == right[0].removesuffix("Stamp")
            return bool(left[1] != right[1]) if left[0] == right[0] else not same
    return False


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
    with suppress(ValueError):
        found = read(lexical, own, language)
        plain = found[1] if found and space == "number" else lexical
        return (not _FORMS.get(datatype) or well_formed(plain, datatype)) if found else None
    return False if space in _CHECKED and datatype != "rdfs:Literal" else None


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
        ValueError: The text is none of the datatype, or a whole number of more digits than Python reads (4,300).
    """
    name = curie(datatype)
    if name != "xsd:date" and _SPACE_OF.get(name) not in _CHECKED:
        return lexical
    space, key = read(lexical, name) or ("", None)
    if key in (None, "NaN", inf, -inf):
        return lexical  # JSON has no word for what is not a number, or infinite
    if name == "xsd:date":
        return date.fromisoformat(lexical) if len(lexical) == 10 else lexical
    if name == "xsd:decimal":
        from decimal import Decimal  # takes long to import, and few graphs need it

        return Decimal(lexical)
    return bool(key) if space == "boolean" else int(lexical) if name in _WHOLE else float(lexical)


def canonical(lexical: str, datatype: str) -> str:
    """One text for all literals of a number or truth value with the same value; any other text as it is.

    >>> canonical("01.50", "xsd:decimal"), canonical("1", "xsd:boolean"), canonical("x", "xsd:integer")
    ('1.5', 'true', 'x')
    """
    with suppress(ValueError):
        space, value = read(lexical, curie(datatype)) or ("", None)
        if space in _CHECKED and value not in ("NaN", inf, -inf):
            return str(value).lower()
    return lexical


# --- dates -----------------------------------------------------------------------------------------------------------


class Span(NamedTuple):
    """Days ``start`` <= day < ``end``."""

    start: date
    end: date

    def within(self, other: Span) -> bool:
        """Whether every day of this span lies in the other."""
        return other.start <= self.start and self.end <= other.end


def days(text: str) -> Span:
    """Read ``2010``, ``2010-03`` or ``2010-03-18`` as the span of days it means.

    >>> days("2010-02")
    Span(start=datetime.date(2010, 2, 1), end=datetime.date(2010, 3, 1))

    Raises:
        ValueError: The text has another form or names no day of the calendar.
    """
    if not re.fullmatch(r"(?!0000|9999)[0-9]{4}(?:-[0-9]{2}){0,2}", text):
        raise ValueError(f"{text!r} is no year from 0001 to 9998, month or day such as 2010, 2010-03 or 2010-03-18")
    start = date.fromisoformat(f"{text}-01-01"[:10])
    end = start + timedelta((366, 31, 1)[text.count("-")])  # at most a few days into the next month
    return Span(start, end if text.count("-") == 2 else end.replace(day=1))


def days_asked(text: str) -> Span:
    """As `days`, and ``today``, or ``сегодня``, is the present day in UTC: only who asks for it gets it.

    >>> days_asked("2010-02") == days("2010-02"), days_asked("today").start == datetime.now(UTC).date()
    (True, True)

    Raises:
        ValueError: As `days`.
    """
    return days(datetime.now(UTC).date().isoformat() if text in ("today", "сегодня") else text)


def dated(text: str) -> Literal:
    """A date text as a literal of the datatype that fits it.

    >>> dated("2010")
    <Literal value=2010 datatype=<NamedNode value=http://www.w3.org/2001/XMLSchema#gYear>>

    Raises:
        ValueError: As `days`.
    """
    days(text)
    return Literal(text, datatype=node([*_DATES][text.count("-")]))


def days_of(term: object) -> Span | None:
    """The span of a literal, or None where its datatype is no date or its form does not fit the datatype.

    >>> days_of(dated("2010")) == days("2010"), days_of(Literal("2010"))
    (True, None)
    """
    with suppress(ValueError):
        if isinstance(term, Literal) and term == dated(term.value):
            return days(term.value)
    return None


def moment(day: date) -> str:
    """The instant at which a day begins, as lexical form of an ``xsd:dateTime`` in UTC.

    >>> moment(date(2010, 3, 18))
    '2010-03-18T00:00:00Z'
    """
    return f"{day.isoformat()}T00:00:00Z"
