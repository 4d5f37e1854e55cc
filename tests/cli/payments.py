"""What the tests of `royalty` do again and again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audiera.cli.royalty import claim as royalty_claim
from audiera.cli.royalty import send as royalty_send
from audiera.cli.royalty.show import Subject
from audiera.cli.terminal.session import Session
from audiera.client import Content
from audiera.client.contracts.events import DatasetRegistered
from audiera.protocol.ids import name_key
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent, owed_ppm
from audiera.protocol.splits import Split, payee_of

Out = pytest.CaptureFixture[str]
KEY = name_key("Pavel Brandt")

__all__ = ["KEY", "claim", "dataset", "pay", "told"]


def dataset(owner: Session, ppm: dict[bytes, int], parents: tuple[Parent, ...] = ()) -> int:
    """Registers a dataset with this split, the parents' part taken off nobody: it must be in there."""
    split = Split.of({**ppm, **owed_ppm(owner.client.datasets.address, parents)})
    content = Content(Kind.Samples, 0, 1, b"\x01" * 32, b"\x02" * 32)
    receipt = owner.signing_client().datasets.register(content, split, parents)
    return receipt.event(DatasetRegistered).id


def pay(payer: Session, number: int, amount: str) -> None:
    royalty_send.pay(payer, payer.client.datasets.account_of(number), f"dataset {number}", amount)


def claim(session: Session, *, payee: bytes | None = None, of: str | None = None) -> None:
    subject = Subject.of(session, of) if of else None
    royalty_claim.claim(session, payee or payee_of(session.me), subject)


def told(capsys: Out) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found
