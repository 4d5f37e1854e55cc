"""Carrying statements of a settled batch to a contract: in as many transactions as it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from audiera.client import Audiera, SumProof, TxReceipt
from audiera.client.calls import MAX_GAS
from audiera.errors import ChainError, RevertError
from audiera.metering import Batch, StatementLine
from audiera.protocol import Statement
from audiera.text import as_object, as_text

__all__ = ["Carried", "Step", "carry"]

R = TypeVar("R")

_LARGEST: Final = 256  # statements tried in one transaction
_MAX_DATA: Final = 120_000  # bytes; nodes pass on transactions of at most 128 KiB


class Step(Protocol):
    """What is done with some statements, by whichever facade: encode it, try it, send it."""

    def __call__(self, client: Audiera[R], statements: Sequence[Statement], proofs: Sequence[SumProof], /) -> R:
        """Hand them over."""
        ...


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of it."""

    receipts: tuple[TxReceipt, ...]
    refused: tuple[tuple[StatementLine, RevertError], ...]
    """Statements that the contract refuses alone: no dataset of that number, say."""


def carry(
    client: Audiera[TxReceipt],
    batch: Batch,
    places: Sequence[int],
    step: Step,
    *,
    progress: Callable[[int], object] = lambda _: None,
) -> Carried:
    """Do a step for the statements at these places of a batch.

    Each transaction takes as many as fit one; a statement that is refused alone keeps none of the others back.

    Args:
        client: who pays the gas; anybody may.
        batch: the batch that was settled.
        places: indexes of statements.
        step: what is done.
        progress: called with the number of statements that were just done.

    Raises:
        ChainError: if the node fails. What was done is, so start again to go on.
    """
    lines, limit = batch.statements(), _gas_limit(client)
    receipts: list[TxReceipt] = []
    refused: list[tuple[StatementLine, RevertError]] = []
    left, size = list(places), _LARGEST
    while left:
        chosen = [lines[place] for place in left[:size]]
        statements = [line.statement for line in chosen]
        proofs = [SumProof.of(batch.proof(line.line), line.amount) for line in chosen]
        if len(step(client.encoding(), statements, proofs)) > _MAX_DATA and len(chosen) > 1:
            size = len(chosen) // 2
            continue
        try:
            gas = step(client.preview(), statements, proofs).gas
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
            receipts.append(step(client, statements, proofs))
        del left[: len(chosen)]
        size = min(size * 2, _LARGEST)
        progress(len(chosen))
    return Carried(tuple(receipts), tuple(refused))


def _gas_limit(client: Audiera[TxReceipt]) -> int:
    """Return what an estimate may be, so that raised by a fifth it still fits a transaction and a block."""
    block = as_object(client.node.request("eth_getBlockByNumber", "latest", False))
    return min(MAX_GAS, int(as_text(block["gasLimit"]), 16)) * 5 // 6
