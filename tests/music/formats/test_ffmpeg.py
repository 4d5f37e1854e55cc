"""What FFmpeg decodes: types, depths and lengths; what is refused; and what it must never do."""

import struct
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from tests.support.encoded import noise, write_encoded
from tests.support.reading import decoded, refusal

FRAMES = 22_050
LOSSLESS = ["alac", "flac", "mka", "oggflac", "tta", "wv"]


@pytest.mark.parametrize(
    ("kind", "media_type", "bit_depth"),
    [
        ("aac", "audio/aac", None),
        ("ac3", "audio/ac3", None),
        ("alac", "audio/mp4", 16),
        ("amr", "audio/amr", None),
        ("eac3", "audio/eac3", None),
        ("m4a", "audio/mp4", None),
        ("mka", "audio/matroska", 16),
        ("tta", "audio/x-tta", 16),
        ("webm", "audio/webm", None),
        ("wma", "audio/x-ms-wma", None),
        ("wv", "audio/wavpack", 16),
    ],
)
def test_each_kind_names_its_type_and_its_depth(
    tmp_path: Path, kind: str, media_type: str, bit_depth: int | None
) -> None:
    found = decoded(write_encoded(tmp_path / "nameless", kind))

    assert (found.media_type, found.bit_depth, found.channels, found.notes) == (media_type, bit_depth, 1, ())


@pytest.mark.parametrize("kind", LOSSLESS)
def test_what_is_coded_without_loss_gives_the_same_samples_in_every_format(tmp_path: Path, kind: str) -> None:
    plain = tmp_path / "plain.wav"
    write_wav(plain, noise(FRAMES, 2))

    found = decoded(write_encoded(tmp_path / kind, kind, channels=2))

    assert (found.frames, found.channels) == (FRAMES, 2)
    assert found.samples == decoded(plain).samples


def write_wav(path: Path, sound: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> None:
    data = sound.tobytes()
    form = struct.pack("<HHIIHH", 1, sound.shape[1], 44_100, 44_100 * 2 * sound.shape[1], 2 * sound.shape[1], 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def test_other_sound_has_other_samples(tmp_path: Path) -> None:
    one = decoded(write_encoded(tmp_path / "one", "m4a", seed=1))
    other = decoded(write_encoded(tmp_path / "other", "m4a", seed=2))
    again = decoded(write_encoded(tmp_path / "again", "m4a", seed=1, tags={"title": "Retagged"}))

    assert one.samples != other.samples
    assert one.samples == again.samples


def test_dsd_counts_its_single_bits(tmp_path: Path) -> None:
    path = tmp_path / "a.dsf"
    block, blocks = 4096, 3
    samples = block * blocks * 8
    form = struct.pack("<IIIIIIQII", 1, 0, 1, 1, 2_822_400, 1, samples, block, 0)
    sound = b"\x69\x96" * (block * blocks // 2)
    parts = b"fmt " + struct.pack("<Q", 12 + len(form)) + form + b"data" + struct.pack("<Q", 12 + len(sound)) + sound
    path.write_bytes(b"DSD " + struct.pack("<QQQ", 28, 28 + len(parts), 0) + parts)

    found = decoded(path)

    assert (found.media_type, found.bit_depth, found.sample_rate) == ("audio/x-dsf", 1, 2_822_400)
    assert found.frames == samples


def write_with_picture(path: Path, *, sounds: int, picture: bool) -> Path:
    with av.open(path, "w", format="matroska") as output:
        streams = [output.add_stream("flac", rate=44_100, layout="mono", format="s16") for _ in range(sounds)]
        video = output.add_stream("mpeg4", rate=25) if picture else None
        if isinstance(video, VideoStream):
            video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        for stream in streams:
            frame = av.AudioFrame.from_ndarray(noise(4_608).reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts = 44_100, 0
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                output.mux(packet)
        if isinstance(video, VideoStream):
            image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            for packet in [*video.encode(image), *video.encode(None)]:
                output.mux(packet)
    return path


def test_video_is_refused(tmp_path: Path) -> None:
    path = write_with_picture(tmp_path / "a.mkv", sounds=1, picture=True)

    assert refusal(path) == "holds video; extract its sound"


def test_two_streams_of_sound_are_refused(tmp_path: Path) -> None:
    path = write_with_picture(tmp_path / "a.mka", sounds=2, picture=False)

    assert refusal(path) == "holds 2 streams of sound; extract the one that is meant"


def test_the_first_bytes_choose_the_decoder_and_never_ffmpeg_itself(tmp_path: Path) -> None:
    """Playlists and the like make FFmpeg open other files and addresses."""
    path = tmp_path / "list.m4a"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")

    assert refusal(path) == "cannot be decoded as audio (nothing in it is of a known format)"


def test_an_mpeg4_file_without_its_index_breaks_off(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.m4a", "m4a")
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"moov") - 4])

    expected = "breaks off: the part that describes it, or the one that holds it, is missing; get a whole copy"
    assert refusal(path) == expected


def test_an_mpeg4_file_whose_index_comes_first_breaks_off_where_its_sound_does(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.m4a", "m4a", options={"movflags": "faststart"})
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")

    path.write_bytes(data[:-100])
    assert (
        refusal(path) == f"breaks off: it announces {len(data):,} bytes and has {len(data) - 100:,}; get a whole copy"
    )

    path.write_bytes(data[: data.index(b"mdat") - 4])
    assert refusal(path).startswith("breaks off: it announces ")


def test_matroska_written_to_a_pipe_is_taken_to_its_end_with_a_note(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.mka", "mka", options={"live": "1"})

    found = decoded(path)

    assert found.frames == FRAMES
    assert found.notes == (
        "does not state where it ends, as happens when it is written to a pipe; it is taken to its end",
    )


@pytest.mark.parametrize("kind", ["tta", "wv"])
def test_tags_after_the_sound_are_no_damage_and_scraps_are(tmp_path: Path, kind: str) -> None:
    path = write_encoded(tmp_path / kind, kind)
    data = path.read_bytes()

    path.write_bytes(data + b"TAG".ljust(128, b"\0"))
    assert decoded(path).frames == FRAMES

    path.write_bytes(data + b"scrap")
    assert "is damaged at byte" in refusal(path)


def test_wavpack_without_its_last_block_breaks_off(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.wv", "wv", frames=100_000)
    data = path.read_bytes()
    starts = [at for at in range(len(data)) if data[at : at + 4] == b"wvpk"]
    path.write_bytes(data[: starts[-1]])

    assert refusal(path).startswith("breaks off: it announces 100,000 samples and has ")


@pytest.mark.parametrize("codec", ["pcm_s16le", "adpcm_ima_qt"])
def test_samples_without_frames_in_a_film_container_are_taken(tmp_path: Path, codec: str) -> None:
    path = write_uncoded(tmp_path / "a.mov", codec)

    found = decoded(path)

    assert (found.media_type, found.frames) == ("audio/mp4", 6_400)
    assert found.bit_depth == (16 if codec == "pcm_s16le" else None)


def test_samples_without_frames_in_a_film_container_that_breaks_off_are_refused(tmp_path: Path) -> None:
    path = write_uncoded(tmp_path / "a.mov", "pcm_s16le", options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[:-4_000])

    assert refusal(path).startswith(("breaks off", "is damaged or breaks off"))


def write_uncoded(path: Path, codec: str, *, options: dict[str, str] | None = None) -> Path:
    with av.open(path, "w", format="mov", options=options or {}) as output:
        stream = output.add_stream(codec, rate=44_100, layout="mono")
        assert isinstance(stream, AudioStream)
        for start in range(0, 6_400, 64):
            form = stream.format.name
            frame = av.AudioFrame.from_ndarray(noise(64, seed=start).reshape(1, -1), format=form, layout="mono")
            frame.sample_rate, frame.pts = 44_100, start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def test_a_damaged_cover_stops_no_sound(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.m4a", "m4a")
    tagged = mutagen.File(path)
    tagged["covr"] = [b"\xff\xd8\xff\xc0\0\x11\x31" + bytes(20_000)]  # of 49 bits for a colour
    tagged.save()

    assert decoded(path).frames == decoded(write_encoded(tmp_path / "b.m4a", "m4a")).frames
