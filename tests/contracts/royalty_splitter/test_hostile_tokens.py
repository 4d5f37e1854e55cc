"""RoyaltySplitter: tokens that misbehave harm only those who use them (P1)."""

from collections.abc import Iterator

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from tests.contracts.royalty_splitter.conftest import Album
from tests.support.chain import Chain, Deployed, reverts
from tests.support.money import Money
from tests.support.splits import claim, owed

MAX = 2**256 - 1


@pytest.fixture(autouse=True)
def eth_is_untouched(
    chain: Chain, splitter: Deployed, album: Album, carol: LocalAccount, listener: LocalAccount
) -> Iterator[None]:
    """Whatever a token does in a test, what was paid in ETH before is claimed after it in full."""
    Money(chain).pay(splitter, album.account, 1_000, listener)
    yield
    before = chain.ether(carol)
    chain.send(claim(splitter, album.split, ETHER, carol))
    assert chain.ether(carol) == before + 100


def test_a_token_that_takes_a_fee_cannot_be_paid(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount
) -> None:
    """Attack: fee-on-transfer."""
    token = chain.deploy("FeeToken")

    with reverts("Splitter_NotReceived", token=token.address, accounted=1_000, held=990):
        Money(chain, token).pay(splitter, album.account, 1_000, listener)

    assert splitter.receivedOf(album.split.id(), token.address).call() == 0


def test_of_a_token_that_takes_a_fee_only_what_arrived_is_credited(
    chain: Chain, splitter: Deployed, album: Album, alice: LocalAccount, listener: LocalAccount
) -> None:
    token = chain.deploy("FeeToken")
    Money(chain, token).move(listener, splitter.address, 1_000)

    with reverts("Splitter_NotReceived", token=token.address, accounted=1_000, held=990):
        chain.send(splitter.credit([album.account], token.address, [1_000]))

    chain.send(splitter.credit([album.account], token.address, [990]))
    assert owed(splitter, album.split, token.address, alice) == 594


def test_a_token_that_takes_a_fee_is_not_swept(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount
) -> None:
    token = chain.deploy("FeeToken")
    Money(chain, token).move(listener, splitter.addressOf(album.account).call(), 1_000)

    with reverts("Splitter_NotReceived", token=token.address, accounted=990, held=981):
        chain.send(splitter.sweep(album.account, token.address))


def test_a_token_whose_balances_shrink_pays_claims_while_it_lasts_and_takes_no_more_in(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    alice: LocalAccount,
    listener: LocalAccount,
) -> None:
    """Attack: rebasing downwards."""
    token = chain.deploy("RebasingToken")
    money = Money(chain, token)
    money.pay(splitter, album.account, 1_000, listener)

    chain.send(token.rebase(50))

    with reverts("Splitter_NotReceived", token=token.address, accounted=1_010, held=505):
        money.pay(splitter, album.account, 10, listener)
    chain.send(claim(splitter, album.split, token.address, alice))
    assert splitter.accountedOf(token.address).call() == 400


def test_a_token_whose_balances_grow_owes_nobody_more(
    chain: Chain, splitter: Deployed, album: Album, alice: LocalAccount, listener: LocalAccount
) -> None:
    """Attack: rebasing upwards: the surplus is stray money."""
    token = chain.deploy("RebasingToken")
    Money(chain, token).pay(splitter, album.account, 1_000, listener)

    chain.send(token.rebase(300))

    assert owed(splitter, album.split, token.address, alice) == 600
    assert splitter.accountedOf(token.address).call() == 1_000


def test_a_token_that_answers_false_is_not_taken_for_paid(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount
) -> None:
    """Attack: a transfer that fails without reverting."""
    token = chain.deploy("FalseReturnToken")
    chain.send(token.setRefusing(True))

    with reverts("TransferFromFailed"):
        Money(chain, token).pay(splitter, album.account, 1_000, listener)


def test_a_claim_that_the_token_answers_with_false_stays_owed(
    chain: Chain, splitter: Deployed, album: Album, alice: LocalAccount, listener: LocalAccount
) -> None:
    token = chain.deploy("FalseReturnToken")
    Money(chain, token).pay(splitter, album.account, 1_000, listener)
    chain.send(token.setRefusing(True))

    with reverts("TransferFailed"):
        chain.send(claim(splitter, album.split, token.address, alice))

    assert owed(splitter, album.split, token.address, alice) == 600
    assert splitter.accountedOf(token.address).call() == 1_000


def test_a_payee_blocked_by_the_token_harms_only_itself(
    chain: Chain, splitter: Deployed, album: Album, alice: LocalAccount, bob: LocalAccount, listener: LocalAccount
) -> None:
    """Attack: blocked recipient."""
    token = chain.deploy("BlocklistToken")
    Money(chain, token).pay(splitter, album.account, 1_000, listener)
    chain.send(token.setBlocked(alice.address, True))

    with reverts("TransferFailed"):
        chain.send(claim(splitter, album.split, token.address, alice))

    chain.send(claim(splitter, album.split, token.address, bob))
    assert token.balanceOf(bob.address).call() == 300
    assert owed(splitter, album.split, token.address, alice) == 600


def test_a_blocked_payee_is_paid_elsewhere_if_it_says_where(
    chain: Chain, splitter: Deployed, album: Album, alice: LocalAccount, listener: LocalAccount
) -> None:
    token = chain.deploy("BlocklistToken")
    Money(chain, token).pay(splitter, album.account, 1_000, listener)
    chain.send(token.setBlocked(alice.address, True))
    elsewhere = "0x00000000000000000000000000000000000A11cE"
    chain.send(splitter.setRecipient(elsewhere), alice)

    chain.send(claim(splitter, album.split, token.address, alice))

    assert token.balanceOf(elsewhere).call() == 600


def test_a_token_that_blocks_the_splitter_keeps_its_debts(
    chain: Chain, splitter: Deployed, album: Album, alice: LocalAccount, listener: LocalAccount
) -> None:
    token = chain.deploy("BlocklistToken")
    Money(chain, token).pay(splitter, album.account, 1_000, listener)
    chain.send(token.setBlocked(splitter.address, True))

    with reverts("TransferFailed"):
        chain.send(claim(splitter, album.split, token.address, alice))

    chain.send(token.setBlocked(splitter.address, False))
    chain.send(claim(splitter, album.split, token.address, alice))
    assert token.balanceOf(alice.address).call() == 600


def test_a_transfer_that_moves_nothing_is_not_credited(
    chain: Chain, splitter: Deployed, album: Album, stranger: LocalAccount
) -> None:
    token = chain.deploy("WildToken")

    with reverts("Splitter_NotReceived", token=token.address, accounted=1_000, held=0):
        chain.send(splitter.pay(album.account, token.address, 1_000), stranger)


def test_a_sweep_that_moves_nothing_is_not_credited(
    chain: Chain, splitter: Deployed, album: Album, stranger: LocalAccount
) -> None:
    token = chain.deploy("WildToken")
    chain.send(token.setBalance(splitter.addressOf(album.account).call(), 1_000))

    with reverts("Splitter_NotReceived", token=token.address, accounted=1_000, held=0):
        chain.send(splitter.sweep(album.account, token.address), stranger)


def test_giant_amounts_of_a_worthless_token_stay_exact_and_then_overflow_alone(
    chain: Chain, splitter: Deployed, album: Album, alice: LocalAccount, stranger: LocalAccount
) -> None:
    """Attack: overflow by giant amounts. Shares are computed in 512 bits; what no longer fits is refused."""
    token = chain.deploy("WildToken")
    chain.send(token.setBalance(splitter.address, MAX))
    chain.send(splitter.pay(album.account, token.address, MAX), stranger)

    assert owed(splitter, album.split, token.address, alice) == MAX * 600_000 // 1_000_000
    with reverts("Panic", code=0x11):
        chain.send(splitter.pay(album.account, token.address, 1), stranger)
    chain.send(claim(splitter, album.split, token.address, alice))
    assert splitter.accountedOf(token.address).call() == MAX - MAX * 600_000 // 1_000_000


def test_a_token_that_lies_about_balances_is_credited_in_itself_only(
    chain: Chain, splitter: Deployed, album: Album, token: Deployed, stranger: LocalAccount
) -> None:
    wild = chain.deploy("WildToken")
    chain.send(wild.setBalance(splitter.address, MAX))

    chain.send(splitter.credit([album.account], wild.address, [MAX]), stranger)

    assert splitter.accountedOf(token.address).call() == 0
    assert splitter.accountedOf(ETHER).call() == 1_000
