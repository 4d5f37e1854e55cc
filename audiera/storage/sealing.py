"""Encryption at rest: an object sealed with a key of its own, which is wrapped with the operator's key.

A sealed object is 56 bytes of header and then chunks:

    offset  bytes  what
    0       8      "audseal" and the format's number, 1
    8       8      which operator key: the first 8 bytes of SHA-256("audiera store key" || key)
    16      40     the data key (32 random bytes) wrapped with the operator key: AES Key Wrap, RFC 3394
    56      ...    chunks: 65,536 bytes each of the object, the last one shorter or equal, encrypted with
                   AES-256-GCM under the data key, each followed by its 16-byte tag; an empty object is
                   one empty chunk

Nonce of a chunk: its number from 0 in 11 bytes, big-endian, then 1 if it is the last and 0 if not (the STREAM
construction: Hoang, Reyhanitabar, Rogaway, Vizár, 2015). Associated data of every chunk: the first 8 bytes of
the header and the 32 bytes of the object's sha-256. So no chunk can be altered, moved, left out, added or
taken from another object without the next reader noticing, and a chunk that opens is what was sealed there.

The data key is new for every sealing: no nonce ever meets the same key twice.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from audiera.errors import StorageError

__all__ = [
    "CHUNK",
    "HEADER",
    "NotSealedError",
    "WrongKeyError",
    "check_key",
    "chunk_at",
    "data_key_of",
    "plain_size",
    "seal",
    "sealed_size",
    "unseal",
]

CHUNK: Final = 1 << 16
"""Bytes of the object in every chunk but the last."""
HEADER: Final = 56
"""Bytes before the first chunk."""

_MAGIC: Final = b"audseal\x01"
_TAG: Final = 16
_AT_ONCE: Final = 16  # chunks that are handed on together, so that those who write get a megabyte


class NotSealedError(StorageError):
    """Bytes that are not this object as it was sealed."""


class WrongKeyError(StorageError):
    """An object is sealed with another operator key."""


def sealed_size(size: int) -> int:
    """Return the bytes that an object of `size` bytes takes sealed."""
    return HEADER + size + _TAG * max(1, -(-size // CHUNK))


def plain_size(sealed: int) -> int:
    """Return the bytes of the object of which `sealed` bytes are the sealed form.

    Raises:
        NotSealedError: no object has a sealed form of so many bytes.
    """
    body = sealed - HEADER
    size = body - _TAG * max(1, -(-body // (CHUNK + _TAG)))
    if size < 0 or sealed_size(size) != sealed:
        raise NotSealedError("it has a length that no sealed object has")
    return size


def chunk_at(size: int) -> tuple[int, int]:
    """Return the number of the chunk at which reading on starts when `size` bytes are known, and its offset."""
    number = size // CHUNK
    return number, HEADER + number * (CHUNK + _TAG)


def check_key(header: bytes, key: bytes) -> None:
    """Refuse a header that is not one, or names another key.

    Raises:
        NotSealedError: the bytes are not a header.
        WrongKeyError: the object is sealed with another key.
    """
    if len(header) != HEADER or header[:8] != _MAGIC:
        raise NotSealedError("it does not begin as a sealed object")
    if header[8:16] != _key_id(key):
        raise WrongKeyError("it is sealed with another key")


def seal(blocks: Iterable[bytes], key: bytes, sha256: bytes) -> Iterator[bytes]:
    """Encrypt an object under a new data key.

    Args:
        blocks: the object's bytes, in blocks of any size.
        key: the operator's, 32 bytes.
        sha256: of the object: its name, to which the sealed bytes are bound.
    """
    data_key = os.urandom(32)
    cipher, bound = AESGCM(data_key), _MAGIC + sha256
    out = [_MAGIC + _key_id(key) + aes_key_wrap(key, data_key)]
    for number, (chunk, last) in enumerate(_chunks(blocks, CHUNK)):
        out.append(cipher.encrypt(_nonce(number, last=last), chunk, bound))
        if len(out) >= _AT_ONCE:
            yield b"".join(out)
            out.clear()
    if out:
        yield b"".join(out)


def unseal(  # all of them say of what
    header: bytes, blocks: Iterable[bytes], key: bytes, sha256: bytes, *, first: int = 0, ends: bool = True
) -> Iterator[bytes]:
    """Decrypt an object, or whole chunks of one; every block given out is as it was sealed.

    Args:
        header: the first 56 bytes.
        blocks: the bytes after the header, or from a later chunk on.
        key: the operator's, 32 bytes.
        sha256: of the object.
        first: the number of the chunk with which `blocks` begins.
        ends: whether they go to the end of the object, and not only to that of a chunk before.

    Raises:
        NotSealedError: the bytes are not what was sealed under this name.
        WrongKeyError: they are sealed with another key.
    """
    cipher, bound = AESGCM(data_key_of(header, key)), _MAGIC + sha256
    out: list[bytes] = []
    for number, (chunk, last) in enumerate(_chunks(blocks, CHUNK + _TAG), start=first):
        try:
            out.append(cipher.decrypt(_nonce(number, last=last and ends), chunk, bound))
        except (InvalidTag, ValueError) as error:
            raise NotSealedError(f"its chunk {number} is not as it was sealed") from error
        if len(out) >= _AT_ONCE:
            yield b"".join(out)
            out.clear()
    yield b"".join(out)


def data_key_of(header: bytes, key: bytes) -> bytes:
    """Return the key that opens one object alone: whoever has it opens nothing else.

    Args:
        header: the object's first 56 bytes.
        key: the operator's, 32 bytes.

    Raises:
        NotSealedError: the bytes are not a header.
        WrongKeyError: the object is sealed with another key.
    """
    check_key(header, key)
    try:
        return aes_key_unwrap(key, header[16:])
    except InvalidUnwrap as error:
        raise NotSealedError("its wrapped key is not as it was sealed") from error


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"audiera store key" + key).digest()[:8]


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _chunks(blocks: Iterable[bytes], size: int) -> Iterator[tuple[memoryview, bool]]:
    """Cut blocks into chunks of `size` bytes and say which is the last; of nothing, one empty last chunk."""
    kept = memoryview(b"")
    for block in blocks:
        kept = memoryview(b"".join((kept, block)))
        whole = max(0, len(kept) - 1) // size  # one chunk stays back, because it may be the last
        for start in range(0, whole * size, size):
            yield kept[start : start + size], False
        kept = kept[whole * size :]
    yield kept, True
