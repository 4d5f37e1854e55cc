"""Accesses: signed for, sent, checked, and written down; one at a time.

The payer computes every head itself, from the uses that it asked for and the prices on the chain, and signs no other.
What the gateway answers has to be that head, countersigned: anything else ends the pull, and what was signed until then
is what can be lost.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from audiera.client import Audiera, TxReceipt
from audiera.consumer.keeping import Granted, Keeping, Pending
from audiera.consumer.waiting import Waiting
from audiera.consumer.wanted import Wanted
from audiera.errors import GatewayError, SignatureError
from audiera.interface import Access, AccessRequest, Head, LoggedUse
from audiera.metering import Batch, fee_of, rebuild
from audiera.protocol import Receipt, SignerScope, Voucher, recover
from audiera.remote import Answer, Remote
from audiera.text import as_hash

__all__ = ["CALLS", "Accesses", "Deal", "ExposedError", "Limits", "RefusedItemError", "finish"]

CALLS: Final = 1 << 13
"""The most uses of a batch, after which another is begun: so many are brought back to a gateway at once (`mend`)."""

_OTHER_BATCH: Final = {"batch_closed", "batch_full", "head_moved", "head_wrong"}
_BATCHES: Final = 3  # that are begun in vain


class RefusedItemError(Exception):
    """A gateway does not serve one item, or, where it is the zero word, the dataset."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """Between whom accesses are, and what may be signed for."""

    gateway: str
    payer: str
    right: int
    """Its bit's number."""
    fee_ppm: int
    items: int
    """The most of one access."""
    presigned: int = 0
    """Seconds for which the gateway's presigned URLs are good; 0: it has none."""
    confirmations: int = 0
    """Blocks after which the gateway counts a deposit."""
    bought: int
    """What licences cost so far, in the token's smallest unit."""
    limits: Limits


@dataclass(slots=True)
class _Open:
    """A batch that is extended."""

    number: int
    batch: Batch = field(default_factory=Batch)

    @property
    def calls(self) -> int:
        return self.batch.root().calls if self.batch.lines else 0

    @property
    def amount(self) -> int:
        return self.batch.root().amount if self.batch.lines else 0


class Accesses:
    """The accesses of one pull. One thread at a time takes one."""

    def __init__(
        self,
        client: Audiera[TxReceipt],
        remote: Remote,
        keeping: Keeping,
        deal: Deal,
        *,
        worth: Callable[[int], str] = str,
        report: Callable[[str], object] = lambda _: None,
        fund: Callable[[int, int], object] = lambda _, __: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Go on from what is written down.

        Args:
            client: signs.
            remote: the gateway.
            keeping: what was signed and granted before.
            deal: between whom, and within which limits.
            worth: writes an amount of the pull's token.
            report: is told in a sentence what is waited for.
            fund: has the channel hold what is about to be signed for besides; given that, and all that is signed for
                then.
            clock: dates the uses, where the chain's is not ahead.

        Raises:
            StorageError: what is written down is not as it was written.
        """
        self.client, self.remote, self.keeping, self.deal = client, remote, keeping, deal
        self.worth, self.report, self.fund, self.clock = worth, report, fund, clock
        self.delivered = sum(it.value for it in keeping.granted() if it.delivered)
        """What was signed for and is delivered, fees included; whoever sees it arrive counts it."""
        self._domain = client.domain("UsageLedger")
        self._signed = keeping.signed()
        self._open: dict[str, _Open] = {}
        heads = keeping.heads()
        self._funded = {number: it.voucher.amount + it.voucher.fee for number, it in heads.items()}
        """By batch, what the channel was to hold for it; what was refused before is free there."""
        for number, head in heads.items():
            if head.voucher.fee == fee_of(head.voucher.amount, deal.fee_ppm):  # of another fee, none is extended
                batch = rebuild(head.voucher.voucher(), keeping.uses(number))
                self._open[head.voucher.token] = _Open(number, batch)
        newest = max(heads, default=0)
        self._refused = sorted(it for it in self._signed if it > newest)
        """Batches of which nothing was taken: one voucher of each can be settled, so the next one takes its place."""

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
        """Return what an access adds to what is signed for at most, fee included."""
        price = wanted.units * wanted.terms.unit_price
        return price + fee_of(price, self.deal.fee_ppm)

    def take(self, wanted: Wanted) -> Granted:
        """Sign for an access and return what it grants, with everything written down.

        Raises:
            RefusedItemError: the gateway does not serve one of the items.
            ExposedError: too much is signed for and not delivered.
            GatewayError: it refuses, or answers what it must not; or it would be above the limit.
        """
        token = wanted.terms.token
        begun, at = 0, self._now()
        waiting = Waiting(self.client, self.remote, self.deal.confirmations, self.worth, self.report)
        while True:
            stream = self._stream(token, 1 if wanted.whole else len(wanted.rows))
            pending, batch = self._pending(wanted, stream, at)
            self._check(pending)
            self._fund(pending)
            self.keeping.expect(pending)
            self._signed[pending.batch] = max(pending.total, self._signed.get(pending.batch, 0))
            answer = _send(self.remote, pending)
            while waiting.goes_on(pending, answer):
                answer = _send(self.remote, pending)
            if answer.status == 200:
                granted = _accept(self.client, self.remote, self.keeping, pending, answer, partial(self._lie, token))
                stream.batch = batch
                if granted.delivered:
                    self.delivered += granted.value
                return granted
            self.keeping.refuse(pending)
            if answer.status == 451 and (item := _item_of(answer)) is not None:
                raise RefusedItemError(item, answer.problem())
            if answer.code in _OTHER_BATCH and begun < _BATCHES:
                self._open.pop(token)
                self._refused.clear()
                begun += 1
            elif answer.code == "time_off" and begun < _BATCHES:
                at, begun = self._now(), begun + 1
            else:
                raise waiting.refusal(pending, answer)

    def _stream(self, token: str, calls: int) -> _Open:
        """Return the batch that so many uses go into."""
        stream = self._open.get(token)
        if stream is None or stream.calls + calls > CALLS:
            stream = self._open[token] = _Open(self._refused.pop(0) if self._refused else _fresh())
        return stream

    def _pending(self, wanted: Wanted, stream: _Open, at: int) -> tuple[Pending, Batch]:
        nonce = secrets.token_bytes(32)
        uses = wanted.uses(self.deal.right, at, nonce)
        batch = stream.batch.extend(uses)
        voucher = self._voucher(batch, wanted.terms.token, stream.number)
        request = AccessRequest(
            payer=self.deal.payer,
            license=wanted.license,
            dataset=wanted.dataset,
            version=wanted.version,
            right=self.deal.right,
            items="all" if wanted.whole else [it.use.item for it in uses],
            deliver=not wanted.held,
            at=at,
            nonce=nonce,
            voucher=Head.of(voucher),
            signature=self.client.sign_voucher(voucher),
        )
        before = stream.amount + fee_of(stream.amount, self.deal.fee_ppm)
        logged = [LoggedUse.model_validate({**it.use.abi(), "price": it.price}) for it in uses]
        value = voucher.amount + voucher.fee - before
        return Pending(request=request, uses=logged, before=stream.calls, value=value), batch

    def _voucher(self, batch: Batch, token: str, number: int) -> Voucher:
        bare = batch.voucher(payer=self.deal.payer, gateway=self.deal.gateway, token=token, batch=number)
        return replace(bare, fee=fee_of(bare.amount, self.deal.fee_ppm))

    def _signed_with(self, pending: Pending) -> int:
        """Return what is signed for at most once this is: of one batch, one voucher can be settled."""
        return self.signed + max(pending.total - self._signed.get(pending.batch, 0), 0)

    def _fund(self, pending: Pending) -> None:
        """Have the channel hold what the batch grows by: what it holds for a voucher serves the next in its place."""
        if (added := pending.total - self._funded.get(pending.batch, 0)) > 0:
            self.fund(added, self._signed_with(pending))
            self._funded[pending.batch] = pending.total

    def _check(self, pending: Pending) -> None:
        signed = self._signed_with(pending)
        if signed + self.deal.bought > self.deal.limits.spend:
            raise GatewayError(
                f"This would come to {self.worth(signed + self.deal.bought)}, above your limit of "
                f"{self.worth(self.deal.limits.spend)}; raise --max-spend, or pull less."
            )
        if signed - self.delivered > self.deal.limits.exposure:
            raise ExposedError

    def _lie(self, token: str, what: str) -> GatewayError:
        return GatewayError(
            f"{self.remote.url} answered with {what}. Nothing more is signed for it; it holds vouchers for "
            f"{self.worth(self.signed)} at most. Take back the rest of your deposit: `ape run usage withdraw "
            f"{self.deal.gateway} {token} --start all`."
        )

    def _now(self) -> int:
        """Return the second of a use: this machine's, or the chain's where it is ahead, as on one for trying things."""
        return max(int(self.clock()), self.client.node.timestamp())


def finish(client: Audiera[TxReceipt], remote: Remote, keeping: Keeping) -> None:
    """Send again what an earlier run sent and had no answer to, if there is something.

    Raises:
        GatewayError: it cannot be told what became of it, or the answer is not what was asked for.
    """
    pending = keeping.pending()
    if pending is None:
        return
    answer = _send(remote, pending)
    if answer.status == 200:
        _accept(client, remote, keeping, pending, answer, lambda what: _lied(remote, what), again=True)
    else:
        keeping.refuse(pending)


def _send(remote: Remote, pending: Pending) -> Answer:
    """Send an access and return what was answered: granted, or refused for good.

    Raises:
        GatewayError: neither; the same may be sent again.
    """
    body = pending.request.model_dump_json(exclude_none=True).encode()
    answer = remote.ask_openly("POST", "/v1/access", body)
    if answer.status >= 500 or answer.status == 429 or (answer.status != 200 and not answer.code):
        raise GatewayError(
            f"{remote.url} fails: {answer.problem()}. Run it again later: it goes on, and pays nothing twice."
        )
    return answer


def _accept(  # noqa: PLR0917  # an answer, and all that it is held against
    client: Audiera[TxReceipt],
    remote: Remote,
    keeping: Keeping,
    pending: Pending,
    answer: Answer,
    lie: Callable[[str], GatewayError],
    *,
    again: bool = False,
) -> Granted:
    """Check an answer against what was asked for, and write it down.

    Raises:
        GatewayError: it is not what was asked for.
    """
    request, access = pending.request, remote.read(Access, answer)
    assert request.voucher is not None
    if access.head.voucher != request.voucher or access.head.signature != request.signature:
        raise lie("another head than was signed")
    _check_receipt(client, request.voucher.voucher(), access.head.receipt, lie)
    items = None if request.items == "all" else list(request.items)
    if sorted(it.item for it in access.granted) != sorted((items or ()) if request.deliver else ()):
        raise lie("other items than were asked for")
    granted = Granted(
        name=f"{pending.batch}-{pending.before}",
        dataset=request.dataset,
        version=request.version,
        items=items,
        value=pending.value,
        delivered=not request.deliver,
        answer=access,
    )
    keeping.take(pending, access.head, granted, again=again)
    return granted


def _check_receipt(
    client: Audiera[TxReceipt], voucher: Voucher, receipt: bytes, lie: Callable[[str], GatewayError]
) -> None:
    try:
        signer = recover(client.domain("UsageLedger").digest(Receipt(voucher.struct_hash())), receipt)
    except SignatureError as error:
        raise lie("a countersignature that is none") from error
    gateway = voucher.gateway
    if signer != gateway and not client.licenses.is_signer(gateway, signer, SignerScope.Settle):
        raise lie(f"a countersignature by {signer}, who may not sign for it")


def _lied(remote: Remote, what: str) -> GatewayError:
    return GatewayError(
        f"{remote.url} answered with {what}, to what an earlier run had sent; nothing more is signed. Ask its "
        "operator, or name another gateway with --from."
    )


def _fresh() -> int:
    """Return the number of a new batch, above those that were begun before: a settled one closes all below it."""
    return int(time.time()) << 20 | secrets.randbits(20)


def _item_of(answer: Answer) -> bytes | None:
    try:
        return as_hash(answer.member("item"))
    except (ValueError, TypeError):
        return None
