"""The gateway's journal: what it took and what it granted. It can be made from nothing else, so it is backed up.

A batch's frontier is kept with it, so a start reads no uses. One access is one row, with the answer that a repeat
gets; its uses are consecutive rows of its batch. All of an access is written in one transaction or not at all.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from audiera.indexer.tables import Amount, Word

__all__ = [
    "ACCESSES",
    "BATCHES",
    "BLOCKED",
    "BROUGHT",
    "CHANNELS",
    "COMPLAINTS",
    "EDITION",
    "JOURNAL",
    "LINES",
    "METADATA",
    "NONCES",
    "RELAYS",
    "SESSIONS",
    "UPLOADS",
    "USES",
    "USE_NAMES",
]

EDITION: Final = 1
"""Goes up when the tables change."""

METADATA: Final = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"},
)


def _number(name: str, *, primary: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=primary, nullable=False, autoincrement=False)


def _address(name: str, *, primary: bool = False) -> Column[str]:
    return Column(name, String(42), primary_key=primary, nullable=False)


def _word(name: str, *, primary: bool = False, indexed: bool = False) -> Column[str]:
    return Column(name, Word, primary_key=primary, nullable=False, index=indexed)


def _amount(name: str) -> Column[int]:
    return Column(name, Amount, nullable=False)


JOURNAL: Final = Table(
    "journal",
    METADATA,
    _number("edition", primary=True),
    _number("chain_id"),
    _address("ledger"),
    _address("gateway"),
)
"""One row: whose journal this is."""

CHANNELS: Final = Table(
    "channels",
    METADATA,
    _address("payer", primary=True),
    _address("token", primary=True),
    _amount("held"),  # amount + fee of every head that the chain has not settled for good
)

BATCHES: Final = Table(
    "batches",
    METADATA,
    _word("id", primary=True),  # as the ledger names it
    _address("payer"),
    _address("token"),
    Column("number", Amount, nullable=False),
    Column("state", String(16), nullable=False, index=True),  # `BatchState`
    _amount("amount"),
    _amount("fee"),
    _number("calls"),
    _number("statements"),
    _word("root"),
    Column("signature", LargeBinary, nullable=False),  # of the head, by the payer or its signer
    _address("signer"),
    Column("receipt", LargeBinary, nullable=False),  # of the head, by the gateway
    _number("opened_at"),
    _number("head_at"),  # when the head was taken
    _number("settled_at"),  # as the chain has it; 0: not yet
    _number("moved_at"),  # when its state changed last
    _number("log_bytes"),  # of its use log; 0: not measured yet, and its uses cannot be found by name
    Index("ix_batches_channel", "payer", "token", "number", unique=True),
    Index("ix_batches_root", "root"),
)
"""Each batch with its newest head."""

LINES: Final = Table(
    "lines",
    METADATA,
    _word("batch", primary=True),
    _number("license", primary=True),
    _number("dataset", primary=True),
    _number("units"),
    _number("calls"),
    _amount("amount"),
    Column("peaks", LargeBinary, nullable=False),  # the frontier: 64 bytes a node, hash and sum
    Column("counted", Boolean, nullable=False),  # the chain has counted its units, or never will
    Index("ix_lines_license", "license", "counted"),
)
"""Each statement of a batch as far as it goes."""

USES: Final = Table(
    "uses",
    METADATA,
    _word("batch", primary=True),
    _number("position", primary=True),
    _number("license"),
    _number("dataset"),
    _number("version"),
    _word("item"),
    Column("right", Integer, nullable=False),
    _number("units"),
    _number("at"),
    _word("nonce"),
    _amount("price"),
    sqlite_with_rowid=False,
)
"""Every use, in order: the use log of its batch."""

USE_NAMES: Final = Table(
    "use_names",
    METADATA,
    _number("name", primary=True),  # the first eight bytes of the use's struct hash
    _word("batch", primary=True),
    _number("position", primary=True),
    sqlite_with_rowid=False,
)
"""Where the uses of batches that are closed lie. Written once they are, so that no access waits for it."""

ACCESSES: Final = Table(
    "accesses",
    METADATA,
    _word("id", primary=True),  # random, and known to the payer alone: it opens the grants
    _address("payer"),
    Column("key", String(255), nullable=False),  # what a repeat has in common with the first request
    _word("digest"),  # of what was asked for
    _word("batch"),
    _number("position"),  # of its first use
    _number("count"),
    Column("delivers", Boolean, nullable=False),  # the bytes are granted, not held already
    Column("answer", LargeBinary, nullable=False),  # zlib of JSON
    _number("at"),
    _number("until"),  # Unix seconds: its grants are good so long; 0: it grants nothing
    Index("ix_accesses_key", "payer", "key", unique=True),
    Index("ix_accesses_place", "batch", "position"),
)

BLOCKED: Final = Table(
    "blocked",
    METADATA,
    _number("dataset", primary=True),
    _word("item", primary=True, indexed=True),  # the leaf; zero: all of the dataset
    Column("reason", Text, nullable=False),
    _number("at"),
)
"""What the operator does not serve, and why; listed in public."""

NONCES: Final = Table(
    "nonces",
    METADATA,
    Column("nonce", String(64), primary_key=True),
    Column("until", BigInteger, nullable=False, index=True),
)
"""What a text to sign in with has to hold; each is taken away when it is used."""

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    _word("token", primary=True),  # sha-256 of what the client shows
    _address("account"),
    _address("signer"),
    Column("until", BigInteger, nullable=False, index=True),
)
"""Who is signed in."""

COMPLAINTS: Final = Table(
    "complaints",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("why", Text, nullable=False),
    _number("at"),
)
"""What people object to, for the operator to read."""

RELAYS: Final = Table(
    "relays",
    METADATA,
    _word("id", primary=True),  # the digest that was signed
    _address("account"),
    Column("address", String(64), nullable=False),  # whom the call came from
    Column("call", Text, nullable=False),  # as it came
    Column("state", String(16), nullable=False),  # `RelayState`
    Column("transaction", Word, nullable=True, index=True),
    _amount("cost"),  # wei, at most; once it is mined, what it was
    _number("block"),
    _number("gas"),
    Column("events", Text, nullable=False),  # JSON
    _number("at"),
    Column("owner", String(64), nullable=False),  # which process sees to it,
    _number("lease"),  # until when
    Index("ix_relays_state", "state", "at"),
    Index("ix_relays_account", "account", "at"),
    Index("ix_relays_address", "address", "at"),
)
"""Signed calls that are carried out for others."""

UPLOADS: Final = Table(
    "uploads",
    METADATA,
    _word("id", primary=True),  # random
    _address("account"),
    _word("sha256"),
    _number("size"),
    Column("private", Boolean, nullable=False),  # sealed where it is stored
    _number("offset"),  # bytes that are here; all of them: it is stored
    Column("until", BigInteger, nullable=False, index=True),
    Index("ix_uploads_object", "account", "sha256", unique=True),
)
"""What accounts are bringing."""

BROUGHT: Final = Table(
    "brought",
    METADATA,
    _address("account", primary=True),
    _word("sha256", primary=True),
    _number("size"),
    _number("at"),
)
"""What accounts brought, for what they may bring yet."""
