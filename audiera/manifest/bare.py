"""Pictures without what cameras and programs write beside them: places, times, names of owners, smaller pictures."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Final

__all__ = ["bare"]

_PNG_DROPPED: Final = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_WEBP_DROPPED: Final = frozenset({b"EXIF", b"XMP "})
_WEBP_FLAGS: Final = 0x0C  # of a picture that has these
_JPEG_SAID: Final = frozenset({0xFE, *range(0xE0, 0xF0)})
"""Markers of comments and of what applications say."""
_JPEG_KEPT: Final = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}  # how to show it
_SCAN, _END, _EXIF = 0xDA, 0xD9, 0xE1
_ALONE: Final = frozenset({0x00, *range(0xD0, 0xD8)})  # within the data of a scan: no marker, or one without a length
_ORIENTATION: Final = 0x0112


def bare(media_type: str, data: bytes) -> bytes:
    """Return a picture that shows the same, without its metadata; of one that ends in the middle, the rest as it is.

    A GIF stays as it is.
    """
    try:
        return {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp}.get(media_type, bytes)(data)
    except (struct.error, IndexError, ValueError):
        return data


def _png(data: bytes) -> bytes:
    kept, at = [data[:8]], 8
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        end = at + size + 12
        if end > len(data):
            raise IndexError
        if name not in _PNG_DROPPED:
            kept.append(data[at:end])
        at = len(data) if name == b"IEND" else end
    return b"".join(kept)


def _webp(data: bytes) -> bytes:
    kept, at = list[bytes](), 12
    while at < len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        end = at + 8 + size + size % 2
        if end > len(data):
            raise IndexError
        chunk = bytearray(data[at:end])
        if name == b"VP8X":
            chunk[8] &= ~_WEBP_FLAGS
        if name not in _WEBP_DROPPED:
            kept.append(bytes(chunk))
        at = end
    body = b"WEBP" + b"".join(kept)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def _jpeg(data: bytes) -> bytes:
    kept, at = [data[:2]], 2
    while True:
        kind, size = struct.unpack_from(">xBH", data, at) if data[at + 1] != _END else (_END, 0)
        end = at + 2 + size
        if kind == _END:
            return b"".join([*kept, data[at : at + 2]])
        if data[at] != 0xFF or end > len(data):
            raise IndexError
        if kind == _SCAN:
            end = _behind_scan(data, end)
        if kind == _EXIF:
            kept += _turned(data[at + 4 : end])
        elif kind not in _JPEG_SAID or (kind in _JPEG_KEPT and data.startswith(_JPEG_KEPT[kind], at + 4)):
            kept.append(data[at:end])
        at = end


def _behind_scan(data: bytes, at: int) -> int:
    """Return where the next marker is."""
    while (at := data.index(b"\xff", at)) + 1 < len(data) and data[at + 1] in _ALONE:
        at += 2
    return at


def _orientation(tiff: bytes) -> int:
    order = ">" if tiff.startswith(b"MM") else "<"
    with suppress(struct.error):
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for at in range(count):
            tag, value = struct.unpack_from(f"{order}H6xH", tiff, start + 2 + 12 * at)
            if tag == _ORIENTATION:
                return int(value)
    return 1


def _turned(exif: bytes) -> list[bytes]:
    """Return a segment that says which side is up, and nothing else; none if that is what it would be anyway."""
    if not exif.startswith(b"Exif\0\0"):
        return []
    up = _orientation(exif[6:])
    if not 1 < up <= 8:
        return []
    body = b"Exif\0\0MM" + struct.pack(">HIHHHIHHI", 42, 8, 1, _ORIENTATION, 3, 1, up, 0, 0)
    return [b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body]
