"""Legal texts, kept by their hash: what terms name, and what buyers must be able to read."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from audiera.errors import StorageError
from audiera.text import replace_file

__all__ = ["store_text"]


def store_text(folder: Path, text: bytes) -> Path:
    """Keep a text under its sha-256 and return the file. One that is there is not written again.

    Raises:
        StorageError: if the folder cannot be written.
    """
    path = folder / sha256(text).hexdigest()
    try:
        if not path.exists() or path.read_bytes() != text:
            folder.mkdir(parents=True, exist_ok=True)
            replace_file(path, [text])
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}); choose another --storage.") from error
    return path
