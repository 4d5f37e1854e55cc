"""A split and a dataset that most tests of the registry start from."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.splits import Split
from tests.support.chain import Chain, Deployed
from tests.support.datasets import register
from tests.support.splits import split_of


@pytest.fixture(scope="session")
def trio(alice: LocalAccount, bob: LocalAccount, carol: LocalAccount) -> Split:
    """60 % alice, 30 % bob, 10 % carol."""
    return split_of((alice, 600_000), (bob, 300_000), (carol, 100_000))


@pytest.fixture
def dataset(chain: Chain, datasets: Deployed, alice: LocalAccount, trio: Split) -> int:
    """Recordings that alice registered, shared by the trio."""
    return register(chain, datasets, alice, trio)
