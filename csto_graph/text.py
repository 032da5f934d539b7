"""What of a foreign text may reach a terminal: nothing that steers it, hides, or turns the direction of reading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

LONGEST = 300
"""Characters of a foreign text that an error message shows."""

# C0 and C1 controls, the marks that turn the direction of text, separators of lines and paragraphs, the byte-order
# mark and its like, annotations, tags that no screen shows, half a surrogate pair, and what is no character.
_UNSEEN = (
    "\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\U000e0000-\U000e007f"
)


@cache
def _unseen(kept: str) -> re.Pattern[str]:
    return re.compile(f"(?![{kept}])[{_UNSEEN}]" if kept else f"[{_UNSEEN}]")


def visible(text: str, *, lines: bool = False) -> str:
    r"""A text made fit for a terminal: each character that is not seen stands as ``\uXXXX``.

    That holds for control characters (C0 and C1, so no escape sequence gets through), marks of direction, unusual
    ends of lines and lone surrogates, which could not be written at all.

    Args:
        text: Any text, of data, a file name, an argument or a message.
        lines: Whether ends of lines and tabs may stay; else they become ``↵`` and a space.

    >>> visible("a\x1b[2Jb\u202e")
    'a\\u001B[2Jb\\u202E'
    >>> visible("one\ntwo"), visible("one\ntwo", lines=True)
    ('one↵two', 'one\ntwo')
    """
    if not lines:
        text = text.replace("\n", "↵").replace("\t", " ")
    return _unseen("\n\t" if lines else "").sub(_escaped, text)


def excerpt(text: str, most: int = LONGEST) -> str:
    """The `visible` text on one line, cut after so many characters of the text.

    >>> excerpt("abcdef", 3)
    'abc…'
    """
    return visible(text) if len(text) <= most else visible(text[:most]) + "…"


def filled(text: str, width: int, first: str = "", rest: str | None = None) -> str:
    """A paragraph of `visible` text, wrapped between words; what is longer than a line stays whole.

    Args:
        text: The text; ends of lines in it are spaces.
        width: Columns, of which at least 20 are given to the text.
        first: What stands before the first line.
        rest: What stands before the further lines; by default as many spaces.

    >>> filled("one two three four five six", 24, "- ")
    '- one two three four\\n  five six\\n'
    """
    from textwrap import TextWrapper

    rest = " " * len(first) if rest is None else rest
    wrapper = TextWrapper(
        max(width, len(rest) + 20), initial_indent=first, subsequent_indent=rest, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return (wrapper.fill(visible(text, lines=True)) or first.rstrip()) + "\n"


def to_json(document: Mapping[str, Any]) -> str:
    r"""A JSON document; what is not seen, or would steer a terminal, stands in it escaped.

    >>> to_json({"label": "Мир\x9b"})
    '{\n  "label": "Мир\\u009b"\n}\n'
    """
    import json

    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return _unseen("\n").sub(lambda match: json.dumps(match[0])[1:-1], text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
