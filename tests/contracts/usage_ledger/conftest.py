"""The people and things of metering: one dataset on licence, a payer who holds it, a gateway that serves it."""

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.chain import Chain
from tests.support.licensing import Market
from tests.support.money import Money
from tests.support.suite import Suite
from tests.support.usage import Metering


@pytest.fixture(scope="session")
def metering(chain: Chain, suite: Suite) -> Metering:
    return Metering(chain, suite)


@pytest.fixture
def dataset(market: Market, owner: LocalAccount) -> int:
    return market.dataset(owner)


@pytest.fixture
def licence(market: Market, owner: LocalAccount, dataset: int, payer: LocalAccount) -> int:
    """Of the dataset, in ETH at 10 wei a call."""
    return market.licence(owner, dataset, payer)


@pytest.fixture(params=["ETH", "MockToken", "NoReturnToken"])
def money(request: pytest.FixtureRequest, chain: Chain) -> Money:
    """ETH, an ordinary token, and one in the style of USDT."""
    kind: str = request.param
    if kind == "ETH":
        return Money(chain)
    return Money(chain, chain.deploy(kind, *(["USDC", 6] if kind == "MockToken" else [])))
