"""What tests of contracts may ask for beside the chain itself, and the people that several of them know."""

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.chain import Chain
from tests.support.licensing import Market
from tests.support.suite import (
    NewAccount,
    Suite,
    chain,
    datasets,
    incentives,
    ledger,
    licenses,
    splitter,
    stranger,
    suite,
    token,
)

__all__ = [
    "chain",
    "datasets",
    "incentives",
    "ledger",
    "licenses",
    "splitter",
    "stranger",
    "suite",
    "token",
]


@pytest.fixture(scope="session")
def market(chain: Chain, suite: Suite) -> Market:
    return Market(chain, suite)


@pytest.fixture(scope="session")
def owner(new_account: NewAccount) -> LocalAccount:
    """Owns the datasets that the test is about."""
    return new_account("dataset owner")


@pytest.fixture(scope="session")
def payer(new_account: NewAccount) -> LocalAccount:
    """Holds licences, deposits, signs vouchers."""
    return new_account("payer")


@pytest.fixture(scope="session")
def gateway(new_account: NewAccount) -> LocalAccount:
    return new_account("gateway")
