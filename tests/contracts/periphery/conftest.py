"""One dataset on offer, who owns it, who uses it, and the small contracts that inherit from the periphery."""

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.chain import Chain, Deployed
from tests.support.licensing import Market
from tests.support.money import Money
from tests.support.suite import NewAccount


@pytest.fixture(scope="session")
def listener(new_account: NewAccount) -> LocalAccount:
    """Holds licences and pays."""
    return new_account("listener")


@pytest.fixture
def dataset(market: Market, owner: LocalAccount) -> int:
    return market.dataset(owner)


@pytest.fixture(scope="session")
def patron(chain: Chain, datasets: Deployed) -> Deployed:
    """Pays and buys for whoever asks."""
    return chain.deploy("Patron", datasets.address)


@pytest.fixture(scope="session")
def no_return_token(chain: Chain) -> Deployed:
    return chain.deploy("NoReturnToken")


@pytest.fixture(params=["ETH", "ERC-20", "ERC-20 that returns nothing"])
def money(request: pytest.FixtureRequest, chain: Chain, token: Deployed, no_return_token: Deployed) -> Money:
    """Everything that can be paid in."""
    tokens = {"ETH": None, "ERC-20": token, "ERC-20 that returns nothing": no_return_token}
    return Money(chain, tokens[request.param])
