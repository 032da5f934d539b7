"""What no shape can hold: house rules on words, positions and digests, and claims that cannot all be right.

Each rule is a shape in ``ontology/shapes.ttl`` that has words and no target; what is wrong is told as its results are.
What only the words of a text tell is a warning there: the same may be said in other words.

A candidate is a matter on which claims disagree and that no conflict joins yet, with the block that would decide it. A
property holds one value where a shape says ``sh:maxCount 1`` of the thing, or the ontology calls it functional; of
others two values are no contradiction. ``coop:date``, ``coop:notBefore`` and ``coop:notAfter`` are one matter: when.
Two dates agree where one lies within the other, bounds where they overlap; opinions count for nothing.

Where a value stands in the data, the claims that give another one are candidates, beside those that give it; else all
that disagree among each other. A conflict about the same matter is added to; a new one accepts the claim whose value
stands, since that is what the graph says today, and is open where none does.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import cache, cached_property, lru_cache
from itertools import accumulate, count
from typing import Any, NamedTuple, TypeAlias

from pyoxigraph import Literal, NamedNode, Quad, Triple

from ..loading.view import GraphView
from ..names import PREFIXES, curie, excerpt, iri, kebab, natural, word
from ..rdf import terms, turtle
from ..rdf.terms import RDF_TYPE, TripleIndex, described, grouped, node, reached
from ..store.engine import graph_name, kind_of
from .shacl import Result
from .shapes import Shapes, sh
from .sources import digest, host, span_of

Value: TypeAlias = "NamedNode | Literal"

# ------------------------------------------------------------------------------------------------- rules on words

_MONTHS = (
    "January|[Яя]нвар[а-я]+", "February|[Фф]еврал[а-я]+", "March|[Мм]арт[а-я]*", "April|[Аа]прел[а-я]+",
    "May|[Мм]а[йяею]", "June|[Ии]юн[а-я]+", "July|[Ии]юл[а-я]+", "August|[Аа]вгуст[а-я]*",
    "September|[Сс]ентябр[а-я]+", "October|[Оо]ктябр[а-я]+", "November|[Нн]оябр[а-я]+", "December|[Дд]екабр[а-я]+",
)  # fmt: skip
_MONTH = rf"(?:{'|'.join(_MONTHS)})\b"
# The number of a group is that of the month; most letters begin none, which is seen fast.
_TOKEN = re.compile(rf"\d+|\b(?=[ADFJMNOSАДИМНОСФЯадимносфя])(?:({')|('.join(_MONTHS)}))\b")
_MORE_DAYS = r"(?:(?:\s?[-–,]\s?|\s(?:and|to|и|по)\s)\d{1,2})*"  # as in: on 19 and 20 September
_DAY = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th|-[а-я]+)?(?={_MORE_DAYS}\s{_MONTH})")
_YEAR = re.compile(r"(?<!\d)(?:19[89]|20[0-4])\d(?=(?:\d{4})?(?!\d))")
_DATED = re.compile(rf"(?:\b(\d{{1,2}})(?:st|nd|rd|th|-[а-я]+)?\s)?({_MONTH})\s(?:(\d{{1,2}}),\s)?(\d{{4}})")
_LATIN, _CYRILLIC = "A-Za-z", "А-Яа-яЁё"
_MIXED = re.compile(f"[{_LATIN}][{_CYRILLIC}]|[{_CYRILLIC}][{_LATIN}]")
_FOREIGN = {language: re.compile(f"[^{own}]*[{other}][^{own}]*")
            for language, own, other in (("en", _LATIN, _CYRILLIC), ("ru", _CYRILLIC, _LATIN))}  # fmt: skip
_UNEVEN = re.compile(r"^\s|\s$|\s\s|[\t\n\r]")
_SYMBOL = re.compile(r"(?<![\d-])\d+/\d+(?![\d-])")
_END = re.compile(r"(?:(?<=\w{3})|(?<=[^\w\s.]))[.!?…]\W*\s(?=\W*[A-ZА-ЯЁ])|\n\s*\n")  # of a sentence, initials apart
_LONG = ("instrument", "document", "post", "event", "provision")
_PROPER = ("person", "place", "state", "organization", *_LONG)
_TERMS = ("area", "frequency", "role", "vote")


_NAMES = ("skos:prefLabel", "skos:altLabel", "skos:hiddenLabel")
_PAIRED = ("coop:statement", "coop:reading", "coop:rationale", "skos:prefLabel", "skos:definition", "rdfs:label")
_TEXTS = (*_PAIRED, *_NAMES[1:])
_DECLARED = tuple(node(f"owl:{name}") for name in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty"))


_Found = Iterator[tuple[Any, NamedNode, Any]]


class _Facts(TripleIndex[Any]):
    """What is asserted.

    Args:
        quads: The graph, each statement in its named graph.
        texts: IRI of a pinned source to its text, of those at hand.
    """

    def __init__(self, quads: Iterable[Quad], texts: Mapping[str, str]) -> None:
        derived = graph_name("derived")
        self.quads, self.texts = [quad for quad in quads if quad.graph_name != derived], texts
        super().__init__(self.quads)

    def words(self, *names: str) -> Iterator[tuple[Any, NamedNode, list[Any]]]:
        """Each thing that has some of the properties (CURIEs), with the property and its values."""
        properties = [*map(node, names)]
        return ((thing, one, said[one]) for one in properties for thing, said in self._about.items() if one in said)

    def values(self, thing: Any, name: str) -> list[Any]:
        """The values of a property (a CURIE) of a thing."""
        return self.objects(thing, node(name))

    def stated(self, thing: Any, name: str) -> list[Value]:
        """Those of the values that are IRIs or literals, in order."""
        return sorted((one for one in self.values(thing, name) if isinstance(one, (NamedNode, Literal))), key=str)

    def text(self, thing: Any, name: str) -> str:
        """The first value of a property (a CURIE) as text, or ''."""
        return next((value.value for value in self.values(thing, name)), "")

    def span(self, passage: Any) -> tuple[int, int] | None:
        """Start and end of a passage, as its selector has them."""
        selectors = self.values(passage, "oa:hasSelector")
        return span_of(*(self.text(selectors[0], name) if selectors else "" for name in ("oa:start", "oa:end")))

    def quoted(self, passage: Any) -> str | None:
        """The characters at the place of a passage, where the text is at hand."""
        text, span = self.texts.get(self.text(passage, "oa:hasSource")), self.span(passage)
        return None if text is None or span is None else text[slice(*span)]

    @cached_property
    def names(self) -> dict[tuple[str, str], set[frozenset[str]]]:
        """Namespace and last part to the names of things there, each as its parts."""
        found = defaultdict[tuple[str, str], set[frozenset[str]]](set)
        for thing, _, names in self.words(*_NAMES):
            for parts in filter(None, (_parts(name.value) for name in names)):
                found[thing.value.rpartition("/")[0], max(parts)].add(parts)
        return found


def results(quads: Iterable[Quad], rules: Shapes, texts: Mapping[str, str]) -> Iterator[Result]:
    """What breaks a house rule, where the shapes have that rule.

    Args:
        quads: The graph, each statement in its named graph.
        rules: The shapes.
        texts: IRI of a pinned source to its text, of those at hand.
    """
    facts = _Facts(quads, texts)
    for rule, broken in RULES.items():
        shape = NamedNode(PREFIXES["shape"] + rule)
        if messages := tuple(rules.objects(shape, sh("message"))):
            severity = rules.one(shape, sh("severity")) or sh("Violation")
            yield from (Result(*one, severity, shape, shape, None, messages) for one in broken(facts))


@lru_cache(maxsize=20_000)
def _read(text: str) -> tuple[set[str], set[str]]:
    """The numbers and the months of a text, in digits without noughts before them; months alike in both languages."""
    tokens = [(token[0], token.lastindex) for token in _TOKEN.finditer(text)]
    return {number.lstrip("0") for number, month in tokens if not month}, {str(month) for _, month in tokens if month}


def _disagreeing(facts: _Facts) -> _Found:
    for subject, name, values in facts.words(*_PAIRED):
        said = {text.language: text for text in values if isinstance(text, Literal)}
        if "en" in said and "ru" in said and _read(said["en"].value) != _read(said["ru"].value):
            yield subject, name, said["ru"]


def _in_another_script(facts: _Facts) -> _Found:
    for subject, name, values in facts.words(*_TEXTS):
        for text in values:
            if foreign := _FOREIGN.get(getattr(text, "language", None) or ""):
                # A name may be the same in both languages.
                same = text.language == "ru" and Literal(text.value, language="en") in values
                if _MIXED.search(text.value) or (foreign.fullmatch(text.value) and not same):
                    yield subject, name, text


def _uneven(facts: _Facts) -> _Found:
    for subject, name, values in facts.words(*_TEXTS):
        yield from ((subject, name, one) for one in values if isinstance(one, Literal) and _UNEVEN.search(one.value))


def _unsaid(facts: _Facts) -> _Found:
    """Claims whose words hold a date, symbol, number or name, and another than their value or day."""
    for claim, name, values in facts.words("coop:value", "coop:heldOn"):
        said = [one.value for one in facts.values(claim, "coop:statement") if getattr(one, "language", 0) in _FOREIGN]
        for value in values:
            if not (all(_fits(value, text, facts) for text in said) and _named(value, " ".join(said), facts)):
                yield claim, name, value


@lru_cache(maxsize=20_000)
def _parts(name: str) -> frozenset[str]:
    """How the words of a name begin, short ones only if they are written with a capital."""
    return frozenset(part[:5].lower() for part in re.findall(r"[A-ZА-ЯЁ]\w+|\w{4,}", name))


def _held(value: Any, words: str, facts: _Facts) -> tuple[bool, set[str], set[str]]:
    """Whether words hold a whole name or the symbol of a thing; which parts of its names; those of any of its kind."""
    said = {part[:size].lower() for part in re.findall(r"\w+", words) for size in (4, 5)}  # drug begins drugs, too
    names = [_parts(name.value) for label in _NAMES for name in facts.values(value, label)]
    whole = any(parts and parts <= said for parts in names) or _carries(facts.text(value, "coop:symbol"), words)
    space = value.value.rpartition("/")[0]
    least = 2 if kind_of(value) in _LONG else 1  # parts of a name: many texts have *resolution*
    known = {one for part in said for parts in facts.names.get((space, part), ())
             if parts <= said and len(parts) >= least for one in parts}  # fmt: skip
    return whole, said.intersection(*[set().union(*names)]), known


def _carries(symbol: str, words: str) -> bool:
    """Whether words hold the number of a symbol."""
    return any(re.search(rf"/{one}(?!\d)", symbol) for one in _SYMBOL.findall(words))


def _named(value: Any, words: str, facts: _Facts) -> bool:
    """Whether words name a person, place, organization or concept, if they name any of its kind.

    What they share with another that they name in full is not enough.
    """
    kind = kind_of(value)
    if kind not in (*_PROPER, *_TERMS) or not any(facts.values(value, label) for label in _NAMES):
        return True
    whole, own, others = _held(value, words, facts)
    silent = kind in _TERMS or not re.search(r"(?<=[\w,] )[A-ZА-ЯЁ]", words)
    return whole or bool(own - others) or (not others and (bool(own) or silent))


def _fits(value: Any, words: str, facts: _Facts) -> bool:
    """Whether a text that holds a symbol, a date or a number holds that of a value."""
    if not isinstance(value, Literal):
        symbol, words = facts.text(value, "coop:symbol"), words.partition(": ")[2] or words
        return not symbol or not _SYMBOL.search(words) or _carries(symbol, words)
    numbers, months = _read(words)
    stated = [part.lstrip("0") for part in re.findall(r"\d+", "" if value.language else value.value)]
    if terms.days_of(value):
        year, month, day = [*stated, "", ""][:3]
        years = {number for number in numbers if re.fullmatch(r"1[89]\d\d|20\d\d", number)}
        finer = any(
            number == year and (not month or (not day and (before or after) and month in _read(word)[1]))
            for before, word, after, number in _DATED.findall(words)
        )
        precise = {month, day} - {""} <= numbers | months or (month, day) == ("1", "1") or not (years or months)
        pairs = ((year, years), (month, months), (day, {number.lstrip("0") for number in _DAY.findall(words)}))
        return precise and not finer and all(not part or not said or part in said for part, said in pairs)
    # The same with other letters is another symbol, or number of an item.
    pattern = re.sub(r"\b[A-Za-z]\b|[A-Z]+", "[A-Za-z]+", re.escape(value.value))
    otherwise = stated and value.value not in words and re.search(pattern, words)
    return not otherwise and (not numbers or numbers | months >= set(stated))


def _not_in_place(facts: _Facts) -> _Found:
    """Claims whose passages do not hold their value: its numbers, of a date the last part; the name of a person or
    place; or any name, where another passage of their sentence has it."""
    found, sentences = [], defaultdict[Any, set[str | None]](set)
    for claim, name, passages in facts.words("coop:passage") if facts.texts else ():
        quoted = [facts.quoted(passage) for passage in passages]
        sentence = facts.text(passages[0], "oa:hasSource"), facts.text(claim, "coop:sentence")
        sentences[sentence].update(quoted)
        found.append((claim, name, quoted, sentence))
    for claim, name, quoted, sentence in found:
        words, others = " ".join(filter(None, quoted)), sentences[sentence].difference(quoted, [None])
        for value in facts.values(claim, "coop:value") if all(quoted) else ():
            if not isinstance(value, Literal):
                whole, own, _ = _held(value, words, facts)
                held = kind_of(value) not in ("person", "place") or _named(value, words, facts)
                held = held and (whole or bool(own) or not any(_held(value, str(one), facts)[0] for one in others))
            else:
                stated = [part.lstrip("0") for part in re.findall(r"\d+", "" if value.language else value.value)]
                held = set[str]().union(*_read(words)).issuperset(stated[-1:] if terms.days_of(value) else stated)
            if not held:
                yield claim, name, value


def _out_of_order(facts: _Facts) -> _Found:
    """Claims whose sentence is not where their passage stands, neither by its start nor by its end; or not the one
    that others have there, or have elsewhere, where the text is at hand."""
    rows: dict[str, list[tuple[tuple[int, int], Any, Any]]] = defaultdict(list)
    for claim, _, (sentence, *_) in facts.words("coop:sentence"):
        for passage in facts.values(claim, "coop:passage"):
            if span := facts.span(passage):
                rows[facts.text(passage, "oa:hasSource")].append((span, natural(sentence.value), claim))
    for source, row in rows.items():
        ends = [end.end() for end in _END.finditer(facts.texts.get(source, ""))]
        by_start, by_end = (_misplaced([(span[at] - at, *rest) for span, *rest in row], ends) for at in (0, 1))
        for claim in by_start & by_end:
            yield claim, node("coop:sentence"), facts.values(claim, "coop:sentence")[0]


def _misplaced(row: list[tuple[int, Any, Any]], ends: list[int]) -> set[Any]:
    """Claims, of places with sentences, that stand out.

    Their sentence does not stand between those of the places before and after, which rise; or others between the same
    ends of sentences have another one; or the others of it stand elsewhere.
    """
    rising = sorted(row, key=lambda one: one[:2])
    rows = zip([(0, (), None), *rising], rising, [*rising[1:], (0, ("\uffff",), None)], strict=False)
    found = {
        claim for (_, first, _), (_, here, claim), (_, last, _) in rows if first <= last and not first <= here <= last
    }
    placed = [(bisect(ends, place), sentence, claim) for place, sentence, claim in row] if ends else []
    usual = Counter((place, sentence) for place, sentence, _ in placed).most_common()[::-1]
    here, there = ({pair[at]: pair[1 - at] for pair, _ in usual} for at in (0, 1))
    return found | {
        claim for place, sentence, claim in placed
        if here[place] != sentence or (there[sentence] != place and here[there[sentence]] == sentence)
    }  # fmt: skip


def _altered(facts: _Facts) -> _Found:
    """Passages, and pinned sources, whose digest or length is not that of the characters at hand."""
    for thing, name, (known, *_) in facts.words("coop:digest", "coop:length") if facts.texts else ():
        text = facts.texts.get(thing.value) or facts.quoted(thing)
        measure = digest if name == node("coop:digest") else len
        if text is not None and str(measure(text)) != known.value:
            yield thing, name, known


def _misnamed(facts: _Facts) -> _Found:
    """Links, sources and publishers other than those after which a thing is called, and classes other than its own.

    Of *event:adoption-x* it is said that it concerns *x*, and is an adoption: where there is a thing of that name among
    those of the kind, or such a class among those of things of its kind.
    """
    links = [link for link, _, _ in facts.words("coop:isLink") if link != node("dcterms:isPartOf")]
    typed = [row for row in facts.words("rdf:type") if isinstance(row[0], NamedNode)]
    known = {_name(thing) for thing, *_ in typed}
    heads = ("coop:source", "dcterms:publisher", "dcterms:isPartOf")  # with which names begin; with links they end
    for thing, name, values in facts.words(*(link.value for link in links), *heads):
        words, link = _name(thing)[1].split("-"), name in links
        parts = [*(accumulate(words[::-1], "{1}-{0}".format) if link else accumulate(words, "{0}-{1}".format))]
        for value in values:
            named = {(_name(value)[0], part) for part in parts}.intersection(known) - {_name(thing)}
            if named and named.isdisjoint(map(_name, [value] if link else values)):
                others = {_name(one)[1] for key, said in facts.about(thing).items() if key != name for one in said}
                if others.isdisjoint(part for _, part in named):  # else it is called after what else is said of it
                    yield thing, name, value
    words_of = defaultdict[str, dict[str, Any]](dict)  # namespace to how names begin, and the class that this means
    for thing, _, kinds in typed:
        words_of[_name(thing)[0]].update((f"{kebab(kind.value)}-", kind) for kind in kinds)
    for thing, name, kinds in typed:
        space, slug = _name(thing)
        called = {kind for word, kind in words_of[space].items() if slug.startswith(word)}
        above = reached(kinds, lambda kind: facts.values(kind, "rdfs:subClassOf"))
        if called and called.isdisjoint(above) and not any(kebab(kind.value) in slug for kind in kinds):
            yield thing, name, kinds[0]


@lru_cache(maxsize=20_000)
def _name(thing: Any) -> tuple[str, str]:
    """Where the IRI of a thing lies, and its last part."""
    return str(thing.value).rpartition("/")[::2]


def _of_another_year(facts: _Facts) -> _Found:
    """Dates of sources whose address, or else name, has the year, and another one; a name that of what it tells."""
    for source, _, addresses in facts.words("coop:address"):
        years = {year for address in addresses for year in _YEAR.findall(address.value)}
        years = years or {str(int(year) + more) for year in _YEAR.findall(_name(source)[1]) for more in (-1, 0, 1)}
        for said in facts.values(source, "coop:date") if years else ():
            if said.value[:4] not in years:
                yield source, node("coop:date"), said


def _at_anothers(facts: _Facts) -> _Found:
    """Addresses at which only others have published so far, but for pages that relay what another says."""
    hosts = defaultdict[str, list[tuple[Any, set[Any], Any]]](list)
    for source, _, addresses in facts.words("coop:address"):
        for address in addresses if not facts.values(source, "coop:relays") else ():
            hosts[host(address.value)].append((source, set(facts.values(source, "dcterms:publisher")), address))
    for published in hosts.values():
        for source, own, address in published:
            others = {one for other, theirs, _ in published if other != source for one in theirs}
            if own and others and own.isdisjoint(others):
                yield source, node("coop:address"), address


def _nameless(facts: _Facts) -> _Found:
    """Terms of the ontology that have a label, or are the project's, and lack one in a language."""
    ontology = graph_name("ontology")
    typed = (quad for quad in facts.quads if quad.predicate == RDF_TYPE and quad.graph_name == ontology)
    for term in {quad.subject for quad in typed if quad.object in _DECLARED}:
        labels = {text.language for text in facts.values(term, "rdfs:label")}
        if (labels or facts.text(term, "rdfs:isDefinedBy")) and not labels.issuperset(_FOREIGN):
            yield term, node("rdfs:label"), None


def _merely_written(facts: _Facts) -> _Found:
    """Statements of derived properties that somebody wrote and no claim states."""
    derived, data = {name for name, _, _ in facts.words("coop:isDerived")}, graph_name("data")
    for subject, name, value, place in facts.quads:
        if place == data and name in derived:
            claims = facts.subjects(node("coop:about"), subject)
            stating = (one for one in claims if name in facts.values(one, "coop:property"))
            if not any(value in facts.values(one, "coop:value") for one in stating):
                yield subject, name, value


#: Local name of a shape that has the words of a rule, to what finds whom it is broken by.
RULES = {
    "LanguagesAgree": _disagreeing, "Script": _in_another_script, "Spaces": _uneven, "ValueInWords": _unsaid,
    "ValueInPassage": _not_in_place, "SentenceOfPassage": _out_of_order, "DigestOfPassage": _altered,
    "CalledAfter": _misnamed, "YearOfSource": _of_another_year, "HostOfSource": _at_anothers,
    "BothLanguages": _nameless, "Supported": _merely_written,
}  # fmt: skip


# ----------------------------------------------------------------------------------------- claims that disagree

_DATE, _NOT_BEFORE, _NOT_AFTER = map(iri, ("coop:date", "coop:notBefore", "coop:notAfter"))
_MATTERS = {_NOT_BEFORE: _DATE, _NOT_AFTER: _DATE}  # Bounds of a date are about the date.
_OPEN = {_NOT_BEFORE: {"end": date.max}, _NOT_AFTER: {"start": date.min}}  # and leave a side of it open.
_AIMS = tuple(map(sh, ("targetClass", "targetNode", "targetSubjectsOf")))
_KINDS = {_DATE: "date", iri("coop:place"): "place", iri("org:role"): "role"}  # Of conflicts; else about a statement.


class Candidate(NamedTuple):
    """A matter on which claims disagree.

    Attributes:
        thing: IRI of the thing.
        property: IRI of the property.
        standing: Its values in the data, asserted.
        stated: IRI of each claim concerned to the value that it gives (None: it is about the thing in general), those
            that fit what stands first.
        conflict: IRI of the conflict, new or to be added to; None where there is nothing to join.
        known: Whether that conflict is there already.
        triples: The statements that make it, or add to it.
    """

    thing: str
    property: str
    standing: tuple[Value, ...]
    stated: Mapping[str, Value | None]
    conflict: str | None
    known: bool
    triples: tuple[Triple, ...]


class Said(NamedTuple):
    """A value of a property, by its IRI."""

    property: str
    value: Value


def candidates(graph: GraphView) -> Iterator[Candidate]:
    """What is to be decided in a graph, in order of thing and property.

    >>> import csto_graph as cg
    >>> [*candidates(cg.load())]
    []
    """
    facts = _Facts(graph.quads(), {})
    topics, general = _claims(facts)
    joins = sorted(facts.pairs(node("coop:joins")), key=lambda pair: natural(pair[0].value))
    conflicts = grouped((claim.value, conflict.value) for conflict, claim in joins)  # of each claim
    numbered = (re.fullmatch(r"conflict:c([0-9]{1,9})", curie(conflict.value)) for conflict, _ in joins)
    numbers = count(max((int(match[1]) for match in numbered if match), default=0) + 1)
    accepted = conflicts.keys() & {claim.value for _, claim in facts.pairs(node("coop:accepts"))}
    for thing, matter in _single_valued(graph, topics):
        claims, names = topics[thing, matter], (_DATE, _NOT_AFTER, _NOT_BEFORE) if matter == _DATE else (matter,)
        standing = [Said(name, value) for name in names for value in facts.stated(NamedNode(thing), name)]
        # Dates and bounds fit where they agree with each that stands, other values where they do with one.
        fitting = {
            claim: said for claim, said in claims.items()
            if standing and (all if _bounds(said) else any)(agree(said, stands) for stands in standing)
        }  # fmt: skip
        # Where a value stands, who denies it dissents; else who contradicts what was accepted, or any other claim.
        others = [said for claim, said in claims.items() if claim in accepted] or claims.values()
        dissent = {
            claim: said for claim, said in claims.items()
            if claim not in fitting and claim not in conflicts and (standing or not _agrees(said, others))
        }  # fmt: skip
        if not dissent:
            continue
        known = sorted({one for claim in claims for one in conflicts.get(claim, ())}, key=natural)
        whole = general[thing] if standing and not fitting and not known else ()
        stated: dict[str, Value | None] = dict.fromkeys(whole)
        stated |= {claim: said.value for claim, said in (fitting | dissent).items()}
        name, block = next(iter(known), None), dict[str, list[Any]]()
        if name:
            block = {"coop:joins": [*map(NamedNode, dissent)]}
        elif len(stated) > 1:
            name = f"{PREFIXES['conflict']}c{next(numbers):02d}"
            # What agrees with both sides, such as a month with two of its days, takes no part in the dispute.
            joined = [one for one in stated if one not in fitting or not _agrees(fitting[one], dissent.values())]
            fits = next((claim for claim, said in fitting.items() if said in standing), None)
            block = decision(matter, joined if len(joined) > 1 else stated, fits)
            block["coop:rationale"] = [*terms.texts({tag: word("rationale", tag) for tag in ("en", "ru")})]
        values, triples = tuple(said.value for said in standing), tuple(described(name or "", block))
        yield Candidate(thing, matter, values, stated, name, bool(known), triples)


def _claims(facts: _Facts) -> tuple[dict[tuple[str, str], dict[str, Said]], dict[str, list[str]]]:
    """The claims that give a value, in order, by thing and matter; by thing those about it in general. No opinions."""
    topics, general = defaultdict[tuple[str, str], dict[str, Said]](dict), defaultdict[str, list[str]](list)
    for claim, thing in sorted(facts.pairs(node("coop:about")), key=lambda pair: natural(pair[0].value)):
        names, values = facts.stated(claim, "coop:property"), facts.stated(claim, "coop:value")
        named = all(isinstance(one, NamedNode) for one in (claim, thing, *names))  # else a shape tells
        if not named or node("kind:opinion") in facts.values(claim, "coop:kind"):
            continue
        if not names:
            general[thing.value].append(claim.value)
        elif values:
            matter = _MATTERS.get(names[0].value, names[0].value)
            topics[thing.value, matter][claim.value] = Said(names[0].value, values[0])
    return topics, general


def _single_valued(graph: GraphView, topics: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of the things and properties where there may be one value, in order: by ``sh:maxCount 1`` (SHACL 4.2.2)
    with the targets of SHACL 2.1.3, or as the property is an ``owl:FunctionalProperty`` (OWL 2 Profiles, prp-fp)."""
    rules = Shapes(graph.shapes)
    functional = graph.subjects(RDF_TYPE.value, iri("owl:FunctionalProperty"))
    aims = defaultdict[str, set[str]](set, {name: {name} for name in functional})  # of each property
    members = cache(lambda aim: {aim, *graph.subjects(RDF_TYPE.value, aim)})
    for shape, most in rules.uses("maxCount"):
        if most.value == "1" and Literal(True) not in rules.objects(shape, sh("deactivated")):
            parents = (one for name in ("property", "node") for one in rules.subjects(sh(name), shape))
            targets = [one for holder in (shape, *parents) for name in _AIMS for one in rules.objects(holder, name)]
            for path in rules.objects(shape, sh("path")):
                aims[path.value].update(one.value for one in targets)
    # The property is the target of a shape itself where that is aimed at what has it.
    found = ((thing, name) for thing, name in topics if any(aim == name or thing in members(aim) for aim in aims[name]))
    return sorted(found, key=lambda topic: list(map(natural, topic)))


def _agrees(said: Said, others: Iterable[Said]) -> bool:
    """Whether something can be right beside all of the others."""
    return all(agree(said, other) for other in others)


def rivals(graph: GraphView, thing: str, properties: Collection[str], new: Said) -> list[str]:
    """The claims about a thing that do not go with a new value in the place of those of some properties.

    Where no claim names a value, those about the thing as a whole; opinions are left out.
    """
    topics, general = _claims(_Facts(graph.quads(), {}))
    claims = topics[thing, _MATTERS.get(new.property, new.property)]
    # A bound goes where a date comes, and who gave it is no longer followed.
    found = [claim for claim, said in claims.items() if said.property in properties
             and (said.property != new.property or not agree(new, said))]  # fmt: skip
    return found or general[thing]


def decision(property: str, joins: Iterable[str], accepts: str | None) -> dict[str, list[Value]]:
    """What a new conflict about a property says, by CURIEs: its class and kind, and the claims that it joins.

    Args:
        property: IRI of the property.
        joins: IRIs of the claims.
        accepts: IRI of the one that is accepted; without one it is open.
    """
    kind = _KINDS.get(_MATTERS.get(property, property), "statement")
    return {
        "rdf:type": [node("coop:Conflict")], "coop:kind": [node(f"kind:{kind}-conflict")],
        "coop:joins": [*map(NamedNode, joins)],
        **({"coop:accepts": [NamedNode(accepts)]} if accepts else {"coop:open": [Literal(True)]}),
    }  # fmt: skip


def agree(one: Said, other: Said) -> bool:
    """Whether two values, each of a property, can both be right.

    Dates agree where one lies within the other, a date and a bound where they overlap, anything else if it is the same.

    >>> year, day = map(terms.dated, ("2016", "2016-11-21"))
    >>> agree(Said(_DATE, year), Said(_DATE, day))
    True
    """
    first, second = _bounds(one), _bounds(other)
    if not first or not second:
        return one.value == other.value
    if one.property == other.property == _DATE:
        return first.within(second) or second.within(first)
    return first.start < second.end and second.start < first.end


def _bounds(said: Said) -> terms.Span | None:
    """The days that a date or a bound allows; None for another value."""
    span = terms.days_of(said.value)
    return span._replace(**_OPEN[said.property]) if span and said.property in _OPEN else span


def candidates_document(graph: GraphView, found: Iterable[Candidate], language: str = "en") -> dict[str, Any]:
    """Candidates as JSON: ``{"format": "csto-graph/candidates/1", "candidates": […]}``.

    Each has thing and property (iri, curie, label), standing (texts), claims (claim, value or null, source, statement),
    conflict (CURIE or null), known, and turtle: the block.
    """

    def claim(name: str, value: Value | None) -> dict[str, str | None]:
        support, shown = graph.support(name, language), value and _short(value)
        source, statement = curie(support.source), support.statement
        return {"claim": curie(name), "value": shown, "source": source, "statement": statement}

    entries = [
        {"thing": graph.reference(one.thing, language), "property": graph.reference(one.property, language),
         "standing": list(map(_short, one.standing)), "claims": [claim(*said) for said in one.stated.items()],
         "conflict": one.conflict and curie(one.conflict), "known": one.known, "turtle": turtle.write(one.triples)}
        for one in found
    ]  # fmt: skip
    return {"format": "csto-graph/candidates/1", "candidates": entries}


def candidates_text(graph: GraphView, found: Iterable[Candidate], language: str = "en") -> str:
    """The blocks as Turtle to be pasted, with what is at stake in comments above each."""
    found, comments = list(found), defaultdict[str, list[str]](list)
    for one in found:
        label = excerpt(" ".join(graph.label(one.thing, language).split()), 100)
        lines = [f"# {curie(one.thing)} ({label}), {curie(one.property)}:"]
        for value in dict.fromkeys([*one.standing, *one.stated.values()]):
            who = [word("stands", language)] if value in one.standing else []
            who += [curie(claim) for claim, stated in one.stated.items() if stated == value]
            lines.append(f"#   {word('general', language) if value is None else _short(value)}: {', '.join(who)}")
        to_do = "unclaimed" if one.conflict is None else "adding" if one.known else "deciding"
        comments[one.conflict or ""] += [*lines, f"# {word(to_do, language)}"]
    return turtle.write([triple for one in found for triple in one.triples], comments=comments)


def _short(value: Value) -> str:
    return excerpt(" ".join(value.value.split()), 100) if isinstance(value, Literal) else curie(value.value)
