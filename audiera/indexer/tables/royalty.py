"""Who is owed, from the events of `RoyaltySplitter`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, Table

from audiera.indexer.tables.base import METADATA, address, amount, at_log, digest, number

__all__ = [
    "ACCOUNTS",
    "ASSIGNMENTS",
    "CLAIMED",
    "CLAIMS",
    "CREDITS",
    "FORWARDS",
    "RECEIVED",
    "RECIPIENTS",
    "SHARES",
    "SPLITS",
]

SPLITS: Final = Table(
    "splits", METADATA, digest("id", primary=True), Column("payees", Integer, nullable=False), *at_log()
)
"""Each split, from when its list was first seen."""

SHARES: Final = Table(
    "shares",
    METADATA,
    digest("split", primary=True),
    digest("payee", primary=True, indexed=True),  # an address with zeros in front, or an account
    Column("position", Integer, nullable=False),
    Column("ppm", Integer, nullable=False),
)

ACCOUNTS: Final = Table(
    "accounts",
    METADATA,
    digest("id", primary=True),
    address("controller"),
    digest("key"),
    digest("split", indexed=True),
    number("dataset", optional=True, indexed=True),  # whose account it is, if a dataset's
)
"""Each royalty account and the split that it is assigned to now."""

ASSIGNMENTS: Final = Table(
    "assignments", METADATA, digest("account", indexed=True), digest("split", indexed=True), *at_log(primary=True)
)
"""History: what each account was assigned to, and since when."""

RECIPIENTS: Final = Table("recipients", METADATA, address("payee", primary=True), address("recipient"))
"""Where claims of an address are paid, if not to itself."""

RECEIVED: Final = Table(
    "received", METADATA, digest("split", primary=True), address("token", primary=True), amount("amount")
)
"""All that a split ever received of a token, forwards from other splits included."""

CLAIMED: Final = Table(
    "claimed",
    METADATA,
    digest("split", primary=True),
    address("token", primary=True),
    digest("payee", primary=True),
    amount("amount"),
)
"""All that a payee ever had from a split in a token, forwards included. Owed is received * ppm // 1e6 less this."""

CREDITS: Final = Table(
    "credits",
    METADATA,
    digest("account"),
    digest("split"),
    address("token"),
    address("payer"),
    amount("amount"),
    number("dataset", optional=True, indexed=True),  # whose account it is, if a dataset's
    *at_log(primary=True),
)
"""History: every credit from outside."""

CLAIMS: Final = Table(
    "claims",
    METADATA,
    digest("payee", indexed=True),
    digest("split"),
    address("token"),
    address("recipient"),
    amount("amount"),
    *at_log(primary=True),
)
"""History: every claim that was paid."""

FORWARDS: Final = Table(
    "forwards",
    METADATA,
    digest("split"),
    digest("payee"),  # the account
    digest("to_split"),
    address("token"),
    amount("amount"),
    *at_log(primary=True),
)
"""History: every internal credit of what an account was owed to the split that it was assigned to."""
