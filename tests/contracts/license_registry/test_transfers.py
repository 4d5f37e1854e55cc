"""Licences as tokens: ERC-721, bound where their terms say so (ERC-5192)."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.lineage import Parent
from audiera.protocol.terms import TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import RIGHTS, Market
from tests.support.relay import relayed

VALID, NOT_HOLDER = 0, 2


@pytest.fixture
def dataset(market: Market, owner: LocalAccount) -> int:
    return market.dataset(owner)


@pytest.fixture
def licence(market: Market, owner: LocalAccount, dataset: int, buyer: LocalAccount) -> int:
    """Transferable."""
    return market.licence(owner, dataset, buyer, flags=TermsFlag.Transferable)


@pytest.fixture
def bound(market: Market, owner: LocalAccount, dataset: int, buyer: LocalAccount) -> int:
    """Not transferable."""
    return market.licence(owner, dataset, buyer)


def test_a_transferable_licence_moves_with_all_its_rights(
    chain: Chain, licenses: Deployed, dataset: int, licence: int, buyer: LocalAccount, stranger: LocalAccount
) -> None:
    """Licences: access reads the present holder."""
    before = licenses.licenseOf(licence).call()
    assert licenses.statusOf(licence, stranger.address, dataset, RIGHTS).call() == NOT_HOLDER

    sent = chain.send(licenses.transferFrom(buyer.address, stranger.address, licence), buyer)

    assert sent.events == [licenses.event("Transfer", **{"from": buyer.address, "to": stranger.address, "id": licence})]
    assert licenses.licenseOf(licence).call() == (stranger.address, *before[1:])
    assert licenses.statusOf(licence, buyer.address, dataset, RIGHTS).call() == NOT_HOLDER
    assert licenses.statusOf(licence, stranger.address, dataset, RIGHTS).call() == VALID
    assert [licenses.balanceOf(it.address).call() for it in (buyer, stranger)] == [0, 1]


def test_a_bound_licence_stays_with_its_holder(
    chain: Chain, licenses: Deployed, bound: int, buyer: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-L6"""
    chain.send(licenses.approve(stranger.address, bound), buyer)

    for caller, to in ((buyer, stranger), (buyer, buyer), (stranger, stranger)):
        with reverts("License_NotTransferable", licenseId=bound):
            chain.send(licenses.transferFrom(buyer.address, to.address, bound), caller)
    with reverts("License_NotTransferable", licenseId=bound):
        chain.send(licenses.safeTransferFrom(buyer.address, stranger.address, bound), buyer)
    assert licenses.ownerOf(bound).call() == buyer.address


def test_locked_says_what_transfers_do(licenses: Deployed, licence: int, bound: int) -> None:
    assert not licenses.locked(licence).call()
    assert licenses.locked(bound).call()
    for unknown in (0, bound + 1):
        with reverts("License_Unknown", licenseId=unknown):
            licenses.locked(unknown).call()


def test_a_licence_that_a_clearance_rests_on_is_locked_and_the_event_says_so_once(
    chain: Chain, licenses: Deployed, market: Market, dataset: int, licence: int, buyer: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """AUD-L6"""
    parents = [Parent(dataset, 0)]
    children = [market.dataset(buyer, parents=parents) for _ in range(2)]

    first = market.clear(buyer, children[0], parents, [licence])
    second = market.clear(buyer, children[1], parents, [licence])

    assert first.events[:2] == [
        licenses.event("Locked", tokenId=licence),
        licenses.event("MetadataUpdate", id=licence),
    ]
    assert [event.name for event in second.events] == ["DatasetCleared"]
    assert licenses.locked(licence).call()
    assert licenses.licenseOf(licence).call()[5] is True
    with reverts("License_NotTransferable", licenseId=licence):
        chain.send(licenses.transferFrom(buyer.address, stranger.address, licence), buyer)


def test_a_bound_licence_gets_the_mark_but_no_second_event(
    licenses: Deployed, market: Market, dataset: int, bound: int, buyer: LocalAccount
) -> None:
    parents = [Parent(dataset, 0)]
    child = market.dataset(buyer, parents=parents)

    sent = market.clear(buyer, child, parents, [bound])

    assert [event.name for event in sent.events] == ["MetadataUpdate", "DatasetCleared"]
    assert licenses.licenseOf(bound).call()[5] is True


def test_only_the_holder_and_those_it_approved_move_a_licence(
    chain: Chain, licenses: Deployed, licence: int, buyer: LocalAccount, stranger: LocalAccount, owner: LocalAccount
) -> None:
    """AUD-A41: Licences: burning others' tokens. Nobody else can take or destroy one, its dataset's owner included."""
    for caller in (stranger, owner):
        with reverts("NotOwnerNorApproved"):
            chain.send(licenses.transferFrom(buyer.address, caller.address, licence), caller)
    with reverts("TransferToZeroAddress"):
        chain.send(licenses.transferFrom(buyer.address, ETHER, licence), buyer)
    with reverts("TransferFromIncorrectOwner"):
        chain.send(licenses.transferFrom(stranger.address, stranger.address, licence), buyer)
    with reverts("TokenDoesNotExist"):
        chain.send(licenses.transferFrom(buyer.address, stranger.address, licence + 9), buyer)

    chain.send(licenses.approve(stranger.address, licence), buyer)
    chain.send(licenses.transferFrom(buyer.address, stranger.address, licence), stranger)

    assert licenses.ownerOf(licence).call() == stranger.address


def test_a_signer_with_every_scope_still_cannot_move_a_licence(
    chain: Chain, licenses: Deployed, licence: int, buyer: LocalAccount, stranger: LocalAccount
) -> None:
    chain.send(licenses.setSigner(stranger.address, 7, 2**64 - 1), buyer)

    with reverts("NotOwnerNorApproved"):
        chain.send(licenses.transferFrom(buyer.address, stranger.address, licence), stranger)


def test_the_registry_accepts_no_licence(chain: Chain, licenses: Deployed, licence: int, buyer: LocalAccount) -> None:
    with reverts("Token_HeldByItself"):
        chain.send(licenses.transferFrom(buyer.address, licenses.address, licence), buyer)


def test_the_registry_takes_no_ether_with_transfers_and_approvals(
    chain: Chain, licenses: Deployed, licence: int, buyer: LocalAccount, stranger: LocalAccount
) -> None:
    """ERC-721 lets these functions be payable, and nobody could take the money out again."""
    calls = [
        licenses.transferFrom(buyer.address, stranger.address, licence),
        licenses.safeTransferFrom(buyer.address, stranger.address, licence),
        licenses.safeTransferFrom(buyer.address, stranger.address, licence, b""),
        licenses.approve(stranger.address, licence),
    ]

    for call in calls:
        with reverts("Token_TakesNoValue", value=1):
            chain.send(call, buyer, value=1)

    assert chain.ether(licenses) == 0
    assert licenses.ownerOf(licence).call() == buyer.address
    assert licenses.getApproved(licence).call() == ETHER


def test_transfers_and_approvals_are_not_relayed(
    chain: Chain, licenses: Deployed, licence: int, buyer: LocalAccount, stranger: LocalAccount
) -> None:
    """Solady checks the direct caller, which in a relayed call is the contract itself."""
    calls = [
        licenses.transferFrom(buyer.address, stranger.address, licence),
        licenses.safeTransferFrom(buyer.address, stranger.address, licence),
        licenses.safeTransferFrom(buyer.address, stranger.address, licence, b""),
        licenses.approve(stranger.address, licence),
        licenses.setApprovalForAll(stranger.address, True),
    ]

    for nonce, call in enumerate(calls):
        selector = bytes.fromhex(call._encode_transaction_data()[2:10])
        with reverts("Relay_NotRelayable", selector=selector):
            chain.send(relayed(chain, licenses, buyer, call, nonce=nonce), stranger)
    assert licenses.ownerOf(licence).call() == buyer.address


def test_a_licence_sent_safely_to_what_refuses_it_stays(
    chain: Chain, licenses: Deployed, licence: int, buyer: LocalAccount
) -> None:
    """While `acquire` mints without asking: a contract that takes no callbacks can still be given a licence."""
    deaf = chain.deploy("HostileReceiver", 0)

    with reverts("TransferToNonERC721ReceiverImplementer"):
        chain.send(licenses.safeTransferFrom(buyer.address, deaf.address, licence), buyer)
    chain.send(licenses.transferFrom(buyer.address, deaf.address, licence), buyer)

    assert licenses.ownerOf(licence).call() == deaf.address
