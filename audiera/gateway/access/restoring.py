"""Bringing back what the journal has lost: an old copy of it was restored, and a payer holds newer heads than it does.

The gateway's countersignature proves that it had taken such a head, so nothing of it is judged again: neither licence
nor price nor deposit. The head commits to its uses, so the uses that make it are the ones that were taken.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, TypeAlias

from sqlalchemy import Connection, select, update

from audiera.errors import InputError
from audiera.gateway.access.desk import Desk
from audiera.gateway.access.heads import closed, signed_head, signer_of, unlike
from audiera.gateway.access.rows import write_access, write_head, write_lines
from audiera.gateway.batches import BatchState, Held, load
from audiera.gateway.chain import found_items, is_settler, moment_of, settled_root, signer_problem
from audiera.gateway.journal import add
from audiera.gateway.problems import Code, Problem
from audiera.gateway.tables import ACCESSES, CHANNELS
from audiera.gateway.taken import answer_in, packed_logged
from audiera.interface import Access, Restoration, Restored
from audiera.metering import Batch, PricedUse
from audiera.protocol import ZERO_WORD, Receipt, Use, Voucher, to_address
from audiera.text import hex_of

__all__ = ["restore"]

_LOG: Final = logging.getLogger("audiera.gateway")
_KEY: Final = "restored:"
"""Of accesses that are written here; no request has such a key."""
_Run: TypeAlias = tuple[int, list[PricedUse]]
"""The position of its first use, and its uses: all of one licence, dataset, version and right."""


def restore(desk: Desk, request: Restoration) -> Restored:
    """Adopt a head that the gateway countersigned, with its uses, all of it or nothing; a repeat gets the same answer.

    Args:
        desk: of the gateway.
        request: the head, and its uses beyond those that the journal has.

    Raises:
        Problem: why it is not adopted.
    """
    told = request.head.voucher.voucher()
    signer = _signer(desk, request, told)
    with desk.batches.alone(told.batch_id()) as place:
        place.held = None
        with desk.journal.reading() as journal:
            held = load(journal, told.gateway, told.batch_id())
            if held is not None and held.voucher == told:
                return _answer(journal, held, request.position)
        uses = tuple(PricedUse(Use(**it.model_dump(exclude={"price"})), it.price) for it in request.uses)
        taken = _extended(held, request, uses, _state(desk, held, told))
        with desk.index() as index:
            moment = moment_of(index, desk.settings)
            accesses = [
                _access(desk, index, moment.now, taken, run)
                for run in _runs(uses, request.position, desk.settings.limits.items)
            ]

        def write(journal: Connection) -> Restored:
            channel = (CHANNELS.c.payer == told.payer) & (CHANNELS.c.token == told.token)
            add(journal, CHANNELS, [{"payer": told.payer, "token": told.token, "held": 0, "busy_until": 0}])
            spoken = int(journal.execute(select(CHANNELS.c.held).where(channel).with_for_update()).scalar_one())
            now = load(journal, told.gateway, told.batch_id())
            if (now and (now.voucher, now.state)) != (held and (held.voucher, held.state)):
                raise Problem(Code.HEAD_MOVED, "This batch was extended meanwhile; send what is beyond its head.")
            write_head(journal, held, taken, signer)
            write_lines(journal, held, taken, {it.line for it in uses})
            before = held.voucher.amount + held.voucher.fee if held else 0
            journal.execute(update(CHANNELS).where(channel).values(held=spoken - before + told.amount + told.fee))
            for bare, row in accesses:
                write_access(journal, told, bare, row, delivers=True)
            return _answer(journal, taken, request.position)

        answer = desk.journal.write((told.payer, told.token), write)
    desk.figures.brought_back(len(uses))
    _LOG.error(
        "batch %d of %s had %d uses that this journal has lost, and its payer brought them back; was an old copy "
        "restored?",
        *(told.batch, told.payer, len(uses)),
    )
    return answer


def _signer(desk: Desk, request: Restoration, told: Voucher) -> str:
    """Return who signed the head for its payer.

    Raises:
        Problem: it is another gateway's, the gateway did not countersign it, or nobody who may signed it.
    """
    gateway = to_address(desk.settings.gateway)
    if told.gateway != gateway:
        raise Problem(Code.HEAD_WRONG, f"This head is for gateway {told.gateway}, and here is {gateway}.")
    by = signer_of(desk.domain, Receipt(told.struct_hash()), request.head.receipt)
    signer = signer_of(desk.domain, told, request.head.signature)
    with desk.index() as index:
        moment = moment_of(index, desk.settings)
        if by not in (gateway, desk.settings.signer.address) and not is_settler(index, moment, gateway, by):
            raise Problem(
                Code.SIGNATURE_WRONG, f"{by} countersigned this head, and not this gateway, so it was never taken here."
            )
        if why := signer_problem(index, moment, told.payer, signer):
            raise Problem(Code.SIGNER_NOT_ALLOWED, why)
    return signer


def _state(desk: Desk, held: Held | None, told: Voucher) -> BatchState:
    """Return the state of a batch with the head: as it was, unless the chain has the head already.

    Raises:
        Problem: `BATCH_CLOSED`: the chain has another head.
    """
    with desk.index() as index:
        settled = settled_root(index, told.batch_id())
    before = BatchState.OPEN if held is None else held.state
    if before not in (BatchState.OPEN, BatchState.CLOSED) or settled not in (None, told.root):
        raise closed(told.batch)
    return before if settled is None else BatchState.CLOSED


def _extended(held: Held | None, request: Restoration, uses: Sequence[PricedUse], state: BatchState) -> Held:
    """Return the batch with its uses, under the head that they make.

    Raises:
        Problem: the uses do not begin where the journal ends, or do not make the head.
    """
    told, calls = request.head.voucher.voucher(), 0 if held is None else held.voucher.calls
    if request.position != calls or told.calls <= calls:
        more = {"head": None if held is None else signed_head(held).model_dump(mode="json")}
        detail = f"Batch {told.batch} is at {calls} calls here; send the uses from there on, under a later head."
        raise Problem(Code.HEAD_MOVED, detail, more=more)
    try:
        batch = (Batch() if held is None else held.batch).extend(uses)
        voucher = batch.voucher(
            payer=told.payer, gateway=told.gateway, token=told.token, batch=told.batch, fee=told.fee
        )
    except InputError as error:
        raise Problem(Code.HEAD_WRONG, f"These uses make no head ({error}).") from error
    if voucher != told:
        raise unlike(held, voucher, told)
    return Held(batch, told, request.head.signature, request.head.receipt, state)


def _runs(uses: Sequence[PricedUse], position: int, most: int) -> Iterator[_Run]:
    """Yield uses that one access can stand for, at most so many together."""

    def kind(it: PricedUse) -> tuple[object, ...]:
        return *it.line, it.use.version, it.use.right, it.use.item == ZERO_WORD

    for (*_, whole), some in groupby(uses, kind):
        run = list(some)
        size = len(run) if whole else most
        for at in range(0, len(run), size):
            part = run[at : at + size]
            yield position, part
            position += len(part)


def _access(desk: Desk, index: Connection, now: int, taken: Held, run: _Run) -> tuple[Access, dict[str, object]]:
    """Return an access to uses, without what it grants, and what else its row has."""
    position, uses = run
    first, limits = uses[0].use, desk.settings.limits
    at = max(it.use.at for it in uses)
    leaves = list(dict.fromkeys(it.use.item for it in uses if it.use.item != ZERO_WORD))
    bare = Access(
        id=secrets.token_bytes(32),
        head=signed_head(taken),
        at=at,
        nonce=ZERO_WORD,
        position=position,
        calls=len(uses),
        units=sum(it.use.units for it in uses),
        price=sum(it.price for it in uses),
        fee=0,
        granted=[],
        until=(int(time.time()) if now <= at + limits.renewal else at) + limits.grant,
    )
    return bare, {
        "key": f"{_KEY}{hex_of(taken.voucher.batch_id())}:{position}",
        "digest": hex_of(ZERO_WORD),
        "license": first.license,
        "dataset": first.dataset,
        "version": first.version,
        "right": first.right,
        "uses": packed_logged(uses),
        "grants": b"".join([it.packed for it in found_items(index, first.dataset, first.version, leaves)]),
        "at": at,
    }


def _answer(journal: Connection, held: Held, position: int) -> Restored:
    ours = ACCESSES.c.key.startswith(_KEY) & (ACCESSES.c.batch == hex_of(held.voucher.batch_id()))
    query = select(ACCESSES).where(ours, ACCESSES.c.position >= position).order_by(ACCESSES.c.position)
    accesses = [Access.model_validate_json(answer_in(it).body) for it in journal.execute(query)]
    return Restored(head=signed_head(held), accesses=accesses)
