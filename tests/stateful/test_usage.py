"""Random lives of channels and batches, against a model: P9 and P10 hold after every step and at the end."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import pytest
from eth_account.signers.local import LocalAccount
from hypothesis import given, settings
from hypothesis import strategies as st

from audiera.metering.batch import StatementLine
from audiera.protocol.splits import WHOLE
from tests.stateful.usage_world import Channel, UsageWorld
from tests.support.chain import Chain, Deployed
from tests.support.datasets import register
from tests.support.licensing import DAY
from tests.support.money import Money
from tests.support.splits import split_of
from tests.support.suite import Suite
from tests.support.usage import Book, Metering, make_line

Isolate = Callable[[], AbstractContextManager[None]]

EXAMPLES = settings(max_examples=max(5, settings().max_examples // 4))
STEPS = [
    "deposit",
    "deposit",
    "thaw",
    "withdraw",
    "refund",
    "settle",
    "settle",
    "again",
    "collect",
    "collect",
    "release",
]
DATASETS = 3
LINES = st.sets(st.tuples(st.integers(1, 3), st.integers(1, DATASETS)), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def make_world(
    chain: Chain, suite: Suite, token: Deployed, new_account: Callable[[str], LocalAccount]
) -> Callable[[], UsageWorld]:
    payers = [new_account("payer"), new_account("another payer")]
    gateways = [new_account("gateway"), new_account("another gateway")]
    moneys = [Money(chain), Money(chain, token)]
    for _ in range(DATASETS):
        register(chain, suite.datasets, payers[0], split_of((payers[0], WHOLE)))

    def make() -> UsageWorld:
        channels = [Channel(payer, gateway, money) for payer in payers for gateway in gateways for money in moneys]
        return UsageWorld(Metering(chain, suite), channels)

    return make


@EXAMPLES
@given(data=st.data())
def test_every_unit_of_every_channel_is_accounted_for_through_any_sequence(
    data: st.DataObject, make_world: Callable[[], UsageWorld], isolate: Isolate
) -> None:
    with isolate():
        world = make_world()
        world.channels = data.draw(st.lists(st.sampled_from(world.channels), min_size=2, max_size=3, unique_by=id))
        for channel in world.channels:
            world.deposit(channel, data.draw(st.integers(1, 3_000)))
        for step in data.draw(st.lists(st.sampled_from(STEPS), min_size=5, max_size=12)):
            channel = data.draw(st.sampled_from(world.channels))
            _take(step, world, channel, data)
            _check_channels(world, [channel])
            _check_money(world)

        for batch in world.batches.values():
            world.collect(batch, data.draw(st.permutations(batch.missing)))
            world.release(batch)
            world.release(batch)
            assert batch.held == 0
        _check_channels(world, world.channels)
        _check_money(world)


def _take(step: str, world: UsageWorld, channel: Channel, data: st.DataObject) -> None:
    batches = list(world.batches.values())
    if step == "deposit":
        world.deposit(channel, data.draw(st.integers(1, 3_000)))
    elif step == "thaw":
        world.thaw(channel, data.draw(st.integers(0, 3_000)))
    elif step == "withdraw":
        if data.draw(st.booleans()):
            world.thaw(channel, data.draw(st.integers(0, 3_000)))
        world.withdraw(channel, data.draw(st.sampled_from([1, DAY // 2, DAY, DAY])))
    elif step == "refund":
        world.refund(channel, data.draw(st.integers(1, 3_000)))
    elif step == "settle" or not batches:
        lines = [_line(place, data) for place in sorted(data.draw(LINES))]
        number, fee = data.draw(st.integers(0, 2)), data.draw(st.integers(0, 100))
        world.settle(channel, Book.of(*lines), batch=number, fee=fee)
    elif step == "again":
        world.settle_again(data.draw(st.sampled_from(batches)))
    elif step == "collect":
        batch = data.draw(st.sampled_from(batches))
        world.collect(batch, data.draw(st.lists(st.integers(0, len(batch.book.lines) - 1), max_size=4)))
    else:
        world.release(data.draw(st.sampled_from(batches)))


def _line(place: tuple[int, int], data: st.DataObject) -> StatementLine:
    return make_line(*place, amount=data.draw(st.integers(0, 300)), calls=data.draw(st.integers(1, 9)))


def _check_channels(world: UsageWorld, channels: Iterable[Channel]) -> None:
    """P9: deposited = balance + settled + withdrawn + refunded."""
    for channel in channels:
        state = world.metering.channel(channel.payer, channel.gateway, channel.money.address)
        assert state == (channel.balance, channel.thawing, channel.thaws_at)


def _check_money(world: UsageWorld) -> None:
    """P9, P10: the ledger holds the balances, what is not collected, and the fees not released; no more, no less."""
    for money in {channel.money for channel in world.channels}:
        balances = sum(channel.balance for channel in world.channels if channel.money == money)
        held = sum(batch.held for batch in world.batches.values() if batch.channel.money == money)
        assert money.of(world.metering.ledger) == balances + held
        assert money.of(world.metering.suite.splitter) == world.credited[money.address]
