"""Clients for roles on the suite as the client deploys it, and datasets, terms and offers in few words.

A conftest takes the fixtures by importing them: `from tests.support.studio import as_, node, studio`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Unpack

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3

from audiera.client import Audiera, Content, KeySigner, TxReceipt
from audiera.client.chain.node import Node, connect
from audiera.client.contracts import events
from audiera.client.deployment.deployments import Deployment
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent, owed_ppm
from audiera.protocol.rights import Right
from audiera.protocol.splits import Split, payee_of
from audiera.protocol.terms import Terms, TermsFlag
from tests.support.terms import TermsChanges, plain_terms

__all__ = ["As", "Client", "Studio", "as_", "content_of", "node", "some_terms", "studio"]

Client = Audiera[TxReceipt]

WHOLE = 1_000_000


class As(Protocol):
    """`as_("creator")` is the client of that role, rich in ETH."""

    def __call__(self, role: str) -> Client: ...


@pytest.fixture(scope="session")
def node(w3: Web3) -> Node:
    return connect(w3)


@pytest.fixture(scope="session")
def as_(w3: Web3, deployment: Deployment, new_account: Callable[[str], LocalAccount]) -> As:
    def client(role: str) -> Client:
        return Audiera.connect(w3, KeySigner(new_account(role)), deployment)

    return client


@dataclass(frozen=True, slots=True)
class Studio:
    """Makes datasets, terms and offers in few words."""

    creator: Client

    def split(self, parents: tuple[Parent, ...] = ()) -> Split:
        """What the parents are owed, and the creator the rest."""
        owed = owed_ppm(self.creator.datasets.address, parents)
        return Split.of({**owed, payee_of(self.creator.account): WHOLE - sum(owed.values())})

    def dataset(self, *, kind: Kind = Kind.Samples, parents: tuple[Parent, ...] = ()) -> int:
        content = content_of(kind)
        receipt = self.creator.datasets.register(content, self.split(parents), parents)
        return receipt.event(events.DatasetRegistered).id

    def offer(self, dataset: int, terms: Terms, price: int = 0) -> bytes:
        self.creator.licenses.publish_terms(terms)
        self.creator.licenses.offer(dataset, terms.id(), price)
        return terms.id()

    def license(self, dataset: int, terms_id: bytes, buyer: Client) -> int:
        receipt = buyer.licenses.acquire(dataset, terms_id, buyer.account)
        return receipt.event(events.LicenseAcquired).license_id


@pytest.fixture
def studio(as_: As) -> Studio:
    return Studio(as_("creator"))


def content_of(kind: Kind = Kind.Samples) -> Content:
    """Some content of a kind."""
    if kind is Kind.Catalogue:
        return Content(kind, 0, 0, bytes(32), b"\x02" * 32)
    return Content(kind, 0, 3, b"\x01" * 32, b"\x02" * 32)


def some_terms(**changes: Unpack[TermsChanges]) -> Terms:
    """Unless told otherwise: training and derivation for ever, in ETH, at 5 wei a call."""
    usual: TermsChanges = {
        "rights": Right.Training | Right.Derivation,
        "unit_price": 5,
        "flags": TermsFlag.DerivativesSurvive,
    }
    return plain_terms(**(usual | changes))
