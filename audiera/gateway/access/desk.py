"""Where accesses are asked for."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from audiera.gateway.access.asked import Asked, ask
from audiera.gateway.access.calling import Call, again, charge, release, reserve
from audiera.gateway.access.heads import added, countersigned, extended, signed_head, signer_of, unlike
from audiera.gateway.access.writing import Once, Written, check_balance, check_credit, check_quota, held_of, stored
from audiera.gateway.batches import Batches, BatchState, Held, Place, load
from audiera.gateway.blocks import check_blocked
from audiera.gateway.chain import balance_of, moment_of, used_of
from audiera.gateway.connections import Connections
from audiera.gateway.figures import Figures
from audiera.gateway.journal import Journal
from audiera.gateway.looking import Looking, Memory, MovedError, version_of
from audiera.gateway.problems import Code, Problem
from audiera.gateway.record import Record
from audiera.gateway.served import check_served, publisher_of
from audiera.gateway.settings import Settings
from audiera.gateway.tables import BATCHES
from audiera.gateway.taken import Answer, body_of
from audiera.indexer import open_reader
from audiera.interface import Access, AccessRequest, Head, Invocation, Priced, Quote, QuoteRequest
from audiera.protocol import Domain, Voucher
from audiera.text import hex_of

__all__ = ["Desk"]

T = TypeVar("T")
_PATIENCE: Final = 10.0  # seconds of a query of the index


class Desk:
    """Where accesses are asked for. Threads share it; `close` it."""

    def __init__(self, settings: Settings, domain: Domain) -> None:
        """Open the databases of a gateway.

        Args:
            settings: of the gateway.
            domain: of the ledger that vouchers are signed for.

        Raises:
            InputError: if the journal is another gateway's, or a database cannot be opened.
        """
        self.settings, self.domain = settings, domain
        self._index = open_reader(settings.index, _PATIENCE)
        self._connections = Connections(self._index.connect)
        place = {"chain_id": domain.chain_id, "ledger": domain.contract, "gateway": settings.gateway}
        self.journal = Journal(settings.journal, **place)  # type: ignore[arg-type]  # as they are named there
        self.record, self.figures = Record(self.journal, settings.gateway), Figures()
        self.batches, self._memory = Batches(), Memory()

    def close(self) -> None:
        """Write what is wished for, and close the databases."""
        self.journal.close()
        self._connections.close()
        self._index.dispose()

    @contextmanager
    def index(self) -> Iterator[Connection]:
        """Yield a connection to the index.

        Raises:
            Problem: `INDEX_BEHIND`: it cannot be read.
        """
        try:
            with self._connections.one() as connection:
                yield connection
        except (DBAPIError, PoolTimeout) as error:
            detail = "The gateway's index cannot be read now, and nothing was charged; send the same request again."
            raise Problem(Code.INDEX_BEHIND, detail, headers={"Retry-After": "2"}) from error

    def look(self, at: Callable[[Looking], T]) -> T:
        """Return what `at` does with a look at the index, which answers from memory what was asked of the same version.

        It may be called again, if the index is written to meanwhile.

        Raises:
            Problem: as `at`, or `INDEX_BEHIND`, likewise.
        """
        while True:
            with suppress(MovedError), self.index() as connection:
                return at(Looking(connection, self._memory))

    def quote(self, request: QuoteRequest, weigh: Callable[[int], None], signed_in: str | None) -> Quote:
        """Return what an access costs, and the head that its payer would sign. Nothing is written.

        What a payer has used and has left is nobody else's business. So whoever is not signed in as the payer is told
        what the chain tells everybody, and a head as if it began its batch.

        Args:
            request: what is asked for.
            weigh: is told of how many items it is.
            signed_in: the account that is signed in, if one is.

        Raises:
            Problem: why it would be refused.
        """
        (asked, spoken), held, available = self._ask(request, weigh), None, None
        number = asked.fresh if request.batch is None else request.batch
        asked.batch_id(number)  # refuses what does not fit
        if signed_in == asked.payer:
            number = self._newest(asked) if request.batch is None else number
            held = self._load(asked, number)
            available = max(asked.balance - spoken, 0)
        return self._quote(asked, held, extended(self.settings, asked, held, number)[1], available)

    def access(
        self, request: AccessRequest, key: str | None, weigh: Callable[[int], None], give: Callable[[int], None]
    ) -> Answer:
        """Take a voucher for an access, write both down, and return what is granted.

        Args:
            request: what is asked for, with the voucher for it.
            key: what a repeat of the request has in common with it; unless told, the voucher.
            weigh: is told of how many items it is, unless it is a repeat.
            give: is told of how many uses it is, if they come to nothing; likewise.

        Raises:
            Problem: why it is refused.
        """
        if request.voucher is None or request.signature is None:
            raise Problem(Code.MALFORMED, "A voucher and its signature are needed.")
        told = request.voucher.voucher()
        once = Once.of(request, told, key)
        try:
            with self._prepared(request, told, once, weigh, give) as (place, written):
                result = self.journal.write(written.order, written)
                place.held = written.taken if result is written.answer else None
                return result
        except Problem:  # so is a repeat refused, whose head has moved, or whose licence has ended since
            if (before := self._before(once)) is not None:
                return before
            raise

    def reserve(
        self, request: Invocation, key: str | None, weigh: Callable[[int], None], give: Callable[[int], None]
    ) -> Call:
        """Reserve what a call of a model comes to, until `charge` or `release`.

        Args:
            request: what is asked for, with the voucher for it.
            key: what a repeat of the request has in common with it; unless told, the voucher.
            weigh: is told of how much it is.
            give: is told of how many uses it is, if they come to nothing.

        Raises:
            Problem: why it is refused.
        """
        if request.voucher is None or request.signature is None:
            raise Problem(Code.MALFORMED, "A voucher and its signature are needed.")
        told, limits = request.voucher.voucher(), self.settings.limits
        once = Once.of(request, told, key)
        try:
            with self._prepared(request, told, once, weigh, give) as (_, written):
                return self.journal.write(written.order, lambda journal: reserve(journal, written, limits))
        except Problem:
            before = self._before(once)
            if before is None:
                raise
        return self.journal.write((once.payer,), lambda journal: again(journal, once, before, limits))

    def charge(self, call: Call) -> Answer:
        """Write down a call that the service has answered, unless it was written before.

        Raises:
            Problem: why it cannot be any more.
        """
        if (written := call.written) is None:
            return call.answer
        with self.batches.alone(written.taken.voucher.batch_id()) as place:
            place.held = None
            result = self.journal.write(written.order, lambda journal: charge(journal, written))
            place.held = written.taken if result is written.answer else None
            return result

    def release(self, call: Call) -> None:
        """Free what a call reserves that the service has not answered.

        Raises:
            Problem: the journal failed; it lapses by itself.
        """
        if call.written is not None:
            self.journal.write(call.written.order, lambda journal: release(journal, call))

    @contextmanager
    def _prepared(
        self,
        request: AccessRequest,
        told: Voucher,
        once: Once,
        weigh: Callable[[int], None],
        give: Callable[[int], None],
    ) -> Iterator[tuple[Place, Written]]:
        """Yield the place of a request's batch, alone, and what is to be written.

        Raises:
            Problem: why it is refused.
        """
        assert request.signature is not None
        signature = request.signature
        signer = signer_of(self.domain, told, signature)
        asked, spoken = self._ask(request, weigh, signer)
        with self.batches.alone(asked.batch_id(told.batch)) as place:
            held = place.held or self._load(asked, told.batch)
            if held is not None and held.voucher.calls + len(asked.uses) != told.calls:
                held = self._load(asked, told.batch)  # another process may have extended it
            place.held = None
            try:
                taken = self._take(asked, held, told, signature, spoken)
                if not asked.uses.price:
                    give(len(asked.uses))
                bare = self._bare(asked, held, taken, deliver=request.deliver)
                granted = asked.objects if request.deliver and not asked.whole else ()
                body = body_of(bare, [(it.leaf, it.told) for it in granted])
                written = Written(
                    asked=asked,
                    held=held,
                    taken=taken,
                    signer=signer,
                    once=once,
                    delivers=request.deliver,
                    bare=bare,
                    answer=Answer(asked.payer, bare.at, bare.calls, bare.price + bare.fee, body),
                    added=added(self.settings, asked, held),
                    batches=self.settings.limits.batches,
                    credit=self.settings.credit.get(asked.token),
                    chain=lambda: self._again(asked),
                )
                yield place, written
            except Problem as problem:
                if problem.code is Code.BATCH_CLOSED:
                    problem.more["next"] = str(self._newest(asked))
                raise

    def _before(self, once: Once) -> Answer | None:
        with self.journal.reading() as journal:
            return stored(journal, once)

    def _ask(self, request: QuoteRequest, weigh: Callable[[int], None], signer: str | None = None) -> tuple[Asked, int]:
        """Return what a request comes to, and what the heads of its channel speak for already."""
        weighed = False

        def weigh_once(count: int) -> None:  # a look may begin again
            nonlocal weighed
            if not weighed:
                weigh(count)
            weighed = True

        def at(index: Looking) -> tuple[Asked, str]:
            asked = ask(index, self.settings, request, weigh_once, signer)
            return asked, publisher_of(index, request.dataset, request.version)

        asked, publisher = self.look(at)
        with self.journal.reading() as journal:
            check_blocked(journal, request.dataset, [it.leaf for it in asked.objects])
            if not isinstance(request, Invocation):  # the operator named the model himself
                grants = [it.grant for it in asked.objects]
                check_served(journal, self.settings, request.dataset, publisher, grants)
            return asked, held_of(journal, asked)

    def _newest(self, asked: Asked) -> int:
        """Return the number of the newest open batch, or of one to begin."""
        query = (
            select(BATCHES.c.number, BATCHES.c.state)
            .where(BATCHES.c.payer == asked.payer, BATCHES.c.token == asked.token)
            .order_by(BATCHES.c.number.desc())
            .limit(1)
        )
        with self.journal.reading() as journal:
            newest = journal.execute(query).one_or_none()
        if newest is None:
            return asked.fresh
        number = int(newest.number)
        return number if newest.state == BatchState.OPEN else max(number + 1, asked.fresh)

    def _load(self, asked: Asked, number: int) -> Held | None:
        with self.journal.reading() as journal:
            return load(journal, asked.gateway, asked.batch_id(number))

    def _take(self, asked: Asked, held: Held | None, told: Voucher, signature: bytes, spoken: int) -> Held:
        """Return the batch under a voucher of somebody who may sign it.

        Raises:
            Problem: why not.
        """
        if asked.terms.max_units:
            with self.journal.reading() as journal:
                check_quota(journal, asked, asked.used)
        more = added(self.settings, asked, held)
        check_balance(asked.balance, spoken, more)
        check_credit(self.settings.credit.get(asked.token), spoken, more)
        batch, voucher = extended(self.settings, asked, held, told.batch)  # what costs most, for those alone who signed
        if told != voucher:
            raise unlike(held, voucher, told)
        return countersigned(self.settings, self.domain, batch, voucher, signature)

    def _again(self, asked: Asked) -> tuple[int, int]:
        """Return the channel's balance and the licence's counted units, as of now."""
        with self.index() as index:
            balance = asked.balance
            if version_of(index) != asked.moment.version:
                moment = moment_of(index, self.settings)
                balance = balance_of(index, moment, asked.payer, asked.gateway, asked.token)
            return balance, used_of(index, asked.uses.license) if asked.terms.max_units else 0

    def _quote(self, asked: Asked, held: Held | None, voucher: Voucher, available: int | None) -> Quote:
        before = None if held is None else held.voucher
        return Quote(
            at=asked.at,
            nonce=asked.nonce,
            units=asked.uses.units,
            price=asked.uses.price,
            fee=voucher.fee - (before.fee if before else 0),
            token=asked.token,
            calls=len(asked.uses),
            uses=[Priced(item=leaf, units=it, price=it * asked.terms.unit_price) for leaf, it in asked.uses.items],
            before=None if before is None else Head.of(before),
            voucher=Head.of(voucher),
            available=available,
            typed_data=_plain(self.domain.typed_message(voucher)),
        )

    def _bare(self, asked: Asked, held: Held | None, taken: Held, *, deliver: bool) -> Access:
        """Return the answer, without what is granted."""
        before = None if held is None else held.voucher
        return Access(
            id=secrets.token_bytes(32),
            head=signed_head(taken),
            at=asked.at,
            nonce=asked.nonce,
            position=before.calls if before else 0,
            calls=len(asked.uses),
            units=asked.uses.units,
            price=asked.uses.price,
            fee=taken.voucher.fee - (before.fee if before else 0),
            granted=[],
            until=int(time.time()) + self.settings.limits.grant if deliver else 0,
        )


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
