"""The chain and the contracts."""

from tests.support.suite import chain

__all__ = ["chain"]
