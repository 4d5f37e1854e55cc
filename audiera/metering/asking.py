"""An access as its uses: how one request becomes the leaves of a batch, the same to whoever pays and whoever serves."""

from __future__ import annotations

from collections.abc import Sequence

from audiera.metering.batch import PricedUse
from audiera.protocol import ZERO_WORD, Use, keccak, word

__all__ = ["uses_of"]


def uses_of(
    items: Sequence[tuple[bytes, int]],
    *,
    license: int,  # noqa: A002  # the struct's name for it
    dataset: int,
    version: int,
    right: int,
    at: int,
    nonce: bytes,
    unit_price: int,
) -> tuple[PricedUse, ...]:
    """Return the uses of one access, in order.

    Args:
        items: the leaf of each item, and its units; one zero leaf: the whole dataset.
        license: the licence.
        dataset: the dataset.
        version: of the dataset.
        right: its bit's number.
        at: Unix seconds.
        nonce: of the access; that of use i is ``keccak256(nonce, uint256 i)``.
        unit_price: in the token's smallest unit.

    Raises:
        InputError: if a number does not fit.
    """
    made = []
    for index, (leaf, units) in enumerate(items):
        use = Use(
            license=license,
            dataset=dataset,
            version=version,
            item=leaf or ZERO_WORD,
            right=right,
            units=units,
            at=at,
            nonce=keccak(nonce + word(index)),
        )
        made.append(PricedUse(use, units * unit_price))
    return tuple(made)
