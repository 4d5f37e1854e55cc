import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import InputError, SignatureError
from audiera.protocol.ids import to_address
from audiera.protocol.signing import MAX_S, check_signer, recover, sign
from audiera.protocol.structs import Receipt
from audiera.protocol.typed import Domain

KEY = b"\x01" * 32
ACCOUNT = Account.from_key(KEY)
DIGEST = b"\x02" * 32
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@given(st.integers(1, ORDER - 1), st.binary(min_size=32, max_size=32))
def test_who_signed_is_recovered(number: int, digest: bytes) -> None:
    key = number.to_bytes(32, "big")

    signature = sign(digest, key)

    assert recover(digest, signature) == Account.from_key(key).address
    assert int.from_bytes(signature[32:64], "big") <= MAX_S


def test_a_wallet_and_this_package_sign_alike() -> None:
    domain = Domain("UsageLedger", 31_337, to_address("0x" + "11" * 20))
    receipt = Receipt(DIGEST)

    by_wallet = ACCOUNT.sign_typed_data(full_message=domain.typed_message(receipt)).signature

    assert bytes(by_wallet) == sign(domain.digest(receipt), KEY)
    assert recover(domain.digest(receipt), bytes(by_wallet)) == ACCOUNT.address


def test_the_expected_signer_passes_in_any_spelling() -> None:
    check_signer(DIGEST, sign(DIGEST, KEY), ACCOUNT.address.lower())


def test_another_signer_is_named() -> None:
    stranger = "0x" + "22" * 20

    with pytest.raises(SignatureError, match=f"by {ACCOUNT.address} and not by {stranger}"):
        check_signer(DIGEST, sign(DIGEST, KEY), stranger)


def test_another_digest_recovers_another_signer() -> None:
    assert recover(b"\x03" * 32, sign(DIGEST, KEY)) != ACCOUNT.address


def test_a_high_s_is_refused() -> None:
    """Attack: high s."""
    signature = sign(DIGEST, KEY)
    mirrored = (ORDER - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
    twin = signature[:32] + mirrored + bytes([27 + 28 - signature[64]])

    with pytest.raises(SignatureError, match="high s"):
        recover(DIGEST, twin)


@pytest.mark.parametrize("length", [0, 64, 66])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(SignatureError, match=f"has 65 bytes, this has {length}"):
        recover(DIGEST, bytes(length))


@pytest.mark.parametrize("v", [0, 1, 26, 29, 255])
def test_another_v_is_refused(v: int) -> None:
    with pytest.raises(SignatureError, match=f"ends in 27 or 28, this in {v}"):
        recover(DIGEST, sign(DIGEST, KEY)[:64] + bytes([v]))


@pytest.mark.parametrize("signature", [bytes(64) + b"\x1b", b"\xff" * 32 + b"\x01" * 32 + b"\x1b"])
def test_a_signature_by_no_key_is_refused(signature: bytes) -> None:
    """Attack: ecrecover returning zero."""
    with pytest.raises(SignatureError, match="not by any key"):
        recover(DIGEST, signature)


@pytest.mark.parametrize("key", [b"", bytes(32), ORDER.to_bytes(32, "big"), b"\x07" * 31])
def test_an_unusable_key_is_refused_without_showing_it(key: bytes) -> None:
    with pytest.raises(InputError) as caught:
        sign(DIGEST, key)

    assert str(caught.value) == "The private key is not usable; give 32 bytes that are a secp256k1 key."


def test_a_digest_must_be_32_bytes() -> None:
    with pytest.raises(InputError, match="is not 32 bytes"):
        sign(b"short", KEY)
    with pytest.raises(InputError, match="is not 32 bytes"):
        recover(b"short", sign(DIGEST, KEY))
