"""Which letters the fonts of this machine have, so that a paper says which are missing and prints no boxes."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from audiera.text import read_file

__all__ = ["missing", "spelled"]

_EMBEDDED: Final = (
    *((0x20, 0x7E), (0xA0, 0x17F), (0x391, 0x3A1), (0x3A3, 0x3C9), (0x400, 0x45F)),
    *((0x2010, 0x2014), (0x2018, 0x201A), (0x201C, 0x201E), (0x2020, 0x2022), (0x2026, 0x2026), (0x20AC, 0x20AC)),
)
"""What the fonts have that come with the typesetter: the first and the last of some runs of letters."""

_MOST: Final = 1 << 28  # bytes of a font


def missing(text: Iterable[str], fonts: Iterable[str]) -> frozenset[str]:
    """Return the letters of texts that no font has.

    Args:
        text: the texts.
        fonts: paths of the fonts beside those of the typesetter.
    """
    letters = {it for part in text for it in part} - {"\n", "\u200b"}
    unknown = {it for it in letters if not any(first <= ord(it) <= last for first, last in _EMBEDDED)}
    for font in fonts:
        if not unknown:
            break
        runs = _runs(font)
        unknown = {it for it in unknown if not any(first <= ord(it) <= last for first, last in runs)}
    return frozenset(unknown)


def spelled(text: str, absent: frozenset[str]) -> str:
    """Return a text with letters that no font has as their numbers."""
    return "".join(f"[U+{ord(it):04X}]" if it in absent else it for it in text) if absent else text


@cache
def _runs(font: str) -> tuple[tuple[int, int], ...]:
    """Return the runs of letters that a font has; none of one that cannot be read."""
    try:
        return tuple(_letters(read_file(Path(font), _MOST)))
    except (OSError, struct.error):
        return ()


def _letters(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the runs of a font's table of letters (OpenType: cmap, formats 4 and 12)."""
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    (tables,) = struct.unpack_from(">H", data, start + 4)
    for number in range(tables):
        tag, _, cmap, _ = struct.unpack_from(">4sIII", data, start + 12 + 16 * number)
        if tag == b"cmap":
            break
    else:
        return
    for number in range(struct.unpack_from(">H", data, cmap + 2)[0]):
        (offset,) = struct.unpack_from(">I", data, cmap + 8 + 8 * number)
        at = cmap + offset
        (kind,) = struct.unpack_from(">H", data, at)
        if kind == 12:  # the format's number
            (groups,) = struct.unpack_from(">I", data, at + 12)
            for group in range(groups):
                first, last, _ = struct.unpack_from(">III", data, at + 16 + 12 * group)
                yield first, last
        elif kind == 4:  # likewise
            (twice,) = struct.unpack_from(">H", data, at + 6)
            ends = struct.unpack_from(f">{twice // 2}H", data, at + 14)
            starts = struct.unpack_from(f">{twice // 2}H", data, at + 16 + twice)
            yield from ((first, last) for first, last in zip(starts, ends, strict=True) if last != 0xFFFF)
