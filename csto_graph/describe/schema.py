"""What a graph is made of, for whoever writes SPARQL: its classes, their properties, what these lead to.

Everything is counted in the graph itself, so that it tells what is there to be asked, of the user's data too.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from .. import errors
from ..loading.view import GraphView
from ..names import PREFIXES, curie, iri, word
from ..sparql.text import mentioned_iris
from ..store.engine import graph_name

FORMATS = ("text", "markdown", "turtle", "json")
"""In which a schema can be written; the first is the default."""

SCHEMA_VERSION = 1
"""Version of the shape of the JSON document."""

_LANGUAGE_OF_MODELS = tuple(PREFIXES[prefix] for prefix in ("owl", "rdf", "rdfs"))
_XSD = PREFIXES["xsd"]
_VOID = "http://rdfs.org/ns/void#"
_COMMON, _RANGES = 10, 2
_LONGEST_EXAMPLE = 60


def sizes(view: GraphView) -> Counter[str]:
    """How many things are stated to be of each class (an IRI), those of the languages of models left out."""
    derived, found = graph_name("derived"), Counter[str]()
    for quad in view.engine().match(None, NamedNode(iri("rdf:type")), None):
        if isinstance(quad.object, NamedNode) and quad.graph_name != derived:
            found[quad.object.value] += not quad.object.value.startswith(_LANGUAGE_OF_MODELS)
    return +found


_NEAR, _TERMS = 3, 40
_ON_EVENTS = (
    "No row. Dates hang on events: ?event coop:concerns ?document ; coop:date ?date; a document has "
    "coop:adoptedOn, coop:signedOn, coop:enteredIntoForceOn. 'csto-graph schema' tells what can be asked."
)


def doubts(view: GraphView, text: str, *, empty: bool) -> list[str]:
    """What may be wrong with a query: terms that the graph does not hold, with the nearest; where no row came, how to
    ask.

    Args:
        view: The graph.
        text: SPARQL that the engine has answered.
        empty: Whether it gave nothing.
    """
    spaces, found = set(PREFIXES.values()), list[str]()
    asked = sorted(mentioned_iris(text) - spaces)[:_TERMS]
    for name in asked:
        if name.startswith((_XSD, PREFIXES["graph"])) or view.lookup.exists(name) or _used(view, name):
            continue
        known = {curie(one).partition(":")[2].lower(): curie(one) for one in sorted(_terms(view))}
        local = re.split(r"[/#:]", name)[-1].lower()
        near = [known[one] for one in get_close_matches(local, known, n=_NEAR, cutoff=0.7)]
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        found.append(f"The graph does not hold {curie(name)}.{hint}")
    return [*found, *([_ON_EVENTS] if empty and not found and any(PREFIXES["coop"] in name for name in asked) else [])]


def _used(view: GraphView, name: str) -> bool:
    return next(view.engine().match(None, NamedNode(name), None), None) is not None


def _terms(view: GraphView) -> set[str]:
    """The classes that things have, and the terms that are declared."""
    kinds = ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")
    declared = (name for kind in kinds for name in view.subjects(iri("rdf:type"), iri(f"owl:{kind}")))
    return {*declared, *sizes(view)}


def document(view: GraphView, class_: str | None = None, language: str | None = None) -> dict[str, Any]:
    """The classes of a graph with their properties, as a JSON document.

    Args:
        view: The graph.
        class_: IRI of a class: only this one, with one example for each property.
        language: Of labels.

    Returns:
        ``version``; ``prefixes`` in use; ``common``, properties that many classes share; ``classes``, the most
        frequent first, each with ``class``, ``things`` (how many), ``within`` (wider classes), ``example`` and
        ``properties``; each property with ``property``, ``count`` (of statements), ``ranges`` (classes and datatypes
        of its values, the most frequent first), ``derived`` (whether all of them are) and ``example``.

    Raises:
        errors.UnknownName: Nothing in the graph has that class.
    """
    derived, typed = graph_name("derived"), iri("rdf:type")
    own, within = defaultdict[Any, list[str]](list), defaultdict[str, Counter[str]](Counter)
    all_of = defaultdict[Any, set[str]](set)
    for quad in view.engine().match(None, NamedNode(typed), None):
        if isinstance(quad.object, NamedNode) and not quad.object.value.startswith(_LANGUAGE_OF_MODELS):
            all_of[quad.subject].add(quad.object.value)
            if quad.graph_name != derived:
                own[quad.subject].append(quad.object.value)
    sizes, examples = Counter[str](), dict[str, str]()
    for thing, classes in own.items():
        for one in {class_} & all_of[thing] if class_ else classes:
            sizes[one] += 1
            within[one].update(all_of[thing] - {one})
            if isinstance(thing, NamedNode):
                examples[one] = min(examples.get(one, thing.value), thing.value, key=lambda text: (len(text), text))
    if class_ and class_ not in sizes:
        known = sorted({curie(one) for classes in all_of.values() for one in classes})
        raise errors.UnknownName("class", curie(class_), suggestions=get_close_matches(curie(class_), known))

    uses = defaultdict[tuple[str, str], Counter[str]](Counter)
    shown, stated = dict[tuple[str, str], Any](), set[tuple[str, str]]()
    for quad in view.quads():
        key, value = quad.predicate.value, quad.object
        if key == typed or quad.subject not in own:
            continue
        range_ = value.datatype.value if isinstance(value, Literal) else (own.get(value) or ["rdfs:Resource"])[0]
        for one in {class_} & all_of[quad.subject] if class_ else own[quad.subject]:
            uses[one, key][range_] += 1
            shown[one, key] = min(shown.get((one, key), value), value, key=lambda term: (len(str(term)), str(term)))
            if quad.graph_name != derived:
                stated.add((one, key))

    def use(key: str, ranges: Counter[str], example: Any, is_derived: bool) -> dict[str, Any]:
        most = sorted(ranges, key=lambda name: (-ranges[name], name))
        return {
            "property": view.reference(key, language), "count": ranges.total(), "ranges": list(map(curie, most)),
            "derived": is_derived, "example": _example(example),
        }  # fmt: skip

    holders = Counter(key for _, key in uses)
    shared = sorted(key for key, count in holders.items() if count >= _COMMON and class_ is None)
    common = []
    for key in shared:
        total = sum((ranges for (_, name), ranges in uses.items() if name == key), Counter[str]())
        first = next(pair for pair in shown if pair[1] == key)
        common.append(use(key, total, shown[first], not any(name == key for _, name in stated)))
    entries: list[dict[str, Any]] = []
    for one in sorted(sizes, key=lambda name: (-sizes[name], name)):
        keys = sorted(key for name, key in uses if name == one and key not in shared)
        wider = sorted(curie(name) for name, count in within[one].items() if count == sizes[one])
        entries.append({
            "class": view.reference(one, language), "things": sizes[one], "within": wider,
            "example": curie(examples.get(one, "[]")),
            "properties": [use(key, uses[one, key], shown[one, key], (one, key) not in stated) for key in keys],
        })  # fmt: skip
    named = {name.partition(":")[0] for name in _names(entries, common)}
    prefixes = {prefix: PREFIXES[prefix] for prefix in sorted(named & set(PREFIXES))}
    return {"version": SCHEMA_VERSION, "prefixes": prefixes, "common": common, "classes": entries}


def _example(term: Any) -> str:
    """A value as SPARQL has it, shortened where it is long."""
    text = curie(term.value) if isinstance(term, NamedNode) else str(term)
    return text if len(text) <= _LONGEST_EXAMPLE else text[: _LONGEST_EXAMPLE - 1] + "…"


def _names(classes: list[dict[str, Any]], common: list[dict[str, Any]]) -> Iterator[str]:
    """Every CURIE of a document."""
    for entry in classes:
        yield from (entry["class"]["curie"], *entry["within"])
    for use in (*common, *(use for entry in classes for use in entry["properties"])):
        yield from (use["property"]["curie"], *use["ranges"])


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


def examples(folder: str) -> list[ExampleQuestion]:
    """The example questions that lie beside the canned queries, for whoever writes SPARQL.

    Args:
        folder: Where the canned queries lie.
    """
    found = []
    for path in sorted(Path(folder, "examples").glob("*.rq")):
        *head, body = path.read_text(encoding="utf-8").split("\n", 2)
        found.append(ExampleQuestion(path.stem, {line[2:4]: line[6:] for line in head}, body))
    return found


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

    def lines(uses: list[dict[str, Any]]) -> Iterator[str]:
        alike = defaultdict[tuple[str, ...], list[dict[str, Any]]](list)
        for use in uses:
            key = (use["property"]["curie"],) if single else (*use["ranges"][:_RANGES], str(use["derived"]))
            alike[key].append(use)
        for group in alike.values():
            first = group[0]
            names = ", ".join(f"{use['property']['curie']} {use['count']}" for use in group)
            ranges = ", ".join(first["ranges"][:_RANGES]) + ", …" * (len(first["ranges"]) > _RANGES)
            derived = f" ({word('derived-each', language)})" if first["derived"] else ""
            yield f"{item}{names} → {ranges}{derived}" + f"; {first['example']}" * single + "\n"

    for prefix, namespace in found["prefixes"].items():
        yield f"PREFIX {prefix}: <{namespace}>\n"
    if found["common"]:
        yield f"\n{head}{word('many-classes', language)}\n"
        yield from lines(found["common"])
    for entry in found["classes"]:
        wider = f" ⊑ {', '.join(entry['within'])}" if entry["within"] else ""
        yield f"\n{head}{entry['class']['curie']} ({entry['things']}){wider}: {entry['example']}\n"
        yield from lines(entry["properties"])


def partitions(found: dict[str, Any], dataset: NamedNode | None = None) -> Iterator[Triple]:
    """A document of `document` as class and property partitions of VoID (https://www.w3.org/TR/void/, section 4.4).

    Args:
        found: The document.
        dataset: What they are partitions of; without it a dataset that has no name.
    """
    named = dataset or BlankNode("dataset")

    def said(subject: Any, name: str, value: Any) -> Triple:
        return Triple(subject, NamedNode(_VOID + name), value)

    def number(count: int) -> Literal:
        return Literal(str(count), datatype=NamedNode(iri("xsd:integer")))

    yield Triple(named, NamedNode(iri("rdf:type")), NamedNode(_VOID + "Dataset"))
    for at, entry in enumerate(found["classes"]):
        part = BlankNode(f"c{at}")
        yield said(named, "classPartition", part)
        yield said(part, "class", NamedNode(entry["class"]["iri"]))
        yield said(part, "entities", number(entry["things"]))
        for nr, use in enumerate(entry["properties"]):
            inner = BlankNode(f"c{at}p{nr}")
            yield said(part, "propertyPartition", inner)
            yield said(inner, "property", NamedNode(use["property"]["iri"]))
            yield said(inner, "triples", number(use["count"]))
    for at, use in enumerate(found["common"]):
        inner = BlankNode(f"p{at}")
        yield said(named, "propertyPartition", inner)
        yield said(inner, "property", NamedNode(use["property"]["iri"]))
        yield said(inner, "triples", number(use["count"]))
