"""What is shown of a campaign, line by line."""

from __future__ import annotations

from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import when
from audiera.client import Campaign

__all__ = ["campaign_rows"]


def campaign_rows(session: Session, terms: Campaign, closes_at: int) -> dict[str, object]:
    """Return a campaign's terms for people."""
    return {
        "reward in": session.book.symbol(terms.reward),
        "for uses in": session.book.symbol(terms.token),
        "settled by": ", ".join(terms.gateways),
        "from": when(terms.start),
        "until": when(terms.end),
        "closes": f"{when(closes_at)}; what is settled is entered before, and credited after",
    }
