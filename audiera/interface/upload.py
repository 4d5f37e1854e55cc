"""Bringing bytes to a gateway: which are missing there. The bytes themselves travel by tus (https://tus.io)."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from audiera.interface.fields import Hash, Number

__all__ = ["MOST_ASKED", "Brought", "Missing"]

MOST_ASKED: Final = 1_000


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_bytes="utf8")


class Brought(_Model):
    """What an account wants the gateway to have from it, by sha-256."""

    objects: list[Hash] = Field(max_length=MOST_ASKED)


class Missing(_Model):
    """Which of them the account has not brought yet."""

    missing: list[Hash]
    room: Number
    """Bytes that the account may bring yet."""
