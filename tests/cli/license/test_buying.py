"""`ape run license acquire`, below the command line: in ETH and in tokens of every kind, and never above the price."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from eth_typing import ChecksumAddress
from web3 import Web3

from audiera.cli.license import acquire as license_acquire
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import parse_ref, when
from audiera.client import Signer
from audiera.errors import InputError, RevertError
from audiera.protocol.hashing import ZERO_WORD
from audiera.protocol.licenses import SignerScope
from audiera.protocol.terms import TermsFlag
from tests.cli.conftest import Sessions
from tests.cli.deals import MONTH, Out, make_terms, register, sell, told
from tests.support.artifacts import Artifact

Mint = Callable[[str, int], None]

GWEI = 10**9


def acquire(session: Session, dataset: int, terms_id: bytes, most: str | None = None) -> None:
    license_acquire.acquire(session, [(dataset, terms_id)], session.me, most=most, ref=parse_ref("PO-17"))


def test_a_licence_is_bought_in_ether_at_the_price_shown(session: Sessions, capsys: Out) -> None:
    label, buyer = session("label"), session("developer", as_json=True)
    dataset, terms = register(label), make_terms(duration=MONTH, unit_price=GWEI)
    sell(label, dataset, terms, price=3 * GWEI)

    acquire(buyer, dataset, terms.id(), "0.000000003 ETH")

    printed = told(capsys)
    (bought,) = printed.listed("licenses")
    assert (bought["price"]["amount"], bought["price"]["value"]) == ("0.000000003 ETH", str(3 * GWEI))
    assert bought["holder"] == buyer.me
    assert bytes.fromhex(str(bought["ref"])[2:]) == b"PO-17".ljust(32, b"\0")
    assert "30 days" in printed.err
    assert "0.000000001 ETH/call" in printed.err
    assert label.client.licenses.owner_of(int(str(bought["license"]))) == buyer.me


def test_a_buyer_is_told_of_the_licence_that_is_held_already(session: Sessions, capsys: Out) -> None:
    label, buyer, other = session("label"), session("developer"), session("other")
    dataset, for_a_month, for_ever = register(label), make_terms(duration=MONTH), make_terms()
    for terms in (for_a_month, for_ever):
        sell(label, dataset, terms)
    number, index = (label.client.licenses.terms_of(it.id()).index for it in (for_a_month, for_ever))

    acquire(buyer, dataset, for_a_month.id())
    acquire(buyer, dataset, for_ever.id())
    first = told(capsys)
    end = when(buyer.client.licenses.license_of(1).expires_at)
    acquire(buyer, dataset, for_a_month.id())
    again = told(capsys)
    license_acquire.acquire(other, [(dataset, for_ever.id())] * 2, buyer.me, most=None, ref=ZERO_WORD)
    for_another = told(capsys)

    hold = (
        f"hold licence 1 of dataset {dataset} under terms {number}, until {end}; `ape run license renew 1` prolongs it."
    )
    assert " hold" not in first.err
    assert f"\nYou {hold}\n" in again.err
    assert for_another.err.count(" holds licence ") == 1
    assert f"\n{buyer.me} holds licence 2 of dataset {dataset} under terms {index}, for ever.\n" in for_another.err


def test_a_revoked_licence_does_not_keep_from_buying_another(session: Sessions, capsys: Out) -> None:
    label, buyer = session("label"), session("developer")
    dataset, terms = register(label), make_terms(duration=MONTH, notice=86_400, flags=TermsFlag.Revocable)
    number = sell(label, dataset, terms, buyer)
    label.signing_client().licenses.revoke(number)

    acquire(buyer, dataset, terms.id())

    assert " hold" not in told(capsys).err


def test_a_token_with_permits_is_paid_in_one_transaction_and_leaves_no_allowance(
    session: Sessions, usdc: ChecksumAddress, mint: Mint, capsys: Out
) -> None:
    label, buyer = session("label"), session("developer")
    dataset, terms = register(label), make_terms(token=usdc)
    sell(label, dataset, terms, price=5_000_000)
    mint(buyer.me, 5_000_000)
    before = buyer.client.node.nonce(buyer.me)

    acquire(buyer, dataset, terms.id())

    assert "approves 5 USDC to the LicenseRegistry, no more" in told(capsys).err
    assert buyer.client.node.nonce(buyer.me) == before + 1
    assert buyer.client.token(usdc).balance_of(buyer.me) == 0
    assert buyer.client.token(usdc).allowance(buyer.me, buyer.client.licenses.address) == 0


def test_a_buyer_without_ether_has_a_permit_carried_out_by_another(
    session: Sessions, usdc: ChecksumAddress, mint: Mint, capsys: Out
) -> None:
    label, buyer = session("label"), session("poor developer", relay=True)
    dataset, terms = register(label), make_terms(token=usdc)
    sell(label, dataset, terms, price=2_000_000)
    mint(buyer.me, 2_000_000)

    acquire(buyer, dataset, terms.id())

    signed = told(capsys).json
    assert (signed["account"], signed["contract"]) == (buyer.me, "LicenseRegistry")
    assert buyer.client.token(usdc).balance_of(buyer.me) == 2_000_000


def test_a_token_without_permits_is_approved_first_for_exactly_the_price(
    session: Sessions,
    deploy_mock: Callable[..., ChecksumAddress],
    artifact: Callable[[str], Artifact],
    w3: Web3,
    capsys: Out,
) -> None:
    """USDT answers nothing and has no permits."""
    tether = deploy_mock("NoReturnToken")
    label, buyer = session("label"), session("developer")
    dataset, terms = register(label), make_terms(token=tether)
    sell(label, dataset, terms, price=700)
    contract = w3.eth.contract(tether, abi=artifact("NoReturnToken").abi)
    w3.eth.wait_for_transaction_receipt(
        contract.functions.mint(buyer.me, 2_000).transact({"from": w3.eth.accounts[0]}), poll_latency=0.01
    )

    acquire(buyer, dataset, terms.id())

    assert "Approved 700 " in told(capsys).err
    assert buyer.client.token(tether).balance_of(buyer.me) == 1_300
    assert buyer.client.token(tether).allowance(buyer.me, buyer.client.licenses.address) == 0


def test_a_signed_call_pays_neither_ether_nor_a_token_without_permits(
    session: Sessions, deploy_mock: Callable[..., ChecksumAddress], artifact: Callable[[str], Artifact], w3: Web3
) -> None:
    tether = deploy_mock("NoReturnToken")
    label, buyer = session("label"), session("developer", relay=True)
    dataset, in_ether, in_tether = register(label), make_terms(), make_terms(token=tether)
    for terms in (in_ether, in_tether):
        sell(label, dataset, terms, price=700)
    contract = w3.eth.contract(tether, abi=artifact("NoReturnToken").abi)
    w3.eth.wait_for_transaction_receipt(
        contract.functions.mint(buyer.me, 700).transact({"from": w3.eth.accounts[0]}), poll_latency=0.01
    )

    with pytest.raises(InputError, match="700 wei along, which a signed call cannot carry"):
        acquire(buyer, dataset, in_ether.id())
    with pytest.raises(
        InputError, match=f"takes no permits that are known.*LicenseRegistry at {label.client.licenses.address}"
    ):
        acquire(buyer, dataset, in_tether.id())


def test_a_price_that_rises_while_the_buyer_agrees_is_not_paid(session: Sessions) -> None:
    """The attack `Price front-run`: what was shown is the most that is paid."""
    label, buyer = session("label"), session("developer")
    dataset, terms = register(label), make_terms()
    sell(label, dataset, terms, price=7)
    unlock = buyer.unlock

    def agree() -> Signer:
        sell(label, dataset, terms, price=8)
        return unlock()

    buyer.unlock = agree
    with pytest.raises(RevertError) as refused:
        acquire(buyer, dataset, terms.id())

    assert (refused.value.name, refused.value.fields) == ("License_PriceAbove", {"price": 8, "maxPrice": 7})


def test_what_costs_too_much_or_is_not_offered_is_not_bought(session: Sessions, usdc: ChecksumAddress) -> None:
    label, poor = session("label"), session("penniless developer")
    dataset, terms = register(label), make_terms(token=usdc)
    sell(label, dataset, terms, price=5_000_000)

    with pytest.raises(InputError, match=r"The price is 5 USDC, above your 4\.99 USDC"):
        acquire(poor, dataset, terms.id(), "4.99 USDC")
    with pytest.raises(InputError, match="--max-price is in another token; write it in USDC"):
        acquire(poor, dataset, terms.id(), "1 ETH")
    with pytest.raises(InputError, match=f"{poor.me} has 0 USDC and needs 5 USDC"):
        acquire(poor, dataset, terms.id())
    other = register(label)
    with pytest.raises(InputError, match=f"Dataset {other} is not offered to {poor.me}"):
        acquire(poor, other, terms.id())
    with pytest.raises(InputError, match="Nothing is asked for"):
        license_acquire.acquire(poor, [], poor.me, most=None, ref=ZERO_WORD)
    with pytest.raises(InputError, match="has 33 bytes, and 32 fit"):
        parse_ref("x" * 33)


def test_an_offer_to_one_is_taken_by_nobody_else_but_its_signer(session: Sessions, capsys: Out) -> None:
    """Attack: a stranger uses up what was offered to one."""
    label, buyer, affiliate = session("label"), session("developer"), session("affiliate")
    dataset, terms = register(label), make_terms()
    label.signing_client().licenses.publish_terms(terms)
    label.signing_client().licenses.offer(dataset, terms.id(), 0, buyer.me, left=1)

    def take() -> None:
        license_acquire.acquire(affiliate, [(dataset, terms.id())], buyer.me, most=None, ref=ZERO_WORD)

    with pytest.raises(InputError, match=f"Dataset {dataset} is offered to {buyer.me} alone, .* signer {affiliate.me}"):
        take()
    end = label.client.node.timestamp() + MONTH
    buyer.signing_client().licenses.set_signer(affiliate.me, SignerScope.Pay, end)
    take()

    assert f"is held by {buyer.me}" in told(capsys).out
    assert label.client.licenses.offer_of(dataset, terms.id(), buyer.me) is None


def test_several_licences_are_bought_at_once_or_none(
    session: Sessions, usdc: ChecksumAddress, mint: Mint, capsys: Out
) -> None:
    label, buyer = session("label"), session("developer", as_json=True)
    first, second = register(label), register(label)
    in_ether, in_token = make_terms(), make_terms(token=usdc)
    sell(label, first, in_ether, price=7)
    sell(label, second, in_token, price=3_000_000)
    mint(buyer.me, 3_000_000)
    wanted = [(first, in_ether.id()), (second, in_token.id())]

    license_acquire.acquire(buyer, wanted, label.me, most=None, ref=ZERO_WORD)

    printed = told(capsys)
    assert f"2 licences for {label.me}:" in printed.err
    assert [(it["dataset"], it["price"]["value"], it["holder"]) for it in printed.listed("licenses")] == [
        (first, "7", label.me),
        (second, "3000000", label.me),
    ]


def test_several_licences_of_one_dataset_cost_what_stands_after_those_before(session: Sessions, capsys: Out) -> None:
    label, buyer = session("label"), session("developer", as_json=True)
    dataset, terms = register(label), make_terms()
    sell(label, dataset, terms, price=9)
    licenses = label.signing_client().licenses
    licenses.offer(dataset, terms.id(), 9, left=1)
    licenses.offer(dataset, terms.id(), 4, buyer.me, left=1)

    with pytest.raises(InputError, match=f"Fewer licences of dataset {dataset} are left under terms 0x"):
        license_acquire.acquire(buyer, [(dataset, terms.id())] * 3, buyer.me, most=None, ref=ZERO_WORD)
    license_acquire.acquire(buyer, [(dataset, terms.id())] * 2, buyer.me, most=None, ref=ZERO_WORD)

    assert [it["price"]["value"] for it in told(capsys).listed("licenses")] == ["4", "9"]
