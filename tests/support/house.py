"""The package as its own imports tell it: rooms, and what they take from each other."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.places import ROOT

__all__ = ["Taken", "face", "modules", "nodes_of", "packages", "taken_by", "tree_of"]


@dataclass(frozen=True, slots=True)
class Taken:
    """One import of the package by itself."""

    by: str
    """The module that imports, dotted and without `audiera.`."""
    source: str
    """Where it imports from: a module or a package, likewise."""
    name: str

    def __str__(self) -> str:
        return f"audiera.{self.by} takes {self.name} from audiera.{self.source}"


@cache
def modules(root: Path = ROOT) -> Mapping[str, Path]:
    """Every module below `audiera/` by its dotted name without that; a package is named like its folder."""
    found = {}
    for path in sorted((root / "audiera").rglob("*.py")):
        parts = path.relative_to(root / "audiera").with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def packages(root: Path = ROOT) -> set[str]:
    """Those of `modules` that are packages."""
    return {name for name, path in modules(root).items() if path.name == "__init__.py"}


@cache
def tree_of(path: Path) -> ast.Module:
    """A module, read."""
    return ast.parse(path.read_text("utf-8"))


@cache
def nodes_of(path: Path) -> Sequence[ast.AST]:
    """All that a module is made of."""
    return tuple(ast.walk(tree_of(path)))


@cache
def face(path: Path) -> list[str]:
    """What a module's `__all__` names; nothing if it has none."""
    for node in tree_of(path).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return [str(ast.literal_eval(each)) for each in getattr(node.value, "elts", [])]
    return []


def taken_by(module: str, path: Path, inside: Mapping[str, Path]) -> Iterator[Taken]:
    """Yield what a module imports of the package, wherever in it; `inside` are all modules."""
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "audiera":
                    yield Taken(module, alias.name.partition(".")[2], "*")
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "audiera":
            source = str(node.module).partition(".")[2]
            for alias in node.names:
                named = f"{source}.{alias.name}".lstrip(".")
                given = source in inside and alias.name in face(inside[source])
                # `from audiera.cli import main` takes a module, which is what it takes from.
                whole = named in inside and not given
                yield Taken(module, named, "*") if whole else Taken(module, source, alias.name)
