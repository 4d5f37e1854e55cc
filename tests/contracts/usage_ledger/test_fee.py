"""The gateway's fee: once, and only when every statement of the batch is collected. P10."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import Market
from tests.support.money import Money
from tests.support.usage import Book, Metering, make_line

FEE = 33


def many(dataset: int, count: int) -> Book:
    """A batch of so many statements, at 1 wei each."""
    return Book.of(*(make_line(n + 1, dataset, amount=1) for n in range(count)))


@pytest.fixture
def book(dataset: int) -> Book:
    return many(dataset, 3)


@pytest.mark.parametrize("paid_in", ["ETH", "MockToken", "NoReturnToken"])
def test_anyone_releases_the_fee_to_the_gateway_once_everything_is_collected(
    chain: Chain, ledger: Deployed, metering: Metering, book: Book, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount, paid_in: str,
) -> None:  # fmt: skip
    """AUD-U5"""
    coin = None if paid_in == "ETH" else chain.deploy(paid_in, *(["USDC", 6] if paid_in == "MockToken" else []))
    token = coin.address if coin else ETHER
    voucher, time = metering.settled(book, payer, gateway, coin, fee=FEE)
    metering.collect(voucher, time, book)
    batch, call = voucher.batch_id(), ledger.releaseFee(voucher.values(), time)
    before = coin.balanceOf(gateway.address).call() if coin else chain.ether(gateway)
    assert not ledger.isCollected(batch, 3).call()

    assert call.call() == FEE
    sent = chain.send(call, stranger)

    fields = {"batchId": batch, "gateway": gateway.address, "token": token}
    assert sent.of(ledger) == [ledger.event("FeeReleased", **fields, recipient=gateway.address, fee=FEE)]
    assert (coin.balanceOf(gateway.address).call() if coin else chain.ether(gateway)) == before + FEE
    assert (coin.balanceOf(ledger.address).call() if coin else chain.ether(ledger)) == 0
    assert ledger.isCollected(batch, 3).call()


def test_the_fee_goes_to_the_gateways_recipient_as_the_splitter_has_it_then(
    chain: Chain, ledger: Deployed, splitter: Deployed, metering: Metering, book: Book, payer: LocalAccount,
    gateway: LocalAccount, stranger: LocalAccount, money: Money,
) -> None:  # fmt: skip
    voucher, time = metering.settled(book, payer, gateway, money.token, fee=FEE)
    metering.collect(voucher, time, book)
    chain.send(splitter.setRecipient(stranger.address), gateway)
    before = [money.of(each) for each in (gateway, stranger)]

    sent = chain.send(ledger.releaseFee(voucher.values(), time))

    fields = {"batchId": voucher.batch_id(), "gateway": gateway.address, "token": money.address}
    assert sent.of(ledger) == [ledger.event("FeeReleased", **fields, recipient=stranger.address, fee=FEE)]
    assert [money.of(each) for each in (gateway, stranger)] == [before[0], before[1] + FEE]


def test_the_fee_is_released_once(
    chain: Chain, ledger: Deployed, metering: Metering, book: Book, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """AUD-U5: P10. A second time pays nothing, even with others' money there."""
    metering.deposit(payer, gateway, 1_000)
    voucher, time = metering.settled(book, payer, gateway, fee=FEE)
    metering.collect(voucher, time, book)
    call = ledger.releaseFee(voucher.values(), time)
    chain.send(call)
    before = chain.ether(gateway)

    assert call.call() == 0
    assert chain.send(call).events == []
    assert chain.ether(gateway) == before


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_one_statement_hidden_forfeits_the_whole_fee(
    chain: Chain, ledger: Deployed, metering: Metering, book: Book, payer: LocalAccount, gateway: LocalAccount,
    missing: int,
) -> None:  # fmt: skip
    """Trust: a gateway that hides its log, or part of it, forfeits its fee meanwhile."""
    voucher, time = metering.settled(book, payer, gateway, fee=FEE)
    call = ledger.releaseFee(voucher.values(), time)
    with reverts("Ledger_NotAllCollected", batchId=voucher.batch_id(), index=0):
        chain.send(call, gateway)

    metering.collect(voucher, time, book, *(index for index in range(3) if index != missing))
    with reverts("Ledger_NotAllCollected", batchId=voucher.batch_id(), index=missing):
        chain.send(call, gateway)
    metering.collect(voucher, time, book, missing)
    chain.send(call, gateway)


@pytest.mark.parametrize("count", [1, 255, 256, 257])
def test_every_mark_is_looked_at_across_words(
    chain: Chain, ledger: Deployed, metering: Metering, dataset: int, payer: LocalAccount, gateway: LocalAccount,
    count: int,
) -> None:  # fmt: skip
    """Marks are kept 256 to a word: the last of a word, of the batch, and the fee's own beside it."""
    book = many(dataset, count)
    voucher, time = metering.settled(book, payer, gateway, fee=FEE)
    call = ledger.releaseFee(voucher.values(), time)
    for start in range(0, count - 1, 200):
        metering.collect(voucher, time, book, *range(start, min(start + 200, count - 1)))

    with reverts("Ledger_NotAllCollected", batchId=voucher.batch_id(), index=count - 1):
        chain.send(call)
    metering.collect(voucher, time, book, count - 1)
    before = chain.ether(gateway)
    chain.send(call)
    chain.send(call)

    assert chain.ether(gateway) == before + FEE


def test_the_fees_mark_cannot_be_made_by_collecting(
    chain: Chain, ledger: Deployed, metering: Metering, book: Book, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """Nor does the mark, once made, let anything be collected."""
    voucher, time = metering.settled(book, payer, gateway, fee=FEE)
    _, amount, siblings = book.proof(2)
    forged = ledger.collect(voucher.values(), time, [book.statement(2)], [(3, amount, siblings)])

    with reverts("SumTree_IndexOutOfRange", index=3, count=3):
        chain.send(forged)
    metering.collect(voucher, time, book)
    chain.send(ledger.releaseFee(voucher.values(), time))

    assert chain.send(forged).events == []


def test_no_fee_is_nothing_to_release(
    chain: Chain, ledger: Deployed, metering: Metering, book: Book, payer: LocalAccount, gateway: LocalAccount
) -> None:
    voucher, time = metering.settled(book, payer, gateway)
    metering.collect(voucher, time, book)
    call = ledger.releaseFee(voucher.values(), time)

    assert call.call() == 0
    assert chain.send(call).events == []


def test_only_a_settled_vouchers_fee_is_released(
    chain: Chain, ledger: Deployed, metering: Metering, book: Book, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """Trust: a gateway cannot overcharge; the fee is the one that was signed."""
    voucher, time = metering.settled(book, payer, gateway, fee=FEE)
    metering.deposit(payer, gateway, 1_000)
    metering.collect(voucher, time, book)
    wrong = [
        (metering.changed(voucher, fee=FEE + 1), time),
        (metering.changed(voucher, statements=1), time),
        (metering.changed(voucher, batch=1), time),
        (voucher, time + 1),
    ]

    for other, when in wrong:
        with reverts("Ledger_WrongVoucher", batchId=other.batch_id(), settledAt=when):
            chain.send(ledger.releaseFee(other.values(), when), gateway)


@pytest.mark.parametrize("mode", [1, 2, 3], ids=["reverts", "burns gas", "return bomb"])
def test_a_gateway_that_cannot_be_paid_harms_only_itself(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, book: Book, payer: LocalAccount, dataset: int,
    mode: int,
) -> None:  # fmt: skip
    """AUD-A14: Splits: reverting recipient, gas and returndata bombs. The datasets have their money; the fee waits."""
    hostile = chain.deploy("HostileReceiver", mode)
    voucher, time = metering.settled(book, payer, hostile, fee=FEE)

    metering.collect(voucher, time, book)
    with reverts("ETHTransferFailed"):
        chain.send(ledger.releaseFee(voucher.values(), time), gas=3_000_000)
    assert market.received(dataset) == 3
    chain.send(hostile.setMode(0))
    chain.send(ledger.releaseFee(voucher.values(), time))

    assert chain.ether(hostile) == FEE
