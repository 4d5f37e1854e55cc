"""Where the sound of a file ends: tags that stand before the first frame and after the last one.

MP3, AAC, Monkey's Audio, True Audio, Musepack and WavPack have no container of their own, so that tags are put around
the sound: ID3v2 before it (sometimes after), ID3v1, Lyrics3, APEv2 after it, in any order.

Sources: id3.org, ID3v2.4 structure (sections 3.1, 3.4) and ID3v1; Hydrogenaudio, APEv2 specification; Lyrics3 v2.00.
"""

import struct
from typing import Final

from audiera.music.formats.bytesource import ByteSource

__all__ = ["after_id3", "before_trailers", "id3_size"]


_ID3_HEADER: Final = 10
_APE_FOOTER: Final = 32
_MOST: Final = 64
"""How many tags are passed over one behind the other: each is read again from where it begins."""

_APE_HAS_HEADER: Final = 1 << 31


def after_id3(source: ByteSource) -> int:
    """Return where the ID3v2 tags that a file begins with end: 0 if there are none."""
    start = 0
    for _ in range(_MOST):
        if not (size := id3_size(source.read(start, _ID3_HEADER))):
            break
        start += size
    return min(start, source.size)


def id3_size(head: bytes) -> int:
    """Return the bytes that an ID3v2 tag beginning with `head` takes, or 0 if it is none."""
    if len(head) < _ID3_HEADER or head[:3] != b"ID3" or max(head[6:10]) > 127 or 255 in head[3:5]:
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return size + _ID3_HEADER * (2 if head[5] & 0x10 else 1)


def before_trailers(source: ByteSource, start: int) -> int:
    """Return where the sound that begins at `start` ends and the tags behind it begin."""
    end = source.size
    for _ in range(_MOST):
        if not start <= (shorter := _before_one(source, end)) < end:
            break
        end = shorter
    return end


def _before_one(source: ByteSource, end: int) -> int:
    if end >= 128 and source.read(end - 128, 3) == b"TAG":
        end -= 128
        return end - 227 if end >= 227 and source.read(end - 227, 4) == b"TAG+" else end
    foot = source.read(end - _APE_FOOTER, _APE_FOOTER) if end >= _APE_FOOTER else b""
    if foot[:8] == b"APETAGEX":
        size, _, flags = struct.unpack("<III", foot[12:24])
        return int(end - size - (_APE_FOOTER if flags & _APE_HAS_HEADER else 0))
    if foot[-9:] == b"LYRICS200" and foot[-15:-9].isdigit():
        return end - int(foot[-15:-9]) - 15
    if foot[-10:-7] == b"3DI" and (size := id3_size(b"ID3" + foot[-7:])):
        return end - size
    return end
