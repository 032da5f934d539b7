"""Sources and passages: positions and digests, checked against a text that someone has.

The texts belong to others and are not in the project. A passage is a half-open range of Unicode code points with
the SHA-256 of exactly these characters, so whoever has the text can check and see each one.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, Triple

from .. import errors, files
from ..names import PREFIXES, curie, iri, natural
from ..words import word

if TYPE_CHECKING:
    from ..loading.view import GraphView

FOLDER = "CSTO_GRAPH_SOURCES"
"""Environment variable that names a folder with texts of pinned sources."""


@dataclass(frozen=True, slots=True)
class Passage:
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


@dataclass(frozen=True, slots=True)
class Check:
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


@dataclass(frozen=True, slots=True)
class Coverage:
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


def passages(graph: GraphView, source: str | None = None) -> list[Passage]:
    """The passages of one pinned source, or of all, in order of position."""
    used = {
        value.value
        for claim in graph.subjects(iri("rdf:type"), iri("coop:Claim"))
        for value in graph.objects(claim, iri("coop:passage"))
    }
    names = graph.subjects(iri("rdf:type"), iri("coop:Passage"))
    found = [passage for name in names for passage in _found(graph, name, used=name in used)]
    chosen = [passage for passage in found if source in (None, passage.source)]
    return sorted(chosen, key=lambda passage: (passage.source, passage.start, passage.end))


def _found(graph: GraphView, name: str, *, used: bool) -> Iterator[Passage]:
    """The passage of that IRI, where it has a position; what it is for, if no claim uses it."""
    start, end = graph.value(name, "oa:start"), graph.value(name, "oa:end")
    if start.isdecimal() and end.isdecimal():
        kind = curie(graph.value(name, "coop:kind")).removeprefix("kind:")
        role = "claim" if used else kind or "connective"
        place, mark = graph.value(name, "oa:hasSource"), graph.value(name, "coop:digest")
        yield Passage(name, place, int(start), int(end), mark, role)


def pinned(graph: GraphView) -> list[str]:
    """IRIs of the pinned sources."""
    return sorted(graph.subjects(iri("rdf:type"), iri("coop:PinnedSource")), key=natural)


def coverage(graph: GraphView) -> list[Coverage]:
    """For each pinned source, how much of it stands in claims and how much in furniture."""
    result = []
    for source in pinned(graph):
        length = int(graph.value(source, "coop:length") or 0)
        claimed: set[int] = set()
        rest: set[int] = set()
        for passage in passages(graph, source):
            (claimed if passage.role == "claim" else rest).update(range(passage.start, min(passage.end, length)))
        furniture = len(rest - claimed)
        result.append(Coverage(source, length, len(claimed), furniture, length - len(claimed) - furniture))
    return result


def verify(graph: GraphView, text: str, source: str | None = None) -> list[Check]:
    """Find each passage in a text: at its place, else anywhere by length and digest.

    Args:
        graph: The graph.
        text: The text, as `files.read_text` gives it.
        source: IRI of the pinned source; by default the one whose passages fit best.

    Raises:
        errors.UsageError: There is no pinned source.
    """
    candidates = [source] if source else pinned(graph)
    if not candidates:
        raise errors.UsageError("The graph has no pinned source.", hint="Only a pinned source has passages.")
    whole = digest(text)
    exact = [name for name in candidates if graph.value(name, "coop:digest") == whole]
    checked = [_checked(passages(graph, name), text) for name in exact[:1] or candidates]
    # By length: the few letters of a connective passage stand in any text.
    return max(checked, key=lambda checks: sum(len(check.text) for check in checks))


def _checked(wanted: list[Passage], text: str) -> list[Check]:
    here = {p.iri: digest(text[p.start : p.end]) == p.digest and p.end <= len(text) for p in wanted}
    lost: dict[int, set[str]] = defaultdict(set)
    for passage in wanted:
        if not here[passage.iri]:
            lost[passage.end - passage.start].add(passage.digest)
    places = _search(text, lost)
    checks = []
    for passage in wanted:
        start = passage.start if here[passage.iri] else places.get(passage.digest)
        state = "found" if here[passage.iri] else "missing" if start is None else "moved"
        length = passage.end - passage.start
        checks.append(Check(passage, state, start, "" if start is None else text[start : start + length]))
    return checks


def _search(text: str, lost: dict[int, set[str]]) -> dict[str, int]:
    """First position of each digest among all stretches of the lengths asked for."""
    places: dict[str, int] = {}
    for length, digests in lost.items():
        left = set(digests)
        for start in range(len(text) - length + 1):
            if not left:
                break
            found = digest(text[start : start + length])
            if found in left:
                left.discard(found)
                places[found] = start
    return places


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
    import re

    whole = digest(text)
    fitting = [name for name in ([source] if source else pinned(graph)) if graph.value(name, "coop:digest") == whole]
    if not fitting:
        raise errors.UsageError(
            "The text is not that of a pinned source: its SHA-256 differs.",
            hint=f"The text has {whole}; pin it as a coop:PinnedSource first, or give the unchanged file.",
        )
    if not words.split():
        raise errors.UsageError("No words were given.", hint="Give the words of the passage as they stand in the text.")
    pattern = re.compile(r"\s+".join(re.escape(word) for word in words.split()))
    found = [match.span() for match in pattern.finditer(text)]
    if len(found) != 1:
        places = ", ".join(str(start) for start, _ in found[:5])
        if found:
            message, hint = f"The words stand in {len(found)} places: {places}.", "Give more words, as they stand."
        else:
            message, hint = "The words do not stand in the text.", "Check the spelling."
        raise errors.UsageError(message, hint=hint)
    start, end = found[0]
    slug = f"{start}-{end}"
    if graph.value(PREFIXES["passage"] + slug, "oa:hasSource") not in ("", fitting[0]):
        # Another source has a passage at this place: an IRI means one thing.
        slug = f"{fitting[0].rpartition('/')[2]}-{slug}"
    return _passage(slug, fitting[0], start, end, text)


def _passage(slug: str, source: str, start: int, end: int, text: str) -> list[Triple]:
    node = NamedNode(PREFIXES["passage"] + slug)
    integer = NamedNode(PREFIXES["xsd"] + "integer")
    return [
        Triple(node, NamedNode(iri("rdf:type")), NamedNode(iri("coop:Passage"))),
        Triple(node, NamedNode(iri("coop:digest")), Literal(digest(text[start:end]))),
        Triple(node, NamedNode(iri("oa:end")), Literal(str(end), datatype=integer)),
        Triple(node, NamedNode(iri("oa:hasSource")), NamedNode(source)),
        Triple(node, NamedNode(iri("oa:start")), Literal(str(start), datatype=integer)),
    ]


def known_texts(graph: GraphView) -> dict[str, str]:
    """Texts of pinned sources in the folder that the environment names: IRI of the source to text, digest checked."""
    folder = os.environ.get(FOLDER)
    wanted = {graph.value(name, "coop:digest"): name for name in pinned(graph)} if folder else {}
    texts = {}
    for path in _files(folder) if wanted else ():
        try:
            text = files.read_text(path)
        except (errors.InputError, errors.LimitReached):
            continue
        if digest(text) in wanted:
            texts[wanted[digest(text)]] = text
    return texts


def _files(folder: str | None) -> Iterator[Path]:
    try:
        yield from sorted(path for path in Path(folder or ".").iterdir() if path.is_file())
    except OSError:
        return


def quote(graph: GraphView, names: Iterable[str], language: str = "en") -> dict[str, str]:
    """Passage IRI to how it is shown: its characters where a verified text is known, else its position."""
    texts = known_texts(graph)
    shown = {}
    for passage in (found for name in dict.fromkeys(names) for found in _found(graph, name, used=True)):
        text = texts.get(passage.source)
        place = word("place", language, passage.start, passage.end)
        shown[passage.iri] = f"“{' '.join(text[passage.start : passage.end].split())}”" if text else place
    return shown


# --- lists of sources -----------------------------------------------------------------------------------------------

COLUMNS = ("source", "curie", "publisher", "date", "claims", "address")
"""What `listed` gives."""


def listed(graph: GraphView, language: str) -> list[tuple[object, ...]]:
    """Each source with publisher, date, number of claims and address; pinned ones first."""
    pinned_ones = set(pinned(graph))
    found = sorted(set(graph.subjects(iri("rdf:type"), iri("coop:Source"))), key=natural)
    rows: list[tuple[object, ...]] = []
    for source in sorted(found, key=lambda source: source not in pinned_ones):
        publishers = graph.objects(source, iri("dcterms:publisher"))
        publisher = graph.reference(publishers[0].value, language) if publishers else None
        stated = len(graph.subjects(iri("coop:source"), source))
        date, address = graph.value(source, "coop:date"), graph.value(source, "coop:address")
        rows.append((graph.reference(source, language), curie(source), publisher, date, stated, address))
    return rows


def shares(cover: Coverage, language: str) -> str:
    """How much of a pinned source is in claims, in furniture and connective words, and in neither: exact shares."""
    parts = (cover.claims, cover.furniture, cover.open)
    return word("shares", language, *(f"{100 * part / cover.length:.2f} % ({part})" if cover.length else "–"
                                      for part in parts))  # fmt: skip
