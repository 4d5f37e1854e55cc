"""Lengths and sizes of what can be heard or read, in the one form in which they are written everywhere."""

from __future__ import annotations

__all__ = ["format_length", "format_size"]


def format_length(milliseconds: int) -> str:
    """Write a length as a clock does, to the millisecond: 3:07.250, 1:02:03.004."""
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{clock}:{rest // 1000:02d}.{rest % 1000:03d}"


def format_size(size: int, milliseconds: int | None = None) -> str:
    """Write bytes and, of what plays, the length: 12,345 bytes, 3:07.250."""
    number = "1 byte" if size == 1 else f"{size:,} bytes"
    return f"{number}, {format_length(milliseconds)}" if milliseconds else number
