import os
import struct
from pathlib import Path

import pytest

from audiera.errors import ItemError
from audiera.folder import ScanOptions, reader, scan
from audiera.folder.examine import examine
from audiera.folder.reader import examine_apart, judge_apart
from audiera.folder.walk import open_regular
from tests.support.encoded import write_encoded, write_film
from tests.support.music import write_comments, write_tone

BEYOND = (
    "cannot be read within its limits ({} seconds of processor time, 1 GiB of memory); leave it out, or export it anew"
)


def write_endless(path: Path) -> None:
    """Write nine hours of silence, whose room is taken and not written: to hash and decode them takes seconds."""
    size = 0xC0000000
    form = struct.pack("<HHIIHH", 1, 1, 48_000, 96_000, 2, 16)
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + struct.pack("<I", len(form)) + form)
        file.write(b"data" + struct.pack("<I", size))
        file.flush()
        os.posix_fallocate(file.fileno(), file.tell(), size)


@pytest.mark.parametrize("everything", [False, True])
def test_a_file_is_found_to_be_the_same_in_another_process(tmp_path: Path, everything: bool) -> None:
    write_comments(write_tone(tmp_path / "tone.flac"), {"title": ["Größe \U0001f3b5"], "artist": ["A", "B"]})

    with open_regular(tmp_path / "tone.flac") as file:
        apart = examine_apart(file, "tone.wav", everything=everything, fingerprint=False)

        assert apart == examine(file, "tone.wav", everything=everything, fingerprint=False)


def test_a_refusal_is_the_same_in_another_process(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.flac")
    os.truncate(path, 200)

    with open_regular(path) as file:
        with pytest.raises(ItemError) as here:
            examine(file, "tone.flac", everything=False, fingerprint=False)
        with pytest.raises(ItemError) as there:
            examine_apart(file, "tone.flac", everything=False, fingerprint=False)

    assert str(there.value) == str(here.value)


def test_a_container_is_judged_in_another_process(tmp_path: Path) -> None:
    with open_regular(write_encoded(tmp_path / "sound", "webm")) as sound:
        assert judge_apart(sound) is None
    with open_regular(write_film(tmp_path / "film", "mp4", sounds=1)) as film:
        assert judge_apart(film) == "holds video; extract its sound"


def test_a_file_beyond_its_limits_is_one_problem_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_LEAST_SECONDS", 1)
    monkeypatch.setattr(reader, "_BYTES_A_SECOND", 1 << 40)
    for number in range(3):
        write_tone(tmp_path / f"{number}.wav", hertz=440 + number)
    write_endless(tmp_path / "slow.wav")

    found = scan(tmp_path, ScanOptions(tolerate=True, workers=2))
    (tmp_path / "slow.wav").unlink()  # folders of tests may lie in memory

    assert [file.row.metadata.path for file in found.files] == ["0.wav", "1.wav", "2.wav"]
    assert [(it.path, it.reason) for it in found.problems] == [("slow.wav", BEYOND.format(1))]


def test_a_process_that_says_what_it_never_says_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiera.work.Confined.ask", lambda *_: b'{"found": {"sha256": "00"}}')

    with open_regular(write_tone(tmp_path / "tone.wav")) as file, pytest.raises(ItemError) as caught:
        examine_apart(file, "tone.wav", everything=False, fingerprint=False)

    assert str(caught.value) == BEYOND.format(10)
