"""Where the files of the project lie: with the installed package, or in a checkout beside it."""

from __future__ import annotations

import os


def root() -> str:
    """The folder that holds ``ontology``, ``data`` and ``queries``."""
    here = os.path.dirname(os.path.realpath(__file__))
    inside = os.path.join(here, "_bundle")
    return inside if os.path.isdir(inside) else os.path.dirname(here)


def query_names() -> tuple[str, ...]:
    """Names of the canned queries, sorted; nothing is read."""
    files = os.listdir(os.path.join(root(), "queries"))
    return tuple(sorted(name.removesuffix(".rq") for name in files if name.endswith(".rq")))
