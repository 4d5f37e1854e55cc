"""Whose word counts in an audit: anybody may settle at itself, and publish, what names licences of others."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection

from audiera.audit.granted import Grants
from audiera.audit.scope import Scope
from audiera.client.contracts import Suite
from audiera.client.contracts.events import GatewaysSet
from audiera.indexer import happened

__all__ = ["Parties"]


class Parties:
    """Licensees, and the gateways that owners name: others have no part in an audit, whatever they say."""

    def __init__(self, connection: Connection, suite: Suite, scope: Scope, grants: Grants) -> None:
        self._scope, self._grants = scope, grants
        catalogues = {(catalogue, terms) for catalogue, terms, member in grants.members if member in scope.sold}
        self._licensees = {
            who
            for it in grants.licences.values()
            if it.license in scope.licenses or it.dataset in scope.sold or (it.dataset, it.terms) in catalogues
            for _, _, who in it.holders
        }
        """Who ever held a licence that is of the audit, or of a catalogue that its datasets were in."""
        self._gateways: dict[int, set[str]] = defaultdict(set)
        """Which gateways the owners of its datasets ever named."""
        for named in happened(connection, suite, "DatasetRegistry", GatewaysSet):
            if named.event.id in scope.sold:
                self._gateways[named.event.id].update(named.event.gateways)
        self._served = {who for some in self._gateways.values() for who in some}

    def know(self, payer: str, gateway: str, dataset: int, license_: int | None) -> bool:
        """Say whether it is of the audit what these two say of a use of a dataset under a licence.

        Another licence than the one that is named makes nobody of it: some are to be had for nothing.
        """
        granted = self._grants.licences.get(license_ or 0)
        if payer in self._scope.payers or (granted is not None and granted.was_ever_held_by(payer)):
            return True
        return gateway in self._gateways.get(dataset, ())

    def concern(self, payer: str, gateway: str) -> bool:
        """Say whether what these two hide may be of the audit."""
        return payer in self._scope.payers or payer in self._licensees or gateway in self._served

    def serve(self, gateway: str) -> bool:
        """Say whether an owner ever named a gateway, and so answers for it."""
        return gateway in self._served

    def near(self, payer: str, gateway: str) -> int | None:
        """Say how near to the audit what these two sign is, as `Near`: in one of everything nobody answers for it."""
        is_known = payer in self._licensees or gateway in self._served
        if self._scope.subject.kind == "all":
            return 1 if is_known else 2
        if payer in self._scope.payers or gateway in self._served:
            return 0
        return 1 if is_known else None
