"""The files of a dataset as Croissant names them: one by one with their hashes, or as a set by their paths."""

import glob
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Final

from audiera.protocol import TableRow
from audiera.text import Json

__all__ = ["file_object", "file_set"]


_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{1,16}")
_PATTERN_LETTERS: Final = 65_536
"""The most that all patterns take, so that names without suffixes do not swell the manifest."""


def file_object(name: str, data_sha256: bytes, size: int, media_type: str, description: str) -> dict[str, Json]:
    """Return one file that lies beside the manifest."""
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "description": description,
        "contentUrl": name,
        "contentSize": f"{size} B",
        "encodingFormat": media_type,
        "sha256": data_sha256.hex(),
    }


def file_set(rows: Sequence[TableRow]) -> dict[str, Json]:
    """Return the items as a set: all their paths match its patterns, and nothing else that can be helped does."""
    return {
        "@type": "cr:FileSet",
        "@id": "files",
        "name": "files",
        "description": "The files of the dataset, by their paths in the item table.",
        "encodingFormat": sorted({row.metadata.media_type for row in rows}),
        "includes": _patterns(row.metadata.path for row in rows),
    }


def _patterns(paths: Iterable[str]) -> list[str]:
    """Return globs in the sense of fnmatch, where `*` goes on across slashes, and of shells, where it does not.

    A file that has a suffix is named by it, in the letter case that it has; any other by its own path.
    """
    patterns = sorted({_pattern(PurePosixPath(path)) for path in paths})
    return patterns if sum(map(len, patterns)) <= _PATTERN_LETTERS else ["*", "**/*"]


def _pattern(path: PurePosixPath) -> str:
    if not _SUFFIX.fullmatch(path.suffix):
        return glob.escape(str(path))
    return f"*{path.suffix}" if len(path.parts) == 1 else f"**/*{path.suffix}"
