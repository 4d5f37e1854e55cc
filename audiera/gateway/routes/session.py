"""`/v1/session`: signing in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request

from audiera.gateway.routes.shared import Bearer, OurSessions, Signed, token_of
from audiera.interface import NewSession, Nonce, Session, SignIn

__all__ = ["nonce", "session", "sessions", "sign_in", "sign_out"]

sessions = APIRouter(prefix="/v1/session", tags=["session"])


@sessions.post("/nonce", summary="What the next text to sign in with has to hold")
def nonce(request: Request, ours: OurSessions) -> Nonce:
    """Draw a nonce, which is good once, for minutes."""
    return ours.nonce(str(request.base_url))


@sessions.post("", summary="Sign in with Ethereum (EIP-4361)")
def sign_in(body: SignIn, request: Request, ours: OurSessions) -> NewSession:
    """Answer a token for `Authorization: Bearer`. A key with the scope access signs in for whom the text names."""
    return ours.begin(body.message, body.signature, str(request.base_url))


@sessions.get("", summary="Who is signed in")
def session(signed: Signed) -> Session:
    """Answer whose the session is, and until when."""
    return signed


@sessions.delete("", status_code=204, summary="Sign out")
def sign_out(ours: OurSessions, bearer: Bearer) -> None:
    """End the session, at once and at every process."""
    ours.end(token_of(bearer))
