"""What an access writes into the journal: all of it in one transaction, which looks before it writes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Row, bindparam, func, select, update

from audiera.gateway.access.asked import Asked
from audiera.gateway.access.heads import closed
from audiera.gateway.access.rows import write_access, write_head, write_lines
from audiera.gateway.batches import BatchState, Held, voucher_of
from audiera.gateway.journal import add
from audiera.gateway.problems import Code, Problem
from audiera.gateway.statements import Statement
from audiera.gateway.tables import ACCESSES, BATCHES, CALLS, CHANNELS, LINES
from audiera.gateway.taken import Answer, answer_in, packed_uses
from audiera.interface import Access, AccessRequest, Invocation
from audiera.protocol import Voucher, keccak
from audiera.text import hex_of

__all__ = ["Once", "Written", "check_balance", "check_credit", "check_quota", "held_of", "stored"]


_STORED: Final = Statement(
    select(ACCESSES).where(ACCESSES.c.payer == bindparam("payer"), ACCESSES.c.key == bindparam("key"))
)
_OF_CHANNEL: Final = select(CHANNELS.c.held, CHANNELS.c.busy_until).where(
    CHANNELS.c.payer == bindparam("payer"), CHANNELS.c.token == bindparam("token")
)
_CHANNEL, _LOCKED = Statement(_OF_CHANNEL), Statement(_OF_CHANNEL.with_for_update())
_SPEAK: Final = Statement(
    update(CHANNELS).where(CHANNELS.c.payer == bindparam("whose"), CHANNELS.c.token == bindparam("of_token"))
)
_BATCH: Final = select(BATCHES).where(BATCHES.c.id == bindparam("batch"))
_UNCOUNTED: Final = select(func.sum(LINES.c.units)).where(
    LINES.c.license == bindparam("license"), LINES.c.counted.is_(False)
)


class _Channel(Protocol):
    held: int
    busy_until: int


@dataclass(frozen=True, slots=True)
class Once:
    """What tells a repeat of a request: its key, and all that it asks for."""

    payer: str
    key: str
    digest: str
    """Of what is asked for."""
    drawn: bool
    """The client drew the key; else it is the voucher."""

    @classmethod
    def of(cls, request: AccessRequest, voucher: Voucher, key: str | None) -> Once:
        """Return that of a request with a voucher."""
        words = [request.payer, request.license, request.dataset, request.version, request.right, request.at]
        told = [*words, request.nonce, request.deliver, request.items == "all"]
        if isinstance(request, Invocation):
            told += [request.seconds, json.dumps(request.input, sort_keys=True)]
        items = b"" if request.items == "all" else b"".join(request.items)  # of 32 bytes each
        digest = hex_of(keccak(repr(told).encode() + items))
        if key is not None:
            return cls(request.payer, f"key:{key}", digest, drawn=True)
        return cls(request.payer, f"head:{voucher.struct_hash().hex()}", digest, drawn=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An access about to be written: call it with the journal's connection."""

    asked: Asked
    held: Held | None
    """The batch before."""
    taken: Held
    """And after."""
    signer: str
    """Who signed the new head."""
    once: Once
    delivers: bool
    bare: Access
    """What is answered, without what is granted."""
    answer: Answer
    """Now, and to a repeat."""
    added: int
    """What the head speaks for beyond the one before it."""
    batches: int
    """The most open batches of a channel."""
    credit: int | None
    """The most that the channel's heads may come to before they are settled; none: all that it holds."""
    chain: Callable[[], tuple[int, int]]
    """Answers the channel's balance and the licence's counted units as of now."""

    def __call__(self, journal: Connection) -> Answer:
        """Write it, or return the answer to the same request before.

        Raises:
            Problem: the head has moved, or something does not suffice any more.
        """
        channel = self._channel(journal)
        # Whoever repeats a voucher extends a head that has moved; a key may come again with any head.
        if self.once.drawn and (before := stored(journal, self.once)) is not None:
            return before
        self.check(journal, channel)
        if not write_head(journal, self.held, self.taken, self.signer):  # the first that is written
            raise self._moved(journal)
        write_lines(journal, self.held, self.taken, [self.asked.uses.line])
        whose = {"whose": self.asked.payer, "of_token": self.asked.token}
        _SPEAK.change(journal, {**whose, "held": channel.held + self.added})
        self._write_access(journal)
        return self.answer

    @property
    def order(self) -> tuple[str, ...]:
        """Of what it locks."""
        return self.asked.payer, self.asked.token

    @property
    def batch(self) -> str:
        """The id of its batch, in hex."""
        return hex_of(self.taken.voucher.batch_id())

    def look(self, journal: Connection) -> None:
        """Return if it could be written now; nobody else writes to the channel until this is committed.

        Raises:
            Problem: the head has moved, or something does not suffice.
        """
        self.check(journal, self._channel(journal))
        row, held = self._row(journal), self.held
        if held is not None and (
            row is None or row.state != BatchState.OPEN or voucher_of(row, self.asked.gateway) != held.voucher
        ):
            raise self._moved(journal)

    def check(self, journal: Connection, channel: _Channel) -> None:
        """Return if the channel, the licence and the limits suffice for it.

        Raises:
            Problem: something does not.
        """
        spoken, units = channel.held, 0
        if channel.busy_until > time.time():
            amount, units = self._reserved(journal)
            spoken += amount
        # Read after what is held: a settlement then counts in one of the two at least.
        balance, used = self.chain()
        check_balance(balance, spoken, self.added)
        check_quota(journal, self.asked, used + units)
        check_credit(self.credit, spoken, self.added)
        if self.held is None:
            self._check_new(journal)

    def _reserved(self, journal: Connection) -> tuple[int, int]:
        """Return what other calls of models reserve: of the channel, and of the licence's units."""
        ours = (CALLS.c.payer == self.asked.payer, CALLS.c.token == self.asked.token, CALLS.c.key != self.once.key)
        rows = journal.execute(select(CALLS).where(*ours, CALLS.c.until > int(time.time()))).all()
        if any(it.batch == self.batch for it in rows):
            detail = "A model is being called in this batch; wait for its answer, or use a batch of another number."
            raise Problem(Code.CONFLICT, detail, headers={"Retry-After": "2"})
        return sum(it.amount for it in rows), sum(it.units for it in rows if it.license == self.asked.uses.license)

    def _channel(self, journal: Connection) -> _Channel:
        """Return the channel's row; nobody else writes to the channel until this is committed."""
        names = _names(self.asked)
        row: _Channel | None = _LOCKED.row(journal, names)
        if row is None:
            add(journal, CHANNELS, [{**names, "held": 0, "busy_until": 0}])
            row = _LOCKED.row(journal, names)
            assert row is not None
        return row

    def _check_new(self, journal: Connection) -> None:
        if self._row(journal) is not None:
            raise self._moved(journal)
        ours = (BATCHES.c.payer == self.asked.payer, BATCHES.c.token == self.asked.token)
        open_ones = select(func.count()).select_from(BATCHES).where(*ours, BATCHES.c.state == BatchState.OPEN.value)
        if (count := journal.execute(open_ones).scalar_one()) >= self.batches:
            detail = (
                f"This channel has as many open batches as it may ({count}); extend one, or wait until one is closed."
            )
            raise Problem(Code.TOO_MANY_BATCHES, detail)

    def _moved(self, journal: Connection) -> Problem:
        row = self._row(journal)
        if row is not None and row.state != BatchState.OPEN:
            return closed(self.taken.voucher.batch)
        return Problem(Code.HEAD_MOVED, "Another request extended this batch meanwhile; ask for its head, and sign.")

    def _row(self, journal: Connection) -> Row[Any] | None:
        return journal.execute(_BATCH, {"batch": self.batch}).one_or_none()

    def _write_access(self, journal: Connection) -> None:
        asked, uses = self.asked, self.asked.uses
        row = {
            "key": self.once.key,
            "digest": self.once.digest,
            "license": uses.license,
            "dataset": uses.dataset,
            "version": uses.version,
            "right": uses.right,
            "uses": packed_uses(uses),
            "grants": b"" if asked.whole or not self.delivers else b"".join([it.packed for it in asked.objects]),
            "at": int(time.time()),
        }
        write_access(journal, self.taken.voucher, self.bare, row, delivers=self.delivers)


def stored(journal: Connection, once: Once) -> Answer | None:
    """Return the answer to the same request before; none: it is new.

    Raises:
        Problem: its key was used for another request.
    """
    found = _STORED.row(journal, {"payer": once.payer, "key": once.key})
    if found is None:
        return None
    if found.digest != once.digest:
        raise Problem(Code.KEY_REUSED, "This Idempotency-Key was used for another request; draw a new one.")
    return answer_in(found)


def held_of(journal: Connection, asked: Asked) -> int:
    """Return what the heads of a channel speak for."""
    row: _Channel | None = _CHANNEL.row(journal, _names(asked))
    return 0 if row is None else row.held


def check_balance(balance: int, spoken: int, more: int) -> None:
    """Return if a channel holds enough for heads that speak for so much, and for more.

    Raises:
        Problem: `DEPOSIT_TOO_SMALL`, with what is missing.
    """
    if (missing := spoken + more - balance) > 0:
        raise Problem(
            Code.DEPOSIT_TOO_SMALL,
            f"The channel holds {balance}, of which {spoken} is spoken for, and this access needs {more}, in "
            f"the token's smallest unit; deposit {missing} more. A deposit counts some blocks after it was made: "
            "`confirmations` at /v1/gateway.",
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
    uncounted = journal.execute(_UNCOUNTED, {"license": asked.uses.license}).scalar()
    left = max(most - used - int(uncounted or 0), 0)
    if asked.uses.units > left:
        raise Problem(
            Code.QUOTA_EXHAUSTED,
            f"Licence {asked.uses.license} has {left} of its {most} units left, and not {asked.uses.units}; use fewer.",
            more={"left": str(left)},
        )


def _names(asked: Asked) -> dict[str, str]:
    return {"payer": asked.payer, "token": asked.token}
