"""DatasetRegistry: publishing versions."""

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from audiera.protocol.cid import cid_of
from audiera.protocol.hashing import ZERO_WORD, word
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent, lineage_hash
from audiera.protocol.splits import Split, payee_of
from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import MANIFEST, ROOT, child_split, content, register

NEW_ROOT, NEW_MANIFEST = b"\xcc" * 32, b"\xdd" * 32


def test_a_new_version_is_announced_and_the_old_one_stays_provable(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount
) -> None:
    """P14."""
    before = datasets.datasetOf(dataset).call()
    assert datasets.publishVersion(dataset, 4, NEW_ROOT, NEW_MANIFEST).call({"from": alice.address}) == 2

    sent = chain.send(datasets.publishVersion(dataset, 4, NEW_ROOT, NEW_MANIFEST), alice)

    assert sent.events == [
        datasets.event(
            "VersionPublished", id=dataset, version=2, itemCount=4, contentRoot=NEW_ROOT, manifest=NEW_MANIFEST
        ),
        datasets.event("MetadataUpdate", id=dataset),
    ]
    assert datasets.datasetOf(dataset).call() == (*before[:2], 2, *before[3:])
    assert datasets.contentOf(dataset, 1).call() == [ROOT, MANIFEST]
    assert datasets.contentOf(dataset, 2).call() == [NEW_ROOT, NEW_MANIFEST]
    assert datasets.contentOf(dataset, 3).call() == [ZERO_WORD, ZERO_WORD]
    assert datasets.tokenURI(dataset).call() == f"ipfs://{cid_of(NEW_MANIFEST)}"


def test_versions_count_up(chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount) -> None:
    for version in range(2, 6):
        chain.send(datasets.publishVersion(dataset, 1, word(version), NEW_MANIFEST), alice)

        assert datasets.datasetOf(dataset).call()[2] == version
    assert [datasets.contentOf(dataset, version).call()[0] for version in range(2, 6)] == [*map(word, range(2, 6))]


def test_a_version_changes_neither_creator_time_lineage_nor_split(
    chain: Chain, datasets: Deployed, splitter: Deployed, dataset: int, alice: LocalAccount
) -> None:
    """P14, and P4: nobody's share changes."""
    parents = [Parent(dataset, 100_000)]
    split = child_split(datasets, parents, payee_of(alice.address))
    child = register(chain, datasets, alice, split, parents=parents)
    before = datasets.datasetOf(child).call()

    chain.send(datasets.publishVersion(child, 4, NEW_ROOT, NEW_MANIFEST), alice)

    assert datasets.datasetOf(child).call()[1] == before[1]
    assert datasets.creatorOf(child).call() == alice.address
    assert datasets.lineageOf(child).call() == lineage_hash(parents)
    assert splitter.splitOf(datasets.accountOf(child).call()).call() == split.id()


def test_only_the_owner_publishes(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount, stranger: LocalAccount
) -> None:
    with reverts("Registry_NotOwner", id=dataset, caller=stranger.address, owner=alice.address):
        chain.send(datasets.publishVersion(dataset, 4, NEW_ROOT, NEW_MANIFEST), stranger)


def test_the_creator_no_longer_publishes_once_it_sold(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount, bob: LocalAccount
) -> None:
    chain.send(datasets.transferFrom(alice.address, bob.address, dataset), alice)

    with reverts("Registry_NotOwner", id=dataset, caller=alice.address, owner=bob.address):
        chain.send(datasets.publishVersion(dataset, 4, NEW_ROOT, NEW_MANIFEST), alice)
    chain.send(datasets.publishVersion(dataset, 4, NEW_ROOT, NEW_MANIFEST), bob)
    assert datasets.datasetOf(dataset).call()[2] == 2


def test_an_approved_operator_moves_tokens_and_does_not_publish(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount, stranger: LocalAccount
) -> None:
    chain.send(datasets.setApprovalForAll(stranger.address, True), alice)

    with reverts("Registry_NotOwner", id=dataset, caller=stranger.address, owner=alice.address):
        chain.send(datasets.publishVersion(dataset, 4, NEW_ROOT, NEW_MANIFEST), stranger)


def test_an_unknown_dataset_has_no_versions(chain: Chain, datasets: Deployed, alice: LocalAccount) -> None:
    with reverts("Registry_UnknownDataset", id=7):
        chain.send(datasets.publishVersion(7, 4, NEW_ROOT, NEW_MANIFEST), alice)
    assert datasets.contentOf(7, 1).call() == [ZERO_WORD, ZERO_WORD]


def test_a_version_needs_a_manifest(chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount) -> None:
    with reverts("Registry_NoManifest"):
        chain.send(datasets.publishVersion(dataset, 4, NEW_ROOT, ZERO_WORD), alice)


@pytest.mark.parametrize(
    ("kind", "items", "root"),
    [
        (Kind.Recordings, 0, NEW_ROOT),
        (Kind.Recordings, 1, ZERO_WORD),
        (Kind.Catalogue, 1, ZERO_WORD),
        (Kind.Catalogue, 0, NEW_ROOT),
    ],
)
def test_a_version_is_empty_only_in_a_catalogue(
    chain: Chain, datasets: Deployed, alice: LocalAccount, trio: Split, kind: Kind, items: int, root: bytes
) -> None:
    dataset = register(chain, datasets, alice, trio, content(kind))

    with reverts("Registry_ContentMismatch", kind=kind, itemCount=items, contentRoot=root):
        chain.send(datasets.publishVersion(dataset, items, root, NEW_MANIFEST), alice)


def test_a_catalogue_publishes_a_new_manifest(
    chain: Chain, datasets: Deployed, alice: LocalAccount, trio: Split
) -> None:
    catalogue = register(chain, datasets, alice, trio, content(Kind.Catalogue))

    chain.send(datasets.publishVersion(catalogue, 0, ZERO_WORD, NEW_MANIFEST), alice)

    assert datasets.contentOf(catalogue, 2).call() == [ZERO_WORD, NEW_MANIFEST]


@pytest.mark.parametrize("counter", ["version", "epoch"])
def test_a_full_counter_refuses_and_touches_nothing_beside_it(
    chain: Chain, datasets: Deployed, dataset: int, alice: LocalAccount, counter: str
) -> None:
    full = 0xFFFF << 32 if counter == "version" else 0xFFFFFFFF << 64
    owner, state = datasets.stateOf(dataset).call()
    # Where Solady keeps owner and extra data of a token whose id has 32 bits.
    slot = 2 * dataset + int.from_bytes(keccak(bytes(28) + bytes.fromhex("7d882553")), "big")
    chain.rpc(
        "anvil_setStorageAt", datasets.address, hex(slot), f"0x{word((state | full) << 160 | int(owner, 16)).hex()}"
    )
    assert datasets.stateOf(dataset).call() == [owner, state | full]

    with reverts("Panic", code=0x11):
        if counter == "version":
            chain.send(datasets.publishVersion(dataset, 4, NEW_ROOT, NEW_MANIFEST), alice)
        else:
            chain.send(datasets.withdrawAll(dataset), alice)
