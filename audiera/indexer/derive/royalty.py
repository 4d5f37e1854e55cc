"""What the events of `RoyaltySplitter` change."""

from __future__ import annotations

from typing import Final

from audiera.client import events
from audiera.indexer.derive.batch import Batch, Rules
from audiera.indexer.rows import GapError, Values
from audiera.indexer.tables import (
    ACCOUNTS,
    ASSIGNMENTS,
    CLAIMED,
    CLAIMS,
    CREDITS,
    DATASETS,
    FORWARDS,
    RECEIVED,
    RECIPIENTS,
    SHARES,
    SPLITS,
    TOKEN_TOTALS,
)
from audiera.text import hex_of

__all__ = ["RULES"]

RULES: Final = Rules("RoyaltySplitter")


@RULES.on(events.SplitCreated, lambda it: [(SPLITS, (hex_of(it.split_id),))])
def _split_created(batch: Batch, event: events.SplitCreated) -> None:
    """Whoever creates it again changes nothing."""
    split = hex_of(event.split_id)
    if batch.rows.row(SPLITS, split).exists:
        return
    batch.rows.put(SPLITS, id=split, payees=len(event.shares), **batch.here)
    for position, share in enumerate(event.shares):
        batch.rows.make(SHARES, split=split, payee=hex_of(share.payee), position=position, ppm=share.ppm)


@RULES.on(
    events.AccountAssigned,
    lambda it: [
        (ACCOUNTS, (hex_of(it.account),)),
        (SPLITS, (hex_of(it.split_id),)),
    ],
)
def _account_assigned(batch: Batch, event: events.AccountAssigned) -> None:
    """A dataset's account has the registry for its controller, and the dataset's number for its key."""
    account, split = hex_of(event.account), hex_of(event.split_id)
    batch.rows.need(SPLITS, split)
    dataset = int.from_bytes(event.key, "big") if event.controller == batch.registry else None
    batch.rows.put(
        ACCOUNTS, id=account, controller=event.controller, key=hex_of(event.key), split=split, dataset=dataset
    )
    batch.rows.append(ASSIGNMENTS, account=account, split=split, **batch.here)
    if dataset is not None:
        batch.rows.need(DATASETS, dataset).set(split=split)
        batch.unassigned.discard(dataset)


@RULES.on(
    events.Credited,
    lambda it: [
        (ACCOUNTS, (hex_of(it.account),)),
        (RECEIVED, (hex_of(it.split_id), it.token)),
        (TOKEN_TOTALS, (it.token,)),
    ],
)
def _credited(batch: Batch, event: events.Credited) -> None:
    """To the split that the account is assigned to; one that never was, is that split itself."""
    account, split = hex_of(event.account), hex_of(event.split_id)
    known = batch.rows.row(ACCOUNTS, account)
    assigned = known.text("split") if known.exists else account
    if split != assigned:
        raise GapError(f"Account {account} is credited as {split}, and was assigned to {assigned}")
    batch.rows.tally(RECEIVED, split, event.token, amount=event.amount)
    _total(batch, event.token, event.amount)
    batch.rows.append(
        CREDITS,
        account=account,
        split=split,
        token=event.token,
        payer=event.payer,
        amount=event.amount,
        dataset=known.optional("dataset") if known.exists else None,
        **batch.here,
    )


@RULES.on(
    events.Forwarded,
    lambda it: [
        (RECEIVED, (hex_of(it.to_split), it.token)),
        (RECEIVED, (hex_of(it.split_id), it.token)),
        (CLAIMED, (hex_of(it.split_id), it.token, hex_of(it.payee))),
    ],
)
def _forwarded(batch: Batch, event: events.Forwarded) -> None:
    """What one split owed, another has received."""
    split, payee, to_split = hex_of(event.split_id), hex_of(event.payee), hex_of(event.to_split)
    _claim(batch, split, event.token, payee, event.amount)
    batch.rows.tally(RECEIVED, to_split, event.token, amount=event.amount)
    batch.rows.append(
        FORWARDS, split=split, payee=payee, to_split=to_split, token=event.token, amount=event.amount, **batch.here
    )


@RULES.on(
    events.Claimed,
    lambda it: [
        (RECEIVED, (hex_of(it.split_id), it.token)),
        (CLAIMED, (hex_of(it.split_id), it.token, hex_of(it.payee))),
    ],
)
def _claimed(batch: Batch, event: events.Claimed) -> None:
    """It left the splitter."""
    payee, split = hex_of(event.payee), hex_of(event.split_id)
    _claim(batch, split, event.token, payee, event.amount)
    batch.rows.append(
        CLAIMS,
        payee=payee,
        split=split,
        token=event.token,
        recipient=event.recipient,
        amount=event.amount,
        **batch.here,
    )


@RULES.on(events.RecipientSet, lambda it: [(RECIPIENTS, (it.payee,))])
def _recipient_set(batch: Batch, event: events.RecipientSet) -> None:
    """Its own recipient is none."""
    if event.recipient != event.payee:
        batch.rows.put(RECIPIENTS, payee=event.payee, recipient=event.recipient)
    elif (known := batch.rows.row(RECIPIENTS, event.payee)).exists:
        known.drop()


def _total(batch: Batch, token: str, amount: int) -> None:
    total = batch.rows.row(TOKEN_TOTALS, token)
    payments, before = (total.number("payments"), int(total.text("amount"))) if total.exists else (0, 0)
    sums: Values = {"payments": payments + 1, "amount": str(before + amount), "last_at": batch.here["at"]}
    total.put({"token": token, **sums})


def _claim(batch: Batch, split: str, token: str, payee: str, amount: int) -> None:
    received = batch.rows.need(RECEIVED, split, token).number("amount")
    claimed = batch.rows.tally(CLAIMED, split, token, payee, amount=amount)
    if claimed.number("amount") > received:
        raise GapError(f"{payee} claimed more from {split} than that received in {token}")
