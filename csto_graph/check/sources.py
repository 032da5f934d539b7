"""Sources and passages: positions and digests, checked against a text that someone has.

The texts belong to others and are not in the project. A passage is a half-open range of Unicode code points with
the SHA-256 of exactly these characters, so whoever has the text can check and see each one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import Literal, Triple

from .. import errors, files
from ..loading.view import GraphView
from ..names import PREFIXES, curie, iri, word
from ..rdf.terms import described

#: Environment variable that names a folder with texts of pinned sources.
FOLDER = "CSTO_GRAPH_SOURCES"


class Passage(NamedTuple):
    """A range of a pinned source.

    Attributes:
        iri: The passage.
        source: IRI of the source.
        start: First code point, counted from 0.
        end: Code point after the last.
        digest: SHA-256 of these characters in UTF-8, lower-case hexadecimal.
        role: ``claim``, ``furniture`` or ``connective``.
    """

    iri: str
    source: str
    start: int
    end: int
    digest: str
    role: str


class Check(NamedTuple):
    """What became of a passage in a text.

    Attributes:
        passage: The passage.
        state: ``found`` at its place, ``moved`` or ``missing``.
        start: Where it begins in the text; None where it is missing.
        text: The characters, or '' where it is missing.
    """

    passage: Passage
    state: str
    start: int | None
    text: str


class Coverage(NamedTuple):
    """How much of a pinned source is accounted for, in code points.

    Attributes:
        source: IRI of the source.
        length: All of it.
        claims: In passages of claims.
        furniture: In page furniture and connective words, and in no claim.
        open: In neither.
    """

    source: str
    length: int
    claims: int
    furniture: int
    open: int


def digest(text: str) -> str:
    """SHA-256 of a text in UTF-8, as lower-case hexadecimal."""
    return sha256(text.encode("utf-8")).hexdigest()


def pinned(graph: GraphView) -> list[str]:
    """IRIs of the pinned sources."""
    return graph.subjects("rdf:type", iri("coop:PinnedSource"))


def passages(graph: GraphView, source: str | None = None) -> list[Passage]:
    """The passages of one pinned source, or of all, in order of position."""
    names = graph.subjects(iri("rdf:type"), iri("coop:Passage"))
    found = [one for name in names if (one := _passage(graph, name)) and source in (None, one.source)]
    return sorted(found, key=lambda passage: (passage.source, passage.start, passage.end))


def _passage(graph: GraphView, name: str) -> Passage | None:
    """The passage of that IRI, where it has a position."""
    selector = graph.value(name, "oa:hasSelector") or name
    span = span_of(graph.value(selector, "oa:start"), graph.value(selector, "oa:end"))
    if span is None:
        return None
    source, known, kind = (graph.value(name, key) for key in ("oa:hasSource", "coop:digest", "coop:kind"))
    role = "claim" if graph.subjects("coop:passage", name) else curie(kind).removeprefix("kind:") or "connective"
    return Passage(name, source, *span, known, role)


def span_of(start: str, end: str) -> tuple[int, int] | None:
    """The place that two numbers name; None where they are none.

    >>> span_of("3", "12"), span_of("3", "")
    ((3, 12), None)
    """
    # No text has a place of more digits, and Python makes no number of a few thousand.
    return (int(start), int(end)) if re.fullmatch(r"\d{1,12} \d{1,12}", f"{start} {end}") else None


def coverage(graph: GraphView) -> Iterator[Coverage]:
    """For each pinned source, how much of it stands in claims and how much in furniture."""
    for source in pinned(graph):
        told = graph.value(source, "coop:length")
        length = int(told) if re.fullmatch("[0-9]{1,9}", told) else 0
        claimed, other = set[int](), set[int]()
        for passage in passages(graph, source):
            (claimed if passage.role == "claim" else other).update(range(passage.start, min(passage.end, length)))
        yield Coverage(source, length, len(claimed), len(other - claimed), length - len(claimed | other))


def shares(cover: Coverage, language: str) -> str:
    """How much of a pinned source is in claims, in furniture and connective words, and in neither: exact shares."""
    parts = [f"{100 * part / cover.length:.2f} % ({part})" if cover.length else "–" for part in cover[2:]]
    return word("shares", language, *parts)


def verify(graph: GraphView, text: str, source: str | None = None) -> list[Check]:
    """Find each passage in a text: at its place, else anywhere by length and digest.

    Args:
        graph: The graph.
        text: The text, as `files.read_text` gives it.
        source: IRI of the pinned source; by default the one whose passages fit best.

    Raises:
        errors.UsageError: There is no pinned source.
    """
    known = [source] if source else pinned(graph)
    if not known:
        raise errors.UsageError("The graph has no pinned source.", hint="Only a pinned source has passages.")
    checked = [list(_checked(passages(graph, name), text)) for name in _having(graph, known, text)[:1] or known]
    # By length: the few letters of a connective passage stand in any text.
    return max(checked, key=lambda checks: sum(len(check.text) for check in checks))


def _having(graph: GraphView, sources: Iterable[str], text: str) -> list[str]:
    """Those of the pinned sources whose text this is."""
    whole = digest(text)
    return [name for name in sources if graph.value(name, "coop:digest") == whole]


def _checked(wanted: list[Passage], text: str) -> Iterator[Check]:
    here = {one for one in wanted if digest(text[one.start : one.end]) == one.digest}
    lengths = {one.end - one.start for one in wanted if one not in here}
    spans = ((start, start + length) for length in lengths for start in range(len(text) - length, -1, -1))
    places = {digest(text[start:end]): start for start, end in spans}  # of several the first
    for one in wanted:
        place = one.start if one in here else places.get(one.digest)
        state = "found" if one in here else "missing" if place is None else "moved"
        yield Check(one, state, place, "" if place is None else text[place : place + one.end - one.start])


def cite(graph: GraphView, text: str, words: str, source: str | None = None) -> list[Triple]:
    """The statements of a new passage: where the words stand in a pinned source's text.

    Args:
        graph: The graph.
        text: The whole text of the source; its digest must be that of the source.
        words: The words as they stand there; runs of white space may differ.
        source: IRI of the source, where the text fits several.

    Raises:
        errors.UsageError: The text belongs to no pinned source, or the words stand nowhere or in several places.
    """
    fitting = _having(graph, [source] if source else pinned(graph), text)
    pattern = r"\s+".join(map(re.escape, words.split()))
    found = [match.span() for match in re.finditer(pattern, text)] if pattern else []
    if not fitting:
        hint = f"The text has {digest(text)}; pin it as a coop:PinnedSource first, or give the unchanged file."
        raise errors.UsageError("The text is not that of a pinned source: its SHA-256 differs.", hint=hint)
    if len(found) != 1:
        message = "The words do not stand in the text." if pattern else "No words were given."
        if found:
            message = f"The words stand in {len(found)} places: {', '.join(str(start) for start, _ in found[:5])}."
        raise errors.UsageError(message, hint="Give the words as they stand in the text, so many that they are unique.")
    (start, end), slug = found[0], f"{found[0][0]}-{found[0][1]}"
    if graph.value(PREFIXES["passage"] + slug, "oa:hasSource") not in ("", fitting[0]):
        # Another source has a passage at this place: an IRI means one thing.
        slug = f"{fitting[0].rpartition('/')[2]}-{slug}"
    passage, selector = f"passage:{slug}", f"selector:{start}-{end}"
    cited = described(passage, {
        "rdf:type": ["coop:Passage", "oa:SpecificResource"], "oa:hasSource": fitting[:1], "oa:hasSelector": [selector],
        "coop:digest": [Literal(digest(text[start:end]))],
    })  # fmt: skip
    place = {"oa:start": [Literal(start)], "oa:end": [Literal(end)]}
    return [*cited, *described(selector, {"rdf:type": ["oa:TextPositionSelector"], **place})]


def known_texts(graph: GraphView, *, altered: bool = False) -> dict[str, str]:
    """Texts of pinned sources in the folder that the environment names: IRI of the source to text, digest checked.

    Args:
        graph: The graph.
        altered: Whether a text is one's, too, that has the longest passage of a source though the digest is another.
    """
    texts: dict[str, str] = {}
    with suppress(OSError):
        for path in sorted(Path(os.environ[FOLDER]).iterdir()) if os.environ.get(FOLDER) else ():
            with suppress(errors.InputError, errors.LimitReached):
                text = files.read_text(path)
                names = _having(graph, pinned(graph), text) or (_fitting(graph, text) if altered else [])
                texts |= dict.fromkeys(names, text)
    return texts


def _fitting(graph: GraphView, text: str) -> list[str]:
    """The pinned sources whose longest passage stands at its place in a text."""
    every = (passages(graph, name) for name in pinned(graph))
    longest = (max(found, key=lambda one: one.end - one.start) for found in every if found)
    return [one.source for one in longest if digest(text[one.start : one.end]) == one.digest]


def quote(graph: GraphView, names: Iterable[str], language: str = "en") -> dict[str, str]:
    """Passage IRI to how it is shown: its characters where a verified text is known, else its position."""
    texts, shown = known_texts(graph), dict[str, str]()
    for passage in filter(None, (_passage(graph, name) for name in dict.fromkeys(names))):
        words = " ".join(texts.get(passage.source, "")[passage.start : passage.end].split())
        place = word("place", language, passage.start, passage.end)
        shown[passage.iri] = word("quoted", language, words) if words else place
    return shown


def host(address: str) -> str:
    """The host in an address of the web, without ``www``; '' of what is none.

    >>> host("https://www.example.org/a"), host("example.org")
    ('example.org', '')
    """
    found = re.fullmatch(r"""https?://(?:www\.)?([^/?#<>"{}|\\^`\s]+)[^<>"{}|\\^`\s]*""", address)
    return found[1].lower() if found else ""


def at(graph: GraphView, address: str) -> tuple[str | None, str | None]:
    """The source at an address, and the publisher of others at its host; None where there is none."""
    sources = sorted(graph.subjects(iri("rdf:type"), iri("coop:Source")))
    known = [(source, one.value) for source in sources for one in graph.objects(source, iri("coop:address"))]
    there = next((source for source, where in known if where == address), None)
    publishers = (graph.value(source, "dcterms:publisher") for source, where in known if host(where) == host(address))
    return there, next(filter(None, publishers), None)


#: What `listed` gives.
COLUMNS = ("source", "curie", "publisher", "date", "claims", "address")


def listed(graph: GraphView, language: str) -> Iterator[tuple[object, ...]]:
    """Each source with publisher, date, number of claims and address; pinned ones first."""
    for source in dict.fromkeys([*pinned(graph), *graph.subjects("rdf:type", iri("coop:Source"))]):
        names = ("dcterms:publisher", "coop:date", "coop:address")
        publisher, date, address = (graph.value(source, name) for name in names)
        published = graph.reference(publisher, language) if publisher else None
        stated = len(graph.subjects(iri("coop:source"), source))
        yield graph.reference(source, language), curie(source), published, date, stated, address
