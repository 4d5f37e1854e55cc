"""What is known of campaigns: as JSON fields and as text for people."""

from __future__ import annotations

from collections import Counter

from audiera.cli.incentive.rows import campaign_rows
from audiera.cli.terminal.documents import amount_json
from audiera.cli.terminal.output import Shown, block
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import when
from audiera.client.contracts.events import CampaignFunded, StatementEntered
from audiera.operations import counting_batches, rewards
from audiera.text import Json, hex_of

__all__ = ["show_all", "show_campaign"]


def show_all(session: Session) -> Shown:
    """Return every campaign, the newest first."""
    now, book = session.client.node.timestamp(), session.book
    rows: dict[str, object] = {}
    listed: list[Json] = []
    for number in range(session.client.incentives.campaign_count(), 0, -1):
        it = session.client.incentives.campaign_of(number)
        pot = book.of_value(it.pot, it.reward)
        stage = _stage(now, it.start, it.end, it.closes_at)
        rows[f"campaign {number}"] = f"{pot} for uses in {book.symbol(it.token)}, {stage}"
        listed.append({"campaign": number, "pot": amount_json(pot), "stage": stage})
    return {"campaigns": listed}, block("Campaigns:", rows) if rows else ["There are no campaigns."]


def show_campaign(session: Session, campaign: int) -> Shown:
    """Return a campaign: its terms, its pot and who filled it, and what datasets weigh.

    Raises:
        RevertError: `Pool_UnknownCampaign`.
    """
    client, book = session.client, session.book
    standing = client.incentives.campaign_of(campaign)
    opening = client.incentives.opening(campaign)
    parts = sorted(rewards(client, campaign), key=lambda it: -it.weight)
    funders = dict.fromkeys(it.event.funder for it in client.incentives.logs(CampaignFunded, campaign=campaign))
    stage = _stage(client.node.timestamp(), standing.start, standing.end, standing.closes_at)
    pot, weight = book.of_value(standing.pot, standing.reward), book.of_value(standing.weight, standing.token)
    rows: dict[str, object] = {
        "sponsor": opening.sponsor,
        **campaign_rows(session, opening.terms, standing.closes_at),
        "now": stage,
        "pot": pot,
    }
    put_in: dict[str, int] = {it: client.incentives.funding_of(campaign, it) for it in funders}
    sums = [f"{book.of_value(value, standing.reward)} by {it}" for it, value in put_in.items() if value]
    rows["put in"] = "; ".join(sums) or "nothing"
    rows["entered"] = weight
    waiting = _waiting(session, campaign) if client.node.timestamp() < standing.closes_at else []
    if waiting:
        rows["to enter"] = f"{len(waiting)} settled batch{'es' if len(waiting) > 1 else ''}, with voucher and use log"
    for it in parts:
        reward = book.of_value(it.amount, standing.reward)
        rows[session.names.called(it.dataset)] = (
            f"its uses paid {book.of_value(it.weight, standing.token)}: {reward}{', credited' if it.credited else ''}"
        )
    fields: dict[str, Json] = {
        "campaign": campaign,
        "sponsor": opening.sponsor,
        "reward": standing.reward,
        "token": standing.token,
        "gateways": list(opening.terms.gateways),
        "start": standing.start,
        "end": standing.end,
        "closesAt": standing.closes_at,
        "stage": stage,
        "pot": amount_json(pot),
        "weight": amount_json(weight),
        "toEnter": [hex_of(it) for it in waiting],
        "funders": [
            {"funder": it, **amount_json(book.of_value(value, standing.reward))} for it, value in put_in.items()
        ],
        "datasets": [
            {
                "dataset": it.dataset,
                "name": session.names.name(it.dataset),
                "weight": amount_json(book.of_value(it.weight, standing.token)),
                **amount_json(book.of_value(it.amount, standing.reward)),
                "credited": it.credited,
            }
            for it in parts
        ],
    }
    return fields, block(f"Campaign {campaign}", rows)


def _waiting(session: Session, campaign: int) -> list[bytes]:
    """Return the ids of batches that count and are not entered whole."""
    made = session.client.incentives.logs(StatementEntered, campaign=campaign)
    entered = Counter(it.event.batch_id for it in made)
    return [it.batch_id for it in counting_batches(session.client, campaign) if entered[it.batch_id] < it.statements]


def _stage(now: int, start: int, end: int, closes_at: int) -> str:
    if now < start:
        return f"to begin {when(start)}"
    if now < end:
        return f"counting until {when(end)}"
    return f"taking entries until {when(closes_at)}" if now < closes_at else "closed"
