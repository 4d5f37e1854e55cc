"""Copies of a journal, taken while it is written to."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from audiera.errors import InputError
from audiera.gateway import complain, copy_journal, copying
from audiera.gateway.copying import Copied
from audiera.gateway.journal import Journal
from audiera.gateway.tables import COMPLAINTS, METADATA
from audiera.indexer import open_index

ACCOUNT = "0x" + "11" * 20
_COMPLAINT = {"who": "Ada", "what": "1", "why": "Mine.", "at": 0}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(f"sqlite:///{tmp_path / 'journal.db'}", chain_id=1, ledger=ACCOUNT, gateway=ACCOUNT)
    yield made
    made.close()


def complaints(file: Path) -> int:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        return int(connection.execute("SELECT count(*) FROM complaints").fetchone()[0])


def test_a_copy_has_what_was_written_last_and_is_one_file(journal: Journal, tmp_path: Path) -> None:
    journal.write((), lambda it: complain(it, "Ada", "Dataset 1", "Mine."))

    copied = copy_journal(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path / "copy.db")
    with_copy = {it.name for it in tmp_path.iterdir() if not it.name.startswith("journal.db")}

    assert (copied.gateway, copied.chain_id, copied.batches, copied.accesses) == (ACCOUNT, 1, 0, 0)
    assert copied.size == (tmp_path / "copy.db").stat().st_size
    assert with_copy == {"copy.db"}
    assert complaints(tmp_path / "copy.db") == 1


def test_a_copy_that_is_brought_back_goes_on_as_the_journal(journal: Journal, tmp_path: Path) -> None:
    journal.write((), lambda it: complain(it, "Ada", "Dataset 1", "Mine."))
    copy_journal(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path / "copy.db")

    again = Journal(f"sqlite:///{tmp_path / 'copy.db'}", chain_id=1, ledger=ACCOUNT, gateway=ACCOUNT)
    again.write((), lambda it: complain(it, "Ada", "Dataset 2", "Mine."))
    again.close()

    assert complaints(tmp_path / "copy.db") == 2


def test_writers_go_on_while_copies_are_taken_each_of_which_sees_one_moment(journal: Journal, tmp_path: Path) -> None:
    done = threading.Event()

    def pairs() -> None:
        while not done.is_set():
            journal.write((), lambda it: it.execute(insert(COMPLAINTS), [_COMPLAINT] * 2))

    writer = threading.Thread(target=pairs)
    writer.start()
    try:
        for number in range(10):
            copy_journal(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path / f"{number}.db")
    finally:
        done.set()
        writer.join()
    counts = [complaints(tmp_path / f"{it}.db") for it in range(10)]

    assert all(it % 2 == 0 for it in counts)
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


def test_a_plain_copy_of_a_new_journal_has_its_tables(journal: Journal, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "journal.db", tmp_path / "plain.db")

    with sqlite3.connect(tmp_path / "plain.db") as connection:
        names = {it for (it,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    assert names >= set(METADATA.tables)
    assert journal.write((), lambda _: 1) == 1


def test_no_file_is_replaced_least_of_all_the_journal_itself(journal: Journal, tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    before = file.read_bytes()

    with pytest.raises(InputError, match=r"There is a \S+ already; name a file that is not there"):
        copy_journal(f"sqlite:///{file}", file)

    assert file.read_bytes() == before
    assert journal.write((), lambda _: 1) == 1


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_a_file_that_appears_meanwhile_is_not_replaced(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    file, copied = tmp_path / "copy.db", copying._copied

    def slow(connection: sqlite3.Connection, beside: Path) -> Copied:
        file.write_text("Mine.")
        return copied(connection, beside)

    forbid_links(monkeypatch, links)
    monkeypatch.setattr(copying, "_copied", slow)
    with pytest.raises(InputError, match=r"There is a \S+ already; name a file that is not there"):
        copy_journal(f"sqlite:///{tmp_path / 'journal.db'}", file)

    assert file.read_text() == "Mine."
    assert not list(tmp_path.glob(".audiera.*"))
    assert journal.write((), lambda _: 1) == 1


def test_a_copy_is_made_where_there_are_no_links(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.write((), lambda it: complain(it, "Ada", "Dataset 1", "Mine."))

    forbid_links(monkeypatch, False)
    copy_journal(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path / "copy.db")

    assert complaints(tmp_path / "copy.db") == 1
    assert not list(tmp_path.glob(".audiera.*"))


def forbid_links(monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    if not links:
        monkeypatch.setattr("audiera.gateway.copying.os.link", refuse)


def test_what_is_no_journal_is_not_copied_and_leaves_nothing(tmp_path: Path) -> None:
    engine = open_index(f"sqlite:///{tmp_path / 'other.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (text)")
        connection.commit()
    engine.dispose()

    with pytest.raises(InputError, match=r"cannot be copied \(no such table: journal\)"):
        copy_journal(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "copy.db")
    with pytest.raises(InputError, match=r"cannot be copied \(unable to open database file\)"):
        copy_journal(f"sqlite:///{tmp_path / 'none.db'}", tmp_path / "copy.db")

    assert not [it.name for it in tmp_path.iterdir() if not it.name.startswith("other.db")]


def test_a_damaged_journal_is_told_of_and_not_copied(journal: Journal, tmp_path: Path) -> None:
    journal.write((), lambda it: it.execute(insert(COMPLAINTS), [_COMPLAINT | {"why": "Mine. " * 50}] * 2_000))
    journal.close()
    file = tmp_path / "journal.db"
    data = bytearray(file.read_bytes())
    data[-40_000:-8_000] = bytes(32_000)
    file.write_bytes(data)

    with pytest.raises(InputError, match="cannot be copied"):
        copy_journal(f"sqlite:///{file}", tmp_path / "copy.db")

    assert not [it.name for it in tmp_path.iterdir() if not it.name.startswith("journal.db")]


def test_a_copy_that_cannot_be_whole_is_none(journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("audiera.gateway.copying.os.fsync", full)
    with pytest.raises(InputError, match=r"copy\.db cannot be written \(No space left on device\); name another place"):
        copy_journal(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path / "copy.db")
    monkeypatch.undo()

    assert {it.name for it in tmp_path.iterdir()} == {"journal.db", "journal.db-shm", "journal.db-wal"}
    assert journal.write((), lambda _: 1) == 1


def test_a_journal_in_postgresql_is_left_to_pg_dump(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"pg_dump --format=custom --file=FILE URL, and pg_restore"):
        copy_journal("postgresql://nobody@localhost/journal", tmp_path / "copy.db")
