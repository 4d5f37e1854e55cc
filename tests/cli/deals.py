"""Datasets, terms and licences in few words, for tests of the commands about them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Unpack

import pytest

from audiera.cli.terminal.session import Session
from audiera.client import Content
from audiera.client.contracts.events import DatasetRegistered, LicenseAcquired
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent, owed_ppm
from audiera.protocol.rights import Right
from audiera.protocol.splits import Split, payee_of
from audiera.protocol.terms import Terms
from tests.support.terms import TermsChanges, plain_terms

__all__ = ["MONTH", "Out", "Told", "make_terms", "register", "sell", "told"]

Out = pytest.CaptureFixture[str]

MONTH = 30 * 86_400  # seconds
WHOLE = 1_000_000


@dataclass(frozen=True, slots=True)
class Told:
    """What a command printed: its result, and everything else."""

    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    def listed(self, name: str) -> list[dict[str, Any]]:
        """A list of objects in the result."""
        found: list[dict[str, Any]] = json.loads(self.out)[name]
        return found


def told(capsys: Out) -> Told:
    """What was printed since the last time."""
    captured = capsys.readouterr()
    return Told(captured.out, captured.err)


def make_terms(**changes: Unpack[TermsChanges]) -> Terms:
    """Unless told otherwise: training and derivation, free and for ever."""
    usual: TermsChanges = {"rights": Right.Training | Right.Derivation, "text": sha256(b"a legal text").digest()}
    return plain_terms(**(usual | changes))


def register(owner: Session, kind: Kind = Kind.Samples, parents: tuple[Parent, ...] = ()) -> int:
    """Registers a dataset of the owner's, who has what its parents leave."""
    owed = owed_ppm(owner.client.datasets.address, parents)
    split = Split.of({**owed, payee_of(owner.me): WHOLE - sum(owed.values())})
    items, root = (0, bytes(32)) if kind is Kind.Catalogue else (1, b"\x01" * 32)
    content = Content(kind, 0, items, root, b"\x02" * 32)
    return owner.signing_client().datasets.register(content, split, parents).event(DatasetRegistered).id


def sell(owner: Session, dataset: int, terms: Terms, buyer: Session | None = None, price: int = 0) -> int:
    """Publishes terms, offers the dataset under them, and has the buyer, if any, take a licence; returns its number."""
    licenses = owner.signing_client().licenses
    licenses.publish_terms(terms)
    licenses.offer(dataset, terms.id(), price)
    if buyer is None:
        return 0
    receipt = buyer.signing_client().licenses.acquire(dataset, terms.id(), buyer.me)
    return receipt.event(LicenseAcquired).license_id
