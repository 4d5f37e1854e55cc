"""Splits as calls take them."""

from audiera.hashing import Value
from audiera.splits import Split, payee_of
from tests.support.chain import HasAddress

__all__ = ["equal_split", "shares_of", "split_of"]


def split_of(*parts: tuple[HasAddress | bytes, int]) -> Split:
    """The split of these payees (accounts as 32 bytes) and ppm, in any order."""
    return Split.of({_payee(payee): ppm for payee, ppm in parts})


def equal_split(count: int, first: int = 1) -> Split:
    """A split of `count` payees with small addresses from `first` on; the last takes what does not divide."""
    payees = [number.to_bytes(32, "big") for number in range(first, first + count)]
    each = 1_000_000 // count
    return Split.of({**dict.fromkeys(payees, each), payees[-1]: 1_000_000 - each * (count - 1)})


def shares_of(split: Split) -> list[tuple[Value, ...]]:
    """The argument `shares` of `createSplit` and others."""
    return [share.values() for share in split.shares]


def _payee(payee: HasAddress | bytes) -> bytes:
    return payee if isinstance(payee, bytes) else payee_of(payee.address)
