"""Every contract is relayable in the same way."""

import pytest

from tests.support.chain import Deployed
from tests.support.suite import Suite


@pytest.fixture(params=["splitter", "datasets", "licenses", "ledger"])
def contract(request: pytest.FixtureRequest, suite: Suite) -> Deployed:
    """Each contract of the suite. `cancel` is a call that all of them have and that shows who acts."""
    it: Deployed = getattr(suite, request.param)
    return it
