"""Who is in the story. Their keys follow from their names, and are good for nothing but a private chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

from eth_typing import ChecksumAddress

from audiera.client import KeySigner
from audiera.protocol import keccak

__all__ = ["Cast", "Player", "wallet_of"]

_BAND: Final = "Night Ferry"


@dataclass(frozen=True, slots=True)
class Player:
    """Someone who acts."""

    name: str
    part: str
    signer: KeySigner
    has_ether: bool = True

    @classmethod
    def of(cls, name: str, part: str, *, has_ether: bool = True) -> Player:
        """Return a player whose key follows from the name."""
        return cls(name, part, _signer(name), has_ether)

    @property
    def address(self) -> ChecksumAddress:
        """Where the player is paid."""
        return self.signer.address

    @property
    def aside(self) -> str:
        """How the player's calls reach the chain, where that is worth a word."""
        return "" if self.has_ether else " (signed by them, sent by the gateway)"


@dataclass(frozen=True, slots=True)
class Cast:
    """Everyone who signs anything. Contributors sign nothing at all."""

    creator: Player
    second: Player
    third: Player
    collective: Player
    gateway: Player
    developer: Player
    studio: Player
    sponsor: Player

    @classmethod
    def for_music(cls, owner: str = _BAND) -> Cast:
        """Return the cast; `owner` is whose music comes first."""
        return cls(
            creator=Player.of(owner, "a creator"),
            second=Player.of("Tin & Timber", "a creator without any ETH", has_ether=False),
            third=Player.of("Ada Moreau", "a creator of field recordings"),
            collective=Player.of("Quay Collective", "runs a catalogue, and keeps money for those without a wallet"),
            gateway=Player.of("Gateway", "serves the bytes, and sends what those without ETH have signed"),
            developer=Player.of("Wavelet Labs", "trains a model"),
            studio=Player.of("Moth Games", "wants to use that model"),
            sponsor=Player.of("Harbour Fund", "rewards what is used"),
        )

    def __iter__(self) -> Iterator[Player]:
        return (getattr(self, it.name) for it in fields(self))


def wallet_of(name: str) -> ChecksumAddress:
    """Return the wallet of a contributor."""
    return _signer(f"contributor {name}").address


def _signer(name: str) -> KeySigner:
    return KeySigner.from_key(keccak(f"Audiera demo: {name}".encode()))
