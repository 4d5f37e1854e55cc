import re
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import Result

from audiera.errors import InputError
from audiera.folder import Duplicates, ScanOptions, scan
from audiera.folder.problems import FolderError
from audiera.spread import Part, Task, open_parts, scan_part, scanning
from audiera.spread.rows import read_rows
from audiera.text import replace_file
from audiera.work import Progress
from tests.support.console import audiera
from tests.support.music import ADA, write_contributors, write_tone

LENIENT = ScanOptions(skip_bad=True, duplicates=Duplicates.KEEP_FIRST)


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiera.spread.slices._FILES", 3)


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    return tmp_path / "parts"


def spread(url: object, parts: Path, count: int, *, backwards: bool = False) -> Path:
    numbers = range(1, count + 1)
    for number in reversed(numbers) if backwards else numbers:
        scan_part(Task(str(url)), Part(number, count), parts, workers=2)
    return parts


def words(people: Path, out: Path) -> list[object]:
    lenient = ["--skip-bad", "--duplicates", "keep-first"]
    return ["--contributors", people, "--shares", "equal", "--date", "2026-03-01", "--out", out, *lenient]


def files(record: Path) -> dict[str, bytes]:
    found = {it.relative_to(record).as_posix(): it.read_bytes() for it in record.rglob("*") if it.is_file()}
    return {name: data for name, data in found.items() if name != "readings.jsonl"}


class Watched:
    """Keeps what progress was told last."""

    last: Progress

    def __call__(self, now: Progress) -> None:
        self.last = now


def done(result: Result) -> Result:
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize("count", [1, 2, 7])
def test_parts_come_to_what_one_scan_finds_however_many_they_are(label: Path, parts: Path, count: int) -> None:
    spread(label, parts, count, backwards=count == 2)

    found = open_parts(parts).scan(label, LENIENT)

    whole = scan(label, LENIENT)
    assert (found.files, found.passed_over, found.left_out, found.notes, found.problems) == (
        whole.files,
        whole.passed_over,
        whole.left_out,
        whole.notes,
        whole.problems,
    )


def test_what_is_packed_of_parts_is_byte_for_byte_what_is_packed_of_the_folder(
    label: Path, parts: Path, tmp_path: Path
) -> None:
    people = write_contributors(tmp_path / "people.csv", "name,address", f"Ada,{ADA}")
    done(audiera("pack", label, *words(people, tmp_path / "whole")))
    for number in (3, 1, 2):
        done(audiera("scan", label, "--part", f"{number}/3", "--out", parts))

    told = done(audiera("pack", "--parts", parts, *words(people, tmp_path / "spread")))

    assert files(tmp_path / "spread") == files(tmp_path / "whole")
    assert f"ape run dataset register {label} " in told.stdout
    assert f"--parts {parts}" in told.stdout


@pytest.mark.heavy
def test_a_bucket_is_scanned_and_packed_as_the_folder_that_it_was_filled_from(
    label: Path, label_in_bucket: str, parts: Path, tmp_path: Path
) -> None:
    people = write_contributors(tmp_path / "people.csv", "name,address", f"Ada,{ADA}")
    named = ["--name", "Label", "--preview"]
    done(audiera("pack", label, *named, *words(people, tmp_path / "whole")))
    for number in (1, 2):
        done(audiera("scan", label_in_bucket, "--part", f"{number}/2", "--out", parts))

    told = done(audiera("pack", "--parts", parts, *named, *words(people, tmp_path / "spread")))

    assert files(tmp_path / "spread") == files(tmp_path / "whole")
    assert f"ape run dataset register {label_in_bucket} " in told.stdout


def test_what_stands_in_the_way_of_the_whole_is_told_when_parts_are_put_together(label: Path, parts: Path) -> None:
    spread(label, parts, 3)

    with pytest.raises(FolderError) as caught:
        open_parts(parts).scan(label, ScanOptions())

    with pytest.raises(FolderError) as whole:
        scan(label)
    assert caught.value.problems == whole.value.problems


def test_a_folder_of_what_was_scanned_is_packed_as_if_it_stood_alone(label: Path, parts: Path) -> None:
    spread(label, parts, 3)

    found = open_parts(parts).scan(label / "2", LENIENT, url=str(label / "2"))

    assert found.files == scan(label / "2", LENIENT).files
    assert found.notes == scan(label / "2", LENIENT).notes


def test_a_folder_of_what_was_scanned_is_packed_without_looking_at_the_rest(label: Path, parts: Path) -> None:
    spread(label, parts, 2)
    whole, below = Watched(), Watched()
    open_parts(parts).scan(label, LENIENT, progress=whole)

    open_parts(parts).scan(label / "2", LENIENT, url=str(label / "2"), progress=below)

    assert whole.last.files == whole.last.total_files == 2 * len(list(parts.rglob("*.jsonl")))
    assert whole.last.bytes == whole.last.total_bytes == 2 * sum(it.stat().st_size for it in parts.rglob("*.jsonl"))
    assert below.last.files == below.last.total_files < whole.last.files / 2


def test_rows_come_to_the_same_however_few_of_them_are_in_memory(
    label: Path, parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spread(label, parts, 2)
    monkeypatch.setattr("audiera.spread.rows._BLOCK", 1)

    assert open_parts(parts).scan(label, LENIENT).files == scan(label, LENIENT).files


def test_rows_that_are_changed_while_parts_are_put_together_are_damaged(
    label: Path, parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spread(label, parts, 1)
    monkeypatch.setattr("audiera.spread.rows._BLOCK", 1)
    changed = max(parts.rglob("*.jsonl"), key=lambda it: it.stat().st_size)
    rows = open_parts(parts).slice(Part(1, 1), changed.name)
    next(rows)

    changed.write_bytes(changed.read_bytes()[:-200])

    with pytest.raises(InputError, match=r"is not complete: 1 part is missing, unfinished or damaged; run:"):
        list(rows)


def test_where_there_is_no_terminal_how_far_parts_are_put_together_is_said(
    label: Path, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spread(label, parts, 1)
    people = write_contributors(tmp_path / "people.csv", "name,address", f"Ada,{ADA}")
    monkeypatch.setattr("audiera.cli.folder.pace._EVERY_SECONDS", 0.0)

    told = done(audiera("pack", "--parts", parts, *words(people, tmp_path / "record")))

    assert re.search(
        r"^Rows of the parts: 13 of 26 files, \d[\d,.]* \w+ read, \d[\d,.]* [KM]iB/s, 0:00:0\d left\.$",
        told.stderr,
        re.MULTILINE,
    )


def test_a_part_that_ended_early_goes_on_where_it_stopped(
    label: Path, parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []

    def breaking(path: Path, data: list[bytes]) -> None:
        if len(written) == 5:
            raise KeyboardInterrupt
        written.append(path)
        replace_file(path, data)

    monkeypatch.setattr(scanning, "replace_file", breaking)
    with pytest.raises(KeyboardInterrupt):
        spread(label, parts, 1)
    monkeypatch.setattr(scanning, "replace_file", replace_file)

    again = scan_part(Task(str(label)), Part(1, 1), parts)

    assert again.reused == 12  # four slices of three: the first file written says what is scanned
    assert open_parts(parts).scan(label, LENIENT).files == scan(label, LENIENT).files


def test_rows_that_were_damaged_are_read_again(label: Path, parts: Path) -> None:
    spread(label, parts, 1)
    damaged = max(parts.rglob("*.jsonl"))
    rows = list(read_rows(damaged) or ())
    damaged.write_bytes(damaged.read_bytes().replace(rows[0][1].encode(), rows[0][1].upper().encode()))

    with pytest.raises(InputError) as caught:
        open_parts(parts).scan(label, LENIENT)
    again = scan_part(Task(str(label)), Part(1, 1), parts)

    assert caught.value.lines == (
        f"{parts} is not complete: 1 part is missing, unfinished or damaged; run:",
        f"audiera scan {label} --part 1/1 --out {parts}",
    )
    assert again.reused == again.files - len(rows)
    assert open_parts(parts).scan(label, LENIENT).files == scan(label, LENIENT).files


def test_parts_that_are_missing_are_named_with_the_commands_that_make_them(label: Path, parts: Path) -> None:
    for number in (1, 3):
        scan_part(Task(str(label), "stems"), Part(number, 4), parts)
    (parts / "part-3-of-4" / "complete.json").unlink()

    with pytest.raises(InputError) as caught:
        open_parts(parts)

    assert caught.value.lines == (
        f"{parts} is not complete: 3 parts are missing, unfinished or damaged; run:",
        *(f"audiera scan {label} --part {number}/4 --out {parts} --kind stems" for number in (2, 3, 4)),
    )


def test_a_folder_without_parts_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_parts(tmp_path)

    assert str(caught.value) == f"{tmp_path} has no parts of a scan; make them with `audiera scan --part I/N --out`."


def test_parts_of_another_scan_are_refused_before_anything_is_read(label: Path, parts: Path) -> None:
    spread(label, parts, 2)
    write_tone(label / "new.wav")

    refused = [
        audiera("scan", label, "--part", "1/2", "--out", parts).stderr,
        audiera("scan", label, "--part", "1/3", "--out", parts).stderr,
        audiera("scan", label, "--part", "1/2", "--out", parts, "--kind", "scores").stderr,
        audiera("scan", label, "--part", "1/2", "--out", parts, "--fingerprint").stderr,
    ]

    assert refused == [
        f"Error: {parts} {why}; name another --out, or empty it.\n"
        for why in (
            "has parts of another listing: files were added, removed or changed since",
            "has parts of another number",
            "has parts of another kind of dataset",
            "has parts with fingerprints, or without",
        )
    ]


def test_more_items_than_a_dataset_holds_are_refused_with_the_way(
    label: Path, parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spread(label, parts, 2)
    monkeypatch.setattr(import_module("audiera.folder.scan"), "MOST_ITEMS", 10)

    with pytest.raises(InputError) as caught:
        open_parts(parts).scan(label, LENIENT)

    assert str(caught.value) == (
        f"{label} holds 31 items, and a dataset at most 10; make a dataset of each of the folders in it, and a "
        "catalogue that all of them join (`ape run dataset catalogue`): one license covers it."
    )
    assert len(open_parts(parts).scan(label / "2", LENIENT, url=f"{label}/2").files) == 7


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/1001", "-1/2", "1/2/3"])
def test_what_is_no_part_is_refused(tmp_path: Path, text: str) -> None:
    told = audiera("scan", tmp_path / "music", "--part", text, "--out", tmp_path / "parts")

    assert told.stderr == f"Error: {text!r} is no part; write I/N, such as 3/16, of at most 1,000 parts.\n"


def test_options_that_have_no_place_are_refused(label: Path, parts: Path) -> None:
    told = [
        audiera("scan", label, *options).stderr
        for options in (
            ["--part", "1/2"],
            ["--out", parts],
            ["--part", "1/2", "--out", label / "parts"],
            ["--part", "1/2", "--out", parts, "--skip-bad"],
        )
    ] + [audiera("scan", "s3://label/music").stderr, audiera("pack", "--contributors", label / "LICENCE.txt").stderr]

    assert told[:5] == [
        "Error: A part needs a folder for what it finds, one for all parts; name it with --out.\n",
        "Error: Only the rows of parts are written; leave out --out, or say which part with --part.\n",
        f"Error: {label / 'parts'} is among the music; keep the parts elsewhere.\n",
        "Error: --skip-bad is about all files together; give it to `audiera pack --parts`, not to a part.\n",
        "Error: A bucket is read in parts; say --part 1/1 and --out, then `audiera pack --parts`.\n",
    ]
    assert "Missing argument 'FOLDER'" in told[5]


def test_every_file_is_of_one_part_and_parts_are_alike_in_number() -> None:
    paths = [f"artist {number % 97}/{number}.flac" for number in range(10_000)]
    parts = [Part(number, 8) for number in range(1, 9)]

    counts = [sum(part.has(path) for path in paths) for part in parts]

    assert sum(counts) == len(paths)
    assert 1_150 < min(counts) <= max(counts) < 1_350
