"""What is not here, or broken, is pulled: by the command that pulls, in the words and within the limits of the user.

There is no second way to pay. However many processes of a machine miss something, one at a time runs the command, and
those that waited for it look first whether they still miss it.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from audiera.errors import StorageError
from audiera.text import locked, open_file, shown
from audiera.work import audiera_command

__all__ = ["pull_again"]

_LINES: Final = 3
"""Of what a command that failed has said."""


def pull_again(folder: Path, words: str, is_there: Callable[[], bool]) -> None:
    """Run `audiera pull` with these words, unless another process has just done what it takes.

    Args:
        folder: that is pulled to.
        words: what is typed after `audiera pull`, without `--to` and `--yes`.
        is_there: whether nothing is missing any more.

    Raises:
        StorageError: it is still missing, with what the command said.
    """
    kept = folder / ".audiera"
    try:
        kept.mkdir(parents=True, exist_ok=True)
        with locked(kept / "loading"):
            _wait(kept / "lock")
            if is_there():
                return
            command = audiera_command("pull", *shlex.split(words), "--to", str(folder), "--yes")
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if is_there():
                return
    except OSError as error:
        raise StorageError(f"{shown(str(folder))} cannot be written ({error.strerror}); see to that.") from error
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-_LINES:]
    raise StorageError(f"What is missing in {shown(str(folder))} could not be pulled: {shown(' '.join(said))}")


def _wait(lock: Path) -> None:
    """Wait for a pull that somebody else runs."""
    descriptor = open_file(lock, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)
