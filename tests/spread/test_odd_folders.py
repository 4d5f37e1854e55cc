"""Parts of what is split unevenly, changes, or comes from elsewhere."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from audiera.errors import InputError
from audiera.folder import Duplicates, ScanOptions, scan
from audiera.spread import Part, Slice, Task, open_parts, scan_part
from audiera.spread.rows import read_rows
from audiera.spread.scanning import _here
from tests.support.console import audiera
from tests.support.music import write_tone
from tests.support.permissions import forbidden
from tests.support.places import ROOT

LENIENT = ScanOptions(skip_bad=True, duplicates=Duplicates.KEEP_FIRST)
PROGRAM = "from audiera.cli.main import main; main()"


@pytest.fixture
def music(tmp_path: Path) -> Path:
    for number in range(7):
        write_tone(tmp_path / "music" / f"{number}.wav", hertz=300 + number, frames=400)
    return tmp_path / "music"


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    return tmp_path / "parts"


def said(*words: object) -> str:
    told = audiera("scan", *words)
    return told.stdout.partition("\n")[0] or told.stderr


def begun(music: Path, parts: Path, part: str) -> "subprocess.Popen[bytes]":
    """The command as a process of its own."""
    words = ["scan", str(music), "--part", part, "--out", str(parts), "--workers", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *words], env=environment, stdout=subprocess.DEVNULL)


def test_more_parts_than_files_leave_parts_without_any(music: Path, parts: Path) -> None:
    told = [said(music, "--part", f"{number}/20", "--out", parts) for number in range(1, 21)]

    found = Counter(told[number].partition(": ")[2] for number in range(20))
    empty = found["0 files, 0 of them items, 0 in the way, 0 read before."]
    assert 13 <= empty < 20
    assert sum(int(line.split()[0]) * count for line, count in found.items()) == 7
    assert open_parts(parts).scan(music, LENIENT).files == scan(music).files


def test_a_file_larger_than_a_slice_may_be_is_a_slice(
    music: Path, parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    giant = write_tone(music / "3 giant.wav", frames=100_000)
    monkeypatch.setattr("audiera.spread.slices._BYTES", 10_000)

    scan_part(Task(str(music)), Part(1, 1), parts)

    rows = {path: [name for name, _, _ in read_rows(path) or ()] for path in parts.rglob("*.jsonl")}
    assert sorted(rows.values()) == [
        ["0.wav", "1.wav", "2.wav"],
        [giant.name],
        ["3.wav", "4.wav", "5.wav", "6.wav"],
    ]
    assert open_parts(parts).scan(music, LENIENT).files == scan(music).files


@pytest.mark.parametrize("count", [1, 2, 5])
def test_names_that_are_one_in_nfc_are_found_by_one_part(music: Path, parts: Path, count: int) -> None:
    for number in range(8):
        write_tone(music / f"{number}\u00c9.wav", hertz=400 + number)
        write_tone(music / f"{number}E\u0301.wav", hertz=500 + number)

    for number in range(1, count + 1):
        scan_part(Task(str(music)), Part(number, count), parts)

    found = open_parts(parts).scan(music, LENIENT)
    assert found.files == scan(music, LENIENT).files
    assert [str(it) for it in found.left_out] == [
        f"{number}\u00c9.wav is the name of 2 files, coded in different ways; rename all but one" for number in range(8)
    ]


@pytest.mark.parametrize("change", [Path.unlink, Path.touch], ids=["vanishes", "is written to"])
def test_a_file_that_changes_between_two_parts_is_told_of(music: Path, parts: Path, change: object) -> None:
    said(music, "--part", "1/2", "--out", parts)
    change(music / "3.wav")  # type: ignore[operator]  # either of them is called with a path

    assert said(music, "--part", "2/2", "--out", parts) == (
        f"Error: {parts} has parts of another listing: files were added, removed or changed since; name another --out, "
        "or empty it.\n"
    )


def test_a_file_that_vanishes_while_a_part_is_read_is_a_problem_until_it_is_there_again(
    music: Path, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path / "away.wav"
    monkeypatch.setattr("audiera.spread.slices._FILES", 2)

    def vanish(task: Task, slices: Sequence[Slice]) -> Iterator[tuple[Slice, bytes]]:
        shutil.move(music / "3.wav", away)
        return _here(None, task, slices)

    first = scan_part(Task(str(music)), Part(1, 1), parts, run=vanish)
    told = [str(it) for it in open_parts(parts).scan(music, LENIENT).left_out]
    shutil.move(away, music / "3.wav")
    again = scan_part(Task(str(music)), Part(1, 1), parts)

    assert (first.items, first.problems) == (6, 1)
    assert told == ["3.wav cannot be read (No such file or directory); it is gone, so read the folder again"]
    assert (again.items, again.problems, again.reused) == (7, 0, 5)  # its slice alone was read again
    assert open_parts(parts).scan(music, LENIENT).files == scan(music).files


@pytest.mark.parametrize("name", ["3.wav", "no suffix"])
def test_a_file_that_was_made_readable_is_read_when_its_part_is_run_again(music: Path, parts: Path, name: str) -> None:
    write_tone(music / name, hertz=900, like=".wav")
    with forbidden(music / name):
        before = scan_part(Task(str(music)), Part(1, 1), parts)

    after = scan_part(Task(str(music)), Part(1, 1), parts)

    assert (before.problems, after.problems) == (1, 0)
    assert open_parts(parts).scan(music, LENIENT).files == scan(music).files


@pytest.mark.heavy
def test_a_part_that_runs_twice_at_once_comes_to_the_same(music: Path, parts: Path) -> None:
    for number in range(300):
        write_tone(music / "more" / f"{number}.flac", hertz=200 + number, frames=800)

    running = [begun(music, parts, "1/1") for _ in range(2)]

    assert [it.wait(timeout=120) for it in running] == [0, 0]
    assert open_parts(parts).scan(music, LENIENT).files == scan(music).files


@pytest.mark.heavy
def test_what_a_killed_part_leaves_half_written_is_not_taken_for_rows(music: Path, parts: Path) -> None:
    for number in range(300):
        write_tone(music / "more" / f"{number}.flac", hertz=200 + number, frames=800)
    killed = begun(music, parts, "1/1")
    while not list(parts.rglob("*.jsonl")):
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait(timeout=60)
    whole = next(parts.rglob("*.jsonl"))
    whole.with_name(".audiera.0123456789abcdef").write_bytes(whole.read_bytes()[:-9])

    with pytest.raises(InputError, match=r"is not complete: 1 part is missing, unfinished or damaged; run:"):
        open_parts(parts)

    assert said(music, "--part", "1/1", "--out", parts).startswith(f"Part 1/1 of {music} is complete: 307 files,")
    assert open_parts(parts).scan(music, LENIENT).files == scan(music).files


def of_another_part(parts: Path) -> None:
    shutil.rmtree(parts / "part-2-of-2")
    shutil.copytree(parts / "part-1-of-2", parts / "part-2-of-2")


def of_fewer_rows(parts: Path) -> None:
    record = parts / "part-2-of-2" / "complete.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"rows": []}))


def of_no_rows(parts: Path) -> None:
    (parts / "part-2-of-2" / "complete.json").write_text('{"rows": [7, {}]}')


def of_another_scan(parts: Path) -> None:
    scan_json = parts / "part-2-of-2" / "scan.json"
    scan_json.write_text(scan_json.read_text().replace(str(parts.parent), "/elsewhere"))


@pytest.mark.parametrize("replace", [of_another_part, of_fewer_rows, of_no_rows, of_another_scan])
def test_a_record_that_a_part_is_complete_is_believed_of_that_part_and_scan_alone(
    music: Path, parts: Path, replace: object
) -> None:
    for number in (1, 2):
        said(music, "--part", f"{number}/2", "--out", parts)
    replace(parts)  # type: ignore[operator]  # each of them is called with a path

    with pytest.raises(InputError) as caught:
        open_parts(parts)
    again = said(music, "--part", "2/2", "--out", parts)

    assert caught.value.lines == (
        f"{parts} is not complete: 1 part is missing, unfinished or damaged; run:",
        f"audiera scan {music} --part 2/2 --out {parts}",
    )
    assert again.startswith(f"Part 2/2 of {music} is complete:")
    assert open_parts(parts).scan(music, LENIENT).files == scan(music).files


def test_nothing_to_scan_is_refused_at_once(tmp_path: Path, parts: Path) -> None:
    (tmp_path / "empty" / "below").mkdir(parents=True)

    assert said(tmp_path / "empty", "--part", "1/2", "--out", parts) == (
        f"Error: There is nothing in {tmp_path / 'empty'}; name the folder that holds the dataset.\n"
    )
    assert not parts.exists()


def test_a_file_that_is_written_to_while_a_part_is_read_is_a_problem(music: Path, parts: Path) -> None:
    def touching(task: Task, slices: Sequence[Slice]) -> Iterator[tuple[Slice, bytes]]:
        os.utime(music / "3.wav", (1, 1))
        return _here(None, task, slices)

    scan_part(Task(str(music)), Part(1, 1), parts, run=touching)

    assert [str(it) for it in open_parts(parts).scan(music, LENIENT).left_out] == [
        "3.wav changed since it was listed; scan again when nothing writes to it"
    ]


def test_parts_are_put_together_as_they_were_scanned(music: Path, parts: Path) -> None:
    said(music, "--part", "1/1", "--out", parts, "--kind", "stems")
    found = open_parts(parts)
    refused = []

    for options, url in (
        (LENIENT, str(music.parent)),
        (ScanOptions(fingerprint=True), ""),
        (ScanOptions(everything=True), ""),
    ):
        with pytest.raises(InputError) as caught:
            found.scan(music, options, url=url)
        refused.append(str(caught.value))

    assert refused == [
        f"{parts} has the parts of {music}, and {music.parent} is not in it; name that or a folder in it.",
        f"{parts} has parts without fingerprints; scan them with --fingerprint.",
        f"{parts} has parts scanned with --kind stems; say so here, too.",
    ]


def test_parts_of_two_scans_are_not_put_together(music: Path, parts: Path, tmp_path: Path) -> None:
    said(music, "--part", "1/2", "--out", parts)
    (music / "3.wav").unlink()
    said(music, "--part", "2/2", "--out", tmp_path / "others")
    shutil.copytree(tmp_path / "others", parts, dirs_exist_ok=True)

    with pytest.raises(InputError) as caught:
        open_parts(parts)

    assert str(caught.value) == (
        f"{parts} has parts of another listing: files were added, removed or changed since; keep the parts of one scan."
    )


@pytest.mark.parametrize("known", [{}, {"sha256": "00" * 32}], ids=["nothing", "a hash"])
def test_rows_that_are_whole_and_say_too_little_are_damaged(music: Path, parts: Path, known: dict[str, str]) -> None:
    said(music, "--part", "1/1", "--out", parts)
    (rows,) = parts.rglob("*.jsonl")
    body = json.dumps(["a.wav", "item", ["a.wav", 1, known]]).encode() + b"\n"
    rows.write_bytes(json.dumps({"rows": 1, "sha256": hashlib.sha256(body).hexdigest()}).encode() + b"\n" + body)

    with pytest.raises(InputError, match=r"^\S+ is damaged \(.*\); scan again, in another folder\.$"):
        open_parts(parts).scan(music, LENIENT)
