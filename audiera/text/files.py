"""Reads text files that people write, and writes files whole or not at all, whatever interrupts the writing."""

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from audiera.errors import InputError

__all__ = ["MAX_BYTES", "read_text", "replace_file"]


MAX_BYTES: Final = 64 * 1024 * 1024
"""The largest file read: a row for each of some 500,000 files."""


def read_text(path: Path) -> str:
    """Read a text file in UTF-8, with or without a mark, its lines ended by line feeds.

    Raises:
        InputError: it is no file, cannot be read, is too large, or is not UTF-8 text.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe or a device would never end
            raise InputError("it is not a file; name the file itself.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"it cannot be read ({error.strerror}); check the name and its permissions.") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"it is larger than {MAX_BYTES // 2**20} MiB; is this the right file?")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("it is not UTF-8; save it as UTF-8, a spreadsheet as `CSV UTF-8`.") from error
    if "\0" in text:
        raise InputError("it is not text; save it as UTF-8, a spreadsheet as `CSV UTF-8`.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def replace_file(path: Path, blocks: Iterable[bytes]) -> None:
    """Write a file beside its place and moves it there; what was there before stays until then, its permissions after.

    Raises:
        OSError: it cannot be written; nothing of it is left.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".audiera.", delete=False) as file:
        try:
            file.writelines(blocks)
            file.flush()
            os.fsync(file.fileno())
            with suppress(FileNotFoundError):
                os.fchmod(file.fileno(), path.stat().st_mode & 0o7777)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
