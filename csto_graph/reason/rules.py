"""The OWL 2 RL rules, as data.

The rules are those of OWL 2 Profiles, section 4.3, tables 4 to 9, under their names there, without what says nothing:
``eq-ref``, ``prp-ap``, ``cls-thing``, ``cls-nothing1``, ``scm-cls``, ``scm-op``, ``scm-dp`` and ``dt-type1``. Where
something does follow from one of these, the rule that draws it has a line of its own: two things that differ though
they are one, a list of different things that names one twice, restrictions with the same class and property.
The rules on datatypes (table 8) are no patterns; `closure` applies them itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

Pattern: TypeAlias = tuple[str, ...]
"""A triple of names: ``?x`` is a variable, ``owl:Thing`` a CURIE, ``"1"`` a non-negative integer."""


class Rule(NamedTuple):
    """One rule: what must hold, and what then holds too.

    Attributes:
        name: As in OWL 2 Profiles; a rule may stand in several lines of one name.
        premises: Patterns. ``list:member`` joins a list to each of its members, ``list:again`` to those that stand
            in it more than once.
        conclusions: What follows; where it is empty, the graph contradicts itself.
        each: For a rule over all members of the list ``?list``: patterns repeated for every ``?member`` after the
            premises, where ``?here`` and ``?there`` are variables of their own for each member, ``?there`` being the
            ``?here`` of the next. The conclusions can name the ends: ``?first`` and ``?last``.
        after: Patterns that follow those.
        differ: Two variables that must not stand for the same term. The rule says the same with the two exchanged.
        axioms: How many of the premises are axioms: few, and matched first. What stands behind them is about data,
            and its predicates are known once the axioms are.
    """

    name: str
    premises: tuple[Pattern, ...]
    conclusions: tuple[Pattern, ...]
    each: tuple[Pattern, ...] = ()
    after: tuple[Pattern, ...] = ()
    differ: Pattern = ()
    axioms: int = 0


# One rule a line: name: axiom . axiom | premise . premise -> conclusion . conclusion
_TABLE = """
eq-sym: ?x owl:sameAs ?y -> ?y owl:sameAs ?x
eq-trans: ?x owl:sameAs ?y . ?y owl:sameAs ?z -> ?x owl:sameAs ?z
eq-rep-s: ?s owl:sameAs ?s2 | ?s ?p ?o -> ?s2 ?p ?o
eq-rep-p: ?p owl:sameAs ?p2 | ?s ?p ?o -> ?s ?p2 ?o
eq-rep-o: ?o owl:sameAs ?o2 | ?s ?p ?o -> ?s ?p ?o2
eq-diff1: ?x owl:differentFrom ?y . ?x owl:sameAs ?y -> false
eq-diff1: ?x owl:differentFrom ?x -> false
eq-diff2: ?x rdf:type owl:AllDifferent . ?x owl:members ?l . ?l list:member ?y . ?y owl:sameAs ?z . ?l list:member ?z . ?y != ?z | -> false
eq-diff2: ?x rdf:type owl:AllDifferent . ?x owl:members ?l . ?l list:again ?y | -> false
eq-diff3: ?x rdf:type owl:AllDifferent . ?x owl:distinctMembers ?l . ?l list:member ?y . ?y owl:sameAs ?z . ?l list:member ?z . ?y != ?z | -> false
eq-diff3: ?x rdf:type owl:AllDifferent . ?x owl:distinctMembers ?l . ?l list:again ?y | -> false
prp-dom: ?p rdfs:domain ?c | ?x ?p ?y -> ?x rdf:type ?c
prp-rng: ?p rdfs:range ?c | ?x ?p ?y -> ?y rdf:type ?c
prp-fp: ?p rdf:type owl:FunctionalProperty | ?x ?p ?y . ?x ?p ?z . ?y != ?z -> ?y owl:sameAs ?z
prp-ifp: ?p rdf:type owl:InverseFunctionalProperty | ?x ?p ?z . ?y ?p ?z . ?x != ?y -> ?x owl:sameAs ?y
prp-irp: ?p rdf:type owl:IrreflexiveProperty | ?x ?p ?x -> false
prp-symp: ?p rdf:type owl:SymmetricProperty | ?x ?p ?y -> ?y ?p ?x
prp-asyp: ?p rdf:type owl:AsymmetricProperty | ?x ?p ?y . ?y ?p ?x -> false
prp-trp: ?p rdf:type owl:TransitiveProperty | ?x ?p ?y . ?y ?p ?z -> ?x ?p ?z
prp-spo1: ?p rdfs:subPropertyOf ?q | ?x ?p ?y -> ?x ?q ?y
prp-spo2: ?p owl:propertyChainAxiom ?list | each ?here ?member ?there -> ?first ?p ?last
prp-eqp1: ?p owl:equivalentProperty ?q | ?x ?p ?y -> ?x ?q ?y
prp-eqp2: ?p owl:equivalentProperty ?q | ?x ?q ?y -> ?x ?p ?y
prp-pdw: ?p owl:propertyDisjointWith ?q | ?x ?p ?y . ?x ?q ?y -> false
prp-adp: ?a rdf:type owl:AllDisjointProperties . ?a owl:members ?l . ?l list:member ?p . ?l list:member ?q | ?x ?p ?y . ?x ?q ?y . ?p != ?q -> false
prp-adp: ?a rdf:type owl:AllDisjointProperties . ?a owl:members ?l . ?l list:again ?p | ?x ?p ?y -> false
prp-inv1: ?p owl:inverseOf ?q | ?x ?p ?y -> ?y ?q ?x
prp-inv2: ?p owl:inverseOf ?q | ?x ?q ?y -> ?y ?p ?x
prp-key: ?c owl:hasKey ?list | ?x rdf:type ?c . each ?x ?member ?here . each ?y ?member ?here . ?y rdf:type ?c . ?x != ?y -> ?x owl:sameAs ?y
prp-npa1: ?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . ?n owl:targetIndividual ?y | ?x ?p ?y -> false
prp-npa2: ?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . ?n owl:targetValue ?y | ?x ?p ?y -> false
cls-nothing2: ?x rdf:type owl:Nothing -> false
cls-int1: ?c owl:intersectionOf ?list | each ?x rdf:type ?member -> ?x rdf:type ?c
cls-int2: ?c owl:intersectionOf ?l . ?l list:member ?d | ?x rdf:type ?c -> ?x rdf:type ?d
cls-uni: ?c owl:unionOf ?l . ?l list:member ?d | ?x rdf:type ?d -> ?x rdf:type ?c
cls-com: ?c owl:complementOf ?d | ?x rdf:type ?c . ?x rdf:type ?d -> false
cls-svf1: ?c owl:someValuesFrom ?d . ?c owl:onProperty ?p | ?x ?p ?y . ?y rdf:type ?d -> ?x rdf:type ?c
cls-svf2: ?c owl:someValuesFrom owl:Thing . ?c owl:onProperty ?p | ?x ?p ?y -> ?x rdf:type ?c
cls-avf: ?c owl:allValuesFrom ?d . ?c owl:onProperty ?p | ?x rdf:type ?c . ?x ?p ?y -> ?y rdf:type ?d
cls-hv1: ?c owl:hasValue ?y . ?c owl:onProperty ?p | ?x rdf:type ?c -> ?x ?p ?y
cls-hv2: ?c owl:hasValue ?y . ?c owl:onProperty ?p | ?x ?p ?y -> ?x rdf:type ?c
cls-maxc1: ?c owl:maxCardinality "0" . ?c owl:onProperty ?p | ?x rdf:type ?c . ?x ?p ?y -> false
cls-maxc2: ?c owl:maxCardinality "1" . ?c owl:onProperty ?p | ?x rdf:type ?c . ?x ?p ?y . ?x ?p ?z . ?y != ?z -> ?y owl:sameAs ?z
cls-maxqc1: ?c owl:maxQualifiedCardinality "0" . ?c owl:onProperty ?p . ?c owl:onClass ?d | ?x rdf:type ?c . ?x ?p ?y . ?y rdf:type ?d -> false
cls-maxqc2: ?c owl:maxQualifiedCardinality "0" . ?c owl:onProperty ?p . ?c owl:onClass owl:Thing | ?x rdf:type ?c . ?x ?p ?y -> false
cls-maxqc3: ?c owl:maxQualifiedCardinality "1" . ?c owl:onProperty ?p . ?c owl:onClass ?d | ?x rdf:type ?c . ?x ?p ?y . ?y rdf:type ?d . ?x ?p ?z . ?z rdf:type ?d . ?y != ?z -> ?y owl:sameAs ?z
cls-maxqc4: ?c owl:maxQualifiedCardinality "1" . ?c owl:onProperty ?p . ?c owl:onClass owl:Thing | ?x rdf:type ?c . ?x ?p ?y . ?x ?p ?z . ?y != ?z -> ?y owl:sameAs ?z
cls-oo: ?c owl:oneOf ?l . ?l list:member ?x | -> ?x rdf:type ?c
cax-sco: ?c rdfs:subClassOf ?d | ?x rdf:type ?c -> ?x rdf:type ?d
cax-eqc1: ?c owl:equivalentClass ?d | ?x rdf:type ?c -> ?x rdf:type ?d
cax-eqc2: ?c owl:equivalentClass ?d | ?x rdf:type ?d -> ?x rdf:type ?c
cax-dw: ?c owl:disjointWith ?d | ?x rdf:type ?c . ?x rdf:type ?d -> false
cax-adc: ?a rdf:type owl:AllDisjointClasses . ?a owl:members ?l . ?l list:member ?c | ?x rdf:type ?c . ?x rdf:type ?d . ?l list:member ?d . ?c != ?d -> false
cax-adc: ?a rdf:type owl:AllDisjointClasses . ?a owl:members ?l . ?l list:again ?c | ?x rdf:type ?c -> false
scm-sco: ?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?e -> ?c rdfs:subClassOf ?e
scm-eqc1: ?c owl:equivalentClass ?d -> ?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?c
scm-eqc2: ?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?c -> ?c owl:equivalentClass ?d
scm-spo: ?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?r -> ?p rdfs:subPropertyOf ?r
scm-eqp1: ?p owl:equivalentProperty ?q -> ?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?p
scm-eqp2: ?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?p -> ?p owl:equivalentProperty ?q
scm-dom1: ?p rdfs:domain ?c . ?c rdfs:subClassOf ?d -> ?p rdfs:domain ?d
scm-dom2: ?q rdfs:domain ?c . ?p rdfs:subPropertyOf ?q -> ?p rdfs:domain ?c
scm-rng1: ?p rdfs:range ?c . ?c rdfs:subClassOf ?d -> ?p rdfs:range ?d
scm-rng2: ?q rdfs:range ?c . ?p rdfs:subPropertyOf ?q -> ?p rdfs:range ?c
scm-hv: ?c owl:hasValue ?i . ?c owl:onProperty ?p . ?p rdfs:subPropertyOf ?q . ?d owl:onProperty ?q . ?d owl:hasValue ?i -> ?c rdfs:subClassOf ?d
scm-hv: ?c owl:hasValue ?i . ?c owl:onProperty ?p . ?d owl:hasValue ?i . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-svf1: ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?y rdfs:subClassOf ?z . ?d owl:someValuesFrom ?z . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-svf1: ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:someValuesFrom ?y . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-svf1: ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:someValuesFrom owl:Thing . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-svf2: ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?p rdfs:subPropertyOf ?q . ?d owl:onProperty ?q . ?d owl:someValuesFrom ?y -> ?c rdfs:subClassOf ?d
scm-avf1: ?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?y rdfs:subClassOf ?z . ?d owl:allValuesFrom ?z . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-avf1: ?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:allValuesFrom ?y . ?d owl:onProperty ?p -> ?c rdfs:subClassOf ?d
scm-avf2: ?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?p rdfs:subPropertyOf ?q . ?d owl:onProperty ?q . ?d owl:allValuesFrom ?y -> ?d rdfs:subClassOf ?c
scm-int: ?c owl:intersectionOf ?l . ?l list:member ?d | -> ?c rdfs:subClassOf ?d
scm-uni: ?c owl:unionOf ?l . ?l list:member ?d | -> ?d rdfs:subClassOf ?c
"""  # noqa: E501


def _read(line: str) -> Rule:
    name, _, text = line.partition(": ")
    body, _, head = text.partition(" -> ")
    axioms, _, data = body.rpartition("|")
    premises: list[Pattern] = []
    each: list[Pattern] = []
    after: list[Pattern] = []
    differ: Pattern = ()
    fixed = 0
    for at, part in enumerate([*axioms.split(" . "), *data.split(" . ")]):
        words = tuple(part.split())
        if words[1:2] == ("!=",):
            differ = words[::2]
        elif words:
            (each if words[0] == "each" else after if each else premises).append(words[-3:])
            fixed += at <= axioms.count(" . ")
    conclusions = tuple(tuple(part.split()) for part in head.split(" . ") if part != "false")
    return Rule(name, tuple(premises), conclusions, tuple(each), tuple(after), differ, fixed)


RULES: tuple[Rule, ...] = tuple(_read(line) for line in _TABLE.strip().splitlines())
"""Every rule the evaluator knows, in the order of the tables."""


REFLEXIVE = (
    "owl:sameAs", "rdfs:subClassOf", "rdfs:subPropertyOf", "owl:equivalentClass", "owl:equivalentProperty",
)  # fmt: skip
"""Properties by which everything is related to itself; it is not said."""

OF_THING = ("rdf:type", "rdfs:subClassOf", "rdfs:domain", "rdfs:range")
"""Properties by which everything is related to ``owl:Thing``; it is not said."""


def expanded(rule: Rule, lists: Mapping[int, Sequence[int]]) -> Iterator[Rule]:
    """The rules that say together what this one says: each has one conclusion at most, and none has ``each``.

    Args:
        rule: Any rule.
        lists: Head to members; where the rule is over the members of a list, there is one for each list.
            ``#7`` is then the term with the number 7.
    """
    axioms, data = rule.premises[: rule.axioms], rule.premises[rule.axioms :]
    for conclusion in rule.conclusions or (None,):
        if not rule.each:
            yield rule._replace(conclusions=(conclusion,) if conclusion else ())
            continue
        for head, items in lists.items():
            ends = {"?list": f"#{head}", "?first": "?at0", "?last": f"?at{len(items)}"}
            repeated = []
            for place, item in enumerate(items):
                names = {"?member": f"#{item}", "?here": f"?at{place}", "?there": f"?at{place + 1}"}
                repeated += [renamed(pattern, names) for pattern in rule.each]
            premises = (*(renamed(pattern, ends) for pattern in axioms), *data, *repeated, *rule.after)
            conclusions = (renamed(conclusion, ends),) if conclusion else ()
            yield rule._replace(premises=premises, conclusions=conclusions, each=(), after=())


def renamed(pattern: Pattern, names: Mapping[str, str]) -> Pattern:
    """The pattern with other names for some of its words.

    >>> renamed(("?x", "rdf:type", "?c"), {"?c": "#7"})
    ('?x', 'rdf:type', '#7')
    """
    return tuple(names.get(word, word) for word in pattern)
