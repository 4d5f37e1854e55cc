import struct
from io import FileIO
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from av.audio.stream import AudioStream
from mutagen import id3

from audiera.music.formats import libsndfile
from audiera.music.reading import read
from audiera.music.tags import read_tags
from tests.support.encoded import noise, write_encoded
from tests.support.music import RATE, write_tone
from tests.support.reading import decoded, refusal

UNSTATED = "does not state the length of its sound, as happens when it is written to a pipe; it is taken to its end"
SOUND_BYTES = RATE // 4 * 2


def patch(path: Path, mark: bytes, form: str, number: int | bytes, *, behind: int = 0) -> Path:
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

    expected = f"contradicts itself: 1 channels of 16 bits in frames of {number:,} bytes; export it anew"
    assert refusal(path) == expected


@pytest.mark.parametrize(
    ("form", "number", "behind"),
    [("<H", 0xFFFF, 6), ("<H", 0, 6), ("<I", 0, 8), ("<H", 0xFFFF, 18)],
    ids=["65,535 channels", "no channel", "0 Hz", "65,535 bits"],
)
def test_an_absurd_header_is_refused_and_costs_no_memory(
    tmp_path: Path, form: str, number: int | bytes, behind: int
) -> None:
    path = patch(write_tone(tmp_path / "tone.wav"), b"fmt ", form, number, behind=behind)

    assert refusal(path).startswith(("contradicts itself", "holds no sound"))


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


def large(path: Path, mark: bytes) -> Path:
    """Rewrites a WAV file with 64-bit sizes: RF64 or BW64."""
    data = path.read_bytes()
    at = data.index(b"data")
    (size,) = struct.unpack("<I", data[at + 4 : at + 8])
    sizes = b"ds64" + struct.pack("<IQQQI", 28, len(data) - 8 + 36, size, 0, 0)
    path.write_bytes(mark + b"\xff" * 4 + b"WAVE" + sizes + data[12:at] + b"data" + b"\xff" * 4 + data[at + 8 :])
    return path


@pytest.mark.parametrize("mark", [b"RF64", b"BW64"])
def test_wav_of_64_bit_sizes_is_the_same_sound_and_held_to_its_sizes(tmp_path: Path, mark: bytes) -> None:
    plain = write_tone(tmp_path / "a.wav", channels=2)
    path = large(write_tone(tmp_path / "b.wav", channels=2), mark)

    found = decoded(path)

    assert (found.media_type, found.bit_depth, found.samples) == ("audio/wav", 16, decoded(plain).samples)
    path.write_bytes(path.read_bytes()[:-100])
    assert refusal(path) == "breaks off: it announces 8,000 bytes of sound and has 7,900; get a whole copy"


def tagged(path: Path) -> Path:
    """Puts an ID3 tag in front of a file, as taggers do that take everything for MP3."""
    tag = id3.ID3()  # type: ignore[no-untyped-call]  # mutagen has no types
    tag.add(id3.TIT2(encoding=3, text=["Lock Gate"]))  # type: ignore[no-untyped-call]  # likewise
    tag.save(path.with_suffix(".id3"))
    path.write_bytes(path.with_suffix(".id3").read_bytes() + path.read_bytes())
    return path


@pytest.mark.parametrize(
    ("suffix", "name"), [(".wav", "WAV"), (".aiff", "AIFF"), (".w64", "W64"), (".caf", "CAF"), (".au", "AU")]
)
def test_a_tag_in_front_of_the_header_is_read_and_noted(tmp_path: Path, suffix: str, name: str) -> None:
    plain = write_tone(tmp_path / f"a{suffix}")
    path = tagged(write_tone(tmp_path / f"b{suffix}"))

    with FileIO(path) as file:
        reading = read(file, path.name)

    assert reading.sound == decoded(plain).samples
    assert reading.row["title"] == "Lock Gate"
    assert reading.notes == (f"has an ID3 tag in front of its {name} header, which some programs take for MP3",)
    path.write_bytes(path.read_bytes()[:-100])
    assert refusal(path).startswith("breaks off: ")


@pytest.mark.parametrize(
    ("kind", "name"), [("oggflac", "Ogg"), ("m4a", "MPEG-4"), ("mka", "Matroska"), ("wma", "Windows Media")]
)
def test_a_tag_in_front_of_another_header_is_named(tmp_path: Path, kind: str, name: str) -> None:
    path = tagged(write_encoded(tmp_path / "a", kind, frames=4_410))

    assert refusal(path) == f"has an ID3 tag in front of its {name} header; remove the tag"


@pytest.mark.parametrize(
    ("mark", "form", "number", "behind", "said"),
    [
        (b"fmt ", "<I", 10, 0, "contradicts itself in the part that describes its sound; export it anew"),
        (b"fmt ", "<H", 0x77, 4, "contradicts itself in the part that describes its sound; export it anew"),
        (b"WAVE", "<4s", b"fmx ", 0, "lacks the part that holds its sound, or it is damaged; get a whole copy"),
    ],
    ids=["short description", "unknown codec", "no description"],
)
def test_what_a_library_refuses_is_said_in_words(
    tmp_path: Path, mark: bytes, form: str, number: int | bytes, behind: int, said: str
) -> None:
    path = patch(write_tone(tmp_path / "a.wav"), mark, form, number, behind=behind)

    assert refusal(path) == said


def test_a_film_that_is_named_as_music_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF\0\0\0\0AVI LIST")

    assert refusal(path) == "is AVI, which cannot be decoded here; convert it to FLAC or WAV"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Error : Malformed 'fmt ' chunk.", "contradicts itself in the part that describes its sound; export it anew"),
        ("Internal error : SF_INFO struct incomplete.", "contradicts itself in the part that describes its sound;"),
        ("Error : No 'fmt ' chunk marker.", "lacks the part that describes its sound; get a whole copy"),
        (
            "File contains data in an unimplemented format.",
            "holds sound of a kind that cannot be decoded here; convert",
        ),
        ("Error : unknown error in flac decoder.", "is damaged or breaks off; get a whole copy"),
        ("No Error.", "cannot be decoded as audio (no Error); get a whole copy, or export it anew"),
    ],
)
def test_what_the_library_says_to_programmers_is_told_in_words_for_people(
    monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    monkeypatch.setattr(soundfile.LibsndfileError, "error_string", said)

    assert libsndfile._reason(soundfile.LibsndfileError(1)).startswith(told)
