"""A dataset as it stands on the chain, as far as a gateway has read it."""

from __future__ import annotations

from pydantic import Field

from audiera.interface.fields import Account, Hash, Number
from audiera.interface.model import Model

__all__ = ["DatasetState"]


class DatasetState(Model):
    """What the registry says of a dataset: whose it is, and its newest version."""

    dataset: Number
    owner: Account
    kind: Number = Field(description="As in the registry: 0 is Recordings.")
    flags: Number = Field(description="Of the newest version, as in the registry: 1 is Derived, 2 Synthetic, 3 both.")
    version: Number = Field(description="The newest.")
    content_root: Hash
    manifest: Hash = Field(description="The sha-256 of its manifest.")
