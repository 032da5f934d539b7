"""What a graph is made of, for whoever asks: statements, classes and their properties, and what people call these.

Everything is counted in the graph itself, so that it tells what is there to be asked, of the user's data too.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from .. import errors
from ..loading.view import GraphView
from ..names import BASE, PREFIXES, curie, iri, local, near, normal, says, shown, table, word
from ..rdf import terms
from ..sparql.text import QueryText, bind, mentioned_iris
from ..store.engine import GRAPH_IRIS, Answer, Engine, Term, graph_name, stems_of

#: In which a schema can be written; the first is the default.
FORMATS = ("text", "markdown", "turtle", "json")

#: Properties that only keep the books between things and claims: they are told with the claims.
BOOKS = frozenset(iri(name) for name in ("coop:supportedBy", "coop:disputedIn", "coop:belongsTo", "coop:comprises"))

_LANGUAGE_OF_MODELS = tuple(PREFIXES[prefix] for prefix in ("owl", "rdf", "rdfs"))
# The ontology does not describe the terms that it is written in.
_BUILT_IN = (*_LANGUAGE_OF_MODELS, PREFIXES["skos"])
_DERIVED, _TYPE = graph_name("derived"), NamedNode(iri("rdf:type"))
_VOID = "http://rdfs.org/ns/void#"
_COMMON, _RANGES = 8, 2
_MEMBERS = 12  # of a list, that are named


def own_query(engine: Engine, text: str, **values: NamedNode | Literal) -> Answer:
    """What an engine answers to a text of the project's own, with these values in the places of their names."""
    known = "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in ("coop", "owl", "rdfs"))
    return engine.query(known + bind(text, values))


def own_iris(engine: Engine, text: str, **values: NamedNode | Literal) -> set[str]:
    """The IRIs that such a text with one column gives."""
    return {term.value for (term,) in own_query(engine, text, **values).rows if isinstance(term, NamedNode)}


# --- statements and lists --------------------------------------------------------------------------------------------


def standing(engine: Engine, statement: Triple) -> str:
    """The named graph that a statement stands in, short: an asserted one before ``derived``; '' for none.

    Blank nodes compare by place alone where their names differ: servers give them names of their own.
    """

    def named(triple: Triple) -> list[Any]:
        return [None if isinstance(term, BlankNode) else term for term in triple]

    found = [quad for quad in engine.match(*named(statement)) if named(quad.triple) == named(statement)]
    graphs = {quad.graph_name for quad in [quad for quad in found if quad.triple == statement] or found}
    order = ("data", "claims", "vocabulary", "ontology", "derived")
    return next((name for name in order if graph_name(name) in graphs), "")


def members(engine: Engine, head: Term, most: int) -> list[Term]:
    """The members of a list, at most so many; none of what is malformed."""

    def values(node: Any, name: Any) -> list[Term]:
        return [] if isinstance(node, Literal) else [quad.object for quad in engine.match(node, name, None)]

    return terms.list_members(values, head, most=most)


def in_words(view: GraphView, term: Term, language: str, depth: int = 3, *, reading: str = "curated") -> str:
    """A name; the text of a literal; of a node without a name the members of the list, or what is said of it."""
    engine, inner = view.engine(reading), partial(in_words, view, language=language, depth=depth - 1, reading=reading)
    if isinstance(term, NamedNode):
        return view.label(term.value, language)
    if isinstance(term, Literal):  # truth values and ordinals are data in English
        if language != "ru" or term.language or not re.match(r"(?:true|false)$|\d+(?:st|nd|rd|th)\b", term.value):
            return term.value
        return " ".join(shown(one, "ru") for one in re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1-е", term.value).split())
    if not isinstance(term, BlankNode) or not depth:
        return "[…]" if isinstance(term, BlankNode) else str(term)
    if items := list(map(inner, members(engine, term, _MEMBERS + 1))):
        return f"({', '.join([*items[:_MEMBERS], *['…'] * (len(items) > _MEMBERS)])})"
    said = sorted((quad.triple for quad in engine.match(term, None, None)), key=str)[:_MEMBERS]
    words = [map(inner, (triple.predicate, triple.object)) for triple in said]
    return f"[{'; '.join(map(' '.join, words)) or '…'}]"


# --- classes and their properties -----------------------------------------------------------------------------------


def _typed(view: GraphView) -> Iterator[tuple[Any, str, bool]]:
    """Thing, class and whether that is stated, for all classes but those of the languages of models."""
    for quad in view.engine().match(None, _TYPE, None):
        if isinstance(quad.object, NamedNode) and not quad.object.value.startswith(_LANGUAGE_OF_MODELS):
            yield quad.subject, quad.object.value, quad.graph_name != _DERIVED


def sizes(view: GraphView) -> Counter[str]:
    """How many things are stated to be of each class (an IRI), those of the languages of models left out."""
    return Counter(name for _, name, stated in _typed(view) if stated)


def document(view: GraphView, class_: str | None = None, language: str | None = None) -> dict[str, Any]:
    """The classes of a graph with their properties, as a JSON document.

    Args:
        view: The graph.
        class_: IRI of a class: only this one, with one example for each property.
        language: Of labels.

    Returns:
        ``version`` of this shape; ``prefixes`` in use; ``common``, properties that many classes share; ``classes``, the
        most frequent first, each with ``class``, ``things`` (how many), ``within`` (wider classes), ``example`` and
        ``properties``; each property with ``property``, ``count`` (of statements), ``ranges`` (classes and datatypes
        of its values, the most frequent first), ``derived`` (whether all of them are) and ``example``.

    Raises:
        errors.UnknownName: Nothing in the graph has that class.
    """
    typed = list(_typed(view))
    every = terms.grouped((thing, name) for thing, name, _ in typed)
    stated = terms.grouped((thing, name) for thing, name, is_stated in typed if is_stated)
    told = {thing: [name for name in every[thing] if name == class_] if class_ else stated[thing] for thing in stated}
    things = terms.grouped((name, thing) for thing, names in told.items() for name in names)
    if class_ and class_ not in things:
        known = sorted({curie(one) for names in every.values() for one in names})
        raise errors.UnknownName("class", curie(class_), suggestions=near(curie(class_), known))
    # By class and property: how often there is which class or datatype, derived or not, and which value.
    uses = defaultdict[str, defaultdict[str, Counter[tuple[str, bool, str]]]](lambda: defaultdict(Counter))
    for quad in view.quads():
        name, value, derived = quad.predicate.value, quad.object, quad.graph_name == _DERIVED
        range_ = value.datatype.value if isinstance(value, Literal) else min(stated.get(value, [iri("rdfs:Resource")]))
        for one in told.get(quad.subject, ()) if quad.predicate != _TYPE else ():
            uses[one][name][range_, derived, _shown(value)] += 1
    bearers = Counter(chain.from_iterable(uses.values()))
    shared = {name for name, number in bearers.items() if class_ is None and number >= _COMMON}
    for holder, name in [(one, name) for one in uses for name in shared.intersection(uses[one])]:
        uses[""][name] += uses[holder].pop(name)  # what many share is told of none of them

    def properties(holder: str) -> Iterator[dict[str, Any]]:
        """Those of a class, or where it has no name those that many share."""
        for name, found in sorted(uses[holder].items()):
            counts = Counter(range_ for range_, _, _ in found.elements())
            yield {
                "property": view.reference(name, language), "count": found.total(),
                "ranges": list(map(curie, sorted(counts, key=lambda range_: (-counts[range_], range_)))),
                "derived": all(derived for _, derived, _ in found),
                "example": _shortest(example for _, _, example in found),
            }  # fmt: skip

    classes = list[dict[str, Any]]()
    for one in sorted(things, key=lambda name: (-len(things[name]), name)):
        wider = sorted(map(curie, set.intersection(*({*every[thing]} for thing in things[one])) - {one}))
        named = (curie(thing.value) for thing in things[one] if isinstance(thing, NamedNode))
        entry = {"class": view.reference(one, language), "things": len(things[one]), "within": wider}
        classes.append({**entry, "example": _shortest(named), "properties": list(properties(one))})
    used = {*chain(*(every[thing] for thing, names in told.items() if names)), *bearers}
    used.update(range_ for found in uses.values() for use in found.values() for range_, _, _ in use)
    prefixes = {prefix: space for prefix, space in sorted(PREFIXES.items()) if any(n.startswith(space) for n in used)}
    return {"version": 1, "prefixes": prefixes, "common": list(properties("")), "classes": classes}


def _shortest(texts: Iterable[str]) -> str:
    return min(texts, key=lambda text: (len(text), text), default="[]")


def _shown(term: Any) -> str:
    """A value as SPARQL has it, shortened where it is long."""
    text = curie(term.value) if isinstance(term, NamedNode) else str(term)
    return text if len(text) <= 60 else text[:59] + "…"


def text(found: dict[str, Any], language: str, *, markdown: bool = False) -> Iterator[str]:
    """A document of `document` in lines that fit into a prompt, or as Markdown.

    Of a whole graph, properties of one class that lead to the same share a line; of a single class each has its own,
    with an example.

    Args:
        found: The document.
        language: Of the words between.
        markdown: Headings and lists instead of plain lines.
    """
    head, item = ("## ", "- ") if markdown else ("", "  ")
    single = len(found["classes"]) == 1
    for prefix, namespace in found["prefixes"].items():
        yield f"PREFIX {prefix}: <{namespace}>\n"
    sections = [(word("many-classes", language), found["common"])] if found["common"] else []
    for entry in found["classes"]:
        wider = f" ⊑ {', '.join(entry['within'])}" if entry["within"] else ""
        title = f"{entry['class']['curie']} ({entry['things']}){wider}: {entry['example']}"
        sections.append((title, entry["properties"]))
    for title, uses in sections:
        yield f"\n{head}{title}\n"
        keys = ((use["property"]["curie"],) if single else (*use["ranges"][:_RANGES], use["derived"]) for use in uses)
        for first, *rest in terms.grouped(zip(keys, uses, strict=True)).values():
            names = ", ".join(f"{use['property']['curie']} {use['count']}" for use in (first, *rest))
            ranges = ", ".join(first["ranges"][:_RANGES]) + ", …" * (len(first["ranges"]) > _RANGES)
            derived = f" ({word('derived-each', language)})" if first["derived"] else ""
            yield f"{item}{names} → {ranges}{derived}" + f"; {first['example']}" * single + "\n"


def partitions(found: dict[str, Any], dataset: NamedNode | None = None) -> Iterator[Triple]:
    """A document of `document` as class and property partitions of VoID (https://www.w3.org/TR/void/, section 4.4).

    Args:
        found: The document.
        dataset: What they are partitions of; without it a dataset that has no name.
    """
    whole: NamedNode | BlankNode = dataset or BlankNode("dataset")
    told: list[tuple[Any, str, Any]] = []
    for at, entry in enumerate([*found["classes"], {"properties": found["common"]}]):
        part = BlankNode(f"c{at}") if "class" in entry else whole
        if "class" in entry:
            told += [(whole, "classPartition", part), (part, "class", NamedNode(entry["class"]["iri"]))]
            told.append((part, "entities", Literal(entry["things"])))
        for nr, use in enumerate(entry["properties"]):
            inner = BlankNode(f"c{at}p{nr}")
            told += [(part, "propertyPartition", inner), (inner, "property", NamedNode(use["property"]["iri"]))]
            told.append((inner, "triples", Literal(use["count"])))
    yield Triple(whole, _TYPE, NamedNode(_VOID + "Dataset"))
    yield from (Triple(subject, NamedNode(_VOID + name), value) for subject, name, value in told)


# --- questions in SPARQL --------------------------------------------------------------------------------------------

_TERMS, _TEXTS, _SAMPLE, _CLASSES = 40, 3, 64, 4
_DATED = frozenset(map(iri, ("coop:date", "coop:earliest", "coop:latest", "coop:notBefore", "coop:notAfter")))
_NOTHING = "Nothing found. 'csto-graph schema' tells what can be asked."
_ON_EVENTS = (
    "Dates hang on events: ?event coop:concerns ?document ; coop:date ?date; a document has "
    "coop:adoptedOn, coop:signedOn, coop:enteredIntoForceOn."
)


def doubts(view: GraphView, text: str, *, empty: bool, little: bool) -> list[str]:
    """What may be wrong with a query: terms that the graph does not hold, with the nearest; where little came, graphs
    that there are not and texts that it holds otherwise; where nothing, of what the properties are said, how to ask.

    Args:
        view: The graph.
        text: SPARQL that the engine has answered.
        empty: Whether it gave nothing.
        little: Whether it gave that, or a no, or noughts.
    """
    query = QueryText(text)
    named = mentioned_iris(query.solutions() if query.form == "CONSTRUCT" else text)  # a template holds terms of others
    graphs = {query.iri(name) for before, name in pairwise(query.tokens) if before.word == "GRAPH"}
    asked, found = sorted(named - graphs - set(PREFIXES.values()))[:_TERMS], list[str]()
    for name in asked:
        known = name.startswith((PREFIXES["xsd"], PREFIXES["graph"])) or view.lookup.exists(name)
        if not (known or any(view.engine().match(None, NamedNode(name), None))):
            found.append(f"The graph does not hold {curie(name)}. {errors.meant(_nearest(view, name))}".rstrip())
    if little:
        strange, there = sorted(filter(None, graphs.difference(GRAPH_IRIS))), ", ".join(map(curie, GRAPH_IRIS))
        found += [f"There is no graph {curie(name)} to ask; there are {there}." for name in strange]
        found += _texts(view, query, asked)
    if empty and not found:
        where = f"?thing $name ?value GRAPH ?graph {{ ?thing a ?kind }} FILTER(?graph != <{_DERIVED.value}>)"
        for name in asked:
            few = f"SELECT DISTINCT ?kind {{ {where} }} LIMIT {_CLASSES + 1}"
            kinds = own_iris(view.engine(), few, name=NamedNode(name))
            if 0 < len(kinds) <= _CLASSES and kinds.isdisjoint(asked):
                found.append(f"{curie(name)} is said of {', '.join(map(curie, sorted(kinds)))}.")
        found += [*[_ON_EVENTS] * (not _DATED.isdisjoint(asked)), _NOTHING]
    return found


def _nearest(view: GraphView, name: str) -> list[str]:
    """CURIEs of what is most like a name that the graph does not hold: terms, else things, of its own kind first."""
    known = dict[str, str]()
    if not name.startswith((f"{BASE}id/", f"{BASE}vocab/")):
        kinds = ("owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty")
        declared = chain.from_iterable(view.subjects("rdf:type", iri(kind)) for kind in kinds)
        known = {local(one).lower(): curie(one) for one in sorted({*declared, *sizes(view)})}
    like = [known[one] for one in near(local(name).lower(), known)] or _namesakes(view, local(name))
    like = like or [found for one in view.lookup.near(local(name)) for found in _namesakes(view, one)]
    kind = curie(name).partition(":")[0]
    return sorted(dict.fromkeys(like), key=lambda one: one.partition(":")[0] != kind)[:_TEXTS]


def _namesakes(view: GraphView, text: str) -> list[str]:
    return [curie(match.iri) for match in view.find(text, limit=_TEXTS) if match.exact]


def _texts(view: GraphView, query: QueryText, names: Collection[str]) -> Iterator[str]:
    """Texts of a query that the graph has otherwise: of another property, in a language or a datatype, as a thing."""
    match = view.engine().match
    values = (quad.object for name in names for quad in islice(match(None, NamedNode(name), None), _SAMPLE))
    sample = [value for value in values if isinstance(value, Literal)]
    kinds = dict.fromkeys((one.language, one.datatype) for one in (*terms.texts({"en": "", "ru": ""}), *sample))
    pairs = pairwise([*query.tokens, terms.Token("", "", 0)])
    strings = [(one.text, after) for one, after in pairs if one.kind == "string" and after.text[:1] != "^"]
    for written, after in strings[:_TEXTS]:
        tag = after.text if after.kind == "tag" else ""
        value = next(parse(f"<x:> <x:> {written}{tag} .", RdfFormat.TURTLE)).object
        holding = {quad.predicate.value for quad in islice(match(None, None, value), _SAMPLE)}
        if not holding.isdisjoint(names):
            continue
        forms = [Literal(value.value, language=tag, datatype=kind) for tag, kind in kinds]
        fits = [one for one in forms if terms.days_of(one) or any(match(None, None, one))]
        like = [re.sub(r"(?<=\^\^)<(.*)>$", lambda kind: curie(kind[1]), str(one)) for one in fits if one != value]
        like += _namesakes(view, value.value)
        with suppress(errors.GraphError):
            like += [] if like or holding else [curie(view.resolve(value.value))]
        said = f"has {value} as {', '.join(map(curie, sorted(holding)))}" if holding else f"does not hold {value}"
        if holding or like:
            yield f"The graph {said}. {errors.meant(like)}".rstrip()


class ExampleQuestion(NamedTuple):
    """A question with its SPARQL.

    Attributes:
        name: Name of its file without the ending.
        question: Language to question.
        text: The query.
    """

    name: str
    question: Mapping[str, str]
    text: str


def examples(folder: str) -> Iterator[ExampleQuestion]:
    """The example questions that lie beside the canned queries, for whoever writes SPARQL.

    Args:
        folder: Where the canned queries lie.
    """
    for path in sorted(Path(folder, "examples").glob("*.rq")):
        *head, body = path.read_text(encoding="utf-8").split("\n", 2)
        yield ExampleQuestion(path.stem, {line[2:4]: line[6:] for line in head}, body)


# --- properties and values as people write them ---------------------------------------------------------------------


def properties_of(view: GraphView, thing: str) -> set[str]:
    """IRIs of the properties that a thing (an IRI) has, or something that belongs to it."""
    where = "{ $thing ?name ?value } UNION { ?part coop:belongsTo $thing ; ?name ?value }"
    return own_iris(view.engine(), f"SELECT DISTINCT ?name WHERE {{ {where} }}", thing=NamedNode(thing)) - BOOKS


def resolve_properties(view: GraphView, engine: Engine, thing: NamedNode, text: str, every: bool = False) -> list[str]:
    """IRIs of the properties that a text names: those that the thing has, else those of what belongs to it, else any.

    Any property is known that a statement uses or that an axiom is about; by IRI, CURIE, label or local name.

    Raises:
        errors.UnknownName: There is no such property; with those of the thing that are near.
        errors.BadParameter: Several have that name, neither the thing nor what belongs to it has one of them, and
            not every one is wanted.
    """
    own = {quad.predicate.value for quad in engine.match(thing, None, None)}
    own -= {iri("rdfs:label")} if iri("skos:prefLabel") in own else set()  # the same, derived
    named, wanted = iri(errors.text_of(text).strip()), normal(text)
    if named in own or named.startswith(_BUILT_IN) or _is_property(engine, named):
        return [named]
    called = _called(view, text)

    def having(names: Iterable[str]) -> list[str]:
        return sorted(name for name in names if name in called or wanted in _forms(name))

    if found := having(own) or having(properties_of(view, thing.value)):
        return found
    terms = (iri(short) for short in table("terms") if short.partition(":")[2][0].islower())
    found = sorted(name for name in called if _is_property(engine, name))
    found = found or having(own_iris(engine, "SELECT DISTINCT ?p WHERE { ?s ?p ?o }")) or having(terms)
    ours = [name for name in found if name.startswith(PREFIXES["coop"])]
    found = ours if len(ours) == 1 else found
    if len(found) == 1 or (found and every):
        return found
    if found:
        raise errors.BadParameter("property", text, "the name of one property", suggestions=list(map(curie, found)))
    forms = {form: curie(name) for name in sorted(own) for form in sorted(_forms(name))}
    like = dict.fromkeys(forms[form] for form in near(normal(local(text)), forms))
    raise errors.UnknownName("property", text, suggestions=list(like), hint="A CURIE or a label names it.")


def _called(view: GraphView, text: str) -> set[str]:
    """IRIs of what has just this name; where nothing has, of what has it in other forms of its words."""
    found, wanted = view.find(text, limit=50), stems_of(normal(text))
    exact = {match.iri for match in found if match.exact}
    return exact or {match.iri for match in found if stems_of(normal(match.text)) == wanted}


def _is_property(engine: Engine, name: str) -> bool:
    """Whether statements use an IRI as a property, or axioms take it for one."""
    between = "rdfs:subPropertyOf|owl:inverseOf|owl:equivalentProperty|owl:propertyDisjointWith"
    text = f"""ASK {{
      {{ ?s $name ?o }} UNION {{ $name a ?kind FILTER(STRENDS(STR(?kind), "Property")) }}
      UNION {{ $name rdfs:domain|rdfs:range|{between} ?other }} UNION {{ ?other owl:onProperty|{between} $name }}
    }}"""
    node = terms.as_iri(name)
    return node is not None and bool(own_query(engine, text, name=node).boolean)


def _forms(name: str) -> set[str]:
    """How people may write a property besides its labels: its local name, in one word or several, the words of ours."""
    short, end = curie(name), local(name)
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", end)
    words = [end, spaced, says("terms", short, "en"), says("terms", short, "ru"), *["a"] * (short == "rdf:type")]
    return set(map(normal, words)) - {""}


_LITERAL = re.compile(r'(?:"(.*)"|(.*?))(?:@([a-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)|\^\^<?([^\s<>]+)>?)?', re.DOTALL)


def literal(text: str) -> Literal | None:
    """The literal that a text in Turtle's form is: in quotes, or with its datatype or language; else None.

    >>> literal("2011-03^^xsd:gYearMonth"), literal("2011-03")
    (<Literal value=2011-03 datatype=<NamedNode value=http://www.w3.org/2001/XMLSchema#gYearMonth>>, None)

    Raises:
        errors.BadParameter: The datatype or the language is none.
    """
    match = _LITERAL.fullmatch(text)
    assert match is not None  # every part may be empty
    quoted, body, language, datatype = match.groups()
    if quoted is None and not (language or datatype):
        return None
    try:
        kind = NamedNode(iri(datatype)) if datatype else None
        return Literal(body if quoted is None else quoted, language=language, datatype=kind)
    except ValueError as error:
        raise errors.BadParameter("value", text, f"a literal: {error}", hint='Write it as "text"@en.') from error


def fitting(view: GraphView, statements: Sequence[Triple], value: object) -> list[Triple]:
    """Those of some statements whose value is the one given, a term or a text for one.

    Raises:
        errors.BadParameter: A text fits several literals, or several things, or is the form of a literal that is none.
    """
    if isinstance(value, (NamedNode, BlankNode, Literal, Triple)):
        return [statement for statement in statements if statement.object == value]
    text = str(getattr(value, "iri", value))
    written, address = literal(text), iri(text.removeprefix("<").removesuffix(">"))
    values = {one.object for one in statements if isinstance(one.object, (NamedNode, Literal))}
    fits = values & {written, terms.as_iri(address)}
    fits = fits or {one for one in values if isinstance(one, Literal) and text in (one.value, f'"{one.value}"')}
    if things := set() if fits else {one for one in values if isinstance(one, NamedNode)}:
        called = _called(view, text)
        labels = {one: {normal(view.label(one.value, language)) for language in ("en", "ru")} for one in things}
        fits = {one for one in things if one.value in called or normal(text) in labels[one]}
    found = [one for one in statements if one.object in fits]
    if len(found) > 1:
        shown = [curie(one.object.value) if isinstance(one.object, NamedNode) else str(one.object) for one in found]
        raise errors.BadParameter("value", text, "one value of this property", suggestions=shown[:5])
    return found


def as_value(view: GraphView, engine: Engine, name: NamedNode, value: object) -> NamedNode | Literal:
    """A value as those of a property are; where it has none, a thing that is called so, else a text."""
    if isinstance(value, (NamedNode, Literal)):
        return value
    text = str(getattr(value, "iri", value))
    if (written := literal(text)) is not None:
        return written
    others = [quad.object for quad in islice(engine.match(None, name, None), 4_096)]
    like = next((other for other in others if isinstance(other, Literal)), None)
    if like is None or "://" in iri(text):
        try:
            return NamedNode(view.resolve(text, parameter="value"))
        except errors.UnknownName:
            if others:
                raise
    if like is not None and not terms.days_of(like):
        return Literal(text, language=like.language, datatype=like.datatype)
    with suppress(ValueError):
        return terms.dated(text) if like else Literal(text)  # as precise as the text is
    return Literal(text)
