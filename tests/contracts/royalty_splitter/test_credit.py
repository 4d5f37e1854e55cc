"""RoyaltySplitter: crediting money that is already there."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from tests.contracts.royalty_splitter.conftest import Album
from tests.support.chain import Chain, Deployed, reverts
from tests.support.money import Money
from tests.support.splits import assigned, equal_split

KEY = b"single".ljust(32, b"\0")
NOBODY = b"\xff" * 32  # an account that was never assigned


def test_credit_accounts_for_money_that_arrived_before(
    chain: Chain, splitter: Deployed, album: Album, money: Money, label: LocalAccount, listener: LocalAccount
) -> None:
    """Warning of the interface: anyone may credit such money, here the payer."""
    other = equal_split(2)
    single = assigned(chain, splitter, label, KEY, other)
    money.move(listener, splitter.address, 1_000)
    assert splitter.accountedOf(money.address).call() == 0

    sent = chain.send(splitter.credit([album.account, single], money.address, [600, 400]), listener)

    assert sent.events == [
        splitter.event("Credited", account=album.account, token=money.address, splitId=album.split.id(), amount=600),
        splitter.event("Credited", account=single, token=money.address, splitId=other.id(), amount=400),
    ]
    assert splitter.receivedOf(album.split.id(), money.address).call() == 600
    assert splitter.receivedOf(other.id(), money.address).call() == 400
    assert splitter.accountedOf(money.address).call() == money.of(splitter) == 1_000


def test_credit_takes_eth_sent_along(chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount) -> None:
    chain.send(splitter.credit([album.account], ETHER, [1_000]), listener, value=1_000)

    assert splitter.receivedOf(album.split.id(), ETHER).call() == 1_000
    assert chain.ether(splitter) == 1_000


def test_credit_one_does_the_same_for_one_account(
    chain: Chain, splitter: Deployed, album: Album, money: Money, listener: LocalAccount
) -> None:
    money.move(listener, splitter.address, 600)

    sent = chain.send(splitter.creditOne(album.account, money.address, 600), listener)

    assert sent.events == [
        splitter.event("Credited", account=album.account, token=money.address, splitId=album.split.id(), amount=600)
    ]
    assert splitter.receivedOf(album.split.id(), money.address).call() == 600
    assert splitter.accountedOf(money.address).call() == money.of(splitter) == 600


def test_credit_one_refuses_what_credit_refuses(
    chain: Chain, splitter: Deployed, album: Album, money: Money, token: Deployed, listener: LocalAccount
) -> None:
    money.pay(splitter, album.account, 100, listener)

    with reverts("Splitter_NotReceived", token=money.address, accounted=101, held=100):
        chain.send(splitter.creditOne(album.account, money.address, 1))
    with reverts("Splitter_UnassignedAccount", account=NOBODY):
        chain.send(splitter.creditOne(NOBODY, money.address, 0))
    with reverts("Splitter_WrongValue", expected=0, sent=7):
        chain.send(splitter.creditOne(album.account, token.address, 7), value=7)


def test_credit_one_takes_eth_sent_along(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount
) -> None:
    chain.send(splitter.creditOne(album.account, ETHER, 1_000), listener, value=1_000)

    assert splitter.receivedOf(album.split.id(), ETHER).call() == 1_000


def test_credit_may_name_an_account_twice(
    chain: Chain, splitter: Deployed, album: Album, money: Money, listener: LocalAccount
) -> None:
    """Attack: duplicate ids in an array (H-1, FL-SP-02): each line counts against the balance."""
    money.move(listener, splitter.address, 1_000)

    with reverts("Splitter_NotReceived", token=money.address, accounted=1_001, held=1_000):
        chain.send(splitter.credit([album.account, album.account], money.address, [501, 500]))

    chain.send(splitter.credit([album.account, album.account], money.address, [500, 500]))
    assert splitter.receivedOf(album.split.id(), money.address).call() == 1_000


def test_credit_refuses_money_that_did_not_arrive(chain: Chain, splitter: Deployed, album: Album, money: Money) -> None:
    with reverts("Splitter_NotReceived", token=money.address, accounted=1, held=0):
        chain.send(splitter.credit([album.account], money.address, [1]))


def test_money_is_credited_once(
    chain: Chain, splitter: Deployed, album: Album, money: Money, listener: LocalAccount, stranger: LocalAccount
) -> None:
    """P1. Attack: crediting what belongs to others already."""
    money.pay(splitter, album.account, 1_000, listener)

    with reverts("Splitter_NotReceived", token=money.address, accounted=1_001, held=1_000):
        chain.send(splitter.credit([album.account], money.address, [1]), stranger)


def test_anyone_may_take_stray_money(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    money: Money,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    """Attack: donation. What is sent without a credit corrupts nothing, and is whoever's credits it first."""
    money.pay(splitter, album.account, 1_000, listener)
    money.move(listener, splitter.address, 50)
    mine = equal_split(1)
    own = assigned(chain, splitter, stranger, KEY, mine)

    chain.send(splitter.credit([own], money.address, [50]), stranger)

    assert splitter.receivedOf(mine.id(), money.address).call() == 50
    assert splitter.receivedOf(album.split.id(), money.address).call() == 1_000
    assert splitter.accountedOf(money.address).call() == money.of(splitter) == 1_050


def test_credit_refuses_an_unassigned_account(
    chain: Chain, splitter: Deployed, album: Album, money: Money, listener: LocalAccount
) -> None:
    money.move(listener, splitter.address, 1_000)

    with reverts("Splitter_UnassignedAccount", account=NOBODY):
        chain.send(splitter.credit([album.account, NOBODY], money.address, [500, 500]))


@pytest.mark.parametrize(("accounts", "amounts"), [(1, 0), (1, 2), (0, 1)])
def test_credit_refuses_lists_of_different_lengths(
    chain: Chain, splitter: Deployed, album: Album, accounts: int, amounts: int
) -> None:
    with reverts("Splitter_LengthMismatch", accounts=accounts, amounts=amounts):
        chain.send(splitter.credit([album.account] * accounts, ETHER, [1] * amounts))


def test_credit_refuses_eth_beside_a_token(chain: Chain, splitter: Deployed, album: Album, token: Deployed) -> None:
    with reverts("Splitter_WrongValue", expected=0, sent=7):
        chain.send(splitter.credit([album.account], token.address, [1]), value=7)


def test_credit_of_nothing_changes_nothing(chain: Chain, splitter: Deployed, money: Money) -> None:
    sent = chain.send(splitter.credit([], money.address, []))

    assert sent.events == []
    assert splitter.accountedOf(money.address).call() == 0


def test_credits_that_overflow_together_are_refused(
    chain: Chain, splitter: Deployed, album: Album, label: LocalAccount
) -> None:
    """Attack: a sum that wraps to what was sent."""
    single = assigned(chain, splitter, label, KEY, equal_split(2))

    with reverts("Panic", code=0x11):
        chain.send(splitter.credit([album.account, single], ETHER, [2**256 - 1, 2]), value=1)


def test_a_token_that_is_not_a_contract_holds_nothing(
    chain: Chain, splitter: Deployed, album: Album, stranger: LocalAccount
) -> None:
    with reverts("Splitter_NotReceived", token=stranger.address, accounted=5, held=0):
        chain.send(splitter.credit([album.account], stranger.address, [5]))
