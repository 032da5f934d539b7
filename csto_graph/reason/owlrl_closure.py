"""The closure as the package owlrl draws it: a second opinion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import owlrl
import rdflib
from pyoxigraph import RdfFormat, parse

from .. import errors
from ..names import PREFIXES, iri
from ..rdf.terms import from_rdflib, to_rdflib
from ..store.engine import Statement
from .closure import Closure
from .rules import OF_THING, REFLEXIVE
from .table import Step

# Where owlrl puts the contradictions it finds, as triples among the others.
_ERROR = "http://www.daml.org/2002/03/agents/agent-ont#error"
_MESSAGE = "<http://www.daml.org/2002/03/agents/agent-ont#ErrorMessage>"
_BUILT_IN = tuple(f"<{PREFIXES[prefix]}" for prefix in ("rdf", "rdfs", "owl", "xsd"))


def is_noise(statement: Statement) -> bool:
    """Whether a conclusion says nothing: reflexive, about ``owl:Thing``, or about OWL's own terms and datatypes.

    >>> is_noise(("<urn:a>", "<http://www.w3.org/2002/07/owl#sameAs>", "<urn:a>"))
    True
    """
    subject, predicate, value = statement
    if subject == value:
        return predicate in (f"<{iri(name)}>" for name in REFLEXIVE)
    if value == f"<{iri('owl:Thing')}>":
        return predicate in (f"<{iri(name)}>" for name in OF_THING)
    return subject.startswith(_BUILT_IN) or value == _MESSAGE


def close(statements: Iterable[Statement]) -> Closure:
    """The closure as the package owlrl draws it, less its noise; see `closure.close` for ours.

    It gives no proofs: each step has the rule ``owlrl`` and no premises; a contradiction, the rule ``owlrl: `` and its
    message. Left out are the same empty statements that ours does not draw, and what owlrl adds on datatypes and on
    the vocabulary of OWL itself. Its results differ from ours where it departs from the profile: `owl:hasKey` is
    applied without the last property, so that one key makes all members of the class the same; `owl:AllDifferent` and
    `owl:AllDisjointProperties` pass over the last member.

    Raises:
        errors.InputError: A list of the graph runs in a circle.
    """
    graph = rdflib.Graph()
    asserted = dict.fromkeys(statements)
    lines = "".join(f"{subject} {predicate} {value} .\n" for subject, predicate, value in asserted if value[:2] != "<<")
    for quad in parse(lines, format=RdfFormat.N_TRIPLES):
        graph.add((_term(quad.subject), _term(quad.predicate), _term(quad.object)))
    try:
        owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, improved_datatypes=False).expand(graph)
    except ValueError as error:  # of a list without end
        hint = "Mend the list, or let the reasoner 'rules' draw the conclusions: it passes over such lists."
        raise errors.InputError(f"The reasoner owlrl cannot read a list of the graph: {error}.", hint=hint) from error
    contradictions: list[Step] = []
    derived: list[Statement] = []
    for subject, predicate, value in graph:
        if str(predicate) == _ERROR:
            contradictions.append((f"owlrl: {value}", ()))
        elif isinstance(predicate, rdflib.URIRef) and not isinstance(subject, rdflib.Literal):
            one, name, other = (str(from_rdflib(part)) for part in (subject, predicate, value))
            statement = one, name, other
            if statement not in asserted and not is_noise(statement):
                derived.append(statement)
    return Closure(dict.fromkeys(sorted(derived), ("owlrl", ())), sorted(contradictions))


def _term(term: Any) -> rdflib.term.Identifier:
    """A term for owlrl, which has to be told the datatype of a plain text."""
    plain = to_rdflib(term)
    if isinstance(plain, rdflib.Literal) and not plain.language:
        return rdflib.Literal(str(plain), datatype=rdflib.URIRef(term.datatype.value), normalize=False)
    return plain
