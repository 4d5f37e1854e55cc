"""Lengths and sizes of what can be heard or read, in the one form in which they are written everywhere."""

from __future__ import annotations

from audiera.protocol import Meter

__all__ = ["counted_whole", "format_length", "format_rate", "format_size"]


def counted_whole(*meters: int) -> str:
    """Say how an item counts that is no whole number of the units of some meters; empty where each use is one."""
    units = [f"whole {it.name.lower()}s" for it in sorted({Meter(it) for it in meters} - {Meter.Call})]
    return f"each item counts as {' or '.join(units)}" if units else ""


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


def format_rate(rate: float) -> str:
    """Write how many bytes come in a second, of which only the first digits are of use: 117 KiB/s, 1.5 MiB/s."""
    if rate < 1 << 20:
        return f"{rate / (1 << 10):,.{0 if rate >= 10 << 10 else 1}f} KiB/s"
    return f"{rate / (1 << 20):,.{0 if rate >= 10 << 20 else 1}f} MiB/s"
