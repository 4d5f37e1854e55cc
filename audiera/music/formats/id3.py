"""The few frames of an ID3v2 tag that matter here, cut out before anything decodes them.

Decoders of tags read each frame there is, unpack what is packed, and take longer for each of very many frames, and for
each of very many values of one, than for the one before. So the tag is walked over once, and they are given one that is
small and plain. Tags in WAV, AIFF, DSF and DFF are found in their chunk.

Sources: id3.org, ID3v2.2, 2.3 and 2.4, structure; Microsoft, RIFF; Apple, AIFF; Sony, DSF; Philips, DSDIFF.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.chunks import next_chunk

__all__ = ["Excerpt", "Excess", "excerpt", "held_tag"]


_HEADER: Final = 10
_MAX_TAG: Final = 1 << 26  # covers of tens of MiB are in use
_MAX_FRAMES: Final = 4_096
_MAX_CHUNKS: Final = 1 << 16
_MAX_FRAME: Final = 1 << 15  # bytes of one text, and twice as many as any letters that are taken need
_MAX_TEXTS: Final = 1 << 19  # bytes of all texts
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40
_PACKED: Final = {2: 0, 3: 0x80, 4: 0x08}
"""The flag of a compressed frame, by version of ID3v2; the second version has none."""

_LATER: Final = frozenset(b"TIT2 TPE1 TALB TRCK TDRC TYER TDAT TIME TCON TBPM TKEY TSRC TCOP WCOP TXXX".split())
_EARLY: Final = frozenset(b"TT2 TP1 TAL TRK TYE TDA TIM TCO TBP TKE TRC TCR WCP TXX".split())
_WANTED: Final = _LATER | _EARLY | {name + b"\0" for name in _EARLY}  # some write 2.2's names into 2.3


class Excess(Exception):  # noqa: N818  # no error of the file's: it is taken without its tags
    """A tag would take more memory or time to read than any is worth."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A tag of the frames that matter, and their names."""

    data: bytes
    names: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class _Frame:
    name: bytes
    flags: bytes
    content: bytes


def excerpt(source: ByteSource) -> Excerpt | None:
    """Return the text frames of the ID3v2 tag that a source begins with; None if it begins with none.

    Raises:
        Excess: it is larger or of more frames than any program writes, or packed.
        OSError: it cannot be read.
    """
    head = source.read(0, _HEADER)
    if len(head) < _HEADER or head[:3] != b"ID3" or head[3] not in _PACKED:
        return None
    size = _safe(head[6:])
    if size > _MAX_TAG:
        raise Excess
    version, flags = head[3], head[5]
    body = source.read(_HEADER, size)
    if version < 4 and flags & _UNSYNCHRONISED:  # zeros behind every 255, lest a frame of MP3 seem to begin
        body = body.replace(b"\xff\0", b"\xff")
    if flags & _EXTENDED and body[:4] not in _WANTED:
        body = body[_safe(body[:4]) if version == 4 else 4 + int.from_bytes(body[:4], "big") :]
    kept = _kept(version, _frames(body, version))
    frames = b"".join(_written(version, frame) for frame in kept)
    plain = flags & _UNSYNCHRONISED if version == 4 else 0
    tag = head[:5] + bytes([plain]) + _unsafe(len(frames)) + frames
    return Excerpt(tag, frozenset(frame.name for frame in kept if frame.content.strip(b"\0")))


def _kept(version: int, frames: Iterable[_Frame]) -> list[_Frame]:
    kept, size = [], 0
    for number, frame in enumerate(frames):
        if number == _MAX_FRAMES:
            raise Excess
        if frame.name in _WANTED and frame.content:
            size += len(frame.content)
            if frame.flags[1:] and frame.flags[1] & _PACKED[version]:
                raise Excess
            if len(frame.content) > _MAX_FRAME or size > _MAX_TEXTS:
                raise Excess
            kept.append(frame)
    return kept


def _frames(body: bytes, version: int) -> Iterator[_Frame]:
    if version == 4 and _known(body, safe=False) > _known(body, safe=True):
        return _walk(body, 10, safe=False)  # iTunes wrote sizes of the fourth version like those of the third
    return _walk(body, 6 if version == 2 else 10, safe=version == 4)


def _known(body: bytes, *, safe: bool) -> int:
    names = (frame.name for frame, _ in zip(_walk(body, 10, safe=safe), range(_MAX_FRAMES), strict=False))
    return sum(name.isalnum() and name.isupper() for name in names)


def _walk(body: bytes, header: int, *, safe: bool) -> Iterator[_Frame]:
    at, letters = 0, 3 if header == 6 else 4
    while at + header <= len(body):
        name, size = body[at : at + letters], body[at + letters : at + 2 * letters]
        if not name.strip(b"\0"):
            return  # padding
        length = _safe(size) if safe else int.from_bytes(size, "big")
        yield _Frame(name, body[at + 2 * letters : at + header], body[at + header : at + header + length])
        at += header + length


def _written(version: int, frame: _Frame) -> bytes:
    length = len(frame.content)
    size = _unsafe(length) if version == 4 else length.to_bytes(3 if version == 2 else 4, "big")
    return frame.name + size + frame.flags + frame.content


def _safe(size: bytes) -> int:
    return sum((byte & 127) << 7 * place for place, byte in enumerate(reversed(size)))


def _unsafe(size: int) -> bytes:
    return bytes(size >> shift & 127 for shift in (21, 14, 7, 0))


def held_tag(source: ByteSource) -> int | None:
    """Return where the ID3v2 tag begins that a WAV, AIFF, DSF or DFF file holds; None if there is none.

    Raises:
        OSError: it cannot be read.
    """
    head = source.read(0, 28)
    if head[:4] == b"DSD ":
        return int.from_bytes(head[20:28], "little") or None
    if head[:4] == b"FRM8":
        return _chunk(source, 16, ">4sQ")
    return _chunk(source, 12, ">4sI" if head[:4] in (b"FORM", b"RIFX") else "<4sI")


def _chunk(source: ByteSource, at: int, form: str) -> int | None:
    header = struct.calcsize(form)
    for _ in range(_MAX_CHUNKS):
        data = source.read(at, header)
        if len(data) < header:
            return None
        name, size = struct.unpack(form, data)
        if name.upper() == b"ID3 ":
            return at + header
        at = next_chunk(source, at + header, size, form[0]) if header == 8 else at + header + size + size % 2
    return None
