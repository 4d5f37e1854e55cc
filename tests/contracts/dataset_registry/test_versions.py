"""DatasetRegistry: publishing versions."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.cid import cid_of
from audiera.protocol.hashing import ZERO_WORD, word
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent, lineage_hash
from audiera.protocol.splits import Split, payee_of
from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import MANIFEST, ROOT, child_split, content, overwrite, register
from tests.support.relay import relayed

NEW_ROOT, NEW_MANIFEST = b"\xcc" * 32, b"\xdd" * 32


def test_a_new_version_is_announced_and_the_old_one_stays_provable(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount
) -> None:
    """AUD-D1: P14."""
    before = datasets.datasetOf(dataset).call()

    sent = chain.send(datasets.publishVersion(dataset, 2, 4, NEW_ROOT, NEW_MANIFEST, 0), creator)

    assert sent.events == [
        datasets.event(
            "VersionPublished",
            id=dataset,
            version=2,
            itemCount=4,
            contentRoot=NEW_ROOT,
            manifest=NEW_MANIFEST,
            flags=0,
        ),
        datasets.event("MetadataUpdate", id=dataset),
    ]
    assert datasets.datasetOf(dataset).call() == (*before[:2], 2, *before[3:])
    assert datasets.contentOf(dataset, 1).call() == [ROOT, MANIFEST]
    assert datasets.contentOf(dataset, 2).call() == [NEW_ROOT, NEW_MANIFEST]
    assert datasets.contentOf(dataset, 3).call() == [ZERO_WORD, ZERO_WORD]
    assert datasets.tokenURI(dataset).call() == f"ipfs://{cid_of(NEW_MANIFEST)}"


def test_versions_count_up(chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount) -> None:
    for version in range(2, 6):
        chain.send(datasets.publishVersion(dataset, version, 1, word(version), NEW_MANIFEST, 0), creator)

        assert datasets.datasetOf(dataset).call()[2] == version
    assert [datasets.contentOf(dataset, version).call()[0] for version in range(2, 6)] == [*map(word, range(2, 6))]


@pytest.mark.parametrize("given", [0, 1, 3, 4, 2**16 - 1])
def test_only_the_next_version_is_published(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, given: int
) -> None:
    """AUD-D2"""
    before = datasets.datasetOf(dataset).call()

    with reverts("Registry_WrongVersion", id=dataset, next=2, given=given):
        chain.send(datasets.publishVersion(dataset, given, 4, NEW_ROOT, NEW_MANIFEST, 0), creator)

    assert datasets.datasetOf(dataset).call() == before
    assert datasets.contentOf(dataset, 2).call() == [ZERO_WORD, ZERO_WORD]
    assert datasets.contentOf(dataset, 1).call() == [ROOT, MANIFEST]


def test_versions_signed_in_order_are_not_published_in_another(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-A10: Whoever carries them out, the newer stays the newest; what was refused is carried out in its turn."""
    older, newer = (
        relayed(
            chain, datasets, creator, datasets.publishVersion(dataset, version, 4, root, NEW_MANIFEST, 0), nonce=nonce
        )
        for nonce, (version, root) in enumerate([(2, b"\x02" * 32), (3, b"\x03" * 32)])
    )

    with reverts("Registry_WrongVersion", id=dataset, next=2, given=3):
        chain.send(newer, stranger)
    chain.send(older, stranger)
    chain.send(newer, stranger)

    assert datasets.datasetOf(dataset).call()[2] == 3
    assert [datasets.contentOf(dataset, version).call()[0] for version in (2, 3)] == [b"\x02" * 32, b"\x03" * 32]


@pytest.mark.parametrize("derived", [False, True], ids=["of its own", "derived"])
def test_a_version_says_whether_it_is_synthetic_and_never_whether_it_is_derived(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, derived: bool
) -> None:
    """AUD-D2, AUD-A38: Bit 0 is for the lineage to say, at registration; bit 1 is of the newest content."""
    parents = [Parent(dataset, 0)] if derived else []
    split = child_split(datasets, parents, payee_of(creator.address))
    number = register(chain, datasets, creator, split, content(flags=2), parents)
    found = [datasets.datasetOf(number).call()[4]]

    for version, flags in ((2, 0), (3, 0), (4, 2), (5, 2)):
        sent = chain.send(datasets.publishVersion(number, version, 4, NEW_ROOT, NEW_MANIFEST, flags), creator)
        assert sent.events[0].fields["flags"] == flags
        found.append(datasets.datasetOf(number).call()[4])

    assert found == [derived | it for it in (2, 0, 0, 2, 2)]


@pytest.mark.parametrize("flags", [1, 3, 4, 0x80, 0xFF])
@pytest.mark.parametrize("derived", [False, True], ids=["of its own", "derived"])
def test_a_version_declares_nothing_else(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, derived: bool, flags: int
) -> None:
    """AUD-A38: Attack: flags of a version that overwrite the mark of derivation."""
    parents = [Parent(dataset, 0)] if derived else []
    number = register(chain, datasets, creator, child_split(datasets, parents, b"\x01" * 32), None, parents)

    with reverts("Registry_UnknownFlags", flags=flags):
        chain.send(datasets.publishVersion(number, 2, 4, NEW_ROOT, NEW_MANIFEST, flags), creator)

    assert datasets.datasetOf(number).call()[4] == derived


def test_a_version_changes_neither_creator_time_lineage_nor_split(
    chain: Chain, datasets: Deployed, splitter: Deployed, dataset: int, creator: LocalAccount
) -> None:
    """AUD-D1: P14, and P4: nobody's share changes."""
    parents = [Parent(dataset, 100_000)]
    split = child_split(datasets, parents, payee_of(creator.address))
    child = register(chain, datasets, creator, split, parents=parents)
    before = datasets.datasetOf(child).call()

    chain.send(datasets.publishVersion(child, 2, 4, NEW_ROOT, NEW_MANIFEST, 0), creator)

    assert datasets.datasetOf(child).call()[1] == before[1]
    assert datasets.creatorOf(child).call() == creator.address
    assert datasets.lineageOf(child).call() == lineage_hash(parents)
    assert splitter.splitOf(datasets.accountOf(child).call()).call() == split.id()


def test_only_the_owner_publishes(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-D2"""
    with reverts("Registry_NotOwner", id=dataset, caller=stranger.address, owner=creator.address):
        chain.send(datasets.publishVersion(dataset, 2, 4, NEW_ROOT, NEW_MANIFEST, 0), stranger)


def test_the_creator_no_longer_publishes_once_it_sold(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, composer: LocalAccount
) -> None:
    chain.send(datasets.transferFrom(creator.address, composer.address, dataset), creator)

    with reverts("Registry_NotOwner", id=dataset, caller=creator.address, owner=composer.address):
        chain.send(datasets.publishVersion(dataset, 2, 4, NEW_ROOT, NEW_MANIFEST, 0), creator)
    chain.send(datasets.publishVersion(dataset, 2, 4, NEW_ROOT, NEW_MANIFEST, 0), composer)
    assert datasets.datasetOf(dataset).call()[2] == 2


def test_an_approved_operator_moves_tokens_and_does_not_publish(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, stranger: LocalAccount
) -> None:
    chain.send(datasets.setApprovalForAll(stranger.address, True), creator)

    with reverts("Registry_NotOwner", id=dataset, caller=stranger.address, owner=creator.address):
        chain.send(datasets.publishVersion(dataset, 2, 4, NEW_ROOT, NEW_MANIFEST, 0), stranger)


def test_an_unknown_dataset_has_no_versions(chain: Chain, datasets: Deployed, creator: LocalAccount) -> None:
    with reverts("Registry_UnknownDataset", id=7):
        chain.send(datasets.publishVersion(7, 2, 4, NEW_ROOT, NEW_MANIFEST, 0), creator)
    assert datasets.contentOf(7, 1).call() == [ZERO_WORD, ZERO_WORD]


def test_a_version_needs_a_manifest(chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount) -> None:
    with reverts("Registry_NoManifest"):
        chain.send(datasets.publishVersion(dataset, 2, 4, NEW_ROOT, ZERO_WORD, 0), creator)


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
    chain: Chain, datasets: Deployed, creator: LocalAccount, trio: Split, kind: Kind, items: int, root: bytes
) -> None:
    dataset = register(chain, datasets, creator, trio, content(kind))

    with reverts("Registry_ContentMismatch", kind=kind, itemCount=items, contentRoot=root):
        chain.send(datasets.publishVersion(dataset, 2, items, root, NEW_MANIFEST, 0), creator)


def test_a_catalogue_publishes_a_new_manifest(
    chain: Chain, datasets: Deployed, creator: LocalAccount, trio: Split
) -> None:
    catalogue = register(chain, datasets, creator, trio, content(Kind.Catalogue))

    chain.send(datasets.publishVersion(catalogue, 2, 0, ZERO_WORD, NEW_MANIFEST, 0), creator)

    assert datasets.contentOf(catalogue, 2).call() == [ZERO_WORD, NEW_MANIFEST]


@pytest.mark.parametrize("given", [0, 1, 2, 2**16 - 1])
def test_after_the_last_version_there_is_no_other(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, given: int
) -> None:
    """The counter is full, and never starts again, whatever number is asked for."""
    overwrite(chain, datasets, dataset, 0xFFFF << 32, 0xFFFE << 32)
    chain.send(datasets.publishVersion(dataset, 2**16 - 1, 4, NEW_ROOT, NEW_MANIFEST, 2), creator)
    last = datasets.datasetOf(dataset).call()
    assert last[2:] == (2**16 - 1, 0, 2, 0)

    with reverts("Panic", code=0x11):
        chain.send(datasets.publishVersion(dataset, given, 4, ROOT, MANIFEST, 0), creator)

    assert datasets.datasetOf(dataset).call() == last
    assert datasets.contentOf(dataset, 2**16 - 1).call() == [NEW_ROOT, NEW_MANIFEST]


def test_after_the_last_epoch_there_is_no_other(
    chain: Chain, datasets: Deployed, dataset: int, creator: LocalAccount, stranger: LocalAccount
) -> None:
    full = overwrite(chain, datasets, dataset, 0, 0xFFFFFFFF << 64)

    with reverts("Panic", code=0x11):
        chain.send(datasets.withdrawAll(dataset), creator)
    with reverts("Panic", code=0x11):
        chain.send(datasets.transferFrom(creator.address, stranger.address, dataset), creator)

    assert datasets.stateOf(dataset).call() == [creator.address, full]
