"""RoyaltySplitter: what would let a stranger take others' money, each tried (P1, P15).

The victims are the album's payees, who are owed 1,000; the thief controls an account of its own and a contract that
pays as it is told. Where a theft cannot be prevented, the test shows whose money is lost, and the docs say so.
"""

from dataclasses import dataclass

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.splits import Split
from tests.contracts.royalty_splitter.conftest import Album
from tests.support.chain import Chain, Deployed, reverts
from tests.support.codec import decode_revert
from tests.support.money import Money
from tests.support.relay import data_of
from tests.support.splits import assigned, claim, owed, split_of

LOOT = b"loot".ljust(32, b"\0")
NOWHERE = "0x000000000000000000000000000000000000dEaD"


@dataclass(frozen=True, slots=True)
class Loot:
    """The thief's account, all of it for the thief."""

    account: bytes
    split: Split


@pytest.fixture
def loot(chain: Chain, splitter: Deployed, stranger: LocalAccount) -> Loot:
    split = split_of((stranger, 1_000_000))
    return Loot(assigned(chain, splitter, stranger, LOOT, split), split)


def take(chain: Chain, splitter: Deployed, album: Album, token: str) -> list[int]:
    """Claims for everybody of the album, and returns what they are paid, in payee order."""
    sent = [chain.send(claim(splitter, album.split, token, share.payee)) for share in album.split.shares]
    return [event.fields["amount"] for it in sent for event in it.of(splitter)]  # type: ignore[misc]  # they are numbers


def in_order(album: Album, whole: int) -> list[int]:
    return [whole * share.ppm // 1_000_000 for share in album.split.shares]


# A token with two addresses


@pytest.fixture
def double(chain: Chain) -> Deployed:
    return chain.deploy("DoubleEntryToken")


@pytest.fixture
def second(chain: Chain, double: Deployed) -> Deployed:
    """The other address of the same token."""
    return chain.at("SecondEntry", double.SECOND().call())


def test_a_balance_seen_through_a_second_address_is_not_credited(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    loot: Loot,
    treasurer: Deployed,
    double: Deployed,
    second: Deployed,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    """AUD-R4, AUD-A17: Attack: one balance behind two token addresses, credited twice."""
    Money(chain, double).pay(splitter, album.account, 1_000, listener)
    assert second.balanceOf(splitter.address).call() == 1_000
    chain.send(treasurer.miscount(-1_000))

    for call in (
        splitter.creditOne(loot.account, second.address, 1_000, b""),
        splitter.credit([loot.account], second.address, [1_000], b""),
    ):
        with reverts("Splitter_NotReceived", token=second.address, expected=1_000, arrived=0):
            chain.send(call, treasurer)
    with reverts("TransferFromFailed"):
        chain.send(splitter.pay(loot.account, second.address, 1_000), stranger)
    assert splitter.sweep(loot.account, second.address).call() == 0

    assert owed(splitter, loot.split, second.address, stranger) == 0
    assert take(chain, splitter, album, double.address) == in_order(album, 1_000)


def test_what_arrives_through_one_address_is_not_counted_under_the_other(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    loot: Loot,
    treasurer: Deployed,
    double: Deployed,
    second: Deployed,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    """AUD-A17: P15. Neither by another payment in the middle of the first, nor by a transfer in place of it."""
    Money(chain, double).pay(splitter, album.account, 1_000, listener)
    chain.send(double.mint(treasurer.address, 400))
    again = splitter.creditOne(loot.account, double.address, 400, b"")
    chain.send(treasurer.plan(splitter.address, data_of(again)))
    chain.send(splitter.creditOne(loot.account, second.address, 300, b""), treasurer)
    assert decode_revert(treasurer.result().call()).name == "Reentrancy"

    chain.send(treasurer.plan(double.address, data_of(double.transfer(splitter.address, 100))))
    chain.send(treasurer.miscount(-100))
    chain.send(splitter.creditOne(loot.account, second.address, 100, b""), treasurer)
    assert treasurer.succeeded().call()

    assert splitter.receivedOf(loot.split.id(), second.address).call() == 400
    assert splitter.receivedOf(loot.split.id(), double.address).call() == 0
    chain.send(claim(splitter, loot.split, second.address, stranger))
    assert double.balanceOf(stranger.address).call() == 400
    assert take(chain, splitter, album, double.address) == in_order(album, 1_000)
    assert double.balanceOf(splitter.address).call() == 0


def test_a_payment_address_is_swept_under_one_of_them(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    loot: Loot,
    double: Deployed,
    second: Deployed,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    Money(chain, double).pay(splitter, album.account, 1_000, listener)
    Money(chain, double).move(stranger, splitter.addressOf(loot.account).call(), 300)
    calls = [data_of(splitter.sweep(loot.account, token.address)) for token in (second, double, second)]

    sent = chain.send(splitter.multicall(calls), stranger)

    assert [(it.fields["token"], it.fields["amount"]) for it in sent.of(splitter)] == [(second.address, 300)]
    assert splitter.receivedOf(loot.split.id(), double.address).call() == 0
    assert take(chain, splitter, album, double.address) == in_order(album, 1_000)


# The chain's own coin as a token


@pytest.fixture
def coin(chain: Chain, listener: LocalAccount) -> Deployed:
    """The coin's other address. No contract can take ETH from others here, so that the tests take it."""
    return chain.deploy("CoinToken", sender=listener, value=10_000)


def test_the_eth_of_all_is_not_credited_as_a_token(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    loot: Loot,
    treasurer: Deployed,
    coin: Deployed,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    """AUD-A17: Attack: Celo's native coin as ERC-20: a check against the balance let a stranger have everybody's."""
    Money(chain).pay(splitter, album.account, 1_000, listener)
    assert coin.balanceOf(splitter.address).call() == 1_000
    chain.send(treasurer.miscount(-1_000))

    for call in (
        splitter.creditOne(loot.account, coin.address, 1_000, b""),
        splitter.credit([loot.account], coin.address, [1_000], b""),
    ):
        with reverts("Splitter_NotReceived", token=coin.address, expected=1_000, arrived=0):
            chain.send(call, treasurer)
    assert splitter.sweep(loot.account, coin.address).call() == 0

    assert owed(splitter, loot.split, coin.address, stranger) == 0
    assert take(chain, splitter, album, ETHER) == in_order(album, 1_000)


@pytest.mark.parametrize("way", ["paid", "credited", "sent"])
def test_eth_that_comes_in_the_middle_is_not_counted_twice(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    loot: Loot,
    treasurer: Deployed,
    coin: Deployed,
    listener: LocalAccount,
    stranger: LocalAccount,
    way: str,
) -> None:
    """AUD-A17: P15. Attack: ETH paid while the coin's token is awaited, which would be counted under both."""
    Money(chain).pay(splitter, album.account, 1_000, listener)
    tries = {
        "paid": data_of(splitter.pay(loot.account, ETHER, 400)),
        "credited": data_of(splitter.creditOne(loot.account, ETHER, 400, b"")),
        "sent": b"",
    }
    chain.send(treasurer.plan(splitter.address, tries[way]), listener, value=400)

    chain.send(splitter.creditOne(loot.account, coin.address, 400, b""), treasurer)

    refusal = "Splitter_PlainEther" if way == "sent" else "Reentrancy"
    assert decode_revert(treasurer.result().call()).name == refusal
    assert splitter.receivedOf(loot.split.id(), coin.address).call() == 400
    assert splitter.receivedOf(loot.split.id(), ETHER).call() == 0
    chain.send(claim(splitter, loot.split, coin.address, stranger))
    chain.rpc("anvil_setBalance", splitter.address, hex(chain.ether(splitter) - 400))  # as the coin would
    assert take(chain, splitter, album, ETHER) == in_order(album, 1_000)
    assert chain.ether(splitter) == 0


def test_eth_sent_along_is_not_taken_for_the_coin(
    chain: Chain, splitter: Deployed, loot: Loot, treasurer: Deployed, coin: Deployed, listener: LocalAccount
) -> None:
    Money(chain).move(listener, treasurer.address, 400)
    chain.send(treasurer.miscount(-400))

    with reverts("Splitter_WrongValue", expected=0, sent=400):
        chain.send(splitter.creditOne(loot.account, coin.address, 400, b""), treasurer, value=400)


# Money that moves without the one who pays: theirs who did not follow the docs


def authorization(chain: Chain, token: Deployed, holder: LocalAccount, to: str, value: int) -> bytes:
    """The call that moves `value`, as the holder signed it (EIP-3009); anyone may send it."""
    message = {
        "from": holder.address,
        "to": to,
        "value": value,
        "validAfter": 0,
        "validBefore": 2**64,
        "nonce": bytes(32),
    }
    domain = {
        "name": "Mock AUTH",
        "version": "1",
        "chainId": chain.w3.eth.chain_id,
        "verifyingContract": token.address,
    }
    types = dict.fromkeys(["from", "to"], "address") | dict.fromkeys(["value", "validAfter", "validBefore"], "uint256")
    fields = [{"name": name, "type": kind} for name, kind in {**types, "nonce": "bytes32"}.items()]
    signed = Account.sign_typed_data(holder.key, domain, {"TransferWithAuthorization": fields}, message)
    return data_of(token.transferWithAuthorization(*message.values(), signed.signature))


@pytest.fixture
def signing_token(chain: Chain, album: Album, splitter: Deployed, listener: LocalAccount) -> Deployed:
    """A token with EIP-3009, of which the album was paid 1,000, and the listener has 500 left."""
    token = chain.deploy("AuthorizationToken")
    Money(chain, token).pay(splitter, album.account, 1_000, listener)
    chain.send(token.mint(listener.address, 500))
    return token


def test_a_transfer_signed_to_the_splitter_itself_is_whoevers_submits_it(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    loot: Loot,
    treasurer: Deployed,
    signing_token: Deployed,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    """AUD-A20: As documented: the listener named the splitter, not a payment address. Nobody else loses anything."""
    signed = authorization(chain, signing_token, listener, splitter.address, 500)
    chain.send(treasurer.plan(signing_token.address, signed))
    chain.send(treasurer.miscount(-500))

    chain.send(splitter.creditOne(loot.account, signing_token.address, 500, b""), treasurer)
    chain.send(claim(splitter, loot.split, signing_token.address, stranger))

    assert signing_token.balanceOf(stranger.address).call() == 500
    assert signing_token.balanceOf(listener.address).call() == 0
    assert take(chain, splitter, album, signing_token.address) == in_order(album, 1_000)


def test_a_transfer_signed_to_a_payment_address_is_safe(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    loot: Loot,
    treasurer: Deployed,
    signing_token: Deployed,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    """AUD-A20"""
    signed = authorization(chain, signing_token, listener, splitter.addressOf(album.account).call(), 500)
    chain.send(treasurer.plan(signing_token.address, signed))
    chain.send(treasurer.miscount(-500))
    with reverts("Splitter_NotReceived", token=signing_token.address, expected=500, arrived=0):
        chain.send(splitter.creditOne(loot.account, signing_token.address, 500, b""), treasurer)

    chain.send_raw(signing_token.address, signed, stranger)
    chain.send(splitter.sweep(album.account, signing_token.address), stranger)

    assert take(chain, splitter, album, signing_token.address) == in_order(album, 1_500)


def test_tokens_sent_to_the_splitter_itself_are_nobodys(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    loot: Loot,
    treasurer: Deployed,
    token: Deployed,
    listener: LocalAccount,
) -> None:
    """AUD-R4, AUD-A29: Attack: donation. What came before a call is not seen to arrive in it."""
    Money(chain, token).move(listener, splitter.address, 50)
    chain.send(treasurer.miscount(-50))

    for account in (album.account, loot.account):
        with reverts("Splitter_NotReceived", token=token.address, expected=50, arrived=0):
            chain.send(splitter.creditOne(account, token.address, 50, b""), treasurer)

    assert token.balanceOf(splitter.address).call() == 50


def test_a_rise_of_balances_is_whoevers_causes_it_in_the_middle_of_a_payment(
    chain: Chain,
    splitter: Deployed,
    album: Album,
    loot: Loot,
    treasurer: Deployed,
    listener: LocalAccount,
    stranger: LocalAccount,
) -> None:
    """AUD-A19: As documented: tokens whose balances move without a transfer are unsafe. What was paid stays paid."""
    token = chain.deploy("RebasingToken")
    Money(chain, token).pay(splitter, album.account, 1_000, listener)
    chain.send(treasurer.plan(token.address, data_of(token.rebase(150))))
    chain.send(treasurer.miscount(-500))

    chain.send(splitter.creditOne(loot.account, token.address, 500, b""), treasurer)

    assert owed(splitter, loot.split, token.address, stranger) == 500
    assert splitter.receivedOf(album.split.id(), token.address).call() == 1_000
    assert take(chain, splitter, album, token.address) == in_order(album, 1_000)


def test_a_fall_of_balances_is_borne_by_the_last_to_claim(
    chain: Chain, splitter: Deployed, album: Album, token: Deployed, composer: LocalAccount, singer: LocalAccount,
    engineer: LocalAccount, listener: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A19: As documented; here an issuer takes 100 from the splitter. Other tokens are not touched."""
    for money in (Money(chain), Money(chain, token)):
        money.pay(splitter, album.account, 1_000, listener)
    chain.send(token.transfer(NOWHERE, 100), splitter)

    for payee in (composer, singer):
        chain.send(claim(splitter, album.split, token.address, payee))
    with reverts("TransferFailed"):
        chain.send(claim(splitter, album.split, token.address, engineer))

    assert owed(splitter, album.split, token.address, engineer) == 100
    assert take(chain, splitter, album, ETHER) == in_order(album, 1_000)
