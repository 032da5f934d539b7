"""What the sources say: the claims about a thing, and the conflicts between them, in words and as JSON.

``csto-graph/conflict/1`` inside ``conflicts``
    ``curie label kind open rationale``; ``claims`` as in ``csto-graph/thing/1`` (`thing`), each with ``accepted``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pyoxigraph import Literal, NamedNode, Triple

from ..check import sources
from ..loading.view import GraphView
from ..names import curie, filled, iri, natural, word
from ..sparql.text import bind
from ..store.engine import Term

MOST = 60  # claims shown in a text; JSON has them all


# --- which claims speak of what -------------------------------------------------------------------------------------


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


_CONFLICTS = """
PREFIX coop: <https://w3id.org/csto-un/ontology#>
SELECT DISTINCT ?conflict WHERE {
  { ?claim coop:about|coop:value|coop:source|coop:passage $thing } UNION { ?claim coop:about/coop:belongsTo $thing }
  UNION { BIND($thing AS ?claim) }
  ?conflict coop:joins ?claim
}
"""


class ClaimIndex:
    """The claims behind things and statements. Each thing is asked for once.

    All that tells of a thing asks here which claims and conflicts are its own: `thing`, `proof`, `absence` and the
    references of a table.
    """

    def __init__(self, view: GraphView) -> None:
        self._view = view
        self._known: dict[tuple[str, bool], list[ClaimEntry]] = {}

    def about(self, thing: str, *, opinions: bool = False) -> list[ClaimEntry]:
        """The claims about a thing, but for opinions unless these are wanted, in a fixed order."""
        if (thing, opinions) not in self._known:
            self._known[thing, opinions] = [
                ClaimEntry(claim, name, value, tuple(self._subjects("coop:joins", claim)))
                for claim in (self._subjects if opinions else self._claims)("coop:about", thing)
                for name in self.things(claim, "coop:property") or [""]
                for value in self._view.objects(claim, iri("coop:value")) or (None,)
            ]
        return self._known[thing, opinions]

    def belonging(self, thing: str) -> list[str]:
        """What belongs to a thing, directly or not: see ``coop:belongsTo`` in the ontology."""
        return [part for part in self._subjects("coop:belongsTo", thing) if part != thing]

    def conflicts(self, thing: str, *, named: bool = True) -> list[str]:
        """A conflict itself; those of a claim, a passage, a source; those about a thing or what belongs to it, or, if
        wanted, those that have it as a value."""
        asked = _CONFLICTS if named else _CONFLICTS.replace("coop:about|coop:value|", "coop:about|")
        rows = self._view.engine().query(bind(asked, {"thing": NamedNode(thing)})).rows
        found = {conflict.value for (conflict,) in rows if isinstance(conflict, NamedNode)}
        return sorted({*found, *([thing] if self.things(thing, "coop:joins") else [])}, key=natural)

    def own(self, thing: str) -> list[str]:
        """The claims that a claim, a conflict or a passage is a record of."""
        if joined := self.things(thing, "coop:joins"):
            return joined
        return [thing] if self._view.objects(thing, iri("coop:statement")) else self._subjects("coop:passage", thing)

    def known(self, thing: str) -> list[str]:
        """The claims through which a thing is known: about it; of its record; of this source or verdict; naming it."""
        return (
            [entry.claim for entry in self.about(thing)]
            or self.own(thing)
            or self._subjects("coop:source", thing)
            or self._subjects("coop:corroboration", thing)
            or self._claims("coop:value", thing)
        )

    def evidence(self, statement: Triple, graph: str) -> Evidence:
        """What an asserted statement of a named graph (its short name) rests on.

        The claims that state exactly this; else those that speak of its subject without naming a value; else all
        that speak of the subject; else those that name the subject as a value.
        """
        subject = statement.subject
        if not isinstance(subject, NamedNode):
            return Evidence()
        if graph == "claims":
            return Evidence(tuple(self.own(subject.value)), "record")
        about = self.about(subject.value)
        here = [entry for entry in about if entry.property == statement.predicate.value]
        exact = [entry for entry in here if entry.value == statement.object]
        whole = [entry for entry in about if not entry.property]
        conflicts = {name for entry in (*here, *whole) for name in entry.conflicts}
        claims = [entry.claim for entry in exact or whole or about]
        speaks = "statement" if exact else "thing" if claims else "mention"
        claims = list(dict.fromkeys(claims or self._claims("coop:value", subject.value)))
        return Evidence(tuple(claims), speaks if claims else "", tuple(sorted(conflicts, key=natural)))

    def _claims(self, name: str, value: str) -> list[str]:
        """The claims with this value, but for opinions."""
        opinion = iri("kind:opinion")
        return [claim for claim in self._subjects(name, value) if opinion not in self.things(claim, "coop:kind")]

    def _subjects(self, name: str, value: str) -> list[str]:
        return sorted(self._view.subjects(iri(name), value), key=natural)

    def things(self, subject: str, name: str) -> list[str]:
        """The things that are values of a property (a CURIE) of another, in a fixed order."""
        values = self._view.objects(subject, iri(name))
        return sorted((value.value for value in values if isinstance(value, NamedNode)), key=natural)


# --- as JSON --------------------------------------------------------------------------------------------------------


def claim_documents(view: GraphView, wanted: Iterable[str], language: str) -> list[dict[str, Any]]:
    """Claims (IRIs) in words, with source and passage; those of a pinned source first."""
    supports = [view.support(claim, language) for claim in wanted]
    supports.sort(key=lambda support: (not support.passage, natural(support.claim)))
    passages = [support.passage for support in supports if support.passage]
    quotes = sources.quote(view, passages, language) if passages else {}
    places = {name: _source(view, name, language) for name in dict.fromkeys(found.source for found in supports) if name}
    return [
        {
            "curie": curie(support.claim),
            "statement": support.statement,
            "number": view.value(support.claim, "coop:number"),
            "sentence": view.value(support.claim, "coop:sentence"),
            "opinion": support.opinion,
            "reading": _text_in(view, support.claim, "coop:reading", language),
            "source": places.get(support.source),
            "passage": quotes.get(support.passage, ""),
            "corroboration": view.label(support.corroboration, language) if support.corroboration else "",
        }
        for support in supports
    ]


def _source(view: GraphView, source: str, language: str) -> dict[str, str]:
    publishers = sorted(value.value for value in view.objects(source, iri("dcterms:publisher")))
    return {
        "curie": curie(source), "label": view.label(source, language), "address": view.value(source, "coop:address"),
        "publisher": ", ".join(view.label(name, language) for name in publishers),
        "date": ", ".join(sorted(value.value for value in view.objects(source, iri("coop:edtf")))),
    }  # fmt: skip


def conflict_documents(view: GraphView, nodes: Sequence[str], language: str) -> list[dict[str, Any]]:
    """Conflicts (IRIs) with both sides, what was decided and why, each in the shape ``csto-graph/conflict/1``."""
    joined = {node: {value.value for value in view.objects(node, iri("coop:joins"))} for node in nodes}
    told = claim_documents(view, {claim for claims in joined.values() for claim in claims}, language)
    documents = []
    for node in nodes:
        accepted = {value.value for value in view.objects(node, iri("coop:accepts"))}
        # A claim that states the accepted value is as right as the one that was named.
        right = {value for claim in accepted for value in view.objects(claim, iri("coop:value"))}
        sides = []
        for side in told:
            if (claim := iri(side["curie"])) in joined[node]:
                fits = claim in accepted or not right.isdisjoint(view.objects(claim, iri("coop:value")))
                sides.append({**side, "accepted": fits})
        kinds = view.objects(node, iri("coop:kind"))
        documents.append({
            "format": "csto-graph/conflict/1", "curie": curie(node), "label": view.label(node, language),
            "kind": view.label(kinds[0].value, language) if kinds else "", "open": not accepted,
            "rationale": _text_in(view, node, "coop:rationale", language), "claims": sides,
        })  # fmt: skip
    return documents


def evidence_documents(
    view: GraphView, claims: Iterable[str], conflicts: Sequence[str], language: str
) -> dict[str, list[dict[str, Any]]]:
    """The ``claims`` and ``conflicts`` (IRIs) of an explanation."""
    return {
        "claims": claim_documents(view, claims, language),
        "conflicts": conflict_documents(view, conflicts, language),
    }


def references(view: GraphView, thing: str) -> list[dict[str, str]]:
    """The claims about a thing in short: claim, number, sentence and source; opinions are left out."""
    found = []
    for claim in dict.fromkeys(entry.claim for entry in ClaimIndex(view).about(thing)):
        number, sentence = view.value(claim, "coop:number"), view.value(claim, "coop:sentence")
        source = curie(view.value(claim, "coop:source"))
        found.append({"claim": curie(claim), "number": number, "sentence": sentence, "source": source})
    return sorted(found, key=lambda entry: (not entry["number"], natural(entry["claim"])))


def _text_in(view: GraphView, subject: str, name: str, language: str) -> str:
    """A text in the language asked for, else in any."""
    found = [value for value in view.objects(subject, iri(name)) if isinstance(value, Literal)]
    return min(((value.language != language, value.value) for value in found), default=(True, ""))[1]


# --- as text --------------------------------------------------------------------------------------------------------


def evidence_text(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """The numbered ``claims`` and the ``conflicts`` of a document, for a terminal of so many columns."""
    if document["claims"]:
        yield f"\n{word('claims', language)}\n"
        shown = document["claims"][:MOST]
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
    for at, found in enumerate(conflict_documents(view, nodes, language)):
        yield "\n" if at else ""
        yield from _conflict_text(found, language, width, indent=0)


def references_text(found: Iterable[Mapping[str, str]]) -> str:
    """References for one cell: claims of the pinned source with their sentence, then sources; `show` takes each.

    >>> references_text([{"claim": "claim:a", "sentence": "s3", "source": ""}, {"sentence": "", "source": "source:b"}])
    'claim:a (s3), source:b'
    """
    words = (f"{entry['claim']} ({entry['sentence']})" if entry["sentence"] else entry["source"] for entry in found)
    return ", ".join(dict.fromkeys(filter(None, words)))


def searched_text(searched: Mapping[str, Any], language: str) -> str:
    """What was searched (`GraphView.searched`), as a sentence.

    >>> searched_text({"sources": 2, "until": "2012-01-01"}, "en"), searched_text({"sources": 0, "until": ""}, "en")
    ('Searched: 2 sources, the latest of 2012-01-01.', 'Searched: 0 sources.')
    """
    if searched["until"]:
        return word("searched", language, searched["sources"], searched["until"])
    return word("undated", language, searched["sources"])


def _claims_text(
    claims: Sequence[Mapping[str, Any]], heads: Sequence[str], language: str, width: int, *, indent: int
) -> Iterator[str]:
    """Claims under their sources, each source once in a row."""
    before: object = object()
    for claim, head in zip(claims, heads, strict=True):
        source = claim["source"]
        if source != before:
            words = [source[key] for key in ("label", "publisher", "date", "address")] if source else []
            shown = " · ".join(filter(None, words)) or word("uncited", language)
            yield filled(shown, width, " " * indent, " " * (indent + 2))
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
