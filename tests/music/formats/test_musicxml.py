import io
import zipfile
from pathlib import Path

import pytest

from audiera.music.formats import musicxml as musicxml_reader
from audiera.music.reading import Reading
from audiera.protocol.metadata import Row
from tests.support.reading import reading, refusal
from tests.support.scores import CONTAINER, musicxml, write_mxl

ENTITIES = "defines entities, which no score needs; export it anew"
CREDITS = (
    '<creator type="composer">Ada Moreau</creator><creator type="lyricist">Ben Reiter</creator>'
    '<creator type="transcriber">Nobody</creator><rights>© 2026 Ada</rights>'
)
ROW: Row = {
    "title": "Lullaby",
    "artists": ["Ada Moreau", "Ben Reiter"],
    "copyright": "© 2026 Ada",
}


def written(path: Path, text: str, coding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(coding))
    return path


@pytest.mark.parametrize("root", ["score-partwise", "score-timewise"])
def test_a_score_names_its_makers_and_has_neither_length_nor_sound(tmp_path: Path, root: str) -> None:
    found = reading(written(tmp_path / "a.xml", musicxml(CREDITS, root=root)))

    assert found == Reading(ROW | {"media_type": "application/vnd.recordare.musicxml+xml"}, None)


def test_a_packed_score_is_read_like_a_plain_one(tmp_path: Path) -> None:
    found = reading(write_mxl(tmp_path / "a.mxl", musicxml(CREDITS)))

    assert found == Reading(ROW | {"media_type": "application/vnd.recordare.musicxml"}, None)


def test_a_score_may_be_coded_in_utf_16(tmp_path: Path) -> None:
    text = musicxml(CREDITS).replace("UTF-8", "UTF-16")

    assert reading(written(tmp_path / "a.musicxml", text, "utf-16")).row["title"] == "Lullaby"


def test_other_xml_is_no_score(tmp_path: Path) -> None:
    path = written(tmp_path / "a.musicxml", '<?xml version="1.0"?><playlist><track/></playlist>')

    assert refusal(path, reading) == "cannot be decoded as audio (nothing in it is of a known format)"


def test_xml_that_only_declares_itself_a_score_is_none(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xml", "<!DOCTYPE score-partwise><list><score-partwise/></list>")

    expected = "is XML, but no score: its outermost element is neither score-partwise nor score-timewise"
    assert refusal(path, reading) == expected


def test_a_score_without_notes_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xml", "<score-partwise><part/></score-partwise>")

    assert refusal(path, reading) == "holds no music: there is not one note in it"


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_every_cut_is_refused(tmp_path: Path, packed: bool) -> None:
    whole = write_mxl(tmp_path / "a.mxl", musicxml()) if packed else written(tmp_path / "a.xml", musicxml())
    data = whole.read_bytes()

    for cut in range(200, len(data) - 1, 23):
        whole.write_bytes(data[:cut])
        assert refusal(whole, reading).startswith("is damaged: it ")


def test_entities_that_grow_are_refused(tmp_path: Path) -> None:
    """AUD-A49"""
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE score-partwise [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        "<score-partwise><work><work-title>&b;</work-title></work></score-partwise>"
    )

    assert refusal(written(tmp_path / "a.xml", bomb), reading) == ENTITIES


def test_entities_of_other_files_are_refused(tmp_path: Path) -> None:
    """AUD-A49"""
    text = '<!DOCTYPE score-partwise [<!ENTITY a SYSTEM "file:///etc/passwd">]><score-partwise>&a;</score-partwise>'

    assert refusal(written(tmp_path / "a.xml", text), reading) == ENTITIES


def test_a_score_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    """AUD-A49"""
    path = write_mxl(tmp_path / "a.mxl", b" " * ((1 << 26) + 1))

    assert refusal(path, reading) == "unpacks to more than a score of its size can be (7 MiB); get a whole copy"


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    text = "<score-partwise>" + "<a>" * 100_000 + "</a>" * 100_000 + "</score-partwise>"

    assert refusal(written(tmp_path / "a.xml", text), reading) == "is nested deeper than any score; get a whole copy"


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        (CONTAINER.replace("score.musicxml", "other.xml"), "is damaged: it cannot be unpacked; get a whole copy"),
        ("<container/>", "is damaged: its container names no score; get a whole copy"),
    ],
    ids=["a file that is not there", "none"],
)
def test_a_container_must_name_a_score(tmp_path: Path, container: str, reason: str) -> None:
    assert refusal(write_mxl(tmp_path / "a.mxl", musicxml(), container=container), reading) == reason


def test_a_packed_score_that_is_locked_is_refused(tmp_path: Path) -> None:
    path = write_mxl(tmp_path / "a.mxl", musicxml())
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        start = archive.start_dir
    data[start + 8] |= 1  # the flag of encryption, in the archive's table
    path.write_bytes(data)

    assert refusal(path, reading) == "is damaged: it cannot be unpacked; get a whole copy"


def test_more_elements_than_any_score_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(musicxml_reader, "_MAX_ELEMENTS", 1_000)  # two million take seconds
    many = written(tmp_path / "a.xml", "<score-partwise>" + "<a/>" * 1_000 + "</score-partwise>")
    attributes = " ".join(f'a{number}="1"' for number in range(999))
    wide = written(tmp_path / "b.xml", f"<score-partwise><a {attributes}/></score-partwise>")

    expected = "has more than 1,000 elements and attributes, as no score has; get a whole copy"
    assert (refusal(many, reading), refusal(wide, reading)) == (expected, expected)
