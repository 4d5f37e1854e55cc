"""An access as its uses: how one request becomes the leaves of a batch, the same to whoever pays and whoever serves."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from audiera.errors import InputError
from audiera.metering.batch import Line, PricedUse
from audiera.protocol import ZERO_WORD, Node, Use, bytes32, keccak, type_hash, word

__all__ = ["AccessUses", "uses_of"]

_COMMON: Final = struct.Struct(">32s24xQ28xI30xH")  # the words of a use that all of an access share: up to its version
_OWN: Final = struct.Struct(">32s31xB24xQ24xQ32s")  # and those after


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessUses:
    """The uses of one access, in order: what they share is said once, so that thousands are hashed quickly."""

    items: Sequence[tuple[bytes, int]]
    """The leaf of each item, and its units; one zero leaf: the whole dataset."""
    license: int
    dataset: int
    version: int
    right: int
    """Its bit's number."""
    at: int
    """Unix seconds."""
    nonce: bytes
    """Of the access; that of use i is ``keccak256(nonce, uint256 i)``."""
    unit_price: int
    """In the token's smallest unit."""
    nonces: tuple[bytes, ...] = field(init=False, repr=False)
    """Of each."""
    units: int = field(init=False, repr=False)
    """Of all of them."""

    def __post_init__(self) -> None:
        nonces = tuple([keccak(self.nonce + word(index)) for index in range(len(self.items))])
        object.__setattr__(self, "nonces", nonces)
        object.__setattr__(self, "units", sum([units for _, units in self.items]))

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[PricedUse]:
        for (leaf, units), nonce in zip(self.items, self.nonces, strict=True):
            use = Use(
                license=self.license,
                dataset=self.dataset,
                version=self.version,
                item=leaf or ZERO_WORD,
                right=self.right,
                units=units,
                at=self.at,
                nonce=nonce,
            )
            yield PricedUse(use, units * self.unit_price)

    @property
    def line(self) -> Line:
        """The statement that all of them belong to."""
        return self.license, self.dataset

    @property
    def price(self) -> int:
        """Of all of them."""
        return self.units * self.unit_price

    def leaves(self) -> list[tuple[bytes, int]]:
        """Return hash and sum of each leaf, those of the node of its `PricedUse`, without making one.

        Raises:
            InputError: if a number does not fit.
            UseError: likewise, of a price.
        """
        for leaf, _ in self.items:
            bytes32(leaf or ZERO_WORD)  # which `struct` would cut or pad
        try:
            common = _COMMON.pack(type_hash(Use.TYPE), self.license, self.dataset, self.version)
            own = [
                _OWN.pack(leaf or ZERO_WORD, self.right, units, self.at, nonce)
                for (leaf, units), nonce in zip(self.items, self.nonces, strict=True)
            ]
        except struct.error as error:
            for it in self:
                it.node()  # says which
            raise InputError(f"These uses cannot be hashed: {error}.") from error
        Node.of(ZERO_WORD, self.price, len(self))  # refuses prices that do not fit
        price = self.unit_price << 64
        return [(keccak(common + it), units * price | 1) for it, (_, units) in zip(own, self.items, strict=True)]


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
    """Return the uses of one access, in order, from what `AccessUses` has."""
    shared = {"license": license, "dataset": dataset, "version": version, "right": right, "at": at}
    return tuple(AccessUses(items=items, nonce=nonce, unit_price=unit_price, **shared))
