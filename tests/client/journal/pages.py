"""Entries of a journal, in one line each."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from audiera.client.journal.entries import Entry
from audiera.protocol import to_address

__all__ = ["an_entry"]

PLAIN = Entry(
    hash=b"",
    nonce=0,
    intent=b"intent",
    purpose=b"purpose",
    began=1_800_000_000,
    now=1_800_000_001,
    title="RoyaltySplitter: pay",
    to=to_address("0x" + "11" * 20),
    value=5,
    data=b"\x01\x02",
    gas=21_000,
    max_fee=10**9,
    tip=10**6,
    raw=b"signed",
    signed_at=1_800_000_002,
    owner="1-somebody",
)


def an_entry(name: str = "one", **changes: object) -> Entry:
    """An entry of that name: the same hash for the same name."""
    return replace(PLAIN, hash=sha256(name.encode()).digest(), **changes)  # type: ignore[arg-type]  # by name
