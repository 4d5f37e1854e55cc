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
        self._licensees: dict[int, set[str]] = defaultdict(set)
        """Who ever held a licence of each dataset, or of a catalogue that it was in."""
        sources: dict[tuple[int, str], list[int]] = defaultdict(list)
        for catalogue, terms, dataset in grants.members:
            sources[catalogue, terms].append(dataset)
        for it in grants.licences.values():
            for dataset in (it.dataset, *sources[it.dataset, it.terms]):
                self._licensees[dataset] |= {who for _, _, who in it.holders}
        self._gateways: dict[int, set[str]] = defaultdict(set)
        """Which gateways its owners ever named."""
        for named in happened(connection, suite, "DatasetRegistry", GatewaysSet):
            self._gateways[named.event.id].update(named.event.gateways)
        held = (who for it in scope.licenses if it in grants.licences for _, _, who in grants.licences[it].holders)
        self._payers = {*scope.payers, *held, *(who for it in scope.sold for who in self._licensees[it])}
        self._served = {who for it in scope.sold for who in self._gateways[it]}

    def know(self, payer: str, gateway: str, dataset: int, license_: int | None) -> bool:
        """Say whether it is of the audit what these two say of a use of a dataset under a licence."""
        granted = self._grants.licences.get(license_ or 0)
        if payer in self._scope.payers or (granted is not None and granted.was_ever_held_by(payer)):
            return True
        is_near = payer in self._licensees[dataset] or gateway in self._gateways[dataset]
        return is_near and dataset in self._scope.sold

    def concern(self, payer: str, gateway: str) -> bool:
        """Say whether what these two hide may be of the audit."""
        return payer in self._payers or gateway in self._served
