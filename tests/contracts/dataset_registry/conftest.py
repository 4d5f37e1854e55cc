"""Who made the dataset that most tests of the registry start from, and its split."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.splits import Split
from tests.support.chain import Chain, Deployed
from tests.support.datasets import register
from tests.support.splits import split_of
from tests.support.suite import NewAccount


@pytest.fixture(scope="session")
def creator(new_account: NewAccount) -> LocalAccount:
    """Registers datasets."""
    return new_account("creator")


@pytest.fixture(scope="session")
def composer(new_account: NewAccount) -> LocalAccount:
    """Is paid by the creator's datasets, and derives others from them."""
    return new_account("composer")


@pytest.fixture(scope="session")
def label(new_account: NewAccount) -> LocalAccount:
    return new_account("label")


@pytest.fixture(scope="session")
def trio(creator: LocalAccount, composer: LocalAccount, label: LocalAccount) -> Split:
    """60 % creator, 30 % composer, 10 % label."""
    return split_of((creator, 600_000), (composer, 300_000), (label, 100_000))


@pytest.fixture
def dataset(chain: Chain, datasets: Deployed, creator: LocalAccount, trio: Split) -> int:
    """Recordings that the creator registered, shared by the trio."""
    return register(chain, datasets, creator, trio)
