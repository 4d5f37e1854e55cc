"""`ape run relay`, below the command line: files of signed calls that strangers wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_typing import ChecksumAddress

from audiera.cli.network.relay import MOST_TEXT, carry_out, describe_call, read_calls
from audiera.cli.terminal.session import Session
from audiera.client import Content, SignedCall, TxReceipt
from audiera.client.contracts.artifacts import artifact
from audiera.client.contracts.codec import encode_call
from audiera.errors import InputError, StorageError
from audiera.protocol import Kind, Split, payee_of
from audiera.protocol.ids import to_address
from tests.cli.conftest import Ape, Sessions
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


def test_what_was_carried_out_is_said_in_words_with_the_number_to_go_on_with(
    session: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    ada, fan, terms = session("ada"), session("fan"), make_terms()
    signing = ada.signing_client().signing()
    root = bytes(31) + b"\x01"
    content = Content(Kind.Samples, 0, 1, root, root)
    split = Split.of({payee_of(ada.me): 1_000_000})

    def said(signed: SignedCall) -> list[str]:
        carry_out(fan, [signed])
        return capsys.readouterr().out.splitlines()

    assert said(signing.datasets.register(content, split)) == [
        "Carried out.",
        f"Dataset 1 is registered, and belongs to {ada.me}.",
    ]
    assert said(signing.datasets.publish_version(1, 1, b"\x02" * 32, root, version=2, flags=0)) == [
        "Carried out.",
        "Version 2 of dataset 1 is published.",
    ]
    assert said(signing.licenses.publish_terms(terms)) == [
        "Carried out.",
        "Terms 1 are published: `ape run license offer DATASET 1 --price AMOUNT` offers a dataset under them.",
    ]
    assert said(signing.licenses.offer(1, terms.id(), 0)) == [
        "Carried out.",
        "Dataset 1 is offered to anyone under terms 1 for 0 ETH.",
    ]
    assert said(signing.licenses.acquire(1, terms.id(), ada.me)) == [
        "Carried out.",
        f"Licence 1 of dataset 1 is held by {ada.me}, for ever.",
    ]
    assert said(signing.licenses.withdraw_offer(1, terms.id())) == [
        "Carried out.",
        "Dataset 1 is no longer offered to anyone under terms 1.",
    ]


def carried_among(session: Session, signed: SignedCall, *calls: bytes) -> TxReceipt:
    """Have somebody carry a call out between calls of their own."""
    client = session.signing_client()
    call = signed.call
    registry = client.licenses.contract.artifact.function("callFor", 5)
    relayed = encode_call(registry, [call.account, call.data, call.nonce, call.deadline, signed.signature])
    return client.licenses.multicall([*calls[:1], relayed, *calls[1:]])


def test_what_whoever_carries_a_call_out_does_besides_is_not_taken_for_what_was_signed(
    session: Sessions, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, eve, terms = session("ada"), session("eve"), make_terms()
    theirs = [replace(terms, text=bytes(31) + bytes([it])) for it in (1, 2)]
    own, foreign = register(ada), register(eve)
    eve.signing_client().licenses.publish_terms(terms)
    encoding, signing = eve.signing_client().encoding().licenses, ada.signing_client().signing()

    def told(signed: SignedCall, *besides: bytes) -> tuple[str, str]:
        receipt = carried_among(eve, signed, *besides)
        monkeypatch.setattr("audiera.cli.network.relay.have_carried_out", lambda *_: receipt)
        capsys.readouterr()
        carry_out(ada, [signed], "http://127.0.0.1:9")
        out, err = capsys.readouterr()
        return out, err.partition("Transaction ")[2]

    published = told(signing.licenses.publish_terms(terms), *map(encoding.publish_terms, theirs))
    offered = told(
        signing.licenses.offer(own, terms.id(), 9),
        encoding.offer(foreign, terms.id(), 1),
        encoding.offer(foreign, terms.id(), 0),
    )
    bought = told(
        signing.licenses.acquire(foreign, terms.id(), ada.me), *[encoding.acquire(foreign, terms.id(), eve.me)] * 2
    )

    assert published[0].splitlines() == [
        "Carried out.",
        "Terms 1 are published: `ape run license offer DATASET 1 --price AMOUNT` offers a dataset under them.",
    ]
    assert "TermsPublished" not in published[1]
    assert f"Dataset {own} is offered to anyone under terms 1 for 0.000000000000000009 ETH." in offered[0]
    assert len(offered[0].splitlines()) == 2
    assert f"dataset: {foreign}" not in offered[1]
    assert bought[0].splitlines() == ["Carried out.", f"Licence 2 of dataset {foreign} is held by {ada.me}, for ever."]
    assert "license_id: 1," not in bought[1]


def test_a_node_that_does_not_tell_what_was_made_hides_no_result(
    session: Sessions, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, fan = session("ada"), session("fan")
    signed = ada.signing_client().signing().licenses.publish_terms(make_terms())

    def fail(*_: object) -> None:
        raise StorageError("Nobody is there.")

    monkeypatch.setattr(type(fan.client.licenses), "terms_of", fail)
    carry_out(fan, [signed])

    out, err = capsys.readouterr()
    assert out.splitlines() == ["Carried out."]
    assert "It is carried out; not all that it made can be told now: Nobody is there." in err


def test_a_gateway_that_carries_a_call_out_needs_no_account_here(
    ape: Ape, people: Mapping[str, ChecksumAddress], tmp_path: Path
) -> None:
    signed = ape("royalty", "recipient", people["fan"], "--account", "visitor", "--relay", "--yes")
    call = tmp_path / "call.json"
    call.write_text(signed.out)

    to_gateway = ape("relay", str(call), "--at", "http://192.0.2.1:x", "--yes")
    from_here = ape("relay", str(call), "--yes")

    assert "`ape run relay FILE --at URL`" in signed.err
    assert "http://192.0.2.1:x is no gateway's URL; write https://HOST." in to_gateway.err
    assert "Say who acts with --account ALIAS" in from_here.err
