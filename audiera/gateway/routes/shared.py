"""What routes have in common."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request

from audiera.gateway.access import Desk

__all__ = ["IdempotencyKey", "OurDesk"]


def _desk(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


OurDesk = Annotated[Desk, Depends(_desk)]

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Drawn by the client for one request; a repeat gets the same answer and is charged once. Unless "
        "told, the voucher is the key.",
    ),
]
