"""DatasetRegistry: payees move their shares."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.hashing import ZERO_WORD
from audiera.protocol.ids import ETHER, account_id
from audiera.protocol.lineage import Parent
from audiera.protocol.splits import Split, is_account, move_share, payee_of
from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import child_split, register
from tests.support.money import Money
from tests.support.splits import equal_split, owed, shares_of, split_of


def test_a_payee_moves_its_whole_share_to_somebody_else(
    chain: Chain,
    datasets: Deployed,
    splitter: Deployed,
    dataset: int,
    trio: Split,
    bob: LocalAccount,
    stranger: LocalAccount,
) -> None:
    to = payee_of(stranger.address)
    expected = move_share(trio, payee_of(bob.address), to)
    account = datasets.accountOf(dataset).call()
    assert datasets.moveShare(dataset, shares_of(trio), to).call({"from": bob.address}) == expected.id()

    sent = chain.send(datasets.moveShare(dataset, shares_of(trio), to), bob)

    assert sent.events == [
        splitter.event("SplitCreated", splitId=expected.id(), shares=tuple(shares_of(expected))),
        splitter.event(
            "AccountAssigned",
            account=account,
            splitId=expected.id(),
            controller=datasets.address,
            key=dataset.to_bytes(32, "big"),
        ),
        datasets.event(
            "ShareMoved", id=dataset, payee=payee_of(bob.address), to=to, ppm=300_000, splitId=expected.id()
        ),
    ]
    assert splitter.splitOf(account).call() == expected.id()


def test_what_was_credited_before_stays_and_nobody_elses_share_changes(
    chain: Chain,
    datasets: Deployed,
    splitter: Deployed,
    dataset: int,
    trio: Split,
    alice: LocalAccount,
    bob: LocalAccount,
    stranger: LocalAccount,
) -> None:
    """P4, P13."""
    account = datasets.accountOf(dataset).call()
    money = Money(chain)
    money.pay(splitter, account, 1_000, alice)

    chain.send(datasets.moveShare(dataset, shares_of(trio), payee_of(stranger.address)), bob)
    money.pay(splitter, account, 100, alice)

    moved = move_share(trio, payee_of(bob.address), payee_of(stranger.address))
    assert [owed(splitter, trio, ETHER, share.payee) for share in trio.shares] == [
        share.ppm // 1_000 for share in trio.shares
    ]
    assert owed(splitter, moved, ETHER, alice) == 60
    assert owed(splitter, moved, ETHER, stranger) == 30


def test_a_share_merges_with_the_one_its_receiver_has(
    chain: Chain,
    datasets: Deployed,
    splitter: Deployed,
    dataset: int,
    trio: Split,
    alice: LocalAccount,
    bob: LocalAccount,
    carol: LocalAccount,
) -> None:
    """Leaves never grow in number."""
    chain.send(datasets.moveShare(dataset, shares_of(trio), payee_of(carol.address)), bob)

    merged = split_of((alice, 600_000), (carol, 400_000))
    assert splitter.splitOf(datasets.accountOf(dataset).call()).call() == merged.id()

    chain.send(datasets.moveShare(dataset, shares_of(merged), payee_of(carol.address)), alice)
    assert splitter.splitOf(datasets.accountOf(dataset).call()).call() == split_of((carol, 1_000_000)).id()


@pytest.mark.parametrize("to", [1, 2**160 - 1, 2**160, 2**256 - 1], ids=["first", "last", "account", "last account"])
@pytest.mark.parametrize("mover", [0, 1, 2])
def test_the_moved_share_lands_in_order(
    chain: Chain, datasets: Deployed, splitter: Deployed, dataset: int, trio: Split, mover: int, to: int
) -> None:
    """P12."""
    payee = trio.shares[mover].payee
    target = to.to_bytes(32, "big")

    chain.send(datasets.moveShare(dataset, shares_of(trio), target), chain.at("MockToken", f"0x{payee[12:].hex()}"))

    expected = move_share(trio, payee, target)
    assert splitter.splitOf(datasets.accountOf(dataset).call()).call() == expected.id()


@pytest.mark.parametrize("to", ["nobody", "itself", "the dataset's own account"])
def test_a_share_does_not_move_to_where_it_would_be_lost(
    chain: Chain, datasets: Deployed, dataset: int, trio: Split, bob: LocalAccount, to: str
) -> None:
    places = {
        "nobody": ZERO_WORD,
        "itself": payee_of(bob.address),
        "the dataset's own account": datasets.accountOf(dataset).call(),
    }

    with reverts("Registry_InvalidPayee", id=dataset, to=places[to]):
        chain.send(datasets.moveShare(dataset, shares_of(trio), places[to]), bob)


def test_a_share_does_not_move_to_the_splitter(
    chain: Chain, datasets: Deployed, splitter: Deployed, dataset: int, trio: Split, bob: LocalAccount
) -> None:
    with reverts("Splitter_PaysItself"):
        chain.send(datasets.moveShare(dataset, shares_of(trio), payee_of(splitter.address)), bob)


def test_the_shares_given_must_be_the_present_ones(
    chain: Chain, datasets: Deployed, dataset: int, trio: Split, bob: LocalAccount
) -> None:
    other = split_of((bob, 1_000_000))

    with reverts("Registry_WrongShares", id=dataset, splitId=trio.id(), given=other.id()):
        chain.send(datasets.moveShare(dataset, shares_of(other), b"\x01" * 32), bob)


def test_shares_that_were_moved_on_are_no_longer_the_present_ones(
    chain: Chain,
    datasets: Deployed,
    dataset: int,
    trio: Split,
    bob: LocalAccount,
    carol: LocalAccount,
    stranger: LocalAccount,
) -> None:
    chain.send(datasets.moveShare(dataset, shares_of(trio), payee_of(stranger.address)), bob)
    now = move_share(trio, payee_of(bob.address), payee_of(stranger.address))

    with reverts("Registry_WrongShares", id=dataset, splitId=now.id(), given=trio.id()):
        chain.send(datasets.moveShare(dataset, shares_of(trio), b"\x01" * 32), carol)
    with reverts("Registry_NotPayee", id=dataset, payee=payee_of(bob.address)):
        chain.send(datasets.moveShare(dataset, shares_of(now), b"\x01" * 32), bob)


def test_an_unknown_dataset_has_no_shares(chain: Chain, datasets: Deployed, trio: Split, bob: LocalAccount) -> None:
    with reverts("Registry_WrongShares", id=9, splitId=ZERO_WORD, given=trio.id()):
        chain.send(datasets.moveShare(9, shares_of(trio), b"\x01" * 32), bob)


def test_nobody_moves_another_payees_share(
    chain: Chain, datasets: Deployed, dataset: int, trio: Split, stranger: LocalAccount
) -> None:
    """The trust line "contributor": it cannot touch another's share."""
    with reverts("Registry_NotPayee", id=dataset, payee=payee_of(stranger.address)):
        chain.send(datasets.moveShare(dataset, shares_of(trio), b"\x01" * 32), stranger)


def test_owning_the_token_gives_no_power_over_shares(
    chain: Chain, datasets: Deployed, splitter: Deployed, dataset: int, trio: Split, alice: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """The trust line "creator, owner": it cannot change anyone's share."""
    chain.send(datasets.transferFrom(alice.address, stranger.address, dataset), alice)

    with reverts("Registry_NotPayee", id=dataset, payee=payee_of(stranger.address)):
        chain.send(datasets.moveShare(dataset, shares_of(trio), b"\x01" * 32), stranger)
    assert splitter.splitOf(datasets.accountOf(dataset).call()).call() == trio.id()


def test_an_accounts_share_is_not_its_controllers_to_move(
    chain: Chain, datasets: Deployed, alice: LocalAccount, bob: LocalAccount
) -> None:
    """Account leaves move only by their controller's assigning them anew."""
    held = account_id(bob.address, b"\x05" * 32)
    split = split_of((alice, 500_000), (held, 500_000))
    dataset = register(chain, datasets, alice, split)

    with reverts("Registry_NotPayee", id=dataset, payee=payee_of(bob.address)):
        chain.send(datasets.moveShare(dataset, shares_of(split), b"\x01" * 32), bob)


def test_a_parents_share_can_grow_and_never_shrinks(
    chain: Chain, datasets: Deployed, splitter: Deployed, dataset: int, bob: LocalAccount, carol: LocalAccount
) -> None:
    """P6. The trust line "creator, owner": it cannot drop a parent."""
    parents = [Parent(dataset, 200_000)]
    parent = datasets.accountOf(dataset).call()
    split = child_split(datasets, parents, payee_of(carol.address))
    child = register(chain, datasets, bob, split, parents=parents)

    chain.send(datasets.moveShare(child, shares_of(split), parent), carol)

    moved = move_share(split, payee_of(carol.address), parent)
    assert moved.ppm_of(parent) == 1_000_000
    assert splitter.splitOf(datasets.accountOf(child).call()).call() == moved.id()
    assert [is_account(share.payee) for share in moved.shares] == [True]
    assert {share.payee for share in moved.shares} == {parent}
    assert split.ppm_of(parent) == 200_000
    assert datasets.lineageOf(child).call() != ZERO_WORD


def test_one_of_a_thousand_payees_can_move(chain: Chain, datasets: Deployed, splitter: Deployed) -> None:
    """Mainnet caps a transaction at 2^24 gas."""
    split = equal_split(1_000, first=0xB000)
    mover = chain.at("MockToken", f"0x{split.shares[500].payee[12:].hex()}")
    dataset = register(chain, datasets, mover, split)

    sent = chain.send(datasets.moveShare(dataset, shares_of(split), b"\x01" * 32), mover)

    expected = move_share(split, split.shares[500].payee, b"\x01" * 32)
    assert splitter.splitOf(datasets.accountOf(dataset).call()).call() == expected.id()
    assert sent.gas < 2**24 // 2
