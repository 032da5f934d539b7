"""The architecture, as the folders tell it: what a layer may know."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import csto_graph

PACKAGE = Path(csto_graph.__file__).parent

#: From the ground up: folders and modules; those of one layer may know each other and what lies below.
LAYERS = (
    ("_version", "errors", "names", "files"),
    ("rdf",),
    ("store", "sandbox", "reason", "loading", "sparql"),
    ("describe", "check", "share"),
    ("graph",),
    ("web",),
    ("cli",),
)


def test_imports_point_one_way():
    """Within functions, and for the types of arguments, too."""
    height = {name: at for at, names in enumerate(LAYERS) for name in names}
    looked_up = set()
    for module in sorted(PACKAGE.rglob("*.py")):
        own = part(module)
        if own.startswith("__"):
            continue
        for target in imported(module):
            if height[part(target)] > height[own]:
                looked_up.add(f"{module.relative_to(PACKAGE)} imports {target.relative_to(PACKAGE)}")
    assert looked_up == set()


def test_no_module_imports_itself_by_way_of_others():
    """Whatever is taken away from the modules that import nothing more, in the end none is left."""
    left = {module: set(imported(module)) - {module} for module in PACKAGE.rglob("*.py") if module.parent != PACKAGE}
    assert len(left) > 40
    while free := {module for module, targets in left.items() if not targets & left.keys()}:
        left = {module: targets for module, targets in left.items() if module not in free}
    assert left == {}


def part(module: Path) -> str:
    """The folder or module of the package that a path lies in."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(module: Path) -> Iterator[Path]:
    """Modules of the package that one imports, be it for types only."""
    waiting: list[ast.AST] = [ast.parse(module.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = module.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            named = [folder.with_suffix(".py"), folder / "__init__.py" if node.module else folder / "-"]
            named += [folder / f"{alias.name}.py" for alias in node.names]
            named += [folder / alias.name / "__init__.py" for alias in node.names]
            yield from (path for path in named if path.is_file() and path != PACKAGE / "__init__.py")
