"""Containers whose parts state their sizes: MPEG-4, Windows Media, Matroska, DSF and DFF.

FFmpeg decodes what is there; here the outermost parts are held to the file's real size, so that one that breaks
off is seen, wherever it does: each part must end within the file. Matroska written by a live stream does not
state the size of its last part; such a file is taken to its end, with a note.

Sources: ISO/IEC 14496-12, 4.2 (boxes); Microsoft, ASF 1.2, 2.1 (objects); RFC 8794 (EBML); Sony, DSF 1.01; Philips,
DSDIFF 1.5.
"""

import struct
from collections.abc import Callable
from typing import Final, TypeAlias

from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.trailers import before_trailers
from audiera.music.sound.decoded import AudioError, breaks_off

__all__ = ["check_parts", "has_parts"]


_Header: TypeAlias = Callable[[ByteSource, int], tuple[bytes, int]]
"""Gives the name and the whole size, header included, of the part at an offset; size 0: to the end."""

_SEGMENT: Final = b"\x18\x53\x80\x67"
_OPEN: Final = "does not state where it ends, as happens when it is written to a pipe; it is taken to its end"


def check_parts(source: ByteSource, demuxer: str) -> tuple[str, ...]:
    """Walk over the outermost parts of a container; returns notes on what is odd.

    Raises:
        AudioError: it breaks off.
        OSError: it cannot be read.
    """
    header, needed = _LAYOUTS[demuxer]
    at, seen = 0, set[bytes]()
    end = before_trailers(source, 0)
    while at < end:
        name, size = header(source, at)
        seen |= {name} & needed
        if not size:
            return (_OPEN,) if demuxer == "matroska" else ()
        if at + size > source.size:
            raise breaks_off(f"{at + size:,} bytes", source.size)
        at += size
    if not needed <= seen:
        raise AudioError(
            "breaks off: the part that describes it, or the one that holds it, is missing; get a whole copy"
        )
    return ()


def _unpack(source: ByteSource, at: int, form: str) -> tuple[bytes, int]:
    data = source.read(at, struct.calcsize(form))
    if len(data) < struct.calcsize(form):
        raise AudioError(f"breaks off at byte {source.size:,}; get a whole copy")
    name, size = struct.unpack(form, data)
    return name, size


def _box(source: ByteSource, at: int) -> tuple[bytes, int]:
    size, name = source.read(at, 4), source.read(at + 4, 4)
    if len(name) < 4 or any(not 32 <= letter < 127 and letter != 0xA9 for letter in name):
        raise AudioError(f"is damaged at byte {at:,}: no part of it begins there; get a whole copy")
    length, least = int.from_bytes(size, "big"), 8
    if length == 1:
        (length, least) = (_unpack(source, at + 4, ">4sQ")[1], 16)
    if length and length < least:
        raise AudioError(f"is damaged at byte {at:,}: a part of {length:,} bytes; get a whole copy")
    return name, length


def _asf(source: ByteSource, at: int) -> tuple[bytes, int]:
    name, size = _unpack(source, at, "<16sQ")
    if size < 24:
        raise AudioError(f"is damaged at byte {at:,}: a part of {size:,} bytes; get a whole copy")
    return name, size


def _dsf(source: ByteSource, at: int) -> tuple[bytes, int]:
    name, size = _unpack(source, at, "<4sQ")
    if name == b"DSD " and at == 0:
        (total,) = struct.unpack("<Q", source.read(12, 8).ljust(8, b"\0"))
        if total > source.size:
            raise breaks_off(f"{total:,} bytes", source.size)
        return name, 28
    if name[:3] == b"ID3":
        return name, source.size - at
    if size < 12:
        raise AudioError(f"is damaged at byte {at:,}: a part of {size:,} bytes; get a whole copy")
    return name, size


def _dff(source: ByteSource, at: int) -> tuple[bytes, int]:
    name, size = _unpack(source, at, ">4sQ")
    if name == b"FRM8" and at == 0:
        if size + 12 > source.size:
            raise breaks_off(f"{size + 12:,} bytes", source.size)
        return name, 16
    return name, 12 + size + size % 2


def _ebml(source: ByteSource, at: int) -> tuple[bytes, int]:
    head = source.read(at, 12)
    width = 9 - head[0].bit_length() if head else 0
    if not 1 <= width <= 4 or len(head) <= width:
        raise AudioError(f"is damaged at byte {at:,}: no part of it begins there; get a whole copy")
    name, rest = head[:width], head[width:]
    length = 9 - rest[0].bit_length()
    if length > 8 or len(rest) < length:
        raise AudioError(f"is damaged at byte {at:,}: no part of it begins there; get a whole copy")
    size = int.from_bytes(rest[:length], "big") & (1 << 7 * length) - 1
    unknown = size == (1 << 7 * length) - 1
    return name, 0 if unknown else width + length + size


_LAYOUTS: Final[dict[str, tuple[_Header, set[bytes]]]] = {
    "mov": (_box, {b"moov"}),
    "asf": (_asf, set()),
    "matroska": (_ebml, {_SEGMENT}),
    "dsf": (_dsf, {b"data"}),
    "iff": (_dff, {b"DSD "}),
}


def has_parts(demuxer: str) -> bool:
    """Say whether files of the kind that FFmpeg calls `demuxer` are looked at here."""
    return demuxer in _LAYOUTS
