"""What a check found: findings in words of both languages, and reports for people, programs and code hosts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyoxigraph as ox

from ..errors import InvalidGraph
from ..names import BASE, curie
from ..rdf.terms import RDF_TYPE
from .shapes import SH, sh

Level = Literal["violation", "warning", "info"]

LEVELS: tuple[Level, ...] = ("violation", "warning", "info")
"""From the gravest to the slightest."""

_WORDS = {
    "none": {"en": "nothing", "ru": "ничего"},
    "many": {"en": "more than one value", "ru": "несколько значений"},
    "other": {"en": "another name", "ru": "другое имя"},
    "fine": {"en": "No findings.", "ru": "Замечаний нет."},
    "violation": {"en": "violation", "ru": "нарушение"},
    "warning": {"en": "warning", "ru": "предупреждение"},
    "info": {"en": "note", "ru": "примечание"},
}


@dataclass(frozen=True, slots=True)
class Result:
    """One ``sh:ValidationResult`` (SHACL 3.6.2), as terms.

    Attributes:
        focus: The focus node.
        path: A property, or a blank node of the shapes that is a complex path; None of a node shape.
        value: The value at fault, or None.
        severity: ``sh:Violation``, ``sh:Warning``, ``sh:Info``, or one of the shape's own.
        component: The constraint component.
        shape: The shape that reports it, which may have no IRI.
        constraint: The SPARQL constraint, or None.
        messages: The texts, as they are written.
    """

    focus: Any
    path: Any
    value: Any
    severity: ox.NamedNode
    component: ox.NamedNode
    shape: Any
    constraint: Any = None
    messages: tuple[ox.Literal, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        result: The result, with its messages.
        shape: IRI of the shape that is not met; of one without an IRI, of the shape that it is part of.
        path: IRI of the property, a path in SPARQL's syntax, or None where the thing as a whole is meant.
        file: File that describes the thing, or None where it is not known.
        line: Line in that file, counted from 1, or None.
        problems: Language to what is wrong; '' where a text has no language.
        remedies: Language to what to do.
    """

    result: Result
    shape: str
    path: str | None
    file: str | None = None
    line: int | None = None
    problems: Mapping[str, str] = field(default_factory=dict, compare=False)
    remedies: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def severity(self) -> Level:
        """violation, warning or info; a severity of the shape's own counts as a violation."""
        return level_of(self.result.severity)

    @property
    def focus(self) -> str:
        """IRI of the thing, ``_:name`` for a blank node, or a literal in quotes."""
        return self.result.focus.value if isinstance(self.result.focus, ox.NamedNode) else str(self.result.focus)

    @property
    def value(self) -> Any:
        """The value at fault, or None."""
        return self.result.value

    @property
    def component(self) -> str:
        """The constraint component: of SHACL's own the local name, such as ``MinCountConstraintComponent``."""
        return self.result.component.value.removeprefix(SH)

    def problem(self, language: str = "en") -> str:
        """What is wrong, in a language, or in English, or in another where there are no words in it."""
        return self.problems.get(language) or self.problems.get("en") or next(iter(self.problems.values()), "")

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
        warnings: What passes in silence in the shapes, a line each.
    """

    findings: list[Finding]
    rules: dict[str, tuple[Level, dict[str, str]]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    _paths: Mapping[Any, list[ox.Triple]] = field(default_factory=dict, repr=False)

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
            return say("fine", language) + "\n"
        groups: dict[tuple[Level, str], list[Finding]] = defaultdict(list)
        for finding in self.findings:
            groups[finding.severity, finding.shape].append(finding)
        lines = []
        for (level, shape), findings in groups.items():
            label = self.rules[shape][1].get(language, "") if shape in self.rules else ""
            lines.append(f"{say(level, language)}: {label or curie(shape)} ({curie(shape)}), {len(findings)}")
            for finding in findings:
                place = f"{finding.place}: " if finding.place else ""
                lines.append(f"  {place}{finding.problem(language)}")
                if finding.remedy(language):
                    lines.append(f"    {finding.remedy(language)}")
        total = ", ".join(f"{say(level, language)}: {count}" for level, count in self.counts().items() if count)
        return "\n".join([*lines, total]) + "\n"

    def to_json(self) -> str:
        """The report as JSON: ``{"format": "csto-graph/report/1", "conforms", "counts", "warnings", "findings": […]}``.

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
            "warnings": list(self.warnings),
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
        from ..rdf import turtle

        report = ox.NamedNode(f"{BASE}report")
        verdict = ox.Literal(not self.findings)
        triples = [ox.Triple(report, RDF_TYPE, sh("ValidationReport")), ox.Triple(report, sh("conforms"), verdict)]
        for number, finding in enumerate(self.findings, 1):
            node = ox.NamedNode(f"{BASE}report/{number}")
            triples.append(ox.Triple(report, sh("result"), node))
            triples.append(ox.Triple(node, RDF_TYPE, sh("ValidationResult")))
            triples += self._result(node, finding.result)
        return turtle.write(triples)

    def _result(self, node: ox.NamedNode, result: Result) -> Iterator[ox.Triple]:
        """The statements about a result; a complex path is written out in each (SHACL 3.6.2.2)."""

        def own(term: Any) -> Any:
            number = node.value.rpartition("/")[2]
            return ox.BlankNode(f"{term.value}x{number}") if isinstance(term, ox.BlankNode) else term

        facts = [
            ("resultSeverity", result.severity), ("sourceShape", result.shape), ("focusNode", result.focus),
            ("sourceConstraintComponent", result.component), ("sourceConstraint", result.constraint),
            ("value", result.value), ("resultPath", own(result.path)),
            *(("resultMessage", message) for message in result.messages),
        ]  # fmt: skip
        for name, value in facts:
            if value is not None:
                yield ox.Triple(node, sh(name), value)
        for triple in self._paths.get(result.path, ()):
            yield ox.Triple(own(triple.subject), triple.predicate, own(triple.object))


def level_of(severity: Any) -> Level:
    """The level of a value of ``sh:severity``; one of the shape's own, or none, is a violation.

    >>> level_of(sh("Info")), level_of(None)
    ('info', 'violation')
    """
    name = severity.value.removeprefix(SH).lower() if isinstance(severity, ox.NamedNode) else ""
    return next((level for level in LEVELS if level == name), "violation")


def say(word: str, language: str) -> str:
    """A word of reports in a language, else in English."""
    return _WORDS[word].get(language, _WORDS[word]["en"])


def _plain(term: Any) -> str | None:
    if isinstance(term, ox.NamedNode | ox.Literal):
        return term.value
    return None if term is None else str(term)


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
