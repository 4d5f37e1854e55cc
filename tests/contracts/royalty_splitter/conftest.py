"""A split and an account that most tests of the splitter start from."""

from dataclasses import dataclass

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.splits import Split
from tests.support.chain import Chain, Deployed
from tests.support.money import Money
from tests.support.splits import assigned, split_of
from tests.support.suite import NewAccount


@dataclass(frozen=True, slots=True)
class Album:
    """An account assigned to a split of 60 % for the composer, 30 % for the singer, 10 % for the engineer."""

    account: bytes
    split: Split


@pytest.fixture(scope="session")
def label(new_account: NewAccount) -> LocalAccount:
    """Who controls accounts."""
    return new_account("label")


@pytest.fixture(scope="session")
def listener(new_account: NewAccount) -> LocalAccount:
    """Who pays."""
    return new_account("listener")


@pytest.fixture(scope="session")
def composer(new_account: NewAccount) -> LocalAccount:
    """Who is owed most."""
    return new_account("composer")


@pytest.fixture(scope="session")
def singer(new_account: NewAccount) -> LocalAccount:
    return new_account("singer")


@pytest.fixture(scope="session")
def engineer(new_account: NewAccount) -> LocalAccount:
    """Who is owed least."""
    return new_account("engineer")


@pytest.fixture(scope="session")
def treasurer(chain: Chain) -> Deployed:
    """A contract that pays."""
    return chain.deploy("Treasurer")


@pytest.fixture
def album(
    chain: Chain,
    splitter: Deployed,
    label: LocalAccount,
    composer: LocalAccount,
    singer: LocalAccount,
    engineer: LocalAccount,
) -> Album:
    split = split_of((composer, 600_000), (singer, 300_000), (engineer, 100_000))
    return Album(assigned(chain, splitter, label, b"album".ljust(32, b"\0"), split), split)


@pytest.fixture(scope="session")
def no_return_token(chain: Chain) -> Deployed:
    return chain.deploy("NoReturnToken")


@pytest.fixture(params=["ETH", "ERC-20", "ERC-20 that returns nothing"])
def money(request: pytest.FixtureRequest, chain: Chain, token: Deployed, no_return_token: Deployed) -> Money:
    """Everything that can be paid in."""
    tokens = {"ETH": None, "ERC-20": token, "ERC-20 that returns nothing": no_return_token}
    return Money(chain, tokens[request.param])
