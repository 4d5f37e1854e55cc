"""How licences stand, in words."""

from __future__ import annotations

from audiera.explorer.words import moment
from audiera.protocol import PERPETUAL

__all__ = ["standing_of", "state_of"]


def state_of(expires_at: int, now: int, *, revoked: bool) -> str:
    """Return how a licence stands, in a word or two."""
    if now < expires_at:
        return "valid, revoked" if revoked else "valid"
    return "revoked" if revoked else "expired"


def standing_of(expires_at: int, now: int, *, revoked: bool) -> str:
    """Return how a licence stands, in a sentence."""
    if now < expires_at:
        if revoked:
            return f"Valid, but revoked: it ends on {moment(expires_at)}."
        return "Valid, for ever." if expires_at == PERPETUAL else f"Valid until {moment(expires_at)}."
    return f"{'Revoked: it ended' if revoked else 'Expired'} on {moment(expires_at)}."
