"""`dataset transfer`: a dataset for another owner."""

from __future__ import annotations

from eth_typing import ChecksumAddress

from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import offer_words
from audiera.client import TxReceipt
from audiera.client.contracts.events import EpochStarted, Transfer
from audiera.errors import InputError
from audiera.operations import offers_in_force
from audiera.text import Json

__all__ = ["transfer"]


def transfer(session: Session, dataset: int, to: ChecksumAddress) -> None:
    """Show what follows and which offers would lapse, ask, and transfer the sender's dataset.

    Raises:
        InputError: if it is somebody else's, or the receiver's already.
        RevertError: `Registry_UnknownDataset`, or as the receiver refuses.
    """
    if done := session.take(Transfer):
        _tell(session, dataset, done[0])
        return
    owner = session.own_dataset(dataset).owner
    if owner == to:
        raise InputError(f"Dataset {dataset} belongs to {owner} already; name another account.")
    session.plan(f"To transfer dataset {dataset}:", [("from", owner), ("to", to)])
    offers = list(offers_in_force(session.client, session.book, datasets=[dataset]))
    if offers:
        rows = [offer_words(it) for it in offers]
        session.table(("text", "price", "to", "left", "rights"), rows, title="These offers lapse:")
    else:
        say("No offer is in force that would lapse.")
    say("A membership that only one owner has agreed to lapses too; one that has begun stays.")
    say("Everybody's share of the income stays as it is, yours too, and licences that were bought stay as they are.")
    say("Only the new owner offers it, publishes versions, withdraws and revokes from then on, or can give it back.")
    receipt = session.act(lambda client: client.datasets.safe_transfer_from(owner, to, dataset), "Transfer it?")
    if receipt:
        _tell(session, dataset, receipt)


def _tell(session: Session, dataset: int, receipt: TxReceipt) -> None:
    event, epoch = receipt.event(Transfer), receipt.event(EpochStarted).epoch
    fields: dict[str, Json] = {"dataset": dataset, "from": event.from_, "to": event.to, "epoch": epoch}
    session.result(fields, f"Dataset {dataset} belongs to {event.to} now.", receipt)
