"""P5: money is conserved on every way, and P13: anybody may trigger a claim."""

from __future__ import annotations

from fractions import Fraction

from audiera.operations.claims import Claims, ClaimStep, Owed
from audiera.operations.flow import Flow
from audiera.protocol.ids import ETHER, account_id
from audiera.protocol.splits import Split, payee_of
from tests.support.studio import As, Client

KEY, WHOLE = b"\x01" * 32, 1_000_000


def create(client: Client, *splits: Split) -> None:
    for split in splits:
        client.royalty.create_split(split)


def planned(client: Client, payee: bytes, *only: Split) -> tuple[ClaimStep, ...]:
    return Claims.of(client, Flow.read(client), payee, [it.id() for it in only] or None).plan().steps


def carried_out(client: Client, steps: tuple[ClaimStep, ...]) -> None:
    """Each brings what was planned."""
    for step in steps:
        before = client.royalty.claimed_of(step.split_id, step.token, step.payee)
        client.royalty.claim(step.split, step.token, step.payee)
        assert client.royalty.claimed_of(step.split_id, step.token, step.payee) - before == step.amount


def test_who_is_in_a_group_is_paid_through_the_split_that_it_is(as_: As) -> None:
    fan, singer = as_("fan"), as_("singer")
    member = payee_of(singer.account)
    choir = Split.of({member: 250_000, payee_of(as_("conductor").account): 750_000})
    whole = Split.of({choir.id(): 400_000, payee_of(as_("composer").account): 600_000})
    create(fan, choir, whole)
    fan.royalty.pay(whole.id(), ETHER, 1_000)
    before = singer.token().balance_of(singer.account)

    steps = planned(fan, member)
    carried_out(fan, steps)

    assert [(it.split_id, it.payee, it.amount, it.to_split) for it in steps] == [
        (whole.id(), choir.id(), 400, choir.id()),
        (choir.id(), member, 100, None),
    ]
    assert singer.token().balance_of(singer.account) - before == 100
    assert planned(fan, member) == ()


def test_groups_of_groups_are_gone_down_in_order(as_: As) -> None:
    fan, member = as_("fan"), payee_of(as_("singer").account)
    inner = Split.of({member: WHOLE})
    middle = Split.of({inner.id(): WHOLE})
    outer = Split.of({middle.id(): WHOLE})
    create(fan, inner, middle, outer)
    fan.royalty.pay(outer.id(), ETHER, 9)

    steps = planned(fan, member)
    carried_out(fan, steps)

    assert [it.split_id for it in steps] == [outer.id(), middle.id(), inner.id()]


def test_a_split_that_is_paid_through_an_account_of_its_own_ends(as_: As) -> None:
    """Attack: an account of one's own is a payee of the very split that it is assigned to, to keep claimers going."""
    custodian, singer = as_("custodian"), as_("singer")
    account, member = account_id(custodian.account, KEY), payee_of(singer.account)
    round_ = Split.of({account: 500_000, member: 500_000})
    create(custodian, round_)
    custodian.royalty.assign(KEY, round_.id())
    custodian.royalty.pay(account, ETHER, 1_000)

    first = planned(custodian, member)
    carried_out(custodian, first)
    second = planned(custodian, member)
    carried_out(custodian, second)

    assert [(it.payee, it.amount) for it in first] == [(account, 500), (member, 750)]
    assert [(it.payee, it.amount) for it in second] == [(account, 250), (member, 125)]
    assert custodian.token().balance_of(custodian.royalty.address) == 1_000 - 750 - 125


def test_a_circle_through_groups_and_accounts_is_gone_round_once(as_: As) -> None:
    """The group is a payee of a split that an account of the group's points at."""
    custodian, member = as_("custodian"), payee_of(as_("singer").account)
    account = account_id(custodian.account, KEY)
    group = Split.of({account: 500_000, member: 500_000})
    whole = Split.of({group.id(): WHOLE})
    create(custodian, group, whole)
    custodian.royalty.assign(KEY, whole.id())
    custodian.royalty.pay(whole.id(), ETHER, 1_000)

    steps = planned(custodian, member)
    carried_out(custodian, steps)

    moved = {(it.split_id, it.payee) for it in steps}
    assert len(moved) == len(steps) == 3
    assert steps[-1].payee == member
    assert custodian.token().balance_of(custodian.royalty.address) == 1_000 - steps[-1].amount


def test_a_split_itself_can_be_claimed_for(as_: As) -> None:
    """Then nothing leaves: what it is owed by another is forwarded to it."""
    fan = as_("fan")
    group = Split.of({payee_of(as_("singer").account): WHOLE})
    whole = Split.of({group.id(): WHOLE})
    create(fan, group, whole)
    fan.royalty.pay(whole.id(), ETHER, 7)

    (step,) = planned(fan, group.id())
    carried_out(fan, (step,))

    assert (step.split_id, step.amount, step.to_split) == (whole.id(), 7, group.id())
    assert fan.royalty.received_of(group.id(), ETHER) == 7


def test_only_the_splits_that_are_named_are_claimed_from(as_: As) -> None:
    fan, member = as_("fan"), payee_of(as_("singer").account)
    first, second = Split.of({member: WHOLE}), Split.of({member: 999_999, payee_of(fan.account): 1})
    create(fan, first, second)
    for split in (first, second):
        fan.royalty.pay(split.id(), ETHER, WHOLE)

    steps = planned(fan, member, second)

    assert [(it.split_id, it.amount) for it in steps] == [(second.id(), 999_999)]


def test_what_lies_where_is_told_with_what_of_it_is_the_payees(as_: As) -> None:
    fan, member = as_("fan"), payee_of(as_("singer").account)
    choir = Split.of({member: 250_000, payee_of(as_("conductor").account): 750_000})
    whole = Split.of({choir.id(): 400_000, member: 600_000})
    create(fan, choir, whole)
    fan.royalty.pay(whole.id(), ETHER, 1_000)
    fan.royalty.pay(choir.id(), ETHER, 40)

    claims = Claims.of(fan, Flow.read(fan), member)

    assert list(claims.waiting()) == [
        Owed(whole.id(), ETHER, 600, is_direct=True),
        Owed(whole.id(), ETHER, 100, is_direct=False),
        Owed(choir.id(), ETHER, 10, is_direct=True),
    ]
    reach = claims.reach()
    assert (reach[whole.id()].part, reach[whole.id()].steps) == (Fraction(7, 10), 3)
    assert list(claims.onward_of(whole.id())) == [choir.id()]


def test_what_is_not_worth_its_whole_way_stays_where_it_is(as_: As) -> None:
    """Three steps from the outer split to the member, at 10 each; the middle one has money of its own."""
    fan, member = as_("fan"), payee_of(as_("singer").account)
    inner = Split.of({member: WHOLE})
    middle = Split.of({inner.id(): WHOLE})
    outer = Split.of({middle.id(): WHOLE})
    create(fan, inner, middle, outer)
    fan.royalty.pay(outer.id(), ETHER, 29)
    fan.royalty.pay(middle.id(), ETHER, 20)

    some = Claims.of(fan, Flow.read(fan), member).plan(lambda _, amount, steps: amount >= 10 * steps)
    fan.royalty.pay(outer.id(), ETHER, 1)
    everything = Claims.of(fan, Flow.read(fan), member).plan(lambda _, amount, steps: amount >= 10 * steps)

    assert [(it.split_id, it.amount) for it in some.steps] == [(middle.id(), 20), (inner.id(), 20)]
    assert some.left == (Owed(outer.id(), ETHER, 29, is_direct=False),)
    assert [it.amount for it in everything.steps] == [30, 50, 50]
    assert everything.left == ()


def test_nothing_goes_round_in_a_circle_when_steps_cost(as_: As) -> None:
    custodian, member = as_("custodian"), payee_of(as_("singer").account)
    account = account_id(custodian.account, KEY)
    round_ = Split.of({account: 500_000, member: 500_000})
    create(custodian, round_)
    custodian.royalty.assign(KEY, round_.id())
    custodian.royalty.pay(account, ETHER, 1_000)

    plan = Claims.of(custodian, Flow.read(custodian), member).plan(lambda _, amount, steps: amount >= steps)

    assert [(it.payee, it.amount) for it in plan.steps] == [(member, 500)]
