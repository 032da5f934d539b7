"""Proofs in words: a proof as a tree for a terminal, and what keeps a statement from following.

The texts are made from the documents of `proof` (``csto-graph/proof/1``) and `absence` (``csto-graph/absence/1``), so
whoever has the JSON can make them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode

from ..loading.view import GraphView
from ..names import curie
from ..rdf.terms import RDF_FIRST, RDF_REST
from ..store.engine import Engine, Term
from ..text import filled
from ..words import counted, term_label, word
from .claims import evidence_text

_LIST = 12  # members of a list that are named
_CLAIMS_NAMED = 6  # numbers behind one statement; more are counted


def sentence(statement: Mapping[str, Any]) -> str:
    """A statement of a document as one line.

    >>> sentence({"subject": {"label": "UNODC"}, "property": {"label": "is"}, "value": {"label": "body"}})
    'UNODC — is — body'
    """
    return " — ".join(statement[part]["label"] for part in ("subject", "property", "value"))


def reason(statement: Mapping[str, Any], numbers: Mapping[str, int], language: str) -> str:
    """Why one statement of a document stands in the graph, in one line, with the `numbered` claims."""
    kind = statement["reason"]
    if kind == "derived":
        rule = f"{word('derived', language)} {statement['rule']}: {statement['says']}"
        return rule if statement["rule"] else word("unproved", language)
    if kind == "axiom":
        where = f" (<{statement['defined']}>)" if statement["defined"] else ""
        return word("vocabulary" if statement["graph"] == "vocabulary" else "axiom", language) + where
    if kind == "unknown":
        return word("unknown", language)
    speaks = statement["speaks"] or ("record" if statement["graph"] == "claims" else "nobody")
    parts = [word("asserted", language), f"{word(speaks, language)}{marks(statement['claims'], numbers)}"]
    return "; ".join([*parts, *([word("disputed", language)] if statement["conflicts"] else [])])


def marks(claims: Sequence[str], numbers: Mapping[str, int]) -> str:
    """The numbers of claims (CURIEs) behind a statement, the first few of them; '' where there are no claims.

    >>> marks(["claim:b", "claim:a"], {"claim:a": 1, "claim:b": 2})
    ' [1, 2]'
    """
    found = sorted(numbers[claim] for claim in claims if claim in numbers)[:_CLAIMS_NAMED]
    rest = len(claims) - len(found)
    return f" [{', '.join(map(str, found))}{f' … +{rest}' if rest else ''}]" if claims else ""


def numbered(document: Mapping[str, Any]) -> dict[str, int]:
    """The number of each claim (a CURIE) of a document, as its texts give them."""
    return {claim["curie"]: number for number, claim in enumerate(document["claims"], 1)}


# --- terms in words -------------------------------------------------------------------------------------------------


class Terms:
    """Terms as documents hold them; each is named once."""

    def __init__(self, view: GraphView, engine: Engine, language: str) -> None:
        self._view = view
        self._engine = engine
        self._language = language
        self._known: dict[object, dict[str, str]] = {}

    def __call__(self, term: object) -> dict[str, str]:
        """``label`` and ``term``, and ``iri`` and ``curie`` where it has them."""
        if term not in self._known:
            found = {"label": str(term), "term": str(term)}
            if isinstance(term, NamedNode):
                found |= {"label": self._label(term.value), "iri": term.value, "curie": curie(term.value)}
            elif isinstance(term, Literal):
                found["label"] = term.value
            elif isinstance(term, BlankNode):
                found["label"] = self._anonymous(term)
            self._known[term] = found
        return self._known[term]

    def _label(self, name: str) -> str:
        return term_label(curie(name), self._language) or self._view.label(name, self._language)

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
        firsts = [quad.object for quad in engine.match(cell, RDF_FIRST, None)]
        rests = [quad.object for quad in engine.match(cell, RDF_REST, None)]
        if len(firsts) != 1 or len(rests) != 1:
            return
        yield firsts[0]
        cell = rests[0]


# --- why ------------------------------------------------------------------------------------------------------------


def proof_text(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """The shape ``csto-graph/proof/1`` for a terminal of so many columns: trees, then claims and conflicts.

    Of a cell that was computed the conflicts come first: they are what its value may hang on.
    """
    columns = max(width, 40)
    if document["computed"]:
        yield filled(f"{document['computed']} — {document['value']['label']}", columns, "", "  ")
        yield filled(word("computed", language), columns, "  ")
        for thing in document["about"]:
            yield filled(f"{thing['label']} ({thing['curie']})", columns, "    ", "      ")
        yield from evidence_text({**document, "claims": []}, language, width)
        yield from evidence_text({**document, "conflicts": []}, language, width)
        return
    if document["about"]:
        yield from _overview(document, language, columns)
    else:
        yield from _trees(document, language, columns)
    if not document["complete"]:
        yield f"\n{word('incomplete', language)}\n"
    yield from evidence_text(document, language, width)


def _overview(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """Things, and what is said of the one that was asked about: a line each."""
    for thing in document["about"]:
        yield filled(f"{thing['label']} ({thing['curie']})", width, "", "  ")
    numbers, known = numbered(document), {found["id"]: found for found in document["statements"]}
    for root in document["roots"]:
        told = f"{known[root]['property']['label']} — {known[root]['value']['label']}"
        yield filled(f"{told} ← {reason(known[root], numbers, language)}", width, "  ", "      ")


def _trees(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """Each root as a tree, every statement explained once; what is too deep for the width goes on in a further tree."""
    known = {found["id"]: found for found in document["statements"]}
    numbers = numbered(document)
    shown: set[str] = set()
    later: dict[str, int] = {}  # statement to its number among those that were put off
    roots = list(reversed(document["roots"]))
    stack: list[tuple[str, str, str]] = []  # no recursion: a proof can be as deep as the data are long
    while True:
        if not stack:
            put_off = next((name for name in later if name not in shown), "")
            if not (put_off or roots):
                return
            yield "\n" if shown else ""
            stack.append((put_off, f"({later[put_off]}) ", "") if put_off else (roots.pop(), "", ""))
        name, head, rest = stack.pop()
        statement, remark = known[name], ""
        premises = statement["premises"]
        if name in shown:
            remark = f" ({word('see', language)})"
        elif premises and len(rest) > width // 2:
            remark = f" ({later.setdefault(name, len(later) + 1)}: {word('below', language)})"
        yield filled(sentence(statement) + remark, width, head, rest)
        if remark:
            continue
        shown.add(name)
        inner = rest + ("│ " if premises else "  ")
        yield filled(reason(statement, numbers, language), width, inner, inner)
        if premises:
            stack.append((premises[-1], f"{rest}└─ ", f"{rest}   "))
            stack += [(premise, f"{rest}├─ ", f"{rest}│  ") for premise in reversed(premises[:-1])]


# --- why not --------------------------------------------------------------------------------------------------------


def absence_text(document: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """The shape ``csto-graph/absence/1`` for a terminal of so many columns."""
    columns = max(width, 40)
    yield filled(sentence(document), columns)
    yield filled(word("holds" if document["holds"] else "no", language), columns, "  ")
    if document["holds"]:
        return
    numbers = numbered(document)
    if document["stated"]:
        words = word("overruled" if document["conflicts"] else "stated", language)
        yield filled(words + marks(document["stated"], numbers), columns, "  ")
    for head, excludes in (("instead", True), ("said", False)):
        if others := [other for other in document["instead"] if other["excludes"] == excludes]:
            yield f"\n{word(head, language)}\n"
        for other in others:
            yield filled(other["value"]["label"] + marks(other["claims"], numbers), columns, "  ", "    ")
    if document["attempts"]:
        yield f"\n{word('nearest', language)}\n"
        for attempt in document["attempts"]:
            yield from _attempt_text(attempt, language, columns)
        if document["more"]:
            yield f"  … {counted('more-ways', document['more'], language)}\n"
    elif not (document["instead"] or document["stated"]):
        yield f"\n{word('nothing', language)}\n"
    yield from evidence_text(document, language, width)
    yield f"\n{searched_text(document['searched'], language)}\n"


def _attempt_text(attempt: Mapping[str, Any], language: str, width: int) -> Iterator[str]:
    """A rule, and which of its premises hold and which are missing."""
    yield filled(f"{attempt['rule']}: {attempt['says']}", width, "  ", "    ")
    for premise in attempt["premises"]:
        parts = (premise[key] for key in ("subject", "property", "value"))
        text = " — ".join(part["label"] if part else word("anything", language) for part in parts)
        if premise["holds"]:
            yield filled(text, width, "    ✓ ")
        else:
            yield filled(f"{text} ({word('missing', language)})", width, "    ✗ ")


def searched_text(searched: Mapping[str, Any], language: str) -> str:
    """What was searched (`GraphView.searched`), as a sentence.

    >>> searched_text({"sources": 2, "until": "2012-01-01"}, "en"), searched_text({"sources": 0, "until": ""}, "en")
    ('Searched: 2 sources, the latest of 2012-01-01.', 'Searched: 0 sources.')
    """
    if searched["until"]:
        return word("searched", language, searched["sources"], searched["until"])
    return word("undated", language, searched["sources"])
