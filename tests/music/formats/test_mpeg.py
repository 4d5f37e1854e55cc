import struct
from pathlib import Path

import pytest
from fastcrc.crc16 import arc

from tests.support.encoded import write_encoded
from tests.support.music import write_frames
from tests.support.reading import decoded, refusal

FRAMES = 21
"""Half a second at 44.1 kHz in frames of 1,152, with what the encoder adds."""


def mp3(path: Path, *, plain: bool = False) -> Path:
    """Writes an MP3 with the header frame of its encoder, or without (`plain`)."""
    options = {"id3v2_version": "0", "write_xing": "0" if plain else "1"}
    return write_encoded(path, "mp3", options=options)


def frame_starts(data: bytes) -> list[int]:
    return [at for at in range(len(data) - 1) if data[at : at + 2] == data[:2]]


def test_mp3_lasts_as_long_as_what_was_encoded(tmp_path: Path) -> None:
    found = decoded(mp3(tmp_path / "a.mp3"))

    assert (found.media_type, found.frames, found.bit_depth, found.notes) == ("audio/mpeg", 22_050, None, ())


def test_layer_two_is_mpeg_audio_too(tmp_path: Path) -> None:
    assert decoded(write_encoded(tmp_path / "a.mp2", "mp2")).media_type == "audio/mpeg"


def test_bytes_between_two_frames_are_damage(tmp_path: Path) -> None:
    path = mp3(tmp_path / "a.mp3", plain=True)
    data = path.read_bytes()
    at = frame_starts(data)[5]
    path.write_bytes(data[:at] + b"\x01" * 77 + data[at:])

    assert refusal(path) == f"is damaged at byte {at:,}: 77 bytes are not sound; get a whole copy"


def test_a_last_frame_that_is_cut_is_refused(tmp_path: Path) -> None:
    path = mp3(tmp_path / "a.mp3", plain=True)
    data = path.read_bytes()
    last = frame_starts(data)[-1]
    path.write_bytes(data[:-10])

    size = len(data) - last
    assert refusal(path) == f"breaks off: its last frame has {size - 10} of {size} bytes; get a whole copy"


def test_fewer_frames_than_announced_are_refused(tmp_path: Path) -> None:
    path = mp3(tmp_path / "a.mp3")
    data = path.read_bytes()
    path.write_bytes(data[: frame_starts(data)[-4]])

    assert refusal(path) == f"breaks off: it announces {FRAMES} frames and has {FRAMES - 4}; get a whole copy"


def test_fewer_frames_cannot_be_seen_where_none_are_announced(tmp_path: Path) -> None:
    """Stated in the module: nothing in such a file says how long it was."""
    path = mp3(tmp_path / "a.mp3", plain=True)
    complete = decoded(path).frames
    data = path.read_bytes()
    path.write_bytes(data[: frame_starts(data)[-4]])

    assert decoded(path).frames < complete


def test_more_frames_than_announced_all_count_with_a_note(tmp_path: Path) -> None:
    path = mp3(tmp_path / "a.mp3")
    data = path.read_bytes()
    frame = data[frame_starts(data)[-1] :]
    path.write_bytes(data + frame)

    assert decoded(path).notes == (f"announces {FRAMES} frames and has {FRAMES + 1}; all of them count",)


def test_an_announcement_of_zero_frames_announces_nothing(tmp_path: Path) -> None:
    path = mp3(tmp_path / "a.mp3")
    data = path.read_bytes()
    at = data.index(b"Info") + 8
    path.write_bytes(data[:at] + bytes(4) + data[at + 4 :])

    assert decoded(path).notes == (
        "has a first frame that fails its own checksum, so that the one of its sound is not known",
    )


def test_sound_that_fails_the_checksum_of_its_encoder_is_refused(tmp_path: Path) -> None:
    path = mp3(tmp_path / "a.mp3")
    data = bytearray(path.read_bytes())
    data[-40] ^= 4
    path.write_bytes(data)

    assert refusal(path) == "is damaged: its sound fails the checksum that its encoder left; get a whole copy"


def test_sound_whose_volume_mp3gain_changed_is_let_pass_with_a_note(tmp_path: Path) -> None:
    path = mp3(tmp_path / "a.mp3")
    data = bytearray(path.read_bytes())
    data[-40] ^= 4
    item = struct.pack("<II", 7, 0) + b"MP3GAIN_UNDO\0" + b"+01,+01"
    footer = b"APETAGEX" + struct.pack("<IIII", 2000, len(item) + 32, 1, 0) + bytes(8)
    path.write_bytes(bytes(data) + item + footer)

    assert decoded(path).notes == (
        "has had its volume changed by mp3gain, so that the encoder's checksum of it says nothing",
    )


def test_bytes_before_the_first_frame_are_passed_over_with_a_note(tmp_path: Path) -> None:
    path = mp3(tmp_path / "a.mp3")
    path.write_bytes(b"junk" * 100 + path.read_bytes())

    found = decoded(path)

    assert found.frames == 22_050
    assert found.notes == ("has 400 bytes before its first frame that are not sound; players pass over them",)


@pytest.mark.parametrize("plain", [False, True], ids=["with a header frame", "without"])
def test_64_kib_before_the_first_frame_are_passed_over_and_a_byte_more_is_too_many(tmp_path: Path, plain: bool) -> None:
    path = mp3(tmp_path / "a.mp3", plain=plain)
    data = path.read_bytes()
    frames = decoded(path).frames

    path.write_bytes(b"junk" * (1 << 14) + data)
    found = decoded(path)
    assert found.frames == frames
    assert found.notes == ("has 65,536 bytes before its first frame that are not sound; players pass over them",)

    path.write_bytes(b"junk" * (1 << 14) + b"." + data)
    assert refusal(path) == "cannot be decoded as audio (nothing in it is of a known format)"


def test_tags_before_and_after_the_sound_are_no_damage(tmp_path: Path) -> None:
    path = mp3(tmp_path / "a.mp3")
    lyrics = b"LYRICSBEGIN" + b"IND0000200" + b"000021LYRICS200"
    item = struct.pack("<II", 3, 0) + b"Title\0One"
    ape = item + b"APETAGEX" + struct.pack("<IIII", 2000, len(item) + 32, 1, 0) + bytes(8)
    path.write_bytes(path.read_bytes() + ape + lyrics + b"TAG".ljust(128, b"\0"))
    write_frames(path, {"TIT2": ["One"]})

    found = decoded(path)

    assert (found.frames, found.notes) == (22_050, ())


def test_zeros_after_the_last_frame_are_noted(tmp_path: Path) -> None:
    path = mp3(tmp_path / "a.mp3", plain=True)
    path.write_bytes(path.read_bytes() + bytes(300))

    assert decoded(path).notes == ("has 300 empty bytes after its last frame",)


def test_anything_else_after_the_last_frame_is_damage(tmp_path: Path) -> None:
    path = mp3(tmp_path / "a.mp3", plain=True)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + b"scrap" * 60)

    expected = f"is damaged at byte {size:,}: what follows is neither sound nor a tag; get a whole copy"
    assert refusal(path) == expected


def test_a_tag_without_sound_is_refused(tmp_path: Path) -> None:
    path = write_frames(mp3(tmp_path / "a.mp3"), {"TIT2": ["One"]})
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"\xff\xfb")])

    assert refusal(path) == "cannot be decoded as audio (nothing in it is of a known format)"


@pytest.mark.parametrize(
    ("data", "checksum"), [(b"", 0), (b"123456789", 0xBB3D), (bytes(8), 0), (b"\x01", 0xC0C1), (b"\xff" * 4, 0x9401)]
)
def test_the_checksum_is_the_one_that_encoders_leave(data: bytes, checksum: int) -> None:
    """CRC-16/ARC: the check value of its catalogue entry, and values worked out bit by bit from its polynomial."""
    assert arc(data) == checksum == bit_by_bit(data)


def test_the_checksum_of_a_part_goes_on_from_that_of_the_part_before() -> None:
    data = bytes(range(256)) * 20

    assert arc(data[777:], arc(data[:777])) == arc(data)


def bit_by_bit(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
