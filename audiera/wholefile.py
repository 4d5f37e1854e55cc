"""Writes files that appear whole or not at all, whatever interrupts the writing."""

__all__ = ["replace_file"]

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def replace_file(path: Path, blocks: Iterable[bytes]) -> None:
    """Writes a file beside its place and moves it there; what was there before stays until then.

    Raises:
        OSError: it cannot be written; nothing of it is left.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".audiera.", delete=False) as file:
        try:
            file.writelines(blocks)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
