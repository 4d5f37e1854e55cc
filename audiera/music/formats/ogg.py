"""Ogg (Vorbis, Opus, FLAC, Speex): every page is held to its checksum and its number.

Decoders pass over a page that is damaged or missing and say nothing; here the first one stops the file, and so
does the lack of a page marked as the last. Several recordings one after the other (a chained stream) are
refused, as no item has two lengths, and so is a stream with pictures. Every cut and every changed bit is
seen, as far as a CRC-32 can.

Source: RFC 3533 (Ogg), sections 4 and 6; RFC 5334 (media types).
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.trailers import before_trailers
from audiera.music.sound.decoded import AudioError

__all__ = ["OggStream", "check_ogg"]


_MAX_TRACKS: Final = 64
_HEADER: Final = 27
_CONTINUED, _FIRST, _LAST = 1, 2, 4

_CODECS: Final = {
    b"\x01vorbis": "Vorbis",
    b"OpusHead": "Opus",
    b"\x7fFLAC": "FLAC",
    b"Speex   ": "Speex",
}
_BESIDE: Final = (b"fishead\0", b"fisbone\0", b"\0kate")  # skeleton and subtitles: neither sound nor picture

# zlib's CRC-32 has the same polynomial as Ogg's with the bits of every byte and of the result in reverse.
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class OggStream:
    """The one stream of sound of an Ogg file."""

    codec: str
    alone: bool
    """Whether there is no other stream beside it."""


@dataclass(slots=True)
class _Track:
    head: bytes
    pages: int = 0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class _Page:
    flags: int
    serial: int
    number: int
    start: int
    first: bytes
    """The beginning of its content."""


def check_ogg(source: ByteSource) -> OggStream:
    """Check every page of an Ogg file.

    Raises:
        AudioError: it is damaged, breaks off, or is not one recording of one codec that is known.
        OSError: it cannot be read.
    """
    tracks: dict[int, _Track] = {}
    end = before_trailers(source, 0)
    begun = False  # whether the pages that open the streams are over
    for page in _pages(source, end, tracks):
        if page.flags & _FIRST:
            if begun and all(track.ended for track in tracks.values()):
                raise AudioError("holds several recordings one after the other (a chained stream); divide it")
            if begun or page.serial in tracks:
                raise AudioError(f"is damaged at byte {page.start:,}: a stream begins within another; get a whole copy")
            if len(tracks) == _MAX_TRACKS:
                raise AudioError(f"holds more than {_MAX_TRACKS} streams at once; extract the one that is meant")
            tracks[page.serial] = _Track(page.first)
        else:
            begun = True
        _follow(tracks, page)
    if not all(track.ended for track in tracks.values()):
        raise AudioError("breaks off: its last page is missing; get a whole copy")
    return _judge(tracks)


def _pages(source: ByteSource, end: int, tracks: dict[int, _Track]) -> Iterator[_Page]:
    at = 0
    while at < end:
        head = source.read(at, _HEADER)
        if head[:4] != b"OggS":
            if tracks and all(track.ended for track in tracks.values()) and source.is_blank(at, end):
                return  # padding
            raise AudioError(f"is damaged at byte {at:,}: no page of the stream begins there; get a whole copy")
        sizes = source.read(at + _HEADER, head[-1]) if len(head) == _HEADER else b""
        length = _HEADER + len(sizes) + sum(sizes)
        page = source.read(at, length)
        if len(head) < _HEADER or len(sizes) < head[-1] or len(page) < length:
            raise AudioError(f"breaks off at byte {source.size:,}, within a page; get a whole copy")
        flags, serial, number, crc = struct.unpack("<5xB8xIII", head[:26])
        if _crc(page) != crc:
            raise AudioError(f"is damaged at byte {at:,}: a page fails its checksum; get a whole copy")
        yield _Page(flags, serial, number, at, page[_HEADER + len(sizes) :][:64])
        at += length


def _crc(page: bytes) -> int:
    bare = page[:22] + b"\0\0\0\0" + page[26:]
    crc = zlib.crc32(bare.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(crc.to_bytes(4, "little").translate(_REVERSED), "big")


def _follow(tracks: dict[int, _Track], page: _Page) -> None:
    track = tracks.get(page.serial)
    if track is None or track.ended:
        raise AudioError(f"is damaged at byte {page.start:,}: a page belongs to no stream; get a whole copy")
    if page.number != track.pages:
        raise AudioError(
            f"is damaged at byte {page.start:,}: page {track.pages:,} should follow and it is {page.number:,}; "
            "get a whole copy"
        )
    track.pages += 1
    track.ended = bool(page.flags & _LAST)


def _judge(tracks: dict[int, _Track]) -> OggStream:
    sounds = []
    for track in tracks.values():
        codec = next((name for mark, name in _CODECS.items() if track.head.startswith(mark)), None)
        if codec is not None:
            sounds.append(codec)
        elif not track.head.startswith(_BESIDE):
            raise AudioError("holds something other than sound (video?); extract its sound")
    if len(sounds) != 1:
        raise AudioError(f"holds {len(sounds)} streams of sound at once; extract the one that is meant")
    return OggStream(sounds[0], len(tracks) == 1)
