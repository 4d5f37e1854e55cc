"""Files that cannot be taken, from `dataset register --skip-bad` to `dataset verify`, as a user types it."""

from __future__ import annotations

import os
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
