"""What a gateway asks on top of what uses cost."""

from __future__ import annotations

from typing import Final

__all__ = ["fee_of"]

_MILLION: Final = 1_000_000


def fee_of(amount: int, ppm: int) -> int:
    """Return the fee of a batch that comes to `amount`, in millionths of it, rounded up."""
    return -(-amount * ppm // _MILLION)
