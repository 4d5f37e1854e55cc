"""The chain and the contracts."""

from tests.support.suite import alice, bob, carol, chain, datasets, ledger, licenses, mallory, splitter, suite, token

__all__ = [
    "alice", "bob", "carol", "chain", "datasets", "ledger", "licenses", "mallory", "splitter", "suite", "token",
]  # fmt: skip
