"""A closed campaign's pot credited to datasets, or returned to who put it in: shown, asked for, carried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eth_typing import ChecksumAddress

from audiera.cli.terminal.documents import amount_json, sent_json
from audiera.cli.terminal.session import AnyAudiera, Outcome, Session, Step
from audiera.cli.terminal.words import paid_to, when
from audiera.client import Standing, TxReceipt
from audiera.client.contracts.events import FundingReturned, RewardCredited
from audiera.errors import InputError
from audiera.operations import rewards
from audiera.text import Json

__all__ = ["credit", "refund"]

_AT_ONCE: Final = 100  # datasets credited in one transaction: about eight million gas


def credit(session: Session, campaign: int, wanted: Sequence[int]) -> None:
    """Credit datasets their parts of a closed campaign's pot: those named, or all.

    Raises:
        InputError: if the campaign is not closed, or nothing of a dataset counted in it.
        RevertError: as the splitter refuses; then nothing of that transaction is credited.
    """
    standing = _closed(session, campaign, "Datasets are credited")
    if not standing.weight:
        raise InputError(
            f"Nothing counted in campaign {campaign}; each funder takes its own back with "
            f"`ape run incentive refund {campaign}`."
        )
    parts = rewards(session.client, campaign)
    if strange := set(wanted) - {it.dataset for it in parts}:
        raise InputError(f"Nothing of dataset {min(strange)} counted in campaign {campaign}; leave it out.")
    due = [it for it in parts if it.amount and not it.credited and (not wanted or it.dataset in wanted)]
    fields: dict[str, Json] = {"campaign": campaign}
    before = session.take(RewardCredited)
    if not due and not before:
        session.result(fields | {"rewards": [], **sent_json(())}, "Everything is credited already.")
        return
    book = session.book
    rows = [
        (it.dataset, book.of_value(it.weight, standing.token), book.of_value(it.amount, standing.reward)) for it in due
    ]
    columns = ("dataset", "its uses paid", "reward")
    if due:
        session.table(columns, rows, title=f"Rewards of campaign {campaign}:", right=columns)
        session.show_contract("IncentivePool")
        session.confirm("Credit them?")
    batches = [[it.dataset for it in due[start : start + _AT_ONCE]] for start in range(0, len(due), _AT_ONCE)]
    receipts = [*before, *(_send(session, campaign, batch) for batch in batches)]
    events = [event for receipt in receipts for event in receipt.events(RewardCredited)]
    total = book.of_value(sum(it.amount for it in events), standing.reward)
    credited: list[Json] = [
        {"dataset": it.dataset, **amount_json(book.of_value(it.amount, standing.reward))} for it in events
    ]
    fields |= {
        "rewards": credited,
        **sent_json(receipts),
    }
    many = "1 dataset" if len(events) == 1 else f"{len(events):,} datasets"
    session.result(fields, f"Credited {total} to {many}; whoever shares in them claims it as ever.")


def refund(session: Session, campaign: int, funder: ChecksumAddress) -> None:
    """Return to a funder what it put into a campaign in which nothing counted.

    Raises:
        InputError: if the campaign is not closed, something counted, or the funder has nothing in it.
    """
    standing = _closed(session, campaign, "What was put in is returned")

    def step(client: AnyAudiera) -> Outcome:
        return client.incentives.refund(campaign, funder)

    if not session.is_sent(step):
        _show_refund(session, campaign, funder, standing)
    if receipt := session.act(step, "Return it?"):
        done = receipt.event(FundingReturned)
        amount = session.book.of_value(done.amount, standing.reward)
        fields: dict[str, Json] = {
            "campaign": campaign,
            "funder": funder,
            "recipient": done.recipient,
            **amount_json(amount),
        }
        session.result(fields, f"{amount} went to {paid_to(session, funder)}.", receipt)


def _show_refund(session: Session, campaign: int, funder: ChecksumAddress, standing: Standing) -> None:
    if standing.weight:
        raise InputError(f"Uses counted in campaign {campaign}, so its pot goes to their datasets.")
    amount = session.book.of_value(session.client.incentives.funding_of(campaign, funder), standing.reward)
    if not amount.value:
        raise InputError(f"{funder} has nothing in campaign {campaign}; name another with --funder.")
    lines = [("funder", funder), ("amount", amount), ("to", paid_to(session, funder))]
    session.plan(f"Return from campaign {campaign}, in which nothing counted:", lines)


def _closed(session: Session, campaign: int, what: str) -> Standing:
    standing = session.client.incentives.campaign_of(campaign)
    if session.client.node.timestamp() < standing.closes_at:
        raise InputError(f"{what} from {when(standing.closes_at)}, when campaign {campaign} closes; come back then.")
    return standing


def _send(session: Session, campaign: int, datasets: Sequence[int]) -> TxReceipt:
    encoding = session.client.encoding().incentives
    receipt = session.carry_out(_multicall([encoding.credit(campaign, it) for it in datasets]))
    if receipt is None:
        raise InputError("Crediting needs nobody's signature; let anybody run it.")
    return receipt


def _multicall(calls: Sequence[bytes]) -> Step:
    return lambda client: client.incentives.multicall(calls)
