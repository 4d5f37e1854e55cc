"""DatasetRegistry: registering one dataset."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.hashing import ZERO_WORD
from audiera.protocol.ids import ETHER, dataset_account, dataset_key
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent
from audiera.protocol.splits import Split, payee_of
from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import MANIFEST, ROOT, Content, content, registration
from tests.support.splits import equal_split, shares_of, split_of


def test_register_announces_the_dataset_its_split_and_its_token(
    chain: Chain, datasets: Deployed, splitter: Deployed, creator: LocalAccount, trio: Split
) -> None:
    account = dataset_account(datasets.address, 1)

    sent = chain.send(datasets.register(registration(trio)), creator)

    assert sent.events == [
        datasets.event("Transfer", **{"from": ETHER, "to": creator.address, "id": 1}),
        datasets.event("DatasetRegistered", id=1, creator=creator.address, content=content()),
        splitter.event("SplitCreated", splitId=trio.id(), shares=tuple(shares_of(trio))),
        splitter.event(
            "AccountAssigned", account=account, splitId=trio.id(), controller=datasets.address, key=dataset_key(1)
        ),
    ]


def test_register_keeps_state_content_and_split(
    chain: Chain, datasets: Deployed, splitter: Deployed, creator: LocalAccount, trio: Split
) -> None:
    assert datasets.datasetCount().call() == 0
    with reverts("Registry_UnknownDataset", id=1):
        datasets.datasetOf(1).call()
    second = chain.now() + 1_000
    chain.at_time(second)
    assert datasets.register(registration(trio)).call() == 1

    chain.send(datasets.register(registration(trio, content(Kind.Stems, flags=2))), creator)

    assert datasets.datasetCount().call() == 1
    assert datasets.datasetOf(1).call() == (creator.address, second, 1, Kind.Stems, 2, 0)
    assert datasets.stateOf(1).call() == [creator.address, second | 1 << 32 | Kind.Stems << 48 | 2 << 56]
    assert datasets.ownerOf(1).call() == datasets.creatorOf(1).call() == creator.address
    assert datasets.balanceOf(creator.address).call() == 1
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
    chain: Chain, datasets: Deployed, creator: LocalAccount, trio: Split, kind: Kind
) -> None:
    chain.send(datasets.register(registration(trio, content(kind))), creator)

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


def test_a_catalogue_has_no_parents(chain: Chain, datasets: Deployed, trio: Split, creator: LocalAccount) -> None:
    chain.send(datasets.register(registration(trio)), creator)

    with reverts("Registry_CatalogueHasParents", count=1):
        chain.send(datasets.register(registration(trio, content(Kind.Catalogue), [Parent(1, 0)])), creator)


def test_datasets_of_one_split_share_it(
    chain: Chain, datasets: Deployed, splitter: Deployed, creator: LocalAccount, composer: LocalAccount, trio: Split
) -> None:
    chain.send(datasets.register(registration(trio)), creator)

    sent = chain.send(datasets.register(registration(trio)), composer)

    assert [event.name for event in sent.of(splitter)] == ["SplitCreated", "AccountAssigned"]
    assert splitter.splitOf(dataset_account(datasets.address, 2)).call() == trio.id()
    assert datasets.ownerOf(2).call() == composer.address


def test_the_same_content_may_be_registered_twice(
    chain: Chain, datasets: Deployed, creator: LocalAccount, stranger: LocalAccount, trio: Split
) -> None:
    """AUD-A51: Registration front-run, squatting (H-2): it locks nobody out, and the order shows who was first."""
    chain.send(datasets.register(registration(equal_split(1))), stranger)

    chain.send(datasets.register(registration(trio)), creator)

    assert datasets.contentOf(1, 1).call() == datasets.contentOf(2, 1).call()
    assert (datasets.creatorOf(1).call(), datasets.creatorOf(2).call()) == (stranger.address, creator.address)
    assert datasets.datasetOf(1).call()[1] <= datasets.datasetOf(2).call()[1]


def test_the_splitters_refusal_goes_through(chain: Chain, datasets: Deployed) -> None:
    with reverts("Splitter_ShareSum", sum=999_999):
        chain.send(datasets.register((content(), [((5).to_bytes(32, "big"), 999_999)], [])))

    assert datasets.datasetCount().call() == 0


@pytest.mark.parametrize("parents", [(), (1,)], ids=["of its own", "derived"])
def test_a_dataset_does_not_pay_itself(
    chain: Chain, datasets: Deployed, creator: LocalAccount, trio: Split, parents: tuple[int, ...]
) -> None:
    """AUD-A26: It would owe for ever. Its account is known before it is registered."""
    chain.send(datasets.register(registration(trio)), creator)
    own = dataset_account(datasets.address, 2)
    lineage = [Parent(number, 0) for number in parents]

    for split in (split_of((creator, 999_999), (own, 1)), split_of((own, 999_999), (b"\xff" * 32, 1))):
        with reverts("Registry_InvalidPayee", id=2, to=own):
            chain.send(datasets.register(registration(split, None, lineage)), creator)
    with reverts("Registry_InvalidPayee", id=2, to=own):
        chain.send(datasets.register(registration(split_of((own, 1_000_000)), None, lineage)), creator)

    assert datasets.datasetCount().call() == 1


@pytest.mark.parametrize("other", [1, 3], ids=["an earlier one", "a later one"])
def test_a_dataset_may_pay_any_other_one(
    chain: Chain, datasets: Deployed, splitter: Deployed, creator: LocalAccount, trio: Split, other: int
) -> None:
    chain.send(datasets.register(registration(trio)), creator)
    split = split_of((creator, 500_000), (dataset_account(datasets.address, other), 500_000))

    chain.send(datasets.register(registration(split)), creator)

    assert splitter.splitOf(dataset_account(datasets.address, 2)).call() == split.id()


def test_its_own_account_does_not_hide_before_an_address(
    chain: Chain, datasets: Deployed, creator: LocalAccount
) -> None:
    """Where the last payee is an address, no account is looked for; the splitter sees that payees do not ascend."""
    own, address = dataset_account(datasets.address, 1), payee_of(creator.address)

    with reverts("Splitter_PayeeOrder", index=1, payee=address):
        chain.send(datasets.register((content(), [(own, 500_000), (address, 500_000)], [])), creator)


def test_an_address_written_left_aligned_is_no_payee(
    chain: Chain, datasets: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-A26: It would be an account that nobody controls."""
    payee = bytes.fromhex(stranger.address[2:]).ljust(32, b"\0")
    shares = [(payee_of(creator.address), 400_000), (payee, 600_000)]

    with reverts("Splitter_LeftAlignedPayee", index=1, payee=payee):
        chain.send(datasets.register((content(), shares, [])), creator)

    assert datasets.datasetCount().call() == 0


def test_a_contract_that_knows_nothing_of_tokens_can_register(chain: Chain, datasets: Deployed, trio: Split) -> None:
    wallet = chain.deploy("HostileReceiver", 1)

    chain.send(datasets.register(registration(trio)), wallet)

    assert datasets.ownerOf(1).call() == wallet.address


@pytest.mark.released
def test_a_dataset_of_a_thousand_payees_fits_a_transaction(
    chain: Chain, datasets: Deployed, creator: LocalAccount
) -> None:
    """Mainnet caps a transaction at 2^24 gas."""
    sent = chain.send(datasets.register(registration(equal_split(1_000))), creator)

    assert sent.gas < 2**24 // 4
