"""The facade of `IncentivePool`: what is rewarded by use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from audiera.client.contracts.events import CampaignOpened, Log
from audiera.client.contracts.model import Campaign, Standing, SumProof
from audiera.client.facades.facade import ether
from audiera.client.facades.payments import Payments
from audiera.protocol import Statement, Voucher, to_address

__all__ = ["Incentives"]

R = TypeVar("R")


class Incentives(Payments[R]):
    """Campaigns: pots that sponsors fill, and what uses weigh in them. Amounts are in a token's smallest unit."""

    NAME = "IncentivePool"

    def open(self, terms: Campaign) -> R:
        """Open a campaign, which is empty until somebody funds it.

        A receipt's `event(CampaignOpened).campaign` is its number.
        """
        return self._send("open", terms)

    def fund(self, campaign: int, amount: int) -> R:
        """Add to a pot from the sender's money; a token must be approved for this contract.

        Nothing of it comes back, unless no use counts.
        """
        return self._send("fund", campaign, amount, value=ether(self.campaign_of(campaign).reward, amount))

    def enter(
        self,
        campaign: int,
        voucher: Voucher,
        settled_at: int,
        statements: Sequence[Statement],
        proofs: Sequence[SumProof],
    ) -> R:
        """Enter statements of a settled batch; those entered already are skipped."""
        return self._send("enter", campaign, voucher, settled_at, list(statements), list(proofs))

    def credit(self, campaign: int, dataset: int) -> R:
        """Credit a dataset's account its part of the pot of a closed campaign, once."""
        return self._send("credit", campaign, dataset)

    def refund(self, campaign: int, funder: str) -> R:
        """Return to a funder's recipient what it put into a closed campaign in which nothing counted."""
        return self._send("refund", campaign, to_address(funder))

    def campaign_of(self, campaign: int) -> Standing:
        """Return how a campaign stands.

        Raises:
            RevertError: `Pool_UnknownCampaign`.
        """
        return self._view(Standing, "campaignOf", campaign)

    def campaign_count(self) -> int:
        """Return how many campaigns there are; the newest has this number."""
        return self._view(int, "campaignCount")

    def counts_gateway(self, campaign: int, gateway: str) -> bool:
        """Say whether batches of a gateway count."""
        return self._view(bool, "countsGateway", campaign, to_address(gateway))

    def weight_of(self, campaign: int, dataset: int) -> tuple[int, bool]:
        """Return a dataset's weight in a campaign, and whether it was credited."""
        return self._pair(int, bool, "weightOf", campaign, dataset)

    def funding_of(self, campaign: int, funder: str) -> int:
        """Return what a funder has put into a campaign and not taken back."""
        return self._view(int, "fundingOf", campaign, to_address(funder))

    def is_entered(self, campaign: int, batch_id: bytes, index: int) -> bool:
        """Say whether a statement of a batch was entered."""
        return self._view(bool, "isEntered", campaign, batch_id, index)

    def opening(self, campaign: int) -> CampaignOpened:
        """Return the event that opened a campaign, with its sponsor and all its terms.

        Raises:
            ChainError: if there is none.
        """
        return self._one(CampaignOpened, f"campaign {campaign}", campaign=campaign)

    def opened(self, *, first: int | None = None, last: int | None = None) -> Iterator[Log[CampaignOpened]]:
        """Yield the campaigns opened in a range of blocks."""
        return self.logs(CampaignOpened, first=first, last=last)
