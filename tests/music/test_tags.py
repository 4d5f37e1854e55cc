from collections.abc import Mapping, Sequence
from io import FileIO
from pathlib import Path

import mutagen
import pytest
import soundfile
from mutagen import MutagenError

from audiera.music.decode import decode
from audiera.music.tags import read_tags
from audiera.protocol.metadata import Row
from tests.support.music import EVERY_TAG, write_comments, write_frames, write_tone


def tags_of(path: Path) -> Row:
    with FileIO(path) as file:
        return read_tags(file, decode(file).strings).row


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".opus"])
def test_vorbis_comments_give_every_key(tmp_path: Path, suffix: str) -> None:
    path = write_comments(
        write_tone(tmp_path / f"tone{suffix}"),
        {
            "title": ["Écluse"],
            "artist": ["Night Ferry", "Inès Varga"],
            "album": ["Harbour Lights"],
            "tracknumber": ["04/6"],
            "date": ["2026-03-01"],
            "genre": ["Folk"],
            "bpm": ["97.6"],
            "initialkey": ["F#m"],
            "isrc": ["XX-AUD-26-00004"],
            "iswc": ["T-034.524.680-1"],
            "copyright": ["2026 Night Ferry"],
            "license": ["https://creativecommons.org/publicdomain/zero/1.0/"],
        },
    )

    assert tags_of(path) == EVERY_TAG


@pytest.mark.parametrize("suffix", [".mp3", ".wav", ".aiff"])
def test_id3_frames_give_every_key(tmp_path: Path, suffix: str) -> None:
    path = write_frames(
        write_tone(tmp_path / f"tone{suffix}"),
        {
            "TIT2": ["Écluse"],
            "TPE1": ["Night Ferry", "Inès Varga"],
            "TALB": ["Harbour Lights"],
            "TRCK": ["4/6"],
            "TDRC": ["2026-03-01"],
            "TCON": ["80"],  # Folk, by its number in ID3v1
            "TBPM": ["98"],
            "TKEY": ["F#m"],
            "TSRC": ["XXAUD2600004"],
            "TXXX:ISWC": ["T-034.524.680-1"],
            "TCOP": ["2026 Night Ferry"],
            "WCOP": "https://creativecommons.org/publicdomain/zero/1.0/",
        },
    )

    assert tags_of(path) == EVERY_TAG


def test_riff_info_is_read_where_there_is_no_other_tag(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.wav")
    with soundfile.SoundFile(path, "r+") as file:
        file.title, file.artist, file.copyright = "From the desk", "Ada", "Ada 2020"

    assert tags_of(path) == {"title": "From the desk", "artists": ["Ada"], "copyright": "Ada 2020"}


def test_tags_win_over_riff_info(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.wav")
    with soundfile.SoundFile(path, "r+") as file:
        file.title = "From the desk"
    write_frames(path, {"TIT2": ["As released"]})

    assert tags_of(path)["title"] == "As released"


def test_a_file_without_tags_has_none(tmp_path: Path) -> None:
    assert tags_of(write_tone(tmp_path / "tone.mp3")) == {}
    assert tags_of(write_tone(tmp_path / "tone.wav")) == {}


@pytest.mark.parametrize(
    ("comments", "expected"),
    [
        ({"title": ["  A\tB\n C "]}, {"title": "A B C"}),
        ({"title": ["E\u0301cluse"]}, {"title": "Écluse"}),
        ({"title": ["A\x1b[31mB\0C"]}, {"title": "A [31mB C"}),
        ({"title": [" "], "artist": ["", "Ada", "Ada"]}, {"artists": ["Ada"]}),
        ({"tracknumber": ["A1"]}, {}),
        ({"tracknumber": ["0"]}, {}),
        ({"tracknumber": ["²"]}, {}),
        ({"date": ["2011-05-03T12:00:00"]}, {"date": "2011-05-03"}),
        ({"date": ["2011-05"]}, {"date": "2011-05"}),
        ({"date": ["2011-5-3"]}, {"date": "2011"}),
        ({"date": ["spring 2011"]}, {}),
        ({"date": ["20110503"]}, {}),
        ({"year": ["1999"]}, {"date": "1999"}),
        ({"bpm": ["0.2"]}, {}),
        ({"bpm": ["fast"]}, {}),
        ({"bpm": ["Infinity"]}, {}),
        ({"tempo": ["120.5"]}, {"bpm": 121}),
        ({"isrc": ["not one"]}, {}),
        ({"iswc": ["T-034.524.680-2"]}, {}),
        ({"isrc": ["ISRC xx-aud-26-00004"]}, {"isrc": "XXAUD2600004"}),
    ],
    ids=str,
)
def test_tags_are_normalised_and_left_out_if_they_say_nothing(
    tmp_path: Path, comments: Mapping[str, Sequence[str]], expected: Row
) -> None:
    path = write_comments(write_tone(tmp_path / "tone.flac"), comments)

    assert tags_of(path) == expected


def test_damaged_tags_do_not_stop_a_file_that_decodes(tmp_path: Path) -> None:
    path = write_frames(write_tone(tmp_path / "tone.wav"), {"TIT2": ["Fine"]})
    data = bytearray(path.read_bytes())
    at = data.index(b"ID3\x04")
    data[at + 3] = 9  # a version of ID3 that there never was
    path.write_bytes(data)

    with pytest.raises(MutagenError):
        mutagen.File(path)
    assert tags_of(path) == {}
