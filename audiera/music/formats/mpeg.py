"""MPEG audio (MP3, also layers I and II): every frame is found by its header, as decoders hide what is missing.

Frames carry no checksum of their sound as a rule, and a file no length. So what can be seen is: bytes that
are no frame between frames, a last frame that is cut, fewer frames or bytes than the Xing, Info or VBRI header
announces, and sound that fails the checksum that LAME and FFmpeg leave in that header. What cannot be seen:
in a file without such a header, a cut exactly between two frames, and changed bits that still make sound. Before the
first frame, players pass over what they do not know, and so does this, up to 64 KiB, with a note.

Sources: ISO/IEC 11172-3, 2.4.1.3 (header) and ISO/IEC 13818-3; Gabriel Bouvigne, "Mp3 Info Tag revision 1" (Xing,
LAME); Fraunhofer IIS, VBRI header.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.mpeginfo import Announced, announced, check_sound
from audiera.music.formats.trailers import after_id3, before_trailers, id3_size
from audiera.music.sound.decoded import AudioError, breaks_off

__all__ = ["MpegAudio", "begins_with_mpeg", "check_mpeg", "find_mpeg"]


_SYNC: Final = re.compile(rb"\xff[\xe2-\xff]")
_MAX_JUNK: Final = 1 << 16
_CERTAIN: Final = 3  # frames in a row that agree: chance makes that of noise once in 10^10 bytes
_SAME: Final = 0xFFFE0C00  # sync, version, layer and sample rate: one stream has one of each

_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS: Final = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


@dataclass(frozen=True, slots=True)
class MpegAudio:
    """What the walk over all frames found: where they begin and end, and notes on what is odd."""

    start: int
    end: int
    notes: tuple[str, ...]


@lru_cache(1 << 16)  # of real files a few hundred; others have every one
def _frame_bytes(header: int) -> int:
    """Return the length of the frame that a header begins, or 0 if it begins none (or one of free format)."""
    version, layer = header >> 19 & 3, 4 - (header >> 17 & 3)
    kbits, rate, padding = header >> 12 & 15, header >> 10 & 3, header >> 9 & 1
    if header >> 21 != 0x7FF or version == 1 or layer == 4 or kbits in (0, 15) or rate == 3:
        return 0
    bits = _KBITS[1 if version == 3 else 2, layer][kbits] * 1000
    if layer == 1:
        return (12 * bits // _RATES[version][rate] + padding) * 4
    return (72 if layer == 3 and version != 3 else 144) * bits // _RATES[version][rate] + padding


def begins_with_mpeg(head: bytes) -> bool:
    """Say whether `head` begins with several agreeing frames."""
    at, first = 0, int.from_bytes(head[:4], "big")
    for _ in range(_CERTAIN):
        header = int.from_bytes(head[at : at + 4], "big")
        size = _frame_bytes(header)
        if not size or (header ^ first) & _SAME:
            return False
        at += size
    return True


def find_mpeg(source: ByteSource, start: int, end: int) -> int | None:
    """Return where the first of several agreeing frames begins, at most 64 KiB behind `start`, or None."""
    window = source.read(start, _MAX_JUNK + 4)
    for match in _SYNC.finditer(window):
        if match.start() <= _MAX_JUNK and _is_chain(source, start + match.start(), end):
            return start + match.start()
    return None


def _is_chain(source: ByteSource, at: int, end: int) -> bool:
    first = header = _header(source, at)
    for _ in range(_CERTAIN):
        size = _frame_bytes(header)
        if not size or (header ^ first) & _SAME:
            return False
        at += size
        if at >= end:  # a file of fewer frames must consist of them
            return at == end
        header = _header(source, at)
    return True


def _header(source: ByteSource, at: int) -> int:
    data = source.read(at, 4)
    return int.from_bytes(data, "big") if len(data) == 4 else 0


def check_mpeg(source: ByteSource) -> MpegAudio:
    """Walk over every frame of a file of MPEG audio.

    Raises:
        AudioError: it is none, is damaged or breaks off; the message says where.
        OSError: it cannot be read.
    """
    start = after_id3(source)
    end = before_trailers(source, start)
    first = find_mpeg(source, start, end)
    if first is None:
        raise AudioError("cannot be decoded as audio (nothing in it is of a known format)")
    notes = []
    if first > start and source.read(start, first - start).strip(b"\0"):
        notes.append(f"has {first - start:,} bytes before its first frame that are not sound; players pass over them")
    header = _header(source, first)
    info = announced(source.read(first, _frame_bytes(header)), header)
    count, last = _walk(source, first, end, header)
    notes += _hold(source, info, first, last, count)
    if last < end:
        notes.append(f"has {end - last:,} empty bytes after its last frame")
    return MpegAudio(first, last, tuple(notes))


def _walk(source: ByteSource, at: int, end: int, first: int) -> tuple[int, int]:
    """Return how many frames there are, and where the last one ends."""
    count, same, read, length = 0, first & _SAME, source.read, _frame_bytes
    while at < end:
        header = int.from_bytes(read(at, 4), "big")
        size = length(header) if header & _SAME == same else 0
        if not size:
            tag = id3_size(read(at, 10))
            if not tag:
                _judge_rest(source, at, end)
                break
            at += tag
            continue
        if at + size > end:
            raise AudioError(f"breaks off: its last frame has {end - at:,} of {size:,} bytes; get a whole copy")
        at += size
        count += 1
    return count, at


def _judge_rest(source: ByteSource, at: int, end: int) -> None:
    """Raise unless everything from `at` on is zeros, which some programs leave behind the last frame."""
    if source.is_blank(at, end):
        return
    again = find_mpeg(source, at, end)
    if again is None:
        raise AudioError(f"is damaged at byte {at:,}: what follows is neither sound nor a tag; get a whole copy")
    raise AudioError(f"is damaged at byte {at:,}: {again - at:,} bytes are not sound; get a whole copy")


def _hold(source: ByteSource, info: Announced | None, first: int, last: int, count: int) -> list[str]:
    if info is None:
        return []
    there = count - info.own_frame
    if info.frames > there + info.own_frame:
        raise breaks_off(f"{info.frames:,} frames", there)
    if info.bytes > last - first + 1:
        raise AudioError(
            f"breaks off: it announces {info.bytes:,} bytes of sound and has {last - first:,}; get a whole copy"
        )
    notes = []
    if 0 < info.frames < there:
        notes.append(f"announces {info.frames:,} frames and has {there:,}; all of them count")
    if info.damaged:
        notes.append("has a first frame that fails its own checksum, so that the one of its sound is not known")
    if info.crc is not None and info.sound_bytes == last - first:
        notes += check_sound(source, first + info.size, last, info.crc)
    return notes
