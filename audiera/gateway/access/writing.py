"""What an access writes into the journal: all of it in one transaction, which looks before it writes."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, bindparam, func, insert, select, update

from audiera.gateway.access.asked import Asked
from audiera.gateway.access.heads import closed
from audiera.gateway.access.rows import write_head, write_lines, write_uses
from audiera.gateway.batches import BatchState, Held, voucher_of
from audiera.gateway.journal import add
from audiera.gateway.problems import Code, Problem
from audiera.gateway.tables import ACCESSES, BATCHES, CHANNELS, LINES
from audiera.interface import Access, AccessRequest
from audiera.protocol import keccak, to_address
from audiera.text import hex_of

__all__ = ["Written", "check_balance", "check_credit", "check_quota", "held_of", "stored"]


_STORED: Final = select(ACCESSES.c.answer, ACCESSES.c.digest).where(
    ACCESSES.c.payer == bindparam("payer"), ACCESSES.c.key == bindparam("key")
)
_CHANNEL: Final = select(CHANNELS.c.held).where(
    CHANNELS.c.payer == bindparam("payer"), CHANNELS.c.token == bindparam("token")
)
_LOCKED: Final = _CHANNEL.with_for_update()
_BATCH: Final = select(BATCHES).where(BATCHES.c.id == bindparam("id")).with_for_update()


class Written:
    """An access about to be written: call it with the journal's connection."""

    def __init__(  # noqa: PLR0917  # all of it is one row or another
        self,
        asked: Asked,
        held: Held | None,
        taken: Held,
        signer: str,
        request: AccessRequest,
        key: str | None,
        answer: Access,
        *,
        added: int,
        batches: int,
        credit: int | None,
        chain: Callable[[], tuple[int, int]],
    ) -> None:
        """Prepare it.

        Args:
            asked: what is asked for.
            held: the batch before.
            taken: and after.
            signer: who signed the new head.
            request: as it came.
            key: what a repeat has in common with it.
            answer: what is answered, now and to a repeat.
            added: what the head speaks for beyond the one before it.
            batches: the most open batches of a channel.
            credit: the most that the channel's heads may come to before they are settled; none: all that it holds.
            chain: answers the channel's balance and the licence's counted units as of now.
        """
        self.asked, self.held, self.taken, self.signer = asked, held, taken, signer
        self.request, self.key, self.answer = request, key, answer
        self.added, self.batches, self.credit, self.chain = added, batches, credit, chain

    def __call__(self, journal: Connection) -> Access:
        """Write it, or return the answer to the same request before.

        Raises:
            Problem: the head has moved, or something does not suffice any more.
        """
        asked = self.asked
        add(journal, CHANNELS, [{"payer": asked.payer, "token": asked.token, "held": 0}])
        spoken = int(journal.execute(_LOCKED, _names(asked)).one().held)
        if (before := stored(journal, self.request, self.key)) is not None:
            return before
        self._check_head(journal)
        # Read after what is held: a settlement then counts in one of the two at least.
        balance, used = self.chain()
        check_balance(balance, spoken, self.added)
        check_quota(journal, asked, used)
        check_credit(self.credit, spoken, self.added)
        write_head(journal, self.held, self.taken, self.signer)
        write_lines(journal, self.held, self.taken, {it.line for it in asked.uses})
        write_uses(journal, self.taken.voucher.batch_id(), self.answer.position, asked.uses)
        journal.execute(
            update(CHANNELS)
            .where(CHANNELS.c.payer == asked.payer, CHANNELS.c.token == asked.token)
            .values(held=spoken + self.added)
        )
        self._write_access(journal)
        return self.answer

    @property
    def _batch(self) -> str:
        return hex_of(self.taken.voucher.batch_id())

    def _check_head(self, journal: Connection) -> None:
        row, held = journal.execute(_BATCH, {"id": self._batch}).one_or_none(), self.held
        if held is None and row is None:
            self._check_room(journal)
        elif row is not None and row.state != BatchState.OPEN:
            raise closed(self.taken.voucher.batch)
        elif row is None or held is None or voucher_of(row, self.asked.gateway) != held.voucher:
            raise Problem(Code.HEAD_MOVED, "Another request extended this batch meanwhile; ask for its head, and sign.")

    def _check_room(self, journal: Connection) -> None:
        ours = (BATCHES.c.payer == self.asked.payer, BATCHES.c.token == self.asked.token)
        open_ones = select(func.count()).select_from(BATCHES).where(*ours, BATCHES.c.state == BatchState.OPEN.value)
        if (count := journal.execute(open_ones).scalar_one()) >= self.batches:
            raise Problem(Code.TOO_MANY_BATCHES, f"This channel has {count} open batches; extend one of them.")

    def _write_access(self, journal: Connection) -> None:
        row = {
            "id": hex_of(self.answer.id),
            "payer": self.asked.payer,
            "key": _key(self.request, self.key),
            "digest": _digest(self.request),
            "batch": self._batch,
            "position": self.answer.position,
            "count": len(self.asked.uses),
            "delivers": self.request.deliver,
            "answer": zlib.compress(self.answer.model_dump_json().encode(), 1),
            "at": int(time.time()),
            "until": self.answer.until,
        }
        journal.execute(insert(ACCESSES).values(row))


def stored(journal: Connection, request: AccessRequest, key: str | None) -> Access | None:
    """Return the answer to the same request before; none: it is new.

    Raises:
        Problem: its key was used for another request.
    """
    named = {"payer": to_address(request.payer), "key": _key(request, key)}
    found = journal.execute(_STORED, named).one_or_none()
    if found is None:
        return None
    if found.digest != _digest(request):
        raise Problem(Code.KEY_REUSED, "This Idempotency-Key was used for another request; draw a new one.")
    return Access.model_validate_json(zlib.decompress(found.answer))


def held_of(journal: Connection, asked: Asked) -> int:
    """Return what the heads of a channel speak for."""
    row = journal.execute(_CHANNEL, _names(asked)).one_or_none()
    return 0 if row is None else int(row.held)


def check_balance(balance: int, spoken: int, more: int) -> None:
    """Return if a channel holds enough for heads that speak for so much, and for more.

    Raises:
        Problem: `DEPOSIT_TOO_SMALL`, with what is missing.
    """
    if (missing := spoken + more - balance) > 0:
        raise Problem(
            Code.DEPOSIT_TOO_SMALL,
            f"The channel holds {balance}, of which {spoken} is spoken for, and this access needs {more}; "
            f"deposit {missing} more.",
            more={"balance": str(balance), "held": str(spoken), "missing": str(missing)},
        )


def check_credit(credit: int | None, spoken: int, more: int) -> None:
    """Return if the heads of a channel that speak for so much may speak for more before some are settled.

    Raises:
        Problem: `CREDIT_EXHAUSTED`.
    """
    if credit is not None and spoken + more > credit:
        raise Problem(
            Code.CREDIT_EXHAUSTED,
            f"Unsettled heads of this channel come to {spoken}, and to {credit} at most here; go on when some are "
            "settled.",
            more={"held": str(spoken), "credit": str(credit)},
            headers={"Retry-After": "60"},
        )


def check_quota(journal: Connection, asked: Asked, used: int) -> None:
    """Return if a licence has as many units left as are asked for.

    Args:
        journal: has those that the chain has not counted yet.
        asked: what is asked for.
        used: units that the chain has counted.

    Raises:
        Problem: `QUOTA_EXHAUSTED`, with what is left.
    """
    most = asked.terms.max_units
    if not most:
        return
    uncounted = select(func.sum(LINES.c.units)).where(LINES.c.license == asked.license, LINES.c.counted.is_(False))
    left = max(most - used - int(journal.execute(uncounted).scalar() or 0), 0)
    if asked.units > left:
        raise Problem(
            Code.QUOTA_EXHAUSTED,
            f"Licence {asked.license} has {left} of its {most} units left, and not {asked.units}; use fewer.",
            more={"left": str(left)},
        )


def _names(asked: Asked) -> dict[str, str]:
    return {"payer": asked.payer, "token": asked.token}


def _key(request: AccessRequest, key: str | None) -> str:
    if key is not None:
        return f"key:{key}"
    assert request.voucher is not None
    return f"head:{request.voucher.voucher().struct_hash().hex()}"


def _digest(request: AccessRequest) -> str:
    """Return what tells whether two requests ask for the same."""
    said = request.model_dump(mode="json", exclude={"voucher", "signature", "batch"})
    return hex_of(keccak(json.dumps(said, sort_keys=True).encode()))
