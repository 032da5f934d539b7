"""What the sources say: the claims about a thing, and the conflicts between them, in words and as JSON.

``csto-graph/conflict/1`` inside ``conflicts``
    ``curie label kind open rationale``; ``claims`` as in ``csto-graph/thing/1`` (`thing`), each with ``accepted``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pyoxigraph import Literal, NamedNode, Triple

from ..check import sources
from ..loading.view import GraphView
from ..names import curie, iri, natural
from ..sparql.text import bind, mentioned_iris
from ..store.engine import Engine, Term
from ..text import filled
from ..words import word

_MOST = 60  # claims shown in a text; JSON has them all


# --- which claims speak of a statement ------------------------------------------------------------------------------


class ClaimEntry(NamedTuple):
    """A claim about a thing: its IRI, property and value where it states one, and the conflicts that join it."""

    claim: str
    property: str
    value: Term | None
    conflicts: tuple[str, ...]


class Evidence(NamedTuple):
    """What an asserted statement rests on.

    Attributes:
        claims: IRIs of the claims.
        speaks: What these speak of: exactly this ``statement``, the ``thing`` as a whole, something of which it is
            the value (``mention``), or they are the thing's own ``record``; '' where there are none.
        conflicts: IRIs of the conflicts about it.
    """

    claims: tuple[str, ...] = ()
    speaks: str = ""
    conflicts: tuple[str, ...] = ()


_ABOUT = """
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


class ClaimIndex:
    """The claims behind things and statements. Each thing is asked for once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, list[ClaimEntry]] = {}

    def about(self, thing: str) -> list[ClaimEntry]:
        """The claims about a thing, but for opinions, in a fixed order."""
        if thing not in self._known:
            text = bind(_ABOUT, {"thing": NamedNode(thing)})
            found: dict[tuple[str, str, Term | None], list[str]] = {}
            for claim, name, value, conflict in self._engine.query(text, predicates=mentioned_iris(text)).rows:
                if isinstance(claim, NamedNode):
                    stated = name.value if isinstance(name, NamedNode) else ""
                    joined = found.setdefault((claim.value, stated, value), [])
                    joined += [conflict.value] if isinstance(conflict, NamedNode) else []
            entries = [ClaimEntry(*key, tuple(sorted(joined, key=natural))) for key, joined in found.items()]
            entries.sort(key=lambda entry: (natural(entry.claim), entry.property, str(entry.value)))
            self._known[thing] = entries
        return self._known[thing]

    def mentioning(self, thing: str) -> list[str]:
        """The claims, but for opinions, whose value a thing is."""
        kind, opinion = NamedNode(iri("coop:kind")), NamedNode(iri("kind:opinion"))
        claims = self._subjects("coop:value", NamedNode(thing))
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
        found = [entry.claim for entry in self.about(thing)]
        if found or told:
            return found
        return (
            self.own(node)
            or self._subjects("coop:source", node)
            or self._subjects("coop:corroboration", node)
            or self.mentioning(thing)
        )

    def disputes(self, thing: str) -> set[str]:
        """The conflicts of a claim, a conflict itself, and those about what belongs to a thing (not about it)."""
        rows = self._engine.query(bind(_DISPUTES, {"thing": NamedNode(thing)})).rows
        return {conflict.value for (conflict,) in rows if isinstance(conflict, NamedNode)}

    def evidence(self, statement: Triple, graph: str) -> Evidence:
        """What an asserted statement of a named graph (its short name) rests on.

        The claims that state exactly this; else those that speak of its subject without naming a value; else all
        that speak of the subject; else those that name the subject as a value.
        """
        subject = statement.subject
        if not isinstance(subject, NamedNode):
            return Evidence()
        if graph == "claims":
            return Evidence(tuple(self.own(subject)), "record")
        about = self.about(subject.value)
        here = [entry for entry in about if entry.property == statement.predicate.value]
        exact = [entry for entry in here if entry.value == statement.object]
        whole = [entry for entry in about if not entry.property]
        conflicts = {name for entry in (*here, *whole) for name in entry.conflicts}
        claims = [entry.claim for entry in exact or whole or about]
        speaks = "statement" if exact else "thing" if claims else "mention"
        claims = list(dict.fromkeys(claims or self.mentioning(subject.value)))
        return Evidence(tuple(claims), speaks if claims else "", tuple(sorted(conflicts, key=natural)))

    def _subjects(self, name: str, value: NamedNode) -> list[str]:
        found = (quad.subject for quad in self._engine.match(None, NamedNode(iri(name)), value))
        return sorted({term.value for term in found if isinstance(term, NamedNode)}, key=natural)


# --- as JSON --------------------------------------------------------------------------------------------------------


def claim_documents(
    view: GraphView, wanted: Iterable[str], language: str, *, published: bool = False,
    quotes: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Claims in words, with source and passage; those of a pinned source first.

    Args:
        view: The graph.
        wanted: IRIs of the claims.
        language: Of the words.
        published: Whether sources come with ``publisher`` and ``date``.
        quotes: How passages are shown, where that is known already: see `sources.quote`.
    """
    supports = [view.support(claim, language) for claim in wanted]
    supports.sort(key=lambda support: (not support.passage, natural(support.claim)))
    if quotes is None:
        quotes = _quotes(view, (support.claim for support in supports))
    places: dict[str, dict[str, str] | None] = {"": None}
    for support in supports:
        if support.source not in places:
            places[support.source] = _source(view, support.source, language, published)
    return [
        {
            "curie": curie(support.claim),
            "statement": support.statement,
            "number": view.value(support.claim, "coop:number"),
            "sentence": view.value(support.claim, "coop:sentence"),
            "opinion": support.opinion,
            "reading": _text_in(view, support.claim, "coop:reading", language),
            "source": places[support.source],
            "passage": _place(quotes.get(support.passage, ""), language),
            "corroboration": view.label(support.corroboration, language) if support.corroboration else "",
        }
        for support in supports
    ]


def conflict_document(
    view: GraphView, node: str, language: str, quotes: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A conflict with both sides, what was decided and why, in the shape ``csto-graph/conflict/1``."""
    accepted = {value.value for value in view.objects(node, iri("coop:accepts"))}
    # A claim that states the accepted value is as right as the one that was named.
    right = {value for claim in accepted for value in view.objects(claim, iri("coop:value"))}
    joined = sorted({value.value for value in view.objects(node, iri("coop:joins"))}, key=natural)
    sides = claim_documents(view, joined, language, quotes=quotes)
    for side in sides:
        claim = iri(side["curie"])
        side["accepted"] = claim in accepted or not right.isdisjoint(view.objects(claim, iri("coop:value")))
    kinds = view.objects(node, iri("coop:kind"))
    return {
        "format": "csto-graph/conflict/1",
        "curie": curie(node),
        "label": view.label(node, language),
        "kind": view.label(kinds[0].value, language) if kinds else "",
        "open": not accepted,
        "rationale": _text_in(view, node, "coop:rationale", language),
        "claims": sides,
    }


def evidence_documents(
    view: GraphView, claims: Iterable[str], conflicts: Iterable[str], alike: Iterable[Sequence[str]], language: str
) -> dict[str, list[dict[str, Any]]]:
    """The ``claims`` and ``conflicts`` of an explanation.

    Args:
        view: The graph.
        claims: IRIs of claims.
        conflicts: IRIs of conflicts.
        alike: Groups of claims (CURIEs) that state the same: see `merge_same_publisher`.
        language: Of the words.
    """
    told = claim_documents(view, claims, language, published=True)
    disputes = [conflict_document(view, name, language) for name in conflicts]
    same = merge_same_publisher(told, alike, view.label(iri("corroboration:single-source"), language))
    for claim in (*told, *(side for dispute in disputes for side in dispute["claims"])):
        if claim["curie"] in same:
            claim["corroboration"] = word("publisher", language)
    return {"claims": told, "conflicts": disputes}


def merge_same_publisher(
    claims: Iterable[Mapping[str, Any]], alike: Iterable[Sequence[str]], single: str
) -> set[str]:
    """The claims that several sources state, but only sources of one publisher.

    Args:
        claims: Claims as of `claim_documents`, with their publishers.
        alike: Groups of claims (CURIEs) that state the same.
        single: How the ``corroboration`` of a claim reads that only its source states.
    """
    alone = [claim for claim in claims if claim["source"] and claim["corroboration"] == single]
    known = {claim["curie"]: claim["source"] for claim in alone}
    found: set[str] = set()
    for group in alike:
        # Claims that state the same and have no independent publisher have the same one, or none that is known.
        told = [name for name in group if name in known and known[name]["publisher"]]
        found.update(told if len({known[name]["curie"] for name in told}) > 1 else ())
    return found


def references(view: GraphView, thing: str) -> list[dict[str, str]]:
    """The claims about a thing in short: claim, number, sentence and source; opinions are left out."""
    found = []
    for claim in sorted(set(view.subjects(iri("coop:about"), thing)), key=natural):
        support = view.support(claim)
        if not support.opinion:
            number, sentence = view.value(claim, "coop:number"), view.value(claim, "coop:sentence")
            source = curie(support.source) if support.source else ""
            found.append({"claim": curie(claim), "number": number, "sentence": sentence, "source": source})
    return sorted(found, key=lambda entry: (not entry["number"], natural(entry["claim"])))


def _quotes(view: GraphView, claims: Iterable[str]) -> dict[str, str]:
    """How the passages of claims are shown."""
    passages = [value.value for claim in claims for value in view.objects(claim, iri("coop:passage"))]
    return sources.quote(view, passages) if passages else {}


def _place(shown: str, language: str) -> str:
    """A passage's position in the language asked for; its words, where they are known, stay as they are."""
    place = re.fullmatch(r"characters (\d+) to (\d+)", shown)
    return word("place", language, *place.groups()) if place else shown


def _source(view: GraphView, source: str, language: str, published: bool) -> dict[str, str]:
    found = {
        "curie": curie(source), "label": view.label(source, language), "address": view.value(source, "coop:address"),
    }  # fmt: skip
    if published:
        publishers = sorted(value.value for value in view.objects(source, iri("dcterms:publisher")))
        found["publisher"] = ", ".join(view.label(name, language) for name in publishers)
        found["date"] = ", ".join(sorted(value.value for value in view.objects(source, iri("coop:edtf"))))
    return found


def _text_in(view: GraphView, subject: str, name: str, language: str) -> str:
    """A text in the language asked for, else in any."""
    found = [value for value in view.objects(subject, iri(name)) if isinstance(value, Literal)]
    return min(((value.language != language, value.value) for value in found), default=(True, ""))[1]


# --- as text --------------------------------------------------------------------------------------------------------


def evidence_text(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """The numbered ``claims`` and the ``conflicts`` of a document, for a terminal of so many columns."""
    if document["claims"]:
        yield f"\n{word('claims', language)}\n"
        shown = document["claims"][:_MOST]
        heads = [f"[{number}] " for number in range(1, len(shown) + 1)]
        yield from _claims_text(shown, heads, language, width, indent=2)
        if rest := len(document["claims"]) - len(shown):
            yield f"  … {word('and-more', language, rest)}\n"
    if document["conflicts"]:
        yield f"\n{word('conflicts', language)}\n"
        for found in document["conflicts"]:
            yield from _conflict_text(found, language, width, indent=2)


def conflicts_text(view: GraphView, nodes: Sequence[str], language: str, width: int) -> Iterator[str]:
    """Conflicts (IRIs) with both sides, decision and reason, for a terminal of so many columns."""
    quotes = _quotes(view, (value.value for node in nodes for value in view.objects(node, iri("coop:joins"))))
    for at, node in enumerate(nodes):
        yield "\n" if at else ""
        yield from _conflict_text(conflict_document(view, node, language, quotes), language, width, indent=0)


def references_text(found: Iterable[Mapping[str, str]]) -> str:
    """References for one cell: claims of the pinned source with their sentence, then sources; `show` takes each."""
    words = (f"{entry['claim']} ({entry['sentence']})" if entry["sentence"] else entry["source"] for entry in found)
    return ", ".join(dict.fromkeys(filter(None, words)))


def _claims_text(
    claims: Sequence[Mapping[str, Any]], heads: Sequence[str], language: str, width: int, *, indent: int
) -> Iterator[str]:
    """Claims under their sources, each source once in a row."""
    before: object = object()
    for claim, head in zip(claims, heads, strict=True):
        source = claim["source"]
        if source != before:
            keys = ("label", "publisher", "date", "address")
            words = [source.get(key, "") for key in keys] if source else [word("uncited", language)]
            yield filled(" · ".join(filter(None, words)), width, " " * indent, " " * (indent + 2))
            before = source
        place = " ".join(filter(None, (claim["number"], claim["sentence"])))
        opinion = word("opinion", language) if claim["opinion"] else ""
        reading = f"{word('reading', language)}: {claim['reading']}" if claim["reading"] else ""
        remarks = "; ".join(filter(None, (place, claim["passage"], claim["corroboration"], opinion)))
        told = " ".join(filter(None, (claim["statement"], reading, f"({remarks})" if remarks else "")))
        yield filled(told, width, " " * (indent + 2) + head)


def _conflict_text(found: Mapping[str, Any], language: str, width: int, *, indent: int) -> Iterator[str]:
    """A conflict for reading: both sides, the decision and the reason."""
    pad = " " * indent
    decision = word("open" if found["open"] else "decided", language)
    yield filled(f"{found['label']} ({found['curie']}): {decision}", width, pad, f"{pad}  ")
    heads = ["✓ " if claim["accepted"] else "– " for claim in found["claims"]]
    yield from _claims_text(found["claims"], heads, language, width, indent=indent + 2)
    if found["rationale"]:
        yield filled(found["rationale"], width, f"{pad}  {word('why', language)}: ")
