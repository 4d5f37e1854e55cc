import struct
from io import FileIO
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from av.audio.stream import AudioStream

from audiera.music.tags import read_tags
from tests.support.encoded import noise, write_encoded
from tests.support.music import RATE, write_tone
from tests.support.reading import decoded, refusal

UNSTATED = "does not state the length of its sound, as happens when it is written to a pipe; it is taken to its end"
SOUND_BYTES = RATE // 4 * 2


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


def test_an_odd_chunk_may_lack_the_byte_that_evens_it(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    form = struct.pack("<HHIIHH", 1, 1, RATE, RATE, 1, 8)
    name = b"INFOINAM" + struct.pack("<I", 4) + b"Odd\0"
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", 2001) + b"\x80\x90\x70" * 667
    body += b"LIST" + struct.pack("<I", len(name)) + name
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)

    found = decoded(path)

    assert (found.frames, found.notes) == (2001, ())
    with FileIO(path) as file:
        assert read_tags(file, {}).row == {"title": "Odd"}


def test_what_follows_the_sound_of_a_w64_file_is_no_part_of_it(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.w64")
    path.write_bytes(path.read_bytes() + b"note" + bytes(12) + struct.pack("<Q", 24 + 400) + bytes(400))

    assert decoded(path).frames == RATE // 4


def test_mp3_in_wav_is_decoded_and_its_damage_is_told_and_not_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    sound = write_encoded(tmp_path / "a.mp3", "mp3", options={"write_xing": "0", "id3v2_version": "0"}).read_bytes()
    form = struct.pack("<HHIIHHHHIHHH", 0x55, 1, 44_100, 8_000, 1, 0, 12, 1, 2, 208, 1, 0)
    path = tmp_path / "a.wav"
    for data in (sound, sound[:3000] + bytes(1500) + sound[4500:]):
        body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
        path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
        if data is sound:
            assert (decoded(path).media_type, decoded(path).bit_depth) == ("audio/wav", None)
        else:
            assert refusal(path).startswith("is damaged")

    assert capfd.readouterr().err == ""


def test_alac_in_caf_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.caf"
    sound = noise(10_000)
    with av.open(path, "w", format="caf") as output:
        stream = output.add_stream("alac", rate=44_100, layout="mono", format="s16p")
        assert isinstance(stream, AudioStream)
        frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="s16p", layout="mono")
        frame.sample_rate, frame.pts = 44_100, 0
        fifo = av.AudioFifo()
        fifo.write(frame)
        for part in fifo.read_many(4096, partial=True):
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))

    found = decoded(path)

    assert (found.media_type, found.frames, found.bit_depth) == ("audio/x-caf", 10_000, 16)


def test_a_file_of_nothing_but_chunks_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    body = b"WAVE" + (b"JUNK" + bytes(4)) * 100_000
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)

    assert refusal(path) == "has more than 65,536 chunks, as no file of sound has; get a whole copy"


@pytest.mark.parametrize(("kind", "subtype"), [("WAV", "FLOAT"), ("WAV", "DOUBLE"), ("AIFF", "FLOAT")])
def test_recordings_in_fractions_are_told_apart(tmp_path: Path, kind: str, subtype: str) -> None:
    for name in ("one", "other"):
        sound = noise(2_000, seed=len(name)).astype(np.float64) / 32_768
        soundfile.write(tmp_path / name, sound, RATE, format=kind, subtype=subtype)

    assert decoded(tmp_path / "one").samples != decoded(tmp_path / "other").samples
