"""Reads the tags of a file of music and brings them to one form.

Text is tidied (`audiera.text.tidy`). What is missing or says nothing is absent; what is not of its standard's form, or
not in the encoding that it states, is left out with a note, since nobody can know what it should be. A tag never stops
a file from being registered, and never says more than the file does.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import FileIO
from typing import Final, TypeAlias

from audiera.errors import InputError
from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.mutagen import tags_with_mutagen
from audiera.music.formats.textchunks import text_chunks
from audiera.music.formats.trailers import after_id3
from audiera.music.identify import HEAD_BYTES, Reader, identify
from audiera.protocol import Row, parse_isrc, parse_iswc
from audiera.text import TURNING, tidy

__all__ = ["Tags", "normalise", "read_tags"]


_Value: TypeAlias = str | int | list[str] | None

_NAMES: Final = {
    "title": ("title",),
    "artists": ("artist",),
    "album": ("album",),
    "track": ("tracknumber", "track"),
    "date": ("date", "year"),
    "genre": ("genre",),
    "bpm": ("bpm", "tempo"),
    "key": ("initialkey", "key"),
    "isrc": ("isrc",),
    "iswc": ("iswc",),
    "copyright": ("copyright",),
    "licence": ("license", "licence"),
}
_DATE: Final = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?(?!\d)", re.ASCII)
_MOST: Final = 10_000  # letters of a tag; what is longer is no name, and would be a part of the item's row
_MOST_VALUES: Final = 64  # of one tag; more artists are a list of something else, and each may have its note
_SHOWN: Final = 40  # letters of a tag that a note repeats
_TOLD: Final = 3  # values of one tag that a note repeats
_UNDECODED: Final = "\ufffd"


@dataclass(frozen=True, slots=True)
class Tags:
    """The normalised tags of one file: any of the keys of the item row that tags can state, and notes, to put
    after the file's name, on tags that are malformed and left out.
    """

    row: Row
    notes: tuple[str, ...] = ()


def read_tags(file: FileIO, strings: Mapping[str, str]) -> Tags:
    """Read the tags of an open file, whatever its name says it is.

    Args:
        file: the file, open; it is read from its beginning.
        strings: the container's own text fields, as decoding found them, for what has no other tag.

    Raises:
        OSError: the file cannot be read.
    """
    source = ByteSource(file)
    start = after_id3(source)
    kind = identify(source.read(start, HEAD_BYTES)) or identify(source.read(0, HEAD_BYTES))
    outside = kind is None or kind.reader is Reader.NONE or (start > 0 and kind.reader is Reader.CHUNKS)
    media_type = "audio/mpeg" if kind is None or outside else kind.media_type
    found, unread = tags_with_mutagen(file, media_type)
    # A decoder makes something of tags that cannot be read, too, and does not say so.
    values = {} if unread else {name.lower(): [text] for name, text in strings.items()}
    tags = normalise(values | text_chunks(ByteSource(file, start)) | found)
    return Tags(tags.row, (*unread, *tags.notes))


def normalise(values: Mapping[str, Sequence[str]]) -> Tags:
    """Bring tags, by their names in lower case, to the form of the item row."""
    row: Row = {}
    notes: list[str] = []
    for key, names in _NAMES.items():
        stated = (list(_legible(key, values.get(name, ()), notes)) for name in names)
        clean = next(filter(None, stated), [])
        value = _NORMALISE[key](clean) if clean else None
        if value:
            row[key] = value
            notes += _several(key, clean, value)
        elif clean and key in _STANDARD and clean[0].strip("0-"):
            notes.append(f"has a tag that is not {_STANDARD[key]}, {_shown(clean[0])}; it is left out")
    return Tags(row, tuple(notes))


def _legible(key: str, texts: Sequence[str], notes: list[str]) -> Iterator[str]:
    """Yield the texts of one tag that say something, tidied; what is not as the file has it is noted."""
    if len(texts) > _MOST_VALUES:
        notes.append(f"has {_CALLED[key]} {len(texts):,} times; all but the first {_MOST_VALUES} are left out")
    for text in texts[:_MOST_VALUES]:
        if len(text) > _MOST:
            notes.append(f"has {_CALLED[key]} of {len(text):,} letters; it is left out")
        elif _is_misread(text):
            notes.append(f"has {_CALLED[key]} that is not in the encoding it states, {_shown(text)}; it is left out")
        elif clean := tidy(text):
            if _is_altered(text):
                notes.append(f"has {_CALLED[key]} with characters that are not text, {_shown(text)}; they are dropped")
            yield clean


def _is_misread(text: str) -> bool:
    """Say whether text was not read in the encoding that it was written in.

    Then some of it could not be decoded, or it has control characters of Latin-1 (C1), which nobody writes, or the
    bytes that its letters are in Latin-1 are UTF-8, which by chance they hardly ever are.
    """
    if text.isascii():
        return False
    if any(letter == _UNDECODED or "\x80" <= letter <= "\x9f" or "\ud800" <= letter <= "\udfff" for letter in text):
        return True
    try:
        text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    return True


def _is_altered(text: str) -> bool:
    """Say whether tidying loses more than white space, and the zeros that fill a field up."""
    return any(
        letter in TURNING or (unicodedata.category(letter) == "Cc" and not letter.isspace())
        for letter in text.rstrip("\0 ")
    )


def _several(key: str, texts: Sequence[str], taken: _Value) -> Iterator[str]:
    """Yield that a tag which is one text by its standard is there with another, too."""
    different = list(dict.fromkeys(str(_NORMALISE[key]([text]) or text) for text in texts))
    if key != "artists" and len(different) > 1:
        noun, told = _CALLED[key].split(" ", 1)[1], ", ".join(map(_shown, different[:_TOLD]))
        more = ", …" * (len(different) > _TOLD)
        yield f"has more than one {noun}, {told}{more}; {_shown(str(taken))} is taken"


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _text(values: list[str]) -> str:
    return values[0]


def _artists(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _track(values: list[str]) -> int | None:
    number = values[0].split("/")[0].strip()
    return (int(number) or None) if number.isascii() and number.isdigit() and len(number) <= 4 else None


def _date(values: list[str]) -> str | None:
    match = _DATE.match(values[0])
    return match.group() if match and match.group(1) != "0000" else None


def _bpm(values: list[str]) -> int | None:
    try:
        bpm = Decimal(values[0])
    except InvalidOperation:
        return None
    return (int(bpm + Decimal("0.5")) or None) if bpm.is_finite() and 0 < bpm < 1000 else None


def _first_valid(parse: Callable[[str], str]) -> Callable[[list[str]], str | None]:
    def first(values: list[str]) -> str | None:
        for text in values:
            try:
                return parse(text)
            except InputError:
                continue
        return None

    return first


_NORMALISE: Final[dict[str, Callable[[list[str]], _Value]]] = {
    "title": _text,
    "artists": _artists,
    "album": _text,
    "track": _track,
    "date": _date,
    "genre": _text,
    "bpm": _bpm,
    "key": _text,
    "isrc": _first_valid(parse_isrc),
    "iswc": _first_valid(parse_iswc),
    "copyright": _text,
    "licence": _text,
}
_CALLED: Final = {
    "title": "a title",
    "artists": "an artist",
    "album": "an album",
    "track": "a track number",
    "date": "a date",
    "genre": "a genre",
    "bpm": "a tempo",
    "key": "a key",
    "isrc": "an ISRC",
    "iswc": "an ISWC",
    "copyright": "a copyright",
    "licence": "a licence",
}
_STANDARD: Final = {"date": "a date as in 2026-03-01", "isrc": "an ISRC", "iswc": "an ISWC"}
