"""The people and things of a campaign: a sponsor, and datasets whose uses a gateway settles for a payer."""

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.campaigns import Sponsoring
from tests.support.chain import Chain
from tests.support.licensing import Market
from tests.support.money import Money
from tests.support.suite import NewAccount, Suite


@pytest.fixture(scope="session")
def sponsor(new_account: NewAccount) -> LocalAccount:
    return new_account("sponsor")


@pytest.fixture(scope="session")
def sponsoring(
    chain: Chain, suite: Suite, sponsor: LocalAccount, payer: LocalAccount, gateway: LocalAccount
) -> Sponsoring:
    return Sponsoring(chain, suite, sponsor, payer, gateway)


@pytest.fixture
def dataset(market: Market, owner: LocalAccount) -> int:
    return market.dataset(owner)


@pytest.fixture
def datasets_(market: Market, owner: LocalAccount) -> list[int]:
    return [market.dataset(owner) for _ in range(3)]


@pytest.fixture(params=["ETH", "MockToken", "NoReturnToken"])
def money(request: pytest.FixtureRequest, chain: Chain) -> Money:
    """What the reward is in: ETH, an ordinary token, and one in the style of USDT."""
    kind: str = request.param
    if kind == "ETH":
        return Money(chain)
    return Money(chain, chain.deploy(kind, *(["USDC", 6] if kind == "MockToken" else [])))
