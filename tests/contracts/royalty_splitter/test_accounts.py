"""RoyaltySplitter: accounts, and who is paid for a payee."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER, account_id
from audiera.protocol.splits import payee_of
from tests.contracts.royalty_splitter.conftest import Album
from tests.support.chain import Chain, Deployed, reverts
from tests.support.money import Money
from tests.support.splits import claim, equal_split, owed, shares_of

KEY = b"key".ljust(32, b"\0")


def test_assign_points_the_callers_account_at_a_split(
    chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount
) -> None:
    account = account_id(composer.address, KEY)
    assert splitter.splitOf(account).call() == bytes(32)

    sent = chain.send(splitter.assign(KEY, album.split.id()), composer)

    assert sent.events == [
        splitter.event(
            "AccountAssigned", account=account, splitId=album.split.id(), controller=composer.address, key=KEY
        )
    ]
    assert splitter.splitOf(account).call() == album.split.id()
    assert splitter.assign(KEY, album.split.id()).call({"from": composer.address}) == account


def test_several_accounts_are_assigned_at_once(
    chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount
) -> None:
    keys = [KEY, bytes(32)]

    sent = chain.send(splitter.assignMany(keys, album.split.id()), composer)

    assert sent.events == [
        splitter.event(
            "AccountAssigned",
            account=account_id(composer.address, key),
            splitId=album.split.id(),
            controller=composer.address,
            key=key,
        )
        for key in keys
    ]
    for key in keys:
        assert splitter.splitOf(account_id(composer.address, key)).call() == album.split.id()


@pytest.mark.parametrize("count", [0, 2])
def test_several_accounts_are_not_assigned_to_a_split_that_was_not_created(
    chain: Chain, splitter: Deployed, composer: LocalAccount, count: int
) -> None:
    unknown = equal_split(2).id()

    with reverts("Splitter_UnknownSplit", splitId=unknown):
        chain.send(splitter.assignMany([KEY] * count, unknown), composer)


def test_assign_refuses_a_split_that_was_not_created(chain: Chain, splitter: Deployed, composer: LocalAccount) -> None:
    unknown = equal_split(2).id()

    with reverts("Splitter_UnknownSplit", splitId=unknown):
        chain.send(splitter.assign(KEY, unknown), composer)


def test_an_account_can_be_assigned_again_by_its_controller_only(
    chain: Chain, splitter: Deployed, album: Album, label: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-R3: P4, and the trust line "custodian": it touches nothing else."""
    key = b"album".ljust(32, b"\0")
    other = equal_split(2)
    chain.send(splitter.createSplit(shares_of(other)))

    chain.send(splitter.assign(key, other.id()), stranger)
    assert splitter.splitOf(album.account).call() == album.split.id()
    assert splitter.splitOf(account_id(stranger.address, key)).call() == other.id()

    chain.send(splitter.assign(key, other.id()), label)
    assert splitter.splitOf(album.account).call() == other.id()


def test_what_was_credited_before_a_reassignment_stays_with_the_old_split(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    money: Money,
    label: LocalAccount,
    composer: LocalAccount,
    listener: LocalAccount,
) -> None:
    """AUD-A27: P4. Attack: update before distribute."""
    money.pay(splitter, album.account, 1_000, listener)
    other = equal_split(2)
    chain.send(splitter.createSplit(shares_of(other)))

    chain.send(splitter.assign(b"album".ljust(32, b"\0"), other.id()), label)
    money.pay(splitter, album.account, 500, listener)

    assert owed(splitter, album.split, money.address, composer) == 600
    assert splitter.receivedOf(album.split.id(), money.address).call() == 1_000
    assert splitter.receivedOf(other.id(), money.address).call() == 500


def test_account_of_hashes_controller_and_key(splitter: Deployed, composer: LocalAccount) -> None:
    """P12."""
    assert splitter.accountOf(composer.address, KEY).call() == account_id(composer.address, KEY)


def test_a_payee_chooses_who_receives_its_claims(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    money: Money,
    composer: LocalAccount,
    singer: LocalAccount,
    listener: LocalAccount,
) -> None:
    safe = "0x00000000000000000000000000000000000A11cE"
    assert splitter.recipientOf(composer.address).call() == composer.address

    sent = chain.send(splitter.setRecipient(safe), composer)

    assert sent.events == [splitter.event("RecipientSet", payee=composer.address, recipient=safe)]
    assert splitter.recipientOf(composer.address).call() == safe
    assert splitter.recipientOf(singer.address).call() == singer.address
    money.pay(splitter, album.account, 1_000, listener)
    before = money.of(composer)
    paid = chain.send(claim(splitter, album.split, money.address, composer))
    assert (money.of(safe), money.of(composer)) == (600, before)
    assert paid.of(splitter) == [
        splitter.event(
            "Claimed",
            payee=payee_of(composer.address),
            splitId=album.split.id(),
            token=money.address,
            recipient=safe,
            amount=600,
        )
    ]


def test_the_zero_recipient_is_the_payee_itself(chain: Chain, splitter: Deployed, composer: LocalAccount) -> None:
    chain.send(splitter.setRecipient("0x00000000000000000000000000000000000A11cE"), composer)

    sent = chain.send(splitter.setRecipient(ETHER), composer)

    assert sent.events == [splitter.event("RecipientSet", payee=composer.address, recipient=composer.address)]
    assert splitter.recipientOf(composer.address).call() == composer.address


def test_the_splitter_cannot_be_a_recipient(chain: Chain, splitter: Deployed, composer: LocalAccount) -> None:
    with reverts("Splitter_PaysItself"):
        chain.send(splitter.setRecipient(splitter.address), composer)
