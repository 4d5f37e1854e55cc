"""What a transaction costs on Ethereum and on three rollups, by the formulas that each publishes.

All prices are given; nothing is asked of a network. Sources are named on `docs/costs.md`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["CHAINS", "Call", "Prices", "cost", "fastlz_size", "fjord_fee", "nitro_fee"]

ETHEREUM, OPTIMISM, BASE, ARBITRUM = "Ethereum", "OP Mainnet", "Base", "Arbitrum One"
CHAINS = (ETHEREUM, OPTIMISM, BASE, ARBITRUM)
SCALARS = {OPTIMISM: (5_227, 1_014_213), BASE: (2_269, 1_055_762)}
"""Of the base fee and of the blob base fee, in millionths, as the chains' own blocks have them."""
_INTERCEPT, _COEFFICIENT, _LEAST = -42_585_600, 836_500, 100_000_000
"""Fjord's regression from bytes after FastLZ to bytes in a batch, in millionths."""
_UNITS = 16
"""Of L1's gas for a byte that is not zero, which Nitro counts each compressed byte as."""
_BLOB, _HELD = 131_072, 126_976
"""Gas of a blob, and the bytes that it holds: 31 of each 32."""
_BATCH = 150_000
"""Gas of L1 that posting a batch of one blob is taken to need: an assumption."""


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction as it is signed, which does so many operations."""

    gas: float
    """Of one of them."""
    operations: int
    size: int
    """Bytes."""
    fastlz: int
    """Bytes after FastLZ."""
    brotli: int
    """Bytes after brotli at its lowest level."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What gas costs, in wei, and ETH, in USD."""

    gas: int
    """Of Ethereum: base fee and tip."""
    blob: int
    eth: int
    rollups: Mapping[str, int]
    """Of gas on each rollup."""


def cost(chain: str, call: Call, prices: Prices) -> float:
    """Return wei for one operation."""
    if chain == ETHEREUM:
        return call.gas * prices.gas
    if chain == ARBITRUM:
        posted = nitro_fee(call.brotli, prices.gas, prices.blob)
    else:
        posted = fjord_fee(call.fastlz, prices.gas, prices.blob, SCALARS[chain])
    return call.gas * prices.rollups[chain] + posted / call.operations


def fjord_fee(fastlz: int, base_fee: int, blob_base_fee: int, scalars: tuple[int, int]) -> int:
    """Return the wei that the OP Stack takes, since Fjord, for posting a transaction of so many bytes after FastLZ."""
    scaled = scalars[0] * base_fee * 16 + scalars[1] * blob_base_fee
    return max(_LEAST, _INTERCEPT + _COEFFICIENT * fastlz) * scaled // 10**12


def nitro_fee(brotli: int, base_fee: int, blob_base_fee: int) -> int:
    """Return the wei that Nitro takes for posting: 16 units a compressed byte, at the price that covers a full blob."""
    of_blob = _BLOB * blob_base_fee + _BATCH * base_fee
    return brotli * _UNITS * of_blob // (_HELD * _UNITS)


def fastlz_size(data: bytes) -> int:
    """Return how many bytes FastLZ, level 1, makes of data, as every node of the OP Stack counts them."""
    seen = [0] * 8_192
    end, start, at, size = len(data) - 13, 0, 2, 0
    while at < end:
        at, before = _repeated(data, seen, at, end)
        if at >= end:
            break
        size += _literals(at - start)
        length = _alike(data, before + 3, at + 3, end + 9)
        size += 3 * ((length - 1) // 262) + (3 if (length - 1) % 262 >= 6 else 2)
        at += length
        for _ in range(2):
            seen[_slot(_three(data, at))] = at
            at += 1
        start = at
    return size + _literals(len(data) - start)


def _repeated(data: bytes, seen: list[int], at: int, end: int) -> tuple[int, int]:
    """Return the next place whose three bytes were seen, and where; or the end."""
    while at < end:
        three = _three(data, at)
        slot = _slot(three)
        before, seen[slot] = seen[slot], at
        if at - before <= 8_191 and three == _three(data, before):
            return at, before
        at += 1
    return end, 0


def _alike(data: bytes, first: int, second: int, end: int) -> int:
    """Return how many bytes of a match count: those alike, and the first that is not."""
    length, most = 0, end - second
    while length < most:
        length += 1
        if data[first + length - 1] != data[second + length - 1]:
            break
    return length


def _literals(count: int) -> int:
    return 33 * (count // 32) + (count % 32 + 1 if count % 32 else 0)


def _three(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


def _slot(three: int) -> int:
    return (2_654_435_769 * three & 0xFFFFFFFF) >> 19 & 0x1FFF
