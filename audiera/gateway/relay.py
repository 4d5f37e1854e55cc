"""Carrying out calls that others signed: within the operator's bounds, tried first, and never twice.

A call is written down before it is sent, by the digest that its account signed; sent through the client's journal of
transactions, which finds what was sent; and followed by one thread until it is mined. Each step is found again after
the process died in it. Of several processes over one journal, the one that holds a call's lease sees to it.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from enum import Enum, StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, func, insert, select, update
from web3.types import TxReceipt as RawReceipt

from audiera.client import Run, SignedCall, TxReceipt
from audiera.client.calls import Following, LostError, finish, follow, gas_limit, launch, most_of, title_of
from audiera.client.chain import FundsError, Message, Node, connect, ether_text
from audiera.client.contracts import decode_fields
from audiera.client.journal import SentJournal
from audiera.errors import AudieraError, ChainError, RevertError, SignatureError
from audiera.gateway.access import Desk
from audiera.gateway.journal import alone
from audiera.gateway.problems import Code, Problem
from audiera.gateway.settings import Relaying
from audiera.gateway.tables import RELAYS
from audiera.indexer import suite_of
from audiera.interface import Happened, Relayed, RelayOffer
from audiera.protocol import check_signer
from audiera.text import Json, as_hash, hex_of

__all__ = ["Relay", "RelayState"]

_LOG: Final = logging.getLogger("audiera.gateway")
_DAY: Final = 86_400
_LEASE: Final = 120  # seconds
_PAUSE: Final = 0.5  # seconds between looks at what is not mined yet
_PATIENCE: Final = 3.0  # seconds for one of them
_ASKING: Final = 4  # requests that wait for the node at the same time
_EVENTS: Final = 1 << 18  # letters of a call's events that are kept
_KEPT: Final = 30 * _DAY  # for which what was called, and its events, are kept
_FORGETTING: Final = 3_600.0  # seconds between looks at what is older
_PART: Final = 100  # calls of which that is removed at once: each may have 128 KiB


_GONE: Final = "null"
"""Instead of events that are not kept."""


class RelayState(StrEnum):
    """How far a call is."""

    QUEUED = "queued"
    """It is taken, and not known to be sent."""
    SENT = "sent"
    MINED = "mined"
    FAILED = "failed"


class Relay:
    """Carries out signed calls. Threads share it; `start` and `close` it."""

    def __init__(self, desk: Desk, relaying: Relaying, node_url: str) -> None:
        self._journal, self._chain_id = desk.journal, desk.domain.chain_id
        self._relaying, self._url = relaying, node_url
        with desk.index() as index:
            self._suite = suite_of(index)
        self._me = secrets.token_hex(16)
        self._found: Node | None = None
        self._places = threading.BoundedSemaphore(_ASKING)
        self._wake, self._ended = threading.Event(), threading.Event()
        self._forgets_at = 0.0
        self._thread = threading.Thread(target=self._see_to_all, name="relay", daemon=True)

    def start(self) -> None:
        """See to what is under way, from now on."""
        self._thread.start()

    def close(self) -> None:
        """End, and leave what is under way to the next one."""
        self._ended.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def offer(self) -> RelayOffer:
        """Return what is carried out here."""
        ours = self._relaying
        return RelayOffer(account=ours.signer.address, functions=sorted(ours.functions), gas=ours.gas)

    def submit(self, signed: SignedCall, address: str) -> Relayed:
        """Carry out a call, and return as soon as it is sent. The same call again gets the same answer.

        Args:
            signed: the call.
            address: whom it came from.

        Raises:
            InputError: it is for another chain or deployment.
            Problem: why it is refused.
        """
        signed.check_for(self._suite)
        self._check_functions(signed)
        digest = self._suite[signed.contract].domain.digest(signed.call)
        _check_key(signed, digest)
        row = self._row(RELAYS.c.id == hex_of(digest))
        if row is None or row.transaction is None:
            with self._asking():
                if row is None:
                    row = self._take(hex_of(digest), signed, address, self._try(signed))
                if row.transaction is None:
                    row = self._send(row)
            self._wake.set()
        return _answer(row)

    def outcome(self, transaction: bytes) -> Relayed:
        """Return what became of a call, by the hash of its transaction.

        Raises:
            Problem: it was not sent from here.
        """
        if (row := self._row(RELAYS.c.transaction == hex_of(transaction))) is None:
            raise Problem(Code.NOT_FOUND, f"No call was carried out here in transaction {hex_of(transaction)}.")
        return _answer(row)

    # Whether it is carried out

    def _check_functions(self, signed: SignedCall) -> None:
        for name in self._called(signed.contract, signed.call.data, whole=True):
            if f"{signed.contract}.{name}" not in self._relaying.functions:
                told = f"{name or 'What is called'} of {signed.contract} is not carried out here; send it yourself."
                raise Problem(Code.NOT_RELAYED, told, more={"function": f"{signed.contract}.{name}"})

    def _called(self, contract: str, data: bytes, *, whole: bool) -> Iterator[str]:
        """Yield the name of each function that is called; '' for one that is not the contract's."""
        entry = next((it for it in self._suite[contract].artifact.functions if it.selector == data[:4]), None)
        if entry is None or entry.name != "multicall" or not whole:
            yield entry.name if entry else ""
            return
        try:
            (parts,) = decode_fields(entry, data[4:]).values()
        except ChainError as error:
            raise Problem(Code.MALFORMED, "The multicall is not written as any compiler writes it.") from error
        if not isinstance(parts, tuple) or not parts:
            raise Problem(Code.MALFORMED, "The multicall calls nothing.")
        for part in parts:
            yield from self._called(contract, part, whole=False)

    def _try(self, signed: SignedCall) -> int:
        """Return what a call would cost at most, in wei.

        Raises:
            RevertError: it would do nothing.
            ChainError: the node does not answer as it should.
            Problem: it costs more than is paid.
        """
        ours = self._relaying
        node, message = self._node(), self._message(signed)
        gas, fees = gas_limit(node.estimate(message)), node.fees()
        if gas > ours.gas:
            detail = f"The call takes {gas:,} gas, and {ours.gas:,} are paid for at most; do less at once."
            raise Problem(Code.NOT_RELAYED, detail, more={"gas": str(gas)})
        cost = gas * most_of(fees)
        if cost > ours.cost:
            detail = f"Gas is dear now: this call would cost {ether_text(cost)}, and {ether_text(ours.cost)} is paid."
            raise Problem(Code.UNAVAILABLE, detail, headers={"Retry-After": "60"})
        return cost

    def _take(self, digest: str, signed: SignedCall, address: str, cost: int) -> Row[Any]:
        now = int(time.time())

        def write(journal: Connection) -> Row[Any]:
            alone(journal, "relays")
            query = select(RELAYS).where(RELAYS.c.id == digest)
            if (row := journal.execute(query).one_or_none()) is not None:
                return row
            self._check_bounds(journal, signed.call.account, address, cost, now)
            journal.execute(
                insert(RELAYS).values(
                    id=digest,
                    account=signed.call.account,
                    address=address[:64],
                    call=signed.to_json(),
                    state=RelayState.QUEUED.value,
                    cost=cost,
                    block=0,
                    gas=0,
                    events="[]",
                    at=now,
                    owner=self._me,
                    lease=now + _LEASE,
                )
            )
            return journal.execute(query).one()

        return self._journal.write(("relays",), write)

    def _check_bounds(self, journal: Connection, account: str, address: str, cost: int, now: int) -> None:
        ours, table = self._relaying, RELAYS
        for who, column, most in (("account", account, ours.account), ("address", address[:64], ours.address)):
            if _count(journal, table, table.c[who] == column, table.c.at > now - _DAY) >= most:
                detail = f"{most} calls of one {who} are carried out in 24 hours; wait, or send it yourself."
                raise Problem(Code.RATE_LIMITED, detail, headers={"Retry-After": "3600"})
        costs = journal.execute(select(table.c.cost).where(table.c.at > now - _DAY)).scalars()
        if sum(map(int, costs)) + cost > ours.budget:
            detail = "The gateway has paid for as much gas as it does in 24 hours; wait, or send it yourself."
            raise Problem(Code.RATE_LIMITED, detail, headers={"Retry-After": "3600"})

    # Sending and following

    def _send(self, row: Row[Any]) -> Row[Any]:
        """Send a call that is taken, or find that it was sent; return its row then.

        Raises:
            Problem: another process sees to it.
            RevertError: it would do nothing any more; then it is forgotten.
            ChainError: it cannot be told whether it is sent; it is tried again.
        """
        if not self._lease(row):
            raise Problem(
                Code.UNAVAILABLE, "The call is being sent; send the same again.", headers={"Retry-After": "2"}
            )
        signed = SignedCall.from_json(row.call)
        message = self._message(signed)
        try:
            entry = launch(
                self._node(), self._relaying.signer, message, title=title_of(message, signed.contract), run=Run()
            )
        except RevertError:
            query = delete(RELAYS).where(RELAYS.c.id == row.id, RELAYS.c.transaction.is_(None))
            self._journal.write(("relays",), lambda journal: journal.execute(query))
            raise
        return self._write(row.id, state=RelayState.SENT.value, transaction=hex_of(entry.hash))

    def _see_to_all(self) -> None:
        while not self._ended.is_set():
            try:
                left = self._see_to_some()
                if time.monotonic() >= self._forgets_at and not self._forget():
                    self._forgets_at = time.monotonic() + _FORGETTING
            except Exception:  # noqa: BLE001  # the next look may do better, and nobody else looks
                _LOG.exception("what is relayed cannot be seen to")
                left = True
            self._wake.wait(_PAUSE if left else 5.0)
            self._wake.clear()

    def _see_to_some(self) -> bool:
        """Send what is not sent, and follow what is, in the order in which it came; say whether something is left."""
        living = (RelayState.QUEUED.value, RelayState.SENT.value)
        with self._journal.reading() as journal:
            rows = journal.execute(
                select(RELAYS).where(RELAYS.c.state.in_(living)).order_by(RELAYS.c.at, RELAYS.c.id).limit(100)
            ).all()
        for row in rows:
            if self._ended.is_set():
                break
            try:
                if row.transaction is None:
                    if row.at < time.time() - _PATIENCE:  # the request that brought it is about to
                        self._send(row)
                elif self._lease(row):
                    self._follow(row)
            except (AudieraError, Problem) as error:
                _LOG.info("call %s waits: %s", row.id, error)
        return bool(rows)

    def _follow(self, row: Row[Any]) -> None:
        node, signer = self._node(), self._relaying.signer
        sent = SentJournal.of(node, signer.address)
        entry = sent.get(as_hash(row.transaction))
        try:
            if entry is None:  # sent from another machine, whose journal of transactions is not here
                receipt = node.receipt(as_hash(row.transaction))
                if receipt is None:
                    return
            else:
                mined, receipt = follow(Following(node, sent, signer.address, _PATIENCE), entry)
                finish(sent, mined, receipt, told=True)
        except LostError as error:
            _LOG.warning("call %s: %s", row.id, error)
            self._write(row.id, state=RelayState.FAILED.value)
            return
        self._write(row.id, **self._mined(receipt))

    def _mined(self, raw: RawReceipt) -> dict[str, object]:
        receipt = TxReceipt.of(raw, self._suite)
        events: list[Json] = [
            {"contract": it.contract, "name": type(it.event).__name__, "fields": _plain(it.event)}
            for it in receipt.logs
        ]
        written = json.dumps(events)
        return {
            "state": (RelayState.MINED if raw["status"] == 1 else RelayState.FAILED).value,
            "transaction": hex_of(receipt.transaction),
            "cost": receipt.fee,
            "block": receipt.block,
            "gas": receipt.gas_used,
            "events": written if len(written) <= _EVENTS else _GONE,
        }

    def _forget(self) -> bool:
        """Remove what some old calls were and did, but not that they were carried out; say whether more are left."""
        ended = (RelayState.MINED.value, RelayState.FAILED.value)
        old = (RELAYS.c.state.in_(ended), RELAYS.c.at <= time.time() - _KEPT, RELAYS.c.call != "")
        with self._journal.reading() as journal:
            some = journal.execute(select(RELAYS.c.id).where(*old).limit(_PART)).scalars().all()
        if some:
            query = update(RELAYS).where(RELAYS.c.id.in_(some)).values(call="", events=_GONE)
            self._journal.write(("relays",), lambda journal: journal.execute(query))
        return len(some) == _PART

    # What is used for that

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Ask the node for a request, few at the same time, and say in a problem's words what it or a contract refuses.

        A node that is slow keeps the threads of those who ask it, and the rest of the gateway needs threads, too.
        """
        if not self._places.acquire(blocking=False):
            raise _unavailable("Other calls are being sent; send the same again.")
        try:
            yield
        except RevertError as error:
            raise Problem(Code.CALL_REVERTS, str(error), more={"error": error.name}) from error
        except FundsError as error:
            _LOG.error("the relay's account %s has too little for gas", self._relaying.signer.address)
            raise _unavailable("The account that pays the gas is empty; tell the operator.") from error
        except ChainError as error:
            _LOG.warning("the relay's node: %s", error)
            raise _unavailable("The node does not answer as it should; send the same again.") from error
        finally:
            self._places.release()

    def _node(self) -> Node:
        if self._found is None:
            ours = self._relaying
            found = connect(self._url, chain_id=self._chain_id, state=ours.state, max_fee=ours.cost)
            self._found = found.hurried()
        return self._found

    def _message(self, signed: SignedCall) -> Message:
        call, contract = signed.call, self._suite[signed.contract]
        outer = contract.request("callFor", call.account, call.data, call.nonce, call.deadline, signed.signature)
        return Message(contract.address, outer.data, self._relaying.signer.address)

    def _lease(self, row: Row[Any]) -> bool:
        """Say whether this process sees to a call from now on, for a while."""
        now = int(time.time())
        query = (
            update(RELAYS)
            .where(RELAYS.c.id == row.id, (RELAYS.c.owner == self._me) | (RELAYS.c.lease < now))
            .values(owner=self._me, lease=now + _LEASE)
        )
        if row.owner == self._me and row.lease > now + _LEASE // 2:
            return True
        return bool(self._journal.write(("relays",), lambda journal: journal.execute(query).rowcount))

    def _row(self, condition: ColumnElement[bool]) -> Row[Any] | None:
        with self._journal.reading() as journal:
            return journal.execute(select(RELAYS).where(condition)).first()

    def _write(self, digest: str, **values: object) -> Row[Any]:
        def write(journal: Connection) -> Row[Any]:
            journal.execute(update(RELAYS).where(RELAYS.c.id == digest).values(values))
            return journal.execute(select(RELAYS).where(RELAYS.c.id == digest)).one()

        return self._journal.write(("relays",), write)


def _check_key(signed: SignedCall, digest: bytes) -> None:
    """Return if the account's key signed a call: strangers have the node asked nothing in the name of others."""
    account = signed.call.account
    try:
        check_signer(digest, signed.signature, account)
    except SignatureError as error:
        raise Problem(
            Code.SIGNATURE_WRONG,
            f"The signature is not by the key of {account}, and calls of contract accounts are not carried out here; "
            "send it yourself.",
        ) from error


def _count(journal: Connection, table: Table, *conditions: ColumnElement[bool]) -> int:
    return journal.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def _answer(row: Row[Any]) -> Relayed:
    done, events = row.block > 0, json.loads(row.events)
    return Relayed(
        transaction=as_hash(row.transaction),
        state=row.state,
        block=row.block if done else None,
        gas_used=row.gas if done else None,
        events=None if events is None else [Happened(**it) for it in events],
    )


def _plain(value: object) -> Json:
    if is_dataclass(value) and not isinstance(value, type):
        return {it.name: _plain(getattr(value, it.name)) for it in fields(value)}
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bytes):
        return hex_of(value)
    if isinstance(value, tuple):
        return [_plain(it) for it in value]
    return value if isinstance(value, bool) else str(value)


def _unavailable(detail: str) -> Problem:
    return Problem(Code.UNAVAILABLE, detail, headers={"Retry-After": "5"})
