"""The graph for others: written, the whole, a part or what had happened by a day, and put into a graph store.

A store has the graph by the SPARQL 1.1 Graph Store Protocol: the named graphs of the project, that of the proofs, and
for the reading of the source the twins of those that differ there (`endpoint.TWIN`); a twin that is no longer needed is
deleted. No other graph is touched. One graph after the other is replaced: the protocol knows no way to replace several
at once. A graph that is there already is left alone. Afterwards it is read back to see that it is there.

Blank nodes become IRIs there, so that they are the same in every graph and every answer; see `endpoint`. What is there
is read by the endpoint, in pages that are counted: some stores cut off what they give by the Graph Store Protocol.
Statements are compared as values: ``"01"^^xsd:integer`` may come back as ``"1"``, a language tag in lower case.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from hashlib import sha256
from io import TextIOWrapper
from itertools import groupby, islice
from typing import IO, Any, NamedTuple

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple
from pyoxigraph import serialize as written

from .. import errors
from ..loading import pipeline
from ..loading.view import GraphView
from ..names import PREFIXES
from ..rdf import formats, serialize, terms
from ..rdf.terms import RDF_TYPE, TripleIndex, canonical, described, node, reached
from ..sparql.catalog import PARAMETER_TYPES, Catalog
from ..sparql.text import QueryText
from ..store.endpoint import TWIN, Endpoint, skolem
from ..store.engine import GRAPH_IRIS, PARTS, PROOFS, graph_name
from ..store.http import Server, split
from ..store.oxigraph import Disk, parsed

_CONCLUDING = ("coop:Signing", "coop:Adoption", "coop:EntryIntoForce", "coop:Submission")
_SUPPORTING = (  # a class, and what joins others with the things in it that they need
    ("coop:Passage", "coop:passage"), ("oa:TextPositionSelector", "oa:hasSelector"), ("coop:Source", "coop:source"),
    ("coop:Publisher", "dcterms:publisher"),
)  # fmt: skip
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
        format: One of `formats.GRAPHS`.
        what: One of `engine.PARTS`.
        as_of: A day, month or year (its last day counts), or ``today``: see `until`.
        possible: With ``as_of``, see `until`.

    Raises:
        errors.UnknownName: No such part.
        errors.BadParameter: ``as_of`` is no date.
    """
    if what not in PARTS:
        raise errors.UnknownName("part", what, suggestions=[], hint=f"Parts are {', '.join(PARTS)}.")
    if as_of is not None and what in ("ontology", "shapes", "queries"):
        hint = "Leave out --as-of, or choose another part."
        raise errors.UsageError(f"'{what}' is the same on every day.", hint=hint)
    engine = graph.engine()
    if isinstance(engine, Disk) and as_of is None and PARTS[what]:
        return streamed(engine, format, [graph_name(part).value for part in PARTS[what]])
    context = graph.bundle.context_for(format)
    return formats.write_graph(chosen(graph, what, as_of, possible), format, context=context)


def chosen(graph: GraphView, what: str, as_of: str | None = None, possible: bool = False) -> Iterable[Quad]:
    """The statements of a part, each in its named graph; for the arguments see `export`."""
    if not PARTS[what]:
        triples = graph.shapes if what == "shapes" else catalog_triples(graph.queries)
        return [Quad(one.subject, one.predicate, one.object, graph_name(what)) for one in triples]
    quads: Iterable[Quad] = list(graph.quads())
    if as_of is not None:
        kept = until(graph.asserted, {quad.triple for quad in quads}, as_of, possible=possible)
        schema = {graph_name("ontology"), graph_name("vocabulary")}
        quads = pipeline.assembled(kept, [one.triple for one in quads if one.graph_name in schema], graph.reasoner)
    wanted = {graph_name(name) for name in PARTS[what]}
    return (quad for quad in quads if quad.graph_name in wanted)


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
        with tempfile.TemporaryFile() as file:
            if format == "rdfxml":
                file.writelines(chunk.encode() for chunk in serialize.rdfxml(parsed(lines)))
            else:
                written(parsed(lines), file, _ENGINE[format], prefixes=PREFIXES)
            file.seek(0)
            text = TextIOWrapper(file, encoding="utf-8", newline="")
            yield from iter(partial(text.read, _CHUNK), "")
    except OSError as error:
        hint = "Make room, or name another folder with the environment variable TMPDIR."
        words = f"The temporary file cannot be written: {error.strerror or error}."
        raise errors.OutputError(words, path=str(error.filename or ""), hint=hint) from error


# --- what had happened by a day -------------------------------------------------------------------------------------


def until(asserted: Iterable[Triple], whole: Iterable[Triple], as_of: str, *, possible: bool = False) -> list[Triple]:
    """The asserted statements that speak of how things stood on a day.

    Kept are events up to that day, memberships that surely held on it or, so marked (``coop:presumedOn``), are
    presumed to, documents concluded by then with their
    signatures, coverages and provisions, bodies not set up later, and the claims, passages and sources that support
    what is kept. Statements that point to something left out go with it.

    Args:
        asserted: What is asserted.
        whole: Asserted and derived statements together, for the derived bounds and classes.
        as_of: A day, month or year, of which the last day counts, or ``today``.
        possible: Keep also what may have happened or may have held.

    Raises:
        errors.BadParameter: ``as_of`` is no date.
    """
    try:
        end = terms.days_asked(as_of).end
    except ValueError as error:
        raise errors.BadParameter("as-of", as_of, "a day, month or year such as 2013-01-01") from error
    last = end - timedelta(days=1)
    day, next_day = terms.moment(last), terms.moment(end)
    history = _History(
        one for one in whole if isinstance(one.subject, NamedNode) and isinstance(one.object, (NamedNode, Literal))
    )
    later = _later(history, day, next_day, possible)
    gone = later | _unsupported(history, later)
    kept = [triple for triple in asserted if gone.isdisjoint(triple)]
    if possible:
        return kept
    held = history.of_class("org:Membership") - later
    presumed = sorted((one for one in held if not history.holds(one, "certain", day)), key=str)
    date = terms.dated(last.isoformat())
    return [*kept, *(Triple(membership, node("coop:presumedOn"), date) for membership in presumed)]


class _History(TripleIndex[Any]):
    """What is known of things."""

    def of_class(self, *names: str) -> set[Any]:
        """The things in one of the classes."""
        return {thing for name in names for thing in self.subjects(RDF_TYPE, node(name))}

    def behind(self, things: set[Any], *names: str) -> set[Any]:
        """What these have as a value of one of the properties."""
        return {value for name in names for thing in things for value in self.objects(thing, node(name))}

    def before(self, things: set[Any], *names: str) -> set[Any]:
        """What has one of these as a value of one of the properties."""
        return {subject for name in names for thing in things for subject in self.subjects(node(name), thing)}

    def text(self, thing: Any, name: str) -> str:
        """The value of a property as text, or ''."""
        return getattr(self.one(thing, node(name)), "value", "")

    def holds(self, membership: Any, how: str, day: str) -> bool:
        """Whether a membership is certain, presumed or possible on a day."""
        begun, over = (self.text(membership, f"coop:{how}{name}") for name in ("From", "Until"))
        return (begun <= day if begun else how == "possible") and (not over or day < over)


def _later(history: _History, day: str, next_day: str, possible: bool) -> set[Any]:
    """Domain things that did not yet, or no longer, exist or hold."""

    def happened(event: Any) -> bool:
        if possible:
            return history.text(event, "coop:earliest") < next_day
        return "" < history.text(event, "coop:latest") <= next_day

    ways = ("possible",) if possible else ("certain", "presumed")
    memberships, changes = history.of_class("org:Membership"), list(history.pairs(node("org:resultingOrganization")))
    gone = {event for event in history.of_class("coop:Event") if not happened(event)}
    gone |= {name for name in memberships if not any(history.holds(name, how, day) for how in ways)}
    gone |= {body for _, body in changes} - {body for event, body in changes if event not in gone}
    gone |= _not_there(history, gone, possible)
    gone |= history.behind(gone & history.of_class("coop:Document"), "coop:hasSignature", "coop:hasCoverage")
    # What is part of a thing that is not there, or is a place or an office in it.
    for name in ("org:subOrganizationOf", "dcterms:isPartOf", "org:postIn", "org:organization", "coop:signedAt"):
        gone |= history.before(gone, name)
    return gone | (history.before(gone, "coop:basis") & history.of_class("coop:Mechanism"))


def _not_there(history: _History, gone: set[Any], possible: bool) -> set[Any]:
    """Documents not concluded yet. Those of which no event tells are there as soon as something cites them."""
    documents, concluding = history.of_class("coop:Document"), history.of_class(*_CONCLUDING)
    telling = {event for event, _ in history.pairs(node("coop:concerns"))} - history.of_class("coop:PlannedEvent")
    told, concluded = (history.behind(events, "coop:concerns") & documents for events in (telling, concluding))
    there = history.behind(telling - gone, "coop:concerns") - concluded
    there = told & (there | history.behind(concluding - gone, "coop:concerns"))
    if possible:
        never = told - there
        # An act cannot be older than the one it updates.
        return never | history.before(never, "coop:transitivelyUpdates")

    def attested(witness: Any) -> set[Any]:
        # What it, or a provision of it, refers to, and what was its draft.
        cited = history.behind({witness} | history.before({witness}, "dcterms:isPartOf"), "dcterms:references")
        cited |= history.behind(cited, "dcterms:isPartOf") | history.before({witness}, "coop:becomes")
        # What it rests on or updates was concluded before, even where nobody tells when.
        return ((cited - told) | history.behind({witness}, "coop:basis", "coop:updates")) & documents

    return documents.difference(reached(there | (history.of_class("coop:Event") - gone), attested))


def _unsupported(history: _History, gone: set[Any]) -> set[Any]:
    """Claims about nothing that is kept, and what only they need: passages, conflicts, sources, publishers."""
    claims = history.of_class("coop:Claim")
    about = {claim: history.behind({claim}, "coop:about") for claim in claims}
    later = gone - history.of_class("org:Membership")
    lost = {claim for claim in claims if about[claim] <= gone} | (history.before(gone, "coop:value") & claims)
    # A claim that speaks also of something later is kept only where a thing that is kept rests on nothing else.
    mixed = {claim for claim in claims if about[claim] & later} - lost
    told = history.behind(claims - lost - mixed, "coop:about")
    lost |= {claim for claim in mixed if about[claim] - gone <= told}
    for kind, name in _SUPPORTING:
        lost |= history.of_class(kind) - history.behind(set(history) - lost, name)
    conflicts = history.of_class("coop:Conflict")
    return lost | {one for one in conflicts if len(history.behind({one}, "coop:joins") - lost) < 2}


# --- the catalogue --------------------------------------------------------------------------------------------------


def catalog_triples(catalog: Catalog) -> list[Triple]:
    """The catalogue in SHACL's own words, so that editors and endpoints find the queries without configuration.

    Each query is ``query:NAME``, a ``sh:SPARQLSelectExecutable`` (SHACL 5.2.1) with its text, prefixes, labels, tags
    and parameters (SHACL 6.2.1); no node is blank. The local name of a parameter's ``sh:path`` is the variable's name.
    Who asks without an optional parameter leaves out the lines that are marked with it.

    >>> from csto_graph.loading.inputs import Bundle
    >>> from csto_graph.sparql.catalog import Catalog
    >>> triples = catalog_triples(Catalog(Bundle().queries))
    >>> [triple.object.value for triple in triples if triple.predicate == node("sh:parameter")][0]
    'https://w3id.org/csto-un/query/areas#about'
    """
    blocks: dict[str, Mapping[str, Iterable[Any]]] = {}
    for query in catalog:
        name = f"query:{query.name}"
        blocks[name] = {
            "rdf:type": ["sh:SPARQLExecutable", "sh:SPARQLSelectExecutable"], "rdfs:label": terms.texts(query.title),
            "rdfs:comment": terms.texts(query.question), "dcterms:subject": [f"query:tag#{tag}" for tag in query.tags],
            "sh:prefixes": ["query:prefixes"], "sh:select": [Literal(query.body)],
            "sh:parameter": [f"{name}#{parameter}" for parameter in query.parameters],
        }  # fmt: skip
        for parameter, one in query.parameters.items():
            datatype, of = PARAMETER_TYPES[one.type].datatype, one.of
            key, kind = ("sh:datatype", datatype) if datatype else ("sh:nodeKind", "sh:IRI")
            key, kind = ("sh:class", of) if of and not of.startswith("vocab:") else (key, kind)
            blocks[f"{name}#{parameter}"] = {
                "rdf:type": ["sh:Parameter"], "sh:path": [f"query:parameter#{parameter}"],
                "sh:description": terms.texts(one.help), key: [kind],
                "sh:optional": [] if one.required else [Literal(True)],
                "sh:defaultValue": [] if one.default is None else [one.term(one.default)],
            }  # fmt: skip
    spaces = sorted({pair for query in catalog for pair in QueryText(query.body).declared.items()})
    blocks["query:prefixes"] = {"sh:declare": [f"query:prefixes#{prefix}" for prefix, _ in spaces]}
    for prefix, namespace in spaces:
        blocks[f"query:prefixes#{prefix}"] = {
            "rdf:type": ["sh:PrefixDeclaration"], "sh:prefix": [Literal(prefix)],
            "sh:namespace": [Literal(namespace, datatype=node("xsd:anyURI"))],
        }  # fmt: skip
    return [triple for name, said in blocks.items() for triple in described(name, said)]


# --- at a store ------------------------------------------------------------------------------------------------------

# Port and path of the endpoint to the path of the store that belongs to it; the first that fits.
_STORES = {
    r"8182/sparql/?": r"/sparql/gsp/",  # Neptune
    r"5820/([^/]+)/query": r"/\1",  # Stardog
    r"\d*/query": r"/store",  # Oxigraph
    r"\d*(.*/repositories/[^/]+)/?": r"\1/rdf-graphs/service",  # GraphDB, RDF4J
    r"\d*/sparql/?": r"/sparql-graph-crud-auth",  # Virtuoso
    r"\d*(/.+)/(?:query|sparql)/?": r"\1/data",  # Fuseki
}


def store_of(address: str) -> str:
    """The address of the graph store that most likely belongs to an endpoint.

    Raises:
        errors.UsageError: The endpoint's address is none, or of no form that is known.
    """
    parts = split(address)
    for form, store in _STORES.items():
        if match := re.fullmatch(form, f"{parts.port or ''}{parts.path}"):
            return parts._replace(path=match.expand(store), query="", fragment="").geturl()
    said = "From the address of the endpoint nobody can tell that of its graph store."
    raise errors.UsageError(said, hint="Name it: --store URL.")


class Change(NamedTuple):
    """What publishing does, or did, to one graph of a store.

    Attributes:
        graph: IRI of the graph.
        state: ``same`` (it was there already), ``new``, ``replaced``, ``deleted``.
        before: How many statements it had.
        after: How many it has.
    """

    graph: str
    state: str
    before: int
    after: int


def publish(
    graph: GraphView, endpoint: str, store: str | None = None, tell: Callable[[str], None] = lambda _: None, *,
    dry_run: bool = False,
) -> list[Change]:  # fmt: skip
    """Replace the graphs at a store, one after the other, and see each time that what was written is there.

    It can be repeated: what is there already stays.

    Args:
        graph: What is published.
        endpoint: Address where queries are answered.
        store: Address of the graph store; by default what `store_of` says.
        tell: Told the IRI of each graph before it is written.
        dry_run: Write nothing, and say what would change.

    Raises:
        errors.LimitReached: The server takes too long; the hint says which graphs are new.
        errors.ServerError: It cannot be reached, refuses, gives what makes no sense, or holds something else than was
            written; with the same hint.
        errors.UsageError: An address is none, or the store's cannot be told.
    """
    asked, server = Endpoint(endpoint), Server(store or store_of(endpoint))
    curated, stated = graph.engine(), graph.engine("source")
    names = [*GRAPH_IRIS, PROOFS]
    plan: dict[str, Callable[[], Iterable[Quad]]] = {name: partial(curated.quads, name) for name in names}
    for name in names:  # A twin that is not needed has no statements.
        differs = fingerprint(curated.quads(name)) != fingerprint(stated.quads(name))
        plan[name + TWIN] = partial(stated.quads, name) if differs else tuple
    changes, names, writing = list[Change](), list(plan), ""
    try:
        for name, quads in plan.items():
            before = fingerprint(asked.quads(name))
            with tempfile.TemporaryFile() as file:
                after = fingerprint(quads(), file)
                if before != after and not dry_run:
                    tell(name)
                    writing = name
                    # SPARQL 1.1 Graph Store Protocol, 5.3 and 5.4; a single request may take ten minutes.
                    server.ask(
                        "PUT" if after[1] else "DELETE", more={"graph": name}, body=file if after[1] else None,
                        kind="application/n-triples" if after[1] else "", seconds=600.0,
                    )  # fmt: skip
            if writing == name and (given := fingerprint(asked.quads(name))) != after:
                said = f"<{name}> holds {given[1]:,} statements that are not the {after[1]:,} that were written."
                hint = f"Does {server.address} write to the store that is asked at {asked.address}?"
                raise errors.ServerError(said, address=server.address, hint=hint)
            state = "same" if before == after else "deleted" if not after[1] else "replaced" if before[1] else "new"
            changes.append(Change(name, state, before[1], after[1]))
    except errors.GraphError as error:
        done = len(changes)
        unsure = done + (names[done] == writing)
        parts = {"As it should be": names[:done], "Not sure": names[done:unsure], "As before": names[unsure:]}
        said = " ".join(f"{how}: {', '.join(which)}." for how, which in parts.items() if which)
        said += " Publish again; what is done already is left alone."
        error.hint = f"{error.hint} {said if writing else 'Nothing was written.'}".strip()
        raise
    return [change for change in changes if change.before or change.after]


def fingerprint(quads: Iterable[Quad], file: IO[bytes] | None = None) -> tuple[int, int]:
    """A sum over the digests of the statements, whatever their order, and their number; written to a file if given.

    It is the same for every way to write a value; tags of languages have but one here.
    """
    total = count = 0
    for quad in quads:
        start, value = f"{skolem(quad.subject)} {quad.predicate}", skolem(quad.object)
        if file is not None:
            file.write(f"{start} {value} .\n".encode())
        if isinstance(value, Literal) and not value.language:
            value = Literal(canonical(value.value, value.datatype.value), datatype=value.datatype)
        total += int.from_bytes(sha256(f"{start} {value} .".encode()).digest(), "big")
        count += 1
    return total % (1 << 256), count
