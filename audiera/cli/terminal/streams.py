"""Makes sure that no output fails because its encoding lacks a letter."""

from __future__ import annotations

import io
import sys

__all__ = ["write_anything"]


def write_anything() -> None:
    """Let standard output and standard error escape what their encoding cannot write, instead of failing.

    Theirs is not UTF-8 where output goes to a file on Windows, or where the locale is an old one.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
