"""Buying and paying for a pull: licences, deposits and what is signed, within the limits of its user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

from audiera.cli.consumer.plan import Deposit
from audiera.cli.terminal.output import say
from audiera.cli.terminal.payment import pay
from audiera.cli.terminal.session import Session
from audiera.client import Acquisition, Audiera, SignedCall, TxReceipt
from audiera.client.calls import Following, LostError, follow, most_of, refresh
from audiera.client.chain import ether_text
from audiera.client.contracts.events import Deposited, LicenseAcquired
from audiera.client.journal import SentJournal, State
from audiera.consumer import (
    CARRIED_FOR,
    Accesses,
    Agreed,
    Buying,
    Deal,
    Keeping,
    Limits,
    Plan,
    Way,
    carry,
    carry_on,
    mend,
    see_through,
    spoken_for,
)
from audiera.errors import InputError, RevertError
from audiera.interface import About, Channel
from audiera.quantities import Amount
from audiera.remote import Remote, relay_offer

__all__ = ["Paying"]

R = TypeVar("R")

_ITEMS: Final = 256  # of one access
_GAS: Final = 300_000  # of one purchase or deposit, more or less
_CARRIED: Final = {
    *("LicenseRegistry.permit", "LicenseRegistry.acquire", "LicenseRegistry.acquireMany"),
    *("UsageLedger.permit", "UsageLedger.deposit"),
}
"""What a gateway has to carry out."""


@dataclass(slots=True)
class Paying:
    """What pays for one pull, and writes down what it paid before it goes on."""

    session: Session
    remote: Remote
    keeping: Keeping
    about: About
    agreed: Agreed
    limits: Limits
    spend: Amount
    top_up: int
    free: int = 0
    """Of what is deposited, what no voucher speaks for."""

    def check(self, plan: Plan) -> None:
        """Refuse a plan above what the user said.

        Raises:
            InputError: it would come to more, with what was bought and signed for before; or one access would.
        """
        total = self.agreed.cost + sum(self.keeping.signed().values()) + plan.total
        if total > self.limits.spend:
            raise InputError(
                f"It would come to {self._worth(total)}, above your {self.spend}; raise --max-spend, or pull less."
            )
        for need, way in zip(plan.needs, plan.ways, strict=True):
            if (value := way.dearest(need, self.about.fee_ppm)) > self.limits.exposure:
                raise InputError(
                    f"One access of dataset {way.dataset} comes to {self._worth(value)}, above the "
                    f"{self._worth(self.limits.exposure)} that may be signed for and not be here; raise --max-exposure."
                )

    def mend(self) -> None:
        """Give back to the gateway what it has lost of what was signed here."""
        if self.keeping.heads() and (lost := mend(self.session.client, self.remote, self.keeping, self._channel())):
            say(f"The gateway had lost {lost:,} uses that it signed for; it has them again.")

    def go_on(self) -> None:
        """Note what an earlier run bought or deposited, itself or through the gateway, and did not note."""
        session = self.session
        carried = carry_on(session.client, self.remote, self.keeping)
        self._note([*session.take(LicenseAcquired), *([carried] if carried else [])])
        session.take(Deposited)  # what the channel holds tells of it
        self.keeping.carried()
        self._forget()
        self._see_through()

    def _see_through(self) -> None:
        """Wait for what other pulls of the account have under way: what it holds would be bought or paid in again.

        What it sent itself is in its journal, wherever that was for; what it signed for a gateway lies in the folders
        beside this one.
        """
        session, client = self.session, self.session.client
        suite = {client.licenses.address, client.usage.address}
        following = Following(
            client.node, SentJournal.of(client.node, session.me), session.me, client.timeout, session.run.report
        )
        for it in refresh(following):
            if it.is_living and it.to in suite:
                with suppress(LostError):
                    follow(following, it)
        own = self.keeping.folder.resolve()
        for place in sorted(own.parent.parent.glob(f"*/{own.name}")):
            if place != own:
                see_through(client, self.remote, Keeping(place), say)

    def _forget(self) -> None:
        """Count purchases no longer that were to be made, once none of what was sent for them can be mined any more."""
        if not self.agreed.buying:
            return
        node, run, me = self.session.client.node, self.session.run, self.session.me
        sent = [
            it
            for it in refresh(Following(node, SentJournal.of(node, me), me, 0.0, run.report))
            if it.purpose == run.purpose
        ]
        mined = [raw for it in sent if it.state is State.MINED and (raw := node.receipt(it.hash)) is not None]
        self._note([TxReceipt.of(it, self.session.client.suite) for it in mined])
        if not any(it.is_living or it.state is State.GIVEN_UP for it in sent):
            self.agreed.buying = []
            self.keeping.agree(self.agreed)

    def find_carrier(self, plan: Plan, deposit: Deposit) -> None:
        """Have the gateway carry out what the account has no coin for, where it does that."""
        session, count = self.session, len(plan.bought) + bool(deposit.added or deposit.top_up)
        if not count:
            return
        has = session.client.node.balance(session.me)
        offer = None if has >= count * _GAS * most_of(session.client.node.fees()) else relay_offer(self.remote)
        if offer is None or not set(offer.functions) >= _CARRIED:
            return
        say(f"You have {ether_text(has)}, too little for gas: the gateway carries out what you sign, and pays the gas.")
        session.carrier, session.lifetime = self._carry, CARRIED_FOR

    def _carry(self, signed: SignedCall) -> TxReceipt:
        receipt = carry(self.session.client, self.remote, self.keeping, signed)
        self._note([receipt])
        self.keeping.carried()
        return receipt

    def _note(self, receipts: Sequence[TxReceipt]) -> None:
        """Write down what licences were bought for, each once.

        Who carries a call out may put acquisitions of its own into the same transaction: only what was to be bought
        counts.
        """
        for event in (it for receipt in receipts for it in receipt.events(LicenseAcquired)):
            asked = next((it for it in self.agreed.buying if _is_of(it, event, self.session.me)), None)
            if asked is not None and str(event.license_id) not in self.agreed.bought:
                self.agreed.buying.remove(asked)
                self.agreed.bought[str(event.license_id)] = event.price
        if receipts:
            self.keeping.agree(self.agreed)

    def buy(self, plan: Plan) -> Mapping[tuple[int, bytes], int]:
        """Buy what is not held, and return the licences by what they are of.

        Raises:
            InputError: nothing was bought.
        """
        session, ways = self.session, plan.bought
        if not ways:
            return {}
        wanted = [_acquisition(it, session.me) for it in ways]

        def take(client: Audiera[R]) -> R:
            if len(wanted) > 1:
                return client.licenses.acquire_many(wanted)
            (it,) = wanted
            return client.licenses.acquire(it.dataset, it.terms_id, it.to, max_price=it.max_price)

        due = [session.book.of_value(it.price, it.terms.token) for it in ways]
        before = list(self.agreed.buying)
        self.agreed.buying = [
            *before,
            *(Buying(dataset=it.dataset, terms=it.terms_id, price=it.max_price) for it in wanted),
        ]
        self.keeping.agree(self.agreed)
        try:
            receipt = pay(session, "LicenseRegistry", due, take, "Buy it?")
        except (InputError, RevertError):  # it was not sent, or had no effect
            if self.keeping.handed_over() is None:
                self.agreed.buying = before
                self.keeping.agree(self.agreed)
            raise
        if receipt is None:
            raise InputError("Nothing was bought.")
        self._note([receipt])
        events = [it for it in receipt.events(LicenseAcquired) if str(it.license_id) in self.agreed.bought]
        for it in events:
            say(f"Licence {it.license_id} of dataset {it.dataset} is yours.")
        return {(it.dataset, it.terms_id): it.license_id for it in events}

    def accesses(self, plan: Plan, deposit: Deposit) -> Accesses:
        """Return what takes accesses, with a channel that holds what they come to."""
        deal = Deal(
            gateway=self.about.account,
            payer=self.session.me,
            right=self.agreed.right,
            fee_ppm=self.about.fee_ppm,
            items=max(1, min(self.about.items, _ITEMS)),
            presigned=self.about.presigned,
            confirmations=self.about.confirmations,
            bought=self.agreed.cost,
            limits=self.limits,
        )
        client = self.session.signing_client()
        accesses = Accesses(client, self.remote, self.keeping, deal, worth=self._worth, report=say)
        if plan.ways:
            channel = self._channel()
            accesses.keep_open([it.head.voucher.batch for it in channel.batches if it.state == "open"])
            self._put(deposit.added)
        if deposit.top_up:
            self.free = deposit.free
            accesses.fund = self._fund
        return accesses

    def _fund(self, value: int, signed: int) -> None:
        """Have the channel hold what is signed for next: topped up, if it does not.

        Args:
            value: what is signed for next.
            signed: what is signed for in all then, within the limit.
        """
        if value > self.free:
            room = self.limits.spend - self.agreed.cost - signed - (self.free - value)
            added = max(value - self.free, min(self.top_up, room))
            self._put(added)
            self.free += added
        self.free -= value

    def _channel(self) -> Channel:
        """Return the channel as the gateway says that it is."""
        answer = self.remote.ask("GET", f"/v1/channels/{self.spend.token}")
        if answer.status != 200:
            raise self.remote.refusal(answer)
        return self.remote.read(Channel, answer)

    def deposit_for(self, plan: Plan) -> Deposit:
        """Return what the channel has, and what it lacks for what is to be signed for."""
        session, due = self.session, plan.uses + plan.fee
        if not due:
            return Deposit(0, 0)
        channel = session.client.usage.channel_of(session.me, plan.about.account, plan.token)
        spoken = channel.thawing + spoken_for(session.client, self.keeping, self._channel())
        free = max(channel.balance - spoken, 0)
        return Deposit(free, 0 if self.top_up else max(due - free, 0), self.top_up)

    def _put(self, value: int) -> None:
        """Deposit so much."""
        if not value:
            return
        session, amount = self.session, self.session.book.of_value(value, self.spend.token)

        def put(client: Audiera[R]) -> R:
            return client.usage.deposit(session.me, self.about.account, self.spend.token, value)

        pay(session, "UsageLedger", [amount], put, "Deposit it?")
        say(f"Deposited {amount}, which is yours until it is used: `ape run usage withdraw` takes the rest back.")

    def _worth(self, value: int) -> str:
        return str(self.session.book.of_value(value, self.spend.token))


def _acquisition(way: Way, to: str) -> Acquisition:
    return Acquisition(dataset=way.source, terms_id=way.terms.id(), max_price=way.price, to=to)


def _is_of(asked: Buying, event: LicenseAcquired, me: str) -> bool:
    """Say whether an acquisition is the one that was to be made by this account, for itself."""
    is_mine = event.to == event.payer == me
    return is_mine and (event.dataset, event.terms_id) == (asked.dataset, asked.terms) and event.price <= asked.price
