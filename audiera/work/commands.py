"""Other processes of this Python: they import what is installed, and nothing that lies in the folder they begin in.

`python -c` looks there first: a folder of strangers that holds a `click.py` would have it run, with the keys that are
in the environment.
"""

from __future__ import annotations

import sys
from typing import Final

__all__ = ["audiera_command", "python_command"]

_AUDIERA: Final = "from audiera.cli.main import main; main(prog_name='audiera')"


def python_command(program: str, *words: str) -> list[str]:
    """Return what runs a program, given as text, with these words as its `sys.argv[1:]`."""
    return [sys.executable, "-P", "-c", program, *words]


def audiera_command(*words: str) -> list[str]:
    """Return what runs `audiera` with these words."""
    return python_command(_AUDIERA, *words)
