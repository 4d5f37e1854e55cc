"""Whether ABI data holds what its offsets promise, found before any of it is decoded.

Offsets may lead a thousand values to the same bytes, so a few kilobytes of a stranger's could unfold to more than fits
memory. Here each value has bytes of its own, or the data is refused; that takes no more steps than the data has words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Final

from eth_abi.exceptions import InsufficientDataBytes
from eth_abi.grammar import ABIType, TupleType, parse

__all__ = ["check_extent"]

_WORD: Final = 32


def check_extent(types: Sequence[str], data: bytes) -> None:
    """Return if the data is at least as long as all that it says, written out.

    Raises:
        InsufficientDataBytes: if it is shorter, or leads out of itself.
    """
    if _row([parse(it) for it in types], data, 0, len(data)) < 0:
        raise InsufficientDataBytes("it says more than it holds")


def _row(kinds: Iterable[ABIType], data: bytes, start: int, left: int) -> int:
    """Return what is left of the data after values in a row, whose offsets count from its start."""
    at = start
    for kind in kinds:
        if kind.is_dynamic:
            left, at = _tail(kind, data, start + _number(data, at), left - _WORD), at + _WORD
        else:
            left, at = left - _size(kind), at + _size(kind)
        if left < 0 or at > len(data):
            return -1
    return left


def _tail(kind: ABIType, data: bytes, at: int, left: int) -> int:
    """Return what is left after one value of no fixed size."""
    if kind.arrlist:
        item, (*_, last) = kind.item_type, kind.arrlist
        count = last[0] if last else _number(data, at)
        at, left = (at, left) if last else (at + _WORD, left - _WORD)
        if item.is_dynamic:
            return _row((item for _ in range(min(count, left))), data, at, left)
        end = count * _size(item)
    elif isinstance(kind, TupleType):
        return _row(kind.components, data, at, left)
    else:
        count = _number(data, at)
        at, left, end = at + _WORD, left - _WORD, -(-count // _WORD) * _WORD
    return left - end if at + end <= len(data) else -1


def _number(data: bytes, at: int) -> int:
    if at + _WORD > len(data):
        raise InsufficientDataBytes(f"it leads to byte {at}, and has {len(data):,}")
    return int.from_bytes(data[at : at + _WORD], "big")


def _size(kind: ABIType) -> int:
    """Return the bytes of a value whose size is fixed."""
    whole: int = prod(it[0] for it in kind.arrlist or ())
    item = kind
    while item.arrlist:
        item = item.item_type
    return whole * (sum(map(_size, item.components)) if isinstance(item, TupleType) else _WORD)
