"""RoyaltySplitter: paying an account."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.splits import payee_of
from tests.contracts.royalty_splitter.conftest import Album
from tests.support.chain import Chain, Deployed, reverts
from tests.support.money import Money

NOBODY = b"\xff" * 32  # an account that was never assigned


def test_pay_moves_the_money_in_and_credits_the_split(
    chain: Chain, splitter: Deployed, album: Album, money: Money, listener: LocalAccount
) -> None:
    """AUD-A19"""
    money.ready(listener, splitter, 1_000)
    before = money.of(listener)
    assert splitter.receivedOf(album.split.id(), money.address).call() == 0
    assert money.of(splitter) == 0

    sent = chain.send(splitter.pay(album.account, money.address, 1_000), listener, value=money.value(1_000))

    assert sent.of(splitter) == [
        splitter.event(
            "Credited",
            account=album.account,
            splitId=album.split.id(),
            token=money.address,
            payer=listener.address,
            amount=1_000,
        )
    ]
    assert splitter.receivedOf(album.split.id(), money.address).call() == 1_000
    assert money.of(splitter) == 1_000
    assert money.of(listener) == before - 1_000


def test_nothing_is_not_paid(
    chain: Chain, splitter: Deployed, album: Album, money: Money, listener: LocalAccount
) -> None:
    """AUD-R6: It would only write somebody's name beside an account."""
    with reverts("Splitter_NothingPaid", token=money.address):
        chain.send(splitter.pay(album.account, money.address, 0), listener)


def test_an_address_is_no_account(
    splitter: Deployed, money: Money, composer: LocalAccount, listener: LocalAccount
) -> None:
    """Whoever is an address is paid directly, or through a split."""
    account = payee_of(composer.address)

    with reverts("Splitter_UnassignedAccount", account=account):
        money.pay(splitter, account, 1_000, listener)

    assert money.of(splitter) == 0


def test_pay_refuses_an_unassigned_account(splitter: Deployed, money: Money, listener: LocalAccount) -> None:
    """AUD-R6"""
    with reverts("Splitter_UnassignedAccount", account=NOBODY):
        money.pay(splitter, NOBODY, 1_000, listener)

    assert money.of(splitter) == 0


@pytest.mark.parametrize("value", [0, 999, 1_001])
def test_pay_refuses_eth_that_is_not_the_amount(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount, value: int
) -> None:
    """AUD-R6, AUD-A18"""
    with reverts("Splitter_WrongValue", expected=1_000, sent=value):
        chain.send(splitter.pay(album.account, ETHER, 1_000), listener, value=value)


def test_pay_refuses_eth_beside_a_token(
    chain: Chain, splitter: Deployed, album: Album, token: Deployed, listener: LocalAccount
) -> None:
    with reverts("Splitter_WrongValue", expected=0, sent=1):
        chain.send(splitter.pay(album.account, token.address, 1_000), listener, value=1)


def test_pay_refuses_more_than_the_allowance(
    chain: Chain, splitter: Deployed, album: Album, token: Deployed, listener: LocalAccount
) -> None:
    Money(chain, token).ready(listener, splitter, 999)
    chain.send(token.mint(listener.address, 1))

    with reverts("TransferFromFailed"):
        chain.send(splitter.pay(album.account, token.address, 1_000), listener)


def test_pay_refuses_more_than_the_balance(
    chain: Chain, splitter: Deployed, album: Album, token: Deployed, listener: LocalAccount
) -> None:
    chain.send(token.approve(splitter.address, 1_000), listener)

    with reverts("TransferFromFailed"):
        chain.send(splitter.pay(album.account, token.address, 1_000), listener)


def test_pay_takes_only_the_callers_own_money(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    token: Deployed,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    """AUD-A21: Attack: spending an allowance that somebody else gave the splitter."""
    Money(chain, token).ready(listener, splitter, 1_000)

    with reverts("TransferFromFailed"):
        chain.send(splitter.pay(album.account, token.address, 1_000), stranger)


def test_pay_refuses_a_token_that_is_not_a_contract(
    chain: Chain, splitter: Deployed, album: Album, stranger: LocalAccount
) -> None:
    with reverts("Splitter_BalanceUnknown", token=stranger.address):
        chain.send(splitter.pay(album.account, stranger.address, 1_000), stranger)


def test_each_token_is_counted_apart(
    chain: Chain, splitter: Deployed, album: Album, token: Deployed, listener: LocalAccount
) -> None:
    Money(chain).pay(splitter, album.account, 700, listener)
    Money(chain, token).pay(splitter, album.account, 30, listener)

    assert splitter.receivedOf(album.split.id(), ETHER).call() == 700
    assert splitter.receivedOf(album.split.id(), token.address).call() == 30
    assert (chain.ether(splitter), token.balanceOf(splitter.address).call()) == (700, 30)
