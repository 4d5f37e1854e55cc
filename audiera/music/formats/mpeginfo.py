"""The first frame of many MP3 files, which holds no sound but says how much there is: Xing, Info, VBRI, LAME.

Its checksums are CRC-16/ARC: polynomial 0x8005, reflected, from 0.

Sources: Gabriel Bouvigne, "Mp3 Info Tag revision 1" (Xing and LAME); Fraunhofer IIS, VBRI header.
"""

import struct
from dataclasses import dataclass
from typing import Final

from fastcrc.crc16 import arc

from audiera.music.formats.bytesource import ByteSource
from audiera.music.sound.decoded import AudioError

__all__ = ["Announced", "announced", "check_sound"]


_LAME_AT: Final = 120  # of the Xing header: behind frames, bytes, table of contents and quality
_ALL_FIELDS: Final = 15
_TRUSTED: Final = (b"LAME", b"Lavf", b"Lavc")
_BLOCK: Final = 1 << 23


@dataclass(frozen=True, slots=True)
class Announced:
    """What the header frame announces; 0 or None where it does not say."""

    size: int
    """Bytes of the header frame itself."""
    frames: int = 0
    bytes: int = 0
    own_frame: int = 1
    """1: the header frame is not counted in `frames`."""
    sound_bytes: int = 0
    """Bytes from the header frame to the end of the last one, according to the encoder."""
    crc: int | None = None
    """CRC-16 of all frames behind this one."""
    damaged: bool = False
    """Whether this frame fails its own checksum, so that `crc` is not known."""


def announced(frame: bytes, header: int) -> Announced | None:
    """Read the first frame of a file, of this header; None if it is an ordinary frame."""
    if frame[36:40] == b"VBRI" and len(frame) >= 54:
        size, frames = struct.unpack(">II", frame[46:54])
        return Announced(len(frame), frames, size, own_frame=0)
    at = 4 + _side_bytes(header)
    if frame[at : at + 4] not in (b"Xing", b"Info"):
        return None
    (flags,) = struct.unpack(">I", frame[at + 4 : at + 8].rjust(4, b"\0"))
    numbers = [int.from_bytes(frame[at + place : at + place + 4], "big") for place in (8, 12)]
    frames = numbers.pop(0) if flags & 1 else 0
    size = numbers.pop(0) if flags & 2 else 0
    lame = frame[at + _LAME_AT : at + _LAME_AT + 36]
    if flags & _ALL_FIELDS != _ALL_FIELDS or len(lame) < 36 or not lame.startswith(_TRUSTED):
        return Announced(len(frame), frames, size)
    sound_bytes, crc, own_crc = struct.unpack(">IHH", lame[28:36])
    before = at + _LAME_AT + 34
    # LAME sums up everything before this sum; FFmpeg as much as that is in stereo, with zeros in its place.
    authentic = own_crc in (arc(frame[:before]), arc((frame[:before] + b"\0\0" + frame[before + 2 :])[:190]))
    return Announced(len(frame), frames, size, 1, sound_bytes, crc if authentic else None, not authentic)


def _side_bytes(header: int) -> int:
    mono = header >> 6 & 3 == 3
    if header >> 19 & 3 == 3:  # MPEG 1
        return 17 if mono else 32
    return 9 if mono else 17


def check_sound(source: ByteSource, start: int, end: int, crc: int) -> list[str]:
    """Hold the frames from `start` to `end` against the encoder's checksum of them.

    mp3gain changes the volume in each frame and leaves the checksum as it was; it says so in a tag.

    Raises:
        AudioError: the sound is not what was encoded.
    """
    found = 0
    for offset in range(start, end, _BLOCK):
        found = arc(source.read(offset, min(_BLOCK, end - offset)), found)
    if found == crc:
        return []
    if source.holds(b"MP3GAIN_", 0, start) or source.holds(b"MP3GAIN_", end, source.size):
        return ["has had its volume changed by mp3gain, so that the encoder's checksum of it says nothing"]
    raise AudioError("is damaged: its sound fails the checksum that its encoder left; get a whole copy")
