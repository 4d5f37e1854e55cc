"""The open batches: each with its newest head, in memory while it is used, and as the journal has it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from audiera.gateway.keeping import Keeping
from audiera.gateway.tables import BATCHES, LINES
from audiera.metering import Batch, UseLog
from audiera.protocol import Frontier, Node, SumTree, Voucher, to_address
from audiera.text import as_hash, hex_of

__all__ = ["BatchState", "Batches", "Held", "Place", "load", "packed", "voucher_of"]

_NODE: Final = 64  # bytes: hash and sum
_STATEMENTS: Final = 1 << 17  # of the batches that are kept in memory, and one for each batch


class BatchState(StrEnum):
    """How far a batch is."""

    OPEN = "open"
    """It can be extended."""
    CLOSED = "closed"
    """Its head is final, and to be settled."""
    SETTLED = "settled"
    """The chain has its head; statements are to be collected."""
    DONE = "done"
    """Everything is collected, and the fee released."""
    DROPPED = "dropped"
    """It came to too little to be settled, and never is."""


@dataclass(frozen=True, slots=True)
class Held:
    """A batch with its newest head."""

    batch: Batch
    voucher: Voucher
    signature: bytes
    receipt: bytes
    state: BatchState


@dataclass(slots=True)
class _Lock:
    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


class Place:
    """A batch while one request has it to itself."""

    def __init__(self, heads: Keeping[bytes, Held], batch_id: bytes) -> None:
        self._heads, self._id = heads, batch_id

    @property
    def held(self) -> Held | None:
        """What this process knows of it; the journal may be further, if other processes serve as well."""
        return self._heads.get(self._id)

    @held.setter
    def held(self, held: Held | None) -> None:
        if held is None:
            self._heads.forget(self._id)
        else:
            self._heads.put(self._id, held)


class Batches:
    """Batches in memory: those used last, and who uses one now."""

    def __init__(self) -> None:
        self._heads = Keeping[bytes, Held](_STATEMENTS, lambda it: 1 + len(it.batch.logs))
        self._locks: dict[bytes, _Lock] = {}
        self._guard = threading.Lock()

    @contextmanager
    def alone(self, batch_id: bytes) -> Iterator[Place]:
        """Hold a batch, whether it is begun or not: requests for one batch are put in order."""
        with self._guard:
            ours = self._locks.setdefault(batch_id, _Lock())
            ours.users += 1
        try:
            with ours.lock:
                yield Place(self._heads, batch_id)
        finally:
            with self._guard:
                ours.users -= 1
                if not ours.users:
                    del self._locks[batch_id]


def load(connection: Connection, gateway: str, batch_id: bytes) -> Held | None:
    """Return a batch of a gateway as the journal has it; none: it is not begun."""
    row = connection.execute(select(BATCHES).where(BATCHES.c.id == hex_of(batch_id))).one_or_none()
    if row is None:
        return None
    lines = connection.execute(select(LINES).where(LINES.c.batch == hex_of(batch_id))).all()
    logs = {(it.license, it.dataset): UseLog(it.license, it.dataset, it.units, _frontier(it)) for it in lines}
    keys = tuple(sorted(logs))
    tree = SumTree.of([logs[key].statement().node() for key in keys])
    batch = Batch(MappingProxyType(logs), keys, tree)
    return Held(batch, voucher_of(row, gateway), row.signature, row.receipt, BatchState(row.state))


def voucher_of(row: Row[Any], gateway: str) -> Voucher:
    """Return the head of a batch, as its row has it."""
    return Voucher(
        payer=to_address(row.payer),
        gateway=to_address(gateway),
        token=to_address(row.token),
        batch=row.number,
        amount=row.amount,
        fee=row.fee,
        calls=row.calls,
        statements=row.statements,
        root=as_hash(row.root),
    )


def packed(frontier: Frontier) -> bytes:
    """Return a frontier as the journal keeps it."""
    return b"".join(node.hash + node.sum.to_bytes(32, "big") for node in frontier.peaks)


def _frontier(row: Row[Any]) -> Frontier:
    peaks = (row.peaks[at : at + _NODE] for at in range(0, len(row.peaks), _NODE))
    return Frontier(row.calls, tuple(Node(it[:32], int.from_bytes(it[32:], "big")) for it in peaks))
