"""DatasetRegistry: datasets made from others."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.hashing import ZERO_WORD
from audiera.protocol.ids import ETHER, dataset_account
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent, lineage_hash
from audiera.protocol.splits import Split, payee_of
from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import child_split, content, register, registration
from tests.support.money import Money
from tests.support.splits import claim, equal_split, owed, shares_of, split_of


@pytest.fixture
def ten(chain: Chain, datasets: Deployed, creator: LocalAccount, trio: Split) -> None:
    """Datasets 1 to 10."""
    chain.send(datasets.registerMany([content()] * 10, shares_of(trio)), creator)


@pytest.mark.usefixtures("ten")
def test_a_derived_dataset_declares_its_parents_for_ever(
    chain: Chain, datasets: Deployed, splitter: Deployed, composer: LocalAccount
) -> None:
    """P6, P14."""
    parents = [Parent(2, 50_000), Parent(5, 0), Parent(9, 250_000)]
    split = child_split(datasets, parents, payee_of(composer.address))

    sent = chain.send(datasets.register(registration(split, content(Kind.Model, flags=2), parents)), composer)

    assert sent.of(datasets)[-2:] == [
        datasets.event("DatasetRegistered", id=11, creator=composer.address, content=content(Kind.Model, flags=2)),
        datasets.event("LineageDeclared", id=11, parents=((2, 50_000), (5, 0), (9, 250_000))),
    ]
    assert datasets.lineageOf(11).call() == lineage_hash(parents)
    assert datasets.datasetOf(11).call()[3:5] == (Kind.Model, 3)
    assert splitter.splitOf(dataset_account(datasets.address, 11)).call() == split.id()


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize("parents", [(5, 2), (5, 5)], ids=["descending", "twice"])
def test_parents_out_of_order_are_refused(
    chain: Chain, datasets: Deployed, composer: LocalAccount, parents: tuple[int, int]
) -> None:
    """AUD-D3, AUD-A30: Attack: the same parent twice with different terms (H-7)."""
    declared = [Parent(dataset, 0) for dataset in parents]

    with reverts("Registry_ParentOrder", index=1, dataset=parents[1]):
        chain.send(datasets.register(registration(split_of((composer, 1_000_000)), None, declared)), composer)


@pytest.mark.usefixtures("ten")
def test_zero_is_no_parent(chain: Chain, datasets: Deployed, composer: LocalAccount) -> None:
    with reverts("Registry_ParentOrder", index=0, dataset=0):
        chain.send(datasets.register(registration(split_of((composer, 1_000_000)), None, [Parent(0, 0)])), composer)


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize(
    ("parent", "ppm"),
    [(11, 0), (12, 100_000), (12, 0), (2**32 - 1, 100_000)],
    ids=["itself", "a later one", "a later one for nothing", "the last possible"],
)
def test_a_parent_that_does_not_exist_yet_is_refused(
    chain: Chain, datasets: Deployed, composer: LocalAccount, parent: int, ppm: int
) -> None:
    """AUD-D3, AUD-A30: Attack: cycles (v1 H-6)."""
    parents = [Parent(parent, ppm)]
    split = child_split(datasets, parents, payee_of(composer.address))

    with reverts("Registry_UnknownParent", dataset=parent):
        chain.send(datasets.register(registration(split, None, parents)), composer)


@pytest.mark.usefixtures("ten")
def test_no_dataset_is_its_own_paid_parent(chain: Chain, datasets: Deployed, composer: LocalAccount) -> None:
    parents = [Parent(11, 100_000)]
    split = child_split(datasets, parents, payee_of(composer.address))

    with reverts("Registry_InvalidPayee", id=11, to=datasets.accountOf(11).call()):
        chain.send(datasets.register(registration(split, None, parents)), composer)


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize("ppm", [0, 100_000], ids=["for nothing", "paid"])
@pytest.mark.parametrize("beside", [(), (3,)], ids=["alone", "beside another"])
def test_a_catalogue_is_nobodys_parent(
    chain: Chain, datasets: Deployed, composer: LocalAccount, beside: tuple[int, ...], ppm: int
) -> None:
    """AUD-D3, AUD-A37: It would clear what its members never granted: not even its owner derives from one."""
    whole = split_of((composer, 1_000_000))
    catalogue = register(chain, datasets, composer, whole, content(Kind.Catalogue))
    parents = [Parent(number, ppm) for number in (*beside, catalogue)]
    split = child_split(datasets, parents, payee_of(composer.address))

    with reverts("Registry_CatalogueAsParent", dataset=catalogue):
        chain.send(datasets.register(registration(split, None, parents)), composer)

    assert datasets.datasetCount().call() == catalogue == 11


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize(("declared", "found"), [(100_000, 0), (100_000, 99_999), (100_000, 100_001), (0, 1)])
def test_the_split_gives_a_parent_exactly_what_the_lineage_says(
    chain: Chain, datasets: Deployed, composer: LocalAccount, declared: int, found: int
) -> None:
    """AUD-D3: P6. Attack: terms not attached (H-4)."""
    split = child_split(datasets, [Parent(3, found)], payee_of(composer.address))

    with reverts("Registry_ParentShare", dataset=3, expected=declared, found=found):
        chain.send(datasets.register(registration(split, None, [Parent(3, declared)])), composer)


@pytest.mark.usefixtures("ten")
def test_shares_out_of_order_fool_nobody(chain: Chain, datasets: Deployed, composer: LocalAccount) -> None:
    """The registry searches the shares as if they ascended; the splitter then sees that they do."""
    parent = datasets.accountOf(3).call()
    shares = [(payee_of(composer.address), 800_000), (parent, 100_000), (parent, 100_000)]

    with reverts("Splitter_PayeeOrder", index=2, payee=parent):
        chain.send(datasets.register((content(), shares, [(3, 100_000)])), composer)


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize("sum_ppm", [900_000, 900_001])
def test_parents_receive_at_most_nine_tenths(
    chain: Chain, datasets: Deployed, composer: LocalAccount, sum_ppm: int
) -> None:
    """AUD-A30: Attack: a royalty stack above 100 % (M-11) is refused where it is declared."""
    parents = [Parent(1, 400_000), Parent(2, sum_ppm - 400_000)]
    split = child_split(datasets, parents, payee_of(composer.address))

    if sum_ppm > 900_000:
        with reverts("Registry_ParentShareSum", sum=sum_ppm):
            chain.send(datasets.register(registration(split, None, parents)), composer)
    else:
        chain.send(datasets.register(registration(split, None, parents)), composer)
        assert datasets.lineageOf(11).call() == lineage_hash(parents)


@pytest.mark.released
def test_255_parents_fit_a_transaction(
    chain: Chain, datasets: Deployed, splitter: Deployed, creator: LocalAccount, composer: LocalAccount
) -> None:
    """AUD-D3: Mainnet caps a transaction at 2^24 gas."""
    single = equal_split(1)
    for _ in range(4):
        chain.send(datasets.registerMany([content()] * 64, shares_of(single)), creator)
    parents = [Parent(number, 3_500) for number in range(1, 256)]
    split = child_split(datasets, parents, payee_of(composer.address))

    sent = chain.send(datasets.register(registration(split, content(Kind.Model), parents)), composer)

    assert datasets.lineageOf(257).call() == lineage_hash(parents)
    assert splitter.payeeCountOf(split.id()).call() == 256
    assert sent.gas < 2**24 // 4


def test_256_parents_are_refused(chain: Chain, datasets: Deployed, trio: Split, composer: LocalAccount) -> None:
    """AUD-D3"""
    parents = [Parent(number, 0) for number in range(1, 257)]

    with reverts("Registry_TooManyParents", count=256):
        chain.send(datasets.register(registration(trio, content(Kind.Model), parents)), composer)


@pytest.mark.usefixtures("ten")
def test_income_flows_up_the_lineage_to_everybody(
    chain: Chain, datasets: Deployed, splitter: Deployed, trio: Split, creator: LocalAccount, composer: LocalAccount
) -> None:
    """P5: paid in = claimable at the payees + dust, through two steps."""
    near, far = [Parent(4, 400_000)], [Parent(11, 500_000)]
    child = child_split(datasets, near, payee_of(composer.address))
    grandchild = child_split(datasets, far, payee_of(composer.address))
    register(chain, datasets, composer, child, content(Kind.Stems), near)
    register(chain, datasets, composer, grandchild, content(Kind.Model), far)
    Money(chain).pay(splitter, datasets.accountOf(12).call(), 10_001, creator)

    chain.send(claim(splitter, grandchild, ETHER, datasets.accountOf(11).call()))
    chain.send(claim(splitter, child, ETHER, datasets.accountOf(4).call()))

    assert owed(splitter, grandchild, ETHER, composer) == 5_000
    assert owed(splitter, child, ETHER, composer) == 3_000
    assert [owed(splitter, trio, ETHER, share.payee) for share in trio.shares] == [
        share.ppm // 500 for share in trio.shares
    ]
    assert chain.ether(splitter) == 10_001


@pytest.mark.usefixtures("ten")
def test_no_parents_no_lineage(datasets: Deployed) -> None:
    assert datasets.lineageOf(1).call() == ZERO_WORD
    assert datasets.lineageOf(99).call() == ZERO_WORD
