from __future__ import annotations

import pytest

from audiera.client import Content
from audiera.client.contracts import events
from audiera.errors import ChainError, LineageError, RevertError
from audiera.protocol.cid import cid_of
from audiera.protocol.ids import ETHER, dataset_account
from audiera.protocol.items import ContentTree, Item
from audiera.protocol.kinds import DatasetFlag, Kind
from audiera.protocol.lineage import Parent, lineage_hash
from audiera.protocol.splits import Split, move_share, payee_of
from tests.client.conftest import As, Studio, content_of


def test_register_answers_number_content_and_split(as_: As, studio: Studio) -> None:
    creator = as_("creator")
    content = Content(Kind.Stems, int(DatasetFlag.Synthetic), 2, b"\x03" * 32, b"\x04" * 32)
    assert creator.datasets.dataset_count() == 0

    receipt = creator.datasets.register(content, studio.split())

    registered = receipt.event(events.DatasetRegistered)
    assert (registered.id, registered.creator, registered.content) == (1, creator.account, content)
    assert creator.datasets.dataset_count() == 1
    assert creator.datasets.creator_of(1) == creator.account
    assert creator.datasets.account_of(1) == dataset_account(creator.datasets.address, 1)
    assert creator.royalty.current_split(creator.datasets.account_of(1)) == studio.split()
    assert creator.datasets.content_of(1, 1) == (content.content_root, content.manifest)
    assert creator.datasets.content(1) == content
    assert creator.datasets.registration(1) == registered
    assert creator.datasets.lineage_of(1) == bytes(32)
    assert creator.datasets.parents(1) == ()
    state = creator.datasets.dataset_of(1)
    assert (state.owner, state.version, state.kind, state.epoch) == (creator.account, 1, Kind.Stems, 0)
    assert state.flags == DatasetFlag.Synthetic
    assert state.registered_at == creator.node.timestamp()
    owner, packed = creator.datasets.state_of(1)
    assert (owner, packed & 0xFFFFFFFF) == (creator.account, state.registered_at)


def test_a_derived_dataset_keeps_its_parents(as_: As, studio: Studio) -> None:
    parents = (Parent(studio.dataset(), 100_000), Parent(studio.dataset(), 0))

    child = studio.dataset(kind=Kind.Model, parents=parents)

    reader = as_("reader").datasets
    assert reader.parents(child) == parents
    assert reader.lineage_of(child) == lineage_hash(parents)
    assert reader.dataset_of(child).flags == DatasetFlag.Derived


def test_register_refuses_parents_out_of_order_before_anything_is_sent(studio: Studio) -> None:
    with pytest.raises(LineageError, match="out of order"):
        studio.creator.datasets.register(content_of(), studio.split(), (Parent(2, 1), Parent(1, 1)))


def test_register_many_numbers_them_in_order(as_: As, studio: Studio) -> None:
    receipt = as_("creator").datasets.register_many([content_of(), content_of()], studio.split())

    assert [it.id for it in receipt.events(events.DatasetRegistered)] == [1, 2]
    assert [it.event.id for it in as_("reader").datasets.registered()] == [1, 2]


def test_an_older_version_stays_readable_after_a_new_one(as_: As, studio: Studio) -> None:
    dataset = studio.dataset()

    receipt = as_("creator").datasets.publish_version(
        dataset, 9, b"\x0a" * 32, b"\x0b" * 32, version=2, flags=DatasetFlag.Synthetic
    )

    reader, synthetic = as_("reader").datasets, int(DatasetFlag.Synthetic)
    published = events.VersionPublished(dataset, 2, 9, b"\x0a" * 32, b"\x0b" * 32, synthetic)
    assert receipt.event(events.VersionPublished) == published
    assert receipt.event(events.MetadataUpdate) == events.MetadataUpdate(dataset)
    assert reader.content(dataset, 2) == Content(Kind.Samples, synthetic, 9, b"\x0a" * 32, b"\x0b" * 32)
    assert reader.content(dataset, 1) == content_of()
    assert reader.token_uri(dataset) == "ipfs://" + cid_of(b"\x0b" * 32)


def test_a_version_is_published_as_the_number_that_was_meant_or_not_at_all(as_: As, studio: Studio) -> None:
    dataset = studio.dataset()

    with pytest.raises(RevertError, match="Publish version 2, if") as refused:
        as_("creator").datasets.publish_version(dataset, 9, b"\x0a" * 32, b"\x0b" * 32, version=3, flags=0)

    assert refused.value.name == "Registry_WrongVersion"
    assert refused.value.fields == {"id": dataset, "next": 2, "given": 3}


def test_consent_to_items_is_withdrawn_in_an_event(as_: As, studio: Studio) -> None:
    dataset, items = studio.dataset(), (b"\x11" * 32, b"\x12" * 32)

    receipt = as_("creator").datasets.withdraw_items(dataset, items)

    assert receipt.event(events.ItemsWithdrawn) == events.ItemsWithdrawn(dataset, items)
    assert [it.event.items for it in as_("reader").datasets.logs(events.ItemsWithdrawn, id=dataset)] == [items]


def test_a_payee_moves_its_share(as_: As, studio: Studio) -> None:
    creator, heir = as_("creator"), as_("heir")
    dataset, before = studio.dataset(), studio.split()

    receipt = creator.datasets.move_share(dataset, before, payee_of(heir.account))

    after = move_share(before, payee_of(creator.account), payee_of(heir.account))
    assert receipt.event(events.ShareMoved).split_id == after.id()
    assert creator.royalty.current_split(creator.datasets.account_of(dataset)) == after


def test_withdraw_all_starts_an_epoch(as_: As, studio: Studio) -> None:
    dataset = studio.dataset()

    receipt = as_("creator").datasets.withdraw_all(dataset)

    assert receipt.event(events.EpochStarted) == events.EpochStarted(dataset, 1)
    assert as_("reader").datasets.dataset_of(dataset).epoch == 1


def test_gateways_are_those_last_said(as_: As, studio: Studio) -> None:
    creator, gateway = as_("creator"), as_("gateway")
    dataset = studio.dataset()
    assert creator.datasets.gateways(dataset) == ()

    creator.datasets.set_gateways(dataset, [creator.account])
    creator.datasets.set_gateways(dataset, [gateway.account])

    assert creator.datasets.gateways(dataset) == (gateway.account,)


def test_an_item_is_proven_and_another_is_not(as_: As, studio: Studio) -> None:
    creator = as_("creator")
    items = [Item(bytes([n]) * 32, 10 + n, 1_000, bytes([n]) * 32) for n in range(1, 6)]
    tree = ContentTree.of(items)
    creator.datasets.register(Content(Kind.Samples, 0, 5, tree.root, b"\x02" * 32), studio.split())
    other = Item(b"\xff" * 32, 1, 1, b"\xff" * 32)

    proof = tree.proof(items[2])

    assert creator.datasets.verify_item(1, 1, items[2], proof) is True
    assert creator.datasets.verify_item(1, 1, other, proof) is False


def test_the_token_side_of_a_dataset(as_: As, studio: Studio) -> None:
    creator, buyer, agent = as_("creator"), as_("buyer"), as_("agent")
    first, second, third = (studio.dataset() for _ in range(3))
    assert creator.datasets.held_by(creator.account) == (first, second, third)

    creator.datasets.approve(agent.account, first)
    assert creator.datasets.get_approved(first) == agent.account
    agent.datasets.transfer_from(creator.account, buyer.account, first)
    creator.datasets.set_approval_for_all(agent.account, True)
    assert creator.datasets.is_approved_for_all(creator.account, agent.account) is True
    agent.datasets.safe_transfer_from(creator.account, buyer.account, second, b"hello")

    assert creator.datasets.owner_of(first) == buyer.account
    assert creator.datasets.held_by(creator.account) == (third,)
    assert creator.datasets.held_by(buyer.account) == (first, second)
    assert creator.datasets.balance_of(buyer.account) == 2
    assert creator.datasets.total_supply() == 3
    assert creator.datasets.get_approved(first) == ETHER
    receiver, royalty = creator.datasets.royalty_info(first, 1_000)
    assert (receiver, royalty) == (creator.royalty.address_of(creator.datasets.account_of(first)), 50)
    assert creator.datasets.supports_interface(bytes.fromhex("80ac58cd")) is True
    assert creator.datasets.supports_interface(b"\xff" * 4) is False
    assert creator.datasets.name()
    assert creator.datasets.symbol()
    assert creator.datasets.contract_uri().startswith("data:application/json")


def test_an_owner_only_call_by_another_reverts_with_every_field(as_: As, studio: Studio) -> None:
    dataset, thief = studio.dataset(), as_("thief")

    with pytest.raises(RevertError, match=r"Use the account 0x\w+, which owns dataset 1\.") as refused:
        thief.datasets.withdraw_all(dataset)

    assert refused.value.name == "Registry_NotOwner"
    assert refused.value.fields == {"id": dataset, "caller": thief.account, "owner": studio.creator.account}


def test_what_was_never_registered_is_not_found(as_: As, studio: Studio) -> None:
    reader, dataset = as_("reader").datasets, studio.dataset()

    with pytest.raises(RevertError, match=r"Registry_UnknownDataset\(id=9\)"):
        reader.dataset_of(9)
    with pytest.raises(ChainError, match="There is no dataset 9"):
        reader.registration(9)
    with pytest.raises(ChainError, match="There is no version 2 of dataset 1"):
        reader.content(dataset, 2)


def test_a_split_that_the_contract_refuses_is_refused_with_its_field(as_: As, studio: Studio) -> None:
    parent, creator = studio.dataset(), as_("creator")
    without = Split.of({payee_of(creator.account): 1_000_000})

    with pytest.raises(RevertError) as refused:
        creator.datasets.register(content_of(), without, (Parent(parent, 5),))

    assert refused.value.name == "Registry_ParentShare"
    assert refused.value.fields == {"dataset": parent, "expected": 5, "found": 0}
