"""Licence terms: immutable conditions named by their hash, reusable by any dataset."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import ClassVar, Final

from eth_typing import ChecksumAddress

from audiera.errors import InputError, TermsError
from audiera.protocol.ids import to_address
from audiera.protocol.meters import Meter
from audiera.protocol.rights import ALL_RIGHTS
from audiera.protocol.typed import Struct

__all__ = ["MAX_DERIVATIVE_PPM", "PERPETUAL", "Terms", "TermsFlag"]

PERPETUAL: Final = (1 << 32) - 1
"""The expiry of a licence that never ends."""

MAX_DERIVATIVE_PPM: Final = 900_000
"""The most that terms may ask of a derived dataset: a child owes its parents no more in all."""


class TermsFlag(IntFlag):
    """What holders and owners may do with a licence later."""

    Transferable = 1 << 0
    Revocable = 1 << 1
    DerivativesSurvive = 1 << 2
    """What was derived while the licence lived may be used after it ends."""


_ALL_FLAGS: Final = (1 << 3) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms(Struct):
    """Terms that `LicenseRegistry.publishTerms` accepts.

    Raises:
        TermsError: if the contract would refuse them.
    """

    TYPE: ClassVar[str] = (
        "Terms(uint16 rights,uint8 meter,uint128 unitPrice,address token,uint32 duration,"
        "uint32 notice,uint48 maxUnits,uint32 derivativePpm,uint8 flags,bytes32 text)"
    )

    rights: int
    """`Right` bits."""
    meter: int
    """A `Meter`."""
    unit_price: int
    """Per unit of use, in the token's smallest unit."""
    token: ChecksumAddress
    """What the licence and its use are paid in; zero is ETH."""
    duration: int
    """Seconds; 0 is perpetual."""
    notice: int
    """Seconds between a revocation, or a member leaving a catalogue, and its effect."""
    max_units: int
    """Quota over the licence's life; 0 is none."""
    derivative_ppm: int
    """The least share that a dataset derived under these terms owes."""
    flags: int
    """`TermsFlag` bits."""
    text: bytes
    """sha-256 of the legal text."""

    def __post_init__(self) -> None:
        if self.rights <= 0 or self.rights & ~ALL_RIGHTS:
            raise TermsError(f"Rights {self.rights:#x} must be known bits, at least one of them.")
        if self.meter not in list(Meter):
            raise TermsError(f"Meter {self.meter} does not exist; use {[*map(int, Meter)]}.")
        if self.flags & ~_ALL_FLAGS:
            raise TermsError(f"Flags {self.flags:#x} have unknown bits; use {_ALL_FLAGS:#x} at most.")
        if self.max_units and self.flags & TermsFlag.Transferable:
            raise TermsError("Terms with a quota cannot be transferable; drop one of the two.")
        if not 0 <= self.derivative_ppm <= MAX_DERIVATIVE_PPM:
            raise TermsError(
                f"A derivative share of {self.derivative_ppm} ppm is outside 0 to {MAX_DERIVATIVE_PPM}; ask for less."
            )
        try:
            object.__setattr__(self, "token", to_address(self.token))
            for name in ("rights", "meter", "flags"):
                # web3 takes enum flags, which are iterable, for lists.
                object.__setattr__(self, name, int(getattr(self, name)))
            self.struct_hash()  # refuses every value that does not fit its Solidity type
        except InputError as error:
            raise TermsError(str(error)) from error

    def id(self) -> bytes:
        """Return the terms' id, their struct hash."""
        return self.struct_hash()

    def until(self, start: int) -> int:
        """Return the Unix second at which a licence under them ends that begins at `start`; `PERPETUAL`: never."""
        return min(start + self.duration, PERPETUAL) if self.duration else PERPETUAL
