import hashlib
from pathlib import Path

import pytest

from audiera.errors import InputError
from audiera.folder.problems import FolderError, Problem
from audiera.folder.scan import Duplicates, ScanOptions, scan
from audiera.protocol.items import Item
from audiera.work.progress import Progress
from tests.support.music import row_at, write_album, write_comments, write_tone
from tests.support.scores import NOTE, meta, midi, musicxml, write_mxl


def test_a_folder_becomes_items_with_their_metadata(tmp_path: Path) -> None:
    folder = write_album(tmp_path / "music")
    write_comments(folder / "a.flac", {"title": ["First"], "artist": ["Ada"]})

    found = scan(folder)

    assert [row.metadata.path for row in found.rows] == ["a.flac", "b.ogg", "side 2/c.wav"]
    row = row_at(found.rows, "a.flac")
    assert row.metadata.row() | {"bit_depth": 16} == {
        "path": "a.flac",
        "media_type": "audio/flac",
        "title": "First",
        "artists": ["Ada"],
        "duration_ms": 250,
        "sample_rate": 8_000,
        "channels": 1,
        "bit_depth": 16,
    }
    data = (folder / "a.flac").read_bytes()
    assert row.item == Item(hashlib.sha256(data).digest(), len(data), 250, row.metadata.hash())
    assert found.duration_ms == 1_500
    assert found.size == sum((folder / row.metadata.path).stat().st_size for row in found.rows)
    assert found.passed_over == (Problem("LICENCE.txt", "does not begin like music"),)
    assert found.problems == ()


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_the_result_does_not_depend_on_how_many_read_at_once(tmp_path: Path, workers: int) -> None:
    folder = write_album(tmp_path / "music")

    assert scan(folder, ScanOptions(workers=workers)) == scan(folder)


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
        scan(tmp_path, ScanOptions(workers=1), progress=interrupt)

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
    assert str(caught.value).startswith(f"{folder}: 4 files cannot be taken; mend them, move them out, or see")


def test_problems_can_be_tolerated_by_those_who_report_them(tmp_path: Path) -> None:
    folder = write_album(tmp_path)
    (folder / "empty.wav").touch()

    found = scan(folder, ScanOptions(tolerate=True))

    assert len(found.files) == 3
    assert [str(problem) for problem in found.problems] == ["empty.wav is empty"]


@pytest.mark.parametrize(("others", "said"), [(0, " holds no music; "), (2, r" \(2 other files were passed over\); ")])
def test_a_folder_without_music_is_refused(tmp_path: Path, others: int, said: str) -> None:
    for number in range(others):
        (tmp_path / f"{number}.txt").write_text("text")

    with pytest.raises(InputError, match=said):
        scan(tmp_path)


def test_bad_files_are_left_out_by_name_if_the_user_says_so(tmp_path: Path) -> None:
    folder = write_album(tmp_path)
    (folder / "empty.wav").touch()
    (folder / "out.wav").symlink_to("/etc/hostname")

    found = scan(folder, ScanOptions(skip_bad=True))

    assert [row.metadata.path for row in found.rows] == ["a.flac", "b.ogg", "side 2/c.wav"]
    assert found.left_out == (
        Problem("empty.wav", "is empty"),
        Problem("out.wav", "is a link out of the folder; copy the file in its place"),
    )
    assert found.problems == ()


def test_leaving_bad_files_out_leaves_no_dataset_of_none(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()

    with pytest.raises(FolderError) as caught:
        scan(tmp_path, ScanOptions(skip_bad=True))

    assert caught.value.problems == (Problem("empty.wav", "is empty"),)


def test_copies_are_kept_once_if_the_user_says_so(tmp_path: Path) -> None:
    folder = write_album(tmp_path)
    for name in ("a copy.flac", "z copy.flac"):
        (folder / name).write_bytes((folder / "a.flac").read_bytes())

    found = scan(folder, ScanOptions(duplicates=Duplicates.KEEP_FIRST))

    assert [row.metadata.path for row in found.rows] == ["a copy.flac", "b.ogg", "side 2/c.wav"]
    assert found.left_out == (
        Problem("a.flac", "has the same bytes as a copy.flac; keep one of them"),
        Problem("z copy.flac", "has the same bytes as a copy.flac; keep one of them"),
    )


def test_leaving_out_bad_files_does_not_decide_which_copy_to_keep(tmp_path: Path) -> None:
    folder = write_album(tmp_path)
    (folder / "empty.wav").touch()
    (folder / "copy.flac").write_bytes((folder / "a.flac").read_bytes())

    with pytest.raises(FolderError) as caught:
        scan(folder, ScanOptions(skip_bad=True))

    assert caught.value.problems == (Problem("copy.flac", "has the same bytes as a.flac; keep one of them"),)


def test_keeping_one_copy_does_not_excuse_bad_files(tmp_path: Path) -> None:
    folder = write_album(tmp_path)
    (folder / "empty.wav").touch()
    (folder / "copy.flac").write_bytes((folder / "a.flac").read_bytes())

    with pytest.raises(FolderError) as caught:
        scan(folder, ScanOptions(duplicates=Duplicates.KEEP_FIRST))

    assert caught.value.problems == (Problem("empty.wav", "is empty"),)


def test_every_file_is_an_item_of_a_dataset_that_is_not_music(tmp_path: Path) -> None:
    folder = write_album(tmp_path)
    (folder / "weights.bin").write_bytes(b"\x01\x02\x03")
    (folder / "text.wav").write_text("not music, and need not be")

    found = scan(folder, ScanOptions(everything=True))

    assert [row.metadata.path for row in found.rows] == [
        *("LICENCE.txt", "a.flac", "b.ogg", "side 2/c.wav", "text.wav", "weights.bin")
    ]
    assert found.passed_over == ()
    row = row_at(found.rows, "weights.bin")
    assert row.metadata.row() == {"path": "weights.bin", "media_type": "application/octet-stream"}
    assert row.item == Item(hashlib.sha256(b"\x01\x02\x03").digest(), 3, 0, row.metadata.hash())


def test_problems_of_files_that_are_not_music_are_found_alike(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"x")
    (tmp_path / "b.bin").write_bytes(b"x")
    (tmp_path / "empty").touch()
    (tmp_path / "line\nbreak").write_bytes(b"y")
    (tmp_path / "out").symlink_to("/etc/hostname")

    with pytest.raises(FolderError) as caught:
        scan(tmp_path, ScanOptions(everything=True))

    assert [str(problem) for problem in caught.value.problems] == [
        "b.bin has the same bytes as a.bin; keep one of them",
        "empty is empty",
        "'line\\nbreak' has a control character or a backslash in its name; rename it",
        "out is a link out of the folder; copy the file in its place",
    ]


def test_scores_are_read_as_what_they_are_whatever_else_is_taken_as_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(midi((meta(3, b"Lullaby") + NOTE,)))
    (tmp_path / "b.musicxml").write_text(musicxml('<creator type="composer">Ada Moreau</creator>'))
    write_mxl(tmp_path / "c.mxl", musicxml())
    write_tone(tmp_path / "d.wav")

    found = scan(tmp_path, ScanOptions(everything=True))

    assert [row.metadata.row() for row in found.rows] == [
        {"path": "a.mid", "media_type": "audio/midi", "duration_ms": 500, "title": "Lullaby"},
        {
            "path": "b.musicxml",
            "media_type": "application/vnd.recordare.musicxml+xml",
            "title": "Lullaby",
            "artists": ["Ada Moreau"],
        },
        {"path": "c.mxl", "media_type": "application/vnd.recordare.musicxml", "title": "Lullaby"},
        {"path": "d.wav", "media_type": "application/octet-stream"},
    ]
    assert found.duration_ms == 500


def test_damaged_scores_stop_a_dataset_that_is_not_sound(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(midi()[:-4])
    (tmp_path / "b.musicxml").write_text(musicxml()[:-4])
    (tmp_path / "c.bin").write_bytes(b"MThx, which is no MIDI")

    with pytest.raises(FolderError) as caught:
        scan(tmp_path, ScanOptions(everything=True))

    assert [problem.path for problem in caught.value.problems] == ["a.mid", "b.musicxml"]
    assert caught.value.problems[0].reason == "breaks off: it announces 13 bytes of a track and has 9; get a whole copy"


def test_a_folder_without_files_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no file; name the folder that holds the dataset"):
        scan(tmp_path, ScanOptions(everything=True))
