"""Relayable: once only, in time, and not nested."""

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.chain import Chain, Deployed, reverts
from tests.support.relay import data_of, relayed
from tests.support.suite import Suite


def test_a_call_is_carried_out_once(chain: Chain, contract: Deployed, alice: LocalAccount) -> None:
    """Attack: replay."""
    call = relayed(chain, contract, alice, contract.cancel([]), nonce=3)
    chain.send(call)

    with reverts("Relay_NonceUsed", account=alice.address, nonce=3):
        chain.send(call)


def test_nonces_need_no_order(chain: Chain, contract: Deployed, alice: LocalAccount) -> None:
    for nonce in (2**256 - 1, 0, 256, 255, 1):
        chain.send(relayed(chain, contract, alice, contract.cancel([]), nonce=nonce))

        assert contract.isNonceUsed(alice.address, nonce).call()
    assert not contract.isNonceUsed(alice.address, 2).call()


def test_nonces_are_counted_by_account(
    chain: Chain, contract: Deployed, alice: LocalAccount, bob: LocalAccount
) -> None:
    for signer in (alice, bob):
        assert not contract.isNonceUsed(signer.address, 7).call()
        chain.send(relayed(chain, contract, signer, contract.cancel([]), nonce=7))


def test_nonces_are_counted_by_contract(chain: Chain, suite: Suite, alice: LocalAccount) -> None:
    for contract in (suite.splitter, suite.datasets, suite.licenses, suite.ledger):
        assert not contract.isNonceUsed(alice.address, 7).call()
        chain.send(relayed(chain, contract, alice, contract.cancel([]), nonce=7))


def test_cancelled_nonces_are_void(chain: Chain, contract: Deployed, alice: LocalAccount) -> None:
    sent = chain.send(contract.cancel([4, 300]), alice)

    assert sent.events == [
        contract.event("NonceCancelled", account=alice.address, nonce=4),
        contract.event("NonceCancelled", account=alice.address, nonce=300),
    ]
    for nonce in (4, 300):
        with reverts("Relay_NonceUsed", account=alice.address, nonce=nonce):
            chain.send(relayed(chain, contract, alice, contract.cancel([]), nonce=nonce))


def test_nobody_cancels_for_others(
    chain: Chain, contract: Deployed, alice: LocalAccount, stranger: LocalAccount
) -> None:
    chain.send(contract.cancel([4]), stranger)

    chain.send(relayed(chain, contract, alice, contract.cancel([]), nonce=4), stranger)
    assert contract.isNonceUsed(alice.address, 4).call()


@pytest.mark.parametrize("late", [0, 1], ids=["at the deadline", "a second later"])
def test_a_call_is_good_until_its_deadline(chain: Chain, contract: Deployed, alice: LocalAccount, late: int) -> None:
    deadline = chain.now() + 1_000
    call = relayed(chain, contract, alice, contract.cancel([]), deadline=deadline)

    chain.at_time(deadline + late)

    if late:
        with reverts("Relay_Expired", deadline=deadline, time=deadline + 1):
            chain.send(call)
    else:
        chain.send(call)


def test_a_relayed_call_contains_no_other(
    chain: Chain, contract: Deployed, alice: LocalAccount, bob: LocalAccount
) -> None:
    inner = relayed(chain, contract, bob, contract.cancel([]))

    with reverts("Relay_Nested"):
        chain.send(relayed(chain, contract, alice, inner))


def test_nor_one_inside_a_multicall(chain: Chain, contract: Deployed, alice: LocalAccount, bob: LocalAccount) -> None:
    inner = relayed(chain, contract, bob, contract.cancel([]))
    calls = [data_of(contract.cancel([1])), data_of(inner)]

    with reverts("Relay_Nested"):
        chain.send(relayed(chain, contract, alice, contract.multicall(calls)))
