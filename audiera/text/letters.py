"""What text can hide: letters that nobody sees, and marks piled upon one letter."""

import re
import unicodedata
from typing import Final, Literal

__all__ = ["MOST_MARKS", "UNSEEN", "is_piled", "normal", "unpiled"]


UNSEEN: Final = frozenset(
    chr(code)
    for first, last in (
        *((0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5)),
        *((0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164)),
        *((0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3)),
        *((0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
        *((0x2800, 0x2800), (0x16FE4, 0x16FE4), (0x1D159, 0x1D159)),
    )
    for code in range(first, last + 1)
)
"""Letters that leave no trace on a screen, whatever Python calls printable: Unicode's Default_Ignorable_Code_Point,
and those that are drawn as nothing (a braille cell without dots, a filler of Khitan, a note without a head).
"""

MOST_MARKS: Final = 30
"""Marks in a row that no writing exceeds (UAX 15, 13: the stream-safe text format)."""

_LIKE_MARKS: Final = frozenset("\u0f73\u0f75\u0f81\uff9e\uff9f")
"""Letters that stand alone, and come apart into marks."""

_PILE: Final = re.compile(rb"[^\0]{%d}" % (MOST_MARKS + 1))


def is_piled(text: str) -> bool:
    """Say whether more than 30 marks follow one another."""
    return not text.isascii() and _PILE.search(bytes(map(_rank, text))) is not None


def unpiled(text: str) -> str:
    """Return text without the marks that no writing has: those beyond 30 in a row."""
    if not is_piled(text):
        return text
    kept: list[str] = []
    run = 0
    for letter in text:
        run = run + 1 if _rank(letter) else 0
        if run <= MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def normal(text: str, form: Literal["NFC", "NFKC", "NFKD"] = "NFC") -> str:
    """Return text in a normal form of Unicode, and as it is if marks are piled in it.

    To order marks takes the square of their number: a pile of 100,000, which is no text, would take minutes.
    """
    return text if is_piled(text) else unicodedata.normalize(form, text)


def _rank(letter: str) -> int:
    return unicodedata.combining(letter) or letter in _LIKE_MARKS
