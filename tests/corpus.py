"""Hostile inputs, as code: queries and files that other programs were seen to fall for.

``{url}`` in a text stands for the address of a server that must not be called.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

#: Format to the ending of its files.
ENDINGS = {
    "turtle": ".ttl", "trig": ".trig", "ntriples": ".nt", "nquads": ".nq", "jsonld": ".jsonld", "rdfxml": ".rdf"
}  # fmt: skip

_CALL = "SERVICE <{url}> {{ ?a ?b ?c }}"
#: Queries that make some engine call a server or open a file.
QUERIES_THAT_CALL = {name: text.replace("CALL", _CALL) for name, text in {
    "plain": "SELECT * {{ CALL }}", "after a pattern": "SELECT * {{ ?s ?p ?o CALL }}",
    "lower case": "select * {{ service <{url}> {{ ?a ?b ?c }} }}",
    "mixed case": "SELECT * {{ sErViCe <{url}> {{ ?a ?b ?c }} }}",
    "silent": "SELECT * {{ SERVICE SILENT <{url}> {{ ?a ?b ?c }} }}",
    "variable": "SELECT * {{ BIND(<{url}> AS ?x) SERVICE ?x {{ ?a ?b ?c }} }}",
    "prefixed": "PREFIX x: <{url}> SELECT * {{ SERVICE x:y {{ ?a ?b ?c }} }}",
    "optional": "SELECT * {{ OPTIONAL {{ CALL }} }}", "exists": "SELECT * {{ FILTER EXISTS {{ CALL }} }}",
    "not exists": "ASK {{ FILTER NOT EXISTS {{ CALL }} }}",
    "exists in bind": "SELECT ?x {{ BIND(IF(EXISTS {{ CALL }}, 1, 2) AS ?x) }}",
    "minus": "SELECT * {{ ?s ?p ?o MINUS {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "union": "SELECT * {{ {{ ?s ?p ?o }} UNION {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "subselect": "SELECT * {{ {{ SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }} }}",
    "graph": "SELECT * {{ GRAPH ?g {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "construct": "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "describe": "DESCRIBE ?s WHERE {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "ask": "ASK {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "after a comment": "SELECT * {{ # harmless\n SERVICE # still\n <{url}> {{ ?s ?p ?o }} }}",
    "comment ended by a return": "SELECT * {{ #\rSERVICE <{url}> {{ ?s ?p ?o }} }}",
    # The engine divides words where it likes, not at spaces.
    "keyword as prefix": "PREFIX : <{url}> SELECT * {{ SERVICE:x {{ ?a ?b ?c }} }}",
    "keyword and prefix in one": "PREFIX x: <{url}> SELECT * {{ SERVICEx:y {{ ?a ?b ?c }} }}",
    "two keywords in one": "SELECT * {{ SERVICESILENT<{url}> {{ ?a ?b ?c }} }}",
    "after a boolean": "SELECT * {{ ?s ?p trueSERVICE<{url}> {{ ?a ?b ?c }} }}",
    "after a number": "SELECT * {{ ?s ?p 1SERVICE<{url}> {{ ?a ?b ?c }} }}",
    "after a name that is no IRI": "PREFIX x: <http://a:8> SELECT * {{ ?s ?p x:CALL }}",
    "name, keyword, name": "PREFIX x: <http://a:8> PREFIX y: <{url}> SELECT * {{ ?s ?p x:SERVICEy:z {{ ?a ?b ?c }} }}",
    # Between < and > one reader sees an IRI, the other two comparisons.
    "comparison read as an IRI": "SELECT * {{ ?s ?p ?o FILTER(?o<?b)SERVICE#>\n<{url}> {{ ?a ?b ?c }} }}",
    "number, then an IRI": "SELECT * {{ ?s ?p ?o FILTER(?o<1)SERVICE#>\n<{url}> {{ ?a ?b ?c }} }}",
    "name, then an IRI": "PREFIX x: <x:> SELECT * {{ ?s ?p ?o FILTER(?o<x:a)SERVICE#>\n<{url}> {{ ?a ?b ?c }} }}",
    "IRI that hides a string": "SELECT * {{ ?s ?p ?o FILTER(?o<?b)#>'''\n CALL }}#'''",
    "string inside an IRI": "SELECT * {{ ?s ?p ?o FILTER(?o<'>' || ?o=' )SERVICE<{url}>{{?a ?b ?c}}#') }}",
    # A long string that does not parse is read again as an empty one.
    "bad escape": 'SELECT * {{ VALUES ?x {{"""a" }} CALL }}#\\q""" }}',
    "bad code point": 'SELECT * {{ VALUES ?x {{"""a" }} CALL }}#\\uD800""" }}',
    "bad escape, single": "SELECT * {{ VALUES ?x {{'''a' }} CALL }}#\\q''' }}",
    "escaped delimiter": "SELECT * {{ ?s ?p \"\\u0022 . ?s ?p '\" . CALL #' \n}}",
    "escaped keyword": "SELECT * {{ \\u0053ERVICE <{url}> {{ ?a ?b ?c }} }}",
    "escaped long": "SELECT * {{ S\\U00000045RVICE <{url}> {{ ?a ?b ?c }} }}",
    "escaped in an IRI": "SELECT * {{ ?s <x:\\u003E> ?o . CALL }}", "from": "SELECT * FROM <{url}x.ttl> {{ ?s ?p ?o }}",
    "from named": "SELECT * FROM NAMED <{url}x.ttl> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "from prefixed": "PREFIX x: <{url}> SELECT * FROM x:y.ttl {{ ?s ?p ?o }}",
    "from relative": "BASE <{url}> SELECT * FROM <x.ttl> {{ ?s ?p ?o }}",
    "from a file": "SELECT * FROM <file:///etc/hostname> {{ ?s ?p ?o }}",
    "from, words in one": "SELECT * FROMNAMED<{url}> {{ GRAPH ?g {{ ?s ?p ?o }} }}", "load": "LOAD <{url}x.ttl>",
    "load silent": "LOAD SILENT <{url}x.ttl> INTO GRAPH <x:g>",
    "insert from a service": "INSERT {{ ?a ?b ?c }} WHERE {{ CALL }}",
    "update after a query": "ASK {{}} ; LOAD <{url}x.ttl>",
}.items()}  # fmt: skip

UPDATES = (
    "INSERT DATA { <x:a> <x:b> <x:c> }", "DELETE WHERE { ?s ?p ?o }", "delete data { <x:a> <x:b> <x:c> }",
    "WITH <x:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", "CLEAR ALL", "CREATE GRAPH <x:g>", "DROP SILENT ALL",
    "COPY <x:a> TO <x:b>", "MOVE <x:a> TO <x:b>", "ADD <x:a> TO <x:b>", "LOAD <x:a>",
    "PREFIX x: <x:> # comment\n INSERT DATA { x:a x:b x:c }",
)  # fmt: skip

#: Harmless queries that look like harmful ones.
DECOYS = (
    "SELECT * { ?s ?p ?o } # SERVICE <http://example.org/> {}",
    'SELECT * { ?s ?p "SERVICE <http://example.org/> { ?a ?b ?c }" }',
    "SELECT * { ?s ?p 'FROM <http://example.org/> INSERT' }", 'SELECT * { ?s ?p """it\'s "a" SERVICE\n<x>{""" }',
    "SELECT * { ?s <http://example.org/service/x> ?o }",
    "SELECT * { ?s <http://example.org/x#service> ?o FILTER(?o != <http://example.org/from#x>) }",
    "PREFIX x: <http://example.org/> SELECT ?service { ?service x:serviceType x:service ; x:from ?from }",
    "SELECT * { ?s ?p ?o FILTER(?o < 3 && ?o > 1 || ?o <= 5) }",
    "SELECT * { ?s ?p ?o FILTER(?o<3&&?p=<http://example.org/a#b>) }",
    "SELECT * { VALUES (?a ?b) { (<http://example.org/a#x> <http://example.org/b#y>) } ?a ?p ?b }",
    'SELECT * { ?s ?p "caf\\u00E9 \\"x\\" \\\\ \\n" , \'it\\\'s\' }',
    'SELECT * { ?s ?p "text"@en-GB . ?s ?p "1"^^<http://www.w3.org/2001/XMLSchema#integer> }',
    "SELECT * { ?s (<x:a>|^<x:b>)/!(<x:c>|<x:d>) ?o }",
    "PREFIX x: <http://example.org/> SELECT * { x:a\\(b\\) x:c%20d [] . _:b x:e () , (1 2.5 -3e4) }",
    "PREFIX x: <x:> SELECT * { ?s x:O\\'N ?v . ?v x:a\\#b x:e\\~ }",
    "PREFIX webservice: <x:> SELECT ?n { GRAPH webservice:g { ?s a webservice:C ; webservice:name ?n } }",
    "PREFIX sd: <x:sd#> SELECT * { ?s a sd:Service ; sd:endpoint ?e }",
    "PREFIX sd: <x:sd#> SELECT * { ?s a sd:Service { ?s ?p ?o } }",
    "PREFIX service: <x:> ASK { service:a service:b service:service }",
    "PREFIX load: <x:> ASK { load:insert load:from load:clear }",
    "ASK { FILTER(STRLEN('<<') = 2) }", "DESCRIBE <x:a>",
    "SELECT * { ?s <urn:x#service> ?o . ?o <urn:x:it's> 1 FILTER(?o = <urn:x#from>) }",
    "PREFIX x: <urn:x#> SELECT * { VALUES ?s { <urn:x#a> <urn:x#b> } ?s x:p ?o }", "\ufeffASK { ?s ?p ?o }",
    "BASE <http://example.org/> CONSTRUCT WHERE { <a> <b> ?o }",
    "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o } GROUP BY ?p HAVING(COUNT(*) > 0) ORDER BY DESC(?n) LIMIT 3",
)  # fmt: skip

_TWELVE = " ".join(str(number) for number in range(12))
_CROSS = " ".join(f"VALUES ?v{column} {{ {_TWELVE} }}" for column in range(9))
_DOUBLED = " ".join(f"BIND(CONCAT(?v{step}, ?v{step}) AS ?v{step + 1})" for step in range(40))
_MIXED = " ".join(f'"{year}"^^<http://www.w3.org/2001/XMLSchema#gYear> {year} "{year}"' for year in range(1990, 2030))

#: Queries that ask for more than a few seconds or gigabytes over ``clique()``, or crash the engine.
QUERIES_THAT_NEVER_END: dict[str, str] = {
    "cross product, counted": f"SELECT (COUNT(*) AS ?n) {{{_CROSS}}}",
    "cross product, all rows": f"SELECT * {{{_CROSS}}}",
    "path over a clique": "SELECT (COUNT(*) AS ?n) { ?a <x:p>* ?b . ?b <x:p>* ?c . ?c <x:p>* ?d . ?d <x:p>* ?e }",
    "regular expression": "SELECT (COUNT(*) AS ?n) { ?a ?p ?b . ?c ?p ?d . ?e ?p ?f . ?g ?p ?h "
    'FILTER(REGEX(CONCAT(STR(?a), STR(?d), STR(?f), STR(?h)), "^(a?){50}(.*x){20}$")) }',
    "sort": "SELECT * { ?a ?p ?b . ?c ?q ?d . ?e ?r ?f . ?g ?s ?h } ORDER BY ?h ?a ?f",
    "text that doubles": f'SELECT (STRLEN(?v40) AS ?n) {{ BIND("xx" AS ?v0) {_DOUBLED}}}',
    "long path": f"ASK {{ ?a {'/'.join(['<x:p>'] * 900)} ?b }}",
    "many optionals": f"ASK {{ ?s ?p ?o {'OPTIONAL { ?s ?p ?o }' * 3000} }}",
    "long list": f"ASK {{ ?s ?p ({'1 ' * 20000}) }}",
    "sort of mixed types": f"SELECT ?v {{ VALUES ?v {{ {_MIXED} }} VALUES ?w {{ {_TWELVE * 40} }}"
    " ?a ?p ?b . ?c ?q ?d . ?e ?r ?f } ORDER BY ?v ?a ?f",
}

#: Refused before they run.
NESTED_QUERIES: dict[str, str] = {
    "IF": f"SELECT ({'IF(true,' * 1000}1{',1)' * 1000} AS ?x) {{}}", "braces": f"SELECT * {'{' * 10_000}{'}' * 10_000}",
    "parentheses": f"ASK {{ FILTER({'(' * 10_000}true{')' * 10_000}) }}",
    "subselects": f"SELECT * {'{ SELECT * ' * 1000}{{}}{'}' * 1000}", "not": f"ASK {{ FILTER({'!' * 10_000}true) }}",
    "minus": f"SELECT ({'-' * 10_000}1 AS ?x) {{}}", "plus": f"SELECT (1{'+1' * 10_000} AS ?x) {{}}",
    "or": f"ASK {{ FILTER(true{'||true' * 8_000}) }}", "path": f"ASK {{ ?a {'/'.join(['<x:p>'] * 9000)} ?b }}",
    "brackets": f"ASK {{ ?a ?b {'[ ?p ' * 1000}{']' * 1000} }}",
    "triple terms": f"ASK {{ {'<< ' * 1000}?a ?b ?c{' >>' * 1000} ?p ?o }}",
    "triple terms, nested": f"ASK {{ ?a ?b {'<<( ?a ?b ' * 50}?c{' )>>' * 50} }}",
    "triple function": "SELECT (TRIPLE(<x:a>, <x:b>, TRIPLE(<x:a>, <x:b>, 1)) AS ?x) {}",
}  # fmt: skip


class Ungated:
    """A query that nobody looks at, in the place of `csto_graph.sandbox.parent.vet`."""

    form, tokens, dataset = "SELECT", (), ()

    def __init__(self, text: str, **_: object) -> None:
        self.once = lambda: text


def clique(size: int = 40) -> bytes:
    """N-Quads in which each of so many things leads to each."""
    return "".join(f"<x:{a}> <x:p> <x:{b}> .\n" for a in range(size) for b in range(size)).encode()


_RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://example.org/"'
_BODY = f'<rdf:RDF {_RDF}><rdf:Description rdf:about="http://example.org/a"><x:p>&e;</x:p></rdf:Description></rdf:RDF>'
_LAUGHS = "".join(f'<!ENTITY e{step} "{f"&e{step - 1};" * 10}">' for step in range(1, 10))

#: Name to format and content; each must end as an error, and call nobody. ``{{`` and ``}}`` are doubled in text.
FILES_THAT_FAIL: dict[str, tuple[str, bytes]] = {
    name: (format, text.encode() if isinstance(text, str) else text)
    for name, format, text in (
        # entities and document types of RDF/XML
        ("external entity", "rdfxml", f'<!DOCTYPE x [<!ENTITY e SYSTEM "{{url}}x">]>{_BODY}'),
        ("entity from a file", "rdfxml", f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>{_BODY}'),
        ("parameter entity", "rdfxml", f'<!DOCTYPE x [<!ENTITY % p SYSTEM "{{url}}x"> %p;]>{_BODY}'),
        ("external type", "rdfxml", f'<!DOCTYPE x SYSTEM "{{url}}x.dtd">{_BODY}'),
        ("public type", "rdfxml", f'<!doctype x\nPUBLIC "-//X//EN" "{{url}}x.dtd">{_BODY}'),
        ("billion laughs", "rdfxml", f'<!DOCTYPE x [<!ENTITY e0 "ha">{_LAUGHS}<!ENTITY e "&e9;">]>{_BODY}'),
        ("entity undeclared", "rdfxml", _BODY),
        ("no encoding", "rdfxml", f'<?xml version="1.0" encoding="klingon"?>{_BODY}'),
        ("other encoding declared", "rdfxml", f'<?xml version="1.0" encoding="utf-7"?>{_BODY}'),
        # contexts of JSON-LD that lie elsewhere
        ("remote context", "jsonld", '{{"@context": "{url}c.jsonld", "name": 1}}'),
        ("remote context in a list", "jsonld", '{{"@context": [{{}}, "{url}c.jsonld"], "name": 1}}'),
        ("import", "jsonld", '{{"@context": {{"@version": 1.1, "@import": "{url}c.jsonld"}}, "name": 1}}'),
        ("scoped", "jsonld", '{{"@context": {{"p": {{"@id": "x:p", "@context": "{url}c"}}}}, "p": {{"q": 1}}}}'),
        ("typed context", "jsonld", '{{"@context": {{"T": {{"@id": "x:T", "@context": "{url}c"}}}}, "@type": "T"}}'),
        ("context from a file", "jsonld", '{{"@context": "file:///etc/hostname", "name": 1}}'),
        ("relative context", "jsonld", '{{"@context": "c.jsonld", "name": 1}}'),
        # depth and length
        ("deep JSON-LD", "jsonld", '{{"x:p":' * 5000 + "1" + "}}" * 5000),
        ("deep context", "jsonld", '{{"@context":{{"a":{{"@id":"x:a",' * 3000 + '"@type":"@id"' + "}}}}" * 3000),
        ("deep triple terms", "turtle", "<x:a> <x:b> " + "<<( <x:a> <x:b> " * 20_000 + "1" + " )>>" * 20_000 + " ."),
        ("long literal", "turtle", b'<x:a> <x:b> "' + b"x" * 20_000_000 + b'" .'),
        # terms that cannot be written again, and what only some readers take
        ("smuggled", "turtle", '<x:a> <x:b> "1"^^<x:\\u003E\\u0020.\\u000A\\u003Cx:c\\u003E\\u0020\\u003Cx:d> .'),
        ("IRI with a space", "turtle", "<x:a b> <x:b> 1 ."),
        ("surrogate", "turtle", '<x:a> <x:b> "\\uD800" .'),
        ("literal as subject", "turtle", '"a" <x:b> 1 .'),
        ("relative IRI", "turtle", "<a> <x:b> 1 ."),
        ("path as in N3", "turtle", "<x:a>!<x:b> <x:c> 1 ."),
        ("unknown prefix", "turtle", "y:a <x:b> 1 ."),
        ("triple term", "turtle", "<x:a> <x:b> <<( <x:a> <x:b> 1 )>> ."),
        ("annotation", "turtle", "<x:a> <x:b> 1 {{| <x:c> 2 |}} ."),
        ("direction", "turtle", '<x:a> <x:b> "text"@en--ltr .'),
        # encodings
        ("UTF-16", "turtle", "<x:a> <x:b> 1 .".encode("utf-16")),
        ("UTF-16 without mark", "turtle", "<x:a> <x:b> 1 .".encode("utf-16-le")),
        ("Latin-1", "turtle", '<x:a> <x:b> "café" .'.encode("latin-1")),
        ("overlong", "turtle", b'<x:a> <x:b> "\xc0\xaf" .'),
        ("cut inside a character", "turtle", "<x:a> <x:b> 'ж".encode()[:-1]),
        ("two marks", "turtle", "\ufeff\ufeff<x:a> <x:b> 1 ."),
        ("line separator", "turtle", "<x:a>\u2028<x:b> 1 ."),
        ("picture", "turtle", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
        ("zeros", "turtle", b"\x00" * 100),
        ("zero at the end", "turtle", b"<x:a> <x:b> 1 .\x00"),
        # another format than the name says
        ("Turtle as RDF/XML", "rdfxml", "<x:a> <x:b> 1 ."),
        ("RDF/XML as Turtle", "turtle", _BODY),
        ("web page", "turtle", "<!DOCTYPE html><html><body>No</body></html>"),
        ("not closed", "trig", "<x:g> {{ <x:a> <x:b> 1 ."),
        ("declarations without end", "turtle", "<?xml" * 200_000),
        ("broken JSON", "jsonld", '{{"x:a": '),
        ("broken N-Quads", "nquads", "<x:a> <x:b> <x:c> <x:g> <x:h> ."),
    )
}  # fmt: skip


def filled(content: bytes, url: str) -> bytes:
    """A file of the corpus with the address in its place."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return content
    return text.replace("{url}", url).replace("{{", "{").replace("}}", "}").encode()


_PREFIX = "@prefix x: <http://example.org/> .\n"

#: Format to a small valid file that uses much of its grammar.
VALID_FILES: dict[str, bytes] = {
    "turtle": (
        _PREFIX + 'x:a a x:T ; x:p "text"@en , """long\n"text\\"""" , 1.50 , true ;\n x:q [ x:r ( 1 2 x:c ) ] .\n'
        '<http://example.org/ž> x:d "2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date> . # end\n'
    ).encode(),
    "trig": (_PREFIX + 'x:g { x:a x:p "text"@ru , _:b . }\n{ x:a x:p 1 }\nGRAPH x:h { _:b x:q <x:c> }\n').encode(),
    "ntriples": b'<x:a> <x:p> "text\\n\\u00E9"@en .\n_:b <x:p> "1"^^<x:t> .\n<x:a> <x:q> _:b . # end\n',
    "nquads": b'<x:a> <x:p> "text"@en <x:g> .\n_:b <x:p> "1"^^<x:t> _:g .\n<x:a> <x:q> _:b .\n',
    "jsonld": (
        '{"@context": {"x": "http://example.org/", "name": {"@id": "x:name", "@container": "@language"}},\n'
        ' "@graph": [{"@id": "x:a", "@type": "x:T", "name": {"en": "text", "ru": "текст"},\n'
        '  "x:p": [1, 2.5, true, null, {"@list": [{"@id": "x:b"}, {"@value": "v", "@type": "x:t"}]}]}]}\n'
    ).encode(),
    "rdfxml": (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF {_RDF}>\n<x:T rdf:about="http://example.org/a" x:n="1">\n'
        '<x:p xml:lang="en">text &amp; &#233;</x:p><x:q rdf:parseType="Resource"><x:r rdf:resource="x:c"/></x:q>\n'
        '<x:l rdf:parseType="Collection"><x:T/></x:l><!-- end --></x:T>\n</rdf:RDF>\n'
    ).encode(),
}


def mutants(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """So many damaged files, format and content: bytes changed, cut, doubled, spliced from another format."""
    chance = random.Random(seed)
    formats = sorted(VALID_FILES)
    for number in range(count):
        format = formats[number % len(formats)]
        data = bytearray(VALID_FILES[format])
        for _ in range(chance.randint(1, 4)):
            at, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
            way = chance.randrange(6)
            if way == 0 and at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            elif way == 1:
                del data[at : min(end, at + 40)]
            elif way == 2:
                data[at:at] = data[at:end]
            elif way == 3:
                other = VALID_FILES[chance.choice(formats)]
                start = chance.randrange(len(other))
                data[at:at] = other[start : start + chance.randint(1, 60)]
            elif way == 4:
                marks = (b"<", b'"', b"\\u0000", b"{", b"[", b"\xff", b"\xe2\x80\xa8", b"<<", b"]]>")
                data[at:at] = chance.choice(marks)
            elif number % 7 == 0:
                del data[at:]
        yield format, bytes(data)
