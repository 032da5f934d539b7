"""Names and words: prefixes, CURIEs and IRIs; what of a text may reach a terminal; the project's words.

The prefixes come out of ``prefixes.txt``. Of a foreign text that is nothing that steers a terminal, hides, or turns the
direction of reading. The words come, in both languages, out of ``words.toml``, which is read when the first is wanted.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

#: Where every IRI of the project begins.
BASE = "https://w3id.org/csto-un/"


@cache
def packaged(name: str) -> str:
    """The text of a file of the package, as it is called in it.

    >>> packaged("prefixes.txt").isascii()
    True
    """
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read()


#: Prefix to namespace; the only such map in the project.
PREFIXES: dict[str, str] = dict(re.findall(r"@prefix (\S+): <(\S+)> \.", packaged("prefixes.txt")))

#: The kinds of things, each with an ``id/{kind}/`` path and a prefix of the same name.
KINDS = tuple(name for name, space in PREFIXES.items() if space == f"{BASE}id/{name}/" and name != "statement")

#: The concept schemes, each with a ``vocab/{scheme}/`` path and a prefix of the same name.
SCHEMES = tuple(name for name, space in PREFIXES.items() if space == f"{BASE}vocab/{name}/")

#: A local name. Turtle's PN_LOCAL allows more; a narrower form is readable in every syntax we write.
LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_CURIE = re.compile(r"([A-Za-z][A-Za-z0-9-]*):([^\s/][^\s]*)")
_BY_NAMESPACE = {namespace: prefix for prefix, namespace in PREFIXES.items()}  # each ends in # or /, a local name never


@lru_cache(maxsize=16_384)
def iri(curie: str) -> str:
    """Expand a CURIE; a text that is none with a known prefix comes back as it is.

    >>> iri("rdf:type"), iri("urn:x")
    ('http://www.w3.org/1999/02/22-rdf-syntax-ns#type', 'urn:x')
    """
    match = _CURIE.fullmatch(curie)
    return PREFIXES[match[1]] + match[2] if match and match[1] in PREFIXES else curie


@lru_cache(maxsize=16_384)
def curie(value: str) -> str:
    """Shorten an IRI to a CURIE where a prefix fits and the rest is a plain local name; else the IRI.

    >>> curie("http://www.w3.org/ns/org#memberOf"), curie("http://www.w3.org/ns/org#a/b")
    ('org:memberOf', 'http://www.w3.org/ns/org#a/b')
    """
    end = max(value.rfind("#"), value.rfind("/")) + 1
    prefix, local = _BY_NAMESPACE.get(value[:end]), value[end:]
    return f"{prefix}:{local}" if prefix and LOCAL.fullmatch(local) else value


def local(name: str) -> str:
    """The end of an IRI or CURIE.

    >>> local("http://www.w3.org/ns/org#memberOf"), local("org:memberOf")
    ('memberOf', 'memberOf')
    """
    return re.split(r"[/#:]", name)[-1]


def kebab(name: str) -> str:
    """The name of a class (IRI or CURIE) in small letters, hyphened: *entry-into-force* for ``coop:EntryIntoForce``."""
    return re.sub("(?<=[a-z0-9])(?=[A-Z])", "-", local(name)).lower()


def near(name: str, known: Iterable[str]) -> list[str]:
    """The known names that are most like a name, best first.

    >>> near("protcol", ["memorandum", "protocol"])
    ['protocol']
    """
    from difflib import get_close_matches

    return get_close_matches(name, list(known), n=3, cutoff=0.6)


def normal(text: str) -> str:
    """Case, accents, ё and punctuation taken away, so that names compare as people write them."""
    # Russian texts have symbols with a letter of theirs. Taken apart, № has case again; й is a letter.
    latin = re.sub(r"\bа(?=/)", "a", text.casefold()) if "/" in text else text.casefold()
    folded = unicodedata.normalize("NFKD", latin.replace("№", "№ ")).casefold().replace("и\u0306", "й")
    plain = folded if folded.isascii() else "".join(char for char in folded if not unicodedata.combining(char))
    # A letter is a word of its own beside a number: 72/262C, A/67/L5.
    words = re.sub(r"[\W_]+|(?<=\b[a-zа-я])(?=\d)|(?<=\d)(?=[a-zа-я]\b)", " ", plain).strip()
    return re.sub(r"\bx{0,2}(?:i[vx]|v?i{0,3})\b", _arabic, words)


def sounded(word: str) -> str:
    """Words of a normal form as they sound: foreign names are written in Latin letters in more ways than one.

    >>> sounded("sergei") == sounded("sergey"), sounded("nazarbayev, khan") == sounded("nazarbaev, han")
    (True, True)
    """
    for written, sound in (("j", "y"), ("i", "y"), ("yy", "y"), ("ye", "e"), ("kh", "h"), ("x", "ks")):
        word = word.replace(written, sound)
    return word


def _arabic(roman: re.Match[str]) -> str:
    """A Roman number below 30 in digits; one letter may as well be an initial."""
    value = sum({"i": 1, "v": 5, "x": 10}[letter] for letter in roman[0]) - 2 * roman[0].endswith(("iv", "ix"))
    return str(value) if len(roman[0]) > 1 else roman[0]


def natural(value: str) -> tuple[str, str]:
    """Sort key that reads runs of digits as numbers, of any length; they come before all else.

    >>> sorted(["a-res-64", "a-res-9"], key=natural)
    ['a-res-9', 'a-res-64']
    """
    # Digits compare by length and then as text, which is their order as numbers without making one.
    return re.sub("0*([0-9]+)", lambda run: f"\0{len(run[1]):9}{run[1]}", value), value


#: Properties that give a thing its label; the first one that is there counts.
LABELS = (
    *map(iri, ("skos:prefLabel", "rdfs:label", "dcterms:title", "schema:name")),
    "http://schema.org/name", "http://xmlns.com/foaf/0.1/name",
)  # fmt: skip


# --- texts for people ------------------------------------------------------------------------------------------------

# C0 and C1 controls but tabs and ends of lines, the marks that turn the direction of text, separators of lines and
# paragraphs, the byte-order mark and its like, annotations, tags that no screen shows, half a surrogate pair, and what
# is no character.
_UNSEEN = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\U000e0000-\U000e007f]"
)


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
    if text.isprintable():  # most are, and none of these characters is
        return text
    if not lines:
        text = text.replace("\n", "↵").replace("\t", " ")
    unseen = map(ord, re.findall(_UNSEEN, text))
    return text.translate({code: f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}" for code in unseen})


def excerpt(text: str, most: int = 300) -> str:
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
    from textwrap import fill

    rest = " " * len(first) if rest is None else rest
    lines = fill(
        visible(text, lines=True), max(width, len(rest) + 20), initial_indent=first, subsequent_indent=rest,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return (lines or first.rstrip()) + "\n"


def to_json(document: Mapping[str, Any]) -> str:
    r"""A JSON document; what is not seen, or would steer a terminal, stands in it escaped.

    >>> to_json({"label": "Мир\x9b"})
    '{\n  "label": "Мир\\u009b"\n}\n'
    """
    import json

    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return re.sub(_UNSEEN, lambda match: json.dumps(match[0])[1:-1], text)


# --- the project's words ---------------------------------------------------------------------------------------------


@cache
def table(name: str, key: str = "", file: str = "words.toml") -> Mapping[str, Any]:
    """One table of a TOML file, or one entry of it, and no other: reading all takes longer than many an answer.

    Args:
        name: Of the table; one that is not there is empty.
        key: Of the entry, or '' for all of them.
        file: As it is called in the package; by default that of the words.

    >>> table("terms")["rdf:type"]
    ['is', 'относится к классу']
    """
    import tomllib

    _, _, text = packaged(file).partition(f"\n[{name}]\n")
    text, _, _ = f"\n{text}".partition("\n[")
    if key:
        _, begin, text = text.partition(f"\n{key} = ")
        text = re.split(r"\n(?![ \]])", begin + text, maxsplit=2)[1]
    return tomllib.loads(text)


def words_of(texts: Mapping[str, str], language: str) -> str:
    """One of a few texts by language, else in English, else in any.

    >>> words_of({"en": "acts", "ru": "акты"}, "ru"), words_of({"ru": "акты"}, "de")
    ('акты', 'акты')
    """
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def word(key: str, language: str, *values: object) -> str:
    """One of the fixed words or sentences, with values in its places if it has any.

    >>> word("open", "en"), word("open", "ru"), word("and-more", "en", 3)
    ('open', 'открыто', 'and 3 more')
    """
    found = str(table("words", key)[key][language == "ru"])
    return found.format(*values) if values else found


def says(of: str, key: str, language: str) -> str:
    """What a rule of inference says (of ``rules``), or a term of RDF or OWL by its CURIE (``terms``); else ''.

    >>> says("rules", "prp-symp", "en"), says("terms", "owl:sameAs", "en"), says("terms", "coop:date", "en")
    ('a symmetric property holds both ways', 'is the same as', '')
    """
    return str(table(of).get(key, ("", ""))[language == "ru"])


def shown(word: str, language: str, of: str = "values") -> str:
    """For people: a fixed word of answers (``values``), or the name of a column (``columns``); any other as it is.

    >>> shown("certain", "ru"), shown("certain", "en"), shown("Vienna", "ru"), shown("place", "ru", "columns")
    ('точно', 'certain', 'Vienna', 'место')
    """
    return word if language == "en" else str(table(of).get(word, word))


def translated(text: str, language: str) -> str:
    """What the command line says, in a language: by the templates of ``messages``, whose keys are the English ones.

    What stands in the places of a template is translated, too, unless it is quoted there. Without a template a text is
    taken sentence by sentence, or its part after a place; what is nowhere stays as it is.

    >>> translated("There is no query 'format'. a.ttl:3: is not UTF-8.", "ru")
    'Не найдено (запрос): «format». a.ttl:3: записано не в UTF-8.'
    """
    if language == "en" or not text:
        return text
    if text in table("messages"):
        return str(table("messages")[text])
    for template, quoted, russian in _templates():
        if match := template.fullmatch(text):
            pairs = zip(match.groups(), quoted, strict=True)
            return russian.format(*(part if as_it_is else translated(part, language) for part, as_it_is in pairs))
    sentences = re.split(r"(?<=[.?!])\s+(?=[\w'(-])", text)
    if len(sentences) > 1:
        return " ".join(translated(sentence, language) for sentence in sentences)
    place, colon, said = text.partition(": ")
    return f"{place}{colon}{translated(said, language)}" if said else text


@cache
def _templates() -> Sequence[tuple[re.Pattern[str], Sequence[bool], str]]:
    """Each template with places: what it matches, which of its places are quoted, the Russian; the longest first."""
    found = []
    for english, russian in sorted(table("messages").items(), key=lambda pair: -len(pair[0].replace("{}", ""))):
        if len(parts := english.split("{}")) > 1:
            pattern = re.compile("(.*?)".join(map(re.escape, parts)), re.DOTALL)
            found.append((pattern, [part.endswith("'") for part in parts[:-1]], russian))
    return found
