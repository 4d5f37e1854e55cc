"""The tags of each format under one set of names, each with its values in order.

The names are those of Vorbis comments, in lower case. Only what the format itself separates becomes several
values (repeated comments, ID3v2.4's NUL, several values of an atom): "/" and ";" within a text are part of
it, as in AC/DC. Which tags a file can have follows from its content, never from its name.

Sources: id3.org, ID3v2.3 and 2.4; xiph.org, Vorbis comments; Hydrogenaudio, APEv2; Apple, iTunes metadata atoms;
Microsoft, ASF 1.2 and Windows Media attributes. Read by mutagen.
"""

from collections.abc import Callable, Iterable
from io import BufferedReader, BytesIO, FileIO
from typing import Any, Final, TypeAlias

import mutagen
from mutagen import MutagenError, id3
from mutagen.apev2 import APEBadItemError, APENoHeaderError, APEv2
from mutagen.asf import ASF
from mutagen.flac import FLAC
from mutagen.id3 import ID3
from mutagen.mp4 import MP4
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis

from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.id3 import Excerpt, Excess, excerpt, held_tag

__all__ = ["tags_with_mutagen"]


_UNREAD: Final = "has tags that cannot be read; what is in them is left out"
_ABSENT: Final = (id3.ID3NoHeaderError, APENoHeaderError)

Values: TypeAlias = dict[str, list[str]]

_MAX_COMMENTS: Final = 4_096
_TAIL: Final = 1 << 10
"""ID3 of the first version is in the last bytes of a file, of which it takes 128."""

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
            if not isinstance(error, MutagenError) or isinstance(error, (id3.error, APEBadItemError)):
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
    source = ByteSource(_raw(reader))
    return _excerpt(excerpt(source), source.read(max(0, source.size - _TAIL), _TAIL))


def _held(reader: BufferedReader) -> Values:
    """ID3 as a part of another container."""
    file = _raw(reader)
    start = held_tag(ByteSource(file))
    return {} if start is None else _excerpt(excerpt(ByteSource(file, start)), b"")


def _excerpt(found: Excerpt | None, behind: bytes) -> Values:
    tags = _load(ID3, BufferedReader(BytesIO((found.data if found else b"") + behind)))
    # What cannot be decoded is dropped: frames that are there and were not read.
    read = {frame.FrameID for frame in tags.values()}
    there = {name.decode() for name in found.names} if found else set()
    return {_ID3_NAMES[name]: ["\ufffd"] for name in there - read if name in _ID3_NAMES} | _id3(tags)


def _raw(reader: BufferedReader) -> FileIO:
    raw = reader.raw
    if not isinstance(raw, FileIO):
        raise TypeError(f"{raw!r} is not a file")
    return raw


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
        pairs: list[tuple[str, str]] = list(found.tags or ()) if found else []
        if len(pairs) > _MAX_COMMENTS:
            raise Excess
        values: Values = {}
        for name, text in pairs:  # not by name: that looks at each for each
            values.setdefault(name.lower(), []).append(text)
        return values

    return read


def _texts(value: object) -> list[str]:
    many: Iterable[object] = value if isinstance(value, (list, tuple)) else [value]
    return [str(each) for each in many]


_BARE: Final = (_id3_file, _ape_file)
_READERS: Final[dict[str, tuple[Callable[[BufferedReader], Values], ...]]] = {
    "audio/aac": _BARE,
    "audio/aiff": (_held,),
    "audio/flac": (_comments(FLAC), *_BARE),
    "audio/mp4": (_mp4,),
    "audio/mpeg": _BARE,
    "audio/ogg": (_comments(OggVorbis, OggOpus, OggFLAC, OggSpeex),),
    "audio/wav": (_held,),
    "audio/wavpack": (_ape_file, _id3_file),
    "audio/x-ape": (_ape_file, _id3_file),
    "audio/x-dff": (_held,),
    "audio/x-dsf": (_held,),
    "audio/x-ms-wma": (_asf,),
    "audio/x-musepack": (_ape_file, _id3_file),
    "audio/x-tta": _BARE,
}
