"""What each module and each package gives: `__all__` is true, whole and ordered."""

import ast
import subprocess
import sys
from importlib import import_module

import pytest

import audiera
from tests.support.house import face, modules, tree_of

NEEDS_MORE = {"cli.consumer.tools", "cli.terminal.options", "client.accounts.ape", "loading.parquet"}
"""Ape, or an extra that need not be here."""
MODULES = {name: path for name, path in modules().items() if name}


def test_modules_give_what_they_say() -> None:
    given = {name: import_module(f"audiera.{name}") for name in MODULES if name not in NEEDS_MORE}

    missing = [(name, each) for name, it in given.items() for each in face(MODULES[name]) if not hasattr(it, each)]

    assert missing == []


def test_modules_say_what_they_give() -> None:
    """A public class or function is in `__all__`; what is not, is private and named so."""
    unsaid = [
        (name, node.name)
        for name, path in MODULES.items()
        for node in tree_of(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if not node.name.startswith("_") and node.name not in face(path)
    ]

    assert unsaid == []


def test_modules_say_so_right_after_their_imports() -> None:
    late = []
    for name, path in MODULES.items():
        body = tree_of(path).body
        imports = [node.lineno for node in body if isinstance(node, ast.Import | ast.ImportFrom) or _for_types(node)]
        said = [
            node.lineno
            for node in body
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
        ]
        if said and imports and said[0] < max(imports):
            late.append(name)

    assert late == []


def test_the_package_gives_the_names_of_the_readme() -> None:
    assert audiera.__all__ == ["Audiera", "KeySigner", "Store", "__version__", "scan"]
    assert dir(audiera) == audiera.__all__
    for name in audiera.__all__:
        assert getattr(audiera, name) is not None


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'audiera' has no attribute 'Audiero'"):
        _ = audiera.Audiero


def test_importing_the_package_imports_nothing_of_it() -> None:
    code = "import sys, audiera; print(*sorted(name for name in sys.modules if name.startswith('audiera')))"

    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()

    assert printed == "audiera"


def _for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
