"""Health, readiness and figures."""

from __future__ import annotations

import time
from inspect import iscoroutinefunction
from pathlib import Path

import pytest
from sqlalchemy import create_engine, update

from audiera.gateway import create_app
from audiera.gateway.routes.watching import health, readiness
from audiera.gateway.tables import BATCHES
from tests.support.explorer import serving
from tests.support.gateway import PRICE, Payer, Venue


def figures(payer: Payer) -> dict[str, float]:
    """The figures by their names, labels included."""
    lines = [it.rpartition(" ") for it in payer.server.page("/metrics").splitlines() if not it.startswith("#")]
    return {name.removeprefix("audiera_gateway_"): float(value) for name, _, value in lines}


def age_of(journal: Path, seconds: int) -> None:
    """Have every batch be so old."""
    engine = create_engine(f"sqlite:///{journal}")
    with engine.begin() as connection:
        connection.execute(update(BATCHES).values(opened_at=int(time.time()) - seconds))
    engine.dispose()


def test_a_gateway_that_runs_is_healthy_and_ready(payer: Payer) -> None:
    payer.venue.read()

    assert payer.server.page("/healthz") == "ok\n"
    assert payer.server.json("/readyz") == {"ready": True, "reasons": []}


def test_a_gateway_whose_threads_all_wait_is_healthy() -> None:
    assert iscoroutinefunction(health)  # which takes no thread
    assert not iscoroutinefunction(readiness)  # which asks databases


def test_the_figures_tell_what_was_granted_refused_and_held(payer: Payer, tmp_path: Path) -> None:
    payer.venue.read()
    payer.access([0, 1])
    payer.access([2])
    payer.access([0], license="99")
    age_of(tmp_path / "journal.db", 100)

    found = figures(payer)

    assert (found["accesses_total"], found["uses_total"]) == (2, 3)
    assert found['refusals_total{code="license_unknown"}'] == 1
    assert 100 <= found["oldest_unsettled_seconds"] < 200
    assert (found['batches{state="open"}'], found['batches{state="closed"}']) == (1, 0)
    assert found[f'held{{token="{payer.venue.usdc}"}}'] == 3 * PRICE
    assert found['journal_group_size_bucket{le="+Inf"}'] == found["journal_group_size_count"] >= 2
    assert found["journal_group_size_sum"] >= 2
    assert 0 <= found["index_age_seconds"] < 300


@pytest.mark.parametrize(("index_age", "head_age"), [(-1, 1_000), (1_000, 50)])
def test_a_gateway_whose_index_is_old_or_whose_heads_stay_is_not_ready(
    own_venue: Venue, tmp_path: Path, index_age: int, head_age: int
) -> None:
    settings = own_venue.settings(tmp_path / "journal.db", index_age=index_age, head_age=head_age)
    with serving(create_app(settings)) as server:
        payer = Payer(own_venue, server)
        payer.access([0])
        age_of(tmp_path / "journal.db", 100)

        answer = server.get("/readyz")

    (reason,) = answer.json()["reasons"]
    assert (answer.status, answer.json()["ready"]) == (503, False)
    assert reason.startswith("The index had no news" if index_age < 0 else "A head is unsettled for 10")


def test_a_head_that_comes_to_nothing_may_stay(own_venue: Venue, tmp_path: Path) -> None:
    with serving(create_app(own_venue.settings(tmp_path / "journal.db", head_age=50))) as server:
        payer = Payer(own_venue, server)
        payer.go_free()
        payer.access([0])
        age_of(tmp_path / "journal.db", 100)

        found, answer = figures(payer), server.get("/readyz")

    assert (found["oldest_unsettled_seconds"], found['batches{state="open"}']) == (0, 1)
    assert answer.status == 200
