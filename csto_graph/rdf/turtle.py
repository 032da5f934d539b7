"""Canonical Turtle and TriG: written, put in order, and found again by line.

One subject, one block; used prefixes only; everything sorted; no byte depends on anything but the statements.
Terms are pyoxigraph's. The grammar is that of the W3C Recommendation RDF 1.1 Turtle (sections 2 and 6).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from typing import TypeAlias

import pyoxigraph as ox

from .. import errors, names

RdfNode: TypeAlias = ox.NamedNode | ox.BlankNode
RdfTerm: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal
PlainTriple: TypeAlias = tuple[RdfNode, ox.NamedNode, RdfTerm]
"""Subject, predicate, object."""

WIDTH = 120
"""Longest line in characters, where the words themselves are not longer."""

_RDF = names.PREFIXES["rdf"]
_XSD = names.PREFIXES["xsd"]
_TYPE, _FIRST, _REST, _NIL = (ox.NamedNode(_RDF + local) for local in ("type", "first", "rest", "nil"))
_ONTOLOGY = ox.NamedNode(names.PREFIXES["owl"] + "Ontology")
_STEP = 4
_DEEPEST = 32  # Blank nodes nested deeper get a label, so that no file can exhaust Python's stack.

_FOREMOST = (
    "rdf:type", "rdfs:label", "skos:prefLabel", "skos:altLabel", "skos:hiddenLabel", "skos:definition",
    "coop:officialTitle", "coop:symbol",
)  # fmt: skip

# Characters that are invisible, end a line for some reader, or turn the direction of the text around them.
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_SHORT_FORMS = {
    _XSD + "integer": re.compile(r"0|-?[1-9][0-9]*"),
    _XSD + "decimal": re.compile(r"-?(?:0|[1-9][0-9]*)\.(?:0|[0-9]*[1-9])"),
    _XSD + "boolean": re.compile(r"true|false"),
}
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_PREFIX = re.compile(r"(?:[A-Za-z](?:[A-Za-z0-9_-]*))?")


# --- terms as text -------------------------------------------------------------------------------------------------


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return {9: "\\t", 13: "\\r"}.get(code, f"\\u{code:04X}")


def quoted(text: str, *, long: bool = False) -> str:
    r"""The text as a quoted string of Turtle or N-Triples.

    With ``long``, a text of several lines stands in triple quotes with its lines as they are (Turtle and TriG only).
    Invisible and direction-changing characters come as ``\uXXXX``, so that what is seen is what is meant.
    """
    text = escape_unseen(text.replace("\\", "\\\\"))
    if long and "\n" in text:
        text = text.replace('"""', '\\"\\"\\"')
        text = text[:-1] + '\\"' if text.endswith('"') else text
        return f'"""{text}"""'
    text = text.replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def escape_unseen(text: str) -> str:
    r"""The text with every invisible or direction-changing character but ``\n`` as ``\t``, ``\r`` or ``\uXXXX``."""
    return _UNSEEN.sub(_escaped, text)


def is_canonical(text: str, datatype: str) -> bool:
    """Whether a number or boolean of Turtle's short forms is written in its one canonical way."""
    form = _SHORT_FORMS.get(datatype)
    return bool(form and form.fullmatch(text))


def predicate_key(iri: str, short: str = "") -> tuple[int, list[tuple[int, int, str, str]]]:
    """Sort key of predicates: type, labels, title and symbol first, then by prefixed name."""
    short = short or names.curie(iri)
    return _FOREMOST.index(short) if short in _FOREMOST else len(_FOREMOST), names.natural(short)


def bracketed(iri: str) -> str:
    r"""The IRI in angle brackets; invisible characters as ``\uXXXX``.

    Raises:
        OutputError: A character stands in it that RDF allows in no IRI (a lenient parser may have let it through).
    """
    if re.search(r'[\x00-\x20<>"{}|^`\\]', iri):
        raise errors.OutputError(f"{iri!r} is not a valid IRI and is not written.", hint="Correct it in its file.")
    return f"<{escape_unseen(iri)}>"


class Shortener:
    """IRIs as prefixed names; remembers which prefixes it used.

    Args:
        extra: Further prefixes, for IRIs that no prefix of the project fits; they never redefine one of those.
    """

    def __init__(self, extra: Mapping[str, str] | None = None) -> None:
        self._extra = sorted(
            ((ns, prefix) for prefix, ns in (extra or {}).items() if prefix not in names.PREFIXES and ns),
            key=lambda pair: (-len(pair[0]), pair),
        )
        self._known: dict[str, str] = {}
        self.used: dict[str, str] = {}

    def curie(self, iri: str) -> str:
        """The prefixed name, or the IRI itself where no prefix fits; not counted as used."""
        short = names.curie(iri)
        if short != iri:
            return short
        for namespace, prefix in self._extra:
            local = iri[len(namespace) :]
            if iri.startswith(namespace) and _LOCAL.fullmatch(local) and _PREFIX.fullmatch(prefix):
                return f"{prefix}:{local}"
        return iri

    def __call__(self, iri: str) -> str:
        """The prefixed name, or the IRI in angle brackets."""
        if iri not in self._known:
            short = self.curie(iri)
            if short == iri:
                short = bracketed(iri)
            else:
                prefix, _, local = short.partition(":")
                self.used[prefix] = iri[: len(iri) - len(local)]
            self._known[iri] = short
        return self._known[iri]

    def declarations(self) -> str:
        """The ``@prefix`` lines of the prefixes used so far, in order."""
        return "".join(f"@prefix {prefix}: {bracketed(ns)} .\n" for prefix, ns in sorted(self.used.items()))


# --- statements, blank nodes ---------------------------------------------------------------------------------------


def statements(triples: Iterable[ox.Triple | ox.Quad]) -> list[PlainTriple]:
    """The triples (a quad's graph left out), each once, in the order of first appearance.

    Raises:
        OutputError: A triple as a term, or a text with a direction: RDF 1.2, which the formats here cannot all hold.
    """
    found: dict[PlainTriple, None] = {}
    for triple in triples:
        subject, predicate, value = triple.subject, triple.predicate, triple.object
        directed = isinstance(value, ox.Literal) and value.direction is not None
        if isinstance(value, ox.Triple) or isinstance(subject, ox.Triple) or directed:
            raise errors.OutputError(
                f"A statement about {subject} uses RDF 1.2 (a triple term or a base direction), which is not written.",
                hint="Say it in RDF 1.1.",
            )
        found[(subject, predicate, value)] = None
    return list(found)


def blank_order(quads: Iterable[tuple[object, ...]]) -> list[ox.BlankNode]:
    """Blank nodes, ordered by what is said of them and not by their labels.

    Colour refinement over the statements each node stands in; ties are broken one at a time. Where the work grows out
    of proportion (only in files made for that) the rest keeps the order of first appearance.
    """
    colouring = _Colouring(quads)
    while colouring.refine() and colouring.break_tie():
        pass
    return colouring.order()


class _Colouring:
    """Classes of blank nodes that look alike so far; a colour is the number of a class."""

    def __init__(self, quads: Iterable[tuple[object, ...]]) -> None:
        self._stands: dict[ox.BlankNode, list[tuple[object, ...]]] = {}
        for quad in quads:
            for term in dict.fromkeys(term for term in quad if isinstance(term, ox.BlankNode)):
                self._stands.setdefault(term, []).append(quad)
        self._colours = dict.fromkeys(self._stands, 0)
        self._classes = [dict.fromkeys(self._stands)]
        self._touched = dict.fromkeys(self._stands)
        self._budget = 20_000 + 64 * sum(map(len, self._stands.values()))

    def order(self) -> list[ox.BlankNode]:
        return sorted(self._stands, key=self._colours.__getitem__)

    def refine(self) -> bool:
        """Split classes until nothing splits; whether there is work left to spend.

        Only nodes beside a change are looked at again: the others of their class still look as they all did.
        """
        while self._touched and self._budget > 0:
            touched: dict[int, list[ox.BlankNode]] = {}
            for node in self._touched:
                if len(self._classes[self._colours[node]]) > 1:
                    touched.setdefault(self._colours[node], []).append(node)
            self._touched = {}
            splits = [(colour, self._split(colour, nodes)) for colour, nodes in sorted(touched.items())]
            for colour, parts in splits:
                for part in parts:
                    self._recolour(colour, part)
        return self._budget > 0

    def break_tie(self) -> bool:
        """Give the first node of the first class of several a colour of its own; False where no such class is left."""
        for colour, nodes in enumerate(self._classes):
            if len(nodes) > 1:
                self._recolour(colour, [next(iter(nodes))])
                return True
            self._budget -= 1
        return False

    def _split(self, colour: int, touched: Sequence[ox.BlankNode]) -> list[list[ox.BlankNode]]:
        """The parts that leave a class, in the order of their looks; the largest part keeps the colour."""
        members, parts = self._classes[colour], dict[tuple[tuple[str, ...], ...], list[ox.BlankNode]]()
        for node in touched:
            parts.setdefault(self._looks(node), []).append(node)
        again, others = set(touched), len(members) - len(touched)
        usual = self._looks(next(node for node in members if node not in again)) if others else ()
        if others:
            parts.setdefault(usual, [])
        sizes = {looks: len(part) + others * (looks == usual) for looks, part in parts.items()}
        kept = max(sorted(parts), key=sizes.__getitem__)
        if others and kept != usual:
            parts[usual] = [node for node in members if node not in again] + parts[usual]
        return [parts[looks] for looks in sorted(parts) if looks != kept]

    def _recolour(self, colour: int, nodes: Iterable[ox.BlankNode]) -> None:
        fresh = dict.fromkeys(nodes)
        for node in fresh:
            del self._classes[colour][node]
            self._colours[node] = len(self._classes)
            for quad in self._stands[node]:
                self._touched |= {term: None for term in quad if isinstance(term, ox.BlankNode)}
        self._classes.append(fresh)

    def _looks(self, node: ox.BlankNode) -> tuple[tuple[str, ...], ...]:
        def key(term: object) -> str:
            if isinstance(term, ox.BlankNode):
                return "_:self" if term == node else f"_:{self._colours[term]:09d}"
            return str(term)

        self._budget -= len(self._stands[node])
        return tuple(sorted(tuple(key(term) for term in quad) for quad in self._stands[node]))


def labels(quads: Iterable[tuple[object, ...]], wanted: Set[ox.BlankNode] | None = None) -> dict[ox.BlankNode, str]:
    """Labels ``b0``, ``b1``… for the blank nodes of some statements, or for the wanted ones among them."""
    ordered = blank_order(quads) if wanted is None or wanted else []
    chosen = [node for node in ordered if wanted is None or node in wanted]
    return {node: f"b{index}" for index, node in enumerate(chosen)}


class BlankNodeLayout:
    """Which blank nodes of a graph can be written in place: as ``[ … ]`` or as members of ``( … )``.

    Args:
        triples: The graph.

    Attributes:
        out: Subject to predicate to objects.
        nested: Blank nodes written where they are used (once, not within themselves, not too deep).
        lists: Head of each well-formed list that is written in place, and its members.
        loose: Blank nodes that nothing refers to; they need no label.
    """

    def __init__(self, triples: Iterable[PlainTriple]) -> None:
        self.out: dict[RdfNode, dict[ox.NamedNode, list[RdfTerm]]] = {}
        uses: Counter[ox.BlankNode] = Counter()
        self._parent: dict[ox.BlankNode, RdfNode] = {}
        for subject, predicate, value in triples:
            self.out.setdefault(subject, {}).setdefault(predicate, []).append(value)
            if isinstance(value, ox.BlankNode):
                uses[value] += 1
                self._parent[value] = subject
        self.nested = {node for node, count in uses.items() if count == 1}
        self.loose = {s for s in self.out if isinstance(s, ox.BlankNode) and s not in uses}
        self.lists: dict[ox.BlankNode, list[RdfTerm]] = {}
        self._tails: set[ox.BlankNode] = set()
        self._find_lists()
        self._bound_depth()
        self.lists = {head: members for head, members in self.lists.items() if head in self.nested}

    def _is_cell(self, node: RdfNode) -> bool:
        said = self.out.get(node, {})
        return node in self.nested and said.keys() == {_FIRST, _REST} and all(len(v) == 1 for v in said.values())

    def _find_lists(self) -> None:
        for node in list(self.nested):
            if not self._is_cell(node) or self.out[node][_REST] != [_NIL]:
                continue
            members = [self.out[node][_FIRST][0]]
            while self._is_cell(above := self._parent[node]) and self.out[above][_REST] == [node]:
                assert isinstance(above, ox.BlankNode)  # only blank nodes are nested
                self._tails.add(node)
                node = above
                members.append(self.out[node][_FIRST][0])
            self.lists[node] = members[::-1]

    def _bound_depth(self) -> None:
        """Give labels back to nodes in a circle and to nodes too deep; tails of a list are as deep as its head."""
        depth: dict[RdfNode, int] = {}
        for start in list(self.nested):
            path: dict[ox.BlankNode, None] = {}
            node: RdfNode = start
            while isinstance(node, ox.BlankNode) and node in self.nested and node not in depth and node not in path:
                path[node] = None
                node = self._parent[node]
            steps = list(path)
            if isinstance(node, ox.BlankNode) and node in path:
                circle = steps[steps.index(node) :]
                self.nested.difference_update(circle)
                depth.update(dict.fromkeys(circle, 0))
                steps = steps[: -len(circle)]
            for step in reversed(steps):
                above = self._parent[step]
                if step in self._tails:
                    depth[step] = depth[above]
                    fits = above in self.nested
                else:
                    depth[step] = depth.get(above, 0) + 1
                    fits = depth[step] <= _DEEPEST
                if not fits:
                    self.nested.discard(step)
                    depth[step] = 0

    @cached_property
    def labelled(self) -> set[ox.BlankNode]:
        """Blank nodes that are neither in place nor loose."""
        found = {node for node in (*self.out, *self._parent) if isinstance(node, ox.BlankNode)}
        return found - self.nested - self.loose

    @cached_property
    def cells(self) -> set[ox.BlankNode]:
        """Every cell of the lists that are written in place."""
        return set(self.lists) | (self._tails & self.nested)

    def subjects(self) -> list[RdfNode]:
        """Subjects with a block of their own."""
        return [subject for subject in self.out if subject not in self.nested]


# --- blocks --------------------------------------------------------------------------------------------------------


class _Blocks:
    """Writes the blocks of one graph."""

    def __init__(
        self, shape: BlankNodeLayout, short: Shortener, labels: Mapping[ox.BlankNode, str], topic: str = ""
    ) -> None:
        self._shape = shape
        self._topic = topic
        self._short = short
        self._labels = labels
        self._keys: dict[str, list[tuple[int, int, str, str]]] = {}
        self._inlined: dict[ox.BlankNode, str] = {}

    def __iter__(self) -> Iterator[tuple[RdfNode, str]]:
        """Each subject in order with the text of its block, ``.`` and newline included."""
        for subject in sorted(self._shape.subjects(), key=self._subject_key):
            yield subject, self._block(subject)

    def _natural(self, iri: str) -> list[tuple[int, int, str, str]]:
        if iri not in self._keys:
            self._keys[iri] = names.natural(self._short.curie(iri))
        return self._keys[iri]

    def _subject_key(self, subject: RdfNode) -> tuple[object, ...]:
        types = self._shape.out[subject].get(_TYPE, [])
        if isinstance(subject, ox.NamedNode):
            topic = _ONTOLOGY in types or self._short.curie(subject.value).partition(":")[2] == self._topic
            return (not topic, 0, self._natural(subject.value))
        label = self._labels.get(subject)
        return (_ONTOLOGY not in types, 1 if label else 2, names.natural(label or self._predicates_inline(subject)))

    def _predicates(self, subject: RdfNode) -> list[ox.NamedNode]:
        return sorted(
            self._shape.out.get(subject, {}), key=lambda p: predicate_key(p.value, self._short.curie(p.value))
        )

    def _objects(self, subject: RdfNode, predicate: ox.NamedNode) -> list[RdfTerm]:
        def key(term: RdfTerm) -> tuple[object, ...]:
            if isinstance(term, ox.NamedNode):
                return (0, self._natural(term.value))
            if isinstance(term, ox.Literal):
                return (1, term.language or "", names.natural(term.value), term.datatype.value)
            return (2, names.natural(self._inline(term)))

        return sorted(self._shape.out[subject][predicate], key=key)

    def _verb(self, predicate: ox.NamedNode) -> str:
        return "a" if predicate == _TYPE else self._short(predicate.value)

    def _literal(self, term: ox.Literal) -> str:
        datatype = term.datatype.value
        if is_canonical(term.value, datatype):
            return term.value
        text = quoted(term.value, long=True)
        if term.language:
            return f"{text}@{term.language}"
        return text if datatype == _XSD + "string" else f"{text}^^{self._short(datatype)}"

    def _inline(self, term: RdfTerm) -> str:
        if isinstance(term, ox.Literal):
            return self._literal(term)
        if isinstance(term, ox.NamedNode):
            return "()" if term == _NIL else self._short(term.value)
        if term not in self._shape.nested:
            return f"_:{self._labels[term]}"
        if term not in self._inlined:  # sorting and writing both ask, at every depth
            if term in self._shape.lists:
                inside = " ".join(self._inline(member) for member in self._shape.lists[term])
                self._inlined[term] = f"( {inside} )"
            else:
                inside = self._predicates_inline(term)
                self._inlined[term] = f"[ {inside} ]" if inside else "[]"
        return self._inlined[term]

    def _predicates_inline(self, subject: RdfNode) -> str:
        return " ; ".join(
            f"{self._verb(predicate)} {', '.join(self._inline(o) for o in self._objects(subject, predicate))}"
            for predicate in self._predicates(subject)
        )

    def _expanded(self, term: RdfTerm, indent: int) -> str:
        """The term over several lines where it is a list or a node that does not fit in the rest of the line."""
        text = self._inline(term)
        if term not in self._shape.nested or ("\n" not in text and indent + len(text) + 2 <= WIDTH):
            return text
        assert isinstance(term, ox.BlankNode)  # only blank nodes are nested
        pad, inner = " " * indent, " " * (indent + _STEP)
        if term in self._shape.lists:
            members = "\n".join(inner + self._expanded(m, indent + _STEP) for m in self._shape.lists[term])
            return f"(\n{members}\n{pad})"
        lines = " ;\n".join(inner + self._said(term, p, indent + _STEP) for p in self._predicates(term))
        return f"[\n{lines}\n{pad}]"

    def _said(self, subject: RdfNode, predicate: ox.NamedNode, indent: int, *, lead: int = 0) -> str:
        """Predicate and objects; ``lead`` characters already stand on the line."""
        verb, objects = self._verb(predicate), self._objects(subject, predicate)
        line = f"{verb} {', '.join(self._inline(value) for value in objects)}"
        if "\n" not in line and (lead or indent) + len(line) + 2 <= WIDTH:
            return line
        only = objects[0] if len(objects) == 1 else None
        if only is not None and (only in self._shape.nested or "\n" in line):
            return f"{verb} {self._expanded(only, indent)}"
        pad = " " * (indent + _STEP)
        return f"{verb}\n" + ",\n".join(pad + self._expanded(value, indent + _STEP) for value in objects)

    def _block(self, subject: RdfNode) -> str:
        if isinstance(subject, ox.NamedNode):
            name = self._short(subject.value)
        else:
            name = f"_:{self._labels[subject]}" if subject in self._labels else "[]"
        lines = [
            self._said(subject, predicate, _STEP, lead=len(name) + 1 if predicate == _TYPE else 0)
            for predicate in self._predicates(subject)
        ]
        separator = " " if _TYPE in self._shape.out[subject] else "\n" + " " * _STEP
        body = (" ;\n" + " " * _STEP).join(lines)
        return f"{name}{separator}{body} .\n"


def write(
    triples: Iterable[ox.Triple | ox.Quad],
    *,
    header: str = "",
    comments: Mapping[str, str] | None = None,
    prefixes: Mapping[str, str] | None = None,
    topic: str = "",
) -> str:
    """Canonical Turtle: the used ``@prefix`` lines, then one block per subject.

    Args:
        triples: Statements in any order; the graph of a quad is left out.
        header: Comment lines for the top of the file.
        comments: Subject IRI to the comment lines above its block.
        prefixes: Further prefixes to use where none of the project's fits.
        topic: Local name of the thing that the text is about; its block comes first, as that of an ontology does.

    Raises:
        OutputError: A term that RDF 1.1 does not allow.
    """
    plain = statements(triples)
    shape = BlankNodeLayout(plain)
    short = Shortener(prefixes)
    above = comments or {}
    blocks = [
        _commented(above.get(subject.value, "") if isinstance(subject, ox.NamedNode) else "") + block
        for subject, block in _Blocks(shape, short, labels(plain, shape.labelled), topic)
    ]
    top = _commented(header)
    return "\n".join(filter(None, (top, short.declarations(), *blocks)))


def _commented(text: str) -> str:
    lines = [line.rstrip() for line in text.strip("\n").split("\n")] if text.strip() else []
    return "".join(f"{line}\n" if not line or line.startswith("#") else f"# {line}\n" for line in lines)
