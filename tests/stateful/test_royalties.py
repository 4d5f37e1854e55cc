"""Random lives of royalties, against a model: P1 to P6 and P13 hold after every step and at the end."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import pytest
from eth_account.signers.local import LocalAccount
from hypothesis import given, settings
from hypothesis import strategies as st

from audiera.protocol.lineage import Parent
from audiera.protocol.splits import WHOLE, is_account, payee_of
from tests.stateful.royalty_world import Leaf, World, id_of
from tests.support.chain import Chain, Deployed
from tests.support.money import Money
from tests.support.suite import Suite

Isolate = Callable[[], AbstractContextManager[None]]

DATASETS = 3
WEIGHTS = st.lists(st.integers(0, 5), min_size=4, max_size=4).filter(any)
SHARES = st.integers(0, 450_000)  # of each of at most two parents: 900,000 together
AMOUNTS = st.one_of(st.integers(1, 3), st.integers(1, 10**21))
EXAMPLES = settings(max_examples=max(5, settings().max_examples // 4))
STEPS = ["pay", "transfer", "stray", "claim", "claim", "entrust", "move"]


@pytest.fixture(scope="module")
def make_world(
    chain: Chain, suite: Suite, token: Deployed, new_account: Callable[[str], LocalAccount]
) -> Callable[[], World]:
    people = [new_account(role) for role in ("composer", "performer", "producer")]
    return lambda: World(chain, suite, [Money(chain), Money(chain, token)], people, new_account("custodian"))


@EXAMPLES
@given(data=st.data())
def test_money_is_conserved_and_nobody_loses_through_any_sequence(
    data: st.DataObject, make_world: Callable[[], World], isolate: Isolate
) -> None:
    with isolate():
        world = make_world()
        _register_lineage(world, data)
        for step in data.draw(st.lists(st.sampled_from(STEPS), min_size=3, max_size=7)):
            before = {leaf: world.owed(leaf) for leaf in world.leaves()}
            touched = _take(step, world, data)
            _check_nobody_lost(world, before, touched)
            _check_agreed(world, data.draw(st.lists(st.sampled_from(list(world.leaves())), max_size=3)))
            _check_solvent(world)
            _check_lineage(world)
        world.entrust(world.people[0])  # money for an account that nobody assigned would wait for ever
        world.claim_all(data.draw(st.lists(st.integers(0, 99), max_size=6)))
        _check_agreed(world, world.leaves())
        _check_end(world)


@EXAMPLES
@given(data=st.data())
def test_claims_commute_with_credits_and_with_each_other(
    data: st.DataObject, make_world: Callable[[], World], isolate: Isolate
) -> None:
    """P3: whatever was claimed in between, everyone ends up with the floor of its part of the total."""
    with isolate():
        world = make_world()
        world.register([], [*data.draw(WEIGHTS.filter(lambda it: any(it[:3])))[:3], 0])
        (split,) = world.ever.values()
        money = world.moneys[1]
        amounts = data.draw(st.lists(AMOUNTS, min_size=1, max_size=6))
        payees = [share.payee for share in split.shares]

        for amount in amounts:
            world.pay(1, money, amount)
            for payee in data.draw(st.lists(st.sampled_from(payees), max_size=3)):
                world.claim((split, money.address, payee))
        for payee in data.draw(st.permutations(payees)):
            world.claim((split, money.address, payee))

        for person in world.people:
            assert money.of(person) == sum(amounts) * split.ppm_of(payee_of(person.address)) // WHOLE


def _register_lineage(world: World, data: st.DataObject) -> None:
    for number in range(1, DATASETS + 1):
        earlier = st.integers(1, number - 1) if number > 1 else st.nothing()
        parents = sorted(data.draw(st.sets(earlier, max_size=number - 1)))
        lineage = [Parent(parent, data.draw(SHARES)) for parent in parents]
        world.register(lineage, data.draw(WEIGHTS))


def _take(step: str, world: World, data: st.DataObject) -> Leaf | None:
    """One step; the leaf that it paid out, if it did."""
    dataset, money = data.draw(st.integers(1, DATASETS)), data.draw(st.sampled_from(world.moneys))
    person = data.draw(st.sampled_from(world.people))
    if step == "pay":
        world.pay(dataset, money, data.draw(AMOUNTS))
    elif step == "transfer":
        world.pay_by_transfer(dataset, money, data.draw(AMOUNTS))
    elif step == "stray":
        world.stray_to_splitter(money, data.draw(AMOUNTS))
    elif step == "entrust":
        world.entrust(person)
    elif step == "move":
        targets = [world.trust, *(payee_of(it.address) for it in world.people)]
        world.move_share(dataset, person, data.draw(st.sampled_from(targets)))
    else:
        leaf = data.draw(st.sampled_from(list(world.leaves())))
        world.claim(leaf)
        return leaf
    return None


def _check_nobody_lost(world: World, before: dict[Leaf, int], touched: Leaf | None) -> None:
    """P4, P13: what anyone could claim is still there, unless it was claimed just now."""
    for leaf, owed in before.items():
        assert leaf == touched or world.owed(leaf) >= owed


def _check_agreed(world: World, leaves: Iterable[Leaf]) -> None:
    """The chain owes what the model owes. Some leaves after each step, all at the end: each one asked is a request."""
    for leaf in leaves:
        assert world.owed_on_chain(leaf) == world.owed(leaf)


def _check_solvent(world: World) -> None:
    """P1, P5: the splitter holds what came in and did not go out, and what strayed. P2: no split pays too much."""
    splitter = world.suite.splitter
    for money in world.moneys:
        owed = world.paid_in[money.address] - world.paid_out[money.address]
        assert money.of(splitter.address) == owed + world.stray[money.address]
        for split in world.ever.values():
            claimed = sum(world.claimed[id_of(split), money.address, share.payee] for share in split.shares)
            assert claimed <= world.received[id_of(split), money.address]


def _check_lineage(world: World) -> None:
    """P6: every child pays every parent at least what it declared."""
    for dataset, parents in world.lineage.items():
        ppm = {share.payee: share.ppm for share in world.shares(dataset)}
        for parent in parents:
            assert ppm.get(world.account(parent.dataset), 0) >= parent.ppm


def _check_end(world: World) -> None:
    """P2, P5: all that is left is dust, less than one unit for each payee of each split."""
    for money in world.moneys:
        dust = 0
        for split in world.ever.values():
            claimed = [world.claimed[id_of(split), money.address, share.payee] for share in split.shares]
            left = world.received[id_of(split), money.address] - sum(claimed)
            assert left < len(split.shares)
            dust += left
        assert world.paid_in[money.address] == world.paid_out[money.address] + dust
        paid = sum(money.of(person) for person in world.people) if money.token else world.paid_out[money.address]
        assert paid == world.paid_out[money.address]
    assert not any(world.owed(leaf) for leaf in world.leaves() if not is_account(leaf[2]))
