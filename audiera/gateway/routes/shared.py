"""What routes have in common."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from audiera.gateway.access import Desk
from audiera.gateway.counter import Counter
from audiera.gateway.problems import Code, Problem
from audiera.gateway.relay import Relay
from audiera.gateway.sessions import Sessions
from audiera.gateway.uploads import Uploads
from audiera.interface import Session

__all__ = [
    "Bearer",
    "IdempotencyKey",
    "OurCounter",
    "OurDesk",
    "OurRelay",
    "OurSessions",
    "OurUploads",
    "Signed",
    "token_of",
]


def _desk(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


def _counter(request: Request) -> Counter:
    counter = request.app.state.counter
    assert isinstance(counter, Counter)
    return counter


OurDesk = Annotated[Desk, Depends(_desk)]
OurCounter = Annotated[Counter, Depends(_counter)]


def _sessions(request: Request) -> Sessions:
    sessions = request.app.state.sessions
    assert isinstance(sessions, Sessions)
    return sessions


OurSessions = Annotated[Sessions, Depends(_sessions)]


def _relay(request: Request) -> Relay:
    relay = request.app.state.relay
    if relay is None:
        raise Problem(Code.NOT_FOUND, "This gateway carries out no signed calls; send them yourself.")
    assert isinstance(relay, Relay)
    return relay


OurRelay = Annotated[Relay, Depends(_relay)]


def _uploads(request: Request) -> Uploads:
    uploads = request.app.state.uploads
    if uploads is None:
        raise Problem(Code.NOT_FOUND, "This gateway takes no uploads; store the files elsewhere (`audiera pack`).")
    assert isinstance(uploads, Uploads)
    return uploads


OurUploads = Annotated[Uploads, Depends(_uploads)]

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="What `/v1/session` answered.")),
]


def token_of(bearer: HTTPAuthorizationCredentials | None) -> str | None:
    """Return what shows a session; None: nothing does."""
    return None if bearer is None else bearer.credentials


def _signed(sessions: OurSessions, bearer: Bearer) -> Session:
    return sessions.find(token_of(bearer))


Signed = Annotated[Session, Depends(_signed)]
"""Who is signed in; a request of nobody's is answered by 401."""

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
