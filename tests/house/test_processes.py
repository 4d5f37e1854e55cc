"""The package starts itself in one way, which imports nothing from the folder that it is started in."""

import ast

from tests.support.house import modules, nodes_of

STARTS = "work.commands"


def test_only_one_module_names_the_python_that_runs() -> None:
    named = [
        name
        for name, path in modules().items()
        for node in nodes_of(path)
        if (isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.executable")
        or (isinstance(node, ast.alias) and node.name == "executable")
    ]

    assert named == [STARTS]
