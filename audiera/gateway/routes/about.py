"""`/v1/gateway`: whose it is, and what it asks."""

from __future__ import annotations

from fastapi import APIRouter

from audiera.gateway.routes.shared import OurCounter, OurDesk
from audiera.interface import About

__all__ = ["about", "told"]

about = APIRouter(prefix="/v1", tags=["access"])


@about.get("/gateway", summary="Whose gateway this is, and its fee")
def told(desk: OurDesk, counter: OurCounter) -> About:
    """Answer what a client has to know before it signs anything; whether it is true, the chain tells."""
    settings = desk.settings
    return About(
        account=settings.gateway,
        chain_id=desk.domain.chain_id,
        ledger=desk.domain.contract,
        fee_ppm=settings.fee_ppm,
        items=settings.limits.items,
        body=settings.limits.body,
        presigned=counter.presigner.seconds,
        confirmations=settings.confirmations,
    )
