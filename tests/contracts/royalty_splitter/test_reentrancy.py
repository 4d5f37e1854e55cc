"""RoyaltySplitter: whoever is called on the way cannot call back into the money."""

from collections.abc import Callable

import pytest
from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from audiera.protocol.ids import ETHER, account_id
from audiera.protocol.splits import Split, payee_of
from tests.contracts.royalty_splitter.conftest import Album
from tests.support.chain import Chain, Deployed
from tests.support.codec import decode_revert
from tests.support.money import Money
from tests.support.relay import data_of, relayed
from tests.support.splits import assigned, claim, owed, shares_of, split_of

Attack = Callable[[Deployed, Album], ContractFunction]

KEY = b"album".ljust(32, b"\0")

# Every function under the lock, the last by a detour.
ATTACKS: dict[str, Attack] = {
    "pay": lambda splitter, album: splitter.pay(album.account, ETHER, 1),
    "credit": lambda splitter, album: splitter.credit([album.account], ETHER, [1], b""),
    "creditOne": lambda splitter, album: splitter.creditOne(album.account, ETHER, 1, b""),
    "claim": lambda splitter, album: claim(splitter, album.split, ETHER, album.split.shares[0].payee),
    "sweep": lambda splitter, album: splitter.sweep(album.account, ETHER),
    "multicall": lambda splitter, album: splitter.multicall(
        [splitter.pay(album.account, ETHER, 1)._encode_transaction_data()]
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
    """AUD-R10, AUD-A16"""
    Money(chain, back).pay(splitter, album.account, 1_000, listener)

    assert refused(back)
    assert splitter.receivedOf(album.split.id(), back.address).call() == 1_000


def test_not_during_a_sweep(
    chain: Chain, splitter: Deployed, album: Album, back: Deployed, listener: LocalAccount
) -> None:
    """AUD-R10, AUD-A16"""
    chain.send(back.mint(splitter.addressOf(album.account).call(), 1_000))

    chain.send(splitter.sweep(album.account, back.address), listener)

    assert refused(back)
    assert splitter.receivedOf(album.split.id(), back.address).call() == 1_000


@pytest.mark.parametrize("function", ["credit", "creditOne"])
def test_not_while_a_contract_is_asked(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    token: Deployed,
    treasurer: Deployed,
    attack: ContractFunction,
    function: str,
) -> None:
    """AUD-R10, AUD-A16"""
    chain.send(token.mint(treasurer.address, 1_000))
    chain.send(treasurer.plan(splitter.address, data_of(attack)))
    calls = {
        "credit": splitter.credit([album.account], token.address, [1_000], b""),
        "creditOne": splitter.creditOne(album.account, token.address, 1_000, b""),
    }

    chain.send(calls[function], treasurer)

    assert refused(treasurer)
    assert splitter.receivedOf(album.split.id(), token.address).call() == 1_000


def test_not_while_it_sends(
    chain: Chain, splitter: Deployed, album: Album, back: Deployed, treasurer: Deployed
) -> None:
    chain.send(back.mint(treasurer.address, 1_000))

    chain.send(splitter.creditOne(album.account, back.address, 1_000, b""), treasurer)

    assert refused(back)
    assert splitter.receivedOf(album.split.id(), back.address).call() == 1_000


def test_not_during_a_claim_of_a_token(
    chain: Chain, splitter: Deployed, album: Album, back: Deployed, composer: LocalAccount, listener: LocalAccount
) -> None:
    Money(chain, back).pay(splitter, album.account, 1_000, listener)
    before = back.attempts().call()

    chain.send(claim(splitter, album.split, back.address, composer))

    assert back.attempts().call() == before + 1
    assert refused(back)
    assert back.balanceOf(composer.address).call() == 600


def test_not_during_a_claim_of_eth(
    chain: Chain,
    splitter: Deployed,
    attack: ContractFunction,
    singer: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    """AUD-R10, AUD-A16"""
    villain, split = _villain_and_singer(chain, splitter, singer, label, listener)
    chain.send(villain.plan(splitter.address, attack._encode_transaction_data()))

    chain.send(claim(splitter, split, ETHER, villain))

    assert refused(villain)
    assert chain.ether(villain) == owed(splitter, split, ETHER, singer) == 500


def test_not_with_somebody_elses_signed_call(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    singer: LocalAccount,
    label: LocalAccount,
    listener: LocalAccount,
) -> None:
    villain, split = _villain_and_singer(chain, splitter, singer, label, listener)
    signed = relayed(chain, splitter, singer, splitter.pay(album.account, ETHER, 1))
    chain.send(villain.plan(splitter.address, signed._encode_transaction_data()))

    chain.send(claim(splitter, split, ETHER, villain))

    assert refused(villain)
    assert not splitter.isNonceUsed(singer.address, 0).call()


def test_who_is_paid_sees_its_credit_already_spent(
    chain: Chain, splitter: Deployed, singer: LocalAccount, label: LocalAccount, listener: LocalAccount
) -> None:
    """AUD-A16: Attack: read-only reentrancy."""
    villain, split = _villain_and_singer(chain, splitter, singer, label, listener)
    question = splitter.owedOf(split.id(), ETHER, payee_of(villain.address), 500_000)
    chain.send(villain.plan(splitter.address, question._encode_transaction_data()))

    chain.send(claim(splitter, split, ETHER, villain))

    assert villain.succeeded().call()
    assert int.from_bytes(villain.result().call(), "big") == 0


@pytest.mark.parametrize("way", ["pay", "sweep"])
def test_a_token_sees_its_own_payment_only_once_it_is_here(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount, way: str
) -> None:
    """AUD-A16: Attack: reading views during a callback."""
    token = chain.deploy("ReentrantToken")
    question = splitter.receivedOf(album.split.id(), token.address)
    chain.send(token.plan(splitter.address, data_of(question)))

    _pay_with(chain, splitter, token, album.account, listener, way)

    assert (token.attempts().call(), token.succeeded().call()) == (1, True)
    assert token.result().call() == bytes(32)
    assert question.call() == 1_000


def test_what_needs_no_lock_acts_for_the_intruder_alone(
    chain: Chain, splitter: Deployed, singer: LocalAccount, label: LocalAccount, listener: LocalAccount
) -> None:
    villain, split = _villain_and_singer(chain, splitter, singer, label, listener)
    chain.send(villain.plan(splitter.address, splitter.setRecipient(singer.address)._encode_transaction_data()))

    chain.send(claim(splitter, split, ETHER, villain))

    assert villain.succeeded().call()
    assert splitter.recipientOf(villain.address).call() == singer.address
    assert splitter.recipientOf(singer.address).call() == singer.address


@pytest.mark.parametrize("way", ["pay", "sweep"])
def test_a_stranger_in_the_middle_of_a_payment_points_no_account_elsewhere(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount, stranger: LocalAccount, way: str
) -> None:
    """AUD-A27: Attack: ownership taken mid-call. The token assigns an account of its own, under the same key."""
    token = chain.deploy("ReentrantToken")
    chain.send(splitter.createSplit(shares_of(loot := split_of((stranger, 1_000_000)))))
    chain.send(token.plan(splitter.address, data_of(splitter.assign(KEY, loot.id()))))

    _pay_with(chain, splitter, token, album.account, listener, way)

    assert token.succeeded().call()
    assert splitter.splitOf(account_id(token.address, KEY)).call() == loot.id()
    assert splitter.splitOf(album.account).call() == album.split.id()
    assert [splitter.receivedOf(split.id(), token.address).call() for split in (album.split, loot)] == [1_000, 0]


@pytest.mark.parametrize("way", ["pay", "sweep"])
def test_a_controller_that_assigns_in_the_middle_of_a_payment_directs_only_what_comes_after(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount, way: str
) -> None:
    """AUD-A27: Attack: update before distribute. The token controls the account; what is credited is credited once."""
    token = chain.deploy("ReentrantToken")
    account = assigned(chain, splitter, token, KEY, later := split_of((listener, 1_000_000)))
    chain.send(splitter.assign(KEY, album.split.id()), token)
    chain.send(token.plan(splitter.address, data_of(splitter.assign(KEY, later.id()))))

    credited = []
    for _ in range(2):
        _pay_with(chain, splitter, token, account, listener, way)
        credited.append([splitter.receivedOf(it.id(), token.address).call() for it in (album.split, later)])

    assert token.succeeded().call()
    assert credited == [[1_000, 0], [1_000, 1_000]]
    assert token.balanceOf(splitter.address).call() == 2_000


def _villain_and_singer(
    chain: Chain, splitter: Deployed, singer: LocalAccount, label: LocalAccount, listener: LocalAccount
) -> tuple[Deployed, Split]:
    """A payee that calls back when it is paid, half and half with the singer, and 1,000 wei to share."""
    villain = chain.deploy("ReentrantReceiver")
    split = split_of((villain, 500_000), (singer, 500_000))
    account = assigned(chain, splitter, label, b"duo".ljust(32, b"\0"), split)
    Money(chain).pay(splitter, account, 1_000, listener)
    return villain, split


def _pay_with(chain: Chain, splitter: Deployed, token: Deployed, account: bytes, payer: LocalAccount, way: str) -> None:
    """Pays an account 1,000 of a token, or sweeps that much for it."""
    if way == "pay":
        Money(chain, token).pay(splitter, account, 1_000, payer)
    else:
        chain.send(token.mint(splitter.addressOf(account).call(), 1_000))
        chain.send(splitter.sweep(account, token.address))
