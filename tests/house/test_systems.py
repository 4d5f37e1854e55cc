"""The package runs on Linux and on macOS.

That nothing is called which one of them lacks, `make types` checks for both. Paths of one system are strings to it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.house import modules, nodes_of

OF_ONE_SYSTEM = re.compile(r"^/(proc|dev|sys|run|etc|usr|var|tmp|home|Users|Library|opt)(/|$)")
GUARDED = {"work.limits"}  # what it does not find, it does without


def strings(path: Path) -> Iterator[str]:
    return (it.value for it in nodes_of(path) if isinstance(it, ast.Constant) and isinstance(it.value, str))


def test_no_module_names_a_path_of_one_system() -> None:
    named = [
        (name, it)
        for name, path in modules().items()
        if name not in GUARDED
        for it in strings(path)
        if OF_ONE_SYSTEM.match(it)
    ]

    assert named == []
