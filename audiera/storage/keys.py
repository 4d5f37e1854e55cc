"""The operator's key of an encrypted store: a file that only its owner can read."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Final

from audiera.errors import StorageError

__all__ = ["KEY_BYTES", "read_key"]

KEY_BYTES: Final = 32
_HEX: Final = re.compile(rb"(?:0x)?([0-9a-fA-F]{64})")
_HOW: Final = "make one with `(umask 077; openssl rand -hex 32 > FILE)` and keep a copy: without it nothing opens again"


def read_key(path: Path) -> bytes:
    """Return the key in a file: 64 hexadecimal digits, nothing else but white space around them.

    Raises:
        StorageError: there is no key in it, or others than its owner may read it.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            text = file.read(256).strip()
    except OSError as error:
        raise StorageError(f"The key {path} cannot be read ({error.strerror}); {_HOW}.") from error
    if mode & 0o077:
        raise StorageError(f"The key {path} can be read by others (mode {mode:04o}); run `chmod 600` on it.")
    match = _HEX.fullmatch(text)
    if match is None:
        raise StorageError(f"{path} holds no key of 64 hexadecimal digits; {_HOW}.")
    return bytes.fromhex(match[1].decode())
