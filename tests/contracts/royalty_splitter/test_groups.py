"""RoyaltySplitter: more payees than a split holds, in splits that are lines of other splits; nobody controls them."""

from dataclasses import dataclass

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import dataset_account
from audiera.protocol.splits import WHOLE, Split, from_weights, payee_address
from tests.support.chain import Chain, Deployed
from tests.support.datasets import register
from tests.support.money import Money
from tests.support.splits import claim, shares_of

PAYEES = 1_500
LINED = 999  # have a line of the dataset's split; the others share one
PAID = 10**12 + 7
BATCH = 125  # claims in one transaction


@dataclass(frozen=True, slots=True)
class Choir:
    """A dataset of 1,500 payees, the n-th of whom weighs n."""

    account: bytes
    split: Split
    group: Split


@pytest.fixture
def choir(chain: Chain, splitter: Deployed, datasets: Deployed, label: LocalAccount, stranger: LocalAccount) -> Choir:
    """Registered by the label; the group was created by a stranger."""
    weights = {address(number).to_bytes(32, "big"): number for number in range(PAYEES, 0, -1)}
    group = from_weights(dict([*weights.items()][LINED:]))
    rest = sum([*weights.values()][LINED:])
    split = from_weights(dict([*weights.items()][:LINED]) | {group.id(): rest})
    chain.send(splitter.createSplit(shares_of(group)), stranger)
    dataset = register(chain, datasets, label, split)
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
    assert len(choir.split.shares) == 1_000
    money.pay(splitter, choir.account, PAID, listener)

    paid = claim_all(chain, splitter, choir.split, money.address)
    paid |= claim_all(chain, splitter, choir.group, money.address)

    received = PAID * choir.split.ppm_of(choir.group.id()) // WHOLE
    expected = {share.payee: PAID * share.ppm // WHOLE for share in choir.split.shares}
    expected.pop(choir.group.id())
    expected |= {share.payee: received * share.ppm // WHOLE for share in choir.group.shares}
    assert len(expected) == PAYEES
    assert paid == expected
    kept = PAID - sum(expected.values())
    assert money.of(splitter) == kept
    assert 0 <= kept < PAYEES + 1
    first, last = min(expected), max(expected)
    assert [money.of(payee_address(payee)) for payee in (first, last)] == [expected[first], expected[last]]


@pytest.mark.parametrize("money", ["ERC-20"], indirect=True)
def test_nobody_points_a_group_elsewhere(
    chain: Chain,
    splitter: Deployed,
    choir: Choir,
    money: Money,
    label: LocalAccount,
    stranger: LocalAccount,
    listener: LocalAccount,
) -> None:
    """P4. Neither who registered it nor who created it has a say in it."""
    own = Split.of({address(1).to_bytes(32, "big"): WHOLE})
    chain.send(splitter.createSplit(shares_of(own)))

    for villain in (label, stranger):
        chain.send(splitter.assignMany([choir.group.id(), bytes(32)], own.id()), villain)
    money.pay(splitter, choir.account, PAID, listener)
    chain.send(claim(splitter, choir.split, money.address, choir.group.id()))

    assert splitter.splitOf(choir.group.id()).call() == choir.group.id()
    assert splitter.receivedOf(own.id(), money.address).call() == 0
    received = PAID * choir.split.ppm_of(choir.group.id()) // WHOLE
    assert splitter.receivedOf(choir.group.id(), money.address).call() == received
