from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiera.credits.contributors import Contributors, ContributorsError, Credit
from audiera.credits.divide import Credits, divide
from audiera.credits.groups import nest
from audiera.credits.people import Person
from audiera.dataset.registration import RecordedShare, Registration, recorded_shares
from audiera.errors import SplitError
from audiera.protocol.ids import to_address
from audiera.protocol.splits import MAX_SHARES, WHOLE, Split, TooSmallError, from_weights

ME = to_address("0x" + "5" * 40)
PARENTS = {bytes([250]) * 31 + bytes([number]): 1_000 for number in range(3)}


def payee(number: int) -> bytes:
    return number.to_bytes(32, "big")


def effective(split: Split, groups: Mapping[bytes, Split]) -> dict[bytes, Fraction]:
    """Everyone's part of the dataset, parents and all."""
    parts = {share.payee: Fraction(share.ppm, WHOLE) for share in split.shares}
    for split_id, group in groups.items():
        whole = parts.pop(split_id)
        parts |= {share.payee: whole * share.ppm / WHOLE for share in group.shares}
    return parts


def test_a_thousand_payees_need_no_group() -> None:
    weights = {payee(number): Fraction(number) for number in range(1, MAX_SHARES + 1)}

    assert nest(weights, {}) == (from_weights(weights), {})


def test_one_more_makes_a_group_of_the_two_smallest() -> None:
    weights = {payee(number): Fraction(number) for number in range(1, MAX_SHARES + 2)}

    split, groups = nest(weights, {})

    ((split_id, group),) = groups.items()
    assert len(split.shares) == MAX_SHARES
    assert [share.payee for share in group.shares] == [payee(1), payee(2)]
    assert [share.ppm for share in group.shares] == [333_333, 666_667]
    assert split_id == group.id()
    assert split.ppm_of(split_id)


@pytest.mark.parametrize(("count", "sizes"), [(1_999, [1_000]), (2_000, [501, 501]), (2_998, [1_000, 1_000])])
def test_there_are_as_few_groups_as_can_be(count: int, sizes: list[int]) -> None:
    split, groups = nest(dict.fromkeys(map(payee, range(1, count + 1)), Fraction(1)), {})

    assert len(split.shares) == MAX_SHARES
    assert [len(group.shares) for group in groups.values()] == sizes


def test_parents_keep_their_lines() -> None:
    """P6: a child's split holds every parent's leaf at the declared share."""
    weights = {payee(number): Fraction(1) for number in range(1, MAX_SHARES)}

    split, groups = nest(weights, PARENTS)

    assert len(split.shares) == MAX_SHARES
    assert {parent: split.ppm_of(parent) for parent in PARENTS} == PARENTS
    assert [len(group.shares) for group in groups.values()] == [999 - (1_000 - 3 - 1)]


@settings(max_examples=6, deadline=None)
@given(st.integers(1_001, 4_000), st.randoms(use_true_random=False), st.booleans())
def test_everyone_gets_their_share_within_the_stated_bound(count: int, random: Random, derived: bool) -> None:
    weights = {payee(number): Fraction(random.randint(50, 1_000)) for number in range(1, count + 1)}
    parents = PARENTS if derived else {}
    rest = Fraction(WHOLE - sum(parents.values()), WHOLE)

    split, groups = nest(weights, parents)

    parts = effective(split, groups)
    assert sum(parts.values()) == 1
    assert parts.keys() == weights.keys() | parents.keys()
    total = sum(weights.values())
    for group in groups.values():
        whole = sum(weights[share.payee] for share in group.shares) / total * rest
        assert 2 <= len(group.shares) <= MAX_SHARES
        for share in group.shares:
            exact = weights[share.payee] / total * rest
            assert abs(parts[share.payee] - exact) * WHOLE < Fraction(share.ppm, WHOLE) + whole < 2
    nested = {share.payee for group in groups.values() for share in group.shares}
    assert max(weights[it] for it in nested) <= min(weights[it] for it in weights.keys() - nested)


def test_a_million_fill_a_thousand_groups_and_one_more_finds_no_room() -> None:
    too_many = dict.fromkeys(map(payee, range(1, 1_000_002)), Fraction(1))

    with pytest.raises(SplitError, match="1000001 payees are more than 1000 groups hold; divide the dataset"):
        nest(too_many, {})


def test_who_would_get_nothing_in_a_group_is_named() -> None:
    weights = {payee(number): Fraction(1_000) for number in range(1, 1_500)} | {payee(1_500): Fraction(1, 1_000)}

    with pytest.raises(TooSmallError) as caught:
        nest(weights, {})

    assert caught.value.payees == (payee(1_500),)


def test_all_of_a_group_that_would_get_nothing_are_named() -> None:
    weights = {payee(number): Fraction(1) for number in range(1, 1_002)} | {payee(2_000): Fraction(10**10)}

    with pytest.raises(TooSmallError) as caught:
        nest(weights, {})

    assert set(caught.value.payees) == {payee(number) for number in range(1, 1_002)}


def crowd(count: int) -> Contributors:
    people = (Person(f"P{number:04}", to_address(f"0x{number:040x}")) for number in range(1, count + 1))
    listed = tuple(Credit(0, person, share=Fraction(1, count)) for person in people)
    return Contributors(Path("x.csv"), False, listed)


def divided(count: int) -> Credits:
    return divide(crowd(count), ())


def test_a_division_tells_which_group_pays_whom() -> None:
    shared = divided(2_500)

    assert [len(group.shares) for group in shared.groups.values()] == [751, 751]
    assert len(shared.payouts) == 2_500
    assert sum(payout.part for payout in shared.payouts) == 1
    for split_id, group in shared.groups.items():
        members = {payout.payee: payout.ppm for payout in shared.payouts if payout.group == split_id}
        assert members == {share.payee: share.ppm for share in group.shares}


def test_a_record_keeps_the_groups_and_their_members() -> None:
    shared = divided(1_002)
    ((split_id, group),) = shared.groups.items()

    recorded = recorded_shares(shared)

    (line,) = (share for share in recorded if share.payee == split_id)
    assert line == RecordedShare(split_id, shared.split.ppm_of(split_id))
    members = [share for share in recorded if share.group == split_id]
    assert [(share.payee, share.ppm) for share in members] == [(share.payee, share.ppm) for share in group.shares]
    assert len(recorded) == 1_002 + 1


def test_a_registration_with_groups_is_read_back_whole() -> None:
    shared = divided(1_002)
    made = Registration(
        chain_id=1,
        registry=ME,
        dataset=1,
        version=1,
        transaction=b"\1" * 32,
        content_root=b"\2" * 32,
        manifest_digest=b"\3" * 32,
        shares=recorded_shares(shared),
    )

    assert made.split == shared.split
    assert Registration.from_json(made.json()) == made


def test_contributors_too_small_for_a_group_are_refused_by_name() -> None:
    people = [Person(f"P{number:04}", to_address(f"0x{number:040x}")) for number in range(1, 1_101)]
    parts = [Fraction(1, 10**12)] + [Fraction(10**12 - 1, 10**12 * 1_099)] * 1_099
    listed = tuple(Credit(0, person, share=part) for person, part in zip(people, parts, strict=True))

    with pytest.raises(ContributorsError) as caught:
        divide(Contributors(Path("x.csv"), False, listed), ())

    assert caught.value.problems == ("P0001 would get less than one millionth; raise the share or drop the credit.",)
