"""DatasetRegistry: the token, epochs, and what only its owner does."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.splits import Split
from tests.support.chain import Chain, Deployed, reverts


def epoch_of(datasets: Deployed, dataset: int) -> int:
    epoch: int = datasets.datasetOf(dataset).call()[5]
    return epoch


def test_a_transfer_starts_an_epoch_and_keeps_everything_else(
    chain: Chain,
    datasets: Deployed,
    splitter: Deployed,
    dataset: int,
    trio: Split,
    alice: LocalAccount,
    bob: LocalAccount,
) -> None:
    """P14, P4: the new owner changes nobody's share."""
    before = datasets.datasetOf(dataset).call()

    sent = chain.send(datasets.transferFrom(alice.address, bob.address, dataset), alice)

    assert sent.events == [
        datasets.event("EpochStarted", id=dataset, epoch=1),
        datasets.event("Transfer", **{"from": alice.address, "to": bob.address, "id": dataset}),
    ]
    assert datasets.datasetOf(dataset).call() == (bob.address, *before[1:5], 1)
    assert datasets.creatorOf(dataset).call() == alice.address
    assert (datasets.balanceOf(alice.address).call(), datasets.balanceOf(bob.address).call()) == (0, 1)
    assert splitter.splitOf(datasets.accountOf(dataset).call()).call() == trio.id()


def test_epochs_count_transfers_even_to_oneself_and_withdrawals(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount, bob: LocalAccount
) -> None:
    assert epoch_of(datasets, dataset) == 0

    chain.send(datasets.transferFrom(alice.address, alice.address, dataset), alice)
    assert epoch_of(datasets, dataset) == 1
    chain.send(datasets.withdrawAll(dataset), alice)
    assert epoch_of(datasets, dataset) == 2
    chain.send(datasets.transferFrom(alice.address, bob.address, dataset), alice)
    chain.send(datasets.transferFrom(bob.address, alice.address, dataset), bob)
    assert epoch_of(datasets, dataset) == 4


def test_withdraw_all_starts_an_epoch(chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount) -> None:
    sent = chain.send(datasets.withdrawAll(dataset), alice)

    assert sent.events == [datasets.event("EpochStarted", id=dataset, epoch=1)]
    assert datasets.creatorOf(dataset).call() == datasets.ownerOf(dataset).call() == alice.address


def test_the_creator_stays_who_it_was_through_every_hand(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount, bob: LocalAccount, carol: LocalAccount
) -> None:
    """P14."""
    chain.send(datasets.transferFrom(alice.address, bob.address, dataset), alice)
    chain.send(datasets.withdrawAll(dataset), bob)
    chain.send(datasets.transferFrom(bob.address, carol.address, dataset), bob)

    assert datasets.creatorOf(dataset).call() == alice.address


def test_an_unknown_dataset_has_no_creator(datasets: Deployed) -> None:
    with reverts("Registry_UnknownDataset", id=5):
        datasets.creatorOf(5).call()
    with reverts("Registry_UnknownDataset", id=5):
        datasets.stateOf(5).call()


def test_only_the_owner_withdraws_and_names_gateways(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount, stranger: LocalAccount
) -> None:
    for call in (datasets.withdrawAll(dataset), datasets.setGateways(dataset, [])):
        with reverts("Registry_NotOwner", id=dataset, caller=stranger.address, owner=alice.address):
            chain.send(call, stranger)
    for call in (datasets.withdrawAll(9), datasets.setGateways(9, [])):
        with reverts("Registry_UnknownDataset", id=9):
            chain.send(call, alice)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_owner_says_where_the_bytes_are_served(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount, count: int
) -> None:
    gateways = [alice.address] * count

    sent = chain.send(datasets.setGateways(dataset, gateways), alice)

    assert sent.events == [datasets.event("GatewaysSet", id=dataset, gateways=tuple(gateways))]


def test_an_operator_and_an_approved_account_may_transfer(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount, bob: LocalAccount, carol: LocalAccount
) -> None:
    chain.send(datasets.approve(bob.address, dataset), alice)
    assert datasets.getApproved(dataset).call() == bob.address

    chain.send(datasets.transferFrom(alice.address, bob.address, dataset), bob)
    assert datasets.getApproved(dataset).call() == ETHER
    chain.send(datasets.setApprovalForAll(carol.address, True), bob)
    chain.send(datasets.transferFrom(bob.address, carol.address, dataset), carol)

    assert datasets.ownerOf(dataset).call() == carol.address
    assert datasets.isApprovedForAll(bob.address, carol.address).call()


def test_a_stranger_transfers_nothing(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount, stranger: LocalAccount
) -> None:
    with reverts("NotOwnerNorApproved"):
        chain.send(datasets.transferFrom(alice.address, stranger.address, dataset), stranger)
    with reverts("NotOwnerNorApproved"):
        chain.send(datasets.approve(stranger.address, dataset), stranger)


@pytest.mark.parametrize("sender", ["nobody", "somebody else"])
def test_a_transfer_from_the_wrong_owner_changes_no_epoch(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount, stranger: LocalAccount, sender: str
) -> None:
    """Attack: burning or minting others' tokens (v1 H-5)."""
    wrong = ETHER if sender == "nobody" else stranger.address

    with reverts("TransferFromIncorrectOwner"):
        chain.send(datasets.transferFrom(wrong, stranger.address, dataset), stranger)

    assert epoch_of(datasets, dataset) == 0
    assert datasets.ownerOf(dataset).call() == alice.address


def test_an_unknown_dataset_is_not_transferred(
    chain: Chain, datasets: Deployed, alice: LocalAccount, bob: LocalAccount
) -> None:
    with reverts("Registry_UnknownDataset", id=9):
        chain.send(datasets.transferFrom(alice.address, bob.address, 9), alice)


def test_a_dataset_is_not_burnt(chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount) -> None:
    with reverts("TransferToZeroAddress"):
        chain.send(datasets.transferFrom(alice.address, ETHER, dataset), alice)


def test_the_registry_never_holds_its_own_token(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount
) -> None:
    with reverts("Token_HeldByItself"):
        chain.send(datasets.transferFrom(alice.address, datasets.address, dataset), alice)
    with reverts("Token_HeldByItself"):
        chain.send(datasets.safeTransferFrom(alice.address, datasets.address, dataset), alice)


def test_the_registry_takes_no_ether_with_transfers_and_approvals(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount, bob: LocalAccount
) -> None:
    """ERC-721 lets these functions be payable, and nobody could take the money out again."""
    calls = [
        datasets.transferFrom(alice.address, bob.address, dataset),
        datasets.safeTransferFrom(alice.address, bob.address, dataset),
        datasets.safeTransferFrom(alice.address, bob.address, dataset, b""),
        datasets.approve(bob.address, dataset),
    ]

    for call in calls:
        with reverts("Token_TakesNoValue", value=1):
            chain.send(call, alice, value=1)

    assert chain.ether(datasets) == 0
    assert datasets.ownerOf(dataset).call() == alice.address
    assert datasets.getApproved(dataset).call() == ETHER


def test_a_safe_transfer_asks_the_contract_that_receives(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount, bob: LocalAccount
) -> None:
    deaf = chain.deploy("WildToken")

    with reverts("TransferToNonERC721ReceiverImplementer"):
        chain.send(datasets.safeTransferFrom(alice.address, deaf.address, dataset), alice)

    chain.send(datasets.safeTransferFrom(alice.address, bob.address, dataset), alice)
    assert epoch_of(datasets, dataset) == 1
