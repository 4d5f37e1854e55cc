"""Ogg files page by page, for tests that damage them."""

import struct
import zlib
from collections.abc import Iterable

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def pages(data: bytes) -> list[bytes]:
    """Cuts an Ogg file into its pages."""
    starts = [at for at in range(len(data)) if data[at : at + 5] == b"OggS\0"]
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]


def sealed(page: bytes, *, flags: int | None = None, serial: int | None = None, number: int | None = None) -> bytes:
    """Returns a page with changed fields and the checksum that fits them."""
    changed = bytearray(page)
    changed[5] = page[5] if flags is None else flags
    if serial is not None:
        changed[14:18] = struct.pack("<I", serial)
    if number is not None:
        changed[18:22] = struct.pack("<I", number)
    changed[22:26] = bytes(4)
    crc = zlib.crc32(bytes(changed).translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    changed[22:26] = crc.to_bytes(4, "little").translate(_REVERSED)[::-1]
    return bytes(changed)


def another(data: Iterable[bytes], serial: int) -> bytes:
    """Returns the same pages as a stream of another number."""
    return b"".join(sealed(page, serial=serial) for page in data)
