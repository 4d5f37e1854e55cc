import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak as reference_keccak
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import InputError
from audiera.protocol.hashing import (
    address_word,
    bytes32,
    hash_struct,
    keccak,
    struct_members,
    struct_name,
    type_hash,
    word,
)

DEFINITION = "Mixed(address who,bytes32 what,uint8 small,uint48 odd,uint128 big,uint256 all,bytes data)"
ADDRESS = "0x" + "Ab" * 20


@given(st.binary(max_size=300))
def test_keccak_is_the_one_of_ethereum(data: bytes) -> None:
    assert keccak(data) == reference_keccak(data)


def test_keccak_of_nothing_is_the_known_constant() -> None:
    assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@given(st.integers(0, 2**256 - 1))
def test_a_word_is_what_abi_encoding_writes(value: int) -> None:
    assert word(value) == encode(["uint256"], [value])


@pytest.mark.parametrize("value", [-1, 2**256])
def test_a_word_refuses_what_is_no_uint256(value: int) -> None:
    with pytest.raises(InputError, match="is not a uint256"):
        word(value)


def test_an_address_word_is_padded_on_the_left() -> None:
    assert address_word(ADDRESS) == encode(["address"], [ADDRESS])


@pytest.mark.parametrize("text", ["", "0x", "0x" + "a" * 39, "a" * 42, "0x" + "g" * 40, b"\x01" * 20, 5])
def test_an_address_word_refuses_what_is_no_address(text: str) -> None:
    with pytest.raises(InputError, match="is not an address"):
        address_word(text)


@pytest.mark.parametrize("value", [b"", b"x" * 31, b"x" * 33, "x" * 32, 5])
def test_bytes32_refuses_anything_but_32_bytes(value: bytes) -> None:
    with pytest.raises(InputError, match="is not 32 bytes"):
        bytes32(value)


UINTS = st.tuples(*(st.integers(0, 2**bits - 1) for bits in (8, 48, 128, 256)))


@given(what=st.binary(min_size=32, max_size=32), uints=UINTS, data=st.binary(max_size=100))
def test_struct_hash_is_that_of_a_general_encoder(what: bytes, uints: tuple[int, ...], data: bytes) -> None:
    kinds = ["bytes32", "address", "bytes32", "uint8", "uint48", "uint128", "uint256", "bytes32"]
    values = [reference_keccak(text=DEFINITION), ADDRESS, what, *uints, reference_keccak(data)]

    found = hash_struct(DEFINITION, (ADDRESS, what, *uints, data))

    assert found == reference_keccak(encode(kinds, values))


def test_a_definition_is_taken_apart() -> None:
    assert struct_name("Share(bytes32 payee,uint32 ppm)") == "Share"
    assert struct_members("Share(bytes32 payee,uint32 ppm)") == (("bytes32", "payee"), ("uint32", "ppm"))
    assert type_hash("Share(bytes32 payee,uint32 ppm)") == reference_keccak(text="Share(bytes32 payee,uint32 ppm)")


@pytest.mark.parametrize(
    "definition", ["", "Share", "Share()", "share(uint32 a)", "A(uint32 a, uint32 b)", "A(uint32)"]
)
def test_a_definition_in_another_spelling_is_refused(definition: str) -> None:
    with pytest.raises(InputError, match="is not a struct"):
        type_hash(definition)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((2**32,), r"S cannot be hashed: a = 4294967296 is not a uint32"),
        ((-1,), r"a = -1 is not a uint32"),
        ((1.0,), r"a = 1.0 is not a uint32"),
        (("1",), r"a = '1' is not a uint32"),
        ((), r"S takes 1 values"),
        ((1, 2), r"S takes 1 values"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(values: tuple[int, ...], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        hash_struct("S(uint32 a)", values)


def test_dynamic_bytes_must_be_bytes() -> None:
    with pytest.raises(InputError, match="'text' is not bytes"):
        hash_struct("S(bytes a)", ("text",))


@pytest.mark.parametrize("value", [b"text", 7, "\ud800"], ids=["bytes", "number", "half a letter"])
def test_text_must_be_text(value: str | int | bytes) -> None:
    with pytest.raises(InputError, match="is not text"):
        hash_struct("S(string a)", (value,))


def test_a_member_of_another_type_is_refused() -> None:
    with pytest.raises(InputError, match="bool a is not a member type"):
        hash_struct("S(bool a)", (True,))
