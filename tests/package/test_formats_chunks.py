import struct
from io import FileIO
from pathlib import Path

import pytest

from audiera.audio import AudioError, decode
from audiera.sound import Decoded
from tests.support.music import RATE, write_tone

UNSTATED = "does not state the length of its sound, as happens when it is written to a pipe; it is taken to its end"
SOUND_BYTES = RATE // 4 * 2


def decoded(path: Path) -> Decoded:
    with FileIO(path) as file:
        return decode(file)


def refusal(path: Path) -> str:
    with pytest.raises(AudioError) as caught:
        decoded(path)
    return str(caught.value)


def patch(path: Path, mark: bytes, form: str, number: int, *, behind: int = 0) -> Path:
    """Puts a number behind the first occurrence of `mark`."""
    data = bytearray(path.read_bytes())
    at = data.index(mark) + len(mark) + behind
    data[at : at + struct.calcsize(form)] = struct.pack(form, number)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("suffix", "mark", "form", "surplus"),
    [
        (".wav", b"data", "<I", 0),
        (".aiff", b"SSND", ">I", 8),
        (".w64", b"\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a", "<Q", 24),
    ],
    ids=["wav", "aiff", "w64"],
)
def test_more_sound_announced_than_there_is_means_that_the_file_breaks_off(
    tmp_path: Path, suffix: str, mark: bytes, form: str, surplus: int
) -> None:
    path = write_tone(tmp_path / f"tone{suffix}")
    if suffix == ".w64":
        data = path.read_bytes()
        at = data.index(b"data") + 16
        path.write_bytes(data[:at] + struct.pack("<Q", 1_000_000 + 24) + data[at + 8 :])
    else:
        patch(path, mark, form, 1_000_000)

    there = SOUND_BYTES + (8 if suffix == ".aiff" else 0)
    assert refusal(path) == f"breaks off: it announces 1,000,000 bytes of sound and has {there:,}; get a whole copy"
    assert surplus >= 0


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF], ids=hex)
def test_sound_of_unstated_length_is_taken_to_the_end_of_the_file_with_a_note(tmp_path: Path, size: int) -> None:
    path = patch(write_tone(tmp_path / "tone.wav"), b"data", "<I", size)
    patch(path, b"RIFF", "<I", size)

    found = decoded(path)

    assert (found.duration_ms, found.notes) == (250, (UNSTATED,))


def test_an_au_file_may_leave_its_length_open(tmp_path: Path) -> None:
    path = patch(write_tone(tmp_path / "tone.au"), b".snd", ">I", 0xFFFFFFFF, behind=4)

    found = decoded(path)

    assert (found.duration_ms, found.notes) == (250, (UNSTATED,))


def test_a_wav_that_announces_more_than_it_has_in_all_is_refused(tmp_path: Path) -> None:
    path = patch(write_tone(tmp_path / "tone.wav"), b"RIFF", "<I", 999_992)

    size = path.stat().st_size
    assert refusal(path) == f"breaks off: it announces 1,000,000 bytes and has {size:,}; get a whole copy"


def test_the_byte_that_evens_the_last_chunk_may_be_counted_and_lack(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.wav")
    data = path.read_bytes() + b"LIST" + struct.pack("<I", 15) + b"INFOINAM" + struct.pack("<I", 3) + b"ab\0"
    path.write_bytes(data[:4] + struct.pack("<I", len(data) + 1 - 8) + data[8:])

    found = decoded(path)

    assert (found.duration_ms, found.notes) == (250, ())


def test_bytes_after_the_end_are_noted_and_not_decoded(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.wav")
    path.write_bytes(path.read_bytes() + b"\x01" * 500)

    found = decoded(path)

    assert found.duration_ms == 250
    assert found.notes == ("has 500 bytes after its end that are no part of it",)


@pytest.mark.parametrize("number", [0, 1, 7, 0xFFFF])
def test_frames_of_another_size_than_their_samples_are_refused(tmp_path: Path, number: int) -> None:
    path = patch(write_tone(tmp_path / "tone.wav"), b"fmt ", "<H", number, behind=16)

    expected = f"contradicts itself: 1 channels of 16 bits in frames of {number} bytes; export it anew"
    assert refusal(path) == expected


@pytest.mark.parametrize(
    ("form", "number", "behind"),
    [("<H", 0xFFFF, 6), ("<H", 0, 6), ("<I", 0, 8), ("<H", 0xFFFF, 18)],
    ids=["65,535 channels", "no channel", "0 Hz", "65,535 bits"],
)
def test_an_absurd_header_is_refused_and_costs_no_memory(tmp_path: Path, form: str, number: int, behind: int) -> None:
    path = patch(write_tone(tmp_path / "tone.wav"), b"fmt ", form, number, behind=behind)

    assert refusal(path).startswith(("contradicts itself", "cannot be decoded as audio (", "holds no sound"))


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.wav")
    path.write_bytes(path.read_bytes()[:12])

    assert refusal(path).startswith("breaks off: it announces ")
