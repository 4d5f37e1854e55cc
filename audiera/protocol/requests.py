"""The structs of asking for a licence that nobody offers: what somebody wants, and what the owner says to it.

No contract takes them. Both are signed for the licence registry, and name the gateway that passes them on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from eth_typing import ChecksumAddress

from audiera.protocol.ids import to_address
from audiera.protocol.typed import Struct

__all__ = ["LicenseAnswer", "LicenseRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseRequest(Struct):
    """What an account would like to use, and what for."""

    TYPE: ClassVar[str] = (
        "LicenseRequest(address gateway,address asker,uint32 dataset,uint16 rights,string purpose,"
        "string extent,string who,string contact,uint64 at,bytes32 nonce)"
    )

    gateway: ChecksumAddress
    asker: ChecksumAddress
    dataset: int
    rights: int
    """`Right` bits."""
    purpose: str
    """What for."""
    extent: str
    """How much: units, items, or how long."""
    who: str
    contact: str
    at: int
    """Unix seconds."""
    nonce: bytes

    def __post_init__(self) -> None:
        for name in ("gateway", "asker"):
            object.__setattr__(self, name, to_address(getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseAnswer(Struct):
    """What the owner of a dataset says to a request: an offer that was made to the asker, or no."""

    TYPE: ClassVar[str] = (
        "LicenseAnswer(bytes32 request,address owner,bytes32 terms,uint128 price,uint32 count,string reason,uint64 at)"
    )

    request: bytes
    """The request's struct hash."""
    owner: ChecksumAddress
    terms: bytes
    """Id of the terms of the offer; zero: no."""
    price: int
    """Of a licence, in the smallest unit of the terms' token."""
    count: int
    """How many licences and renewals may be taken."""
    reason: str
    at: int
    """Unix seconds."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "owner", to_address(self.owner))
