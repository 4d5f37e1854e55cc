"""What tests of contracts may ask for beside the chain itself."""

from tests.support.suite import (
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
