"""Puts ontology, data and queries into the wheel, with the graph already closed."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface[Any]):
    """Adds ``csto_graph/_bundle`` to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Close the graph and name the files to include; an editable install reads them from the checkout."""
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root))
        from csto_graph.loading import inputs, pipeline

        self._folder = tempfile.TemporaryDirectory()
        include = build_data["force_include"]
        for name, data in pipeline.build(inputs.Bundle(str(root))).items():
            made = Path(self._folder.name, name)
            made.write_bytes(data)
            include[str(made)] = f"csto_graph/_bundle/{name}"
        for folder in ("ontology", "data", "queries"):
            for path in sorted((root / folder).rglob("*")):
                if path.is_file():
                    include[str(path)] = f"csto_graph/_bundle/{path.relative_to(root).as_posix()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take the working folder away."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()
