"""The IPFS name of bytes: CIDv1, raw codec, sha2-256, base32. The digest and the CID are one thing.

Source: multiformats CID specification. The binary form is 01 (version) 55 (raw) 12 20 (sha2-256 of
32 bytes) and the digest; the text is ``b`` and lower-case RFC 4648 base32 without padding.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from audiera.errors import InputError
from audiera.protocol.hashing import bytes32

__all__ = ["cid_of", "digest_of"]

_PREFIX: Final = bytes([0x01, 0x55, 0x12, 0x20])


def cid_of(digest: bytes) -> str:
    """Return the CID of the bytes that hash to this sha-256 digest; 59 characters.

    Raises:
        InputError: if the digest is not 32 bytes.
    """
    return "b" + base64.b32encode(_PREFIX + bytes32(digest)).decode().rstrip("=").lower()


def digest_of(cid: str) -> bytes:
    """Return the sha-256 digest that a CID names; an ``ipfs://`` prefix is allowed.

    Raises:
        InputError: if it is not a CID of this one form.
    """
    text = cid.removeprefix("ipfs://")
    try:
        raw = base64.b32decode(text[1:].upper() + "=" * (-len(text[1:]) % 8))
    except (binascii.Error, ValueError):
        raw = b""
    # Encoding it again refuses upper case, stray bits and every other second spelling.
    if len(raw) != 36 or raw[:4] != _PREFIX or cid_of(raw[4:]) != text:
        raise InputError(f"{cid!r} is not a raw sha2-256 CIDv1 in base32; it starts bafkrei.")
    return raw[4:]
