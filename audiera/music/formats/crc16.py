"""The CRC-16 that encoders of MP3 leave of all their sound (polynomial 0x8005, reflected; CRC-16/ARC).

A byte at a time Python would need longer than decoding does; here the bytes are cut into lanes of equal
length, whose checksums numpy advances together, two bytes a step, and which are joined at the end: a CRC is
linear, so that of two parts joined is that of the first, moved on by the length of the second, xor the second's.
"""

from functools import cache, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["crc16"]


_LANES: Final = 2048
_BLOCK: Final = 1 << 20  # bytes whose words and tables stay in a processor's cache
_POLYNOMIAL: Final = 0xA001


def crc16(data: bytes, crc: int = 0) -> int:
    """Return the CRC-16/ARC of `data`, going on from the one of what came before."""
    for start in range(0, len(data), _BLOCK):
        crc = _block(data[start : start + _BLOCK], crc)
    return crc


def _block(data: bytes, crc: int) -> int:
    if len(data) < 2:
        return _slow(data, crc)
    size = -(-len(data) // (2 * _LANES)) * 2 * _LANES
    padded = np.zeros(size, dtype=np.uint8)  # zeros in front change nothing when the value starts at 0
    padded[size - len(data) :] = np.frombuffer(data, dtype=np.uint8)
    padded[size - len(data) : size - len(data) + 2] ^= np.array([crc & 0xFF, crc >> 8], dtype=np.uint8)
    table, count = _two_bytes(), size // (2 * _LANES)
    lanes, mixed = np.zeros(_LANES, dtype=np.intp), np.zeros(_LANES, dtype=np.intp)
    for words in np.ascontiguousarray(padded.view("<u2").reshape(_LANES, count).T):
        np.bitwise_xor(lanes, words, out=mixed)
        np.take(table, mixed, out=lanes, mode="wrap")  # never wraps; spares numpy a second look at the bounds
    move, joined = _moves(count), 0
    for lane in lanes.tolist():
        joined = move[joined] ^ lane
    return joined


def _slow(data: bytes, crc: int) -> int:
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc


@cache
def _two_bytes() -> NDArray[np.intp]:
    """Return what two bytes do to every value they can be mixed into."""
    values = np.arange(1 << 16, dtype=np.intp)
    for _ in range(16):
        values = np.where(values & 1, values >> 1 ^ _POLYNOMIAL, values >> 1)
    return values


@lru_cache(maxsize=8)
def _moves(times: int) -> list[int]:
    """Return what so many steps of two bytes do to every value: the table applied over and over, by squaring."""
    table, result = _two_bytes(), np.arange(1 << 16, dtype=np.intp)
    while times:
        if times & 1:
            result = table[result]
        table, times = table[table], times >> 1
    return [int(value) for value in result.tolist()]
