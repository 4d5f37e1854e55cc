"""RoyaltySplitter: payees that misbehave harm only themselves (P4, P13)."""

from dataclasses import dataclass

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.splits import Split, payee_of
from tests.support.chain import Chain, Deployed, reverts
from tests.support.money import Money
from tests.support.splits import assigned, claim, owed, split_of

REFUSING = {"reverts": 1, "burns all gas": 2, "reverts with a megabyte": 3}
ACCEPTS, ACCEPTS_WITH_A_MEGABYTE = 0, 4


@dataclass(frozen=True, slots=True)
class Duo:
    """Half for a hostile contract, half for the singer, and 1,000 wei to share."""

    split: Split
    villain: Deployed


@pytest.fixture(params=REFUSING.values(), ids=list(REFUSING))
def duo(
    request: pytest.FixtureRequest,
    chain: Chain,
    splitter: Deployed,
    singer: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> Duo:
    villain = chain.deploy("HostileReceiver", request.param)
    split = split_of((villain, 500_000), (singer, 500_000))
    account = assigned(chain, splitter, label, bytes(32), split)
    Money(chain).pay(splitter, account, 1_000, listener)
    return Duo(split, villain)


def test_a_hostile_payee_is_not_paid_and_keeps_its_credit(chain: Chain, splitter: Deployed, duo: Duo) -> None:
    """AUD-A14: Attacks: reverting recipient, gas bomb, returndata bomb."""
    with reverts("ETHTransferFailed"):
        chain.send(claim(splitter, duo.split, ETHER, duo.villain))

    assert owed(splitter, duo.split, ETHER, duo.villain) == 500
    assert splitter.claimedOf(duo.split.id(), ETHER, payee_of(duo.villain.address)).call() == 0
    assert chain.ether(splitter) == 1_000


def test_the_others_are_paid_all_the_same(chain: Chain, splitter: Deployed, duo: Duo, singer: LocalAccount) -> None:
    """AUD-A14"""
    before = chain.ether(singer)

    chain.send(claim(splitter, duo.split, ETHER, singer))

    assert chain.ether(singer) == before + 500


def test_it_is_paid_once_it_accepts(chain: Chain, splitter: Deployed, duo: Duo) -> None:
    chain.send(duo.villain.setMode(ACCEPTS))

    chain.send(claim(splitter, duo.split, ETHER, duo.villain))

    assert chain.ether(duo.villain) == 500


def test_it_is_paid_elsewhere_if_it_says_where(
    chain: Chain, splitter: Deployed, duo: Duo, singer: LocalAccount
) -> None:
    chain.send(splitter.setRecipient(singer.address), duo.villain)
    before = chain.ether(singer)

    chain.send(claim(splitter, duo.split, ETHER, duo.villain))

    assert chain.ether(singer) == before + 500


def test_a_megabyte_of_returned_data_is_not_copied(chain: Chain, splitter: Deployed, duo: Duo) -> None:
    """AUD-A14: Attack: returndata bomb. Making it costs two million gas; copying it would cost as much again."""
    chain.send(duo.villain.setMode(ACCEPTS_WITH_A_MEGABYTE))

    sent = chain.send(claim(splitter, duo.split, ETHER, duo.villain))

    assert 2_000_000 < sent.gas < 2_300_000
    assert chain.ether(duo.villain) == 500
