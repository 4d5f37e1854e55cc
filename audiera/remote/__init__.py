"""A gateway as its clients see it, over HTTP."""

from audiera.remote.relaying import RELAY_PATIENCE, outcome, relay_offer, submit
from audiera.remote.remote import AbsentError, Answer, Remote

__all__ = ["RELAY_PATIENCE", "AbsentError", "Answer", "Remote", "outcome", "relay_offer", "submit"]
