"""Reads the tags of a file of audio and brings them to one form.

ID3 (also inside WAV and AIFF) and Vorbis comments are read by mutagen, RIFF INFO and its like by
libsndfile. Text is tidied (`audiera.text`); what is missing, empty or not of its
standard's form is absent: a tag never stops a file from being registered, and never says more than the
file does.
"""

__all__ = ["read_tags"]

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from io import BufferedReader, FileIO
from typing import Final

import mutagen
from mutagen.id3 import Frame

from audiera.errors import InputError
from audiera.identifiers import parse_isrc, parse_iswc
from audiera.metadata import Row
from audiera.text import tidy

_ID3: Final = {
    "title": "TIT2",
    "artists": "TPE1",
    "album": "TALB",
    "track": "TRCK",
    "date": "TDRC",
    "genre": "TCON",
    "bpm": "TBPM",
    "key": "TKEY",
    "isrc": "TSRC",
    "iswc": "TXXX:ISWC",
    "copyright": "TCOP",
    "licence": "WCOP",
}
_VORBIS: Final = {
    "title": ("title",),
    "artists": ("artist",),
    "album": ("album",),
    "track": ("tracknumber",),
    "date": ("date", "year"),
    "genre": ("genre",),
    "bpm": ("bpm", "tempo"),
    "key": ("key", "initialkey"),
    "isrc": ("isrc",),
    "iswc": ("iswc",),
    "copyright": ("copyright",),
    "licence": ("license", "licence"),
}
_STRINGS: Final = {
    "title": "title",
    "artists": "artist",
    "album": "album",
    "track": "tracknumber",
    "date": "date",
    "genre": "genre",
    "copyright": "copyright",
    "licence": "license",
}

_DATE: Final = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?(?!\d)", re.ASCII)


def read_tags(file: FileIO, strings: Mapping[str, str]) -> Row:
    """Returns the normalised tags of an open file: any of the keys of the item row that tags can state.

    Args:
        file: the file, open; it is read from its beginning.
        strings: the container's own text fields, as decoding found them, for what has no other tag.

    Raises:
        OSError: the file cannot be read.
    """
    texts = {key: [strings[name]] for key, name in _STRINGS.items() if name in strings}
    texts |= _mutagen_texts(file)
    tags: Row = {}
    for key, values in texts.items():
        clean = [text for text in map(_clean, values) if text]
        value = _NORMALISE[key](clean) if clean else None
        if value:
            tags[key] = value
    return tags


def _mutagen_texts(file: FileIO) -> dict[str, list[str]]:
    file.seek(0)
    reader = BufferedReader(file)
    try:
        found = mutagen.File(reader)
    except mutagen.MutagenError:
        return {}  # damaged tags: the audio itself has been decoded already
    finally:
        reader.detach()
    if found is None or found.tags is None:
        return {}
    if hasattr(found.tags, "getall"):
        frames = {key: found.tags.getall(name) for key, name in _ID3.items()}
        return {key: _id3_texts(key, many) for key, many in frames.items()}
    return {key: _first(found.tags, names) for key, names in _VORBIS.items()}


def _id3_texts(key: str, frames: Iterable[Frame]) -> list[str]:
    # `genres` turns the numbers that ID3v1 had for genres into names.
    attribute = {"genre": "genres", "licence": "url"}.get(key, "text")
    values = [getattr(frame, attribute) for frame in frames]
    return [str(text) for value in values for text in ([value] if isinstance(value, str) else value)]


def _first(comments: Mapping[str, list[str]], names: Iterable[str]) -> list[str]:
    return next((list(comments[name]) for name in names if comments.get(name)), [])


def _clean(text: str) -> str:
    return tidy(text.encode("utf-8", "replace").decode("utf-8"))  # no half of a surrogate pair


def _text(values: list[str]) -> str:
    return values[0]


def _artists(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _track(values: list[str]) -> int | None:
    number = values[0].split("/")[0].strip()
    return (int(number) or None) if number.isascii() and number.isdigit() and len(number) <= 4 else None


def _date(values: list[str]) -> str | None:
    match = _DATE.match(values[0])
    return match.group() if match else None


def _bpm(values: list[str]) -> int | None:
    try:
        bpm = Decimal(values[0])
    except InvalidOperation:
        return None
    return (int(bpm + Decimal("0.5")) or None) if bpm.is_finite() and 0 < bpm < 1000 else None


def _isrc(values: list[str]) -> str | None:
    return _valid(parse_isrc, values[0])


def _iswc(values: list[str]) -> str | None:
    return _valid(parse_iswc, values[0])


def _valid(parse: Callable[[str], str], text: str) -> str | None:
    try:
        return parse(text)
    except InputError:
        return None


_NORMALISE: Final[dict[str, Callable[[list[str]], str | int | list[str] | None]]] = {
    "title": _text,
    "artists": _artists,
    "album": _text,
    "track": _track,
    "date": _date,
    "genre": _text,
    "bpm": _bpm,
    "key": _text,
    "isrc": _isrc,
    "iswc": _iswc,
    "copyright": _text,
    "licence": _text,
}
