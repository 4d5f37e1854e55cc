"""A small world of metering: channels, batches and what became of their money, on the chain and in a model."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import batch_id, channel_id
from audiera.protocol.structs import Voucher
from tests.support.chain import reverts
from tests.support.licensing import DAY
from tests.support.money import Money
from tests.support.usage import Book, Metering

__all__ = ["Channel", "Settled", "UsageWorld"]


@dataclass
class Channel:
    """A payer's deposit with a gateway in one money, with all that ever went in and out."""

    payer: LocalAccount
    gateway: LocalAccount
    money: Money
    deposited: int = 0
    withdrawn: int = 0
    refunded: int = 0
    settled: int = 0
    thawing: int = 0
    thaws_at: int = 0

    @property
    def id(self) -> bytes:
        return channel_id(self.payer.address, self.gateway.address, self.money.address)

    @property
    def balance(self) -> int:
        """P9."""
        return self.deposited - self.withdrawn - self.refunded - self.settled


@dataclass
class Settled:
    """A batch, and what was done with it."""

    channel: Channel
    voucher: Voucher
    book: Book
    at: int
    collected: set[int] = field(default_factory=set)
    released: bool = False

    @property
    def id(self) -> bytes:
        return batch_id(self.channel.id, self.voucher.batch)

    @property
    def missing(self) -> list[int]:
        """The statements not collected yet."""
        return [index for index in range(len(self.book.lines)) if index not in self.collected]

    @property
    def held(self) -> int:
        """What the ledger still has of it."""
        left = sum(self.book.lines[index].amount for index in self.missing)
        return left + (0 if self.released else self.voucher.fee)


@dataclass
class UsageWorld:
    """Every act is done on the chain and in the model, and refused by both or by neither."""

    metering: Metering
    channels: Sequence[Channel]
    batches: dict[bytes, Settled] = field(default_factory=dict)
    credited: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def deposit(self, channel: Channel, amount: int) -> None:
        self.metering.deposit(channel.payer, channel.gateway, amount, channel.money.token)
        channel.deposited += amount

    def thaw(self, channel: Channel, amount: int) -> None:
        call = self.metering.ledger.startWithdrawal(channel.gateway.address, channel.money.address, amount)
        self.metering.chain.send(call, channel.payer)
        channel.thawing, channel.thaws_at = amount, self.metering.chain.now() + DAY if amount else 0

    def withdraw(self, channel: Channel, wait: int) -> None:
        chain = self.metering.chain
        chain.mine_at(chain.now() + wait)
        before = channel.money.of(channel.payer)
        call = self.metering.ledger.withdraw(channel.gateway.address, channel.money.address)
        if not channel.thaws_at or channel.thaws_at > chain.now():
            with reverts("Ledger_NotThawed", channel=channel.id, thawsAt=channel.thaws_at):
                chain.send(call, channel.payer)
            return
        paid = min(channel.thawing, channel.balance)
        chain.send(call, channel.payer)
        assert channel.money.of(channel.payer) == before + paid
        channel.withdrawn += paid
        channel.thawing = channel.thaws_at = 0

    def refund(self, channel: Channel, amount: int) -> None:
        """The gateway gives back at once; more than the balance is refused."""
        chain = self.metering.chain
        call = self.metering.ledger.refund(channel.payer.address, channel.money.address, amount)
        if amount > channel.balance:
            with reverts("Ledger_Shortfall", channel=channel.id, missing=amount - channel.balance):
                chain.send(call, channel.gateway)
            return
        before = channel.money.of(channel.payer)
        chain.send(call, channel.gateway)
        assert channel.money.of(channel.payer) == before + amount
        channel.refunded += amount

    def settle(self, channel: Channel, book: Book, *, batch: int, fee: int) -> None:
        """Settles a new batch; a number settled before, or more than the balance, is refused (P9)."""
        voucher = book.voucher(channel.payer, channel.gateway, channel.money.address, batch=batch, fee=fee)
        call = self.metering.settlement(voucher, channel.payer)
        new = Settled(channel, voucher, book, 0)
        before, cost = self.batches.get(new.id), voucher.amount + fee
        if before and before.voucher != voucher:
            with reverts("Ledger_BatchTaken", batchId=new.id):
                self.metering.chain.send(call, channel.gateway)
        elif before:
            assert self.metering.chain.send(call, channel.gateway).events == []
        elif cost > channel.balance:
            with reverts("Ledger_Shortfall", channel=channel.id, missing=cost - channel.balance):
                self.metering.chain.send(call, channel.gateway)
        else:
            self.metering.chain.send(call, channel.gateway)
            channel.settled += cost
            new.at = self.metering.chain.now()
            self.batches[new.id] = new

    def settle_again(self, batch: Settled) -> None:
        """The same voucher once more changes nothing."""
        self.settle(batch.channel, batch.book, batch=batch.voucher.batch, fee=batch.voucher.fee)

    def collect(self, batch: Settled, indices: Sequence[int]) -> None:
        """Collects statements in this order; those collected before, or named twice, pay nothing (P10)."""
        new = set(indices) - batch.collected
        sent = self.metering.chain.send(self.metering.collection(batch.voucher, batch.at, batch.book, *indices))
        collected = [event for event in sent.of(self.metering.ledger) if event.name == "StatementCollected"]
        assert {event.fields["index"] for event in collected} == new
        assert len(collected) == len(new)
        batch.collected |= new
        self.credited[batch.voucher.token] += sum(batch.book.lines[index].amount for index in new)

    def release(self, batch: Settled) -> None:
        """Pays the gateway once, and only when nothing is missing (P10)."""
        call = self.metering.ledger.releaseFee(batch.voucher.values(), batch.at)
        if batch.missing:
            with reverts("Ledger_NotAllCollected", batchId=batch.id, index=batch.missing[0]):
                self.metering.chain.send(call)
            return
        before = batch.channel.money.of(batch.channel.gateway)
        due = 0 if batch.released else batch.voucher.fee
        self.metering.chain.send(call)
        assert batch.channel.money.of(batch.channel.gateway) == before + due
        batch.released = True
