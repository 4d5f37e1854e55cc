"""The journal's one thread that writes."""

from pathlib import Path

import pytest

from audiera.gateway.journal import Journal
from audiera.gateway.problems import Code, Problem

ACCOUNT = "0x" + "11" * 20


def test_a_pool_without_a_connection_refuses_a_write_and_the_next_one_is_written(tmp_path: Path) -> None:
    journal = Journal(f"sqlite:///{tmp_path / 'journal.db'}", chain_id=1, ledger=ACCOUNT, gateway=ACCOUNT)
    journal.engine.pool._timeout = 0.2  # type: ignore[attr-defined]  # 30 seconds, unless told
    held = [journal.engine.connect() for _ in range(15)]

    with pytest.raises(Problem) as refused:
        journal.write((), lambda _: None)
    for each in held:
        each.close()

    assert refused.value.code is Code.UNAVAILABLE
    assert journal.write((), lambda _: "written") == "written"
    journal.close()


def test_what_one_write_refuses_keeps_none_of_the_others_back(tmp_path: Path) -> None:
    journal = Journal(f"sqlite:///{tmp_path / 'journal.db'}", chain_id=1, ledger=ACCOUNT, gateway=ACCOUNT)

    def refuse(_: object) -> None:
        raise Problem(Code.CONFLICT, "No.")

    with pytest.raises(Problem, match=r"No\."):
        journal.write((), refuse)

    assert journal.write((), lambda _: 1) == 1
    journal.close()
