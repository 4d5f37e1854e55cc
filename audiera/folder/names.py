"""Names of files as people and systems make them: which are refused, which passed over, how they are shown."""

import unicodedata
from pathlib import Path
from typing import Final

from audiera.text import MOST_MARKS, TURNING, is_piled, normal

__all__ = ["RECORD_SUFFIX", "composed", "is_hidden", "judge_name"]


RECORD_SUFFIX: Final = ".audiera"
"""Folders of this suffix hold records (`audiera.dataset.record`), never items."""

_LITTER: Final = frozenset(
    {"__macosx", "$recycle.bin", "system volume information", "@eadir", "lost+found"}
    | {"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r"}
)

_BREAKS: Final = frozenset({"Cc", "Zl", "Zp"})


def is_hidden(name: str) -> bool:
    """Say whether a file or folder of this name is passed over in silence: hidden, a record or litter."""
    return name.startswith(".") or name.lower() in _LITTER or name.endswith(RECORD_SUFFIX)


def judge_name(path: str) -> str | None:
    """Return why an item cannot be at this path of a folder, as a clause to put after it, or None."""
    categories = set(map(unicodedata.category, path))
    if "Cs" in categories:
        return "has a name that is not UTF-8; rename it"
    if categories & _BREAKS or "\\" in path:
        return "has a control character or a backslash in its name; rename it"
    if not TURNING.isdisjoint(path):
        return "has a name that turns the direction of writing, so that it reads as what it is not; rename it"
    if is_piled(path):
        return f"has a name with more than {MOST_MARKS} marks in a row; rename it"
    if not path.strip():
        return "has a name of nothing but spaces; rename it"
    return None


def composed(path: Path) -> str:
    """Return a path with forward slashes and in NFC: one spelling on every machine and file system."""
    return normal(path.as_posix())
