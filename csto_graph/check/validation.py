"""Checks a graph against SHACL shapes and says what is wrong, where, and what to do about it.

The core constraints are evaluated by `shacl`, and by pySHACL for the shapes that say something else; the
``sh:sparql`` constraints run on Oxigraph with the focus nodes put in for ``$this`` (SHACL 5.3). Queries and regular
expressions of shapes that are not the project's run in a child with limits. The results are those
of pySHACL alone, in a fraction of the time, but for blank nodes, which are too short for any sh:minLength (SHACL
4.4.1). Nothing is fetched: what could fetch is refused.

The words of a finding are those of ``sh:message`` on its shape, one for each language. The first sentence says what is
wrong, the rest what to do. These names in braces are filled in here, since SHACL does so only for SPARQL constraints
and then loses the language:

- ``{focus}``: label and name of the thing;
- ``{path}``: name of the property;
- ``{value}``: the value at fault, or in words that there is none, or more than one;
- ``{nearest}``: the nearest name that would be right there.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pyoxigraph as ox

from ..errors import GraphError, InputError, LimitReached, QueryError
from ..names import BASE, PREFIXES, curie, iri, natural
from . import shacl
from .report import LEVELS, Finding, Level, Report, say
from .shacl import Node, Term, sh

if TYPE_CHECKING:
    import rdflib

    from ..loading.locating import Locate
    from ..store.engine import Limits

Engine = Literal["fast", "pyshacl"]

LANGUAGES = ("en", "ru")

_SH = PREFIXES["sh"]
_MARKS = {"inversePath": "^", "zeroOrMorePath": "*", "oneOrMorePath": "+", "zeroOrOnePath": "?"}
_PLACEHOLDER = re.compile(r"\{(focus|path|value|nearest)\}")
_MISSING = {"MinCount", "QualifiedMinCount", "HasValue"}
_TOO_MANY = {"MaxCount", "QualifiedMaxCount", "UniqueLang"}
_TARGETS = ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")
_SHAPELY = ("path", "property", "node", "sparql")
"""What only a shape has; a class with one of them is a shape too."""
_UNSAFE = ("js", "target", "rule", "validator", "nodeValidator", "propertyValidator", "shapesGraph", "expression")
"""Parts of SHACL-SPARQL, SHACL-AF and SHACL-JS that run code of their own; no shape here needs them."""
_LISTED = ("in", "and", "or", "xone", "languageIn", "ignoredProperties")
"""What has a list as its value."""
_LEADS = {*map(sh, ("node", "property", "and", "or", "xone", "not", "qualifiedValueShape"))} | {
    ox.NamedNode(iri(f"rdf:{name}")) for name in ("first", "rest")
}
"""What leads from a shape to those that it refers to."""

_TYPE = ox.NamedNode(iri("rdf:type"))
_TRUE = (ox.Literal(True), ox.Literal("1", datatype=ox.NamedNode(iri("xsd:boolean"))))
_LABELS = (ox.NamedNode(iri("skos:prefLabel")), ox.NamedNode(iri("rdfs:label")))


# ------------------------------------------------------------------------------------------------------ validating


def validate(
    triples: Iterable[ox.Triple | ox.Quad],
    shapes: Iterable[ox.Triple],
    *,
    locate: Locate,
    engine: Engine = "fast",
    foreign: Mapping[str, Iterable[ox.Triple]] = MappingProxyType({}),
) -> Report:
    """Check statements against shapes.

    Args:
        triples: The whole graph to look at: ontology, data, claims and what was derived from them.
        shapes: The shapes, as statements.
        locate: Gives file and line of a thing, or of one of its properties, by their IRIs; None where not known.
        engine: ``fast``, or ``pyshacl`` to have it evaluate all core constraints: the same findings, slower.
        foreign: Name of a file to those of the shapes that come from it and not from the project.

    Raises:
        InputError: A shape asks for something that runs code or reaches the network, or is no valid SHACL; with the
            shape and, of those that are ``foreign``, the file.
        LimitReached: A query or a regular expression of the ``foreign`` shapes takes too long, or too much memory.
    """
    data = shacl.Data(triples)
    rules = _Shapes(shapes, foreign)
    rules.refuse_unsafe()
    queries = _Queries(data, rules)
    known, rest = _core(data, rules, queries) if engine == "fast" else ([], rules.targeted)
    if rest or foreign:
        rules.refuse_malformed(rest)
    if rest:
        known = [*known, *_by_pyshacl(data, rules, rest)]
    results = dict.fromkeys(_Result.of(result, rules) for result in [*known, *queries.results()])
    writer = _Writer(data, rules, locate)
    findings = sorted((writer.finding(result) for result in results), key=_order)
    return Report(findings, rules.reported, rules.complex_paths(results))


def _core(data: shacl.Data, rules: _Shapes, queries: _Queries) -> tuple[list[shacl.Result], list[Node]]:
    """The results of the core constraints, and the shapes that say something else.

    Which nodes the queries of a shape within shapes are asked about shows when these are evaluated: once more, with
    the answers, until no question is left.
    """
    elsewhere = shacl.Elsewhere(rules.foreign_patterns)
    while True:
        found = shacl.validate(rules, data, rules.targeted, elsewhere)
        if not elsewhere.pending:
            return found
        for asked, nodes in list(elsewhere.pending.items()):
            if isinstance(asked, shacl.Pattern):
                elsewhere.tell(asked, _unlike(data, rules, asked, nodes))
            else:
                elsewhere.tell(asked, {data.number(result.focus) for result in queries.about(asked, nodes)})


def _unlike(data: shacl.Data, rules: _Shapes, asked: shacl.Pattern, nodes: Iterable[int]) -> set[int]:
    """The nodes that a regular expression of a foreign shape does not fit (SHACL 4.4.3)."""
    from ..sandbox import parent

    texts = {node: shacl.text_of(data.terms[node]) for node in nodes}
    with_text = {node: text for node, text in texts.items() if text is not None}
    try:
        given = list(with_text.values())
        found = parent.search(
            asked.pattern.value, given, ignore_case=asked.ignore_case, limits=_limits(sum(map(len, given)))
        )
    except LimitReached as error:
        shape = next(iter(rules.subjects(sh("pattern"), asked.pattern)))
        raise rules.stopped(shape, "The pattern", error) from None
    return {*texts} - {node for node, fits in zip(with_text, found, strict=True) if fits}


def _order(finding: Finding) -> tuple[object, ...]:
    place = (finding.file is None, natural(finding.file or ""), finding.line or 0)
    parts = (finding.focus, finding.shape, finding.path or "", str(finding.value or ""), finding.component)
    return (LEVELS.index(finding.severity), *place, *(natural(part) for part in parts))


@dataclass(frozen=True)
class _Result:
    """One SHACL validation result, without words; that of a shape without an IRI belongs to the shape it is part of."""

    severity: Level
    shape: str
    source: Node
    focus: Term
    path: str | None
    value: Term | None
    component: str

    @classmethod
    def of(cls, result: shacl.Result, rules: _Shapes) -> _Result:
        own = rules.one(result.shape, sh("path"))
        path = result.path.value if result.path is not None else None if own is None else rules.path_of(own)
        shape = rules.owner(result.shape)
        return cls(
            severity=rules.severity(result.shape),
            shape=shape.value if isinstance(shape, ox.NamedNode) else str(shape),
            source=result.shape,
            focus=result.focus,
            path=path,
            value=result.value,
            component=result.component,
        )


class _Query(NamedTuple):
    """A SPARQL constraint.

    Attributes:
        shape: What it is a constraint of.
        text: Its query.
        prefixes: What it declares.
        foreign: Whether the text is not the project's.
    """

    shape: Any
    text: str
    prefixes: dict[str, str]
    foreign: bool


class _Shapes(shacl.Facts):
    """Shapes, read from their statements, some of which come from files that are not the project's."""

    def __init__(
        self, triples: Iterable[ox.Triple], foreign: Mapping[str, Iterable[ox.Triple]] = MappingProxyType({})
    ) -> None:
        super().__init__(triples)
        self._foreign = foreign

    @cached_property
    def _files(self) -> dict[Any, str]:
        return {triple.subject: file for file, triples in self._foreign.items() for triple in triples}

    @cached_property
    def _outside(self) -> set[ox.Triple]:
        return {triple for triples in self._foreign.values() for triple in triples}

    @cached_property
    def foreign_patterns(self) -> set[Any]:
        """The regular expressions that are not the project's."""
        return {triple.object for triple in self._outside if triple.predicate == sh("pattern")}

    def file(self, *shapes: Any) -> str:
        """The files that speak of shapes and are not the project's, as text; "" for none."""
        return ", ".join(dict.fromkeys(self._files[shape] for shape in shapes if shape in self._files))

    def listed(self, head: Any) -> list[Any]:
        """The members of a list; none of what is no list."""
        try:
            return self.members(head)
        except shacl.Unknown:
            return []

    @cached_property
    def targeted(self) -> list[Any]:
        """The shapes that have a target of their own, in order of name."""
        found = {triple.subject for name in _TARGETS for triple in self.by_predicate[sh(name)]}
        shapes = {triple.subject for name in _SHAPELY for triple in self.by_predicate[sh(name)]}
        kinds = {thing for name in ("NodeShape", "PropertyShape") for thing in self.subjects(_TYPE, sh(name))}
        found |= {shape for shape in {*shapes, *kinds} if shacl.is_class(self, shape)}
        return sorted(found, key=lambda shape: natural(str(shape)))

    @cached_property
    def deactivated(self) -> set[Any]:
        return {shape for true in _TRUE for shape in self.subjects(sh("deactivated"), true)}

    @cached_property
    def named(self) -> list[Any]:
        """The shapes that have a target, or that those use by name, in order of name."""
        found, waiting = set(self.targeted), list(self.targeted)
        while waiting:
            shape = waiting.pop()
            for name in ("property", "node"):
                below = {node for node in self.objects(shape, sh(name)) if node not in found}
                found |= below
                waiting += below
        return sorted(found, key=lambda shape: natural(str(shape)))

    @cached_property
    def reported(self) -> dict[str, tuple[Level, dict[str, str]]]:
        """IRI of each named shape to its severity and its labels."""
        return {
            shape.value: (self.severity(shape), self.words(shape, _LABELS[1]))
            for shape in self.named
            if isinstance(shape, ox.NamedNode)
        }

    def severity(self, shape: Any) -> Level:
        return _level(self.one(shape, sh("severity")))

    def words(self, shape: Any, predicate: ox.NamedNode) -> dict[str, str]:
        """Language to text."""
        spoken = [value for value in self.objects(shape, predicate) if isinstance(value, ox.Literal)]
        return {value.language or "en": value.value for value in sorted(spoken, key=str)}

    def path_of(self, node: Any) -> str:
        """IRI of a property, or a path in SPARQL's syntax with CURIEs."""
        return node.value if isinstance(node, ox.NamedNode) else self.path(node)

    def path(self, node: Any) -> str:
        """A property path in SPARQL's syntax, with CURIEs."""
        if isinstance(node, ox.NamedNode):
            return curie(node.value)
        for name, mark in _MARKS.items():
            inner = self.one(node, sh(name))
            if inner is not None:
                text = self.path(inner)
                return mark + text if mark == "^" else text + mark
        alternatives = self.one(node, sh("alternativePath"))
        steps = self.listed(alternatives if alternatives is not None else node)
        return ("|" if alternatives is not None else "/").join(self.path(step) for step in steps)

    def complex_paths(self, results: Iterable[_Result]) -> dict[str, list[ox.Triple]]:
        """Each path of results that is no single property, as text, to the statements of it, its use first."""
        paths = {result.source: self.one(result.source, sh("path")) for result in results}
        return {
            self.path(path): [ox.Triple(source, sh("path"), path), *self._below(path)]
            for source, path in paths.items()
            if isinstance(path, ox.BlankNode)
        }

    def owner(self, shape: Any) -> Any:
        """The shape, or where it has no IRI the nearest one with an IRI that it is part of."""
        seen: set[Any] = {shape}
        level = [shape]
        while level:
            named = [node for node in level if isinstance(node, ox.NamedNode)]
            if named:
                return min(named, key=str)
            above = [triple.subject for node in level for triple in self.by_object[node]]
            level = [node for node in dict.fromkeys(above) if node not in seen]
            seen.update(level)
        return shape

    def _below(self, node: Any) -> list[ox.Triple]:
        """The statements about a node and the blank nodes that these lead to."""
        found: dict[ox.Triple, None] = {}
        waiting = [node]
        while waiting:
            here = waiting.pop()
            for name, said in self.about(here).items():
                for value in said:
                    triple = ox.Triple(here, name, value)
                    if triple not in found and isinstance(value, ox.BlankNode):
                        waiting.append(value)
                    found[triple] = None
        return list(found)

    @cached_property
    def queries(self) -> list[_Query]:
        """The SPARQL constraints.

        Raises:
            InputError: One is not well-formed (SHACL 5.1).
        """
        uses = self.by_predicate[sh("sparql")]
        off = self.deactivated
        return [self._query(use) for use in uses if use.subject not in off and use.object not in off]

    def _query(self, use: ox.Triple) -> _Query:
        constraint: Any = use.object
        selects = self.objects(constraint, sh("select"))
        if len(selects) != 1 or not isinstance(selects[0], ox.Literal):
            raise InputError(
                f"A value of sh:sparql at {_show(use.subject)} has no query, or several.",
                path=self.file(use.subject), hint="Write sh:sparql [ sh:select \"SELECT $this …\" ].",
            )  # fmt: skip
        sources = self.objects(constraint, sh("prefixes"))
        declared = dict(self._declared(node) for source in sources for node in self.objects(source, sh("declare")))
        foreign = ox.Triple(constraint, sh("select"), selects[0]) in self._outside
        return _Query(use.subject, selects[0].value, declared, foreign)

    def _declared(self, node: Any) -> tuple[str, str]:
        """A prefix and its namespace (SHACL 5.2.1)."""
        prefix, namespace = self.one(node, sh("prefix")), self.one(node, sh("namespace"))
        if not (isinstance(prefix, ox.Literal) and isinstance(namespace, ox.Literal)):
            raise InputError(
                f"A value of sh:declare ({_show(node)}) is no declaration of a prefix.",
                path=self.file(node), hint="Give it one sh:prefix and one sh:namespace.",
            )  # fmt: skip
        return prefix.value, namespace.value

    def message(self, shape: Node) -> dict[str, str]:
        """Language to the words of a shape, or of the one that it is part of."""
        return self.words(shape, sh("message")) or self.words(self.owner(shape), sh("message"))

    def refuse_unsafe(self) -> None:
        """Stop at what could run code, reach the network, or what is not evaluated here."""
        from ..sandbox import parent

        for name in _UNSAFE:
            for triple in self.by_predicate[sh(name)]:
                raise InputError(
                    f"The shape {_show(triple.subject)} uses sh:{name}, which is not run.",
                    path=self.file(triple.subject), hint="Say it with SHACL core constraints or sh:sparql.",
                )  # fmt: skip
        for query in self.queries:
            if not isinstance(query.shape, ox.NamedNode) or self.one(query.shape, sh("path")) is not None:
                raise InputError(
                    f"sh:sparql stands at {_show(query.shape)}, which is no named node shape.",
                    path=self.file(query.shape), hint="Put it on a node shape with an IRI.",
                )  # fmt: skip
            unbound = _UNBOUND.search(_OPAQUE.sub(_blanked, query.text))
            if unbound:
                # SHACL 5.3.1: who does not support these has to say so.
                hint = "Write the name of the shape out; only the data can be asked."
                raise self.broken(query, f"{unbound[0]} is not supported", hint)
            try:
                parent.gate(query.text, prefixes=query.prefixes)
            except GraphError as error:
                raise self.retold(query, error) from None

    def refuse_malformed(self, rest: Iterable[Node]) -> None:
        """Stop at what would pass in silence: misspelt terms, lists that are none, queries out of reach.

        Args:
            rest: Shapes that pySHACL is to evaluate.
        """
        self._refuse_misspelt()
        self._refuse_unlisted()
        queried = {query.shape for query in self.queries}
        for shape in rest:
            for inner in self._reached(shape) if shape not in self.deactivated else ():
                if inner in queried:
                    said = f"{_show(shape)} refers to {_show(inner)}, whose sh:sparql cannot be evaluated from there."
                    hint = f"Give {_show(inner)} a target of its own, or keep {_show(shape)} to the core of SHACL."
                    raise InputError(said, path=self.file(shape, inner), hint=hint)

    def _refuse_misspelt(self) -> None:
        for triple in self.triples:
            for term in (triple.predicate, triple.object):
                if isinstance(term, ox.NamedNode) and term.value.startswith(_SH) and term not in _shacl_terms():
                    raise InputError(
                        f"SHACL has no term {_show(term)}; {_show(triple.subject)} uses it.",
                        path=self.file(triple.subject), hint=_nearest_term(term),
                    )  # fmt: skip

    def _refuse_unlisted(self) -> None:
        for triple in (triple for name in _LISTED for triple in self.by_predicate[sh(name)]):
            try:
                self.members(triple.object)
            except shacl.Unknown:
                said = f"The value of {_show(triple.predicate)} at {_show(triple.subject)} is no well-formed list."
                raise InputError(said, path=self.file(triple.subject), hint="Write it in ( ).") from None

    def _reached(self, shape: Node) -> Iterable[Any]:
        """What a shape refers to, itself only where it does so in a circle; and the lists between."""
        found: dict[Any, None] = {}
        waiting: list[Any] = [shape]
        while waiting:
            for name, values in self.about(waiting.pop()).items():
                new = [value for value in values if name in _LEADS and value not in found]
                found |= dict.fromkeys(new)
                waiting += new
        return found

    def broken(self, query: _Query, said: str, hint: str = "") -> QueryError:
        """The error for a query that cannot be asked."""
        return QueryError(f"The query of {_show(query.shape)}: {said}.", path=self.file(query.shape), hint=hint)

    def retold(self, query: _Query, error: GraphError) -> GraphError:
        """An error about a query, with the shape and the file in which that query stands."""
        if isinstance(error, LimitReached):
            return self.stopped(query.shape, "The query", error)
        place = [error.path, error.line, error.column] if isinstance(error, InputError) else []
        said = error.message.removeprefix(":".join(str(part) for part in place if part) + ": ")
        at = ":".join(str(part) for part in place[1:] if part)
        return self.broken(query, (f"at {at} of it: " if at else "") + said.removesuffix("."), error.hint)


    def stopped(self, shape: Node, what: str, error: LimitReached) -> LimitReached:
        """The error for a limit, with the shape and the file of what reached it."""
        said = error.message.removeprefix(what).lstrip(": ")
        file = self.file(shape)
        where = f"{file}: " if file else ""
        named = shape if isinstance(shape, ox.NamedNode) else self.owner(shape)
        hint = "Make it simpler, or give the shape fewer targets."
        return LimitReached(f"{where}{what} of {_show(named)}: {said}", limit=error.limit, hint=hint)


def _blanked(match: re.Match[str]) -> str:
    return "_" * len(match[0])


def _level(severity: Any) -> Level:
    name = severity.value.removeprefix(_SH).lower() if isinstance(severity, ox.NamedNode) else "violation"
    return next((level for level in LEVELS if level == name), "violation")


def _show(term: Any) -> str:
    return curie(term.value) if isinstance(term, ox.NamedNode) else str(term)


def _by_pyshacl(data: shacl.Data, rules: _Shapes, shapes: Collection[Node]) -> Iterator[shacl.Result]:
    """The results of the core constraints of some shapes that have targets, by pySHACL.

    Raises:
        InputError: It cannot evaluate them.
    """
    import pyshacl
    import rdflib
    from pyshacl.errors import ReportableRuntimeError

    from ..rdf.terms import from_rdflib

    try:
        with shacl.quiet():
            _, results, text = pyshacl.validate(
                _rdflib_graph(data.triples()), shacl_graph=_rdflib_graph(_aimed(rules, shapes)), inference="none",
                inplace=True, meta_shacl=False, advanced=False, js=False, do_owl_imports=False,
            )  # fmt: skip
    except (ReportableRuntimeError, ValueError, TypeError, ArithmeticError, re.error) as error:
        # It compares whatever stands in the data, and not all values compare.
        raise _unusable(rules, shapes, str(error)) from error
    if not isinstance(results, rdflib.Graph):
        raise _unusable(rules, shapes, text)
    for result in results.subjects(rdflib.RDF.type, rdflib.URIRef(f"{_SH}ValidationResult")):
        if (None, rdflib.URIRef(f"{_SH}detail"), result) in results:
            continue
        shape, focus, path, value, component = (
            from_rdflib(results.value(result, rdflib.URIRef(_SH + name)))
            for name in ("sourceShape", "focusNode", "resultPath", "value", "sourceConstraintComponent")
        )
        if focus is not None:
            single = path if isinstance(path, ox.NamedNode) else None
            yield shacl.Result(shape, focus, single, value, component.value.removeprefix(_SH))


def _unusable(rules: _Shapes, shapes: Collection[Node], said: str) -> InputError:
    # The first line says it; what follows walks through the shapes.
    names = ", ".join(_show(shape) for shape in [*shapes][:3]) + (", …" if len(shapes) > 3 else "")
    first = said.strip().partition("\n")[0]
    return InputError(f"The shapes cannot be used ({names}): {first}", path=rules.file(*shapes))


def _aimed(rules: _Shapes, shapes: Iterable[Node]) -> Iterator[ox.Triple]:
    """The shapes without their queries; only some of them keep their targets."""
    aimed = set(shapes)
    aims, kinds = {sh(name) for name in _TARGETS}, shacl.class_kinds(rules)
    for triple in rules.triples:
        aims_at = triple.predicate in aims or (triple.predicate == _TYPE and triple.object in kinds)
        if triple.predicate != sh("sparql") and (triple.subject in aimed or not aims_at):
            yield triple


def _rdflib_graph(triples: Iterable[ox.Triple]) -> rdflib.Graph:
    import rdflib

    from ..rdf.terms import to_rdflib

    graph = rdflib.Graph(bind_namespaces="none")
    for triple in triples:
        graph.add((to_rdflib(triple.subject), to_rdflib(triple.predicate), to_rdflib(triple.object)))
    return graph


class _Queries:
    """The SPARQL constraints of shapes, and what they find."""

    def __init__(self, data: shacl.Data, rules: _Shapes) -> None:
        self._data = data
        self._rules = rules

    @cached_property
    def _store(self) -> ox.Store:
        store = ox.Store()
        store.bulk_extend(ox.Quad(*triple) for triple in self._data.triples())
        return store

    def results(self) -> Iterator[shacl.Result]:
        """The results at the targets of all shapes."""
        for shape in dict.fromkeys(query.shape for query in self._rules.queries):
            found = shacl.targets(self._rules, shape, self._data).values()
            yield from self.about(shape, dict.fromkeys(node for nodes in found for node in nodes))

    def about(self, shape: Node, numbers: Iterable[int]) -> Iterator[shacl.Result]:
        """The results of a shape at some nodes.

        Raises:
            QueryError: A query does not parse, or cannot be asked.
        """
        nodes = [self._data.terms[number] for number in numbers]
        for query in self._rules.queries:
            if query.shape != shape or not nodes:
                continue
            for focus, path, value in self._asked(query, nodes):
                single = path if isinstance(path, ox.NamedNode) else None
                shown = focus if value is None else value
                yield shacl.Result(shape, focus, single, shown, "SPARQLConstraintComponent")

    def _asked(self, query: _Query, nodes: Sequence[Any]) -> Iterator[tuple[Any, Any, Any]]:
        try:
            if query.foreign:
                yield from self._asked_outside(query, nodes)
            else:
                yield from _answers(self._store, query.text, query.prefixes, nodes)
        except GraphError as error:
            raise self._rules.retold(query, error) from None
        except (SyntaxError, ValueError, RuntimeError) as error:
            raise self._rules.broken(query, str(error)) from error

    def _asked_outside(self, query: _Query, nodes: Sequence[Any]) -> Iterator[tuple[Any, Any, Any]]:
        """As `_answers`, in a child; one node after the other, as the answers to many at once differ now and then."""
        from ..sandbox import parent

        answers = parent.series(
            self._statements, query.text, nodes, limits=_limits(len(self._statements)), prefixes=query.prefixes
        )
        for answer, node in zip(answers, nodes, strict=True):
            for row in answer.rows:
                said = dict(zip(answer.variables, row, strict=True))
                yield node, said.get("path"), said.get("value")

    @cached_property
    def _statements(self) -> bytes:
        return ox.serialize(self._data.triples(), format=ox.RdfFormat.N_TRIPLES) or b""


def _limits(size: int) -> Limits:
    """What a query may cost, with the handing over of so many bytes of statements to the child."""
    from ..store.engine import Limits

    mebibyte = 2**20
    return Limits(
        seconds=Limits.seconds + size // (2 * mebibyte), memory=Limits.memory + 16 * size, answer=16 * mebibyte + size
    )


def _answers(
    store: ox.Store, text: str, prefixes: dict[str, str], nodes: Sequence[Any]
) -> Iterator[tuple[Any, Any, Any]]:
    """Focus node, path and value of each answer to a query about some focus nodes.

    Many are put in at once where that gives the same answers; a blank node cannot be written into a query, and a
    literal may come back in another form.
    """
    place = _joinable(text)
    alone = [node for node in nodes if place is None or not isinstance(node, ox.NamedNode)]
    together = [node for node in nodes if place is not None and isinstance(node, ox.NamedNode)]
    for at in range(0, len(together), _MOST_TOGETHER):
        values = " ".join(str(node) for node in together[at : at + _MOST_TOGETHER])
        asked = f"{text[:place]} VALUES ?this {{ {values} }} {text[place:]}"
        yield from _rows(store.query(asked, prefixes=prefixes), None)
    for node in alone:
        yield from _rows(store.query(text, prefixes=prefixes, substitutions={ox.Variable("this"): node}), node)


def _rows(answer: Any, focus: Any) -> Iterator[tuple[Any, Any, Any]]:
    names = {variable.value for variable in answer.variables}
    for row in answer:
        path, value = (row[name] if name in names else None for name in ("path", "value"))
        yield row["this"] if focus is None else focus, path, value


_MOST_TOGETHER = 500
_OPAQUE = re.compile(
    r"""#[^\r\n]*|"{3}(?:[^"\\]|\\.|"(?!""))*"{3}|\'{3}(?:[^\'\\]|\\.|\'(?!\'\'))*\'{3}"""
    r"""|"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|<[^<>"{}|^`\\\s]*>""",
    re.DOTALL,
)
"""Comments, strings and IRIs of a SPARQL text."""
_UNBOUND = re.compile(r"[?$](?:currentShape|shapesGraph)\b")
"""What a processor may bind besides $this, and this one does not (SHACL 5.3.1)."""
_ONE_SELECT = re.compile(
    r"\s*SELECT\s+(?:DISTINCT\s+|REDUCED\s+)?((?:[?$]\w+\s*)+?)\s*(?:WHERE\s*)?(\{).*\}\s*", re.DOTALL | re.IGNORECASE
)
_SEVERS = re.compile(r"\b(SELECT|MINUS|VALUES|SERVICE|GRAPH)\b|\bAS\s+[?$]this\b|\*|\?(?!\w)", re.IGNORECASE)
"""What sees other bindings of $this when these stand beside it, or may not stand beside them (SHACL 5.3.1)."""
_PARTS = re.compile(r"(?P<exists>\bEXISTS\s*\{)|(?P<mark>[{}()])|(?P<this>[?$]this\b)", re.IGNORECASE)


def _joinable(text: str) -> int | None:
    """Where in a query the values of $this can be listed so that it gives what it gives with each of them put in.

    That is so where one SELECT names $this as it is, and $this stands within braces of its own (OPTIONAL, UNION, ...)
    only in patterns: expressions and EXISTS there do not see what is bound outside (SPARQL 1.1, 18.2.1). None where
    that is not certain.
    """
    plain = _OPAQUE.sub(_blanked, text)
    found = _ONE_SELECT.fullmatch(plain)
    if not found or not re.search(r"[?$]this\b", found[1]) or _SEVERS.search(plain, found.end(2)):
        return None
    opened: list[str] = []
    for part in _PARTS.finditer(plain, found.start(2)):
        if part["this"]:
            groups = [mark for mark in opened[1:] if mark == "{"]
            if groups and len(groups) != len(opened) - 1:
                return None
        elif part["exists"] or part["mark"] in ("{", "("):
            opened.append("EXISTS" if part["exists"] else part["mark"])
        elif opened.pop() and not opened:
            # What follows the pattern may count or cut its answers.
            return None if plain[part.end() :].strip() else found.end(2)
    return None


class _Writer:
    """Puts results into words."""

    def __init__(self, data: shacl.Data, rules: _Shapes, locate: Locate) -> None:
        self._data = data
        self._rules = rules
        self._locate = locate

    def finding(self, result: _Result) -> Finding:
        focus = result.focus.value if isinstance(result.focus, ox.NamedNode) else str(result.focus)
        file, line = self._place(result) or (None, None)
        problems, remedies = {}, {}
        for language, template in self._rules.message(result.source).items():
            problem, _, remedy = template.partition(". ")
            problems[language] = self._fill(problem.removesuffix(".") + ".", result, language)
            remedies[language] = self._fill(remedy, result, language)
        return Finding(
            result.severity, result.shape, focus, result.path, result.value, result.component, file, line,
            problems or {"en": f"{_show(result.focus)} does not meet {curie(result.shape)}."}, remedies,
        )  # fmt: skip

    def _place(self, result: _Result) -> tuple[str, int] | None:
        """Where the thing stands; a rule on the graph as a whole has the ontology as its focus, and means the value."""
        whole = self._rules.objects(result.source, sh("targetNode"))
        if whole and isinstance(result.value, ox.NamedNode):
            return self._locate(result.value.value, None) or self._use(result.value)
        return self._located(result.focus, result.path)

    def _use(self, name: ox.NamedNode) -> tuple[str, int] | None:
        """Where a name is used as property or value."""
        for thing, path in self._data.uses(name):
            place = self._located(thing, path.value)
            if place:
                return place
        return None

    def _located(self, thing: Term, path: str | None) -> tuple[str, int] | None:
        return self._locate(thing.value, path) if isinstance(thing, ox.NamedNode) else None

    def _fill(self, template: str, result: _Result, language: str) -> str:
        def word(match: re.Match[str]) -> str:
            name = match[1]
            if name == "focus":
                return self._name(result.focus, language)
            if name == "path":
                return curie(result.path or "")
            return self._value(result, language) if name == "value" else self._nearest(result, language)

        return _PLACEHOLDER.sub(word, template)

    def _value(self, result: _Result, language: str) -> str:
        component = result.component.removesuffix("ConstraintComponent")
        if component in _MISSING:
            return say("none", language)
        if component in _TOO_MANY and result.value is None:
            own = self._rules.one(result.source, sh("path"))
            values = self._data.values(result.focus, own) if isinstance(own, ox.NamedNode) else []
            shown = ", ".join(self._name(value, language) for value in sorted(values, key=str)[:4])
            return shown or say("many", language)
        return self._name(result.focus if result.value is None else result.value, language)

    def _name(self, term: Any, language: str) -> str:
        if isinstance(term, ox.Literal):
            return f"'{_short(term.value)}'" + (f"@{term.language}" if term.language else "")
        label = next(
            (
                value.value
                for predicate in _LABELS
                for value in sorted(self._data.values(term, predicate), key=str)
                if isinstance(value, ox.Literal) and value.language == language
            ),
            "",
        )
        return f"{_short(label)} ({_show(term)})" if label else _show(term)

    def _nearest(self, result: _Result, language: str) -> str:
        from difflib import get_close_matches

        if result.component == "ClosedConstraintComponent":
            allowed = [
                curie(path.value)
                for head in self._rules.objects(result.source, sh("ignoredProperties"))
                for path in self._rules.listed(head)
            ]
            # Prefixes are alike; what was misspelt is the local name.
            by_local = {name.rpartition(":")[2]: name for name in allowed}
            wrong = curie(result.path or "").rpartition(":")[2]
            near = [by_local[local] for local in get_close_matches(wrong, by_local, 1)]
        else:
            wrong = _show(result.value) if isinstance(result.value, ox.NamedNode) else ""
            near = self._names.near(wrong)
        return near[0] if near else say("other", language)

    @cached_property
    def _names(self) -> _Names:
        return _Names(curie(thing.value) for thing in self._data.things() if isinstance(thing, ox.NamedNode))


class _Names:
    """Finds a name that is written much like another one."""

    def __init__(self, names: Iterable[str]) -> None:
        self._having: dict[str, list[str]] = defaultdict(list)
        self._known: dict[str, list[str]] = {}
        for name in sorted(names):
            for piece in _pieces(name):
                self._having[piece].append(name)

    def near(self, wrong: str) -> list[str]:
        """The nearest other name, if one is near.

        Only names that share most pieces are compared, and of the pieces only the rarest are asked: a comparison
        takes long, and a large graph has names without number.
        """
        from difflib import get_close_matches

        if wrong not in self._known:
            rare = sorted(_pieces(wrong), key=lambda piece: (len(self._having.get(piece, ())), piece))
            shared = Counter(name for piece in rare[:_RAREST] for name in self._having.get(piece, ()) if name != wrong)
            best = sorted(shared, key=lambda name: (-shared[name], name))[:_COMPARED]
            self._known[wrong] = get_close_matches(wrong, best, 1, 0.8)
        return self._known[wrong]


_RAREST, _COMPARED = 10, 100


def _pieces(name: str) -> set[str]:
    return {name[at : at + 3] for at in range(len(name) - 2)}


def _short(text: str, most: int = 80) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


# --------------------------------------------------------------------------------------------------------- linting


def lint(shapes: Iterable[ox.Triple], triples: Iterable[ox.Triple]) -> list[str]:
    """What is wrong with shapes and would pass in silence otherwise, one line each; empty where nothing is.

    A misspelt term of SHACL, a target that finds nothing and a class or property that does not exist are no errors in
    SHACL: the shape simply never fires.

    Args:
        shapes: The shapes.
        triples: The graph they are meant for, with what was derived.
    """
    rules, data = _Shapes(shapes), shacl.Data(triples)
    checks = (_unknown_terms, _unknown_names, _empty_targets, _incomplete_shapes, _unused_shapes, _broken_queries)
    return [line for check in checks for line in check(rules, data)]


def _terms_of(rules: _Shapes) -> Iterator[ox.NamedNode]:
    terms = (term for triple in rules.triples for term in (triple.subject, triple.predicate, triple.object))
    yield from sorted({term for term in terms if isinstance(term, ox.NamedNode)}, key=lambda term: natural(term.value))


def _unknown_terms(rules: _Shapes, data: shacl.Data) -> Iterator[str]:
    for term in _terms_of(rules):
        if term.value.startswith(_SH) and term not in _shacl_terms():
            yield f"SHACL has no term {_show(term)}."


@cache
def _shacl_terms() -> frozenset[object]:
    """The terms of SHACL, from the copy that pySHACL carries; it is not imported, which takes long."""
    from importlib.util import find_spec
    from pathlib import Path

    found = find_spec("pyshacl")
    assert found is not None
    assert found.origin is not None
    text = Path(found.origin).with_name("assets").joinpath("shacl.ttl").read_bytes()
    return frozenset(quad.subject for quad in ox.parse(text, format=ox.RdfFormat.TURTLE))


def _nearest_term(wrong: ox.NamedNode) -> str:
    from difflib import get_close_matches

    known = sorted(term.value for term in _shacl_terms() if isinstance(term, ox.NamedNode))
    near = get_close_matches(wrong.value, known, 1, 0.8)
    return f"Did you mean {curie(near[0])}?" if near else "A term that SHACL does not know is passed over in silence."


def _unknown_names(rules: _Shapes, data: shacl.Data) -> Iterator[str]:
    told = {*data.things(), *(triple.subject for triple in rules.triples)}
    own = tuple(PREFIXES[prefix] for prefix in ("coop", "org", "skos", "prov", "oa", "dcterms"))
    used = {triple.object for name in ("path", "class", "targetClass") for triple in rules.by_predicate[sh(name)]}
    for term in _terms_of(rules):
        where = term.value.startswith(BASE) or (term in used and term.value.startswith(own))
        if where and term not in told:
            yield f"{_show(term)} is used in the shapes and described nowhere."


def _empty_targets(rules: _Shapes, data: shacl.Data) -> Iterator[str]:
    for shape in rules.targeted:
        for target, nodes in shacl.targets(rules, shape, data).items():
            if not any(data.about(node) or isinstance(data.terms[node], ox.Literal) for node in nodes):
                yield f"The target {_show(target)} of {_show(shape)} finds nothing."


def _incomplete_shapes(rules: _Shapes, data: shacl.Data) -> Iterator[str]:
    for shape in rules.named:
        if not isinstance(shape, ox.NamedNode):
            # A shape without a name inside sh:node is never reported itself.
            users = rules.subjects(sh("property"), shape)
            named = [user for user in users if isinstance(user, ox.NamedNode)]
            if named or not (users or rules.subjects(sh("node"), shape)):
                yield f"A shape {'of ' + _show(named[0]) if named else 'with a target'} has no IRI."
            continue
        if len(rules.objects(shape, sh("severity"))) != 1:
            yield f"{_show(shape)} does not have one sh:severity."
        for predicate, name in ((_LABELS[1], "rdfs:label"), (sh("message"), "sh:message")):
            tags = sorted(getattr(value, "language", None) or "" for value in rules.objects(shape, predicate))
            if tags != sorted(LANGUAGES):
                yield f"{_show(shape)} does not have one {name} in each of {', '.join(LANGUAGES)}."
        for text in rules.words(shape, sh("message")).values():
            if not text.partition(". ")[2]:
                yield f"The message of {_show(shape)} names no remedy: '{_short(text)}'"
            for name in re.findall(r"\{[^}]*\}", text):
                if not _PLACEHOLDER.fullmatch(name):
                    yield f"The message of {_show(shape)} has an unknown placeholder {name}."


def _unused_shapes(rules: _Shapes, data: shacl.Data) -> Iterator[str]:
    used = set(rules.named)
    for kind in ("NodeShape", "PropertyShape"):
        for shape in rules.subjects(_TYPE, sh(kind)):
            if shape not in used:
                yield f"{_show(shape)} has no target and is used by no shape that has one."


def _broken_queries(rules: _Shapes, data: shacl.Data) -> Iterator[str]:
    for shape, text, prefixes, _ in rules.queries:
        try:
            ox.Store().query(text, prefixes=prefixes)
        except SyntaxError as error:
            yield f"The query of {_show(shape)} does not parse: {error}"
