"""Who may use what, from the events of `LicenseRegistry`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Integer, Table, Text

from audiera.indexer.tables.base import METADATA, address, amount, at_log, digest, number

__all__ = ["CLEARANCES", "LICENSES", "MEMBERSHIPS", "OFFERS", "PURCHASES", "SIGNERS", "TERMS"]

TERMS: Final = Table(
    "terms",
    METADATA,
    digest("id", primary=True),
    number("index", indexed=True),
    Column("rights", Integer, nullable=False),  # `Right` bits
    Column("meter", Integer, nullable=False),  # `Meter`
    amount("unit_price"),  # smallest unit of the token, for one unit of the meter
    address("token"),
    number("duration"),  # seconds; 0: for ever
    number("notice"),  # seconds
    number("max_units"),  # 0: any number
    Column("derivative_ppm", Integer, nullable=False),
    Column("flags", Integer, nullable=False),  # `TermsFlag` bits
    digest("text", indexed=True),  # sha-256 of the legal text
    *at_log(),
)

OFFERS: Final = Table(
    "offers",
    METADATA,
    number("dataset", primary=True),
    digest("terms", primary=True, indexed=True),
    address("licensee", primary=True),  # zero: anyone
    number("epoch"),  # it lapsed unless this is its dataset's
    amount("price"),
    number("left", optional=True),  # licences and renewals that may still be taken; none: any number; 0: used up
    *at_log(),
)
"""Each offer that was not withdrawn. In force: its epoch is its dataset's, and something is left."""

LICENSES: Final = Table(
    "licenses",
    METADATA,
    number("id", primary=True),
    number("dataset", indexed=True),
    digest("terms", indexed=True),
    address("holder", indexed=True),
    number("expires_at", indexed=True),  # Unix seconds, exclusive; `PERPETUAL` never comes
    Column("revoked", Boolean, nullable=False),
    Column("locked", Boolean, nullable=False),  # a clearance rests on it; terms may forbid its transfer besides
    digest("ref"),
    *at_log(),
)
"""Each licence as it stands; `at` is when it was acquired."""

PURCHASES: Final = Table(
    "purchases",
    METADATA,
    number("license", indexed=True),
    number("dataset"),
    Column("renewal", Boolean, nullable=False),
    address("payer"),
    address("licensee"),  # whom the offer was made to, zero: anyone
    address("token"),
    amount("price"),
    number("expires_at"),
    *at_log(primary=True),
)
"""History: every acquisition and renewal."""

SIGNERS: Final = Table(
    "signers",
    METADATA,
    address("account", primary=True),
    address("signer", primary=True, indexed=True),
    amount("access_until"),  # up to 2^64 - 1, which is for ever
    amount("pay_until"),
    amount("settle_until"),
)
"""Who acts for whom until when (Unix seconds, exclusive)."""

MEMBERSHIPS: Final = Table(
    "memberships",
    METADATA,
    number("catalogue", primary=True),
    digest("terms", primary=True),
    number("dataset", primary=True, indexed=True),
    number("since"),  # 0: never held
    number("until"),  # `PERPETUAL` while nobody has left
    Column("joined", Boolean, nullable=False),  # the member's owner consents, and the catalogue's does not yet
    Column("admitted", Boolean, nullable=False),  # the other way round
    number("member_epoch"),
    number("host_epoch"),
)

CLEARANCES: Final = Table(
    "clearances",
    METADATA,
    number("dataset", primary=True),
    Column("rights_ceiling", Integer, nullable=False),  # `Right` bits
    number("until"),  # `PERPETUAL`: for ever
    Column("licenses", Text, nullable=False),  # JSON: one for each parent, in order; 0 where none is needed
    *at_log(),
)
