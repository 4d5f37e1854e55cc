"""The rows of a head and of the uses below it, as the journal gets them."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, bindparam, insert, update

from audiera.gateway.batches import Held, packed
from audiera.gateway.statements import Statement
from audiera.gateway.tables import ACCESSES, BATCHES, LINES
from audiera.interface import Access
from audiera.protocol import Voucher
from audiera.text import hex_of

__all__ = ["write_access", "write_head", "write_lines"]

_HEAD: Final = ("state", "amount", "fee", "calls", "statements", "root")
_BEGIN, _LINE, _ACCESS = Statement(insert(BATCHES)), Statement(insert(LINES)), Statement(insert(ACCESSES))
_EXTEND: Final = Statement(
    update(BATCHES).where(
        BATCHES.c.id == bindparam("batch"), *[BATCHES.c[name] == bindparam(f"was_{name}") for name in _HEAD]
    )
)
_GROW: Final = Statement(
    update(LINES).where(*[LINES.c[name] == bindparam(f"of_{name}") for name in ("batch", "license", "dataset")])
)


def write_head(journal: Connection, held: Held | None, taken: Held, signer: str) -> bool:
    """Write the head of a batch, and return whether it was written: not if the batch has another than it had.

    Args:
        journal: where to.
        held: the batch before; none: it begins.
        taken: the batch with its new head.
        signer: who signed that head.
    """
    voucher, now = taken.voucher, int(time.time())
    head = {
        **_head(taken),
        "signature": taken.signature,
        "signer": signer,
        "receipt": taken.receipt,
        "head_at": now,
    }
    batch = hex_of(voucher.batch_id())
    if held is not None:
        was = {f"was_{name}": value for name, value in _head(held).items()}
        return _EXTEND.change(journal, {"batch": batch, **was, **head}) == 1
    named = {"id": batch, "payer": voucher.payer, "token": voucher.token, "number": voucher.batch}
    begun = {"opened_at": now, "moved_at": now, "settled_at": 0, "log_bytes": 0}
    _BEGIN.change(journal, {**named, **begun, **head})
    return True


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
            _GROW.change(journal, {**{f"of_{name}": value for name, value in named.items()}, **grown})
        else:
            _LINE.change(journal, {**named, "counted": False, **grown})


def write_access(
    journal: Connection, voucher: Voucher, bare: Access, row: Mapping[str, object], *, delivers: bool
) -> None:
    """Write an access.

    Args:
        journal: where to.
        voucher: for the head with its uses.
        bare: what it is answered, without what is granted.
        row: what else its row has: licence, dataset, version and right of its uses, these and what is granted, packed,
            and what tells a repeat.
        delivers: whether the bytes are granted.
    """
    named = {"id": hex_of(bare.id), "payer": voucher.payer, "batch": hex_of(voucher.batch_id())}
    place = {"position": bare.position, "count": bare.calls, "delivers": delivers, "until": bare.until}
    answer = zlib.compress(bare.model_dump_json().encode(), 1)
    _ACCESS.change(journal, {**named, **place, **row, "answer": answer})


def _head(held: Held) -> dict[str, object]:
    voucher = held.voucher
    return {
        "state": held.state.value,
        "amount": voucher.amount,
        "fee": voucher.fee,
        "calls": voucher.calls,
        "statements": voucher.statements,
        "root": hex_of(voucher.root),
    }
