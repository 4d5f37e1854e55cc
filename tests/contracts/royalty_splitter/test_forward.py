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
    """75 % for the composer, 25 % for `writer`, an account that the label controls and has not assigned."""

    account: bytes
    split: Split
    writer: bytes


@pytest.fixture
def song(chain: Chain, splitter: Deployed, label: LocalAccount, composer: LocalAccount) -> Song:
    writer = account_id(label.address, HELD)
    split = split_of((composer, 750_000), (writer, 250_000))
    return Song(assigned(chain, splitter, label, SONG, split), split, writer)


def test_a_share_of_an_account_is_forwarded_to_its_split_without_moving_money(
    chain: Chain,
    splitter: Deployed,
    song: Song,
    money: Money,
    singer: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    """AUD-R8"""
    own = split_of((singer, 1_000_000))
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
    assert money.of(splitter) == 1_000
    assert owed(splitter, own, money.address, singer) == 250


def test_money_waits_while_the_account_is_unassigned(
    chain: Chain,
    splitter: Deployed,
    song: Song,
    money: Money,
    composer: LocalAccount,
    singer: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    """AUD-R8"""
    money.pay(splitter, song.account, 1_000, listener)

    with reverts("Splitter_UnassignedAccount", account=song.writer):
        chain.send(claim(splitter, song.split, money.address, song.writer))

    chain.send(claim(splitter, song.split, money.address, composer))
    assert owed(splitter, song.split, money.address, song.writer) == 250
    assigned(chain, splitter, label, HELD, split_of((singer, 1_000_000)))
    chain.send(claim(splitter, song.split, money.address, song.writer))
    assert owed(splitter, song.split, money.address, song.writer) == 0


def test_a_forward_goes_to_the_split_of_the_day_and_stays_there(
    chain: Chain,
    splitter: Deployed,
    song: Song,
    composer: LocalAccount,
    singer: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    """P4: once forwarded, no reassignment takes it back. The trust line "custodian": what is not forwarded yet is
    the controller's to direct."""
    singers, composers = split_of((singer, 1_000_000)), split_of((composer, 1_000_000))
    money = Money(chain)
    assigned(chain, splitter, label, HELD, singers)
    money.pay(splitter, song.account, 1_000, listener)
    chain.send(claim(splitter, song.split, ETHER, song.writer))

    money.pay(splitter, song.account, 400, listener)
    assigned(chain, splitter, label, HELD, composers)
    chain.send(claim(splitter, song.split, ETHER, song.writer))

    assert owed(splitter, singers, ETHER, singer) == 250
    assert owed(splitter, composers, ETHER, composer) == 100


def test_forwards_take_one_step_at_a_time(
    chain: Chain,
    splitter: Deployed,
    song: Song,
    composer: LocalAccount,
    singer: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    deeper = account_id(singer.address, bytes(32))
    middle, last = split_of((deeper, 1_000_000)), split_of((composer, 1_000_000))
    assigned(chain, splitter, label, HELD, middle)
    assigned(chain, splitter, singer, bytes(32), last)
    Money(chain).pay(splitter, song.account, 1_000, listener)

    chain.send(claim(splitter, song.split, ETHER, song.writer))
    assert splitter.receivedOf(middle.id(), ETHER).call() == 250
    assert splitter.receivedOf(last.id(), ETHER).call() == 0

    chain.send(claim(splitter, middle, ETHER, deeper))
    assert splitter.receivedOf(last.id(), ETHER).call() == 250


def test_a_split_that_pays_its_own_account_pays_out_what_came_in_and_no_more(
    chain: Chain, splitter: Deployed, composer: LocalAccount, label: LocalAccount, listener: LocalAccount
) -> None:
    """P5. Attack: withdraw and redeposit loops (H-01): a circle of accounts converges and makes no money."""
    loop = account_id(label.address, HELD)
    split = split_of((composer, 500_000), (loop, 500_000))
    assigned(chain, splitter, label, HELD, split)
    before = chain.ether(composer)
    Money(chain).pay(splitter, loop, 1_000, listener)

    for _ in range(12):
        chain.send(claim(splitter, split, ETHER, loop))
        chain.send(claim(splitter, split, ETHER, composer))

    assert chain.ether(composer) - before == 999
    assert chain.ether(splitter) == 1
    assert owed(splitter, split, ETHER, loop) == 0


def test_two_accounts_that_pay_each_other_lose_nothing(
    chain: Chain,
    splitter: Deployed,
    composer: LocalAccount,
    singer: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    """AUD-A30: P5. Attack: cycles (v1 H-6): the splitter bears them, the registry does not make them."""
    left, right = account_id(label.address, HELD), account_id(label.address, SONG)
    lefts, rights = split_of((composer, 400_000), (right, 600_000)), split_of((singer, 100_000), (left, 900_000))
    assigned(chain, splitter, label, HELD, lefts)
    assigned(chain, splitter, label, SONG, rights)
    before = chain.ether(composer) + chain.ether(singer)
    Money(chain).pay(splitter, left, 10_000, listener)

    for _ in range(20):
        chain.send(claim(splitter, lefts, ETHER, right))
        chain.send(claim(splitter, rights, ETHER, left))
    chain.send(claim(splitter, lefts, ETHER, composer))
    chain.send(claim(splitter, rights, ETHER, singer))

    paid = chain.ether(composer) + chain.ether(singer) - before
    assert paid + chain.ether(splitter) == 10_000
    assert paid > 9_990


def test_splits_that_lead_back_through_an_account_lose_nothing(
    chain: Chain,
    splitter: Deployed,
    composer: LocalAccount,
    singer: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    """P5. Split ids have no cycles; an account closes one: outer to inner by its id, inner to outer by the account."""
    back = account_id(label.address, HELD)
    inner = split_of((singer, 500_000), (back, 500_000))
    outer = split_of((composer, 500_000), (inner.id(), 500_000))
    chain.send(splitter.createSplit(shares_of(inner)))
    assigned(chain, splitter, label, HELD, outer)
    before = chain.ether(composer), chain.ether(singer)
    Money(chain).pay(splitter, outer.id(), 10_000, listener)

    paid = (0, 0)
    for _ in range(10):
        chain.send(claim(splitter, outer, ETHER, inner.id()))
        chain.send(claim(splitter, inner, ETHER, back))
        for split, payee in ((outer, composer), (inner, singer)):
            chain.send(claim(splitter, split, ETHER, payee))
        paid = chain.ether(composer) - before[0], chain.ether(singer) - before[1]
        assert sum(paid) + chain.ether(splitter) == 10_000

    assert paid == (6_666, 3_333)
    assert chain.ether(splitter) == 1
    assert owed(splitter, inner, ETHER, back) == owed(splitter, outer, ETHER, inner.id()) == 0


@pytest.mark.parametrize(("payee", "is_account"), [(2**160 - 1, False), (2**160 + 1, True)])
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
    splitter: Deployed, composer: LocalAccount, label: LocalAccount
) -> None:
    """AUD-A1: Attack: packed-string collision: ids hash two whole words."""
    assert splitter.accountOf(composer.address, bytes(32)).call() != payee_of(composer.address)
    assert splitter.accountOf(composer.address, SONG).call() != splitter.accountOf(label.address, SONG).call()


def test_a_recipient_is_not_asked_for_an_account(
    chain: Chain, splitter: Deployed, song: Song, singer: LocalAccount, label: LocalAccount, listener: LocalAccount
) -> None:
    own = equal_split(2)
    assigned(chain, splitter, label, HELD, own)
    chain.send(splitter.createSplit(shares_of(own)))
    chain.send(splitter.setRecipient(singer.address), label)
    Money(chain).pay(splitter, song.account, 1_000, listener)

    chain.send(claim(splitter, song.split, ETHER, song.writer))

    assert splitter.receivedOf(own.id(), ETHER).call() == 250
