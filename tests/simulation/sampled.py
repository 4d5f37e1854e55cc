"""What settling, collecting and claiming take on a real chain: gas and bytes of a transaction of each."""

import math
from dataclasses import dataclass

from eth_account import Account
from web3 import Web3

from audiera.protocol.ids import ETHER
from audiera.protocol.splits import Split, payee_of
from tests.gas.cases import Measured
from tests.gas.sizes import sizes_of
from tests.support.anvil import running_anvil
from tests.support.artifacts import load
from tests.support.chain import Chain
from tests.support.licensing import Market, make_terms
from tests.support.splits import claim, shares_of
from tests.support.suite import deploy_suite
from tests.support.usage import Book, Metering, make_line
from tools.rollups import Call

__all__ = ["AT_ONCE", "Sampled", "sample"]

AT_ONCE = 128
"""Statements that one transaction collects."""
_SMALL, _LARGE = AT_ONCE, 1_024


@dataclass(frozen=True, slots=True)
class Sampled:
    """Transactions as they were, and gas by how large the batch is."""

    settle: Call
    collect: Call
    """One of the statements that a full transaction collects of a batch of as many."""
    alone: Call
    """The one statement of a transaction that collects no other."""
    level: float
    """Gas more for each statement, whenever a batch has twice as many."""
    claim: Call

    def collected(self, statements: float) -> float:
        """Return gas for each statement of a batch of so many, collected at once."""
        start = (self.alone.gas - self.collect.gas) * AT_ONCE / (AT_ONCE - 1)
        each = self.alone.gas - start
        together = min(statements, AT_ONCE)
        return start / together + each + self.level * (math.log2(max(1, statements)) - math.log2(_SMALL))


def sample() -> Sampled:
    """Settle, collect and claim on a private chain, each in its steady state."""
    with running_anvil("--gas-limit", "60000000") as url:
        chain = Chain(Web3(Web3.HTTPProvider(url, request_kwargs={"timeout": 60})), load)
        suite = deploy_suite(chain)
        market, metering = Market(chain, suite), Metering(chain, suite)
        creator, buyer, gateway = (Account.from_key(bytes([number]) * 32) for number in (1, 2, 3))
        for it in (creator, buyer, gateway):
            chain.rpc("anvil_setBalance", it.address, hex(10**24))
        terms = make_terms()
        market.publish(terms)
        payees = {payee_of(Account.from_key(bytes([at]) * 32).address): 200_000 for at in range(1, 6)}
        split = Split.of(payees)
        numbers = range(1, AT_ONCE + 1)
        chain.send(
            suite.datasets.registerMany([(0, 0, 3, b"\1" * 32, b"\2" * 32)] * AT_ONCE, shares_of(split)), creator
        )
        for it in numbers:
            chain.send(suite.licenses.offer(it, terms.id(), ETHER, 5, 2**32 - 1), creator)
        bought = [(it, terms.id(), 5, buyer.address, bytes(32)) for it in numbers]
        chain.send(suite.licenses.acquireMany(bought), buyer, value=5 * AT_ONCE)
        small = Book.of(*(make_line(it, it, amount=10**6) for it in numbers))
        large = Book.of(*small.lines, *(make_line(10_000 + it, 1, amount=10**6) for it in range(_LARGE - _SMALL)))
        voucher, at = metering.settled(small, buyer, gateway, batch=1)
        metering.collect(voucher, at, small)  # opens every counter
        metering.deposit(buyer, gateway, 10**12)
        voucher = small.voucher(buyer, gateway, batch=2)
        settled = chain.send(metering.settlement(voucher, buyer), gateway)
        full = metering.collect(voucher, chain.now(), small)
        voucher, at = metering.settled(small, buyer, gateway, batch=3)
        alone = metering.collect(voucher, at, small, 1)
        voucher, at = metering.settled(large, buyer, gateway, batch=4)
        deep = metering.collect(voucher, at, large, *range(AT_ONCE))
        chain.send(claim(suite.splitter, split, ETHER, creator))
        metering.collect(*metering.settled(small, buyer, gateway, batch=5), small)
        claimed = chain.send(claim(suite.splitter, split, ETHER, creator))
    of = {
        "settle": Measured.of(settled),
        "collect": Measured.of(full, AT_ONCE),
        "alone": Measured.of(alone),
        "claim": Measured.of(claimed),
    }
    sizes = sizes_of(of)
    made = {name: Call(it.gas, **sizes[name]) for name, it in of.items()}
    level = (deep.gas - full.gas) / AT_ONCE / math.log2(_LARGE / _SMALL)
    return Sampled(made["settle"], made["collect"], made["alone"], level, made["claim"])
