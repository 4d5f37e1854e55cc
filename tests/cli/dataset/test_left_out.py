"""Files that cannot be taken, from `dataset register --skip-bad` to `dataset verify`, as a user types it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.cli.commands import CommandLine
from tests.support.encoded import write_film
from tests.support.music import ADA, write_contributors, write_tone


@pytest.mark.parametrize("name", [b"b\xe2\x80\xaegpj.flac", b"b\xe9.flac", b"b\nc.flac"], ids=["bidi", "bytes", "line"])
def test_what_a_registration_left_out_is_no_difference_to_a_folder_that_nobody_touched(
    line: CommandLine, tmp_path: Path, name: bytes
) -> None:
    write_tone(tmp_path / "Tones" / "a.flac")
    write_tone(tmp_path / "Tones" / "b.flac", hertz=990).rename(
        os.fsdecode(os.fsencode(tmp_path / "Tones") + b"/" + name)
    )
    write_film(tmp_path / "Tones" / "film.mp4", "mp4")
    write_contributors(tmp_path / "people.csv", "name,address", f"Ada,{ADA}")

    told = line(
        "label", "dataset", "register", "Tones", "--contributors", "people.csv", "--shares", "equal", "--skip-bad"
    )
    verified = line("stranger", "dataset", "verify", "1", "Tones")

    assert "\n  passed over: film.mp4 holds video; extract its sound.\n" in told
    assert "\n  left out: 'b" in told
    assert verified.startswith("Dataset 1, version 1: the one file is, byte for byte and tag for tag, what ")


@pytest.fixture
def leaky(line: CommandLine, tmp_path: Path) -> Path:
    """Dataset 1: a folder with a copy and a file that breaks off, both left out."""
    folder = tmp_path / "Tones"
    write_tone(folder / "a.flac")
    write_tone(folder / "b.flac", hertz=660)
    shutil.copyfile(folder / "a.flac", folder / "copy of a.flac")
    (folder / "cut.flac").write_bytes((folder / "b.flac").read_bytes()[:-100])
    write_contributors(tmp_path / "people.csv", "name,address", f"Ada,{ADA}")
    leave_out = ("--skip-bad", "--duplicates", "keep-first")
    line("label", "dataset", "register", "Tones", "--contributors", "people.csv", "--shares", "equal", *leave_out)
    return folder


def test_a_version_leaves_out_what_the_one_before_left_out(line: CommandLine, leaky: Path) -> None:
    write_tone(leaky / "new.flac", hertz=990)

    told = line("label", "dataset", "version", "1", "Tones")
    verified = line("stranger", "dataset", "verify", "1", "Tones")

    assert "\n  left out: copy of a.flac has the same bytes as a.flac; keep one of them.\n" in told
    assert "\n  left out: cut.flac " in told
    assert "\n  added: new.flac\n" in told
    assert verified.startswith("Dataset 1, version 2: all 3 files are, ")


def test_a_version_stops_at_what_has_become_bad_since_the_one_before(line: CommandLine, leaky: Path) -> None:
    (leaky / "b.flac").write_bytes((leaky / "b.flac").read_bytes()[:-200])
    shutil.copyfile(leaky / "a.flac", leaky / "second copy of a.flac")

    told = line("label", "dataset", "version", "1", "Tones", fails=True)

    assert "Tones: 2 files cannot be taken; " in told
    assert "\n  b.flac " in told
    assert "\n  second copy of a.flac has the same bytes as a.flac; keep one of them." in told
    assert "  copy of a.flac" not in told
    assert "cut.flac" not in told


def test_without_its_record_a_folder_is_told_which_one_to_name_and_no_long_list(
    line: CommandLine, leaky: Path, tmp_path: Path
) -> None:
    for number in range(4):
        shutil.copyfile(leaky / "a.flac", leaky / f"z{number}.flac")
    (tmp_path / "Tones.audiera").rename(tmp_path / "elsewhere")

    told = line("stranger", "dataset", "verify", "1", "Tones", fails=True)

    record = "There is no record at {}/Tones.audiera; name its record with --out {}/elsewhere, which has it, or name"
    assert f"\n  record: {record.format(tmp_path, tmp_path)} the store that has it with --store.\n" in told
    assert told.count("\n  problem: ") == 4
    assert "\n  problem: 3 more, which `audiera scan` lists; the record says which were left out\n" in told
