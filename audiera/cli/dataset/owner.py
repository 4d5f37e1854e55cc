"""`dataset move-share` and `dataset withdraw-all`."""

from __future__ import annotations

from audiera.cli.terminal.documents import payee_id
from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import offer_words
from audiera.client import TxReceipt
from audiera.client.contracts.events import EpochStarted, ShareMoved
from audiera.operations import Flow, offers_in_force
from audiera.protocol import move_share as moved
from audiera.protocol import payee_of
from audiera.quantities import format_ppm
from audiera.text import Json, hex_of

__all__ = ["move_share", "withdraw_all"]


def move_share(session: Session, dataset: int, to: bytes) -> None:
    """Show the split before and after, ask, and move the sender's whole share.

    Raises:
        SplitError: if the sender has none, or the receiver cannot take it.
    """
    datasets, royalty = session.client.datasets, session.client.royalty
    datasets.dataset_of(dataset)
    if done := session.take(ShareMoved):
        _tell_moved(session, Flow.read(session.client, session.names), dataset, to, done[0])
        return
    account = datasets.account_of(dataset)
    before = royalty.current_split(account)
    after = moved(before, payee_of(session.me), to, account)
    flow = Flow.read(session.client, session.names)
    payees = dict.fromkeys(it.payee for it in (*before.shares, *after.shares))
    rows = [(flow.name(it), _share(before.ppm_of(it)), _share(after.ppm_of(it))) for it in payees]
    title = f"To give away all of your share of dataset {dataset}:"
    session.table(("payee", "share now", "share then"), rows, title=title, right=("share now", "share then"))
    say("What came in before stays yours to claim. Nobody can undo this, neither you nor the owner.")
    receipt = session.act(lambda client: client.datasets.move_share(dataset, before, to), "Move it?")
    if receipt:
        _tell_moved(session, flow, dataset, to, receipt)


def _tell_moved(session: Session, flow: Flow, dataset: int, to: bytes, receipt: TxReceipt) -> None:
    event = receipt.event(ShareMoved)
    fields: dict[str, Json] = {
        "dataset": dataset,
        "from": session.me,
        "to": payee_id(to),
        "ppm": event.ppm,
        "split": hex_of(event.split_id),
    }
    told = f"{format_ppm(event.ppm)} of dataset {dataset} belongs to {flow.name(to)} now."
    session.result(fields, told, receipt)


def withdraw_all(session: Session, dataset: int) -> None:
    """Show the offers that would lapse, ask, and withdraw them at once.

    Raises:
        InputError: if it is somebody else's dataset.
        RevertError: `Registry_UnknownDataset`.
    """
    session.own_dataset(dataset)
    offers = list(offers_in_force(session.client, session.book, datasets=[dataset]))
    rows = [offer_words(it) for it in offers]
    title = f"To withdraw every offer of dataset {dataset}; {len(offers)} stand:"
    session.table(("text", "price", "to", "left", "rights"), rows, title=title)
    say("Licences that were bought stay as they are.")
    receipt = session.act(lambda client: client.datasets.withdraw_all(dataset), "Withdraw them?")
    if receipt:
        epoch = receipt.event(EpochStarted).epoch
        fields: dict[str, Json] = {"dataset": dataset, "offerCount": len(offers), "epoch": epoch}
        session.result(fields, f"Nothing of dataset {dataset} is offered any more.", receipt)


def _share(ppm: int) -> str:
    return format_ppm(ppm) if ppm else "-"
