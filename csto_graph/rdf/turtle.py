"""Canonical Turtle: written, put in order (``fmt``), and found again by line.

One subject, one block; used prefixes only; everything sorted; no byte depends on anything but the statements.
Terms are pyoxigraph's. The grammar is that of the W3C Recommendation RDF 1.1 Turtle (sections 2 and 6).
"""

from __future__ import annotations

import os
import re
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from functools import cache, partial
from itertools import filterfalse, pairwise
from typing import Any, TypeAlias

import pyoxigraph as ox

from .. import errors, names
from . import terms
from .terms import NESTED, RDF_FIRST, RDF_NIL, RDF_REST, RDF_TYPE, Token, TripleIndex, grouped

RdfNode: TypeAlias = ox.NamedNode | ox.BlankNode
RdfTerm: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal
Shown: TypeAlias = Callable[[Any], str]

#: Longest line in characters, where the words themselves are not longer.
WIDTH = 120

_XSD = names.PREFIXES["xsd"]
_STEP = 4
_FOREMOST = (
    "rdf:type", "rdfs:label", "skos:prefLabel", "skos:altLabel", "skos:hiddenLabel", "skos:definition",
    "coop:officialTitle", "coop:symbol",
)  # fmt: skip
_SHORT_FORMS = {
    _XSD + "integer": r"0|-?[1-9][0-9]*",
    _XSD + "decimal": r"-?(?:0|[1-9][0-9]*)\.(?:0|[0-9]*[1-9])",
    _XSD + "boolean": "true|false",
}


# --- terms as text -------------------------------------------------------------------------------------------------


def escape_unseen(text: str) -> str:
    r"""The text with every invisible or direction-changing character but ``\n`` as ``\t``, ``\r`` or ``\uXXXX``.

    >>> print(escape_unseen("a\t\u202e"))
    a\t\u202E
    """
    return names.visible(text.replace("\t", r"\t").replace("\r", r"\r"), lines=True)


def is_canonical(text: str, datatype: str) -> bool:
    """Whether a number or boolean of Turtle's short forms is written in its one canonical way.

    >>> is_canonical("5", _XSD + "integer"), is_canonical("05", _XSD + "integer"), is_canonical("5", _XSD + "byte")
    (True, False, False)
    """
    return datatype in _SHORT_FORMS and re.fullmatch(_SHORT_FORMS[datatype], text) is not None


def bracketed(iri: str) -> str:
    r"""The IRI in angle brackets; invisible characters as ``\uXXXX``.

    >>> bracketed("urn:a")
    '<urn:a>'

    Raises:
        OutputError: A character stands in it that RDF allows in no IRI (a lenient parser may have let it through).
    """
    if re.search(r'[\x00-\x20<>"{}|^`\\]', iri):
        raise errors.OutputError(f"{iri!r} is not a valid IRI and is not written.", hint="Correct it in its file.")
    return f"<{escape_unseen(iri)}>"


def ordered(said: Mapping[Any, list[RdfTerm]], short: Shown, blank: Shown) -> list[tuple[Any, list[RdfTerm]]]:
    """What is said of a thing, in order: type, labels, title and symbol first, then by the short forms of properties.

    Args:
        said: Property to values.
        short: Gives the short form of an IRI.
        blank: Gives a text of a blank node, to sort it by.
    """

    def key(predicate: ox.NamedNode) -> tuple[Any, ...]:
        name = short(predicate.value)
        return _FOREMOST.index(name) if name in _FOREMOST else len(_FOREMOST), names.natural(name)

    return [(one, sorted(said[one], key=lambda term: term_key(term, short, blank))) for one in sorted(said, key=key)]


def term_key(term: RdfTerm, short: Shown, blank: Shown) -> tuple[Any, ...]:
    """Sort key of values: IRIs by their short form, literals by language and text, blank nodes by a text of theirs."""
    if isinstance(term, ox.NamedNode):
        return 0, names.natural(short(term.value))
    if isinstance(term, ox.Literal):
        return 1, term.language or "", names.natural(term.value), term.datatype.value
    return 2, names.natural(blank(term))


# --- statements, blank nodes ---------------------------------------------------------------------------------------


def statements(triples: Iterable[ox.Triple | ox.Quad], *, graphs: bool = False) -> list[tuple[Any, ...]]:
    """The triples, each once, in the order of first appearance; with ``graphs``, a named graph stands after them.

    Raises:
        OutputError: A triple as a term, or a text with a direction: RDF 1.2, which the formats here cannot all hold.
    """
    found: dict[tuple[Any, ...], None] = {}
    for triple in triples:
        spoken, graph = tuple(triple)[:3], tuple(triple)[3:]
        if any(isinstance(part, ox.Triple) or getattr(part, "direction", None) is not None for part in spoken):
            said = "uses RDF 1.2 (a triple term or a base direction), which is not written."
            raise errors.OutputError(f"A statement about {triple.subject} {said}", hint="Say it in RDF 1.1.")
        found[spoken + graph if graphs and graph != (ox.DefaultGraph(),) else spoken] = None
    return list(found)


def labels(quads: Iterable[tuple[Any, ...]], wanted: Set[Any] | None = None) -> dict[Any, str]:
    """Labels ``b0``, ``b1``… for the blank nodes of some statements, or for the wanted ones among them.

    They are ordered by what is said of them and not by their labels: nodes that look alike so far make a class, whose
    number is their colour; classes are split by the statements that each node stands in until nothing splits, and ties
    are broken one at a time. Where the work grows out of proportion (only in files made for that) the rest keeps the
    order of first appearance.
    """
    pairs = ((term, quad) for quad in quads for term in dict.fromkeys(quad) if isinstance(term, ox.BlankNode))
    stands = grouped(pairs)
    colours = dict.fromkeys(stands, 0)
    classes = [dict.fromkeys(stands)]
    touched = dict.fromkeys(stands)
    budget = 20_000 + 64 * sum(map(len, stands.values()))
    tie = 0

    def looks(node: ox.BlankNode) -> tuple[tuple[str, ...], ...]:
        def key(term: Any) -> str:
            return "_:self" if term == node else f"_:{colours[term]:09d}" if term in colours else str(term)

        return tuple(sorted(tuple(map(key, quad)) for quad in stands[node]))

    while budget > 0 and (touched or tie < len(classes)):
        # Only nodes beside a change are looked at again: the others of their class still look as they all did.
        leaving: list[list[ox.BlankNode]] = []
        unlike = grouped((colours[node], node) for node in touched if len(classes[colours[node]]) > 1)
        for colour, nodes in sorted(unlike.items()):
            parts = grouped((looks(node), node) for node in nodes)
            budget -= sum(len(stands[node]) for node in nodes)
            other = next((node for node in classes[colour] if node not in touched), None)
            kept = looks(other) if other else max(sorted(parts), key=lambda look: len(parts[look]))
            leaving += [parts[look] for look in sorted(parts) if look != kept]
        if not touched and len(classes[tie]) > 1:
            leaving = [[next(iter(classes[tie]))]]
        elif not touched:
            tie += 1
        touched.clear()
        for nodes in leaving:
            for node in nodes:
                del classes[colours[node]][node]
                colours[node] = len(classes)
                touched.update((term, None) for quad in stands[node] for term in quad if term in stands)
            classes.append(dict.fromkeys(nodes))
    ordered = [node for node in sorted(stands, key=colours.__getitem__) if wanted is None or node in wanted]
    return {node: f"b{index}" for index, node in enumerate(ordered)}


class BlankNodeLayout:
    """Which blank nodes of a graph can be written in place: as ``[ … ]`` or as members of ``( … )``.

    Args:
        triples: The graph.

    Attributes:
        out: The graph.
        nested: Blank nodes written where they are used (once, not within themselves, not too deep).
        lists: Every cell of each well-formed list that is written in place, and the members of the list.
        labelled: Blank nodes that are neither in place nor such that nothing refers to them.
    """

    def __init__(self, triples: Collection[tuple[Any, ...]]) -> None:
        self.out: TripleIndex[Any] = TripleIndex(triples)
        uses = Counter(value for _, _, value in triples if isinstance(value, ox.BlankNode))
        self.nested, self.lists = set[Any](), dict[Any, list[RdfTerm]]()
        once = {node for node, count in uses.items() if count == 1}
        told = ((node, self.out.about(node)) for node in once)
        cells = ((node, said) for node, said in told if said.keys() == {RDF_FIRST, RDF_REST})
        # Cell of a list to the next.
        after = {node: said[RDF_REST][0] for node, said in cells if max(map(len, said.values())) == 1}
        chains: dict[Any, list[Any]] = {}
        for head in after.keys() - after.values():
            *chain, end = terms.reached([head], lambda cell: [after[cell]] if cell in after else [])
            if end == RDF_NIL:
                chains[head] = chain
        # From the top: what is too deep is not nested, so that no file can exhaust Python's stack, nor is a circle, to
        # which nothing leads, nor what hangs on it.
        waiting: list[tuple[Any, int]] = [(subject, 0) for subject in self.out if subject not in once]
        while waiting:
            node, depth = waiting.pop()
            chain = chains.get(node, [node])
            if not 0 < depth <= 32:
                depth = 0
            elif node in chains:
                members = [self.out.objects(cell, RDF_FIRST)[0] for cell in chain]
                self.lists |= dict.fromkeys(chain, members)
            self.nested.update(chain if depth else ())
            values = [value for cell in chain for values in self.out.about(cell).values() for value in values]
            waiting += [(value, depth + 1) for value in once.intersection(values).difference(chain)]
        self.labelled = uses.keys() - self.nested


# --- written -------------------------------------------------------------------------------------------------------


class _Writer:
    """Writes the blocks of one graph.

    Attributes:
        subjects: Those with a block of their own, in order.
        used: Prefix to namespace, of the prefixes used so far.
    """

    def __init__(self, triples: Iterable[ox.Triple | ox.Quad], prefixes: Mapping[str, str], topic: str) -> None:
        plain = statements(triples)
        self._shape, self._topic = BlankNodeLayout(plain), topic
        self._labels = labels(plain, self._shape.labelled) if self._shape.labelled else {}
        more = [one for one in prefixes.keys() - names.PREFIXES if re.fullmatch("(?:[A-Za-z][A-Za-z0-9_-]*)?", one)]
        self._more = sorted(((prefixes[one], one) for one in more), key=lambda pair: (-len(pair[0]), pair))
        self.used: dict[str, str] = {}
        self._curie, self._inline = cache(self._shortened), cache(self._term)
        self.subjects = sorted({*self._shape.out} - self._shape.nested, key=self._subject_key)

    def _shortened(self, iri: str) -> str:
        """The prefixed name, or the IRI itself where no prefix fits; not counted as used."""
        short = names.curie(iri)
        for namespace, prefix in self._more if short == iri else ():
            if iri.startswith(namespace) and names.LOCAL.fullmatch(iri, len(namespace)):
                return f"{prefix}:{iri[len(namespace) :]}"
        return short

    def _short(self, iri: str) -> str:
        short = self._curie(iri)
        if short == iri:
            return bracketed(iri)
        prefix, _, local = short.partition(":")
        self.used[prefix] = iri[: len(iri) - len(local)]
        return short

    def _subject_key(self, subject: RdfNode) -> tuple[Any, ...]:
        """Sort key of subjects: an ontology and the topic first, then by name, then those without one."""
        first = terms.node("owl:Ontology") in self._shape.out.objects(subject, RDF_TYPE)
        if isinstance(subject, ox.NamedNode):
            short = self._curie(subject.value)
            return not first and short.partition(":")[2] != self._topic, 0, names.natural(short)
        label = self._labels.get(subject)
        return not first, 1 if label else 2, names.natural(label or self._inline(subject)[2:-2])

    def _about(self, subject: RdfNode) -> list[tuple[str, list[RdfTerm]]]:
        """The verbs of what is said of a subject, each with its objects."""
        said = ordered(self._shape.out.about(subject), self._curie, self._inline)
        return [("a" if one == RDF_TYPE else self._short(one.value), objects) for one, objects in said]

    def _term(self, term: Any, indent: int | None = None) -> str:
        """A term; a list or node in place that does not fit behind an indentation, over several lines; None: on one."""
        if isinstance(term, ox.NamedNode):
            return "()" if term == RDF_NIL else self._short(term.value)
        if isinstance(term, ox.Literal):
            return self._literal(term)
        if term in self._labels:
            return f"_:{self._labels[term]}"
        if indent is None:
            pad = end = " "
        else:
            text = self._inline(term)
            if "\n" not in text and indent + len(text) + 2 <= WIDTH:
                return text
            pad, end, indent = "\n" + " " * (indent + _STEP), "\n" + " " * indent, indent + _STEP
        if term in self._shape.lists:
            return f"({''.join(pad + self._term(one, indent) for one in self._shape.lists[term])}{end})"
        verbs = [pad + self._verb(*said, indent) for said in self._about(term)]
        return f"[{' ;'.join(verbs)}{end}]" if verbs else "[]"

    def _literal(self, term: ox.Literal) -> str:
        datatype, text = term.datatype.value, escape_unseen(term.value.replace("\\", "\\\\"))
        if is_canonical(term.value, datatype):
            return term.value
        # Lines stay as they are, in triple quotes.
        mark, ends = ('"""', '"""|"\\Z') if "\n" in text else ('"', '"')
        text = mark + re.sub(ends, lambda found: found[0].replace('"', '\\"'), text) + mark
        if term.language:
            return f"{text}@{term.language}"
        return text if datatype == _XSD + "string" else f"{text}^^{self._short(datatype)}"

    def _verb(self, verb: str, objects: list[RdfTerm], indent: int | None, start: int = 0) -> str:
        """A verb with its objects, from the column ``start`` on if it is not the indentation; None: on one line."""
        line = f"{verb} {', '.join(map(self._inline, objects))}"
        if indent is None or ("\n" not in line and (start or indent) + len(line) + 2 <= WIDTH):
            return line
        if len(objects) == 1 and (objects[0] in self._shape.nested or "\n" in line):
            return f"{verb} {self._term(objects[0], indent)}"
        pad = "\n" + " " * (indent + _STEP)
        return f"{verb}{pad}" + f",{pad}".join(self._term(value, indent + _STEP) for value in objects)

    def block(self, subject: RdfNode) -> str:
        """All that is said of a subject with a block of its own, ``.`` and newline included."""
        named = isinstance(subject, ox.NamedNode) or subject in self._labels
        name, pad = self._inline(subject) if named else "[]", "\n" + " " * _STEP
        about = self._about(subject)
        lines = [self._verb(*said, _STEP, len(name) + 1 if said[0] == "a" else 0) for said in about]
        return f"{name}{' ' if about[0][0] == 'a' else pad}{f' ;{pad}'.join(lines)} .\n"


def write(
    triples: Iterable[ox.Triple | ox.Quad], *, comments: Mapping[str, Iterable[str]] = {},
    prefixes: Mapping[str, str] = {}, topic: str = "",
) -> str:  # fmt: skip
    r"""Canonical Turtle: the used ``@prefix`` lines, then one block per subject.

    >>> node = ox.NamedNode("urn:a")
    >>> write([ox.Triple(node, node, ox.Literal(1))], comments={"urn:a": ["# one"]})
    '# one\n<urn:a>\n    <urn:a> 1 .\n'

    Args:
        triples: Statements in any order; the graph of a quad is left out.
        comments: Subject IRI to the comments above its block, a line each; '' to those at the top of the file.
        prefixes: Further prefixes to use where none of the project's fits; they never redefine one of those.
        topic: Local name of the thing that the text is about; its block comes first, as that of an ontology does.

    Raises:
        OutputError: A term that RDF 1.1 does not allow.
    """
    above = {subject: "".join(f"{line.rstrip()}\n" for line in lines) for subject, lines in comments.items()}
    writer = _Writer(triples, prefixes, topic)
    blocks = [above.get(subject.value, "") + writer.block(subject) for subject in writer.subjects]
    declared = "".join(f"@prefix {prefix}: {bracketed(ns)} .\n" for prefix, ns in sorted(writer.used.items()))
    return "\n".join(filter(None, (above.get("", ""), declared, *blocks)))


# --- read again: where a file speaks of what -----------------------------------------------------------------------


#: The first line of a block, counted from 1; and the IRIs of its subject's own predicates, in order, with theirs.
Block: TypeAlias = tuple[int, dict[str, int]]
#: How many tokens each has where it is written as in SPARQL; else it begins with ``@`` and ends with a dot.
_DIRECTIVES = {"prefix": 3, "base": 2, "version": 2}


class _Reader:
    """A Turtle text in directives, blocks and comments; it does not judge it.

    Attributes:
        start: Line of the first statement or directive; 0 where there is none.
        above: Subject that is named to the comments directly above its blocks.
        comments: Line to comment, of the others, and whether that stands between statements, where its line begins.
        prefixes: Prefix to namespace.
        blocks: Subject to its blocks, in the order of the text.
    """

    def __init__(self, text: str) -> None:
        self.above = defaultdict[str, list[str]](list)
        self.comments: dict[int, tuple[str, bool]] = {}
        self.prefixes, self._base = dict[str, str](), ""
        self.blocks = defaultdict[str, list[Block]](list)
        line_of = partial(bisect, [0, *(end.end() for end in re.finditer("\n", text))])
        statements: list[list[Token]] = [[]]
        for token in terms.tokens(text):
            words = statements[-1]
            if token.kind == "comment":
                free = not words and text[token.start - 1 : token.start] in ("", "\n")
                self.comments[line_of(token.start)] = token.text, free
                continue
            words.append(token)
            # No bracket holds a dot.
            if token.text == "." or len(words) == _DIRECTIVES.get(words[0].text.lower()):
                statements.append([])
        self.start = line_of(statements[0][0].start) if statements[0] else 0
        for words in filter(None, statements):
            verb = words[0].text.lower().removeprefix("@")
            if verb == "base" and len(words) > 1:
                self._base = self._named(words[1])
            elif verb == "prefix" and len(words) > 2:
                self.prefixes[words[1].text[:-1]] = self._named(words[2])
            if verb in _DIRECTIVES:
                continue
            depth = words[0].depth  # what stands in brackets is one item, which ends where they close
            items = [token for token in words if token.depth + NESTED.get(token.text, 0) <= depth]
            predicates: dict[str, int] = {}
            for at, (before, token) in enumerate(pairwise(items)):
                if (at == 0 or before.text == ";") and (name := self._named(token)):
                    predicates.setdefault(name, line_of(token.start))
            subject, first = self._named(words[0]), line_of(words[0].start)
            self.blocks[subject].append((first, predicates))
            above = first
            while subject[:2] not in ("", "_:") and self.comments.get(above - 1, ("", False))[1]:
                above -= 1
            self.above[subject] += [self.comments.pop(line)[0] for line in range(above, first)]

    def _named(self, token: Token) -> str:
        """The IRI of a token in the place of a subject or predicate, a blank node's label; '' for anything else."""
        if token.text == "a":
            return RDF_TYPE.value
        return terms.iri_of(token, self.prefixes, self._base) or (token.text if token.kind == "blank" else "")


def blocks(text: str) -> dict[str, list[Block]]:
    """Where each subject at the top level of a Turtle text stands; never fails, broken text gives what was seen.

    A subject is an IRI, ``_:label``, or empty for ``[ … ]`` and ``( … )``.

    >>> blocks("@prefix : <urn:> . :a :b 1 ; :c 2 .")
    {'urn:a': [(1, {'urn:b': 1, 'urn:c': 1})]}
    """
    return dict(_Reader(text).blocks)


# --- canonical form of a file --------------------------------------------------------------------------------------


def format(text: str, *, path: str = "", add: Iterable[ox.Triple] = (), drop: Iterable[ox.Triple] = ()) -> str:
    """The canonical form of a Turtle file; applying it twice changes nothing more.

    Comments stay at the top of the file (closed by an empty line or a directive) and directly above a subject.

    Args:
        text: Turtle.
        path: Name of the file, for messages; the thing that it is named after comes first.
        add: Statements to put in.
        drop: Statements to leave out.

    Raises:
        InputError: The text does not parse, or a comment stands where it could not be kept.
    """
    text = text.removeprefix("\ufeff")
    try:
        quads = ox.parse(text.encode("utf-8", "surrogatepass"), format=ox.RdfFormat.TURTLE)
        triples = [*filterfalse(set(drop).__contains__, (quad.triple for quad in quads)), *add]
    except SyntaxError as error:
        said = re.sub(r"^Parser error at line \d+ .*?columns? \d+(?: and \d+)?: ", "", error.msg)
        raise errors.InputError(
            f"not valid Turtle: {said}.", path=path, line=error.lineno, column=error.offset
        ) from error
    reader = _Reader(text)
    previous = 0
    for line, (comment, _) in reader.comments.items():
        if 0 < reader.start <= line:
            hint = "Put it at the top of the file, or at the start of a line directly above a named subject."
            raise errors.InputError("a comment here cannot be kept.", path=path, line=line, hint=hint)
        reader.above[""] += [""] * (0 < previous < line - 1) + [comment]
        previous = line
    topic = os.path.splitext(os.path.basename(path))[0]
    try:
        return write(triples, comments=reader.above, prefixes=reader.prefixes, topic=topic)
    except errors.OutputError as error:
        raise errors.InputError(error.message, path=path, hint=error.hint) from error
