"""The one way to a graph: statements, what follows from them, and how, into a sink in memory or on disk.

Terms stay texts in N-Triples form, as they were read, and nothing is kept that has been written.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Container, Iterable, Sequence
from contextlib import suppress
from functools import cache
from itertools import islice, product
from pathlib import Path
from shutil import rmtree
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from .. import errors
from ..names import PREFIXES, curie
from ..rdf.terms import TripleIndex
from ..reason import closure, derive
from ..reason.rules import Step
from ..store.engine import GRAPHS, PROOF, Statement, graph_name, names_of, statement_name
from ..store.oxigraph import PROVED, Sink, written
from .inputs import CLOSED, NAMES, PROOFS, STATED, Bundle, Locate, Progress, read_turtle, silent

_RDF, _COOP = PREFIXES["rdf"], PREFIXES["coop"]
_TYPE, _FIRST, _TEMPLATE = f"<{_RDF}type>", f"<{_RDF}first>", f"<{_COOP}labelTemplate>"
_JOINS, _ABOUT, _PROPERTY, _VALUE, _PASSAGE, _SOURCE = (
    f"<{_COOP}{name}>" for name in ("joins", "about", "property", "value", "passage", "source")
)
_CLAIMS = frozenset(_COOP + name for name in ("Claim", "Conflict", "Passage", "Source", "PinnedSource", "Publisher"))
_CLAIMS |= {PREFIXES["oa"] + "TextPositionSelector"}
_CONCEPTS = frozenset(PREFIXES["skos"] + name for name in ("Concept", "ConceptScheme"))
_SCHEMA = (PREFIXES["owl"], PREFIXES["rdfs"], _RDF)
_GROUNDS = 12  # how many of the statements that a contradiction rests on are told


def build(bundle: Bundle) -> dict[str, bytes]:
    """The files that the built package carries besides the sources: name to bytes of sorted lines.

    Raises:
        errors.Inconsistent: The bundled data contradict each other.
    """
    asserted = list(map(texts, read_turtle(*bundle.files)))
    schema = frozenset(map(texts, read_turtle(*bundle.ontology)))
    closed, proofs = written(lambda sink: assemble(asserted, sink, schema=schema))
    stated, _ = written(lambda sink: assemble(as_stated(asserted), sink, schema=schema))
    names = names_of(parse(closed, format=RdfFormat.N_QUADS))
    return {CLOSED: closed, PROOFS: proofs, NAMES: names, STATED: stated}


def prepare(bundle: Bundle) -> str:
    """The folder with what `build` makes of a checkout, made where it is not there yet.

    Raises:
        errors.Inconsistent: The bundled data contradict each other.
    """
    folder = bundle.prepared
    if not os.path.exists(folder):
        files, made = build(bundle), f"{folder}.{os.getpid()}"
        os.makedirs(made)
        for name, data in files.items():
            Path(made, name).write_bytes(data)
        with suppress(OSError):  # another process may have made it meanwhile
            os.rename(made, folder)
        rmtree(made, ignore_errors=True)
    return folder


def assemble(
    given: Iterable[Statement], sink: Sink, *, schema: Container[Statement] = (), reasoner: str = "rules",
    contradictions: bool = False, house: bool = True, progress: Progress = silent, locate: Locate = lambda *_: None,
) -> None:  # fmt: skip
    """Write the whole graph to a sink: what is asserted, sorted into its graphs, and what follows, with its proofs.

    Args:
        given: Everything asserted; a statement may come twice.
        sink: Takes it.
        schema: The statements of the bundled ontology and vocabularies: they alone stand in the graphs of that name.
            Whatever else is asserted is data or claims, the axioms and concepts of a user's files, too.
        reasoner: One of `view.REASONERS`.
        contradictions: Whether the statements may contradict each other.
        house: Whether the project's own rules draw conclusions, too.
        progress: Is told what is being done.
        locate: Gives the file and line of a statement by the IRIs of its subject and property.

    Raises:
        errors.Inconsistent: The statements contradict each other under OWL 2 RL, and must not.
    """
    asserted = _shared(given, progress)
    places = _places(asserted)
    templates = [value for _, predicate, value in asserted if predicate == _TEMPLATE]
    wanted = {f"<{name}>" for name in derive.read_by(templates)}
    relevant: deque[derive.Fact] = deque()  # what the project's own rules read
    term, graphs = cache(parsed), {name: str(graph_name(name)) for name in GRAPHS}

    def write(statement: Statement, graph: str) -> None:
        sink(statement, graphs[graph])
        subject, predicate, value = statement
        if house and predicate in wanted:
            relevant.append(derive.Fact(term(subject), term(predicate), term(value)))

    def conclude(statement: Statement, rule: str, premises: Iterable[Statement]) -> None:
        write(statement, "derived")
        text = "\n".join((rule, *(f"{subject} {name} {value} ." for subject, name, value in premises)))
        sink((str(statement_name(*statement)), f"<{PROOF}>", str(Literal(text))), PROVED)

    for statement in asserted:
        place = places.get(statement[0], "data")
        write(statement, place if place == "claims" or statement in schema else "data")
    progress("closure", 0, 0)
    steps: Iterable[tuple[Statement, Step]] = ()
    if reasoner != "none":
        closed = closure.close_with_owlrl(asserted) if reasoner == "owlrl" else closure.close(asserted)
        if closed.contradictions and not contradictions:
            # owlrl says only that something is wrong; the rules say what.
            told = closed if reasoner == "rules" else closure.close(asserted)
            raise _inconsistent(told.contradictions or closed.contradictions, asserted, locate)
        steps = closed.steps
    del asserted
    for statement, (rule, premises) in steps:
        conclude(statement, rule, premises)
    progress("derivation", 0, 0)
    for fact, rule, grounds in derive.facts(relevant.popleft() for _ in range(len(relevant))):
        conclude(texts(fact), rule, map(texts, grounds))


def assembled(given: Iterable[Triple], schema: Iterable[Triple] = (), reasoner: str = "rules") -> list[Quad]:
    """The whole graph of a few statements as quads: see `assemble`."""
    known = frozenset(map(texts, schema))
    nquads, _ = written(lambda sink: assemble(map(texts, given), sink, schema=known, reasoner=reasoner))
    return list(parse(nquads, format=RdfFormat.N_QUADS))


def texts(statement: Triple | derive.Fact) -> Statement:
    """A statement as texts."""
    return str(statement.subject), str(statement.predicate), str(statement.object)


def parsed(text: str) -> Any:
    """The term that a text in N-Triples form is."""
    if text.startswith("<") and "\\" not in text:
        return NamedNode(text[1:-1])
    return next(iter(parse(f"<urn:x> <urn:x> {text} .", format=RdfFormat.N_TRIPLES))).object


def triple(statement: Statement) -> Triple:
    """A statement with its terms."""
    return Triple(*(parsed(term) for term in statement))


def _shared(given: Iterable[Statement], progress: Progress) -> list[Statement]:
    """The statements, each once, with one text for each term however often it stands there."""
    share = dict[str, str]().setdefault
    found: dict[Statement, None] = {}
    for number, (subject, predicate, value) in enumerate(given):
        if number % 100_000 == 0:
            progress("statements", number, 0)
        found[share(subject, subject), share(predicate, predicate), share(value, value)] = None
    return list(found)


def _places(asserted: list[Statement]) -> dict[str, str]:
    """Subject to graph, where that is not the one of data: of several types a claim's counts first, a term's last."""
    order = ("claims", "vocabulary", "ontology", "data")
    places: dict[str, str] = {}
    for subject, predicate, value in asserted:
        if predicate in (_TYPE, _FIRST):
            kind = value[1:-1] if predicate == _TYPE else f"{_RDF}List"
            graph = "claims" if kind in _CLAIMS else "vocabulary" if kind in _CONCEPTS else "ontology"
            if graph != "ontology" or kind.startswith(_SCHEMA):
                places[subject] = min(graph, places.get(subject, "data"), key=order.index)
    return places


# --- the reading of the source ----------------------------------------------------------------------------------


def as_stated(given: Iterable[Statement]) -> list[Statement]:
    """The asserted statements with each disputed value as a pinned source gives it.

    A conflict about one value joins claims with the same thing and property. Where one of them comes from a pinned
    source and the value of another stands in the domain, the source's value takes its place; other values of the
    property stay. What it alone states, and the domain does not, because the claim was not believed, is added.
    """
    statements = list(dict.fromkeys(given))
    index = TripleIndex(statements)
    swaps, alone = dict[Statement, str](), list[Statement]()
    for conflict in dict.fromkeys(conflict for conflict, _ in index.pairs(_JOINS)):
        members = index.objects(conflict, _JOINS)
        topics = {one: [*product(index.objects(one, _ABOUT), index.objects(one, _PROPERTY))] for one in members}
        for claim in members:
            stated = index.objects(claim, _VALUE)
            if not index.objects(claim, _PASSAGE) or not stated or stated[0].startswith("_:"):
                continue
            for topic in topics[claim]:
                rivals = [other for other in members if other != claim and topic in topics[other]]
                denied = {value for other in rivals for value in index.objects(other, _VALUE)}
                # Where none of the values that rivals give stands in the domain, a neutral one does.
                standing = index.objects(*topic)
                replaced = [value for value in standing if value in denied] or standing
                if rivals:
                    swaps |= {(*topic, value): stated[0] for value in replaced}
                elif not standing:
                    alone.append((*topic, stated[0]))
    return list(dict.fromkeys([*((*one[:2], swaps.get(one, one[2])) for one in statements), *alone]))


# --- contradictions ---------------------------------------------------------------------------------------------


def _inconsistent(
    contradictions: Iterable[tuple[str, Sequence[Statement], Iterable[Statement]]],
    asserted: Iterable[Statement],
    locate: Locate,
) -> errors.Inconsistent:
    """The error for contradictions: each with its rule, its statements, what they rest on and the sources of these.

    Args:
        contradictions: For each the rule, the statements that clash and the asserted ones that these rest on, of which
            a dozen is told.
        asserted: The statements that say what claims are about and which sources they have; others are passed over.
        locate: As for `assemble`.
    """

    def show(*terms: str) -> str:
        return " ".join(show_term(parsed(term)) for term in terms)

    index = TripleIndex(one for one in asserted if one[1] in (_ABOUT, _VALUE, _SOURCE, _PASSAGE))
    findings, more = list[dict[str, Any]](), 0
    for rule, premises, grounds in contradictions:
        every = list(islice(grounds, _GROUNDS if findings else None))  # of the first it is told how many more there are
        told, more = every[:_GROUNDS], more or len(every[_GROUNDS:])
        things = {one[0] for one in (*premises, *told)}
        claims = {claim for thing in things for name in (_ABOUT, _VALUE) for claim in index.subjects(name, thing)}
        sources = {source for claim in claims for name in (_SOURCE, _PASSAGE) for source in index.objects(claim, name)}
        places = (locate(one[0][1:-1], one[1][1:-1]) if one[0][0] == "<" else None for one in told)
        findings.append({
            "rule": rule, "statements": [show(*one) + " ." for one in premises],
            "asserted": [show(*one) + " ." for one in told],
            "places": [f"{place[0]}:{place[1]}" if place else "" for place in places],
            "claims": sorted(map(show, claims)), "sources": sorted(map(show, sources)),
        })  # fmt: skip
    first = findings[0]
    placed = {line: line + f"  ({place})" * bool(place)
              for line, place in zip(first["asserted"], first["places"], strict=True)}  # fmt: skip
    lines = [f"The graph contradicts itself under rule {first['rule']}:"]
    lines += [f"  {placed.get(line, line)}" for line in first["statements"]]
    if more or placed.keys() != set(first["statements"]):
        lines += ["  This follows from what is asserted:", *(f"    {line}" for line in placed.values())]
        lines += [f"    … and {more} more."] * bool(more)
    lines.append("  Sources: " + (", ".join(first["sources"]) or "none; no claim speaks of these things"))
    if others := len(findings) - 1:
        lines.append(f"  … and {others} more contradiction{'s' * (others > 1)}.")
    hint = "Take back or correct one of these statements; or ask and check them as they are with --reasoner none."
    return errors.Inconsistent("\n".join(lines), findings, hint=hint)


def show_term(term: object) -> str:
    """A term as people read it: a CURIE, or a literal as in Turtle."""
    return curie(term.value) if isinstance(term, NamedNode) else str(term)
