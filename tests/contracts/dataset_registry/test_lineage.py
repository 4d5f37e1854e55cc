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
def ten(chain: Chain, datasets: Deployed, alice: LocalAccount, trio: Split) -> None:
    """Datasets 1 to 10."""
    chain.send(datasets.registerMany([content()] * 10, shares_of(trio)), alice)


@pytest.mark.usefixtures("ten")
def test_a_derived_dataset_declares_its_parents_for_ever(
    chain: Chain, datasets: Deployed, splitter: Deployed, bob: LocalAccount
) -> None:
    """P6, P14."""
    parents = [Parent(2, 50_000), Parent(5, 0), Parent(9, 250_000)]
    split = child_split(datasets, parents, payee_of(bob.address))

    sent = chain.send(datasets.register(registration(split, content(Kind.Model, flags=2), parents)), bob)

    assert sent.of(datasets)[-2:] == [
        datasets.event("DatasetRegistered", id=11, creator=bob.address, content=content(Kind.Model, flags=2)),
        datasets.event("LineageDeclared", id=11, parents=((2, 50_000), (5, 0), (9, 250_000))),
    ]
    assert datasets.lineageOf(11).call() == lineage_hash(parents)
    assert datasets.datasetOf(11).call()[3:5] == (Kind.Model, 3)
    assert splitter.splitOf(dataset_account(datasets.address, 11)).call() == split.id()


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize("parents", [(5, 2), (5, 5)], ids=["descending", "twice"])
def test_parents_out_of_order_are_refused(
    chain: Chain, datasets: Deployed, bob: LocalAccount, parents: tuple[int, int]
) -> None:
    """Attack: the same parent twice with different terms (H-7)."""
    declared = [Parent(dataset, 0) for dataset in parents]

    with reverts("Registry_ParentOrder", index=1, dataset=parents[1]):
        chain.send(datasets.register(registration(split_of((bob, 1_000_000)), None, declared)), bob)


@pytest.mark.usefixtures("ten")
def test_zero_is_no_parent(chain: Chain, datasets: Deployed, bob: LocalAccount) -> None:
    with reverts("Registry_ParentOrder", index=0, dataset=0):
        chain.send(datasets.register(registration(split_of((bob, 1_000_000)), None, [Parent(0, 0)])), bob)


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize("parent", [11, 12, 2**32 - 1], ids=["itself", "a later one", "the last possible"])
def test_a_parent_that_does_not_exist_yet_is_refused(
    chain: Chain, datasets: Deployed, bob: LocalAccount, parent: int
) -> None:
    """Attack: cycles (v1 H-6)."""
    parents = [Parent(parent, 100_000)]
    split = child_split(datasets, parents, payee_of(bob.address))

    with reverts("Registry_UnknownParent", dataset=parent):
        chain.send(datasets.register(registration(split, None, parents)), bob)


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize(("declared", "found"), [(100_000, 0), (100_000, 99_999), (100_000, 100_001), (0, 1)])
def test_the_split_gives_a_parent_exactly_what_the_lineage_says(
    chain: Chain, datasets: Deployed, bob: LocalAccount, declared: int, found: int
) -> None:
    """P6. Attack: terms not attached (H-4)."""
    split = child_split(datasets, [Parent(3, found)], payee_of(bob.address))

    with reverts("Registry_ParentShare", dataset=3, expected=declared, found=found):
        chain.send(datasets.register(registration(split, None, [Parent(3, declared)])), bob)


@pytest.mark.usefixtures("ten")
def test_shares_out_of_order_fool_nobody(chain: Chain, datasets: Deployed, bob: LocalAccount) -> None:
    """The registry searches the shares as if they ascended; the splitter then sees that they do."""
    parent = datasets.accountOf(3).call()
    shares = [(payee_of(bob.address), 800_000), (parent, 100_000), (parent, 100_000)]

    with reverts("Splitter_PayeeOrder", index=2, payee=parent):
        chain.send(datasets.register((content(), shares, [(3, 100_000)])), bob)


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize("sum_ppm", [900_000, 900_001])
def test_parents_receive_at_most_nine_tenths(chain: Chain, datasets: Deployed, bob: LocalAccount, sum_ppm: int) -> None:
    """Attack: a royalty stack above 100 % (M-11) is refused where it is declared."""
    parents = [Parent(1, 400_000), Parent(2, sum_ppm - 400_000)]
    split = child_split(datasets, parents, payee_of(bob.address))

    if sum_ppm > 900_000:
        with reverts("Registry_ParentShareSum", sum=sum_ppm):
            chain.send(datasets.register(registration(split, None, parents)), bob)
    else:
        chain.send(datasets.register(registration(split, None, parents)), bob)
        assert datasets.lineageOf(11).call() == lineage_hash(parents)


def test_255_parents_are_the_most(
    chain: Chain, datasets: Deployed, splitter: Deployed, alice: LocalAccount, bob: LocalAccount
) -> None:
    single = equal_split(1)
    for _ in range(4):
        chain.send(datasets.registerMany([content()] * 64, shares_of(single)), alice)
    parents = [Parent(number, 3_500) for number in range(1, 256)]
    split = child_split(datasets, parents, payee_of(bob.address))

    sent = chain.send(datasets.register(registration(split, content(Kind.Model), parents)), bob)

    assert datasets.lineageOf(257).call() == lineage_hash(parents)
    assert splitter.payeeCountOf(split.id()).call() == 256
    assert sent.gas < 2**24 // 4
    with reverts("Registry_TooManyParents", count=256):
        chain.send(datasets.register(registration(split, content(Kind.Model), [*parents, Parent(256, 0)])), bob)


@pytest.mark.usefixtures("ten")
def test_income_flows_up_the_lineage_to_everybody(
    chain: Chain, datasets: Deployed, splitter: Deployed, trio: Split, alice: LocalAccount, bob: LocalAccount
) -> None:
    """P5: paid in = claimable at the payees + dust, through two steps."""
    near, far = [Parent(4, 400_000)], [Parent(11, 500_000)]
    child = child_split(datasets, near, payee_of(bob.address))
    grandchild = child_split(datasets, far, payee_of(bob.address))
    register(chain, datasets, bob, child, content(Kind.Stems), near)
    register(chain, datasets, bob, grandchild, content(Kind.Model), far)
    Money(chain).pay(splitter, datasets.accountOf(12).call(), 10_001, alice)

    chain.send(claim(splitter, grandchild, ETHER, datasets.accountOf(11).call()))
    chain.send(claim(splitter, child, ETHER, datasets.accountOf(4).call()))

    assert owed(splitter, grandchild, ETHER, bob) == 5_000
    assert owed(splitter, child, ETHER, bob) == 3_000
    assert [owed(splitter, trio, ETHER, share.payee) for share in trio.shares] == [
        share.ppm // 500 for share in trio.shares
    ]
    assert splitter.accountedOf(ETHER).call() == chain.ether(splitter) == 10_001


@pytest.mark.usefixtures("ten")
def test_no_parents_no_lineage(datasets: Deployed) -> None:
    assert datasets.lineageOf(1).call() == ZERO_WORD
    assert datasets.lineageOf(99).call() == ZERO_WORD
