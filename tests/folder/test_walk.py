import os
from pathlib import Path

import pytest

from audiera.errors import InputError
from audiera.folder.problems import Problem
from audiera.folder.walk import walk
from audiera.music.identify import is_music
from tests.support.music import write_album, write_tone
from tests.support.permissions import forbidden


def found(folder: Path) -> list[str]:
    return [path.as_posix() for path in walk(folder).files]


NO_MUSIC = "does not begin like music"
LINK = "is a link within the folder, which is read without it"


def problems(folder: Path) -> dict[str, str]:
    return {problem.path: problem.reason for problem in walk(folder).problems}


def test_audio_is_listed_by_path_and_the_rest_left_out(tmp_path: Path) -> None:
    walked = walk(write_album(tmp_path))

    assert [path.as_posix() for path in walked.files] == ["a.flac", "b.ogg", "side 2/c.wav"]
    assert walked.passed_over == (Problem("LICENCE.txt", NO_MUSIC),)
    assert walked.problems == ()


@pytest.mark.parametrize(
    "name", [".hidden.wav", ".audiera/x.wav", "__MACOSX/x.wav", "Old.audiera/x.wav", "@eaDir/x.wav", "._a.flac"]
)
def test_hidden_files_and_litter_are_passed_over_in_silence(tmp_path: Path, name: str) -> None:
    write_album(tmp_path)
    write_tone(tmp_path / name)

    walked = walk(tmp_path)

    assert len(walked.files) == 3
    assert walked.passed_over == (Problem("LICENCE.txt", NO_MUSIC),)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("contributors.csv", b"name,share\n"),
        ("cover.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF"),
        ("booklet.pdf", b"%PDF-1.7"),
        ("notes.txt", "Notes".encode("utf-16")),  # its mark looks like the start of an MP3 frame
        ("empty", b""),
        ("film.srt", b"1\n00:00:01,000"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_audio_stays_out(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)

    walked = walk(tmp_path)

    assert (walked.files, walked.passed_over, walked.problems) == ((), (Problem(name, NO_MUSIC),), ())


@pytest.mark.parametrize("like", [".flac", ".ogg", ".wav", ".aiff", ".caf", ".au", ".w64"])
def test_audio_is_found_whatever_its_name(tmp_path: Path, like: str) -> None:
    write_tone(tmp_path / "take seven", like=like)
    write_tone(tmp_path / "take.txt", like=like)

    assert found(tmp_path) == ["take seven", "take.txt"]


def test_a_name_that_says_audio_is_held_to_it(tmp_path: Path) -> None:
    (tmp_path / "SONG.WAV").write_text("text")
    (tmp_path / "song.m4a").write_bytes(b"\0\0\0\x20ftypM4A ")

    assert found(tmp_path) == ["SONG.WAV", "song.m4a"]  # the scan will say what is wrong with them


def test_a_link_to_a_file_of_the_folder_adds_nothing(tmp_path: Path) -> None:
    write_album(tmp_path)
    (tmp_path / "again.flac").symlink_to("a.flac")
    (tmp_path / "side 3").symlink_to("side 2")
    (tmp_path / "side 2" / "round").symlink_to("..")

    walked = walk(tmp_path)

    assert len(walked.files) == 3
    assert walked.passed_over == (
        Problem("LICENCE.txt", NO_MUSIC),
        Problem("again.flac", LINK),
        Problem("side 2/round", LINK),
        Problem("side 3", LINK),
    )


def test_a_link_that_leads_elsewhere_is_a_problem(tmp_path: Path) -> None:
    """AUD-A49"""
    folder = write_album(tmp_path / "music")
    write_tone(tmp_path / "outside.wav")
    write_tone(folder / ".cache" / "x.wav")
    (folder / "out.wav").symlink_to(tmp_path / "outside.wav")
    (folder / "nowhere.wav").symlink_to("gone.wav")
    (folder / "loop.wav").symlink_to("loop.wav")
    (folder / "hidden.wav").symlink_to(".cache/x.wav")

    assert problems(folder) == {
        "out.wav": "is a link out of the folder; copy the file in its place",
        "nowhere.wav": "is a link that leads nowhere; remove it or mend it",
        "loop.wav": "is a link that leads nowhere; remove it or mend it",
        "hidden.wav": "is a link to a hidden file; copy the file in its place",
    }


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    write_album(tmp_path / "music")
    (tmp_path / "link").symlink_to("music")

    assert len(walk(tmp_path / "link").files) == 3


def test_a_pipe_named_like_audio_is_a_problem_and_no_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    os.mkfifo(tmp_path / "pipe")

    assert problems(tmp_path) == {"pipe.wav": "is not a regular file; remove it"}


def test_names_that_cannot_be_written_down_are_problems(tmp_path: Path) -> None:
    write_tone(tmp_path / "tab\there.wav")
    write_tone(tmp_path / "back\\slash.wav")
    write_tone(tmp_path / "plain.wav").rename(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.wav"))

    assert problems(tmp_path) == {
        "tab\there.wav": "has a control character or a backslash in its name; rename it",
        "back\\slash.wav": "has a control character or a backslash in its name; rename it",
        os.fsdecode(b"\xff.wav"): "has a name that is not UTF-8; rename it",
    }


def test_names_that_differ_only_in_how_accents_are_coded_are_a_problem(tmp_path: Path) -> None:
    write_tone(tmp_path / "E\u0301cluse.wav")
    write_tone(tmp_path / "\u00c9cluse.wav", hertz=550)
    write_tone(tmp_path / "other.wav")

    assert found(tmp_path) == ["other.wav"]  # which of the twins is meant, nobody can know
    assert problems(tmp_path) == {
        "\u00c9cluse.wav": "is the name of 2 files, coded in different ways; rename all but one"
    }


def test_a_folder_that_cannot_be_listed_is_a_problem(tmp_path: Path) -> None:
    write_album(tmp_path)

    with forbidden(tmp_path / "side 2"):
        said = problems(tmp_path)

    assert said == {"side 2": "cannot be listed (Permission denied); make it readable"}


def test_a_file_that_cannot_be_looked_at_is_a_problem(tmp_path: Path) -> None:
    write_album(tmp_path)

    with forbidden(tmp_path / "LICENCE.txt"):
        said = problems(tmp_path)

    assert said == {"LICENCE.txt": "cannot be read (Permission denied); make it readable"}


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        walk(tmp_path / "missing")

    assert str(caught.value) == f"There is no folder {tmp_path / 'missing'}; name the folder that holds the dataset."


@pytest.mark.parametrize("name", ["file.wav", "n" * 300, "nul\0"], ids=["file", "long", "nul"])
def test_what_is_not_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    write_tone(tmp_path / "file.wav")

    with pytest.raises(InputError, match="is not a folder; name the folder that holds the dataset"):
        walk(tmp_path / name)


@pytest.mark.parametrize("head", [b"", b"\xff\xfb\x90\x64", b"\xff\xfeN\0", b"RIFF\0\0\0\0AVI ", b"FORM\0\0\0\0ILBM"])
def test_bytes_that_may_be_anything_are_not_called_audio(head: bytes) -> None:
    assert not is_music(head)
