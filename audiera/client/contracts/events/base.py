"""What all events have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Event", "Log"]


class Event:
    """Base of every event; subclasses are frozen dataclasses named as in Solidity."""

    __slots__ = ()


E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Log(Generic[E_co]):
    """An event and where it happened."""

    event: E_co
    contract: str
    """Name of the contract that emitted it."""
    block: int
    transaction: bytes
    """Hash of the transaction."""
    index: int
    """Position of the log in its block."""
