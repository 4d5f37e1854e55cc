"""How a call becomes a transaction, a signed call, a preview or plain data."""

from audiera.client.calls.drafts import MAX_GAS, checked_cost, gas_limit, most_of
from audiera.client.calls.following import Following, LostError, follow, refresh
from audiera.client.calls.intents import calls_in, title_of
from audiera.client.calls.replacing import cancel, gap_before, give_up, raised_fees, speed_up
from audiera.client.calls.runs import Run
from audiera.client.calls.transactions import finish, launch, resume, send, sent_before, unconfirmed

__all__ = [
    "MAX_GAS",
    "Following",
    "LostError",
    "Run",
    "calls_in",
    "cancel",
    "checked_cost",
    "finish",
    "follow",
    "gap_before",
    "gas_limit",
    "give_up",
    "launch",
    "most_of",
    "raised_fees",
    "refresh",
    "resume",
    "send",
    "sent_before",
    "speed_up",
    "title_of",
    "unconfirmed",
]
