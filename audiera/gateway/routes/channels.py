"""`/v1/channels`: a payer's own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from audiera.gateway.channels import channel_of, uses_below
from audiera.gateway.routes.shared import OurDesk, OurScale, Signed
from audiera.interface import Account, Channel

__all__ = ["channel", "channels", "uses"]

channels = APIRouter(prefix="/v1/channels", tags=["channels"])

_Position = Annotated[int, Query(ge=0, lt=1 << 63, description="How many of the first uses to leave out.")]


@channels.get("/{token}", summary="A payer's own channel, and its open batches with their heads")
def channel(token: Account, signed: Signed, desk: OurDesk) -> Channel:
    """Answer what the channel holds, what is spoken for, and each head with both signatures."""
    return channel_of(desk, signed.account, token)


@channels.get(
    "/{token}/batches/{number}/uses",
    summary="The use log of a payer's own batch",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}}, "description": "A line for each use, in order."}},
)
def uses(  # noqa: PLR0917  # FastAPI calls it by name
    token: Account,
    number: Annotated[int, Path(ge=0, lt=1 << 64)],
    signed: Signed,
    desk: OurDesk,
    scale: OurScale,
    after: _Position = 0,
) -> StreamingResponse:
    """Answer the log as docs/formats.md writes it, up to the newest head; `after` goes on with one that broke off."""
    lines = uses_below(desk, signed.account, token, number, after, scale.take)
    return StreamingResponse(lines, media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})
