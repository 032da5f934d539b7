"""Checks a graph against SHACL shapes and says what is wrong, where, and what to do about it.

pySHACL evaluates the core constraints; the ``sh:sparql`` constraints run on Oxigraph with the focus node put in for
``$this`` (SHACL 5.3), which gives the same results in a fraction of the time. Nothing is fetched: what could fetch is
refused.

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
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pyoxigraph as ox

from .errors import InputError, InvalidGraph
from .names import BASE, PREFIXES, curie, iri, natural

if TYPE_CHECKING:
    import rdflib

Level = Literal["violation", "warning", "info"]
Locate = Callable[[str, str | None], tuple[str, int] | None]
Node = ox.NamedNode | ox.BlankNode
Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

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
_UNSAFE = ("js", "target", "rule", "validator", "nodeValidator", "propertyValidator", "shapesGraph", "expression")
"""Parts of SHACL-SPARQL, SHACL-AF and SHACL-JS that run code of their own; no shape here needs them."""


def _sh(name: str) -> ox.NamedNode:
    return ox.NamedNode(_SH + name)


_TYPE = ox.NamedNode(iri("rdf:type"))
_SUBCLASS = ox.NamedNode(iri("rdfs:subClassOf"))
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
        from . import turtle

        report = ox.NamedNode(f"{BASE}report")
        verdict = ox.Literal(not self.findings)
        triples = [ox.Triple(report, _TYPE, _sh("ValidationReport")), ox.Triple(report, _sh("conforms"), verdict)]
        for number, finding in enumerate(self.findings, 1):
            result = ox.NamedNode(f"{BASE}report/{number}")
            triples.append(ox.Triple(report, _sh("result"), result))
            triples += self._result(result, finding)
        return turtle.write(triples)

    def _result(self, result: ox.NamedNode, finding: Finding) -> Iterator[ox.Triple]:
        severity = {"violation": "Violation", "warning": "Warning", "info": "Info"}[finding.severity]
        facts: list[tuple[str, Term]] = [
            ("resultSeverity", _sh(severity)),
            ("sourceShape", ox.NamedNode(finding.shape)),
            ("sourceConstraintComponent", _sh(finding.component)),
            ("focusNode", _node(finding.focus)),
        ]
        facts += [("resultMessage", ox.Literal(finding.message(tag), language=tag)) for tag in finding.problems]
        if finding.value is not None:
            facts.append(("value", finding.value))
        yield ox.Triple(result, _TYPE, _sh("ValidationResult"))
        for name, value in facts:
            yield ox.Triple(result, _sh(name), value)
        copied = self._paths.get(finding.shape)
        if copied:
            # A path is a structure of its own in every result (SHACL 3.6.2.2), so its blank nodes are renamed.
            def own(term: Any) -> Any:
                if isinstance(term, ox.BlankNode):
                    return ox.BlankNode(f"{term.value}x{result.value.rsplit('/', 1)[1]}")
                return term

            yield ox.Triple(result, _sh("resultPath"), own(copied[0].object))
            for triple in copied[1:]:
                yield ox.Triple(own(triple.subject), triple.predicate, own(triple.object))
        elif finding.path:
            yield ox.Triple(result, _sh("resultPath"), ox.NamedNode(finding.path))


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


def validate(triples: Iterable[ox.Triple], shapes: Iterable[ox.Triple], *, locate: Locate) -> Report:
    """Check statements against shapes.

    Args:
        triples: The whole graph to look at: ontology, data, claims and what was derived from them.
        shapes: The shapes, as statements.
        locate: Gives file and line of a thing, or of one of its properties, by their IRIs; None where not known.

    Raises:
        InputError: A shape asks for something that runs code or reaches the network, or is no valid SHACL.
    """
    data = _Facts(triples)
    rules = _Shapes(shapes)
    rules.refuse_unsafe()
    results = dict.fromkeys([*_core_results(data, rules), *_sparql_results(data, rules)])
    writer = _Writer(data, rules, locate)
    findings = sorted((writer.finding(result) for result in results), key=_order)
    return Report(findings, rules.reported, rules.complex_paths)


def _order(finding: Finding) -> tuple[object, ...]:
    place = (finding.file is None, natural(finding.file or ""), finding.line or 0)
    parts = (finding.focus, finding.shape, finding.path or "", str(finding.value or ""), finding.component)
    return (LEVELS.index(finding.severity), *place, *(natural(part) for part in parts))


@dataclass(frozen=True)
class _Result:
    """One SHACL validation result, without words."""

    severity: Level
    shape: str
    focus: Term
    path: str | None
    value: Term | None
    component: str


class _Facts:
    """Statements by subject and by object."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self.triples = list(dict.fromkeys(triples))
        self._forward: dict[tuple[Any, Any], list[Any]] = defaultdict(list)
        self._backward: dict[tuple[Any, Any], list[Any]] = defaultdict(list)
        self.by_predicate: dict[Any, list[ox.Triple]] = defaultdict(list)
        for triple in self.triples:
            self._forward[triple.subject, triple.predicate].append(triple.object)
            self._backward[triple.predicate, triple.object].append(triple.subject)
            self.by_predicate[triple.predicate].append(triple)

    def objects(self, subject: Any, predicate: ox.NamedNode) -> list[Any]:
        return self._forward.get((subject, predicate), [])

    def subjects(self, predicate: ox.NamedNode, value: Any) -> list[Any]:
        return self._backward.get((predicate, value), [])

    def one(self, subject: Any, predicate: ox.NamedNode) -> Any:
        return next(iter(self.objects(subject, predicate)), None)

    def members(self, head: Any) -> list[Any]:
        """The members of a list; those up to the first fault."""
        found: list[Any] = []
        seen = set()
        while head is not None and head not in seen and head != ox.NamedNode(iri("rdf:nil")):
            seen.add(head)
            found += self.objects(head, ox.NamedNode(iri("rdf:first")))
            head = self.one(head, ox.NamedNode(iri("rdf:rest")))
        return found

    def instances(self, kind: Any) -> list[Any]:
        """Things of a class or of a class below it."""
        kinds, waiting = [kind], [kind]
        while waiting:
            below = [name for name in self.subjects(_SUBCLASS, waiting.pop()) if name not in kinds]
            kinds += below
            waiting += below
        return list(dict.fromkeys(thing for name in kinds for thing in self.subjects(_TYPE, name)))

    @cached_property
    def names(self) -> dict[str, str]:
        """CURIE to IRI of everything described."""
        found = {triple.subject.value for triple in self.triples if isinstance(triple.subject, ox.NamedNode)}
        return {curie(name): name for name in sorted(found)}


class _Shapes(_Facts):
    """Shapes, read from their statements."""

    def targets(self, shape: Any, data: _Facts) -> dict[Any, list[Any]]:
        """Each target of a shape (SHACL 2.1.3), as term, with the nodes that it finds."""
        found = {kind: data.instances(kind) for kind in self.objects(shape, _sh("targetClass"))}
        for name, side in (("targetSubjectsOf", "subject"), ("targetObjectsOf", "object")):
            for path in self.objects(shape, _sh(name)):
                found[path] = list(dict.fromkeys(getattr(triple, side) for triple in data.by_predicate[path]))
        for node in self.objects(shape, _sh("targetNode")):
            found[node] = [node]
        return found

    @cached_property
    def deactivated(self) -> set[Any]:
        return set(self.subjects(_sh("deactivated"), ox.Literal(True)))

    @cached_property
    def named(self) -> list[Any]:
        """The shapes that have a target, or that those use by name, in order of name."""
        targeting = ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")
        first = {triple.subject for name in targeting for triple in self.by_predicate[_sh(name)]}
        found, waiting = set(first), list(first)
        while waiting:
            shape = waiting.pop()
            for name in ("property", "node"):
                below = {node for node in self.objects(shape, _sh(name)) if node not in found}
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
        return _level(self.one(shape, _sh("severity")))

    def words(self, shape: Any, predicate: ox.NamedNode) -> dict[str, str]:
        """Language to text."""
        spoken = [value for value in self.objects(shape, predicate) if isinstance(value, ox.Literal)]
        return {value.language or "en": value.value for value in sorted(spoken, key=str)}

    def path(self, node: Any) -> str:
        """A property path in SPARQL's syntax, with CURIEs."""
        if isinstance(node, ox.NamedNode):
            return curie(node.value)
        for name, mark in _MARKS.items():
            inner = self.one(node, _sh(name))
            if inner is not None:
                text = self.path(inner)
                return mark + text if mark == "^" else text + mark
        alternatives = self.one(node, _sh("alternativePath"))
        steps = self.members(alternatives if alternatives is not None else node)
        return ("|" if alternatives is not None else "/").join(self.path(step) for step in steps)

    @cached_property
    def complex_paths(self) -> dict[str, list[ox.Triple]]:
        """IRI of each property shape whose path is no single property, to the statements that make up the path."""
        return {
            triple.subject.value: [triple, *self._below(triple.object)]
            for triple in self.by_predicate[_sh("path")]
            if isinstance(triple.object, ox.BlankNode) and isinstance(triple.subject, ox.NamedNode)
        }

    def _below(self, node: Any) -> list[ox.Triple]:
        found, waiting = [], [node]
        while waiting:
            here = waiting.pop()
            for triple in self.triples:
                if triple.subject == here and triple not in found:
                    found.append(triple)
                    if isinstance(triple.object, ox.BlankNode):
                        waiting.append(triple.object)
        return found

    def queries(self) -> Iterator[tuple[Any, str, dict[str, str]]]:
        """Each shape with a SPARQL constraint, the text of its query and the prefixes it declares."""
        for triple in self.by_predicate[_sh("sparql")]:
            if triple.subject in self.deactivated or triple.object in self.deactivated:
                continue
            select = self.one(triple.object, _sh("select"))
            prefixes = {
                self.one(node, _sh("prefix")).value: self.one(node, _sh("namespace")).value
                for source in self.objects(triple.object, _sh("prefixes"))
                for node in self.objects(source, _sh("declare"))
            }
            yield triple.subject, select.value if isinstance(select, ox.Literal) else "", prefixes

    def refuse_unsafe(self) -> None:
        """Stop at what could run code, reach the network, or what is not evaluated here."""
        from . import sandbox

        for name in _UNSAFE:
            for triple in self.by_predicate[_sh(name)]:
                raise InputError(
                    f"The shape {_show(triple.subject)} uses sh:{name}, which is not run.",
                    hint="Say it with SHACL core constraints or sh:sparql.",
                )
        for shape, text, prefixes in self.queries():
            if not isinstance(shape, ox.NamedNode) or self.one(shape, _sh("path")) is not None:
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


def _core_results(data: _Facts, rules: _Shapes) -> Iterator[_Result]:
    """The results of the core constraints, by pySHACL."""
    import pyshacl
    import rdflib
    from pyshacl.errors import ReportableRuntimeError

    queries = _sh("sparql")
    try:
        with _quiet():
            shapes = _rdflib_graph(triple for triple in rules.triples if triple.predicate != queries)
            _, results, text = pyshacl.validate(
                _rdflib_graph(data.triples), shacl_graph=shapes, inference="none", inplace=True, meta_shacl=False,
                advanced=False, js=False, do_owl_imports=False,
            )  # fmt: skip
    except (ReportableRuntimeError, ValueError) as error:
        raise InputError(f"The shapes cannot be used: {error}") from error
    if not isinstance(results, rdflib.Graph):
        raise InputError(f"The shapes cannot be used: {text}")
    sh = rdflib.Namespace(_SH)
    for result in results.subjects(rdflib.RDF.type, sh.ValidationResult):
        if (None, sh.detail, result) in results:
            continue
        shape = results.value(result, sh.sourceShape)
        path = _from_rdflib(results.value(result, sh.resultPath))
        own_path = rules.one(ox.NamedNode(str(shape)), _sh("path"))
        named = path.value if isinstance(path, ox.NamedNode) else rules.path(own_path) if own_path is not None else None
        focus = _from_rdflib(results.value(result, sh.focusNode))
        if focus is None:
            continue
        yield _Result(
            severity=_level(_from_rdflib(results.value(result, sh.resultSeverity))),
            shape=str(shape),
            focus=focus,
            path=named,
            value=_from_rdflib(results.value(result, sh.value)),
            component=str(results.value(result, sh.sourceConstraintComponent)).removeprefix(_SH),
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep rdflib from logging literals that do not fit their datatype: they become findings."""
    import logging

    logger = logging.getLogger("rdflib.term")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _rdflib_graph(triples: Iterable[ox.Triple]) -> rdflib.Graph:
    import rdflib

    from .store import to_rdflib

    graph = rdflib.Graph(bind_namespaces="none")
    for triple in triples:
        graph.add((to_rdflib(triple.subject), to_rdflib(triple.predicate), to_rdflib(triple.object)))
    return graph


def _from_rdflib(term: Any) -> Any:
    import rdflib

    if term is None:
        return None
    if isinstance(term, rdflib.Literal):
        if term.language:
            return ox.Literal(str(term), language=term.language)
        return ox.Literal(str(term), datatype=ox.NamedNode(str(term.datatype)) if term.datatype else None)
    return ox.BlankNode(str(term)) if isinstance(term, rdflib.BNode) else ox.NamedNode(str(term))


def _sparql_results(data: _Facts, rules: _Shapes) -> Iterator[_Result]:
    """The results of the SPARQL constraints, by Oxigraph: one query per focus node, with $this put in."""
    queries = list(rules.queries())
    if not queries:
        return
    store = ox.Store()
    store.bulk_extend(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in data.triples)
    this = ox.Variable("this")
    for shape, text, prefixes in queries:
        found = rules.targets(shape, data)
        for focus in dict.fromkeys(node for nodes in found.values() for node in nodes):
            try:
                answer: Any = store.query(text, prefixes=prefixes, substitutions={this: focus})
            except SyntaxError as error:
                raise InputError(f"The query of {_show(shape)} does not parse: {error}") from error
            names = {variable.value for variable in answer.variables}
            for row in answer:
                path = row["path"] if "path" in names else None
                value = row["value"] if "value" in names else None
                yield _Result(
                    severity=rules.severity(shape),
                    shape=shape.value,
                    focus=focus,
                    path=path.value if isinstance(path, ox.NamedNode) else None,
                    value=focus if value is None else value,
                    component="SPARQLConstraintComponent",
                )


class _Writer:
    """Puts results into words."""

    def __init__(self, data: _Facts, rules: _Shapes, locate: Locate) -> None:
        self._data = data
        self._rules = rules
        self._locate = locate

    def finding(self, result: _Result) -> Finding:
        focus = result.focus.value if isinstance(result.focus, ox.NamedNode) else str(result.focus)
        file, line = self._place(result) or (None, None)
        problems, remedies = {}, {}
        for language, template in self._rules.words(ox.NamedNode(result.shape), _sh("message")).items():
            problem, _, remedy = template.partition(". ")
            problems[language] = self._fill(problem.removesuffix(".") + ".", result, language)
            remedies[language] = self._fill(remedy, result, language)
        return Finding(
            result.severity, result.shape, focus, result.path, result.value, result.component, file, line,
            problems or {"en": f"{_show(result.focus)} does not meet {curie(result.shape)}."}, remedies,
        )  # fmt: skip

    def _place(self, result: _Result) -> tuple[str, int] | None:
        """Where the thing stands; a rule on the graph as a whole has the ontology as its focus, and means the value."""
        whole = self._rules.objects(ox.NamedNode(result.shape), _sh("targetNode"))
        if whole and isinstance(result.value, ox.NamedNode):
            return self._locate(result.value.value, None) or self._use(result.value)
        return self._locate(result.focus.value, result.path) if isinstance(result.focus, ox.NamedNode) else None

    def _use(self, name: ox.NamedNode) -> tuple[str, int] | None:
        """Where a name is used as property or value."""
        for triple in self._data.triples:
            if name in (triple.object, triple.predicate) and isinstance(triple.subject, ox.NamedNode):
                place = self._locate(triple.subject.value, triple.predicate.value)
                if place:
                    return place
        return None

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
            simple = result.path is not None and result.shape not in self._rules.complex_paths
            values = self._data.objects(result.focus, ox.NamedNode(result.path or "")) if simple else []
            return ", ".join(self._name(value, language) for value in values[:4]) or _say("many", language)
        return self._name(result.focus if result.value is None else result.value, language)

    def _name(self, term: Any, language: str) -> str:
        if isinstance(term, ox.Literal):
            return f"'{_short(term.value)}'" + (f"@{term.language}" if term.language else "")
        label = next(
            (
                value.value
                for predicate in _LABELS
                for value in sorted(self._data.objects(term, predicate), key=str)
                if isinstance(value, ox.Literal) and value.language == language
            ),
            "",
        )
        return f"{_short(label)} ({_show(term)})" if label else _show(term)

    def _nearest(self, result: _Result, language: str) -> str:
        from difflib import get_close_matches

        if result.component == "ClosedConstraintComponent":
            ignored = self._rules.one(ox.NamedNode(result.shape), _sh("ignoredProperties"))
            allowed = [curie(path.value) for path in self._rules.members(ignored)]
            # Prefixes are alike; what was misspelt is the local name.
            by_local = {name.rpartition(":")[2]: name for name in allowed}
            wrong = curie(result.path or "").rpartition(":")[2]
            near = [by_local[local] for local in get_close_matches(wrong, by_local, 1)]
        else:
            wrong = _show(result.value) if isinstance(result.value, ox.NamedNode) else ""
            near = get_close_matches(wrong, [name for name in self._data.names if name != wrong], 1, 0.8)
        return near[0] if near else _say("other", language)


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
    rules, data = _Shapes(shapes), _Facts(triples)
    checks = (_unknown_terms, _unknown_names, _empty_targets, _incomplete_shapes, _unused_shapes, _broken_queries)
    return [line for check in checks for line in check(rules, data)]


def _terms_of(rules: _Shapes) -> Iterator[ox.NamedNode]:
    terms = (term for triple in rules.triples for term in (triple.subject, triple.predicate, triple.object))
    yield from sorted({term for term in terms if isinstance(term, ox.NamedNode)}, key=lambda term: natural(term.value))


def _unknown_terms(rules: _Shapes, data: _Facts) -> Iterator[str]:
    from importlib.resources import files

    text = files("pyshacl").joinpath("assets/shacl.ttl").read_bytes()
    known = {quad.subject for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)}
    for term in _terms_of(rules):
        if term.value.startswith(_SH) and term not in known:
            yield f"SHACL has no term {_show(term)}."


def _unknown_names(rules: _Shapes, data: _Facts) -> Iterator[str]:
    told = {triple.subject for triple in [*data.triples, *rules.triples]}
    own = tuple(PREFIXES[prefix] for prefix in ("coop", "org", "skos", "prov", "oa", "dcterms"))
    used = {triple.object for name in ("path", "class", "targetClass") for triple in rules.by_predicate[_sh(name)]}
    for term in _terms_of(rules):
        where = term.value.startswith(BASE) or (term in used and term.value.startswith(own))
        if where and term not in told:
            yield f"{_show(term)} is used in the shapes and described nowhere."


def _empty_targets(rules: _Shapes, data: _Facts) -> Iterator[str]:
    everything = {triple.subject for triple in data.triples}
    for shape in rules.named:
        for target, nodes in rules.targets(shape, data).items():
            if not [node for node in nodes if node in everything or isinstance(node, ox.Literal)]:
                yield f"The target {_show(target)} of {_show(shape)} finds nothing."


def _incomplete_shapes(rules: _Shapes, data: _Facts) -> Iterator[str]:
    for shape in rules.named:
        if not isinstance(shape, ox.NamedNode):
            # A shape without a name inside sh:node is never reported itself.
            users = rules.subjects(_sh("property"), shape)
            named = [user for user in users if isinstance(user, ox.NamedNode)]
            if named or not (users or rules.subjects(_sh("node"), shape)):
                yield f"A shape {'of ' + _show(named[0]) if named else 'with a target'} has no IRI."
            continue
        if len(rules.objects(shape, _sh("severity"))) != 1:
            yield f"{_show(shape)} does not have one sh:severity."
        for predicate, name in ((_LABELS[1], "rdfs:label"), (_sh("message"), "sh:message")):
            tags = sorted(getattr(value, "language", None) or "" for value in rules.objects(shape, predicate))
            if tags != sorted(LANGUAGES):
                yield f"{_show(shape)} does not have one {name} in each of {', '.join(LANGUAGES)}."
        for text in rules.words(shape, _sh("message")).values():
            if not text.partition(". ")[2]:
                yield f"The message of {_show(shape)} names no remedy: '{_short(text)}'"
            for name in re.findall(r"\{[^}]*\}", text):
                if not _PLACEHOLDER.fullmatch(name):
                    yield f"The message of {_show(shape)} has an unknown placeholder {name}."


def _unused_shapes(rules: _Shapes, data: _Facts) -> Iterator[str]:
    used = set(rules.named)
    for kind in ("NodeShape", "PropertyShape"):
        for shape in rules.subjects(_TYPE, _sh(kind)):
            if shape not in used:
                yield f"{_show(shape)} has no target and is used by no shape that has one."


def _broken_queries(rules: _Shapes, data: _Facts) -> Iterator[str]:
    for shape, text, prefixes in rules.queries():
        try:
            ox.Store().query(text, prefixes=prefixes)
        except SyntaxError as error:
            yield f"The query of {_show(shape)} does not parse: {error}"
