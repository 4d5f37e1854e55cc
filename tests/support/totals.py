"""What is counted of everything, counted anew from the rows themselves."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, select

from audiera.indexer.tables import (
    BATCHES,
    CREDITS,
    DATASETS,
    KIND_TOTALS,
    LEDGER_TOTALS,
    RECORDED_USES,
    STATEMENTS,
    TOKEN_TOTALS,
)

__all__ = ["totals_of"]


def totals_of(connection: Connection) -> Mapping[Table, Sequence[Mapping[str, Any]]]:
    """The rows of each table of totals, in the order of their keys."""
    kinds = select(DATASETS.c.kind, func.count(), func.sum(DATASETS.c.item_count)).group_by(DATASETS.c.kind)
    amounts, payments, last = defaultdict[str, int](int), Counter[str](), defaultdict[str, int](int)
    for token, amount, at in connection.execute(select(CREDITS.c.token, CREDITS.c.amount, CREDITS.c.at)):
        amounts[token] += amount
        payments[token] += 1
        last[token] = max(last[token], at)
    batches, recorded = (connection.scalar(select(func.count()).select_from(it)) for it in (BATCHES, RECORDED_USES))
    uses = [*connection.execute(select(STATEMENTS.c.calls)).scalars(), *[1] * (recorded or 0)]
    return {
        KIND_TOTALS: [
            {"kind": kind, "datasets": datasets, "items": int(items)}
            for kind, datasets, items in sorted(connection.execute(kinds).all())
        ],
        TOKEN_TOTALS: [
            {"token": it, "payments": payments[it], "amount": str(amounts[it]), "last_at": last[it]}
            for it in sorted(amounts)
        ],
        LEDGER_TOTALS: [
            *([{"what": "batches", "number": batches}] if batches else []),
            *([{"what": "uses", "number": sum(uses)}] if uses else []),
        ],
    }
