"""RoyaltySplitter: more payees than a split holds, paid through group accounts."""

from dataclasses import dataclass
from fractions import Fraction

import pytest
from eth_account.signers.local import LocalAccount

from audiera.credits.groups import GroupAccount, nest
from audiera.protocol.ids import dataset_account
from audiera.protocol.splits import WHOLE, Split, payee_address
from tests.support.chain import Chain, Deployed
from tests.support.datasets import register
from tests.support.money import Money
from tests.support.splits import assigned, claim, shares_of, split_of

PAYEES = 1_500
PAID = 10**12 + 7
BATCH = 125  # claims in one transaction


@dataclass(frozen=True, slots=True)
class Choir:
    """A dataset of 1,500 payees, the n-th of whom weighs n, registered by alice."""

    account: bytes
    split: Split
    group: GroupAccount


@pytest.fixture
def choir(chain: Chain, splitter: Deployed, datasets: Deployed, alice: LocalAccount) -> Choir:
    weights = {address(number).to_bytes(32, "big"): Fraction(number) for number in range(1, PAYEES + 1)}
    split, groups = nest(weights, {}, alice.address)
    (group,) = groups
    chain.send(splitter.createSplit(shares_of(group.split)), alice)
    chain.send(splitter.assign(group.key, group.split.id()), alice)
    dataset = register(chain, datasets, alice, split)
    return Choir(dataset_account(datasets.address, dataset), split, group)


def address(number: int) -> int:
    """Of payee `number`; far from precompiled contracts and from the accounts of other tests."""
    return (0xC4014 << 140) + number


def claim_all(chain: Chain, splitter: Deployed, split: Split, token: str) -> dict[object, object]:
    """Claims for every payee of a split, and returns what each address was paid."""
    tree = split.tree()
    calls = []
    for place, share in enumerate(split.shares):
        call = splitter.claim(tree.root, token, share.payee, share.ppm, tree.proof(place))
        calls.append(call._encode_transaction_data())
    paid: dict[object, object] = {}
    for start in range(0, len(calls), BATCH):
        for event in chain.send(splitter.multicall(calls[start : start + BATCH])).of(splitter):
            if event.name == "Claimed":
                paid[event.fields["payee"]] = event.fields["amount"]
    return paid


@pytest.mark.parametrize("money", ["ERC-20"], indirect=True)  # of claims alone, every kind is tested elsewhere
def test_every_payee_of_a_large_dataset_is_paid_through_the_group_or_without(
    chain: Chain, splitter: Deployed, choir: Choir, money: Money, listener: LocalAccount
) -> None:
    """P2: nothing is lost between the levels but what rounding leaves in a split."""
    accounted: int = splitter.accountedOf(money.address).call()
    held = money.of(splitter)
    money.pay(splitter, choir.account, PAID, listener)

    paid = claim_all(chain, splitter, choir.split, money.address)
    paid |= claim_all(chain, splitter, choir.group.split, money.address)

    received = PAID * choir.split.ppm_of(choir.group.account) // WHOLE
    expected = {share.payee: PAID * share.ppm // WHOLE for share in choir.split.shares}
    expected.pop(choir.group.account)
    expected |= {share.payee: received * share.ppm // WHOLE for share in choir.group.split.shares}
    assert len(expected) == PAYEES
    assert paid == expected
    kept = PAID - sum(expected.values())
    assert splitter.accountedOf(money.address).call() - accounted == kept
    assert money.of(splitter) - held == kept
    assert 0 <= kept < PAYEES + 1
    first, last = min(expected), max(expected)
    assert [money.of(payee_address(payee)) for payee in (first, last)] == [expected[first], expected[last]]


@pytest.mark.parametrize("money", ["ERC-20"], indirect=True)
def test_who_registered_can_point_a_group_elsewhere_from_then_on(
    chain: Chain,
    splitter: Deployed,
    choir: Choir,
    money: Money,
    alice: LocalAccount,
    stranger: LocalAccount,
    listener: LocalAccount,
) -> None:
    """What the payees of a group trust, as the package tells them."""
    group = choir.group
    money.pay(splitter, choir.account, PAID, listener)
    chain.send(claim(splitter, choir.split, money.address, group.account))
    own = split_of((alice, WHOLE))

    assigned(chain, splitter, stranger, group.key, own)
    assert splitter.splitOf(group.account).call() == group.split.id()
    assigned(chain, splitter, alice, group.key, own)
    money.pay(splitter, choir.account, PAID, listener)
    chain.send(claim(splitter, choir.split, money.address, group.account))

    first = PAID * choir.split.ppm_of(group.account) // WHOLE
    both = 2 * PAID * choir.split.ppm_of(group.account) // WHOLE
    assert splitter.receivedOf(group.split.id(), money.address).call() == first
    assert splitter.receivedOf(own.id(), money.address).call() == both - first
