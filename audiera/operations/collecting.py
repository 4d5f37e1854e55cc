"""Collecting a whole batch: every statement, in as many transactions as it takes, again and again until done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from audiera.client import Audiera, SumProof, TxReceipt
from audiera.client.calls import MAX_GAS
from audiera.client.contracts.events import StatementCollected
from audiera.errors import ChainError, InputError, RevertError
from audiera.metering import Batch, StatementLine
from audiera.protocol import Voucher
from audiera.text import as_object, as_text

__all__ = ["Collected", "collect", "settlement_of", "waiting"]

_LARGEST: Final = 256  # statements tried in one transaction
_MAX_DATA: Final = 120_000  # bytes; nodes pass on transactions of at most 128 KiB


@dataclass(frozen=True, slots=True)
class Collected:
    """What came of collecting."""

    receipts: tuple[TxReceipt, ...]
    refused: tuple[tuple[StatementLine, RevertError], ...]
    """Statements that the ledger refuses alone: no dataset of that number, say."""

    @property
    def statements(self) -> tuple[StatementCollected, ...]:
        """The statements that were credited, in order."""
        return tuple(event for receipt in self.receipts for event in receipt.events(StatementCollected))


def settlement_of(client: Audiera[TxReceipt], voucher: Voucher) -> int:
    """Return the Unix second at which exactly this voucher was settled.

    Raises:
        InputError: if it was not, or another voucher was under its number.
    """
    found = client.usage.batch_of(voucher.batch_id())
    if not found.settled_at:
        raise InputError(f"Batch {voucher.batch} of this channel is not settled yet; run `ape run usage settle` first.")
    if voucher.commitment(found.settled_at)[: len(found.commitment)] != found.commitment:
        raise InputError(f"Another voucher was settled as batch {voucher.batch}; take the voucher that was.")
    return found.settled_at


def waiting(client: Audiera[TxReceipt], voucher: Voucher) -> list[int]:
    """Return the places of the statements that nobody collected yet, ascending."""
    done = {event.index for event in client.usage.collected(voucher.batch_id())}
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
    lines, limit = batch.statements(), _gas_limit(client)
    receipts: list[TxReceipt] = []
    refused: list[tuple[StatementLine, RevertError]] = []
    left, size = list(places), _LARGEST
    while left:
        chosen = [lines[place] for place in left[:size]]
        statements = [line.statement for line in chosen]
        proofs = [SumProof.of(batch.proof(line.line), line.amount) for line in chosen]
        data = client.encoding().usage.collect(voucher, settled_at, statements, proofs)
        if len(data) > _MAX_DATA and len(chosen) > 1:
            size = len(chosen) // 2
            continue
        try:
            gas = client.preview().usage.collect(voucher, settled_at, statements, proofs).gas
        except ChainError as error:  # a node may also refuse to estimate what no block could hold
            if len(chosen) > 1:
                size = len(chosen) // 2
                continue
            if not isinstance(error, RevertError):
                raise
            refused.append((chosen[0], error))
        else:
            if gas > limit and len(chosen) > 1:
                size = len(chosen) // 2
                continue
            receipts.append(client.usage.collect(voucher, settled_at, statements, proofs))
        del left[: len(chosen)]
        size = min(size * 2, _LARGEST)
        progress(len(chosen))
    return Collected(tuple(receipts), tuple(refused))


def _gas_limit(client: Audiera[TxReceipt]) -> int:
    """Return what an estimate may be, so that raised by a fifth it still fits a transaction and a block."""
    block = as_object(client.node.request("eth_getBlockByNumber", "latest", False))
    return min(MAX_GAS, int(as_text(block["gasLimit"]), 16)) * 5 // 6
