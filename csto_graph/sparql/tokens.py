"""The words of a SPARQL text, for all that look at one or change it without asking the engine."""

from __future__ import annotations

import re
from functools import cache

# The tokens of SPARQL 1.1 (19.8), as far as needed to tell a variable from one in a string, an IRI or a comment.
# A prefix has an end and a string may lack its own, so that no broken text is read again from each of its letters.
_TOKENS = r"""
      (?P<comment>  \#[^\n\r]* )
    | (?P<string>   \"{3}(?:\"{0,2}(?:[^"\\]|\\.))*\"{3} | '{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}
                  | "(?:[^"\\\n\r]|\\.)*"? | '(?:[^'\\\n\r]|\\.)*'? )
    | (?P<iri>      <[^<>"{}|^`\\\x00-\x20]*> )
    | (?P<variable> [?$]\w+ )
    | (?P<blank>    _:[\w.-]* )
    | (?P<name>     (?:[^\W\d_][\w.-]{0,63})?:(?:[\w.:%-]|\\.)* )
    | (?P<tag>      @[A-Za-z][A-Za-z0-9-]* )
    | (?P<word>     [^\W\d]\w* )
    | (?P<number>   [0-9][0-9.]*(?:[eE][+-]?[0-9]+)? )
    | (?P<mark>     \S )
    """


@cache
def tokeniser() -> re.Pattern[str]:
    """One token of a SPARQL text; its group is its kind. Made when first needed: most runs bind nothing."""
    return re.compile(_TOKENS, re.VERBOSE | re.DOTALL)
