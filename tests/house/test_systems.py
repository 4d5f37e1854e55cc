"""The package runs on Linux and on macOS.

That nothing is called which one of them lacks, `make types` checks for both. Paths of one system are strings to it.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.house import modules

OF_ONE_SYSTEM = re.compile(r"^/(proc|dev|sys|run|etc|usr|var|tmp|home|Users|Library|opt)(/|$)")
GUARDED = {"work.limits"}  # what it does not find, it does without
MODULES = modules()


def strings(source: str) -> Iterator[str]:
    tree = ast.walk(ast.parse(source))
    return (it.value for it in tree if isinstance(it, ast.Constant) and isinstance(it.value, str))


@pytest.mark.parametrize("name", sorted(MODULES.keys() - GUARDED))
def test_a_module_names_no_path_of_one_system(name: str) -> None:
    assert [it for it in strings(MODULES[name].read_text("utf-8")) if OF_ONE_SYSTEM.match(it)] == []
