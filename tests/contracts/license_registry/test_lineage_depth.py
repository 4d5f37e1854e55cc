"""P8 through depth: what a great-grandchild may grant is what every ancestor allowed, for the shortest time."""

from dataclasses import dataclass

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.lineage import Parent
from audiera.protocol.rights import ALL_RIGHTS, Right
from audiera.protocol.terms import PERPETUAL, TermsFlag
from tests.support.chain import reverts
from tests.support.licensing import DAY, Market, make_terms
from tests.support.suite import NewAccount

KEEP = int(Right.Derivation | Right.Training)
EXTRA = int(Right.Playback)


@dataclass(frozen=True)
class Level:
    """How one generation licenses the next."""

    rights: int
    days: int
    survive: bool = False


WIDE = Level(KEEP | EXTRA, 100)
NARROW = Level(KEEP, 100)
SHORT = Level(KEEP | EXTRA, 20)
LASTING = Level(KEEP | EXTRA, 30, survive=True)
CASES = {
    "the first is narrow": (NARROW, Level(KEEP, 90), Level(KEEP, 80)),
    "the second is narrow": (WIDE, Level(KEEP, 90), Level(KEEP, 80)),
    "the third is narrow": (WIDE, Level(KEEP | EXTRA, 90), Level(KEEP, 80)),
    "the first is short": (SHORT, Level(KEEP | EXTRA, 10), Level(KEEP | EXTRA, 5)),
    "the first survives": (LASTING, Level(KEEP | EXTRA, 90), Level(KEEP | EXTRA, 60)),
    "only the first ends": (SHORT, Level(KEEP, 15, survive=True), Level(KEEP, 10, survive=True)),
    "all survive": (LASTING, LASTING, LASTING),
}


@dataclass(frozen=True)
class Family:
    """A dataset, its child, grandchild and great-grandchild, each of another owner, each cleared."""

    people: list[LocalAccount]
    datasets: list[int]
    ceilings: list[int]
    untils: list[int]


def grow(market: Market, people: list[LocalAccount], levels: tuple[Level, ...]) -> Family:
    """Registers, licenses and clears generation by generation, keeping book of what each should be allowed."""
    datasets, ceilings, untils = [market.dataset(people[0])], [ALL_RIGHTS], [PERPETUAL]
    for level, seller, maker in zip(levels, people, people[1:], strict=False):
        parents = [Parent(datasets[-1], 10_000)]
        flags = int(TermsFlag.DerivativesSurvive) if level.survive else 0
        terms = {"rights": level.rights, "duration": level.days * DAY, "flags": flags}
        licence = market.licence(seller, datasets[-1], maker, **terms)  # type: ignore[arg-type]  # all are ints
        datasets.append(market.dataset(maker, parents=parents))
        market.clear(maker, datasets[-1], parents, [licence])
        ceilings.append(ceilings[-1] & level.rights)
        expires = market.licenses.licenseOf(licence).call()[2]
        untils.append(untils[-1] if level.survive else min(untils[-1], expires))
    return Family(people, datasets, ceilings, untils)


@pytest.fixture
def people(new_account: NewAccount) -> list[LocalAccount]:
    return [new_account(f"generation {number}") for number in range(4)]


@pytest.mark.parametrize("levels", CASES.values(), ids=CASES)
def test_every_generation_is_held_to_all_before_it(
    market: Market, people: list[LocalAccount], levels: tuple[Level, ...]
) -> None:
    family = grow(market, people, levels)

    for number in (1, 2, 3):
        dataset, ceiling, until = family.datasets[number], family.ceilings[number], family.untils[number]
        assert market.licenses.clearanceOf(dataset).call() == (ceiling, until)
        beyond = ceiling | int(Right.Commercial)
        with reverts("Clearance_BeyondCeiling", dataset=dataset, rights=beyond, rightsCeiling=ceiling):
            market.offer(people[number], dataset, make_terms(rights=beyond, duration=1))
        market.offer(people[number], dataset, make_terms(rights=ceiling, duration=1))
        if until != PERPETUAL:
            with reverts("Clearance_Outlived", dataset=dataset, until=PERPETUAL, clearedUntil=until):
                market.offer(people[number], dataset, make_terms(rights=ceiling, duration=0))


def test_a_narrow_ancestor_cannot_be_washed_out_by_owning_the_generations_between(
    market: Market, owner: LocalAccount, maker: LocalAccount
) -> None:
    """P8. One owner of child and grandchild licenses itself nothing, and is held to the first licence."""
    parents = [Parent(market.dataset(owner), 1)]
    child = market.dataset(maker, parents=parents)
    licence = market.licence(owner, parents[0].dataset, maker, rights=KEEP, duration=9 * DAY)
    market.clear(maker, child, parents, [licence])
    until = market.licenses.clearanceOf(child).call()[1]
    above = child
    for _ in range(3):
        lineage = [Parent(above, 0)]
        above = market.dataset(maker, parents=lineage)
        market.clear(maker, above, lineage, [0])

    assert market.licenses.clearanceOf(above).call() == (KEEP, until)


def test_a_catalogue_between_widens_nothing(
    market: Market, owner: LocalAccount, maker: LocalAccount, curator: LocalAccount, buyer: LocalAccount
) -> None:
    """P8. A derived member's child, cleared by the catalogue's licence, is held to the member's own clearance."""
    parents = [Parent(market.dataset(owner), 1)]
    member = market.dataset(maker, parents=parents)
    licence = market.licence(owner, parents[0].dataset, maker, rights=KEEP, duration=0)
    market.clear(maker, member, parents, [licence])
    terms = make_terms(flags=int(TermsFlag.Revocable | TermsFlag.DerivativesSurvive), rights=KEEP)
    catalogue = market.catalogue(curator)
    market.member(curator, catalogue, terms, maker, member)
    market.offer(curator, catalogue, terms)
    blanket = market.acquire(buyer, catalogue, terms)
    lineage = [Parent(member, 0)]
    grandchild = market.dataset(buyer, parents=lineage)

    market.clear(buyer, grandchild, lineage, [blanket])

    assert market.licenses.clearanceOf(grandchild).call() == (KEEP, PERPETUAL)
    assert market.licenses.clearanceOf(member).call() == (KEEP, PERPETUAL)
