"""Bringing back to a gateway what its journal has lost, as one does that was restored from an old copy."""

from __future__ import annotations

from pydantic import Field

from audiera.interface.access import Access, SignedHead
from audiera.interface.fields import Number
from audiera.interface.model import Model
from audiera.interface.record import LoggedUse

__all__ = ["Restoration", "Restored"]


class Restoration(Model):
    """A head that the gateway countersigned, and the uses that it has beyond those that the gateway knows."""

    head: SignedHead
    position: Number = Field(description="Of the first of the uses: the calls of the head that the gateway has, or 0.")
    uses: list[LoggedUse] = Field(min_length=1, max_length=65_536, description="As far as the head goes, in order.")


class Restored(Model):
    """A batch as the gateway has it again."""

    head: SignedHead
    accesses: list[Access]
    """What is granted by the uses that were brought back, under new ids, free: each has items of one dataset."""
