"""A story with every event of the contracts that changes a table, and with values that only strangers would choose."""

from collections.abc import Callable, Sequence

from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.lineage import Parent
from audiera.protocol.splits import payee_of
from audiera.protocol.terms import TermsFlag
from tests.support.campaigns import Sponsoring
from tests.support.chain import Chain
from tests.support.licensing import DAY, Market, make_terms
from tests.support.splits import claim, shares_of
from tests.support.suite import Suite
from tests.support.usage import Book, Metering, make_line

__all__ = ["FOREVER", "ITEM", "Story"]

FOREVER = 2**64 - 1
ITEM = b"\x17" * 32


class Story:
    """All of it."""

    def __init__(self, chain: Chain, suite: Suite, new_account: Callable[[str], LocalAccount]) -> None:
        self.chain, self.suite = chain, suite
        self.owner, self.buyer, self.gateway, self.sponsor = map(new_account, ("owner", "buyer", "gateway", "sponsor"))
        self.market, self.metering = Market(chain, suite), Metering(chain, suite)
        self.sponsoring = Sponsoring(chain, suite, self.sponsor, self.buyer, self.gateway)
        self.terms = make_terms(flags=int(TermsFlag.Revocable | TermsFlag.Transferable), notice=DAY)

    @property
    def chapters(self) -> Sequence[Callable[[], None]]:
        return self._sell, self._change_hands, self._use, self._reward, self._say

    def tell(self) -> None:
        for chapter in self.chapters:
            chapter()

    def _sell(self) -> None:
        market, send, licenses = self.market, self.chain.send, self.suite.licenses
        self.song = market.dataset(self.owner)
        self.remix = market.dataset(self.owner, parents=[Parent(self.song, 250_000)])
        market.offer(self.owner, self.song, self.terms, price=7, left=3)
        self.licence = market.acquire(self.buyer, self.song, self.terms, price=7)
        send(licenses.renew(self.licence, 7), self.buyer, value=7)
        send(licenses.transferFrom(self.buyer.address, self.sponsor.address, self.licence), self.buyer)
        send(licenses.revoke(self.licence), self.owner)
        market.offer(self.owner, self.song, self.terms, licensee=self.buyer.address)
        send(licenses.withdrawOffer(self.song, self.terms.id(), self.buyer.address), self.owner)
        send(licenses.clear(self.remix, [(self.song, 250_000)], [0]), self.owner)
        send(licenses.setSigner(self.gateway.address, 7, FOREVER), self.buyer)
        catalogue = market.catalogue(self.owner)
        market.member(self.owner, catalogue, self.terms, self.owner, self.song)
        send(licenses.leave(catalogue, self.terms.id(), self.song), self.owner)
        sold = market.dataset(self.owner)
        send(licenses.join(catalogue, self.terms.id(), sold), self.owner)
        market.give(sold, self.owner, self.buyer)  # whose consent it was not
        send(licenses.admit(catalogue, self.terms.id(), sold), self.owner)

    def _change_hands(self) -> None:
        send, datasets = self.chain.send, self.suite.datasets
        content = 2, b"\5" * 32, b"\6" * 32
        send(datasets.publishVersion(self.remix, 2, *content, 2), self.owner)
        send(datasets.withdrawItems(self.remix, [ITEM, ITEM]), self.owner)
        send(datasets.publishVersion(self.remix, 3, *content, 0), self.owner)
        send(datasets.withdrawItems(self.remix, [ITEM]), self.owner)
        send(
            datasets.setGateways(self.remix, [it.address for it in (self.buyer, self.gateway, self.buyer)]), self.owner
        )
        send(datasets.setGateways(self.remix, [self.gateway.address]), self.owner)
        send(datasets.withdrawAll(self.remix), self.owner)
        split = self.market.split(self.song, self.owner)
        to = payee_of(self.sponsor.address)
        send(datasets.moveShare(self.song, shares_of(split), to), self.owner)
        self.market.give(self.song, self.owner, self.buyer)
        send(self.suite.splitter.setRecipient(self.sponsor.address), self.owner)
        send(claim(self.suite.splitter, split, ETHER, self.owner))
        send(self.suite.splitter.setRecipient(ETHER), self.owner)

    def _use(self) -> None:
        send, ledger, metering = self.chain.send, self.suite.ledger, self.metering
        licence = self.market.licence(self.buyer, self.song, self.buyer, unit_price=0)
        send(ledger.record(licence, self.song, 2, 5, ITEM), self.buyer)
        lines = make_line(licence, self.song, units=3, calls=9), make_line(FOREVER, 2**32 - 1, units=FOREVER, amount=0)
        self.book = Book.of(*lines, make_line(licence, self.song, amount=0, units=1, calls=FOREVER - 10))
        self.voucher, self.at = metering.settled(self.book, self.buyer, self.gateway, batch=FOREVER, fee=4)
        metering.collect(self.voucher, self.at, self.book)
        send(ledger.releaseFee(self.voucher.values(), self.at))
        metering.deposit(self.buyer, self.gateway, 100)
        send(ledger.startWithdrawal(self.gateway.address, ETHER, 1_000), self.buyer)
        send(ledger.refund(self.buyer.address, ETHER, 30), self.gateway)
        self.chain.mine_at(self.chain.now() + DAY)
        send(ledger.withdraw(self.gateway.address, ETHER), self.buyer)

    def _reward(self) -> None:
        campaign, terms = self.sponsoring.opened(pot=1_000)
        self.sponsoring.enter(campaign, self.sponsoring.used((self.song, 40), (self.remix, 60)))
        idle, _ = self.sponsoring.opened(pot=50)
        self.sponsoring.close(terms)
        self.chain.mine_at(self.chain.now() + DAY)
        self.chain.send(self.suite.incentives.credit(campaign, self.song))
        self.chain.send(self.suite.incentives.refund(idle, self.sponsor.address))
        split = self.market.split(self.remix, self.owner, [Parent(self.song, 250_000)])
        self.chain.send(self.suite.splitter.pay(self.market.account(self.remix), ETHER, 1_000), value=1_000)
        self.chain.send(claim(self.suite.splitter, split, ETHER, self.market.account(self.song)))

    def _say(self) -> None:
        """A URL that is no UTF-8 and has a NUL in it."""
        call = self.suite.ledger.announce("https://a.example/xyz")
        data = bytes.fromhex(call._encode_transaction_data()[2:]).replace(b"xyz", b"\0\xff!")
        sent = {
            "from": self.gateway.address,
            "to": self.suite.ledger.address,
            "data": f"0x{data.hex()}",
            "gas": "0x30d40",
        }
        self.chain.rpc("eth_sendTransactionSync", {**sent, "gasPrice": "0x0"})
