"""Texts as the words that are searched: the same in both databases, whatever their own notion of a word is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Final

from audiera.text import normal

__all__ = ["fold", "unique_words", "words_of"]

_LETTERS: Final = 64  # of a word that count
_PLAIN: Final = re.compile(r"[a-z0-9]+")
_ALONE: Final = ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
"""Scripts that put no spaces between words: each letter of them is one."""


def fold(text: str) -> str:
    """Return a text without what people leave out when they search: letter case, accents, width."""
    if text.isascii():
        return text.lower()
    letters = normal(normal(text, "NFKD").casefold(), "NFKD")
    # Accents stand above or below (combining class 200 and more); vowel signs of other scripts are letters.
    return "".join(letter for letter in letters if unicodedata.combining(letter) < 200)


def words_of(text: str) -> list[str]:
    """Return the words of a text in order, folded; of a long one its first 64 letters."""
    folded = fold(text)
    spaced = folded if folded.isascii() else "".join(map(_spaced, folded))
    found = _PLAIN.findall(folded) if folded.isascii() else spaced.split()
    return [word[:_LETTERS] for word in found]


def unique_words(texts: Iterable[str], most: int) -> list[str]:
    """Return each word of several texts once, in order, as far as their letters and the spaces between fit."""
    found: dict[str, None] = {}
    size = 0
    for text in texts:
        for word in words_of(text):
            if word not in found:
                size += len(word.encode()) + 1
                if size > most:
                    return list(found)
                found[word] = None
    return list(found)


@cache
def _spaced(letter: str) -> str:
    """Return a letter as it is, what is none as a space, and one that is a word by itself between two."""
    if unicodedata.category(letter)[0] not in "LNM":
        return " "
    return f" {letter} " if any(first <= ord(letter) <= last for first, last in _ALONE) else letter
