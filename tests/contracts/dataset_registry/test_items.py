"""DatasetRegistry: proving that an item belongs to a dataset."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.items import ContentTree, Item
from audiera.protocol.kinds import Kind
from audiera.protocol.splits import Split
from tests.support.chain import Chain, Deployed
from tests.support.datasets import MANIFEST, content, register


def items(count: int) -> list[Item]:
    return [Item(bytes([number]) * 32, 1_000 + number, 60_000 + number, b"\x07" * 32) for number in range(count)]


@pytest.fixture
def tree() -> ContentTree:
    return ContentTree.of(items(5))


@pytest.fixture
def recordings(chain: Chain, datasets: Deployed, creator: LocalAccount, trio: Split, tree: ContentTree) -> int:
    """A dataset of five items."""
    return register(chain, datasets, creator, trio, content(items=5, root=tree.root))


@pytest.mark.parametrize("count", [1, 2, 3, 8, 33])
def test_every_item_is_proven(chain: Chain, datasets: Deployed, creator: LocalAccount, trio: Split, count: int) -> None:
    """P12."""
    tree = ContentTree.of(items(count))
    dataset = register(chain, datasets, creator, trio, content(items=count, root=tree.root))

    for item in tree.items:
        assert datasets.verifyItem(dataset, 1, item.values(), tree.proof(item)).call()


@pytest.mark.parametrize(
    "change",
    [
        lambda item: replace(item, sha256=b"\x01" * 32),
        lambda item: replace(item, size=1),
        lambda item: replace(item, duration_ms=0),
        lambda item: replace(item, metadata=b"\x08" * 32),
    ],
    ids=["sha256", "size", "duration", "metadata"],
)
def test_an_item_with_any_field_changed_is_not(
    datasets: Deployed, recordings: int, tree: ContentTree, change: Callable[[Item], Item]
) -> None:
    item = tree.items[0]

    assert not datasets.verifyItem(recordings, 1, change(item).values(), tree.proof(item)).call()


@pytest.mark.parametrize("case", ["cut short", "extended", "another's", "none"])
def test_an_altered_proof_proves_nothing(datasets: Deployed, recordings: int, tree: ContentTree, case: str) -> None:
    """AUD-A52: Attack: proof extension, odd-leaf duplication."""
    item, proof = tree.items[0], tree.proof(tree.items[0])
    altered = {
        "cut short": proof[:-1],
        "extended": (*proof, proof[-1]),
        "another's": tree.proof(tree.items[1]),
        "none": (),
    }

    assert not datasets.verifyItem(recordings, 1, item.values(), altered[case]).call()


def test_an_item_of_another_dataset_is_not_proven(
    chain: Chain, datasets: Deployed, recordings: int, creator: LocalAccount, trio: Split, tree: ContentTree
) -> None:
    """AUD-A52: Attack: reuse across roots."""
    other = ContentTree.of(items(6)[1:])
    second = register(chain, datasets, creator, trio, content(items=5, root=other.root))
    item = tree.items[0]

    assert datasets.verifyItem(recordings, 1, item.values(), tree.proof(item)).call()
    assert not datasets.verifyItem(second, 1, item.values(), tree.proof(item)).call()


def test_each_version_proves_its_own_items(
    chain: Chain, datasets: Deployed, recordings: int, creator: LocalAccount, tree: ContentTree
) -> None:
    """P14: what was proven once stays proven."""
    newer = ContentTree.of(items(7))
    chain.send(datasets.publishVersion(recordings, 2, 7, newer.root, MANIFEST, 0), creator)
    added = next(item for item in newer.items if item not in tree.items)
    kept = tree.items[0]

    assert datasets.verifyItem(recordings, 1, kept.values(), tree.proof(kept)).call()
    assert datasets.verifyItem(recordings, 2, kept.values(), newer.proof(kept)).call()
    assert datasets.verifyItem(recordings, 2, added.values(), newer.proof(added)).call()
    assert not datasets.verifyItem(recordings, 1, added.values(), newer.proof(added)).call()


def test_withdrawn_items_stay_proven(
    chain: Chain, datasets: Deployed, recordings: int, creator: LocalAccount, stranger: LocalAccount, tree: ContentTree
) -> None:
    """AUD-A38: A later owner takes consent back, and not what was sold: content, version and proofs are as before."""
    before = datasets.contentOf(recordings, 1).call()
    chain.send(datasets.transferFrom(creator.address, stranger.address, recordings), creator)

    chain.send(datasets.withdrawItems(recordings, [item.leaf() for item in tree.items]), stranger)

    assert datasets.contentOf(recordings, 1).call() == before
    assert datasets.datasetOf(recordings).call()[2] == 1
    for item in tree.items:
        assert datasets.verifyItem(recordings, 1, item.values(), tree.proof(item)).call()


def test_whoever_registers_others_items_later_is_seen_to_be_later(
    chain: Chain, datasets: Deployed, recordings: int, creator: LocalAccount, stranger: LocalAccount, trio: Split,
    tree: ContentTree,
) -> None:  # fmt: skip
    """AUD-A51: Attack: squatting, with other items beside them, so that no root gives it away. Both prove the item."""
    copied = ContentTree.of([*tree.items[:2], Item(b"\x99" * 32, 1, 1, b"\x07" * 32)])
    chain.at_time(chain.now() + 1)

    copy = register(chain, datasets, stranger, trio, content(items=3, root=copied.root))

    for dataset, its in ((recordings, tree), (copy, copied)):
        assert datasets.verifyItem(dataset, 1, tree.items[0].values(), its.proof(tree.items[0])).call()
    first, later = (datasets.datasetOf(dataset).call()[1] for dataset in (recordings, copy))
    assert first < later
    assert [datasets.creatorOf(dataset).call() for dataset in (recordings, copy)] == [
        creator.address,
        stranger.address,
    ]


@pytest.mark.parametrize(("dataset", "version"), [(1, 0), (1, 2), (0, 1), (2, 1)])
def test_what_does_not_exist_proves_nothing(
    datasets: Deployed, recordings: int, tree: ContentTree, dataset: int, version: int
) -> None:
    item = tree.items[0]
    assert recordings == 1

    assert not datasets.verifyItem(dataset, version, item.values(), tree.proof(item)).call()


def test_a_catalogue_holds_no_items(
    chain: Chain, datasets: Deployed, creator: LocalAccount, trio: Split, tree: ContentTree
) -> None:
    catalogue = register(chain, datasets, creator, trio, content(Kind.Catalogue))

    assert not datasets.verifyItem(catalogue, 1, tree.items[0].values(), []).call()
