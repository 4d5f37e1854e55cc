"""What the chain says of batches: asked for once a pass, and again after something was sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from audiera.client import Audiera, SettledBatch, TxReceipt
from audiera.client.contracts.events import BatchSettled
from audiera.gateway.batches import voucher_of
from audiera.operations import settled_as, waiting
from audiera.text import as_hash

__all__ = ["Asked"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the chain said of batches in one pass. Whoever sends something for a batch forgets what it changes first."""

    client: Audiera[TxReceipt]
    gateway: str
    _batches: dict[str, SettledBatch] = field(default_factory=dict)
    _left: dict[str, list[int]] = field(default_factory=dict)

    def is_settled(self, row: Row[Any]) -> bool:
        """Say whether a batch is settled, with this head or another."""
        return bool(self._batch(row).settled_at)

    def settled_at(self, row: Row[Any]) -> int:
        """Return the Unix second at which this head of a batch was settled.

        Raises:
            InputError: if it was not, or another head was.
        """
        return settled_as(voucher_of(row, self.gateway), self._batch(row))

    def left(self, row: Row[Any]) -> list[int]:
        """Return the places of the statements that nobody collected yet, ascending; of a batch that is settled."""
        if row.id not in self._left:
            self._left[row.id] = waiting(self.client, voucher_of(row, self.gateway), self.settled_at(row))
        return self._left[row.id]

    def hear(self, row: Row[Any], receipt: TxReceipt) -> None:
        """Take what a transaction says of a batch that it settled: a node that is asked next may be behind."""
        for it in receipt.events(BatchSettled):
            if it.batch_id == as_hash(row.id):
                commitment = voucher_of(row, self.gateway).commitment(it.settled_at)
                self._batches[row.id] = SettledBatch(commitment, it.settled_at)

    def forget(self, row: Row[Any]) -> None:
        """Forget what was said of a batch that is to be settled."""
        self._batches.pop(row.id, None)
        self._left.pop(row.id, None)

    def forget_left(self, row: Row[Any]) -> None:
        """Forget which statements are left, of a batch that is to be collected; that takes no settlement away.

        Should a reorganisation have done so, whatever is sent under that settlement is refused by the ledger.
        """
        self._left.pop(row.id, None)

    def _batch(self, row: Row[Any]) -> SettledBatch:
        if row.id not in self._batches:
            self._batches[row.id] = self.client.usage.batch_of(as_hash(row.id))
        return self._batches[row.id]
