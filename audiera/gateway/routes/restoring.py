"""`/v1/restore`: what the journal has lost, from whoever has it."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from audiera.gateway.access import restore
from audiera.gateway.routes.shared import OurDesk, OurScale
from audiera.interface import Restoration, Restored

__all__ = ["RESTORE", "bring_back", "restoring"]

RESTORE: Final = "/v1/restore"

restoring = APIRouter(tags=["channels"])


@restoring.post(RESTORE, summary="Bring back uses that the gateway took and has lost")
def bring_back(body: Restoration, desk: OurDesk, scale: OurScale) -> Restored:
    """Adopt a newer head that this gateway countersigned, with the uses below it, and grant anew what was paid for."""
    scale.take(len(body.uses))
    return restore(desk, body)
