"""Files that strangers may have put somewhere are read by what waits for nothing and stops at a bound.

A pipe in the place of a file would hold a reader up for ever, and a file without end would fill its memory. So files
are read by `audiera.text.files`, by `audiera.folder.walk` and by the stores, which look at what they have opened.
"""

import ast

from tests.support.house import modules, nodes_of

READERS = {
    "text.files",  # bounded, and never a pipe
    "folder.walk",
    "storage.local",
    "storage.objects",  # what was scanned is uploaded; it is held to its hash
}
OWN = {
    "demo",  # its own files
    "client.contracts.artifacts",  # what the package brings with it
    "client.deployment.trusted",  # below the user's own state
    "explorer.static",  # likewise
    "folder.cache",  # the package's own sources
    "licensing.texts",
    "papers.html",  # what the package brings with it
    "papers.pdf",
    "storage.keys",  # the user's key
    "storage.transfer",  # what was fetched, looked at before
    "work",  # /proc
    "music",  # an open file, and a member of an archive
}


def opens(call: ast.Call) -> bool:
    """Whether a call opens a file to read it."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    modes = [it.value for it in call.args if isinstance(it, ast.Constant)]
    whole = isinstance(call.func, ast.Attribute) and name in ("read_text", "read_bytes")
    return whole or (name == "open" and (modes[:1] in (["r"], ["rb"]) or not call.args))


def test_files_are_opened_where_it_is_looked_what_they_are() -> None:
    others = [name for name in modules() if not any(f"{name}.".startswith(f"{it}.") for it in READERS | OWN)]
    calls = [(name, it) for name in others for it in nodes_of(modules()[name]) if isinstance(it, ast.Call)]

    assert [f"{name}:{call.lineno}" for name, call in calls if opens(call)] == []
