"""RoyaltySplitter: whoever is called on the way cannot call back into the money."""

from collections.abc import Callable

import pytest
from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from audiera.protocol.ids import ETHER
from audiera.protocol.splits import Split, payee_of
from tests.contracts.royalty_splitter.conftest import Album
from tests.support.chain import Chain, Deployed
from tests.support.codec import decode_revert
from tests.support.money import Money
from tests.support.relay import relayed
from tests.support.splits import assigned, claim, owed, split_of

Attack = Callable[[Deployed, Album], ContractFunction]

# Every function under the lock, the last by a detour.
ATTACKS: dict[str, Attack] = {
    "pay": lambda splitter, album: splitter.pay(album.account, ETHER, 0),
    "credit": lambda splitter, album: splitter.credit([album.account], ETHER, [0]),
    "creditOne": lambda splitter, album: splitter.creditOne(album.account, ETHER, 0),
    "claim": lambda splitter, album: claim(splitter, album.split, ETHER, album.split.shares[0].payee),
    "sweep": lambda splitter, album: splitter.sweep(album.account, ETHER),
    "multicall": lambda splitter, album: splitter.multicall(
        [splitter.pay(album.account, ETHER, 0)._encode_transaction_data()]
    ),
}


@pytest.fixture(params=ATTACKS.values(), ids=list(ATTACKS))
def attack(request: pytest.FixtureRequest, splitter: Deployed, album: Album) -> ContractFunction:
    make: Attack = request.param
    return make(splitter, album)


@pytest.fixture
def back(chain: Chain, splitter: Deployed, attack: ContractFunction) -> Deployed:
    """A token that carries out the attack during every transfer."""
    token = chain.deploy("ReentrantToken")
    chain.send(token.plan(splitter.address, attack._encode_transaction_data()))
    return token


def refused(villain: Deployed) -> bool:
    """Whether the villain got its turn, and ran into the lock."""
    error = decode_revert(villain.result().call())
    return villain.attempts().call() > 0 and not villain.succeeded().call() and error.name == "Reentrancy"


def test_not_during_a_payment(
    chain: Chain, splitter: Deployed, album: Album, back: Deployed, listener: LocalAccount
) -> None:
    Money(chain, back).pay(splitter, album.account, 1_000, listener)

    assert refused(back)
    assert splitter.receivedOf(album.split.id(), back.address).call() == 1_000


def test_not_during_a_sweep(
    chain: Chain, splitter: Deployed, album: Album, back: Deployed, listener: LocalAccount
) -> None:
    chain.send(back.mint(splitter.addressOf(album.account).call(), 1_000))

    chain.send(splitter.sweep(album.account, back.address), listener)

    assert refused(back)
    assert splitter.receivedOf(album.split.id(), back.address).call() == 1_000


def test_not_during_a_claim_of_a_token(
    chain: Chain, splitter: Deployed, album: Album, back: Deployed, alice: LocalAccount
) -> None:
    chain.send(back.mint(splitter.address, 1_000))
    chain.send(splitter.credit([album.account], back.address, [1_000]))

    chain.send(claim(splitter, album.split, back.address, alice))

    assert refused(back)
    assert back.balanceOf(alice.address).call() == 600


def test_not_during_a_claim_of_eth(
    chain: Chain,
    splitter: Deployed,
    attack: ContractFunction,
    bob: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    villain, split = _villain_and_bob(chain, splitter, bob, label, listener)
    chain.send(villain.plan(splitter.address, attack._encode_transaction_data()))

    chain.send(claim(splitter, split, ETHER, villain))

    assert refused(villain)
    assert chain.ether(villain) == owed(splitter, split, ETHER, bob) == 500


def test_not_with_somebody_elses_signed_call(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    bob: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    villain, split = _villain_and_bob(chain, splitter, bob, label, listener)
    signed = relayed(chain, splitter, bob, splitter.pay(album.account, ETHER, 0))
    chain.send(villain.plan(splitter.address, signed._encode_transaction_data()))

    chain.send(claim(splitter, split, ETHER, villain))

    assert refused(villain)
    assert not splitter.isNonceUsed(bob.address, 0).call()


def test_who_is_paid_sees_its_credit_already_spent(
    chain: Chain, splitter: Deployed, bob: LocalAccount, label: LocalAccount, listener: LocalAccount
) -> None:
    """Attack: read-only reentrancy."""
    villain, split = _villain_and_bob(chain, splitter, bob, label, listener)
    question = splitter.owedOf(split.id(), ETHER, payee_of(villain.address), 500_000)
    chain.send(villain.plan(splitter.address, question._encode_transaction_data()))

    chain.send(claim(splitter, split, ETHER, villain))

    assert villain.succeeded().call()
    assert int.from_bytes(villain.result().call(), "big") == 0


def test_what_needs_no_lock_acts_for_the_intruder_alone(
    chain: Chain, splitter: Deployed, bob: LocalAccount, label: LocalAccount, listener: LocalAccount
) -> None:
    villain, split = _villain_and_bob(chain, splitter, bob, label, listener)
    chain.send(villain.plan(splitter.address, splitter.setRecipient(bob.address)._encode_transaction_data()))

    chain.send(claim(splitter, split, ETHER, villain))

    assert villain.succeeded().call()
    assert splitter.recipientOf(villain.address).call() == bob.address
    assert splitter.recipientOf(bob.address).call() == bob.address


def _villain_and_bob(
    chain: Chain, splitter: Deployed, bob: LocalAccount, label: LocalAccount, listener: LocalAccount
) -> tuple[Deployed, Split]:
    """A payee that calls back when it is paid, half and half with bob, and 1,000 wei to share."""
    villain = chain.deploy("ReentrantReceiver")
    split = split_of((villain, 500_000), (bob, 500_000))
    account = assigned(chain, splitter, label, b"duo".ljust(32, b"\0"), split)
    Money(chain).pay(splitter, account, 1_000, listener)
    return villain, split
