import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import InputError
from audiera.protocol.cid import cid_of, digest_of


def test_the_cid_of_known_bytes_is_the_one_ipfs_gives() -> None:
    digest = hashlib.sha256(b"hello world").digest()

    assert cid_of(digest) == "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


@given(st.binary(min_size=32, max_size=32))
def test_a_cid_names_its_digest(digest: bytes) -> None:
    cid = cid_of(digest)

    assert len(cid) == 59
    assert cid.startswith("bafkrei")
    assert digest_of(cid) == digest
    assert digest_of(f"ipfs://{cid}") == digest


@pytest.mark.parametrize(
    "cid",
    [
        "",
        "b",
        "QmWATWQ7fVPP2EFGu71UkfnqhYXDYH566qy47CnJDgvs8u",
        cid_of(bytes(32)).upper(),
        cid_of(bytes(32))[:-1],
        cid_of(bytes(32)) + "a",
        cid_of(bytes(32))[:-1] + "b",
        "bafybei" + cid_of(bytes(32))[7:],
        "z" + cid_of(bytes(32))[1:],
        "b1" + cid_of(bytes(32))[2:],
        "bé",
        "b" + base64.b32encode(bytes([1, 0x55, 0x12, 0x20, *range(31)])).decode().rstrip("=").lower(),
    ],
)
def test_any_other_name_is_refused(cid: str) -> None:
    with pytest.raises(InputError, match="is not a raw sha2-256 CIDv1"):
        digest_of(cid)


def test_a_digest_must_be_32_bytes() -> None:
    with pytest.raises(InputError, match="is not 32 bytes"):
        cid_of(b"short")
