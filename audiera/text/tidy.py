"""Text from the outside world in one form, safe to print and to hash."""

import unicodedata
from typing import Final

from audiera.text.letters import normal, unpiled

__all__ = ["TURNING", "tidy"]


TURNING: Final = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
"""Unicode's embeddings, overrides and isolates (UAX 9): they turn `gpj.exe` around on a screen. Plain marks of
direction, which some scripts need, are not among them.
"""

_DROPPED: Final = dict.fromkeys(map(ord, TURNING))


def tidy(text: str) -> str:
    """Return text in NFC, trimmed, with each run of white space and control characters made one space.

    Control characters mean nothing in a name or a title, and something to the terminal that shows it. Those
    that turn the direction of what follows are dropped: they make a name look like another one. So are marks beyond
    30 in a row.
    """
    text = text.translate(_DROPPED)
    spaced = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    return normal(unpiled(" ".join(spaced.split())))
