"""Canned queries: headers, parameters, binding, house rules, the catalogue as data."""

from __future__ import annotations

import ast
import datetime
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Store

import csto_graph
from csto_graph import errors, names
from csto_graph.rdf.terms import TripleIndex
from csto_graph.share.export import catalog_triples
from csto_graph.sparql.catalog import PARAMETER_TYPES, Catalog, Parameter, Query, check

GOOD = """\
# /// query
# title    = { en = "Agreed instruments", ru = "Согласованные документы" }
# question = { en = "Which instruments were agreed with whom?", ru = "Какие документы и с кем?" }
# tags     = ["instruments", "time"]
# columns  = { instrument = "entity", date = "date", words = "integer" }
# negative = { en = "no source names one", ru = "источники не называют" }
#
# [params.partner]
# type     = "entity"
# of       = "org:Organization"
# optional = true
# help     = { en = "one side", ru = "одна из сторон" }
#
# [params.until]
# type     = "date"
# bound    = "end"
# optional = true
# help     = { en = "last day", ru = "последний день" }
#
# [params.kind]
# type     = "choice"
# values   = ["memorandum", "protocol"]
# default  = "protocol"
# help     = { en = "kind", ru = "вид" }
#
# [[examples]]
# args     = { partner = "UNODC" }
# expect   = "good/unodc.csv"
#
# [[examples]]
# args     = { until = 2010-03-18, kind = "memorandum" }
# about    = "none before that day"
# reading  = "source"
# ///
PREFIX coop: <https://w3id.org/csto-un/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>

# $partner stands here in a comment, and "$until" as well
SELECT ?instrument ?date (COUNT(*) * 2 AS ?words) WHERE {
  ?instrument ^coop:about/coop:party ?side ; coop:stated ?date ; coop:earliest ?earliest ; skos:note ?note .
  FILTER(?side = $partner)  # if $partner
  FILTER(?earliest < $until)  # if $until
  FILTER(?note != "$kind" && xsd:integer(?note) * 2 + 1 > 3 && ?note = $kind)
}
GROUP BY ?instrument ?date ?earliest
ORDER BY ?earliest STR(?date) ?instrument
LIMIT 100
"""

HOSTILE = [
    "", "x", "$x", "?x", '"', "'", '"""', "'''", "\\", '\\"', "\\u0022", "\\\\u0041", "\r", "\n", "\r\n", "\t", "\0",
    "\x0b", "\x1f", "\x7f", "\x85", "\u2028", "\u202e", "\ufffe", "\ud800", "\udc00", "\U0001f600", "ё", "e\u0301", "#",
    "{} $y", '") } UNION { ?s ?p ?o } #', "> ) } UNION { ?s ?p ?o } #", "http://x/> . <http://y", "<http://x/>",
    'a"@en', 'a"^^<http://x/>', "2010-13-45", "2010-02-30", "0000", "-1", "1e9", "٢٠١٠", "２０１０", "9" * 30, "true ",
    "coop:Resolution", "coop:a>b", "http://example.org/é", "en-", "en_GB",
]  # fmt: skip


class Echo:
    """A resolver that believes everything but what is to be refused before anything looks a name up."""

    def resolve(self, text: str, *, of: str | None, parameter: str) -> str:
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|\A\s*\Z|.{10001}", text)
        return names.iri(text)


def parse(text: str) -> Query:
    return Query.parse(text, name="good", path="good.rq")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalogue of one good query."""
    (tmp_path / "good.rq").write_text(GOOD, encoding="utf-8")
    return tmp_path


def test_header_is_read_whole(folder: Path) -> None:
    """Each part of the header arrives with its type; line ends of Windows make no other query."""
    query = Catalog(folder)["good"]
    assert (query.title["ru"], query.tags) == ("Согласованные документы", ("instruments", "time"))
    assert list(query.columns.items()) == [("instrument", "entity"), ("date", "date"), ("words", "integer")]
    partner, until, kind = (query.parameters[name] for name in ("partner", "until", "kind"))
    assert (partner.of, until.bound, kind.values) == ("org:Organization", "end", ("memorandum", "protocol"))
    assert [one.required for one in query.parameters.values()] == [False] * 3
    assert (query.question["en"][:5], query.negative["en"]) == ("Which", "no source names one")
    first, second = query.examples
    assert (first.args, first.expect, first.reading) == ({"partner": "UNODC"}, "good/unodc.csv", "curated")
    assert (second.expect, second.about, second.reading) == ("", "none before that day", "source")
    assert (query.text, query.body) == (GOOD, GOOD.split("# ///\n")[1])
    (folder / "good.rq").write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert Catalog(folder)["good"] == query


def test_one_query_is_read_without_the_others(folder: Path) -> None:
    """A broken neighbour hinders neither a query nor the list of names, which is sorted; it is reported when read."""
    (folder / "broken.rq").write_bytes(b"\xff")
    (folder / "marked.rq").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    (folder / "README.md").write_text("no query", encoding="utf-8")
    queries = Catalog(folder)
    assert ([*queries.names], "good" in queries, len(queries)) == (["broken", "good", "marked"], True, 3)
    assert re.search("broken.rq:1: is not UTF-8.*marked.rq:1: A query begins with", str(queries.check()))
    with pytest.raises(errors.InputError, match=r"broken\.rq:1: is not UTF-8"):
        list(queries)
    with pytest.raises(errors.InputError, match="cannot be listed"):
        len(Catalog(folder / "nowhere"))


@pytest.mark.parametrize("name", ["god", "Good", "../good", "good.rq", "", "good\0", "x" * 5000, "/etc/passwd"])
def test_unknown_query_is_refused(folder: Path, name: str) -> None:
    """Only names of files in the folder are found; near misses are answered with suggestions."""
    with pytest.raises(errors.UnknownName) as caught:
        Catalog(folder)[name]
    assert caught.value.suggestions == (["good"] if name in ("god", "Good", "../good", "good.rq", "good\0") else [])


TAGS, END = "# tags     =", "# ///\nPREFIX"
BAD_HEADERS = [
    ("# /// query\n", "", 1, "begins with the line"), (END, "PREFIX", 34, "the last one is '# ///'"),
    (TAGS, "#tags     =", 4, "begins with '# '"), (TAGS, "# tags", 4, "not TOML"), ('"time"]', '"time"', 5, "not TOML"),
    (GOOD[GOOD.index(END) :], "#", 34, "the last one is '# ///'"), (TAGS, "# tag =", 4, "Did you mean tags"),
    ('# tags     = ["instruments", "time"]', '# tags = "time"', 4, "'tags' must be a list of texts"),
    ('# title    = { en = "Agreed instruments"', "# title = { en = 1", 2, "'title' must be a table of texts"),
    ('words = "integer"', 'words = "int"', 5, "no column type 'int'.\nDid you mean"),
    ("# columns ", "# negativ ", 5, "no key 'negativ'"), ('["instruments", "time"]', "5", 4, "'tags' must be a list"),
    ("[params.partner]", "[params.partner-1]", 8, "cannot be the name of a variable"),
    ("[params.partner]", "[params.format]", 8, "'format' means something else already"),
    ('# of       = "org:Organization"', '# also     = ["a/b"]', 10, "'a/b' cannot be the name of a variable"),
    ('# of       = "org:Organization"', '# also     = ["until"]', 14, "'until' means something else already"),
    ('"entity"\n', '"entities"\n', 9, "no parameter type 'entities'.\nDid you mean entity"),
    ('# optional = true\n# help     = { en = "one', '# optional = 1\n# help     = { en = "one', 11, "true or false"),
    ('# optional = true\n# help     = { en = "one', '# defualt = 1\n# help     = { en = "one', 11, "mean default"),
    ('bound    = "end"', 'bound = "last"', 16, "'end'"), ('bound    = "end"', 'of = "a:X"', 16, "'of' does not"),
    ('# values   = ["memorandum", "protocol"]\n', "", 20, "a choice needs it"),
    ('# default  = "protocol"', '# optional = true\n# default  = "protocol"', 24, "optional and has a default"),
    ('# args     = { partner = "UNODC" }\n', "", 26, "needs the key 'args'"),
    ("until = 2010-03-18,", "until = [2010],", 31, "'args' must be a table of texts, numbers"),
    ("# about ", "# abuot ", 32, "Did you mean about"),
    ('# reading  = "source"', '# reading  = "raw"', 33, "no reading 'raw'.\nDid you mean curated or source"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "message"), BAD_HEADERS, ids=[row[3][:30] for row in BAD_HEADERS])
def test_bad_header_names_path_and_line(old: str, new: str, line: int, message: str) -> None:
    """Each mistake in a header is an input error at its own line of the file."""
    assert GOOD.count(old) == 1
    with pytest.raises(errors.InputError) as caught:
        parse(GOOD.replace(old, new))
    assert message in str(caught.value)
    assert (caught.value.path, caught.value.line) == ("good.rq", line)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 40), st.text(max_size=5))
def test_mutilated_file_gives_a_query_or_an_input_error(at: int, length: int, insertion: str) -> None:
    """Whatever is cut from or put into a file, nothing but the project's own error comes out."""
    try:
        query = parse(GOOD[:at] + insertion + GOOD[at + length :])
    except errors.InputError as error:
        said = str(error)
    else:
        said = "good.rq:0" * (query.body in query.text)
    assert re.match(r"good\.rq:\d+", said), said


XSD = names.PREFIXES["xsd"]
FITTING = [
    ("string", "a\tb\nc", Literal("a\tb\nc")), ("string", "", Literal("")), ("integer", "-12", Literal(-12)),
    ("integer", "+012", Literal(12)), ("integer", 7, Literal(7)), ("boolean", True, Literal(True)),
    ("boolean", "Yes", Literal(True)), ("boolean", "no", Literal(False)), ("year", "2010", Literal(2010)),
    ("year", 476, Literal(476)), ("language", "ru", Literal("ru")), ("language", "zh-Hant", Literal("zh-hant")),
    ("choice", "b", Literal("b")), ("entity", "organization:unodc", NamedNode(names.iri("organization:unodc"))),
    ("entity", NamedNode("http://example.org/a"), NamedNode("http://example.org/a")),
    ("class", "coop:Resolution", NamedNode(names.iri("coop:Resolution"))),
    ("area", "area:terrorism", NamedNode(names.iri("area:terrorism"))),
]  # fmt: skip
UNFIT = {
    "string": [1, "a\0", "\x1b[2J", "\ud800", "x" * 10_001], "integer": ["1.5", True, "", "9" * 19, " 1", "١"],
    "boolean": [1, "1", "maybe"], "year": ["0000", 0, "99", 10_000, -44, True], "language": ["e", "en_GB", "en-"],
    "choice": ["c", 1, "B"], "class": [" "], "area": ["http://x/>"],
    "date": ["2010-13-45", "2010-02-30", "0000", "9999", "2010-00", "2010-03-00", "2010-3-1", "2010-03-18T00:00:00Z",
             "2010\n", True, 2010.0, datetime.datetime(2010, 3, 18)],
    "entity": ["", 1, "a\nb", "a\u2028b", "\udfff", "http://example.org/a b", "no-scheme"],
}  # fmt: skip


def parameter(kind: str, **options: object) -> Parameter:
    return Parameter("p", kind, values=("a", "b") if kind == "choice" else (), **options)


@pytest.mark.parametrize(("kind", "value", "term"), FITTING)
def test_fitting_value_becomes_a_term(kind: str, value: object, term: object) -> None:
    """Texts and Python values of a type give its term."""
    assert parameter(kind).term(value, Echo()) == term


@pytest.mark.parametrize("kind", UNFIT)
def test_unfit_value_is_refused(kind: str) -> None:
    """What is not of a type is refused with the parameter's name, and the message can be printed."""
    for value in UNFIT[kind]:
        with pytest.raises(errors.BadParameter) as caught:
            parameter(kind).term(value, Echo())
        assert (caught.value.parameter, bool(caught.value.expected)) == ("p", True)
        assert len(str(caught.value).encode("utf-8")) < 400


@pytest.mark.parametrize(("value", "start", "end"), [
    ("2010", "2010-01-01", "2011-01-01"), ("2010-12", "2010-12-01", "2011-01-01"), (476, "0476-01-01", "0477-01-01"),
    ("2012-02-28", "2012-02-28", "2012-02-29"), (datetime.date(2010, 4, 30), "2010-04-30", "2010-05-01"),
    ("9998-12-31", "9998-12-31", "9999-01-01"),
])  # fmt: skip
def test_date_is_bound_to_an_end_of_its_span(value: object, start: str, end: str) -> None:
    """A date stands for the first instant of its span, or for the first one after it."""
    for bound, day in (("start", start), ("end", end)):
        term = parameter("date", bound=bound).term(value, Echo())
        assert term == Literal(f"{day}T00:00:00Z", datatype=NamedNode(f"{XSD}dateTime"))


def test_resolver_is_told_what_is_wanted() -> None:
    """The resolver gets the text, the class or scheme and the parameter's name; its errors pass through."""

    class Recorder:
        def resolve(self, text: str, *, of: str | None, parameter: str) -> str:
            raise errors.UnknownName("thing", f"{text} {of} {parameter}")

    for one, said in (
        (parameter("entity", of="org:Organization"), "UNDOC org:Organization p"), (parameter("area"), "UNDOC None p"),
    ):  # fmt: skip
        with pytest.raises(errors.UnknownName, match=said):
            one.term("UNDOC", Recorder())
    text = GOOD.replace("# [params.kind]", '# [params.area]\n# type = "area"\n#\n# [params.kind]')
    assert parse(text).parameters["area"].of == "vocab:area"


ECHO = """\
# /// query
# title = {}
# question = {}
# columns = { y = "string" }
# [params.x]
# type = "TYPE"
# ///
# $x in a comment, and "an open string
SELECT ?y ?a ?b ?c ?d ?e (<http://example.org/$x> AS ?f) WHERE {
  BIND("$x \\" $x" AS ?a) BIND('$x \\' $x' AS ?b) # ' $x
  BIND(\"\"\"$x ' " $x "" \\\"\"\" $x\"\"\" AS ?c) BIND('''$x " ' $x '' \\''' $x''' AS ?d)
  BIND(STR(?xx) AS ?e)
  BIND($x AS ?y)#$x
}
"""
DECOYS = ['$x " $x', "$x ' $x", '$x \' " $x "" """ $x', "$x \" ' $x '' ''' $x", None, "http://example.org/$x"]


def echo(kind: str, value: object) -> object:
    """Send a value through an echo query on the engine; the decoys must come back as they are written."""
    header = f'{kind}"\n# values = ["a", "$x", "\\"", "\\\\u0022", "ё"]' if kind == "choice" else f'{kind}"'
    query = parse(ECHO.replace('TYPE"', header))
    (solution,) = Store().query(query.bind({"x": value}, Echo()))
    found = [solution[name] and solution[name].value for name in "abcdef"]
    assert found == DECOYS
    return solution["y"]


def given_back(kind: str, text: str) -> str:
    """What an honest echo of an accepted text is, written apart from the binder."""
    return {
        **dict.fromkeys(("entity", "class", "area"), names.iri),
        **dict.fromkeys(("integer", "year"), lambda text: str(int(text))),
        "boolean": lambda text: {"true": "true", "yes": "true", "да": "true"}.get(text.casefold(), "false"),
        "date": lambda text: text + "-01" * (2 - text.count("-")) + "T00:00:00Z",
        "language": str.lower,
    }.get(kind, str)(text)


@pytest.mark.parametrize("kind", PARAMETER_TYPES)
def test_hostile_text_comes_back_unchanged_or_is_refused(kind: str) -> None:
    """No text does anything in a query but stand for itself, whatever the parameter's type."""
    outcomes = set()

    @settings(max_examples=100, deadline=None)
    @given(st.sampled_from(HOSTILE) | st.text(st.characters(categories=None)) | st.from_regex(r"\A[0-9-]{4,10}\Z"))
    @example("2010-03-18")
    @example("2010")
    @example("true")
    @example("en")
    @example("$x")
    @example("http://example.org/$x")
    def property_(text: str) -> None:
        try:
            answer = echo(kind, text)
        except errors.BadParameter:
            outcomes.add("refused")
            assert kind != "string" or re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]", text)
        else:
            outcomes.add("echoed")
            assert answer.value == given_back(kind, text)
            assert isinstance(answer, NamedNode) == (kind in ("entity", "class", "area"))

    property_()
    assert outcomes == {"refused", "echoed"}


def test_a_parameter_that_is_not_given_takes_its_conditions_away() -> None:
    """Lines marked with it are left empty, defaults are taken, None is as good as nothing; nothing else changes."""
    query, partner = parse(GOOD), "  FILTER(?side = $partner)  # if $partner\n"
    until = "  FILTER(?earliest < $until)  # if $until\n"
    plain = query.numbered.replace("?note = $kind", '?note = "protocol"').replace(partner, "\n")
    assert query.bind({"partner": None}, Echo()) == plain.replace(until, "\n")
    term = f'"2010-04-01T00:00:00Z"^^<{XSD}dateTime>'
    assert query.bind({"until": "2010-03"}, Echo()) == plain.replace(until, f"  FILTER(?earliest < {term})\n")
    with pytest.raises(errors.InputError, match=r"good\.rq:42:1: What is marked here"):
        parse(GOOD.replace("(?side = $partner)", "(?side = $partner))")).bind({}, Echo())


def test_unknown_and_missing_parameters_are_refused() -> None:
    """A slip in a name is an error with a suggestion, not an ignored filter; what is required must be given."""
    with pytest.raises(errors.UnknownName) as caught:
        parse(GOOD).bind({"partnr": "UNODC"}, Echo())
    assert "Did you mean partner? The parameters of 'good' are: partner, until, kind." in str(caught.value)
    with pytest.raises(errors.BadParameter, match="Did you mean protocol"):
        parse(GOOD).bind({"kind": "protcol"}, Echo())
    with pytest.raises(errors.BadParameter, match="'kind'"):
        parse(GOOD.replace('# default  = "protocol"\n', "")).bind({}, Echo())


SPARQL = re.compile(r"\bSELECT\s[^.]*[?$(*]|\b(?:WHERE|ASK|CONSTRUCT)\s*\{|\bFILTER\s*\(|\bVALUES\s")
SPLICERS = ("format", "format_map", "replace", "join", "substitute", "safe_substitute")


def spliced(text: str) -> set[int]:
    """Lines where text that looks like SPARQL is put together from pieces."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        called = getattr(getattr(node, "func", None), "attr", "")
        if isinstance(node, ast.JoinedStr | ast.BinOp) or called in SPLICERS:
            pieces = [node.func.value, *node.args] if called else [node, *ast.iter_child_nodes(node)]
            found |= {node.lineno for piece in pieces if SPARQL.search(str(getattr(piece, "value", "")))}
    return found


#: They put patterns together, of their own or of terms in the form in which the engine writes them.
WRITERS = {"text.py", "endpoint.py", "proof.py", "thing.py", "schema.py"}


def test_no_module_puts_values_into_sparql_as_text() -> None:
    """The binder is the only way for a value into a query; the check itself sees the ways it forbids."""
    modules = sorted(Path(next(iter(csto_graph.__path__))).rglob("*.py"))
    assert len(modules) >= 4
    assert {path.name for path in modules if spliced(path.read_text(encoding="utf-8"))} <= WRITERS
    bad = 'f"SELECT ?s WHERE {{ ?s a <{x}> }}"\n"SELECT ?s { ?s a <%s> }" % x\n"ASK { ?s a " + x\n'
    assert spliced(f'{bad}"WHERE {{ a X }}".replace("X", x)') == {1, 2, 3, 4}


def test_good_query_passes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found in a good query, further rules are asked as well, and even one's own text is read elsewhere."""
    monkeypatch.delattr("pyoxigraph.Store.query")  # what crashes the engine in a worker is a finding here
    query = Catalog(folder)["good"]
    assert check(query) == Catalog(folder).check() == []
    assert check(query, more=[lambda query: [f"{query.name} has ties"]]) == [f"{query.path}: good has ties"]


BROKEN = [
    ('date = "date", words', 'words = "integer", date', 1, "The query gives instrument, date, words; its header says"),
    ("SELECT ?instrument ?date (", "SELECT ?date (", 1, "The query gives date, words"),
    ("?earliest < $until", "?earliest < $untill", 43, "$untill has no value here"),
    ("FILTER(?earliest < $until)  # if $until", "", 1, "'until' is declared and not used"),
    ("?earliest < $until", "?until < $until", 43, "written ?until"),
    ("FILTER(?side = $partner)  # if $partner", "FILTER(?side = $partner)", 42, "$partner has no value here"),
    ("# if $partner", "# if $until", 42, "$partner has no value here"),
    ("# if $partner", "# unless $partner", 42, "$partner has no value here"),
    ("# if $partner", "# if $kind", 42, "$kind is no optional parameter"),
    ("(?side = $partner)", "(?side = $partner))", 42, "does not close the brackets"),
    ("+ 1 > 3", "+ 1 > > 3", 44, "does not parse"),
    ("?side = $partner", "$partner = ?side) BIND(1 AS $partner", 42, "does not parse"),
    ("skos:note ?note .", "skos:note ?note . SERVICE coop:x { }", 41, "SERVICE is refused"),
    ("args     = { partner", "args     = { partnr", 1, "example 1: There is no parameter 'partnr'"),
    ('kind = "memorandum"', 'kind = "memo"', 1, "example 2: Parameter 'kind': 'memo'"),
    ('default  = "protocol"', 'default  = "protokol"', 1, "example 1: Parameter 'kind'"),
    ('# default  = "protocol"\n', "", 1, "example 1: Parameter 'kind' is missing"),
    (GOOD[GOOD.index("# [[examples]]") : GOOD.index("# ///\nPREFIX")], "", 1, "there is no example"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "message"), BROKEN, ids=[row[3][:24] + row[1][:9] for row in BROKEN])
def test_what_is_wrong_is_found(old: str, new: str, line: int, message: str) -> None:
    """Each thing that can be seen without data is found at its line."""
    assert GOOD.count(old) == 1
    found = check(parse(GOOD.replace(old, new)))
    assert any(message in finding and finding.startswith(f"good.rq:{line}: ") for finding in found), found


def test_catalogue_is_published_in_the_words_of_shacl(folder: Path) -> None:
    """A client finds text, prefixes, labels, tags and parameters; the default and the ends of IRIs are right."""
    (folder / "named.rq").write_text(GOOD.replace('# default  = "protocol"\n', "").replace("org:Org", "vocab:Org"))
    triples = catalog_triples(Catalog(folder))
    index, body = TripleIndex(triples), GOOD.split("# ///\n")[1]
    assert len(set(triples)) == len(triples)
    for thing, key, wanted in (
        ("good", "rdf:type", "sh:SPARQLExecutable sh:SPARQLSelectExecutable"), ("good", "sh:prefixes", ":prefixes"),
        ("good", "dcterms:subject", ":tag#instruments :tag#time"), ("good", "sh:select", body),
        ("good", "rdfs:label", "Agreed instruments Согласованные документы"),
        ("good", "sh:parameter", ":good#partner :good#until :good#kind"), ("good#kind", "sh:defaultValue", "protocol"),
        ("good#until", "sh:path", ":parameter#until"), ("good#until", "sh:datatype", "xsd:dateTime"),
        ("good#until", "sh:description", "last day последний день"), ("good#partner", "sh:class", "org:Organization"),
        ("good#kind", "sh:optional", "true"), ("named#kind", "sh:optional", ""), ("named#partner", "sh:class", ""),
        ("named#partner", "sh:nodeKind", "sh:IRI"), ("prefixes#coop", "sh:prefix", "coop"),
        ("prefixes", "sh:declare", ":prefixes#coop :prefixes#skos :prefixes#xsd"),
    ):  # fmt: skip
        found = index.objects(NamedNode(names.PREFIXES["query"] + thing), NamedNode(names.iri(key)))
        text = " ".join(names.curie(term.value) for term in found).replace(names.PREFIXES["query"], "query:")
        assert text.replace("query:", ":") == wanted
    for text in index.objects(NamedNode(names.PREFIXES["query"] + "good"), NamedNode(names.iri("sh:select"))):
        assert [variable.value for variable in Store().query(text.value).variables] == ["instrument", "date", "words"]
