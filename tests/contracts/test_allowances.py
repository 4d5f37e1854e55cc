"""Nobody makes a contract send an allowance that somebody gave it, or what it holds for others.

The licence registry, the ledger and the incentive pool answer the splitter alone, in the middle of a payment of their
own. Attacks: confused deputy, arbitrary `from` in a transfer, reentry through a hostile token.
"""

import pytest
from eth_abi import encode
from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from tests.support.chain import Chain, Deployed, HasAddress, reverts
from tests.support.codec import decode_revert
from tests.support.licensing import REF, Market, make_terms
from tests.support.relay import relayed
from tests.support.suite import NewAccount, Suite

PAYERS = ["LicenseRegistry", "UsageLedger", "IncentivePool"]


@pytest.fixture(scope="session")
def victim(new_account: NewAccount) -> LocalAccount:
    """One who gave every contract an allowance, as buyers do."""
    return new_account("victim")


@pytest.fixture(scope="session")
def thief(new_account: NewAccount) -> LocalAccount:
    """Owns a dataset, so that there is an account to pay into."""
    return new_account("thief")


@pytest.fixture(params=PAYERS)
def holder(
    request: pytest.FixtureRequest, chain: Chain, suite: Suite, token: Deployed, victim: LocalAccount
) -> Deployed:
    """One of the contracts that pay: with an allowance of the victim's, and money of its own."""
    contracts = {it.artifact: it for it in (suite.licenses, suite.ledger, suite.incentives)}
    contract = contracts[request.param]
    chain.send(token.mint(victim.address, 1_000))
    chain.send(token.approve(contract.address, 1_000), victim)
    chain.send(token.mint(contract.address, 1_000))
    return contract


def naming(holder: HasAddress) -> bytes:
    """The data that asks for this one's money."""
    return encode(["address"], [holder.address])


def demands(contract: Deployed, token: Deployed, victim: HasAddress) -> list[ContractFunction]:
    """Calls that ask a contract for the victim's allowance, and for its own money."""
    return [contract.sendRoyalties(token.address, 1_000, naming(each)) for each in (victim, contract)]


def untouched(contract: Deployed, token: Deployed, victim: HasAddress) -> bool:
    balances = [token.balanceOf(each.address).call() for each in (victim, contract)]
    return balances == [1_000, 1_000] and token.allowance(victim.address, contract.address).call() == 1_000


def test_only_the_splitter_asks_for_royalties(
    chain: Chain, suite: Suite, holder: Deployed, token: Deployed, victim: LocalAccount, thief: LocalAccount
) -> None:
    """AUD-A21: Not the one whose money it is either, nor the contracts beside it."""
    others: list[HasAddress] = [thief, victim, suite.datasets, suite.licenses, suite.ledger, suite.incentives]

    for caller in others:
        for call in demands(holder, token, victim):
            with reverts("Payments_NotSplitter", caller=caller.address):
                chain.send(call, caller)
    assert untouched(holder, token, victim)


def test_a_relayed_or_batched_call_is_not_the_splitters(
    chain: Chain, holder: Deployed, token: Deployed, victim: LocalAccount, thief: LocalAccount
) -> None:
    """AUD-A21: Relayed, the contract itself is the caller; in a batch, whoever sent it."""
    for nonce, call in enumerate(demands(holder, token, victim)):
        with reverts("Payments_NotSplitter", caller=holder.address):
            chain.send(relayed(chain, holder, thief, call, nonce=nonce), thief)
        with reverts("Payments_NotSplitter", caller=thief.address):
            chain.send(holder.multicall([call._encode_transaction_data()]), thief)
        batch = holder.multicall([call._encode_transaction_data()])
        with reverts("Payments_NotSplitter", caller=holder.address):
            chain.send(relayed(chain, holder, thief, batch, nonce=nonce), thief)
    assert untouched(holder, token, victim)


def test_a_permit_makes_a_contract_say_nothing_to_the_splitter(
    chain: Chain, splitter: Deployed, holder: Deployed, token: Deployed, victim: LocalAccount, thief: LocalAccount
) -> None:
    """The one call to an address of the caller's choice carries a permit, and the splitter knows no permits."""
    for target in (splitter, holder):
        call = holder.permit(target.address, 1_000, 2**256 - 1, 27, bytes(32), bytes(32))
        assert chain.send(call, thief).events == []
    assert untouched(holder, token, victim)


def test_the_splitter_asks_its_caller_and_nobody_else(
    chain: Chain, splitter: Deployed, market: Market, holder: Deployed, token: Deployed, victim: LocalAccount,
    thief: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A21: Whatever the data say. The thief, who is no contract, has nothing to answer with."""
    account = market.account(market.dataset(thief))

    for named in (victim, holder):
        one = splitter.creditOne(account, token.address, 1_000, naming(named))
        many = splitter.credit([account], token.address, [1_000], naming(named))
        for nonce, call in enumerate((one, many)):
            with reverts(""):
                chain.send(call, thief)
            with reverts(""):
                # Relayed, the splitter calls itself, and has no such function.
                chain.send(relayed(chain, splitter, thief, call, nonce=nonce), thief)
    assert untouched(holder, token, victim)
    assert token.balanceOf(splitter.address).call() == 0


@pytest.mark.parametrize("way", ["ask the contract", "credit one", "credit many", "pay"])
def test_a_hostile_token_gets_nothing_while_it_is_paid(
    chain: Chain, splitter: Deployed, market: Market, holder: Deployed, token: Deployed, victim: LocalAccount,
    thief: LocalAccount, way: str,
) -> None:  # fmt: skip
    """AUD-A21: The token is called while a licence, and a use, is paid for, and names the victim's money."""
    coin, dataset = chain.deploy("ReentrantToken"), market.dataset(thief)
    account, named = market.account(dataset), naming(victim)
    ways = {
        "ask the contract": (holder, holder.sendRoyalties(token.address, 1_000, named)),
        "credit one": (splitter, splitter.creditOne(account, token.address, 1_000, named)),
        "credit many": (splitter, splitter.credit([account], token.address, [1_000], named)),
        "pay": (splitter, splitter.pay(account, token.address, 1_000)),
    }
    target, call = ways[way]
    refusal = ("Payments_NotSplitter", {"caller": coin.address}) if target == holder else ("Reentrancy", {})
    terms = make_terms(token=coin.address)
    market.offer(thief, dataset, terms, price=50)
    chain.send(coin.plan(target.address, call._encode_transaction_data()))
    for spender in (market.licenses, market.suite.ledger):
        chain.send(coin.mint(thief.address, 50))
        chain.send(coin.approve(spender.address, 50), thief)

    chain.send(market.licenses.acquire(dataset, terms.id(), 50, thief.address, REF), thief)
    licence = market.licenses.licenseCount().call()
    chain.send(market.suite.ledger.record(licence, dataset, 2, 5, REF), thief)

    refused = decode_revert(coin.result().call())
    assert (coin.attempts().call(), coin.succeeded().call()) == (2, False)
    assert (refused.name, refused.fields) == refusal
    assert untouched(holder, token, victim)
    assert market.received(dataset, token.address) == 0
    assert market.received(dataset, coin.address) == 100
