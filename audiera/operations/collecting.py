"""Collecting a whole batch: every statement, in as many transactions as it takes, again and again until done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from audiera.client import Audiera, SettledBatch, SumProof, TxReceipt
from audiera.client.contracts.events import StatementCollected
from audiera.errors import InputError
from audiera.metering import Batch
from audiera.operations.carrying import Carried, carry
from audiera.protocol import Statement, Voucher

__all__ = ["Collected", "collect", "settled_as", "settlement_of", "waiting"]

R = TypeVar("R")

_FEW: Final = 5  # statements whose marks are sooner asked for than the logs of a batch


@dataclass(frozen=True, slots=True)
class Collected(Carried):
    """What came of collecting."""

    @property
    def statements(self) -> tuple[StatementCollected, ...]:
        """The statements that were credited, in order."""
        return tuple(event for receipt in self.receipts for event in receipt.events(StatementCollected))


def settlement_of(client: Audiera[TxReceipt], voucher: Voucher) -> int:
    """Return the Unix second at which exactly this voucher was settled.

    Raises:
        InputError: if it was not, or another voucher was under its number.
    """
    return settled_as(voucher, client.usage.batch_of(voucher.batch_id()))


def settled_as(voucher: Voucher, found: SettledBatch) -> int:
    """Return the Unix second at which a voucher was settled, by what the chain has of its batch.

    Raises:
        InputError: as `settlement_of`.
    """
    if not found.settled_at:
        raise InputError(f"Batch {voucher.batch} of this channel is not settled yet; run `ape run usage settle` first.")
    if voucher.commitment(found.settled_at)[: len(found.commitment)] != found.commitment:
        raise InputError(f"Another voucher was settled as batch {voucher.batch}; take the voucher that was.")
    return found.settled_at


def waiting(client: Audiera[TxReceipt], voucher: Voucher, settled_at: int) -> list[int]:
    """Return the places of the statements that nobody collected yet, ascending.

    Of logs only those after the settlement are read: of an old chain, all are thousands of requests for each batch.
    """
    if voucher.statements <= _FEW:
        is_collected, batch_id = client.usage.is_collected, voucher.batch_id()
        return [index for index in range(voucher.statements) if not is_collected(batch_id, index)]
    newest = client.node.block_number() - 1  # the very newest is not with every node of a pool yet
    first, step = max(newest, client.start), 1
    while first > client.start and client.node.timestamp(first) >= settled_at:
        first, step = max(first - step, client.start), 2 * step
    done = {event.index for event in client.usage.collected(voucher.batch_id(), first=first)}
    return [index for index in range(voucher.statements) if index not in done]


def collect(
    client: Audiera[TxReceipt],
    voucher: Voucher,
    settled_at: int,
    batch: Batch,
    places: Sequence[int],
    *,
    progress: Callable[[int], object] = lambda _: None,
) -> Collected:
    """Collect the statements at these places of a settled batch.

    Each transaction takes as many as fit one; a statement that is refused alone keeps none of the others back.

    Args:
        client: who pays the gas; anybody may.
        voucher: as settled.
        settled_at: when, in Unix seconds.
        batch: the batch that the voucher is of.
        places: indexes of statements.
        progress: called with the number of statements that were just done.

    Raises:
        ChainError: if the node fails. What was collected is, so start again to go on.
    """

    def step(by: Audiera[R], statements: Sequence[Statement], proofs: Sequence[SumProof]) -> R:
        return by.usage.collect(voucher, settled_at, statements, proofs)

    done = carry(client, batch, places, step, progress=progress)
    return Collected(done.receipts, done.refused)
