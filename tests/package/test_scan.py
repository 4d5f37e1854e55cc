import hashlib
import os
from io import FileIO
from pathlib import Path

import pytest

from audiera import scan as scan_module
from audiera.audio import AudioError, Decoded, decode
from audiera.errors import InputError
from audiera.items import Item
from audiera.scan import Progress, read_file, scan
from audiera.walk import FolderError, Problem, walk
from tests.support.music import row_at, write_album, write_comments, write_tone


def test_a_folder_becomes_items_with_their_metadata(tmp_path: Path) -> None:
    folder = write_album(tmp_path / "music")
    write_comments(folder / "a.flac", {"title": ["First"], "artist": ["Ada"]})

    found = scan(folder)

    assert [row.metadata.path for row in found.rows] == ["a.flac", "b.ogg", "side 2/c.wav"]
    row = row_at(found.rows, "a.flac")
    assert row.metadata.row() == {
        "path": "a.flac",
        "media_type": "audio/flac",
        "title": "First",
        "artists": ["Ada"],
        "duration_ms": 250,
        "sample_rate": 8_000,
        "channels": 1,
    }
    data = (folder / "a.flac").read_bytes()
    assert row.item == Item(hashlib.sha256(data).digest(), len(data), 250, row.metadata.hash())
    assert found.duration_ms == 1_500
    assert found.size == sum((folder / row.metadata.path).stat().st_size for row in found.rows)
    assert found.left_out == ("LICENCE.txt",)
    assert found.problems == ()


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_the_result_does_not_depend_on_how_many_read_at_once(tmp_path: Path, workers: int) -> None:
    folder = write_album(tmp_path / "music")

    assert scan(folder, workers=workers) == scan(folder)


def test_the_result_does_not_depend_on_where_the_folder_is_or_in_what_order_it_was_filled(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    for folder, order in ((first, [300, 400, 500]), (second, [500, 400, 300])):
        for hertz in order:
            write_tone(folder / f"{hertz}.flac", hertz=hertz)

    assert scan(first).rows == scan(second).rows


def test_an_accent_is_recorded_in_one_coding_and_found_in_the_other(tmp_path: Path) -> None:
    write_tone(tmp_path / "E\u0301cluse.wav")

    (file,) = scan(tmp_path).files

    assert file.row.metadata.path == "\u00c9cluse.wav"
    assert (tmp_path / file.source).exists()


def test_progress_tells_files_and_bytes_to_the_end(tmp_path: Path) -> None:
    folder = write_album(tmp_path)
    seen: list[Progress] = []

    found = scan(folder, progress=seen.append)

    assert [progress.files for progress in seen] == [1, 2, 3]
    assert {(progress.total_files, progress.total_bytes) for progress in seen} == {(3, found.size)}
    assert seen[-1].bytes == found.size


def test_an_interruption_stops_the_scan(tmp_path: Path) -> None:
    for hertz in range(300, 340):
        write_tone(tmp_path / f"{hertz}.wav", hertz=hertz)
    seen: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        seen.append(progress)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan(tmp_path, progress=interrupt, workers=1)

    assert len(seen) == 1


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    folder = write_album(tmp_path / "music")
    (folder / "copy of a.flac").write_bytes((folder / "a.flac").read_bytes())
    (folder / "empty.wav").touch()
    (folder / "text.mp3").write_text("no music" * 100)
    (folder / "out.wav").symlink_to("/etc/hostname")

    with pytest.raises(FolderError) as caught:
        scan(folder)

    assert [(problem.path, problem.reason.split(" (")[0]) for problem in caught.value.problems] == [
        ("copy of a.flac", "has the same bytes as a.flac; keep one of them"),
        ("empty.wav", "is empty"),
        ("out.wav", "is a link out of the folder; copy the file in its place"),
        ("text.mp3", "cannot be decoded as audio"),
    ]
    assert str(caught.value).startswith(f"{folder}: 4 files cannot be taken; mend them or move them out.\n")


def test_problems_can_be_tolerated_by_those_who_report_them(tmp_path: Path) -> None:
    folder = write_album(tmp_path)
    (folder / "empty.wav").touch()

    found = scan(folder, tolerate=True)

    assert len(found.files) == 3
    assert [str(problem) for problem in found.problems] == ["empty.wav is empty"]


@pytest.mark.parametrize(("others", "said"), [(0, " holds no audio; "), (2, r" \(2 other files were passed over\); ")])
def test_a_folder_without_audio_is_refused(tmp_path: Path, others: int, said: str) -> None:
    for number in range(others):
        (tmp_path / f"{number}.txt").write_text("text")

    with pytest.raises(InputError, match=said):
        scan(tmp_path)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_tone(tmp_path / "tone.wav")

    def append_and_decode(file: FileIO) -> Decoded:
        with path.open("ab") as writer:
            writer.write(b"\0\0")
        return decode(file)

    monkeypatch.setattr(scan_module, "decode", append_and_decode)

    with pytest.raises(AudioError, match="changed while it was being read; wait until nothing writes to it"):
        read_file(tmp_path, Path("tone.wav"))


def test_a_file_that_is_replaced_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_tone(tmp_path / "tone.wav")
    other = write_tone(tmp_path / "other.wav", hertz=550)
    times = path.stat()
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))

    def replace_and_decode(file: FileIO) -> Decoded:
        other.replace(path)
        return decode(file)

    monkeypatch.setattr(scan_module, "decode", replace_and_decode)

    with pytest.raises(AudioError, match="changed while it was being read"):
        read_file(tmp_path, Path("tone.wav"))


def test_a_file_that_breaks_because_it_changed_is_said_to_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_tone(tmp_path / "tone.flac", frames=8_000)

    def truncate_and_decode(file: FileIO) -> Decoded:
        os.truncate(path, 200)
        return decode(file)

    monkeypatch.setattr(scan_module, "decode", truncate_and_decode)

    with pytest.raises(AudioError, match="changed while it was being read"):
        read_file(tmp_path, Path("tone.flac"))


def test_a_file_that_cannot_be_described_is_a_problem_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_album(tmp_path)
    monkeypatch.setattr(scan_module, "read_tags", lambda *_: {"date": "spring"})

    with pytest.raises(FolderError) as caught:
        scan(folder)

    assert [problem.path for problem in caught.value.problems] == ["a.flac", "b.ogg", "side 2/c.wav"]
    assert "date 'spring' is not YYYY" in caught.value.problems[0].reason


def test_a_file_that_vanishes_during_the_scan_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_album(tmp_path)
    walked = walk(folder)
    (folder / "a.flac").unlink()
    monkeypatch.setattr(scan_module, "walk", lambda _: walked)

    with pytest.raises(FolderError) as caught:
        scan(folder)

    assert caught.value.problems == (Problem("a.flac", "cannot be read (No such file or directory); make it readable"),)


def test_a_file_that_cannot_be_opened_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"cannot be read \(No such file or directory\); make it readable"):
        read_file(tmp_path, Path("gone.wav"))
