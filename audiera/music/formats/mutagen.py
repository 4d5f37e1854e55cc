"""The tags of each format under one set of names, each with its values in order.

The names are those of Vorbis comments, in lower case. Only what the format itself separates becomes several
values (repeated comments, ID3v2.4's NUL, several values of an atom): "/" and ";" within a text are part of
it, as in AC/DC. Which tags a file can have follows from its content, never from its name.

Sources: id3.org, ID3v2.3 and 2.4; xiph.org, Vorbis comments; Hydrogenaudio, APEv2; Apple, iTunes metadata atoms;
Microsoft, ASF 1.2 and Windows Media attributes. Read by mutagen.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from io import BufferedReader, FileIO
from typing import Any, Final, TypeAlias

import mutagen
from mutagen import MutagenError, id3
from mutagen.aiff import AIFF
from mutagen.apev2 import APEBadItemError, APENoHeaderError, APEv2
from mutagen.asf import ASF
from mutagen.dsdiff import DSDIFF
from mutagen.dsf import DSF
from mutagen.flac import FLAC
from mutagen.id3 import ID3
from mutagen.mp4 import MP4
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

__all__ = ["tags_with_mutagen"]


_UNREAD: Final = "has tags that cannot be read; what is in them is left out"
_ABSENT: Final = (id3.ID3NoHeaderError, APENoHeaderError)

Values: TypeAlias = dict[str, list[str]]

_ID3_PEEK: Final = 1 << 24
_PACKED: Final = {3: 0x80, 4: 0x08}
"""The flag of a compressed frame, by version of ID3v2; the second version has none."""

_MAX_FRAMES: Final = 4_096
_FRAME: Final = re.compile(rb"[A-Z][A-Z0-9]{3}\0[\0-\xff]{5}")
_SHORT_FRAME: Final = re.compile(rb"[A-Z][A-Z0-9]{2}\0[\0-\xff]{2}")
"""How a frame of less than 16 MiB (of ID3v2.2: 64 KiB) begins; pictures hold such bytes by chance, but few."""

_ID3_NAMES: Final = {
    "TIT2": "title",
    "TPE1": "artist",
    "TALB": "album",
    "TRCK": "tracknumber",
    "TDRC": "date",
    "TCON": "genre",
    "TBPM": "bpm",
    "TKEY": "initialkey",
    "TSRC": "isrc",
    "TCOP": "copyright",
    "WCOP": "license",
}
_TEXT_FRAME: Final = re.compile(f"(?:{'|'.join([*_ID3_NAMES, 'TXXX'])})".encode() + rb"[\0-\xff]{5}([\0-\xff])")
_MP4_NAMES: Final = {
    "\xa9nam": "title",
    "\xa9ART": "artist",
    "\xa9alb": "album",
    "trkn": "tracknumber",
    "\xa9day": "date",
    "\xa9gen": "genre",
    "tmpo": "bpm",
    "cprt": "copyright",
}
_ASF_NAMES: Final = {
    "author": "artist",
    "wm/albumtitle": "album",
    "wm/tracknumber": "tracknumber",
    "wm/year": "date",
    "wm/genre": "genre",
    "wm/beatsperminute": "bpm",
    "wm/initialkey": "initialkey",
    "wm/isrc": "isrc",
    "wm/iswc": "iswc",
    "copyrighturl": "license",
}


class _RefusedError(MutagenError):
    """Tags that would take more memory or time to read than any are worth."""


def tags_with_mutagen(file: FileIO, media_type: str) -> tuple[Values, tuple[str, ...]]:
    """Return the tags of an open file of this type, any names, with their values, and notes on what cannot be read.

    A text that cannot be decoded has U+FFFD, the letter that stands for what is none, in it or in its place.
    """
    found: Values = {}
    notes: dict[str, None] = {}
    for read in _READERS.get(media_type, ()):
        file.seek(0)
        reader: BufferedReader = BufferedReader(file)
        try:
            values = read(reader)
        except _ABSENT:
            continue
        except Exception as error:  # noqa: BLE001  # mutagen meets damage with any error there is; tags stop no file
            if not isinstance(error, MutagenError) or isinstance(error, (_RefusedError, id3.error, APEBadItemError)):
                notes[_UNREAD] = None
            continue
        finally:
            reader.detach()
        for name, many in values.items():
            found.setdefault(name, many)  # what was read first counts
    return found, tuple(notes)


def _load(kind: Callable[..., Any], reader: BufferedReader) -> Any:  # noqa: ANN401  # mutagen's tags have no types
    """Where mutagen, whose tags have no types, begins."""
    return kind(reader)


def _id3_file(reader: BufferedReader) -> Values:
    # A few bytes of a compressed frame can unpack to more than there is memory; hardly any program writes them. And
    # each of very many frames takes mutagen longer than the one before.
    data = reader.read(10)
    if data[:3] == b"ID3":
        size = sum(byte << shift for byte, shift in zip(data[6:], (21, 14, 7, 0), strict=False))
        data += reader.read(min(size, _ID3_PEEK))
    reader.seek(0)
    if _has_packed_frames(data) or _has_many_frames(data):
        raise _RefusedError
    tags = _load(ID3, reader)
    return _undecoded(data, tags) | _id3(tags)


def _undecoded(data: bytes, tags: Any) -> Values:  # noqa: ANN401  # likewise
    """Return the names of text frames that are there and were not read, as mutagen drops what it cannot decode."""
    if data[:3] != b"ID3" or data[3] not in _PACKED:
        return {}
    there = {match.group()[:4].decode() for match in _TEXT_FRAME.finditer(data) if any(match.group()[4:8])}
    read = {frame.FrameID for frame in tags.values()}
    return {_ID3_NAMES[name]: ["\ufffd"] for name in there - read if name in _ID3_NAMES}


def _has_many_frames(data: bytes) -> bool:
    """Say whether an ID3v2 tag seems to hold more frames than any program writes."""
    if data[:3] != b"ID3" or len(data) < 10:
        return False
    frames = (_SHORT_FRAME if data[3] == 2 else _FRAME).finditer(data, 10)
    return any(number == _MAX_FRAMES for number, _ in enumerate(frames))


def _has_packed_frames(data: bytes) -> bool:
    """Say whether an ID3v2 tag holds a compressed frame among those that text stands in."""
    if data[:3] != b"ID3" or len(data) < 10 or data[3] not in _PACKED:
        return False
    if data[5] & 0x80:  # a zero is put behind every 255, so that no frame of MP3 seems to begin
        data = data[:10] + data[10:].replace(b"\xff\0", b"\xff")
    return any(match.group(1)[0] & _PACKED[data[3]] for match in _TEXT_FRAME.finditer(data))


def _id3(tags: Any) -> Values:  # noqa: ANN401  # likewise
    values: Values = {}
    for frame in tags.values() if tags else ():
        kind = frame.FrameID
        if kind in _ID3_NAMES:
            # `genres` turns the numbers that ID3v1 had for genres into names.
            attribute = {"TCON": "genres", "WCOP": "url"}.get(kind, "text")
            values.setdefault(_ID3_NAMES[kind], []).extend(_texts(getattr(frame, attribute)))
        elif kind == "TXXX":
            values.setdefault(frame.desc.lower(), []).extend(_texts(frame.text))
    return values


def _ape_file(reader: BufferedReader) -> Values:
    return {name.lower(): _texts(list(value)) for name, value in _load(APEv2, reader).items() if value.kind == 0}


def _mp4(reader: BufferedReader) -> Values:
    values: Values = {}
    for key, value in (_load(MP4, reader).tags or {}).items():
        if key == "trkn":
            values["tracknumber"] = [str(number) for number, _ in value if number]
        elif key in _MP4_NAMES:
            values[_MP4_NAMES[key]] = _texts(value)
        elif key.startswith("----:"):
            texts = [bytes(each).decode("utf-8", "replace") for each in value]
            values.setdefault(key.rsplit(":", 1)[-1].lower(), []).extend(texts)
    return values


def _asf(reader: BufferedReader) -> Values:
    values: Values = {}
    for name, value in _load(ASF, reader).tags or ():
        key = _ASF_NAMES.get(name.lower(), name.lower())
        values.setdefault(key, []).append(str(value))
    return values


def _comments(*kinds: type[mutagen.FileType]) -> Callable[[BufferedReader], Values]:
    def read(reader: BufferedReader) -> Values:
        found = mutagen.File(reader, options=kinds)
        tags: Mapping[str, list[str]] = found.tags or {} if found else {}
        return {name.lower(): list(tags[name]) for name in dict.fromkeys(tags.keys())}

    return read


def _held(kind: Callable[..., Any]) -> Callable[[BufferedReader], Values]:
    """ID3 as a part of another container."""
    return lambda reader: _id3(_load(kind, reader).tags)


def _texts(value: object) -> list[str]:
    many: Iterable[object] = value if isinstance(value, (list, tuple)) else [value]
    return [str(each) for each in many]


_BARE: Final = (_id3_file, _ape_file)
_READERS: Final[dict[str, tuple[Callable[[BufferedReader], Values], ...]]] = {
    "audio/aac": _BARE,
    "audio/aiff": (_held(AIFF),),
    "audio/flac": (_comments(FLAC), *_BARE),
    "audio/mp4": (_mp4,),
    "audio/mpeg": _BARE,
    "audio/ogg": (_comments(OggVorbis, OggOpus, OggFLAC, OggSpeex),),
    "audio/wav": (_held(WAVE),),
    "audio/wavpack": (_ape_file, _id3_file),
    "audio/x-ape": (_ape_file, _id3_file),
    "audio/x-dff": (_held(DSDIFF),),
    "audio/x-dsf": (_held(DSF),),
    "audio/x-ms-wma": (_asf,),
    "audio/x-musepack": (_ape_file, _id3_file),
    "audio/x-tta": _BARE,
}
