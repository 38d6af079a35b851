"""The product's own source as data, for tests about its shape.

Read with ``ast`` and not by importing: imports inside functions and under ``TYPE_CHECKING`` count
like all others, and a module that does not exist yet breaks no rule.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "brokerdesk"


@dataclass(frozen=True)
class Import:
    """One imported module; ``name`` is the longest dotted path that is written there."""

    name: str
    line: int


class Module:
    """One Python file of the product."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.relative = path.relative_to(ROOT).as_posix()
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        self.is_package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self.is_package else parts)

    def __repr__(self) -> str:
        return self.relative

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.relative)

    @property
    def inside(self) -> str:
        """The path below the package: ``ui/views/main.py``."""
        return self.relative.removeprefix(f"{PACKAGE}/")

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [Import(alias.name, node.lineno) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    kept = self.name.split(".")[: -(node.level - self.is_package) or None]
                    base = ".".join([*kept, *filter(None, [node.module])])
                found += [Import(f"{base}.{alias.name}", node.lineno) for alias in node.names]
        return tuple(found)

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Every call with the dotted text of what is called."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node, ast.unparse(node.func)

    def place(self, node: ast.AST) -> str:
        return f"{self.relative}:{getattr(node, 'lineno', 1)}"


@lru_cache
def modules(*folders: str) -> tuple[Module, ...]:
    """The modules of the package, or of the given files and folders in it."""
    found = [
        Module(path)
        for path in sorted((ROOT / PACKAGE).rglob("*.py"))
        if "__pycache__" not in path.parts  # what Python keeps there is nobody's source
    ]
    if not folders:
        return tuple(found)
    return tuple(
        module
        for module in found
        if any(module.inside == each or module.inside.startswith(each + "/") for each in folders)
    )


def broker_ids() -> tuple[str, ...]:
    """The ids of the brokers that have a package of their own."""
    return tuple(
        sorted(path.parent.name for path in (ROOT / PACKAGE / "brokers").glob("*/__init__.py"))
    )


MADE_HERE = {"__pycache__", "build", "dist", "screenshots-out", "node_modules"}


def project_files() -> list[Path]:
    """Every file of the project; what tools made is left out. Needs no version control."""
    found: list[Path] = []
    waiting = [ROOT]
    while waiting:
        for path in waiting.pop().iterdir():
            if path.is_symlink() or path.name in MADE_HERE:
                continue
            hidden = path.name.startswith(".") and path.name not in {".ci", ".github", ".gitignore"}
            if path.is_dir() and not hidden:
                waiting.append(path)
            elif path.is_file() and not hidden:
                found.append(path)
    return sorted(found)
