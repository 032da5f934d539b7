"""Closes the graph, and puts it into the wheel with ontology, data and queries."""

from __future__ import annotations

import shutil
import sys
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
