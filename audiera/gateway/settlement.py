"""Settling: open batches are closed, their heads settled, their statements collected, their fees released.

What is sent follows from what the chain says at that moment, and is found again if nobody heard of it; what the journal
says of a batch that is closed follows from the index. So nothing here has to be remembered from one step to the next,
and it can end at any of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import DBAPIError

from audiera.client import Audiera, NoSignerError, TxReceipt, events
from audiera.client.calls import gas_limit, most_of
from audiera.errors import AudieraError, ChainError, InputError, RevertError
from audiera.gateway.batches import BatchState, load, voucher_of
from audiera.gateway.journal import Journal
from audiera.gateway.problems import Problem
from audiera.gateway.record import name_uses
from audiera.gateway.settings import Rules
from audiera.gateway.tables import ACCESSES, BATCHES, CHANNELS, LINES, SMALLEST
from audiera.gateway.whose import ledger_of
from audiera.indexer import open_reader, writing
from audiera.indexer.tables import BATCHES as SETTLED
from audiera.indexer.tables import CHAIN, STATEMENTS
from audiera.indexer.tables import CHANNELS as DEPOSITS
from audiera.operations import collect, settlement_of, waiting
from audiera.protocol import SignerScope, Voucher, to_address
from audiera.text import Json, as_hash

__all__ = ["Settler", "Told", "settling"]

_DAY: Final = 86_400
_THAW: Final = _DAY  # seconds from asking for a deposit to having it
_LAG: Final = 600  # seconds by which clocks may differ, and the index lag
_SOME: Final = 500  # values in one statement: databases limit them
_TOGETHER: Final = 20  # batches in one transaction
_IN_A_ROW: Final = 3  # failures, after which the node is asked again at the next pass
_VOUCHER: Final = ("payer", "token", "amount", "fee", "calls", "statements", "root")
_BOOKED: Final = (BatchState.SETTLED, BatchState.DONE)
_MONTH: Final = 30 * _DAY  # for which what comes to too little is kept, and longer than any grant is renewed
_PART: Final = 10_000  # uses that are removed at once: whoever takes an access waits for it


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was done, or could not be."""

    event: str
    """`closed`, `settled`, `collected`, `fee_released`, `booked`, `unsettled`, `dropped`, `failed`, or `waiting`."""
    batch: Row[Any] | None
    """The row of the batch that it is about; none: it is about all."""
    text: str
    """In a sentence."""
    more: Mapping[str, Json] = field(default_factory=dict)

    def document(self) -> dict[str, Json]:
        """Return it for programs."""
        about: dict[str, Json] = {}
        if (row := self.batch) is not None:
            about["batchId"] = row.id
            about["voucher"] = {it: str(getattr(row, it)) for it in _VOUCHER} | {"batch": str(row.number)}
        return {"what": self.event, **about, **self.more, "text": self.text}


@dataclass(slots=True)
class Settler:
    """Settles the batches of one gateway. Make it with `settling`."""

    client: Audiera[TxReceipt]
    """Who signs: the gateway, or its signer with the scope settle."""
    gateway: str
    journal: Journal
    index: Engine
    """Only read."""
    rules: Rules
    tell: Callable[[Told], object]
    worth: Callable[[int, str], str]
    """Writes an amount of a token."""
    _failing: dict[str, str] = field(default_factory=dict)
    """What was said last of batches that could not be settled."""
    _looked: bool = False
    """Whether all that is done was compared with the index."""

    def run(self, *, once: bool = False, poll: float = 15.0, sleep: Callable[[float], None] = time.sleep) -> None:
        """Settle for ever, a pass at a time; or once.

        Args:
            once: do one pass.
            poll: seconds between passes.
            sleep: waits for so many seconds.

        Raises:
            ChainError: if `once`, and something could not be settled.
            Problem: if `once`, and the journal does not answer.
            DBAPIError: if `once`, and the index does not.
        """
        while True:
            try:
                failures = self.step()
            except (AudieraError, Problem, DBAPIError) as error:
                if once:
                    raise
                failures = 0
                said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
                self.tell(
                    Told("waiting", None, f"Nothing can be done now; it is tried again. {' '.join(said.split())}")
                )
            if once:
                if failures:
                    raise ChainError(f"{failures} of the batches could not be settled; see above, and run it again.")
                return
            sleep(poll)

    def step(self) -> int:
        """Do one pass; return how many batches could not be settled."""
        for row, why in self._due():
            self._close(row, why)
        for row in self._small():
            self._drop(row)
        failures, in_a_row, begun = 0, 0, self._begun()
        self._settle_together(begun)
        for row in begun:
            try:
                self._advance(row)
            except AudieraError as error:
                failures += 1
                in_a_row = 0 if isinstance(error, RevertError | InputError) else in_a_row + 1
                self._fail(row, str(error))
                if in_a_row == _IN_A_ROW:
                    break
            else:
                self._failing.pop(row.id, None)
                in_a_row = 0
        self._book()
        name_uses(self.journal)
        self._empty()
        return failures

    # Which are closed

    def _due(self) -> Iterator[tuple[Row[Any], str]]:
        """Yield the open batches that are to be closed, with the reason, those first whose deposit thaws."""
        thawing, now = self._thawing(), int(time.time())
        with self.journal.reading() as journal:
            rows = list(journal.execute(select(BATCHES).where(BATCHES.c.state == BatchState.OPEN.value)))
            held = {(it.payer, it.token): it.held for it in journal.execute(select(CHANNELS))} if thawing else {}
        rows.sort(key=lambda it: ((it.payer, it.token) not in thawing, it.opened_at))
        for row in filter(self._pays, rows):
            channel = (row.payer, row.token)
            if channel in thawing and self._loses(row, thawing[channel], held[channel]):
                yield row, "a withdrawal thaws in its channel"
            elif now >= row.opened_at + self.rules.age:
                yield row, "it is old enough"
            elif row.calls >= self.rules.calls:
                yield row, "it has calls enough"
            elif (most := self.rules.amounts.get(row.token)) is not None and row.amount + row.fee >= most:
                yield row, "it amounts to enough"

    def _pays(self, row: Row[Any]) -> bool:
        """Say whether a head comes to enough to be settled, or is settled for nothing."""
        return bool(row.amount >= self.rules.smallest.get(row.token, 1) or (self.rules.free and not row.amount))

    def _small(self) -> list[Row[Any]]:
        """Return the batches that come to too little, and have as many uses as one may, or had none for a month."""
        since = int(time.time()) - _MONTH
        due = (BATCHES.c.head_at <= since) | (BATCHES.c.calls >= self.rules.calls)
        waiting_ = [BatchState.OPEN.value, BatchState.CLOSED.value]
        with self.journal.reading() as journal:
            rows = journal.execute(select(BATCHES).where(BATCHES.c.state.in_(waiting_), due)).all()
        return [it for it in rows if not self._pays(it)]

    def _drop(self, row: Row[Any]) -> None:
        """End a batch that is not worth its gas. Of a quota its units are used up all the same."""

        def write(journal: Connection) -> bool:
            channel = (CHANNELS.c.payer == row.payer) & (CHANNELS.c.token == row.token)
            held = journal.execute(select(CHANNELS.c.held).where(channel).with_for_update()).scalar_one()
            now = journal.execute(select(BATCHES).where(BATCHES.c.id == row.id).with_for_update()).one()
            if now != row:
                return False
            dropped = {"state": BatchState.DROPPED.value, "moved_at": int(time.time())}
            journal.execute(update(BATCHES).where(BATCHES.c.id == row.id).values(dropped))
            journal.execute(update(CHANNELS).where(channel).values(held=held - row.amount - row.fee))
            return True

        if self.journal.write((row.payer, row.token), write):
            worth = self.worth(row.amount + row.fee, row.token)
            text = f"Dropped {_named(row)} at {worth} for {_many(row.calls, 'call')}: that is not worth settling."
            self.tell(Told("dropped", row, text))

    def _empty(self) -> None:
        """Remove the uses of batches that were dropped, and what was granted by them, once nobody asks for it."""
        first = select(ACCESSES.c.position).where(ACCESSES.c.batch == BATCHES.c.id, ACCESSES.c.position == 0).exists()
        old = (BATCHES.c.state == BatchState.DROPPED.value) & (BATCHES.c.moved_at <= int(time.time()) - _MONTH)
        with self.journal.reading() as journal:
            rows = journal.execute(select(BATCHES.c.id, BATCHES.c.calls).where(old, first)).all()
        for row in rows:
            for position in range((row.calls - 1) // _PART * _PART, -1, -_PART):  # the first of them last
                self.journal.write((), _removing(row.id, position))

    def _thawing(self) -> dict[tuple[str, str], Row[Any]]:
        query = select(DEPOSITS).where(DEPOSITS.c.gateway == self.gateway, DEPOSITS.c.thawing > 0)
        with self.index.connect() as index:
            return {(it.payer, it.token): it for it in index.execute(query)}

    def _loses(self, row: Row[Any], channel: Row[Any], held: int) -> bool:
        """Say whether a withdrawal may take what a batch is owed: it was begun before that was known, or too much is.

        What is begun later is served from the rest of the deposit alone, so nobody has every batch of his settled on
        its own by leaving a small withdrawal to thaw.
        """
        return bool(row.opened_at <= channel.thaws_at - _THAW + _LAG or held > channel.balance - channel.thawing)

    def _close(self, row: Row[Any], why: str) -> None:
        def write(journal: Connection) -> Row[Any] | None:
            closed = {"state": BatchState.CLOSED.value, "moved_at": int(time.time())}
            query = update(BATCHES).where(BATCHES.c.id == row.id, BATCHES.c.state == BatchState.OPEN.value)
            if not journal.execute(query.values(closed)).rowcount:
                return None
            return journal.execute(select(BATCHES).where(BATCHES.c.id == row.id)).one()

        if (found := self.journal.write((row.payer, row.token), write)) is not None:
            worth = self.worth(found.amount + found.fee, found.token)
            text = f"Closed {_named(found)} at {worth} for {_many(found.calls, 'call')}: {why}."
            self.tell(Told("closed", found, text, {"reason": why}))

    # What is sent

    def _begun(self) -> list[Row[Any]]:
        """Return the batches that the chain may still have to hear of, the most pressing first."""
        thawing = self._thawing()
        states = [BatchState.CLOSED.value, BatchState.SETTLED.value]
        with self.journal.reading() as journal:
            rows = list(journal.execute(select(BATCHES).where(BATCHES.c.state.in_(states))))

        def pressing(row: Row[Any]) -> tuple[bool, bool, bool, int]:
            closed = row.state == BatchState.CLOSED
            return (row.id in self._failing, not closed, (row.payer, row.token) not in thawing, row.opened_at)

        return sorted(filter(self._pays, rows), key=pressing)

    def _advance(self, row: Row[Any]) -> None:
        """Bring a batch as far as the chain lets it come."""
        voucher, least = voucher_of(row, self.gateway), self.rules.least.get(row.token, 0)
        query = select(LINES.c.amount).where(LINES.c.batch == row.id, LINES.c.counted.is_(False))
        with self.journal.reading() as journal:
            left = [it.amount for it in journal.execute(query)]
        wanted = any(it >= least for it in left) or (row.fee and not left)
        if row.state == BatchState.SETTLED and not wanted:
            return
        settled_at = self._settle(row, voucher)
        if wanted and self._collect(row, voucher, settled_at, least) and row.fee:
            self._release(row, voucher, settled_at)

    def _settle_together(self, rows: Sequence[Row[Any]]) -> None:
        """Settle in one transaction what was closed in the same second, which saves up to a third of the gas.

        It is the same transaction again whenever this is done again, so one whose answer was lost is found. If
        anything stands in the way of one of them, they are left to be settled each alone.

        Raises:
            ChainError: if it cannot be told whether they are settled.
        """
        closed = [it for it in rows if it.state == BatchState.CLOSED and it.id not in self._failing]
        closed.sort(key=lambda it: (it.moved_at, it.id))
        for _, group in groupby(closed, key=lambda it: it.moved_at):
            together = list(group)
            for at in range(0, len(together), _TOGETHER):
                self._settle_some(together[at : at + _TOGETHER])

    def _settle_some(self, rows: Sequence[Row[Any]]) -> None:
        node, encoding = self.client.node, self.client.encoding().usage
        left = [it for it in rows if not self.client.usage.batch_of(as_hash(it.id)).settled_at]
        if len(left) < 2:  # one alone is settled alone
            return
        calls = [encoding.settle(voucher_of(it, self.gateway), it.signature) for it in left]
        try:
            gas = self.client.preview().usage.multicall(calls).gas
        except ChainError:
            return
        if gas_limit(gas) * most_of(node.fees()) > node.max_fee:
            return
        receipt = self.client.usage.multicall(calls)
        for row in left:
            self.tell(Told("settled", row, self._settled(row), _sent(receipt, len(left))))

    def _settled(self, row: Row[Any]) -> str:
        return f"Settled {_named(row)}: {self.worth(row.amount + row.fee, row.token)}."

    def _settle(self, row: Row[Any], voucher: Voucher) -> int:
        """Return when the head was settled: now, at the latest.

        Raises:
            InputError: if the deposit is too short, or another head of the batch was settled.
            ChainError: if the node fails, or the ledger refuses.
        """
        usage = self.client.usage
        if not usage.batch_of(voucher.batch_id()).settled_at:
            balance = usage.channel_of(voucher.payer, voucher.gateway, voucher.token).balance
            missing = voucher.amount + voucher.fee - balance
            if missing > 0:
                worth = self.worth(missing, voucher.token)
                raise InputError(f"The channel has {worth} too little; the payer has to deposit that.")
            receipt = usage.settle(voucher, row.signature)
            self.tell(Told("settled", row, self._settled(row), _sent(receipt)))
        return settlement_of(self.client, voucher)

    def _collect(self, row: Row[Any], voucher: Voucher, settled_at: int, least: int) -> bool:
        """Collect what is worth it; say whether nothing is left.

        Raises:
            ChainError: if the node fails, or the ledger refuses a statement.
        """
        left = waiting(self.client, voucher)
        if not left:
            return True
        with self.journal.reading() as journal:
            held = load(journal, self.gateway, as_hash(row.id))
        assert held is not None
        lines = held.batch.statements()
        places = [it for it in left if lines[it].amount >= least]
        if not places:
            return False
        done = collect(self.client, voucher, settled_at, held.batch, places)
        for receipt in done.receipts:
            new = receipt.events(events.StatementCollected)
            amount = sum(it.amount for it in new)
            worth = self.worth(amount, voucher.token)
            text = f"Collected {_many(len(new), 'statement')} of {_named(row)}: {worth}."
            more: dict[str, Json] = {"statementCount": len(new), "value": str(amount), **_sent(receipt)}
            self.tell(Told("collected", row, text, more))
        if done.refused:
            line, error = done.refused[0]
            raise ChainError(
                f"{_many(len(done.refused), 'statement')} cannot be collected, first that of licence "
                f"{line.statement.license} and dataset {line.statement.dataset}. {error}"
            )
        return len(places) == len(left)

    def _release(self, row: Row[Any], voucher: Voucher, settled_at: int) -> None:
        if self.client.usage.is_collected(voucher.batch_id(), voucher.statements):  # the mark of the fee
            return
        receipt = self.client.usage.release_fee(voucher, settled_at)
        text = f"Released the fee of {_named(row)}: {self.worth(voucher.fee, voucher.token)}."
        self.tell(Told("fee_released", row, text, _sent(receipt)))

    def _fail(self, row: Row[Any], why: str) -> None:
        if self._failing.get(row.id) != why:
            self._failing[row.id] = why
            self.tell(Told("failed", row, f"Not settled, {_named(row)}: {why}"))

    # What the journal says of it

    def _book(self) -> None:
        """Write down what the index shows of every batch that is closed, and of what was done lately."""
        since = int(time.time()) - _DAY if self._looked else 0
        following = or_(
            BATCHES.c.state.in_([BatchState.CLOSED.value, BatchState.SETTLED.value]),
            (BATCHES.c.state == BatchState.DONE.value) & (BATCHES.c.moved_at >= since),
        )
        with self.journal.reading() as journal:
            rows = journal.execute(select(BATCHES).where(following)).all()
        for at in range(0, len(rows), _SOME):
            self._book_some(rows[at : at + _SOME])
        self._looked = True

    def _book_some(self, rows: Sequence[Row[Any]]) -> None:
        ids = [it.id for it in rows]
        counted = select(LINES.c.batch, func.count().label("many")).where(
            LINES.c.batch.in_(ids), LINES.c.counted.is_(True)
        )
        with self.journal.reading() as journal:
            counts = {it.batch: it.many for it in journal.execute(counted.group_by(LINES.c.batch))}
        with self.index.connect() as index:
            next_block = index.execute(select(CHAIN.c.next_block)).scalar_one()
            sure = next_block - 1 - self.rules.confirmations
            query = select(SETTLED).where(SETTLED.c.id.in_(ids))
            shown = {it.id: it for it in index.execute(query)}
            moves = []
            for row in rows:
                found = shown.get(row.id)
                state = _state_of(row, found, sure)
                settled_at = 0 if state is BatchState.CLOSED or found is None else found.settled_at
                moved = (state, settled_at, _collected(row, found))
                if moved != (row.state, row.settled_at, counts.get(row.id, 0)):
                    moves.append((row, state, settled_at, _lines(index, row, found)))
        for move in moves:
            self._move(*move)

    def _move(self, row: Row[Any], state: BatchState, settled_at: int, lines: set[tuple[int, int]] | None) -> None:
        """Write down how far a batch is; with `lines`, those of it that are counted, or None for all."""

        def write(journal: Connection) -> BatchState:
            # Whoever takes an access holds this row, too, so what is held and what the index has are read together.
            channel = (CHANNELS.c.payer == row.payer) & (CHANNELS.c.token == row.token)
            held = journal.execute(select(CHANNELS.c.held).where(channel).with_for_update()).scalar_one()
            now = journal.execute(select(BATCHES).where(BATCHES.c.id == row.id).with_for_update()).one()
            before = BatchState(now.state)
            spoken = now.amount + now.fee
            if (before in _BOOKED) != (state in _BOOKED):
                held += -spoken if state in _BOOKED else spoken
                journal.execute(update(CHANNELS).where(channel).values(held=held))
            moved = {"state": state.value, "settled_at": settled_at}
            if before is not state:
                moved["moved_at"] = int(time.time())
            journal.execute(update(BATCHES).where(BATCHES.c.id == row.id).values(moved))
            _count(journal, row.id, lines)
            return before

        before = self.journal.write((row.payer, row.token), write)
        if (before in _BOOKED) == (state in _BOOKED):
            return
        if state in _BOOKED:
            text = f"The chain has {_named(row)} for good; its channel is free of it."
            if lines is None:
                text = f"Another head of {_named(row)} was settled, so what is held here of it never can be."
            self.tell(Told("booked", row, text, {"settledAt": settled_at}))
        else:
            self.tell(Told("unsettled", row, f"The chain no longer has {_named(row)}; it is settled again."))


@contextmanager
def settling(
    client: Audiera[TxReceipt],
    *,
    index: str,
    journal: str,
    gateway: str,
    rules: Rules,
    tell: Callable[[Told], object],
    worth: Callable[[int, str], str] = lambda value, token: f"{value} of {token}",
) -> Iterator[Settler]:
    """Yield the one who settles for a gateway; there is one for each journal.

    Args:
        client: who signs.
        index: its URL; it is only read.
        journal: likewise, the gateway's own.
        gateway: whose account it is.
        rules: when and what.
        tell: told what is done.
        worth: writes an amount of a token.

    Raises:
        InputError: if the index is of another chain, the journal another gateway's, or somebody settles already.
        NoSignerError: if the client's account may not settle for the gateway.
    """
    account, domain = to_address(gateway), client.domain("UsageLedger")
    if (found := ledger_of(index)) != domain:
        raise InputError(
            f"The index is of the ledger {found.contract} on chain {found.chain_id}, and the node's is "
            f"{domain.contract} on chain {domain.chain_id}; name the index of that chain."
        )
    if client.account != account and not client.licenses.is_signer(account, client.account, SignerScope.Settle):
        raise NoSignerError(
            f"{client.account} signs, which may not settle for {account}; sign with the gateway's key, or let it by "
            "`setSigner` with the scope settle."
        )
    with ExitStack() as held:
        reader = open_reader(index, 30.0)
        held.callback(reader.dispose)
        opened = Journal(journal, chain_id=domain.chain_id, ledger=domain.contract, gateway=account)
        held.callback(opened.close)
        try:
            held.enter_context(writing(opened.engine, "settle"))
        except InputError as error:
            raise InputError("Another process settles from this journal already; one does.") from error
        opened.write((), lambda journal: _announce(journal, rules.smallest))
        yield Settler(client, account, opened, reader, rules, tell, worth)


def _announce(journal: Connection, smallest: Mapping[str, int]) -> None:
    """Have the servers know what is waited for."""
    journal.execute(delete(SMALLEST))
    if smallest:
        journal.execute(insert(SMALLEST), [{"token": token, "amount": least} for token, least in smallest.items()])


def _state_of(row: Row[Any], found: Row[Any] | None, sure: int) -> BatchState:
    if found is None or found.block > sure:
        return BatchState.CLOSED
    if found.root != row.root:
        return BatchState.DONE
    is_done = found.collected == found.statements and (found.fee_released or not found.fee)
    return BatchState.DONE if is_done else BatchState.SETTLED


def _collected(row: Row[Any], found: Row[Any] | None) -> int:
    if found is None:
        return 0
    return int(found.collected if found.root == row.root else row.statements)


def _lines(index: Connection, row: Row[Any], found: Row[Any] | None) -> set[tuple[int, int]] | None:
    """Return the statements that are collected, by licence and dataset; None: they all count as such."""
    if found is None:
        return set()
    if found.root != row.root:
        return None
    query = select(STATEMENTS.c.license, STATEMENTS.c.dataset).where(STATEMENTS.c.batch == row.id)
    return {(it.license, it.dataset) for it in index.execute(query)}


def _count(journal: Connection, batch: str, lines: set[tuple[int, int]] | None) -> None:
    query = select(LINES.c.license, LINES.c.dataset, LINES.c.counted).where(LINES.c.batch == batch)
    changed = [
        {"of_license": it.license, "of_dataset": it.dataset, "is_counted": is_counted}
        for it in journal.execute(query)
        if it.counted != (is_counted := lines is None or (it.license, it.dataset) in lines)
    ]
    if changed:
        which = (
            (LINES.c.batch == batch)
            & (LINES.c.license == bindparam("of_license"))
            & (LINES.c.dataset == bindparam("of_dataset"))
        )
        journal.execute(update(LINES).where(which).values(counted=bindparam("is_counted")), changed)


def _named(row: Row[Any]) -> str:
    return f"batch {row.number} of {row.payer}"


def _sent(receipt: TxReceipt, parts: int = 1) -> dict[str, Json]:
    """Return what is told of a transaction, and of its gas the share of one of its parts."""
    return {
        "transaction": f"0x{receipt.transaction.hex()}",
        "block": receipt.block,
        "gasUsed": receipt.gas_used // parts,
    }


def _removing(batch: str, position: int) -> Callable[[Connection], None]:
    def write(journal: Connection) -> None:
        journal.execute(delete(ACCESSES).where(ACCESSES.c.batch == batch, ACCESSES.c.position >= position))

    return write


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
