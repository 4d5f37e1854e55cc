"""Lengths and sizes of files, in the one form in which every command writes them."""

from __future__ import annotations

__all__ = ["length_words", "size_words"]


def length_words(milliseconds: int) -> str:
    """Write a length as a clock does, to the millisecond: 3:07.250, 1:02:03.004."""
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{clock}:{rest // 1000:02d}.{rest % 1000:03d}"


def size_words(size: int, milliseconds: int | None) -> str:
    """Write bytes and, of what plays, the length: 12,345 bytes, 3:07.250."""
    return f"{size:,} bytes, {length_words(milliseconds)}" if milliseconds else f"{size:,} bytes"
