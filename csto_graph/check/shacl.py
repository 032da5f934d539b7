"""The core of SHACL, over statements whose terms are numbers.

Each constraint component of SHACL 4 is evaluated for what is known to be right: a shape that says anything else
(`Unknown`) is left to pySHACL, which is also the reference. Literals of the common datatypes are judged here; all
others, and all doubts about those, by rdflib, so that both engines see the same values.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeAlias

import pyoxigraph as ox

from ..names import PREFIXES, iri

Node: TypeAlias = ox.NamedNode | ox.BlankNode
Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_Values: TypeAlias = Callable[[int], Collection[int]]
_Test: TypeAlias = Callable[[int], bool]
_Check: TypeAlias = Callable[[int, Collection[int]], Iterable[tuple[int | None, int | None]]]

_SH = PREFIXES["sh"]
_XSD = PREFIXES["xsd"]
_TYPE = ox.NamedNode(iri("rdf:type"))
_SUBCLASS = ox.NamedNode(iri("rdfs:subClassOf"))
_FIRST, _REST, _NIL = (ox.NamedNode(iri(f"rdf:{name}")) for name in ("first", "rest", "nil"))
_RESOURCE = ox.NamedNode(iri("rdfs:Resource"))

_DEEPEST = 8
"""Shapes or paths within each other; pySHACL gives up a little later."""


def sh(name: str) -> ox.NamedNode:
    """A term of SHACL."""
    return ox.NamedNode(_SH + name)


class Unknown(Exception):
    """A shape says something that is not evaluated here, or is not well-formed."""


class Result(NamedTuple):
    """One validation result (SHACL 3.6.2), without words.

    Attributes:
        shape: The shape that is not met; its severity is that of the result.
        focus: The node that does not meet it.
        path: The property, where the component names one of its own (sh:closed); else it is that of the shape.
        value: The value at fault, or None.
        component: Local name of the constraint component.
    """

    shape: Node
    focus: Term
    path: ox.NamedNode | None
    value: Term | None
    component: str


# ------------------------------------------------------------------------------------------------------ statements


class Facts:
    """A small graph, by subject and by object; for shapes."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self.triples = list(dict.fromkeys(triples))
        self._forward: dict[Any, dict[Any, list[Any]]] = defaultdict(lambda: defaultdict(list))
        self._backward: dict[tuple[Any, Any], list[Any]] = defaultdict(list)
        self.by_predicate: dict[Any, list[ox.Triple]] = defaultdict(list)
        self.by_object: dict[Any, list[ox.Triple]] = defaultdict(list)
        for triple in self.triples:
            self._forward[triple.subject][triple.predicate].append(triple.object)
            self._backward[triple.predicate, triple.object].append(triple.subject)
            self.by_predicate[triple.predicate].append(triple)
            self.by_object[triple.object].append(triple)

    def about(self, subject: Any) -> Mapping[ox.NamedNode, list[Any]]:
        """Property to its values, of one thing."""
        return self._forward.get(subject, {})

    def objects(self, subject: Any, predicate: ox.NamedNode) -> list[Any]:
        """Values of a property of a thing."""
        return self.about(subject).get(predicate, [])

    def subjects(self, predicate: ox.NamedNode, value: Any) -> list[Any]:
        """Things that have a value of a property."""
        return self._backward.get((predicate, value), [])

    def one(self, subject: Any, predicate: ox.NamedNode) -> Any:
        """The first value of a property, or None."""
        return next(iter(self.objects(subject, predicate)), None)

    def members(self, head: Any) -> list[Any]:
        """The members of a list.

        Raises:
            Unknown: It is none, or is not well-formed (SHACL 1.4).
        """
        found: list[Any] = []
        seen = set()
        while head != _NIL:
            first, rest = self.objects(head, _FIRST), self.objects(head, _REST)
            if head in seen or len(first) != 1 or len(rest) != 1:
                raise Unknown(f"{head} is no list.")
            seen.add(head)
            found += first
            head = rest[0]
        return found


class Data:
    """The statements to look at, by subject, with a number for each term.

    Args:
        triples: Triples or quads; what stands in several graphs counts once.
    """

    def __init__(self, triples: Iterable[ox.Triple | ox.Quad]) -> None:
        self.terms: list[Any] = []
        self._numbers: dict[Any, int] = {}
        self._about: dict[int, dict[int, list[int]]] = {}
        self._using: dict[int, list[int]] = {}
        self._backward: dict[int, dict[int, list[int]]] = {}
        self._instances: dict[int, dict[int, None]] = {}
        self._read(triples)

    def _read(self, triples: Iterable[ox.Triple | ox.Quad]) -> None:
        number, about = self.number, self._about
        for triple in triples:
            row = about.setdefault(number(triple.subject), {})
            row.setdefault(number(triple.predicate), []).append(number(triple.object))
        for subject, row in about.items():
            for predicate, values in row.items():
                if len(values) > 1:
                    values[:] = dict.fromkeys(values)
                self._using.setdefault(predicate, []).append(subject)

    def number(self, term: Term) -> int:
        """The number of a term; a new one where it has none."""
        found = self._numbers.get(term)
        if found is None:
            found = self._numbers[term] = len(self.terms)
            self.terms.append(term)
        return found

    def about(self, subject: int) -> Mapping[int, Sequence[int]]:
        """Property to its values, of one thing."""
        return self._about.get(subject, {})

    def objects(self, subject: int, predicate: int) -> Sequence[int]:
        """Values of a property of a thing, each once."""
        row = self._about.get(subject)
        return row.get(predicate, ()) if row else ()

    def using(self, predicate: int) -> Sequence[int]:
        """Things that have a property, each once."""
        return self._using.get(predicate, ())

    def subjects(self, predicate: int, value: int) -> Sequence[int]:
        """Things that have a value of a property."""
        return self._by_value(predicate).get(value, ())

    def _by_value(self, predicate: int) -> dict[int, list[int]]:
        if predicate not in self._backward:
            found: dict[int, list[int]] = {}
            for subject in self.using(predicate):
                for value in self._about[subject][predicate]:
                    found.setdefault(value, []).append(subject)
            self._backward[predicate] = found
        return self._backward[predicate]

    def used(self, predicate: int) -> Iterable[int]:
        """Values of a property anywhere, each once."""
        return self._by_value(predicate)

    def instances(self, kind: int) -> Collection[int]:
        """Things of a class or of a class below it, each once."""
        if kind not in self._instances:
            kinds = closure(lambda name: self.subjects(self._subclass, name), kind)
            things = (thing for name in kinds for thing in self.subjects(self._type, name))
            self._instances[kind] = dict.fromkeys(things)
        return self._instances[kind]

    @cached_property
    def _type(self) -> int:
        return self.number(_TYPE)

    @cached_property
    def _subclass(self) -> int:
        return self.number(_SUBCLASS)

    def values(self, subject: Term, predicate: Term) -> list[Any]:
        """Values of a property of a thing, as terms."""
        here, named = self._numbers.get(subject), self._numbers.get(predicate)
        return [] if here is None or named is None else [self.terms[value] for value in self.objects(here, named)]

    def things(self) -> Iterator[Any]:
        """Everything that is a subject."""
        return (self.terms[subject] for subject in self._about)

    def triples(self) -> Iterator[ox.Triple]:
        """All statements, by subject."""
        terms = self.terms
        for subject, row in self._about.items():
            for predicate, values in row.items():
                for value in values:
                    yield ox.Triple(terms[subject], terms[predicate], terms[value])

    def uses(self, name: Term) -> list[tuple[Any, Any]]:
        """Subject and property of the statements that have a name as property or as value, in order."""
        number = self.number(name)
        valued = ((subject, predicate) for predicate in self._using for subject in self.subjects(predicate, number))
        found = [*valued, *((subject, number) for subject in self.using(number))]
        return sorted(((self.terms[subject], self.terms[predicate]) for subject, predicate in found), key=str)


def closure(step: _Values, start: int) -> dict[int, None]:
    """What is reached from a node in any number of steps, the node first."""
    found, waiting = {start: None}, [start]
    while waiting:
        for node in step(waiting.pop()):
            if node not in found:
                found[node] = None
                waiting.append(node)
    return found


# --------------------------------------------------------------------------------------------------------- targets


def targets(rules: Facts, shape: Node, data: Data) -> dict[Any, Collection[int]]:
    """Each target of a shape (SHACL 2.1.3), as term, with the nodes that it finds."""
    found: dict[Any, Collection[int]] = {}
    kinds = [*rules.objects(shape, sh("targetClass")), *([shape] if is_class(rules, shape) else [])]
    for kind in kinds:
        found[kind] = data.instances(data.number(kind))
    for path in rules.objects(shape, sh("targetSubjectsOf")):
        found[path] = data.using(data.number(path))
    for path in rules.objects(shape, sh("targetObjectsOf")):
        found[path] = [*data.used(data.number(path))]
    for node in rules.objects(shape, sh("targetNode")):
        found[node] = [data.number(node)]
    return found


def is_class(rules: Facts, shape: Node) -> bool:
    """Whether a shape is also a class, so that its instances are its targets (SHACL 2.1.3.3)."""
    return any(kind in class_kinds(rules) for kind in rules.objects(shape, _TYPE))


def class_kinds(rules: Facts) -> set[Any]:
    """The classes of classes that a shapes graph knows."""
    whole = ox.NamedNode(iri("rdfs:Class"))
    return {whole, ox.NamedNode(iri("owl:Class")), *rules.subjects(_SUBCLASS, whole)}


# ---------------------------------------------------------------------------------------------------------- shapes


@dataclass(eq=False, slots=True)
class Shape:
    """A shape, ready to be asked.

    Attributes:
        node: Its name in the shapes graph.
        values: Focus node to its value nodes, each once.
        each: Component with a test that every value node must pass.
        whole: Component with a check of all value nodes together, which gives path and value of each fault.
        properties: Shapes that each value node is a focus node of.
        asked: What else a node must pass to conform, which is asked elsewhere and is none of the `faults`.
    """

    node: Node
    values: _Values
    each: list[tuple[str, _Test]] = field(default_factory=list)
    whole: list[tuple[str, _Check]] = field(default_factory=list)
    properties: list[Shape] = field(default_factory=list)
    asked: _Test | None = None
    _conforming: dict[int, bool] = field(default_factory=dict)

    def faults(self, focus: int) -> Iterator[tuple[Node, int, int | None, int | None, str]]:
        """Shape, focus node, path, value and component of each result."""
        values = self.values(focus)
        for component, test in self.each:
            for value in values:
                if not test(value):
                    yield self.node, focus, None, value, component
        for component, check in self.whole:
            for path, found in check(focus, values):
                yield self.node, focus, path, found, component
        for shape in self.properties:
            for value in values:
                yield from shape.faults(value)

    def met(self, focus: int) -> bool:
        """Whether a node conforms (SHACL 3.4.2)."""
        known = self._conforming.get(focus)
        if known is None:
            faultless = next(self.faults(focus), None) is None
            known = self._conforming[focus] = faultless and (self.asked is None or self.asked(focus))
        return known


class Pattern(NamedTuple):
    """A regular expression, and whether it takes large and small letters for the same."""

    pattern: ox.Literal
    ignore_case: bool


class Elsewhere:
    """Questions about nodes that somebody else answers, many at once.

    What has no answer yet is taken for met and noted; when it has been answered, the shapes are to be evaluated again.

    Attributes:
        patterns: Values of sh:pattern that are not matched here.
        pending: What is asked, to the nodes it is asked about: a `Pattern`, or a shape with SPARQL constraints.
    """

    def __init__(self, patterns: Collection[ox.Literal] = ()) -> None:
        self.patterns = patterns
        self.pending: dict[Any, dict[int, None]] = {}
        self._answers: dict[tuple[Any, int], bool] = {}

    def ask(self, what: Any, node: int) -> bool:
        """Whether a node is right, as far as that is known."""
        found = self._answers.get((what, node))
        if found is None:
            self.pending.setdefault(what, {})[node] = None
        return found is not False

    def tell(self, what: Any, wrong: Collection[int]) -> None:
        """Answer what is pending: all nodes are right but these."""
        self._answers |= {(what, node): node not in wrong for node in self.pending.pop(what)}


def validate(
    rules: Facts, data: Data, shapes: Iterable[Node], elsewhere: Elsewhere | None = None
) -> tuple[list[Result], list[Node]]:
    """Check the targets of shapes.

    SPARQL constraints give no results here; whether a node meets those of a shape that others refer to is asked
    ``elsewhere``.

    Returns:
        The results, and the shapes that were not looked at since they say something that is not known here.
    """
    compiler = _Compiler(rules, data, elsewhere or Elsewhere())
    results: list[Result] = []
    unknown: list[Node] = []
    for node in shapes:
        try:
            shape = compiler.shape(node)
        except Unknown:
            unknown.append(node)
            continue
        found = targets(rules, node, data).values()
        for focus in dict.fromkeys(focus for nodes in found for focus in nodes):
            results += (_result(data, *fault) for fault in shape.faults(focus))
    return results, unknown


def _result(data: Data, shape: Node, focus: int, path: int | None, value: int | None, component: str) -> Result:
    terms = data.terms
    named = None if path is None else terms[path]
    return Result(shape, terms[focus], named, None if value is None else terms[value], component)


_QUIET = {
    "name", "description", "message", "severity", "order", "group", "defaultValue", "deactivated", "path", "property",
    "targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf", "sparql",
}  # fmt: skip
"""What is no constraint, or is evaluated elsewhere."""
_ONE = {
    "datatype", "nodeKind", "minCount", "maxCount", "minLength", "maxLength", "languageIn", "uniqueLang", "in",
    "closed", "qualifiedMinCount", "qualifiedMaxCount", "path", "deactivated", "severity",
}  # fmt: skip
"""What may have one value."""
_OF_PROPERTIES = {
    "minCount", "maxCount", "uniqueLang", "lessThan", "lessThanOrEquals", "qualifiedMinCount", "qualifiedMaxCount",
}  # fmt: skip
"""What only a property shape may have."""
_HELPERS = {
    "flags": "pattern", "ignoredProperties": "closed", "qualifiedValueShapesDisjoint": "qualifiedValueShape",
}  # fmt: skip
"""What means something only beside another parameter."""


class _Compiler:
    """Makes shapes ready."""

    def __init__(self, rules: Facts, data: Data, elsewhere: Elsewhere) -> None:
        self._rules = rules
        self._data = data
        self._elsewhere = elsewhere
        self._shapes: dict[Any, Shape] = {}
        self._depth = 0

    def shape(self, node: Any) -> Shape:
        """A shape by its node.

        Raises:
            Unknown: It, or a shape within it, says something that is not known here, or refers to itself.
        """
        if node not in self._shapes:
            if not isinstance(node, ox.NamedNode | ox.BlankNode) or self._depth >= _DEEPEST:
                raise Unknown(f"{node} is no shape, or refers to itself.")
            self._depth += 1
            try:
                self._shapes[node] = self._made(node)
            finally:
                self._depth -= 1
        return self._shapes[node]

    def _said(self, node: Any) -> dict[str, list[Any]]:
        """What is said of a shape in terms of SHACL, by local name."""
        about = self._rules.about(node)
        return {name.value.removeprefix(_SH): said for name, said in about.items() if name.value.startswith(_SH)}

    def _made(self, node: Any) -> Shape:
        said = self._said(node)
        self._check(node, said)
        shape = Shape(node, self._path(said["path"][0], 0) if "path" in said else _itself)
        for name, values in said.items():
            component = name[0].upper() + name[1:] + "ConstraintComponent"
            for value in values:
                if name in _EACH:
                    shape.each.append((component, _EACH[name](self, value, said)))
                elif name in _WHOLE:
                    shape.whole.append((component, _WHOLE[name](self, value, said, node)))
                elif name == "property":
                    shape.properties.append(self._inner(value, True))
        if "sparql" in said:
            shape.asked = partial(self._elsewhere.ask, node)
        off = "deactivated" in said and _flag(said["deactivated"][0])
        return Shape(node, shape.values) if off else shape

    def _check(self, node: Any, said: Mapping[str, list[Any]]) -> None:
        """Refuse what is not known or not well-formed."""
        unknown = {*said} - {*_QUIET, *_EACH, *_WHOLE, *_HELPERS, "qualifiedValueShape"}
        several = [name for name in _ONE if len(said.get(name, ())) > 1]
        alone = [name for name, other in _HELPERS.items() if name in said and other not in said]
        misplaced = "path" not in said and not _OF_PROPERTIES.isdisjoint(said)
        counted = "qualifiedMinCount" in said or "qualifiedMaxCount" in said
        typed = {kind: kind in self._rules.objects(node, _TYPE) for kind in (sh("NodeShape"), sh("PropertyShape"))}
        mistyped = typed[sh("NodeShape" if "path" in said else "PropertyShape")]
        if unknown or several or alone or misplaced or mistyped or counted != ("qualifiedValueShape" in said):
            raise Unknown(f"{node} is not evaluated here.")

    def _inner(self, node: Any, of_property: bool) -> Shape:
        """The value of sh:property or of sh:node, which must be of its kind."""
        if bool(self._rules.objects(node, sh("path"))) != of_property:
            raise Unknown(f"{node} is a shape of the other kind.")
        return self.shape(node)

    # -- paths (SHACL 2.3.1)

    def _path(self, node: Any, depth: int) -> _Values:
        if isinstance(node, ox.NamedNode):
            return partial(_along, self._data.objects, self._data.number(node))
        about = self._rules.about(node)
        if isinstance(node, ox.Literal) or depth >= _DEEPEST or not about:
            raise Unknown(f"{node} is no path.")
        if _FIRST in about:
            return partial(_through, self._steps(node, depth))
        if len(about) != 1:
            raise Unknown(f"{node} is no path.")
        ((name, values),) = about.items()
        make = _PATHS.get(name.value.removeprefix(_SH))
        if make is None or len(values) != 1:
            raise Unknown(f"{node} is no path.")
        return make(self, values[0], depth)

    def _steps(self, node: Any, depth: int) -> list[_Values]:
        steps = self._rules.members(node)
        if len(steps) < 2:
            raise Unknown(f"{node} has fewer than two paths.")
        return [self._path(step, depth + 1) for step in steps]

    def _inverse(self, node: Any, depth: int) -> _Values:
        if not isinstance(node, ox.NamedNode):
            # The reference reads the inverse of a sequence in the wrong order; let it, rather than differ.
            raise Unknown(f"{node} is no property.")
        return partial(_along, lambda value, name: self._data.subjects(name, value), self._data.number(node))

    def _alternative(self, node: Any, depth: int) -> _Values:
        return partial(_any, self._steps(node, depth))

    def _zero_or_more(self, node: Any, depth: int) -> _Values:
        return partial(closure, self._path(node, depth + 1))

    def _one_or_more(self, node: Any, depth: int) -> _Values:
        step = self._path(node, depth + 1)
        return lambda focus: dict.fromkeys(end for first in step(focus) for end in closure(step, first))

    def _zero_or_one(self, node: Any, depth: int) -> _Values:
        step = self._path(node, depth + 1)
        return lambda focus: dict.fromkeys((focus, *step(focus)))

    # -- components that look at each value (SHACL 4.1, 4.3, 4.4, 4.6, 4.7, 4.8)

    def _remembered(self, test: Callable[[Any], bool]) -> _Test:
        """A test of terms as one of numbers that asks about each term once."""
        known: dict[int, bool] = {}
        terms = self._data.terms

        def ask(value: int) -> bool:
            found = known.get(value)
            if found is None:
                found = known[value] = test(terms[value])
            return found

        return ask

    def _class(self, kind: Any, said: Any) -> _Test:
        return self._data.instances(self._data.number(kind)).__contains__

    def _datatype(self, datatype: Any, said: Any) -> _Test:
        if not isinstance(datatype, ox.NamedNode) or datatype.value.startswith(PREFIXES["rdfs"]):
            raise Unknown(f"{datatype} is no datatype of its own.")
        return self._remembered(partial(_is_of, datatype.value))

    def _node_kind(self, kind: Any, said: Any) -> _Test:
        kinds = _KINDS.get(kind.value.removeprefix(_SH)) if isinstance(kind, ox.NamedNode) else None
        if kinds is None:
            raise Unknown(f"{kind} is no kind of node.")
        return self._remembered(lambda term: isinstance(term, kinds))

    def _limit(self, holds: Callable[[int], bool], bound: Any, said: Any) -> _Test:
        if not isinstance(bound, ox.Literal):
            raise Unknown(f"{bound} is no limit.")

        def within(term: Any) -> bool:
            order = _order(term, bound)
            return order is not None and holds(order)

        return self._remembered(within)

    def _shortest(self, least: Any, said: Any) -> _Test:
        # A blank node is too short for any length, 0 included (SHACL 4.4.1); the reference lets it pass there.
        length = _count(least)
        return self._remembered(lambda term: (text := text_of(term)) is not None and len(text) >= length)

    def _longest(self, most: Any, said: Any) -> _Test:
        length = _count(most)
        return self._remembered(lambda term: text_of(term) is not None and len(text_of(term) or "") <= length)

    def _pattern(self, pattern: Any, said: Mapping[str, list[Any]]) -> _Test:
        flags = said.get("flags", [])
        if not isinstance(pattern, ox.Literal) or any(getattr(flag, "value", "") not in ("i", "") for flag in flags):
            raise Unknown(f"{pattern} has flags that are not known.")
        try:
            asked = Pattern(pattern, any(flag.value for flag in flags))
            match = re.compile(pattern.value, re.IGNORECASE if asked.ignore_case else 0).search
        except (re.error, OverflowError, RecursionError) as error:
            raise Unknown(f"{pattern} is no regular expression: {error}") from error
        if pattern in self._elsewhere.patterns:
            return partial(self._elsewhere.ask, asked)
        return self._remembered(lambda term: bool((text := text_of(term)) is not None and match(text)))

    def _languages(self, head: Any, said: Any) -> _Test:
        tags = self._rules.members(head)
        if any(not isinstance(tag, ox.Literal) or "-" in tag.value for tag in tags):
            raise Unknown(f"{head} has tags of more than one part.")
        known = {tag.value.lower() for tag in tags}

        def spoken(term: Any) -> bool:
            # Oxigraph has tags in lower case.
            tag = term.language if isinstance(term, ox.Literal) else None
            return tag is not None and ("*" in known or tag.split("-")[0] in known)

        return self._remembered(spoken)

    def _in(self, head: Any, said: Any) -> _Test:
        return {self._data.number(member) for member in self._rules.members(head)}.__contains__

    def _node(self, node: Any, said: Any) -> _Test:
        return self._inner(node, False).met

    def _not(self, node: Any, said: Any) -> _Test:
        shape = self.shape(node)
        return lambda value: not shape.met(value)

    def _combined(self, holds: Callable[[Iterable[bool]], bool], head: Any, said: Any) -> _Test:
        shapes = [self.shape(member) for member in self._rules.members(head)]
        if not shapes:
            raise Unknown(f"{head} has no shapes.")
        return lambda value: holds(shape.met(value) for shape in shapes)

    # -- components that look at all values (SHACL 4.2, 4.4.5, 4.5, 4.7.3, 4.8)

    def _fewest(self, least: Any, said: Any, node: Any) -> _Check:
        count = _count(least)
        return lambda focus, values: _fault(len(values) < count)

    def _most(self, most: Any, said: Any, node: Any) -> _Check:
        count = _count(most)
        return lambda focus, values: _fault(len(values) > count)

    def _unique_languages(self, unique: Any, said: Any, node: Any) -> _Check:
        terms = self._data.terms
        if not _flag(unique):
            return lambda focus, values: ()

        def check(focus: int, values: Collection[int]) -> Iterable[tuple[None, None]]:
            tags = Counter(tag for value in values if (tag := getattr(terms[value], "language", None)))
            return [(None, None) for count in tags.values() if count > 1]

        return check

    def _equal(self, other: Any, said: Any, node: Any) -> _Check:
        theirs = self._property(other)
        return lambda focus, values: _all(set(values) ^ set(theirs(focus)))

    def _disjoint(self, other: Any, said: Any, node: Any) -> _Check:
        theirs = self._property(other)
        return lambda focus, values: _all(set(values) & set(theirs(focus)))

    def _property(self, name: Any) -> _Values:
        if not isinstance(name, ox.NamedNode):
            raise Unknown(f"{name} is no property.")
        return self._path(name, 0)

    def _less(self, or_equal: bool, other: Any, said: Any, node: Any) -> _Check:
        theirs, terms = self._property(other), self._data.terms

        def check(focus: int, values: Collection[int]) -> Iterable[tuple[None, int]]:
            pairs = ((value, bound) for value in values for bound in theirs(focus))
            return _all(value for value, bound in pairs if not _before(terms[value], terms[bound], or_equal))

        return check

    def _has(self, wanted: Any, said: Any, node: Any) -> _Check:
        number = self._data.number(wanted)
        return lambda focus, values: _fault(number not in values)

    def _closed(self, closed: Any, said: Mapping[str, list[Any]], node: Any) -> _Check:
        if not _flag(closed):
            return lambda focus, values: ()
        number, about = self._data.number, self._data.about
        paths = (path for shape in said.get("property", ()) for path in self._rules.objects(shape, sh("path")))
        ignored = (name for head in said.get("ignoredProperties", ()) for name in self._rules.members(head))
        allowed = {number(name) for name in (*paths, *ignored)}
        always = (number(_TYPE), number(_RESOURCE))
        return lambda focus, values: [
            (name, value)
            for thing in values
            for name, found in about(thing).items()
            if name not in allowed
            for value in found
            if (name, value) != always
        ]

    def _qualified(self, too_few: bool, count: Any, said: Mapping[str, list[Any]], node: Any) -> _Check:
        if len(said["qualifiedValueShape"]) != 1:
            raise Unknown(f"{node} has several qualified shapes.")
        shape = self.shape(said["qualifiedValueShape"][0])
        disjoint = True in map(_flag, said.get("qualifiedValueShapesDisjoint", ()))
        others = [self.shape(other) for other in self._siblings(node, shape.node)] if disjoint else []
        number = _count(count)

        def check(focus: int, values: Collection[int]) -> Iterable[tuple[None, None]]:
            met = sum(shape.met(value) and not any(other.met(value) for other in others) for value in values)
            return _fault(met < number if too_few else met > number)

        return check

    def _siblings(self, node: Any, own: Any) -> list[Any]:
        """The qualified shapes beside that of a property shape (SHACL 4.7.3)."""
        rules = self._rules
        beside = [
            shape
            for parent in rules.subjects(sh("property"), node)
            for other in rules.objects(parent, sh("property"))
            for shape in rules.objects(other, sh("qualifiedValueShape"))
        ]
        return [shape for shape in dict.fromkeys(beside) if shape != own]


_PATHS: Mapping[str, Callable[[_Compiler, Any, int], _Values]] = {
    "inversePath": _Compiler._inverse,
    "alternativePath": _Compiler._alternative,
    "zeroOrMorePath": _Compiler._zero_or_more,
    "oneOrMorePath": _Compiler._one_or_more,
    "zeroOrOnePath": _Compiler._zero_or_one,
}


def _limited(holds: Callable[[int], bool]) -> Callable[[_Compiler, Any, Any], _Test]:
    return lambda compiler, bound, said: compiler._limit(holds, bound, said)


def _combined(holds: Callable[[Iterable[bool]], bool]) -> Callable[[_Compiler, Any, Any], _Test]:
    return lambda compiler, head, said: compiler._combined(holds, head, said)


_EACH: Mapping[str, Callable[[_Compiler, Any, Any], _Test]] = {
    "class": _Compiler._class,
    "datatype": _Compiler._datatype,
    "nodeKind": _Compiler._node_kind,
    "minExclusive": _limited(lambda order: order > 0),
    "minInclusive": _limited(lambda order: order >= 0),
    "maxExclusive": _limited(lambda order: order < 0),
    "maxInclusive": _limited(lambda order: order <= 0),
    "minLength": _Compiler._shortest,
    "maxLength": _Compiler._longest,
    "pattern": _Compiler._pattern,
    "languageIn": _Compiler._languages,
    "in": _Compiler._in,
    "node": _Compiler._node,
    "not": _Compiler._not,
    "and": _combined(all),
    "or": _combined(any),
    "xone": _combined(lambda met: sum(met) == 1),
}
_WHOLE: Mapping[str, Callable[[_Compiler, Any, Any, Any], _Check]] = {
    "minCount": _Compiler._fewest,
    "maxCount": _Compiler._most,
    "uniqueLang": _Compiler._unique_languages,
    "equals": _Compiler._equal,
    "disjoint": _Compiler._disjoint,
    "lessThan": lambda compiler, *given: compiler._less(False, *given),
    "lessThanOrEquals": lambda compiler, *given: compiler._less(True, *given),
    "hasValue": _Compiler._has,
    "closed": _Compiler._closed,
    "qualifiedMinCount": lambda compiler, *given: compiler._qualified(True, *given),
    "qualifiedMaxCount": lambda compiler, *given: compiler._qualified(False, *given),
}
_KINDS: Mapping[str, tuple[type, ...]] = {
    "IRI": (ox.NamedNode,),
    "BlankNode": (ox.BlankNode,),
    "Literal": (ox.Literal,),
    "BlankNodeOrIRI": (ox.BlankNode, ox.NamedNode),
    "BlankNodeOrLiteral": (ox.BlankNode, ox.Literal),
    "IRIOrLiteral": (ox.NamedNode, ox.Literal),
}


def _itself(focus: int) -> Collection[int]:
    return (focus,)


def _along(step: Callable[[int, int], Collection[int]], name: int, focus: int) -> Collection[int]:
    return step(focus, name)


def _through(steps: Sequence[_Values], focus: int) -> Collection[int]:
    found: Collection[int] = (focus,)
    for step in steps:
        found = dict.fromkeys(end for node in found for end in step(node))
    return found


def _any(steps: Sequence[_Values], focus: int) -> Collection[int]:
    return dict.fromkeys(end for step in steps for end in step(focus))


def _fault(there: bool) -> Iterable[tuple[None, None]]:
    """One result without a value, or none."""
    return ((None, None),) if there else ()


def _all(values: Iterable[int]) -> Iterable[tuple[None, int]]:
    """A result for each value."""
    return [(None, value) for value in values]


# -------------------------------------------------------------------------------------------------------- literals


def _count(term: Any) -> int:
    if not (isinstance(term, ox.Literal) and term.datatype.value == f"{_XSD}integer" and _DIGITS.fullmatch(term.value)):
        raise Unknown(f"{term} is no number.")
    return int(term.value)


def _flag(term: Any) -> bool:
    if term not in (ox.Literal(True), ox.Literal(False)):
        raise Unknown(f"{term} is neither true nor false.")
    return bool(term == ox.Literal(True))


_DIGITS = re.compile("[0-9]{1,9}")
_INTEGER = re.compile("[+-]?[0-9]{1,18}")
_INSTANT = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DAYS = {
    f"{_XSD}date": (re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}"), ""),
    f"{_XSD}gYearMonth": (re.compile("[0-9]{4}-[0-9]{2}"), "-01"),
    f"{_XSD}gYear": (re.compile("[0-9]{4}"), "-01-01"),
}
_FREE = {f"{_XSD}string", f"{_XSD}anyURI", iri("rdf:langString")}
"""Datatypes of which every text is well-formed for the reference."""


def text_of(term: Any) -> str | None:
    """The text of a term as SPARQL's STR gives it; None for what has none."""
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else None


def _is_of(datatype: str, term: Any) -> bool:
    """Whether a term is a well-formed literal of a datatype (SHACL 4.1.2)."""
    if not isinstance(term, ox.Literal) or term.datatype.value != datatype:
        return False
    return datatype in _FREE or _plain(term) is not None or not _rdflib(term).ill_typed


def _plain(term: ox.Literal) -> tuple[str, Any] | None:
    """Kind and value of a literal in the usual form of a usual datatype, which compare as the literals do."""
    text, datatype = term.value, term.datatype.value
    if datatype == f"{_XSD}integer":
        return ("number", int(text)) if _INTEGER.fullmatch(text) and text.isascii() else None
    try:
        if datatype in _DAYS and _DAYS[datatype][0].fullmatch(text):
            return datatype, date.fromisoformat(text + _DAYS[datatype][1])
        if datatype == f"{_XSD}dateTime" and _INSTANT.fullmatch(text):
            return "instant", datetime.fromisoformat(text)
    except ValueError:
        return None
    return None


def _order(term: Any, bound: ox.Literal) -> int | None:
    """Below 0, 0 or above 0 as a term is less than, equal to or more than a literal; None where they do not compare."""
    if not isinstance(term, ox.Literal):
        return None
    mine, theirs = _plain(term), _plain(bound)
    if mine and theirs and mine[0] == theirs[0]:
        return int(mine[1] > theirs[1]) - int(mine[1] < theirs[1])
    from pyshacl.rdfutil.compare import compare_literal

    one, other = _rdflib(term), _rdflib(bound)
    if isinstance(one.value, str) != isinstance(other.value, str):
        return None
    compare: Callable[[Any, Any], int] = compare_literal
    try:
        return compare(one, other)
    except (TypeError, NotImplementedError, ArithmeticError):
        return None


def _before(term: Any, bound: Any, or_equal: bool) -> bool:
    """Whether a term is less than another one (SHACL 4.5.3, 4.5.4)."""
    if isinstance(term, ox.Literal) and isinstance(bound, ox.Literal):
        mine, theirs = _plain(term), _plain(bound)
        if mine and theirs and mine[0] == theirs[0]:
            return bool(mine[1] < theirs[1] or (or_equal and mine[1] == theirs[1]))
    one, other = _comparable(term), _comparable(bound)
    if one is None or other is None or isinstance(one, str) != isinstance(other, str):
        return False
    try:
        return bool(one <= other if or_equal else one < other)
    except (TypeError, ArithmeticError):
        return False


def _comparable(term: Any) -> Any:
    if isinstance(term, ox.NamedNode):
        return term.value
    if not isinstance(term, ox.Literal):
        return None
    literal = _rdflib(term)
    # Not the literal itself, which is a text to Python whatever its value.
    return literal.value if isinstance(literal.value, str) else _Compared(literal)


@dataclass(frozen=True, slots=True)
class _Compared:
    literal: Any

    def __lt__(self, other: _Compared) -> bool:
        return bool(self.literal < other.literal)

    def __le__(self, other: _Compared) -> bool:
        # Its own <= holds between what does not compare.
        return self < other or bool(self.literal.eq(other.literal))


def _rdflib(term: ox.Literal) -> Any:
    from ..rdf.terms import to_rdflib

    with quiet():
        return to_rdflib(term)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep rdflib from logging literals that do not fit their datatype: they become findings."""
    import logging

    logger = logging.getLogger("rdflib.term")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
