"""Served logs: whole whatever ends the process, and counted over all processes of a run."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from audiera.errors import InputError, StorageError
from audiera.protocol import ServedTree
from audiera.runs import ServedLog, read_served

ITEM, OTHER = b"\x11" * 32, b"\x22" * 32

SERVING = """
import sys
from pathlib import Path
from audiera.runs import ServedLog
log = ServedLog(Path(sys.argv[1]), "rank0-worker0")
for number in range(1, 1 << 20):
    log.add(1, 1, number.to_bytes(32, "big"))
    print(number, flush=True)
"""
"""A program that serves items and says which it has written down."""


def test_items_are_counted_over_all_processes_of_a_run(tmp_path: Path) -> None:
    with ServedLog(tmp_path / "run", "rank0-worker0") as first, ServedLog(tmp_path / "run", "rank1-worker0") as second:
        first.add(1, 1, ITEM)
        first.add(2, 3, OTHER)
        second.add(1, 1, ITEM)

    assert read_served(tmp_path / "run") == {(1, 1, ITEM): 2, (2, 3, OTHER): 1}


def test_a_process_goes_on_in_its_file(tmp_path: Path) -> None:
    for _ in range(2):
        with ServedLog(tmp_path, "one") as log:
            log.add(1, 1, ITEM)

    assert read_served(tmp_path) == {(1, 1, ITEM): 2}
    assert (tmp_path / "one.served").read_bytes() == 2 * f"1 1 {ITEM.hex()}\n".encode()


@pytest.mark.parametrize("left", [1, 40, 68])
def test_a_line_that_was_torn_counts_for_nothing_and_is_cut_off(tmp_path: Path, left: int) -> None:
    with ServedLog(tmp_path, "one") as log:
        log.add(1, 1, ITEM)
        log.add(1, 1, OTHER)
    os.truncate(log.path, 69 + left - 1)

    torn = read_served(tmp_path)
    with ServedLog(tmp_path, "one") as log:
        log.add(2, 1, OTHER)

    assert torn == {(1, 1, ITEM): 1}
    assert read_served(tmp_path) == {(1, 1, ITEM): 1, (2, 1, OTHER): 1}


def test_a_name_is_of_one_process_at_a_time(tmp_path: Path) -> None:
    with ServedLog(tmp_path, "one") as log, pytest.raises(InputError) as caught:
        ServedLog(tmp_path, "one")

    assert str(caught.value) == f"Another process writes to {log.path}; give each its name."


@pytest.mark.parametrize("name", ["", "../one", ".hidden", "a b", "x" * 101])
def test_names_that_are_no_file_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"names no process; use letters, digits, dots, hyphens and underscores\."):
        ServedLog(tmp_path / "run", name)

    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("dataset", "version", "item"), [(0, 1, ITEM), (1, 0, ITEM), (1, 1, b"\x11"), (-1, 1, ITEM)])
def test_what_is_no_item_is_not_written_down(tmp_path: Path, dataset: int, version: int, item: bytes) -> None:
    with ServedLog(tmp_path, "one") as log, pytest.raises(InputError, match="are no dataset, version and leaf"):
        log.add(dataset, version, item)

    assert read_served(tmp_path) == {}


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"1 1 zz\n",
        b"1 1 " + b"1" * 63 + b"\n",
        b"4294967296 1 " + b"1" * 64 + b"\n",
        b"1 65536 " + b"1" * 64 + b"\n",
    ],
    ids=["empty", "no hash", "short", "no dataset", "no version"],
)
def test_a_line_that_no_log_has_is_refused(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "one.served").write_bytes(f"1 1 {ITEM.hex()}\n".encode() + line)

    with pytest.raises(StorageError) as caught:
        read_served(tmp_path)

    path = tmp_path / "one.served"
    assert str(caught.value) == f"{path} has a line that names no item; restore it, or take it away."


def test_a_line_without_an_end_is_not_read_for_ever(tmp_path: Path) -> None:
    (tmp_path / "one.served").write_bytes(b"1" * 10_000)

    with pytest.raises(StorageError, match=r"one\.served cannot be read \(A line is too long\); restore it\."):
        read_served(tmp_path)


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_served(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageError, match=r"file/one\.served cannot be written \(File exists\); see to that"):
        ServedLog(tmp_path / "file", "one")


@pytest.mark.parametrize("is_short", [True, False], ids=["a part is written", "nothing is written"])
def test_a_full_disk_stops_what_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_short: bool) -> None:
    write: Callable[[int, bytes], int] = os.write

    def full(file: int, data: bytes) -> int:
        if is_short:
            return write(file, data[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with ServedLog(tmp_path, "one") as log:
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(StorageError, match=r"one\.served cannot be written \([Nn]o space"):
            log.add(1, 1, ITEM)

    assert read_served(tmp_path) == {}


def test_served_trees_are_the_same_whatever_order_items_come_in() -> None:
    times = {(2, 1, OTHER): 1, (1, 1, ITEM): 3}

    tree, turned = ServedTree.of(times), ServedTree.of(dict(reversed(times.items())))

    assert tree == turned
    assert tree.times() == times
    assert [it.dataset for it in tree.served] == [1, 2]


@pytest.mark.parametrize("times", [{}, {(1, 1, ITEM): 0}], ids=["nothing", "never"])
def test_there_is_no_tree_of_what_was_not_served(times: dict[tuple[int, int, bytes], int]) -> None:
    with pytest.raises(InputError, match=r"there is no tree of it|has no place in the tree"):
        ServedTree.of(times)


@pytest.mark.heavy
def test_a_killed_process_has_written_down_all_that_it_served(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVING, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout
        served = [int(process.stdout.readline()) for _ in range(500)]
        process.send_signal(signal.SIGKILL)
        served += map(int, process.stdout.read().split())

    found = read_served(tmp_path)

    assert {number.to_bytes(32, "big") for number in served} <= {item for _, _, item in found}
    assert set(found.values()) == {1}
    assert len(found) - len(served) in (0, 1)
