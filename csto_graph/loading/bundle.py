"""Where ontology, data, shapes and queries lie, and what they come to together.

An installed package carries them under ``_bundle``, with the whole graph already closed; in a checkout they stand
beside the package and the graph is closed when it is loaded.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from .. import errors, paths
from ..names import PREFIXES, curie
from ..store.engine import GRAPHS, graph_name, kind_of

if TYPE_CHECKING:
    from ..reason.closure import Contradiction
    from ..store.proofs import Derivation
    from .locating import Locate

ONTOLOGY_FILES = ("cooperation.ttl", "borrowed.ttl", "vocabularies.ttl")
"""What is reasoned with; shapes, alignments and the JSON-LD context are kept apart."""

CLOSED = "graph.nq"
"""The closed graph, made when the package is built."""

PROOFS = "proofs.nq"
"""How each of its derived statements was drawn."""

STATED = "stated.nq"
"""The same with each disputed value as the pinned source gives it."""

_RDF_TYPE = NamedNode(PREFIXES["rdf"] + "type")
_RDF_FIRST = NamedNode(PREFIXES["rdf"] + "first")
_CLAIMS = frozenset(
    PREFIXES["coop"] + name for name in ("Claim", "Conflict", "Passage", "Source", "PinnedSource", "Publisher")
)
_CONCEPTS = frozenset(PREFIXES["skos"] + name for name in ("Concept", "ConceptScheme"))
_GROUNDS = 12  # how many of the statements that a contradiction rests on are told
_SCHEMA = (PREFIXES["owl"], PREFIXES["rdfs"], PREFIXES["rdf"])


class Bundle:
    """The files of the project, wherever they lie.

    Attributes:
        root: Folder that holds ``ontology``, ``data`` and ``queries``.
    """

    def __init__(self, root: str) -> None:
        self.root = root

    @classmethod
    def default(cls) -> Bundle:
        """The files that came with the package, or in a checkout those beside it."""
        return cls(paths.root())

    @property
    def queries(self) -> str:
        """Folder of the canned queries."""
        return os.path.join(self.root, "queries")

    @property
    def shapes(self) -> str:
        """File of the SHACL shapes."""
        return os.path.join(self.root, "ontology", "shapes.ttl")

    @property
    def context(self) -> str:
        """File of the JSON-LD context."""
        return os.path.join(self.root, "ontology", "context.jsonld")

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The Turtle files that make the asserted graph, in a fixed order."""
        data = os.path.join(self.root, "data")
        found = (os.path.join(folder, name) for folder, _, names in os.walk(data) for name in names)
        return (*self.ontology, *sorted(path for path in found if path.endswith(".ttl")))

    @property
    def ontology(self) -> tuple[str, ...]:
        """Those of `files` that hold the ontology and the vocabularies."""
        return tuple(os.path.join(self.root, "ontology", name) for name in ONTOLOGY_FILES)

    def triples(self) -> list[Triple]:
        """Everything asserted, in the order of the files.

        Raises:
            errors.InputError: A file cannot be read or parsed.
        """
        return [triple for path in self.files for triple in read_turtle(path)]

    def built(self, name: str) -> str | None:
        """A file made when the package was built (`CLOSED`, `PROOFS`, `STATED`), or None in a checkout."""
        path = os.path.join(self.root, name)
        return path if os.path.isfile(path) else None


def read_turtle(path: str) -> Iterator[Triple]:
    """The statements of one of the project's own Turtle files.

    Blank nodes are named after the file, in the order in which they come: the engine's own labels differ from run to
    run, and with them the built graph would.

    Raises:
        errors.InputError: With path, line and column.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise errors.InputError(f"cannot be read: {error.strerror}.", path=path) from error
    stem = os.path.splitext(os.path.basename(path))[0].replace(".", "-")
    known: dict[object, BlankNode] = {}

    def named(term: Any) -> Any:
        return known.setdefault(term, BlankNode(f"{stem}-{len(known)}")) if isinstance(term, BlankNode) else term

    try:
        for quad in parse(data, format=RdfFormat.TURTLE):
            yield Triple(named(quad.subject), quad.predicate, named(quad.object))
    except SyntaxError as error:
        raise errors.InputError(str(error.msg), path=path, line=error.lineno, column=error.offset) from error


def sort(triples: Iterable[Triple]) -> Iterator[Quad]:
    """Put each asserted statement into its named graph, by the type of its subject."""
    kept = list(dict.fromkeys(triples))
    kinds: dict[object, set[str]] = defaultdict(set)
    for triple in kept:
        if triple.predicate == _RDF_TYPE and isinstance(triple.object, NamedNode):
            kinds[triple.subject].add(triple.object.value)
        elif triple.predicate == _RDF_FIRST:
            kinds[triple.subject].add(PREFIXES["rdf"] + "List")
    names = {name: graph_name(name) for name in GRAPHS}
    for triple in kept:
        name = graph_of(kinds.get(triple.subject, frozenset()))
        yield Quad(triple.subject, triple.predicate, triple.object, names[name])


def graph_of(kinds: Collection[str]) -> str:
    """The graph in which a thing of these types (IRIs) stands."""
    if not _CLAIMS.isdisjoint(kinds):
        return "claims"
    if not _CONCEPTS.isdisjoint(kinds):
        return "vocabulary"
    return "ontology" if any(kind.startswith(_SCHEMA) for kind in kinds) else "data"


def assemble(
    triples: Iterable[Triple], *, reasoner: str = "rules", locate: Locate | None = None
) -> tuple[list[Quad], dict[Triple, Derivation]]:
    """The whole graph: what is asserted, sorted into its graphs, and what follows from it.

    Args:
        triples: Everything asserted.
        reasoner: ``rules``, the project's own evaluator, or ``owlrl``, the package of that name.
        locate: Gives the file and line of a statement by the IRIs of its subject and property.

    Returns:
        All quads, and for each derived statement its derivation.

    Raises:
        errors.Inconsistent: The statements contradict each other under OWL 2 RL.
    """
    from ..reason import closure as inference
    from ..reason import derive

    asserted = list(dict.fromkeys(triples))
    closure = inference.close(asserted) if reasoner == "rules" else inference.close_with_owlrl(asserted)
    if closure.contradictions:
        # owlrl says only that something is wrong; the rules say what.
        explained = closure if reasoner == "rules" else inference.close(asserted)
        found = explained.contradictions or closure.contradictions
        raise inconsistent(((clash, explained.grounds(clash.premises)) for clash in found), asserted, locate)
    derived = dict(closure.derived)
    derived |= dict(derive.derive([*asserted, *closure.derived]))
    graph = graph_name("derived")
    quads = list(sort(asserted))
    quads += [Quad(triple.subject, triple.predicate, triple.object, graph) for triple in derived]
    return quads, derived


def inconsistent(
    contradictions: Iterable[tuple[Contradiction, Iterator[Triple]]],
    asserted: Iterable[Triple],
    locate: Locate | None = None,
) -> errors.Inconsistent:
    """The error for contradictions: each with its rule, its statements, what they rest on and the sources of these.

    Args:
        contradictions: Each with the asserted statements that it rests on, of which a dozen is told.
        asserted: The statements that say what claims are about and which sources they have; others are passed over.
        locate: As for `assemble`.
    """
    about: dict[object, list[str]] = defaultdict(list)
    where: dict[object, list[str]] = defaultdict(list)
    for triple in asserted:
        if triple.predicate.value in (PREFIXES["coop"] + "about", PREFIXES["coop"] + "value"):
            about[triple.object].append(show_term(triple.subject))
        elif triple.predicate.value in (PREFIXES["coop"] + "source", PREFIXES["coop"] + "passage"):
            where[show_term(triple.subject)].append(show_term(triple.object))
    findings: list[dict[str, Any]] = []
    more = 0
    for found, grounds in contradictions:
        told = list(islice(grounds, _GROUNDS))
        more = more if findings else sum(1 for _ in grounds)
        claims = sorted({claim for triple in (*found.premises, *told) for claim in about.get(triple.subject, ())})
        sources = sorted({place for claim in claims for place in where.get(claim, ())})
        statements, leaves = ([show_triple(triple) for triple in part] for part in (found.premises, told))
        places = [_place(triple, locate) for triple in told]
        finding = {"rule": found.rule, "statements": statements, "asserted": leaves, "places": places, "claims": claims}
        findings.append({**finding, "sources": sources})
    hint = "Take back or correct one of these statements."
    return errors.Inconsistent("\n".join(_told(findings[0], more, len(findings) - 1)), findings, hint=hint)


def _told(finding: dict[str, Any], more: int, others: int) -> Iterator[str]:
    """The lines that tell of a contradiction that rests on more statements than it holds, and that there are others."""
    places = dict(zip(finding["asserted"], finding["places"], strict=True))
    placed = {line: f"{line}  ({place})" for line, place in places.items() if place}
    further = more or set(finding["asserted"]) != set(finding["statements"])
    yield f"The graph contradicts itself under rule {finding['rule']}:"
    yield from (f"  {line if further else placed.get(line, line)}" for line in finding["statements"])
    if further:
        yield "  This follows from what is asserted:"
        yield from (f"    {placed.get(line, line)}" for line in finding["asserted"])
        if more:
            yield f"    … and {more} more."
    yield "  Sources: " + (", ".join(finding["sources"]) or "none; no claim speaks of these things")
    if others:
        yield f"  … and {others} more contradiction{'s' * (others > 1)}."


def _place(triple: Triple, locate: Locate | None) -> str:
    """File and line of a statement, where they are known."""
    if locate is None or not isinstance(triple.subject, NamedNode):
        return ""
    found = locate(triple.subject.value, triple.predicate.value)
    return f"{found[0]}:{found[1]}" if found else ""


def show_term(term: object) -> str:
    """A term as people read it: a CURIE, or a literal as in Turtle."""
    return curie(term.value) if isinstance(term, NamedNode) else str(term)


def show_triple(triple: Triple) -> str:
    """A statement as people read it."""
    return " ".join(show_term(term) for term in (triple.subject, triple.predicate, triple.object)) + " ."


def as_stated(triples: Iterable[Triple]) -> list[Triple]:
    """The asserted statements with each disputed value as a pinned source gives it.

    A conflict about one value joins claims with the same thing and property. Where one of them comes from a pinned
    source and the value of another stands in the domain, the source's value takes its place; other values of the
    property stay.
    """
    given = list(dict.fromkeys(triples))
    facts: dict[object, dict[str, list[object]]] = defaultdict(lambda: defaultdict(list))
    for triple in given:
        facts[triple.subject][curie(triple.predicate.value)].append(triple.object)
    swaps: dict[tuple[object, object, object], NamedNode | Literal] = {}
    for conflict in list(facts):
        claims = facts[conflict]["coop:joins"]
        for claim in claims:
            if not facts[claim]["coop:passage"]:
                continue
            for thing, name in _topics(facts[claim]):
                stated = facts[claim]["coop:value"]
                rivals = [other for other in claims if other != claim and (thing, name) in _topics(facts[other])]
                denied = {value for other in rivals for value in facts[other]["coop:value"]}
                standing = facts[thing][show_term(name)]
                # Where none of the values that rivals give stands in the domain, a neutral one does.
                replaced = [value for value in standing if value in denied] or standing
                if stated and rivals and isinstance(stated[0], (NamedNode, Literal)):
                    swaps |= {(thing, name, value): stated[0] for value in replaced}
    result = []
    for triple in given:
        value = swaps.get((triple.subject, triple.predicate, triple.object), triple.object)
        result.append(Triple(triple.subject, triple.predicate, value))
    return list(dict.fromkeys(result))


def _topics(claim: dict[str, list[object]]) -> list[tuple[object, object]]:
    return [(thing, name) for thing in claim["coop:about"] for name in claim["coop:property"]]


def build(bundle: Bundle) -> dict[str, bytes]:
    """The files that the built package carries besides the sources: name to bytes of sorted N-Quads.

    Raises:
        errors.Inconsistent: The bundled data contradict each other.
    """
    from ..store import proofs

    asserted = bundle.triples()
    quads, derivations = assemble(asserted)
    stated, _ = assemble(as_stated(asserted))
    return {CLOSED: nquads(quads), PROOFS: proofs.nquads(derivations), STATED: nquads(stated)}


def nquads(quads: Iterable[Quad]) -> bytes:
    """Quads as N-Quads, each once, with an index in comments at the head.

    The lines stand in sections by predicate and by the kind of their subject (types: by the class), each sorted, and
    the index says where a section lies. So an engine can load just what a query names: a pattern with a constant
    predicate can match nothing outside the sections of that predicate.
    """
    sections: dict[tuple[str, str], list[bytes]] = defaultdict(list)
    unique = list(dict.fromkeys(quads))
    for quad, line in zip(unique, _lines(unique), strict=True):
        # Of types it matters which one, of everything else whose it is. A user's file may have a text for a type.
        named = quad.predicate == _RDF_TYPE and isinstance(quad.object, NamedNode)
        kind = show_term(quad.object) if named else kind_of(quad.subject)
        sections[quad.predicate.value, kind].append(line)
    index, body, start = [], [], 0
    for (predicate, kind), lines in sorted(sections.items()):
        block = b"".join(sorted(lines))
        index.append(f"# {start} {len(block)} {kind} {predicate}\n".encode())
        body.append(block)
        start += len(block)
    return b"".join([f"{INDEX} {len(index)}\n".encode(), *index, *body])


def _lines(quads: list[Quad]) -> list[bytes]:
    return (serialize(quads, format=RdfFormat.N_QUADS) or b"").splitlines(keepends=True)


INDEX = "# csto-graph index"
"""First words of a file that begins with an index."""
