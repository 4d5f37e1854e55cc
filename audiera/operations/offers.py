"""The offers that stand, read from the chain: of a dataset, or under some terms."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from audiera.client import Audiera, Clearance, TxReceipt
from audiera.client.contracts.events import OfferMade
from audiera.licensing import Standing, StandingOffer
from audiera.operations.tokens import TokenBook
from audiera.protocol import ALL_RIGHTS, PERPETUAL, DatasetFlag

__all__ = ["offers_in_force", "standing_of"]


def offers_in_force(
    client: Audiera[TxReceipt], book: TokenBook, *, datasets: Collection[int] = (), terms_id: bytes | None = None
) -> Iterator[StandingOffer]:
    """Yield the offers that can be taken now, in the order in which they were first made.

    Args:
        client: the connection.
        book: how amounts are written.
        datasets: only these datasets', read at once; all unless told.
        terms_id: only those under these terms.
    """
    now, clearances = client.node.timestamp(), dict[int, Clearance]()
    only = next(iter(datasets)) if len(datasets) == 1 else None
    made = client.licenses.logs(OfferMade, dataset=only, terms_id=terms_id)
    keys = dict.fromkeys((it.event.dataset, it.event.terms_id, it.event.licensee) for it in made)
    for key in (it for it in keys if not datasets or it[0] in datasets):
        # An earlier owner's offer lapsed with the epoch; the contract is asked for the present one.
        if offer := client.licenses.offer_of(*key):
            terms = client.licenses.terms(key[1])
            allowed = clearances.get(key[0]) or clearances.setdefault(key[0], _allowed(client, key[0]))
            if terms.rights & ~allowed.rights_ceiling or terms.until(now) > allowed.until or allowed.until <= now:
                continue  # an offer stays when what it was cleared by has ended; the contract refuses it then
            yield StandingOffer(key[0], terms, book.of_value(offer.price, terms.token), key[2], offer.left)


def _allowed(client: Audiera[TxReceipt], dataset: int) -> Clearance:
    """Return what licences of a dataset may grant: of one that was derived, what its parents allow."""
    if client.datasets.dataset_of(dataset).flags & DatasetFlag.Derived:
        return client.licenses.clearance_of(dataset)
    return Clearance(int(ALL_RIGHTS), PERPETUAL)


def standing_of(client: Audiera[TxReceipt], book: TokenBook, dataset: int) -> Standing:
    """Return where a dataset is, whose it is, and its offers in force.

    Raises:
        RevertError: `Registry_UnknownDataset`.
    """
    return Standing(
        chain_id=client.chain_id,
        registry=client.datasets.address,
        licenses=client.licenses.address,
        dataset=dataset,
        owner=client.datasets.dataset_of(dataset).owner,
        account=client.datasets.account_of(dataset),
        offers=tuple(offers_in_force(client, book, datasets=[dataset])),
    )
