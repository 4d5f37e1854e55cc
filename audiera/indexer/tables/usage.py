"""What was used and paid, from the events of `UsageLedger`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Integer, Table, Text

from audiera.indexer.tables.base import METADATA, address, amount, at_log, digest, number

__all__ = [
    "BATCHES",
    "CHANNELS",
    "CHANNEL_MOVES",
    "DATASET_USAGE",
    "GATEWAYS",
    "LICENSE_USAGE",
    "RECORDED_USES",
    "STATEMENTS",
]

CHANNELS: Final = Table(
    "channels",
    METADATA,
    address("payer", primary=True),
    address("gateway", primary=True, indexed=True),
    address("token", primary=True),
    amount("balance"),
    amount("thawing"),
    number("thaws_at"),  # 0: nothing thaws
    amount("deposited"),
    amount("settled"),  # amounts and fees
    amount("withdrawn"),
    amount("refunded"),
)
"""Each channel as it stands. Deposited = balance + settled + withdrawn + refunded."""

CHANNEL_MOVES: Final = Table(
    "channel_moves",
    METADATA,
    address("payer"),
    address("gateway"),
    address("token"),
    Column("move", Text, nullable=False),  # deposited, refunded, withdrawal_started, withdrawn
    address("party"),  # who deposited, or whom it was paid to; the payer for a withdrawal that starts
    amount("amount"),
    *at_log(primary=True),
)
"""History: what went into channels and came out of them but by settling."""

BATCHES: Final = Table(
    "batches",
    METADATA,
    digest("id", primary=True),
    address("payer", indexed=True),
    address("gateway", indexed=True),
    address("token"),
    amount("batch"),
    amount("amount"),
    amount("fee"),
    amount("calls"),  # what the payer signed: up to 2^64 - 1
    number("statements"),
    digest("root"),
    digest("voucher", indexed=True),  # its struct hash, which commits to all of the above
    number("settled_at"),
    number("collected"),  # statements
    amount("collected_amount"),
    Column("fee_released", Boolean, nullable=False),
    *at_log(),
)

STATEMENTS: Final = Table(
    "statements",
    METADATA,
    digest("batch", primary=True),
    number("index", primary=True),
    number("license", optional=True, indexed=True),  # none: the statement names 2^63 or more, which no licence is
    number("dataset", indexed=True),
    amount("amount"),
    amount("units"),
    amount("calls"),
    digest("uses"),  # root of their tree
    Column("counted", Boolean, nullable=False),
    *at_log(),
)
"""Each statement that was collected; the others are in the use log of their batch, where it is published."""

RECORDED_USES: Final = Table(
    "recorded_uses",
    METADATA,
    number("license", indexed=True),
    number("dataset", indexed=True),
    address("account"),
    Column("right", Integer, nullable=False),  # the bit's number
    amount("units"),
    amount("amount"),
    digest("ref"),
    *at_log(primary=True),
)
"""History: every use recorded on chain, without a gateway."""

DATASET_USAGE: Final = Table(
    "dataset_usage",
    METADATA,
    number("dataset", primary=True),
    number("calls"),
    number("call_units"),
    number("second_units"),
    number("megabyte_units"),
    number("last_at"),
)
"""What was used of each dataset by holders of its licences, as far as it counted; counters stop at 2^48 - 1."""

LICENSE_USAGE: Final = Table(
    "license_usage",
    METADATA,
    number("license", primary=True),
    amount("calls"),
    amount("units"),
    number("last_at"),
)
"""What was used under each licence by its holder; counters stop at 2^64 - 1."""

GATEWAYS: Final = Table(
    "gateways", METADATA, address("gateway", primary=True), Column("url", Text, nullable=False), *at_log()
)
"""Where gateways say that they answer. Text of strangers."""
