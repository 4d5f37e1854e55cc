"""Each batch as far as the chain lets it come: its head settled, its statements collected, its fee released."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, select

from audiera.client import events
from audiera.errors import ChainError, InputError
from audiera.gateway.batches import BatchState, load, voucher_of
from audiera.gateway.settlement.asking import Asked
from audiera.gateway.settlement.office import Office, Told, collected, many, released, sent, settled
from audiera.gateway.tables import BATCHES, LINES
from audiera.operations import collect
from audiera.text import as_hash

__all__ = ["advance", "begun", "settle"]


def begun(office: Office, failing: Collection[str]) -> list[Row[Any]]:
    """Return the batches that the chain may still have to hear of, the most pressing first."""
    thawing = office.thawing()
    states = [BatchState.CLOSED.value, BatchState.SETTLED.value]
    with office.journal.reading() as journal:
        rows = list(journal.execute(select(BATCHES).where(BATCHES.c.state.in_(states))))

    def pressing(row: Row[Any]) -> tuple[bool, bool, bool, int]:
        closed = row.state == BatchState.CLOSED
        return (row.id in failing, not closed, (row.payer, row.token) not in thawing, row.opened_at)

    return sorted(filter(office.pays, rows), key=pressing)


def settle(office: Office, asked: Asked, row: Row[Any]) -> None:
    """Settle a batch that is closed, if nobody has.

    Raises:
        InputError: if the deposit is too short, or another head of the batch was settled.
        ChainError: if the node fails, or the ledger refuses.
    """
    if row.state == BatchState.CLOSED:
        _settle(office, asked, row)


def advance(office: Office, asked: Asked, row: Row[Any]) -> None:
    """Bring a batch as far as the chain lets it come.

    Raises:
        InputError: as `settle`.
        ChainError: if the node fails, or the ledger refuses a statement.
    """
    least = office.rules.least.get(row.token, 0)
    query = select(LINES.c.amount).where(LINES.c.batch == row.id, LINES.c.counted.is_(False))
    with office.journal.reading() as journal:
        left = [it.amount for it in journal.execute(query)]
    wanted = any(it >= least for it in left) or (row.fee and not left)
    if row.state == BatchState.SETTLED and not wanted:
        return
    _settle(office, asked, row)
    if wanted and _collect(office, asked, row, least) and row.fee:
        _release(office, asked, row)


def _settle(office: Office, asked: Asked, row: Row[Any]) -> None:
    usage, voucher = office.client.usage, voucher_of(row, office.gateway)
    if not asked.is_settled(row):
        balance = usage.channel_of(voucher.payer, voucher.gateway, voucher.token).balance
        missing = voucher.amount + voucher.fee - balance
        if missing > 0:
            worth = office.worth(missing, voucher.token)
            raise InputError(f"The channel has {worth} too little; the payer has to deposit that.")
        asked.forget(row)
        receipt = usage.settle(voucher, row.signature)
        asked.hear(row, receipt)
        office.tell(Told("settled", row, settled(office, row), sent(receipt)))
    asked.settled_at(row)  # refuses another head


def _collect(office: Office, asked: Asked, row: Row[Any], least: int) -> bool:
    """Collect what is worth it; say whether nothing is left."""
    left = asked.left(row)
    if not left:
        return True
    with office.journal.reading() as journal:
        held = load(journal, office.gateway, as_hash(row.id))
    assert held is not None
    lines = held.batch.statements()
    places = [it for it in left if lines[it].amount >= least]
    if not places:
        return False
    voucher, settled_at = voucher_of(row, office.gateway), asked.settled_at(row)
    asked.forget_left(row)
    done = collect(office.client, voucher, settled_at, held.batch, places)
    for receipt in done.receipts:
        office.tell(collected(office, row, receipt.events(events.StatementCollected), receipt))
    if done.refused:
        line, error = done.refused[0]
        raise ChainError(
            f"{many(len(done.refused), 'statement')} cannot be collected, first that of licence "
            f"{line.statement.license} and dataset {line.statement.dataset}. {error}"
        )
    return len(places) == len(left)


def _release(office: Office, asked: Asked, row: Row[Any]) -> None:
    usage, voucher, settled_at = office.client.usage, voucher_of(row, office.gateway), asked.settled_at(row)
    if usage.is_collected(voucher.batch_id(), voucher.statements):  # the mark of the fee
        return
    receipt = usage.release_fee(voucher, settled_at)
    office.tell(released(office, row, receipt))
