"""RoyaltySplitter: ETH that is sent to it by itself."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from tests.contracts.royalty_splitter.conftest import Album
from tests.support.chain import Chain, Deployed, reverts
from tests.support.codec import decode_revert
from tests.support.money import Money
from tests.support.splits import claim


@pytest.mark.parametrize("value", [0, 1, 10**18])
def test_nobody_sends_it_eth(chain: Chain, splitter: Deployed, listener: LocalAccount, value: int) -> None:
    """AUD-A18: Attack: plain ETH taken by bots: it would be nobody's."""
    with reverts("Splitter_PlainEther", sender=listener.address):
        chain.send_raw(splitter.address, sender=listener, value=value)

    assert chain.ether(splitter) == 0


def test_nor_beside_a_call_that_takes_none(chain: Chain, splitter: Deployed, listener: LocalAccount) -> None:
    with reverts(""):
        chain.send(splitter.cancel([1]), listener, value=1)
    with reverts(""):
        chain.send_raw(splitter.address, b"\x01\x02\x03\x04", listener, value=1)


def test_nor_a_contract_while_another_address_is_swept(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount
) -> None:
    """AUD-A18: Attack: a sweep that strands ETH: a token that sends some in the middle of its own sweep."""
    token = chain.deploy("ReentrantToken")
    chain.send(token.mint(splitter.addressOf(album.account).call(), 1_000))
    chain.send(token.plan(splitter.address, b""), listener, value=5)

    chain.send(splitter.sweep(album.account, token.address), listener)

    error = decode_revert(token.result().call())
    assert (error.name, error.fields) == ("Splitter_PlainEther", {"sender": token.address})
    assert (chain.ether(splitter), chain.ether(token)) == (0, 5)
    assert splitter.receivedOf(album.split.id(), token.address).call() == 1_000
    assert splitter.receivedOf(album.split.id(), ETHER).call() == 0


@pytest.mark.parametrize("deployed", [False, True], ids=["before its first sweep", "after it"])
def test_nor_a_payment_address_that_is_not_being_swept(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount, deployed: bool
) -> None:
    """AUD-A18: Impersonated here: its code sends nothing of its own accord."""
    address = splitter.addressOf(album.account).call()
    Money(chain).move(listener, address, 1_000)
    if deployed:
        chain.send(splitter.sweep(album.account, ETHER))
        Money(chain).move(listener, address, 1_000)
    there = chain.at("PaymentAddress", address)

    with reverts("Splitter_PlainEther", sender=address):
        chain.send_raw(splitter.address, sender=there, value=500)

    assert chain.ether(address) == 1_000


def test_nor_a_payee_with_what_it_was_paid(
    chain: Chain, splitter: Deployed, album: Album, composer: LocalAccount, listener: LocalAccount
) -> None:
    """A recipient that sends it back at once has it, and the split is not credited twice."""
    giver = chain.deploy("ReentrantReceiver")
    chain.send(giver.plan(splitter.address, b""), listener, value=100)
    chain.send(splitter.setRecipient(giver.address), composer)
    Money(chain).pay(splitter, album.account, 1_000, listener)

    chain.send(claim(splitter, album.split, ETHER, composer))

    error = decode_revert(giver.result().call())
    assert (error.name, error.fields) == ("Splitter_PlainEther", {"sender": giver.address})
    assert (chain.ether(giver), chain.ether(splitter)) == (700, 400)
    assert splitter.receivedOf(album.split.id(), ETHER).call() == 1_000


def test_what_is_forced_on_it_is_nobodys(
    chain: Chain, splitter: Deployed, album: Album, listener: LocalAccount, stranger: LocalAccount
) -> None:
    """AUD-A29: Attack: donation. Whoever builds a block, or destroys a contract, sends ETH that no code can refuse."""
    Money(chain).pay(splitter, album.account, 1_000, listener)
    force(chain, splitter, 50, listener)

    assert chain.ether(splitter) == 1_050
    assert splitter.receivedOf(album.split.id(), ETHER).call() == 1_000
    for call in (
        splitter.pay(album.account, ETHER, 50),
        splitter.creditOne(album.account, ETHER, 50, b""),
        splitter.credit([album.account], ETHER, [50], b""),
    ):
        with reverts("Splitter_WrongValue", expected=50, sent=0):
            chain.send(call, stranger)
    assert splitter.sweep(album.account, ETHER).call() == 0


def force(chain: Chain, to: Deployed, amount: int, payer: LocalAccount) -> None:
    """Sends ETH by a contract that destroys itself."""
    coin = chain.deploy("CoinToken", sender=payer, value=amount)
    chain.send(coin.transfer(to.address, amount))
