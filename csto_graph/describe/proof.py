"""Why the graph says so: from any statement down to claims, passages, evidence pages and axioms.

An explanation holds each statement once, with what it rests on: an asserted one on claims, a derived one on the
premises of the rule that drew it first. Premises stand before conclusions in time, so no proof is circular, and
shared ones are told once. Where a statement is asserted as well as derived, that it is asserted counts.

Its JSON document, ``csto-graph/proof/1``:
    ``thing``; ``property`` and ``value`` where they were asked for; ``holds``; ``complete`` (false where the bound on
    size was reached); ``computed`` (the column of a cell that the query computed, else ''); ``roots``, names of the
    statements explained; ``about``, things whose claims are all listed, for such a cell those of its row;
    ``statements``: ``id`` (`proofs.name`, short), ``subject property value`` (each with ``label`` and ``term``, its
    N-Triples form, and ``iri curie`` where it has them), ``graph``, ``reason`` (``asserted axiom derived unknown
    more``), ``rule``, ``says`` (what the rule says), ``premises`` (names), ``speaks`` (whether the claims state
    just this, ``statement``; speak of the ``thing`` as a whole; ``mention`` it; or are the ``record`` itself),
    ``claims`` and ``conflicts`` (CURIEs), ``defined`` (IRI of the ontology of an axiom);
    ``claims``, as in ``csto-graph/thing/1``, with ``publisher`` and ``date`` of each source, and ``corroboration``
    in words that count publishers where several sources of one state the same; ``conflicts``, each a
    ``csto-graph/conflict/1``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from .. import errors
from ..names import PREFIXES, SCHEMES, curie, iri, natural
from ..sparql.text import bind, mentioned_iris
from ..store import proofs
from ..store.engine import Term, graph_name, kind_of

if TYPE_CHECKING:
    from ..loading.view import GraphView
    from ..store.engine import Engine

FORMATS = ("text", "json", "turtle", "svg")
"""In which an explanation is given."""

MOST = 2_000
"""Statements in one explanation; a proof that is longer is cut and says so."""

_ASSERTED = ("data", "claims", "vocabulary", "ontology")
_LIST = 12  # members of a list that are named
_TYPE, _FIRST, _REST, _NIL = (iri(f"rdf:{name}") for name in ("type", "first", "rest", "nil"))
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
        speaks: What these claims speak of: exactly this ``statement``, the ``thing`` as a whole, something of which
            it is the value (``mention``), or they are the thing's own ``record``.
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


class Said(NamedTuple):
    """A claim about a thing: its IRI, property and value where it states one, and the conflicts that join it."""

    claim: str
    property: str
    value: Term | None
    conflicts: tuple[str, ...]


_SAID = """
PREFIX coop: <https://w3id.org/csto-un/ontology#>
PREFIX kind: <https://w3id.org/csto-un/vocab/kind/>
SELECT DISTINCT ?claim ?property ?value ?conflict WHERE {
  ?claim coop:about $thing .
  OPTIONAL { ?claim coop:property ?property } OPTIONAL { ?claim coop:value ?value }
  OPTIONAL { ?conflict coop:joins ?claim }
  FILTER NOT EXISTS { ?claim coop:kind kind:opinion }
}
"""

# What points to a thing is a part of its story where one claim speaks of both: the signing of an instrument, say.
_DISPUTES = """
PREFIX coop: <https://w3id.org/csto-un/ontology#>
SELECT DISTINCT ?conflict WHERE {
  { ?conflict coop:joins $thing } UNION { $thing coop:joins ?side BIND($thing AS ?conflict) }
  UNION { ?claim coop:about $thing . ?claim coop:about ?part . ?part ?points $thing . ?part coop:disputedIn ?conflict }
}
"""


class Record:
    """What claims say of things. Each thing is asked for once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, list[Said]] = {}

    def about(self, thing: str) -> list[Said]:
        """The claims about a thing, but for opinions, in a fixed order."""
        if thing not in self._known:
            self._known[thing] = self._asked(thing)
        return self._known[thing]

    def _asked(self, thing: str) -> list[Said]:
        text = bind(_SAID, {"thing": NamedNode(thing)})
        answer = self._engine.query(text, predicates=mentioned_iris(text))
        found: dict[tuple[str, str, Term | None], list[str]] = {}
        for claim, name, value, conflict in answer.rows:
            if isinstance(claim, NamedNode):
                stated = name.value if isinstance(name, NamedNode) else ""
                joined = found.setdefault((claim.value, stated, value), [])
                joined += [conflict.value] if isinstance(conflict, NamedNode) else []
        said = [Said(*key, tuple(sorted(joined, key=natural))) for key, joined in found.items()]
        return sorted(said, key=lambda entry: (natural(entry.claim), entry.property, str(entry.value)))

    def mentioning(self, thing: str) -> list[str]:
        """The claims, but for opinions, whose value a thing is."""
        claims = self._subjects("coop:value", NamedNode(thing))
        opinion = NamedNode(iri("kind:opinion"))
        kind = NamedNode(iri("coop:kind"))
        return [claim for claim in claims if not any(self._engine.match(NamedNode(claim), kind, opinion))]

    def own(self, thing: NamedNode) -> list[str]:
        """The claims that a claim, a conflict or a passage is a record of."""
        joined = [quad.object for quad in self._engine.match(thing, NamedNode(iri("coop:joins")), None)]
        if joined:
            return sorted((term.value for term in joined if isinstance(term, NamedNode)), key=natural)
        if any(self._engine.match(thing, NamedNode(iri("coop:statement")), None)):
            return [thing.value]
        return self._subjects("coop:passage", thing)

    def known(self, thing: str, told: bool = False) -> list[str]:
        """The claims through which a thing is known: about it; of its record; of this source or verdict; naming it.

        Args:
            thing: IRI of the thing.
            told: Whether other statements tell of it already, and only claims about it are wanted.
        """
        node = NamedNode(thing)
        found = [entry.claim for entry in self.about(thing)] or ([] if told else self.own(node))
        if found or told:
            return found
        listed = self._subjects("coop:source", node) or self._subjects("coop:corroboration", node)
        return listed or self.mentioning(thing)

    def disputes(self, thing: str) -> set[str]:
        """The conflicts of a claim, a conflict itself, and those about what belongs to a thing (not about it)."""
        rows = self._engine.query(bind(_DISPUTES, {"thing": NamedNode(thing)})).rows
        return {conflict.value for (conflict,) in rows if isinstance(conflict, NamedNode)}

    def _subjects(self, name: str, value: NamedNode) -> list[str]:
        found = (quad.subject for quad in self._engine.match(None, NamedNode(iri(name)), value))
        return sorted({term.value for term in found if isinstance(term, NamedNode)}, key=natural)

    def evidence(self, step: Step) -> Step:
        """An asserted statement with its claims and conflicts.

        The claims that state exactly this; else those that speak of its subject without naming a value; else all
        that speak of the subject; else those that name the subject as a value.
        """
        subject, predicate = step.statement.subject, step.statement.predicate.value
        if not isinstance(subject, NamedNode):
            return step
        if step.graph == "claims":
            return replace(step, claims=tuple(self.own(subject)), speaks="record")
        said = self.about(subject.value)
        here = [entry for entry in said if entry.property == predicate]
        exact = [entry for entry in here if entry.value == step.statement.object]
        whole = [entry for entry in said if not entry.property]
        conflicts = {name for entry in (*here, *whole) for name in entry.conflicts}
        claims = [entry.claim for entry in exact or whole or said]
        speaks = "statement" if exact else "thing" if claims else "mention"
        claims = list(dict.fromkeys(claims or self.mentioning(subject.value)))
        return replace(
            step, claims=tuple(claims), speaks=speaks if claims else "", conflicts=tuple(sorted(conflicts, key=natural))
        )


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
        graph: GraphView,
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
        self._graph = graph
        self._engine = graph.engine(reading)
        self._record = Record(self._engine)
        self.thing, self.property, self.value = thing, property, value
        self.roots = tuple(dict.fromkeys(roots))
        self.about = tuple(about)
        self.computed = computed
        self.steps: Mapping[Triple, Step] = self._walked(deep)

    def _walked(self, deep: bool) -> dict[Triple, Step]:
        steps: dict[Triple, Step] = {}
        todo = deque(self.roots)
        while todo:
            statement = todo.popleft()
            if statement in steps:
                continue
            if len(steps) >= MOST:
                steps[statement] = Step(statement, more=True)
                continue
            steps[statement] = step = self._step(statement, deep)
            todo.extend(step.premises)
        return steps

    def _step(self, statement: Triple, deep: bool) -> Step:
        step = Step(statement, standing(self._engine, statement))
        if step.reason == "asserted":
            return self._record.evidence(step)
        if step.reason != "derived":
            return step
        proof = self._engine.proof(statement)
        if proof is None:
            return step
        return replace(step, rule=proof.rule, premises=proof.premises if deep else ())

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
        whole = [claim for thing in self.about for claim in self._record.known(thing, bool(leaves))]
        return tuple(dict.fromkeys([*leaves, *whole]))

    @cached_property
    def conflicts(self) -> tuple[str, ...]:
        """IRIs of the conflicts about the statements told, or about what a cell was computed from."""
        named = {name for step in self.steps.values() for name in step.conflicts}
        named |= {name for thing in self.about for entry in self._record.about(thing) for name in entry.conflicts}
        if self.computed:
            named |= self._record.disputes(self.about[0])
        return tuple(sorted(named, key=natural))

    # -- as it is given

    def document(self, language: str | None = None) -> dict[str, Any]:
        """The explanation in the shape ``csto-graph/proof/1``; see the module."""
        return _Document(self._graph, self._engine, language or self._graph.language).of(self)

    def written(self, format: str, language: str | None = None, *, width: int = 100) -> str:
        """The explanation in one of `FORMATS`, a text in so many columns where words allow it.

        Raises:
            errors.UnknownName: There is no such format.
        """
        if format == "text":
            return self.to_text(language, width=width)
        if format == "json":
            return self.to_json(language)
        if format == "turtle":
            return self.to_turtle()
        if format == "svg":
            return self.to_svg(language)
        raise errors.UnknownName("format", format, hint=f"Formats here: {', '.join(FORMATS)}.")

    def to_text(self, language: str | None = None, *, width: int = 100) -> str:
        """The explanation in words, as trees of at most so many columns where words allow it."""
        from .proof_text import proof_text

        spoken = language or self._graph.language
        return "".join(proof_text(self.document(spoken), spoken, width))

    def to_json(self, language: str | None = None) -> str:
        """The document as text."""
        from .account import dumps

        return dumps(self.document(language))

    def to_svg(self, language: str | None = None) -> str:
        """The explanation as a drawing."""
        from .proof_text import proof_drawing

        spoken = language or self._graph.language
        return proof_drawing(self.document(spoken), spoken)

    def to_turtle(self) -> str:
        """The explanation in PROV-O: see `triples`."""
        from ..rdf import turtle

        return turtle.write(list(self.triples()))

    def triples(self) -> Iterator[Triple]:
        """The explanation in PROV-O (W3C Recommendation, section 3.1).

        Each statement is an entity and reified; a derived one was derived from its premises and generated by an
        activity that is labelled with its rule; an asserted one was derived from claims, and these were quoted from,
        or have as primary source, the source of theirs; an axiom has as primary source the ontology. Sources, their
        publishers and the conflicts, with all claims that these join, are told as the graph has them.
        """
        from .proof_text import SAYS

        for step in self.steps.values():
            yield from _reified(step.statement)
            node = proofs.name(step.statement)
            if step.rule:
                yield from _activity(node, step, SAYS.get(step.rule))
            for claim in step.claims:
                yield _prov(node, "wasDerivedFrom", NamedNode(claim))
            if step.reason == "axiom":
                for place in defined(self._engine, step.statement):
                    yield _prov(node, "hadPrimarySource", place)
        joined = (claim for conflict in self.conflicts for claim in self._named(conflict, "coop:joins"))
        claims = list(dict.fromkeys([*self.claims, *joined]))
        for claim in claims:
            yield from self._quoted(claim)
        sources = dict.fromkeys(source for claim in claims for source in self._named(claim, "coop:source"))
        publishers = dict.fromkeys(name for source in sources for name in self._named(source, "dcterms:publisher"))
        for names, things in ((_OF_SOURCES, sources), (_LABELS, publishers), (_OF_CONFLICTS, self.conflicts)):
            for thing in things:
                yield from self._told(thing, names)

    def _named(self, thing: str, name: str) -> list[str]:
        values = self._graph.objects(thing, iri(name))
        return sorted((value.value for value in values if isinstance(value, NamedNode)), key=natural)

    def _told(self, thing: str, names: Iterable[str]) -> Iterator[Triple]:
        for name in names:
            values = self._graph.objects(thing, iri(name))
            yield from (Triple(NamedNode(thing), NamedNode(iri(name)), value) for value in values)

    def _quoted(self, claim: str) -> Iterator[Triple]:
        node = NamedNode(claim)
        yield Triple(node, NamedNode(_TYPE), NamedNode(iri("prov:Entity")))
        for words in self._graph.objects(claim, iri("coop:statement")):
            yield Triple(node, NamedNode(iri("rdfs:label")), words)
        verb = "wasQuotedFrom" if self._graph.objects(claim, iri("coop:passage")) else "hadPrimarySource"
        for source in self._graph.objects(claim, iri("coop:source")):
            yield _prov(node, verb, source)
        yield from self._told(claim, _OF_CLAIMS)

    def __repr__(self) -> str:
        count = f"{len(self.steps)} statement" + ("" if len(self.steps) == 1 else "s")
        return f"<Explanation {curie(self.thing) or 'of a cell'}: {count}, {len(self.claims)} claims>"

    def __str__(self) -> str:
        return self.to_text()

    def _repr_svg_(self) -> str:
        return self.to_svg()


def _prov(subject: NamedNode, name: str, value: NamedNode | Literal) -> Triple:
    return Triple(subject, NamedNode(iri(f"prov:{name}")), value)


def _reified(statement: Triple) -> Iterator[Triple]:
    node = proofs.name(statement)
    kind = NamedNode(_TYPE)
    yield Triple(node, kind, NamedNode(iri("rdf:Statement")))
    yield Triple(node, kind, NamedNode(iri("prov:Entity")))
    yield Triple(node, NamedNode(iri("rdf:subject")), statement.subject)
    yield Triple(node, NamedNode(iri("rdf:predicate")), statement.predicate)
    yield Triple(node, NamedNode(iri("rdf:object")), statement.object)


def _activity(node: NamedNode, step: Step, words: tuple[str, str] | None) -> Iterator[Triple]:
    """The drawing of a conclusion: named after it, labelled with its rule."""
    act = NamedNode(f"{node.value}-drawn")
    yield _prov(node, "wasGeneratedBy", act)
    yield Triple(act, NamedNode(_TYPE), NamedNode(iri("prov:Activity")))
    yield Triple(act, NamedNode(iri("rdfs:label")), Literal(step.rule))
    for text, language in zip(words or (), ("en", "ru"), strict=False):
        yield Triple(act, NamedNode(iri("rdfs:comment")), Literal(text, language=language))
    for premise in step.premises:
        yield _prov(node, "wasDerivedFrom", proofs.name(premise))
        yield _prov(act, "used", proofs.name(premise))


def defined(engine: Engine, statement: Triple) -> list[NamedNode]:
    """Where the subject of an axiom is defined: its ontology or its scheme of concepts."""
    if not isinstance(statement.subject, NamedNode):
        return []
    for name in ("rdfs:isDefinedBy", "skos:inScheme"):
        found = {quad.object for quad in engine.match(statement.subject, NamedNode(iri(name)), None)}
        if places := sorted((term for term in found if isinstance(term, NamedNode)), key=str):
            return places
    return []


# --- the document ---------------------------------------------------------------------------------------------------


class Terms:
    """Terms as documents hold them; each is named once."""

    def __init__(self, graph: GraphView, engine: Engine, language: str) -> None:
        self._graph = graph
        self._engine = engine
        self._language = language
        self._known: dict[object, dict[str, str]] = {}

    def __call__(self, term: object) -> dict[str, str]:
        """``label`` and ``term``, and ``iri`` and ``curie`` where it has them."""
        if term not in self._known:
            self._known[term] = self._named(term)
        return self._known[term]

    def _named(self, term: object) -> dict[str, str]:
        if isinstance(term, NamedNode):
            return {"label": self._label(term.value), "term": str(term), "iri": term.value, "curie": curie(term.value)}
        if isinstance(term, Literal):
            return {"label": term.value, "term": str(term)}
        return {"label": self._anonymous(term) if isinstance(term, BlankNode) else str(term), "term": str(term)}

    def _label(self, name: str) -> str:
        from . import proof_text as reasons

        return reasons.term(curie(name), self._language) or self._graph.label(name, self._language)

    def _anonymous(self, node: BlankNode, depth: int = 2) -> str:
        """The members of a list, or what is said of another node without a name, in brackets."""
        items = list(members(self._engine, node, _LIST + 1))
        if items:
            rest = ["…"] if len(items) > _LIST else []
            return f"({', '.join([*(self._inner(item, depth) for item in items[:_LIST]), *rest])})"
        said = sorted(self._engine.match(node, None, None), key=lambda quad: str(quad.triple))
        parts = (f"{self._label(quad.predicate.value)} {self._inner(quad.object, depth)}" for quad in said[:_LIST])
        return f"[{'; '.join(parts) or '…'}]"

    def _inner(self, term: Term, depth: int) -> str:
        if isinstance(term, BlankNode):
            return self._anonymous(term, depth - 1) if depth else "[…]"
        return self(term)["label"]


def members(engine: Engine, head: Term, most: int) -> Iterator[Term]:
    """The members of a well-formed list (RDF Schema, 5.2), at most so many; nothing more where it is malformed."""
    cell, seen = head, set[Term]()
    while isinstance(cell, (BlankNode, NamedNode)) and cell not in seen and len(seen) < most:
        seen.add(cell)
        firsts = [quad.object for quad in engine.match(cell, NamedNode(_FIRST), None)]
        rests = [quad.object for quad in engine.match(cell, NamedNode(_REST), None)]
        if len(firsts) != 1 or len(rests) != 1:
            return
        yield firsts[0]
        cell = rests[0]


class _Document:
    """Makes the JSON document of an explanation."""

    def __init__(self, graph: GraphView, engine: Engine, language: str) -> None:
        self._graph = graph
        self._engine = engine
        self._language = language
        self._terms = Terms(graph, engine, language)

    def of(self, explanation: Explanation) -> dict[str, Any]:
        given = explanation
        asked: dict[str, Any] = {}
        if given.thing:
            asked["thing"] = self._terms(NamedNode(given.thing))
        if given.property:
            asked["property"] = self._terms(NamedNode(given.property))
        if given.value is not None:
            asked["value"] = self._terms(given.value) if isinstance(given.value, Term) else str(given.value)
        alike = [[curie(claim) for claim in step.claims] for step in given.steps.values() if step.speaks == "statement"]
        claims = cited(self._graph, given.claims, self._language)
        conflicts = decided(self._graph, given.conflicts, self._language)
        one_voice(self._graph, alike, claims, conflicts, self._language)
        return {
            "format": "csto-graph/proof/1",
            **asked,
            "holds": given.holds,
            "complete": given.complete,
            "computed": given.computed,
            "roots": [_id(root) for root in given.roots],
            "about": [self._terms(NamedNode(thing)) for thing in given.about],
            "statements": [self.statement(step) for step in given.steps.values()],
            "claims": claims,
            "conflicts": conflicts,
        }

    def statement(self, step: Step) -> dict[str, Any]:
        from . import proof_text as reasons

        places = defined(self._engine, step.statement) if step.reason == "axiom" else []
        return {
            "id": _id(step.statement),
            "subject": self._terms(step.statement.subject),
            "property": self._terms(step.statement.predicate),
            "value": self._terms(step.statement.object),
            "graph": step.graph,
            "reason": step.reason,
            "rule": step.rule,
            "says": reasons.says(step.rule, self._language),
            "premises": [_id(premise) for premise in step.premises],
            "speaks": step.speaks,
            "claims": [curie(claim) for claim in step.claims],
            "conflicts": [curie(name) for name in step.conflicts],
            "defined": places[0].value if places else "",
        }


def _id(statement: Triple) -> str:
    return curie(proofs.name(statement).value)


def cited(graph: GraphView, claims: Iterable[str], language: str) -> list[dict[str, Any]]:
    """Claims in words (`account.claims`), with publisher and date of each source."""
    from . import account

    found = account.claims(graph, claims, language)
    known: dict[str, dict[str, str]] = {}
    for claim in found:
        if claim["source"]:
            short = claim["source"]["curie"]
            if short not in known:
                known[short] = _published(graph, iri(short), language)
            claim["source"] = claim["source"] | known[short]
    return found


def _published(graph: GraphView, source: str, language: str) -> dict[str, str]:
    publishers = sorted(value.value for value in graph.objects(source, iri("dcterms:publisher")))
    dates = sorted(value.value for value in graph.objects(source, iri("coop:edtf")))
    return {
        "publisher": ", ".join(graph.label(name, language) for name in publishers),
        "date": ", ".join(dates),
    }


def decided(graph: GraphView, conflicts: Iterable[str], language: str) -> list[dict[str, Any]]:
    """Conflicts with both sides, decision and reason: each a ``csto-graph/conflict/1``."""
    from . import account

    return [account.conflict(graph, name, language) for name in conflicts]


def one_voice(
    graph: GraphView,
    alike: Iterable[Sequence[str]],
    claims: Sequence[dict[str, Any]],
    conflicts: Iterable[Mapping[str, Any]],
    language: str,
) -> None:
    """Say of claims that state the same, from several sources of one publisher, that only this publisher does.

    Args:
        graph: The graph.
        alike: Groups of claims (CURIEs) that state the same.
        claims: Claims as of `cited`; their ``corroboration`` is put right.
        conflicts: Conflicts as of `decided`, in which the same claims stand again.
        language: Of the words.
    """
    from .proof_text import word

    single = graph.label(iri("corroboration:single-source"), language)
    known = {claim["curie"]: claim for claim in claims if claim["source"] and claim["corroboration"] == single}
    found: set[str] = set()
    for group in alike:
        # Claims that state the same and have no independent publisher have the same one, or none that is known.
        told = [name for name in group if name in known and known[name]["source"]["publisher"]]
        found.update(told if len({known[name]["source"]["curie"] for name in told}) > 1 else ())
    sides = [side for conflict in conflicts for side in conflict["claims"]]
    for claim in (*claims, *sides):
        if claim["curie"] in found:
            claim["corroboration"] = word("publisher", language)


# --- what was asked -------------------------------------------------------------------------------------------------


def explain(
    graph: GraphView, thing: str, property: str | None = None, value: object = None, *, reading: str = "curated"
) -> Explanation:
    """Explain a thing, the values of a property of it, or one statement.

    Args:
        graph: The graph.
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
    subject = NamedNode(graph.resolve(thing))
    engine = graph.engine(reading)
    if property is None:
        roots = [found for found in _statements(engine, subject, None) if found.predicate.value not in _BOOKS]
        return Explanation(graph, roots, thing=subject.value, about=[subject.value], deep=False, reading=reading)
    name = resolve_property(graph, engine, subject, property)
    roots = _statements(engine, subject, NamedNode(name))
    given: object = value
    if value is not None:
        roots = fitting(graph, roots, value)
        given = roots[0].object if roots else value
    return Explanation(graph, roots, thing=subject.value, property=name, value=given, reading=reading)


def _statements(engine: Engine, subject: NamedNode, predicate: NamedNode | None) -> list[Triple]:
    """What is said of a thing; by property and value, a number as a number."""
    found = dict.fromkeys(quad.triple for quad in engine.match(subject, predicate, None))
    return sorted(found, key=lambda triple: (natural(curie(triple.predicate.value)), natural(str(triple.object))))


def resolve_property(graph: GraphView, engine: Engine, subject: NamedNode, text: str) -> str:
    """IRI of the property that a text names: one that the thing has before any other.

    Raises:
        errors.UnknownName: There is no such property; with those of the thing that are near.
        errors.BadParameter: Several have that name.
    """
    from ..store.lookup import normal
    from .proof_text import TERMS

    used = sorted({quad.predicate.value for quad in engine.match(subject, None, None)})
    named = iri(text.strip())
    if named in used:
        return named
    words = {name: {normal(form) for form in _forms(graph, name)} for name in used}
    fits = [name for name in used if normal(text) in words[name]]
    if len(fits) == 1:
        return fits[0]
    if fits:
        near = [curie(name) for name in fits]
        raise errors.BadParameter("property", text, "the name of one property", suggestions=near)
    if named.startswith(_BUILT_IN):
        return named
    for kind in ("owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty", "rdf:Property"):
        try:
            return graph.resolve(text, of=kind, parameter="property")
        except errors.UnknownName:
            continue
    shown = [short for short in TERMS if normal(text) in map(normal, _spoken(short)) and not _is_class(short)]
    if len(shown) == 1:
        return iri(shown[0])
    raise errors.UnknownName("property", text, suggestions=_near(text, words), hint="A CURIE or a label names it.")


def _forms(graph: GraphView, name: str) -> Iterator[str]:
    """How people may write a property: its local name, in one word or several, its labels, and as it is shown here."""
    import re

    local = re.split(r"[/#:]", curie(name))[-1]
    yield local
    yield re.sub(r"(?<=[a-z])(?=[A-Z])", " ", local)
    yield from (graph.label(name, language) for language in ("en", "ru"))
    yield from _spoken(curie(name))


def _spoken(short: str) -> Iterator[str]:
    """The words in which a term of RDF or OWL is shown, and Turtle's own for the class of a thing."""
    from . import proof_text as reasons

    yield from filter(None, (reasons.term(short, language) for language in ("en", "ru")))
    if short == "rdf:type":
        yield "a"


def _is_class(short: str) -> bool:
    return short.partition(":")[2][:1].isupper()


def _near(text: str, words: Mapping[str, set[str]]) -> list[str]:
    from difflib import get_close_matches

    from ..store.lookup import normal

    forms = {form: name for name, forms in words.items() for form in sorted(forms)}
    return list(dict.fromkeys(curie(forms[form]) for form in get_close_matches(normal(text), forms, n=3, cutoff=0.6)))


def fitting(graph: GraphView, statements: Sequence[Triple], value: object) -> list[Triple]:
    """Those of some statements whose value is the one given; see `explain`.

    Raises:
        errors.BadParameter: A text fits several literals, or several things.
    """
    if isinstance(value, (NamedNode, BlankNode, Literal, Triple)):
        return [statement for statement in statements if statement.object == value]
    text = str(getattr(value, "iri", value))
    for test in (_is_term, _is_text, _is_called):
        found = [statement for statement in statements if test(graph, statement.object, text)]
        if len(found) > 1:
            forms = [curie(term.value) if isinstance(term, NamedNode) else str(term) for term in _objects(found)]
            raise errors.BadParameter("value", text, "one value of this property", suggestions=forms[:5])
        if found:
            return found
    return []


def _objects(statements: Iterable[Triple]) -> list[Term]:
    return [statement.object for statement in statements]


def _is_term(graph: GraphView, term: Term, text: str) -> bool:
    """Whether a text is the IRI, the CURIE or the Turtle form of a term; a literal's quotes may be left out."""
    if isinstance(term, NamedNode):
        return iri(text) == term.value or text == str(term)
    if not isinstance(term, Literal):
        return False
    tail = f"@{term.language}" if term.language else f"^^{term.datatype.value}"
    short = f"@{term.language}" if term.language else f"^^{curie(term.datatype.value)}"
    forms = (f"{term.value}{tail}", f"{term.value}{short}", f'"{term.value}"{tail}', f'"{term.value}"{short}')
    return text == str(term) or text in forms


def _is_text(graph: GraphView, term: Term, text: str) -> bool:
    return isinstance(term, Literal) and text in (term.value, f'"{term.value}"')


def _is_called(graph: GraphView, term: Term, text: str) -> bool:
    """Whether a text is a name of a thing."""
    from ..store.lookup import normal

    if not isinstance(term, NamedNode):
        return False
    if normal(text) in {normal(graph.label(term.value, language)) for language in ("en", "ru")}:
        return True
    return any(match.iri == term.value and match.exact for match in graph.find(text, limit=50))


# --- a cell of an answer --------------------------------------------------------------------------------------------

_LINKS = 24  # statements that tie a cell to the thing of its row


def explain_cell(
    graph: GraphView,
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
        graph: The graph.
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
    things = _things(row)
    if cell is None:
        raise errors.UsageError(f"The cell '{column}' is empty.", hint=_instead([*things, *counted]))
    engine = graph.engine(reading)
    thing = cell.value if isinstance(cell, NamedNode) else ""
    others = [] if things[:1] == [cell] else [other for other in things if other != cell]
    if roots := next(filter(None, (_links(engine, other, cell) for other in others)), []):
        return Explanation(graph, roots, thing=thing, value=cell, reading=reading)
    things = things or list(counted)
    if not things:
        message = f"The cell '{column}' is computed, and its row names no thing."
        raise errors.UsageError(message, hint="'csto-graph queries NAME' shows how it is computed.")
    telling = [other.value for other in things if kind_of(other) not in SCHEMES]
    about = [thing] if thing else telling or [other.value for other in things]
    computed = "" if thing else column
    return Explanation(graph, (), thing=thing, value=cell, about=about, computed=computed, reading=reading)


def _things(row: Mapping[str, Term | None]) -> list[NamedNode]:
    """The things of a row; concepts come last, which tie many things, and tell few apart."""
    found = [term for term in dict.fromkeys(row.values()) if isinstance(term, NamedNode)]
    return sorted(found, key=lambda thing: kind_of(thing) in SCHEMES)


def _instead(things: Sequence[NamedNode]) -> str:
    """What to ask where a cell is empty."""
    import shlex

    if not things:
        return "Its row names no thing to ask about: choose another cell."
    return f"'csto-graph why {shlex.quote(curie(things[0].value))}' tells what is known of the thing of its row."


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


_WAYS_OF_TEXT = """
SELECT DISTINCT ?way ?x ?p ?q WHERE {
  { ?x ?p $cell . ?x ?q $other . BIND(1 AS ?way) } UNION { $other ?q ?x . ?x ?p $cell . BIND(2 AS ?way) }
  FILTER(isIRI(?x))
} ORDER BY ?way ?x ?p ?q LIMIT 12
"""
_WAYS = """
SELECT DISTINCT ?way ?x ?p ?q WHERE {
  { ?x ?p $cell . ?x ?q $other . BIND(1 AS ?way) } UNION { $other ?q ?x . ?x ?p $cell . BIND(2 AS ?way) }
  UNION { $cell ?p ?x . ?x ?q $other . BIND(3 AS ?way) }
  FILTER(isIRI(?x))
} ORDER BY ?way ?x ?p ?q LIMIT 12
"""


def _bridges(engine: Engine, other: NamedNode, cell: NamedNode | Literal) -> list[Triple]:
    answer = engine.query(bind(_WAYS if isinstance(cell, NamedNode) else _WAYS_OF_TEXT, {"cell": cell, "other": other}))
    found: list[Triple] = []
    for way, between, near, far in answer.rows:
        if way != answer.rows[0][0]:
            break  # the shorter way explains more
        if isinstance(between, NamedNode) and isinstance(near, NamedNode) and isinstance(far, NamedNode):
            number = way.value if isinstance(way, Literal) else ""
            if number == "3" and isinstance(cell, NamedNode):
                found.append(Triple(cell, near, between))
            else:
                found.append(Triple(between, near, cell))
            found.append(Triple(other, far, between) if number == "2" else Triple(between, far, other))
    return found
