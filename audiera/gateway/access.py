"""The access: checked against the chain as the index has it, signed for, written down, and only then granted.

The payer signs the head that its uses make; the gateway makes the same head from the same uses, and compares. A batch
is extended from exactly the head that the payer extended: whoever comes second, here or at another process over the
same journal, is told the newer head and signs anew. So nothing is locked between requests, and nothing is taken twice.

A repeat is known by its key and by all that it asks for, its random nonce among them. Vouchers and uses become public
when they are settled; the nonce does not, so nobody else has the answer by repeating what he read on the chain.
"""

from __future__ import annotations

import json
import secrets
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError

from audiera.errors import InputError, SignatureError
from audiera.gateway.batches import Batches, BatchState, Held, load, packed, voucher_of
from audiera.gateway.chain import (
    Conditions,
    Moment,
    Object,
    balance_of,
    conditions_of,
    items_of,
    moment_of,
    next_batch,
    signer_problem,
    units_for,
    used_of,
)
from audiera.gateway.journal import Journal
from audiera.gateway.problems import Code, Problem
from audiera.gateway.settings import Settings
from audiera.gateway.tables import ACCESSES, BATCHES, BLOCKED, CHANNELS, LINES, USES
from audiera.indexer import open_reader
from audiera.indexer.tables import CHAIN
from audiera.interface import Access, AccessRequest, Granted, Head, Quote, QuoteRequest, SignedHead
from audiera.metering import Batch, PricedUse, uses_of
from audiera.protocol import ZERO_WORD, Domain, Receipt, Voucher, batch_id, channel_id, keccak, recover, to_address
from audiera.text import Json, hex_of

__all__ = ["Desk"]

_MILLION: Final = 1_000_000
_ROWS: Final = 2_000  # of one statement


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that the chain allows, with what it comes to."""

    payer: str
    token: str
    terms: Conditions
    objects: tuple[Object, ...]
    whole: bool
    uses: tuple[PricedUse, ...]
    at: int
    nonce: bytes
    moment: Moment
    balance: int
    proposed: int
    """The first number of a batch that the chain has not settled."""

    @property
    def units(self) -> int:
        return sum(it.use.units for it in self.uses)

    @property
    def price(self) -> int:
        return sum(it.price for it in self.uses)


class Desk:
    """Where accesses are asked for. Threads share it; `close` it."""

    def __init__(self, settings: Settings, domain: Domain) -> None:
        self.settings, self.domain = settings, domain
        self.gateway = to_address(settings.gateway)
        self._index = open_reader(settings.index, 10.0)
        self.journal = Journal(settings.journal, chain_id=domain.chain_id, ledger=domain.contract, gateway=self.gateway)
        self._batches = Batches()

    def close(self) -> None:
        """Write what is wished for, and close the databases."""
        self.journal.close()
        self._index.dispose()

    @contextmanager
    def index(self) -> Iterator[Connection]:
        """Yield a connection to the index.

        Raises:
            Problem: `INDEX_BEHIND`: it cannot be read.
        """
        try:
            with self._index.connect() as connection:
                yield connection
        except DBAPIError as error:
            detail = "The gateway's index cannot be read now, and nothing was charged; send the same request again."
            raise Problem(Code.INDEX_BEHIND, detail, headers={"Retry-After": "2"}) from error

    def quote(self, request: QuoteRequest) -> Quote:
        """Return what an access costs, and the head that its payer would sign. Nothing is written.

        Raises:
            Problem: why it would be refused.
        """
        asked = self._ask(request)
        number = self._number(request, asked)
        with self._batches.alone(self._batch_id(asked, number)) as place:
            held = place.held = self._newest(asked, number)
            return self._quoted(asked, held, self._extended(asked, held, number)[1])

    def access(self, request: AccessRequest, key: str | None) -> Access:
        """Take a voucher for an access, write both down, and return what is granted.

        Args:
            request: what is asked for, and the voucher for it.
            key: what a repeat of the request has in common with it; unless told, the voucher.

        Raises:
            Problem: why it is refused. With `PAYMENT_REQUIRED` comes the head to sign.
        """
        if request.voucher is not None and (repeated := self._repeated(request, key)) is not None:
            return repeated
        asked = self._ask(request)
        number = self._number(request, asked)
        with self._batches.alone(self._batch_id(asked, number)) as place:
            if place.held is None:
                place.held = self._newest(asked, number)
            taken = self._taken(asked, place.held, request, number)
            if isinstance(taken, Problem):  # another process may have taken it further
                place.held = self._newest(asked, number)
                taken = self._taken(asked, place.held, request, number)
            if isinstance(taken, Problem):
                raise taken
            try:
                answer = self._written(asked, place.held, taken, request, key)
            except Problem:
                place.held = None
                raise
            place.held = taken
            return answer

    # What is asked for

    def _ask(self, request: QuoteRequest) -> _Asked:
        limits, now = self.settings.limits, int(time.time())
        whole = request.items == "all"
        leaves = None if request.items == "all" else request.items
        if leaves is not None and len(leaves) > limits.items:
            raise Problem(Code.TOO_LARGE, f"An access is of {limits.items:,} items at most; ask for fewer at once.")
        payer = to_address(request.payer)
        with self.index() as index:
            moment = moment_of(index, self.settings)
            terms = conditions_of(index, moment, (request.license, request.dataset, request.right), payer)
            objects = items_of(index, moment, terms, request.dataset, request.version, leaves)
            balance = balance_of(index, moment, payer, self.gateway, terms.token)
            proposed = next_batch(index, payer, self.gateway, terms.token)
        self._check_blocked(request.dataset, {it.leaf for it in objects})
        # The chain's clock counts where it is ahead, as on a chain for trying things.
        at = moment.now - self.settings.ahead if request.at is None else request.at
        if abs(at - now) > limits.clock and abs(at - (moment.now - self.settings.ahead)) > limits.clock:
            raise Problem(
                Code.TIME_OFF,
                f"The uses are of second {at} and the gateway's clock says {now}; set the clock, or ask again.",
            )
        nonce = secrets.token_bytes(32) if request.nonce is None else request.nonce
        uses = uses_of(
            units_for(objects, terms.meter, whole=whole),
            license=request.license,
            dataset=request.dataset,
            version=request.version,
            right=request.right,
            at=at,
            nonce=nonce,
            unit_price=terms.unit_price,
        )
        return _Asked(payer, terms.token, terms, objects, whole, uses, at, nonce, moment, balance, proposed)

    def _check_blocked(self, dataset: int, leaves: set[bytes]) -> None:
        with self.journal.reading() as journal:
            rows = journal.execute(select(BLOCKED).where(BLOCKED.c.dataset == dataset)).all()
        for row in rows:
            if row.item == hex_of(ZERO_WORD) or bytes.fromhex(row.item[2:]) in leaves:
                what = f"dataset {dataset}" if row.item == hex_of(ZERO_WORD) else f"item {row.item}"
                raise Problem(
                    Code.ITEM_BLOCKED,
                    f"This gateway does not serve {what}: {row.reason}",
                    more={"item": row.item, "reason": row.reason},
                )

    def _number(self, request: QuoteRequest, asked: _Asked) -> int:
        voucher = request.voucher if isinstance(request, AccessRequest) else None
        if voucher is not None:
            return voucher.batch
        if request.batch is not None:
            return request.batch
        with self.journal.reading() as journal:
            newest = journal.execute(
                select(BATCHES.c.number, BATCHES.c.state)
                .where(BATCHES.c.payer == asked.payer, BATCHES.c.token == asked.token)
                .order_by(BATCHES.c.number.desc())
                .limit(1)
            ).one_or_none()
        if newest is None:
            return asked.proposed
        if newest.state == BatchState.OPEN and newest.number >= asked.proposed:
            return int(newest.number)
        return max(int(newest.number) + 1, asked.proposed)

    # The head

    def _batch_id(self, asked: _Asked, number: int) -> bytes:
        return batch_id(channel_id(asked.payer, self.gateway, asked.token), number)

    def _newest(self, asked: _Asked, number: int) -> Held | None:
        with self.journal.reading() as journal:
            return load(journal, self.gateway, self._batch_id(asked, number))

    def _extended(self, asked: _Asked, held: Held | None, number: int) -> tuple[Batch, Voucher]:
        """Return the batch with the uses, and its head.

        Raises:
            Problem: it takes no more.
        """
        if number >= 1 << 64:
            raise Problem(Code.MALFORMED, "The number of a batch is below 2^64.")
        if held is not None and held.state is not BatchState.OPEN:
            raise Problem(Code.BATCH_CLOSED, f"Batch {number} is closed; begin another.", more={"batch": str(number)})
        try:
            batch = (Batch() if held is None else held.batch).extend(asked.uses)
            voucher = batch.voucher(payer=asked.payer, gateway=self.gateway, token=asked.token, batch=number)
            amount, ppm = voucher.amount, self.settings.fee_ppm
            voucher = _with_fee(voucher, -(-amount * ppm // _MILLION))
            voucher.struct_hash()
        except InputError as error:
            raise Problem(Code.BATCH_FULL, f"Batch {number} takes no more ({error}).") from error
        if voucher.statements > self.settings.limits.statements:
            raise Problem(Code.BATCH_FULL, f"Batch {number} has as many statements as it may; begin another.")
        return batch, voucher

    def _taken(self, asked: _Asked, held: Held | None, request: AccessRequest, number: int) -> Held | Problem:
        """Return the batch under the request's voucher; a problem, if it may extend a head that is not held here.

        Raises:
            Problem: it is refused whatever is held.
        """
        batch, voucher = self._extended(asked, held, number)
        if request.voucher is None or request.signature is None:
            detail = f"This access costs {asked.price} of {asked.token}; sign its voucher, and send it along."
            quote = self._quoted(asked, held, voucher)
            raise Problem(Code.PAYMENT_REQUIRED, detail, more={"quote": quote.model_dump(mode="json")})
        self._check_channel(asked, held, voucher)
        told = request.voucher.voucher()
        try:
            signer = recover(self.domain.digest(told), request.signature)
        except (SignatureError, InputError) as error:
            raise Problem(Code.SIGNATURE_WRONG, str(error)) from error
        with self.index() as index:
            if why := signer_problem(index, asked.moment, asked.payer, signer):
                raise Problem(Code.SIGNER_NOT_ALLOWED, why)
        if told != voucher:
            return self._unlike(held, voucher, told)
        receipt = self.settings.signer.sign_struct(self.domain, Receipt(voucher.struct_hash()))
        return Held(batch, voucher, request.signature, receipt, BatchState.OPEN)

    def _unlike(self, held: Held | None, voucher: Voucher, told: Voucher) -> Problem:
        """Return why a voucher is not for the head that the uses make here, to somebody who signed it."""
        if told.fee < voucher.fee and _with_fee(told, voucher.fee) == voucher:
            return Problem(
                Code.FEE_TOO_SMALL, f"The fee is {voucher.fee} and not {told.fee}.", more={"fee": str(voucher.fee)}
            )
        more: dict[str, Json] = {"expected": Head.of(voucher).model_dump(mode="json"), "head": None}
        if held is not None:
            more["head"] = _signed(held).model_dump(mode="json")
        calls = voucher.calls if held is None else held.voucher.calls
        if (held is not None and told.calls <= calls) or held is None:
            detail = f"Batch {told.batch} is at {0 if held is None else calls} calls; extend that head, and sign again."
            return Problem(Code.HEAD_MOVED, detail, more=more)
        detail = "The voucher is not for the head that these uses make; compute it anew, and sign again."
        return Problem(Code.HEAD_WRONG, detail, more=more)

    def _check_channel(self, asked: _Asked, held: Held | None, voucher: Voucher) -> None:
        with self.journal.reading() as journal:
            spoken = _held_of(journal, asked)
        _check_balance(asked.balance, spoken, _added(held, voucher))

    def _quoted(self, asked: _Asked, held: Held | None, voucher: Voucher) -> Quote:
        with self.journal.reading() as journal:
            spoken = _held_of(journal, asked)
        before = None if held is None else held.voucher
        return Quote(
            at=asked.at,
            nonce=asked.nonce,
            units=asked.units,
            price=asked.price,
            fee=voucher.fee - (before.fee if before else 0),
            token=asked.token,
            calls=len(asked.uses),
            before=None if before is None else Head.of(before),
            voucher=Head.of(voucher),
            available=max(asked.balance - spoken, 0),
            typed_data=_plain(self.domain.typed_message(voucher)),
        )

    # What is written

    def _repeated(self, request: AccessRequest, key: str | None) -> Access | None:
        with self.journal.reading() as journal:
            return _stored(journal, request, key)

    def _written(
        self, asked: _Asked, held: Held | None, taken: Held, request: AccessRequest, key: str | None
    ) -> Access:
        voucher = taken.voucher
        answer = self._answer(asked, held, taken, request)
        batch = hex_of(voucher.batch_id())

        def write(journal: Connection) -> Access:
            _begin_channel(journal, asked)
            channel = journal.execute(_channel(asked).with_for_update()).one()
            if (stored := _stored(journal, request, key)) is not None:
                return stored
            self._check_head(journal, held, batch)
            if held is None:
                self._check_room(journal, asked)
            balance, used = self._again(asked, request.license)
            _check_balance(balance, channel.held, _added(held, voucher))
            _check_quota(journal, asked, request.license, used)
            self._write(journal, asked, held, taken, request, answer, key)
            return answer

        return self.journal.write((asked.payer, asked.token), write)

    def _check_head(self, journal: Connection, held: Held | None, batch: str) -> None:
        row = journal.execute(select(BATCHES).where(BATCHES.c.id == batch).with_for_update()).one_or_none()
        if row is None and held is None:
            return
        if row is None or held is None or voucher_of(row, self.gateway) != held.voucher or row.state != held.state:
            raise Problem(
                Code.HEAD_MOVED, "Another request extended this batch meanwhile; ask for its head, and sign again."
            )

    def _check_room(self, journal: Connection, asked: _Asked) -> None:
        count = journal.execute(
            select(func.count())
            .select_from(BATCHES)
            .where(
                BATCHES.c.payer == asked.payer, BATCHES.c.token == asked.token, BATCHES.c.state == BatchState.OPEN.value
            )
        ).scalar_one()
        if count >= self.settings.limits.batches:
            raise Problem(Code.TOO_MANY_BATCHES, f"This channel has {count} open batches; extend one of them.")

    def _again(self, asked: _Asked, license_id: int) -> tuple[int, int]:
        """Return balance and units used, read after what is held: so a settlement counts in one of them at least."""
        with self.index() as index:
            if index.execute(select(CHAIN.c.next_block)).scalar_one() == asked.moment.block + 1:
                balance = asked.balance
            else:
                moment = moment_of(index, self.settings)
                balance = balance_of(index, moment, asked.payer, self.gateway, asked.token)
            return balance, used_of(index, license_id) if asked.terms.max_units else 0

    def _write(  # noqa: PLR0917  # all of it is one row or another
        self,
        journal: Connection,
        asked: _Asked,
        held: Held | None,
        taken: Held,
        request: AccessRequest,
        answer: Access,
        key: str | None,
    ) -> None:
        voucher, now = taken.voucher, int(time.time())
        batch = hex_of(voucher.batch_id())
        position = 0 if held is None else held.voucher.calls
        head = {
            "amount": voucher.amount,
            "fee": voucher.fee,
            "calls": voucher.calls,
            "statements": voucher.statements,
            "root": hex_of(voucher.root),
            "signature": taken.signature,
            "signer": recover(self.domain.digest(voucher), taken.signature),
            "receipt": taken.receipt,
            "head_at": now,
        }
        if held is None:
            place = {"id": batch, "payer": asked.payer, "token": asked.token, "number": voucher.batch}
            state = {"state": BatchState.OPEN.value, "opened_at": now, "settled_at": 0}
            journal.execute(insert(BATCHES).values({**place, **state, **head}))
        else:
            journal.execute(update(BATCHES).where(BATCHES.c.id == batch).values(head))
        for line in {it.line for it in asked.uses}:
            log = taken.batch.logs[line]
            grown = {
                "units": log.units,
                "calls": log.frontier.count,
                "amount": log.frontier.root().amount,
                "peaks": packed(log.frontier),
            }
            if held is not None and line in held.batch.logs:
                journal.execute(
                    update(LINES)
                    .where(LINES.c.batch == batch, LINES.c.license == line[0], LINES.c.dataset == line[1])
                    .values(grown)
                )
            else:
                named = {"batch": batch, "license": line[0], "dataset": line[1], "counted": False}
                journal.execute(insert(LINES).values({**named, **grown}))
        rows = [
            {
                "batch": batch,
                "position": position + index,
                "license": it.use.license,
                "dataset": it.use.dataset,
                "version": it.use.version,
                "item": hex_of(it.use.item),
                "right": it.use.right,
                "units": it.use.units,
                "at": it.use.at,
                "nonce": hex_of(it.use.nonce),
                "price": it.price,
            }
            for index, it in enumerate(asked.uses)
        ]
        journal.execute(insert(USES), rows)
        journal.execute(
            update(CHANNELS)
            .where(CHANNELS.c.payer == asked.payer, CHANNELS.c.token == asked.token)
            .values(held=_held_of(journal, asked) + _added(held, voucher))
        )
        journal.execute(
            insert(ACCESSES).values(
                id=hex_of(answer.id),
                payer=asked.payer,
                key=_key(request, key),
                digest=hex_of(_digest(request)),
                batch=batch,
                position=position,
                count=len(asked.uses),
                delivers=request.deliver,
                answer=zlib.compress(answer.model_dump_json().encode(), 1),
                at=now,
            )
        )

    def _answer(self, asked: _Asked, held: Held | None, taken: Held, request: AccessRequest) -> Access:
        access, before = secrets.token_bytes(32), None if held is None else held.voucher
        granted = asked.objects if request.deliver and not asked.whole else ()
        return Access(
            id=access,
            head=_signed(taken),
            at=asked.at,
            nonce=asked.nonce,
            position=before.calls if before else 0,
            calls=len(asked.uses),
            units=asked.units,
            price=asked.price,
            fee=taken.voucher.fee - (before.fee if before else 0),
            granted=[
                Granted(
                    item=it.leaf,
                    sha256=it.sha256,
                    size=it.size,
                    media_type=it.media_type,
                    path=it.path,
                    url=f"/v1/accesses/0x{access.hex()}/items/0x{it.leaf.hex()}",
                )
                for it in granted
            ],
            until=int(time.time()) + self.settings.limits.grant if request.deliver else 0,
        )


def _signed(held: Held) -> SignedHead:
    return SignedHead(voucher=Head.of(held.voucher), signature=held.signature, receipt=held.receipt)


def _with_fee(voucher: Voucher, fee: int) -> Voucher:
    return Voucher(**{**voucher.abi(), "fee": fee})  # type: ignore[arg-type]  # its own members


def _added(held: Held | None, voucher: Voucher) -> int:
    """Return what a head speaks for beyond the one before it."""
    before = 0 if held is None else held.voucher.amount + held.voucher.fee
    return voucher.amount + voucher.fee - before


def _check_balance(balance: int, spoken: int, added: int) -> None:
    if spoken + added > balance:
        raise Problem(
            Code.DEPOSIT_TOO_SMALL,
            f"The channel holds {balance}, of which {spoken} is spoken for, and this access needs {added}; "
            f"deposit {spoken + added - balance} more.",
            more={"balance": str(balance), "held": str(spoken), "missing": str(spoken + added - balance)},
        )


def _check_quota(journal: Connection, asked: _Asked, license_id: int, used: int) -> None:
    if not asked.terms.max_units:
        return
    pending = journal.execute(
        select(func.coalesce(func.sum(LINES.c.units), 0)).where(
            LINES.c.license == license_id, LINES.c.counted.is_(False)
        )
    ).scalar_one()
    left = asked.terms.max_units - used - int(pending)
    if asked.units > left:
        raise Problem(
            Code.QUOTA_EXHAUSTED,
            f"Licence {license_id} has {max(left, 0)} of {asked.terms.max_units} units left, and not {asked.units}.",
            more={"left": str(max(left, 0))},
        )


def _channel(asked: _Asked) -> Any:  # noqa: ANN401  # a Select of two columns
    return select(CHANNELS).where(CHANNELS.c.payer == asked.payer, CHANNELS.c.token == asked.token)


def _held_of(journal: Connection, asked: _Asked) -> int:
    row = journal.execute(_channel(asked)).one_or_none()
    return 0 if row is None else int(row.held)


def _begin_channel(journal: Connection, asked: _Asked) -> None:
    make = pg_insert if journal.dialect.name == "postgresql" else sqlite_insert
    nothing = {"payer": asked.payer, "token": asked.token, "held": 0}
    journal.execute(make(CHANNELS).values(nothing).on_conflict_do_nothing())


def _key(request: AccessRequest, key: str | None) -> str:
    assert request.voucher is not None
    return f"key:{key}" if key else f"head:{request.voucher.voucher().struct_hash().hex()}"


def _digest(request: AccessRequest) -> bytes:
    """Return what tells whether two requests ask for the same."""
    said = request.model_dump(mode="json", exclude={"voucher", "signature", "batch"})
    return keccak(json.dumps(said, sort_keys=True).encode())


def _stored(journal: Connection, request: AccessRequest, key: str | None) -> Access | None:
    """Return the answer to the same request before.

    Raises:
        Problem: its key was used for another request.
    """
    found = journal.execute(
        select(ACCESSES.c.answer, ACCESSES.c.digest).where(
            ACCESSES.c.payer == to_address(request.payer), ACCESSES.c.key == _key(request, key)
        )
    ).one_or_none()
    if found is None:
        return None
    if found.digest != hex_of(_digest(request)):
        raise Problem(Code.KEY_REUSED, "This Idempotency-Key was used for another request; draw a new one.")
    return Access.model_validate_json(zlib.decompress(found.answer))


def _plain(value: object) -> Any:  # noqa: ANN401  # JSON
    """Return typed data as JSON: bytes in hex, and numbers beyond 2^53 as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, bytes):
        return hex_of(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1 << 53:
        return str(value)
    return value
