"""The engines behind one small interface, `Engine`: embedded in `oxigraph`, a server in `endpoint`.

They take a SPARQL text of the project's own, or one from outside, and give terms. A text from outside, and any text
with limits, runs in a worker process that is ended when they are reached (`sandbox`).

Every derived statement has a name made from a digest of itself, and one quad says how it was drawn::

    statement:0a1b… coop:proof "prp-inv1\n<…> <…> <…> .\n<…> <…> <…> ." graph:proofs

So a proof is one look-up, in sorted lines or behind a server. Names of things lie in sorted lines, too: see `Index`.

From words to things it goes by identifier, acronym, label and misnomer, in that order, in any language. Words fit a
name in four ways, the better first: it is the whole name; it is, in other forms of the words (or the end of an
identifier); it has these words and more; it has words that begin so. Of names that have more words, those of things
that stand for themselves come before those of what joins them, and the shorter before the longer. The name of a kind
gives way to the one thing of this kind that it fits best.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import lru_cache
from itertools import islice, pairwise, takewhile
from mmap import ACCESS_READ, mmap
from typing import Any, NamedTuple, Protocol, Self, TypeAlias

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from .. import errors
from ..names import KINDS, LABELS, PREFIXES, SCHEMES, curie, iri, natural, normal, sounded, table
from ..rdf.terms import RDF_TYPE, as_iri, node

#: The named graphs, all but the last asserted; queries read their union. The graph of proofs stands apart.
GRAPHS = ("ontology", "vocabulary", "data", "claims", "derived")

#: Their IRIs: the graphs that FROM and FROM NAMED may name.
GRAPH_IRIS = tuple(PREFIXES["graph"] + name for name in GRAPHS)

#: What can be taken away, and its named graphs: ``all`` is what every canned query needs, ``asserted`` what can be read
#: again as one's own.
PARTS: Mapping[str, tuple[str, ...]] = {
    "all": GRAPHS, "asserted": GRAPHS[:-1], "data": ("data",), "ontology": ("ontology", "vocabulary"),
    "claims": ("claims",), "derived": ("derived",), "shapes": (), "queries": (),
}  # fmt: skip

#: The named graph of proofs. Queries do not see it.
PROOFS = PREFIXES["graph"] + "proofs"

#: Joins the name of a derived statement to the text of its derivation.
PROOF = PREFIXES["coop"] + "proof"

Node: TypeAlias = NamedNode | BlankNode

#: What a cell of an answer, or a part of a statement, can be.
Term: TypeAlias = NamedNode | BlankNode | Literal | Triple

#: A statement as its three terms in N-Triples form, each term written as the engine writes it.
Statement: TypeAlias = tuple[str, str, str]


class _Limits(NamedTuple):
    seconds: float
    memory: int
    rows: int | None
    cut: bool
    answer: int
    text: int
    file: int


class Limits(_Limits):
    """What one piece of hostile work may cost.

    Attributes:
        seconds: From the call to the answer, start of the child and loading of the graph included.
        memory: Address space of the child, in bytes. Where the system knows no such limit, only the others hold.
        rows: Rows (or triples) of an answer; None is no limit of its own. More rows are an error.
        cut: Leave further rows out instead, and stop when there are enough; the answer says so.
        answer: Bytes of an answer, or of the N-Quads made from a file.
        text: Bytes of a SPARQL text.
        file: Bytes of a file, after it is expanded.

    Raises:
        errors.UsageError: The time is not a positive number of seconds, less than a million, or the memory none of
            bytes.
    """

    __slots__ = ()

    def __new__(
        cls, seconds: float = 10.0, memory: int = 2 * 1024**3, rows: int | None = None, cut: bool = False,
        answer: int = 512 * 1024**2, text: int = 64 * 1024, file: int = 1024**3,
    ) -> Self:  # fmt: skip
        """Limits, after a look at them."""
        time = 0.0
        with suppress(TypeError, ValueError):
            time = float(seconds)  # other kinds of numbers are taken
        if not 0 < time < 10**6:
            raise errors.UsageError(f"A time limit of {seconds} seconds is no limit.", hint="Give seconds, such as 10.")
        if not isinstance(memory, int) or not 0 < memory < 2**63:
            raise errors.UsageError(f"A memory limit of {memory} bytes is no limit.", hint="Give a whole number.")
        if rows is not None and (not isinstance(rows, int) or rows < 0):
            raise errors.UsageError(f"A limit of {rows} rows is no limit.", hint="Give a whole number.")
        return super().__new__(cls, time, memory, rows, cut, answer, text, file)

    @classmethod
    def _make(cls, iterable: Iterable[Any]) -> Self:  # type: ignore[override]
        return cls(*iterable)  # so that what replaces one is looked at, too


class Answer(NamedTuple):
    """What a query gave, as the engine's own terms.

    Attributes:
        kind: ``solutions`` (SELECT), ``boolean`` (ASK) or ``graph`` (CONSTRUCT, DESCRIBE).
        variables: Names of the columns of solutions, in the order of the query, without ``?``.
        rows: One tuple per solution, aligned with ``variables``; None where nothing is bound.
        boolean: The answer to ASK, else None.
        triples: The triples of a graph, in the order in which they came.
        cut: Whether there are more rows or triples, which were left out.
    """

    kind: str
    variables: tuple[str, ...] = ()
    rows: Sequence[tuple[Term | None, ...]] = ()
    boolean: bool | None = None
    triples: Sequence[Triple] = ()
    cut: bool = False


def answer_of(result: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples) -> Answer:
    """What pyoxigraph found, or read out of an answer."""
    if isinstance(result, ox.QuerySolutions):
        names = tuple(variable.value for variable in result.variables)
        return Answer("solutions", names, [tuple(solution) for solution in result])
    if isinstance(result, ox.QueryBoolean):
        return Answer("boolean", boolean=bool(result))
    return Answer("graph", triples=list(result))


def too_many(rows: int) -> errors.LimitReached:
    """The error for an answer that has more rows than so many."""
    limit = f"{rows} row{'' if rows == 1 else 's'}"
    hint = "Narrow the query, or raise the limit."
    return errors.LimitReached(f"The query: it has more than {limit}.", limit=limit, hint=hint)


class Engine(Protocol):
    """What answers questions about one graph, wherever it lies."""

    def query(self, text: str, *, predicates: Iterable[str] | None = None, limits: Limits | None = None) -> Answer:
        """Answer a query of the project's own.

        Args:
            text: SPARQL, with everything bound and every prefix declared.
            predicates: IRIs; the query matches no statements but those with one of these properties (of rdf:type,
                with one of these classes). None where that is not known.
            limits: With them, the work is stopped where one is reached.

        Raises:
            errors.LimitReached: A limit was reached.
        """

    def foreign(self, text: str, *, limits: Limits) -> Answer:
        """Answer a query from outside: read-only, with limits; the project's prefixes are known.

        Raises:
            errors.QueryError: The text does not parse, or asks for what is refused.
            errors.LimitReached: A limit was reached.
        """

    def match(
        self, subject: Node | None, predicate: NamedNode | None, value: Term | None, graph: NamedNode | None = None
    ) -> Iterator[Quad]:
        """The quads that fit; None fits everything.

        Args:
            subject: The subject wanted.
            predicate: The property wanted.
            value: The object wanted.
            graph: One of the named graphs.
        """

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """All quads, or those of one named graph (an IRI), which may be that of the proofs."""

    def proof(self, statement: Triple) -> Derivation | None:
        """How a derived statement was drawn; None for any other."""

    def names(self, of: str | None = None) -> Index:
        """The names of things, at least of those that belong to a class or scheme: see `members`."""

    def count(self) -> int:
        """How many quads there are."""


def graph_name(name: str) -> NamedNode:
    """The IRI of one of `GRAPHS`."""
    return NamedNode(PREFIXES["graph"] + name)


def kind_of(subject: object) -> str:
    """The kind of a thing as its CURIE's prefix tells it; ``-`` for anything else."""
    prefix, colon, _ = curie(subject.value).partition(":") if isinstance(subject, NamedNode) else ("", "", "")
    return prefix if colon and prefix in PREFIXES else "-"


# --- proofs ---------------------------------------------------------------------------------------------------------


class Derivation(NamedTuple):
    """The last step of a proof.

    Attributes:
        rule: Name in OWL 2 Profiles, or ``owlrl`` where that package drew the conclusion and gave no reason.
        premises: The statements it was drawn from: asserted, or derived earlier. An axiom over a list is given by
            the triple that points to the list; a statement with an anonymous inverse property, by the same
            statement with the named property and the ``owl:inverseOf`` triple.
    """

    rule: str
    premises: tuple[Triple, ...]


def statement_name(subject: object, predicate: object, value: object) -> NamedNode:
    """The name of a statement: ``statement:`` and 32 hexadecimal digits of the SHA-256 of its N-Triples line.

    >>> curie(statement_name("<urn:a>", "<urn:b>", '"c"').value)
    'statement:0a08cc9e685ae13550e973f38dd39621'
    """
    from hashlib import sha256

    digest = sha256(f"{subject} {predicate} {value}".encode()).hexdigest()[:32]
    return NamedNode(f"{PREFIXES['statement']}{digest}")


def derivation(value: object) -> Derivation:
    """The derivation that a value of `PROOF` holds: the rule, then one line of N-Triples per premise.

    Raises:
        ValueError: It is not a text.
    """
    if not isinstance(value, Literal):
        raise ValueError("A proof is not a text.")
    rule, _, premises = value.value.partition("\n")
    # The parser keeps the labels of blank nodes, as long as it is not told to rename them.
    return Derivation(rule, tuple(quad.triple for quad in parse(premises, format=RdfFormat.N_TRIPLES)))


# --- sorted lines ---------------------------------------------------------------------------------------------------


def mapped(path: str) -> bytes | mmap:
    """The bytes of a file, of which only what is looked at is read.

    Raises:
        OSError: The file cannot be read.
    """
    with open(path, "rb") as file:
        # A map of nothing is refused.
        return mmap(file.fileno(), 0, access=ACCESS_READ) if file.read(1) else b""


def span(lines: bytes | mmap, prefix: bytes, start: int = 0, end: int | None = None) -> tuple[int, int]:
    r"""Where the lines stand that begin with a prefix: two binary searches.

    Args:
        lines: Sorted between ``start`` and ``end``, which lie at beginnings of lines.
        prefix: Bytes.
        start: Where the search begins.
        end: Where it ends; by default the end of all.

    >>> span(b"a 1\nb 2\nb 3\nc 4\n", b"b ")
    (4, 12)
    """
    limit = len(lines) if end is None else end

    def first(low: int, high: int, wanted: bytes) -> int:
        """Where the first line begins that does not sort before what is wanted."""
        while low < high:
            line = max(low, lines.rfind(b"\n", low, (low + high) // 2) + 1)
            if lines[line : line + len(wanted)] < wanted:
                low = lines.find(b"\n", line) + 1
            else:
                high = line
        return low

    begin = first(start, limit, prefix)
    near = min(lines.find(b"\n", begin + 500) + 1 or limit, limit)  # mostly the end is not far
    until = limit if lines[near : near + len(prefix)] == prefix else near
    return begin, first(begin, until, prefix + b"\xff")  # which is no byte of UTF-8


#: A name of a thing: its normal form, the thing's IRI, the name as it is written, and its role.
Name: TypeAlias = tuple[str, str, str, str]


def name_lines(statement: Quad) -> Iterator[str]:
    r"""The name that a statement gives, if any, as lines, one for each word of it as it sounds.

    >>> list(name_lines(Quad(NamedNode("urn:x"), NamedNode(LABELS[0]), Literal("A, B"))))
    ['a\ta b\turn:x\tlabel\tA, B\n', 'b\ta b\turn:x\tlabel\tA, B\n']
    """
    thing, value, role = statement.subject, statement.object, ROLES.get(statement.predicate.value)
    if role and isinstance(thing, NamedNode) and isinstance(value, Literal) and kind_of(thing) in NAMED:
        form, _, text, role = named(thing.value, value.value, role)
        plain = text.isprintable() and "\\" not in text  # thus without tabs and ends of lines
        written = text if plain else text.encode("unicode_escape").decode()
        for word in dict.fromkeys(sounded(form).split()):
            yield f"{word}\t{form}\t{thing.value}\t{role}\t{written}\n"


def names_of(statements: Iterable[Quad]) -> bytes:
    """The names that statements give, as `Index` searches them: the lines of `name_lines`, sorted, each once."""
    # Most labels say what another property says in the same role, and making lines of one takes a while.
    told = {(one.subject, one.object, ROLES.get(one.predicate.value)): one for one in statements}
    return b"".join(sorted({line.encode() for one in told.values() for line in name_lines(one)}))


class Index:
    """Names by their words, so that finding one does not read all.

    Args:
        lines: What `names_of` gives.
        reading: Gives what takes care of errors while the lines are read.

    Attributes:
        small: Whether all names can be read for one question.
    """

    def __init__(self, lines: bytes | mmap, reading: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        self._lines, self._reading = lines, reading
        self.small = len(lines) < 8 * 1024**2  # bytes

    def _between(self, start: int, end: int) -> Iterator[Name]:
        with self._reading():
            while start < end:
                after = self._lines.find(b"\n", start) + 1
                _, form, thing, role, text = self._lines[start:after].decode().split("\t")
                yield form, thing, text[:-1].encode().decode("unicode_escape") if "\\" in text else text[:-1], role
                start = after

    def exact(self, form: str) -> list[Name]:
        """The names with just this form."""
        word = sounded(form).partition(" ")[0]
        return list(self._between(*span(self._lines, f"{word}\t{form}\t".encode()))) if word else []

    def having(self, words: Sequence[str]) -> list[Name]:
        """The names that have, for the rarest of these, a word that begins so."""
        spans = [span(self._lines, sounded(word).encode()) for word in words]
        return sorted(set(self._between(*min(spans, key=lambda found: found[1] - found[0]))))

    def forms(self, near: str) -> list[str]:
        """Forms among which those much like this one are sought: all, of many names those that begin alike."""
        # Of a larger index so many names are read.
        head, most = ("", None) if self.small else (near[:2], 5000)
        names = islice(self._between(*span(self._lines, sounded(head).encode())), most)
        return sorted({form for form, *_ in names if form.startswith(head)})


# --- from words to things --------------------------------------------------------------------------------------------

#: Properties that give names, with the role each gives; of an alternative label it is told by its form.
ROLES = {
    **dict.fromkeys((iri("coop:symbol"), iri("dcterms:identifier")), "identifier"),
    iri("skos:altLabel"): "acronym",
    **dict.fromkeys((*LABELS, iri("coop:officialTitle")), "label"),
    iri("skos:hiddenLabel"): "misnomer",
}

#: Kinds of things that are found by name.
NAMED = frozenset({*PREFIXES, "-"}) - {"claim", "passage", "selector"}
_RANK = {"identifier": 0, "acronym": 1, "label": 2, "alternative": 2, "misnomer": 3}
_ACRONYM = r"(?=.*[^\W\d_].*[^\W\d_])[^\W_a-zа-яё][^\sa-zа-яё]*(?:[ -][^\sa-zа-яё]+)?"  # compiled when it is needed
# Among equal matches the things people ask for stand before the nodes that join them.
_ORDER = ("organization", "state", "instrument", "person", "document", "place", "post", "mechanism", "provision",
          "area", "event", *SCHEMES, *KINDS)  # fmt: skip
_FEW = 16  # words of a text, or letters of one, that are tried in all ways
_BEARING = frozenset({"organization", "kind", "post", "state", "instrument"})  # named in place of what is theirs
#: Kinds of names of kinds: classes, properties and concepts.
_WORDS = frozenset({*PREFIXES} - {*KINDS, "area"})


class Match(NamedTuple):
    """A thing that words led to.

    Attributes:
        iri: The thing.
        text: The name that matched.
        role: What this name is: ``identifier``, ``acronym``, ``label``, ``alternative`` (another name) or
            ``misnomer`` (known for searching only: a mistake of some source, or a spelling).
        exact: Whether the whole name matched.
    """

    iri: str
    text: str
    role: str
    exact: bool


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """What endings leave of a word in its normal form, in English or Russian.

    >>> stem("декларации") == stem("декларация"), stem("иванова") == stem("иванов"), stem("treaties") == stem("treaty")
    (True, True, True)
    """
    if not word.isalpha() or len(word) == 1:
        return word
    from snowballstemmer import stemmer

    word = table("names")["same"].get(word, word)
    if word.isascii():
        return sounded(stemmer("english").stemWord(re.sub("(?<=[a-z]{3})is(?=ation|e[ds]?$|ing$)", "iz", word)))
    # No name is a reflexive verb. In a surname the first ending taken away can leave what is one in its nominative.
    word = re.sub(r"(?<=[аеиоуыэюя])с[ья]$", "с", word)
    least = 1 if len(word) < 4 else 2
    while len(shorter := stemmer("russian").stemWord(word)) > least and shorter != word:
        word = shorter
    return word


def stems_of(form: str) -> set[str]:
    """The stems of the words of a normal form that tell it from others: what two forms of one name share."""
    return {stem(word) for word in _telling(form)}


def _telling(form: str) -> list[str]:
    """The words of a normal form that tell it from others; all where there are none."""
    words, small = form.split(), table("names")["small"]
    return [word for word in words if word not in small] or words


def _taken_apart(form: str) -> Iterator[str]:
    """A normal form with two of its words as one, *co-operation*, or one of them cut in two: *генсек* may be short for
    words that begin *ген* and *сек*."""
    for first, word in pairwise(form.split()):
        yield form.replace(f"{first} {word}", first + word)
    for word in form.split():
        root = stem(word)
        for at in range(3, len(root) - 2 if len(root) < _FEW else 0):
            yield form.replace(word, f"{root[:at]} {root[at:]}")


def named(thing: str, text: str, role: str) -> Name:
    """A name of a thing, ready to be found."""
    use = "alternative" if role == "acronym" and not re.fullmatch(_ACRONYM, text) else role
    return normal(text), thing, text, use


class _Fit(NamedTuple):
    """How words fit a name; what sorts first fits better."""

    way: int  # 0 the whole name, 1 in other forms or the end of an identifier, 2 a part of it, 3 beginnings of words
    joins: bool  # of a part: whether the thing joins others
    more: int  # further words of the name
    later: bool  # whether it begins with others
    rank: int
    place: tuple[object, ...]
    match: Match


def _fits_so(name: Name, way: int, more: int = 0, later: bool = False) -> _Fit:
    """How a name is fitted in a way by words that leave some more of its own."""
    _, thing, text, role = name
    kind = kind_of(NamedNode(thing))
    # Equal matches stand by their kinds, then by their CURIEs; from events on they join others.
    place = (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), natural(curie(thing)))
    match = Match(thing, text, role, way == 0)
    return _Fit(way, way > 1 and place[0] >= _ORDER.index("event"), more, later, _RANK[role], place, match)


def _fit(name: Name, wanted: str) -> _Fit | None:
    """How a normal form fits a name; None where it does not."""
    form, thing, _, role = name
    if form == wanted:
        return _fits_so(name, 0)
    if role == "identifier":
        return _fits_so(name, 1) if form.endswith(f" {' '.join(_telling(wanted))}") else None
    asked, held = stems_of(wanted), stems_of(form)
    if asked == held:
        return _fits_so(name, 1)
    surname = kind_of(NamedNode(thing)) == "person" and stem(form.split()[-1]) in asked
    more, later = 0 if surname else len(held - asked), not form.startswith(f"{wanted} ")
    if all(one in held or (one.isalpha() and len(one) == 1 and f" {one}" in f" {form}") for one in asked):
        return _fits_so(name, 2, more, later)
    if not all(stem(word) in held or f" {sounded(word)}" in f" {sounded(form)}" for word in _telling(wanted)):
        return None
    # Numbers tell what is in short, where all are the name's: art. 4, but not 7/12 for 71/12.
    told = any(map(str.isdigit, asked & held)) and not any(map(str.isdigit, asked - held))
    return _fits_so(name, 2 if told else 3, more, later)


def members(engine: Engine, of: str, thing: NamedNode | None = None) -> Iterator[Quad]:
    """The statements that things, or this one, belong to a class or concept scheme (a CURIE)."""
    predicate = node("skos:inScheme") if of.startswith("vocab:") else RDF_TYPE
    return engine.match(thing, predicate, NamedNode(iri(of)))


class Lookup:
    """The names of things, read when first asked.

    Claims and passages are left out; they are found by what they say.

    Args:
        engine: Where the names are.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _belongs(self, thing: str, of: str | None) -> bool:
        # A class need not be declared: it is enough that something is said to be of it.
        used = of == "owl:Class" and any(self._engine.match(None, RDF_TYPE, NamedNode(thing)))
        return of is None or used or any(members(self._engine, of, NamedNode(thing)))

    def find(self, words: str, *, of: str | None = None, limit: int = 20) -> list[Match]:
        """Things by name, best first: whole names before parts of names, identifiers before acronyms and so on.

        Args:
            words: What to look for; an IRI or CURIE finds just that thing.
            of: CURIE of a class (or concept scheme) that the things must belong to.
            limit: How many at most.
        """
        return [fit.match for fit in self._fits(words, of)[: max(limit, 0)]]

    def _best(self, fits: Iterable[_Fit], of: str | None) -> list[_Fit]:
        """Things by their best fit, best first, those that belong to a class."""
        best = {fit.match.iri: fit for fit in sorted(fits, reverse=True)}  # of a thing the best comes last
        return [fit for fit in sorted(best.values()) if self._belongs(fit.match.iri, of)]

    def _fits(self, words: str, of: str | None = None) -> list[_Fit]:
        """The things that words fit, best first, each by its best name; an IRI or CURIE fits just that thing."""
        if address := self._address(words):
            name = "", address, words.strip(), "identifier"
            return self._best([_fits_so(name, 0)] if self.exists(address) else [], of)
        wanted, index = normal(words), self._engine.names(of)
        heads = [(stem(word)[:-1] if word.isalpha() else "") or word for word in _telling(wanted)]
        found = [fit for name in (index.having(heads) if heads else ()) if (fit := _fit(name, wanted))]
        if len(heads) <= _FEW and not any(fit.way < 3 and not fit.joins for fit in found):
            found += self._by_all_names(index, heads, wanted)
            for short in () if found else _taken_apart(wanted):
                new = filter(None, (_fit(one, short) for one in index.having([*{*short.split()} - {*wanted.split()}])))
                found += [fit._replace(way=2) for fit in new if fit.way < 2 or short.count(" ") > wanted.count(" ")]
        fits = self._best(found, of)
        if fits and not of and fits[0].way < 2 and kind_of(NamedNode(kind := fits[0].match.iri)) in _WORDS:
            those = [fit for fit in fits if fit.way == 2 and not fit.joins and self._points(fit.match.iri, kind)]
            if those and [fit.more for fit in those].count(those[0].more) == 1:
                fits.insert(0, fits.pop(fits.index(those[0])))
        return fits

    def _by_all_names(self, index: Index, heads: Iterable[str], wanted: str) -> Iterator[_Fit]:
        """Things with the words in several names, in whole ones of what they point to, or in their dates: *GA
        resolution 59/50*, *UNODC protocol of 2006*. A person is called by a post, too: *Secretary-General Guterres*.
        """
        asked, rarity = stems_of(wanted), dict[str, float]()
        inside = set[tuple[str, frozenset[str]]]()
        for names in (set(index.having([head])) for head in heads):
            for form, thing, *_ in names:
                rarity[thing] = rarity.get(thing, 0.0) + 1 / len(names)
                if kind_of(NamedNode(thing)) in _BEARING:
                    inside.add((thing, frozenset(stems_of(form))))
        # Of so many things that are known by a word all names are read.
        for thing in sorted(rarity, key=lambda one: (-rarity[one], one))[:200]:
            kind, told = kind_of(NamedNode(thing)), self._engine.match(NamedNode(thing), None, None)
            texts = [(quad.predicate.value, quad.object.value) for quad in told if isinstance(quad.object, Literal)]
            called = [named(thing, text, ROLES[key]) for key, text in texts if key in ROLES]
            own = [(stems, name) for name in called if (stems := stems_of(name[0])) & asked
                   and (name[3] != "identifier" or stems <= asked)]  # fmt: skip
            called_by = table("names")["titles"] if kind == "person" else ""
            rest = asked.difference(stems_of(called_by), *(stems for stems, _ in own))
            if any(role == "identifier" and form.count(" ") > 1 and form in wanted for _, (form, *_, role) in own):
                rest.clear()  # its symbol tells enough
            dates = [date for _, text in texts if (date := text.split("-"))[0] in rest]
            rest -= {word for word in rest for date in dates if table("months").get(word[:3], word.zfill(2)) in date}
            for other, words in inside if own and rest else ():
                title = kind == "person" and kind_of(NamedNode(other)) == "post"
                if rest & words and (title or (words < asked and self._points(thing, other))):
                    rest -= words
            if own and not rest:
                more, name = min((len(stems - asked), name) for stems, name in own)
                yield _fits_so(name, 2, more, True)

    def _named(self, text: str, of: str | None) -> list[_Fit]:
        """The things that a text names, best first: where it is the whole name of any but a kind, only those."""
        if not self._address(text):
            wanted = normal(text)
            whole = self._best((_fits_so(name, 0) for name in self._engine.names(of).exact(wanted)), of)
            if of and not whole and any(self._engine.names().exact(wanted)):
                return []  # it is the name of something else
            if whole and (of or kind_of(NamedNode(whole[0].match.iri)) not in _WORDS):
                return whole
        return [fit for fit in self._fits(text, of) if fit.way < 3]

    def others(self, text: str, *, of: str | None = None) -> list[Match]:
        """What else a text can mean than what it is resolved to: things that it fits no worse, of those that stand
        for themselves."""
        fits = self._named(text, of)
        return [fit.match for fit in fits[1:] if fit.way <= fits[0].way and fit.joins <= fits[0].joins]

    def _points(self, thing: str, other: str) -> bool:
        return any(self._engine.match(NamedNode(thing), None, NamedNode(other)))

    def near(self, words: str, *, of: str | None = None, limit: int = 3) -> list[str]:
        """Names much like the words, for suggestions."""
        import difflib

        found = [match.text for match in self.find(words, of=of, limit=limit)]
        if not found and "://" not in words:
            names, wanted = self._engine.names(), normal(words.split(":")[-1])
            forms = difflib.get_close_matches(wanted, known := names.forms(wanted), n=12, cutoff=0.6)
            alike = [name for form in forms for name in names.exact(form)]
            parts = {word for form in known for word in form.split() if names.small}
            for word in difflib.get_close_matches(wanted, sorted(parts), n=3, cutoff=0.7):
                alike += sorted(names.having([word]), key=lambda name: len(name[0]))
            found = [text for _, thing, text, _ in alike if self._belongs(thing, of)]
        return list(dict.fromkeys(found))[:limit]

    def resolve(self, text: str, *, of: str | None = None, parameter: str = "thing") -> str:
        """The one thing that a text names: by IRI, CURIE, identifier (or its end) or name, whole or in part.

        Among equals it is the one thing of the kind people ask for; several of one kind are left to the reader.
        `others` tells what else was meant, perhaps.

        Raises:
            errors.UnknownName: Nothing has this name; with suggestions.
            errors.BadParameter: Several things have it equally; with their CURIEs.
        """
        if fits := self._named(text, of):
            alike = [*takewhile(lambda fit: fit[: 5 if fit.way < 2 else 3] == fits[0][: 5 if fit.way < 2 else 3], fits)]
            kinds = [fit.place[0] for fit in alike]
            if len(alike) == 1 or (fits[0].way < 2 and kinds[0] != len(_ORDER) and kinds.count(kinds[0]) == 1):
                return fits[0].match.iri
            curies, more = [curie(fit.match.iri) for fit in alike[:5]], "'csto-graph find' lists all with their names."
            raise errors.BadParameter(parameter, text, "the name of one thing only", suggestions=curies, hint=more)
        near = self.near(text, of=of)
        hint = "" if near else "Fewer words, or others, may find it, in English or Russian."
        if not near and not self._engine.count():
            hint = "The graph that is asked is empty; 'csto-graph publish' loads it into a server."
        elif of and (fits := self._named(text, None)):
            hint = f"'{text}' names {curie(fits[0].match.iri)}, which is of another kind; another option may take it."
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", (of or ":thing").partition(":")[2]).lower()
        kind += " concept" if of and of.startswith("vocab:") else ""
        raise errors.UnknownName(kind, text, suggestions=near, hint=hint)

    def _address(self, text: str) -> str | None:
        """The IRI that a text is, short or in full; None for words."""
        plain = text.strip()
        full = iri(plain)
        known = full != plain or "://" in plain or (":" in plain and self.exists(plain))
        return full if known else None

    def exists(self, thing: str) -> bool:
        """Whether any statement is about an IRI, or has it as value."""
        if (term := as_iri(thing)) is None:
            return False
        # Nearly everything has a label; only for what has none is the rest worth loading.
        about = ((term, node("skos:prefLabel"), None), (term, RDF_TYPE, None), (term, None, None))
        return any(any(self._engine.match(*pattern)) for pattern in (*about, (None, None, term)))
