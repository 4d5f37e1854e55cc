from pathlib import Path

import av
import pytest

from tests.support.encoded import write_encoded
from tests.support.music import RATE, write_tone
from tests.support.reading import decoded, refusal

STREAM_INFO = 8
"""Where its content begins: behind "fLaC" and the header of the block."""


def with_frames(path: Path, frames: int) -> Path:
    """Makes a FLAC file announce so many samples."""
    data = bytearray(path.read_bytes())
    packed = int.from_bytes(data[STREAM_INFO + 10 : STREAM_INFO + 18], "big")
    data[STREAM_INFO + 10 : STREAM_INFO + 18] = (packed >> 36 << 36 | frames).to_bytes(8, "big")
    path.write_bytes(data)
    return path


def test_sound_that_fails_the_checksum_of_the_file_is_refused(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.flac")
    data = bytearray(path.read_bytes())
    data[STREAM_INFO + 20] ^= 1
    path.write_bytes(data)

    expected = "is damaged: its sound fails the checksum (MD5) that its encoder left; get a whole copy"
    assert refusal(path) == expected


def test_a_file_without_a_checksum_is_taken_as_it_is(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.flac")
    data = bytearray(path.read_bytes())
    data[STREAM_INFO + 18 : STREAM_INFO + 34] = bytes(16)
    path.write_bytes(data)

    assert decoded(path).duration_ms == 250


def test_more_samples_announced_than_there_are_means_that_the_file_breaks_off(tmp_path: Path) -> None:
    path = with_frames(write_tone(tmp_path / "tone.flac", frames=RATE), RATE + 500)

    assert refusal(path).startswith(("breaks off: it announces 8,500 samples", "is damaged or breaks off; "))


def test_an_id3_tag_before_the_sound_does_no_harm(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.flac", "flac")
    path.write_bytes(b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + path.read_bytes())

    found = decoded(path)

    assert (found.media_type, found.frames) == ("audio/flac", 22_050)


def unstated(path: Path) -> bytes:
    """Returns a FLAC file as it is when written to a pipe: neither length nor checksum could be filled in."""
    data = bytearray(with_frames(path, 0).read_bytes())
    data[STREAM_INFO + 18 : STREAM_INFO + 34] = bytes(16)
    return bytes(data)


@pytest.mark.parametrize("end", [b"", b"TAG" + bytes(125)], ids=["nothing", "ID3v1"])
def test_a_file_written_to_a_pipe_is_taken_to_its_end_with_a_note(tmp_path: Path, end: bytes) -> None:
    path = write_encoded(tmp_path / "tone.flac", "flac")
    whole = decoded(path)
    path.write_bytes(unstated(path) + end)

    found = decoded(path)

    assert found.notes == (
        "does not state the length of its sound, as happens when it is written to a pipe; it is taken to its end",
    )
    assert (found.frames, found.samples, found.bit_depth) == (22_050, whole.samples, 16)


def test_a_file_written_to_a_pipe_that_breaks_off_within_a_frame_is_refused(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "tone.flac", "flac")
    data = unstated(path)

    for cut in range(100, len(data), len(data) // 20):
        path.write_bytes(data[:cut])
        assert refusal(path).startswith(("is damaged", "breaks off"))


def test_a_file_written_to_a_pipe_that_lacks_a_frame_is_refused(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "tone.flac", "flac")
    with av.open(path) as container:
        packets = [(packet.pos, packet.size, packet.pts) for packet in container.demux() if packet.size]
    (at, size, before), data = packets[1], unstated(path)
    path.write_bytes(data[: at or 0] + data[(at or 0) + size :])

    assert refusal(path) == f"is damaged: what follows its sample {before:,} is no frame of it; get a whole copy"


def test_a_changed_bit_in_a_file_written_to_a_pipe_is_seen(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "tone.flac", "flac")
    data = unstated(path)

    for place in range(len(data) // 3, len(data), len(data) // 20):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert refusal(path).startswith("is damaged")


def test_a_length_beyond_the_end_is_named(tmp_path: Path) -> None:
    path = with_frames(write_encoded(tmp_path / "tone.flac", "flac", frames=300_000), (1 << 36) - 1)

    assert refusal(path) == "breaks off: it announces 68,719,476,735 samples and has 300,000; get a whole copy"


@pytest.mark.parametrize(
    "end", [b"TAG" + bytes(125), bytes(5_000), b"what some program left" * 100], ids=["ID3v1", "zeros", "text"]
)
def test_what_follows_the_sound_does_no_harm(tmp_path: Path, end: bytes) -> None:
    path = write_encoded(tmp_path / "a.flac", "flac")
    path.write_bytes(path.read_bytes() + end)

    assert decoded(path).frames == 22_050
