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
from tests.support.splits import assigned, equal_split, owed, shares_of, split_of


def test_a_payee_moves_its_whole_share_to_somebody_else(
    chain: Chain,
    datasets: Deployed,
    splitter: Deployed,
    dataset: int,
    trio: Split,
    composer: LocalAccount,
    stranger: LocalAccount,
) -> None:
    """AUD-D4"""
    to = payee_of(stranger.address)
    expected = move_share(trio, payee_of(composer.address), to)
    account = datasets.accountOf(dataset).call()
    assert datasets.moveShare(dataset, shares_of(trio), to).call({"from": composer.address}) == expected.id()

    sent = chain.send(datasets.moveShare(dataset, shares_of(trio), to), composer)

    assert sent.events == [
        splitter.event("SplitCreated", splitId=trio.id(), shares=tuple(shares_of(trio))),
        splitter.event("SplitCreated", splitId=expected.id(), shares=tuple(shares_of(expected))),
        splitter.event(
            "AccountAssigned",
            account=account,
            splitId=expected.id(),
            controller=datasets.address,
            key=dataset.to_bytes(32, "big"),
        ),
        datasets.event(
            "ShareMoved", id=dataset, payee=payee_of(composer.address), to=to, ppm=300_000, splitId=expected.id()
        ),
    ]
    assert splitter.splitOf(account).call() == expected.id()


def test_what_was_credited_before_stays_and_nobody_elses_share_changes(
    chain: Chain,
    datasets: Deployed,
    splitter: Deployed,
    dataset: int,
    trio: Split,
    creator: LocalAccount,
    composer: LocalAccount,
    stranger: LocalAccount,
) -> None:
    """P4, P13."""
    account = datasets.accountOf(dataset).call()
    money = Money(chain)
    money.pay(splitter, account, 1_000, creator)

    chain.send(datasets.moveShare(dataset, shares_of(trio), payee_of(stranger.address)), composer)
    money.pay(splitter, account, 100, creator)

    moved = move_share(trio, payee_of(composer.address), payee_of(stranger.address))
    assert [owed(splitter, trio, ETHER, share.payee) for share in trio.shares] == [
        share.ppm // 1_000 for share in trio.shares
    ]
    assert owed(splitter, moved, ETHER, creator) == 60
    assert owed(splitter, moved, ETHER, stranger) == 30


def test_a_share_merges_with_the_one_its_receiver_has(
    chain: Chain,
    datasets: Deployed,
    splitter: Deployed,
    dataset: int,
    trio: Split,
    creator: LocalAccount,
    composer: LocalAccount,
    label: LocalAccount,
) -> None:
    """Leaves never grow in number."""
    chain.send(datasets.moveShare(dataset, shares_of(trio), payee_of(label.address)), composer)

    merged = split_of((creator, 600_000), (label, 400_000))
    assert splitter.splitOf(datasets.accountOf(dataset).call()).call() == merged.id()

    chain.send(datasets.moveShare(dataset, shares_of(merged), payee_of(label.address)), creator)
    assert splitter.splitOf(datasets.accountOf(dataset).call()).call() == split_of((label, 1_000_000)).id()


@pytest.mark.parametrize(
    "to", [1, 2**160 - 1, 2**160 + 1, 2**256 - 1], ids=["first", "last", "account", "last account"]
)
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
    chain: Chain, datasets: Deployed, dataset: int, trio: Split, composer: LocalAccount, to: str
) -> None:
    places = {
        "nobody": ZERO_WORD,
        "itself": payee_of(composer.address),
        "the dataset's own account": datasets.accountOf(dataset).call(),
    }

    with reverts("Registry_InvalidPayee", id=dataset, to=places[to]):
        chain.send(datasets.moveShare(dataset, shares_of(trio), places[to]), composer)


def test_a_share_does_not_move_to_the_splitter(
    chain: Chain, datasets: Deployed, splitter: Deployed, dataset: int, trio: Split, composer: LocalAccount
) -> None:
    with reverts("Splitter_PaysItself"):
        chain.send(datasets.moveShare(dataset, shares_of(trio), payee_of(splitter.address)), composer)


def test_a_share_does_not_move_to_an_address_written_left_aligned(
    chain: Chain, datasets: Deployed, dataset: int, trio: Split, composer: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-A26"""
    to = bytes.fromhex(stranger.address[2:]).ljust(32, b"\0")

    with reverts("Splitter_LeftAlignedPayee", index=2, payee=to):
        chain.send(datasets.moveShare(dataset, shares_of(trio), to), composer)


def test_the_shares_given_must_be_the_present_ones(
    chain: Chain, datasets: Deployed, dataset: int, trio: Split, composer: LocalAccount
) -> None:
    other = split_of((composer, 1_000_000))

    with reverts("Registry_WrongShares", id=dataset, splitId=trio.id(), given=other.id()):
        chain.send(datasets.moveShare(dataset, shares_of(other), b"\x01" * 32), composer)


def test_shares_that_were_moved_on_are_no_longer_the_present_ones(
    chain: Chain,
    datasets: Deployed,
    dataset: int,
    trio: Split,
    composer: LocalAccount,
    label: LocalAccount,
    stranger: LocalAccount,
) -> None:
    chain.send(datasets.moveShare(dataset, shares_of(trio), payee_of(stranger.address)), composer)
    now = move_share(trio, payee_of(composer.address), payee_of(stranger.address))

    with reverts("Registry_WrongShares", id=dataset, splitId=now.id(), given=trio.id()):
        chain.send(datasets.moveShare(dataset, shares_of(trio), b"\x01" * 32), label)
    with reverts("Registry_NotPayee", id=dataset, payee=payee_of(composer.address)):
        chain.send(datasets.moveShare(dataset, shares_of(now), b"\x01" * 32), composer)


def test_a_payee_that_moves_in_front_of_others_delays_addresses_and_no_account(
    chain: Chain, datasets: Deployed, splitter: Deployed, creator: LocalAccount, composer: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A28: Attack: one with 1 ppm changes the list again and again. Who controls an account needs no list."""
    key = b"\x05" * 32
    held = account_id(composer.address, key)
    split = split_of((creator, 499_999), (stranger, 1), (held, 500_000))
    dataset = register(chain, datasets, creator, split)
    now = move_share(split, payee_of(stranger.address), b"\x01" * 32)

    chain.send(datasets.moveShare(dataset, shares_of(split), b"\x01" * 32), stranger)
    with reverts("Registry_WrongShares", id=dataset, splitId=now.id(), given=split.id()):
        chain.send(datasets.moveShare(dataset, shares_of(split), b"\x02" * 32), creator)
    assert assigned(chain, splitter, composer, key, alone := split_of((composer, 1_000_000))) == held

    assert splitter.splitOf(datasets.accountOf(dataset).call()).call() == now.id()
    assert splitter.splitOf(held).call() == alone.id()


def test_an_unknown_dataset_has_no_shares(
    chain: Chain, datasets: Deployed, trio: Split, composer: LocalAccount
) -> None:
    with reverts("Registry_WrongShares", id=9, splitId=ZERO_WORD, given=trio.id()):
        chain.send(datasets.moveShare(9, shares_of(trio), b"\x01" * 32), composer)


def test_nobody_moves_another_payees_share(
    chain: Chain, datasets: Deployed, dataset: int, trio: Split, stranger: LocalAccount
) -> None:
    """AUD-D4: The trust line "contributor": it cannot touch another's share."""
    with reverts("Registry_NotPayee", id=dataset, payee=payee_of(stranger.address)):
        chain.send(datasets.moveShare(dataset, shares_of(trio), b"\x01" * 32), stranger)


def test_owning_the_token_gives_no_power_over_shares(
    chain: Chain, datasets: Deployed, splitter: Deployed, dataset: int, trio: Split, creator: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """AUD-D4: The trust line "creator, owner": it cannot change anyone's share."""
    chain.send(datasets.transferFrom(creator.address, stranger.address, dataset), creator)

    with reverts("Registry_NotPayee", id=dataset, payee=payee_of(stranger.address)):
        chain.send(datasets.moveShare(dataset, shares_of(trio), b"\x01" * 32), stranger)
    assert splitter.splitOf(datasets.accountOf(dataset).call()).call() == trio.id()


def test_an_accounts_share_is_not_its_controllers_to_move(
    chain: Chain, datasets: Deployed, creator: LocalAccount, composer: LocalAccount
) -> None:
    """Account leaves move only by their controller's assigning them anew."""
    held = account_id(composer.address, b"\x05" * 32)
    split = split_of((creator, 500_000), (held, 500_000))
    dataset = register(chain, datasets, creator, split)

    with reverts("Registry_NotPayee", id=dataset, payee=payee_of(composer.address)):
        chain.send(datasets.moveShare(dataset, shares_of(split), b"\x01" * 32), composer)


def test_a_parents_share_can_grow_and_never_shrinks(
    chain: Chain, datasets: Deployed, splitter: Deployed, dataset: int, composer: LocalAccount, label: LocalAccount
) -> None:
    """P6. The trust line "creator, owner": it cannot drop a parent."""
    parents = [Parent(dataset, 200_000)]
    parent = datasets.accountOf(dataset).call()
    split = child_split(datasets, parents, payee_of(label.address))
    child = register(chain, datasets, composer, split, parents=parents)

    chain.send(datasets.moveShare(child, shares_of(split), parent), label)

    moved = move_share(split, payee_of(label.address), parent)
    assert moved.ppm_of(parent) == 1_000_000
    assert splitter.splitOf(datasets.accountOf(child).call()).call() == moved.id()
    assert [is_account(share.payee) for share in moved.shares] == [True]
    assert {share.payee for share in moved.shares} == {parent}
    assert split.ppm_of(parent) == 200_000
    assert datasets.lineageOf(child).call() != ZERO_WORD


@pytest.mark.released
def test_one_of_a_thousand_payees_can_move(chain: Chain, datasets: Deployed, splitter: Deployed) -> None:
    """Mainnet caps a transaction at 2^24 gas."""
    split = equal_split(1_000, first=0xB000)
    mover = chain.at("MockToken", f"0x{split.shares[500].payee[12:].hex()}")
    dataset = register(chain, datasets, mover, split)

    sent = chain.send(datasets.moveShare(dataset, shares_of(split), b"\x01" * 32), mover)

    expected = move_share(split, split.shares[500].payee, b"\x01" * 32)
    assert splitter.splitOf(datasets.accountOf(dataset).call()).call() == expected.id()
    assert sent.gas < 2**24 // 2
