import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import InputError
from audiera.protocol.ids import (
    ETHER,
    account_id,
    batch_id,
    channel_id,
    commitment,
    dataset_account,
    dataset_key,
    ipi_key,
    isni_key,
    name_key,
    to_address,
)

CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
WORDS = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize("text", [CHECKSUMMED, CHECKSUMMED.lower(), "0x" + CHECKSUMMED[2:].upper()])
def test_an_address_has_one_spelling(text: str) -> None:
    assert to_address(text) == CHECKSUMMED


def test_an_address_with_a_wrong_checksum_is_refused() -> None:
    with pytest.raises(InputError, match="wrong checksum"):
        to_address(CHECKSUMMED.replace("Aeb", "aEB"))


@pytest.mark.parametrize("text", ["", "0x", CHECKSUMMED[:-1], CHECKSUMMED[2:], "vitalik.eth"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not an address"):
        to_address(text)


def test_ether_is_the_zero_address() -> None:
    assert ETHER == "0x0000000000000000000000000000000000000000"


@given(ADDRESSES, WORDS)
def test_an_account_hashes_its_controller_and_key(controller: str, key: bytes) -> None:
    """P12, and so for the ids below."""
    assert account_id(controller, key) == keccak(encode(["address", "bytes32"], [controller, key]))


@given(ADDRESSES, st.integers(1, 2**32 - 1))
def test_a_dataset_account_is_held_by_the_registry(registry: str, dataset: int) -> None:
    expected = keccak(encode(["address", "uint256"], [registry, dataset]))

    assert dataset_account(registry, dataset) == expected
    assert dataset_key(dataset) == encode(["uint256"], [dataset])


@given(ADDRESSES, ADDRESSES, ADDRESSES, st.integers(0, 2**64 - 1))
def test_a_channel_and_its_batches_have_ids(payer: str, gateway: str, token: str, batch: int) -> None:
    channel = keccak(encode(["address", "address", "address"], [payer, gateway, token]))

    assert channel_id(payer, gateway, token) == channel
    assert batch_id(channel, batch) == keccak(encode(["bytes32", "uint64"], [channel, batch]))


@given(WORDS, st.integers(0, 2**64 - 1))
def test_a_commitment_binds_the_voucher_to_its_time(voucher: bytes, at: int) -> None:
    assert commitment(voucher, at) == keccak(encode(["bytes32", "uint256"], [voucher, at]))


@pytest.mark.parametrize("dataset", [-1, 2**32])
def test_a_dataset_id_outside_its_range_is_refused(dataset: int) -> None:
    with pytest.raises(InputError, match="A dataset id is a uint32"):
        dataset_key(dataset)


def test_a_batch_number_outside_its_range_is_refused() -> None:
    with pytest.raises(InputError, match="A batch number is a uint64"):
        batch_id(bytes(32), 2**64)


def test_a_contributor_is_keyed_by_isni_in_any_spelling() -> None:
    assert isni_key("0000 0001 2103 2683") == keccak(b"isni:0000000121032683\0")
    assert isni_key("https://isni.org/isni/0000000121032683", "s") == keccak(b"isni:0000000121032683\0s")


def test_a_contributor_is_keyed_by_ipi_with_its_zeros() -> None:
    assert ipi_key("519338442") == ipi_key("00519338442") == keccak(b"ipi:00519338442\0")
    assert ipi_key("519338442", "s") == keccak(b"ipi:00519338442\0s")


def test_a_contributor_is_keyed_by_name_in_nfc_with_single_spaces() -> None:
    expected = keccak("name:Zo\u00eb Doe\0label 7".encode())

    assert name_key("  Zoe\u0308\t Doe ", "label 7") == expected
    assert name_key("Zo\u00eb Doe", "label 7") == expected


def test_a_salt_tells_namesakes_apart_and_letter_case_counts() -> None:
    keys = {name_key("Jo Doe"), name_key("Jo Doe", "1"), name_key("jo doe"), name_key("Jo Doe1")}

    assert len(keys) == 4


@pytest.mark.parametrize("name", ["", " \n"])
def test_an_empty_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="name is empty"):
        name_key(name)


@pytest.mark.parametrize(("name", "salt"), [("a\0b", ""), ("a", "b\0"), ("a\ud800", "")])
def test_a_name_that_could_pass_for_another_is_refused(name: str, salt: str) -> None:
    """AUD-A1: Attack: packed-string collision."""
    with pytest.raises(InputError, match="control characters"):
        name_key(name, salt)


def test_a_name_of_piled_marks_has_no_key() -> None:
    with pytest.raises(InputError, match="more than 30 marks in a row"):
        name_key("A" + "\u0301\u0316" * 16)
