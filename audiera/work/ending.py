"""Has a process that we began end when we do, even if we are killed and can end nothing ourselves.

Linux alone can be asked to signal a child then. A pipe closes everywhere: a shell waits at the other end of one, and
ends the process when it closes without a word.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

__all__ = ["ending_with_us"]

_WATCH: Final = """
read -r _ && exit
kill "$1" || exit
for _ in 1 2 3 4 5 6 7 8 9 10; do
  sleep 1
  kill -0 "$1" || exit
done
kill -9 "$1"
"""
"""A line says that we ended it ourselves; none ever comes of who was killed."""


@contextmanager
def ending_with_us(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """See to it, until the block ends, that a process does not outlive this one: asked to end first, killed after 10 s.

    Whoever ends the block has ended the process, or lets it go on.
    """
    watch = subprocess.Popen(
        ["/bin/sh", "-c", _WATCH, "sh", str(process.pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C at a terminal reaches a whole group
        bufsize=0,
    )
    try:
        yield
    finally:
        with suppress(OSError):  # somebody ended it
            watch.communicate(b"\n")
