from io import FileIO
from pathlib import Path

import pytest

from audiera.music.contents import judge_content
from tests.support.encoded import write_encoded, write_film


def judged(path: Path) -> str | None:
    with FileIO(path) as file:
        return judge_content(file)


@pytest.mark.parametrize("kind", ["webm", "mp4", "mov", "mka", "wma", "m4a"])
def test_a_container_of_sound_alone_is_music_whatever_its_name(tmp_path: Path, kind: str) -> None:
    assert judged(write_encoded(tmp_path / "nameless", kind)) is None


@pytest.mark.parametrize("container", ["mp4", "webm", "matroska", "asf"])
@pytest.mark.parametrize("sounds", [0, 1])
def test_a_film_is_named_as_what_it_is(tmp_path: Path, container: str, sounds: int) -> None:
    film = write_film(tmp_path / "film.mkv", container, sounds=sounds)

    assert judged(film) == "holds video; extract its sound"


def test_several_streams_of_sound_are_no_one_recording(tmp_path: Path) -> None:
    several = write_film(tmp_path / "takes", "matroska", pictures=0, sounds=2)

    assert judged(several) == "holds 2 streams of sound; extract the one that is meant"


@pytest.mark.parametrize("data", [b"", b"Notes", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"])
def test_what_begins_like_no_music_is_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)

    assert judged(path) == "does not begin like music"


def test_a_container_that_is_not_whole_is_said_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"\0\0\0\x20ftypisom")

    said = judged(path)

    assert said == (
        "begins like MPEG-4 and cannot be opened as such (Invalid data found when processing input); get a whole copy"
    )


def test_a_film_of_the_riff_family_is_named(tmp_path: Path) -> None:
    path = tmp_path / "film.avi"
    path.write_bytes(b"RIFF\0\0\0\0AVI LIST")

    assert judged(path) == "is AVI, which is not read here; extract its sound"
