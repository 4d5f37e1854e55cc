"""Names what a file is by its first bytes, whatever its name says.

What begins like music for certain is an item; where the beginning says little (containers that may also
hold video), what is in the file decides (`audiera.music.contents`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from audiera.music.formats.frames import begins_with_aac
from audiera.music.formats.mpeg import begins_with_mpeg

__all__ = [
    "HEAD_BYTES",
    "MUSIC_SUFFIXES",
    "FileKind",
    "Reader",
    "identify",
    "is_music",
    "is_score",
]


HEAD_BYTES: Final = 4096
"""How many bytes of a file's head the functions below look at."""

MUSIC_SUFFIXES: Final = frozenset(
    f".{suffix}"
    for suffix in (
        *("aif", "aifc", "aiff", "au", "caf", "flac", "mp2", "mp3", "oga", "ogg", "opus", "rf64", "rifx", "snd"),
        *("w64", "wav", "wave", "aac", "ac3", "adts", "alac", "amr", "ape", "awb", "dff", "dsf", "dts", "eac3"),
        *("m4a", "m4b", "m4r", "mka", "mpa", "mpc", "ra", "spx", "tak", "tta", "weba", "wma", "wv"),
        *("kar", "mid", "midi", "musicxml", "mxl", "rmi"),
    )
)
"""Names by which people mean a file to be music: one that is not is a problem, not a file to pass over."""


class Reader(Enum):
    """Which module reads a kind of file."""

    CHUNKS = auto()
    FLAC = auto()
    OGG = auto()
    MPEG = auto()
    FFMPEG = auto()
    MIDI = auto()
    MUSICXML = auto()
    NONE = auto()
    """None does: the kind is known so that the refusal can name it."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: its name for people, what reads it, its media type, and FFmpeg's name of it."""

    name: str
    reader: Reader
    media_type: str = ""
    demuxer: str = ""
    certain: bool = True
    """False for containers that may as well hold video."""


_ASF_GUID: Final = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_SCORE: Final = re.compile(  # what begins with such an element: many a page only tells of it
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*(?>(?:<\?.*?\?>|<!--.*?-->)\s*)*"
    rb"<(?:!DOCTYPE\s+)?score-(?:partwise|timewise)[\s/>]",
    re.DOTALL,
)
_MXL: Final = re.compile(  # the first entry of the archive; other packed documents have a container, too, but behind it
    rb"PK\x03\x04.{26}(?:(?:META-INF/.{0,40}?PK\x03\x04.{26})?META-INF/container\.xml"
    rb"|mimetype.{0,64}?application/vnd\.recordare\.musicxml)",
    re.DOTALL,
)
_M4A: Final = (b"ftypM4A", b"ftypM4B", b"ftypM4P")

_WAV: Final = FileKind("WAV", Reader.CHUNKS, "audio/wav", "wav")
_AIFF: Final = FileKind("AIFF", Reader.CHUNKS, "audio/aiff", "aiff")
_MPEG: Final = FileKind("MPEG audio", Reader.MPEG, "audio/mpeg", "mp3")

_MARKS: Final[tuple[tuple[FileKind, Callable[[bytes], bool]], ...]] = (
    (FileKind("FLAC", Reader.FLAC, "audio/flac", "flac"), lambda head: head[:4] == b"fLaC"),
    (FileKind("Ogg", Reader.OGG, "audio/ogg", "ogg"), lambda head: head[:4] == b"OggS"),
    (_WAV, lambda head: head[:4] in (b"RIFF", b"RF64", b"BW64", b"RIFX") and head[8:12] == b"WAVE"),
    (FileKind("W64", Reader.CHUNKS, "audio/x-w64", "w64"), lambda head: head[:4] == b"riff" and head[24:28] == b"wave"),
    (_AIFF, lambda head: head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC")),
    (FileKind("CAF", Reader.CHUNKS, "audio/x-caf", "caf"), lambda head: head[:4] == b"caff"),
    (FileKind("AU", Reader.CHUNKS, "audio/basic", "au"), lambda head: head[:4] in (b".snd", b"dns.")),
    (_MPEG, lambda head: head[:3] == b"ID3"),  # or what else follows the tag: `audiera.music.decode` looks behind it
    (FileKind("MPEG-4", Reader.FFMPEG, "audio/mp4", "mov"), lambda head: head[4:11] in _M4A),
    (FileKind("MPEG-4", Reader.FFMPEG, "audio/mp4", "mov", certain=False), lambda head: head[4:8] == b"ftyp"),
    (
        FileKind("Windows Media", Reader.FFMPEG, "audio/x-ms-wma", "asf", certain=False),
        lambda head: head[:16] == _ASF_GUID,
    ),
    (
        FileKind("WebM", Reader.FFMPEG, "audio/webm", "matroska", certain=False),
        lambda head: head[:4] == b"\x1a\x45\xdf\xa3" and b"webm" in head[:64],
    ),
    (
        FileKind("Matroska", Reader.FFMPEG, "audio/matroska", "matroska", certain=False),
        lambda head: head[:4] == b"\x1a\x45\xdf\xa3",
    ),
    (FileKind("WavPack", Reader.FFMPEG, "audio/wavpack", "wv"), lambda head: head[:4] == b"wvpk"),
    (FileKind("Monkey's Audio", Reader.FFMPEG, "audio/x-ape", "ape"), lambda head: head[:4] == b"MAC "),
    (FileKind("True Audio", Reader.FFMPEG, "audio/x-tta", "tta"), lambda head: head[:4] == b"TTA1"),
    (FileKind("Musepack", Reader.FFMPEG, "audio/x-musepack", "mpc8"), lambda head: head[:4] == b"MPCK"),
    (FileKind("Musepack", Reader.FFMPEG, "audio/x-musepack", "mpc"), lambda head: head[:3] == b"MP+"),
    (FileKind("DSF", Reader.FFMPEG, "audio/x-dsf", "dsf"), lambda head: head[:4] == b"DSD "),
    (FileKind("DFF", Reader.FFMPEG, "audio/x-dff", "iff"), lambda head: head[:4] == b"FRM8" and head[12:16] == b"DSD "),
    (FileKind("AMR", Reader.FFMPEG, "audio/amr-wb", "amr"), lambda head: head[:9] == b"#!AMR-WB\n"),
    (FileKind("AMR", Reader.FFMPEG, "audio/amr", "amr"), lambda head: head[:6] == b"#!AMR\n"),
    (FileKind("AC-3", Reader.FFMPEG, "audio/ac3", "ac3"), lambda head: _is_ac3(head) and head[5] >> 3 <= 10),
    (FileKind("E-AC-3", Reader.FFMPEG, "audio/eac3", "eac3"), lambda head: _is_ac3(head) and 10 < head[5] >> 3 <= 16),
    (FileKind("AAC", Reader.FFMPEG, "audio/aac", "aac"), begins_with_aac),
    (FileKind("MIDI", Reader.MIDI, "audio/midi"), lambda head: head[:4] == b"MThd"),
    (FileKind("MIDI", Reader.MIDI, "audio/midi"), lambda head: head[:4] == b"RIFF" and head[8:12] == b"RMID"),
    (
        FileKind("MusicXML", Reader.MUSICXML, "application/vnd.recordare.musicxml"),
        lambda head: _MXL.match(head) is not None,
    ),
    (
        FileKind("MusicXML", Reader.MUSICXML, "application/vnd.recordare.musicxml+xml"),
        lambda head: _SCORE.match(head.replace(b"\0", b"")) is not None,
    ),
    (FileKind("AVI", Reader.NONE, certain=False), lambda head: head[:4] == b"RIFF" and head[8:12] == b"AVI "),
    (FileKind("RealAudio", Reader.NONE), lambda head: head[:4] in (b".ra\xfd", b".RMF")),
    (FileKind("TAK", Reader.NONE), lambda head: head[:4] == b"tBaK"),
    (FileKind("DTS", Reader.NONE), lambda head: head[:4] == b"\x7f\xfe\x80\x01"),
    (FileKind("OptimFROG", Reader.NONE), lambda head: head[:4] == b"OFR "),
    (FileKind("Shorten", Reader.NONE), lambda head: head[:4] == b"ajkg"),
)


def identify(head: bytes) -> FileKind | None:
    """Return the kind of file that begins with `head`, or None if nothing says so.

    Bare MP3 has no mark but a bit pattern that other files have as well: `audiera.music.formats.mpeg` looks for it.
    """
    return next((kind for kind, matches in _MARKS if matches(head)), None)


def is_score(head: bytes) -> bool:
    """Say whether a file that begins with `head` is music as notes, not as sound."""
    kind = identify(head)
    return kind is not None and kind.reader in (Reader.MIDI, Reader.MUSICXML)


def is_music(head: bytes) -> bool:
    """Say whether a file that begins with `head` is music for certain."""
    kind = identify(head)
    return begins_with_mpeg(head) if kind is None else kind.certain


def _is_ac3(head: bytes) -> bool:
    return head[:2] == b"\x0b\x77" and len(head) > 5
