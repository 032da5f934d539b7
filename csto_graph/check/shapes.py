"""Shapes as statements: what they say of themselves, where they stand in files, and what is wrong with them.

SHACL passes over what it does not know, and the engines over some that is malformed. What nobody meant is told here: an
error (`Shapes.refuse`, `Shapes.malformed`) where a shape cannot be used, a warning (`Shapes.warnings`) where a part of
it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from ..errors import InputError, meant
from ..loading.inputs import locator
from ..loading.view import GraphView
from ..names import PREFIXES, curie, excerpt, iri, near, words_of
from ..rdf.terms import RDF_FIRST, RDF_REST, RDF_TYPE, TripleIndex, as_iri, list_members, reached, tokens

SH = PREFIXES["sh"]
LABELS = tuple(NamedNode(iri(name)) for name in ("skos:prefLabel", "rdfs:label"))
#: So many characters of a text are shown.
MOST = 80
#: Stands between the parts of the messages that engines are given.
SEPARATOR = "\x1f"

_PATH_FORMS = {"inversePath": "^{}", "zeroOrMorePath": "{}*", "oneOrMorePath": "{}+", "zeroOrOnePath": "{}?"}
#: Terms, most of the SHACL Advanced Features and of SHACL-JS, that no engine here evaluates, with what they are.
_NOT_RUN = {
    "js": "scripts", "jsLibrary": "scripts", "rule": "rules",
    "target": "SPARQL targets", "expression": "expressions", "entailment": "regimes of entailment",
}  # fmt: skip


def sh(name: str) -> NamedNode:
    """A term of SHACL.

    >>> sh("path").value
    'http://www.w3.org/ns/shacl#path'
    """
    return NamedNode(SH + name)


#: What a complex path consists of; a list is a sequence.
_PATHS = (*map(sh, (*_PATH_FORMS, "alternativePath")), RDF_FIRST, RDF_REST)
_TARGETS = frozenset(map(sh, ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")))
_CLASSES = frozenset(NamedNode(iri(name)) for name in ("rdfs:Class", "owl:Class"))


def is_target(triple: Triple) -> bool:
    """Whether a statement gives a shape a target; a class that is one is aimed at its things (SHACL 2.1.3.3)."""
    return triple.predicate in _TARGETS or (triple.predicate == RDF_TYPE and triple.object in _CLASSES)


def show(term: Any) -> str:
    """A term for people: a CURIE, the text of a literal in quotes, ``_:name``.

    >>> show(sh("path")), show(Literal("a\\n", language="en"))
    ('sh:path', "'a↵'@en")
    """
    if isinstance(term, Literal):
        return f"'{excerpt(term.value, MOST)}'" + (f"@{term.language}" if term.language else "")
    return curie(term.value) if isinstance(term, NamedNode) else str(term)


def literals(terms: Iterable[Any]) -> list[Literal]:
    """Those of some terms that are literals."""
    return [term for term in terms if isinstance(term, Literal)]


class Shapes(TripleIndex[Any]):
    """The shapes graph, as an index.

    Args:
        triples: All shapes.
        foreign: Name of a file to those of the statements that come from it and not from the project.

    Attributes:
        triples: All shapes, each statement once.
        outside: Those that are not the project's, to their file.
    """

    def __init__(self, triples: Iterable[Triple], foreign: Mapping[str, Sequence[Triple]] | None = None) -> None:
        given = dict.fromkeys(triples)
        lists = {triple.subject for triple in given if triple.predicate == RDF_FIRST}
        # A list is a sequence path, whatever else it may say.
        self.triples = [one for one in given if one.subject not in lists or one.predicate not in _PATHS[:-2]]
        self.outside = {triple: file for file, given in (foreign or {}).items() for triple in given}
        super().__init__(self.triples)
        self._users: TripleIndex[Any] = TripleIndex((one.object, None, one.subject) for one in self.triples)
        self._files = {triple.subject: file for triple, file in self.outside.items()}
        self._locate = locator(list(foreign or ()))

    # -- what stands in them

    def uses(self, name: str) -> list[tuple[Any, Any]]:
        """Subject and value of each statement with a property of SHACL, by its local name."""
        return list(self.pairs(sh(name)))

    def members(self, head: Any) -> list[Any]:
        """The members of a list; none of what is no list."""
        return list_members(self.objects, head)

    def path_text(self, node: Any, bound: int = 0) -> str:
        """A property path in SPARQL's syntax, with CURIEs (SHACL 2.3.1).

        Args:
            node: The path.
            bound: How close what stands around it binds: 0 for nothing and ``|``, 1 for ``/``, 2 for ``^ * + ?``.
        """
        if isinstance(node, NamedNode):
            return curie(node.value)
        for name, form in _PATH_FORMS.items():
            if (step := self.one(node, sh(name))) is not None:
                text = form.format(self.path_text(step, 2))
                return f"({text})" if bound == 2 else text
        choice = self.one(node, sh("alternativePath"))
        steps = [self.path_text(step, int(choice is None)) for step in self.members(choice or node)]
        text = ("|" if choice else "/").join(steps)
        return f"({text})" if bound else text

    def path_statements(self, node: Any) -> list[Triple]:
        """The statements that a complex path consists of, and no others about its blank nodes."""
        steps = reached([node], lambda here: (step for name in _PATHS for step in self.objects(here, name)))
        return [Triple(here, name, step) for here in steps for name in _PATHS for step in self.objects(here, name)]

    def _wholes(self, parts: Iterable[Any]) -> Iterator[Any]:
        """Some nodes, those that they are part of, those that these are part of in turn."""
        return reached(parts, lambda part: sorted(self._users.objects(part, None), key=str))

    def owner(self, node: Any) -> Any:
        """The node, or where it has no IRI the nearest one with an IRI that it is part of; itself if there is none."""
        return next((whole for whole in self._wholes([node]) if isinstance(whole, NamedNode)), node)

    def leading(self, names: Iterable[NamedNode]) -> set[Any]:
        """The nodes that have one of some properties, and all that lead to one of these."""
        return set(self._wholes(node for name in names for node, _ in self.pairs(name)))

    def told(self, view: GraphView, name: str, language: str) -> dict[str, Any]:
        """What people read of a shape (an IRI) beside its statements.

        Returns:
            ``shape``, with its label or that of what it is about; ``message``, or else the ``definition`` of that; a
            thing that it checks, or that a shape checks of which it is a part, as ``example``.
        """
        node, match = NamedNode(name), view.engine().match
        about = [one.value for key in ("path", "targetClass") for one in self.objects(node, sh(key))
                 if isinstance(one, NamedNode)]  # fmt: skip

        def text(values: Iterable[Any]) -> str:
            return words_of({one.language or "": one.value for one in literals(values)}, language)

        checked = (
            quad.subject.value for one in (node, *self.subjects(sh("property"), node))
            for key, type in (("targetClass", RDF_TYPE), ("targetSubjectsOf", None))
            for of in self.objects(one, sh(key)) for quad in match(None, type or of, type and of)
            if isinstance(quad.subject, NamedNode)
        )  # fmt: skip
        label = text(self.objects(node, LABELS[1])) or next((view.label(one, language) for one in about), curie(name))
        defined = (view.text(one, "skos:definition", language) for one in about)
        return {
            "shape": {"iri": name, "curie": curie(name), "label": label},
            "message": text(self.objects(node, sh("message"))), "definition": next(filter(None, defined), ""),
            "example": next((view.reference(one, language) for one in checked), None),
        }  # fmt: skip

    def listed(self, view: GraphView, language: str) -> list[dict[str, Any]]:
        """The shapes that have names, as `told` gives them, by their labels."""
        names = {one.subject.value for one in self.triples if isinstance(one.subject, NamedNode)
                 and one.predicate.value.startswith(SH) and one.predicate != sh("declare")}  # fmt: skip
        told = (self.told(view, name, language) for name in sorted(names))
        return sorted(told, key=lambda one: str(one["shape"]["label"]))

    # -- where it stands

    def place(self, node: Any) -> tuple[str, int | None]:
        """File and line (None where not known) of a node of foreign shapes, or of the nearest one with an IRI."""
        owner = self.owner(node)
        file = self._files.get(node) or self._files.get(owner) or next(iter(self.outside.values()), "")
        return (isinstance(owner, NamedNode) and self._locate(owner.value, None)) or (file, None)

    def _error(self, node: Any, said: str, more: str, hint: str = "") -> InputError:
        """An error with file and line about a node, whose name stands between what is said and more."""
        owner, (file, line) = self.owner(node), self.place(node)
        name = show(owner) if isinstance(owner, NamedNode) else "a shape without an IRI"
        return InputError(said + name + more, path=file, line=line, hint=hint)

    # -- what is wrong with them

    def refuse(self) -> None:
        """Stop at references to shapes that do not exist, and queries that are none.

        Raises:
            InputError: With the shape, and file and line.
        """
        for name in ("node", "property", "not", "qualifiedValueShape", "and", "or", "xone"):
            for use, value in self.uses(name):
                for shape in self.members(value) if name in ("and", "or", "xone") else [value]:
                    if not self.about(shape) and not isinstance(shape, BlankNode):
                        hint = "Check its spelling, or add the file that describes it with --shapes."
                        raise self._error(use, f"sh:{name} at ", f" names {show(shape)}, which is no shape here.", hint)
        for name in ("minCount", "maxCount", "minLength", "maxLength", "qualifiedMinCount", "qualifiedMaxCount"):
            for use, count in self.uses(name):
                if isinstance(count, Literal) and re.fullmatch(r"\s*\+?0*[1-9]\d{19,}\s*", count.value):
                    raise self._error(use, f"sh:{name} at ", f" is more than an engine can count to: {show(count)}.")
        for use, constraint in self.uses("sparql"):
            if len(self.objects(constraint, sh("select"))) != 1:
                hint = 'Write sh:sparql [ sh:select "SELECT $this …" ].'
                raise self._error(use, "sh:sparql at ", " has no query, or several (SHACL 5.1).", hint)
        for use, start in self.uses("prefixes"):
            spaces = dict[str, str]()
            for node in reached([start], lambda one: self.objects(one, NamedNode(iri("owl:imports")))):
                for one in self.objects(node, sh("declare")):
                    name, space = (getattr(self.one(one, sh(part)), "value", "") for part in ("prefix", "namespace"))
                    if spaces.setdefault(name, space) != space:
                        more = " stands for two namespaces (SHACL 5.2.1)."
                        raise self._error(use, f"The prefix '{name}:' of the query of ", more, "Keep one sh:declare.")
        for use, text in [*self.uses("select"), *self.uses("ask")]:
            if any(token.word == "FROM" for token in tokens(text.value)):
                more = " names a dataset with FROM; only the data can be asked."
                raise self._error(use, "The query of ", more, "Take FROM out.")

    def malformed(self, results: Iterable[tuple[Any, Any, Any]]) -> InputError:
        """The error for shapes that do not meet the shapes of shapes.

        Args:
            results: Focus node, path and value of each result of SHACL-SHACL.
        """
        ordered = sorted(results, key=lambda one: (not isinstance(one[1], NamedNode), *map(str, one)))
        (focus, path, value), *others = ordered
        said, more = "The shape ", " is not well-formed"
        if isinstance(path, NamedNode) and value is None:
            count = len(self.objects(focus, path))
            said, more = "", f" has {count} value{'s' * (count != 1)} of {show(path)}"
        elif isinstance(path, NamedNode):
            said = f"{show(path)} at "
        more += f": {show(value)}." if isinstance(value, NamedNode | Literal) and value != focus else "."
        more += f" {len(others)} more like it." if others else ""
        return self._error(focus, said, more, "See SHACL, appendix C, for what each term takes.")

    def refused(self, said: str) -> InputError:
        """The error for what an engine refuses, from its own words, of which the last often is the shape."""
        first = said.removeprefix("invalid shapes graph: ").removeprefix("[error] ").partition("\n")[0]
        terms = (BlankNode(label) if label else as_iri(name) for name, label in
                 re.findall(r"<([^<>\s]+)>|_:([A-Za-z0-9]+)", said))  # fmt: skip
        named = [one for one in terms if self.about(one)]
        first = re.sub(r" expected one of .*| \((?:<[^>]*>|_:\S+)\)$", "", first).rstrip(" .:") + "."
        hint = "Prefixes of a query are declared for sh:prefixes (SHACL 5.2.1)." if "SPARQL query" in first else ""
        said = "The shapes cannot be used"
        if named:
            return self._error(named[-1], f"{said} (", f"): {excerpt(first, 300)}", hint)
        return InputError(f"{said}: {excerpt(first, 300)}", path=self.place(None)[0], hint=hint)

    def bad_pattern(self, node: Any) -> InputError:
        """The error for a regular expression that the engine cannot read."""
        pattern, flags = (self.one(node, sh(name)) for name in ("pattern", "flags"))
        shown = show(pattern) + (f" with the flags {show(flags)}" if flags is not None else "")
        hint = "Look-ahead, back-references, nested classes, \\i and \\c are not read; flags are smixq."
        return self._error(node, "sh:pattern at ", f" cannot be read: {shown}.", hint)

    def warnings(self) -> Iterator[str]:
        """What passes in silence in foreign shapes, a line each, with file and line.

        That is: terms that SHACL does not have, JavaScript, rules and other features that are not run, and entailment.
        """
        if self.outside and not any(map(is_target, self.outside)):
            yield f"{next(iter(self.outside.values()))}: No shape has a target; nothing is checked."
        used = dict.fromkeys(
            (triple.subject, term) for triple in self.outside for term in (triple.predicate, triple.object)
            if isinstance(term, NamedNode) and term.value.startswith(SH)
        )  # fmt: skip
        for node, term in used:
            name = term.value.removeprefix(SH)
            if name not in _terms():
                said = f"SHACL has no term {show(term)}; it says nothing."
                said = f"{said} {meant([f'sh:{one}' for one in near(name, sorted(_terms()))[:1]])}".rstrip()
            elif name in _NOT_RUN and self.objects(node, term):
                said = f"{show(term)}: {_NOT_RUN[name]} are not run."
            else:
                continue
            yield f"{':'.join(str(part) for part in self.place(node) if part)}: {said}"

    # -- what an engine is given

    @cached_property
    def constraints(self) -> dict[Any, list[str]]:
        """Each SPARQL constraint or validator, and the variables that its messages may show."""
        found = dict[Any, list[str]]()
        for name in ("sparql", "validator", "nodeValidator", "propertyValidator"):
            for _, node in self.uses(name):
                texts = " ".join(text.value for text in literals(self.objects(node, sh("message"))))
                found[node] = ["message", *dict.fromkeys(re.findall(r"\{[$?](\w+)\}", texts))]
        return found

    def prepared(self, kept: Collection[Any]) -> Iterator[Triple]:
        """The statements for an engine, with one message for each constraint in `constraints`.

        That message gives the number of the constraint and what each variable stands for, apart from each other, since
        the engines fill in templates without regard to languages and do not say which constraint was violated.

        Args:
            kept: The shapes that keep their targets.
        """
        for triple in self.triples:
            own = triple.predicate == sh("message") and triple.subject in self.constraints
            # pyshifty runs some of the SPARQL targets and is silent about the others.
            aimed = triple.predicate == sh("target") or (is_target(triple) and triple.subject not in kept)
            if not (own or aimed):
                yield triple
        for number, (node, names) in enumerate(self.constraints.items()):
            cells = "".join(f"{SEPARATOR}{{?{name}}}" for name in names)
            yield Triple(node, sh("message"), Literal(f"{SEPARATOR}{number}{cells}"))


@cache
def _terms() -> frozenset[str]:
    """What SHACL has terms for, from the copy that pySHACL carries; it is not imported, which takes long."""
    quads = parse(pyshacl_asset("shacl.ttl"), format=RdfFormat.TURTLE)
    return frozenset(quad.subject.value.removeprefix(SH) for quad in quads if isinstance(quad.subject, NamedNode))


def pyshacl_asset(name: str) -> bytes:
    """A file that pySHACL carries with it, such as the shapes of shapes."""
    package: Any = find_spec("pyshacl")
    return (Path(package.origin).parent / "assets" / name).read_bytes()
