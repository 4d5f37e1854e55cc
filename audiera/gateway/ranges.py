"""What part of a representation a request wants (RFC 9110): one range, or all of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from audiera.gateway.problems import Code, Problem

__all__ = ["is_held", "part_of"]

_RANGE: Final = re.compile(r"bytes=[ \t]*([0-9]{0,19})-([0-9]{0,19})[ \t]*", re.IGNORECASE)
_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')


def is_held(headers: Mapping[str, str], tag: str) -> bool:
    """Say whether the client holds the representation with this strong tag already (`If-None-Match`)."""
    told = headers.get("if-none-match", "")
    return told.strip() == "*" or tag in _TAG.findall(told)


def part_of(headers: Mapping[str, str], size: int, tag: str) -> tuple[int, int] | None:
    """Return where the wanted part of a representation starts and stops; None: all of it is wanted.

    A range that is not understood, or several at once, are answered by all of it, as is a part of what has changed.

    Raises:
        Problem: nothing is where the range begins.
    """
    if headers.get("if-range", tag).strip() != tag:
        return None
    told = _RANGE.fullmatch(headers.get("range", "").strip())
    if told is None or not (told[1] or told[2]):
        return None
    if not told[1]:
        start, stop = max(size - int(told[2]), 0), size
    else:
        start, stop = int(told[1]), min(int(told[2]) + 1, size) if told[2] else size
        if told[2] and int(told[2]) < start:
            return None
    if start >= size:
        raise Problem(
            Code.RANGE_BEYOND_END,
            f"It has {size:,} bytes, and none where the range begins.",
            headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"},
        )
    return start, stop
