"""Why the graph says so, from any statement down to claims, passages, evidence pages and axioms; and why it does not.

An explanation holds each statement once, with what it rests on: an asserted one on claims, a derived one on the
premises of the rule that drew it first. Premises stand before conclusions in time, so no proof is circular, and
shared ones are told once. Where a statement is asserted as well as derived, that it is asserted counts.

For what does not hold, each rule whose conclusion could be the statement is read backwards: its premises are matched in
their order, and one that nothing fits is noted as missing. A rule counts as near where its first premise, the axiom,
holds; the fewest missing premises come first.

``csto-graph/proof/1``
    ``thing``; ``property`` and ``value`` where they were asked for; ``holds``; ``complete`` (false where the bound on
    size was reached); ``computed`` (the column of a cell that the query computed, else ''); ``roots``, names of the
    statements explained; ``about``, things whose claims are all listed, for such a cell those of its row;
    ``statements``: ``id`` (`statement_name`, short), ``subject property value`` (each with ``label`` and ``term``, its
    N-Triples form, and ``iri curie`` where it has them), ``graph``, ``reason`` (``asserted axiom derived unknown
    more``), ``rule``, ``says`` (what the rule says), ``premises`` (names), ``speaks`` (whether the claims state
    just this, ``statement``; speak of the ``thing`` as a whole; ``mention`` it; or are the ``record`` itself),
    ``claims`` and ``conflicts`` (CURIEs), ``defined`` (IRI of the ontology of an axiom);
    ``claims``, as in ``csto-graph/thing/1``; ``conflicts``, each a ``csto-graph/conflict/1``.

``csto-graph/absence/1``
    ``subject property value`` (as in ``csto-graph/proof/1``); ``holds``; ``attempts``: ``rule says missing`` (how many)
    and ``premises`` (``subject property value``, null for anything, and ``holds``); ``instead``: the other values, each
    with ``subject``, ``value``, ``claims`` (CURIEs) and ``excludes`` (whether this value and the one asked for cannot
    both stand, as far as the graph says so);
    ``stated``: claims (CURIEs) that state just this; ``claims`` and ``conflicts`` in full; ``searched``: the number of
    ``sources``, and ``until``, the day of the latest.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import islice
from typing import Any, NamedTuple

from pyoxigraph import Literal, NamedNode, Triple

from .. import errors
from ..loading.view import GraphView
from ..names import PREFIXES, SCHEMES, curie, iri, natural, says, to_json
from ..rdf import turtle
from ..rdf.terms import described, grouped, node, reached, texts
from ..reason.rules import CODES, RULES, Pattern, Rule, renamed
from ..store.engine import Engine, Term, kind_of, statement_name
from . import render
from .schema import BOOKS, as_value, fitting, in_words, members, own_query, resolve_properties, standing
from .thing import ClaimIndex, Document, addressed, claim_documents, conflict_documents

#: In which an explanation is given.
FORMATS = ("text", "json", "turtle", "svg")

#: Statements in one explanation; a proof that is longer is cut and says so.
MOST = 5_000

_SCHEMA = frozenset(node(f"rdfs:{name}") for name in ("subClassOf", "subPropertyOf", "domain", "range"))
_OF_THINGS = frozenset(node(f"owl:{name}") for name in ("sameAs", "differentFrom", "Thing", "NamedIndividual"))


# --- statements and terms -------------------------------------------------------------------------------------------


class Step(NamedTuple):
    """A statement and what it rests on.

    Attributes:
        statement: The statement.
        graph: Named graph it stands in, short; '' where it stands in none. Of several, an asserted one.
        claims: IRIs of the claims it rests on, where it is asserted.
        speaks: What these claims speak of: see `ClaimIndex.evidence`.
        conflicts: IRIs of the conflicts about it.
        rule: Rule that drew it, where it is derived.
        premises: What the rule drew it from.
        more: Whether what it rests on was left out, the explanation being long enough.
        defined: Where the subject of an axiom is defined: IRIs of its ontology or its scheme of concepts.
    """

    statement: Triple
    graph: str = ""
    claims: tuple[str, ...] = ()
    speaks: str = ""
    conflicts: tuple[str, ...] = ()
    rule: str = ""
    premises: tuple[Triple, ...] = ()
    more: bool = False
    defined: Sequence[str] = ()

    @property
    def reason(self) -> str:
        """``asserted``, ``axiom``, ``derived``, ``unknown`` (it stands nowhere) or ``more`` (left out)."""
        told = self.statement.object if self.statement.predicate == node("rdf:type") else self.statement.predicate
        # A statement of a user's file may say what classes and properties mean.
        owl = isinstance(told, NamedNode) and told.value.startswith(PREFIXES["owl"])
        meaning = told not in _OF_THINGS and (owl or told in _SCHEMA)
        if self.graph in ("ontology", "vocabulary") or (self.graph == "data" and meaning):
            return "axiom"
        return {"derived": "derived", "": "more" if self.more else "unknown"}.get(self.graph, "asserted")


# --- the explanation ------------------------------------------------------------------------------------------------


class Account:
    """Why, or why not: a document, and the texts that are made of it."""

    formats: Sequence[str]
    _text: Callable[[Document, str, int], Iterator[str]]

    def __init__(self, view: GraphView, reading: str) -> None:
        self._view = view
        self._engine = view.engine(reading)
        self._index = ClaimIndex(view)
        self._named = cache(partial(in_words, view, reading=reading))

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

    def _term(self, term: object, language: str) -> dict[str, str] | str | None:
        """``label`` and ``term``, and ``iri`` and ``curie`` where it has them; a text or None as it is."""
        if not isinstance(term, Term):
            return None if term is None else str(term)
        return {"label": self._named(term, language), "term": str(term), **addressed(term)}

    def _parts(self, triple: Iterable[Term | None], language: str) -> dict[str, dict[str, str] | str | None]:
        """``subject``, ``property`` and ``value`` of a statement; None for what is not known."""
        parts = zip(("subject", "property", "value"), triple, strict=True)
        return {key: self._term(term, language) for key, term in parts}


class Explanation(Account):
    """Statements with their proofs, down to claims and axioms. It is false where nothing could be explained.

    Attributes:
        thing: IRI of the thing asked about; '' for a cell that stands for none.
        property: IRI of the property asked about, or ''.
        value: The value asked about, as a term or as it was given, or None.
        roots: The statements that were asked about, in a fixed order.
        steps: Every statement told, with what it rests on; the roots first.
        about: IRIs of things for which all claims about them are listed; statements are explained by one step then.
        computed: Column of a cell that the query computed from what is known of these things, or ''.
        complete: Whether everything is there, down to the last leaf.
        conflicts: IRIs of the conflicts about the statements told, or about what a cell was computed from.
        claims: IRIs of all claims that the explanation ends in.
        holds: Whether what was asked for stands in the graph.
    """

    formats, _text = FORMATS, staticmethod(render.proof_text)

    def __init__(
        self, view: GraphView, roots: Sequence[Triple], *, thing: str = "", property: str = "", value: object = None,
        about: Sequence[str] = (), computed: str = "", reading: str,
    ) -> None:  # fmt: skip
        super().__init__(view, reading)
        self.thing, self.property, self.value = thing, property, value
        self.roots, self.holds = tuple(roots), bool(roots)
        self.about, self.computed = tuple(about), computed
        self.steps: dict[Triple, Step] = {}
        # What a statement rests on is asked for when its step is there.
        for statement in reached(roots, lambda told: self.steps[told].premises):
            more = len(self.steps) >= MOST
            step = Step(statement, "" if more else standing(self._engine, statement), more=more)
            if step.reason == "asserted":
                step = Step(statement, step.graph, *self._index.evidence(statement, step.graph))
            elif step.reason == "axiom" and isinstance(statement.subject, NamedNode):
                things, name = view.things, statement.subject.value
                step = step._replace(defined=things(name, "rdfs:isDefinedBy") or things(name, "skos:inScheme"))
            elif step.reason == "derived" and (proof := self._engine.proof(statement)):
                step = step._replace(rule=proof.rule, premises=() if self.about else proof.premises)
            self.steps[statement] = step
        self.complete = not any(step.more for step in self.steps.values())
        disputed = {name for step in self.steps.values() for name in step.conflicts}
        disputed.update(name for one in self.about for name in self._index.conflicts(one, named=not computed))
        self.conflicts = tuple(sorted(disputed, key=natural))
        leaves = [claim for step in self.steps.values() for claim in step.claims]
        # Only where no statement tells of the things more than claims about them is wanted.
        known = self._index.claims if leaves else self._index.known
        self.claims = tuple(dict.fromkeys([*leaves, *(claim for one in self.about for claim in known(one))]))

    def __bool__(self) -> bool:
        return self.holds or bool(self.claims)

    # -- as it is given

    def document(self, language: str | None = None) -> dict[str, Any]:
        """The explanation in the shape ``csto-graph/proof/1``; see the module."""
        language = language or self._view.language
        about = {"thing": self.thing, "property": self.property}
        asked: dict[str, object] = {key: NamedNode(name) for key, name in about.items() if name}
        asked |= {} if self.value is None else {"value": self.value}
        return {
            "format": "csto-graph/proof/1", **{key: self._term(one, language) for key, one in asked.items()},
            "holds": self.holds, "complete": self.complete, "computed": self.computed,
            "roots": list(map(_id, self.roots)),
            "about": [self._term(NamedNode(thing), language) for thing in self.about],
            "statements": [{
                "id": _id(step.statement), **self._parts(step.statement, language), "graph": step.graph,
                "reason": step.reason, "rule": step.rule, "says": says("rules", step.rule, language),
                "premises": list(map(_id, step.premises)), "speaks": step.speaks,
                "claims": list(map(curie, step.claims)), "conflicts": list(map(curie, step.conflicts)),
                "defined": next(iter(step.defined), ""),
            } for step in self.steps.values()],
            "claims": claim_documents(self._view, self.claims, language),
            "conflicts": conflict_documents(self._view, self.conflicts, language),
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
        for statement, step in self.steps.items():
            name, premises = statement_name(*statement).value, [statement_name(*premise) for premise in step.premises]
            yield from described(name, {
                "rdf:type": ["rdf:Statement", "prov:Entity"], "rdf:subject": [statement.subject],
                "rdf:predicate": [statement.predicate], "rdf:object": [statement.object],
                "prov:wasDerivedFrom": [*premises, *step.claims], "prov:hadPrimarySource": step.defined,
                "prov:wasGeneratedBy": [f"{name}-drawn"] if step.rule else [],
            })  # fmt: skip
            if step.rule:
                told = {language: says("rules", step.rule, language) for language in ("en", "ru")}
                yield from described(f"{name}-drawn", {
                    "rdf:type": ["prov:Activity"], "rdfs:label": [Literal(step.rule)],
                    "rdfs:comment": texts(told) if told["en"] else [], "prov:used": premises,
                })  # fmt: skip
        joined = (claim for conflict in self.conflicts for claim in self._view.things(conflict, "coop:joins"))
        claims = list(dict.fromkeys([*self.claims, *joined]))
        for claim in claims:
            verb = "prov:wasQuotedFrom" if self._view.things(claim, "coop:passage") else "prov:hadPrimarySource"
            words, pages = (self._view.objects(claim, iri(name)) for name in ("coop:statement", "coop:source"))
            yield from described(claim, {"rdf:type": ["prov:Entity"], "rdfs:label": words, verb: pages})
        sources = [source for claim in claims for source in self._view.things(claim, "coop:source")]
        publishers = [name for source in sources for name in self._view.things(source, "dcterms:publisher")]
        for thing in dict.fromkeys([*claims, *sources, *publishers, *self.conflicts]):
            yield from (quad.triple for quad in self._view.engine().match(NamedNode(thing), None, None))

    def __repr__(self) -> str:
        count = f"{len(self.steps)} statement" + ("" if len(self.steps) == 1 else "s")
        return f"<Explanation {curie(self.thing) or 'of a cell'}: {count}, {len(self.claims)} claims>"

    _repr_svg_ = to_svg


def _id(statement: Triple) -> str:
    return curie(statement_name(*statement).value)


class Absence(Account):
    """What is known about a statement that does not hold.

    Attributes:
        statement: The statement.
        holds: Whether it holds after all.
        attempts: The nearest ways to it, those with the fewest missing premises first.
        instead: The statements with other values of the property, of the thing or of what belongs to it.
        stated: IRIs of the claims that state just this.
        conflicts: IRIs of the conflicts about this property of the thing.
        searched: See `GraphView.searched`.
    """

    formats, _text = FORMATS[:2], staticmethod(render.absence_text)

    def __init__(self, view: GraphView, statement: Triple, others: Iterable[Triple], reading: str) -> None:
        super().__init__(view, reading)
        self.statement = statement
        self.holds = bool(standing(self._engine, statement))
        self.searched = view.searched()
        self.attempts = () if self.holds else nearest(self._engine, statement)
        self.instead = tuple(_ordered({*others} - {statement}))
        self.stated = tuple(dict.fromkeys(entry.claim for entry in self._index.stating(statement)))
        bearers = {one.subject for one in (statement, *self.instead) if isinstance(one.subject, NamedNode)}
        about = (entry for one in bearers for entry in self._index.about(one.value))
        disputed = {name for entry in about if entry.property == statement.predicate.value for name in entry.conflicts}
        self.conflicts = tuple(sorted(disputed, key=natural))

    def document(self, language: str | None = None) -> dict[str, Any]:
        """The answer in the shape ``csto-graph/absence/1``; see the module."""
        language = language or self._view.language
        functional = Triple(self.statement.predicate, node("rdf:type"), node("owl:FunctionalProperty"))
        single = bool(standing(self._engine, functional))
        disputed = {name for entry in self._index.stating(self.statement) for name in entry.conflicts}
        found = {other: self._index.stating(other) for other in self.instead}
        instead = [{
            "subject": self._term(other.subject, language), "value": self._term(other.object, language),
            "claims": [curie(entry.claim) for entry in entries],
            "excludes": any(disputed.intersection(entry.conflicts) for entry in entries)
            or (single and other.subject == self.statement.subject),
        } for other, entries in found.items()]  # fmt: skip
        claims = dict.fromkeys((*self.stated, *(entry.claim for entries in found.values() for entry in entries)))
        return {
            "format": "csto-graph/absence/1",
            **self._parts(self.statement, language), "holds": self.holds,
            "attempts": [{
                "rule": attempt.rule, "says": says("rules", attempt.rule, language), "missing": attempt.missing,
                "premises": [{**self._parts(found[:3], language), "holds": found.holds} for found in attempt.premises],
            } for attempt in self.attempts],
            "instead": instead,
            "stated": list(map(curie, self.stated)),
            "claims": claim_documents(self._view, claims, language),
            "conflicts": conflict_documents(self._view, self.conflicts, language),
            "searched": dict(self.searched),
        }  # fmt: skip

    def __bool__(self) -> bool:
        return not self.holds

    def __repr__(self) -> str:
        state = "holds" if self.holds else f"{len(self.attempts)} ways, {len(self.instead)} other values"
        return f"<Absence {curie(self.statement.predicate.value)}: {state}>"


# --- what was asked -------------------------------------------------------------------------------------------------


def explain(view: GraphView, thing: str, property: str | None, value: object, reading: str) -> Explanation:
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
    if property is None:
        own = {quad.triple for quad in view.engine(reading).match(subject, None, None)}
        twice = {Triple(subject, node("rdfs:label"), name) for _, key, name in own if key == node("skos:prefLabel")}
        roots = _ordered(triple for triple in own - twice if triple.predicate.value not in BOOKS)
        return Explanation(view, roots, thing=subject.value, about=[subject.value], reading=reading)
    names, roots = _said(view, view.engine(reading), subject, property)
    if value is not None:
        roots = fitting(view, roots, value)
        value = roots[0].object if roots else value
    return Explanation(view, roots, thing=subject.value, property=names[0], value=value, reading=reading)


def _said(view: GraphView, engine: Engine, subject: NamedNode, text: str) -> tuple[list[str], list[Triple]]:
    """The properties that a text names, and what is said by them of a thing, or else of what belongs to it."""
    names = resolve_properties(view, engine, subject, text, every=True)
    asked = "CONSTRUCT { ?part $name ?value } WHERE { ?part coop:belongsTo $thing ; $name ?value }"
    # What is no day, month or year has bounds, and these a text; what has not ended may be planned to.
    instead = {iri("coop:date"): iri("coop:edtf"), iri("coop:end"): iri("coop:plannedEnd")}
    for properties in (names, [instead[name] for name in names if name in instead]):
        terms = [NamedNode(name) for name in properties]
        own = [quad.triple for name in terms for quad in engine.match(subject, name, None)]
        parts = (own_query(engine, asked, thing=subject, name=name).triples for name in terms if not own)
        if found := own or [triple for triples in parts for triple in triples]:
            return names, _ordered(found)
    return names, []


def _ordered(triples: Iterable[Triple]) -> list[Triple]:
    texts = {one: (curie(one.predicate.value), str(one.object), str(one)) for one in triples}
    return sorted(texts, key=lambda one: list(map(natural, texts[one])))


def explain_absence(view: GraphView, thing: str, property: str, value: object, reading: str) -> Absence:
    """Explain why a statement does not hold.

    Args:
        view: The view.
        thing: IRI, CURIE, identifier or name of a thing.
        property: CURIE, IRI or name of a property.
        value: As for `proof.explain`; a text that names no value there is read as the property's other values
            are: the name of a thing, or a literal of their kind.
        reading: ``curated`` or ``source``.

    Raises:
        errors.UnknownName: There is no such thing or property, or the value should be a thing and is none.
        errors.BadParameter: Several have that name.
    """
    subject, engine = NamedNode(view.resolve(thing)), view.engine(reading)
    names, here = _said(view, engine, subject, property)
    if found := fitting(view, here, value):
        return Absence(view, found[0], here, reading=reading)
    if len(names) > 1:
        raise errors.BadParameter("property", property, "the name of one property", suggestions=list(map(curie, names)))
    name, index = NamedNode(names[0]), ClaimIndex(view)
    term = as_value(view, engine, name, value)
    # A claim may say it of what belongs to the thing.
    belonging = map(NamedNode, (subject.value, *index.belonging(subject.value)))
    claimed = next((one for one in belonging if index.stating(Triple(one, name, term))), None)
    bearer = claimed or next((triple.subject for triple in here), subject)
    others = [triple for triple in here if claimed in (None, triple.subject)]
    return Absence(view, Triple(bearer, name, term), others, reading=reading)


# --- a cell of an answer --------------------------------------------------------------------------------------------


def explain_cell(
    view: GraphView, row: Mapping[str, Term | None], column: str, reading: str, counted: Sequence[NamedNode]
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
    cell, engine = row[column], view.engine(reading)
    named = dict.fromkeys(term for term in row.values() if isinstance(term, NamedNode))
    things = sorted(named, key=lambda thing: kind_of(thing) in SCHEMES)  # concepts, which tie many things, come last
    known = things or list(counted)
    if cell is None:
        hint = "Its row names no thing to ask about: choose another cell."
        if known:
            hint = f"'csto-graph why {shlex.quote(curie(known[0].value))}' tells what is known of the thing of its row."
        raise errors.UsageError(f"The cell '{column}' is empty.", hint=hint)
    if not known:
        message = f"The cell '{column}' is computed, and its row names no thing."
        raise errors.UsageError(message, hint="'csto-graph queries NAME' shows how it is computed.")
    thing = cell.value if isinstance(cell, NamedNode) else ""
    others = () if things[:1] == [cell] else (other for other in things if other != cell)
    roots = next(filter(None, (_links(engine, other, cell) for other in others)), ())
    telling = [other.value for other in known if kind_of(other) not in SCHEMES] or [other.value for other in known]
    about, computed = ((), "") if roots else ([thing], "") if thing else (telling, column)
    return Explanation(view, roots, thing=thing, value=cell, about=about, computed=computed, reading=reading)


#: How a cell and a thing may be joined by way of another, the way that explains most first.
_BY_WAY_OF = ("?x ?p $cell . ?x ?q $other", "$other ?q ?x . ?x ?p $cell", "$cell ?p ?x . ?x ?q $other")


def _links(engine: Engine, other: NamedNode, cell: Any) -> list[Triple]:
    """The statements that join a thing and a term, at most 24: directly, else by way of one thing."""
    ends = [(one, two) for one, two in ((other, cell), (cell, other)) if isinstance(one, NamedNode)]
    found = [quad.triple for one, two in ends for quad in engine.match(one, None, two)]
    truth = isinstance(cell, Literal) and cell.datatype == node("xsd:boolean")  # tells no thing from another
    ways = {NamedNode: _BY_WAY_OF, Literal: _BY_WAY_OF[:2]}  # no text is a subject
    for way in () if found or truth else ways.get(type(cell), ()):
        between = f"SELECT DISTINCT ?x ?p ?q WHERE {{ {way} FILTER(isIRI(?x)) }} ORDER BY ?x ?p ?q LIMIT 12"
        text = f"CONSTRUCT {{ {way} }} WHERE {{ {{ {between} }} }}"
        found = found or list(own_query(engine, text, cell=cell, other=other).triples)
    kept = [triple for triple in found if triple.predicate.value not in BOOKS] or found
    return sorted(dict.fromkeys(kept), key=str)[:24]


# --- rules read backwards -------------------------------------------------------------------------------------------

_WORK, _WAYS = 2_000, 256  # matches in one search, and ways of one rule; the data may be hostile, or far away
_MET, _TRIED = 4_096, 16  # matches of one premise: looked at, and tried
_LIST = 64  # members of a list

_MEMBER = node("list:member")  # what joins a list to its members, while premises are matched


class Premise(NamedTuple):
    """A premise as far as it is known.

    Attributes:
        subject: The subject, or None for anything.
        predicate: The property, or None for any.
        value: The value, or None for anything.
        holds: Whether a statement in the graph fits; the parts are then those of the first that does.
    """

    subject: Term | None
    predicate: Term | None
    value: Term | None
    holds: bool


class Attempt(NamedTuple):
    """One way in which a rule could have drawn the conclusion.

    Attributes:
        rule: Name of the rule.
        premises: What it asks for, in its order.
    """

    rule: str
    premises: tuple[Premise, ...]

    @property
    def missing(self) -> int:
        """How many premises do not hold."""
        return sum(not premise.holds for premise in self.premises)


def nearest(engine: Engine, statement: Triple) -> tuple[Attempt, ...]:
    """The nearest ways to a statement: two of each rule, and six of all.

    After so much work nothing more is looked for; what was not looked for is not missing.
    """
    left = _WORK

    def matches(pattern: Pattern) -> list[tuple[Premise, dict[Any, Term]]]:
        """Statements that fit a pattern, in a fixed order, each with what the variables stand for."""
        nonlocal left
        left -= 1
        subject, predicate, value = (None if isinstance(part, str) else part for part in pattern)
        fitting: Iterable[Iterable[Any]] = ()
        if predicate == _MEMBER and subject is not None:
            fitting = ((subject, predicate, item) for item in members(engine, subject, _LIST))
        elif predicate != _MEMBER and not isinstance(subject, Literal):
            fitting = (quad.triple for quad in islice(engine.match(subject, predicate, value), _MET))
        found = ((_premise(terms, True), names) for terms in fitting if (names := _names(pattern, terms)) is not None)
        return sorted(found, key=lambda pair: str(pair[0]))[:_TRIED]

    def met(patterns: Sequence[Pattern]) -> Iterator[tuple[Premise, ...]]:
        """The ways to meet patterns one after the other; what nothing fits is missing."""
        if not patterns:
            yield ()
        elif left > 0:
            for premise, names in matches(patterns[0]) or [(_premise(patterns[0], False), {})]:
                rest = [renamed(pattern, names) for pattern in patterns[1:]]
                yield from ((premise, *more) for more in met(rest))

    def ways(rule: Rule, known: Mapping[Any, Term]) -> Iterator[tuple[Premise, ...]]:
        """The ways to meet all premises once the first holds; of a rule over a list, for each list."""
        for axiom, names in matches(renamed(rule.premises[0], known)) if left > 0 else ():
            items = members(engine, names["?list"], _LIST) if rule.each else ()
            if items or not rule.each:
                whole = (rule.over(items) if items else rule).bound({**known, **names})
                yield from ((axiom, *more) for more in met(whole.premises[1:]))

    # Terms in the places of CURIEs, and of a number in quotes.
    number, found = node("xsd:nonNegativeInteger"), set[Attempt]()
    terms = {word: Literal(word[1:-1], datatype=number) if word[0] == '"' else node(word) for word in CODES}
    for rule in [rule.bound(terms) for rule in RULES if rule.conclusion]:
        names = _names(rule.conclusion, statement)
        for premises in islice(ways(rule, names), _WAYS) if names is not None else ():
            circular = any(premise[:3] == tuple(statement) for premise in premises)
            if not circular and not all(premise.holds for premise in premises):
                found.add(Attempt(rule.name, premises))
    order = {rule.name: at for at, rule in enumerate(RULES)}
    best = sorted(found, key=lambda one: (one.missing, order[one.rule], str(one.premises)))
    of_rule = grouped((one.rule, one) for one in best)
    return tuple([one for one in best if one in of_rule[one.rule][:2]][:6])


def _premise(pattern: Iterable[Any], holds: bool) -> Premise:
    """A pattern as far as it is known: None for its variables."""
    subject, predicate, value = (None if isinstance(part, str) else part for part in pattern)
    return Premise(subject, node("rdfs:member") if predicate == _MEMBER else predicate, value, holds)


def _names(pattern: Pattern, terms: Iterable[Term]) -> dict[Any, Term] | None:
    """What the variables of a pattern stand for if it is to be this; None where it cannot be."""
    names = {part: term for part, term in zip(pattern, terms, strict=True) if isinstance(part, str)}
    return names if renamed(pattern, names) == tuple(terms) else None
