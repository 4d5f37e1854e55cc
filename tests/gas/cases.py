"""The operations, each in its steady state, on a fresh deployment."""

from dataclasses import dataclass

from eth_account.signers.local import LocalAccount

from audiera.metering.batch import Batch, PricedUse
from audiera.protocol.hashing import Value, keccak
from audiera.protocol.ids import ETHER, dataset_account
from audiera.protocol.meters import Meter
from audiera.protocol.rights import Right
from audiera.protocol.signing import sign
from audiera.protocol.splits import Split
from audiera.protocol.structs import Use, Voucher
from audiera.protocol.terms import Terms, TermsFlag
from tests.support.chain import Chain, Deployed, Sent
from tests.support.relay import domain_of
from tests.support.splits import claim, equal_split, shares_of
from tests.support.suite import Suite
from tests.support.usage import ProofArgument, proof_of

__all__ = ["Bench", "Measured"]

YEAR = 365 * 24 * 3600
FIRST, LATER = 10**9, 12_345_678  # an amount that opens slots, and one as they are
NO_REF = bytes(32)
ENDLESS = 2**32 - 1  # of an offer that may be taken any number of times


@dataclass(frozen=True, slots=True)
class Measured:
    """What an operation takes: gas, and the calldata of a transaction that does so many of them."""

    gas: float
    data: bytes
    operations: int = 1

    @classmethod
    def of(cls, sent: Sent, operations: int = 1) -> "Measured":
        return cls(sent.gas / operations if operations > 1 else sent.gas, sent.data, operations)


@dataclass(frozen=True, slots=True)
class Bench:
    """One deployment and the people who use it."""

    chain: Chain
    suite: Suite
    token: Deployed
    creator: LocalAccount
    buyer: LocalAccount
    newcomer: LocalAccount
    gateway: LocalAccount

    def measure(self) -> dict[str, Measured]:
        """What each operation takes, in the order of the budgets."""
        for holder in (self.buyer, self.newcomer):
            self.chain.send(self.token.mint(holder.address, 10**15))
            for spender in (self.suite.splitter, self.suite.licenses, self.suite.ledger, self.suite.incentives):
                self.chain.send(self.token.approve(spender.address, 2**256 - 1), holder)
        parts = (self._registering, self._splitting, self._paying, self._licensing, self._metering, self._rewarding)
        return {name: measured for part in parts for name, measured in part().items()}

    def _registering(self) -> dict[str, Measured]:
        datasets = self.suite.datasets
        self.chain.send(datasets.register(_registration(1)), self.creator)
        one = self.chain.send(datasets.register(_registration(2)), self.creator)
        contents = [_content(number) for number in range(50)]
        many = self.chain.send(datasets.registerMany(contents, shares_of(_split(2))), self.creator)
        return {
            "register, new split of 5": Measured.of(one),
            "registerMany x50, shared split, each": Measured.of(many, 50),
        }

    def _splitting(self) -> dict[str, Measured]:
        create = self.suite.splitter.createSplit
        return {
            f"create split of {count}": Measured.of(self.chain.send(create(shares_of(_wide_split(count)))))
            for count in (2, 10, 100)
        }

    def _paying(self) -> dict[str, Measured]:
        splitter, token = self.suite.splitter, self.token.address
        account = dataset_account(self.suite.datasets.address, 1)
        median = _split(1).shares[2].payee  # two levels deep, as three of five payees are; the other two are three deep
        claimed = claim(splitter, _split(1), token, median)
        self.chain.send(splitter.pay(account, ETHER, FIRST), self.buyer, value=FIRST)
        self.chain.send(splitter.pay(account, token, FIRST), self.buyer)
        by_eth = self.chain.send(splitter.pay(account, ETHER, LATER), self.buyer, value=LATER)
        by_token = self.chain.send(splitter.pay(account, token, LATER), self.buyer)
        first = self.chain.send(claimed)
        self.chain.send(splitter.pay(account, token, LATER), self.buyer)
        later = self.chain.send(claimed)
        return {
            "pay a dataset, ETH": Measured.of(by_eth),
            "pay a dataset, ERC-20": Measured.of(by_token),
            "claim, first": Measured.of(first),
            "claim, later": Measured.of(later),
        }

    def _licensing(self) -> dict[str, Measured]:
        licenses = self.suite.licenses
        self.chain.send(licenses.publishTerms(self._terms(1).values()))
        terms = self._terms(1_000)
        published = self.chain.send(licenses.publishTerms(terms.values()))
        offered = self.chain.send(licenses.offer(1, terms.id(), ETHER, 5_000_000, ENDLESS), self.creator)
        self.chain.send(licenses.acquire(1, terms.id(), 5_000_000, self.buyer.address, NO_REF), self.buyer)
        first = self.chain.send(
            licenses.acquire(1, terms.id(), 5_000_000, self.newcomer.address, NO_REF), self.newcomer
        )
        steady = self.chain.send(licenses.acquire(1, terms.id(), 5_000_000, self.buyer.address, NO_REF), self.buyer)
        return {
            "publish terms": Measured.of(published),
            "offer": Measured.of(offered),
            "acquire, ERC-20, buyer's first": Measured.of(first),
            "acquire, ERC-20, steady": Measured.of(steady),
        }

    def _metering(self) -> dict[str, Measured]:
        ledger, licenses, terms = self.suite.ledger, self.suite.licenses, self._terms(1_000).id()
        deposit = ledger.deposit(self.buyer.address, self.gateway.address, self.token.address, 10**14)
        self.chain.send(deposit, self.buyer)
        for dataset in range(3, 13):
            self.chain.send(licenses.offer(dataset, terms, ETHER, 0, ENDLESS), self.creator)
        for number in range(512):
            self.chain.send(licenses.acquire(3 + number % 10, terms, 0, self.buyer.address, NO_REF), self.buyer)
        self._collect(1, range(512))  # opens every counter
        settled, _ = self._settle(self._batch(2, 512))
        one, ten = self._collect(3, range(1)), self._collect(4, range(10))
        wide, _ = self._settle(self._wide_batch())
        return {
            "settle a batch of 512 statements": Measured.of(settled),
            "collect 1 of 512 statements": Measured.of(one),
            "collect 10 of 512 statements, each": Measured.of(ten, 10),
            "settle 100,000 calls over 500 licences, each call": Measured.of(wide, 100_000),
        }

    def _rewarding(self) -> dict[str, Measured]:
        """In a campaign where every dataset has some weight."""
        pool, now = self.suite.incentives, self.chain.now()
        terms = (self.token.address, self.token.address, (self.gateway.address,), now, now + YEAR)
        self.chain.send(pool.open(terms), self.creator)
        self.chain.send(pool.fund(1, FIRST), self.buyer)
        self._enter(6, range(10))  # opens every weight
        one, ten = self._enter(7, range(1)), self._enter(8, range(10))
        self.chain.mine_at(now + 2 * YEAR)
        self.chain.send(pool.credit(1, 3))
        return {
            "enter 1 of 512 statements": Measured.of(one),
            "enter 10 of 512 statements, each further": Measured((ten.gas - one.gas) / 9, ten.data, 10),
            "credit a reward": Measured.of(self.chain.send(pool.credit(1, 4))),
        }

    def _terms(self, unit_price: int) -> Terms:
        return Terms(
            rights=Right.Training | Right.Inference,
            meter=Meter.Second,
            unit_price=unit_price,
            token=self.token.address,
            duration=YEAR,
            notice=0,
            max_units=0,
            derivative_ppm=0,
            flags=TermsFlag.Transferable,
            text=keccak(b"text"),
        )

    def _settle(self, voucher: Voucher) -> tuple[Sent, int]:
        """The transaction, and the second of settlement."""
        signature = sign(domain_of(self.chain, self.suite.ledger).digest(voucher), bytes(self.buyer.key))
        sent = self.chain.send(self.suite.ledger.settle(voucher.values(), signature), self.gateway)
        return sent, self.chain.now()

    def _collect(self, number: int, which: range) -> Sent:
        """Collects these statements of a batch, settled for it, in transactions of at most 64: the last of those."""
        batch = self._journal(number, 512)
        voucher = self._voucher(batch, number)
        settled_at = self._settle(voucher)[1]
        sent = []
        for start in range(which.start, which.stop, 64):
            proven = _proven(batch, range(start, min(start + 64, which.stop)))
            sent.append(self.chain.send(self.suite.ledger.collect(voucher.values(), settled_at, *proven)))
            collected = [event.fields for event in sent[-1].events if event.name == "StatementCollected"]
            assert [fields["counted"] for fields in collected] == [True] * len(proven[0])
        return sent[-1]

    def _enter(self, number: int, which: range) -> Sent:
        """Enters these statements of a batch, settled for it, in one transaction."""
        batch = self._journal(number, 512)
        voucher = self._voucher(batch, number)
        settled_at = self._settle(voucher)[1]
        call = self.suite.incentives.enter(1, voucher.values(), settled_at, *_proven(batch, which))
        sent = self.chain.send(call)
        assert len(sent.events) == len(which)
        return sent

    def _batch(self, number: int, statements: int) -> Voucher:
        return self._voucher(self._journal(number, statements), number)

    def _wide_batch(self) -> Voucher:
        """100,000 calls, 200 under each of 500 licences: only the head of it reaches the chain."""
        calls = 200
        batch = self._journal(5, 500)
        for round_ in range(1, calls):
            batch = batch.extend(_uses(5, 500, round_))
        return self._voucher(batch, 5)

    def _journal(self, number: int, statements: int) -> Batch:
        return Batch().extend(_uses(number, statements, 0))

    def _voucher(self, batch: Batch, number: int) -> Voucher:
        return batch.voucher(
            payer=self.buyer.address,
            gateway=self.gateway.address,
            token=self.token.address,
            batch=number,
            fee=5_000,
        )


def _proven(batch: Batch, which: range) -> tuple[list[tuple[Value, ...]], list[ProofArgument]]:
    """Statements of a batch, with their proofs."""
    lines = batch.statements()[which.start : which.stop]
    proofs = [proof_of(batch.proof((line.statement.license, line.statement.dataset)), line.amount) for line in lines]
    return [line.statement.values() for line in lines], proofs


def _uses(number: int, statements: int, round_: int) -> list[PricedUse]:
    """One use of three seconds under each licence; the first ten statements are of ten datasets."""
    return [
        PricedUse(
            Use(
                license=4 + index,  # after the three licences bought before
                dataset=3 + index % 10,
                version=1,
                item=keccak(b"item %d" % index),
                right=2,
                units=3,
                at=1_800_000_000 + round_,
                nonce=keccak(b"%d %d %d" % (number, index, round_)),
            ),
            3_000,
        )
        for index in range(statements)
    ]


def _content(number: int) -> tuple[int, int, int, bytes, bytes]:
    return 0, 0, 12, keccak(b"root %d" % number), keccak(b"manifest %d" % number)


def _registration(number: int) -> tuple[object, ...]:
    return _content(1_000 + number), shares_of(_split(number)), []


def _split(number: int) -> Split:
    """Five payees with ordinary, long addresses."""
    return _shared(b"payee %d of %d", number, 5)


def _wide_split(count: int) -> Split:
    return _shared(b"payee %d among %d", count, count)


def _shared(name: bytes, number: int, count: int) -> Split:
    payees = [bytes(12) + keccak(name % (index, number))[12:] for index in range(count)]
    ppm = equal_split(count).shares
    return Split.of(dict(zip(payees, (share.ppm for share in ppm), strict=True)))
