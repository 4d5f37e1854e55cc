"""Scenes of campaigns: opening, funding, entering what was used, closing, in one line each."""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from web3.contract.contract import ContractFunction

from audiera.protocol.ids import ETHER
from audiera.protocol.structs import Voucher
from tests.support.chain import Chain, Deployed, HasAddress, Sent
from tests.support.licensing import DAY
from tests.support.money import Money
from tests.support.suite import Suite
from tests.support.usage import Book, Metering, make_line

__all__ = ["ENTERING", "MOST_TIME", "WINDOW", "Batch", "Campaign", "Sponsoring"]

ENTERING = 30 * DAY  # seconds between the end and the close
WINDOW = 366 * DAY  # the longest
MOST_TIME = 2**48 - 1  # Unix seconds that fit


@dataclass(frozen=True, slots=True)
class Campaign:
    """What a sponsor promises."""

    reward: ChecksumAddress
    token: ChecksumAddress
    gateways: Sequence[ChecksumAddress]
    start: int
    end: int

    @property
    def closes_at(self) -> int:
        return self.end + ENTERING

    def values(self) -> tuple[object, ...]:
        """As `open` takes it."""
        return self.reward, self.token, tuple(self.gateways), self.start, self.end


@dataclass(frozen=True, slots=True)
class Batch:
    """A settled one."""

    voucher: Voucher
    at: int
    book: Book


@dataclass(frozen=True, slots=True)
class Sponsoring:
    """The incentive pool, as sponsors and those who enter use it; uses are paid in ETH."""

    chain: Chain
    suite: Suite
    sponsor: LocalAccount
    payer: LocalAccount
    gateway: LocalAccount

    @property
    def pool(self) -> Deployed:
        return self.suite.incentives

    @property
    def metering(self) -> Metering:
        return Metering(self.chain, self.suite)

    def terms(self, money: Money | None = None, *, token: ChecksumAddress = ETHER, days: int = 30) -> Campaign:
        """A campaign of the gateway's, from now on."""
        start = self.chain.now()
        return Campaign(money.address if money else ETHER, token, [self.gateway.address], start, start + days * DAY)

    def open(self, terms: Campaign) -> int:
        """Opens a campaign and returns its number."""
        self.chain.send(self.pool.open(terms.values()), self.sponsor)
        count: int = self.pool.campaignCount().call()
        return count

    def opened(self, money: Money | None = None, pot: int = 0) -> tuple[int, Campaign]:
        """Opens a campaign of the usual terms, with a pot from the sponsor."""
        terms = self.terms(money)
        campaign = self.open(terms)
        if pot:
            self.fund(campaign, money or Money(self.chain), pot)
        return campaign, terms

    def fund(self, campaign: int, money: Money, amount: int, funder: HasAddress | None = None) -> Sent:
        """Adds to a pot, with everything that takes."""
        funder = funder or self.sponsor
        money.ready(funder, self.pool, amount)
        return self.chain.send(self.pool.fund(campaign, amount), funder, value=money.value(amount))

    def used(self, *amounts: tuple[int, int], batch: int = 0) -> Batch:
        """Settles a batch with a statement of each (dataset, amount)."""
        lines = [make_line(number + 1, dataset, amount=amount) for number, (dataset, amount) in enumerate(amounts)]
        book = Book.of(*lines)
        return Batch(*self.metering.settled(book, self.payer, self.gateway, batch=batch), book)

    def entry(self, campaign: int, batch: Batch, *indices: int) -> ContractFunction:
        """The call that enters these statements."""
        statements = [batch.book.statement(index) for index in indices]
        proofs = [batch.book.proof(index) for index in indices]
        return self.pool.enter(campaign, batch.voucher.values(), batch.at, statements, proofs)

    def enter(self, campaign: int, batch: Batch, *indices: int) -> Sent:
        """Enters these statements, or all."""
        return self.chain.send(self.entry(campaign, batch, *(indices or range(len(batch.book.lines)))))

    def close(self, terms: Campaign) -> None:
        """Lets time pass until the campaign is closed."""
        self.chain.mine_at(terms.closes_at)

    def weight(self, campaign: int, dataset: int) -> int:
        """What a dataset's uses weigh."""
        weight: int = self.pool.weightOf(campaign, dataset).call()[0]
        return weight
