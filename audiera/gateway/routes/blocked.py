"""`/v1/blocked` and `/v1/complaints`: what is not served and why, and a word from whoever objects."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection

from audiera.gateway.blocks import blocked_after, complain
from audiera.gateway.problems import Code, Problem
from audiera.gateway.routes.shared import OurCounter, OurDesk
from audiera.interface import Blocked, BlockedPage, Complaint, ComplaintTaken
from audiera.protocol import ZERO_WORD
from audiera.text import as_hash

__all__ = ["blocked", "complaint", "listed"]

blocked = APIRouter(prefix="/v1", tags=["blocked"])

_PAGE = 100
_CURSOR = re.compile(r"([0-9]{1,18})-(0x[0-9a-f]{64})")


@blocked.get("/blocked", summary="What this gateway does not serve, and why")
def listed(
    desk: OurDesk, after: Annotated[str | None, Query(max_length=100, description="As the page before says.")] = None
) -> BlockedPage:
    """List items and whole datasets that the operator does not serve."""
    dataset, item = 0, ""
    if after is not None:
        told = _CURSOR.fullmatch(after)
        if told is None:
            raise Problem(Code.MALFORMED, "This is no place in the list; begin without `after`.")
        dataset, item = int(told[1]), told[2]
    with desk.journal.reading() as journal:
        rows = blocked_after(journal, dataset, item, _PAGE + 1)
    shown, more = rows[:_PAGE], len(rows) > _PAGE
    return BlockedPage(
        blocked=[
            Blocked(
                dataset=it.dataset,
                item=None if as_hash(it.item) == ZERO_WORD else as_hash(it.item),
                reason=it.reason,
                at=it.at,
            )
            for it in shown
        ],
        after=f"{shown[-1].dataset}-{shown[-1].item}" if more else None,
    )


@blocked.post("/complaints", status_code=202, summary="Object to what is served here")
def complaint(body: Complaint, request: Request, desk: OurDesk, counter: OurCounter) -> ComplaintTaken:
    """Take a complaint down for the operator, who reads it and answers outside of this interface."""
    counter.complaints.take(request.state.address)

    def write(journal: Connection) -> int:
        return complain(journal, body.who, body.what, body.why)

    return ComplaintTaken(number=desk.journal.write(("complaints",), write))
