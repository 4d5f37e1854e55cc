"""Calls that an account signed, handed to a gateway that carries them out and pays the gas."""

from __future__ import annotations

import json
from typing import Final

from audiera.client import SignedCall
from audiera.interface import Relayed, RelayOffer
from audiera.remote.remote import Answer, Remote
from audiera.text import hex_of

__all__ = ["RELAY_PATIENCE", "outcome", "relay_offer", "submit"]

RELAY_PATIENCE: Final = 300.0
"""Seconds until what was handed over is mined."""


def relay_offer(remote: Remote) -> RelayOffer | None:
    """Return what a gateway carries out for others; None: nothing.

    Raises:
        StorageError: it cannot be reached, or answers something else.
    """
    answer = remote.ask_openly("GET", "/v1/relay")
    return remote.read(RelayOffer, answer) if answer.status == 200 else None


def submit(remote: Remote, signed: SignedCall) -> Answer:
    """Hand a call over. The same again, after an answer that was lost, is carried out once.

    Raises:
        StorageError: the gateway cannot be reached.
    """
    document = {**json.loads(signed.to_json()), "deadline": str(signed.call.deadline)}
    return remote.ask_openly("POST", "/v1/relay", json.dumps(document).encode())


def outcome(remote: Remote, relayed: Relayed) -> Relayed:
    """Return what a gateway says became of a call.

    Raises:
        StorageError: it refuses or cannot be reached.
    """
    answer = remote.ask_openly("GET", f"/v1/relay/{hex_of(relayed.transaction)}")
    if answer.status != 200:
        raise remote.refusal(answer)
    return remote.read(Relayed, answer)
