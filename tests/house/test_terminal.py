"""One way to the terminal: what strangers wrote is escaped there, so nothing goes round it."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.house import nodes_of
from tests.support.places import ROOT

ONE = "audiera/cli/terminal/output.py"
STORY = {"audiera/demo/__init__.py", "audiera/demo/story.py"}
"""The demo tells its story on a console that it is given, and escapes each line."""

WRITERS = {
    "echo",
    "echo_via_pager",
    "secho",
    "confirm",
    "prompt",
    "progressbar",
    "get_text_stream",
    "get_binary_stream",
}
"""What click writes to a terminal with."""


LAST = {"print", "write", "buffer", *WRITERS}
"""What the names of all that writes end with."""


def written_past(path: Path) -> Iterator[str]:
    """Yield each place of a module that writes to a terminal itself, or could."""
    for node in nodes_of(path):
        named = ast.unparse(node) if _last(node) in LAST else ""
        imported = [*_imported(node)]
        if (
            named in {"print", "sys.stdout.write", "sys.stderr.write", "sys.stdout.buffer"}
            or (named.startswith("click.") and named.removeprefix("click.") in WRITERS)
            or any(it.split(".")[0] == "rich" or it.removeprefix("click.") in WRITERS for it in imported)
        ):
            yield f"{path.name}:{getattr(node, 'lineno', 0)} {named or ', '.join(imported)}"


def test_only_one_module_writes_to_a_terminal() -> None:
    paths = [*(ROOT / "audiera").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")]
    others = [it for it in paths if it.relative_to(ROOT).as_posix() not in {ONE, *STORY}]

    assert [found for path in others for found in written_past(path)] == []


def test_the_one_is_seen_to_write() -> None:
    assert {found.split()[1] for found in written_past(ROOT / ONE)} >= {"click.echo", "click.confirm", "click.prompt"}


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
