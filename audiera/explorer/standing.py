"""A dataset as it stands, in the terms of the package: for documents that others define."""

from __future__ import annotations

import zlib
from typing import Final

from sqlalchemy import select

from audiera.errors import StorageError
from audiera.explorer.asked import Reading
from audiera.explorer.money import Money
from audiera.explorer.offered import rows_in_force
from audiera.explorer.registered import dataset_row
from audiera.indexer.tables import DOCUMENTS, ENTRIES, VERSIONS
from audiera.licensing import Standing, StandingOffer
from audiera.manifest import MANIFEST_BYTES, croissant_view
from audiera.protocol import to_address
from audiera.quantities import Amount
from audiera.text import from_hex

__all__ = ["croissant_of", "standing_of"]

_OFFERS: Final = 100


def standing_of(reading: Reading) -> Standing:
    """Return where the dataset that the path names is, and what anyone may take.

    Raises:
        RefusalError: there is none, or the index has terms that are not those of their id.
    """
    row = dataset_row(reading)
    offers = [
        StandingOffer(row.id, terms, _amount(reading.tokens.money(offer.price, offer.token)), left=offer.left)
        for offer, terms in rows_in_force(reading, [row.id], to_anyone=True)
    ]
    return Standing(
        chain_id=reading.index.chain_id,
        registry=to_address(reading.index.suite["DatasetRegistry"]),
        licenses=to_address(reading.index.suite["LicenseRegistry"]),
        dataset=row.id,
        owner=to_address(row.owner),
        account=from_hex(row.account),
        offers=tuple(offers[:_OFFERS]),
    )


def croissant_of(reading: Reading) -> bytes | None:
    """Return the Croissant document of the newest version whose manifest is here, with the offers in force.

    None: no manifest of it is here that can be read.

    Raises:
        RefusalError: there is no such dataset.
    """
    standing = standing_of(reading)
    query = (
        select(DOCUMENTS.c.body)
        .join(VERSIONS, VERSIONS.c.manifest == DOCUMENTS.c.digest)
        .join(ENTRIES, (ENTRIES.c.dataset == VERSIONS.c.dataset) & (ENTRIES.c.described == VERSIONS.c.version))
        .where(VERSIONS.c.dataset == standing.dataset, DOCUMENTS.c.kind == "manifest")
    )
    body = reading.connection.execute(query).scalar()
    if body is None:
        return None
    try:
        return croissant_view(zlib.decompressobj().decompress(body, MANIFEST_BYTES), standing)
    except (StorageError, zlib.error):
        return None


def _amount(money: Money) -> Amount:
    return Amount(int(money.amount), to_address(money.token), money.symbol or money.token, money.decimals)
