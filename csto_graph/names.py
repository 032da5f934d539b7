"""Prefixes, CURIEs and IRIs: the one place where names are made and shortened."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

BASE = "https://w3id.org/csto-un/"
"""Where every IRI of the project begins."""

KINDS = (
    "organization", "person", "post", "state", "place", "instrument", "document", "provision", "signature",
    "coverage", "event", "membership", "mechanism", "publisher", "source", "passage", "selector", "claim",
    "conflict",
)  # fmt: skip
"""The kinds of things, each with an ``id/{kind}/`` path and a prefix of the same name."""

SCHEMES = ("area", "role", "kind", "frequency", "vote", "corroboration")
"""The concept schemes, each with a ``vocab/{scheme}/`` path and a prefix of the same name."""

PREFIXES: dict[str, str] = {
    "coop": f"{BASE}ontology#",
    **{kind: f"{BASE}id/{kind}/" for kind in KINDS},
    **{scheme: f"{BASE}vocab/{scheme}/" for scheme in SCHEMES},
    "vocab": f"{BASE}vocab/",
    "query": f"{BASE}query/",
    "shape": f"{BASE}shape/",
    "graph": f"{BASE}graph/",
    "statement": f"{BASE}id/statement/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "org": "http://www.w3.org/ns/org#",
    "prov": "http://www.w3.org/ns/prov#",
    "oa": "http://www.w3.org/ns/oa#",
    "sh": "http://www.w3.org/ns/shacl#",
    "vann": "http://purl.org/vocab/vann/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "schema": "https://schema.org/",
    "undo": "https://w3id.org/un/ontology/undo/",
    "wd": "http://www.wikidata.org/entity/",
}
"""Prefix to namespace; the only such map in the project."""

LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
"""A local name. Turtle's PN_LOCAL allows more; a narrower form is readable in every syntax we write."""
_CURIE = re.compile(r"([A-Za-z][A-Za-z0-9-]*):([^\s/][^\s]*)")
_LONGEST_FIRST = sorted(((namespace, prefix) for prefix, namespace in PREFIXES.items()), key=lambda pair: -len(pair[0]))


@lru_cache(maxsize=16_384)
def iri(curie: str) -> str:
    """Expand a CURIE; a text that is none with a known prefix comes back as it is.

    >>> iri("rdf:type"), iri("urn:x")
    ('http://www.w3.org/1999/02/22-rdf-syntax-ns#type', 'urn:x')
    """
    match = _CURIE.fullmatch(curie)
    if match and match[1] in PREFIXES:
        return PREFIXES[match[1]] + match[2]
    return curie


@lru_cache(maxsize=16_384)
def curie(value: str) -> str:
    """Shorten an IRI to a CURIE where a prefix fits and the rest is a plain local name; else the IRI.

    >>> curie("http://www.w3.org/ns/org#memberOf"), curie("http://www.w3.org/ns/org#a/b")
    ('org:memberOf', 'http://www.w3.org/ns/org#a/b')
    """
    for namespace, prefix in _LONGEST_FIRST:
        if value.startswith(namespace):
            local = value[len(namespace) :]
            return f"{prefix}:{local}" if LOCAL.fullmatch(local) else value
    return value


def near(name: str, known: Iterable[str]) -> list[str]:
    """The known names that are most like a name, best first.

    >>> near("protcol", ["memorandum", "protocol"])
    ['protocol']
    """
    from difflib import get_close_matches

    return get_close_matches(name, list(known), n=3, cutoff=0.6)


def natural(value: str) -> list[tuple[int, int, str, str]]:
    """Sort key that reads runs of digits as numbers, of any length.

    >>> sorted(["a-res-64", "a-res-9"], key=natural)
    ['a-res-9', 'a-res-64']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", value)
    # Digits compare by length and then as text, which is their order as numbers without making one.
    return [
        (0, len(digits := part.lstrip("0")), digits, part) if part[0] in "0123456789" else (1, 0, part, "")
        for part in parts
    ]


LABELS = tuple(
    iri(name) for name in (
        "skos:prefLabel", "rdfs:label", "dcterms:title", "schema:name", "http://schema.org/name",
        "http://xmlns.com/foaf/0.1/name",
    )
)  # fmt: skip
"""Properties that give a thing its label; the first one that is there counts."""
