"""Many batches in one transaction: one block is waited for, and not one for each step of each batch.

What was closed in the same second is settled together, which saves up to a third of the gas, and what was settled in
the same second is collected together, with its fees. It is the same transaction again whenever this is done again, so
one whose answer was lost is found. What takes too much gas, or has something in its way, is halved, and again; one that
is left alone is seen to alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Row

from audiera.client import SumProof, TxReceipt, events
from audiera.client.calls import gas_limit, most_of
from audiera.client.chain import RefusalError
from audiera.errors import ChainError, RevertError
from audiera.gateway.batches import BatchState, load, voucher_of
from audiera.gateway.settlement.asking import Asked
from audiera.gateway.settlement.office import Office, Told, collected, released, sent, settled
from audiera.text import as_hash

__all__ = ["collect_together", "settle_together"]

_TOGETHER: Final = 20  # batches in one transaction
_STATEMENTS: Final = 5  # of a batch that is collected with others: most have one
_MOST_GAS: Final = 5_000_000  # of one transaction; any block has room for it


@dataclass(frozen=True, slots=True)
class _Part:
    """What one batch has of a transaction."""

    row: Row[Any]
    calls: tuple[bytes, ...]


def settle_together(office: Office, asked: Asked, rows: Sequence[Row[Any]], failing: Collection[str]) -> None:
    """Settle in one transaction what was closed in the same second.

    Raises:
        ChainError: if it cannot be told whether they are settled.
    """
    encoding = office.client.encoding().usage

    def tell(receipt: TxReceipt, parts: Sequence[_Part]) -> None:
        for it in parts:
            asked.hear(it.row, receipt)
            office.tell(Told("settled", it.row, settled(office, it.row), sent(receipt, len(parts))))

    for some in _grouped((it.moved_at, it) for it in _closed(rows, failing)):
        left = [it for it in some if not asked.is_settled(it)]
        parts = [_Part(it, (encoding.settle(voucher_of(it, office.gateway), it.signature),)) for it in left]
        _send(office, parts, asked.forget, tell)


def collect_together(
    office: Office, asked: Asked, rows: Sequence[Row[Any]], failing: Collection[str]
) -> frozenset[str]:
    """Collect in one transaction what was settled in the same second, and return the batches that are done with.

    Only what is all to be collected, and has few statements: the others fill transactions of their own.

    Raises:
        ChainError: if it cannot be told whether they are collected.
    """
    few = [it for it in _closed(rows, failing) if it.statements <= _STATEMENTS and asked.is_settled(it)]
    whole = [(asked.settled_at(it), it) for it in few if len(asked.left(it)) == it.statements]
    done = set[str]()

    def tell(receipt: TxReceipt, parts: Sequence[_Part]) -> None:
        done.update(it.row.id for it in parts)
        for told in _told(office, receipt, parts):
            office.tell(told)

    for some in _grouped(whole):
        parts = [it for row in some if (it := _collecting(office, row, asked.settled_at(row))) is not None]
        _send(office, parts, asked.forget_left, tell)
    return frozenset(done)


def _closed(rows: Sequence[Row[Any]], failing: Collection[str]) -> list[Row[Any]]:
    return [it for it in rows if it.state == BatchState.CLOSED and it.id not in failing]


def _grouped(rows: Iterable[tuple[int, Row[Any]]]) -> Iterable[list[Row[Any]]]:
    """Yield batches of the same second, so many as go into one transaction."""
    for _, group in groupby(sorted(rows, key=lambda it: (it[0], it[1].id)), key=lambda it: it[0]):
        together = [row for _, row in group]
        for at in range(0, len(together), _TOGETHER):
            yield together[at : at + _TOGETHER]


def _collecting(office: Office, row: Row[Any], settled_at: int) -> _Part | None:
    """Return what collects all of a batch and releases its fee; None: not all of it is worth it."""
    with office.journal.reading() as journal:
        held = load(journal, office.gateway, as_hash(row.id))
    assert held is not None
    lines, least = held.batch.statements(), office.rules.least.get(row.token, 0)
    if any(it.amount < least for it in lines):
        return None
    encoding, voucher = office.client.encoding().usage, voucher_of(row, office.gateway)
    proofs = [SumProof.of(held.batch.proof(it.line), it.amount) for it in lines]
    collecting = encoding.collect(voucher, settled_at, [it.statement for it in lines], proofs)
    return _Part(row, (collecting, *([encoding.release_fee(voucher, settled_at)] if row.fee else [])))


def _told(office: Office, receipt: TxReceipt, parts: Sequence[_Part]) -> list[Told]:
    """Return what a transaction did: collecting is anybody's, who may have been faster."""
    new = receipt.events(events.StatementCollected)
    paid = {it.batch_id for it in receipt.events(events.FeeReleased)}
    mine = [(it.row, [event for event in new if event.batch_id == as_hash(it.row.id)]) for it in parts]
    count = sum(map(bool, (found for _, found in mine))) + len(paid)
    told = [collected(office, row, found, receipt, count) for row, found in mine if found]
    return told + [released(office, row, receipt, count) for row, _ in mine if as_hash(row.id) in paid]


def _send(
    office: Office,
    parts: Sequence[_Part],
    forget: Callable[[Row[Any]], None],
    tell: Callable[[TxReceipt, Sequence[_Part]], None],
) -> None:
    """Send the calls of some batches in one transaction, or of each half of them; of one alone nothing is sent.

    What is sent is forgotten first, whatever comes of it, and told when it is done.
    """
    if len(parts) < 2:
        return
    calls = [it for part in parts for it in part.calls]
    try:
        fits = _fits(office, office.client.preview().usage.multicall(calls).gas)
    except RevertError:  # something stands in the way of one of them
        fits = False
    except ChainError:
        return
    if not fits:
        middle = len(parts) // 2
        for half in (parts[:middle], parts[middle:]):
            _send(office, half, forget, tell)
        return
    for part in parts:
        forget(part.row)
    try:
        receipt = office.client.usage.multicall(calls)
    except (RefusalError, RevertError):  # nothing came of it; each alone says why
        return
    tell(receipt, parts)


def _fits(office: Office, gas: int) -> bool:
    node = office.client.node
    cost = gas_limit(gas) * most_of(node.fees())
    return gas <= _MOST_GAS and cost <= min(node.max_fee, node.balance(office.client.account))
