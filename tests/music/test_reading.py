import io
import zipfile
from pathlib import Path

import pytest
import soundfile

from audiera.music.decode import AudioError
from audiera.music.identify import MUSIC_SUFFIXES, identify, is_music
from tests.support.encoded import ENCODINGS, write_encoded
from tests.support.music import write_comments, write_tone
from tests.support.reading import reading
from tests.support.scores import midi, musicxml, write_mxl

UNCERTAIN = dict.fromkeys(("wma", "mka", "mov", "mp4", "webm"), "may hold video")


def test_a_row_holds_what_was_decoded_and_what_was_tagged(tmp_path: Path) -> None:
    path = write_comments(write_tone(tmp_path / "tone.flac", channels=2), {"title": ["A tone"]})

    found = reading(path)

    assert found.row == {
        "title": "A tone",
        "media_type": "audio/flac",
        "duration_ms": 250,
        "sample_rate": 8_000,
        "channels": 2,
        "bit_depth": 16,
    }
    assert (found.fingerprint, found.notes) == (None, ())


def test_what_is_coded_with_loss_has_no_bit_depth(tmp_path: Path) -> None:
    assert "bit_depth" not in reading(write_tone(tmp_path / "tone.ogg")).row


def test_the_same_recording_sounds_the_same_under_other_tags(tmp_path: Path) -> None:
    plain = write_tone(tmp_path / "plain.flac")
    tagged = write_comments(write_tone(tmp_path / "tagged.flac"), {"title": ["Another"]})
    samples, rate = soundfile.read(plain, dtype="int16")
    as_wav = tmp_path / "as.wav"
    soundfile.write(as_wav, samples, rate)
    other = write_tone(tmp_path / "other.flac", hertz=441)

    assert plain.read_bytes() != tagged.read_bytes()
    assert reading(plain).sound == reading(tagged).sound == reading(as_wav).sound
    assert reading(plain).sound != reading(other).sound


@pytest.mark.parametrize(("frames", "channels"), [(2_000, 2), (4_000, 1)])
def test_rate_channels_and_length_are_part_of_the_sound(tmp_path: Path, frames: int, channels: int) -> None:
    silence = write_tone(tmp_path / "silence.wav", hertz=0, frames=2_000)
    other = write_tone(tmp_path / "other.wav", hertz=0, frames=frames, channels=channels)

    assert reading(silence).sound != reading(other).sound


def test_a_name_that_says_otherwise_is_noted(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.wav", like=".flac")

    assert reading(path).notes == ("is audio/flac though its name ends in .wav; it is taken by its content",)
    assert reading(path, name="tone.FLAC").notes == ()


def test_a_malformed_tag_is_noted_with_what_was_found(tmp_path: Path) -> None:
    path = write_comments(write_tone(tmp_path / "tone.flac"), {"isrc": ["12"], "date": ["spring 2011"]})

    found = reading(path)

    assert "isrc" not in found.row
    assert found.notes == (
        "has a tag that is not a date as in 2026-03-01, 'spring 2011'; it is left out",
        "has a tag that is not an ISRC, '12'; it is left out",
    )


def test_an_empty_file_is_no_music(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp3"
    path.touch()

    with pytest.raises(AudioError, match=r"^is empty$"):
        reading(path)


@pytest.mark.parametrize("kind", list(ENCODINGS))
def test_music_is_known_by_its_first_bytes(tmp_path: Path, kind: str) -> None:
    head = write_encoded(tmp_path / "nameless", kind, frames=4_410).read_bytes()[:4096]

    assert is_music(head) == (kind not in UNCERTAIN)


def test_scores_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    assert is_music(midi())
    assert is_music(musicxml().encode())
    assert is_music(musicxml().encode("utf-16"))
    assert is_music(b"\xef\xbb\xbf<!-- by hand --> " + musicxml().encode().partition(b"?>")[2])
    assert is_music(write_mxl(tmp_path / "a.mxl", musicxml()).read_bytes()[:4096])


@pytest.mark.parametrize(
    "head",
    [b"", b"\xff", b"\xff\xfb", b"# Liner notes\n", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04" + bytes(60), b"<html>"],
    ids=["nothing", "a byte", "half a header", "text", "a picture", "an archive", "a page"],
)
def test_other_files_are_no_music(head: bytes) -> None:
    assert not is_music(head)
    assert identify(head) is None


def test_names_of_music_are_suffixes_in_lower_case() -> None:
    assert {".flac", ".m4a", ".mid", ".musicxml", ".mxl", ".wv"} <= MUSIC_SUFFIXES
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in MUSIC_SUFFIXES)
    assert not {".xml", ".mp4", ".mkv", ".pdf"} & MUSIC_SUFFIXES


def packed(*entries: tuple[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in entries:
            archive.writestr(name, text)
    return data.getvalue()


@pytest.mark.parametrize(
    "head",
    [
        packed(("mimetype", "application/epub+zip"), ("META-INF/container.xml", "<container/>")),
        packed(("META-INF/", ""), ("META-INF/MANIFEST.MF", "Manifest-Version: 1.0")),
        b"# Notes\n\nA score begins with <score-partwise> or <score-timewise>.\n",
        b"<html><body>as in <score-partwise version='4.0'></body></html>",
        b"<??>" * 1000,
    ],
    ids=["EPUB", "JAR", "text", "page", "instructions"],
)
def test_what_only_resembles_a_score_is_not_taken_for_one(head: bytes) -> None:
    assert identify(head) is None
    assert not is_music(head)


def test_a_packed_score_may_begin_with_its_type() -> None:
    head = packed(("mimetype", "application/vnd.recordare.musicxml"), ("META-INF/container.xml", "<container/>"))

    assert is_music(head)
