"""What a licence registry stores and answers in small numbers: what a key may do, and whether a licence holds."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final

__all__ = ["ENDLESS", "SignerScope", "Status"]

ENDLESS: Final = (1 << 32) - 1
"""How many licences are left of an offer that any number may be taken at."""


class SignerScope(IntFlag):
    """What a holder, payer or gateway lets a hot key do."""

    Access = 1 << 0
    Pay = 1 << 1
    Settle = 1 << 2


class Status(IntEnum):
    """What a licence check answers; Exhausted comes from the ledger only."""

    Valid = 0
    Unknown = 1
    NotHolder = 2
    Expired = 3
    NotCovered = 4
    RightNotGranted = 5
    Exhausted = 6
