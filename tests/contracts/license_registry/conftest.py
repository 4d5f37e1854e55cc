"""The people of licensing."""

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.suite import NewAccount


@pytest.fixture(scope="session")
def buyer(new_account: NewAccount) -> LocalAccount:
    """Buys and holds licences."""
    return new_account("licence buyer")


@pytest.fixture(scope="session")
def maker(new_account: NewAccount) -> LocalAccount:
    """Owns a dataset derived from others."""
    return new_account("model maker")


@pytest.fixture(scope="session")
def curator(new_account: NewAccount) -> LocalAccount:
    """Owns a catalogue."""
    return new_account("catalogue curator")


@pytest.fixture(scope="session")
def signer(new_account: NewAccount) -> LocalAccount:
    """A hot key that holders may name."""
    return new_account("hot key")
