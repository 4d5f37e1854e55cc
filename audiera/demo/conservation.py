"""The last act: what was paid in is what was paid out and what is held, for each token, to the last unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.client.contracts.events import (
    CampaignFunded,
    Claimed,
    Credited,
    Deposited,
    FeeReleased,
    LicenseAcquired,
    Withdrawn,
)
from audiera.demo.payout import PaidOut
from audiera.demo.stage import Stage
from audiera.protocol import CONTRACTS, ETHER

__all__ = ["Flows", "balance_everything"]


@dataclass(frozen=True, slots=True)
class Flows:
    """What crossed the edge of the suite in one token, from its events, and what its contracts hold."""

    licences: int
    deposits: int
    pots: int
    claims: int
    fees: int
    withdrawals: int
    held: int

    @property
    def paid_in(self) -> int:
        """From outside."""
        return self.licences + self.deposits + self.pots

    @property
    def paid_out(self) -> int:
        """To outside."""
        return self.claims + self.fees + self.withdrawals


def balance_everything(stage: Stage, paid: PaidOut, *, left_in_pool: int) -> None:
    """Hold events, balances and books against each other.

    Args:
        stage: the stage.
        paid: the books, and what everybody had before.
        left_in_pool: what rounding has kept of the sponsor's pot, in wei.
    """
    story = stage.story
    story.act(
        "Every unit is accounted for",
        "Added up from the events of all contracts and the balances of all accounts, and held against the books above.",
    )
    flows = {token: _flows(stage, token) for token in (ETHER, stage.usdc)}
    _show(stage, flows)
    for token, flow in flows.items():
        symbol = stage.token(token).symbol()
        story.equal(f"{symbol}: paid in = paid out + held", flow.paid_in, flow.paid_out + flow.held)
        dust = paid.books.dust[token] + (left_in_pool if token == ETHER else 0)
        story.equal(f"{symbol}: what is held is dust, the remainders of rounding", flow.held, dust)
        story.equal(f"{symbol}: the splitter has just what it credited and nobody claimed", *_unclaimed(stage, token))
        gone = "all accounts together have less by just that" + (" and the gas" if token == ETHER else "")
        story.equal(f"{symbol}: {gone}", _missing(stage, paid, token), flow.held)


def _flows(stage: Stage, token: str) -> Flows:
    client = stage.client
    prices = [
        log.event.price
        for log in client.licenses.logs(LicenseAcquired)
        if client.licenses.terms_of(log.event.terms_id).token == token
    ]
    return Flows(
        licences=sum(prices),
        deposits=sum(it.event.amount for it in client.usage.logs(Deposited, token=token)),
        pots=sum(
            it.event.amount
            for it in client.incentives.logs(CampaignFunded)
            if client.incentives.campaign_of(it.event.campaign).reward == token
        ),
        claims=sum(it.event.amount for it in client.royalty.logs(Claimed) if it.event.token == token),
        fees=sum(it.event.fee for it in client.usage.logs(FeeReleased, token=token)),
        withdrawals=sum(it.event.amount for it in client.usage.logs(Withdrawn, token=token)),
        held=sum(stage.token(token).balance_of(client.suite[name].address) for name in CONTRACTS),
    )


def _unclaimed(stage: Stage, token: str) -> tuple[int, int]:
    """Return what the splitter has, and what its events say it must have."""
    royalty = stage.client.royalty
    credited = sum(it.event.amount for it in royalty.logs(Credited) if it.event.token == token)
    claimed = sum(it.event.amount for it in royalty.logs(Claimed) if it.event.token == token)
    return stage.token(token).balance_of(royalty.address), credited - claimed


def _missing(stage: Stage, paid: PaidOut, token: str) -> int:
    """Return what all players and payees together have less than at the start, gas put aside."""
    held = stage.token(token).balance_of
    players = {it.address for it in stage.cast}
    missing = sum(had - held(payee) for (payee, of), had in paid.before.items() if of == token and payee not in players)
    missing += sum(had - held(player) for (player, of), had in stage.purses.items() if of == token)
    gas = sum(it.fee for it in stage.story.receipts) if token == ETHER else 0
    return missing - gas


def _show(stage: Stage, flows: Mapping[ChecksumAddress, Flows]) -> None:
    def row(name: str, amounts: list[int]) -> tuple[str, ...]:
        return (name, *(stage.fixed(amount, token) for amount, token in zip(amounts, flows, strict=True)))

    of = list(flows.values())
    rows = [
        row("licences", [it.licences for it in of]),
        row("deposit of the channel", [it.deposits for it in of]),
        row("the sponsor's pot", [it.pots for it in of]),
        row("paid in", [it.paid_in for it in of]),
        row("claimed by payees", [it.claims for it in of]),
        row("the gateway's fee", [it.fees for it in of]),
        row("deposit taken back", [it.withdrawals for it in of]),
        row("paid out", [it.paid_out for it in of]),
        row("held as dust", [it.held for it in of]),
        row("paid in - paid out - held", [it.paid_in - it.paid_out - it.held for it in of]),
    ]
    stage.story.figures["conservation"] = {
        stage.token(token).symbol(): {"paidIn": it.paid_in, "paidOut": it.paid_out, "held": it.held}
        for token, it in flows.items()
    }
    symbols = [stage.token(it).symbol() for it in flows]
    stage.story.table(["", *symbols], rows, right=symbols)
