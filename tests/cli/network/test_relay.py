"""`ape run relay`, below the command line: files of signed calls that strangers wrote."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from eth_abi.abi import encode

from audiera.cli.network.relay import MOST_TEXT, carry_out, describe_call, read_calls
from audiera.client.contracts.artifacts import artifact
from audiera.errors import InputError
from audiera.protocol.ids import to_address
from tests.cli.conftest import Sessions
from tests.cli.deals import make_terms, register

LICENSES = artifact("LicenseRegistry")
MULTICALL = LICENSES.function("multicall", 1).selector
CANCEL = LICENSES.function("cancel", 1).selector + encode(["uint256[]"], [[1, 2]])
CALL = {
    "chainId": 1,
    "contract": "LicenseRegistry",
    "address": "0x" + "11" * 20,
    "account": "0x" + "11" * 20,
    "data": "0x",
    "nonce": "5",
    "deadline": 9,
    "signature": "0x",
}


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def multicall(*parts: bytes) -> bytes:
    return MULTICALL + encode(["bytes[]"], [parts])


def aliased(inner: bytes, many: int) -> bytes:
    """A multicall of so many parts, all of which are the same bytes."""
    body = word(len(inner)) + inner + bytes(-len(inner) % 32)
    return MULTICALL + word(32) + word(many) + word(32 * many) * many + body


def nested(inner: Callable[[bytes], bytes], depth: int) -> bytes:
    data = CANCEL
    for _ in range(depth):
        data = inner(data)
    return data


def test_each_part_of_a_multicall_is_a_line() -> None:
    strange = b"\x01\x02\x03\x04"

    assert list(describe_call(LICENSES, multicall(CANCEL, strange))) == [
        "cancel(nonces: [1, 2])",
        "call something that LicenseRegistry does not have: 0x01020304",
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (multicall(CANCEL, multicall(CANCEL)), "A multicall is part of the multicall"),
        (nested(multicall, 600), "A multicall is part of the multicall"),
        (aliased(CANCEL, 60), "The arguments of multicall are not written as any compiler writes them"),
        (nested(lambda it: aliased(it, 60), 8), "The arguments of multicall are not written"),
        (multicall(CANCEL[:-1]), "The arguments of cancel are not written"),
    ],
    ids=["nested", "600 deep", "one body", "60 to the 8th lines", "cut"],
)
def test_a_call_that_unfolds_is_refused_at_once(data: bytes, message: str) -> None:
    """AUD-O1"""
    with pytest.raises(InputError, match=message):
        list(describe_call(LICENSES, data))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("chainId", True),
        ("chainId", " 1 "),
        ("chainId", "1"),
        ("deadline", 1.9),
        ("deadline", -1),
        ("nonce", "1_0"),
        ("nonce", "\u0661"),
        ("nonce", 5),
        ("nonce", float("inf")),
        ("nonce", str(2**256)),
        ("data", 5),
        ("data", "0x" + "00" * (1 << 17) + "00"),
        ("signature", "0x" + "00" * (1 << 18)),
    ],
    ids=lambda it: str(it)[:12],
)
def test_a_value_of_another_kind_is_no_signed_call(field: str, value: object) -> None:
    """AUD-O2"""
    with pytest.raises(InputError, match="This is not a signed call"):
        read_calls(json.dumps(CALL | {field: value}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "This is not a signed call"),
        ('{"nonce": "1", "nonce": "2"}', "This is not a signed call"),
        (" " * (MOST_TEXT + 1), "The file has more than 4,194,304 letters"),
    ],
    ids=["deep", "a key twice", "long"],
)
def test_a_document_with_more_than_one_reading_or_without_end_is_refused(text: str, message: str) -> None:
    """AUD-O2"""
    with pytest.raises(InputError, match=message):
        read_calls(text)


def test_gas_and_cost_are_shown_before_the_question(session: Sessions, capsys: pytest.CaptureFixture[str]) -> None:
    """AUD-O3"""
    ada, fan = session("ada", relay=True), session("fan", yes=False)
    ada.act(lambda client: client.royalty.set_recipient(to_address("0x" + "11" * 20)))
    calls = read_calls(capsys.readouterr().out)

    with pytest.raises(InputError, match="There is no terminal to ask in, so nothing was done"):
        carry_out(fan, calls)

    splitter = fan.client.royalty
    told = capsys.readouterr().err
    assert f"{ada.me} asks RoyaltySplitter at {splitter.address} on chain 31337, until " in told
    gas = fan.client.preview().submit(calls[0]).gas
    assert f"{fan.me} pays the gas: about {gas:,}, at most 0.0" in told
    assert splitter.recipient_of(ada.me) == ada.me


def test_calls_that_wait_for_others_are_not_counted(session: Sessions, capsys: pytest.CaptureFixture[str]) -> None:
    """AUD-O3"""
    ada, fan, terms = session("ada"), session("fan"), make_terms()
    dataset = register(ada)
    signing = ada.signing_client().signing()
    published = signing.licenses.publish_terms(terms)
    before = ada.client.node.request("evm_snapshot")
    ada.signing_client().licenses.publish_terms(terms)
    offered = signing.licenses.offer(dataset, terms.id(), 9)
    ada.client.node.request("evm_revert", before)

    carry_out(fan, [published, offered])

    assert ", for 1 of 2; the others wait for these." in capsys.readouterr().err
    assert fan.client.licenses.offer_of(dataset, terms.id(), to_address("0x" + "00" * 20)) is not None
