"""P8 and P16 over random lineages: what a derived dataset may grant, through five generations, whatever its owners try.

A model in Python says of every call whether it is refused, and why, and what each dataset is cleared for.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import pytest
from eth_account.signers.local import LocalAccount
from hypothesis import given, settings
from hypothesis import strategies as st

from audiera.errors import RevertError
from audiera.protocol.lineage import Parent
from audiera.protocol.rights import ALL_RIGHTS, Right
from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.support.chain import Chain
from tests.support.licensing import DAY, REF, Market, make_terms
from tests.support.suite import NewAccount, Suite

Isolate = Callable[[], AbstractContextManager[None]]

EXAMPLES = settings(max_examples=max(5, settings().max_examples // 6))
DERIVATION, REVOCABLE, SURVIVE = int(Right.Derivation), int(TermsFlag.Revocable), int(TermsFlag.DerivativesSurvive)
PEOPLE = 3


@dataclass(frozen=True)
class Grant:
    """What a licence is asked for, and whether it is revoked before it is used."""

    rights: int
    days: int
    flags: int
    revoked: bool = False


@dataclass(frozen=True)
class Clear:
    """Clears the dataset of a generation, by a fresh licence of each parent, or by owning it where there is none."""

    generation: int
    grants: tuple[Grant | None, ...]


@dataclass(frozen=True)
class Sell:
    """Sells a licence."""

    generation: int
    grant: Grant


@dataclass(frozen=True)
class Join:
    """Makes a dataset a member of the catalogue, for some rights."""

    generation: int
    rights: int


@dataclass(frozen=True)
class Wait:
    days: int


@dataclass(frozen=True)
class Story:
    """Who owns each generation, from which earlier ones it is derived, and what happens then."""

    owners: list[int]
    parents: list[list[int]]
    steps: list[Clear | Sell | Join | Wait]


WIDE = st.sampled_from([ALL_RIGHTS, ALL_RIGHTS & ~1, ALL_RIGHTS & ~2, DERIVATION | 7, DERIVATION])
RIGHTS = st.one_of(WIDE, WIDE, st.integers(1, ALL_RIGHTS))
GRANTS = st.builds(
    Grant,
    RIGHTS,
    st.sampled_from([0, 60, 20, 5]),
    st.sampled_from([0, 0, SURVIVE, SURVIVE, SURVIVE | REVOCABLE, REVOCABLE]),
    st.sampled_from([False] * 7 + [True]),
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Up to five generations after the first: at first each is cleared for what it can be, then anything happens."""
    count = draw(st.integers(2, 6))
    owners = draw(st.lists(st.integers(0, PEOPLE - 1), min_size=count, max_size=count))
    parents: list[list[int]] = [[]]
    for generation in range(1, count):
        others = draw(st.lists(st.integers(0, generation - 1), max_size=1))
        parents.append(sorted({generation - 1, *others}))

    def clear(generation: int) -> Clear:
        grants = [
            draw(st.one_of(st.none(), GRANTS) if owners[it] == owners[generation] else GRANTS)
            for it in parents[generation]
        ]
        return Clear(generation, tuple(grants))

    steps: list[Clear | Sell | Join | Wait] = []
    rights = ALL_RIGHTS
    for generation in range(1, count):
        # Within what the generations before were granted, and for a little less time.
        rights &= draw(st.sampled_from([ALL_RIGHTS, ALL_RIGHTS, ALL_RIGHTS & ~1, ALL_RIGHTS & ~6]))
        lasting = draw(st.booleans())
        grant = Grant(rights, 0 if lasting else 60 - 5 * generation, SURVIVE if draw(st.booleans()) else 0)
        steps.append(Clear(generation, (grant,) * len(parents[generation])))
    for _ in range(draw(st.integers(2, 10))):
        generation = draw(st.integers(1, count - 1))
        kinds: list[st.SearchStrategy[Sell | Join | Wait]] = [
            st.builds(Sell, st.just(generation), GRANTS),
            st.builds(Join, st.just(generation), RIGHTS),
            st.builds(Wait, st.sampled_from([1, 6, 21, 61])),
        ]
        steps.append(clear(generation) if draw(st.booleans()) else draw(st.one_of(*kinds)))
    return Story(owners, parents, steps)


@dataclass
class Known:
    """A dataset as the model has it."""

    number: int
    owner: int
    parents: list[Parent]
    rights: int = 0
    until: int = 0


@dataclass
class Sold:
    """A licence as the model has it."""

    number: int
    of: Known
    grant: Grant
    until: int


@dataclass
class World:
    """The chain and the model, side by side. Each transaction is a second after the one before."""

    market: Market
    people: list[LocalAccount]
    now: int
    known: list[Known] = field(default_factory=list)
    sold: list[Sold] = field(default_factory=list)
    joined: list[tuple[Known, int]] = field(default_factory=list)

    def register(self, story: Story) -> int:
        """Registers every generation, and a catalogue, whose number it answers."""
        for owner, generations in zip(story.owners, story.parents, strict=True):
            parents = [Parent(self.known[it].number, 1_000) for it in generations]
            number = self.market.dataset(self.people[owner], parents=parents)
            self.known.append(Known(number, owner, parents))
        catalogue = self.market.catalogue(self.people[0])
        self.now = self.market.chain.now()
        return catalogue

    def tick(self) -> int:
        """Makes the next second that of the next block."""
        self.now += 1
        self.market.chain.at_time(self.now)
        return self.now

    def refused(self, dataset: Known, rights: int, end: int) -> str | None:
        """Why a licence of the dataset is refused."""
        if not dataset.parents:
            return None
        if dataset.until <= self.now:
            return "Clearance_Missing"
        if rights & ~dataset.rights:
            return "Clearance_BeyondCeiling"
        return "Clearance_Outlived" if end > dataset.until else None

    def sell(self, dataset: Known, buyer: LocalAccount, grant: Grant) -> Sold | None:
        """Offers and takes a licence, if the model allows it."""
        licenses, owner = self.market.licenses, self.people[dataset.owner]
        terms = make_terms(rights=grant.rights, duration=grant.days * DAY, flags=grant.flags)
        end = self.tick()
        self.market.publish(terms)
        for call, sender in (
            (licenses.offer(dataset.number, terms.id(), buyer.address, 0, 1), owner),
            (licenses.acquire(dataset.number, terms.id(), 0, buyer.address, REF), buyer),
        ):
            end = self.tick() + grant.days * DAY if grant.days else PERPETUAL
            reason = self.refused(dataset, grant.rights, end)
            with refusal(reason):
                self.market.chain.send(call, sender)
            if reason:
                return None
        self.sold.append(Sold(len(self.sold) + 1, dataset, grant, end))
        return self.sold[-1]

    def clear(self, step: Clear) -> None:
        """Takes the licences, revokes some, and clears."""
        dataset = self.known[step.generation]
        owner = self.people[dataset.owner]
        held: list[Sold | None] = []
        for parent, grant in zip(dataset.parents, step.grants, strict=True):
            seller = next(it for it in self.known if it.number == parent.dataset)
            licence = self.sell(seller, owner, grant) if grant else None
            if grant and not licence:
                return
            if licence and licence.grant.revoked and licence.grant.flags & REVOCABLE:
                self.tick()
                self.market.chain.send(self.market.licenses.revoke(licence.number), self.people[seller.owner])
                licence.until = min(licence.until, self.now + 7 * DAY)
            held.append(licence)
        self.tick()
        reason, rights, until = self.cleared(dataset, held)
        with refusal(reason):
            self.market.clear(owner, dataset.number, dataset.parents, [it.number if it else 0 for it in held])
        if not reason:
            dataset.rights, dataset.until = rights, until

    def cleared(self, dataset: Known, held: list[Sold | None]) -> tuple[str | None, int, int]:
        """Why a clearance is refused, or what it is."""
        rights, until = ALL_RIGHTS, PERPETUAL
        for parent, licence in zip(dataset.parents, held, strict=True):
            above = next(it for it in self.known if it.number == parent.dataset)
            if above.parents:
                if above.until <= self.now:
                    return "Clearance_Missing", 0, 0
                rights, until = rights & above.rights, min(until, above.until)
            if licence:
                grant = licence.grant
                if grant.revoked and grant.flags & REVOCABLE:
                    return "Clearance_LicenseEnding", 0, 0
                if grant.flags & (REVOCABLE | SURVIVE) == REVOCABLE:
                    return "Clearance_Revocable", 0, 0
                if not grant.rights & DERIVATION:
                    return "Clearance_NoDerivationRight", 0, 0
                rights &= grant.rights
                until = min(until, PERPETUAL if grant.flags & SURVIVE else licence.until)
        if dataset.until > self.now and (dataset.rights & ~rights or until < dataset.until):
            return "Clearance_Narrower", 0, 0
        return None, rights, until

    def join(self, dataset: Known, catalogue: int, rights: int) -> None:
        """Makes the dataset a member by consent of both, if the model allows it and it is none yet."""
        if (dataset, rights) in self.joined:
            return
        terms = make_terms(rights=rights, flags=REVOCABLE)
        self.tick()
        self.market.publish(terms)
        for call, owner in ((self.market.licenses.join, dataset.owner), (self.market.licenses.admit, 0)):
            self.tick()
            reason = self.refused(dataset, rights, PERPETUAL)
            with refusal(reason):
                self.market.chain.send(call(catalogue, terms.id(), dataset.number), self.people[owner])
            if reason:
                return
        self.joined.append((dataset, rights))

    def take(self, step: Clear | Sell | Join | Wait, catalogue: int) -> None:
        """One step of the story."""
        if isinstance(step, Clear):
            self.clear(step)
        elif isinstance(step, Sell):
            self.sell(self.known[step.generation], self.people[0], step.grant)
        elif isinstance(step, Join):
            self.join(self.known[step.generation], catalogue, step.rights)
        else:
            self.now += step.days * DAY

    def clearances(self) -> dict[int, tuple[int, int]]:
        """As the registry has them."""
        return {it.number: self.market.licenses.clearanceOf(it.number).call() for it in self.known}


@contextmanager
def refusal(name: str | None) -> Iterator[None]:
    """Expects an error of that name, or none."""
    if name is None:
        yield
        return
    with pytest.raises(RevertError) as caught:
        yield
    assert caught.value.name == name


@pytest.fixture(scope="module")
def market(chain: Chain, suite: Suite) -> Market:
    return Market(chain, suite)


@pytest.fixture(scope="module")
def people(new_account: NewAccount) -> list[LocalAccount]:
    return [new_account(f"owner of generations {number}") for number in range(PEOPLE)]


@EXAMPLES
@given(story=stories())
def test_no_generation_grants_more_than_those_before_it_nor_takes_it_back(
    *, story: Story, market: Market, people: list[LocalAccount], isolate: Isolate
) -> None:
    with isolate():
        world = World(market, people, 0)
        catalogue = world.register(story)
        before, then = world.clearances(), world.now

        for step in story.steps:
            world.take(step, catalogue)

            now = world.clearances()
            assert now == {it.number: (it.rights, it.until) for it in world.known}
            lapsed_or_wider(before, now, then, world.now)
            within_the_parents(world, now)
            before, then = now, world.now


def lapsed_or_wider(
    before: dict[int, tuple[int, int]], now: dict[int, tuple[int, int]], then: int, second: int
) -> None:
    """P16."""
    for number, (rights, until) in before.items():
        assert second >= until or (now[number][0] & rights == rights and now[number][1] >= until), (number, then)


def within_the_parents(world: World, clearances: dict[int, tuple[int, int]]) -> None:
    """P8, of what is in force: clearances within the parents', licences and memberships within the clearance."""
    derived = {it.number for it in world.known if it.parents}
    for it in world.known:
        rights, until = clearances[it.number]
        for parent in it.parents:
            if until > world.now and parent.dataset in derived:
                above, end = clearances[parent.dataset]
                assert rights & ~above == 0
                assert until <= end
    for sold in world.sold:
        if sold.until > world.now and sold.of.parents:
            rights, until = clearances[sold.of.number]
            assert sold.grant.rights & ~rights == 0
            assert sold.until <= until
    for member, granted in world.joined:
        rights, until = clearances[member.number]
        assert (granted & ~rights, until) == (0, PERPETUAL)
