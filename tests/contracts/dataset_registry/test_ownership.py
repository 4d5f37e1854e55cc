"""DatasetRegistry: the token, epochs, and what only its owner does."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.splits import Split
from tests.support.chain import Chain, Deployed, reverts
from tests.support.relay import relayed


def epoch_of(datasets: Deployed, dataset: int) -> int:
    epoch: int = datasets.datasetOf(dataset).call()[5]
    return epoch


def test_a_transfer_starts_an_epoch_and_keeps_everything_else(
    chain: Chain,
    datasets: Deployed,
    splitter: Deployed,
    dataset: int,
    trio: Split,
    creator: LocalAccount,
    composer: LocalAccount,
) -> None:
    """P14, P4: the new owner changes nobody's share."""
    before = datasets.datasetOf(dataset).call()

    sent = chain.send(datasets.transferFrom(creator.address, composer.address, dataset), creator)

    assert sent.events == [
        datasets.event("EpochStarted", id=dataset, epoch=1),
        datasets.event("Transfer", **{"from": creator.address, "to": composer.address, "id": dataset}),
    ]
    assert datasets.datasetOf(dataset).call() == (composer.address, *before[1:5], 1)
    assert datasets.creatorOf(dataset).call() == creator.address
    assert (datasets.balanceOf(creator.address).call(), datasets.balanceOf(composer.address).call()) == (0, 1)
    assert splitter.splitOf(datasets.accountOf(dataset).call()).call() == trio.id()


def test_epochs_count_transfers_even_to_oneself_and_withdrawals(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, composer: LocalAccount
) -> None:
    assert epoch_of(datasets, dataset) == 0

    chain.send(datasets.transferFrom(creator.address, creator.address, dataset), creator)
    assert epoch_of(datasets, dataset) == 1
    chain.send(datasets.withdrawAll(dataset), creator)
    assert epoch_of(datasets, dataset) == 2
    chain.send(datasets.transferFrom(creator.address, composer.address, dataset), creator)
    chain.send(datasets.transferFrom(composer.address, creator.address, dataset), composer)
    assert epoch_of(datasets, dataset) == 4


def test_withdraw_all_starts_an_epoch(chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount) -> None:
    sent = chain.send(datasets.withdrawAll(dataset), creator)

    assert sent.events == [datasets.event("EpochStarted", id=dataset, epoch=1)]
    assert datasets.creatorOf(dataset).call() == datasets.ownerOf(dataset).call() == creator.address


def test_the_creator_stays_who_it_was_through_every_hand(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, composer: LocalAccount, label: LocalAccount
) -> None:
    """P14."""
    chain.send(datasets.transferFrom(creator.address, composer.address, dataset), creator)
    chain.send(datasets.withdrawAll(dataset), composer)
    chain.send(datasets.transferFrom(composer.address, label.address, dataset), composer)

    assert datasets.creatorOf(dataset).call() == creator.address


def test_an_unknown_dataset_has_no_creator(datasets: Deployed) -> None:
    with reverts("Registry_UnknownDataset", id=5):
        datasets.creatorOf(5).call()
    with reverts("Registry_UnknownDataset", id=5):
        datasets.stateOf(5).call()


def test_only_the_owner_withdraws_and_names_gateways(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, stranger: LocalAccount
) -> None:
    for call in (datasets.withdrawAll(dataset), datasets.setGateways(dataset, [])):
        with reverts("Registry_NotOwner", id=dataset, caller=stranger.address, owner=creator.address):
            chain.send(call, stranger)
    for call in (datasets.withdrawAll(9), datasets.setGateways(9, [])):
        with reverts("Registry_UnknownDataset", id=9):
            chain.send(call, creator)


ITEMS = [bytes([number]) * 32 for number in (7, 3, 5)]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_owner_withdraws_items_in_an_event(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, count: int
) -> None:
    """In any order, and not only such as the dataset holds: gateways and audits read what is said."""
    state, address = datasets.datasetOf(dataset).call(), datasets.tokenURI(dataset).call()

    sent = chain.send(datasets.withdrawItems(dataset, ITEMS[:count]), creator)

    assert sent.events == [datasets.event("ItemsWithdrawn", id=dataset, items=tuple(ITEMS[:count]))]
    assert datasets.datasetOf(dataset).call() == state
    assert datasets.tokenURI(dataset).call() == address


def test_items_are_withdrawn_through_a_relay(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, stranger: LocalAccount
) -> None:
    call = datasets.withdrawItems(dataset, ITEMS)

    sent = chain.send(relayed(chain, datasets, creator, call), stranger)

    assert datasets.event("ItemsWithdrawn", id=dataset, items=tuple(ITEMS)) in sent.events


def test_only_the_present_owner_withdraws_items(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, composer: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """Neither the creator who sold, nor an operator, nor a payee."""
    chain.send(datasets.transferFrom(creator.address, stranger.address, dataset), creator)
    chain.send(datasets.setApprovalForAll(composer.address, True), stranger)
    call = datasets.withdrawItems(dataset, ITEMS)

    for caller in (creator, composer):
        with reverts("Registry_NotOwner", id=dataset, caller=caller.address, owner=stranger.address):
            chain.send(call, caller)
    with reverts("Registry_UnknownDataset", id=9):
        chain.send(datasets.withdrawItems(9, ITEMS), creator)

    assert len(chain.send(call, stranger).events) == 1


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_owner_says_where_the_bytes_are_served(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, count: int
) -> None:
    gateways = [creator.address] * count

    sent = chain.send(datasets.setGateways(dataset, gateways), creator)

    assert sent.events == [datasets.event("GatewaysSet", id=dataset, gateways=tuple(gateways))]


def test_an_operator_and_an_approved_account_may_transfer(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, composer: LocalAccount, label: LocalAccount
) -> None:
    chain.send(datasets.approve(composer.address, dataset), creator)
    assert datasets.getApproved(dataset).call() == composer.address

    chain.send(datasets.transferFrom(creator.address, composer.address, dataset), composer)
    assert datasets.getApproved(dataset).call() == ETHER
    chain.send(datasets.setApprovalForAll(label.address, True), composer)
    chain.send(datasets.transferFrom(composer.address, label.address, dataset), label)

    assert datasets.ownerOf(dataset).call() == label.address
    assert datasets.isApprovedForAll(composer.address, label.address).call()


def test_a_stranger_transfers_nothing(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, stranger: LocalAccount
) -> None:
    with reverts("NotOwnerNorApproved"):
        chain.send(datasets.transferFrom(creator.address, stranger.address, dataset), stranger)
    with reverts("NotOwnerNorApproved"):
        chain.send(datasets.approve(stranger.address, dataset), stranger)


@pytest.mark.parametrize("sender", ["nobody", "somebody else"])
def test_a_transfer_from_the_wrong_owner_changes_no_epoch(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, stranger: LocalAccount, sender: str
) -> None:
    """AUD-A41: Attack: burning or minting others' tokens (v1 H-5)."""
    wrong = ETHER if sender == "nobody" else stranger.address

    with reverts("TransferFromIncorrectOwner"):
        chain.send(datasets.transferFrom(wrong, stranger.address, dataset), stranger)

    assert epoch_of(datasets, dataset) == 0
    assert datasets.ownerOf(dataset).call() == creator.address


def test_an_unknown_dataset_is_not_transferred(
    chain: Chain, datasets: Deployed, creator: LocalAccount, composer: LocalAccount
) -> None:
    with reverts("Registry_UnknownDataset", id=9):
        chain.send(datasets.transferFrom(creator.address, composer.address, 9), creator)


def test_a_dataset_is_not_burnt(chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount) -> None:
    """AUD-A41"""
    with reverts("TransferToZeroAddress"):
        chain.send(datasets.transferFrom(creator.address, ETHER, dataset), creator)


def test_the_registry_never_holds_its_own_token(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount
) -> None:
    with reverts("Token_HeldByItself"):
        chain.send(datasets.transferFrom(creator.address, datasets.address, dataset), creator)
    with reverts("Token_HeldByItself"):
        chain.send(datasets.safeTransferFrom(creator.address, datasets.address, dataset), creator)


def test_the_registry_takes_no_ether_with_transfers_and_approvals(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, composer: LocalAccount
) -> None:
    """ERC-721 lets these functions be payable, and nobody could take the money out again."""
    calls = [
        datasets.transferFrom(creator.address, composer.address, dataset),
        datasets.safeTransferFrom(creator.address, composer.address, dataset),
        datasets.safeTransferFrom(creator.address, composer.address, dataset, b""),
        datasets.approve(composer.address, dataset),
    ]

    for call in calls:
        with reverts("Token_TakesNoValue", value=1):
            chain.send(call, creator, value=1)

    assert chain.ether(datasets) == 0
    assert datasets.ownerOf(dataset).call() == creator.address
    assert datasets.getApproved(dataset).call() == ETHER


def test_a_safe_transfer_asks_the_contract_that_receives(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, composer: LocalAccount
) -> None:
    deaf = chain.deploy("WildToken")

    with reverts("TransferToNonERC721ReceiverImplementer"):
        chain.send(datasets.safeTransferFrom(creator.address, deaf.address, dataset), creator)

    chain.send(datasets.safeTransferFrom(creator.address, composer.address, dataset), creator)
    assert epoch_of(datasets, dataset) == 1
