"""`royalty split`, `assign`, `pay`, `sweep` and `show`, below the command line."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from eth_typing import ChecksumAddress

from audiera.cli.royalty import send as royalty_send
from audiera.cli.royalty import show as royalty_show
from audiera.cli.royalty.show import Subject
from audiera.errors import AmountError, ChainError, InputError, RevertError
from audiera.protocol.ids import ETHER, account_id
from audiera.protocol.splits import Split, payee_of
from tests.cli.conftest import Sessions
from tests.cli.payments import KEY, claim, dataset, pay, told

Out = pytest.CaptureFixture[str]
Mint = Callable[[str, int], None]


def test_a_split_is_shown_and_created_once(session: Sessions, capsys: Out) -> None:
    label, ada, ben = session("label"), session("ada").me, session("ben").me
    split = Split.of({payee_of(ada): 600_000, payee_of(ben): 400_000})

    royalty_send.create_split(label, split)
    first = capsys.readouterr()
    royalty_send.create_split(label, split)

    assert label.client.royalty.split(split.id()) == split
    assert "60 %" in first.err
    assert "is created" in first.out
    assert "exists already" in capsys.readouterr().out


@pytest.mark.parametrize(("amount", "exactly"), [("5 USDC", 5_000_000), ("0.000001 USDC", 1), ("0.1 ETH", 10**17)])
def test_pay_credits_exactly_what_is_written(
    session: Sessions, mint: Mint, usdc: ChecksumAddress, amount: str, exactly: int
) -> None:
    label, fan = session("label"), session("fan")
    number = dataset(label, {payee_of(label.me): 1_000_000})
    mint(fan.me, 10**9)

    pay(fan, number, amount)

    token = usdc if "USDC" in amount else ETHER
    split_id = label.client.royalty.split_of(label.client.datasets.account_of(number))
    assert label.client.royalty.received_of(split_id, token) == exactly
    assert label.client.token(usdc).allowance(fan.me, label.client.royalty.address) == 0


def test_pay_refuses_what_cannot_be_paid(session: Sessions) -> None:
    label, poor = session("label"), session("poor")
    number = dataset(label, {payee_of(label.me): 1_000_000})

    with pytest.raises(InputError, match="has 0 USDC and would pay 5 USDC"):
        pay(poor, number, "5 USDC")
    with pytest.raises(AmountError, match="'DAI' is not known"):
        pay(poor, number, "5 DAI")
    with pytest.raises(AmountError, match="write it like"):
        pay(poor, number, "5")
    with pytest.raises(InputError, match="nothing to pay"):
        pay(poor, number, "0 ETH")
    with pytest.raises(InputError, match="comes from the account itself"):
        pay(session("poor", relay=True), number, "1 ETH")
    with pytest.raises(InputError, match="not assigned to a split"):
        royalty_send.pay(poor, b"\xaa" * 32, "an account", "1 ETH")


def test_show_tells_received_owed_and_claimed_by_payee_and_token(session: Sessions, mint: Mint, capsys: Out) -> None:
    label, fan, ada = session("label"), session("fan"), session("ada")
    number = dataset(label, {payee_of(label.me): 250_000, payee_of(ada.me): 750_000})
    mint(fan.me, 8_000_000)
    pay(fan, number, "8 USDC")
    pay(fan, number, "1 ETH")
    claim(ada, of=str(number))
    capsys.readouterr()

    royalty_show.show(label, Subject.of(label, str(number)))
    people = capsys.readouterr().out
    royalty_show.show(session("label", as_json=True), Subject.of(label, str(number)))
    programs = told(capsys)

    (split,) = programs["splits"]
    found = {
        (share["payee"], received["symbol"]): (received["value"], owed["value"], claimed["value"])
        for share in split["shares"]
        for received, owed, claimed in zip(share["received"], share["owed"], share["claimed"], strict=True)
    }
    assert found == {
        (label.me, "USDC"): ("2000000", "2000000", "0"),
        (label.me, "ETH"): (str(10**18 // 4), str(10**18 // 4), "0"),
        (ada.me, "USDC"): ("6000000", "0", "6000000"),
        (ada.me, "ETH"): (str(3 * 10**18 // 4), "0", str(3 * 10**18 // 4)),
    }
    for cell in ("6 USDC", "0 USDC", "2 USDC", "0.25 ETH", "0.75 ETH", "25 %", f"Dataset {number}, split 0x"):
        assert cell in people


def test_show_of_an_address_lists_its_shares_and_what_it_can_claim(session: Sessions, capsys: Out) -> None:
    label, fan, ada = session("label"), session("fan"), session("ada")
    number = dataset(label, {payee_of(ada.me): 1_000_000})
    pay(fan, number, "1 ETH")
    capsys.readouterr()

    royalty_show.show(fan, Subject.of(fan, ada.me))
    royalty_show.show(fan, Subject.of(fan, fan.me))

    shown = capsys.readouterr().out
    assert f"dataset {number}" in shown
    assert "To claim, forwards included: 1 ETH." in shown
    assert "has no share in any split" in shown


def test_an_account_can_be_assigned_to_a_split_and_only_to_one_that_exists(session: Sessions) -> None:
    custodian, ada = session("custodian"), session("ada").me
    split = Split.of({payee_of(ada): 1_000_000})
    with pytest.raises(ChainError, match=f"There is no split 0x{split.id().hex()} on chain 31337"):
        royalty_send.assign(custodian, KEY, "0x" + split.id().hex())
    custodian.signing_client().royalty.create_split(split)

    royalty_send.assign(custodian, KEY, "0x" + split.id().hex())

    assert custodian.client.royalty.split_of(account_id(custodian.me, KEY)) == split.id()


def test_before_an_account_is_assigned_it_is_told_whom_that_concerns(session: Sessions, capsys: Out) -> None:
    custodian, label, ada = session("custodian"), session("label"), session("ada").me
    nobody = "No split pays this account yet. Is it the right key, and the right account of Ape?\n"
    waits = "What waits for the account, and what arrives for it from now on, belongs to these payees.\n"
    stays = "What arrives for the account from now on belongs to these payees; what arrived before stays where it is.\n"

    royalty_send.assign(custodian, KEY, ada)
    first = capsys.readouterr().err
    dataset(label, {account_id(custodian.me, KEY): 1_000_000})
    royalty_send.assign(custodian, KEY, label.me)
    again = capsys.readouterr().err

    assert [it in first for it in (nobody, waits, stays)] == [True, True, False]
    assert [it in again for it in (nobody, waits, stays)] == [False, False, True]


@pytest.mark.parametrize("text", ["name:", "isni:123", "0x1234", "Pavel"])
def test_a_key_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        royalty_send.parse_key(text)


def test_sweep_credits_what_lies_at_the_payment_address(
    session: Sessions, mint: Mint, usdc: ChecksumAddress, capsys: Out
) -> None:
    label, fan = session("label"), session("fan", as_json=True)
    number = dataset(label, {payee_of(label.me): 1_000_000})
    account = label.client.datasets.account_of(number)
    address = label.client.royalty.address_of(account)
    mint(address, 7_000_000)
    royalty_show.show(label, Subject.of(label, str(number)))
    assert f"7 USDC lies at the payment address {address}" in capsys.readouterr().out

    royalty_send.sweep(fan, account, f"dataset {number}", [])
    first = told(capsys)
    royalty_send.sweep(fan, account, f"dataset {number}", ["USDC"])

    assert first["swept"] == [{"token": usdc, "symbol": "USDC", "decimals": 6, "amount": "7 USDC", "value": "7000000"}]
    assert told(capsys)["swept"] == []
    assert label.client.royalty.received_of(label.client.royalty.split_of(account), usdc) == 7_000_000


def test_show_refuses_what_is_not_there(session: Sessions) -> None:
    fan = session("fan")

    with pytest.raises(RevertError) as refused:
        Subject.of(fan, "9")
    with pytest.raises(InputError, match="neither a dataset's number nor an account"):
        Subject.of(fan, "nine")

    assert refused.value.name == "Registry_UnknownDataset"
    with pytest.raises(InputError, match="assigned to no split"):
        royalty_show.show(fan, Subject.of(fan, "0x" + "ab" * 32))


def test_assign_can_be_signed_for_others_to_send(session: Sessions, capsys: Out) -> None:
    custodian = session("custodian", relay=True)

    royalty_send.assign(custodian, KEY, session("pavel").me)

    signed = json.loads(capsys.readouterr().out)
    assert (signed["contract"], signed["account"]) == ("RoyaltySplitter", custodian.me)
    assert not any(custodian.client.royalty.split_of(account_id(custodian.me, KEY)))
