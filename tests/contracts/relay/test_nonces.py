"""Relayable: once only, in time, and not nested."""

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.chain import Chain, Deployed, reverts
from tests.support.relay import data_of, relayed
from tests.support.suite import Suite


def test_a_call_is_carried_out_once(chain: Chain, contract: Deployed, creator: LocalAccount) -> None:
    """AUD-C1, AUD-A3: Attack: replay."""
    call = relayed(chain, contract, creator, contract.cancel([]), nonce=3)
    chain.send(call)

    with reverts("Relay_NonceUsed", account=creator.address, nonce=3):
        chain.send(call)


def test_nonces_need_no_order(chain: Chain, contract: Deployed, creator: LocalAccount) -> None:
    """AUD-A10"""
    for nonce in (2**256 - 1, 0, 256, 255, 1):
        chain.send(relayed(chain, contract, creator, contract.cancel([]), nonce=nonce))

        assert contract.isNonceUsed(creator.address, nonce).call()
    assert not contract.isNonceUsed(creator.address, 2).call()


def test_nonces_are_counted_by_account(
    chain: Chain, contract: Deployed, creator: LocalAccount, label: LocalAccount
) -> None:
    for signer in (creator, label):
        assert not contract.isNonceUsed(signer.address, 7).call()
        chain.send(relayed(chain, contract, signer, contract.cancel([]), nonce=7))


def test_nonces_are_counted_by_contract(chain: Chain, suite: Suite, creator: LocalAccount) -> None:
    for contract in (suite.splitter, suite.datasets, suite.licenses, suite.ledger, suite.incentives):
        assert not contract.isNonceUsed(creator.address, 7).call()
        chain.send(relayed(chain, contract, creator, contract.cancel([]), nonce=7))


def test_cancelled_nonces_are_void(chain: Chain, contract: Deployed, creator: LocalAccount) -> None:
    sent = chain.send(contract.cancel([4, 300]), creator)

    assert sent.events == [
        contract.event("NonceCancelled", account=creator.address, nonce=4),
        contract.event("NonceCancelled", account=creator.address, nonce=300),
    ]
    for nonce in (4, 300):
        with reverts("Relay_NonceUsed", account=creator.address, nonce=nonce):
            chain.send(relayed(chain, contract, creator, contract.cancel([]), nonce=nonce))


def test_nobody_cancels_for_others(
    chain: Chain, contract: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    chain.send(contract.cancel([4]), stranger)

    chain.send(relayed(chain, contract, creator, contract.cancel([]), nonce=4), stranger)
    assert contract.isNonceUsed(creator.address, 4).call()


@pytest.mark.parametrize("late", [0, 1], ids=["at the deadline", "a second later"])
def test_a_call_is_good_until_its_deadline(chain: Chain, contract: Deployed, creator: LocalAccount, late: int) -> None:
    """AUD-C1, AUD-A10"""
    deadline = chain.now() + 1_000
    call = relayed(chain, contract, creator, contract.cancel([]), deadline=deadline)

    chain.at_time(deadline + late)

    if late:
        with reverts("Relay_Expired", deadline=deadline, time=deadline + 1):
            chain.send(call)
    else:
        chain.send(call)


def test_a_relayed_call_contains_no_other(
    chain: Chain, contract: Deployed, creator: LocalAccount, label: LocalAccount
) -> None:
    """AUD-C2"""
    inner = relayed(chain, contract, label, contract.cancel([]))

    with reverts("Relay_Nested"):
        chain.send(relayed(chain, contract, creator, inner))


def test_nor_one_inside_a_multicall(
    chain: Chain, contract: Deployed, creator: LocalAccount, label: LocalAccount
) -> None:
    inner = relayed(chain, contract, label, contract.cancel([]))
    calls = [data_of(contract.cancel([1])), data_of(inner)]

    with reverts("Relay_Nested"):
        chain.send(relayed(chain, contract, creator, contract.multicall(calls)))
