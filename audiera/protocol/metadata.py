"""One item's metadata row: the facts about a file that its leaf commits to.

The row is a JSON object of the keys below and no others, serialised by RFC 8785 (canonical JSON).
A key whose value is unknown is left out; text is in Unicode NFC; numbers are integers. The row's
Keccak-256 is `Item.metadata`. `docs/formats.md` has the same table for readers of other languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TypeAlias

from audiera.errors import InputError, ItemError
from audiera.protocol.hashing import keccak
from audiera.protocol.identifiers import parse_isrc, parse_iswc
from audiera.text import MOST_MARKS, TURNING, canonical, is_piled, normal

__all__ = ["Metadata", "Row"]

Row: TypeAlias = dict[str, str | int | list[str]]
"""A metadata row as plain JSON."""

_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")
_NOT_IN_PATH = re.compile(rf"[\\\x00-\x1f\x7f-\x9f\u2028\u2029{''.join(sorted(TURNING))}]")
"""What a scan takes no file with: separators of other systems, and what makes a name read as another or as two."""

_NUMBERS = ("track", "bpm", "duration_ms", "sample_rate", "channels", "bit_depth")
_MAX_BIT_DEPTH = 64
_TEXTS = ("title", "album", "date", "genre", "key", "isrc", "iswc", "copyright", "licence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The facts about one file. Text is normalised to NFC; what is unknown is None or empty.

    Raises:
        ItemError: if a value has the wrong type or form; the message names the path and the key.
    """

    path: str
    """Where the file is in its folder: relative, forward slashes, no part that begins with a dot."""
    media_type: str
    """What the bytes are, by content and not by extension, such as ``audio/flac``."""
    title: str | None = None
    artists: tuple[str, ...] = ()
    """In the order of the credits."""
    album: str | None = None
    track: int | None = None
    """Position on the album, from 1."""
    date: str | None = None
    """``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD`` (ISO 8601)."""
    genre: str | None = None
    bpm: int | None = None
    """Beats per minute, a whole number as in ID3's TBPM."""
    key: str | None = None
    """Musical key as in ID3's TKEY, such as ``F#m``."""
    isrc: str | None = None
    """The recording, twelve characters without hyphens."""
    iswc: str | None = None
    """The work, eleven characters without punctuation."""
    copyright: str | None = None
    licence: str | None = None
    """What the file itself says of its licence, SPDX where possible."""
    duration_ms: int | None = None
    """Decoded length in milliseconds, rounded up; absent for what has no length."""
    sample_rate: int | None = None
    """Hertz."""
    channels: int | None = None
    bit_depth: int | None = None
    """Bits of a sample as stored, from 1 (DSD) to 64; absent for what is coded with loss."""

    def __post_init__(self) -> None:
        set_field = object.__setattr__
        try:
            set_field(self, "path", _path(self.path))
            for name in _TEXTS:
                if (text := getattr(self, name)) is not None:
                    set_field(self, name, _text(text, name))
            set_field(self, "artists", tuple(_text(name, "artists") for name in self.artists))
            for name in _NUMBERS:
                _check_number(getattr(self, name), name)
            self._check_forms()
        except InputError as error:
            raise ItemError(f"{self.path!r}: {error}") from error

    def _check_forms(self) -> None:
        if not _MEDIA_TYPE.fullmatch(self.media_type):
            raise InputError(f"media_type {self.media_type!r} is not like audio/flac.")
        if self.date is not None and not _DATE.fullmatch(self.date):
            raise InputError(f"date {self.date!r} is not YYYY, YYYY-MM or YYYY-MM-DD.")
        if self.isrc is not None and parse_isrc(self.isrc) != self.isrc:
            raise InputError(f"isrc {self.isrc!r} must be given as its twelve bare characters.")
        if self.iswc is not None and parse_iswc(self.iswc) != self.iswc:
            raise InputError(f"iswc {self.iswc!r} must be given as its eleven bare characters.")
        if self.bit_depth is not None and self.bit_depth > _MAX_BIT_DEPTH:
            raise InputError(f"bit_depth {self.bit_depth} must be at most {_MAX_BIT_DEPTH}.")

    def row(self) -> Row:
        """Return the row as JSON values, absent keys left out."""
        row: Row = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and value != ():
                row[field.name] = list(value) if isinstance(value, tuple) else value
        return row

    def canonical(self) -> bytes:
        """Return the row as RFC 8785 canonical JSON, UTF-8."""
        return canonical(self.row())

    def hash(self) -> bytes:
        """Return what the item's leaf commits to: the Keccak-256 of the canonical row."""
        return keccak(self.canonical())

    @classmethod
    def from_row(cls, row: Mapping[str, object]) -> Metadata:
        """Read a row back, accepting only what :meth:`row` could have produced.

        Raises:
            ItemError: if a key is unknown, a value is of the wrong kind, or the text is not NFC.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(row.keys() - known):
            raise ItemError(f"Metadata row has unknown keys {unknown}; remove them.")
        if missing := sorted({"path", "media_type"} - row.keys()):
            raise ItemError(f"Metadata row lacks {missing}; add them.")
        values = dict(row)
        if "artists" in values:
            if not isinstance(values["artists"], list):
                raise ItemError("Metadata key artists must be a list of names.")
            values["artists"] = tuple(values["artists"])
        metadata = cls(**values)  # type: ignore[arg-type]  # __post_init__ checks every type
        if metadata.row() != dict(row):
            raise ItemError(f"{metadata.path!r}: the row is not canonical; write it with row().")
        return metadata


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{name} must be text that is not blank; leave the key out if unknown.")
    if _NOT_TEXT.search(value):
        raise InputError(f"{name} {value!r} has NUL or is not valid Unicode; clean it.")
    if is_piled(value):
        raise InputError(f"{name} has more than {MOST_MARKS} marks in a row, which is no text; clean it.")
    return normal(value)


def _path(value: object) -> str:
    path = _text(value, "path")
    bad_part = any(not part or part.startswith(".") for part in path.split("/"))  # .. climbs, .ssh and .git act
    if bad_part or _NOT_IN_PATH.search(path):
        raise InputError("path must be relative, with forward slashes and plain names; rename it.")
    return path


def _check_number(value: object, name: str) -> None:
    if value is None:
        return
    # bool is an int to Python but another thing to JSON; floats have no one spelling.
    if type(value) is not int or not 0 < value < 1 << 32:
        raise InputError(f"{name} must be a whole number from 1 to 2^32 - 1; got {value!r}.")
