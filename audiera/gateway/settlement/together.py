"""Many batches in one transaction: one block is waited for, and not one for each step of each batch.

What was closed in the same second is settled together, which saves up to a third of the gas, and what was settled in
the same second is collected together, with its fees. It is the same transaction again whenever this is done again, so
one whose answer was lost is found. If anything stands in the way of one of them, they are left to be seen to alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Row

from audiera.client import SumProof, TxReceipt, events
from audiera.client.calls import gas_limit, most_of
from audiera.errors import ChainError
from audiera.gateway.batches import BatchState, load, voucher_of
from audiera.gateway.settlement.office import Office, Told, collected, released, sent, settled
from audiera.text import as_hash

__all__ = ["collect_together", "settle_together"]

_TOGETHER: Final = 20  # batches in one transaction
_STATEMENTS: Final = 5  # of a batch that is collected with others: most have one
_MOST_GAS: Final = 5_000_000  # of one transaction; any block has room for it


def settle_together(office: Office, rows: Sequence[Row[Any]], failing: Collection[str]) -> None:
    """Settle in one transaction what was closed in the same second.

    Raises:
        ChainError: if it cannot be told whether they are settled.
    """
    closed = [it for it in rows if it.state == BatchState.CLOSED and it.id not in failing]
    closed.sort(key=lambda it: (it.moved_at, it.id))
    for _, group in groupby(closed, key=lambda it: it.moved_at):
        together = list(group)
        for at in range(0, len(together), _TOGETHER):
            _settle_some(office, together[at : at + _TOGETHER])


def collect_together(office: Office, rows: Sequence[Row[Any]], failing: Collection[str]) -> frozenset[str]:
    """Collect in one transaction what was settled in the same second, and return the batches that are done with.

    Only what is all to be collected, and has few statements: the others fill transactions of their own.

    Raises:
        ChainError: if it cannot be told whether they are collected.
    """
    some = [_Settled.of(office, it) for it in rows if it.state == BatchState.CLOSED and it.id not in failing]
    found = sorted((it for it in some if it is not None), key=lambda it: (it.at, it.row.id))
    done = set[str]()
    for _, group in groupby(found, key=lambda it: it.at):
        together = list(group)
        for at in range(0, len(together), _TOGETHER):
            done |= _collect_some(office, together[at : at + _TOGETHER])
    return frozenset(done)


@dataclass(frozen=True, slots=True)
class _Settled:
    """A batch of which nothing is collected yet."""

    row: Row[Any]
    at: int
    """Unix seconds of the settlement."""
    calls: tuple[bytes, ...]
    """What collects all of it, and releases its fee."""

    @classmethod
    def of(cls, office: Office, row: Row[Any]) -> _Settled | None:
        """Return a batch if all of it is to be collected."""
        if row.statements > _STATEMENTS:
            return None
        id_, usage, voucher = as_hash(row.id), office.client.usage, voucher_of(row, office.gateway)
        at = usage.batch_of(id_).settled_at
        if not at or any(usage.is_collected(id_, index) for index in range(row.statements)):
            return None
        with office.journal.reading() as journal:
            held = load(journal, office.gateway, id_)
        assert held is not None
        lines, least = held.batch.statements(), office.rules.least.get(row.token, 0)
        if any(it.amount < least for it in lines):
            return None
        proofs = [SumProof.of(held.batch.proof(it.line), it.amount) for it in lines]
        encoding = office.client.encoding().usage
        collecting = encoding.collect(voucher, at, [it.statement for it in lines], proofs)
        return cls(row, at, (collecting, *([encoding.release_fee(voucher, at)] if row.fee else [])))


def _settle_some(office: Office, rows: Sequence[Row[Any]]) -> None:
    left = [it for it in rows if not office.client.usage.batch_of(as_hash(it.id)).settled_at]
    encoding = office.client.encoding().usage
    receipt = _sent(office, [[encoding.settle(voucher_of(it, office.gateway), it.signature)] for it in left])
    if receipt is not None:
        for row in left:
            office.tell(Told("settled", row, settled(office, row), sent(receipt, len(left))))


def _collect_some(office: Office, some: Sequence[_Settled]) -> set[str]:
    receipt = _sent(office, [it.calls for it in some])
    if receipt is None:
        return set()
    new = receipt.events(events.StatementCollected)
    for it in some:
        mine = [event for event in new if event.batch_id == as_hash(it.row.id)]
        office.tell(collected(office, it.row, mine, receipt, len(some)))
        if it.row.fee:
            office.tell(released(office, it.row, receipt, len(some)))
    return {it.row.id for it in some}


def _sent(office: Office, calls: Sequence[Sequence[bytes]]) -> TxReceipt | None:
    """Send the calls of some batches in one transaction; None: they are left to be sent alone."""
    if len(calls) < 2:
        return None
    all_of_them, node = [it for some in calls for it in some], office.client.node
    try:
        gas = office.client.preview().usage.multicall(all_of_them).gas
    except ChainError:
        return None
    if gas > _MOST_GAS or gas_limit(gas) * most_of(node.fees()) > node.max_fee:
        return None
    return office.client.usage.multicall(all_of_them)
