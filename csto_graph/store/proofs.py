"""The last step of the proof of a derived statement, and how it is kept as text in the graph of proofs.

Every derived statement has a name made from a digest of itself, and one quad says how it was drawn::

    statement:0a1b… coop:proof "prp-inv1\n<…> <…> <…> .\n<…> <…> <…> ." graph:proofs

So a proof is one look-up, in a file of such lines or behind a server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from ..names import PREFIXES
from .lines import span

if TYPE_CHECKING:
    from mmap import mmap

GRAPH = PREFIXES["graph"] + "proofs"
"""The named graph of proofs. Queries do not see it."""

PROPERTY = PREFIXES["coop"] + "proof"
"""Joins the name of a derived statement to the text of its derivation."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """The last step of a proof.

    Attributes:
        rule: Name in OWL 2 Profiles, or ``owlrl`` where that package drew the conclusion and gave no reason.
        premises: The statements it was drawn from: asserted, or derived earlier. An axiom over a list is given by
            the triple that points to the list; a statement with an anonymous inverse property, by the same
            statement with the named property and the ``owl:inverseOf`` triple.
    """

    rule: str
    premises: tuple[Triple, ...]


def name(statement: Triple) -> NamedNode:
    """The name of a statement: ``statement:`` and 32 hexadecimal digits of the SHA-256 of its N-Triples line."""
    return NamedNode(name_of(str(statement.subject), str(statement.predicate), str(statement.object)))


def name_of(subject: str, predicate: str, value: str) -> str:
    """As `name`, from three terms in N-Triples form; the IRI as text."""
    from hashlib import sha256

    digest = sha256(f"{subject} {predicate} {value}".encode()).hexdigest()[:32]
    return f"{PREFIXES['statement']}{digest}"


def look(lines: bytes | mmap, statement: Triple) -> Derivation | None:
    """How a statement was drawn, from the sorted lines of the graph of proofs: a binary search."""
    start, end = span(lines, f"{name(statement)} ".encode())
    return next((of(quad.object) for quad in parse(lines[start:end], format=RdfFormat.N_QUADS)), None)


def of(value: object) -> Derivation:
    """The derivation that a value of `PROPERTY` holds: the rule, then one line of N-Triples per premise.

    Raises:
        ValueError: It is not a text.
    """
    if not isinstance(value, Literal):
        raise ValueError("A proof is not a text.")
    rule, _, premises = value.value.partition("\n")
    # The parser keeps the labels of blank nodes, as long as it is not told to rename them.
    return Derivation(rule, tuple(quad.triple for quad in parse(premises, format=RdfFormat.N_TRIPLES)))
