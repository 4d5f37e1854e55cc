"""Files of silence in formats that nothing at hand encodes, put together from their descriptions.

Sources: Monkey's Audio SDK (APE_DESCRIPTOR, APE_HEADER, APE_HEADER_OLD: a frame's special code 3 is silence on both
channels); Musepack SV7 and SV8 specifications.
"""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from typing import Final

__all__ = ["MUSEPACK_FRAME", "NEW_BLOCKS", "OLD_BLOCKS", "ape", "musepack7", "musepack8", "old_ape"]


NEW_BLOCKS: Final = (73_728, 1_000)
"""Samples of the frames of a new Monkey's Audio file: any number, but the same in all frames except the last."""

OLD_BLOCKS: Final = (294_912, 1_000)
"""The same of an old one of version 3950 and later, which does not state it."""

MUSEPACK_FRAME: Final = 1_152


def ape(
    blocks: Sequence[int] = NEW_BLOCKS,
    *,
    version: int = 3990,
    wave: bytes = b"RIFF....",
    tail: bytes = b"",
    md5: bytes = b"",
) -> bytes:
    """Returns Monkey's Audio as written since version 3.98; `md5` stands in place of the right checksum."""
    frames = [_ape_frame(each) for each in blocks]
    table = _offsets(52 + 24 + 4 * len(frames) + len(wave), frames)
    header = struct.pack("<HHIIIHHI", 2000, 0, blocks[0], blocks[-1], len(frames), 16, 2, 44_100)
    sound = b"".join(frames)
    checksum = md5 or hashlib.md5(wave + sound + tail + header + table, usedforsecurity=False).digest()
    sizes = (52, len(header), len(table), len(wave), len(sound), 0, len(tail))
    return struct.pack("<4sHH7I16s", b"MAC ", version, 0, *sizes, checksum) + header + table + wave + sound + tail


def old_ape(blocks: Sequence[int] = OLD_BLOCKS, *, version: int = 3970, level: int = 2000, flags: int = 0) -> bytes:
    """Returns Monkey's Audio as written before version 3.98, which has no checksum of the file."""
    frames = [_ape_frame(each) for each in blocks]
    sizes = (44_100, 8, 0, len(frames), blocks[-1])
    head = struct.pack("<4s4H5I", b"MAC ", version, level, flags, 2, *sizes) + b"RIFF...."
    return head + _offsets(len(head) + 4 * len(frames), frames) + b"".join(frames)


def musepack7(frames: int = 3, *, last: int | None = None, announced: int | None = None) -> bytes:
    """Returns Musepack SV7, its frames of 8 bits each; `last` is how much of the last frame it says is sound."""
    ending = 0 if last is None else 1 << 31 | last << 20
    head = b"MP+\x07" + struct.pack("<5I", frames if announced is None else announced, 0, 0, 0, ending)
    bits = "0" * 8 + f"{8:020b}{0:08b}" * frames + f"{last or MUSEPACK_FRAME:011b}"
    bits += "0" * (-len(bits) % 32)
    return head + b"".join(int(bits[at : at + 32], 2).to_bytes(4, "little") for at in range(0, len(bits), 32))


def musepack8(frames: int = 3) -> bytes:
    """Returns Musepack SV8: a header, a part for each frame, and the part that ends it."""
    stream = b"\x08" + _variable(MUSEPACK_FRAME * frames) + _variable(0) + struct.pack(">H", 19 << 8 | 1 << 4)
    parts = [_part(b"SH", struct.pack(">I", zlib.crc32(stream)) + stream)]
    parts += [_part(b"AP", b"\0")] * frames + [_part(b"SE", b"")]
    return b"MPCK" + b"".join(parts)


def _ape_frame(samples: int) -> bytes:
    checksum = zlib.crc32(bytes(4 * samples)) >> 1
    return struct.pack("<II", checksum | 1 << 31, 3) + bytes(8)


def _offsets(first: int, frames: Sequence[bytes]) -> bytes:
    places = [first + sum(map(len, frames[:number])) for number in range(len(frames))]
    return struct.pack(f"<{len(places)}I", *places)


def _part(name: bytes, content: bytes) -> bytes:
    return name + _variable(len(content) + 3) + content


def _variable(number: int) -> bytes:
    """Seven bits to the byte, the highest first; all but the last have their eighth set."""
    low = [number >> shift & 127 for shift in range(0, max(number.bit_length(), 1), 7)]
    return bytes([each | 128 for each in low[:0:-1]] + low[:1])
