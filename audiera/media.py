"""Names what a file is by its first bytes, whatever its name says.

libsndfile decides how a file that it can decode is decoded (`audiera.audio`); this module decides which
files of a folder are audio at all, and puts a name to the audio that libsndfile cannot decode, so that
the error can say so.
"""

__all__ = ["AUDIO_SUFFIXES", "HEAD_BYTES", "MUSIC_SUFFIXES", "is_audio", "is_music", "undecodable_format"]

from collections.abc import Callable
from typing import Final

HEAD_BYTES: Final = 64
"""How many bytes of a file's head the functions below look at."""

AUDIO_SUFFIXES: Final = frozenset(
    f".{name}"
    for name in (
        *("aif", "aifc", "aiff", "au", "caf", "flac", "mp2", "mp3", "oga", "ogg", "opus", "rf64", "snd"),
        *("w64", "wav", "wave"),
        *(
            "aac",
            "alac",
            "amr",
            "ape",
            "dff",
            "dsf",
            "m4a",
            "m4b",
            "mka",
            "mpc",
            "ra",
            "spx",
            "tta",
            "wma",
            "wv",
        ),
    )
)
"""Names by which people mean a file to be audio: one that is not is a problem, not a file to pass over."""

_ASF_GUID: Final = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")

_DECODABLE: Final[tuple[Callable[[bytes], bool], ...]] = (
    lambda head: head[:4] == b"fLaC",
    lambda head: head[:4] == b"OggS",
    lambda head: head[:4] in (b"RIFF", b"RF64", b"RIFX") and head[8:12] == b"WAVE",
    lambda head: head[:4] == b"riff" and head[24:28] == b"wave",
    lambda head: head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"),
    lambda head: head[:4] == b"caff",
    lambda head: head[:4] == b".snd",
    lambda head: head[:3] == b"ID3",
)

_UNDECODABLE: Final[tuple[tuple[str, Callable[[bytes], bool]], ...]] = (
    ("MPEG-4 audio (AAC or ALAC)", lambda head: head[4:11] in (b"ftypM4A", b"ftypM4B", b"ftypM4P")),
    ("an MPEG-4 file", lambda head: head[4:8] == b"ftyp"),
    ("AAC", lambda head: head[:1] == b"\xff" and head[1:2] in (b"\xf0", b"\xf1", b"\xf8", b"\xf9")),
    ("Windows Media Audio", lambda head: head[:16] == _ASF_GUID),
    ("WavPack", lambda head: head[:4] == b"wvpk"),
    ("Monkey's Audio", lambda head: head[:4] == b"MAC "),
    ("True Audio", lambda head: head[:4] == b"TTA1"),
    ("Musepack", lambda head: head[:4] == b"MPCK" or head[:3] == b"MP+"),
    ("DSD", lambda head: head[:4] == b"DSD " or (head[:4] == b"FRM8" and head[12:16] == b"DSD ")),
    ("Matroska", lambda head: head[:4] == b"\x1a\x45\xdf\xa3"),
    ("AMR", lambda head: head[:5] == b"#!AMR"),
    ("RealAudio", lambda head: head[:4] in (b".ra\xfd", b".RMF")),
)

_UNCERTAIN: Final = frozenset({"an MPEG-4 file", "AAC", "Matroska", "Windows Media Audio", "RealAudio"})


def is_audio(head: bytes) -> bool:
    """Says whether a file that begins with `head` is audio for certain.

    MP3 without an ID3 tag and bare AAC have no such mark (their frames begin with bits that occur in any
    file), and containers that may hold video give no certainty either: there the file's name decides.
    """
    name = undecodable_format(head)
    if name is not None:
        return name not in _UNCERTAIN
    return any(matches(head) for matches in _DECODABLE)


def undecodable_format(head: bytes) -> str | None:
    """Names the audio format of `head` if it is one that Audiera knows of but cannot decode, else None."""
    return next((name for name, matches in _UNDECODABLE if matches(head)), None)

is_music = is_audio
MUSIC_SUFFIXES: Final = AUDIO_SUFFIXES
