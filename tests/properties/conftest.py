"""The chain, the contracts, and the people of random examples."""

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.suite import NewAccount, chain, datasets, ledger, licenses, splitter, suite, token

__all__ = ["chain", "datasets", "ledger", "licenses", "splitter", "suite", "token"]


@pytest.fixture(scope="session")
def creator(new_account: NewAccount) -> LocalAccount:
    """Registers what is registered, and is paid for it."""
    return new_account("creator")


@pytest.fixture(scope="session")
def signer(new_account: NewAccount) -> LocalAccount:
    """A hot key of the creator's."""
    return new_account("signer")


@pytest.fixture(scope="session")
def payer(new_account: NewAccount) -> LocalAccount:
    return new_account("payer")


@pytest.fixture(scope="session")
def gateway(new_account: NewAccount) -> LocalAccount:
    return new_account("gateway")
