"""Relayable: whoever is called during a relayed call stays a stranger."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.splits import Split
from tests.support.chain import Chain, Deployed
from tests.support.codec import decode_revert
from tests.support.money import Money
from tests.support.relay import data_of, relayed
from tests.support.splits import assigned, claim, split_of


@pytest.fixture
def villain(chain: Chain) -> Deployed:
    """A payee that calls back when it is paid."""
    return chain.deploy("ReentrantReceiver")


@pytest.fixture
def split(chain: Chain, splitter: Deployed, villain: Deployed, creator: LocalAccount) -> Split:
    """All for the villain, with 1,000 wei to claim."""
    split = split_of((villain, 1_000_000))
    account = assigned(chain, splitter, creator, bytes(32), split)
    Money(chain).pay(splitter, account, 1_000, creator)
    return split


def test_who_is_paid_in_a_relayed_claim_does_not_become_its_signer(
    chain: Chain, splitter: Deployed, villain: Deployed, split: Split, creator: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-A27, AUD-A53: Attack: ownership spoof mid-call (H-02)."""
    chain.send(villain.plan(splitter.address, data_of(splitter.setRecipient(stranger.address))))

    chain.send(relayed(chain, splitter, creator, claim(splitter, split, ETHER, villain)))

    assert villain.succeeded().call()
    assert splitter.recipientOf(villain.address).call() == stranger.address
    assert splitter.recipientOf(creator.address).call() == creator.address


def test_nor_through_a_multicall(
    chain: Chain, splitter: Deployed, villain: Deployed, split: Split, creator: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-A53"""
    calls = [data_of(splitter.setRecipient(stranger.address)), data_of(splitter.cancel([8]))]
    chain.send(villain.plan(splitter.address, data_of(splitter.multicall(calls))))

    chain.send(relayed(chain, splitter, creator, claim(splitter, split, ETHER, villain)))

    assert villain.succeeded().call()
    assert splitter.recipientOf(creator.address).call() == creator.address
    assert splitter.isNonceUsed(villain.address, 8).call()
    assert not splitter.isNonceUsed(creator.address, 8).call()


def test_nor_does_it_carry_out_another_signed_call_meanwhile(
    chain: Chain, splitter: Deployed, villain: Deployed, split: Split, creator: LocalAccount, label: LocalAccount
) -> None:
    """AUD-A53"""
    chain.send(villain.plan(splitter.address, data_of(relayed(chain, splitter, label, splitter.cancel([8])))))

    chain.send(relayed(chain, splitter, creator, claim(splitter, split, ETHER, villain)))

    assert not villain.succeeded().call()
    assert decode_revert(villain.result().call()).name == "Relay_Nested"


def test_an_identity_is_good_for_one_contract_only(
    chain: Chain,
    splitter: Deployed,
    datasets: Deployed,
    villain: Deployed,
    split: Split,
    creator: LocalAccount,
    label: LocalAccount,
) -> None:
    """AUD-A53: Another contract of the suite takes its own signed calls meanwhile, for their signers."""
    chain.send(villain.plan(datasets.address, data_of(relayed(chain, datasets, label, datasets.cancel([8])))))

    chain.send(relayed(chain, splitter, creator, claim(splitter, split, ETHER, villain)))

    assert villain.succeeded().call()
    assert datasets.isNonceUsed(label.address, 8).call()
    assert not datasets.isNonceUsed(creator.address, 8).call()
