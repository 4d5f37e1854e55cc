"""One transaction of an account, as its journal has it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from eth_typing import ChecksumAddress

__all__ = ["LIVING", "Entry", "State"]


class State(StrEnum):
    """What became of a transaction, as far as is known."""

    SIGNED = "signed"
    """Written down, and perhaps sent."""
    SENT = "sent"
    """A node took it; it is not mined, or no longer."""
    MINED = "mined"
    FAILED = "failed"
    """Mined, and the contract refused."""
    REPLACED = "replaced"
    """Another transaction was mined under its nonce, so it never will be."""
    DROPPED = "dropped"
    """The node refused it before anybody had it."""
    GIVEN_UP = "given up"
    """Nobody waits for it any more, and nothing else is held up by it; it may still be mined."""


LIVING: Final = (State.SIGNED, State.SENT)
"""What is still to be mined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One transaction."""

    hash: bytes
    nonce: int
    intent: bytes
    """What it is to bring about: the same for a call that is made again, whatever is fresh each time."""
    purpose: bytes
    """What asked for it: the same for a command that is run again; empty if no command did."""
    began: int
    """When what asked for it began, in Unix seconds."""
    now: int
    """The chain's time then."""
    title: str
    """What it does, in a few words."""
    to: ChecksumAddress
    value: int
    data: bytes
    gas: int
    max_fee: int
    """wei for each gas at most."""
    tip: int | None
    """wei for each gas to who mines it; None on a chain without EIP-1559."""
    raw: bytes
    """Signed and serialised: the same bytes are sent as often as it takes."""
    signed_at: int
    """Unix seconds."""
    owner: str
    """The process that signed it."""
    state: State = State.SIGNED
    block: int | None = None
    told: bool = False
    """Whether its outcome was told to who asked for it. Until then a call of the same intent finds it."""

    @property
    def is_living(self) -> bool:
        """Whether it is still to be mined."""
        return self.state in LIVING

    @property
    def most(self) -> int:
        """What its gas may cost at most, in wei."""
        return self.gas * self.max_fee
