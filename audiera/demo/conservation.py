"""The last act: what was paid in is what was paid out and what is held, for each token, to the last unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.client.contracts.events import Claimed, Deposited, FeeReleased, LicenseAcquired, Withdrawn
from audiera.demo.payout import PaidOut
from audiera.demo.stage import Stage
from audiera.protocol import CONTRACTS, ETHER

__all__ = ["Flows", "balance_everything"]


@dataclass(frozen=True, slots=True)
class Flows:
    """What crossed the edge of the suite in one token, from its events, and what its contracts hold."""

    licences: int
    deposits: int
    claims: int
    fees: int
    withdrawals: int
    held: int

    @property
    def paid_in(self) -> int:
        """From outside."""
        return self.licences + self.deposits

    @property
    def paid_out(self) -> int:
        """To outside."""
        return self.claims + self.fees + self.withdrawals


def balance_everything(stage: Stage, paid: PaidOut) -> None:
    """Hold events, balances and books against each other."""
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
        story.equal(f"{symbol}: what is held is dust, the remainders of rounding", flow.held, paid.books.dust[token])
        story.equal(f"{symbol}: the splitter's own books agree", stage.client.royalty.accounted_of(token), flow.held)
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
        claims=sum(it.event.amount for it in client.royalty.logs(Claimed) if it.event.token == token),
        fees=sum(it.event.fee for it in client.usage.logs(FeeReleased, token=token)),
        withdrawals=sum(it.event.amount for it in client.usage.logs(Withdrawn, token=token)),
        held=sum(stage.token(token).balance_of(client.suite[name].address) for name in CONTRACTS),
    )


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
