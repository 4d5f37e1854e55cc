"""What the operator does not serve, and what people object to: both in the journal."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, exists, insert, select, tuple_

from audiera.gateway.problems import Code, Problem
from audiera.gateway.statements import Statement
from audiera.gateway.tables import BLOCKED, COMPLAINTS
from audiera.protocol import ZERO_WORD
from audiera.text import hex_of

__all__ = ["block_item", "blocked_after", "check_blocked", "complain", "complaints_after", "unblock_item"]


_WHOLE: Final = hex_of(ZERO_WORD)
_SOME: Final = 500  # values in one statement: databases limit them
_ANY: Final = Statement(select(exists(select(BLOCKED.c.dataset)).label("any")))


def check_blocked(journal: Connection, dataset: int, leaves: Collection[bytes]) -> None:
    """Return if the operator serves a dataset and these items, which may be blocked under any other, too.

    Raises:
        Problem: `ITEM_BLOCKED`, with the reason.
    """
    if not _ANY.row(journal, {}).any:
        return
    names = [_WHOLE, *map(hex_of, leaves)]
    ours = (BLOCKED.c.dataset == dataset) | (BLOCKED.c.item != _WHOLE)
    for at in range(0, len(names), _SOME):
        for row in journal.execute(select(BLOCKED).where(BLOCKED.c.item.in_(names[at : at + _SOME]), ours).limit(1)):
            what = f"dataset {dataset}" if row.item == _WHOLE else f"item {row.item}"
            raise Problem(
                Code.ITEM_BLOCKED,
                f"This gateway does not serve {what}: {row.reason}",
                more={"item": row.item, "reason": row.reason},
            )


def block_item(journal: Connection, dataset: int, item: bytes, reason: str) -> None:
    """Serve an item no more, whichever dataset has it, or a whole dataset (the zero word), for a reason for all."""
    unblock_item(journal, dataset, item)
    row = {"dataset": dataset, "item": hex_of(item), "reason": reason, "at": int(time.time())}
    journal.execute(insert(BLOCKED).values(row))


def unblock_item(journal: Connection, dataset: int, item: bytes) -> bool:
    """Serve an item or a whole dataset again, and return whether it was blocked."""
    where = (BLOCKED.c.dataset == dataset) & (BLOCKED.c.item == hex_of(item))
    return journal.execute(delete(BLOCKED).where(where)).rowcount > 0


def blocked_after(journal: Connection, dataset: int, item: str, most: int) -> list[Row[Any]]:
    """Return what is blocked after a dataset's item, in order of dataset and item."""
    after = tuple_(BLOCKED.c.dataset, BLOCKED.c.item) > (dataset, item)
    return list(journal.execute(select(BLOCKED).where(after).order_by(BLOCKED.c.dataset, BLOCKED.c.item).limit(most)))


def complain(journal: Connection, who: str, what: str, why: str) -> int:
    """Write a complaint down, and return its number."""
    row = {"who": who, "what": what, "why": why, "at": int(time.time())}
    made = journal.execute(insert(COMPLAINTS).values(row)).inserted_primary_key
    assert made is not None
    return int(made[0])


def complaints_after(journal: Connection, number: int, most: int) -> list[Row[Any]]:
    """Return complaints with higher numbers, in their order."""
    after = COMPLAINTS.c.number > number
    return list(journal.execute(select(COMPLAINTS).where(after).order_by(COMPLAINTS.c.number).limit(most)))
