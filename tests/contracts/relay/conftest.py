"""Every contract is relayable in the same way; two who sign, and nobody of them sends."""

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.chain import Deployed
from tests.support.suite import NewAccount, Suite

CONTRACTS = ["splitter", "datasets", "licenses", "ledger", "incentives"]


@pytest.fixture(params=CONTRACTS)
def contract(request: pytest.FixtureRequest, suite: Suite) -> Deployed:
    """Each contract of the suite. `cancel` is a call that all of them have and that shows who acts."""
    it: Deployed = getattr(suite, request.param)
    return it


@pytest.fixture(scope="session")
def creator(new_account: NewAccount) -> LocalAccount:
    """Who signs."""
    return new_account("creator")


@pytest.fixture(scope="session")
def label(new_account: NewAccount) -> LocalAccount:
    """Who signs, too."""
    return new_account("label")
