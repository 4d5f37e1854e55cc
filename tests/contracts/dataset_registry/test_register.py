"""DatasetRegistry: registering one dataset."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.hashing import ZERO_WORD
from audiera.protocol.ids import ETHER, dataset_account, dataset_key
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent
from audiera.protocol.splits import Split
from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import MANIFEST, ROOT, Content, content, registration
from tests.support.splits import equal_split, shares_of


def test_register_announces_the_dataset_its_split_and_its_token(
    chain: Chain, datasets: Deployed, splitter: Deployed, alice: LocalAccount, trio: Split
) -> None:
    account = dataset_account(datasets.address, 1)

    sent = chain.send(datasets.register(registration(trio)), alice)

    assert sent.events == [
        datasets.event("Transfer", **{"from": ETHER, "to": alice.address, "id": 1}),
        datasets.event("DatasetRegistered", id=1, creator=alice.address, content=content()),
        splitter.event("SplitCreated", splitId=trio.id(), shares=tuple(shares_of(trio))),
        splitter.event(
            "AccountAssigned", account=account, splitId=trio.id(), controller=datasets.address, key=dataset_key(1)
        ),
    ]


def test_register_keeps_state_content_and_split(
    chain: Chain, datasets: Deployed, splitter: Deployed, alice: LocalAccount, trio: Split
) -> None:
    assert datasets.datasetCount().call() == 0
    with reverts("Registry_UnknownDataset", id=1):
        datasets.datasetOf(1).call()
    second = chain.now() + 1_000
    chain.at_time(second)
    assert datasets.register(registration(trio)).call() == 1

    chain.send(datasets.register(registration(trio, content(Kind.Stems, flags=2))), alice)

    assert datasets.datasetCount().call() == 1
    assert datasets.datasetOf(1).call() == (alice.address, second, 1, Kind.Stems, 2, 0)
    assert datasets.stateOf(1).call() == [alice.address, second | 1 << 32 | Kind.Stems << 48 | 2 << 56]
    assert datasets.ownerOf(1).call() == datasets.creatorOf(1).call() == alice.address
    assert datasets.balanceOf(alice.address).call() == 1
    assert datasets.contentOf(1, 1).call() == [ROOT, MANIFEST]
    assert datasets.contentOf(1, 2).call() == [ZERO_WORD, ZERO_WORD]
    assert datasets.lineageOf(1).call() == ZERO_WORD
    assert splitter.splitOf(dataset_account(datasets.address, 1)).call() == trio.id()


def test_account_of_is_what_python_computes(datasets: Deployed) -> None:
    """P12."""
    for dataset in (1, 2, 2**32 - 1):
        assert datasets.accountOf(dataset).call() == dataset_account(datasets.address, dataset)


def test_the_registry_knows_its_splitter(datasets: Deployed, splitter: Deployed) -> None:
    assert datasets.SPLITTER().call() == splitter.address


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
def test_every_kind_can_be_registered(
    chain: Chain, datasets: Deployed, alice: LocalAccount, trio: Split, kind: Kind
) -> None:
    chain.send(datasets.register(registration(trio, content(kind))), alice)

    assert datasets.datasetOf(1).call()[3] == kind


def test_an_unknown_kind_is_refused(chain: Chain, datasets: Deployed, trio: Split) -> None:
    with reverts(""):
        chain.send(datasets.register(registration(trio, (8, 0, 3, ROOT, MANIFEST))))


@pytest.mark.parametrize("flags", [1, 3, 4, 0x80, 0xFF])
def test_flags_that_cannot_be_declared_are_refused(chain: Chain, datasets: Deployed, trio: Split, flags: int) -> None:
    """Derived is for the contract to say, and other bits mean nothing."""
    with reverts("Registry_UnknownFlags", flags=flags):
        chain.send(datasets.register(registration(trio, content(flags=flags))))


def test_a_manifest_of_zero_is_refused(chain: Chain, datasets: Deployed, trio: Split) -> None:
    with reverts("Registry_NoManifest"):
        chain.send(datasets.register(registration(trio, content(manifest=ZERO_WORD))))


@pytest.mark.parametrize(
    "of",
    [
        (Kind.Model, 0, 0, ROOT, MANIFEST),
        (Kind.Model, 0, 1, ZERO_WORD, MANIFEST),
        (Kind.Model, 0, 0, ZERO_WORD, MANIFEST),
        (Kind.Catalogue, 0, 1, ZERO_WORD, MANIFEST),
        (Kind.Catalogue, 0, 0, ROOT, MANIFEST),
        (Kind.Catalogue, 0, 1, ROOT, MANIFEST),
    ],
    ids=["no items", "no root", "neither", "catalogue with items", "catalogue with a root", "catalogue with both"],
)
def test_only_a_catalogue_is_empty_and_it_always_is(chain: Chain, datasets: Deployed, trio: Split, of: Content) -> None:
    kind, _, items, root, _ = of

    with reverts("Registry_ContentMismatch", kind=kind, itemCount=items, contentRoot=root):
        chain.send(datasets.register(registration(trio, of)))


def test_a_catalogue_has_no_parents(chain: Chain, datasets: Deployed, trio: Split, alice: LocalAccount) -> None:
    chain.send(datasets.register(registration(trio)), alice)

    with reverts("Registry_CatalogueHasParents", count=1):
        chain.send(datasets.register(registration(trio, content(Kind.Catalogue), [Parent(1, 0)])), alice)


def test_datasets_of_one_split_share_it(
    chain: Chain, datasets: Deployed, splitter: Deployed, alice: LocalAccount, bob: LocalAccount, trio: Split
) -> None:
    chain.send(datasets.register(registration(trio)), alice)

    sent = chain.send(datasets.register(registration(trio)), bob)

    assert [event.name for event in sent.of(splitter)] == ["AccountAssigned"]
    assert splitter.splitOf(dataset_account(datasets.address, 2)).call() == trio.id()
    assert datasets.ownerOf(2).call() == bob.address


def test_the_same_content_may_be_registered_twice(
    chain: Chain, datasets: Deployed, alice: LocalAccount, stranger: LocalAccount, trio: Split
) -> None:
    """Attack: registration front-run, squatting (H-2): it locks nobody out, and the order shows who was first."""
    chain.send(datasets.register(registration(equal_split(1))), stranger)

    chain.send(datasets.register(registration(trio)), alice)

    assert datasets.contentOf(1, 1).call() == datasets.contentOf(2, 1).call()
    assert (datasets.creatorOf(1).call(), datasets.creatorOf(2).call()) == (stranger.address, alice.address)
    assert datasets.datasetOf(1).call()[1] <= datasets.datasetOf(2).call()[1]


def test_the_splitters_refusal_goes_through(chain: Chain, datasets: Deployed) -> None:
    with reverts("Splitter_ShareSum", sum=999_999):
        chain.send(datasets.register((content(), [((5).to_bytes(32, "big"), 999_999)], [])))

    assert datasets.datasetCount().call() == 0


def test_a_contract_that_knows_nothing_of_tokens_can_register(chain: Chain, datasets: Deployed, trio: Split) -> None:
    wallet = chain.deploy("HostileReceiver", 1)

    chain.send(datasets.register(registration(trio)), wallet)

    assert datasets.ownerOf(1).call() == wallet.address


def test_a_dataset_of_a_thousand_payees_fits_a_transaction(
    chain: Chain, datasets: Deployed, alice: LocalAccount
) -> None:
    """Mainnet caps a transaction at 2^24 gas."""
    sent = chain.send(datasets.register(registration(equal_split(1_000))), alice)

    assert sent.gas < 2**24 // 4
