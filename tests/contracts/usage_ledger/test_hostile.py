"""Hostile tokens and receivers: whatever they try, they harm only those who use them."""

import pytest
from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from audiera.protocol.ids import ETHER
from tests.support.chain import Chain, Deployed, HasAddress, reverts
from tests.support.codec import decode_revert
from tests.support.licensing import DAY, Market
from tests.support.usage import Book, Metering, make_line


def outcome(hostile: Deployed) -> str:
    """What came of the attempt: the error's name, or "succeeded"."""
    assert hostile.attempts().call() == 1
    return "succeeded" if hostile.succeeded().call() else decode_revert(hostile.result().call()).name


@pytest.mark.parametrize("inner", ["deposit", "withdraw", "refund", "collect", "releaseFee", "record"])
def test_no_money_moves_within_the_transfer_of_a_token(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, licence: int,
    dataset: int, inner: str,
) -> None:  # fmt: skip
    """AUD-A16: Vouchers: reentry."""
    coin = chain.deploy("ReentrantToken")
    book = Book.of(make_line(licence, dataset))
    voucher, time = metering.settled(book, payer, gateway, coin, fee=5)
    calls = {
        "deposit": ledger.deposit(payer.address, gateway.address, ETHER, 0),
        "withdraw": ledger.withdraw(gateway.address, coin.address),
        "refund": ledger.refund(payer.address, coin.address, 1),
        "collect": metering.collection(voucher, time, book, 0),
        "releaseFee": ledger.releaseFee(voucher.values(), time),
        "record": ledger.record(licence, dataset, 2, 1, bytes(32)),
    }
    chain.send(coin.plan(ledger.address, calls[inner]._encode_transaction_data()))

    metering.deposit(payer, gateway, 100, coin)

    assert outcome(coin) == "Reentrancy"
    assert metering.channel(payer, gateway, coin.address)[0] == 100
    assert coin.balanceOf(ledger.address).call() == 115


def test_a_token_that_collects_while_it_is_collected_gains_nothing(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    licence: int, dataset: int,
) -> None:  # fmt: skip
    """P10."""
    coin = chain.deploy("ReentrantToken")
    book = Book.of(make_line(licence, dataset), make_line(licence + 1, dataset))
    voucher, time = metering.settled(book, payer, gateway, coin)
    chain.send(coin.plan(ledger.address, metering.collection(voucher, time, book, 1)._encode_transaction_data()))

    metering.collect(voucher, time, book, 0)

    assert outcome(coin) == "Reentrancy"
    assert market.received(dataset, coin.address) == 10
    assert coin.balanceOf(ledger.address).call() == 10


def test_a_token_that_settles_during_its_own_deposit_finds_nothing_yet(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount
) -> None:
    """P9, AUD-A16: the token is the gateway here, and would settle what is just arriving."""
    coin = chain.deploy("ReentrantToken")
    voucher = Book.of(make_line(1, 1, amount=100)).voucher(payer, coin, coin.address)
    chain.send(coin.plan(ledger.address, metering.settlement(voucher, payer)._encode_transaction_data()))

    metering.deposit(payer, coin, 100, coin)

    assert outcome(coin) == "Ledger_Shortfall"
    assert metering.channel(payer, coin, coin.address) == (100, 0, 0)
    assert coin.balanceOf(ledger.address).call() == 100


@pytest.mark.parametrize("inner", ["withdraw", "refund", "deposit", "releaseFee"])
def test_a_receiver_of_eth_cannot_reenter(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int,
    inner: str,
) -> None:  # fmt: skip
    """AUD-A16"""
    receiver = chain.deploy("ReentrantReceiver")
    book = Book.of(make_line(1, dataset))
    voucher, time = metering.settled(book, payer, receiver, fee=5)
    metering.collect(voucher, time, book)
    for to in (receiver.address, payer.address):
        chain.send(ledger.deposit(to, gateway.address, ETHER, 100), payer, value=100)
    chain.send(ledger.startWithdrawal(gateway.address, ETHER, 100), receiver)
    chain.mine_at(chain.now() + DAY)
    calls = {
        "withdraw": ledger.withdraw(gateway.address, ETHER),
        "refund": ledger.refund(payer.address, ETHER, 1),
        "deposit": ledger.deposit(payer.address, gateway.address, ETHER, 0),
        "releaseFee": ledger.releaseFee(voucher.values(), time),
    }
    chain.send(receiver.plan(ledger.address, calls[inner]._encode_transaction_data()))

    chain.send(ledger.withdraw(gateway.address, ETHER), receiver)

    assert outcome(receiver) == "Reentrancy"
    assert chain.ether(receiver) == 100
    assert chain.ether(ledger) == 105


def test_a_gateway_that_reenters_gets_its_fee_once(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int
) -> None:
    metering.deposit(payer, gateway, 1_000)
    receiver = chain.deploy("ReentrantReceiver")
    book = Book.of(make_line(1, dataset))
    voucher, time = metering.settled(book, payer, receiver, fee=5)
    metering.collect(voucher, time, book)
    call = ledger.releaseFee(voucher.values(), time)
    chain.send(receiver.plan(ledger.address, call._encode_transaction_data()))

    chain.send(call)

    assert outcome(receiver) == "Reentrancy"
    assert chain.ether(receiver) == 5


def test_a_payer_that_reenters_is_given_back_once(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount
) -> None:
    """The payer is its own gateway here, so that what it tries would be its right at any other time."""
    receiver = chain.deploy("ReentrantReceiver")
    chain.send(ledger.deposit(receiver.address, receiver.address, ETHER, 100), payer, value=100)
    metering.deposit(payer, receiver, 1_000)
    call = ledger.refund(receiver.address, ETHER, 60)
    chain.send(receiver.plan(ledger.address, call._encode_transaction_data()))

    chain.send(call, receiver)

    assert outcome(receiver) == "Reentrancy"
    assert chain.ether(receiver) == 60
    assert metering.channel(receiver, receiver)[0] == 40


@pytest.mark.parametrize("way", ["withdraw", "refund"])
def test_a_payer_that_cannot_be_paid_names_a_recipient_that_can(
    chain: Chain, ledger: Deployed, splitter: Deployed, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount, way: str,
) -> None:  # fmt: skip
    hostile = chain.deploy("HostileReceiver", 1)
    chain.send(ledger.deposit(hostile.address, gateway.address, ETHER, 100), payer, value=100)
    chain.send(ledger.startWithdrawal(gateway.address, ETHER, 100), hostile)
    chain.mine_at(chain.now() + DAY)
    ways: dict[str, tuple[ContractFunction, HasAddress]] = {
        "withdraw": (ledger.withdraw(gateway.address, ETHER), hostile),
        "refund": (ledger.refund(hostile.address, ETHER, 100), gateway),
    }
    before = chain.ether(stranger)

    with reverts("ETHTransferFailed"):
        chain.send(*ways[way])
    chain.send(splitter.setRecipient(stranger.address), hostile)
    chain.send(*ways[way])

    assert chain.ether(stranger) == before + 100


@pytest.mark.parametrize("mode", [1, 2, 3], ids=["reverts", "burns gas", "return bomb"])
def test_a_payer_that_cannot_be_paid_keeps_its_deposit(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, mode: int
) -> None:
    """AUD-A14: Splits: blocked or reverting recipient; here it harms only itself."""
    hostile = chain.deploy("HostileReceiver", mode)
    chain.send(ledger.deposit(hostile.address, gateway.address, ETHER, 100), payer, value=100)
    chain.send(ledger.startWithdrawal(gateway.address, ETHER, 100), hostile)
    chain.mine_at(chain.now() + DAY)

    with reverts("ETHTransferFailed"):
        chain.send(ledger.withdraw(gateway.address, ETHER), hostile, gas=3_000_000)
    with reverts("ETHTransferFailed"):
        chain.send(ledger.refund(hostile.address, ETHER, 100), gateway, gas=3_000_000)
    assert metering.channel(hostile, gateway)[0] == 100


def test_a_token_that_shrinks_harms_only_its_own_channels(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    dataset: int, licence: int,
) -> None:  # fmt: skip
    """Splits: rebasing. What is not there is not credited; ETH and other tokens never answer for it."""
    coin = chain.deploy("RebasingToken")
    book = Book.of(make_line(licence, dataset, amount=100))
    voucher, time = metering.settled(book, payer, gateway, coin)
    other, other_time = metering.settled(Book.of(make_line(licence, dataset)), payer, gateway)
    chain.send(coin.rebase(50))

    with reverts("Splitter_NotReceived", token=coin.address, expected=100, arrived=50):
        metering.collect(voucher, time, book)
    assert not ledger.isCollected(voucher.batch_id(), 0).call()
    metering.collect(other, other_time, Book.of(make_line(licence, dataset)))

    assert market.received(dataset) == 10


def test_money_sent_to_the_ledger_is_nobodys_deposit(
    chain: Chain, ledger: Deployed, metering: Metering, token: Deployed, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """AUD-A29: Splits: donation never corrupts accounting."""
    chain.send(token.mint(ledger.address, 1_000))
    chain.rpc("anvil_setBalance", ledger.address, hex(1_000))
    voucher = Book.of(make_line(1, 1)).voucher(payer, gateway, token.address)

    with reverts("Ledger_Shortfall", channel=voucher.channel_id(), missing=10):
        chain.send(metering.settlement(voucher, payer), gateway)
    metering.deposit(payer, gateway, 10, token)
    chain.send(metering.settlement(voucher, payer), gateway)
    assert metering.channel(payer, gateway, token.address)[0] == 0


def test_a_balance_stays_within_its_field(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, token: Deployed
) -> None:
    """Splits: allocation overflow. What would not fit is refused."""
    metering.deposit(payer, gateway, 2**128 - 1, token)
    chain.send(token.mint(payer.address, 1))
    chain.send(token.approve(ledger.address, 1), payer)

    with reverts("Panic", code=0x11):
        chain.send(ledger.deposit(payer.address, gateway.address, token.address, 1), payer)
