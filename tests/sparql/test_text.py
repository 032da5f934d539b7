"""SPARQL by its tokens: what is cut out of a text and put into it, and what is refused before anything runs."""

from __future__ import annotations

from contextlib import suppress

import corpus
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csto_graph.errors import QueryError, UnknownName
from csto_graph.sparql.text import QueryText, bind, mentioned_iris, specialise, tokens, vet

EX = "PREFIX ex: <http://ex.org/> "
SERVICE = "SERVICE <http://ex.org/> { ?a ?b ?c }"


@pytest.mark.parametrize(("text", "wanted"), [
    ("ex:a.b. ex:c. .", "name:ex:a.b mark:. name:ex:c mark:. mark:."), ("<a b>", "mark:< keyword:a keyword:b mark:>"),
    (r"ex:O\'Brien ex:a\#b", r"name:ex:O\'Brien name:ex:a\#b"), ("ex:क़ ?प्र :été", "name:ex:क़ variable:?प्र name::été"),
    ("_:b.c. ?a<?b", "blank:_:b.c mark:. variable:?a mark:< variable:?b"), ("'open\n\"", "mark:' keyword:open mark:\""),
    ("'a''b' '''it's''' \"\"\"a\"b\"\"\"", "string:'a' string:'b' string:'''it's''' string:\"\"\"a\"b\"\"\""),
    ("1.5e-3 .5 1. 'a'@en-GB", "number:1.5e-3 number:.5 number:1 mark:. string:'a' tag:@en-GB"),
    ("<a#b>#c\n#d\rASK", "iri:<a#b> comment:#c comment:#d keyword:ASK"),
    ("1.e3 <\\u0061>", "number:1.e3 iri:<\\u0061>"),
])  # fmt: skip
def test_words_are_told_apart_as_the_grammar_does(text: str, wanted: str) -> None:
    """Section 19.8: dots that end a statement, escaped names, letters of any script, strings, comments."""
    assert " ".join(f"{token.kind}:{token.text}" for token in tokens(text)) == wanted


def test_a_query_is_cut_by_its_tokens() -> None:
    """Form, projection, dataset and WHERE clause, in spite of words in strings, IRIs, comments and sub-selects."""
    query = QueryText(
        EX + "# SELECT {\nselect distinct ?s (MAX(?v) + 1 as ?n) from named ex:g from <x:h> "
        "where { ?s ex:p '} WHERE {', ?v { SELECT ?v { ?v ?p '{' } } } group by ?s"
    )
    assert (query.form, query.projection) == ("SELECT", ["s", "n"])
    assert [clause[2:] for clause in query.dataset] == [(True, "http://ex.org/g"), (False, "x:h")]
    begin, end = query.group or (0, 0)
    assert query.text[query.tokens[begin].start :][:12] == "{ ?s ex:p '}"
    assert query.text[query.tokens[end].end :] == " group by ?s"
    assert QueryText("SELECT * {}").projection == []
    assert (QueryText("nonsense").form, QueryText("").group) == ("", None)
    assert vet("SELECT ?s FROM").dataset == vet("SELECT ?s FROM NAMED").dataset == []  # the engine says what is wrong


@pytest.mark.parametrize(("text", "wanted"), [
    ("SELECT (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p", "SELECT * { ?s ?p ?o }"), ("DESCRIBE <x:a>", "SELECT * {}"),
    ("select ?s where { ?s ?p 'SELECT WHERE {' } limit 1", "SELECT * where { ?s ?p 'SELECT WHERE {' }"),
    ("SELECT ?s FROM <x:g> { ?s ?p ?o } ORDER BY ?s", "SELECT * FROM <x:g> { ?s ?p ?o }"),
    ("SELECT ?s { ?s ?p ?o } LIMIT 1 VALUES ?s { <x:a> }", "SELECT * { ?s ?p ?o } VALUES ?s { <x:a> }"),
    ("CONSTRUCT { ?s ?p 1 } WHERE { ?s ?p ?o }", "SELECT * WHERE { ?s ?p ?o }"),
    ("CONSTRUCT WHERE { ?s ?p ?o }", "SELECT * WHERE { ?s ?p ?o }"),
])  # fmt: skip
def test_the_solutions_behind_an_answer(text: str, wanted: str) -> None:
    """Nothing grouped, counted or cut; a last VALUES stays, for it is no modifier."""
    assert QueryText(text).solutions() == wanted
    ox.Store().query(wanted)


def test_names_are_found_where_they_are_used() -> None:
    """IRIs and prefixed names, escaped ones too, but none of a string or the prologue; classes that are variables."""
    text = EX + r"SELECT * { ?s ex:p\,q <x:a> ; ex:t 'ex:no'^^ex:d # ex:no" + "\n}"
    assert mentioned_iris(text) == {"http://ex.org/p,q", "x:a", "http://ex.org/t", "http://ex.org/d"}
    for pattern in ("?s a ?class", "?s ex:p 1 ; a ex:C , ?class", "?s rdf:type ?c"):
        assert any(iri.endswith("#type") for iri in mentioned_iris(f"{EX}ASK {{ {pattern} }}")), pattern
    based = "BASE <http://ex.org/a/> PREFIX ex: <../ns#> ASK { ?s ex:p <b> ; <#c> <urn:d> }"
    assert mentioned_iris(based) == {"http://ex.org/ns#p", "http://ex.org/a/b", "http://ex.org/a/#c", "urn:d"}
    assert mentioned_iris("ASK { ?s a coop:State . ?s ?p ?o }") == {"https://w3id.org/csto-un/ontology#State"}


def test_a_column_named_twice_is_named_once() -> None:
    """Whichever of its two marks a variable has (rule 108); in a part of the query, too."""
    for text in ("SELECT DISTINCT ?s $s ?s { ?s ?p ?o }", "SELECT * { { SELECT $s ?s { ?s ?p ?o } } ?s ?p ?o }"):
        ox.Store().query(QueryText(text).once())


def test_terms_are_put_in_as_terms() -> None:
    """Only for $name as a token; a name that the text lacks, and what may be an IRI, are errors."""
    value = ox.Literal('") } INSERT {')
    assert bind("ASK { ?v ?p $v, '$v' } # $v", {"v": value}) == f"ASK {{ ?v ?p {value}, '$v' }} # $v"
    assert bind("ASK { $v ?p $other }", {}) == "ASK { $v ?p $other }"
    with pytest.raises(UnknownName, match="Did you mean since"):
        bind("ASK { ?s ?p $since }", {"sinse": value})
    with pytest.raises(QueryError, match="reads as an IRI") as caught:
        bind("ASK {\n FILTER(?c<$a&&?b>2) }", {"a": value})
    assert (caught.value.line, caught.value.column) == (2, 11)


CONDITIONS = {
    "if, not given": ("a\nb  # if $p\nc", "", "a\nc"),
    "if, given": ("a\nb  # if $p\nc", "p", "a\nb\nc"),
    "unless, not given": ("a\nb # unless $p\nc", "", "a\nb\nc"),
    "unless, given": ("a\nb # unless $p\nc", "p", "a\nc"),
    "up to the line that closes": ("a {  # if $p\nb ( [\n] c ) } d\ne", "", "e"),
    "an alternative is part of it": ("{  # if $p\na\n} UNION {\nb\n}\nc", "", "c"),
    "within another": ("a {  # if $p\nb  # if $q\nc }\nd", "p", "a {\nc }\nd"),
    "within another that is left out": ("a {  # if $p\nb  # if $q\nc }\nd", "q", "d"),
    "of one name in another": ("a  # if $pp\nb", "p", "b"),
    "in an expression": ("IF(\na &&  # if $p\nb &&  # if $q\ntrue, 1, 2)", "q", "IF(\nb &&\ntrue, 1, 2)"),
    "brackets in strings and remarks": ("a '}' (  # if $p\n'(' ) # (\nb", "", "b"),
    "no mark but a remark": ("a  # if p\nb  # if $p is given\n'# if $p'\n# what if $p", "", None),
}


@pytest.mark.parametrize("case", CONDITIONS)
def test_conditions_go_with_what_is_not_given(case: str) -> None:
    """Whole lines, to the one that closes what the first opened; their number stays."""
    text, names, wanted = CONDITIONS[case]
    kept = specialise(text, names.split())
    assert kept.count("\n") == text.count("\n")
    assert [line for line in kept.split("\n") if line] == (text if wanted is None else wanted).split("\n")


@pytest.mark.parametrize("line", ["} UNION {", "a }", "a ) (", "a {"])
def test_a_condition_that_cuts_through_brackets_is_refused(line: str) -> None:
    """Whether or not it would be left out: what remained would be another query."""
    for names in ("", "p"):
        with pytest.raises(QueryError, match="does not close the brackets that it opens") as caught:
            specialise(f"{{ a\n {line}  # if $p\n", names.split())
        assert caught.value.line == 2


@pytest.mark.parametrize("name", corpus.QUERIES_THAT_CALL)
def test_a_call_is_refused_with_the_reason(name: str) -> None:
    """Each form, before a process is started, with place and remedy."""
    with pytest.raises(QueryError) as caught:
        vet(corpus.QUERIES_THAT_CALL[name].format(url="http://127.0.0.1:9/"))
    assert all((caught.value.line, caught.value.column, caught.value.hint))


@pytest.mark.parametrize("name", [*corpus.UPDATES, *corpus.NESTED_QUERIES])
def test_updates_and_what_is_nested_too_deeply_are_refused(name: str) -> None:
    """Whatever would change the graph is told apart from what is no SPARQL; nine kilobytes can end the engine."""
    with pytest.raises(QueryError, match="is refused: the graph is only read" if name in corpus.UPDATES else None):
        vet(corpus.NESTED_QUERIES.get(name, name))


@pytest.mark.parametrize(("text", "line", "column", "said"), [
    ("SELECT * { ?s ?p ?o", 1, 10, "'{' is never closed"), ("SELECT * { ?s ?p ?o }}", 1, 22, "'}' closes nothing"),
    ("SELECT * { ?s ?p 'text }", 1, 18, "A string that does not end"), ("", 1, 1, "There is no query"),
    ("SELECT * {\n\n ?s ?p\u00a0?o }", 3, 7, "invisible character U\\+00A0"), ("# only", 1, 7, "There is no query"),
    ("SELECT * { ?s\u2028 ?p ?o }", 1, 14, "invisible character U\\+2028"), ("no", 1, 1, "A query begins with SELECT"),
    ("SELECT * { ?s none:p ?o }", 1, 15, "The prefix 'none:' is not declared"),
    ("SELECT ?s { ?s a <http://a b> }", 1, 18, "No IRI has a space"),
    ("SELECT * FROM <x:z> {}", 1, 10, "FROM <x:z> is refused"),
    ("SELECT * { \\u003Fs ?p ?o }", 1, 12, "An escape outside a string"),
    ("SELECT * { ?s ?p '\\q' }", 1, 19, "The escape .* is not understood in the same way"),
    ("SELECT * { <<?s ?p ?o>> ?q ?r }", 1, 12, "Triples within triples"),
    ("SELECT * { ?s ?p ?o } ; ASK {}", 1, 23, "only one is answered"), (f"ASK {{ {SERVICE} }}", 1, 7, "SERVICE is ref"),
    ("ASK { ?s ?p '\ud800' }", None, None, "not text in UTF-8"),
])  # fmt: skip
def test_a_refusal_says_where_and_what(text: str, line: int | None, column: int | None, said: str) -> None:
    """Line and column count from 1, in characters."""
    with pytest.raises(QueryError, match=said) as caught:
        vet(text)
    assert (caught.value.line, caught.value.column) == (line, column)


WORDS = (
    *("SELECT", "ASK", "SERVICE", "FROM", "BASE", "PREFIX", "VALUES", "true", "1", "a", "*", "{", "}", "(", ")", "["),
    *("]", ".", ";", ",", "<", ">", "=", "||", "<<", "^^", "'", '"', "'''", '"""', "\\", "\\u0027", "#", "\n"),
    *("\u2028", "é", "?a", "<x:a>", "<x:a#b>", "x:", "x:a", "@en", "_:b"),
)


@given(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join) | st.text(max_size=80)
       | st.text(st.sampled_from("'\"\\#<>?:.@a_1é\n "), max_size=60))  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_any_text_is_accepted_or_refused(text: str) -> None:
    """Looking at a text never fails in another way than with its own error; cutting and binding it never does.

    Tokens and the white space between them make up the text again.
    """
    ends = [0, *(token.end for token in tokens(text))]
    starts = [*(token.start for token in tokens(text)), len(text)]
    assert not any(text[end:start].strip(" \t\r\n") for end, start in zip(ends, starts, strict=True))
    with suppress(QueryError):
        vet(text)
    QueryText(text).solutions()
    mentioned_iris(text)
    bind(text, {})
    assert specialise(text, ()) == text
    with suppress(QueryError):
        specialise(f"{text} # if $p\n{text}", ())
