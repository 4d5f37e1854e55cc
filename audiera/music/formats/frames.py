"""Files that are a row of frames: WavPack, True Audio, Monkey's Audio, Musepack, AMR, AC-3 and bare AAC.

Each frame is found by its header and held to the file's real size, as FFmpeg decodes what is there and does not
say what is missing. What the header states of the samples is returned, so that what was decoded can be
held against it. What cannot be seen: in AMR, AC-3 and AAC, which state no length, a cut exactly between two
frames; and in Musepack, AMR and AAC, which have no checksums, changed bits that still make sound.

Sources: WavPack 4 & 5 Binary File / Block Format; True Audio, TTA1 format; Monkey's Audio SDK (APE_DESCRIPTOR,
APE_HEADER, APE_HEADER_OLD); Musepack SV7 and SV8 specifications; RFC 4867, 5 (AMR); ISO/IEC 14496-3, 1.A.2 (ADTS);
ATSC A/52, 5.4.1 and E.2.3.1 (AC-3).
"""

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.trailers import after_id3, before_trailers
from audiera.music.sound.decoded import AudioError, breaks_off

__all__ = ["Stated", "begins_with_aac", "check_frames"]


_AMR_BYTES: Final = (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1)
_AMR_WB_BYTES: Final = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1)
_WAVPACK_FLOAT, _WAVPACK_HYBRID, _WAVPACK_INITIAL, _WAVPACK_DSD = 1 << 7, 1 << 3, 1 << 11, 1 << 31
_BLOCK: Final = 1 << 20
_APE_NEW: Final = 3980
_APE_FRAME: Final = 73_728 * 16
"""The most samples of a frame that any version makes, at its highest level."""

_MUSEPACK_FRAME: Final = 1_152
_AC3_KBITS: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_AC3_LAST: Final = 10  # bsid: above it, the frame is E-AC-3


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file states of its samples; None where it does not, or where they are coded with loss.

    `stretch` is where its frames begin and end, between its tags.
    """

    frames: int | None = None
    bit_depth: int | None = None
    stretch: tuple[int, int] | None = None


def check_frames(source: ByteSource, demuxer: str) -> Stated:
    """Walk over the frames of a file of the kind that FFmpeg calls `demuxer`.

    Raises:
        AudioError: it is damaged or breaks off.
        OSError: it cannot be read.
    """
    start = after_id3(source)
    end = before_trailers(source, start)
    return replace(_CHECKS[demuxer](source, start, end), stretch=(start, end))


def begins_with_aac(head: bytes) -> bool:
    """Say whether three frames of AAC follow each other, or as many as there is room for."""
    at = count = 0
    while count < 3 and at + 7 <= len(head):
        size = _adts_bytes(head[at : at + 7])
        if not size:
            return False
        count, at = count + 1, at + size
    return count > 0


def _lost(at: int) -> AudioError:
    return AudioError(f"is damaged at byte {at:,}: no frame of it begins there; get a whole copy")


def _fields(source: ByteSource, at: int, form: str) -> tuple[int, ...]:
    data = source.read(at, struct.calcsize(form))
    if len(data) < struct.calcsize(form):
        raise AudioError("breaks off in its header; get a whole copy")
    return struct.unpack(form, data)


def _check_end(source: ByteSource, stated: int, start: int, end: int) -> None:
    """Hold where the sound should end against where it does; zeros behind it are let pass."""
    if stated > end:
        raise breaks_off(f"{stated - start:,} bytes", end - start)
    if not source.is_blank(stated, end):
        raise AudioError(f"is damaged at byte {stated:,}: what follows is neither sound nor a tag; get a whole copy")


def _parts(source: ByteSource, start: int, end: int) -> Iterator[bytes]:
    return (source.read(at, min(_BLOCK, end - at)) for at in range(start, end, _BLOCK))


def _wavpack(source: ByteSource, start: int, end: int) -> Stated:
    at, frames, total, depth = start, 0, 0, None
    while at < end:
        if source.read(at, 4) != b"wvpk":
            raise _lost(at)
        size, _, _, high, low, _, count, flags = _fields(source, at + 4, "<IHBBIIII")
        if at == start:
            total = 0 if low == 0xFFFFFFFF else (high << 32) + low - high
            depth = _wavpack_depth(flags)
        if at + 8 + size > end:
            raise breaks_off(f"{8 + size:,} bytes of its last frame", end - at)
        frames += count if flags & _WAVPACK_INITIAL else 0
        at += 8 + size
    if total > frames:
        raise breaks_off(f"{total:,} samples", frames)
    return Stated(frames, depth)


def _wavpack_depth(flags: int) -> int | None:
    if flags & _WAVPACK_DSD:
        return 1
    if flags & _WAVPACK_HYBRID:
        return None  # with loss; the correction file, if any, is another file
    return 32 if flags & _WAVPACK_FLOAT else ((flags & 3) + 1) * 8 - (flags >> 13 & 31)


def _tta(source: ByteSource, start: int, end: int) -> Stated:
    _, _, bits, rate, frames, _ = _fields(source, start, "<4xHHHIII")
    each = 256 * rate // 245
    count = -(-frames // each) if each else 0
    table = start + 22
    if table + 4 * count + 4 > end:
        raise breaks_off(f"{count:,} frames", 0)
    sound = sum(sum(struct.unpack(f"<{len(part) // 4}I", part)) for part in _parts(source, table, table + 4 * count))
    _check_end(source, table + 4 * count + 4 + sound, start, end)
    return Stated(frames, bits)


def _ape(source: ByteSource, start: int, end: int) -> Stated:
    (version,) = _fields(source, start + 4, "<H")
    if version < _APE_NEW:
        return _old_ape(source, start, end, version)
    parts = _fields(source, start + 8, "<IIIIIII")
    descriptor, header, table, wave, low, high, tail = parts
    sound = wave + low + (high << 32) + tail
    _check_end(source, start + descriptor + header + table + sound, start, end)
    each, last, count, bits = _fields(source, start + descriptor + 4, "<IIIH")
    if 4 * count > table:
        raise AudioError("contradicts itself: its table of frames is too short; get a whole copy")
    if each > _APE_FRAME or (count and last > each):
        raise AudioError("contradicts itself: its frames are longer than any encoder makes them; get a whole copy")
    middle = start + descriptor + header + table
    md5 = hashlib.md5(usedforsecurity=False)
    for part in chain(_parts(source, middle, middle + sound), _parts(source, start + descriptor, middle)):
        md5.update(part)
    if source.read(start + 36, 16) not in (bytes(16), md5.digest()):
        raise AudioError("is damaged: it fails the checksum (MD5) that its encoder left; get a whole copy")
    return Stated((count - 1) * each + last if count else 0, bits)


def _old_ape(source: ByteSource, start: int, end: int, version: int) -> Stated:
    level, flags = _fields(source, start + 6, "<HH")
    count, last = _fields(source, start + 24, "<II")
    if 4 * count > end - start:
        raise breaks_off(f"{count:,} frames", 0)
    each = 73_728 if version >= 3900 or (version >= 3800 and level >= 4000) else 9_216
    each *= 4 if version >= 3950 else 1
    if count and last > each:
        raise AudioError("contradicts itself: its frames are longer than any encoder makes them; get a whole copy")
    return Stated((count - 1) * each + last if count else 0, 8 if flags & 1 else 24 if flags & 8 else 16)


def _musepack7(source: ByteSource, start: int, end: int) -> Stated:  # noqa: ARG001  # the decoder finds its frames
    (count,) = _fields(source, start + 4, "<I")
    (ending,) = _fields(source, start + 20, "<I")
    last = ending >> 20 & 0x7FF if ending >> 31 else _MUSEPACK_FRAME  # what of the last frame is sound
    return Stated((count - 1) * _MUSEPACK_FRAME + last if count else None)


def _musepack8(source: ByteSource, start: int, end: int) -> Stated:
    at = start + 4
    while at < end:
        name, head = source.read(at, 2), source.read(at + 2, 9)
        size = 0
        for byte in head:
            size = size << 7 | byte & 127
            if byte < 128:
                break
        if not name.isalpha() or not name.isupper() or size < 3:
            raise _lost(at)
        at += size
        if name == b"SE":
            return Stated()
    raise AudioError("breaks off: the part that ends it is missing; get a whole copy")


def _amr(source: ByteSource, start: int, end: int) -> Stated:
    wide = source.read(start, 9) == b"#!AMR-WB\n"
    sizes, at = (_AMR_WB_BYTES, start + 9) if wide else (_AMR_BYTES, start + 6)
    while at < end:
        (mode,) = source.read(at, 1)
        if mode & 0x83:  # bits that are always 0
            raise _lost(at)
        size = sizes[mode >> 3 & 15]
        if at + size > end:
            raise breaks_off(f"{size:,} bytes of its last frame", end - at)
        at += size
    return Stated()


def _sized(size_of: Callable[[bytes], int]) -> Callable[[ByteSource, int, int], Stated]:
    """Return the walk over frames whose first seven bytes say how long they are."""

    def walk(source: ByteSource, start: int, end: int) -> Stated:
        at = start
        while at < end:
            size = size_of(source.read(at, 7))
            if not size:
                raise _lost(at)
            if at + size > end:
                raise breaks_off(f"{size:,} bytes of its last frame", end - at)
            at += size
        return Stated()

    return walk


def _adts_bytes(head: bytes) -> int:
    """Return the length of the AAC frame that `head` begins, or 0 if it begins none."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return 0
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return size if size >= 7 else 0


def _ac3_bytes(head: bytes) -> int:
    """Return the length of the AC-3 or E-AC-3 frame that `head` begins, or 0 if it begins none."""
    if len(head) < 7 or head[:2] != b"\x0b\x77":
        return 0
    if head[5] >> 3 > _AC3_LAST:
        return ((head[2] & 7) << 8 | head[3]) * 2 + 2
    code, rate = head[4] & 63, head[4] >> 6
    if code >= 2 * len(_AC3_KBITS) or rate == 3:
        return 0
    kbits = _AC3_KBITS[code // 2]
    return (kbits * 4, (320 * kbits // 147 + code % 2) * 2, kbits * 6)[rate]


_CHECKS: Final = {
    "wv": _wavpack,
    "tta": _tta,
    "ape": _ape,
    "mpc": _musepack7,
    "mpc8": _musepack8,
    "amr": _amr,
    "aac": _sized(_adts_bytes),
    "ac3": _sized(_ac3_bytes),
    "eac3": _sized(_ac3_bytes),
}
