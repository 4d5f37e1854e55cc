"""Appending to a use log: whole, in order, whoever else appends and whatever ends the program."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audiera.errors import InputError, StorageError
from audiera.metering.files import read_log, use_line, write_log
from audiera.metering.journal import append_log
from tests.support.usage import make_uses

USES = make_uses(7, 3, 5)

APPENDING = """
import sys
from pathlib import Path
from audiera.metering.journal import append_log
from tests.support.usage import make_uses
log, licence, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
for number in range(rounds):
    append_log(log, make_uses(licence, number + 1, 40))
"""
"""A program that appends forty uses at a time."""


def appending(log: Path, licence: int, rounds: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", APPENDING, str(log), str(licence), str(rounds)])


def test_uses_are_appended_in_order_to_a_log_that_is_begun(tmp_path: Path) -> None:
    log, whole = tmp_path / "uses.jsonl", tmp_path / "whole.jsonl"

    counts = [append_log(log, USES[:2]), append_log(log, []), append_log(log, USES[2:])]

    write_log(whole, USES)
    assert counts == [2, 2, 5]
    assert log.read_bytes() == whole.read_bytes()
    assert sorted(tmp_path.iterdir()) == [log, whole]


def test_a_log_without_an_end_of_its_last_line_and_with_empty_ones_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "uses.jsonl"
    write_log(log, USES[:1])
    log.write_text("\n" + log.read_text().rstrip("\n"))

    assert append_log(log, USES[1:]) == 5
    assert list(read_log(log)) == USES


@pytest.mark.heavy
def test_programs_that_append_at_once_lose_nothing(tmp_path: Path) -> None:
    log = tmp_path / "uses.jsonl"

    programs = [appending(log, licence, 15) for licence in (1, 2, 3)]
    codes = [program.wait(timeout=120) for program in programs]

    lines = [use.line for use in read_log(log)]
    assert codes == [0, 0, 0]
    for licence in (1, 2, 3):
        mine = [dataset for its, dataset in lines if its == licence]
        assert mine == [number for number in range(1, 16) for _ in range(40)]


def test_a_log_that_was_replaced_or_removed_while_one_waited_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, other = tmp_path / "uses.jsonl", tmp_path / "other.jsonl"
    append_log(log, USES[:1])
    write_log(other, USES[:3])
    meanwhile: list[Callable[[], object]] = [lambda: other.replace(log), log.unlink, lambda: append_log(log, USES[:2])]
    lock = fcntl.flock

    def wait(file: int, operation: int) -> None:
        if meanwhile:
            meanwhile.pop(0)()
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", wait)

    assert append_log(log, USES[2:]) == 5
    assert list(read_log(log)) == USES


@pytest.mark.heavy
@pytest.mark.parametrize("after", [0.0, 0.003, 0.01, 0.02, 0.05])
def test_a_kill_leaves_all_of_what_was_given_or_nothing(tmp_path: Path, after: float) -> None:
    log = tmp_path / "uses.jsonl"
    program = appending(log, 1, 100_000)
    while not log.exists() or not log.stat().st_size:
        time.sleep(0.001)

    time.sleep(after)
    os.kill(program.pid, signal.SIGKILL)
    program.wait()

    count = len(list(read_log(log)))
    assert count
    assert count % 40 == 0
    assert append_log(log, USES) == count + 5


@pytest.mark.parametrize("per_cent", range(0, 100, 7))
def test_what_a_kill_left_of_an_append_is_no_part_of_a_log(tmp_path: Path, per_cent: int) -> None:
    log, begun = tmp_path / "uses.jsonl", tmp_path / ".uses.jsonl.begun"
    write_log(log, USES[:2])
    given = "".join(map(use_line, USES[2:])).encode()
    begun.write_bytes(f"{log.stat().st_size}\n".encode() + given)
    with log.open("ab") as file:
        file.write(given[: len(given) * per_cent // 100])

    before = list(read_log(log))
    count = append_log(log, USES[4:])

    assert before == USES[:2]
    assert count == 3
    assert list(read_log(log)) == [*USES[:2], *USES[4:]]
    assert sorted(tmp_path.iterdir()) == [log]


def test_what_was_written_since_is_not_taken_for_what_a_kill_left(tmp_path: Path) -> None:
    log, begun = tmp_path / "uses.jsonl", tmp_path / ".uses.jsonl.begun"
    write_log(log, USES[:3])
    begun.write_bytes(b"0\n" + use_line(USES[4]).encode())

    count = append_log(log, USES[3:])

    assert count == 5
    assert list(read_log(log)) == USES


@pytest.mark.parametrize("noise", [b"", b"-5\nuse", b"one\nuse", b"9" * 5_000])
def test_what_lies_beside_a_log_and_says_nothing_changes_nothing(tmp_path: Path, noise: bytes) -> None:
    log = tmp_path / "uses.jsonl"
    write_log(log, USES)
    (tmp_path / ".uses.jsonl.begun").write_bytes(noise)

    assert list(read_log(log)) == USES


def test_a_log_is_as_it_was_if_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "uses.jsonl"
    write_log(log, USES[:2])
    before, write = log.read_bytes(), os.pwrite
    left = [300, 0]

    def fill(descriptor: int, block: bytes, place: int) -> int:
        room = left.pop(0)
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, block[:room], place)

    monkeypatch.setattr(os, "pwrite", fill)

    with pytest.raises(StorageError, match=r"cannot be written \(No space left on device\)"):
        append_log(log, USES[2:])
    assert log.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [log]


def test_a_log_keeps_its_permissions_and_links_to_it_stay(tmp_path: Path) -> None:
    log, link = tmp_path / "uses.jsonl", tmp_path / "link.jsonl"
    append_log(log, USES[:1])
    log.chmod(0o640)
    link.symlink_to(log)

    append_log(link, USES[1:])

    assert link.is_symlink()
    assert log.stat().st_mode & 0o777 == 0o640
    assert list(read_log(log)) == USES


def test_what_is_no_use_log_stays_as_it_is(tmp_path: Path) -> None:
    torn, voucher = tmp_path / "torn.jsonl", tmp_path / "voucher.json"
    write_log(torn, USES[:2])
    torn.write_text(torn.read_text()[:-9])
    voucher.write_text('{\n  "chainId": "1"\n}\n')
    before = torn.read_bytes(), voucher.read_bytes()

    with pytest.raises(InputError, match=r"^Line 2 of .*torn\.jsonl is not a use \(.*\); see docs/formats\.md\.$"):
        append_log(torn, USES)
    with pytest.raises(InputError, match=r"^Line 1 of .*voucher\.json is not a use"):
        append_log(voucher, USES)

    assert (torn.read_bytes(), voucher.read_bytes()) == before


def test_a_use_that_cannot_be_hashed_is_not_appended(tmp_path: Path) -> None:
    log = tmp_path / "uses.jsonl"
    append_log(log, USES)
    before = log.read_bytes()

    with pytest.raises(InputError, match="is not a uint64"):
        append_log(log, [replace(USES[0], use=replace(USES[0].use, units=2**64))])

    assert log.read_bytes() == before


def test_where_nothing_can_be_written_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"none/uses\.jsonl cannot be written \(No such file or directory\); check"):
        append_log(tmp_path / "none" / "uses.jsonl", USES)
    with pytest.raises(StorageError, match=r"cannot be written \(Is a directory\)"):
        append_log(tmp_path, USES)


def test_a_pipe_in_the_place_of_a_log_is_not_waited_for(tmp_path: Path) -> None:
    """AUD-A54"""
    os.mkfifo(tmp_path / "log")

    with pytest.raises(StorageError, match=r"cannot be written \(Not a file\)"):
        append_log(tmp_path / "log", [])
