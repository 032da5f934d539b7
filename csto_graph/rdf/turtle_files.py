"""Turtle as it is written in a file: where it speaks of which subject, and its canonical form (``fmt``)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import pyoxigraph as ox

from .. import errors, files
from . import turtle
from .terms import RDF_TYPE


class Mention(NamedTuple):
    """A predicate as written in a block: its IRI and its line, counted from 1."""

    predicate: str
    line: int


@dataclass(frozen=True)
class Block:
    """Where a Turtle text speaks about a subject.

    Attributes:
        subject: IRI, ``_:label``, or empty for ``[ … ]`` and ``( … )``.
        first: Line of the subject, counted from 1.
        last: Line of the closing ``.``.
        predicates: The subject's own predicates, in the order of the text.
    """

    subject: str
    first: int
    last: int
    predicates: tuple[Mention, ...]

    def line(self, predicate: str) -> int:
        """Line of the first mention of a predicate (an IRI), or of the subject where it is not mentioned."""
        return next((mention.line for mention in self.predicates if mention.predicate == predicate), self.first)


_LETTER = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME = rf"[{_LETTER}_\-0-9\u00b7\u0300-\u036f\u203f\u2040]"
_ESCAPE = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"


@cache
def _token_pattern() -> re.Pattern[str]:
    """Made when first asked for: compiling it takes longer than a whole query."""
    return re.compile(
        rf"""
      (?P<space>[ \t\r\n]++)
    | (?P<comment>\#[^\r\n]*+)
    | (?P<string>\"{{3}}(?:[^"\\]++|\\.|"{{1,2}}(?!"))*+\"{{3}}
               | '{{3}}(?:[^'\\]++|\\.|'{{1,2}}(?!'))*+'{{3}}
               | "(?:[^"\\\r\n]++|\\.)*+"
               | '(?:[^'\\\r\n]++|\\.)*+')
    | (?P<iri><(?:[^\x00-\x20<>"{{}}|^`\\]++|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*+>)
    | (?P<directive>@(?:prefix|base|version)(?![A-Za-z0-9-]))
    | (?P<language>@[A-Za-z]++(?:-[A-Za-z0-9-]*+)?)
    | (?P<blank>_:[{_LETTER}_0-9](?:\.*+{_NAME})*+)
    | (?P<prefixed>(?:[{_LETTER}](?:\.*+{_NAME})*+)?:
                   (?:(?:[{_LETTER}_:0-9]|{_ESCAPE})(?:\.*+(?:{_NAME}|:|{_ESCAPE}))*+)?)
    | (?P<number>[+-]?(?:[0-9]++(?:\.[0-9]*+)?[eE][+-]?[0-9]++|\.[0-9]++[eE][+-]?[0-9]++|[0-9]*+\.[0-9]++|[0-9]++))
    | (?P<word>[A-Za-z]++)
    | (?P<open><<\(?|\{{\||[\[({{])
    | (?P<close>\)?>>|\|\}}|[\])}}])
    | (?P<mark>\^\^|[;,.~])
    | (?P<other>.)
    """,
        re.VERBOSE | re.DOTALL,
    )


class _TurtleToken(NamedTuple):
    kind: str
    text: str
    start: int
    line: int


def _tokens(text: str) -> Iterator[_TurtleToken]:
    """Every token but white space; what is none comes character by character as ``other``."""
    line = 1
    for match in _token_pattern().finditer(text):
        kind = match.lastgroup or "other"
        if kind != "space":
            yield _TurtleToken(kind, match[0], match.start(), line)
        line += match[0].count("\n")


_DIRECTIVES = {"prefix": 3, "base": 2, "version": 2}  # tokens of each where it is written as in SPARQL


class _TurtleSplitter:
    """Splits a Turtle text into directives, blocks and comments; does not judge it.

    Attributes:
        start: Where the first statement or directive starts.
        comments: Every comment.
        inside: Those of them that stand within a statement.
        prefixes: Prefix to namespace.
        blocks: The blocks, in the order of the text.
    """

    def __init__(self, text: str) -> None:
        self.start = len(text)
        self.comments: list[_TurtleToken] = []
        self.inside: set[_TurtleToken] = set()
        self.prefixes: dict[str, str] = {}
        self.blocks: list[Block] = []
        self._base = ""
        statement: list[_TurtleToken] = []
        for token in _tokens(text):
            if token.kind == "comment":
                self.comments.append(token)
                self.inside |= {token} if statement else set()
                continue
            statement.append(token)
            first = statement[0]
            length = _DIRECTIVES.get(first.text.lower()) if first.kind == "word" else None
            if len(statement) == length or token.text == ".":  # no bracket holds a dot
                self._finish(statement)
                statement = []
        if statement:
            self._finish(statement)

    def _finish(self, tokens: Sequence[_TurtleToken]) -> None:
        first = tokens[0]
        self.start = min(self.start, first.start)
        if first.kind == "directive" or (first.kind == "word" and first.text.lower() in _DIRECTIVES):
            self._declare(tokens)
        else:
            self.blocks.append(self._block(tokens))

    def _declare(self, tokens: Sequence[_TurtleToken]) -> None:
        verb = tokens[0].text.lstrip("@").lower()
        if verb == "base" and len(tokens) > 1 and tokens[1].kind == "iri":
            self._base = self._resolved(tokens[1].text)
        if verb == "prefix" and len(tokens) > 2 and tokens[1].kind == "prefixed" and tokens[2].kind == "iri":
            self.prefixes[tokens[1].text[:-1]] = self._resolved(tokens[2].text)

    def _resolved(self, reference: str) -> str:
        """The IRI that ``<reference>`` stands for; the parser itself resolves what is relative or escaped."""
        plain = reference[1:-1]
        if "\\" not in plain and not self._base:
            return plain
        text = f"{reference} <urn:x> {reference} ."
        try:
            quad = next(iter(ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=self._base or None)))
        except (SyntaxError, ValueError):
            return plain
        return str(quad.subject.value) if isinstance(quad.subject, ox.NamedNode) else plain

    def _named(self, token: _TurtleToken) -> str:
        """The IRI of a token in the place of a subject or predicate; empty where it names nothing."""
        if token.kind == "iri":
            return self._resolved(token.text)
        if token.kind == "prefixed":
            prefix, _, local = token.text.partition(":")
            local = re.sub(r"\\(.)", r"\1", local)
            return self.prefixes[prefix] + local if prefix in self.prefixes else token.text
        if token.kind == "word" and token.text == "a":
            return RDF_TYPE.value
        return token.text if token.kind == "blank" else ""

    def _block(self, tokens: Sequence[_TurtleToken]) -> Block:
        mentions: list[Mention] = []
        depth = 0
        awaited = False  # a predicate comes next
        for index, token in enumerate(tokens):
            if token.kind == "close":
                depth = max(0, depth - 1)
                awaited = awaited or (depth == 0 and not mentions and token.text in ("]", ")"))
            elif token.kind == "open":
                awaited = awaited and depth > 0
                depth += 1
            elif depth == 0 and token.text == ";":
                awaited = True
            elif depth == 0 and awaited:
                awaited = False
                if name := self._named(token):
                    mentions.append(Mention(name, token.line))
            elif index == 0:
                awaited = True
        last = tokens[-1]
        return Block(self._named(tokens[0]), tokens[0].line, last.line + last.text.count("\n"), tuple(mentions))


def blocks(text: str) -> list[Block]:
    """Where each subject at the top level of a Turtle text stands; never fails, broken text gives what was seen."""
    return _TurtleSplitter(text).blocks


# --- canonical form of a file --------------------------------------------------------------------------------------


_LARGEST = 1024**3
"""Bytes of a file that is put in order."""


def formatted(path: str) -> tuple[str, str]:
    """A Turtle file as it is and in its canonical form.

    Raises:
        errors.InputError: It cannot be read, is not UTF-8 or is not Turtle.
    """
    text = files.read_text(path, most=_LARGEST)
    return text, format(text, path=path)


def format(text: str, *, path: str = "") -> str:
    """The canonical form of a Turtle file; applying it twice changes nothing more.

    Comments stay at the top of the file (closed by an empty line or a directive) and directly above a subject.

    Args:
        text: Turtle.
        path: Name of the file, for messages; the thing that it is named after comes first.

    Raises:
        InputError: The text does not parse, or a comment stands where it could not be kept.
    """
    triples = _parsed(text, path)
    reader = _TurtleSplitter(text)
    header, comments = _placed_comments(text, reader, path)
    try:
        topic = os.path.splitext(os.path.basename(path))[0]
        return turtle.write(triples, header=header, comments=comments, prefixes=reader.prefixes, topic=topic)
    except errors.OutputError as error:
        raise errors.InputError(error.message, path=path, hint=error.hint) from error


def _parsed(text: str, path: str) -> list[ox.Quad]:
    try:
        return list(ox.parse(text.encode("utf-8"), format=ox.RdfFormat.TURTLE))
    except SyntaxError as error:
        message = re.sub(r"^Parser error at line \d+ .*?columns? \d+(?: and \d+)?: ", "", error.msg)
        raise errors.InputError(
            f"not valid Turtle: {message}.", path=path, line=error.lineno, column=error.offset
        ) from error
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise errors.InputError("a lone surrogate is not text.", path=path, line=line) from error


def _placed_comments(text: str, reader: _TurtleSplitter, path: str) -> tuple[str, dict[str, str]]:
    """The header, and the comment of each subject.

    Raises:
        InputError: A comment that stands elsewhere.
    """
    free = {comment.line: comment for comment in reader.comments
            if comment not in reader.inside and text[comment.start - 1 : comment.start] in ("", "\n")}  # fmt: skip
    kept: set[_TurtleToken] = set()
    comments: dict[str, str] = {}
    for block in reader.blocks:
        lines: list[str] = []
        line = block.first - 1
        while found := free.pop(line, None):
            kept.add(found)
            lines.insert(0, found.text)
            line -= 1
        if lines and (not block.subject or block.subject.startswith("_:")):
            raise errors.InputError(
                "a comment above a blank node cannot be kept.",
                path=path, line=block.first - 1, hint="Move it above a named subject or to the top of the file.",
            )  # fmt: skip
        if lines:
            comments[block.subject] = "\n".join(filter(None, (comments.get(block.subject, ""), *lines)))
    header: list[str] = []
    previous = 0
    for comment in reader.comments:
        if comment in kept:
            continue
        if comment.start > reader.start:
            raise errors.InputError(
                "a comment here cannot be kept.",
                path=path, line=comment.line,
                hint="Put it at the top of the file, or at the start of a line directly above a subject.",
            )  # fmt: skip
        header += [""] * (bool(previous) and comment.line > previous + 1) + [comment.text]
        previous = comment.line
    return "\n".join(header), comments
