"""The chain and the contracts."""

from tests.support.suite import chain, suite

__all__ = ["chain", "suite"]
