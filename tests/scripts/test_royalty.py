"""The commands of `scripts/royalty.py`, below the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_typing import ChecksumAddress

from audiera.cli import royalty_claim, royalty_send, royalty_show
from audiera.cli.royalty_show import Subject
from audiera.cli.session import Session
from audiera.client import Content
from audiera.client.events import DatasetRegistered
from audiera.errors import AmountError, InputError, RevertError, SplitError
from audiera.ids import ETHER, account_id, name_key
from audiera.kinds import Kind
from audiera.lineage import Parent, owed_ppm
from audiera.splits import Split, payee_of
from tests.scripts.conftest import Sessions
from tests.support.artifacts import Artifact

Out = pytest.CaptureFixture[str]
Mint = Callable[[str, int], None]
DeployMock = Callable[..., ChecksumAddress]

KEY = name_key("Pavel Brandt")


def dataset(owner: Session, ppm: dict[bytes, int], parents: tuple[Parent, ...] = ()) -> int:
    """Registers a dataset with this split, the parents' part taken off nobody: it must be in there."""
    split = Split.of({**ppm, **owed_ppm(owner.client.datasets.address, parents)})
    content = Content(Kind.Samples, 0, 1, b"\x01" * 32, b"\x02" * 32)
    receipt = owner.signing_client().datasets.register(content, split, parents)
    return receipt.event(DatasetRegistered).id


def pay(payer: Session, number: int, amount: str) -> None:
    royalty_send.pay(payer, payer.client.datasets.account_of(number), f"dataset {number}", amount)


def claim(session: Session, *, payee: bytes | None = None, of: str | None = None) -> None:
    subject = Subject.of(session, of) if of else None
    royalty_claim.claim(session, payee or payee_of(session.me), subject)


def told(capsys: Out) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_split_is_shown_and_created_once(session: Sessions, capsys: Out) -> None:
    label, ada, ben = session("label"), session("ada").me, session("ben").me
    split = royalty_send.read_split(label, [f"{ada}:60%", f"{ben}:2/5"])

    royalty_send.create_split(label, split)
    first = capsys.readouterr()
    royalty_send.create_split(label, split)

    assert split == Split.of({payee_of(ada): 600_000, payee_of(ben): 400_000})
    assert label.client.royalty.split(split.id()) == split
    assert "60%" in first.err
    assert "is created" in first.out
    assert "exists already" in capsys.readouterr().out


def test_a_split_is_read_from_a_file_and_names_datasets(session: Sessions, tmp_path: Path) -> None:
    label = session("label")
    file = tmp_path / "split.csv"
    file.write_text(f"payee,share\n{label.me},1/3\ndataset:7,1/3\n0x{'ab' * 32},1/3\n")

    split = royalty_send.read_split(label, [str(file)])

    assert split.ppm_of(label.client.datasets.account_of(7)) == 333_333
    assert sorted(share.ppm for share in split.shares) == [333_333, 333_333, 333_334]


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        (["0x" + "11" * 20 + ":60%"], "add up to 60 %"),
        (["0x" + "11" * 20 + ":60%", "0x" + "11" * 20 + ":40%"], "listed twice"),
        (["ada:60%"], "'ada' is nobody to pay"),
        (["0x" + "11" * 20, "0x" + "22" * 20], "is not a payee and its share"),
        (["nowhere.csv"], "cannot be read"),
    ],
)
def test_a_split_that_makes_no_whole_is_refused(session: Sessions, shares: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        royalty_send.read_split(session("label"), shares)


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
        (payee["payee"], token["symbol"]): (token["received"], token["owed"], token["claimed"])
        for payee in split["payees"]
        for token in payee["tokens"]
    }
    assert found == {
        (label.me, "USDC"): ("2000000", "2000000", "0"),
        (label.me, "ETH"): (str(10**18 // 4), str(10**18 // 4), "0"),
        (ada.me, "USDC"): ("6000000", "0", "6000000"),
        (ada.me, "ETH"): (str(3 * 10**18 // 4), "0", str(3 * 10**18 // 4)),
    }
    for cell in ("6 USDC", "0 USDC", "2 USDC", "0.25 ETH", "0.75 ETH", "25%", f"Dataset {number}, split 0x"):
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


def test_claim_brings_everything_from_everywhere(
    session: Sessions, mint: Mint, usdc: ChecksumAddress, capsys: Out
) -> None:
    """Two datasets of its own, one made from the first, in two tokens: one command."""
    label, fan, ada = session("label"), session("fan"), session("ada", as_json=True)
    first = dataset(label, {payee_of(ada.me): 400_000, payee_of(label.me): 600_000})
    second = dataset(label, {payee_of(ada.me): 1_000_000})
    child = dataset(label, {payee_of(label.me): 500_000}, (Parent(first, 500_000),))
    grandchild = dataset(label, {payee_of(label.me): 900_000}, (Parent(child, 100_000),))
    mint(fan.me, 100_000_000)
    pay(fan, second, "3 USDC")
    pay(fan, child, "10 USDC")
    pay(fan, grandchild, "1 ETH")
    capsys.readouterr()

    claim(ada)

    printed = capsys.readouterr()
    result = json.loads(printed.out)
    # 3 + 10 * 0.5 * 0.4 USDC; 1 * 0.1 * 0.5 * 0.4 ETH
    assert {it["amount"] for it in result["claimed"]} == {"5 USDC", "0.02 ETH"}
    assert ada.client.token(usdc).balance_of(ada.me) == 5_000_000
    assert len(result["transactions"]) == 2
    assert f"dataset {first}'s split" in printed.err
    claim(ada)
    assert told(capsys)["claimed"] == []


def test_claim_can_be_for_one_dataset_and_for_somebody_else(session: Sessions, capsys: Out) -> None:
    """Anybody may trigger a claim; the money goes to the payee (P13)."""
    label, fan, ada = session("label"), session("fan"), session("ada")
    first = dataset(label, {payee_of(ada.me): 999_999, payee_of(fan.me): 1})
    second = dataset(label, {payee_of(ada.me): 1_000_000})
    pay(fan, first, "1 ETH")
    pay(fan, second, "2 ETH")
    before = fan.client.token().balance_of(ada.me)

    claim(fan, payee=payee_of(ada.me), of=str(second))

    assert fan.client.token().balance_of(ada.me) - before == 2 * 10**18
    unclaimed = fan.client.royalty.current_split(fan.client.datasets.account_of(first))
    assert fan.client.royalty.owed_of(unclaimed, ETHER, payee_of(ada.me)) == 999_999 * 10**12
    assert "Claimed 2 ETH" in capsys.readouterr().out


def test_claim_goes_where_the_payee_chose_and_says_so(session: Sessions, capsys: Out) -> None:
    label, fan, ada = session("label"), session("fan"), session("ada")
    number, wallet = dataset(label, {payee_of(ada.me): 1_000_000}), session("wallet").me
    pay(fan, number, "1 ETH")
    ada.signing_client().royalty.set_recipient(wallet)
    before = fan.client.token().balance_of(wallet)

    claim(ada)

    assert fan.client.token().balance_of(wallet) - before == 10**18
    assert f"{wallet} (chosen by {ada.me})" in capsys.readouterr().err


def test_a_custodian_assigns_an_account_and_what_waited_is_claimed(session: Sessions, capsys: Out) -> None:
    custodian, label, fan, pavel = session("custodian"), session("label"), session("fan"), session("pavel")
    held = account_id(custodian.me, KEY)
    number = dataset(label, {payee_of(label.me): 500_000, held: 500_000})
    pay(fan, number, "1 ETH")
    with pytest.raises(InputError, match="so its money waits"):
        claim(fan, payee=held)
    before = fan.client.token().balance_of(pavel.me)

    royalty_send.assign(custodian, royalty_send.parse_key("name:Pavel Brandt"), pavel.me)
    claim(fan, payee=payee_of(pavel.me))

    assert fan.client.token().balance_of(pavel.me) - before == 5 * 10**17
    printed = capsys.readouterr()
    assert "forward" in printed.err
    assert "Claimed 0.5 ETH" in printed.out


def test_an_account_can_be_assigned_to_a_split_and_only_to_one_that_exists(session: Sessions) -> None:
    custodian, ada = session("custodian"), session("ada").me
    split = Split.of({payee_of(ada): 1_000_000})
    with pytest.raises(Exception, match="There is no split"):
        royalty_send.assign(custodian, KEY, "0x" + split.id().hex())
    custodian.signing_client().royalty.create_split(split)

    royalty_send.assign(custodian, KEY, "0x" + split.id().hex())

    assert custodian.client.royalty.split_of(account_id(custodian.me, KEY)) == split.id()


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

    assert first["swept"] == [{"token": usdc, "amount": "7 USDC", "value": "7000000"}]
    assert told(capsys)["swept"] == []
    assert label.client.royalty.received_of(label.client.royalty.split_of(account), usdc) == 7_000_000


def test_a_token_that_refuses_is_left_out_and_the_others_are_claimed(
    session: Sessions, deploy_mock: DeployMock, artifact: Callable[[str], Artifact], capsys: Out
) -> None:
    """Attack: a worthless token that reverts is credited to a creator, to spoil the claim of everything else."""
    label, fan, ada = session("label"), session("fan"), session("ada", as_json=True)
    number = dataset(label, {payee_of(ada.me): 1_000_000})
    bad = deploy_mock("BlocklistToken")
    web3 = label.client.node.web3
    contract = web3.eth.contract(bad, abi=artifact("BlocklistToken").abi)
    contract.functions.mint(label.client.royalty.address, 10**18).transact({"from": web3.eth.accounts[0]})
    fan.signing_client().royalty.credit([fan.client.datasets.account_of(number)], bad, [10**18])
    contract.functions.setBlocked(ada.me, True).transact({"from": web3.eth.accounts[0]})
    pay(fan, number, "1 ETH")
    capsys.readouterr()

    claim(ada)

    result = told(capsys)
    assert [it["amount"] for it in result["claimed"]] == ["1 ETH"]
    assert [it["token"] for it in result["leftOut"]] == [bad]


def test_money_round_in_a_circle_is_forwarded_once(session: Sessions) -> None:
    custodian, fan, ada = session("custodian"), session("fan"), session("ada")
    one, two = account_id(custodian.me, b"\x01" * 32), account_id(custodian.me, b"\x02" * 32)
    first = Split.of({two: 500_000, payee_of(ada.me): 500_000})
    second = Split.of({one: 500_000, payee_of(ada.me): 500_000})
    royalty = custodian.signing_client().royalty
    for split, key in ((first, b"\x01" * 32), (second, b"\x02" * 32)):
        royalty.create_split(split)
        royalty.assign(key, split.id())
    fan.signing_client().royalty.pay(one, ETHER, 1_000)
    before = ada.client.token().balance_of(ada.me)

    claim(fan, payee=payee_of(ada.me))

    gained = ada.client.token().balance_of(ada.me) - before
    assert gained in (500 + 250, 625 + 250)  # whichever of the two comes first


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


def test_splits_that_sum_to_less_are_named(session: Sessions) -> None:
    with pytest.raises(SplitError, match="not 100 %"):
        royalty_send.read_split(session("label"), [f"{session('ada').me}:1/3", f"{session('ben').me}:1/3"])
