"""RoyaltySplitter: a split is its own account, so that it is paid and nested without anybody's key."""

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from audiera.protocol.hashing import word
from audiera.protocol.ids import account_id
from audiera.protocol.splits import Split
from tests.contracts.royalty_splitter.conftest import Album
from tests.support.chain import Chain, Deployed, reverts
from tests.support.money import Money
from tests.support.splits import claim, equal_split, owed, shares_of, split_of

KEY = b"own".ljust(32, b"\0")
ASSIGNED_SLOT = 2  # of the mapping from accounts to splits, as tests/snapshots/layout has it


@pytest.fixture
def duo(chain: Chain, splitter: Deployed, composer: LocalAccount, singer: LocalAccount) -> Split:
    """Half and half, assigned to no account."""
    split = split_of((composer, 500_000), (singer, 500_000))
    chain.send(splitter.createSplit(shares_of(split)))
    return split


def test_the_account_of_a_splits_id_is_the_split_once_it_exists(chain: Chain, splitter: Deployed) -> None:
    split = equal_split(3)
    assert splitter.splitOf(split.id()).call() == bytes(32)

    chain.send(splitter.createSplit(shares_of(split)))

    assert splitter.splitOf(split.id()).call() == split.id()


def test_a_split_is_paid_directly(
    chain: Chain, splitter: Deployed, duo: Split, money: Money, composer: LocalAccount, listener: LocalAccount
) -> None:
    """AUD-R3"""
    before = money.of(composer)

    sent = money.pay(splitter, duo.id(), 1_000, listener)

    assert sent.of(splitter) == [
        splitter.event(
            "Credited",
            account=duo.id(),
            splitId=duo.id(),
            token=money.address,
            payer=listener.address,
            amount=1_000,
        )
    ]
    assert splitter.receivedOf(duo.id(), money.address).call() == 1_000
    chain.send(claim(splitter, duo, money.address, composer))
    assert money.of(composer) == before + 500


def test_a_contract_credits_a_split_directly(
    chain: Chain,
    splitter: Deployed,
    duo: Split,
    album: Album,
    money: Money,
    treasurer: Deployed,
    listener: LocalAccount,
) -> None:
    money.move(listener, treasurer.address, 1_000)

    call = splitter.credit([duo.id(), album.split.id()], money.address, [700, 200], b"")
    chain.send(call, treasurer, value=money.value(900))
    call = splitter.creditOne(duo.id(), money.address, 100, b"")
    chain.send(call, treasurer, value=money.value(100))

    assert splitter.receivedOf(duo.id(), money.address).call() == 800
    assert splitter.receivedOf(album.split.id(), money.address).call() == 200


def test_a_split_has_a_payment_address(
    chain: Chain, splitter: Deployed, duo: Split, money: Money, listener: LocalAccount, stranger: LocalAccount
) -> None:
    address = splitter.addressOf(duo.id()).call()
    money.move(listener, address, 1_000)

    sent = chain.send(splitter.sweep(duo.id(), money.address), stranger)

    assert sent.of(splitter) == [
        splitter.event("Credited", account=duo.id(), splitId=duo.id(), token=money.address, payer=address, amount=1_000)
    ]
    assert splitter.receivedOf(duo.id(), money.address).call() == money.of(splitter) == 1_000


def test_a_split_that_was_not_created_is_paid_by_its_address_alone_and_swept_once_anyone_creates_it(
    chain: Chain, splitter: Deployed, money: Money, listener: LocalAccount, stranger: LocalAccount
) -> None:
    split = equal_split(3)
    money.move(listener, splitter.addressOf(split.id()).call(), 1_000)
    with reverts("Splitter_UnassignedAccount", account=split.id()):
        money.pay(splitter, split.id(), 1_000, listener)
    with reverts("Splitter_UnassignedAccount", account=split.id()):
        chain.send(splitter.sweep(split.id(), money.address))

    chain.send(splitter.createSplit(shares_of(split)), stranger)
    chain.send(splitter.sweep(split.id(), money.address))

    assert splitter.receivedOf(split.id(), money.address).call() == 1_000


def test_a_split_that_is_a_payee_is_forwarded_to_itself(
    chain: Chain,
    splitter: Deployed,
    duo: Split,
    money: Money,
    engineer: LocalAccount,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    outer = split_of((duo.id(), 750_000), (engineer, 250_000))
    chain.send(splitter.createSplit(shares_of(outer)))
    money.pay(splitter, outer.id(), 1_000, listener)

    sent = chain.send(claim(splitter, outer, money.address, duo.id()), stranger)

    assert sent.events == [
        splitter.event(
            "Forwarded",
            splitId=outer.id(),
            payee=duo.id(),
            toSplit=duo.id(),
            token=money.address,
            amount=750,
        )
    ]
    assert splitter.receivedOf(duo.id(), money.address).call() == 750
    assert splitter.claimedOf(outer.id(), money.address, duo.id()).call() == 750
    assert money.of(splitter) == 1_000


def test_a_payee_that_is_a_split_nobody_created_waits_for_anyone_to_create_it(
    chain: Chain,
    splitter: Deployed,
    money: Money,
    engineer: LocalAccount,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    inner = equal_split(3)
    outer = split_of((inner.id(), 750_000), (engineer, 250_000))
    chain.send(splitter.createSplit(shares_of(outer)))
    money.pay(splitter, outer.id(), 1_000, listener)
    with reverts("Splitter_UnassignedAccount", account=inner.id()):
        chain.send(claim(splitter, outer, money.address, inner.id()))
    assert owed(splitter, outer, money.address, inner.id()) == 750

    chain.send(splitter.createSplit(shares_of(inner)), stranger)
    chain.send(claim(splitter, outer, money.address, inner.id()))

    assert splitter.receivedOf(inner.id(), money.address).call() == 750


def test_no_account_that_somebody_assigns_changes_it(
    chain: Chain, splitter: Deployed, duo: Split, money: Money, listener: LocalAccount, stranger: LocalAccount
) -> None:
    """P4. Whoever controls accounts controls hashes of their own address, whatever the key."""
    own = split_of((stranger, 1_000_000))
    chain.send(splitter.createSplit(shares_of(own)))
    address = splitter.addressOf(duo.id()).call()
    keys = [duo.id(), bytes(32), KEY]

    chain.send(splitter.assignMany(keys, own.id()), stranger)

    assert [splitter.splitOf(account_id(stranger.address, key)).call() for key in keys] == [own.id()] * 3
    assert splitter.splitOf(duo.id()).call() == duo.id()
    assert splitter.addressOf(duo.id()).call() == address
    money.pay(splitter, duo.id(), 1_000, listener)
    assert splitter.receivedOf(duo.id(), money.address).call() == 1_000
    assert splitter.receivedOf(own.id(), money.address).call() == 0


def test_an_account_assigned_to_a_split_and_the_split_itself_are_paid_into_one(
    splitter: Deployed, album: Album, money: Money, composer: LocalAccount, listener: LocalAccount
) -> None:
    money.pay(splitter, album.account, 1_000, listener)
    money.pay(splitter, album.split.id(), 500, listener)

    assert owed(splitter, album.split, money.address, composer) == 900
    assert splitter.addressOf(album.account).call() != splitter.addressOf(album.split.id()).call()


def test_an_account_of_that_very_id_would_come_first(
    chain: Chain, splitter: Deployed, duo: Split, listener: LocalAccount
) -> None:
    """Nobody finds a key for it, which takes a collision of 256 bits; written into storage here."""
    other = equal_split(2)
    chain.send(splitter.createSplit(shares_of(other)))
    slot = keccak(duo.id() + word(ASSIGNED_SLOT))
    chain.rpc("anvil_setStorageAt", splitter.address, f"0x{slot.hex()}", f"0x{other.id().hex()}")

    money = Money(chain)
    money.pay(splitter, duo.id(), 1_000, listener)

    assert splitter.splitOf(duo.id()).call() == other.id()
    assert splitter.receivedOf(other.id(), money.address).call() == 1_000
