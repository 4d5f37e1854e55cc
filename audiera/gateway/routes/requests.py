"""`/v1/requests`: asking for a licence that nobody offers, and what the owner says."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from audiera.gateway.routes.shared import OurRequests, Signed
from audiera.interface import KeptRequest, RequestPage, RequestTaken, SignedAnswer, SignedRequest

__all__ = ["answer", "ask", "asked", "mine", "requests"]

requests = APIRouter(prefix="/v1/requests", tags=["requests"])

Which = Annotated[int, Path(ge=1, lt=1 << 63, description="Its number.")]
Cursor = Annotated[str | None, Query(pattern="^[0-9]{1,18}$", description="`next` of the page before.")]
Dataset = Annotated[int | None, Query(ge=1, lt=1 << 63, description="Only those for this one.")]


@requests.post("", status_code=202, summary="Ask for a licence")
def ask(body: SignedRequest, request: Request, ours: OurRequests) -> RequestTaken:
    """Take a request down, signed by who asks, for the owner of the dataset to answer."""
    return ours.take(body, request.state.address)


@requests.get("", summary="What I asked for, and what is asked of me")
def mine(signed: Signed, ours: OurRequests, dataset: Dataset = None, cursor: Cursor = None) -> RequestPage:
    """List the requests that the account made, answered, or may answer, the newest first."""
    return ours.page(signed.account, dataset, None if cursor is None else int(cursor))


@requests.get("/{number}", summary="One request, with its answer")
def asked(number: Which, signed: Signed, ours: OurRequests) -> KeptRequest:
    """Answer a request to who made it, answered it, or may answer it."""
    return ours.find(number, signed.account)


@requests.post("/{number}/answer", summary="Answer a request")
def answer(number: Which, body: SignedAnswer, ours: OurRequests) -> KeptRequest:
    """Take down what the dataset's owner says and has signed: an offer that was made to who asked, or no."""
    return ours.answer(number, body)
