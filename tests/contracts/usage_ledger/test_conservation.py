"""P9 and P10 as one story: whatever happens to a channel, every unit that came in is somewhere, and once."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.structs import Voucher
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY, Market
from tests.support.usage import Book, Metering, make_line


@dataclass
class Ledgerbook:
    """What should have happened, kept beside the chain."""

    deposited: int = 0
    settled: int = 0
    withdrawn: int = 0
    refunded: int = 0
    credited: int = 0
    fees: int = 0
    batches: list[tuple[Voucher, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Story:
    """A payer, a gateway, and one dataset, in ETH or a token."""

    chain: Chain
    metering: Metering
    market: Market
    payer: LocalAccount
    gateway: LocalAccount
    coin: Deployed | None
    should: Ledgerbook

    @property
    def token(self) -> str:
        return self.coin.address if self.coin else ETHER

    def held(self, holder: Deployed | LocalAccount) -> int:
        if self.coin is None:
            return self.chain.ether(holder)
        amount: int = self.coin.balanceOf(holder.address).call()
        return amount

    def deposit(self, amount: int) -> None:
        self.metering.deposit(self.payer, self.gateway, amount, self.coin)
        self.should.deposited += amount

    def settle(self, book: Book, fee: int) -> None:
        batch = len(self.should.batches)
        voucher = book.voucher(self.payer, self.gateway, self.token, batch=batch, fee=fee)
        self.should.batches.append((voucher, self.metering.settle(voucher, self.payer, self.gateway)))
        self.should.settled += voucher.amount + fee

    def collect(self, batch: int, book: Book, *indices: int) -> None:
        self.metering.collect(*self.should.batches[batch], book, *indices)
        self.should.credited += sum(book.lines[index].amount for index in indices)

    def release(self, batch: int) -> None:
        voucher, time = self.should.batches[batch]
        self.chain.send(self.metering.ledger.releaseFee(voucher.values(), time))
        self.should.fees += voucher.fee

    def withdraw(self, amount: int) -> None:
        ledger, channel = self.metering.ledger, self.metering.channel(self.payer, self.gateway, self.token)
        self.chain.send(ledger.startWithdrawal(self.gateway.address, self.token, amount), self.payer)
        self.chain.mine_at(self.chain.now() + DAY)
        self.chain.send(ledger.withdraw(self.gateway.address, self.token), self.payer)
        self.should.withdrawn += min(amount, channel[0])

    def refund(self, amount: int) -> None:
        self.chain.send(self.metering.ledger.refund(self.payer.address, self.token, amount), self.gateway)
        self.should.refunded += amount

    def check(self, dataset: int, gateway_had: int) -> None:
        """P9 for the channel, P10 for the batches, and the ledger holds exactly what it owes."""
        should = self.should
        balance = self.metering.channel(self.payer, self.gateway, self.token)[0]
        assert should.deposited == balance + should.settled + should.withdrawn + should.refunded
        assert self.held(self.metering.ledger) == balance + should.settled - should.credited - should.fees
        assert self.market.received(dataset, self.token) == should.credited
        assert self.held(self.gateway) == gateway_had + should.fees


@pytest.mark.parametrize("paid_in", ["ETH", "MockToken"])
def test_every_unit_is_somewhere_and_once(
    chain: Chain, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount, gateway: LocalAccount,
    dataset: int, paid_in: str,
) -> None:  # fmt: skip
    coin = chain.deploy("MockToken", "USDC", 6) if paid_in == "MockToken" else None
    licence = market.licence(owner, dataset, payer, token=coin.address if coin else ETHER)
    story = Story(chain, metering, market, payer, gateway, coin, Ledgerbook())
    small = Book.of(make_line(licence, dataset, units=1, amount=11))
    large = Book.of(*(make_line(licence, dataset, units=n, amount=13 * n) for n in (1, 2, 3)))
    had = story.held(gateway)
    steps: list[Callable[[], None]] = [
        lambda: story.deposit(500),
        lambda: story.settle(small, 3),
        lambda: story.settle(large, 7),
        lambda: story.collect(1, large, 2),
        lambda: story.withdraw(100),
        lambda: story.collect(0, small, 0),
        lambda: story.release(0),
        lambda: story.refund(17),
        lambda: story.settle(large, 0),
        lambda: story.deposit(1),
        lambda: story.collect(1, large, 1, 0),
        lambda: story.refund(1),
        lambda: story.withdraw(10**6),
        lambda: story.release(1),
        lambda: story.collect(2, large, 0, 1, 2),
    ]

    for step in steps:
        step()
        story.check(dataset, had)

    assert metering.channel(payer, gateway, story.token) == (0, 0, 0)
    assert story.held(metering.ledger) == 0
    more = small.voucher(payer, gateway, story.token, batch=9)
    with reverts("Ledger_Shortfall", channel=more.channel_id(), missing=11):
        chain.send(metering.settlement(more, payer), gateway)
