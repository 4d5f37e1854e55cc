"""A sponsor's campaign opened and funded: shown, asked for, carried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from eth_typing import ChecksumAddress

from audiera.cli.incentive.rows import campaign_rows
from audiera.cli.terminal.documents import amount_json
from audiera.cli.terminal.output import say
from audiera.cli.terminal.payment import pay
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import when
from audiera.client import Audiera, Campaign
from audiera.client.contracts.events import CampaignOpened
from audiera.errors import InputError
from audiera.protocol import to_address
from audiera.text import Json

__all__ = ["fund", "gateways_of", "open_campaign"]

R = TypeVar("R")

_ENTERING: Final = 30 * 86_400  # seconds from the end of a campaign to its close


def gateways_of(texts: Sequence[str]) -> tuple[ChecksumAddress, ...]:
    """Read addresses of gateways, each once, in the order that a campaign has them in."""
    return tuple(sorted({to_address(it) for it in texts}, key=lambda it: int(it, 16)))


def open_campaign(session: Session, terms: Campaign) -> None:
    """Show what would be promised, ask, and open the campaign.

    Raises:
        RevertError: as the pool refuses; then nothing is sent.
    """
    closes_at = terms.end + _ENTERING
    session.plan("Campaign:", list(campaign_rows(session, terms, closes_at).items()))
    say("Nobody can change it. Uses count by what they paid, whoever made them: name gateways that know their payers.")
    receipt = session.act(lambda client: client.incentives.open(terms), "Open it?")
    if receipt:
        number = receipt.event(CampaignOpened).campaign
        told = f"Campaign {number} is open, and empty: `ape run incentive fund {number} AMOUNT` puts something in."
        fields: dict[str, Json] = {"campaign": number, "start": terms.start, "end": terms.end, "closesAt": closes_at}
        session.result(fields, told, receipt)


def fund(session: Session, campaign: int, text: str) -> None:
    """Add to a campaign's pot from the account's money.

    Raises:
        InputError: if the amount is nothing or in another token, or the account has too little.
        RevertError: if the campaign has ended; then nothing is paid.
    """
    standing = session.client.incentives.campaign_of(campaign)
    amount = session.book.amount(text)
    if amount.token != standing.reward:
        raise InputError(f"The pot is in {session.book.symbol(standing.reward)}; write the amount in it.")
    if not amount.value:
        raise InputError("Nothing put in changes nothing; write an amount above zero.")
    lines: list[tuple[str, object]] = [
        ("campaign", campaign),
        ("pot", session.book.of_value(standing.pot, standing.reward)),
        ("put in", amount),
        ("counts", f"uses settled from {when(standing.start)} until {when(standing.end)}"),
    ]
    session.plan("Funding, which comes back only if no use counts:", lines)

    def put(client: Audiera[R]) -> R:
        return client.incentives.fund(campaign, amount.value)

    receipt = pay(session, "IncentivePool", [amount], put, "Put it in?")
    if receipt:
        pot = session.book.of_value(session.client.incentives.campaign_of(campaign).pot, amount.token)
        fields: dict[str, Json] = {
            "campaign": campaign,
            **amount_json(amount),
            "pot": amount_json(pot),
        }
        session.result(fields, f"Put in {amount}; campaign {campaign} has {pot} now.", receipt)
