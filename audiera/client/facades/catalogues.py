"""Catalogues and clearances: the parts of the license registry about several datasets at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from audiera.client.contracts.model import Clearance, Membership
from audiera.client.facades.nft import Nft
from audiera.errors import InputError
from audiera.protocol import Parent

__all__ = ["Catalogues"]

R = TypeVar("R")


class Catalogues(Nft[R]):
    """Memberships take both owners; clearances take one licence for each parent."""

    def join(self, catalogue: int, terms_id: bytes, dataset: int) -> R:
        """Consent, as the dataset's owner, to the catalogue's licences covering it."""
        return self._send("join", catalogue, terms_id, dataset)

    def admit(self, catalogue: int, terms_id: bytes, dataset: int) -> R:
        """Consent, as the catalogue's owner, to a member."""
        return self._send("admit", catalogue, terms_id, dataset)

    def leave(self, catalogue: int, terms_id: bytes, dataset: int) -> R:
        """End a membership, as either owner, after the terms' notice."""
        return self._send("leave", catalogue, terms_id, dataset)

    def membership_of(self, catalogue: int, terms_id: bytes, dataset: int) -> Membership:
        """Return a membership as it stands."""
        return self._view(Membership, "membershipOf", catalogue, terms_id, dataset)

    def clear(self, dataset: int, parents: Sequence[Parent], license_ids: Sequence[int]) -> R:
        """Clear a derived dataset. Owner only.

        Args:
            dataset: the derived dataset.
            parents: as registered, in their order.
            license_ids: for each parent a licence that covers it; 0 for a parent of the same owner.

        Raises:
            InputError: if there is not one licence, or 0, for each parent.
        """
        if len(parents) != len(license_ids):
            raise InputError(f"{len(license_ids)} licences for {len(parents)} parents; give one, or 0, for each.")
        return self._send("clear", dataset, list(parents), list(license_ids))

    def clearance_of(self, dataset: int) -> Clearance:
        """Return a dataset's clearance as last fixed; it is in force before its `until`."""
        return self._view(Clearance, "clearanceOf", dataset)
