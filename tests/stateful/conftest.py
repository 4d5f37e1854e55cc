"""The chain and the contracts."""

from tests.support.suite import chain, datasets, ledger, licenses, splitter, suite, token

__all__ = ["chain", "datasets", "ledger", "licenses", "splitter", "suite", "token"]
