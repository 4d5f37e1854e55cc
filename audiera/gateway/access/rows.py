"""The rows of a head and of the uses below it, as the journal gets them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, insert, update

from audiera.gateway.batches import Held, packed
from audiera.gateway.tables import BATCHES, LINES, USES
from audiera.metering import PricedUse
from audiera.text import hex_of

__all__ = ["write_head", "write_lines", "write_uses"]


def write_head(journal: Connection, held: Held | None, taken: Held, signer: str) -> None:
    """Write the head of a batch.

    Args:
        journal: where to.
        held: the batch before; none: it begins.
        taken: the batch with its new head.
        signer: who signed that head.
    """
    voucher, now = taken.voucher, int(time.time())
    head = {
        "state": taken.state.value,
        "amount": voucher.amount,
        "fee": voucher.fee,
        "calls": voucher.calls,
        "statements": voucher.statements,
        "root": hex_of(voucher.root),
        "signature": taken.signature,
        "signer": signer,
        "receipt": taken.receipt,
        "head_at": now,
    }
    batch = hex_of(voucher.batch_id())
    if held is not None:
        journal.execute(update(BATCHES).where(BATCHES.c.id == batch).values(head))
        return
    named = {"id": batch, "payer": voucher.payer, "token": voucher.token, "number": voucher.batch}
    begun = {"opened_at": now, "moved_at": now, "settled_at": 0, "log_bytes": 0}
    journal.execute(insert(BATCHES).values({**named, **begun, **head}))


def write_lines(journal: Connection, held: Held | None, taken: Held, lines: Iterable[tuple[int, int]]) -> None:
    """Write the statements of a batch that have grown.

    Args:
        journal: where to.
        held: the batch before; none: it begins.
        taken: the batch after.
        lines: licence and dataset of each.
    """
    batch = hex_of(taken.voucher.batch_id())
    for license_id, dataset in lines:
        log = taken.batch.logs[license_id, dataset]
        grown = {
            "units": log.units,
            "calls": log.frontier.count,
            "amount": log.frontier.root().amount,
            "peaks": packed(log.frontier),
        }
        named = {"batch": batch, "license": license_id, "dataset": dataset}
        if held is not None and (license_id, dataset) in held.batch.logs:
            where = [LINES.c[name] == value for name, value in named.items()]
            journal.execute(update(LINES).where(*where).values(grown))
        else:
            journal.execute(insert(LINES).values({**named, "counted": False, **grown}))


def write_uses(journal: Connection, batch_id: bytes, position: int, uses: Sequence[PricedUse]) -> None:
    """Write uses of a batch, the first of them at a position."""
    batch = hex_of(batch_id)
    rows = [
        {
            "batch": batch,
            "position": place,
            "license": it.use.license,
            "dataset": it.use.dataset,
            "version": it.use.version,
            "item": hex_of(it.use.item),
            "right": it.use.right,
            "units": it.use.units,
            "at": it.use.at,
            "nonce": hex_of(it.use.nonce),
            "price": it.price,
        }
        for place, it in enumerate(uses, start=position)
    ]
    journal.execute(insert(USES), rows)
