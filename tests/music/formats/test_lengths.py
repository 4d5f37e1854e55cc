"""What a player plays is what counts: nothing that an encoder put before or behind the sound to fill frames up."""

from io import FileIO
from pathlib import Path

import av
import pytest
import soundfile
from mutagen.mp4 import MP4, MP4FreeForm

from audiera.music.decode import Decoded, decode
from tests.support.encoded import ENCODINGS, Encoding, noise, write_encoded

EXACT = ("alac", "flac", "m4a", "mka", "mov", "mp3", "mp4", "oggflac", "tta", "webm", "wv")
SAMPLES_OF_AAC = 1_024


def decoded(path: Path) -> Decoded:
    with FileIO(path) as file:
        return decode(file)


def counted_by_ffmpeg(path: Path) -> int:
    with av.open(path) as container:
        return sum(frame.samples for frame in container.decode(audio=0))


@pytest.fixture
def opus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opus of 24 kHz, which is decoded to 48 kHz all the same."""
    more = {"opus.mp4": ("mp4", 24_000), "opus.mka": ("matroska", 24_000), "opus.ogg": ("ogg", 24_000)}
    for kind, (container, rate) in more.items():
        monkeypatch.setitem(ENCODINGS, kind, Encoding(container, "libopus", "flt", rate))


@pytest.mark.parametrize("kind", EXACT)
@pytest.mark.parametrize("seconds", ["0.1", "1", "3"])
def test_a_recording_lasts_as_long_as_it_was_recorded(tmp_path: Path, kind: str, seconds: str) -> None:
    frames = int(float(seconds) * ENCODINGS[kind].rate)

    found = decoded(write_encoded(tmp_path / "a", kind, frames=frames))

    assert (found.frames, found.duration_ms) == (frames, int(float(seconds) * 1000))


@pytest.mark.usefixtures("opus")
@pytest.mark.parametrize("kind", ["opus.mp4", "opus.mka", "opus.ogg"])
def test_opus_lasts_as_long_whatever_holds_it(tmp_path: Path, kind: str) -> None:
    assert decoded(write_encoded(tmp_path / "a", kind, frames=24_000)).duration_ms == 1_000


def test_the_delay_that_the_head_of_opus_states_counts(tmp_path: Path) -> None:
    """FFmpeg 5 wrote half of it into Matroska where 24 kHz were encoded."""
    path = write_encoded(tmp_path / "a.webm", "webm", frames=144_000)
    data, stated = path.read_bytes(), b"\x56\xaa\x83"
    assert data.count(stated + (6_500_000).to_bytes(3, "big")) == 1  # nanoseconds
    path.write_bytes(data.replace(stated + (6_500_000).to_bytes(3, "big"), stated + (3_250_000).to_bytes(3, "big")))

    assert counted_by_ffmpeg(path) == 144_156
    assert decoded(path).duration_ms == 3_000


def test_the_end_that_mpeg_4_states_counts_and_not_that_of_its_last_frame(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.m4a", "m4a", frames=132_300)

    assert counted_by_ffmpeg(path) == 130 * SAMPLES_OF_AAC
    assert decoded(path).duration_ms == 3_000


def test_mpeg_4_without_an_edit_list_ends_where_its_last_frame_is_said_to_end(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.m4a", "m4a", frames=30_001, options={"use_editlist": "0"})

    assert decoded(path).frames == 30_001 + SAMPLES_OF_AAC  # nothing says that the first frame is no sound


def test_what_itunes_says_of_a_file_without_an_edit_list_counts(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.m4a", "m4a", frames=30_001, options={"use_editlist": "0"})
    behind = 30 * SAMPLES_OF_AAC - 30_001
    file = MP4(path)  # type: ignore[no-untyped-call]  # mutagen has no types
    said = f" 00000000 {SAMPLES_OF_AAC:08X} {behind:08X} {30_001:016X} 00000000 00000000"
    file["----:com.apple.iTunes:iTunSMPB"] = [MP4FreeForm(said.encode())]  # type: ignore[no-untyped-call]  # likewise
    file.save()  # type: ignore[no-untyped-call]  # mutagen has no types

    assert decoded(path).frames == 30_001


def test_an_end_that_leaves_out_whole_frames_is_not_believed(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.m4a", "m4a", frames=44_100, options={"use_editlist": "0"})
    data = bytearray(path.read_bytes())
    at = data.index(b"mdhd") + 20  # its length, behind version, flags, two times and the rate
    assert int.from_bytes(data[at : at + 4], "big") == 44_100 + SAMPLES_OF_AAC
    data[at : at + 4] = (4_410).to_bytes(4, "big")
    path.write_bytes(data)

    assert decoded(path).frames >= 44_100


def test_an_edit_list_that_leaves_out_whole_frames_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENCODINGS, "mp3 in mp4", Encoding("mp4", "libmp3lame", "fltp"))

    found = decoded(write_encoded(tmp_path / "a.mp4", "mp3 in mp4", frames=44_100))

    assert found.duration_ms == 1_000


def test_what_is_cut_from_lossless_sound_is_no_part_of_what_names_it(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.m4a", "alac", frames=44_100)
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 12
    assert int.from_bytes(data[at : at + 4], "big") == 1_000  # milliseconds
    data[at : at + 4] = (990).to_bytes(4, "big")
    path.write_bytes(data)
    soundfile.write(tmp_path / "b.flac", noise(44_100)[:43_659], 44_100)

    cut, shorter = decoded(path), decoded(tmp_path / "b.flac")

    assert (cut.frames, cut.samples) == (43_659, shorter.samples)
