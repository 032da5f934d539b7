"""The graph or a part of it, for taking away: which statements, and what had happened by a day."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from itertools import groupby, islice
from typing import IO, TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple
from pyoxigraph import serialize as written

from .. import dates, errors
from ..loading import bundle as bundles
from ..loading import pipeline
from ..names import PREFIXES, iri
from ..rdf import formats, serialize
from ..rdf.terms import TripleIndex
from ..sparql.catalog import catalog_triples
from ..store.disk import Disk
from ..store.engine import GRAPHS, graph_name
from ..store.memory import parsed

if TYPE_CHECKING:
    from ..loading.view import GraphView

PARTS = ("all", "data", "ontology", "claims", "derived", "shapes", "queries")
"""``all`` is asserted, claims and derived together: what every canned query needs."""

_OF_PART = {
    "all": GRAPHS,
    "data": ("data",),
    "ontology": ("ontology", "vocabulary"),
    "claims": ("claims",),
    "derived": ("derived",),
}
_CONCLUDING = frozenset(iri(f"coop:{name}") for name in ("Signing", "Adoption", "EntryIntoForce", "Submission"))
_ENGINE = {"turtle": RdfFormat.TURTLE, "trig": RdfFormat.TRIG, "jsonld": RdfFormat.JSON_LD}
_CHUNK = 1 << 20  # characters of a file
_LINES = 5_000  # in a chunk


def export(
    graph: GraphView, format: str, *, what: str = "all", as_of: str | None = None, possible: bool = False
) -> Iterator[str]:
    """The chosen statements, written in a format.

    A graph on disk is written as it passes, in memory that does not grow with it: see `streamed`.

    Args:
        graph: The graph.
        format: Name of a graph format.
        what: One of `PARTS`.
        as_of: A day, month or year (its last day counts): see `until`.
        possible: With ``as_of``, see `until`.

    Raises:
        errors.UnknownName: No such part or format.
        errors.BadParameter: ``as_of`` is no date.
    """
    if what not in PARTS:
        raise errors.UnknownName("part", what, suggestions=[], hint=f"Parts are {', '.join(PARTS)}.")
    if as_of is not None and what in ("ontology", "shapes", "queries"):
        hint = "Leave out --as-of, or choose another part."
        raise errors.UsageError(f"'{what}' is the same on every day.", hint=hint)
    chosen = formats.choose(format, None, formats.GRAPHS)
    engine = graph.engine()
    if isinstance(engine, Disk) and as_of is None and what in _OF_PART:
        return streamed(engine, chosen, [graph_name(name).value for name in _OF_PART[what]])
    context = graph.bundle.context_for(chosen)
    return formats.write_graph(_chosen(graph, what, as_of, possible), chosen, context=context)


def _chosen(graph: GraphView, what: str, as_of: str | None, possible: bool) -> Iterable[Quad]:
    if what == "shapes":
        return [_in_graph(triple, what) for triple in bundles.read_turtle(graph.bundle.shapes)]
    if what == "queries":
        return [_in_graph(triple, what) for triple in catalog_triples(graph.queries)]
    quads: Iterable[Quad] = list(graph.quads())
    if as_of is not None:
        kept = until(graph.asserted, {quad.triple for quad in quads}, as_of, possible=possible)
        schema = {graph_name("ontology"), graph_name("vocabulary")}
        quads = pipeline.assembled(kept, [quad.triple for quad in quads if quad.graph_name in schema])
    wanted = {graph_name(name) for name in _OF_PART[what]}
    return (quad for quad in quads if quad.graph_name in wanted)


def _in_graph(triple: Triple, name: str) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object, graph_name(name))


# --- graphs that are not held ---------------------------------------------------------------------------------------


def streamed(engine: Disk, format: str, graphs: Collection[str]) -> Iterator[str]:
    """Some of the named graphs (IRIs) of a graph on disk, in chunks; memory does not grow with the graph.

    Statements come in the order of their N-Triples lines, so that the same graph gives the same bytes. The graph is
    the one that `formats.write_graph` writes, without what is laid out for reading.

    Raises:
        errors.OutputError: There is no room for the temporary file, or the format cannot hold a statement.
        errors.InputError: The store is damaged.
    """
    ends = tuple(f" <{graph}> .\n".encode() for graph in graphs)
    lines: Iterator[bytes] = (line for line in engine.lines() if line.endswith(ends))
    if format not in ("nquads", "trig"):
        # A statement in several graphs is several lines beside each other.
        lines = (line for line, _ in groupby(line[: line.rindex(b" <")] + b" .\n" for line in lines))
    if format in ("nquads", "ntriples"):
        while piece := b"".join(islice(lines, _LINES)):
            yield piece.decode()
        return
    try:
        # The engine writes to a file only; and nothing is given away before the whole is known to fit the format.
        with tempfile.TemporaryDirectory(prefix="csto-graph-") as folder:
            path = os.path.join(folder, "out")
            with open(path, "wb") as file:
                _write(lines, file, format)
            with open(path, encoding="utf-8", newline="") as text:
                while chunk := text.read(_CHUNK):
                    yield chunk
    except OSError as error:
        hint = "Make room, or name another folder with the environment variable TMPDIR."
        words = f"The temporary file cannot be written: {error.strerror or error}."
        raise errors.OutputError(words, path=str(error.filename or ""), hint=hint) from error


def _write(lines: Iterator[bytes], file: IO[bytes], format: str) -> None:
    quads = parsed(lines)
    if format == "rdfxml":
        file.writelines(chunk.encode() for chunk in serialize.rdfxml_stream(quad.triple for quad in quads))
    else:
        statements = quads if format == "trig" else (quad.triple for quad in quads)
        written(statements, file, _ENGINE[format], prefixes=PREFIXES)


# --- what had happened by a day -------------------------------------------------------------------------------------


class _TextIndex:
    """Statements as plain strings, asked by CURIEs."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._index = TripleIndex[str](
            (one.subject.value, one.predicate.value, one.object.value)
            for one in triples
            if isinstance(one.subject, NamedNode) and isinstance(one.object, (NamedNode, Literal))
        )

    def values(self, subject: str, name: str) -> list[str]:
        return self._index.objects(subject, iri(name))

    def first(self, subject: str, name: str) -> str | None:
        return self._index.one(subject, iri(name))

    def of_class(self, name: str) -> list[str]:
        return self._index.subjects(iri("rdf:type"), iri(name))

    def having(self, name: str) -> list[tuple[str, str]]:
        return list(self._index.pairs(iri(name)))


def until(asserted: Iterable[Triple], whole: Iterable[Triple], as_of: str, *, possible: bool = False) -> list[Triple]:
    """The asserted statements that speak of how things stood on a day.

    Kept are events up to that day, memberships that surely held on it, documents concluded by then with their
    signatures, coverages and provisions, bodies not set up later, and the claims, passages and sources that support
    what is kept. Statements that point to something left out go with it.

    Args:
        asserted: What is asserted.
        whole: Asserted and derived statements together, for the derived bounds and classes.
        as_of: A day, month or year; of the longer ones the last day counts.
        possible: Keep also what may have happened or may have held.

    Raises:
        errors.BadParameter: ``as_of`` is no date.
    """
    try:
        end = dates.parse(as_of).end
    except ValueError as error:
        raise errors.BadParameter("as-of", as_of, "a day, month or year such as 2013-01-01") from error
    assert end is not None
    facts = _TextIndex(whole)
    later = _later(facts, dates.moment(end - timedelta(days=1)), dates.moment(end), possible)
    gone = later | _unsupported(facts, later)
    return [
        triple
        for triple in asserted
        if not ({_name(triple.subject), _name(triple.predicate), _name(triple.object)} & gone)
    ]


def _name(term: object) -> str | None:
    return term.value if isinstance(term, NamedNode) else None


def _later(facts: _TextIndex, day: str, next_day: str, possible: bool) -> set[str]:
    """Domain things that did not yet, or no longer, exist or hold."""
    gone = {event for event in facts.of_class("coop:Event") if not _happened(facts, event, next_day, possible)}
    gone |= {name for name in facts.of_class("org:Membership") if not _holds(facts, name, day, possible)}
    changes = facts.having("org:resultingOrganization")
    gone |= {body for _, body in changes} - {body for event, body in changes if event not in gone}
    gone |= _not_there(facts, gone, possible)
    for name in ("coop:hasSignature", "coop:hasCoverage"):
        gone |= {part for document, part in facts.having(name) if document in gone}
    for name in ("dcterms:isPartOf", "org:postIn"):
        gone |= {part for part, whole in facts.having(name) if whole in gone}
    gone |= {signature for signature, event in facts.having("coop:signedAt") if event in gone}
    return gone | {name for name in facts.of_class("coop:Mechanism") if set(facts.values(name, "coop:basis")) & gone}


def _not_there(facts: _TextIndex, gone: set[str], possible: bool) -> set[str]:
    """Documents not concluded yet. Those of which no event tells are there as soon as something cites them."""
    telling: dict[str, set[str]] = defaultdict(set)
    concluding: dict[str, set[str]] = defaultdict(set)
    planned = set(facts.of_class("coop:PlannedEvent"))
    for event, document in facts.having("coop:concerns"):
        if event not in planned:
            telling[document].add(event)
        if _CONCLUDING & set(facts.values(event, "rdf:type")):
            concluding[document].add(event)
    documents = set(facts.of_class("coop:Document"))
    told = documents & telling.keys()
    there = {document for document in told if (concluding.get(document) or telling[document]) - gone}
    if possible:
        never = told - there
        # An act cannot be older than the one it updates.
        return never | {act for act, older in facts.having("coop:transitivelyUpdates") if older in never}
    witnesses = there | (set(facts.of_class("coop:Event")) - gone)
    while found := ((_cited(facts, witnesses) - told) | _built_on(facts, witnesses)) & documents - there:
        there |= found
        witnesses |= found
    return documents - there


def _cited(facts: _TextIndex, witnesses: set[str]) -> set[str]:
    """What these, or the provisions of these, refer to, and what was their draft."""
    parts = {part for part, whole in facts.having("dcterms:isPartOf") if whole in witnesses}
    older = {cited for citing, cited in facts.having("dcterms:references") if citing in witnesses | parts}
    wholes = {whole for part, whole in facts.having("dcterms:isPartOf") if part in older}
    return older | wholes | {draft for draft, act in facts.having("coop:becomes") if act in witnesses}


def _built_on(facts: _TextIndex, witnesses: set[str]) -> set[str]:
    """What these rest on or update: it was concluded before, even where nobody tells when."""
    return {old for name in ("coop:basis", "coop:updates") for new, old in facts.having(name) if new in witnesses}


def _happened(facts: _TextIndex, event: str, next_day: str, possible: bool) -> bool:
    if possible:
        earliest = facts.first(event, "coop:earliest")
        return earliest is None or earliest < next_day
    latest = facts.first(event, "coop:latest")
    return latest is not None and latest <= next_day


def _holds(facts: _TextIndex, membership: str, day: str, possible: bool) -> bool:
    sure = "possible" if possible else "certain"
    begun, over = facts.first(membership, f"coop:{sure}From"), facts.first(membership, f"coop:{sure}Until")
    started = begun <= day if begun else possible
    return started and (over is None or day < over)


def _unsupported(facts: _TextIndex, gone: set[str]) -> set[str]:
    """Claims about nothing that is kept, and the passages, conflicts, sources and publishers only they need."""
    claims = facts.of_class("coop:Claim")
    later = gone - set(facts.of_class("org:Membership"))
    lost = {claim for claim in claims if set(facts.values(claim, "coop:about")) <= gone}
    lost |= {claim for claim in claims if set(facts.values(claim, "coop:value")) & gone}
    # A claim that speaks also of something later is kept only where a thing that is kept rests on nothing else.
    mixed = {claim for claim in claims if set(facts.values(claim, "coop:about")) & later} - lost
    told = {name for claim in claims if claim not in lost | mixed for name in facts.values(claim, "coop:about")}
    lost |= {claim for claim in mixed if set(facts.values(claim, "coop:about")) - gone <= told}
    kept = [claim for claim in claims if claim not in lost]
    passages = {name for claim in kept for name in facts.values(claim, "coop:passage")}
    sources = {name for claim in kept for name in facts.values(claim, "coop:source")}
    publishers = {name for source in sources for name in facts.values(source, "dcterms:publisher")}
    lost |= set(facts.of_class("coop:Passage")) - passages
    lost |= set(facts.of_class("coop:Source")) - sources
    lost |= set(facts.of_class("coop:Publisher")) - publishers
    conflicts = facts.of_class("coop:Conflict")
    lost |= {name for name in conflicts if len(set(facts.values(name, "coop:joins")) - lost) < 2}
    return lost
