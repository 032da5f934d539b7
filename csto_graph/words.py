"""The project's own words in both languages, out of ``words.toml``, which is read when the first is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache


@cache
def table(name: str) -> Mapping[str, Sequence[str]]:
    """One of the tables ``words``, ``rules`` and ``terms``: key to English and Russian.

    >>> table("terms")["rdf:type"]
    ['is', 'относится к классу']
    """
    import tomllib
    from pathlib import Path

    found = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
    return {str(key): words for key, words in found[name].items()}


def word(key: str, language: str, *values: object) -> str:
    """One of the fixed words or sentences, with values in its places if it has any.

    >>> word("open", "en"), word("open", "ru"), word("and-more", "en", 3)
    ('open', 'открыто', 'and 3 more')
    """
    found = table("words")[key][language == "ru"]
    return found.format(*values) if values else found


def counted(key: str, number: int, language: str) -> str:
    """Words with a number, in the form that goes with it: English has two, Russian three.

    >>> counted("more-ways", 1, "en"), counted("more-ways", 22, "ru")
    ('and 1 more such way', 'и ещё 22 таких пути')
    """
    forms = word(key, language).split("|")
    if len(forms) == 2:
        return forms[number != 1].format(number)
    last, tens = number % 10, number % 100
    few = 2 <= last <= 4 and not 12 <= tens <= 14
    return forms[0 if last == 1 and tens != 11 else 1 if few else 2].format(number)


def rule_says(rule: str, language: str) -> str:
    """What a rule of inference says; '' for one that is not known here.

    >>> rule_says("prp-symp", "en")
    'a symmetric property holds both ways'
    """
    return table("rules").get(rule, ("", ""))[language == "ru"]


def term_label(short: str, language: str) -> str:
    """Words for a term of RDF or OWL (a CURIE); '' where there are none.

    >>> term_label("owl:sameAs", "en"), term_label("coop:date", "en")
    ('is the same as', '')
    """
    return table("terms").get(short, ("", ""))[language == "ru"]
