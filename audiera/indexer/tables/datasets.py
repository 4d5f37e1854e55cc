"""Who published what, from the events of `DatasetRegistry`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, Table

from audiera.indexer.tables.base import METADATA, address, at_log, digest, number

__all__ = ["DATASETS", "GATEWAYS_NAMED", "PARENTS", "SHARES_MOVED", "TRANSFERS", "VERSIONS", "WITHDRAWN_ITEMS"]

DATASETS: Final = Table(
    "datasets",
    METADATA,
    number("id", primary=True),
    address("creator", indexed=True),
    address("owner", indexed=True),
    Column("kind", Integer, nullable=False),  # `Kind`
    Column("flags", Integer, nullable=False),  # `DatasetFlag` bits, of the newest version
    number("version"),  # the newest
    number("item_count"),  # of the newest version
    digest("content_root"),  # likewise
    digest("manifest"),  # likewise
    number("epoch"),
    digest("account"),
    digest("split"),  # whose payees get what arrives now
    *at_log(),
)
"""Each dataset as it stands; `at` is when it was registered."""

VERSIONS: Final = Table(
    "versions",
    METADATA,
    number("dataset", primary=True),
    number("version", primary=True),
    number("item_count"),
    digest("content_root"),
    digest("manifest", indexed=True),
    Column("flags", Integer, nullable=False),
    *at_log(),
)

PARENTS: Final = Table(
    "parents",
    METADATA,
    number("dataset", primary=True),
    number("parent", primary=True, indexed=True),
    Column("ppm", Integer, nullable=False),
)
"""What a dataset was made from; `ppm` of its income is the parent's."""

WITHDRAWN_ITEMS: Final = Table(
    "withdrawn_items",
    METADATA,
    number("dataset", primary=True),
    digest("item", primary=True),  # the leaf
    number("version"),  # the newest when it was withdrawn: a later one that has the item renews consent
    *at_log(),
)

GATEWAYS_NAMED: Final = Table(
    "gateways_named",
    METADATA,
    number("dataset", primary=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    address("gateway", indexed=True),
)
"""Which gateways serve a dataset's bytes, as its owner said last."""

SHARES_MOVED: Final = Table(
    "shares_moved",
    METADATA,
    number("dataset"),
    digest("payee"),
    digest("to"),
    Column("ppm", Integer, nullable=False),
    digest("split"),
    *at_log(primary=True),
)
"""History: one row for each share that a payee gave away."""

TRANSFERS: Final = Table(
    "transfers",
    METADATA,
    Column("contract", Integer, nullable=False),  # 0: datasets, 1: licences
    number("token_id", indexed=True),
    address("from_"),
    address("to"),
    *at_log(primary=True),
)
"""History: every change of hands of a dataset or a licence, its making included."""
