from __future__ import annotations

import pytest
from eth_abi.abi import encode

from audiera.client.chain.hints import _HINTS, hint_for
from audiera.client.chain.reverts import decode_revert
from audiera.client.contracts.artifacts import artifacts
from audiera.protocol.hashing import keccak
from audiera.protocol.kinds import Kind


def data_of(signature: str, *values: object) -> bytes:
    types = signature.partition("(")[2].removesuffix(")")
    return keccak(signature.encode())[:4] + encode(types.split(",") if types else [], values)


def test_a_message_is_kept_as_it_is() -> None:
    error = decode_revert(data_of("Error(string)", "no, thanks"))

    assert (error.name, error.fields) == ("Error", {"message": "no, thanks"})
    assert str(error) == "The contract refused: Error(message=no, thanks). The message is the contract's own."


@pytest.mark.parametrize(
    ("code", "meaning"),
    [(0x11, "over or under its range"), (0x12, "divided by zero"), (0x32, "shorter than the index"), (0x99, "")],
    ids=["overflow", "division", "index", "unheard of"],
)
def test_a_panic_says_what_its_code_means(code: int, meaning: str) -> None:
    error = decode_revert(data_of("Panic(uint256)", code))

    assert (error.name, error.fields) == ("Panic", {"code": code})
    assert meaning in str(error)


@pytest.mark.parametrize(
    ("signature", "there_is_none"),
    [
        ("Registry_UnknownDataset(uint256)", "There is no dataset 99; look up its number."),
        ("Registry_UnknownParent(uint32)", "There is no dataset 99; register it first, or look up its number."),
        ("License_Unknown(uint256)", "There is no licence 99; look up its number."),
        ("Pool_UnknownCampaign(uint256)", "There is no campaign 99; look up its number."),
    ],
    ids=["dataset", "parent", "licence", "campaign"],
)
def test_what_is_not_there_is_named_in_plain_words(signature: str, there_is_none: str) -> None:
    assert str(decode_revert(data_of(signature, 99))).endswith(f"=99). {there_is_none}")


def test_enums_in_fields_are_members() -> None:
    error = decode_revert(data_of("Registry_ContentMismatch(uint8,uint32,bytes32)", 7, 3, b"\x01" * 32))

    assert error.fields == {"kind": Kind.Catalogue, "itemCount": 3, "contentRoot": b"\x01" * 32}


@pytest.mark.parametrize(
    "signature",
    ["TransferFromFailed()", "TransferFailed()", "ETHTransferFailed()", "InsufficientBalance()", "Reentrancy()"],
)
def test_what_libraries_throw_from_assembly_has_a_name(signature: str) -> None:
    assert decode_revert(data_of(signature)).name == signature.removesuffix("()")


def test_a_token_error_of_the_standard_has_fields() -> None:
    """EIP-6093."""
    sender = "0x" + "11" * 20
    error = decode_revert(data_of("ERC20InsufficientBalance(address,uint256,uint256)", sender, 3, 5))

    assert error.name == "ERC20InsufficientBalance"
    assert error.fields == {"sender": sender, "balance": 3, "needed": 5}
    assert "at least 5 of the token" in str(error)


def test_unknown_data_is_kept_whole() -> None:
    error = decode_revert(b"\xde\xad\xbe\xef\x01")

    assert (error.name, error.fields) == ("Unknown", {"data": b"\xde\xad\xbe\xef\x01"})


def test_a_known_selector_with_broken_fields_is_kept_whole() -> None:
    data = data_of("Splitter_ShareSum(uint256)", 5)[:20]

    assert decode_revert(data).fields == {"data": data}


def test_nothing_is_a_revert_without_a_reason() -> None:
    error = decode_revert(b"")

    assert (error.name, error.fields) == ("Reverted", {})
    assert "No reason was given" in str(error)


def test_every_error_of_the_suite_is_read_with_exactly_its_fields() -> None:
    for contract in artifacts():
        for entry in contract.errors.values():
            zeros = entry.selector + bytes(sum(32 * max(1, len(it.components)) for it in entry.inputs))

            error = decode_revert(zeros)

            assert error.name == entry.name
            assert list(error.fields) == [it.name for it in entry.inputs]
            assert "{" not in str(error)


def test_every_error_of_the_suite_has_a_hint_and_no_other_of_that_form_has() -> None:
    known = {it.name for contract in artifacts() for it in contract.errors.values()}

    assert {it for it in _HINTS if "_" in it} == {it for it in known if "_" in it}
    assert hint_for("NoSuchError", {}) == ""
