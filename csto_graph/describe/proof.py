"""Why the graph says so: from any statement down to claims, passages, evidence pages and axioms.

An explanation holds each statement once, with what it rests on: an asserted one on claims, a derived one on the
premises of the rule that drew it first. Premises stand before conclusions in time, so no proof is circular, and
shared ones are told once. Where a statement is asserted as well as derived, that it is asserted counts.

Its JSON document, ``csto-graph/proof/1``:
    ``thing``; ``property`` and ``value`` where they were asked for; ``holds``; ``complete`` (false where the bound on
    size was reached); ``computed`` (the column of a cell that the query computed, else ''); ``roots``, names of the
    statements explained; ``about``, things whose claims are all listed, for such a cell those of its row;
    ``statements``: ``id`` (`statement_name`, short), ``subject property value`` (each with ``label`` and ``term``, its
    N-Triples form, and ``iri curie`` where it has them), ``graph``, ``reason`` (``asserted axiom derived unknown
    more``), ``rule``, ``says`` (what the rule says), ``premises`` (names), ``speaks`` (whether the claims state
    just this, ``statement``; speak of the ``thing`` as a whole; ``mention`` it; or are the ``record`` itself),
    ``claims`` and ``conflicts`` (CURIEs), ``defined`` (IRI of the ontology of an axiom);
    ``claims``, as in ``csto-graph/thing/1``, with ``publisher`` and ``date`` of each source, and ``corroboration``
    in words that count publishers where several sources of one state the same; ``conflicts``, each a
    ``csto-graph/conflict/1``.
"""

from __future__ import annotations

import re
import shlex
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from .. import errors
from ..loading.view import GraphView
from ..names import PREFIXES, SCHEMES, curie, iri, natural
from ..rdf import turtle
from ..sparql.text import bind
from ..store.engine import Engine, Term, graph_name, kind_of, statement_name
from ..store.lookup import normal
from ..text import to_json
from ..words import rule_says, table, term_label
from . import proof_svg, proof_text
from .claims import ClaimIndex, evidence_documents
from .proof_text import Terms

FORMATS = ("text", "json", "turtle", "svg")
"""In which an explanation is given."""

MOST = 5_000
"""Statements in one explanation; a proof that is longer is cut and says so."""

_ASSERTED = ("data", "claims", "vocabulary", "ontology")
_TYPE = iri("rdf:type")
_SCHEMA = frozenset(iri(f"rdfs:{name}") for name in ("subClassOf", "subPropertyOf", "domain", "range"))
# The ontology does not describe the terms that it is written in.
_BUILT_IN = tuple(PREFIXES[prefix] for prefix in ("rdf", "rdfs", "owl", "skos"))
# What only keeps the books between things and claims is told with the claims.
_BOOKS = frozenset(iri(name) for name in ("coop:supportedBy", "coop:disputedIn"))
# What is told in Turtle of claims, sources and conflicts.
_LABELS = ("skos:prefLabel", "rdfs:label")
_OF_CLAIMS = ("coop:property", "coop:value", "coop:reading")
_DATES = ("coop:date", "coop:notBefore", "coop:notAfter")
_OF_SOURCES = ("rdf:type", *_LABELS, "coop:address", *_DATES, "dcterms:publisher")
_OF_CONFLICTS = ("rdf:type", *_LABELS, "coop:kind", "coop:joins", "coop:accepts", "coop:open", "coop:rationale")


@dataclass(frozen=True, slots=True)
class Step:
    """A statement and what it rests on.

    Attributes:
        statement: The statement.
        graph: Named graph it stands in, short; '' where it stands in none. Of several, an asserted one.
        rule: Rule that drew it, where it is derived.
        premises: What the rule drew it from.
        claims: IRIs of the claims it rests on, where it is asserted.
        speaks: What these claims speak of: see `Evidence`.
        conflicts: IRIs of the conflicts about it.
        more: Whether what it rests on was left out, the explanation being long enough.
    """

    statement: Triple
    graph: str = ""
    rule: str = ""
    premises: tuple[Triple, ...] = ()
    claims: tuple[str, ...] = ()
    speaks: str = ""
    conflicts: tuple[str, ...] = ()
    more: bool = False

    @property
    def reason(self) -> str:
        """``asserted``, ``axiom``, ``derived``, ``unknown`` (it stands nowhere) or ``more`` (left out)."""
        if self.more:
            return "more"
        if self.graph in ("ontology", "vocabulary") or (self.graph == "data" and _is_axiom(self.statement)):
            return "axiom"
        return {"derived": "derived", "": "unknown"}.get(self.graph, "asserted")


def _is_axiom(statement: Triple) -> bool:
    """Whether a statement of a user's file says what classes and properties mean."""
    value = statement.object.value if isinstance(statement.object, NamedNode) else ""
    name = statement.predicate.value
    return name.startswith(PREFIXES["owl"]) or name in _SCHEMA or (name == _TYPE and value.startswith(PREFIXES["owl"]))


def standing(engine: Engine, statement: Triple) -> str:
    """The named graph that a statement stands in, short: an asserted one before ``derived``; '' for none.

    Blank nodes compare by place alone where their names differ: servers give them names of their own.
    """
    subject, value = statement.subject, statement.object
    known = subject if isinstance(subject, NamedNode) else None
    found = list(engine.match(known, statement.predicate, None if isinstance(value, BlankNode) else value))
    same = [quad for quad in found if quad.triple == statement]
    fitting = same or [quad for quad in found if _blank(quad.subject, subject) and _blank(quad.object, value)]
    graphs = {quad.graph_name for quad in fitting}
    return next((name for name in (*_ASSERTED, "derived") if graph_name(name) in graphs), "")


def _blank(one: object, other: object) -> bool:
    return one == other or (isinstance(one, BlankNode) and isinstance(other, BlankNode))


class Explanation:
    """Statements with their proofs, down to claims and axioms. It is false where nothing could be explained.

    Attributes:
        thing: IRI of the thing asked about; '' for a cell that stands for none.
        property: IRI of the property asked about, or ''.
        value: The value asked about, as a term or as it was given, or None.
        roots: The statements that were asked about, in a fixed order.
        steps: Every statement told, with what it rests on; the roots first.
        about: IRIs of things for which all claims about them are listed.
        computed: Column of a cell that the query computed from what is known of these things, or ''.
        complete: Whether everything is there, down to the last leaf.
    """

    def __init__(
        self,
        view: GraphView,
        roots: Sequence[Triple],
        *,
        thing: str = "",
        property: str = "",
        value: object = None,
        about: Sequence[str] = (),
        computed: str = "",
        deep: bool = True,
        reading: str = "curated",
    ) -> None:
        self._view = view
        self._engine = view.engine(reading)
        self._index = ClaimIndex(self._engine)
        self.thing, self.property, self.value = thing, property, value
        self.roots = tuple(dict.fromkeys(roots))
        self.about = tuple(about)
        self.computed = computed
        steps: dict[Triple, Step] = {}
        waiting = deque(self.roots)
        while waiting:
            statement = waiting.popleft()
            if statement not in steps:
                steps[statement] = step = self._step(statement, deep, cut=len(steps) >= MOST)
                waiting.extend(step.premises)
        self.steps: Mapping[Triple, Step] = steps

    def _step(self, statement: Triple, deep: bool, *, cut: bool) -> Step:
        """A statement with its evidence, or with its proof, as deep as is wanted; nothing of it where that is cut."""
        if cut:
            return Step(statement, more=True)
        step = Step(statement, standing(self._engine, statement))
        if step.reason == "asserted":
            return replace(step, **self._index.evidence(statement, step.graph)._asdict())
        proof = self._engine.proof(statement) if step.reason == "derived" else None
        return replace(step, rule=proof.rule, premises=proof.premises if deep else ()) if proof else step

    @property
    def complete(self) -> bool:
        """Whether nothing was left out."""
        return not any(step.more for step in self.steps.values())

    @property
    def holds(self) -> bool:
        """Whether what was asked for stands in the graph."""
        return bool(self.roots)

    def __bool__(self) -> bool:
        return bool(self.roots) or bool(self.claims)

    @cached_property
    def claims(self) -> tuple[str, ...]:
        """IRIs of all claims that the explanation ends in."""
        leaves = [claim for step in self.steps.values() for claim in step.claims]
        whole = [claim for thing in self.about for claim in self._index.known(thing, bool(leaves))]
        return tuple(dict.fromkeys([*leaves, *whole]))

    @cached_property
    def conflicts(self) -> tuple[str, ...]:
        """IRIs of the conflicts about the statements told, or about what a cell was computed from."""
        found = {name for step in self.steps.values() for name in step.conflicts}
        found |= {name for thing in self.about for entry in self._index.about(thing) for name in entry.conflicts}
        if self.computed:
            found |= self._index.disputes(self.about[0])
        return tuple(sorted(found, key=natural))

    # -- as it is given

    def document(self, language: str | None = None) -> dict[str, Any]:
        """The explanation in the shape ``csto-graph/proof/1``; see the module."""
        language = language or self._view.language
        terms = Terms(self._view, self._engine, language)
        asked: dict[str, Any] = {}
        for key, name in (("thing", self.thing), ("property", self.property)):
            if name:
                asked[key] = terms(NamedNode(name))
        if self.value is not None:
            asked["value"] = terms(self.value) if isinstance(self.value, Term) else str(self.value)
        steps = self.steps.values()
        alike = [[curie(claim) for claim in step.claims] for step in steps if step.speaks == "statement"]
        return {
            "format": "csto-graph/proof/1",
            **asked,
            "holds": self.holds,
            "complete": self.complete,
            "computed": self.computed,
            "roots": [_id(root) for root in self.roots],
            "about": [terms(NamedNode(thing)) for thing in self.about],
            "statements": [self._statement(step, terms, language) for step in steps],
            **evidence_documents(self._view, self.claims, self.conflicts, alike, language),
        }

    def _statement(self, step: Step, terms: Terms, language: str) -> dict[str, Any]:
        places = defined(self._engine, step.statement) if step.reason == "axiom" else []
        return {
            "id": _id(step.statement),
            "subject": terms(step.statement.subject),
            "property": terms(step.statement.predicate),
            "value": terms(step.statement.object),
            "graph": step.graph,
            "reason": step.reason,
            "rule": step.rule,
            "says": rule_says(step.rule, language),
            "premises": [_id(premise) for premise in step.premises],
            "speaks": step.speaks,
            "claims": [curie(claim) for claim in step.claims],
            "conflicts": [curie(name) for name in step.conflicts],
            "defined": places[0].value if places else "",
        }

    def written(self, format: str, language: str | None = None, *, width: int = 100) -> str:
        """The explanation in one of `FORMATS`, a text in so many columns where words allow it.

        Raises:
            errors.UnknownName: There is no such format.
        """
        if format not in FORMATS:
            raise errors.UnknownName("format", format, hint=f"Formats here: {', '.join(FORMATS)}.")
        if format == "text":
            return self.to_text(language, width=width)
        if format == "turtle":
            return self.to_turtle()
        return self.to_json(language) if format == "json" else self.to_svg(language)

    def to_text(self, language: str | None = None, *, width: int = 100) -> str:
        """The explanation in words, as trees of at most so many columns where words allow it."""
        return "".join(proof_text.proof_text(self.document(language), language or self._view.language, width))

    def to_json(self, language: str | None = None) -> str:
        """The document as text."""
        return to_json(self.document(language))

    def to_svg(self, language: str | None = None) -> str:
        """The explanation as a drawing."""
        return proof_svg.proof_drawing(self.document(language), language or self._view.language)

    def to_turtle(self) -> str:
        """The explanation in PROV-O: see `triples`."""
        return turtle.write(list(self.triples()))

    def triples(self) -> Iterator[Triple]:
        """The explanation in PROV-O (W3C Recommendation, section 3.1).

        Each statement is an entity and reified; a derived one was derived from its premises and generated by an
        activity that is labelled with its rule; an asserted one was derived from claims, and these were quoted from,
        or have as primary source, the source of theirs; an axiom has as primary source the ontology. Sources, their
        publishers and the conflicts, with all claims that these join, are told as the graph has them.
        """
        for step in self.steps.values():
            yield from self._provenance(step)
        joined = (claim for conflict in self.conflicts for claim in self._named(conflict, "coop:joins"))
        claims = list(dict.fromkeys([*self.claims, *joined]))
        for claim in claims:
            words = self._view.objects(claim, iri("coop:statement"))
            verb = "wasQuotedFrom" if self._view.objects(claim, iri("coop:passage")) else "hadPrimarySource"
            pages = self._view.objects(claim, iri("coop:source"))
            entity = NamedNode(iri("prov:Entity"))
            yield from _said(NamedNode(claim), {"rdf:type": [entity], "rdfs:label": words, f"prov:{verb}": pages})
        sources = dict.fromkeys(source for claim in claims for source in self._named(claim, "coop:source"))
        publishers = dict.fromkeys(name for source in sources for name in self._named(source, "dcterms:publisher"))
        for names, things in (
            (_OF_CLAIMS, claims), (_OF_SOURCES, sources), (_LABELS, publishers), (_OF_CONFLICTS, self.conflicts)
        ):  # fmt: skip
            for thing in things:
                yield from _said(NamedNode(thing), {name: self._view.objects(thing, iri(name)) for name in names})

    def _provenance(self, step: Step) -> Iterator[Triple]:
        """A statement, reified, and what it was derived from; if by a rule, by an activity named after it."""
        statement, node = step.statement, statement_name(*step.statement)
        premises = [statement_name(*premise) for premise in step.premises]
        yield from _said(node, {
            "rdf:type": [NamedNode(iri("rdf:Statement")), NamedNode(iri("prov:Entity"))],
            "rdf:subject": [statement.subject],
            "rdf:predicate": [statement.predicate],
            "rdf:object": [statement.object],
            "prov:wasDerivedFrom": [*premises, *map(NamedNode, step.claims)],
            "prov:hadPrimarySource": defined(self._engine, statement) if step.reason == "axiom" else [],
        })  # fmt: skip
        if step.rule:
            act = NamedNode(f"{node.value}-drawn")
            says = [Literal(rule_says(step.rule, language), language=language) for language in ("en", "ru")]
            yield from _said(node, {"prov:wasGeneratedBy": [act]})
            yield from _said(act, {
                "rdf:type": [NamedNode(iri("prov:Activity"))],
                "rdfs:label": [Literal(step.rule)],
                "rdfs:comment": [text for text in says if text.value],
                "prov:used": premises,
            })  # fmt: skip

    def _named(self, thing: str, name: str) -> list[str]:
        """The things that are values of a property, sorted."""
        values = self._view.objects(thing, iri(name))
        return sorted((value.value for value in values if isinstance(value, NamedNode)), key=natural)

    def __repr__(self) -> str:
        count = f"{len(self.steps)} statement" + ("" if len(self.steps) == 1 else "s")
        return f"<Explanation {curie(self.thing) or 'of a cell'}: {count}, {len(self.claims)} claims>"

    def __str__(self) -> str:
        return self.to_text()

    def _repr_svg_(self) -> str:
        return self.to_svg()


def _said(subject: NamedNode, said: Mapping[str, Iterable[Any]]) -> Iterator[Triple]:
    """Triples of a thing from properties (CURIEs) and their values."""
    return (Triple(subject, NamedNode(iri(name)), value) for name, values in said.items() for value in values)


def _id(statement: Triple) -> str:
    return curie(statement_name(*statement).value)


def defined(engine: Engine, statement: Triple) -> list[NamedNode]:
    """Where the subject of an axiom is defined: its ontology or its scheme of concepts."""
    if not isinstance(statement.subject, NamedNode):
        return []
    for name in ("rdfs:isDefinedBy", "skos:inScheme"):
        found = {quad.object for quad in engine.match(statement.subject, NamedNode(iri(name)), None)}
        if places := sorted((term for term in found if isinstance(term, NamedNode)), key=str):
            return places
    return []


# --- what was asked -------------------------------------------------------------------------------------------------


def explain(
    view: GraphView, thing: str, property: str | None = None, value: object = None, *, reading: str = "curated"
) -> Explanation:
    """Explain a thing, the values of a property of it, or one statement.

    Args:
        view: The graph.
        thing: IRI, CURIE, identifier or name of a thing.
        property: CURIE, IRI or name of a property; None explains each statement about the thing in one step.
        value: A thing's IRI, CURIE or name, a literal's text with or without ``@language`` or ``^^datatype``, or a
            term; None explains every value.
        reading: ``curated`` or ``source``.

    Raises:
        errors.UnknownName: There is no such thing or property.
        errors.BadParameter: Several have that name, or the text fits several values.
        errors.UsageError: A value without a property.
    """
    if value is not None and property is None:
        raise errors.UsageError("A value was given without a property.", hint="Give THING PROPERTY VALUE.")
    subject = NamedNode(view.resolve(thing))
    engine = view.engine(reading)
    name = None if property is None else NamedNode(resolve_property(view, engine, subject, property))
    found = dict.fromkeys(quad.triple for quad in engine.match(subject, name, None))
    roots = sorted(found, key=lambda triple: (natural(curie(triple.predicate.value)), natural(str(triple.object))))
    if name is None:
        roots = [root for root in roots if root.predicate.value not in _BOOKS]
        return Explanation(view, roots, thing=subject.value, about=[subject.value], deep=False, reading=reading)
    given: object = value
    if value is not None:
        roots = fitting(view, roots, value)
        given = roots[0].object if roots else value
    return Explanation(view, roots, thing=subject.value, property=name.value, value=given, reading=reading)


_PROPERTY_CLASSES = ("rdf:Property", *(f"owl:{kind}Property" for kind in (
    "Object", "Datatype", "Annotation", "Ontology", "Functional", "InverseFunctional", "Symmetric", "Asymmetric",
    "Transitive", "Reflexive", "Irreflexive", "Deprecated",
)))  # fmt: skip
_BETWEEN_PROPERTIES = ("rdfs:subPropertyOf", "owl:inverseOf", "owl:equivalentProperty", "owl:propertyDisjointWith")


def resolve_property(view: GraphView, engine: Engine, subject: NamedNode, text: str) -> str:
    """IRI of the property that a text names: one that the thing has before any other.

    Any property is known that a statement uses or that an axiom is about; by IRI, CURIE, label or local name.

    Raises:
        errors.UnknownName: There is no such property; with those of the thing that are near.
        errors.BadParameter: Several have that name.
    """
    own = sorted({quad.predicate.value for quad in engine.match(subject, None, None)})
    named = iri(text.strip())
    if named in own or named.startswith(_BUILT_IN) or _is_property(engine, named):
        return named
    wanted = normal(text)
    forms = {name: set(map(normal, _forms(view, name))) for name in own}
    if fits := [name for name in own if wanted in forms[name]]:
        return _only(fits, text)
    for kind in _PROPERTY_CLASSES:
        try:
            return view.resolve(text, of=kind, parameter="property")
        except errors.UnknownName:
            continue
    terms = [short for short in table("terms") if wanted in map(normal, _term_words(short))]
    if len(properties := [iri(short) for short in terms if short.partition(":")[2][0].islower()]) == 1:
        return properties[0]
    rows = engine.query("SELECT DISTINCT ?p WHERE { ?s ?p ?o }").rows
    used = sorted(name.value for (name,) in rows if isinstance(name, NamedNode))
    if fits := [name for name in used if wanted and wanted == normal(_local(name))]:
        return _only(fits, text)
    spoken = {form: name for name, said in forms.items() for form in sorted(said)}
    near = [curie(spoken[form]) for form in get_close_matches(wanted, spoken, n=3, cutoff=0.6)]
    hint = "A CURIE or a label names it."
    raise errors.UnknownName("property", text, suggestions=list(dict.fromkeys(near)), hint=hint)


def _only(fits: Sequence[str], text: str) -> str:
    """The one property that a text names.

    Raises:
        errors.BadParameter: It names several.
    """
    if len(fits) > 1:
        shown = [curie(name) for name in fits]
        raise errors.BadParameter("property", text, "the name of one property", suggestions=shown)
    return fits[0]


def _is_property(engine: Engine, name: str) -> bool:
    """Whether statements use an IRI as a property, or axioms take it for one."""
    if ":" not in name:
        return False
    try:
        node = NamedNode(name)
    except ValueError:
        return False
    kind = NamedNode(iri("rdf:type"))
    patterns: list[tuple[NamedNode | None, NamedNode, NamedNode | None]] = [(None, node, None)]
    patterns += [(node, kind, NamedNode(iri(of))) for of in _PROPERTY_CLASSES]
    patterns += [(node, NamedNode(iri(axiom)), None) for axiom in (*_BETWEEN_PROPERTIES, "rdfs:domain", "rdfs:range")]
    patterns += [(None, NamedNode(iri(axiom)), node) for axiom in (*_BETWEEN_PROPERTIES, "owl:onProperty")]
    return any(next(iter(engine.match(*pattern)), None) for pattern in patterns)


def _forms(view: GraphView, name: str) -> Iterator[str]:
    """How people may write a property: its local name, in one word or several, its labels, and as it is shown here."""
    yield _local(name)
    yield re.sub(r"(?<=[a-z])(?=[A-Z])", " ", _local(name))
    yield from (view.label(name, language) for language in ("en", "ru"))
    yield from _term_words(curie(name))


def _local(name: str) -> str:
    return re.split(r"[/#:]", curie(name))[-1]


def _term_words(short: str) -> Iterator[str]:
    """The words in which a term of RDF or OWL is shown, and Turtle's own for the class of a thing."""
    yield from filter(None, (term_label(short, language) for language in ("en", "ru")))
    if short == "rdf:type":
        yield "a"


def fitting(view: GraphView, statements: Sequence[Triple], value: object) -> list[Triple]:
    """Those of some statements whose value is the one given; see `explain`.

    Raises:
        errors.BadParameter: A text fits several literals, or several things.
    """
    if isinstance(value, (NamedNode, BlankNode, Literal, Triple)):
        return [statement for statement in statements if statement.object == value]
    text = str(getattr(value, "iri", value))
    for test in (_is_term, _is_text, _is_called):
        found = [statement for statement in statements if test(view, statement.object, text)]
        if len(found) > 1:
            terms = [statement.object for statement in found]
            forms = [curie(term.value) if isinstance(term, NamedNode) else str(term) for term in terms]
            raise errors.BadParameter("value", text, "one value of this property", suggestions=forms[:5])
        if found:
            return found
    return []


def _is_term(_: GraphView, term: Term, text: str) -> bool:
    """Whether a text is the IRI, the CURIE or the Turtle form of a term; a literal's quotes may be left out."""
    if isinstance(term, NamedNode):
        return iri(text) == term.value or text == str(term)
    if not isinstance(term, Literal):
        return False
    tails = [f"@{term.language}"] if term.language else [f"^^{term.datatype.value}", f"^^{curie(term.datatype.value)}"]
    return text == str(term) or text in [body + tail for body in (term.value, f'"{term.value}"') for tail in tails]


def _is_text(_: GraphView, term: Term, text: str) -> bool:
    return isinstance(term, Literal) and text in (term.value, f'"{term.value}"')


def _is_called(view: GraphView, term: Term, text: str) -> bool:
    """Whether a text is a name of a thing."""
    if not isinstance(term, NamedNode):
        return False
    if normal(text) in {normal(view.label(term.value, language)) for language in ("en", "ru")}:
        return True
    return any(match.iri == term.value and match.exact for match in view.find(text, limit=50))


# --- a cell of an answer --------------------------------------------------------------------------------------------

_LINKS = 24  # statements that tie a cell to the thing of its row


def explain_cell(
    view: GraphView,
    row: Mapping[str, Term | None],
    column: str,
    *,
    reading: str = "curated",
    counted: Sequence[NamedNode] = (),
) -> Explanation:
    """Explain one cell of an answer.

    The first thing of a row is what the row is about, and known through the claims about it. Any other cell is
    explained by the statements that tie it to that thing, directly or by way of one thing between; else to the next
    thing of the row. A value that no statement ties to them was computed by the query, and rests on the claims about
    them, as the cell of a row without a thing does on those about the things that were counted.

    Args:
        view: The graph.
        row: Column to term, for the whole row.
        column: The column of the cell.
        reading: In which reading the answer was given.
        counted: The things from which a row was computed that names none.

    Raises:
        errors.UnknownName: There is no such column.
        errors.UsageError: The cell is empty, or its row names no thing to start from.
    """
    if column not in row:
        raise errors.UnknownName("column", column, hint=f"The columns are {', '.join(row)}.")
    cell = row[column]
    named = [term for term in dict.fromkeys(row.values()) if isinstance(term, NamedNode)]
    things = sorted(named, key=lambda thing: kind_of(thing) in SCHEMES)  # concepts, which tie many things, come last
    if cell is None:
        hint = "Its row names no thing to ask about: choose another cell."
        if known := [*things, *counted]:
            hint = f"'csto-graph why {shlex.quote(curie(known[0].value))}' tells what is known of the thing of its row."
        raise errors.UsageError(f"The cell '{column}' is empty.", hint=hint)
    engine = view.engine(reading)
    thing = cell.value if isinstance(cell, NamedNode) else ""
    others = [] if things[:1] == [cell] else [other for other in things if other != cell]
    if roots := next(filter(None, (_links(engine, other, cell) for other in others)), []):
        return Explanation(view, roots, thing=thing, value=cell, reading=reading)
    things = things or list(counted)
    if not things:
        message = f"The cell '{column}' is computed, and its row names no thing."
        raise errors.UsageError(message, hint="'csto-graph queries NAME' shows how it is computed.")
    telling = [other.value for other in things if kind_of(other) not in SCHEMES]
    about = [thing] if thing else telling or [other.value for other in things]
    computed = "" if thing else column
    return Explanation(view, (), thing=thing, value=cell, about=about, computed=computed, reading=reading)


def _links(engine: Engine, other: NamedNode, cell: Term) -> list[Triple]:
    """The statements that join a thing and a term: directly, else by way of one thing."""
    direct = [quad.triple for quad in engine.match(other, None, cell)]
    if isinstance(cell, NamedNode):
        direct += [quad.triple for quad in engine.match(cell, None, other)]
    truth = isinstance(cell, Literal) and cell.datatype.value == iri("xsd:boolean")  # tells no thing from another
    if not direct and not truth and isinstance(cell, (NamedNode, Literal)):
        direct = _bridges(engine, other, cell)
    kept = [triple for triple in direct if triple.predicate.value not in _BOOKS] or direct
    return sorted(dict.fromkeys(kept), key=str)[:_LINKS]


_WAYS = """
SELECT DISTINCT ?way ?x ?p ?q WHERE {
  { ?x ?p $cell . ?x ?q $other . BIND(1 AS ?way) } UNION { $other ?q ?x . ?x ?p $cell . BIND(2 AS ?way) }
  UNION { $cell ?p ?x . ?x ?q $other . BIND(3 AS ?way) }
  FILTER(isIRI(?x))
} ORDER BY ?way ?x ?p ?q LIMIT 12
"""
_WAYS_OF_TEXT = _WAYS.replace("UNION { $cell ?p ?x . ?x ?q $other . BIND(3 AS ?way) }", "")  # no text is a subject


def _bridges(engine: Engine, other: NamedNode, cell: NamedNode | Literal) -> list[Triple]:
    text = _WAYS if isinstance(cell, NamedNode) else _WAYS_OF_TEXT
    rows: Sequence[Sequence[Any]] = engine.query(bind(text, {"cell": cell, "other": other})).rows
    found: list[Triple] = []
    for way, *path in rows:
        if way == rows[0][0] and all(isinstance(term, NamedNode) for term in path):  # the shorter way explains more
            between, near, far = path
            number = getattr(way, "value", "")
            if number == "3" and isinstance(cell, NamedNode):
                found.append(Triple(cell, near, between))
            else:
                found.append(Triple(between, near, cell))
            found.append(Triple(other, far, between) if number == "2" else Triple(between, far, other))
    return found
