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
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import pyoxigraph as ox

from .. import words
from ..errors import UnknownName
from ..loading.inputs import Locate
from ..names import curie, iri, natural
from ..rdf.terms import TripleIndex
from ..sandbox import parent
from ..store.engine import Limits
from .report import LEVELS, Finding, Level, Report, Result, level_of
from .shapes import LABELS, SEPARATOR, SH, Shapes, pyshacl_asset, sh, short, show

EngineName: TypeAlias = Literal["pyshifty", "pyshacl"]
ENGINES: tuple[EngineName, ...] = ("pyshifty", "pyshacl")

_PLACEHOLDER = re.compile(r"\{(focus|path|value|nearest|limit|qualified)\}")
_VARIABLE = re.compile(r"\{[$?](\w+)\}")
_COUNTED = ("MinCount", "MaxCount", "QualifiedMinCount", "QualifiedMaxCount", "UniqueLang", "HasValue")


def validate(
    triples: Iterable[ox.Triple | ox.Quad],
    shapes: Iterable[ox.Triple],
    *,
    locate: Locate,
    engine: str = "pyshifty",
    foreign: Mapping[str, Sequence[ox.Triple]] = MappingProxyType({}),
    limits: Limits | None = None,
) -> Report:
    """Check statements against shapes.

    Args:
        triples: The whole graph to look at: ontology, data, claims and what was derived from them.
        shapes: The shapes, as statements.
        locate: Gives file and line of a thing, or of one of its properties, by their IRIs; None where not known.
        engine: One of `ENGINES`.
        foreign: Name of a file to those of the shapes that come from it and not from the project.
        limits: Time and memory; by default what a graph of this size may take.

    Raises:
        InputError: The shapes are malformed, or the engine refuses them; with the shape, file and line.
        LimitReached: Time or memory ran out, or the engine crashed.
        UnknownName: There is no such engine.
    """
    if engine not in ENGINES:
        raise UnknownName("SHACL engine", engine, hint=f"Engines: {', '.join(ENGINES)}.")
    rules = Shapes(shapes, foreign)
    rules.refuse()
    data = [triple.triple if isinstance(triple, ox.Quad) else triple for triple in triples]
    lines = _ntriples(data)
    kind, _, answer = parent.call(
        "csto_graph.sandbox.shacl:checking", lines, _ntriples(rules.prepared()),
        _shapes_of_shapes() if foreign else b"", _ntriples(rules.patterns()),
        limits=limits or _grown(engine, len(lines)), what="The validation",
        libraries=("shifty", "pyshacl", "rdflib"), engine=engine,
    ).partition(b"\n")  # fmt: skip
    if kind == b"malformed":
        raise rules.malformed((result.focus, result.path, result.value) for result in read_report(answer))
    if kind == b"pattern":
        raise rules.bad_pattern(_term(answer.decode()))
    if kind == b"refused":
        raise rules.refused(answer.decode("utf-8", "replace"))
    results = [_completed(result, rules) for result in read_report(answer)]
    writer = _Writer(results, data, rules, locate)
    findings = sorted((writer.finding(result) for result in results), key=_order)
    complex_paths = {result.path for result in results if isinstance(result.path, ox.BlankNode)}
    paths = {path: rules.path_statements(path) for path in complex_paths}
    return Report(findings, {shape.value: writer.rule(shape) for shape in rules.named}, tuple(rules.warnings()), paths)


def _ntriples(triples: Iterable[ox.Triple]) -> bytes:
    return ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""


@cache
def _shapes_of_shapes() -> bytes:
    """SHACL-SHACL (SHACL, appendix C)."""
    return _ntriples(quad.triple for quad in ox.parse(pyshacl_asset("shacl-shacl.ttl"), format=ox.RdfFormat.TURTLE))


def _grown(engine: str, size: int) -> Limits:
    """What so many bytes of statements may take on the slowest machine."""
    mebibyte = 2**20
    each, least = (120, 300) if engine == "pyshacl" else (3, 30)
    return Limits(
        seconds=least + each * size / mebibyte, memory=2**30 + 32 * size, answer=256 * mebibyte + 16 * size
    )  # fmt: skip


def _term(text: str) -> Any:
    return ox.BlankNode(text[2:]) if text.startswith("_:") else ox.NamedNode(text.strip("<>"))


def read_report(ntriples: bytes) -> Iterator[Result]:
    """The results of a SHACL report (SHACL 3.6), without those that are details of others."""
    about: dict[Any, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for quad in ox.parse(ntriples, format=ox.RdfFormat.N_TRIPLES):
        about[quad.subject][quad.predicate.value.removeprefix(SH)].append(quad.object)
    for node in [node for said in list(about.values()) for node in said.get("result", ())]:
        said = about[node]
        path, value, constraint = (
            next(iter(said.get(name, ())), None) for name in ("resultPath", "value", "sourceConstraint")
        )
        yield Result(
            focus=said["focusNode"][0], path=path, value=value, severity=said["resultSeverity"][0],
            component=said["sourceConstraintComponent"][0], shape=said["sourceShape"][0], constraint=constraint,
            messages=tuple(said.get("resultMessage", ())),
        )  # fmt: skip


# --- the report completed ---------------------------------------------------------------------------------------------


def _completed(result: Result, rules: Shapes) -> Result:
    """A result with its path as the shapes have it, its constraint, and the messages that SHACL asks for."""
    path = result.path
    if not isinstance(path, ox.NamedNode):
        # A blank node is the path of the shape; a query may bind ?path to anything, and only a path counts.
        path = rules.one(result.shape, sh("path")) if isinstance(path, ox.BlankNode) else None
    own = tuple(text for text in rules.objects(result.shape, sh("message")) if isinstance(text, ox.Literal))
    constraint: Any = None
    filled: tuple[ox.Literal, ...] = ()
    for message in result.messages:
        if message.value.startswith(SEPARATOR):
            number, *cells = message.value[1:].split(SEPARATOR)
            constraint, names = rules.constraints[int(number)]
            filled = _filled(rules.objects(constraint, sh("message")), dict(zip(names, cells, strict=False)))
    if result.component != sh("SPARQLConstraintComponent"):
        # A shape's own messages go before those of a constraint component (SHACL 2.1.5).
        return replace(result, path=path, constraint=None, messages=own or filled)
    return replace(result, path=path, constraint=constraint, messages=filled or own)


def _filled(templates: Iterable[Any], cells: Mapping[str, str]) -> tuple[ox.Literal, ...]:
    """Messages of a SPARQL constraint with its variables filled in (SHACL 5.3.2), languages kept.

    A variable that is not bound came back as ``?name``. IRIs come in angle brackets, which go.
    """
    bound = {
        name: cell[1:-1] if re.fullmatch(r'<[^<>"{}|^`\\\s]*>', cell) else cell
        for name, cell in cells.items() if cell not in (f"?{name}", f"${name}", f"{{?{name}}}", f"{{${name}}}")
    }  # fmt: skip
    if "message" in bound:
        return (ox.Literal(bound["message"]),)
    return tuple(
        ox.Literal(_VARIABLE.sub(lambda name: bound.get(name[1], name[0]), text.value), language=text.language)
        for text in templates if isinstance(text, ox.Literal)
    )  # fmt: skip


def _order(finding: Finding) -> tuple[object, ...]:
    place = (finding.file is None, natural(finding.file or ""), finding.line or 0)
    parts = (finding.focus, finding.shape, finding.path or "", str(finding.value or ""), finding.component)
    return (LEVELS.index(finding.severity), *place, *(natural(part) for part in parts))


# --- words ------------------------------------------------------------------------------------------------------------


class _Writer:
    """Puts results into words.

    Args:
        results: All that is to be told.
        data: The statements that were checked.
        rules: The shapes.
        locate: As in `validate`.
    """

    def __init__(self, results: Sequence[Result], data: Sequence[ox.Triple], rules: Shapes, locate: Locate) -> None:
        self._data, self._rules, self._locate = data, rules, locate
        wanted = {term for one in results for term in (one.focus, one.value, one.path) if term is not None}
        wanted |= {triple.object for triple in rules.triples if isinstance(triple.object, ox.NamedNode)}
        misused = {one.value for one in results if isinstance(one.value, ox.NamedNode) and self._is_whole(one)}
        self._index: TripleIndex[Any] = TripleIndex()
        self._uses: dict[Any, list[ox.Triple]] = defaultdict(list)
        for triple in data:
            if triple.subject in wanted:
                self._index.add(*triple)
            for term in misused.intersection((triple.predicate, triple.object)) if misused else ():
                self._uses[term].append(triple)

    def _is_whole(self, result: Result) -> bool:
        """Whether a rule is on the graph as a whole: its focus is the ontology then, and its value what is meant."""
        return bool(self._rules.objects(result.shape, sh("targetNode")))

    def rule(self, shape: ox.NamedNode) -> tuple[Level, dict[str, str]]:
        """Severity and labels of a shape; of one without a label, those of its path or of the class it is aimed at."""
        meant = [value for name in ("path", "targetClass") for value in self._rules.objects(shape, sh(name))]
        texts = self._rules.objects(shape, LABELS[1]) or next(
            filter(None, (self._index.objects(term, label) for term in meant for label in LABELS)), []
        )
        labels = {text.language or "en": text.value for text in texts if isinstance(text, ox.Literal)}
        return level_of(self._rules.one(shape, sh("severity"))), labels

    def finding(self, result: Result) -> Finding:
        """A result with its place and its words: those of the shape, or else a default in each language."""
        owner, path = self._rules.owner(result.shape), None
        if result.path is not None:
            path = result.path.value if isinstance(result.path, ox.NamedNode) else self._rules.path_text(result.path)
        told = [self._told(message, result) for message in result.messages] or self._default(result)
        problems: dict[str, str] = {}
        remedies: dict[str, str] = {}
        for language, problem, remedy in told:
            problems[language] = f"{problems.get(language, '')} {problem}".strip()
            remedies[language] = f"{remedies.get(language, '')} {remedy}".strip()
        messages = tuple(
            ox.Literal(f"{problem} {remedy}".strip(), language=language or None) for language, problem, remedy in told
        )
        shape = owner.value if isinstance(owner, ox.NamedNode) else str(owner)
        file, line = self._place(result) or (None, None)
        return Finding(replace(result, messages=messages), shape, path, file, line, problems, remedies)

    def _told(self, message: ox.Literal, result: Result) -> tuple[str, str, str]:
        """Language, what is wrong and what to do; a message that is not the project's is one text, as it is written."""
        use = ox.Triple(result.shape, sh("message"), message)
        if use in self._rules.outside or message not in self._rules.objects(result.shape, sh("message")):
            return message.language or "", message.value, ""
        problem, _, remedy = message.value.partition(". ")
        language = message.language or ""
        problem = self._fill(problem.removesuffix(".") + ".", result, language)
        return language, problem, self._fill(remedy, result, language)

    def _default(self, result: Result) -> list[tuple[str, str, str]]:
        """What a shape without a message says, in each language, with the shape and the constraint."""
        component = result.component.value.removeprefix(SH).removesuffix("ConstraintComponent")
        texts = words.table("findings").get(component) or words.table("findings")["other"]
        where = f"{show(self._rules.owner(result.shape))}, {self._constraint(result, component)}"
        told = []
        for language, text in zip(("en", "ru"), texts, strict=True):
            problem, _, remedy = text.partition(". ")
            problem, remedy = (self._fill(part, result, language) for part in (problem, remedy))
            told.append((language, f"{problem} ({where}).", remedy))
        return told

    def _constraint(self, result: Result, component: str) -> str:
        """The parameter of a constraint as the shape states it, else the component."""
        values = self._rules.objects(result.shape, sh(_parameter(component)))
        if not values or component == "SPARQL":
            return show(result.component)
        return f"sh:{_parameter(component)} {', '.join(self._described(value, '') for value in values[:4])}"

    def _place(self, result: Result) -> tuple[str, int] | None:
        """Where the thing stands; of a rule on the whole graph, where the value is described, or used."""
        if self._is_whole(result) and isinstance(result.value, ox.NamedNode):
            uses = (self._located(use.subject, use.predicate) for use in self._uses[result.value])
            return self._located(result.value, None) or next(filter(None, uses), None)
        return self._located(result.focus, result.path)

    def _located(self, thing: Any, path: Any) -> tuple[str, int] | None:
        named = path.value if isinstance(path, ox.NamedNode) else None
        return self._locate(thing.value, named) if isinstance(thing, ox.NamedNode) else None

    # -- what placeholders stand for

    def _fill(self, template: str, result: Result, language: str) -> str:
        component = result.component.value.removeprefix(SH).removesuffix("ConstraintComponent")

        def other(name: str) -> str:
            return words.table("findings")[f"value-{name}"][language == "ru"]

        def word(match: re.Match[str]) -> str:
            name = match[1]
            if name == "focus":
                return self._name(result.focus, language)
            if name == "path":
                if result.path is None:
                    return other("itself")
                named = isinstance(result.path, ox.NamedNode)
                return curie(result.path.value) if named else self._rules.path_text(result.path)
            if name == "value":
                none = other("several" if "Max" in component else "nothing")
                return self._value(result, component, language) or none
            if name == "nearest":
                return self._nearest(result, component) or other("nearest")
            parameter = "qualifiedValueShape" if name == "qualified" else _parameter(component)
            values = self._rules.objects(result.shape, sh(parameter))
            return ", ".join(self._described(value, language) for value in values[:4])

        return _PLACEHOLDER.sub(word, template)

    def _value(self, result: Result, component: str, language: str) -> str:
        """The value at fault; of a number of values those that there are."""
        if component not in _COUNTED or result.value is not None:
            return self._name(result.focus if result.value is None else result.value, language)
        said = self._index.objects(result.focus, result.path)
        return ", ".join(self._name(value, language) for value in sorted(dict.fromkeys(said), key=str)[:4])

    def _described(self, value: Any, language: str, deep: bool = True) -> str:
        """The value of a parameter: a name, the members of a list, what a shape without an IRI asks for."""
        if isinstance(value, ox.Literal) and not value.language and value.datatype.value != iri("xsd:string"):
            return value.value
        if not isinstance(value, ox.BlankNode):
            return self._name(value, language)
        if members := self._rules.members(value):
            shown = ", ".join(self._described(one, language, deep) for one in members[:6])
            return f"({shown}{', …' if len(members) > 6 else ''})"
        said = [(name, one) for name, values in self._rules.index.about(value).items() for one in values]
        if len(said) == 1 and said[0][0] == sh("class"):
            return self._name(said[0][1], language)
        parts = [f"{show(name)} {self._described(one, language, False)}" for name, one in said if deep]
        return f"[{' ; '.join(parts) or '…'}]"

    def _name(self, term: Any, language: str) -> str:
        """A term for people, with its label where it has one in the language."""
        for label in LABELS if language else ():
            texts = [text for text in self._index.objects(term, label) if isinstance(text, ox.Literal)]
            found = min((text.value for text in texts if text.language == language), default="")
            if found:
                return f"{short(found)} ({show(term)})"
        return show(term)

    def _nearest(self, result: Result, component: str) -> str:
        """The name most like the wrong one: of the properties that a closed shape allows, or of all things."""
        from difflib import get_close_matches

        if component == "Closed":
            ignored = (self._rules.members(head) for head in self._rules.objects(result.shape, sh("ignoredProperties")))
            # Prefixes are alike; what was misspelt is the local name.
            allowed = {show(one).rpartition(":")[2]: show(one) for heads in ignored for one in heads}
            wrong = show(result.path).rpartition(":")[2]
            return next((allowed[local] for local in get_close_matches(wrong, allowed, 1)), "")
        return self._names.near(show(result.value)) if isinstance(result.value, ox.NamedNode) else ""

    @cached_property
    def _names(self) -> _Names:
        subjects = dict.fromkeys(triple.subject for triple in self._data)
        return _Names(show(thing) for thing in subjects if isinstance(thing, ox.NamedNode))


def _parameter(component: str) -> str:
    """The parameter that a component of SHACL is named after.

    >>> _parameter("MinCount")
    'minCount'
    """
    return component[:1].lower() + component[1:] if component.isalpha() else "parameter"


class _Names:
    """Finds a name that is written much like another one."""

    def __init__(self, names: Iterable[str]) -> None:
        self._having: dict[str, list[str]] = defaultdict(list)
        self._known: dict[str, str] = {}
        for name in sorted(names):
            for piece in _pieces(name):
                self._having[piece].append(name)

    def near(self, wrong: str) -> str:
        """The nearest other name, or '' where none is near.

        Only names that share most pieces are compared, and of the pieces only the rarest are asked: a comparison
        takes long, and a large graph has names without number.
        """
        from difflib import get_close_matches

        if wrong not in self._known:
            rare = sorted(_pieces(wrong), key=lambda piece: (len(self._having.get(piece, ())), piece))
            shared = Counter(name for piece in rare[:10] for name in self._having.get(piece, ()) if name != wrong)
            best = sorted(shared, key=lambda name: (-shared[name], name))[:100]
            self._known[wrong] = next(iter(get_close_matches(wrong, best, 1, 0.8)), "")
        return self._known[wrong]


def _pieces(name: str) -> set[str]:
    return {name[at : at + 3] for at in range(len(name) - 2)}
