"""An access as the journal keeps it: what was used, what is granted, and the answer, which a repeat gets again.

Uses and granted items lie packed in the row of their access: a row for each would cost more than all the rest.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, Final

from sqlalchemy import Row

from audiera.interface import Access
from audiera.metering import AccessUses, PricedUse
from audiera.protocol import ZERO_WORD, Use
from audiera.text import hex_of

__all__ = [
    "Answer",
    "Grant",
    "answer_in",
    "body_of",
    "grants_in",
    "is_whole",
    "packed_logged",
    "packed_uses",
    "uses_in",
]

_USE: Final = Struct(">32sQQ32s24s")  # leaf, units, time, nonce and price
_GRANT: Final = Struct(">32s32sQHI")  # leaf, sha-256, bytes, and the lengths of media type and path, which follow
_NONE: Final = '"granted":[]'


@dataclass(frozen=True, slots=True)
class Answer:
    """What an access is answered."""

    payer: str
    at: int
    """Unix seconds of the uses."""
    calls: int
    amount: int
    """With the fee."""
    body: bytes
    """`audiera.interface.Access` as JSON."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One item that may be fetched."""

    leaf: bytes
    sha256: bytes
    size: int
    media_type: str
    path: str

    def packed(self) -> bytes:
        """Return it as the journal keeps it."""
        kind, path = self.media_type.encode(), self.path.encode()
        return _GRANT.pack(self.leaf, self.sha256, self.size, len(kind), len(path)) + kind + path

    def told(self) -> str:
        """Return it as the answer has it, but for its URL and its end."""
        members = {
            "item": hex_of(self.leaf),
            "sha256": hex_of(self.sha256),
            "size": str(self.size),
            "media_type": self.media_type,
            "path": self.path,
        }
        return json.dumps(members, ensure_ascii=False, separators=(",", ":"))[:-1]


def body_of(bare: Access, grants: Sequence[tuple[bytes, str]]) -> bytes:
    """Return an answer as it travels.

    Args:
        bare: the answer without what is granted.
        grants: the leaf of each item that is, and what it is told as.
    """
    return _whole(bare.model_dump_json(), hex_of(bare.id), grants)


def packed_uses(uses: AccessUses) -> bytes:
    """Return the uses of one access as the journal keeps them."""
    at, price = uses.at, uses.unit_price
    return b"".join(
        [
            _USE.pack(leaf, units, at, nonce, (units * price).to_bytes(24, "big"))
            for (leaf, units), nonce in zip(uses.items, uses.nonces, strict=True)
        ]
    )


def packed_logged(uses: Sequence[PricedUse]) -> bytes:
    """Return uses of one licence, dataset, version and right likewise, whatever access they are of."""
    return b"".join(
        [_USE.pack(it.use.item, it.use.units, it.use.at, it.use.nonce, it.price.to_bytes(24, "big")) for it in uses]
    )


def uses_in(row: Row[Any]) -> list[PricedUse]:
    """Return the uses of an access, whose row it is."""
    shared = {"license": row.license, "dataset": row.dataset, "version": row.version, "right": row.right}
    return [
        PricedUse(Use(item=leaf, units=units, at=at, nonce=nonce, **shared), int.from_bytes(price, "big"))
        for leaf, units, at, nonce, price in _USE.iter_unpack(row.uses)
    ]


def is_whole(row: Row[Any]) -> bool:
    """Say whether an access is of a dataset as a whole."""
    return bytes(row.uses[:32]) == ZERO_WORD


def grants_in(row: Row[Any]) -> list[Grant]:
    """Return the items that an access grants one by one."""
    at, data, found = 0, bytes(row.grants), []
    while at < len(data):
        leaf, sha256, size, kind, path = _GRANT.unpack_from(data, at)
        at += _GRANT.size
        texts = data[at : at + kind].decode(), data[at + kind : at + kind + path].decode()
        found.append(Grant(leaf, sha256, size, *texts))
        at += kind + path
    return found


def answer_in(row: Row[Any]) -> Answer:
    """Return what an access was answered."""
    bare = zlib.decompress(row.answer)
    answer = Access.model_validate_json(bare)
    body = _whole(bare.decode(), row.id, [(it.leaf, it.told()) for it in grants_in(row)])
    return Answer(row.payer, answer.at, answer.calls, answer.price + answer.fee, body)


def _whole(bare: str, access: str, grants: Sequence[tuple[bytes, str]]) -> bytes:
    told = ",".join([f'{it},"url":"/v1/accesses/{access}/items/0x{leaf.hex()}"}}' for leaf, it in grants])
    return bare.replace(_NONE, f'"granted":[{told}]', 1).encode()
