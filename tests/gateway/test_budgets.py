"""What all processes over one journal spend together: decided where it is written down, so that none overshoots."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from audiera.client import Signer
from audiera.gateway import Limits, Relaying, Uploading, relay
from audiera.gateway.access import Desk
from audiera.gateway.journal import Journal
from audiera.gateway.problems import Code, Problem
from audiera.gateway.relay import Relay
from audiera.gateway.uploads import Uploads
from audiera.storage import Store
from tests.support.postgres import new_postgres, postgres_server

__all__ = ["new_postgres", "postgres_server"]

ACCOUNT = "0x" + "11" * 20
MOST = 5
NOBODY = cast("Signer", None)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def desks(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Desk]]:
    """What two processes have of one journal."""
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    if request.param == "postgres":
        create: Callable[[], str] = request.getfixturevalue("new_postgres")
        url = create()
    journals = [Journal(url, chain_id=1, ledger=ACCOUNT, gateway=ACCOUNT) for _ in range(2)]
    settings = SimpleNamespace(limits=Limits())
    told = {"settings": settings, "index": nullcontext, "domain": SimpleNamespace(chain_id=1)}
    yield [cast("Desk", SimpleNamespace(journal=it, **told)) for it in journals]
    for it in journals:
        it.close()


def outcomes(ways: list[Callable[[], object]]) -> list[str]:
    """What becomes of each, half of them at one process and half at the other."""

    def one(number: int) -> str:
        try:
            ways[number % len(ways)]()
        except Problem as problem:
            return problem.code
        return "done"

    with ThreadPoolExecutor(16) as pool:
        return sorted(pool.map(one, range(32)))


def test_processes_take_no_more_bytes_together_than_one_would(desks: list[Desk], tmp_path: Path) -> None:
    """AUD-G5"""
    store, uploading = Store.open(str(tmp_path / "store")), Uploading(folder=tmp_path / "parts", total=MOST, open=99)
    ours = [Uploads(it, uploading, store) for it in desks]

    def begin(it: Uploads) -> Callable[[], object]:
        return lambda: it.begin(f"0x{secrets.token_hex(20)}", secrets.token_bytes(32), 1, private=False)

    assert outcomes([begin(it) for it in ours]) == ["done"] * MOST + [Code.QUOTA_EXHAUSTED] * (32 - MOST)


@pytest.mark.parametrize(
    "relaying",
    [
        Relaying(signer=NOBODY, budget=MOST * 10),
        Relaying(signer=NOBODY, account=MOST),
        Relaying(signer=NOBODY, address=MOST),
    ],
    ids=["gas", "account", "address"],
)
def test_processes_pay_for_no_more_calls_together_than_one_would(
    desks: list[Desk], monkeypatch: pytest.MonkeyPatch, relaying: Relaying
) -> None:
    """AUD-G5"""
    monkeypatch.setattr(relay, "suite_of", lambda _: {})
    ours = [Relay(it, relaying, "") for it in desks]
    signed: Any = SimpleNamespace(call=SimpleNamespace(account=ACCOUNT), to_json=lambda: "{}")

    def take(it: Relay) -> Callable[[], object]:
        return lambda: it._take(f"0x{secrets.token_hex(32)}", signed, "192.0.2.1", 10)

    assert outcomes([take(it) for it in ours]) == ["done"] * MOST + [Code.RATE_LIMITED] * (32 - MOST)
