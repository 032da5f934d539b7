"""A thing as others take it over: as a citation (BibTeX, RIS), and as search engines read it (schema.org)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .. import __version__
from ..names import PREFIXES

_TEX = {**{mark: f"\\{mark}" for mark in "&%$#_"}, "{": "(", "}": ")", "\\": "/", "~": " ", "^": " "}

# The nearest type there, by the kind in the IRI of a thing; of a class its alignments tell more than machines read.
_TYPES = {
    "organization": "Organization", "state": "Country", "instrument": "Legislation", "event": "Event",
    "person": "Person", "place": "Place", "source": "WebPage", "claim": "Claim", "mechanism": "CreativeWork",
}  # fmt: skip


def bibtex(document: Mapping[str, Any], year: str) -> str:
    r"""A thing (of the shape ``csto-graph/thing/1``) as an entry of BibTeX.

    >>> thing = {"curie": "a:b", "iri": "https://ex.org/b", "label": "R & D {x}"}
    >>> print(bibtex(thing, "2026").splitlines()[1])
      title = {R \& D (x)},
    """
    title = "".join(_TEX.get(mark, mark) for mark in _line(document["label"]))
    fields = {
        "title": title, "howpublished": f"csto-graph {__version__}", "year": year, "url": document["iri"],
    }  # fmt: skip
    inside = "".join(f"  {key} = {{{value}}},\n" for key, value in fields.items() if value)
    return f"@misc{{{re.sub('[^A-Za-z0-9]+', '-', document['curie'])},\n{inside}}}\n"


def ris(document: Mapping[str, Any], year: str) -> str:
    """A thing (of the shape ``csto-graph/thing/1``) as a record of RIS."""
    fields = (
        ("TY", "DATA"), ("TI", _line(document["label"])), ("PY", year), ("ET", f"csto-graph {__version__}"),
        ("UR", document["iri"]), ("ER", ""),
    )  # fmt: skip
    return "".join(f"{key}  - {value}\r\n" for key, value in fields if value or key == "ER")


def schema_org(document: Mapping[str, Any], page: str) -> dict[str, Any]:
    """A thing (of the shape ``csto-graph/thing/1``) in the terms of https://schema.org, as JSON-LD.

    Args:
        document: The thing.
        page: Address of the page about it.
    """
    name = document["iri"]
    kind = next((kind for kind, space in PREFIXES.items() if kind in _TYPES and name.startswith(space)), "")
    names = [one for kind in ("official", "alternative") for one in document["names"][kind]]
    sources = {claim["source"]["address"] for claim in document["claims"] if claim["source"]}
    found = {
        "@context": "https://schema.org", "@type": _TYPES.get(kind, "Thing"), "@id": name,
        "name": document["label"], "alternateName": names, "description": summary(document),
        "url": page, "subjectOf": [{"@type": "WebPage", "url": one} for one in sorted(filter(None, sources))],
    }  # fmt: skip
    return {key: value for key, value in found.items() if value}


def summary(document: Mapping[str, Any]) -> str:
    """The briefing of a thing in a line, without its sources; else its class."""
    told = [f"{one['label']}: {one['text']}" for one in document["briefing"] if "://" not in one["text"]]
    kinds = ", ".join(one["label"] for one in document["classes"][:1])
    return " · ".join(filter(None, [kinds, *told]))[:300]


def _line(text: str) -> str:
    return " ".join(text.split())
