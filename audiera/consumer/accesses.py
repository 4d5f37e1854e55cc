"""Accesses: signed for, sent, checked, and written down; one at a time.

The payer computes every head itself, from the uses that it asked for and the prices on the chain, and signs no other.
What the gateway answers has to be that head, countersigned: anything else ends the pull, and what was signed until then
is what can be lost.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from audiera.client import Audiera, TxReceipt
from audiera.consumer.keeping import Agreed, Granted, Keeping, Pending, Taken
from audiera.errors import GatewayError, SignatureError
from audiera.interface import Access, AccessRequest, Head
from audiera.metering import Batch, PricedUse, fee_of, rebuild, uses_of
from audiera.protocol import ZERO_WORD, Meter, Receipt, SignerScope, TableRow, Terms, Voucher, recover, units_of
from audiera.remote import Answer, Remote
from audiera.text import as_hash

__all__ = ["Accesses", "ExposedError", "Limits", "RefusedItemError", "Wanted"]

_CALLS: Final = 1 << 16  # uses of a batch, after which another is begun
_PATIENCE: Final = 180.0  # seconds until a gateway has seen what the chain has
_POLL: Final = 1.0
_NOT_YET: Final = {"license_unknown", "deposit_too_small", "index_behind"}
"""What a gateway says whose index is behind the chain."""
_OTHER_BATCH: Final = {"batch_closed", "batch_full", "head_moved", "head_wrong"}
_BATCHES: Final = 3  # that are begun in vain


class RefusedItemError(Exception):
    """A gateway does not serve one item."""

    def __init__(self, item: bytes, reason: str) -> None:
        super().__init__(reason)
        self.item, self.reason = item, reason


class ExposedError(Exception):
    """More would be signed for and not delivered than the payer agreed to."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the payer agrees to, in the smallest unit of the pull's token."""

    spend: int
    """In all: licences, uses and the gateway's fee."""
    exposure: int
    """Signed for, and not delivered yet."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one access is to be of."""

    taken: Taken
    terms: Terms
    rows: Sequence[TableRow]
    """The items; of a whole dataset all of them."""

    @property
    def units(self) -> int:
        """Of all its uses."""
        if self.taken.whole and self.terms.meter == Meter.Call:
            return 1
        return sum(self.units_of(it) for it in self.rows)

    def units_of(self, row: TableRow) -> int:
        """Return the units of using one item."""
        return units_of(Meter(self.terms.meter), size=row.item.size, duration_ms=row.item.duration_ms)

    def uses(self, right: int, at: int, nonce: bytes) -> tuple[PricedUse, ...]:
        """Return its uses."""
        each = [(ZERO_WORD, self.units)] if self.taken.whole else [(r.item.leaf(), self.units_of(r)) for r in self.rows]
        return uses_of(
            each,
            license=self.taken.license,
            dataset=self.taken.dataset,
            version=self.taken.version,
            right=right,
            at=at,
            nonce=nonce,
            unit_price=self.terms.unit_price,
        )


@dataclass(slots=True)
class _Open:
    """A batch that is extended."""

    number: int
    batch: Batch = field(default_factory=Batch)

    @property
    def name(self) -> str:
        return str(self.number)

    @property
    def calls(self) -> int:
        return self.batch.root().calls if self.batch.lines else 0


class Accesses:
    """The accesses of one pull. One thread at a time takes one."""

    def __init__(
        self,
        client: Audiera[TxReceipt],
        remote: Remote,
        keeping: Keeping,
        agreed: Agreed,
        limits: Limits,
        *,
        worth: Callable[[int], str] = str,
        report: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Go on from what is written down.

        Args:
            client: signs.
            remote: the gateway.
            keeping: what was signed and granted before.
            agreed: what the pull is of.
            limits: of what may be signed.
            worth: writes an amount of the pull's token.
            report: is told in a sentence what is waited for.

        Raises:
            StorageError: what is written down is not as it was written.
        """
        self.client, self.remote, self.keeping, self.agreed, self.limits = client, remote, keeping, agreed, limits
        self.worth, self.report = worth, report
        self.delivered = 0
        """What was signed for and is delivered, fees included; whoever sees it arrive counts it."""
        self._domain = client.domain("UsageLedger")
        self._open: dict[str, _Open] = {}
        self._signed = keeping.signed()
        for name, head in keeping.heads().items():
            batch = rebuild(head.voucher.voucher(), keeping.uses(name))
            self._open[head.voucher.token] = _Open(head.voucher.batch, batch)

    @property
    def signed(self) -> int:
        """What may be settled at most by what was signed, fees included."""
        return sum(self._signed.values())

    @property
    def owed(self) -> int:
        """What was signed for and is not delivered."""
        return self.signed - self.delivered

    def keep_open(self, numbers: Collection[int]) -> None:
        """Extend no batches but these: a voucher for one that is closed would be signed in vain."""
        self._open = {token: it for token, it in self._open.items() if it.number in numbers}

    def value(self, wanted: Wanted) -> int:
        """Return what an access adds to what is signed for, fee included; about, where the fee is rounded."""
        price = wanted.units * wanted.terms.unit_price
        return price + fee_of(price, self.agreed.fee_ppm)

    def finish(self, wanted: Mapping[int, Wanted]) -> Granted | None:
        """Send again what an earlier run sent and had no answer to; return what it granted, if it still does.

        Args:
            wanted: all of each dataset, by its number.

        Raises:
            GatewayError: the answer is not what was asked for.
        """
        pending = self.keeping.pending()
        if pending is None:
            return None
        request = AccessRequest.model_validate_json(pending.request)
        of = wanted.get(request.dataset)
        assert request.voucher is not None
        assert request.at is not None
        assert request.nonce is not None
        if of is None or request.version != of.taken.version:
            self.keeping.drop()  # what was signed stays counted
            return None
        rows = {it.item.leaf(): it for it in of.rows}
        chosen = of.rows if request.items == "all" else [rows[it] for it in request.items if it in rows]
        exactly = replace(of, rows=chosen, taken=of.taken.model_copy(update={"whole": request.items == "all"}))
        stream = self._open.get(request.voucher.token)
        if stream is None or stream.number != request.voucher.batch:
            stream = _Open(request.voucher.batch)
        head = self.keeping.head(stream.name)
        if head is not None and head.voucher == request.voucher:  # all but the end of it was written down
            self.keeping.drop()
            return None
        answer = self._sent(pending)
        if answer.status != 200:
            self.keeping.drop()
            return None
        uses = exactly.uses(self.agreed.right, request.at, request.nonce)
        return self._accept(exactly, stream, uses, request, answer)

    def take(self, wanted: Wanted) -> Granted:
        """Sign for an access and return what it grants, with everything written down.

        Raises:
            RefusedItemError: the gateway does not serve one of the items.
            ExposedError: too much is signed for and not delivered.
            GatewayError: it refuses, or answers what it must not; or it would be above the limit.
        """
        token = wanted.terms.token
        begun, until, at = 0, time.monotonic() + _PATIENCE, self._now()
        while True:
            stream = self._open.get(token)
            if stream is None or stream.calls >= _CALLS:
                stream = self._open[token] = _Open(_fresh())
            uses = wanted.uses(self.agreed.right, at, nonce := secrets.token_bytes(32))
            request = self._request(wanted, stream, uses, at, nonce)
            pending = Pending(dataset=wanted.taken.dataset, request=request.model_dump_json(exclude_none=True))
            assert request.voucher is not None
            amount = request.voucher.amount + request.voucher.fee
            self._check(stream.name, amount)
            self.keeping.expect(pending, stream.name, amount)
            self._signed[stream.name] = max(amount, self._signed.get(stream.name, 0))
            answer = self._sent(pending, until)
            if answer.status == 200:
                return self._accept(wanted, stream, uses, request, answer)
            self.keeping.drop()
            if answer.status == 451 and (item := _item_of(answer)):
                raise RefusedItemError(item, answer.problem())
            if answer.code in _OTHER_BATCH and begun < _BATCHES:
                self._open.pop(token)
                begun += 1
            elif answer.code == "time_off" and begun < _BATCHES:
                at, begun = self._now(), begun + 1
            else:
                raise GatewayError(f"{self.remote.url} refused: {answer.problem()}.")

    def _request(
        self, wanted: Wanted, stream: _Open, uses: Sequence[PricedUse], at: int, nonce: bytes
    ) -> AccessRequest:
        voucher = self._voucher(stream.batch.extend(uses), wanted.terms.token, stream.number)
        return AccessRequest(
            payer=self.agreed.payer,
            license=wanted.taken.license,
            dataset=wanted.taken.dataset,
            version=wanted.taken.version,
            right=self.agreed.right,
            items="all" if wanted.taken.whole else [it.use.item for it in uses],
            at=at,
            nonce=nonce,
            voucher=Head.of(voucher),
            signature=self.client.sign_voucher(voucher),
        )

    def _voucher(self, batch: Batch, token: str, number: int) -> Voucher:
        bare = batch.voucher(payer=self.agreed.payer, gateway=self.agreed.gateway, token=token, batch=number)
        return replace(bare, fee=fee_of(bare.amount, self.agreed.fee_ppm))

    def _check(self, batch: str, amount: int) -> None:
        total = self.signed - self._signed.get(batch, 0) + amount + self.agreed.bought
        if total > self.limits.spend:
            raise GatewayError(
                f"This would come to {self.worth(total)}, above your limit of {self.worth(self.limits.spend)}; raise "
                "--max-spend, or pull less."
            )
        if total - self.agreed.bought - self.delivered > self.limits.exposure:
            raise ExposedError

    def _sent(self, pending: Pending, until: float = 0.0) -> Answer:
        """Send a request, again as long as the gateway only has not seen yet what the chain has."""
        told = False
        while True:
            answer = self.remote.ask_openly("POST", "/v1/access", pending.request.encode())
            if answer.status >= 500:
                raise GatewayError(
                    f"{self.remote.url} fails: {answer.problem()}. Run it again later: it goes on, and pays nothing "
                    "twice."
                )
            if answer.code not in _NOT_YET or time.monotonic() > until:
                return answer
            if not told:
                self.report(f"Waiting for the gateway to see what the chain has: {answer.problem()}.")
                told = True
            time.sleep(_POLL)

    def _accept(
        self,
        wanted: Wanted,
        stream: _Open,
        uses: tuple[PricedUse, ...],
        request: AccessRequest,
        answer: Answer,
    ) -> Granted:
        """Check an answer against what was asked for, and write it down."""
        access = self.remote.read(Access, answer)
        batch = stream.batch.extend(uses)
        voucher = self._voucher(batch, wanted.terms.token, stream.number)
        assert request.voucher == Head.of(voucher)
        if access.head.voucher != request.voucher or access.head.signature != request.signature:
            raise self._lie("another head than was signed")
        self._check_receipt(voucher, access.head.receipt)
        stated = {it.item: (it.sha256, it.size) for it in access.granted}
        due = {} if wanted.taken.whole else {r.item.leaf(): (r.item.sha256, r.item.size) for r in wanted.rows}
        if stated != due:
            raise self._lie("other items than were asked for")
        items = None if wanted.taken.whole else [it.item.leaf() for it in wanted.rows]
        before = stream.batch.root().amount if stream.calls else 0
        value = voucher.amount + voucher.fee - before - fee_of(before, self.agreed.fee_ppm)
        granted = Granted(dataset=wanted.taken.dataset, items=items, value=value, answer=access)
        self.keeping.take(stream.name, stream.calls, uses, access.head, granted)
        stream.batch = batch
        self._open[wanted.terms.token] = stream
        return granted

    def _check_receipt(self, voucher: Voucher, receipt: bytes) -> None:
        try:
            signer = recover(self._domain.digest(Receipt(voucher.struct_hash())), receipt)
        except SignatureError as error:
            raise self._lie("a countersignature that is none") from error
        gateway = self.agreed.gateway
        if signer != gateway and not self.client.licenses.is_signer(gateway, signer, SignerScope.Settle):
            raise self._lie(f"a countersignature by {signer}, who may not sign for it")

    def _lie(self, what: str) -> GatewayError:
        return GatewayError(
            f"{self.remote.url} answered with {what}. Nothing more is signed for it; it holds vouchers for "
            f"{self.worth(self.signed)} at most. Take back the rest of your deposit: "
            f"`ape run usage withdraw {self.agreed.gateway} {self.agreed.token} --start all`."
        )

    def _now(self) -> int:
        """Return the second of a use: this machine's, or the chain's where it is ahead, as on one for trying things."""
        return max(int(time.time()), self.client.node.timestamp())


def _fresh() -> int:
    """Return the number of a new batch, above those that were begun before: a settled one closes all below it."""
    return int(time.time()) << 20 | secrets.randbits(20)


def _item_of(answer: Answer) -> bytes | None:
    try:
        return as_hash(answer.member("item"))
    except (ValueError, TypeError):
        return None
