"""Permits: paying in a token without a transaction that approves it first."""

from __future__ import annotations

from typing import TypeVar

from audiera.client.facades.erc20 import Permit
from audiera.client.facades.facade import Facade

__all__ = ["Payments"]

R = TypeVar("R")


class Payments(Facade[R]):
    """A contract that pulls tokens."""

    def permit(self, permit: Permit) -> R:
        """Use the sender's permit, for a payment that follows in the same multicall. One that fails is ignored."""
        return self._send("permit", permit.token, permit.amount, permit.deadline, permit.v, permit.r, permit.s)
