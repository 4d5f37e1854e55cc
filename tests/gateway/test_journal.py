"""The journal, to which one thread at a time writes what many want written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import OperationalError

from audiera.errors import InputError
from audiera.gateway.journal import Journal
from audiera.gateway.problems import Code, Problem
from audiera.gateway.tables import JOURNAL
from audiera.indexer import open_index, upgrade, writing

ACCOUNT = "0x" + "11" * 20


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(f"sqlite:///{tmp_path / 'journal.db'}", chain_id=1, ledger=ACCOUNT, gateway=ACCOUNT)
    yield made
    made.close()


def refuse(_: object) -> None:
    raise Problem(Code.CONFLICT, "No.")


def wait_for(journal: Journal, count: int) -> None:
    """Wait until so many stand in line."""
    while len(journal._line) < count:
        threading.Event().wait(0.01)


def test_a_pool_without_a_connection_refuses_a_write_and_the_next_one_is_written(journal: Journal) -> None:
    journal.engine.pool._timeout = 0.2  # type: ignore[attr-defined]  # 30 seconds, unless told
    held = [journal.engine.connect() for _ in range(15)]

    with pytest.raises(Problem) as refused:
        journal.write((), lambda _: None)
    for each in held:
        each.close()

    assert refused.value.code is Code.UNAVAILABLE
    assert journal.write((), lambda _: "written") == "written"


def test_what_is_no_database_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Some notes, and no database.\n" * 100)

    with pytest.raises(InputError, match=r"cannot be opened \(file is not a database\); see to that, or name another"):
        Journal(f"sqlite:///{file}", chain_id=1, ledger=ACCOUNT, gateway=ACCOUNT)

    assert file.read_text() == "Some notes, and no database.\n" * 100


def test_what_one_write_refuses_keeps_none_of_the_others_back(journal: Journal) -> None:
    with pytest.raises(Problem, match=r"No\."):
        journal.write((), refuse)

    assert journal.write((), lambda _: 1) == 1


def test_what_comes_while_one_writes_is_written_together_and_each_hears_of_its_own(journal: Journal) -> None:
    go_on, order = threading.Event(), list[str]()

    def noted(name: str) -> str:
        order.append(name)
        return name

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(journal.write, (), lambda _: go_on.wait(10))
        wait_for(journal, 1)
        others = [pool.submit(journal.write, (it,), lambda _, it=it: noted(it)) for it in "dbca"]
        refused = pool.submit(journal.write, ("e",), refuse)
        wait_for(journal, 6)
        go_on.set()

        assert first.result(10) is True
        assert [it.result(10) for it in others] == ["d", "b", "c", "a"]
        with pytest.raises(Problem, match=r"No\."):
            refused.result(10)

    assert order == ["a", "b", "c", "d"]
    assert (journal.groups.counts[:4], journal.groups.sum) == ([1, 0, 0, 1], 6)
    assert journal.write((), lambda _: 1) == 1


def test_a_thread_that_is_ended_while_it_writes_for_others_leaves_none_of_them_waiting(journal: Journal) -> None:
    go_on = threading.Event()

    def ended(_: object) -> None:
        go_on.wait(10)
        raise KeyboardInterrupt

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(journal.write, (), lambda _: go_on.wait(10))
        wait_for(journal, 1)
        second = pool.submit(journal.write, ("a",), ended)
        wait_for(journal, 2)
        third = pool.submit(journal.write, ("b",), lambda _: "written")
        wait_for(journal, 3)
        go_on.set()

        assert first.result(10) is True
        with pytest.raises(KeyboardInterrupt):
            second.result(10)
        with pytest.raises(Problem) as unavailable:
            third.result(10)

    assert unavailable.value.code is Code.UNAVAILABLE
    assert journal.write((), lambda _: 1) == 1


def test_ctrl_c_of_one_that_waits_leaves_nobody_behind_it_waiting(journal: Journal) -> None:
    go_on, before = threading.Event(), signal.signal(signal.SIGINT, signal.default_int_handler)
    main = threading.main_thread().ident or 0

    def ctrl_c() -> None:
        wait_for(journal, 2)
        signal.pthread_kill(main, signal.SIGINT)

    try:
        with ThreadPoolExecutor(8) as pool:
            first = pool.submit(journal.write, (), lambda _: go_on.wait(10))
            wait_for(journal, 1)
            pool.submit(ctrl_c)
            with pytest.raises(KeyboardInterrupt):
                journal.write(("a",), lambda _: "left")
            third = pool.submit(journal.write, ("b",), lambda _: "written")
            wait_for(journal, 3)
            go_on.set()

            assert (first.result(10), third.result(10)) == (True, "written")
    finally:
        signal.signal(signal.SIGINT, before)
    assert journal.write((), lambda _: 1) == 1


def test_where_nothing_can_begin_all_who_wait_hear_of_it_at_once(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, tries = threading.Event(), list[int]()

    def locked() -> AbstractContextManager[Connection]:
        tries.append(1)
        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(journal.write, (), lambda _: go_on.wait(10))
        wait_for(journal, 1)
        others = [pool.submit(journal.write, (), lambda _: "written") for _ in range(5)]
        wait_for(journal, 6)
        monkeypatch.setattr(journal._writers, "one", locked)
        go_on.set()
        assert first.result(10) is True
        refused = [it.exception(10) for it in others]

    assert [it.code for it in refused if isinstance(it, Problem)] == [Code.UNAVAILABLE] * 5
    assert len(tries) == 1


def test_an_index_is_no_journal_and_gets_no_tables_of_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/index.db"
    index = open_index(url)
    with writing(index) as connection:
        upgrade(connection)

    with pytest.raises(InputError) as refused:
        Journal(url, chain_id=1, ledger=ACCOUNT, gateway=ACCOUNT)

    assert str(refused.value) == f"{url} is an index; give the journal a database of its own."
    assert not inspect(index).has_table(JOURNAL.name)
    index.dispose()
