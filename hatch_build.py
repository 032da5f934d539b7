"""Closes the graph, and puts it into the wheel with ontology, data and queries."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface[Any]):
    """Adds ``csto_graph/_bundle`` to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Close the graph and name the files to include; an editable install reads all of them from the checkout."""
        root = Path(self.root)
        sys.path.insert(0, str(root))
        from csto_graph.loading import inputs, pipeline

        made = Path(pipeline.prepare(inputs.Bundle(str(root))))
        for older in made.parent.glob("graph-*"):
            if older != made:
                shutil.rmtree(older)
        _build_editor(root / "csto_graph" / "web")
        build_data["artifacts"].append("csto_graph/web/static/editor.js")
        if version == "editable":
            return
        include = build_data["force_include"]
        for path in made.iterdir():
            include[str(path)] = f"csto_graph/_bundle/{path.name}"
        include[str(root / "CHANGELOG.md")] = "csto_graph/_bundle/CHANGELOG.md"
        for folder in ("ontology", "data", "queries"):
            for path in sorted((root / folder).rglob("*")):
                if path.is_file():
                    include[str(path)] = f"csto_graph/_bundle/{path.relative_to(root).as_posix()}"


_SECONDS = 60
"""How long npm may take for either step; without the editor a page has a plain text area."""


def _build_editor(web: Path) -> None:
    """Bundle the SPARQL editor where npm is at hand; only what has the digest that is written down is kept."""
    made, wanted = web / "static" / "editor.js", (web / "editor" / "editor.sha256").read_text("ascii").strip()
    npm = shutil.which("npm")
    if npm is None or (made.exists() and hashlib.sha256(made.read_bytes()).hexdigest() == wanted):
        return
    with tempfile.TemporaryDirectory() as folder:
        for path in (web / "editor").iterdir():
            if path.is_file():
                shutil.copy(path, folder)
        fetch = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", "--fetch-timeout=10000"]
        try:
            for step in (fetch, [npm, "run", "build"]):
                subprocess.run(step, cwd=folder, check=True, capture_output=True, timeout=_SECONDS)
            bundle = Path(folder, "out.js").read_bytes()
        except (OSError, subprocess.SubprocessError):
            return
    if hashlib.sha256(bundle).hexdigest() == wanted:
        made.write_bytes(bundle)
