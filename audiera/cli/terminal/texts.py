"""Files that commands write: one that was asked for, and legal texts by their hash, so that buyers can read them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from audiera.errors import StorageError
from audiera.text import read_file, replace_file, shown

__all__ = ["store_text", "write_file"]


def store_text(folder: Path, text: bytes) -> Path:
    """Keep a text under its sha-256 and return the file. One that is there is not written again.

    Raises:
        StorageError: if the folder cannot be written.
    """
    path = folder / sha256(text).hexdigest()
    try:
        if not path.exists() or read_file(path) != text:
            folder.mkdir(parents=True, exist_ok=True)
            replace_file(path, [text])
    except OSError as error:
        raise StorageError(
            f"{shown(str(path))} cannot be written ({error.strerror}); choose another --storage."
        ) from error
    return path


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        StorageError: if it cannot be written.
    """
    try:
        replace_file(path, [data])
    except OSError as error:
        raise StorageError(f"{shown(str(path))} cannot be written ({error.strerror}); choose another --out.") from error
