"""House rules that no shape can hold: words against values, one language against the other, positions, digests.

Each rule is a shape in ``ontology/shapes.ttl`` that has words and no target; what is wrong is told as its results are.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any, NamedTuple

from pyoxigraph import Literal, NamedNode, Quad

from ..names import PREFIXES, iri
from ..rdf.terms import RDF_TYPE
from ..store.engine import graph_name
from .shacl import Result
from .shapes import Shapes, sh
from .sources import digest

_MONTHS = (
    "january янва", "february февра", "march март", "april апре", "may май мая мае маю", "june июн", "july июл",
    "august авгу", "september сентя", "october октя", "november нояб", "december дека",
)  # fmt: skip
_MONTH_OF = {stem: month for month, stems in enumerate(_MONTHS, 1) for stem in stems.split()}
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December|" + "|".join(
    rf"[{stem[0].upper()}{stem[0]}]{stem[1:]}[а-я]*" if len(stem) > 3 or stem in ("июн", "июл") else rf"{stem}"
    for stems in _MONTHS for stem in stems.split()[1:]
)  # fmt: skip
_TOKEN = re.compile(rf"\d+|\b(?:{_MONTH})\b")
_DAY = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th|-[а-я]+)?(?= (?:{_MONTH})\b)")
_MIXED = re.compile("[A-Za-z][А-Яа-яЁё]|[А-Яа-яЁё][A-Za-z]")
_LATIN, _CYRILLIC = re.compile("[A-Za-z]"), re.compile("[А-Яа-яЁё]")
_UNEVEN = re.compile(r"^\s|\s$|\s\s|[^\S ]")
_PAIRED = tuple(map(iri, ("coop:statement", "coop:reading", "coop:rationale", "skos:prefLabel", "skos:definition",
                          "rdfs:label")))  # fmt: skip
_FREE = tuple(map(iri, ("coop:officialTitle", "coop:wording", "coop:labelTemplate")))  # As others write them.
_SPACED = tuple(map(iri, ("coop:statement", "coop:reading", "coop:rationale", "skos:prefLabel", "skos:altLabel",
                          "skos:hiddenLabel")))  # fmt: skip
_DECLARED = {NamedNode(iri(f"owl:{kind}")) for kind in ("Class", "ObjectProperty", "DatatypeProperty")}


class _Facts(NamedTuple):
    """What is asserted: subject to property (an IRI) to values, and which subjects and statements stand where."""

    of: dict[Any, dict[str, list[Any]]]
    terms: set[Any]
    data: list[Quad]

    def one(self, subject: Any, name: str) -> Any:
        """The first value of a property (a CURIE), or None."""
        return next(iter(self.of.get(subject, {}).get(iri(name), ())), None)


def results(quads: Iterable[Quad], rules: Shapes, texts: Mapping[str, str]) -> list[Result]:
    """What breaks a house rule, where the shapes have that rule.

    Args:
        quads: The graph, each statement in its named graph.
        rules: The shapes.
        texts: IRI of a pinned source to its text, of those at hand.
    """
    facts = _Facts(defaultdict(lambda: defaultdict(list)), set(), [])
    derived, data, ontology = (graph_name(name) for name in ("derived", "data", "ontology"))
    for quad in quads:
        place = quad.graph_name
        if place != derived:
            facts.of[quad.subject][quad.predicate.value].append(quad.object)
            if place == data:
                facts.data.append(quad)
            elif quad.predicate == RDF_TYPE and quad.object in _DECLARED and place == ontology:
                facts.terms.add(quad.subject)
    found = []
    for rule, looked in RULES.items():
        shape = NamedNode(PREFIXES["shape"] + rule)
        if messages := tuple(rules.objects(shape, sh("message"))):
            severity = rules.one(shape, sh("severity")) or sh("Violation")
            for focus, path, value in looked(facts, texts):
                found.append(Result(focus, NamedNode(path), value, severity, shape, shape, None, messages))
    return found


_Found = Iterator[tuple[Any, str, Any]]


def _pairs(facts: _Facts) -> Iterator[tuple[Any, str, Literal, Literal]]:
    """Subject, property and the two texts, where there is one in English and one in Russian."""
    for subject, told in facts.of.items():
        for name in _PAIRED:
            said = {text.language: text for text in told.get(name, ()) if isinstance(text, Literal)}
            if "en" in said and "ru" in said:
                yield subject, name, said["en"], said["ru"]


def _tokens(text: str) -> frozenset[str]:
    """The numbers and months of a text; months alike in both languages."""
    return frozenset(token if token.isdecimal() else f"month {_month(token)}" for token in _TOKEN.findall(text))


@cache
def _month(word: str) -> int:
    return next(month for stem, month in _MONTH_OF.items() if word.lower().startswith(stem))


def _disagreeing(facts: _Facts, texts: Mapping[str, str]) -> _Found:
    for subject, name, english, russian in _pairs(facts):
        if _tokens(english.value) != _tokens(russian.value):
            yield subject, name, russian


def _in_another_script(facts: _Facts, texts: Mapping[str, str]) -> _Found:
    for subject, told in facts.of.items():
        for name, values in told.items():
            for text in values if name not in _FREE else ():
                if isinstance(text, Literal) and text.language in ("en", "ru"):
                    own, foreign = (_LATIN, _CYRILLIC) if text.language == "en" else (_CYRILLIC, _LATIN)
                    odd = foreign.search(text.value) and not own.search(text.value)
                    # A name may be the same in both languages.
                    odd = odd and (own is _LATIN or Literal(text.value, language="en") not in values)
                    if odd or _MIXED.search(text.value):
                        yield subject, name, text


def _uneven(facts: _Facts, texts: Mapping[str, str]) -> _Found:
    for subject, told in facts.of.items():
        for name in _SPACED:
            for text in told.get(name, ()):
                if isinstance(text, Literal) and _UNEVEN.search(text.value):
                    yield subject, name, text


def _unsaid(facts: _Facts, texts: Mapping[str, str]) -> _Found:
    """Claims whose words hold a date, symbol or number, and another than their value."""
    for claim, told in facts.of.items():
        for value in told.get(iri("coop:value"), ()):
            for text in told.get(iri("coop:statement"), ()):
                if not _fits(value, text.value, facts):
                    yield claim, iri("coop:value"), value
                    break


def _fits(value: Any, words: str, facts: _Facts) -> bool:
    tokens = _tokens(words)
    numbers = {token for token in tokens if token.isdecimal()}
    if isinstance(value, NamedNode):
        symbol = getattr(facts.one(value, "coop:symbol"), "value", "")
        named = re.findall(r"(?<![\d-])\d+/\d+(?![\d-])", words.partition(": ")[2] or words)
        return not symbol or not named or any(re.search(rf"/{name}(?!\d)", symbol) for name in named)
    if value.datatype.value in map(iri, ("xsd:date", "xsd:gYearMonth", "xsd:gYear")):
        year, month, day = [*map(int, re.findall(r"\d+", value.value)), 0, 0][:3]
        years = {int(number) for number in numbers if re.fullmatch(r"1[89]\d\d|20\d\d", number)}
        months = {int(token[6:]) for token in tokens - numbers}
        days = {int(number) for number in _DAY.findall(words)}
        return all(not part or not said or part in said for part, said in ((year, years), (month, months), (day, days)))
    stated = set(re.findall(r"\d+", value.value)) if not value.language else set()
    return not numbers or stated <= numbers | {token[6:] for token in tokens - numbers}


def _out_of_order(facts: _Facts, texts: Mapping[str, str]) -> _Found:
    """Claims whose sentence is not where their passage stands, neither by its start nor by its end."""
    rows = defaultdict[Any, list[tuple[int, int, str, Any]]](list)
    for claim, told in facts.of.items():
        for sentence, passage in product(told.get(iri("coop:sentence"), ()), told.get(iri("coop:passage"), ())):
            start, end = _span(facts, passage)
            if start.isdecimal() and end.isdecimal():
                rows[facts.one(passage, "oa:hasSource")].append((int(start), int(end), sentence.value, claim))
    for row in rows.values():
        astray = _astray((place, sentence, claim) for place, _, sentence, claim in row)
        for claim in astray & _astray((place, sentence, claim) for _, place, sentence, claim in row):
            yield claim, iri("coop:sentence"), facts.one(claim, "coop:sentence")


def _span(facts: _Facts, passage: Any) -> tuple[str, str]:
    """Start and end of a passage, as its selector has them; '' where there is none."""
    selector = facts.one(passage, "oa:hasSelector")
    start, end = (getattr(facts.one(selector, name), "value", "") for name in ("oa:start", "oa:end"))
    return start, end


def _astray(row: Iterable[tuple[int, str, Any]]) -> set[Any]:
    """Claims beside the longest row in which sentences rise with places."""
    ends: list[str] = []
    chains: list[Any] = [None]  # For each length the row that ends soonest: its last claim, and the row before that.
    claims = set()
    for _, sentence, claim in sorted(row, key=lambda one: one[:2]):
        at = bisect_right(ends, sentence)
        ends[at : at + 1] = [sentence]
        chains[at + 1 : at + 2] = [(claim, chains[at])]
        claims.add(claim)
    chain = chains[-1]
    while chain:
        claims.discard(chain[0])
        chain = chain[1]
    return claims


def _altered(facts: _Facts, texts: Mapping[str, str]) -> _Found:
    """Passages whose digest is not that of the characters at their place."""
    for passage in list(facts.of) if texts else ():
        source, known = (getattr(facts.one(passage, name), "value", "") for name in ("oa:hasSource", "coop:digest"))
        start, end = _span(facts, passage)
        if source in texts and start.isdecimal() and end.isdecimal():
            text = texts[source][int(start) : int(end)]
            if digest(text) != known:
                yield passage, iri("coop:digest"), facts.one(passage, "coop:digest")


def _nameless(facts: _Facts, texts: Mapping[str, str]) -> _Found:
    """Terms of the ontology that have a label, or are the project's, and lack one in a language."""
    for term in facts.terms:
        labels = {text.language for text in facts.of[term].get(iri("rdfs:label"), ())}
        if (labels or facts.one(term, "rdfs:isDefinedBy")) and labels != {"en", "ru"}:
            yield term, iri("rdfs:label"), None


def _merely_written(facts: _Facts, texts: Mapping[str, str]) -> _Found:
    """Statements of derived properties that somebody wrote and no claim states."""
    derived = {name for name, told in facts.of.items() if iri("coop:isDerived") in told}
    for quad in facts.data:
        if quad.predicate in derived and not any(
            quad.predicate in told.get(iri("coop:property"), ()) and quad.object in told.get(iri("coop:value"), ())
            for told in facts.of.values() if quad.subject in told.get(iri("coop:about"), ())
        ):  # fmt: skip
            yield quad.subject, quad.predicate.value, quad.object


RULES = {
    "LanguagesAgree": _disagreeing, "Script": _in_another_script, "Spaces": _uneven, "ValueInWords": _unsaid,
    "SentenceOfPassage": _out_of_order, "DigestOfPassage": _altered, "BothLanguages": _nameless,
    "Supported": _merely_written,
}  # fmt: skip
"""Local name of a shape that has the words of a rule, to what finds whom it is broken by."""
