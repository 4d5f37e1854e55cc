"""Every reader of bytes that is written here, against files that are bent on purpose."""

import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiera.music.formats import midi as midi_reader
from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.chunks import check_chunks, needs_ffmpeg
from audiera.music.formats.containers import check_parts
from audiera.music.formats.flac import read_stream_info
from audiera.music.formats.frames import check_frames
from audiera.music.formats.id3 import Excess, excerpt, held_tag
from audiera.music.formats.mpeg import check_mpeg
from audiera.music.formats.musicxml import read_musicxml
from audiera.music.formats.ogg import check_ogg
from audiera.music.formats.textchunks import text_chunks
from audiera.music.formats.trailers import after_id3, before_trailers
from audiera.music.identify import HEAD_BYTES, identify, is_music
from audiera.music.sound.decoded import AudioError
from tests.support.encoded import write_encoded
from tests.support.finds import id3, mp3, text_frame, wav_with
from tests.support.music import write_tone
from tests.support.mutation import Counting, bent
from tests.support.scores import midi, musicxml, write_mxl
from tests.support.silence import ape, musepack7, musepack8, old_ape

TITLES = id3(text_frame(b"TIT2", b"\3A") + text_frame(b"TPE1", b"\1\xff\xfeA\0\0\0B\0") + text_frame(b"PRIV", b"x"))


def all_chunks(source: ByteSource) -> None:
    held_tag(source)
    text_chunks(source)
    needs_ffmpeg(source)
    check_chunks(source)


def tags(source: ByteSource) -> None:
    before_trailers(source, after_id3(source))
    excerpt(source)
    head = source.read(0, HEAD_BYTES)
    identify(head)
    is_music(head)


FRAMES = ("wv", "tta", "ape", "mpc", "mpc8", "amr", "aac", "ac3")
READERS: Mapping[str, Callable[[ByteSource], object]] = {
    "chunks": all_chunks,
    "tags": tags,
    "mpeg": check_mpeg,
    "ogg": check_ogg,
    "flac": lambda source: read_stream_info(source.read(8, 34)),
    "midi": midi_reader.read_midi,
    "musicxml": read_musicxml,
    **{it: partial(check_parts, demuxer=it) for it in ("mov", "asf", "matroska", "dsf", "iff")},
    **{it: partial(check_frames, demuxer=it) for it in FRAMES},
}
EXAMPLES = getattr(settings.default, "max_examples", 60) // 3  # there are many readers
DSF = b"DSD " + struct.pack("<QQQ", 28, 92, 0) + b"data" + struct.pack("<Q", 64) + bytes(52)
DFF = b"FRM8" + struct.pack(">Q", 28) + b"DSD DSD " + struct.pack(">Q", 12) + bytes(12)


@pytest.fixture(scope="module")
def wholes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[bytes]]:
    """Small files of each kind that are right."""
    folder = tmp_path_factory.mktemp("wholes")

    def encoded(*kinds: str) -> list[bytes]:
        return [write_encoded(folder / f"a.{kind}", kind, frames=4_410).read_bytes() for kind in kinds]

    kinds = ("wav", "aiff", "flac", "ogg", "caf")
    tones = {it: write_tone(folder / f"a.{it}", frames=4_410).read_bytes() for it in kinds}
    (folder / "plain.musicxml").write_text(musicxml())
    return {
        "chunks": [
            *(tones[it] for it in ("wav", "aiff", "caf")),
            wav_with(b"LIST", b"INFOINAM\2\0\0\0A\0"),
            wav_with(b"id3 ", TITLES),
        ],
        "tags": [TITLES + mp3(), mp3() + b"LYRICSBEGIN000011LYRICS200" + b"TAG" + bytes(125)],
        "mpeg": [mp3(), TITLES + mp3(), *encoded("mp3")],
        "ogg": [tones["ogg"]],
        "flac": [tones["flac"]],
        "midi": [midi(), midi([b"\0\xff\x51\3\7\xa1\x20", b"\0\x90\x40\x40\x10\x40\0"])],
        "musicxml": [musicxml().encode(), write_mxl(folder / "a.mxl", musicxml()).read_bytes()],
        "mov": encoded("m4a"),
        "asf": encoded("wma"),
        "matroska": encoded("mka", "webm"),
        "dsf": [DSF],
        "iff": [DFF],
        "wv": encoded("wv"),
        "tta": encoded("tta"),
        "ape": [ape(), old_ape()],
        "mpc": [musepack7()],
        "mpc8": [musepack8()],
        "amr": [b"#!AMR\n" + (b"\x3c" + bytes(31)) * 4],
        "aac": encoded("aac"),
        "ac3": encoded("ac3"),
    }


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_no_bent_file_makes_a_reader_fall_over_or_read_more_than_a_few_times_its_size(
    tmp_path: Path, wholes: Mapping[str, list[bytes]], reader: str, data: st.DataObject
) -> None:
    """AUD-A54"""
    path = tmp_path / "bent"
    path.write_bytes(data.draw(bent(wholes[reader])))
    source = Counting(path)

    with source.opened, suppress(AudioError, Excess):  # any other error is one that nobody states
        READERS[reader](source)

    assert source.asked <= 16 * source.size + (1 << 21)
    assert source.reads <= 4 * source.size + 1_000
