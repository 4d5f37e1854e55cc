"""The offer that answers a request, and what earlier runs began of one: seen to before there is another answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import AnyAudiera, Outcome, Session
from audiera.cli.terminal.words import how_often
from audiera.client import SignedCall, TxReceipt
from audiera.client.calls import Following, calls_in, refresh
from audiera.client.contracts.events import OfferMade, OfferWithdrawn
from audiera.client.journal import SentJournal, State
from audiera.consumer import Keeping, carry_on
from audiera.errors import InputError, StorageError
from audiera.protocol import to_address
from audiera.remote import Remote

__all__ = ["PrivateOffer", "carried_before", "check_sent"]


@dataclass(frozen=True, slots=True)
class PrivateOffer:
    """An offer, as the chain takes it."""

    dataset: int
    terms_id: bytes
    licensee: str
    price: int
    left: int

    def make(self, client: AnyAudiera) -> Outcome:
        """Make it, in whatever way a client does."""
        return client.licenses.offer(self.dataset, self.terms_id, self.price, self.licensee, left=self.left)

    @classmethod
    def of(cls, data: bytes) -> PrivateOffer | None:
        """Return the offer that a call makes; None: it makes none."""
        match dict(calls_in(data)).get("offer"):
            case {
                "dataset": int(dataset),
                "termsId": bytes(terms),
                "licensee": str(to),
                "price": int(price),
                "left": int(left),
            }:
                return cls(dataset, terms, to_address(to), price, left)
            case _:
                return None

    def told(self, session: Session) -> str:
        """Return it in words."""
        stored = session.client.licenses.terms_of(self.terms_id)
        price = session.book.of_value(self.price, stored.token)
        return f"an offer under terms {stored.index} for {price}, {how_often(self.left)}"


def check_sent(session: Session, dataset: int, licensee: str, offer: PrivateOffer | None) -> None:
    """Look at what the account itself sent to a licensee, and never told, before another offer (None: a no) is given.

    What was withdrawn or changed since it was made is not taken for the same, but made again.

    Raises:
        InputError: another offer is still to be mined, or one stands and the answer is no.
        ChainError: the node does not answer.
    """
    node, registry = session.client.node, session.client.licenses.address
    journal = SentJournal.of(node, session.me)
    for entry in refresh(Following(node, journal, session.me, session.client.timeout)):
        before = PrivateOffer.of(entry.data) if entry.to == registry and not entry.told else None
        if before is None or (before.dataset, before.licensee) != (dataset, licensee):
            continue
        if entry.is_living and before != offer:
            named = f"0x{entry.hash.hex()}"
            raise InputError(
                f"An earlier run sent {before.told(session)}, as {named}, which is not mined yet; answer with it, or "
                f"see to it first: `ape run tx wait {named}`, or `ape run tx cancel {named}`."
            )
        if entry.state is not State.MINED or (raw := node.receipt(entry.hash)) is None:
            continue
        if offer is None:
            _check_standing(session, f"An earlier run made {before.told(session)}", before, None)
        if offer is None or (before == offer and _is_over(session, before, TxReceipt.of(raw, session.client.suite))):
            session.run.used.add(entry.hash)  # so the same once more is another one
            session.run.hold(journal, entry.hash)


def carried_before(session: Session, remote: Remote, keeping: Keeping, offer: PrivateOffer | None) -> TxReceipt | None:
    """Return the receipt of the offer, if an earlier run handed it over: it is not made again.

    Another one is not handed over again: once it cannot be made any more, there is another answer where it does not
    stand, or this offer takes its place, under the same terms. One that was withdrawn or changed since is made again.

    Raises:
        InputError: another one may yet be made, or stands.
        GatewayError: the offer is not carried out yet.
        StorageError: the gateway cannot be reached, or what was written down is no offer.
    """
    kept = keeping.handed_over()
    if kept is None:
        return None
    signed = SignedCall.from_json(kept.call)
    before = PrivateOffer.of(signed.call.data)
    if before is None:
        raise StorageError("What an earlier run handed over is no offer; restore what it wrote down.")
    if before == offer:
        receipt = carry_on(session.client, remote, keeping)
        if receipt is None or not _is_over(session, before, receipt):
            return receipt
        keeping.carried()
        return None
    left = signed.call.deadline - session.client.node.timestamp()  # first: a block after it changes nothing
    told = f"An earlier run handed over {before.told(session)}"
    if left >= 0 and not session.client.licenses.is_nonce_used(signed.call.account, signed.call.nonce):
        raise InputError(
            f"{told}: it may be made yet, for {left // 60 + 1} minutes; answer with it, or run this again then."
        )
    _check_standing(session, told, before, offer)
    return None


def _check_standing(session: Session, told: str, before: PrivateOffer, offer: PrivateOffer | None) -> None:
    licenses = session.client.licenses
    stands = licenses.offer_of(before.dataset, before.terms_id, before.licensee) is not None
    if stands and (offer is None or offer.terms_id != before.terms_id):
        index = licenses.terms_of(before.terms_id).index
        raise InputError(
            f"{told}, and an offer under these terms stands; withdraw it first: "
            f"`ape run license withdraw {before.dataset} {index} --licensee {before.licensee}`."
        )
    say(f"{told}; {'this one takes its place' if stands else 'it does not stand'}.")


def _is_over(session: Session, offer: PrivateOffer, receipt: TxReceipt) -> bool:
    """Say, in words too, whether an offer was withdrawn or changed since it was made; one that was taken up was not."""
    logs = partial(
        session.client.licenses.logs,
        first=receipt.block,
        dataset=offer.dataset,
        terms_id=offer.terms_id,
        licensee=offer.licensee,
    )
    made, withdrawn = list(logs(OfferMade)), logs(OfferWithdrawn)
    ours = next(it for it in made if it.transaction == receipt.transaction)
    is_over = ours.event.epoch != session.client.datasets.dataset_of(offer.dataset).epoch or any(
        (it.block, it.index) > (ours.block, ours.index) for it in (*made, *withdrawn)
    )
    if is_over:
        say(f"An earlier run made {offer.told(session)}, which was withdrawn or changed since: it is made again.")
    return is_over
