"""Campaigns: entering what was used, and what each dataset is owed of the pot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from audiera.client import Audiera, SumProof, TxReceipt
from audiera.client.contracts.events import BatchSettled, StatementEntered
from audiera.metering import Batch
from audiera.operations.carrying import Carried, carry
from audiera.operations.collecting import settlement_of
from audiera.protocol import Statement, Voucher

__all__ = ["Entered", "Reward", "counting_batches", "enter", "not_entered", "rewards"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Entered(Carried):
    """What came of entering."""

    @property
    def statements(self) -> tuple[StatementEntered, ...]:
        """The statements that count now, in order."""
        return tuple(event for receipt in self.receipts for event in receipt.events(StatementEntered))


@dataclass(frozen=True, slots=True)
class Reward:
    """A dataset's part of a pot."""

    dataset: int
    weight: int
    """What its uses paid, in the smallest unit of the campaign's token."""
    amount: int
    """In the smallest unit of the reward token: as the campaign stands, which changes until it is closed."""
    credited: bool


def counting_batches(client: Audiera[TxReceipt], campaign: int) -> Iterator[BatchSettled]:
    """Yield the batches whose statements may be entered: of the campaign's gateways, in its token and window.

    Raises:
        ChainError: if there is no such campaign.
    """
    terms = client.incentives.opening(campaign).terms
    for gateway in terms.gateways:
        for log in client.usage.logs(BatchSettled, gateway=gateway):
            if log.event.token == terms.token and terms.start <= log.event.settled_at < terms.end:
                yield log.event


def not_entered(client: Audiera[TxReceipt], campaign: int, voucher: Voucher) -> list[int]:
    """Return the places of a batch's statements that nobody entered yet, ascending."""
    logs = client.incentives.logs(StatementEntered, campaign=campaign, batch_id=voucher.batch_id())
    done = {log.event.index for log in logs}
    return [index for index in range(voucher.statements) if index not in done]


def enter(
    client: Audiera[TxReceipt],
    campaign: int,
    voucher: Voucher,
    batch: Batch,
    places: Sequence[int],
    *,
    progress: Callable[[int], object] = lambda _: None,
) -> Entered:
    """Enter the statements at these places of a settled batch, whether they are collected or not.

    Each transaction takes as many as fit one; a statement that is refused alone keeps none of the others back.

    Args:
        client: who pays the gas; anybody may.
        campaign: its number.
        voucher: as settled.
        batch: the batch that the voucher is of.
        places: indexes of statements.
        progress: called with the number of statements that were just done.

    Raises:
        InputError: if the batch is not settled.
        RevertError: if no statement of the batch counts: `Pool_Closed`, `Pool_WrongGateway` and others.
        ChainError: if the node fails. What was entered is, so start again to go on.
    """
    settled_at = settlement_of(client, voucher)

    def step(by: Audiera[R], statements: Sequence[Statement], proofs: Sequence[SumProof]) -> R:
        return by.incentives.enter(campaign, voucher, settled_at, statements, proofs)

    step(client.preview(), [], [])
    done = carry(client, batch, places, step, progress=progress)
    return Entered(done.receipts, done.refused)


def rewards(client: Audiera[TxReceipt], campaign: int) -> tuple[Reward, ...]:
    """Return what each dataset is owed of a campaign's pot, as it stands, by their numbers.

    Raises:
        RevertError: `Pool_UnknownCampaign`.
    """
    pool = client.incentives
    standing = pool.campaign_of(campaign)
    datasets = sorted({log.event.dataset for log in pool.logs(StatementEntered, campaign=campaign)})
    found = []
    for dataset in datasets:
        weight, credited = pool.weight_of(campaign, dataset)
        amount = standing.pot * weight // standing.weight if standing.weight else 0
        found.append(Reward(dataset, weight, amount, credited))
    return tuple(found)
