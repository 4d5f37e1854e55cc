"""What a request asks for, read within bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import Connection

from audiera.explorer.money import Tokens
from audiera.explorer.refusals import bad_request
from audiera.explorer.source import Index

__all__ = ["Asked", "Reading"]

_DIGITS: Final = 18
"""Of any number in a request: what fits a column of the index."""
_LETTERS: Final = 400
_WORD: Final = re.compile("0x[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Asked:
    """The variable parts of a path, and the query string: of each key the last value."""

    parts: Mapping[str, str]
    query: Mapping[str, str]

    def number(self, name: str) -> int:
        """Return a number that is part of the path.

        Raises:
            RefusalError: it is longer than any id.
        """
        return _whole(self.parts[name], name)

    def part(self, name: str) -> str:
        """Return a part of the path.

        Raises:
            RefusalError: it has what nobody types, and no database takes.
        """
        return _typed(self.parts[name], name)

    def word(self, name: str) -> str:
        """Return a part of the path that is 32 bytes, in lower case.

        Raises:
            RefusalError: it is anything else.
        """
        text = self.parts[name].lower()
        if not _WORD.fullmatch(text):
            raise bad_request(f"{name} is not 0x and 64 hexadecimal digits.")
        return text

    def text(self, key: str, most: int = _LETTERS) -> str:
        """Return what the query says under a key, trimmed; empty if nothing.

        Raises:
            RefusalError: it is longer than anybody types, or has what nobody types.
        """
        text = self.query.get(key, "").strip()
        if len(text) > most:
            raise bad_request(f"{key} has {len(text):,} letters; ask with {most:,} at most.")
        return _typed(text, key)

    def whole(self, key: str) -> int | None:
        """Return a whole number of the query; None if it has none.

        Raises:
            RefusalError: it is something else.
        """
        text = self.text(key)
        return _whole(text, key) if text else None

    def choice(self, key: str, among: Mapping[str, object]) -> str:
        """Return one of several words of the query; empty if it has none.

        Raises:
            RefusalError: it is none of them.
        """
        text = self.text(key)
        if text and text not in among:
            raise bad_request(f"{key} is none of {', '.join(among)}.")
        return text

    def changed(self, **values: object) -> str:
        """Return the query string with some values put in the place of others, or taken out by None."""
        query = {**self.query, **values}
        return urlencode({key: str(value) for key, value in query.items() if value not in (None, "")})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a view is made from: the index at one moment, and what is asked."""

    connection: Connection
    index: Index
    asked: Asked
    tokens: Tokens
    has_stores: bool
    """Whether there are stores to take pictures from."""


def _typed(text: str, name: str) -> str:
    if "\0" in text:
        raise bad_request(f"{name} has a letter that stands for nothing; leave it out.")
    return text


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise bad_request(f"{name} is not a whole number that anything here could have.")
    return int(text)
