"""Relayable: contract wallets sign by ERC-1271."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.structs import Call
from tests.support.chain import Chain, Deployed, reverts
from tests.support.relay import NEVER, call_for, data_of, relayed

GULLIBLE, RETURN_BOMB = 1, 5
REFUSING = {"refuses": 2, "reverts": 3, "answers too short": 4, "burns all gas": 6}


@pytest.fixture
def wallet(chain: Chain, creator: LocalAccount) -> Deployed:
    """A wallet that the creator signs for."""
    return chain.deploy("Wallet1271", creator.address)


def test_a_wallet_acts_by_its_owners_signature(
    chain: Chain, contract: Deployed, wallet: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    sent = chain.send(relayed(chain, contract, creator, contract.cancel([9]), wallet=wallet), stranger)

    assert sent.events == [
        contract.event("CallRelayed", account=wallet.address, nonce=0, relayer=stranger.address),
        contract.event("NonceCancelled", account=wallet.address, nonce=9),
    ]
    assert not contract.isNonceUsed(creator.address, 0).call()


def test_a_wallet_refuses_strangers(chain: Chain, contract: Deployed, wallet: Deployed, stranger: LocalAccount) -> None:
    with reverts("Relay_InvalidSignature", account=wallet.address):
        chain.send(relayed(chain, contract, stranger, contract.cancel([9]), wallet=wallet))


@pytest.mark.parametrize("mode", REFUSING.values(), ids=list(REFUSING))
def test_a_wallet_that_does_not_answer_yes_signs_nothing(
    chain: Chain, contract: Deployed, wallet: Deployed, creator: LocalAccount, mode: int
) -> None:
    """AUD-A8: Attack: ERC-1271 wallet that reverts, or answers in fewer bytes than it should."""
    chain.send(wallet.setMode(mode))

    with reverts("Relay_InvalidSignature", account=wallet.address):
        chain.send(relayed(chain, contract, creator, contract.cancel([9]), wallet=wallet))

    assert not contract.isNonceUsed(wallet.address, 0).call()


def test_a_megabyte_behind_the_answer_is_not_copied(
    chain: Chain, contract: Deployed, wallet: Deployed, creator: LocalAccount
) -> None:
    """AUD-A8: Attack: returndata bomb. Making it costs two million gas; copying it would cost as much again."""
    chain.send(wallet.setMode(RETURN_BOMB))

    sent = chain.send(relayed(chain, contract, creator, contract.cancel([9]), wallet=wallet))

    assert 2_000_000 < sent.gas < 2_300_000


def test_a_wallet_that_is_asked_cannot_act_meanwhile(chain: Chain, contract: Deployed, stranger: LocalAccount) -> None:
    """AUD-A8: Attack: ERC-1271 wallet that re-enters. Its nonce is not used yet, and the call would be made twice."""
    wallet = chain.deploy("ReentrantWallet")
    again = Call(account=wallet.address, data=data_of(contract.cancel([9])), nonce=0, deadline=NEVER)
    chain.send(wallet.plan(contract.address, data_of(call_for(contract, again, b""))))

    sent = chain.send(call_for(contract, again, b""), stranger)

    assert sent.events == [
        contract.event("CallRelayed", account=wallet.address, nonce=0, relayer=stranger.address),
        contract.event("NonceCancelled", account=wallet.address, nonce=9),
    ]
    assert (wallet.attempts().call(), wallet.succeeded().call()) == (0, False)


def test_a_wallet_that_says_yes_to_everything_harms_itself_only(
    chain: Chain, splitter: Deployed, wallet: Deployed, creator: LocalAccount, stranger: LocalAccount
) -> None:
    chain.send(wallet.setMode(GULLIBLE))

    chain.send(relayed(chain, splitter, stranger, splitter.setRecipient(stranger.address), wallet=wallet))

    assert splitter.recipientOf(wallet.address).call() == stranger.address
    assert splitter.recipientOf(creator.address).call() == creator.address


def test_a_wallet_may_change_its_mind_and_once_is_still_once(
    chain: Chain, contract: Deployed, wallet: Deployed, creator: LocalAccount
) -> None:
    call = relayed(chain, contract, creator, contract.cancel([9]), wallet=wallet)
    chain.send(wallet.setMode(REFUSING["refuses"]))
    with reverts("Relay_InvalidSignature", account=wallet.address):
        chain.send(call)

    chain.send(wallet.setMode(0))
    chain.send(call)
    with reverts("Relay_NonceUsed", account=wallet.address, nonce=0):
        chain.send(call)


def test_the_owner_of_a_wallet_does_not_sign_for_its_own_address_by_it(
    chain: Chain, contract: Deployed, wallet: Deployed, creator: LocalAccount
) -> None:
    """A signature names who acts: one for the wallet is none for its owner."""
    for_wallet = relayed(chain, contract, creator, contract.cancel([9]), wallet=wallet)
    arguments = [creator.address, *for_wallet.args[1:]]

    with reverts("Relay_InvalidSignature", account=creator.address):
        chain.send(contract.callFor(*arguments))
