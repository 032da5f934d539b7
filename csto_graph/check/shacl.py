"""Checks a graph against SHACL shapes and says what is wrong, where, and what to do about it.

An engine of the field evaluates the shapes, in a process with limits: pyshifty, or pySHACL where it is asked for by
name. It is given statements as they were parsed, never addresses. Before that the shapes are looked at (`shapes`),
after it the report is completed: which constraint a result comes from, what the template of a SPARQL constraint shows,
file and line, and the words.

The words of a finding are the ``sh:message`` of its shape, one for each language, as they are written; where there are
none, a text made from labels for each constraint component (``words.toml``). In messages of the project's own shapes
the first sentence says what is wrong, the rest what to do, and these names in braces are filled in:

- ``{focus}``: label and name of the thing;
- ``{path}``: name of the property;
- ``{value}``: the value at fault, or in words that there is none, or more than one;
- ``{nearest}``: the nearest name that would be right there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic
from typing import Any, Literal, NamedTuple

import pyoxigraph as ox

from ..errors import InvalidGraph, UnknownName
from ..loading.inputs import Locate
from ..names import BASE, curie, excerpt, iri, natural, near, table, to_json, word, words_of
from ..rdf.terms import RDF_NIL, RDF_TYPE, TripleIndex, described, grouped, texts
from ..sandbox import parent
from ..store.engine import Limits
from .shapes import LABELS, MOST, SEPARATOR, SH, Shapes, is_target, literals, pyshacl_asset, sh, show

Level = Literal["violation", "warning", "info"]

#: From the gravest to the slightest.
LEVELS: tuple[Level, ...] = ("violation", "warning", "info")

ENGINES = ("pyshifty", "pyshacl")

_SARIF_LEVELS = {"violation": "error", "warning": "warning", "info": "note"}
_PLAIN = tuple(ox.NamedNode(iri(name)) for name in ("xsd:string", "rdf:langString"))
_COUNTED = ("minCount", "maxCount", "qualifiedMinCount", "qualifiedMaxCount", "uniqueLang", "hasValue")
#: What a shape says that is no condition.
_ASIDE = (RDF_TYPE, sh("message"), sh("severity"))


def validate(
    triples: Iterable[ox.Triple | ox.Quad], shapes: Iterable[ox.Triple], *, locate: Locate, engine: str = "pyshifty",
    foreign: Mapping[str, Sequence[ox.Triple]] | None = None, limits: Limits | None = None, lines: bytes = b"",
    house: Callable[[list[Any], Shapes], Iterable[Result]] = lambda data, rules: (),
) -> Report:  # fmt: skip
    """Check statements against shapes.

    Args:
        triples: The whole graph to look at: ontology, data, claims and what was derived from them.
        shapes: The shapes, as statements.
        locate: Gives file and line of a thing, or of one of its properties, by their IRIs; None where not known.
        engine: One of `ENGINES`.
        foreign: Name of a file to those of the shapes that come from it and not from the project.
        limits: Time and memory; by default what a graph of this size may take.
        lines: The statements as N-Triples, if they are at hand: the others are then read while the engine is at work.
        house: Gives what breaks the rules that are no shapes, from the statements and the shapes with their words.

    Raises:
        InputError: The shapes are malformed, or the engine refuses them; with the shape, file and line.
        LimitReached: Time or memory ran out, or the engine crashed.
        UnknownName: There is no such engine.
    """
    if engine not in ENGINES:
        raise UnknownName("SHACL engine", engine, hint=f"Engines: {', '.join(ENGINES)}.")
    if not lines:
        triples = list(triples)
        lines = _ntriples(one.triple if isinstance(one, ox.Quad) else one for one in triples)
    if limits is None:  # what so many bytes of statements may take on the slowest machine
        (each, least), size = (120, 300) if engine == "pyshacl" else (3, 30), len(lines)
        limits = Limits(seconds=least + each * size / 2**20, memory=2**30 + 32 * size, answer=2**28 + 16 * size)
    rules, what = Shapes(shapes, foreign), "The validation"
    rules.refuse()
    shared, answers = list(_shared(lines, rules, engine)), list[tuple[Iterator[bytes], bool | None]]()
    with ExitStack() as stack:
        children = [  # They come up at the same time.
            stack.enter_context(closing(parent.Child(
                "csto_graph.sandbox.child:checking", {"engine": engine}, what, memory=limits.memory, parts=None,
                libraries=("shifty", "pyshacl", "rdflib"),
            ))) for _ in shared
        ]  # fmt: skip
        for child, (given, kept, form) in zip(children, shared, strict=True):
            clock = monotonic()
            # SHACL-SHACL (SHACL, appendix C) for foreign shapes.
            child.give(given, _ntriples(rules.prepared(kept)), pyshacl_asset("shacl-shacl.ttl") if foreign else b"")
            answer = child.ask({}, what, limits, clock)
            if len(lines) > 2**24:  # bytes; one after the other takes longer, and less memory
                answer = iter([b"".join(answer)])
                child.close()
            answers.append((answer, form))
        # While they are at work:
        data = list(triples)
        results = [*house(data, rules)]
        for answer, form in answers:
            kind, _, body = b"".join(answer).partition(b"\n")
            if kind == b"malformed":
                raise rules.malformed(result[:3] for result in _results(body, rules))
            if kind == b"pattern":
                raise rules.bad_pattern(next(ox.parse(body + b" <a:> <a:> .", ox.RdfFormat.N_TRIPLES)).subject)
            if kind == b"refused":
                raise rules.refused(body.decode("utf-8", "replace"))
            found = _results(re.sub(rb"<urn:x-blank:([^>]+)>", rb"_:\1", body), rules)
            results += [result for result in found if form in (None, result.parameter in _FORM)]
    writer = _FindingWriter(results, data, rules, locate)
    return Report(sorted(map(writer.finding, results), key=_order), tuple(rules.warnings()), rules, data)


_BLANK = re.compile(rb"_:(?:(?<![^\n]_:)(\S+)|(?<= _:)(\S+)(?= \.\n))")  # begins with text, which is found fast
#: The parameters of SHACL that look at a node's own form, not at what is said of it.
_FORM = ("nodeKind", "pattern", "minLength", "maxLength")


def _shared(lines: bytes, rules: Shapes, engine: str) -> Iterator[tuple[bytes, Collection[Any], bool | None]]:
    """What each process gets: statements, the shapes that keep their targets, which results count: those of `_FORM`.

    pyshifty takes a blank node that a query is asked about for any node (SHACL 5.3.1 has it stand for itself): there
    they have names, which are taken back in the report, and what is asked of their form is asked apart.
    """
    # Those that lead to a query: a SPARQL constraint, or a component with validators of its own.
    own = [path for _, one in rules.uses("parameter") for path in rules.objects(one, sh("path"))]
    aimed = {one.subject for one in rules.triples if is_target(one)}
    asking = aimed & rules.leading([sh("sparql"), *own]) if engine == "pyshifty" else set[Any]()
    if aimed - asking or not asking:
        yield lines, aimed - asking, None
    if asking:
        yield _BLANK.sub(lambda found: b"<urn:x-blank:%b>" % (found[1] or found[2]), lines), asking, False
        if formed := asking & rules.leading(map(sh, _FORM)):
            yield lines, formed, True


def _ntriples(triples: Iterable[ox.Triple]) -> bytes:
    return ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""


# --- results ----------------------------------------------------------------------------------------------------------


class Result(NamedTuple):
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
    severity: Any
    component: Any
    shape: Any
    constraint: Any
    messages: tuple[ox.Literal, ...]

    @property
    def parameter(self) -> str:
        """Local name of the parameter that the component of SHACL is named after; 'parameter' of another."""
        name = self.component.value.removeprefix(SH).removesuffix("ConstraintComponent")
        lower = re.sub("^[A-Z]+(?![a-z])|^[A-Z]", lambda found: found[0].lower(), name)  # sparql of SPARQL…
        return lower if name.isalpha() else "parameter"


#: How SHACL calls what a `Result` holds, its messages apart.
_TERMS = (
    "focusNode", "resultPath", "value", "resultSeverity", "sourceConstraintComponent", "sourceShape",
    "sourceConstraint",
)  # fmt: skip


def _results(ntriples: bytes, rules: Shapes) -> Iterator[Result]:
    """The results of a SHACL report (SHACL 3.6), without those that are details of others.

    Each has its path as the shapes have it, its constraint, and the messages that SHACL asks for. Those of a SPARQL
    constraint have its variables filled in (SHACL 5.3.2), languages kept. A variable that is not bound came back as
    ``?name``. IRIs come in angle brackets, which go.
    """
    report: TripleIndex[Any] = TripleIndex(ox.parse(ntriples, format=ox.RdfFormat.N_TRIPLES))
    for _, node in report.pairs(sh("result")):
        focus, path, value, severity, component, shape, _ = (report.one(node, sh(name)) for name in _TERMS)
        if not isinstance(path, ox.NamedNode):
            # A blank node is the path of the shape; a query may bind ?path to anything, and only a path counts.
            path = rules.one(shape, sh("path")) if isinstance(path, ox.BlankNode) else None
        own, constraint, filled = literals(rules.objects(shape, sh("message"))), None, list[ox.Literal]()
        given = (text.value for text in report.objects(node, sh("resultMessage")))
        if marked := next((text for text in given if text.startswith(SEPARATOR)), ""):
            number, *cells = marked[1:].split(SEPARATOR)
            constraint, names = list(rules.constraints.items())[int(number)]
            bound = {
                name: cell[1:-1] if re.fullmatch(r'<[^<>"{}|^`\\\s]*>', cell) else cell
                for name, cell in zip(names, cells, strict=False) if cell.strip("{}") not in (f"?{name}", f"${name}")
            }  # fmt: skip
            for text in literals(rules.objects(constraint, sh("message"))):
                said = re.sub(r"\{[$?](\w+)\}", lambda name: bound.get(name[1], name[0]), text.value)  # noqa: B023
                filled.append(ox.Literal(said, language=text.language))
            if "message" in bound:
                filled = [ox.Literal(bound["message"])]
        if component != sh("SPARQLConstraintComponent"):
            # A shape's own messages go before those of a constraint component (SHACL 2.1.5).
            constraint, filled = None, own or filled
        yield Result(focus, path, value, severity, component, shape, constraint, tuple(filled or own))


# --- the report -------------------------------------------------------------------------------------------------------


class Finding(NamedTuple):
    """One thing that is wrong.

    Attributes:
        severity: violation, warning or info; a severity of the shape's own counts as a violation.
        shape: IRI of the shape that is not met; of one without an IRI, of the shape that it is part of.
        focus: IRI of the thing, ``_:name`` for a blank node, or a literal in quotes.
        path: IRI of the property, a path in SPARQL's syntax, or None where the thing as a whole is meant.
        value: The value at fault, or None.
        component: The constraint component: of SHACL's own the local name, such as ``MinCountConstraintComponent``.
        file: File that describes the thing, or None where it is not known.
        line: Line in that file, counted from 1, or None.
        problems: Language to what is wrong; '' where a text has no language.
        remedies: Language to what to do.
        labels: Language to the label of the shape, or of its path or the class that it is aimed at.
        result: The result, with its messages.
    """

    severity: Level
    shape: str
    focus: str
    path: str | None
    value: Any
    component: str
    file: str | None
    line: int | None
    problems: Mapping[str, str]
    remedies: Mapping[str, str]
    labels: Mapping[str, str]
    result: Result

    def problem(self, language: str = "en") -> str:
        """What is wrong, in a language, or in English, or in another where there are no words in it."""
        return words_of(self.problems, language)

    def remedy(self, language: str = "en") -> str:
        """What to do about it, likewise."""
        return words_of(self.remedies, language)

    def rule(self, language: str = "en") -> str:
        """The label of the shape, likewise; its name where it has none."""
        return words_of(self.labels, language) or curie(self.shape)

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
        warnings: What passes in silence in the shapes, a line each.
    """

    findings: list[Finding]
    warnings: tuple[str, ...]
    _rules: Shapes = field(repr=False)
    _data: list[Any] = field(repr=False)

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def at_least(self, level: Level = "violation") -> list[Finding]:
        """The findings of a level and those that are graver."""
        return [finding for finding in self.findings if LEVELS.index(finding.severity) <= LEVELS.index(level)]

    def conforms(self, level: Level = "violation") -> bool:
        """Whether nothing of this level or graver was found."""
        return not self.at_least(level)

    def raise_if_invalid(self, level: Level = "violation") -> None:
        """Do nothing where the graph conforms.

        Raises:
            InvalidGraph: Something of this level or graver was found; ``.report`` is this report.
        """
        if found := self.at_least(level):
            first = ": ".join(filter(None, (found[0].place, found[0].problem())))
            said = f"Validation found {len(found)} problem{'s' * (len(found) > 1)}; the first: {first}"
            raise InvalidGraph(said, self, hint=found[0].remedy())

    def one_a_fault(self, theirs: Collection[str] = ()) -> None:
        """Leave out what follows from other findings, and what is not for whoever wrote the other files.

        Of a name that nothing describes, or a thing of such a class, one finding is left; of a value that breaks a rule
        of the project's in two ways, too; a claim is not told where the thing that lacks its value has a fault of its
        own, nor that a value that is wrong has no claim. Notes on files of others are left out, and their other
        findings come last.

        Args:
            theirs: The files of others.
        """
        described, claimed, supported = (iri(f"shape:{name}") for name in ("Described", "ClaimedValue", "Supported"))
        unknown = {finding.value for finding in self.findings if finding.shape == described}
        faulty = {finding.result.focus for finding in self.findings if finding.shape not in (described, claimed)}
        wrong = {one.result[:3] for one in self.findings if one.shape != supported}
        causes = ((described, RDF_TYPE, unknown), (claimed, ox.NamedNode(iri("coop:about")), faulty))
        follows = {(shape, one.subject) for shape, name, things in causes if things for one in self._data
                   if one.predicate == name and one.object in things}  # fmt: skip
        kept: dict[tuple[Any, ...], Finding] = {}
        for at, finding in enumerate(sorted(self.findings, key=lambda finding: finding.file in theirs)):
            shape, said = finding.shape, finding.result[:3]
            note = finding.severity == "info" and finding.file in theirs
            doubled = (shape == supported and said in wrong) or (shape != described and not unknown.isdisjoint(said))
            # Of shapes that are not the project's each result stands (SHACL 3.6).
            own = finding.problem() if shape.startswith(BASE) else at
            key = (shape, finding.value) if shape == described else (shape, *said, own)
            if not (note or doubled or key[:2] in follows):
                kept.setdefault(key, finding)
        self.findings = list(kept.values())

    def counts(self) -> dict[str, int]:
        """Number of findings per severity."""
        return {level: sum(finding.severity == level for finding in self.findings) for level in LEVELS}

    def to_text(self, language: str = "en") -> str:
        """Lines for people, grouped by shape, each with its place, what is wrong and what to do."""
        if not self.findings:
            return word("fine", language) + "\n"
        groups = grouped(((finding.severity, finding.shape), finding) for finding in self.findings)
        lines = []
        for (level, shape), findings in groups.items():
            title = findings[0].rule(language) + f" ({curie(shape)})" * bool(findings[0].labels)
            lines.append(f"{word(level, language)}: {title}, {len(findings)}")
            for finding in findings:
                told, who = finding.problem(language), show(finding.result.focus)
                # A message may leave out whom it is about.
                lines.append("  " + ": ".join(filter(None, (finding.place, "" if who in told else who, told))))
                lines += [f"    {finding.remedy(language)}"] if finding.remedy(language) else []
        total = (f"{word(level, language)}: {count}" for level, count in self.counts().items() if count)
        return "\n".join([*lines, ", ".join(total)]) + "\n"

    def to_json(self) -> str:
        """The report as JSON: ``{"format": "csto-graph/report/1", "conforms", "counts", "warnings", "findings": […]}``.

        Each finding has severity, shape, focus, path, value (text, or null), component, file, line (or null), and
        message and remedy per language. IRIs are written in full.
        """

        def text(value: Any) -> str | None:
            return str(value) if isinstance(value, ox.BlankNode) else value and getattr(value, "value", "")

        keys = (*Finding._fields[:8], "message", "remedy")
        findings = [{**dict(zip(keys, one, strict=False)), "value": text(one.value)} for one in self.findings]
        return to_json({
            "format": "csto-graph/report/1", "conforms": self.conforms(), "counts": self.counts(),
            "warnings": list(self.warnings), "findings": findings,
        })  # fmt: skip

    def to_sarif(self, language: str = "en") -> str:
        """The report as SARIF 2.1.0, with a rule for each shape that is not met."""
        from urllib.parse import quote

        rules, results = dict[str, str](), list[Any]()
        for finding in self.findings:
            rules[name := curie(finding.shape)] = finding.rule(language)
            place: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": finding.focus}]}
            if finding.file is not None:
                region = {} if finding.line is None else {"region": {"startLine": finding.line}}
                file = {"uri": quote(finding.file.replace("\\", "/"))}
                place["physicalLocation"] = {"artifactLocation": file, **region}
            results.append({
                "ruleId": name, "level": _SARIF_LEVELS[finding.severity],
                "message": {"text": finding.message(language)}, "locations": [place],
            })  # fmt: skip
        told = [{"id": name, "shortDescription": {"text": title}} for name, title in rules.items()]
        driver = {"name": "csto-graph", "informationUri": BASE, "rules": told}
        run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        schema = "https://json.schemastore.org/sarif-2.1.0.json"
        return to_json({"$schema": schema, "version": "2.1.0", "runs": [run]})

    def to_turtle(self) -> str:
        """The report as a SHACL validation report (SHACL 3.6) in Turtle."""
        from ..rdf import turtle

        root, triples = f"{BASE}report", list[ox.Triple]()
        for number, result in enumerate((finding.result for finding in self.findings), 1):
            # A complex path is written out in each result (SHACL 3.6.2.2).
            path = self._rules.path_statements(result.path) if isinstance(result.path, ox.BlankNode) else []
            own = {term: ox.BlankNode(f"{term.value}x{number}") for one in path for term in one
                   if isinstance(term, ox.BlankNode)}  # fmt: skip
            given = ((name, value) for name, value in zip(_TERMS, result, strict=False) if value is not None)
            said: dict[str, Any] = {f"sh:{name}": [own.get(value, value)] for name, value in given}
            said |= {"rdf:type": ["sh:ValidationResult"], "sh:resultMessage": result.messages}
            triples += described(f"{root}/{number}", said)
            triples += [ox.Triple(*(own.get(term, term) for term in one)) for one in path]
        whole: dict[str, Any] = {"rdf:type": ["sh:ValidationReport"], "sh:conforms": [ox.Literal(not self.findings)]}
        whole["sh:result"] = [f"{root}/{number}" for number in range(1, len(self) + 1)]
        return turtle.write([*described(root, whole), *triples])


def _order(finding: Finding) -> tuple[object, ...]:
    place = (finding.file is None, natural(finding.file or ""), finding.line or 0)
    parts = (finding.focus, finding.shape, finding.path or "", str(finding.value or ""), finding.component)
    return (LEVELS.index(finding.severity), *place, *(natural(part) for part in parts), finding.message())


# --- words ------------------------------------------------------------------------------------------------------------


class _FindingWriter:
    """Puts results into words.

    Args:
        results: All that is to be told.
        data: The statements that were checked.
        rules: The shapes.
        locate: As in `validate`.
    """

    def __init__(self, results: Sequence[Result], data: Sequence[Any], rules: Shapes, locate: Locate) -> None:
        self._data, self._rules, self._locate = data, rules, locate
        wanted = {*(term for one in results for term in one[:3]), *(triple.object for triple in rules.triples)}
        self._index: TripleIndex[Any] = TripleIndex(triple for triple in data if triple.subject in wanted)

    @cached_property
    def _uses(self) -> Mapping[Any, list[tuple[Any, Any]]]:
        """Term to subject and property of each statement that has it as property or value."""
        return grouped((term, (subject, name)) for subject, name, value, *_ in self._data for term in (name, value))

    def finding(self, result: Result) -> Finding:
        """A result with its place and its words: those of the shape, or else a default in each language."""
        rules, path = self._rules, result.path
        problems, remedies, messages = dict[str, str](), dict[str, str](), list[ox.Literal]()
        for language, problem, remedy in self._told(result):
            problems[language] = f"{problems.get(language, '')} {problem}".strip()
            remedies[language] = f"{remedies.get(language, '')} {remedy}".strip()
            messages.append(ox.Literal(f"{problem} {remedy}".strip(), language=language or None))
        places = [(result.focus, path)]
        if isinstance(result.value, ox.NamedNode) and rules.objects(result.shape, sh("targetNode")):
            # A rule on the graph as a whole means its value: where that is described, or used.
            places = [(result.value, None), *self._uses.get(result.value, ())]
        found = (
            self._locate(thing.value, name.value if isinstance(name, ox.NamedNode) else None)
            for thing, name in places if isinstance(thing, ox.NamedNode)
        )  # fmt: skip
        file, line = next(filter(None, found), (None, None))
        # The labels of the shape; of one without, those of its path or of the class that it is aimed at.
        owner = rules.owner(result.shape)
        meant = [value for name in ("path", "targetClass") for value in rules.objects(owner, sh(name))]
        others = (self._index.objects(term, label) for term in meant for label in LABELS)
        labels = literals(rules.objects(owner, LABELS[1]) or next(filter(None, others), []))
        shape, focus = (one.value if isinstance(one, ox.NamedNode) else str(one) for one in (owner, result.focus))
        return Finding(
            next((level for level in LEVELS if result.severity == sh(level.capitalize())), "violation"),
            shape, focus, path.value if isinstance(path, ox.NamedNode) else path and rules.path_text(path),
            result.value, result.component.value.removeprefix(SH), file, line, problems, remedies,
            {text.language or "en": text.value for text in labels},
            result._replace(messages=tuple(messages)),
        )  # fmt: skip

    def _told(self, result: Result) -> Iterator[tuple[str, str, str]]:
        """Language, what is wrong and what to do, for each message."""
        rules, messages, where = self._rules, result.messages, ""
        if not messages:
            values = rules.objects(result.shape, sh(result.parameter)) if result.parameter != "sparql" else []
            constraint = f"sh:{result.parameter} {self._listed(values, '', 1)}" if values else show(result.component)
            where, findings = f" ({show(rules.owner(result.shape))}, {constraint})", table("findings")
            defaults = findings.get(result.parameter, findings["other"])
            messages = tuple(texts(dict(zip(("en", "ru"), defaults, strict=True))))
        for message in messages:
            # A message that is not the project's is one text, as it is written.
            language, problem, remedy = message.language or "", message.value, ""
            use = ox.Triple(result.shape, sh("message"), message)
            if where or (use not in rules.outside and message in rules.objects(result.shape, sh("message"))):
                problem, _, remedy = problem.partition(". ")
                problem = f"{self._fill(problem.removesuffix('.'), result, language)}{where}."
            yield language, problem, self._fill(remedy, result, language)

    def _fill(self, template: str, result: Result, language: str) -> str:
        """A text of the project's with its placeholders filled in."""
        rules, parameter = self._rules, result.parameter
        value = result.focus if result.value is None else result.value

        def said(match: re.Match[str]) -> str:
            name = other = match[1]
            if name in ("limit", "qualifiedValueShape"):
                return self._listed(rules.objects(result.shape, sh(name.replace("limit", parameter))), language)
            if name == "focus":
                return self._name(result.focus, language)
            if name == "path":
                found, other = result.path and rules.path_text(result.path), "itself"
            elif name == "nearest":
                found = self._nearest(result)
            elif result.value is None and parameter in _COUNTED:
                values = sorted(dict.fromkeys(self._index.objects(result.focus, result.path)), key=str)
                if parameter == "uniqueLang":
                    tags = Counter(getattr(value, "language", None) for value in values)
                    values = [value for value in values if value.language and tags[value.language] > 1]
                found = ", ".join(self._name(value, language) for value in values[:6]) + ", …" * (len(values) > 6)
                # Where a complex path leads is not sought again.
                none = isinstance(result.path, ox.NamedNode) or rules.one(result.shape, sh(parameter)) == ox.Literal(1)
                other = "several" if "min" not in parameter.lower() else "nothing" if none else "fewer"
            else:
                typed = parameter == "datatype" and isinstance(value, ox.Literal)
                found = self._name(value, language) + (f" ({show(value.datatype)})" if typed else "")
            return found or table("findings")[f"value-{other}"][language == "ru"]

        return re.sub(r"\{(focus|path|value|nearest|limit|qualifiedValueShape)\}", said, template)

    def _listed(self, values: Sequence[Any], language: str, deep: int = 3) -> str:
        """Values of a parameter: names, and what a list or a shape without an IRI consists of."""
        parts = []
        for value in values[:6]:
            if isinstance(value, ox.BlankNode) or value == RDF_NIL:
                parts.append(f"({self._inside(value, language, deep - 1) if deep else '…'})")
            else:
                figure = isinstance(value, ox.Literal) and value.datatype not in _PLAIN
                parts.append(value.value if figure else self._name(value, language))
        return ", ".join(parts) + ", …" * (len(values) > 6)

    def _inside(self, node: Any, language: str, deep: int) -> str:
        """The members of a list, or what a shape without an IRI says, its path first."""
        if members := self._rules.members(node):
            return self._listed(members, language, deep)
        said = sorted(self._rules.about(node).items(), key=lambda one: (one[0] != sh("path"), str(one[0])))
        asked = (f"{show(name)} {self._listed(values, language, deep)}" for name, values in said if name not in _ASIDE)
        return "; ".join(asked)

    def _name(self, term: Any, language: str) -> str:
        """A term for people, with its label where it has one in the language."""
        for label in LABELS if language else ():
            own = (text.value for text in literals(self._index.objects(term, label)) if text.language == language)
            if found := min(own, default=""):
                return f"{excerpt(found, MOST)} ({show(term)})"
        return show(term)

    def _nearest(self, result: Result) -> str:
        """The name most like the wrong one: of the properties that a closed shape allows, or of things of its kind."""
        closed = result.parameter == "closed"
        wrong = result.path if closed else result.value
        if not isinstance(wrong, ox.NamedNode):
            return ""
        prefix, _, local = show(wrong).rpartition(":")
        heads = self._rules.objects(result.shape, sh("ignoredProperties")) if closed else []
        allowed = [show(one) for head in heads for one in self._rules.members(head)]
        names = allowed if closed else [name for name in self._names if name.startswith(f"{prefix}:")]
        # Prefixes are alike; what was misspelt is the local name. The nearest is sought among the first 5,000.
        known = {name.rpartition(":")[2]: name for name in names}
        found = near(local, [one for one in known if one != local][:5_000])
        return known[found[0]] if found else ""

    @cached_property
    def _names(self) -> list[str]:
        """The names of the things that are described."""
        return sorted({show(one.subject) for one in self._data if isinstance(one.subject, ox.NamedNode)})
