"""What routes have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param
from starlette.concurrency import run_in_threadpool

from audiera.gateway.access import Desk
from audiera.gateway.counter import Counter
from audiera.gateway.limiting import Limiter, Scale
from audiera.gateway.models import Models
from audiera.gateway.problems import Code, Problem
from audiera.gateway.relay import Relay
from audiera.gateway.requests import Requests
from audiera.gateway.sessions import Sessions
from audiera.gateway.uploads import Uploads
from audiera.gateway.x402 import SIGNATURE
from audiera.interface import Session

__all__ = [
    "KEY",
    "PAYMENT",
    "Bearer",
    "Known",
    "OurCounter",
    "OurDesk",
    "OurModels",
    "OurRelay",
    "OurRequests",
    "OurScale",
    "OurSessions",
    "OurUploads",
    "RequestHeader",
    "Signed",
    "counter_of",
    "desk_of",
    "known_to",
    "scale_of",
    "token_of",
    "url_of",
]

T = TypeVar("T")


def _ours(request: Request, name: str, kind: type[T], absent: str = "") -> T:
    """Return a part of the gateway that the request is to.

    Raises:
        Problem: `NOT_FOUND`: this gateway has none; `absent` says what to do.
    """
    found = getattr(request.app.state, name)
    if found is None:
        raise Problem(Code.NOT_FOUND, absent)
    assert isinstance(found, kind)
    return found


# Of coroutines, so that finding them takes no thread.
async def _desk(request: Request) -> Desk:
    return desk_of(request)


async def _counter(request: Request) -> Counter:
    return counter_of(request)


async def _sessions(request: Request) -> Sessions:
    return _ours(request, "sessions", Sessions)


async def _requests(request: Request) -> Requests:
    return _ours(request, "requests", Requests)


async def _relay(request: Request) -> Relay:
    return _ours(request, "relay", Relay, "This gateway carries out no signed calls; send them yourself.")


async def _uploads(request: Request) -> Uploads:
    absent = "This gateway takes no uploads; store the files elsewhere (`audiera pack`)."
    return _ours(request, "uploads", Uploads, absent)


async def _models(request: Request) -> Models:
    return _ours(request, "models", Models)


async def _scale(request: Request) -> Scale:
    return scale_of(request)


def desk_of(request: Request) -> Desk:
    """Return the desk that a request is to, where FastAPI's search for it would take too long."""
    return _ours(request, "desk", Desk)


def counter_of(request: Request) -> Counter:
    """Return the counter that a request is to, likewise."""
    return _ours(request, "counter", Counter)


def scale_of(request: Request) -> Scale:
    """Return what weighs the work of a request, likewise."""
    return Scale(_ours(request, "work", Limiter), _ours(request, "free", Limiter), request.state.address)


def known_to(request: Request) -> str | None:
    """Return the account that is signed in, likewise; None: nobody is.

    Raises:
        Problem: what shows a session does not, or no longer.
    """
    scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
    return _ours(request, "sessions", Sessions).find(token).account if scheme.lower() == "bearer" and token else None


OurDesk = Annotated[Desk, Depends(_desk)]
OurCounter = Annotated[Counter, Depends(_counter)]
OurSessions = Annotated[Sessions, Depends(_sessions)]
OurRequests = Annotated[Requests, Depends(_requests)]
OurRelay = Annotated[Relay, Depends(_relay)]
OurUploads = Annotated[Uploads, Depends(_uploads)]
OurModels = Annotated[Models, Depends(_models)]
OurScale = Annotated[Scale, Depends(_scale)]
"""For what takes work by its length."""

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="What `/v1/session` answered.")),
]


def url_of(desk: Desk, request: Request) -> str:
    """Return where the world finds what a request is to."""
    base = desk.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}{request.url.path}"


def token_of(bearer: HTTPAuthorizationCredentials | None) -> str | None:
    """Return what shows a session; None: nothing does."""
    return None if bearer is None else bearer.credentials


def _signed(sessions: OurSessions, bearer: Bearer) -> Session:
    return sessions.find(token_of(bearer))


Signed = Annotated[Session, Depends(_signed)]
"""Who is signed in; a request of nobody's is answered by 401."""


async def _known(sessions: OurSessions, bearer: Bearer) -> str | None:
    return None if bearer is None else (await run_in_threadpool(sessions.find, bearer.credentials)).account


Known = Annotated[str | None, Depends(_known)]
"""The account that is signed in; None: nobody is."""


@dataclass(frozen=True, slots=True)
class RequestHeader:
    """A header that a request may have, read where FastAPI's search for it would take too long."""

    name: str
    most: int
    """Letters."""
    description: str

    def of(self, request: Request) -> str | None:
        """Return what a request says; None: nothing.

        Raises:
            Problem: it is empty or too long.
        """
        value = request.headers.get(self.name)
        if value is not None and not 1 <= len(value) <= self.most:
            raise Problem(Code.MALFORMED, f"{self.name} has 1 to {self.most:,} letters, and not {len(value):,}.")
        return value

    def parameter(self) -> dict[str, object]:
        """Return it for the OpenAPI document."""
        schema = {"type": "string", "minLength": 1, "maxLength": self.most}
        return {"name": self.name, "in": "header", "schema": schema, "description": self.description}


KEY: Final = RequestHeader(
    "Idempotency-Key",
    200,
    "Drawn by the client for one request; a repeat gets the same answer and is charged once. Unless told, the voucher "
    "is the key.",
)
PAYMENT: Final = RequestHeader(SIGNATURE, 65_536, "The voucher for what 402 asked for (x402).")
