"""What the chain names by digest: documents, those that are wanted yet, and the uses of published logs."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, text

from audiera.indexer.tables.base import METADATA, amount, digest, number, word, words

__all__ = ["DOCUMENTS", "PEAKS", "USES", "WANTED"]

DOCUMENTS: Final = Table(
    "documents",
    METADATA,
    digest("digest", primary=True),  # sha-256; of a use log the hash of its voucher
    words("kind", primary=True),  # manifest, items, contributors, peaks, previews, text, log
    number("size"),  # bytes
    Column("body", LargeBinary),  # zlib; none of a use log, whose lines are `uses`, and of waveforms (`peaks`)
    number("fetched_at"),
    words("wrong"),  # in words, why these very bytes are no document of the kind; empty: they are
    digest("content_root", optional=True),  # that a manifest states, or that the items of a table have
    number("item_count", optional=True),  # of an item table, of waveforms; of previews, how many have one
    digest("item_table", optional=True, indexed=True),  # that a manifest names
    digest("contributors", optional=True, indexed=True),  # likewise
    digest("peaks", optional=True, indexed=True),  # likewise
    digest("previews", optional=True, indexed=True),  # likewise
    Index("ix_documents_wrong", "kind", sqlite_where=text("wrong <> ''"), postgresql_where=text("wrong <> ''")),
)
"""Every document that is here, as it was published; its bytes are what its digest says, whatever they say."""

PEAKS: Final = Table(
    "peaks",
    METADATA,
    digest("digest", primary=True),  # of the document
    number("part", primary=True),  # from 0: 64 items each
    Column("body", LargeBinary, nullable=False),  # 400 bytes an item, in the order of the item table
)
"""The waveforms of items, cut so that a page reads only those that it shows."""

WANTED: Final = Table(
    "wanted",
    METADATA,
    digest("digest", primary=True),
    words("kind", primary=True),
    number("dataset", optional=True, indexed=True),  # one that names it; none of legal texts and use logs
    number("most"),  # the bytes that it can have
    number("attempts"),
    number("next_try", indexed=True),  # Unix seconds
    words("reason"),  # why it is not here, in words; empty before the first attempt
)
"""Every document that the chain or a document names and that is not here: the table of retries."""

USES: Final = Table(
    "uses",
    METADATA,
    word("voucher", primary=True),  # hash of its batch's, as settled
    number("position", primary=True),  # in the journal
    number("license"),
    number("dataset"),
    number("version"),
    word("item"),  # the leaf; zero: the whole dataset
    Column("right", Integer, nullable=False),  # the bit's number
    amount("units"),
    number("at"),
    word("nonce"),
    amount("price"),
    Index("ix_uses_dataset_voucher", "dataset", "voucher"),
    Index("ix_uses_voucher_license_dataset", "voucher", "license", "dataset"),
)
"""Every use of each batch whose log is published, as in the log.

Neither the root of a batch names them, which strangers settle again with other sums, nor its id, under which another
head may be settled once the chain took the first one back.
"""
