import hashlib
import os
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from hypothesis import given
from hypothesis import strategies as st

from audiera.storage.sealing import (
    CHUNK,
    HEADER,
    NotSealedError,
    WrongKeyError,
    plain_size,
    seal,
    sealed_size,
    unseal,
)
from tests.support.storage import noise

KEY = bytes(range(32))
SIZES = st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK])
STORED_CHUNK = CHUNK + 16


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    yield from (data[start : start + size] for start in range(0, len(data), size))


def sealed(data: bytes, key: bytes = KEY, name: bytes | None = None) -> bytes:
    return b"".join(seal([data], key, name or hashlib.sha256(data).digest()))


def opened(data: bytes, name: bytes, key: bytes = KEY, *, size: int = 1 << 20) -> bytes:
    return b"".join(unseal(data[:HEADER], pieces(data[HEADER:], size), key, name))


@given(size=SIZES, cut=st.integers(1, 3 * CHUNK), piece=st.integers(1_000, 3 * CHUNK))
def test_what_was_sealed_opens_to_the_same_bytes_however_it_is_cut(size: int, cut: int, piece: int) -> None:
    data = noise(size)
    name = hashlib.sha256(data).digest()

    found = b"".join(seal(pieces(data, cut), KEY, name))

    assert len(found) == sealed_size(size)
    assert plain_size(len(found)) == size
    assert opened(found, name, size=piece) == data


@given(size=SIZES, data=st.data())
def test_any_flipped_bit_is_refused(size: int, data: st.DataObject) -> None:
    """AUD-A48"""
    plain = noise(size)
    found = bytearray(sealed(plain))
    found[data.draw(st.integers(0, len(found) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises((NotSealedError, WrongKeyError)):
        opened(bytes(found), hashlib.sha256(plain).digest())


@given(size=SIZES, data=st.data())
def test_any_truncation_is_refused(size: int, data: st.DataObject) -> None:
    """AUD-A48"""
    plain = noise(size)
    found = sealed(plain)
    borders = [HEADER, *range(HEADER + STORED_CHUNK, len(found), STORED_CHUNK)]
    left = data.draw(st.sampled_from(borders) | st.integers(0, len(found) - 1))

    with pytest.raises(NotSealedError):
        opened(found[:left], hashlib.sha256(plain).digest())


@pytest.mark.parametrize("more", [b"\0", bytes(STORED_CHUNK)], ids=["a byte", "a chunk"])
def test_bytes_added_at_the_end_are_refused(more: bytes) -> None:
    plain = noise(CHUNK)

    with pytest.raises(NotSealedError):
        opened(sealed(plain) + more, hashlib.sha256(plain).digest())


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2, 1), (0, 0, 2), (0, 2), (0, 1, 1, 2)])
def test_chunks_in_any_other_order_are_refused(order: tuple[int, ...]) -> None:
    """AUD-A48"""
    plain = noise(3 * CHUNK)
    found = sealed(plain)
    chunks = list(pieces(found[HEADER:], STORED_CHUNK))

    with pytest.raises(NotSealedError):
        opened(found[:HEADER] + b"".join(chunks[number] for number in order), hashlib.sha256(plain).digest())


def test_one_object_does_not_pass_for_another() -> None:
    """AUD-A48"""
    one, other = noise(CHUNK, 1), noise(CHUNK, 2)

    with pytest.raises(NotSealedError, match="its chunk 0 is not as it was sealed"):
        opened(sealed(one), hashlib.sha256(other).digest())


def test_a_header_of_another_sealing_does_not_open_the_chunks() -> None:
    plain = noise(CHUNK)
    first, second = sealed(plain), sealed(plain)

    with pytest.raises(NotSealedError, match="its chunk 0 is not as it was sealed"):
        opened(first[:HEADER] + second[HEADER:], hashlib.sha256(plain).digest())


def test_every_sealing_has_a_key_of_its_own() -> None:
    plain = noise(CHUNK)

    first, second = sealed(plain), sealed(plain)

    assert first[:16] == second[:16]
    assert first[16:] != second[16:]


def test_another_key_is_told_from_damage() -> None:
    plain = noise(10)

    with pytest.raises(WrongKeyError, match="it is sealed with another key"):
        opened(sealed(plain), hashlib.sha256(plain).digest(), os.urandom(32))


@pytest.mark.parametrize("size", [0, HEADER - 1, HEADER, HEADER + 15, sealed_size(CHUNK) + 1, sealed_size(CHUNK) + 16])
def test_a_length_that_nothing_sealed_has_is_refused(size: int) -> None:
    with pytest.raises(NotSealedError, match="it has a length that no sealed object has"):
        plain_size(size)


def test_a_stranger_opens_it_from_the_written_format_alone() -> None:
    plain = noise(CHUNK + 100)
    name = hashlib.sha256(plain).digest()

    found = sealed(plain)

    assert found[:8] == b"audseal\x01"
    assert found[8:16] == hashlib.sha256(b"audiera store key" + KEY).digest()[:8]
    cipher = AESGCM(aes_key_unwrap(KEY, found[16:56]))
    first, last = found[56 : 56 + 65_552], found[56 + 65_552 :]
    opened_first = cipher.decrypt(bytes(12), first, b"audseal\x01" + name)
    opened_last = cipher.decrypt(bytes(10) + b"\x01\x01", last, b"audseal\x01" + name)
    assert opened_first + opened_last == plain
