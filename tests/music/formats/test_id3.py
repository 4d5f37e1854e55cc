import struct
from io import FileIO
from pathlib import Path

import pytest

from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.id3 import Excerpt, Excess, excerpt, held_tag
from tests.support.finds import id3, text_frame, wav_with

TITLE = text_frame(b"TIT2", b"\3A title")


def excerpt_of(path: Path, data: bytes) -> Excerpt | None:
    path.write_bytes(data)
    with FileIO(path) as file:
        return excerpt(ByteSource(file))


def test_of_a_tag_the_frames_that_matter_are_left(tmp_path: Path) -> None:
    picture = text_frame(b"APIC", bytes(200_000))

    found = excerpt_of(tmp_path / "a", id3(picture + TITLE + picture) + b"sound")

    assert found == Excerpt(id3(TITLE), frozenset({b"TIT2"}))


def test_sizes_as_itunes_wrote_them_are_understood(tmp_path: Path) -> None:
    picture = b"APIC" + (200_000).to_bytes(4, "big") + bytes(200_002)

    found = excerpt_of(tmp_path / "a", id3(picture + TITLE))

    assert found is not None
    assert found.names == {b"TIT2"}


def test_what_is_no_tag_has_no_excerpt(tmp_path: Path) -> None:
    assert excerpt_of(tmp_path / "a", b"ID3\1\0\0\0\0\0\0") is None
    assert excerpt_of(tmp_path / "a", b"fLaC") is None


@pytest.mark.parametrize(
    "frames",
    [
        text_frame(b"TIT2", bytes((1 << 15) + 1)),
        text_frame(b"TXXX", bytes(1 << 15)) * 17,
        text_frame(b"ABCD", b"x") * 4_097,
        text_frame(b"TIT2", b"x", b"\0\x08"),
    ],
    ids=["long", "together long", "many", "packed"],
)
def test_what_costs_more_than_it_is_is_not_handed_on(tmp_path: Path, frames: bytes) -> None:
    """AUD-A54"""
    with pytest.raises(Excess):
        excerpt_of(tmp_path / "a", id3(frames))


def test_a_tag_is_found_in_its_chunk(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_with(b"id3 ", id3(TITLE)))

    with FileIO(path) as file:
        start = held_tag(ByteSource(file))

        assert start is not None
        assert excerpt(ByteSource(file, start)) == Excerpt(id3(TITLE), frozenset({b"TIT2"}))


def test_a_tag_is_found_behind_an_odd_chunk_that_lacks_the_byte_that_evens_it(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    chunks = (
        (b"fmt ", struct.pack("<HHIIHH", 1, 1, 8_000, 8_000, 1, 8)),
        (b"data", b"\x80" * 2_001),
        (b"id3 ", id3(TITLE)),
    )
    body = b"WAVE" + b"".join(name + struct.pack("<I", len(data)) + data for name, data in chunks)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)

    with FileIO(path) as file:
        assert held_tag(ByteSource(file)) == path.stat().st_size - len(id3(TITLE))
