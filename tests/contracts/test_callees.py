"""Whose code runs while a dataset is registered, bought, used and paid for: the suite's, and whose money it is.

Owner, payee, licensee and gateway are contracts here, which would all be called if anything called them.
"""

from typing import TypedDict, cast

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils import to_checksum_address

from audiera.protocol.ids import ETHER
from audiera.protocol.lineage import Parent
from audiera.protocol.splits import payee_of
from tests.support.chain import Chain, Deployed, Sent
from tests.support.licensing import Market, make_terms
from tests.support.money import Money
from tests.support.splits import claim
from tests.support.suite import NewAccount, Suite
from tests.support.usage import Book, Metering, make_line

HALF = 500_000
PRICE = 1_000


class _Trace(TypedDict):
    type: str
    action: dict[str, str]


@pytest.fixture(scope="session")
def payer(new_account: NewAccount) -> LocalAccount:
    """Pays, and signs vouchers, which a contract cannot."""
    return new_account("payer")


@pytest.fixture(params=["ETH", "token"])
def money(request: pytest.FixtureRequest, chain: Chain, token: Deployed) -> Money:
    return Money(chain, token if request.param == "token" else None)


def strangers(chain: Chain, suite: Suite, sent: Sent) -> set[str]:
    """The contracts beside the suite's that were called in a block of one transaction."""
    traces = cast("list[_Trace]", chain.rpc("trace_block", hex(sent.block)))
    called = {to_checksum_address(it["action"]["to"]) for it in traces if it["type"] == "call"}
    own = {it.address for it in (suite.splitter, suite.datasets, suite.licenses, suite.ledger, suite.incentives)}
    assert called & own  # so that the trace is of a call at all
    return {each for each in called - own if chain.w3.eth.get_code(each)}


def test_no_code_runs_but_the_tokens_and_that_of_whoever_is_paid(
    chain: Chain, suite: Suite, money: Money, payer: LocalAccount
) -> None:
    """AUD-A31: Attack: an inherited policy that takes shares, or that blocks a sale. Terms call nothing."""
    market, metering = Market(chain, suite), Metering(chain, suite)
    owner, licensee, gateway = (chain.deploy("HostileReceiver", 0) for _ in range(3))
    terms, parents = make_terms(token=money.address), [Parent(market.dataset(owner), HALF)]
    child = market.dataset(owner, parents=parents)
    money.ready(payer, suite.licenses, PRICE)
    book = Book.of(make_line(1, child, amount=PRICE))

    cleared = market.clear(owner, child, parents, [0])
    offered = market.offer(owner, child, terms, PRICE)
    acquired = chain.send(
        suite.licenses.acquire(child, terms.id(), PRICE, licensee.address, bytes(32)), payer, value=money.value(PRICE)
    )
    voucher, time = metering.settled(book, payer, gateway, money.token)
    collected = metering.collect(voucher, time, book)
    of_child, of_parent = market.split(child, owner, parents), market.split(parents[0].dataset, owner)
    forwarded = chain.send(claim(suite.splitter, of_child, money.address, market.account(parents[0].dataset)))
    claimed = chain.send(claim(suite.splitter, of_parent, money.address, owner))

    coins = {money.address} - {ETHER}
    assert [strangers(chain, suite, it) for it in (cleared, offered, forwarded)] == [set(), set(), set()]
    assert [strangers(chain, suite, it) for it in (acquired, collected)] == [coins, coins]
    assert strangers(chain, suite, claimed) == (coins or {owner.address})
    assert suite.licenses.ownerOf(1).call() == licensee.address
    assert suite.splitter.claimedOf(of_parent.id(), money.address, payee_of(owner.address)).call() == 990
