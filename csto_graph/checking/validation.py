"""Checks a graph against SHACL shapes and says what is wrong, where, and what to do about it.

The core constraints are evaluated by `shacl`, and by pySHACL for the shapes that say something else; the
``sh:sparql`` constraints run on Oxigraph with the focus nodes put in for ``$this`` (SHACL 5.3). The results are those
of pySHACL alone, in a fraction of the time. Nothing is fetched: what could fetch is refused.

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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pyoxigraph as ox

from ..errors import InputError, InvalidGraph
from ..names import BASE, PREFIXES, curie, iri, natural
from . import shacl
from .shacl import Node, Term, sh

if TYPE_CHECKING:
    import rdflib

Level = Literal["violation", "warning", "info"]
Engine = Literal["fast", "pyshacl"]
Locate = Callable[[str, str | None], tuple[str, int] | None]

LEVELS: tuple[Level, ...] = ("violation", "warning", "info")
"""From the gravest to the slightest."""

LANGUAGES = ("en", "ru")

_SH = PREFIXES["sh"]
_WORDS = {
    "none": {"en": "nothing", "ru": "ничего"},
    "many": {"en": "more than one value", "ru": "несколько значений"},
    "other": {"en": "another name", "ru": "другое имя"},
    "fine": {"en": "No findings.", "ru": "Замечаний нет."},
    "violation": {"en": "violation", "ru": "нарушение"},
    "warning": {"en": "warning", "ru": "предупреждение"},
    "info": {"en": "note", "ru": "примечание"},
}
_MARKS = {"inversePath": "^", "zeroOrMorePath": "*", "oneOrMorePath": "+", "zeroOrOnePath": "?"}
_PLACEHOLDER = re.compile(r"\{(focus|path|value|nearest)\}")
_MISSING = {"MinCount", "QualifiedMinCount", "HasValue"}
_TOO_MANY = {"MaxCount", "QualifiedMaxCount", "UniqueLang"}
_TARGETS = ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")
_SHAPELY = ("path", "property", "node", "sparql")
"""What only a shape has; a class with one of them is a shape too."""
_UNSAFE = ("js", "target", "rule", "validator", "nodeValidator", "propertyValidator", "shapesGraph", "expression")
"""Parts of SHACL-SPARQL, SHACL-AF and SHACL-JS that run code of their own; no shape here needs them."""


_TYPE = ox.NamedNode(iri("rdf:type"))
_LABELS = (ox.NamedNode(iri("skos:prefLabel")), ox.NamedNode(iri("rdfs:label")))


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        severity: violation, warning or info.
        shape: IRI of the shape that is not met.
        focus: IRI of the thing, or ``_:name`` for a blank node.
        path: IRI of the property, a path in SPARQL's syntax, or None where the thing as a whole is meant.
        value: The value at fault, or None.
        component: The SHACL constraint component, such as ``MinCountConstraintComponent``.
        file: File that describes the thing, or None where it is not known.
        line: Line in that file, counted from 1, or None.
        problems: Language to what is wrong.
        remedies: Language to what to do.
    """

    severity: Level
    shape: str
    focus: str
    path: str | None
    value: Term | None
    component: str
    file: str | None = None
    line: int | None = None
    problems: Mapping[str, str] = field(default_factory=dict, compare=False)
    remedies: Mapping[str, str] = field(default_factory=dict, compare=False)

    def problem(self, language: str = "en") -> str:
        """What is wrong, in a language, or in English where there are no words in it."""
        return self.problems.get(language) or self.problems.get("en", "")

    def remedy(self, language: str = "en") -> str:
        """What to do about it, in a language, or in English where there are no words in it."""
        return self.remedies.get(language) or self.remedies.get("en", "")

    def message(self, language: str = "en") -> str:
        """What is wrong and what to do."""
        return f"{self.problem(language)} {self.remedy(language)}".strip()

    @property
    def place(self) -> str:
        """``file:line``, or what is known of it; may be empty."""
        return ":".join(str(part) for part in (self.file, self.line) if part is not None)


@dataclass
class Report:
    """What validation found, the gravest first, then by place and name.

    Attributes:
        findings: One entry per result.
        rules: IRI of each shape that can be reported, to its label in each language, with its severity.
    """

    findings: list[Finding]
    rules: dict[str, tuple[Level, dict[str, str]]] = field(default_factory=dict)
    _paths: dict[str, list[ox.Triple]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def at_least(self, level: Level = "violation") -> list[Finding]:
        """The findings of a level and those that are graver."""
        wanted = LEVELS[: LEVELS.index(level) + 1]
        return [finding for finding in self.findings if finding.severity in wanted]

    def conforms(self, level: Level = "violation") -> bool:
        """Whether nothing of this level or graver was found."""
        return not self.at_least(level)

    def raise_if_invalid(self, level: Level = "violation") -> None:
        """Do nothing where the graph conforms.

        Raises:
            InvalidGraph: Something of this level or graver was found; ``.report`` is this report.
        """
        found = self.at_least(level)
        if found:
            first = found[0]
            raise InvalidGraph(
                f"Validation found {len(found)} problem{'s' * (len(found) > 1)}; the first: "
                + " ".join(filter(None, (f"{first.place}:" if first.place else "", first.problem()))),
                self,
                hint=first.remedy(),
            )

    def counts(self) -> dict[str, int]:
        """Number of findings per severity."""
        return {level: sum(finding.severity == level for finding in self.findings) for level in LEVELS}

    def to_text(self, language: str = "en") -> str:
        """Lines for people, grouped by shape, each with its place, what is wrong and what to do."""
        if not self.findings:
            return _say("fine", language) + "\n"
        groups: dict[tuple[Level, str], list[Finding]] = defaultdict(list)
        for finding in self.findings:
            groups[finding.severity, finding.shape].append(finding)
        lines = []
        for (level, shape), findings in groups.items():
            label = self.rules[shape][1].get(language, "") if shape in self.rules else ""
            lines.append(f"{_say(level, language)}: {label or curie(shape)} ({curie(shape)}), {len(findings)}")
            for finding in findings:
                place = f"{finding.place}: " if finding.place else ""
                lines.append(f"  {place}{finding.problem(language)}")
                if finding.remedy(language):
                    lines.append(f"    {finding.remedy(language)}")
        total = ", ".join(f"{_say(level, language)}: {count}" for level, count in self.counts().items() if count)
        return "\n".join([*lines, total]) + "\n"

    def to_json(self) -> str:
        """The report as JSON: ``{"format": "csto-graph/report/1", "conforms", "counts", "findings": […]}``.

        Each finding has severity, shape, focus, path, value (text, or null), component, file, line (or null), and
        message and remedy per language. IRIs are written in full.
        """
        import json

        findings = [
            {
                "severity": finding.severity,
                "shape": finding.shape,
                "focus": finding.focus,
                "path": finding.path,
                "value": _plain(finding.value),
                "component": finding.component,
                "file": finding.file,
                "line": finding.line,
                "message": dict(finding.problems),
                "remedy": dict(finding.remedies),
            }
            for finding in self.findings
        ]
        document = {
            "format": "csto-graph/report/1",
            "conforms": self.conforms(),
            "counts": self.counts(),
            "findings": findings,
        }
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"

    def to_sarif(self, language: str = "en") -> str:
        """The report as SARIF 2.1.0, with a rule for each shape."""
        import json

        order = {shape: number for number, shape in enumerate(self.rules)}
        driver = {
            "name": "csto-graph",
            "informationUri": BASE,
            "rules": [_sarif_rule(shape, *rule, language) for shape, rule in self.rules.items()],
        }
        results = [_sarif_result(finding, order.get(finding.shape), language) for finding in self.findings]
        document = {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
        }
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"

    def to_turtle(self) -> str:
        """The report as a SHACL validation report (SHACL 3.6) in Turtle."""
        from ..formats import turtle

        report = ox.NamedNode(f"{BASE}report")
        verdict = ox.Literal(not self.findings)
        triples = [ox.Triple(report, _TYPE, sh("ValidationReport")), ox.Triple(report, sh("conforms"), verdict)]
        for number, finding in enumerate(self.findings, 1):
            result = ox.NamedNode(f"{BASE}report/{number}")
            triples.append(ox.Triple(report, sh("result"), result))
            triples += self._result(result, finding)
        return turtle.write(triples)

    def _result(self, result: ox.NamedNode, finding: Finding) -> Iterator[ox.Triple]:
        severity = {"violation": "Violation", "warning": "Warning", "info": "Info"}[finding.severity]
        facts: list[tuple[str, Term]] = [
            ("resultSeverity", sh(severity)),
            ("sourceShape", _node(finding.shape)),
            ("sourceConstraintComponent", sh(finding.component)),
            ("focusNode", _node(finding.focus)),
        ]
        facts += [("resultMessage", ox.Literal(finding.message(tag), language=tag)) for tag in finding.problems]
        if finding.value is not None:
            facts.append(("value", finding.value))
        yield ox.Triple(result, _TYPE, sh("ValidationResult"))
        for name, value in facts:
            yield ox.Triple(result, sh(name), value)
        copied = self._paths.get(finding.path or "")
        if copied:
            # A path is a structure of its own in every result (SHACL 3.6.2.2), so its blank nodes are renamed.
            def own(term: Any) -> Any:
                if isinstance(term, ox.BlankNode):
                    return ox.BlankNode(f"{term.value}x{result.value.rsplit('/', 1)[1]}")
                return term

            yield ox.Triple(result, sh("resultPath"), own(copied[0].object))
            for triple in copied[1:]:
                yield ox.Triple(own(triple.subject), triple.predicate, own(triple.object))
        elif finding.path:
            yield ox.Triple(result, sh("resultPath"), ox.NamedNode(finding.path))


def _say(word: str, language: str) -> str:
    return _WORDS[word].get(language, _WORDS[word]["en"])


def _plain(term: Term | None) -> str | None:
    if isinstance(term, ox.NamedNode | ox.Literal):
        return term.value
    return None if term is None else str(term)


def _node(text: str) -> Term:
    return ox.BlankNode(text[2:]) if text.startswith("_:") else ox.NamedNode(text)


def _sarif_level(level: Level) -> str:
    return {"violation": "error", "warning": "warning", "info": "note"}[level]


def _sarif_rule(shape: str, level: Level, labels: Mapping[str, str], language: str) -> dict[str, object]:
    text = labels.get(language) or labels.get("en") or curie(shape)
    return {
        "id": curie(shape),
        "shortDescription": {"text": text},
        "defaultConfiguration": {"level": _sarif_level(level)},
    }


def _sarif_result(finding: Finding, number: int | None, language: str) -> dict[str, object]:
    from urllib.parse import quote

    place: dict[str, object] = {"logicalLocations": [{"fullyQualifiedName": finding.focus}]}
    if finding.file is not None:
        physical: dict[str, object] = {"artifactLocation": {"uri": quote(finding.file.replace("\\", "/"))}}
        if finding.line is not None:
            physical["region"] = {"startLine": finding.line}
        place["physicalLocation"] = physical
    result: dict[str, object] = {
        "ruleId": curie(finding.shape),
        "level": _sarif_level(finding.severity),
        "message": {"text": finding.message(language)},
        "locations": [place],
    }
    return result if number is None else {**result, "ruleIndex": number}


# ------------------------------------------------------------------------------------------------------ validating


def validate(
    triples: Iterable[ox.Triple | ox.Quad],
    shapes: Iterable[ox.Triple],
    *,
    locate: Locate,
    engine: Engine = "fast",
) -> Report:
    """Check statements against shapes.

    Args:
        triples: The whole graph to look at: ontology, data, claims and what was derived from them.
        shapes: The shapes, as statements.
        locate: Gives file and line of a thing, or of one of its properties, by their IRIs; None where not known.
        engine: ``fast``, or ``pyshacl`` to have it evaluate all core constraints: the same findings, slower.

    Raises:
        InputError: A shape asks for something that runs code or reaches the network, or is no valid SHACL.
    """
    data = shacl.Data(triples)
    rules = _Shapes(shapes)
    rules.refuse_unsafe()
    known, rest = shacl.validate(rules, data, rules.targeted) if engine == "fast" else ([], rules.targeted)
    if rest:
        known = [*known, *_by_pyshacl(data, rules, rest)]
    results = dict.fromkeys(_Result.of(result, rules) for result in [*known, *_by_oxigraph(data, rules)])
    writer = _Writer(data, rules, locate)
    findings = sorted((writer.finding(result) for result in results), key=_order)
    return Report(findings, rules.reported, rules.complex_paths(results))


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


class _Shapes(shacl.Facts):
    """Shapes, read from their statements."""

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
        return set(self.subjects(sh("deactivated"), ox.Literal(True)))

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

    def queries(self) -> Iterator[tuple[Any, str, dict[str, str]]]:
        """Each shape with a SPARQL constraint, the text of its query and the prefixes it declares."""
        for triple in self.by_predicate[sh("sparql")]:
            if triple.subject in self.deactivated or triple.object in self.deactivated:
                continue
            select = self.one(triple.object, sh("select"))
            sources = self.objects(triple.object, sh("prefixes"))
            prefixes = dict(self._declared(node) for source in sources for node in self.objects(source, sh("declare")))
            yield triple.subject, select.value if isinstance(select, ox.Literal) else "", prefixes

    def _declared(self, node: Any) -> tuple[str, str]:
        """A prefix and its namespace (SHACL 5.2.1)."""
        prefix, namespace = self.one(node, sh("prefix")), self.one(node, sh("namespace"))
        if not (isinstance(prefix, ox.Literal) and isinstance(namespace, ox.Literal)):
            raise InputError(
                f"A value of sh:declare ({_show(node)}) is no declaration of a prefix.",
                hint="Give it one sh:prefix and one sh:namespace.",
            )
        return prefix.value, namespace.value

    def message(self, shape: Node) -> dict[str, str]:
        """Language to the words of a shape, or of the one that it is part of."""
        return self.words(shape, sh("message")) or self.words(self.owner(shape), sh("message"))

    def refuse_unsafe(self) -> None:
        """Stop at what could run code, reach the network, or what is not evaluated here."""
        from ..engines import sandbox

        for name in _UNSAFE:
            for triple in self.by_predicate[sh(name)]:
                raise InputError(
                    f"The shape {_show(triple.subject)} uses sh:{name}, which is not run.",
                    hint="Say it with SHACL core constraints or sh:sparql.",
                )
        for shape, text, prefixes in self.queries():
            if not isinstance(shape, ox.NamedNode) or self.one(shape, sh("path")) is not None:
                raise InputError(
                    f"sh:sparql stands at {_show(shape)}, which is no named node shape.",
                    hint="Put it on a node shape with an IRI and a target.",
                )
            sandbox.gate(text, prefixes=prefixes)


def _level(severity: Any) -> Level:
    name = severity.value.removeprefix(_SH).lower() if isinstance(severity, ox.NamedNode) else "violation"
    return next((level for level in LEVELS if level == name), "violation")


def _show(term: Any) -> str:
    return curie(term.value) if isinstance(term, ox.NamedNode) else str(term)


def _by_pyshacl(data: shacl.Data, rules: _Shapes, shapes: Iterable[Node]) -> Iterator[shacl.Result]:
    """The results of the core constraints of some shapes that have targets, by pySHACL."""
    import pyshacl
    import rdflib
    from pyshacl.errors import ReportableRuntimeError

    from ..engines.store import from_rdflib

    try:
        with shacl.quiet():
            _, results, text = pyshacl.validate(
                _rdflib_graph(data.triples()), shacl_graph=_rdflib_graph(_aimed(rules, shapes)), inference="none",
                inplace=True, meta_shacl=False, advanced=False, js=False, do_owl_imports=False,
            )  # fmt: skip
    except (ReportableRuntimeError, ValueError, TypeError, ArithmeticError, re.error) as error:
        # It compares whatever stands in the data, and not all values compare.
        raise InputError(f"The shapes cannot be used: {error}") from error
    if not isinstance(results, rdflib.Graph):
        raise InputError(f"The shapes cannot be used: {text}")
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

    from ..engines.store import to_rdflib

    graph = rdflib.Graph(bind_namespaces="none")
    for triple in triples:
        graph.add((to_rdflib(triple.subject), to_rdflib(triple.predicate), to_rdflib(triple.object)))
    return graph


def _by_oxigraph(data: shacl.Data, rules: _Shapes) -> Iterator[shacl.Result]:
    """The results of the SPARQL constraints."""
    queries = list(rules.queries())
    if not queries:
        return
    store = ox.Store()
    store.bulk_extend(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in data.triples())
    for shape, text, prefixes in queries:
        found = shacl.targets(rules, shape, data).values()
        nodes = [data.terms[node] for node in dict.fromkeys(node for nodes in found for node in nodes)]
        try:
            for focus, path, value in _answers(store, text, prefixes, nodes):
                single = path if isinstance(path, ox.NamedNode) else None
                shown = focus if value is None else value
                yield shacl.Result(shape, focus, single, shown, "SPARQLConstraintComponent")
        except (SyntaxError, ValueError) as error:
            raise InputError(f"The query of {_show(shape)} does not parse: {error}") from error


def _answers(
    store: ox.Store, text: str, prefixes: dict[str, str], nodes: Sequence[Any]
) -> Iterator[tuple[Any, Any, Any]]:
    """Focus node, path and value of each answer to a query about some focus nodes.

    Many are put in at once where that gives the same answers; a blank node cannot be written into a query.
    """
    place = _joinable(text)
    alone = [node for node in nodes if place is None or isinstance(node, ox.BlankNode)]
    together = [node for node in nodes if place is not None and not isinstance(node, ox.BlankNode)]
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
    plain = _OPAQUE.sub(lambda match: "_" * len(match[0]), text)
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
            return _say("none", language)
        if component in _TOO_MANY and result.value is None:
            own = self._rules.one(result.source, sh("path"))
            values = self._data.values(result.focus, own) if isinstance(own, ox.NamedNode) else []
            shown = ", ".join(self._name(value, language) for value in sorted(values, key=str)[:4])
            return shown or _say("many", language)
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
        return near[0] if near else _say("other", language)

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
    from importlib.resources import files

    text = files("pyshacl").joinpath("assets/shacl.ttl").read_bytes()
    known = {quad.subject for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)}
    for term in _terms_of(rules):
        if term.value.startswith(_SH) and term not in known:
            yield f"SHACL has no term {_show(term)}."


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
    for shape, text, prefixes in rules.queries():
        try:
            ox.Store().query(text, prefixes=prefixes)
        except SyntaxError as error:
            yield f"The query of {_show(shape)} does not parse: {error}"
