"""What came of a transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from eth_typing import ChecksumAddress
from web3.types import TxReceipt as RawReceipt

from audiera.client.contracts.events import Event, Log
from audiera.client.contracts.suite import Suite
from audiera.errors import ChainError
from audiera.protocol import to_address

__all__ = ["TxReceipt"]

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class TxReceipt:
    """A transaction that was mined and succeeded."""

    transaction: bytes
    """Its hash."""
    sender: ChecksumAddress
    to: ChecksumAddress
    block: int
    gas_used: int
    gas_price: int
    """wei for each gas, as paid."""
    logs: tuple[Log[Event], ...]
    """The events of the suite, in order."""

    @property
    def fee(self) -> int:
        """What the sender paid for gas, in wei."""
        return self.gas_used * self.gas_price

    def events(self, kind: type[E]) -> tuple[E, ...]:
        """Return the events of one type, in order."""
        return tuple(it.event for it in self.logs if isinstance(it.event, kind))

    def event(self, kind: type[E]) -> E:
        """Return the only event of its type.

        Raises:
            ChainError: if there is none, or more than one.
        """
        found = self.events(kind)
        if len(found) != 1:
            raise ChainError(
                f"Transaction 0x{self.transaction.hex()} has {len(found)} events {kind.__name__}, not one."
            )
        return found[0]

    @classmethod
    def of(cls, raw: RawReceipt, suite: Suite | None) -> TxReceipt:
        """Read a receipt; without a suite it has no events."""
        return cls(
            transaction=bytes(raw["transactionHash"]),
            sender=to_address(raw["from"]),
            to=to_address(raw["to"]),
            block=raw["blockNumber"],
            gas_used=raw["gasUsed"],
            gas_price=raw.get("effectiveGasPrice", 0),
            logs=tuple(suite.read_logs(raw["logs"])) if suite else (),
        )
