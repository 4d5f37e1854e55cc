"""What can be searched: made from the documents and the tables of the chain, and made again from them at will."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from audiera.indexer.tables.base import METADATA, address, amount, digest, number, word, words

__all__ = ["ENTRIES", "ITEMS", "LISTINGS", "PEOPLE", "STALE", "TEXTS", "TRAITS"]

_READ: Final = "media_type NOT LIKE 'audio/%'"  # lyrics, scores: what could pass for a legal text
_IN_ORDER: Final = Text().with_variant(Text(collation="C"), "postgresql")  # of code points, as SQLite has it

ENTRIES: Final = Table(
    "entries",
    METADATA,
    number("dataset", primary=True),
    number("version"),  # the newest
    number("described"),  # the newest whose manifest is here, which words and items are of; 0: none is
    digest("manifest"),  # of the newest
    Column("kind", Integer, nullable=False),  # `Kind`
    Column("synthetic", Boolean, nullable=False),
    Column("derived", Boolean, nullable=False),
    address("creator", indexed=True),
    number("registered_at"),
    number("item_count"),
    words("name"),  # empty while no manifest is here
    Column("sort_name", _IN_ORDER, nullable=False),  # without case and accents
    words("description"),
    words("published"),  # YYYY-MM-DD, as the manifest says
    words("keywords"),  # JSON: texts
    words("people"),  # JSON: names, creators before contributors, the first few
    number("bytes"),
    number("duration_ms"),
    number("bpm_low", optional=True),
    number("bpm_high", optional=True),
    word("item_table", optional=True),
    word("peaks", optional=True),  # the document of waveforms, if it is here and is of these items
    word("previews", optional=True),  # the list of previews, likewise
    word("cover", optional=True, indexed=True),  # the picture's sha-256
    words("cover_type", optional=True),  # its media type
    number("cover_bytes", optional=True),
    Column("rights", Integer, nullable=False),  # `Right` bits, of all its listings
    Column("meters", Integer, nullable=False),  # 1 << `Meter`, likewise
    words("made_from"),  # JSON: the digests of the documents that words and items are of
    words("problem"),  # in words, what is wrong with its documents; empty: nothing, or they are not here yet
    number("changes_at", indexed=True),  # when a listing ends by itself; `PERPETUAL`: none does
    Index("ix_entries_sort_name_dataset", "sort_name", "dataset"),
    Index(
        "ix_entries_asked", *("dataset", "kind", "synthetic", "duration_ms", "bpm_low", "bpm_high", "rights", "meters")
    ),
    Index("ix_entries_duration_ms_dataset", "duration_ms", "dataset"),
)
"""One row for each dataset: what the chain says of it, and what its documents say."""

PEOPLE: Final = Table(
    "people",
    METADATA,
    number("dataset", primary=True),
    number("position", primary=True),  # creators before contributors
    words("name"),
    Column("creator", Boolean, nullable=False),
    Column("organization", Boolean, nullable=False),
    words("roles"),  # JSON: texts
    words("isni", optional=True),
    words("ipi", optional=True),
    words("orcid", optional=True),
    sqlite_with_rowid=False,
)
"""Everyone credited with the version that is described."""

ITEMS: Final = Table(
    "items",
    METADATA,
    number("dataset", primary=True),
    number("position", primary=True),  # in the item table, from 0: by path
    words("path"),
    words("title", optional=True),
    words("people"),  # JSON: the artists
    words("album", optional=True),
    words("genre", optional=True),
    number("bpm", optional=True),
    words("key", optional=True),  # as tagged
    words("media_type"),
    number("duration_ms"),  # 0: it has none
    number("bytes"),
    word("sha256"),
    word("leaf"),
    word("preview", optional=True, indexed=True),  # sha-256 of an excerpt that anyone may hear
    number("preview_bytes", optional=True),
    number("preview_start_ms", optional=True),
    number("preview_ms", optional=True),
    Index("ix_items_read", "sha256", sqlite_where=text(_READ), postgresql_where=text(_READ)),
    sqlite_with_rowid=False,
)
"""The items of the version that is described, where its table is here and is the one that is registered."""

TRAITS: Final = Table(
    "traits",
    METADATA,
    Column("trait", Integer, primary_key=True, autoincrement=False),  # `Trait`
    Column("value", String, primary_key=True),
    number("dataset", primary=True),
    Index("ix_traits_dataset_trait_value", "dataset", "trait", "value"),
    sqlite_with_rowid=False,
)
"""What any item of a dataset is: its genre without case, its key in one spelling, its tempo in ten digits."""

LISTINGS: Final = Table(
    "listings",
    METADATA,
    number("dataset", primary=True),
    digest("terms", primary=True),
    number("source", primary=True),  # whose offer it is: the dataset itself, or a catalogue that it is a member of
    Column("rights", Integer, nullable=False),
    Column("meter", Integer, nullable=False),
    address("token"),
    amount("price"),
    amount("unit_price"),
    number("duration"),  # seconds; `PERPETUAL`: for ever
    number("until"),  # the last second in which it can be taken and covers, unless withdrawn; `PERPETUAL`: any
    Index("ix_listings_asked", *("token", "price", "dataset", "rights", "meter", "unit_price", "duration", "until")),
    sqlite_with_rowid=False,
)
"""Every offer to anyone that is in force, by what a licence would cover: of its dataset's epoch, not used up, and
within a derived one's clearance. One of a catalogue is here for itself, and for each member under its terms that does
not leave before it would end."""

TEXTS: Final = Table(
    "texts",
    METADATA,
    Column("dataset", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    words("name"),
    words("people"),
    words("tags"),
    words("rest"),  # of the description and the items: each word once
    Column("vector", LargeBinary().with_variant(TSVECTOR(), "postgresql")),  # PostgreSQL's; SQLite has `texts_index`
)
"""The words of each dataset as they are searched: folded, a space between any two."""

Index("ix_texts_vector", TEXTS.c.vector, postgresql_using="gin").ddl_if(dialect="postgresql")

STALE: Final = Table("stale", METADATA, number("dataset", primary=True))
"""The datasets whose rows above are to be made again, because the chain or a document says something new of them."""
