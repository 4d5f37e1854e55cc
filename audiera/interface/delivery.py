"""What is answered about granted items, about what is blocked, and to complaints."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import ConfigDict, Field

from audiera.interface.fields import LINES, Bytes, Hash, Number
from audiera.interface.model import Model

__all__ = [
    "BUNDLE_BYTES",
    "BUNDLE_ITEMS",
    "PRESIGNED_BYTES",
    "PRESIGNED_ITEMS",
    "Blocked",
    "BlockedPage",
    "Bundle",
    "Complaint",
    "ComplaintTaken",
    "ItemKey",
    "Presigned",
    "Presigning",
]

BUNDLE_ITEMS: Final = 256
"""The most items of one bundle."""

BUNDLE_BYTES: Final = 1 << 22
"""The most bytes of all of them."""

PRESIGNED_ITEMS: Final = 1_024
"""The most items whose URLs are asked for at once."""

PRESIGNED_BYTES: Final = 1 << 24
"""The most bytes of those of them that were never verified, of which URLs come at once; or one such item."""


class Bundle(Model):
    """Which items of an access are wanted in one answer: their bytes one after another, and nothing between them."""

    items: list[Hash] = Field(
        min_length=1,
        max_length=BUNDLE_ITEMS,
        description=f"Their leaves, in the order of the answer; together they have {BUNDLE_BYTES:,} bytes at most.",
    )


class Presigning(Model):
    """Which items of an access are wanted at URLs of their own."""

    items: list[Hash] = Field(
        min_length=1, max_length=PRESIGNED_ITEMS, description="Their leaves, in the order of the answer."
    )


class Presigned(Model):
    """Where granted items are sent for a short while to whoever asks, and the gateway is not asked again."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    at: Number = Field(description="Unix seconds: now, by the clock that `until` is by.")
    until: Number = Field(description="Unix seconds: the last one in which the URLs are good.")
    urls: list[Annotated[str, Field(max_length=8_192, pattern="^[!-~]+$")] | None] = Field(
        max_length=PRESIGNED_ITEMS,
        description="In the order asked for: a path below the gateway, or an https:// URL of its store. Null: the "
        "gateway sends this item itself, or has not verified it yet.",
    )


class ItemKey(Model):
    """What opens a granted item that lies sealed in public (docs/storage.md)."""

    item: Hash
    sha256: Hash
    size: Number
    """Of the item itself."""
    url: str
    """Where everybody reads the sealed object."""
    sealed_size: Number
    data_key: Bytes
    """Of this object, and of no other."""


class Blocked(Model):
    """What a gateway does not serve."""

    dataset: Number
    item: Hash | None
    """None: all of the dataset."""
    reason: str
    at: Number
    """Unix seconds."""


class BlockedPage(Model):
    """Some of what a gateway does not serve."""

    blocked: list[Blocked]
    after: str | None
    """Where the next page begins; None: this is the last."""


class Complaint(Model):
    """What somebody objects to."""

    who: str = Field(
        min_length=1, max_length=500, pattern=LINES, description="Name, and how to reach whoever complains."
    )
    what: str = Field(
        min_length=1, max_length=2_000, pattern=LINES, description="Datasets, items, or where it is seen."
    )
    why: str = Field(min_length=1, max_length=10_000, pattern=LINES)


class ComplaintTaken(Model):
    """A complaint that is on the record."""

    number: Number
