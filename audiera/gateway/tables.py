"""The gateway's journal: what it took and what it granted. It can be made from nothing else, so it is backed up.

A batch's frontier is kept with it, so a start reads no uses. One access is one row, with its uses, which follow one
another in its batch, and the answer that a repeat gets. All of an access is written in one transaction or not at all.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from audiera.indexer.tables import address, amount, number, word

__all__ = [
    "ACCESSES",
    "BATCHES",
    "BLOCKED",
    "BROUGHT",
    "CALLS",
    "CHANNELS",
    "COMPLAINTS",
    "EDITION",
    "JOURNAL",
    "LINES",
    "METADATA",
    "NONCES",
    "NOTICES",
    "RELAYS",
    "REQUESTS",
    "SESSIONS",
    "SMALLEST",
    "TAKEN",
    "UPLOADS",
    "USE_NAMES",
]

EDITION: Final = 1
"""Goes up when the tables change."""

METADATA: Final = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"},
)


JOURNAL: Final = Table(
    "journal",
    METADATA,
    number("edition", primary=True),
    number("chain_id"),
    address("ledger"),
    address("gateway"),
)
"""One row: whose journal this is."""

CHANNELS: Final = Table(
    "channels",
    METADATA,
    address("payer", primary=True),
    address("token", primary=True),
    amount("held"),  # amount + fee of every head that the chain has not settled for good
    number("busy_until"),  # Unix seconds, after which no call of a model reserves anything of it
)

BATCHES: Final = Table(
    "batches",
    METADATA,
    word("id", primary=True),  # as the ledger names it
    address("payer"),
    address("token"),
    amount("number"),
    Column("state", String(16), nullable=False, index=True),  # `BatchState`
    amount("amount"),
    amount("fee"),
    number("calls"),
    number("statements"),
    word("root"),
    Column("signature", LargeBinary, nullable=False),  # of the head, by the payer or its signer
    address("signer"),
    Column("receipt", LargeBinary, nullable=False),  # of the head, by the gateway
    number("opened_at"),
    number("head_at"),  # when the head was taken
    number("settled_at"),  # as the chain has it; 0: not yet
    number("moved_at"),  # when its state changed last
    number("log_bytes"),  # of its use log; 0: not measured yet, and its uses cannot be found by name
    Index("ix_batches_channel", "payer", "token", "number", unique=True),
    Index("ix_batches_root", "root"),
)
"""Each batch with its newest head."""

SMALLEST: Final = Table(
    "smallest",
    METADATA,
    address("token", primary=True),
    amount("amount"),
)
"""What a batch has to come to for whoever settles from this journal: what is less alarms nobody."""

LINES: Final = Table(
    "lines",
    METADATA,
    word("batch", primary=True),
    number("license", primary=True),
    number("dataset", primary=True),
    number("units"),
    number("calls"),
    amount("amount"),
    Column("peaks", LargeBinary, nullable=False),  # the frontier: 64 bytes a node, hash and sum
    Column("counted", Boolean, nullable=False),  # the chain has counted its units, or never will
    Index("ix_lines_license", "license", "counted"),
)
"""Each statement of a batch as far as it goes."""

USE_NAMES: Final = Table(
    "use_names",
    METADATA,
    number("name", primary=True),  # the first eight bytes of the use's struct hash
    word("batch", primary=True),
    number("position", primary=True),
    sqlite_with_rowid=False,
)
"""Where the uses of batches that are closed lie. Written once they are, so that no access waits for it."""

ACCESSES: Final = Table(
    "accesses",
    METADATA,
    word("id", primary=True),  # random, and known to the payer alone: it opens the grants
    address("payer"),
    Column("key", String(255), nullable=False),  # what a repeat has in common with the first request
    word("digest"),  # of what was asked for
    word("batch"),
    number("position"),  # of its first use
    number("count"),
    number("license"),
    number("dataset"),
    number("version"),
    Column("right", Integer, nullable=False),
    Column("uses", LargeBinary, nullable=False),  # packed (`taken`)
    Column("delivers", Boolean, nullable=False),  # the bytes are granted, not held already
    Column("grants", LargeBinary, nullable=False),  # the items that are granted one by one, packed
    Column("answer", LargeBinary, nullable=False),  # zlib of JSON, without what is granted
    number("at"),
    number("until"),  # Unix seconds: its grants are good so long; 0: it grants nothing
    Index("ix_accesses_key", "payer", "key", unique=True),
    Index("ix_accesses_place", "batch", "position"),
)
"""Every access; those of a batch, in the order of `position`, are its use log."""

CALLS: Final = Table(
    "calls",
    METADATA,
    address("payer", primary=True),
    Column("key", String(255), primary_key=True),  # as that of its access
    word("digest"),
    address("token"),
    word("batch"),
    number("license"),
    amount("amount"),  # what it reserves of the channel: its price and what the fee grows by
    number("units"),  # and of the licence
    number("times"),  # how often it was forwarded after it was paid for
    number("until"),  # Unix seconds: it reserves so long; 0: it is paid for, by its access
    Index("ix_calls_channel", "payer", "token", "until"),
)
"""Calls of models: what each reserves until the service answers, and how often it was forwarded since."""

BLOCKED: Final = Table(
    "blocked",
    METADATA,
    number("dataset", primary=True),
    word("item", primary=True, indexed=True),  # the leaf; zero: all of the dataset
    Column("reason", Text, nullable=False),
    number("at"),
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
    word("token", primary=True),  # sha-256 of what the client shows
    address("account"),
    address("signer"),
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
    number("at"),
)
"""What people object to, for the operator to read."""

RELAYS: Final = Table(
    "relays",
    METADATA,
    word("id", primary=True),  # the digest that was signed
    address("account"),
    Column("address", String(64), nullable=False),  # whom the call came from
    Column("call", Text, nullable=False),  # as it came; '' a month later
    Column("state", String(16), nullable=False),  # `RelayState`
    word("transaction", indexed=True, optional=True),
    amount("cost"),  # wei, at most; once it is mined, what it was
    number("block"),
    number("gas"),
    Column("events", Text, nullable=False),  # JSON; null where they are not kept
    number("at"),
    Column("owner", String(64), nullable=False),  # which process sees to it,
    number("lease"),  # until when
    Index("ix_relays_state", "state", "at"),
    Index("ix_relays_account", "account", "at"),
    Index("ix_relays_address", "address", "at"),
)
"""Signed calls that are carried out for others."""

UPLOADS: Final = Table(
    "uploads",
    METADATA,
    word("id", primary=True),  # random
    address("account"),
    word("sha256"),
    number("size"),
    Column("private", Boolean, nullable=False),  # sealed where it is stored
    number("offset"),  # bytes that are here; all of them: it is stored
    number("counted"),  # bytes of it in `taken`: those that are here, and a part that may come; none once it is stored
    Column("until", BigInteger, nullable=False, index=True),
    Index("ix_uploads_object", "account", "sha256", unique=True),
)
"""What accounts are bringing."""

BROUGHT: Final = Table(
    "brought",
    METADATA,
    address("account", primary=True),
    word("sha256", primary=True),
    number("size"),
    number("at"),
)
"""What accounts brought."""

TAKEN: Final = Table(
    "taken",
    METADATA,
    address("account", primary=True),  # zero: all together
    number("bytes"),
)
"""How much each account brought and is bringing."""

REQUESTS: Final = Table(
    "requests",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    word("id", indexed=True),  # hash of the struct
    address("asker", indexed=True),
    number("dataset", indexed=True),
    Column("signed", Text, nullable=False),  # as it came: JSON
    Column("answer", Text),  # likewise; None: there is none yet
    address("answerer", indexed=True, optional=True),  # who signed it: the owner at that time
)
"""Licences that are asked for, and what the owners say."""

NOTICES: Final = Table(
    "notices",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    number("request"),
    address("account"),  # who is told
    Column("by", String(16), nullable=False),  # `By`
    Column("what", String(16), nullable=False),  # `What`
    number("tries"),
    number("due", indexed=True),  # when it is tried next
    sqlite_autoincrement=True,  # no number comes again: another process may still hold the notice that had it
)
"""What accounts are still to be told of requests and answers."""
