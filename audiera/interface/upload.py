"""Bringing bytes to a gateway: which are missing there. The bytes themselves travel by tus (https://tus.io)."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from audiera.interface.fields import Hash, Number
from audiera.interface.model import Model

__all__ = ["MOST_ASKED", "Brought", "Missing"]

MOST_ASKED: Final = 1_000


class Brought(Model):
    """What an account wants the gateway to have from it, by sha-256."""

    objects: list[Hash] = Field(max_length=MOST_ASKED)


class Missing(Model):
    """Which of them the account has not brought yet."""

    missing: list[Hash]
    room: Number
    """Bytes that the account may bring yet."""
