"""A pull that is killed at each step that leaves something behind, and run again: nothing is paid twice or lost.

AUD-B3
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from audiera.consumer import waiting
from audiera.gateway import create_app
from audiera.gateway.tables import BATCHES
from audiera.metering import append_log
from audiera.protocol import Right
from audiera.remote import Remote
from audiera.storage import fetch
from audiera.text import replace_file
from tests.support.consumer import Asking, priced, result_of, run
from tests.support.explorer import serving
from tests.support.gateway import Venue

Words = Callable[..., list[str]]

SECOND = 700
KILLED = 77


def dying(step: int) -> None:
    """Has this process die before or after the given one of the steps that leave something behind."""
    steps = count(1)

    def between(call: Callable[..., Any], chosen: Callable[..., bool] = lambda *_: True) -> Callable[..., Any]:
        def called(*given: Any, **named: Any) -> Any:  # noqa: ANN401  # whatever it takes
            if not chosen(*given):
                return call(*given, **named)
            if next(steps) == step:
                os._exit(KILLED)
            done = call(*given, **named)
            if next(steps) == step:
                os._exit(KILLED)
            return done

        return called

    patch = pytest.MonkeyPatch()
    patch.setattr("audiera.consumer.keeping.replace_file", between(replace_file))
    patch.setattr("audiera.consumer.keeping.append_log", between(append_log))
    patch.setattr("audiera.consumer.fetching.fetch", between(fetch))
    patch.setattr(Remote, "_once", between(Remote._once, lambda *given: given[2] == "/v1/access"))
    patch.setattr(waiting, "_POLL", 0.05)


def killed_at(step: int, words: list[str]) -> bool:
    """Runs a command in a process of its own that dies at a step; says whether it came to that."""
    child = os.fork()
    if child == 0:
        try:
            dying(step)
            code = run(*words).exit_code
        except BaseException:  # noqa: BLE001  # nothing of the test goes on in this process
            code = 99
        os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, KILLED), code
    return code == KILLED


@pytest.mark.heavy
@pytest.mark.usefixtures("together")
def test_a_pull_of_files_that_come_together_goes_on_without_paying_twice(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    test_a_pull_that_dies_anywhere_goes_on_without_paying_twice(own_venue, asking, words, tmp_path)


@pytest.mark.heavy
def test_a_pull_that_dies_anywhere_goes_on_without_paying_twice(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    own_venue.sell(priced(own_venue, unit_price=SECOND, rights=Right.Inference))
    own_venue.read()

    for step in count(1):
        asking.folder = tmp_path / f"music-{step}"
        journal = tmp_path / f"journal-{step}.db"
        with serving(create_app(own_venue.settings(journal, explorer=False))) as server:
            told = words(server.url, "--max-exposure", "0.0014 MUSD", right="inference", spend="0.0021 MUSD")
            killed = killed_at(step, told)
            result_of(run(*told))

        assert asking.files() == asking.all
        engine = create_engine(f"sqlite:///{journal}")
        with engine.connect() as connection:
            taken = [(int(it.number), int(it.amount), int(it.calls)) for it in connection.execute(select(BATCHES))]
        engine.dispose()
        kept = [(it.voucher.batch, it.voucher.amount, it.voucher.calls) for it in asking.heads()]
        assert taken == kept
        assert sum(amount for _, amount, _ in taken) == SECOND * len(asking.all), step
        if not killed:
            break
    assert step > 20
