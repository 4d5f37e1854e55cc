from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from audiera.client.journal.places import is_running, journal_path, me, private_folder, state_folder
from audiera.errors import StorageError


def test_state_is_where_the_user_says_else_where_the_system_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIERA_STATE", "/told")
    monkeypatch.setenv("XDG_STATE_HOME", "/xdg")
    monkeypatch.setenv("HOME", "/home/ada")
    told = state_folder()
    monkeypatch.delenv("AUDIERA_STATE")
    system = state_folder()
    monkeypatch.delenv("XDG_STATE_HOME")

    assert told == Path("/told")
    assert system == Path("/xdg/audiera")
    assert state_folder() == Path("/home/ada/.local/state/audiera")


def test_a_journal_is_named_by_chain_first_block_fork_and_account() -> None:
    genesis, fork = bytes(range(32)), bytes(range(32, 64))

    assert journal_path(Path("s"), 1, genesis, b"", "0xAda") == Path("s/journal/1-0001020304050607/0xAda.sqlite")
    assert journal_path(Path("s"), 1, genesis, fork, "0xAda") == Path(
        "s/journal/1-0001020304050607-fork-2021222324252627/0xAda.sqlite"
    )


def test_a_folder_is_for_its_user_alone(tmp_path: Path) -> None:
    private_folder(tmp_path / "state" / "journal")
    private_folder(tmp_path / "state" / "journal")

    assert (tmp_path / "state" / "journal").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")

    with pytest.raises(StorageError) as refused:
        private_folder(tmp_path / "state")

    assert str(refused.value) == (
        f"{tmp_path / 'state'} cannot be made (File exists), so nothing is sent: what is sent is written down there "
        "first. Choose another folder with AUDIERA_STATE."
    )


def test_a_state_in_which_nobody_can_say_that_he_runs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "running").mkdir()

    with pytest.raises(StorageError, match=r"running cannot be written \(Is a directory\); choose another folder\."):
        me(tmp_path)


@contextmanager
def another_process(state: Path) -> Iterator[str]:
    """The name of a process that runs until the block ends."""
    here, there = multiprocessing.get_context("fork").Pipe()
    process = multiprocessing.get_context("fork").Process(target=_name_itself, args=(there, state))
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("end")
        process.join()


def _name_itself(there: Connection, state: Path) -> None:
    there.send(me(state))
    there.recv()


def test_a_process_is_seen_to_run_until_it_ends(tmp_path: Path) -> None:
    with another_process(tmp_path) as other:
        seen = is_running(tmp_path, other)

    assert seen
    assert not is_running(tmp_path, other)
    assert other.partition("-")[0] != str(os.getpid())


def test_a_process_has_one_name_and_runs(tmp_path: Path) -> None:
    assert me(tmp_path) == me(tmp_path)
    assert me(tmp_path).startswith(f"{os.getpid()}-")
    assert is_running(tmp_path, me(tmp_path))
    assert (tmp_path / "running").stat().st_mode & 0o777 == 0o600


def test_an_earlier_process_of_the_same_number_does_not_run(tmp_path: Path) -> None:
    assert not is_running(tmp_path, f"{os.getpid()}-of-before")
