"""The five contracts, deployed once for each worker, and the fixtures that hand them out.

A conftest takes the fixtures by importing them: `from tests.support.suite import chain, suite`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3

from tests.support.artifacts import Artifact
from tests.support.chain import Chain, Deployed, HasAddress

__all__ = [
    "Suite",
    "chain",
    "datasets",
    "deploy_suite",
    "incentives",
    "ledger",
    "licenses",
    "splitter",
    "stranger",
    "suite",
    "token",
]

NewAccount = Callable[[str], LocalAccount]


@dataclass(frozen=True, slots=True)
class Suite:
    """One deployment."""

    splitter: Deployed
    datasets: Deployed
    licenses: Deployed
    ledger: Deployed
    incentives: Deployed


def deploy_suite(chain: Chain, sender: HasAddress | None = None) -> Suite:
    """Deploys the contracts, each with the addresses of those below it."""
    splitter = chain.deploy("RoyaltySplitter", sender=sender)
    datasets = chain.deploy("DatasetRegistry", splitter.address, sender=sender)
    licenses = chain.deploy("LicenseRegistry", splitter.address, datasets.address, sender=sender)
    ledger = chain.deploy("UsageLedger", splitter.address, datasets.address, licenses.address, sender=sender)
    incentives = chain.deploy("IncentivePool", splitter.address, datasets.address, ledger.address, sender=sender)
    return Suite(splitter, datasets, licenses, ledger, incentives)


@pytest.fixture(scope="session")
def chain(w3: Web3, artifact: Callable[[str], Artifact]) -> Chain:
    """The worker's chain."""
    return Chain(w3, artifact)


@pytest.fixture(scope="session")
def suite(chain: Chain) -> Suite:
    """The suite, as deployed: every test finds it untouched."""
    return deploy_suite(chain)


@pytest.fixture(scope="session")
def splitter(suite: Suite) -> Deployed:
    return suite.splitter


@pytest.fixture(scope="session")
def datasets(suite: Suite) -> Deployed:
    return suite.datasets


@pytest.fixture(scope="session")
def licenses(suite: Suite) -> Deployed:
    return suite.licenses


@pytest.fixture(scope="session")
def ledger(suite: Suite) -> Deployed:
    return suite.ledger


@pytest.fixture(scope="session")
def incentives(suite: Suite) -> Deployed:
    return suite.incentives


@pytest.fixture(scope="session")
def token(chain: Chain) -> Deployed:
    """An ordinary ERC-20 with six decimals, of which nobody has any yet."""
    return chain.deploy("MockToken", "USDC", 6)


@pytest.fixture(scope="session")
def stranger(new_account: NewAccount) -> LocalAccount:
    """One who has no business here."""
    return new_account("stranger")
