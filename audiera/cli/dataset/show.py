"""`dataset show`: everything the chain says of a dataset."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from audiera.cli.dataset.records import payee_names
from audiera.cli.terminal.documents import content_json, dataset_json, offer_json, shares_json
from audiera.cli.terminal.output import print_json, print_lines, print_table
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import offer_words, sentence
from audiera.client import Content, Dataset
from audiera.licensing import StandingOffer
from audiera.operations import Flow, offers_in_force
from audiera.protocol import DatasetFlag, cid_of
from audiera.quantities import format_ppm
from audiera.text import Json, hex_of

__all__ = ["show"]


def show(session: Session, dataset: int) -> None:
    """Print a dataset: who, what, when, from what, for whom, and at what price.

    Raises:
        RevertError: `Registry_UnknownDataset`.
    """
    state = session.client.datasets.dataset_of(dataset)
    versions = [session.client.datasets.content(dataset, it) for it in range(1, state.version + 1)]
    offers = list(offers_in_force(session.client, session.book, datasets=[dataset]))
    if session.as_json:
        print_json(_json(session, dataset, state, versions, offers))
        return
    _print(session, dataset, state, versions, offers)


def _print(
    session: Session, dataset: int, state: Dataset, versions: list[Content], offers: list[StandingOffer]
) -> None:
    client = session.client
    account = client.datasets.account_of(dataset)
    made = " from others" if state.flags & DatasetFlag.Derived else ""
    lines = [
        ("kind", f"{state.kind.name}{made}{', synthetic' if state.flags & DatasetFlag.Synthetic else ''}"),
        ("creator", client.datasets.creator_of(dataset)),
        ("owner", state.owner),
        ("registered", f"{datetime.fromtimestamp(state.registered_at, UTC):%Y-%m-%d %H:%M} UTC"),
        ("account", hex_of(account)),
        ("payment address", client.royalty.address_of(account)),
        ("gateways", ", ".join(client.datasets.gateways(dataset)) or "none named"),
    ]
    print_lines(f"{sentence(session.names.called(dataset))} on chain {client.chain_id}:")
    for name, value in lines:
        print_lines(f"  {name:<15}  {value}")
    rows = [
        (number, it.item_count, hex_of(it.content_root), cid_of(it.manifest))
        for number, it in enumerate(versions, start=1)
    ]
    print_table(
        ("version", "items", "content root", "manifest"), rows, title="Versions:", right=("version", "items"), err=False
    )
    if parents := client.datasets.parents(dataset):
        made_from = [(session.names.called(it.dataset), format_ppm(it.ppm)) for it in parents]
        print_table(("parent", "share"), made_from, title="Made from:", right=("share",), err=False)
    flow = Flow.read(client, session.names)
    names = payee_names(session, Path(), dataset, versions[0].manifest)
    shares = [
        (*([", ".join(names.get(it.payee, ())) or "-"] if names else []), flow.name(it.payee), format_ppm(it.ppm))
        for it in client.royalty.current_split(account).shares
    ]
    columns = (*(["who"] if names else []), "payee", "share")
    print_table(columns, shares, title="Who shares the income:", right=("share",), err=False)
    if offers:
        listed = [(_index(session, it), *offer_words(it), hex_of(it.terms.id())) for it in offers]
        columns = ("terms", "text", "price", "to", "left", "rights", "id of the terms")
        print_table(columns, listed, title="Offered:", right=("terms",), err=False)
    else:
        print_lines("Nothing is offered.")


def _json(
    session: Session, dataset: int, state: Dataset, versions: list[Content], offers: list[StandingOffer]
) -> dict[str, Json]:
    client = session.client
    account = client.datasets.account_of(dataset)
    listed: list[Json] = [
        {"version": number, **content_json(it.item_count, it.content_root, it.manifest)}
        for number, it in enumerate(versions, start=1)
    ]
    return {
        **dataset_json(dataset, session.names.name(dataset), state),
        "chainId": client.chain_id,
        "creator": client.datasets.creator_of(dataset),
        "epoch": state.epoch,
        "account": hex_of(account),
        "paymentAddress": client.royalty.address_of(account),
        "gateways": list(client.datasets.gateways(dataset)),
        "versions": listed,
        "parents": shares_json(client.datasets.parents(dataset)),
        "split": hex_of(client.royalty.split_of(account)),
        "shares": shares_json(client.royalty.current_split(account).shares),
        "offers": [offer_json(it) | {"index": _index(session, it)} for it in offers],
    }


def _index(session: Session, offer: StandingOffer) -> int:
    """Return the number of an offer's terms, by which they are named shortest."""
    return session.client.licenses.terms_of(offer.terms.id()).index
