"""`/healthz`, `/readyz` and `/metrics`: for whoever keeps the gateway running."""

from __future__ import annotations

import time

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from audiera.gateway.access import Desk
from audiera.gateway.figures import metrics_of, unsettled
from audiera.gateway.problems import Problem
from audiera.gateway.routes.shared import OurDesk
from audiera.indexer import seconds_behind

__all__ = ["health", "metrics", "readiness", "watching"]

watching = APIRouter(tags=["watching"])


@watching.get("/healthz", summary="Whether it runs", response_class=PlainTextResponse)
async def health() -> str:  # which takes no thread: those may all be waiting
    """Answer that the process answers."""
    return "ok\n"


@watching.get("/readyz", summary="Whether it can take accesses")
def readiness(desk: OurDesk) -> Response:
    """Answer 200 if accesses can be taken here, else 503 with the reasons."""
    reasons = _reasons(desk)
    headers = {"Cache-Control": "no-store"}
    return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200, headers)


@watching.get("/metrics", summary="Figures for Prometheus", response_class=PlainTextResponse)
def metrics(desk: OurDesk) -> Response:
    """Answer how it goes, in figures."""
    with desk.journal.reading() as journal:
        now = unsettled(journal)
    with desk.index() as index:
        age = seconds_behind(index, int(time.time()))
    text = metrics_of(desk.figures, desk.journal.groups, now, age)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _reasons(desk: Desk) -> list[str]:
    """Return why the gateway is not ready, each in a sentence."""
    reasons = []
    try:
        with desk.index() as index:
            age = seconds_behind(index, int(time.time()))
        if age > desk.settings.index_age:
            reasons.append(f"The index had no news of the chain for {age:,} seconds.")
    except Problem:
        reasons.append("The index cannot be read.")
    try:
        with desk.journal.reading() as journal:
            now = unsettled(journal)
        if now.oldest > desk.settings.head_age:
            reasons.append(f"A head is unsettled for {now.oldest:,} seconds; see that `audiera gateway settle` runs.")
        desk.journal.write((), lambda _: None)
    except Problem:
        reasons.append("The journal does not answer.")
    return reasons
