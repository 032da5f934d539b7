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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from .. import errors
from ..loading.view import GraphView
from ..names import PREFIXES, SCHEMES, curie, iri, natural, rule_says, table, term_label, to_json
from ..rdf import turtle
from ..rdf.terms import RDF_FIRST, RDF_REST
from ..sparql.text import bind
from ..store.engine import Engine, Term, graph_name, kind_of, statement_name
from ..store.lookup import normal
from . import render
from .claims import ClaimIndex, evidence_documents

FORMATS = ("text", "json", "turtle", "svg")
"""In which an explanation is given."""

MOST = 5_000
"""Statements in one explanation; a proof that is longer is cut and says so."""

_ASSERTED = ("data", "claims", "vocabulary", "ontology")
_SCHEMA = frozenset(iri(f"rdfs:{name}") for name in ("subClassOf", "subPropertyOf", "domain", "range"))
# The ontology does not describe the terms that it is written in.
_BUILT_IN = tuple(PREFIXES[prefix] for prefix in ("rdf", "rdfs", "owl", "skos"))
# What only keeps the books between things and claims is told with the claims.
_BOOKS = frozenset(iri(name) for name in ("coop:supportedBy", "coop:disputedIn", "coop:belongsTo", "coop:comprises"))
_MEMBERS = 12  # members of a list that are named


# --- statements and terms -------------------------------------------------------------------------------------------


class Step(NamedTuple):
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
        name, value = self.statement.predicate.value, self.statement.object
        meaning = name == iri("rdf:type") and isinstance(value, NamedNode) and value.value.startswith(PREFIXES["owl"])
        # A statement of a user's file may say what classes and properties mean.
        axiom = self.graph == "data" and (meaning or name in _SCHEMA or name.startswith(PREFIXES["owl"]))
        if axiom or self.graph in ("ontology", "vocabulary"):
            return "axiom"
        return {"derived": "derived", "": "unknown"}.get(self.graph, "asserted")


def standing(engine: Engine, statement: Triple) -> str:
    """The named graph that a statement stands in, short: an asserted one before ``derived``; '' for none.

    Blank nodes compare by place alone where their names differ: servers give them names of their own.
    """
    subject = statement.subject if isinstance(statement.subject, NamedNode) else None
    value = None if isinstance(statement.object, BlankNode) else statement.object
    found = list(engine.match(subject, statement.predicate, value))
    same = [quad for quad in found if quad.triple == statement]
    places = [quad for quad in found if (subject or isinstance(quad.subject, BlankNode)) and
              (value or isinstance(quad.object, BlankNode))]  # fmt: skip
    graphs = {quad.graph_name for quad in same or places}
    return next((name for name in (*_ASSERTED, "derived") if graph_name(name) in graphs), "")


def defined(engine: Engine, statement: Triple) -> list[NamedNode]:
    """Where the subject of an axiom is defined: its ontology or its scheme of concepts."""
    subject, found = statement.subject, list[NamedNode]()
    for name in ("rdfs:isDefinedBy", "skos:inScheme"):
        if isinstance(subject, NamedNode) and not found:
            places = {quad.object for quad in engine.match(subject, NamedNode(iri(name)), None)}
            found = sorted((term for term in places if isinstance(term, NamedNode)), key=str)
    return found


def members(engine: Engine, head: Term, most: int) -> Iterator[Term]:
    """The members of a well-formed list (RDF Schema, 5.2), at most so many; nothing more where it is malformed."""
    seen: set[Term] = set()
    while isinstance(head, (BlankNode, NamedNode)) and head not in seen and len(seen) < most:
        seen.add(head)
        items, rests = ([quad.object for quad in engine.match(head, name, None)] for name in (RDF_FIRST, RDF_REST))
        if len(items) != 1 or len(rests) != 1:
            return
        yield items[0]
        head = rests[0]


# --- the explanation ------------------------------------------------------------------------------------------------


class Account:
    """Why, or why not: a document, and the texts that are made of it."""

    formats: Sequence[str]
    _text: Callable[[Mapping[str, Any], str, int], Iterator[str]]

    def __init__(self, view: GraphView, reading: str) -> None:
        self._view = view
        self._engine = view.engine(reading)
        self._index = ClaimIndex(view)
        self._labels: dict[tuple[Term, str], str] = {}

    def document(self, language: str | None = None) -> dict[str, Any]:
        """The account in the shape that its module documents."""
        raise NotImplementedError

    def written(self, format: str, language: str | None = None, *, width: int = 100) -> str:
        """The account in one of its formats, a text in so many columns where words allow it.

        Raises:
            errors.UnknownName: There is no such format.
        """
        if format not in self.formats:
            raise errors.UnknownName("format", format, hint=f"Formats here: {', '.join(self.formats)}.")
        return self.to_text(language, width=width) if format == "text" else self.to_json(language)

    def to_text(self, language: str | None = None, *, width: int = 100) -> str:
        """The account in words, in at most so many columns where words allow it."""
        return "".join(self._text(self.document(language), language or self._view.language, max(width, 40)))

    def to_json(self, language: str | None = None) -> str:
        """The document as text."""
        return to_json(self.document(language))

    def __str__(self) -> str:
        return self.to_text()

    # -- terms and statements as documents hold them

    def _term(self, term: Term, language: str) -> dict[str, str]:
        """``label`` and ``term``, and ``iri`` and ``curie`` where it has them."""
        if (term, language) not in self._labels:
            self._labels[term, language] = self._label(term, language)
        names = {"iri": term.value, "curie": curie(term.value)} if isinstance(term, NamedNode) else {}
        return {"label": self._labels[term, language], "term": str(term), **names}

    def _parts(self, triple: Iterable[Term | None], language: str) -> dict[str, dict[str, str] | None]:
        """``subject``, ``property`` and ``value`` of a statement; None for what is not known."""
        parts = zip(("subject", "property", "value"), triple, strict=True)
        return {key: None if term is None else self._term(term, language) for key, term in parts}

    def _label(self, term: Term, language: str, depth: int = 3) -> str:
        """A name; the text of a literal; of a node without a name the members of the list, or what is said of it."""
        if isinstance(term, NamedNode):
            return term_label(curie(term.value), language) or self._view.label(term.value, language)
        if not isinstance(term, BlankNode) or not depth:
            return "[…]" if isinstance(term, BlankNode) else term.value if isinstance(term, Literal) else str(term)
        items = [self._label(item, language, depth - 1) for item in members(self._engine, term, _MEMBERS + 1)]
        if items:
            return f"({', '.join([*items[:_MEMBERS], *['…'] * (len(items) > _MEMBERS)])})"
        said = sorted((quad.triple for quad in self._engine.match(term, None, None)), key=str)[:_MEMBERS]
        parts = [f"{self._label(t.predicate, language)} {self._label(t.object, language, depth - 1)}" for t in said]
        return f"[{'; '.join(parts) or '…'}]"


class Explanation(Account):
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
        holds: Whether what was asked for stands in the graph.
    """

    formats, _text = FORMATS, staticmethod(render.proof_text)

    def __init__(
        self, view: GraphView, roots: Sequence[Triple], *, thing: str = "", property: str = "", value: object = None,
        about: Sequence[str] = (), computed: str = "", deep: bool = True, reading: str = "curated",
    ) -> None:  # fmt: skip
        super().__init__(view, reading)
        self.thing, self.property, self.value = thing, property, value
        self.roots = tuple(dict.fromkeys(roots))
        self.about, self.computed = tuple(about), computed
        self.holds = bool(self.roots)
        self.steps: dict[Triple, Step] = {}
        waiting = deque(self.roots)
        while waiting:
            statement = waiting.popleft()
            if statement not in self.steps:
                cut = len(self.steps) >= MOST
                self.steps[statement] = step = Step(statement, more=True) if cut else self._step(statement, deep)
                waiting.extend(step.premises)
        self.complete = not any(step.more for step in self.steps.values())

    def _step(self, statement: Triple, deep: bool) -> Step:
        """A statement with its evidence, or with its proof, as deep as is wanted."""
        step = Step(statement, standing(self._engine, statement))
        if step.reason == "asserted":
            return step._replace(**self._index.evidence(statement, step.graph)._asdict())
        proof = self._engine.proof(statement) if step.reason == "derived" else None
        return step._replace(rule=proof.rule, premises=proof.premises if deep else ()) if proof else step

    def __bool__(self) -> bool:
        return self.holds or bool(self.claims)

    @cached_property
    def claims(self) -> tuple[str, ...]:
        """IRIs of all claims that the explanation ends in."""
        leaves = [claim for step in self.steps.values() for claim in step.claims]
        about = [entry.claim for thing in self.about for entry in self._index.about(thing)]
        # Only where no statement tells of the things more than claims about them is wanted.
        known = about if leaves else [claim for thing in self.about for claim in self._index.known(thing)]
        return tuple(dict.fromkeys([*leaves, *known]))

    @cached_property
    def conflicts(self) -> tuple[str, ...]:
        """IRIs of the conflicts about the statements told, or about what a cell was computed from."""
        found = {name for step in self.steps.values() for name in step.conflicts}
        found.update(name for thing in self.about for name in self._index.conflicts(thing, named=not self.computed))
        return tuple(sorted(found, key=natural))

    # -- as it is given

    def document(self, language: str | None = None) -> dict[str, Any]:
        """The explanation in the shape ``csto-graph/proof/1``; see the module."""
        language = language or self._view.language
        asked = {"thing": self.thing, "property": self.property}
        statements = []
        for step in self.steps.values():
            places = defined(self._engine, step.statement) if step.reason == "axiom" else []
            statements.append({
                "id": _id(step.statement), **self._parts(step.statement, language), "graph": step.graph,
                "reason": step.reason, "rule": step.rule, "says": rule_says(step.rule, language),
                "premises": [_id(premise) for premise in step.premises], "speaks": step.speaks,
                "claims": [curie(claim) for claim in step.claims],
                "conflicts": [curie(name) for name in step.conflicts],
                "defined": places[0].value if places else "",
            })  # fmt: skip
        value = self._term(self.value, language) if isinstance(self.value, Term) else str(self.value)
        return {
            "format": "csto-graph/proof/1",
            **{key: self._term(NamedNode(name), language) for key, name in asked.items() if name},
            **({} if self.value is None else {"value": value}),
            "holds": self.holds, "complete": self.complete, "computed": self.computed,
            "roots": [_id(root) for root in self.roots],
            "about": [self._term(NamedNode(thing), language) for thing in self.about],
            "statements": statements,
            **evidence_documents(self._view, self.claims, self.conflicts, language),
        }  # fmt: skip

    def written(self, format: str, language: str | None = None, *, width: int = 100) -> str:
        """The explanation in one of `FORMATS`; see `Account.written`."""
        if format == "turtle":
            return self.to_turtle()
        return self.to_svg(language) if format == "svg" else super().written(format, language, width=width)

    def to_svg(self, language: str | None = None) -> str:
        """The explanation as a drawing."""
        return render.proof_drawing(self.document(language), language or self._view.language)

    def to_turtle(self) -> str:
        """The explanation in PROV-O: see `triples`."""
        return turtle.write(list(self.triples()))

    def triples(self) -> Iterator[Triple]:
        """The explanation in PROV-O (W3C Recommendation, section 3.1).

        Each statement is an entity and reified; a derived one was derived from its premises and generated by an
        activity that is labelled with its rule; an asserted one was derived from claims, and these were quoted from,
        or have as primary source, the source of theirs; an axiom has as primary source the ontology. Sources, their
        publishers and the conflicts, with all claims that these join, are told just as the graph has them.
        """

        def said(subject: NamedNode, told: Mapping[str, Iterable[Any]]) -> Iterator[Triple]:
            return (Triple(subject, NamedNode(iri(name)), value) for name, values in told.items() for value in values)

        named = self._index.things
        for statement, step in self.steps.items():
            node, act = statement_name(*statement), NamedNode(f"{statement_name(*statement).value}-drawn")
            premises = [statement_name(*premise) for premise in step.premises]
            yield from said(node, {
                "rdf:type": [NamedNode(iri("rdf:Statement")), NamedNode(iri("prov:Entity"))],
                "rdf:subject": [statement.subject],
                "rdf:predicate": [statement.predicate],
                "rdf:object": [statement.object],
                "prov:wasDerivedFrom": [*premises, *map(NamedNode, step.claims)],
                "prov:hadPrimarySource": defined(self._engine, statement) if step.reason == "axiom" else [],
                "prov:wasGeneratedBy": [act] if step.rule else [],
            })  # fmt: skip
            if step.rule:
                says = [Literal(rule_says(step.rule, language), language=language) for language in ("en", "ru")]
                yield from said(act, {
                    "rdf:type": [NamedNode(iri("prov:Activity"))],
                    "rdfs:label": [Literal(step.rule)],
                    "rdfs:comment": [text for text in says if text.value],
                    "prov:used": premises,
                })  # fmt: skip
        joined = (claim for conflict in self.conflicts for claim in named(conflict, "coop:joins"))
        claims = list(dict.fromkeys([*self.claims, *joined]))
        for claim in claims:
            verb = "wasQuotedFrom" if self._view.objects(claim, iri("coop:passage")) else "hadPrimarySource"
            yield from said(NamedNode(claim), {
                "rdf:type": [NamedNode(iri("prov:Entity"))],
                "rdfs:label": self._view.objects(claim, iri("coop:statement")),
                f"prov:{verb}": self._view.objects(claim, iri("coop:source")),
            })  # fmt: skip
        sources = [source for claim in claims for source in named(claim, "coop:source")]
        publishers = [name for source in sources for name in named(source, "dcterms:publisher")]
        for thing in dict.fromkeys([*claims, *sources, *publishers, *self.conflicts]):
            for name, value, _ in self._view.statements(thing):
                yield Triple(NamedNode(thing), NamedNode(name), value)

    def __repr__(self) -> str:
        count = f"{len(self.steps)} statement" + ("" if len(self.steps) == 1 else "s")
        return f"<Explanation {curie(self.thing) or 'of a cell'}: {count}, {len(self.claims)} claims>"

    def _repr_svg_(self) -> str:
        return self.to_svg()


def _id(statement: Triple) -> str:
    return curie(statement_name(*statement).value)


# --- what was asked -------------------------------------------------------------------------------------------------


def explain(
    view: GraphView, thing: str, property: str | None = None, value: object = None, *, reading: str = "curated"
) -> Explanation:
    """Explain a thing, the values of a property of it, or one statement.

    Where the thing itself has no such property, what belongs to it is asked. Words may name several properties that
    are there, as *votes* do; all are told.

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
    names = [] if property is None else resolve_properties(view, engine, subject, property)
    found = [quad.triple for quad in engine.match(subject, None, None)] if property is None else (
        said(engine, subject, names))  # fmt: skip
    if not found and iri("coop:date") in names:  # what is no day, month or year has bounds, and these a text
        found = said(engine, subject, [iri("coop:edtf")])
    roots = sorted(
        dict.fromkeys(found),
        key=lambda triple: tuple(map(natural, (curie(triple.predicate.value), str(triple.object), str(triple)))),
    )
    if property is None:
        roots = [root for root in roots if root.predicate.value not in _BOOKS]
        return Explanation(view, roots, thing=subject.value, about=[subject.value], deep=False, reading=reading)
    if value is not None:
        roots = fitting(view, roots, value)
        value = roots[0].object if roots else value
    return Explanation(view, roots, thing=subject.value, property=names[0], value=value, reading=reading)


_PARTS = """
PREFIX coop: <https://w3id.org/csto-un/ontology#>
CONSTRUCT { ?part $name ?value } WHERE { ?part coop:belongsTo $thing ; $name ?value }
"""
_PARTS_HAVE = """
PREFIX coop: <https://w3id.org/csto-un/ontology#>
SELECT DISTINCT ?name WHERE { { $thing ?name ?value } UNION { ?part coop:belongsTo $thing ; ?name ?value } }
"""


def said(engine: Engine, subject: NamedNode, names: Iterable[str]) -> list[Triple]:
    """What is said by some properties of a thing, or else of what belongs to it."""
    terms = [NamedNode(name) for name in names]
    own = [quad.triple for name in terms for quad in engine.match(subject, name, None)]
    parts = (engine.query(bind(_PARTS, {"thing": subject, "name": name})).triples for name in terms)
    return own or [triple for found in parts for triple in found]


def properties_of(view: GraphView, thing: str) -> set[str]:
    """IRIs of the properties that a thing (an IRI) has, or something that belongs to it."""
    rows = view.engine().query(bind(_PARTS_HAVE, {"thing": NamedNode(thing)})).rows
    return {name.value for (name,) in rows if isinstance(name, NamedNode)} - _BOOKS


def resolve_properties(view: GraphView, engine: Engine, subject: NamedNode, text: str) -> list[str]:
    """IRIs of the properties that a text names: those that the thing has, else those of what belongs to it, else any.

    Any property is known that a statement uses or that an axiom is about; by IRI, CURIE, label or local name.

    Raises:
        errors.UnknownName: There is no such property; with those of the thing that are near.
        errors.BadParameter: Several have that name, and neither the thing nor what belongs to it has one of them.
    """
    own = {quad.predicate.value for quad in engine.match(subject, None, None)}
    own -= {iri("rdfs:label")} if iri("skos:prefLabel") in own else set()  # the same, derived
    named, wanted = iri(text.strip()), normal(text)
    if named in own or named.startswith(_BUILT_IN) or _is_property(engine, named):
        return [named]

    def having(names: Iterable[str]) -> list[str]:
        return sorted(name for name in names if wanted in _forms(name))

    if found := having(own):
        return found
    parts = properties_of(view, subject.value)
    called = [match.iri for match in view.find(text, limit=50) if match.exact]
    if found := [name for name in called if name in own] or having(parts) or [name for name in called if name in parts]:
        return found
    found = [name for name in called if _is_property(engine, name)]
    if not found:
        used = engine.query("SELECT DISTINCT ?p WHERE { ?s ?p ?o }").rows
        terms = (short for short in table("terms") if short.partition(":")[2][0].islower())
        found = having(name.value for (name,) in used if isinstance(name, NamedNode)) or having(map(iri, terms))
    ours = [name for name in found if name.startswith(PREFIXES["coop"])]
    found = ours if len(ours) == 1 else found
    if len(found) == 1:
        return found
    if found:
        raise errors.BadParameter("property", text, "the name of one property", suggestions=list(map(curie, found)))
    forms = {form: curie(name) for name in sorted(own) for form in sorted(_forms(name))}
    end = normal(re.split(r"[/#:]", text)[-1])
    near = dict.fromkeys(forms[form] for form in get_close_matches(end, forms, n=3, cutoff=0.6))
    raise errors.UnknownName("property", text, suggestions=list(near), hint="A CURIE or a label names it.")


_SCHEMA_QUERY = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
ASK {
  { ?s $name ?o } UNION { $name a ?kind FILTER(STRENDS(STR(?kind), "Property")) }
  UNION { $name rdfs:domain|rdfs:range ?class } UNION { ?restriction owl:onProperty $name }
  UNION { $name rdfs:subPropertyOf|owl:inverseOf|owl:equivalentProperty|owl:propertyDisjointWith ?other }
  UNION { ?other rdfs:subPropertyOf|owl:inverseOf|owl:equivalentProperty|owl:propertyDisjointWith $name }
}
"""


def _is_property(engine: Engine, name: str) -> bool:
    """Whether statements use an IRI as a property, or axioms take it for one."""
    try:
        return bool(engine.query(bind(_SCHEMA_QUERY, {"name": NamedNode(name)})).boolean)
    except ValueError:
        return False  # no IRI


def _forms(name: str) -> set[str]:
    """How people may write a property besides its labels: its local name, in one word or several, the words of ours."""
    short = curie(name)
    local = re.split(r"[/#:]", short)[-1]
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", local)
    words = [local, spaced, term_label(short, "en"), term_label(short, "ru"), *["a"] * (short == "rdf:type")]
    return set(map(normal, words)) - {""}


_LITERAL = re.compile(r'(?:"(.*)"|(.*?))(?:@([a-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)|\^\^<?([^\s<>]+)>?)?', re.DOTALL)


def literal(text: str) -> Literal | None:
    """The literal that a text in Turtle's form is: in quotes, or with its datatype or language; else None.

    >>> literal("2011-03^^xsd:gYearMonth"), literal("2011-03")
    (<Literal value=2011-03 datatype=<NamedNode value=http://www.w3.org/2001/XMLSchema#gYearMonth>>, None)

    Raises:
        errors.BadParameter: The datatype or the language is none.
    """
    match = _LITERAL.fullmatch(text)
    assert match is not None  # every part may be empty
    quoted, body, language, datatype = match.groups()
    if quoted is None and not (language or datatype):
        return None
    try:
        kind = NamedNode(iri(datatype)) if datatype else None
        return Literal(body if quoted is None else quoted, language=language, datatype=kind)
    except ValueError as error:
        raise errors.BadParameter("value", text, f"a literal: {error}", hint='Write it as "text"@en.') from error


def fitting(view: GraphView, statements: Sequence[Triple], value: object) -> list[Triple]:
    """Those of some statements whose value is the one given; see `explain`.

    Raises:
        errors.BadParameter: A text fits several literals, or several things, or is the form of a literal that is none.
    """
    if isinstance(value, (NamedNode, BlankNode, Literal, Triple)):
        return [statement for statement in statements if statement.object == value]
    text = str(getattr(value, "iri", value))
    written, address = literal(text), iri(text)

    def having(*terms: object) -> list[Triple]:
        return [one for one in statements if one.object in terms]

    literals = {one.object for one in statements if isinstance(one.object, Literal)}
    things = {one.object for one in statements if isinstance(one.object, NamedNode)}
    found = having(written, *(one for one in things if address == one.value or text == str(one)))
    found = found or having(*(one for one in literals if text in (one.value, f'"{one.value}"')))
    if things and not found:
        called = {match.iri for match in view.find(text, limit=50) if match.exact}
        labels = {one: {normal(view.label(one.value, language)) for language in ("en", "ru")} for one in things}
        found = having(*(one for one in things if one.value in called or normal(text) in labels[one]))
    if len(found) > 1:
        shown = [curie(one.object.value) if isinstance(one.object, NamedNode) else str(one.object) for one in found]
        raise errors.BadParameter("value", text, "one value of this property", suggestions=shown[:5])
    return found


# --- a cell of an answer --------------------------------------------------------------------------------------------

_LINKS = 24  # statements that tie a cell to the thing of its row


def explain_cell(
    view: GraphView, row: Mapping[str, Term | None], column: str, *, reading: str = "curated",
    counted: Sequence[NamedNode] = (),
) -> Explanation:  # fmt: skip
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
    known = things or list(counted)
    if cell is None:
        hint = "Its row names no thing to ask about: choose another cell."
        if known:
            hint = f"'csto-graph why {shlex.quote(curie(known[0].value))}' tells what is known of the thing of its row."
        raise errors.UsageError(f"The cell '{column}' is empty.", hint=hint)
    engine = view.engine(reading)
    thing = cell.value if isinstance(cell, NamedNode) else ""
    others = [] if things[:1] == [cell] else [other for other in things if other != cell]
    if roots := next(filter(None, (_links(engine, other, cell) for other in others)), []):
        return Explanation(view, roots, thing=thing, value=cell, reading=reading)
    if not known:
        message = f"The cell '{column}' is computed, and its row names no thing."
        raise errors.UsageError(message, hint="'csto-graph queries NAME' shows how it is computed.")
    telling = [other.value for other in known if kind_of(other) not in SCHEMES] or [other.value for other in known]
    about, computed = ([thing], "") if thing else (telling, column)
    return Explanation(view, (), thing=thing, value=cell, about=about, computed=computed, reading=reading)


_WAYS = ("?x ?p $cell . ?x ?q $other", "$other ?q ?x . ?x ?p $cell", "$cell ?p ?x . ?x ?q $other")
"""How a cell and a thing may be joined by way of another, the way that explains most first."""


def _links(engine: Engine, other: NamedNode, cell: Term) -> list[Triple]:
    """The statements that join a thing and a term: directly, else by way of one thing."""
    found = [quad.triple for quad in engine.match(other, None, cell)]
    if isinstance(cell, NamedNode):
        found += [quad.triple for quad in engine.match(cell, None, other)]
    truth = isinstance(cell, Literal) and cell.datatype.value == iri("xsd:boolean")  # tells no thing from another
    if isinstance(cell, (NamedNode, Literal)) and not truth:
        for way in _WAYS if isinstance(cell, NamedNode) else _WAYS[:2]:  # no text is a subject
            if not found:
                between = f"SELECT DISTINCT ?x ?p ?q WHERE {{ {way} FILTER(isIRI(?x)) }} ORDER BY ?x ?p ?q LIMIT 12"
                text = f"CONSTRUCT {{ {way} }} WHERE {{ {{ {between} }} }}"
                found += engine.query(bind(text, {"cell": cell, "other": other})).triples
    kept = [triple for triple in found if triple.predicate.value not in _BOOKS] or found
    return sorted(dict.fromkeys(kept), key=str)[:_LINKS]
