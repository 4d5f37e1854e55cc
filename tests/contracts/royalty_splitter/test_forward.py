"""RoyaltySplitter: claims of payees that are accounts."""

from dataclasses import dataclass

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER, account_id
from audiera.protocol.splits import Split, payee_of
from tests.support.chain import Chain, Deployed, reverts
from tests.support.money import Money
from tests.support.splits import assigned, claim, equal_split, owed, shares_of, split_of

HELD = b"held for a writer".ljust(32, b"\0")
SONG = b"song".ljust(32, b"\0")


@dataclass(frozen=True, slots=True)
class Song:
    """An account of 75 % alice, 25 % `writer`, an account that the label controls and has not assigned."""

    account: bytes
    split: Split
    writer: bytes


@pytest.fixture
def song(chain: Chain, splitter: Deployed, label: LocalAccount, alice: LocalAccount) -> Song:
    writer = account_id(label.address, HELD)
    split = split_of((alice, 750_000), (writer, 250_000))
    return Song(assigned(chain, splitter, label, SONG, split), split, writer)


def test_a_share_of_an_account_is_forwarded_to_its_split_without_moving_money(
    chain: Chain,
    splitter: Deployed,
    song: Song,
    money: Money,
    bob: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    own = split_of((bob, 1_000_000))
    assigned(chain, splitter, label, HELD, own)
    money.pay(splitter, song.account, 1_000, listener)
    assert claim(splitter, song.split, money.address, song.writer).call() == 250

    sent = chain.send(claim(splitter, song.split, money.address, song.writer), stranger)

    assert sent.events == [
        splitter.event(
            "Forwarded",
            splitId=song.split.id(),
            token=money.address,
            payee=song.writer,
            toSplit=own.id(),
            amount=250,
        )
    ]
    assert splitter.claimedOf(song.split.id(), money.address, song.writer).call() == 250
    assert splitter.receivedOf(own.id(), money.address).call() == 250
    assert splitter.accountedOf(money.address).call() == money.of(splitter) == 1_000
    assert owed(splitter, own, money.address, bob) == 250


def test_money_waits_while_the_account_is_unassigned(
    chain: Chain,
    splitter: Deployed,
    song: Song,
    money: Money,
    alice: LocalAccount,
    bob: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    money.pay(splitter, song.account, 1_000, listener)

    with reverts("Splitter_UnassignedAccount", account=song.writer):
        chain.send(claim(splitter, song.split, money.address, song.writer))

    chain.send(claim(splitter, song.split, money.address, alice))
    assert owed(splitter, song.split, money.address, song.writer) == 250
    assigned(chain, splitter, label, HELD, split_of((bob, 1_000_000)))
    chain.send(claim(splitter, song.split, money.address, song.writer))
    assert owed(splitter, song.split, money.address, song.writer) == 0


def test_a_forward_goes_to_the_split_of_the_day_and_stays_there(
    chain: Chain,
    splitter: Deployed,
    song: Song,
    alice: LocalAccount,
    bob: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    """P4: once forwarded, no reassignment takes it back. The trust line "custodian": what is not forwarded yet is
    the controller's to direct."""
    bobs, alices = split_of((bob, 1_000_000)), split_of((alice, 1_000_000))
    money = Money(chain)
    assigned(chain, splitter, label, HELD, bobs)
    money.pay(splitter, song.account, 1_000, listener)
    chain.send(claim(splitter, song.split, ETHER, song.writer))

    money.pay(splitter, song.account, 400, listener)
    assigned(chain, splitter, label, HELD, alices)
    chain.send(claim(splitter, song.split, ETHER, song.writer))

    assert owed(splitter, bobs, ETHER, bob) == 250
    assert owed(splitter, alices, ETHER, alice) == 100


def test_forwards_take_one_step_at_a_time(
    chain: Chain,
    splitter: Deployed,
    song: Song,
    alice: LocalAccount,
    bob: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    deeper = account_id(bob.address, bytes(32))
    middle, last = split_of((deeper, 1_000_000)), split_of((alice, 1_000_000))
    assigned(chain, splitter, label, HELD, middle)
    assigned(chain, splitter, bob, bytes(32), last)
    Money(chain).pay(splitter, song.account, 1_000, listener)

    chain.send(claim(splitter, song.split, ETHER, song.writer))
    assert splitter.receivedOf(middle.id(), ETHER).call() == 250
    assert splitter.receivedOf(last.id(), ETHER).call() == 0

    chain.send(claim(splitter, middle, ETHER, deeper))
    assert splitter.receivedOf(last.id(), ETHER).call() == 250


def test_a_split_that_pays_its_own_account_pays_out_what_came_in_and_no_more(
    chain: Chain, splitter: Deployed, alice: LocalAccount, label: LocalAccount, listener: LocalAccount
) -> None:
    """P5. Attack: withdraw and redeposit loops (H-01): a circle of accounts converges and makes no money."""
    loop = account_id(label.address, HELD)
    split = split_of((alice, 500_000), (loop, 500_000))
    assigned(chain, splitter, label, HELD, split)
    before = chain.ether(alice)
    Money(chain).pay(splitter, loop, 1_000, listener)

    for _ in range(12):
        chain.send(claim(splitter, split, ETHER, loop))
        chain.send(claim(splitter, split, ETHER, alice))

    assert chain.ether(alice) - before == 999
    assert chain.ether(splitter) == splitter.accountedOf(ETHER).call() == 1
    assert owed(splitter, split, ETHER, loop) == 0


def test_two_accounts_that_pay_each_other_lose_nothing(
    chain: Chain,
    splitter: Deployed,
    alice: LocalAccount,
    bob: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    """P5. Attack: cycles (v1 H-6): the splitter bears them, the registry does not make them."""
    left, right = account_id(label.address, HELD), account_id(label.address, SONG)
    lefts, rights = split_of((alice, 400_000), (right, 600_000)), split_of((bob, 100_000), (left, 900_000))
    assigned(chain, splitter, label, HELD, lefts)
    assigned(chain, splitter, label, SONG, rights)
    before = chain.ether(alice) + chain.ether(bob)
    Money(chain).pay(splitter, left, 10_000, listener)

    for _ in range(20):
        chain.send(claim(splitter, lefts, ETHER, right))
        chain.send(claim(splitter, rights, ETHER, left))
    chain.send(claim(splitter, lefts, ETHER, alice))
    chain.send(claim(splitter, rights, ETHER, bob))

    paid = chain.ether(alice) + chain.ether(bob) - before
    assert paid + chain.ether(splitter) == 10_000
    assert paid > 9_990


@pytest.mark.parametrize(("payee", "is_account"), [(2**160 - 1, False), (2**160, True)])
def test_payees_from_two_to_the_160_on_are_accounts(
    chain: Chain, splitter: Deployed, label: LocalAccount, listener: LocalAccount, payee: int, is_account: bool
) -> None:
    word = payee.to_bytes(32, "big")
    split = split_of((word, 1_000_000))
    account = assigned(chain, splitter, label, SONG, split)
    Money(chain).pay(splitter, account, 9, listener)

    if is_account:
        with reverts("Splitter_UnassignedAccount", account=word):
            chain.send(claim(splitter, split, ETHER, word))
    else:
        chain.send(claim(splitter, split, ETHER, word))
        assert chain.ether("0x" + "ff" * 20) == 9


def test_an_account_of_an_address_is_not_that_address(
    splitter: Deployed, alice: LocalAccount, label: LocalAccount
) -> None:
    """Attack: packed-string collision: ids hash two whole words."""
    assert splitter.accountOf(alice.address, bytes(32)).call() != payee_of(alice.address)
    assert splitter.accountOf(alice.address, SONG).call() != splitter.accountOf(label.address, SONG).call()


def test_a_recipient_is_not_asked_for_an_account(
    chain: Chain, splitter: Deployed, song: Song, bob: LocalAccount, label: LocalAccount, listener: LocalAccount
) -> None:
    own = equal_split(2)
    assigned(chain, splitter, label, HELD, own)
    chain.send(splitter.createSplit(shares_of(own)))
    chain.send(splitter.setRecipient(bob.address), label)
    Money(chain).pay(splitter, song.account, 1_000, listener)

    chain.send(claim(splitter, song.split, ETHER, song.writer))

    assert splitter.receivedOf(own.id(), ETHER).call() == 250
