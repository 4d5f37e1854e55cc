"""What can be told of a dataset by its items alone: genres, keys and tempos, each in one spelling."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

from audiera.errors import InputError
from audiera.text import tidy

__all__ = ["Trait", "genre_value", "key_value", "parse_key", "tempo_value"]

_KEY: Final = re.compile(r"([A-G])\s*(#|♯|b|♭|sharp|flat)?\s*-?\s*(m|min|minor|moll|maj|major|dur)?", re.IGNORECASE)
_NAMES: Final = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_NAMES: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
_PLACES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_LETTERS: Final = 64


class Trait(IntEnum):
    """Which of them a row of the table is."""

    Genre = 0
    Key = 1
    Tempo = 2


def genre_value(genre: str) -> str:
    """Return a genre as it is searched: without case, of a long one its beginning."""
    return tidy(genre).casefold()[:_LETTERS]


def tempo_value(bpm: int) -> str:
    """Return beats per minute in ten digits, whose order as text is that of the numbers."""
    return f"{bpm:010d}"


def key_value(key: str) -> str | None:
    """Return a musical key in one spelling, ``F#m`` for ``Gbm`` or ``F sharp minor``; None if it is no key of ours."""
    match = _KEY.fullmatch(key.strip())
    if match is None:
        return None
    shift = {"#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}.get((match[2] or "").lower(), 0)
    place = (_PLACES[match[1].upper()] + shift) % 12
    mode = match[3] or ""
    minor = mode == "m" or mode.lower() in {"min", "minor", "moll"}
    return f"{_MINOR_NAMES[place]}m" if minor else _NAMES[place]


def parse_key(text: str) -> str:
    """Read a musical key as people write it.

    Raises:
        InputError: if it is none.
    """
    key = key_value(text)
    if key is None:
        raise InputError(f"{text!r} is not a musical key; write it like C, F#m or B flat minor.")
    return key
