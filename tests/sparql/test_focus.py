"""The search starts from what is given, and finds the same rows as one that goes through everything.

That the time of a look-up does not grow with the graph is measured, not tested: see ``benchmarks/scale.py``.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store
from test_queries import CATALOG, EXAMPLES, IDS, SEED, in_order, things, values

from csto_graph.graph import KnowledgeGraph
from csto_graph.names import PREFIXES, iri
from csto_graph.sparql import conventions
from csto_graph.sparql.catalog import Query, Term, bind, focus
from csto_graph.sparql.results import THINGS

P, Q = NamedNode("http://x/p"), Literal("x")


def condition(text: str, name: str = "p") -> str:
    """A condition on an optional parameter, as queries write it."""
    return f"FILTER(!COALESCE(${name} = ${name}, false) || {text})"


# -- the same rows


def asked(graph: KnowledgeGraph, query: Query, args: dict[str, Any], reading: str = "curated") -> tuple[Any, Any]:
    """The rows of the query as it stands in its file, and of the one that is asked."""
    engine = graph.engine(reading)
    whole = bind(query.body, query.terms(args, graph))
    return engine.query(whole).rows, engine.query(query.bind(args, graph)).rows


@pytest.mark.parametrize(("name", "at"), EXAMPLES, ids=IDS)
def test_examples_give_the_same_rows(name: str, at: int, kg: KnowledgeGraph) -> None:
    """With the arguments of every example, in its reading."""
    example = CATALOG[name].examples[at]
    plain, focused = asked(kg, CATALOG[name], dict(example.args), example.reading)
    assert focused == plain


@pytest.mark.parametrize("name", CATALOG.names)
def test_any_combination_gives_the_same_rows(name: str, kg: KnowledgeGraph, league: KnowledgeGraph) -> None:
    """With any subset of the parameters, on two graphs; values come from rows so that answers are not all empty."""
    query = CATALOG[name]
    dice = random.Random(f"{SEED} {name} focus")
    for graph in (kg, league):
        for _ in range(6):
            args = {
                key: dice.choice(known)
                for key, parameter in query.parameters.items()
                if (parameter.required or dice.random() < 0.4) and (known := values(parameter, graph))
            }
            plain, focused = asked(graph, query, in_order(args))
            assert focused == plain, args


@pytest.mark.parametrize("name", CATALOG.names)
def test_values_that_occur_give_the_same_rows(name: str, league: KnowledgeGraph) -> None:
    """Each optional thing alone, for every thing that some row of the whole answer names: few of these are empty."""
    query = CATALOG[name]
    dice = random.Random(f"{SEED} {name} cells")
    fixed = {key: dice.choice(values(p, league)) for key, p in query.parameters.items() if p.required}
    cells = {cell for row in asked(league, query, fixed)[1] for cell in row if isinstance(cell, NamedNode)}
    for key, parameter in query.parameters.items():
        if parameter.optional and parameter.type in THINGS:
            fitting = sorted({cell.value for cell in cells} & set(things(parameter.of, league)))
            for cell in dice.sample(fitting, min(5, len(fitting))):
                plain, focused = asked(league, query, {**fixed, key: NamedNode(cell)})
                assert focused == plain, (key, cell)


# -- what becomes of a condition

FORMS: dict[str, tuple[str, dict[str, Term], str | None]] = {
    "not given": ("{ " + condition("?s = $p") + " ?s a ?t }", {}, "{  ?s a ?t }"),
    "not given, a line of its own": ("{\n  " + condition("EXISTS { ?s a $p }") + "\n  ?s a ?t }", {}, "{\n  ?s a ?t }"),
    "pattern": ("{ " + condition("EXISTS { ?s a $p . }") + " ?s a ?t }", {"p": P}, "{ ?s a $p . ?s a ?t }"),
    "pattern with groups": (
        "{ " + condition("EXISTS { { ?s a $p } UNION { ?s ?q $p } }") + " ?s a ?t }",
        {"p": P},
        "{ { ?s a $p } UNION { ?s ?q $p } . ?s a ?t }",
    ),
    "same": ("{ " + condition("?s = $p") + " ?s a ?t }", {"p": P}, "{ VALUES ?s { $p } ?s a ?t }"),
    "same literal": ("{ " + condition("?s = $p") + " ?s a ?t }", {"p": Q}, "{ FILTER(?s = $p) ?s a ?t }"),
    "after a pattern": ("{ ?s a ?t " + condition("?s = $p") + " }", {"p": P}, "{ ?s a ?t FILTER(?s = $p) }"),
    "pattern after a pattern": (
        "{ ?s a ?t " + condition("EXISTS { ?s a $p }") + " }",
        {"p": P},
        "{ ?s a ?t FILTER(EXISTS { ?s a $p }) }",
    ),
    "several at the head": (
        "{ " + condition("?s = $p") + " " + condition("EXISTS { ?s a $q }", "q") + " ?s a ?t }",
        {"p": P, "q": P},
        "{ VALUES ?s { $p } ?s a $q . ?s a ?t }",
    ),
    "several, one given": (
        "{ " + condition("?s = $p") + " " + condition("EXISTS { ?s a $q }", "q") + " ?s a ?t }",
        {"q": P},
        "{  ?s a $q . ?s a ?t }",
    ),
    "a remark before it": (
        "{\n  # why\n  " + condition("?s = $p") + " ?s a ?t }",
        {"p": P},
        "{\n  # why\n  VALUES ?s { $p } ?s a ?t }",
    ),
    "two patterns": (
        "{ " + condition("EXISTS { ?s a $p } || EXISTS { $p a ?s }") + " ?s a ?t }",
        {"p": P},
        "{ FILTER(EXISTS { ?s a $p } || EXISTS { $p a ?s }) ?s a ?t }",
    ),
    "parentheses in strings": (
        "{ ?s ?q ?t " + condition('?t = CONCAT(STR($p), ")")') + " }",
        {"p": P},
        '{ ?s ?q ?t FILTER(?t = CONCAT(STR($p), ")")) }',
    ),
    "only where not given": ("{ ?s a ?t FILTER(!COALESCE($p = $p, false)) }", {"p": P}, "{ ?s a ?t FILTER(!true) }"),
    "only where not given, and is not": ("{ ?s a ?t FILTER(!COALESCE($p = $p, false)) }", {}, "{ ?s a ?t  }"),
    "only where given": ("{ ?s a ?t FILTER(COALESCE($p = $p, false)) }", {"p": P}, "{ ?s a ?t  }"),
    "only where given, and is not": ("{ ?s a ?t FILTER(COALESCE($p = $p, false)) }", {}, "{ ?s a ?t FILTER(!true) }"),
    "given, among others": ("{ ?s a ?t FILTER(COALESCE($p = $p, false) || ?s = ?t) }", {"p": P}, None),
    "another condition": ("{ ?s a ?t FILTER(COALESCE(?s = $p, true)) }", {"p": P}, None),
    "within another": (
        "{ ?s a ?t " + condition("EXISTS { ?s a ?u " + condition("?u = $q", "q") + " }") + " }",
        {"p": P, "q": P},
        "{ ?s a ?t FILTER(EXISTS { ?s a ?u " + condition("?u = $q", "q") + " }) }",
    ),
    "never closed": ("{ " + condition("?s = $p")[:-1], {"p": P}, "{ VALUES ?s { $p }"),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_becomes_of_a_condition(form: str) -> None:
    """Left out, a pattern, a row of values or a filter; anything else stays as it is."""
    text, terms, expected = FORMS[form]
    assert focus(text, terms) == (text if expected is None else expected)


@given(st.text(alphabet='{}()"\'#|$p ?s=!FILTERCOALSEXIUN.,\n', max_size=60), st.booleans())
def test_any_text_is_taken(text: str, bound: bool) -> None:
    """No text makes it fail, and one without a condition stays as it is."""
    whole = f"{{ {condition('?s = $p')} {text}"
    assert focus(whole, {"p": P} if bound else {}).startswith("{ VALUES ?s { $p }" if bound else "{  ")
    assert focus(text, {"p": P}) == text or "FILTER(!COALESCE($p" in text


NODES = [NamedNode(f"http://x/{name}") for name in "abcd"]
PREDICATES = [NamedNode(f"http://x/{name}") for name in "pqr"]
TEXT = """SELECT DISTINCT ?s ?o ?z WHERE {
  FILTER(!COALESCE($object = $object, false) || ?o = $object)
  FILTER(!COALESCE($near = $near, false) || EXISTS {
    ?s <http://x/q> ?between . ?between <http://x/p>|<http://x/r> $near
  })
  ?s <http://x/p> ?o .
  FILTER(!COALESCE($not = $not, false) || !(EXISTS { ?o <http://x/r> $not }))
  OPTIONAL { FILTER(!COALESCE($third = $third, false) || EXISTS { ?z <http://x/q> $third }) ?o <http://x/r> ?z }
  FILTER NOT EXISTS { FILTER(!COALESCE($last = $last, false) || ?y = $last) ?s <http://x/r> ?y . ?y <http://x/q> ?s }
}"""


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from(NODES)), max_size=14),
    st.dictionaries(st.sampled_from(["object", "near", "not", "third", "last"]), st.sampled_from(NODES)),
)
def test_any_graph_gives_the_same_rows(triples: list[tuple[NamedNode, ...]], terms: dict[str, Term]) -> None:
    """On graphs of a few nodes, where nearly everything meets: in a group, an OPTIONAL, and under NOT."""
    store = Store()
    store.extend(Quad(*triple) for triple in triples)
    plain, focused = (store.query(bind(text, terms)) for text in (TEXT, focus(TEXT, terms)))
    assert isinstance(plain, QuerySolutions)
    assert isinstance(focused, QuerySolutions)
    assert {tuple(row) for row in focused} == {tuple(row) for row in plain}


# -- house rules

REFUSED = {
    "an optional variable": ("instruments", "?instrument coop:engages $party", "?place a $party", "?place in"),
    "a name used twice": ("claims", "coop:about $about", "coop:about $about ; coop:number ?number", "?number in"),
    "values for an optional variable": ("references", "?reference = $target", "?part_of = $target", "?part_of in"),
    "values for nothing": ("participants", "?what = $mechanism", "?place = $mechanism", "?place in"),
    "doubles": ("signatures", "SELECT DISTINCT", "SELECT", "write SELECT DISTINCT"),
    "doubles counted": ("documents-per-kind", "COUNT(DISTINCT ?document)", "COUNT(?document)", "COUNT(DISTINCT"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_unsound_starts_are_refused(case: str) -> None:
    """A condition at the head of a group that would change rows as a pattern is a finding."""
    name, good, bad, said = REFUSED[case]
    query = CATALOG[name]
    assert good in query.body
    body = query.body.replace(good, bad, 1)
    (message,) = conventions.check(replace(query, body=body, text=query.text.replace(query.body, body)))
    assert said in message
    if said.startswith("?"):
        assert bad in query.text.replace(query.body, body).split("\n")[int(message.split(":")[1]) - 1]


FILTERS = r"FILTER\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|FILTER (?:NOT )?EXISTS \{[^{}]*\}"
SPREAD = {"instruments": {"after"}, "without-instrument": {"partner", "named_in"}}
"""Parameters that leave nearly all in: what came after a day, what has nothing to do with somebody."""


@pytest.mark.parametrize("name", CATALOG.names)
def test_things_given_are_where_the_search_starts(name: str) -> None:
    """With one thing given, or those that must be, some pattern outside of filters names it; a class says little."""
    query = CATALOG[name]
    telling = {key for key, parameter in query.parameters.items() if parameter.type in THINGS - {"class"}}
    telling -= SPREAD.get(name, set())
    required: dict[str, Term] = {key: P for key in sorted(telling) if query.parameters[key].required}
    for terms in [required] if required else [{key: P} for key in sorted(telling)]:
        text = focus(query.body, terms)
        assert any(f"${key}" in re.sub(FILTERS, "", text) for key in terms), terms


def test_queries_from_outside_stay_as_they_are() -> None:
    """Nobody has checked those; they are asked as they were written."""
    body = f"PREFIX coop: <{PREFIXES['coop']}>\nSELECT ?s WHERE {{ {condition('?s = $p')} ?s a coop:Act }}"
    areas = CATALOG["areas"]
    query = replace(areas, body=body, parameters={"p": replace(areas.parameters["document"], name="p")})

    class Same:
        def resolve(self, text: str, *, of: str | None, parameter: str) -> str:
            return iri(text)

    assert "VALUES" in query.bind({"p": "coop:x"}, Same())
    assert "VALUES" not in replace(query, foreign=True).bind({"p": "coop:x"}, Same())
