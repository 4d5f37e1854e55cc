"""`royalty claim`, below the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_typing import ChecksumAddress

from audiera.cli.royalty import send as royalty_send
from audiera.errors import ChainError, InputError
from audiera.protocol.ids import ETHER, account_id
from audiera.protocol.lineage import Parent
from audiera.protocol.splits import Split, payee_of
from tests.cli.conftest import Sessions
from tests.cli.payments import KEY, claim, dataset, pay, told
from tests.support.artifacts import Artifact

Out = pytest.CaptureFixture[str]
Mint = Callable[[str, int], None]
DeployMock = Callable[..., ChecksumAddress]


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


def test_gas_that_costs_too_much_is_refused_before_a_claim_is_shown(session: Sessions, capsys: Out) -> None:
    """AUD-N1"""
    label, fan = session("label"), session("fan")
    pay(fan, dataset(label, {payee_of(label.me): 1_000_000}), "1 ETH")
    stingy = replace(label, client=replace(label.client, node=replace(label.client.node, max_fee=1)), yes=False)

    with pytest.raises(ChainError, match="The gas of this transaction would cost up to"):
        claim(stingy)

    assert "Owed to" not in capsys.readouterr().err


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
    printed = capsys.readouterr()
    assert f"{wallet} (chosen by {ada.me})" in printed.err
    assert printed.out.endswith(f"Claimed 1 ETH for {ada.me}, paid to {wallet}.\n")


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


def test_a_token_that_refuses_is_left_out_and_the_others_are_claimed(
    session: Sessions, deploy_mock: DeployMock, artifact: Callable[[str], Artifact], capsys: Out
) -> None:
    """Attack: a worthless token that reverts is credited to a creator, to spoil the claim of everything else."""
    label, fan, ada = session("label"), session("fan"), session("ada", as_json=True)
    number = dataset(label, {payee_of(ada.me): 1_000_000})
    bad = deploy_mock("BlocklistToken")
    web3 = label.client.node.web3
    account = label.client.datasets.account_of(number)
    paid_at = label.client.royalty.address_of(account)
    contract = web3.eth.contract(bad, abi=artifact("BlocklistToken").abi)
    web3.eth.wait_for_transaction_receipt(
        contract.functions.mint(paid_at, 10**18).transact({"from": web3.eth.accounts[0]}),
        poll_latency=0.01,
    )
    fan.signing_client().royalty.sweep(account, bad)
    web3.eth.wait_for_transaction_receipt(
        contract.functions.setBlocked(ada.me, True).transact({"from": web3.eth.accounts[0]}), poll_latency=0.01
    )
    pay(fan, number, "1 ETH")
    capsys.readouterr()

    claim(ada)

    result = told(capsys)
    assert [it["amount"] for it in result["claimed"]] == ["1 ETH"]
    assert [it["token"] for it in result["refused"]] == [bad]


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
