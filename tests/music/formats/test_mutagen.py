"""The tags of each format, under one set of names, and in the codings that there are."""

import struct
import zlib
from collections.abc import Callable, Mapping
from io import FileIO
from pathlib import Path
from typing import Any

import mutagen
import pytest
from mutagen import apev2, asf, id3, mp4

from audiera.music.reading import read
from audiera.music.tags import Tags, normalise, read_tags
from audiera.protocol.metadata import Row
from tests.support.encoded import write_encoded
from tests.support.music import EVERY_TAG, write_comments, write_frames, write_tone

UNREAD = "has tags that cannot be read; what is in them is left out"
ISRC, ISWC, LICENCE = "XX-AUD-26-00004", "T-034.524.680-1", str(EVERY_TAG["licence"])


def tags_of(path: Path) -> Tags:
    with FileIO(path) as file:
        return read_tags(file, {})


MAKE: Mapping[str, Callable[..., Any]] = {
    name: getattr(module, name)
    for module, name in [
        (id3, "ID3"),
        (id3, "TIT2"),
        (id3, "TPE1"),
        (mp4, "MP4"),
        (apev2, "APEv2"),
        (asf, "ASF"),
        (apev2, "APEValue"),
    ]
}
"""What mutagen makes has no types."""


def save_id3(path: Path, frame: str, text: str, *, version: int, encoding: int) -> None:
    tags = MAKE["ID3"]()
    tags.add(MAKE[frame](encoding=encoding, text=[text]))
    tags.save(path, v2_version=version)


def tag_mp4(path: Path) -> None:
    file = MAKE["MP4"](path)
    plain = {"\xa9nam": "Écluse", "\xa9alb": "Harbour Lights", "\xa9day": "2026-03-01", "\xa9gen": "Folk"}
    for name, text in plain.items():
        file[name] = text
    file["\xa9ART"] = ["Night Ferry", "Inès Varga"]
    file["trkn"], file["tmpo"], file["cprt"] = [(4, 6)], [98], "2026 Night Ferry"
    for name, text in {"ISRC": ISRC, "ISWC": ISWC, "initialkey": "F#m", "LICENSE": LICENCE}.items():
        file[f"----:com.apple.iTunes:{name}"] = text.encode()
    file.save()


def tag_ape(path: Path) -> None:
    tags = MAKE["APEv2"]()
    texts = {"Title": "Écluse", "Album": "Harbour Lights", "Track": "4/6", "Year": "2026-03-01", "Genre": "Folk"}
    texts |= {"BPM": "98", "InitialKey": "F#m", "ISRC": ISRC, "ISWC": ISWC, "License": LICENCE}
    for name, text in texts.items():
        tags[name] = text
    tags["Artist"], tags["Copyright"] = ["Night Ferry", "Inès Varga"], "2026 Night Ferry"
    tags["Cover Art (Front)"] = MAKE["APEValue"](b"cover.jpg\0\xff\xd8", 1)  # binary
    tags.save(path)


def tag_asf(path: Path) -> None:
    file = MAKE["ASF"](path)
    texts = {"Title": "Écluse", "WM/AlbumTitle": "Harbour Lights", "WM/TrackNumber": "4", "WM/Year": "2026-03-01"}
    texts |= {"WM/Genre": "Folk", "WM/BeatsPerMinute": "98", "WM/InitialKey": "F#m", "WM/ISRC": ISRC}
    texts |= {"ISWC": ISWC, "Copyright": "2026 Night Ferry", "LICENSE": LICENCE}
    for name, text in texts.items():
        file[name] = text
    file["Author"] = ["Night Ferry", "Inès Varga"]
    file.save()


@pytest.mark.parametrize(
    ("kind", "tag"),
    [("m4a", tag_mp4), ("alac", tag_mp4), ("wv", tag_ape), ("tta", tag_ape), ("mp3", tag_ape), ("wma", tag_asf)],
)
def test_every_key_is_read_from_the_tags_of_each_format(tmp_path: Path, kind: str, tag: Callable[[Path], None]) -> None:
    path = write_encoded(tmp_path / "nameless", kind, frames=4_410)

    tag(path)

    assert tags_of(path) == Tags(EVERY_TAG)


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("encoding", [0, 1, 3], ids=["Latin-1", "UTF-16", "UTF-8"])
def test_id3_is_read_in_every_version_and_coding(tmp_path: Path, version: int, encoding: int) -> None:
    path = write_encoded(tmp_path / "nameless", "mp3", frames=4_410)
    save_id3(path, "TIT2", "Écluse", version=version, encoding=encoding)

    assert tags_of(path).row["title"] == "Écluse"


def test_id3_of_the_first_version_is_read_from_the_end(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "nameless", "mp3", frames=4_410, options={"id3v2_version": "0"})
    old = b"TAG" + b"Lullaby".ljust(30, b"\0") + b"Ada".ljust(30, b"\0") + b"\0" * 30 + b"1999" + b"\0" * 28 + b"\0\x07"
    path.write_bytes(path.read_bytes() + old + b"\x50")

    assert tags_of(path).row == {"title": "Lullaby", "artists": ["Ada"], "track": 7, "date": "1999", "genre": "Folk"}


@pytest.mark.parametrize("name", ["AC/DC", "Earth, Wind & Fire", "Simon; Garfunkel", "Ada feat. Ben"])
@pytest.mark.parametrize("version", [3, 4])
def test_a_name_is_never_divided(tmp_path: Path, name: str, version: int) -> None:
    path = write_encoded(tmp_path / "nameless", "mp3", frames=4_410)
    save_id3(path, "TPE1", name, version=version, encoding=3)

    assert tags_of(path).row["artists"] == [name]


def test_names_that_the_format_separates_are_several(tmp_path: Path) -> None:
    path = write_frames(write_tone(tmp_path / "tone.mp3"), {"TPE1": ["AC/DC", "Ada"]})

    assert tags_of(path).row["artists"] == ["AC/DC", "Ada"]


def with_info(path: Path, text: bytes, *, page: int | None = None) -> Path:
    """Adds a LIST INFO chunk with a title to a WAV file, and a CSET chunk with a code page."""
    data = text + b"\0" * (1 + (len(text) + 1) % 2)
    info = b"INFOINAM" + struct.pack("<I", len(data)) + data
    chunks = b"LIST" + struct.pack("<I", len(info)) + info
    if page is not None:
        chunks = b"CSET" + struct.pack("<IHHHH", 8, page, 0, 0, 0) + chunks
    whole = path.read_bytes() + chunks
    path.write_bytes(whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:])
    return path


@pytest.mark.parametrize(
    ("text", "page", "title"),
    [
        ("Écluse".encode(), None, "Écluse"),
        ("Écluse".encode("cp1252"), None, "Écluse"),
        ("Колыбельная".encode("cp1251"), 1251, "Колыбельная"),
        ("Écluse".encode("cp1252"), 9_999, "Écluse"),
    ],
    ids=["UTF-8", "Windows", "its own code page", "a code page that there is not"],
)
def test_riff_info_is_read_in_its_coding(tmp_path: Path, text: bytes, page: int | None, title: str) -> None:
    path = with_info(write_tone(tmp_path / "tone.wav"), text, page=page)

    assert tags_of(path).row["title"] == title


def test_the_text_chunks_of_aiff_are_read(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.aiff")
    chunks = b"NAME" + struct.pack(">I", 6) + "Écluse".encode("mac_roman") + b"AUTH" + struct.pack(">I", 4) + b"Ada\0"
    path.write_bytes(path.read_bytes() + chunks)

    assert tags_of(path).row == {"title": "Écluse", "artists": ["Ada"]}


def test_matroska_has_its_tags_from_its_decoder(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.mka", "mka", frames=4_410, tags={"TITLE": "Écluse", "ARTIST": "AC/DC"})

    with FileIO(path) as file:
        row = read(file, path.name).row

    assert (row["title"], row["artists"]) == ("Écluse", ["AC/DC"])


def test_text_that_would_unpack_to_more_than_there_is_memory_is_not_unpacked(tmp_path: Path) -> None:
    """AUD-A49"""
    path = write_encoded(tmp_path / "a.mp3", "mp3", frames=4_410, options={"id3v2_version": "0"})
    text = zlib.compress(b"\x03" + b"a" * 100_000)
    frame = b"TIT2" + bytes([0, 0, (len(text) + 4) >> 7, (len(text) + 4) & 127]) + b"\0\x09\0\6\x0d\x21" + text
    size = bytes([0, 0, len(frame) >> 7, len(frame) & 127])
    path.write_bytes(b"ID3\x04\0\0" + size + frame + path.read_bytes())

    assert tags_of(path) == Tags({}, (UNREAD,))


@pytest.mark.parametrize("version", [2, 3, 4])
def test_more_frames_than_any_program_writes_are_not_read(tmp_path: Path, version: int) -> None:
    """Each takes mutagen longer than the one before: a million took more than a minute."""
    path = write_encoded(tmp_path / "a.mp3", "mp3", frames=4_410, options={"id3v2_version": "0"})
    sound = path.read_bytes()
    title, comment = (
        (b"TT2\0\0\x02\0T", b"COM\0\0\x06\0eng\0C")
        if version == 2
        else (b"TIT2\0\0\0\x02\0\0\0T", b"COMM\0\0\0\x06\0\0\0eng\0C")
    )

    def tagged_with(frames: bytes) -> Tags:
        size = bytes(len(frames) >> shift & 127 for shift in (21, 14, 7, 0))
        path.write_bytes(b"ID3" + bytes([version, 0, 0]) + size + frames + sound)
        return tags_of(path)

    assert tagged_with(title + comment * 1_000) == Tags({"title": "T"})
    assert tagged_with(title + comment * 5_000) == Tags({}, (UNREAD,))


def test_text_that_is_no_name_by_its_length_is_left_out(tmp_path: Path) -> None:
    path = write_comments(write_tone(tmp_path / "tone.flac"), {"title": ["a" * 10_001], "album": ["b" * 10_000]})

    assert tags_of(path) == Tags({"album": "b" * 10_000}, ("has a title of 10,001 letters; it is left out",))


@pytest.mark.parametrize("mark", ["\u202e", "\u202a", "\u2066", "\u2069"], ids=ascii)
def test_marks_that_turn_the_direction_of_text_are_dropped(tmp_path: Path, mark: str) -> None:
    path = write_comments(write_tone(tmp_path / "tone.flac"), {"title": [f"song{mark}3pm.exe"]})

    assert tags_of(path).row["title"] == "song3pm.exe"


def test_right_to_left_text_stays_as_it_is(tmp_path: Path) -> None:
    path = write_comments(write_tone(tmp_path / "tone.flac"), {"title": ["שיר ערש", "x"], "artist": ["فيروز"]})

    assert tags_of(path).row == {"title": "שיר ערש", "artists": ["فيروز"]}


@pytest.mark.parametrize(
    ("values", "row", "notes"),
    [
        (
            {"isrc": ["not one"]},
            {},
            ("has a tag that is not an ISRC, 'not one'; it is left out",),
        ),
        (
            {"iswc": ["T-034.524.680-2"]},
            {},
            ("has a tag that is not an ISWC, 'T-034.524.680-2'; it is left out",),
        ),
        (
            {"date": ["x" * 50]},
            {},
            (f"has a tag that is not a date as in 2026-03-01, '{'x' * 40}…'; it is left out",),
        ),
        (
            {"isrc": ["not one", ISRC]},
            {"isrc": "XXAUD2600004"},
            ("has more than one ISRC, 'not one', 'XXAUD2600004'; 'XXAUD2600004' is taken",),
        ),
        ({"isrc": [ISRC, "xxaud2600004"]}, {"isrc": "XXAUD2600004"}, ()),
        (
            {"title": ["A", "B", "A", "C", "D"]},
            {"title": "A"},
            ("has more than one title, 'A', 'B', 'C', …; 'A' is taken",),
        ),
        ({"artist": ["A", "B"]}, {"artists": ["A", "B"]}, ()),
        ({"tracknumber": ["1/9", "2"]}, {"track": 1}, ("has more than one track number, '1', '2'; '1' is taken",)),
        ({"date": ["0000"], "isrc": ["-"]}, {}, ()),
        ({"date": [""], "year": ["1999"]}, {"date": "1999"}, ()),
    ],
    ids=[
        *("ISRC", "ISWC", "date", "a second ISRC", "one ISRC in two spellings", "titles", "artists", "tracks"),
        *("placeholders", "a second name"),
    ],
)
def test_what_is_malformed_is_left_out_with_a_note(
    values: dict[str, list[str]], row: Row, notes: tuple[str, ...]
) -> None:
    assert normalise(values) == Tags(row, notes)


@pytest.mark.parametrize("kind", ["flac", "m4a", "mp3", "oggflac", "wma", "wv"])
def test_no_damage_of_tags_stops_a_file(tmp_path: Path, kind: str) -> None:
    path = write_encoded(tmp_path / "nameless", kind, frames=4_410, tags={"title": "Lullaby", "artist": "Ada"})
    assert mutagen.File(path) is not None
    data = path.read_bytes()

    for place in range(0, min(len(data), 1_000), 29):
        path.write_bytes(data[:place] + b"\xff\xff\xff\xff" + data[place + 4 :])

        assert tags_of(path).row.keys() <= EVERY_TAG.keys()


def misread(called: str, shown: str) -> tuple[str]:
    return (f"has {called} that is not in the encoding it states, {shown!r}; it is left out",)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("月面".encode("shift-jis"), "\x8c\x8e\x96\xca"),
        ("Čas kamení".encode(), "\xc4\x8cas kamen\xc3\xad"),
        ("Café".encode(), "Caf\xc3\xa9"),
        ("Don\u2019t".encode("cp1252"), "Don\x92t"),
        ("Тени".encode("koi8-r"), ""),
    ],
    ids=["Shift-JIS", "UTF-8", "UTF-8 without control characters", "Windows-1252", "KOI8-R"],
)
def test_text_that_is_declared_as_latin_1_and_is_not_is_left_out_with_a_note(
    tmp_path: Path, said: bytes, shown: str
) -> None:
    """The bytes of KOI8-R are letters of Latin-1, too: that text stays as it is."""
    path = write_encoded(tmp_path / "a.mp3", "mp3", frames=4_410, options={"id3v2_version": "0"})
    frame = b"TIT2\0\0\0" + bytes([len(said) + 1]) + b"\0\0\0" + said
    path.write_bytes(b"ID3\x03\0\0\0\0\0" + bytes([len(frame)]) + frame + path.read_bytes())

    found = tags_of(path)

    assert found == (Tags({}, misread("a title", shown)) if shown else Tags({"title": said.decode("latin-1")}))


@pytest.mark.parametrize("coding", [1, 2, 3])
def test_a_frame_that_cannot_be_decoded_is_noted(tmp_path: Path, coding: int) -> None:
    path = write_encoded(tmp_path / "a.mp3", "mp3", frames=4_410, options={"id3v2_version": "0"})
    said = b"\xff\xfe\x00\xd8" if coding == 1 else b"\xd8\x00" if coding == 2 else b"Caf\xe9"
    frame = b"TIT2\0\0\0" + bytes([len(said) + 1]) + b"\0\0" + bytes([coding]) + said
    path.write_bytes(b"ID3\x04\0\0\0\0\0" + bytes([len(frame)]) + frame + path.read_bytes())

    assert tags_of(path) == Tags({}, misread("a title", "\ufffd"))


def test_a_comment_that_is_not_utf_8_is_left_out_with_a_note(tmp_path: Path) -> None:
    path = write_comments(write_tone(tmp_path / "tone.flac"), {"title": ["Cafe"], "artist": ["Ada"]})
    path.write_bytes(path.read_bytes().replace(b"Cafe", b"Caf\xe9"))

    assert tags_of(path) == Tags({"artists": ["Ada"]}, misread("a title", "Caf\ufffd"))


@pytest.mark.parametrize(
    ("text", "title", "note"),
    [
        ("A\x1b[31mB", "A [31mB", True),
        ("A\u202eB", "AB", True),
        ("A\x7fB", "A B", True),
        ("A\tB\r\nC ", "A B C", False),
        ("A\0\0", "A", False),
    ],
    ids=ascii,
)
def test_text_that_is_altered_is_noted(text: str, title: str, note: bool) -> None:
    said = f"has a title with characters that are not text, {text!r}; they are dropped"

    assert normalise({"title": [text]}) == Tags({"title": title}, (said,) * note)


@pytest.mark.parametrize("kind", ["m4a", "mka", "webm"])
def test_a_title_of_a_container_that_is_not_utf_8_is_left_out_with_a_note(tmp_path: Path, kind: str) -> None:
    path = write_encoded(tmp_path / "a", kind, frames=4_410, tags={"title": "Cafe", "artist": "Ada"})
    path.write_bytes(path.read_bytes().replace(b"Cafe", b"Caf\xe9"))

    with FileIO(path) as file:
        reading = read(file, "a")

    assert ("title" in reading.row, reading.row["artists"]) == (False, ["Ada"])
    assert misread("a title", "Caf\ufffd")[0] in reading.notes


@pytest.mark.parametrize(
    ("kind", "title", "damaged"),
    [
        ("wma", "Cafe".encode("utf-16-le"), "Ca\ud800e".encode("utf-16-le", "surrogatepass")),
        ("wv", b"Cafe", b"Caf\xe9"),
    ],
)
def test_tags_that_cannot_be_read_are_left_out_with_a_note_whatever_a_decoder_makes_of_them(
    tmp_path: Path, kind: str, title: bytes, damaged: bytes
) -> None:
    path = write_encoded(tmp_path / "a", kind, frames=4_410, tags={"title": "Cafe", "artist": "Ada"})
    path.write_bytes(path.read_bytes().replace(title, damaged))

    with FileIO(path) as file:
        reading = read(file, "a")

    assert not {"title", "artists"} & reading.row.keys()
    assert UNREAD in reading.notes
