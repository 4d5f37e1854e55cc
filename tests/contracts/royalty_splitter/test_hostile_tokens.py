"""RoyaltySplitter: tokens that misbehave harm only those who use them (P1)."""

from collections.abc import Iterator

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.splits import payee_of
from tests.contracts.royalty_splitter.conftest import Album
from tests.support.chain import Chain, Deployed, reverts
from tests.support.money import Money
from tests.support.splits import claim, owed

MAX = 2**256 - 1


@pytest.fixture(autouse=True)
def eth_is_untouched(
    chain: Chain, splitter: Deployed, album: Album, engineer: LocalAccount, listener: LocalAccount
) -> Iterator[None]:
    """Whatever a token does in a test, what was paid in ETH before is claimed after it in full."""
    Money(chain).pay(splitter, album.account, 1_000, listener)
    yield
    before = chain.ether(engineer)
    chain.send(claim(splitter, album.split, ETHER, engineer))
    assert chain.ether(engineer) == before + 100


def test_a_token_that_takes_a_fee_cannot_be_paid(
    chain: Chain, splitter: Deployed, album: Album, treasurer: Deployed, listener: LocalAccount
) -> None:
    """AUD-A19: Attack: fee-on-transfer."""
    token = chain.deploy("FeeToken")
    chain.send(token.mint(treasurer.address, 1_000))

    with reverts("Splitter_NotReceived", token=token.address, expected=1_000, arrived=990):
        Money(chain, token).pay(splitter, album.account, 1_000, listener)
    with reverts("Splitter_NotReceived", token=token.address, expected=1_000, arrived=990):
        chain.send(splitter.creditOne(album.account, token.address, 1_000, b""), treasurer)

    assert splitter.receivedOf(album.split.id(), token.address).call() == 0
    assert token.balanceOf(splitter.address).call() == 0


def test_of_a_token_that_takes_a_fee_what_arrives_is_swept(
    chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount, listener: LocalAccount
) -> None:
    """AUD-A19: Attack: fee tokens stuck at a payment address."""
    token = chain.deploy("FeeToken")
    address = splitter.addressOf(album.account).call()
    chain.send(token.mint(address, 1_000))
    assert splitter.sweep(album.account, token.address).call() == 990

    sent = chain.send(splitter.sweep(album.account, token.address), listener)

    assert sent.of(splitter) == [
        splitter.event(
            "Credited",
            account=album.account,
            splitId=album.split.id(),
            token=token.address,
            payer=address,
            amount=990,
        )
    ]
    assert (token.balanceOf(address).call(), token.balanceOf(splitter.address).call()) == (0, 990)
    assert owed(splitter, album.split, token.address, composer) == 594


def test_of_a_token_that_adds_to_what_arrives_the_rest_is_nobodys(
    chain: Chain, splitter: Deployed, album: Album, treasurer: Deployed, listener: LocalAccount
) -> None:
    token = chain.deploy("BonusToken")
    chain.send(token.mint(treasurer.address, 1_000))

    Money(chain, token).pay(splitter, album.account, 1_000, listener)
    chain.send(splitter.creditOne(album.account, token.address, 1_000, b""), treasurer)

    assert splitter.receivedOf(album.split.id(), token.address).call() == 2_000
    assert token.balanceOf(splitter.address).call() == 2_020


def test_what_a_token_adds_is_swept_with_the_rest(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount
) -> None:
    token = chain.deploy("BonusToken")
    chain.send(token.mint(splitter.addressOf(album.account).call(), 1_000))

    sent = chain.send(splitter.sweep(album.account, token.address), listener)

    assert [event.fields["amount"] for event in sent.of(splitter)] == [1_010]
    assert splitter.receivedOf(album.split.id(), token.address).call() == 1_010


def test_a_token_whose_balances_shrink_pays_claims_while_it_lasts_and_takes_no_more_in(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    composer: LocalAccount,
    listener: LocalAccount,
) -> None:
    """AUD-A19: Attack: rebasing downwards."""
    token = chain.deploy("RebasingToken")
    money = Money(chain, token)
    money.pay(splitter, album.account, 1_000, listener)

    chain.send(token.rebase(50))

    with reverts("Splitter_NotReceived", token=token.address, expected=10, arrived=5):
        money.pay(splitter, album.account, 10, listener)
    chain.send(claim(splitter, album.split, token.address, composer))
    assert splitter.claimedOf(album.split.id(), token.address, payee_of(composer.address)).call() == 600


def test_a_token_whose_balances_fall_in_the_middle_brings_nothing(
    chain: Chain, splitter: Deployed, album: Album, treasurer: Deployed, listener: LocalAccount
) -> None:
    """The splitter holds less after than before: that is no huge amount."""
    token = chain.deploy("RebasingToken")
    Money(chain, token).pay(splitter, album.account, 1_000, listener)
    chain.send(token.mint(treasurer.address, 10))
    chain.send(treasurer.plan(token.address, token.rebase(50)._encode_transaction_data()))

    with reverts("Splitter_NotReceived", token=token.address, expected=10, arrived=0):
        chain.send(splitter.creditOne(album.account, token.address, 10, b""), treasurer)


def test_a_token_whose_balances_grow_owes_nobody_more(
    chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount, listener: LocalAccount
) -> None:
    """AUD-A19: Attack: rebasing upwards: the surplus is nobody's."""
    token = chain.deploy("RebasingToken")
    Money(chain, token).pay(splitter, album.account, 1_000, listener)

    chain.send(token.rebase(300))

    assert owed(splitter, album.split, token.address, composer) == 600
    assert splitter.receivedOf(album.split.id(), token.address).call() == 1_000


def test_a_token_that_answers_false_is_not_taken_for_paid(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount
) -> None:
    """AUD-A19: Attack: a transfer that fails without reverting."""
    token = chain.deploy("FalseReturnToken")
    chain.send(token.setRefusing(True))

    with reverts("TransferFromFailed"):
        Money(chain, token).pay(splitter, album.account, 1_000, listener)


def test_a_claim_that_the_token_answers_with_false_stays_owed(
    chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount, listener: LocalAccount
) -> None:
    token = chain.deploy("FalseReturnToken")
    Money(chain, token).pay(splitter, album.account, 1_000, listener)
    chain.send(token.setRefusing(True))

    with reverts("TransferFailed"):
        chain.send(claim(splitter, album.split, token.address, composer))

    assert owed(splitter, album.split, token.address, composer) == 600
    assert token.balanceOf(splitter.address).call() == 1_000


def test_a_payee_blocked_by_the_token_harms_only_itself(
    chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount, singer: LocalAccount, listener: LocalAccount
) -> None:
    """AUD-A14: Attack: blocked recipient."""
    token = chain.deploy("BlocklistToken")
    Money(chain, token).pay(splitter, album.account, 1_000, listener)
    chain.send(token.setBlocked(composer.address, True))

    with reverts("TransferFailed"):
        chain.send(claim(splitter, album.split, token.address, composer))

    chain.send(claim(splitter, album.split, token.address, singer))
    assert token.balanceOf(singer.address).call() == 300
    assert owed(splitter, album.split, token.address, composer) == 600


def test_a_blocked_payee_is_paid_elsewhere_if_it_says_where(
    chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount, listener: LocalAccount
) -> None:
    token = chain.deploy("BlocklistToken")
    Money(chain, token).pay(splitter, album.account, 1_000, listener)
    chain.send(token.setBlocked(composer.address, True))
    elsewhere = "0x00000000000000000000000000000000000A11cE"
    chain.send(splitter.setRecipient(elsewhere), composer)

    chain.send(claim(splitter, album.split, token.address, composer))

    assert token.balanceOf(elsewhere).call() == 600


def test_a_token_that_blocks_the_splitter_keeps_its_debts(
    chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount, listener: LocalAccount
) -> None:
    token = chain.deploy("BlocklistToken")
    Money(chain, token).pay(splitter, album.account, 1_000, listener)
    chain.send(token.setBlocked(splitter.address, True))

    with reverts("TransferFailed"):
        chain.send(claim(splitter, album.split, token.address, composer))

    chain.send(token.setBlocked(splitter.address, False))
    chain.send(claim(splitter, album.split, token.address, composer))
    assert token.balanceOf(composer.address).call() == 600


def test_a_transfer_that_moves_nothing_is_not_credited(
    chain: Chain, splitter: Deployed, album: Album, treasurer: Deployed, stranger: LocalAccount
) -> None:
    """AUD-A19"""
    token = chain.deploy("WildToken")
    chain.send(token.setBalance(splitter.address, 5_000))

    with reverts("Splitter_NotReceived", token=token.address, expected=1_000, arrived=0):
        chain.send(splitter.pay(album.account, token.address, 1_000), stranger)
    with reverts("Splitter_NotReceived", token=token.address, expected=1_000, arrived=0):
        chain.send(splitter.creditOne(album.account, token.address, 1_000, b""), treasurer)


def test_a_sweep_that_moves_nothing_credits_nothing(
    chain: Chain, splitter: Deployed, album: Album, stranger: LocalAccount
) -> None:
    token = chain.deploy("WildToken")
    chain.send(token.setBalance(splitter.addressOf(album.account).call(), 1_000))

    sent = chain.send(splitter.sweep(album.account, token.address), stranger)

    assert sent.events == []
    assert splitter.sweep(album.account, token.address).call() == 0
    assert splitter.receivedOf(album.split.id(), token.address).call() == 0


def test_giant_amounts_of_a_worthless_token_stay_exact_and_then_overflow_alone(
    chain: Chain, splitter: Deployed, album: Album, treasurer: Deployed, composer: LocalAccount
) -> None:
    """AUD-A24: Attack: overflow by giant amounts. Shares are computed in 512 bits; what no longer fits is refused."""
    token = chain.deploy("WildToken")
    credit_wildly(chain, splitter, album, treasurer, token, MAX)

    assert owed(splitter, album.split, token.address, composer) == MAX * 600_000 // 1_000_000
    with reverts("Panic", code=0x11):
        credit_wildly(chain, splitter, album, treasurer, token, 1)
    sent = chain.send(claim(splitter, album.split, token.address, composer))
    assert [event.fields["amount"] for event in sent.of(splitter)] == [MAX * 600_000 // 1_000_000]


def test_a_token_that_lies_about_balances_is_credited_in_itself_only(
    chain: Chain, splitter: Deployed, album: Album, treasurer: Deployed, token: Deployed
) -> None:
    credit_wildly(chain, splitter, album, treasurer, chain.deploy("WildToken"), MAX)

    assert splitter.receivedOf(album.split.id(), token.address).call() == 0
    assert splitter.receivedOf(album.split.id(), ETHER).call() == 1_000


def credit_wildly(
    chain: Chain, splitter: Deployed, album: Album, treasurer: Deployed, token: Deployed, amount: int
) -> None:
    """Has the token say, in the middle of the call, that the splitter holds `amount`, and before it nothing."""
    chain.send(token.setBalance(splitter.address, 0))
    raised = token.setBalance(splitter.address, amount)
    chain.send(treasurer.plan(token.address, raised._encode_transaction_data()))
    chain.send(treasurer.miscount(0))
    chain.send(splitter.creditOne(album.account, token.address, amount, b""), treasurer)
